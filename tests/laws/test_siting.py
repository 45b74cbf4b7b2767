"""Every model of siting against all choices there are, on questions small enough to try them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array
from seeds import SEEDS

from planner.siting.models.backup_covering import backup_covering
from planner.siting.models.capacitated_covering import capacitated_covering
from planner.siting.models.gradual_covering import gradual_covering
from planner.siting.models.hierarchical_covering import Tier, hierarchical_covering
from planner.siting.models.maximal_covering import maximal_covering
from planner.siting.models.p_center import p_center
from planner.siting.models.p_median import p_median
from planner.siting.models.set_covering import set_covering
from planner.siting.problem import CoverageMatrix, SelectionConstraints, TravelCosts
from planner.siting.solution import Solution

SECONDS = 60.0
NEAR = 1e-7


class Case:
    """A question with at most 9 rows and 7 columns, and every choice that keeps to its limits."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        rows, self.columns = int(random.integers(1, 10)), int(random.integers(1, 8))
        self.minutes = random.integers(0, 10, (rows, self.columns)).astype(float)
        self.minutes[random.random(self.minutes.shape) < 0.3] = np.inf
        whole = random.integers(0, 20, rows).astype(float)
        self.weight = whole if random.random() < 0.5 else whole * random.random(rows)
        self.cost = random.integers(0, 5, self.columns).astype(float)
        self.fixed = np.flatnonzero(random.random(self.columns) < 0.15)
        self.households = random.integers(0, 5, rows).astype(float)
        self.capacity = random.integers(0, 8, self.columns).astype(float)
        self.kind = random.integers(0, 2, self.columns)
        self.exclusive = random.integers(-1, 3, self.columns)
        self.sites, self.budget = int(random.integers(0, self.columns + 1)), float(random.integers(0, 8))

    @property
    def reach(self) -> TravelCosts:
        return TravelCosts.from_table(self.minutes, self.weight)

    @property
    def covering(self) -> CoverageMatrix:
        return self.reach.within(4.0)

    def choice(self, number: int) -> SelectionConstraints:
        return (
            SelectionConstraints(sites=self.sites, fixed=self.fixed),
            SelectionConstraints(cost=self.cost, budget=self.budget, fixed=self.fixed),
            SelectionConstraints(sites=self.sites, cost=self.cost, budget=self.budget, exclusive=self.exclusive),
            SelectionConstraints(kind=self.kind, sites_of_kind=(1, 2), exclusive=self.exclusive),
        )[number]

    def choices(self, choice: SelectionConstraints) -> Iterator[list[int]]:
        """Yield the open columns of every choice, fixed ones included."""
        fixed = choice.fixed_columns().tolist()
        for size in range(self.columns + 1):
            for some in combinations(sorted(set(range(self.columns)) - set(fixed)), size):
                if self.fits(choice, some):
                    yield sorted([*some, *fixed])

    def fits(self, choice: SelectionConstraints, some: tuple[int, ...]) -> bool:
        new = list(some)
        groups = [] if choice.exclusive is None else [g for g in choice.exclusive[new].tolist() if g >= 0]
        kinds = () if choice.sites_of_kind is None else choice.sites_of_kind
        return (
            (choice.sites is None or len(new) <= choice.sites)
            and (choice.budget is None or choice.cost[new].sum() <= choice.budget)
            and len(groups) == len(set(groups))
            and all((choice.kind[new] == kind).sum() <= most for kind, most in enumerate(kinds))
        )


def _index(columns: list[int]) -> np.ndarray:
    return np.array(columns, dtype=np.int64)


def best(
    case: Case, choice: SelectionConstraints, worth: Callable[[list[int]], float], pick: Callable[..., float] = max
) -> float:
    return pick(worth(opened) for opened in case.choices(choice))


def assert_proven(case: Case, choice: SelectionConstraints, answer: Solution, expected: float) -> None:
    assert answer.status == "optimal"
    assert answer.objective == pytest.approx(expected, abs=NEAR)
    assert answer.bound == pytest.approx(answer.objective, rel=1e-8, abs=NEAR)
    assert answer.gap == pytest.approx(0.0, abs=NEAR)
    assert case.fits(choice, answer.sites)
    assert not set(answer.sites) & set(choice.fixed_columns().tolist())


cases = st.builds(Case, SEEDS)
limits = st.integers(0, 3)


@settings(max_examples=150)
@given(cases, limits)
def test_maximal_covering_equals_brute_force(case: Case, limit: int) -> None:
    choice, covers = case.choice(limit), case.minutes <= 4
    answer = maximal_covering(case.covering, choice, time_limit_s=SECONDS)
    expected = best(case, choice, lambda opened: float(case.weight[covers[:, _index(opened)].any(axis=1)].sum()))
    assert_proven(case, choice, answer, expected)
    assert answer.before + sum(answer.added) == pytest.approx(answer.objective)
    assert list(answer.added) == sorted(answer.added, reverse=True)
    assert case.weight[answer.served_by >= 0].sum() == pytest.approx(answer.objective)
    assert list(answer.unservable) == np.flatnonzero(~covers.any(axis=1) & (case.weight > 0)).tolist()


@settings(max_examples=80)
@given(cases, limits)
def test_gradual_covering_equals_brute_force(case: Case, limit: int) -> None:
    choice = case.choice(limit)
    share = np.clip((7 - case.minutes) / 4, 0, 1)
    answer = gradual_covering(case.reach, choice, full_min=3, none_min=7, time_limit_s=SECONDS)
    expected = best(
        case, choice, lambda opened: float((case.weight * share[:, _index(opened)].max(axis=1, initial=0.0)).sum())
    )
    assert_proven(case, choice, answer, expected)


@settings(max_examples=150)
@given(cases, limits)
def test_the_p_median_equals_brute_force(case: Case, limit: int) -> None:
    choice = case.choice(limit)
    asked = np.isfinite(case.minutes).any(axis=1) & (case.weight > 0)

    def walked(opened: list[int]) -> float:
        nearest = case.minutes[asked][:, _index(opened)].min(axis=1, initial=np.inf)
        return float((nearest * case.weight[asked]).sum())

    answer = p_median(case.reach, choice, time_limit_s=SECONDS)
    expected = best(case, choice, walked, min)
    if np.isinf(expected):
        assert answer.status == "infeasible"
        assert np.isnan(answer.objective)
    else:
        assert_proven(case, choice, answer, expected)


@settings(max_examples=80)
@given(cases, st.integers(0, 1))
def test_the_p_center_equals_brute_force(case: Case, limit: int) -> None:
    choice = case.choice(limit)
    asked = np.isfinite(case.minutes).any(axis=1) & (case.weight > 0)

    def longest(opened: list[int]) -> float:
        return float(case.minutes[asked][:, _index(opened)].min(axis=1, initial=np.inf).max(initial=0.0))

    answer = p_center(case.reach, choice, time_limit_s=SECONDS)
    expected = best(case, choice, longest, min)
    if np.isinf(expected):
        assert answer.status == "infeasible"
    else:
        assert_proven(case, choice, answer, expected)


@settings(max_examples=80)
@given(cases, st.booleans())
def test_set_covering_equals_brute_force(case: Case, by_cost: bool) -> None:  # noqa: FBT001 -- hypothesis
    covers = case.minutes <= 4
    asked = covers.any(axis=1) & (case.weight > 0)
    cost = case.cost if by_cost else np.ones(case.columns)
    everything = SelectionConstraints(sites=case.columns, fixed=case.fixed)

    def spent(opened: list[int]) -> float:
        new = np.setdiff1d(_index(opened), case.fixed)
        return float(cost[new].sum()) if covers[np.ix_(asked, _index(opened))].any(axis=1).all() else np.inf

    answer = set_covering(
        case.covering, cost=case.cost if by_cost else None, fixed=case.fixed, time_limit_s=SECONDS
    )
    assert_proven(case, everything, answer, best(case, everything, spent, min))
    assert (answer.served_by[asked] >= 0).all()


@settings(max_examples=60)
@given(cases, limits, st.sampled_from([0.0, 0.3, 0.5, 0.8, 1.0]))
def test_backup_covering_equals_brute_force(case: Case, limit: int, backup: float) -> None:
    choice, covers = case.choice(limit), case.minutes <= 4

    def worth(opened: list[int]) -> float:
        count = covers[:, _index(opened)].sum(axis=1)
        return float(((1 - backup) * case.weight[count > 0].sum()) + backup * case.weight[count > 1].sum())

    answer = backup_covering(case.covering, choice, backup=backup, time_limit_s=SECONDS)
    assert_proven(case, choice, answer, best(case, choice, worth))


@settings(max_examples=40)
@given(cases, st.integers(0, 2))
def test_capacitated_covering_equals_brute_force(case: Case, limit: int) -> None:
    choice, covers = case.choice(limit), case.minutes <= 4

    def placed(opened: list[int]) -> float:
        pairs = [(row, column) for row in range(len(covers)) for column in opened if covers[row, column]]
        if not pairs:
            return 0.0
        limits_of = np.zeros((len(covers) + case.columns, len(pairs)))
        for place, (row, column) in enumerate(pairs):
            limits_of[row, place] = 1.0
            limits_of[len(covers) + column, place] = case.households[row]
        most = np.concatenate([np.ones(len(covers)), case.capacity])
        return -float(linprog([-case.weight[row] for row, _ in pairs], limits_of, most, bounds=(0, 1)).fun)

    found = capacitated_covering(
        case.covering, choice, households=case.households, capacity=case.capacity, time_limit_s=SECONDS
    )
    assert_proven(case, choice, found.solution, best(case, choice, placed))
    assert (found.used <= case.capacity + NEAR).all()
    shares = np.bincount(found.demand, weights=found.share, minlength=len(covers))
    assert (shares <= 1 + NEAR).all()
    assert float((shares * case.weight).sum()) == pytest.approx(found.solution.objective, abs=NEAR)


@settings(max_examples=40)
@given(cases)
def test_hierarchical_covering_equals_brute_force(case: Case) -> None:
    near, far = case.minutes <= 2, case.minutes <= 6
    second = case.weight[::-1].copy()
    tiers = [
        Tier("high", 1, {"basic": csr_array(near), "full": csr_array(far)}),
        Tier("low", 2, {"basic": csr_array(near)}, fixed=case.fixed),
    ]
    found = hierarchical_covering({"basic": case.weight, "full": second}, tiers, time_limit_s=SECONDS)

    def worth(high: list[int], low: list[int]) -> float:
        basic = near[:, _index([*high, *low, *case.fixed])].any(axis=1)
        return float(case.weight[basic].sum() + second[far[:, _index(high)].any(axis=1)].sum())

    every = range(case.columns)
    expected = max(
        worth(list(high), list(low))
        for n_high in (0, 1)
        for high in combinations(every, n_high)
        for n_low in (0, 1, 2)
        for low in combinations(every, min(n_low, case.columns))
    )
    assert found.solution.status == "optimal"
    assert found.solution.objective == pytest.approx(expected, abs=NEAR)
    assert len(found.sites["high"]) <= 1
    assert len(found.sites["low"]) <= 2
    assert sum(found.served.values()) == pytest.approx(expected, abs=NEAR)


@settings(max_examples=60)
@given(cases)
def test_greedy_is_between_the_optimum_and_its_guarantee(case: Case) -> None:
    answer = maximal_covering(case.covering, SelectionConstraints(sites=case.sites), time_limit_s=SECONDS)
    assert (1 - 1 / np.e) * answer.objective - NEAR <= answer.greedy <= answer.objective + NEAR


@settings(max_examples=40)
@given(cases)
def test_more_sites_and_more_money_are_never_worse(case: Case) -> None:
    by_sites = [
        maximal_covering(case.covering, SelectionConstraints(sites=sites), time_limit_s=SECONDS).objective
        for sites in range(case.columns + 1)
    ]
    by_money = [
        maximal_covering(
            case.covering, SelectionConstraints(cost=case.cost, budget=money), time_limit_s=SECONDS
        ).objective
        for money in range(6)
    ]
    assert by_sites == sorted(by_sites)
    assert by_money == sorted(by_money)


def test_the_optimum_is_no_worse_than_the_clustering_on_the_haibowan_study(haibowan_plan: object) -> None:
    siting = haibowan_plan.siting
    clustering, optimum = siting.proposals
    assert clustering.bound == np.inf
    assert clustering.status == "heuristic"
    assert optimum.status == "optimal"
    assert optimum.people_gained > clustering.people_gained > 0
    assert optimum.bound == optimum.people_gained
    people = haibowan_plan.coverage.uncovered["people"].to_numpy()
    served = np.asarray(siting.matrix[:, list(optimum.sites)].sum(axis=1)).ravel() > 0
    assert people[served].sum() == optimum.people_gained
