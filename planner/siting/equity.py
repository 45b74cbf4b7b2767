"""Fairness as the objective: the worst-served community first, and what that costs in total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from planner.messages.errors import Issue
from planner.network.walk import FloatArray, IndexArray
from planner.siting.argument_checks import check_not_negative, check_shape, check_whole, raise_issues
from planner.siting.problem import CoverageMatrix, SelectionConstraints
from planner.siting.solution import Status, status_of
from planner.siting.solvers.balanced import (
    BalancedResult,
    ServedSums,
    maximise_served,
    maximise_smallest_sum,
    maximise_sum,
    merge_equal_rows,
)
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.greedy_kernels import SelectionLimits
from planner.siting.solvers.precompile import start_deadline


@dataclass(frozen=True, slots=True, eq=False)
class EquityPlan:
    """A choice, judged by its worst-served community and in total.

    Attributes
    ----------
    sites
        The chosen columns, without fixed ones, ascending.
    worst_share
        Coverage of the community with the lowest one.
    worst_bound
        No choice brings the lowest one higher.
    people
        Everyone served.
    people_bound
        No choice that leaves no community below `worst_share` serves more.
    shares
        Coverage of each community, shape (communities,); nan where nobody lives.
    status
        ``"proven"`` where both bounds are met.
    seconds
        How long it took.
    """

    sites: tuple[int, ...]
    worst_share: float
    worst_bound: float
    people: float
    people_bound: float
    shares: FloatArray
    status: Status
    seconds: float


def worst_community_first(
    covering: CoverageMatrix, community: IndexArray, choice: SelectionConstraints, *, seconds: float, seed: int = 0
) -> EquityPlan:
    r"""Choose so that the worst-served community is served best, and then so that the most people are.

    .. math:: \max \min_c \frac{\sum_{i \in c} a_i x_i}{\sum_{i \in c} a_i}, \quad \text{then} \quad
              \max \sum_i a_i x_i

    Parameters
    ----------
    covering
        Who is served by what.
    community
        Of each demand row, from 0, shape (demand,). Communities without people are left aside.
    choice
        What may be chosen.
    seconds
        For both steps together.
    seed
        Of the first choices.

    Returns
    -------
    plan
        With a bound for each step; empty where nobody lives anywhere, its shares nan.

    Examples
    --------
    >>> covers = csr_array(np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=bool))
    >>> question = CoverageMatrix(covers, np.array([90.0, 10.0, 5.0])), np.array([0, 0, 1])
    >>> plan = worst_community_first(*question, SelectionConstraints(sites=2), seconds=9)
    >>> plan.sites, plan.worst_share, plan.people
    ((0, 2), 0.9, 95.0)
    """
    shares = _shares_of(covering, community)
    clock = start_deadline(seconds)
    question = _EquityProblem(covering, shares, choice)
    if not len(shares.of):
        return question.nobody(clock)
    start, _ = question.most_served(clock.at_most(clock.left / 4), seed)
    first = question.fairest(clock.at_most(clock.left / 2), start)
    return question.plan(first, question.most_above(first.value, clock, first.chosen), clock)


def equity_frontier(
    covering: CoverageMatrix,
    community: IndexArray,
    choice: SelectionConstraints,
    *,
    points: int,
    seconds: float,
    seed: int = 0,
) -> tuple[EquityPlan, ...]:
    """Return plans from the most people served to the worst-served community first.

    The least share that every community must have is raised in equal steps from what the plan for the most people
    leaves the worst one to the most that any plan can; for each, the most people are served.

    Returns
    -------
    plans
        In ascending order of the worst share, descending order of people; plans that another one equals or exceeds
        in both are left out. Their status speaks of the people: proven where no choice that leaves no community
        below the plan's floor serves more.
    """
    raise_issues(check_whole("points", points))
    shares = _shares_of(covering, community)
    question, clock = _EquityProblem(covering, shares, choice), start_deadline(seconds)
    return _between(question, points, clock, seed) if len(shares.of) else (question.nobody(clock),)


def group_frontier(
    covering: CoverageMatrix,
    group: FloatArray,
    choice: SelectionConstraints,
    *,
    points: int,
    seconds: float,
    seed: int = 0,
) -> tuple[EquityPlan, ...]:
    """Return plans from the most people served to the most of one group, such as residents of 65 and more.

    Parameters
    ----------
    covering
        Who is served by what.
    group
        How many of the group each demand row has, shape (demand,).
    choice
        What may be chosen.
    points, seconds, seed
        As in `equity_frontier`.

    Returns
    -------
    plans
        As of `equity_frontier`; `worst_share` is the share of the group that is served.

    Raises
    ------
    SitingError
        The group has nobody: then there is no share of it.

    Examples
    --------
    >>> covers = csr_array(np.array([[1, 0], [0, 1]], dtype=bool))
    >>> people, group = np.array([9.0, 5.0]), np.array([1.0, 3.0])
    >>> plans = group_frontier(
    ...     CoverageMatrix(covers, people), group, SelectionConstraints(sites=1), points=2, seconds=9)
    >>> [(one.sites, one.people, one.worst_share) for one in plans]
    [((0,), 9.0, 0.25), ((1,), 5.0, 0.75)]
    """
    raise_issues(
        check_whole("points", points),
        check_shape("group", group, len(covering.weight)),
        check_not_negative("group", group),
        () if np.sum(group) > 0 else [Issue("siting_nobody", {"part": "group"})],
    )
    parts = _Shares(csr_array((group / group.sum())[None, :]), np.array([0]), 1)
    return _between(_EquityProblem(covering, parts, choice), points, start_deadline(seconds), seed)


def _between(question: _EquityProblem, points: int, clock: Deadline, seed: int) -> tuple[EquityPlan, ...]:
    start, bound = question.most_served(clock.at_most(clock.left / 4), seed)
    top = question.fairest(clock.at_most(clock.left / 3), start)
    most = BalancedResult(start, question.people(start), bound)
    plans = [question.plan(BalancedResult(start, question.worst(start), top.bound), most, clock)]
    for place, floor in enumerate(np.linspace(question.worst(start), top.value, max(points, 2))[1:]):
        share = clock.at_most(clock.left / (max(points, 2) - 1 - place))
        found = question.most_above(float(floor), share, top.chosen)
        if found.chosen is not None:
            worst = BalancedResult(found.chosen, question.worst(found.chosen), top.bound)
            plans.append(question.plan(worst, found, clock))
    return _undominated([replace(one, status=status_of(one.people, one.people_bound)) for one in plans])


def _undominated(plans: Sequence[EquityPlan]) -> tuple[EquityPlan, ...]:
    kept: list[EquityPlan] = []
    for plan in sorted(plans, key=lambda one: (-one.people, -one.worst_share)):
        if not kept or plan.worst_share > kept[-1].worst_share:
            kept.append(plan)
    return tuple(kept)


@dataclass(frozen=True, slots=True, eq=False)
class _Shares:
    """What serving each row adds to each share, whose they are, and how many there would be."""

    parts: csr_array
    of: IndexArray
    count: int


def _shares_of(covering: CoverageMatrix, community: IndexArray) -> _Shares:
    """Return the shares of communities; those without people have none."""
    raise_issues(check_shape("community", community, len(covering.weight)), check_whole("community", community))
    count = int(community.max(initial=-1)) + 1
    people = np.bincount(community, weights=covering.weight, minlength=count)
    lived_in = np.flatnonzero(people > 0)
    place = np.full(count, -1, dtype=np.int64)
    place[lived_in] = np.arange(len(lived_in))
    counts = np.flatnonzero(covering.weight > 0)
    share = covering.weight[counts] / people[community[counts]]
    parts = csr_array((share, (place[community[counts]], counts)), shape=(len(lived_in), len(community)))
    return _Shares(parts, lived_in, count)


class _EquityProblem:
    """Shares, and what serving each row adds to them."""

    def __init__(self, covering: CoverageMatrix, shares: _Shares, choice: SelectionConstraints) -> None:
        self.room: SelectionLimits = choice.room(covering.covers.shape[1])
        self.fixed = choice.fixed_columns()
        self.lived_in, self.count = shares.of, shares.count
        distinct, which = merge_equal_rows(covering.covers)
        self.weight = np.asarray(which.T @ covering.weight).ravel()
        self.sums = ServedSums(distinct, csr_array(shares.parts @ which), np.zeros(len(shares.of)))

    def nobody(self, clock: Deadline) -> EquityPlan:
        """Return the empty plan, where nobody lives anywhere."""
        none = np.full(self.count, np.nan)
        return EquityPlan((), float("nan"), float("nan"), 0.0, 0.0, none, "proven", clock.seconds)

    def most_served(self, clock: Deadline, seed: int) -> tuple[IndexArray, float]:
        return maximise_served(self.sums.covers, self.weight, self.room, self.fixed, clock, seed)

    def fairest(self, clock: Deadline, start: IndexArray) -> BalancedResult:
        return maximise_smallest_sum(self.sums, self.room, self.fixed, clock, starts=[start])

    def most_above(self, floor: float, clock: Deadline, start: IndexArray | None) -> BalancedResult:
        return maximise_sum(self.sums, self.weight, self.room, self.fixed, clock, floor=floor, start=start)

    def worst(self, chosen: IndexArray) -> float:
        return float(self.sums.of(np.concatenate([self.fixed, chosen])).min())

    def people(self, chosen: IndexArray) -> float:
        total = ServedSums(self.sums.covers, csr_array(self.weight[None, :]), np.zeros(1))
        return float(total.of(np.concatenate([self.fixed, chosen]))[0])

    def plan(self, worst: BalancedResult, total: BalancedResult, clock: Deadline) -> EquityPlan:
        chosen = worst.chosen if total.chosen is None else total.chosen
        sites = np.zeros(0, dtype=np.int64) if chosen is None else np.sort(chosen)
        shares = np.full(self.count, np.nan)
        shares[self.lived_in] = self.sums.of(np.concatenate([self.fixed, sites]))
        people, lowest = self.people(sites), self.worst(sites)
        bounds = max(lowest, worst.bound), max(people, total.bound)
        both = status_of(lowest, bounds[0]) == status_of(people, bounds[1]) == "proven"
        return EquityPlan(
            tuple(int(site) for site in sites),
            lowest,
            bounds[0],
            people,
            bounds[1],
            shares,
            "proven" if both else "stopped",
            clock.seconds,
        )
