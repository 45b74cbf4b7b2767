"""Kernels: sets of demand points that positions serve."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.network.compile import kernel
from planner.network.walk import IndexArray


@kernel
def undominated_sets(
    pointer: IndexArray, row: NDArray[np.int32], order: IndexArray, n_rows: int
) -> NDArray[np.bool_]:
    """Return which sets are contained in no other one; of equal sets the first of `order` stays.

    Set `c` holds ``row[pointer[c]:pointer[c + 1]]``, ascending. `order` names the sets from the largest to the
    smallest, so that a set needs to be compared with those kept before it only: with those that hold the row of
    it that the fewest of them hold.
    """
    keeps = np.zeros(len(pointer) - 1, dtype=np.bool_)
    count = np.zeros(n_rows, dtype=np.int32)
    head = np.full(n_rows, -1, dtype=np.int64)
    following = np.full(len(row), -1, dtype=np.int64)
    holder = np.zeros(len(row), dtype=np.int32)
    for one in order:
        begin, end = pointer[one], pointer[one + 1]
        if begin == end:
            continue
        rarest = row[begin]
        for place in range(begin, end):
            if count[row[place]] < count[rarest]:
                rarest = row[place]
        dominated = False
        entry = head[rarest]
        while entry >= 0:
            if _contains(pointer, row, holder[entry], one):
                dominated = True
                break
            entry = following[entry]
        if dominated:
            continue
        keeps[one] = True
        for place in range(begin, end):
            own = row[place]
            holder[place], following[place] = one, head[own]
            head[own] = place
            count[own] += 1
    return keeps


@kernel
def _contains(pointer: IndexArray, row: NDArray[np.int32], larger: int, smaller: int) -> bool:
    """Return whether one set holds every row of another."""
    here, end = pointer[larger], pointer[larger + 1]
    for place in range(pointer[smaller], pointer[smaller + 1]):
        own = row[place]
        while here < end and row[here] < own:
            here += 1
        if here == end or row[here] != own:
            return False
        here += 1
    return True
