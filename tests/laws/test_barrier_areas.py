"""Service areas past barriers and along slow and fast streets: inside if and only if in time."""

from __future__ import annotations

import cities
import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from seeds import SEEDS, examples
from test_costs_law import random_levels, random_walls

from planner.network.isochrones.service_areas import QUARTER_SEGMENTS, service_areas
from planner.network.network import WalkingNetwork, build_network, with_costs
from planner.network.snapping import snap
from planner.network.travel_times import travel_times
from planner.network.visibility import build_barriers
from planner.network.walk import WalkSettings

Points = NDArray[np.float64]


def tolerance_m(access_m: float, limit_m: float) -> float:
    """Return how far a chord lies inside its arc, and 2 mm for what the streets open in a barrier."""
    return max(access_m, min(limit_m, 2 * access_m)) * (1 - np.cos(np.pi / (4 * QUARTER_SEGMENTS))) + 2e-3


def hold_the_law(
    network: WalkingNetwork, facilities: Points, points: Points, limits_min: tuple[float, ...], access_m: float
) -> int:
    """Hold the law for points; return how many of them lie inside some area."""
    walk = WalkSettings(3.6, access_m)
    from_, to = (snap(xy, network, access_m=access_m) for xy in (facilities, points))
    times = travel_times(network, from_, to, walk=walk, horizon_min=max(limits_min) + 1)
    minutes = np.full((len(facilities), len(points)), np.inf)
    minutes[times.facility, times.demand] = times.minutes
    areas = service_areas(network, from_, walk=walk, limits_min=limits_min)
    assert shapely.is_valid(areas).all()
    places, inside_any = shapely.points(points), 0
    for row, column in np.ndindex(areas.shape):
        area, in_time = areas[row, column], minutes[row] <= limits_min[column]
        inside = shapely.intersects(area, places)
        wrong = np.flatnonzero(inside != in_time)
        to_edge = shapely.distance(shapely.boundary(area), places[wrong])
        late_m = np.abs(minutes[row, wrong] - limits_min[column]) * 60
        tolerance = tolerance_m(access_m, limits_min[column] * 60)
        clear = (to_edge > tolerance) & (late_m > tolerance) if not area.is_empty else late_m > tolerance
        assert not clear.any(), (row, column, points[wrong[clear]][:3], inside[wrong[clear]][:3])
        inside_any += int(inside.sum())
    return inside_any


def points_about(
    streets: gpd.GeoDataFrame, walls: gpd.GeoSeries, access_m: float, count: int, seed: int
) -> Points:
    """Return points near the streets, along walls, at their corners and ends."""
    random = np.random.default_rng(seed)
    lines = np.concatenate([streets.geometry.array, walls.array])
    lines = random.choice(lines, count)
    along = shapely.get_coordinates(
        shapely.line_interpolate_point(lines, random.uniform(0, 1, count), normalized=True)
    )
    near_streets = along + random.normal(0, access_m * 0.7, along.shape)
    corners = shapely.get_coordinates(walls.array)
    corners = corners[random.integers(0, len(corners), count)] if len(corners) else corners
    hugging = along[: count // 2] + random.normal(0, 0.1, (count // 2, 2))
    points = np.vstack([near_streets, hugging, corners + random.normal(0, 0.3, corners.shape)])
    # Who stands on a wall may go to either side of it, but a line is no area.
    on_wall = shapely.STRtree(walls.array).query(shapely.points(points), predicate="dwithin", distance=2e-3)[0]
    return np.delete(points, on_wall, axis=0)


@settings(max_examples=examples(20, brief=10))
@example(seed=4586, access_m=100.0, levels=(0.4, 2.5), n_walls=8)
# Where a slow street opens a wall, what is seen through the slit ends in a curve that no few chords follow.
@example(seed=9999, access_m=100.0, levels=(1.0, 3.0), n_walls=8)
@given(
    seed=SEEDS,
    access_m=st.sampled_from([20.0, 45.0, 100.0]),
    levels=st.sampled_from([None, (0.4, 2.5), (1.0, 3.0), (0.3, 1.0)]),
    n_walls=st.sampled_from([0, 8, 30]),
)
def test_a_point_is_inside_if_and_only_if_in_time_past_walls(
    seed: int, access_m: float, levels: tuple[float, float] | None, n_walls: int
) -> None:
    hold_the_law_in_a_city(seed, access_m, levels, n_walls)


def hold_the_law_in_a_city(seed: int, access_m: float, levels: tuple[float, float] | None, n_walls: int) -> None:
    """Hold the law in a random city with walls, on slow or fast streets."""
    streets = cities.random_city(seed, blocks=5)
    walls = random_walls(streets, n_walls, seed)
    network = build_network(streets, barriers=build_barriers(walls, None) if n_walls else None)
    if levels:
        network = with_costs(network, random_levels(len(network.segment_m), seed, *levels))
    on_streets = snap(cities.points_in(streets, 2, seed + 1), network, access_m=access_m).nearest_xy
    facilities = np.vstack([cities.points_in(streets, 3, seed), on_streets])
    points = points_about(streets, walls, access_m, 400, seed)
    hold_the_law(network, facilities, points, (0.5, 1.0, 2.0, 4.0), access_m)


@settings(max_examples=10)
@given(seed=SEEDS, access_m=st.sampled_from([30.0, 80.0]))
def test_a_point_is_inside_if_and_only_if_in_time_round_ponds(seed: int, access_m: float) -> None:
    streets = cities.random_city(seed, blocks=4)
    centres = cities.points_in(streets, 6, seed + 5)
    ponds = shapely.union_all(shapely.buffer(shapely.points(centres), 24.0, quad_segs=2))
    network = build_network(streets, barriers=build_barriers(None, gpd.GeoSeries([ponds], crs=cities.CRS)))
    shores = gpd.GeoSeries(shapely.get_parts(shapely.boundary(ponds)), crs=cities.CRS)
    points = points_about(streets, shores, access_m, 300, seed)
    # A line is no area: who stands on a bridge is served, and the map does not show it.
    points = points[shapely.distance(shapely.union_all(streets.geometry.array), shapely.points(points)) > 2e-3]
    hold_the_law(network, cities.points_in(streets, 4, seed), points, (1.0, 3.0), access_m)


STREET = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1000, 0)])], crs=cities.CRS)


def area_past(
    walls: list[str], centre: tuple[float, float], limit_min: float, *, access_m: float = 50.0
) -> shapely.Geometry:
    barriers = build_barriers(gpd.GeoSeries.from_wkt(walls, crs=cities.CRS), None) if walls else None
    network = build_network(STREET, barriers=barriers)
    snaps = snap(np.array([centre]), network, access_m=access_m)
    return service_areas(network, snaps, walk=WalkSettings(3.6, access_m), limits_min=(limit_min,))[0, 0]


def test_a_wall_along_the_street_ends_the_area_there() -> None:
    """Hand-computed: 300 m each way, the last 50 m of them walked straight; a wall 20 m north of all of it."""
    area = area_past(["LINESTRING (-200 20, 1200 20)"], (500.0, 0.0), 5.0)
    # South a half capsule; north a band of 20 m, whose ends are cut from the circles by the wall.
    half = 500 * 50 + np.pi * 50**2 / 2
    ends = 20 * np.sqrt(50**2 - 20**2) + 50**2 * np.arcsin(20 / 50)
    assert area.area == pytest.approx(half + 500 * 20 + ends, rel=1e-3)
    assert area.bounds[3] == pytest.approx(20, abs=1e-3)


def test_the_shadow_of_a_short_wall_by_hand() -> None:
    """A wall of 20 m, 10 m from a street that goes on both ways, hides what no position within 50 m sees.

    Behind it, d beyond, a place is seen past its end from the street only from 10 / d as far beside the end: a
    place in the middle, 10 m from either end, from 10 + 100 / d beside the foot, 10 + d from the street.
    """
    area = area_past(["LINESTRING (490 10, 510 10)"], (500.0, 0.0), 10.0)

    def seen_m(d: float) -> float:
        return float(np.hypot(10 + 100 / d, 10 + d))

    for d in (1.0, 2.0, 2.3, 2.5, 3.0, 10.0, 35.0, 38.0, 39.0):
        assert shapely.intersects(area, shapely.Point(500, 10 + d)) == (seen_m(d) < 50), d
    assert len(area.interiors) == 1


def test_a_slit_in_a_long_wall_lights_a_fan() -> None:
    """Through 1 m at 10 m from the street, a place 20 m behind is reached 4 m beside the slit's middle, not 40."""
    walls = ["LINESTRING (-100 10, 499.5 10)", "LINESTRING (500.5 10, 1100 10)"]
    area = area_past(walls, (500.0, 0.0), 10.0)
    assert shapely.intersects(area, shapely.Point(500, 30))
    assert shapely.intersects(area, shapely.Point(504, 30))
    assert not shapely.intersects(area, shapely.Point(540, 30))
    behind = shapely.intersection(area, shapely.box(0, 10.01, 1000, 100))
    # All that is behind fans out of the slit: 40 m at most, since 10 are walked to it.
    assert behind.area < 40**2 * np.pi / 2
    assert shapely.hausdorff_distance(behind, shapely.Point(500, 10)) < 41


def test_a_river_with_one_bridge_is_crossed_there_only() -> None:
    streets = gpd.GeoDataFrame(
        geometry=gpd.GeoSeries.from_wkt(
            [
                "LINESTRING (0 0, 300 0, 600 0)",
                "LINESTRING (0 40, 300 40, 600 40)",
                "LINESTRING (300 0, 300 40)",
            ]
        ),
        crs=cities.CRS,
    )
    river = shapely.box(-50, 10, 650, 30)
    network = build_network(streets, barriers=build_barriers(None, gpd.GeoSeries([river], crs=cities.CRS)))
    snaps = snap(np.array([[100.0, 0.0]]), network, access_m=50)
    near, over = service_areas(network, snaps, walk=WalkSettings(3.6, 50), limits_min=(3.5, 6.0))[0]
    north = shapely.box(-100, 30, 700, 200)
    # 210 m: not over the bridge, which begins 200 m off and is 40 m long; 360 m: 110 m on the far side.
    assert shapely.intersection(near, north).area == 0
    assert shapely.intersection(over, north).area > 0
    for area in (near, over):
        assert shapely.intersection(area, river).area < 1.0
    # 60 m along the far street are reached with all of the 50 m left; nothing is farther than 110 m.
    far = shapely.intersection(over, north)
    assert shapely.hausdorff_distance(far, shapely.Point(300, 40)) == pytest.approx(120, abs=1e-2)
    assert shapely.intersects(over, shapely.Point(360, 80))
    assert not shapely.intersects(over, shapely.Point(425, 45))


@settings(max_examples=10)
@given(seed=SEEDS)
def test_areas_past_walls_are_nested_and_walls_only_take_away(seed: int) -> None:
    streets = cities.random_city(seed, blocks=4)
    walls, walk, limits = random_walls(streets, 12, seed), WalkSettings(3.6, 50.0), (0.5, 1.0, 2.0, 4.0)
    centres = cities.points_in(streets, 3, seed)

    def areas(barriers: gpd.GeoSeries | None) -> NDArray[np.object_]:
        network = build_network(streets, barriers=None if barriers is None else build_barriers(barriers, None))
        return service_areas(network, snap(centres, network, access_m=50.0), walk=walk, limits_min=limits)

    past, free = areas(walls), areas(None)
    slack = tolerance_m(50.0, 120.0)
    for row, column in np.ndindex(past.shape):
        smaller = shapely.buffer(past[row, column], -slack)
        assert shapely.difference(smaller, free[row, column]).area < 1e-3
        if column + 1 < len(limits):
            assert shapely.difference(smaller, past[row, column + 1]).area < 1e-3


def test_barriers_far_away_and_no_barriers_change_nothing() -> None:
    streets = cities.random_city(3)
    centres, walk = cities.points_in(streets, 5, 3), WalkSettings(3.6, 50.0)

    def areas(lines: list[str] | None) -> NDArray[np.object_]:
        walls = None if lines is None else build_barriers(gpd.GeoSeries.from_wkt(lines, crs=cities.CRS), None)
        network = build_network(streets, barriers=walls)
        return service_areas(network, snap(centres, network, access_m=50.0), walk=walk, limits_min=(1.0, 1.5, 5.0))

    plain = areas(None)
    assert shapely.equals_exact(areas([]), plain).all()
    assert shapely.equals_exact(areas(["LINESTRING (50000 0, 50000 90000)"]), plain).all()


def test_downhill_the_area_reaches_beyond_the_last_full_disc() -> None:
    """Hand-computed, search along the street at half a cost metre a metre, against it at two.

    Eastwards 300 cost metres are 600 m of street, and the walk straight from there has no metre left; westwards
    the straight walk is better than the street, and the last full disc is 125 m off.
    """
    network = with_costs(build_network(STREET), np.array([[0.5, 2.0]]), direction="from_centre")
    snaps = snap(np.array([[200.0, 0.0]]), network, access_m=50.0)
    area = service_areas(network, snaps, walk=WalkSettings(3.6, 50.0), limits_min=(5.0,))[0, 0]
    west, south, east, north = area.bounds
    # 50 m straight along the street, then 100 m for 200, then 50 m straight.
    assert west == pytest.approx(200 - 50 - 100 - 50, abs=2e-2)
    assert east == pytest.approx(200 + 600, abs=1e-3)
    assert (south, north) == (pytest.approx(-50, abs=1e-6), pytest.approx(50, abs=1e-6))
    # The last full disc is 500 m off; from there to the tip the sides are straight, at 30 degrees to the street.
    tip = shapely.intersection(area, shapely.box(725, -100, 900, 100))
    assert tip.area == pytest.approx(75 * 75 * np.tan(np.pi / 6), rel=2e-3)
