"""The p-center: the sites for which the longest walk is the shortest."""

from __future__ import annotations

import numpy as np

from planner.network.walk import FloatArray, IndexArray
from planner.siting.argument_checks import siting_error
from planner.siting.models.p_median import nearest_of
from planner.siting.problem import SelectionConstraints, TravelCosts
from planner.siting.solution import Solution, status_of
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.precompile import start_deadline
from planner.siting.solvers.set_cover import Cover, cheapest_cover

HAIR = 1e-6
"""What a bound on the cost may be too high by, because of the solver's arithmetic."""


def p_center(reach: TravelCosts, choice: SelectionConstraints, *, seconds: float, seed: int = 0) -> Solution:
    r"""Choose the sites for which the longest walk of anyone is the shortest.

    .. math:: \min \max_i \min_{j:\, y_j = 1} t_{ij}

    The answer is one of the walks. Whether all can be served within a walk is a question of set covering; the
    shortest walk for which they can is found by halving (Minieka 1970).

    Parameters
    ----------
    reach
        How long the walks are. Rows of weight 0 are left aside; other weights do not matter.
    choice
        How many sites, or a budget.
    seconds
        How long to search.
    seed
        Noted in the answer; nothing is random here.

    Returns
    -------
    answer
        The objective is the longest walk, minutes. Rows that no column reaches are `unservable` and in no walk. It
        is infeasible where no choice serves all others.

    Raises
    ------
    SitingError
        Sites and budget are both given, or columns exclude each other, or are of kinds.

    References
    ----------
    .. [1] Minieka, E. (1970). The m-center problem. SIAM Review 12.
    .. [2] Hakimi, S. L. (1964), as in `p_median`.

    Examples
    --------
    >>> reach = TravelCosts.of_table(np.array([[0.0, 4.0], [4.0, 0.0], [9.0, 1.0]]), np.ones(3))
    >>> p_center(reach, SelectionConstraints(sites=1), seconds=5).objective
    4.0
    """
    if choice.sites is not None and choice.budget is not None:
        raise siting_error("siting_unsupported", model="p_center", part="budget")
    if choice.exclusive is not None or choice.kind is not None:
        part = "kind" if choice.exclusive is None else "exclusive"
        raise siting_error("siting_unsupported", model="p_center", part=part)
    room, fixed, clock = choice.room(reach.columns), choice.fixed_columns(), start_deadline(seconds)
    budget = room.budget if choice.sites is None else float(choice.sites)
    price = room.cost if choice.sites is None else np.ones(reach.columns)
    search = _Halving(reach, price, budget * (1 + 1e-9), fixed, clock)
    search.run()
    minutes, by = nearest_of(reach, np.concatenate([fixed, search.chosen]))
    asked = search.asked
    longest = float(minutes[asked].max(initial=0.0))
    before, _ = nearest_of(reach, fixed)
    infeasible = search.low == len(search.walks)
    bound = float(search.walks[search.low]) if len(search.walks) and not infeasible else 0.0
    return Solution(
        model="p_center",
        sense="least",
        sites=tuple(int(site) for site in np.sort(search.chosen)),
        added=(),
        objective=float("nan") if infeasible else longest,
        before=float(before[asked].max(initial=0.0)),
        bound=float("nan") if infeasible else min(bound, longest),
        status="infeasible" if infeasible else status_of(longest, bound) if np.isfinite(longest) else "stopped",
        seconds=clock.seconds,
        seed=seed,
        served_by=by,
        unservable=np.flatnonzero((reach.weight > 0) & ~asked),
    )


class _Halving:
    """The walks between which the answer lies: shorter than `low` is not possible, `high` is."""

    def __init__(
        self, reach: TravelCosts, price: FloatArray, budget: float, fixed: IndexArray, clock: Deadline
    ) -> None:
        self.reach, self.price, self.budget, self.clock = reach, price, budget, clock
        self.chosen: IndexArray = np.zeros(0, dtype=np.int64)
        usable = price <= budget
        usable[fixed] = True
        _, by = nearest_of(reach, np.arange(reach.columns))
        self.asked = (reach.weight > 0) & (by >= 0)
        self.nearest_fixed, _ = nearest_of(reach, fixed)
        counts = self.asked[reach.demand] & usable[reach.column]
        self.demand, self.column, self.minutes = reach.demand[counts], reach.column[counts], reach.minutes[counts]
        least, _ = nearest_of(reach, np.flatnonzero(usable))
        shortest = float(least[self.asked].max(initial=0.0))
        self.walks = np.unique(self.minutes)
        self.low = int(np.searchsorted(self.walks, shortest))
        self.high = len(self.walks)

    def run(self) -> None:
        """Halve, first with greedy covers alone, then with proofs."""
        if not self.asked.any():
            self.low = self.high = 0
            self.walks = np.zeros(1)
            return
        low = self.low
        while low < self.high:
            middle = (low + self.high) // 2
            if self._try(middle, Deadline(0.0)) is not None:
                low = middle + 1
        while self.low < self.high and not self.clock.is_over:
            cover = self._try((self.low + self.high) // 2, self.clock)
            if cover is not None and cover.bound > self.budget + HAIR:
                self.low = (self.low + self.high) // 2 + 1
            elif cover is not None:
                return

    def _try(self, place: int, clock: Deadline) -> Cover | None:
        """Note a choice that serves all within a walk; return None, or the cover where it is too dear."""
        limit = self.walks[place]
        asked = self.asked & (self.nearest_fixed > limit)
        within = (self.minutes <= limit) & asked[self.demand]
        row, column = self.demand[within], self.column[within]
        coverable = np.zeros(len(asked), dtype=bool)
        coverable[row] = True
        if (asked & ~coverable).any():
            return Cover(np.zeros(0, dtype=np.int64), np.inf, np.inf)
        shape = (len(asked), self.reach.columns)
        cover = cheapest_cover(row, column, shape, self.price, clock, good_enough=self.budget)
        if cover.cost <= self.budget:
            self.high, self.chosen = place, cover.chosen
            return None
        return cover
