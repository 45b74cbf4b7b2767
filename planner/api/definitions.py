"""Other definitions of an isochrone, as earlier studies have them, and their error against the exact one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.network.edge_intervals import EdgeIntervals, merge_intervals, split_at_segments
from planner.network.isochrones.small_discs import stretches_within
from planner.network.isochrones.unions import capsule_unions
from planner.network.positions import as_snapped, positions_of_nodes
from planner.network.reached_edges import as_drawn, clip_to_reach, edge_segments_of, find_reached_edges
from planner.network.search import search
from planner.network.snapping import SnappedPoints
from planner.network.walk import FloatArray, IndexArray, is_within
from planner.network.walker import Walker

EXACT = "exact"
DEFINITIONS = (EXACT, "network_buffer", "hull", "node")
QUARTER_SEGMENTS = 8


def approximate_areas(
    walker: Walker, facilities: SnappedPoints, limits_min: Sequence[float], *, definition: str, buffer_m: float
) -> NDArray[np.object_]:
    """Draw areas by another definition; see `planner.api.access.isochrones`.

    Returns
    -------
    areas
        Polygons, empty where nothing is reached, shape (facilities, limits).
    """
    if definition == "network_buffer":
        return _street_buffers(walker, facilities, limits_min, buffer_m)
    return _from_nearest_junction(walker, facilities, limits_min, buffer_m if definition == "node" else None)


def area_errors(areas: NDArray[np.object_], exact: NDArray[np.object_]) -> dict[str, FloatArray]:
    """Return the error of areas as shares of the exact area: area_bias and symmetric_difference."""
    true_m2 = shapely.area(exact)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "area_bias": np.asarray((shapely.area(areas) - true_m2) / true_m2),
            "symmetric_difference": np.asarray(shapely.area(shapely.symmetric_difference(areas, exact)) / true_m2),
        }


def _street_buffers(
    walker: Walker, facilities: SnappedPoints, limits_min: Sequence[float], buffer_m: float
) -> NDArray[np.object_]:
    """Buffer the streets that are walked within each limit, cut where the limit ends."""
    reach = search(walker.network, facilities, reach_m=walker.walk.metres(max(limits_min)))
    network, facilities, runs = as_drawn(
        walker.network, facilities, find_reached_edges(walker.network, facilities, reach)
    )
    lines = edge_segments_of(network)
    areas = np.empty((len(facilities.xy), len(limits_min)), dtype=object)
    for column, limit in enumerate(limits_min):
        limit_m = walker.walk.metres(limit)
        run, from_m, to_m = clip_to_reach(lines, runs, limit_m)
        row, near_m, far_m = stretches_within(facilities, 0.0, min(limit_m, facilities.access_m))
        segment = facilities.segment[row]
        begin_m = network.segment_from_m[segment]
        walked = EdgeIntervals(runs.point[run], runs.edge[run], from_m, to_m)
        beside = EdgeIntervals(
            facilities.point[row], network.segment_edge[segment], begin_m + near_m, begin_m + far_m
        )
        both = merge_intervals([walked, beside])
        segments, _, _, end = split_at_segments(network, lines.first, both.edge, both.from_m, both.to_m)
        point = np.repeat(both.point, np.diff(end, prepend=0))
        ends = np.searchsorted(point, np.arange(1, len(areas) + 1))
        areas[:, column], _ = capsule_unions(segments, ends, buffer_m, quarter_segments=QUARTER_SEGMENTS)
    return areas


def _from_nearest_junction(
    walker: Walker, facilities: SnappedPoints, limits_min: Sequence[float], buffer_m: float | None
) -> NDArray[np.object_]:
    """Start at the nearest junction: hull of the junctions reached, or whole streets between them, buffered."""
    network, drawn = walker.network, walker.network.as_drawn
    nearest = shapely.STRtree(shapely.points(drawn.node_xy)).nearest(shapely.points(facilities.xy))
    starts: IndexArray = np.asarray(nearest, dtype=np.int64)
    every = np.arange(len(drawn.node_xy))
    minutes = walker.time_matrix(
        as_snapped(positions_of_nodes(network, starts.tolist()), network),
        as_snapped(positions_of_nodes(network, every.tolist()), network),
        within_min=max(limits_min),
    )
    areas = np.empty((len(starts), len(limits_min)), dtype=object)
    for column, limit in enumerate(limits_min):
        reached = is_within(minutes, limit)
        if buffer_m is None:
            hulls = [shapely.convex_hull(shapely.multipoints(drawn.node_xy[nodes])) for nodes in reached]
            areas[:, column] = [hull if hull.geom_type == "Polygon" else shapely.Polygon() for hull in hulls]
        else:
            whole = [nodes[drawn.edge_nodes].all(axis=1)[drawn.segment_edge] for nodes in reached]
            segments = np.concatenate([drawn.segment_xy[walked] for walked in whole])
            ends = np.cumsum([walked.sum() for walked in whole])
            areas[:, column], _ = capsule_unions(segments, ends, buffer_m, quarter_segments=QUARTER_SEGMENTS)
    return areas
