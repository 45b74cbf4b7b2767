"""Intervals along edges: merged where they touch, and split into straight segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.network.compile import kernel
from planner.network.network import WalkingNetwork
from planner.network.walk import FloatArray, IndexArray


@dataclass(frozen=True, slots=True, eq=False)
class EdgeIntervals:
    """Intervals along edges that points reach.

    Attributes
    ----------
    point, edge
        Point and edge of each interval, shape (intervals,).
    from_m, to_m
        Ends of the interval along the edge, metres, shape (intervals,).
    """

    point: IndexArray
    edge: IndexArray
    from_m: FloatArray
    to_m: FloatArray


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
