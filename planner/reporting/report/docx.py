"""report.docx: the report as a Word file, with Word's own headings, captions, contents and tables."""

from __future__ import annotations

from types import MappingProxyType

from markupsafe import Markup

from planner.messages.catalogue import locale_of
from planner.reporting.report.blocks import Block, CentreCard, Code, Figure, Paragraph, Report, Table, Translator
from planner.reporting.report.pictures import Pictures
from planner.reporting.report.png import Picture, render_png
from planner.reporting.report.word import WordFile

NO_PICTURES: Pictures = MappingProxyType[Markup, Picture]({})
CARDS_ACROSS = 4
CARD_SCALE = 0.76
"""Scale of the font of a one-page card, which has no contents."""

SECTION, PART, CARD = 1, 2, 3
"""Levels of headings."""


def docx_bytes(report: Report, pictures: Pictures = NO_PICTURES) -> bytes:
    """Lay a report out as a Word file.

    Parameters
    ----------
    report
        Result of `planner.reporting.report.build.build_report`.
    pictures
        Its drawings as PNG, as far as they are there already.

    Returns
    -------
    docx
        The bytes of the file; the same report gives the same.
    """
    t = report.t
    word = WordFile.begin(
        title=f"{report.name} – {report.title}",
        subject=report.title,
        language=locale_of(t.texts.language).html,
        scale=1.0 if report.contents else CARD_SCALE,
    )
    word.running(f"{report.name} · {report.title}")
    word.paragraph(report.title, "Subtitle")
    word.paragraph(report.name, "Title")
    for fact, value in report.facts:
        word.paragraph(value, begin=fact)
    word.paragraph(report.nature, "Notice", begin=t("modelled_title" if report.modelled else "surveyed_title"))
    if report.contents:
        word.contents(t("contents"))
    word.heading(t("section_summary"), SECTION, numbered=False)
    _indicators(report, word)
    for sentence in report.summary:
        word.paragraph(sentence)
    for section in report.sections:
        word.heading(section.title, SECTION, numbered=section.number > 0)
        parted = False
        for block in section.blocks:
            _lay(block, word, t, pictures, card_level=CARD if parted else PART)
            parted = parted or (isinstance(block, Paragraph) and block.title)
    return word.bytes()


def _indicators(report: Report, word: WordFile) -> None:
    cards = [
        [(one.value, "KeyValue"), (one.label, "TableText"), (one.note, "TableSmall")] for one in report.indicators
    ]
    word.caption(report.t("table"), "Table", report.t("key_figures"), above=True)
    word.cards(cards, across=CARDS_ACROSS)


def _lay(block: Block, word: WordFile, t: Translator, pictures: Pictures, *, card_level: int) -> None:
    """Lay out one block."""
    match block:
        case Paragraph():
            _paragraph(block, word)
        case Table():
            _table(block, word, t)
        case Figure():
            _figure(block, word, t, pictures)
        case CentreCard():
            _card(block, word, t, pictures, level=card_level)
        case Code():
            word.paragraph(block.text, "Code")


def _paragraph(block: Paragraph, word: WordFile) -> None:
    if block.title:
        word.heading(block.text, PART)
    else:
        word.paragraph(block.text, "List Bullet" if block.item else "Normal")


def _table(block: Table, word: WordFile, t: Translator) -> None:
    word.caption(t("table"), "Table", block.caption, above=True)
    word.table((*block.words, *block.numbers), block.rows, words=len(block.words), totals=block.totals)
    # A paragraph after every table: two that touch would be one.
    word.paragraph(block.note, "Table Note")


def _figure(block: Figure, word: WordFile, t: Translator, pictures: Pictures) -> None:
    word.picture(pictures.get(block.picture) or render_png(block.picture), block.caption)
    word.caption(t("figure"), "Figure", block.caption, above=False)


def _card(block: CentreCard, word: WordFile, t: Translator, pictures: Pictures, *, level: int) -> None:
    word.heading(block.name, level)
    word.paragraph(block.place, begin=block.verdict.text)
    for reason in block.reasons:
        word.paragraph(reason, "List Bullet")
    for note in block.notes:
        word.paragraph(note)
    if block.remedy:
        word.paragraph(block.remedy)
    _figure(block.figure, word, t, pictures)
    measures = Table(
        t("card_measures_table", name=block.name),
        (t("column_item"),),
        (t("column_value"),),
        tuple(block.measures),
    )
    _table(measures, word, t)
