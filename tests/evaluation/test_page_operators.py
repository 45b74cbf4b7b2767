"""Every operator of a rule, and rules as a whole, give in the map's script what they give in Python."""

from __future__ import annotations

import itertools
import json
import math
import random

from page_script import run_script

from planner.evaluation.expressions import (
    COMPARISONS,
    OPERATORS,
    RELATIVE_TOLERANCE,
    Arithmetic,
    BoolOp,
    Comparison,
    Condition,
    Name,
    Number,
    Term,
    compare_intervals,
    evaluate_condition,
    parse_expression,
)
from planner.evaluation.intervals import IndicatorRef, IndicatorValues, Interval

BOUNDS = (-math.inf, -7.25, -1.0, -1e-300, -0.0, 0.0, 0.1 + 0.2, 0.3, 1.0, 3.0 * (1 + 1e-10), 3.0, 1e300, math.inf)
"""With numbers that are one within `RELATIVE_TOLERANCE`, that overflow, and that divide by nothing."""

SCRIPT = """
const number = (text) => Number(text);
const text = (value) => (Object.is(value, -0) ? "0" : String(value));
const pairs = {pairs}.map((pair) => pair.map((interval) => interval.map(number)));
const each = (table, write) => Object.fromEntries(
  Object.entries(table).map(([sign, operation]) => [sign, pairs.map(([a, b]) => write(operation(a, b)))]));
return {{ operators: each(rules_js.operators, (bounds) => bounds.map(text)),
          comparisons: each(rules_js.comparisonsWithin({tolerance}), (answer) => answer) }};
"""


def intervals() -> list[Interval]:
    """Return points and intervals over all bounds, in any order that an interval may have."""
    return [Interval(low, high) for low, high in itertools.combinations_with_replacement(BOUNDS, 2)]


def test_the_page_has_every_operator_and_gives_the_same_bounds() -> None:
    every = list(itertools.product(intervals(), repeat=2))
    pairs = random.Random(20).sample(every, 2000)  # noqa: S311 - cases, not secrets
    written = [[[_text(bound) for bound in (one.low, one.high)] for one in pair] for pair in pairs]
    page = run_script(SCRIPT.format(tolerance=RELATIVE_TOLERANCE, pairs=json.dumps(written)))
    assert list(page["operators"]) == list(OPERATORS)
    for sign, operator in OPERATORS.items():
        expected = [operator.intervals(*pair) for pair in pairs]
        shown = [tuple(map(float, _python(bounds))) for bounds in page["operators"][sign]]
        assert shown == [(one.low, one.high) for one in expected], sign
    assert sorted(page["comparisons"]) == sorted(COMPARISONS)
    for sign in COMPARISONS:
        assert page["comparisons"][sign] == [compare_intervals(*(left, sign, right)) for left, right in pairs], (
            sign
        )


def _text(bound: float) -> str:
    return repr(bound).replace("inf", "Infinity")


def _python(bounds: list[str]) -> list[str]:
    return [bound.replace("Infinity", "inf") for bound in bounds]


WORDS = tuple("abc")


def random_rule(random_source: random.Random, depth: int = 3) -> str:
    """Return the text of a rule over three indicators, with every operator and joint that rules have."""
    if depth and random_source.random() < 0.7:
        parts = [random_rule(random_source, depth - 1) for _ in range(2)]
        return random_source.choice(("({} and {})", "({} or {})", "not {}")).format(*parts)
    return " ".join(
        (_random_term(random_source), random_source.choice(list(COMPARISONS)), _random_term(random_source))
    )


def _random_term(random_source: random.Random, depth: int = 2) -> str:
    if depth and random_source.random() < 0.6:
        left, right = (_random_term(random_source, depth - 1) for _ in range(2))
        return f"({left} {random_source.choice(list(OPERATORS))} {right})"
    return random_source.choice((*WORDS, "0.3", "2", "7.5"))


def _node(part: Condition | Term) -> list[object]:
    """Write a parsed rule as the page reads it; each indicator is a value of the page."""
    match part:
        case BoolOp():
            return ["and" if part.every else "or", *map(_node, part.parts)]
        case Comparison() | Arithmetic():
            return [part.sign, _node(part.left), _node(part.right)]
        case Number():
            return ["span", part.value, part.value]
        case Name():
            return [part.ref.name]
    raise AssertionError(part)


def test_whole_rules_give_the_same_answer_in_the_page() -> None:
    source = random.Random(14)  # noqa: S311 - cases, not secrets
    rules = [random_rule(source) for _ in range(400)]
    points = [Interval(value, value) for value in (0.1 + 0.2, 0.3, 2.0, -1.0, 0.0)]
    known = [{word: source.choice([*points, *intervals()]) for word in WORDS} for _ in rules]
    expected = [
        evaluate_condition(
            parse_expression(rule), IndicatorValues({IndicatorRef(word): of for word, of in values.items()})
        )[0]
        for rule, values in zip(rules, known, strict=True)
    ]
    cases = [
        [_node(parse_expression(rule)), {word: [_text(of.low), _text(of.high)] for word, of in values.items()}]
        for rule, values in zip(rules, known, strict=True)
    ]
    shown = run_script(
        f"""const evaluate = rules_js.evaluatorWithin({RELATIVE_TOLERANCE});
        return {json.dumps(cases)}.map(([node, known]) => evaluate(node, Object.fromEntries(
            Object.entries(known).map(([word, bounds]) => [word, () => bounds.map(Number)]))));"""
    )
    assert shown == expected
    assert {True, False, None} == set(expected)
