"""Candidates, proposals and their comparison."""

from __future__ import annotations

from typing import Annotated, TypedDict

from planner.reporting.document.records.shared import (
    EXCLUDED_BECAUSE,
    SOURCES,
    STANDARD,
    UNSERVED_BECAUSE,
    WHICH_GROUP,
    Localized,
    Positioned,
)


class GroupWeight(TypedDict):
    """Weight of a population group."""

    group: Annotated[str, WHICH_GROUP]
    weight: Annotated[float, "how much one of them counts"]


class CandidateFields(TypedDict):
    """A candidate."""

    id: Annotated[
        str, "K<clusters>-<number> of clusters, else with D:, C:, P:, S:, M: by source; from west to east"
    ]
    source: Annotated[str, SOURCES]
    name: Annotated[str, "of the parcel or circle; else empty"]
    clusters: Annotated[
        int, "how many clusters were asked of the clustering that proposed it; 0 for other sources"
    ]
    people: Annotated[float, "people of its cluster, or workers of its circle; 0 for other sources"]
    moved_m: Annotated[float, "from the middle of these to the street, m"]
    cost: Annotated[float | None, "in the study's unit of money; empty where not known", "money"]
    area_m2: Annotated[float | None, "floor area, m²; empty where not known"]
    tenure: Annotated[str, "owned, rentable, shared or empty"]
    centres: Annotated[str, "ids of the free centres that it moves or merges; else empty"]


class CandidateRow(CandidateFields):
    """A candidate that may be chosen."""

    people_in_reach: Annotated[float, "uncovered people within the standard of this position"]


class Candidate(CandidateRow, Positioned):
    """A candidate that may be chosen, with its position."""

    place: Annotated[str, "where it is, by the nearest crossing of named streets; empty where none is near"]


class CandidateSource(Localized):
    """Candidates by source."""

    source: Annotated[
        str, "clusters, density, business_areas, parcels, streets, move or merge; keep: free centres as they are"
    ]
    proposed: Annotated[int, "candidates that it proposed"]
    kept: Annotated[int, "of these, candidates that may be chosen"]
    suffice: Annotated[int | None, "of street positions, how many stand for all of them; null for other sources"]


class ExcludedCandidate(Positioned, Localized):
    """A candidate that was left out."""

    id: Annotated[str, "of the candidate"]
    source: Annotated[str, SOURCES]
    name: Annotated[str, "of the candidate; empty where it has none"]
    reason: Annotated[str, EXCLUDED_BECAUSE]
    detail: Annotated[str, "the centre that it is too near to; else empty"]


class GroupGain(TypedDict):
    """People of a group gained."""

    group: Annotated[str, WHICH_GROUP]
    people_gained: Annotated[float, "people newly within the kind's standard, unweighted", "people"]


class ChosenSite(Positioned):
    """A site of a plan."""

    rank: Annotated[int, "1 is the site that adds most"]
    id: Annotated[str, "of the candidate"]
    people_added: Annotated[float, "uncovered people that it adds to the sites before it"]
    source: Annotated[str, SOURCES]
    cost: Annotated[float | None, "in the study's unit of money; empty where not known", "money"]


class FacilityAction(Localized):
    """Action on a relocatable facility."""

    centre: Annotated[str, "its id"]
    fate: Annotated[str, "keep, move, merge or close"]
    to: Annotated[str, "the candidate that takes its place; empty where none does"]


class ModelFigure(Localized):
    """A further figure of a model."""

    name: Annotated[str, "name of the figure"]
    value: Annotated[float, "its value"]


class SiteTier(TypedDict):
    """Tier of a site."""

    id: Annotated[str, "of the candidate"]
    tier: Annotated[str, "its tier"]


class SitingModel(Localized):
    """The location model of the proposed sites, and its solution."""

    name: Annotated[str, "as of the setting `siting.model`"]
    objective: Annotated[Localized, "the objective in words"]
    formula: Annotated[str, "objective and constraints: demand i of weight a, columns j, walks t, open columns y"]
    source: Annotated[str, "publication of the model"]
    sense: Annotated[str, "most or least: whether the objective is maximised or minimised"]
    unit: Annotated[str, "of the objective: people, minutes, person_minutes, sites or services"]
    value: Annotated[float, "objective of the proposed sites with the centres that stay, in its unit"]
    before: Annotated[float | None, "the same of today's centres; null where it has no meaning"]
    bound: Annotated[float, "no choice is better than this, in the same unit"]
    gap: Annotated[float, "difference of bound and value as a share of the larger", "0–1"]
    status: Annotated[str, "optimal (the bound proves the value) or time_limit (see bound)"]
    figures: Annotated[list[ModelFigure], "list, one a further figure of the model"]
    tiers: Annotated[list[SiteTier], "list, one a site; empty unless the model is hierarchical covering"]


class Proposal(TypedDict):
    """A choice of sites."""

    method: Annotated[str, "clustering or the name of a model"]
    chosen: Annotated[bool, "whether these are the sites that the study proposes: those of its model"]
    objective: Annotated[Localized | None, "value, bound and status in words; null if people are the objective"]
    status: Annotated[str, "optimal (no choice gains more), time_limit (see bound) or heuristic (no bound)"]
    people_gained: Annotated[float, "people newly within the standard", "people"]
    gained_by_group: Annotated[list[GroupGain], "list, one a kind of people, the residents first"]
    bound: Annotated[float | None, "the most that any choice of as many candidates can gain; null without a bound"]
    gap: Annotated[float | None, "(bound − people_gained) ÷ bound; null without a bound"]
    people_covered_after: Annotated[float, "residents within the standard with these sites"]
    people_share_after: Annotated[float, "that ÷ people, 0–1", "0–1"]
    sites: Annotated[list[ChosenSite], "list, one a site, the one that adds most first"]
    centres: Annotated[list[FacilityAction], "list, one a free centre; empty where none is free"]


class CurvePoint(TypedDict):
    """People gained by a number of sites."""

    sites: Annotated[int, "new sites at most"]
    people_gained: Annotated[float, "by the best choice of so many, against today", "people"]
    bound: Annotated[float, "no choice of so many gains more"]
    status: Annotated[str, "optimal, time_limit or heuristic"]
    added: Annotated[float, "people gained beyond the best choice of one site fewer", "people"]


class AlternativePlan(TypedDict):
    """A plan that comes close to the best."""

    people_gained: Annotated[float, "against today", "people"]
    given_up: Annotated[float, "people fewer than by the best plan", "people"]
    share_of_bound: Annotated[float, "people whom it serves ÷ what no plan can exceed, 0–1"]
    sites: Annotated[list[ChosenSite], "list, one a site, the one that adds most first"]
    dropped: Annotated[list[str], "list of ids: sites of the best plan without a site of this one near them"]
    taken: Annotated[list[str], "list of ids: sites of this plan without one of the best near them"]
    moved_m: Annotated[float, "mean distance between the sites of both plans, matched, m"]
    gains: Annotated[float, "people served by this plan and not by the best", "people"]
    losses: Annotated[float, "people served by the best plan and not by this", "people"]


class UnservedReason(Localized):
    """People unserved for a reason."""

    reason: Annotated[str, UNSERVED_BECAUSE]
    points: Annotated[int, "demand points with it"]
    people: Annotated[float, "people with it"]


class Unserved(TypedDict):
    """People whom no candidate and no facility serves."""

    people: Annotated[float, "how many people"]
    points: Annotated[int, "at how many points"]
    reasons: Annotated[list[UnservedReason], "list, one a reason"]
    limit_for_all_min: Annotated[
        float | None, "the limit within which all with any walk would be served; null: nobody"
    ]
    extra_sites: Annotated[
        int | None, "fewest further street candidates that would serve them; null: not looked for"
    ]
    extra_sites_bound: Annotated[float, "no fewer suffice"]
    never: Annotated[float, "people whom no street position would serve", "people"]


class Scenario(Localized):
    """A circumstance."""

    key: Annotated[str, "as_is, walking:<profile>, gates:<state> or people:<name>"]


class PlanInScenarios(TypedDict):
    """A plan in all circumstances."""

    plan: Annotated[str, "today, clustering, the name of a model, or robust"]
    people: Annotated[list[float], "list, one a circumstance: people served, centres of today included"]
    regret: Annotated[list[float], "list: people fewer than the best plan for it serves", "people"]
    regret_bound: Annotated[list[float], "list: the same against what no plan can exceed"]


class Robust(TypedDict):
    """Plans in other circumstances."""

    rule: Annotated[str, "worst people, worst regret or expected"]
    value: Annotated[float, "of the choice for all: people in the worst case, largest regret, or mean"]
    bound: Annotated[float, "no choice is better"]
    status: Annotated[str, "optimal or time_limit"]
    sites: Annotated[list[ChosenSite], "list, one a site of that choice"]
    worlds: Annotated[list[Scenario], "list, one a circumstance"]
    plans: Annotated[list[PlanInScenarios], "list, one a plan"]


class EquityPlan(TypedDict):
    """A plan between the most people and the fairest."""

    people: Annotated[float, "residents served, centres of today included"]
    people_bound: Annotated[float, "no choice with at least that share serves more"]
    worst_share: Annotated[float, "coverage of the worst-served community, or of those of 65+, 0–1"]
    worst_bound: Annotated[float, "no choice brings it higher"]
    status: Annotated[str, "optimal or time_limit"]
    sites: Annotated[list[ChosenSite], "list, one a site"]


class EquityFrontier(TypedDict):
    """Plans by a kind of equity."""

    objective: Annotated[str, "communities (the worst-served first) or old (residents of 65+ first)"]
    plans: Annotated[list[EquityPlan], "list, from the most people to the fairest"]


class Siting(TypedDict):
    """Sites for new stations."""

    model: Annotated[SitingModel | None, "the location model of the proposed sites; null without proposals"]
    sites_asked: Annotated[int, "how many the study asks for"]
    standard_min: Annotated[float, STANDARD]
    people_uncovered: Annotated[float, "people beyond the standard today"]
    people_without_street: Annotated[float, "of these, people whom no site can serve: no street within access_m"]
    weighted: Annotated[
        bool, "whether kinds of people are weighed: gains, bound and people of candidates then are"
    ]
    weights: Annotated[list[GroupWeight], "list, one a kind of people, the residents first"]
    candidates: Annotated[list[Candidate], "list, one a position where a station might open"]
    sources: Annotated[list[CandidateSource], "list, one a source of candidates"]
    every_street: Annotated[bool, "whether the bound holds for every street position on which a station may stand"]
    excluded: Annotated[list[ExcludedCandidate], "list, one a candidate that was left out"]
    proposals: Annotated[
        list[Proposal], "list: clustering, maximal covering, then the study's model if another; else empty"
    ]
    greedy_gained: Annotated[
        float | None,
        "people gained by always taking the site that adds most; null where nothing was asked",
        "people",
    ]
    curve: Annotated[list[CurvePoint], "list, one a number of sites, up to twice as many as asked for"]
    alternatives: Annotated[
        list[AlternativePlan], "list, one another plan that comes close, the one that gains most first"
    ]
    left: Annotated[Unserved | None, "whom no candidate and no centre serves; null where nothing was asked"]
    robust: Annotated[Robust | None, "the plans in other circumstances; null where the study names none"]
    fair: Annotated[list[EquityFrontier], "list, one a kind of fairness that the study asks for"]
