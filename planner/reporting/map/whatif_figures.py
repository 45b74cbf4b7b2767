"""What-if figures beside coverage of residents: population groups, business areas, and what each scenario gives.

Groups and business areas follow every choice from who reaches whom. The share of the area is a union of polygons,
which the page does not compute: it is given for each scenario, and blank for other choices. At the end of a year
the programme has also resolved weak centres and spent money, which no choice of sites tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.accessibility.branches import main_facility
from planner.accessibility.business_areas import STATION
from planner.accessibility.groups import GroupCoverage
from planner.messages.catalogue import localized
from planner.network.snapping import SnappedPoints
from planner.network.travel_times import TravelTimes
from planner.reporting.document.records.plan import Entry, PlanDocument
from planner.reporting.map.packing import steps
from planner.reporting.programme_text import money_text
from planner.results import Plan


def group_sets(plan: Plan, rings: Sequence[float], order: NDArray[np.int64]) -> list[Entry]:
    """Return the people of each population group, and who of them reaches which station.

    Parameters
    ----------
    plan
        Groups and network.
    rings
        The page's limits, minutes.
    order
        The residents' demand points in the page's order.

    Returns
    -------
    groups
        A group at the residents' points names its `ring` among the page's limits; another holds `stations`, the
        numbers of its points by steps for each station.
    """
    return [_group_set(plan, group, rings, order) for group in plan.groups]


def followed_group_limits(plan: Plan) -> set[float]:
    """Return the standards of groups at the residents' points, minutes: limits that the page needs."""
    return {group.standard_min for group in plan.groups if _is_at_residents(plan, group)}


def _is_at_residents(plan: Plan, group: GroupCoverage) -> bool:
    horizon = min(plan.times.horizon_min, plan.candidate_times.horizon_min)
    return group.group.at_residents and group.standard_min <= horizon


def _group_set(plan: Plan, group: GroupCoverage, rings: Sequence[float], order: NDArray[np.int64]) -> Entry:
    people = group.group.points["people"].to_numpy()
    entry = {"id": group.group.settings.id}
    if _is_at_residents(plan, group):
        return entry | {"people": people[order].tolist(), "ring": list(rings).index(group.standard_min)}
    snaps = plan.walker.snap(group.group.points)
    return entry | {"people": people.tolist(), "stations": _reach(plan, snaps, within_min=group.standard_min)}


def business_area_sets(plan: Plan) -> Entry:
    """Return how many business areas there are, and by station those whose central place it reaches, by steps."""
    areas = plan.business_areas
    if areas is None or areas.table.empty:
        return {"count": 0, "stations": []}
    middles = areas.places.set_index("id").loc[areas.table["middle"]]
    reach = _reach(plan, plan.walker.snap(middles), within_min=areas.standard_min)
    is_station = (plan.inputs.facilities["tier"] == STATION).tolist()
    # Of the centres only stations count; a site is one.
    stations = [
        reached if number >= len(is_station) or is_station[number] else [] for number, reached in enumerate(reach)
    ]
    return {"count": len(middles), "stations": stations}


def _reach(plan: Plan, points: SnappedPoints, *, within_min: float) -> list[list[int]]:
    """Return the points within a limit of each centre, then of each candidate, by steps."""
    candidates = plan.walker.snap(plan.siting.candidates)
    return [
        steps(np.sort(reached))
        for snaps in (plan.facility_snaps, candidates)
        for reached in _by_station(plan.walker.times(snaps, points, within_min=within_min))
    ]


def _by_station(times: TravelTimes) -> list[NDArray[np.int64]]:
    order = np.argsort(times.facility, kind="stable")
    counts = np.bincount(times.facility, minlength=times.n_facilities)
    return np.split(times.demand[order].astype(np.int64), np.cumsum(counts)[:-1]) if len(counts) else []


def scenario_sets(plan: Plan, content: PlanDocument) -> list[Entry]:
    """Return the scenarios of the document with stations by their number, and what the page cannot compute.

    Parameters
    ----------
    plan
        Service areas and candidates.
    content
        Its document: names, sites and the programme.
    """
    facilities = {facility: number for number, facility in enumerate(plan.inputs.facilities["id"])}
    first = len(facilities)
    candidates = {one: first + number for number, one in enumerate(plan.siting.candidates["id"])}
    years = _years(content, facilities)
    found: list[Entry] = []
    for scenario in content["scenarios"]:
        closed = [facilities[one] for one in scenario["closed"]]
        opened = [candidates[one] for one in scenario["sites"]]
        entry = {"name": localized(scenario, plan.study.language), "closed": closed, "open": opened}
        share = _area_share(plan, closed, [station - first for station in opened])
        found.append(entry | {"areaShare": share, "year": years.get(scenario["key"])})
    return found


def _years(content: PlanDocument, facilities: Mapping[str, int]) -> dict[str, Entry]:
    """Return what the programme has reached by each scenario: weak centres resolved, and money spent."""
    programme = content["programme"]
    if programme is None:
        return {}
    reached: dict[str, Entry] = {"today": {"resolved": [], "spent": "0"}}
    spent = 0.0
    for year in programme["years"]:
        spent += year["spent"]
        resolved = [facilities[one] for one in year["resolved"]]
        reached[f"year_{year['year']}"] = {"resolved": resolved, "spent": money_text(spent)}
    return reached


def _area_share(plan: Plan, closed: Sequence[int], opened: Sequence[int]) -> float | None:
    """Return the share of the communities' area within the standard of an open station."""
    limits = plan.study.limits
    place = limits.minutes.index(limits.standard_min)
    own = np.asarray(plan.service_areas.geometry.array, dtype=object)[place :: len(limits.minutes)]
    # Branches close with their centre.
    main = main_facility(plan.inputs.facilities)
    kept = own[~np.isin(main, closed) & ~np.isin(np.arange(len(main)), closed)]
    outline = shapely.union_all(plan.inputs.communities.geometry.array)
    reached = shapely.union_all(
        np.concatenate([kept, plan.candidate_areas[np.array(opened, dtype=np.int64), place]])
    )
    return float(shapely.intersection(outline, reached).area / outline.area) if outline.area > 0 else None
