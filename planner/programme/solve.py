"""The best programme: as many weak premises as can be settled, then the most people, then the earliest years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.network.walk import FloatArray, IndexArray
from planner.programme.formulation import Layout, formulate
from planner.programme.greedy import as_start, greedy, loose_bound
from planner.programme.missing_funds import Missing, missing_money
from planner.programme.payments import payments
from planner.programme.problem import Question, people_gained
from planner.programme.ranking import ranked
from planner.programme.reduction import reduced
from planner.siting.argument_checks import check_not_negative, raise_issues
from planner.siting.solution import Status, relative_gap, status_of
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.mip import solve

Starts = tuple[tuple[int, int], ...]
HALF = 0.5
SETTLING_SHARE = 0.3
"""How much of the time may be spent on how many weak premises can be settled."""
GREEDY_SHARE = 0.2
SEARCH_SHARE = 0.9
"""How much of what is left may be spent on the greedy choice, and then on the search; the rest on the years."""
EXACT_SHARE = 0.5
"""How much of the search may go by before a looser bound is looked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """A programme.

    Attributes
    ----------
    starts
        Project and year, from 0, of each; by year, then by what each adds to those before it.
    added
        People whom each serves newly, and people whose premises it settles, shape (starts, 2).
    paid
        Who pays what for each, shape (starts, funds).
    by_year
        People newly served, and people whose premises meet the standard, by the end of each year; shape
        (years, 2).
    settled, settleable
        Weak premises that meet the standard in the end, and those that some project settles, by id.
    most_settled
        In no programme are it more.
    objective, bound
        People newly served and people whose premises meet the standard, added up, at the end; with as many
        premises settled no programme reaches more than the bound.
    status
        ``"proven"`` or ``"stopped"``, by the bound.
    order_status
        The same for the years of these projects: that no other years for them bring people earlier.
    missing
        What money is missing so that all that can be settled is; None where nothing is.
    seconds
        How long it took.
    """

    starts: Starts
    added: FloatArray
    paid: FloatArray
    by_year: FloatArray
    settled: tuple[str, ...]
    settleable: tuple[str, ...]
    most_settled: int
    objective: float
    bound: float
    status: Status
    order_status: Status
    missing: Missing | None
    seconds: float

    @property
    def gap(self) -> float:
        """How far the bound is above the objective, as a share of the bound."""
        return relative_gap(self.objective, self.bound)


def choose(question: Question, *, seconds: float) -> Chosen:
    r"""Choose what begins in which year.

    First, the number of weak premises that meet the standard by the last year is made as large as can be. Then,
    among all programmes that settle as many,

    .. math:: \max \sum_i a_i (z_i - h_i) + \sum_c b_c s_c

    where :math:`z_i` says that the people of demand point i are served in the end, :math:`h_i` that they are
    today, and :math:`s_c` that the weak premises c of :math:`b_c` people meet the standard. Last, the years of the
    projects that were chosen are set so that the people gained, summed over the years, are most.

    Parameters
    ----------
    question
        Projects, people, money and rules.
    seconds
        How long to search.

    Returns
    -------
    chosen
        The programme with its bound.

    References
    ----------
    .. [1] Church, R., ReVelle, C. (1974). The maximal covering location problem. Papers in Regional Science 32.
    .. [2] Khuller, S., Moss, A., Naor, J. (1999). The budgeted maximum coverage problem. Information Processing
           Letters 70.
    """
    raise_issues(check_not_negative("seconds", seconds))
    clock = Deadline(seconds)
    small, place = reduced(question)
    settling = _settling(small)
    first, most = _most_settled(small.only(settling, demand=False), clock.at_most(clock.left * SETTLING_SHARE))
    first = tuple((int(settling[option]), year) for option, year in first)
    settled = _settled(small, first)
    settleable = len(small.settled_by)
    missing = None
    if len(settled) < settleable:
        only = small.only(settling, demand=False)
        missing = missing_money(only, clock.at_most(clock.left * SETTLING_SHARE))
    first = greedy(small, first, clock.at_most(clock.left * GREEDY_SHARE))
    chosen, bound = _most_people(small, len(settled), first, clock.at_most(clock.left * SEARCH_SHARE))
    chosen = _without_idle(small, chosen)
    starts, order_status = _earliest(small, chosen, clock)
    starts = tuple((int(place[option]), year) for option, year in starts)
    starts, added = ranked(question, starts)
    objective = float(sum(people_gained(question, _options(starts))))
    bound = max(bound, objective)
    status = status_of(objective, bound)
    if status == "proven":
        bound = objective
    in_the_end = _settled(question, starts)
    return Chosen(
        starts=starts,
        added=added,
        paid=payments(question, starts),
        by_year=np.array(
            [
                people_gained(question, _options([one for one in starts if one[1] <= year]))
                for year in range(question.years)
            ]
        ).reshape(question.years, 2),
        settled=in_the_end,
        settleable=tuple(question.settled_by),
        most_settled=max(most, len(in_the_end)),
        objective=objective,
        bound=bound,
        status=status if len(in_the_end) >= most else "stopped",
        order_status=order_status,
        missing=missing,
        seconds=clock.seconds,
    )


def _options(starts: Sequence[tuple[int, int]]) -> IndexArray:
    return np.array([option for option, _ in starts], dtype=np.int64)


def _settled(question: Question, starts: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    done = {centre for option, _ in starts for centre in question.options[option].settles}
    return tuple(centre for centre in question.people if centre in done)


def _settling(question: Question) -> IndexArray:
    """Return the projects that settle something, and those that must come before them."""
    wanted = {place for places in question.settled_by.values() for place in places}
    while True:
        names = {question.options[place].id for place in wanted}
        further = {
            question.position[one.first]
            for one in question.precedence
            if one.then in names and one.first in question.position
        }
        if further <= wanted:
            return np.array(sorted(wanted), dtype=np.int64)
        wanted |= further


def _starts_of(layout: Layout, x: FloatArray) -> Starts:
    begun = x[: layout.served_from].reshape(layout.question.years, layout.options) > HALF
    return tuple((int(option), int(np.argmax(begun[:, option]))) for option in np.flatnonzero(begun.any(axis=0)))


def _most_settled(question: Question, clock: Deadline) -> tuple[Starts, int]:
    """Return a programme that settles as many weak premises as can be, and how many none exceeds."""
    every = len(question.settled_by)
    if not every:
        return (), 0
    layout = Layout(question)
    cost = np.zeros(layout.variables)
    for places in question.settled_by.values():
        for place in places:
            cost[layout.begun(place, question.years - 1)] -= 1.0
    solved = solve(formulate(layout, cost), clock)
    starts = () if solved.x is None else _starts_of(layout, solved.x)
    # The number is whole: a bound between two numbers is the lower.
    bound = every if np.isinf(solved.bound) else min(every, int(np.floor(-solved.bound + 1e-6)))
    return starts, max(bound, len(_settled(question, starts)))


def _most_people(question: Question, settled: int, first: Starts, clock: Deadline) -> tuple[Starts, float]:
    """Return the programme that gains the most people with so many premises settled, and its bound."""
    last = question.years - 1
    layout = Layout(question, counted=(last,))
    cost = np.zeros(layout.variables)
    cost[layout.begun(0, last) : layout.served_from] = -question.standard
    cost[layout.served_from : layout.money_from] = -question.weight
    held = np.diff(question.held.indptr) > 0
    today = float(question.weight[held].sum())
    most = float(question.weight.sum() - today + sum(question.people[one] for one in question.settled_by))
    solved = solve(
        formulate(layout, cost, settled=settled),
        clock.at_most(clock.left * EXACT_SHARE),
        start=as_start(layout, first),
    )
    bound = min(most, -solved.bound - today) if np.isfinite(solved.bound) else most
    # Stopped early, a search may know less than what was known before.
    known = [first] if solved.x is None else [_starts_of(layout, solved.x), first]
    found = max(known, key=lambda one: sum(people_gained(question, _options(one))))
    if status_of(sum(people_gained(question, _options(found))), bound) != "proven":
        bound = min(bound, loose_bound(question, clock))
    return found, bound


def _without_idle(question: Question, starts: Starts) -> Starts:
    """Leave out projects without which as many people gain and as many premises are settled, the dearest first."""
    kept = list(starts)
    people = sum(people_gained(question, _options(kept)))
    for one in sorted(starts, key=lambda start: (-question.options[start[0]].cost, -start[0])):
        rest = [other for other in kept if other != one]
        needed = {
            precedence.first
            for precedence in question.precedence
            if precedence.then in {question.options[option].id for option, _ in rest}
        }
        if question.options[one[0]].id in needed or len(_settled(question, rest)) < len(_settled(question, kept)):
            continue
        without = sum(people_gained(question, _options(rest)))
        if without >= people:
            kept, people = rest, without
    return tuple(kept)


def _earliest(question: Question, starts: Starts, clock: Deadline) -> tuple[Starts, Status]:
    """Set the years of chosen projects so that the people gained, summed over the years, are most."""
    if not starts or question.years == 1:
        return starts, "proven"
    options = _options(starts)
    only = question.only(options)
    years = range(question.years - 1)
    layout = Layout(only, counted=tuple(years))
    cost = np.zeros(layout.variables)
    for number, year in enumerate(years):
        cost[layout.begun(0, year) : layout.begun(0, year) + layout.options] = -only.standard
        begin = layout.served_from + number * len(only.weight)
        cost[begin : begin + len(only.weight)] = -only.weight
    solved = solve(formulate(layout, cost, begun_at_last=np.arange(layout.options)), clock)
    found = starts if solved.x is None else tuple((int(options[o]), y) for o, y in _starts_of(layout, solved.x))
    before, after = (_worth_of_years(question, one) for one in (starts, found))
    if after < before:
        found, after = starts, before
    today = float(only.weight[np.diff(only.held.indptr) > 0].sum()) * len(years)
    return found, status_of(after, max(after, -solved.bound - today))


def _worth_of_years(question: Question, starts: Starts) -> float:
    return sum(
        sum(people_gained(question, _options([one for one in starts if one[1] <= year])))
        for year in range(question.years - 1)
    )
