"""The p-median problem."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.network.walk import FloatArray, IndexArray
from planner.siting.model_spec import ModelResult, ModelSpec
from planner.siting.models.set_covering import require_feasible
from planner.siting.problem import LocationProblem, SelectionConstraints, TravelCosts
from planner.siting.solution import Certificate, Solution
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.greedy_kernels import SelectionLimits, ValueTable
from planner.siting.solvers.location_bnb import solve_weighted_assignment, start_deadline
from planner.siting.solvers.value_tables import best_open_column, build_value_table

MANY_WALKS = 2_000_000
"""From so many walks on, each row first has its nearest columns only."""

NEAREST_FACTOR, LEAST_NEAREST, GROWTH = 6.0, 20, 4
"""How many they are: times the columns for each site, and more; and by what they grow."""

ROWS_AT_ONCE = 500
TINY = 1e-12


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
        reach; the sites are then those that leave the fewest out, and `served_by` states who is left.

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
    chosen, bound, is_finished = _solve_by_nearest(costs, usable, limits, fixed, deadline, seed)
    counts, reachable = costs.weight > 0, np.bincount(costs.demand, minlength=len(costs.weight)) > 0
    if not len(chosen) and not len(fixed) and usable.any() and (counts & reachable).any():
        # All columns are equally far from everyone, so that none saves anything: one is needed all the same.
        chosen = np.flatnonzero(usable)[:1]
    objective, by = _walked(costs, np.concatenate([fixed, chosen]))
    left_out = bool((counts & reachable & (by < 0)).any())
    total = np.inf if left_out else float(objective.sum())
    before, by_fixed = _walked(costs, fixed)
    infeasible = left_out and is_finished
    bound = total if is_finished else max(0.0, min(total, bound))
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


def _solve_by_nearest(
    costs: TravelCosts,
    usable: NDArray[np.bool_],
    limits: SelectionLimits,
    fixed: IndexArray,
    deadline: Deadline,
    seed: int,
) -> tuple[IndexArray, float, bool]:
    """Return the chosen columns, a bound on people × minutes, and whether the search proved them optimal.

    Of many walks, each row first has its nearest columns only, and costs no more than the next one beyond them
    would: a problem whose optimum is no higher. Where the plan serves every row by one of these, it costs the same
    in both and is the optimum; the other rows get more columns, and the search goes on from the plan.
    """
    table = _complete_table(costs, usable)
    sites = min(float(limits.most.sum()), limits.budget / max(float(limits.cost[usable].min(initial=1.0)), TINY))
    near = LEAST_NEAREST + int(NEAREST_FACTOR * usable.sum() / max(sites, 1.0))
    if table is None or 2 * near > table.columns:
        return _solve_listed(*_savings(costs, usable), limits, fixed, deadline, seed)
    kept, best_bound = np.full(len(table.row), near, dtype=np.int64), 0.0
    starts: tuple[IndexArray, ...] = ()
    while True:
        listed, far = table.nearest(costs, kept)
        chosen, bound, is_finished = _solve_listed(listed, far, limits, fixed, deadline, seed, starts)
        best_bound, starts = max(best_bound, bound), (chosen,)
        walked, by = _walked(costs, np.concatenate([fixed, chosen]))
        beyond = (by < 0) | (walked > far)
        more = beyond[table.row] & (kept < table.columns - 1)
        if not more.any() or not is_finished or deadline.is_over:
            return chosen, best_bound, is_finished and not more.any()
        kept[more] *= GROWTH


def _solve_listed(
    values: ValueTable,
    far: FloatArray,
    limits: SelectionLimits,
    fixed: IndexArray,
    deadline: Deadline,
    seed: int,
    starts: tuple[IndexArray, ...] = (),
) -> tuple[IndexArray, float, bool]:
    search = solve_weighted_assignment(values, limits, fixed=fixed, deadline=deadline, seed=seed, starts=starts)
    saved, _ = best_open_column(values, fixed)
    return search.chosen, float(far.sum()) - float(saved.sum()) - search.bound, search.is_finished


@dataclass(frozen=True, slots=True, eq=False)
class _CompleteTable:
    """Walks of every row to every usable column, shape (rows, columns), columns ascending; the rows."""

    row: IndexArray
    column: IndexArray
    minutes: FloatArray

    @property
    def columns(self) -> int:
        return int(self.column.shape[1])

    def nearest(self, costs: TravelCosts, kept: IndexArray) -> tuple[ValueTable, FloatArray]:
        """Return what the nearest columns of each row save against the next one, and the walks to that."""
        far, none = np.zeros(len(costs.weight)), np.zeros(0, dtype=np.int64)
        demand, column, value = [none], [none], [np.zeros(0)]
        count = np.minimum(kept, self.columns - 1)
        for size in np.unique(count):
            rows = np.flatnonzero(count == size)
            for some in np.array_split(rows, -(-len(rows) // ROWS_AT_ONCE)):
                # From the nearest on, ties by column, which is the order of a table of values.
                minutes, row = self.minutes[some], self.row[some]
                near = np.argpartition(minutes, size, axis=1)[:, : size + 1]
                far[row] = np.take_along_axis(minutes, near[:, size:], axis=1)[:, 0] * costs.weight[row]
                near = np.sort(near[:, :size], axis=1)
                walked = np.take_along_axis(minutes, near, axis=1)
                order = np.argsort(walked, axis=1, kind="stable")
                walked = np.take_along_axis(walked, order, axis=1)
                demand.append(np.repeat(row, size))
                column.append(self.column[some[:, None], np.take_along_axis(near, order, axis=1)].ravel())
                value.append((far[row][:, None] - costs.weight[row][:, None] * walked).ravel())
        rows, columns, values = (np.concatenate(demand), np.concatenate(column), np.concatenate(value))
        return build_value_table(rows, columns, values, (len(costs.weight), costs.columns)), far


def _complete_table(costs: TravelCosts, usable: NDArray[np.bool_]) -> _CompleteTable | None:
    """Return the walks as a table; None if they are few, or a row lacks a column that others have."""
    if len(costs.demand) < MANY_WALKS or not usable.any():
        return None
    demand, column, minutes = costs.demand, costs.column, costs.minutes
    if not usable.all():
        walk = np.flatnonzero(usable[column])
        demand, column, minutes = demand[walk], column[walk], minutes[walk]
    every = np.bincount(costs.demand, minlength=len(costs.weight)) > 0
    count, row = np.bincount(demand, minlength=len(costs.weight)), np.flatnonzero(every)
    if (count[row] != usable.sum()).any():
        return None
    if not ((np.diff(demand) > 0) | ((np.diff(demand) == 0) & (np.diff(column) > 0))).all():
        order = np.lexsort((column, demand))
        column, minutes = column[order], minutes[order]
    return _CompleteTable(row, column.reshape(len(row), -1), minutes.reshape(len(row), -1))


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
    # Of millions of walks, none need be looked at where nothing is open.
    chosen = np.flatnonzero(is_open[costs.column]) if len(columns) else np.zeros(0, dtype=np.int64)
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
    uses=("sites", "cost", "budget"),
)
