from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from centres import BLOCKED, CATCHMENT, diagnosed, failed, function, profile_of, rule, value, why_unknown

from planner.evaluation.sensitivity import changed_ratings, rating_flips


@pytest.mark.parametrize(
    ("arguments", "verdict", "reasons"),
    [
        ({"floor_area_m2": 300.0}, "compliant", set()),
        ({"floor_area_m2": 299.9}, "weak", {"floor_area", "floor_area_per_100_households"}),
        ({"floor_area_m2": 300.0, "households": 1001}, "weak", {"floor_area_per_100_households"}),
        ({"floor_area_m2": 300.0, "near": 0.6}, "compliant", set()),
        ({"floor_area_m2": 300.0, "near": 0.59}, "weak", {"own_coverage"}),
        ({"floor_area_m2": 400.0, "people": 10_000}, "compliant", set()),
        ({"floor_area_m2": 400.0, "people": 10_026}, "weak", {"load"}),
        ({"floor_area_m2": 1000.0}, "excellent", set()),
        ({"floor_area_m2": np.nan}, "undetermined", set()),
        ({"floor_area_m2": np.nan, "near": 0.1}, "weak", {"own_coverage"}),
        ({"floor_area_m2": 499.0, "tier": "town"}, "weak", {"town_floor_area"}),
        ({"floor_area_m2": 10.0, "tier": "station"}, "", set()),
    ],
)
def test_verdicts_at_every_threshold(arguments: dict[str, object], verdict: str, reasons: set[str]) -> None:
    diagnosis = diagnosed(**arguments)
    assert diagnosis.centres["verdict"].iloc[0] == verdict
    assert failed(diagnosis) == reasons


def test_rates_count_premises_and_leave_the_undetermined_out() -> None:
    good, weak, unknown = (diagnosed(floor_area_m2=area) for area in (300.0, 10.0, np.nan))
    assert good.rates["compliant_share"] == 1.0
    assert (weak.rates["compliant_share"], weak.weak_communities) == (0.0, ("A",))
    assert unknown.rates["undetermined"] == 1
    assert np.isnan(unknown.rates["compliant_share"])
    assert diagnosed(floor_area_m2=10.0, tier="town").rates["assessed"] == 0


def test_a_community_without_a_centre_is_listed() -> None:
    assert diagnosed().communities_without_centre == ("B",)
    assert diagnosed(tier="station").communities_without_centre == ("A", "B")


PARTS = (CATCHMENT, BLOCKED, function("library"), function("clinic"), rule("floor_area_m2 >= 300"))


@pytest.mark.parametrize(
    ("given", "measure", "expected"),
    [
        ({"floor_area_m2": 400.0}, "floor_area_m2", 400.0),
        ({"floor_area_m2": 400.0, "activity_area_m2": 100.0}, "activity_share", 0.25),
        ({"near": 0.75}, "people", 1000),
        ({"near": 0.75}, "people_nearest", 750),
        ({"floor_area_m2": 400.0, "near": 0.75}, "people_per_m2", 750 / 400),
        ({"near": 0.75}, "own_covered_share_5min", 0.75),
        ({"near": 0.75, "minutes": 7.0}, "own_covered_share_5min", 0.0),
        ({"near": 0.75, "minutes": 7.0}, "people_within_10min", 750),
        ({"near": 0.75}, "covered_share", 0.75),
        ({"near": 0.75, "old": 100}, "people_65_uncovered", 25),
        ({"near": 0.75}, "overlap_share", 0.0),
        ({"households": 250}, "households", 250),
        ({"open_hours_week": 40}, "open_hours_week", 40),
        ({"step_free": "是"}, "step_free", 1),
        ({"step_free": "no"}, "step_free", 0),
        ({"newly_built": True}, "newly_built", 1),
        ({"functions": "Library、Dance"}, "functions_share", 0.5),
        ({"functions": "library room, 功能clinic"}, "functions_missing", 0),
        ({"next_min": 6.5}, "next_centre_min", 6.5),
        # 4 minutes for 50 m at 60 m a minute.
        ({}, "detour", 4 / (50 / 60)),
        ({}, "detour_worst", 4 / (50 / 60)),
        ({}, "blocked_directions", 1),
        ({"minutes": 1.25}, "blocked_directions", 0),
        ({"near": 0.75, "minutes": 7.0}, "catchment_people", 750),
        ({"near": 0.75, "minutes": 7.0}, "catchment_people_weighted", 375),
        ({"near": 0.75, "minutes": 7.0}, "m2_per_person_2sfca", 300 / 750),
        ({"near": 0.75, "minutes": 7.0}, "m2_per_person_e2sfca", 300 / 375),
    ],
)
def test_measures_by_hand(tmp_path: Path, given: dict[str, object], measure: str, expected: float) -> None:
    assert value(diagnosed(profile_of(tmp_path, *PARTS), **given), measure) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("given", "measure", "reason"),
    [
        ({"floor_area_m2": None}, "floor_area_m2", "not_given"),
        ({"floor_area_m2": None}, "people_per_m2", "not_given"),
        ({"floor_area_m2": None}, "m2_per_person_2sfca", "not_given"),
        ({}, "activity_share", "not_given"),
        ({}, "open_hours_week", "not_given"),
        ({}, "step_free", "not_given"),
        ({}, "newly_built", "not_given"),
        ({}, "functions_share", "not_given"),
        ({"tier": "town"}, "functions_missing", "no_functions_required"),
        ({"tier": "town"}, "people", "not_premises"),
        ({"tier": "town"}, "covered_share", "not_premises"),
        ({"households": np.nan}, "households", "not_given"),
        ({"people": 0}, "own_covered_share_5min", "no_people"),
        ({"people": 0}, "detour", "nobody_in_disc"),
        ({"people": 0}, "blocked_directions", "nobody_in_disc"),
        ({}, "people_65_uncovered", "not_given"),
        ({"minutes": 7.0}, "overlap_share", "nobody_within"),
        ({"minutes": 99.0}, "m2_per_person_2sfca", "nobody_in_catchment"),
        ({}, "next_centre_min", "beyond_horizon"),
        ({"minutes": 99.0}, "detour", "beyond_horizon"),
        ({}, "area_ratio_5min", "limit_not_drawn"),
    ],
)
def test_every_unknown_has_its_reason(tmp_path: Path, given: dict[str, object], measure: str, reason: str) -> None:
    diagnosis = diagnosed(profile_of(tmp_path, *PARTS), **given)
    assert np.isnan(value(diagnosis, measure))
    assert why_unknown(diagnosis, measure) == reason


def test_without_its_table_a_measure_is_unknown(tmp_path: Path) -> None:
    diagnosis = diagnosed(profile_of(tmp_path, rule("floor_area_m2 >= 300")))
    assert why_unknown(diagnosis, "blocked_directions") == "no_threshold"
    assert why_unknown(diagnosis, "m2_per_person_e2sfca") == "no_catchment"
    assert why_unknown(diagnosis, "functions_share") == "no_functions_required"


@pytest.mark.parametrize(
    ("expression", "unit", "given", "passed"),
    [
        ("floor_area_m2 / (households / 100) >= 30", "m2_per_100_households", {}, True),
        ("activity_area_m2 / floor_area_m2 >= 0.6", "share", {"activity_area_m2": 180}, True),
        ("activity_area_m2 / floor_area_m2 >= 0.6", "share", {"activity_area_m2": 179}, False),
        ("activity_area_m2 / floor_area_m2 >= 0.6", "share", {}, None),
        ("covered_share >= 0.9", "share", {"near": 0.9}, True),
        ("detour <= 1.5", "ratio", {}, False),
        ("detour <= 1.5", "ratio", {"minutes": 1.25}, True),
        # The walk is longer than 15 minutes for 50 m: how much longer does not matter.
        ("detour <= 1.5", "ratio", {"minutes": 99.0}, False),
        ("detour <= 20", "ratio", {"minutes": 99.0}, None),
        ("next_centre_min >= 10", "minutes", {}, True),
        ("next_centre_min >= 20", "minutes", {}, None),
        ("next_centre_min <= 15", "minutes", {"next_min": 15.0}, True),
        ("step_free", "yes_no", {"step_free": "yes"}, True),
        ("step_free", "yes_no", {"step_free": "否"}, False),
        ("step_free", "yes_no", {}, None),
        ("not step_free", "yes_no", {"step_free": "否"}, True),
        ('"library" in functions', "yes_no", {"functions": "图书室, library"}, True),
        ('"library" in functions', "yes_no", {"functions": "clinic"}, False),
        ('"library" in functions', "yes_no", {}, None),
        ('"library" not in functions', "yes_no", {"functions": "clinic"}, True),
        ("functions_share >= 0.5", "share", {"functions": "clinic"}, True),
        ("floor_area_m2 >= 300 or step_free", "m2", {}, True),
        ("floor_area_m2 >= 301 or step_free", "m2", {}, None),
        ("floor_area_m2 >= 301 and step_free", "m2", {}, False),
        ("not (floor_area_m2 >= 301 or step_free)", "m2", {"step_free": "no"}, True),
        ("blocked_directions <= 0", "count", {}, False),
        ("m2_per_person_2sfca >= 0.3", "m2_per_person", {}, True),
        ("people_per_m2 <= 3", "people_per_m2", {}, False),
        ("people_within_5min <= 1000", "people", {}, True),
        ("people_within_05min <= 1000", "people", {}, True),
        ("people_65_uncovered <= 0", "people", {"old": 10, "near": 0.5}, False),
        ("open_hours_week >= 40", "hours_per_week", {"open_hours_week": 39}, False),
    ],
)
def test_rules_on_hand_made_centres(
    tmp_path: Path, expression: str, unit: str, given: dict[str, object], *, passed: bool | None
) -> None:
    rules = (CATCHMENT, BLOCKED, function("library"), function("clinic"), rule(expression, unit=unit))
    diagnosis = diagnosed(profile_of(tmp_path, *rules), **given)
    assert diagnosis.rule_results["passed"].tolist() == [passed]
    verdict = {True: "compliant", False: "weak", None: "undetermined"}[passed]
    assert diagnosis.centres["verdict"].iloc[0] == verdict
    assert (
        (diagnosis.rule_results["unknown"].iloc[0] == ())
        or passed is not None
        or value(diagnosis, "people") == 1000
    )


@pytest.mark.parametrize(
    ("places", "given", "verdict"),
    [
        ('["urban"]', {}, "weak"),
        ('["rural"]', {}, ""),
        ('["rural"]', {"tier": "community", "kind": "village"}, "weak"),
        ('["urban", "new"]', {"newly_built": "yes"}, "weak"),
        ('["urban", "new"]', {"newly_built": "no"}, ""),
        # Whether it is new is not known: it may or may not fail. What is large enough passes in any case.
        ('["urban", "new"]', {}, "undetermined"),
        ('["urban", "new"]', {"floor_area_m2": 500.0}, "compliant"),
    ],
)
def test_a_rule_applies_to_its_places(tmp_path: Path, places: str, given: dict[str, object], verdict: str) -> None:
    profile = profile_of(tmp_path, rule("floor_area_m2 >= 500", more=f"places = {places}"))
    assert diagnosed(profile, **given).centres["verdict"].iloc[0] == verdict


def test_a_rule_that_is_not_in_force_is_named_and_not_applied(tmp_path: Path) -> None:
    profile = profile_of(
        tmp_path,
        rule("floor_area_m2 >= 500", more="effective = 2024-01-01"),
        rule("people >= 1", name="p", unit="people"),
    )
    before, after = (diagnosed(profile, date=date) for date in ("2023-12-31", "2024-01-01"))
    assert (before.not_in_force, before.centres["verdict"].iloc[0]) == (("r",), "compliant")
    assert (after.not_in_force, after.centres["verdict"].iloc[0]) == ((), "weak")


def test_advice_decides_nothing(tmp_path: Path) -> None:
    advice = rule("floor_area_m2 >= 500", grade="advice")
    assert diagnosed(profile_of(tmp_path, advice)).centres["verdict"].iloc[0] == ""
    both = profile_of(tmp_path, advice, rule("people >= 1", name="p", unit="people"))
    diagnosis = diagnosed(both)
    assert diagnosis.centres["verdict"].iloc[0] == "compliant"
    assert failed(diagnosis, grade="advice") == {"r"}


def test_excellence_by_weight_and_what_might_be(tmp_path: Path) -> None:
    """Weights 3 and 1: the first alone is three quarters of excellence; for all of it the second decides."""
    rules = (
        rule("people >= 1", name="c", unit="people"),
        rule("floor_area_m2 >= 300", name="x", grade="excellent", more="weight = 3.0"),
        rule("step_free", name="y", unit="yes_no", grade="excellent"),
    )
    enough = profile_of(tmp_path, *rules, head="excellent_share = 0.75")
    assert diagnosed(enough).centres["verdict"].iloc[0] == "excellent"
    whole = profile_of(tmp_path, *rules)
    for given, verdict, perhaps, score in (
        ({}, "compliant", 1, 1.0),
        ({"step_free": "no"}, "compliant", 0, 0.8),
        ({"step_free": "yes"}, "excellent", 0, 1.0),
    ):
        diagnosis = diagnosed(whole, **given)
        assert diagnosis.centres["verdict"].iloc[0] == verdict
        assert diagnosis.rates["perhaps_excellent"] == perhaps
        assert diagnosis.centres["score"].iloc[0] == pytest.approx(score)


def test_the_deciding_part_of_a_rule_is_told_in_its_own_unit(tmp_path: Path) -> None:
    profile = profile_of(tmp_path, rule("floor_area_m2 >= 300 and people <= 10"))
    finding = diagnosed(profile).rule_results.iloc[0]
    assert (finding["value"], finding["comparison"], finding["required"], finding["unit"]) == (
        1000,
        "≤",
        10,
        "people",
    )


def test_directions_by_hand(tmp_path: Path) -> None:
    """Half live north and walk 4 minutes; half live east, beyond the horizon of 15: at least ninefold."""
    rows = diagnosed(profile_of(tmp_path, *PARTS), near=0.5).directions.query("facility == 'F'")
    assert rows["direction"].tolist() == ["N", "E"]
    assert rows["people"].tolist() == [500, 500]
    assert rows["detour"].iloc[0] == pytest.approx(4 / (50 / 60))
    assert np.isnan(rows["detour"].iloc[1])
    assert rows["at_least"].iloc[1] == pytest.approx(15 / (100 / 60))
    assert rows["blocked"].tolist() == [True, True]


def test_communities_by_hand(tmp_path: Path) -> None:
    rows = diagnosed(profile_of(tmp_path, *PARTS), near=0.75, old=100).communities
    first = rows.iloc[0]
    assert (first["people"], first["people_covered"], first["covered_share"]) == (1000, 750, 0.75)
    assert (first["premises"], first["premises_m2"], first["m2_per_100_households"]) == (1, 300, 30)
    assert (first["people_65"], first["people_65_uncovered"]) == (100, 25)
    # 300 m² for the 750 who reach it, none for the others.
    assert first["m2_per_person_2sfca"] == pytest.approx(300 / 1000)
    assert rows["premises"].tolist() == [1, 0]
    assert rows["covered_share"].isna().tolist() == [False, True]


def test_verdicts_that_hang_on_a_threshold() -> None:
    """300 m² for 950 households: 31.6 m² per 100, between 30 and 33; 300 m² exactly."""
    flips = rating_flips(diagnosed(households=950), 0.1)
    assert flips[["rule", "change", "verdict_then"]].to_numpy().tolist() == [
        ["floor_area", 0.1, "weak"],
        ["floor_area_per_100_households", 0.1, "weak"],
    ]
    assert flips["required"].tolist() == pytest.approx([330, 33])
    assert rating_flips(diagnosed(floor_area_m2=600.0, minutes=12.0), 0.1).empty


def test_the_same_data_by_other_rules(tmp_path: Path) -> None:
    ours, theirs = diagnosed(), diagnosed(profile_of(tmp_path, rule("floor_area_m2 >= 500")))
    changed = changed_ratings(ours, theirs)
    assert changed.to_numpy().tolist() == [["F", "compliant", "weak"]]
