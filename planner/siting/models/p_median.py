"""The p-median: the sites to which people walk the least."""

from __future__ import annotations

import numpy as np

from planner.network.walk import FloatArray, IndexArray
from planner.siting.problem import SelectionConstraints, TravelCosts
from planner.siting.solution import Solution, status_of
from planner.siting.solvers.greedy_kernels import ValueTable
from planner.siting.solvers.location_bnb import solve_weighted_assignment
from planner.siting.solvers.precompile import start_deadline
from planner.siting.solvers.value_tables import best_open_column, build_value_table


def p_median(reach: TravelCosts, choice: SelectionConstraints, *, seconds: float, seed: int = 0) -> Solution:
    r"""Choose the sites to which all people together walk the least.

    .. math:: \min \sum_i a_i \min_{j:\, y_j = 1} t_{ij}

    Everyone whom any column can reach must be served. Rows that none can reach are listed as unservable, and are
    in no sum. The search is that for the greatest saving against a walk that is longer than all others.

    Parameters
    ----------
    reach
        How long the walks are.
    choice
        What may be chosen.
    seconds
        How long to search.
    seed
        Of the random numbers.

    Returns
    -------
    answer
        The objective is people × minutes. It is infeasible where no choice serves everyone whom some column can
        reach; the sites are then those that leave the fewest out, and `served_by` says who is left.

    Raises
    ------
    SitingError
        The question does not fit together.

    References
    ----------
    .. [1] Hakimi, S. L. (1964). Optimum locations of switching centers and the absolute centers and medians of a
           graph. Operations Research 12.
    .. [2] Teitz, M. B., Bart, P. (1968). Heuristic methods for estimating the generalized vertex median of a
           weighted graph. Operations Research 16.

    Examples
    --------
    >>> reach = TravelCosts.of_table(np.array([[0.0, 4.0], [4.0, 0.0], [9.0, 1.0]]), np.array([1.0, 1.0, 2.0]))
    >>> best = p_median(reach, SelectionConstraints(sites=1), seconds=5)
    >>> best.sites, best.objective, best.status
    ((1,), 6.0, 'proven')
    """
    clock = start_deadline(seconds)
    room, fixed = choice.room(reach.columns), choice.fixed_columns()
    usable = (room.cost <= room.budget) & (room.most[room.kind] > 0)
    usable[fixed] = True
    values, far = _savings(reach, usable)
    found = solve_weighted_assignment(values, room, fixed=fixed, clock=clock, seed=seed)
    chosen = found.chosen
    counts, reachable = reach.weight > 0, np.bincount(reach.demand, minlength=len(reach.weight)) > 0
    if not len(chosen) and not len(fixed) and usable.any() and (counts & reachable).any():
        # All columns are equally far from everyone, so that none saves anything: one is needed all the same.
        chosen = np.flatnonzero(usable)[:1]
    objective, by = _walked(reach, np.concatenate([fixed, chosen]))
    left_out = bool((counts & reachable & (by < 0)).any())
    total = np.inf if left_out else float(objective.sum())
    saved, _ = best_open_column(values, fixed)
    bound = float(far.sum()) - float(saved.sum()) - found.bound
    before, by_fixed = _walked(reach, fixed)
    infeasible = left_out and found.is_finished
    bound = total if found.is_finished else max(0.0, min(total, bound))
    return Solution(
        model="p_median",
        sense="least",
        sites=tuple(int(site) for site in np.sort(chosen)),
        added=(),
        objective=float("nan") if infeasible else total,
        before=float("nan") if (counts & reachable & (by_fixed < 0)).any() else float(before.sum()),
        bound=float("nan") if infeasible else bound,
        status="infeasible" if infeasible else status_of(total, bound) if np.isfinite(total) else "stopped",
        seconds=clock.seconds,
        seed=seed,
        served_by=by,
        unservable=np.flatnonzero(counts & ~reachable),
    )


def _savings(reach: TravelCosts, usable: np.ndarray) -> tuple[ValueTable, FloatArray]:
    """Return what each column saves each row against its farthest walk, and those walks, people × minutes.

    Where some walks are missing, not being served is worse than all walks together, so that a choice that serves
    more rows is always the better one.
    """
    rows = len(reach.weight)
    farthest = np.zeros(rows)
    np.maximum.at(farthest, reach.demand, reach.minutes)
    listed = np.bincount(reach.demand[usable[reach.column]], minlength=rows)
    reachable = np.bincount(reach.demand, minlength=rows) > 0
    far = np.where(reachable, farthest * reach.weight, 0.0)
    if (listed[reachable] < usable.sum()).any():
        far = np.where(reachable & (reach.weight > 0), far + float(far.sum()) + 1.0, 0.0)
    value = far[reach.demand] - reach.weight[reach.demand] * reach.minutes
    return build_value_table(reach.demand, reach.column, value, (rows, reach.columns)), far


def nearest_of(reach: TravelCosts, columns: IndexArray) -> tuple[FloatArray, IndexArray]:
    """Return each row's minutes to the nearest of `columns` (`inf`: none), and which, the lowest of equals."""
    is_open = np.zeros(reach.columns, dtype=bool)
    is_open[columns] = True
    chosen = np.flatnonzero(is_open[reach.column])
    row, column, minutes = reach.demand[chosen], reach.column[chosen], reach.minutes[chosen]
    order = np.lexsort((column, minutes, row))
    served, first = np.unique(row[order], return_index=True)
    nearest, by = np.full(len(reach.weight), np.inf), np.full(len(reach.weight), -1, dtype=np.int64)
    nearest[served], by[served] = minutes[order[first]], column[order[first]]
    return nearest, by


def _walked(reach: TravelCosts, columns: IndexArray) -> tuple[FloatArray, IndexArray]:
    """Return people × minutes of each row to the nearest of `columns`, 0 where there is none, and which."""
    minutes, by = nearest_of(reach, columns)
    return np.where(by >= 0, minutes, 0.0) * reach.weight, by
