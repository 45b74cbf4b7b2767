"""Belts along streets: dense street positions and a city by hand as oracles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import life_circle
import numpy as np
import openpyxl
import pytest
import shapely
import toy
from cities import points_in, random_city
from phrases import phrase

import planner
from planner.accessibility.belts import minutes_from_streets
from planner.messages.errors import StudyError
from planner.network.network import build_network
from planner.network.walk import WalkSettings
from planner.network.walker import Walker
from planner.reporting.document.build import build_document
from planner.results import Plan

STEP_M, SNAP_M = 1.0, 0.01


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return planner.run(life_circle.write_study(tmp_path_factory.mktemp("belts"), life_circle.SEED))


@pytest.mark.parametrize("seed", range(3))
def test_the_walk_is_that_to_the_nearest_of_dense_positions_on_the_street(seed: int) -> None:
    streets = random_city(seed)
    walker = Walker(build_network(streets), WalkSettings(speed_kmh=3.6, access_m=30.0))
    own = np.zeros(len(streets), dtype=bool)
    own[[0, len(streets) // 2]] = True
    points = walker.snap(points_in(streets, 60, seed=seed))
    found = minutes_from_streets(walker, own, points)
    lines = [part for shape in streets.geometry[own] for part in shapely.get_parts(shape)]
    spots = np.concatenate(
        [
            shapely.get_coordinates(
                shapely.line_interpolate_point(line, np.append(np.arange(0, line.length, STEP_M), line.length))
            )
            for line in lines
        ]
    )
    # Walks begin on the street itself.
    on_street = replace(Walker(walker.network, WalkSettings(3.6, SNAP_M)).snap(spots), access_m=0.0)
    minutes, _ = walker.nearest(on_street, points, within_min=walker.upper_bound_min)
    reached = np.isfinite(minutes)
    assert (np.isfinite(found) == reached).all()
    assert (found[reached] <= minutes[reached] + walker.walk.minutes(2 * SNAP_M)).all()
    assert (minutes[reached] - found[reached]).max(initial=0.0) < walker.walk.minutes(STEP_M + SNAP_M)


def test_a_city_by_hand(plan: Plan) -> None:
    """Along y = 0 from x = 0 to 400: homes within 150 m are those at y = 0 up to x = 500, and at y = 100."""
    found = plan.belts
    assert found is not None
    table = found.table.set_index("id")
    assert table["length_m"].to_dict() == {"south": 400.0, "north": 200.0}
    people = life_circle.layers()["people"]
    x, y = (shapely.get_coordinates(people.geometry.array) - toy.ORIGIN).T
    beyond = np.maximum(x - 400.0, 0.0) + y
    assert table["people"]["south"] == people["people"][(beyond <= 110) & (x <= 510)].sum()
    assert table["stations"].to_dict()["south"] == 0
    assert np.isnan(table["places"]["south"])
    south = table.geometry["south"]
    for spot, inside in (
        ((200, 5), True),
        ((200, 120), True),
        ((500, 0), True),
        ((200, 200), False),
        ((600, 0), False),
    ):
        assert south.covers(shapely.Point(np.array(spot) + toy.ORIGIN)) is inside


def test_members_lie_inside_the_extent_and_others_do_not(plan: Plan) -> None:
    found = plan.belts
    shapes = found.table.set_index("id").geometry
    facilities = plan.inputs.facilities.set_index("id").geometry
    for belt, shape in shapes.items():
        members = set(found.members["id"][(found.members["belt"] == belt) & (found.members["kind"] == "facility")])
        assert {one for one, point in facilities.items() if shape.covers(point)} == members


def test_the_products_show_them(plan: Plan, tmp_path: Path) -> None:
    planner.write(plan, tmp_path, products=["report", "tables", "gpkg"])
    content = build_document(plan)["belts"]
    assert [(one["id"], one["name"]) for one in content["belts"]] == [("south", "South belt"), ("north", "north")]
    page = (tmp_path / "report.html").read_text("utf-8")
    assert phrase("report.section_belts") in page
    assert "South belt" in page
    book = openpyxl.load_workbook(tmp_path / "tables.xlsx")
    assert book[phrase("report.sheet_belts")].max_row == 1 + 2
    assert len(gpd.read_file(tmp_path / "results.gpkg", layer="belts")) == 2


def test_a_street_that_the_layer_does_not_have_is_refused_with_its_like(tmp_path: Path) -> None:
    study = life_circle.SEED.replace('"Street 11"', '"Stret 11"')
    with pytest.raises(StudyError, match="Street 11"):
        planner.run(life_circle.write_study(tmp_path, study))


def test_streets_without_names_are_told(tmp_path: Path) -> None:
    layers = {**life_circle.layers(), "streets": toy.layers()["streets"].drop(columns="name")}
    with pytest.raises(StudyError) as error:
        planner.run(toy.write_study(tmp_path, changed=layers, study=life_circle.SEED))
    assert [issue.key for issue in error.value.issues] == ["belt_without_names"]


def test_a_belt_needs_one_limit(tmp_path: Path) -> None:
    study = life_circle.SEED.replace("within_m = 150\n", "within_m = 150\nminutes = 2\n")
    with pytest.raises(StudyError, match="within_m"):
        planner.run(life_circle.write_study(tmp_path, study))
