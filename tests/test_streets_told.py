"""What `planner check` and plan.json say of an extract: left out, torn, deleted, and what else it holds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import toy
from phrases import phrase
from test_osm import node, relation, way
from test_street_sources import as_osm

from planner.commands.check import describe_as_json, describe_inputs
from planner.config.study import read_study
from planner.inputs.study_inputs import read_inputs
from planner.messages.catalogue import Texts
from planner.population.demand_points import Entrances
from planner.population.points import place_demand_points
from planner.schemas.tables import Communities, Demand

EXTRACT = toy.STUDY.replace('path = "toy.gpkg"\nlayer = "streets"\n', 'path = "city.osm"\n')


def city(folder: Path, *further: str, lost: tuple[int, ...] = ()) -> Path:
    """Write the toy city with its streets as an extract, and further objects in it."""
    file = toy.write_study(folder, study=EXTRACT)
    text = as_osm(toy.layers()["streets"])
    for number in lost:
        start = text.index(f'<node id="{number}"')
        text = text[:start] + text[text.index("</node>", start) + len("</node>") :]
    (folder / "city.osm").write_text(text.replace("</osm>", "".join(further) + "</osm>"), "utf-8")
    return file


def at(number: int, x: float, y: float, **tags: str) -> str:
    """Return a node at metres east and north of the toy city's corner."""
    place = gpd.GeoSeries([shapely.Point(toy.ORIGIN + np.array([x, y]))], crs=toy.CRS).to_crs(4326)[0]
    return node(number, round(place.x, 7), round(place.y, 7), **tags)


def box(first: int, x: float, y: float, side: float) -> list[str]:
    corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
    return [at(first + row, *corner) for row, corner in enumerate(corners)]


def keys(content: dict[str, object]) -> dict[str, dict[str, object]]:
    return {one["key"]: one for one in content["warnings"]}  # type: ignore[attr-defined]


def test_check_tells_what_is_left_out_and_what_else_there_is(tmp_path: Path) -> None:
    file = city(
        tmp_path,
        *(at(500 + row, 100 + 100 * row, 100) for row in range(4)),
        way(900, [500, 501], highway="service", access="no"),
        way(901, [501, 502], highway="motorway"),
        way(902, [502, 503], highway="footway", foot="no"),
        *box(600, 100, 300, 20),
        way(910, [600, 601, 602, 603, 600], building="yes"),
        at(700, 50, 50, shop="bakery"),
        at(701, 60, 50, barrier="gate", access="no"),
    )
    content = json.loads(describe_as_json(file))
    assert [
        (one["reason"], one["words"], one["count"], round(one["length_m"])) for one in content["left_out"]
    ] == [
        ("class", ["motorway"], 1, 100),
        ("access", ["no"], 1, 100),
        ("foot", ["no"], 1, 100),
    ]
    assert {"left_out_class", "left_out_access", "left_out_foot"} <= keys(content).keys()
    held = {one["table"]: (one["count"], one["lines"]) for one in content["also_held"]}
    assert held == {
        "buildings": (1, '[inputs.buildings]\npath = "city.osm"'),
        "places": (1, '[inputs.places]\npath = "city.osm"'),
        "gates": (1, ""),
        "closed_gates": (1, ""),
    }
    for language in ("en", "zh"):
        said = describe_inputs(file, Texts(language))
        assert all(part in said for part in ("[inputs.buildings]", "access", "motorway", 'path = "city.osm"'))


def test_what_the_study_uses_is_not_offered(tmp_path: Path) -> None:
    file = city(tmp_path, *box(600, 100, 300, 20), way(910, [600, 601, 602, 603, 600], building="yes"))
    file.write_text(file.read_text("utf-8") + '\n[inputs.buildings]\npath = "city.osm"\n', "utf-8")
    assert json.loads(describe_as_json(file))["also_held"] == []


def test_nodes_that_are_missing_are_told_inside_and_outside(tmp_path: Path) -> None:
    """One node in the middle of the city; further ones of a street that leaves it, and of a square."""
    file = city(
        tmp_path,
        at(500, 800, 450),
        at(501, 800, 900),
        way(900, [500, 501, 9999], highway="path"),
        *box(600, 100, 300, 20),
        way(910, [600, 601, 602, 603, 600]),
        relation(911, [(910, "outer"), (912, "outer")], type="multipolygon", highway="pedestrian"),
        lost=(6,),
    )
    found = keys(json.loads(describe_as_json(file)))
    inside, outside = found["streets_torn_inside"], found["streets_torn_outside"]
    assert "w900" in outside["rows"]
    assert "r911" in inside["rows"]
    assert len(inside["rows"]) > 2
    assert "zh" in inside
    assert str(len(inside["rows"])) in str(inside["en"])


def test_deleted_objects_and_nodes_above_nodes_are_told(tmp_path: Path) -> None:
    file = city(
        tmp_path,
        way(900, [1, 3], highway="path").replace("<way", '<way action="delete"'),
        at(500, 200, 200),
        at(501, 250, 250),
        way(901, [500, 501], highway="path", bridge="yes"),
    )
    found = keys(json.loads(describe_as_json(file)))
    assert found["osm_not_there"]["en"].startswith(phrase("notices.osm_not_there", deleted="1"))  # type: ignore[attr-defined]
    assert "osm_nodes_apart" in found


def test_an_answer_of_overpass_is_named_as_openstreetmap(tmp_path: Path) -> None:
    """Whatever its file is called."""
    file = toy.write_study(tmp_path, study=EXTRACT.replace("city.osm", "answer.json"))
    streets = toy.layers()["streets"].to_crs(4326)
    ways = [
        {
            "type": "way",
            "id": row,
            "tags": {"highway": "residential"},
            "geometry": [{"lon": x, "lat": y} for x, y in line.coords],
        }
        for row, line in enumerate(streets.geometry, start=1)
    ]
    (tmp_path / "answer.json").write_text(json.dumps({"osm3s": {}, "elements": ways}), "utf-8")
    inputs = read_inputs(read_study(file), margin_m=1000.0)
    assert len(inputs.streets) == len(ways)
    (source,) = [one for one in inputs.sources if one.layer == "streets"]
    assert "OpenStreetMap" in source.attribution


# large buildings


ROAD = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1000, 0)])], crs=toy.CRS)


@pytest.mark.parametrize(
    ("shape", "start"),
    [
        (shapely.box(100, 20, 300, 220), (200, 20)),
        (shapely.box(100, 20, 120, 40), None),
        (shapely.box(100, 60, 300, 260), None),
        (shapely.Polygon([(500, 10), (600, 150), (400, 150)]), (500, 10)),
        (shapely.box(100, 20, 300, 220).difference(shapely.box(150, 100, 250, 200)), (125, 20)),
        (shapely.MultiPolygon([shapely.box(0, 200, 400, 500), shapely.box(700, 30, 720, 50)]), (700, 30)),
        (shapely.box(100, -300, 300, 100), (200, 0)),
    ],
    ids=["large", "small", "far", "corner", "courtyard", "two wings", "over the street"],
)
def test_people_of_a_large_building_start_at_its_outline(
    shape: shapely.Geometry, start: tuple[float, float] | None
) -> None:
    (point,), (at_outline,) = Entrances(ROAD, access_m=50.0).of(np.array([shape], dtype=object))
    middle = shapely.point_on_surface(shape)
    if start is None or shapely.distance(middle, ROAD.geometry[0]) <= 50:
        assert (point, at_outline) == (middle, False)
        return
    assert at_outline
    outline = shapely.boundary(shape)
    nearest = shapely.distance(outline, ROAD.geometry[0])
    assert shapely.distance(point, ROAD.geometry[0]) == pytest.approx(nearest, abs=1e-5)
    assert shapely.distance(point, outline) < 1e-6
    if start != (200, 0):
        assert (point.x, point.y) == pytest.approx(start, abs=1e-4)


def test_cells_of_a_grid_are_no_buildings(tmp_path: Path) -> None:
    """Cells of 200 m beside one another keep their people in the middle; one block alone is a building."""
    file = toy.write_study(tmp_path)
    cells = [shapely.box(x, 10, x + 120, 130) for x in (10, 130, 250)]
    for shapes, moved in ((cells, False), (cells[:1], True)):
        people = pd.DataFrame({"id": [f"p{row}" for row in range(len(shapes))], "people": 5.0})
        placed = np.array([shapely.transform(shape, lambda xy: xy + toy.ORIGIN) for shape in shapes], dtype=object)
        layer = gpd.GeoDataFrame(people, geometry=placed, crs=toy.CRS)
        changed = toy.write_study(tmp_path / str(moved), changed={"people": layer}, study=file.read_text("utf-8"))
        inputs = read_inputs(read_study(changed), margin_m=1000.0)
        assert inputs.demand["people"].sum() == 5.0 * len(shapes)
        assert any(one.key == "people_at_outline" for one in inputs.notices) is moved
        middles = shapely.point_on_surface(placed)
        assert (shapely.distance(inputs.demand.geometry.array, middles).max() > 1) == moved


def test_homes_that_are_large_keep_their_people(tmp_path: Path) -> None:
    study = toy.STUDY.replace('[inputs.demand]\npath = "toy.gpkg"\nlayer = "people"\n', "").replace(
        "[walking]", '[inputs.buildings]\npath = "toy.gpkg"\nlayer = "buildings"\n\n[walking]'
    )
    shapes = [shapely.box(15, 5, 185, 170), shapely.box(410, 5, 420, 14)]
    placed = [shapely.transform(shape, lambda xy: xy + toy.ORIGIN) for shape in shapes]
    buildings = gpd.GeoDataFrame({"id": ["big", "small"], "kind": "apartments"}, geometry=placed, crs=toy.CRS)
    communities = toy.layers()["communities"].assign(people=[700.0, 300.0])
    file = toy.write_study(tmp_path, changed={"buildings": buildings, "communities": communities}, study=study)
    inputs = read_inputs(read_study(file), margin_m=1000.0)
    assert inputs.demand["people"].tolist() == [700.0, 300.0]
    streets = shapely.union_all(inputs.streets.geometry.array)
    assert shapely.distance(inputs.demand.geometry.array, streets) == pytest.approx([5.0, 9.5], abs=1e-5)
    (notice,) = [one for one in inputs.notices if one.key == "homes_at_outline"]
    assert notice.rows == ("big",)


def test_wide_demand_polygons_without_streets_start_at_the_outline() -> None:
    """Wider than a cell, so cut by the border; the part inside starts at its own outline."""
    from planner.population.along_streets import StreetSpots
    from planner.population.grid_cells import Spreading
    from planner.schemas.tables import Streets

    square = gpd.GeoDataFrame({"id": ["A"]}, geometry=[shapely.box(0, 0, 1000, 1000)], crs=toy.CRS)
    block = gpd.GeoDataFrame(
        {"id": ["1"], "people": [8.0], "households": [2.0]}, geometry=[shapely.box(100, 20, 400, 320)], crs=toy.CRS
    )
    spread = Spreading(125.0, StreetSpots(Streets(ROAD), spacing_m=50.0), None, Entrances(ROAD, access_m=50.0))
    placed = place_demand_points(Demand(block), Communities(square), spreading=spread)
    assert placed.points["people"].sum() == 8.0
    assert shapely.distance(placed.points.geometry.array[0], ROAD.geometry[0]) == pytest.approx(20, abs=1e-5)
    still = place_demand_points(Demand(block), Communities(square), spreading=replace(spread, doors=None))
    assert shapely.distance(still.points.geometry.array[0], ROAD.geometry[0]) == pytest.approx(170)
