"""Entries of the document on the diagnosis: rules, results, severance, improvements and sensitivity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from planner.evaluation.diagnosis import Diagnosis
from planner.evaluation.expressions import COMPARISONS, Comparison, Number
from planner.evaluation.improvements.actions import Action, ImprovementPlan, Point
from planner.evaluation.rules import Rule, RuleSet
from planner.evaluation.sensitivity import AlternativeDiagnosis, changed_ratings
from planner.results import Plan

Entry = dict[str, Any]


def diagnosis_entries(plan: Plan) -> Entry:
    """Return the rules, what they find over all premises, and how firm that is."""
    diagnosis, profile = plan.diagnosis, plan.diagnosis.rule_set
    return {
        "profile": plan.study.rules.profile,
        "en": profile.en,
        "zh": profile.zh,
        "source": profile.source,
        "source_zh": profile.source_zh,
        "excellent_share": profile.excellent_share,
        "rules": rule_entries(profile),
        "not_in_force": list(diagnosis.not_in_force),
        "functions": [function.model_dump(mode="json") for function in profile.functions],
        "blocked": profile.blocked.model_dump(mode="json") if profile.blocked else None,
        "catchment": profile.catchment.model_dump(mode="json") if profile.catchment else None,
        "quotas": _quotas(diagnosis),
        "rates": diagnosis.rates,
        "weak_communities": list(diagnosis.weak_communities),
        "communities_without_centre": list(diagnosis.communities_without_centre),
        "communities": _records(diagnosis.communities),
        "threshold_share": plan.study.rules.threshold_share,
        "flips": _records(plan.flips),
        "alternatives": [_alternative(alternative, plan) for alternative in plan.alternatives],
        "blocked_pairs": pair_entries(plan.improvements.severance_pairs),
    }


def pair_entries(pairs: gpd.GeoDataFrame) -> list[Entry]:
    """Return the street positions close in the air and far on foot, each pair with where it is."""
    ends = shapely.get_coordinates(pairs.geometry.to_crs("EPSG:4326").array).reshape(-1, 4).tolist()
    return [
        {**row, **dict(zip(("lon", "lat", "other_lon", "other_lat"), four, strict=True))}
        for row, four in zip(_records(pd.DataFrame(pairs.drop(columns="geometry"))), ends, strict=True)
    ]


def _quotas(diagnosis: Diagnosis) -> list[Entry]:
    words = [quota.model_dump(mode="json", exclude={"id", "rule", "share"}) for quota in diagnosis.rule_set.quotas]
    return [{**found, **said} for found, said in zip(_records(diagnosis.quotas), words, strict=True)]


def centre_entries(
    diagnosis: Diagnosis,
    remedies: Sequence[ImprovementPlan],
    blocked_near: Mapping[str, Sequence[tuple[str, str]]],
    crs: object,
) -> dict[str, Entry]:
    """Return by centre what its rules find, what is not known, what blocks the way, and what would help it."""
    findings = by_facility(diagnosis.rule_results)
    unknown = by_facility(diagnosis.unknown)
    directions = by_facility(diagnosis.directions)
    helping = {remedy.facility: _remedy(remedy, crs) for remedy in remedies}
    return {
        row["id"]: {
            "place": row["place"],
            "score": row["score"],
            "findings": findings.get(row["id"], []),
            "unknown": unknown.get(row["id"], []),
            "directions": directions.get(row["id"], []),
            "blocked_pairs": [
                {"pair": pair, "direction": direction} for pair, direction in blocked_near[row["id"]]
            ],
            "remedy": helping.get(row["id"]),
        }
        for row in diagnosis.centres.to_dict(orient="records")
    }


def rule_entries(profile: RuleSet) -> list[Entry]:
    """Return every rule, with the threshold of one that is a single comparison with a number."""
    return [_rule(rule) for rule in profile.rules]


def fairness_entries(plan: Plan) -> Entry:
    """Return how the walk to the nearest centre is shared out."""
    fairness = plan.fairness
    return {
        "standard_min": plan.study.limits.standard_min,
        "groups": _records(fairness.groups),
        "lorenz": _records(fairness.lorenz),
        "by_subdistrict": _records(fairness.by_subdistrict),
        "between_share": fairness.between_share,
    }


def check_entries(plan: Plan) -> Entry:
    """Return the results of the planner's independent checks."""
    verification = plan.verification
    return {
        "overlay": _records(plan.overlay),
        "verification": asdict(verification) if verification is not None else None,
    }


def _rule(rule: Rule) -> Entry:
    comparison, required = None, None
    match rule.condition:
        case Comparison(sign=sign, right=Number(value=value)):
            comparison, required = COMPARISONS[sign].printed, value
    return {**rule.model_dump(mode="json"), "comparison": comparison, "required": required}


def _alternative(alternative: AlternativeDiagnosis, plan: Plan) -> Entry:
    return {
        "kind": alternative.kind,
        "name": alternative.name,
        "en": alternative.en,
        "zh": alternative.zh,
        "rates": alternative.diagnosis.rates,
        "weak_communities": list(alternative.diagnosis.weak_communities),
        "changed": _records(changed_ratings(plan.diagnosis, alternative.diagnosis)),
    }


def _remedy(remedy: ImprovementPlan, crs: object) -> Entry:
    return {
        "changes": [_change(action, crs) for action in remedy.actions],
        "cost": remedy.cost,
        "verdict": remedy.rating,
        "left": list(remedy.remaining),
        "mended": list(remedy.resolved),
        "tried": remedy.tried,
    }


def _change(change: Action, crs: object) -> Entry:
    places = [None if one is None else _lonlat(one, crs) for one in (change.place, change.other)]
    return {
        "kind": change.kind,
        "amount": change.amount,
        "functions": list(change.functions),
        "about": change.about,
        "name": change.name,
        "cost": change.cost,
        "place": places[0],
        "other": places[1],
    }


def _lonlat(place: Point, crs: object) -> list[float]:
    """Return where a place is: longitude, latitude."""
    point = gpd.GeoSeries([shapely.Point(place)], crs=crs).to_crs("EPSG:4326")
    lonlat: list[float] = shapely.get_coordinates(point.array)[0].tolist()
    return lonlat


def by_facility(table: pd.DataFrame) -> Mapping[str, list[Entry]]:
    """Return the rows of each centre, without its id; one pass, since a frame a centre takes far longer."""
    by_facility: dict[str, list[Entry]] = {}
    for row in _records(table):
        by_facility.setdefault(str(row.pop("facility")), []).append(row)
    return by_facility


def _records(table: pd.DataFrame) -> list[Entry]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict(orient="records")]
