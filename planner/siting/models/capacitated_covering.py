"""Capacitated covering: the sites that serve the most people, where each has room for so many households."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack, vstack

from planner.network.walk import FloatArray, IndexArray
from planner.siting.argument_checks import check_not_negative, check_shape, raise_issues
from planner.siting.problem import CoverageMatrix, SelectionConstraints, coverage_pairs
from planner.siting.solution import Solution, status_of
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.greedy_kernels import SelectionLimits
from planner.siting.solvers.location_bnb import solve_weighted_assignment
from planner.siting.solvers.mip import MixedIntegerProgram, solve
from planner.siting.solvers.precompile import start_deadline
from planner.siting.solvers.selection_rows import selection_rows
from planner.siting.solvers.value_tables import best_open_column, build_value_table

FIRST_SHARE = 0.2
"""How much of the time the search for a first choice may take."""


@dataclass(frozen=True, slots=True, eq=False)
class Allocation:
    """An answer, and which share of each demand row goes where.

    Attributes
    ----------
    answer
        The objective counts people with a place. `served_by` is where the largest share of each row goes.
    demand, column, share
        One entry a row and a column that serves a part of it, shape (entries,); those of a row add up to at most
        1.
    used
        Households at each column, shape (columns,).
    """

    answer: Solution
    demand: IndexArray
    column: IndexArray
    share: FloatArray
    used: FloatArray


def capacitated_covering(
    covering: CoverageMatrix,
    choice: SelectionConstraints,
    *,
    households: FloatArray,
    capacity: FloatArray,
    seconds: float,
    seed: int = 0,
) -> Allocation:
    r"""Choose the sites that serve the most people within their capacities.

    .. math:: \max \sum_{ij} a_i x_{ij} \quad
              \sum_j x_{ij} \le 1,\ \sum_i h_i x_{ij} \le k_j y_j,\ 0 \le x_{ij} \le y_j

    Households of a row may go to different sites. With a floor area of :math:`m` m² and a rule of :math:`r` m² a
    household, :math:`k = m / r`.

    Parameters
    ----------
    covering
        Who is served by what, and people.
    choice
        What may be chosen; fixed columns serve within their capacities too.
    households
        Of each demand row, shape (demand,). A row without households takes no room.
    capacity
        Households that each column has room for, shape (columns,).
    seconds
        How long to search.
    seed
        Of the first choice.

    Returns
    -------
    allocation
        The answer, and who goes where: the best allocation to the chosen sites.

    Raises
    ------
    SitingError
        Households or capacities are negative, none at all, or not as many as rows or columns.

    References
    ----------
    .. [1] Current, J. R., Storbeck, J. E. (1988). Capacitated covering models. Environment and Planning B 15.

    Examples
    --------
    >>> covers = csr_array(np.array([[1, 1], [1, 0]], dtype=bool))
    >>> found = capacitated_covering(
    ...     CoverageMatrix(covers, np.array([30.0, 30.0])), SelectionConstraints(sites=1),
    ...     households=np.array([10.0, 10.0]), capacity=np.array([15.0, 99.0]), seconds=5)
    >>> found.answer.sites, found.answer.objective
    ((0,), 45.0)
    """
    rows, columns = covering.covers.shape
    raise_issues(
        check_shape("households", households, rows),
        check_not_negative("households", households),
        check_shape("capacity", capacity, columns),
        check_not_negative("capacity", capacity),
    )
    clock = start_deadline(seconds)
    room, fixed = choice.room(columns), choice.fixed_columns()
    row, column = coverage_pairs(covering.covers)
    counts = covering.weight[row] > 0
    reachable = np.bincount(row, minlength=rows) > 0
    flows = _Flows(row[counts], column[counts], covering.weight, households, capacity)
    values = build_value_table(flows.row, flows.column, covering.weight[flows.row], (rows, columns))
    sketch = solve_weighted_assignment(
        values, room, fixed=fixed, clock=clock.at_most(clock.left * FIRST_SHARE), seed=seed
    )
    first = sketch.chosen
    best, share = first, flows.best_share(np.concatenate([fixed, first]))
    solved = solve(_programme(flows, room, fixed), clock, start=_start(flows, fixed, first, share))
    if solved.x is not None:
        opened = np.setdiff1d(np.flatnonzero(solved.x[:columns] > 0.5), fixed)  # noqa: PLR2004 -- binary
        other = flows.best_share(np.concatenate([fixed, opened]))
        if flows.served(other) > flows.served(share):
            best, share = opened, other
    objective = flows.served(share)
    # Without capacities more could be served: that bound holds too.
    without_limits = float(best_open_column(values, fixed)[0].sum()) + sketch.bound
    bound = max(objective, min(-solved.bound, without_limits))
    status = status_of(objective, bound)
    used = np.bincount(flows.column, weights=share * households[flows.row], minlength=columns).astype(np.float64)
    some = share > 0
    return Allocation(
        Solution(
            model="capacitated_covering",
            sense="most",
            sites=tuple(int(site) for site in np.sort(best)),
            added=(),
            objective=objective,
            before=flows.served(flows.best_share(fixed)),
            bound=objective if status == "proven" else bound,
            status=status,
            seconds=clock.seconds,
            seed=seed,
            served_by=flows.mostly(share),
            unservable=np.flatnonzero((covering.weight > 0) & ~reachable),
        ),
        flows.row[some],
        flows.column[some],
        share[some],
        used,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Flows:
    """Who may go where."""

    row: IndexArray
    column: IndexArray
    people: FloatArray
    households: FloatArray
    capacity: FloatArray

    def served(self, share: FloatArray) -> float:
        return float((self.people[self.row] * share).sum())

    def rows_and_rooms(self, flows: NDArray[np.bool_]) -> tuple[csr_array, csr_array]:
        """Return the matrices of shares by row and of households by column, for some of the flows."""
        place, here = np.arange(int(flows.sum())), self.row[flows]
        one = np.ones(len(place))
        shares = csr_array((one, (here, place)), shape=(len(self.people), len(place)))
        rooms = csr_array(
            (self.households[here], (self.column[flows], place)), shape=(len(self.capacity), len(place))
        )
        return shares, rooms

    def best_share(self, columns: IndexArray) -> FloatArray:
        """Return the shares that serve the most people by these columns: a linear programme, solved to its end."""
        flows = np.isin(self.column, columns)
        share = np.zeros(len(self.row))
        if not flows.any():
            return share
        by_row, by_column = self.rows_and_rooms(flows)
        count = int(flows.sum())
        solved = solve(
            MixedIntegerProgram(
                -self.people[self.row[flows]],
                vstack([by_row, by_column], format="csr"),
                np.full(len(self.people) + len(self.capacity), -np.inf),
                np.concatenate([np.ones(len(self.people)), self.capacity]),
                np.zeros(count),
                np.ones(count),
                np.zeros(count, dtype=bool),
            ),
            Deadline(np.inf),
        )
        if solved.x is not None:
            share[flows] = np.where(solved.x > SOLVERS_ZERO, solved.x, 0.0)
        return share

    def mostly(self, share: FloatArray) -> IndexArray:
        """Return where the largest share of each row goes, the lowest column of equals, -1: nowhere."""
        by = np.full(len(self.people), -1, dtype=np.int64)
        order = np.lexsort((self.column, -share, self.row))
        order = order[share[order] > 0]
        row, first = np.unique(self.row[order], return_index=True)
        by[row] = self.column[order[first]]
        return by


SOLVERS_ZERO = 1e-9


def _programme(flows: _Flows, room: SelectionLimits, fixed: IndexArray) -> MixedIntegerProgram:
    columns, count = len(flows.capacity), len(flows.row)
    by_row, by_column = flows.rows_and_rooms(np.ones(count, dtype=bool))
    place = np.arange(count)
    one = np.ones(count)
    limits, most = selection_rows(room, fixed)
    only_if_open = hstack(
        [
            csr_array((-one, (place, flows.column)), shape=(count, columns)),
            csr_array((one, (place, place)), shape=(count, count)),
        ]
    )
    capacity = csr_array((-flows.capacity, (np.arange(columns), np.arange(columns))), shape=(columns, columns))
    matrix = vstack(
        [
            hstack([limits, csr_array((len(most), count))]),
            hstack([csr_array((len(flows.people), columns)), by_row]),
            hstack([capacity, by_column]),
            only_if_open,
        ],
        format="csr",
    )
    upper = np.concatenate([most, np.ones(len(flows.people)), np.zeros(columns), np.zeros(count)])
    lower = np.zeros(columns + count)
    lower[fixed] = 1.0
    return MixedIntegerProgram(
        np.concatenate([np.zeros(columns), -flows.people[flows.row]]),
        matrix,
        np.full(len(upper), -np.inf),
        upper,
        lower,
        np.ones(columns + count),
        np.concatenate([np.ones(columns, dtype=bool), np.zeros(count, dtype=bool)]),
    )


def _start(flows: _Flows, fixed: IndexArray, chosen: IndexArray, share: FloatArray) -> FloatArray:
    opened = np.zeros(len(flows.capacity))
    opened[fixed], opened[chosen] = 1.0, 1.0
    return np.concatenate([opened, share])
