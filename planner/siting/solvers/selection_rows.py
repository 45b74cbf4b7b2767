"""What may be chosen, as rows of a mixed-integer programme."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, vstack

from planner.network.walk import FloatArray, IndexArray
from planner.siting.solvers.greedy_kernels import SelectionLimits

TOLERANCE = 1e-9


def selection_rows(room: SelectionLimits, fixed: IndexArray) -> tuple[csr_array, FloatArray]:
    """Return a matrix, shape (limits, columns), and what each of its rows may be at most.

    One row a quota, one for money, one for each group of more than one column. Fixed columns are in none of them.
    """
    columns = len(room.cost)
    free = np.ones(columns, dtype=bool)
    free[fixed] = False
    place = np.flatnonzero(free)
    shape = (len(room.most), columns)
    parts = [csr_array((np.ones(len(place)), (room.kind[place], place)), shape=shape)]
    most = [room.most.astype(np.float64)]
    if np.isfinite(room.budget):
        parts.append(csr_array((room.cost * free)[None, :]))
        most.append(np.array([room.budget * (1 + TOLERANCE)]))
    size = np.bincount(room.group[place], minlength=columns)
    shared = place[size[room.group[place]] > 1]
    if len(shared):
        _, number = np.unique(room.group[shared], return_inverse=True)
        groups = int(number.max()) + 1
        parts.append(csr_array((np.ones(len(shared)), (number, shared)), shape=(groups, columns)))
        most.append(np.ones(groups))
    return csr_array(vstack(parts, format="csr")), np.concatenate(most)
