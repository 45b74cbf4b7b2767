"""Several sums at once: the choice whose smallest sum is the largest, and then the largest weighted sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack, vstack

from planner.network.walk import FloatArray, IndexArray
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.greedy_kernels import SelectionLimits
from planner.siting.solvers.highs import FEASIBILITY
from planner.siting.solvers.location_bnb import solve_weighted_assignment
from planner.siting.solvers.mip import MipResult, MixedIntegerProgram, selection_rows, solve
from planner.siting.solvers.value_tables import build_value_table

FIRST_SHARE = 0.3
STEPS = (1.0, 0.5, 0.1, 0.01)
"""People are counted in multiples of one: persons, halves by weight, tenths and hundredths by shares."""

HAIR = 1e-12
"""So far from a multiple, as a share, is one whose last bit was rounded."""

SLACK = 1e-7
"""By how much less than required a sum may come out of the solver's arithmetic, as a share."""


@dataclass(frozen=True, slots=True, eq=False)
class ServedSums:
    """Sums over served rows, of which the smallest matters."""

    matrix: csr_array
    """Who is served by what, shape (rows, columns)."""
    parts: csr_array
    """What each served row adds to each sum, shape (sums, rows)."""
    offset: FloatArray
    """What each sum is when nobody is served, shape (sums,)."""

    def of(self, columns: IndexArray) -> FloatArray:
        """Return all sums for the rows that these columns serve, shape (sums,)."""
        served = np.asarray(self.matrix[:, columns].sum(axis=1)).ravel() > 0
        return np.asarray(self.parts @ served.astype(np.float64)).ravel() + self.offset


@dataclass(frozen=True, slots=True, eq=False)
class BalancedResult:
    """A choice, the value of what was asked, and its bound; no choice at all where nothing keeps to the floor."""

    chosen: IndexArray | None
    value: float
    bound: float


def merge_equal_rows(matrix: csr_array) -> tuple[csr_array, csr_array]:
    """Return the distinct rows of who is served by what, and which row is which, shape (rows, distinct rows)."""
    matrix = csr_array(matrix, copy=True)
    matrix.sum_duplicates()
    matrix.sort_indices()
    groups: dict[bytes, int] = {}
    first: list[int] = []
    group = np.empty(matrix.shape[0], dtype=np.int64)
    for row in range(matrix.shape[0]):
        reached = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]].tobytes()
        group[row] = groups.setdefault(reached, len(groups))
        if group[row] == len(first):
            first.append(row)
    which = csr_array((np.ones(len(group)), (np.arange(len(group)), group)), shape=(len(group), len(first)))
    return csr_array(matrix[np.array(first, dtype=np.int64)].astype(np.float64)), which


def maximise_smallest_sum(
    sums: ServedSums,
    limits: SelectionLimits,
    fixed: IndexArray,
    deadline: Deadline,
    *,
    starts: Sequence[IndexArray],
) -> BalancedResult:
    """Choose so that the smallest of the sums is the largest."""
    best = max(starts, key=lambda chosen: float(sums.of(np.concatenate([fixed, chosen])).min()))
    value = float(sums.of(np.concatenate([fixed, best])).min())
    top = _least_of_the_best(sums, limits, fixed, deadline.capped_at(deadline.remaining_s * FIRST_SHARE))
    solved = _solve(sums, limits, fixed, None, None, best, deadline)
    chosen = _chosen(solved, len(limits.cost), fixed)
    if chosen is not None and float(sums.of(np.concatenate([fixed, chosen])).min()) > value:
        best, value = chosen, float(sums.of(np.concatenate([fixed, chosen])).min())
    return BalancedResult(best, value, _exact(value, min(top, -solved.bound), _step_of(sums)))


def _exact(value: float, bound: float, step: float) -> float:
    """Return a bound on a smallest sum without what the solver's arithmetic adds to it.

    The smallest sum is a variable below every sum, and the solver lets it stand above them by `FEASIBILITY`:
    1.16.0 uses that, 1.15.1 does not. Where all sums are multiples of a step that is wider than that, as numbers
    of people are, so is the best smallest sum: a bound less than a step above the recounted value proves that
    nothing is better, in exact arithmetic. Else a bound that is no farther above it than the solver's arithmetic
    is the value itself, and the proof is one within that arithmetic.
    """
    near = 2 * FEASIBILITY * max(1.0, abs(value))
    if step > 2 * near:
        # On the grid, from the recounted value on, which lies on it.
        steps = np.floor((bound - value + near) / step) if np.isfinite(bound) else np.inf
        return value + step * max(float(steps), 0.0) if np.isfinite(steps) else bound
    return value if bound <= value + near else bound


def _step_of(sums: ServedSums) -> float:
    """Return the widest of `STEPS` of which all that the sums are made of are multiples; 0 where there is none."""
    numbers = np.concatenate([sums.parts.data, sums.offset])
    for step in STEPS:
        times = numbers / step
        if (np.abs(times - np.round(times)) <= HAIR * np.maximum(1.0, np.abs(times))).all():
            return step
    return 0.0


def _least_of_the_best(sums: ServedSums, limits: SelectionLimits, fixed: IndexArray, deadline: Deadline) -> float:
    """Return a bound: no choice brings any sum beyond what it could be if it alone mattered."""
    top = sums.offset + np.asarray(sums.parts.sum(axis=1)).ravel()
    for place in range(len(top)):
        if deadline.is_over:
            break
        weight = np.asarray(sums.parts[[place]].todense()).ravel()
        share = deadline.capped_at(deadline.remaining_s / (len(top) - place))
        _, bound = maximise_served(sums.matrix, weight, limits, fixed, share, 0)
        top[place] = min(top[place], sums.offset[place] + bound)
    return float(top.min())


def maximise_sum(
    sums: ServedSums,
    weight: FloatArray,
    limits: SelectionLimits,
    fixed: IndexArray,
    deadline: Deadline,
    *,
    floor: float,
    start: IndexArray | None,
) -> BalancedResult:
    """Choose so that the served rows weigh the most, where no sum is below a floor."""
    low = floor - SLACK * max(1.0, abs(floor))
    total = ServedSums(sums.matrix, csr_array(weight[None, :]), np.zeros(1))

    def value_of(chosen: IndexArray) -> float:
        opened = np.concatenate([fixed, chosen])
        return float(total.of(opened)[0]) if float(sums.of(opened).min()) >= low else -np.inf

    best, value = start, -np.inf if start is None else value_of(start)
    solved = _solve(sums, limits, fixed, floor, weight, start if np.isfinite(value) else None, deadline)
    chosen = _chosen(solved, len(limits.cost), fixed)
    if chosen is not None and value_of(chosen) > value:
        best, value = chosen, value_of(chosen)
    if not np.isfinite(value):
        return BalancedResult(None, float("nan"), -np.inf if solved.is_infeasible else float(weight.sum()))
    return BalancedResult(best, value, max(value, min(float(weight.sum()), -solved.bound)))


def maximise_served(
    matrix: csr_array,
    weight: FloatArray,
    limits: SelectionLimits,
    fixed: IndexArray,
    deadline: Deadline,
    seed: int,
) -> tuple[IndexArray, float]:
    """Return the choice that serves the most by weight, and the bound on what any choice serves."""
    matrix = csr_array(matrix)
    matrix.sort_indices()
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    column = matrix.indices
    values = build_value_table(row, column, weight[row], matrix.shape)
    search = solve_weighted_assignment(values, limits, fixed=fixed, deadline=deadline, seed=seed)
    served = ServedSums(matrix, csr_array(weight[None, :]), np.zeros(1))
    return search.chosen, float(served.of(fixed)[0]) + search.bound


def _chosen(solved: MipResult, columns: int, fixed: IndexArray) -> IndexArray | None:
    if solved.x is None:
        return None
    return np.setdiff1d(np.flatnonzero(solved.x[:columns] > 0.5), fixed)  # noqa: PLR2004 -- binary


def _solve(
    sums: ServedSums,
    limits: SelectionLimits,
    fixed: IndexArray,
    floor: float | None,
    weight: FloatArray | None,
    start: IndexArray | None,
    deadline: Deadline,
) -> MipResult:
    """Solve for the largest minimum, or, with a floor and weights, for the largest weighted sum above the floor.

    Variables are the columns, the rows, and the smallest sum.
    """
    rows, columns = sums.matrix.shape
    count = len(sums.offset)
    rows_of_limits, most = selection_rows(limits, fixed)
    served = hstack([-sums.matrix.astype(np.float64), eye_array(rows), csr_array((rows, 1))])
    above = hstack([csr_array((count, columns)), -sums.parts, csr_array(np.ones((count, 1)))])
    choosing = hstack([rows_of_limits, csr_array((len(most), rows + 1))])
    lower = np.zeros(columns + rows + 1)
    lower[fixed] = 1.0
    lower[-1] = -np.inf if floor is None else floor - SLACK * max(1.0, abs(floor))
    upper = np.ones(columns + rows + 1)
    upper[-1] = np.inf if floor is None else lower[-1]
    cost = np.zeros(columns + rows + 1)
    if weight is None:
        cost[-1] = -1.0
    else:
        cost[columns:-1] = -weight
    x = None
    if start is not None:
        x = np.zeros(columns + rows + 1)
        x[fixed], x[start] = 1.0, 1.0
        x[columns:-1] = (sums.matrix @ x[:columns]) > 0
        x[-1] = float(sums.of(np.concatenate([fixed, start])).min()) if floor is None else lower[-1]
    return solve(
        MixedIntegerProgram(
            cost,
            vstack([served, above, choosing], format="csr"),
            np.full(rows + count + len(most), -np.inf),
            np.concatenate([np.zeros(rows), sums.offset, most]),
            lower,
            upper,
            np.concatenate([np.ones(columns, dtype=bool), np.zeros(rows + 1, dtype=bool)]),
        ),
        deadline,
        start=x,
    )
