"""Payments: allocation of the funds to projects whose years are fixed, as a linear programme."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planner.network.walk import FloatArray
from planner.programme.formulation import Constraints, usable_years
from planner.programme.problem import BudgetProblem, Start
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.mip import MixedIntegerProgram as Mip
from planner.siting.solvers.mip import solve

EARLIER = 0.01
DIGITS = 9
SLACKS = (0.0, 1e-6, 1e-4)
"""Amounts by which payments may exceed a fund, in the unit of money (of 万元, a yuan); the smallest feasible."""

SECONDS = 60.0
"""Time limit; a linear programme of this size takes milliseconds."""


def allocate_payments(problem: BudgetProblem, starts: Sequence[Start]) -> FloatArray:
    """Allocate the funds in their order, to earlier projects first.

    A vertex of the linear programme is taken, so that few projects are paid by several funds.

    Parameters
    ----------
    problem
        Options and funds.
    starts
        Number and year of projects for which the funds suffice.

    Returns
    -------
    payments
        Shape (starts, funds); each row sums to the project's cost.

    Raises
    ------
    ArithmeticError
        The funds do not suffice.
    """
    # A choice that spends all is paid to the last bit of the solver's arithmetic, or slightly beyond.
    for slack in SLACKS:
        payments = try_payments(problem, starts, slack=slack)
        if payments is not None:
            return payments
    raise ArithmeticError(starts)


def try_payments(problem: BudgetProblem, starts: Sequence[Start], *, slack: float = 0.0) -> FloatArray | None:
    """Allocate the funds as `allocate_payments` does; None if they fall short by more than the slack."""
    count = len(problem.funds)
    if not starts or not count:
        unpaid = any(problem.options[project].cost for project, _ in starts)
        return None if unpaid else np.zeros((len(starts), count))
    solved = _solve_payments(problem, starts, slack)
    if solved is None:
        return None
    payments = np.round(np.clip(solved.reshape(len(starts), count), 0.0, None), DIGITS)
    # The rounding difference goes to the fund that pays most.
    largest = np.argmax(payments, axis=1)
    due = np.array([problem.options[project].cost for project, _ in starts])
    payments[np.arange(len(starts)), largest] += due - payments.sum(axis=1)
    return np.asarray(payments)


def _solve_payments(problem: BudgetProblem, starts: Sequence[Start], slack: float) -> FloatArray | None:
    funds, count = problem.funds, len(problem.funds)
    constraints = Constraints()
    upper, price = np.zeros(len(starts) * count), np.zeros(len(starts) * count)
    number_of = {fund.id: number for number, fund in enumerate(funds)}
    for place, (project, _) in enumerate(starts):
        option = problem.options[project]
        columns = [place * count + number for number in range(count)]
        constraints.between([(column, 1.0) for column in columns], option.cost, option.cost)
        for number, fund in enumerate(funds):
            upper[columns[number]] = fund.most_share * option.cost if fund.pays(option.kind) else 0.0
            price[columns[number]] = number * (1 + EARLIER * (len(starts) - place) / len(starts))
            matched = number_of.get(fund.matches or "")
            if matched is not None and fund.pays(option.kind):
                constraints.at_most([(columns[matched], fund.match_share), (columns[number], -1.0)], 0.0)
    for number, fund in enumerate(funds):
        for year in range(problem.years):
            within = usable_years(fund, year)
            terms = [(place * count + number, 1.0) for place, (_, start) in enumerate(starts) if start in within]
            if terms:
                constraints.at_most(terms, sum(fund.amounts[then] for then in within) + slack)
    return solve(
        Mip(
            price,
            constraints.matrix(len(price)),
            np.array(constraints.lower),
            np.array(constraints.upper),
            np.zeros(len(price)),
            upper,
            np.zeros(len(price), dtype=bool),
        ),
        Deadline(SECONDS),
    ).x
