"""Baselines of the optimum: greedy, the curve of the number of sites, and near-optimal alternatives."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.config.sections.siting import SitingSettings as Settings
from planner.network.walk import FloatArray, IndexArray
from planner.siting.argument_checks import (
    check_between,
    check_not_negative,
    check_shape,
    check_whole,
    raise_issues,
)
from planner.siting.candidates.candidate import candidate_xy
from planner.siting.models.maximal_covering import solve_covering
from planner.siting.problem import CoverageMatrix, SelectionConstraints, coverage_pairs
from planner.siting.proposals import Proposal, SitingResult
from planner.siting.solution import Certificate, Certified, Solution
from planner.siting.solvers.deadline import Deadline, TimeBudget
from planner.siting.solvers.greedy_kernels import ValueTable
from planner.siting.solvers.location_bnb import start_deadline
from planner.siting.solvers.value_tables import build_value_table


@dataclass(frozen=True, slots=True, eq=False)
class Alternative:
    """Another plan, and what it trades for being elsewhere."""

    solution: Solution
    """The plan. Its bound speaks of plans that leave out what is `left_out`."""
    left_out: IndexArray
    """Columns that this plan was not allowed to use: those near sites of plans before it, ascending."""
    given_up: float
    """What it serves less than the best plan."""
    share_of_bound: float
    """What it serves as a share of what no plan at all can exceed."""
    dropped: tuple[int, ...]
    taken: tuple[int, ...]
    """`dropped`, `taken`: Sites of the best plan without a site of this one near them; sites of this one without
    one of the best near them."""
    moved_m: float
    """Mean distance between the sites of both, matched so that it is least, metres; nan where one has none."""
    gains: float
    losses: float
    """`gains`, `losses`: What this plan serves and the best one does not, and the other way round."""


def find_alternatives(  # noqa: PLR0913 -- the parts of the question, each by name
    coverage: CoverageMatrix,
    constraints: SelectionConstraints,
    best: Solution,
    *,
    xy: FloatArray,
    near_m: float,
    within: float,
    differing: int,
    count: int,
    time_limit_s: float,
    seed: int = 0,
    each_drops_another: bool = False,
) -> tuple[Alternative, ...]:
    """Look for plans that serve nearly as many as the best one from other places.

    Two plans differ by the number of sites of either that have no site of the other within `near_m`. The first
    plans tried each leave out the surroundings of one site of the best plan, and are the best plans that do; then
    those that leave out another one in addition, always going on from the plan that serves the most (Lawler 1972).
    A plan is taken if it serves enough and differs by `differing` sites from the best and from all taken before.

    Parameters
    ----------
    coverage, constraints
        The question.
    best
        Its answer.
    xy
        Where each column is, shape (columns, 2), metres.
    near_m
        Columns so near to each other are the same place.
    within
        How much less than the best plan an alternative may serve, as a share.
    differing
        By how many sites plans must differ at least.
    count
        How many alternatives to look for.
    time_limit_s
        For all of them together.
    seed
        Of the random numbers.
    each_drops_another
        Whether each must drop other sites of the best plan than those before it: the least important site would
        otherwise be exchanged for one place after the other.

    Returns
    -------
    alternatives
        In descending order of what they serve; fewer than `count` where there are no more, or time was over.

    References
    ----------
    .. [1] Lawler, E. L. (1972). A procedure for computing the K best solutions to discrete optimization problems.
           Management Science 18.
    """
    raise_issues(
        check_shape("xy", xy, coverage.matrix.shape[1], 2),
        check_between("within", within, 0.0, 1.0),
        check_not_negative("near_m", near_m),
        check_whole("differing", differing),
        check_whole("count", count),
    )
    deadline = start_deadline(time_limit_s)
    row, column = coverage_pairs(coverage.matrix)
    values = build_value_table(row, column, coverage.weight[row], coverage.matrix.shape)
    search = _Search(values, coverage.weight, constraints, xy, near_m, deadline, seed)
    taken: list[Alternative] = []
    search.branch(best, frozenset())
    while search.waiting and len(taken) < count and not deadline.is_over:
        _, _, solution, left_out = heapq.heappop(search.waiting)
        if solution.objective < best.objective * (1 - within):
            break
        differs = [search.difference(solution, other) for other in (best, *(one.solution for one in taken))]
        dropped = _not_near(best, solution, xy, near_m)
        again = each_drops_another and (not dropped or dropped in {alternative.dropped for alternative in taken})
        if min(differs) >= differing and not again:
            taken.append(_compared(solution, best, left_out, coverage.weight, xy, near_m))
        if not again:
            search.branch(solution, left_out)
    return tuple(taken)


class _Search:
    """Plans that wait to be looked at, the one that serves the most first."""

    def __init__(
        self,
        values: ValueTable,
        weight: FloatArray,
        constraints: SelectionConstraints,
        xy: FloatArray,
        near_m: float,
        deadline: Deadline,
        seed: int,
    ) -> None:
        self.values, self.weight, self.constraints, self.xy = values, weight, constraints, xy
        self.near_m, self.deadline, self.seed = near_m, deadline, seed
        self.waiting: list[tuple[float, int, Solution, frozenset[int]]] = []
        self.seen: set[frozenset[int]] = set()

    def branch(self, solution: Solution, left_out: frozenset[int]) -> None:
        """Find, for each of a plan's sites, the best plan that leaves out its surroundings as well."""
        fixed = self.constraints.fixed_columns()
        for site in solution.sites:
            if self.deadline.is_over:
                return
            around = np.flatnonzero(_distances(self.xy, self.xy[[site]])[:, 0] <= self.near_m)
            out = left_out | set(np.setdiff1d(around, fixed).tolist())
            if out in self.seen:
                continue
            self.seen.add(out)
            starts = [np.array([one for one in solution.sites if one not in out], dtype=np.int64)]
            cover = solve_covering(
                "maximal_covering",
                _without(self.values, out),
                self.weight,
                self.constraints,
                self.deadline.capped_at(max(self.deadline.remaining_s / 4, 0.1)),
                seed=self.seed,
                starts=starts,
            )
            heapq.heappush(self.waiting, (-cover.objective, len(self.seen), cover, out))

    def difference(self, one: Solution, other: Solution) -> int:
        """Return how many sites of either have none of the other near them, the larger number of both."""
        return max(
            len(_not_near(one, other, self.xy, self.near_m)), len(_not_near(other, one, self.xy, self.near_m))
        )


def _compared(
    solution: Solution,
    best: Solution,
    left_out: frozenset[int],
    weight: FloatArray,
    xy: FloatArray,
    near_m: float,
) -> Alternative:
    here, there = solution.served_by >= 0, best.served_by >= 0
    moved_m = float("nan")
    if solution.sites and best.sites:
        between = _distances(xy[list(solution.sites)], xy[list(best.sites)])
        from scipy.optimize import linear_sum_assignment

        moved_m = float(between[linear_sum_assignment(between)].mean())
    return Alternative(
        solution=solution,
        left_out=np.array(sorted(left_out), dtype=np.int64),
        given_up=best.objective - solution.objective,
        share_of_bound=solution.objective / best.bound if best.bound > 0 else 1.0,
        dropped=_not_near(best, solution, xy, near_m),
        taken=_not_near(solution, best, xy, near_m),
        moved_m=moved_m,
        gains=float(weight[here & ~there].sum()),
        losses=float(weight[there & ~here].sum()),
    )


def _not_near(one: Solution, other: Solution, xy: FloatArray, near_m: float) -> tuple[int, ...]:
    """Return the sites of one plan that have no site of the other near them."""
    if not one.sites or not other.sites:
        return one.sites
    nearest = _distances(xy[list(one.sites)], xy[list(other.sites)]).min(axis=1)
    return tuple(site for site, distance in zip(one.sites, nearest, strict=True) if distance > near_m)


def _distances(one: FloatArray, other: FloatArray) -> NDArray[np.float64]:
    between = one[:, None, :] - other[None, :, :]
    return np.hypot(between[:, :, 0], between[:, :, 1])


def _without(values: ValueTable, columns: frozenset[int]) -> ValueTable:
    """Return the table in which some columns are worth nothing."""
    kept = ~np.isin(values.column, np.array(sorted(columns), dtype=np.int64))
    row = np.repeat(np.arange(len(values.row_pointer) - 1), np.diff(values.row_pointer))
    shape = (len(values.row_pointer) - 1, len(values.column_pointer) - 1)
    return build_value_table(row[kept], values.column[kept], values.value[kept], shape)


CURVE_SHARE, ALTERNATIVES_SHARE = 0.5, 0.5
"""Share of the time left that each may take."""


@dataclass(frozen=True, slots=True)
class CurvePoint(Certified):
    """Optimum for one number of sites."""

    sites: int
    """Maximum number of new sites."""
    certificate: Certificate
    """People gained against today."""
    added: float
    """Increase over the optimum of one site fewer; the two may have different sites."""

    @property
    def people_gained(self) -> float:
        """People gained against today."""
        return self.certificate.objective


@dataclass(frozen=True, slots=True, eq=False)
class Baselines:
    """Baselines of the optimum."""

    greedy: float | None
    """People gained by the greedy choice; None without proposals."""
    curve: tuple[CurvePoint, ...]
    """Optimum for each number of sites, up to twice the requested number."""
    others: tuple[Alternative, ...]
    """Near-optimal alternatives."""
    other_plans: tuple[Proposal, ...]
    """The same as proposals."""


def compare_baselines(siting: SitingResult, settings: Settings, budget: TimeBudget | None = None) -> Baselines:
    """Compute the baselines of the optimum; curve and alternatives share the budget."""
    constraints, solution = siting.constraints, siting.solution
    if constraints is None or solution is None:
        return Baselines(None, (), (), ())
    budget = budget or TimeBudget(settings.seconds)
    coverage, free, today = (
        CoverageMatrix(siting.matrix, siting.people),
        len(siting.pool.kept_centres),
        siting.today,
    )
    most = min(2 * settings.sites, len(siting.pool.new))
    with budget.share(CURVE_SHARE) as seconds:
        limit = replace(constraints, sites=free + most)
        solutions = coverage_curve(coverage, limit, time_limit_s=seconds, seed=settings.seed)[free:]
    curve, before = [], 0.0
    for sites, one in enumerate(solutions, start=1):
        gained = one.objective - today
        curve.append(CurvePoint(sites, Certificate(gained, one.bound - today, one.status), gained - before))
        before = gained
    with budget.share(ALTERNATIVES_SHARE) as seconds:
        others = find_alternatives(
            coverage,
            constraints,
            solution,
            xy=candidate_xy(siting.pool.candidates),
            near_m=settings.alternatives_near_m,
            within=settings.alternatives_within,
            differing=settings.alternatives_differ,
            each_drops_another=True,
            count=settings.alternatives,
            time_limit_s=seconds,
            seed=settings.seed,
        )
    plans = tuple(
        siting.propose(other.solution.sites, method="alternative", new_sites=settings.sites) for other in others
    )
    greedy = None if solution.greedy is None else solution.greedy - today
    return Baselines(greedy, tuple(curve), others, plans)


def coverage_curve(
    coverage: CoverageMatrix, constraints: SelectionConstraints, *, time_limit_s: float, seed: int = 0
) -> tuple[Solution, ...]:
    """Solve maximal covering for 1, 2, … sites up to the maximum of the constraints.

    Each search starts from the previous solution. The bound of a stopped search is lowered to the bound of the
    next number of sites, since fewer sites serve no more.

    Parameters
    ----------
    coverage, constraints, time_limit_s, seed
        See `planner.siting.models`. The time limit is for all numbers together.

    Returns
    -------
    solutions
        One for each number of sites; objectives never decrease.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> matrix = csr_array(np.array([[1, 0, 1], [1, 0, 0], [0, 1, 1]], dtype=bool))
    >>> question = CoverageMatrix(matrix, np.array([5.0, 2.0, 4.0]))
    >>> [one.objective for one in coverage_curve(question, SelectionConstraints(sites=3), time_limit_s=9)]
    [9.0, 11.0, 11.0]
    """
    constraints.limits(coverage.matrix.shape[1])
    deadline = start_deadline(time_limit_s)
    row, column = coverage_pairs(coverage.matrix)
    values = build_value_table(row, column, coverage.weight[row], coverage.matrix.shape)
    most = constraints.sites or 0
    solutions: list[Solution] = []
    for sites in range(1, most + 1):
        share = deadline.capped_at(deadline.remaining_s / (most + 1 - sites))
        starts = [np.array(solution.sites, dtype=np.int64) for solution in solutions[-1:]]
        limited = replace(constraints, sites=sites)
        solutions.append(
            solve_covering("maximal_covering", values, coverage.weight, limited, share, seed=seed, starts=starts)
        )
    for place in range(len(solutions) - 2, -1, -1):
        one = solutions[place]
        bound = max(one.objective, min(one.bound, solutions[place + 1].bound))
        solutions[place] = replace(one, certificate=Certificate.of(one.objective, bound))
    return tuple(solutions)
