"""Text tables and workbooks as grids of cells, in whatever encoding and dialect they were saved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from planner.io.tables import containers
from planner.io.tables.cell_grid import CELLS_AT_MOST, CellGrid, check_size
from planner.io.tables.cells import parse_number
from planner.io.tables.containers import (
    GZIP_BEGINS,
    OLE_BEGINS,
    WORKBOOK_STREAMS,
    ZIP_BEGINS,
    UnpackedSizeError,
    UnpackError,
    gunzipped,
    is_protected,
    unzipped,
)
from planner.io.tables.text_tables import parse_text
from planner.io.tables.units import OTHER, is_whole_unit, parse_units
from planner.io.tables.workbook_process import UnreadableWorkbookError, read_sheet
from planner.messages.catalogue import Phrase
from planner.messages.errors import DataError, Issue

FILE_AT_MOST = 2 * 2**30
NO_FORMAT = "Cannot detect file format"
"""What the reader of workbooks says of a file that is none."""

WORKBOOK_MARKS = (b"xl/workbook.", b"opendocument.spreadsheet", *WORKBOOK_STREAMS)
"""What the formats of workbooks have in their packages."""

EXCEL_XML = b"urn:schemas-microsoft-com:office:spreadsheet"
HTML = (b"<", b"\xef\xbb\xbf<")
FIRST_BYTES = 4096


def read_text_grid(path: Path, _sheet: str | None = None, _setting: str = "") -> CellGrid:
    """Read a table of text, packed with gzip or not.

    Raises
    ------
    DataError
        It is not text, is a web page, or ends in the middle of a row.
    """
    content = _content(path, FILE_AT_MOST)
    if content.startswith(GZIP_BEGINS):
        content = _unpacked(path, content)
    if content.startswith((ZIP_BEGINS, OLE_BEGINS)):
        raise DataError(str(path), [_unreadable(Phrase("errors.why_workbook"))])
    return parse_text(content, source=str(path))


def read_workbook_grid(path: Path, sheet: str | None, setting: str) -> CellGrid:
    """Read one sheet of a workbook: .xlsx, .xlsm, .xlsb, .xls, .et or .ods, whichever it is by its content.

    Parameters
    ----------
    sheet
        Its sheet; may be left out where only one holds anything.

    Raises
    ------
    DataError
        It is no workbook, is protected or damaged, is too large once unpacked, or has no such sheet.
    """
    content = _workbook(path)
    try:
        result = read_sheet(content, sheet, cells=CELLS_AT_MOST)
    except UnreadableWorkbookError as error:
        raise DataError(str(path), [_why_not(error, content)]) from error
    if sheet is not None and sheet not in result.names:
        values = {"layer": sheet, "layers": ", ".join(result.names)}
        raise DataError(str(path), [Issue("no_such_layer", values)])
    if len(result.filled) > 1:
        layers: str | Phrase = ", ".join(result.filled)
        if result.hidden:
            layers = Phrase("errors.layers_hidden", {"layers": layers, "hidden": ", ".join(result.hidden)})
        raise DataError(str(path), [Issue("several_layers", {"layers": layers, "setting": setting})])
    if not result.filled:
        raise DataError(str(path), [Issue("empty_sheet")])
    width = max((len(row) for row in result.rows), default=0)
    check_size(len(result.rows), width, source=str(path), is_sheet=True)
    return CellGrid(
        append_format_units(result.rows, result.shown),
        merged=result.merged,
        hidden_rows=result.hidden_rows,
        hidden_columns=result.hidden_columns,
        hidden_sheets=tuple(name for name in result.hidden if name not in result.filled),
        is_hidden=result.filled[0] in result.hidden,
    )


def _content(path: Path, most: int) -> bytes:
    try:
        if path.stat().st_size > most:
            raise DataError(str(path), [_too_large()])
        return path.read_bytes()
    except OSError as error:
        raise DataError(str(path), [Issue("unreadable_file", {"reason": error.strerror})]) from error


def _workbook(path: Path) -> bytes:
    """Return a workbook's bytes; one that is packed is unpacked, so that it cannot grow without bound."""
    content = _content(path, containers.UNPACKED_AT_MOST)
    if is_protected(content):
        raise DataError(str(path), [Issue("protected")])
    if content.startswith(OLE_BEGINS):
        return content
    if content.startswith(ZIP_BEGINS):
        return _unpacked(path, content)
    beginning = content[:FIRST_BYTES]
    if beginning.lstrip().startswith(HTML):
        reason = "why_excel_xml" if EXCEL_XML in beginning else "why_web_page"
        raise DataError(str(path), [_unreadable(Phrase(f"errors.{reason}"))])
    is_text = bool(beginning) and not any(byte < ord("\t") for byte in beginning)
    raise DataError(str(path), [_unreadable(Phrase(f"errors.{'why_text' if is_text else 'why_no_workbook'}"))])


def _unpacked(path: Path, content: bytes) -> bytes:
    unpack = unzipped if content.startswith(ZIP_BEGINS) else gunzipped
    try:
        return unpack(content, containers.UNPACKED_AT_MOST)
    except UnpackedSizeError as error:
        raise DataError(str(path), [_too_large()]) from error
    except UnpackError as error:
        raise DataError(str(path), [_unreadable(error.reason)]) from error


def _why_not(error: UnreadableWorkbookError, content: bytes) -> Issue:
    if error.kind == "password":
        return Issue("protected")
    if error.kind == "large":
        return _too_large()
    if isinstance(error.reason, str) and error.reason.startswith(NO_FORMAT):
        is_one = any(mark in content for mark in WORKBOOK_MARKS)
        return _unreadable(Phrase("errors.why_damaged_workbook" if is_one else "errors.why_no_workbook"))
    return _unreadable(error.reason)


def _unreadable(reason: Phrase | str) -> Issue:
    return Issue("unreadable_file", {"reason": reason})


def _too_large() -> Issue:
    unpacked = f"{containers.UNPACKED_AT_MOST // 2**20:,}"
    return Issue("too_large", {"unpacked": unpacked, "cells": f"{CELLS_AT_MOST:,}"})


def append_format_units(
    rows: Sequence[tuple[str, ...]], shown: Iterable[tuple[int, int, str]]
) -> tuple[tuple[str, ...], ...]:
    """Return the cells of a sheet, with the units behind their numbers that only the numbers' formats write.

    A unit that multiplies nothing is left away: 3户 and 3 are the same.

    Parameters
    ----------
    shown
        Row, column and the text that the format writes behind the number, counted from 0.

    Examples
    --------
    >>> append_format_units([("社区", "人口"), ("东", "0.12")], [(1, 1, "万人")])
    (('社区', '人口'), ('东', '0.12万人'))
    """
    results = list(rows)
    for row, column, text in shown:
        if not _multiplies(text) or row >= len(results) or column >= len(results[row]):
            continue
        cells = results[row]
        if parse_number(cells[column], {}) is not None:
            results[row] = (*cells[:column], cells[column] + text, *cells[column + 1 :])
    return tuple(results)


@cache
def _multiplies(text: str) -> bool:
    units = parse_units(text) if is_whole_unit(text) else ()
    dimensions = {unit.dimension for unit in units}
    return len(dimensions - {OTHER}) == len(dimensions) == 1 and any(unit.factor != 1 for unit in units)
