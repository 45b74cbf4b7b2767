"""Ground, spots and people that stand twice: each person is counted once, and the pairs are told."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
import toy
from answers import done, refused
from hypothesis import given
from hypothesis import strategies as st
from phrases import phrase

from planner.inputs.overlap_checks import duplicate_notices, find_overlaps
from planner.population.grid_cells import cut_cells, remove_overlaps
from planner.schemas.tables import Communities, Demand, Facilities

TOY = toy.layers()
X, Y = toy.ORIGIN


def communities(*outlines: shapely.Geometry) -> Communities:
    ids = [f"C{number}" for number in range(len(outlines))]
    return Communities(gpd.GeoDataFrame({"id": ids, "name": ids}, geometry=list(outlines), crs=toy.CRS))


def box(west: float, south: float, east: float, north: float) -> shapely.Geometry:
    return shapely.box(X + west, Y + south, X + east, Y + north)


def grid(size: int, side: float) -> gpd.GeoDataFrame:
    cells = [
        box(column * side, row * side, (column + 1) * side, (row + 1) * side)
        for row in range(size)
        for column in range(size)
    ]
    return gpd.GeoDataFrame(
        {"id": [str(n) for n in range(len(cells))], "people": 5.0}, geometry=cells, crs=toy.CRS
    )


OVERLAPS = {
    "by a strip, off the cells": (box(10, 10, 430, 410), box(310, 10, 790, 410)),
    "three": (box(0, 0, 300, 300), box(200, 200, 500, 500), box(100, 100, 400, 400)),
    "one inside another": (box(20, 20, 760, 760), box(110, 110, 333, 333)),
    phrase("notices.communities_same_outline"): (box(20, 20, 333, 333), box(20, 20, 333, 333)),
    "border cells of both": (box(33, 33, 90, 90), box(60, 60, 117, 117)),
}


@pytest.mark.parametrize("outlines", OVERLAPS.values(), ids=OVERLAPS)
def test_cells_count_each_person_once(outlines: tuple[shapely.Geometry, ...]) -> None:
    cells = grid(10, 80.0)
    pieces, outside = cut_cells(cells, communities(*outlines), counts=["people"])
    union = shapely.union_all(outlines)
    true = 5.0 * shapely.area(shapely.intersection(cells.geometry.array, union)).sum() / 80.0**2
    assert pieces["people"].sum() == pytest.approx(true)
    assert outside["people"].sum() == pytest.approx(500.0 - true)


def test_shared_ground_is_of_the_lower_id() -> None:
    pieces, _ = cut_cells(
        grid(10, 80.0), communities(*OVERLAPS[phrase("notices.communities_same_outline")]), counts=["people"]
    )
    assert set(pieces["community"]) == {"C0"}


boxes = st.tuples(*[st.integers(0, 30)] * 2, *[st.integers(1, 12)] * 2)


@given(st.lists(boxes, min_size=1, max_size=5))
def test_disjoint_outlines_cover_the_union_once(sides: list[tuple[int, int, int, int]]) -> None:
    outlines = np.array([shapely.box(x, y, x + w, y + h) for x, y, w, h in sides], dtype=object)
    apart = remove_overlaps(outlines)
    assert shapely.area(apart).sum() == pytest.approx(shapely.union_all(outlines).area)
    assert apart[0].equals(outlines[0])


def test_slivers_and_common_borders_are_no_overlap() -> None:
    assert find_overlaps(communities(box(0, 0, 100, 100), box(100, 0, 200, 100), box(199.5, 0, 300, 100))) == ()


def test_pairs_and_area_are_told() -> None:
    shared = find_overlaps(communities(box(0, 0, 300, 300), box(200, 0, 500, 300), box(450, 0, 900, 300)))
    assert [(one.first, one.second, one.area_m2) for one in shared] == [
        ("C0", "C1", 30_000.0),
        ("C1", "C2", 15_000.0),
    ]


def toy_with(communities_layer: gpd.GeoDataFrame, **others: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    return {"communities": communities_layer, **others}


def test_points_in_two_communities_are_counted_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wide = TOY["communities"].assign(geometry=TOY["communities"].geometry.buffer(100, join_style="mitre"))
    study = toy.write_study(tmp_path / "toy", changed=toy_with(wide))
    answer = done(study, capsys, "plan")
    plan = json.loads((study.parent / "out" / "plan.json").read_text("utf-8"))
    assert plan["data"]["people"] == 530
    notice = next(one for one in plan["notices"] if one["key"] == "communities_overlap")
    assert notice["rows"] == ["E", "W"]
    # Two squares of 450 × 500 m side by side, each 100 m wider on every side: 200 × 700 m in common.
    assert "E + W: 14.00" in notice["en"]
    assert phrase("notices.communities_overlap", count="1", hectares="14.00") in answer


def test_two_communities_of_one_outline_are_told() -> None:
    twice = communities(box(0, 0, 300, 300), box(0, 0, 300, 299))
    no_centres = Facilities(gpd.GeoDataFrame({"id": [], "branch_of": []}, geometry=[], crs=toy.CRS))
    assert [notice.key for notice in duplicate_notices(twice, no_centres, None)] == ["communities_same_outline"]


def test_one_community_in_two_rows_is_to_be_dissolved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    west, east = TOY["communities"].geometry
    half = shapely.box(*west.bounds[:2], west.bounds[0] + 100, west.bounds[3])
    parts = gpd.GeoDataFrame(
        {"id": ["W", "W", "E"], "name": ["West", "West", "East"]},
        geometry=[half, west.difference(half), east],
        crs=toy.CRS,
    )
    answer = refused(toy.write_study(tmp_path / "toy", changed=toy_with(parts)), capsys, code=3)
    assert phrase("errors.one_in_parts", ids="W") in answer
    assert "Dissolve" in answer


@pytest.mark.parametrize(("branch_of", "told"), [(["", ""], True), (["", "C1"], False), (["C2", ""], False)])
def test_two_centres_at_one_spot(branch_of: list[str], *, told: bool) -> None:
    table = gpd.GeoDataFrame(
        {"id": ["C1", "C2"], "branch_of": branch_of},
        geometry=[shapely.Point(0, 0), shapely.Point(0.3, 0)],
        crs=toy.CRS,
    )
    notices = duplicate_notices(communities(box(0, 0, 9, 9)), Facilities(table), None)
    assert [notice.rows for notice in notices] == ([("C1", "C2")] if told else [])


def test_more_old_people_than_people() -> None:
    demand = gpd.GeoDataFrame(
        {"id": ["a", "b", "c"], "people": [3.0, 3.0, np.nan], "people_65": [4.0, np.nan, 1.0]},
        geometry=gpd.points_from_xy([0, 1, 2], [0, 0, 0]),
        crs=toy.CRS,
    )
    none = Facilities(gpd.GeoDataFrame({"id": [], "branch_of": []}, geometry=[], crs=toy.CRS))
    (notice,) = duplicate_notices(communities(box(0, 0, 9, 9)), none, Demand(demand))
    assert (notice.key, notice.rows, notice.people) == ("people_65_above_people", ("a",), 1.0)


def test_a_centre_in_both_communities_is_where_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wide = TOY["communities"].assign(geometry=TOY["communities"].geometry.buffer(300, join_style="mitre"))
    centres = pd.concat([TOY["centres"]]).assign(community=["W", "E"])
    study = toy.write_study(tmp_path / "toy", changed=toy_with(wide, centres=centres))
    done(study, capsys, "plan")
    plan = json.loads((study.parent / "out" / "plan.json").read_text("utf-8"))
    assert "facility_elsewhere" not in {one["key"] for one in plan["notices"]}


def test_the_people_of_a_raster_are_those_of_the_union(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = toy.STUDY.replace('[inputs.demand]\npath = "toy.gpkg"\nlayer = "people"\n', "").replace("10.0", "200.0")
    wide = communities(box(30, 30, 430, 370), box(290, 30, 770, 370)).assign(id=["W", "E"])
    study = toy.write_study(
        tmp_path / "toy", changed=toy_with(wide), study=base + '\n[inputs.population]\npath = "p.tif"\n'
    )
    with rasterio.open(
        study.parent / "p.tif",
        "w",
        driver="GTiff",
        height=10,
        width=20,
        count=1,
        dtype="float32",
        crs=toy.CRS,
        transform=rasterio.Affine(50, 0, X, 0, -50, Y + 450),
    ) as file:
        file.write(np.full((1, 10, 20), 5, dtype=np.float32))
    done(study, capsys, "plan")
    plan = json.loads((study.parent / "out" / "plan.json").read_text("utf-8"))
    assert plan["data"]["people"] == pytest.approx(740 * 340 / 2500 * 5)
