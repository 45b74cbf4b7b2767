"""`planner run --verify`: walks of random demand points, computed again by networkx on the street lines."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely

from planner.accessibility.access_data import AccessData
from planner.evaluation.validation.networkx_oracle import NetworkxWalks, WalkEnvironment

POINTS = 100
TOLERANCE_MIN = 1e-4
"""Two ways of adding up a walk may differ by this many minutes: 6 mm at 1 m/s."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What came out of computing walks again.

    Attributes
    ----------
    points, pairs
        How many demand points were drawn, and how many walks to a centre within the horizon were compared.
    differing
        How many differ by more than `tolerance_min`, or are found by one of the two only.
    largest_min
        The largest difference, minutes; `inf` where only one found a walk.
    tolerance_min
        What is allowed.
    """

    points: int
    pairs: int
    differing: int
    largest_min: float
    tolerance_min: float = TOLERANCE_MIN


def verify(access: AccessData, ground: WalkEnvironment, *, seed: int, points: int = POINTS) -> Verification:
    """Compute the walks of random demand points to every centre within the horizon again, by networkx.

    Parameters
    ----------
    situation
        The tables and the walks to verify.
    ground
        The street lines and what stands in the way.
    seed
        Of the drawing of points, so that a run can be repeated.
    points
        How many demand points to draw; all, where there are no more.

    Returns
    -------
    verification
        What differs.
    """
    random = np.random.default_rng(seed)
    count = min(points, len(access.demand))
    drawn = np.sort(random.choice(len(access.demand), size=count, replace=False))
    walk, times = access.walk, access.times
    horizon_m = walk.metres(times.horizon_min)
    walks = NetworkxWalks(
        ground,
        shapely.get_coordinates(access.demand.geometry.array[drawn]),
        shapely.get_coordinates(access.facilities.geometry.array),
        walk.access_m,
    )
    listed = np.isin(times.demand, drawn)
    found = dict(
        zip(zip(times.facility[listed], times.demand[listed], strict=True), times.minutes[listed], strict=True)
    )
    pairs = differing = 0
    largest = 0.0
    for row, demand in enumerate(drawn):
        again = walks.from_home(row, horizon_m)
        for facility in range(len(access.facilities)):
            here, there = found.get((facility, demand), math.inf), walk.minutes(again[facility])
            # A walk that ends at the horizon itself may be listed by one and not by the other.
            if min(here, there) >= times.horizon_min - TOLERANCE_MIN:
                continue
            pairs += 1
            difference = float(abs(here - there))
            differing += difference > TOLERANCE_MIN
            largest = max(largest, difference)
    return Verification(count, pairs, differing, largest)
