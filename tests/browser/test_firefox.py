"""The map in Firefox: it opens without trouble, gives Chromium's figures, holds its handles apart, and prints."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from map_state import SHOWN, check_handles_apart
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

SIZES = ((390, 844), (1280, 720), (2560, 1080))

WALK = """(switches) => {
    const { session } = planner;
    const shown = SHOWN;
    const seen = [];
    for (const stop of session.model.sets.scenarios) {
        session.take(session.choiceOf(stop));
        seen.push(shown());
    }
    session.take(session.base);
    for (const [kind, number] of switches) {
        if (kind === "project") session.putProject(number, !session.choice.done[number]);
        else session.put(number, !session.choice.on[number]);
        seen.push(shown());
    }
    return seen;
}""".replace("SHOWN", SHOWN)
"""Figures at every scenario, then after every switch."""


def opened(browser: Browser, folder: Path, troubles: list[str]) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.on("console", lambda one: troubles.append(one.text) if one.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto((folder / "map.html").as_uri())
    page.wait_for_selector("body[data-drawn=yes]")
    return page


@pytest.fixture(scope="module")
def troubles() -> list[str]:
    return []


@pytest.fixture(scope="module")
def page(firefox: Browser, haibowan_folder: Path, troubles: list[str]) -> Iterator[Page]:
    page = opened(firefox, haibowan_folder, troubles)
    yield page
    page.close()
    assert troubles == []


def test_figures_are_those_of_chromium(page: Page, chromium: Browser, haibowan_folder: Path) -> None:
    rng = random.Random(7)  # noqa: S311 - a sample, no secret
    stations, projects = page.evaluate(
        "[planner.session.model.count.sites, planner.session.model.sets.projects.list.length]"
    )
    switches = [["station", rng.randrange(stations)] for _ in range(12)]
    switches += [["project", rng.randrange(projects)] for _ in range(8)]
    rng.shuffle(switches)
    other = opened(chromium, haibowan_folder, [])
    mine: list[Any] = page.evaluate(WALK, switches)
    assert mine == other.evaluate(WALK, switches)
    assert len({one["people_uncovered"] for one in mine}) > len(switches) // 2
    other.close()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_no_handle_covers_another(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.reload()
    page.wait_for_selector("body[data-drawn=yes]")
    check_handles_apart(page, size)


def test_the_sheet_holds_its_parts_and_the_page_returns(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    before = page.evaluate(SHOWN)
    page.evaluate("planner.printing.lay()")
    sheet = page.locator("body").bounding_box()
    assert sheet is not None
    for part in ("#panel", ".folium-map", ".legend"):
        box = page.locator(part).bounding_box()
        assert box is not None
        assert box["x"] >= -1, part
        assert box["x"] + box["width"] <= sheet["x"] + sheet["width"] + 1, part
        assert box["y"] + box["height"] <= sheet["y"] + sheet["height"] + 1, part
    page.evaluate("planner.printing.restore()")
    assert page.evaluate(SHOWN) == before


def test_a_reload_keeps_own_choices_and_undo_takes_them_back(page: Page) -> None:
    page.evaluate("planner.session.take(planner.session.base)")
    today = page.evaluate(SHOWN)
    page.evaluate("planner.session.put(0, false)")
    closed = page.evaluate(SHOWN)
    assert closed != today
    page.locator("#undo").click()
    assert page.evaluate(SHOWN) == today
    page.locator("#redo").click()
    assert page.evaluate(SHOWN) == closed
