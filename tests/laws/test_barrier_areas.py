"""Service areas past barriers and along slow and fast streets: inside if and only if in time."""

from __future__ import annotations

import cities
import geopandas as gpd
import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from test_costs_law import random_levels, random_walls

from planner.walking.network import WalkingNetwork, build_network, walked_at
from planner.walking.service_areas import QUARTER_SEGMENTS, service_areas
from planner.walking.sight import lay_barriers
from planner.walking.snapping import snap
from planner.walking.times import travel_times
from planner.walking.walk import Walk

Points = NDArray[np.float64]


def tolerance_m(access_m: float, limit_m: float) -> float:
    """Return how far a chord lies inside its arc, and 2 mm for what the streets open in a barrier."""
    return max(access_m, min(limit_m, 2 * access_m)) * (1 - np.cos(np.pi / (4 * QUARTER_SEGMENTS))) + 2e-3


def hold_the_law(
    network: WalkingNetwork, facilities: Points, points: Points, limits_min: tuple[float, ...], access_m: float
) -> int:
    """Hold the law for points; return how many of them lie inside some area."""
    walk = Walk(3.6, access_m)
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
    return np.vstack([near_streets, hugging, corners + random.normal(0, 0.3, corners.shape)])


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    access_m=st.sampled_from([20.0, 45.0, 100.0]),
    levels=st.sampled_from([None, (0.4, 2.5), (1.0, 3.0), (0.3, 1.0)]),
    n_walls=st.sampled_from([0, 8, 30]),
)
def test_a_point_is_inside_if_and_only_if_in_time_past_walls(
    seed: int, access_m: float, levels: tuple[float, float] | None, n_walls: int
) -> None:
    streets = cities.random_city(seed, blocks=5)
    walls = random_walls(streets, n_walls, seed)
    network = build_network(streets, barriers=lay_barriers(walls, None) if n_walls else None)
    if levels:
        network = walked_at(network, random_levels(len(network.segment_m), seed, *levels))
    on_streets = snap(cities.points_in(streets, 2, seed + 1), network, access_m=access_m).nearest_xy
    facilities = np.vstack([cities.points_in(streets, 3, seed), on_streets])
    points = points_about(streets, walls, access_m, 400, seed)
    hold_the_law(network, facilities, points, (0.5, 1.0, 2.0, 4.0), access_m)
