"""Disclosure control: points of few people are drawn within their 100 m square and listed together.

Only points that the study's own layer gives are somebody's home; modelled ones, and people spread by the planner,
are nobody's. Figures are never touched: walks and counts are those of the true place.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from planner.accessibility.coverage import GroupCoverage
from planner.network.walk import FloatArray
from planner.results import Plan

SQUARE_M = 100.0
"""Some dozens of households share such a square in a town; on a map of a district it is a millimetre."""

GOLDEN = 0.6180339887498949


def is_small_count(points: gpd.GeoDataFrame, plan: Plan, kind: GroupCoverage | None = None) -> NDArray[np.bool_]:
    """Flag points with fewer people than may be shown individually, shape (points,).

    Parameters
    ----------
    points
        With `people`.
    plan
        Whose study states how few those are (`demand.least_shown`), and whether its points are surveyed.
    kind
        Of what further kind the people are; residents where None.
    """
    people = points["people"].to_numpy(dtype=np.float64)
    few = (people > 0) & (people < plan.study.demand.least_shown)
    return np.asarray(few & _are_homes(plan, kind), dtype=np.bool_)


def displayed_positions(points: gpd.GeoDataFrame, plan: Plan, kind: GroupCoverage | None = None) -> gpd.GeoSeries:
    """Return positions for drawing, in the order of the table; points of few people spread over their square."""
    xy = np.column_stack([points.geometry.x, points.geometry.y])
    small = np.flatnonzero(is_small_count(points, plan, kind))
    xy[small] = spread_over_squares(xy[small])
    return gpd.GeoSeries(gpd.points_from_xy(*xy.T), index=points.index, crs=points.crs)


def spread_over_squares(xy: FloatArray) -> FloatArray:
    """Return places spread evenly over the squares in which the given ones lie, whatever lies where in them.

    Examples
    --------
    >>> spread_over_squares(np.array([[120.0, 7.0], [199.0, 99.0], [3.0, 4.0]])).round(1).tolist()
    [[125.0, 30.9], [175.0, 92.7], [50.0, 30.9]]
    """
    corners = np.floor(xy / SQUARE_M)
    _, square = np.unique(corners, axis=0, return_inverse=True)
    square = square.ravel()
    order = np.argsort(square, kind="stable")
    count = np.bincount(square, minlength=1)
    place = np.empty(len(xy))
    place[order] = np.arange(len(xy)) - np.repeat(np.cumsum(count) - count, count)[: len(xy)]
    along = (place + 0.5) / count[square] if len(xy) else place
    across = (place + 0.5) * GOLDEN % 1.0
    return np.asarray((corners + np.column_stack([along, across])) * SQUARE_M, dtype=np.float64)


def _are_homes(plan: Plan, kind: GroupCoverage | None) -> bool:
    """Return whether points are the homes given by the study's own layer."""
    layer = plan.study.inputs.demand
    if kind is not None and not kind.group.at_residents:
        layer = kind.group.settings.layer
        return layer is not None and not layer.modelled
    return plan.inputs.demand_method == "points" and layer is not None and not layer.modelled
