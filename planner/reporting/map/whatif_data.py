"""What-if data: the coverage sets from which the map's page computes any choice of facilities and sites.

For every centre and candidate the page holds which demand points it reaches within which limit, and what is needed
to judge premises anew. People are whole grains (`planner.population.demand_points`), so that adding and taking
away in the page gives the bits that a run for the same choice gives.
"""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.accessibility.branches import is_branch, main_facility
from planner.network.travel_times import TravelTimes
from planner.network.walk import is_within
from planner.population.demand_points import quantum_of
from planner.reporting.document.records.plan import Entry, PlanDocument
from planner.reporting.map.elements import simplify_degrees
from planner.reporting.map.packing import degree_steps, polygon_steps, steps
from planner.reporting.map.whatif_figures import (
    business_area_sets,
    followed_group_limits,
    group_sets,
    scenario_sets,
)
from planner.reporting.map.whatif_rules import followed_limits, what_if_rules
from planner.reporting.small_counts import displayed_positions
from planner.results import Plan


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
    return {
        "study": plan.study.name,
        "crs": inputs.crs.to_string(),
        "base": _base(plan),
        "rings": rings,
        "limits": [rings.index(limit) for limit in limits],
        "standard": rings.index(plan.study.limits.standard_min),
        "grain": grain,
        "demand": {
            "people": np.rint(people / grain).astype(np.int64).tolist(),
            "home": steps(demand["community"].map(place).to_numpy(dtype=np.int64)),
            "lat": degree_steps(degrees.y.to_numpy()),
            "lon": degree_steps(degrees.x.to_numpy()),
        },
        "communities": {
            "id": list(inputs.communities["id"]),
            "name": list(inputs.communities["name"]),
            "outlines": polygon_steps(simplify_degrees(inputs.communities.geometry)),
        },
        "stations": _stations(plan, content, place),
        "branches": _branches(plan),
        "reach": reach_steps([plan.times, plan.candidate_times], order, rings),
        "areas": polygon_steps(_areas(plan)),
        "judged": what_if_rules(plan, rings, order),
        "groups": group_sets(plan, rings, order),
        "businessAreas": business_area_sets(plan),
        "scenarios": scenario_sets(plan, content),
    }


def reach_steps(
    of_stations: list[TravelTimes], order: NDArray[np.int64], rings: list[float]
) -> dict[str, list[int]]:
    """Return who reaches which station: for each station and ring between limits, the demand points in it.

    Parameters
    ----------
    of_stations
        Times of centres, then of candidates; stations are numbered through.
    order
        The demand points in the page's order: neighbours close together, so that steps are short.
    rings
        Limits in minutes, rising; a pair belongs to the first that it is within.

    Returns
    -------
    reach
        How many demand points stand in each station's rings, and their numbers by steps, each ring from 0.
    """
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    first = np.cumsum([0, *(times.n_facilities for times in of_stations)])
    station = np.concatenate(
        [times.facility + start for times, start in zip(of_stations, first[:-1], strict=True)]
    )
    point = rank[np.concatenate([times.demand for times in of_stations])]
    minutes = np.concatenate([times.minutes for times in of_stations])
    ring = np.sum([~is_within(minutes, limit) for limit in rings], axis=0)
    group = station * len(rings) + ring
    kept = np.flatnonzero(ring < len(rings))
    kept = kept[np.lexsort((point[kept], group[kept]))]
    point, group = point[kept], group[kept]
    begins = np.concatenate([[True], group[1:] != group[:-1]])[: len(group)]
    return {
        "counts": np.bincount(group, minlength=int(first[-1]) * len(rings)).tolist(),
        "steps": np.where(begins, point, np.diff(point, prepend=0)).tolist(),
    }


def _base(plan: Plan) -> Entry:
    """Return what the centres of this map already differ by from today's, for a file that is saved from it."""
    scenario = plan.scenario
    sites = [site.model_dump() for site in scenario.sites] if scenario else []
    return {"closed": list(scenario.closed) if scenario else [], "sites": sites}


def _stations(plan: Plan, content: PlanDocument, place: Mapping[str, int]) -> Entry:
    centres, candidates = content["centres"], content["siting"]["candidates"]
    both = [*centres, *candidates]
    spots = shapely.get_coordinates(plan.siting.candidates.geometry.array)
    return {
        "id": [one["id"] for one in both],
        "name": [centre["name"] for centre in centres],
        "place": [candidate["place"] for candidate in candidates],
        "tier": [centre["tier"] for centre in centres],
        "community": [place.get(centre["community"], -1) for centre in centres],
        "lat": [round(one["lat"], 6) for one in both],
        "lon": [round(one["lon"], 6) for one in both],
        "x": spots[:, 0].tolist(),
        "y": spots[:, 1].tolist(),
    }


def _branches(plan: Plan) -> dict[str, int]:
    """Return the centre of each branch, both by their number."""
    facilities = plan.inputs.facilities
    main = main_facility(facilities)
    return {str(branch): int(main[branch]) for branch in np.flatnonzero(is_branch(facilities))}


def _areas(plan: Plan) -> NDArray[np.object_]:
    """Return the service areas of all centres, then all candidates, the limits of each together, in degrees."""
    of_centres = plan.service_areas.geometry.array
    areas = np.concatenate([np.asarray(of_centres, dtype=object), plan.candidate_areas.ravel()])
    return simplify_degrees(gpd.GeoSeries(areas, crs=plan.inputs.crs))
