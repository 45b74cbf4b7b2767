"""The p-center problem."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.network.walk import FloatArray, IndexArray
from planner.siting.argument_checks import siting_error
from planner.siting.model_spec import ModelResult, ModelSpec
from planner.siting.models.p_median import nearest_of
from planner.siting.models.set_covering import require_feasible
from planner.siting.problem import LocationProblem, SelectionConstraints, TravelCosts
from planner.siting.solution import Certificate, Solution
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.location_bnb import start_deadline
from planner.siting.solvers.set_cover import Cover, cheapest_cover

HAIR = 1e-6
"""What a bound on the cost may be too high by, because of the solver's arithmetic."""


def p_center(
    costs: TravelCosts, constraints: SelectionConstraints, *, time_limit_s: float, seed: int = 0
) -> Solution:
    r"""Minimise the longest walk to the nearest open column.

    .. math:: \min \max_i \min_{j:\, y_j = 1} t_{ij}

    The objective is one of the walks. Whether all rows can be served within a walk is a set covering problem; the
    shortest such walk is found by bisection (Minieka 1970).

    Parameters
    ----------
    costs, constraints, time_limit_s, seed
        See `planner.siting.models`. Weights matter only if 0: such rows need not be served.

    Returns
    -------
    solution
        The objective is the longest walk, minutes; rows that no column reaches are `unservable`. Infeasible if no
        choice serves all others.

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
    >>> costs = TravelCosts.from_table(np.array([[0.0, 4.0], [4.0, 0.0], [9.0, 1.0]]), np.ones(3))
    >>> p_center(costs, SelectionConstraints(sites=1), time_limit_s=5).objective
    4.0
    """
    if constraints.sites is not None and constraints.budget is not None:
        raise siting_error("siting_unsupported", model="p_center", part="budget")
    if constraints.exclusive is not None or constraints.kind is not None:
        part = "kind" if constraints.exclusive is None else "exclusive"
        raise siting_error("siting_unsupported", model="p_center", part=part)
    limits, fixed, deadline = (
        constraints.limits(costs.columns),
        constraints.fixed_columns(),
        start_deadline(time_limit_s),
    )
    budget = limits.budget if constraints.sites is None else float(constraints.sites)
    price = limits.cost if constraints.sites is None else np.ones(costs.columns)
    search = _Halving(costs, price, budget * (1 + 1e-9), fixed, deadline)
    search.run()
    minutes, by = nearest_of(costs, np.concatenate([fixed, search.chosen]))
    demanded = search.asked
    longest = float(minutes[demanded].max(initial=0.0))
    before, _ = nearest_of(costs, fixed)
    infeasible = search.low == len(search.walks)
    bound = float(search.walks[search.low]) if len(search.walks) and not infeasible else 0.0
    return Solution.of(
        "p_center",
        "least",
        np.sort(search.chosen),
        Certificate.infeasible()
        if infeasible
        else replace(Certificate.of(longest, bound), bound=min(bound, longest)),
        before=float(before[demanded].max(initial=0.0)),
        deadline=deadline,
        seed=seed,
        served_by=by,
        weight=costs.weight,
        reachable=demanded,
    )


class _Halving:
    """The walks between which the answer lies: shorter than `low` is not possible, `high` is."""

    def __init__(
        self, costs: TravelCosts, price: FloatArray, budget: float, fixed: IndexArray, deadline: Deadline
    ) -> None:
        self.costs, self.price, self.budget, self.deadline = costs, price, budget, deadline
        self.chosen: IndexArray = np.zeros(0, dtype=np.int64)
        usable = price <= budget
        usable[fixed] = True
        _, by = nearest_of(costs, np.arange(costs.columns))
        self.asked = (costs.weight > 0) & (by >= 0)
        self.nearest_fixed, _ = nearest_of(costs, fixed)
        counts = self.asked[costs.demand] & usable[costs.column]
        self.demand, self.column, self.minutes = costs.demand[counts], costs.column[counts], costs.minutes[counts]
        least, _ = nearest_of(costs, np.flatnonzero(usable))
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
        while self.low < self.high and not self.deadline.is_over:
            cover = self._try((self.low + self.high) // 2, self.deadline)
            if cover is not None and cover.bound > self.budget + HAIR:
                self.low = (self.low + self.high) // 2 + 1
            elif cover is not None:
                return

    def _try(self, place: int, deadline: Deadline) -> Cover | None:
        """Note a choice that serves all within a walk; return None, or the cover where it is too dear."""
        limit = self.walks[place]
        demanded = self.asked & (self.nearest_fixed > limit)
        within = (self.minutes <= limit) & demanded[self.demand]
        row, column = self.demand[within], self.column[within]
        coverable = np.zeros(len(demanded), dtype=bool)
        coverable[row] = True
        if (demanded & ~coverable).any():
            return Cover(np.zeros(0, dtype=np.int64), np.inf, np.inf)
        shape = (len(demanded), self.costs.columns)
        cover = cheapest_cover(row, column, shape, self.price, deadline, good_enough=self.budget)
        if cover.cost <= self.budget:
            self.high, self.chosen = place, cover.chosen
            return None
        return cover


def _solve(problem: LocationProblem, time_limit_s: float) -> ModelResult:
    solution = p_center(problem.costs, problem.constraints, time_limit_s=time_limit_s, seed=problem.settings.seed)
    return ModelResult(require_feasible(problem, solution, time_limit_s))


SPEC = ModelSpec(
    "p_center",
    _solve,
    "min maxᵢ min tᵢⱼ over open j; Σⱼ yⱼ ≤ p",
    "Hakimi 1964",
    sense="least",
    unit="minutes",
    needs_all_walks=True,
    uses=("sites", "cost", "budget"),
)
