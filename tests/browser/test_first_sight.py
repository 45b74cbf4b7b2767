"""The first screen, handles apart at thirteen sizes, years that play, charts, and spots."""

from __future__ import annotations

from pathlib import Path

import pytest
from map_state import BOXES, HANDLES, check_handles_apart
from playwright.sync_api import Browser, Page, expect

import planner
from planner.messages.catalogue import Texts
from planner.reporting.document.build import build_document

pytestmark = pytest.mark.browser

SIZES = (
    *((360, 640), (390, 844), (412, 915), (640, 480), (768, 1024), (800, 600), (1024, 768)),
    *((1280, 720), (1366, 768), (1440, 900), (1920, 1080), (2560, 1080), (3840, 2160)),
)
"""From a phone to a wall, and a notebook's frame."""


STILL = """() => document.querySelectorAll(".leaflet-popup").length === 1
    && !planner.map._panAnim?._inProgress && !planner.map._animatingZoom"""
"""The card before has faded out, and the map has moved as far as this one needs."""


@pytest.fixture(scope="module")
def page(chromium: Browser, haibowan_folder: Path):  # noqa: ANN201
    page = chromium.new_page(viewport={"width": 1280, "height": 720})
    page.goto((haibowan_folder / "map.html").as_uri())
    page.wait_for_selector("body[data-drawn=yes]")
    yield page
    page.close()


def opened(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.reload()
    page.wait_for_selector("body[data-drawn=yes]")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_no_handle_covers_another_or_leaves_the_screen(page: Page, size: tuple[int, int]) -> None:
    opened(page, size)
    check_handles_apart(page.evaluate(BOXES, list(HANDLES)), size)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_first_screen_says_what_is_decided(page: Page) -> None:
    """At 1280 × 720 without scrolling: the sentence, the figures, the years, and no name over another."""
    opened(page, (1280, 720))
    wanted = [".recommended", "#scenario", "#ticks", "#play", *(f'[data-figure="{one}"]' for one in FIGURES)]
    for name, _, top, _, bottom in page.evaluate(BOXES, wanted):
        assert 0 <= top < bottom <= 720, name
    centres = page.evaluate(
        "planner.session.model.sets.stations.lat.slice(0, planner.session.model.count.centres)"
    )
    assert len(centres) > 50
    # Those outside the view are in the inset.
    expect(page.locator("#inset")).to_be_visible()
    page.locator("#inset").click()
    expect(page.locator("#inset")).to_be_hidden()


FIGURES = ("people_share", "people_uncovered", "weak_communities", "communities_without_centre")


def test_people_left_out_are_hexagons_when_far_and_buildings_when_near(page: Page) -> None:
    opened(page, (1280, 720))
    keys = page.locator(".keys").filter(has=page.locator(".hexagon"))
    expect(keys.locator("li:visible")).to_have_count(3)
    page.evaluate("() => { planner.map.setZoom(17, { animate: false }); }")
    expect(keys.locator(".hexagon:visible")).to_have_count(0)
    expect(keys.locator(".size")).to_be_visible()
    assert page.evaluate("planner.map.getMaxZoom()") == 19


def test_the_years_are_played_to_the_last(page: Page, haibowan_plan: planner.Plan) -> None:
    opened(page, (1280, 720))
    content, texts = build_document(haibowan_plan), Texts("zh")
    page.locator("#play").click()
    last = content["scenarios"][len(haibowan_plan.programme.years)]  # type: ignore[union-attr]
    expect(page.locator("#scenario-name")).to_have_text(last["zh"])
    expect(page.locator("#play")).to_have_attribute("aria-pressed", "false")
    added = content["programme"]["years"][-1]["people_covered"]  # type: ignore[index]
    expect(page.locator('[data-figure="people_added"] b')).to_have_text(f"+{texts.whole(added)}")


def test_charts_and_map_follow_one_another(page: Page, haibowan_plan: planner.Plan) -> None:
    opened(page, (1280, 720))
    for summary in page.locator(".charts > summary").all():
        summary.click()
    rows = page.locator("#community-bars li")
    expect(rows).to_have_count(len(haibowan_plan.inputs.communities))
    marks = "document.querySelector('.leaflet-marks-pane canvas').toDataURL()"
    before = page.evaluate(marks)
    rows.first.hover()
    assert page.evaluate(marks) != before
    handle = page.locator("#gain-curve input")
    handle.fill("3")
    curve = build_document(haibowan_plan)["siting"]["curve"]
    texts = Texts("zh")
    gained = sum(
        one["people_added"] for one in build_document(haibowan_plan)["siting"]["proposals"][-1]["sites"][:3]
    )
    assert (
        page.evaluate("planner.session.figures.peopleCovered - planner.session.figuresBase.peopleCovered")
        == gained
    )
    expect(page.locator("#gain-curve p")).to_contain_text(texts.whole(curve[2]["bound"]))


def test_a_site_is_dragged_and_a_spot_says_who_lives_there(page: Page) -> None:
    opened(page, (1280, 720))
    page.locator("[data-tool=point]").click()
    page.mouse.click(800, 300)
    station = "planner.session.pointed.station"
    first = page.evaluate(station)
    at = page.evaluate(
        """(station) => {
        const { lat, lon } = planner.session.model.sets.stations;
        const { x, y } = planner.map.latLngToContainerPoint([lat[station], lon[station]]);
        const box = planner.map.getContainer().getBoundingClientRect();
        return [box.left + x, box.top + y];
    }""",
        first,
    )
    page.mouse.move(*at)
    page.mouse.down()
    page.mouse.move(at[0] + 20, at[1] - 120, steps=4)
    page.mouse.up()
    assert page.evaluate(station) != first
    people = page.evaluate(
        """() => {
        const { model, pointed, choice } = planner.session;
        return model.gain(choice, pointed.station).people === pointed.people;
    }"""
    )
    assert people is True
    tiers = page.locator("#tool-card .spot th").all_inner_texts()
    assert {Texts("zh")(f"words.tier_{tier}") for tier in ("district", "town", "community", "station")} <= set(
        tiers
    )


def test_a_card_stays_on_the_map_beside_its_handles(page: Page) -> None:
    opened(page, (1280, 720))
    for centre in page.locator(".centre.community").all()[:6]:
        centre.dispatch_event("click")
        page.wait_for_function(STILL)
        boxes = page.evaluate(BOXES, [".leaflet-popup", ".legend", ".leaflet-control-zoom", "#tools"])
        (_, left, top, right, _), *others = boxes
        assert top >= 0
        for name, a, b, c, d in others:
            assert right <= a + 1 or left >= c - 1 or top >= d - 1 or b > 700, name
