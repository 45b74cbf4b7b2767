"""Text tables and workbooks as grids of cells: CSV, TSV, XLSX, XLS, in whatever encoding they were saved."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import math
import re
import threading
import zipfile
from pathlib import Path

from planner.errors import Breach, DataError
from planner.inputs.grids import Grid
from planner.texts import Phrase

ENCODINGS = ("utf-8-sig", "gb18030")
"""A spreadsheet saved on a Chinese Windows is GB18030; UTF-8 is tried first because it refuses what it is not."""

WIDE = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
"""What Excel calls Unicode text."""

DELIMITERS = (",", "\t", ";")
LONGEST_CELL = 64 * 2**20
"""Characters in one cell of a text table; the outline of a large area as WKT has some millions."""

UNPACKED_AT_MOST = 512 * 2**20
"""Bytes that a workbook may hold once unpacked; a sheet of a million rows stays below."""

FILE_AT_MOST = 2 * 2**30
CELLS_AT_MOST = 50_000_000
PARTS_AT_MOST = 10_000
BLOCK = 2**20

ZIP_BEGINS = b"PK\x03\x04"
OLE_BEGINS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
COLUMN = re.compile(rb' r="([A-Z]{1,3})[0-9]+"')
LOW_ROW = re.compile(rb' r="[A-Z]{1,3}([0-9]{5,7})"')
LOW_ROWS = 9_999
"""Rows that no match of LOW_ROW speaks of."""

_cell_size = threading.Lock()


def read_text_grid(path: Path) -> Grid:
    """Read a table of text.

    Raises
    ------
    DataError
        It is not text, is a web page, or ends in the middle of a row.
    """
    text, encoding = _decoded(path)
    if text.lstrip()[:1] == "<":
        raise DataError(str(path), [_unreadable(Phrase("errors.why_web_page"))])
    beginning = text[: text.find("\n")] if "\n" in text else text
    lines = text[:BLOCK].splitlines()[:20] or [beginning]
    delimiter = max(DELIMITERS, key=lambda sign: (max(line.count(sign) for line in lines), sign == ","))
    try:
        # The longest cell is a setting of the whole process; it is put back at once.
        with _cell_size:
            before = csv.field_size_limit(LONGEST_CELL)
            try:
                reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
                rows = [tuple(row) for row in reader]
            finally:
                csv.field_size_limit(before)
    except csv.Error as error:
        raise DataError(str(path), [Breach("damaged_rows", {"row": reader.line_num, "reason": error})]) from error
    if len(rows) > 1 and not text.endswith(("\n", "\r")) and 0 < len(rows[-1]) < len(rows[-2]):
        raise DataError(str(path), [Breach("cut_off", {"row": len(rows)})])
    return Grid(tuple(rows), "utf-16" if encoding == "utf-16" else encoding.removesuffix("-sig"))


def read_workbook_grid(path: Path, sheet: str | None, setting: str) -> Grid:
    """Read one sheet of a workbook, .xlsx or .xls.

    Parameters
    ----------
    path
        The file.
    sheet
        Its sheet; may be left out where only one holds anything.
    setting
        The dotted path of the layer's settings, for messages.

    Raises
    ------
    DataError
        It is no workbook, is protected or damaged, is too large once unpacked, or has no such sheet.
    """
    import python_calamine as calamine

    content = _safe_workbook(path)
    try:
        book = calamine.CalamineWorkbook.from_filelike(content)
        names = [meta.name for meta in book.sheets_metadata if meta.typ == calamine.SheetTypeEnum.WorkSheet]
        wanted = names if sheet is None else [sheet] if sheet in names else []
        sheets = {name: book.get_sheet_by_name(name) for name in wanted}
        filled = {name: found for name, found in sheets.items() if found.total_height} or sheets
        grids = {
            name: Grid(
                tuple(tuple(map(_cell, row)) for row in found.to_python(skip_empty_area=False)),
                "",
                tuple((*area[0], *area[1]) for area in found.merged_cell_ranges or ()),
            )
            for name, found in (filled.items() if len(filled) == 1 else ())
        }
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise DataError(str(path), [_unreadable(error)]) from error
    except BaseException as error:
        # What fails deep inside the reader's Rust comes as a panic, which is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise DataError(str(path), [_unreadable(error)]) from error
    if len(filled) > 1:
        raise DataError(str(path), [Breach("several_layers", {"layers": ", ".join(filled), "setting": setting})])
    if sheet is not None and not wanted:
        raise DataError(str(path), [Breach("no_such_layer", {"layer": sheet, "layers": ", ".join(names)})])
    if not grids:
        raise DataError(str(path), [Breach("empty_sheet")])
    return next(iter(grids.values()))


def _decoded(path: Path) -> tuple[str, str]:
    try:
        if path.stat().st_size > FILE_AT_MOST:
            raise DataError(str(path), [_too_large()])
        content = path.read_bytes()
    except OSError as error:
        raise DataError(str(path), [Breach("unreadable_file", {"reason": error.strerror})]) from error
    if content.startswith((ZIP_BEGINS, OLE_BEGINS)):
        raise DataError(str(path), [_unreadable(Phrase("errors.why_workbook"))])
    for mark, encoding in WIDE:
        if content.startswith(mark):
            try:
                return content.decode(encoding), encoding
            except UnicodeDecodeError as error:
                raise DataError(str(path), [Breach("no_text_table")]) from error
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text, encoding
    raise DataError(str(path), [Breach("no_text_table")])


def _safe_workbook(path: Path) -> io.BytesIO:
    """Return a workbook's bytes; one that is packed is unpacked here, so that it cannot grow without bound."""
    try:
        if path.stat().st_size > UNPACKED_AT_MOST:
            raise DataError(str(path), [_too_large()])
        content = path.read_bytes()
    except OSError as error:
        raise DataError(str(path), [Breach("unreadable_file", {"reason": error.strerror})]) from error
    if content.startswith(OLE_BEGINS):
        return io.BytesIO(content)
    if not content.startswith(ZIP_BEGINS):
        if content.lstrip()[:1] == b"<":
            raise DataError(str(path), [_unreadable(Phrase("errors.why_web_page"))])
        raise DataError(str(path), [_unreadable(Phrase("errors.why_no_workbook"))])
    return _unpacked(path, content)


def _unpacked(path: Path, content: bytes) -> io.BytesIO:
    plain = io.BytesIO()
    size = 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(plain, "w") as unpacked:
            parts = packed.infolist()
            if len({part.filename for part in parts}) < len(parts):
                reason = "two parts of one name"
                raise zipfile.BadZipFile(reason)  # noqa: TRY301 - damage like any other, told below
            _check_size(path, sum(part.file_size for part in parts), len(parts))
            for part in parts:
                if part.filename.startswith("xl/media/"):
                    continue
                _check_extent(path, packed.read(part) if part.filename.startswith("xl/worksheets/") else b"")
                with packed.open(part) as source, unpacked.open(part.filename, "w") as target:
                    while block := source.read(BLOCK):
                        size += len(block)
                        _check_size(path, size, len(parts))
                        target.write(block)
    except DataError:
        raise
    except Exception as error:
        raise DataError(str(path), [_unreadable(error)]) from error
    plain.seek(0)
    return plain


def _check_size(path: Path, size: int, parts: int) -> None:
    if size > UNPACKED_AT_MOST or parts > PARTS_AT_MOST:
        raise DataError(str(path), [_too_large()])


def _check_extent(path: Path, sheet: bytes) -> None:
    """Refuse a sheet with cells so far apart that the area between them would not fit into memory."""
    columns = {b"A", *COLUMN.findall(sheet)}
    widest = max(columns, key=lambda letters: (len(letters), letters))
    number = 0
    for letter in widest:
        number = number * 26 + letter - ord("A") + 1
    lowest = max(map(int, LOW_ROW.findall(sheet)), default=LOW_ROWS)
    if number * lowest > CELLS_AT_MOST:
        raise DataError(str(path), [_too_large()])


def _cell(value: object) -> str:
    """Return a cell as text; a whole number without its .0, a moment as ISO 8601 has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        if not math.isfinite(value):
            return str(value)
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)  # noqa: PLR2004
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value)


def _unreadable(error: BaseException | Phrase) -> Breach:
    if isinstance(error, Phrase):
        return Breach("unreadable_file", {"reason": error})
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return Breach("unreadable_file", {"reason": reason})


def _too_large() -> Breach:
    return Breach("too_large", {"unpacked": f"{UNPACKED_AT_MOST // 2**20:,}", "cells": f"{CELLS_AT_MOST:,}"})
