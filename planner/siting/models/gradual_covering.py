"""Gradual covering: coverage decreases from full to zero with the walking time."""

from __future__ import annotations

import numpy as np

from planner.siting.argument_checks import check_not_negative, raise_issues, siting_error
from planner.siting.model_spec import ModelResult, ModelSpec
from planner.siting.models.maximal_covering import solve_covering
from planner.siting.problem import LocationProblem, SelectionConstraints, TravelCosts, coverage_pairs
from planner.siting.solution import Solution
from planner.siting.solvers.location_bnb import start_deadline
from planner.siting.solvers.value_tables import build_value_table


def gradual_covering(
    costs: TravelCosts,
    constraints: SelectionConstraints,
    *,
    full_min: float,
    none_min: float,
    time_limit_s: float,
    seed: int = 0,
) -> Solution:
    r"""Maximise the people served, where coverage decreases linearly between two walking times.

    .. math:: f(t) = 1,\ \frac{t_\text{none} - t}{t_\text{none} - t_\text{full}},\ 0

    The nearest open column counts. With both limits equal this is maximal covering.

    Parameters
    ----------
    costs, constraints, time_limit_s, seed
        See `planner.siting.models`.
    full_min, none_min
        Walking times of full and of zero coverage, minutes, inclusive.

    Returns
    -------
    solution
        The objective counts people, those between the limits in part.

    Raises
    ------
    SitingError
        `none_min` is before `full_min`.

    References
    ----------
    .. [1] Berman, O., Krass, D., Drezner, Z. (2003). The gradual covering decay location problem on a network.
           European Journal of Operational Research 151.

    Examples
    --------
    >>> costs = TravelCosts.from_table(np.array([[4.0, 8.0], [20.0, 10.0]]), np.array([10.0, 10.0]))
    >>> gradual_covering(costs, SelectionConstraints(sites=1), full_min=5, none_min=15, time_limit_s=5).objective
    12.0
    """
    raise_issues(check_not_negative("full_min", full_min), check_not_negative("none_min", none_min))
    if none_min < full_min:
        raise siting_error("siting_limits_crossed", full_min=full_min, none_min=none_min)
    deadline = start_deadline(time_limit_s)
    shape = (len(costs.weight), costs.columns)
    if none_min == full_min:
        row, column = coverage_pairs(costs.within(full_min).matrix)
        values = build_value_table(row, column, costs.weight[row], shape)
    else:
        share = np.clip((none_min - costs.minutes) / (none_min - full_min), 0.0, 1.0)
        values = build_value_table(costs.demand, costs.column, costs.weight[costs.demand] * share, shape)
    return solve_covering("gradual_covering", values, costs.weight, constraints, deadline, seed=seed)


def _solve(problem: LocationProblem, time_limit_s: float) -> ModelResult:
    limits = np.unique(problem.limit_min)
    if len(limits) > 1:
        raise problem.refuse("siting_one_limit", model="gradual_covering")
    solution = gradual_covering(
        problem.costs,
        problem.constraints,
        full_min=float(limits[0]),
        none_min=problem.zero_coverage_min,
        time_limit_s=time_limit_s,
        seed=problem.settings.seed,
    )
    return ModelResult(solution, figures={"zero_coverage_min": problem.zero_coverage_min})


SPEC = ModelSpec(
    "gradual_covering",
    _solve,
    "max Σᵢ aᵢ max f(tᵢⱼ) over open j; f falls from 1 at the limit to 0; Σⱼ yⱼ ≤ p",
    "Berman, Krass, Drezner 2003",
    fades=True,
    uses=("sites", "cost", "budget", "minutes", "zero_coverage_min"),
)
