"""Detours by direction: in which directions the streets lead people round, and where the way is blocked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.spatial
import shapely
from numpy.typing import NDArray

from planner.accessibility.access_data import AccessData
from planner.evaluation.expressions import Interval, is_above
from planner.network.walk import FloatArray, IndexArray

DIRECTIONS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
SECTOR_DEGREES = 45.0
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Detour:
    """How much farther people walk than the straight line, in one direction from a centre.

    Attributes
    ----------
    facility
        The centre, by position.
    direction
        One of `DIRECTIONS`; "" for all together.
    people
        Who lives there within the straight-line circle of the standard.
    ratio
        Walk ÷ straight line of the middle one of them: half of the people have no more. Not known to a point
        where it depends on walks beyond the horizon.
    """

    facility: int
    direction: str
    people: float
    ratio: Interval

    def blocked(self, limit: float) -> bool | None:
        """Tell whether the detour is above a limit; None where the horizon hides it."""
        if is_above(self.ratio.low, limit):
            return True
        return None if is_above(self.ratio.high, limit) else False


def detours(access: AccessData, only: Sequence[int] | None = None) -> Iterator[Detour]:
    """Yield the detour of each centre over all, then in each direction in which somebody lives.

    People within the straight-line circle of the standard count; walks are taken as minutes over the minutes that
    the straight line would take, so that slow ground counts as a detour too. `only` names the centres; else all.
    """
    xy = shapely.get_coordinates(access.demand.geometry.array)
    centres = shapely.get_coordinates(access.facilities.geometry.array)
    wanted = range(len(centres)) if only is None else only
    walk, times = access.walk, access.times
    within = scipy.spatial.cKDTree(xy).query_ball_point(
        centres[list(wanted)], walk.metres(access.standard_min), return_sorted=True
    )
    first = np.searchsorted(times.facility, np.arange(len(centres) + 1))
    minutes = np.full(len(xy), np.inf)
    for facility, near in zip(wanted, within, strict=True):
        rows = np.array(near, dtype=np.int64)
        rows = rows[access.people[rows] > 0]
        step = xy[rows] - centres[facility]
        straight = np.hypot(*step.T)
        rows, step, straight = rows[straight > 0], step[straight > 0], straight[straight > 0]
        pairs = slice(first[facility], first[facility + 1])
        minutes[times.demand[pairs]] = times.minutes[pairs]
        crow_min = walk.all_minutes(straight)
        high = minutes[rows] / crow_min
        # A walk that was not found is longer than the horizon, and no walk is shorter than the straight line.
        low = np.where(np.isinf(high), np.maximum(times.horizon_min / crow_min, 1.0), high)
        minutes[times.demand[pairs]] = np.inf
        yield from _by_direction(facility, access.people[rows], sector_of(step), low, high)


def _by_direction(
    facility: int, people: FloatArray, sector: IndexArray, low: FloatArray, high: FloatArray
) -> Iterator[Detour]:
    everyone = np.ones(len(people), dtype=np.bool_)
    chosen = [("", everyone), *((name, sector == number) for number, name in enumerate(DIRECTIONS))]
    for name, rows in chosen:
        if rows.any():
            span = Interval(middle(low[rows], people[rows]), middle(high[rows], people[rows]))
            yield Detour(facility, name, float(people[rows].sum()), span)


def sector_of(step: FloatArray) -> IndexArray:
    """Return the direction of each step east and north, by position in `DIRECTIONS`."""
    bearing = np.degrees(np.arctan2(step[:, 0], step[:, 1]))
    sector: IndexArray = np.floor(bearing / SECTOR_DEGREES + HALF).astype(np.int64) % len(DIRECTIONS)
    return sector


def middle(values: FloatArray, people: FloatArray) -> float:
    """Return the least value that at least half of the people do not exceed.

    Examples
    --------
    >>> middle(np.array([1.0, 3.0, np.inf]), np.array([10.0, 10.0, 1.0]))
    3.0
    """
    order: NDArray[np.int64] = np.argsort(values, kind="stable")
    together = np.cumsum(people[order])
    return float(values[order][np.searchsorted(together, together[-1] * HALF)])
