"""Entry of the document on services; absent where the study has none besides its own facilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from planner.accessibility.services import ServiceAccess
from planner.evaluation.ledger import lacking_people
from planner.inputs.scenario import NEW_TIER
from planner.io.service_places import BELOW_STANDARD, CLOSED, ServicePlaces
from planner.network.walk import is_within
from planner.programme.programme import Project
from planner.reporting.document.programme import spots_of
from planner.results import Plan
from planner.siting.study_bundles import StudyBundles

STANDARD: tuple[str, ...] = ("minutes", "count", "group", "weight", "basic", "least_capacity", "per_1000")
STANDARD += ("clause", "clause_zh", "evidence")


def services_entries(plan: Plan) -> dict[str, Any]:
    """Return the entry `services` of the document; {} without services."""
    found, ledger = plan.services, plan.ledger
    if found is None or ledger is None:
        return {}
    totals = _records(found.total)
    return {
        "services": {
            "services": [_service(one, row) for one, row in zip(found.access, totals, strict=True)],
            "by_community": _records(found.by_community),
            "completeness": dict(found.completeness_total),
            "completeness_by_community": _records(found.completeness_by_community),
            "fairness": _records(found.fairness),
            "ledger": _ledger(plan, _records(ledger.rows)),
            "bundles": _bundles(plan),
            "step_free_basis": None if plan.step_free_basis is None else dict(plan.step_free_basis),
            "step_free": None if plan.step_free is None else _records(plan.step_free),
            "hours": _hours(plan),
            "unknown": [one.id for one in found.access if not one.service.is_known],
        }
    }


def _hours(plan: Plan) -> dict[str, Any] | None:
    """Return the entry of times of the week; None where the study names none."""
    found = plan.service_hours
    if found is None or plan.services is None:
        return None
    names = {one.id: dict(one.service.places[["id", "name"]].to_numpy()) for one in plan.services.access}
    return {
        "times": [time.id for time in found.times],
        "by_time": _records(found.table),
        "sufficiency": _records(found.sufficiency),
        "ledger": [
            {**row, "facility_name": str(names[row["service"]].get(row["facility"], "") or row["facility"])}
            for row in _records(found.ledger)
        ],
    }


def _bundles(plan: Plan) -> dict[str, Any] | None:
    """Return the entry of bundles; None where the study asks for none."""
    found = plan.bundles
    if found is None:
        return None
    solution, settings = found.solution, plan.study.bundles
    return {
        "budget": None if settings is None else settings.budget,
        "gained": solution.objective,
        "bound": solution.bound,
        "status": solution.status,
        "cost": solution.cost,
        "cost_together": found.cost_together,
        "cost_apart": found.cost_apart,
        "rooms": _records(pd.DataFrame(bundle_rooms(plan, found).drop(columns="geometry"))),
        "services": [
            {
                "service": service,
                "gained": solution.gained[number],
                "gained_alone": alone.objective,
                "cost_alone": alone.cost,
                "bound_alone": alone.bound,
            }
            for number, (service, alone) in enumerate(zip(found.services, found.alone, strict=True))
        ],
    }


def bundle_rooms(plan: Plan, bundles: StudyBundles) -> gpd.GeoDataFrame:
    """Return the rooms that are taken, with what goes into them."""
    settings = {one.id: one for one in plan.study.services}
    rooms = bundles.rooms.iloc[list(bundles.solution.rooms)]
    inside = [
        [bundles.services[service] for room, service in bundles.solution.contents if room == taken]
        for taken in bundles.solution.rooms
    ]
    return gpd.GeoDataFrame(
        rooms.assign(
            area_used_m2=[sum(settings[one].area_m2 or 0.0 for one in each) for each in inside],
            cost=rooms["cost"] + [sum(settings[one].add_cost or 0.0 for one in each) for each in inside],
            services=[", ".join(each) for each in inside],
        )
    )


def _ledger(plan: Plan, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of the ledger with the names of facilities beside their ids."""
    found = plan.services.access if plan.services is not None else ()
    own = dict(zip(plan.inputs.facilities["id"], plan.inputs.facilities["name"], strict=True))
    names = {one.id: dict(one.service.places[["id", "name"]].to_numpy()) for one in found}

    def named(row: dict[str, Any], key: str) -> str:
        # Premises and facilities of a layer may share an id; only what is added stands at premises.
        of_id = own if key == "mend_at" and row["mend"] == "add" else names[row["service"]]
        return str(of_id.get(row[key], "") or row[key])

    projects = _projects(plan)
    return [
        {
            **row,
            "nearest_name": named(row, "nearest"),
            "mend_at_name": named(row, "mend_at"),
            **({} if projects is None else {"projects": projects.get((row["community"], row["service"]), [])}),
        }
        for row in rows
    ]


def _projects(plan: Plan) -> Mapping[tuple[str, str], Sequence[str]] | None:
    """Return the projects that serve people who lack a service, by community and service, if there may be any."""
    if plan.programme is None or plan.services is None:
        return None
    spots, walker = spots_of(plan), plan.walker
    results: dict[tuple[str, str], list[str]] = {}
    for access in plan.services.access:
        chosen = [one.id for one in plan.programme.projects if spots[one.id] and _gives(one, access.service)]
        if not chosen:
            continue
        starts = gpd.GeoDataFrame(geometry=[spots[ident] for ident in chosen], crs=plan.inputs.crs)
        limit, ends = access.service.standard.minutes, walker.snap(access.points)
        times = walker.times(walker.snap(starts), ends, within_min=limit)
        helped = is_within(times.minutes, limit) & (lacking_people(access)[times.demand] > 0)
        homes = access.points["community"].to_numpy()[times.demand[helped]]
        for start, community in sorted(set(zip(times.facility[helped].tolist(), homes, strict=True))):
            results.setdefault((community, access.id), []).append(chosen[start])
    return results


def _gives(project: Project, service: ServicePlaces) -> bool:
    """Return True if a facility of the service counts where a project is, and does not without it."""
    settings, places = service.standard.settings, service.places
    if project.service or not service.is_own:
        return project.service == service.standard.id
    if project.kind == "new" and project.site:
        # As in a scenario: of a new station nothing but its tier is known.
        where = {} if settings is None else settings.where
        return set(where) <= {"tier"} and NEW_TIER in where.get("tier", (NEW_TIER,))
    added = sum(action.amount for action in project.actions if action.kind == "add_area")
    small = (places["id"] == project.centre) & (places["status"] == BELOW_STANDARD)
    enough = places["capacity"] + added >= (service.standard.least_capacity or 0.0)
    return service.capacity == "floor_area_m2" and added > 0 and bool((small & enough).any())


def service_layers(plan: Plan) -> dict[str, gpd.GeoDataFrame | pd.DataFrame]:
    """Return the layers of services for results.gpkg; {} without services."""
    found, ledger, communities = plan.services, plan.ledger, plan.inputs.communities
    if found is None or ledger is None:
        return {}
    outlines = communities.set_index("id").geometry
    places = [one.service.places.assign(service=one.id) for one in found.access]
    demand = found.demand[["id", "people", "community", "missing", "completeness", "geometry"]]
    minutes = {f"{one.id}_min": one.nth_min for one in found.access}
    rows = ledger.rows.drop(columns="mends_unpriced")
    completeness = found.completeness_by_community
    return {
        "services": gpd.GeoDataFrame(pd.concat(places, ignore_index=True), crs=plan.inputs.crs),
        "services_demand": gpd.GeoDataFrame(demand.assign(**minutes)),
        "services_coverage": found.by_community,
        "services_communities": gpd.GeoDataFrame(
            completeness, geometry=outlines.reindex(completeness["community"]).array
        ),
        **(
            {}
            if plan.service_hours is None
            else {"services_hours": plan.service_hours.table, "services_hours_ledger": plan.service_hours.ledger}
        ),
        **({} if plan.bundles is None else {"services_bundles": bundle_rooms(plan, plan.bundles)}),
        "services_ledger": gpd.GeoDataFrame(rows, geometry=outlines.reindex(rows["community"]).array),
    }


def _service(access: ServiceAccess, total: dict[str, Any]) -> dict[str, Any]:
    standard, places, counts = access.service.standard, access.service.places, access.service.counts
    shares = {name: value for name, value in total.items() if name != "service"}
    return {
        "id": access.id,
        **standard.titles,
        **{name: getattr(standard, name) for name in STANDARD},
        "known": access.service.is_known,
        "facilities": int(counts.sum()),
        "facilities_closed": int((places["status"] == CLOSED).sum()),
        "facilities_below_standard": int((places["status"] == BELOW_STANDARD).sum()),
        "capacity_unknown": int((places["capacity"].isna() & counts).sum()),
        **shares,
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict(orient="records")]
