"""Services of the toy city by hand and by brute force: a walk is |dx| + |dy| at 60 m a minute."""

from __future__ import annotations

import re
from pathlib import Path

import life_circle
import numpy as np
import pandas as pd
import pytest
import toy
from life_circle import SPOTS, walk_m

import planner
from planner.accessibility.nth_nearest import nth_nearest
from planner.accessibility.services import ServiceAccess, completeness_index
from planner.inputs.scenario import Scenario, Site
from planner.network.travel_times import TravelTimes
from planner.results import Plan

M_A_MIN = 60.0


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return planner.run(life_circle.write_study(tmp_path_factory.mktemp("life")))


def access_to(plan: Plan, service: str) -> ServiceAccess:
    assert plan.services is not None
    return next(one for one in plan.services.access if one.id == service)


def spots(kind: str, *, without: tuple[str, ...] = ()) -> list[tuple[float, float]]:
    return [spot for ident, spot, _, _ in SPOTS[kind] if ident not in without]


@pytest.mark.parametrize(
    ("service", "kind", "without", "nth"),
    [("canteen", "canteen", ("K2",), 1), ("clinic", "clinic", (), 2), ("library", "library", ("B1",), 1)],
)
def test_the_nth_nearest_is_that_of_brute_force(
    plan: Plan, service: str, kind: str, without: tuple[str, ...], nth: int
) -> None:
    people = life_circle.layers()["people"]
    walks = np.sort([walk_m(people, spot) for spot in spots(kind, without=without)], axis=0) / M_A_MIN
    one = access_to(plan, service)
    assert one.nearest_min == pytest.approx(walks[0])
    limit = one.service.standard.minutes * 3
    assert one.nth_min == pytest.approx(np.where((walks[nth - 1] <= limit) | (nth == 1), walks[nth - 1], np.inf))


def test_people_served_are_counted_by_hand(plan: Plan) -> None:
    people = life_circle.layers()["people"]
    served = people["people"][walk_m(people, (0, 0)) <= 300].sum()
    old = people["people_65"][np.sort([walk_m(people, one) for one in spots("clinic")], axis=0)[1] <= 300].sum()
    total = plan.services.total.set_index("service")
    assert total.loc["canteen", ["people", "people_served"]].tolist() == [530, served] == [530, 90]
    assert total.loc["clinic", ["people", "people_served"]].tolist() == pytest.approx([117, old])
    assert total.loc["canteen", "people_share"] == pytest.approx(90 / 530)


def test_reasons_are_those_of_the_facilities(plan: Plan) -> None:
    people = life_circle.layers()["people"]
    near, closed = (walk_m(people, spot) <= 300 for spot in ((0, 0), (800, 400)))
    assert (
        access_to(plan, "canteen").reason.tolist()
        == np.where(near, "", np.where(closed, "closed", "nothing_near")).tolist()
    )
    big, small = (walk_m(people, spot) <= 600 for spot in ((600, 0), (400, 400)))
    assert (
        access_to(plan, "library").reason.tolist()
        == np.where(big, "", np.where(small, "below_standard", "nothing_near")).tolist()
    )


def test_one_of_two_is_too_few(plan: Plan) -> None:
    people = life_circle.layers()["people"]
    within = np.sum([walk_m(people, spot) <= 300 for spot in spots("clinic")], axis=0)
    clinic = access_to(plan, "clinic")
    assert clinic.within.tolist() == within.tolist()
    assert clinic.reason.tolist() == np.choose(np.minimum(within, 2), ["nothing_near", "too_few", ""]).tolist()


def test_what_is_not_known_is_neither_reached_nor_missing(plan: Plan, tmp_path: Path) -> None:
    park = plan.services.total.set_index("service").loc["park"]
    assert park["people_unknown"] == park["people"] == 530
    assert np.isnan(park[["people_served", "people_share", "mean_min"]].astype(float)).all()
    study = re.sub(r'\[\[services\]\]\nid = "park".*?\n\n', "", life_circle.STUDY, flags=re.DOTALL)
    without = planner.run(life_circle.write_study(tmp_path, study))
    pd.testing.assert_frame_equal(without.services.demand, plan.services.demand)


def test_the_own_facilities_come_first_and_equal_the_coverage(plan: Plan) -> None:
    first = plan.services.total.iloc[0]
    row = plan.coverage.total.set_index("limit_min").loc[5.0]
    assert (first["service"], first["people_served"]) == ("centres", row["people_covered"])


def test_each_service_equals_a_study_of_it_alone(plan: Plan, tmp_path: Path) -> None:
    """The facilities of one service as the centres of a study: the same people within the same minutes."""
    pois = life_circle.pois()
    for service, kind, minutes in (("canteen", "canteen", 5), ("library", "library", 10)):
        counts = pois[(pois["kind"] == kind) & ~pois["id"].isin(["K2", "B1"])]
        alone = planner.run(
            toy.write_study(
                tmp_path / service,
                changed={**life_circle.layers(), "centres": counts.assign(tier="station").drop(columns="kind")},
                study=f"{toy.STUDY}\n[limits]\nminutes = [{minutes}, 20]\nstandard_min = {minutes}\n",
            )
        )
        at_standard = alone.coverage.by_community
        at_standard = at_standard[at_standard["limit_min"] == minutes].set_index("community")
        rows = plan.services.by_community
        mine = rows[rows["service"] == service].set_index("community")
        assert mine["people_served"].to_dict() == at_standard["people_covered"].to_dict()


def test_completeness_and_what_is_missing(plan: Plan) -> None:
    people, found = life_circle.layers()["people"], plan.services
    centres = np.minimum(walk_m(people, (200, 200)), walk_m(people, (800, 400))) <= 300
    canteen, library = walk_m(people, (0, 0)) <= 300, walk_m(people, (600, 0)) <= 600
    clinic = np.sort([walk_m(people, one) for one in spots("clinic")], axis=0)[1] <= 300
    premises = walk_m(people, (200, 200)) <= 600
    index = (centres + 2.0 * canteen + clinic + library + premises) / 6.0
    assert found.demand["completeness"].to_numpy() == pytest.approx(index)
    missing = 4 - (centres.astype(int) + canteen + clinic + premises)  # a library is not basic here
    assert found.demand["missing"].tolist() == missing.tolist()
    assert found.completeness_total["people_sufficient"] == people["people"][missing == 0].sum()
    assert found.fairness["group"].tolist() == ["people", "old"]


def test_completeness_never_falls_with_a_facility_more(plan: Plan, tmp_path: Path) -> None:
    layers = life_circle.layers()
    layers["pois"] = layers["pois"].assign(open="")
    more = planner.run(toy.write_study(tmp_path, changed=layers, study=life_circle.STUDY)).services.demand
    before = plan.services.demand
    assert (more["completeness"] >= before["completeness"]).all()
    assert (more["missing"] <= before["missing"]).all()
    assert more["completeness"].sum() > before["completeness"].sum()


def test_capacity_within_reach_is_2sfca_and_may_be_full(tmp_path: Path) -> None:
    study = life_circle.STUDY.replace("per_1000 = 100.0", "per_1000 = 400.0")
    services = planner.run(life_circle.write_study(tmp_path, study)).services
    canteen = next(one for one in services.access if one.id == "canteen")
    assert canteen.access[canteen.served] == pytest.approx(30 / 90)
    assert set(canteen.reason[canteen.served]) == {"full"}
    row = services.total.set_index("service").loc["canteen"]
    assert (row["people_served"], row["people_full"]) == (90, 90)


def test_nth_nearest_of_pairs_in_any_order() -> None:
    drawn = np.random.default_rng(18)
    minutes = drawn.integers(1, 9, (6, 40)).astype(float)
    listed = np.argwhere(minutes <= 6)
    shuffled = listed[drawn.permutation(len(listed))]
    times = TravelTimes(*shuffled.T, minutes[tuple(shuffled.T)], 6, 40, 6.0)
    far = np.where(minutes <= 6, minutes, np.inf)
    for nth in (1, 2, 6):
        assert nth_nearest(times, nth).tolist() == np.sort(far, axis=0)[nth - 1].tolist()


def test_an_index_of_nothing_is_not_known() -> None:
    assert np.isnan(completeness_index([np.array([True])], [0.0])).all()


def test_a_scenario_closes_and_opens_what_the_services_count(tmp_path: Path) -> None:
    file = life_circle.write_study(tmp_path)
    here = Site(id="N1", x=toy.ORIGIN[0], y=toy.ORIGIN[1])
    scenario = Scenario(closed=("S1",), sites=(here,), crs=toy.CRS)
    then = planner.run(file, scenario=scenario)
    first, covered = then.services.total.iloc[0], then.coverage.total.set_index("limit_min").loc[5.0]
    assert first["people_served"] == covered["people_covered"]
    assert access_to(then, "centres").service.places["id"].tolist() == ["C1", "N1"]
    assert access_to(then, "premises").service.places["id"].tolist() == ["C1"]
    assert access_to(then, "canteen").service.places["id"].tolist() == ["K1", "K2"]
