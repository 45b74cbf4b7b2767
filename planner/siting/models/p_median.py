"""The p-median problem."""

from __future__ import annotations

import numpy as np

from planner.network.walk import FloatArray, IndexArray
from planner.siting.model_spec import ModelResult, ModelSpec
from planner.siting.models.set_covering import require_feasible
from planner.siting.problem import LocationProblem, SelectionConstraints, TravelCosts
from planner.siting.solution import Certificate, Solution
from planner.siting.solvers.greedy_kernels import ValueTable
from planner.siting.solvers.location_bnb import solve_weighted_assignment, start_deadline
from planner.siting.solvers.value_tables import best_open_column, build_value_table


def p_median(
    costs: TravelCosts, constraints: SelectionConstraints, *, time_limit_s: float, seed: int = 0
) -> Solution:
    r"""Minimise the people × minutes walked to the nearest open column.

    .. math:: \min \sum_i a_i \min_{j:\, y_j = 1} t_{ij}

    Everyone whom any column can reach must be served. Rows that none can reach are listed as unservable, and are
    in no sum. The search is that for the greatest saving against a walk that is longer than all others.

    Parameters
    ----------
    costs, constraints, time_limit_s, seed
        See `planner.siting.models`.

    Returns
    -------
    solution
        The objective is people × minutes. It is infeasible where no choice serves everyone whom some column can
        reach; the sites are then those that leave the fewest out, and `served_by` says who is left.

    References
    ----------
    .. [1] Hakimi, S. L. (1964). Optimum locations of switching centers and the absolute centers and medians of a
           graph. Operations Research 12.
    .. [2] Teitz, M. B., Bart, P. (1968). Heuristic methods for estimating the generalized vertex median of a
           weighted graph. Operations Research 16.

    Examples
    --------
    >>> costs = TravelCosts.from_table(np.array([[0.0, 4.0], [4.0, 0.0], [9.0, 1.0]]), np.array([1.0, 1.0, 2.0]))
    >>> best = p_median(costs, SelectionConstraints(sites=1), time_limit_s=5)
    >>> best.sites, best.objective, best.status
    ((1,), 6.0, 'optimal')
    """
    deadline = start_deadline(time_limit_s)
    limits, fixed = constraints.limits(costs.columns), constraints.fixed_columns()
    usable = (limits.cost <= limits.budget) & (limits.most[limits.kind] > 0)
    usable[fixed] = True
    values, far = _savings(costs, usable)
    found = solve_weighted_assignment(values, limits, fixed=fixed, deadline=deadline, seed=seed)
    chosen = found.chosen
    counts, reachable = costs.weight > 0, np.bincount(costs.demand, minlength=len(costs.weight)) > 0
    if not len(chosen) and not len(fixed) and usable.any() and (counts & reachable).any():
        # All columns are equally far from everyone, so that none saves anything: one is needed all the same.
        chosen = np.flatnonzero(usable)[:1]
    objective, by = _walked(costs, np.concatenate([fixed, chosen]))
    left_out = bool((counts & reachable & (by < 0)).any())
    total = np.inf if left_out else float(objective.sum())
    saved, _ = best_open_column(values, fixed)
    bound = float(far.sum()) - float(saved.sum()) - found.bound
    before, by_fixed = _walked(costs, fixed)
    infeasible = left_out and found.is_finished
    bound = total if found.is_finished else max(0.0, min(total, bound))
    return Solution.of(
        "p_median",
        "least",
        np.sort(chosen),
        Certificate.infeasible() if infeasible else Certificate.of(total, bound),
        before=float("nan") if (counts & reachable & (by_fixed < 0)).any() else float(before.sum()),
        deadline=deadline,
        seed=seed,
        served_by=by,
        weight=costs.weight,
        reachable=reachable,
    )


def _savings(costs: TravelCosts, usable: np.ndarray) -> tuple[ValueTable, FloatArray]:
    """Return what each column saves each row against its farthest walk, and those walks, people × minutes.

    Where some walks are missing, not being served is worse than all walks together, so that a choice that serves
    more rows is always the better one.
    """
    rows = len(costs.weight)
    farthest = np.zeros(rows)
    np.maximum.at(farthest, costs.demand, costs.minutes)
    listed = np.bincount(costs.demand[usable[costs.column]], minlength=rows)
    reachable = np.bincount(costs.demand, minlength=rows) > 0
    far = np.where(reachable, farthest * costs.weight, 0.0)
    if (listed[reachable] < usable.sum()).any():
        far = np.where(reachable & (costs.weight > 0), far + float(far.sum()) + 1.0, 0.0)
    value = far[costs.demand] - costs.weight[costs.demand] * costs.minutes
    return build_value_table(costs.demand, costs.column, value, (rows, costs.columns)), far


def nearest_of(costs: TravelCosts, columns: IndexArray) -> tuple[FloatArray, IndexArray]:
    """Return each row's minutes to the nearest of `columns` (`inf`: none), and which, the lowest of equals."""
    is_open = np.zeros(costs.columns, dtype=bool)
    is_open[columns] = True
    chosen = np.flatnonzero(is_open[costs.column])
    row, column, minutes = costs.demand[chosen], costs.column[chosen], costs.minutes[chosen]
    order = np.lexsort((column, minutes, row))
    served, first = np.unique(row[order], return_index=True)
    nearest, by = np.full(len(costs.weight), np.inf), np.full(len(costs.weight), -1, dtype=np.int64)
    nearest[served], by[served] = minutes[order[first]], column[order[first]]
    return nearest, by


def _walked(costs: TravelCosts, columns: IndexArray) -> tuple[FloatArray, IndexArray]:
    """Return people × minutes of each row to the nearest of `columns`, 0 where there is none, and which."""
    minutes, by = nearest_of(costs, columns)
    return np.where(by >= 0, minutes, 0.0) * costs.weight, by


def _solve(problem: LocationProblem, time_limit_s: float) -> ModelResult:
    solution = p_median(problem.costs, problem.constraints, time_limit_s=time_limit_s, seed=problem.settings.seed)
    served = problem.costs.weight[solution.served_by >= 0].sum()
    mean = solution.objective / served if served > 0 else float("nan")
    return ModelResult(require_feasible(problem, solution, time_limit_s), figures={"mean_min": mean})


SPEC = ModelSpec(
    "p_median",
    _solve,
    "min Σᵢ aᵢ min tᵢⱼ over open j; Σⱼ yⱼ ≤ p",
    "Hakimi 1964",
    sense="least",
    unit="person_minutes",
    needs_all_walks=True,
)
