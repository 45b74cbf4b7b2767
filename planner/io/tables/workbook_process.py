"""Workbooks are read where an abort costs nothing: in a process of its own with bounded memory and time."""

from __future__ import annotations

import importlib.util
import marshal
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from planner.io.tables.containers import OLE_BEGINS
from planner.messages.catalogue import Phrase

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

ASKED_MEMORY = b"memory allocation of"
"""What the reader says last where it is given no more memory."""

WAIT_AT_LEAST_S = 9
"""So long any workbook is waited for: a damaged one of a few kilobytes is refused within ten seconds."""

PATIENCE = 4
"""How many times the seconds of each megabyte are waited for, on a machine that does something else besides."""


@dataclass(frozen=True, slots=True)
class WorkbookSheet:
    """What a workbook holds.

    Attributes
    ----------
    names
        Its sheets of cells.
    filled
        Those of the sheets asked for that hold anything, without hidden ones where others do; all where none does.
    rows, merged
        The cells of the one that is filled, as text; and its merged areas, counted from 0.
    hidden
        Sheets asked for that hold something and are hidden.
    hidden_rows, hidden_columns
        What the workbook hides of the one sheet, counted from 0.
    shown
        What the formats of its numbers write behind them: row, column, text.
    """

    names: tuple[str, ...]
    filled: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    merged: tuple[tuple[int, int, int, int], ...]
    hidden: tuple[str, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    shown: tuple[tuple[int, int, str], ...] = ()


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
    # Isolated: neither the working folder nor the environment nor the user's own packages say what is imported.
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
        reason = Phrase("errors.why_no_process", {"reason": error.strerror})
        raise UnreadableWorkbookError("damaged", reason) from error
    if done.returncode:
        key = "why_asks_memory" if ASKED_MEMORY in done.stderr else "why_breaks_reader"
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
