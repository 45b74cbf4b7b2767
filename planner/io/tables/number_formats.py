"""Units that a workbook only shows: a cell that holds 0.12 and whose format writes 0.12万人 means 1,200."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from planner.io.tables.cells import number
from planner.io.tables.units import OTHER, is_whole_unit, parse_units


def with_shown_units(
    rows: Sequence[tuple[str, ...]], shown: Iterable[tuple[int, int, str]]
) -> tuple[tuple[str, ...], ...]:
    """Return the cells of a sheet, with the units behind their numbers that only the numbers' formats write.

    A unit that multiplies nothing is left away: 3户 and 3 are the same.

    Parameters
    ----------
    rows
        The cells.
    shown
        Row, column and the text that the format writes behind the number, counted from 0.

    Examples
    --------
    >>> with_shown_units([("社区", "人口"), ("东", "0.12")], [(1, 1, "万人")])
    (('社区', '人口'), ('东', '0.12万人'))
    """
    found = list(rows)
    for row, column, text in shown:
        if not _multiplies(text) or row >= len(found) or column >= len(found[row]):
            continue
        cells = found[row]
        if number(cells[column], {}) is not None:
            found[row] = (*cells[:column], cells[column] + text, *cells[column + 1 :])
    return tuple(found)


@cache
def _multiplies(text: str) -> bool:
    units = parse_units(text) if is_whole_unit(text) else ()
    dimensions = {unit.dimension for unit in units}
    return len(dimensions - {OTHER}) == len(dimensions) == 1 and any(unit.factor != 1 for unit in units)
