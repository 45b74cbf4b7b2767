"""Marks of a sheet besides its values: hidden rows and columns, formulas without result, errors.

The reader of workbooks gives blank cells for the last two and reports nothing of the first. This file imports only
the standard library, because the process that reads a workbook loads it by its path. It never fails: of a workbook
that it does not understand it has nothing to report.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Callable, Iterator
from xml.parsers import expat

ZIP_BEGINS = b"PK\x03\x04"
OLE_BEGINS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
FORMAT_PARTS = re.compile(r'"[^"]*"|\[[^\]]*\]|[\\!_*].|.', re.DOTALL)
"""The parts of a number's format: quoted texts, conditions in brackets, marked signs, and single signs."""

REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
MOST_COLUMNS = 16_384
MOST_HIDDEN = 1_048_576
"""Rows of a sheet at most: a repeated row may claim more."""

ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
"""The errors of a spreadsheet by their number in an .xls."""

BOUNDSHEET, BOF, EOF, ROW, FORMULA, BOOL_ERROR, COLUMN_INFO = 0x85, 0x809, 0x0A, 0x208, 0x06, 0x205, 0x7D
SPECIAL_RESULT = 0xFFFF
RESULT_ERROR, RESULT_BLANK = 2, 3
FREE_SECTOR = 0xFFFFFFFA
"""Numbers of sectors from here on mean: none, or the end of a chain."""

MADE_BY_FAULT = (ValueError, KeyError, IndexError, OverflowError, LookupError, OSError, struct.error)


class SheetMarks:
    """Marks of one sheet; rows and columns are counted from 0.

    No dataclass: their module takes the process longer to import than a small sheet to read.
    """

    __slots__ = ("cells", "doubtful", "hidden_columns", "hidden_rows", "shown")

    def __init__(self) -> None:
        self.hidden_rows: set[int] = set()
        self.hidden_columns: set[int] = set()
        self.cells: dict[tuple[int, int], str] = {}
        """Cells of which the reader of workbooks reports nothing: a formula as "=…", an error as "#N/A"."""
        self.doubtful: set[tuple[int, int]] = set()
        """Those of them that may well be blank."""
        self.shown: dict[tuple[int, int], str] = {}
        """Text that the format of a number adds: 万人 of 0.00"万人". Of an .xlsx only."""


def read_sheet_marks(content: bytes, sheet: str) -> SheetMarks:
    """Return what a workbook states of one sheet.

    Parameters
    ----------
    content
        The workbook: .xlsx, .xlsm, .xls or .ods by its content.
    sheet
        The sheet's name.
    """
    marks = SheetMarks()
    try:
        if content.startswith(ZIP_BEGINS):
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                if "content.xml" in packed.namelist():
                    _open_document(packed.read("content.xml"), sheet, marks)
                else:
                    _excel_xml(packed.read(_sheet_part(packed, sheet)), marks, _written_behind(packed))
        elif content.startswith(OLE_BEGINS):
            _excel_binary(content, sheet, marks)
    except (*MADE_BY_FAULT, expat.ExpatError, zipfile.BadZipFile, RecursionError):
        # Half of what a damaged workbook states is no evidence of anything.
        return SheetMarks()
    return marks


def _parse(content: bytes, start: Callable[[str, dict[str, str]], None], **handlers: Callable[..., None]) -> None:
    """Run over XML; a document type, which may define entities without bound, is refused."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, values: start(name.rpartition(":")[2], _bare(values))
    end, text = handlers.get("end"), handlers.get("text")
    if end is not None:
        parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
    if text is not None:
        parser.CharacterDataHandler = text

    def refuse(*_: object) -> None:
        raise ValueError

    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(content, True)  # noqa: FBT003 - the end of the document


def _bare(values: dict[str, str]) -> dict[str, str]:
    return {name.rpartition(":")[2]: value for name, value in values.items()}


def _sheet_part(packed: zipfile.ZipFile, sheet: str) -> str:
    """Return which part of an .xlsx holds a sheet."""
    parts = {name.lower(): name for name in packed.namelist()}
    relation = ""
    target = ""

    def in_book(name: str, values: dict[str, str]) -> None:
        nonlocal relation
        if name == "sheet" and values.get("name") == sheet:
            relation = values["id"]

    def in_relations(name: str, values: dict[str, str]) -> None:
        nonlocal target
        if name == "Relationship" and values.get("Id") == relation:
            target = values["Target"]

    _parse(packed.read(parts["xl/workbook.xml"]), in_book)
    _parse(packed.read(parts["xl/_rels/workbook.xml.rels"]), in_relations)
    full = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return parts[full.replace("\\", "/").lower()]


def _written_behind(packed: zipfile.ZipFile) -> dict[str, str]:
    """Return what the styles of cells write behind numbers, by the style's number."""
    name = next((one for one in packed.namelist() if one.lower() == "xl/styles.xml"), None)
    codes: dict[str, str] = {}
    behind: dict[str, str] = {}
    inside = False
    count = 0

    def start(name: str, values: dict[str, str]) -> None:
        nonlocal inside, count
        if name == "numFmt":
            codes[values["numFmtId"]] = literal_of(values["formatCode"])
        elif name in {"cellXfs", "cellStyleXfs"}:
            inside = name == "cellXfs"
        elif name == "xf" and inside:
            text = codes.get(values.get("numFmtId", ""), "")
            if text:
                behind[str(count)] = text
            count += 1

    if name is not None:
        _parse(packed.read(name), start)
    return behind


def literal_of(code: str) -> str:
    """Return the text that a number's format writes behind the number as it is; "" where none.

    Examples
    --------
    >>> [literal_of(code) for code in ('0.00"万人"', '#,##0.0 "亩";[Red]-0', '0!.0,"万"', "General")]
    ['万人', '亩', '', '']
    """
    first = FORMAT_PARTS.findall(code)
    kept: list[str] = []
    has_digit = False
    for part in first:
        if part == ";":
            break
        if part.startswith("["):
            continue
        if part in "0#?":
            has_digit = True
            kept.clear()
        elif part == "," and has_digit:
            kept.append(part)
        elif part.startswith('"'):
            kept.append(part[1:-1])
        elif part[0] in "\\!":
            kept.append("!" + part[1:])
        elif part[0] not in "_*":
            kept.append(part)
    text = "".join(kept).strip()
    # A comma behind the last digit divides by 1,000, a written point shifts: then the number stands as it is.
    is_scaled = text.startswith(",") or "!" in code or "\\." in code or "%" in code or "E" in code
    return "" if is_scaled or not has_digit or not any(sign.isalpha() for sign in text) else text.replace("!", "")


def _excel_xml(content: bytes, marks: SheetMarks, behind: dict[str, str]) -> None:
    cells = _CellScan(marks, behind)
    _parse(content, cells.start, end=cells.end, text=cells.text)


class _CellScan:
    """A run over the cells of a sheet of an .xlsx."""

    def __init__(self, marks: SheetMarks, behind: dict[str, str]) -> None:
        self.marks = marks
        self.behind = behind
        self.row = -1
        self.column = -1
        self.kind = ""
        self.inside = ""
        self.parts: dict[str, str] = {}

    def start(self, name: str, values: dict[str, str]) -> None:
        if name == "row":
            self.row = int(values["r"]) - 1 if "r" in values else self.row + 1
            self.column = -1
            is_flat = values.get("ht") == "0" and _is_true(values.get("customHeight"))
            if is_flat or _is_true(values.get("hidden")):
                self.marks.hidden_rows.add(self.row)
        elif name == "col" and _is_true(values.get("hidden")):
            self.marks.hidden_columns.update(range(int(values["min"]) - 1, min(int(values["max"]), MOST_COLUMNS)))
        elif name == "c":
            match = REFERENCE.fullmatch(values.get("r", ""))
            self.column = _column(match[1]) if match else self.column + 1
            self.kind, self.parts = values.get("t", "n"), {}
            if self.kind == "n" and values.get("s", "0") in self.behind:
                self.marks.shown[self.row, self.column] = self.behind[values.get("s", "0")]
        elif name in {"f", "v"}:
            self.inside = name
            self.parts[name] = ""

    def text(self, characters: str) -> None:
        if self.inside:
            self.parts[self.inside] += characters

    def end(self, name: str) -> None:
        if name in {"f", "v"}:
            self.inside = ""
        elif name == "c" and (self.kind == "e" or "f" in self.parts):
            value = self.parts.get("v", "")
            if self.kind == "e" and value:
                self.marks.cells[self.row, self.column] = value
            elif not value and self.kind != "str" and "f" in self.parts:
                self.marks.cells[self.row, self.column] = f"={self.parts['f']}"


def _open_document(content: bytes, sheet: str, marks: SheetMarks) -> None:
    """Note the hidden rows of a sheet of an .ods."""
    inside = False
    row = 0

    def start(name: str, values: dict[str, str]) -> None:
        nonlocal inside, row
        if name == "table":
            inside, row = values.get("name") == sheet, 0
        elif name == "table-row" and inside:
            times = min(int(values.get("number-rows-repeated", "1")), MOST_HIDDEN)
            if values.get("visibility", "visible") != "visible":
                marks.hidden_rows.update(range(row, min(row + times, MOST_HIDDEN)))
            row += times

    _parse(content, start)


def _excel_binary(content: bytes, sheet: str, marks: SheetMarks) -> None:
    """Note what the records of an .xls (BIFF8) state."""
    book = _stream(content, ("Workbook", "Book"))
    begin = _binary_sheets(book).get(sheet)
    depth = 0
    for kind, record in () if begin is None else _records(book, begin):
        # A chart within the sheet has records of its own.
        depth += (kind == BOF) - (kind == EOF)
        if depth == 0:
            break
        if depth == 1:
            _binary_record(kind, record, marks)


def _binary_sheets(book: bytes) -> dict[str, int]:
    """Return where the records of each sheet begin."""
    results = {}
    for kind, record in _records(book, 0):
        if kind == BOUNDSHEET:
            length, wide = record[6], record[7] & 1
            name = record[8 : 8 + length * (1 + wide)].decode("utf-16-le" if wide else "latin-1")
            results[name] = struct.unpack_from("<I", record)[0]
        elif kind == EOF:
            break
    return results


def _binary_record(kind: int, record: bytes, marks: SheetMarks) -> None:
    if kind == ROW:
        row, height = struct.unpack_from("<H4xH", record)
        if record[12] & 0x20 or height == 0:
            marks.hidden_rows.add(row)
    elif kind == COLUMN_INFO:
        first, last = struct.unpack_from("<HH", record)
        if record[8] & 1:
            marks.hidden_columns.update(range(first, min(last, 255) + 1))
    elif kind == BOOL_ERROR and record[7]:
        row, column = struct.unpack_from("<HH", record)
        marks.cells[row, column] = ERRORS.get(record[6], "#UNKNOWN!")
    elif kind == FORMULA:
        _binary_formula(record, marks)


def _binary_formula(record: bytes, marks: SheetMarks) -> None:
    row, column = struct.unpack_from("<HH", record)
    result = record[6:14]
    if struct.unpack_from("<H", result, 6)[0] != SPECIAL_RESULT:
        return
    if result[0] == RESULT_ERROR:
        marks.cells[row, column] = ERRORS.get(result[2], "#UNKNOWN!")
    elif result[0] == RESULT_BLANK:
        # A formula that was never calculated is written like one that comes to an empty text.
        marks.cells[row, column] = "=…"
        marks.doubtful.add((row, column))


def _records(book: bytes, position: int) -> Iterator[tuple[int, bytes]]:
    while position + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, position)
        yield kind, book[position + 4 : position + 4 + length]
        position += 4 + length


def _stream(content: bytes, names: tuple[str, ...]) -> bytes:
    """Return a stream of a compound file (MS-CFB), the first of `names` that it has."""
    size = 1 << struct.unpack_from("<H", content, 30)[0]
    small = 1 << struct.unpack_from("<H", content, 32)[0]
    (first_directory,) = struct.unpack_from("<I", content, 48)
    least, first_small, _, first_table, tables = struct.unpack_from("<IIIII", content, 56)
    listed = list(struct.unpack_from("<109I", content, 76))
    for _ in range(min(tables, len(content) // size)):
        if first_table >= FREE_SECTOR:
            break
        block = struct.unpack_from(f"<{size // 4}I", content, (first_table + 1) * size)
        listed += block[:-1]
        first_table = block[-1]
    following: list[int] = []
    for sector in listed:
        if sector < FREE_SECTOR:
            following += struct.unpack_from(f"<{size // 4}I", content, (sector + 1) * size)

    def chain(sector: int, links: list[int], source: bytes, width: int, head: int) -> bytes:
        parts: list[bytes] = []
        while sector < FREE_SECTOR and len(parts) <= len(links):
            parts.append(source[head + sector * width : head + (sector + 1) * width])
            sector = links[sector]
        return b"".join(parts)

    directory = chain(first_directory, following, content, size, size)
    entries = [directory[at : at + 128] for at in range(0, len(directory) - 127, 128)]
    results = {}
    for entry in entries:
        length = struct.unpack_from("<H", entry, 64)[0]
        name = entry[: max(length - 2, 0)].decode("utf-16-le", errors="replace")
        results[name] = (*struct.unpack_from("<I", entry, 116), *struct.unpack_from("<I", entry, 120))
    start, length = results[[name for name in names if name in results][0]]  # noqa: RUF015 - none is an IndexError
    if length >= least:
        return chain(start, following, content, size, size)[:length]
    links = chain(first_small, following, content, size, size)
    small_links = list(struct.unpack(f"<{len(links) // 4}I", links))
    within = chain(results["Root Entry"][0], following, content, size, size)
    return chain(start, small_links, within, small, 0)[:length]


def _is_true(text: str | None) -> bool:
    return text in {"1", "true"}


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
