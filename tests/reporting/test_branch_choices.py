"""Branches closed alone: the page judges their centre as a run does, or says in words why it does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from centres import rule
from changing import city, write_city
from page_script import computed

import planner
from planner.config.study import read_study
from planner.evaluation.diagnosis import Diagnosis, diagnose
from planner.inputs.scenario import Scenario
from planner.prepare import prepare
from planner.reporting.document.build import build_document
from planner.reporting.map.branch_choices import MOST_BRANCHES
from planner.reporting.map.page import draw_map
from planner.reporting.map.whatif_data import what_if_data
from planner.results import Plan

LINE = [[(0, 0), (2000, 0)]]
PEOPLE = {(float(x), 0.0): 10.0 + x / 7 for x in range(0, 2001, 100)}
NO_MORE = "[siting]\nsites = 0\n[remedies]\nstreets = false\n"
FLOOR = rule("floor_area_m2 >= 450", name="floor")
LOAD = rule("people_per_m2 <= 3.2", unit="people_per_m2", name="load")
SHARE = rule("own_covered_share_5min >= 0.3", unit="share", name="own")
TWICE = rule("overlap_share <= 0.4", unit="share", name="twice")

JUDGED = """
    return CLOSED.map((closed) => {
        const figures = model.figures(model.choose(closed, []));
        return [[...figures.verdicts], figures.weak];
    });"""


def planned(folder: Path, branches: int, *rules: str) -> Plan:
    """Carry out a street with two centres; the first has so many branches of 50 m² along it."""
    rows = [{"at": (0, 0), "floor_area_m2": 400.0}, {"at": (1000, 0), "floor_area_m2": 450.0}]
    rows += [
        {"at": (200 + 250 * n, 0), "tier": "station", "branch_of": "C1", "floor_area_m2": 50.0}
        for n in range(branches)
    ]
    write_city(
        folder, city(LINE, PEOPLE, centres=rows), *rules, more="[siting]\nsites = 0\n[remedies]\nstreets = false\n"
    )
    return planner.run(folder / "study.toml")


def judged(study: Path, scenario: Scenario, *, is_whole: bool) -> Diagnosis:
    """Return the diagnosis of a scenario: that of a run, or by what a run does up to there."""
    if is_whole:
        return planner.run(study, scenario=scenario).diagnosis
    prepared = prepare(read_study(study), scenario=scenario)
    return diagnose(prepared.measure_access(), rule_set=prepared.rules)


@pytest.mark.parametrize("rules", [(FLOOR,), (LOAD,), (SHARE,), (TWICE,), (FLOOR, SHARE, TWICE)])
def test_a_branch_closed_alone_is_judged_as_a_run_judges_it(tmp_path: Path, rules: tuple[str, ...]) -> None:
    """By the whole of a run for the last rules; for the others as far as a run judges."""
    plan = planned(tmp_path, 3, *rules)
    ids = list(plan.inputs.facilities["id"])
    choices = [[], [2], [3], [4], [2, 3], [2, 4], [3, 4], [2, 3, 4], [1], [1, 4], [0]]
    seen = set()
    for closed, (shown, weak) in zip(choices, computed(plan, JUDGED.replace("CLOSED", str(choices))), strict=True):
        scenario = Scenario(tuple(ids[i] for i in closed), (), "EPSG:32648")
        again = judged(tmp_path / "study.toml", scenario, is_whole=len(rules) > 1)
        expected = {one: verdict for one, verdict in again.ratings().items() if verdict}
        assert {ids[station]: verdict for station, verdict in shown} == expected, closed
        assert len(weak) == len(again.weak_communities)
        seen |= set(expected.values())
    assert seen == {"compliant", "weak"}


def test_floor_of_the_branches_that_stay(tmp_path: Path) -> None:
    """400 m² and 50 m² for each branch: 450 asked is met with one branch, not by the centre alone."""
    plan = planned(tmp_path, 2, FLOOR)
    shown = computed(plan, JUDGED.replace("CLOSED", "[[], [2], [3], [2, 3]]"))
    assert [dict(verdicts)[0] for verdicts, _ in shown] == ["compliant", "compliant", "compliant", "weak"]


def test_too_many_branches_are_said(tmp_path: Path) -> None:
    """More branches than are measured in every choice: the page judges today's, and names the reason."""
    plan = planned(tmp_path, MOST_BRANCHES + 1, FLOOR)
    content = build_document(plan)
    assert what_if_data(plan, content)["judged"]["unfollowed"] == ["branch_of"]
    assert f"a centre with more than {MOST_BRANCHES} branches" in draw_map(plan, content)
    today, other = computed(plan, JUDGED.replace("CLOSED", "[[], [3]]"))
    assert (today[1], other[1]) == ([], None)


def test_many_branches_are_judged_where_no_rule_depends_on_the_branches_that_close(tmp_path: Path) -> None:
    plan = planned(tmp_path, MOST_BRANCHES + 1, SHARE)
    content = build_document(plan)
    assert what_if_data(plan, content)["judged"]["unfollowed"] == []
    assert "branches" not in draw_map(plan, content).split("verdicts-note")[1][:200]
