"""Elements of WordprocessingML (ECMA-376, part 1, 17) that python-docx has no words for: fields, links, tables."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from planner.messages.printable import replace_illegal
from planner.reporting.report.blocks import Cell

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


if TYPE_CHECKING:
    from docx.oxml.xmlchemy import BaseOxmlElement as Element

ZIP_DATE = (1980, 1, 1, 0, 0, 0)
TWIPS_A_MM = 1440 / 25.4
TEXT_TWIPS = round(TEXT_MM * TWIPS_A_MM)
SIGN_TWIPS, PADDING_TWIPS, LEAST_SIGNS = 105, 230, 4
"""How wide half a Chinese sign is in a table, what stands beside the text, and the fewest signs of a column."""

MOST_SIGNS, SHORT_HEAD = 40, 8
"""Longest text that a column is made for, and up to what length a head stays on one line, half Chinese signs."""

PIECES = re.compile(r"[^\s\u2e80-\uffef]+")
"""What no line breaks: signs other than Chinese between spaces."""

EMPHATIC = frozenset({"weak", "undetermined"})
"""Verdicts that are printed bold."""


def element(name: str, children: Iterable[Element] = (), /, **attributes: str) -> Element:
    """Return an element `w:name` with attributes of the same namespace."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made: Element = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    made.extend(children)
    return made


def qualified(name: str) -> str:
    """Return the name of an attribute `w:name`."""
    from docx.oxml.ns import qn

    return str(qn(f"w:{name}"))


def run_look(font: str, size_pt: float) -> Element:
    """Return the properties of a run: its font, for every script, and its size."""
    fonts = element("rFonts", ascii=font, hAnsi=font, eastAsia=font)
    half_points = str(round(size_pt * 2))
    return element("rPr", [fonts, element("sz", val=half_points), element("szCs", val=half_points)])


def run(text: str) -> Element:
    """Return a text that looks as its paragraph does."""
    words = element("t")
    words.text = replace_illegal(text)
    words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return element("r", [words])


def paragraph(style: str, children: Iterable[Element] = ()) -> Element:
    """Return a paragraph of a style, given by its id."""
    return element("p", [element("pPr", [element("pStyle", val=style)]), *children])


def field_begin(code: str) -> list[Element]:
    """Return the runs that begin a field; what follows up to `field_end` is what it shows."""
    instruction = element("instrText")
    instruction.text = f" {code} "
    instruction.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return [
        element("r", [element("fldChar", fldCharType="begin")]),
        element("r", [instruction]),
        element("r", [element("fldChar", fldCharType="separate")]),
    ]


def field_end() -> Element:
    """Return the run that ends a field."""
    return element("r", [element("fldChar", fldCharType="end")])


def field(code: str, shown: str) -> list[Element]:
    """Return a field with what it shows until it is counted anew."""
    return [*field_begin(code), run(shown), field_end()]


def contents(entries: Sequence[tuple[int, str, str]]) -> list[Element]:
    """Return the paragraphs of a table of contents: (level, text, anchor) of each heading, inside one field."""
    made = []
    for place, (level, text, anchor) in enumerate(entries):
        link = element("hyperlink", [run(text)], anchor=anchor, history="1")
        begin = field_begin('TOC \\o "1-1" \\h \\z \\u') if place == 0 else []
        end = [field_end()] if place == len(entries) - 1 else []
        made.append(paragraph(f"TOC{level}", [*begin, link, *end]))
    return made


def table(widths: Sequence[int], rows: Iterable[str]) -> Element:
    """Return a table of columns of given widths, twentieths of a point, from the text of its rows.

    A large city's report has a hundred thousand cells: parsed at once, they take a tenth of the time that elements
    made one by one take.
    """
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    made: Element = parse_xml(
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblStyle w:val="{TABLE_STYLE.replace(" ", "")}"/>'
        f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        '<w:tblLook w:val="0620" w:firstRow="1" w:noHBand="1" w:noVBand="1"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
    )
    return made


def row(cells: Iterable[str], *, head: bool = False) -> str:
    """Return a row that no page breaks; a head comes again on every page."""
    again = "<w:tblHeader/>" if head else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{again}</w:trPr>{''.join(cells)}</w:tr>"


def cell(width: int, paragraphs: Iterable[str]) -> str:
    """Return a cell."""
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{"".join(paragraphs)}</w:tc>'


def cell_paragraph(style: str, text: str, *, bold: bool = False, right: bool = False) -> str:
    """Return a paragraph of a cell, of a style given by its id."""
    look = "<w:rPr><w:b/></w:rPr>" if bold else ""
    side = '<w:jc w:val="right"/>' if right else ""
    words = escape(replace_illegal(text), {"\r": "&#13;"})
    return (
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{side}</w:pPr>'
        f'<w:r>{look}<w:t xml:space="preserve">{words}</w:t></w:r></w:p>'
    )


def head_cell(text: str, width: int, *, numeric: bool) -> str:
    """Return the head of a column."""
    return cell(width, [cell_paragraph("TableHead", text, right=numeric)])


def body_cell(given: Cell, width: int, *, numeric: bool, bold: bool) -> str:
    """Return one cell of a table of the report."""
    strong = bold or given.marked or given.badge in EMPHATIC
    written = [cell_paragraph("TableNumber" if numeric else "TableText", given.text, bold=strong)]
    if given.further:
        written.append(cell_paragraph("TableSmall", given.further))
    return cell(width, written)


def column_widths(
    heads: Sequence[str], rows: Sequence[Sequence[Cell]], *, words: int, most_mm: float = TEXT_MM
) -> list[int]:
    """Return the widths of a table's columns, twentieths of a point; together they fill the page.

    No number, code or word is broken: a column is at least as wide as the longest piece of its text without a
    space (a Chinese text may break anywhere). Columns of words share what is left by the length of their texts.

    Examples
    --------
    >>> widths = column_widths(["Name", "People"], [[Cell("West of the railway"), Cell("1,000")]], words=1)
    >>> sum(widths) == TEXT_TWIPS, widths[0] > widths[1]
    (True, True)
    """
    page = round(most_mm * TWIPS_A_MM)
    least, natural = [], []
    for place, head in enumerate(heads):
        texts = [line[place].text for line in rows]
        longest = max([0, *map(_signs, texts)])
        if any(line[place].further for line in rows):
            longest = max(longest, MOST_SIGNS)
        unbroken = max([_unbroken(head), *map(_unbroken, texts)]) if place < words else longest
        kept = max(unbroken, _unbroken(head), min(_signs(head), SHORT_HEAD), LEAST_SIGNS)
        least.append(kept * SIGN_TWIPS + PADDING_TWIPS)
        natural.append(max(min(max(longest, _signs(head)), MOST_SIGNS) * SIGN_TWIPS + PADDING_TWIPS, least[-1]))
    spare = page - sum(least)
    wished = [wish - need for wish, need in zip(natural, least, strict=True)]
    if spare < 0:
        widths = [int(width * page / sum(least)) for width in least]
    elif sum(wished) > spare:
        widths = [need + int(wish * spare / sum(wished)) for need, wish in zip(least, wished, strict=True)]
    else:
        over = spare - sum(wished)
        widths = [int(wish * (1 + over / sum(natural))) for wish in natural]
    widths[0] += page - sum(widths)
    return widths


def _unbroken(text: str) -> int:
    """Return how wide the longest piece of a text is that no line may break."""
    return max([0, *(_signs(piece) for piece in PIECES.findall(text))])


def _signs(text: str) -> int:
    """Return how wide a text is, in half Chinese signs."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def without_dates(made: bytes) -> bytes:
    """Return a zipped document with the same parts and no date of making."""
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as given, zipfile.ZipFile(kept, "w") as written:
        for entry in given.infolist():
            part = zipfile.ZipInfo(entry.filename, ZIP_DATE)
            part.external_attr = 0o600 << 16
            packed = zipfile.ZIP_STORED if entry.filename.endswith(".png") else zipfile.ZIP_DEFLATED
            written.writestr(part, given.read(entry), compress_type=packed)
    return kept.getvalue()
