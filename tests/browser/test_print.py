"""The printed page: one A3 sheet with all its parts, however many changes, and the page as it was after."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from planner.messages.catalogue import Texts
from planner.reporting.document.build import build_document
from planner.reporting.map.page import draw_map
from planner.results import Plan

pytestmark = pytest.mark.browser

A3_MM = (420, 297)
LISTED = 27
"""Lines of the list of changes."""


@pytest.fixture(scope="module")
def plan(everything_plan: Plan) -> Plan:
    return everything_plan


@pytest.fixture(scope="module")
def file(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("map") / "map.html"
    path.write_text(draw_map(plan, build_document(plan)), "utf-8")
    return path


@pytest.fixture
def page(chromium: Browser, file: Path) -> Iterator[Page]:
    page = chromium.new_page(viewport={"width": 1280, "height": 720})
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-drawn=yes]")
    yield page
    page.close()


def change(page: Page, count: int) -> list[str]:
    """Close both centres and open candidates, so many in all; return the names."""
    return page.evaluate(
        """(count) => {
            const { session } = planner, { centres } = session.model.count;
            const stations = [...Array(count).keys()];
            for (const one of stations) session.put(one, one >= centres);
            return stations.map((one) => session.nameOf(one));
        }""",
        count,
    )


def boxes(page: Page, *parts: str) -> dict[str, Any]:
    found = {part: page.locator(part).bounding_box() for part in parts}
    assert all(found.values()), found
    return found


def holds(outer: dict[str, float], inner: dict[str, float]) -> bool:
    """Tell whether a box lies in another, to the pixel."""
    return all(
        outer[at] - 1 <= inner[at] and inner[at] + inner[side] <= outer[at] + outer[side] + 1
        for at, side in (("x", "width"), ("y", "height"))
    )


@pytest.mark.parametrize("count", [0, 23, LISTED, LISTED + 11])
def test_the_sheet_is_one_page_with_all_its_parts(page: Page, plan: Plan, count: int) -> None:
    names = change(page, count)
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    box = re.search(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)", pdf)
    assert box is not None
    assert [float(side) / 72 * 25.4 for side in box.groups()] == pytest.approx(A3_MM, abs=0.5)

    page.emulate_media(media="print")
    page.evaluate("planner.printing.lay()")
    foot = ["#sheet-foot"] if count else []
    columns = boxes(page, "body", "#panel", ".folium-map", ".legend", *foot)
    sheet = columns.pop("body")
    for part, box in columns.items():
        assert holds(sheet, box), part
    # The parts fill the sheet without covering one another.
    area = sum(box["width"] * box["height"] for box in columns.values())
    assert 0.98 * sheet["width"] * sheet["height"] < area <= sheet["width"] * sheet["height"] * 1.001
    for column, parts in {
        "#panel": ("#panel h1", ".recommended", ".siting"),
        ".legend": ("#layers", "#title-block", "#sheet-scale"),
        ".folium-map": (".north", ".leaflet-control-scale", ".leaflet-control-attribution"),
        **({"#sheet-foot": ("#sheet-changes li:last-child",)} if count else {}),
    }.items():
        for part, box in boxes(page, *parts).items():
            assert holds(columns[column], box), part
        if column != ".folium-map":
            assert page.locator(column).evaluate("(one) => one.scrollHeight <= one.clientHeight + 1"), column

    rows = page.locator("#sheet-changes li").all_inner_texts()
    said, more = Texts(plan.study.language), max(count - LISTED + 1, 0) if count > LISTED else 0
    keys = ["closed" if station < 2 else "opened" for station in range(count)]
    told = [said(f"maps.{key}", name=name) for key, name in zip(keys, names, strict=True)]
    assert rows == told[: count - more] + ([said("maps.changes_more", count=more)] if more else [])
    # Places in words; whoever knows a sign by its colour finds it in the legend.
    text = page.locator("body").inner_text()
    ids = [candidate["id"] for candidate in build_document(plan)["siting"]["candidates"]]
    assert not [ident for ident in ids if re.search(rf"\b{re.escape(ident)}\b", text)]
    assert page.locator(".legend .opened").is_visible() is bool(count)


def test_the_study_fills_the_frame_at_a_round_scale(page: Page) -> None:
    page.evaluate("planner.printing.lay()")
    scale = int(page.locator("#sheet-scale").inner_text().removeprefix("1 : ").replace(",", ""))
    assert float(f"{scale:e}".partition("e")[0]) in (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 8)
    share = page.evaluate(
        """() => {
            const { map, model } = { map: planner.map, model: planner.session.model };
            const { x, y } = map.getSize(), { lat, lon } = model.sets.stations;
            const places = lat.map((one, place) => map.latLngToContainerPoint([one, lon[place]]));
            const span = (all) => Math.max(...all) - Math.min(...all);
            return Math.max(span(places.map((one) => one.x)) / x, span(places.map((one) => one.y)) / y);
        }"""
    )
    assert 0.6 < share < 1


def test_after_printing_the_page_is_as_it_was(page: Page) -> None:
    state = """() => [
        planner.map.getZoom(), planner.map.getCenter(), document.body.className,
        ...[...document.querySelectorAll("#panel, .legend, .folium-map")].map((one) => [
            one.parentElement.className, one.getBoundingClientRect(), one.style.zoom, one.style.width,
        ]),
        [...document.querySelectorAll("details")].map((one) => one.open),
        document.querySelectorAll("#sheet-foot").length,
    ]"""
    change(page, 23)
    before = page.evaluate(f"JSON.stringify(({state})())")
    page.evaluate("planner.printing.lay()")
    page.evaluate("planner.printing.restore()")
    assert page.evaluate(f"JSON.stringify(({state})())") == before
