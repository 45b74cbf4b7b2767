"""Covering every row at the least cost: made smaller, begun greedily, proven by HiGHS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from planner.network.compile import kernel
from planner.network.walk import FloatArray, IndexArray
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.greedy_kernels import SelectionLimits, ValueTable, greedy, nothing_open
from planner.siting.solvers.mip import MixedIntegerProgram, solve
from planner.siting.solvers.value_tables import (
    build_value_table,
    compare_columns,
    select_columns,
    table_shape,
    undominated_columns,
)

WHOLE = 1e-6
"""How far a bound of whole costs may lie below a whole number because of the solver's arithmetic."""


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """A choice of columns that covers every row."""

    chosen: IndexArray
    """The columns, ascending."""
    cost: float
    """Of all of them."""
    bound: float
    """No cover costs less."""


def cheapest_cover(
    row: IndexArray,
    column: IndexArray,
    shape: tuple[int, int],
    cost: FloatArray,
    deadline: Deadline,
    *,
    good_enough: float | None = None,
) -> Cover:
    """Cover every row that has a column, at the least cost.

    Rows that another row implies and columns that another column replaces are left out until none is left; what
    remains has the same least cost. Greedy begins, HiGHS goes on.

    Parameters
    ----------
    row, column
        Which column covers which row, pairs.
    shape
        Rows and columns.
    cost
        Of each column; not negative.
    deadline
        When to stop.
    good_enough
        Stop at a cover that costs no more.

    Returns
    -------
    cover
        With a valid bound, whenever it was stopped.
    """
    whole = bool((cost == np.round(cost)).all())
    values, columns = reduced(build_value_table(row, column, np.ones(len(row)), shape), cost)
    cost = cost[columns]
    chosen = _greedy_cover(values, cost)
    cover_cost = float(cost[chosen].sum())
    if good_enough is not None and cover_cost <= good_enough:
        return Cover(columns[chosen], cover_cost, 0.0)
    rows = table_shape(values)[0]
    if not rows or deadline.is_over:
        return Cover(columns[chosen], cover_cost, cover_cost if not rows else 0.0)
    matrix = csr_array((values.value, values.column, values.row_pointer), shape=table_shape(values))
    start = np.zeros(len(columns))
    start[chosen] = 1.0
    solved = solve(
        MixedIntegerProgram(
            cost,
            matrix,
            np.ones(rows),
            np.full(rows, np.inf),
            np.zeros(len(columns)),
            np.ones(len(columns)),
            np.ones(len(columns), dtype=bool),
        ),
        deadline,
        start=start,
        target=good_enough,
    )
    if solved.x is not None:
        opened = np.flatnonzero(solved.x > 0.5)  # noqa: PLR2004 -- a binary variable, rounded
        is_cover = bool((matrix[:, opened].sum(axis=1) > 0).all()) if len(opened) else rows == 0
        if is_cover and float(cost[opened].sum()) < cover_cost:
            chosen, cover_cost = opened, float(cost[opened].sum())
    bound = float(np.ceil(solved.bound - WHOLE)) if whole and np.isfinite(solved.bound) else solved.bound
    return Cover(columns[chosen], cover_cost, min(cover_cost, max(bound, 0.0)))


def reduced(values: ValueTable, cost: FloatArray) -> tuple[ValueTable, IndexArray]:
    """Return a smaller table with the same least cost, and which columns it has."""
    columns = np.arange(table_shape(values)[1])
    while True:
        before = table_shape(values)
        alike = np.zeros(len(columns), dtype=np.int64)
        kept = undominated_columns(values, cost[columns], alike, np.arange(len(columns)))
        values, columns = select_columns(values, kept), columns[kept]
        values = _with_rows(values, np.flatnonzero(~_is_implied(values)))
        if table_shape(values) == before:
            return values, columns


@kernel
def _is_implied(values: ValueTable) -> NDArray[np.bool_]:
    """Return which rows are covered whenever some other row is; empty rows too. Of equal rows the first stays."""
    rows = len(values.row_pointer) - 1
    implied = np.zeros(rows, dtype=np.bool_)
    # The same table the other way round, so that columns and rows change places.
    turned = ValueTable(
        values.column_pointer,
        values.row,
        values.column_value,
        values.row_pointer,
        values.column,
        values.value,
    )
    for row in range(rows):
        begin, end = values.row_pointer[row], values.row_pointer[row + 1]
        if begin == end:
            implied[row] = True
        if implied[row]:
            continue
        rarest = values.column[begin]
        for place in range(begin, end):
            column = values.column[place]
            here = values.column_pointer[column + 1] - values.column_pointer[column]
            if here < values.column_pointer[rarest + 1] - values.column_pointer[rarest]:
                rarest = column
        for place in range(values.column_pointer[rarest], values.column_pointer[rarest + 1]):
            other = values.row[place]
            if other != row and not implied[other] and compare_columns(turned, other, row) > 0:
                implied[other] = True
    return implied


def _with_rows(values: ValueTable, keep: IndexArray) -> ValueTable:
    place = np.full(table_shape(values)[0], -1, dtype=np.int64)
    place[keep] = np.arange(len(keep))
    row = place[np.repeat(np.arange(table_shape(values)[0]), np.diff(values.row_pointer))]
    kept = row >= 0
    return build_value_table(
        row[kept], values.column[kept], values.value[kept], (len(keep), table_shape(values)[1])
    )


def _greedy_cover(values: ValueTable, cost: FloatArray) -> IndexArray:
    """Return a cover: the columns that cover most for their cost, without those that others make needless."""
    columns = table_shape(values)[1]
    every = np.arange(columns)
    alike = np.zeros(columns, dtype=np.int64)
    limits = SelectionLimits(cost, every, alike, np.array([columns]), np.inf)
    served = nothing_open(values)
    greedy(values, limits, served, np.zeros(columns, dtype=np.int8), True)  # noqa: FBT003 -- a kernel
    chosen = np.flatnonzero(served.is_open)
    covered = np.zeros(table_shape(values)[0], dtype=np.int64)
    rows = [values.row[values.column_pointer[column] : values.column_pointer[column + 1]] for column in chosen]
    for own in rows:
        covered[own] += 1
    needed = np.ones(len(chosen), dtype=bool)
    for place in np.lexsort((chosen, -cost[chosen])):
        if (covered[rows[place]] > 1).all():
            needed[place] = False
            covered[rows[place]] -= 1
    return chosen[needed]
