"""Rule files: shipped standards by name or a file of the user's own, with every expression checked."""

from __future__ import annotations

import difflib
import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from planner.config.study import wrong_because
from planner.config.toml_files import NotReadError, NotTomlError, parse_toml, toml_text
from planner.evaluation import intervals
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
    list_predicates,
    parse_expression,
)
from planner.evaluation.indicators import INDICATORS, RULE_TABLES, Indicator, find_indicator
from planner.evaluation.intervals import UNITS, Dimension, IndicatorRef, MixedUnitsError, spell_dimension
from planner.evaluation.rules import Rule, RuleSet
from planner.messages.errors import Issue, RuleFileError, StudyError

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
        condition = parse_expression(expression)
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
    for predicate in list_predicates(condition):
        yield from _wrong_predicate(predicate, named, functions)
    yield from _wrong_unit(next(list_predicates(condition)), unit, named)


def indicator_names() -> list[str]:
    """Return every name that a rule may use, those by limit with a limit as an example."""
    return sorted(_example(indicator) for indicator in INDICATORS.values())


def nearest_name(ref: IndicatorRef) -> str:
    """Return the indicator whose name is most like a given one.

    Examples
    --------
    >>> nearest_name(IndicatorRef("floor_aera_m2")), nearest_name(IndicatorRef("people_within"))
    ('floor_area_m2', 'people_within_15min')
    """
    for indicator in INDICATORS.values():
        if indicator.by_limit and ref.name.startswith(indicator.name):
            return _example(indicator)
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
        yield Issue("rule_units_differ", {**named, "one": spell_dimension(left), "other": spell_dimension(right)})
    for share, limit in ((comparison.left, comparison.right), (comparison.right, comparison.left)):
        match share, limit:
            case Name(ref=ref), Number(value=value) if (
                INDICATORS[ref.name].kind == "share" and not 0 <= value <= 1
            ):
                yield Issue("rule_share_beyond_1", {**named, "name": str(ref), "value": f"{value:g}"})


def _wrong_unit(first: Predicate, unit: str, named: Mapping[str, object]) -> Iterator[Issue]:
    """Compare the unit that a rule states with the dimension of its first comparison."""
    if unit not in intervals.UNITS:
        return
    if not isinstance(first, Comparison):
        if unit != intervals.YES_NO:
            yield Issue("rule_unit_wrong", {**named, "unit": unit, "found": intervals.YES_NO})
        return
    try:
        dimension = dimension_of(first.left) if not is_constant(first.left) else dimension_of(first.right)
    except (MixedUnitsError, _NotFiniteError):
        return
    if dimension is not None and (intervals.UNITS[unit] != dimension or unit == intervals.YES_NO):
        yield Issue("rule_unit_wrong", {**named, "unit": unit, "found": spell_dimension(dimension)})


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
            return UNITS[indicator.unit] if indicator else None
    return OPERATORS[term.sign].dimension(dimension_of(term.left), dimension_of(term.right))


def shipped_rule_sets() -> tuple[str, ...]:
    """Return the names of the rule sets that ship with the planner.

    Examples
    --------
    >>> "haibowan" in shipped_rule_sets()
    True
    """
    folder = resources.files("planner.evaluation").joinpath("standards")
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


def read_rules(rule_set: str, *, folder: Path, study: str = "notebook", setting: str = "rules.profile") -> RuleSet:
    """Read and validate a rule set.

    Parameters
    ----------
    rule_set
        A shipped name, or the path of a rule file, relative to `folder`.
    folder
        The study's folder.
    study, setting
        The study and the setting that error messages name.

    Raises
    ------
    StudyError
        The rule set is unknown or unreadable, or a rule is malformed, uses an unknown indicator, or compares what
        cannot be compared: every error of the file at once.
    """
    if rule_set.endswith(".toml"):
        source = folder / rule_set
        try:
            text = toml_text(source)
        except NotReadError as error:
            raise RuleFileError(str(source), [Issue("unreadable_rules", {"reason": error.reason})]) from error
    elif rule_set in shipped_rule_sets():
        source = Path(f"{rule_set}.toml")
        text = resources.files("planner.evaluation").joinpath("standards", f"{rule_set}.toml").read_text("utf-8")
    else:
        values = {"path": setting, "name": rule_set, "known": ", ".join(shipped_rule_sets())}
        raise StudyError(study, [Issue("unknown_profile", values)])
    return _parse(text, str(source))


def _parse(text: str, source: str) -> RuleSet:
    try:
        content = parse_toml(text)
    except NotTomlError as error:
        raise RuleFileError(source, [Issue("not_toml", {"reason": error.reason})]) from error
    try:
        rule_set = RuleSet.model_validate(content)
    except ValidationError as error:
        issues = [
            Issue("wrong_rule", {"rule": _place(detail, content), "reason": wrong_because(detail)})
            for detail in error.errors()
            # Where every rule is refused, pydantic calls the list empty too.
            if not (detail["type"] == "too_short" and detail["input"])
        ]
        raise RuleFileError(source, [*issues, *_readable_expressions(content)]) from error
    issues = list(_unsound(rule_set))
    if issues:
        raise RuleFileError(source, issues)
    return rule_set


def _unsound(rule_set: RuleSet) -> Iterator[Issue]:
    ids = [rule.id for rule in rule_set.rules]
    yield from (Issue("rule_twice", {"rule": name}) for name in sorted(set(ids)) if ids.count(name) > 1)
    for quota in rule_set.quotas:
        if quota.rule not in ids:
            yield Issue("quota_without_rule", {"quota": quota.id, "rule": quota.rule, "known": ", ".join(ids)})
    functions = [function.id for function in rule_set.functions]
    for rule in rule_set.rules:
        wrong = list(wrong_expression(rule.id, rule.expression, unit=rule.unit, functions=functions))
        yield from wrong or _missing_tables(rule, rule_set)


def _missing_tables(rule: Rule, rule_set: RuleSet) -> Iterator[Issue]:
    """Yield the tables that a rule's indicators need and that its file lacks."""
    names = {ref.name for ref in indicators_in(rule.condition)}
    for table, heading in RULE_TABLES.items():
        using = sorted(name for name in names if INDICATORS[name].rule_table == table)
        if using and not getattr(rule_set, table):
            yield Issue("rule_needs_table", {"rule": rule.id, "name": ", ".join(using), "table": heading})


def _readable_expressions(content: Mapping[str, Any]) -> Iterator[Issue]:
    """Yield the errors of the expressions of a file that is malformed elsewhere."""
    rules, functions = content.get("rules"), content.get("functions")
    ids = (
        [str(function.get("id")) for function in functions if isinstance(function, Mapping)]
        if isinstance(functions, list)
        else []
    )
    for number, rule in enumerate(rules if isinstance(rules, list) else []):
        if isinstance(rule, Mapping) and isinstance(rule.get("expression"), str):
            name, unit = rule.get("id", f"rules.{number}"), rule.get("unit")
            yield from wrong_expression(str(name), rule["expression"], unit=str(unit), functions=ids)


def _place(detail: ErrorDetails, content: Mapping[str, Any]) -> str:
    """Return the path of an error, with the rule's id where it has one, else as rules.<number>."""
    path = [str(part) for part in detail["loc"]]
    match detail["loc"]:
        case ("rules" | "functions" | "quotas" as table, int(number), *_):
            entry = content[table][number]
            if isinstance(entry, Mapping) and isinstance(entry.get("id"), str):
                path[1] = entry["id"]
    return ".".join(path)
