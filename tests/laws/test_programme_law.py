"""The programme against every choice of projects and years there is, on problems small enough to try them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array
from seeds import SEEDS

from planner.programme.greedy import add_greedily, relaxed_bound
from planner.programme.problem import (
    BudgetProblem,
    Fund,
    Precedence,
    ProjectOption,
    SharedLimit,
    people_gained,
    reduce_problem,
)
from planner.programme.solve import solve_programme
from planner.siting.solvers.deadline import Deadline

SECONDS = 60.0
NEAR = 1e-6
Plan = tuple[int | None, ...]
"""For each project the year in which it begins, None: never."""


def question_of(seed: int) -> BudgetProblem:
    """Return a problem with at most 5 projects, 6 demand rows, 3 years and 3 funds."""
    random = np.random.default_rng(seed)
    count, rows, years = (int(random.integers(1, most)) for most in (6, 7, 4))
    centres = ("W1", "W2", "S1")
    options = tuple(
        ProjectOption(
            f"p{number}",
            str(random.choice(["upgrade", "new", "move"])),
            float(random.integers(0, 6)),
            str(random.choice(["", "north", "south"])),
            resolves=tuple(one for one in centres[:2] if random.random() < 0.3),
            closes=tuple(one for one in centres if random.random() < 0.15),
        )
        for number in random.permutation(count)
    )
    names = [option.id for option in options]
    precedence = tuple(
        Precedence(names[first], names[first + 1], bool(random.random() < 0.5))
        for first in range(count - 1)
        if random.random() < 0.3
    )
    return BudgetProblem(
        options=options,
        coverage=csr_array(random.random((rows, count)) < 0.4),
        coverage_today=csr_array(random.random((rows, len(centres))) < 0.2),
        closable=centres,
        weight=random.integers(0, 20, rows) * (1.0 if random.random() < 0.5 else float(random.random())),
        people={"W1": 7.0, "W2": 4.5},
        funds=_funds(random, years),
        years=years,
        max_starts_per_subdistrict=None if random.random() < 0.5 else int(random.integers(0, 3)),
        precedence=precedence,
        shared=_shared(random, names),
        of_service=random.random(rows) < 0.5,
    )


def _shared(random: np.random.Generator, names: list[str]) -> tuple[SharedLimit, ...]:
    sizes = {name: float(random.integers(0, 4)) for name in names if random.random() < 0.6}
    return (SharedLimit(sizes, float(random.integers(0, 6))),) if random.random() < 0.5 else ()


def _funds(random: np.random.Generator, years: int) -> tuple[Fund, ...]:
    def amounts() -> tuple[float, ...]:
        return tuple(random.integers(0, 6, years).astype(float).tolist())

    above = Fund("above", amounts(), carries_over=bool(random.random() < 0.5), most_share=0.75)
    share, kinds = float(random.choice([0.0, 0.5])), (("upgrade", "new"), ())[int(random.integers(0, 2))]
    match = Fund("match", amounts(), pays_for=kinds, matches="above", match_share=share)
    dues = Fund("dues", amounts(), carries_over=False, pays_for=("upgrade", "move"))
    return (above, match, dues)[: int(random.integers(0, 4))]


def plans(problem: BudgetProblem) -> Iterator[Plan]:
    """Yield every plan that keeps to all rules."""
    for plan in product([None, *range(problem.years)], repeat=len(problem.options)):
        if keeps_order(problem, plan) and is_paid(problem, plan):
            yield plan


def keeps_order(problem: BudgetProblem, plan: Plan) -> bool:
    year_of = {option.id: year for option, year in zip(problem.options, plan, strict=True)}
    for one in problem.precedence:
        first, then = year_of[one.first], year_of[one.then]
        if then is not None and (first is None or then < first or (then == first and not one.same_year)):
            return False
    begun = [(option, year) for option, year in zip(problem.options, plan, strict=True) if year is not None]
    starts = [(option.subdistrict, year) for option, year in begun if option.subdistrict]
    if problem.max_starts_per_subdistrict is not None and any(
        starts.count(one) > problem.max_starts_per_subdistrict for one in starts
    ):
        return False
    ids = {option.id for option, _ in begun}
    if any(sum(size for name, size in one.sizes.items() if name in ids) > one.most for one in problem.shared):
        return False
    changed = [centre for option, _ in begun for centre in {*option.resolves, *option.closes}]
    return len(changed) == len(set(changed))


def is_paid(problem: BudgetProblem, plan: Plan) -> bool:
    """Tell whether money suffices: a payment for each project and fund, each rule as it is said of one project."""
    begun = [(option, year) for option, year in zip(problem.options, plan, strict=True) if year is not None]
    funds, count = problem.funds, len(problem.funds)
    if not begun:
        return True
    if not funds:
        return all(option.cost == 0 for option, _ in begun)
    size = len(begun) * count
    exact = np.zeros((len(begun), size))
    rows, most, bounds = [], [], []
    for place, (option, _) in enumerate(begun):
        exact[place, place * count : (place + 1) * count] = 1
        for number, fund in enumerate(funds):
            pays = not fund.pays_for or option.kind in fund.pays_for
            bounds.append((0, fund.most_share * option.cost if pays else 0))
            if fund.matches and pays:
                row = np.zeros(size)
                row[place * count + [one.id for one in funds].index(fund.matches)] = fund.match_share
                row[place * count + number] = -1
                rows.append(row)
                most.append(0.0)
    for number, fund in enumerate(funds):
        for year in range(problem.years):
            row, within = np.zeros(size), range(year + 1) if fund.carries_over else [year]
            for place, (_, then) in enumerate(begun):
                row[place * count + number] = float(then in within)
            rows.append(row)
            most.append(sum(fund.amounts[then] for then in within))
    costs = [option.cost for option, _ in begun]
    found = linprog(np.zeros(size), np.array(rows), np.array(most) + 1e-9, exact, costs, bounds)
    return bool(found.status == 0)


def done_by(plan: Plan, year: int) -> list[int]:
    return [place for place, begun in enumerate(plan) if begun is not None and begun <= year]


def gained(problem: BudgetProblem, done: list[int]) -> float:
    closed = {centre for place in done for centre in problem.options[place].closes}
    settled = {centre for place in done for centre in problem.options[place].resolves}
    covers, held = problem.coverage.toarray().astype(bool), problem.coverage_today.toarray().astype(bool)
    total = 0.0
    for row, people in enumerate(problem.weight):
        stands = any(held[row, number] for number, one in enumerate(problem.closable) if one not in closed)
        now = stands or any(covers[row, place] for place in done)
        total += float(people) * (int(now) - int(held[row].any()))
    return total + sum(problem.people[centre] for centre in settled)


def worth(problem: BudgetProblem, plan: Plan) -> tuple[int, float]:
    """Return what programmes are compared by: premises settled, then people."""
    done = done_by(plan, problem.years - 1)
    settled = {centre for place in done for centre in problem.options[place].resolves}
    return len(settled), gained(problem, done)


def plan_of(problem: BudgetProblem, starts: tuple[tuple[int, int], ...]) -> Plan:
    years = dict(starts)
    return tuple(years.get(place) for place in range(len(problem.options)))


problems = st.builds(question_of, SEEDS)


@settings(max_examples=40)
@given(problems)
def test_the_programme_equals_brute_force(problem: BudgetProblem) -> None:
    every = list(plans(problem))
    best = max(worth(problem, plan) for plan in every)
    found = solve_programme(problem, time_limit_s=SECONDS)
    plan = plan_of(problem, found.starts)
    assert keeps_order(problem, plan)
    assert is_paid(problem, plan)
    assert len(found.resolved) == best[0] == found.most_resolved
    assert found.objective == pytest.approx(best[1], abs=NEAR)
    assert worth(problem, plan)[1] == pytest.approx(best[1], abs=NEAR)
    assert found.status == found.order_status == "optimal"
    assert found.bound == pytest.approx(found.objective, abs=NEAR)
    assert_years_are_best(problem, plan, every)
    assert_paid_by_the_rules(problem, found.starts, found.payments)
    assert found.added.sum() == pytest.approx(found.objective, abs=NEAR)
    assert found.added.sum(axis=0) == pytest.approx(people_gained(problem, np.array(done_by(plan, 9))), abs=NEAR)
    for year, counted in enumerate(found.by_year.sum(axis=1)):
        assert counted == pytest.approx(gained(problem, done_by(plan, year)), abs=NEAR)


def assert_years_are_best(problem: BudgetProblem, plan: Plan, every: list[Plan]) -> None:
    chosen = {place for place, year in enumerate(plan) if year is not None}
    same = [one for one in every if {place for place, year in enumerate(one) if year is not None} == chosen]

    def person_years(one: Plan) -> float:
        return sum(gained(problem, done_by(one, year)) for year in range(problem.years))

    assert person_years(plan) == pytest.approx(max(map(person_years, same)), abs=NEAR)


def assert_paid_by_the_rules(
    problem: BudgetProblem, starts: tuple[tuple[int, int], ...], paid: np.ndarray
) -> None:
    assert (paid >= 0).all()
    names = [fund.id for fund in problem.funds]
    for (place, _), row in zip(starts, paid, strict=True):
        option = problem.options[place]
        assert row.sum() == pytest.approx(option.cost, abs=NEAR)
        for number, fund in enumerate(problem.funds):
            assert row[number] <= fund.most_share * option.cost + NEAR
            assert row[number] == 0 or not fund.pays_for or option.kind in fund.pays_for
            if fund.matches and fund.pays(option.kind):
                assert row[number] >= fund.match_share * row[names.index(fund.matches)] - NEAR
    for number, fund in enumerate(problem.funds):
        for year in range(problem.years):
            within = range(year + 1) if fund.carries_over else [year]
            spent = sum(row[number] for (_, begun), row in zip(starts, paid, strict=True) if begun in within)
            assert spent <= sum(fund.amounts[then] for then in within) + NEAR


@settings(max_examples=40)
@given(problems, st.integers(0, 2))
def test_more_money_is_never_worse(problem: BudgetProblem, more: int) -> None:
    richer = tuple(
        replace(fund, amounts=tuple(amount + more for amount in fund.amounts)) for fund in problem.funds
    )
    before, after = (
        solve_programme(problem, time_limit_s=SECONDS),
        solve_programme(replace(problem, funds=richer), time_limit_s=SECONDS),
    )
    assert (len(after.resolved), after.objective) >= (len(before.resolved), before.objective - NEAR)


@settings(max_examples=40)
@given(problems)
def test_missing_money_is_the_least_there_is(problem: BudgetProblem) -> None:
    found = solve_programme(problem, time_limit_s=SECONDS)
    everything = {centre for option in problem.options for centre in option.resolves}
    assert set(found.resolvable) == everything
    if found.funding_gap is None:
        assert set(found.resolved) == everything
        return
    assert len(found.resolved) < len(everything)
    orders = product([None, *range(problem.years)], repeat=len(problem.options))
    settling = [
        plan
        for plan in orders
        if keeps_order(problem, plan)
        and everything == {c for place in done_by(plan, problem.years) for c in problem.options[place].resolves}
    ]
    least = min((least_extra(problem, plan) for plan in settling), default=np.inf)
    if np.isinf(least):
        assert found.funding_gap.status == "infeasible"
        return
    assert found.funding_gap.status == "optimal"
    assert found.funding_gap.total == pytest.approx(least, abs=NEAR)
    assert found.funding_gap.extra.sum() == pytest.approx(least, abs=NEAR)
    richer = tuple(
        replace(fund, amounts=tuple(np.add(fund.amounts, more + NEAR)))
        for fund, more in zip(problem.funds, found.funding_gap.extra, strict=True)
    )
    assert set(solve_programme(replace(problem, funds=richer), time_limit_s=SECONDS).resolved) == everything


def least_extra(problem: BudgetProblem, plan: Plan) -> float:
    """Return the least extra money that pays for a plan, each payment a variable of its own; inf: none does."""
    begun = [(option, year) for option, year in zip(problem.options, plan, strict=True) if year is not None]
    funds, years = problem.funds, problem.years
    if not funds:
        return 0.0 if all(option.cost == 0 for option, _ in begun) else np.inf
    count = len(funds)
    size = len(begun) * count
    extra = size + count * years
    exact = np.zeros((len(begun), extra))
    rows, most, bounds = [], [], []
    for place, (option, _) in enumerate(begun):
        exact[place, place * count : (place + 1) * count] = 1
        for number, fund in enumerate(funds):
            bounds.append((0, fund.most_share * option.cost if fund.pays(option.kind) else 0))
            if fund.matches and fund.pays(option.kind):
                row = np.zeros(extra)
                row[place * count + [one.id for one in funds].index(fund.matches)] = fund.match_share
                row[place * count + number] = -1
                rows.append(row)
                most.append(0.0)
    for number, fund in enumerate(funds):
        for year in range(years):
            row, within = np.zeros(extra), range(year + 1) if fund.carries_over else [year]
            for place, (_, then) in enumerate(begun):
                row[place * count + number] = float(then in within)
            for then in within:
                row[size + number * years + then] = -1.0
            rows.append(row)
            most.append(sum(fund.amounts[then] for then in within))
    bounds += [(0, None)] * (count * years)
    price = np.concatenate([np.zeros(size), np.ones(count * years)])
    costs = [option.cost for option, _ in begun]
    found = linprog(price, np.array(rows), np.array(most), exact if begun else None, costs or None, bounds)
    return float(found.fun) if found.status == 0 else np.inf


@settings(max_examples=30)
@given(problems)
def test_a_search_without_time_keeps_all_rules_and_its_bound_holds(problem: BudgetProblem) -> None:
    found = solve_programme(problem, time_limit_s=1e-6)
    plan = plan_of(problem, found.starts)
    assert keeps_order(problem, plan)
    assert is_paid(problem, plan)
    assert_paid_by_the_rules(problem, found.starts, found.payments)
    settled = len(found.resolved)
    rivals = [worth(problem, one) for one in plans(problem)]
    assert found.most_resolved >= max(rivals)[0]
    assert found.bound >= max(people for number, people in rivals if number == settled) - NEAR
    if found.status == "optimal":
        assert (settled, found.objective) == pytest.approx(max(rivals), abs=NEAR)


@settings(max_examples=30)
@given(problems)
def test_the_greedy_start_keeps_all_rules_and_no_programme_exceeds_the_loose_bound(problem: BudgetProblem) -> None:
    starts = add_greedily(problem, (), Deadline(SECONDS))
    plan = plan_of(problem, starts)
    assert keeps_order(problem, plan)
    assert is_paid(problem, plan)
    bound = relaxed_bound(problem, Deadline(SECONDS))
    assert bound >= max(gained(problem, done_by(one, problem.years)) for one in plans(problem)) - NEAR


@settings(max_examples=30)
@given(problems)
def test_the_smaller_question_has_the_same_answer(problem: BudgetProblem) -> None:
    small, place = reduce_problem(problem)
    assert len(small.options) <= len(problem.options)
    assert [small.options[number].id for number in range(len(place))] == [problem.options[p].id for p in place]
    best = max(worth(problem, plan) for plan in plans(problem))
    assert max(worth(small, plan) for plan in plans(small)) == pytest.approx(best, abs=NEAR)
