"""A programme by greedy choice, to begin the search with; and a bound that forgets years and rules of money."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array, vstack

from planner.network.walk import FloatArray
from planner.programme.formulation import Layout
from planner.programme.payments import payments_or_none
from planner.programme.problem import Question, covered
from planner.siting.models.maximal_covering import maximal_covering
from planner.siting.problem import CoverageMatrix, SelectionConstraints
from planner.siting.solvers.deadline import Deadline

Starts = tuple[tuple[int, int], ...]


def greedy(question: Question, first: Starts, clock: Deadline) -> Starts:
    """Add to a programme, year by year, the project that gains most people for its cost, as long as rules allow.

    Parameters
    ----------
    question
        Projects, people, money and rules.
    first
        What is begun in any case.
    clock
        When to stop; what was added until then stays.
    """
    starts = list(first)
    for year in range(question.years):
        refused: set[int] = set()
        dear: dict[str, float] = {}
        while not clock.is_over:
            gains = _gains(question, starts)
            begun = {option for option, _ in starts}
            open_to = [
                place
                for place in np.flatnonzero(gains > 0).tolist()
                if place not in begun
                and place not in refused
                and question.options[place].cost < dear.get(question.options[place].kind, np.inf)
            ]
            if not open_to:
                break
            worth = gains[open_to] / np.maximum(question.cost[open_to], 1e-9)
            place = open_to[int(np.argmax(worth))]
            option = question.options[place]
            if not _fits(question, starts, place, year):
                refused.add(place)
            elif payments_or_none(question, [*starts, (place, year)]) is None:
                # Others of its kind that cost as much would not be paid either.
                dear[option.kind] = option.cost
            else:
                starts.append((place, year))
    return tuple(starts)


def as_start(layout: Layout, starts: Sequence[tuple[int, int]]) -> FloatArray | None:
    """Return a programme as the values of all variables of a layout; None where it cannot be paid."""
    question = layout.question
    paid = payments_or_none(question, starts)
    if paid is None:
        return None
    x = np.zeros(layout.variables)
    for option, year in starts:
        for later in range(year, question.years):
            x[layout.begun(option, later)] = 1.0
    rows = len(question.weight)
    for number, counted in enumerate(layout.counted):
        done = np.array([option for option, year in starts if year <= counted], dtype=np.int64)
        begin = layout.served_from + number * rows
        x[begin : begin + rows] = covered(question, done)
    place = {payment: layout.money_from + number for number, payment in enumerate(layout.payments)}
    for (option, year), row in zip(starts, paid, strict=True):
        for fund, amount in enumerate(row.tolist()):
            if amount > 0:
                x[place[year, fund, question.options[option].kind]] += amount
    return x


def loose_bound(question: Question, clock: Deadline) -> float:
    """Return a number of people that no programme exceeds: one purse for all years, no rules but its size.

    Those whom a centre serves today that may be closed can only be lost; they are counted as kept.
    """
    held = np.diff(question.held.indptr) > 0
    gained = CoverageMatrix(csr_array(question.covers[~held]), question.weight[~held])
    settling = question.settled_by
    weight = np.array([question.people[centre] for centre in settling], dtype=np.float64)
    pairs = [(row, place) for row, places in enumerate(settling.values()) for place in places]
    row, column = (np.array(part, dtype=np.int64) for part in (zip(*pairs, strict=True) if pairs else ((), ())))
    settles = csr_array((np.ones(len(row), dtype=bool), (row, column)), shape=(len(weight), len(question.options)))
    both = csr_array(vstack([gained.covers, settles], format="csr"))
    money = float(sum(amount for fund in question.funds for amount in fund.amounts))
    answer = maximal_covering(
        CoverageMatrix(both, np.concatenate([gained.weight, weight])),
        SelectionConstraints(cost=question.cost, budget=money),
        seconds=clock.left,
    )
    return answer.bound


def _gains(question: Question, starts: Sequence[tuple[int, int]]) -> FloatArray:
    """Return what each project would add to a programme; centres that it closes are not reckoned with."""
    done = np.array([option for option, _ in starts], dtype=np.int64)
    left = question.weight * ~covered(question, done)
    settled = {centre for option in done for centre in question.options[option].settles}
    standard = np.array(
        [
            sum(question.people.get(centre, 0.0) for centre in option.settles if centre not in settled)
            for option in question.options
        ]
    )
    return np.asarray(question.covers.T.astype(np.float64) @ left + standard)


def _fits(question: Question, starts: Sequence[tuple[int, int]], place: int, year: int) -> bool:
    option = question.options[place]
    begun = {question.options[other].id: when for other, when in starts}
    changed = {centre for other, _ in starts for centre in question.options[other].centres}
    if changed & set(option.centres):
        return False
    most = question.starts_per_street
    if most is not None and option.street:
        beside = sum(when == year and question.options[other].street == option.street for other, when in starts)
        if beside >= most:
            return False
    return all(
        one.first in begun and begun[one.first] <= (year if one.same_year else year - 1)
        for one in question.precedence
        if one.then == option.id
    )
