"""Kernels: closed rings from the pieces of a boundary, with holes separated from outlines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.network.compile import ZERO, kernel
from planner.network.isochrones.boundary_kernels import TURN, Pieces
from planner.network.isochrones.capsule_kernels import Capsules
from planner.network.walk import FloatArray, IndexArray

NEAR_M = 1e-4
"""Ring vertices nearer than this are merged, and narrower holes are dropped."""

RUN = 8
"""Edges of a ring that are tested together."""

SURE_M = 1e-6
"""Edges so far apart certainly do not touch."""

SURE_M2 = 1e-7
"""An edge certainly passes a point if the triangle of both has more than half of this area."""


@kernel
def link_pieces(capsules: Capsules, radius: float, pieces: Pieces, n: int) -> tuple[bool, IndexArray]:
    """Find the piece that follows each of the first `n`.

    Where curve C ends at curve D, the piece of D that begins at C goes on: a curve enters another one's inside at
    most once, so the pair of curves names the crossing, and no distance is compared. Returns False where a piece
    has none to follow, or where `n` is negative: no pieces were found.
    """
    following = np.full(max(n, 0), -1, dtype=np.int64)
    if n < 0:
        return False, following
    taken = np.zeros(n, dtype=np.bool_)
    missing = 0
    for row in range(n):
        following[row] = _begun_by(pieces, pieces.by[row, 2], pieces.by[row, 0], taken)
        if following[row] >= 0:
            taken[following[row]] = True
        else:
            missing += 1
    for row in range(n if missing else 0):
        if following[row] >= 0:
            continue
        following[row] = _following_at_joint(capsules, radius, pieces, row, taken)
        if following[row] < 0:
            return False, following
        taken[following[row]] = True
    return True, following


@kernel
def _begun_by(pieces: Pieces, onto: int, curve: int, taken: NDArray[np.bool_]) -> int:
    """Return the piece of one curve that begins at another one; −1 if none is left."""
    for other in range(pieces.first[onto], pieces.first[onto + 1]):
        if pieces.by[other, 1] == curve and not taken[other]:
            return int(other)
    return -1


@kernel
def _following_at_joint(
    capsules: Capsules, radius: float, pieces: Pieces, row: int, taken: NDArray[np.bool_]
) -> int:
    """Return the piece that follows where a curve is crossed beside the joint of a side and a circle; −1 if none.

    A side goes over into its circle without a corner. Whoever crosses either so near to there that both crossings
    agree to the last digit may name the one for the other: streets as far apart as the radius, or twice, do so.
    """
    curve, onto = pieces.by[row, 0], pieces.by[row, 2]
    sides = 2 * len(capsules.ends)
    if onto < sides:
        for end in range(2):
            circle = sides + capsules.ends[onto // 2, end]
            other = _begun_by(pieces, circle, curve, taken)
            if other >= 0 and _meets(capsules, radius, pieces, row, other):
                return other
    else:
        place = onto - sides
        for at in range(capsules.first[place], capsules.first[place + 1]):
            for side in range(2):
                other = _begun_by(pieces, 2 * capsules.incident[at] + side, curve, taken)
                if other >= 0 and _meets(capsules, radius, pieces, row, other):
                    return other
    for other in range(pieces.first[onto], pieces.first[onto + 1]):
        low, high = min(pieces.by[other, 1], curve), max(pieces.by[other, 1], curve)
        joined = low < sides <= high and high - sides in (capsules.ends[low // 2, 0], capsules.ends[low // 2, 1])
        if joined and not taken[other] and _meets(capsules, radius, pieces, row, other):
            return int(other)
    return -1


@kernel
def _meets(capsules: Capsules, radius: float, pieces: Pieces, row: int, other: int) -> bool:
    """Return whether a piece ends where another one begins."""
    x0, y0 = _point(capsules, radius, pieces.by[row, 0], pieces.at[row, 1])
    x1, y1 = _point(capsules, radius, pieces.by[other, 0], pieces.at[other, 0])
    return bool(abs(x0 - x1) < NEAR_M and abs(y0 - y1) < NEAR_M)


@kernel
def _point(capsules: Capsules, radius: float, curve: int, at: float) -> tuple[float, float]:
    """Return the point of a curve at metres along a side, or at an angle on a circle."""
    sides, line = 2 * len(capsules.ends), capsules.line
    if curve >= sides:
        return (
            capsules.xy[curve - sides, 0] + radius * np.cos(at),
            capsules.xy[curve - sides, 1] + radius * np.sin(at),
        )
    i, back = curve // 2, curve % 2
    cos, sin = (1 - 2 * back) * line[i, 4], (1 - 2 * back) * line[i, 5]
    return (
        line[i, 2 * back] + cos * at + sin * radius,
        line[i, 2 * back + 1] + sin * at - cos * radius,
    )


@kernel
def trace_rings(
    capsules: Capsules, radius: float, pieces: Pieces, following: IndexArray, steps: FloatArray
) -> tuple[FloatArray, IndexArray, FloatArray]:
    """Walk the rings and draw them, arcs as chords between the points of `steps`.

    Parameters
    ----------
    capsules, radius, pieces, following
        Pieces of the boundary, and the piece that follows each.
    steps
        Points of the unit circle at equal angles from 0, shape (steps, 2).

    Returns
    -------
    xy
        Vertices of all rings, each closed, shape (vertices, 2).
    ring_end
        Number of vertices up to the end of each ring, shape (rings,).
    ring_m2
        Area of each ring, negative for holes, shape (rings,).
    """
    n = len(following)
    step = TURN / len(steps)
    sides = 2 * len(capsules.ends)
    by, at = pieces.by, pieces.at
    # At most a vertex a piece and one more a ring, and the corners of the arcs.
    arcs = 0.0
    for row in range(n):
        arcs += (by[row, 0] >= sides) * (at[row, 1] - at[row, 0])
    xy = np.empty((4 * n + 4 + int(arcs / step), 2))
    ring_end, ring_m2 = np.empty(n, dtype=np.int64), np.empty(n)
    done = np.zeros(n, dtype=np.bool_)
    rings, first = 0, ZERO
    for begin in range(n):
        if done[begin]:
            continue
        total, row = first, begin
        while not done[row]:
            done[row] = True
            curve = by[row, 0]
            x, y = _point(capsules, radius, curve, at[row, 0])
            total = _add(xy, first, total, x, y)
            if curve >= sides:
                x0, y0 = capsules.xy[curve - sides, 0], capsules.xy[curve - sides, 1]
                # A chord much shorter than the others would draw nothing that can be seen.
                turn = int(np.floor(at[row, 0] / step + 1e-3)) + 1
                corner = turn % len(steps)
                for _ in range(turn, int(np.ceil(at[row, 1] / step - 1e-3))):
                    xy[total, 0] = x0 + radius * steps[corner, 0]
                    xy[total, 1] = y0 + radius * steps[corner, 1]
                    total += 1
                    corner = corner + 1 if corner + 1 < len(steps) else 0
            row = following[row]
        # Rings begin and end at one vertex.
        if total > first + 1 and _is_near(xy, total - 1, first):
            total -= 1
        if total < first + 3:
            continue
        xy[total, 0], xy[total, 1] = xy[first, 0], xy[first, 1]
        total += 1
        area, around = _measure(xy[first:total])
        if area < 0 and -area < NEAR_M * around:
            continue
        ring_end[rings], ring_m2[rings] = total, area
        rings += 1
        first = total
    return xy[:first], ring_end[:rings], ring_m2[:rings]


@kernel
def _is_near(xy: FloatArray, one: int, other: int) -> bool:
    return bool(abs(xy[one, 0] - xy[other, 0]) < NEAR_M and abs(xy[one, 1] - xy[other, 1]) < NEAR_M)


@kernel
def _add(xy: FloatArray, first: int, total: int, x: float, y: float) -> int:
    """Add a vertex unless it repeats the last one; return the number of vertices."""
    if total > first and abs(xy[total - 1, 0] - x) < NEAR_M and abs(xy[total - 1, 1] - y) < NEAR_M:
        return total
    xy[total, 0], xy[total, 1] = x, y
    return total + 1


@kernel
def _measure(ring: FloatArray) -> tuple[float, float]:
    """Return the signed area and the length of a closed ring."""
    twice, around = 0.0, 0.0
    x0, y0 = ring[0, 0], ring[0, 1]
    for i in range(len(ring) - 1):
        dx, dy = ring[i + 1, 0] - ring[i, 0], ring[i + 1, 1] - ring[i, 1]
        twice += (ring[i, 0] - x0) * dy - (ring[i, 1] - y0) * dx
        around += np.hypot(dx, dy)
    return twice / 2, around


@kernel
def assign_holes(xy: FloatArray, ring_end: IndexArray, ring_m2: FloatArray) -> IndexArray:
    """Return for each ring the outline that it belongs to: a hole, the smallest around it; an outline, itself.

    −1 where a hole has none.
    """
    n = len(ring_end)
    parent = np.full(n, -1, dtype=np.int64)
    outlines, boxes = _outlines(xy, ring_end, ring_m2)
    for at in range(len(outlines)):
        parent[outlines[at]] = outlines[at]
    for ring in range(n):
        if ring_m2[ring] <= 0:
            first = ring_end[ring - 1] if ring else 0
            parent[ring] = _outline_around(xy, ring_end, ring_m2, (outlines, boxes), (ring, first))
    return parent


@kernel
def _outline_around(
    xy: FloatArray,
    ring_end: IndexArray,
    ring_m2: FloatArray,
    listed: tuple[IndexArray, FloatArray],
    hole: tuple[int, int],
) -> int:
    """Return the smallest of the listed outlines around a hole, given by its ring and first vertex; −1 if none."""
    outlines, boxes = listed
    ring, first = hole
    x, y = xy[first, 0], xy[first, 1]
    likely, inner = 0, -1
    for at in range(len(outlines)):
        if ring_m2[outlines[at]] > -ring_m2[ring] and _is_in(boxes[at], x, y):
            likely, inner = likely + 1, outlines[at]
    if likely <= 1:
        # A hole lies in some outline: no need to look whether it does.
        return int(inner)
    inner = -1
    for at in range(len(outlines)):
        outline = outlines[at]
        if ring_m2[outline] <= -ring_m2[ring] or not _is_in(boxes[at], x, y):
            continue
        if inner >= 0 and ring_m2[inner] <= ring_m2[outline]:
            continue
        begin = ring_end[outline - 1] if outline else 0
        if _holds(xy[begin : ring_end[outline]], x, y):
            inner = outline
    return int(inner)


@kernel
def _outlines(xy: FloatArray, ring_end: IndexArray, ring_m2: FloatArray) -> tuple[IndexArray, FloatArray]:
    """Return which rings are outlines, and their boxes (west, south, east, north)."""
    outlines, boxes, count = np.empty(len(ring_end), dtype=np.int64), np.empty((len(ring_end), 4)), 0
    for ring in range(len(ring_end)):
        if ring_m2[ring] <= 0:
            continue
        west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
        for i in range(ring_end[ring - 1] if ring else 0, ring_end[ring]):
            west, south = min(west, xy[i, 0]), min(south, xy[i, 1])
            east, north = max(east, xy[i, 0]), max(north, xy[i, 1])
        outlines[count] = ring
        boxes[count, 0], boxes[count, 1], boxes[count, 2], boxes[count, 3] = west, south, east, north
        count += 1
    return outlines[:count], boxes[:count]


@kernel
def _is_in(box: FloatArray, x: float, y: float) -> bool:
    return bool(box[0] <= x <= box[2] and box[1] <= y <= box[3])


@kernel
def _holds(ring: FloatArray, x: float, y: float) -> bool:
    """Return whether a point lies in a ring: a ray to the east leaves it an odd number of times."""
    inside = False
    for i in range(len(ring) - 1):
        x0, y0, x1, y1 = ring[i, 0], ring[i, 1], ring[i + 1, 0], ring[i + 1, 1]
        if (y0 > y) != (y1 > y) and x < x0 + (x1 - x0) * (y - y0) / (y1 - y0):
            inside = not inside
    return inside


@kernel
def is_simple(xy: FloatArray, ring_end: IndexArray) -> bool:
    """Return whether the rings surely neither cross nor touch one another or themselves.

    Rings that come nearer than some ten-millionths of a metre are not sure.
    """
    edges, after = _edges(xy, ring_end)
    for one in range(len(edges)):
        if _runs_back(edges, one, after[one]):
            return False
    # Runs of edges, by their westernmost point: only runs whose boxes overlap are looked at edge by edge.
    boxes = _boxes_of_runs(edges)
    runs = len(boxes)
    # A column of its own: sorting is then compiled once for all kernels.
    order = np.argsort(boxes[:, 0].copy())
    goes_on = _runs_that_go_on(edges, after, runs)
    for place in range(runs):
        run = order[place]
        for later in range(place, runs):
            other = order[later]
            if goes_on[min(run, other)] and abs(run - other) <= 1:
                continue
            if boxes[other, 0] > boxes[run, 2]:
                break
            if boxes[other, 1] > boxes[run, 3] or boxes[other, 3] < boxes[run, 1]:
                continue
            if _runs_may_touch(edges, after, run, other, boxes[other]):
                return False
    return True


@kernel
def _edges(xy: FloatArray, ring_end: IndexArray) -> tuple[FloatArray, IndexArray]:
    """Return the edges of all rings, and which follows each."""
    edges = np.empty((len(xy) - len(ring_end), 4))
    after = np.empty(len(edges), dtype=np.int64)
    count, first = 0, 0
    for ring in range(len(ring_end)):
        ring_first = count
        for i in range(first, ring_end[ring] - 1):
            edges[count, 0], edges[count, 1] = xy[i, 0], xy[i, 1]
            edges[count, 2], edges[count, 3] = xy[i + 1, 0], xy[i + 1, 1]
            after[count] = count + 1
            count += 1
        after[count - 1] = ring_first
        first = ring_end[ring]
    return edges, after


@kernel
def _runs_that_go_on(edges: FloatArray, after: IndexArray, runs: int) -> NDArray[np.bool_]:
    """Return which runs lead on in one direction together with the next one: none of their edges touch."""
    count = len(edges)
    goes_on = np.zeros(runs, dtype=np.bool_)
    for run in range(runs):
        begin, end = run * RUN, min(run * RUN + 2 * RUN, count)
        x, y = edges[end - 1, 2] - edges[begin, 0], edges[end - 1, 3] - edges[begin, 1]
        least = SURE_M * np.sqrt(x * x + y * y)
        leads_on = True
        for i in range(begin, end):
            ahead = x * (edges[i, 2] - edges[i, 0]) + y * (edges[i, 3] - edges[i, 1])
            leads_on &= ahead > least and (i + 1 == end or after[i] == i + 1)
        goes_on[run] = leads_on
    return goes_on


@kernel
def _boxes_of_runs(edges: FloatArray) -> FloatArray:
    """Return the box of every run of edges: west, south, east, north."""
    count = len(edges)
    boxes = np.empty((-(-count // RUN), 4))
    for run in range(len(boxes)):
        west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
        for i in range(run * RUN, min(run * RUN + RUN, count)):
            west, south = min(west, edges[i, 0], edges[i, 2]), min(south, edges[i, 1], edges[i, 3])
            east, north = max(east, edges[i, 0], edges[i, 2]), max(north, edges[i, 1], edges[i, 3])
        boxes[run, 0], boxes[run, 1], boxes[run, 2], boxes[run, 3] = west, south, east, north
    return boxes


@kernel
def _runs_may_touch(edges: FloatArray, after: IndexArray, run: int, other: int, box: FloatArray) -> bool:
    count = len(edges)
    end = min(other * RUN + RUN, count)
    box_west, box_south, box_east, box_north = box[0], box[1], box[2], box[3]
    for i in range(run * RUN, min(run * RUN + RUN, count)):
        west, east = min(edges[i, 0], edges[i, 2]), max(edges[i, 0], edges[i, 2])
        south, north = min(edges[i, 1], edges[i, 3]), max(edges[i, 1], edges[i, 3])
        if east < box_west or west > box_east or north < box_south or south > box_north:
            continue
        for j in range(i + 1 if run == other else other * RUN, end):
            # Looked at here, not in the call: a call costs more than all of this.
            if (
                (edges[j, 0] < west and edges[j, 2] < west)
                or (edges[j, 0] > east and edges[j, 2] > east)
                or (edges[j, 1] < south and edges[j, 3] < south)
                or (edges[j, 1] > north and edges[j, 3] > north)
                or after[i] == j
                or after[j] == i
            ):
                continue
            if _may_touch(edges, i, j):
                return True
    return False


@kernel
def _runs_back(edges: FloatArray, edge: int, after: int) -> bool:
    """Return whether an edge may run back along the edge before: it touches it nowhere else."""
    x, y = edges[edge, 2] - edges[edge, 0], edges[edge, 3] - edges[edge, 1]
    to_x, to_y = edges[after, 2] - edges[after, 0], edges[after, 3] - edges[after, 1]
    return bool(x * to_x + y * to_y < 0 and abs(x * to_y - y * to_x) < SURE_M2)


@kernel
def _may_touch(edges: FloatArray, one: int, other: int) -> bool:
    """Return whether two edges may touch."""
    ax, ay, bx, by = edges[one, 0], edges[one, 1], edges[one, 2], edges[one, 3]
    cx, cy, dx, dy = edges[other, 0], edges[other, 1], edges[other, 2], edges[other, 3]
    to_c, to_d = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax), (bx - ax) * (dy - ay) - (by - ay) * (dx - ax)
    if min(to_c, to_d) > SURE_M2 or max(to_c, to_d) < -SURE_M2:
        return False
    to_a, to_b = (dx - cx) * (ay - cy) - (dy - cy) * (ax - cx), (dx - cx) * (by - cy) - (dy - cy) * (bx - cx)
    return bool(min(to_a, to_b) <= SURE_M2 and max(to_a, to_b) >= -SURE_M2)
