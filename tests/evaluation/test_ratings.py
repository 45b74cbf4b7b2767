"""Every entry of a rule's result for one centre, by hand: value, unit, what is not known."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from centres import function, profile_of, rule, rule_file, values_of

from planner.evaluation.intervals import ANYTHING, Interval, exact_interval
from planner.evaluation.ratings import (
    FacilityFacts,
    applies_to,
    compute_score,
    evaluate_rule,
    evaluate_rules,
    excellent_share_bounds,
    rating_of,
)
from planner.evaluation.rule_files import read_rules
from planner.evaluation.rules import RuleSet, is_in_force
from planner.messages.errors import StudyError

NUMBERS = {
    "floor_area_m2": exact_interval(320.0),
    "activity_area_m2": exact_interval(100.0),
    "households": exact_interval(1600.0),
    "people": exact_interval(4000.0),
    "activity_share": exact_interval(0.4),
    "step_free": exact_interval(0.0),
    "newly_built": ANYTHING,
    "open_hours_week": ANYTHING,
    "next_centre_min": Interval(15.0, math.inf),
}


def centre(*, place: str = "urban", functions: frozenset[str] | None = None, **numbers: Interval) -> FacilityFacts:
    return FacilityFacts("C1", "community", place, values_of(NUMBERS | numbers, functions))


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
    result = evaluate_rule(read, centre())
    assert result is not None
    assert (result.passed, result.value, result.comparison, result.required, result.unit) == expected
    assert result.unknown == ()


def test_a_number_of_which_only_the_lower_limit_is_known(tmp_path: Path) -> None:
    (read,) = profile_of(tmp_path, rule("next_centre_min <= 20", unit="minutes")).rules
    result = evaluate_rule(read, centre())
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
    result = evaluate_rule(read, centre(functions=functions))
    assert result is not None
    assert result.unknown == unknown


@pytest.mark.parametrize(
    ("built", "floor", "passed", "unknown"),
    [
        (ANYTHING, 400.0, None, ("newly_built",)),
        (ANYTHING, 500.0, True, ("newly_built",)),
        (exact_interval(1.0), 400.0, False, ()),
        (exact_interval(1.0), 500.0, True, ()),
    ],
)
def test_a_rule_for_new_premises(
    tmp_path: Path,
    built: Interval,
    floor: float,
    passed: bool | None,  # noqa: FBT001 - a case of the table
    unknown: tuple[str, ...],
) -> None:
    (read,) = profile_of(tmp_path, rule("floor_area_m2 >= 500", more='places = ["new"]')).rules
    result = evaluate_rule(read, centre(newly_built=built, floor_area_m2=exact_interval(floor)))
    assert result is not None
    assert (result.passed, result.unknown) == (passed, unknown)
    assert evaluate_rule(read, centre(newly_built=exact_interval(0.0))) is None


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
    result = evaluate_rule(read, centre(place=place, floor_area_m2=exact_interval(floor), newly_built=ANYTHING))
    assert result is not None
    assert result.passed is passed
    assert result.unknown == ()
    assert evaluate_rule(read, centre(place="rural")) is None


def test_no_rule_of_grade_excellent_gives_no_share_of_them(tmp_path: Path) -> None:
    profile = profile_of(tmp_path, rule("floor_area_m2 >= 300"))
    results = [result for one in profile.rules if (result := evaluate_rule(one, centre())) is not None]
    assert excellent_share_bounds(results, profile) == (0.0, 0.0)
    assert rating_of(results, profile) == "compliant"


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
    issues = [(issue.key, str(issue.values.get("rule", ""))) for issue in caught.value.issues]
    assert ("wrong_rule", "rules.a.colour") in issues
    assert any(key == "wrong_rule" and place.startswith("functions.hall.") for key, place in issues)
    assert ("rule_units_differ", "a") in issues
    assert ("rule_unknown_measure", "b") in issues
    assert [key for key, place in issues if place == "rules.2"]
    assert not [key for key, place in issues if key == "rule_unknown_measure" and place == "a"]
    assert str(file) in str(caught.value).splitlines()[0]


def test_an_empty_list_of_rules_is_told_only_where_there_is_none(tmp_path: Path) -> None:
    empty = tmp_path / "empty.toml"
    empty.write_text('en = "Own"\nzh = "自定"\nsource = "test"\nrules = []\n', "utf-8")
    with pytest.raises(StudyError) as caught:
        read_rules(empty.name, folder=tmp_path)
    assert [(issue.key, issue.values["rule"]) for issue in caught.value.issues] == [("wrong_rule", "rules")]
    file = rule_file(tmp_path, rule("floor_area_m2 >= 300", grade="superb"))
    with pytest.raises(StudyError) as refused:
        read_rules(file.name, folder=tmp_path)
    assert [issue.values["rule"] for issue in refused.value.issues] == ["rules.r.grade"]


def test_what_a_table_lacks_names_the_measures_that_need_it(tmp_path: Path) -> None:
    text = "blocked_directions <= 2 and floor_area_m2 >= 300 and m2_per_person_2sfca + m2_per_person_e2sfca >= 1"
    with pytest.raises(StudyError) as caught:
        profile_of(tmp_path, rule(text, unit="count"))
    assert [(issue.values["name"], issue.values["table"]) for issue in caught.value.issues] == [
        ("blocked_directions", "[blocked]"),
        ("m2_per_person_2sfca, m2_per_person_e2sfca", "[catchment]"),
    ]


def test_a_file_that_is_no_toml_is_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text('en = "Own\n', "utf-8")
    with pytest.raises(StudyError) as caught:
        read_rules("broken.toml", folder=tmp_path)
    assert caught.value.source == str(tmp_path / "broken.toml")
    (issue,) = caught.value.issues
    assert issue.key == "not_toml"
    assert issue.values["reason"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(StudyError) as caught:
        read_rules("none.toml", folder=tmp_path)
    assert caught.value.source == str(tmp_path / "none.toml")
    assert [issue.key for issue in caught.value.issues] == ["unreadable_rules"]


def test_functions_are_names_where_something_else_is_wrong_too(tmp_path: Path) -> None:
    """The wrong key is told, and a rule about a function of the file is right; about another one is wrong."""
    file = rule_file(
        tmp_path,
        function("library"),
        rule('"library" in functions', name="a", unit="yes_no", more='colour = "red"'),
        rule('"museum" in functions', name="b", unit="yes_no"),
    )
    with pytest.raises(StudyError) as caught:
        read_rules(file.name, folder=tmp_path)
    assert caught.value.source == str(file)
    rules = [str(issue.values.get("rule", "")) for issue in caught.value.issues]
    assert rules == ["rules.a.colour", "b"]


def test_a_rule_is_in_force_from_its_day(tmp_path: Path) -> None:
    (read,) = profile_of(tmp_path, rule("floor_area_m2 >= 300", more="effective = 2024-07-01")).rules
    (always,) = profile_of(tmp_path, rule("floor_area_m2 >= 300")).rules
    days = ["2024-06-30", "2024-07-01", "2024-07-02"]
    assert [is_in_force(read, day) for day in days] == [False, True, True]
    assert all(is_in_force(always, day) for day in days)


def weighted(tmp_path: Path, *, share: float = 0.5) -> RuleSet:
    """Return a profile with one required rule, three of grade excellent that weigh 1, 2 and 5, and an advice."""
    return profile_of(
        tmp_path,
        rule("floor_area_m2 >= 300", name="must"),
        *(
            rule(f"{measure} >= {limit}", name=name, unit=unit, grade="excellent", more=f"weight = {weight}")
            for name, measure, limit, unit, weight in (
                ("floor", "floor_area_m2", 500, "m2", 1.0),
                ("rooms", "activity_area_m2", 100, "m2", 2.0),
                ("hours", "open_hours_week", 40, "hours_per_week", 5.0),
            )
        ),
        rule("people <= 3000", name="advice", unit="people", grade="advice"),
        head=f"excellent_share = {share}",
    )


@pytest.mark.parametrize(
    ("floor", "rooms", "hours", "share", "low_high", "verdict", "score"),
    [
        # must 1, advice 1: weights of the score add up to 10.
        (500.0, 100.0, exact_interval(40.0), 1.0, (1.0, 1.0), "excellent", 0.9),
        (400.0, 100.0, exact_interval(40.0), 0.875, (0.875, 0.875), "excellent", 0.8),
        (400.0, 100.0, exact_interval(40.0), 0.876, (0.875, 0.875), "compliant", 0.8),
        (400.0, 100.0, ANYTHING, 0.5, (0.25, 0.875), "compliant", 3 / 5),
        (500.0, 90.0, ANYTHING, 0.125, (0.125, 0.75), "excellent", 2 / 5),
        (400.0, 90.0, exact_interval(39.0), 0.5, (0.0, 0.0), "compliant", 0.1),
        (200.0, 100.0, exact_interval(40.0), 0.5, (0.875, 0.875), "weak", 0.7),
    ],
)
def test_weights_decide_on_excellence_and_the_score(  # noqa: PLR0913, PLR0917 - a case of the table
    tmp_path: Path,
    floor: float,
    rooms: float,
    hours: Interval,
    share: float,
    low_high: tuple[float, float],
    verdict: str,
    score: float,
) -> None:
    profile = weighted(tmp_path, share=share)
    facts = centre(
        floor_area_m2=exact_interval(floor), activity_area_m2=exact_interval(rooms), open_hours_week=hours
    )
    results = evaluate_rules(facts, profile)
    assert [one.rule for one in results] == ["must", "floor", "rooms", "hours", "advice"]
    assert excellent_share_bounds(results, profile) == pytest.approx(low_high)
    assert rating_of(results, profile) == verdict
    assert compute_score(results, profile) == pytest.approx(score)


def test_what_decides_nothing_gives_no_verdict_and_no_score(tmp_path: Path) -> None:
    advice = profile_of(tmp_path, rule("people <= 3000", unit="people", grade="advice"))
    assert rating_of(evaluate_rules(centre(), advice), advice) == ""
    assert compute_score(evaluate_rules(centre(), advice), advice) == 0.0
    unknown = profile_of(tmp_path, rule("open_hours_week >= 40", unit="hours_per_week"))
    results = evaluate_rules(centre(), unknown)
    assert rating_of(results, unknown) == "undetermined"
    assert math.isnan(compute_score(results, unknown))
    assert rating_of([], unknown) == ""
    only_excellent = profile_of(tmp_path, rule("floor_area_m2 >= 300", grade="excellent"))
    assert rating_of(evaluate_rules(centre(), only_excellent), only_excellent) == "excellent"


def test_the_only_comparison_of_a_rule_has_the_unit_of_the_rule(tmp_path: Path) -> None:
    """A share of areas is written in shares; without the rule's word it would be a ratio."""
    (read,) = profile_of(tmp_path, rule("activity_area_m2 / floor_area_m2 >= 0.6", unit="share")).rules
    result = evaluate_rule(read, centre())
    assert result is not None
    assert (result.value, result.unit) == (0.3125, "share")


def test_a_rule_of_another_tier_finds_nothing(tmp_path: Path) -> None:
    (read,) = profile_of(tmp_path, rule("floor_area_m2 >= 300", tiers='["town"]')).rules
    assert evaluate_rule(read, centre()) is None
    assert applies_to(read, centre()) is False
