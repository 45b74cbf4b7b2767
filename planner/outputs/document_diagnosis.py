"""What the document says of the diagnosis: rules, what they find, why, what would help, and how firm it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from planner.assessment.diagnosis import Diagnosis
from planner.assessment.expressions import SHOWN, Comparison, Number
from planner.assessment.remedies import Remedy
from planner.assessment.rules import Profile, Rule
from planner.assessment.sensitivity import Alternative, changed_verdicts
from planner.plan import Plan

Entry = dict[str, Any]


def diagnosis_entries(plan: Plan) -> Entry:
    """Return the rules, what they find over all premises, and how firm that is."""
    diagnosis, profile = plan.diagnosis, plan.diagnosis.profile
    return {
        "profile": plan.study.rules.profile,
        "en": profile.en,
        "zh": profile.zh,
        "source": profile.source,
        "source_zh": profile.source_zh,
        "excellent_share": profile.excellent_share,
        "rules": rule_entries(profile),
        "not_in_force": list(diagnosis.not_in_force),
        "functions": [one.model_dump(mode="json") for one in profile.functions],
        "blocked": profile.blocked.model_dump(mode="json") if profile.blocked else None,
        "catchment": profile.catchment.model_dump(mode="json") if profile.catchment else None,
        "rates": diagnosis.rates,
        "weak_communities": list(diagnosis.weak_communities),
        "communities_without_centre": list(diagnosis.communities_without_centre),
        "communities": _records(diagnosis.communities),
        "threshold_share": plan.study.rules.threshold_share,
        "flips": _records(plan.flips),
        "alternatives": [_alternative(one, plan) for one in plan.alternatives],
    }


def centre_entries(diagnosis: Diagnosis, remedies: Sequence[Remedy]) -> dict[str, Entry]:
    """Return by centre what its rules find, what is not known, its directions, and what would help it."""
    findings = by_facility(diagnosis.findings)
    unknown = by_facility(diagnosis.unknown)
    directions = by_facility(diagnosis.directions)
    helping = {remedy.facility: _remedy(remedy) for remedy in remedies}
    return {
        row["id"]: {
            "place": row["place"],
            "score": row["score"],
            "findings": findings.get(row["id"], []),
            "unknown": unknown.get(row["id"], []),
            "directions": directions.get(row["id"], []),
            "remedy": helping.get(row["id"]),
        }
        for row in diagnosis.centres.to_dict(orient="records")
    }


def rule_entries(profile: Profile) -> list[Entry]:
    """Return every rule, with the threshold of one that is a single comparison with a number."""
    return [_rule(rule) for rule in profile.rules]


def fairness_entries(plan: Plan) -> Entry:
    """Return how the walk to the nearest centre is shared out."""
    fairness = plan.fairness
    return {
        "standard_min": plan.study.limits.standard_min,
        "groups": _records(fairness.groups),
        "lorenz": _records(fairness.lorenz),
        "by_street": _records(fairness.by_street),
        "between_share": fairness.between_share,
    }


def check_entries(plan: Plan) -> Entry:
    """Return what the planner's second opinions say."""
    verification = plan.verification
    return {
        "overlay": _records(plan.overlay),
        "verification": asdict(verification) if verification is not None else None,
    }


def _rule(rule: Rule) -> Entry:
    test = rule.test
    plain = isinstance(test, Comparison) and isinstance(test.right, Number)
    return {
        **rule.model_dump(mode="json"),
        "comparison": SHOWN[test.sign] if isinstance(test, Comparison) and plain else None,
        "required": test.right.value if isinstance(test, Comparison) and isinstance(test.right, Number) else None,
    }


def _alternative(alternative: Alternative, plan: Plan) -> Entry:
    return {
        "kind": alternative.kind,
        "name": alternative.name,
        "en": alternative.en,
        "zh": alternative.zh,
        "rates": alternative.diagnosis.rates,
        "weak_communities": list(alternative.diagnosis.weak_communities),
        "changed": _records(changed_verdicts(plan.diagnosis, alternative.diagnosis)),
    }


def _remedy(remedy: Remedy) -> Entry:
    return {
        "changes": [
            {"kind": one.kind, "amount": one.amount, "functions": list(one.functions), "cost": one.cost}
            for one in remedy.changes
        ],
        "cost": remedy.cost,
        "verdict": remedy.verdict,
        "left": list(remedy.left),
        "tried": remedy.tried,
    }


def by_facility(table: pd.DataFrame) -> Mapping[str, list[Entry]]:
    """Return the rows of each centre, without its id; one pass, since a frame a centre takes far longer."""
    found: dict[str, list[Entry]] = {}
    for row in _records(table):
        found.setdefault(str(row.pop("facility")), []).append(row)
    return found


def _records(table: pd.DataFrame) -> list[Entry]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict(orient="records")]
