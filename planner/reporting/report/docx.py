"""report.docx: the report as a Word file, with Word's own headings, captions, contents and tables."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from planner.messages.catalogue import locale_of
from planner.reporting.report.blocks import (
    Block,
    CentreCard,
    Code,
    Figure,
    KeyFigure,
    KeyFigures,
    Paragraph,
    Report,
    Section,
    Table,
    Translator,
    require,
)
from planner.reporting.report.pictures import Pictures, render_png
from planner.reporting.report.word import WordFile
from planner.reporting.report.word_parts import MEMO_STYLE, MEMO_VALUE, TEXT_MM

CARDS_ACROSS = 4
MEMO_MM = 140.0
"""Width of the maps on page one, which has to hold the rest too."""

CARD_SCALE = 0.76
"""Scale of the font of a one-page card, which has no contents."""

SECTION, PART, CARD = 1, 2, 3
"""Levels of headings."""


def docx_bytes(report: Report, pictures: Pictures | None = None) -> bytes:
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
    official = report.style == "gbt9704" and report.memo is not None
    word = WordFile.begin(
        title=f"{report.name} – {report.title}",
        subject=report.title,
        language=locale_of(t.texts.language).html,
        scale=1.0 if report.contents else CARD_SCALE,
        official=official,
    )
    word.drawn = pictures or {}
    if official:
        _official(report, word)
    else:
        _plain(report, word)
    return word.bytes()


def _plain(report: Report, word: WordFile) -> None:
    """Lay out a report: page one, what it is, contents, sections, annexes."""
    t = report.t
    word.running(f"{report.name} · {report.title}")
    if report.memo is not None:
        _memo(report, report.memo, word)
    word.paragraph(report.title, "Subtitle")
    word.paragraph(report.name, "Title")
    for fact, value in report.facts:
        word.paragraph(value, begin=fact)
    word.paragraph(report.nature, "Notice", begin=t("modelled_title" if report.modelled else "surveyed_title"))
    if report.contents:
        word.contents(t("contents"))
    if report.indicators:
        word.heading(t("section_summary"), SECTION, numbered=False)
        _indicators(report.indicators, t("key_figures"), word, t)
        for sentence in report.summary:
            word.paragraph(sentence)
    for section in report.sections:
        if section.annex:
            word.page_break()
        word.heading(section.heading if section.annex else section.title, SECTION, numbered=_is_numbered(section))
        _blocks(section, word, t, numbered=_is_numbered(section))


def _blocks(section: Section, word: WordFile, t: Translator, *, numbered: bool) -> None:
    parted = False
    for block in section.blocks:
        _lay(block, word, t, card_level=CARD if parted else PART, numbered=numbered)
        parted = parted or (isinstance(block, Paragraph) and block.title)


def _official(report: Report, word: WordFile) -> None:
    """Lay out an official document in the order of GB/T 9704-2012, 7.3.

    Title, addressee, text with its sections, list of annexes, issuer and date; each annex on a page of its own.
    """
    t, memo, office = report.t, require(report.memo), require(report.office)
    word.memo_title(memo.title)
    word.flush(t.decision("to", addressee=office.addressee))
    _official_memo(memo, word, t)
    for section in report.sections:
        if not section.annex:
            word.heading(section.title, SECTION)
            _blocks(section, word, t, numbered=True)
    annexes = [section for section in report.sections if section.annex]
    _list_annexes(annexes, word, t)
    word.signed(office.issuer, office.issued)
    for section in annexes:
        word.annex_title(section.annex, section.title)
        if section is annexes[-1]:
            for fact, value in report.facts:
                word.paragraph(value, begin=fact)
            word.paragraph(report.nature)
        _blocks(section, word, t, numbered=True)


def _official_memo(memo: Section, word: WordFile, t: Translator) -> None:
    """Lay out the decision that is asked: figures in words."""
    for block in memo.blocks:
        if isinstance(block, KeyFigures):
            for figure in block.figures:
                word.paragraph(
                    t.decision("figure_sentence", label=figure.label, value=figure.value, note=figure.note)
                )
        else:
            _lay(block, word, t, card_level=PART, numbered=False)


def _list_annexes(annexes: Sequence[Section], word: WordFile, t: Translator) -> None:
    """List the annexes one line below the text (clause 7.3.4)."""
    word.paragraph("")
    for number, section in enumerate(annexes, start=1):
        item = t.decision("annex_item", number=number, title=section.title)
        word.paragraph(t.decision("annexes", list=item) if number == 1 else f"\u3000\u3000\u3000{item}")


def _is_numbered(section: Section) -> bool:
    """Return whether headings count up: annexes are named by their own number."""
    return section.number > 0 and not section.annex


def _memo(report: Report, memo: Section, word: WordFile) -> None:
    """Lay out page one, and end the page."""
    office, t = report.office, report.t
    word.text_style = MEMO_STYLE
    word.memo_title(memo.title)
    if office and office.addressee:
        word.paragraph(t.decision("to", addressee=office.addressee), MEMO_STYLE)
    for block in memo.blocks:
        _lay(block, word, t, card_level=PART, numbered=False)
    for line in (office.issuer, office.issued) if office else ():
        if line:
            word.paragraph(line, MEMO_STYLE, right=True)
    word.text_style = "Normal"
    word.page_break()


def _indicators(figures: Sequence[KeyFigure], caption: str, word: WordFile, t: Translator) -> None:
    value = MEMO_VALUE if word.text_style == MEMO_STYLE else "KeyValue"
    cards = [
        [(figure.value, value), (figure.label, "TableText"), (figure.note, "TableSmall")] for figure in figures
    ]
    if caption:
        word.caption(t("table"), "Table", caption, above=True)
    word.cards(cards, across=min(CARDS_ACROSS, len(cards)))
    word.paragraph("", "Table Note")


def _lay(block: Block, word: WordFile, t: Translator, *, card_level: int, numbered: bool = True) -> None:
    """Lay out one block."""
    match block:
        case Paragraph():
            _paragraph(block, word, numbered=numbered)
        case Table():
            _table(block, word, t)
        case Figure():
            _figure(block, word, t)
        case CentreCard():
            _card(block, word, t, level=card_level, numbered=numbered)
        case Code():
            word.paragraph(block.text, "Code")
        case KeyFigures():
            _indicators(block.figures, block.caption, word, t)


def _paragraph(block: Paragraph, word: WordFile, *, numbered: bool) -> None:
    if block.title:
        word.heading(block.text, PART, numbered=numbered)
    elif block.lead:
        word.lead(block.text)
    elif block.warning:
        word.paragraph(block.text, "Notice")
    elif block.numbered:
        word.item(block.text)
    else:
        word.paragraph(block.text, "List Bullet" if block.item else word.text_style)


def _table(block: Table, word: WordFile, t: Translator) -> None:
    word.caption(t("table"), "Table", block.caption, above=True)
    word.table((*block.words, *block.numbers), block.rows, words=len(block.words), totals=block.totals)
    # A paragraph after every table: two that touch would be one.
    word.paragraph(block.note, "Table Note")


def _figure(block: Figure, word: WordFile, t: Translator) -> None:
    on_page_one = word.text_style == MEMO_STYLE
    word.picture(
        word.drawn.get(block.picture) or render_png(block.picture),
        block.caption,
        most_mm=MEMO_MM if on_page_one else TEXT_MM,
    )
    word.caption(t("figure"), "Figure", block.caption, above=False)


def _card(block: CentreCard, word: WordFile, t: Translator, *, level: int, numbered: bool) -> None:
    word.heading(block.name, level, numbered=numbered)
    word.paragraph(block.place, begin=block.verdict.text)
    for reason in block.reasons:
        word.paragraph(reason, "List Bullet")
    for note in block.notes:
        word.paragraph(note)
    if block.remedy:
        word.paragraph(block.remedy)
    _figure(block.figure, word, t)
    # Two measures a row: the cards of many weak centres would fill pages.
    middle = (len(block.measures) + 1) // 2
    half = block.measures[:middle], block.measures[middle:]
    measures = Table(
        t("card_measures_table", name=block.name),
        (t("column_item"), t("column_value")) * 2,
        (),
        tuple((*one, *other) for one, other in zip_longest(half[0], half[1], fillvalue=("", ""))),
    )
    _table(measures, word, t)
