"""Service areas: the exact region whose every point is within the limit on foot, and no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.walking.network import WalkingNetwork
from planner.walking.search import Reach, search
from planner.walking.snapping import TOUCH_M, Snaps, doors
from planner.walking.walk import FloatArray, IndexArray, Walk

QUARTER_SEGMENTS = 32
"""Chords a quarter circle. The polygon lies inside the true area by at most 0.03 % of the arc's radius: that is
`access_m`, or, where a centre has less than twice that to walk, up to twice that."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """Stretches of edges that a point reaches.

    Attributes
    ----------
    point, edge
        Whose, and of which edge, shape (rows,).
    from_m, to_m
        Where the stretch begins and ends along the edge, metres, shape (rows,).
    """

    point: IndexArray
    edge: IndexArray
    from_m: FloatArray
    to_m: FloatArray


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
    reach = search(network, facilities, reach_m=walk.metres(max(limits_min)) - walk.access_m)
    lines = network.edge_lines()
    areas = np.empty((len(facilities.xy), len(limits_min)), dtype=object)
    for column, limit_min in enumerate(limits_min):
        limit_m = walk.metres(limit_min)
        full = _reached(network, facilities, reach, limit_m - walk.access_m)
        discs = _group(full.point, _buffers(network, lines, full, walk.access_m), len(areas))
        small = _smaller_discs(network, facilities, limit_m) if limit_m < 2 * walk.access_m else {}
        for row in range(len(areas)):
            parts = [*discs.get(row, ()), *small.get(row, ())]
            areas[row, column] = shapely.union_all(parts) if parts else shapely.Polygon()
    return areas


def _reached(network: WalkingNetwork, facilities: Snaps, reach: Reach, reach_m: float) -> Stretches:
    """Return the stretches of street that each facility reaches within `reach_m`."""
    if reach_m < 0:
        nothing = np.zeros(0, dtype=np.int64)
        return Stretches(nothing, nothing, np.zeros(0), np.zeros(0))
    parts = [_from_nodes(network, reach, reach_m), _from_doors(network, facilities, reach_m)]
    straight = _in_straight_reach(network, facilities, min(reach_m, facilities.access_m))
    return _joined([*parts, straight])


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


def _joined(parts: Sequence[Stretches]) -> Stretches:
    """Return all stretches with those that touch on the same edge of the same point made one."""
    point = np.concatenate([part.point for part in parts])
    edge = np.concatenate([part.edge for part in parts])
    from_m = np.concatenate([part.from_m for part in parts])
    to_m = np.concatenate([part.to_m for part in parts])
    order = np.lexsort((to_m, from_m, edge, point))
    point, edge, from_m, to_m = point[order], edge[order], from_m[order], to_m[order]
    kept_point: list[int] = []
    kept_edge: list[int] = []
    kept_from: list[float] = []
    kept_to: list[float] = []
    current: tuple[int, int] | None = None
    for p, e, low, high in zip(point.tolist(), edge.tolist(), from_m.tolist(), to_m.tolist(), strict=True):
        if current == (p, e) and low <= kept_to[-1]:
            kept_to[-1] = max(kept_to[-1], high)
            continue
        current = (p, e)
        kept_point.append(p)
        kept_edge.append(e)
        kept_from.append(low)
        kept_to.append(high)
    return Stretches(
        np.array(kept_point, dtype=np.int64),
        np.array(kept_edge, dtype=np.int64),
        np.array(kept_from, dtype=np.float64),
        np.array(kept_to, dtype=np.float64),
    )


def _buffers(
    network: WalkingNetwork, lines: NDArray[np.object_], stretches: Stretches, radius_m: float
) -> NDArray[np.object_]:
    """Return the discs along every stretch, made once for each edge that is reached whole."""
    buffers = np.empty(len(stretches.edge), dtype=object)
    whole = (stretches.from_m <= 0) & (stretches.to_m >= network.edge_m[stretches.edge])
    edges, back = np.unique(stretches.edge[whole], return_inverse=True)
    buffers[whole] = shapely.buffer(lines[edges], radius_m, quad_segs=QUARTER_SEGMENTS)[back]
    cut = _cut(network, stretches, np.flatnonzero(~whole))
    buffers[~whole] = shapely.buffer(cut, radius_m, quad_segs=QUARTER_SEGMENTS)
    return buffers


def _cut(network: WalkingNetwork, stretches: Stretches, rows: IndexArray) -> NDArray[np.object_]:
    """Return the geometry of the stretches at `rows`: lines, or points where a stretch has no length."""
    first = np.searchsorted(network.segment_edge, stretches.edge[rows], side="left")
    last = np.searchsorted(network.segment_edge, stretches.edge[rows], side="right")
    cut = np.empty(len(rows), dtype=object)
    for i, row in enumerate(rows):
        segments = slice(first[i], last[i])
        begins = network.segment_from_m[segments]
        length = network.segment_m[segments]
        low = np.clip(stretches.from_m[row] - begins, 0.0, length) / length
        high = np.clip(stretches.to_m[row] - begins, 0.0, length) / length
        touched = high > low
        if not touched.any():
            nearest = np.abs(begins + low * length - stretches.from_m[row]).argmin()
            xy = network.segment_xy[segments][nearest]
            cut[i] = shapely.Point(xy[:2] + (xy[2:] - xy[:2]) * low[nearest])
            continue
        xy = network.segment_xy[segments][touched]
        step = xy[:, 2:] - xy[:, :2]
        starts = xy[:, :2] + step * low[touched, None]
        end = xy[-1, :2] + step[-1] * high[touched][-1]
        cut[i] = shapely.LineString(np.vstack([starts, end]))
    return cut


def _smaller_discs(
    network: WalkingNetwork, facilities: Snaps, limit_m: float
) -> dict[int, list[shapely.Geometry]]:
    """Return, by facility, the discs of radius ``limit_m − |Pq| < access_m`` around its own street positions q."""
    outer_m = min(facilities.access_m, limit_m)
    inner_m = max(limit_m - facilities.access_m, 0.0)
    found: dict[int, list[shapely.Geometry]] = {}
    for row in range(len(facilities.point)):
        aside = abs(float(facilities.aside_m[row]))
        if aside > outer_m:
            continue
        foot, length = float(facilities.foot_m[row]), float(network.segment_m[facilities.segment[row]])
        half = (outer_m**2 - aside**2) ** 0.5
        low, high = max(foot - half, 0.0), min(foot + half, length)
        gap = (inner_m**2 - aside**2) ** 0.5 if aside < inner_m else 0.0
        stretches = ((low, min(high, foot - gap)), (max(low, foot + gap), high)) if gap else ((low, high),)
        ends = network.segment_xy[facilities.segment[row]].reshape(2, 2)
        along = (ends[1] - ends[0]) / length
        point = int(facilities.point[row])
        for begin, end in stretches:
            if begin <= end:
                found.setdefault(point, []).extend(
                    _within_sum(facilities.xy[point], ends[0] + along * begin, ends[0] + along * end, limit_m)
                )
    return found


def _within_sum(origin: FloatArray, begin: FloatArray, end: FloatArray, limit_m: float) -> list[shapely.Geometry]:
    """Return every p with ``|origin q| + |q p| ≤ limit_m`` for some q between `begin` and `end`.

    Beyond the street a straight walk through it is a circle around the origin; on the near side it is a circle
    around the origin's mirror image; past the two ends it is a disc around the end.
    """
    distances = [float(np.hypot(*(q - origin))) for q in (begin, end)]
    parts: list[shapely.Geometry] = [
        shapely.buffer(shapely.Point(q), max(limit_m - distance, 0.0), quad_segs=QUARTER_SEGMENTS)
        for q, distance in zip((begin, end), distances, strict=True)
    ]
    step = end - begin
    length = float(np.hypot(*step))
    if length <= TOUCH_M:
        return parts
    normal = np.array([-step[1], step[0]]) / length
    aside = float((origin - begin) @ normal)
    if abs(aside) <= TOUCH_M:
        # The origin stands on the street: where it stands between the ends, its own disc is the largest.
        foot_m = float((origin - begin) @ step) / length
        if 0 <= foot_m <= length:
            parts.append(shapely.buffer(shapely.Point(origin), limit_m, quad_segs=QUARTER_SEGMENTS))
        return parts
    for centre in (origin, origin - 2 * aside * normal):
        first, last = (np.arctan2(*(q - centre)[::-1]) for q in (begin, end))
        turn = (last - first + np.pi) % (2 * np.pi) - np.pi
        chords = max(2, int(np.ceil(abs(turn) / (np.pi / 2) * QUARTER_SEGMENTS)))
        angles = first + turn * np.linspace(0.0, 1.0, chords + 1)
        arc = centre + limit_m * np.column_stack([np.cos(angles), np.sin(angles)])
        # Where the walk ends at an end of the stretch, that end is on the arc already.
        before = [begin[None]] if limit_m - distances[0] > TOUCH_M else []
        after = [end[None]] if limit_m - distances[1] > TOUCH_M else []
        parts.append(shapely.Polygon(np.vstack([*before, arc, *after])))
    return parts


def _group(point: IndexArray, shapes: NDArray[np.object_], n_points: int) -> dict[int, list[shapely.Geometry]]:
    border = np.searchsorted(point, np.arange(n_points + 1))
    return {
        row: list(shapes[border[row] : border[row + 1]])
        for row in range(n_points)
        if border[row] < border[row + 1]
    }
