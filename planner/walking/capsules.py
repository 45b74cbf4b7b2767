"""The union of capsules as one finished polygon: what lies within one radius of any of many segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.walking.capsule_boundary import Pieces, keep_circles, keep_sides
from planner.walking.capsule_neighbours import nearest_first, neighbours, present
from planner.walking.capsule_places import lay_out
from planner.walking.capsule_rings import is_simple, link, nest, trace
from planner.walking.walk import FloatArray, IndexArray

QUARTER_SEGMENTS = 32
"""Chords a quarter circle. The polygon lies inside the true area by at most 0.03 % of the radius."""


CROWDED = 24
"""Segments within a square of two radii, on average, above which no lists of neighbours are made."""

ROUNDED_M = 1e-4
"""More than places are moved by when they are rounded and stirred."""


@dataclass(frozen=True, slots=True, eq=False)
class Wholes:
    """Longer segments that others are parts of, and which of them are near one another: found once for all parts.

    Attributes
    ----------
    first, near
        Those near segment `i` are ``near[first[i]:first[i + 1]]``.
    """

    first: IndexArray
    near: IndexArray


def wholes(segments: FloatArray, radius_m: float) -> Wholes | None:
    """Find the neighbours of segments, for unions of parts of them with `radius_m`; shape (segments, 4).

    None where they lie so close that the lists would take more than they spare.
    """
    if not len(segments):
        return None
    cell = np.floor((segments[:, :2] + segments[:, 2:]) / (4 * radius_m)).astype(np.int64)
    _, count = np.unique(cell[:, 0] * (1 << 32) + cell[:, 1], return_counts=True)
    if (count**2).sum() > CROWDED * count.sum():
        return None
    line = np.empty((len(segments), 7))
    line[:, :4] = segments - np.tile(np.floor(segments[0, :2]), 2)
    step = line[:, 2:4] - line[:, :2]
    line[:, 6] = np.hypot(*step.T)
    line[:, 4:6] = np.divide(step, line[:, 6:], out=np.tile([1.0, 0.0], (len(line), 1)), where=line[:, 6:] > 0)
    first, near = neighbours(line, radius_m + ROUNDED_M)
    nearest_first(line, first, near)
    return Wholes(first, near)


@dataclass(frozen=True, slots=True)
class Rings:
    """The outlines and holes of one union.

    Attributes
    ----------
    xy
        Vertices of all rings, each closed, shape (vertices, 2).
    ring_end
        How many vertices there are up to the end of each ring, shape (rings,).
    outline
        The outline that each ring belongs to; an outline belongs to itself, shape (rings,).
    is_simple
        Whether the rings are known not to touch, so that they need no other test.
    """

    xy: FloatArray
    ring_end: IndexArray
    outline: IndexArray
    is_simple: bool


NO_RINGS = Rings(np.zeros((0, 2)), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), is_simple=True)


def capsule_union(
    segments: FloatArray, radius_m: float, *, quarter_segments: int = QUARTER_SEGMENTS
) -> shapely.Geometry:
    """Return everything within `radius_m` of any segment.

    Parameters
    ----------
    segments
        Where each segment begins and ends (x, y, x, y), metres; a segment without length is a point,
        shape (segments, 4).
    radius_m
        The radius, metres, more than 0.
    quarter_segments
        Chords a quarter circle, inside the true circle.

    Returns
    -------
    area
        A valid polygon, a multipolygon where it has several parts, or an empty polygon where there is nothing.

    Examples
    --------
    >>> area = capsule_union(np.array([[0.0, 0.0, 100.0, 0.0]]), 10.0)
    >>> round(area.area), area.is_valid
    (2314, True)
    """
    areas, _ = capsule_unions([segments], radius_m, quarter_segments=quarter_segments)
    area: shapely.Geometry = areas[0]
    return area


def capsule_unions(
    segments: Sequence[FloatArray],
    radius_m: float,
    *,
    quarter_segments: int = QUARTER_SEGMENTS,
    parts_of: tuple[Wholes | None, Sequence[IndexArray]] = (None, ()),
) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Return one area for each set of segments, and which of them were left to GEOS, both shape (sets,).

    That happens where rounding leaves the boundary open or crosses it with itself: in artificial heaps of streets
    on top of one another, not in cities. `parts_of` are longer segments, and which of them each segment of each
    set is part of.
    """
    longer, whole = parts_of
    if longer:
        room = np.full(len(longer.first) - 1, -1, dtype=np.int64)
        unions = [
            union_rings(each, radius_m, quarter_segments=quarter_segments, part_of=(longer, whole[row], room))
            for row, each in enumerate(segments)
        ]
    else:
        unions = [union_rings(each, radius_m, quarter_segments=quarter_segments) for each in segments]
    areas = polygons([NO_RINGS if rings is None else rings for rings in unions])
    by_geos = np.array([rings is None for rings in unions], dtype=np.bool_)
    doubted = np.array([rings is not None and not rings.is_simple for rings in unions], dtype=np.bool_)
    by_geos[doubted] = ~shapely.is_valid(areas[doubted])
    for row in np.flatnonzero(by_geos).tolist():
        areas[row] = buffered_union(segments[row], radius_m, quarter_segments=quarter_segments)
    return areas, by_geos


def buffered_union(
    segments: FloatArray, radius_m: float, *, quarter_segments: int = QUARTER_SEGMENTS
) -> shapely.Geometry:
    """Return the same by GEOS, slower: every capsule drawn, then all joined. Second opinion and fallback."""
    if not len(segments):
        return shapely.Polygon()
    has_length = (segments[:, :2] != segments[:, 2:]).any(axis=1)
    shapes = np.empty(len(segments), dtype=object)
    shapes[has_length] = shapely.linestrings(segments[has_length].reshape(-1, 2, 2))
    shapes[~has_length] = shapely.points(segments[~has_length, :2])
    return shapely.union_all(shapely.buffer(shapes, radius_m, quad_segs=quarter_segments))


def union_rings(
    segments: FloatArray,
    radius_m: float,
    *,
    quarter_segments: int = QUARTER_SEGMENTS,
    part_of: tuple[Wholes, IndexArray, IndexArray] | None = None,
) -> Rings | None:
    """Return the rings of the union; None where rounding left the boundary open."""
    radius_m = float(radius_m)
    if not len(segments):
        return NO_RINGS
    segments = np.ascontiguousarray(segments, dtype=np.float64)
    near_by = np.floor(segments[0, :2])
    capsules = lay_out(segments, near_by[0], near_by[1])
    if part_of:
        longer, whole, room = part_of
        first, near = present((longer.first, longer.near), whole[capsules.row], room)
    else:
        first, near = neighbours(capsules.line, radius_m)
    # Every neighbour cuts a side once and a circle twice at most.
    size = 4 * len(near) + 8 * len(capsules.ends)
    curves = 2 * len(capsules.ends) + len(capsules.xy)
    pieces = Pieces(np.zeros(curves + 1, dtype=np.int64), np.empty((size, 3), dtype=np.int64), np.empty((size, 2)))
    keep_sides(capsules, radius_m, first, near, pieces)
    count = keep_circles(capsules, radius_m, first, near, pieces)
    closed, following = link(pieces, count)
    if not closed:
        return None
    xy, ring_end, ring_m2 = trace(capsules, radius_m, pieces, following, _steps(quarter_segments))
    outline = nest(xy, ring_end, ring_m2)
    if not len(outline) or outline.min() < 0:
        return None
    return Rings(xy + near_by, ring_end, outline, is_simple=is_simple(xy, ring_end))


@cache
def _steps(quarter_segments: int) -> FloatArray:
    """Return points of the unit circle, `quarter_segments` a quarter, from the east on, shape (points, 2)."""
    angles = np.arange(4 * quarter_segments) * (np.pi / (2 * quarter_segments))
    return np.column_stack([np.cos(angles), np.sin(angles)])


def polygons(unions: Sequence[Rings]) -> NDArray[np.object_]:
    """Return one polygon or multipolygon for each set of rings, shape (unions,)."""
    if not unions:
        return np.empty(0, dtype=object)
    areas = np.full(len(unions), shapely.Polygon(), dtype=object)
    counts = np.array([len(rings.ring_end) for rings in unions])
    union = np.repeat(np.arange(len(unions)), counts)
    vertices = np.concatenate([np.diff(rings.ring_end, prepend=0) for rings in unions])
    outline = np.concatenate([rings.outline for rings in unions]) + np.repeat(np.cumsum(counts) - counts, counts)
    # Rings in the order of their outlines, each outline before its holes.
    order = np.lexsort((np.arange(len(outline)) != outline, outline))
    ring_first = np.cumsum(vertices) - vertices
    step = np.arange(vertices.sum()) - np.repeat(np.cumsum(vertices[order]) - vertices[order], vertices[order])
    xy = np.concatenate([rings.xy for rings in unions])[np.repeat(ring_first[order], vertices[order]) + step]
    is_outline = outline[order] == order
    parts = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON,
        xy,
        (np.concatenate([[0], np.cumsum(vertices[order])]), np.append(np.flatnonzero(is_outline), len(order))),
    )
    part_union = union[order][is_outline]
    several = np.bincount(part_union, minlength=len(unions))[part_union] > 1
    areas[part_union[~several]] = parts[~several]
    for row in np.unique(part_union[several]):
        areas[row] = shapely.multipolygons(parts[part_union == row])
    return areas
