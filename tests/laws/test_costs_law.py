"""The law of walking where streets are faster or slower than open country, and where barriers stand."""

from __future__ import annotations

import cities
import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from seeds import SEEDS

from planner.evaluation.validation.networkx_oracle import NetworkxWalks, WalkEnvironment
from planner.network.network import WalkingNetwork, build_network, with_costs
from planner.network.snapping import snap
from planner.network.travel_times import nearest_facility, nearest_facility_of_places, travel_times
from planner.network.visibility import Barriers, build_barriers
from planner.network.walk import WalkSettings

MILLIMETRE = 1e-3
MINUTES = 12.0


def walked_metres(
    network: WalkingNetwork, facilities: NDArray[np.float64], demand: NDArray[np.float64], access_m: float
) -> NDArray[np.float64]:
    """Return the cost metres of every walk, shape (facilities, demand); `inf` beyond 12 minutes at 1 m/s.

    The search from all facilities at once must say the same, and so, to the last bit, must that of places whose
    streets are not listed.
    """
    from_, to = (snap(xy, network, access_m=access_m) for xy in (facilities, demand))
    walk = WalkSettings(3.6, access_m)
    times = travel_times(network, from_, to, walk=walk, horizon_min=MINUTES)
    metres = np.full((len(facilities), len(demand)), np.inf)
    metres[times.facility, times.demand] = times.minutes * 60
    minutes, nearest = nearest_facility(network, from_, to, walk=walk, horizon_min=MINUTES)
    of_places = nearest_facility_of_places(network, from_, demand, walk=walk, horizon_min=MINUTES)
    np.testing.assert_array_equal(of_places, (minutes, nearest))
    np.testing.assert_allclose(minutes * 60, metres.min(axis=0), rtol=0, atol=1e-6)
    found = np.isfinite(minutes)
    np.testing.assert_allclose(metres[nearest[found], np.flatnonzero(found)], minutes[found] * 60, atol=1e-6)
    return metres


def assert_equal(
    metres: NDArray[np.float64], ground: WalkEnvironment, points: NDArray[np.float64], access_m: float
) -> int:
    """Hold the walks from the first points to the others against networkx, GEOS and numerical search."""
    again = NetworkxWalks(ground, points[: len(metres)], points[len(metres) :], access_m)
    found = np.array([again.from_home(home) for home in range(len(metres))])
    for i, j in np.ndindex(metres.shape):
        expected = found[i, j]
        if expected > MINUTES * 60 - MILLIMETRE:
            assert metres[i, j] >= MINUTES * 60 - 2 * MILLIMETRE
        else:
            assert metres[i, j] == pytest.approx(expected, abs=MILLIMETRE), (i, j)
    return int(np.isfinite(metres).sum())


def random_levels(segments: int, seed: int, least: float, most: float) -> NDArray[np.float64]:
    """Return cost metres per metre, different along and against, some of them 1."""
    random = np.random.default_rng(seed)
    level = np.exp(random.uniform(np.log(least), np.log(most), (segments, 2)))
    return np.where(random.random((segments, 2)) < 0.2, 1.0, level)


def points_beside(streets: gpd.GeoDataFrame, count: int, seed: int) -> NDArray[np.float64]:
    """Return points anywhere, and some exactly on the streets."""
    points = cities.points_in(streets, count, seed)
    lines = streets.geometry.array
    for row in range(0, count, 4):
        points[row] = shapely.get_coordinates(lines[row % len(lines)].interpolate(0.3, normalized=True))[0]
    return points


@settings(max_examples=25)
@given(
    seed=SEEDS,
    access_m=st.sampled_from([15.0, 40.0, 110.0]),
    levels=st.sampled_from([(0.3, 3.0), (0.8, 1.2), (1.0, 4.0), (0.2, 1.0)]),
)
def test_walks_over_fast_and_slow_streets_equal_networkx(
    seed: int, access_m: float, levels: tuple[float, float]
) -> None:
    streets = cities.random_city(seed, blocks=5)
    network = build_network(streets)
    level = random_levels(len(network.segment_m), seed, *levels)
    points = points_beside(streets, 9, seed)
    walked = with_costs(network, level, direction="from_centre")
    metres = walked_metres(walked, points[:3], points[3:], access_m)
    assert_equal(metres, WalkEnvironment(streets, level=level), points, access_m)


@settings(max_examples=10)
@given(seed=SEEDS)
def test_the_way_there_is_the_way_back_in_the_other_direction(seed: int) -> None:
    streets = cities.random_city(seed)
    network = build_network(streets)
    level = random_levels(len(network.segment_m), seed, 0.3, 3.0)
    points = points_beside(streets, 24, seed)
    there = walked_metres(with_costs(network, level, direction="from_centre"), points[:8], points[8:], 40)
    back = walked_metres(with_costs(network, level, direction="to_centre"), points[8:], points[:8], 40)
    np.testing.assert_allclose(there, back.T, atol=MILLIMETRE)


@settings(max_examples=10)
@given(seed=SEEDS, access_m=st.sampled_from([30.0, 110.0]))
def test_streets_at_base_speed_are_plain_streets(seed: int, access_m: float) -> None:
    streets = cities.random_city(seed)
    network = build_network(streets)
    points = cities.points_in(streets, 30, seed)
    plain = walked_metres(network, points[:8], points[8:], access_m)
    level = np.ones((len(network.segment_m), 2))
    again = walked_metres(with_costs(network, level), points[:8], points[8:], access_m)
    np.testing.assert_allclose(again, plain, rtol=0, atol=1e-9)


def test_leaving_a_fast_street_by_hand() -> None:
    """On a street twice as fast as open country, people leave it at 60°: 3 m aside, √3 m before the foot."""
    street = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1000, 0)])], crs=cities.CRS)
    walked = with_costs(build_network(street), np.array([[0.5, 0.5]]))
    metres = walked_metres(walked, np.array([[100.0, 0.0]]), np.array([[500.0, 3.0], [100.5, 3.0]]), 50)
    assert metres[0, 0] == pytest.approx(0.5 * (400 - 3**0.5) + 2 * 3**0.5)
    # So near that the best place to leave lies behind the walker: the straight walk alone.
    assert metres[0, 1] == pytest.approx(np.hypot(0.5, 3))


def random_walls(streets: gpd.GeoDataFrame, count: int, seed: int) -> gpd.GeoSeries:
    """Return bent walls of some ten metres across and along the streets."""
    random = np.random.default_rng(seed)
    begins = cities.points_in(streets, count, seed + 1)
    bends = begins + random.normal(0, 45, begins.shape)
    ends = bends + random.normal(0, 45, begins.shape)
    return gpd.GeoSeries(shapely.linestrings(np.stack([begins, bends, ends], axis=1)), crs=cities.CRS)


@settings(max_examples=20)
@given(
    seed=SEEDS,
    access_m=st.sampled_from([20.0, 45.0, 100.0]),
    levels=st.sampled_from([None, (0.4, 2.5)]),
)
def test_walks_past_walls_equal_geos_and_networkx(
    seed: int, access_m: float, levels: tuple[float, float] | None
) -> None:
    streets = cities.random_city(seed, blocks=4)
    walls = random_walls(streets, 12, seed)
    network = build_network(streets, barriers=build_barriers(walls, None))
    level = None
    if levels:
        level = random_levels(len(network.segment_m), seed, *levels)
        network = with_costs(network, level, direction="from_centre")
    points = points_beside(streets, 8, seed)
    metres = walked_metres(network, points[:3], points[3:], access_m)
    assert_equal(metres, WalkEnvironment(streets, level=level, walls=walls), points, access_m)


@settings(max_examples=12)
@given(seed=SEEDS, access_m=st.sampled_from([45.0, 100.0]))
def test_walks_round_ponds_equal_geos_and_networkx(seed: int, access_m: float) -> None:
    streets = cities.random_city(seed, blocks=4)
    ponds = shapely.union_all(
        shapely.buffer(shapely.points(cities.points_in(streets, 6, seed + 5)), 24.0, quad_segs=2)
    )
    water = gpd.GeoSeries([ponds], crs=cities.CRS)
    network = build_network(streets, barriers=build_barriers(None, water))
    points = cities.points_in(streets, 8, seed)
    metres = walked_metres(network, points[:3], points[3:], access_m)
    assert_equal(metres, WalkEnvironment(streets, water=water), points, access_m)


@settings(max_examples=20)
@given(seed=SEEDS, access_m=st.sampled_from([30.0, 80.0]))
def test_a_further_barrier_shortens_no_walk_and_none_changes_nothing(seed: int, access_m: float) -> None:
    streets = cities.random_city(seed)
    points = points_beside(streets, 40, seed)
    walls = random_walls(streets, 60, seed)

    def metres(barriers: Barriers | None) -> NDArray[np.float64]:
        return walked_metres(build_network(streets, barriers=barriers), points[:8], points[8:], access_m)

    few, many, none = metres(build_barriers(walls[:30], None)), metres(build_barriers(walls, None)), metres(None)
    assert (many >= few - 1e-5).all()
    assert (few >= none - 1e-5).all()
    np.testing.assert_allclose(metres(build_barriers(walls[:0], None)), none, rtol=0, atol=1e-9)


STREET = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (200, 0)])], crs=cities.CRS)


def seen(walls: list[str], point: tuple[float, float], access_m: float = 50.0) -> list[tuple[float, float]]:
    barriers = build_barriers(gpd.GeoSeries.from_wkt(walls, crs=cities.CRS), None)
    snaps = snap(np.array([point]), build_network(STREET, barriers=barriers), access_m=access_m)
    return [(round(low, 3), round(high, 3)) for low, high in zip(snaps.from_m, snaps.to_m, strict=True)]


def test_the_shadow_of_a_wall_by_hand() -> None:
    """From 30 m aside, a wall of 20 m at 10 m hides 30 m of the street, half of it on either side of the foot."""
    assert seen(["LINESTRING (90 10, 110 10)"], (100, 30)) == [(60, 85), (115, 140)]


def test_a_gap_of_a_metre_in_a_wall_shows_what_lies_behind_it() -> None:
    walls = ["LINESTRING (0 10, 99.5 10)", "LINESTRING (100.5 10, 200 10)"]
    assert seen(walls, (100, 20), access_m=40) == [(99, 101)]


def test_joined_walls_have_no_gap() -> None:
    assert seen(["LINESTRING (0 10, 100 10)", "LINESTRING (100 10, 200 12)"], (100, 20)) == []


def test_a_wall_across_the_street_hides_what_is_behind_it_but_not_the_street_itself() -> None:
    wall = "LINESTRING (100 -5, 100 5)"
    # The shadow begins a millimetre past the crossing, which is open, and ends where the sight passes its tip.
    assert seen([wall], (90, 10), access_m=50) == [(41.01, 100.001), (110, 138.99)]
    # Who stands on the street walks along it.
    assert seen([wall], (90, 0)) == [(40, 140)]


def test_a_wall_along_the_street_or_behind_it_or_under_the_point_stops_nobody() -> None:
    whole = [(60, 140)]
    assert seen(["LINESTRING (0 0, 200 0)"], (100, 30)) == whole
    assert seen(["LINESTRING (0 -5, 200 -5)"], (100, 30)) == whole
    assert seen(["LINESTRING (0 31, 200 31)"], (100, 30)) == whole
    assert seen(["LINESTRING (80 30, 120 30)"], (100, 30)) == whole
    assert seen(["LINESTRING (90 40, 110 20)"], (100, 30)) == whole


def test_a_wall_between_two_dead_ends_in_line_stops_the_walk() -> None:
    streets = gpd.GeoDataFrame(
        geometry=gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 100 0)", "LINESTRING (102 0, 200 0)"]), crs=cities.CRS
    )
    wall = build_barriers(gpd.GeoSeries.from_wkt(["LINESTRING (101 -60, 101 60)"], crs=cities.CRS), None)
    for aside in (0.0, 0.0005, 0.01, 3.0):
        points = np.array([[90.0, aside], [110.0, 0.0]])
        free = walked_metres(build_network(streets), points[:1], points[1:], 50)
        assert free[0, 0] == pytest.approx(20, abs=0.5)
        assert np.isinf(walked_metres(build_network(streets, barriers=wall), points[:1], points[1:], 50)[0, 0])


def test_a_river_is_crossed_on_its_bridge() -> None:
    """Hand-computed: the bridge is 300 m off; nobody goes straight over the water or up from it."""
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
    river = gpd.GeoSeries.from_wkt(["POLYGON ((-50 10, 650 10, 650 30, -50 30, -50 10))"], crs=cities.CRS)
    network = build_network(streets, barriers=build_barriers(None, river))
    south, north, boat, on_bridge = [0.0, 5.0], [0.0, 35.0], [100.0, 20.0], [300.0, 20.0]
    metres = walked_metres(network, np.array([south]), np.array([north, boat, on_bridge]), 50)
    straight = np.hypot(50**2 - 5**2, 0) ** 0.5
    assert metres[0, 0] == pytest.approx(2 * (50 + 300 - straight) + 40)
    assert np.isinf(metres[0, 1])
    assert metres[0, 2] == pytest.approx(50 + 300 - straight + 20)
    snaps = snap(np.array([south, north, boat, on_bridge]), network, access_m=50)
    assert snaps.reaches_street.tolist() == [True, True, False, True]
    free = walked_metres(build_network(streets), np.array([south]), np.array([north]), 50)
    assert free[0, 0] == pytest.approx(30 + 10)
