"""Own choices are undone and done again, outlast a reload and going back, and are not left without a question."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

import planner
from planner.messages.catalogue import Texts
from planner.reporting.document.build import build_document
from planner.reporting.map.page import draw_map

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: Browser, toy_plan: planner.Plan, tmp_path: Path) -> Iterator[Page]:
    (tmp_path / "map.html").write_text(draw_map(toy_plan, build_document(toy_plan)), "utf-8")
    page = chromium.new_page(viewport={"width": 1280, "height": 720})
    page.goto((tmp_path / "map.html").as_uri())
    page.wait_for_selector("body[data-drawn=yes]")
    yield page
    page.close()


def on(page: Page) -> list[int]:
    found: list[int] = page.evaluate("[...planner.session.choice.on]")
    return found


def close_a_centre(page: Page) -> None:
    # By key: a pointer can miss the button of a card while the map still moves to make room for it.
    page.locator(".centre.community").dispatch_event("click")
    page.get_by_role("button", name="Close this centre").press("Enter")
    expect(page.locator("#changes li")).to_have_count(1)


def test_steps_are_undone_and_done_again(page: Page) -> None:
    today = on(page)
    undo, redo = (page.get_by_role("button", name=name, exact=True).first for name in ("Undo", "Redo"))
    expect(undo).to_be_disabled()
    close_a_centre(page)
    closed = on(page)
    page.locator("#scenario").fill("1")
    expect(page.locator("#scenario-name")).not_to_have_text("Own choice")
    stop = on(page)
    page.locator("#undo").click()
    assert on(page) == closed
    page.locator("#panel").press("Control+z")
    assert on(page) == today
    expect(page.locator("#undo")).to_be_disabled()
    page.locator("#redo").click()
    page.locator("#panel").press("Control+y")
    assert on(page) == stop
    expect(page.locator("#scenario")).to_have_value("1")
    expect(redo).to_be_disabled()


def test_a_reload_and_going_back_keep_the_choice(page: Page) -> None:
    messages: list[str] = []

    def accept(dialog: Dialog) -> None:
        messages.append(dialog.type)
        dialog.accept()

    page.on("dialog", accept)
    close_a_centre(page)
    closed, figure = on(page), page.locator('[data-figure="people_share"] > b').inner_text()
    page.reload()
    page.wait_for_selector("body[data-drawn=yes]")
    assert on(page) == closed
    expect(page.locator('[data-figure="people_share"] > b')).to_have_text(figure)
    page.locator("#scenario").fill("1")
    stop = on(page)
    page.goto("about:blank")
    page.go_back()
    page.wait_for_selector("body[data-drawn=yes]")
    assert on(page) == stop
    expect(page.locator("#scenario")).to_have_value("1")
    # Own choices were left once: a stop is none.
    assert messages == ["beforeunload"]


def test_own_choices_that_no_file_has_are_asked_for(page: Page) -> None:
    is_unsaved = "planner.session.isUnsaved"
    assert page.evaluate(is_unsaved) is False
    close_a_centre(page)
    assert page.evaluate(is_unsaved) is True
    with page.expect_download():
        page.locator("#save").click()
    assert page.evaluate(is_unsaved) is False
    page.locator("#undo").click()
    assert page.evaluate(is_unsaved) is False


def test_a_closed_centre_leaves_its_community_visibly_without_one(page: Page) -> None:
    pane = "document.querySelector('.leaflet-without-pane canvas').toDataURL()"
    before = page.evaluate(pane)
    page.evaluate("planner.session.put(0, false)")
    expect(page.locator('[data-figure="communities_without_centre"] b')).to_have_text("2")
    expect(page.locator(".centre.community")).to_have_class(re.compile("shut"))
    assert page.evaluate(pane) != before
    page.locator("#undo").click()
    assert page.evaluate(pane) == before


def test_upgrades_are_saved_and_loaded(chromium: Browser, everything_plan: planner.Plan, tmp_path: Path) -> None:
    """The end of a year saved, today taken, and the file loaded: the year again, upgrades too."""
    plan = everything_plan
    content = build_document(plan)
    (tmp_path / "map.html").write_text(draw_map(plan, content), "utf-8")
    page = chromium.new_page(viewport={"width": 1280, "height": 720})
    page.goto((tmp_path / "map.html").as_uri())
    page.wait_for_selector("body[data-drawn=yes]")
    name, told = page.locator("#scenario-name"), page.locator("#told")
    page.locator("#scenario").fill("1")
    year = name.inner_text()
    with page.expect_download() as download:
        page.locator("#save").click()
    picked = tmp_path / "picked.json"
    download.value.save_as(picked)
    saved = json.loads(picked.read_text("utf-8"))
    upgrades = [change for one in plan.outcome.changes.values() for change in one]
    assert [change["centre"] for change in saved["changes"]] == [change.centre for change in upgrades] != []
    # A project of the study's own says what it resolves, not how: no run can carry that out.
    projects = build_document(plan)["programme"]["projects"]  # type: ignore[index]
    names = page.evaluate("planner.sets.projects.list.map(({ name }) => name)")
    own = [
        name
        for name, one in zip(names, projects, strict=True)
        if not (plan.outcome.changes[one["id"]] or one["site"])
    ]
    key = "maps.told_saved_without" if own else "maps.told_saved"
    expect(told).to_have_text(Texts(plan.study.language)(key, names=Texts("en")("maps.comma").join(own)))
    page.locator("#reset").click()
    page.locator("#load").set_input_files(picked)
    if not own:
        expect(name).to_have_text(year)
    for _ in range(100):
        if page.evaluate("planner.saved()") == saved:
            break
        page.wait_for_timeout(50)  # The file is read in the background.
    assert page.evaluate("planner.saved()") == saved
    page.close()
