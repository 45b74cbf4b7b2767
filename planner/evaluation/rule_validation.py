"""Validation of rule expressions: unknown indicators, units that do not match, shares above 1."""

from __future__ import annotations

import difflib
import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from planner.evaluation import units
from planner.evaluation.expressions import (
    OPERATORS,
    Comparison,
    Contains,
    ExpressionError,
    Flag,
    Name,
    Number,
    Predicate,
    Term,
    indicators_in,
    is_constant,
    parse,
    predicates,
)
from planner.evaluation.indicators import INDICATORS, Indicator, find_indicator
from planner.evaluation.intervals import IndicatorRef
from planner.evaluation.units import Dimension, MixedUnitsError, spell
from planner.messages.errors import Issue

SHOWN_CHARACTERS = 80
"""Characters of an expression that a message repeats."""

EXAMPLE_MIN = 15.0


def wrong_expression(rule: str, expression: str, *, unit: str, functions: Sequence[str]) -> Iterator[Issue]:
    """Yield every error of an expression.

    Parameters
    ----------
    rule, expression
        The rule's id and condition.
    unit
        The unit that the rule file states.
    functions
        The functions of the rule file by id.
    """
    named = {"rule": rule, "expression": textwrap.shorten(expression, SHOWN_CHARACTERS, placeholder="…")}
    try:
        condition = parse(expression)
    except ExpressionError as error:
        yield Issue(error.key, named)
        return
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error) or type(error).__name__
        yield Issue("rule_not_an_expression", {**named, "reason": reason})
        return
    unknown = [ref for ref in indicators_in(condition) if find_indicator(ref) is None]
    for ref in unknown:
        values = {"name": str(ref), "near": nearest_name(ref), "known": ", ".join(indicator_names())}
        yield Issue("rule_unknown_measure", {**named, **values})
    if unknown:
        return
    for predicate in predicates(condition):
        yield from _wrong_predicate(predicate, named, functions)
    yield from _wrong_unit(next(predicates(condition)), unit, named)


def indicator_names() -> list[str]:
    """Return every name that a rule may use, those by limit with a limit as an example."""
    return sorted(_example(one) for one in INDICATORS.values())


def nearest_name(ref: IndicatorRef) -> str:
    """Return the indicator whose name is most like a given one.

    Examples
    --------
    >>> nearest_name(IndicatorRef("floor_aera_m2")), nearest_name(IndicatorRef("people_within"))
    ('floor_area_m2', 'people_within_15min')
    """
    for one in INDICATORS.values():
        if one.by_limit and ref.name.startswith(one.name):
            return _example(one)
    return difflib.get_close_matches(str(ref), indicator_names(), n=1, cutoff=0.0)[0]


def _example(indicator: Indicator) -> str:
    return str(IndicatorRef(indicator.name, EXAMPLE_MIN if indicator.by_limit else None))


def _wrong_predicate(
    predicate: Predicate, named: Mapping[str, object], functions: Sequence[str]
) -> Iterator[Issue]:
    match predicate:
        case Flag(ref=ref) if INDICATORS[ref.name].kind != "flag":
            yield Issue("rule_not_a_flag", {**named, "name": str(ref)})
        case Contains(ref=ref) if INDICATORS[ref.name].kind != "list":
            yield Issue("rule_not_a_list", {**named, "name": str(ref)})
        case Contains(word=word) if word not in functions:
            near = difflib.get_close_matches(word, functions, n=1, cutoff=0.0)
            values = {**named, "word": word, "near": near[0] if near else "–"}
            yield Issue("rule_unknown_function", values)
        case Comparison():
            yield from _wrong_comparison(predicate, named)


def _wrong_comparison(comparison: Comparison, named: Mapping[str, object]) -> Iterator[Issue]:
    odd = [ref for ref in indicators_in(comparison) if INDICATORS[ref.name].kind in ("flag", "list")]
    if odd:
        yield from (Issue("rule_not_a_number", {**named, "name": str(ref)}) for ref in odd)
        return
    if not indicators_in(comparison):
        yield Issue("rule_without_measure", named)
        return
    try:
        left, right = dimension_of(comparison.left), dimension_of(comparison.right)
    except MixedUnitsError as mixed:
        yield Issue("rule_units_added", {**named, "one": mixed.left, "other": mixed.right})
        return
    except _NotFiniteError:
        yield Issue("rule_not_arithmetic", named)
        return
    if left is not None and right is not None and left != right:
        yield Issue("rule_units_differ", {**named, "one": spell(left), "other": spell(right)})
    for share, limit in ((comparison.left, comparison.right), (comparison.right, comparison.left)):
        match share, limit:
            case Name(ref=ref), Number(value=value) if (
                INDICATORS[ref.name].kind == "share" and not 0 <= value <= 1
            ):
                yield Issue("rule_share_beyond_1", {**named, "name": str(ref), "value": f"{value:g}"})


def _wrong_unit(first: Predicate, unit: str, named: Mapping[str, object]) -> Iterator[Issue]:
    """Compare the unit that a rule states with the dimension of its first comparison."""
    if unit not in units.UNITS:
        return
    if not isinstance(first, Comparison):
        if unit != units.YES_NO:
            yield Issue("rule_unit_wrong", {**named, "unit": unit, "found": units.YES_NO})
        return
    try:
        dimension = dimension_of(first.left) if not is_constant(first.left) else dimension_of(first.right)
    except (MixedUnitsError, _NotFiniteError):
        return
    if dimension is not None and (units.UNITS[unit] != dimension or unit == units.YES_NO):
        yield Issue("rule_unit_wrong", {**named, "unit": unit, "found": spell(dimension)})


class _NotFiniteError(ValueError):
    """A number too large for a double."""


def dimension_of(term: Term) -> Dimension | None:
    """Return the dimension of a term; None of a plain number, which suits any indicator."""
    match term:
        case Number(value=value):
            if not math.isfinite(value):
                raise _NotFiniteError
            return None
        case Name(ref=ref):
            indicator = find_indicator(ref)
            return indicator.dimension if indicator else None
    return OPERATORS[term.sign].dimension(dimension_of(term.left), dimension_of(term.right))
