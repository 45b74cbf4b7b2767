"""Kernels: rays that leave a straight stretch of street, and the barriers that stop them.

Everything is measured in the frame of the stretch's segment: it begins at the origin and runs along x.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planner.network.compile import kernel
from planner.network.visibility import squared_to_piece
from planner.network.walk import FloatArray

STAR, STRIP, FAN = 0, 1, 2

TOUCHING_M = 1e-6
"""Barriers whose ends come so near to each other meet there."""


class RadiusSource(NamedTuple):
    """Stretch of a segment where straight walks begin, and their greatest length (radius)."""

    from_m: float
    to_m: float
    """`from_m`, `to_m`: Start and end along the segment, metres."""
    radius_m: float
    slope: float
    """`radius_m`, `slope`: Radius at the start of the segment and its growth per metre, where it is linear."""
    foot_m: float
    aside_m: float
    limit_m: float
    """`foot_m`, `aside_m`, `limit_m`: Else the radius is `limit_m` less the distance to a point, given by the foot
    of its perpendicular and its distance to the left. `limit_m` is 0 where the radius is linear."""


class RayScene(NamedTuple):
    """Source, and barriers that rays meet."""

    source: RadiusSource
    """Source of the rays."""
    pieces: FloatArray
    """Straight pieces of barriers, shape (pieces, 4)."""
    spots: FloatArray
    """Ends and crossings of pieces, shape (spots, 2)."""
    touches: NDArray[np.bool_]
    """Pieces that meet where the rays of a fan start, shape (pieces,)."""
    step: float
    """Angle of an arc that is drawn as a chord."""


class Sweep(NamedTuple):
    """One family of rays: its kind, its place (the star's, or the end of a barrier), and the side of a strip."""

    kind: int
    x: float
    y: float
    side: float


Ray = tuple[float, float, float, float, float]
"""Start (x, y), direction (cos, sin) and greatest length of a ray."""


@kernel
def radius_at(source: RadiusSource, x: float) -> float:
    """Return the radius at a position on the segment."""
    if source.limit_m > 0:
        return float(source.limit_m - np.sqrt((x - source.foot_m) ** 2 + source.aside_m**2))
    return source.radius_m + source.slope * x


@kernel
def greatest_radius(source: RadiusSource) -> float:
    """Return the greatest radius along the stretch."""
    most = max(radius_at(source, source.from_m), radius_at(source, source.to_m))
    if source.from_m < source.foot_m < source.to_m:
        most = max(most, radius_at(source, source.foot_m))
    return most


@kernel
def cast_ray(sweep: Sweep, source: RadiusSource, value: float) -> Ray:
    """Return the ray of one value of a sweep."""
    if sweep.kind == STAR:
        return sweep.x, sweep.y, np.cos(value), np.sin(value), radius_at(source, sweep.x)
    if sweep.kind == FAN:
        to_x, to_y = sweep.x - value, sweep.y
        away = np.sqrt(to_x * to_x + to_y * to_y)
        return sweep.x, sweep.y, to_x / away, to_y / away, radius_at(source, value) - away
    if source.limit_m > 0:
        to_x, to_y = value - source.foot_m, -source.aside_m
        away = np.sqrt(to_x * to_x + to_y * to_y)
        return value, 0.0, to_x / away, abs(to_y) / away * sweep.side, source.limit_m - away
    upright = np.sqrt(1.0 - source.slope * source.slope)
    return value, 0.0, -source.slope, sweep.side * upright, radius_at(source, value)


@kernel
def value_through(sweep: Sweep, source: RadiusSource, x: float, y: float) -> float:
    """Return the value whose ray passes a place; NaN if there is none."""
    if sweep.kind == STAR:
        return float(np.arctan2(y - sweep.y, x - sweep.x))
    if sweep.kind == FAN:
        if y == sweep.y:
            return np.nan
        return float(sweep.x - (x - sweep.x) * sweep.y / (y - sweep.y))
    if y * sweep.side <= 0:
        return np.nan
    if source.limit_m > 0:
        # Rays come from the place that lies on the other side of the segment.
        from_y = -abs(source.aside_m)
        return float(source.foot_m + (x - source.foot_m) * from_y / (from_y - abs(y)))
    return float(x + source.slope * abs(y) / np.sqrt(1.0 - source.slope * source.slope))


@kernel
def distance_to_line(ray: Ray, piece: FloatArray) -> float:
    """Return the distance along a ray to the line of a piece; infinite if they do not meet."""
    x, y, cos, sin, _ = ray
    step_x, step_y = piece[2] - piece[0], piece[3] - piece[1]
    across = cos * step_y - sin * step_x
    if across == 0.0:
        return np.inf
    return float(((piece[0] - x) * step_y - (piece[1] - y) * step_x) / across)


@kernel
def find_first_hit(ray: Ray, scene: RayScene, until: float) -> tuple[int, float]:
    """Return the first piece that a ray meets before `until`, and its distance; −1 if there is none."""
    x, y, cos, sin, _ = ray
    pieces, touches = scene.pieces, scene.touches
    found, nearest = -1, until
    for k in range(len(pieces)):
        if touches[k]:
            continue
        one = cos * (pieces[k, 1] - y) - sin * (pieces[k, 0] - x)
        other = cos * (pieces[k, 3] - y) - sin * (pieces[k, 2] - x)
        if (one > 0 and other > 0) or (one < 0 and other < 0) or one == other:
            continue
        share = one / (one - other)
        along_x = pieces[k, 0] + share * (pieces[k, 2] - pieces[k, 0]) - x
        along_y = pieces[k, 1] + share * (pieces[k, 3] - pieces[k, 1]) - y
        distance = along_x * cos + along_y * sin
        if 0.0 <= distance < nearest:
            found, nearest = k, distance
    return found, nearest


@kernel
def passes_barriers(ray: Ray, scene: RayScene) -> bool:
    """Return whether a ray from the end of a barrier leaves all barriers that meet there on one side of it."""
    x, y, cos, sin, _ = ray
    left, right = False, False
    pieces = scene.pieces
    for k in range(len(pieces)):
        if not scene.touches[k]:
            continue
        for end in range(0, 4, 2):
            to_x, to_y = pieces[k, end] - x, pieces[k, end + 1] - y
            if to_x * to_x + to_y * to_y > TOUCHING_M * TOUCHING_M:
                if cos * to_y - sin * to_x > 0:
                    left = True
                else:
                    right = True
    return not (left and right)


@kernel
def is_seen_from(ray: Ray, x: float, scene: RayScene) -> bool:
    """Return whether the start of a fan's ray is visible from a position of the segment."""
    away = np.sqrt((ray[0] - x) ** 2 + ray[1] ** 2)
    back: Ray = (ray[0], ray[1], -ray[2], -ray[3], 0.0)
    found, _ = find_first_hit(back, scene, away)
    return found < 0


@kernel
def measure_ray(sweep: Sweep, scene: RayScene, hit: int, value: float) -> tuple[float, bool]:
    """Return the length of a ray (0 at least), and whether a barrier stops it."""
    ray = cast_ray(sweep, scene.source, value)
    if hit >= 0:
        until = distance_to_line(ray, scene.pieces[hit])
        if 0.0 <= until < ray[4]:
            return until, True
    return max(ray[4], 0.0), False


@kernel
def ray_tip(sweep: Sweep, source: RadiusSource, value: float) -> tuple[float, float]:
    """Return the end of a ray that no barrier stops."""
    x, y, cos, sin, length = cast_ray(sweep, source, value)
    return x + cos * max(length, 0.0), y + sin * max(length, 0.0)


@kernel
def chord_error_m(sweep: Sweep, source: RadiusSource, begin: float, end: float) -> float:
    """Return the greatest distance of two intermediate tips from the chord between two tips, metres."""
    begin_x, begin_y = ray_tip(sweep, source, begin)
    end_x, end_y = ray_tip(sweep, source, end)
    chord_x, chord_y, most = end_x - begin_x, end_y - begin_y, 0.0
    for third in range(1, 3):
        x, y = ray_tip(sweep, source, begin + (end - begin) * third / 3)
        x, y = x - begin_x, y - begin_y
        if chord_x == 0.0 and chord_y == 0.0:
            most = max(most, x * x + y * y)
        else:
            most = max(most, squared_to_piece(x, y, chord_x, chord_y))
    return float(np.sqrt(most))
