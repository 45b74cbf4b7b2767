"""Styles of a Word file: templates/report.docx holds page, letters, headings and tables, to be changed in Word."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

TEMPLATE = Path(__file__).parents[1] / "templates" / "report.docx"
TEXT_MM = 170.0
"""Width of the text on the template's page."""

TABLE_STYLE = "Report Table"
MEMO_STYLE, MEMO_VALUE = "Memo", "MemoValue"
LINE_SPACING = 0.3
"""How much wider than single lines those of the text stand; it goes first where letters shrink."""


def open_template(*, scale: float = 1.0) -> WordDocument:
    """Return an empty document with the report's styles; `scale` makes letters and gaps smaller."""
    from docx import Document

    document = Document(str(TEMPLATE))
    _add_memo_style(document)
    if scale != 1.0:
        _shrink(document, scale)
    return document


def _add_memo_style(document: WordDocument) -> None:
    """Add the style of page one: the text's, set closer."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Pt

    style = document.styles.add_style(MEMO_STYLE, WD_STYLE_TYPE.PARAGRAPH)
    normal = document.styles["Normal"]
    style.base_style = normal
    style.font.size = Pt(10)
    style.element.get_or_add_rPr().insert(0, deepcopy(normal.element.rPr.rFonts))
    look = style.paragraph_format
    look.line_spacing, look.space_before, look.space_after = 1.1, Pt(0), Pt(3)
    value = document.styles.add_style(MEMO_VALUE, WD_STYLE_TYPE.PARAGRAPH)
    value.base_style = document.styles["Key Value"]
    value.font.size = Pt(15)
    value.element.get_or_add_rPr().insert(0, deepcopy(document.styles["Key Value"].element.rPr.rFonts))


def _shrink(document: WordDocument, scale: float) -> None:
    """Make letters smaller, and gaps and lines much smaller, so that a card keeps to one page."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Emu
    from docx.styles.style import ParagraphStyle

    section = document.sections[0]
    for side in ("top_margin", "bottom_margin", "header_distance", "footer_distance"):
        setattr(section, side, Emu(int(getattr(section, side) * scale)))
    for style in document.styles:
        if style.type != WD_STYLE_TYPE.PARAGRAPH or not isinstance(style, ParagraphStyle):
            continue
        if style.font.size:
            style.font.size = Emu(int(style.font.size * scale))
        look = style.paragraph_format
        for side in ("space_before", "space_after"):
            setattr(look, side, Emu(int((getattr(look, side) or 0) * scale**3)))
    normal = document.styles["Normal"]
    if isinstance(normal, ParagraphStyle):
        normal.paragraph_format.line_spacing = 1 + LINE_SPACING * scale**6
