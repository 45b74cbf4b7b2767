"""What-if data: the coverage sets from which the map's page computes any choice of facilities and sites.

For every centre and candidate the page holds which demand points it reaches within which limit, and what is needed
to judge premises anew. People are whole grains (`planner.population.demand_points`), so that adding and taking
away in the page gives the bits that a run for the same choice gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from planner.accessibility.coverage import is_branch, main_facility
from planner.network.travel_times import TravelTimes
from planner.network.walk import FloatArray, is_within
from planner.population.demand_points import quantum_of
from planner.reporting.document.records.plan import Entry, PlanDocument
from planner.reporting.map.branch_choices import stack_choices
from planner.reporting.map.elements import polygon_data
from planner.reporting.map.packing import degree_steps, pack_steps
from planner.reporting.map.whatif_figures import (
    business_area_sets,
    followed_group_limits,
    group_sets,
    project_sets,
    scenario_sets,
    station_snaps,
)
from planner.reporting.map.whatif_rules import followed_limits, what_if_rules
from planner.reporting.map.whatif_services import service_sets
from planner.reporting.small_counts import displayed_positions
from planner.results import Plan
from planner.results.outcome import Walks

MOST_EDGES = 60_000
"""Largest network of the page: of a larger one it would be most of the file, and no path is drawn."""

CENTIMETRES = 100


def street_sets(plan: Plan) -> Entry | None:
    """Return the walking network packed for the page, None where it is larger than `MOST_EDGES`.

    Nodes and inner vertices are in millionths of a degree, costs in centimetres at the base speed along (`cost`)
    and against (`back`, less `cost`) each edge, in the direction of a search that starts at the facilities.
    """
    network = plan.walker.network
    if len(network.edge_m) > MOST_EDGES:
        return None
    to_degrees = pyproj.Transformer.from_crs(network.crs, 4326, always_xy=True)
    nodes = _steps(to_degrees, network.node_xy)
    inner = network.segment_edge[1:] == network.segment_edge[:-1]
    places = _steps(to_degrees, network.segment_xy[1:, :2][inner])
    cost = np.rint(network.edge_cost_m * CENTIMETRES).astype(np.int64)
    passages = network.layers.passages if network.layers else np.zeros((0, 2), dtype=np.int64)
    return {
        "access": plan.walker.access_m,
        "speed": plan.walker.walk.metres(1.0),
        **nodes,
        "from": pack_steps(network.edge_nodes[:, 0]),
        "to": (network.edge_nodes[:, 1] - network.edge_nodes[:, 0]).tolist(),
        "cost": cost[:, 0].tolist(),
        "back": (cost[:, 1] - cost[:, 0]).tolist(),
        "places": (np.bincount(network.segment_edge, minlength=len(cost)) - 1).tolist(),
        "inner": places,
        "passages": passages.T.tolist(),
    }


def _steps(to_degrees: pyproj.Transformer, xy: FloatArray) -> dict[str, list[int]]:
    lon, lat = to_degrees.transform(xy[:, 0], xy[:, 1])
    return {"lon": degree_steps(np.asarray(lon)), "lat": degree_steps(np.asarray(lat))}


MOST_PAIRS = 1_500_000
"""Largest number of pairs of a station and a demand point of which the page has minutes; of more only limits."""


def what_if_data(plan: Plan, content: PlanDocument) -> Entry:
    """Return the data from which the page computes any choice of facilities and candidates.

    Parameters
    ----------
    plan
        Walking times, people and rules.
    content
        Its document: names, places and scenarios.

    Returns
    -------
    data
        As JSON can hold it; `js/model.js` reads it.
    """
    inputs, limits = plan.inputs, plan.study.limits.minutes
    rings = sorted({*limits, *followed_limits(plan.diagnosis.rule_set), *followed_group_limits(plan)})
    places = displayed_positions(inputs.demand, plan)
    order = np.argsort(places.hilbert_distance().to_numpy(), kind="stable")
    demand = inputs.demand.iloc[order]
    degrees = places.iloc[order].to_crs(4326)
    people = demand["people"].to_numpy()
    grain = quantum_of(people)
    place = {community: number for number, community in enumerate(inputs.communities["id"])}
    areas = [_areas(plan, walk) for walk in plan.outcome.walks]
    walks, shapes, rows = _rows(plan, areas, rings)
    stations = [
        *inputs.facilities["id"],
        *plan.siting.candidates["id"],
        *(branch.id for branch in plan.outcome.branches),
    ]
    projects = project_sets(plan, content, {station: number for number, station in enumerate(stations)})
    return {
        "study": plan.study.name,
        "crs": inputs.crs.to_string(),
        "rings": rings,
        "limits": [rings.index(limit) for limit in limits],
        "standard": rings.index(plan.study.limits.standard_min),
        "grain": grain,
        "demand": {
            "people": np.rint(people / grain).astype(np.int64).tolist(),
            "home": pack_steps(demand["community"].map(place).to_numpy(dtype=np.int64)),
            "lat": degree_steps(degrees.y.to_numpy()),
            "lon": degree_steps(degrees.x.to_numpy()),
        },
        "communities": {
            "id": list(inputs.communities["id"]),
            "name": list(inputs.communities["name"]),
            "outlines": polygon_data(plan, inputs.communities.geometry.to_numpy()),
        },
        "stations": _stations(plan, content, place),
        "branches": _branches(plan),
        "base": _base(plan),
        "reach": reach_steps(walks, order, rings),
        "areas": polygon_data(plan, shapes),
        "rows": rows,
        "judged": what_if_rules(plan, rings, order),
        "groups": group_sets(plan, rings, order),
        "businessAreas": business_area_sets(plan),
        "projects": projects,
        "scenarios": scenario_sets(plan, content, projects["list"], areas),
        "streets": street_sets(plan),
        **service_sets(plan, order),
    }


def reach_steps(times: TravelTimes, order: NDArray[np.int64], rings: list[float]) -> Entry:
    """Return who reaches which station: for each station and ring between limits, the demand points in it.

    Parameters
    ----------
    times
        Of all stations, numbered through.
    order
        The demand points in the page's order: neighbours close together, so that steps are short.
    rings
        Limits in minutes, rising; a pair belongs to the first that it is within.

    Returns
    -------
    reach
        How many demand points stand in each station's rings, their numbers by steps, each ring from 0, and their
        minutes in tenths by steps, through all; None of more than `MOST_PAIRS`.
    """
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    point = rank[times.demand]
    ring = np.sum([~is_within(times.minutes, limit) for limit in rings], axis=0)
    group = times.facility * len(rings) + ring
    kept = np.flatnonzero(ring < len(rings))
    kept = kept[np.lexsort((point[kept], group[kept]))]
    point, group = point[kept], group[kept]
    tenths = np.rint(times.minutes[kept] * 10).astype(np.int64)
    begins = np.concatenate([[True], group[1:] != group[:-1]])[: len(group)]
    return {
        "counts": np.bincount(group, minlength=times.n_facilities * len(rings)).tolist(),
        "steps": np.where(begins, point, np.diff(point, prepend=0)).tolist(),
        "tenths": pack_steps(tenths) if len(tenths) <= MOST_PAIRS else None,
    }


def _base(plan: Plan) -> Entry:
    """Return what the centres of this map already differ by from today's, for a file that is saved from it."""
    scenario = plan.scenario
    sites = [site.model_dump() for site in scenario.sites] if scenario else []
    changes = [change.model_dump() for change in scenario.changes] if scenario else []
    return {"closed": list(scenario.closed) if scenario else [], "sites": sites, "changes": changes}


def _stations(plan: Plan, content: PlanDocument, place: Mapping[str, int]) -> Entry:
    centres, candidates = content["centres"], content["siting"]["candidates"]
    branches = plan.outcome.with_branches.iloc[len(centres) :]
    at = branches.to_crs(4326).geometry
    both = [
        *centres,
        *candidates,
        *({"id": one, "lat": lat, "lon": lon} for one, lat, lon in zip(branches["id"], at.y, at.x, strict=True)),
    ]
    spots = shapely.get_coordinates(plan.siting.candidates.geometry.array)
    return {
        "id": [one["id"] for one in both],
        "name": [centre["name"] for centre in centres],
        "branchName": branches["name"].tolist(),
        "place": [candidate["place"] for candidate in candidates],
        "tier": [centre["tier"] for centre in centres],
        "community": [place.get(centre["community"], -1) for centre in centres],
        "lat": [round(one["lat"], 6) for one in both],
        "lon": [round(one["lon"], 6) for one in both],
        "x": spots[:, 0].tolist(),
        "y": spots[:, 1].tolist(),
    }


def _branches(plan: Plan) -> dict[str, int]:
    """Return the centre of each branch, both by their number; branches of projects stand behind the candidates."""
    facilities, today = plan.outcome.with_branches, len(plan.inputs.facilities)
    main = main_facility(facilities)
    between = len(plan.siting.candidates)
    return {
        str(branch + (between if branch >= today else 0)): int(main[branch])
        for branch in np.flatnonzero(is_branch(facilities)).tolist()
    }


def _areas(plan: Plan, walks: Walks) -> NDArray[np.object_]:
    """Return the service areas of all stations, metres, shape (stations, limits)."""
    limits = len(plan.study.limits.minutes)
    centres, candidates, *branches = station_snaps(plan, walks)
    if walks is plan.outcome.walks[0]:
        of_centres = np.asarray(plan.service_areas.geometry.array, dtype=object).reshape(-1, limits)
        drawn = [of_centres, plan.candidate_areas.reshape(-1, limits)]
    else:
        drawn = [walks.prepared.draw_areas(snaps) for snaps in (centres, candidates)]
    return np.concatenate([*drawn, *(walks.prepared.draw_areas(snaps) for snaps in branches)])


def _rows(
    plan: Plan, areas: Sequence[NDArray[np.object_]], rings: Sequence[float]
) -> tuple[TravelTimes, NDArray[np.object_], list[dict[str, int]]]:
    """Return walks and service areas by row: the stations, then those again that a choice of passages changes.

    Returns
    -------
    walks, areas
        One row after the other, the limits of each together.
    rows
        For each choice of passages the rows of the stations that it changes.
    """
    every = [stack_choices(walk.facilities, walk.candidates, walk.branches) for walk in plan.outcome.walks]
    count, kept, shapes = len(areas[0]), [every[0]], [areas[0]]
    rows: list[dict[str, int]] = [{}]
    for times, drawn in zip(every[1:], areas[1:], strict=True):
        changed = np.flatnonzero(
            _differs(every[0], times, rings) | ~shapely.equals_exact(areas[0], drawn, tolerance=0).all(axis=1)
        )
        first = sum(len(shape) for shape in shapes)
        rows.append({str(station): first + place for place, station in enumerate(changed.tolist())})
        number = np.full(count, -1)
        number[changed] = np.arange(len(changed))
        own = times.of_facilities(number >= 0)
        kept.append(replace(own, facility=number[own.facility], n_facilities=len(changed)))
        shapes.append(drawn[changed])
    return stack_choices(*kept), np.concatenate(shapes).ravel(), rows


def _differs(one: TravelTimes, other: TravelTimes, rings: Sequence[float]) -> NDArray[np.bool_]:
    """Return the stations that another demand point reaches, or within another limit, shape (stations,)."""
    differs = np.zeros(one.n_facilities, dtype=np.bool_)
    for limit in rings:
        here, there = (
            times.facility[near] * times.n_demand + times.demand[near]
            for times in (one, other)
            for near in (is_within(times.minutes, limit),)
        )
        differs[np.setxor1d(here, there) // one.n_demand] = True
    return differs
