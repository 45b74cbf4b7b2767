"""Greedy and interchange as machine code: good choices quickly, for rows that take their best open column."""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planner.network.compile import kernel
from planner.network.walk import FloatArray, IndexArray


class ValueTable(NamedTuple):
    """What each column is worth to each row, both ways round.

    By row, from the highest value to the lowest, columns of equal value by position; by column, in the order of
    rows.
    """

    row_pointer: IndexArray
    column: IndexArray
    value: FloatArray
    column_pointer: IndexArray
    row: IndexArray
    column_value: FloatArray


class SelectionLimits(NamedTuple):
    """What a choice may hold."""

    cost: FloatArray
    """Of each column, shape (columns,)."""
    group: IndexArray
    """At most one column of each group is chosen, shape (columns,); numbers below the number of columns."""
    kind: IndexArray
    """Which of the quotas each column counts for, shape (columns,)."""
    most: IndexArray
    """Columns of each kind at most, shape (kinds,)."""
    budget: float
    """Cost of all at most; `inf` where there is no such limit."""


class Served(NamedTuple):
    """The state of one choice."""

    is_open: NDArray[np.bool_]
    """Shape (columns,)."""
    best: FloatArray
    second: FloatArray
    """`best`, `second`: The two highest values that each row finds open, shape (rows,)."""
    by: IndexArray
    """The column of the highest, -1 where none is, shape (rows,)."""
    taken: NDArray[np.bool_]
    """Whether a column of the group is open, shape (groups,)."""


@kernel
def nothing_open(values: ValueTable) -> Served:
    """Return the state in which no column is open."""
    rows, columns = len(values.row_pointer) - 1, len(values.column_pointer) - 1
    return Served(
        np.zeros(columns, dtype=np.bool_),
        np.zeros(rows),
        np.zeros(rows),
        np.full(rows, -1, dtype=np.int64),
        np.zeros(columns, dtype=np.bool_),
    )


@kernel
def look_again(values: ValueTable, served: Served, column: int) -> None:
    """Find anew what is open for the rows of one column."""
    is_open, best, second, by = served.is_open, served.best, served.second, served.by
    pointer, columns, value = values.row_pointer, values.column, values.value
    for place in range(values.column_pointer[column], values.column_pointer[column + 1]):
        row = values.row[place]
        has_best = 0
        best[row], second[row], by[row] = 0.0, 0.0, -1
        for entry in range(pointer[row], pointer[row + 1]):
            if is_open[columns[entry]]:
                if has_best == 0:
                    best[row], by[row] = value[entry], columns[entry]
                    has_best = 1
                else:
                    second[row] = value[entry]
                    break


@kernel
def open_column(values: ValueTable, limits: SelectionLimits, served: Served, column: int) -> None:
    """Open a column."""
    served.is_open[column] = True
    served.taken[limits.group[column]] = True
    best, second, by = served.best, served.second, served.by
    for place in range(values.column_pointer[column], values.column_pointer[column + 1]):
        row, value = values.row[place], values.column_value[place]
        if value > best[row] or (value == best[row] and (by[row] < 0 or column < by[row])):
            second[row], best[row], by[row] = best[row], value, column
        elif value > second[row]:
            second[row] = value


@kernel
def close_column(values: ValueTable, limits: SelectionLimits, served: Served, column: int) -> None:
    """Close a column."""
    served.is_open[column] = False
    served.taken[limits.group[column]] = False
    look_again(values, served, column)


@kernel
def gain_of(values: ValueTable, served: Served, column: int) -> float:
    """Return what opening a column would add."""
    total = 0.0
    best = served.best
    for place in range(values.column_pointer[column], values.column_pointer[column + 1]):
        more = values.column_value[place] - best[values.row[place]]
        if more > 0:
            total += more
    return total


@kernel
def room_left(limits: SelectionLimits, served: Served) -> tuple[IndexArray, float]:
    """Return how many more columns of each kind fit, and what money is left."""
    left, money = limits.most.copy(), limits.budget
    for column in range(len(served.is_open)):
        if served.is_open[column]:
            left[limits.kind[column]] -= 1
            money -= limits.cost[column]
    return left, money


@kernel
def open_what_fits(values: ValueTable, limits: SelectionLimits, served: Served, wanted: IndexArray) -> None:
    """Open the wanted columns, in their order, as far as there is room."""
    left, money = room_left(limits, served)
    for column in wanted:
        free = not served.is_open[column] and not served.taken[limits.group[column]]
        if free and left[limits.kind[column]] > 0 and limits.cost[column] <= money:
            open_column(values, limits, served, column)
            left[limits.kind[column]] -= 1
            money -= limits.cost[column]


@kernel
def greedy(
    values: ValueTable,
    limits: SelectionLimits,
    served: Served,
    fate: NDArray[np.int8],
    by_cost: bool,  # noqa: FBT001 -- a kernel takes no keywords
) -> None:
    """Open what gains most (for its cost, where `by_cost`) until nothing more fits or gains.

    Columns whose `fate` is negative are passed over.

    A column's gain can only fall as others open, so that one whose gain of earlier is no longer the highest need
    not be looked at (lazy greedy, Minoux 1978). Ties go to the lower position.
    """
    left, money = room_left(limits, served)
    rounds = 0
    heap = [(0.0, 0, 0)]
    heap.clear()
    for column in range(len(served.is_open)):
        if not served.is_open[column] and fate[column] >= 0:
            gain = gain_of(values, served, column)
            if gain > 0:
                heap.append((-_score(gain, limits.cost[column], by_cost), column, rounds))
    heapq.heapify(heap)
    while heap:
        _, column, when = heapq.heappop(heap)
        if served.taken[limits.group[column]] or left[limits.kind[column]] <= 0 or limits.cost[column] > money:
            continue
        if when == rounds:
            open_column(values, limits, served, column)
            left[limits.kind[column]] -= 1
            money -= limits.cost[column]
            rounds += 1
            continue
        gain = gain_of(values, served, column)
        if gain > 0:
            heapq.heappush(heap, (-_score(gain, limits.cost[column], by_cost), column, rounds))


@kernel
def _score(gain: float, cost: float, by_cost: bool) -> float:  # noqa: FBT001 -- a kernel inside a kernel
    if not by_cost:
        return gain
    return gain / cost if cost > 0 else np.inf


@kernel
def interchange(  # noqa: C901 -- one kernel, one loop
    values: ValueTable,
    limits: SelectionLimits,
    served: Served,
    fate: NDArray[np.int8],
    least: float,
    begin: int,
    steps: int,
) -> tuple[int, int]:
    """Exchange one open column for a closed one, or open one more, while that gains more than `least`.

    For a closed column all exchanges are weighed at once: what it gains, what each open column would lose, and
    what of that loss the new column makes good (Whitaker 1983; Resende & Werneck 2007). The best exchange of the
    column is made at once, and the search goes round, from column `begin` on, until no column improves or `steps`
    columns have been looked at. Columns whose `fate` is negative are not opened.

    Returns
    -------
    made, column
        How many exchanges; where to go on, -1 when no column improves.
    """
    columns = len(served.is_open)
    best, second, by = served.best, served.second, served.by
    kept, loss = np.zeros(columns), _losses(served)
    opened = np.flatnonzero(served.is_open)
    left, money = room_left(limits, served)
    made, idle, column = 0, 0, begin - 1
    for _ in range(steps):
        if idle == columns:
            return made, -1
        column = column + 1 if column + 1 < columns else 0
        idle += 1
        if served.is_open[column] or fate[column] < 0:
            continue
        gain = 0.0
        for place in range(values.column_pointer[column], values.column_pointer[column + 1]):
            row, value = values.row[place], values.column_value[place]
            if value > best[row]:
                gain += value - best[row]
                if by[row] >= 0:
                    kept[by[row]] += best[row] - second[row]
            elif value > second[row]:
                kept[by[row]] += value - second[row]
        cost, kind, group = limits.cost[column], limits.kind[column], limits.group[column]
        out, profit = -1, least
        if left[kind] > 0 and cost <= money and not served.taken[group] and gain > least:
            out, profit = columns, gain
        for other in opened:
            here = gain - loss[other] + kept[other]
            kept[other] = 0.0
            if (
                here > profit
                and (left[kind] > 0 or limits.kind[other] == kind)
                and cost <= money + limits.cost[other]
                and (not served.taken[group] or limits.group[other] == group)
            ):
                out, profit = int(other), here
        if out < 0:
            continue
        if out < columns:
            close_column(values, limits, served, out)
        open_column(values, limits, served, column)
        loss, opened = _losses(served), np.flatnonzero(served.is_open)
        left, money = room_left(limits, served)
        made += 1
        idle = 0
    return made, column + 1 if column + 1 < columns else 0


@kernel
def _losses(served: Served) -> FloatArray:
    """Return what closing each open column would lose."""
    loss = np.zeros(len(served.is_open))
    for row in range(len(served.best)):
        if served.by[row] >= 0:
            loss[served.by[row]] += served.best[row] - served.second[row]
    return loss


@kernel
def order_by_gain(values: ValueTable, before: FloatArray) -> tuple[IndexArray, FloatArray]:
    """Order all columns by what each adds to those before it, ties by position, as far as they add anything."""
    columns = len(values.column_pointer) - 1
    best, is_left = before.copy(), np.ones(columns, dtype=np.bool_)
    order, added = np.empty(columns, dtype=np.int64), np.empty(columns)
    for place in range(columns):
        pick, most = -1, 0.0
        for column in range(columns):
            if not is_left[column]:
                continue
            gain = 0.0
            for entry in range(values.column_pointer[column], values.column_pointer[column + 1]):
                gain += max(0.0, values.column_value[entry] - best[values.row[entry]])
            if gain > most:
                pick, most = column, gain
        if pick < 0:
            return order[:place], added[:place]
        order[place], added[place] = pick, most
        is_left[pick] = False
        for entry in range(values.column_pointer[pick], values.column_pointer[pick + 1]):
            row = values.row[entry]
            best[row] = max(best[row], values.column_value[entry])
    return order, added
