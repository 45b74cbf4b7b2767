"""At every stop and for own choices, each figure of the page is that of a run of the same choice, or is blank."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import toy
from playwright.sync_api import Browser, Page

import planner
from planner.messages.catalogue import Texts
from planner.reporting.document.build import build_document
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.map.page import draw_map
from planner.reporting.programme_text import money_text
from planner.results import Plan

pytestmark = pytest.mark.browser

BLANK = "—"

SHOWN = """() => ({
    ...Object.fromEntries([...document.querySelectorAll("[data-figure]")].map((one) =>
        [one.dataset.figure, (one.querySelector("b") ?? one).textContent])),
    limits: [...document.querySelectorAll("[data-limit] .value")].map((one) => one.textContent),
})"""

STATIC = re.compile(r'data-figure="(\w+)"[^>]*>\s*<b>(.*?)</b>')
BY_PROGRAMME = {"compliant_share", "excellent_share", "weak_communities", "spent"}
"""Figures that at the end of a year follow from the whole programme, upgrades too, not from its sites alone."""
AGAINST_TODAY = {"opened", "people_added"}
"""Figures told against today, which the run of a scenario does not know."""


@pytest.fixture(scope="module", params=["toy", "haibowan"])
def shown_plan(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    if request.param == "haibowan":
        plan: Plan = request.getfixturevalue("haibowan_plan")
        return plan
    folder = tmp_path_factory.mktemp("everything")
    return planner.run(toy.write_study(folder, changed=toy.every_layer(), study=toy.EVERYTHING))


@pytest.fixture(scope="module")
def page(chromium: Browser, shown_plan: Plan, tmp_path_factory: pytest.TempPathFactory):  # noqa: ANN201
    file = tmp_path_factory.mktemp("answers") / "map.html"
    file.write_text(draw_map(shown_plan, build_document(shown_plan)), "utf-8")
    page = chromium.new_page(viewport={"width": 1280, "height": 720})
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-drawn=yes]")
    yield page
    page.close()


def saved_run(page: Page, plan: Plan, folder: Path) -> Plan:
    """Run the choice that the page saves; sites are not asked for again."""
    with page.expect_download() as download:
        page.locator("#save").click()
    picked = folder / "picked.json"
    download.value.save_as(picked)
    siting = plan.study.siting.model_copy(update={"sites": 0, "tiers": ()})
    return planner.run(plan.study.model_copy(update={"siting": siting}), scenario=picked)


def figures_of(plan: Plan) -> dict[str, object]:
    """Return the figures of a run as its own page and its document have them."""
    content = build_document(plan)
    texts = Texts(plan.study.language)
    limits = [texts.percent(row["people_share"]) for row in content["coverage"]["total"]]
    return {**dict(STATIC.findall(draw_map(plan, content))), "limits": limits}


def by_programme(content: PlanDocument, year: dict[str, Any]) -> dict[str, str]:
    """Return what the programme says of the end of a year, when every centre that it resolves meets the rules."""
    resolved = set(year["resolved"])
    weak = {
        centre["community"]
        for centre in content["centres"]
        if centre["verdict"] == "weak" and centre["id"] not in resolved | set(year["closed"])
    }
    spent = sum(one["spent"] for one in content["programme"]["years"] if one["year"] <= year["year"])
    return {"weak_communities": str(len(weak)), "spent": money_text(spent)}


def test_every_stop_gives_the_figures_of_a_run_and_of_the_programme(
    page: Page, shown_plan: Plan, tmp_path: Path
) -> None:
    content = build_document(shown_plan)
    texts = Texts(shown_plan.study.language)
    years = {f"year_{one['year']}": one for one in (content["programme"] or {"years": []})["years"]}
    people = {}
    for place, scenario in enumerate(content["scenarios"]):
        page.locator("#scenario").fill(str(place))
        shown = page.evaluate(SHOWN)
        people[scenario["key"]] = shown["people_covered"]
        expected = figures_of(saved_run(page, shown_plan, tmp_path))
        year = years.get(scenario["key"])
        for name in expected.keys() - AGAINST_TODAY:
            if year and name in BY_PROGRAMME:
                continue
            assert shown[name] in (expected[name], BLANK), (scenario["key"], name)
        # A stop leaves nothing blank that a run knows; of a programme, only how many more would be excellent.
        blank = {name for name, text in shown.items() if text == BLANK}
        assert blank <= ({"excellent_share"} if year else {"spent"}), scenario["key"]
        assert shown["opened"] == str(len(scenario["sites"]))
        if year:
            told = by_programme(content, year)
            assert {name: shown[name].split(" ")[0] for name in told} == told, scenario["key"]
            added = texts.whole(year["people_covered"])
            assert shown["people_added"] == (f"+{added}" if year["people_covered"] else added)
    assert len(set(people.values())) > 1


def test_own_choices_give_the_figures_of_a_run_or_none(page: Page, shown_plan: Plan, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    count, candidates = len(shown_plan.inputs.facilities), len(shown_plan.siting.candidates)
    for _ in range(2):
        closed = np.flatnonzero(rng.random(count) < 0.2).tolist()
        opened = (count + np.flatnonzero(rng.random(candidates) < 0.1)).tolist()
        page.locator("#scenario").fill("1")
        page.locator("#reset").click()
        for station in [*closed, *opened]:
            page.evaluate("([station, isOn]) => planner.session.put(station, isOn)", [station, station >= count])
        shown = page.evaluate(SHOWN)
        expected = figures_of(saved_run(page, shown_plan, tmp_path))
        for name in expected.keys() - AGAINST_TODAY:
            assert shown[name] in (expected[name], BLANK), name
        assert {name for name, text in shown.items() if text == BLANK} <= {"area_share", "spent"}
    # A year that is changed by hand is no longer the programme's: what its upgrades would give is not said.
    years = [one for one in build_document(shown_plan)["scenarios"] if one["key"].startswith("year")]
    if years:
        page.locator("#scenario").fill(str(len(years)))
        page.evaluate("planner.session.put(0, false)")
        assert {page.evaluate(SHOWN)[name] for name in ("spent", "area_share")} == {BLANK}
