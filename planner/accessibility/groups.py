"""Coverage of further kinds of demand: residents of 65+, workers, visitors, each by its own limits."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from planner.accessibility.branches import facilities_by_tier, merge_branches
from planner.accessibility.coverage import count_column, people_shares
from planner.network.travel_times import TravelTimes
from planner.population.groups import KindDemand
from planner.schemas.tables import Communities, Facilities


@dataclass(frozen=True, slots=True, eq=False)
class GroupCoverage:
    """Who of one kind has a centre within each limit.

    Attributes
    ----------
    kind
        The kind and its points.
    limits_min, standard_min
        Its limits, and the one that counts as served, minutes.
    total, by_community, by_tier
        As in `Coverage`, without the share of area, which is the same for all kinds.
    demand
        Its points with nearest_min, nearest_facility and facilities_<limit>min.
    uncovered
        Those with people beyond the standard.
    """

    kind: KindDemand
    limits_min: tuple[float, ...]
    standard_min: float
    total: pd.DataFrame
    by_community: pd.DataFrame
    by_tier: pd.DataFrame
    demand: gpd.GeoDataFrame
    uncovered: gpd.GeoDataFrame


def measure_group_coverage(
    kind: KindDemand,
    times: TravelTimes,
    facilities: Facilities,
    communities: Communities,
    *,
    limits_min: tuple[float, ...],
    standard_min: float,
) -> GroupCoverage:
    """Count who of one kind has a centre within each of its limits.

    Parameters
    ----------
    kind
        Its points, with people of this kind.
    times
        Walking minutes between facilities and these points, as far as its longest limit, each
        facility by itself; a branch counts as its centre.
    facilities, communities
        The tables.
    limits_min, standard_min
        Its limits in minutes, rising; the one that counts as served.

    Returns
    -------
    coverage
        The tables.
    """
    points = kind.points
    served = merge_branches(times, facilities)
    nearest_min, nearest = served.nearest()
    ids = np.append(facilities["id"].to_numpy(dtype=object), "")
    counts = {count_column(limit): served.count_within(limit) for limit in limits_min}
    demand = points.assign(nearest_min=nearest_min, nearest_facility=ids[nearest], **counts)
    of_tier = facilities_by_tier(facilities)
    rows_of = points.groupby("community").indices
    total, by_community, by_tier = [], [], []
    for limit in limits_min:
        inside = demand[count_column(limit)].to_numpy()
        total.append({"limit_min": limit, **people_shares(points, inside)})
        for tier, chosen in of_tier.items():
            count = served.of_facilities(chosen).count_within(limit)
            by_tier.append({"tier": tier, "limit_min": limit, **people_shares(points, count)})
        for community, name in zip(communities["id"], communities["name"], strict=True):
            rows = rows_of.get(community, np.zeros(0, dtype=np.int64))
            shares = people_shares(points.iloc[rows], inside[rows])
            by_community.append({"community": community, "name": name, "limit_min": limit, **shares})
    unserved = (demand[count_column(standard_min)] == 0) & (demand["people"] > 0)
    return GroupCoverage(
        kind=kind,
        limits_min=limits_min,
        standard_min=standard_min,
        total=pd.DataFrame(total),
        by_community=pd.DataFrame(by_community),
        by_tier=pd.DataFrame(by_tier),
        demand=gpd.GeoDataFrame(demand),
        uncovered=gpd.GeoDataFrame(demand[unserved]),
    )
