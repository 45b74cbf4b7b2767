"""Unions of polygons and of capsules (all that lies within one radius of any of many segments).

The union by GEOS of valid shapes whose arcs nearly coincide can lose whole parts without an error. It is therefore
compared with its parts at about a thousand positions; where they disagree, it is computed again with all vertices
on a fine grid, which is always right and several times slower.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.network.isochrones.capsule_kernels import find_neighbours
from planner.network.isochrones.outline_kernels import DOUBTED, FAILED, Outlines, capsule_axes, outline_unions
from planner.network.walk import FloatArray, IndexArray, SmallArray

GRID_M = 1e-4
"""Vertices of unions on a grid; what is thinner is dropped."""

POSITIONS_A_SIDE = 40
"""A union is compared with its parts at the square of this many positions over its extent."""


def unite_areas(shapes: Sequence[shapely.Geometry] | NDArray[np.object_]) -> shapely.Geometry:
    """Unite areas; equal areas give equal unions.

    Examples
    --------
    >>> unite_areas([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)]).area
    3.0
    """
    parts = np.asarray(shapes, dtype=object)
    parts = parts[~shapely.is_empty(parts)]
    if not len(parts):
        return shapely.Polygon()
    joined = shapely.union_all(parts)
    return joined if _agrees_with_parts(joined, parts) else grid_union(parts)


def grid_union(shapes: Sequence[shapely.Geometry] | NDArray[np.object_]) -> shapely.Geometry:
    """Unite areas on a fine grid, and drop parts thinner than it."""
    joined = shapely.union_all(shapes, grid_size=GRID_M)
    parts = shapely.get_parts(joined)
    parts = parts[shapely.get_dimensions(parts) == 2]  # noqa: PLR2004 -- of an area
    kept = [_without_slits(part) for part in parts if part.area > GRID_M * part.length]
    return kept[0] if len(kept) == 1 else shapely.multipolygons(kept) if kept else shapely.Polygon()


def _agrees_with_parts(joined: shapely.Geometry, parts: NDArray[np.object_]) -> bool:
    """Return whether a union agrees with its parts at positions spread over them."""
    west, south, east, north = shapely.total_bounds(parts)
    share = (np.arange(POSITIONS_A_SIDE) + 0.5) / POSITIONS_A_SIDE
    along, up = west + share * (east - west), south + share * (north - south)
    x, y = np.meshgrid(along, up)
    left, low, right, high = shapely.bounds(parts).T
    begin = np.column_stack([np.searchsorted(up, low), np.searchsorted(along, left)])
    end = np.column_stack([np.searchsorted(up, high, "right"), np.searchsorted(along, right, "right")])
    in_parts = np.zeros(x.shape, dtype=np.bool_)
    # Most parts are small discs between the positions.
    for row in np.flatnonzero((begin < end).all(axis=1)).tolist():
        near = np.s_[begin[row, 0] : end[row, 0], begin[row, 1] : end[row, 1]]
        open_to = ~in_parts[near]
        if open_to.any():
            shapely.prepare(parts[row])
            in_parts[near][open_to] = shapely.contains_xy(parts[row], x[near][open_to], y[near][open_to])
    shapely.prepare(joined)
    return bool((shapely.contains_xy(joined, x, y) == in_parts).all())


def _without_slits(part: shapely.Polygon) -> shapely.Polygon:
    holes = [ring for ring in part.interiors if shapely.Polygon(ring).area > GRID_M * ring.length]
    return part if len(holes) == len(part.interiors) else shapely.Polygon(part.exterior, holes)


QUARTER_SEGMENTS = 32
"""Chords a quarter circle. The polygon lies inside the true area by at most 0.03 % of the radius."""

CROWDED = 24
"""Segments within a square of two radii, on average, above which no lists of neighbours are made."""

ROUNDED_M = 1e-4
"""More than vertices are moved by rounding and stirring."""


NOTHING = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class NeighbourLists:
    """Neighbours of segments, computed once for all parts of these."""

    first: IndexArray
    near: SmallArray
    """`first`, `near`: The neighbours of segment `i` are ``near[first[i]:first[i + 1]]``."""


def find_neighbour_lists(segments: FloatArray, radius_m: float) -> NeighbourLists | None:
    """Find the neighbours of segments, shape (segments, 4), for unions of parts of them with `radius_m`.

    None where they lie so close that the lists would cost more than they save.
    """
    if not len(segments):
        return None
    cell = np.floor((segments[:, :2] + segments[:, 2:]) / (4 * radius_m)).astype(np.int64)
    _, count = np.unique(cell[:, 0] * (1 << 32) + cell[:, 1], return_counts=True)
    if (count**2).sum() > CROWDED * count.sum():
        return None
    line = capsule_axes(np.ascontiguousarray(segments), *np.floor(segments[0, :2]).tolist())
    first, near = find_neighbours(line, radius_m + ROUNDED_M)
    return NeighbourLists(first, near)


def capsule_unions(
    segments: FloatArray,
    ends: IndexArray,
    radius_m: float,
    *,
    quarter_segments: int = QUARTER_SEGMENTS,
    parts_of: tuple[NeighbourLists | None, IndexArray] = (None, NOTHING),
) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Return one area for each set of segments, and which of them were left to GEOS, both shape (sets,).

    GEOS takes over where rounding leaves the boundary open or crosses it with itself: in artificial heaps of
    streets on top of one another, not in cities. The segments come set by set; `ends` is the number up to the end
    of each. `parts_of` are longer segments, and the one of which each segment is part.
    """
    longer, whole = parts_of
    listed = (whole, longer.first, longer.near) if longer else (NOTHING, NOTHING, NOTHING.astype(np.uint32))
    segments = np.ascontiguousarray(segments, dtype=np.float64)
    outlines = outline_unions(segments, ends, float(radius_m), listed, _steps(quarter_segments))
    areas = _polygons(outlines)
    by_geos, doubted = outlines.state == FAILED, outlines.state == DOUBTED
    by_geos[doubted] = ~shapely.is_valid(areas[doubted])
    for row in np.flatnonzero(by_geos).tolist():
        own = segments[ends[row - 1] if row else 0 : ends[row]]
        areas[row] = buffered_union(own, radius_m, quarter_segments=quarter_segments)
    return areas, by_geos


def buffered_union(
    segments: FloatArray, radius_m: float, *, quarter_segments: int = QUARTER_SEGMENTS
) -> shapely.Geometry:
    """Return the same by GEOS, slower: all capsules united on a fine grid. Fallback and oracle.

    Without a grid GEOS loses a twentieth of the area of some capsules that lie along one another.
    """
    if not len(segments):
        return shapely.Polygon()
    has_length = (segments[:, :2] != segments[:, 2:]).any(axis=1)
    shapes = np.empty(len(segments), dtype=object)
    shapes[has_length] = shapely.linestrings(segments[has_length].reshape(-1, 2, 2))
    shapes[~has_length] = shapely.points(segments[~has_length, :2])
    return grid_union(shapely.buffer(shapes, radius_m, quad_segs=quarter_segments))


@cache
def _steps(quarter_segments: int) -> FloatArray:
    """Return points of the unit circle, `quarter_segments` a quarter, from the east on, shape (points, 2)."""
    angles = np.arange(4 * quarter_segments) * (np.pi / (2 * quarter_segments))
    return np.column_stack([np.cos(angles), np.sin(angles)])


def _polygons(outlines: Outlines) -> NDArray[np.object_]:
    """Return one polygon or multipolygon for each union, shape (unions,)."""
    unions = len(outlines.state)
    areas = np.full(unions, shapely.Polygon(), dtype=object)
    if not len(outlines.ring_end):
        return areas
    first = np.flatnonzero(outlines.is_outline)
    parts = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON,
        outlines.xy,
        (np.append(0, outlines.ring_end), np.append(first, len(outlines.ring_end))),
    )
    of_union = outlines.union[first]
    several = np.bincount(of_union, minlength=unions)[of_union] > 1
    areas[of_union[~several]] = parts[~several]
    for row in np.unique(of_union[several]):
        areas[row] = shapely.multipolygons(parts[of_union == row])
    return areas
