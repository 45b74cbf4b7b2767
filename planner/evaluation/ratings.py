"""Results of rules for each facility, and the rating that follows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from planner.evaluation import COMPLIANT, EXCELLENT, UNDETERMINED, WEAK, intervals
from planner.evaluation.expressions import (
    Comparison,
    Name,
    Predicate,
    evaluate_condition,
    indicators_in,
    list_predicates,
)
from planner.evaluation.indicators import INDICATORS, indicators_depending_on
from planner.evaluation.intervals import IndicatorRef, IndicatorValues
from planner.evaluation.rule_files import dimension_of
from planner.evaluation.rules import Rule, RuleSet

URBAN, RURAL, NEW = "urban", "rural", "new"


@dataclass(frozen=True, slots=True)
class FacilityFacts:
    """A facility for rules: id, tier, urban or rural ("" where not known), and its indicators."""

    id: str
    tier: str
    setting: str
    values: IndicatorValues


@dataclass(frozen=True, slots=True)
class RuleResult:
    """Result of a rule for one facility."""

    rule: str
    grade: str
    """`rule`, `grade`: The rule's id and grade."""
    passed: bool | None
    """None where data do not suffice."""
    value: float
    at_least: float
    """`value`, `at_least`: Value of the deciding predicate: the first that fails, or is unknown, or the first. NaN
    is not known; then `at_least` is its lower bound where it has one."""
    comparison: str
    required: float
    unit: str
    """`comparison`, `required`, `unit`: The requirement on the value, and the unit of both."""
    unknown: tuple[str, ...]
    """The rule's indicators that are not known."""


def evaluate_rule(rule: Rule, facts: FacilityFacts, *, threshold: float = 1.0) -> RuleResult | None:
    """Evaluate a rule for a facility; None where it does not apply.

    Where it is not known whether the rule applies, it is passed if the facility satisfies it, else unknown.

    Parameters
    ----------
    rule, facts
        The rule and the facility.
    threshold
        Factor on the rule's thresholds.

    Examples
    --------
    >>> from planner.evaluation.intervals import IndicatorRef, exact_interval
    >>> rule = Rule(id="floor", expression="floor_area_m2 >= 300", tiers=("community",), grade="compliant",
    ...     unit="m2", clause="-", evidence="own", en="Floor area", zh="面积")
    >>> values = IndicatorValues({IndicatorRef("floor_area_m2"): exact_interval(300.0)})
    >>> facility = FacilityFacts("C1", "community", "urban", values)
    >>> evaluate_rule(rule, facility).passed, evaluate_rule(rule, facility, threshold=1.1).passed
    (True, False)
    """
    applies = applies_to(rule, facts)
    if applies is False:
        return None
    passed, deciding = evaluate_condition(rule.condition, facts.values, threshold=threshold)
    return RuleResult(
        rule=rule.id,
        grade=rule.grade,
        passed=passed if applies or passed else None,
        value=deciding.value,
        at_least=deciding.at_least,
        comparison=deciding.comparison,
        required=deciding.required,
        unit=_unit(deciding.predicate, rule),
        unknown=tuple(_unknown(rule, facts, hidden=applies is None)),
    )


def evaluate_rules(facts: FacilityFacts, rule_set: RuleSet) -> list[RuleResult]:
    """Evaluate every rule that applies to a facility."""
    results = (evaluate_rule(rule, facts) for rule in rule_set.rules)
    return [result for result in results if result is not None]


def rating_of(results: Sequence[RuleResult], rule_set: RuleSet) -> str:
    """Return the rating that follows from rule results; "" where no rule decides.

    A facility that fails a rule of grade compliant is weak; one that fails none, but has an unknown among them, is
    undetermined; one that passes all is compliant, and excellent if the rules of grade excellent that it passes
    have the required weighted share. Advice decides nothing.
    """
    required = [result.passed for result in results if result.grade == COMPLIANT]
    if not any(result.grade in (COMPLIANT, EXCELLENT) for result in results):
        return ""
    if False in required:
        return WEAK
    if None in required:
        return UNDETERMINED
    low, _ = excellent_share_bounds(results, rule_set)
    return EXCELLENT if low >= rule_set.excellent_share else COMPLIANT


def excellent_share_bounds(results: Sequence[RuleResult], rule_set: RuleSet) -> tuple[float, float]:
    """Return bounds of the weighted share of the rules of grade excellent that are passed; 0 of none."""
    weights = {rule.id: rule.weight for rule in rule_set.rules}
    further = [result for result in results if result.grade == EXCELLENT]
    total = math.fsum(weights[result.rule] for result in further)
    if not total:
        return 0.0, 0.0
    low = math.fsum(weights[result.rule] for result in further if result.passed is True)
    high = math.fsum(weights[result.rule] for result in further if result.passed is not False)
    return low / total, high / total


def compute_score(results: Sequence[RuleResult], rule_set: RuleSet) -> float:
    """Return the weighted share of the rules passed, of those that are not unknown; NaN of none."""
    weights = {rule.id: rule.weight for rule in rule_set.rules}
    total = math.fsum(weights[result.rule] for result in results if result.passed is not None)
    passed = math.fsum(weights[result.rule] for result in results if result.passed)
    return passed / total if total else math.nan


def applies_to(rule: Rule, facts: FacilityFacts) -> bool | None:
    """Return True if a rule applies to a facility; None where its setting is not known."""
    if facts.tier not in rule.tiers:
        return False
    answers: list[bool | None] = []
    areas = {URBAN, RURAL} & set(rule.places)
    if areas:
        answers.append(facts.setting in areas if facts.setting else None)
    if NEW in rule.places:
        built = facts.values["newly_built"].value
        answers.append(None if math.isnan(built) else built > 0)
    if False in answers:
        return False
    return None if None in answers else True


def deciding_indicators(rule_set: RuleSet) -> set[IndicatorRef]:
    """Return the indicators that decide ratings."""
    deciding = (rule for rule in rule_set.rules if rule.grade in (COMPLIANT, EXCELLENT))
    return {ref for rule in deciding for ref in indicators_in(rule.condition)}


def uses_service_areas(rule_set: RuleSet) -> bool:
    """Return True if any rule uses service areas (expensive to draw)."""
    drawn = indicators_depending_on("areas")
    return any(ref.name in drawn for rule in rule_set.rules for ref in indicators_in(rule.condition))


def _unknown(rule: Rule, facts: FacilityFacts, *, hidden: bool) -> Iterator[str]:
    for ref in indicators_in(rule.condition):
        interval = facts.values.numbers.get(ref)
        if facts.values.functions is None if interval is None else interval.low != interval.high:
            yield str(ref)
    if hidden and NEW in rule.places:
        yield "newly_built"


def _unit(predicate: Predicate, rule: Rule) -> str:
    """Return the unit of a predicate: the rule's own for its first, else that of the indicator in it."""
    if predicate == next(list_predicates(rule.condition)):
        return rule.unit
    if not isinstance(predicate, Comparison):
        return intervals.YES_NO
    for term in (predicate.left, predicate.right):
        if isinstance(term, Name):
            return INDICATORS[term.ref.name].unit
    dimension = dimension_of(predicate.left)
    return next((name for name, unit in intervals.UNITS.items() if unit == dimension and name != "share"), "ratio")
