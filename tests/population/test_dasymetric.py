"""Totals over homes, wide cells over homes or streets, rasters cut by borders: sums conserved, figures by hand."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import rasterio
import shapely
import toy
from hypothesis import given, settings
from hypothesis import strategies as st
from phrases import phrase
from rasterio.transform import Affine
from seeds import SEEDS

import planner
from planner.config.sections.demand import DemandSettings
from planner.config.study import make_study
from planner.inputs.population_raster import read_raster
from planner.messages.errors import DataError, StudyError
from planner.population.along_streets import StreetSpots
from planner.population.buildings import read_building_kinds, select_residential, spread_over_buildings
from planner.population.disaggregate import Residents, demand_method, disaggregate_population
from planner.population.grid_cells import Spreading, cut_cells, spread_pieces
from planner.population.points import place_demand_points
from planner.reporting.document.build import build_document
from planner.schemas.tables import BUILDINGS, COMMUNITIES, DEMAND, STREETS, Buildings, Communities, Demand, Streets

CRS = "EPSG:32648"
X, Y = 500_000.0, 4_390_000.0
KINDS = read_building_kinds(None, study="test")
STREET = ("LINESTRING (0 50, 300 50)",)


def at_home(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: xy + np.array([X, Y]))


def communities(people: list[float], shapes: list[shapely.Geometry] | None = None) -> Communities:
    shapes = shapes or [shapely.box(100 * i, 0, 100 * i + 100, 100) for i in range(len(people))]
    columns = {"id": [f"C{i}" for i in range(len(people))], "name": "c", "people": people, "households": people}
    frame = gpd.GeoDataFrame(columns, geometry=[at_home(shape) for shape in shapes], crs=CRS)
    return COMMUNITIES.check(frame, source="test")


def streets(*wkt: str) -> Streets:
    lines = [at_home(shapely.from_wkt(text)) for text in wkt]
    return STREETS.check(gpd.GeoDataFrame(geometry=lines, crs=CRS), source="test")


def buildings(*rows: tuple[str, float | None, float | None, shapely.Geometry]) -> Buildings:
    kind, levels, height, shapes = zip(*rows, strict=True)
    columns = {"kind": kind, "levels": levels, "height_m": height, "id": [f"H{n}" for n in range(len(rows))]}
    frame = gpd.GeoDataFrame(columns, geometry=[at_home(shape) for shape in shapes], crs=CRS)
    return BUILDINGS.check(frame, source="test")


def cells(people: list[float], shapes: list[shapely.Geometry], **columns: object) -> Demand:
    frame = gpd.GeoDataFrame(
        {"id": [f"G{n}" for n in range(len(people))], "people": people, **columns},
        geometry=[at_home(shape) for shape in shapes],
        crs=CRS,
    )
    return DEMAND.check(frame, source="test")


def placed(
    method: str, own: Communities, *, given_settings: dict[str, object] | None = None, **layers: object
) -> Residents:
    layers_given = {"demand": None, "raster": None, "homes": None, **layers}
    return disaggregate_population(
        method, DemandSettings(**(given_settings or {})), own, streets(*STREET), source="test", **layers_given
    )


def house(x: float, y: float, side: float = 10.0) -> shapely.Geometry:
    return shapely.box(x, y, x + side, y + side)


def test_totals_go_to_homes_by_floor_area_by_hand() -> None:
    """100 m² × 2 storeys, × 6 by default, × 3 by 9 m of height; a shop counts nobody; the mixed one 0.7 of it."""
    homes = select_residential(
        buildings(
            ("house", 2, None, house(10, 10)),
            ("住宅", None, None, house(30, 10)),
            ("residential", None, 9.2, house(50, 10)),
            ("retail", 4, None, house(70, 10)),
            ("商住楼", 2, None, house(70, 60)),
        ),
        KINDS,
    )
    assert homes.points["floor_area_m2"].tolist() == [200, 600, 300, pytest.approx(140)]
    own = communities([1240, 7, 0])
    found = spread_over_buildings(own, homes, streets(*STREET), spacing_m=25.0)
    in_first = found.points[found.points["community"] == "C0"]
    np.testing.assert_allclose(in_first["people"], [200, 600, 300, 140])
    np.testing.assert_allclose(in_first["households"], [200, 600, 300, 140])
    # The second community has no home: its streets take its people, and it is said.
    assert found.points[found.points["community"] == "C1"]["people"].sum() == pytest.approx(7)
    assert {notice.key: notice.rows for notice in found.notices} == {
        "levels_assumed": (),
        "community_without_buildings": ("C1",),
    }


def test_unknown_kinds_hold_nobody_and_unspecified_ones_are_counted() -> None:
    homes = select_residential(buildings(("", 1, None, house(10, 10)), ("yes", 1, None, house(30, 10)),
                               ("大蒙古包", 1, None, house(50, 10))), KINDS)  # fmt: skip
    assert homes.points["id"].tolist() == ["H0", "H1"]
    found = spread_over_buildings(communities([10]), homes, streets(*STREET), spacing_m=25.0)
    notices = {notice.key: notice for notice in found.notices}
    assert notices["building_kind_unknown"].rows == ("H2",)
    assert notices["buildings_unspecified"].people == 10


@settings(max_examples=20)
@given(
    people=st.lists(st.floats(0, 1e5, allow_subnormal=False), min_size=3, max_size=3),
    spots=st.lists(st.tuples(st.integers(0, 29), st.integers(0, 9), st.integers(1, 30)), max_size=12, unique=True),
)
def test_sums_are_conserved_by_community_whatever_the_homes(
    people: list[float], spots: list[tuple[int, int, int]]
) -> None:
    if not sum(people) > 0:
        return
    rows = [("house", float(levels), None, house(10 * x, 10 * y, 9)) for x, y, levels in spots]
    homes = select_residential(buildings(*rows), KINDS) if rows else None
    method = "buildings" if homes else "along_streets"
    found = placed(method, communities(people), homes=homes)
    balance = found.balance
    np.testing.assert_allclose(balance["placed"][:-1], people, rtol=0, atol=1e-6)
    summed = found.points.groupby("community")["people"].sum().reindex(["C0", "C1", "C2"], fill_value=0)
    np.testing.assert_allclose(balance["placed"][:-1], summed, atol=1e-9)
    assert (balance["lost"] == 0).all()


def test_a_wide_cell_is_cut_by_borders_and_spread_over_what_is_inside() -> None:
    """One cell of 300 × 100 m with 90 people over three communities; homes in the first, streets in the others."""
    homes = select_residential(
        buildings(("house", 1, None, house(10, 10)), ("house", 3, None, house(30, 10))), KINDS
    )
    spread = Spreading(50.0, StreetSpots(streets(*STREET), spacing_m=50.0), homes)
    grid = cells([90.0], [shapely.box(0, 0, 300, 100)], households=[30.0])
    found = place_demand_points(grid, communities([0, 0, 0]), spreading=spread)
    assert found.points["community"].tolist() == ["C0", "C0", "C1", "C1", "C2", "C2"]
    np.testing.assert_allclose(found.points["people"], [7.5, 22.5, 15, 15, 15, 15])
    np.testing.assert_allclose(found.points["households"].sum(), 30)
    assert found.points["id"].tolist() == [f"G0-{number}" for number in range(1, 7)]
    narrow = place_demand_points(grid, communities([0, 0, 0]), spreading=Spreading(500.0, spread.streets))
    assert narrow.points["people"].tolist() == [90.0]


def test_a_cell_partly_outside_loses_that_share_and_says_so() -> None:
    spread = Spreading(50.0, StreetSpots(streets(*STREET), spacing_m=50.0))
    found = place_demand_points(cells([8.0], [shapely.box(50, 0, 250, 100)]), communities([0]), spreading=spread)
    assert found.points["people"].sum() == pytest.approx(2.0)
    assert found.outside == pytest.approx(6.0)
    assert [(notice.key, notice.rows) for notice in found.notices] == [("demand_outside", ("G0",))]


def test_whoever_is_counted_among_the_people_is_shared_out_and_scaled_with_them() -> None:
    """Half the cell lies in the community: so does half of what is known of its people; both are calibrated."""
    demand = cells([40], [shapely.box(-200, 0, 200, 400)], people_65=[8.0], people_under_7=[4.0], note=["x"])
    own = communities([100], [shapely.box(0, 0, 400, 400)])
    points = placed("points", own, demand=demand).points
    sums = points[["people", "people_65", "people_under_7"]].sum()
    assert sums.tolist() == pytest.approx([20, 4, 2])
    scaled = placed("points", own, demand=demand, given_settings={"calibrate": True}).points
    assert scaled[sums.index].sum().tolist() == pytest.approx([100, 20, 10])
    assert (points["people_65"] / points["people"]).tolist() == pytest.approx([0.2] * len(points))


def test_without_homes_or_streets_a_piece_stands_at_one_point() -> None:
    spread = Spreading(50.0, StreetSpots(streets("LINESTRING (0 900, 300 900)"), spacing_m=50.0))
    pieces, _ = cut_cells(cells([4.0], [shapely.box(0, 0, 100, 100)]), communities([0]), counts=["people"])
    points = spread_pieces(pieces, spread, counts=["people"])
    assert points["people"].tolist() == [4.0]
    assert points["id"].tolist() == ["G0"]


@settings(max_examples=15)
@given(SEEDS)
def test_cut_cells_conserve_every_cell(seed: int) -> None:
    random = np.random.default_rng(seed)
    cut = np.sort(random.uniform(0, 300, 2))
    edges = [0, *cut, 300]
    own = communities([0, 0, 0], [shapely.box(a, -5, b, random.uniform(80, 300)) for a, b in pairwise(edges)])
    squares = [shapely.box(x, y, x + 37, y + 37) for x in range(-37, 333, 37) for y in range(-37, 333, 37)]
    people = random.uniform(0, 100, len(squares))
    grid = cells(list(people), squares)
    pieces, outside = cut_cells(grid, own, counts=["people"])
    total = pieces.groupby("id")["people"].sum().reindex(grid["id"], fill_value=0)
    total += outside.set_index("id")["people"].reindex(grid["id"], fill_value=0)
    np.testing.assert_allclose(total, people, atol=1e-9)
    # GEOS's overlay as the second opinion.
    named = own[["id", "geometry"]].rename(columns={"id": "c"})
    inside = gpd.overlay(grid.assign(area=grid.area), named, keep_geom_type=False)
    by_overlay = (inside["people"] * inside.area / inside["area"]).groupby(inside["c"]).sum()
    by_us = pieces.groupby("community")["people"].sum()
    np.testing.assert_allclose(by_us, by_overlay.reindex(by_us.index), atol=1e-6)


def raster(path: Path, values: np.ndarray, transform: Affine, crs: object = CRS, **more: object) -> Path:
    bands = values if values.ndim == 3 else values[None]
    profile = {"driver": "GTiff", "height": bands.shape[1], "width": bands.shape[2], "count": len(bands)}
    with rasterio.open(path, "w", **profile, dtype=bands.dtype, crs=crs, transform=transform, **more) as file:
        file.write(bands)
    return path


def read(path: Path, own: Communities, **changed: object) -> gpd.GeoDataFrame:
    settings = {"unit": "people", "band": None, "nodata": None, "crs": None, **changed}
    return read_raster(path, own, source="raster.tif", **settings).cells


def test_a_raster_by_hand_counts_density_nodata_and_borders(tmp_path: Path) -> None:
    """Cells of 100 m that begin 50 m west of the first community: the border halves the first column."""
    values = np.array([[8.0, 4.0, -9.0, np.nan]])
    file = raster(tmp_path / "r.tif", values, Affine(100, 0, X - 50, 0, -100, Y + 100), nodata=-9.0)
    own = communities([0, 0, 0])
    found = read_raster(file, own, unit="people", band=None, nodata=None, crs=None, source="r")
    assert found.cells["people"].tolist() == [8.0, 4.0]
    assert found.without_data == 2
    residents = placed("raster", own, raster=found)
    assert residents.balance["placed"].tolist() == [6.0, 2.0, 0.0, 0.0]
    assert residents.balance["lost"].tolist() == [0.0, 0.0, 0.0, 4.0]
    assert residents.balance["found"].sum() == 12.0
    density = read(file, own, unit="people_per_km2")
    # UTM's scale here is 0.9996² in area.
    np.testing.assert_allclose(density["people"], np.array([8, 4]) * 0.01 / 0.9996**2, rtol=1e-5)


def test_a_raster_in_degrees_uses_true_areas(tmp_path: Path) -> None:
    """Counts by geodesic area, pyproj's own as the second opinion; every cell is conserved."""
    random = np.random.default_rng(0)
    slanted = shapely.Polygon([(1300, 0), (2400, 100), (1900, 1500), (1300, 1500)])
    own = communities([0, 0, 0], [shapely.box(0, 0, 700, 1500), shapely.box(700, 0, 1300, 1500), slanted])
    west, south, east, north = own.to_crs(4326).total_bounds
    step = 0.0025
    width, height = int((east - west) / step) + 4, int((north - south) / step) + 4
    values = random.uniform(0, 900, (height, width))
    file = raster(
        tmp_path / "d.tif", values, Affine(step, 0, west - 1.3 * step, 0, -step, north + 1.4 * step), "EPSG:4326"
    )
    grid = read(file, own, unit="people_per_km2")
    geod = pyproj.Geod(ellps="WGS84")
    in_degrees = grid.to_crs(4326).segmentize(step / 50)
    by_geodesic = [abs(geod.geometry_area_perimeter(shape)[0]) for shape in in_degrees.geometry]
    row = [int(one[1:].partition("c")[0]) for one in grid["id"]]
    column = [int(one.partition("c")[2]) for one in grid["id"]]
    np.testing.assert_allclose(grid["people"], values[row, column] * np.array(by_geodesic) / 1e6, rtol=1e-6)
    pieces, outside = cut_cells(grid, own, counts=["people"])
    assert pieces["people"].sum() + outside["people"].sum() == pytest.approx(grid["people"].sum(), abs=1e-6)
    # The second opinion: GEOS's overlay in an equal-area system around the study.
    local = pyproj.CRS(f"+proj=laea +lon_0={(west + east) / 2} +lat_0={(south + north) / 2} +datum=WGS84")
    fine = gpd.GeoDataFrame(grid.assign(density=values[row, column]), geometry=in_degrees.to_crs(local))
    named = own[["id", "geometry"]].rename(columns={"id": "c"})
    parts = gpd.overlay(fine, named.to_crs(local), keep_geom_type=False)
    expected = (parts["density"] * parts.area / 1e6).groupby(parts["c"]).sum()
    found = pieces.groupby("community")["people"].sum()
    np.testing.assert_allclose(found, expected.reindex(found.index), rtol=2e-4)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "ESRI:54009", "EPSG:4548", "EPSG:4490"])
def test_a_raster_in_any_system_places_everyone_of_a_study_that_it_covers(tmp_path: Path, crs: str) -> None:
    own = communities([0, 0, 0])
    west, _, east, north = own.to_crs(crs).total_bounds
    step = (east - west) / 7.3
    values = np.full((40, 40), 3.0)
    file = raster(tmp_path / "r.tif", values, Affine(step, 0, west - 9 * step, 0, -step, north + 9 * step), crs)
    grid = read(file, own)
    pieces, outside = cut_cells(grid, own, counts=["people"])
    assert pieces["people"].sum() + outside["people"].sum() == pytest.approx(grid["people"].sum(), abs=1e-6)
    # Counts per cell: the communities' area over that of a cell, three people each.
    cell = gpd.GeoSeries(grid.geometry.iloc[[0]], crs=grid.crs).to_crs(own.crs).area.iloc[0]
    np.testing.assert_allclose(pieces.groupby("community")["people"].sum(), 3 * own.area / cell, rtol=1e-3)
    assert pieces.crs == own.crs


@pytest.mark.parametrize(
    ("values", "changed", "more", "said"),
    [
        (np.array([[-1.0, 2.0]]), {}, {}, phrase("errors.raster_negative", lowest="-1")),
        (np.ones((2, 1, 2)), {}, {}, phrase("errors.several_bands", count="2")),
        (np.ones((1, 2)), {"band": 3}, {}, "`demand.raster_band`"),
        (np.ones((1, 2)), {}, {"crs": None}, phrase("errors.no_crs")),
        (np.ones((1, 2)), {"crs": "EPSG:4326"}, {}, phrase("errors.contradicting_crs", found="EPSG:32648")),
        (np.ones((1, 2)), {"crs": "nowhere"}, {}, phrase("errors.unknown_crs")),
    ],
)
def test_a_raster_that_cannot_be_used_is_refused_with_the_remedy(
    tmp_path: Path, values: np.ndarray, changed: dict[str, object], more: dict[str, object], said: str
) -> None:
    system = more.get("crs", CRS)
    file = raster(tmp_path / "r.tif", values, Affine(100, 0, X, 0, -100, Y + 100), system)
    with pytest.raises(DataError) as caught:
        read(file, communities([0]), **changed)
    assert said in str(caught.value)


def test_a_raster_elsewhere_missing_or_damaged_is_refused(tmp_path: Path) -> None:
    file = raster(tmp_path / "r.tif", np.ones((2, 2)), Affine(100, 0, X + 9e4, 0, -100, Y))
    for path, said in (
        (file, "no cell near the communities"),
        (tmp_path / "none.tif", phrase("errors.no_such_file")),
        (Path(__file__), phrase("errors.unknown_format", ending=".py") + " .tif"),
    ):
        with pytest.raises(DataError) as caught:
            read(path, communities([0]))
        assert said in str(caught.value)


def households(people: list[float | None], homes: list[float | None]) -> Demand:
    frame = gpd.GeoDataFrame(
        {"id": list("abcd")[: len(people)], "people": people, "households": homes},
        geometry=[at_home(shapely.Point(20 + 10 * n, 50)) for n in range(len(people))],
        crs=CRS,
    )
    return DEMAND.check(frame, source="test")


def test_people_from_households_conserve_the_total_of_the_community() -> None:
    """Known: 10 people; of the 100 given 90 are left for 20 + 10 households, 3 in each, whatever the size set."""
    demand = households([10.0, None, None], [4.0, 20.0, 10.0])
    found = placed("points", communities([100]), demand=demand, given_settings={"household_size": 2.5})
    assert found.points["people"].tolist() == [10.0, 60.0, 30.0]
    (notice,) = [one for one in found.notices if one.key == "people_from_households"]
    assert notice.people == 90.0
    free = placed("points", communities([np.nan]), demand=demand, given_settings={"household_size": 2.5})
    assert free.points["people"].tolist() == [10.0, 50.0, 25.0]
    with pytest.raises(DataError, match="household_size"):
        placed("points", communities([np.nan]), demand=demand)


def test_calibration_scales_to_the_totals_and_shows_both() -> None:
    own = communities([100, 50, np.nan])
    demand = cells([30, 10, 7, 9], [house(10, 45), house(40, 45), house(210, 45), house(900, 45)])
    found = placed("points", own, demand=demand, given_settings={"calibrate": True})
    balance = found.balance.set_index("community")
    assert balance["found"].tolist() == [40, 0, 7, 9]
    assert balance["placed"].tolist() == [pytest.approx(100), pytest.approx(50), 7, 0]
    assert found.points["people"].tolist()[:2] == [75, 25]
    assert {"people_calibrated", "calibrated_along_streets", "demand_outside"} <= {r.key for r in found.notices}
    plain = placed("points", own, demand=demand)
    assert plain.balance["placed"].tolist() == [40, 0, 7, 0]


def test_the_method_is_chosen_by_the_layers_or_by_name() -> None:
    layers = {"communities": {"path": "a"}, "facilities": {"path": "b"}, "streets": {"path": "c"}}
    both = {**layers, "buildings": {"path": "d"}, "population": {"path": "e"}}
    assert demand_method(make_study({"name": "s", "inputs": layers})) == "along_streets"
    assert demand_method(make_study({"name": "s", "inputs": both})) == "raster"
    named = {"name": "s", "inputs": both, "demand": {"method": "buildings"}}
    assert demand_method(make_study(named)) == "buildings"
    with pytest.raises(StudyError, match=re.escape(phrase("errors.method_without_layer", layer="inputs.demand"))):
        demand_method(make_study({"name": "s", "inputs": both, "demand": {"method": "points"}}))


def test_a_whole_study_by_raster_and_by_buildings(tmp_path: Path) -> None:
    """The toy city from a raster, then from totals over homes: every figure adds up in plan.json."""
    values = np.full((6, 10), 10.0, dtype=np.float32)
    base = toy.STUDY.replace('[inputs.demand]\npath = "toy.gpkg"\nlayer = "people"\n', "").replace("10.0", "80.0")
    folder = tmp_path / "r"
    folder.mkdir()
    raster(folder / "p.tif", values, Affine(100, 0, X - 100, 0, -100, Y + 500))
    study = base + '\n[inputs.population]\npath = "p.tif"\n'
    content = build_document(planner.run(toy.write_study(folder, study=study)))
    given = content["demand"]
    # The communities are 900 × 500 m, the cells 100 × 100 m with 10 people each.
    assert given["people_placed"] == pytest.approx(900 * 500 / 1e4 * 10)
    assert given["people_found"] == pytest.approx(given["people_placed"] + given["people_lost"])
    assert content["data"]["demand_method"] == "raster"
    totals = toy.layers()["communities"].assign(people=[100.0, 60.0])
    huts = gpd.GeoDataFrame({"kind": ["yes"]}, geometry=[at_home(house(100, 100))], crs=toy.CRS)
    study = base + '\n[inputs.buildings]\npath = "toy.gpkg"\nlayer = "huts"\n'
    file = toy.write_study(tmp_path / "b", changed={"communities": totals, "huts": huts}, study=study)
    content = build_document(planner.run(file))
    methods = [row["method"] for row in content["demand"]["balance"]]
    assert methods == ["buildings", "along_streets", ""]
    placed_people = [row["placed"] for row in content["demand"]["balance"]]
    assert placed_people == [pytest.approx(100), pytest.approx(60), 0]


def test_own_tables_of_kinds_are_read_and_refused_with_their_path(tmp_path: Path) -> None:
    table = tmp_path / "kinds.toml"
    table.write_text("storey_m = 'high'\nkind = []\n", "utf-8")
    with pytest.raises(StudyError, match="storey_m"):
        read_building_kinds(table, study="s")
    table.write_text("not toml", "utf-8")
    with pytest.raises(StudyError, match="cannot be read"):
        read_building_kinds(table, study="s")
    assert pd.Series([kind.evidence for kind in KINDS.kind]).isin(["own", "excerpt", "quoted"]).all()
    words = [word for kind in KINDS.kind for word in kind.words]
    assert len(words) == len(set(words))
