"""Snapping: tie points to street *positions*, all streets within `access_m` considered."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.network.argument_checks import check_access, check_points
from planner.network.compile import map_chunks
from planner.network.network import WalkingNetwork
from planner.network.snap_kernels import SegmentArrays, SnapRows, fill_stretches, find_nearby_segments
from planner.network.spatial_index import block_order, csr_pointers
from planner.network.visibility import BESIDE_M, Barriers, clip_to_visible, is_in_water
from planner.network.walk import FloatArray, IndexArray

TOUCH_M = 1e-6
"""Tolerance: a street exactly `access_m` away is within reach, whatever the last bits of its distance."""

POINTS_AT_LEAST = 2048
"""Least number of points for another thread."""


@dataclass(frozen=True, slots=True, eq=False)
class SnappedPoints:
    """Stretches of street within a free straight walk of `access_m` from each point.

    One row per point and straight segment in reach, ordered by point, then segment; several rows, rising, where
    barriers hide parts of the segment.
    """

    xy: FloatArray
    """Coordinates, shape (points, 2)."""
    access_m: float
    """Longest straight walk between a point and a street, metres."""
    point: IndexArray
    segment: IndexArray
    """`point`, `segment`: The pair, shape (rows,)."""
    from_m: FloatArray
    to_m: FloatArray
    """`from_m`, `to_m`: Stretch of the segment in straight reach, metres along the segment, shape (rows,)."""
    foot_m: FloatArray
    aside_m: FloatArray
    """`foot_m`, `aside_m`: Foot of the perpendicular from the point to the segment's line, metres along the
    segment, and distance of the point to the left of that line (negative: right), shape (rows,)."""
    nearest_m: FloatArray
    """Distance to the nearest street position in reach, metres; if there is none, to the nearest street, which is
    then beyond `access_m` or behind a barrier, shape (points,)."""
    nearest_segment: IndexArray
    """Segment of that street, the first of several as near, shape (points,)."""
    nearest_xy: FloatArray
    """That street position, shape (points, 2)."""
    reaches_street: NDArray[np.bool_]
    """Whether a point reaches a street straight, shape (points,)."""

    def of_points(self, rows: IndexArray) -> SnappedPoints:
        """Return some of the points, in the order of `rows`, which rises."""
        place = np.full(len(self.xy), -1, dtype=np.int64)
        place[rows] = np.arange(len(rows))
        keep = place[self.point] >= 0
        of_rows = {name: getattr(self, name)[keep] for name in ("segment", "from_m", "to_m", "foot_m", "aside_m")}
        of_points = {
            name: getattr(self, name)[rows]
            for name in ("xy", "nearest_m", "nearest_segment", "nearest_xy", "reaches_street")
        }
        return replace(self, point=place[self.point[keep]], **of_rows, **of_points)


@dataclass(frozen=True, slots=True, eq=False)
class AccessPoints:
    """Street positions where a point's walk enters the streets: the ends of its stretches in reach."""

    point: IndexArray
    edge: IndexArray
    """`point`, `edge`: Point and edge, shape (access points,)."""
    along_m: FloatArray
    """Distance along the edge, metres, shape (access points,)."""
    walk_m: FloatArray
    """Straight walk between point and position, metres, shape (access points,)."""


def snap(xy: FloatArray, network: WalkingNetwork, *, access_m: float) -> SnappedPoints:
    """Find the stretches of street within `access_m` of each point that no barrier hides.

    Parameters
    ----------
    xy
        Coordinates in the network's CRS, metres, shape (points, 2).
    network
        The streets.
    access_m
        Longest straight walk between a point and a street, metres, inclusive.

    Returns
    -------
    snaps
        All stretches within reach; a point without any keeps its distance to the nearest street.

    Raises
    ------
    DataError
        The points are not an array of finite numbers, or in degrees or far from the network; or `access_m` is
        negative.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from planner.network.network import build_network
    >>> road = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 100 0)"], crs=32648).to_frame("geometry")
    >>> snaps = snap(np.array([[50.0, 30.0]]), build_network(road), access_m=50.0)
    >>> snaps.from_m.tolist(), snaps.to_m.tolist(), snaps.nearest_m.tolist()
    ([10.0], [90.0], [30.0])
    """
    xy = check_points("snap(xy)", xy, network)
    check_access("snap", access_m)
    order, reach_m = block_order(xy, network.grid), access_m + TOUCH_M
    parts = map_chunks(
        lambda first, last: (
            first,
            find_nearby_segments(network.grid, network.segment_xy, xy, order, first, last, reach_m),
        ),
        len(xy),
        at_least=POINTS_AT_LEAST,
    )
    counts, nearest_segment = np.zeros(len(xy), dtype=np.int64), np.zeros(len(xy), dtype=np.int64)
    nearest_m = np.zeros(len(xy))
    for first, part in parts:
        who = order[first : first + len(part.counts)]
        counts[who], nearest_segment[who], nearest_m[who] = part.counts, part.nearest_segment, part.nearest_m
    pointer = np.concatenate([[0], np.cumsum(counts)])
    size = int(pointer[-1])
    pairs = SnapRows(pointer, np.empty(size, np.int64), np.empty(size, np.int64), np.empty((4, size)))
    segments = SegmentArrays(network.segment_xy, network.segment_m)
    map_chunks(
        lambda first, last: [
            fill_stretches(segments, xy, order, begin, part, float(access_m), pairs)
            for begin, part in parts[first:last]
        ],
        len(parts),
        at_least=1,
    )
    near = SnappedPoints(
        xy=xy,
        access_m=access_m,
        point=pairs.point,
        segment=pairs.segment,
        from_m=pairs.columns[0],
        to_m=pairs.columns[1],
        foot_m=pairs.columns[2],
        aside_m=pairs.columns[3],
        nearest_m=nearest_m,
        nearest_segment=nearest_segment,
        nearest_xy=_nearest_xy(xy, nearest_segment, network),
        reaches_street=counts > 0,
    )
    return near if network.barriers is None else _drop_hidden(near, network, network.barriers)


def _drop_hidden(snaps: SnappedPoints, network: WalkingNetwork, barriers: Barriers) -> SnappedPoints:
    """Return the snapped points without the stretches hidden by barriers."""
    stretches = (csr_pointers(snaps.point, len(snaps.xy)), snaps.segment, snaps.from_m, snaps.to_m)
    reach_m = snaps.access_m + TOUCH_M
    parts = map_chunks(
        lambda first, last: clip_to_visible(
            (barriers.grid, barriers.xy), network.segment_xy, snaps.xy, stretches, first, last, reach_m
        ),
        len(snaps.xy),
        at_least=POINTS_AT_LEAST,
    )
    nothing = (np.zeros(0, dtype=np.int64), np.zeros((0, 2)))
    row, seen = (np.concatenate(part) for part in zip(*(parts or [nothing]), strict=True))
    from_m, to_m = seen.T
    # A point in the water reaches only the bridge on which it lies.
    wet = is_in_water(snaps.xy, barriers)[snaps.point[row]]
    at_m = np.clip(snaps.foot_m[row], from_m, to_m)
    straight_m = np.hypot(at_m - snaps.foot_m[row], snaps.aside_m[row])
    from_m, to_m = np.where(wet, at_m, from_m), np.where(wet, at_m, to_m)
    keep = ~wet | (straight_m <= BESIDE_M)
    row, at_m, straight_m = row[keep], at_m[keep], straight_m[keep]
    point, segment = snaps.point[row], snaps.segment[row]
    order = np.lexsort((straight_m, point))
    nearest = order[np.concatenate([[True], point[order][1:] != point[order][:-1]])[: len(order)]]
    who, share = point[nearest], (at_m[nearest] / network.segment_m[segment[nearest]])[:, None]
    ends = network.segment_xy[segment[nearest]]
    kept = replace(
        snaps,
        point=point,
        segment=segment,
        from_m=from_m[keep],
        to_m=to_m[keep],
        foot_m=snaps.foot_m[row],
        aside_m=snaps.aside_m[row],
        nearest_m=snaps.nearest_m.copy(),
        nearest_segment=snaps.nearest_segment.copy(),
        nearest_xy=snaps.nearest_xy.copy(),
        reaches_street=np.zeros(len(snaps.xy), dtype=bool),
    )
    kept.nearest_m[who], kept.nearest_segment[who] = straight_m[nearest], segment[nearest]
    kept.nearest_xy[who] = ends[:, :2] * (1 - share) + ends[:, 2:] * share
    kept.reaches_street[who] = True
    return kept


def access_points(snaps: SnappedPoints, network: WalkingNetwork) -> AccessPoints:
    """Return both ends of every stretch within reach.

    A walk that leaves the stretches within reach leaves them at one of these ends; inside them the straight walk
    is never longer than any walk along the street.
    """
    rows = np.concatenate([np.arange(len(snaps.point))] * 2)
    on_segment_m = np.concatenate([snaps.from_m, snaps.to_m])
    segment = snaps.segment[rows]
    return AccessPoints(
        point=snaps.point[rows],
        edge=network.segment_edge[segment],
        along_m=network.segment_from_m[segment] + on_segment_m,
        walk_m=np.hypot(on_segment_m - snaps.foot_m[rows], snaps.aside_m[rows]),
    )


def _nearest_xy(xy: FloatArray, segment: IndexArray, network: WalkingNetwork) -> FloatArray:
    start, end = network.segment_xy[segment, :2], network.segment_xy[segment, 2:]
    share = ((xy - start) * (end - start)).sum(axis=1) / network.segment_m[segment] ** 2
    within: FloatArray = np.clip(share, 0.0, 1.0)[:, None]
    return start * (1 - within) + end * within
