"""A run of a scenario names it at the head of every product, and calls its centres nobody's today."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
import toy

import planner
from planner.messages.catalogue import Texts
from planner.reporting.document.build import build_document
from planner.reporting.facility_text import scenario_heading, scenario_notice
from planner.reporting.map.page import draw_map
from planner.reporting.map.scenes import scenes
from planner.reporting.report.blocks import Translator
from planner.reporting.report.build import build_report
from planner.reporting.report.sections.summary import scenario_fact
from planner.reporting.tables.results import write_result_workbook
from planner.results import Plan

SITE = {"id": "new", "x": 500_400.0, "y": 4_390_200.0}


@pytest.fixture(scope="module", params=["zh", "en"])
def plans(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Plan]:
    """Return a run of today's centres and one with a station more."""
    folder = tmp_path_factory.mktemp("scenario")
    study = toy.EVERYTHING.replace('language = "en"', f'language = "{request.param}"')
    study = study.replace("budget = 60.0", "budget = 40.0")
    file = toy.write_study(folder, changed=toy.every_layer(), study=study)
    today = planner.run(file)
    content = {
        "format": "planner.scenario/1",
        "study": today.study.name,
        "crs": toy.CRS,
        "closed": [],
        "sites": [SITE],
    }
    picked = folder / "picked.json"
    picked.write_text(json.dumps(content), "utf-8")
    return today, planner.run(file, scenario=picked)


def test_heads_name_the_scenario(plans: tuple[Plan, Plan], tmp_path: Path) -> None:
    for plan in plans:
        content, texts = build_document(plan), Texts(plan.study.language)
        t, is_scenario = Translator(content, texts), plan.scenario is not None
        report, page = build_report(plan, content), draw_map(plan, content)
        write_result_workbook(plan, content, tmp_path / "results.xlsx")
        first = openpyxl.load_workbook(tmp_path / "results.xlsx").worksheets[0]["A2"].value
        assert report.title == first == scenario_heading(t("title"), content, texts)
        assert ("picked.json" in report.title) == is_scenario
        assert tuple(scenario_fact(t)) == (report.facts[:1] if is_scenario else ())
        header = page.partition("<header>")[2].partition("</header>")[0]
        assert ("picked.json" in header) == is_scenario
        assert (texts("maps.kpi_added_scenario") in page) == is_scenario


def test_money_of_assumed_stations_is_said_to_be_missing(plans: tuple[Plan, Plan]) -> None:
    content, texts = build_document(plans[1]), Texts(plans[1].study.language)
    notice = scenario_notice(content, texts)
    assert texts("words.scenario_not_paid", sites=1) in notice
    assert texts("words.scenario_no_upgrades") in notice
    assert all(notice in scene["note"] for scene in scenes(content, texts)[-2:])
    assert scenario_notice(build_document(plans[0]), texts) == ""


def test_the_first_stop_is_not_today(plans: tuple[Plan, Plan]) -> None:
    for plan in plans:
        content, texts = build_document(plan), Texts(plan.study.language)
        key = "words.scenario_today" if plan.scenario is None else "words.scenario_assumed"
        assert content["scenarios"][0]["key"] == "today"
        assert content["scenarios"][0][plan.study.language] == texts(key)
        assert scenes(content, texts)[0]["title"] == texts(key)
        assert ("picked.json" in scenes(content, texts)[0]["text"]) == (plan.scenario is not None)
