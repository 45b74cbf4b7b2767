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
from planner.network import compile as compiling
from planner.network.network import WalkingNetwork, build_network
from planner.network.search import SLACK_M, edge_arrays_of, search, snap_arrays_of
from planner.network.search_kernels import search_all
from planner.network.snapping import SnappedPoints, snap
from planner.network.travel_times import (
    TravelTimes,
    nearest_facility,
    nearest_facility_of_places,
    travel_times,
)
from planner.network.walk import FloatArray, IndexArray, WalkSettings, is_within

MILLIMETRE = 1e-3


def walked_metres(
    streets: gpd.GeoDataFrame,
    facilities: NDArray[np.float64],
    demand: NDArray[np.float64],
    *,
    access_m: float,
    minutes: float,
) -> NDArray[np.float64]:
    """Return the walks at 1 m/s, shape (facilities, demand), `inf` beyond the horizon."""
    times = measured(streets, facilities, demand, access_m=access_m, minutes=minutes)
    metres = np.full((len(facilities), len(demand)), np.inf)
    metres[times.facility, times.demand] = times.minutes * 60
    return metres


def measured(
    streets: gpd.GeoDataFrame,
    facilities: NDArray[np.float64],
    demand: NDArray[np.float64],
    *,
    access_m: float,
    minutes: float,
) -> TravelTimes:
    network = build_network(streets)
    walk = WalkSettings(3.6, access_m)
    from_, to = (snap(xy, network, access_m=access_m) for xy in (facilities, demand))
    return travel_times(network, from_, to, walk=walk, horizon_min=minutes)


def assert_equal_to_networkx(
    streets: gpd.GeoDataFrame, facilities: NDArray[np.float64], demand: NDArray[np.float64], access_m: float
) -> int:
    """Compare every pair within 15 minutes with networkx, and return how many walks were found."""
    metres = walked_metres(streets, facilities, demand, access_m=access_m, minutes=15)
    again = NetworkxWalks(WalkEnvironment(streets), facilities, demand, access_m)
    found = np.array([again.from_home(home, 1000) for home in range(len(facilities))])
    for i, j in np.ndindex(metres.shape):
        expected = found[i, j]
        if expected > 900:
            assert metres[i, j] == np.inf or expected < 900 + MILLIMETRE
        else:
            assert metres[i, j] == pytest.approx(expected, abs=MILLIMETRE)
    return int(np.isfinite(metres).sum())


@settings(max_examples=25)
@given(seed=SEEDS, access_m=st.sampled_from([15.0, 40.0, 75.0, 150.0]))
def test_times_equal_networkx_on_random_cities(seed: int, access_m: float) -> None:
    streets = cities.random_city(seed)
    points = cities.points_in(streets, 9, seed)
    assert_equal_to_networkx(streets, points[:3], points[3:], access_m)


@pytest.mark.parametrize("access_m", [25.0, 120.0])
@pytest.mark.parametrize("city", [cities.helsinki, cities.haibowan], ids=["helsinki", "haibowan"])
def test_times_equal_networkx_on_real_streets(city: object, access_m: float) -> None:
    streets = city()
    points = cities.points_in(streets, 60, seed=7)
    assert assert_equal_to_networkx(streets, points[:6], points[6:], access_m) >= 10


@settings(max_examples=20)
@given(seed=SEEDS, access_m=st.sampled_from([30.0, 110.0]))
def test_the_way_back_is_as_long(seed: int, access_m: float) -> None:
    streets = cities.random_city(seed)
    points = cities.points_in(streets, 30, seed)
    there = walked_metres(streets, points[:8], points[8:], access_m=access_m, minutes=15)
    back = walked_metres(streets, points[8:], points[:8], access_m=access_m, minutes=15)
    np.testing.assert_allclose(there, back.T, atol=MILLIMETRE)


@settings(max_examples=20)
@given(seed=SEEDS, access_m=st.sampled_from([30.0, 110.0]))
def test_how_streets_are_drawn_does_not_matter(seed: int, access_m: float) -> None:
    """Order, direction and further vertices of the lines change no time."""
    streets = cities.random_city(seed)
    points = cities.points_in(streets, 40, seed)
    random = np.random.default_rng(seed)
    redrawn = shapely.segmentize(streets.geometry.array, max_segment_length=23.0)
    redrawn = np.array([line.reverse() if random.random() < 0.5 else line for line in redrawn])
    other = gpd.GeoDataFrame(geometry=random.permutation(redrawn), crs=cities.CRS)
    plain = walked_metres(streets, points[:8], points[8:], access_m=access_m, minutes=15)
    again = walked_metres(other, points[:8], points[8:], access_m=access_m, minutes=15)
    # Vertices are one to the millimetre, and a walk passes some dozens of new ones.
    np.testing.assert_allclose(again, plain, atol=0.05)


@settings(max_examples=15)
@given(seed=SEEDS, angle=st.floats(0, 360), east=st.floats(-1e5, 1e5))
def test_turning_and_moving_everything_changes_nothing(seed: int, angle: float, east: float) -> None:
    streets = cities.random_city(seed)
    points = cities.points_in(streets, 40, seed)
    turn = np.array(
        [
            [np.cos(np.radians(angle)), -np.sin(np.radians(angle))],
            [np.sin(np.radians(angle)), np.cos(np.radians(angle))],
        ]
    )

    def moved(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return xy @ turn.T + [east, 4e6]

    other = gpd.GeoDataFrame(geometry=shapely.transform(streets.geometry.array, moved), crs=cities.CRS)
    plain = walked_metres(streets, points[:8], points[8:], access_m=40, minutes=15)
    again = walked_metres(other, moved(points[:8]), moved(points[8:]), access_m=40, minutes=15)
    np.testing.assert_allclose(again, plain, atol=0.05)


@pytest.mark.parametrize("angle", [0.0, 17.0, 45.0, 90.0, 211.0])
def test_exactly_at_the_limit_counts(angle: float) -> None:
    """300 m along a street at 1 m/s is five minutes, whichever way the street runs."""
    far = 300 * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    origin = np.array([654_321.123, 4_391_234.567])
    street = gpd.GeoDataFrame(geometry=[shapely.LineString([origin, origin + far * 2])], crs=cities.CRS)
    ends = np.array([origin + far * share for share in (0.0, 1.0, 1.0 + 1e-3 / 300)])
    times = measured(street, ends[:1], ends[1:], access_m=20, minutes=5)
    assert times.demand.tolist() == [0]
    assert times.count_within(5.0).tolist() == [1, 0]


@settings(max_examples=20)
@given(seed=SEEDS)
def test_nearest_is_the_least_of_all_and_the_first_of_equals(seed: int) -> None:
    streets = cities.random_city(seed)
    points = cities.points_in(streets, 60, seed)
    facilities = np.vstack([points[:6], points[:2]])
    times = measured(streets, facilities, points[6:], access_m=40, minutes=15)
    metres = walked_metres(streets, facilities, points[6:], access_m=40, minutes=15)
    minutes, nearest = times.nearest()
    np.testing.assert_array_equal(minutes * 60, metres.min(axis=0))
    expected = np.where(np.isfinite(metres.min(axis=0)), metres.argmin(axis=0), -1)
    np.testing.assert_array_equal(nearest, expected)
    np.testing.assert_array_equal(times.count_within(10.0), (metres <= 600).sum(axis=0))


@settings(max_examples=20)
@given(seed=SEEDS, access_m=st.sampled_from([15.0, 40.0, 110.0]))
def test_the_nearest_facility_is_that_of_all_travel_times(seed: int, access_m: float) -> None:
    """One search from all facilities finds what a search from each finds, at every demand point."""
    streets = cities.random_city(seed)
    points = cities.points_in(streets, 80, seed)
    facilities, demand = np.vstack([points[:8], points[:3]]), np.vstack([points[8:], points[:8]])
    network, walk = build_network(streets), WalkSettings(3.6, access_m)
    from_, to = (snap(xy, network, access_m=access_m) for xy in (facilities, demand))
    times = travel_times(network, from_, to, walk=walk, horizon_min=8)
    minutes, nearest = nearest_facility(network, from_, to, walk=walk, horizon_min=8)
    expected_minutes, expected = times.nearest()
    np.testing.assert_allclose(minutes, expected_minutes, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(nearest, expected)


@settings(max_examples=30)
@given(
    seed=SEEDS,
    access_m=st.sampled_from([0.0, 15.0, 40.0, 200.0]),
    facilities=st.sampled_from([0, 1, 40]),
    minutes=st.sampled_from([0.0, 4.0, 600.0]),
)
def test_places_need_no_list_of_streets(seed: int, access_m: float, facilities: int, minutes: float) -> None:
    """To the last bit what snapping says: also far out, on nodes, exactly within reach, at a facility's door."""
    streets = cities.random_city(seed, blocks=8)
    network, walk = build_network(streets), WalkSettings(3.6, access_m)
    points = cities.points_in(streets, 1500, seed)
    middles = (network.segment_xy[:, :2] + network.segment_xy[:, 2:]) / 2
    north, east = np.array([[0.0, access_m], [access_m, 0.0]])
    places = np.vstack([points, points[:2] + 1e5, middles, network.node_xy, middles + north, middles + east])
    starts = np.random.default_rng(seed).choice(np.vstack([points[:50], network.node_xy]), facilities)
    from_, to = (snap(xy, network, access_m=access_m) for xy in (starts, places))
    expected = nearest_facility(network, from_, to, walk=walk, horizon_min=minutes)
    found = nearest_facility_of_places(network, from_, places, walk=walk, horizon_min=minutes)
    np.testing.assert_array_equal(found, expected)
    assert facilities < 40 or np.isfinite(found[0]).any()


def nearest_of_nodes(
    network: WalkingNetwork, facilities: SnappedPoints, walk: WalkSettings, horizon_min: float
) -> tuple[FloatArray, IndexArray]:
    """Return the walk from every node to its nearest facility by the one search from all of them."""
    state = search_all(
        network.adjacency, edge_arrays_of(network), snap_arrays_of(facilities), walk.metres(horizon_min) + SLACK_M
    )
    minutes = walk.all_minutes(state.metres)
    inside = is_within(minutes, horizon_min) & (state.label >= 0)
    return np.where(inside, minutes, np.inf), np.where(inside, state.label, -1)


@settings(max_examples=20)
@given(seed=SEEDS, access_m=st.sampled_from([15.0, 110.0]), minutes=st.sampled_from([0.0, 3.0, 60.0]))
def test_the_nearest_facility_of_nodes_is_that_of_a_search_from_each(
    seed: int, access_m: float, minutes: float
) -> None:
    streets = cities.random_city(seed)
    points = cities.points_in(streets, 9, seed)
    network, walk = build_network(streets), WalkSettings(3.6, access_m)
    facilities = snap(np.vstack([points, points[:2]]), network, access_m=access_m)
    found, nearest = nearest_of_nodes(network, facilities, walk, minutes)
    reached = search(network, facilities, reach_m=walk.metres(minutes))
    expected = np.full((len(facilities.xy), len(network.node_xy)), np.inf)
    expected[reached.point, reached.node] = reached.metres / 60
    np.testing.assert_allclose(found, expected.min(axis=0), rtol=0, atol=1e-9)
    first = np.where(np.isfinite(found), (expected <= found + 1e-9).argmax(axis=0), -1)
    np.testing.assert_array_equal(nearest, first)


def test_a_walk_goes_straight_to_the_street_along_it_and_straight_again() -> None:
    """Hand-computed: 30 m aside at both ends of a long street, 50 m of straight walk at most."""
    street = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1000, 0)])], crs=cities.CRS)
    centre, home, across = [100.0, 30.0], [500.0, 30.0], [130.0, -30.0]
    metres = walked_metres(street, np.array([centre]), np.array([home, across]), access_m=50, minutes=15)
    # 50 m straight to the street, 40 m nearer; the same at the other end; the rest along the street.
    assert metres[0, 0] == pytest.approx(50 + (400 - 40 - 40) + 50)
    # Straight across: one position on the street is within reach of both.
    assert metres[0, 1] == pytest.approx(np.hypot(30, 60))


def test_a_facility_on_the_other_piece_is_out_of_reach() -> None:
    lines = [shapely.LineString([(0, 0), (500, 0)]), shapely.LineString([(0, 100), (500, 100)])]
    streets = gpd.GeoDataFrame(geometry=lines, crs=cities.CRS)
    metres = walked_metres(streets, np.array([[250.0, 0.0]]), np.array([[250.0, 100.0]]), access_m=40, minutes=15)
    assert np.isinf(metres).all()


def test_the_number_of_threads_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit: snaps, all pairs, and the nearest facility."""
    streets = cities.helsinki()
    network, walk = build_network(streets), WalkSettings(3.6, 40.0)
    points = cities.points_in(streets, 30_000, seed=3)

    def everything() -> list[NDArray[np.generic]]:
        demand, facilities = (snap(xy, network, access_m=40.0) for xy in (points, points[:150]))
        times = travel_times(network, facilities, demand, walk=walk, horizon_min=6)
        nearest = nearest_facility(network, facilities, demand, walk=walk, horizon_min=6)
        nearest += nearest_facility_of_places(network, facilities, points, walk=walk, horizon_min=6)
        columns = (demand.point, demand.segment, demand.from_m, demand.to_m, demand.nearest_m, demand.nearest_xy)
        return [*columns, times.facility, times.demand, times.minutes, *nearest]

    results = []
    for count in (1, 2, 5):
        monkeypatch.setattr(compiling, "thread_count", lambda count=count: count)
        results.append(everything())
    for other in results[1:]:
        for one, same in zip(results[0], other, strict=True):
            assert one.tobytes() == same.tobytes()
    assert len(results[0][6]) > 10_000
