"""The planner's second opinion: who is covered by walking time, and who by laying drawn areas over people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.accessibility.access_data import AccessData
from planner.network.isochrones.unions import QUARTER_SEGMENTS
from planner.network.walk import LIMIT_TOLERANCE_MIN, IndexArray, is_within

ROUNDED_M = 2e-5
"""Drawn places are rounded and moved by less than this, metres (`planner.network.isochrones.capsule_kernels`)."""


def drawing_tolerance_m(access_m: float, tolerance_walk_m: float) -> float:
    """Return how far from the true border of a service area the drawn one may lie, metres.

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
    """Compare coverage by walking time with coverage by laying service areas over demand points.

    Each pair of a centre and a demand point that either of the two calls covered is compared. By the law of
    walking a point lies in the area if and only if its time is within the limit; only on the drawn border, within
    `drawing_tolerance_m` of it, may the two differ.

    Parameters
    ----------
    situation
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
    # An empty area has no border: what was to be inside it is beyond any tolerance.
    return int((np.isnan(away) | (away > tolerance_m)).sum())


def _people(access: AccessData, keys: IndexArray) -> float:
    covered = np.unique(keys % len(access.demand))
    return float(access.people[covered].sum())
