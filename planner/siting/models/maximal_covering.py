"""Maximal covering: the sites that serve the most people; with full, gradual, or several kinds of service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, vstack

from planner.network.walk import FloatArray, IndexArray
from planner.siting.argument_checks import check_not_negative, raise_issues, siting_error
from planner.siting.problem import CoverageMatrix, SelectionConstraints, TravelCosts, coverage_pairs
from planner.siting.solution import Solution, status_of
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.greedy_kernels import ValueTable, order_by_gain
from planner.siting.solvers.location_bnb import solve_weighted_assignment
from planner.siting.solvers.precompile import start_deadline
from planner.siting.solvers.value_tables import (
    best_open_column,
    build_value_table,
    entry_rows,
    select_columns,
    table_shape,
)


def maximal_covering(
    covering: CoverageMatrix,
    choice: SelectionConstraints,
    *,
    seconds: float,
    seed: int = 0,
    starts: Sequence[IndexArray] = (),
) -> Solution:
    r"""Choose the sites that serve the most people (MCLP).

    .. math:: \max \sum_i a_i x_i \quad x_i \le \sum_{j \in N_i} y_j,\ \sum_j y_j \le p,\ y_j \in \{0, 1\}

    Parameters
    ----------
    covering
        Who is served by what.
    choice
        What may be chosen: sites, money, or both.
    seconds
        How long to search.
    seed
        Of the random numbers.
    starts
        Choices to begin with, columns.

    Returns
    -------
    answer
        The objective counts everyone served, by fixed columns too. Sites that would add nothing are not chosen.

    Raises
    ------
    SitingError
        The question does not fit together.

    References
    ----------
    .. [1] Church, R., ReVelle, C. (1974). The maximal covering location problem. Papers in Regional Science 32.

    Examples
    --------
    >>> covers = csr_array(np.array([[1, 0, 1], [1, 0, 0], [0, 1, 1]], dtype=bool))
    >>> coverage = CoverageMatrix(covers, np.array([5.0, 2.0, 4.0]))
    >>> best = maximal_covering(coverage, SelectionConstraints(sites=1), seconds=5)
    >>> best.sites, best.objective, best.bound, best.status
    ((2,), 9.0, 9.0, 'proven')
    """
    clock = start_deadline(seconds)
    row, column = coverage_pairs(covering.covers)
    values = build_value_table(row, column, covering.weight[row], covering.covers.shape)
    return solve_covering("maximal_covering", values, covering.weight, choice, clock, seed=seed, starts=starts)


def gradual_covering(
    reach: TravelCosts,
    choice: SelectionConstraints,
    *,
    full_min: float,
    none_min: float,
    seconds: float,
    seed: int = 0,
) -> Solution:
    r"""Choose the sites that serve the most people, where service fades with the walk.

    Someone counts in full up to `full_min` minutes, and less and less from there to `none_min`:

    .. math:: f(t) = 1,\ \frac{t_\text{none} - t}{t_\text{none} - t_\text{full}},\ 0

    The nearest open column counts. With both limits equal this is maximal covering.

    Parameters
    ----------
    reach
        How long the walks are.
    choice
        What may be chosen.
    full_min, none_min
        Minutes, inclusive.
    seconds, seed
        As in `maximal_covering`.

    Returns
    -------
    answer
        The objective counts people, those between the limits in part.

    Raises
    ------
    SitingError
        `none_min` is before `full_min`, or the question does not fit together.

    References
    ----------
    .. [1] Berman, O., Krass, D., Drezner, Z. (2003). The gradual covering decay location problem on a network.
           European Journal of Operational Research 151.

    Examples
    --------
    >>> reach = TravelCosts.of_table(np.array([[4.0, 8.0], [20.0, 10.0]]), np.array([10.0, 10.0]))
    >>> gradual_covering(reach, SelectionConstraints(sites=1), full_min=5, none_min=15, seconds=5).objective
    12.0
    """
    raise_issues(check_not_negative("full_min", full_min), check_not_negative("none_min", none_min))
    if none_min < full_min:
        raise siting_error("siting_limits_crossed", full_min=full_min, none_min=none_min)
    clock = start_deadline(seconds)
    shape = (len(reach.weight), reach.columns)
    if none_min == full_min:
        row, column = coverage_pairs(reach.within(full_min).covers)
        values = build_value_table(row, column, reach.weight[row], shape)
    else:
        share = np.clip((none_min - reach.minutes) / (none_min - full_min), 0.0, 1.0)
        values = build_value_table(reach.demand, reach.column, reach.weight[reach.demand] * share, shape)
    return solve_covering("gradual_covering", values, reach.weight, choice, clock, seed=seed)


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """One kind of demand: residents, those 65 and older, workers in offices.

    Attributes
    ----------
    name
        What it is called.
    covering
        Who is served by what, by this kind's own limit; the columns are the same for all kinds.
    importance
        What one of them counts.
    """

    name: str
    covering: CoverageMatrix
    importance: float = 1.0


def covering_of_kinds(kinds: Sequence[Kind]) -> CoverageMatrix:
    """Return all kinds of demand under one another, each with its importance.

    Examples
    --------
    >>> covers = csr_array(np.array([[True, False]]))
    >>> everyone, old = CoverageMatrix(covers, np.array([9.0])), CoverageMatrix(covers, np.array([2.0]))
    >>> covering_of_kinds([Kind("all", everyone), Kind("65 and older", old, importance=3.0)]).weight
    array([9., 6.])
    """
    return CoverageMatrix(
        csr_array(vstack([kind.covering.covers for kind in kinds], format="csr")),
        np.concatenate([kind.covering.weight * kind.importance for kind in kinds]),
    )


def served_of_kinds(kinds: Sequence[Kind], answer: Solution) -> dict[str, float]:
    """Return how many of each kind an answer to `covering_of_kinds` serves, without their importance."""
    served, begin = {}, 0
    for kind in kinds:
        here = answer.served_by[begin : begin + len(kind.covering.weight)] >= 0
        served[kind.name] = float(kind.covering.weight[here].sum())
        begin += len(here)
    return served


def solve_covering(
    model: str,
    values: ValueTable,
    weight: FloatArray,
    choice: SelectionConstraints,
    clock: Deadline,
    *,
    seed: int,
    starts: Sequence[IndexArray] = (),
) -> Solution:
    """Answer a question whose rows each count what their best open column is worth to them."""
    room, fixed = choice.room(table_shape(values)[1]), choice.fixed_columns()
    found = solve_weighted_assignment(values, room, fixed=fixed, clock=clock, seed=seed, starts=starts)
    before, _ = best_open_column(values, fixed)
    # Sums are taken anew over the rows as they were given: they do not depend on how rows were merged.
    order, added = rank_by_gain(values, found.chosen, before)
    objective, by = best_open_column(values, np.concatenate([fixed, order]))
    total = float(objective.sum())
    bound = total if found.is_finished else max(total, float(before.sum()) + found.bound)
    served = np.zeros(table_shape(values)[0], dtype=bool)
    served[entry_rows(values)] = True
    return Solution(
        model=model,
        sense="most",
        sites=tuple(int(site) for site in order),
        added=tuple(float(gain) for gain in added),
        objective=total,
        before=float(before.sum()),
        bound=bound,
        status=status_of(total, bound),
        seconds=clock.seconds,
        seed=seed,
        served_by=by,
        unservable=np.flatnonzero(~served & (weight > 0)),
        greedy=float(before.sum()) + found.greedy,
    )


def rank_by_gain(values: ValueTable, columns: IndexArray, before: FloatArray) -> tuple[IndexArray, FloatArray]:
    """Order columns by what each adds to those before it, and leave out those that add nothing."""
    columns = np.sort(columns)
    order, added = order_by_gain(select_columns(values, columns), before)
    return columns[order], added
