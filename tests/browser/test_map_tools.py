"""Every control of the map: switching, comparing, finding, measuring, pointing, printing; also by keyboard."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyproj
import pytest
import toy
from phrases import phrase
from plans import with_settings
from playwright.sync_api import Page, expect

import planner
from planner.config.sections.map import MapSettings
from planner.messages.catalogue import Texts
from planner.reporting.document.build import build_document
from planner.reporting.map.packing import bundle_modules
from planner.reporting.map.page import draw_map

pytestmark = pytest.mark.browser

CONTRAST = Path(__file__).with_name("contrast.js").read_text("utf-8")

MAP = "planner.map"


@pytest.fixture
def page(offline_page, haibowan_folder: Path):  # noqa: ANN001, ANN201 - the fixture's class lives in conftest
    opened = offline_page.open(haibowan_folder / "map.html")
    opened.wait_for_selector("body[data-drawn=yes]")
    yield opened
    assert offline_page.troubles == []


def figure(page: Page, name: str) -> str:
    return page.locator(f'[data-figure="{name}"] b').inner_text()


def test_a_centre_closes_and_opens_again_from_its_card(page: Page) -> None:
    before = figure(page, "people_uncovered")
    page.locator(".centre.district").dispatch_event("click")
    page.get_by_role("button", name="关闭此中心").press("Enter")
    assert figure(page, "people_uncovered") != before
    expect(page.locator('[data-figure="people_uncovered"] .delta')).to_contain_text("+")
    expect(page.locator("#told")).to_contain_text("已关闭")
    expect(page.locator("#changes li")).to_have_count(1)
    expect(page.locator("#scenario-name")).to_have_text("自选情景")
    expect(page.locator('[data-figure="area_share"] b')).to_have_text("—")
    expect(page.locator(".switch small")).to_have_text(Texts("zh")("maps.card_as_run"))
    page.get_by_role("button", name="恢复此中心").press("Enter")
    expect(page.locator(".switch small")).to_be_empty()
    assert figure(page, "people_uncovered") == before
    expect(page.locator("#changes li")).to_have_count(0)
    expect(page.locator('[data-figure="area_share"] b')).not_to_have_text("—")


def test_the_slider_steps_through_the_scenarios(page: Page, haibowan_plan: planner.Plan) -> None:
    content, texts = build_document(haibowan_plan), Texts("zh")
    people = content["data"]["people"]
    covered = {one["method"]: one["people_covered_after"] for one in content["siting"]["proposals"]}
    # A year tells of whom its sites cover besides today's centres.
    today = people - content["coverage"]["people_uncovered"]
    covered |= {f"year_{one['year']}": today + one["people_covered"] for one in content["programme"]["years"]}
    time = [one for one in content["scenarios"] if one["key"] == "today" or one["key"].startswith("year_")]
    methods = [one for one in content["scenarios"] if one not in time]
    for place, scenario in [*enumerate(time), *enumerate(methods)][1:]:
        if scenario in time:
            page.locator("#scenario").fill(str(place))
        else:
            page.locator("#method").select_option(str(place))
        expect(page.locator("#scenario-name")).to_have_text(scenario["zh"])
        after = covered.pop(scenario["key"])
        assert figure(page, "people_share") == texts.percent(after / people)
        assert figure(page, "people_uncovered") == texts.whole(people - after)
    assert not covered
    page.get_by_role("button", name="恢复初始").click()
    expect(page.locator("#scenario")).to_have_value("0")


def test_what_follows_a_choice_is_drawn_anew(page: Page) -> None:
    """Gaps and the colours of communities, not only the figures."""
    pane = """(name) => document.querySelector(`.leaflet-${name}-pane canvas`).toDataURL()"""
    page.locator(".group > summary", has_text="社区").click()
    page.locator("#hidden-layers > summary").click()
    page.get_by_label("社区覆盖率分级").check()
    # A shaded map takes away what would lie on it, which a tick brings back.
    for name in ("未覆盖人口", "5 分钟服务范围"):
        page.get_by_label(name, exact=True).check()
    before = {name: page.evaluate(pane, name) for name in ("uncovered", "shares", "reached")}
    page.locator("#scenario").fill("2")
    assert all(page.evaluate(pane, name) != drawn for name, drawn in before.items())
    page.locator("#reset").click()
    assert {name: page.evaluate(pane, name) for name in before} == before


def test_two_scenarios_lie_side_by_side(page: Page) -> None:
    page.locator("#method").select_option(label="最大覆盖")
    page.locator("#compare").select_option("0")
    divider = page.get_by_role("slider", name="分隔线")
    expect(divider).to_be_visible()
    expect(page.locator("#left-name")).to_have_text("现状")
    expect(page.locator("#right-name")).to_have_text("最大覆盖")
    pane = "document.querySelector('.leaflet-uncovered-pane canvas').toDataURL()"
    box = divider.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 12, 300)
    page.mouse.down()
    page.mouse.move(box["x"] - 88, 300)
    page.mouse.up()
    assert int(divider.get_attribute("aria-valuenow") or 50) < 45
    shots = {}
    for keys in ("Home", "End"):
        divider.press(keys)
        shots[keys] = page.evaluate(pane)
    assert shots["Home"] != shots["End"]
    divider.press("ArrowLeft")
    expect(divider).to_have_attribute("aria-valuenow", "98")
    page.locator("#compare").select_option("")
    assert page.evaluate(pane) == shots["Home"]
    expect(divider).to_be_hidden()


def test_what_is_found_by_name_is_shown(page: Page) -> None:
    field = page.get_by_role("combobox", name="查找")
    field.fill("没有这个名称")
    expect(page.locator("#found")).to_contain_text("未找到")
    field.fill("海达")
    expect(page.locator("#found li")).not_to_have_count(0)
    field.press("ArrowDown")
    field.press("ArrowUp")
    field.press("Enter")
    expect(page.locator("#found")).to_be_hidden()
    card = page.locator(".leaflet-popup .card")
    expect(card.locator("h3")).to_contain_text("海达")
    field.fill("KCDYCRC")
    field.press("Enter")
    expect(page.get_by_role("button", name="在此设站", exact=True)).to_be_visible()
    field.fill("新华大街")
    field.press("Enter")
    expect(page.locator(".leaflet-popup").last).to_contain_text("新华大街")
    field.fill("海")
    field.press("Escape")
    expect(page.locator("#found")).to_be_hidden()


def test_lengths_are_those_of_the_ellipsoid(page: Page) -> None:
    page.get_by_role("button", name="量测长度").click()
    places = [(700, 300), (860, 360), (760, 520)]
    for x, y in places:
        page.mouse.click(x, y)
    shown = float(page.locator("[data-metres]").get_attribute("data-metres") or 0)
    spots = page.evaluate(
        f"""(places) => {{
            const map = {MAP}, box = map.getContainer().getBoundingClientRect();
            const spots = places.map(([x, y]) => map.containerPointToLatLng([x - box.left, y - box.top]));
            return spots.map((spot) => [spot.lng, spot.lat]);
        }}""",
        places,
    )
    geod = pyproj.Geod(ellps="WGS84")
    assert shown == pytest.approx(geod.line_length(*zip(*spots, strict=True)), abs=1e-4)
    page.get_by_role("button", name="重新量测").click()
    expect(page.locator("[data-metres]")).to_have_attribute("data-metres", "0")
    page.get_by_role("button", name="量测长度").click()
    expect(page.locator("#tool-card")).to_be_hidden()


def test_a_spot_tells_who_would_gain(page: Page, haibowan_plan: planner.Plan) -> None:
    """From today, what a candidate gains is what siting says of it."""
    page.get_by_role("button", name="点选位置").click()
    page.locator(".folium-map").press("Enter")
    card = page.locator("#tool-card")
    gained = float(card.locator("[data-gain]").get_attribute("data-gain") or -1)
    station = int(card.locator(".switch").get_attribute("data-station") or 0)
    candidate = haibowan_plan.siting.candidates.iloc[station - len(haibowan_plan.inputs.facilities)]
    assert gained == candidate["people_in_reach"]
    by_community = [float(cell.replace(",", "")) for cell in card.locator("table:not(.spot) td").all_inner_texts()]
    assert sum(by_community) <= gained
    assert by_community == sorted(by_community, reverse=True)
    before = page.evaluate("planner.session.figures.peopleCovered")
    card.get_by_role("button", name="在此设站").click()
    assert page.evaluate("planner.session.figures.peopleCovered") == before + gained
    card.get_by_role("button", name="取消设站").click()
    page.mouse.click(700, 300)
    expect(card.locator("[data-gain]")).to_be_visible()
    page.get_by_role("button", name="点选位置").click()
    expect(card).to_be_hidden()


def test_all_is_reached_by_keyboard(page: Page) -> None:
    """Every button, field and sign takes the focus, and Enter on a sign leads to the button in its card."""
    page.get_by_role("combobox", name="查找").focus()
    seen = set()
    for _ in range(140):
        seen.add(
            page.evaluate(
                "document.activeElement.id || document.activeElement.className.toString().split(' ').pop()"
            )
        )
        page.keyboard.press("Tab")
    assert {"find", "scenario", "reset", "save", "load", "compare", "fold", "print", "whole", "core"} <= seen
    sign = page.locator(".centre.town").first
    sign.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="关闭此中心")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#changes li")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    expect(sign).to_be_focused()


def test_every_control_has_a_name(page: Page) -> None:
    nameless = """() => [
        ...document.querySelectorAll("button, a[href], input, select, [role=button], [role=slider]"),
    ].filter((one) => ![one.ariaLabel, one.title, one.innerText, one.closest("label")?.textContent].some(
        (name) => name?.trim(),
    )).map((one) => one.outerHTML)"""
    assert page.evaluate(nameless) == []


def test_all_text_has_the_contrast_of_wcag_aa(page: Page) -> None:
    page.locator(".centre.community").first.dispatch_event("click")
    page.get_by_role("button", name="关闭此中心").press("Enter")
    page.locator("#compare").select_option("1")
    page.get_by_role("combobox", name="查找").fill("海")
    assert page.evaluate(CONTRAST) == []
    page.get_by_role("button", name="点选位置").click()
    page.mouse.click(700, 300)
    # What fades away has less contrast on its way.
    expect(page.locator(".leaflet-popup, .leaflet-tooltip")).to_have_count(0)
    assert page.evaluate(CONTRAST) == []


def test_the_sheet_is_one_page_of_a3_with_all_its_parts(page: Page) -> None:
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    box = re.search(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)", pdf)
    assert box is not None
    assert [float(side) / 72 * 25.4 for side in box.groups()] == pytest.approx([420, 297], abs=0.5)
    # What the browser lays out before it prints: all within the sheet, the map drawn.
    page.evaluate("planner.printing.lay()")
    sheet = page.locator("body").bounding_box()
    assert sheet is not None
    for part in ("#panel h1", ".legend", "#title-block", ".leaflet-control-scale", ".north", "#sheet-scale"):
        inner = page.locator(part).bounding_box()
        assert inner is not None, part
        assert inner["y"] + inner["height"] <= sheet["y"] + sheet["height"] + 1, part
    scale = int(page.locator("#sheet-scale").inner_text().removeprefix("1 : ").replace(",", ""))
    metres_a_pixel = page.evaluate(
        f"""() => {{
            const map = {MAP}, middle = map.getSize().divideBy(2);
            const [left, right] = [-50, 50].map((x) => map.containerPointToLatLng(middle.add([x, 0])));
            return map.distance(left, right) / 100;
        }}"""
    )
    assert scale == pytest.approx(metres_a_pixel / (0.0254 / 96), rel=0.01)
    page.evaluate("planner.printing.restore()")
    expect(page.locator("#sheet-scale")).to_be_hidden()


def test_a_file_of_another_study_is_not_read(page: Page, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    for content in (
        "{",
        json.dumps({"format": "planner.scenario/1", "study": "x", "crs": "y", "closed": [], "sites": []}),
    ):
        other.write_text(content, "utf-8")
        page.locator("#load").set_input_files(other)
        expect(page.locator("#told")).to_contain_text("不是本图的情景文件")
    expect(page.locator("#changes li")).to_have_count(0)


def test_hostile_names_stay_text_in_every_new_part(offline_page, tmp_path: Path) -> None:  # noqa: ANN001
    layers = toy.layers()
    hostile = "<img src=x onerror=alert(1)>\"onmouseover='alert(2)'"
    changed = {name: layers[name].assign(name=hostile) for name in ("communities", "centres")}
    changed["streets"] = layers["streets"].assign(name=hostile, kind="primary")
    plan = planner.run(toy.write_study(tmp_path / "hostile", changed=changed))
    content = build_document(plan)
    content["scenarios"][1]["en"] = hostile
    (tmp_path / "map.html").write_text(draw_map(plan, content), "utf-8")
    page = offline_page.open(tmp_path / "map.html")
    field = page.get_by_role("combobox", name="Find")
    field.fill("img")
    assert page.locator("#found li").count() > 3
    for place in range(page.locator("#found li").count()):
        field.fill("img")
        for _ in range(place):
            field.press("ArrowDown")
        field.press("Enter")
        # The one before fades out first.
        expect(page.locator(".leaflet-popup")).to_have_count(1)
    page.locator(".centre.community").dispatch_event("click")
    expect(page.locator(".leaflet-popup")).to_have_count(1)
    page.get_by_role("button", name="Close this centre").press("Enter")
    expect(page.locator("#changes")).to_contain_text(hostile)
    page.locator("#method").select_option("0")
    expect(page.locator("#scenario-name")).to_have_text(hostile)
    page.locator("#compare").select_option("1")
    page.get_by_role("button", name=phrase("maps.tool_point")).click()
    page.locator(".folium-map").press("Enter")
    assert page.locator("img").count() == 0
    assert (
        page.evaluate("[...document.querySelectorAll('*')].some((one) => one.onerror || one.onmouseover)") is False
    )
    assert offline_page.troubles == []


@pytest.mark.parametrize(
    ("asked", "origin"),
    [
        ({"tiles": "osm"}, "https://tile.openstreetmap.org"),
        ({"tiles": "amap"}, "https://webrd01.is.autonavi.com"),
        ({"tiles": "tianditu", "key": "abc123"}, "https://t0.tianditu.gov.cn"),
        ({"tiles": "http://tiles.example:8080/{z}/{x}/{y}.png"}, "http://tiles.example:8080"),
    ],
)
def test_tiles_come_from_the_one_host_that_was_asked_for(
    chromium,  # noqa: ANN001
    toy_plan: planner.Plan,
    tmp_path: Path,
    asked: dict[str, str],
    origin: str,
) -> None:
    plan = with_settings(toy_plan, map=MapSettings(**asked))
    html = draw_map(plan, build_document(plan))
    assert f'img-src data: {origin}"' in html
    (tmp_path / "map.html").write_text(html, "utf-8")
    page = chromium.new_page()
    requests: list[str] = []
    page.route("**/*", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort())
    page.on("request", lambda request: requests.append(request.url))
    page.goto((tmp_path / "map.html").as_uri())
    page.wait_for_selector("body[data-drawn=yes]")
    asked_for = [url for url in requests if not url.startswith(("file:", "data:"))]
    assert asked_for
    assert all(url.startswith(origin + "/") for url in asked_for)
    # Another host is refused by the page itself.
    refused = """() => new Promise((told) => {
        document.addEventListener("securitypolicyviolation", (event) => told(event.blockedURI));
        new Image().src = "https://elsewhere.example/x.png";
    })"""
    assert page.evaluate(refused) == "https://elsewhere.example/x.png"
    page.close()


def test_tiles_in_gcj02_are_moved(chromium, toy_plan: planner.Plan, tmp_path: Path) -> None:  # noqa: ANN001
    """Under the middle of the view lies the shifted place."""
    plan = with_settings(toy_plan, map=MapSettings(tiles="amap"))
    (tmp_path / "map.html").write_text(draw_map(plan, build_document(plan)), "utf-8")
    page = chromium.new_page()
    page.route("**/*", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort())
    page.goto((tmp_path / "map.html").as_uri())
    page.wait_for_selector("body[data-drawn=yes]")
    offset = page.evaluate(
        f"""() => {{
            const map = {MAP};
            {bundle_modules("gcj02.js")}
            const layer = Object.values(map._layers).find((one) => one instanceof L.TileLayer);
            map.setZoom(17, {{ animate: false }});
            map.panBy([90, -40], {{ animate: false }});
            const level = layer._levels[17];
            const [box, at] = [map.getContainer(), level.el].map((one) => one.getBoundingClientRect());
            const middle = map.getSize().divideBy(2).add(level.origin);
            const under = L.point(box.left - at.left, box.top - at.top).add(middle);
            const wanted = map.project(L.latLng(gcj02_js.toGcj02(map.getCenter())), 17);
            return [under.x - wanted.x, under.y - wanted.y];
        }}"""
    )
    assert offset == pytest.approx([0, 0], abs=2)
    page.close()


def test_settings_of_tiles_are_checked() -> None:
    for wrong in (
        {"tiles": "google"},
        {"tiles": "https://x.example/{z}/{x}.png"},
        {"tiles": "tianditu"},
        {"tiles": "https://x.example/;script-src *{z}{x}{y}"},
        {"tiles": "javascript:{z}{x}{y}"},
        {"tiles": "osm", "key": "a b"},
    ):
        with pytest.raises(ValueError, match="validation error"):
            MapSettings(**wrong)
