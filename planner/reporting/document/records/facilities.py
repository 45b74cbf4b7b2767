"""Facilities, rules and ratings."""

from __future__ import annotations

from typing import Annotated, TypedDict

from planner.evaluation.indicators import INDICATORS
from planner.reporting.document.records.shared import (
    CHANGE_ABOUT,
    CHANGE_AMOUNT,
    CHANGE_KINDS,
    LIMIT,
    RATING,
    STREET_M,
    Localized,
    Positioned,
    Sourced,
)
from planner.schemas.records import RecordField, Spread

INDICATOR_UNITS = {
    "m2": "m²",
    "m2_per_100_households": "m² per 100 households",
    "m2_per_person": "m² per person",
    "people_per_m2": "people per m²",
    "minutes": "min",
    "hours_per_week": "hours per week",
    "share": "0–1",
    "yes_no": "0 or 1",
    "count": "",
    "ratio": "",
}
"""How documentation writes a unit of a rule file, where not as the rule file does."""
INDICATOR_FIELDS = Spread(
    tuple(
        RecordField(
            indicator.column,
            float,
            indicator.meaning,
            INDICATOR_UNITS.get(indicator.unit, indicator.unit),
            nullable=True,
        )
        for indicator in INDICATORS.values()
        if indicator.kind != "list"
    )
)
"""The indicators; yes and no are 1 and 0."""


class RuleResultFields(TypedDict):
    """Result of a rule, without whether it passes."""

    rule: Annotated[str, "id of the rule"]
    grade: Annotated[str, "compliant or excellent: what passing is needed for; advice decides nothing"]
    value: Annotated[float | None, "the left side of the part that decided, in `unit`; a yes or no is 1 or 0"]
    at_least: Annotated[float | None, "where that is not known, its lower limit, if it has one"]
    comparison: Annotated[str, "≥, ≤, >, < or ="]
    required: Annotated[float, "the right side of it"]
    unit: Annotated[str, "of both sides"]


class RuleResult(RuleResultFields):
    """Result of a rule."""

    passed: Annotated[bool | None, "whether it passes; unknown where the data cannot tell"]
    unknown: Annotated[list[str], "the measures that the rule speaks of and that are not known"]


class UnknownIndicator(TypedDict):
    """An indicator that is not known."""

    measure: Annotated[str, "the measure that is not known"]
    reason: Annotated[str, "why: a key of texts/measures.toml after `unknown_`"]
    at_least: Annotated[float, "its lower limit; 0 where it has none"]


class DirectionFields(TypedDict):
    """Detour in a direction."""

    direction: Annotated[str, "N, NE, E, SE, S, SW, W or NW"]
    people: Annotated[float, "who lives there within the straight-line circle of the standard"]
    detour: Annotated[
        float | None, "walk ÷ straight line of the middle one of them; not known where it lies beyond the horizon"
    ]
    at_least: Annotated[float, "its lower limit; the detour itself where that is known"]


class Direction(DirectionFields):
    """Detour in a direction, and whether it is blocked."""

    blocked: Annotated[bool | None, "whether it is above the profile's limit; unknown where the horizon hides it"]


class SeveredNear(TypedDict):
    """A severed pair near a facility."""

    pair: Annotated[str, "id of the pair"]
    direction: Annotated[str, "in which direction its middle lies, N to NW"]


class Action(TypedDict):
    """An action on a facility."""

    kind: Annotated[str, CHANGE_KINDS]
    amount: Annotated[float, CHANGE_AMOUNT]
    functions: Annotated[list[str], "list of ids: the functions to add"]
    about: Annotated[str, CHANGE_ABOUT]
    name: Annotated[str, "name of that gate or centre"]
    place: Annotated[list[float] | None, "where: longitude and latitude, degrees, WGS 84; null: the centre itself"]
    other: Annotated[list[float] | None, "the other end of a crossing, likewise; null otherwise"]
    cost: Annotated[float | None, "in the study's unit of money; null where not known", "money"]


class Improvement(TypedDict):
    """Actions that make a weak facility compliant."""

    changes: Annotated[list[Action], "list: one change, else a pair; empty where nothing that was tried suffices"]
    cost: Annotated[float | None, "of all changes; null where not known", "money"]
    verdict: Annotated[str, "what the centre is then"]
    left: Annotated[list[str], "list of ids: rules of grade compliant that still fail or cannot be determined"]
    mended: Annotated[list[str], "list of ids: rules of grade compliant that are not passed today and are then"]
    tried: Annotated[int, "how many changes and pairs were tried"]


class AreaOfLimit(TypedDict):
    """A service area."""

    limit_min: Annotated[float, LIMIT]
    area_m2: Annotated[float, "area of the service area, m²"]
    disc_share: Annotated[float, "that ÷ area of the straight-line disc of the same limit"]


class FacilityFields(TypedDict):
    """A facility."""

    id: Annotated[str, "of the centre"]
    name: Annotated[str, "of the centre"]
    tier: Annotated[str, "district, town, community, village or station"]
    branch_of: Annotated[str, "id of the centre of which it is a branch; empty otherwise"]
    community: Annotated[str, "id of its community: the declared one, else the one that it stands in"]
    street_m: Annotated[float, STREET_M]
    verdict: Annotated[str, RATING]
    measures: Annotated[
        dict[str, float | None], "what the rules speak of, by name; null is not known", INDICATOR_FIELDS
    ]
    place: Annotated[str, "urban or rural, by the kind of its community; empty where not known"]
    score: Annotated[
        float | None, "weighted share of the rules passed, of those that can be determined, 0–1", "0–1"
    ]


class Facility(FacilityFields, Positioned):
    """A facility, with its rule results and what would help it."""

    community_name: Annotated[str, "name of that community"]
    findings: Annotated[list[RuleResult], "list, one a rule that applies to its tier and place"]
    unknown: Annotated[list[UnknownIndicator], "list, one a measure that is not known"]
    directions: Annotated[list[Direction], "list, one a direction in which somebody lives"]
    blocked_pairs: Annotated[
        list[SeveredNear], "list, one a blocked pair of street positions within the longest limit in the air"
    ]
    remedy: Annotated[Improvement | None, "what would make a weak centre compliant; null for all others"]
    service_areas: Annotated[list[AreaOfLimit], "list, one a limit"]


class Rule(Localized, Sourced):
    """A rule."""

    id: Annotated[str, "its name in the findings"]
    expression: Annotated[str, "what it asks of named measures"]
    tiers: Annotated[list[str], "list of the tiers that it applies to"]
    places: Annotated[list[str], "list of the places that it applies to: urban, rural, new; empty: everywhere"]
    grade: Annotated[str, "compliant, excellent or advice"]
    weight: Annotated[float, "how much it counts towards excellence and in the score"]
    effective: Annotated[str | None, "the day from which it is in force; null where not known"]
    unit: Annotated[str, "unit of its first comparison"]
    comparison: Annotated[str | None, "of a rule that is one comparison with a number: ≥, ≤, > or <; else null"]
    required: Annotated[float | None, "that number; else null"]


class QuotaFields(TypedDict):
    """A rule on all facilities together, without whether it is met."""

    quota: Annotated[str, "its id"]
    rule: Annotated[str, "id of the rule that a share of the centres is to pass"]
    required: Annotated[float, "that share, 0–1, inclusive"]
    centres: Annotated[int, "to how many centres the rule applies"]
    passing: Annotated[int, "how many pass it"]
    unknown: Annotated[int, "of how many it is not known"]


class Quota(QuotaFields, Localized, Sourced):
    """A rule on all facilities together."""

    passed: Annotated[bool | None, "whether it is met; unknown where the data cannot tell"]


class SeveredPairRow(TypedDict):
    """A pair of street positions close in the air and far on foot."""

    id: Annotated[str, "X1, X2, …, by minutes_saved"]
    air_m: Annotated[float, "how far apart as the crow flies, m"]
    walk_m: Annotated[float | None, "how far on foot, m; empty where no walk within remedies.far_min is known"]
    times: Annotated[float | None, "walk_m ÷ air_m; empty likewise"]
    minutes_saved: Annotated[
        float, "people × minutes saved on the way to the nearest centre if the two were joined", "min"
    ]
    people: Annotated[float, "who would save some"]
    people_cut_off: Annotated[float, "of these, those without any walk within remedies.far_min today"]
    from_street: Annotated[str | None, "street of the position nearer to a centre; empty where it has no name"]
    to_street: Annotated[str, "street of the other position"]
    between: Annotated[str, "what stands between, as far as layers of the study tell: barrier, water or gap"]
    between_name: Annotated[str | None, "its name; empty where it has none"]


class SeveredPair(SeveredPairRow):
    """A severed pair, with the position of its ends."""

    lon: Annotated[float, "of the position nearer to a centre, degrees, WGS 84", "°"]
    lat: Annotated[float, "latitude, degrees, WGS 84", "°"]
    other_lon: Annotated[float, "of the other position", "°"]
    other_lat: Annotated[float, "its latitude", "°"]


class FunctionOfRules(Localized, Sourced):
    """A function that the rules know."""

    id: Annotated[str, "its name in rules"]
    names: Annotated[list[str], "list: how tables may write it, besides its id and titles"]
    tiers: Annotated[list[str], "list of the tiers of which it is required"]


class Blocked(Sourced):
    """Detour from which a direction counts as blocked."""

    detour: Annotated[float | None, "walk ÷ straight line"]


class Catchment(Sourced):
    """Extent of catchments."""

    zones_min: Annotated[
        list[float], "list: where each zone ends, minutes; the last is the catchment of 2SFCA", "min"
    ]
    weights: Annotated[list[float], "list: what a walk ending in each zone counts (E2SFCA)"]


class Rates(TypedDict):
    """Ratings over all premises."""

    assessed: Annotated[int, "how many premises"]
    excellent: Annotated[int, "of these, excellent"]
    compliant: Annotated[int, "of these, compliant and not excellent"]
    weak: Annotated[int, "of these, weak"]
    undetermined: Annotated[int, "of these, undetermined"]
    perhaps_excellent: Annotated[int, "of the compliant, those that might be excellent if all were known"]
    compliant_share: Annotated[float | None, "达标率: (excellent + compliant) ÷ (assessed − undetermined), 0–1"]
    excellent_share: Annotated[float | None, "优秀率: excellent ÷ (assessed − undetermined), 0–1"]


class CommunityMeasures(TypedDict):
    """A community and its premises."""

    community: Annotated[str, "id of the community"]
    people: Annotated[float | None, "people at its demand points; empty where it has none"]
    people_covered: Annotated[float | None, "of these, within the standard of any centre"]
    covered_share: Annotated[float | None, "people_covered ÷ people, 0–1"]
    premises: Annotated[int, "premises of its own"]
    premises_m2: Annotated[float | None, "their floor area together, m²; not known if one is not"]
    m2_per_100_households: Annotated[float | None, "premises_m2 for 100 households"]
    people_65: Annotated[float | None, "residents of 65 and more; not known if they are not at one of its points"]
    people_65_uncovered: Annotated[float | None, "of these, beyond the standard"]
    m2_per_person_2sfca: Annotated[float | None, "m² within reach for each person (2SFCA), mean over its people"]
    m2_per_person_e2sfca: Annotated[float | None, "the same, weighted by zone (E2SFCA)"]


class Flip(TypedDict):
    """A rating that changes with the threshold of one rule."""

    facility: Annotated[str, "id of the centre"]
    rule: Annotated[str, "the rule whose threshold is changed"]
    change: Annotated[float, "by which share: −0.1 is a tenth lower"]
    required: Annotated[float, "the threshold then"]
    verdict: Annotated[str, "as it is"]
    verdict_then: Annotated[str, "with the changed threshold"]


class ChangedRating(TypedDict):
    """A rating that differs by another profile."""

    facility: Annotated[str, "id of the centre"]
    verdict: Annotated[str, "by this study"]
    verdict_then: Annotated[str, "by the other profile"]


class AlternativeDiagnosis(Localized):
    """Ratings by another rule or walking profile."""

    kind: Annotated[str, "rules or walking"]
    name: Annotated[str, "of the profile"]
    rates: Annotated[Rates, "as diagnosis.rates"]
    weak_communities: Annotated[list[str], "list of ids: communities that are weak then"]
    changed: Annotated[list[ChangedRating], "list, one a centre whose verdict differs"]


class Diagnosis(Localized):
    """Rules and ratings."""

    profile: Annotated[str, "the rule profile, as the study names it"]
    source: Annotated[str, "where it comes from"]
    source_zh: Annotated[str, "the same in Chinese; empty: as it is"]
    rules: Annotated[list[Rule], "list, one a rule"]
    excellent_share: Annotated[
        float | None, "weighted share of the rules of grade excellent that an excellent centre passes"
    ]
    quotas: Annotated[list[Quota], "list, one a rule on all centres together"]
    blocked_pairs: Annotated[
        list[SeveredPair], "list, one a pair of street positions close in the air and far on foot"
    ]
    not_in_force: Annotated[list[str], "list of ids: rules that come into force after the study's date"]
    functions: Annotated[list[FunctionOfRules], "list, one a function that the profile knows"]
    blocked: Annotated[
        Blocked | None, "from when a direction counts as blocked; null where the profile does not say"
    ]
    catchment: Annotated[Catchment | None, "how far catchments reach; null where the profile does not say"]
    rates: Annotated[Rates, "over the premises (tiers community and village) that rules decide on"]
    communities: Annotated[list[CommunityMeasures], "list, one a community"]
    threshold_share: Annotated[float | None, "by which share thresholds were lowered and raised"]
    flips: Annotated[list[Flip], "list, one a verdict that changes with the threshold of one rule"]
    alternatives: Annotated[list[AlternativeDiagnosis], "list, one a further rule or walking profile of the study"]
    weak_communities: Annotated[list[str], "list of ids: communities with weak premises"]
    communities_without_centre: Annotated[list[str], "list of ids: communities without premises of their own"]
