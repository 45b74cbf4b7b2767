"""What-if figures beside coverage of residents: population groups, business areas, and what each scenario gives.

Groups and business areas follow every choice from who reaches whom. The share of the area is a union of polygons,
which the page does not compute: it is given for each scenario, and blank for other choices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.accessibility.business_areas import STATION
from planner.accessibility.coverage import GroupCoverage, main_facility
from planner.inputs.changes import Change
from planner.messages.catalogue import Texts, localized
from planner.network.snapping import SnappedPoints
from planner.network.travel_times import TravelTimes
from planner.programme.programme import Project
from planner.reporting import programme_text as said
from planner.reporting.document.records.plan import Entry, PlanDocument
from planner.reporting.map.packing import pack_steps
from planner.reporting.programme_text import year_text
from planner.reporting.report.blocks import Translator
from planner.results import Plan
from planner.results.outcome import OWN_KINDS, Walks


def project_sets(plan: Plan, content: PlanDocument, stations: Mapping[str, int]) -> Entry:
    """Return the projects as the page switches them, with the money that there is.

    Parameters
    ----------
    plan
        Programme and outcome.
    content
        Its document: names, amounts and places.
    stations
        Number of each centre, candidate and branch by its id.

    Returns
    -------
    projects
        ``list``: each project with its stations by number; ``declared`` are weak centres of which the study says
        that the project resolves them, not how. ``funds``: what each gives in each year; ``years``: their
        names. ``costs``: what a site at a candidate costs, by its number.
    """
    programme = content["programme"]
    if programme is None or plan.programme is None:
        return {"list": [], "funds": [], "years": [], "costs": {}}
    t = Translator(content, Texts(plan.study.language))
    labels = [year["year"] for year in programme["years"]]
    funds = [fund["id"] for fund in programme["resources"]["funds"]]
    entries = {entry["id"]: entry for entry in programme["projects"]}
    found = []
    for project in plan.programme.projects:
        entry = entries[project.id]
        paid = {one["fund"]: one["amount"] for one in entry["paid"]}
        changes = plan.outcome.changes.get(project.id, ())
        found.append(
            {
                "id": project.id,
                "name": said.task_text(entry, t),
                "kind": t.programme(f"kind_{project.kind}"),
                "year": project.year,
                "cost": entry["cost"],
                "paid": [paid.get(fund, 0.0) for fund in funds],
                **_effects(project, changes, plan, stations),
                "changes": [change.model_dump() for change in changes],
            }
        )
    costs = {str(stations[site["id"]]): site["cost"] for site in programme["resources"]["sites"]}
    return {
        "list": found,
        "funds": [
            {
                "name": fund["name"],
                "amounts": [year["amount"] for year in fund["years"]],
                "carries": fund["carry_over"],
            }
            for fund in programme["resources"]["funds"]
        ],
        "years": [year_text(t, label) for label in labels],
        "costs": costs,
    }


def _effects(project: Project, changes: tuple[Change, ...], plan: Plan, stations: Mapping[str, int]) -> Entry:
    passages = plan.outcome.passages
    return {
        "sites": [stations[project.site]] if project.site else [],
        "closes": [stations[centre] for centre in project.closes],
        "upgrades": [stations[one] for one in dict.fromkeys(_upgraded(changes))],
        "branches": [stations[change.id] for change in changes if change.kind == "open_station"],
        "passages": 1 << passages.index(project.id) if project.id in passages else 0,
        "declared": [] if changes else [stations[one] for one in project.resolves],
    }


def _upgraded(changes: tuple[Change, ...]) -> Iterator[str]:
    return (change.centre for change in changes if change.kind in OWN_KINDS)


def projects_done(content: PlanDocument, scenario: Entry) -> list[int]:
    """Return the numbers of the projects that are carried out in a scenario of the document."""
    programme = content["programme"]
    ids = [project["id"] for project in programme["projects"]] if programme else []
    return [ids.index(one) for one in scenario["projects"]]


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
        A group at the residents' points names its `ring` among the page's limits; another holds `stations`: for
        each choice of passages the numbers of its points by steps for each station.
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
    reach = [
        _reach(plan, walks, group.group.points, within_min=group.standard_min) for walks in plan.outcome.walks
    ]
    return entry | {"people": people.tolist(), "stations": reach}


def business_area_sets(plan: Plan) -> list[Entry]:
    """Return how many business areas there are, and by station those whose central place it reaches, by steps.

    One entry a choice of passages: these change the walks by which business areas are found.
    """
    return [_business_areas(plan, walks) for walks in plan.outcome.walks]


def _business_areas(plan: Plan, walks: Walks) -> Entry:
    areas = plan.business_areas if walks is plan.outcome.walks[0] else walks.prepared.find_business_areas()
    if areas is None or areas.table.empty:
        return {"count": 0, "stations": []}
    middles = areas.places.set_index("id").loc[areas.table["middle"]]
    reach = _reach(plan, walks, middles, within_min=areas.standard_min)
    is_station = (plan.inputs.facilities["tier"] == STATION).tolist()
    # Of the centres only stations count; a site is one.
    stations = [
        reached if number >= len(is_station) or is_station[number] else [] for number, reached in enumerate(reach)
    ]
    return {"count": len(middles), "stations": stations}


def _reach(plan: Plan, walks: Walks, points: gpd.GeoDataFrame, *, within_min: float) -> list[list[int]]:
    """Return the points within a limit of each centre, of each candidate, then of each branch, by steps."""
    prepared = walks.prepared
    ends = prepared.snapped(points)
    return [
        pack_steps(np.sort(reached))
        for snaps in station_snaps(plan, walks)
        for reached in _by_station(prepared.walks_between(snaps, ends, within_min))
    ]


def station_snaps(plan: Plan, walks: Walks) -> list[SnappedPoints]:
    """Return the stations of the page tied to the streets: centres, candidates, and branches of projects."""
    prepared = walks.prepared
    branches = plan.outcome.with_branches.iloc[len(plan.inputs.facilities) :]
    snaps = [prepared.facility_snaps, prepared.snapped(plan.siting.candidates)]
    return snaps if branches.empty else [*snaps, prepared.snapped(branches)]


def _by_station(times: TravelTimes) -> list[NDArray[np.int64]]:
    order = np.argsort(times.facility, kind="stable")
    counts = np.bincount(times.facility, minlength=times.n_facilities)
    return np.split(times.demand[order].astype(np.int64), np.cumsum(counts)[:-1]) if len(counts) else []


def scenario_sets(
    plan: Plan, content: PlanDocument, projects: Sequence[Entry], areas: Sequence[NDArray[np.object_]]
) -> list[Entry]:
    """Return the scenarios of the document with stations by their number, and what the page cannot compute.

    Parameters
    ----------
    plan
        Service areas and candidates.
    content
        Its document: names, sites and the programme.
    projects
        The projects as the page has them.
    areas
        For each choice of passages the service areas of all stations, shape (stations, limits).

    Returns
    -------
    scenarios
        ``stop`` is its name on the axis of time, ``method`` that among the methods compared; "" where it is none.
    """
    texts = Texts(plan.study.language)
    facilities = {facility: number for number, facility in enumerate(plan.inputs.facilities["id"])}
    first = len(facilities)
    candidates = {one: first + number for number, one in enumerate(plan.siting.candidates["id"])}
    chosen = {proposal["method"] for proposal in content["siting"]["proposals"] if proposal["chosen"]}
    found: list[Entry] = []
    for scenario in content["scenarios"]:
        closed = [facilities[one] for one in scenario["closed"]]
        opened = [candidates[site] for site in scenario["sites"]]
        done = projects_done(content, scenario)
        key, name = scenario["key"], localized(scenario, texts.language)
        is_time = key == "today" or key.startswith("year_")
        is_end = content["programme"] is None and key in chosen
        share = _area_share(plan, areas, closed, opened, [projects[one] for one in done])
        found.append(
            {
                "name": name,
                "stop": name if is_time else texts("words.scenario_after") if is_end else "",
                "method": "" if is_time else name,
                "closed": closed,
                "open": opened,
                "projects": done,
                "areaShare": share,
            }
        )
    return found


def _area_share(
    plan: Plan,
    areas: Sequence[NDArray[np.object_]],
    closed: Sequence[int],
    opened: Sequence[int],
    projects: Sequence[Entry],
) -> float | None:
    """Return the share of the communities' area within the standard of an open station."""
    limits = plan.study.limits
    place = limits.minutes.index(limits.standard_min)
    passages = sum(project["passages"] for project in projects)
    # Branches close with their centre.
    main = main_facility(plan.outcome.with_branches)
    today = len(plan.inputs.facilities)
    is_shut = np.isin(main, closed) | np.isin(np.arange(len(main)), closed)
    branches = [
        station
        for project in projects
        for station in project["branches"]
        if not is_shut[station - len(plan.siting.candidates)]
    ]
    stations = np.array([*np.flatnonzero(~is_shut[:today]), *opened, *branches], dtype=np.int64)
    outline = shapely.union_all(plan.inputs.communities.geometry.array)
    reached = shapely.union_all(areas[passages][stations, place])
    return float(shapely.intersection(outline, reached).area / outline.area) if outline.area > 0 else None
