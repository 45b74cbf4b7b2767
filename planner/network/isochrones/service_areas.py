"""Service areas: regions whose points, and no others, are within the limit on foot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.network.argument_checks import check_limits, check_search
from planner.network.compile import map_chunks
from planner.network.isochrones.small_discs import small_discs, stretches_within
from planner.network.isochrones.sources import (
    IsochroneSources,
    VisibilityContext,
    build_visibility_context,
    concatenate_sources,
    draw_sources,
    full_disc_sources,
    partial_edge_sources,
    remove_water_parts,
    straight_sources,
)
from planner.network.isochrones.unions import (
    QUARTER_SEGMENTS,
    NeighbourLists,
    capsule_unions,
    find_neighbour_lists,
    grid_union,
    unite_areas,
)
from planner.network.network import WalkingNetwork
from planner.network.reached_edges import (
    EdgeIntervals,
    EdgeSegments,
    ReachedEdges,
    as_drawn,
    clip_to_reach,
    edge_segments_of,
    find_partial_edges,
    find_reached_edges,
    merge_intervals,
    split_at_segments,
)
from planner.network.search import search
from planner.network.snapping import SnappedPoints
from planner.network.walk import IndexArray, WalkSettings

POINTS_AT_LEAST = 8
"""Least number of areas for another thread."""


def service_areas(
    network: WalkingNetwork,
    facilities: SnappedPoints,
    *,
    walk: WalkSettings,
    limits_min: Sequence[float],
    quarter_segments: int = QUARTER_SEGMENTS,
) -> NDArray[np.object_]:
    """Compute the area that each facility reaches within each limit.

    The area is the union, over all reached street positions, of the visible part of the disc around each, its
    radius ``min(access_m, rest of the walk)``. In the open, where no street is faster than open ground, a disc
    farther out lies inside the last full one: the streets reached within the limit less `access_m`, buffered by
    `access_m`, are all of it; where the facility is so far from the street that its own streets are reached with
    less than `access_m` left, the smaller discs are added. Near barriers and fast streets all discs are drawn.

    Parameters
    ----------
    network
        The streets.
    facilities
        Facilities snapped to them.
    walk
        Speed and access.
    limits_min
        Limits in minutes, rising, inclusive.
    quarter_segments
        Chords per quarter circle. A chord lies inside its arc, by at most the share
        ``1 − cos(π / 4 / quarter_segments)`` of the radius: 0.03 % with 32.

    Returns
    -------
    areas
        Valid polygons (empty if no street is reached), shape (facilities, limits).

    Raises
    ------
    DataError
        The facilities were snapped to another network or with another `access_m`, or the limits do not rise.
    """
    check_search("service_areas", network, (facilities,), walk)
    check_limits("service_areas", limits_min)
    areas = np.empty((len(facilities.xy), len(limits_min)), dtype=object)
    if not len(facilities.xy):
        return areas
    limits_m = [walk.metres(limit_min) for limit_min in limits_min]
    if not len(facilities.xy):
        return np.empty((0, len(limits_min)), dtype=object)
    # Past the last full disc, smaller ones matter only behind barriers and beside streets faster than open ground.
    spare_m = 0.0 if network.barriers is not None or (network.segment_cost_factor < 1).any() else walk.access_m
    reach = search(network, facilities, reach_m=max(limits_m) - spare_m)
    network, facilities, runs = as_drawn(network, facilities, find_reached_edges(network, facilities, reach))
    streets = _Streets.of(network, facilities, runs, quarter_segments)
    for column, limit_m in enumerate(limits_m):
        plain, sources = _full_discs(streets, limit_m - walk.access_m)
        if limit_m < 2 * walk.access_m:
            plain = _add_small_discs(streets, plain, limit_m)
            sources = [*sources, straight_sources(facilities, streets.is_hemmed_in, limit_m)]
        if not spare_m:
            rows = find_partial_edges(streets.lines, streets.runs, limit_m, walk.access_m, streets.is_special)
            sources = [*sources, partial_edge_sources(rows, streets.around)]
        areas[:, column] = _add_sources(streets, plain, concatenate_sources(sources))
    return areas


@dataclass(frozen=True, slots=True, eq=False)
class _Streets:
    """Streets around facilities, and their neighbourhoods, computed once for all areas.

    Attributes
    ----------
    around
        Barriers and water around each segment.
    is_special
        Segments where more than full discs matter: near a barrier or faster than open ground, by direction, shape
        (segments, 2).
    is_hemmed_in
        Facilities that meet a street near a barrier, shape (facilities,).
    number, wholes
        Position of each segment among the reached ones, and their neighbour lists.
    """

    network: WalkingNetwork
    facilities: SnappedPoints
    runs: ReachedEdges
    lines: EdgeSegments
    around: VisibilityContext
    is_special: NDArray[np.bool_]
    is_hemmed_in: NDArray[np.bool_]
    number: IndexArray
    find_neighbour_lists: NeighbourLists | None
    quarter_segments: int

    @classmethod
    def of(
        cls, network: WalkingNetwork, facilities: SnappedPoints, runs: ReachedEdges, quarter_segments: int
    ) -> _Streets:
        """Collect the edges that are reached."""
        edge_is_reached = np.zeros(len(network.edge_m), dtype=np.bool_)
        edge_is_reached[runs.edge] = True
        is_reached = edge_is_reached[network.segment_edge]
        is_reached[facilities.segment] = True
        around = build_visibility_context(network, is_reached, facilities.access_m)
        is_hemmed_in = np.zeros(len(facilities.xy), dtype=np.bool_)
        is_hemmed_in[facilities.point[~around.is_open[facilities.segment]]] = True
        is_drawn = is_reached & around.is_open
        return cls(
            network,
            facilities,
            runs,
            edge_segments_of(network),
            around,
            (network.segment_cost_factor < 1) | ~around.is_open[:, None],
            is_hemmed_in,
            np.cumsum(is_drawn) - 1,
            find_neighbour_lists(network.segment_xy[is_drawn], facilities.access_m),
            quarter_segments,
        )


def _full_discs(streets: _Streets, reach_m: float) -> tuple[NDArray[np.object_], list[IsochroneSources]]:
    """Return the union of the full discs along the streets that each facility reaches, shape (facilities,).

    Streets near barriers are returned as sources.
    """
    n_points, radius_m = len(streets.facilities.xy), streets.facilities.access_m
    stretches = _reached_intervals(streets, reach_m)
    border = np.searchsorted(stretches.point, np.arange(n_points + 1))

    def draw(first: int, last: int) -> tuple[NDArray[np.object_], IsochroneSources]:
        rows = slice(border[first], border[last])
        segments, whole, between_m, end = split_at_segments(
            streets.network,
            streets.lines.first,
            stretches.edge[rows],
            stretches.from_m[rows],
            stretches.to_m[rows],
        )
        point = np.repeat(stretches.point[rows], np.diff(end, prepend=0))
        is_open = streets.around.is_open[whole]
        parts = segments[~is_open], whole[~is_open], between_m[~is_open]
        hidden = full_disc_sources(point[~is_open], parts, radius_m, streets.around)
        segments, whole, point = segments[is_open], whole[is_open], point[is_open]
        areas, _ = capsule_unions(
            segments,
            np.searchsorted(point, np.arange(first + 1, last + 1)),
            radius_m,
            quarter_segments=streets.quarter_segments,
            parts_of=(streets.find_neighbour_lists, streets.number[whole]),
        )
        return areas, hidden

    drawn = map_chunks(draw, n_points, at_least=POINTS_AT_LEAST)
    areas = np.concatenate([np.empty(0, dtype=object), *(areas for areas, _ in drawn)])
    return areas, [hidden for _, hidden in drawn]


def _reached_intervals(streets: _Streets, reach_m: float) -> EdgeIntervals:
    """Return the intervals of edges that each facility reaches within `reach_m`."""
    if reach_m < 0:
        nothing = np.zeros(0, dtype=np.int64)
        return EdgeIntervals(nothing, nothing, np.zeros(0), np.zeros(0))
    facilities, network = streets.facilities, streets.network
    run, from_m, to_m = clip_to_reach(streets.lines, streets.runs, reach_m)
    walked = EdgeIntervals(streets.runs.point[run], streets.runs.edge[run], from_m, to_m)
    row, from_m, to_m = stretches_within(facilities, 0.0, min(reach_m, facilities.access_m))
    begin_m = network.segment_from_m[facilities.segment[row]]
    edge = network.segment_edge[facilities.segment[row]]
    return merge_intervals([walked, EdgeIntervals(facilities.point[row], edge, begin_m + from_m, begin_m + to_m)])


def _add_small_discs(streets: _Streets, areas: NDArray[np.object_], limit_m: float) -> NDArray[np.object_]:
    """Return the areas with the discs around street positions that are reached with less than `access_m` left."""
    point, shapes = small_discs(
        streets.facilities, streets.network.segment_xy, limit_m=limit_m, quarter_segments=streets.quarter_segments
    )
    open_to = ~streets.is_hemmed_in[point]
    return _unite_missing(areas, point[open_to], shapes[open_to], unite_areas)


def _add_sources(streets: _Streets, areas: NDArray[np.object_], sources: IsochroneSources) -> NDArray[np.object_]:
    """Return the areas with the regions of sources that capsules cannot represent."""
    sources = remove_water_parts(sources, streets.network, streets.around)
    shapes = draw_sources(sources, streets.network, streets.around, quarter_segments=streets.quarter_segments)
    return _unite_missing(areas, sources.point, shapes, grid_union)


def _unite_missing(
    areas: NDArray[np.object_],
    point: IndexArray,
    shapes: NDArray[np.object_],
    join: Callable[[list[shapely.Geometry]], shapely.Geometry],
) -> NDArray[np.object_]:
    """Return the areas united with the shapes that they do not contain."""
    if not len(shapes):
        return areas
    shapely.prepare(areas)
    adds = ~shapely.covers(areas[point], shapes) & ~shapely.is_empty(shapes)
    order = np.flatnonzero(adds)[np.argsort(point[adds], kind="stable")]
    point, shapes = point[order], shapes[order]
    border = np.searchsorted(point, np.arange(len(areas) + 1))

    def work(first: int, last: int) -> list[shapely.Geometry]:
        return [
            join([areas[row], *shapes[border[row] : border[row + 1]]])
            if border[row] < border[row + 1]
            else areas[row]
            for row in range(first, last)
        ]

    parts = map_chunks(work, len(areas), at_least=POINTS_AT_LEAST)
    joined_areas = np.empty(len(areas), dtype=object)
    joined_areas[:] = [area for part in parts for area in part]
    return joined_areas


def compile_reached_edges(network: WalkingNetwork, facilities: SnappedPoints) -> None:
    """Compile what `service_areas` does before it draws unions."""
    reach = search(network, facilities, reach_m=50.0)
    lines, runs = edge_segments_of(network), find_reached_edges(network, facilities, reach)
    clip_to_reach(lines, runs, 50.0)
    find_partial_edges(
        lines, runs, 50.0, facilities.access_m, np.ones((len(network.segment_m), 2), dtype=np.bool_)
    )
    small_discs(facilities, network.segment_xy, limit_m=30.0, quarter_segments=QUARTER_SEGMENTS)
