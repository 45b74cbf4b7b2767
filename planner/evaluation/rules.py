"""Rules: thresholds with their clause and evidence, read from a rule file; never a constant in code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from planner.config.study import wrong_because
from planner.config.toml_files import NotReadError, NotTomlError, parse_toml, toml_text
from planner.evaluation.expressions import Test, indicator_names, parse
from planner.evaluation.indicators import limit_of
from planner.evaluation.rule_validation import wrong_expression
from planner.messages.catalogue import Language
from planner.messages.errors import Issue, StudyError

Tier = Literal["district", "town", "community", "village", "station"]
Place = Literal["urban", "rural", "new"]
Evidence = Literal["seen", "excerpt", "quoted", "unchecked", "own"]
"""How sure a clause is: text seen; read in an excerpt; quoted by others; from memory; set by the file itself."""

NEEDS_BLOCKED = frozenset({"blocked_directions"})
NEEDS_CATCHMENT = frozenset(
    {"catchment_people", "catchment_people_weighted", "m2_per_person_2sfca", "m2_per_person_e2sfca"}
)
NEEDS_FUNCTIONS = frozenset({"functions_share", "functions_missing"})


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Sourced(_Frozen):
    """What a rule file sets, with its clause and how sure that is.

    Attributes
    ----------
    clause, clause_zh, evidence
        Where it comes from, the same in Chinese (else as it is), and how sure that is (`Evidence`).
    """

    clause: Annotated[str, Field(min_length=1)]
    clause_zh: str = ""
    evidence: Evidence


class Rule(_Sourced):
    """One requirement on a centre.

    Attributes
    ----------
    id
        Its name in results.
    expression
        What it asks, as ``floor_area_m2 >= 300`` (`planner.evaluation.expressions`).
    tiers
        Which centres it applies to.
    places
        Where: centres whose community is urban, rural; ``"new"`` only newly built ones. Empty: everywhere.
    grade
        ``"compliant"``: who fails it is weak. ``"excellent"``: required for excellence. ``"advice"``: shown,
        and decides nothing.
    weight
        How much it counts towards excellent_share_bounds and in the score.
    effective
        The day from which it is in force; None where not known.
    unit
        What its first comparison is written in (`planner.evaluation.units.UNITS`).
    en, zh
        What it asks, in words.
    """

    id: Annotated[str, Field(min_length=1)]
    expression: str
    tiers: tuple[Tier, ...] = Field(min_length=1)
    places: tuple[Place, ...] = ()
    grade: Literal["compliant", "excellent", "advice"]
    weight: Annotated[float, Field(strict=True, gt=0)] = 1.0
    effective: dt.date | None = None
    unit: Literal[
        "m2",
        "m2_per_100_households",
        "m2_per_person",
        "people_per_m2",
        "people",
        "households",
        "minutes",
        "hours_per_week",
        "share",
        "ratio",
        "count",
        "yes_no",
    ]
    en: str
    zh: str

    def title(self, language: Language) -> str:
        """Return what the rule asks, in words."""
        return self.zh if language == "zh" else self.en

    @property
    def test(self) -> Test:
        """Return the expression as it was read."""
        return parse(self.expression)


class Function(_Sourced):
    """One function that a centre may have, and the tiers that are required to.

    Attributes
    ----------
    id
        As rules name it.
    names
        How tables write it, besides its id and its titles.
    tiers
        Whose required list it is on.
    """

    id: Annotated[str, Field(min_length=1)]
    names: tuple[str, ...] = ()
    tiers: tuple[Tier, ...] = ()
    en: str
    zh: str

    def title(self, language: Language) -> str:
        """Return what it is, in words."""
        return self.zh if language == "zh" else self.en


class Quota(_Sourced):
    """What share of the centres to which a rule applies is to pass it, 0–1, inclusive.

    Attributes
    ----------
    rule
        The rule's id.
    en, zh
        What it asks, in words.
    """

    id: Annotated[str, Field(min_length=1)]
    rule: str
    share: Annotated[float, Field(strict=True, gt=0, le=1)]
    en: str
    zh: str


class Blocked(_Sourced):
    """From which detour, walked over straight, a direction counts as blocked."""

    detour: Annotated[float, Field(strict=True, ge=1)]


class Catchment(_Sourced):
    """How far floating catchments reach, and what a walk into each zone weighs (E2SFCA).

    Attributes
    ----------
    zones_min
        Where each zone ends, minutes, rising; the last is the catchment of 2SFCA.
    weights
        What a walk ending in each zone counts, 0–1.
    """

    zones_min: tuple[Annotated[float, Field(gt=0, le=240)], ...] = Field(min_length=1)
    weights: tuple[Annotated[float, Field(gt=0, le=1)], ...]

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if len(self.weights) != len(self.zones_min) or list(self.zones_min) != sorted(set(self.zones_min)):
            raise PydanticCustomError("zones_unfit", "zones must rise, each with one weight")
        return self


class RuleSet(_Frozen):
    """A set of rules under one name.

    Attributes
    ----------
    en, zh, source, source_zh
        Its title, and where it comes from.
    rules
        What it asks.
    excellent_share
        The weighted share of the rules of grade excellent that an excellent centre passes.
    quotas
        What it asks of all centres together.
    functions, blocked, catchment
        What some measures need to be measured; see each.
    """

    en: str
    zh: str
    source: str
    source_zh: str = ""
    excellent_share: Annotated[float, Field(strict=True, gt=0, le=1)] = 1.0
    rules: tuple[Rule, ...] = Field(min_length=1)
    quotas: tuple[Quota, ...] = ()
    functions: tuple[Function, ...] = ()
    blocked: Blocked | None = None
    catchment: Catchment | None = None

    def title(self, language: Language) -> str:
        """Return the profile's name in words."""
        return self.zh if language == "zh" else self.en


def shipped_rule_sets() -> tuple[str, ...]:
    """Return the names of the rule profiles that ship with the planner.

    Examples
    --------
    >>> "haibowan" in shipped_rule_sets()
    True
    """
    folder = resources.files("planner.evaluation").joinpath("standards")
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


def read_rules(rule_set: str, *, folder: Path, study: str = "notebook", setting: str = "rules.profile") -> RuleSet:
    """Read a rule profile by its name or from a file.

    Parameters
    ----------
    profile
        A shipped name, or the path of a rule file, relative to `folder`.
    folder
        The study's folder.
    study, setting
        What to call the study, and the setting that names the profile, in an error.

    Returns
    -------
    profile
        The rules, their expressions read and found sound.

    Raises
    ------
    StudyError
        The profile is unknown or unreadable, or a rule is malformed, uses an unknown measure, or compares what
        cannot be compared: everything that is wrong with the file at once.
    """
    if rule_set.endswith(".toml"):
        source = folder / rule_set
        try:
            text = toml_text(source)
        except NotReadError as error:
            raise StudyError(str(source), [Issue("unreadable_rules", {"reason": error.reason})]) from error
    elif rule_set in shipped_rule_sets():
        source = Path(f"{rule_set}.toml")
        text = resources.files("planner.evaluation").joinpath("standards", f"{rule_set}.toml").read_text("utf-8")
    else:
        values = {"path": setting, "name": rule_set, "known": ", ".join(shipped_rule_sets())}
        raise StudyError(study, [Issue("unknown_profile", values)])
    return _parse(text, str(source))


def limits_of(rule_set: RuleSet) -> tuple[float, ...]:
    """Return the minutes that a profile asks to be measured, rising: those of its rules and its catchments."""
    names = {name for rule in rule_set.rules for name in indicator_names(rule.test)}
    limits = {limit for name in names if (limit := limit_of(name)) is not None}
    return tuple(sorted(limits | set(rule_set.catchment.zones_min if rule_set.catchment else ())))


def uses_service_areas(rule_set: RuleSet) -> bool:
    """Return True if any rule of a profile uses service areas, which are expensive to compute."""
    return any(name.startswith("area_ratio") for rule in rule_set.rules for name in indicator_names(rule.test))


def is_in_force(rule: Rule, date: str) -> bool:
    """Tell whether a rule is in force on the study's date; where either is not known, it is.

    Examples
    --------
    >>> rule = Rule(id="r", expression="step_free", tiers=("town",), grade="compliant", unit="yes_no",
    ...     clause="-", evidence="own", en="x", zh="x", effective=dt.date(2024, 1, 1))
    >>> is_in_force(rule, "2023-06-30"), is_in_force(rule, "2024-01-01"), is_in_force(rule, "spring")
    (False, True, True)
    """
    try:
        day = dt.date.fromisoformat(date)
    except ValueError:
        return True
    return rule.effective is None or rule.effective <= day


def _parse(text: str, source: str) -> RuleSet:
    try:
        content = parse_toml(text)
    except NotTomlError as error:
        raise StudyError(source, [Issue("not_toml", {"reason": error.reason})]) from error
    try:
        rule_set = RuleSet.model_validate(content)
    except ValidationError as error:
        issues = [
            Issue("wrong_rule", {"rule": _place(detail, content), "reason": wrong_because(detail)})
            for detail in error.errors()
            # Where every rule is refused, pydantic calls the list empty too.
            if not (detail["type"] == "too_short" and detail["input"])
        ]
        raise StudyError(source, [*issues, *_readable_expressions(content)]) from error
    issues = list(_unsound(rule_set))
    if issues:
        raise StudyError(source, issues)
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
    """Yield the tables that a rule's measures need and that its file lacks."""
    names = frozenset(indicator_names(rule.test))
    needed = (
        (NEEDS_BLOCKED, rule_set.blocked, "[blocked]"),
        (NEEDS_CATCHMENT, rule_set.catchment, "[catchment]"),
        (NEEDS_FUNCTIONS, rule_set.functions, "[[functions]]"),
    )
    for measures, table, name in needed:
        if names & measures and not table:
            values = {"rule": rule.id, "name": ", ".join(sorted(names & measures)), "table": name}
            yield Issue("rule_needs_table", values)


def _readable_expressions(content: Mapping[str, Any]) -> Iterator[Issue]:
    """Yield what is wrong with the expressions of a file of which something else is wrong too."""
    rules, functions = content.get("rules"), content.get("functions")
    known = (
        [str(one.get("id")) for one in functions if isinstance(one, Mapping)]
        if isinstance(functions, list)
        else []
    )
    for number, rule in enumerate(rules if isinstance(rules, list) else []):
        if isinstance(rule, Mapping) and isinstance(rule.get("expression"), str):
            name, unit = rule.get("id", f"rules.{number}"), rule.get("unit")
            yield from wrong_expression(str(name), rule["expression"], unit=str(unit), functions=known)


def _place(detail: ErrorDetails, content: Mapping[str, Any]) -> str:
    """Name the place of an error: by the rule's own id where it has one, else as rules.<number>."""
    path = [str(part) for part in detail["loc"]]
    match detail["loc"]:
        case ("rules" | "functions" | "quotas" as table, int(number), *_):
            entry = content[table][number]
            if isinstance(entry, Mapping) and isinstance(entry.get("id"), str):
                path[1] = entry["id"]
    return ".".join(path)
