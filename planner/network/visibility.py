"""Visibility: barriers to the straight walk between a point and a street, and the parts of a street in reach.

A straight walk from a point to a position on a segment is blocked if it meets a piece of a barrier, apart from

- pieces on which the point lies (within a millimetre): from the wall itself both sides are open;
- the part of a piece within a millimetre of the segment: where a street crosses a barrier, or lies on it, the
  street is the opening.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.network.argument_checks import check_barriers
from planner.network.compile import ZERO, kernel
from planner.network.spatial_index import Grid, build_grid
from planner.network.walk import FloatArray, IndexArray

BESIDE_M = 1e-3
"""A barrier touches a point or a street that is so near: vertices are distinct to the millimetre."""

EDGE_M = 1e-6
"""Width added to a shadow, so that the shadows of two joined pieces leave no gap."""

PIECE_M = 50.0
"""Longest piece of a barrier, so that the cells of their grid stay small."""


@dataclass(frozen=True, slots=True, eq=False)
class Barriers:
    """Barriers to straight walks."""

    xy: FloatArray
    """Both ends of each straight piece of a barrier, or of a shore, shape (pieces, 4)."""
    grid: Grid
    """Pieces in every cell of a grid."""
    water: NDArray[np.object_]
    """Polygons; a point inside one reaches only the street on which it lies."""


def build_barriers(lines: gpd.GeoSeries | None, water: gpd.GeoSeries | None) -> Barriers:
    """Build barriers from lines (railways, walls) and from polygons of water.

    Raises
    ------
    DataError
        The lines are not lines, the water is not polygons, or they are not in metres.

    Examples
    --------
    >>> wall = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 30 0, 30 120)"], crs=32648)
    >>> build_barriers(wall, None).xy[:2].tolist()
    [[0.0, 0.0, 30.0, 0.0], [30.0, 0.0, 30.0, 40.0]]
    """
    check_barriers(lines, water)
    of_lines = [] if lines is None else [lines.array]
    areas = shapely.get_parts([] if water is None else water.array)
    parts = shapely.get_parts(np.concatenate([*of_lines, shapely.boundary(areas)]).astype(object))
    xy, line = shapely.get_coordinates(shapely.segmentize(parts, PIECE_M), return_index=True)
    pieces = np.hstack([xy[:-1], xy[1:]])[line[1:] == line[:-1]] if len(xy) else np.zeros((0, 4))
    metres = np.hypot(*(pieces[:, 2:] - pieces[:, :2]).T)
    pieces = np.ascontiguousarray(pieces[metres > 0])
    return Barriers(pieces, build_grid(pieces, metres[metres > 0]), np.asarray(areas, dtype=object))


def is_in_water(xy: FloatArray, barriers: Barriers) -> NDArray[np.bool_]:
    """Return whether points lie inside water, farther than a millimetre from the shore, shape (points,)."""
    wet = np.zeros(len(xy), dtype=bool)
    if len(barriers.water):
        points = shapely.points(xy)
        point, area = shapely.STRtree(barriers.water).query(points, predicate="within")
        shore_m = shapely.distance(shapely.boundary(barriers.water[area]), points[point])
        wet[point[shore_m > BESIDE_M]] = True
    return wet


@kernel
def find_visible_parts(
    spot: tuple[float, float],
    segment: tuple[float, float, float, float],
    stretch: tuple[float, float],
    barrier_xy: FloatArray,
    near: IndexArray,
    n_near: int,
    parts: FloatArray,
) -> int:
    """Write the parts of a stretch of a straight segment that are visible from a point.

    Parameters
    ----------
    spot
        The point.
    segment
        Both ends of the segment.
    stretch
        Start and end along it, metres.
    barrier_xy, near, n_near
        Pieces of barriers, and the first `n_near` of `near` as those to test.
    parts
        Output: start and end along the segment, rising, shape (at least 2 × n_near + 1, 2).

    Returns
    -------
    count
        Number of parts.
    """
    from_x, from_y = segment[0], segment[1]
    length = np.sqrt((segment[2] - from_x) ** 2 + (segment[3] - from_y) ** 2)
    along_x, along_y = (segment[2] - from_x) / length, (segment[3] - from_y) / length
    x, y = spot[0] - from_x, spot[1] - from_y
    foot, aside = x * along_x + y * along_y, along_x * y - along_y * x
    side = 1.0 if aside >= 0 else -1.0
    aside *= side
    parts[0, 0], parts[0, 1] = stretch
    count = ZERO + 1
    for k in range(n_near):
        piece = near[k]
        x, y = barrier_xy[piece, 0] - from_x, barrier_xy[piece, 1] - from_y
        u, v = x * along_x + y * along_y, side * (along_x * y - along_y * x)
        x, y = barrier_xy[piece, 2] - from_x, barrier_xy[piece, 3] - from_y
        to_u, to_v = x * along_x + y * along_y, side * (along_x * y - along_y * x)
        # Behind the spot or beyond the street, whichever way it runs.
        if min(v, to_v) >= aside + BESIDE_M or max(v, to_v) < 0:
            continue
        if squared_to_piece(foot - u, aside - v, to_u - u, to_v - v) <= BESIDE_M**2:
            continue
        if aside < BESIDE_M:
            if covers_line_of_sight(foot, length, (u, v), (to_u, to_v)):
                return 0
            continue
        # The shares of the piece between the street's line and the spot's parallel to it.
        begin, end = shares_between(v, to_v, 0.0, aside)
        # What of it lies beside the segment is open.
        open_begin, open_end = shares_between(v, to_v, -1.0, BESIDE_M)
        other_begin, other_end = shares_between(u, to_u, -BESIDE_M, length + BESIDE_M)
        open_begin, open_end = max(open_begin, other_begin), min(open_end, other_end)
        if open_begin > open_end:
            open_begin = open_end = end
        for share, to_share in ((begin, min(open_begin, end)), (max(open_end, begin), end)):
            if share < to_share:
                one = project_shadow(foot, aside, u + share * (to_u - u), v + share * (to_v - v))
                other = project_shadow(foot, aside, u + to_share * (to_u - u), v + to_share * (to_v - v))
                count = subtract_interval(parts, count, min(one, other) - EDGE_M, max(one, other) + EDGE_M)
                if not count:
                    return 0
    return count


@kernel
def squared_to_piece(x: float, y: float, step_x: float, step_y: float) -> float:
    """Return the squared distance from a place to a piece that begins at the origin."""
    share = min(max((x * step_x + y * step_y) / (step_x**2 + step_y**2), 0.0), 1.0)
    return float((x - share * step_x) ** 2 + (y - share * step_y) ** 2)


@kernel
def shares_between(begin: float, end: float, low: float, high: float) -> tuple[float, float]:
    """Return the interval of shares in which a value that runs from `begin` to `end` lies between two bounds."""
    if begin == end:
        return (0.0, 1.0) if low <= begin <= high else (2.0, -1.0)
    one, other = (low - begin) / (end - begin), (high - begin) / (end - begin)
    return max(min(one, other), 0.0), min(max(one, other), 1.0)


@kernel
def project_shadow(foot: float, aside: float, u: float, v: float) -> float:
    """Return the position on the street's line where the shadow of a place falls."""
    if v >= aside:
        return np.inf if u >= foot else -np.inf
    return float(foot + (u - foot) * aside / (aside - v))


@kernel
def covers_line_of_sight(foot: float, length: float, begin: tuple[float, float], end: tuple[float, float]) -> bool:
    """Return whether a piece lies across the line of the segment, between the segment and a point on that line."""
    low, high = shares_between(begin[1], end[1], 0.0, 0.0)
    if low > high:
        return False
    one, other = begin[0] + low * (end[0] - begin[0]), begin[0] + high * (end[0] - begin[0])
    nearest, farthest = min(one, other), max(one, other)
    before = foot < -BESIDE_M and farthest > foot and nearest < -BESIDE_M
    behind = foot > length + BESIDE_M and nearest < foot and farthest > length + BESIDE_M
    return bool(before or behind)


@kernel
def subtract_interval(parts: FloatArray, count: int, low: float, high: float) -> int:
    """Remove the interval between two positions, and return the number of parts that remain."""
    kept = 0
    for k in range(count):
        begin, end = parts[k, 0], parts[k, 1]
        if high < begin or end < low:
            parts[kept, 0], parts[kept, 1] = begin, end
            kept += 1
        elif begin < low and high < end:
            # Nothing else is touched: the parts behind it move by one place.
            for later in range(count, k + 1, -1):
                parts[later, 0], parts[later, 1] = parts[later - 1, 0], parts[later - 1, 1]
            parts[k, 1] = low
            parts[k + 1, 0], parts[k + 1, 1] = high, end
            return count + 1
        elif begin < low:
            parts[kept, 0], parts[kept, 1] = begin, low
            kept += 1
        elif high < end:
            parts[kept, 0], parts[kept, 1] = high, end
            kept += 1
    return kept


@kernel
def find_nearby_pieces(
    grid: Grid, barrier_xy: FloatArray, spot: tuple[float, float], reach_m: float, near: IndexArray
) -> int:
    """Write the pieces of barriers within reach of a point, each once, and return their number."""
    east, north, count = spot[0] - grid.west, spot[1] - grid.south, 0
    west_cell = max(int(np.floor((east - reach_m) / grid.cell_m)), 0)
    east_cell = min(int(np.floor((east + reach_m) / grid.cell_m)), grid.columns - 1)
    south_cell = max(int(np.floor((north - reach_m) / grid.cell_m)), 0)
    north_cell = min(int(np.floor((north + reach_m) / grid.cell_m)), grid.rows - 1)
    for row in range(south_cell, north_cell + 1):
        for cell in range(row * grid.columns + west_cell, row * grid.columns + east_cell + 1):
            for k in range(grid.pointer[cell], grid.pointer[cell + 1]):
                piece = grid.segment[k]
                x, y = barrier_xy[piece, 0], barrier_xy[piece, 1]
                step_x, step_y = barrier_xy[piece, 2] - x, barrier_xy[piece, 3] - y
                if squared_to_piece(spot[0] - x, spot[1] - y, step_x, step_y) <= reach_m**2:
                    is_listed = False
                    for earlier in range(count):
                        is_listed |= near[earlier] == piece
                    if not is_listed:
                        near[count] = piece
                        count += 1
    return count


@kernel
def clip_to_visible(
    barriers: tuple[Grid, FloatArray],
    segment_xy: FloatArray,
    xy: FloatArray,
    stretches: tuple[IndexArray, IndexArray, FloatArray, FloatArray],
    first: int,
    last: int,
    reach_m: float,
) -> tuple[IndexArray, FloatArray]:
    """Return the visible parts of the stretches of the points from `first` to `last`: row, start and end."""
    grid, barrier_xy = barriers
    pointer, segment, from_m, to_m = stretches
    near = np.empty(len(barrier_xy), dtype=np.int64)
    parts = np.empty((2 * len(barrier_xy) + 1, 2))
    room = pointer[last] - pointer[first] + 16
    rows, seen, count = np.empty(room, dtype=np.int64), np.empty((room, 2)), 0
    for point in range(first, last):
        spot = (xy[point, 0], xy[point, 1])
        n_near = find_nearby_pieces(grid, barrier_xy, spot, reach_m, near)
        for row in range(pointer[point], pointer[point + 1]):
            parts[0, 0], parts[0, 1] = from_m[row], to_m[row]
            n_parts, s = 1, segment[row]
            if n_near:
                ends = (segment_xy[s, 0], segment_xy[s, 1], segment_xy[s, 2], segment_xy[s, 3])
                n_parts = find_visible_parts(spot, ends, (from_m[row], to_m[row]), barrier_xy, near, n_near, parts)
            if count + n_parts > len(rows):
                more = len(rows) + n_parts
                rows = np.concatenate((rows, np.empty(more, dtype=np.int64)))
                seen = np.concatenate((seen, np.empty((more, 2))))
            for k in range(n_parts):
                rows[count], seen[count, 0], seen[count, 1] = row, parts[k, 0], parts[k, 1]
                count += 1
    return rows[:count], seen[:count]
