"""Bundles against brute force: every choice of contents of rooms, on small cases."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.messages.errors import SitingError
from planner.siting.bundles import BundleProblem, least_cost, solve_bundles

ROOMS, SERVICES, HOMES = 3, 2, 6


@st.composite
def problems(draw: st.DrawFn) -> BundleProblem:
    drawn = np.random.default_rng(draw(st.integers(0, 10**6)))
    reach = [np.nonzero(drawn.random((ROOMS, HOMES)) < 0.4) for _ in range(SERVICES)]
    return BundleProblem(
        area_m2=drawn.choice([50.0, 100.0, np.inf], ROOMS),
        opening_cost=drawn.choice([0.0, 5.0, 9.0], ROOMS),
        needed_m2=drawn.choice([40.0, 60.0], SERVICES),
        fitting_cost=drawn.integers(1, 5, (ROOMS, SERVICES)).astype(float),
        allowed=drawn.random((ROOMS, SERVICES)) < 0.8,
        reach=reach,
        weight=[drawn.integers(0, 9, HOMES).astype(float) for _ in range(SERVICES)],
        budget=float(drawn.choice([6.0, 12.0, 20.0, np.inf])),
        most_rooms=draw(st.sampled_from([None, 1, 2])),
        most_services=draw(st.sampled_from([None, np.array([1.0, 2.0, 1.0])])),
    )


def value(problem: BundleProblem, chosen: np.ndarray) -> float:
    return sum(
        problem.weight[service][np.unique(rows[chosen[rooms, service]])].sum()
        for service, (rooms, rows) in enumerate(problem.reach)
    )


def cost(problem: BundleProblem, chosen: np.ndarray) -> float:
    return problem.opening_cost[chosen.any(axis=1)].sum() + problem.fitting_cost[chosen].sum()


def choices(problem: BundleProblem) -> list[np.ndarray]:
    found = []
    for bits in product([False, True], repeat=problem.allowed.size):
        chosen = np.array(bits).reshape(problem.allowed.shape)
        paid = chosen.any(axis=1) & (problem.opening_cost > 0)
        if (
            not (chosen & ~problem.allowed).any()
            and (chosen @ problem.needed_m2 <= problem.area_m2).all()
            and (problem.most_services is None or (chosen.sum(axis=1) <= problem.most_services).all())
            and (problem.most_rooms is None or paid.sum() <= problem.most_rooms)
        ):
            found.append(chosen)
    return found


@settings(max_examples=60, deadline=None)
@given(problems())
def test_the_choice_is_that_of_brute_force_and_beats_each_service_alone(problem: BundleProblem) -> None:
    best = max(value(problem, one) for one in choices(problem) if cost(problem, one) <= problem.budget)
    found = solve_bundles(problem)
    assert found.objective == pytest.approx(best)
    assert found.status == "optimal"
    assert found.bound >= found.objective
    chosen = np.zeros(problem.allowed.shape, dtype=bool)
    for room, service in found.contents:
        chosen[room, service] = True
    assert value(problem, chosen) == pytest.approx(found.objective)
    assert found.cost == pytest.approx(cost(problem, chosen))
    assert found.cost <= problem.budget
    assert found.gained.sum() == pytest.approx(found.objective)
    for service in range(SERVICES):
        alone = solve_bundles(problem.alone(service))
        assert alone.objective <= found.objective + 1e-9
        assert {kind for _, kind in alone.contents} <= {service}


@settings(max_examples=40, deadline=None)
@given(problems())
def test_what_combining_saves(problem: BundleProblem) -> None:
    """The least cost for the same needs, together and with a room of its own for every service."""
    needs = solve_bundles(problem).objective
    together = min(cost(problem, one) for one in choices(problem) if value(problem, one) >= needs - 1e-9)
    assert least_cost(problem, at_least=needs) == pytest.approx(together)
    if problem.most_rooms is None:
        apart = least_cost(problem.apart(), at_least=needs)
        assert apart is not None
        # Rooms of their own have room for both, where one room together has not.
        tight = (problem.area_m2 < problem.needed_m2.sum()).any() or problem.most_services is not None
        assert apart >= together - 1e-9 or tight


def test_two_services_share_the_price_of_a_room() -> None:
    """One room for 10, each fit-out 1: together 12, apart 22."""
    both = (np.array([0]), np.array([0]))
    problem = BundleProblem(
        area_m2=np.array([200.0]),
        opening_cost=np.array([10.0]),
        needed_m2=np.array([60.0, 60.0]),
        fitting_cost=np.ones((1, 2)),
        allowed=np.ones((1, 2), dtype=bool),
        reach=[both, both],
        weight=[np.array([5.0]), np.array([8.0])],
        budget=12.0,
    )
    found = solve_bundles(problem)
    assert (found.contents, found.objective, found.cost) == (((0, 0), (0, 1)), 13.0, 12.0)
    assert solve_bundles(problem.apart()).objective == 8.0
    assert least_cost(problem, at_least=13.0) == 12.0
    assert least_cost(problem.apart(), at_least=13.0) == 22.0


def test_what_does_not_fit_is_refused() -> None:
    wrong = BundleProblem(
        np.ones(2), np.ones(1), np.ones(1), np.ones((2, 1)), np.ones((2, 1), dtype=bool), [], [np.ones(1)]
    )
    with pytest.raises(SitingError):
        solve_bundles(wrong)
