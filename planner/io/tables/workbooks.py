"""Workbooks, read in a process of their own with bounded memory and time, and text tables, as grids of cells."""

from __future__ import annotations

import importlib.util
import marshal
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from planner.io.tables import containers
from planner.io.tables.cells import CELLS_AT_MOST, CellGrid, check_size, parse_number
from planner.io.tables.containers import (
    GZIP_BEGINS,
    OLE_BEGINS,
    WORKBOOK_STREAMS,
    ZIP_BEGINS,
    UnpackedSizeError,
    UnpackError,
    gunzip,
    is_protected,
    unzip_stored,
)
from planner.io.tables.text_tables import parse_text
from planner.io.tables.units import OTHER, is_whole_unit, parse_units
from planner.messages.catalogue import Phrase
from planner.messages.errors import DataError, Issue, system_reason

CHILD = Path(__file__).with_name("workbook_child.py")
READER = "python_calamine"

MEMORY_AT_LEAST = 5 * 2**29
"""Bytes of addresses that any workbook may take: a small sheet with a stray cell in its last row needs half."""

MEMORY_OLD = 2**30
"""The same for .xls and .et of the old format, whose sheets end at 65,536 rows and 256 columns."""

MEMORY_A_BYTE = 8
"""Further bytes for each byte unpacked: the shortest cell has some 16 bytes and is kept in less than 128."""

SECONDS_AT_LEAST = 4
"""Seconds of work for any workbook: a sheet of two cells, one in its last row and far to the right, takes 2."""

SECONDS_A_MEGABYTE = 1
"""Further ones for each megabyte unpacked; the reader needs some twentieth of it."""

REQUESTED_MEMORY = b"memory allocation of"
"""Last message of the reader if it is given no more memory."""

WAIT_AT_LEAST_S = 9
"""So long any workbook is waited for: a damaged one of a few kilobytes is refused within ten seconds."""

PATIENCE = 4
"""Factor on the seconds of each megabyte, for a machine that is busy."""


@dataclass(frozen=True, slots=True)
class WorkbookSheet:
    """Contents of a workbook."""

    names: tuple[str, ...]
    """Its sheets of cells."""
    filled: tuple[str, ...]
    """Those of the sheets requested that hold anything, without hidden ones where others do; all where none
    does."""
    rows: tuple[tuple[str, ...], ...]
    merged: tuple[tuple[int, int, int, int], ...]
    """`rows`, `merged`: The cells of the one that is filled, as text; and its merged areas, counted from 0."""
    hidden: tuple[str, ...] = ()
    """Sheets requested that hold something and are hidden."""
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    """`hidden_rows`, `hidden_columns`: What the workbook hides of the one sheet, counted from 0."""
    shown: tuple[tuple[int, int, str], ...] = ()
    """What the formats of its numbers write behind them: row, column, text."""


class UnreadableWorkbookError(Exception):
    """A workbook that is not read, and why: `protected`, `large`, or neither, with the reason in words."""

    def __init__(self, kind: str, reason: Phrase | str = "") -> None:
        self.kind = kind
        self.reason = reason
        super().__init__(kind)


def read_sheet(content: bytes, sheet: str | None, *, cells: int) -> WorkbookSheet:
    """Read one sheet of a workbook.

    Parameters
    ----------
    content
        The workbook, unpacked as far as that can be done (zip members stored).
    sheet
        Which; where None, the one that holds anything.
    cells
        How many cells the smallest rectangle around all of them may have.

    Raises
    ------
    UnreadableWorkbookError
        It is protected by a password, holds too much, is damaged, or the reader broke down over it.
    """
    megabytes = len(content) >> 20
    seconds = SECONDS_AT_LEAST + SECONDS_A_MEGABYTE * megabytes
    request = {
        "bytes": content,
        "sheet": sheet,
        "memory": (MEMORY_OLD if content.startswith(OLE_BEGINS) else MEMORY_AT_LEAST)
        + MEMORY_A_BYTE * len(content),
        "seconds": seconds,
        "cells": cells,
        "library": _folder_of_reader(),
    }
    # Isolated: neither the working folder nor the environment nor the user's own packages state what is imported.
    command = [sys.executable, "-I", "-S", "-X", "utf8", str(CHILD)]
    try:
        done = subprocess.run(  # noqa: S603 - this interpreter and a file beside this one
            command,
            input=marshal.dumps(request),
            capture_output=True,
            timeout=WAIT_AT_LEAST_S + PATIENCE * SECONDS_A_MEGABYTE * megabytes,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnreadableWorkbookError("damaged", Phrase("errors.why_never_ends")) from error
    except OSError as error:
        reason = Phrase("errors.why_no_process", {"reason": system_reason(error)})
        raise UnreadableWorkbookError("damaged", reason) from error
    if done.returncode:
        key = "why_asks_memory" if REQUESTED_MEMORY in done.stderr else "why_breaks_reader"
        if done.returncode == -getattr(signal, "SIGXCPU", 0):
            key = "why_never_ends"
        raise UnreadableWorkbookError("damaged", Phrase(f"errors.{key}"))
    texts = marshal.loads(done.stdout)  # noqa: S302 - what our own process has written
    if texts["failed"]:
        raise UnreadableWorkbookError(texts["failed"], texts.get("reason", ""))
    return WorkbookSheet(
        tuple(texts["names"]),
        tuple(texts["filled"]),
        tuple(texts["rows"]),
        tuple(texts["merged"]),
        hidden=tuple(texts["hidden"]),
        hidden_rows=frozenset(texts["hidden_rows"]),
        hidden_columns=frozenset(texts["hidden_columns"]),
        shown=tuple(texts["shown"]),
    )


def _folder_of_reader() -> str:
    result = importlib.util.find_spec(READER)
    if result is None or not result.origin:
        raise ModuleNotFoundError(READER)
    return str(Path(result.origin).parent.parent)


FILE_AT_MOST = 2 * 2**30
NO_FORMAT = "Cannot detect file format"
"""Message of the reader of workbooks about a file that is none."""

WORKBOOK_MARKS = (b"xl/workbook.", b"opendocument.spreadsheet", *WORKBOOK_STREAMS)
"""Bytes that identify the formats of workbooks."""

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


def filled_sheets(path: Path) -> tuple[str, ...]:
    """Return the sheets of a workbook that hold anything, without hidden ones where others do.

    Raises
    ------
    DataError
        It is no workbook, is protected or damaged, or is too large.
    """
    content = _workbook(path)
    try:
        return read_sheet(content, None, cells=CELLS_AT_MOST).filled
    except UnreadableWorkbookError as error:
        raise DataError(str(path), [_why_not(error, content)]) from error


def _content(path: Path, most: int) -> bytes:
    try:
        if path.stat().st_size > most:
            raise DataError(str(path), [_too_large()])
        return path.read_bytes()
    except OSError as error:
        raise DataError(str(path), [Issue("unreadable_file", {"reason": system_reason(error)})]) from error


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
    unpack = unzip_stored if content.startswith(ZIP_BEGINS) else gunzip
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
