"""Snapping: tie points to street *positions*, all streets within `access_m` considered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from planner.walking.network import WalkingNetwork
from planner.walking.walk import FloatArray, IndexArray

TOUCH_M = 1e-6
"""A street exactly `access_m` away is within reach, whatever the last bits of the distance say."""


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
    points = shapely.points(xy)
    tree = shapely.STRtree(network.segment_lines())
    point, segment = tree.query(points, predicate="dwithin", distance=access_m + TOUCH_M)
    order = np.lexsort((segment, point))
    point, segment = point[order], segment[order]
    foot_m, aside_m = _foot(xy[point], segment, network)
    half = np.sqrt(np.maximum(access_m**2 - aside_m**2, 0.0))
    length = network.segment_m[segment]
    nearest_segment, nearest_m, nearest_xy = _nearest(xy, tree, network)
    return Snaps(
        xy=xy,
        access_m=access_m,
        point=point,
        segment=segment,
        from_m=np.clip(foot_m - half, 0.0, length),
        to_m=np.clip(foot_m + half, 0.0, length),
        foot_m=foot_m,
        aside_m=aside_m,
        nearest_m=nearest_m,
        nearest_segment=nearest_segment,
        nearest_xy=nearest_xy,
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


def outer_doors(snaps: Snaps, network: WalkingNetwork) -> Doors:
    """Return the ends that lie `access_m` away: where every walk from farther off enters the point's reach."""
    every = doors(snaps, network)
    outer = every.walk_m >= snaps.access_m - TOUCH_M
    return Doors(every.point[outer], every.edge[outer], every.along_m[outer], every.walk_m[outer])


def _foot(xy: FloatArray, segment: IndexArray, network: WalkingNetwork) -> tuple[FloatArray, FloatArray]:
    start, end = network.segment_xy[segment, :2], network.segment_xy[segment, 2:]
    along = (end - start) / network.segment_m[segment, None]
    offset = xy - start
    foot_m = (offset * along).sum(axis=1)
    aside_m = along[:, 0] * offset[:, 1] - along[:, 1] * offset[:, 0]
    return foot_m, aside_m


def _nearest(
    xy: FloatArray, tree: shapely.STRtree, network: WalkingNetwork
) -> tuple[IndexArray, FloatArray, FloatArray]:
    point, segment = tree.query_nearest(shapely.points(xy), all_matches=True)
    order = np.lexsort((segment, point))
    point, segment = point[order], segment[order]
    first = np.concatenate([[True], point[1:] != point[:-1]])[: len(point)]
    segment = segment[first]
    foot_m, _ = _foot(xy, segment, network)
    share = np.clip(foot_m / network.segment_m[segment], 0.0, 1.0)[:, None]
    nearest_xy = network.segment_xy[segment, :2] * (1 - share) + network.segment_xy[segment, 2:] * share
    return segment, np.hypot(*(xy - nearest_xy).T), nearest_xy
