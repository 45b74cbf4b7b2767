"""Labels of the page stand apart: names of the compared sides, names below the slider, the hint of the search."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from plans import with_settings
from playwright.sync_api import Page, expect
from test_private_ways import study

import planner
from planner.reporting.document.build import build_document
from planner.reporting.map import symbols
from planner.reporting.map.page import draw_map
from planner.results import Plan

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=["zh", "en"])
def page(request: pytest.FixtureRequest, chromium, haibowan_plan: Plan, tmp_path_factory: pytest.TempPathFactory):  # noqa: ANN001, ANN201
    plan = with_settings(haibowan_plan, language=request.param)
    file = tmp_path_factory.mktemp("labels") / "map.html"
    file.write_text(draw_map(plan, build_document(plan)), "utf-8")
    page = chromium.new_page(viewport={"width": 1440, "height": 810})
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-drawn=yes]")
    yield page
    page.close()


def test_the_name_of_the_right_side_is_not_below_the_layers(page: Page) -> None:
    page.locator("#scenario").fill("2")
    page.locator("#compare").select_option("0")
    expect(page.locator("#right-name")).to_be_visible()
    name, layers = (page.locator(one).bounding_box() for one in ("#right-name", ".leaflet-control-layers"))
    assert name is not None
    assert layers is not None
    assert name["x"] + name["width"] <= layers["x"]


def test_names_below_the_slider_do_not_touch(page: Page) -> None:
    ends = page.evaluate("""() => [...document.querySelectorAll("#ticks > *")].map((one) => {
        const range = document.createRange();
        range.selectNodeContents(one);
        const box = range.getBoundingClientRect();
        return [box.left, box.right];
    })""")
    assert len(ends) > 2
    assert all(right + 5 <= left for (_, right), (left, _) in itertools.pairwise(ends))


def test_the_hint_of_the_search_is_seen_whole(page: Page) -> None:
    room = page.evaluate("""() => {
        const field = document.getElementById("find");
        const look = getComputedStyle(field);
        const pen = document.createElement("canvas").getContext("2d");
        pen.font = look.font;
        const inside = field.clientWidth - parseFloat(look.paddingLeft) - parseFloat(look.paddingRight);
        return inside - pen.measureText(field.placeholder).width;
    }""")
    assert room >= 0


def test_private_ways_lie_above_the_service_areas_and_are_told(chromium, tmp_path: Path) -> None:  # noqa: ANN001
    plan = planner.run(study(tmp_path))
    (tmp_path / "map.html").write_text(draw_map(plan, build_document(plan)), "utf-8")
    page = chromium.new_page(viewport={"width": 1300, "height": 900})
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.goto((tmp_path / "map.html").as_uri())
    page.wait_for_selector("body[data-drawn=yes]")
    way = page.locator(".leaflet-above-pane path")
    expect(way).to_have_count(1)
    look = way.evaluate("(one) => [one.getAttribute('stroke'), one.getAttribute('stroke-dasharray')]")
    assert look == [symbols.PRIVATE, "2 4"]
    levels = page.evaluate("""() => ["above", "reached", "weak"].map((name) =>
        Number(document.querySelector(`.leaflet-${name}-pane`).style.zIndex))""")
    assert levels[1] < levels[0] < levels[2]
    way.dispatch_event("mouseover")
    expect(page.locator(".leaflet-tooltip")).to_contain_text("private way of a compound (no way through)")
    # What lies below keeps the mouse.
    assert (
        page.locator(".leaflet-above-pane svg").evaluate("(one) => getComputedStyle(one).pointerEvents") == "none"
    )
    assert faults == []
    page.close()
