"""Shown parts add up to the shown total; small figures do not vanish; a verdict's figures do not deny it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import toy
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

import planner
from planner.evaluation.improvements.actions import Action
from planner.messages.catalogue import Texts
from planner.messages.errors import SitingError
from planner.reporting.document.build import build_document
from planner.reporting.document.programme import project_table, spots_of
from planner.reporting.facility_text import distinguishing_digits
from planner.reporting.map.symbols import _quantity
from planner.reporting.programme_text import cost_per_person_text, small_money_unit
from planner.reporting.report.blocks import Translator
from planner.reporting.rounding import digits_to_distinguish, gained_by_projects, round_parts, round_steps
from planner.siting.baselines import find_alternatives
from planner.siting.equity import equity_frontier, group_frontier
from planner.siting.models.backup_covering import backup_covering
from planner.siting.models.capacitated_covering import capacitated_covering
from planner.siting.models.gradual_covering import gradual_covering
from planner.siting.models.maximal_covering import maximal_covering
from planner.siting.models.set_covering import set_covering
from planner.siting.problem import CoverageMatrix, SelectionConstraints, TravelCosts
from planner.siting.robustness import solve_robust, solve_scenarios

COUNTS = st.lists(st.floats(0, 1e5), min_size=1, max_size=40)


@given(COUNTS)
def test_parts_add_up_to_the_rounded_total(parts: list[float]) -> None:
    shown = round_parts(parts)
    assert sum(shown) == round(round(float(np.sum(parts)), 6))
    assert all(abs(one - part) <= 1.0 + 1e-6 for one, part in zip(shown, parts, strict=True))


@given(COUNTS)
def test_running_totals_are_the_rounded_ones(steps: list[float]) -> None:
    shown = round_steps(steps)
    for place in range(1, len(steps) + 1):
        assert sum(shown[:place]) == pytest.approx(sum(steps[:place]), abs=0.5 + 1e-5)


def test_by_hand() -> None:
    assert round_parts([58.6, 79.7]) == [58, 80]
    assert round_parts([1 / 3] * 3) == [1, 0, 0]
    assert round_parts([], 0.0) == []
    assert round_steps([5650.4, 0.2, 0.4]) == [5650, 1, 0]
    assert round_steps([10.4, -3.3]) == [10, -3]


@pytest.mark.parametrize(
    ("value", "required", "unit", "shown"),
    [
        (29.97, 30.0, "m2_per_100_households", "29.97"),
        (299.6, 300.0, "m2", "299.6"),
        (0.8996, 0.9, "share", "89.96"),
        (0.5, 0.9, "share", "50.0"),
        (30.0, 30.0, "m2_per_100_households", "30.0"),
    ],
)
def test_a_figure_is_told_from_what_is_asked(value: float, required: float, unit: str, shown: str) -> None:
    digits = distinguishing_digits({"unit": unit, "value": value, "required": required})
    times = 100 if unit == "share" else 1
    assert f"{value * times:.{digits}f}" == shown
    assert shown in _quantity(Texts("zh"), value, unit, required)
    assert digits_to_distinguish(value, value, 1) == 1


WEAK = {"centres": toy.layers()["centres"].assign(floor_area_m2=[20.0, None])}


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> planner.Plan:
    study = toy.with_money(300.0, 300.0).replace("most_share = 0.8\n", "").replace("sites = 1", "sites = 2")
    return planner.run(toy.write_study(tmp_path_factory.mktemp("parts"), changed=WEAK, study=study))


def test_small_costs_are_told_in_yuan(plan: planner.Plan) -> None:
    t = Translator(build_document(plan), Texts("zh"))
    assert small_money_unit(t) == "元"
    assert small_money_unit(Translator(build_document(plan), Texts("en"))) == "CNY"
    assert [cost_per_person_text({"cost_per_person": one}, t) for one in (0.0042, 0.00004, 1.5, 0.0)] == [
        "42.0",
        "0.400",
        "15,000",
        "0",
    ]


def test_projects_add_up_to_their_years(plan: planner.Plan) -> None:
    found = build_document(plan)["programme"]
    gained = gained_by_projects(found)
    for year in found["years"]:
        until = [gained[one["id"]][0] for one in found["projects"] if one["year"] <= year["year"]]
        assert sum(until) == round(year["people_covered"])


def test_stations_in_a_community_without_premises_are_named(plan: planner.Plan) -> None:
    assert plan.programme is not None
    (need,) = [one for one in plan.programme.needs if one.kind == "no_centre"]
    built = [one.id for one in plan.programme.projects if one.site and one.community == need.place]
    assert built
    assert (list(need.projects), need.unmet_reason, need.year) == (built, "station_only", None)


def test_a_branch_stands_at_its_own_place(plan: planner.Plan) -> None:
    assert plan.programme is not None
    upgrade = next(one for one in plan.programme.projects if one.option == "upgrade:C1")
    place = (toy.ORIGIN[0] + 600.0, toy.ORIGIN[1] + 200.0)
    branch = replace(
        upgrade,
        kind="new",
        actions=(Action(kind="open_station", about="C1", amount=100.0, cost=1.0, place=place),),
    )
    moved = replace(plan, programme=replace(plan.programme, projects=(branch,)))
    spot = spots_of(moved)[upgrade.id]
    assert spot is not None
    assert spot.coords[0] == place
    assert project_table(moved).geometry.iloc[0].coords[0] == place
    (shown,) = build_document(moved)["programme"]["projects"]
    assert shown["lon"] == pytest.approx(105 + 600 / 85_900, abs=1e-4)


ONES = CoverageMatrix(csr_array(np.eye(3, dtype=bool)), np.ones(3))
NOBODY = CoverageMatrix(csr_array(np.eye(3, dtype=bool)), np.zeros(3))
REACH = TravelCosts.from_table(np.ones((3, 3)), np.ones(3))
HOMES = np.zeros(3, dtype=np.int64)
NAN = float("nan")
REFUSED = {
    "fixed -1": lambda: set_covering(ONES, fixed=[-1], time_limit_s=1),
    "fixed 7": lambda: set_covering(ONES, fixed=[7], time_limit_s=1),
    "fixed half": lambda: maximal_covering(
        ONES, SelectionConstraints(sites=1, fixed=np.array([0.5])), time_limit_s=1
    ),
    "cost NaN": lambda: set_covering(ONES, cost=np.array([1.0, NAN, 1.0]), time_limit_s=1),
    "cost negative": lambda: set_covering(ONES, cost=np.array([1.0, -1.0, 1.0]), time_limit_s=1),
    "cost short": lambda: set_covering(ONES, cost=np.ones(2), time_limit_s=1),
    "sites 1.7": lambda: maximal_covering(ONES, SelectionConstraints(sites=1.7), time_limit_s=1),  # type: ignore[arg-type]
    "sites -1": lambda: maximal_covering(ONES, SelectionConstraints(sites=-1), time_limit_s=1),
    "budget NaN": lambda: maximal_covering(
        ONES, SelectionConstraints(cost=np.ones(3), budget=NAN), time_limit_s=1
    ),
    "kind 5": lambda: maximal_covering(
        ONES, SelectionConstraints(kind=np.array([0, 5, 0]), sites_of_kind=(1,)), time_limit_s=1
    ),
    "seconds NaN": lambda: maximal_covering(ONES, SelectionConstraints(sites=1), time_limit_s=NAN),
    "seconds -1": lambda: maximal_covering(ONES, SelectionConstraints(sites=1), time_limit_s=-1),
    "weight NaN": lambda: CoverageMatrix(ONES.matrix, np.array([1.0, NAN, 1.0])),
    "row 9": lambda: TravelCosts(np.array([9]), np.array([0]), np.ones(1), np.ones(3), 3),
    "column -1": lambda: TravelCosts(np.array([0]), np.array([-1]), np.ones(1), np.ones(3), 3),
    "minutes NaN": lambda: TravelCosts(np.array([0]), np.array([0]), np.array([NAN]), np.ones(3), 3),
    "households NaN": lambda: capacitated_covering(
        ONES, SelectionConstraints(sites=1), households=np.array([1, NAN, 1]), capacity=np.ones(3), time_limit_s=1
    ),
    "capacity negative": lambda: capacitated_covering(
        ONES,
        SelectionConstraints(sites=1),
        households=np.ones(3),
        capacity=np.array([1.0, -1.0, 1.0]),
        time_limit_s=1,
    ),
    "capacity short": lambda: capacitated_covering(
        ONES, SelectionConstraints(sites=1), households=np.ones(3), capacity=np.ones(2), time_limit_s=1
    ),
    "backup 2": lambda: backup_covering(ONES, SelectionConstraints(sites=1), backup=2.0, time_limit_s=1),
    "backup NaN": lambda: backup_covering(ONES, SelectionConstraints(sites=1), backup=NAN, time_limit_s=1),
    "fade NaN": lambda: gradual_covering(
        REACH, SelectionConstraints(sites=1), full_min=5, none_min=NAN, time_limit_s=1
    ),
    "group of nobody": lambda: group_frontier(
        ONES, np.zeros(3), SelectionConstraints(sites=1), points=2, time_limit_s=1
    ),
    "group short": lambda: group_frontier(
        ONES, np.ones(2), SelectionConstraints(sites=1), points=2, time_limit_s=1
    ),
    "community -1": lambda: equity_frontier(
        ONES, HOMES - 1, SelectionConstraints(sites=1), points=2, time_limit_s=1
    ),
    "rule": lambda: solve_robust(
        {"a": ONES},
        SelectionConstraints(sites=1),
        solve_scenarios({"a": ONES}, SelectionConstraints(sites=1), time_limit_s=1),
        rule="best",
        time_limit_s=1,
    ),
    "xy": lambda: find_alternatives(
        ONES,
        SelectionConstraints(sites=1),
        maximal_covering(ONES, SelectionConstraints(sites=1), time_limit_s=1),
        xy=np.zeros((2, 2)),
        near_m=1.0,
        within=0.5,
        differing=1,
        count=1,
        time_limit_s=1,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_meant_is_refused_in_words(name: str) -> None:
    with pytest.raises(SitingError) as refused:
        REFUSED[name]()
    for language in ("zh", "en"):
        assert refused.value.in_words(language).count("\n") >= 1


@pytest.mark.parametrize("covering", [NOBODY, CoverageMatrix(csr_array((0, 3), dtype=bool), np.zeros(0))])
def test_nobody_anywhere_gives_an_empty_plan(covering: CoverageMatrix) -> None:
    homes = np.zeros(len(covering.weight), dtype=np.int64)
    (only,) = equity_frontier(covering, homes, SelectionConstraints(sites=1), points=3, time_limit_s=1)
    assert (only.sites, only.people, only.total.bound) == ((), 0.0, 0.0)
    assert np.isnan(only.worst_share)
    assert maximal_covering(covering, SelectionConstraints(sites=1), time_limit_s=1).sites == ()
    assert set_covering(covering, time_limit_s=1).sites == ()
