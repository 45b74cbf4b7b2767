"""Clicks at random, as in a meeting where several people want something: no trouble, and never a stale figure."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from map_state import BOXES, HANDLES, SHOWN, check_handles_apart
from playwright.sync_api import Page

from planner.reporting.document.build import build_document
from planner.reporting.map.page import draw_map
from planner.results import Plan

pytestmark = pytest.mark.browser

ACTIONS = 45

FRESH = """() => {
    const { session } = planner, { model, choice } = session, { sets, count } = model;
    const stations = [...choice.on.keys()];
    const closed = stations.filter((one) => one < count.centres && !choice.on[one]);
    const opened = stations.filter((one) => one >= count.centres && one < count.sites && choice.on[one]);
    const done = [...choice.done.keys()].filter((one) => choice.done[one]);
    const anew = model.choose(closed, opened, done);
    const plain = ({ verdicts, areaShare, ...figures }) => JSON.stringify([figures, [...verdicts]]);
    return [model.same(anew, choice), plain(model.figures(anew)), plain(session.figures)];
}"""
"""Whether the choice made anew from what is open is the same, and its figures beside those of the session."""


@pytest.fixture(scope="module")
def file(everything_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clicks")
    (folder / "map.html").write_text(draw_map(everything_plan, build_document(everything_plan)), "utf-8")
    return folder / "map.html"


def actions(page: Page, rng: random.Random) -> list[Callable[[], object]]:
    """Return what can be done to the page, each at random."""
    width, height = page.viewport_size["width"], page.viewport_size["height"]  # type: ignore[index]

    def any_of(selector: str) -> Callable[[], object]:
        def act() -> None:
            found = page.locator(selector)
            if count := found.count():
                found.nth(rng.randrange(count)).evaluate("(one) => one.click()")

        return act

    def choose(name: str) -> Callable[[], object]:
        def act() -> None:
            values = page.locator(f"#{name} option").evaluate_all("(all) => all.map((one) => one.value)")
            page.locator(f"#{name}").evaluate(
                "(one, value) => { one.value = value; one.dispatchEvent(new Event('change')); }",
                rng.choice(values),
            )

        return act

    def slide() -> None:
        page.locator("#scenario").evaluate(
            "(one, share) => { one.value = Math.round(share * one.max); one.dispatchEvent(new Event('input')); }",
            rng.random(),
        )

    return [
        slide,
        slide,
        choose("method"),
        choose("compare"),
        any_of("#projects input"),
        any_of("#projects input"),
        any_of("#changes button"),
        any_of("#layers input"),
        any_of(".centre"),
        any_of(".leaflet-popup .switch button"),
        any_of("#tools button[data-tool]"),
        any_of("#undo:not([disabled])"),
        any_of("#redo:not([disabled])"),
        any_of("#reset"),
        any_of("#fold"),
        any_of("#tool-card button"),
        lambda: page.mouse.click(rng.randrange(width), rng.randrange(height)),
        lambda: page.mouse.dblclick(rng.randrange(width), rng.randrange(height)),
        lambda: page.keyboard.press(
            rng.choice(["Escape", "Enter", "Control+z", "Control+y", "ArrowLeft", "+", "-"])
        ),
        lambda: page.evaluate("planner.printing.lay(), planner.printing.restore()"),
        page.reload,
        any_of("#meeting"),
        any_of("#scene-next, #scene-leave"),
    ]


@pytest.mark.parametrize(("seed", "size"), [(1, (1280, 720)), (2, (390, 844))])
def test_no_order_of_clicks_makes_trouble(offline_page, file: Path, seed: int, size: tuple[int, int]) -> None:  # noqa: ANN001
    rng = random.Random(seed)  # noqa: S311 - a sample, no secret
    offline_page.page.on("dialog", lambda dialog: dialog.accept())
    offline_page.page.set_viewport_size({"width": size[0], "height": size[1]})
    page = offline_page.open(file)
    for number in range(ACTIONS):
        rng.choice(actions(page, rng))()
        page.wait_for_selector("body[data-drawn=yes]")
        is_same, anew, shown = page.evaluate(FRESH)
        assert is_same, number
        assert shown == anew, number
    # However it was left: back to today, the page is as it opens.
    page.keyboard.press("Escape")
    page.evaluate("document.getElementById('scene').hidden || document.getElementById('scene-leave').click()")
    page.evaluate("planner.session.take(planner.session.base)")
    figures = page.evaluate(SHOWN)
    page.goto("about:blank")
    page = offline_page.open(file)
    assert figures == page.evaluate(SHOWN)
    check_handles_apart(page.evaluate(BOXES, list(HANDLES)), size)
    assert offline_page.troubles == []
