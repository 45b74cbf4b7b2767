from __future__ import annotations

from collections.abc import Callable

import cities
import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from seeds import SEEDS

from planner.network.isochrones.service_areas import QUARTER_SEGMENTS, service_areas
from planner.network.network import build_network
from planner.network.snapping import snap
from planner.network.travel_times import travel_times
from planner.network.walk import WalkSettings


def arc_error_m(radius_m: float) -> float:
    """Return how far a chord lies inside its circle."""
    return radius_m * (1 - np.cos(np.pi / (4 * QUARTER_SEGMENTS))) + 1e-3


def assert_inside_exactly_if_in_time(
    streets: gpd.GeoDataFrame, limits_min: tuple[float, ...], *, access_m: float, seed: int, points: int = 3000
) -> int:
    """Hold the law for random points; return how many of them lie inside some area."""
    network, walk = build_network(streets), WalkSettings(3.6, access_m)
    anywhere = cities.points_in(streets, 3, seed)
    on_streets = snap(cities.points_in(streets, 3, seed + 1), network, access_m=access_m).nearest_xy
    facilities = np.vstack([anywhere, on_streets])
    # Points near the streets decide: far ones are outside whatever the code does.
    spots = shapely.line_interpolate_point(network.edge_lines(), network.edge_m / 2)
    random = np.random.default_rng(seed)
    near = shapely.get_coordinates(random.choice(spots, points)) + random.normal(0, access_m, (points, 2))
    everywhere = np.vstack([near, facilities + random.normal(0, access_m, facilities.shape)])
    from_, to = (snap(xy, network, access_m=access_m) for xy in (facilities, everywhere))
    times = travel_times(network, from_, to, walk=walk, horizon_min=max(limits_min) + 1)
    minutes = np.full((len(facilities), len(everywhere)), np.inf)
    minutes[times.facility, times.demand] = times.minutes
    areas = service_areas(network, from_, walk=walk, limits_min=limits_min)
    assert shapely.is_valid(areas).all()
    inside_any = 0
    for row, column in np.ndindex(areas.shape):
        limit = limits_min[column]
        inside = shapely.covers(areas[row, column], shapely.points(everywhere))
        in_time = minutes[row] <= limit
        on_the_edge = np.abs(minutes[row] - limit) * 60 <= arc_error_m(
            max(access_m, min(limit * 60, 2 * access_m))
        )
        # Exactly access_m from the last street the area ends though time is left: nearness to its edge decides.
        to_edge = shapely.distance(shapely.boundary(areas[row, column]), shapely.points(everywhere))
        on_the_edge |= to_edge <= arc_error_m(access_m)
        np.testing.assert_array_equal(inside[~on_the_edge], in_time[~on_the_edge])
        inside_any += int(inside.sum())
    return inside_any


@settings(max_examples=20)
@given(seed=SEEDS, access_m=st.sampled_from([20.0, 50.0, 100.0, 200.0]))
def test_a_point_is_inside_if_and_only_if_in_time_on_random_cities(seed: int, access_m: float) -> None:
    streets = cities.random_city(seed)
    assert_inside_exactly_if_in_time(streets, (0.5, 1.0, 2.0, 5.0), access_m=access_m, seed=seed, points=800)


@pytest.mark.parametrize("access_m", [25.0, 50.0, 200.0])
@pytest.mark.parametrize("city", [cities.helsinki, cities.haibowan], ids=["helsinki", "haibowan"])
def test_a_point_is_inside_if_and_only_if_in_time_on_real_streets(
    city: Callable[[], gpd.GeoDataFrame], access_m: float
) -> None:
    inside = assert_inside_exactly_if_in_time(city(), (2.0, 5.0, 10.0), access_m=access_m, seed=11)
    assert inside > 200


@settings(max_examples=20)
@example(seed=221, access_m=150.0)  # a door reached with nothing left
@given(seed=SEEDS, access_m=st.sampled_from([20.0, 60.0, 150.0]))
def test_areas_are_nested_and_lie_within_the_disc(seed: int, access_m: float) -> None:
    streets = cities.random_city(seed)
    network, walk, limits = build_network(streets), WalkSettings(3.6, access_m), (1.0, 3.0, 5.0)
    facilities = cities.points_in(streets, 5, seed)
    areas = service_areas(network, snap(facilities, network, access_m=access_m), walk=walk, limits_min=limits)
    for row in range(len(facilities)):
        for column, limit in enumerate(limits):
            disc = shapely.buffer(shapely.Point(facilities[row]), walk.metres(limit) + 1e-3, quad_segs=512)
            assert shapely.difference(areas[row, column], disc).area < 1e-3
            if column:
                smaller = shapely.buffer(areas[row, column - 1], -arc_error_m(access_m))
                assert shapely.difference(smaller, areas[row, column]).area < 1e-6


def exact(shape: shapely.Geometry) -> float:
    return float(shapely.area(shape))


def on_one_street(centre: tuple[float, float], minutes: float, access_m: float) -> shapely.Geometry:
    street = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (2000, 0)])], crs=cities.CRS)
    network = build_network(street)
    snaps = snap(np.array([centre]), network, access_m=access_m)
    return service_areas(network, snaps, walk=WalkSettings(3.6, access_m), limits_min=(minutes,))[0, 0]


def capsule_area(length_m: float, radius_m: float) -> float:
    return 2 * length_m * radius_m + np.pi * radius_m**2


def test_on_a_straight_street_the_area_is_a_capsule() -> None:
    """Hand-computed: on the street, 5 minutes at 1 m/s, 50 m aside: 250 m each way, buffered by 50 m."""
    assert exact(on_one_street((1000, 0), 5.0, 50.0)) == pytest.approx(capsule_area(500, 50), rel=1e-3)
    # 30 m aside: 50 m straight, 40 m along the street gained, then 200 m to the last full disc: 240 m each way.
    assert exact(on_one_street((1000, 30), 5.0, 50.0)) == pytest.approx(capsule_area(480, 50), rel=1e-3)


def test_a_street_out_of_reach_in_time_or_space_gives_an_empty_area() -> None:
    assert on_one_street((1000, 60), 5.0, 50.0).is_empty
    assert on_one_street((1000, 40), 0.5, 50.0).is_empty


def test_a_centre_on_its_street_with_little_time_has_its_own_disc() -> None:
    """30 m to walk, 50 m of access: every place within 30 m, mid-street, is reached straight."""
    assert exact(on_one_street((1000, 0), 0.5, 50.0)) == pytest.approx(np.pi * 30**2, rel=1e-3)
    assert exact(on_one_street((1000, 0), 5.0, 400.0)) == pytest.approx(np.pi * 300**2, rel=1e-3)


def test_a_centre_back_from_the_street_has_the_smaller_discs() -> None:
    """Hand-computed: 40 m from the street, 60 m to walk: beyond the street a circle of 60 m around it."""
    area = on_one_street((1000, 40), 1.0, 50.0)
    assert shapely.covers(area, shapely.Point(1000, -19.95))
    assert not shapely.covers(area, shapely.Point(1000, -20.05))
    # On its own side the mirror image decides: 20 m of street-side ground.
    assert shapely.covers(area, shapely.Point(1000, 19.95))
    assert not shapely.covers(area, shapely.Point(1000, 20.05))


def test_two_streets_make_one_area_with_a_hole() -> None:
    block = shapely.LinearRing([(0, 0), (200, 0), (200, 200), (0, 200)])
    network = build_network(gpd.GeoDataFrame(geometry=[block], crs=cities.CRS))
    snaps = snap(np.array([[0.0, 0.0]]), network, access_m=20.0)
    area = service_areas(network, snaps, walk=WalkSettings(3.6, 20.0), limits_min=(15.0,))[0, 0]
    assert len(area.interiors) == 1
    assert shapely.area(shapely.Polygon(area.interiors[0])) == pytest.approx(160.0 * 160.0, rel=1e-6)


def capsules(xy: NDArray[np.float64], radius_m: float) -> shapely.Geometry:
    return shapely.buffer(shapely.LineString(xy), radius_m, quad_segs=QUARTER_SEGMENTS)


def test_crossings_without_a_junction_are_not_turned_at() -> None:
    """A bridge: the street above is not reached from the street below."""
    below, above = [(-400, 0), (400, 0)], [(0, -400), (0, 400)]
    network = build_network(
        gpd.GeoDataFrame(geometry=[shapely.LineString(below), shapely.LineString(above)], crs=cities.CRS)
    )
    snaps = snap(np.array([[-200.0, 0.0]]), network, access_m=30.0)
    area = service_areas(network, snaps, walk=WalkSettings(3.6, 30.0), limits_min=(10.0,))[0, 0]
    expected = capsules(np.array([[-400.0, 0.0], [370.0, 0.0]]), 30.0)
    assert shapely.symmetric_difference(area, expected).area / expected.area < 1e-3
