"""Branches closed alone: the page judges their centre as a run does, or says in words why it does not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from centres import rule
from changing import city, write_city
from page_script import computed

import planner
from planner.accessibility.access_data import AccessData
from planner.evaluation.diagnosis import diagnose
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


CLOSED = ((), (2,), (3,), (4,), (2, 3), (2, 4), (3, 4), (2, 3, 4), (1,), (1, 4), (0,))


def scenario_of(plan: Plan, closed: Sequence[int]) -> Scenario:
    """Return the scenario in which some centres and branches are closed."""
    return Scenario(tuple(plan.inputs.facilities["id"].iloc[list(closed)]), (), "EPSG:32648")


@pytest.fixture(scope="module")
def accesses(tmp_path_factory: pytest.TempPathFactory) -> list[AccessData]:
    """Return what a run judges in each choice, whatever the rules."""
    folder = tmp_path_factory.mktemp("choices")
    plan = planned(folder, 3, FLOOR)
    return [prepare(plan.study, scenario=scenario_of(plan, some)).measure_access() for some in CLOSED]


@pytest.mark.parametrize("rules", [(FLOOR,), (LOAD,), (SHARE,), (TWICE,), (FLOOR, SHARE, TWICE)])
def test_a_branch_closed_alone_is_judged_as_a_run_judges_it(
    tmp_path: Path, accesses: list[AccessData], rules: tuple[str, ...]
) -> None:
    """By the whole of a run for the last rules; for the others as far as a run judges."""
    plan = planned(tmp_path, 3, *rules)
    ids = list(plan.inputs.facilities["id"])
    seen = set()
    shown = computed(plan, JUDGED.replace("CLOSED", str([list(some) for some in CLOSED])))
    for closed, access, (verdicts, weak) in zip(CLOSED, accesses, shown, strict=True):
        if len(rules) > 1:
            again = planner.run(plan.study, scenario=scenario_of(plan, closed)).diagnosis
        else:
            again = diagnose(access, rule_set=plan.diagnosis.rule_set)
        expected = {one: verdict for one, verdict in again.ratings().items() if verdict}
        assert {ids[station]: verdict for station, verdict in verdicts} == expected, closed
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
