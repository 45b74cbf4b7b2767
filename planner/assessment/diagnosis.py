"""Diagnosis: measures of each centre, what the rules find, and the verdict with its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from planner.assessment.measures import PREMISES, measure_centres
from planner.assessment.rules import Profile, apply_rule
from planner.tables import Communities, Facilities
from planner.walking.times import TravelTimes

EXCELLENT, COMPLIANT, WEAK, UNDETERMINED = "excellent", "compliant", "weak", "undetermined"
VERDICTS = (EXCELLENT, COMPLIANT, WEAK, UNDETERMINED)


@dataclass(frozen=True, slots=True, eq=False)
class Diagnosis:
    """What the rules say.

    Attributes
    ----------
    profile
        The rules.
    centres
        One row a facility, in its order: id, name, tier, community, verdict ("" where no rule applies), and the
        measures; NaN is not known.
    findings
        One row a facility and rule that applies: facility, rule, passed (True, False, None), value, comparison,
        required.
    rates
        Over the premises that rules apply to: assessed, excellent, compliant, weak, undetermined (counts);
        compliant_share (达标率: excellent or compliant), excellent_share (优秀率), both over those determined.
    weak_communities, communities_without_centre
        Ids, in the order of the communities table.
    """

    profile: Profile
    centres: pd.DataFrame
    findings: pd.DataFrame
    rates: dict[str, float]
    weak_communities: tuple[str, ...]
    communities_without_centre: tuple[str, ...]


def diagnose(
    facilities: Facilities,
    communities: Communities,
    demand: gpd.GeoDataFrame,
    times: TravelTimes,
    households: pd.Series,
    *,
    profile: Profile,
    limits_min: Sequence[float],
) -> Diagnosis:
    """Judge every centre by the rules of a profile.

    A centre that fails a rule of grade compliant is weak; one that passes all of them is compliant, and excellent
    if it passes those of grade excellent too. What the data cannot tell is neither a pass nor a fail: a centre
    that fails nothing but has an unknown is undetermined.

    Parameters
    ----------
    facilities, communities, demand
        The tables; demand with its community.
    times
        Walking minutes by position.
    households
        Households by community id.
    profile
        The rules.
    limits_min
        Limits in minutes, for the measures of own coverage.

    Returns
    -------
    diagnosis
        Verdicts and reasons.
    """
    measures = measure_centres(facilities, demand, times, households, limits_min=limits_min)
    findings = [
        {"facility": facility, **_as_row(apply_rule(rule, values))}
        for facility, tier, values in zip(facilities["id"], facilities["tier"], _rows(measures), strict=True)
        for rule in profile.rules
        if tier in rule.tiers
    ]
    found = pd.DataFrame(
        findings, columns=["facility", "rule", "grade", "passed", "value", "comparison", "required"]
    )
    grades = {rule.id: rule.grade for rule in profile.rules}
    found["grade"] = found["rule"].map(grades)
    verdict = {facility: _verdict(rows) for facility, rows in found.groupby("facility", sort=False)}
    centres = facilities[["id", "name", "tier", "community"]].assign(
        verdict=[verdict.get(facility, "") for facility in facilities["id"]],
        **{str(name): measures[name] for name in measures},
    )
    judged = centres[(centres["verdict"] != "") & centres["tier"].isin(PREMISES)]
    weak = set(judged["community"][judged["verdict"] == WEAK])
    return Diagnosis(
        profile=profile,
        centres=pd.DataFrame(centres),
        findings=found,
        rates=_rates(judged["verdict"]),
        weak_communities=tuple(c for c in communities["id"] if c in weak),
        communities_without_centre=communities_without_centre(facilities, communities),
    )


def communities_without_centre(facilities: Facilities, communities: Communities) -> tuple[str, ...]:
    """Return the ids of the communities that no premises declare as theirs, in the order of the communities."""
    housed = set(facilities["community"][facilities["tier"].isin(PREMISES)])
    return tuple(community for community in communities["id"] if community not in housed)


def _rows(table: pd.DataFrame) -> list[dict[str, float]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict(orient="records")]


def _as_row(finding: object) -> dict[str, object]:
    return {name: getattr(finding, name) for name in ("rule", "passed", "value", "comparison", "required")}


def _verdict(findings: pd.DataFrame) -> str:
    graded = list(zip(findings["passed"], findings["grade"], strict=True))
    required = [passed for passed, grade in graded if grade == COMPLIANT]
    further = [passed for passed, grade in graded if grade == EXCELLENT]
    if any(passed is False for passed in required):
        return WEAK
    if any(passed is None for passed in required):
        return UNDETERMINED
    return EXCELLENT if further and all(passed is True for passed in further) else COMPLIANT


def _rates(verdicts: pd.Series) -> dict[str, float]:
    counts = {verdict: int((verdicts == verdict).sum()) for verdict in VERDICTS}
    determined = len(verdicts) - counts[UNDETERMINED]
    return {
        "assessed": len(verdicts),
        **counts,
        "compliant_share": (counts[EXCELLENT] + counts[COMPLIANT]) / determined if determined else float("nan"),
        "excellent_share": counts[EXCELLENT] / determined if determined else float("nan"),
    }
