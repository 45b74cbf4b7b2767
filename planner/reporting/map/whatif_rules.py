"""What-if rules: data with which the map's page rates premises for any open set, as `ratings` does.

What does not depend on the choice is evaluated here. The rest travels as nested lists, which the page evaluates
with the same operators on the same doubles. Indicators that the page cannot compute are listed: then it shows only
today's ratings.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from planner.accessibility.access_data import residents_65, serves_other_community
from planner.accessibility.coverage import main_facility
from planner.evaluation import COMPLIANT, EXCELLENT
from planner.evaluation.expressions import (
    RELATIVE_TOLERANCE,
    Arithmetic,
    BoolOp,
    Comparison,
    Condition,
    Name,
    Number,
    Term,
    evaluate_condition,
    indicators_in,
    interval_of,
    parse_term,
)
from planner.evaluation.indicators import INDICATORS, indicators_depending_on
from planner.evaluation.intervals import IndicatorRef, Interval
from planner.evaluation.ratings import FacilityFacts, applies_to, deciding_indicators
from planner.evaluation.rules import RuleSet
from planner.population.demand_points import quantum_of
from planner.reporting.document.records.plan import Entry
from planner.reporting.map.branch_choices import facts_by_choice, has_too_many_branches, stack_choices
from planner.reporting.rounding import rate_counts
from planner.results import Plan
from planner.results.outcome import Walks
from planner.schemas.tables import PREMISES

FOLLOWED = indicators_depending_on("open_set")
"""Indicators that follow the choice of open facilities; all others are the same for any choice."""

EVERYBODY = {"nearest", "overlap"}
"""Values of the page that count all who come; it holds nobody of neighbouring districts."""

DECIDING = (COMPLIANT, EXCELLENT)

Node = list[object] | bool | None


@dataclass(frozen=True, slots=True)
class _Premises:
    """A facility to rate, and the position of each limit among those of the page."""

    facts: FacilityFacts
    rings: Mapping[float, int]
    has_neighbours: bool = False


def followed_limits(rule_set: RuleSet) -> set[float]:
    """Return the limits, minutes, within which the page needs who reaches whom to apply a rule set."""
    refs = (ref for ref in deciding_indicators(rule_set) if ref.name in FOLLOWED)
    return {ref.limit_min for ref in refs if ref.limit_min is not None}


def what_if_rules(plan: Plan, rings: Sequence[float], order: NDArray[np.int64]) -> Entry:
    """Return the premises with what the rules ask of each, and what the page needs to answer.

    Parameters
    ----------
    plan
        Rules, measures and walking times.
    rings
        The page's limits, minutes.
    order
        The demand points in the page's order.

    Returns
    -------
    judged
        As JSON can hold it. `unfollowed` names the indicators that the page would need and cannot compute.
    """
    diagnosis = plan.diagnosis
    places = {limit: place for place, limit in enumerate(rings)}
    has_neighbours = bool(len(plan.inputs.neighbours.points))
    premises = [
        _of_premises(
            station,
            [_findings(_Premises(fact, places, has_neighbours), diagnosis.rule_set) for fact in facts],
            len(plan.outcome.walks),
        )
        for station, facts in facts_by_choice(plan).items()
    ]
    used = set(_words(premises))
    return {
        "premises": premises,
        "excellentShare": diagnosis.rule_set.excellent_share,
        "same": RELATIVE_TOLERANCE,
        "nearest": [_nearest_premises(plan, walks, order) for walks in plan.outcome.walks]
        if "nearest" in used
        else None,
        "old": _old(plan, order) if "old" in used else None,
        "unfollowed": sorted(
            {word.removeprefix("?") for word in used if word.startswith("?")}
            | ({"branch_of"} if has_too_many_branches(plan) else set())
        ),
        "today": _today(plan),
    }


def _of_premises(station: int, findings: list[list[Node]], choices_of_passages: int) -> Entry:
    """Pack what is asked of premises under each choice: what differs, and which of it holds for each choice."""
    different: list[list[Node]] = []
    for finding in findings:
        if finding not in different:
            different.append(finding)
    # Each choice of passages has one without and one with the upgrade, and in both all choices of branches.
    branches = (len(findings) // (2 * choices_of_passages)).bit_length() - 1
    return {
        "station": station,
        "branches": branches,
        "findings": different,
        "choices": [different.index(one) for one in findings] if len(different) > 1 else [],
    }


def _today(plan: Plan) -> Entry:
    ids = list(plan.inputs.communities["id"])
    rates = plan.diagnosis.rates
    shares = {name: rates[f"{name}_share"] for name in DECIDING}
    return {
        "weak": [ids.index(community) for community in plan.diagnosis.weak_communities],
        **{f"{name}Share": None if math.isnan(share) else share for name, share in shares.items()},
        "rated": {
            "assessed": rates["assessed"],
            "determined": rates["assessed"] - rates["undetermined"],
            **{name: rate_counts(rates, name)[0] for name in ("compliant", "excellent")},
        },
    }


def _findings(premises: _Premises, rule_set: RuleSet) -> list[Node]:
    """Return each deciding rule that applies to a facility: its grade, its condition and its weight."""
    nodes: list[Node] = []
    weights = _whole_weights(rule_set)
    for rule in rule_set.rules:
        applies = applies_to(rule, premises.facts)
        if rule.grade not in DECIDING or applies is False:
            continue
        node = _condition(rule.condition, premises)
        if applies is None:
            # Satisfied, it is passed; else it is not known whether the rule is for this facility at all.
            node = _joined([node, None], every=False)
        if rule.grade == COMPLIANT and node is False:
            return [[COMPLIANT, False, "0"]]
        nodes.append([rule.grade, node, weights[rule.id]])
    return nodes


def _whole_weights(rule_set: RuleSet) -> dict[str, str]:
    """Return weights in whole units of one power of two, so that the page can add them up exactly."""
    exact = {rule.id: Fraction(rule.weight) for rule in rule_set.rules}
    unit = max(weight.denominator for weight in exact.values())
    return {rule: str(int(weight * unit)) for rule, weight in exact.items()}


def _condition(condition: Condition, premises: _Premises) -> Node:
    """Return a condition with what cannot change evaluated."""
    if isinstance(condition, BoolOp):
        return _joined([_condition(part, premises) for part in condition.parts], every=condition.every)
    if not _follows(condition):
        return evaluate_condition(condition, premises.facts.values)[0]
    if not isinstance(condition, Comparison):
        return [f"?{ref}" for ref in indicators_in(condition)]
    return [condition.sign, _term(condition.left, premises), _term(condition.right, premises)]


def _follows(node: Condition | Term) -> bool:
    return any(ref.name in FOLLOWED for ref in indicators_in(node))


def _joined(parts: Iterable[Node], *, every: bool) -> Node:
    decided = not every
    left = [part for part in parts if part is not every]
    if any(part is decided for part in left):
        return decided
    if not left:
        return every
    return left[0] if len(left) == 1 else ["and" if every else "or", *left]


def _term(term: Term, premises: _Premises) -> list[object]:
    if isinstance(term, Number) or not _follows(term):
        return _span(interval_of(term, premises.facts.values))
    if isinstance(term, Arithmetic):
        return [term.sign, _term(term.left, premises), _term(term.right, premises)]
    return _indicator(term.ref, premises)


def _indicator(ref: IndicatorRef, premises: _Premises) -> list[object]:
    """Return an indicator that follows the choice, as the page computes it."""
    js = INDICATORS[ref.name].js
    if js is None or (premises.has_neighbours and EVERYBODY & set(js.split())):
        return [f"?{ref}"]
    formula, today = parse_term(js), premises.facts.values.numbers[ref]
    if isinstance(formula, Name) and math.isnan(today.value):
        # Without a community, its people, or their age, it is not known for any choice.
        return _span(today)
    return _js_term(formula, ref.limit_min, premises)


def _js_term(term: Term, limit_min: float | None, premises: _Premises) -> list[object]:
    """Return a formula of `Indicator.js`: its names are values of the page, or indicators."""
    match term:
        case Arithmetic(sign=sign, left=left, right=right):
            return [sign, _js_term(left, limit_min, premises), _js_term(right, limit_min, premises)]
        case Name(ref=ref) if ref.name not in INDICATORS:
            return [ref.name] if limit_min is None else [ref.name, premises.rings[limit_min]]
    return _term(term, premises)


def _span(interval: Interval) -> list[object]:
    low, high = (bound if math.isfinite(bound) else None for bound in (interval.low, interval.high))
    return ["span", low, high]


def _words(content: object) -> Iterator[str]:
    """Yield every word in nested lists and tables."""
    match content:
        case str():
            yield content
        case list():
            for inner in content:
                yield from _words(inner)
        case dict():
            yield from _words(list(content.values()))


def _old(plan: Plan, order: NDArray[np.int64]) -> Entry:
    """Pack the residents of 65 or more; where some are not known, no rule that the page follows counts them."""
    old = np.nan_to_num(residents_65(plan.inputs.demand))[order]
    grain = quantum_of(old)
    return {"grain": grain, "people": np.rint(old / grain).astype(np.int64).tolist()}


def _nearest_premises(plan: Plan, walks: Walks, order: NDArray[np.int64]) -> Entry:
    """Pack each demand point's premises within the horizon, their branches too, the nearest first, by station."""
    facilities = plan.outcome.with_branches
    main = main_facility(facilities)
    is_premises = facilities["tier"].isin(PREMISES).to_numpy()[main]
    times = stack_choices(walks.facilities, walks.branches).of_facilities(is_premises)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    point = rank[times.demand]
    # A walk to a branch counts for its centre, of whose community it is.
    to_centre = replace(times, facility=main[times.facility])
    others = serves_other_community(to_centre, plan.inputs.demand, facilities)
    nearest_first = np.lexsort((to_centre.facility, others, times.minutes, point))
    # The page numbers branches of projects behind the candidates.
    station = np.arange(len(facilities)) + (np.arange(len(facilities)) >= len(plan.inputs.facilities)) * len(
        plan.siting.candidates
    )
    return {
        "counts": np.bincount(point, minlength=len(order)).tolist(),
        "stations": station[times.facility[nearest_first]].tolist(),
    }
