"""Capacitated maximal covering: each site has a capacity in households."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack, vstack

from planner.network.walk import FloatArray, IndexArray
from planner.siting.argument_checks import check_not_negative, check_shape, raise_issues
from planner.siting.model_spec import ModelResult, ModelSpec
from planner.siting.problem import CoverageMatrix, LocationProblem, SelectionConstraints, coverage_pairs
from planner.siting.solution import Certificate, Solution
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.greedy_kernels import SelectionLimits
from planner.siting.solvers.location_bnb import solve_weighted_assignment, start_deadline
from planner.siting.solvers.mip import MixedIntegerProgram, selection_rows, solve
from planner.siting.solvers.value_tables import best_open_column, build_value_table

FIRST_SHARE = 0.2
"""How much of the time the search for a first choice may take."""


@dataclass(frozen=True, slots=True, eq=False)
class Allocation:
    """A solution with the share of each demand row served by each column."""

    solution: Solution
    """The objective counts people served; `served_by` is the column with the largest share of each row."""
    demand: IndexArray
    column: IndexArray
    share: FloatArray
    """`demand`, `column`, `share`: One entry a row and a column that serves a part of it, shape (entries,); at
    most 1 in total for a row."""
    used: FloatArray
    """Households served by each column, shape (columns,)."""


def capacitated_covering(
    coverage: CoverageMatrix,
    constraints: SelectionConstraints,
    *,
    households: FloatArray,
    capacity: FloatArray,
    time_limit_s: float,
    seed: int = 0,
) -> Allocation:
    r"""Maximise the people served within the capacities of the sites.

    .. math:: \max \sum_{ij} a_i x_{ij} \quad
              \sum_j x_{ij} \le 1,\ \sum_i h_i x_{ij} \le k_j y_j,\ 0 \le x_{ij} \le y_j

    Households of a row may go to different sites. With a floor area of :math:`m` m² and a rule of :math:`r` m² a
    household, :math:`k = m / r`.

    Parameters
    ----------
    coverage, constraints, time_limit_s, seed
        See `planner.siting.models`. Fixed columns serve within their capacities too.
    households
        Households of each demand row, shape (demand,). A row without households takes no capacity.
    capacity
        Capacity of each column, households, shape (columns,).

    Raises
    ------
    SitingError
        Households or capacities are negative, or not as many as rows or columns.

    References
    ----------
    .. [1] Current, J. R., Storbeck, J. E. (1988). Capacitated covering models. Environment and Planning B 15.

    Examples
    --------
    >>> matrix = csr_array(np.array([[1, 1], [1, 0]], dtype=bool))
    >>> found = capacitated_covering(
    ...     CoverageMatrix(matrix, np.array([30.0, 30.0])), SelectionConstraints(sites=1),
    ...     households=np.array([10.0, 10.0]), capacity=np.array([15.0, 99.0]), time_limit_s=5)
    >>> found.solution.sites, found.solution.objective
    ((0,), 45.0)
    """
    rows, columns = coverage.matrix.shape
    raise_issues(
        check_shape("households", households, rows),
        check_not_negative("households", households),
        check_shape("capacity", capacity, columns),
        check_not_negative("capacity", capacity),
    )
    deadline = start_deadline(time_limit_s)
    limits, fixed = constraints.limits(columns), constraints.fixed_columns()
    row, column = coverage_pairs(coverage.matrix)
    counts = coverage.weight[row] > 0
    flows = _Flows(row[counts], column[counts], coverage.weight, households, capacity)
    chosen, share, bound = _best_allocation(flows, limits, fixed, deadline, seed)
    certificate = Certificate.of(flows.served(share), bound)
    if certificate.status == "optimal":
        certificate = replace(certificate, bound=certificate.objective)
    used = np.bincount(flows.column, weights=share * households[flows.row], minlength=columns).astype(np.float64)
    some = share > 0
    solution = Solution.of(
        "capacitated_covering",
        "most",
        np.sort(chosen),
        certificate,
        before=flows.served(flows.best_share(fixed)),
        deadline=deadline,
        seed=seed,
        served_by=flows.mostly(share),
        weight=coverage.weight,
        reachable=np.bincount(row, minlength=rows) > 0,
    )
    return Allocation(solution, flows.row[some], flows.column[some], share[some], used)


@dataclass(frozen=True, slots=True, eq=False)
class _Flows:
    """Pairs of demand row and column between which people may be served."""

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
        """Return the column with the largest share of each row, the lowest of equals, -1 if none."""
        by = np.full(len(self.people), -1, dtype=np.int64)
        order = np.lexsort((self.column, -share, self.row))
        order = order[share[order] > 0]
        row, first = np.unique(self.row[order], return_index=True)
        by[row] = self.column[order[first]]
        return by


SOLVERS_ZERO = 1e-9


def _best_allocation(
    flows: _Flows, limits: SelectionLimits, fixed: IndexArray, deadline: Deadline, seed: int
) -> tuple[IndexArray, FloatArray, float]:
    """Return the chosen columns, the share of each flow, and the bound on the people served."""
    columns = len(flows.capacity)
    values = build_value_table(flows.row, flows.column, flows.people[flows.row], (len(flows.people), columns))
    first_deadline = deadline.capped_at(deadline.remaining_s * FIRST_SHARE)
    sketch = solve_weighted_assignment(values, limits, fixed=fixed, deadline=first_deadline, seed=seed)
    chosen, share = sketch.chosen, flows.best_share(np.concatenate([fixed, sketch.chosen]))
    solved = solve(_programme(flows, limits, fixed), deadline, start=_start(flows, fixed, chosen, share))
    if solved.x is not None:
        opened = np.setdiff1d(np.flatnonzero(solved.x[:columns] > 0.5), fixed)  # noqa: PLR2004 -- binary
        other = flows.best_share(np.concatenate([fixed, opened]))
        if flows.served(other) > flows.served(share):
            chosen, share = opened, other
    # Without capacities more people could be served: that bound holds too.
    without_limits = float(best_open_column(values, fixed)[0].sum()) + sketch.bound
    return chosen, share, max(flows.served(share), min(-solved.bound, without_limits))


def _programme(flows: _Flows, limits: SelectionLimits, fixed: IndexArray) -> MixedIntegerProgram:
    columns, count = len(flows.capacity), len(flows.row)
    by_row, by_column = flows.rows_and_rooms(np.ones(count, dtype=bool))
    place = np.arange(count)
    one = np.ones(count)
    rows_of_limits, most = selection_rows(limits, fixed)
    only_if_open = hstack(
        [
            csr_array((-one, (place, flows.column)), shape=(count, columns)),
            csr_array((one, (place, place)), shape=(count, count)),
        ]
    )
    capacity = csr_array((-flows.capacity, (np.arange(columns), np.arange(columns))), shape=(columns, columns))
    matrix = vstack(
        [
            hstack([rows_of_limits, csr_array((len(most), count))]),
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


def _solve(problem: LocationProblem, time_limit_s: float) -> ModelResult:
    a_household, area = problem.settings.m2_per_household, problem.area_m2
    if a_household is None:
        raise problem.refuse("siting_no_m2_per_household")
    if np.isnan(problem.households[problem.costs.weight > 0]).any():
        raise problem.refuse("siting_no_households")
    centres = problem.costs.columns - len(problem.tier)
    unknown = int(np.isnan(area[:centres]).sum())
    if unknown:
        raise problem.refuse("siting_no_area", count=unknown)
    allocation = capacitated_covering(
        problem.coverage,
        problem.constraints,
        households=np.nan_to_num(problem.households, nan=0.0),
        # A centre of unknown floor area has no capacity that could be relied on.
        capacity=np.nan_to_num(area, nan=0.0) / a_household,
        time_limit_s=time_limit_s,
        seed=problem.settings.seed,
    )
    no_area = float(np.isnan(area[centres:]).sum())
    return ModelResult(
        allocation.solution,
        figures={"households_used": float(allocation.used.sum()), "centres_no_area": no_area},
    )


SPEC = ModelSpec(
    "capacitated_covering",
    _solve,
    "max Σᵢⱼ aᵢ zᵢⱼ; Σⱼ zᵢⱼ ≤ 1; Σᵢ hᵢ zᵢⱼ ≤ Cⱼ yⱼ; Σⱼ yⱼ ≤ p",
    "Current, Storbeck 1988",
    uses=("sites", "cost", "budget", "minutes", "m2_per_household", "new_area_m2"),
)
