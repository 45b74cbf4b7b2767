"""Kernels: nearest facility of points anywhere, by looking only at the streets that can matter.

A point has many streets within `access_m`, and its nearest facility is reached by one of them. Once the walks to
all nodes are computed, two bounds exclude most others before any walk is computed: no walk by a segment is shorter
than the shortest walk to it plus the straight distance, and none need be longer than the one that leaves the
street at its nearest position.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from planner.network.compile import kernel
from planner.network.link_kernels import EdgeArrays, EdgeRows, SnapArrays
from planner.network.search_kernels import SearchState, find_nearest_facility
from planner.network.snap_kernels import squared_distance
from planner.network.spatial_index import Grid
from planner.network.walk import FloatArray, IndexArray

BATCH = 1024
"""Points whose streets are collected together, so that they stay in the cache."""

SLACK_M = 1e-6
"""Rounding changes a bound by less."""


class SegmentAccess(NamedTuple):
    """Shortest walks from any facility to each segment, by the nodes at the ends of its edge."""

    ahead_m: FloatArray
    """To the start of the segment, along it, shape (segments,)."""
    back_m: FloatArray
    """To its start, against it and over all of it; subtract what is not walked of it, shape (segments,)."""
    least_m: FloatArray
    """Lower bound of all walks to the segment: 0 where a facility meets the edge, shape (segments,)."""


class PlaceSearch(NamedTuple):
    """Data for finding the streets that can matter to a point."""

    grid: Grid
    """Segments by cell, in each cell ordered by `SegmentAccess.least_m`."""
    segment_xy: FloatArray
    segment_m: FloatArray
    factor: FloatArray
    """`segment_xy`, `segment_m`, `factor`: See `WalkingNetwork`."""
    segment_access: SegmentAccess
    """Walks to the segments."""
    access_m: float
    reach_m: float
    """`access_m`, `reach_m`: Longest straight walk, and the same with the tolerance of a touch."""


@kernel
def compute_segment_access(field: SearchState, streets: EdgeArrays, facilities: EdgeRows) -> SegmentAccess:
    """Return the shortest walks to all segments, `inf` where there is none."""
    n = len(streets.segment_edge)
    ahead, back, least = np.empty(n), np.empty(n), np.empty(n)
    for s in range(n):
        edge = streets.segment_edge[s]
        one, other = streets.edge_nodes[edge, 0], streets.edge_nodes[edge, 1]
        to_one = field.metres[one] if field.metres[one] < field.beyond_m else np.inf
        to_other = field.metres[other] if field.metres[other] < field.beyond_m else np.inf
        ahead[s] = to_one + streets.segment_from_cost_m[s, 0]
        back[s] = to_other + streets.edge_cost_m[edge, 1] - streets.segment_from_cost_m[s, 1]
        least[s] = 0.0
        if facilities.pointer[edge] == facilities.pointer[edge + 1]:
            least[s] = min(ahead[s], back[s] - streets.segment_cost_factor[s, 1] * streets.segment_m[s])
    return SegmentAccess(ahead, back, least)


@kernel
def sort_cells_by_access(grid: Grid, least_m: FloatArray) -> Grid:
    """Return the grid with the segments of every cell ordered by the shortest walk to them."""
    segment = grid.segment.copy()
    for cell in range(len(grid.pointer) - 1):
        for k in range(grid.pointer[cell] + 1, grid.pointer[cell + 1]):
            s, place = segment[k], k
            while place > grid.pointer[cell] and least_m[segment[place - 1]] > least_m[s]:
                segment[place] = segment[place - 1]
                place -= 1
            segment[place] = s
    return Grid(grid.west, grid.south, grid.cell_m, grid.columns, grid.rows, grid.pointer, segment)


@kernel
def find_nearest_of_places(
    ground: PlaceSearch,
    field: SearchState,
    streets: EdgeArrays,
    facilities: tuple[SnapArrays, EdgeRows],
    xy: FloatArray,
    order: IndexArray,
    into: tuple[FloatArray, IndexArray],
) -> None:
    """Write for the points listed in `order` what `find_nearest_facility` writes for snapped points."""
    metres, facility = into
    seen = np.full(len(ground.segment_xy), -1, dtype=np.int64)
    rows, batch_m, batch_who = np.arange(BATCH), np.empty(BATCH), np.empty(BATCH, dtype=np.int64)
    for begin in range(0, len(order), BATCH):
        batch = order[begin : begin + BATCH]
        stands = find_relevant_stretches(ground, xy, batch, seen)
        find_nearest_facility(field, streets, facilities, stands, rows[: len(batch)], batch_m, batch_who)
        for i in range(len(batch)):
            metres[batch[i]], facility[batch[i]] = batch_m[i], batch_who[i]


@kernel
def find_relevant_stretches(  # noqa: C901, PLR0915 -- a call in the loop costs more than the step
    ground: PlaceSearch, xy: FloatArray, places: IndexArray, seen: IndexArray
) -> SnapArrays:
    """Return the stretches within reach of each point by which it may have its shortest walk.

    Each is computed as by `fill_stretches`. `seen` is working memory, one number per segment.
    """
    grid, segment_xy, segment_m, factor, segment_access, access_m, reach_m = ground
    ahead_m, back_m, least_m = segment_access
    cells, listed, cell_m, columns = grid.pointer, grid.segment, grid.cell_m, grid.columns
    pointer, used = np.zeros(len(places) + 1, dtype=np.int64), 0
    segment, stretch = np.empty(4 * len(places), dtype=np.int64), np.empty((4 * len(places), 5))
    for i in range(len(places)):
        p = places[i]
        x, y, begin, most = xy[p, 0], xy[p, 1], used, np.inf
        east, north = x - grid.west, y - grid.south
        west_cell = max(int(np.floor((east - reach_m) / cell_m)), 0)
        east_cell = min(int(np.floor((east + reach_m) / cell_m)), columns - 1)
        south_cell = max(int(np.floor((north - reach_m) / cell_m)), 0)
        north_cell = min(int(np.floor((north + reach_m) / cell_m)), grid.rows - 1)
        for row in range(south_cell, north_cell + 1):
            for column in range(west_cell, east_cell + 1):
                cell = row * columns + column
                for k in range(cells[cell], cells[cell + 1]):
                    s = listed[k]
                    # The segments that follow in this cell are no nearer to a facility.
                    if least_m[s] > most:
                        break
                    if seen[s] == p:
                        continue
                    seen[s] = p
                    square = squared_distance(segment_xy, s, x, y)
                    if square > reach_m * reach_m:
                        continue
                    straight = np.sqrt(square)
                    if least_m[s] + straight > most:
                        continue
                    length = segment_m[s]
                    along_x = (segment_xy[s, 2] - segment_xy[s, 0]) / length
                    along_y = (segment_xy[s, 3] - segment_xy[s, 1]) / length
                    from_x, from_y = x - segment_xy[s, 0], y - segment_xy[s, 1]
                    foot, aside = from_x * along_x + from_y * along_y, along_x * from_y - along_y * from_x
                    half = np.sqrt(max(access_m**2 - aside**2, 0.0))
                    if used == len(segment):
                        segment = np.concatenate((segment, np.empty(used + 4, dtype=np.int64)))
                        stretch = np.concatenate((stretch, np.empty((used + 4, 5))))
                    segment[used] = s
                    stretch[used, 0] = min(max(foot - half, 0.0), length)
                    stretch[used, 1] = min(max(foot + half, 0.0), length)
                    stretch[used, 2], stretch[used, 3] = foot, aside
                    stretch[used, 4] = least_m[s] + straight
                    used += 1
                    nearest = min(max(foot, 0.0), length)
                    walk_m = min(ahead_m[s] + factor[s, 0] * nearest, back_m[s] - factor[s, 1] * nearest)
                    most = min(most, walk_m + straight + SLACK_M)
        # Drop what was collected before a shorter walk was found.
        kept = begin
        for at in range(begin, used):
            if stretch[at, 4] <= most:
                segment[kept] = segment[at]
                for value in range(4):
                    stretch[kept, value] = stretch[at, value]
                kept += 1
        used = kept
        pointer[i + 1] = used
    return SnapArrays(
        pointer, segment[:used], stretch[:used, 0], stretch[:used, 1], stretch[:used, 2], stretch[:used, 3]
    )
