"""Backup covering: maximal covering in which a second site in reach counts too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack, vstack

from planner.network.walk import FloatArray, IndexArray
from planner.siting.argument_checks import check_between, raise_issues
from planner.siting.model_spec import ModelResult, ModelSpec
from planner.siting.models.maximal_covering import rank_by_gain
from planner.siting.problem import CoverageMatrix, LocationProblem, SelectionConstraints, coverage_pairs
from planner.siting.solution import Certificate, Solution
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.greedy_kernels import SelectionLimits
from planner.siting.solvers.location_bnb import solve_weighted_assignment, start_deadline
from planner.siting.solvers.mip import MixedIntegerProgram, selection_rows, solve
from planner.siting.solvers.value_tables import best_open_column, build_value_table

FIRST_SHARE = 0.3
"""How much of the time the search for a first choice may take."""


def backup_covering(
    coverage: CoverageMatrix,
    constraints: SelectionConstraints,
    *,
    backup: float = 0.5,
    time_limit_s: float,
    seed: int = 0,
) -> Solution:
    r"""Maximise the weighted sum of people served once and people served twice.

    .. math:: \max \sum_i a_i \big((1 - \beta)\, x_i + \beta\, u_i\big) \quad
              x_i + u_i \le \sum_{j \in N_i} y_j,\ u_i \le x_i

    `x` is 1 for rows served, `u` for rows served by two or more columns.

    Parameters
    ----------
    coverage, constraints, time_limit_s, seed
        See `planner.siting.models`. Fixed columns count as sites in reach.
    backup
        Weight β of the second site, from 0 (maximal covering) to 1 (only rows served twice count).

    Returns
    -------
    solution
        The objective is the weighted sum; `people_twice` counts those with two sites.

    References
    ----------
    .. [1] Hogan, K., ReVelle, C. (1986). Concepts and applications of backup coverage. Management Science 32.

    Examples
    --------
    >>> matrix = csr_array(np.array([[1, 1, 0], [0, 0, 1]], dtype=bool))
    >>> coverage = CoverageMatrix(matrix, np.array([9.0, 2.0]))
    >>> both = backup_covering(coverage, SelectionConstraints(sites=2), backup=0.5, time_limit_s=5)
    >>> both.sites, both.objective
    ((0, 1), 9.0)
    """
    raise_issues(check_between("backup", backup, 0.0, 1.0))
    deadline = start_deadline(time_limit_s)
    rows, columns = coverage.matrix.shape
    limits, fixed = constraints.limits(columns), constraints.fixed_columns()
    row, column = coverage_pairs(coverage.matrix)
    matrix = csr_array((np.ones(len(row)), (row, column)), shape=(rows, columns))

    def worth(chosen: IndexArray) -> float:
        return _worth(matrix, coverage.weight, np.concatenate([fixed, chosen]), backup)

    # Start from the selection that serves the most people once.
    values = build_value_table(row, column, coverage.weight[row], (rows, columns))
    first = solve_weighted_assignment(
        values, limits, fixed=fixed, deadline=deadline.capped_at(deadline.remaining_s * FIRST_SHARE), seed=seed
    )
    chosen = first.chosen
    opened, mip_bound = _solve_mip(matrix, coverage.weight, limits, fixed, chosen, backup, deadline)
    if opened is not None and worth(opened) > worth(chosen):
        chosen = opened
    objective = worth(chosen)
    # Being served twice counts no more than being served: the bound on the one holds for the other.
    served_once = float(best_open_column(values, fixed)[0].sum()) + first.bound
    bound = max(objective, min(mip_bound, served_once))
    certificate = Certificate.of(objective, bound)
    order, _ = rank_by_gain(values, chosen, np.zeros(rows))
    chosen = np.concatenate([order, np.setdiff1d(chosen, order)])
    served_by = best_open_column(
        build_value_table(row, column, np.ones(len(row)), (rows, columns)), np.concatenate([fixed, chosen])
    )[1]
    return Solution.of(
        "backup_covering",
        "most",
        chosen,
        replace(certificate, bound=objective) if certificate.status == "optimal" else certificate,
        before=worth(np.zeros(0, dtype=np.int64)),
        deadline=deadline,
        seed=seed,
        served_by=served_by,
        weight=coverage.weight,
        reachable=np.bincount(row, minlength=rows) > 0,
    )


def people_twice(coverage: CoverageMatrix, columns: IndexArray) -> float:
    """Return the people with two or more of these columns in reach."""
    count = np.asarray(coverage.matrix[:, columns].astype(np.int64).sum(axis=1)).ravel()
    return float(coverage.weight[count > 1].sum())


def _worth(matrix: csr_array, weight: FloatArray, chosen: IndexArray, backup: float) -> float:
    count = np.asarray(matrix[:, chosen].sum(axis=1)).ravel() if len(chosen) else np.zeros(len(weight))
    return float(weight[count > 0].sum() * (1 - backup) + weight[count > 1].sum() * backup)


def _solve_mip(
    matrix: csr_array,
    weight: FloatArray,
    limits: SelectionLimits,
    fixed: IndexArray,
    chosen: IndexArray,
    backup: float,
    deadline: Deadline,
) -> tuple[IndexArray | None, float]:
    """Return the selection of HiGHS, None if it has none, and its bound."""
    matrix, weight = merged_rows(matrix, weight)
    rows, columns = matrix.shape
    rows_of_limits, most = selection_rows(limits, fixed)
    served = hstack([-matrix, eye_array(rows), eye_array(rows)])
    twice_if_once = hstack([csr_array((rows, columns)), -eye_array(rows), eye_array(rows)])
    choosing = hstack([rows_of_limits, csr_array((len(most), 2 * rows))])
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
        deadline,
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


def _solve(problem: LocationProblem, time_limit_s: float) -> ModelResult:
    coverage, settings = problem.coverage, problem.settings
    solution = backup_covering(
        coverage, problem.constraints, backup=settings.backup_weight, time_limit_s=time_limit_s, seed=settings.seed
    )
    opened = np.concatenate([solution.columns, problem.constraints.fixed_columns()])
    once = float(coverage.weight[solution.served_by >= 0].sum())
    return ModelResult(solution, figures={"people_once": once, "people_twice": people_twice(coverage, opened)})


SPEC = ModelSpec(
    "backup_covering",
    _solve,
    "max Σᵢ aᵢ ((1 − b) xᵢ + b uᵢ); xᵢ + uᵢ ≤ Σ yⱼ over j that serve i; uᵢ ≤ xᵢ; Σⱼ yⱼ ≤ p",
    "Hogan, ReVelle 1986",
    uses=("sites", "cost", "budget", "minutes", "backup_weight"),
)
