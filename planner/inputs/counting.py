"""People in whole grains, so that every sum of them is exact, in whatever order and on whatever machine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.inputs.demand import PlacedDemand

GRAIN = 2.0**-20
"""What people are counted in: just under a millionth of a person. Sums of such numbers up to 8 · 10⁹ are exact in
doubles, so that adding and taking away in any order gives the same bits."""


def in_grains(placed: PlacedDemand) -> PlacedDemand:
    """Round the people of each demand point to whole grains.

    What rounding leaves over is carried to the next point of the same community, so that the sum of a community
    stays within half a grain of what it was, and a whole number where it was one. Whole numbers stay as they are,
    points without people too.
    """
    points = placed.points
    people = points["people"].to_numpy(dtype=np.float64)
    exact = people.copy()
    for rows in points.groupby("community").indices.values():
        parts = people[rows]
        if np.array_equal(parts, np.round(parts)):
            continue
        exact[rows] = np.diff(np.round(np.cumsum(parts) / GRAIN), prepend=0.0) * GRAIN
    return replace(placed, points=points.assign(people=exact))
