"""What a siting question consists of: who is served by what, and what may be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from planner.errors import Breach, SitingError
from planner.siting.solving.search_kernels import Room
from planner.walking.walk import FloatArray, IndexArray, is_within

NAMED = "siting"
"""What an error calls a question that was put by itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Covering:
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
        _check([_of_length("weight", self.weight, self.covers.shape[0]), _not_negative("weight", self.weight)])


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
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
    >>> reach = Reach.of_table(np.array([[3.0, np.inf], [9.0, 4.0]]), np.array([10.0, 20.0]))
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
        _check(
            [
                _of_length("column", self.column, walks),
                _of_length("minutes", self.minutes, walks),
                _not_negative("weight", self.weight),
                _not_negative("minutes", self.minutes),
            ]
        )

    @classmethod
    def of_table(cls, minutes: NDArray[np.float64], weight: FloatArray) -> Reach:
        """Return the walks of a table, shape (demand, columns), in which `inf` says that there is none."""
        demand, column = np.nonzero(np.isfinite(minutes))
        return cls(demand, column, minutes[demand, column], weight, minutes.shape[1])

    def within(self, limit_min: float) -> Covering:
        """Return who is served within a limit, minutes, inclusive."""
        served = is_within(self.minutes, limit_min)
        return Covering(
            covers_of(self.demand[served], self.column[served], (len(self.weight), self.columns)), self.weight
        )


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
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

    def room(self, columns: int) -> Room:
        """Return the choice among so many columns, in the form that kernels read.

        Raises
        ------
        SitingError
            Neither sites nor money are limited, or a part does not fit the columns.
        """
        self._check(columns)
        cost = np.zeros(columns) if self.cost is None else np.asarray(self.cost, dtype=np.float64)
        own = -1 - np.arange(columns)
        group = own if self.exclusive is None else np.where(self.exclusive >= 0, self.exclusive, own)
        kind = np.zeros(columns, dtype=np.int64) if self.kind is None else self.kind.astype(np.int64)
        most = self.sites_of_kind or (columns if self.sites is None else self.sites,)
        return Room(
            cost,
            np.unique(group, return_inverse=True)[1].astype(np.int64),
            kind,
            np.array(most, dtype=np.int64),
            np.inf if self.budget is None else float(self.budget),
        )

    def fixed_columns(self) -> IndexArray:
        """Return the columns that are open in any case, ascending."""
        return np.unique(np.asarray(self.fixed, dtype=np.int64))

    def _check(self, columns: int) -> None:
        breaches: list[Breach | None] = []
        if self.sites is None and self.budget is None and self.sites_of_kind is None:
            breaches.append(Breach("siting_no_limit"))
        if (self.budget is not None and self.cost is None) or (self.sites_of_kind is None) != (self.kind is None):
            breaches.append(Breach("siting_half_a_limit"))
        if self.sites is not None and self.sites_of_kind is not None:
            breaches.append(Breach("siting_half_a_limit"))
        for name, part in (("cost", self.cost), ("exclusive", self.exclusive), ("kind", self.kind)):
            if part is not None:
                breaches += [_of_length(name, part, columns)]
        numbers: tuple[tuple[str, object], ...] = (
            ("sites", self.sites),
            ("cost", self.cost),
            ("budget", self.budget),
        )
        for name, number in numbers:
            if number is not None:
                breaches += [_not_negative(name, np.atleast_1d(np.asarray(number, dtype=np.float64)))]
        fixed = np.asarray(self.fixed, dtype=np.int64)
        if len(fixed) and (fixed.min() < 0 or fixed.max() >= columns):
            breaches.append(
                Breach("siting_shape", {"part": "fixed", "found": int(fixed.max()), "expected": columns})
            )
        _check(breaches)


def covers_of(demand: IndexArray, column: IndexArray, shape: tuple[int, int]) -> csr_array:
    """Return the matrix of who is served by what, from pairs."""
    covers = csr_array((np.ones(len(demand), dtype=bool), (demand, column)), shape=shape)
    covers.sort_indices()
    return covers


def pairs_of(covers: csr_array) -> tuple[IndexArray, IndexArray]:
    """Return the demand row and the column of every pair, by row, then column."""
    covers = csr_array(covers, copy=True)
    covers.sum_duplicates()
    covers.eliminate_zeros()
    covers.sort_indices()
    row = np.repeat(np.arange(covers.shape[0]), np.diff(covers.indptr))
    return row.astype(np.int64), covers.indices.astype(np.int64)


def refuse(key: str, **values: object) -> SitingError:
    """Return the error that a question cannot be answered as it is put."""
    return SitingError(NAMED, [Breach(key, values)])  # the callers' keys are checked by a test of their own


def _of_length(part: str, found: np.ndarray, expected: int) -> Breach | None:
    if len(found) == expected:
        return None
    return Breach("siting_shape", {"part": part, "found": len(found), "expected": expected})


def _not_negative(part: str, found: np.ndarray) -> Breach | None:
    if not len(found) or (np.isfinite(found).all() and found.min() >= 0):
        return None
    return Breach("siting_negative", {"part": part})


def _check(breaches: Sequence[Breach | None]) -> None:
    found = [breach for breach in breaches if breach is not None]
    if found:
        raise SitingError(NAMED, found)
