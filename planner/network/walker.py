"""The walker: a network, how people walk on it, and the snaps and searches that were computed already."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, fields, is_dataclass
from functools import partial
from hashlib import blake2b
from threading import Lock
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.garbage import without_collections
from planner.network.isochrones.service_areas import compile_reached_edges, service_areas
from planner.network.isochrones.unions import capsule_unions, find_neighbour_lists
from planner.network.isochrones.visibility_region_kernels import draw_visible_regions
from planner.network.network import WalkingNetwork, build_network
from planner.network.snapping import SnappedPoints, snap
from planner.network.travel_times import (
    TravelTimes,
    link_demand,
    nearest_facility,
    nearest_facility_of_places,
    travel_times,
)
from planner.network.visibility import build_barriers
from planner.network.walk import FloatArray, IndexArray, WalkSettings

Result = TypeVar("Result")

CACHED_BYTES = 128 << 20
CACHED_RESULTS = 64
"""The cache of a walker keeps no more than so much, the results used last."""


class _Cache:
    """Results used last; threads that need the same result wait for the one that computes it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._results: OrderedDict[Hashable, Future[Any]] = OrderedDict()

    def __reduce__(self) -> tuple[type[_Cache], tuple[()]]:
        """Leave the results behind when a walker is pickled."""
        return _Cache, ()

    def get(self, key: Hashable, compute: Callable[[], Result]) -> Result:
        with self._lock:
            future = self._results.get(key)
            if is_first := future is None:
                future = self._results[key] = Future()
            self._results.move_to_end(key)
        if is_first:
            try:
                future.set_result(compute())
            except BaseException as error:
                future.set_exception(error)
                with self._lock:
                    self._results.pop(key, None)
                raise
            self._evict()
        result: Result = future.result()
        return result

    def _evict(self) -> None:
        with self._lock:
            kept, size = 0, 0
            for key, future in reversed(list(self._results.items())):
                if future.done():
                    kept, size = kept + 1, size + _count_bytes(future.result())
                    if kept > CACHED_RESULTS or size > CACHED_BYTES:
                        del self._results[key]


@dataclass(frozen=True, slots=True, eq=False)
class Walker:
    """People who walk on a network: every measurement of walking time starts here.

    Results are cached, so that no set of points is snapped twice and no search is repeated; they are shared and
    must not be changed in place. Safe for threads.

    Examples
    --------
    >>> from planner.network.network import build_network
    >>> road = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 600 0)"], crs=32648).to_frame("geometry")
    >>> walker = Walker(build_network(road), WalkSettings(speed_kmh=3.6, access_m=50.0))
    >>> centres, homes = walker.snap(np.array([[0.0, 0.0]])), walker.snap(np.array([[300.0, 0.0], [600.0, 0.0]]))
    >>> walker.nearest(centres, homes, within_min=5.0)[0].round(6).tolist()
    [5.0, inf]
    """

    network: WalkingNetwork
    """The streets."""
    walk: WalkSettings
    """Speed and `access_m`."""
    _cache: _Cache = field(default_factory=_Cache, repr=False)

    @property
    def access_m(self) -> float:
        """Longest straight walk between a point and a street, metres."""
        return self.walk.access_m

    @property
    def upper_bound_min(self) -> float:
        """More minutes than any walk between two points on the network takes."""
        longest_m = float(self.network.edge_cost_m.max(axis=1).sum()) + 2 * self.walk.access_m
        return self.walk.minutes(longest_m)

    def snap(self, points: FloatArray | gpd.GeoDataFrame) -> SnappedPoints:
        """Tie points to the street positions within `access_m`; see `planner.network.snapping.snap`.

        Parameters
        ----------
        points
            Coordinates in the network's CRS, metres, shape (points, 2), or a table of points.
        """
        xy = np.array(point_coordinates(points) if isinstance(points, gpd.GeoDataFrame) else points, np.float64)
        key = ("snap", xy.shape, blake2b(xy.tobytes()).digest())
        return self._cache.get(key, lambda: snap(xy, self.network, access_m=self.access_m))

    def times(self, facilities: SnappedPoints, demand: SnappedPoints, *, within_min: float) -> TravelTimes:
        """Measure the walk between every facility and every demand point; see `travel_times`."""
        return self._cache.get(
            ("times", facilities, demand, within_min),
            lambda: self.pairs(facilities, demand, within_min=within_min),
        )

    def pairs(self, facilities: SnappedPoints, demand: SnappedPoints, *, within_min: float) -> TravelTimes:
        """Measure as `times`, and keep only what further searches to the same points need."""
        links = self._cache.get(("links", demand), lambda: link_demand(self.network, demand))
        return travel_times(self.network, facilities, demand, walk=self.walk, horizon_min=within_min, links=links)

    def time_matrix(self, starts: SnappedPoints, ends: SnappedPoints, *, within_min: float) -> FloatArray:
        """Return the minutes between all starts and ends, `inf` beyond the limit, shape (starts, ends)."""
        return travel_times(self.network, starts, ends, walk=self.walk, horizon_min=within_min).as_matrix()

    def nearest(
        self, facilities: SnappedPoints, demand: SnappedPoints, *, within_min: float
    ) -> tuple[FloatArray, IndexArray]:
        """Measure the walk from every demand point to its nearest facility; see `nearest_facility`."""
        return self._cache.get(
            ("nearest", facilities, demand, within_min),
            lambda: nearest_facility(self.network, facilities, demand, walk=self.walk, horizon_min=within_min),
        )

    def nearest_of_places(
        self, facilities: SnappedPoints, points: FloatArray | gpd.GeoDataFrame, *, within_min: float
    ) -> tuple[FloatArray, IndexArray]:
        """Measure the walk from points that are not snapped; see `nearest_facility_of_places`."""
        xy = point_coordinates(points) if isinstance(points, gpd.GeoDataFrame) else points
        return nearest_facility_of_places(self.network, facilities, xy, walk=self.walk, horizon_min=within_min)

    def service_areas(self, facilities: SnappedPoints, *, limits_min: Sequence[float]) -> NDArray[np.object_]:
        """Draw the area reached within each limit, shape (facilities, limits); see `service_areas`."""
        return service_areas(self.network, facilities, walk=self.walk, limits_min=limits_min)


def point_coordinates(points: gpd.GeoDataFrame) -> FloatArray:
    """Return the coordinates of a table of points, metres, shape (points, 2)."""
    return np.asarray(shapely.get_coordinates(points.geometry.array), dtype=np.float64)


def _count_bytes(value: object) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, tuple):
        return sum(_count_bytes(part) for part in value)
    if is_dataclass(value):
        return sum(_count_bytes(getattr(value, part.name)) for part in fields(value))
    return 0


def compile_kernels(*, barriers: bool = True, areas: Callable[[], object] | None = None) -> None:
    """Run every kind of search once on a crossroads, so that all kernels are compiled.

    The first time on a machine this takes some 40 s of one processor; the machine code is cached, and later calls
    load it in less than a second.

    Parameters
    ----------
    barriers
        Whether the kernels of networks with barriers are needed.
    areas
        Waits until `compile_areas` is done, which another process does meanwhile; None where none does.

    Examples
    --------
    >>> compile_kernels()
    """
    arms = [[(0, 0), (90, 0)], [(0, 0), (0, 90)], [(0, 0), (-90, 0)], [(0, 0), (0, -90)]]
    streets = gpd.GeoDataFrame(geometry=[shapely.LineString(arm) for arm in arms], crs="EPSG:32648")
    walls = gpd.GeoSeries([shapely.LineString([(20, 9), (50, 9)])], crs=streets.crs)
    walk = WalkSettings(speed_kmh=3.6, access_m=20.0)
    walkers = [Walker(build_network(streets), walk)]
    if barriers:
        walkers.append(Walker(build_network(streets, barriers=build_barriers(walls, None)), walk))
    snapped = []
    with without_collections():
        for walker in walkers:
            points = walker.snap(np.array([[5.0, 5.0], [60.0, 5.0]]))
            walker.times(points, points, within_min=2.0)
            walker.nearest(points, points, within_min=2.0)
            walker.nearest_of_places(points, points.xy, within_min=2.0)
            snapped.append(points)
        compile_reached_edges(walkers[0].network, snapped[0])
        (areas or partial(compile_areas, barriers))()
        for walker, points in zip(walkers, snapped, strict=True):
            walker.service_areas(points, limits_min=(0.5, 2.0))


def compile_areas(barriers: bool) -> None:  # noqa: FBT001 -- given by position to another process
    """Compile what draws service areas: half of the work of `compile_kernels`."""
    with without_collections():
        axes = np.array([[0.0, 0.0, 90.0, 0.0], [0.0, 0.0, 0.0, 90.0]])
        whole = np.arange(len(axes))
        capsule_unions(axes, whole[1:] + 1, 20.0, parts_of=(find_neighbour_lists(axes, 20.0), whole))
        if barriers:
            sources = (whole, np.zeros((len(axes), 7)), np.ones((len(axes), 2), dtype=np.bool_))
            draw_visible_regions(axes, sources, (axes, np.zeros(3, dtype=np.int64), whole), 0, len(axes), 0.1)
