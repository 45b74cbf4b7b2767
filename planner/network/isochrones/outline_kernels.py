"""Kernel: from many sets of segments to the rings of all of their unions, in one call.

Step by step from Python, what came between the kernels took a quarter of the time of a union.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from planner.network.compile import kernel
from planner.network.isochrones.boundary_kernels import Pieces, keep_circles, keep_sides
from planner.network.isochrones.capsule_kernels import (
    Capsules,
    find_neighbours,
    number_vertices,
    select_neighbours,
)
from planner.network.isochrones.ring_kernels import assign_holes, is_simple, link_pieces, trace_rings
from planner.network.walk import FloatArray, IndexArray, SmallArray

DRAWN, DOUBTED, FAILED = 0, 1, 2
"""State of a union: rings certainly do not touch; must be tested; boundary left open by rounding."""


class Outlines(NamedTuple):
    """The rings of unions, each outline followed by its holes."""

    xy: FloatArray
    """Vertices of all rings, each closed, shape (vertices, 2)."""
    ring_end: IndexArray
    """Number of vertices up to the end of each ring, shape (rings,)."""
    is_outline: IndexArray
    """Which rings are outlines; the others are holes, shape (rings,)."""
    union: IndexArray
    """The union that each ring belongs to, rising, shape (rings,)."""
    state: IndexArray
    """State of each union, shape (unions,)."""


@kernel
def outline_unions(
    segments: FloatArray,
    ends: IndexArray,
    radius: float,
    parts_of: tuple[IndexArray, IndexArray, SmallArray],
    steps: FloatArray,
) -> Outlines:
    """Draw the union of the capsules of every set of segments.

    Parameters
    ----------
    segments
        Those of all sets, set by set, shape (segments, 4).
    ends
        Number of segments up to the end of each set, shape (sets,).
    radius
        Of the capsules, metres.
    parts_of
        The longer segment that each segment is part of, and the neighbours of these as `find_neighbours` returns
        them; nothing at all where they are not known.
    steps
        Points of the unit circle, as `trace_rings` takes them.
    """
    whole, whole_first, whole_near = parts_of
    head = np.full(max(len(whole_first) - 1, 0), -1, dtype=np.int64)
    state = np.full(len(ends), DRAWN, dtype=np.int64)
    by, at = np.empty((0, 3), dtype=np.int64), np.empty((0, 2))
    xy, ring_end = np.empty((1024, 2)), np.empty(64, dtype=np.int64)
    is_outline, union = np.empty(64, dtype=np.int64), np.empty(64, dtype=np.int64)
    vertices, rings, begin = 0, 0, 0
    for which in range(len(ends)):
        own = segments[begin : ends[which]]
        own_whole = whole[begin : ends[which]]
        begin = ends[which]
        if not len(own):
            continue
        # Counted from near by, so that little is lost in rounding.
        east, north = np.floor(own[0, 0]), np.floor(own[0, 1])
        capsules = number_vertices(own, east, north)
        if len(head):
            first, near = select_neighbours((whole_first, whole_near), own_whole[capsules.row], head)
        else:
            first, near = find_neighbours(capsules.line, radius)
        # Every neighbour cuts a side once and a circle twice at most. The room is made once for many unions.
        room = 4 * len(near) + 8 * len(capsules.ends)
        if room > len(by):
            by, at = np.empty((2 * room, 3), dtype=np.int64), np.empty((2 * room, 2))
        pieces = Pieces(np.zeros(2 * len(capsules.ends) + len(capsules.xy) + 1, dtype=np.int64), by, at)
        state[which], own_xy, own_end, parent = _outline(capsules, radius, (first, near), pieces, steps)
        if vertices + len(own_xy) > len(xy):
            xy = np.concatenate((xy[:vertices], np.empty((vertices + 2 * len(own_xy), 2))))
        if rings + len(own_end) > len(ring_end):
            more = np.empty(rings + 2 * len(own_end), dtype=np.int64)
            ring_end, union = np.concatenate((ring_end[:rings], more)), np.concatenate((union[:rings], more))
            is_outline = np.concatenate((is_outline[:rings], more))
        for ring in _outlines_first(parent):
            for vertex in range(own_end[ring - 1] if ring else 0, own_end[ring]):
                xy[vertices, 0], xy[vertices, 1] = own_xy[vertex, 0] + east, own_xy[vertex, 1] + north
                vertices += 1
            ring_end[rings], union[rings], is_outline[rings] = vertices, which, parent[ring] == ring
            rings += 1
    return Outlines(xy[:vertices], ring_end[:rings], is_outline[:rings], union[:rings], state)


@kernel
def _outline(
    capsules: Capsules, radius: float, listed: tuple[IndexArray, SmallArray], pieces: Pieces, steps: FloatArray
) -> tuple[int, FloatArray, IndexArray, IndexArray]:
    """Return the state of one union, the vertices and ends of its rings, and the outline of each ring."""
    first, near = listed
    keep_sides(capsules, radius, first, near, pieces)
    count = keep_circles(capsules, radius, first, near, pieces)
    closed, following = link_pieces(capsules, radius, pieces, count)
    if closed:
        xy, ring_end, ring_m2 = trace_rings(capsules, radius, pieces, following, steps)
        parent = assign_holes(xy, ring_end, ring_m2)
        without_outline = 0
        for ring in range(len(parent)):
            without_outline += parent[ring] < 0
        if len(parent) and not without_outline:
            return DRAWN if is_simple(xy, ring_end) else DOUBTED, xy, ring_end, parent
    nothing = np.empty(0, dtype=np.int64)
    return FAILED, np.empty((0, 2)), nothing, nothing


@kernel
def _outlines_first(parent: IndexArray) -> IndexArray:
    """Return the rings by their outlines, each outline before its holes."""
    n = len(parent)
    hole, after = np.full(n, -1, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    for ring in range(n - 1, -1, -1):
        if parent[ring] != ring:
            after[ring], hole[parent[ring]] = hole[parent[ring]], ring
    order, count = np.empty(n, dtype=np.int64), 0
    for outline in range(n):
        if parent[outline] == outline:
            ring = outline
            order[count] = ring
            count += 1
            ring = hole[outline]
            while ring >= 0:
                order[count] = ring
                count += 1
                ring = after[ring]
    return order


@kernel
def capsule_axes(segments: FloatArray, east: float, north: float) -> FloatArray:
    """Return segments as `find_neighbours` takes them, counted from a place near by; see `Capsules`."""
    line = np.empty((len(segments), 7))
    for i in range(len(segments)):
        line[i, 0], line[i, 1] = segments[i, 0] - east, segments[i, 1] - north
        line[i, 2], line[i, 3] = segments[i, 2] - east, segments[i, 3] - north
        dx, dy = line[i, 2] - line[i, 0], line[i, 3] - line[i, 1]
        length = np.sqrt(dx * dx + dy * dy)
        line[i, 6] = length
        line[i, 4], line[i, 5] = (dx / length, dy / length) if length > 0 else (1.0, 0.0)
    return line
