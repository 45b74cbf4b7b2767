"""Three levels (区、街道、社区): figures of the document summed for district, subdistricts and communities."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import geopandas as gpd
import shapely

from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.document.records.services import LedgerRow
from planner.results import Plan

LEVELS = ("district", "subdistrict", "community")


def levels_entries(content: PlanDocument) -> dict[str, Any]:
    """Return the entry `levels` of a document: every figure a sum of figures of the same document."""
    return {"levels": {"units": list(_units(content)), "ledger": list(_ledger(content))}}


def unit_members(content: PlanDocument) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Yield level, id, name and communities of each unit: the district, its subdistricts, its communities."""
    standard = content["coverage"]["standard_min"]
    rows = [row for row in content["coverage"]["by_community"] if row["limit_min"] == standard]
    yield "district", "", content["study"]["name"], tuple(row["community"] for row in rows)
    for name in dict.fromkeys(row["subdistrict"] for row in rows if row["subdistrict"]):
        yield "subdistrict", name, name, tuple(row["community"] for row in rows if row["subdistrict"] == name)
    for row in rows:
        yield "community", row["community"], row["name"], (row["community"],)


def level_shapes(plan: Plan, content: PlanDocument) -> gpd.GeoDataFrame:
    """Return the units with their figures and outlines, as a layer."""
    outlines = plan.inputs.communities.set_index("id").geometry
    shapes = [shapely.union_all(outlines.loc[list(own)].array) for *_, own in unit_members(content)]
    return gpd.GeoDataFrame(content["levels"]["units"], geometry=shapes, crs=plan.inputs.crs)


def _units(content: PlanDocument) -> Iterator[dict[str, Any]]:
    standard = content["coverage"]["standard_min"]
    shown = {
        row["community"]: row["shown"]
        for row in content["coverage"]["by_community"]
        if row["limit_min"] == standard
    }
    weak = content["diagnosis"]["weak_communities"]
    without = content["diagnosis"]["communities_without_centre"]
    for level, ident, name, own in unit_members(content):
        yield {
            "level": level,
            "id": ident,
            "name": name,
            "communities": len(own),
            "people": sum(shown[one]["people"] for one in own),
            "people_covered": sum(shown[one]["people_covered"] for one in own),
            "weak": sum(one in own for one in weak),
            "without_centre": sum(one in own for one in without),
            **_services(content, own),
            **_organisations(content, None if level == "district" else own),
            **_projects(content, level, ident),
        }


def _services(content: PlanDocument, own: Collection[str]) -> dict[str, Any]:
    if "services" not in content:
        return {"people_sufficient": None, "missing_mean": None}
    rows = [row for row in content["services"]["completeness_by_community"] if row["community"] in own]
    people = sum(row["people"] for row in rows)
    missing = sum(row["missing_mean"] * row["people"] for row in rows if row["missing_mean"] is not None)
    return {
        "people_sufficient": sum(row["people_sufficient"] for row in rows),
        "missing_mean": missing / people if people else None,
    }


def _organisations(content: PlanDocument, own: Collection[str] | None) -> dict[str, Any]:
    if "organisations" not in content:
        return {"organisations": None, "organisations_served": None}
    rows = [row for row in content["organisations"]["assigned"] if own is None or row["community"] in own]
    return {"organisations": len(rows), "organisations_served": sum(not row["reason"] for row in rows)}


def _projects(content: PlanDocument, level: str, ident: str) -> dict[str, Any]:
    programme = content["programme"]
    if programme is None:
        return {"projects": None, "cost": None}
    own = [project for project in programme["projects"] if level == "district" or project[level] == ident]  # type: ignore[literal-required]
    return {"projects": len(own), "cost": sum(one["cost"] for one in own)}


def _ledger(content: PlanDocument) -> Iterator[dict[str, Any]]:
    """Yield what people of each unit lack, most pressing first in each unit; nothing without services."""
    if "services" not in content:
        return
    services = content["services"]
    people = {(row["community"], row["service"]): row["people"] for row in services["by_community"]}
    for level, ident, name, own in unit_members(content):
        found: list[dict[str, Any]] = []
        for service in (one["id"] for one in services["services"] if one["known"]):
            rows = [row for row in services["ledger"] if row["service"] == service and row["community"] in own]
            missing = sum(row["people_missing"] or 0.0 for row in rows)
            if not missing:
                continue
            by_reason: dict[str, float] = {}
            for row in rows:
                by_reason[row["reason"]] = by_reason.get(row["reason"], 0.0) + (row["people_missing"] or 0.0)
            whole = sum(people[one, service] for one in own)
            found.append(
                {
                    "level": level,
                    "id": ident,
                    "name": name,
                    "service": service,
                    "people_missing": missing,
                    "missing_share": missing / whole if whole else None,
                    "communities": len(rows),
                    "reason": max(by_reason, key=lambda one: by_reason[one]),
                    "mend_cost": _cost_of(rows),
                }
            )
        yield from sorted(found, key=lambda row: -round(row["people_missing"], 6))


def _cost_of(rows: Iterable[LedgerRow]) -> float | None:
    """Return what the mends of communities cost, one at the same place once; None where one is not known."""
    projects: dict[tuple[str, str], float] = {}
    for row in rows:
        if row["mend_cost"] is None:
            return None
        # What is enough for the community that needs most is enough for all; a new facility has no place yet.
        key = row["mend"], row["mend_at"] or row["community"]
        projects[key] = max(projects.get(key, 0.0), row["mend_cost"])
    return sum(projects.values())
