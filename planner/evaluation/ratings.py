"""What the rules find for each centre, and the verdict that follows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from planner.evaluation import units
from planner.evaluation.expressions import (
    Comparison,
    IndicatorValues,
    Name,
    Predicate,
    evaluate,
    indicator_names,
    predicates,
)
from planner.evaluation.indicators import find_measure
from planner.evaluation.rating_names import COMPLIANT, EXCELLENT, UNDETERMINED, WEAK
from planner.evaluation.rule_validation import dimension_of
from planner.evaluation.rules import Rule, RuleSet

URBAN, RURAL, NEW = "urban", "rural", "new"


@dataclass(frozen=True, slots=True)
class FacilityFacts:
    """One centre as the rules see it: its tier, urban or rural ("" where not known), and what is known of it."""

    id: str
    tier: str
    place: str
    values: IndicatorValues


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What a rule finds for one centre.

    Attributes
    ----------
    rule, grade
        The rule's id and grade.
    passed
        None where the data cannot tell.
    value, at_least
        What decided: the first comparison that fails, or cannot be told, or the first. NaN is not known; then
        `at_least` is its lower limit where it has one.
    comparison, required, unit
        What is asked of the value, and the unit of both.
    unknown
        The measures that the rule speaks of and that are not known.
    """

    rule: str
    grade: str
    passed: bool | None
    value: float
    at_least: float
    comparison: str
    required: float
    unit: str
    unknown: tuple[str, ...]


def evaluate_rule(rule: Rule, facts: FacilityFacts, *, threshold: float = 1.0) -> RuleResult | None:
    """Apply a rule to a centre; None where it does not apply.

    What is not known is neither a pass nor a fail. Where it is not known whether a centre is of the place that a
    rule is for, the rule is passed if the centre satisfies it, and else not told.

    Parameters
    ----------
    rule, subject
        The rule and the centre.
    threshold
        What the rule's thresholds are multiplied by.

    Examples
    --------
    >>> from planner.evaluation.expressions import exactly
    >>> rule = Rule(id="floor", expression="floor_area_m2 >= 300", tiers=("community",), grade="compliant",
    ...     unit="m2", clause="-", evidence="own", en="Floor area", zh="面积")
    >>> centre = FacilityFacts("C1", "community", "urban", IndicatorValues({"floor_area_m2": exactly(300.0)}))
    >>> evaluate_rule(rule, centre).passed, evaluate_rule(rule, centre, threshold=1.1).passed
    (True, False)
    """
    concerned = applies_to(rule, facts)
    if concerned is False:
        return None
    passed, deciding = evaluate(rule.test, facts.values, threshold=threshold)
    if concerned is None and passed is not True:
        passed = None
    return RuleResult(
        rule=rule.id,
        grade=rule.grade,
        passed=passed,
        value=deciding.value,
        at_least=deciding.at_least,
        comparison=deciding.comparison,
        required=deciding.required,
        unit=_unit(deciding.leaf, rule),
        unknown=tuple(_unknown(rule, facts, hidden=concerned is None)),
    )


def evaluate_rules(facts: FacilityFacts, rule_set: RuleSet) -> list[RuleResult]:
    """Apply every rule of a profile; those that do not concern the centre find nothing."""
    found = [evaluate_rule(rule, facts) for rule in rule_set.rules]
    return [finding for finding in found if finding is not None]


def rating_of(results: Sequence[RuleResult], rule_set: RuleSet) -> str:
    """Return the verdict that follows from what the rules find; "" where none decides.

    Who fails a rule of grade compliant is weak; who fails none, but has an unknown among them, is undetermined;
    who passes all is compliant, and excellent if the rules of grade excellent that are passed have the weighted
    share that the profile asks for. Advice decides nothing.
    """
    required = [finding.passed for finding in results if finding.grade == COMPLIANT]
    if not any(finding.grade in (COMPLIANT, EXCELLENT) for finding in results):
        return ""
    if False in required:
        return WEAK
    if None in required:
        return UNDETERMINED
    low, _ = excellent_share_bounds(results, rule_set)
    return EXCELLENT if low >= rule_set.excellent_share else COMPLIANT


def excellent_share_bounds(results: Sequence[RuleResult], rule_set: RuleSet) -> tuple[float, float]:
    """Return the weighted share of the rules of grade excellent that are surely and perhaps passed; 0 of none."""
    weights = {rule.id: rule.weight for rule in rule_set.rules}
    further = [finding for finding in results if finding.grade == EXCELLENT]
    whole = math.fsum(weights[finding.rule] for finding in further)
    if not whole:
        return 0.0, 0.0
    sure = math.fsum(weights[finding.rule] for finding in further if finding.passed is True)
    perhaps = math.fsum(weights[finding.rule] for finding in further if finding.passed is not False)
    return sure / whole, perhaps / whole


def compute_score(results: Sequence[RuleResult], rule_set: RuleSet) -> float:
    """Return the weighted share of the rules that are passed, of those that can be told; NaN of none."""
    weights = {rule.id: rule.weight for rule in rule_set.rules}
    told = [finding for finding in results if finding.passed is not None]
    whole = math.fsum(weights[finding.rule] for finding in told)
    passed = math.fsum(weights[finding.rule] for finding in told if finding.passed)
    return passed / whole if whole else math.nan


def applies_to(rule: Rule, facts: FacilityFacts) -> bool | None:
    """Tell whether a rule is for a centre; None where its place is not known."""
    if facts.tier not in rule.tiers:
        return False
    answers: list[bool | None] = []
    areas = {URBAN, RURAL} & set(rule.places)
    if areas:
        answers.append(facts.place in areas if facts.place else None)
    if NEW in rule.places:
        built = facts.values.numbers["newly_built"].value
        answers.append(None if math.isnan(built) else built > 0)
    if False in answers:
        return False
    return None if None in answers else True


def _unknown(rule: Rule, facts: FacilityFacts, *, hidden: bool) -> Iterator[str]:
    for name in indicator_names(rule.test):
        span = facts.values.numbers.get(name)
        if facts.values.functions is None if span is None else span.low != span.high:
            yield name
    if hidden and NEW in rule.places:
        yield "newly_built"


def _unit(leaf: Predicate, rule: Rule) -> str:
    """Return the unit of a comparison: the rule's own for its first, else that of the measure in it."""
    if leaf == next(predicates(rule.test)):
        return rule.unit
    if not isinstance(leaf, Comparison):
        return units.YES_NO
    for term in (leaf.left, leaf.right):
        measure = find_measure(term.name) if isinstance(term, Name) else None
        if measure is not None:
            return measure.unit
    dimension = dimension_of(leaf.left)
    return next((name for name, one in units.UNITS.items() if one == dimension and name != "share"), "ratio")
