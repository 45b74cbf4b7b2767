"""What if: data with which the page rates premises for any choice of open centres, as `ratings` does.

What does not depend on the choice is answered here. What does travels as nested lists, which the page evaluates
with the same operations on the same doubles. What the page cannot reckon is named: then it shows only today's
verdicts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from planner.accessibility.access_data import PREMISES, residents_65, serves_other_community
from planner.accessibility.branches import main_facility
from planner.evaluation.expressions import (
    SAME,
    Arithmetic,
    BoolOp,
    Comparison,
    Interval,
    Name,
    Term,
    Test,
    evaluate,
    indicator_names,
    indicator_names_of_term,
    span_of,
)
from planner.evaluation.indicators import find_measure, limit_of
from planner.evaluation.rating_names import COMPLIANT, EXCELLENT
from planner.evaluation.ratings import FacilityFacts, applies_to
from planner.evaluation.rules import RuleSet
from planner.population.fixed_point import grain_of
from planner.reporting.document.build import Document
from planner.reporting.map.branch_choices import branch_choices, has_too_many_branches
from planner.reporting.map.varint import encode_varints
from planner.reporting.rates import rate_counts
from planner.results import Plan

FIXED = frozenset(
    {
        *("floor_area_m2", "activity_area_m2", "activity_share", "open_hours_week", "step_free", "newly_built"),
        *("functions", "functions_share", "functions_missing", "people", "households", "people_within"),
        *("area_ratio", "detour", "detour_worst", "blocked_directions", "catchment_people"),
        *("catchment_people_weighted", "m2_per_person_2sfca", "m2_per_person_e2sfca"),
    }
)
"""Measures of a centre that are the same whichever others are open."""

FOLLOWED = {
    "own_covered_share": "own",
    "covered_share": "covered",
    "people_65_uncovered": "old",
    "overlap_share": "overlap",
    "people_nearest": "nearest",
    "people_per_m2": "nearest",
}
"""Measures that follow the choice, and what the page reckons for them; it can follow no others."""

DECIDING = (COMPLIANT, EXCELLENT)

Node = list[object] | bool | None


@dataclass(frozen=True, slots=True)
class _Premises:
    """A facility to rate, and the position of each limit among those of the page."""

    facts: FacilityFacts
    rings: Mapping[float, int]


def followed_limits(profile: RuleSet) -> set[float]:
    """Return the limits, minutes, within which the page needs who reaches whom to apply a rule set."""
    names = {name for rule in profile.rules if rule.grade in DECIDING for name in indicator_names(rule.test)}
    return {limit for name in names if _kind(name) == "own_covered_share" and (limit := limit_of(name))}


def what_if_rules(plan: Plan, rings: Sequence[float], order: NDArray[np.int64]) -> Document:
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
        As JSON can hold it. `unfollowed` names the measures that the page would need and cannot reckon.
    """
    diagnosis = plan.diagnosis
    places = {limit: place for place, limit in enumerate(rings)}
    choices = branch_choices(plan)
    premises = [
        {
            "station": station,
            "findings": [
                _findings(_Premises(one, places), diagnosis.rule_set) for one in (facts, *choices.get(station, ()))
            ],
        }
        for station, facts in enumerate(diagnosis.facts)
        if facts.tier in PREMISES
    ]
    used = set(_words(premises))
    return {
        "premises": premises,
        "excellentShare": diagnosis.rule_set.excellent_share,
        "same": SAME,
        "nearest": _nearest_premises(plan, order) if "nearest" in used else None,
        "old": _old(plan, order) if "old" in used else None,
        "unfollowed": sorted(
            {word.removeprefix("?") for word in used if word.startswith("?")}
            | ({"branch_of"} if has_too_many_branches(plan) else set())
        ),
        "today": _today(plan),
    }


def _today(plan: Plan) -> Document:
    ids = list(plan.inputs.communities["id"])
    rates = plan.diagnosis.rates
    shares = {name: rates[f"{name}_share"] for name in DECIDING}
    return {
        "weak": [ids.index(one) for one in plan.diagnosis.weak_communities],
        **{f"{name}Share": None if math.isnan(share) else share for name, share in shares.items()},
        "rated": {
            "assessed": rates["assessed"],
            "determined": rates["assessed"] - rates["undetermined"],
            **{name: rate_counts(rates, name)[0] for name in ("compliant", "excellent")},
        },
    }


def _findings(premises: _Premises, profile: RuleSet) -> list[Node]:
    """Return each deciding rule that applies to a facility: its grade, its condition and its weight."""
    found: list[Node] = []
    weights = _whole_weights(profile)
    for rule in profile.rules:
        concerned = applies_to(rule, premises.facts)
        if rule.grade not in DECIDING or concerned is False:
            continue
        asked = _asked(rule.test, premises)
        if concerned is None:
            # Satisfied, it is passed; else it is not known whether the rule is for this centre at all.
            asked = _joined([asked, None], every=False)
        if rule.grade == COMPLIANT and asked is False:
            return [[COMPLIANT, False, "0"]]
        found.append([rule.grade, asked, weights[rule.id]])
    return found


def _whole_weights(profile: RuleSet) -> dict[str, str]:
    """Return weights in whole units of one power of two, so that the page can add them up exactly."""
    exact = {rule.id: Fraction(rule.weight) for rule in profile.rules}
    unit = max(weight.denominator for weight in exact.values())
    return {rule: str(int(weight * unit)) for rule, weight in exact.items()}


def _asked(test: Test, premises: _Premises) -> Node:
    """Return a test with what cannot change answered."""
    if isinstance(test, BoolOp):
        return _joined([_asked(part, premises) for part in test.parts], every=test.every)
    if all(_kind(name) in FIXED for name in indicator_names(test)):
        return evaluate(test, premises.facts.values)[0]
    if not isinstance(test, Comparison):
        return [f"?{name}" for name in indicator_names(test)]
    return [test.sign, _term(test.left, premises), _term(test.right, premises)]


def _joined(parts: Iterable[Node], *, every: bool) -> Node:
    decided = not every
    left = [part for part in parts if part is not every]
    if any(part is decided for part in left):
        return decided
    if not left:
        return every
    return left[0] if len(left) == 1 else ["and" if every else "or", *left]


def _term(term: Term, premises: _Premises) -> list[object]:
    if all(_kind(name) in FIXED for name in indicator_names_of_term(term)):
        return _span(span_of(term, premises.facts.values))
    if isinstance(term, Arithmetic):
        return [term.sign, _term(term.left, premises), _term(term.right, premises)]
    assert isinstance(term, Name)  # noqa: S101 - a number without a name is fixed
    return _measure(term.name, premises)


def _measure(name: str, premises: _Premises) -> list[object]:
    """Return a measure that follows the choice, as the page reckons it."""
    numbers, reckoned = premises.facts.values.numbers, FOLLOWED.get(_kind(name))
    if reckoned is None:
        return [f"?{name}"]
    if name == "people_per_m2":
        return ["/", [reckoned], _span(numbers["floor_area_m2"])]
    if math.isnan(numbers[name].value):
        # Without a community, its people, or their age, it is not known for any choice.
        return _span(numbers[name])
    limit = limit_of(name)
    return [reckoned] if limit is None else [reckoned, premises.rings[limit]]


def _span(span: Interval) -> list[object]:
    low, high = (bound if math.isfinite(bound) else None for bound in (span.low, span.high))
    return ["span", low, high]


def _kind(name: str) -> str:
    measure = find_measure(name)
    return measure.name if measure else name


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


def _old(plan: Plan, order: NDArray[np.int64]) -> Document:
    """Pack the residents of 65 or more; where some are not known, no rule that the page follows counts them."""
    old = np.nan_to_num(residents_65(plan.inputs.demand))[order]
    grain = grain_of(old)
    return {"grain": grain, "people": encode_varints(np.rint(old / grain).astype(np.int64))}


def _nearest_premises(plan: Plan, order: NDArray[np.int64]) -> Document:
    """Pack each demand point's premises within the horizon, their branches too, the nearest first, by station."""
    facilities = plan.inputs.facilities
    main = main_facility(facilities)
    is_premises = facilities["tier"].isin(PREMISES).to_numpy()[main]
    times = plan.times.of_facilities(is_premises)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    point = rank[times.demand]
    # A walk to a branch counts for its centre, of whose community it is.
    to_centre = replace(times, facility=main[times.facility])
    others = serves_other_community(to_centre, plan.inputs.demand, facilities)
    nearest_first = np.lexsort((to_centre.facility, others, times.minutes, point))
    return {
        "counts": encode_varints(np.bincount(point, minlength=len(order))),
        "stations": encode_varints(times.facility[nearest_first]),
    }
