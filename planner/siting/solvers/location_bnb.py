"""Exact branch and bound for location problems in which each demand point uses its best open site.

Maximal covering, gradual covering, several population groups, tiers and the p-median have this form; they differ
only in the value of a column to a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from planner.garbage import without_collections
from planner.network.walk import FloatArray, IndexArray
from planner.siting.argument_checks import check_not_negative, raise_issues
from planner.siting.solvers.bnb_kernels import EXPLORED, OPEN, build_tree, explore
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.greedy_kernels import (
    SelectionLimits,
    Served,
    ValueTable,
    greedy,
    interchange,
    nothing_open,
    open_what_fits,
    order_by_gain,
)
from planner.siting.solvers.lagrangian_kernels import (
    BEST_MONEY_PRICE,
    BOUND,
    FREE,
    IN,
    Prices,
    Target,
    begin_at,
    descend,
)
from planner.siting.solvers.value_tables import (
    best_open_column,
    build_value_table,
    columns_beside,
    merge_rows,
    select_columns,
    subtract_base,
    table_shape,
    undominated_columns,
)

TOLERANCE = 1e-9
"""A bound that is above the value by at most this share of it proves it: what is left is the arithmetic's."""

ROUNDS_BETWEEN_TRIES, MORE_ROUNDS, FIRST_TRIES, MOST_TRIES = 20, 1, 15, 2**62
"""Rounds of the bound from one choice that it suggests to the next, and by how much they grow; the first tries."""

PATIENCE = 30
FIRST_KICKS, LATER_KICKS = (0.25, 1e8), (1.0, 3e8)
"""How often a good choice is disturbed: for each column, and in all so that no more entries are read."""

LEAST_KICKED, MOST_KICKED = 2, 5
"""How many of its columns are exchanged at once."""

SMALLER = 0.8
"""A search is narrowed to the columns still undecided while that leaves at most this share of them."""

CHOICES, COMBINED_NODES = 10, 200
"""How many of the best choices are combined, and how many nodes the search among their columns goes through."""

MOST_NODES = 2**62

EXACT_SUM = 1e9
"""Bounds of whole numbers up to here are exact to far less than one."""


@dataclass(frozen=True, slots=True, eq=False)
class SearchResult:
    """What was found."""

    chosen: IndexArray
    """The columns, ascending, without the fixed ones."""
    value: float
    """What they add to the fixed ones."""
    bound: float
    """The most that any choice can add."""
    greedy: float
    """What greedy alone adds."""
    is_finished: bool
    """Whether the bound proves the value."""
    nodes: int
    """Of the tree."""


def solve_weighted_assignment(
    values: ValueTable,
    limits: SelectionLimits,
    *,
    fixed: IndexArray,
    deadline: Deadline,
    seed: int,
    starts: Sequence[IndexArray] = (),
) -> SearchResult:
    """Choose the columns that are worth the most to all rows together.

    Rows that choose alike are merged and dominated columns dropped; greedy and interchange find a good choice; a
    Lagrangian bound is lowered, which decides the fate of most columns; what is left is made smaller again, and
    goes through a tree of Lagrangian bounds. All of it is exact but for `TOLERANCE`.

    Parameters
    ----------
    values
        What each column is worth to each row.
    limits
        What a choice may hold. Fixed columns take no room.
    fixed
        Columns that are open in any case.
    deadline
        When to stop.
    seed
        Of the disturbances.
    starts
        Choices to begin with, beside greedy's.

    Returns
    -------
    found
        With a valid bound, whenever it was stopped.
    """
    base, _ = best_open_column(values, fixed)
    free = np.ones(table_shape(values)[1], dtype=bool)
    free[fixed] = False
    money = limits.budget * (1 + TOLERANCE)
    free &= (limits.cost <= money) & (limits.most[limits.kind] > 0)
    part = _part(subtract_base(values, base), limits._replace(budget=money), np.flatnonzero(free))
    search = _Search(part, deadline, _grain(part.values))
    greedy_value = search.begin(starts)
    search.lower_bound(FIRST_TRIES)
    search.kick(seed, FIRST_KICKS)
    search.combine()
    search.lower_bound()
    narrowed = True
    while narrowed and search.is_open:
        narrowed = search.narrow()
        search.lower_bound()
    if search.is_open:
        # From elsewhere: the best choice has been disturbed in vain.
        search.kick(seed + 1, LATER_KICKS, search.relaxed)
        search.combine()
        search.go_through_tree()
    finished = search.bound <= search.value + search.grain
    bound = search.value if finished else search.bound
    return SearchResult(np.sort(search.best), search.value, bound, greedy_value, finished, search.nodes)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Some columns of the question, those opened already, and what these are worth."""

    values: ValueTable
    limits: SelectionLimits
    columns: IndexArray
    inside: IndexArray
    already: float


def _part(
    values: ValueTable,
    limits: SelectionLimits,
    columns: IndexArray,
    inside: IndexArray | None = None,
    already: float = 0.0,
) -> _Part:
    """Return the question with these columns, without those that others dominate, and with like rows merged."""
    small = select_columns(values, columns)
    kept = undominated_columns(small, limits.cost[columns], limits.kind[columns], limits.group[columns])
    columns = columns[kept]
    _, group = np.unique(limits.group[columns], return_inverse=True)
    cost = limits.cost[columns]
    budget = limits.budget if cost.any() else np.inf
    part_room = SelectionLimits(cost, group.astype(np.int64), limits.kind[columns], limits.most, budget)
    none = np.zeros(0, dtype=np.int64)
    return _Part(
        merge_rows(select_columns(small, kept)), part_room, columns, none if inside is None else inside, already
    )


class _Search:
    """One search: the part of the question still undecided, the best choice and the bound so far.

    Values and bounds are of the whole question, columns of `best` too.
    """

    def __init__(self, part: _Part, deadline: Deadline, whole: float) -> None:
        self.part, self.deadline, self.whole = part, deadline, whole
        self.best: IndexArray = np.zeros(0, dtype=np.int64)
        self.value = 0.0
        self.bound = float(_top(part.values).sum())
        self.nodes = 0
        self.fate = np.zeros(len(part.columns), dtype=np.int8)
        self.price, self.money_price = _top(part.values) / 2, 0.0
        self.prices: Prices | None = None
        self.relaxed: IndexArray = np.zeros(0, dtype=np.int64)
        self.good: dict[tuple[int, ...], float] = {}

    @property
    def grain(self) -> float:
        """A better choice is better by more than this."""
        return max(self.whole, TOLERANCE * self.value)

    @property
    def is_open(self) -> bool:
        """Whether there is more to find out, and time for it."""
        return self.bound > self.value + self.grain and not self.deadline.is_over

    def begin(self, starts: Sequence[IndexArray]) -> float:
        """Find the first choice; return greedy's value."""
        part, by_cost = self.part, self.part.limits.budget < np.inf
        served = nothing_open(part.values)
        greedy(part.values, part.limits, served, self.fate, by_cost)
        greedy_value = float(served.best.sum())
        if by_cost:
            plain = nothing_open(part.values)
            greedy(part.values, part.limits, plain, self.fate, False)  # noqa: FBT003 -- a kernel
            if plain.best.sum() > greedy_value:
                served, greedy_value = plain, float(plain.best.sum())
        self._keep(served)
        self._improve(served)
        for start in starts:
            self.try_choice(np.flatnonzero(np.isin(part.columns, start)))
        if 0 < part.limits.budget < np.inf:
            self.money_price = self.value / part.limits.budget
        return greedy_value

    def kick(self, seed: int, most: tuple[float, float], start: IndexArray | None = None) -> None:
        """Exchange some columns of a choice beside one another at random, the best unless a start is given."""
        random, part = np.random.default_rng(seed), self.part
        now = np.flatnonzero(np.isin(part.columns, self.best)) if start is None else start
        value = self.value if start is None else -np.inf
        entries = max(len(part.values.value), 1)
        for _ in range(int(min(most[0] * len(part.columns), most[1] / entries))):
            if not self.is_open or not len(now):
                return
            beside = columns_beside(part.values, int(random.choice(now)))
            is_open = np.isin(beside, now)
            count = int(random.integers(LEAST_KICKED, MOST_KICKED, endpoint=True))
            out, new = (random.permutation(beside[some])[:count] for some in (is_open, ~is_open))
            served = self.try_choice(np.concatenate([np.setdiff1d(now, out), new[: len(out)]]))
            if (then := float(served.best.sum()) + part.already) >= value:
                now, value = np.flatnonzero(served.is_open), then

    def try_choice(self, columns: IndexArray) -> Served:
        """Improve a choice, as far as it fits, and keep it if it is the best."""
        part, served = self.part, nothing_open(self.part.values)
        open_what_fits(part.values, part.limits, served, columns)
        greedy(part.values, part.limits, served, self.fate, part.limits.budget < np.inf)
        self._improve(served)
        return served

    def combine(self) -> None:
        """Search among the columns of the best choices for a better one, as long as there is one."""
        value = -np.inf
        while self.is_open and self.value > value:
            value, part = self.value, self.part
            columns = np.unique(np.concatenate([np.array(one, dtype=np.int64) for one in self.good]))
            union = _part(part.values, part.limits, np.flatnonzero(np.isin(part.columns, columns)))
            inner = _Search(union, self.deadline, self.whole)
            inner.value = self.value - part.already
            inner.lower_bound()
            while inner.is_open and inner.narrow():
                inner.lower_bound()
            if inner.is_open:
                inner.go_through_tree(COMBINED_NODES)
            if len(inner.best):
                self.try_choice(inner.best)

    def lower_bound(self, tries: int = MOST_TRIES) -> None:
        """Lower the bound as far as it goes or so often, trying choices that the relaxation suggests."""
        part = self.part
        prices = self.prices or begin_at(self.price, self.money_price, len(self.fate), 1.0)
        self.prices = prices
        tried: set[bytes] = set()
        settled = False
        while not settled and self.is_open and len(tried) < tries:
            value = self.value - part.already
            settled, chosen = descend(
                part.values,
                part.limits,
                self.fate,
                prices,
                Target(value, self.grain),
                ROUNDS_BETWEEN_TRIES + MORE_ROUNDS * len(tried),
                PATIENCE,
            )
            self._lower_to(float(prices.state[BOUND]))
            self.relaxed = chosen
            if self.is_open and chosen.tobytes() not in tried:
                tried.add(chosen.tobytes())
                self.try_choice(chosen)
        self.price, self.money_price = prices.best_price, float(prices.state[BEST_MONEY_PRICE])

    def narrow(self) -> bool:
        """Leave what is decided aside; return whether that made the question much smaller."""
        part, fate = self.part, self.fate
        opened, rest = np.flatnonzero(fate == IN), np.flatnonzero(fate == FREE)
        left = part.limits.most - np.bincount(part.limits.kind[opened], minlength=len(part.limits.most))
        money = part.limits.budget - float(part.limits.cost[opened].sum())
        conflict = len(np.unique(part.limits.group[opened])) < len(opened)
        if (left < 0).any() or money < 0 or conflict:
            # A better choice would have to hold more than fits.
            self.bound = self.value
            return False
        beside = ~np.isin(part.limits.group[rest], part.limits.group[opened])
        rest = rest[beside & (part.limits.cost[rest] <= money) & (left[part.limits.kind[rest]] > 0)]
        if len(rest) > SMALLER * len(part.columns):
            return False
        # Columns that a better choice must hold are opened, which lets more rows be merged.
        base, _ = best_open_column(part.values, opened)
        smaller = _part(subtract_base(part.values, base), part.limits._replace(most=left, budget=money), rest)
        self.part = _Part(
            smaller.values,
            smaller.limits,
            part.columns[smaller.columns],
            np.concatenate([part.inside, part.columns[opened]]),
            part.already + float(base.sum()),
        )
        self.fate = np.zeros(len(self.part.columns), dtype=np.int8)
        self.price, self.prices = _top(self.part.values) / 2, None
        self.relaxed = np.zeros(0, dtype=np.int64)
        if not len(self.part.columns):
            self._keep(nothing_open(self.part.values))
            self.bound = self.value
            return False
        return True

    def go_through_tree(self, most: int = MOST_NODES) -> None:
        """Go through the tree of what is undecided, as far as so many nodes."""
        part = self.part
        tree = build_tree(
            self.fate, self.price, self.money_price, self.value - part.already, self.bound - part.already
        )

        def some(nodes: int) -> bool:
            # No more than are left, so that it does not depend on the clock where the search ends.
            explore(part.values, part.limits, tree, self.grain, min(nodes, most - int(tree.numbers[EXPLORED])))
            return bool(tree.numbers[OPEN] == 0 or tree.numbers[EXPLORED] >= most)

        self.deadline.run_in_chunks(some, first=1)
        self.nodes += int(tree.numbers[EXPLORED])
        if tree.best_open.any():
            self.best = np.concatenate([part.inside, part.columns[tree.best_open]])
            self.value = float(tree.best_value[0]) + part.already
        still = tree.bound[tree.born >= 0]
        self._lower_to(float(still.max(initial=-np.inf)))

    def _improve(self, served: Served) -> None:
        part, place = self.part, 0

        def some(steps: int) -> bool:
            nonlocal place
            _, place = interchange(
                part.values, part.limits, served, self.fate, TOLERANCE * self.value, place, steps
            )
            return place < 0

        if len(self.fate):
            self.deadline.run_in_chunks(some, first=len(self.fate))
        self._keep(served)

    def _keep(self, served: Served) -> None:
        value = float(served.best.sum()) + self.part.already
        columns = np.concatenate([self.part.inside, self.part.columns[np.flatnonzero(served.is_open)]])
        if value > self.value:
            self.value, self.best = value, columns
        self.good[tuple(np.sort(columns).tolist())] = value
        if len(self.good) > CHOICES:
            del self.good[min(self.good, key=lambda one: self.good[one])]

    def _lower_to(self, bound: float) -> None:
        self.bound = max(self.value, min(self.bound, bound + self.part.already))


def _top(values: ValueTable) -> FloatArray:
    """Return the highest value of each row; rows without any are merged away."""
    return values.value[values.row_pointer[:-1]]


def _grain(values: ValueTable) -> float:
    """Return by how much one choice must at least be better than another, 0 where values are no whole numbers."""
    whole = bool((values.value == np.round(values.value)).all())
    return 1.0 - 1e-6 if whole and float(values.value.sum()) < EXACT_SUM else 0.0


COMPILE_LIMIT_S = 3600.0


@cache
def compile_solvers() -> None:
    """Compile every kernel by solving a trivial problem once.

    The first time on a machine this takes some ten seconds; numba caches the result, which loads in a second.

    Examples
    --------
    >>> compile_solvers()
    """
    with without_collections():
        # Three rows, each served by two of three columns: no choice reaches the bound, so that a tree is needed.
        row, column = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 1, 2, 0, 2])
        values = build_value_table(row, column, np.array([1.0, 1.0, 1.5, 1.5, 1.25, 1.25]), (3, 3))
        limits = SelectionLimits(np.ones(3), np.arange(3), np.zeros(3, dtype=np.int64), np.array([1]), np.inf)
        none = np.zeros(0, dtype=np.int64)
        solve_weighted_assignment(values, limits, fixed=none, deadline=Deadline(COMPILE_LIMIT_S), seed=0)
        order_by_gain(values, np.zeros(3))
        served = nothing_open(values)
        interchange(values, limits, served, np.zeros(3, dtype=np.int8), 0.0, 0, 3)
        price = begin_at(np.ones(3), 0.0, 3, 1.0).price
        explore(values, limits, build_tree(np.zeros(3, dtype=np.int8), price, 0.0, 0.0, 9.0), 0.0, 3)


def start_deadline(time_limit_s: float) -> Deadline:
    """Return a deadline that starts after everything is compiled.

    Raises
    ------
    SitingError
        The time limit is negative or no number.
    """
    raise_issues(() if time_limit_s == np.inf else check_not_negative("seconds", time_limit_s))
    compile_solvers()
    return Deadline(time_limit_s)
