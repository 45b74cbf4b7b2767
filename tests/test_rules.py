from __future__ import annotations

import math
from pathlib import Path

import pytest

from planner.assessment.rules import Rule, apply_rule, read_rules, shipped_profiles
from planner.errors import StudyError


def rule(expression: str) -> Rule:
    return Rule(
        id="r",
        expression=expression,
        tiers=("community",),
        grade="compliant",
        unit="m2",
        clause="-",
        evidence="own",
        en="x",
        zh="x",
    )


def rule_file(tmp_path: Path, expression: str, *, more: str = "") -> Path:
    file = tmp_path / "own.toml"
    file.write_text(
        f'en = "Own"\nzh = "自定"\nsource = "test"\n[[rules]]\nid = "r"\nexpression = "{expression}"\n'
        f'tiers = ["community"]\ngrade = "compliant"\nunit = "m2"\nclause = "c"\nevidence = "own"\n'
        f'en = "x"\nzh = "x"\n{more}',
        "utf-8",
    )
    return file


@pytest.mark.parametrize("profile", shipped_profiles())
def test_shipped_rules_are_sound_and_sourced(profile: str) -> None:
    rules = read_rules(profile, folder=Path()).rules
    assert len({one.id for one in rules}) == len(rules)
    assert all(one.clause for one in rules)
    required = {"floor_area_m2", "households", "own_covered_share", "people_per_m2"}
    assert all(any(name in one.expression for one in rules) for name in required)


@pytest.mark.parametrize(
    ("expression", "passed"),
    [
        ("floor_area_m2 >= 300", True),
        ("floor_area_m2 > 300", False),
        ("floor_area_m2 / (households / 100) >= 30", True),
        ("floor_area_m2 - 2 * households <= -1700", True),
        ("floor_area_m2 / 0 >= 1", None),
        ("people_per_m2 <= 25", None),
        ("-floor_area_m2 <= 0", True),
    ],
)
def test_expressions_by_hand(expression: str, *, passed: bool | None) -> None:
    """300 m² for 1,000 households satisfy exactly 30 m² per 100; what is not known is no verdict."""
    measures = {"floor_area_m2": 300.0, "households": 1000.0, "people_per_m2": math.nan}
    assert apply_rule(rule(expression), measures).passed is passed


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("floor_aera_m2 >= 300", "nearest is `floor_area_m2`"),
        ("__import__('os').system('true') >= 1", "only numbers"),
        ("floor_area_m2 ** 9999 >= 1", "only numbers"),
        ("floor_area_m2", "one comparison"),
        ("1 <= floor_area_m2 <= 2", "one comparison"),
        ("floor_area_m2 == 300", "one comparison"),
        ("floor_area_m2 >=", "wrong"),
        ("True >= 1", "only numbers"),
    ],
)
def test_unsound_expressions_are_refused(tmp_path: Path, expression: str, said: str) -> None:
    file = rule_file(tmp_path, expression)
    with pytest.raises(StudyError) as caught:
        read_rules(file.name, folder=tmp_path)
    assert said in str(caught.value) or "invalid syntax" in str(caught.value)


def test_a_study_may_bring_its_own_rules(tmp_path: Path) -> None:
    profile = read_rules(rule_file(tmp_path, "floor_area_m2 >= 1").name, folder=tmp_path)
    assert profile.title("zh") == "自定"
    assert profile.rules[0].title("en") == "x"


def test_unknown_entries_and_profiles_are_refused(tmp_path: Path) -> None:
    file = rule_file(tmp_path, "floor_area_m2 >= 1", more='colour = "red"\n')
    with pytest.raises(StudyError, match="colour"):
        read_rules(file.name, folder=tmp_path)
    with pytest.raises(StudyError, match="Known: haibowan, national"):
        read_rules("nowhere", folder=tmp_path)
    with pytest.raises(StudyError, match="cannot be read"):
        read_rules("absent.toml", folder=tmp_path)
