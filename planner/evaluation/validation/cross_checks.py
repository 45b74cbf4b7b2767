"""Cross-checks of the engine: coverage by overlay of drawn areas, and walks by networkx (`--verify`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.accessibility.access_data import AccessData
from planner.evaluation.validation.networkx_oracle import NetworkxWalks, WalkEnvironment
from planner.network.isochrones.unions import QUARTER_SEGMENTS
from planner.network.walk import LIMIT_TOLERANCE_MIN, IndexArray, is_within

POINTS = 100
TOLERANCE_MIN = 1e-4
"""Allowed difference of two sums of one walk: 6 mm at 1 m/s."""

ROUNDED_M = 2e-5
"""Drawn vertices are rounded and move by less than this, metres (`planner.network.isochrones.capsule_kernels`)."""


@dataclass(frozen=True, slots=True)
class Verification:
    """Comparison of the engine's walks with those of networkx."""

    points: int
    pairs: int
    """`points`, `pairs`: Demand points drawn, and walks to a facility within the horizon compared."""
    differing: int
    """Walks that differ by more than `tolerance_min`, or are found by one of the two only."""
    largest_min: float
    """Largest difference, minutes; `inf` where only one found a walk."""
    tolerance_min: float = TOLERANCE_MIN
    """Allowed difference."""


def drawing_tolerance_m(access_m: float, tolerance_walk_m: float) -> float:
    """Return the largest distance between the true and the drawn border of a service area, metres.

    Arcs are drawn as chords, `QUARTER_SEGMENTS` a quarter circle, inside arcs of a radius of at most twice
    `access_m`; places are rounded; and a limit is inclusive with a tolerance, that far on foot.

    Examples
    --------
    >>> round(drawing_tolerance_m(50.0, 6e-5), 4)
    0.0302
    """
    chord = 1 - np.cos(np.pi / 2 / QUARTER_SEGMENTS / 2)
    return float(chord * 2 * access_m + ROUNDED_M + tolerance_walk_m)


def compare_with_overlay(access: AccessData) -> pd.DataFrame:
    """Compare coverage by walking time with coverage by overlaying service areas on demand points.

    Each pair of a centre and a demand point that either of the two calls covered is compared. By the law of
    walking a point lies in the area if and only if its time is within the limit; only on the drawn border, within
    `drawing_tolerance_m` of it, may the two differ.

    Parameters
    ----------
    access
        With service areas.

    Returns
    -------
    comparison
        One row a limit: limit_min; pairs compared; differing, how many of them differ at all; differing_beyond,
        how many differ farther from the border than the tolerance, and differing_share, these over pairs (0 by the
        law); people_by_time and people_by_overlay, covered by any centre; tolerance_m.
    """
    if access.areas is None:
        message = "there are no service areas to compare with"
        raise ValueError(message)
    points = access.demand.geometry.array
    tree = shapely.STRtree(points)
    walk = access.walk
    tolerance_m = drawing_tolerance_m(walk.access_m, walk.metres(LIMIT_TOLERANCE_MIN))
    rows = []
    for column, limit in enumerate(access.limits_min):
        areas = access.areas[:, column]
        shapely.prepare(areas)
        facility, demand = tree.query(areas, predicate="intersects")
        drawn = _keys(facility, demand, len(points))
        inside = is_within(access.times.minutes, limit)
        walked = _keys(access.times.facility[inside], access.times.demand[inside], len(points))
        differing = np.setxor1d(drawn, walked)
        beyond = _beyond(areas, points, differing, tolerance_m)
        compared = len(np.union1d(drawn, walked))
        rows.append(
            {
                "limit_min": limit,
                "pairs": compared,
                "differing": len(differing),
                "differing_beyond": beyond,
                "differing_share": beyond / compared if compared else 0.0,
                "people_by_time": _people(access, walked),
                "people_by_overlay": _people(access, drawn),
                "tolerance_m": tolerance_m,
            }
        )
    return pd.DataFrame(rows)


def _keys(facility: IndexArray, demand: IndexArray, n_demand: int) -> IndexArray:
    return np.asarray(facility, dtype=np.int64) * n_demand + np.asarray(demand, dtype=np.int64)


def _beyond(
    areas: NDArray[np.object_], points: Sequence[shapely.Geometry], keys: IndexArray, tolerance_m: float
) -> int:
    """Count the pairs whose point lies farther than the tolerance from the border of the area."""
    if not len(keys):
        return 0
    facility, demand = np.divmod(keys, len(points))
    away = shapely.distance(shapely.boundary(areas[facility]), np.asarray(points, dtype=object)[demand])
    # An empty area has no border: a point expected inside is beyond any tolerance.
    return int((np.isnan(away) | (away > tolerance_m)).sum())


def _people(access: AccessData, keys: IndexArray) -> float:
    covered = np.unique(keys % len(access.demand))
    return float(access.people[covered].sum())


def verify(access: AccessData, environment: WalkEnvironment, *, seed: int, points: int = POINTS) -> Verification:
    """Compute the walks of random demand points to every facility within the horizon by networkx, and compare.

    Parameters
    ----------
    access
        The walks to verify.
    environment
        Streets and obstacles.
    seed
        Of the random choice of points.
    points
        Demand points to draw; all, where there are no more.
    """
    random = np.random.default_rng(seed)
    count = min(points, len(access.demand))
    drawn = np.sort(random.choice(len(access.demand), size=count, replace=False))
    walk, times = access.walk, access.times
    horizon_m = walk.metres(times.horizon_min)
    walks = NetworkxWalks(
        environment,
        shapely.get_coordinates(access.demand.geometry.array[drawn]),
        shapely.get_coordinates(access.facilities.geometry.array),
        walk.access_m,
    )
    listed = np.isin(times.demand, drawn)
    minutes_of = dict(
        zip(zip(times.facility[listed], times.demand[listed], strict=True), times.minutes[listed], strict=True)
    )
    pairs = differing = 0
    largest = 0.0
    for row, demand in enumerate(drawn):
        again = walks.from_home(row, horizon_m)
        for facility in range(len(access.facilities)):
            here, there = minutes_of.get((facility, demand), math.inf), walk.minutes(again[facility])
            # A walk that ends at the horizon itself may be listed by one and not by the other.
            if min(here, there) >= times.horizon_min - TOLERANCE_MIN:
                continue
            pairs += 1
            difference = float(abs(here - there))
            differing += difference > TOLERANCE_MIN
            largest = max(largest, difference)
    return Verification(count, pairs, differing, largest)
