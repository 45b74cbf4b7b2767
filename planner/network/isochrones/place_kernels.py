"""Kernels: segments between numbered places, and which of them are near one another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from planner.network.compile import kernel
from planner.network.walk import FloatArray, IndexArray

PLACES_A_METRE = 100_000
"""Segment ends are one place where they agree to a hundredth of a millimetre."""

STIR_M = 5e-6
"""Every place is moved by up to so much, each always the same way. Streets that lie on one another, end on
one another or run exactly two radii apart then do so no longer, and every crossing is a plain one."""


class Capsules(NamedTuple):
    """Segments between numbered places, in metres from a near origin.

    Attributes
    ----------
    xy
        The places, shape (places, 2).
    ends
        The places where each segment begins and ends, shape (segments, 2).
    line
        Where each segment begins and ends, its direction and its length (x, y, x, y, cos, sin, m),
        shape (segments, 7).
    row
        Which of the segments that were given each one is; of several between the same places the first,
        shape (segments,).
    first, incident
        The segments at place `p` are ``incident[first[p]:first[p + 1]]``.
    """

    xy: FloatArray
    ends: IndexArray
    line: FloatArray
    row: IndexArray
    first: IndexArray
    incident: IndexArray


@kernel
def lay_out(segments: FloatArray, east: float, north: float) -> Capsules:
    """Give every place a number, drop repeated segments, and make points a little longer than nothing.

    Coordinates are counted from `east` and `north`, whole metres near by, so that little is lost in rounding.
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
    """Return bits that look like chance but follow from two numbers (the finaliser of splitmix64)."""
    bits = np.uint64(one) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(other)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


@kernel
def _slot(table: IndexArray, keys: IndexArray, one: int, other: int) -> int:
    """Return where in the hash table a pair of numbers is, or is to be put."""
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
    """Return the places' coordinates in whole hundredths of a millimetre, their number, and each segment's two."""
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
    """Return where the segments with length begin and end, each pair of places once, which, and how many."""
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
    begin[:kept], end[:kept] = pairs[:kept, 0], pairs[:kept, 1]
    return begin, end, origin, kept
