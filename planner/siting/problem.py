"""Parts of a location problem: coverage, walking times, constraints on the selection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from planner.config.sections.siting import SitingSettings as Settings
from planner.messages.errors import Issue, SitingError
from planner.network.walk import FloatArray, IndexArray, is_within
from planner.siting.argument_checks import (
    check_not_negative,
    check_positions,
    check_shape,
    check_whole,
    raise_issues,
)
from planner.siting.solvers.greedy_kernels import SelectionLimits


@dataclass(frozen=True, slots=True, eq=False)
class CoverageMatrix:
    """Coverage of demand rows by columns (existing centres and candidates)."""

    matrix: csr_array
    """True where the column serves the row, shape (demand, columns), boolean."""
    weight: FloatArray
    """Weight of each row, usually people, shape (demand,); not negative."""

    def __post_init__(self) -> None:
        """Refuse shapes that do not fit, and negative weights."""
        raise_issues(
            check_shape("weight", self.weight, self.matrix.shape[0]), check_not_negative("weight", self.weight)
        )


@dataclass(frozen=True, slots=True, eq=False)
class TravelCosts:
    """Walking times as a list of origin-destination pairs; a pair that is not listed has no walk.

    Examples
    --------
    >>> costs = TravelCosts.from_table(np.array([[3.0, np.inf], [9.0, 4.0]]), np.array([10.0, 20.0]))
    >>> costs.within(5.0).matrix.toarray()
    array([[ True, False],
           [False,  True]])
    """

    demand: IndexArray
    column: IndexArray
    minutes: FloatArray
    """`demand`, `column`, `minutes`: One entry a walk, shape (walks,); at most one for each demand row and
    column."""
    weight: FloatArray
    """Weight of each demand row, shape (demand,); not negative."""
    columns: int
    """Number of columns."""

    def __post_init__(self) -> None:
        """Refuse shapes that do not fit, and negative weights and minutes."""
        walks = len(self.demand)
        raise_issues(
            check_shape("column", self.column, walks),
            check_shape("minutes", self.minutes, walks),
            check_shape("weight", self.weight, len(self.weight)),
            check_not_negative("weight", self.weight),
            check_not_negative("minutes", self.minutes),
            check_positions("demand", self.demand, len(self.weight)),
            check_positions("column", self.column, self.columns),
        )

    @classmethod
    def from_table(cls, minutes: NDArray[np.float64], weight: FloatArray) -> TravelCosts:
        """Return the walks of a table, shape (demand, columns), in which `inf` means no walk."""
        demand, column = np.nonzero(np.isfinite(minutes))
        return cls(demand, column, minutes[demand, column], weight, minutes.shape[1])

    def within(self, limit_min: float) -> CoverageMatrix:
        """Return the coverage within a limit, minutes, inclusive."""
        served = is_within(self.minutes, limit_min)
        return CoverageMatrix(
            coverage_from_pairs(self.demand[served], self.column[served], (len(self.weight), self.columns)),
            self.weight,
        )


@dataclass(frozen=True, slots=True, eq=False)
class SelectionConstraints:
    """Constraints on the selection of columns."""

    sites: int | None = None
    """Maximum number of new sites."""
    cost: FloatArray | None = None
    budget: float | None = None
    """`cost`, `budget`: Cost of each column, shape (columns,), and the maximum cost of all new sites."""
    fixed: Sequence[int] | IndexArray = ()
    """Columns that are always open: existing centres. They count neither as sites nor as cost. An existing centre
    that may be closed is not fixed: it is a column to choose, at the cost of keeping it."""
    exclusive: IndexArray | None = None
    """Columns with the same number exclude each other (a centre as it is, upgraded, or moved), shape (columns,);
    negative: none excludes it."""
    kind: IndexArray | None = None
    sites_of_kind: tuple[int, ...] | None = None
    """`kind`, `sites_of_kind`: Kind of each column, shape (columns,), and the maximum number of new sites of each;
    instead of `sites`."""

    def limits(self, columns: int) -> SelectionLimits:
        """Return the limits of a selection among `columns` columns, in the form that kernels read.

        Raises
        ------
        SitingError
            Neither sites nor cost are limited, or a part does not fit the columns.
        """
        raise_issues(self.issues(columns))
        cost = np.zeros(columns) if self.cost is None else np.asarray(self.cost, dtype=np.float64)
        own = -1 - np.arange(columns)
        group = own if self.exclusive is None else np.where(self.exclusive >= 0, self.exclusive, own)
        kind = np.zeros(columns, dtype=np.int64) if self.kind is None else self.kind.astype(np.int64)
        most = self.sites_of_kind or (columns if self.sites is None else self.sites,)
        return SelectionLimits(
            cost,
            np.unique(group, return_inverse=True)[1].astype(np.int64),
            kind,
            np.array(most, dtype=np.int64),
            np.inf if self.budget is None else float(self.budget),
        )

    def fixed_columns(self) -> IndexArray:
        """Return the fixed columns, ascending."""
        return np.unique(np.asarray(self.fixed, dtype=np.int64))

    def issues(self, columns: int) -> Iterator[Issue]:
        """Yield an issue for every part that does not fit `columns` columns."""
        if self.sites is None and self.budget is None and self.sites_of_kind is None:
            yield Issue("siting_no_limit")
        half_money = self.budget is not None and self.cost is None
        half_kinds = (self.sites_of_kind is None) != (self.kind is None)
        twice = self.sites is not None and self.sites_of_kind is not None
        if half_money or half_kinds or twice:
            yield Issue("siting_half_a_limit")
        if self.cost is not None:
            yield from cost_issues(self.cost, columns)
        if self.budget is not None:
            yield from check_not_negative("budget", self.budget)
        if self.sites is not None:
            yield from check_whole("sites", self.sites)
        if self.exclusive is not None:
            yield from check_shape("exclusive", self.exclusive, columns)
            yield from check_whole("exclusive", np.maximum(self.exclusive, 0))
        if self.kind is not None and self.sites_of_kind is not None:
            yield from check_shape("kind", self.kind, columns)
            yield from check_whole("sites_of_kind", self.sites_of_kind)
            yield from check_positions("kind", self.kind, len(self.sites_of_kind))
        yield from check_positions("fixed", self.fixed, columns)


def cost_issues(cost: FloatArray, columns: int) -> Iterator[Issue]:
    """Yield the issues of the cost of columns."""
    yield from check_shape("cost", cost, columns)
    yield from check_not_negative("cost", cost)


def coverage_from_pairs(demand: IndexArray, column: IndexArray, shape: tuple[int, int]) -> csr_array:
    """Return the coverage matrix from pairs of demand row and column."""
    matrix = csr_array((np.ones(len(demand), dtype=bool), (demand, column)), shape=shape)
    matrix.sort_indices()
    return matrix


def coverage_pairs(matrix: csr_array) -> tuple[IndexArray, IndexArray]:
    """Return the demand row and the column of every pair, by row, then column."""
    matrix = csr_array(matrix, copy=True)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    matrix.sort_indices()
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    return row.astype(np.int64), matrix.indices.astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class LocationProblem:
    """Siting problem of a study: all weighted demand, all centres, all candidates.

    Columns are the candidates, relocatable centres last, and then the centres that stay.
    """

    name: str
    """Name of the study's file, for errors."""
    costs: TravelCosts
    """Walking times, weighted."""
    limit_min: FloatArray
    """Limit of each demand row, minutes, shape (demand,)."""
    households: FloatArray
    """Households of each demand row; NaN if unknown, shape (demand,)."""
    kind: NDArray[np.object_]
    """Population group of each demand row, shape (demand,)."""
    constraints: SelectionConstraints
    """Constraints on the selection; the centres that stay are fixed."""
    area_m2: FloatArray
    """Floor area of each column; NaN if unknown, shape (columns,)."""
    tier: tuple[str, ...]
    """Tier of each centre that stays, shape (centres,)."""
    settings: Settings
    """`[siting]` of the study."""
    zero_coverage_min: float
    """Gradual covering: walking time at which coverage is zero, minutes."""

    @property
    def coverage(self) -> CoverageMatrix:
        """Coverage within the limit of each row."""
        return self.coverage_within(self.limit_min)

    def coverage_within(self, limit_min: FloatArray) -> CoverageMatrix:
        """Return the coverage within other limits, minutes, shape (demand,)."""
        inside = is_within(self.costs.minutes, limit_min[self.costs.demand])
        shape = (len(self.costs.weight), self.costs.columns)
        return CoverageMatrix(
            coverage_from_pairs(self.costs.demand[inside], self.costs.column[inside], shape), self.costs.weight
        )

    def refuse(self, key: str, **values: object) -> SitingError:
        """Return the error that the problem cannot be solved, with its reason."""
        return SitingError(self.name, [Issue(key, values)])
