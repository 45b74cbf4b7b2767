"""Format of official documents by GB/T 9704-2012 (党政机关公文格式): page, letters, headings, page numbers.

Every figure names its clause. Sizes by Chinese numbers: 2号 22 pt, 3号 16 pt, 4号 14 pt.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from planner.reporting.report import word_parts as parts
from planner.reporting.report.word_parts import MEMO_STYLE

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.section import Section
    from docx.styles.style import ParagraphStyle

PAGE_MM = (210.0, 297.0)
"""Clause 5.1: A4."""

TOP_MM, LEFT_MM, TYPE_AREA_MM = 37.0, 28.0, (156.0, 225.0)
"""Clause 5.2.1: head margin, binding margin, type area (版心)."""

LINES, SIGNS = 22, 28
"""Clause 5.2.3: lines on a page, signs in a line."""

TWIPS_A_MM = 1440 / 25.4
LINE_TWIPS = int(TYPE_AREA_MM[1] * TWIPS_A_MM / LINES)
"""How high a line is, so that `LINES` of them fill the type area."""

TEXT_PT, TITLE_PT, NUMBER_PT = 16.0, 22.0, 14.0
"""Clauses 5.2.2 and 7.3.3 (text: 3号), 7.3.1 (title: 2号), 7.5 (page number: 4号)."""

SPACING_TWIPS = math.floor(TYPE_AREA_MM[0] * TWIPS_A_MM / SIGNS - TEXT_PT * 20)
"""Twips added between signs (negative: 28 signs of 16 pt are 158 mm), so that `SIGNS` of them fill a line.

A grid of signs would say the same, but LibreOffice gives a sign that is wider than its cell two cells.
"""

NUMBER_BELOW_MM = 7.0
"""Clause 7.5: the dashes of the page number stand this far below the type area."""

FANG_SONG, HEI, KAI, XIAO_BIAO_SONG, SONG = "仿宋", "黑体", "楷体", "方正小标宋简体", "宋体"
LATIN = "Times New Roman"
HEADING_FONTS = {"Heading 1": HEI, "Heading 2": KAI, "Heading 3": FANG_SONG}
"""Clause 7.3.3: 一、 in 黑体, （一） in 楷体, 1. in 仿宋."""

NUMERALS = "〇一二三四五六七八九"


def apply_official_format(document: WordDocument) -> None:
    """Set page, styles and page numbers of a document as GB/T 9704-2012 asks.

    Parameters
    ----------
    document
        The template; it has no text yet.
    """
    section = document.sections[0]
    _set_page(section)
    for style in document.styles:
        if style.type == 1:
            _reset(style)
    _set_style(document, "Normal", FANG_SONG, TEXT_PT, indented=True)
    _set_style(document, MEMO_STYLE, FANG_SONG, TEXT_PT, indented=True)
    _set_style(document, "List Bullet", FANG_SONG, TEXT_PT, indented=True)
    _set_style(document, "Notice", FANG_SONG, TEXT_PT, indented=True)
    for name, font in HEADING_FONTS.items():
        _set_style(document, name, font, TEXT_PT, indented=True)
    _set_style(document, "Title", XIAO_BIAO_SONG, TITLE_PT, indented=False, centred=True)
    document.settings.odd_and_even_pages_header_footer = True
    _number_pages(section)


def heading_number(level: int, count: int) -> str:
    """Return the number of a heading, as clause 7.3.3 has it: 一、 （一） 1. （1）.

    Examples
    --------
    >>> [heading_number(level, 12) for level in (1, 2, 3, 4)]
    ['十二、', '（十二）', '12.', '（12）']
    """
    forms = {1: f"{chinese_number(count)}、", 2: f"（{chinese_number(count)}）", 3: f"{count}."}
    return forms.get(level, f"（{count}）")


def chinese_number(count: int) -> str:
    """Return a number from 1 to 99 in Chinese numerals.

    Examples
    --------
    >>> [chinese_number(count) for count in (1, 10, 11, 20, 35)]
    ['一', '十', '十一', '二十', '三十五']
    """
    tens, ones = divmod(count, 10)
    first = "" if not tens else "十" if tens == 1 else f"{NUMERALS[tens]}十"
    return first + (NUMERALS[ones] if ones or not tens else "")


def signature_indents(issuer: str, date: str) -> tuple[float, float]:
    """Return how many signs stay free to the right of issuer and date (clause 7.3.5.2, without a seal).

    The issuer leaves two signs free; the date begins two signs further right than the issuer. A date longer than
    the issuer leaves two signs free itself, and the issuer more.

    Examples
    --------
    >>> signature_indents("海勃湾区党群服务中心", "2023年6月30日"), signature_indents("区委", "2023年6月30日")
    ((2.0, 3.5), (8.5, 2.0))
    """
    wide, long = text_signs(issuer), text_signs(date)
    if long > wide:
        return 4.0 + long - wide, 2.0
    return 2.0, wide - long


def text_signs(text: str) -> float:
    """Return how wide a text is, in Chinese signs: others are half as wide."""
    return sum(1.0 if ord(sign) > 0x2E7F else 0.5 for sign in text)  # noqa: PLR2004 - full width from here


def _set_page(section: Section) -> None:
    from docx.shared import Mm, Pt

    section.page_width, section.page_height = Mm(PAGE_MM[0]), Mm(PAGE_MM[1])
    section.top_margin, section.left_margin = Mm(TOP_MM), Mm(LEFT_MM)
    section.right_margin = Mm(PAGE_MM[0] - LEFT_MM - TYPE_AREA_MM[0])
    bottom = PAGE_MM[1] - TOP_MM - TYPE_AREA_MM[1]
    section.bottom_margin = Mm(bottom)
    section.footer_distance = Mm(bottom - NUMBER_BELOW_MM) - Pt(NUMBER_PT)
    section.header_distance = Mm(15)
    grid = parts.element("docGrid", type="lines", linePitch=str(LINE_TWIPS))
    for old in section._sectPr.findall(grid.tag):  # noqa: SLF001 - python-docx has no word for grids
        section._sectPr.remove(old)  # noqa: SLF001 - the same
    section._sectPr.append(grid)  # noqa: SLF001 - the same


def _reset(style: ParagraphStyle) -> None:
    """Give every other style the text's font, and keep the text's indent, spacing and lines from it."""
    _set_font(style, FANG_SONG)
    _set_indent(style, 0)
    _set_spacing(style, 0)
    snap = parts.element("snapToGrid", val="0")
    properties = style.element.get_or_add_pPr()
    properties.insert_element_before(snap, "w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:outlineLvl")


def _set_style(
    document: WordDocument, name: str, font: str, size_pt: float, *, indented: bool, centred: bool = False
) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
    from docx.shared import Pt, RGBColor, Twips

    style: ParagraphStyle = document.styles[name]
    properties = style.element.get_or_add_pPr()
    for unwanted in ("numPr", "pBdr", "shd", "contextualSpacing"):
        for element in properties.findall(parts.element(unwanted).tag):
            properties.remove(element)
    _set_font(style, font)
    style.font.size, style.font.bold, style.font.color.rgb = Pt(size_pt), False, RGBColor(0, 0, 0)
    look = style.paragraph_format
    look.line_spacing_rule, look.line_spacing = WD_LINE_SPACING.EXACTLY, Twips(LINE_TWIPS)
    look.space_before = look.space_after = Pt(0)
    look.left_indent = look.right_indent = Pt(0)
    look.alignment = WD_ALIGN_PARAGRAPH.CENTER if centred else WD_ALIGN_PARAGRAPH.JUSTIFY
    _set_indent(style, 2 if indented else 0)
    _set_spacing(style, SPACING_TWIPS if size_pt == TEXT_PT else 0)


def _set_spacing(style: ParagraphStyle, twips: int) -> None:
    """Set the space between signs."""
    properties = style.element.get_or_add_rPr()
    for old in properties.findall(parts.qualified("spacing")):
        properties.remove(old)
    spacing = parts.element("spacing", val=str(twips))
    properties.insert_element_before(spacing, "w:w", "w:kern", "w:position", "w:sz", "w:szCs", "w:lang")


def _set_font(style: ParagraphStyle, font: str) -> None:
    letters = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in list(letters.attrib):
        del letters.attrib[name]
    for name, value in (("ascii", LATIN), ("hAnsi", LATIN), ("eastAsia", font)):
        letters.set(parts.qualified(name), value)


def _set_indent(style: ParagraphStyle, signs: int) -> None:
    """Indent the first line (clause 7.3.3: two signs)."""
    indent = style.element.get_or_add_pPr().get_or_add_ind()
    for name in ("hanging", "hangingChars"):
        indent.attrib.pop(parts.qualified(name), None)
    indent.set(parts.qualified("firstLineChars"), str(signs * 100))
    indent.set(parts.qualified("firstLine"), str(int(signs * TEXT_PT * 20)))


def _number_pages(section: Section) -> None:
    """Write “— 1 —” below the type area, one sign from its outer side (clause 7.5)."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    for footer, side in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        footer.is_linked_to_previous = False
        line = footer.paragraphs[0]
        line.alignment = side
        one = Pt(NUMBER_PT)
        line.paragraph_format.right_indent = one if side == WD_ALIGN_PARAGRAPH.RIGHT else Pt(0)
        line.paragraph_format.left_indent = one if side == WD_ALIGN_PARAGRAPH.LEFT else Pt(0)
        for run in (parts.run("— "), *parts.field("PAGE", "1"), parts.run(" —")):
            run.insert(0, parts.run_look(SONG, NUMBER_PT))
            line._p.append(run)  # noqa: SLF001 - python-docx has no word for fields
