"""Location set covering problem (LSCP)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planner.network.walk import FloatArray, IndexArray
from planner.siting.argument_checks import check_positions, raise_issues
from planner.siting.model_spec import ModelResult, ModelSpec
from planner.siting.models.maximal_covering import rank_by_gain
from planner.siting.problem import CoverageMatrix, LocationProblem, cost_issues, coverage_pairs
from planner.siting.solution import Certificate, Solution
from planner.siting.solvers.location_bnb import start_deadline
from planner.siting.solvers.set_cover import cheapest_cover
from planner.siting.solvers.value_tables import best_open_column, build_value_table


def set_covering(
    coverage: CoverageMatrix,
    *,
    cost: FloatArray | None = None,
    fixed: Sequence[int] | IndexArray = (),
    time_limit_s: float,
    seed: int = 0,
) -> Solution:
    r"""Minimise the number or cost of sites that serve every demand row which any column can serve.

    .. math:: \min \sum_j c_j y_j \quad \sum_{j \in N_i} y_j \ge 1,\ y_j \in \{0, 1\}

    Parameters
    ----------
    coverage, time_limit_s, seed
        See `planner.siting.models`. Rows of weight 0 need not be served.
    cost
        Cost of each column, shape (columns,); 1 by default.
    fixed
        Columns that are always open, at no cost.

    Returns
    -------
    solution
        The objective is the number of new sites, or their cost. `unservable` lists the rows that no column serves.

    References
    ----------
    .. [1] Toregas, C., Swain, R., ReVelle, C., Bergman, L. (1971). The location of emergency service facilities.
           Operations Research 19.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> matrix = csr_array(np.array([[1, 0, 1], [0, 1, 1], [0, 1, 0], [0, 0, 0]], dtype=bool))
    >>> fewest = set_covering(CoverageMatrix(matrix, np.ones(4)), time_limit_s=5)
    >>> fewest.sites, fewest.objective, fewest.status, fewest.unservable
    ((1, 2), 2.0, 'optimal', array([3]))
    """
    columns = coverage.matrix.shape[1]
    raise_issues(check_positions("fixed", fixed, columns), () if cost is None else cost_issues(cost, columns))
    fixed, deadline = np.unique(np.asarray(fixed, dtype=np.int64)), start_deadline(time_limit_s)
    rows = coverage.matrix.shape[0]
    price = np.ones(columns) if cost is None else np.asarray(cost, dtype=np.float64)
    row, column = coverage_pairs(coverage.matrix)
    values = build_value_table(row, column, np.ones(len(row)), (rows, columns))
    _, by_fixed = best_open_column(values, fixed)
    demanded = (coverage.weight > 0) & (by_fixed < 0)
    needed = demanded[row]
    cover = cheapest_cover(row[needed], column[needed], (rows, columns), price, deadline)
    reachable = np.zeros(rows, dtype=bool)
    reachable[row] = True
    weighed = build_value_table(row, column, coverage.weight[row], (rows, columns))
    order, _ = rank_by_gain(weighed, cover.chosen, best_open_column(weighed, fixed)[0])
    _, by = best_open_column(values, np.concatenate([fixed, cover.chosen]))
    return Solution.of(
        "set_covering",
        "least",
        order,
        Certificate.of(cover.cost, cover.bound),
        before=0.0,
        deadline=deadline,
        seed=seed,
        served_by=by,
        weight=coverage.weight,
        reachable=reachable,
    )


def require_feasible(problem: LocationProblem, solution: Solution, time_limit_s: float) -> Solution:
    """Return a solution, or raise the error that so few sites cannot serve everyone, with the number that can."""
    if solution.status != "infeasible":
        return solution
    anyhow = problem.coverage_within(np.full(len(problem.limit_min), np.inf))
    fewest = set_covering(anyhow, fixed=problem.constraints.fixed, time_limit_s=time_limit_s)
    raise problem.refuse(
        "siting_infeasible", sites=problem.settings.sites, fewest=len(fewest.sites), model=solution.model
    )


def _solve(problem: LocationProblem, time_limit_s: float) -> ModelResult:
    return ModelResult(
        set_covering(
            problem.coverage,
            # A cost without a budget is the objective; with one, it belongs to the limit of other models.
            cost=problem.constraints.cost if problem.constraints.budget is None else None,
            fixed=problem.constraints.fixed,
            time_limit_s=time_limit_s,
            seed=problem.settings.seed,
        )
    )


SPEC = ModelSpec(
    "set_covering",
    _solve,
    "min Σⱼ yⱼ; Σ yⱼ ≥ 1 over j that serve i, for all i",
    "Toregas, Swain, ReVelle, Bergman 1971",
    sense="least",
    unit="sites",
    needs_sites=False,
    counts_first_site_only=True,
    uses=("cost", "minutes"),
)
