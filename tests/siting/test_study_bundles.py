"""Bundles of the toy city: the choice by brute force over its rooms, and what it says in the products."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import life_circle
import numpy as np
import pytest
import toy

import planner
from planner.reporting.document.build import build_document
from planner.results import Plan

COSTS = {"canteen": 3.0, "clinic": 2.0}
AREAS = {"canteen": 120.0, "clinic": 80.0}


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return planner.run(life_circle.write_study(tmp_path_factory.mktemp("bundles"), life_circle.SHARED))


def test_the_choice_is_that_of_brute_force(plan: Plan) -> None:
    found, rooms = plan.bundles, plan.bundles.rooms
    assert rooms["id"].tolist() == ["C1", "S1", "A", "C", "D"]  # B: cost not known; E: outside
    assert found.services == ("canteen", "clinic")
    gains = {}
    for one in plan.services.access:
        if one.id in found.services:
            needs = (one.reason != "") & (one.within + 1 >= one.service.standard.count)
            spots = [np.array([point.x, point.y]) - np.array([500_000.0, 4_390_000.0]) for point in rooms.geometry]
            starts = plan.walker.snap(rooms)
            times = plan.walker.times(starts, plan.walker.snap(one.points), within_min=5.0).as_matrix()
            people = np.where(needs, one.people, 0.0) * one.service.standard.weight
            gains[one.id] = (np.isfinite(times), people)
            assert len(spots) == len(times)
    best, cheapest = 0.0, np.inf
    for bits in product(range(4), repeat=len(rooms)):
        inside = {"canteen": np.array(bits) % 2 == 1, "clinic": np.array(bits) // 2 == 1}
        number = inside["canteen"].astype(int) + inside["clinic"]
        used = inside["canteen"] * AREAS["canteen"] + inside["clinic"] * AREAS["clinic"]
        if (number[:2] > 1).any() or (used[2:] > rooms["area_m2"].to_numpy()[2:]).any():
            continue
        cost = rooms["cost"][number > 0].sum() + sum(COSTS[name] * inside[name].sum() for name in COSTS)
        if cost > 30:
            continue
        value = sum(people[near[inside[name]].any(axis=0)].sum() for name, (near, people) in gains.items())
        if value > best + 1e-9:
            best, cheapest = value, cost
        elif abs(value - best) <= 1e-9:
            cheapest = min(cheapest, cost)
    assert found.solution.objective == pytest.approx(best)
    assert found.solution.status == "optimal"
    assert found.cost_together == pytest.approx(cheapest)
    assert found.cost_apart is not None
    assert found.cost_apart >= found.cost_together
    assert all(alone.objective <= best + 1e-9 for alone in found.alone)


def test_what_takes_no_part_is_told(plan: Plan) -> None:
    notices = {one.key: one.rows for one in plan.notices if one.key.startswith("bundle_")}
    assert notices == {
        "bundle_room_excluded": ("E",),
        "bundle_room_unknown": ("B",),
        "bundle_service_unknown": ("library", "park", "premises"),
        "bundle_no_area": ("library", "park", "premises"),
    }


def test_the_products_state_the_choice(plan: Plan, tmp_path: Path) -> None:
    found = build_document(plan)["services"]["bundles"]
    assert found["cost"] == pytest.approx(sum(room["cost"] for room in found["rooms"]))
    assert found["gained"] == pytest.approx(sum(one["gained"] for one in found["services"]))
    paths = planner.write(plan, tmp_path, products=["report", "tables", "gpkg"])
    assert all(path.exists() for path in paths)


def test_no_money_places_nothing_that_costs(tmp_path: Path) -> None:
    study = life_circle.SHARED.replace("budget = 30.0", "budget = 0.0")
    plan = planner.run(life_circle.write_study(tmp_path, study))
    assert plan.bundles.solution.contents == ()
    assert build_document(plan)["services"]["bundles"]["rooms"] == []


def test_ids_of_a_layer_are_not_those_of_premises(tmp_path: Path) -> None:
    """A canteen and the East station are both called S1: the canteen does not stand at the station."""
    pois = life_circle.pois().assign(places=30.0, open="")
    pois["id"] = pois["id"].replace({"K1": "S1"})
    study = life_circle.SHARED.replace("budget = 30.0", "budget = 3.0")
    found = []
    for name, layer in (("same", pois), ("other", pois.assign(id=pois["id"].replace({"S1": "K1"})))):
        layers = {**life_circle.layers(), "pois": layer[layer["id"] != "K2"]}
        plan = planner.run(toy.write_study(tmp_path / name, changed=layers, study=study))
        found.append((plan.bundles.solution.contents, plan.bundles.solution.objective))
        (row,) = [
            one
            for one in build_document(plan)["services"]["ledger"]
            if (one["community"], one["service"]) == ("E", "canteen")
        ]
        assert (row["mend"], row["mend_at_name"]) == ("add", "East station")
        assert row["nearest_name"] == "canteen K1"
    assert found[0] == found[1]
    assert found[0][1] > 0


def test_nothing_is_taken_in_a_lake(tmp_path: Path) -> None:
    layers = {**life_circle.layers(), "water": toy.sited_layers()["water"]}
    study = life_circle.SHARED + '\n[inputs.water]\npath = "toy.gpkg"\nlayer = "water"\n'
    plan = planner.run(toy.write_study(tmp_path, changed=layers, study=study))
    assert plan.bundles.rooms["id"].tolist() == ["C1", "S1", "A", "D"]
    assert ("C", "E") in [one.rows for one in plan.notices if one.key == "bundle_room_excluded"]


def test_rooms_are_entered_where_stations_would_be(plan: Plan) -> None:
    """A street runs through the old school's plot, 15 m west of its middle."""
    (room,) = plan.bundles.rooms[plan.bundles.rooms["id"] == "A"].geometry
    assert (room.x, room.y) == pytest.approx(toy.ORIGIN + np.array([600.0, 235.0]))


def test_a_room_that_is_free_is_a_room(tmp_path: Path) -> None:
    parcels = toy.sited_layers()["parcels"].assign(cost=0.0)
    layers = {**life_circle.layers(), "parcels": parcels}
    study = life_circle.SHARED.replace("budget = 30.0", "most_rooms = 0")
    plan = planner.run(toy.write_study(tmp_path, changed=layers, study=study))
    assert {plan.bundles.rooms["kind"].iloc[room] for room in plan.bundles.solution.rooms} == {"premises"}
