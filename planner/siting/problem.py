"""What a siting question consists of: who is served by what, and what may be chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from planner.messages.errors import Issue
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
    """Who is served by what, and how much that counts.

    Attributes
    ----------
    covers
        Which column (an existing centre or a candidate) serves which demand row, shape (demand, columns), boolean.
    weight
        What each row counts, people as a rule, shape (demand,); not negative.
    """

    covers: csr_array
    weight: FloatArray

    def __post_init__(self) -> None:
        """Refuse shapes that do not fit, and negative weights."""
        raise_issues(
            check_shape("weight", self.weight, self.covers.shape[0]), check_not_negative("weight", self.weight)
        )


@dataclass(frozen=True, slots=True, eq=False)
class TravelCosts:
    """How long the walks are; a pair that is not listed has none.

    Attributes
    ----------
    demand, column, minutes
        One entry a walk, shape (walks,); at most one for each demand row and column.
    weight
        What each demand row counts, shape (demand,); not negative.
    columns
        How many columns there are.

    Examples
    --------
    >>> reach = TravelCosts.of_table(np.array([[3.0, np.inf], [9.0, 4.0]]), np.array([10.0, 20.0]))
    >>> reach.within(5.0).covers.toarray()
    array([[ True, False],
           [False,  True]])
    """

    demand: IndexArray
    column: IndexArray
    minutes: FloatArray
    weight: FloatArray
    columns: int

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
    def of_table(cls, minutes: NDArray[np.float64], weight: FloatArray) -> TravelCosts:
        """Return the walks of a table, shape (demand, columns), in which `inf` says that there is none."""
        demand, column = np.nonzero(np.isfinite(minutes))
        return cls(demand, column, minutes[demand, column], weight, minutes.shape[1])

    def within(self, limit_min: float) -> CoverageMatrix:
        """Return who is served within a limit, minutes, inclusive."""
        served = is_within(self.minutes, limit_min)
        return CoverageMatrix(
            coverage_from_pairs(self.demand[served], self.column[served], (len(self.weight), self.columns)),
            self.weight,
        )


@dataclass(frozen=True, slots=True, eq=False)
class SelectionConstraints:
    """What may be chosen.

    Attributes
    ----------
    sites
        New sites at most.
    cost, budget
        What each column costs, shape (columns,), and what all new sites may cost together.
    fixed
        Columns that are open in any case: existing centres. They count neither as sites nor as cost. An existing
        centre that may be closed is not fixed: it is a column to choose, with what keeping it costs.
    exclusive
        Columns with the same number exclude each other (a centre as it is, upgraded, or moved), shape (columns,);
        negative: none excludes it.
    kind, sites_of_kind
        To which kind each column belongs, shape (columns,), and how many new sites of each kind at most;
        instead of `sites`.
    """

    sites: int | None = None
    cost: FloatArray | None = None
    budget: float | None = None
    fixed: Sequence[int] | IndexArray = ()
    exclusive: IndexArray | None = None
    kind: IndexArray | None = None
    sites_of_kind: tuple[int, ...] | None = None

    def room(self, columns: int) -> SelectionLimits:
        """Return the choice among so many columns, in the form that kernels read.

        Raises
        ------
        SitingError
            Neither sites nor money are limited, or a part does not fit the columns or cannot be meant.
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
        """Return the columns that are open in any case, ascending."""
        return np.unique(np.asarray(self.fixed, dtype=np.int64))

    def issues(self, columns: int) -> Iterator[Issue]:
        """Yield what of the choice does not fit so many columns, or cannot be meant."""
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
    """Yield what is wrong with the cost of columns."""
    yield from check_shape("cost", cost, columns)
    yield from check_not_negative("cost", cost)


def coverage_from_pairs(demand: IndexArray, column: IndexArray, shape: tuple[int, int]) -> csr_array:
    """Return the matrix of who is served by what, from pairs."""
    covers = csr_array((np.ones(len(demand), dtype=bool), (demand, column)), shape=shape)
    covers.sort_indices()
    return covers


def coverage_pairs(covers: csr_array) -> tuple[IndexArray, IndexArray]:
    """Return the demand row and the column of every pair, by row, then column."""
    covers = csr_array(covers, copy=True)
    covers.sum_duplicates()
    covers.eliminate_zeros()
    covers.sort_indices()
    row = np.repeat(np.arange(covers.shape[0]), np.diff(covers.indptr))
    return row.astype(np.int64), covers.indices.astype(np.int64)
