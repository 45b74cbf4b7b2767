"""Services on the page: a cell of the matrix opens its map, a position lists what it reaches, cards follow."""

from __future__ import annotations

from pathlib import Path

import life_circle
import pytest
from phrases import phrase
from playwright.sync_api import expect

import planner

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def map_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("services")
    plan = planner.run(life_circle.write_study(folder))
    planner.write(plan, folder / "out", products=["map"])
    return folder / "out" / "map.html"


def test_a_cell_of_the_matrix_opens_its_map(offline_page, map_page: Path) -> None:  # noqa: ANN001 - as in conftest
    page = offline_page.open(map_page)
    page.wait_for_selector("body[data-drawn=yes]")
    page.evaluate("location.hash = 'service=canteen&community=E'")
    expect(page.locator(".leaflet-popup h3")).to_have_text("East · Canteens")
    expect(page.locator(".leaflet-popup")).to_contain_text(phrase("services.reason_nothing_near"))
    page.evaluate("location.hash = 'service=centres&community=W'")
    expect(page.locator(".leaflet-popup h3")).to_have_text(f"West · {phrase('words.service_centres')}")
    page.evaluate("planner.session.put(0, false)")
    page.evaluate("planner.map.closePopup(); location.hash = ''")
    page.evaluate("location.hash = 'service=centres&community=W'")
    expect(page.locator(".leaflet-popup .now")).to_have_count(1)
    page.evaluate("location.hash = 'service=premises&community=W'")
    expect(page.locator(".leaflet-popup .now")).to_contain_text(phrase("maps.card_as_run"))
    assert offline_page.troubles == []


def test_a_position_lists_the_services_that_it_reaches(offline_page, map_page: Path) -> None:  # noqa: ANN001
    page = offline_page.open(map_page)
    page.wait_for_selector("body[data-drawn=yes]")
    page.locator("[data-tool=point]").click()
    box = page.locator(".leaflet-container").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    rows = page.locator("#tool-card .services th").all_inner_texts()
    assert rows == ["Canteens", "Clinics", "library", "premises"]  # of parks nothing is known
    expect(page.locator("#tool-card .services")).to_contain_text(" min")
    assert offline_page.troubles == []


def test_scenes_show_no_service_and_the_sources_open_on_demand(offline_page, map_page: Path) -> None:  # noqa: ANN001
    page = offline_page.open(map_page)
    page.wait_for_selector("body[data-drawn=yes]")
    sources = page.locator(".sources")
    assert sources.get_attribute("open") is None
    sources.locator("summary").click()
    assert sources.get_attribute("open") is not None
    sources.locator("summary").click()
    page.evaluate("planner.printing.lay()")
    assert sources.get_attribute("open") is not None
    page.evaluate("planner.printing.restore()")
    assert sources.get_attribute("open") is None
    for scene in range(5):
        page.locator("#meeting").click() if scene == 0 else page.keyboard.press("ArrowRight")
        expect(page.locator("#scene-title")).to_contain_text(f"{scene + 1} / ")
        assert page.locator(".leaflet-marker-pane .service").count() == 0
    assert offline_page.troubles == []


def test_a_shaded_map_is_read_alone_and_gives_back_what_it_took(offline_page, map_page: Path) -> None:  # noqa: ANN001
    page = offline_page.open(map_page)
    page.wait_for_selector("body[data-drawn=yes]")
    shown = "[...document.querySelectorAll('#layers input')].map((one) => one.checked)"
    name = phrase("services.layer_lacking")
    before = page.evaluate(shown)
    click = """([name, place]) => [...document.querySelectorAll("#layers label")]
        .filter((one) => one.innerText.includes(name))[place].click()"""
    of_shades = """(name) => [...document.querySelectorAll("#layers label")]
        .filter((one) => one.innerText.includes(name) && one.querySelector("input").checked).length"""
    page.evaluate("document.querySelectorAll('.legend details').forEach((one) => { one.open = true; })")
    for place in (0, 1):
        page.evaluate(click, [name, place])
        assert page.evaluate(of_shades, name) == 1
        assert page.evaluate(of_shades, phrase("maps.layer_uncovered")) == 0
    page.evaluate(
        """(name) => [...document.querySelectorAll("#layers label")]
            .find((one) => one.innerText.includes(name) && one.querySelector("input").checked).click()""",
        name,
    )
    assert sorted(page.evaluate(shown)) == sorted(before)
    assert page.evaluate(of_shades, phrase("maps.layer_uncovered")) == 1
    assert offline_page.troubles == []
