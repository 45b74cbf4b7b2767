"""People in whole grains, so that every sum of them is exact, in whatever order and on whatever machine."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from planner.population.disaggregated import counted_columns

GRAIN = 2.0**-20
"""What people are counted in: just under a millionth of a person. Sums of such numbers up to 8 · 10⁹ are exact in
doubles, so that adding and taking away in any order gives the same bits."""


def in_grains(points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Round the people of each demand point to whole grains, and every part of them that is counted apart.

    What rounding leaves over is carried to the next point of the same community, so that the sum of a community
    stays within half a grain of what it was, and a whole number where it was one. Whole numbers stay as they are,
    points without people too.
    """
    return points.assign(**{name: _rounded(points, name) for name in ("people", *counted_columns(points))})


def grain_of(people: NDArray[np.float64]) -> float:
    """Return the largest of 1 and `GRAIN` of which people in grains are whole multiples."""
    return 1.0 if np.array_equal(people, np.round(people)) else GRAIN


def _rounded(points: gpd.GeoDataFrame, name: str) -> NDArray[np.float64]:
    exact = np.array(points[name], dtype=np.float64)
    for rows in points.groupby("community").indices.values():
        known = rows[~np.isnan(exact[rows])]
        parts = exact[known]
        if not np.array_equal(parts, np.round(parts)):
            exact[known] = np.diff(np.round(np.cumsum(parts) / GRAIN), prepend=0.0) * GRAIN
    return exact
