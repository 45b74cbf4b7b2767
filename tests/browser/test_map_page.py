"""The map in a browser without a network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import toy
from playwright.sync_api import Page, expect

import planner
from planner.messages.catalogue import Texts
from planner.reporting.document.build import build_document, format_json
from planner.reporting.map.page import draw_map

pytestmark = pytest.mark.browser

PIXELS = """() => {
    let drawn = 0;
    for (const canvas of document.querySelectorAll(".leaflet-map-pane canvas")) {
        const same = new OffscreenCanvas(canvas.width, canvas.height);
        const copy = same.getContext("2d", { willReadFrequently: true });
        copy.drawImage(canvas, 0, 0);
        const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
        for (let i = 3; i < data.length; i += 4) drawn += data[i];
    }
    return drawn;
}"""
"""How much is drawn on the canvases: the sum of all opacities."""


def folder_of(plan: planner.Plan, folder: Path) -> Path:
    content = build_document(plan)
    (folder / "plan.json").write_text(format_json(content), "utf-8")
    (folder / "map.html").write_text(draw_map(plan, content), "utf-8")
    return folder


@pytest.fixture(scope="module")
def toy_map(toy_plan: planner.Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of(toy_plan, tmp_path_factory.mktemp("toy_map"))


def opened(offline_page, folder: Path) -> Page:  # noqa: ANN001 - the fixture's class lives in conftest
    page = offline_page.open(folder / "map.html")
    page.wait_for_selector("body[data-drawn=yes]")
    return page


@pytest.mark.parametrize("study", ["haibowan_folder", "toy_map"])
def test_the_map_opens_without_trouble(offline_page, study: str, request: pytest.FixtureRequest) -> None:  # noqa: ANN001
    page = opened(offline_page, request.getfixturevalue(study))
    assert page.evaluate(PIXELS) > 0
    for part in ("#panel", "#title-block", ".leaflet-control-layers", ".leaflet-control-scale", ".north"):
        expect(page.locator(part)).to_be_visible()
    assert offline_page.troubles == []


@pytest.mark.parametrize("study", ["haibowan_folder", "toy_map"])
def test_key_figures_are_those_of_plan_json(offline_page, study: str, request: pytest.FixtureRequest) -> None:  # noqa: ANN001
    folder = request.getfixturevalue(study)
    content = json.loads((folder / "plan.json").read_text("utf-8"))
    texts = Texts(content["study"]["language"])
    page = opened(offline_page, folder)
    standard = next(
        row for row in content["coverage"]["total"] if row["limit_min"] == content["coverage"]["standard_min"]
    )
    figure = page.locator("[data-figure=people_share] > b")
    expect(figure).to_have_text(texts.percent(standard["people_share"]))
    covered = page.locator("[data-figure=people_covered]")
    expect(covered).to_contain_text(texts.whole(standard["people_covered"]))


def test_the_first_view_is_where_people_live(offline_page, haibowan_folder: Path) -> None:  # noqa: ANN001
    page = opened(offline_page, haibowan_folder)
    scale = page.locator(".leaflet-control-scale-line")
    expect(scale).to_have_text("1 km")
    page.get_by_label("显示全部范围").click()
    expect(scale).to_have_text("3 km")
    for village in page.locator(".centre.village").all():
        expect(village).to_be_in_viewport()


def test_a_layer_is_switched_off_and_on_again(offline_page, haibowan_folder: Path) -> None:  # noqa: ANN001
    page = opened(offline_page, haibowan_folder)
    box = page.get_by_label("15 分钟服务范围")
    before = page.evaluate(PIXELS)
    box.uncheck()
    page.wait_for_function(f"(before) => ({PIXELS})() < before", arg=before)
    box.check()
    # Back in its place below the others, so that the picture is the same again.
    page.wait_for_function(f"(before) => ({PIXELS})() === before", arg=before)
    assert offline_page.troubles == []


def test_a_layer_of_signs_is_switched_off(offline_page, haibowan_folder: Path) -> None:  # noqa: ANN001
    page = opened(offline_page, haibowan_folder)
    stations = page.locator(".centre.station")
    assert stations.count() == 10
    page.get_by_label("党群驿站（10）").uncheck()
    assert stations.count() == 0


def test_a_weak_centre_tells_why(offline_page, haibowan_folder: Path) -> None:  # noqa: ANN001
    content = json.loads((haibowan_folder / "plan.json").read_text("utf-8"))
    weak = next(centre for centre in content["centres"] if centre["verdict"] == "weak")
    rules = {rule["id"]: rule for rule in content["diagnosis"]["rules"]}
    page = opened(offline_page, haibowan_folder)
    page.locator(f'.centre[aria-label^="{weak["name"]}"]').dispatch_event("click")
    card = page.locator(".leaflet-popup .card")
    expect(card.locator("h3")).to_have_text(weak["name"])
    for finding in weak["findings"]:
        if finding["passed"] is False:
            expect(card).to_contain_text(rules[finding["rule"]]["zh"])
            expect(card).to_contain_text(rules[finding["rule"]]["clause_zh"])
    assert offline_page.troubles == []


def test_a_community_opens_its_card_by_a_click_inside(offline_page, toy_map: Path) -> None:  # noqa: ANN001
    page = opened(offline_page, toy_map)
    outline = page.locator(".leaflet-overlay-pane canvas").bounding_box()
    assert outline is not None
    sign = page.locator(".centre.community").bounding_box()
    assert sign is not None
    page.mouse.click(sign["x"] + 40, sign["y"] + 45)
    card = page.locator(".leaflet-popup .card")
    expect(card.locator("h3")).to_have_text("West")
    expect(card).to_contain_text("≤ 5 min")


def test_the_panel_folds_away(offline_page, haibowan_folder: Path) -> None:  # noqa: ANN001
    page = opened(offline_page, haibowan_folder)
    wide = page.locator(".folium-map").bounding_box()
    page.locator("#fold").click()
    wider = page.locator(".folium-map").bounding_box()
    assert wide is not None
    assert wider is not None
    assert wider["width"] > wide["width"] + 300
    expect(page.locator("#panel")).to_be_hidden()


def test_hostile_names_stay_text(offline_page, tmp_path: Path) -> None:  # noqa: ANN001

    layers = toy.layers()
    hostile = "<img src=x onerror=alert(1)><b>"
    changed = {name: layers[name].assign(name=hostile) for name in ("communities", "centres")}
    changed["streets"] = layers["streets"].assign(name=hostile, kind="primary")
    plan = planner.run(toy.write_study(tmp_path / "hostile", changed=changed))
    page = opened(offline_page, folder_of(plan, tmp_path))
    for sign in page.locator(".leaflet-marker-icon.leaflet-interactive").all():
        sign.dispatch_event("mouseover")
        sign.dispatch_event("click")
    expect(page.locator(".leaflet-popup .card").first).to_be_visible()
    assert page.locator("img").count() == 0
    assert offline_page.troubles == []


def test_the_map_knows_its_own_size(offline_page, haibowan_folder: Path) -> None:  # noqa: ANN001
    """Otherwise the first view is framed for another page and stands off the middle."""
    page = opened(offline_page, haibowan_folder)
    page.wait_for_load_state("load")
    sizes = """() => {
        const map = planner.map;
        const size = map.getSize(), box = map.getContainer().getBoundingClientRect();
        return [size.x, size.y, box.width, box.height];
    }"""
    width, height, real_width, real_height = page.evaluate(sizes)
    assert (width, height) == (real_width, real_height)
