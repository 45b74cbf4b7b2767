"""The ledger of the toy city: reasons add up, mends by brute force, capacity that is added is enough."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import life_circle
import numpy as np
import pandas as pd
import pytest
import shapely
import toy
from life_circle import walk_m

import planner
from planner.accessibility.services import REASONS
from planner.evaluation.ledger import Mend, choose_mend
from planner.results import Plan

HOSTS = {"C1": (200.0, 200.0), "S1": (800.0, 400.0)}


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return planner.run(life_circle.write_study(tmp_path_factory.mktemp("ledger")))


def row(plan: Plan, community: str, service: str) -> pd.Series:
    rows = plan.ledger.rows
    return rows[(rows["community"] == community) & (rows["service"] == service)].iloc[0]


def test_reasons_add_up_to_who_lacks_it(plan: Plan) -> None:
    rows = plan.ledger.rows.dropna(subset="people_missing").set_index(["community", "service"])
    assert rows[[f"people_{one}" for one in REASONS]].sum(axis=1).tolist() == rows["people_missing"].tolist()
    served = plan.services.by_community.set_index(["community", "service"]).loc[rows.index]
    assert (
        rows["people_missing"].tolist()
        == (served["people"] - served["people_served"] + served["people_full"]).tolist()
    )
    lacking = plan.services.by_community.query("people_served + 1e-9 < people")
    assert set(rows.index) == set(zip(lacking["community"], lacking["service"], strict=True))


def test_the_cheapest_mend_is_that_of_brute_force(plan: Plan) -> None:
    """A canteen in the east: 3.0 at existing premises, 20.0 for a new one."""
    people = life_circle.layers()["people"]
    east = people[people.geometry.x > toy.ORIGIN[0] + 400]
    helped = {host: east["people"][walk_m(east, spot) <= 300].sum() for host, spot in HOSTS.items()}
    found = row(plan, "E", "canteen")
    best = max(helped, key=lambda host: helped[host])
    assert (found["mend"], found["mend_at"], found["mend_people"]) == ("add", best, helped[best])
    assert found["mend_cost"] == 3.0
    assert found["mends_unpriced"] == ("reopen",)
    assert (found["people_closed"], found["reason"]) == (helped["S1"], "nothing_near")


@pytest.mark.parametrize(
    ("siting", "programme", "cost"),
    [("", "", np.nan), ("new_cost = 9.0\n", "", 9.0), ("new_cost = 9.0\n", "12.0", 12.0)],
)
def test_a_new_centre_costs_what_the_programme_says(
    tmp_path: Path, siting: str, programme: str, cost: float
) -> None:
    study = life_circle.STUDY.replace("[siting]\n", f"[siting]\n{siting}")
    study += f"\n[programme]\nnew_cost = {programme}\n" if programme else ""
    rows = planner.run(life_circle.write_study(tmp_path, study)).ledger.rows
    new = rows[(rows["service"] == "centres") & (rows["mend"] == "new")]
    np.testing.assert_array_equal(new["mend_cost"].unique(), [cost])


def test_one_facility_more_serves_only_whom_it_gives_as_many_as_asked(plan: Plan) -> None:
    people = life_circle.layers()["people"]
    spots = [spot for _, spot, _, _ in life_circle.SPOTS["clinic"]]
    within = np.sum([walk_m(people, spot) <= 300 for spot in spots], axis=0)
    west = (people.geometry.x <= toy.ORIGIN[0] + 400).to_numpy()
    gain = people["people_65"][west & (within == 1) & (walk_m(people, HOSTS["C1"]) <= 300)].sum()
    found = row(plan, "W", "clinic")
    assert (found["mend"], found["mend_at"]) == ("add", "C1")
    assert found["mend_people"] == pytest.approx(gain)


def test_the_order_is_by_people_and_weight_and_what_is_not_known_comes_last(plan: Plan) -> None:
    rows = plan.ledger.rows
    weights = {one.id: one.service.standard.weight for one in plan.services.access}
    scores = (rows["people_missing"] * rows["service"].map(weights)).dropna()
    assert scores.is_monotonic_decreasing
    assert rows["priority"].dropna().tolist() == list(range(1, len(scores) + 1))
    unknown = rows[rows["priority"].isna()]
    assert unknown["service"].unique().tolist() == ["park"]
    assert set(unknown["mend"]) == {"survey"}
    assert set(unknown["reason"]) == {"unknown"}


def test_the_capacity_to_be_added_is_enough_and_no_less_is(tmp_path: Path) -> None:
    study = life_circle.STUDY.replace("per_1000 = 100.0", "per_1000 = 400.0")
    found = row(planner.run(life_circle.write_study(tmp_path / "full", study)), "W", "canteen")
    assert (found["people_full"], found["mend"], found["mend_at"]) == (90, "extend", "K1")
    assert found["mend_amount"] == pytest.approx(0.4 * 90 - 30)
    assert found["mend_cost"] == pytest.approx(0.5 * (0.4 * 90 - 30))
    for share, full in ((1.0, 0), (0.9, 90)):
        layers = life_circle.layers()
        places = layers["pois"]["places"].where(layers["pois"]["id"] != "K1", 30 + share * found["mend_amount"])
        layers["pois"] = layers["pois"].assign(places=places)
        then = planner.run(toy.write_study(tmp_path / str(share), changed=layers, study=study)).services.total
        assert then.set_index("service").loc["canteen", "people_full"] == full


def test_homes_of_nobody_ask_for_no_capacity(tmp_path: Path) -> None:
    """Nobody of 65+ lives where only the first of two canteens is near: such homes do not set its shortfall."""
    layers = life_circle.layers()
    study = life_circle.STUDY.replace("per_1000 = 100.0", 'per_1000 = 900.0\ngroup = "old"')
    study = study.replace("add_cost = 3.0\nnew_cost = 20.0\n", "")
    canteens = {"K1": ((0, 0), 9.0), "K2": ((200, 0), 1.0)}
    pois, people = layers["pois"], layers["people"]
    first, second = (walk_m(people, spot) <= 300 for spot, _ in canteens.values())
    assert (first & ~second).any()
    old = people["people_65"].where(~(first & ~second), 0.0)
    of_kind = pois[pois["kind"] == "canteen"].assign(open="", places=[9.0, 1.0])
    of_kind = of_kind.set_geometry(shapely.points([toy.ORIGIN + np.array(spot) for spot, _ in canteens.values()]))
    of_kind = of_kind.set_crs(toy.CRS, allow_override=True)
    layers["pois"] = gpd.GeoDataFrame(pd.concat([pois[pois["kind"] != "canteen"], of_kind]))
    layers["people"] = people.assign(people_65=old)
    found = row(planner.run(toy.write_study(tmp_path, changed=layers, study=study)), "W", "canteen")
    access = first * 9.0 / old[first].sum() + second * 1.0 / old[second].sum()
    west = (people.geometry.x <= toy.ORIGIN[0] + 400).to_numpy()
    near = {"K1": first, "K2": second}[found["mend_at"]]
    full = near & west & (access < 0.9) & (old > 0).to_numpy()
    assert found["mend"] == "extend"
    assert found["mend_amount"] == pytest.approx((0.9 - access[full]).max() * old[near].sum())


def test_a_mend_without_price_is_never_taken_for_free() -> None:
    reopen, add = Mend("reopen", "K2", 900.0), Mend("add", "C7", 10.0, cost=30.0)
    assert choose_mend([reopen, add]) is add
    assert choose_mend([reopen, Mend("new", "", 901.0)]) == Mend("new", "", 901.0)
    assert choose_mend([]) is None
