"""Cells of a sheet as text, and how many of them a table may have."""

from __future__ import annotations

from dataclasses import dataclass

from planner.io.tables.headings import Area
from planner.messages.errors import DataError, Issue


@dataclass(frozen=True, slots=True)
class CellGrid:
    """The cells of a sheet as text, row by row; "" is blank.

    Attributes
    ----------
    rows
        The cells; rows may differ in length.
    encoding
        Of a text file; "" for a workbook.
    merged
        Merged areas as (first row, first column, last row, last column), counted from 0.
    hidden_rows
        Rows that the workbook hides, counted from 0.
    hidden_columns
        Columns that it hides, counted from 0.
    hidden_sheets
        Names of sheets with cells that it hides and that were not read.
    is_hidden
        Whether this sheet itself is hidden.
    """

    rows: tuple[tuple[str, ...], ...]
    encoding: str = ""
    merged: tuple[Area, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    hidden_sheets: tuple[str, ...] = ()
    is_hidden: bool = False


def column_letters(column: int) -> str:
    """Return how a spreadsheet calls a column, counted from 0.

    Examples
    --------
    >>> column_letters(0), column_letters(25), column_letters(27)
    ('A', 'Z', 'AB')
    """
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


CELLS_AT_MOST = 50_000_000

COLUMNS_AT_MOST = 2_000
"""Columns of a table; the widest tables of a census have some hundred."""


def check_size(rows: int, columns: int, *, source: str, is_sheet: bool = False) -> None:
    """Refuse a table that is wider than any, or that would be too large with every row as wide.

    Parameters
    ----------
    rows, columns
        How many there are.
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
