"""Rules: thresholds with their clause and evidence, read from a rule file; never a constant in code."""

from __future__ import annotations

import ast
import difflib
import operator
import textwrap
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from planner.assessment.measures import OWN_SHARE_EXAMPLE, PLAIN_MEASURES, is_measure, own_share_limit
from planner.errors import Breach, StudyError
from planner.study import wrong_because
from planner.texts import Language

Number = float


SHOWN_CHARACTERS = 80
"""How much of an expression a message repeats."""

OPERATIONS: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
COMPARISONS: dict[type[ast.cmpop], tuple[str, Callable[[Number, Number], bool]]] = {
    ast.GtE: ("≥", operator.ge),
    ast.LtE: ("≤", operator.le),
    ast.Gt: (">", operator.gt),
    ast.Lt: ("<", operator.lt),
}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(_Frozen):
    """One requirement on a centre.

    Attributes
    ----------
    id
        Its name in results.
    expression
        A comparison of arithmetic over named measures, as ``floor_area_m2 >= 300``.
    tiers
        Which centres it applies to.
    grade
        ``"compliant"``: who fails it is weak. ``"excellent"``: needed, with all others, to be excellent.
    unit
        The unit of both sides: m², %, or text of the rule's own.
    clause, clause_zh, evidence
        Where the threshold comes from, the same in Chinese (else as it is), and how sure that is: ``"seen"``
        (text read), ``"excerpt"``, ``"own"``.
    en, zh
        What it asks, in words.
    """

    id: str
    expression: str
    tiers: tuple[Literal["district", "town", "community", "village", "station"], ...] = Field(min_length=1)
    grade: Literal["compliant", "excellent"]
    unit: Literal["m2", "m2_per_100_households", "share", "people_per_m2", "ratio"]
    clause: Annotated[str, Field(min_length=1)]
    clause_zh: str = ""
    evidence: Literal["seen", "excerpt", "own"]
    en: str
    zh: str

    def title(self, language: Language) -> str:
        """Return what the rule asks, in words."""
        return self.zh if language == "zh" else self.en


class Profile(_Frozen):
    """A set of rules under one name."""

    en: str
    zh: str
    source: str
    source_zh: str = ""
    rules: tuple[Rule, ...] = Field(min_length=1)

    def title(self, language: Language) -> str:
        """Return the profile's name in words."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule finds for one centre; `passed` is None where the data cannot tell."""

    rule: str
    passed: bool | None
    value: float
    comparison: str
    required: float


def shipped_profiles() -> tuple[str, ...]:
    """Return the names of the rule profiles that ship with the planner.

    Examples
    --------
    >>> "haibowan" in shipped_profiles()
    True
    """
    folder = resources.files("planner.assessment").joinpath("standards")
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


def read_rules(profile: str, *, folder: Path, study: str = "notebook") -> Profile:
    """Read a rule profile by its name or from a file.

    Parameters
    ----------
    profile
        A shipped name, or the path of a rule file, relative to `folder`.
    folder
        The study's folder.
    study
        What to call the study in an error.

    Returns
    -------
    profile
        The rules, their expressions parsed once and found sound.

    Raises
    ------
    StudyError
        The profile is unknown or unreadable, or a rule is malformed or uses an unknown measure.
    """
    if profile.endswith(".toml"):
        source = folder / profile
        try:
            text = source.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
            raise StudyError(str(source), [Breach("unreadable_rules", {"reason": reason})]) from error
    elif profile in shipped_profiles():
        source = Path(f"{profile}.toml")
        text = resources.files("planner.assessment").joinpath("standards", f"{profile}.toml").read_text("utf-8")
    else:
        values = {"path": "rules.profile", "name": profile, "known": ", ".join(shipped_profiles())}
        raise StudyError(study, [Breach("unknown_profile", values)])
    return _parse(text, str(source))


def measures_in(expression: str) -> tuple[str, ...]:
    """Return the names that an expression uses, each once.

    Examples
    --------
    >>> measures_in("floor_area_m2 / (households / 100) >= 30")
    ('floor_area_m2', 'households')
    """
    left, _, right = _comparison(expression)
    names = [node.id for side in (left, right) for node in ast.walk(side) if isinstance(node, ast.Name)]
    return tuple(dict.fromkeys(names))


def limits_of(profile: Profile) -> tuple[float, ...]:
    """Return the minutes at which a profile's rules ask for own coverage, rising."""
    names = {name for rule in profile.rules for name in measures_in(rule.expression)}
    return tuple(sorted(limit for name in names if (limit := own_share_limit(name)) is not None))


def apply_rule(rule: Rule, measures: Mapping[str, float]) -> Finding:
    """Apply a rule to the measures of one centre; NaN is not known, neither a pass nor a fail.

    Examples
    --------
    >>> rule = Rule(id="floor", expression="floor_area_m2 >= 300", tiers=("community",), grade="compliant",
    ...     unit="m2", clause="-", evidence="own", en="Floor area", zh="面积")
    >>> apply_rule(rule, {"floor_area_m2": 300.0})
    Finding(rule='floor', passed=True, value=300.0, comparison='≥', required=300.0)
    >>> apply_rule(rule, {"floor_area_m2": float("nan")}).passed is None
    True
    """
    left, comparison, right = _comparison(rule.expression)
    symbol, holds = COMPARISONS[type(comparison)]
    value, required = _value(left, measures), _value(right, measures)
    # NaN is the one number that differs from itself.
    known = value == value and required == required  # noqa: PLR0124
    return Finding(rule.id, holds(value, required) if known else None, value, symbol, required)


def _parse(text: str, source: str) -> Profile:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyError(source, [Breach("not_toml", {"reason": error})]) from error
    try:
        profile = Profile.model_validate(content)
    except ValidationError as error:
        breaches = [
            Breach("wrong_rule", {"rule": _place(detail, content), "reason": wrong_because(detail)})
            for detail in error.errors()
            # Where every rule is refused, pydantic calls the list empty too.
            if not (detail["type"] == "too_short" and detail["input"])
        ]
        raise StudyError(source, breaches) from error
    ids = [rule.id for rule in profile.rules]
    breaches = [Breach("rule_twice", {"rule": name}) for name in sorted(set(ids)) if ids.count(name) > 1]
    breaches += [breach for rule in profile.rules for breach in _unsound(rule)]
    if breaches:
        raise StudyError(source, breaches)
    return profile


def _place(detail: ErrorDetails, content: Mapping[str, Any]) -> str:
    """Name the place of an error: by the rule's own id where it has one, else as rules.<number>."""
    path = [str(part) for part in detail["loc"]]
    match detail["loc"]:
        case ("rules", int(number), *_):
            rule = content["rules"][number]
            if isinstance(rule, Mapping) and isinstance(rule.get("id"), str):
                path[1] = rule["id"]
    return ".".join(path)


def _unsound(rule: Rule) -> Iterator[Breach]:
    named = {"rule": rule.id, "expression": textwrap.shorten(rule.expression, SHOWN_CHARACTERS, placeholder="…")}
    try:
        left, _, right = _comparison(rule.expression)
        names = measures_in(rule.expression)
        for side in (left, right):
            _value(side, dict.fromkeys(names, 1.0))
    except NotArithmeticError as error:
        yield Breach(error.key, named)
        return
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error) or type(error).__name__
        yield Breach("rule_not_an_expression", {**named, "reason": reason})
        return
    for name in names:
        if not is_measure(name):
            known = [*PLAIN_MEASURES, OWN_SHARE_EXAMPLE]
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
            yield Breach(
                "rule_unknown_measure", {**named, "name": name, "near": near[0], "known": ", ".join(sorted(known))}
            )


class NotArithmeticError(ValueError):
    """An expression holds what a rule may not: `key` says in the catalogue what is allowed."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)


def _comparison(expression: str) -> tuple[ast.expr, ast.cmpop, ast.expr]:
    tree = ast.parse(expression.strip(), mode="eval").body
    if not isinstance(tree, ast.Compare) or len(tree.ops) != 1 or type(tree.ops[0]) not in COMPARISONS:
        raise NotArithmeticError("rule_not_one_comparison")
    return tree.left, tree.ops[0], tree.comparators[0]


def _value(node: ast.expr, measures: Mapping[str, float]) -> float:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return float(node.value)  # type: ignore[arg-type]  # mypy does not narrow by type()
    if isinstance(node, ast.Name):
        return measures[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, measures)
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATIONS:
        left, right = _value(node.left, measures), _value(node.right, measures)
        if isinstance(node.op, ast.Div) and right == 0:
            return float("nan")
        return OPERATIONS[type(node.op)](left, right)
    raise NotArithmeticError("rule_not_arithmetic")
