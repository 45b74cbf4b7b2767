"""The walker: what it measures equals what the functions measure, once for all callers."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import geopandas as gpd
import numpy as np
import pytest
import shapely
from cities import CRS, points_in, random_city

from planner.messages.errors import DataError
from planner.network import walker as walking
from planner.network.isochrones.service_areas import service_areas
from planner.network.network import build_network
from planner.network.snapping import snap
from planner.network.travel_times import nearest_facility, nearest_facility_of_places, travel_times
from planner.network.walk import WalkSettings
from planner.network.walker import Walker

WALK = WalkSettings(3.6, 45.0)
STREETS = random_city(7, blocks=4)
HOMES, CENTRES = points_in(STREETS, 40, 1), points_in(STREETS, 5, 2)


@pytest.fixture
def walker() -> Walker:
    return Walker(build_network(STREETS), WALK)


def test_results_are_those_of_the_functions(walker: Walker) -> None:
    network = walker.network
    starts, ends = (snap(xy, network, access_m=45.0) for xy in (CENTRES, HOMES))
    centres, homes = walker.snap(CENTRES), walker.snap(HOMES)
    for name in ("xy", "point", "segment", "from_m", "to_m", "foot_m", "aside_m", "nearest_m", "nearest_xy"):
        np.testing.assert_array_equal(getattr(homes, name), getattr(ends, name), name)
    times = travel_times(network, starts, ends, walk=WALK, horizon_min=6.0)
    np.testing.assert_array_equal(walker.times(centres, homes, within_min=6.0).minutes, times.minutes)
    np.testing.assert_array_equal(walker.time_matrix(centres, homes, within_min=6.0), times.as_matrix())
    nearest = nearest_facility(network, starts, ends, walk=WALK, horizon_min=6.0)
    np.testing.assert_array_equal(walker.nearest(centres, homes, within_min=6.0), nearest)
    of_places = nearest_facility_of_places(network, starts, HOMES, walk=WALK, horizon_min=6.0)
    np.testing.assert_array_equal(walker.nearest_of_places(centres, HOMES, within_min=6.0), of_places)
    areas = service_areas(network, starts, walk=WALK, limits_min=[2.0, 4.0])
    assert shapely.equals_exact(walker.service_areas(centres, limits_min=[2.0, 4.0]), areas).all()
    assert walker.times(centres, homes, within_min=walker.upper_bound_min).minutes.max() < walker.upper_bound_min


def test_equal_points_are_snapped_once_whoever_holds_them(walker: Walker) -> None:
    table = gpd.GeoDataFrame(geometry=shapely.points(HOMES), crs=CRS)
    homes = walker.snap(HOMES)
    assert walker.snap(HOMES.copy()) is homes
    assert walker.snap(table) is homes
    assert walker.snap(HOMES[::-1]) is not homes
    given = HOMES.copy()
    moved = walker.snap(given)
    given += 1.0
    np.testing.assert_array_equal(moved.xy, HOMES)


def test_a_search_is_not_repeated(walker: Walker) -> None:
    centres, homes = walker.snap(CENTRES), walker.snap(HOMES)
    assert walker.times(centres, homes, within_min=5.0) is walker.times(centres, homes, within_min=5.0)
    assert walker.times(centres, homes, within_min=4.0) is not walker.times(centres, homes, within_min=5.0)
    assert walker.nearest(centres, homes, within_min=5.0) is walker.nearest(centres, homes, within_min=5.0)


def test_threads_that_ask_at_once_share_one_result(walker: Walker, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(walking, "snap", lambda *one, **more: calls.append(1) or snap(*one, **more))
    together = Barrier(8)

    def ask(_: int) -> object:
        together.wait()
        return walker.snap(HOMES)

    with ThreadPoolExecutor(8) as pool:
        assert len({id(one) for one in pool.map(ask, range(8))}) == 1
    assert len(calls) == 1


def test_an_error_is_raised_every_time_and_not_kept(walker: Walker) -> None:
    for _ in range(2):
        with pytest.raises(DataError):
            walker.snap(np.array([[np.nan, 0.0]]))


def test_the_cache_is_bounded(walker: Walker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "CACHED_RESULTS", 2)
    first = walker.snap(HOMES[:1])
    second = walker.snap(HOMES[:2])
    walker.snap(HOMES[:3])
    assert walker.snap(HOMES[:2]) is second
    assert walker.snap(HOMES[:1]) is not first


def test_a_walker_is_pickled_without_its_results(walker: Walker) -> None:
    homes = walker.snap(HOMES)
    again: Walker = pickle.loads(pickle.dumps(walker))  # noqa: S301
    assert again.walk == walker.walk
    np.testing.assert_array_equal(again.snap(HOMES).point, homes.point)
