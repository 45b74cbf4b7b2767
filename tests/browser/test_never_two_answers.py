"""At every stop and for own choices, each figure of the page is that of a run of the same choice, or is blank."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from map_state import SHOWN
from playwright.sync_api import Browser, Page

import planner
from planner.cache import Cache
from planner.messages.catalogue import Texts
from planner.reporting.document.build import build_document
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.document.records.programme import Year
from planner.reporting.map import page as page_of_map
from planner.reporting.map.page import draw_map
from planner.reporting.programme_text import money_text
from planner.reporting.report.blocks import require
from planner.results import Plan

pytestmark = pytest.mark.browser

BLANK = "—"

STATIC = re.compile(r'data-figure="(\w+)"[^>]*>\s*<b>(.*?)</b>')
AGAINST_TODAY = {"opened", "people_added", "spent"}
"""Figures told against today, which the run of a scenario does not know."""


@pytest.fixture(scope="module", params=["everything_plan", "haibowan_plan"], ids=["toy", "haibowan"])
def shown_plan(request: pytest.FixtureRequest) -> Plan:
    plan: Plan = request.getfixturevalue(request.param)
    return plan


@pytest.fixture(scope="module")
def page(chromium: Browser, shown_plan: Plan, tmp_path_factory: pytest.TempPathFactory):  # noqa: ANN201
    file = tmp_path_factory.mktemp("answers") / "map.html"
    file.write_text(draw_map(shown_plan, build_document(shown_plan)), "utf-8")
    page = chromium.new_page(viewport={"width": 1280, "height": 720})
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-drawn=yes]")
    yield page
    page.close()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of kept results: what a choice does not change is computed once, equal to the byte."""
    return tmp_path_factory.mktemp("kept")


def saved_run(page: Page, plan: Plan, folder: Path, kept: Path) -> Plan:
    """Run the choice that the page saves; neither sites nor remedies are asked for again."""
    with page.expect_download() as download:
        page.locator("#save").click()
    picked = folder / "picked.json"
    download.value.save_as(picked)
    siting = plan.study.siting.model_copy(update={"sites": 0, "tiers": ()})
    remedies = plan.study.remedies.model_copy(update={"streets": False})
    study = plan.study.model_copy(update={"siting": siting, "remedies": remedies})
    return planner.run(study, scenario=picked, cache=Cache(kept))


def figures_of(plan: Plan) -> dict[str, object]:
    """Return the figures of a run as its own page and its document have them."""
    content = build_document(plan)
    texts = Texts(plan.study.language)
    limits = [texts.percent(row["people_share"]) for row in content["coverage"]["total"]]
    panel = page_of_map._panel(content, texts, has_tiles=False, needs_run="")
    return {**dict(STATIC.findall(panel)), "limits": limits}


def by_programme(content: PlanDocument, year: Year) -> dict[str, str]:
    """Return what the programme says of the end of a year: people, money, and the centres that it resolves."""
    weak = {
        centre["community"]
        for centre in content["centres"]
        if centre["verdict"] == "weak" and centre["id"] not in {*year["resolved"], *year["closed"]}
    }
    programme = require(content["programme"])
    spent = sum(one["spent"] for one in programme["years"] if one["year"] <= year["year"])
    return {"weak_communities": str(len(weak)), "spent": money_text(spent)}


def test_every_stop_and_method_gives_the_figures_of_a_run_and_of_the_programme(
    page: Page, shown_plan: Plan, tmp_path: Path, kept: Path
) -> None:
    content = build_document(shown_plan)
    texts = Texts(shown_plan.study.language)
    years = {f"year_{one['year']}": one for one in (content["programme"] or {"years": []})["years"]}
    time = [one for one in content["scenarios"] if one["key"] == "today" or one["key"] in years]
    methods = [one for one in content["scenarios"] if one not in time]
    people = {}
    for place, scenario in [*enumerate(time), *enumerate(methods)]:
        if scenario in time:
            page.locator("#scenario").fill(str(place))
        else:
            page.locator("#method").select_option(str(place))
        shown = page.evaluate(SHOWN)
        people[scenario["key"]] = shown["people_covered"]
        expected = figures_of(saved_run(page, shown_plan, tmp_path, kept))
        for name in expected.keys() - AGAINST_TODAY:
            assert shown[name] in (expected[name], BLANK), (scenario["key"], name)
        # Nothing is blank that a run knows; but what a method costs is known only where each place has a price.
        blank = {name for name, text in shown.items() if text == BLANK}
        assert blank <= (set() if scenario in time else {"spent"}), scenario["key"]
        assert shown["opened"] == str(len(scenario["sites"]))
        if year := years.get(scenario["key"]):
            told = by_programme(content, year)
            assert {name: shown[name].split(" ")[0] for name in told} == told, scenario["key"]
            added = texts.whole(year["people_covered"])
            assert shown["people_added"] == (f"+{added}" if year["people_covered"] else added)
    assert len(set(people.values())) > 1


def test_own_choices_give_the_figures_of_a_run_or_none(
    page: Page, shown_plan: Plan, tmp_path: Path, kept: Path
) -> None:
    rng = np.random.default_rng(3)
    count, candidates = len(shown_plan.inputs.facilities), len(shown_plan.siting.candidates)
    projects = len(shown_plan.programme.projects) if shown_plan.programme else 0
    for _ in range(3):
        closed = np.flatnonzero(rng.random(count) < 0.2).tolist()
        opened = (count + np.flatnonzero(rng.random(candidates) < 0.1)).tolist()
        page.locator("#scenario").fill("1")
        page.locator("#reset").click()
        for station in [*closed, *opened]:
            page.evaluate("([station, isOn]) => planner.session.put(station, isOn)", [station, station >= count])
        for project in np.flatnonzero(rng.random(projects) < 0.5).tolist():
            page.evaluate("(project) => planner.session.putProject(project, true)", project)
        # On and off again, and a choice taken from the list of steps, leave the same figures.
        shown = page.evaluate(SHOWN)
        page.evaluate("planner.session.put(0, false); planner.session.put(0, true)")
        if 0 in closed:
            page.evaluate("planner.session.put(0, false)")
        expected = figures_of(saved_run(page, shown_plan, tmp_path, kept))
        for name in expected.keys() - AGAINST_TODAY:
            assert shown[name] in (expected[name], BLANK), name
        assert {name for name, text in shown.items() if text == BLANK} <= {"area_share", "spent"}


def test_each_project_is_a_switch_that_leaves_no_trace(page: Page, shown_plan: Plan) -> None:
    """Switched on one after the other the projects are the last year; off again, today."""
    if shown_plan.programme is None:
        pytest.skip("a study without funds")
    page.locator("#reset").click()
    today = page.evaluate(SHOWN)
    boxes = page.locator("#projects input")
    page.evaluate("document.getElementById('programme').open = true")
    count = boxes.count()
    assert count == len(shown_plan.programme.projects)
    for place in range(count):
        boxes.nth(place).evaluate("(box) => box.click()")
    done = [one.id for one in shown_plan.programme.projects]
    last = next(one for one in build_document(shown_plan)["scenarios"] if one["projects"] == done)
    assert page.locator("#scenario-name").inner_text() == last[shown_plan.study.language]
    for place in reversed(range(count)):
        boxes.nth(place).evaluate("(box) => box.click()")
    assert page.evaluate(SHOWN) == today


def test_branches_and_passages_gain_what_a_run_gains(haibowan_plan: Plan) -> None:
    """On Haibowan three branches and a passage, which the choice of projects does not count."""
    projects = require(haibowan_plan.programme).projects
    gained = {kind: [one.people_covered for one in projects if one.kind == kind] for kind in ("branch", "access")}
    assert gained == {"branch": [1165, 0, 216], "access": [518]}


def test_percentage_points_are_the_difference_of_the_shares_shown(page: Page) -> None:
    shares = """(place) => {
        const { session } = planner, box = document.querySelector('[data-figure="people_share"]');
        session.take(session.choiceOf(session.model.sets.scenarios[place]));
        return [...box.querySelectorAll("b, .delta")].map((one) => Number.parseFloat(one.textContent) || 0);
    }"""
    stops = [
        page.evaluate(shares, place)
        for place in range(page.evaluate("planner.session.model.sets.scenarios.length"))
    ]
    assert any(step for _, step in stops)
    for share, step in stops:
        assert step == pytest.approx(share - stops[0][0])
