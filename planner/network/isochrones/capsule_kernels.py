"""Kernels: capsules around segments between numbered vertices, and which of them are near one another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from planner.network.compile import kernel
from planner.network.spatial_index import accumulate_counts, shift_pointers
from planner.network.walk import FloatArray, IndexArray, SmallArray

PLACES_A_METRE = 100_000
"""Segment ends that agree to a hundredth of a millimetre are one vertex."""

STIR_M = 5e-6
"""Every vertex is moved by up to so much, always in the same way, so that streets neither lie on one another, nor
end on one another, nor run exactly two radii apart, and every crossing is a simple one."""


class Capsules(NamedTuple):
    """Segments between numbered vertices, in metres from a nearby origin."""

    xy: FloatArray
    """Vertices, shape (places, 2)."""
    ends: IndexArray
    """Start and end vertex of each segment, shape (segments, 2)."""
    line: FloatArray
    """Start, end, direction and length of each segment (x, y, x, y, cos, sin, m), shape (segments, 7)."""
    row: IndexArray
    """Row of each segment in the input; of several between the same vertices the first, shape (segments,)."""
    first: IndexArray
    incident: IndexArray
    """`first`, `incident`: The segments at vertex `p` are ``incident[first[p]:first[p + 1]]``."""


@kernel
def number_vertices(segments: FloatArray, east: float, north: float) -> Capsules:
    """Return the segments with numbered vertices, repeated ones dropped, and points given a very small length.

    Coordinates are counted from `east` and `north`, whole metres near by, so that rounding loses little.
    """
    n = len(segments)
    keys, places, ends = _places(segments)
    begin, end, origin, kept = _distinct(ends)
    # A point that no segment touches becomes a segment of some hundredths of a millimetre.
    touched = np.zeros(places + n, dtype=np.bool_)
    for i in range(kept):
        touched[begin[i]] = touched[end[i]] = True
    for i in range(n):
        if ends[i, 0] == ends[i, 1] and not touched[ends[i, 0]]:
            touched[ends[i, 0]] = True
            keys[places, 0], keys[places, 1] = keys[ends[i, 0], 0] + 3, keys[ends[i, 0], 1] + 1
            begin[kept], end[kept], origin[kept] = ends[i, 0], places, i
            kept += 1
            places += 1
    xy, joined, line = np.empty((places, 2)), np.empty((kept, 2), dtype=np.int64), np.empty((kept, 7))
    east_key, north_key = np.int64(east) * PLACES_A_METRE, np.int64(north) * PLACES_A_METRE
    for p in range(places):
        bits = _mixed(keys[p, 0], keys[p, 1])
        stir_x = np.float64(bits & np.uint64(0xFFFFFFFF)) / 2.0**31 - 1.0
        stir_y = np.float64(bits >> np.uint64(32)) / 2.0**31 - 1.0
        xy[p, 0] = (keys[p, 0] - east_key) / PLACES_A_METRE + STIR_M * stir_x
        xy[p, 1] = (keys[p, 1] - north_key) / PLACES_A_METRE + STIR_M * stir_y
    for i in range(kept):
        joined[i, 0], joined[i, 1] = begin[i], end[i]
        line[i, 0], line[i, 1] = xy[begin[i], 0], xy[begin[i], 1]
        line[i, 2], line[i, 3] = xy[end[i], 0], xy[end[i], 1]
        dx, dy = line[i, 2] - line[i, 0], line[i, 3] - line[i, 1]
        line[i, 6] = np.sqrt(dx * dx + dy * dy)
        line[i, 4], line[i, 5] = dx / line[i, 6], dy / line[i, 6]
    first = np.zeros(places + 1, dtype=np.int64)
    for i in range(kept):
        first[begin[i]] += 1
        first[end[i]] += 1
    for p in range(places):
        first[p + 1] += first[p]
    incident = np.empty(2 * kept, dtype=np.int64)
    for i in range(kept - 1, -1, -1):
        for side in range(2):
            place = joined[i, side]
            first[place] -= 1
            incident[first[place]] = i
    return Capsules(xy, joined, line, origin[:kept], first, incident)


@kernel
def _mixed(one: int, other: int) -> np.uint64:
    """Return pseudo-random bits that follow from two numbers (the finaliser of splitmix64)."""
    bits = np.uint64(one) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(other)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


@kernel
def _slot(table: IndexArray, keys: IndexArray, one: int, other: int) -> int:
    """Return the slot of the hash table for a pair of numbers."""
    mask = len(table) - 1
    slot = np.int64(_mixed(one, other) & np.uint64(mask))
    while table[slot] >= 0 and (keys[table[slot], 0] != one or keys[table[slot], 1] != other):
        slot = (slot + 1) & mask
    return int(slot)


@kernel
def _empty_table(size: int) -> IndexArray:
    slots = 16
    while slots < 2 * size:
        slots *= 2
    return np.full(slots, -1, dtype=np.int64)


@kernel
def _places(segments: FloatArray) -> tuple[IndexArray, int, IndexArray]:
    """Return the vertices in hundredths of a millimetre, their number, and both vertices of each segment."""
    n = len(segments)
    table = _empty_table(2 * n)
    keys, ends = np.empty((3 * n, 2), dtype=np.int64), np.empty((n, 2), dtype=np.int64)
    places = 0
    for i in range(n):
        for side in range(2):
            x = int(np.rint(segments[i, 2 * side] * PLACES_A_METRE))
            y = int(np.rint(segments[i, 2 * side + 1] * PLACES_A_METRE))
            slot = _slot(table, keys, x, y)
            if table[slot] < 0:
                keys[places, 0], keys[places, 1] = x, y
                table[slot] = places
                places += 1
            ends[i, side] = table[slot]
    return keys, places, ends


@kernel
def _distinct(ends: IndexArray) -> tuple[IndexArray, IndexArray, IndexArray, int]:
    """Return start, end and row of the segments with length, each pair of vertices once, and their number."""
    n = len(ends)
    origin = np.empty(n, dtype=np.int64)
    table = _empty_table(n)
    pairs = np.empty((n, 2), dtype=np.int64)
    kept = 0
    for i in range(n):
        one, other = min(ends[i, 0], ends[i, 1]), max(ends[i, 0], ends[i, 1])
        slot = _slot(table, pairs, one, other)
        if one != other and table[slot] < 0:
            pairs[kept, 0], pairs[kept, 1], origin[kept] = one, other, i
            table[slot] = kept
            kept += 1
    begin, end = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    for i in range(kept):
        begin[i], end[i] = pairs[i, 0], pairs[i, 1]
    return begin, end, origin, kept


CLASSES = 16
"""Classes of distance for sorting neighbours."""


@kernel
def find_neighbours(line: FloatArray, radius: float) -> tuple[IndexArray, SmallArray]:
    """Find for each segment those within two radii, itself excepted, and few others; the nearest come first.

    A capsule that covers most of a curve ends the search early, so that near ones are tested first. They are
    counted into classes of distance and not sorted: a rough order is as good and costs less.

    Returns
    -------
    first, near
        Those of segment `i` are ``near[first[i]:first[i + 1]]``.
    """
    n, reach = len(line), 2.0 * radius
    first, pairs, in_class = _near_pairs(line, reach)
    total = 0
    for which in range(CLASSES):
        total += in_class[which]
        in_class[which] = total - in_class[which]
    by_class = np.empty(total, dtype=np.uint32)
    for pair in range(total):
        by_class[in_class[pairs[pair, 2]]] = pair
        in_class[pairs[pair, 2]] += 1
    accumulate_counts(first)
    near = np.empty(2 * total, dtype=np.uint32)
    for place in range(total):
        pair = int(by_class[place])
        one, other = pairs[pair, 0], pairs[pair, 1]
        near[first[one]], near[first[other]] = other, one
        first[one] += 1
        first[other] += 1
    shift_pointers(first)
    return first[: n + 1], near


@kernel
def _near_pairs(line: FloatArray, reach: float) -> tuple[IndexArray, SmallArray, IndexArray]:
    """Find the pairs of segments within `reach`, and few others, each once.

    Returns
    -------
    count
        In how many pairs each segment is, one place late, shape (segments + 1,).
    pairs
        Two segments and a class of distance, shape (pairs, 3).
    in_class
        Number of pairs of each class.
    """
    n = len(line)
    west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
    for i in range(n):
        west, south = min(west, line[i, 0], line[i, 2]), min(south, line[i, 1], line[i, 3])
        east, north = max(east, line[i, 0], line[i, 2]), max(north, line[i, 1], line[i, 3])
    width, height = east - west, north - south
    # Few segments far apart must not make many empty cells.
    size = max(reach, np.sqrt(width * height / (4.0 * n)), (width + height) / (4.0 * n + 64.0))
    columns, rows = int(width / size) + 1, int(height / size) + 1
    cell_first, listed = list_by_cell(line, (west, south, size), columns, rows)
    count, in_class = np.zeros(n + 1, dtype=np.int64), np.zeros(CLASSES, dtype=np.int64)
    pairs, found = np.empty((16 * n + n, 3), dtype=np.uint32), 0
    seen = np.full(n, -1, dtype=np.int64)
    per_class = CLASSES / (6.0 * reach)
    for i in range(n):
        x0, y0, x1, y1 = line[i, 0], line[i, 1], line[i, 2], line[i, 3]
        cos, sin, length = line[i, 4], line[i, 5], line[i, 6]
        if found + i > len(pairs):
            longer = np.empty((2 * len(pairs) + n, 3), dtype=np.uint32)
            longer[:found] = pairs[:found]
            pairs = longer
        row0 = max(int((min(y0, y1) - reach - south) / size), 0)
        row1 = min(int((max(y0, y1) + reach - south) / size), rows - 1)
        for row in range(row0, row1 + 1):
            bottom = south + row * size
            low, high = _x_range(x0, y0, x1, y1, bottom - reach, bottom + size + reach)
            column0 = max(int((low - reach - west) / size), 0)
            column1 = min(int((high + reach - west) / size), columns - 1)
            if column0 > column1:
                continue
            cell0 = row * columns + column0
            for at in range(cell_first[cell0], cell_first[cell0 + column1 - column0 + 1]):
                k = listed[at]
                if k >= i or seen[k] == i:
                    continue
                seen[k] = i
                py = cos * (line[k, 1] - y0) - sin * (line[k, 0] - x0)
                qy = cos * (line[k, 3] - y0) - sin * (line[k, 2] - x0)
                if min(py, qy) >= reach or max(py, qy) <= -reach:
                    continue
                px = cos * (line[k, 0] - x0) + sin * (line[k, 1] - y0)
                qx = cos * (line[k, 2] - x0) + sin * (line[k, 3] - y0)
                if max(px, qx) <= -reach or min(px, qx) >= length + reach:
                    continue
                # Twice how far their middles are apart, less their lengths.
                x, y = px + qx - length, py + qy
                apart = np.sqrt(x * x + y * y) - line[k, 6] - length + 2.0 * reach
                which = int(min(max(apart * per_class, 0.0), CLASSES - 1.0))
                pairs[found, 0], pairs[found, 1], pairs[found, 2] = i, k, which
                found += 1
                in_class[which] += 1
                count[i + 1] += 1
                count[k + 1] += 1
    return count, pairs[:found], in_class


@kernel
def select_neighbours(
    listed: tuple[IndexArray, SmallArray], whole: IndexArray, head: IndexArray
) -> tuple[IndexArray, SmallArray]:
    """Find the neighbours of segments from those of the longer ones that they are part of.

    Parameters
    ----------
    listed
        The neighbours of all longer segments, as `find_neighbours` returns them.
    whole
        The longer segment that each segment is part of, shape (segments,).
    head
        Room to work in, all −1 before and after, shape (longer segments,).

    Returns
    -------
    first, near
        Those of segment `i` are ``near[first[i]:first[i + 1]]``; some may be farther off.
    """
    whole_first, whole_near = listed
    n = len(whole)
    after = np.empty(n, dtype=np.int64)
    for i in range(n - 1, -1, -1):
        after[i] = head[whole[i]]
        head[whole[i]] = i
    first, near = np.zeros(n + 1, dtype=np.int64), np.empty(32 * n + n, dtype=np.uint32)
    count = 0
    for i in range(n):
        if count + n > len(near):
            near = np.concatenate((near, np.empty(len(near) + n, dtype=np.uint32)))
        other = head[whole[i]]
        while other >= 0:
            near[count] = other
            count += other != i
            other = after[other]
        for at in range(whole_first[whole[i]], whole_first[whole[i] + 1]):
            other = head[whole_near[at]]
            while other >= 0:
                near[count] = other
                count += 1
                other = after[other]
        first[i + 1] = count
    for i in range(n):
        head[whole[i]] = -1
    return first, near[:count]


@kernel
def list_by_cell(
    line: FloatArray, grid: tuple[float, float, float], columns: int, rows: int
) -> tuple[IndexArray, IndexArray]:
    """List the segments by the cells that they pass; a cell is row × columns + column."""
    west, south, size = grid
    first = np.zeros(columns * rows + 1, dtype=np.int64)
    listed = np.empty(0, dtype=np.int64)
    for fill in range(2):
        for i in range(len(line)):
            x0, y0, x1, y1 = line[i, 0] - west, line[i, 1] - south, line[i, 2] - west, line[i, 3] - south
            row1 = min(int(max(y0, y1) / size), rows - 1)
            for row in range(int(min(y0, y1) / size), row1 + 1):
                low, high = _x_range(x0, y0, x1, y1, row * size, (row + 1) * size)
                column1 = min(int(high / size), columns - 1)
                for cell in range(row * columns + max(int(low / size), 0), row * columns + column1 + 1):
                    if fill:
                        first[cell] -= 1
                        listed[first[cell]] = i
                    else:
                        first[cell] += 1
        if not fill:
            for cell in range(columns * rows):
                first[cell + 1] += first[cell]
            listed = np.empty(first[-1], dtype=np.int64)
    return first, listed


@kernel
def _x_range(x0: float, y0: float, x1: float, y1: float, low: float, high: float) -> tuple[float, float]:
    """Return the least and the greatest x of the segment where its y lies between `low` and `high`."""
    if y0 > y1:
        x0, y0, x1, y1 = x1, y1, x0, y0
    begin, end = x0, x1
    if y0 < low < y1:
        begin = x0 + (x1 - x0) * ((low - y0) / (y1 - y0))
    if y0 < high < y1:
        end = x0 + (x1 - x0) * ((high - y0) / (y1 - y0))
    slack = 1e-6
    return min(begin, end) - slack, max(begin, end) + slack
