"""The official style, figure by figure, by the clauses of GB/T 9704-2012; read from the XML of the file."""

from __future__ import annotations

import io
import re
import zipfile

import docx
import pytest
from docx.document import Document
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph
from plans import with_settings

import planner
from planner.config.sections.map import ReportSettings
from planner.reporting.document.build import build_document
from planner.reporting.report.build import build_report
from planner.reporting.report.docx import docx_bytes
from planner.reporting.report.html import write_page
from planner.reporting.report.official import SPACING_TWIPS, signature_indents, text_signs

MM = 1440 / 25.4
ISSUER, ADDRESSEE = "海勃湾区党群服务中心", "海勃湾区人民政府"
OFFICE = ReportSettings(style="gbt9704", issuer=ISSUER, addressee=ADDRESSEE, issued="2023-06-30")


def made(plan: planner.Plan, settings: ReportSettings) -> bytes:
    plan = with_settings(plan, language="zh", report=settings)
    return docx_bytes(build_report(plan, build_document(plan)))


@pytest.fixture(scope="module")
def file(rich_toy_plan: planner.Plan) -> bytes:
    return made(rich_toy_plan, OFFICE)


@pytest.fixture(scope="module")
def document(file: bytes) -> Document:
    return docx.Document(io.BytesIO(file))


def font_of(document: Document, style: str) -> tuple[str, float, bool]:
    look = document.styles[style]
    letters = look.element.rPr.rFonts
    return letters.get(qn("w:eastAsia")), look.font.size.pt, bool(look.font.bold)


def with_text(document: Document, text: str) -> Paragraph:
    return next(line for line in document.paragraphs if line.text == text)


def test_page_and_margins_of_5_1_and_5_2_1(document: Document) -> None:
    page = document.sections[0]
    assert (page.page_width.mm, page.page_height.mm) == pytest.approx((210, 297), abs=0.1)
    assert (page.top_margin.mm, page.left_margin.mm) == pytest.approx((37, 28), abs=0.1)
    assert page.page_width.mm - page.left_margin.mm - page.right_margin.mm == pytest.approx(156, abs=0.1)
    assert page.page_height.mm - page.top_margin.mm - page.bottom_margin.mm == pytest.approx(225, abs=0.1)


def test_letters_lines_and_signs_of_5_2_2_and_5_2_3(document: Document) -> None:
    assert font_of(document, "Normal") == ("仿宋", 16.0, False)
    spacing = document.styles["Normal"].element.pPr.spacing
    line = int(spacing.get(qn("w:line")))
    assert spacing.get(qn("w:lineRule")) == "exact"
    assert 225 * MM // line == 22
    assert document.sections[0]._sectPr.find(qn("w:docGrid")).get(qn("w:linePitch")) == str(line)
    between = document.styles["Normal"].element.rPr.find(qn("w:spacing"))
    assert int(between.get(qn("w:val"))) == SPACING_TWIPS
    assert 156 * MM // (16 * 20 + SPACING_TWIPS) == 28


def test_the_title_of_7_3_1_and_the_addressee_of_7_3_2(document: Document) -> None:
    first, empty, to = document.paragraphs[:3]
    assert first.style.name == "Title"
    assert font_of(document, "Title") == ("方正小标宋简体", 22.0, False)
    assert document.styles["Title"].element.pPr.find(qn("w:jc")).get(qn("w:val")) == "center"
    assert (empty.text, to.text) == ("", f"{ADDRESSEE}：")
    assert to._p.pPr.ind.get(qn("w:firstLineChars")) == "0"


def test_headings_and_indent_of_7_3_3(document: Document) -> None:
    assert [font_of(document, f"Heading {level}") for level in (1, 2, 3)] == [
        ("黑体", 16.0, False),
        ("楷体", 16.0, False),
        ("仿宋", 16.0, False),
    ]
    for name in ("Normal", "Heading 1", "Heading 2", "Heading 3"):
        indent = document.styles[name].element.pPr.ind
        assert indent.get(qn("w:firstLineChars")) == "200", name
        assert indent.get(qn("w:firstLine")) == "640", name
    headings = [line.text for line in document.paragraphs if line.style.name == "Heading 1"]
    assert [text[:2] for text in headings[:6]] == ["一、", "二、", "三、", "四、", "五、", "六、"]
    second = [line.text for line in document.paragraphs if line.style.name == "Heading 2"]
    assert [text[:3] for text in second[:2]] == ["（一）", "（二）"]
    # Numbers are written, not counted by a style.
    assert all(line._p.pPr.numPr.numId.val == 0 for line in document.paragraphs if line.style.name == "Heading 1")


def test_the_list_of_annexes_of_7_3_4_and_the_annexes_of_7_3_7(document: Document) -> None:
    texts = [line.text for line in document.paragraphs]
    first = next(row for row, text in enumerate(texts) if text.startswith("附件：1."))
    assert texts[first - 1] == ""
    assert texts[first + 1].strip().startswith("2.")
    heads = [line for line in document.paragraphs if re.fullmatch(r"附件\d+", line.text)]
    listed = [text for text in texts[first : first + len(heads)] if re.search(r"\d+\.", text)]
    assert len(listed) == len(heads) >= 8
    for head in heads:
        assert head.paragraph_format.page_break_before
        assert head._p.pPr.ind.get(qn("w:firstLineChars")) == "0"
        look = head.runs[0]._r.rPr
        assert look.rFonts.get(qn("w:eastAsia")) == "黑体"
        assert look.find(qn("w:sz")).get(qn("w:val")) == "32"
        place = texts.index(head.text)
        assert texts[place + 1] == ""
        assert document.paragraphs[place + 2].style.name == "Title"


def test_issuer_and_date_of_7_3_5(document: Document) -> None:
    issuer, date = with_text(document, ISSUER), with_text(document, "2023年6月30日")
    rows = [line.text for line in document.paragraphs]
    assert rows.index(date.text) == rows.index(issuer.text) + 1
    assert rows[rows.index(issuer.text) - 1] == ""
    right = [int(line._p.pPr.ind.get(qn("w:rightChars"))) / 100 for line in (issuer, date)]
    assert right[0] == 2
    # The date begins two signs to the right of the issuer.
    begins = [-free - text_signs(line.text) for free, line in zip(right, (issuer, date), strict=True)]
    assert begins[1] - begins[0] == pytest.approx(2.0)


@pytest.mark.parametrize(
    "issuer", ["区委", "海勃湾区委", "海勃湾区党群服务中心", "海勃湾区党群服务中心建设领导小组"]
)
def test_a_date_stands_two_signs_further_right_and_within_the_line(issuer: str) -> None:
    free = signature_indents(issuer, "2023年6月30日")
    begins = [28 - one - text_signs(text) for one, text in zip(free, (issuer, "2023年6月30日"), strict=True)]
    assert begins[1] - begins[0] == pytest.approx(2.0)
    assert min(free) >= 0


def test_page_numbers_of_7_5(document: Document, file: bytes) -> None:
    page = document.sections[0]
    assert document.settings.odd_and_even_pages_header_footer
    for footer, side in ((page.footer, "right"), (page.even_page_footer, "left")):
        (line,) = footer.paragraphs
        assert line._p.pPr.find(qn("w:jc")).get(qn("w:val")) == side
        assert line._p.pPr.ind.get(qn(f"w:{side}")) == str(14 * 20)
        assert line.text == "— 1 —"
        for run in line.runs:
            assert run._r.rPr.rFonts.get(qn("w:eastAsia")) == run._r.rPr.rFonts.get(qn("w:ascii")) == "宋体"
            assert run._r.rPr.find(qn("w:sz")).get(qn("w:val")) == "28"
    # Below the type area: 7 mm, then the number, then what is left of the page.
    assert 35 - page.footer_distance.mm - 14 / 72 * 25.4 == pytest.approx(7, abs=0.1)
    with zipfile.ZipFile(io.BytesIO(file)) as parts:
        assert sum(name.startswith("word/footer") for name in parts.namelist()) >= 2
        assert not page.header.paragraphs[0].text


def test_what_the_study_does_not_say_is_to_be_filled_in(toy_plan: planner.Plan) -> None:
    words = [
        line.text for line in docx.Document(io.BytesIO(made(toy_plan, ReportSettings(style="gbt9704")))).paragraphs
    ]
    assert words[2] == "【请填写】："
    assert words.count("【请填写】") == 2


def test_the_page_prints_by_the_same_figures(rich_toy_plan: planner.Plan) -> None:
    plan = with_settings(rich_toy_plan, language="zh", report=OFFICE)
    page = write_page(build_report(plan, build_document(plan)))
    assert '<body class="gbt9704">' in page
    assert "@page official { size: A4; margin: 37mm 26mm 35mm 28mm;" in page
    assert f"{ADDRESSEE}：" in page
    assert "<span>2023年6月30日</span>" in page
    assert page.count('<p class="annex-number">附件') >= 8
    assert 'class="title"' not in page


def test_the_plain_style_is_the_default_and_not_touched(rich_toy_plan: planner.Plan) -> None:
    document = docx.Document(io.BytesIO(made(rich_toy_plan, ReportSettings())))
    assert document.sections[0].left_margin.mm == pytest.approx(20, abs=0.1)
    assert font_of(document, "Normal")[0] == "SimSun"
