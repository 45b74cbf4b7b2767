"""Kernels: the region visible from a straight stretch of street, past barriers and within a radius, as outlines.

Let q run along the stretch, r(q) be the radius at q, and p be a point with ``|p q| ≤ r(q)`` that is visible from
q. Let q slide to where ``|p q| − r(q)`` is least (it falls until there, since r is linear or concave along the
stretch). Either p stays visible: then it is visible from an end of the stretch, or from a position within it where
that difference is least (for a constant radius the foot of the perpendicular). Or it does not: then the line of
sight passes an end v of a barrier at that moment, and p lies behind v. So the region is the union of

- the regions visible from the two ends (a *star*),
- the rays that leave the stretch in the best direction (a *strip*), up to a barrier or the radius,
- for every end v of a barrier, the lines of sight from the stretch that pass v, behind v (a *fan*).

All of them are swept by rays that are numbered by one value: the angle of a star, the position on the stretch for
strips and fans. Between two values at which a ray passes an end of a barrier, the first barrier in its way is the
same.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planner.network.compile import ZERO, kernel
from planner.network.isochrones.ray_kernels import (
    FAN,
    STAR,
    STRIP,
    TOUCHING_M,
    RadiusSource,
    RayScene,
    Sweep,
    cast_ray,
    chord_error_m,
    find_first_hit,
    greatest_radius,
    is_seen_from,
    measure_ray,
    passes_barriers,
    radius_at,
    value_through,
)
from planner.network.visibility import BESIDE_M, shares_between, squared_to_piece
from planner.network.walk import FloatArray, IndexArray

LEAST_M = 1e-6
"""Shorter rays show nothing."""

HALVINGS = 40

SAME_VALUE = 1e-12
"""Rays whose values differ by less show the same."""


class VisibleRings(NamedTuple):
    """Closed outlines, one after the other."""

    xy: FloatArray
    ring_end: IndexArray
    """`xy`, `ring_end`: Their vertices, and how many there are up to the end of each; with room for more."""
    used: IndexArray
    """Number of rings and of vertices, shape (2,)."""


@kernel
def _find_events(sweep: Sweep, scene: RayScene, limits: tuple[float, float]) -> FloatArray:
    """Return the values between two limits at which the first barrier in the way may change, rising."""
    low, high = limits
    spots = scene.spots
    values, count = np.empty(len(spots) + 2), 2
    values[0], values[1] = low, high
    for k in range(len(spots)):
        value = value_through(sweep, scene.source, spots[k, 0], spots[k, 1])
        if low < value < high:
            values[count] = value
            count += 1
    values = values[:count]
    values.sort()
    return values


@kernel
def _sweep_out(sweep: Sweep, scene: RayScene, limits: tuple[float, float], into: VisibleRings) -> VisibleRings:
    """Add the outlines of one family of rays."""
    values = _find_events(sweep, scene, limits)
    # Where the rays start and where they end.
    rays, used = np.empty((128, 4)), ZERO
    for i in range(len(values) - 1):
        begin, end = values[i], values[i + 1]
        if end - begin <= SAME_VALUE:
            continue
        middle = cast_ray(sweep, scene.source, 0.5 * (begin + end))
        if sweep.kind == FAN and not (
            passes_barriers(middle, scene) and is_seen_from(middle, 0.5 * (begin + end), scene)
        ):
            if used:
                into = _close_ring(sweep, rays, used, into)
            used = ZERO
            continue
        hit, _ = find_first_hit(middle, scene, np.inf)
        marks = _sample_values(sweep, scene, begin, end)
        if used + 3 * len(marks) > len(rays):
            rays = np.concatenate((rays, np.empty((3 * len(marks) + len(rays), 4))))
        used = _add_rays(sweep, scene, hit, marks, rays, used)
    return _close_ring(sweep, rays, used, into) if used else into


@kernel
def _add_rays(sweep: Sweep, scene: RayScene, hit: int, marks: FloatArray, rays: FloatArray, used: int) -> int:
    """Add the rays between values with the same first barrier; return the number of rays."""
    by_barrier = False
    for m in range(len(marks)):
        _, stopped = measure_ray(sweep, scene, hit, marks[m])
        if m and stopped != by_barrier:
            # Halve to where the barrier begins, or ceases, to stop the rays.
            low, high = marks[m - 1], marks[m]
            for _ in range(HALVINGS):
                middle = 0.5 * (low + high)
                if measure_ray(sweep, scene, hit, middle)[1] == by_barrier:
                    low = middle
                else:
                    high = middle
            used = _add_ray(sweep, scene, hit, 0.5 * (low + high), rays, used)
        elif m and stopped and m < len(marks) - 1:
            # Along a barrier the outline is straight.
            continue
        used = _add_ray(sweep, scene, hit, marks[m], rays, used)
        by_barrier = stopped
    return used


@kernel
def _add_ray(sweep: Sweep, scene: RayScene, hit: int, value: float, rays: FloatArray, used: int) -> int:
    """Add start and end of a ray."""
    x, y, cos, sin, _ = cast_ray(sweep, scene.source, value)
    length, _ = measure_ray(sweep, scene, hit, value)
    rays[used, 0], rays[used, 1] = x, y
    rays[used, 2], rays[used, 3] = x + cos * length, y + sin * length
    return used + 1


@kernel
def _sample_values(sweep: Sweep, scene: RayScene, begin: float, end: float) -> FloatArray:
    """Return values from `begin` to `end` between which an arc may be drawn as a chord."""
    source, step = scene.source, scene.step
    if sweep.kind == STRIP and source.limit_m <= 0:
        marks = np.empty(2)
        marks[0], marks[1] = begin, end
        return marks
    if sweep.kind == STAR:
        first, last = int(np.floor(begin / step + 1e-3)) + 1, int(np.ceil(end / step - 1e-3)) - 1
        marks = np.empty(max(last - first + 1, 0) + 2)
        for k in range(first, last + 1):
            marks[k - first + 1] = k * step
        marks[0], marks[-1] = begin, end
        return marks
    x, aside = (source.foot_m, abs(source.aside_m)) if sweep.kind == STRIP else (sweep.x, abs(sweep.y))
    low, high = np.arctan2(begin - x, aside), np.arctan2(end - x, aside)
    by_angle = int(np.ceil((high - low) / step))
    marks = np.empty(by_angle + 1)
    for k in range(by_angle):
        marks[k] = min(max(x + aside * np.tan(low + (high - low) * k / by_angle), begin), end)
    marks[-1] = end
    return _refine_samples(sweep, scene, marks) if sweep.kind == FAN else marks


@kernel
def _refine_samples(sweep: Sweep, scene: RayScene, marks: FloatArray) -> FloatArray:
    """Return the values of a fan, refined where its tips leave a chord farther than on a circle's arc.

    Behind a slit the rays of a whole street pass within a degree, and are of very different lengths.
    """
    allowed_m = greatest_radius(scene.source) * (1.0 - np.cos(0.5 * scene.step))
    fine, waiting = np.empty(len(marks) + 64), np.empty(HALVINGS)
    fine[0], used = marks[0], 1
    for m in range(1, len(marks)):
        waiting[0], last = marks[m], 0
        while last >= 0:
            begin, end = fine[used - 1], waiting[last]
            if last + 1 < HALVINGS and chord_error_m(sweep, scene.source, begin, end) > allowed_m:
                last += 1
                waiting[last] = 0.5 * (begin + end)
                continue
            if used == len(fine):
                fine = np.concatenate((fine, np.empty(used)))
            fine[used] = end
            used += 1
            last -= 1
    return fine[:used]


@kernel
def _close_ring(sweep: Sweep, rays: FloatArray, used: int, into: VisibleRings) -> VisibleRings:
    """Add the ring that runs along the tips of some rays and back along where they start."""
    xy, ring_end, counts = into
    rings, total = counts[0], counts[1]
    if total + 2 * used + 2 > len(xy):
        xy = np.concatenate((xy, np.empty((len(xy) + 2 * used + 2, 2))))
    if rings + 1 > len(ring_end):
        ring_end = np.concatenate((ring_end, np.empty(len(ring_end) + 1, dtype=np.int64)))
    first = total
    for i in range(used):
        total = _add_vertex(xy, total, first, rays[i, 2], rays[i, 3])
    if sweep.kind == STRIP:
        total = _add_vertex(xy, total, first, rays[used - 1, 0], rays[used - 1, 1])
    if sweep.kind != STAR:
        total = _add_vertex(xy, total, first, rays[0, 0], rays[0, 1])
    if abs(xy[total - 1, 0] - xy[first, 0]) + abs(xy[total - 1, 1] - xy[first, 1]) < LEAST_M:
        total -= 1
    if total >= first + 3:
        xy[total, 0], xy[total, 1] = xy[first, 0], xy[first, 1]
        total += 1
        ring_end[rings] = total
        counts[0], counts[1] = rings + 1, total
    return VisibleRings(xy, ring_end, counts)


@kernel
def _add_vertex(xy: FloatArray, total: int, first: int, x: float, y: float) -> int:
    """Add a vertex unless it repeats the last one; return the number of vertices."""
    if total > first and abs(xy[total - 1, 0] - x) + abs(xy[total - 1, 1] - y) < LEAST_M:
        return total
    xy[total, 0], xy[total, 1] = x, y
    return total + 1


@kernel
def _to_segment_frame(segment: FloatArray, barrier_xy: FloatArray, near: IndexArray) -> FloatArray:
    """Return pieces of barriers in the frame of a segment, without their parts along the segment."""
    step_x, step_y = segment[2] - segment[0], segment[3] - segment[1]
    length = np.sqrt(step_x * step_x + step_y * step_y)
    cos, sin = step_x / length, step_y / length
    pieces, count = np.empty((2 * len(near), 4)), 0
    for k in near:
        px, py = barrier_xy[k, 0] - segment[0], barrier_xy[k, 1] - segment[1]
        qx, qy = barrier_xy[k, 2] - segment[0], barrier_xy[k, 3] - segment[1]
        x, y, to_x, to_y = cos * px + sin * py, cos * py - sin * px, cos * qx + sin * qy, cos * qy - sin * qx
        begin, end = shares_between(y, to_y, -BESIDE_M, BESIDE_M)
        other_begin, other_end = shares_between(x, to_x, -BESIDE_M, length + BESIDE_M)
        begin, end = max(begin, other_begin), min(end, other_end)
        if begin > end:
            begin = end = 1.0
        for share, to_share in ((0.0, begin), (end, 1.0)):
            if share < to_share:
                pieces[count, 0], pieces[count, 1] = x + share * (to_x - x), y + share * (to_y - y)
                pieces[count, 2], pieces[count, 3] = x + to_share * (to_x - x), y + to_share * (to_y - y)
                count += 1
    return pieces[:count]


@kernel
def _find_spots(pieces: FloatArray) -> tuple[FloatArray, int]:
    """Return ends and crossings of pieces, the ends first, and the number of ends."""
    n = len(pieces)
    spots, ends = np.empty((2 * n + 16, 2)), 0
    for k in range(n):
        for side in range(0, 4, 2):
            x, y = pieces[k, side], pieces[k, side + 1]
            is_listed = False
            for earlier in range(ends):
                is_listed |= abs(spots[earlier, 0] - x) + abs(spots[earlier, 1] - y) < TOUCHING_M
            if not is_listed:
                spots[ends, 0], spots[ends, 1] = x, y
                ends += 1
    total = ends
    for k in range(n):
        ax, ay, dx, dy = pieces[k, 0], pieces[k, 1], pieces[k, 2] - pieces[k, 0], pieces[k, 3] - pieces[k, 1]
        for j in range(k):
            bx, by, ex, ey = pieces[j, 0], pieces[j, 1], pieces[j, 2] - pieces[j, 0], pieces[j, 3] - pieces[j, 1]
            across = dx * ey - dy * ex
            if across != 0.0:
                on_k, on_j = ((bx - ax) * ey - (by - ay) * ex) / across, ((bx - ax) * dy - (by - ay) * dx) / across
                if 0.0 < on_k < 1.0 and 0.0 < on_j < 1.0:
                    if total == len(spots):
                        spots = np.concatenate((spots, np.empty_like(spots)))
                    spots[total, 0], spots[total, 1] = ax + on_k * dx, ay + on_k * dy
                    total += 1
    return spots[:total], ends


@kernel
def _draw_from_source(
    source: RadiusSource, pieces: FloatArray, stars: tuple[bool, bool], step: float, into: VisibleRings
) -> VisibleRings:
    """Add the outlines of the region visible from one stretch."""
    low, high = source.from_m, source.to_m
    most = greatest_radius(source)
    if most <= LEAST_M:
        return into
    spots, n_ends = _find_spots(pieces)
    touches = np.zeros(len(pieces), dtype=np.bool_)
    scene = RayScene(source, pieces, spots, touches, step)
    for end in range(2):
        at = high if end else low
        if (stars[1] if end else stars[0]) and radius_at(source, at) > LEAST_M:
            sweep = Sweep(STAR, at, 0.0, 0.0)
            into = _sweep_out(sweep, scene, (-np.pi, np.pi), into)
    if high - low <= LEAST_M:
        return into
    has_strip = abs(source.aside_m) > LEAST_M if source.limit_m > 0 else abs(source.slope) < 1.0
    for side in (1.0, -1.0):
        if has_strip:
            sweep = Sweep(STRIP, 0.0, 0.0, side)
            into = _sweep_out(sweep, scene, (low, high), into)
    for which in range(n_ends):
        x, y = spots[which, 0], spots[which, 1]
        beyond = max(low - x, x - high, 0.0)
        if abs(y) <= TOUCHING_M or beyond * beyond + y * y >= (most - LEAST_M) ** 2:
            continue
        for k in range(len(pieces)):
            step_x, step_y = pieces[k, 2] - pieces[k, 0], pieces[k, 3] - pieces[k, 1]
            touches[k] = squared_to_piece(x - pieces[k, 0], y - pieces[k, 1], step_x, step_y) <= TOUCHING_M**2
        sweep = Sweep(FAN, x, y, 0.0)
        # Only from so near is it seen.
        into = _sweep_out(sweep, scene, (max(low, x - most), min(high, x + most)), into)
    return into


@kernel
def draw_visible_regions(
    segment_xy: FloatArray,
    sources: tuple[IndexArray, FloatArray, NDArray[np.bool_]],
    barriers: tuple[FloatArray, IndexArray, IndexArray],
    first: int,
    last: int,
    step: float,
) -> tuple[FloatArray, IndexArray, IndexArray]:
    """Return the regions visible from the sources: vertices, ends of the rings, number of rings of each source.

    Parameters
    ----------
    segment_xy
        Both ends of each segment, shape (segments, 4).
    sources
        Segment of each; values of `RadiusSource`, shape (sources, 7); whether the regions seen from its start and
        its end are needed, shape (sources, 2).
    barriers
        All pieces, and those near each segment: ``near[first[i]:first[i + 1]]``.
    first, last
        Range of sources.
    step
        Angle of an arc that is drawn as a chord.
    """
    segment, stretches, stars = sources
    barrier_xy, near_first, near = barriers
    into = VisibleRings(np.empty((1024, 2)), np.empty(64, dtype=np.int64), np.zeros(2, dtype=np.int64))
    rings = np.zeros(last - first, dtype=np.int64)
    for row in range(first, last):
        s = segment[row]
        values = stretches[row]
        source = RadiusSource(values[0], values[1], values[2], values[3], values[4], values[5], values[6])
        pieces = _to_segment_frame(segment_xy[s], barrier_xy, near[near_first[s] : near_first[s + 1]])
        ring_before, before = into.used[0], into.used[1]
        into = _draw_from_source(source, pieces, (stars[row, 0], stars[row, 1]), step, into)
        step_x, step_y = segment_xy[s, 2] - segment_xy[s, 0], segment_xy[s, 3] - segment_xy[s, 1]
        length = np.sqrt(step_x * step_x + step_y * step_y)
        cos, sin = step_x / length, step_y / length
        for i in range(before, into.used[1]):
            x, y = into.xy[i, 0], into.xy[i, 1]
            into.xy[i, 0] = segment_xy[s, 0] + cos * x - sin * y
            into.xy[i, 1] = segment_xy[s, 1] + sin * x + cos * y
        rings[row - first] = into.used[0] - ring_before
    return into.xy[: into.used[1]], into.ring_end[: into.used[0]], rings
