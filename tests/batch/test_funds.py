"""The shared choice equals brute force, and its bound is never below it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from wholes import write_whole

import planner
from planner.batch.curves import district_curve
from planner.batch.districts import districts_of
from planner.batch.funds import Choice, Curve, curves_of, least_sites, share_funds, site_cost
from planner.batch.portfolio import PortfolioFunds, read_portfolio
from planner.messages.errors import SitingError
from planner.prepare import prepare


@st.composite
def provinces(draw: st.DrawFn) -> tuple[list[Curve], PortfolioFunds]:
    """Return up to four districts of up to three sites, and funds of every kind."""
    curves = []
    for number in range(draw(st.integers(1, 4))):
        steps = draw(st.lists(st.integers(0, 30), min_size=1, max_size=3))
        gained = np.cumsum([0, *steps])
        served = gained + draw(st.integers(0, 9)) * (gained > 0)
        bound = served + draw(st.integers(0, 5)) * (gained > 0)
        settle = draw(st.sampled_from([0.0, 0.0, 5.0]))
        values = (tuple(map(float, one)) for one in (gained, served, bound))
        covered = float(draw(st.integers(0, 40)))
        people = draw(st.sampled_from([0.0, 1.0])) * (covered + 60.0)
        curves.append(Curve(f"D{number}", *values, settle_cost=settle, people=people, covered=covered))
    sites = draw(st.none() | st.integers(0, 8))
    budget = draw(st.none() | st.floats(0, 30))
    funds = PortfolioFunds(
        sites=sites,
        budget=budget,
        site_cost=draw(st.sampled_from([1.0, 4.0, 7.5])),
        least_a_district=draw(st.integers(0, 2)),
        district_share=draw(st.sampled_from([0.0, 0.25])),
        shares={"D1": 0.5} if draw(st.booleans()) else {},
        least={"D0": 3} if draw(st.booleans()) else {},
        settle_weak=draw(st.booleans()),
        equality=draw(st.sampled_from([0.0, 0.0, 0.5, 1.0])),
    )
    return curves, funds


def choices(curves: list[Curve], funds: PortfolioFunds) -> Iterator[tuple[int, ...]]:
    """Yield every choice that keeps the rules."""
    for sites in product(*(range(len(one.gained)) for one in curves)):
        pairs = list(zip(curves, sites, strict=True))
        cost = sum(count * site_cost(funds, one.code) for one, count in pairs)
        if funds.settle_weak:
            cost += sum(
                one.settle_cost * (0.5 if one.code in funds.shares else 1 - funds.district_share) for one in curves
            )
        if any(count < least_sites(funds, one) for one, count in pairs):
            continue
        if funds.sites is not None and sum(sites) > funds.sites:
            continue
        if funds.budget is not None and cost > funds.budget * (1 + 1e-9):
            continue
        yield sites


def shares_of(curves: list[Curve], sites: tuple[int, ...], values: str) -> list[tuple[float, float]]:
    """Return the share of each district where anybody lives, and the most that its own sites reach."""
    return [
        (
            min((one.covered + getattr(one, values)[count]) / one.people, 1.0),
            min((one.covered + max(one.gained)) / one.people, 1.0),
        )
        for one, count in zip(curves, sites, strict=True)
        if one.people > 0
    ]


def least_share(curves: list[Curve], sites: tuple[int, ...], values: str = "gained") -> float:
    """Return the share of the worst district that more sites would serve better; 1 where there is none."""
    return min((share for share, most in shares_of(curves, sites, values) if share < most), default=1.0)


def brute_force(curves: list[Curve], sites: Iterable[tuple[int, ...]], values: str) -> float:
    """Return the most that any of the choices gains."""
    pairs = (zip(curves, one, strict=True) for one in sites)
    return max(sum(getattr(one, values)[count] for one, count in pair) for pair in pairs)


@given(provinces())
def test_the_choice_is_that_of_brute_force(province: tuple[list[Curve], PortfolioFunds]) -> None:
    curves, funds = province
    possible = list(choices(curves, funds))
    if not possible:
        with pytest.raises(SitingError):
            share_funds(curves, funds)
        return
    choice = share_funds(curves, funds)
    _keeps(choice, curves, funds)
    fair = choice.fairness
    if fair is None:
        assert not any(one.people for one in curves)
        fitting = possible
    else:
        fairest = max(least_share(curves, one) for one in possible)
        assert fair.most_people == pytest.approx(brute_force(curves, possible, "gained"))
        assert fair.fairest_least_share == pytest.approx(fairest)
        assert fair.least_share_bound >= max(least_share(curves, one, "bound") for one in possible) - 1e-9
        floor = fair.most_people_least_share + funds.equality * (fairest - fair.most_people_least_share)
        fitting = [one for one in possible if not funds.equality or least_share(curves, one) >= floor - 1e-12]
        assert funds.equality == 0 or fair.least_share >= floor - 1e-12
        assert fair.most_people >= choice.people_gained - 1e-9
        assert choice.people_gained >= fair.fairest_people - 1e-9
    assert choice.people_gained == pytest.approx(brute_force(curves, fitting, "gained"))
    assert choice.bound >= brute_force(curves, fitting, "bound") - 1e-6
    if not funds.equality:
        assert choice.bound == pytest.approx(brute_force(curves, possible, "bound"))


def test_equality_costs_people() -> None:
    """By hand: one site; 9 of 100 people here, or 5 of 10 there, of whom none has a centre yet."""
    curves = [
        Curve("A", (0.0, 9.0), (0.0, 9.0), (0.0, 9.0), people=100.0, covered=50.0),
        Curve("B", (0.0, 5.0), (0.0, 5.0), (0.0, 5.0), people=10.0),
        # Nothing helps it: it holds nobody down.
        Curve("C", (0.0, 0.0), (0.0, 0.0), (0.0, 0.0), people=10.0),
    ]
    most, fair = (share_funds(curves, PortfolioFunds(sites=1, equality=one)) for one in (0.0, 1.0))
    assert [row.sites for row in most.districts] == [1, 0, 0]
    assert [row.sites for row in fair.districts] == [0, 1, 0]
    assert fair.fairness is not None
    assert (fair.fairness.most_people, fair.fairness.fairest_people) == (9.0, 5.0)
    assert (fair.fairness.most_people_least_share, fair.fairness.fairest_least_share) == (0.0, 0.5)
    assert [row.share_after for row in fair.districts] == [0.5, 0.5, 0.0]


def _keeps(choice: Choice, curves: list[Curve], funds: PortfolioFunds) -> None:
    """Assert that a choice keeps every rule of the funds."""
    by_code = {one.code: one for one in curves}
    assert [row.code for row in choice.districts] == sorted(by_code)
    assert all(row.sites >= least_sites(funds, by_code[row.code]) for row in choice.districts)
    assert funds.sites is None or choice.sites <= funds.sites
    assert funds.budget is None or choice.cost <= funds.budget * (1 + 1e-6) + 1e-9


def test_a_floor_is_no_site_that_gains_nobody() -> None:
    empty = Curve("A", (0.0, 0.0), (0.0, 0.0), (0.0, 3.0))
    assert least_sites(PortfolioFunds(least_a_district=1), empty) == 0


def test_rows_without_a_curve_take_no_part() -> None:
    curve = {"gained": [0.0, 2.0], "served": [0.0, 2.0], "bound": [0.0, 2.0], "every_street": True}
    assert [one.code for one in curves_of({"A": {"curve": curve}, "B": {}})] == ["A"]


@pytest.mark.parametrize("seed", [0, 3])
def test_the_bound_holds_across_borders(seed: int, tmp_path: Path) -> None:
    """No pair of sites at any two candidates of any districts, in the whole as one study, gains more."""
    portfolio = read_portfolio(write_whole(tmp_path, seed))
    cut = districts_of(portfolio, tmp_path / "out", "")
    curves, spots = [], []
    for district in cut.districts:
        plan = planner.run(district.study)
        curves += curves_of({district.code: {"curve": district_curve(plan, 2)}})
        ground = shapely.union_all(plan.inputs.communities.geometry.array)
        corners = plan.network.node_xy
        spots.append(corners[shapely.contains_xy(ground, *corners.T)][::3])
    choice = share_funds(curves, PortfolioFunds(sites=2, most_a_district=2))
    whole = prepare(planner.read_study(tmp_path / "study.toml"), for_results=False)
    demand = whole.inputs.demand
    today = whole.walker.nearest(whole.facility_snaps, whole.demand_snaps, within_min=2.0)[0]
    times = whole.walker.times(whole.walker.snap(np.vstack(spots)), whole.demand_snaps, within_min=2.0)
    people = np.where(np.isfinite(today), 0.0, demand["people"].to_numpy())
    covers = np.isfinite(times.as_matrix())
    alone = covers @ people
    order = np.argsort(-alone)[:60]
    best = max(float(people[covers[one] | covers[other]].sum()) for one, other in product(order, order))
    assert best > 0
    assert choice.every_street
    assert choice.bound >= best - 1e-6
    assert choice.bound >= choice.people_gained > 0
