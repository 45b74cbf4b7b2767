"""Candidates at street positions: finitely many that serve as well as all of them together."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csc_array

from planner.messages.progress import Progress, report_share, silent
from planner.network.network import with_costs
from planner.network.positions import select_snapped
from planner.network.snapping import SnappedPoints, snap
from planner.network.travel_times import travel_times
from planner.network.walk import FloatArray, IndexArray, is_within
from planner.network.walker import Walker
from planner.siting.candidates.candidate import Candidate, make_ids_unique, place_id
from planner.siting.candidates.clusters import POSITION_DIGITS
from planner.siting.candidates.set_kernels import undominated_sets
from planner.siting.solvers.deadline import Deadline

POINTS_AT_ONCE = 400
POSITIONS_AT_ONCE = 4000
BLOCK_M = 500.0
"""Positions are searched by blocks of this width, so that those searched together serve the same people."""

STRETCHES_SHARE = 0.6
"""Of the time, for where people are within their limits; the rest is for the positions that suffice."""

Part = TypeVar("Part")

MERGED_AT = 20_000_000
"""Pairs of a position and a point that wait at most to be compared with those kept."""

SHORT_M = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class StreetCandidates:
    """Street positions, and how many there would be."""

    candidates: list[Candidate]
    """Those that are kept, from west to east; S and the sign of the place."""
    suffice: int
    """How many suffice: no street position serves people whom one of these does not serve as well."""
    stopped: bool = False
    """Whether the clock ended the search: other positions may serve more."""

    @property
    def is_complete(self) -> bool:
        """Whether all that suffice are kept, so that a bound speaks of every street position."""
        return len(self.candidates) == self.suffice and not self.stopped


@dataclass(slots=True)
class PartClock:
    """Parts of a long work, done until a deadline is over."""

    deadline: Deadline = field(default_factory=lambda: Deadline(np.inf))
    """When no further part begins. One is always done, and parts far apart come first."""
    progress: Progress = silent
    """Its `step` is given how many parts are done, where it has one."""
    stopped: bool = False
    """Whether parts were left."""

    def until(self, share: float, parts: Sequence[Part]) -> Iterator[Part]:
        """Yield the parts, those far apart first, until this share of the time is over; one at least.

        Examples
        --------
        >>> list(PartClock().until(1.0, "abcde"))
        ['a', 'e', 'c', 'b', 'd']
        """
        # By the digits of their numbers read backwards: the first ones are spread over all of them.
        bits = max(len(parts) - 1, 1).bit_length()
        order = sorted(range(len(parts)), key=lambda number: f"{number:0{bits}b}"[::-1])
        for done, number in enumerate(order):
            if done and self.deadline.elapsed_s >= share * self.deadline.time_limit_s:
                self.stopped = True
                return
            report_share(self.progress, done, len(parts))
            yield parts[number]


def propose_street_positions(
    demand: SnappedPoints,
    people: FloatArray,
    limit_min: FloatArray,
    walker: Walker,
    free_streets: NDArray[np.object_],
    *,
    at_most: int,
    clock: PartClock | None = None,
) -> StreetCandidates:
    """Propose street positions of which an optimum over them is an optimum over all.

    The street positions that serve a demand point are the streets inside its own service area, walked towards it:
    finitely many closed stretches. Along a street, the set of points served only grows where a stretch begins and
    only shrinks behind an end, so it is largest where a beginning is followed by an end: one position between each
    such two suffices (the network intersect points of Church & Meadows, moved into the middle of what they have in
    common). Of these, one whose points another serves as well is left out.

    Parameters
    ----------
    demand
        Where the people to be gained meet the streets.
    people, limit_min
        How many they are and how far they may walk, minutes, shape (demand,).
    walker
        Network and walk.
    free_streets
        The street pieces on which a station may stand.
    at_most
        Keep no more than so many: those that a greedy choice takes until everyone is served, then those that it
        takes of the rest, so that no neighbourhood is left without.
    clock
        When it is over, the positions that were found from a part of the people are all.

    Returns
    -------
    positions
        With how many suffice.

    References
    ----------
    .. [1] Church, R. L., Meadows, M. E. (1979). Location modeling utilizing maximum service distance criteria.
           Geographical Analysis 11.
    """
    pieces = _straight(free_streets)
    uncovered = np.flatnonzero((people > 0) & demand.reaches_street)
    if not len(pieces) or not len(uncovered):
        return StreetCandidates([], 0)
    clock = clock or PartClock()
    xy = _fullest(pieces, _stretches(pieces, demand, uncovered, limit_min, walker, clock))
    if not len(xy):
        return StreetCandidates([], 0, clock.stopped)
    xy = np.unique(np.round(xy, POSITION_DIGITS) + 0.0, axis=0)
    position, matrix = _sufficient(xy, demand, people, limit_min, walker, clock)
    kept = position if len(position) <= at_most else position[_best_around(matrix, people, at_most)]
    return StreetCandidates(
        make_ids_unique(
            [Candidate(place_id("S", x, y), "streets", x, y) for x, y in xy[kept].tolist()],
        ),
        len(position),
        clock.stopped,
    )


def _sufficient(
    xy: FloatArray,
    demand: SnappedPoints,
    people: FloatArray,
    limit_min: FloatArray,
    walker: Walker,
    clock: PartClock,
) -> tuple[IndexArray, csc_array]:
    """Return the positions whose people no other position serves as well, ascending, and whom each serves.

    Positions are searched some at a time, neighbours together, and those that a neighbour replaces are dropped at
    once: what one of a part replaces, one that is kept of all replaces too. So memory is bounded by what is kept.
    """
    counts = (people > 0) & demand.reaches_street
    horizon_min = float(limit_min[counts].max())
    block = np.floor((xy - xy.min(axis=0)) / BLOCK_M).astype(np.int64)
    order = np.lexsort((np.arange(len(xy)), block[:, 0], block[:, 1]))
    kept = _Sets.none()
    waiting = [_Sets.none()]
    parts = np.array_split(order, max(1, -(-len(order) // POSITIONS_AT_ONCE)))
    for part in clock.until(1.0, parts):
        chosen = np.sort(part)
        # Not by the walker, whose cache is for results that are used again.
        sites = snap(xy[chosen], walker.network, access_m=walker.access_m)
        times = travel_times(walker.network, sites, demand, walk=walker.walk, horizon_min=horizon_min)
        served = is_within(times.minutes, limit_min[times.demand]) & counts[times.demand]
        size = np.bincount(times.facility[served], minlength=len(chosen))
        waiting.append(_Sets(chosen, size, times.demand[served].astype(np.int32)).undominated(len(people)))
        if sum(len(one.row) for one in waiting) > max(MERGED_AT, len(kept.row)):
            kept, waiting = _Sets.joined([kept, *waiting]).undominated(len(people)), []
    kept = _Sets.joined([kept, *waiting]).undominated(len(people))
    pointer = np.concatenate([[0], np.cumsum(kept.size)])
    shape = (len(people), len(kept.position))
    return kept.position, csc_array((np.ones(len(kept.row), dtype=bool), kept.row, pointer), shape=shape)


@dataclass(frozen=True, slots=True, eq=False)
class _Sets:
    """Positions, ascending, how many demand points each serves, and which, one position after the other."""

    position: IndexArray
    size: IndexArray
    row: NDArray[np.int32]

    @classmethod
    def none(cls) -> _Sets:
        nothing = np.zeros(0, dtype=np.int64)
        return cls(nothing, nothing, np.zeros(0, dtype=np.int32))

    @classmethod
    def joined(cls, some: Sequence[_Sets]) -> _Sets:
        return cls(
            *(np.concatenate(parts) for parts in zip(*((s.position, s.size, s.row) for s in some), strict=True))
        )

    def undominated(self, n_rows: int) -> _Sets:
        """Return the positions whose points no other serves as well; of equals the first, ascending."""
        pointer = np.concatenate([[0], np.cumsum(self.size)]).astype(np.int64)
        keeps = undominated_sets(pointer, self.row, np.lexsort((self.position, -self.size)), n_rows)
        kept = np.flatnonzero(keeps)
        kept = kept[np.argsort(self.position[kept])]
        size = self.size[kept]
        first = np.repeat(pointer[kept] - np.concatenate([[0], np.cumsum(size)[:-1]]), size)
        return _Sets(self.position[kept], size, self.row[first + np.arange(int(size.sum()))])


@dataclass(frozen=True, slots=True, eq=False)
class _Stretches:
    """Where along which piece a demand point is within its limit, metres."""

    piece: IndexArray
    from_m: FloatArray
    to_m: FloatArray

    @classmethod
    def none(cls) -> _Stretches:
        return cls(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))


def _straight(lines: NDArray[np.object_]) -> FloatArray:
    """Return the straight pieces of lines, shape (pieces, 4)."""
    lines = lines[shapely.length(lines) > 0]
    xy, line = shapely.get_coordinates(lines, return_index=True)
    joined = np.flatnonzero(line[1:] == line[:-1])
    pieces = np.hstack([xy[joined], xy[joined + 1]])
    return np.asarray(pieces[np.hypot(*(pieces[:, 2:] - pieces[:, :2]).T) > SHORT_M], dtype=np.float64)


def _stretches(
    pieces: FloatArray,
    demand: SnappedPoints,
    points: IndexArray,
    limit_min: FloatArray,
    walker: Walker,
    clock: PartClock,
) -> _Stretches:
    # A service area is what reaches its middle; here people go out from it.
    outwards = Walker(with_costs(walker.network, walker.network.segment_cost_factor), walker.walk)
    lines = np.asarray(shapely.linestrings(pieces.reshape(-1, 2, 2)), dtype=object)
    tree = shapely.STRtree(lines)
    is_whole, parts = np.zeros(len(pieces), dtype=bool), [_Stretches.none()]
    chunks = [
        (float(limit), rows)
        for limit in np.unique(limit_min[points])
        for rows in _chunks(points[limit_min[points] == limit])
    ]
    for limit, rows in clock.until(STRETCHES_SHARE, chunks):
        areas = outwards.service_areas(select_snapped(demand, rows), limits_min=[limit])[:, 0]
        whole, part = _inside(areas, tree, lines, pieces)
        is_whole[whole] = True
        parts.append(part)
    # A piece that is whole within the limit of many points is one stretch: it begins and ends where theirs do.
    whole = np.flatnonzero(is_whole)
    parts.append(_Stretches(whole, np.zeros(len(whole)), np.hypot(*(pieces[whole, 2:] - pieces[whole, :2]).T)))
    return _Stretches(
        *(np.concatenate(c) for c in zip(*((p.piece, p.from_m, p.to_m) for p in parts), strict=True))
    )


def _chunks(rows: IndexArray) -> Iterator[IndexArray]:
    yield from np.array_split(rows, max(1, -(-len(rows) // POINTS_AT_ONCE)))


def _inside(
    areas: NDArray[np.object_], tree: shapely.STRtree, lines: NDArray[np.object_], pieces: FloatArray
) -> tuple[IndexArray, _Stretches]:
    """Return which pieces lie whole in an area, and what of the others lies in each."""
    area, piece = tree.query(areas, predicate="intersects")
    shapely.prepare(areas)
    whole = shapely.covers(areas[area], lines[piece])
    length = np.hypot(*(pieces[:, 2:] - pieces[:, :2]).T)
    parts, which = shapely.get_parts(
        shapely.intersection(lines[piece[~whole]], areas[area[~whole]]), return_index=True
    )
    of = piece[~whole][which]
    first, last = (shapely.get_coordinates(_end(parts, end)) for end in (0, -1))
    along = (pieces[of, 2:] - pieces[of, :2]) / length[of, None]
    ends = np.sort([np.einsum("ij,ij->i", xy - pieces[of, :2], along) for xy in (first, last)], axis=0)
    return np.unique(piece[whole]), _Stretches(of.astype(np.int64), ends[0], ends[1])


def _end(parts: NDArray[np.object_], place: int) -> NDArray[np.object_]:
    """Return an end of each part; a point is both of its ends."""
    is_point = shapely.get_type_id(parts) == 0
    return np.where(is_point, parts, shapely.get_point(parts, place))


def _fullest(pieces: FloatArray, stretches: _Stretches) -> FloatArray:
    """Return the middle between each beginning of a stretch and the end that comes next after it."""
    count = len(stretches.piece)
    piece = np.concatenate([stretches.piece, stretches.piece])
    at_m = np.concatenate([stretches.from_m, stretches.to_m])
    ends = np.repeat([False, True], count)
    # Limits are inclusive: where a stretch begins at the end of another, both are served there.
    order = np.lexsort((ends, at_m, piece))
    piece, at_m, ends = piece[order], at_m[order], ends[order]
    fullest = np.flatnonzero(~ends[:-1] & ends[1:])
    middle_m, of = (at_m[fullest] + at_m[fullest + 1]) / 2, piece[fullest]
    along = pieces[of, 2:] - pieces[of, :2]
    along /= np.hypot(*along.T)[:, None]
    return np.asarray(pieces[of, :2] + along * middle_m[:, None], dtype=np.float64)


def _best_around(matrix: csc_array, people: FloatArray, at_most: int) -> IndexArray:
    """Return so many columns: those that greedily serve the most, once everyone is served again from the start."""
    weight = np.asarray(matrix.T.astype(np.float64) @ people).ravel()
    rows = np.split(matrix.indices, matrix.indptr[1:-1])
    left = list(range(len(weight)))
    chosen: list[int] = []
    while left and len(chosen) < at_most:
        # Gains only fall while more is served: whoever still leads when looked at again is the best.
        served, taken = np.zeros(len(people), dtype=bool), set()
        # Rows that nobody lives at, or that no column left holds, are served from the start.
        served[:] = True
        for column in left:
            served[rows[column]] = people[rows[column]] <= 0
        unserved = int((~served).sum())
        waiting = [(-float(weight[column]), column) for column in left]
        heapq.heapify(waiting)
        while waiting and unserved and len(chosen) < at_most:
            _, column = heapq.heappop(waiting)
            own = rows[column]
            gain = float(people[own[~served[own]]].sum())
            if gain <= 0:
                continue
            if waiting and (-gain, column) > waiting[0]:
                heapq.heappush(waiting, (-gain, column))
                continue
            unserved -= int((~served[own]).sum())
            served[own] = True
            chosen.append(column)
            taken.add(column)
        left = [column for column in left if column not in taken]
    return np.sort(np.array(chosen, dtype=np.int64))
