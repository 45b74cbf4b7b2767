"""Solution of the budget problem: most weak centres resolved, then most people gained, then the earliest years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array

from planner.network.walk import FloatArray, IndexArray
from planner.programme.formulation import Constraints, Variables, allocate_payments, formulate_problem
from planner.programme.greedy import add_greedily, as_solution, relaxed_bound
from planner.programme.problem import (
    BudgetProblem,
    Start,
    Starts,
    is_covered,
    numbers_of,
    people_gained,
    reduce_problem,
)
from planner.siting.argument_checks import check_not_negative, raise_issues
from planner.siting.solution import Status, relative_gap, status_of
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.mip import solve

RESOLVING_SHARE = 0.3
"""Share of the remaining time for the number of weak centres resolved, and for the funding gap."""
GREEDY_SHARE = 0.2
SEARCH_SHARE = 0.9
"""Share of the remaining time for the greedy start, and then for the search; the rest is for the years."""
EXACT_SHARE = 0.5
"""Share of the search after which a relaxed bound is computed."""
GAINS = 3
"""How many kinds of people gain: newly covered, with a resolved centre, with services."""
SLACK = 1e-7
"""Relative tolerance of the smallest funding gap while it is allocated to funds, for rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class FundingGap:
    """The least additional money that resolves all weak centres which some option resolves."""

    total: float
    """Sum over funds and years; nan if no money suffices, because of limits of starts or of precedence."""
    bound: float
    """Lower bound of the total."""
    status: Status
    """As in `planner.siting.solution`; ``"infeasible"`` if no money suffices."""
    extra: FloatArray
    """By fund and year, shape (funds, years). Among equal totals funds named first are preferred."""


@dataclass(frozen=True, slots=True, eq=False)
class ProgrammeSolution:
    """Solution of a budget problem."""

    starts: Starts
    """Option number and year, from 0; by year, then by the people that each adds to those before it."""
    added: FloatArray
    """People newly covered, people whose weak centre is resolved and weighted people with services by each, shape
    (starts, 3)."""
    payments: FloatArray
    """Money of each fund for each, shape (starts, funds)."""
    by_year: FloatArray
    """The same by the end of each year, shape (years, 3)."""
    resolved: tuple[str, ...]
    resolvable: tuple[str, ...]
    """`resolved`, `resolvable`: Ids of the weak centres resolved by the end, and of those that some option
    resolves."""
    most_resolved: int
    """Upper bound of the number of weak centres resolved."""
    objective: float
    bound: float
    """`objective`, `bound`: Sum of the three by the end, and its bound with as many weak centres resolved."""
    status: Status
    """``"optimal"`` or ``"time_limit"``, by the bounds."""
    order_status: Status
    """The same for the years of the selected projects."""
    funding_gap: FundingGap | None
    """Money missing to resolve all that is resolvable; None if there is none."""
    seconds: float
    """Run time."""

    @property
    def gap(self) -> float:
        """Relative optimality gap: (bound − objective) ÷ bound."""
        return relative_gap(self.objective, self.bound)


def solve_programme(problem: BudgetProblem, *, time_limit_s: float) -> ProgrammeSolution:
    r"""Select projects and their years.

    First, the number of weak centres resolved by the last year is maximised. Then, among all programmes that
    resolve as many,

    .. math:: \max \sum_i a_i (z_i - h_i) + \sum_c b_c s_c

    where :math:`z_i` is 1 if the people of demand point i are covered by the end, :math:`h_i` if they are today,
    and :math:`s_c` if the weak centre c of :math:`b_c` people is resolved. Last, the years of the selected
    projects are set so that the people gained, summed over the years, are most.

    Parameters
    ----------
    problem
        Options, people, money and rules.
    time_limit_s
        Time limit, seconds.

    Returns
    -------
    solution
        The programme with its bound.

    References
    ----------
    .. [1] Church, R., ReVelle, C. (1974). The maximal covering location problem. Papers in Regional Science 32.
    .. [2] Khuller, S., Moss, A., Naor, J. (1999). The budgeted maximum coverage problem. Information Processing
           Letters 70.
    """
    raise_issues(check_not_negative("seconds", time_limit_s))
    clock = Deadline(time_limit_s)
    small, number_of = reduce_problem(problem)
    needed = _resolving_options(small)
    resolving = small.select(needed, demand=False)
    first, most_resolved = _maximise_resolved(resolving, clock.capped_at(clock.remaining_s * RESOLVING_SHARE))
    first = tuple((int(needed[option]), year) for option, year in first)
    resolved = small.resolved(first)
    gap = None
    if len(resolved) < len(small.resolved_by):
        gap = find_funding_gap(resolving, clock.capped_at(clock.remaining_s * RESOLVING_SHARE))
    first = add_greedily(small, first, clock.capped_at(clock.remaining_s * GREEDY_SHARE))
    starts, bound = _maximise_people(
        small, len(resolved), first, clock.capped_at(clock.remaining_s * SEARCH_SHARE)
    )
    starts, order_status = _schedule(small, _drop_redundant(small, starts), clock)
    starts, added = _rank(problem, tuple((int(number_of[option]), year) for option, year in starts))
    objective = _people(problem, starts)
    bound = max(bound, objective)
    status = status_of(objective, bound)
    if status == "optimal":
        bound = objective
    resolved = problem.resolved(starts)
    by_year = [people_gained(problem, numbers_of(_until(starts, year))) for year in range(problem.years)]
    return ProgrammeSolution(
        starts=starts,
        added=added,
        payments=allocate_payments(problem, starts),
        by_year=np.array(by_year).reshape(problem.years, GAINS),
        resolved=resolved,
        resolvable=tuple(problem.resolved_by),
        most_resolved=max(most_resolved, len(resolved)),
        objective=objective,
        bound=bound,
        status=status if len(resolved) >= most_resolved else "time_limit",
        order_status=order_status,
        funding_gap=gap,
        seconds=clock.elapsed_s,
    )


def find_funding_gap(problem: BudgetProblem, clock: Deadline) -> FundingGap:
    """Find the least additional money that resolves all weak centres which some option resolves.

    Parameters
    ----------
    problem
        The options that resolve them, and those that must precede.
    clock
        Time limit.
    """
    variables = Variables(problem, has_extra=True)
    every = len(problem.resolved_by)
    cost = np.zeros(variables.count)
    cost[variables.extra_from :] = 1.0
    none = np.zeros((len(problem.funds), problem.years))
    solved = solve(formulate_problem(variables, cost, min_resolved=every), clock)
    if solved.x is None:
        status: Status = "infeasible" if solved.is_infeasible else "time_limit"
        return FundingGap(np.nan, np.inf if solved.is_infeasible else max(0.0, solved.bound), status, none)
    total = float(solved.x[variables.extra_from :].sum())
    bound = min(total, max(0.0, solved.bound))
    x = solved.x
    if len(problem.funds) > 1:
        by_fund = cost.copy()
        by_fund[variables.extra_from :] = np.tile(np.arange(len(problem.funds)), problem.years)
        keep = Constraints()
        columns = range(variables.extra_from, variables.count)
        keep.at_most([(column, 1.0) for column in columns], total * (1 + SLACK) + SLACK)
        again = solve(
            formulate_problem(variables, by_fund, min_resolved=every, further=keep), clock, start=solved.x
        )
        x = solved.x if again.x is None else again.x
    extra = x[variables.extra_from :].reshape(problem.years, len(problem.funds)).T
    return FundingGap(total, bound, status_of(total, bound), np.maximum(extra, 0.0))


def _until(starts: Sequence[Start], year: int) -> list[Start]:
    return [start for start in starts if start[1] <= year]


def _people(problem: BudgetProblem, starts: Sequence[Start]) -> float:
    return float(sum(people_gained(problem, numbers_of(starts))))


def _resolving_options(problem: BudgetProblem) -> IndexArray:
    """Return the options that resolve a weak centre, and those that must precede them."""
    resolving = {number for numbers in problem.resolved_by.values() for number in numbers}
    while True:
        names = {problem.options[number].id for number in resolving}
        further = {
            problem.position[pair.first]
            for pair in problem.precedence
            if pair.then in names and pair.first in problem.position
        }
        if further <= resolving:
            return np.array(sorted(resolving), dtype=np.int64)
        resolving |= further


def _maximise_resolved(problem: BudgetProblem, clock: Deadline) -> tuple[Starts, int]:
    """Return a programme that resolves most weak centres, and an upper bound of their number."""
    every = len(problem.resolved_by)
    if not every:
        return (), 0
    variables = Variables(problem)
    cost = np.zeros(variables.count)
    for numbers in problem.resolved_by.values():
        for number in numbers:
            cost[variables.started(number, problem.years - 1)] -= 1.0
    solved = solve(formulate_problem(variables, cost), clock)
    starts = () if solved.x is None else variables.starts(solved.x)
    # The number is an integer: a bound between two integers is rounded down.
    bound = every if np.isinf(solved.bound) else min(every, int(np.floor(-solved.bound + 1e-6)))
    return starts, max(bound, len(problem.resolved(starts)))


def _maximise_people(
    problem: BudgetProblem, resolved: int, first: Starts, clock: Deadline
) -> tuple[Starts, float]:
    """Return the programme with most people gained among those that resolve as many centres, and its bound."""
    last = problem.years - 1
    variables = Variables(problem, counted=(last,))
    cost = np.zeros(variables.count)
    cost[variables.started(0, last) : variables.coverage_from] = -problem.people_resolved
    cost[variables.coverage_from : variables.payments_from] = -problem.weight
    today = float(problem.weight[np.diff(problem.coverage_today.indptr) > 0].sum())
    most = float(problem.weight.sum() - today + sum(problem.people[one] for one in problem.resolved_by))
    solved = solve(
        formulate_problem(variables, cost, min_resolved=resolved),
        clock.capped_at(clock.remaining_s * EXACT_SHARE),
        start=as_solution(variables, first),
    )
    bound = min(most, -solved.bound - today) if np.isfinite(solved.bound) else most
    # A search that is stopped early may end below the start solution.
    candidates = [first] if solved.x is None else [variables.starts(solved.x), first]
    best = max(candidates, key=lambda starts: _people(problem, starts))
    if status_of(_people(problem, best), bound) != "optimal":
        bound = min(bound, relaxed_bound(problem, clock))
    return best, bound


def _drop_redundant(problem: BudgetProblem, starts: Starts) -> Starts:
    """Drop redundant projects, most expensive first, while neither people gained nor centres resolved decrease."""
    kept = list(starts)
    people = _people(problem, kept)
    for one in sorted(starts, key=lambda start: (-problem.options[start[0]].cost, -start[0])):
        rest = [other for other in kept if other != one]
        names = {problem.options[option].id for option, _ in rest}
        preceding = {precedence.first for precedence in problem.precedence if precedence.then in names}
        if problem.options[one[0]].id in preceding or len(problem.resolved(rest)) < len(problem.resolved(kept)):
            continue
        without = _people(problem, rest)
        if without >= people:
            kept, people = rest, without
    return tuple(kept)


def _schedule(problem: BudgetProblem, starts: Starts, clock: Deadline) -> tuple[Starts, Status]:
    """Set the years of selected projects so that the people gained, summed over the years, are most."""
    if not starts or problem.years == 1:
        return starts, "optimal"
    numbers = numbers_of(starts)
    selected = problem.select(numbers)
    years = range(problem.years - 1)
    variables = Variables(selected, counted=tuple(years))
    cost = np.zeros(variables.count)
    for number, year in enumerate(years):
        cost[
            variables.started(0, year) : variables.started(0, year) + variables.options
        ] = -selected.people_resolved
        begin = variables.coverage_from + number * len(selected.weight)
        cost[begin : begin + len(selected.weight)] = -selected.weight
    solved = solve(formulate_problem(variables, cost, started_at_end=np.arange(variables.options)), clock)
    best = starts
    if solved.x is not None:
        best = tuple((int(numbers[option]), year) for option, year in variables.starts(solved.x))
    before, after = (_people_over_years(problem, one) for one in (starts, best))
    if after < before:
        best, after = starts, before
    today = float(selected.weight[np.diff(selected.coverage_today.indptr) > 0].sum()) * len(years)
    return best, status_of(after, max(after, -solved.bound - today))


def _people_over_years(problem: BudgetProblem, starts: Sequence[Start]) -> float:
    """Return the people gained by the end of each year but the last, summed."""
    return sum(_people(problem, _until(starts, year)) for year in range(problem.years - 1))


def _rank(problem: BudgetProblem, starts: Starts) -> tuple[Starts, FloatArray]:
    """Order projects by year, rooms before what goes into them, then by the people that each adds, then by id."""
    gains = _MarginalGains(problem, starts)
    order: list[Start] = []
    added: list[tuple[float, ...]] = []
    for year in range(problem.years):
        left = sorted((start for start in starts if start[1] == year), key=lambda one: problem.options[one[0]].id)
        while left:
            options = [problem.options[start[0]] for start in left]
            rooms = {option.room for option in options if option.kind == "room"}
            ready = [
                start
                for start, option in zip(left, options, strict=True)
                if not option.service or option.centre or option.room not in rooms
            ]
            people = [gains.compute(start[0], order) for start in ready]
            best = int(np.argmax([sum(some) for some in people]))
            added.append(people[best])
            order.append(ready[best])
            left.remove(ready[best])
            gains.mark_covered(order[-1][0])
    return tuple(order), np.array(added, dtype=np.float64).reshape(len(order), GAINS)


class _MarginalGains:
    """People that a project adds to those before it; from its own column alone if no project closes a centre."""

    def __init__(self, problem: BudgetProblem, starts: Sequence[Start]) -> None:
        coverage = csc_array(problem.coverage)
        self.problem = problem
        self.rows = {
            option: coverage.indices[coverage.indptr[option] : coverage.indptr[option + 1]] for option, _ in starts
        }
        self.closes = any(problem.options[option].closes for option, _ in starts)
        self.people_resolved = problem.people_resolved
        self.covered = is_covered(problem, np.zeros(0, dtype=np.int64))

    def compute(self, option: int, before: Sequence[Start]) -> tuple[float, ...]:
        """Return people newly covered, people whose weak centre is resolved, and weighted people with services."""
        problem = self.problem
        if self.closes:
            then = people_gained(problem, numbers_of([*before, (option, 0)]))
            now = people_gained(problem, numbers_of(before))
            return tuple(after - earlier for after, earlier in zip(then, now, strict=True))
        new = self.rows[option][~self.covered[self.rows[option]]]
        served = 0.0 if problem.of_service is None else float(problem.weight[new][problem.of_service[new]].sum())
        return float(problem.weight[new].sum()) - served, float(self.people_resolved[option]), served

    def mark_covered(self, option: int) -> None:
        """Count the demand points of an option as covered."""
        self.covered[self.rows[option]] = True
