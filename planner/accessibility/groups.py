"""Coverage of further population groups: residents of 65+, workers, visitors, each by its own limits."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from planner.accessibility.branches import facilities_by_tier, merge_branches
from planner.accessibility.coverage import beyond_standard, count_column, people_shares, with_nearest
from planner.network.travel_times import TravelTimes
from planner.population.groups import GroupDemand
from planner.schemas.tables import Communities, Facilities


@dataclass(frozen=True, slots=True, eq=False)
class GroupCoverage:
    """Coverage of one population group.

    Attributes
    ----------
    group
        The group and its demand points.
    limits_min, standard_min
        Its limits and service standard, minutes.
    total, by_community, by_tier
        As in `Coverage`, without shares of area, which are the same for all groups.
    demand
        Its points with nearest_min, nearest_facility and facilities_<limit>min.
    uncovered
        Those with people beyond the standard.
    """

    group: GroupDemand
    limits_min: tuple[float, ...]
    standard_min: float
    total: pd.DataFrame
    by_community: pd.DataFrame
    by_tier: pd.DataFrame
    demand: gpd.GeoDataFrame
    uncovered: gpd.GeoDataFrame


def measure_group_coverage(
    group: GroupDemand,
    times: TravelTimes,
    facilities: Facilities,
    communities: Communities,
    *,
    limits_min: tuple[float, ...],
    standard_min: float,
) -> GroupCoverage:
    """Count the people of one group within each of its limits of a facility.

    Parameters
    ----------
    group
        Its demand points.
    times
        Walking minutes between facilities and these points, up to its longest limit, each facility by itself; a
        branch counts as its main one.
    facilities, communities
        Tables.
    limits_min, standard_min
        Limits in minutes, rising; the service standard.

    Returns
    -------
    coverage
        The tables.
    """
    points = group.points
    served = merge_branches(times, facilities)
    demand = with_nearest(points, served, facilities, limits_min=limits_min)
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
    return GroupCoverage(
        group=group,
        limits_min=limits_min,
        standard_min=standard_min,
        total=pd.DataFrame(total),
        by_community=pd.DataFrame(by_community),
        by_tier=pd.DataFrame(by_tier),
        demand=demand,
        uncovered=beyond_standard(demand, standard_min),
    )
