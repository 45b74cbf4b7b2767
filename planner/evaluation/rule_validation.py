"""What is wrong with a rule before it is asked: unknown measures, units that do not fit, shares above 1."""

from __future__ import annotations

import difflib
import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from planner.evaluation import units
from planner.evaluation.expressions import (
    Arithmetic,
    Comparison,
    Contains,
    ExpressionError,
    Flag,
    Name,
    Number,
    Predicate,
    Term,
    Test,
    indicator_names,
    is_constant,
    parse,
    predicates,
)
from planner.evaluation.indicators import find_measure, known_names, nearest_name
from planner.evaluation.units import Dimension, product, spelled
from planner.messages.errors import Issue

SHOWN_CHARACTERS = 80
"""How much of an expression a message repeats."""


def wrong_expression(rule: str, expression: str, *, unit: str, functions: Sequence[str]) -> Iterator[Issue]:
    """Yield everything that is wrong with an expression.

    Parameters
    ----------
    rule, expression
        The rule's id and what it asks.
    unit
        What the rule file says its values are in.
    functions
        The functions that the rule file knows by id.
    """
    named = {"rule": rule, "expression": textwrap.shorten(expression, SHOWN_CHARACTERS, placeholder="…")}
    try:
        test = parse(expression)
    except ExpressionError as error:
        yield Issue(error.key, named)
        return
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error) or type(error).__name__
        yield Issue("rule_not_an_expression", {**named, "reason": reason})
        return
    unknown = [name for name in indicator_names(test) if find_measure(name) is None]
    for name in unknown:
        near = nearest_name(name)
        yield Issue(
            "rule_unknown_measure", {**named, "name": name, "near": near, "known": ", ".join(known_names())}
        )
    if unknown:
        return
    for leaf in predicates(test):
        yield from _wrong_leaf(leaf, named, functions)
    yield from _wrong_unit(test, unit, named)


def _wrong_leaf(leaf: Predicate, named: Mapping[str, object], functions: Sequence[str]) -> Iterator[Issue]:
    match leaf:
        case Flag(name=name) if _kind(name) != "flag":
            yield Issue("rule_not_a_flag", {**named, "name": name})
        case Contains(name=name) if _kind(name) != "list":
            yield Issue("rule_not_a_list", {**named, "name": name})
        case Contains(word=word) if word not in functions:
            near = difflib.get_close_matches(word, functions, n=1, cutoff=0.0)
            values = {**named, "word": word, "near": near[0] if near else "–"}
            yield Issue("rule_unknown_function", values)
        case Comparison():
            yield from _wrong_comparison(leaf, named)


def _wrong_comparison(leaf: Comparison, named: Mapping[str, object]) -> Iterator[Issue]:
    odd = [name for name in indicator_names(leaf) if _kind(name) in ("flag", "list")]
    if odd:
        yield from (Issue("rule_not_a_number", {**named, "name": name}) for name in odd)
        return
    if is_constant(leaf.left) and is_constant(leaf.right):
        yield Issue("rule_without_measure", named)
        return
    try:
        left, right = dimension_of(leaf.left), dimension_of(leaf.right)
    except _MixedError as mixed:
        yield Issue("rule_units_added", {**named, "one": mixed.one, "other": mixed.other})
        return
    except _NotFiniteError:
        yield Issue("rule_not_arithmetic", named)
        return
    if left is not None and right is not None and left != right:
        yield Issue("rule_units_differ", {**named, "one": spelled(left), "other": spelled(right)})
    for share, limit in ((leaf.left, leaf.right), (leaf.right, leaf.left)):
        if isinstance(share, Name) and isinstance(limit, Number) and _kind(share.name) == "share":
            yield from _wrong_share(share.name, limit.value, named)


def _wrong_share(name: str, value: float, named: Mapping[str, object]) -> Iterator[Issue]:
    if not 0 <= value <= 1:
        yield Issue("rule_share_beyond_1", {**named, "name": name, "value": f"{value:g}"})


def _wrong_unit(test: Test, unit: str, named: Mapping[str, object]) -> Iterator[Issue]:
    """Tell whether the unit that a rule states for its values is what its first comparison is in."""
    if unit not in units.UNITS:
        return
    first = next(predicates(test))
    if not isinstance(first, Comparison):
        if unit != units.YES_NO:
            yield Issue("rule_unit_wrong", {**named, "unit": unit, "found": units.YES_NO})
        return
    try:
        dimension = dimension_of(first.left) if not is_constant(first.left) else dimension_of(first.right)
    except (_MixedError, _NotFiniteError):
        return
    if dimension is not None and (units.UNITS[unit] != dimension or unit == units.YES_NO):
        yield Issue("rule_unit_wrong", {**named, "unit": unit, "found": spelled(dimension)})


class _MixedError(ValueError):
    """Two unlike things are added."""

    def __init__(self, one: Dimension, other: Dimension) -> None:
        self.one, self.other = spelled(one), spelled(other)
        super().__init__()


class _NotFiniteError(ValueError):
    """A number is too large to be one."""


def dimension_of(term: Term) -> Dimension | None:
    """Return what a term is measured in; None for a plain number, which suits any measure it is compared with."""
    match term:
        case Number(value=value):
            if not math.isfinite(value):
                raise _NotFiniteError
            return None
        case Name(name=name):
            measure = find_measure(name)
            return measure.dimension if measure else None
        case Arithmetic(sign=sign, left=left, right=right):
            one, other = dimension_of(left), dimension_of(right)
            if sign in "+-":
                if one is not None and other is not None and one != other:
                    raise _MixedError(one, other)
                return one if one is not None else other
            if one is None and other is None:
                return None
            return product(one or units.PLAIN, other or units.PLAIN, power=1 if sign == "*" else -1)


def _kind(name: str) -> str:
    measure = find_measure(name)
    return measure.kind if measure else ""
