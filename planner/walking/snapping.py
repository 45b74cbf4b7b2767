"""Snapping: tie points to street *positions*, all streets within `access_m` considered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.walking.compiling import in_chunks
from planner.walking.network import WalkingNetwork
from planner.walking.snap_kernels import Pairs, Segments, fill_stretches, find_around
from planner.walking.walk import FloatArray, IndexArray

TOUCH_M = 1e-6
"""A street exactly `access_m` away is within reach, whatever the last bits of the distance say."""

POINTS_AT_LEAST = 2048
"""Fewer points are not worth a thread."""


@dataclass(frozen=True, slots=True, eq=False)
class Snaps:
    """Which stretches of street lie within `access_m` of each point.

    One row a pair of a point and a straight segment in reach, ordered by point, then segment.

    Attributes
    ----------
    xy
        The points, shape (points, 2).
    access_m
        How far the straight walk between a point and a street may be, metres.
    point, segment
        The pair, shape (rows,).
    from_m, to_m
        The stretch of the segment that lies within `access_m`, metres along the segment, shape (rows,).
    foot_m, aside_m
        The foot of the perpendicular from the point to the segment's line, metres along the segment, and how far
        the point stands to the left of that line (negative: right), shape (rows,).
    nearest_m
        Distance to the nearest street, metres; also where it is beyond `access_m`, shape (points,).
    nearest_segment
        The segment of that street, the first where several are as near, shape (points,).
    nearest_xy
        The nearest street position, shape (points, 2).
    """

    xy: FloatArray
    access_m: float
    point: IndexArray
    segment: IndexArray
    from_m: FloatArray
    to_m: FloatArray
    foot_m: FloatArray
    aside_m: FloatArray
    nearest_m: FloatArray
    nearest_segment: IndexArray
    nearest_xy: FloatArray

    @property
    def reaches_street(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which points have a street within `access_m`, shape (points,)."""
        return self.nearest_m <= self.access_m + TOUCH_M


@dataclass(frozen=True, slots=True, eq=False)
class Doors:
    """Street positions where a point's walk meets the streets: the ends of its stretches in reach.

    Attributes
    ----------
    point, edge
        Whose, and on which edge, shape (doors,).
    along_m
        How far along the edge, metres, shape (doors,).
    walk_m
        The straight walk between the point and the position, metres, shape (doors,).
    """

    point: IndexArray
    edge: IndexArray
    along_m: FloatArray
    walk_m: FloatArray


def snap(xy: FloatArray, network: WalkingNetwork, *, access_m: float) -> Snaps:
    """Find the stretches of street within `access_m` of each point.

    Parameters
    ----------
    xy
        The points in the network's CRS, metres, shape (points, 2).
    network
        The streets.
    access_m
        How far people walk straight between a door and a street, metres, inclusive.

    Returns
    -------
    snaps
        All stretches within reach; a point without any keeps its distance to the nearest street.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from planner.walking.network import build_network
    >>> road = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 100 0)"], crs=32648).to_frame("geometry")
    >>> snaps = snap(np.array([[50.0, 30.0]]), build_network(road), access_m=50.0)
    >>> snaps.from_m.tolist(), snaps.to_m.tolist(), snaps.nearest_m.tolist()
    ([10.0], [90.0], [30.0])
    """
    xy = np.ascontiguousarray(xy, dtype=np.float64)
    parts = in_chunks(
        lambda first, last: find_around(network.grid, network.segment_xy, xy, first, last, access_m + TOUCH_M),
        len(xy),
        at_least=POINTS_AT_LEAST,
    ) or [find_around(network.grid, network.segment_xy, xy, 0, 0, access_m)]
    counts, segment, nearest_segment, nearest_m = (np.concatenate(part) for part in zip(*parts, strict=True))
    pairs = Pairs(np.repeat(np.arange(len(xy)), counts), segment)
    segments, columns = Segments(network.segment_xy, network.segment_m), np.empty((4, len(segment)))
    in_chunks(
        lambda first, last: fill_stretches(segments, xy, pairs, float(access_m), first, last, columns),
        len(segment),
        at_least=POINTS_AT_LEAST,
    )
    return Snaps(
        xy=xy,
        access_m=access_m,
        point=pairs.point,
        segment=segment,
        from_m=columns[0],
        to_m=columns[1],
        foot_m=columns[2],
        aside_m=columns[3],
        nearest_m=nearest_m,
        nearest_segment=nearest_segment,
        nearest_xy=_nearest_xy(xy, nearest_segment, network),
    )


def doors(snaps: Snaps, network: WalkingNetwork) -> Doors:
    """Return both ends of every stretch within reach.

    A walk that leaves the stretches within reach leaves them at one of these ends; inside them the straight walk
    is never longer than any walk along the street.
    """
    rows = np.concatenate([np.arange(len(snaps.point))] * 2)
    on_segment_m = np.concatenate([snaps.from_m, snaps.to_m])
    segment = snaps.segment[rows]
    return Doors(
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
