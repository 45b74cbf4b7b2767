"""Sources of isochrones near barriers and fast streets, where a capsule around the street would be wrong.

A source is a stretch of a segment where straight walks begin, with a radius that changes along it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.network.compile import map_chunks
from planner.network.isochrones.small_discs import stretches_within
from planner.network.isochrones.unions import grid_union
from planner.network.isochrones.visibility_region_kernels import draw_visible_regions
from planner.network.network import WalkingNetwork
from planner.network.reached_edges import PartialEdges
from planner.network.snapping import TOUCH_M, SnappedPoints
from planner.network.visibility import BESIDE_M
from planner.network.walk import FloatArray, IndexArray

SOURCES_AT_LEAST = 64
"""Least number of sources for another thread."""


@dataclass(frozen=True, slots=True, eq=False)
class VisibilityContext:
    """Barriers and water around the segments of a network."""

    barrier_xy: FloatArray
    """Pieces of barriers, shape (pieces, 4)."""
    first: IndexArray
    near: IndexArray
    """`first`, `near`: The pieces within `access_m` of segment `i` are ``near[first[i]:first[i + 1]]``."""
    is_wet: NDArray[np.bool_]
    is_open: NDArray[np.bool_]
    is_crossed: NDArray[np.bool_]
    """`is_wet`, `is_open`, `is_crossed`: Whether segments touch water, have neither water nor barriers around
    them, and touch a barrier, shape (segments,)."""
    water: NDArray[np.object_]
    """Polygons."""


@dataclass(frozen=True, slots=True, eq=False)
class IsochroneSources:
    """Stretches of segments, and the radius of straight walks from their positions."""

    point: IndexArray
    segment: IndexArray
    """`point`, `segment`: Facility and segment, shape (sources,)."""
    values: FloatArray
    """The fields of `ray_kernels.RadiusSource`, shape (sources, 7)."""
    stars: NDArray[np.bool_]
    """Whether the regions seen from the start and the end are needed, shape (sources, 2)."""

    def rows(self, which: NDArray[np.bool_] | IndexArray) -> IsochroneSources:
        """Return a selection of the sources."""
        return IsochroneSources(self.point[which], self.segment[which], self.values[which], self.stars[which])


def concatenate_sources(parts: Sequence[IsochroneSources]) -> IsochroneSources:
    """Return all sources."""
    return IsochroneSources(
        np.concatenate([part.point for part in parts]),
        np.concatenate([part.segment for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.stars for part in parts]),
    )


def build_visibility_context(
    network: WalkingNetwork, in_question: NDArray[np.bool_], access_m: float
) -> VisibilityContext:
    """Find barriers and water within `access_m` of the segments in question."""
    n = len(network.segment_m)
    is_wet, first, near = np.zeros(n, dtype=bool), np.zeros(n + 1, dtype=np.int64), np.zeros(0, dtype=np.int64)
    barriers = network.barriers
    if barriers is None:
        return VisibilityContext(np.zeros((0, 4)), first, near, is_wet, ~is_wet, is_wet, np.empty(0, dtype=object))
    segments = np.flatnonzero(in_question)
    lines = shapely.linestrings(network.segment_xy[segments].reshape(-1, 2, 2))
    pieces = shapely.STRtree(shapely.linestrings(barriers.xy.reshape(-1, 2, 2)))
    row, piece = pieces.query(lines, predicate="dwithin", distance=access_m + TOUCH_M)
    is_crossed = np.zeros(n, dtype=bool)
    is_crossed[segments[pieces.query(lines, predicate="dwithin", distance=2 * BESIDE_M)[0]]] = True
    order = np.lexsort((piece, row))
    first = np.concatenate([[0], np.cumsum(np.bincount(segments[row], minlength=n))])
    if len(barriers.water):
        lakes = shapely.STRtree(barriers.water)
        is_wet[segments[lakes.query(lines, predicate="dwithin", distance=BESIDE_M)[0]]] = True
    is_open = (np.diff(first) == 0) & ~is_wet
    near = piece[order].astype(np.int64)
    return VisibilityContext(barriers.xy, first, near, is_wet, is_open, is_crossed, barriers.water)


def full_disc_sources(
    point: IndexArray, parts: tuple[FloatArray, IndexArray, FloatArray], access_m: float, around: VisibilityContext
) -> IsochroneSources:
    """Return the stretches from which people walk `access_m`: `parts` are `stretches.cut`'s, one a point.

    The region seen from an end that several stretches of a point share is drawn once. A stretch that touches a
    barrier opens it for itself alone, and one in water is cut at the shore: their ends are always requested.
    """
    ends_xy, segment, between_m = parts
    values = np.zeros((len(point), 7))
    values[:, :2], values[:, 2] = between_m, access_m
    alike = np.flatnonzero(~(around.is_crossed | around.is_wet)[segment])
    ends = np.column_stack([np.repeat(point[alike], 2), ends_xy[alike].reshape(-1, 2)])
    is_first = np.zeros(len(ends), dtype=bool)
    is_first[np.unique(ends, axis=0, return_index=True)[1]] = True
    stars = np.ones((len(point), 2), dtype=bool)
    stars[alike] = is_first.reshape(-1, 2)
    return IsochroneSources(point, segment, values, stars)


def partial_edge_sources(rows: PartialEdges, around: VisibilityContext) -> IsochroneSources:
    """Return the stretches from which less than `access_m` is left after a walk along them."""
    values = np.zeros((len(rows.point), 7))
    values[:, :4] = np.column_stack([rows.from_m, rows.to_m, rows.radius_m, rows.slope])
    # What is seen from where a stretch goes on from another one was seen from that one's end, unless it opens a
    # barrier of its own.
    stars = np.ones((len(rows.point), 2), dtype=bool)
    inward = (rows.slope > 0).astype(np.int64)
    stars[np.arange(len(stars)), inward] = rows.begins | around.is_crossed[rows.segment]
    return IsochroneSources(rows.point, rows.segment, values, stars)


def straight_sources(snaps: SnappedPoints, chosen: NDArray[np.bool_], limit_m: float) -> IsochroneSources:
    """Return the stretches that chosen facilities reach straight with less than `access_m` left."""
    row, from_m, to_m = stretches_within(snaps, max(limit_m - snaps.access_m, 0.0), min(snaps.access_m, limit_m))
    keep = chosen[snaps.point[row]]
    row, from_m, to_m = row[keep], from_m[keep], to_m[keep]
    foot, aside = snaps.foot_m[row], snaps.aside_m[row]
    # From a position on the street walks lead both ways.
    split = (np.abs(aside) <= TOUCH_M) & (from_m < foot) & (foot < to_m)
    row = np.concatenate([row, row[split]])
    from_m, to_m = (
        np.concatenate([from_m, foot[split]]),
        np.concatenate([np.where(split, foot, to_m), to_m[split]]),
    )
    values = np.zeros((len(row), 7))
    values[:, 0], values[:, 1] = from_m, to_m
    values[:, 4], values[:, 5], values[:, 6] = snaps.foot_m[row], snaps.aside_m[row], limit_m
    return IsochroneSources(snaps.point[row], snaps.segment[row], values, np.ones((len(row), 2), dtype=bool))


def remove_water_parts(
    sources: IsochroneSources, network: WalkingNetwork, around: VisibilityContext
) -> IsochroneSources:
    """Return the sources without their parts in water: a bridge gives no access to the ground."""
    wet = np.flatnonzero(around.is_wet[sources.segment])
    if not len(wet):
        return sources
    lines = {
        segment: _dry_parts(network.segment_xy[segment], around.water)
        for segment in np.unique(sources.segment[wet]).tolist()
    }
    rows, between = [], []
    for row in wet.tolist():
        low, high = sources.values[row, :2].tolist()
        for begin, end in lines[int(sources.segment[row])]:
            if max(low, begin) <= min(high, end):
                rows.append(row)
                between.append((max(low, begin), min(high, end)))
    parts = sources.rows(np.array(rows, dtype=np.int64))
    parts.values[:, :2] = np.array(between).reshape(-1, 2)
    parts.stars[:] = True
    return concatenate_sources([sources.rows(~around.is_wet[sources.segment]), parts])


def _dry_parts(ends: FloatArray, water: NDArray[np.object_]) -> list[tuple[float, float]]:
    """Return the intervals of a segment outside water."""
    line = shapely.linestrings(ends.reshape(2, 2))
    wet = shapely.union_all(water[shapely.intersects(water, line)])
    parts = shapely.get_parts(shapely.difference(line, wet))
    spans = []
    for part in parts[shapely.length(parts) > 0]:
        along = np.hypot(*(shapely.get_coordinates(part)[[0, -1]] - ends[:2]).T)
        spans.append((float(along.min()), float(along.max())))
    return sorted(spans)


def draw_sources(
    sources: IsochroneSources, network: WalkingNetwork, around: VisibilityContext, *, quarter_segments: int
) -> NDArray[np.object_]:
    """Return the region reached from each source, shape (sources,); equal sources are drawn once."""
    if not len(sources.point):
        return np.empty(0, dtype=object)
    keys = np.column_stack([sources.segment, sources.values, sources.stars])
    _, first, which = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    distinct = sources.rows(first)
    look = (distinct.segment, distinct.values, distinct.stars)
    barriers = (around.barrier_xy, around.first, around.near)
    is_open = np.diff(around.first)[distinct.segment] == 0
    step = np.pi / (2 * quarter_segments)

    def see(begin: int, end: int) -> NDArray[np.object_]:
        xy, ring_end, rings = draw_visible_regions(network.segment_xy, look, barriers, begin, end, step)
        shapes = shapely.from_ragged_array(
            shapely.GeometryType.POLYGON, xy, (np.concatenate([[0], ring_end]), np.arange(len(ring_end) + 1))
        )
        shapes = shapely.make_valid(shapes)
        border = np.concatenate([[0], np.cumsum(rings)])
        areas = np.full(end - begin, shapely.Polygon(), dtype=object)
        for row in range(end - begin):
            parts = shapes[border[row] : border[row + 1]]
            # Without barriers the discs along a straight stretch fill their convex hull.
            whole = is_open[begin + row] and distinct.values[begin + row, 6] == 0
            areas[row] = shapely.convex_hull(shapely.geometrycollections(parts)) if whole else grid_union(parts)
        return areas

    areas = np.concatenate(map_chunks(see, len(first), at_least=SOURCES_AT_LEAST))
    wet = np.flatnonzero(around.is_wet[distinct.segment])
    areas[wet] = _subtract_water(areas[wet], around.water)
    return areas[which.reshape(-1)]


def _subtract_water(areas: NDArray[np.object_], water: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return areas without water: a street opens the shore, but no walk leads into the water."""
    dry = areas.copy()
    row, which = shapely.STRtree(water).query(areas, predicate="intersects")
    for each in np.unique(row).tolist():
        dry[each] = shapely.difference(areas[each], shapely.union_all(water[which[row == each]]))
    return dry
