"""Entries of the document on people: their balance, further population groups, business areas."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.accessibility.coverage import GroupCoverage
from planner.config.sections.demand import RESIDENTS
from planner.results import Plan

Entries = dict[str, Any]
WAYS = ("column", "share", "places", "layer")
LONLAT_DIGITS = 7


def demand_entries(plan: Plan) -> Entries:
    """Return how people were placed, and the balance of people by community: given, found, placed, lost."""
    inputs, settings = plan.inputs, plan.study.demand
    balance = inputs.balance
    far = inputs.demand["people"].where(~plan.demand_snaps.reaches_street, 0.0)
    without_street = far.groupby(inputs.demand["community"]).sum().reindex(balance["community"], fill_value=0.0)
    rows = balance.assign(without_street=without_street.to_numpy())
    return {
        "method": inputs.demand_method,
        "calibrated": settings.calibrate and inputs.demand_method in {"points", "raster"},
        "household_size": settings.household_size,
        "household_size_source": settings.household_size_source,
        "people_given": rows["given"].sum(min_count=1),
        "people_found": rows["found"].sum(),
        "people_placed": rows["placed"].sum(),
        "people_lost": rows["lost"].sum(),
        "balance": _records(rows),
    }


def group_entries(plan: Plan) -> list[Entries]:
    """Return the coverage of each kind of demand besides the residents."""
    return [_kind(kind) for kind in plan.groups]


def _kind(kind: GroupCoverage) -> Entries:
    settings, points = kind.group.settings, kind.group.points
    return {
        "id": settings.id,
        "name": settings.title,
        "counted_by": next(way for way in WAYS if getattr(settings, way)),
        "source": settings.source,
        "weight": settings.weight,
        "standard_min": kind.standard_min,
        "people_given": kind.group.given,
        "people": points["people"].sum(),
        "people_lost": kind.group.given - points["people"].sum(),
        "people_uncovered": kind.uncovered["people"].sum(),
        "points": len(points),
        "total": _records(kind.total),
        "by_tier": _records(kind.by_tier),
        "by_community": _records(kind.by_community),
    }


def business_areas_entries(plan: Plan) -> Entries | None:
    """Return the business areas; None where the study gives no places."""
    areas, settings = plan.business_areas, plan.study.business_areas
    if areas is None or plan.inputs.places is None:
        return None
    inside = areas.places["circle"] != ""
    names = plan.inputs.facilities.set_index("id")["name"]
    middles = gpd.GeoSeries(
        areas.places.set_index("id").geometry.reindex(areas.table["middle"]).array, crs=areas.places.crs
    ).to_crs(4326)
    lonlat = np.round(shapely.get_coordinates(middles.array), LONLAT_DIGITS).tolist()
    used = plan.inputs.places.points["kind_id"].value_counts()
    return {
        "method": settings.method,
        "within_m": settings.within_m,
        "least_places": settings.least_places,
        "source": settings.source,
        "standard_min": areas.standard_min,
        "places": len(plan.inputs.places.points),
        "places_of_business": len(areas.places),
        "places_in_areas": int(inside.sum()),
        "workers": areas.places["workers"].sum(),
        "workers_in_areas": areas.places["workers"][inside].sum(),
        "areas_found": len(areas.table),
        "areas_with_station": int(areas.table["station_within"].sum()),
        "place_kinds": [
            {
                "id": kind.id,
                "makes_area": kind.circle,
                "jobs": kind.jobs,
                "source": kind.source,
                "source_zh": kind.source_zh,
                "evidence": kind.evidence,
                "places": int(used.get(kind.id, 0)),
            }
            for kind in plan.inputs.places.kinds.kind
            if kind.id in used.index
        ],
        "areas": [
            {
                **row,
                "station_name": names.get(row["station"], ""),
                "centre_name": names.get(row["centre"], ""),
                "lon": lon,
                "lat": lat,
            }
            for row, (lon, lat) in zip(
                _records(pd.DataFrame(areas.table.drop(columns="geometry"))), lonlat, strict=True
            )
        ],
    }


def belts_entries(plan: Plan) -> Entries:
    """Return the entry `belts` of the document; {} without belts."""
    found = plan.belts
    if found is None:
        return {}
    members = _records(found.members)
    sources = {belt.id: belt.source for belt in plan.study.belts}
    belts = [
        {
            **row,
            "source": sources[row["id"]],
            "facilities": [
                member for member in members if (member["belt"], member["kind"]) == (row["id"], "facility")
            ],
        }
        for row in _records(pd.DataFrame(found.table.drop(columns="geometry")))
    ]
    return {"belts": {"belts": belts, "members": members}}


def organisations_entries(plan: Plan) -> Entries:
    """Return the entry `organisations` of the document; {} without organisations."""
    found, settings = plan.organisations, plan.study.assignment
    if found is None:
        return {}
    names = {"": "", **dict(zip(plan.inputs.facilities["id"], plan.inputs.facilities["name"], strict=True))}
    lonlat = np.round(shapely.get_coordinates(found.table.geometry.to_crs(4326)), LONLAT_DIGITS).tolist()
    rows = _records(pd.DataFrame(found.table.drop(columns="geometry")))
    return {
        "organisations": {
            "limit_min": found.limit_min,
            "most": found.most,
            "tiers": list(settings.tiers),
            "source": settings.source,
            "organisations": len(found.table),
            "served": found.assignment.served,
            "served_bound": found.assignment.served_bound,
            "walk_total_min": found.assignment.walk_min,
            "walk_bound_min": found.assignment.walk_bound_min,
            "status": found.assignment.status,
            "kinds": _records(found.kinds),
            "stations": [{**row, "name": names[row["station"]]} for row in _records(found.stations)],
            "assigned": [
                {
                    **row,
                    "station_name": names[row["station"]],
                    "nearest_name": names[row["nearest"]],
                    "lon": lon,
                    "lat": lat,
                }
                for row, (lon, lat) in zip(rows, lonlat, strict=True)
            ],
        }
    }


def weighing_entries(plan: Plan) -> Entries:
    """Return whose gain counts how much in siting."""
    weights = plan.weights
    others = [weight for kind, weight in weights.items() if kind != RESIDENTS]
    return {
        "weighted": weights[RESIDENTS] != 1 or any(others),
        "weights": [{"group": kind, "weight": weight} for kind, weight in weights.items()],
    }


def _records(table: pd.DataFrame) -> list[Entries]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict(orient="records")]
