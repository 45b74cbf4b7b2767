from __future__ import annotations

from pathlib import Path

import pytest
from centres import BLOCKED, CATCHMENT, function, profile_of, rule, rule_file, values_of
from phrases import phrase

from planner.evaluation.expressions import evaluate_condition, parse_expression
from planner.evaluation.intervals import ANYTHING, Interval, exact_interval
from planner.evaluation.rule_files import read_rules, shipped_rule_sets
from planner.messages.errors import StudyError

SEEN = {"haibowan": {"floor_area"}, "haibowan_indicators": {"floor_area"}}
"""The only thresholds whose source text the developers read: the 300 m² of the district's report."""


def test_the_profiles_that_ship() -> None:
    names = "gb50180", "haibowan", "haibowan_indicators", "inner_mongolia", "langfang", "national", "yinchuan"
    assert shipped_rule_sets() == names


@pytest.mark.parametrize("profile", shipped_rule_sets())
def test_shipped_rules_are_sound_and_sourced(profile: str) -> None:
    read = read_rules(profile, folder=Path())
    assert len({one.id for one in read.rules}) == len(read.rules)
    assert all(
        one.clause and one.clause_zh for one in (*read.rules, *read.functions, read.blocked, read.catchment)
    )
    assert {one.id for one in read.rules if one.evidence == "seen"} == SEEN.get(profile, set())
    assert read.catchment.evidence == "unchecked"


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("inner_mongolia", {"community 300", "community 500", "town 500"}),
        ("yinchuan", {"district 2000", "town 1000", "community 500", "village 500"}),
        ("langfang", {"community 500", "community 1000"}),
    ],
)
def test_thresholds_are_those_of_the_clauses(profile: str, expected: set[str]) -> None:
    rules = read_rules(profile, folder=Path()).rules
    assert {f"{tier} {one.expression.split()[-1]}" for one in rules for tier in one.tiers} == expected
    assert {one.expression.split()[0] for one in rules} == {"floor_area_m2"}
    assert {one.evidence for one in rules} == {"excerpt"}


FACTS = values_of(
    {
        "floor_area_m2": exact_interval(300.0),
        "households": exact_interval(1000.0),
        "people_per_m2": ANYTHING,
        "next_centre_min": Interval(15.0, float("inf")),
        "step_free": exact_interval(0.0),
        "newly_built": ANYTHING,
    },
    frozenset({"library"}),
)


@pytest.mark.parametrize(
    ("expression", "passed"),
    [
        ("floor_area_m2 >= 300", True),
        ("floor_area_m2 > 300", False),
        ("300 <= floor_area_m2", True),
        ("floor_area_m2 / (households / 100) >= 30", True),
        # 0.1 + 0.2 is a hair above 0.3 in doubles: thresholds are inclusive all the same.
        ("floor_area_m2 * 0 + 0.3 >= 0.1 + 0.2", True),
        ("floor_area_m2 * 0 + 0.1 + 0.2 > 0.3", False),
        ("floor_area_m2 - 2 * floor_area_m2 <= -300", True),
        ("floor_area_m2 / 0 >= 1", None),
        ("people_per_m2 <= 25", None),
        ("people_per_m2 * 0 <= 25", None),
        ("-floor_area_m2 <= 0", True),
        ("next_centre_min > 14", True),
        ("next_centre_min < 15", False),
        ("next_centre_min <= 15", None),
        ("100 / next_centre_min <= 7", True),
        ("step_free or newly_built", None),
        ("step_free and newly_built", False),
        ("not newly_built", None),
        ("not step_free", True),
        ("not (step_free or people_per_m2 <= 1)", None),
        ('"library" in functions and not "gym" in functions', True),
    ],
)
def test_expressions_by_hand(expression: str, *, passed: bool | None) -> None:
    """300 m² for 1,000 households satisfy exactly 30 m² per 100; what is not known is no verdict."""
    assert evaluate_condition(parse_expression(expression), FACTS)[0] is passed


@pytest.mark.parametrize(
    ("expression", "unit", "said"),
    [
        ("floor_aera_m2 >= 300", "m2", "nearest is `floor_area_m2`"),
        ("own_covered_share_min >= 0.5", "share", "nearest is `own_covered_share_15min`"),
        ("own_covered_share >= 0.5", "share", "nearest is `own_covered_share_15min`"),
        ('__import__("os").system("true") >= 1', "m2", "only numbers"),
        ("floor_area_m2 ** 9999 >= 1", "m2", "only numbers"),
        ("floor_area_m2.real >= 1", "m2", "only numbers"),
        ("[x for x in functions]", "m2", "single comparison"),
        ("lambda: 1", "m2", "single comparison"),
        ("1 <= floor_area_m2 <= 2", "m2", "single comparison"),
        ("floor_area_m2 == 300", "m2", "single comparison"),
        ("True", "m2", "single comparison"),
        ("floor_area_m2 >=", "m2", "cannot be read"),
        ("(" * 400 + "1", "m2", "cannot be read"),
        ("True >= 1", "m2", "only numbers"),
        ("1j >= floor_area_m2", "m2", "only numbers"),
        ("floor_area_m2 >= 1e999", "m2", "only numbers"),
        ("floor_area_m2 >= " + "9" * 450, "m2", "cannot be read"),
        ("step_free or " * 60 + "step_free", "yes_no", "too long"),
        ("floor_area_m2", "m2", phrase("errors.rule_not_a_flag")),
        ("step_free >= 1", "yes_no", phrase("errors.rule_not_a_number")),
        ("functions >= 3", "count", phrase("errors.rule_not_a_number")),
        ('"library" in floor_area_m2', "yes_no", "only `functions` is a list"),
        ('"libary" in functions', "yes_no", "nearest is `library`"),
        ("300 >= 200", "m2", phrase("errors.rule_without_measure")),
        ("floor_area_m2 >= covered_share", "m2", phrase("errors.rule_units_differ", one="metre^2", other="1")),
        ("floor_area_m2 >= people", "m2", phrase("errors.rule_units_differ", one="metre^2", other="person")),
        (
            "floor_area_m2 + households >= 3",
            "m2",
            phrase("errors.rule_units_added", one="metre^2", other="household"),
        ),
        ("floor_area_m2 / people >= people_per_m2", "m2_per_person", "metre^2 / person with person / metre^2"),
        ("covered_share >= 60", "share", phrase("errors.rule_share_beyond_1")),
        ("floor_area_m2 >= 300", "share", "`floor_area_m2 >= 300` is metre^2"),
        ("floor_area_m2 / households >= 0.3", "m2", "`floor_area_m2 / households >= 0.3` is metre^2 / household"),
        ("step_free", "m2", phrase("errors.rule_unit_wrong", unit="m2")),
        ("floor_area_m2 / floor_area_m2 >= 1", "yes_no", phrase("errors.rule_unit_wrong", unit="yes_no")),
    ],
)
def test_unsound_expressions_are_refused(tmp_path: Path, expression: str, unit: str, said: str) -> None:
    file = rule_file(tmp_path, function("library"), rule(expression, unit=unit))
    with pytest.raises(StudyError) as caught:
        read_rules(file.name, folder=tmp_path)
    assert said in str(caught.value)


def test_everything_that_is_wrong_with_a_file_is_said_at_once(tmp_path: Path) -> None:
    file = rule_file(
        tmp_path,
        rule("floor_aera_m2 >= 300", name="a"),
        rule("floor_area_m2 >= people", name="b"),
        rule("covered_share >= 60", name="c", unit="share", more='colour = "red"'),
        rule("step_free", name="d", unit="furlong", grade="superb"),
    )
    with pytest.raises(StudyError) as caught:
        read_rules(file.name, folder=tmp_path)
    assert [issue.key for issue in caught.value.issues] == [
        "wrong_rule",
        "wrong_rule",
        "wrong_rule",
        "rule_unknown_measure",
        "rule_units_differ",
        "rule_share_beyond_1",
    ]


@pytest.mark.parametrize(
    ("expression", "unit", "table"),
    [
        ("blocked_directions <= 2", "count", "[blocked]"),
        ("m2_per_person_e2sfca >= 1", "m2_per_person", "[catchment]"),
        ("functions_share >= 1", "share", "[[functions]]"),
    ],
)
def test_a_measure_that_needs_a_table_says_so(tmp_path: Path, expression: str, unit: str, table: str) -> None:
    with pytest.raises(StudyError) as caught:
        profile_of(tmp_path, rule(expression, unit=unit))
    assert table in str(caught.value)
    assert profile_of(tmp_path, BLOCKED, CATCHMENT, function("library"), rule(expression, unit=unit))


def test_zones_must_rise_with_a_weight_each(tmp_path: Path) -> None:
    wrong = CATCHMENT.replace("[1.0, 0.5]", "[1.0]")
    with pytest.raises(StudyError, match=phrase("errors.reason_zones_unfit")):
        profile_of(tmp_path, wrong, rule("floor_area_m2 >= 1"))


def test_the_limits_that_a_profile_asks_for(tmp_path: Path) -> None:
    rules = (
        rule("own_covered_share_12min >= 0.5", unit="share"),
        rule("people_within_20min <= 5", name="p", unit="people"),
    )
    assert profile_of(tmp_path, *rules).limits_min == (12.0, 20.0)
    assert profile_of(tmp_path, CATCHMENT, *rules).limits_min == (5.0, 12.0, 15.0, 20.0)


def test_a_study_may_bring_its_own_rules(tmp_path: Path) -> None:
    profile = profile_of(tmp_path, rule("floor_area_m2 >= 1"))
    assert profile.title("zh") == "自定"
    assert profile.rules[0].title("en") == "Title r"


def test_unknown_entries_and_profiles_are_refused(tmp_path: Path) -> None:
    file = rule_file(tmp_path, rule("floor_area_m2 >= 1", more='colour = "red"\n'))
    with pytest.raises(StudyError, match="colour"):
        read_rules(file.name, folder=tmp_path)
    with pytest.raises(StudyError, match="Available: gb50180, haibowan"):
        read_rules("nowhere", folder=tmp_path)
    with pytest.raises(StudyError, match="cannot be read"):
        read_rules("absent.toml", folder=tmp_path)
    with pytest.raises(StudyError, match="more than once"):
        profile_of(tmp_path, rule("floor_area_m2 >= 1"), rule("people >= 1", unit="people"))
