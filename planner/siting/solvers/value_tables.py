"""Tables of what each column is worth to each row, and how to make them smaller without changing any answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from planner.network.compile import kernel
from planner.network.walk import FloatArray, IndexArray
from planner.siting.solvers.greedy_kernels import ValueTable


def build_value_table(
    row: NDArray[np.integer], column: NDArray[np.integer], value: FloatArray, shape: tuple[int, int]
) -> ValueTable:
    """Return the table of these entries, those not above 0 left out.

    Examples
    --------
    >>> table = build_value_table(np.array([0, 0]), np.array([0, 1]), np.array([2.0, 3.0]), (1, 2))
    >>> table.column, table.value
    (array([1, 0]), array([3., 2.]))
    """
    worth = value > 0
    row, column, value = row[worth], column[worth], value[worth]
    if not _is_in_order(row, column, value):
        order = np.lexsort((column, -value, row))
        row, column, value = row[order], column[order], value[order]
    return _both_ways(_pointer(row, shape[0]), column, value, shape[1])


def _is_in_order(row: NDArray[np.integer], column: NDArray[np.integer], value: FloatArray) -> bool:
    """Return whether entries go by row, then from the highest value to the lowest, then by column."""
    down, same_row = np.diff(value), np.diff(row) == 0
    within = (down < 0) | ((down == 0) & (np.diff(column) > 0))
    return bool(((np.diff(row) > 0) | (same_row & within)).all())


def _both_ways(
    pointer: NDArray[np.integer], column: NDArray[np.integer], value: FloatArray, columns: int
) -> ValueTable:
    """Return the table whose entries by row are these."""
    by_column = csr_array((value, column, pointer), shape=(len(pointer) - 1, columns)).tocsc()
    return ValueTable(
        np.asarray(pointer, dtype=np.int64),
        np.asarray(column, dtype=np.int64),
        np.asarray(value, dtype=np.float64),
        np.asarray(by_column.indptr, dtype=np.int64),
        np.asarray(by_column.indices, dtype=np.int64),
        np.asarray(by_column.data, dtype=np.float64),
    )


def entry_rows(values: ValueTable) -> IndexArray:
    """Return the row of each entry, in the order by rows."""
    return np.repeat(np.arange(len(values.row_pointer) - 1), np.diff(values.row_pointer))


def subtract_base(values: ValueTable, base: FloatArray) -> ValueTable:
    """Return what each column is worth to each row beyond what the row has."""
    if not base.any():
        return values
    row = entry_rows(values)
    more = values.value - base[row]
    worth = more > 0
    rows, columns = table_shape(values)
    return _both_ways(_pointer(row[worth], rows), values.column[worth], more[worth], columns)


def table_shape(values: ValueTable) -> tuple[int, int]:
    """Return the number of rows and of columns."""
    return len(values.row_pointer) - 1, len(values.column_pointer) - 1


def columns_beside(values: ValueTable, column: int) -> IndexArray:
    """Return the columns that are worth anything to a row to which `column` is, ascending."""
    rows = values.row[values.column_pointer[column] : values.column_pointer[column + 1]]
    parts = [values.column[values.row_pointer[row] : values.row_pointer[row + 1]] for row in rows.tolist()]
    beside = np.zeros(table_shape(values)[1], dtype=bool)
    beside[np.concatenate(parts)] = True
    return np.flatnonzero(beside)


def best_open_column(values: ValueTable, columns: IndexArray) -> tuple[FloatArray, IndexArray]:
    """Return the highest value that each row finds among `columns`, and where (-1: nowhere).

    Of equal ones the lowest position counts.
    """
    is_open = np.zeros(table_shape(values)[1], dtype=bool)
    is_open[columns] = True
    entry = np.flatnonzero(is_open[values.column])
    row, first = np.unique(entry_rows(values)[entry], return_index=True)
    best, by = np.zeros(table_shape(values)[0]), np.full(table_shape(values)[0], -1, dtype=np.int64)
    best[row], by[row] = values.value[entry[first]], values.column[entry[first]]
    return best, by


def select_columns(values: ValueTable, keep: IndexArray) -> ValueTable:
    """Return the table of some columns, in ascending order, renumbered in it."""
    rows, columns = table_shape(values)
    if len(keep) == columns:
        return values
    place = np.full(columns, -1, dtype=np.int64)
    place[keep] = np.arange(len(keep))
    column = place[values.column]
    kept = column >= 0
    return _both_ways(_pointer(entry_rows(values)[kept], rows), column[kept], values.value[kept], len(keep))


def merge_rows(values: ValueTable) -> ValueTable:
    """Return one row for all rows that would choose alike: the same columns in the same order of value.

    Whatever is open, such rows are served by the same column, so that their values may be added up. Rows without
    any column are left out.
    """
    length = np.diff(values.row_pointer)
    place = np.arange(len(values.column)) - np.repeat(values.row_pointer[:-1], length)
    # A fingerprint only brings equal rows side by side; whether they are equal is looked at below.
    random = np.random.default_rng(0)
    of_column = random.integers(1, 2**63, size=table_shape(values)[1] + 1, dtype=np.uint64)
    of_place = random.integers(1, 2**63, size=int(length.max(initial=0)) + 1, dtype=np.uint64)
    word = of_column[values.column] * (of_place[place] | np.uint64(1))
    summed = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(word, dtype=np.uint64)])
    fingerprint = summed[values.row_pointer[1:]] - summed[values.row_pointer[:-1]]
    order = np.lexsort((fingerprint, length))
    order = order[length[order] > 0]
    if not len(order):
        nothing = np.zeros(0, dtype=np.int64)
        return _both_ways(np.zeros(1, dtype=np.int64), nothing, np.zeros(0), table_shape(values)[1])
    like = _like_the_one_before(values, order, length, fingerprint)
    group_in_order = np.cumsum(~like) - 1
    head = order[~like]
    # Groups in the order of their first rows, so that nothing depends on the fingerprints.
    rank = np.empty(len(head), dtype=np.int64)
    first_row = np.full(len(head), len(length), dtype=np.int64)
    np.minimum.at(first_row, group_in_order, order)
    rank[np.argsort(first_row, kind="stable")] = np.arange(len(head))
    group = np.full(len(length), -1, dtype=np.int64)
    group[order] = rank[group_in_order]
    n_groups = len(head)
    group_length = np.zeros(n_groups, dtype=np.int64)
    group_length[group[head]] = length[head]
    pointer = np.concatenate([[0], np.cumsum(group_length)])
    of_row = group[entry_rows(values)]
    target = pointer[of_row] + place
    value = np.bincount(target, weights=values.value, minlength=int(pointer[-1])).astype(np.float64)
    column = np.empty(int(pointer[-1]), dtype=np.int64)
    column[target] = values.column
    return _both_ways(pointer, column, value, table_shape(values)[1])


def _like_the_one_before(
    values: ValueTable, order: IndexArray, length: IndexArray, fingerprint: NDArray[np.uint64]
) -> NDArray[np.bool_]:
    """Return which rows of `order` have the same columns, in the same order, as the row before them."""
    like = np.zeros(len(order), dtype=bool)
    one, other = order[1:], order[:-1]
    maybe = (length[one] == length[other]) & (fingerprint[one] == fingerprint[other])
    one, other = one[maybe], other[maybe]
    if not len(one):
        return like
    step = np.arange(int(length[one].sum())) - np.repeat(np.cumsum(length[one]) - length[one], length[one])
    differs = (
        values.column[np.repeat(values.row_pointer[one], length[one]) + step]
        != values.column[np.repeat(values.row_pointer[other], length[one]) + step]
    )
    like[1:][maybe] = np.bincount(np.repeat(np.arange(len(one)), length[one]), weights=differs) == 0
    return like


def undominated_columns(values: ValueTable, cost: FloatArray, kind: IndexArray, group: IndexArray) -> IndexArray:
    """Return the columns that no other column replaces: as good for every row, of the same kind, not dearer.

    Columns that share a group stay, since taking one of them keeps out another. Of equal columns the first stays.
    A column that is worth nothing does not stay.
    """
    alone = np.bincount(group, minlength=len(cost))[group] == 1
    return np.flatnonzero(~_is_dominated(values, cost, kind, alone))


@kernel
def _is_dominated(  # noqa: C901 -- one kernel, one loop
    values: ValueTable, cost: FloatArray, kind: IndexArray, alone: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    columns = len(values.column_pointer) - 1
    dominated = np.zeros(columns, dtype=np.bool_)
    for column in range(columns):
        begin, end = values.column_pointer[column], values.column_pointer[column + 1]
        if begin == end:
            dominated[column] = True
            continue
        if not alone[column]:
            continue
        rarest = values.row[begin]
        for place in range(begin, end):
            row = values.row[place]
            here = values.row_pointer[row + 1] - values.row_pointer[row]
            if here < values.row_pointer[rarest + 1] - values.row_pointer[rarest]:
                rarest = row
        for entry in range(values.row_pointer[rarest], values.row_pointer[rarest + 1]):
            other = values.column[entry]
            if other == column or dominated[other] or not alone[other]:
                continue
            if kind[other] != kind[column] or cost[other] > cost[column]:
                continue
            verdict = compare_columns(values, other, column)
            # Equal columns: the cheaper stays, else the first.
            if verdict == 2 and cost[other] == cost[column] and other > column:  # noqa: PLR2004 -- see as_good
                continue
            if verdict > 0:
                dominated[column] = True
                break
    return dominated


@kernel
def compare_columns(values: ValueTable, one: int, other: int) -> int:
    """Return 2 if the two columns are equal, 1 if `one` is nowhere worse, else 0."""
    here, end = values.column_pointer[one], values.column_pointer[one + 1]
    begin, stop = values.column_pointer[other], values.column_pointer[other + 1]
    if stop - begin > end - here:
        return 0
    equal = stop - begin == end - here
    for place in range(begin, stop):
        row, value = values.row[place], values.column_value[place]
        while here < end and values.row[here] < row:
            here += 1
        if here == end or values.row[here] != row or values.column_value[here] < value:
            return 0
        equal = equal and values.column_value[here] == value
        here += 1
    return 2 if equal else 1


def _pointer(number: NDArray[np.integer], count: int) -> IndexArray:
    return np.concatenate([[0], np.cumsum(np.bincount(number, minlength=count))]).astype(np.int64)
