"""Rule expressions: parsed safely, and evaluated to true, false or unknown.

An expression compares arithmetic over indicators (``floor_area_m2 / (households / 100) >= 30``), names a flag
(``step_free``, ``not step_free``), tests for a word in a list (``"library" in functions``), or joins such parts
with ``and`` and ``or``. Python's own parser reads it; only these forms are accepted and nothing is ever run.

Indicators are intervals, so that a rule is decided wherever what is known suffices, and only there. `OPERATORS`
and `COMPARISONS` are the operators; the map's script (map/js/rules.js) has the same, compared one by one
in tests/evaluation/test_page_operators.py.
"""

from __future__ import annotations

import ast
import itertools
import math
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from planner.evaluation.intervals import (
    ANYTHING,
    Dimension,
    IndicatorRef,
    IndicatorValues,
    Interval,
    product_dimension,
    quotient_dimension,
    sum_dimension,
)

MAX_CHARACTERS = 500
"""Length of an expression; a longer one is no rule that somebody can check."""

RELATIVE_TOLERANCE = 1e-9
"""Two doubles that differ by less than this, relatively, are one number, so that an exact threshold is met."""

Sign = Literal[">=", "<=", ">", "<"]


def is_above(value: float, threshold: float) -> bool:
    """Return True if a value exceeds a threshold by more than the last digits of a double.

    Examples
    --------
    >>> is_above(0.1 + 0.2, 0.3), is_above(0.31, 0.3)
    (False, True)
    """
    return value > threshold and not math.isclose(value, threshold, rel_tol=RELATIVE_TOLERANCE)


@dataclass(frozen=True, slots=True)
class ComparisonOperator:
    """A comparison of two numbers, how results print it, its negation, and itself with the sides exchanged."""

    node: type[ast.cmpop]
    printed: str
    negated: Sign
    mirrored: Sign
    holds: Callable[[float, float], bool]


COMPARISONS: dict[Sign, ComparisonOperator] = {
    ">=": ComparisonOperator(ast.GtE, "≥", "<", "<=", lambda left, right: not is_above(right, left)),
    "<=": ComparisonOperator(ast.LtE, "≤", ">", ">=", lambda left, right: not is_above(left, right)),
    ">": ComparisonOperator(ast.Gt, ">", "<=", "<", is_above),
    "<": ComparisonOperator(ast.Lt, "<", ">=", ">", lambda left, right: is_above(right, left)),
}


@dataclass(frozen=True, slots=True)
class ArithmeticOperator:
    """An operation on two intervals, and on their dimensions (None: a plain number)."""

    node: type[ast.operator]
    intervals: Callable[[Interval, Interval], Interval]
    dimension: Callable[[Dimension | None, Dimension | None], Dimension | None]


def _add(left: Interval, right: Interval) -> Interval:
    return _checked(left.low + right.low, left.high + right.high)


def _subtract(left: Interval, right: Interval) -> Interval:
    return _checked(left.low - right.high, left.high - right.low)


def _multiply(left: Interval, right: Interval) -> Interval:
    return _over_corners(operator.mul, left, right)


def _divide(left: Interval, right: Interval) -> Interval:
    return ANYTHING if right.low <= 0 <= right.high else _over_corners(operator.truediv, left, right)


def _checked(low: float, high: float) -> Interval:
    return ANYTHING if math.isnan(low) or math.isnan(high) else Interval(low, high)


def _over_corners(operation: Callable[[float, float], float], left: Interval, right: Interval) -> Interval:
    corners = [operation(a, b) for a, b in itertools.product((left.low, left.high), (right.low, right.high))]
    return ANYTHING if any(map(math.isnan, corners)) else Interval(min(corners), max(corners))


OPERATORS: dict[str, ArithmeticOperator] = {
    "+": ArithmeticOperator(ast.Add, _add, sum_dimension),
    "-": ArithmeticOperator(ast.Sub, _subtract, sum_dimension),
    "*": ArithmeticOperator(ast.Mult, _multiply, product_dimension),
    "/": ArithmeticOperator(ast.Div, _divide, quotient_dimension),
}


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """An indicator."""

    ref: IndicatorRef


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two terms joined by one of `OPERATORS`."""

    sign: str
    left: Term
    right: Term


Term = Number | Name | Arithmetic


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two terms compared."""

    left: Term
    sign: Sign
    right: Term


@dataclass(frozen=True, slots=True)
class Flag:
    """An indicator that must be true, or false."""

    ref: IndicatorRef
    expected: bool = True


@dataclass(frozen=True, slots=True)
class Contains:
    """A word that a list must contain, or not contain."""

    word: str
    ref: IndicatorRef
    expected: bool = True


@dataclass(frozen=True, slots=True)
class BoolOp:
    """Conditions of which all, or any, must hold."""

    parts: tuple[Condition, ...]
    every: bool


Predicate = Comparison | Flag | Contains
Condition = Predicate | BoolOp


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Result of one predicate."""

    predicate: Predicate
    """What was evaluated."""
    passed: bool | None
    """None where what is known does not suffice."""
    value: float
    comparison: str
    required: float
    """`value`, `comparison`, `required`: Both sides, and ≥, ≤, >, < or = between them; NaN where not known. A flag
    or a word is 1 or 0."""
    at_least: float = field(default=math.nan)
    """Lower bound of a value that is not known; else NaN."""


class ExpressionError(ValueError):
    """An expression holds what a rule may not; `key` is the message in the catalogue."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)


@cache
def parse_expression(expression: str) -> Condition:
    """Parse an expression.

    Raises
    ------
    ExpressionError
        It is no comparison, flag or membership, or holds anything but numbers, indicators and `OPERATORS`.
    SyntaxError, ValueError, RecursionError, MemoryError
        Python's parser cannot read it.

    Examples
    --------
    >>> parse_expression("floor_area_m2 >= 300").right
    Number(value=300.0)
    >>> parse_expression("not (step_free and people < 5)").every
    False
    """
    if len(expression) > MAX_CHARACTERS:
        raise ExpressionError("rule_too_long")
    return _condition(ast.parse(expression.strip(), mode="eval").body, expected=True)


def _condition(node: ast.expr, *, expected: bool) -> Condition:
    """Read what is true or false; `not` is carried down to the predicates."""
    match node:
        case ast.BoolOp(op=joint, values=parts):
            every = isinstance(joint, ast.And) == expected
            return BoolOp(tuple(_condition(part, expected=expected) for part in parts), every)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _condition(inner, expected=not expected)
        case ast.Name(id=name):
            return Flag(IndicatorRef.parse(name), expected)
        case ast.Compare(
            left=ast.Constant(value=str(word)),
            ops=[ast.In() | ast.NotIn() as sign],
            comparators=[ast.Name(id=name)],
        ):
            return Contains(word, IndicatorRef.parse(name), isinstance(sign, ast.In) == expected)
        case ast.Compare(left=left, ops=[sign], comparators=[right]):
            for symbol, comparison in COMPARISONS.items():
                if isinstance(sign, comparison.node):
                    return _comparison(_term(left), symbol if expected else comparison.negated, _term(right))
    raise ExpressionError("rule_not_one_comparison")


def _comparison(left: Term, sign: Sign, right: Term) -> Comparison:
    # "300 <= floor_area_m2" requires 300 of a floor area: results print it as "floor_area_m2 >= 300".
    if is_constant(left) and not is_constant(right):
        return Comparison(right, COMPARISONS[sign].mirrored, left)
    return Comparison(left, sign, right)


def _term(node: ast.expr) -> Term:
    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float() as value):
            return Number(float(value))
        case ast.Name(id=name):
            return Name(IndicatorRef.parse(name))
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            term = _term(inner)
            return Number(-term.value) if isinstance(term, Number) else Arithmetic("-", Number(0.0), term)
        case ast.BinOp(op=sign, left=left, right=right):
            for symbol, arithmetic in OPERATORS.items():
                if isinstance(sign, arithmetic.node):
                    return Arithmetic(symbol, _term(left), _term(right))
    raise ExpressionError("rule_not_arithmetic")


@cache
def parse_term(text: str) -> Term:
    """Parse arithmetic without a comparison.

    Examples
    --------
    >>> parse_term("nearest / 2").sign
    '/'
    """
    return _term(ast.parse(text, mode="eval").body)


def list_predicates(condition: Condition) -> Iterator[Predicate]:
    """Yield the comparisons, flags and words of a condition, left to right."""
    if isinstance(condition, BoolOp):
        for part in condition.parts:
            yield from list_predicates(part)
    else:
        yield condition


def indicators_in(node: Condition | Term) -> tuple[IndicatorRef, ...]:
    """Return the indicators that a condition or a term uses, each once.

    Examples
    --------
    >>> condition = parse_expression("floor_area_m2 / (households / 100) >= 30 or step_free")
    >>> [str(ref) for ref in indicators_in(condition)]
    ['floor_area_m2', 'households', 'step_free']
    """
    return tuple(dict.fromkeys(_refs(node)))


def _refs(node: Condition | Term) -> Iterator[IndicatorRef]:
    match node:
        case BoolOp(parts=parts):
            for part in parts:
                yield from _refs(part)
        case Flag(ref=ref) | Contains(ref=ref) | Name(ref=ref):
            yield ref
        case Comparison(left=left, right=right) | Arithmetic(left=left, right=right):
            yield from _refs(left)
            yield from _refs(right)


def is_constant(term: Term) -> bool:
    """Return True if a term uses no indicator."""
    return not indicators_in(term)


def evaluate_condition(
    condition: Condition, values: IndicatorValues, *, threshold: float = 1.0
) -> tuple[bool | None, Evaluation]:
    """Evaluate a condition for one facility.

    Parameters
    ----------
    condition
        Of a rule.
    values
        The facility's indicators.
    threshold
        Factor on the threshold of each comparison: on the side without indicators, else on the right one.

    Returns
    -------
    passed
        None where what is known does not suffice: missing data is neither a pass nor a fail.
    deciding
        The first predicate that fails; where none does, the first unknown; else the first.

    Examples
    --------
    >>> floor, step_free = IndicatorRef("floor_area_m2"), IndicatorRef("step_free")
    >>> values = IndicatorValues({floor: Interval(300.0, 300.0), step_free: ANYTHING})
    >>> condition = parse_expression("floor_area_m2 >= 300")
    >>> [evaluate_condition(condition, values, threshold=factor)[0] for factor in (1.0, 1.1)]
    [True, False]
    >>> both = [parse_expression(f"floor_area_m2 >= 300 {joint} step_free") for joint in ("and", "or")]
    >>> [evaluate_condition(condition, values)[0] for condition in both]
    [None, True]
    """
    if not isinstance(condition, BoolOp):
        evaluation = _evaluate_predicate(condition, values, threshold)
        return evaluation.passed, evaluation
    parts = [evaluate_condition(part, values, threshold=threshold) for part in condition.parts]
    passed = join_answers([answer for answer, _ in parts], every=condition.every)
    order: tuple[bool | None, ...] = (False, None, True) if passed is not True else (True, None, False)
    return passed, min(parts, key=lambda part: order.index(part[0]))[1]


def join_answers(answers: list[bool | None], *, every: bool) -> bool | None:
    """Return whether all, or any, hold, in three-valued logic."""
    decided = not every
    if decided in answers:
        return decided
    return None if None in answers else every


def _evaluate_predicate(predicate: Predicate, values: IndicatorValues, threshold: float) -> Evaluation:
    match predicate:
        case Flag(ref=ref, expected=expected):
            value = values.numbers[ref].value
            passed = None if math.isnan(value) else (value > 0) == expected
            return Evaluation(predicate, passed, value, "=", float(expected))
        case Contains(word=word, expected=expected):
            if values.functions is None:
                return Evaluation(predicate, None, math.nan, "=", float(expected))
            held = word in values.functions
            return Evaluation(predicate, held == expected, float(held), "=", float(expected))
    left, right = interval_of(predicate.left, values), interval_of(predicate.right, values)
    if is_constant(predicate.left) and not is_constant(predicate.right):
        left = Interval(left.low * threshold, left.high * threshold)
    else:
        right = Interval(right.low * threshold, right.high * threshold)
    low = left.low if math.isinf(left.high) and math.isfinite(left.low) else math.nan
    comparison = COMPARISONS[predicate.sign]
    passed = compare_intervals(left, predicate.sign, right)
    return Evaluation(predicate, passed, left.value, comparison.printed, right.value, low)


def compare_intervals(left: Interval, sign: Sign, right: Interval) -> bool | None:
    """Compare two intervals; None where their numbers may compare either way."""
    holds = COMPARISONS[sign].holds
    answers = {holds(a, b) for a in (left.low, left.high) for b in (right.low, right.high)}
    return answers.pop() if len(answers) == 1 else None


def interval_of(term: Term, values: IndicatorValues) -> Interval:
    """Return the interval of a term for one facility."""
    match term:
        case Number(value=value):
            return Interval(value, value)
        case Name(ref=ref):
            return values.numbers[ref]
    return OPERATORS[term.sign].intervals(interval_of(term.left, values), interval_of(term.right, values))
