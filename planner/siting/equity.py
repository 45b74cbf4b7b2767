"""Equity as the objective: plans between the most people served and the worst-served community first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from planner.accessibility.access_data import residents_65
from planner.config.study import Study
from planner.inputs.study_inputs import Inputs
from planner.messages.errors import Issue, StudyError
from planner.network.walk import FloatArray, IndexArray
from planner.network.walker import Walker
from planner.siting.argument_checks import check_not_negative, check_shape, check_whole, raise_issues
from planner.siting.demand_weights import AllDemand, with_staying_centres
from planner.siting.problem import CoverageMatrix, SelectionConstraints
from planner.siting.proposals import Proposal, SitingResult
from planner.siting.solution import Certificate
from planner.siting.solvers.balanced import (
    BalancedResult,
    ServedSums,
    maximise_served,
    maximise_smallest_sum,
    maximise_sum,
    merge_equal_rows,
)
from planner.siting.solvers.deadline import Deadline, TimeBudget
from planner.siting.solvers.greedy_kernels import SelectionLimits
from planner.siting.solvers.location_bnb import start_deadline


@dataclass(frozen=True, slots=True, eq=False)
class EquityPlan:
    """A choice between the most people served and the fairest."""

    sites: tuple[int, ...]
    """Chosen columns without fixed ones, ascending."""
    worst: Certificate
    """Coverage of the community with the lowest one, 0-1, and its bound."""
    total: Certificate
    """People served, and the bound for plans that leave no community below the plan's floor."""
    shares: FloatArray
    """Coverage of each community, shape (communities,); nan where nobody lives."""

    @property
    def people(self) -> float:
        """People served."""
        return self.total.objective

    @property
    def worst_share(self) -> float:
        """Lowest coverage of a community, 0-1."""
        return self.worst.objective


@dataclass(frozen=True, slots=True, eq=False)
class EquityFrontier:
    """Plans between the most people served and the fairest."""

    objective: str
    """``"communities"``: the worst-served community first; ``"old"``: residents of 65+ first."""
    plans: tuple[EquityPlan, ...]
    """In descending order of people served."""
    proposals: tuple[Proposal, ...]
    """The same plans as proposals."""


def equity_frontier(
    coverage: CoverageMatrix,
    community: IndexArray,
    constraints: SelectionConstraints,
    *,
    points: int,
    time_limit_s: float,
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
    shares = _shares_of(coverage, community)
    question, deadline = _EquityProblem(coverage, shares, constraints), start_deadline(time_limit_s)
    return _between(question, points, deadline, seed) if len(shares.of) else (question.nobody(),)


def group_frontier(
    coverage: CoverageMatrix,
    group: FloatArray,
    constraints: SelectionConstraints,
    *,
    points: int,
    time_limit_s: float,
    seed: int = 0,
) -> tuple[EquityPlan, ...]:
    """Return plans from the most people served to the most of one group, such as residents of 65 and more.

    Parameters
    ----------
    coverage
        Who is served by what.
    group
        How many of the group each demand row has, shape (demand,).
    constraints
        What may be chosen.
    points, time_limit_s, seed
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
    >>> matrix = csr_array(np.array([[1, 0], [0, 1]], dtype=bool))
    >>> people, group = np.array([9.0, 5.0]), np.array([1.0, 3.0])
    >>> plans = group_frontier(
    ...     CoverageMatrix(matrix, people), group, SelectionConstraints(sites=1), points=2, time_limit_s=9)
    >>> [(one.sites, one.people, one.worst_share) for one in plans]
    [((0,), 9.0, 0.25), ((1,), 5.0, 0.75)]
    """
    raise_issues(
        check_whole("points", points),
        check_shape("group", group, len(coverage.weight)),
        check_not_negative("group", group),
        () if np.sum(group) > 0 else [Issue("siting_nobody", {"part": "group"})],
    )
    parts = _Shares(csr_array((group / group.sum())[None, :]), np.array([0]), 1)
    return _between(_EquityProblem(coverage, parts, constraints), points, start_deadline(time_limit_s), seed)


def _between(question: _EquityProblem, points: int, deadline: Deadline, seed: int) -> tuple[EquityPlan, ...]:
    start, bound = question.most_served(deadline.capped_at(deadline.remaining_s / 4), seed)
    top = question.fairest(deadline.capped_at(deadline.remaining_s / 3), start)
    most = BalancedResult(start, question.people(start), bound)
    plans = [question.plan(BalancedResult(start, question.worst(start), top.bound), most)]
    for place, floor in enumerate(np.linspace(question.worst(start), top.value, max(points, 2))[1:]):
        share = deadline.capped_at(deadline.remaining_s / (max(points, 2) - 1 - place))
        solution = question.most_above(float(floor), share, top.chosen)
        if solution.chosen is not None:
            worst = BalancedResult(solution.chosen, question.worst(solution.chosen), top.bound)
            plans.append(question.plan(worst, solution))
    return _undominated(plans)


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


def _shares_of(coverage: CoverageMatrix, community: IndexArray) -> _Shares:
    """Return the shares of communities; those without people have none."""
    raise_issues(check_shape("community", community, len(coverage.weight)), check_whole("community", community))
    count = int(community.max(initial=-1)) + 1
    people = np.bincount(community, weights=coverage.weight, minlength=count)
    lived_in = np.flatnonzero(people > 0)
    place = np.full(count, -1, dtype=np.int64)
    place[lived_in] = np.arange(len(lived_in))
    counts = np.flatnonzero(coverage.weight > 0)
    share = coverage.weight[counts] / people[community[counts]]
    parts = csr_array((share, (place[community[counts]], counts)), shape=(len(lived_in), len(community)))
    return _Shares(parts, lived_in, count)


class _EquityProblem:
    """Shares, and what serving each row adds to them."""

    def __init__(self, coverage: CoverageMatrix, shares: _Shares, constraints: SelectionConstraints) -> None:
        self.limits: SelectionLimits = constraints.limits(coverage.matrix.shape[1])
        self.fixed = constraints.fixed_columns()
        self.lived_in, self.count = shares.of, shares.count
        distinct, which = merge_equal_rows(coverage.matrix)
        self.weight = np.asarray(which.T @ coverage.weight).ravel()
        self.sums = ServedSums(distinct, csr_array(shares.parts @ which), np.zeros(len(shares.of)))

    def nobody(self) -> EquityPlan:
        """Return the empty plan, where nobody lives anywhere."""
        no_share = Certificate(float("nan"), float("nan"), "optimal")
        return EquityPlan((), no_share, Certificate.of(0.0, 0.0), np.full(self.count, np.nan))

    def most_served(self, deadline: Deadline, seed: int) -> tuple[IndexArray, float]:
        return maximise_served(self.sums.matrix, self.weight, self.limits, self.fixed, deadline, seed)

    def fairest(self, deadline: Deadline, start: IndexArray) -> BalancedResult:
        return maximise_smallest_sum(self.sums, self.limits, self.fixed, deadline, starts=[start])

    def most_above(self, floor: float, deadline: Deadline, start: IndexArray | None) -> BalancedResult:
        return maximise_sum(self.sums, self.weight, self.limits, self.fixed, deadline, floor=floor, start=start)

    def worst(self, chosen: IndexArray) -> float:
        return float(self.sums.of(np.concatenate([self.fixed, chosen])).min())

    def people(self, chosen: IndexArray) -> float:
        total = ServedSums(self.sums.matrix, csr_array(self.weight[None, :]), np.zeros(1))
        return float(total.of(np.concatenate([self.fixed, chosen]))[0])

    def plan(self, worst: BalancedResult, total: BalancedResult) -> EquityPlan:
        chosen = worst.chosen if total.chosen is None else total.chosen
        sites = np.zeros(0, dtype=np.int64) if chosen is None else np.sort(chosen)
        shares = np.full(self.count, np.nan)
        shares[self.lived_in] = self.sums.of(np.concatenate([self.fixed, sites]))
        people, lowest = self.people(sites), self.worst(sites)
        return EquityPlan(
            tuple(int(site) for site in sites),
            Certificate.of(lowest, max(lowest, worst.bound)),
            Certificate.of(people, max(people, total.bound)),
            shares,
        )


def equity_frontiers(
    study: Study, inputs: Inputs, walker: Walker, siting: SitingResult, budget: TimeBudget
) -> tuple[EquityFrontier, ...]:
    """Return the plans between the most residents and the fairest, for every kind of fairness requested.

    Residents alone count here, each once.

    Raises
    ------
    StudyError
        Residents of 65+ come first, and nobody knows them.
    """
    fair_settings, settings = study.siting.fair, study.siting
    if not (fair_settings.communities or fair_settings.old) or siting.constraints is None:
        return ()
    people = inputs.demand["people"].to_numpy(dtype=np.float64)
    limit = np.full(len(people), study.limits.standard_min)
    coverage = AllDemand(inputs.demand, people, limit).coverage(study, inputs, siting.pool, walker)
    constraints = with_staying_centres(siting.constraints, len(siting.pool.candidates))
    frontiers: list[tuple[str, tuple[EquityPlan, ...]]] = []
    if fair_settings.communities:
        place = {community: number for number, community in enumerate(inputs.communities["id"])}
        home = inputs.demand["community"].map(place).to_numpy(dtype=np.int64)
        with budget.share(0.5 if fair_settings.old else 1.0) as seconds:
            plans = equity_frontier(
                coverage, home, constraints, points=fair_settings.plans, time_limit_s=seconds, seed=settings.seed
            )
        frontiers.append(("communities", plans))
    if fair_settings.old:
        old = residents_65(inputs.demand)
        if not np.isfinite(old).all() or not old.sum() > 0:
            raise StudyError(str(study.file), [Issue("fair_without_old")])
        with budget.share() as seconds:
            plans = group_frontier(
                coverage, old, constraints, points=fair_settings.plans, time_limit_s=seconds, seed=settings.seed
            )
        frontiers.append(("old", plans))
    return tuple(
        EquityFrontier(
            objective,
            plans,
            tuple(
                siting.propose(plan.sites, method="fair", status=plan.total.status, new_sites=settings.sites)
                for plan in plans
            ),
        )
        for objective, plans in frontiers
    )
