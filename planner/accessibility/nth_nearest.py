"""The n-th nearest facility of each point, on foot and straight."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from planner.network.travel_times import TravelTimes
from planner.network.walk import FloatArray


def nth_nearest(times: TravelTimes, nth: int) -> FloatArray:
    """Return each demand point's minutes to its n-th nearest facility; `inf` beyond the horizon, shape (demand,).

    Examples
    --------
    >>> times = TravelTimes(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([5.0, 3.0, 4.0]), 2, 2, 15.0)
    >>> nth_nearest(times, 1).tolist(), nth_nearest(times, 2).tolist()
    ([3.0, 4.0], [5.0, inf])
    """
    order = np.lexsort((times.minutes, times.demand))
    each = np.arange(times.n_demand)
    first, last = (np.searchsorted(times.demand[order], each, side=side) for side in ("left", "right"))
    minutes = np.full(times.n_demand, np.inf)
    has = last - first >= nth
    minutes[has] = times.minutes[order[first[has] + nth - 1]]
    return minutes


def straight_nth(places: gpd.GeoDataFrame, points: gpd.GeoDataFrame, nth: int) -> FloatArray:
    """Return each point's straight distance to its n-th nearest place, metres; `inf` where there are fewer."""
    if len(places) < nth or not len(points):
        return np.full(len(points), np.inf)
    from scipy.spatial import cKDTree

    xy = [np.column_stack([table.geometry.x, table.geometry.y]) for table in (places, points)]
    distance, _ = cKDTree(xy[0]).query(xy[1], k=[nth])
    return np.asarray(distance, dtype=np.float64)[:, 0]
