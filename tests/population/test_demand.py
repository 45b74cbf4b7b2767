from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from planner.io.study_area import choose_metric_crs, measures_true_metres
from planner.population.along_streets import spread_along_streets
from planner.population.demand_points import community_at
from planner.population.points import place_demand_points
from planner.schemas.tables import COMMUNITIES, DEMAND, STREETS, Communities, Streets

CRS = "EPSG:32648"


def communities(people: list[float], shapes: list[shapely.Geometry] | None = None) -> Communities:
    shapes = shapes or [shapely.box(1000 + 100 * i, 0, 1100 + 100 * i, 100) for i in range(len(people))]
    columns = {"id": [f"C{i}" for i in range(len(people))], "name": "c", "people": people, "households": people}
    return COMMUNITIES.check(gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS), source="test")


def streets(*wkt: str) -> gpd.GeoDataFrame:
    return STREETS.check(gpd.GeoDataFrame(geometry=gpd.GeoSeries.from_wkt(list(wkt)), crs=CRS), source="test")


def test_people_spread_along_streets_are_conserved_to_the_person() -> None:
    own = communities([101, 7, 0])
    placed = spread_along_streets(
        own, streets("LINESTRING (900 50, 1250 50)", "LINESTRING (1033 0, 1033 100)"), spacing_m=13.0
    )
    by_community = placed.points.groupby("community")[["people", "households"]].sum()
    assert by_community.loc["C0", "people"] == pytest.approx(101, abs=1e-9)
    assert by_community.loc["C1", "people"] == pytest.approx(7, abs=1e-9)
    assert "C2" not in by_community.index
    assert placed.method == "along_streets"
    inside = own.set_index("id").geometry
    assert all(
        inside[c].covers(p) for c, p in zip(placed.points["community"], placed.points.geometry, strict=True)
    )


def test_spreading_is_even_along_the_street() -> None:
    placed = spread_along_streets(communities([60]), streets("LINESTRING (1000 50, 1060 50)"), spacing_m=20.0)
    np.testing.assert_allclose(placed.points.geometry.x, [1010, 1030, 1050])
    np.testing.assert_allclose(placed.points["people"], [20, 20, 20])


def test_a_community_without_a_street_keeps_its_people_at_one_point_inside() -> None:
    placed = spread_along_streets(communities([5, 9]), streets("LINESTRING (1000 50, 1090 50)"), spacing_m=50.0)
    lost = placed.points[placed.points["community"] == "C1"]
    assert lost["people"].tolist() == [9.0]
    assert [(notice.key, notice.rows) for notice in placed.notices] == [("community_without_street", ("C1",))]


def test_every_demand_point_is_placed_or_listed_with_its_people() -> None:
    points = [(1050, 50), (1100, 50), (1150, 50), (5000, 50)]
    demand = DEMAND.check(
        gpd.GeoDataFrame(
            {"id": list("abcd"), "people": [1, 2, 4, 8]}, geometry=[shapely.Point(p) for p in points], crs=CRS
        ),
        source="test",
    )
    placed = place_demand_points(demand, communities([0, 0]))
    # The border at x = 1100 belongs to the lower id.
    assert placed.points["community"].tolist() == ["C0", "C0", "C1"]
    assert [(notice.key, notice.rows, notice.people) for notice in placed.notices] == [
        ("demand_outside", ("d",), 8.0)
    ]
    assert placed.points["people"].sum() + placed.notices[0].people == demand["people"].sum()


def test_a_polygon_of_people_stands_at_a_point_inside_it() -> None:
    bent = shapely.Polygon([(1010, 10), (1090, 10), (1090, 90), (1080, 90), (1080, 20), (1010, 20)])
    demand = DEMAND.check(gpd.GeoDataFrame({"id": ["u"], "people": [3]}, geometry=[bent], crs=CRS), source="test")
    point = place_demand_points(demand, communities([1])).points.geometry.iloc[0]
    assert bent.covers(point)
    assert not bent.covers(bent.centroid)


def test_communities_do_not_depend_on_row_order() -> None:
    own = communities([1, 1, 1])
    points = gpd.GeoDataFrame(geometry=shapely.points([(1100, 50), (1200, 0), (1250, 100)]), crs=CRS)
    turned = Communities(gpd.GeoDataFrame(own.iloc[::-1]))
    pd.testing.assert_series_equal(community_at(points, own), community_at(points, turned))


@pytest.mark.parametrize(
    ("crs", "true"),
    [
        (32648, True),
        (4545, True),
        (4548, False),
        (3857, False),
        (4326, False),
        (32642, False),
        (2263, False),
        (32618, False),
    ],
)
def test_which_systems_measure_in_true_metres_at_haibowan(crs: int, *, true: bool) -> None:
    here = gpd.GeoDataFrame(geometry=[shapely.Point(106.813, 39.673).buffer(0.05)], crs=4326)
    assert measures_true_metres(pyproj.CRS(crs), here) is true


@pytest.mark.parametrize(
    ("lon", "lat", "zone"), [(106.8, 39.7, 32648), (24.94, 60.17, 32635), (-51.2, -30.0, 32722)]
)
def test_the_metric_system_is_the_utm_zone_of_the_data(lon: float, lat: float, zone: int) -> None:
    here = Communities(gpd.GeoDataFrame(geometry=[shapely.Point(lon, lat).buffer(0.02)], crs=4326))
    assert choose_metric_crs(here, None, study="s").to_epsg() == zone
    web = Communities(here.to_crs(3857))
    assert choose_metric_crs(web, None, study="s").to_epsg() == zone


def test_nobody_lives_along_the_lines_across_a_square() -> None:
    # A square of 100 m with its outline, and 45 lines across, as an extract draws them.
    square = shapely.box(0, 0, 100, 100)
    across = shapely.multilinestrings(
        [shapely.LineString([(10 * one, 0), (10 * other, 100)]) for one in range(10) for other in range(one)]
    )
    areas = gpd.GeoDataFrame(
        {"id": ["A"], "people": [80.0], "households": [40.0]}, geometry=[square.buffer(10)], crs=32648
    )
    lines = gpd.GeoDataFrame({"square": [False, True]}, geometry=[shapely.boundary(square), across], crs=32648)
    placed = spread_along_streets(Communities(areas), Streets(lines), spacing_m=25.0).points
    assert len(placed) == 400 / 25
    assert placed["people"].sum() == pytest.approx(80)
    assert shapely.dwithin(shapely.boundary(square), placed.geometry.array, 1e-9).all()
    # Where there is no street besides, they are all that is known.
    alone = spread_along_streets(Communities(areas), Streets(lines.iloc[1:]), spacing_m=25.0).points
    assert alone["people"].sum() == pytest.approx(80)
    assert shapely.dwithin(across, alone.geometry.array, 1e-9).all()
