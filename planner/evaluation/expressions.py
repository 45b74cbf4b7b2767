"""What a rule asks, read safely and answered with yes, no or unknown.

An expression compares arithmetic over measures (``floor_area_m2 / (households / 100) >= 30``), names a flag
(``step_free``, ``not step_free``), asks for a word in a list (``"library" in functions``), or joins such parts
with ``and`` and ``or``. Python's own parser reads it; only these forms are accepted and nothing is ever run.

A measure is an interval: a known number is one point, what is not known is everything, and what is known to lie
beyond the horizon begins there. So a rule is answered wherever what is known suffices, and only there.
"""

from __future__ import annotations

import ast
import itertools
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal

LONGEST = 500
"""Characters of an expression; what is longer is no rule that somebody can check."""

Sign = Literal[">=", "<=", ">", "<"]

SIGNS: dict[type[ast.cmpop], Sign] = {ast.GtE: ">=", ast.LtE: "<=", ast.Gt: ">", ast.Lt: "<"}
OPPOSITE: dict[Sign, Sign] = {">=": "<", "<": ">=", "<=": ">", ">": "<="}
MIRRORED: dict[Sign, Sign] = {">=": "<=", "<=": ">=", ">": "<", "<": ">"}
SAME = 1e-9
"""Two doubles that differ by less than this, relatively, are one number, so that an exact threshold is met."""

SHOWN: dict[str, str] = {">=": "≥", "<=": "≤", ">": ">", "<": "<"}
OPERATIONS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


@dataclass(frozen=True, slots=True)
class Interval:
    """What is known of a number: it lies between `low` and `high`, both included."""

    low: float
    high: float

    @property
    def value(self) -> float:
        """Return the number where it is known, else NaN."""
        return self.low if self.low == self.high else math.nan


ANYTHING = Interval(-math.inf, math.inf)


def exactly(value: float) -> Interval:
    """Return what is known of a measured number; NaN is not known."""
    return ANYTHING if math.isnan(value) else Interval(value, value)


@dataclass(frozen=True, slots=True)
class IndicatorValues:
    """What is known of one centre: its numbers (a flag is 1 or 0), and its functions, None where not known."""

    numbers: Mapping[str, Interval]
    functions: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """A measure."""

    name: str


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two terms joined by + - * or /."""

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
    """A measure that is to be so, or not so."""

    name: str
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class Contains:
    """A word that a list is to hold, or not to hold."""

    word: str
    name: str
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class BoolOp:
    """Parts of which all, or any, are to hold."""

    parts: tuple[Test, ...]
    every: bool


Predicate = Comparison | Flag | Contains
Test = Predicate | BoolOp


@dataclass(frozen=True, slots=True)
class Answer:
    """What one comparison, flag or word finds.

    Attributes
    ----------
    leaf
        What was asked.
    passed
        None where what is known does not suffice.
    value, required
        Both sides; NaN where not known. A flag or a word is 1 or 0.
    at_least
        Where the value is not known but has a lower limit, that; else NaN.
    comparison
        ≥, ≤, >, < or =.
    """

    leaf: Predicate
    passed: bool | None
    value: float
    comparison: str
    required: float
    at_least: float = field(default=math.nan)


class ExpressionError(ValueError):
    """An expression holds what a rule may not: `key` says in the catalogue what is allowed."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)


@cache
def parse(expression: str) -> Test:
    """Read an expression.

    Raises
    ------
    ExpressionError
        It is no comparison, flag or membership, or holds anything but numbers, measures and + - * /.
    SyntaxError, ValueError, RecursionError, MemoryError
        Python's parser cannot read it.

    Examples
    --------
    >>> parse("floor_area_m2 >= 300")
    Comparison(left=Name(name='floor_area_m2'), sign='>=', right=Number(value=300.0))
    >>> parse("not (step_free and people < 5)").every
    False
    """
    if len(expression) > LONGEST:
        raise ExpressionError("rule_too_long")
    return _test(ast.parse(expression.strip(), mode="eval").body, wanted=True)


def _test(node: ast.expr, *, wanted: bool) -> Test:
    """Read what is true or false; `not` is carried down to the leaves."""
    match node:
        case ast.BoolOp(op=joint, values=parts):
            return BoolOp(
                tuple(_test(part, wanted=wanted) for part in parts), isinstance(joint, ast.And) == wanted
            )
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _test(inner, wanted=not wanted)
        case ast.Name(id=name):
            return Flag(name, wanted)
        case ast.Compare(
            left=ast.Constant(value=str(word)),
            ops=[ast.In() | ast.NotIn() as sign],
            comparators=[ast.Name(id=name)],
        ):
            return Contains(word, name, isinstance(sign, ast.In) == wanted)
        case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in SIGNS:
            symbol = SIGNS[type(sign)] if wanted else OPPOSITE[SIGNS[type(sign)]]
            first, second = _term(left), _term(right)
            # "300 <= floor_area_m2" requires 300 of a floor area: results print it as "floor_area_m2 >= 300".
            if is_constant(first) and not is_constant(second):
                return Comparison(second, MIRRORED[symbol], first)
            return Comparison(first, symbol, second)
    raise ExpressionError("rule_not_one_comparison")


def _term(node: ast.expr) -> Term:
    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float() as value):
            return Number(float(value))
        case ast.Name(id=name):
            return Name(name)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            term = _term(inner)
            return Number(-term.value) if isinstance(term, Number) else Arithmetic("-", Number(0.0), term)
        case ast.BinOp(op=sign, left=left, right=right) if type(sign) in OPERATIONS:
            return Arithmetic(OPERATIONS[type(sign)], _term(left), _term(right))
    raise ExpressionError("rule_not_arithmetic")


def predicates(test: Test) -> Iterator[Predicate]:
    """Yield the comparisons, flags and words of a test, left to right."""
    if isinstance(test, BoolOp):
        for part in test.parts:
            yield from predicates(part)
    else:
        yield test


def indicator_names(test: Test) -> tuple[str, ...]:
    """Return the measures that a test uses, each once.

    Examples
    --------
    >>> names_of(parse("floor_area_m2 / (households / 100) >= 30 or step_free"))
    ('floor_area_m2', 'households', 'step_free')
    """
    return tuple(dict.fromkeys(name for leaf in predicates(test) for name in _names(leaf)))


def _names(node: Predicate | Term) -> Iterator[str]:
    match node:
        case Flag(name=name) | Contains(name=name) | Name(name=name):
            yield name
        case Comparison(left=left, right=right) | Arithmetic(left=left, right=right):
            yield from _names(left)
            yield from _names(right)


def indicator_names_of_term(term: Term) -> tuple[str, ...]:
    """Return the measures that a term uses."""
    return tuple(_names(term))


def is_constant(term: Term) -> bool:
    """Tell whether a term uses no measure."""
    return not indicator_names_of_term(term)


def evaluate(test: Test, values: IndicatorValues, *, threshold: float = 1.0) -> tuple[bool | None, Answer]:
    """Answer a test for one centre.

    Parameters
    ----------
    test
        What is asked.
    facts
        What is known.
    threshold
        What the threshold of each comparison is multiplied by: the side without measures, else the right one.

    Returns
    -------
    passed
        None where what is known does not suffice: missing data is neither a pass nor a fail.
    deciding
        The first part that fails; where none does, the first that cannot be told; else the first.

    Examples
    --------
    >>> facts = IndicatorValues({"floor_area_m2": exactly(300.0), "step_free": ANYTHING})
    >>> [answer(parse("floor_area_m2 >= 300"), facts, threshold=factor)[0] for factor in (1.0, 1.1)]
    [True, False]
    >>> [answer(parse(f"floor_area_m2 >= 300 {joint} step_free"), facts)[0] for joint in ("and", "or")]
    [None, True]
    """
    if not isinstance(test, BoolOp):
        found = _of_leaf(test, values, threshold)
        return found.passed, found
    answers = [evaluate(part, values, threshold=threshold) for part in test.parts]
    passes = [passed for passed, _ in answers]
    decided = not test.every
    if decided in passes:
        passed: bool | None = decided
    else:
        passed = None if None in passes else not decided
    order: tuple[bool | None, ...] = (False, None, True) if passed is not True else (True, None, False)
    deciding = min(answers, key=lambda one: order.index(one[0]))[1]
    return passed, deciding


def _of_leaf(leaf: Predicate, values: IndicatorValues, threshold: float) -> Answer:
    match leaf:
        case Flag(name=name, wanted=wanted):
            value = values.numbers[name].value
            passed = None if math.isnan(value) else (value > 0) == wanted
            return Answer(leaf, passed, value, "=", float(wanted))
        case Contains(word=word, wanted=wanted):
            if values.functions is None:
                return Answer(leaf, None, math.nan, "=", float(wanted))
            held = word in values.functions
            return Answer(leaf, held == wanted, float(held), "=", float(wanted))
    left, right = span_of(leaf.left, values), span_of(leaf.right, values)
    if is_constant(leaf.left) and not is_constant(leaf.right):
        left = _times(left, threshold)
    else:
        right = _times(right, threshold)
    low = left.low if math.isinf(left.high) and math.isfinite(left.low) else math.nan
    return Answer(leaf, _compared(left, leaf.sign, right), left.value, SHOWN[leaf.sign], right.value, low)


def is_above(value: float, threshold: float) -> bool:
    """Tell whether a value is above a threshold by more than the last digits of a double.

    Examples
    --------
    >>> is_above(0.1 + 0.2, 0.3), is_above(0.31, 0.3)
    (False, True)
    """
    return value > threshold and not math.isclose(value, threshold, rel_tol=SAME)


def _holds(left: float, sign: Sign, right: float) -> bool:
    match sign:
        case ">":
            return is_above(left, right)
        case "<":
            return is_above(right, left)
        case ">=":
            return not is_above(right, left)
    return not is_above(left, right)


def _compared(left: Interval, sign: Sign, right: Interval) -> bool | None:
    answers = {_holds(one, sign, other) for one in (left.low, left.high) for other in (right.low, right.high)}
    return answers.pop() if len(answers) == 1 else None


def span_of(term: Term, values: IndicatorValues) -> Interval:
    """Return between what a term lies for one centre."""
    match term:
        case Number(value=value):
            return Interval(value, value)
        case Name(name=name):
            return values.numbers[name]
    one, other = span_of(term.left, values), span_of(term.right, values)
    match term.sign:
        case "+":
            return _ordered(one.low + other.low, one.high + other.high)
        case "-":
            return _ordered(one.low - other.high, one.high - other.low)
        case "/" if other.low <= 0 <= other.high:
            return ANYTHING
    return _over_corners(operator.mul if term.sign == "*" else operator.truediv, one, other)


def _times(span: Interval, factor: float) -> Interval:
    return replace(span, low=span.low * factor, high=span.high * factor)


def _over_corners(operation: Callable[[float, float], float], one: Interval, other: Interval) -> Interval:
    corners = [operation(a, b) for a, b in itertools.product((one.low, one.high), (other.low, other.high))]
    return ANYTHING if any(map(math.isnan, corners)) else Interval(min(corners), max(corners))


def _ordered(low: float, high: float) -> Interval:
    return ANYTHING if math.isnan(low) or math.isnan(high) else Interval(low, high)
