"""Every entry of a rule's result for one centre, by hand: value, unit, what is not known."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from centres import function, profile_of, rule, rule_file

from planner.assessment.expressions import ANYTHING, Facts, Span, exactly
from planner.assessment.rules import read_rules
from planner.assessment.verdicts import Subject, apply_rule, excellence, verdict_of
from planner.errors import StudyError

NUMBERS = {
    "floor_area_m2": exactly(320.0),
    "activity_area_m2": exactly(100.0),
    "households": exactly(1600.0),
    "people": exactly(4000.0),
    "activity_share": exactly(0.4),
    "step_free": exactly(0.0),
    "newly_built": ANYTHING,
    "open_hours_week": ANYTHING,
    "next_centre_min": Span(15.0, math.inf),
}


def centre(*, place: str = "urban", functions: frozenset[str] | None = None, **numbers: Span) -> Subject:
    return Subject("C1", "community", place, Facts(NUMBERS | numbers, functions))


@pytest.mark.parametrize(
    ("expression", "unit", "expected"),
    [
        ("floor_area_m2 >= 300", "m2", (True, 320.0, "≥", 300.0, "m2")),
        ("floor_area_m2 >= 300 and activity_share >= 0.6", "m2", (False, 0.4, "≥", 0.6, "share")),
        ("floor_area_m2 >= 300 and 0.6 <= activity_share", "m2", (False, 0.4, "≥", 0.6, "share")),
        ("floor_area_m2 >= 300 and step_free", "m2", (False, 0.0, "=", 1.0, "yes_no")),
        (
            "step_free or floor_area_m2 / households * 100 >= 30",
            "yes_no",
            (False, 0.0, "=", 1.0, "yes_no"),
        ),
        (
            "floor_area_m2 >= 300 and floor_area_m2 / (households / 100) >= 30",
            "m2",
            (False, 20.0, "≥", 30.0, "m2_per_100_households"),
        ),
        (
            "floor_area_m2 >= 300 and activity_area_m2 / floor_area_m2 >= 0.6",
            "m2",
            (False, 0.3125, "≥", 0.6, "ratio"),
        ),
        (
            "floor_area_m2 >= 300 and floor_area_m2 * people >= 2e6",
            "m2",
            (False, 1280000.0, "≥", 2e6, "ratio"),
        ),
    ],
)
def test_what_decided(tmp_path: Path, expression: str, unit: str, expected: tuple[object, ...]) -> None:
    (read,) = profile_of(tmp_path, rule(expression, unit=unit)).rules
    result = apply_rule(read, centre())
    assert result is not None
    assert (result.passed, result.value, result.comparison, result.required, result.unit) == expected
    assert result.unknown == ()


def test_a_number_of_which_only_the_lower_limit_is_known(tmp_path: Path) -> None:
    (read,) = profile_of(tmp_path, rule("next_centre_min <= 20", unit="minutes")).rules
    result = apply_rule(read, centre())
    assert result is not None
    assert result.passed is None
    assert math.isnan(result.value)
    assert result.at_least == 15.0
    assert result.unknown == ("next_centre_min",)


@pytest.mark.parametrize(
    ("functions", "unknown"),
    [(None, ("functions", "open_hours_week")), (frozenset({"library"}), ("open_hours_week",))],
)
def test_every_measure_that_is_not_known_is_listed(
    tmp_path: Path, functions: frozenset[str] | None, unknown: tuple[str, ...]
) -> None:
    text = rule('"library" in functions and open_hours_week >= 40 and floor_area_m2 >= 300', unit="yes_no")
    (read,) = profile_of(tmp_path, function("library"), text).rules
    result = apply_rule(read, centre(functions=functions))
    assert result is not None
    assert result.unknown == unknown


@pytest.mark.parametrize(
    ("built", "floor", "passed", "unknown"),
    [
        (ANYTHING, 400.0, None, ("newly_built",)),
        (ANYTHING, 500.0, True, ("newly_built",)),
        (exactly(1.0), 400.0, False, ()),
        (exactly(1.0), 500.0, True, ()),
    ],
)
def test_a_rule_for_new_premises(
    tmp_path: Path,
    built: Span,
    floor: float,
    passed: bool | None,  # noqa: FBT001 - a case of the table
    unknown: tuple[str, ...],
) -> None:
    (read,) = profile_of(tmp_path, rule("floor_area_m2 >= 500", more='places = ["new"]')).rules
    result = apply_rule(read, centre(newly_built=built, floor_area_m2=exactly(floor)))
    assert result is not None
    assert (result.passed, result.unknown) == (passed, unknown)
    assert apply_rule(read, centre(newly_built=exactly(0.0))) is None


@pytest.mark.parametrize(
    ("place", "floor", "passed"),
    [("urban", 100.0, False), ("", 100.0, None), ("", 400.0, True), ("urban", 400.0, True)],
)
def test_a_rule_for_urban_centres(
    tmp_path: Path,
    place: str,
    floor: float,
    passed: bool | None,  # noqa: FBT001 - a case of the table
) -> None:
    (read,) = profile_of(tmp_path, rule("floor_area_m2 >= 300", more='places = ["urban"]')).rules
    result = apply_rule(read, centre(place=place, floor_area_m2=exactly(floor), newly_built=ANYTHING))
    assert result is not None
    assert result.passed is passed
    assert result.unknown == ()
    assert apply_rule(read, centre(place="rural")) is None


def test_no_rule_of_grade_excellent_gives_no_share_of_them(tmp_path: Path) -> None:
    profile = profile_of(tmp_path, rule("floor_area_m2 >= 300"))
    results = [result for one in profile.rules if (result := apply_rule(one, centre())) is not None]
    assert excellence(results, profile) == (0.0, 0.0)
    assert verdict_of(results, profile) == "compliant"


def test_the_names_of_a_rule_file_in_both_languages(tmp_path: Path) -> None:
    profile = profile_of(tmp_path, function("library"), rule("floor_area_m2 >= 300"))
    named = (profile, profile.rules[0], profile.functions[0])
    assert [each.title("zh") for each in named] == ["自定", "标题r", "功能library"]
    assert [each.title("en") for each in named] == ["Own", "Title r", "Library"]


def test_expressions_are_checked_where_something_else_is_wrong_too(tmp_path: Path) -> None:
    """The place is the rule's id, or its number; functions of the file are names that an expression may use."""
    file = rule_file(
        tmp_path,
        function("library"),
        rule("floor_area_m2 >= people", name="a", unit="m2", more='colour = "red"'),
        rule("museum", name="b", unit="yes_no"),
        rule("floor_area_m2 >= 300", name="c", unit="people").replace('id = "c"\n', ""),
        '[[functions]]\nid = "hall"\ncolour = "red"',
    )
    with pytest.raises(StudyError) as caught:
        read_rules(file.name, folder=tmp_path)
    breaches = [(breach.key, str(breach.values.get("rule", ""))) for breach in caught.value.breaches]
    assert ("wrong_rule", "rules.a.colour") in breaches
    assert any(key == "wrong_rule" and place.startswith("functions.hall.") for key, place in breaches)
    assert ("rule_units_differ", "a") in breaches
    assert ("rule_unknown_measure", "b") in breaches
    assert [key for key, place in breaches if place == "rules.2"]
    assert not [key for key, place in breaches if key == "rule_unknown_measure" and place == "a"]
    assert str(caught.value).startswith(f"{file}")


def test_an_empty_list_of_rules_is_told_only_where_there_is_none(tmp_path: Path) -> None:
    empty = tmp_path / "empty.toml"
    empty.write_text('en = "Own"\nzh = "自定"\nsource = "test"\nrules = []\n', "utf-8")
    with pytest.raises(StudyError) as caught:
        read_rules(empty.name, folder=tmp_path)
    assert [(breach.key, breach.values["rule"]) for breach in caught.value.breaches] == [("wrong_rule", "rules")]
    file = rule_file(tmp_path, rule("floor_area_m2 >= 300", grade="superb"))
    with pytest.raises(StudyError) as refused:
        read_rules(file.name, folder=tmp_path)
    assert [breach.values["rule"] for breach in refused.value.breaches] == ["rules.r.grade"]


def test_what_a_table_lacks_names_the_measures_that_need_it(tmp_path: Path) -> None:
    text = "blocked_directions <= 2 and floor_area_m2 >= 300 and m2_per_person_2sfca + m2_per_person_e2sfca >= 1"
    with pytest.raises(StudyError) as caught:
        profile_of(tmp_path, rule(text, unit="count"))
    assert [(breach.values["name"], breach.values["table"]) for breach in caught.value.breaches] == [
        ("blocked_directions", "[blocked]"),
        ("m2_per_person_2sfca, m2_per_person_e2sfca", "[catchment]"),
    ]
