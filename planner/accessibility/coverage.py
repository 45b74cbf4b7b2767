"""Coverage: people of each group within a walking limit of a facility, which counts with its branches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.messages.errors import Issue
from planner.network.argument_checks import check_counts, check_limits, length_issues, raise_issues
from planner.network.isochrones.unions import unite_areas
from planner.network.travel_times import TravelTimes
from planner.network.walk import FloatArray, IndexArray, WalkSettings, is_within
from planner.population.groups import GroupDemand
from planner.schemas.tables import PREMISES, TIERS, Communities, Facilities


def is_branch(facilities: Facilities) -> NDArray[np.bool_]:
    """Return True for branches of another facility, shape (facilities,)."""
    # Trials of improvements ask some thousand times: plain texts compare in a tenth of the time.
    return np.asarray(facilities["branch_of"].to_numpy(dtype=object) != "", dtype=np.bool_)


def main_facility(facilities: Facilities) -> IndexArray:
    """Return the position of the facility that each is counted with: itself unless it is a branch."""
    position = pd.Series(np.arange(len(facilities)), index=facilities["id"])
    named = facilities["branch_of"].where(facilities["branch_of"] != "", facilities["id"])
    return np.asarray(position.reindex(named), dtype=np.int64)


def facilities_by_tier(facilities: Facilities) -> dict[str, NDArray[np.bool_]]:
    """Return a mask of facilities for each tier, in the order of `TIERS`; branches count with their main one."""
    tier = facilities["tier"].to_numpy(dtype=object)[main_facility(facilities)]
    return {name: np.asarray(tier == name, dtype=np.bool_) for name in TIERS if (tier == name).any()}


def merge_branches(times: TravelTimes, facilities: Facilities) -> TravelTimes:
    """Return the shortest walks to each facility or a branch of it; branches by themselves have none.

    Examples
    --------
    >>> times = TravelTimes(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([5.0, 3.0, 4.0]), 2, 2, 15.0)
    >>> table = Facilities(pd.DataFrame({"id": ["C", "B"], "branch_of": ["", "C"]}))
    >>> joined = merge_branches(times, table)
    >>> joined.facility.tolist(), joined.demand.tolist(), joined.minutes.tolist()
    ([0, 0], [0, 1], [3.0, 4.0])
    """
    if not is_branch(facilities).any():
        return times
    facility = main_facility(facilities)[times.facility]
    order = np.lexsort((times.minutes, times.demand, facility))
    facility, demand, minutes = facility[order], times.demand[order], times.minutes[order]
    is_first = np.concatenate([[True], (np.diff(facility) != 0) | (np.diff(demand) != 0)])[: len(order)]
    return replace(times, facility=facility[is_first], demand=demand[is_first], minutes=minutes[is_first])


def sum_with_branches(values: FloatArray, facilities: Facilities) -> FloatArray:
    """Sum a column over each facility and its branches; a branch keeps its own value; NaN is not known."""
    branch = is_branch(facilities)
    if not branch.any():
        return values
    summed = np.array(values)
    np.add.at(summed, main_facility(facilities)[branch], values[branch])
    return summed


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """Shares of people, demand points and area within each limit.

    The three tables have, for each limit: people, people_covered, people_share, points, points_covered,
    points_share, area_m2, area_covered_m2, area_share, and people_overlap (two centres or more within the limit).
    A share of nothing is NaN.
    """

    total: pd.DataFrame
    """One row a limit."""
    by_community: pd.DataFrame
    """One row a community and limit; own_people_covered counts those within the limit of the community's own
    centres."""
    by_tier: pd.DataFrame
    """One row a tier and limit: what the centres of that tier alone reach."""
    demand: gpd.GeoDataFrame
    """The demand points with nearest_min (`inf` beyond the horizon), nearest_facility (id or ""; of a branch, that
    of its centre) and facilities_<limit>min, how many centres are within each limit."""
    uncovered: gpd.GeoDataFrame
    """The demand points with people beyond the standard."""
    standard_min: float
    """The limit that counts as served, minutes."""


def count_column(limit_min: float) -> str:
    """Name the column that counts the facilities within a limit.

    Examples
    --------
    >>> count_column(5.0)
    'facilities_5min'
    """
    return f"facilities_{limit_min:g}min"


def measure_coverage(  # noqa: PLR0913 - the tables, their limits, and what is not counted
    times: TravelTimes,
    demand: gpd.GeoDataFrame,
    facilities: Facilities,
    communities: Communities,
    areas: NDArray[np.object_],
    *,
    limits_min: Sequence[float],
    standard_min: float,
    neighbours: frozenset[str] = frozenset(),
) -> Coverage:
    r"""Count the people within each limit of a facility.

    .. math:: C = \sum_i a_i [\min_j t_{ij} \le T] / \sum_i a_i

    People are counted by travel time, never by overlaying polygons; the limit is inclusive. A branch counts as its
    centre.

    Parameters
    ----------
    times
        Walking minutes between facilities and demand points, by position, each facility by itself.
    demand
        Points with people and community.
    facilities, communities
        The tables.
    areas
        Service areas, shape (facilities, limits), for the share of area.
    limits_min, standard_min
        Limits in minutes, rising; the one that counts as served.
    neighbours
        Ids of facilities of neighbouring districts, not counted by tier.

    Raises
    ------
    DataError
        The tables, times and areas do not have the same rows, people are missing or below zero, the limits do not
        rise or lie beyond what was searched, or the standard is none of them.
    """
    _check(times, demand, facilities, communities, areas, limits_min, standard_min)
    served = merge_branches(times, facilities)
    points = with_nearest(demand, served, facilities, limits_min=limits_min)
    own = own_facility_minutes(served, demand, facilities)
    of_tier = facilities_by_tier(facilities)
    by_itself = ~is_branch(facilities) & ~facilities["id"].isin(neighbours).to_numpy()

    total, by_community, by_tier = [], [], []
    outline = shapely.union_all(communities.geometry.array)
    for column, limit in enumerate(limits_min):
        tier_areas = {tier: unite_areas(areas[chosen, column]) for tier, chosen in of_tier.items()}
        reached = unite_areas(list(tier_areas.values()))
        inside = points[count_column(limit)].to_numpy()
        total.append({"limit_min": limit, **people_shares(demand, inside), **_area(outline, reached)})
        for tier, chosen in of_tier.items():
            count = served.of_facilities(chosen).count_within(limit)
            centres = int((chosen & by_itself).sum())
            by_tier.append(
                {"tier": tier, "limit_min": limit, "facilities": centres, **people_shares(demand, count)}
                | _area(outline, tier_areas[tier])
            )
        rows_of = demand.groupby("community").indices
        for row in communities.itertuples():
            rows = rows_of.get(row.id, np.zeros(0, dtype=np.int64))
            served_by_own = is_within(own[rows], limit)
            by_community.append(
                {"community": row.id, "name": row.name, "subdistrict": row.subdistrict, "limit_min": limit}
                | people_shares(demand.iloc[rows], inside[rows])
                | {"own_people_covered": float(demand["people"].to_numpy()[rows][served_by_own].sum())}
                | _area(row.geometry, reached)
            )
    return Coverage(
        total=pd.DataFrame(total),
        by_community=pd.DataFrame(by_community),
        by_tier=pd.DataFrame(by_tier),
        demand=points,
        uncovered=beyond_standard(points, standard_min),
        standard_min=standard_min,
    )


def with_nearest(
    demand: gpd.GeoDataFrame, served: TravelTimes, facilities: Facilities, *, limits_min: Sequence[float]
) -> gpd.GeoDataFrame:
    """Return demand points with nearest_min, nearest_facility and the facilities within each limit."""
    nearest_min, nearest = served.nearest()
    ids = np.append(facilities["id"].to_numpy(dtype=object), "")
    counts = {count_column(limit): served.count_within(limit) for limit in limits_min}
    return gpd.GeoDataFrame(demand.assign(nearest_min=nearest_min, nearest_facility=ids[nearest], **counts))


def beyond_standard(points: gpd.GeoDataFrame, standard_min: float) -> gpd.GeoDataFrame:
    """Return the demand points with people and no facility within the standard, as `with_nearest` counted."""
    return gpd.GeoDataFrame(points[(points[count_column(standard_min)] == 0) & (points["people"] > 0)])


def tabulate_service_areas(
    areas: NDArray[np.object_], facilities: Facilities, *, walk: WalkSettings, limits_min: Sequence[float]
) -> gpd.GeoDataFrame:
    """Return service areas as a layer: facility, limit_min, area_m2, disc_share, geometry."""
    limit = np.tile(np.array(limits_min), len(facilities))
    geometry = areas.ravel()
    area_m2 = shapely.area(geometry)
    disc_m2 = np.pi * np.array([walk.metres(minutes) for minutes in limit]) ** 2
    return gpd.GeoDataFrame(
        {
            "facility": np.repeat(facilities["id"].to_numpy(dtype=object), len(limits_min)),
            "limit_min": limit,
            "area_m2": area_m2,
            "disc_share": area_m2 / disc_m2,
        },
        geometry=geometry,
        crs=facilities.crs,
    )


def merge_service_areas(
    areas: NDArray[np.object_], *, limits_min: Sequence[float], crs: object
) -> gpd.GeoDataFrame:
    """Return the union of all service areas by limit: limit_min, geometry."""
    merged = [unite_areas(areas[:, column]) for column in range(len(limits_min))]
    return gpd.GeoDataFrame(pd.DataFrame({"limit_min": list(limits_min)}), geometry=merged, crs=crs)


def _check(
    times: TravelTimes,
    demand: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    areas: NDArray[np.object_],
    limits_min: Sequence[float],
    standard_min: float,
) -> None:
    """Refuse inputs that do not match; positions are the only link between times and tables."""
    where = "measure_coverage"
    check_limits(where, limits_min)
    needed = {
        "demand": (demand, ("people", "community")),
        "facilities": (facilities, ("id", "tier", "community")),
        "communities": (communities, ("id", "name", "subdistrict")),
    }
    issues = [
        Issue("missing_column", {"column": f"{table}.{column}", "present": ", ".join(map(str, frame.columns))})
        for table, (frame, columns) in needed.items()
        for column in columns
        if column not in frame.columns
    ]
    issues += length_issues(
        [
            ("demand", len(demand), times.n_demand),
            ("facilities", len(facilities), times.n_facilities),
            ("areas", len(areas), times.n_facilities),
            ("areas[0]", np.shape(areas)[-1] if np.ndim(areas) else 0, len(limits_min)),
        ]
    )
    if standard_min not in limits_min:
        shown = ", ".join(f"{limit:g}" for limit in limits_min)
        issues.append(Issue("limit_not_among", {"found": standard_min, "limits": shown}))
    raise_issues(where, issues)
    times.check_horizon(where, limits_min[-1])
    check_counts(where, [("people", demand["people"], times.n_demand)])


def own_facility_minutes(
    times: TravelTimes, demand: gpd.GeoDataFrame, facilities: Facilities
) -> NDArray[np.float64]:
    """Return each demand point's minutes to the nearest premises of its own community (`inf`: none in reach).

    The times are those with branches, which are no premises of their own.
    """
    premises = facilities["tier"].isin(PREMISES).to_numpy() & ~is_branch(facilities)
    home = demand["community"].to_numpy(dtype=object)
    serves = facilities["community"].to_numpy(dtype=object)
    own = premises[times.facility] & (serves[times.facility] == home[times.demand])
    minutes = np.full(len(demand), np.inf)
    np.minimum.at(minutes, times.demand[own], times.minutes[own])
    return minutes


def people_shares(demand: gpd.GeoDataFrame, facilities_within: NDArray[np.int64]) -> dict[str, float]:
    """Return people and demand points, those with a centre and with two or more, given how many each reaches."""
    people = demand["people"].to_numpy()
    covered = float(people[facilities_within > 0].sum())
    overlap = float(people[facilities_within > 1].sum())
    points, points_covered = len(people), int((facilities_within > 0).sum())
    return {
        "people": float(people.sum()),
        "people_covered": covered,
        "people_share": _share(covered, float(people.sum())),
        "people_overlap": overlap,
        "overlap_share": _share(overlap, float(people.sum())),
        "points": points,
        "points_covered": points_covered,
        "points_share": _share(points_covered, points),
    }


def _area(outline: shapely.Geometry, reached: shapely.Geometry) -> dict[str, float]:
    covered = float(shapely.intersection(outline, reached).area)
    return {"area_m2": outline.area, "area_covered_m2": covered, "area_share": _share(covered, outline.area)}


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class GroupCoverage:
    """Coverage of one population group."""

    group: GroupDemand
    """The group and its demand points."""
    limits_min: tuple[float, ...]
    standard_min: float
    """`limits_min`, `standard_min`: Its limits and service standard, minutes."""
    total: pd.DataFrame
    by_community: pd.DataFrame
    by_tier: pd.DataFrame
    """`total`, `by_community`, `by_tier`: As in `Coverage`, without shares of area, which are the same for all
    groups."""
    demand: gpd.GeoDataFrame
    """Its points with nearest_min, nearest_facility and facilities_<limit>min."""
    uncovered: gpd.GeoDataFrame
    """Those with people beyond the standard."""


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
