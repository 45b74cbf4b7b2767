"""Diagnosis: indicators of each facility, results of the rules, and its rating with the reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
import pandas as pd

from planner.accessibility.access_data import AccessData
from planner.accessibility.branches import is_branch
from planner.evaluation.circuity import Detour
from planner.evaluation.expressions import is_above
from planner.evaluation.indicator_data import IndicatorData
from planner.evaluation.indicator_tables import (
    FacilityIndicators,
    community_indicators,
    compute_indicators,
    unknown_indicators,
)
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
from planner.evaluation.rules import RuleSet, is_in_force
from planner.schemas.tables import PREMISES, Communities, Facilities


@dataclass(frozen=True, slots=True, eq=False)
class Diagnosis:
    """Results of the rules.

    Attributes
    ----------
    rule_set
        The rules in force.
    not_in_force
        Ids of those that are not yet.
    facts
        Every facility as rules see it, in the order of the facilities.
    centres
        One row a facility, in its order: id, name, tier, community, place, verdict (its rating; "" where no rule
        decides), score (weighted share of the rules passed, of those not unknown), and the indicators, NaN where
        not known.
    indicators
        One row a facility and indicator: facility, indicator, limit_min, low, high, reason.
    unknown
        One row an indicator of a facility that is not known: facility, measure, reason (a key of the catalogue),
        at_least (its lower bound).
    rule_results
        One row a facility and rule that applies: facility, and the fields of `RuleResult`.
    directions
        One row a facility and direction in which somebody lives: facility, direction, people, detour (NaN where
        the horizon hides it), at_least, blocked (True, False, None).
    quotas
        Rules on all facilities together, as `evaluate_quotas` returns them.
    communities
        One row a community, in its order, with its indicators.
    rates
        As `rating_rates`, over the premises that rules decide on.
    weak_communities, communities_without_centre
        Ids, in the order of the communities table.
    """

    rule_set: RuleSet
    not_in_force: tuple[str, ...]
    facts: tuple[FacilityFacts, ...]
    centres: pd.DataFrame
    indicators: pd.DataFrame
    unknown: pd.DataFrame
    rule_results: pd.DataFrame
    directions: pd.DataFrame
    quotas: pd.DataFrame
    communities: pd.DataFrame
    rates: dict[str, float]
    weak_communities: tuple[str, ...]
    communities_without_centre: tuple[str, ...]

    def ratings(self) -> dict[str, str]:
        """Return the rating of every facility by its id."""
        return dict(zip(self.centres["id"], self.centres["verdict"], strict=True))


def diagnose(
    access: AccessData, *, rule_set: RuleSet, date: str = "", detours: tuple[Detour, ...] | None = None
) -> Diagnosis:
    """Rate every facility by a rule set.

    Missing data is neither a pass nor a fail: a facility that fails nothing but has an unknown is undetermined.

    Parameters
    ----------
    access
        Tables and walks, searched at least as far as the longest limit of the rules.
    rule_set
        The rules.
    date
        The study's date, as 2024-06-30: rules that come into force later do not count.
    detours
        Those of `planner.evaluation.circuity` where they are known already; None: computed.
    """
    facilities, communities = access.facilities, access.communities
    in_force = _rules_in_force(rule_set, date)
    data = IndicatorData(access, in_force, given_detours=detours)
    indicators = compute_indicators(data, limits_min=sorted({*access.limits_min, *rule_set.limits_min}))
    facts = facility_facts(access, indicators)
    results = [evaluate_rules(one, in_force) for one in facts]
    ratings = [rating_of(of_one, in_force) for of_one in results]
    centres = facilities[["id", "name", "tier", "community"]].assign(
        place=[one.setting for one in facts],
        verdict=ratings,
        score=[compute_score(of_one, in_force) for of_one in results],
    )
    is_rated = (centres["verdict"] != "") & centres["tier"].isin(PREMISES)
    weak = set(centres["community"][is_rated & (centres["verdict"] == WEAK)])
    perhaps = [
        rating == COMPLIANT and excellent_share_bounds(of_one, in_force)[1] >= in_force.excellent_share
        for rating, of_one in zip(ratings, results, strict=True)
    ]
    long_table, rule_results = indicators.long_table(), _results_table(facts, results)
    return Diagnosis(
        rule_set=in_force,
        not_in_force=tuple(rule.id for rule in rule_set.rules if rule not in in_force.rules),
        facts=facts,
        centres=pd.DataFrame(pd.concat([centres, indicators.wide_table(facilities.index)], axis=1)),
        indicators=long_table,
        unknown=unknown_indicators(long_table),
        rule_results=rule_results,
        directions=_directions_table(data),
        quotas=evaluate_quotas(in_force, rule_results),
        communities=community_indicators(data),
        rates=rating_rates(
            centres["verdict"][is_rated],
            perhaps_excellent=int(np.sum(np.array(perhaps, dtype=np.bool_) & is_rated.to_numpy())),
        ),
        weak_communities=tuple(c for c in communities["id"] if c in weak),
        communities_without_centre=communities_without_centre(facilities, communities),
    )


def _rules_in_force(rule_set: RuleSet, date: str) -> RuleSet:
    rules = tuple(rule for rule in rule_set.rules if is_in_force(rule, date))
    quotas = tuple(quota for quota in rule_set.quotas if quota.rule in {rule.id for rule in rules})
    return rule_set.model_copy(update={"rules": rules, "quotas": quotas})


def facility_facts(access: AccessData, indicators: FacilityIndicators) -> tuple[FacilityFacts, ...]:
    """Return every facility as rules see it."""
    communities = access.communities
    kinds = {**access.neighbour_kinds, **dict(zip(communities["id"], communities["kind"], strict=True))}
    settings = {"community": URBAN, "village": RURAL}
    columns = (access.facilities[name] for name in ("id", "tier", "community", "branch_of"))
    # No rule is for a branch by itself, nor for a neighbouring district's centre; premises of no known community
    # count by their tier.
    return tuple(
        FacilityFacts(
            ident,
            "" if belongs or ident in access.neighbours else tier,
            settings.get(kinds.get(home) or tier, ""),
            indicators.values(position),
        )
        for position, (ident, tier, home, belongs) in enumerate(zip(*columns, strict=True))
    )


def communities_without_centre(facilities: Facilities, communities: Communities) -> tuple[str, ...]:
    """Return the ids of the communities that no premises declare as theirs, in the order of the communities."""
    housed = set(facilities["community"][facilities["tier"].isin(PREMISES) & ~is_branch(facilities)])
    return tuple(community for community in communities["id"] if community not in housed)


def rating_rates(ratings: pd.Series, *, perhaps_excellent: int = 0) -> dict[str, float]:
    """Count ratings, and compute rates over those determined.

    Keys: assessed, excellent, compliant, weak, undetermined (counts); perhaps_excellent, how many of the compliant
    might be excellent if all were known; compliant_share (达标率: excellent or compliant) and excellent_share
    (优秀率).
    """
    counts = {rating: int((ratings == rating).sum()) for rating in RATINGS}
    determined = len(ratings) - counts[UNDETERMINED]
    return {
        "assessed": len(ratings),
        **counts,
        "perhaps_excellent": perhaps_excellent,
        "compliant_share": (counts[EXCELLENT] + counts[COMPLIANT]) / determined if determined else float("nan"),
        "excellent_share": counts[EXCELLENT] / determined if determined else float("nan"),
    }


def evaluate_quotas(rule_set: RuleSet, rule_results: pd.DataFrame) -> pd.DataFrame:
    """Evaluate the quotas: what share of the facilities must pass a rule.

    A quota is met if those who surely pass suffice, and missed if even all unknown would not suffice; otherwise,
    and where the rule applies to nobody, it is unknown.

    Parameters
    ----------
    rule_set
        The rules and quotas in force.
    rule_results
        One row a facility and rule: rule, passed.

    Returns
    -------
    quotas
        One row a quota: quota (id), rule, required (share, 0–1), centres (to which the rule applies), passing,
        unknown (counts), passed (True, False, None).

    Examples
    --------
    >>> from planner.evaluation.rules import Quota, Rule
    >>> rule = Rule(id="big", expression="floor_area_m2 > 1000", tiers=("community",), grade="excellent",
    ...     unit="m2", clause="-", evidence="own", en="x", zh="x")
    >>> fifth = Quota(id="fifth", rule="big", share=0.2, clause="-", evidence="own", en="x", zh="x")
    >>> rules = RuleSet(en="x", zh="x", source="x", rules=(rule,), quotas=(fifth,))
    >>> results = pd.DataFrame({"rule": "big", "passed": [True, False, False, None, False]})
    >>> evaluate_quotas(rules, results)[["centres", "passing", "unknown", "passed"]].values.tolist()
    [[5, 1, 1, True]]
    """
    rows = []
    for quota in rule_set.quotas:
        passed = list(rule_results["passed"][rule_results["rule"] == quota.rule])
        passing, unknown = passed.count(True), passed.count(None)
        met: bool | None = None
        if passed and not is_above(quota.share, passing / len(passed)):
            met = True
        elif passed and is_above(quota.share, (passing + unknown) / len(passed)):
            met = False
        rows.append((quota.id, quota.rule, quota.share, len(passed), passing, unknown, met))
    columns = ["quota", "rule", "required", "centres", "passing", "unknown", "passed"]
    return pd.DataFrame(rows, columns=columns).astype({"passed": object})


def _results_table(facts: Sequence[FacilityFacts], results: Sequence[Sequence[RuleResult]]) -> pd.DataFrame:
    rows = [
        {"facility": one.id, **asdict(result)}
        for one, of_one in zip(facts, results, strict=True)
        for result in of_one
    ]
    columns = ["facility", *(field.name for field in fields(RuleResult))]
    # Objects, so that None stays apart from False.
    return pd.DataFrame(rows, columns=columns).astype({"passed": object})


def _directions_table(data: IndicatorData) -> pd.DataFrame:
    ids, blocked = data.access.facilities["id"].to_numpy(dtype=object), data.rule_set.blocked

    def row(one: Detour) -> tuple[object, ...]:
        is_blocked = one.is_blocked(blocked.detour) if blocked else None
        return ids[one.facility], one.direction, one.people, one.ratio.value, one.ratio.low, is_blocked

    rows = [row(one) for one in data.detours if one.direction]
    columns = ["facility", "direction", "people", "detour", "at_least", "blocked"]
    return pd.DataFrame(rows, columns=columns).astype({"blocked": object})
