"""Document of a plan: the content of plan.json, from which map and report take every number."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from planner.accessibility.coverage import is_branch
from planner.config.study import Study, portable_path
from planner.evaluation.indicators import find_indicator
from planner.evaluation.intervals import IndicatorRef
from planner.io.study_layers import LayerSource, attribution_of
from planner.messages.catalogue import Phrase, translate
from planner.messages.printable import replace_illegal
from planner.reporting.document.diagnosis import (
    by_facility,
    centre_entries,
    check_entries,
    diagnosis_entries,
    fairness_entries,
)
from planner.reporting.document.levels import levels_entries
from planner.reporting.document.people import (
    belts_entries,
    business_areas_entries,
    demand_entries,
    group_entries,
    organisations_entries,
)
from planner.reporting.document.programme import programme_entries
from planner.reporting.document.records.plan import Entry, PlanDocument
from planner.reporting.document.services import services_entries
from planner.reporting.document.siting import lonlat_degrees, siting_entries
from planner.reporting.rounding import add_shown_counts
from planner.results import Plan

FORMAT = "planner.plan/1"
DIGITS = 6
EXACT = frozenset({"study", "limit_min", "standard_min", "minutes"})
"""Settings, and limits taken from them, stand as the study gives them: by limits tables are joined."""
LIBRARIES = (
    "geopandas",
    "highspy",
    "numba",
    "numpy",
    "osmium",
    "pandas",
    "pyproj",
    "rasterio",
    "scikit-learn",
    "scipy",
    "shapely",
)


def build_document(plan: Plan) -> PlanDocument:
    """Return everything in a plan but its geometry, as plain values.

    Numbers are rounded to six decimals (coordinates in degrees to seven); what is unknown or unreachable is None.
    docs/data.md describes every entry.
    """
    quality = plan.prepared.network_quality
    content: PlanDocument = to_plain_values(
        {
            "format": FORMAT,
            "study": portable_settings(plan.study),
            "scenario": _scenario(plan),
            "walking": _walking(plan),
            "data": _data(plan),
            "demand": demand_entries(plan),
            "network": {name: getattr(quality, name) for name in quality.__slots__},
            "coverage": _coverage(plan),
            "groups": group_entries(plan),
            **services_entries(plan),
            "business_areas": business_areas_entries(plan),
            **belts_entries(plan),
            **organisations_entries(plan),
            "centres": _centres(plan),
            "diagnosis": diagnosis_entries(plan),
            "fairness": fairness_entries(plan),
            "checks": check_entries(plan),
            "siting": siting_entries(plan),
            "programme": programme_entries(plan, lonlat_degrees),
            "scenarios": _scenarios(plan),
            "notices": [notice.entry() for notice in plan.notices],
            "provenance": _provenance(plan),
        }
    )
    if plan.study.report.levels:
        content["levels"] = to_plain_values(levels_entries(content))["levels"]
    return content


def format_json(content: Entry) -> str:
    """Write a document the same way every time: keys in their order, one value a line, UTF-8."""
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _walking(plan: Plan) -> dict[str, Any]:
    profile, walk, limits = plan.prepared.walking_profile, plan.walk, plan.study.limits
    own_speed = Phrase("words.own_speed", {"speed": f"{walk.speed_kmh:g}"})
    return {
        "profile": profile.name if profile else None,
        "speed_kmh": walk.speed_kmh,
        "access_m": walk.access_m,
        **({"en": profile.en, "zh": profile.zh} if profile else translate(own_speed)),
        "source": profile.source if profile else plan.study.file.name,
        "evidence": profile.evidence if profile else "own",
        "direction": plan.study.walking.direction,
        "costs": [
            {
                "name": note.name,
                **translate(note.words),
                "source": note.source,
                "evidence": note.evidence,
            }
            for note in plan.prepared.cost_notes
        ],
        "limits": [{"minutes": minutes, "metres": walk.metres(minutes)} for minutes in limits.minutes],
        "standard_min": limits.standard_min,
    }


def _data(plan: Plan) -> dict[str, Any]:
    inputs = plan.inputs
    branches = is_branch(inputs.facilities)
    return {
        "crs": inputs.crs.to_string(),
        "margin_m": inputs.margin_m,
        "demand_method": inputs.demand_method,
        "people": inputs.demand["people"].sum(),
        "households": inputs.demand["households"].sum(min_count=1),
        "demand_points": len(inputs.demand),
        "demand_no_street_share": float((~plan.demand_snaps.reaches_street).mean()),
        "communities": len(inputs.communities),
        "facilities": {
            tier: int(count)
            for tier, count in inputs.facilities["tier"][~branches].value_counts(sort=False).items()
        },
        "branches": int(branches.sum()),
        "modelled": [source.layer for source in inputs.sources if source.modelled],
        "attribution": attribution_of(inputs.sources),
        "sources": [_source(source) for source in inputs.sources],
        "left_out": [
            {"reason": one.reason, "words": list(one.words), "count": one.count, "length_m": one.length_m}
            for one in inputs.left_out
        ],
    }


def _source(source: LayerSource) -> dict[str, Any]:
    return {
        **{name: getattr(source, name) for name in source.__slots__},
        "columns": [
            {"field": column.field, "column": column.column, "factor": column.factor} for column in source.columns
        ],
        "unread": [{"column": one.column, "near": one.near} for one in source.unread],
        "dropped": [
            {
                "key": aside.key,
                "count": aside.count,
                "rows": list(aside.rows),
                **translate(aside),
            }
            for aside in source.dropped
        ],
    }


def _coverage(plan: Plan) -> dict[str, Any]:
    coverage = plan.coverage
    kinds = plan.inputs.communities.set_index("id")["kind"]
    table = coverage.by_community.assign(kind=coverage.by_community["community"].map(kinds))
    total, by_community = add_shown_counts(_records(coverage.total), _records(table))
    return {
        "standard_min": coverage.standard_min,
        "people_uncovered": coverage.uncovered["people"].sum(),
        "points_uncovered": len(coverage.uncovered),
        "total": total,
        "by_tier": _records(coverage.by_tier),
        "by_community": by_community,
    }


def _centres(plan: Plan) -> list[dict[str, Any]]:
    diagnosis, facilities = plan.diagnosis, plan.inputs.facilities
    lonlat = lonlat_degrees(facilities)
    areas = by_facility(plan.service_areas[["facility", "limit_min", "area_m2", "disc_share"]])
    judged = centre_entries(diagnosis, plan.improvements.plans, plan.improvements.pairs_near, plan.inputs.crs)
    names = plan.inputs.communities.set_index("id")["name"]
    measures = sorted(name for name in diagnosis.centres.columns if find_indicator(IndicatorRef.parse(str(name))))
    return [
        {
            "id": row["id"],
            "name": row["name"],
            "tier": row["tier"],
            "branch_of": branch_of,
            "community": row["community"],
            "community_name": names.get(row["community"], ""),
            "lon": lon,
            "lat": lat,
            "street_m": street_m,
            "verdict": row["verdict"],
            "measures": {name: row[name] for name in measures},
            **judged[row["id"]],
            "service_areas": areas[row["id"]],
        }
        for row, branch_of, (lon, lat), street_m in zip(
            diagnosis.centres.to_dict(orient="records"),
            facilities["branch_of"],
            lonlat,
            plan.facility_snaps.nearest_m,
            strict=True,
        )
    ]


def _scenario(plan: Plan) -> dict[str, Any] | None:
    """Return the scenario that was carried out; None where the centres are today's."""
    scenario = plan.scenario
    if scenario is None:
        return None
    return {
        "file": scenario.file,
        "sha256": scenario.sha256,
        "closed": list(scenario.closed),
        "sites": [site.model_dump() for site in scenario.sites],
        "changes": [change.model_dump() for change in scenario.changes],
    }


def _scenarios(plan: Plan) -> list[dict[str, Any]]:
    """Return what may be compared: the centres as they are, years of the programme, proposals, the best last."""
    candidates = plan.siting.candidates["id"]
    found: list[tuple[str, Phrase, Sequence[str], Sequence[str], Sequence[str]]] = [
        ("today", Phrase("words.scenario_assumed" if plan.scenario else "words.scenario_today"), (), (), ()),
        *(
            (
                proposal.method,
                Phrase(f"models.name_{proposal.method}"),
                proposal.closed,
                [candidates.iloc[site] for site in proposal.sites],
                (),
            )
            for proposal in plan.siting.proposals
        ),
    ]
    # The years stand between today and the proposals: they are the way there.
    programme = plan.programme
    if programme is not None:
        years = [
            (
                f"year_{label}",
                Phrase(_year_key(plan), {"year": label}),
                year.closed,
                year.sites,
                [project.id for project in programme.projects if project.year <= year.year],
            )
            for label, year in zip(programme.labels, programme.years, strict=True)
        ]
        found[1:1] = years
    return [
        {
            "key": key,
            **translate(name),
            "closed": list(closed),
            "sites": list(sites),
            "projects": list(projects),
        }
        for key, name, closed, sites, projects in found
    ]


def _year_key(plan: Plan) -> str:
    return "words.scenario_year_nth" if plan.study.programme.first_year is None else "words.scenario_year"


def _provenance(plan: Plan) -> dict[str, Any]:
    libraries = {name: version(name) for name in LIBRARIES}
    return {
        "planner": version("service-coverage-planner"),
        "geos": shapely.geos_version_string,
        "libraries": libraries,
        "command": f"planner run {plan.study.file.name} --out DIR" + _with_scenario(plan),
    }


def _with_scenario(plan: Plan) -> str:
    return f" --scenario {plan.scenario.file}" if plan.scenario and plan.scenario.file else ""


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict(orient="records")]


def to_plain_values(value: Any, *, exact: bool = False) -> Any:  # noqa: ANN401 - a document holds any plain value
    """Return a value as JSON has it: rounded unless it is a setting, with None for what is not a finite number."""
    if isinstance(value, dict):
        return {str(key): to_plain_values(inner, exact=exact or key in EXACT) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain_values(inner, exact=exact) for inner in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return value if exact else round(value, DIGITS) + 0.0
    if isinstance(value, str):
        return replace_illegal(value)
    return None if value is pd.NA else value


HOST = re.compile(r"(https?://[^/]+/).*", re.DOTALL)
HIDDEN = "…"
"""Stands where a key was, or the part of an address that may hold one."""


def portable_settings(study: Study) -> dict[str, Any]:
    """Return all settings of a study as plain values for plan.json.

    Absolute paths shrink to the file's name: where a folder lies on somebody's machine is nobody's business. Of an
    address of tiles the host stays: the rest may hold a key.
    """
    settings: dict[str, Any] = _portable(study.model_dump(mode="python"))
    # Studies without them say nothing of them.
    for name in ("services", "bundles", "step_free", "service_times", "belts"):
        if not settings[name]:
            del settings[name]
    if not settings["report"]["levels"]:
        del settings["report"]["levels"]
    if settings["inputs"]["organisations"] is None:
        del settings["inputs"]["organisations"], settings["assignment"]
    if "step_free" not in settings:
        del settings["step_free_incline"]
    rules = settings["rules"]
    rules["profile"] = portable_path(rules["profile"])
    rules["compare"] = [portable_path(one) for one in rules["compare"]]
    for service in settings.get("services", ()):
        service["profile"] = portable_path(service["profile"])
    tiles = settings["map"]
    tiles["key"] = HIDDEN if tiles["key"] else ""
    tiles["tiles"] = HOST.sub(rf"\1{HIDDEN}", tiles["tiles"])
    return settings


def _portable(value: Any) -> Any:  # noqa: ANN401 - settings hold any plain value
    if isinstance(value, dict):
        return {key: _portable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_portable(inner) for inner in value]
    return portable_path(value) if isinstance(value, Path) else value
