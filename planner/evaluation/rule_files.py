"""Read rule files: shipped standards by name, or a file of the user's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from planner.config.study import wrong_because
from planner.config.toml_files import NotReadError, NotTomlError, parse_toml, toml_text
from planner.evaluation.expressions import indicators_in
from planner.evaluation.indicators import INDICATORS, RULE_TABLES
from planner.evaluation.rule_validation import wrong_expression
from planner.evaluation.rules import Rule, RuleSet
from planner.messages.errors import Issue, RuleFileError, StudyError


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
        [str(one.get("id")) for one in functions if isinstance(one, Mapping)]
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
