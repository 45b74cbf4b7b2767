"""A Word file, part by part: headings that a table of contents finds, captions that count, tables, pictures."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from planner.messages.printable import replace_illegal
from planner.reporting.report import word_parts as parts
from planner.reporting.report.blocks import Cell
from planner.reporting.report.official import (
    HEI,
    TEXT_PT,
    TYPE_AREA_MM,
    apply_official_format,
    heading_number,
    signature_indents,
)
from planner.reporting.report.pictures import Picture
from planner.reporting.report.word_parts import TEXT_MM, open_template

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.image.image import Image
    from docx.oxml.xmlchemy import BaseOxmlElement as Element
    from docx.text.paragraph import Paragraph
    from markupsafe import Markup

MADE = datetime(2000, 1, 1, tzinfo=UTC)
"""Creation date of every report, so that equal reports give equal bytes."""

HIGHEST_MM = 205.0
TITLE_PT = 17

LISTED = 1
"""The table of contents lists sections and annexes."""


@dataclass(slots=True)
class WordFile:
    """A Word file in the making; `bytes` ends it."""

    document: WordDocument
    scale: float = 1.0
    headings: list[tuple[int, str, str]] = field(default_factory=list)
    counts: list[int] = field(default_factory=lambda: [0, 0, 0])
    captions: dict[str, int] = field(default_factory=dict)
    pictures: dict[bytes, str] = field(default_factory=dict)
    shown: int = 0
    style_ids: dict[str, str | None] = field(default_factory=dict)
    contents_after: Paragraph | None = None
    items: int = 0
    breaks: bool = False
    text_style: str = "Normal"
    official: bool = False
    in_annex: bool = False
    text_mm: float = TEXT_MM
    drawn: Mapping[Markup, Picture] = field(default_factory=dict)

    @classmethod
    def begin(
        cls, *, title: str, subject: str, language: str, scale: float = 1.0, official: bool = False
    ) -> WordFile:
        """Begin a file with its page, styles and properties.

        `scale` makes letters and pictures smaller; an `official` document is set by GB/T 9704-2012.
        """
        document = open_template(scale=scale)
        if official:
            apply_official_format(document)
        known = document.core_properties
        known.title, known.subject, known.language = (
            replace_illegal(title)[:255],
            replace_illegal(subject)[:255],
            language,
        )
        known.author = known.last_modified_by = known.comments = known.keywords = ""
        known.created = known.modified = MADE
        known.revision = 1
        return cls(document, scale, official=official, text_mm=TYPE_AREA_MM[0] if official else TEXT_MM)

    def running(self, head: str) -> None:
        """Write a line above every page, and its number below."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        section = self.document.sections[0]
        section.header.paragraphs[0].add_run(replace_illegal(head))
        below = section.footer.paragraphs[0]
        below.alignment = WD_ALIGN_PARAGRAPH.CENTER
        below._p.extend(parts.field("PAGE", "1"))  # noqa: SLF001 - python-docx has no word for fields

    def paragraph(self, text: str, style: str = "Normal", *, begin: str = "", right: bool = False) -> None:
        """Write a paragraph; `begin` stands before it in bold."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        written = self._add_paragraph(style)
        self.items = 0
        if right:
            written.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        if begin:
            written.add_run(f"{replace_illegal(begin)}  ").bold = True
        written.add_run(replace_illegal(text))

    def annex_title(self, number: str, title: str) -> None:
        """Write the head of an annex of an official document on a new page (GB/T 9704-2012, clause 7.3.7)."""
        self.page_break()
        self.counts, self.in_annex = [0] * len(self.counts), True
        first = self._add_paragraph("Normal")
        first.paragraph_format.first_line_indent = 0
        first._p.get_or_add_pPr().get_or_add_ind().set(parts.qualified("firstLineChars"), "0")  # noqa: SLF001 - the same
        run = first.add_run(replace_illegal(number))
        run._r.insert(0, parts.run_look(HEI, TEXT_PT))  # noqa: SLF001 - the same
        self._add_paragraph("Normal")
        self._add_paragraph("Title").add_run(replace_illegal(title))
        self._add_paragraph("Normal")

    def flush(self, text: str) -> None:
        """Write a paragraph without indent, as the addressee stands (clause 7.3.2)."""
        written = self._add_paragraph("Normal")
        written.add_run(replace_illegal(text))
        indent = written._p.get_or_add_pPr().get_or_add_ind()  # noqa: SLF001 - the same
        for name in ("firstLine", "firstLineChars"):
            indent.set(parts.qualified(name), "0")

    def signed(self, issuer: str, date: str) -> None:
        """Write issuer and date (clause 7.3.5.2)."""
        self._add_paragraph("Normal")
        for text, signs in zip((issuer, date), signature_indents(issuer, date), strict=True):
            self.paragraph(text, right=True)
            indent = self.document.paragraphs[-1]._p.get_or_add_pPr().get_or_add_ind()  # noqa: SLF001 - the same
            indent.set(parts.qualified("rightChars"), str(round(signs * 100)))
            indent.set(parts.qualified("right"), str(round(signs * TEXT_PT * 20)))

    def memo_title(self, text: str) -> None:
        """Write the title of page one, in the middle."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Pt

        written = self._add_paragraph("Title")
        if self.official:
            written.add_run(replace_illegal(text))
            self._add_paragraph("Normal")
            return
        written.alignment = WD_ALIGN_PARAGRAPH.CENTER
        written.paragraph_format.space_before, written.paragraph_format.space_after = Pt(0), Pt(6)
        written.add_run(replace_illegal(text)).font.size = Pt(TITLE_PT)

    def lead(self, text: str) -> None:
        """Write bold words before what follows, on the same page."""
        written = self._add_paragraph(self.text_style)
        written.add_run(replace_illegal(text)).bold = True
        written.paragraph_format.keep_with_next = True

    def item(self, text: str) -> None:
        """Write an item of a list that counts from one after each other paragraph."""
        self.items, number = 0, self.items + 1
        self.paragraph(f"{number}. {text}", self.text_style)
        self.items = number

    def page_break(self) -> None:
        """Begin what follows on a new page."""
        self.breaks = True

    def heading(self, text: str, level: int, *, numbered: bool = True) -> None:
        """Write a heading of level 1 to 3, numbered by its style."""
        # The headings of an annex count from the first level again.
        level -= self.in_annex and level > 1
        written = self._add_paragraph(f"Heading {level}")
        number = ""
        self.items = 0
        if numbered:
            self.counts[level - 1] += 1
            self.counts[level:] = [0] * (len(self.counts) - level)
            number = ".".join(str(count) for count in self.counts[:level])
        if numbered and self.official:
            text = heading_number(level, self.counts[level - 1]) + text
        if not numbered or self.official:
            none = [parts.element("ilvl", val="0"), parts.element("numId", val="0")]
            written._p.get_or_add_pPr().append(parts.element("numPr", none))  # noqa: SLF001 - the same
        mark = str(len(self.headings) + 1)
        anchor = f"_Toc{mark:>08}"
        written._p.append(parts.element("bookmarkStart", id=mark, name=anchor))  # noqa: SLF001 - the same
        written.add_run(replace_illegal(text))
        written._p.append(parts.element("bookmarkEnd", id=mark))  # noqa: SLF001 - the same
        self.headings.append((level, f"{number} {text}".strip(), anchor))

    def contents(self, title: str) -> None:
        """Leave the place of the table of contents; it is written when everything is there."""
        self.contents_after = self.document.add_paragraph(replace_illegal(title), style="TOC Heading")

    def caption(self, word: str, sequence: str, text: str, *, above: bool) -> None:
        """Write a caption with its number, which Word counts by itself."""
        written = self._add_paragraph("Caption")
        written.paragraph_format.keep_with_next = above
        self.captions[sequence] = self.captions.get(sequence, 0) + 1
        counted = parts.field(f"SEQ {sequence} \\* ARABIC", str(self.captions[sequence]))
        written._p.extend([parts.run(f"{word} "), *counted, parts.run(f"  {text}")])  # noqa: SLF001 - the same

    def picture(self, picture: Picture, description: str, *, most_mm: float = 0.0) -> None:
        """Show a picture, as large as it is or as fits; who cannot see it hears `description`."""
        from docx.image.image import Image
        from docx.oxml.shape import CT_Inline
        from docx.shared import Mm

        width_mm = min(
            picture.width_mm,
            most_mm or self.text_mm,
            self.text_mm,
            picture.width_mm * HIGHEST_MM * self.scale**6 / picture.height_mm,
        )
        run = self._add_paragraph("Figure").add_run()
        image = Image.from_blob(picture.png)
        # The library compares every picture with every earlier one, and searches the whole file for the next id.
        self.shown += 1
        inline = CT_Inline.new_pic_inline(
            self.shown,
            self._relation(picture.png, image),
            "image.png",
            *image.scaled_dimensions(Mm(width_mm), None),
        )
        inline.docPr.set("descr", replace_illegal(description))
        run._r.add_drawing(inline)  # noqa: SLF001 - the same

    def _relation(self, png: bytes, image: Image) -> str:
        """Return the id of the relation to a picture; equal pictures are kept once."""
        from docx.opc.constants import RELATIONSHIP_TYPE
        from docx.opc.packuri import PackURI
        from docx.parts.image import ImagePart

        digest = hashlib.sha256(png).digest()
        if digest not in self.pictures:
            name = PackURI(f"/word/media/image{len(self.pictures) + 1}.png")
            part = ImagePart.from_image(image, name)
            self.pictures[digest] = self.document.part.relate_to(part, RELATIONSHIP_TYPE.IMAGE)
        return self.pictures[digest]

    def _add_paragraph(self, style: str) -> Paragraph:
        """Add an empty paragraph; the library looks a style up among all of them each time."""
        from docx.enum.style import WD_STYLE_TYPE

        if style not in self.style_ids:
            part: Any = self.document.part
            self.style_ids[style] = part.get_style_id(style, WD_STYLE_TYPE.PARAGRAPH)
        written = self.document.add_paragraph()
        written._p.style = self.style_ids[style]  # noqa: SLF001 - the same
        if self.breaks:
            written.paragraph_format.page_break_before, self.breaks = True, False
        return written

    def table(
        self, heads: Sequence[str], rows: Sequence[Sequence[Cell | str]], *, words: int, totals: int = 0
    ) -> None:
        """Write a table whose head comes again on every page; columns after `words` hold numbers."""
        cells = [[one if isinstance(one, Cell) else Cell(one) for one in row] for row in rows]
        widths = parts.column_widths(heads, cells, words=words, most_mm=self.text_mm)
        head = [parts.head_cell(text, widths[place], numeric=place >= words) for place, text in enumerate(heads)]
        body = [
            parts.row(
                parts.body_cell(one, widths[place], numeric=place >= words, bold=number >= len(cells) - totals)
                for place, one in enumerate(row)
            )
            for number, row in enumerate(cells)
        ]
        self._append(parts.table(widths, [parts.row(head, head=True), *body]))

    def cards(self, cards: Sequence[Sequence[tuple[str, str]]], *, across: int) -> None:
        """Write small texts side by side: each a list of (text, id of its style)."""
        width = int(self.text_mm * parts.TWIPS_A_MM) // across
        filled = [*cards, *([[("", "TableText")]] * (-len(cards) % across))]
        cells = [parts.cell(width, [parts.cell_paragraph(style, text) for text, style in card]) for card in filled]
        rows = [parts.row(cells[first : first + across]) for first in range(0, len(cells), across)]
        self._append(parts.table([width] * across, rows))

    def _append(self, table: Element) -> None:
        self.document.element.body.sectPr.addprevious(table)

    def bytes(self) -> bytes:
        """Return the file; the same parts give the same bytes."""
        if self.contents_after is not None:
            listed = [entry for entry in self.headings if entry[0] <= LISTED]
            for entry in reversed(parts.contents(listed)):
                self.contents_after._p.addnext(entry)  # noqa: SLF001 - the same
            self.contents_after = None
        made = io.BytesIO()
        self.document.save(made)
        return parts.without_dates(made.getvalue())
