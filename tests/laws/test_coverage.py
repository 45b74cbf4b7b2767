from __future__ import annotations

import cities
import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from seeds import SEEDS

from planner.accessibility.coverage import Coverage, measure_coverage
from planner.network.isochrones.service_areas import service_areas
from planner.network.network import build_network
from planner.network.snapping import snap
from planner.network.travel_times import travel_times
from planner.network.walk import WalkSettings
from planner.population.points import place_demand_points
from planner.schemas.tables import COMMUNITIES, DEMAND, FACILITIES

LIMITS = (2.0, 4.0, 6.0)


def covered(seed: int, *, facilities: int, order: int = 1) -> Coverage:
    """Measure a random city with the first so many of its facilities; `order` = -1 turns all rows round."""
    streets = cities.random_city(seed)
    random = np.random.default_rng(seed)
    west, south, east, north = streets.total_bounds
    middle = (west + east) / 2
    communities = gpd.GeoDataFrame(
        {"id": ["W", "E"], "name": ["West", "East"]},
        geometry=[shapely.box(west, south, middle, north), shapely.box(middle, south, east, north)],
        crs=cities.CRS,
    )
    demand = gpd.GeoDataFrame(
        {"id": [f"D{i:03}" for i in range(80)], "people": random.integers(0, 50, 80)},
        geometry=shapely.points(cities.points_in(streets, 80, seed)),
        crs=cities.CRS,
    )
    centres = gpd.GeoDataFrame(
        {"id": [f"F{i}" for i in range(facilities)], "name": "centre", "tier": "station"},
        geometry=shapely.points(cities.points_in(streets, 8, seed + 1)[:facilities]),
        crs=cities.CRS,
    )
    return measured(streets, *(table.iloc[::order] for table in (communities, demand, centres)))


def measured(
    streets: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, demand: gpd.GeoDataFrame, centres: gpd.GeoDataFrame
) -> Coverage:
    network, walk = build_network(streets), WalkSettings(3.6, 40.0)
    communities = COMMUNITIES.check(communities, source="test")
    facilities = FACILITIES.check(centres, source="test")
    points = place_demand_points(DEMAND.check(demand, source="test"), communities).points
    from_, to = (
        snap(shapely.get_coordinates(table.geometry.array), network, access_m=40.0)
        for table in (facilities, points)
    )
    times = travel_times(network, from_, to, walk=walk, horizon_min=max(LIMITS))
    areas = service_areas(network, from_, walk=walk, limits_min=LIMITS)
    return measure_coverage(
        times, points, facilities, communities, areas, limits_min=LIMITS, standard_min=LIMITS[1]
    )


@settings(max_examples=20)
@given(seed=SEEDS)
def test_covered_and_uncovered_are_everyone(seed: int) -> None:
    coverage = covered(seed, facilities=4)
    total = coverage.total.set_index("limit_min")
    assert coverage.uncovered["people"].sum() + total.loc[4.0, "people_covered"] == total.loc[4.0, "people"]
    by_community = coverage.by_community.groupby("limit_min")
    for column in ("people", "people_covered", "people_overlap", "points", "points_covered"):
        np.testing.assert_allclose(by_community[column].sum(), total[column])
    np.testing.assert_allclose(by_community["area_covered_m2"].sum(), total["area_covered_m2"], rtol=1e-9)


@settings(max_examples=20)
@given(seed=SEEDS)
def test_a_longer_limit_and_a_further_facility_never_lower_coverage(seed: int) -> None:
    fewer, more = covered(seed, facilities=3), covered(seed, facilities=4)
    for column in ("people_covered", "points_covered", "people_overlap"):
        assert fewer.total[column].is_monotonic_increasing
        assert (more.total[column] >= fewer.total[column]).all()
    assert (more.total["area_covered_m2"] >= fewer.total["area_covered_m2"] - 1e-6).all()


@settings(max_examples=15)
@given(seed=SEEDS)
def test_the_order_of_rows_changes_no_share(seed: int) -> None:
    plain, turned = covered(seed, facilities=4), covered(seed, facilities=4, order=-1)
    for column in ("people_covered", "points_covered", "people_overlap", "area_covered_m2"):
        np.testing.assert_allclose(plain.total[column], turned.total[column], rtol=1e-9)
    nearest = turned.demand.set_index("id")["nearest_min"]
    np.testing.assert_allclose(plain.demand.set_index("id")["nearest_min"], nearest.reindex(plain.demand["id"]))


def test_people_by_time_and_people_by_overlay_agree_on_the_haibowan_study(haibowan_plan: object) -> None:
    """The independent second opinion: points within the polygons, apart from those on their very edge."""
    plan = haibowan_plan
    demand = plan.coverage.demand
    points = demand.geometry.array
    for _, reached in plan.reached.iterrows():
        by_time = demand["nearest_min"].to_numpy() <= reached["limit_min"]
        by_overlay = shapely.covers(reached.geometry, points)
        clear = shapely.distance(shapely.boundary(reached.geometry), points) > 0.05
        np.testing.assert_array_equal(by_time[clear], by_overlay[clear])
        assert clear.mean() > 0.99


def test_the_toy_city_by_hand(toy_plan: object) -> None:
    """Every number computed on paper: see the drawing in toy.py."""
    total = toy_plan.coverage.total.set_index("limit_min")
    assert total.loc[5.0, "people"] == 530
    # 300 m from the west corner: 3 blocks of 100 m in the streets' metric; from the east corner likewise.
    west = [(x, y) for x in range(0, 401, 100) for y in range(0, 401, 100) if abs(x - 200) + abs(y - 200) <= 300]
    west = [spot for spot in [*west, (500, 200)] if spot[0] % 200 == 0 or spot[1] % 200 == 0]
    east = [(x, y) for x in range(500, 801, 100) for y in range(100, 401, 100) if (800 - x) + (400 - y) <= 300]
    east = [spot for spot in east if spot[0] % 200 == 0 or spot[1] % 200 == 0]
    people = sum(10 if x <= 400 else 20 for x, _ in {*west, *east})
    assert total.loc[5.0, "people_covered"] == people == 370
    assert total.loc[5.0, "points_covered"] == len({*west, *east}) == 27
    assert total.loc[15.0, "people_share"] == 1.0
    own = toy_plan.coverage.by_community.set_index(["community", "limit_min"])["own_people_covered"]
    # The points on the border at x = 400 go to the lower id, "E".
    assert own["W", 5.0] == sum(10 for x, _ in west if x < 400)
    assert own["E", 15.0] == 0.0
    assert toy_plan.diagnosis.communities_without_centre == ("E",)
    # 320 m² for the western community's 16 points of 4 households.
    row = toy_plan.diagnosis.centres.set_index("id").loc["C1"]
    assert row["households"] == 4 * 16
    assert row["verdict"] == "compliant"


def test_a_facility_outside_the_boundary_serves_inside() -> None:
    streets = gpd.GeoDataFrame(geometry=[shapely.LineString([(1000, 0), (1600, 0)])], crs=cities.CRS)
    communities = gpd.GeoDataFrame(
        {"id": ["A"], "name": ["A"]}, geometry=[shapely.box(1000, -50, 1200, 50)], crs=cities.CRS
    )
    demand = gpd.GeoDataFrame({"id": ["d"], "people": [7]}, geometry=[shapely.Point(1150, 0)], crs=cities.CRS)
    centre = gpd.GeoDataFrame(
        {"id": ["f"], "name": ["f"], "tier": ["station"]}, geometry=[shapely.Point(1350, 0)], crs=cities.CRS
    )
    total = measured(streets, communities, demand, centre).total.set_index("limit_min")
    # 200 m less nothing: both stand on the street.
    assert total.loc[2.0, "people_covered"] == 0
    assert total.loc[4.0, "people_covered"] == 7
    # Reached to 40 m short of 240 m, buffered by 40 m: 50 m of street inside, and the half disc at its end.
    inside_m2 = 50 * 80 + np.pi * 40**2 / 2
    assert total.loc[4.0, "area_share"] == pytest.approx(inside_m2 / (200 * 100), rel=1e-3)
