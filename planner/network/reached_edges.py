"""Edges that are reached, and intervals along them: merged where they touch, split into straight segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planner.network.compile import kernel
from planner.network.network import WalkingNetwork
from planner.network.search import ReachedNodes
from planner.network.snapping import SnappedPoints
from planner.network.spatial_index import Adjacency
from planner.network.walk import FloatArray, IndexArray

SAME_M = 1e-9


class ReachedEdges(NamedTuple):
    """Walks along one edge in one direction, as far as they go."""

    point: IndexArray
    edge: IndexArray
    """`point`, `edge`: Facility and edge, shape (walks,)."""
    along_m: FloatArray
    """Start, metres along the edge, shape (walks,)."""
    against: IndexArray
    """0 along the edge, 1 against it, shape (walks,)."""
    spent_m: FloatArray
    """Cost metres walked before the start, shape (walks,)."""


class EdgeSegments(NamedTuple):
    """Edges and their segments for kernels; see `WalkingNetwork`."""

    first: IndexArray
    """The segments of edge `e` are those from ``first[e]`` to ``first[e + 1]``, shape (edges + 1,)."""
    edge_m: FloatArray
    edge_cost_m: FloatArray
    from_m: FloatArray
    metres: FloatArray
    factor: FloatArray


class PartialEdges(NamedTuple):
    """Parts of segments from which less than `access_m` is left of a walk along them."""

    point: IndexArray
    segment: IndexArray
    """`point`, `segment`: Facility and segment, shape (rows,)."""
    from_m: FloatArray
    to_m: FloatArray
    """`from_m`, `to_m`: Start and end along the segment, metres, shape (rows,)."""
    radius_m: FloatArray
    slope: FloatArray
    """`radius_m`, `slope`: Rest of the walk at the start of the segment, extrapolated, and its growth per metre,
    shape (rows,)."""
    begins: NDArray[np.bool_]
    """Whether the row does not continue the one before it, shape (rows,)."""


def edge_segments_of(network: WalkingNetwork) -> EdgeSegments:
    """Return the edges and segments of a network for kernels."""
    return EdgeSegments(
        np.searchsorted(network.segment_edge, np.arange(len(network.edge_m) + 1)),
        network.edge_m,
        network.edge_cost_m,
        network.segment_from_m,
        network.segment_m,
        network.segment_cost_factor,
    )


def find_reached_edges(network: WalkingNetwork, facilities: SnappedPoints, reach: ReachedNodes) -> ReachedEdges:
    """Return the walks along edges from the nodes that facilities reach, and from where they meet the streets.

    A walk back along the edge by which its node was reached is left out.
    """
    from_nodes = _walks_from_nodes(
        network.adjacency, network.edge_m, network.edge_cost_m, reach.point, reach.node, reach.metres
    )
    at_doors = [_walks_from_facilities(network, facilities, against) for against in (0, 1)]
    parts = [np.concatenate(column) for column in zip(from_nodes, *at_doors, strict=True)]
    return ReachedEdges(*parts)


def as_drawn(
    network: WalkingNetwork, facilities: SnappedPoints, runs: ReachedEdges
) -> tuple[WalkingNetwork, SnappedPoints, ReachedEdges]:
    """Return streets, facilities and walks without layers, so that private ways count once."""
    if network.layers is None:
        return network, facilities, runs
    # Whoever meets a private way meets both of its copies, the drawn one first.
    once = facilities.segment < len(network.as_drawn.segment_m)
    facilities = replace(
        facilities,
        point=facilities.point[once],
        segment=facilities.segment[once],
        from_m=facilities.from_m[once],
        to_m=facilities.to_m[once],
        foot_m=facilities.foot_m[once],
        aside_m=facilities.aside_m[once],
    )
    return network.as_drawn, facilities, runs._replace(edge=network.layers.edge_place[runs.edge])


def _walks_from_facilities(network: WalkingNetwork, facilities: SnappedPoints, against: int) -> ReachedEdges:
    """Return the walks from the stretches within straight reach of a facility, each from its best position."""
    segment, foot, aside = facilities.segment, facilities.foot_m, np.abs(facilities.aside_m)
    factor = network.segment_cost_factor[segment, against]
    fast = factor < 1
    beyond = np.zeros(len(segment))
    beyond[fast] = aside[fast] * factor[fast] / np.sqrt(1 - factor[fast] ** 2)
    best = foot - beyond if against else foot + beyond
    best[~fast] = -np.inf if against else np.inf
    at_m = np.clip(best, facilities.from_m, facilities.to_m)
    return ReachedEdges(
        facilities.point,
        network.segment_edge[segment],
        network.segment_from_m[segment] + at_m,
        np.full(len(segment), against, dtype=np.int64),
        np.hypot(at_m - foot, aside),
    )


@kernel
def _walks_from_nodes(
    adjacency: Adjacency,
    edge_m: FloatArray,
    edge_cost_m: FloatArray,
    point: IndexArray,
    node: IndexArray,
    metres: FloatArray,
) -> ReachedEdges:
    rows = len(point)
    total = 0
    for row in range(rows):
        total += int(adjacency.pointer[node[row] + 1]) - int(adjacency.pointer[node[row]])
    of_point, edge, along_m = np.empty(total, dtype=np.int64), np.empty(total, dtype=np.int64), np.empty(total)
    against, spent_m = np.empty(total, dtype=np.int64), np.empty(total)
    best = np.full(len(adjacency.pointer) - 1, np.inf)
    count, first = 0, 0
    while first < rows:
        last = first
        while last < rows and point[last] == point[first]:
            best[node[last]] = metres[last]
            last += 1
        for row in range(first, last):
            for way in range(adjacency.pointer[node[row]], adjacency.pointer[node[row] + 1]):
                if adjacency.edge_end[way] < 0:
                    continue
                e, at_end = adjacency.edge_end[way] >> 1, adjacency.edge_end[way] & 1
                # Who came along this edge has passed all of it.
                if best[adjacency.node[way]] + edge_cost_m[e, 1 - at_end] <= metres[row] + SAME_M:
                    continue
                of_point[count], edge[count], against[count] = point[first], e, at_end
                along_m[count] = edge_m[e] if at_end else 0.0
                spent_m[count] = metres[row]
                count += 1
        for row in range(first, last):
            best[node[row]] = np.inf
        first = last
    return ReachedEdges(of_point[:count], edge[:count], along_m[:count], against[:count], spent_m[:count])


@kernel
def clip_to_reach(
    lines: EdgeSegments, runs: ReachedEdges, reach_m: float
) -> tuple[IndexArray, FloatArray, FloatArray]:
    """Return the walks that begin within `reach_m`, and the interval of their edge that stays within it."""
    n = len(runs.point)
    which, from_m, to_m = np.empty(n, dtype=np.int64), np.empty(n), np.empty(n)
    count = 0
    for row in range(n):
        left = reach_m - runs.spent_m[row]
        if left < 0:
            continue
        edge, side, along = runs.edge[row], runs.against[row], runs.along_m[row]
        until = 0.0 if side else lines.edge_m[edge]
        if left < lines.edge_cost_m[edge, side]:
            until = _end_position(lines, edge, side, along, left)
        which[count] = row
        from_m[count], to_m[count] = min(along, until), max(along, until)
        count += 1
    return which[:count], from_m[:count], to_m[:count]


@kernel
def _end_position(lines: EdgeSegments, edge: int, side: int, along: float, left: float) -> float:
    """Return the position along an edge to which a walk of so many cost metres leads."""
    first, last = lines.first[edge], lines.first[edge + 1]
    for step in range(last - first):
        i = last - 1 - step if side else first + step
        begin, end = lines.from_m[i], lines.from_m[i] + lines.metres[i]
        here = max(along - begin, 0.0) if side else max(end - along, 0.0)
        here = min(here, lines.metres[i])
        if here > 0 and here * lines.factor[i, side] >= left:
            reached = left / lines.factor[i, side]
            return float(begin + here - reached if side else end - here + reached)
        left -= here * lines.factor[i, side]
    return 0.0 if side else float(lines.edge_m[edge])


@kernel
def find_partial_edges(
    lines: EdgeSegments, runs: ReachedEdges, limit_m: float, access_m: float, is_wanted: NDArray[np.bool_]
) -> PartialEdges:
    """Return the parts of segments where more than 0 and less than `access_m` is left of a walk of `limit_m`.

    `is_wanted` selects segments by direction, shape (segments, 2).
    """
    room, count = 64 + len(runs.point), 0
    point, segment = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
    values, begins = np.empty((room, 4)), np.empty(room, dtype=np.bool_)
    for row in range(len(runs.point)):
        left, side, edge = limit_m - runs.spent_m[row], runs.against[row], runs.edge[row]
        first, last = lines.first[edge], lines.first[edge + 1]
        goes_on = False
        for step in range(last - first):
            if left <= 0:
                break
            i = last - 1 - step if side else first + step
            factor = lines.factor[i, side]
            # Where the walk comes to this segment, and how far along it, in the direction of the walk.
            entered = runs.along_m[row] - lines.from_m[i]
            entered = max(lines.metres[i] - entered, 0.0) if side else max(entered, 0.0)
            if entered >= lines.metres[i]:
                continue
            low = max(entered, entered + (left - access_m) / factor)
            high = min(lines.metres[i], entered + left / factor)
            put = is_wanted[i, side] and low < high
            if put:
                if count == len(point):
                    point = np.concatenate((point, np.empty(count, dtype=np.int64)))
                    segment = np.concatenate((segment, np.empty(count, dtype=np.int64)))
                    values = np.concatenate((values, np.empty((count, 4))))
                    begins = np.concatenate((begins, np.empty(count, dtype=np.bool_)))
                point[count], segment[count], begins[count] = runs.point[row], i, not goes_on
                if side:
                    values[count, 0], values[count, 1] = lines.metres[i] - high, lines.metres[i] - low
                    values[count, 2] = left + factor * (entered - lines.metres[i])
                    values[count, 3] = factor
                else:
                    values[count, 0], values[count, 1] = low, high
                    values[count, 2], values[count, 3] = left + factor * entered, -factor
                count += 1
            goes_on = put
            left -= (lines.metres[i] - entered) * factor
    values = values[:count]
    return PartialEdges(
        point[:count], segment[:count], values[:, 0], values[:, 1], values[:, 2], values[:, 3], begins[:count]
    )


@dataclass(frozen=True, slots=True, eq=False)
class EdgeIntervals:
    """Intervals along edges that points reach."""

    point: IndexArray
    edge: IndexArray
    """`point`, `edge`: Point and edge of each interval, shape (intervals,)."""
    from_m: FloatArray
    to_m: FloatArray
    """`from_m`, `to_m`: Ends of the interval along the edge, metres, shape (intervals,)."""


def merge_intervals(parts: Sequence[EdgeIntervals]) -> EdgeIntervals:
    """Return all intervals by point and edge; those of the same point and edge that touch are merged.

    Examples
    --------
    >>> point, edge = np.array([1, 0, 0]), np.array([5, 5, 5])
    >>> whole = merge_intervals([EdgeIntervals(point, edge, np.array([0.0, 7.0, 2.0]), np.array([9.0, 8.0, 7.0]))])
    >>> whole.point.tolist(), whole.from_m.tolist(), whole.to_m.tolist()
    ([0, 1], [2.0, 0.0], [8.0, 9.0])
    """
    point = np.concatenate([part.point for part in parts]).astype(np.int64)
    edge = np.concatenate([part.edge for part in parts]).astype(np.int64)
    from_m = np.concatenate([part.from_m for part in parts])
    to_m = np.concatenate([part.to_m for part in parts])
    # Point and edge as one number: one key less to sort by.
    key = point * (edge.max(initial=0) + 1) + edge
    order = np.lexsort((from_m, key))
    key, from_m, to_m = key[order], from_m[order], to_m[order]
    kept = _merge_sorted(key, from_m, to_m)
    return EdgeIntervals(point[order][kept], edge[order][kept], from_m[kept], to_m[kept])


@kernel
def _merge_sorted(key: IndexArray, from_m: FloatArray, to_m: FloatArray) -> IndexArray:
    """Extend the first of each run of rows that touch, in place; return these first rows."""
    kept = np.empty(len(key), dtype=np.int64)
    count = 0
    for row in range(len(key)):
        last = kept[count - 1] if count else 0
        if count and key[last] == key[row] and from_m[row] <= to_m[last]:
            to_m[last] = max(to_m[last], to_m[row])
        else:
            kept[count] = row
            count += 1
    return kept[:count]


def split_at_segments(
    network: WalkingNetwork, edge_first: IndexArray, edge: IndexArray, from_m: FloatArray, to_m: FloatArray
) -> tuple[FloatArray, IndexArray, FloatArray, IndexArray]:
    """Split intervals into the straight segments that they pass; `edge_first` as in `EdgeSegments`.

    Returns
    -------
    segments
        Coordinates of both ends; an interval without length is one segment without length, shape (segments, 4).
    whole
        Segment of the network that each is part of, shape (segments,).
    between_m
        Start and end along it, metres, shape (segments, 2).
    end
        Number of segments up to the end of each interval, shape (intervals,).
    """
    first, last = edge_first[edge], edge_first[edge + 1]
    most = int((last - first).sum())
    segments, whole, between_m = np.empty((most, 4)), np.empty(most, dtype=np.int64), np.empty((most, 2))
    lengths = network.segment_from_m, network.segment_m
    end = _cut(network.segment_xy, lengths, (first, last), (from_m, to_m), (segments, whole, between_m))
    total = end[-1] if len(end) else 0
    return segments[:total], whole[:total], between_m[:total], end


@kernel
def _cut(
    xy: FloatArray,
    lengths: tuple[FloatArray, FloatArray],
    which: tuple[IndexArray, IndexArray],
    stretch: tuple[FloatArray, FloatArray],
    into: tuple[FloatArray, IndexArray, FloatArray],
) -> IndexArray:
    segments, whole, between_m = into
    begins_m, length_m = lengths
    first, last = which
    from_m, to_m = stretch
    end = np.empty(len(first), dtype=np.int64)
    total = 0
    for row in range(len(first)):
        before = total
        nearest, beside = first[row], np.inf
        for i in range(first[row], last[row]):
            low = min(max(from_m[row] - begins_m[i], 0.0), length_m[i])
            high = min(max(to_m[row] - begins_m[i], 0.0), length_m[i])
            apart = abs(begins_m[i] + low - from_m[row])
            if apart < beside:
                nearest, beside = i, apart
            if high > low:
                _write_part(xy, i, low / length_m[i], high / length_m[i], segments[total])
                whole[total], between_m[total, 0], between_m[total, 1] = i, low, high
                total += 1
        if total == before:
            along = min(max(from_m[row] - begins_m[nearest], 0.0) / length_m[nearest], 1.0)
            _write_part(xy, nearest, along, along, segments[total])
            whole[total] = nearest
            between_m[total, 0] = between_m[total, 1] = along * length_m[nearest]
            total += 1
        end[row] = total
    return end


@kernel
def _write_part(xy: FloatArray, i: int, low: float, high: float, segment: FloatArray) -> None:
    """Write the part of segment `i` between two shares of its length, exact at the ends of the segment."""
    for axis in range(2):
        step = xy[i, 2 + axis] - xy[i, axis]
        segment[axis] = xy[i, axis] + step * low if low < 1 else xy[i, 2 + axis]
        segment[2 + axis] = xy[i, axis] + step * high if high < 1 else xy[i, 2 + axis]
