"""Circuity: the detour index of each facility, overall and by compass direction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.accessibility.access_data import AccessData
from planner.evaluation.expressions import is_above
from planner.evaluation.intervals import Interval
from planner.network.walk import FloatArray, IndexArray

DIRECTIONS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
SECTOR_DEGREES = 45.0
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Detour:
    """Detour index of one facility in one direction.

    Attributes
    ----------
    facility
        Position of the facility.
    direction
        One of `DIRECTIONS`; "" for all together.
    people
        Residents there within the straight-line circle of the standard.
    ratio
        Walk ÷ straight line of their median: half of the people have no more. An interval where it depends on
        walks beyond the horizon.
    """

    facility: int
    direction: str
    people: float
    ratio: Interval

    def is_blocked(self, limit: float) -> bool | None:
        """Return True if the detour is above a limit; None where the horizon hides it."""
        if is_above(self.ratio.low, limit):
            return True
        return None if is_above(self.ratio.high, limit) else False


def detour_indices(access: AccessData, positions: Sequence[int] | None = None) -> Iterator[Detour]:
    """Yield the detour index of each facility overall, then in each direction in which somebody lives.

    People within the straight-line circle of the standard count. Walks are minutes over the minutes of the
    straight line, so that slow ground counts as a detour too. `positions` selects facilities; else all.
    """
    xy = shapely.get_coordinates(access.demand.geometry.array)
    facilities_xy = shapely.get_coordinates(access.facilities.geometry.array)
    chosen = range(len(facilities_xy)) if positions is None else positions
    walk, times = access.walk, access.times
    from scipy.spatial import cKDTree

    within = cKDTree(xy).query_ball_point(
        facilities_xy[list(chosen)], walk.metres(access.standard_min), return_sorted=True
    )
    first = np.searchsorted(times.facility, np.arange(len(facilities_xy) + 1))
    minutes = np.full(len(xy), np.inf)
    for facility, near in zip(chosen, within, strict=True):
        rows = np.array(near, dtype=np.int64)
        rows = rows[access.people[rows] > 0]
        step = xy[rows] - facilities_xy[facility]
        straight = np.hypot(*step.T)
        rows, step, straight = rows[straight > 0], step[straight > 0], straight[straight > 0]
        pairs = slice(first[facility], first[facility + 1])
        minutes[times.demand[pairs]] = times.minutes[pairs]
        straight_min = walk.all_minutes(straight)
        high = minutes[rows] / straight_min
        # A walk that was not found is longer than the horizon, and no walk is shorter than the straight line.
        low = np.where(np.isinf(high), np.maximum(times.horizon_min / straight_min, 1.0), high)
        minutes[times.demand[pairs]] = np.inf
        yield from _by_direction(facility, access.people[rows], direction_index(step), low, high)


def _by_direction(
    facility: int, people: FloatArray, sector: IndexArray, low: FloatArray, high: FloatArray
) -> Iterator[Detour]:
    everyone = np.ones(len(people), dtype=np.bool_)
    for name, rows in [("", everyone), *((name, sector == number) for number, name in enumerate(DIRECTIONS))]:
        if rows.any():
            heads = people[rows]
            ratio = Interval(weighted_median(low[rows], heads), weighted_median(high[rows], heads))
            yield Detour(facility, name, float(heads.sum()), ratio)


def direction_index(step: FloatArray) -> IndexArray:
    """Return the direction of each step east and north, by position in `DIRECTIONS`."""
    bearing = np.degrees(np.arctan2(step[:, 0], step[:, 1]))
    sector: IndexArray = np.floor(bearing / SECTOR_DEGREES + HALF).astype(np.int64) % len(DIRECTIONS)
    return sector


def weighted_median(values: FloatArray, people: FloatArray) -> float:
    """Return the least value that at least half of the people do not exceed.

    Examples
    --------
    >>> weighted_median(np.array([1.0, 3.0, np.inf]), np.array([10.0, 10.0, 1.0]))
    3.0
    """
    order: NDArray[np.int64] = np.argsort(values, kind="stable")
    cumulated = np.cumsum(people[order])
    return float(values[order][np.searchsorted(cumulated, cumulated[-1] * HALF)])
