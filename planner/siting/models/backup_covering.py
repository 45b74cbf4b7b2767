"""Backup covering: the sites that serve the most people once, and the most of them twice."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack, vstack

from planner.network.walk import FloatArray, IndexArray
from planner.siting.argument_checks import check_between, raise_issues
from planner.siting.models.maximal_covering import rank_by_gain
from planner.siting.problem import CoverageMatrix, SelectionConstraints, coverage_pairs
from planner.siting.solution import Solution, status_of
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.greedy_kernels import SelectionLimits
from planner.siting.solvers.location_bnb import solve_weighted_assignment
from planner.siting.solvers.mip import MixedIntegerProgram, solve
from planner.siting.solvers.precompile import start_deadline
from planner.siting.solvers.selection_rows import selection_rows
from planner.siting.solvers.value_tables import best_open_column, build_value_table

FIRST_SHARE = 0.3
"""How much of the time the search for a first choice may take."""


def backup_covering(
    covering: CoverageMatrix, choice: SelectionConstraints, *, backup: float = 0.5, seconds: float, seed: int = 0
) -> Solution:
    r"""Choose the sites that serve the most people, where a second site in reach counts too.

    .. math:: \max \sum_i a_i \big((1 - \beta)\, x_i + \beta\, u_i\big) \quad
              x_i + u_i \le \sum_{j \in N_i} y_j,\ u_i \le x_i

    `x` is being served, `u` being served by two or more.

    Parameters
    ----------
    covering
        Who is served by what.
    choice
        What may be chosen. Fixed columns count as sites in reach.
    backup
        The weight β of the second site, from 0 (maximal covering) to 1 (only those served twice count).
    seconds
        How long to search.
    seed
        Noted in the answer; nothing is random here.

    Returns
    -------
    answer
        The objective is the weighted sum; `people_twice` counts those with two sites.

    References
    ----------
    .. [1] Hogan, K., ReVelle, C. (1986). Concepts and applications of backup coverage. Management Science 32.

    Examples
    --------
    >>> covers = csr_array(np.array([[1, 1, 0], [0, 0, 1]], dtype=bool))
    >>> both = backup_covering(
    ...     CoverageMatrix(covers, np.array([9.0, 2.0])), SelectionConstraints(sites=2), backup=0.5, seconds=5)
    >>> both.sites, both.objective
    ((0, 1), 9.0)
    """
    raise_issues(check_between("backup", backup, 0.0, 1.0))
    clock = start_deadline(seconds)
    rows, columns = covering.covers.shape
    room, fixed = choice.room(columns), choice.fixed_columns()
    row, column = coverage_pairs(covering.covers)
    matrix = csr_array((np.ones(len(row)), (row, column)), shape=(rows, columns))

    def worth(chosen: IndexArray) -> float:
        return _worth(matrix, covering.weight, np.concatenate([fixed, chosen]), backup)

    # The choice that serves the most once is a good one to begin with.
    values = build_value_table(row, column, covering.weight[row], (rows, columns))
    first = solve_weighted_assignment(
        values, room, fixed=fixed, clock=clock.at_most(clock.left * FIRST_SHARE), seed=seed
    )
    chosen = first.chosen
    solved = _solve(matrix, covering.weight, room, fixed, chosen, backup, clock)
    opened = solved[0]
    if opened is not None and worth(opened) > worth(chosen):
        chosen = opened
    objective = worth(chosen)
    # Being served twice counts no more than being served: the bound on the one holds for the other.
    served_once = float(best_open_column(values, fixed)[0].sum()) + first.bound
    bound = max(objective, min(solved[1], served_once))
    status = status_of(objective, bound)
    order, _ = rank_by_gain(values, chosen, np.zeros(rows))
    chosen = np.concatenate([order, np.setdiff1d(chosen, order)])
    _, by = best_open_column(
        build_value_table(row, column, np.ones(len(row)), (rows, columns)), np.concatenate([fixed, chosen])
    )
    reachable = np.bincount(row, minlength=rows) > 0
    return Solution(
        model="backup_covering",
        sense="most",
        sites=tuple(int(site) for site in chosen),
        added=(),
        objective=objective,
        before=worth(np.zeros(0, dtype=np.int64)),
        bound=objective if status == "proven" else bound,
        status=status,
        seconds=clock.seconds,
        seed=seed,
        served_by=by,
        unservable=np.flatnonzero((covering.weight > 0) & ~reachable),
    )


def people_twice(covering: CoverageMatrix, columns: IndexArray) -> float:
    """Return how many have two or more of these columns in reach."""
    count = np.asarray(covering.covers[:, columns].astype(np.int64).sum(axis=1)).ravel()
    return float(covering.weight[count > 1].sum())


def _worth(matrix: csr_array, weight: FloatArray, chosen: IndexArray, backup: float) -> float:
    count = np.asarray(matrix[:, chosen].sum(axis=1)).ravel() if len(chosen) else np.zeros(len(weight))
    return float(weight[count > 0].sum() * (1 - backup) + weight[count > 1].sum() * backup)


def _solve(
    matrix: csr_array,
    weight: FloatArray,
    room: SelectionLimits,
    fixed: IndexArray,
    chosen: IndexArray,
    backup: float,
    clock: Deadline,
) -> tuple[IndexArray | None, float]:
    """Return a choice by HiGHS, None where it found none, and its bound."""
    matrix, weight = merged_rows(matrix, weight)
    rows, columns = matrix.shape
    limits, most = selection_rows(room, fixed)
    served = hstack([-matrix, eye_array(rows), eye_array(rows)])
    twice_if_once = hstack([csr_array((rows, columns)), -eye_array(rows), eye_array(rows)])
    choosing = hstack([limits, csr_array((len(most), 2 * rows))])
    lower = np.zeros(columns + 2 * rows)
    lower[fixed] = 1.0
    start = lower.copy()
    start[chosen] = 1.0
    count = matrix @ start[:columns]
    start[columns:] = np.concatenate([count > 0, count > 1])
    # Where the second site counts more than the first, halves of both would be worth more than one whole.
    halves = np.zeros(2 * rows, dtype=bool) if backup <= 0.5 else np.ones(2 * rows, dtype=bool)  # noqa: PLR2004
    solved = solve(
        MixedIntegerProgram(
            np.concatenate([np.zeros(columns), -(1 - backup) * weight, -backup * weight]),
            vstack([served, twice_if_once, choosing], format="csr"),
            np.full(2 * rows + len(most), -np.inf),
            np.concatenate([np.zeros(2 * rows), most]),
            lower,
            np.ones(columns + 2 * rows),
            np.concatenate([np.ones(columns, dtype=bool), halves]),
        ),
        clock,
        start=start,
    )
    opened = None if solved.x is None else np.setdiff1d(np.flatnonzero(solved.x[:columns] > 0.5), fixed)  # noqa: PLR2004
    return opened, -solved.bound


def merged_rows(matrix: csr_array, weight: FloatArray) -> tuple[csr_array, FloatArray]:
    """Return one row for all with the same columns, their weights added; rows that cannot count are left out.

    Rows go by their first appearance.
    """
    matrix.sort_indices()
    groups: dict[bytes, int] = {}
    first: list[int] = []
    total: list[float] = []
    for row in range(matrix.shape[0]):
        reached = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
        if not len(reached) or not weight[row] > 0:
            continue
        group = groups.setdefault(reached.tobytes(), len(groups))
        if group == len(first):
            first.append(row)
            total.append(0.0)
        total[group] += float(weight[row])
    return csr_array(matrix[np.array(first, dtype=np.int64)]), np.array(total)
