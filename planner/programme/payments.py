"""Who pays for which project: one way to share the money out among projects whose years are set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planner.network.walk import FloatArray
from planner.programme.formulation import Rows
from planner.programme.problem import Question
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.mip import MixedIntegerProgram as Mip
from planner.siting.solvers.mip import solve

EARLIER = 0.01
DIGITS = 9
SLACKS = (0.0, 1e-6, 1e-4)
"""By how much a sum of money may exceed a fund, in the unit of money (of 万元, a yuan); the least that does."""

SECONDS = 60.0
"""A linear programme of so few numbers takes milliseconds."""


def payments(question: Question, starts: Sequence[tuple[int, int]]) -> FloatArray:
    """Share the money out: funds in their order, earlier projects first, and few projects with several funds.

    A corner of the linear programme is taken: no more payments than projects and limits of funds.

    Parameters
    ----------
    question
        Projects and funds.
    starts
        Project and year, for which the funds are known to suffice.

    Returns
    -------
    paid
        Shape (starts, funds); each row adds up to the project's cost.

    Raises
    ------
    ArithmeticError
        The funds do not suffice.
    """
    # A choice that spends all is paid to the last bit of the solver's arithmetic, or a little beyond.
    for slack in SLACKS:
        paid = payments_or_none(question, starts, slack=slack)
        if paid is not None:
            return paid
    raise ArithmeticError(starts)


def payments_or_none(
    question: Question, starts: Sequence[tuple[int, int]], *, slack: float = 0.0
) -> FloatArray | None:
    """Share the money out as `payments` does; None where it does not suffice, or by more than the slack."""
    count = len(question.funds)
    if not starts or not count:
        unpaid = any(question.options[project].cost for project, _ in starts)
        return None if unpaid else np.zeros((len(starts), count))
    solved = _solved(question, starts, slack)
    if solved is None:
        return None
    paid = np.round(np.clip(solved.reshape(len(starts), count), 0.0, None), DIGITS)
    # What the solver's arithmetic and the rounding leave goes to the one who pays most.
    most_of = np.argmax(paid, axis=1)
    due = np.array([question.options[project].cost for project, _ in starts])
    paid[np.arange(len(starts)), most_of] += due - paid.sum(axis=1)
    return np.asarray(paid)


def _solved(question: Question, starts: Sequence[tuple[int, int]], slack: float) -> FloatArray | None:
    funds, count = question.funds, len(question.funds)
    rows = Rows()
    upper, price = np.zeros(len(starts) * count), np.zeros(len(starts) * count)
    number_of = {fund.id: number for number, fund in enumerate(funds)}
    for place, (project, _) in enumerate(starts):
        option = question.options[project]
        own = [place * count + number for number in range(count)]
        rows.between([(column, 1.0) for column in own], option.cost, option.cost)
        for number, fund in enumerate(funds):
            upper[own[number]] = fund.most_share * option.cost if fund.pays(option.kind) else 0.0
            price[own[number]] = number * (1 + EARLIER * (len(starts) - place) / len(starts))
            matched = number_of.get(fund.matches or "")
            if matched is not None and fund.pays(option.kind):
                rows.at_most([(own[matched], fund.match_share), (own[number], -1.0)], 0.0)
    for number, fund in enumerate(funds):
        for year in range(question.years):
            within = range(year + 1) if fund.carries_over else range(year, year + 1)
            terms = [(place * count + number, 1.0) for place, (_, begun) in enumerate(starts) if begun in within]
            if terms:
                most = sum(fund.amounts[then] for then in within)
                rows.at_most(terms, most + slack)
    return solve(
        Mip(
            price,
            rows.matrix(len(price)),
            np.array(rows.lower),
            np.array(rows.upper),
            np.zeros(len(price)),
            upper,
            np.zeros(len(price), dtype=bool),
        ),
        Deadline(SECONDS),
    ).x
