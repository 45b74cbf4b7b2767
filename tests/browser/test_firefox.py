"""The map in Firefox: it opens without trouble, gives Chromium's figures, holds its handles apart, and prints."""

from __future__ import annotations

import base64
import contextlib
import json
import random
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from bidi import Firefox
from map_state import BOXES, HANDLES, SHOWN, check_handles_apart
from playwright.sync_api import Browser

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


@pytest.fixture(scope="module")
def page(firefox: Firefox, haibowan_folder: Path) -> Iterator[Firefox]:
    firefox.resize(1280, 720)
    firefox.open(haibowan_folder / "map.html")
    yield firefox
    assert firefox.troubles == []


def test_figures_are_those_of_chromium(page: Firefox, chromium: Browser, haibowan_folder: Path) -> None:
    rng = random.Random(7)  # noqa: S311 - a sample, no secret
    stations, projects = page.evaluate(
        "[planner.session.model.count.sites, planner.session.model.sets.projects.list.length]"
    )
    switches = [["station", rng.randrange(stations)] for _ in range(12)]
    switches += [["project", rng.randrange(projects)] for _ in range(8)]
    rng.shuffle(switches)
    other = chromium.new_page(viewport={"width": 1280, "height": 720})
    other.goto((haibowan_folder / "map.html").as_uri())
    other.wait_for_selector("body[data-drawn=yes]")
    mine = page.evaluate(f"({WALK})({json.dumps(switches)})")
    assert mine == other.evaluate(WALK, switches)
    assert len({one["people_uncovered"] for one in mine}) > len(switches) // 2
    other.close()


def pages_of(pdf: bytes) -> int:
    """Return the number of pages, which Firefox describes in compressed streams."""
    streams = [pdf]
    for found in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        with contextlib.suppress(zlib.error):
            streams.append(zlib.decompress(found[1]))
    return sum(len(re.findall(rb"/Type\s*/Page\b", stream)) for stream in streams)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_no_handle_covers_another(page: Firefox, size: tuple[int, int]) -> None:
    page.resize(*size)
    page.reload()
    check_handles_apart(page.evaluate(f"({BOXES})({json.dumps(HANDLES)})"), size)


def test_the_map_prints_as_one_a3_sheet_and_is_as_it_was(page: Firefox) -> None:
    page.resize(1280, 720)
    before = page.evaluate(f"({SHOWN})()")
    centimetres = {"width": 42.0, "height": 29.7}
    printed = page.command("browsingContext.print", context=page.page, page=centimetres, background=True)
    assert pages_of(base64.b64decode(printed["data"])) == 1
    assert page.evaluate(f"({SHOWN})()") == before
    assert page.evaluate("document.body.classList.contains('sheet')") is False


def test_steps_are_undone_and_done_again_and_a_reload_keeps_them(page: Firefox) -> None:
    page.evaluate("planner.session.take(planner.session.base)")
    today = page.evaluate(f"({SHOWN})()")
    page.evaluate("planner.session.put(0, false)")
    closed = page.evaluate(f"({SHOWN})()")
    assert closed != today
    page.evaluate("document.getElementById('undo').click()")
    assert page.evaluate(f"({SHOWN})()") == today
    page.evaluate("document.getElementById('redo').click()")
    assert page.evaluate(f"({SHOWN})()") == closed
    page.evaluate("planner.session.isUnsaved = false")
    page.reload()
    assert page.evaluate(f"({SHOWN})()") == closed
    page.evaluate("planner.session.take(planner.session.base)")
