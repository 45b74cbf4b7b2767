"""Diagnosis: indicators of each facility, results of the rules, and its rating with the reasons."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
import pandas as pd

from planner.accessibility.access_data import AccessData
from planner.accessibility.coverage import is_branch, sum_with_branches
from planner.evaluation import COMPLIANT, EXCELLENT, RATINGS, UNDETERMINED, WEAK
from planner.evaluation.expressions import is_above
from planner.evaluation.indicator_data import IndicatorData
from planner.evaluation.indicators import INDICATORS
from planner.evaluation.intervals import IndicatorColumn, IndicatorRef, IndicatorValues, divide
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
from planner.evaluation.severance import Detour
from planner.network.walk import FloatArray
from planner.schemas.tables import PREMISES, Communities, Facilities


@dataclass(frozen=True, slots=True, eq=False)
class FacilityIndicators:
    """Indicators of every facility, in the order of the facilities table."""

    data: IndicatorData
    columns: Mapping[IndicatorRef, IndicatorColumn]

    def values(self, position: int) -> IndicatorValues:
        """Return the indicators of one facility."""
        numbers = {ref: column.at(position) for ref, column in self.columns.items()}
        return IndicatorValues(numbers, self.data.functions[position])

    def long_table(self) -> pd.DataFrame:
        """Return one row a facility and indicator: facility, indicator, limit_min, low, high, reason."""
        ids = self.data.access.facilities["id"].to_numpy(dtype=object)
        refs = list(self.columns)
        low, high, reason = (
            np.column_stack([getattr(column, name) for column in self.columns.values()]).ravel()
            for name in ("low", "high", "reason")
        )
        return pd.DataFrame(
            {
                "facility": np.repeat(ids, len(refs)),
                "indicator": np.tile(np.array([ref.name for ref in refs], dtype=object), len(ids)),
                "limit_min": np.tile(np.array([ref.limit_min for ref in refs], dtype=np.float64), len(ids)),
                "low": low,
                "high": high,
                "reason": reason,
            }
        )

    def wide_table(self, index: pd.Index) -> pd.DataFrame:
        """Return one row a facility, one column an indicator and limit, as products name it; NaN is not known."""
        return pd.DataFrame({str(ref): column.value for ref, column in self.columns.items()}, index=index)


def compute_indicators(
    data: IndicatorData, *, limits_min: Sequence[float], names: Collection[str] = INDICATORS
) -> FacilityIndicators:
    """Compute indicators of every facility, those by limit within each of `limits_min`, minutes.

    `names` must include what an indicator is derived from.
    """
    columns: dict[IndicatorRef, IndicatorColumn] = {}
    chosen = [indicator for indicator in INDICATORS.values() if indicator.name in names]
    for by_limit, group in itertools.groupby(chosen, key=lambda one: one.by_limit):
        of_group = list(group)
        for limit, one in itertools.product(limits_min if by_limit else [None], of_group):
            ref = IndicatorRef(one.name, limit)
            if one.compute is not None:
                columns[ref] = one.compute(data)
            elif one.compute_within is not None and limit is not None:
                columns[ref] = one.compute_within(data, limit)
            elif one.derive is not None:
                columns[ref] = one.derive(*(columns[IndicatorRef(name)].value for name in one.inputs))
    return FacilityIndicators(data, columns)


def unknown_indicators(long_table: pd.DataFrame) -> pd.DataFrame:
    """Return the indicators that are not known, and why: facility, measure, reason, at_least (lower bound)."""
    unknown = long_table[long_table["reason"] != ""]
    limits = unknown["limit_min"].to_numpy()
    names = [
        str(IndicatorRef(name, None if np.isnan(limit) else limit))
        for name, limit in zip(unknown["indicator"], limits, strict=True)
    ]
    return pd.DataFrame(
        {
            "facility": unknown["facility"].to_numpy(dtype=object),
            "measure": np.array(names, dtype=object),
            "reason": unknown["reason"].to_numpy(dtype=object),
            "at_least": np.maximum(unknown["low"].to_numpy(dtype=np.float64), 0.0),
        }
    )


def community_indicators(data: IndicatorData) -> pd.DataFrame:
    """Compute the indicators of every community, one row each in the order of the table; NaN is not known.

    Columns: community; people; people_covered (within the standard of any facility) and covered_share; premises
    (count), premises_m2 (their floor area) and m2_per_100_households; people_65, people_65_uncovered;
    m2_per_person_2sfca and m2_per_person_e2sfca, averaged over its people.
    """
    access = data.access
    ids, people, near = access.communities["id"], access.people, data.is_covered
    floor_m2 = sum_with_branches(data.given("floor_area_m2"), access.facilities)
    premises = access.facilities.assign(floor_area_m2=floor_m2)[access.is_premises].groupby("community")
    floor = premises["floor_area_m2"].agg(lambda areas: areas.sum(skipna=False))
    households = access.households.reindex(ids).to_numpy(dtype=np.float64)
    premises_m2 = floor.reindex(ids).to_numpy(dtype=np.float64)

    def total(values: FloatArray) -> FloatArray:
        return access.by_community(values).reindex(ids).to_numpy(dtype=np.float64)

    residents, covered = total(people), total(people * near)
    plain, weighted = (
        np.full((2, len(ids)), np.nan)
        if data.catchments is None
        else (divide(total(np.where(people > 0, of.access * people, 0.0)), residents) for of in data.catchments)
    )
    return pd.DataFrame(
        {
            "community": ids.to_numpy(dtype=object),
            "people": residents,
            "people_covered": covered,
            "covered_share": divide(covered, residents),
            "premises": premises.size().reindex(ids, fill_value=0).to_numpy(),
            "premises_m2": premises_m2,
            "m2_per_100_households": divide(premises_m2, households / 100),
            "people_65": total(access.people_65),
            "people_65_uncovered": total(access.people_65 * ~near),
            "m2_per_person_2sfca": plain,
            "m2_per_person_e2sfca": weighted,
        },
        index=access.communities.index,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Diagnosis:
    """Results of the rules."""

    rule_set: RuleSet
    """The rules in force."""
    not_in_force: tuple[str, ...]
    """Ids of those that are not yet."""
    facts: tuple[FacilityFacts, ...]
    """Every facility as rules see it, in the order of the facilities."""
    centres: pd.DataFrame
    """One row a facility, in its order: id, name, tier, community, place, verdict (its rating; "" where no rule
    decides), score (weighted share of the rules passed, of those not unknown), and the indicators, NaN where
    not known."""
    indicators: pd.DataFrame
    """One row a facility and indicator: facility, indicator, limit_min, low, high, reason."""
    unknown: pd.DataFrame
    """One row an indicator of a facility that is not known: facility, measure, reason (a key of the catalogue),
    at_least (its lower bound)."""
    rule_results: pd.DataFrame
    """One row a facility and rule that applies: facility, and the fields of `RuleResult`."""
    directions: pd.DataFrame
    """One row a facility and direction in which somebody lives: facility, direction, people, detour (NaN where the
    horizon hides it), at_least, blocked (True, False, None)."""
    quotas: pd.DataFrame
    """Rules on all facilities together, as `evaluate_quotas` returns them."""
    communities: pd.DataFrame
    """One row a community, in its order, with its indicators."""
    rates: dict[str, float]
    """As `rating_rates`, over the premises that rules decide on."""
    weak_communities: tuple[str, ...]
    communities_without_centre: tuple[str, ...]
    """`weak_communities`, `communities_without_centre`: Ids, in the order of the communities table."""

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
        Those of `planner.evaluation.severance` where they are known already; None: computed.
    """
    facilities, communities = access.facilities, access.communities
    in_force = _rules_in_force(rule_set, date)
    data = IndicatorData(access, in_force, given_detours=detours)
    indicators = compute_indicators(data, limits_min=sorted({*access.limits_min, *rule_set.limits_min}))
    facts = facility_facts(access, indicators)
    results = [evaluate_rules(fact, in_force) for fact in facts]
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
        {"facility": fact.id, **asdict(result)}
        for fact, of_one in zip(facts, results, strict=True)
        for result in of_one
    ]
    columns = ["facility", *(field.name for field in fields(RuleResult))]
    # Objects, so that None stays apart from False.
    return pd.DataFrame(rows, columns=columns).astype({"passed": object})


def _directions_table(data: IndicatorData) -> pd.DataFrame:
    ids, blocked = data.access.facilities["id"].to_numpy(dtype=object), data.rule_set.blocked

    def row(detour: Detour) -> tuple[object, ...]:
        is_blocked = detour.is_blocked(blocked.detour) if blocked else None
        return (
            ids[detour.facility],
            detour.direction,
            detour.people,
            detour.ratio.value,
            detour.ratio.low,
            is_blocked,
        )

    rows = [row(detour) for detour in data.detours if detour.direction]
    columns = ["facility", "direction", "people", "detour", "at_least", "blocked"]
    return pd.DataFrame(rows, columns=columns).astype({"blocked": object})
