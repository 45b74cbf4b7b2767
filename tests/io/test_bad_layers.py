"""Layers that cannot be used as they are: each says the file, the rows and the remedy, all issues at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import toy
from answers import done, refused
from phrases import phrase

from planner.messages.catalogue import Texts

Layers = dict[str, gpd.GeoDataFrame]

TOY = toy.layers()
COMMUNITIES, CENTRES, STREETS, PEOPLE = (TOY[name] for name in ("communities", "centres", "streets", "people"))
WATER = toy.STUDY + '\n[inputs.water]\npath = "toy.gpkg"\nlayer = "water"\n'
NO_DEMAND = toy.STUDY.replace('[inputs.demand]\npath = "toy.gpkg"\nlayer = "people"\n', "")
DECLARED = toy.STUDY.replace('layer = "centres"', 'layer = "centres"\ncrs = "{}"')
IN_CRS = toy.STUDY.replace("[inputs.communities]", 'crs = "{}"\n\n[inputs.communities]')

ZONE_IN_THE_WEST = "EPSG:32645"
"""Zone 45: the toy city lies at 87° E, so that either coordinate might be a latitude."""


def shapes(layer: gpd.GeoDataFrame, geometry: object) -> gpd.GeoDataFrame:
    """Return a layer with other shapes."""
    return gpd.GeoDataFrame(layer.drop(columns="geometry"), geometry=list(geometry), crs=layer.crs)


def first_shape(layer: gpd.GeoDataFrame, shape: shapely.Geometry | None) -> gpd.GeoDataFrame:
    """Return a layer whose first shape is another."""
    return shapes(layer, [shape, *layer.geometry[1:]])


def called(layer: gpd.GeoDataFrame, crs: str) -> gpd.GeoDataFrame:
    """Return a layer that says it is in another system than it is."""
    return layer.set_crs(crs, allow_override=True)


def swapped(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a layer in degrees with longitude and latitude exchanged."""
    degrees = layer.to_crs(4326)
    return shapes(degrees, [shapely.transform(shape, lambda xy: xy[:, ::-1]) for shape in degrees.geometry])


def moved(layer: gpd.GeoDataFrame, east_m: float, north_m: float) -> gpd.GeoDataFrame:
    """Return a layer moved by metres."""
    return shapes(layer, layer.geometry.translate(east_m, north_m))


def spot(east_m: float, north_m: float) -> shapely.Point:
    """Return a point by the toy city's own metres."""
    return shapely.Point(toy.ORIGIN[0] + east_m, toy.ORIGIN[1] + north_m)


def everything(change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]) -> Layers:
    """Return all layers, changed alike."""
    return {name: change(layer) for name, layer in TOY.items()}


BOW_TIE = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
LAKE = gpd.GeoDataFrame({"name": ["Lake"]}, geometry=[spot(200, 200).buffer(20)], crs=toy.CRS)
IN_THE_WEST = everything(lambda layer: called(layer, ZONE_IN_THE_WEST))
UNKNOWN_PLACE = 'LOCAL_CS["Site grid",UNIT["metre",1],AXIS["E",EAST],AXIS["N",NORTH]]'

COLUMNS = {
    "missing": (
        {"people": PEOPLE.drop(columns="households").rename(columns={"people": "souls"})},
        ["toy.gpkg [people]", "'people' is missing", "Columns: id, souls", "`columns`"],
    ),
    "households_only": (
        {"people": PEOPLE.drop(columns="people")},
        ["toy.gpkg [people]", phrase("errors.no_household_size"), "`demand.household_size`", "(2 rows: E, W)"],
    ),
    "all_at_once": (
        {
            "communities": COMMUNITIES.drop(columns=["id", "name"]),
            "centres": CENTRES.assign(tier=["palace", "station"], floor_area_m2=["big", "2"]),
            "people": shapes(PEOPLE, [None, *PEOPLE.geometry[1:]]).assign(
                id=["P", "P", *PEOPLE["id"][2:]], people=[*[1] * (len(PEOPLE) - 1), -1]
            ),
        },
        [
            "toy.gpkg [communities]",
            "'id' is missing",
            "'name' is missing",
            "toy.gpkg [centres]",
            "'tier': palace: words that are not known.",
            (
                'values = { "palace" = "…" }; possible values: '
                "district, town, community, village, station. (1 row: C1)"
            ),
            phrase("errors.not_a_number", column="floor_area_m2", found="big") + " (1 row: C1)",
            "toy.gpkg [people]",
            phrase("errors.negative_number", column="people") + " (1 row: P800-400)",
            phrase("errors.duplicate_ids", column="id", ids="P") + " (2 rows: #0, #1)",
            Texts("en")("errors.missing_geometry") + " (1 row: P)",
        ],
    ),
    "many_rows": (
        {"people": PEOPLE.assign(people=-1)},
        ["(37 rows: P0-0, P0-100, P0-200, P0-300, P0-400, P100-0, P100-200, P100-400 and 29 more)"],
    ),
    "duplicate_ids": (
        {"centres": CENTRES.assign(id="C")},
        [phrase("errors.duplicate_ids", ids="C"), "(2 rows: #0, #1)"],
    ),
    "empty_cells": (
        {"people": PEOPLE.assign(**{n: [None, *[1.0] * (len(PEOPLE) - 1)] for n in ("people", "households")})},
        [phrase("errors.missing_values", column="people") + " (1 row: P0-0)"],
    ),
    "not_numbers": (
        {"people": PEOPLE.assign(people=["1,23", "many", *["1"] * (len(PEOPLE) - 2)])},
        [phrase("errors.not_a_number", column="people", found="1,23, many") + " (2 rows: P0-0, P0-100)"],
    ),
    "unknown_community": (
        {"centres": CENTRES.assign(community=["Q", ""])},
        [
            "toy.gpkg [centres]",
            phrase("errors.unknown_community", found="Q"),
            "Enter the id, code or name of the community",
            "(1 row: C1)",
        ],
    ),
    "nobody": ({"people": PEOPLE.assign(people=0)}, ["toy.gpkg [people]", "Check the column 'people'"]),
    "nobody_inside": (
        {"people": moved(PEOPLE, 3000, 0)},
        ["No demand point", "coordinate systems of both layers"],
    ),
    "empty": ({"centres": CENTRES.iloc[:0]}, [phrase("errors.empty_table")]),
}

GEOMETRY = {
    "missing": ({"centres": first_shape(CENTRES, None)}, ["Rows without geometry", "(1 row: C1)"]),
    "empty": ({"centres": first_shape(CENTRES, shapely.Point())}, ["Rows without geometry", "(1 row: C1)"]),
    "nan": (
        {"people": first_shape(PEOPLE, shapely.Point(np.nan, 1))},
        [phrase("errors.infinite_geometry"), "(1 row: P0-0)"],
    ),
    "inf": (
        {"people": first_shape(PEOPLE, shapely.Point(np.inf, 1))},
        [phrase("errors.infinite_geometry"), "(1 row: P0-0)"],
    ),
    "inf_outline": (
        {"communities": first_shape(COMMUNITIES, shapely.Polygon([(0, 0), (np.inf, 1), (1, 1)]))},
        [phrase("errors.infinite_geometry"), "(1 row: W)"],
    ),
    "centroids_as_communities": (
        {"communities": shapes(COMMUNITIES, COMMUNITIES.centroid)},
        [
            phrase("errors.geometry_type", found="Point", expected="Polygon, MultiPolygon"),
            phrase("errors.remedy_area_of_point"),
            "(2 rows: W, E)",
        ],
    ),
    "points_as_streets": (
        {"streets": shapes(STREETS, STREETS.centroid)},
        [phrase("errors.geometry_type", found="Point"), "LineString"],
    ),
    "self_crossing": (
        {"communities": first_shape(COMMUNITIES, BOW_TIE)},
        [phrase("errors.invalid_geometry"), "QGIS", "(1 row: W)"],
    ),
}

PLACES = {
    "gauss_krueger": (
        {"centres": called(CENTRES, "EPSG:4509")},
        ["toy.gpkg [centres]", "1,033 km away from the communities", phrase("errors.far_away", crs="EPSG:4509")],
    ),
    "other_utm_zone": ({"streets": called(STREETS, "EPSG:32618")}, ["[streets]", " km away", "EPSG:32618"]),
    "water_elsewhere": ({"water": called(LAKE, "EPSG:32601")}, ["[water]", " km away", "EPSG:32601"]),
    "two_far_away": (
        {"centres": called(CENTRES, "EPSG:32601"), "people": called(PEOPLE, "EPSG:32650")},
        ["[centres]", "EPSG:32601", "[people]", "EPSG:32650"],
    ),
    "degrees_called_metres": (
        {"centres": called(CENTRES.to_crs(4326), toy.CRS)},
        [phrase("errors.degrees_as_metres", crs="EPSG:32648"), "`crs`", "EPSG:4326"],
    ),
    "metres_called_degrees": (
        {"centres": called(CENTRES, "EPSG:4326")},
        [phrase("errors.metres_as_degrees", crs="EPSG:4326"), "`crs`"],
    ),
    "swapped": (
        {"centres": swapped(CENTRES)},
        ["Longitude and latitude are swapped. Exchange them: in a spatial file"],
    ),
    "swapped_seen_from_communities": (
        {**IN_THE_WEST, "centres": swapped(IN_THE_WEST["centres"])},
        ["[centres]", " km away", phrase("errors.far_away_swapped")],
    ),
    "all_swapped": (
        {name: swapped(layer) for name, layer in IN_THE_WEST.items()},
        ["[communities]", phrase("errors.beyond_utm", latitude="87.0"), "swapped"],
    ),
    "nowhere_on_earth": (
        {"communities": moved(COMMUNITIES, 1e9, 0)},
        ["[communities]", phrase("errors.not_projectable", target="EPSG:4326"), "(2 rows: W, E)"],
    ),
    "site_grid": (
        {"centres": called(CENTRES, UNKNOWN_PLACE)},
        ["[centres]", "Site grid", phrase("errors.not_projectable", target="EPSG:32648")],
    ),
    "centre_in_lake": ({"water": LAKE}, ["[centres]", phrase("errors.centre_in_water"), "(1 row: C1)"]),
    "centre_wet_and_of_nowhere": (
        {"water": LAKE, "centres": CENTRES.assign(community=["Q", ""])},
        [phrase("errors.unknown_community", found="Q"), phrase("errors.centre_in_water")],
    ),
}


@pytest.mark.parametrize(("changed", "said"), COLUMNS.values(), ids=COLUMNS)
def test_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str], changed: Layers, said: list[str]) -> None:
    answer = refused(toy.write_study(tmp_path / "toy", changed=changed), capsys, code=3)
    assert [part for part in said if part not in answer] == []


@pytest.mark.parametrize(("changed", "said"), GEOMETRY.values(), ids=GEOMETRY)
def test_geometry(tmp_path: Path, capsys: pytest.CaptureFixture[str], changed: Layers, said: list[str]) -> None:
    answer = refused(toy.write_study(tmp_path / "toy", changed=changed), capsys, code=3)
    assert [part for part in said if part not in answer] == []


@pytest.mark.parametrize(("changed", "said"), PLACES.values(), ids=PLACES)
def test_places(tmp_path: Path, capsys: pytest.CaptureFixture[str], changed: Layers, said: list[str]) -> None:
    study = WATER if "water" in changed else toy.STUDY
    answer = refused(toy.write_study(tmp_path / "toy", changed=changed, study=study), capsys, code=3)
    assert [part for part in said if part not in answer] == []


@pytest.mark.parametrize(
    ("study", "code", "said"),
    [
        (
            DECLARED.format("EPSG:4326"),
            3,
            [
                phrase("errors.contradicting_crs", declared="EPSG:4326", found="EPSG:32648"),
                phrase("errors.contradicting_crs"),
            ],
        ),
        (DECLARED.format("EPSG:nine"), 3, [phrase("errors.unknown_crs", crs="EPSG:nine")]),
        (
            IN_CRS.format("EPSG:3857"),
            2,
            [phrase("errors.not_metric", crs="EPSG:3857"), phrase("errors.not_metric")],
        ),
        (IN_CRS.format("EPSG:4326"), 2, [phrase("errors.not_metric", crs="EPSG:4326")]),
        (IN_CRS.format("EPSG:32650"), 2, [phrase("errors.not_metric", crs="EPSG:32650")]),
        (IN_CRS.format("EPSG:999999"), 2, [phrase("errors.unknown_crs", crs="EPSG:999999"), "EPSG:4326"]),
        (
            NO_DEMAND,
            3,
            ["[communities]", phrase("errors.no_people_anywhere"), "`inputs.demand`", "column 'people'"],
        ),
    ],
    ids=["contradicting", "unknown_of_layer", "mercator", "degrees", "far_zone", "unknown_of_study", "no_people"],
)
def test_study_against_layers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], study: str, code: int, said: list[str]
) -> None:
    answer = refused(toy.write_study(tmp_path / "toy", study=study), capsys, code=code)
    assert [part for part in said if part not in answer] == []


def test_the_named_remedy_for_a_false_label_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = toy.write_study(
        tmp_path / "toy", changed={"centres": called(CENTRES, "EPSG:4326")}, study=DECLARED.format(toy.CRS)
    )
    done(study, capsys)
    assert json.loads((study.parent / "out" / "plan.json").read_text("utf-8"))["data"]["people"] == 530


@pytest.mark.parametrize(
    ("streets", "code", "said"),
    [
        (moved(STREETS, 5000, 0), 4, phrase("errors.no_streets_inside", margin_m="900")),
        (moved(STREETS, 500_000, 0), 3, "km away from the communities"),
        (shapes(STREETS.iloc[:1], [shapely.LineString([spot(0, 0)] * 2)]), 4, "The streets have no length."),
    ],
    ids=["beyond_margin", "far_away", "no_length"],
)
def test_streets_that_make_no_network(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], streets: gpd.GeoDataFrame, code: int, said: str
) -> None:
    answer = refused(toy.write_study(tmp_path / "toy", changed={"streets": streets}), capsys, code=code)
    assert "toy.gpkg [streets]" in answer
    assert said in answer


def test_a_street_without_length_among_others_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stub = shapes(STREETS.iloc[:1], [shapely.LineString([spot(0, 0)] * 2)])
    done(toy.write_study(tmp_path / "toy", changed={"streets": pd.concat([STREETS, stub])}), capsys)


def notices(study: Path) -> dict[str, dict[str, object]]:
    """Return the notices of plan.json by key."""
    plan = json.loads((study.parent / "out" / "plan.json").read_text("utf-8"))
    return {notice["key"]: notice for notice in plan["notices"]}


def test_a_centre_far_from_any_street_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = toy.write_study(tmp_path / "toy", changed={"centres": first_shape(CENTRES, spot(300, 300))})
    assert phrase("notices.facility_no_street", access_m="10") in done(study, capsys)
    assert notices(study)["facility_no_street"]["rows"] == ["C1"]


def test_a_centre_on_null_island_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    centres = first_shape(CENTRES.to_crs(4326), shapely.Point(0, 0))
    declared = toy.STUDY.replace('layer = "centres"', 'layer = "centres"\ndatum = "wgs84"')
    study = toy.write_study(tmp_path / "toy", changed={"centres": centres}, study=declared)
    assert "Centres so far outside the communities" in done(study, capsys)
    assert notices(study)["facility_far"]["rows"] == ["C1"]


def test_a_community_without_people_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    west = PEOPLE[PEOPLE.geometry.x < toy.ORIGIN[0] + 400]
    study = toy.write_study(tmp_path / "toy", changed={"people": west})
    assert "Communities without people" in done(study, capsys)
    assert notices(study)["community_without_people"]["rows"] == ["E"]


def test_nobody_walks_between_two_pieces(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Without the streets between 400 m and 600 m east, the west keeps a centre and the east a station.
    ends = STREETS.geometry.bounds - np.tile(toy.ORIGIN, 2)
    apart = STREETS[~((ends["minx"] == 400) & (ends["maxx"] == 600))]
    limits = "\n[limits]\nminutes = [5, 10, 15, 60]\n"
    study = toy.write_study(
        tmp_path / "toy", changed={"streets": apart, "centres": CENTRES.iloc[:1]}, study=toy.STUDY + limits
    )
    assert phrase("notices.network_pieces", pieces="2", share="36.8%") in done(study, capsys)
    assert notices(study)["network_pieces"]["rows"] == []
    total = json.loads((study.parent / "out" / "plan.json").read_text("utf-8"))["coverage"]["total"]
    in_an_hour = next(row for row in total if row["limit_min"] == 60)
    # 21 points in the west have 10 people each; 13 of 16 in the east lie on the other piece, 3 on no street.
    assert in_an_hour["people_covered"] == 210


def in_chinese(study: str) -> str:
    return study.replace('language = "en"', 'language = "zh"')


@pytest.mark.parametrize(
    ("changed", "study", "code", "said"),
    [
        (
            COLUMNS["missing"][0],
            toy.STUDY,
            3,
            ["数据 toy.gpkg [people] 不能直接使用：", "缺少列“people”", "souls"],
        ),
        (
            COLUMNS["many_rows"][0],
            toy.STUDY,
            3,
            ["列“people”有负数，请更正。（共 37 行：P0-0", "等，另有 29 行）"],
        ),
        (GEOMETRY["missing"][0], toy.STUDY, 3, ["有记录缺少几何。请补充位置或删除该行。（共 1 行：C1）"]),
        (PLACES["gauss_krueger"][0], toy.STUDY, 3, ["该图层距各社区 1,033 公里。请检查两者的坐标系"]),
        (PLACES["swapped"][0], toy.STUDY, 3, ["经度与纬度颠倒，请对调：空间文件"]),
        (PLACES["all_swapped"][0], toy.STUDY, 3, ["超出 UTM 分带范围"]),
        (PLACES["centre_in_lake"][0], WATER, 3, ["中心位于水域之中，请更正坐标。（共 1 行：C1）"]),
        ({}, IN_CRS.format("EPSG:3857"), 2, ["`crs` = EPSG:3857 不能量测真实米制距离"]),
        (
            {"streets": moved(STREETS, 5000, 0)},
            toy.STUDY,
            4,
            ["toy.gpkg [streets] 无法构成步行路网", "外延 900 米"],
        ),
    ],
)
def test_chinese(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changed: Layers, study: str, code: int, said: list[str]
) -> None:
    file = toy.write_study(tmp_path / "toy", changed=changed, study=in_chinese(study))
    answer = refused(file, capsys, code=code)
    assert [part for part in said if part not in answer] == []
