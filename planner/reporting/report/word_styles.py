"""The styles of a Word file: letters for Latin and Chinese signs, numbered headings, captions, tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.styles.style import ParagraphStyle

BODY_LETTERS = ("Calibri", "SimSun")
HEAD_LETTERS = ("Calibri", "SimHei")
CODE_LETTERS = ("Consolas", "SimSun")
"""Fonts of Latin and of Chinese signs; a system without one takes its own of that kind."""

INK, SOFT, RULE = "1C2126", "4A545E", "9AA3AB"
HEADING_NUM, HEADING_ABSTRACT = "90", "90"
PAGE_MM, MARGIN_MM, HEAD_MM = (210.0, 297.0), 20.0, 12.0
TEXT_MM = PAGE_MM[0] - 2 * MARGIN_MM
TABLE_STYLE = "Report Table"

PARAGRAPHS: dict[str, tuple[float, float, float, str, bool]] = {
    "Normal": (10.5, 0, 6, INK, False),
    "Title": (24, 0, 8, INK, True),
    "Subtitle": (12, 36, 2, SOFT, False),
    "Heading 1": (16, 20, 8, INK, True),
    "Heading 2": (13, 14, 6, INK, True),
    "Heading 3": (11.5, 12, 4, INK, True),
    "TOC Heading": (14, 14, 6, INK, True),
    "toc 1": (10.5, 4, 0, INK, False),
    "toc 2": (10, 0, 0, INK, False),
    "Caption": (9.5, 8, 4, INK, True),
    "List Bullet": (10.5, 0, 3, INK, False),
    "Header": (8.5, 0, 0, SOFT, False),
    "Footer": (8.5, 0, 0, SOFT, False),
    "Table Head": (8.5, 1, 1, INK, True),
    "Table Text": (8.5, 1, 1, INK, False),
    "Table Number": (8.5, 1, 1, INK, False),
    "Table Small": (7.5, 0, 1, SOFT, False),
    "Table Note": (8.5, 2, 10, SOFT, False),
    "Figure": (10.5, 8, 0, INK, False),
    "Key Value": (16, 2, 0, INK, True),
    "Notice": (10.5, 8, 8, INK, False),
    "Code": (9, 4, 8, INK, False),
}
"""Paragraph styles: size, space before and after (points), colour, bold."""

AFTER_BORDER = ("w:shd", "w:tabs", "w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:outlineLvl")
"""What stands after a border, in the order that the standard asks for."""

HEADINGS = ("Title", "Subtitle", "TOC Heading", "Table Head", "Caption", "Key Value")


def set_styles(document: WordDocument, *, scale: float = 1.0) -> None:
    """Set page, letters and styles of a new document of python-docx; `scale` makes letters and gaps smaller."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm, Pt

    section = document.sections[0]
    section.page_width, section.page_height = Mm(PAGE_MM[0]), Mm(PAGE_MM[1])
    section.left_margin = section.right_margin = Mm(MARGIN_MM)
    section.top_margin = section.bottom_margin = Mm(MARGIN_MM * scale)
    section.header_distance = section.footer_distance = Mm(HEAD_MM * scale)
    _set_language(document)
    known = {style.name for style in document.styles}
    for name, (size, before, after, colour, bold) in PARAGRAPHS.items():
        look = (size * scale, before * scale**3, after * scale**3, colour, bold)
        if name not in known:
            added = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin=name.startswith("toc "))
            added.element.styleId = name.replace("toc ", "TOC").replace(" ", "")
        style: ParagraphStyle = document.styles[name]
        _set_paragraph_style(style, name, look)
    for name, indent_mm in (("toc 1", 0.0), ("toc 2", 6.0)):
        _paragraph_style(document, name).paragraph_format.left_indent = Mm(indent_mm)
    _paragraph_style(document, "Table Number").paragraph_format.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for name in ("Caption", "Table Head", "Figure"):
        _paragraph_style(document, name).paragraph_format.keep_with_next = name != "Caption"
    _paragraph_style(document, "Normal").paragraph_format.line_spacing = 1 + 0.3 * scale**6
    for name in PARAGRAPHS:
        if name.startswith("Table") or name in ("Key Value", "Caption"):
            _paragraph_style(document, name).paragraph_format.line_spacing = 1.0
    _paragraph_style(document, "Figure").paragraph_format.line_spacing = 1.0
    notice = _paragraph_style(document, "Notice")
    notice.paragraph_format.left_indent = notice.paragraph_format.right_indent = Pt(6)
    _border(notice, RULE)
    _number_headings(document)
    # The heading of the contents is none of the report's own.
    _paragraph_style(document, "TOC Heading").base_style = document.styles["Normal"]
    _add_table_style(document)


def _paragraph_style(document: WordDocument, name: str) -> ParagraphStyle:
    style: ParagraphStyle = document.styles[name]
    return style


def _set_paragraph_style(style: ParagraphStyle, name: str, look: tuple[float, float, float, str, bool]) -> None:
    from docx.enum.text import WD_LINE_SPACING
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    size, before, after, colour, bold = look
    heading = name.startswith("Heading") or name in HEADINGS
    latin, chinese = CODE_LETTERS if name == "Code" else HEAD_LETTERS if heading else BODY_LETTERS
    style.font.size, style.font.bold, style.font.italic = Pt(size), bold, False
    style.font.color.rgb = RGBColor.from_string(colour)
    style.font.name = latin
    style.hidden = style.unhide_when_used = False
    letters = style.element.rPr.rFonts
    for part in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        letters.attrib.pop(qn(f"w:{part}"), None)
    letters.set(qn("w:eastAsia"), chinese)
    letters.set(qn("w:cs"), latin)
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    style.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    if name == "Title":
        border = style.element.pPr.find(qn("w:pBdr"))
        if border is not None:
            style.element.pPr.remove(border)


def _set_language(document: WordDocument) -> None:
    """Set the language of the text, which governs spelling and line breaks."""
    from docx.oxml.ns import qn

    defaults = document.styles.element.find(f".//{qn('w:rPrDefault')}/{qn('w:rPr')}")
    defaults.find(qn("w:lang")).set(qn("w:eastAsia"), "zh-CN")
    letters = defaults.find(qn("w:rFonts"))
    letters.attrib.clear()
    for part in ("ascii", "hAnsi", "cs", "eastAsia"):
        letters.set(qn(f"w:{part}"), BODY_LETTERS[part == "eastAsia"])


def _border(style: ParagraphStyle, colour: str) -> None:
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    sides = "".join(
        f'<w:{side} w:val="single" w:sz="8" w:space="5" w:color="{colour}"/>'
        for side in ("top", "left", "bottom", "right")
    )
    border = parse_xml(f"<w:pBdr {nsdecls('w')}>{sides}</w:pBdr>")
    style.element.get_or_add_pPr().insert_element_before(border, *AFTER_BORDER)


def _number_headings(document: WordDocument) -> None:
    """Tie headings 1 to 3 to one list of three levels: 1, 1.1, 1.1.1."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls, qn

    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="decimal"/>'
        f'<w:pStyle w:val="Heading{level + 1}"/><w:suff w:val="space"/>'
        f'<w:lvlText w:val="{".".join(f"%{part}" for part in range(1, level + 2))}"/><w:lvlJc w:val="left"/>'
        '<w:pPr><w:ind w:left="0" w:firstLine="0"/></w:pPr></w:lvl>'
        for level in range(3)
    )
    numbering = document.part.numbering_part.element
    abstract = parse_xml(
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{HEADING_ABSTRACT}">'
        f'<w:multiLevelType w:val="multilevel"/>{levels}</w:abstractNum>'
    )
    numbering.find(qn("w:num")).addprevious(abstract)
    numbering.append(
        parse_xml(
            f'<w:num {nsdecls("w")} w:numId="{HEADING_NUM}"><w:abstractNumId w:val="{HEADING_ABSTRACT}"/></w:num>'
        )
    )
    for level in range(3):
        number = parse_xml(
            f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="{HEADING_NUM}"/></w:numPr>'
        )
        look = document.styles[f"Heading {level + 1}"].element.get_or_add_pPr()
        look.insert_element_before(number, "w:pBdr", *AFTER_BORDER)


def _add_table_style(document: WordDocument) -> None:
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    def line(side: str, size: int, colour: str) -> str:
        return f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="{colour}"/>'

    lines = line("top", 8, INK) + line("bottom", 8, INK) + line("insideH", 4, "D9DEE3")
    side = ' w:w="60" w:type="dxa"/>'
    name = TABLE_STYLE.replace(" ", "")
    document.styles.element.append(
        parse_xml(
            f'<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="{name}">'
            f'<w:name w:val="{TABLE_STYLE}"/><w:basedOn w:val="TableNormal"/>'
            f'<w:uiPriority w:val="99"/><w:qFormat/><w:tblPr><w:tblBorders>{lines}</w:tblBorders>'
            f"<w:tblCellMar><w:left{side}<w:right{side}</w:tblCellMar></w:tblPr>"
            f'<w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr>'
            f"<w:tcPr><w:tcBorders>{line('bottom', 8, INK)}</w:tcBorders></w:tcPr></w:tblStylePr></w:style>"
        )
    )
