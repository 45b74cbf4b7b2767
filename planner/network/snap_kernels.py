"""Kernels for snapping: only the segments in the cells around a point are visited."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from planner.network.compile import ZERO, kernel
from planner.network.spatial_index import Grid
from planner.network.walk import FloatArray, IndexArray


class SegmentArrays(NamedTuple):
    """Straight segments and their lengths; see `WalkingNetwork`."""

    xy: FloatArray
    metres: FloatArray


class SnapRows(NamedTuple):
    """Pairs of points and segments within reach; see `SnappedPoints`."""

    pointer: IndexArray
    """The rows of point ``p`` are those from ``pointer[p]`` to ``pointer[p + 1]``, shape (points + 1,)."""
    point: IndexArray
    segment: IndexArray
    """`point`, `segment`: The pair, shape (rows,)."""
    columns: FloatArray
    """From, to, foot and aside, shape (4, rows)."""


class NearbySegments(NamedTuple):
    """Segments around some points, in the order of processing."""

    counts: IndexArray
    """Number of segments within reach of each point, shape (points,)."""
    segment: IndexArray
    """Segments point by point, rising, shape (rows,)."""
    nearest_segment: IndexArray
    nearest_m: FloatArray
    """`nearest_segment`, `nearest_m`: The nearest one, also beyond reach, and its distance, shape (points,)."""


@kernel
def squared_distance(segment_xy: FloatArray, s: int, x: float, y: float) -> float:
    """Return the squared distance from a point to a segment, exact at its ends so that neighbours agree there."""
    from_x, from_y = x - segment_xy[s, 0], y - segment_xy[s, 1]
    step_x, step_y = segment_xy[s, 2] - segment_xy[s, 0], segment_xy[s, 3] - segment_xy[s, 1]
    along = from_x * step_x + from_y * step_y
    if along <= 0:
        return float(from_x * from_x + from_y * from_y)
    length = step_x * step_x + step_y * step_y
    if along >= length:
        to_x, to_y = x - segment_xy[s, 2], y - segment_xy[s, 3]
        return float(to_x * to_x + to_y * to_y)
    aside = step_x * from_y - step_y * from_x
    return float(aside * aside / length)


@kernel
def insert_sorted(rows: IndexArray, begin: int, end: int, value: int) -> None:
    """Insert a value among the sorted rows from `begin` to `end`."""
    while end > begin and rows[end - 1] > value:
        rows[end] = rows[end - 1]
        end -= 1
    rows[end] = value


@kernel
def find_nearest_segment(grid: Grid, segment_xy: FloatArray, x: float, y: float) -> tuple[int, float]:
    """Return the nearest segment and its squared distance, ring after ring of cells around the point."""
    column = int(np.floor((x - grid.west) / grid.cell_m))
    row = int(np.floor((y - grid.south) / grid.cell_m))
    ring = max(0, -column, column - grid.columns + 1, -row, row - grid.rows + 1)
    last_ring = max(column, grid.columns - 1 - column, row, grid.rows - 1 - row)
    nearest, best = -1, np.inf
    while ring <= last_ring:
        for r in range(max(row - ring, 0), min(row + ring, grid.rows - 1) + 1):
            # Inner rows of a ring have two cells, the first and the last row have all.
            step = 1 if abs(r - row) == ring else max(2 * ring, 1)
            for c in range(column - ring, column + ring + 1, step):
                if 0 <= c < grid.columns:
                    cell = r * grid.columns + c
                    for k in range(grid.pointer[cell], grid.pointer[cell + 1]):
                        s = grid.segment[k]
                        square = squared_distance(segment_xy, s, x, y)
                        if square < best or (square == best and s < nearest):
                            nearest, best = s, square
        # Everything nearer than the outside of this ring was visited.
        if best <= (ring * grid.cell_m) ** 2:
            break
        ring += 1
    return nearest, best


@kernel
def find_nearby_segments(  # noqa: C901 -- a call in the loop costs more than the step
    grid: Grid, segment_xy: FloatArray, xy: FloatArray, order: IndexArray, first: int, last: int, reach_m: float
) -> NearbySegments:
    """Find the segments within `reach_m` of the points from `first` to `last` in `order`, and the nearest."""
    counts = np.zeros(last - first, dtype=np.int64)
    nearest_segment, nearest_m = np.empty(last - first, dtype=np.int64), np.empty(last - first)
    rows, used = np.empty(4 * (last - first) + 64, dtype=np.int64), ZERO
    seen = np.full(len(segment_xy), -1, dtype=np.int64)
    pointer, listed, cell_m, columns = grid.pointer, grid.segment, grid.cell_m, grid.columns
    for point in range(first, last):
        x, y, begin = xy[order[point], 0], xy[order[point], 1], used
        nearest, best = -1, reach_m**2
        east, north = x - grid.west, y - grid.south
        west_cell = max(int(np.floor((east - reach_m) / cell_m)), 0)
        east_cell = min(int(np.floor((east + reach_m) / cell_m)), columns - 1)
        south_cell = max(int(np.floor((north - reach_m) / cell_m)), 0)
        north_cell = min(int(np.floor((north + reach_m) / cell_m)), grid.rows - 1)
        for row in range(south_cell, north_cell + 1):
            up_m = max(row * cell_m - north, north - (row + 1) * cell_m, 0.0)
            for column in range(west_cell, east_cell + 1):
                side_m = max(column * cell_m - east, east - (column + 1) * cell_m, 0.0)
                if up_m * up_m + side_m * side_m > reach_m * reach_m:
                    continue
                cell = row * columns + column
                for k in range(pointer[cell], pointer[cell + 1]):
                    s = listed[k]
                    if seen[s] == point:
                        continue
                    seen[s] = point
                    square = squared_distance(segment_xy, s, x, y)
                    if square > reach_m * reach_m:
                        continue
                    if square < best or (square == best and (s < nearest or nearest < 0)):
                        nearest, best = s, square
                    if used == len(rows):
                        rows = np.concatenate((rows, np.empty(used, dtype=np.int64)))
                    insert_sorted(rows, begin, used, s)
                    used += 1
        if nearest < 0:
            nearest, best = find_nearest_segment(grid, segment_xy, x, y)
        counts[point - first] = used - begin
        nearest_segment[point - first] = nearest
        nearest_m[point - first] = np.sqrt(best)
    return NearbySegments(counts, rows[:used], nearest_segment, nearest_m)


@kernel
def fill_stretches(
    segments: SegmentArrays,
    xy: FloatArray,
    order: IndexArray,
    first: int,
    nearby: NearbySegments,
    access_m: float,
    pairs: SnapRows,
) -> None:
    """Write the stretches of the points from `first` on in `order` into their rows."""
    segment_xy, segment_m = segments
    counts, around, _, _ = nearby
    pointer, point, segment, columns = pairs
    taken = 0
    for i in range(len(counts)):
        p = order[first + i]
        for row in range(pointer[p], pointer[p + 1]):
            s = around[taken]
            taken += 1
            length = segment_m[s]
            along_x = (segment_xy[s, 2] - segment_xy[s, 0]) / length
            along_y = (segment_xy[s, 3] - segment_xy[s, 1]) / length
            x, y = xy[p, 0] - segment_xy[s, 0], xy[p, 1] - segment_xy[s, 1]
            foot, aside = x * along_x + y * along_y, along_x * y - along_y * x
            half = np.sqrt(max(access_m**2 - aside**2, 0.0))
            point[row], segment[row] = p, s
            columns[0, row] = min(max(foot - half, 0.0), length)
            columns[1, row] = min(max(foot + half, 0.0), length)
            columns[2, row], columns[3, row] = foot, aside
