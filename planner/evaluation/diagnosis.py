"""Diagnosis: measures of each centre, what the rules find, and the verdict with its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
import pandas as pd

from planner.accessibility.access_data import PREMISES, AccessData
from planner.accessibility.branches import is_branch
from planner.evaluation.community_indicators import measure_communities
from planner.evaluation.facility_indicators import Measured, compute_indicators
from planner.evaluation.quotas import evaluate_quotas
from planner.evaluation.rating_names import COMPLIANT, EXCELLENT, RATINGS, UNDETERMINED, WEAK
from planner.evaluation.ratings import (
    RURAL,
    URBAN,
    FacilityFacts,
    RuleResult,
    compute_score,
    evaluate_rules,
    excellent_share_bounds,
    rating_of,
)
from planner.evaluation.rules import RuleSet, is_in_force, limits_of
from planner.schemas.tables import Communities, Facilities

__all__ = ["COMPLIANT", "EXCELLENT", "RATINGS", "UNDETERMINED", "WEAK", "Diagnosis", "diagnose"]


@dataclass(frozen=True, slots=True, eq=False)
class Diagnosis:
    """What the rules say.

    Attributes
    ----------
    profile
        The rules that are in force.
    not_in_force
        The ids of those that are not yet.
    subjects
        Every centre as the rules see it, in the order of the facilities.
    centres
        One row a facility, in its order: id, name, tier, community, place, verdict ("" where no rule decides),
        score (weighted share of the rules passed, of those that can be told), and the measures; NaN is not known.
    rule_results
        One row a facility and rule that applies: facility, and what `RuleResult` has.
    unknown
        One row a measure of a facility that is not known: facility, measure, reason (a key of the catalogue), and
        at_least, its lower limit.
    directions
        One row a facility and direction in which somebody lives: facility, direction, people, detour (NaN where
        the horizon hides it), at_least, blocked (True, False, None).
    quotas
        What the rules ask of all centres together (`planner.evaluation.quotas`).
    communities
        One row a community, in its order, with its measures.
    rates
        Over the premises that rules decide on: assessed, excellent, compliant, weak, undetermined (counts);
        perhaps_excellent, how many of the compliant might be excellent if all were known; compliant_share (达标率:
        excellent or compliant), excellent_share (优秀率), both over those determined.
    weak_communities, communities_without_centre
        Ids, in the order of the communities table.
    """

    rule_set: RuleSet
    not_in_force: tuple[str, ...]
    facts: tuple[FacilityFacts, ...]
    centres: pd.DataFrame
    rule_results: pd.DataFrame
    unknown: pd.DataFrame
    directions: pd.DataFrame
    quotas: pd.DataFrame
    communities: pd.DataFrame
    rates: dict[str, float]
    weak_communities: tuple[str, ...]
    communities_without_centre: tuple[str, ...]

    def verdicts(self) -> dict[str, str]:
        """Return the verdict of every centre by its id."""
        return dict(zip(self.centres["id"], self.centres["verdict"], strict=True))


def diagnose(access: AccessData, *, rule_set: RuleSet, date: str = "") -> Diagnosis:
    """Judge every centre by the rules of a profile.

    A centre that fails a rule of grade compliant is weak; one that passes all of them is compliant, and excellent
    if it passes those of grade excellent too. What the data cannot tell is neither a pass nor a fail: a centre
    that fails nothing but has an unknown is undetermined.

    Parameters
    ----------
    situation
        The tables and the walks; searched at least as far as the profile's longest limit.
    profile
        The rules.
    date
        The study's date, as 2024-06-30: rules that come into force later do not count.

    Returns
    -------
    diagnosis
        Verdicts and reasons.
    """
    facilities, communities = access.facilities, access.communities
    rules = tuple(rule for rule in rule_set.rules if is_in_force(rule, date))
    quotas = tuple(quota for quota in rule_set.quotas if quota.rule in {rule.id for rule in rules})
    valid = rule_set.model_copy(update={"rules": rules, "quotas": quotas})
    limits = sorted({*access.limits_min, *limits_of(rule_set)})
    measured = compute_indicators(access, valid, limits_min=limits)
    facts = facility_facts(access, measured)
    found = [evaluate_rules(facts, valid) for facts in facts]
    verdicts = [rating_of(results, valid) for results in found]
    centres = pd.concat(
        [
            facilities[["id", "name", "tier", "community"]].assign(
                place=[facts.place for facts in facts],
                verdict=verdicts,
                score=[compute_score(results, valid) for results in found],
            ),
            measured.table(facilities.index),
        ],
        axis=1,
    )
    is_judged = (centres["verdict"] != "") & centres["tier"].isin(PREMISES)
    weak = set(centres["community"][is_judged & (centres["verdict"] == WEAK)])
    perhaps = [
        verdict == COMPLIANT and excellent_share_bounds(results, valid)[1] >= valid.excellent_share
        for verdict, results in zip(verdicts, found, strict=True)
    ]
    results = _findings_table(facts, found)
    return Diagnosis(
        rule_set=valid,
        not_in_force=tuple(rule.id for rule in rule_set.rules if not is_in_force(rule, date)),
        facts=facts,
        centres=pd.DataFrame(centres),
        rule_results=results,
        unknown=measured.unknown(list(facilities["id"])),
        directions=_directions_table(access, measured, valid),
        quotas=evaluate_quotas(valid, results),
        communities=measure_communities(access, measured),
        rates=rating_rates(
            centres["verdict"][is_judged],
            perhaps_excellent=int(np.sum(np.array(perhaps, dtype=np.bool_) & is_judged.to_numpy())),
        ),
        weak_communities=tuple(c for c in communities["id"] if c in weak),
        communities_without_centre=communities_without_centre(facilities, communities),
    )


def facility_facts(access: AccessData, measured: Measured) -> tuple[FacilityFacts, ...]:
    """Return every centre as the rules see it."""
    facilities = access.facilities
    kinds = dict(zip(access.communities["id"], access.communities["kind"], strict=True))
    by_tier = {"community": "community", "village": "village"}
    named = {"community": URBAN, "village": RURAL}
    # No rule is for a branch by itself.
    return tuple(
        FacilityFacts(
            ident,
            "" if belongs else tier,
            named.get(kinds.get(home) or by_tier.get(tier, ""), ""),
            measured.values(position),
        )
        for position, (ident, tier, home, belongs) in enumerate(
            zip(*(facilities[name] for name in ("id", "tier", "community", "branch_of")), strict=True)
        )
    )


def communities_without_centre(facilities: Facilities, communities: Communities) -> tuple[str, ...]:
    """Return the ids of the communities that no premises declare as theirs, in the order of the communities."""
    housed = set(facilities["community"][facilities["tier"].isin(PREMISES) & ~is_branch(facilities)])
    return tuple(community for community in communities["id"] if community not in housed)


def rating_rates(verdicts: pd.Series, *, perhaps_excellent: int = 0) -> dict[str, float]:
    """Return counts and rates of verdicts; those undetermined are in no rate."""
    counts = {verdict: int((verdicts == verdict).sum()) for verdict in RATINGS}
    determined = len(verdicts) - counts[UNDETERMINED]
    return {
        "assessed": len(verdicts),
        **counts,
        "perhaps_excellent": perhaps_excellent,
        "compliant_share": (counts[EXCELLENT] + counts[COMPLIANT]) / determined if determined else float("nan"),
        "excellent_share": counts[EXCELLENT] / determined if determined else float("nan"),
    }


def _findings_table(facts: Sequence[FacilityFacts], found: Sequence[Sequence[RuleResult]]) -> pd.DataFrame:
    rows = [
        {"facility": facts.id, **asdict(finding)}
        for facts, results in zip(facts, found, strict=True)
        for finding in results
    ]
    columns = ["facility", *(field.name for field in fields(RuleResult))]
    # Objects, so that None stays apart from False.
    return pd.DataFrame(rows, columns=columns).astype({"passed": object})


def _directions_table(access: AccessData, measured: Measured, rule_set: RuleSet) -> pd.DataFrame:
    ids = access.facilities["id"].to_numpy(dtype=object)
    rows = [
        {
            "facility": ids[one.facility],
            "direction": one.direction,
            "people": one.people,
            "detour": one.ratio.value,
            "at_least": one.ratio.low,
            "blocked": one.blocked(rule_set.blocked.detour) if rule_set.blocked else None,
        }
        for one in measured.directions
        if one.direction
    ]
    columns = ["facility", "direction", "people", "detour", "at_least", "blocked"]
    return pd.DataFrame(rows, columns=columns).astype({"blocked": object})
