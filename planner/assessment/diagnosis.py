"""Diagnosis: measures of each centre, what the rules find, and the verdict with its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.assessment.coverage import own_centre_minutes
from planner.assessment.rules import Profile, apply_rule
from planner.tables import Communities, Facilities
from planner.walking.times import TravelTimes
from planner.walking.walk import is_within

EXCELLENT, COMPLIANT, WEAK, UNDETERMINED = "excellent", "compliant", "weak", "undetermined"
VERDICTS = (EXCELLENT, COMPLIANT, WEAK, UNDETERMINED)
PREMISES = ("community", "village")
"""The tiers whose centres are the premises of one community, as against the whole town's or a station."""


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


def measure_names(limits_min: Sequence[float]) -> frozenset[str]:
    """Return the names that a rule may use.

    Examples
    --------
    >>> sorted(measure_names([5.0]))[:3]
    ['floor_area_m2', 'households', 'own_covered_share_5min']
    """
    own = {own_share_name(limit) for limit in limits_min}
    return frozenset({"floor_area_m2", "households", "people", "people_nearest", "people_per_m2", *own})


def own_share_name(limit_min: float) -> str:
    """Name the measure of own coverage within a limit."""
    return f"own_covered_share_{limit_min:g}min"


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
    housed = set(facilities["community"][facilities["tier"].isin(PREMISES)])
    return Diagnosis(
        profile=profile,
        centres=pd.DataFrame(centres),
        findings=found,
        rates=_rates(judged["verdict"]),
        weak_communities=tuple(c for c in communities["id"] if c in weak),
        communities_without_centre=tuple(c for c in communities["id"] if c not in housed),
    )


def measure_centres(
    facilities: Facilities,
    demand: gpd.GeoDataFrame,
    times: TravelTimes,
    households: pd.Series,
    *,
    limits_min: Sequence[float],
) -> pd.DataFrame:
    """Measure what the rules speak of, one row a facility in its order; NaN is not known.

    people and households are those of the community, for its own premises only; people_nearest counts the
    people, of any community, whose nearest centre of its kind (premises, or the same tier) it is within the
    longest limit; people_per_m2 is that over the floor area.
    """
    people = demand["people"].to_numpy()
    serves = facilities["community"].to_numpy(dtype=object)
    home = demand["community"].to_numpy(dtype=object)
    is_premises = facilities["tier"].isin(PREMISES).to_numpy()
    residents = demand.groupby("community")["people"].sum().reindex(serves).where(is_premises).to_numpy()
    homes = households.reindex(serves).where(is_premises).to_numpy(dtype=np.float64)
    nearest = _people_nearest(facilities, people, times)
    measures = pd.DataFrame(
        {
            "floor_area_m2": facilities["floor_area_m2"].to_numpy(),
            "people": residents,
            "households": homes,
            "people_nearest": nearest,
            "people_per_m2": np.divide(
                nearest,
                facilities["floor_area_m2"].to_numpy(),
                out=np.full(len(nearest), np.nan),
                where=facilities["floor_area_m2"].to_numpy() > 0,
            ),
        },
        index=facilities.index,
    )
    own = own_centre_minutes(times, demand, facilities)
    for limit in limits_min:
        covered = pd.Series(np.where(is_within(own, limit), people, 0.0)).groupby(home).sum()
        measures[own_share_name(limit)] = np.divide(
            covered.reindex(serves).to_numpy(),
            residents,
            out=np.full(len(residents), np.nan),
            where=residents > 0,
        )
    return measures


def _people_nearest(
    facilities: Facilities, people: NDArray[np.float64], times: TravelTimes
) -> NDArray[np.float64]:
    """Count the people whose nearest centre of its kind (premises together, else by tier) each is."""
    kind = facilities["tier"].where(~facilities["tier"].isin(PREMISES), "premises").to_numpy(dtype=object)
    counted = np.zeros(len(facilities))
    for one in sorted(set(kind)):
        _, nearest = times.of_facilities(kind == one).nearest()
        reached = nearest >= 0
        counted += np.bincount(nearest[reached], weights=people[reached], minlength=len(facilities))
    return counted


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
