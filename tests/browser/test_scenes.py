"""Meeting mode: five scenes by arrow key, each sentence with figures of the document, and back as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from planner.messages.catalogue import Texts
from planner.reporting.document.build import build_document
from planner.reporting.map.page import draw_map
from planner.reporting.map.scenes import scenes
from planner.results import Plan

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def plan(everything_plan: Plan) -> Plan:
    return everything_plan


def test_arrow_keys_lead_through_the_scenes_and_back(chromium: Browser, plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "map.html").write_text(draw_map(plan, build_document(plan)), "utf-8")
    page = chromium.new_page(viewport={"width": 1280, "height": 720})
    page.goto((tmp_path / "map.html").as_uri())
    page.wait_for_selector("body[data-drawn=yes]")
    shown = "[...document.querySelectorAll('#layers input')].map((one) => one.checked)"
    page.evaluate("planner.session.put(0, false)")
    before = page.evaluate(shown), page.evaluate("[...planner.session.choice.on]")
    page.locator("#meeting").click()
    expect(page.locator("#panel")).to_be_hidden()
    assert page.locator("#scene-text").evaluate("(one) => getComputedStyle(one).fontSize") == "32px"
    told = [page.locator("#scene-text").inner_text()]
    # No sentence is about the business areas.
    name = Texts(plan.study.language).template("maps.layer_circles").partition("{")[0]
    circles = page.locator("#layers label").filter(has_text=name).locator("input")
    assert circles.is_checked() is False
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        told.append(page.locator("#scene-text").inner_text())
    expected = scenes(build_document(plan), Texts(plan.study.language))
    assert told == [scene["text"] for scene in expected]
    # The last scene stays at the end of the last year.
    page.keyboard.press("ArrowRight")
    assert page.evaluate("planner.session.choice.scenario.name") == planner_name(plan)
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#scene-title")).to_contain_text("4 / 5")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_visible()
    assert (page.evaluate(shown), page.evaluate("[...planner.session.choice.on]")) == before
    page.close()


def planner_name(plan: Plan) -> str:
    """Return what the last year of the programme is called."""
    content = build_document(plan)
    assert content["programme"] is not None
    key = f"year_{content['programme']['years'][-1]['year']}"
    (name,) = (one[plan.study.language] for one in content["scenarios"] if one["key"] == key)
    return str(name)


def test_sentences_hold_the_figures_of_the_document(plan: Plan, toy_plan: Plan) -> None:
    content = build_document(plan)
    texts = [scene["text"] for scene in scenes(content, Texts("en"))]
    coverage = content["coverage"]
    row = next(one for one in coverage["total"] if one["limit_min"] == coverage["standard_min"])
    assert Texts("en").percent(row["people_share"]) in texts[0]
    assert f"{row['shown']['people'] - row['shown']['people_covered']:,.0f} people" in texts[1]
    weak = sum(centre["verdict"] == "weak" for centre in content["centres"])
    assert texts[2].startswith(f"{weak} {'centre is' if weak == 1 else 'centres are'} weak")
    assert texts[4].startswith("To be decided")
    # Without funds the sites are what is to be decided.
    alone = scenes(build_document(toy_plan), Texts("en"))
    assert [scene["title"] for scene in alone] == [scene["title"] for scene in scenes(content, Texts("en"))]
    after = alone[-1]["text"].removeprefix(
        Texts("en").template("maps.scene_after_sites_text").partition("{sites}")[0]
    )
    assert after.startswith("1")
