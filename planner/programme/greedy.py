"""Greedy start solution of the budget problem, and an upper bound from a relaxation with one budget."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array, vstack

from planner.network.walk import FloatArray
from planner.programme.formulation import Variables, try_payments
from planner.programme.problem import BudgetProblem, Start, Starts, is_covered, numbers_of
from planner.siting.models.maximal_covering import maximal_covering
from planner.siting.problem import CoverageMatrix, SelectionConstraints
from planner.siting.solvers.deadline import Deadline


def add_greedily(problem: BudgetProblem, first: Starts, clock: Deadline) -> Starts:
    """Add to a programme, year by year, the project with most people gained per cost while the rules allow it.

    Parameters
    ----------
    problem
        Options, people, money and rules.
    first
        Projects that are started in any case.
    clock
        Time limit; projects added until then are kept.
    """
    starts = list(first)
    for year in range(problem.years):
        refused: set[int] = set()
        unpaid: dict[str, float] = {}
        while not clock.is_over:
            gains = _gains(problem, starts)
            started = {option for option, _ in starts}
            available = [
                number
                for number in np.flatnonzero(gains > 0).tolist()
                if number not in started
                and number not in refused
                and problem.options[number].cost < unpaid.get(problem.options[number].kind, np.inf)
            ]
            if not available:
                break
            worth = gains[available] / np.maximum(problem.cost[available], 1e-9)
            number = available[int(np.argmax(worth))]
            option = problem.options[number]
            if not _is_allowed(problem, starts, number, year):
                refused.add(number)
            elif try_payments(problem, [*starts, (number, year)]) is None:
                # Others of its kind that cost as much could not be paid either.
                unpaid[option.kind] = option.cost
            else:
                starts.append((number, year))
    return tuple(starts)


def as_solution(variables: Variables, starts: Sequence[Start]) -> FloatArray | None:
    """Return a programme as the values of all variables; None if it cannot be paid."""
    problem = variables.problem
    payments = try_payments(problem, starts)
    if payments is None:
        return None
    x = np.zeros(variables.count)
    for option, year in starts:
        for later in range(year, problem.years):
            x[variables.started(option, later)] = 1.0
    rows = len(problem.weight)
    for number, counted in enumerate(variables.counted):
        begin = variables.coverage_from + number * rows
        x[begin : begin + rows] = is_covered(
            problem, numbers_of([start for start in starts if start[1] <= counted])
        )
    column_of = {payment: variables.payments_from + number for number, payment in enumerate(variables.payments)}
    for (option, year), row in zip(starts, payments, strict=True):
        for fund, amount in enumerate(row.tolist()):
            if amount > 0:
                x[column_of[year, fund, problem.options[option].kind]] += amount
    return x


def relaxed_bound(problem: BudgetProblem, clock: Deadline) -> float:
    """Return an upper bound of the people gained: one budget for all years and kinds, and no other rules.

    Demand points covered by a closable centre can only be lost; they are counted as kept.
    """
    today = np.diff(problem.coverage_today.indptr) > 0
    gained = CoverageMatrix(csr_array(problem.coverage[~today]), problem.weight[~today])
    resolved_by = problem.resolved_by
    weight = np.array([problem.people[centre] for centre in resolved_by], dtype=np.float64)
    pairs = [(row, number) for row, numbers in enumerate(resolved_by.values()) for number in numbers]
    row, column = (np.array(part, dtype=np.int64) for part in (zip(*pairs, strict=True) if pairs else ((), ())))
    resolves = csr_array((np.ones(len(row), dtype=bool), (row, column)), shape=(len(weight), len(problem.options)))
    both = csr_array(vstack([gained.matrix, resolves], format="csr"))
    money = float(sum(amount for fund in problem.funds for amount in fund.amounts))
    solution = maximal_covering(
        CoverageMatrix(both, np.concatenate([gained.weight, weight])),
        SelectionConstraints(cost=problem.cost, budget=money),
        time_limit_s=clock.remaining_s,
    )
    return solution.bound


def _gains(problem: BudgetProblem, starts: Sequence[Start]) -> FloatArray:
    """Return the people that each option would add to a programme, regardless of the centres that it closes."""
    done = numbers_of(starts)
    uncovered = problem.weight * ~is_covered(problem, done)
    resolved = {centre for option in done for centre in problem.options[option].resolves}
    people_resolved = np.array(
        [
            sum(problem.people.get(centre, 0.0) for centre in option.resolves if centre not in resolved)
            for option in problem.options
        ]
    )
    return np.asarray(problem.coverage.T.astype(np.float64) @ uncovered + people_resolved)


def _is_allowed(problem: BudgetProblem, starts: Sequence[Start], number: int, year: int) -> bool:
    """Return True if a start keeps to all rules but those of money."""
    option = problem.options[number]
    year_of = {problem.options[other].id: when for other, when in starts}
    changed = {centre for other, _ in starts for centre in problem.options[other].centres}
    if changed & set(option.centres) or not problem.fits([*(other for other, _ in starts), number]):
        return False
    limit = problem.max_starts_per_subdistrict
    if limit is not None and option.subdistrict:
        same = [other for other, when in starts if when == year]
        if sum(problem.options[other].subdistrict == option.subdistrict for other in same) >= limit:
            return False
    return all(
        pair.first in year_of and year_of[pair.first] <= (year if pair.same_year else year - 1)
        for pair in problem.precedence
        if pair.then == option.id
    )
