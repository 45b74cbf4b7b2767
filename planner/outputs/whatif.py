"""What if: the coverage sets from which the map reckons any choice of centres and sites by itself.

For every centre and candidate the page holds which demand points it reaches within which limit, and what is needed
to judge premises anew. People are whole grains (`planner.inputs.counting`), so that adding and taking away in the
page gives the bits that a run for the same choice gives.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.assessment.measures import PREMISES, own_share_limit
from planner.assessment.rules import Rule, limits_of, measures_in
from planner.inputs.counting import GRAIN
from planner.outputs.document import Document
from planner.outputs.map_pieces import rounded
from planner.outputs.packing import packed, packed_degrees, packed_shapes, packed_steps
from planner.plan import Plan
from planner.walking.times import TravelTimes
from planner.walking.walk import is_within

FOLLOWS_PEOPLE_NEAREST = ("people_nearest", "people_per_m2")
"""Measures that change when another centre opens or closes, besides own coverage."""

SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.GtE: ">=",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.Lt: "<",
}


def what_if(plan: Plan, content: Document) -> Document:
    """Return all that the page needs to reckon any choice of centres and candidates.

    Parameters
    ----------
    plan
        Walking times, people and rules.
    content
        Its document: names, places and scenarios.

    Returns
    -------
    data
        As JSON can hold it; `templates/map_whatif.js` reads it.
    """
    inputs, limits = plan.inputs, plan.study.limits.minutes
    rings = sorted({*limits, *limits_of(plan.diagnosis.profile)})
    order = np.argsort(inputs.demand.geometry.hilbert_distance().to_numpy(), kind="stable")
    demand = inputs.demand.iloc[order]
    degrees = demand.to_crs(4326).geometry
    people = demand["people"].to_numpy()
    grain = 1.0 if np.array_equal(people, np.round(people)) else GRAIN
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
            "people": packed(np.rint(people / grain).astype(np.int64)),
            "home": packed_steps(demand["community"].map(place).to_numpy(dtype=np.int64)),
            "lat": packed_degrees(degrees.y.to_numpy()),
            "lon": packed_degrees(degrees.x.to_numpy()),
        },
        "communities": {
            "id": list(inputs.communities["id"]),
            "name": list(inputs.communities["name"]),
            "outlines": packed_shapes(rounded(inputs.communities.geometry)),
        },
        "stations": _stations(plan, content, place),
        "reach": packed_reach([plan.times, plan.candidate_times], order, rings),
        "areas": packed_shapes(_areas(plan)),
        "judged": _judged(plan, rings, order),
        "scenarios": _scenarios(plan, content),
    }


def packed_reach(of_stations: list[TravelTimes], order: NDArray[np.int64], rings: list[float]) -> dict[str, str]:
    """Pack who reaches which station: for each station and ring between limits, the demand points in it.

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
    steps = np.where(begins, point, np.diff(point, prepend=0))
    return {"counts": packed(np.bincount(group, minlength=int(first[-1]) * len(rings))), "steps": packed(steps)}


def _base(plan: Plan) -> Document:
    """Return what the centres of this map already differ by from today's, for a file that is saved from it."""
    scenario = plan.scenario
    sites = [site.model_dump() for site in scenario.sites] if scenario else []
    return {"closed": list(scenario.closed) if scenario else [], "sites": sites}


def _stations(plan: Plan, content: Document, place: Mapping[str, int]) -> Document:
    centres, candidates = content["centres"], content["siting"]["candidates"]
    both = [*centres, *candidates]
    spots = shapely.get_coordinates(plan.siting.candidates.geometry.array)
    return {
        "id": [one["id"] for one in both],
        "name": [centre["name"] for centre in centres],
        "tier": [centre["tier"] for centre in centres],
        "community": [place.get(centre["community"], -1) for centre in centres],
        "lat": [round(one["lat"], 6) for one in both],
        "lon": [round(one["lon"], 6) for one in both],
        "x": spots[:, 0].tolist(),
        "y": spots[:, 1].tolist(),
    }


def _areas(plan: Plan) -> NDArray[np.object_]:
    """Return the service areas of all centres, then all candidates, the limits of each together, in degrees."""
    of_centres = plan.service_areas.geometry.array
    areas = np.concatenate([np.asarray(of_centres, dtype=object), plan.candidate_areas.ravel()])
    return rounded(gpd.GeoSeries(areas, crs=plan.inputs.crs))


def _scenarios(plan: Plan, content: Document) -> list[Document]:
    """Return the scenarios of the document with stations by their number."""
    facilities = {facility: number for number, facility in enumerate(plan.inputs.facilities["id"])}
    candidates = {
        candidate: len(facilities) + number for number, candidate in enumerate(plan.siting.candidates["id"])
    }
    return [
        {
            "name": scenario[plan.study.language],
            "closed": [facilities[one] for one in scenario["closed"]],
            "open": [candidates[one] for one in scenario["sites"]],
        }
        for scenario in content["scenarios"]
    ]


def _judged(plan: Plan, rings: list[float], order: NDArray[np.int64]) -> Document:
    """Return the premises with what the rules find: fixed findings, and expressions over what can change."""
    rules = {rule.id: rule for rule in plan.diagnosis.profile.rules}
    findings = dict(iter(plan.diagnosis.findings.groupby("facility", sort=False)))
    empty = plan.diagnosis.findings.iloc[:0]
    premises: list[Document] = []
    nearest_matters = False
    for number, centre in enumerate(plan.diagnosis.centres.to_dict(orient="records")):
        if centre["tier"] not in PREMISES:
            continue
        found = []
        own = findings.get(centre["id"], empty)
        for name, passed in zip(own["rule"], own["passed"], strict=True):
            rule = rules[name]
            changing = _changing(rule)
            nearest_matters |= any(measure in FOLLOWS_PEOPLE_NEAREST for measure in changing)
            found.append([rule.grade, _expression(rule, centre, rings) if changing else _told(passed)])
        premises.append({"station": number, "findings": found})
    return {"premises": premises, "nearest": _nearest_premises(plan, order) if nearest_matters else None}


def _told(passed: object) -> bool | None:
    return None if passed is None or passed is pd.NA or passed != passed else bool(passed)  # noqa: PLR0124 - NaN


def _changing(rule: Rule) -> list[str]:
    names = measures_in(rule.expression)
    return [name for name in names if name in FOLLOWS_PEOPLE_NEAREST or own_share_limit(name) is not None]


def _expression(rule: Rule, centre: Mapping[Hashable, object], rings: list[float]) -> object:
    """Return a rule as nested lists, what cannot change filled in; null is not known."""

    def known(value: object) -> float | None:
        return float(value) if isinstance(value, int | float) and np.isfinite(value) else None

    def measure(name: str) -> object:
        limit = own_share_limit(name)
        if limit is not None:
            return ["own", rings.index(limit)]
        if name == "people_per_m2":
            return ["/", ["nearest"], known(centre["floor_area_m2"])]
        return ["nearest"] if name == "people_nearest" else known(centre[name])

    def written(node: ast.AST) -> object:
        match node:
            case ast.Name(id=name):
                return measure(name)
            case ast.Constant(value=value):
                return known(value)
            case ast.UnaryOp(operand=operand):
                return ["-", 0.0, written(operand)]
            case (
                ast.BinOp(left=left, op=sign, right=right)
                | ast.Compare(left=left, ops=[sign], comparators=[right])
            ):
                return [SIGNS[type(sign)], written(left), written(right)]
        message = f"a rule holds {ast.dump(node)}"
        raise AssertionError(message)

    return written(ast.parse(rule.expression.strip(), mode="eval").body)


def _nearest_premises(plan: Plan, order: NDArray[np.int64]) -> dict[str, str]:
    """Pack each demand point's premises within the horizon, the nearest first, by their place among premises."""
    is_premises = plan.inputs.facilities["tier"].isin(PREMISES).to_numpy()
    times = plan.times.of_facilities(is_premises)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    point = rank[times.demand]
    nearest_first = np.lexsort((times.facility, times.minutes, point))
    local = np.cumsum(is_premises) - 1
    return {
        "counts": packed(np.bincount(point, minlength=len(order))),
        "premises": packed(local[times.facility[nearest_first]]),
    }
