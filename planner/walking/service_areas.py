"""Service areas: the exact region whose every point is within the limit on foot, and no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.walking.capsules import QUARTER_SEGMENTS, Wholes, capsule_unions, wholes
from planner.walking.compiling import in_chunks
from planner.walking.network import WalkingNetwork
from planner.walking.search import Reach, search
from planner.walking.small_discs import small_discs
from planner.walking.snapping import Snaps, doors
from planner.walking.stretches import Stretches, cut, joined
from planner.walking.walk import IndexArray, Walk

POINTS_AT_LEAST = 8
"""Fewer areas are not worth a thread."""


def service_areas(
    network: WalkingNetwork, facilities: Snaps, *, walk: Walk, limits_min: Sequence[float]
) -> NDArray[np.object_]:
    """Draw what each facility reaches within each limit.

    The area is the union of discs around every reached street position, of radius ``min(access_m, what is left of
    the walk)``. A disc farther out lies inside the last full one, so the streets reached within the limit less
    `access_m`, buffered by `access_m`, are all of it; where the facility stands so far back that its own streets
    are reached with less than `access_m` left, the smaller discs are added.

    Parameters
    ----------
    network
        The streets.
    facilities
        Where the facilities meet them.
    walk
        Speed and access.
    limits_min
        Limits in minutes, rising, inclusive.

    Returns
    -------
    areas
        Valid polygons (empty where no street is reached), shape (facilities, limits). Circles are drawn with
        32 chords a quarter, inside the true circle.
    """
    limits_m = [walk.metres(limit_min) for limit_min in limits_min]
    reach = search(network, facilities, reach_m=max(limits_m) - walk.access_m)
    full = [_reached(network, facilities, reach, limit_m - walk.access_m) for limit_m in limits_m]
    streets = _Streets.of(network, full, walk.access_m)
    areas = np.empty((len(facilities.xy), len(limits_min)), dtype=object)
    for column, limit_m in enumerate(limits_m):
        areas[:, column] = _full_discs(streets, full[column], len(areas))
        if limit_m < 2 * walk.access_m:
            areas[:, column] = _add_small_discs(areas[:, column], network, facilities, limit_m)
    return areas


@dataclass(frozen=True, slots=True, eq=False)
class _Streets:
    """Streets to be drawn with one radius: which segments are near one another is found once for all areas.

    Attributes
    ----------
    number
        The position of each segment of the network among those in question, shape (segments,).
    """

    network: WalkingNetwork
    radius_m: float
    number: IndexArray
    wholes: Wholes

    @classmethod
    def of(cls, network: WalkingNetwork, stretches: Sequence[Stretches], radius_m: float) -> _Streets:
        """Look at the edges that any of the stretches passes."""
        is_passed = np.zeros(len(network.edge_m), dtype=np.bool_)
        for each in stretches:
            is_passed[each.edge] = True
        in_question = is_passed[network.segment_edge]
        number = np.cumsum(in_question) - 1
        return cls(network, radius_m, number, wholes(network.segment_xy[in_question], radius_m))


def _full_discs(streets: _Streets, stretches: Stretches, n_points: int) -> NDArray[np.object_]:
    """Return the union of the discs along the stretches of every point, shape (points,)."""
    border = np.searchsorted(stretches.point, np.arange(n_points + 1))

    def draw(first: int, last: int) -> NDArray[np.object_]:
        rows = slice(border[first], border[last])
        segments, whole, end = cut(
            streets.network, stretches.edge[rows], stretches.from_m[rows], stretches.to_m[rows]
        )
        # The segments of a point end where those of its last stretch do.
        ends = np.concatenate([[0], end])[border[first : last + 1] - border[first]][1:-1]
        parts_of = streets.wholes, np.split(streets.number[whole], ends)
        areas, _ = capsule_unions(np.split(segments, ends), streets.radius_m, parts_of=parts_of)
        return areas

    return np.concatenate([np.empty(0, dtype=object), *in_chunks(draw, n_points, at_least=POINTS_AT_LEAST)])


def _reached(network: WalkingNetwork, facilities: Snaps, reach: Reach, reach_m: float) -> Stretches:
    """Return the stretches of street that each facility reaches within `reach_m`."""
    if reach_m < 0:
        nothing = np.zeros(0, dtype=np.int64)
        return Stretches(nothing, nothing, np.zeros(0), np.zeros(0))
    parts = [_from_nodes(network, reach, reach_m), _from_doors(network, facilities, reach_m)]
    straight = _in_straight_reach(network, facilities, min(reach_m, facilities.access_m))
    return joined([*parts, straight])


def _from_nodes(network: WalkingNetwork, reach: Reach, reach_m: float) -> Stretches:
    inside = reach.metres <= reach_m
    point, node, left_m = reach.point[inside], reach.node[inside], reach_m - reach.metres[inside]
    edge_end = network.edge_nodes.ravel()
    order = np.argsort(edge_end, kind="stable")
    pointer = np.concatenate([[0], np.cumsum(np.bincount(edge_end, minlength=len(network.node_xy)))])
    count = pointer[node + 1] - pointer[node]
    row = np.repeat(np.arange(len(node)), count)
    which = order[pointer[node][row] + np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)]
    edge, at_end = which // 2, which % 2 == 1
    length = network.edge_m[edge]
    far = np.minimum(left_m[row], length)
    return Stretches(point[row], edge, np.where(at_end, length - far, 0.0), np.where(at_end, length, far))


def _from_doors(network: WalkingNetwork, facilities: Snaps, reach_m: float) -> Stretches:
    at = doors(facilities, network)
    left_m = reach_m - at.walk_m
    inside = left_m >= 0
    point, edge, along_m, left_m = at.point[inside], at.edge[inside], at.along_m[inside], left_m[inside]
    return Stretches(
        point, edge, np.maximum(along_m - left_m, 0.0), np.minimum(along_m + left_m, network.edge_m[edge])
    )


def _in_straight_reach(network: WalkingNetwork, facilities: Snaps, radius_m: float) -> Stretches:
    half = np.sqrt(np.maximum(radius_m**2 - facilities.aside_m**2, 0.0))
    length = network.segment_m[facilities.segment]
    low = np.maximum(facilities.foot_m - half, 0.0)
    high = np.minimum(facilities.foot_m + half, length)
    inside = (np.abs(facilities.aside_m) <= radius_m) & (low <= high)
    base = network.segment_from_m[facilities.segment[inside]]
    edge = network.segment_edge[facilities.segment[inside]]
    return Stretches(facilities.point[inside], edge, base + low[inside], base + high[inside])


def _add_small_discs(
    areas: NDArray[np.object_], network: WalkingNetwork, facilities: Snaps, limit_m: float
) -> NDArray[np.object_]:
    """Return the areas with the discs around the street positions that are reached with less than `access_m`."""
    point, shapes = small_discs(facilities, network.segment_xy, limit_m=limit_m, quarter_segments=QUARTER_SEGMENTS)
    shapely.prepare(areas)
    adds = ~shapely.covers(areas[point], shapes)
    point, shapes = point[adds], shapes[adds]
    border = np.searchsorted(point, np.arange(len(areas) + 1))
    return np.array(
        [shapely.union_all([area, *shapes[border[row] : border[row + 1]]]) for row, area in enumerate(areas)],
        dtype=object,
    )
