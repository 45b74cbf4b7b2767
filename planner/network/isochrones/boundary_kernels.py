"""Kernels: the parts of the sides and end circles of capsules that bound their union."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from planner.network.compile import ZERO, kernel
from planner.network.isochrones.capsule_kernels import Capsules
from planner.network.walk import FloatArray, IndexArray, SmallArray

RIGHT, LEFT, AT_BEGIN, AT_END = 0, 1, 2, 3
"""What bounds a capsule: two straight sides, seen from where its segment begins, and the circles around its two
ends. Side `s` of capsule `i` is curve 2 i + s; the circles follow all sides, one a place."""

TURN = 2.0 * np.pi
WHOLE_TURN = 4.0
"""In the unit of `_turned`."""

Open = tuple[float, float, int, int]
"""Part of a curve that may still be on the boundary: start, end, and the curves that cross it there."""


class Pieces(NamedTuple):
    """Intervals of curves on the boundary, those of one curve together."""

    first: IndexArray
    """The pieces of curve `c` are ``first[c]`` to ``first[c + 1]``, shape (curves + 1,)."""
    by: IndexArray
    """The curve, the curve that crosses it where the piece begins, and where it ends, shape (pieces, 3)."""
    at: FloatArray
    """Start and end along the curve (metres, or radians), interior to the left, shape (pieces, 2)."""


class Spans(NamedTuple):
    """Intervals of one curve that other capsules cover, rising, and the curves that cross it at their ends."""

    at: FloatArray
    by: IndexArray


@kernel
def keep_sides(capsules: Capsules, radius: float, first: IndexArray, near: SmallArray, pieces: Pieces) -> int:
    """Keep of every straight side what no other capsule covers; return how many pieces there are.

    A right side runs along its segment, a left side back, so that the capsule is to the left of both.
    """
    line, ends = capsules.line, capsules.ends
    n = len(line)
    spans = Spans(np.empty((2 * n + 2, 2)), np.empty((2 * n + 2, 2), dtype=np.int64))
    total = 0
    for curve in range(2 * n):
        i, back = curve // 2, curve % 2
        pieces.first[curve] = total
        a, b = ends[i, back], ends[i, 1 - back]
        # In the frame of the side: x the way it runs, y away from the segment.
        x0, y0, length = line[i, 2 * back], line[i, 2 * back + 1], line[i, 6]
        cos, sin = (-line[i, 4], -line[i, 5]) if back else (line[i, 4], line[i, 5])
        left: Open = (0.0, length, 2 * n + a, 2 * n + b)
        count = ZERO
        for row in range(first[i], first[i + 1]):
            k = near[row]
            py = sin * (line[k, 0] - x0) - cos * (line[k, 1] - y0)
            qy = sin * (line[k, 2] - x0) - cos * (line[k, 3] - y0)
            if py <= 0.0 and qy <= 0.0:
                continue
            px = cos * (line[k, 0] - x0) + sin * (line[k, 1] - y0)
            qx = cos * (line[k, 2] - x0) + sin * (line[k, 3] - y0)
            if max(px, qx) + radius <= left[0] or min(px, qx) - radius >= left[1]:
                continue
            kx, ky = cos * line[k, 4] + sin * line[k, 5], sin * line[k, 4] - cos * line[k, 5]
            p, q = ends[k, 0], ends[k, 1]
            at_begin, by_begin = a in (p, q), p in (a, b)
            if at_begin or by_begin or q == b:
                begin, end, kind = _cover_from_end(
                    (px, py, qx, qy), (kx, ky), (length, line[k, 6], radius), (at_begin, by_begin)
                )
                end_kind = kind
            else:
                begin, end, kind, end_kind = _cover(
                    (px, py - radius, qx, qy - radius), (kx, ky, line[k, 6]), radius
                )
            # The frame is a mirror image: there the left is what is to the right here.
            begin_by = 2 * k + 1 - kind if kind < AT_BEGIN else 2 * n + ends[k, kind - AT_BEGIN]
            end_by = 2 * k + 1 - end_kind if end_kind < AT_BEGIN else 2 * n + ends[k, end_kind - AT_BEGIN]
            count, left = _subtract(spans, count, left, (begin, end, begin_by, end_by))
            if left[0] >= left[1]:
                break
        total = _put_gaps(pieces, total, curve, spans, count, left)
    pieces.first[2 * n] = total
    return total


@kernel
def keep_circles(capsules: Capsules, radius: float, first: IndexArray, near: SmallArray, pieces: Pieces) -> int:
    """Keep of the circle around every place what no capsule covers.

    Returns how many pieces there are now, −1 where rounding made a circle meet a capsule in an impossible way.
    """
    line, ends = capsules.line, capsules.ends
    n = len(line)
    spans = Spans(np.empty((2 * n + 2, 2)), np.empty((2 * n + 2, 2), dtype=np.int64))
    total = int(pieces.first[2 * n])
    for place in range(len(capsules.xy)):
        pieces.first[2 * n + place + 1] = total
        is_open, from_side, to_side, from_, to = _wedge(place, ends, line, capsules.first, capsules.incident)
        if not is_open:
            continue
        # Directions are turned so that the arc begins at the east, and measured without an angle.
        wide = _turned(from_[0] * to[0] + from_[1] * to[1], from_[0] * to[1] - from_[1] * to[0])
        left: Open = (0.0, wide, from_side, to_side)
        i = capsules.incident[capsules.first[place]]
        count, left = _cover_arc(capsules, radius, near[first[i] : first[i + 1]], place, (from_, to), left, spans)
        if count < 0:
            return -1
        before = total
        total = _put_gaps(pieces, total, 2 * n + place, spans, count, left)
        start = np.arctan2(from_[1], from_[0]) if total > before else 0.0
        for row in range(before, total):
            pieces.at[row, 0] = start + _angle(pieces.at[row, 0])
            pieces.at[row, 1] = start + _angle(pieces.at[row, 1])
        pieces.first[2 * n + place + 1] = total
    return total


@kernel
def _cover_arc(  # noqa: C901 -- a call in the loop costs more than the step
    capsules: Capsules,
    radius: float,
    near: SmallArray,
    place: int,
    directions: tuple[tuple[float, float], tuple[float, float]],
    left: Open,
    spans: Spans,
) -> tuple[int, Open]:
    """Subtract from the arc around a place what near capsules cover; return how many spans, and what is left.

    The count of spans is −1 where a circle meets a capsule in an impossible way.
    """
    line, ends = capsules.line, capsules.ends
    n = len(line)
    x, y = capsules.xy[place, 0], capsules.xy[place, 1]
    (start_x, start_y), (to_x, to_y) = directions
    from_x, from_y = start_x, start_y
    count = ZERO
    for row in range(len(near)):
        k = near[row]
        dx, dy, cos, sin = x - line[k, 0], y - line[k, 1], line[k, 4], line[k, 5]
        far_x, far_y = x - line[k, 2], y - line[k, 3]
        # A segment behind both ends of what is left is nearer to no point of it than the arc's own place.
        behind = from_x * dx + from_y * dy >= 0 and to_x * dx + to_y * dy >= 0
        if behind and from_x * far_x + from_y * far_y >= 0 and to_x * far_x + to_y * far_y >= 0:
            continue
        if place in (ends[k, 0], ends[k, 1]):
            continue
        arcs, kinds, into, out = _cover_circle(cos * dx + sin * dy, cos * dy - sin * dx, line[k, 6], radius)
        if arcs < 0:
            return -1, left
        if arcs == 0:
            continue
        cos, sin = start_x * cos + start_y * sin, start_x * sin - start_y * cos
        in_x, in_y = cos * into[0] - sin * into[1], sin * into[0] + cos * into[1]
        out_x, out_y = cos * out[0] - sin * out[1], sin * out[0] + cos * out[1]
        begin, end = _turned(in_x, in_y), _turned(out_x, out_y)
        if end < begin:
            end += WHOLE_TURN
        begin_by = 2 * k + kinds[0] if kinds[0] < AT_BEGIN else 2 * n + ends[k, kinds[0] - AT_BEGIN]
        end_by = 2 * k + kinds[1] if kinds[1] < AT_BEGIN else 2 * n + ends[k, kinds[1] - AT_BEGIN]
        low, high = left[0], left[1]
        count, left = _subtract(spans, count, left, (begin, end, begin_by, end_by))
        if end > WHOLE_TURN:
            # An arc over the start of the wedge counts before and after it.
            count, left = _subtract(spans, count, left, (begin - WHOLE_TURN, end - WHOLE_TURN, begin_by, end_by))
        if left[0] >= left[1]:
            break
        if left[0] > low:
            from_x, from_y = start_x * out_x - start_y * out_y, start_y * out_x + start_x * out_y
        if left[1] < high:
            to_x, to_y = start_x * in_x - start_y * in_y, start_y * in_x + start_x * in_y
    return count, left


@kernel
def _turned(x: float, y: float) -> float:
    """Return a direction from the east as a number from 0 to 4 that rises with the angle, without computing it."""
    share = y / (abs(x) + abs(y))
    if x < 0:
        return 2.0 - share
    return share if share >= 0 else WHOLE_TURN + share


@kernel
def _angle(turned: float) -> float:
    """Return the angle of a result of `_turned` for a direction in the upper half."""
    return float(np.arctan2(min(turned, 2.0 - turned), 1.0 - turned))


@kernel
def _subtract(spans: Spans, count: int, left: Open, cover: Open) -> tuple[int, Open]:
    """Subtract a covered interval from an end of the rest, or list it if it lies inside; return count and rest."""
    low, high, low_by, high_by = left
    begin, end, begin_by, end_by = cover
    if begin >= high or end <= low or begin >= end:
        return count, left
    if begin <= low:
        return count, (min(end, high), high, end_by, high_by)
    if end >= high:
        return count, (low, begin, low_by, begin_by)
    row = count
    while row > 0 and spans.at[row - 1, 0] > begin:
        spans.at[row, 0], spans.at[row, 1] = spans.at[row - 1, 0], spans.at[row - 1, 1]
        spans.by[row, 0], spans.by[row, 1] = spans.by[row - 1, 0], spans.by[row - 1, 1]
        row -= 1
    spans.at[row, 0], spans.at[row, 1] = begin, end
    spans.by[row, 0], spans.by[row, 1] = begin_by, end_by
    return count + 1, left


@kernel
def _put_gaps(pieces: Pieces, total: int, curve: int, spans: Spans, count: int, left: Open) -> int:
    """Keep the parts of the rest of a curve that no listed interval covers; return the number of pieces."""
    low, high, low_by, high_by = left
    for row in range(count + 1):
        if low >= high:
            break
        until, until_by = high, high_by
        if row < count and spans.at[row, 0] < high:
            until, until_by = spans.at[row, 0], spans.by[row, 0]
        if until > low:
            pieces.by[total, 0], pieces.by[total, 1], pieces.by[total, 2] = curve, low_by, until_by
            pieces.at[total, 0], pieces.at[total, 1] = low, until
            total += 1
        if until == high:
            break
        if spans.at[row, 1] > low:
            low, low_by = spans.at[row, 1], spans.by[row, 1]
    return total


@kernel
def _cover(
    ends: tuple[float, float, float, float], along: tuple[float, float, float], radius: float
) -> tuple[float, float, int, int]:
    """Return the interval of the x axis inside a capsule in the frame of the axis, and its crossing curves."""
    px, py, qx, qy = ends
    cos, sin, length = along
    low, high, low_kind, high_kind = np.inf, -np.inf, AT_BEGIN, AT_BEGIN
    if abs(py) < radius:
        half = np.sqrt(radius * radius - py * py)
        low, high = px - half, px + half
    if abs(qy) < radius:
        half = np.sqrt(radius * radius - qy * qy)
        if qx - half < low:
            low, low_kind = qx - half, AT_END
        if qx + half > high:
            high, high_kind = qx + half, AT_END
    if sin != 0.0:
        per_sin = 1.0 / sin
        for side in (RIGHT, LEFT):
            # From where the segment begins to where its side meets the axis, first across, then along.
            over = -(cos * py + (radius if side == LEFT else -radius)) * per_sin
            # A side that is met between its ends is the outline there, however near to where a circle takes over:
            # both crossings may agree to the last digit, and the curve that begins there must be the same one.
            if 0.0 < cos * over - sin * py < length:
                if (side == LEFT) == (sin > 0.0):
                    low, low_kind = px + over, side
                else:
                    high, high_kind = px + over, side
    return low, high, low_kind, high_kind


@kernel
def _cover_from_end(
    ends: tuple[float, float, float, float],
    along: tuple[float, float],
    sizes: tuple[float, float, float],
    shared: tuple[bool, bool],
) -> tuple[float, float, int]:
    """Return the stretch of a left side inside a capsule that shares an end, and what it crosses.

    The outlines touch where both begin, which rounding must not decide: a segment that leaves to the left covers
    that end of the side, as far as the bisector of both (where the two sides meet) or its own far circle; one
    that leaves to the right covers nothing.
    """
    px, py, qx, qy = ends
    length, other_length, radius = sizes
    at_begin, by_begin = shared
    sin = along[1] if by_begin else -along[1]
    if sin <= 0.0:
        return 0.0, 0.0, RIGHT
    cos = along[0] if by_begin == at_begin else -along[0]
    # The two forms are equal; each is exact where the other one cancels.
    reached = radius * sin / (1.0 - cos) if cos < 0 else radius * (1.0 + cos) / sin
    kind = RIGHT if at_begin == by_begin else LEFT
    if reached > other_length:
        far_x, far_y = (qx, qy) if by_begin else (px, py)
        half = np.sqrt(max(radius * radius - (far_y - radius) * (far_y - radius), 0.0))
        reached = far_x + half if at_begin else length - far_x + half
        kind = AT_END if by_begin else AT_BEGIN
    if at_begin:
        return -1.0, reached, kind
    return length - reached, length + 1.0, kind


@kernel
def _wedge(
    place: int, ends: IndexArray, line: FloatArray, first: IndexArray, incident: IndexArray
) -> tuple[bool, int, int, tuple[float, float], tuple[float, float]]:
    """Return the arc that the capsules at a place leave open: if any, from and to which side and direction.

    A capsule covers the half of the circle that faces its segment, so an arc is left only where all segments at
    the place lie in one half plane.
    """
    last_x, last_y, last, next_x, next_y, next_ = 0.0, 0.0, -1, 0.0, 0.0, -1
    for at in range(first[place], first[place + 1]):
        i = incident[at]
        sign = 1.0 if ends[i, 0] == place else -1.0
        cos, sin = sign * line[i, 4], sign * line[i, 5]
        if last < 0 or last_x * sin - last_y * cos > 0:
            last_x, last_y, last = cos, sin, i
        if next_ < 0 or next_x * sin - next_y * cos < 0:
            next_x, next_y, next_ = cos, sin, i
    for at in range(first[place], first[place + 1]):
        i = incident[at]
        sign = 1.0 if ends[i, 0] == place else -1.0
        cos, sin = sign * line[i, 4], sign * line[i, 5]
        beyond_last = i != last and last_x * sin - last_y * cos >= 0
        if beyond_last or (i != next_ and next_x * sin - next_y * cos <= 0):
            return False, 0, 0, (0.0, 0.0), (0.0, 0.0)
    from_side = 2 * last + (LEFT if ends[last, 0] == place else RIGHT)
    to_side = 2 * next_ + (RIGHT if ends[next_, 0] == place else LEFT)
    return True, from_side, to_side, (-last_y, last_x), (next_y, -next_x)


@kernel
def _cover_circle(
    x: float, y: float, length: float, radius: float
) -> tuple[int, tuple[int, int], tuple[float, float], tuple[float, float]]:
    """Return the arc of a circle inside a capsule of the same radius, in the frame of the capsule's segment.

    Such outlines cross twice or not at all (they are pseudo-discs), so there is one arc or none; −1 where the
    crossings found do not make one. Then what is crossed on the way in and out, and where, seen from the centre.
    """
    entries, exits, in_kind, out_kind = 0, 0, 0, 0
    in_x, in_y, out_x, out_y = 0.0, 0.0, 0.0, 0.0
    if abs(y) < 2 * radius and -2 * radius < x < length + 2 * radius:
        # The straight side on the centre's hand: the circle comes in on one flank of it and leaves on the other.
        aside = radius - abs(y)
        turn = 1.0 if y > 0 else -1.0
        half = turn * np.sqrt(max(radius * radius - aside * aside, 0.0))
        if 0.0 < x - half < length:
            entries, in_kind, in_x, in_y = 1, (LEFT if y > 0 else RIGHT), -half, turn * aside
        if 0.0 < x + half < length:
            exits, out_kind, out_x, out_y = 1, (LEFT if y > 0 else RIGHT), half, turn * aside
        for kind in (AT_BEGIN, AT_END):
            from_x = x - length if kind == AT_END else x
            outward = 1.0 if kind == AT_END else -1.0
            apart2 = from_x * from_x + y * y
            if apart2 >= 4 * radius * radius:
                continue
            over = np.sqrt(max(radius * radius / apart2 - 0.25, 0.0))
            if outward * (0.5 * from_x - over * y) >= 0:
                entries, in_kind = entries + 1, kind
                in_x, in_y = -0.5 * from_x - over * y, -0.5 * y + over * from_x
            if outward * (0.5 * from_x + over * y) >= 0:
                exits, out_kind = exits + 1, kind
                out_x, out_y = -0.5 * from_x + over * y, -0.5 * y - over * from_x
    arcs = entries if entries == exits and entries <= 1 else -1
    return arcs, (in_kind, out_kind), (in_x, in_y), (out_x, out_y)
