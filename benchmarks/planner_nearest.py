"""The planner's nearest facility of every point, as the benchmarks ask for it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.streets import LIMITS_MIN, WALK
from planner.walking.network import WalkingNetwork
from planner.walking.snapping import Snaps
from planner.walking.times import travel_times
from planner.walking.walk import FloatArray, IndexArray

POINTS_AT_ONCE = 50_000
"""Travel times list every pair within the horizon: so many points at a time keep that in memory."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """How the planner answers: how far it looks (`inf`: all the way), and what a reader must know of that."""

    horizon_min: float
    note: str


HOW = Nearest(max(LIMITS_MIN), "TravelTimes.nearest(), within 15 minutes only")


def nearest(network: WalkingNetwork, facilities: Snaps, points: Snaps) -> tuple[FloatArray, IndexArray]:
    """Return each point's metres to its nearest facility (`inf`: none so near), and which (-1: none)."""
    walk = replace(WALK, access_m=facilities.access_m)
    minutes, facility = [], []
    for first in range(0, len(points.xy), POINTS_AT_ONCE):
        some = _some(points, first, first + POINTS_AT_ONCE)
        times = travel_times(network, facilities, some, walk=walk, horizon_min=HOW.horizon_min)
        found = times.nearest()
        minutes.append(found[0])
        facility.append(found[1])
    return np.concatenate(minutes) * walk.metres(1.0), np.concatenate(facility)


def reach_m() -> float:
    """Return how far the planner looks, metres."""
    return WALK.metres(HOW.horizon_min) if math.isfinite(HOW.horizon_min) else math.inf


def _some(points: Snaps, first: int, last: int) -> Snaps:
    rows = slice(*np.searchsorted(points.point, [first, last]))
    return Snaps(
        xy=points.xy[first:last],
        access_m=points.access_m,
        point=points.point[rows] - first,
        segment=points.segment[rows],
        from_m=points.from_m[rows],
        to_m=points.to_m[rows],
        foot_m=points.foot_m[rows],
        aside_m=points.aside_m[rows],
        nearest_m=points.nearest_m[first:last],
        nearest_segment=points.nearest_segment[first:last],
        nearest_xy=points.nearest_xy[first:last],
    )
