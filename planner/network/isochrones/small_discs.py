"""Discs smaller than `access_m` around the street positions that a facility reaches straight, with little left.

Where the walk from a facility at P to a street position q is straight, the disc around q has the radius
``limit_m − |P q|``. Of these discs only those around positions in plain sight count: where ``P q`` crosses another
such street at s, the disc around s holds the disc around q. What the discs along a straight stretch in sight cover
is bounded by four arcs: beyond the street one around P, on the near side one around the mirror image of P, and one
around each end of the stretch.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.network.compile import ZERO, kernel
from planner.network.snapping import TOUCH_M, SnappedPoints
from planner.network.walk import FloatArray, IndexArray

EDGE_ON = 1e-9
"""A stretch whose line passes P at a smaller angle than this, as sine, is edge-on."""

SAME_M, SAME_ANGLE = 1e-6, 1e-12
"""Positions and directions nearer to one another than this are equal."""


def small_discs(
    snaps: SnappedPoints, segment_xy: FloatArray, *, limit_m: float, quarter_segments: int
) -> tuple[IndexArray, NDArray[np.object_]]:
    """Return, by facility, shapes whose union is that of the discs along the stretches with little left.

    Parameters
    ----------
    snaps
        Facilities snapped to the streets.
    segment_xy
        Both ends of each segment of the network, shape (segments, 4).
    limit_m
        Longest walk.
    quarter_segments
        Chords a quarter circle.

    Returns
    -------
    point, shapes
        The facility and a polygon of each, shape (shapes,). The disc around a position that is reached with
        exactly `access_m` left is not among them.
    """
    inner_m, outer_m = max(limit_m - snaps.access_m, 0.0), min(snaps.access_m, limit_m)
    ends, first = _stretches(snaps, segment_xy, inner_m, outer_m)
    if not len(ends):
        return np.zeros(0, dtype=np.int64), np.empty(0, dtype=object)
    point, parts, rounded = _in_sight(ends, first)
    xy, ring_end = _outlines(parts, rounded, snaps.xy[point], (limit_m, inner_m), quarter_segments)
    # Where nothing is left of the walk the outline is a point.
    has_area = np.diff(ring_end, prepend=0) > 0
    point, ring_end = point[has_area], ring_end[has_area]
    rings = np.arange(len(ring_end) + 1)
    shapes = shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy, (np.concatenate([[0], ring_end]), rings))
    return point, shapes


def stretches_within(
    snaps: SnappedPoints, inner_m: float, outer_m: float
) -> tuple[IndexArray, FloatArray, FloatArray]:
    """Return the rows of `snaps` with a stretch between two distances, and its start and end."""
    foot, aside = snaps.foot_m, snaps.aside_m
    wide = np.sqrt(np.maximum(outer_m**2 - aside**2, 0.0))
    gap = np.sqrt(np.maximum(inner_m**2 - aside**2, 0.0))
    low, high = np.maximum(snaps.from_m, foot - wide), np.minimum(snaps.to_m, foot + wide)
    near = (np.abs(aside) <= outer_m + TOUCH_M) & (low <= high)
    # One stretch where the inner circle does not reach the street, else one on either side of it.
    whole, before, after = (
        np.flatnonzero(near & chosen)
        for chosen in (gap == 0, (gap > 0) & (low < foot - gap), (gap > 0) & (high > foot + gap))
    )
    from_m = np.concatenate([low[whole], low[before], np.maximum(low, foot + gap)[after]])
    to_m = np.concatenate([high[whole], np.minimum(high, foot - gap)[before], high[after]])
    return np.concatenate([whole, before, after]), from_m, to_m


def _stretches(
    snaps: SnappedPoints, segment_xy: FloatArray, inner_m: float, outer_m: float
) -> tuple[FloatArray, IndexArray]:
    """Return the stretches from `inner_m` to `outer_m` away, seen from their facility, ordered by facility.

    Each begins and ends so that it is passed counter-clockwise.
    """
    row, from_m, to_m = stretches_within(snaps, inner_m, outer_m)
    begin = segment_xy[snaps.segment[row], :2] - snaps.xy[snaps.point[row]]
    end = segment_xy[snaps.segment[row], 2:] - snaps.xy[snaps.point[row]]
    length = np.hypot(*(end - begin).T)
    along = (end - begin) / length[:, None]
    # Ends of segments to the last bit, so that stretches which meet there meet.
    one, other = begin + along * from_m[:, None], begin + along * to_m[:, None]
    at_begin, at_end = from_m <= 0, to_m >= length
    one[at_begin], other[at_end] = begin[at_begin], end[at_end]
    clockwise = one[:, 0] * other[:, 1] < one[:, 1] * other[:, 0]
    one[clockwise], other[clockwise] = other[clockwise], one[clockwise]
    order = np.argsort(snaps.point[row], kind="stable")
    counts = np.bincount(snaps.point[row], minlength=len(snaps.xy))
    return np.hstack([one, other])[order], np.concatenate([[0], np.cumsum(counts)])


@kernel
def _in_sight(  # noqa: C901 -- a call in the loop costs more than the step
    ends: FloatArray, first: IndexArray
) -> tuple[IndexArray, FloatArray, NDArray[np.bool_]]:
    """Return the parts of stretches that their facility sees past the others, and which of their ends count.

    An end counts where the stretch ends there; where another stretch hides the rest, that one's disc is larger.
    """
    most = 0
    for p in range(len(first) - 1):
        most = max(most, first[p + 1] - first[p])
    room = 4 * len(ends) + 16
    point, parts = np.empty(room, dtype=np.int64), np.empty((room, 4))
    rounded = np.empty((room, 2), dtype=np.bool_)
    count = 0
    for p in range(len(first) - 1):
        mine = ends[first[p] : first[p + 1]]
        spots, owner = _nearest_around(mine)
        n = len(owner)
        start = 0
        while start < n and owner[start] == owner[start - 1]:
            start += 1
        if count + n + len(mine) > len(point):
            more = count + n + len(mine) + len(point)
            point = np.concatenate((point, np.empty(more, dtype=np.int64)))
            parts = np.concatenate((parts, np.empty((more, 4))))
            rounded = np.concatenate((rounded, np.empty((more, 2), dtype=np.bool_)))
        step = 0
        while step < n:
            k = owner[(start + step) % n]
            begin = (start + step) % n
            while step < n and owner[(start + step) % n] == k:
                step += 1
            end = (start + step) % n
            if k < 0:
                continue
            point[count] = p
            for side in range(2):
                spot = spots[end] if side else spots[begin]
                x, y = mine[k, 2 * side], mine[k, 2 * side + 1]
                seen_x, seen_y = _where_seen(mine[k], spot)
                is_end = abs(seen_x - x) + abs(seen_y - y) < SAME_M
                parts[count, 2 * side] = x if is_end else seen_x
                parts[count, 2 * side + 1] = y if is_end else seen_y
                rounded[count, side] = is_end
            wide = abs(parts[count, 2] - parts[count, 0]) + abs(parts[count, 3] - parts[count, 1])
            if wide < SAME_M:
                parts[count, 2], parts[count, 3] = parts[count, 0], parts[count, 1]
            # A part without width adds a disc if an end of the stretch is in it, else nothing.
            count += wide >= SAME_M or rounded[count, 0] or rounded[count, 1]
        for k in range(len(mine)):
            if _is_edge_on(mine[k]):
                dx, dy = mine[k, 2] - mine[k, 0], mine[k, 3] - mine[k, 1]
                share = -(mine[k, 0] * dx + mine[k, 1] * dy) / max(dx * dx + dy * dy, SAME_M * SAME_M)
                share = min(max(share, 0.0), 1.0)
                point[count] = p
                parts[count, 0] = parts[count, 2] = mine[k, 0] + share * dx
                parts[count, 1] = parts[count, 3] = mine[k, 1] + share * dy
                rounded[count, 0] = rounded[count, 1] = True
                count += 1
    return point[:count], parts[:count], rounded[:count]


@kernel
def _is_edge_on(stretch: FloatArray) -> bool:
    cross = stretch[0] * stretch[3] - stretch[1] * stretch[2]
    both = (stretch[0] ** 2 + stretch[1] ** 2) * (stretch[2] ** 2 + stretch[3] ** 2)
    return bool(cross <= EDGE_ON * np.sqrt(both))


@kernel
def _where_seen(stretch: FloatArray, spot: FloatArray) -> tuple[float, float]:
    """Return the position where the ray from the origin through `spot` meets the line of the stretch."""
    step_x, step_y = stretch[2] - stretch[0], stretch[3] - stretch[1]
    share = (stretch[0] * step_y - stretch[1] * step_x) / (spot[0] * step_y - spot[1] * step_x)
    return spot[0] * share, spot[1] * share


@kernel
def _turning_points(mine: FloatArray, edge_on: NDArray[np.bool_]) -> FloatArray:
    """Return the ends and crossings of the stretches, unordered, and mark those that are edge-on."""
    n = len(mine)
    spots, total = np.empty((2 * n, 2)), 0
    for k in range(n):
        edge_on[k] = _is_edge_on(mine[k])
        if edge_on[k]:
            continue
        for side in range(2):
            if total + 1 >= len(spots):
                spots = np.concatenate((spots, np.empty_like(spots)))
            spots[total, 0], spots[total, 1] = mine[k, 2 * side], mine[k, 2 * side + 1]
            total += 1
        ax, ay, dx, dy = mine[k, 0], mine[k, 1], mine[k, 2] - mine[k, 0], mine[k, 3] - mine[k, 1]
        for j in range(k):
            bx, by, ex, ey = mine[j, 0], mine[j, 1], mine[j, 2] - mine[j, 0], mine[j, 3] - mine[j, 1]
            across = dx * ey - dy * ex
            if across != 0.0:
                on_k, on_j = ((bx - ax) * ey - (by - ay) * ex) / across, ((bx - ax) * dy - (by - ay) * dx) / across
                if 0.0 < on_k < 1.0 and 0.0 < on_j < 1.0:
                    if total + 1 >= len(spots):
                        spots = np.concatenate((spots, np.empty_like(spots)))
                    spots[total, 0], spots[total, 1] = ax + on_k * dx, ay + on_k * dy
                    total += 1
    return spots[:total]


@kernel
def _nearest_around(mine: FloatArray) -> tuple[FloatArray, IndexArray]:
    """Return directions in which the nearest stretch may change, turning left, and the one after each or −1."""
    n = len(mine)
    edge_on = np.empty(n, dtype=np.bool_)
    spots = _turning_points(mine, edge_on)
    total = len(spots)
    angles = np.arctan2(spots[:, 1], spots[:, 0])
    order = np.argsort(angles)
    spots, angles = spots[order], angles[order]
    owner = np.full(total, -1, dtype=np.int64)
    for i in range(total):
        x0, y0, x1, y1 = spots[i, 0], spots[i, 1], spots[(i + 1) % total, 0], spots[(i + 1) % total, 1]
        per0, per1 = 1.0 / np.sqrt(x0 * x0 + y0 * y0), 1.0 / np.sqrt(x1 * x1 + y1 * y1)
        x0, y0, x1, y1 = x0 * per0, y0 * per0, x1 * per1, y1 * per1
        width = angles[i + 1] - angles[i] if i + 1 < total else angles[0] + 2 * np.pi - angles[i]
        if width < SAME_ANGLE:
            owner[i] = owner[i - 1]
        if width < SAME_ANGLE or width >= np.pi:
            continue
        ux, uy = x0 + x1, y0 + y1
        best = np.inf
        for k in range(n):
            bx, by, ex, ey = mine[k, 0], mine[k, 1], mine[k, 2], mine[k, 3]
            if not edge_on[k] and bx * uy - by * ux > 0.0 and ux * ey - uy * ex > 0.0:
                share = (bx * ey - by * ex) / (ux * (ey - by) - uy * (ex - bx))
                if share < best:
                    best = share
                    owner[i] = k
    return spots, owner


@kernel
def _outlines(
    parts: FloatArray, rounded: NDArray[np.bool_], origin: FloatArray, sizes: tuple[float, float], quarter: int
) -> tuple[FloatArray, IndexArray]:
    """Return the closed outlines of the discs along each part, one after the other."""
    limit, inner = sizes
    step = np.pi / (2 * quarter)
    ring_end = np.empty(len(parts), dtype=np.int64)
    # All around, and the ends of four arcs.
    xy = np.empty((len(parts) * (4 * quarter + 16), 2))
    total = ZERO
    for row in range(len(parts)):
        first = total
        x, y = origin[row, 0], origin[row, 1]
        bx, by, ex, ey = parts[row, 0], parts[row, 1], parts[row, 2], parts[row, 3]
        to_b, to_e = np.sqrt(bx * bx + by * by), np.sqrt(ex * ex + ey * ey)
        left_b, left_e = max(limit - to_b, 0.0), max(limit - to_e, 0.0)
        if bx == ex and by == ey:
            total = _arc(xy, (total, first), (x + bx, y + by, left_b), 0.0, 2 * np.pi, step)
        else:
            length = np.sqrt((ex - bx) ** 2 + (ey - by) ** 2)
            nx, ny = (ey - by) / length, (bx - ex) / length
            aside = bx * nx + by * ny
            mx, my = 2 * aside * nx, 2 * aside * ny
            far_b, far_e = np.arctan2(by, bx), np.arctan2(ey, ex)
            near_b, near_e = np.arctan2(by - my, bx - mx), np.arctan2(ey - my, ex - mx)
            total = _arc(xy, (total, first), (x, y, limit), far_b, _soon_after(far_b, far_e), step)
            if rounded[row, 1] and to_e > inner:
                total = _arc(xy, (total, first), (x + ex, y + ey, left_e), far_e, near_e, step)
            else:
                total = _add(xy, total, first, x + ex, y + ey)
            total = _arc(xy, (total, first), (x + mx, y + my, limit), near_e, _soon_after(near_e, near_b), step)
            if rounded[row, 0] and to_b > inner:
                total = _arc(xy, (total, first), (x + bx, y + by, left_b), near_b, far_b, step)
            else:
                total = _add(xy, total, first, x + bx, y + by)
        if abs(xy[total - 1, 0] - xy[first, 0]) + abs(xy[total - 1, 1] - xy[first, 1]) < SAME_M:
            total -= 1
        if total < first + 3:
            total = first
        else:
            xy[total, 0], xy[total, 1] = xy[first, 0], xy[first, 1]
            total += 1
        ring_end[row] = total
    return xy[:total], ring_end


@kernel
def _soon_after(begin: float, end: float) -> float:
    """Return the angle `end`, at most half a turn after `begin`: rounding makes no whole turn of nothing."""
    turn = (end - begin) % (2 * np.pi)
    return begin + (turn if turn < np.pi + EDGE_ON else EDGE_ON)


@kernel
def _arc(
    xy: FloatArray,
    place: tuple[int, int],
    circle: tuple[float, float, float],
    begin: float,
    end: float,
    step: float,
) -> int:
    """Add the points of an arc turning left, both ends and those at multiples of `step`; return the new total."""
    x, y, radius = circle
    total, first = place
    if end <= begin:
        end += 2 * np.pi
    total = _add(xy, total, first, x + radius * np.cos(begin), y + radius * np.sin(begin))
    corner = int(np.floor(begin / step + 1e-3)) + 1
    while corner * step < end - 1e-3 * step:
        angle = corner * step
        total = _add(xy, total, first, x + radius * np.cos(angle), y + radius * np.sin(angle))
        corner += 1
    return _add(xy, total, first, x + radius * np.cos(end), y + radius * np.sin(end))


@kernel
def _add(xy: FloatArray, total: int, first: int, x: float, y: float) -> int:
    """Add a vertex unless it repeats the last one; return the number of vertices."""
    if total > first and abs(xy[total - 1, 0] - x) + abs(xy[total - 1, 1] - y) < SAME_M:
        return total
    xy[total, 0], xy[total, 1] = x, y
    return total + 1
