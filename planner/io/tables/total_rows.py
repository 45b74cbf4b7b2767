"""Total rows of a sheet compared with the sum of the rows that they total."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from planner.io.tables.cell_parsing import ParsedCells, read_cells
from planner.io.tables.cells import to_narrow
from planner.io.tables.columns import MappedColumn
from planner.io.tables.sheets import SheetTable
from planner.messages.notices import Notice
from planner.schemas.table_schema import TableSchema

SUMMED = ("people", "households", "people_65")
"""Fields that add up over the rows of a table."""

DIGITS = re.compile(r"[\d,'\u2009]*\d(?:\.(\d+))?")

FLOAT_ERROR = 1e-9
"""Relative error of sums of doubles, far below any rounding of the cells."""


@dataclass(frozen=True, slots=True, eq=False)
class _TotalRow:
    """A row of totals, and the sets of rows that it may sum, the likeliest first."""

    row: int
    summed: tuple[tuple[int, ...], ...]


def total_notices(
    sheet: SheetTable,
    read: ParsedCells,
    mapped: Sequence[MappedColumn],
    schema: TableSchema[Any],
    values: Mapping[str, str] | None = None,
) -> list[Notice]:
    """Return a notice for each total of people or households that is not the sum of its rows.

    Sums are exact; only where cells are rounded (decimals, or a unit such as 万人) may they differ, by half a unit
    of the last decimal for each cell. A row of which it is not clear what it sums is not compared.

    Parameters
    ----------
    sheet
        The table with its rows of totals.
    read
        Its cells as fields.
    mapped
        Which column is which field.
    schema
        What the fields are to hold.
    values
        The study's own words for the values of fields.
    """
    columns = [item for item in mapped if item.field in SUMMED and item.column in sheet.totals.columns]
    if sheet.totals.empty or not columns:
        return []
    stated = read_cells(sheet.totals, columns, schema, unit_lines=sheet.unit_lines, values=values).fields
    notices = []
    for item in columns:
        rows = pd.to_numeric(read.fields[item.field], errors="coerce").fillna(0.0)
        totals = pd.to_numeric(stated[item.field], errors="coerce")
        written = sheet.frame[item.column]
        decimals = max((_decimals(cell) for cell in written), default=0)
        for total in _totalled(sheet):
            value = totals.get(total.row)
            if value is None or pd.isna(value):
                continue
            cell = sheet.totals.loc[total.row, item.column]
            scale = max(
                _scale(cell, float(value)), *(_scale(written[row], rows[row]) for row in written.index[:1])
            )
            own = _step(_decimals(cell), scale)
            sums = [float(rows.loc[list(summed)].sum()) for summed in total.summed]
            allowed = [own + len(summed) * _step(decimals, scale) for summed in total.summed]
            pairs = zip(sums, allowed, strict=True)
            if any(abs(one - value) <= most + FLOAT_ERROR * max(abs(one), 1.0) for one, most in pairs):
                continue
            shown = {"column": item.column, "total": f"{value:,.10g}", "sum": f"{sums[0]:,.10g}"}
            notices.append(Notice("total_differs", schema.name, (str(total.row),), values=shown))
    return notices


def _totalled(sheet: SheetTable) -> list[_TotalRow]:
    """Return the rows of totals of which it is clear what they sum."""
    kept, totals = list(sheet.frame.index), list(sheet.totals.index)
    grand = [row for row in totals if row in sheet.grand_totals]
    parts = [row for row in totals if row not in sheet.grand_totals]
    # Subtotals stand below their rows, or all of them above.
    below = not parts or any(row < parts[0] for row in kept)
    found = []
    for row in totals:
        before = max((other for other in totals if other < row), default=0)
        behind = min((other for other in totals if other > row), default=max([*kept, row]) + 1)
        above_it = tuple(one for one in kept if before < one < row)
        below_it = tuple(one for one in kept if row < one < behind)
        block = above_it if below else below_it
        if row in grand:
            sets = (tuple(kept), block) if len(grand) == 1 or not block else (block, tuple(kept))
            found.append(_TotalRow(row, tuple(one for one in sets if one)))
        elif block:
            found.append(_TotalRow(row, (block,)))
    return [one for one in found if one.summed]


def _decimals(cell: object) -> int:
    match = DIGITS.search(to_narrow(cell)) if isinstance(cell, str) else None
    return len((match[1] or "").rstrip("0")) if match is not None else 0


def _scale(cell: object, value: float) -> float:
    """Return what the number of a cell was multiplied by: 10,000 of 万人."""
    match = DIGITS.search(to_narrow(cell)) if isinstance(cell, str) else None
    number = float(re.sub(r"[,'\u2009]", "", match[0])) if match is not None else 0.0
    return value / number if number and value else 1.0


def _step(decimals: int, scale: float) -> float:
    """Return the rounding error of a number so written; a count of whole people has none."""
    return 0.0 if decimals == 0 and round(scale, 6) == 1 else 0.5 * scale / 10**decimals
