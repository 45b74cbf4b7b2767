"""What the rules find for each centre, and the verdict that follows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from planner.evaluation import units
from planner.evaluation.expressions import Comparison, Facts, Leaf, Name, answer, leaves, names_of
from planner.evaluation.indicators import find_measure
from planner.evaluation.rating_names import COMPLIANT, EXCELLENT, UNDETERMINED, WEAK
from planner.evaluation.rule_validation import dimension_of
from planner.evaluation.rules import Profile, Rule

URBAN, RURAL, NEW = "urban", "rural", "new"


@dataclass(frozen=True, slots=True)
class Subject:
    """One centre as the rules see it: its tier, urban or rural ("" where not known), and what is known of it."""

    id: str
    tier: str
    place: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Finding:
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


def apply_rule(rule: Rule, subject: Subject, *, threshold: float = 1.0) -> Finding | None:
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
    >>> centre = Subject("C1", "community", "urban", Facts({"floor_area_m2": exactly(300.0)}))
    >>> apply_rule(rule, centre).passed, apply_rule(rule, centre, threshold=1.1).passed
    (True, False)
    """
    concerned = concerns(rule, subject)
    if concerned is False:
        return None
    passed, deciding = answer(rule.test, subject.facts, threshold=threshold)
    if concerned is None and passed is not True:
        passed = None
    return Finding(
        rule=rule.id,
        grade=rule.grade,
        passed=passed,
        value=deciding.value,
        at_least=deciding.at_least,
        comparison=deciding.comparison,
        required=deciding.required,
        unit=_unit(deciding.leaf, rule),
        unknown=tuple(_unknown(rule, subject, hidden=concerned is None)),
    )


def judge(subject: Subject, profile: Profile) -> list[Finding]:
    """Apply every rule of a profile; those that do not concern the centre find nothing."""
    found = [apply_rule(rule, subject) for rule in profile.rules]
    return [finding for finding in found if finding is not None]


def verdict_of(findings: Sequence[Finding], profile: Profile) -> str:
    """Return the verdict that follows from what the rules find; "" where none decides.

    Who fails a rule of grade compliant is weak; who fails none, but has an unknown among them, is undetermined;
    who passes all is compliant, and excellent if the rules of grade excellent that are passed have the weighted
    share that the profile asks for. Advice decides nothing.
    """
    required = [finding.passed for finding in findings if finding.grade == COMPLIANT]
    if not any(finding.grade in (COMPLIANT, EXCELLENT) for finding in findings):
        return ""
    if False in required:
        return WEAK
    if None in required:
        return UNDETERMINED
    low, _ = excellence(findings, profile)
    return EXCELLENT if low >= profile.excellent_share else COMPLIANT


def excellence(findings: Sequence[Finding], profile: Profile) -> tuple[float, float]:
    """Return the weighted share of the rules of grade excellent that are surely and perhaps passed; 0 of none."""
    weights = {rule.id: rule.weight for rule in profile.rules}
    further = [finding for finding in findings if finding.grade == EXCELLENT]
    whole = math.fsum(weights[finding.rule] for finding in further)
    if not whole:
        return 0.0, 0.0
    sure = math.fsum(weights[finding.rule] for finding in further if finding.passed is True)
    perhaps = math.fsum(weights[finding.rule] for finding in further if finding.passed is not False)
    return sure / whole, perhaps / whole


def score_of(findings: Sequence[Finding], profile: Profile) -> float:
    """Return the weighted share of the rules that are passed, of those that can be told; NaN of none."""
    weights = {rule.id: rule.weight for rule in profile.rules}
    told = [finding for finding in findings if finding.passed is not None]
    whole = math.fsum(weights[finding.rule] for finding in told)
    passed = math.fsum(weights[finding.rule] for finding in told if finding.passed)
    return passed / whole if whole else math.nan


def concerns(rule: Rule, subject: Subject) -> bool | None:
    """Tell whether a rule is for a centre; None where its place is not known."""
    if subject.tier not in rule.tiers:
        return False
    answers: list[bool | None] = []
    areas = {URBAN, RURAL} & set(rule.places)
    if areas:
        answers.append(subject.place in areas if subject.place else None)
    if NEW in rule.places:
        built = subject.facts.numbers["newly_built"].value
        answers.append(None if math.isnan(built) else built > 0)
    if False in answers:
        return False
    return None if None in answers else True


def _unknown(rule: Rule, subject: Subject, *, hidden: bool) -> Iterator[str]:
    for name in names_of(rule.test):
        span = subject.facts.numbers.get(name)
        if subject.facts.functions is None if span is None else span.low != span.high:
            yield name
    if hidden and NEW in rule.places:
        yield "newly_built"


def _unit(leaf: Leaf, rule: Rule) -> str:
    """Return the unit of a comparison: the rule's own for its first, else that of the measure in it."""
    if leaf == next(leaves(rule.test)):
        return rule.unit
    if not isinstance(leaf, Comparison):
        return units.YES_NO
    for term in (leaf.left, leaf.right):
        measure = find_measure(term.name) if isinstance(term, Name) else None
        if measure is not None:
            return measure.unit
    dimension = dimension_of(leaf.left)
    return next((name for name, one in units.UNITS.items() if one == dimension and name != "share"), "ratio")
