"""Maximal covering location problem (MCLP)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planner.network.walk import FloatArray, IndexArray
from planner.siting.model_spec import ModelResult, ModelSpec
from planner.siting.problem import CoverageMatrix, LocationProblem, SelectionConstraints, coverage_pairs
from planner.siting.solution import Certificate, Solution
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.greedy_kernels import ValueTable, order_by_gain
from planner.siting.solvers.location_bnb import solve_weighted_assignment, start_deadline
from planner.siting.solvers.value_tables import (
    best_open_column,
    build_value_table,
    entry_rows,
    select_columns,
    table_shape,
)


def maximal_covering(
    coverage: CoverageMatrix,
    constraints: SelectionConstraints,
    *,
    time_limit_s: float,
    seed: int = 0,
    starts: Sequence[IndexArray] = (),
) -> Solution:
    r"""Maximise the people served.

    .. math:: \max \sum_i a_i x_i \quad x_i \le \sum_{j \in N_i} y_j,\ \sum_j y_j \le p,\ y_j \in \{0, 1\}

    Parameters
    ----------
    coverage, constraints, time_limit_s, seed
        See `planner.siting.models`.
    starts
        Selections to start from, columns.

    Returns
    -------
    solution
        The objective counts everyone served, by fixed columns too. Sites that would add nothing are not chosen.

    References
    ----------
    .. [1] Church, R., ReVelle, C. (1974). The maximal covering location problem. Papers in Regional Science 32.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> matrix = csr_array(np.array([[1, 0, 1], [1, 0, 0], [0, 1, 1]], dtype=bool))
    >>> coverage = CoverageMatrix(matrix, np.array([5.0, 2.0, 4.0]))
    >>> best = maximal_covering(coverage, SelectionConstraints(sites=1), time_limit_s=5)
    >>> best.sites, best.objective, best.bound, best.status
    ((2,), 9.0, 9.0, 'optimal')
    """
    deadline = start_deadline(time_limit_s)
    row, column = coverage_pairs(coverage.matrix)
    values = build_value_table(row, column, coverage.weight[row], coverage.matrix.shape)
    return solve_covering(
        "maximal_covering", values, coverage.weight, constraints, deadline, seed=seed, starts=starts
    )


def solve_covering(
    model: str,
    values: ValueTable,
    weight: FloatArray,
    constraints: SelectionConstraints,
    deadline: Deadline,
    *,
    seed: int,
    starts: Sequence[IndexArray] = (),
) -> Solution:
    """Solve a weighted assignment problem and assemble its `Solution`."""
    limits, fixed = constraints.limits(table_shape(values)[1]), constraints.fixed_columns()
    search = solve_weighted_assignment(values, limits, fixed=fixed, deadline=deadline, seed=seed, starts=starts)
    before, _ = best_open_column(values, fixed)
    # Sums over the rows as given, so that they do not depend on how rows were merged.
    order, added = rank_by_gain(values, search.chosen, before)
    objective, by = best_open_column(values, np.concatenate([fixed, order]))
    total = float(objective.sum())
    bound = total if search.is_finished else max(total, float(before.sum()) + search.bound)
    reachable = np.zeros(table_shape(values)[0], dtype=bool)
    reachable[entry_rows(values)] = True
    return Solution.of(
        model,
        "most",
        order,
        Certificate.of(total, bound),
        before=float(before.sum()),
        deadline=deadline,
        seed=seed,
        served_by=by,
        weight=weight,
        reachable=reachable,
        added=added,
        greedy=float(before.sum()) + search.greedy,
    )


def rank_by_gain(values: ValueTable, columns: IndexArray, before: FloatArray) -> tuple[IndexArray, FloatArray]:
    """Order columns by what each adds to those before it, and leave out those that add nothing."""
    columns = np.sort(columns)
    order, added = order_by_gain(select_columns(values, columns), before)
    return columns[order], added


def solve_problem(problem: LocationProblem, time_limit_s: float) -> ModelResult:
    """Solve a study's problem."""
    settings = problem.settings
    return ModelResult(
        maximal_covering(problem.coverage, problem.constraints, time_limit_s=time_limit_s, seed=settings.seed)
    )


SPEC = ModelSpec(
    "maximal_covering",
    solve_problem,
    "max Σᵢ aᵢ xᵢ; xᵢ ≤ Σ yⱼ over j that serve i; Σⱼ yⱼ ≤ p",
    "Church, ReVelle 1974",
    counts_first_site_only=True,
    maximises_gain=True,
)
