"""A million points: tied to streets, walked to the nearest of 500 facilities, assigned."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import shapely
from scipy.sparse import csr_array, vstack
from scipy.sparse.csgraph import dijkstra

from benchmarks.graphs import matrix
from benchmarks.nearest_facility import FAR_MIN, planner_nearest
from benchmarks.rounds import PLANNER, Contestant, Setting, Table, measure
from benchmarks.streets import LIMITS_MIN, WALK, describe, points_near, streets_of
from planner.network.network import WalkingNetwork
from planner.network.snapping import snap
from planner.network.travel_times import nearest_facility_of_places
from planner.network.walk import FloatArray, IndexArray

PEER = "STRtree + scipy"
AS_LISTED = "planner, all streets listed"
OF_LISTED = "the same answer; keeps every stretch within reach of every point, which travel times to each need"
THREADS = 2
NEAR_M = 20.0


def tables(setting: Setting) -> list[Table]:
    """Measure the assignment of points on the setting's streets."""
    name, network = streets_of(setting)
    n_points, n_facilities = (2_000, 10) if setting.quick else (1_000_000, 500)
    points = points_near(network, n_points, within_m=NEAR_M, seed=5)
    facilities = points_near(network, n_facilities, within_m=NEAR_M, seed=6)
    title = (
        f"Snap + search + assign: {n_points:,} points, {n_facilities} facilities, {name} ({describe(network)}),"
        f" {THREADS} threads"
    )
    tree, graph = shapely.STRtree(network.segment_lines()), matrix(network)
    contestants = [
        Contestant(PLANNER, lambda: by_planner(network, facilities, points), _reached),
        Contestant(AS_LISTED, lambda: with_all_streets(network, facilities, points), _reached, note=OF_LISTED),
        Contestant(
            PEER, lambda: by_tree(network, tree, graph, facilities, points), _reached, note="nearest street only"
        ),
    ]
    return [Table("assign", title, measure(contestants, setting.rounds), _notices())]


def by_planner(
    network: WalkingNetwork, facilities: FloatArray, points: FloatArray
) -> tuple[FloatArray, IndexArray]:
    """Return metres to the nearest facility, and which, exact: all streets within 25 m of either end count."""
    start = snap(facilities, network, access_m=WALK.access_m)
    minutes, facility = nearest_facility_of_places(network, start, points, walk=WALK, horizon_min=FAR_MIN)
    return minutes * WALK.metres(1.0), facility


def with_all_streets(
    network: WalkingNetwork, facilities: FloatArray, points: FloatArray
) -> tuple[FloatArray, IndexArray]:
    """Return the same, every stretch of street within 25 m of every point listed on the way."""
    start = snap(facilities, network, access_m=WALK.access_m)
    end = snap(points, network, access_m=WALK.access_m)
    return planner_nearest(network, start, end)


def by_tree(
    network: WalkingNetwork, tree: shapely.STRtree, graph: csr_array, facilities: FloatArray, points: FloatArray
) -> tuple[FloatArray, IndexArray]:
    """Return the same by way of each end's nearest street position, as is done without the planner.

    Two ends on one edge walk along it; all others pass a node.
    """
    edge, along_m, aside_m = _nearest_streets(network, tree, facilities)
    begin, end = network.edge_nodes[edge].T
    rest_m = network.edge_m[edge] - along_m
    size, count = len(network.node_xy), len(facilities)
    row = np.tile(np.arange(count), 2)
    metres = np.concatenate([along_m, rest_m]) + np.tile(aside_m, 2)
    ways = csr_array((np.maximum(metres, 1e-9), (row, np.concatenate([begin, end]))), shape=(count, size + count))
    streets = csr_array((graph.data, graph.indices, graph.indptr), shape=(size, size + count))
    joined = csr_array(vstack([streets, ways]))
    from_start = size + np.arange(count)
    node_m, _, source = dijkstra(joined, indices=from_start, min_only=True, return_predecessors=True)

    point_edge, point_along_m, point_aside_m = _nearest_streets(network, tree, points)
    ends = network.edge_nodes[point_edge]
    onward_m = np.column_stack([point_along_m, network.edge_m[point_edge] - point_along_m])
    through = node_m[ends] + onward_m + point_aside_m[:, None]
    better = through.argmin(axis=1)
    rows = np.arange(len(points))
    best_m, facility = through[rows, better], source[ends[rows, better]] - size
    for i in range(count):
        same = np.flatnonzero(point_edge == edge[i])
        direct = np.abs(point_along_m[same] - along_m[i]) + point_aside_m[same] + aside_m[i]
        nearer = direct < best_m[same]
        best_m[same[nearer]], facility[same[nearer]] = direct[nearer], i
    return best_m, np.where(np.isfinite(best_m), facility, -1)


def _nearest_streets(
    network: WalkingNetwork, tree: shapely.STRtree, xy: FloatArray
) -> tuple[IndexArray, FloatArray, FloatArray]:
    """Return the edge nearest to each point, how far along it, and how far away; in threads."""
    with ThreadPoolExecutor(THREADS) as pool:
        parts = list(pool.map(lambda part: tree.nearest(shapely.points(part)), np.array_split(xy, THREADS)))
    segment = np.concatenate(parts)
    begin, step = (
        network.segment_xy[segment, :2],
        network.segment_xy[segment, 2:] - network.segment_xy[segment, :2],
    )
    length = network.segment_m[segment]
    share = np.clip(((xy - begin) * step).sum(axis=1) / length**2, 0.0, 1.0)
    aside_m = np.hypot(*(xy - begin - step * share[:, None]).T)
    return network.segment_edge[segment], network.segment_from_m[segment] + share * length, aside_m


def _reached(answer: tuple[FloatArray, IndexArray]) -> Mapping[str, str]:
    minutes = answer[0] / WALK.metres(1.0)
    horizon = max(LIMITS_MIN)
    within = {f"within {limit:.0f} min": f"{(minutes <= limit).mean():.2%}" for limit in LIMITS_MIN}
    reached = np.isfinite(minutes) & (minutes <= horizon)
    return {**within, "mean of those": f"{minutes[reached].mean():.3f} min"}


def _notices() -> tuple[str, ...]:
    return (
        (
            f"Points and facilities lie up to {NEAR_M:.0f} m off a street. Building the network and the tree is"
            " not counted."
        ),
        (
            "The peer ties an end to its nearest street only, which is less work and sometimes the wrong side of a"
            " block; the planner weighs every street within 25 m, so its walks are never longer."
        ),
    )
