"""Candidates at street positions: finitely many that serve as well as all of them together."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csc_array

from planner.network.network import with_costs
from planner.network.positions import select_snapped
from planner.network.snapping import SnappedPoints
from planner.network.walk import FloatArray, IndexArray, is_within
from planner.network.walker import Walker
from planner.siting.candidates.candidate import Candidate
from planner.siting.candidates.clusters import POSITION_DIGITS
from planner.siting.candidates.place_ids import make_ids_unique, place_id
from planner.siting.problem import coverage_from_pairs

POINTS_AT_ONCE = 400
COLUMNS_AT_ONCE = 1000
SHORT_M = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class StreetPositions:
    """Street positions, and how many there would be.

    Attributes
    ----------
    candidates
        Those that are kept, from west to east; S and the sign of the place.
    suffice
        How many suffice: no street position serves people whom one of these does not serve as well.
    """

    candidates: list[Candidate]
    suffice: int

    @property
    def is_complete(self) -> bool:
        """Whether all that suffice are kept, so that a bound speaks of every street position."""
        return len(self.candidates) == self.suffice


def propose_street_positions(
    demand: SnappedPoints,
    people: FloatArray,
    limit_min: FloatArray,
    walker: Walker,
    free_streets: NDArray[np.object_],
    *,
    at_most: int,
) -> StreetPositions:
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
    asked = np.flatnonzero((people > 0) & demand.reaches_street)
    if not len(pieces) or not len(asked):
        return StreetPositions([], 0)
    xy = _fullest(pieces, _stretches(pieces, demand, asked, limit_min, walker))
    if not len(xy):
        return StreetPositions([], 0)
    xy = np.unique(np.round(xy, POSITION_DIGITS) + 0.0, axis=0)
    times = walker.times(walker.snap(xy), demand, within_min=float(limit_min[asked].max()))
    served = is_within(times.minutes, limit_min[times.demand]) & (people[times.demand] > 0)
    matrix = csc_array(coverage_from_pairs(times.demand[served], times.facility[served], (len(people), len(xy))))
    suffice = _undominated(matrix)
    kept = suffice if len(suffice) <= at_most else _best_around(csc_array(matrix[:, suffice]), people, at_most)
    kept = kept if len(suffice) <= at_most else suffice[kept]
    return StreetPositions(
        make_ids_unique(
            [Candidate(place_id("S", x, y), "streets", x, y) for x, y in xy[np.sort(kept)].tolist()],
        ),
        len(suffice),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Stretches:
    """Where along which piece a demand point is within its limit, metres."""

    piece: IndexArray
    from_m: FloatArray
    to_m: FloatArray


def _straight(lines: NDArray[np.object_]) -> FloatArray:
    """Return the straight pieces of lines, shape (pieces, 4)."""
    lines = lines[shapely.length(lines) > 0]
    xy, line = shapely.get_coordinates(lines, return_index=True)
    joined = np.flatnonzero(line[1:] == line[:-1])
    pieces = np.hstack([xy[joined], xy[joined + 1]])
    return np.asarray(pieces[np.hypot(*(pieces[:, 2:] - pieces[:, :2]).T) > SHORT_M], dtype=np.float64)


def _stretches(
    pieces: FloatArray, demand: SnappedPoints, asked: IndexArray, limit_min: FloatArray, walker: Walker
) -> _Stretches:
    # A service area is what reaches its middle; here people go out from it.
    outwards = Walker(with_costs(walker.network, walker.network.segment_cost_factor), walker.walk)
    lines = np.asarray(shapely.linestrings(pieces.reshape(-1, 2, 2)), dtype=object)
    tree = shapely.STRtree(lines)
    found = [
        _inside(area, tree, lines, pieces)
        for limit in np.unique(limit_min[asked])
        for rows in _chunks(asked[limit_min[asked] == limit])
        for area in [outwards.service_areas(select_snapped(demand, rows), limits_min=[float(limit)])[:, 0]]
    ]
    piece, low, high = (np.concatenate(column) for column in zip(*found, strict=True))
    return _Stretches(piece, low, high)


def _chunks(rows: IndexArray) -> Iterator[IndexArray]:
    yield from np.array_split(rows, max(1, -(-len(rows) // POINTS_AT_ONCE)))


def _inside(
    areas: NDArray[np.object_], tree: shapely.STRtree, lines: NDArray[np.object_], pieces: FloatArray
) -> tuple[IndexArray, FloatArray, FloatArray]:
    """Return what of the pieces lies in each area: piece, from, to, metres along the piece."""
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
    return (
        np.concatenate([piece[whole], of]).astype(np.int64),
        np.concatenate([np.zeros(int(whole.sum())), ends[0]]),
        np.concatenate([length[piece[whole]], ends[1]]),
    )


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


def _undominated(matrix: csc_array) -> IndexArray:
    """Return the columns whose rows no other column serves as well; of equals the first, ascending."""
    size = np.diff(matrix.indptr)
    number = csc_array(matrix, dtype=np.int32)
    rows = number.T.tocsr()
    dropped = size == 0
    for first in range(0, len(size), COLUMNS_AT_ONCE):
        both = (rows[first : first + COLUMNS_AT_ONCE] @ number).tocoo()
        one, other = both.row + first, both.col
        contained = (both.data == size[one]) & (one != other)
        better = contained & ((size[other] > size[one]) | (other < one))
        dropped[one[better]] = True
    return np.flatnonzero(~dropped)


def _best_around(matrix: csc_array, people: FloatArray, at_most: int) -> IndexArray:
    """Return so many columns: those that greedily serve the most, once everyone is served again from the start."""
    weight = np.asarray(matrix.T.astype(np.float64) @ people).ravel()
    rows = np.split(matrix.indices, matrix.indptr[1:-1])
    left = list(range(len(weight)))
    chosen: list[int] = []
    while left and len(chosen) < at_most:
        # Gains only fall while more is served: whoever still leads when looked at again is the best.
        served, taken = np.zeros(len(people), dtype=bool), set()
        waiting = [(-float(weight[column]), column) for column in left]
        heapq.heapify(waiting)
        while waiting and len(chosen) < at_most:
            _, column = heapq.heappop(waiting)
            own = rows[column]
            gain = float(people[own[~served[own]]].sum())
            if gain <= 0:
                continue
            if waiting and (-gain, column) > waiting[0]:
                heapq.heappush(waiting, (-gain, column))
                continue
            served[own] = True
            chosen.append(column)
            taken.add(column)
        left = [column for column in left if column not in taken]
    return np.sort(np.array(chosen, dtype=np.int64))
