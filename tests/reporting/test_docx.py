"""report.docx: what report.html tells, with Word's own headings, captions, contents and fonts."""

from __future__ import annotations

import html
import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import pytest
import toy
from docx.oxml.ns import qn
from markupsafe import Markup
from plans import with_settings

import planner
from planner.cache import Cache
from planner.messages.catalogue import LANGUAGES, Language, Texts
from planner.reporting.document.build import build_document
from planner.reporting.report.blocks import CentreCard, Figure, KeyFigures, Report, Table
from planner.reporting.report.build import build_report, write_report
from planner.reporting.report.docx import docx_bytes
from planner.reporting.report.pictures import drawings_of, render_png, start_pictures
from planner.reporting.report.word import WordFile
from planner.reporting.report.word_parts import TABLE_STYLE, TEXT_MM, open_template


def told(plan: planner.Plan, language: Language = "en") -> Report:
    plan = with_settings(plan, language=language)
    return build_report(plan, build_document(plan))


def words_of(made: bytes) -> str:
    """Return everything that is written in the body, a space between the runs of different paragraphs."""
    body = docx.Document(io.BytesIO(made)).element.body
    return "\n".join("".join(text.text or "" for text in p.iter(qn("w:t"))) for p in body.iter(qn("w:p")))


@pytest.fixture(scope="module")
def made(rich_toy_plan: planner.Plan) -> dict[Language, bytes]:
    return {language: docx_bytes(told(rich_toy_plan, language)) for language in LANGUAGES}


def test_the_same_report_gives_the_same_bytes(rich_toy_plan: planner.Plan, made: dict[Language, bytes]) -> None:
    assert docx_bytes(told(rich_toy_plan, "zh")) == made["zh"]
    with zipfile.ZipFile(io.BytesIO(made["zh"])) as parts:
        assert {entry.date_time for entry in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_word_and_page_say_the_same(
    rich_toy_plan: planner.Plan, made: dict[Language, bytes], language: Language
) -> None:
    report = told(rich_toy_plan, language)
    words = words_of(made[language])
    page = html.unescape(write_report(replace_language(rich_toy_plan, language), report.t.content))
    assert report.memo is not None
    for section in (report.memo, *report.sections):
        assert section.title in words
        for block in section.blocks:
            if isinstance(block, Table):
                assert block.caption in words
                cells = [cell if isinstance(cell, str) else cell.text for row in block.rows for cell in row]
                assert all(cell in words and cell in page for cell in (*cells, *block.words, *block.numbers))
            elif isinstance(block, CentreCard):
                assert all(reason in words and reason in page for reason in block.reasons)
                assert all(value in words and value in page for _, value in block.measures)
            elif isinstance(block, KeyFigures):
                for one in block.figures:
                    assert all(text in words and text in page for text in (one.value, one.label, one.note))
            elif not isinstance(block, Figure):
                assert block.text in words
    assert report.nature in words
    assert report.t.content["provenance"]["command"] in words
    assert all(source["sha256"] in words for source in report.t.content["data"]["sources"])


def replace_language(plan: planner.Plan, language: Language) -> planner.Plan:
    return with_settings(plan, language=language)


def test_headings_are_words_own_and_numbered_by_their_style(made: dict[Language, bytes]) -> None:
    document = docx.Document(io.BytesIO(made["en"]))
    headings = [p for p in document.paragraphs if p.style.name == "Heading 1"]
    texts = Texts("en")
    assert [p.text for p in headings[:3]] == [
        texts("decision.section_situation"),
        texts("decision.section_problems"),
        texts("decision.section_plan"),
    ]
    numbered = document.styles["Heading 1"].element.pPr.numPr
    assert numbered.numId.val == 90
    assert headings[0]._p.pPr.numPr is None
    # Annexes are named by their own number.
    annex = next(p for p in headings if texts("report.section_basis") in p.text)
    assert annex.text.startswith(texts("decision.annex_ref", number=1))
    assert annex._p.pPr.numPr.numId.val == 0
    assert annex.paragraph_format.page_break_before


def test_the_contents_are_a_field_that_is_not_empty(made: dict[Language, bytes]) -> None:
    document = docx.Document(io.BytesIO(made["en"]))
    contents = [p for p in document.paragraphs if p.style.name.startswith("toc ")]
    shown = ["".join(t.text for t in p._p.iter(qn("w:t"))) for p in contents]
    assert shown[:2] == [
        f"{n} {Texts('en')(f'decision.section_{name}')}" for n, name in ((1, "situation"), (2, "problems"))
    ]
    codes = [code.text for p in contents for code in p._p.iter(qn("w:instrText"))]
    assert codes == [' TOC \\o "1-1" \\h \\z \\u ']
    anchors = {mark.get(qn("w:name")) for mark in document.element.body.iter(qn("w:bookmarkStart"))}
    links = [link.get(qn("w:anchor")) for p in contents for link in p._p.iter(qn("w:hyperlink"))]
    assert len(links) == len(contents) > 5
    assert set(links) <= anchors
    # Word would ask before it opens the file.
    assert document.settings.element.find(qn("w:updateFields")) is None


def test_every_table_and_figure_has_a_caption_that_counts(
    rich_toy_plan: planner.Plan, made: dict[Language, bytes]
) -> None:
    document = docx.Document(io.BytesIO(made["en"]))
    captions = [p for p in document.paragraphs if p.style.name == "Caption"]
    codes = [code.text.split()[1] for p in captions for code in p._p.iter(qn("w:instrText"))]
    # The three figures on page one have no caption.
    assert codes.count("Table") == len(document.tables) - 1
    assert codes.count("Figure") == len(document.inline_shapes) > 0
    counted = [re.match(r"(Table|Figure) (\d+)  \S", p.text) for p in captions]
    for word in ("Table", "Figure"):
        numbers = [int(found[2]) for found in counted if found is not None and found[1] == word]
        assert numbers == list(range(1, codes.count(word) + 1))
    assert all(shape._inline.docPr.get("descr") for shape in document.inline_shapes)
    heads = [table.rows[0]._tr.trPr.find(qn("w:tblHeader")) for table in document.tables]
    # Key figures, on page one and in the first section, are cards without a head.
    assert sum(head is None for head in heads) == 2
    del rich_toy_plan


def test_chinese_letters_have_a_font_in_every_style_that_is_used(made: dict[Language, bytes]) -> None:
    document = docx.Document(io.BytesIO(made["zh"]))
    used = {name.get(qn("w:val")) for name in document.element.body.iter(qn("w:pStyle"))}
    assert len(used) > 10
    styles = {style.style_id: style for style in document.styles}
    for name in used:
        style = styles[name]
        letters = style.element.rPr.rFonts
        assert letters.get(qn("w:eastAsia")) in ("SimSun", "SimHei"), style.name
        assert letters.get(qn("w:eastAsiaTheme")) is None
    language = document.styles.element.find(f".//{qn('w:lang')}")
    assert language.get(qn("w:eastAsia")) == "zh-CN"


def test_hostile_names_are_only_text(tmp_path: Path) -> None:
    hostile = '<script>alert(1)</script>" onmouseover="alert(2)'
    layers = toy.layers()
    changed = {
        "communities": layers["communities"].assign(name=[hostile, "</w:t></w:r></w:p> & {{ 7 * 7 }}"]),
        "centres": layers["centres"].assign(name=[hostile, "=HYPERLINK(0)"], floor_area_m2=[20.0, None]),
    }
    plan = planner.run(toy.write_study(tmp_path / "toy", changed=changed))
    made = docx_bytes(told(plan))
    words = words_of(made)
    assert hostile in words
    assert "</w:t></w:r></w:p> & {{ 7 * 7 }}" in words
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        for entry in parts.namelist():
            assert b"<script" not in parts.read(entry)


def test_signs_that_xml_cannot_hold_are_shown_as_unreadable(rich_toy_plan: planner.Plan) -> None:
    report = replace(told(rich_toy_plan), name="a\x00b\x0bc", nature="\ud800")
    assert "a\ufffdb\ufffdc" in words_of(docx_bytes(report))


def test_cells_hold_any_sign_and_pictures_their_own_ids() -> None:
    """Rows are written as text and parsed: what is not text there must still be text in the cell."""
    hostile = ["a < b & c > d", "<w:p/>", "]]>", "\"x\" 'y'", "two\rlines", "&amp;", "", "  spaces  "]
    word = WordFile.begin(title="t", subject="s", language="en")
    word.table(["<Head> & co"], [[text] for text in hostile], words=1)
    picture = render_png(Markup('<svg class="x" width="10" height="10"><rect width="5" height="5"/></svg>'))
    other = render_png(Markup('<svg class="x" width="10" height="10"><rect width="9" height="5"/></svg>'))
    for shown in (picture, other, picture):
        word.picture(shown, "a & b")
    made = word.bytes()
    document = docx.Document(io.BytesIO(made))
    (table,) = document.tables
    assert ["".join(t.text or "" for t in row._tr.iter(qn("w:t"))) for row in table.rows] == [
        "<Head> & co",
        *hostile,
    ]
    drawn = list(document.element.body.iter(qn("wp:docPr")))
    assert [(one.get("id"), one.get("descr")) for one in drawn] == [("1", "a & b"), ("2", "a & b"), ("3", "a & b")]
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        assert [name for name in parts.namelist() if "media" in name] == [
            "word/media/image1.png",
            "word/media/image2.png",
        ]


STYLES = (
    *("Normal", "Title", "Subtitle", "Heading 1", "Heading 2", "Heading 3", "TOC Heading", "toc 1", "toc 2"),
    *("Caption", "List Bullet", "Header", "Footer", "Figure", "Notice", "Code", "Key Value"),
    *("Table Head", "Table Text", "Table Number", "Table Small", "Table Note", TABLE_STYLE),
)


def test_the_template_has_every_style_and_the_width_of_the_text() -> None:
    template = open_template()
    styles = {style.name.lower(): style for style in template.styles}
    assert [name for name in STYLES if name.lower() not in styles] == []
    section = template.sections[0]
    assert (section.page_width.mm, section.page_height.mm) == pytest.approx((210, 297), abs=0.1)
    assert section.page_width.mm - section.left_margin.mm - section.right_margin.mm == pytest.approx(
        TEXT_MM, abs=0.1
    )
    # Word asks for a font of its own for Chinese letters.
    for name in ("Normal", "Heading 1", "Table Text"):
        letters = styles[name.lower()].element.rPr.rFonts
        assert letters.get(qn("w:eastAsia")) in {"SimSun", "SimHei"}, name
    assert [paragraph.text for paragraph in template.paragraphs] == []


def test_a_card_is_set_in_smaller_letters() -> None:
    whole, card = open_template(), open_template(scale=0.76)
    for name in ("Normal", "Heading 1", "Table Text"):
        assert card.styles[name].font.size == pytest.approx(whole.styles[name].font.size * 0.76, abs=6350)
    assert card.styles["Heading 1"].paragraph_format.space_before.pt == pytest.approx(20 * 0.76**3, abs=0.1)
    assert card.sections[0].top_margin.mm == pytest.approx(20 * 0.76, abs=0.1)


def test_pictures_are_kept_and_drawn_once(
    rich_toy_plan: planner.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report, cache = told(rich_toy_plan, "en"), Cache(tmp_path)
    with start_pictures(report, cache) as pictures:
        drawn = pictures()
    assert list(drawn) == list(drawings_of(report))
    assert drawn

    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("planner.reporting.report.docx.render_png", fail)
    monkeypatch.setattr("planner.reporting.report.pictures.render_png", fail)
    with start_pictures(report, Cache(tmp_path), processes=2) as pictures:
        assert pictures() == drawn
    made = docx_bytes(report, drawn)
    monkeypatch.undo()
    assert made == docx_bytes(report)
