"""How wide and how large a table may be, whichever file it comes from."""

from __future__ import annotations

from pathlib import Path

import pyogrio

from planner.io.tables.sheets import column_letters
from planner.messages.errors import DataError, Issue

CELLS_AT_MOST = 50_000_000
COLUMNS_AT_MOST = 2_000
"""Columns of a table; the widest tables of a census have some hundred."""


def check_size(rows: int, columns: int, *, source: str, is_sheet: bool = False) -> None:
    """Refuse a table that is wider than any, or that would be too large with every row as wide.

    Parameters
    ----------
    rows, columns
        How many there are.
    source
        What to call the table in a message.
    is_sheet
        Whether its columns are called by letters.

    Raises
    ------
    DataError
        With the number of columns, and the last one of a sheet.

    Examples
    --------
    >>> check_size(2, 16384, source="x.xlsx", is_sheet=True)
    Traceback (most recent call last):
    planner.messages.errors.DataError: x.xlsx cannot be used as it is:
      - Its cells reach to column XFD (16,384 columns); a table may have 2,000. Delete what stands beside ...
    """
    if columns > COLUMNS_AT_MOST:
        values = {"last": column_letters(columns - 1), "count": f"{columns:,}", "most": f"{COLUMNS_AT_MOST:,}"}
        raise DataError(source, [Issue("sheet_too_wide" if is_sheet else "table_too_wide", values)])
    if columns * rows > CELLS_AT_MOST:
        raise DataError(source, [Issue("too_many_cells", {"cells": f"{CELLS_AT_MOST:,}"})])


def check_fields(content: Path | bytes, path: Path) -> None:
    """Refuse a spatial file of one layer that has too many columns, before its rows are read.

    Its content is at `path`, or given where it had to be decoded. A file of two megabytes in which each of 20,000
    rows has a column of its own makes a table of 400 million cells.

    Raises
    ------
    DataError
        As `check_size`.
    """
    about = pyogrio.read_info(content)
    check_size(max(about["features"], 0), len(about["fields"]), source=str(path))
