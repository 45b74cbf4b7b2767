"""What the report says of gains, bounds and money is so: weighted, with stopped searches and free centres."""

from __future__ import annotations

import copy
import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import toy
from phrases import phrase
from plans import read_map
from scipy.sparse import csr_array

import planner
from planner.messages.catalogue import Texts
from planner.messages.errors import SitingError
from planner.reporting.document.build import build_document
from planner.reporting.map.sheet import draw_static_map
from planner.reporting.programme_text import task_text
from planner.reporting.report.area_report import write_area_report
from planner.reporting.report.blocks import Block, Paragraph, Table, Translator
from planner.reporting.report.sections.siting import further_results, siting_section
from planner.reporting.report.sections.summary import siting_summary
from planner.reporting.rounding import round_bound
from planner.siting import robustness
from planner.siting.problem import CoverageMatrix, SelectionConstraints
from planner.siting.robustness import regret_table, solve_robust, solve_scenarios
from planner.siting.solution import Certificate, Solution


@pytest.fixture(scope="module")
def plan(everything_plan: planner.Plan) -> planner.Plan:
    return everything_plan


@pytest.fixture
def content(plan: planner.Plan) -> dict[str, Any]:
    return copy.deepcopy(build_document(plan))


def told(blocks: Iterable[Block]) -> str:
    return "\n".join(block.text for block in blocks if isinstance(block, Paragraph))


def table(blocks: Iterable[Block], caption: str) -> Table:
    return next(block for block in blocks if isinstance(block, Table) and caption in block.caption)


@pytest.mark.parametrize(
    ("answer", "bound", "digits", "shown"),
    [
        (160.4, 160.4, 0, 160.0),
        (160.6, 160.6, 0, 161.0),
        (160.4, 160.45, 0, 161.0),
        (8.3, 7.6, 0, 7.0),
        (0.6124, 0.6124, 3, 0.612),
        (0.6, 0.6121, 3, 0.613),
        (0.0, 0.0004, 3, 0.001),
        (3.0, 5.0 + 1e-12, 0, 5.0),
        (3.0, float("inf"), 0, float("inf")),
    ],
)
def test_a_rounded_bound_is_a_bound(answer: float, bound: float, digits: int, shown: float) -> None:
    assert round_bound(answer, bound, digits) == pytest.approx(shown, abs=1e-12)


def test_whom_sites_leave_uncovered_are_residents_not_weights(plan: planner.Plan, content: dict[str, Any]) -> None:
    """150 of 160 uncovered residents are gained, and 121.05 workers of weight ½."""
    best = content["siting"]["proposals"][-1]
    assert best["people_gained"] == 210.525
    said = told(siting_section(plan, Translator(content, Texts("en"))))
    assert "With the proposed sites open (3), 10 people remain uncovered at 5 minutes." in said
    after = best["people_covered_after"]
    assert round(content["coverage"]["total"][0]["people"] - after) == 10
    lines = list(siting_summary(Translator(content, Texts("en"))))
    assert any(
        "bring 210 (weighted) more people" in line or "bring 211 (weighted) more people" in line for line in lines
    )


def test_map_and_tables_say_what_is_weighted(plan: planner.Plan, tmp_path: Path) -> None:
    planner.write(plan, tmp_path)
    page = html.unescape(read_map(tmp_path / "map.html"))
    assert "+211 (weighted)" in page
    assert "All 3 together: 211 (weighted) people" in page
    assert not re.search(r"\+211 people|together: 211 people", page)
    sheet = openpyxl.load_workbook(tmp_path / "tables.xlsx")["Proposed sites"]
    assert [cell.value for cell in sheet[1]][-2:] == ["People added, weighted", "Cumulative, weighted"]


def test_sheets_of_parts_and_the_static_map_say_what_is_weighted(plan: planner.Plan, tmp_path: Path) -> None:
    write_area_report(plan, tmp_path / "town.html", wanted="North town")
    assert "People added, weighted" in (tmp_path / "town.html").read_text("utf-8")
    content, texts = build_document(plan), Texts("en")

    def said() -> str:
        return " ".join(text.get_text() for axes in draw_static_map(plan, content).axes for text in axes.texts)

    # With funds the sheet shows the programme, which counts residents; without them the sites, by their weights.
    assert content["programme"] is not None
    assert "weighted" not in said()
    assert f"+{texts.whole(content['programme']['years'][-1]['people_covered'])} " in said()
    content["programme"] = None
    assert texts("maps.kpi_gained_weighted") in said()
    assert f"+{texts.whole(content['siting']['proposals'][-1]['people_gained'])} " in said()


def test_unweighted_gains_are_not_called_weighted(tmp_path: Path) -> None:
    t = Translator(build_document(planner.run(toy.write_study(tmp_path))), Texts("en"))
    assert not any("weighted" in line for line in siting_summary(t))


def test_positions_reach_no_more_uncovered_people_than_there_are(content: dict[str, Any]) -> None:
    """Both centres may move or close here: whom they serve today is not uncovered."""
    uncovered = content["coverage"]["people_uncovered"]
    reached = [one["people"] for one in content["programme"]["resources"]["sites"]]
    assert uncovered == 160
    assert 0 < max(reached) <= uncovered
    found = content["siting"]
    assert 0 < max(one["people_in_reach"] for one in found["candidates"]) <= found["people_uncovered"] + 1e-6


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_project_at_no_place_has_a_task(content: dict[str, Any], language: str) -> None:
    t = Translator(content, Texts(language))  # type: ignore[arg-type]
    (gate,) = [one for one in content["programme"]["projects"] if one["option"] == "gate"]
    assert task_text(gate, t) == t.texts("programme.kind_access") + {"en": ": ", "zh": "："}[language] + "gate"


def test_a_search_that_was_proven_says_so(content: dict[str, Any]) -> None:
    said = told(further_results(Translator(content, Texts("en"))))
    assert re.search(r"Minimax regret: \d+ people. Optimal: no choice .* yields less\.", said)


def test_a_search_that_was_stopped_claims_no_best(content: dict[str, Any]) -> None:
    found = content["siting"]
    found["robust"] |= {"status": "time_limit", "value": 8.3, "bound": 7.6}
    for plan in found["robust"]["plans"]:
        plan["regret_bound"] = [one + 12.2 for one in plan["regret"]]
    found["curve"][1] |= {"status": "time_limit", "bound": found["curve"][1]["people_gained"] + 0.7}
    fair = found["fair"][0]
    fair["plans"][0] |= {"status": "time_limit", "people_bound": 541.2, "people": 530, "worst_bound": 1.0}
    blocks = list(further_results(Translator(content, Texts("en"))))
    said = told(blocks)
    assert "8 people. Time limit reached: no choice" in said
    assert phrase("report.robust_time_limit_least", bound="7") in said
    assert phrase("report.robust_note_time_limit", more="13") in table(blocks, phrase("report.robust_table")).note
    curve = table(blocks, phrase("report.curve_table"))
    assert curve.rows[1][2] != curve.rows[1][1]
    assert phrase("report.curve_note_time_limit") in curve.note
    fairest = table(blocks, phrase("report.fair_communities_table"))
    assert fairest.rows[0][1] == "530 (≤ 542)"
    assert phrase("report.fair_note_time_limit") in fairest.note


def test_a_bound_of_a_share_is_rounded_up(content: dict[str, Any]) -> None:
    plan = content["siting"]["fair"][0]["plans"][0]
    plan |= {"worst_share": 0.6, "worst_bound": 0.6121}
    fairest = table(further_results(Translator(content, Texts("en"))), phrase("report.fair_communities_table"))
    assert fairest.rows[0][3] == "61.3%"


@pytest.mark.parametrize("rule", ["worst regret", "worst people"])
def test_no_plan_is_better_than_the_best_that_is_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rule: str
) -> None:
    """Where a stopped search found next to nobody, regrets are against the plans that there are."""

    def idle(
        scenarios: Mapping[str, CoverageMatrix], choice: SelectionConstraints, *, time_limit_s: float, seed: int
    ) -> dict[str, Solution]:
        found = solve_scenarios(scenarios, choice, time_limit_s=time_limit_s, seed=seed)
        return {
            name: replace(one, certificate=Certificate(1.0, one.bound, "time_limit"), sites=())
            for name, one in found.items()
        }

    monkeypatch.setattr(robustness, "solve_scenarios", idle)
    study = toy.SITED.replace("[siting.robust]\n", f'[siting.robust]\nrule = "{rule}"\n')
    plan = planner.run(toy.write_study(tmp_path, changed=toy.sited_layers(), study=study))
    found = plan.sites.scenarios
    assert found is not None
    assert np.delete(found.table.regret, found.table.plans.index("clustering"), axis=0).min() >= 0
    if rule == "worst regret":
        assert found.robust.value == found.table.regret[-1].max()
    assert (found.table.regret_bound >= found.table.regret - 1e-6).all()


@pytest.mark.parametrize("columns", [1, 3])
def test_scenarios_of_other_candidates_are_refused(columns: int) -> None:
    worlds = {
        "dry": CoverageMatrix(csr_array(np.ones((2, 2), dtype=bool)), np.array([5.0, 4.0])),
        "wet": CoverageMatrix(csr_array(np.ones((2, columns), dtype=bool)), np.array([5.0, 4.0])),
    }
    best = solve_scenarios(worlds, SelectionConstraints(sites=1), time_limit_s=2)
    with pytest.raises(SitingError, match=rf"wet.*{columns}.*2"):
        solve_robust(worlds, SelectionConstraints(sites=1), best, rule="worst people", time_limit_s=2)
    with pytest.raises(SitingError, match=rf"wet.*{columns}.*2"):
        regret_table(worlds, {"a": (0,)}, best, SelectionConstraints(sites=1))
