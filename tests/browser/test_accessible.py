"""axe-core finds nothing to complain about, with card, list of places and comparison open too."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

import planner
from planner.reporting.document.build import build_document
from planner.reporting.report.build import build_report
from planner.reporting.report.html import write_page

pytestmark = pytest.mark.browser

AXE = (
    Path(__file__).parents[2] / "planner" / "reporting" / "map" / "js" / "node_modules" / "axe-core" / "axe.min.js"
)

VIOLATIONS = """async () => (await axe.run()).violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`)"""


@pytest.fixture
def axe() -> str:
    if AXE.is_file():
        return AXE.read_text("utf-8")
    if os.environ.get("CI"):
        pytest.fail("CI needs axe-core: make page")
    pytest.skip("no axe-core here: make page installs it")


def violations(page: Page) -> list[str]:
    found: list[str] = page.evaluate(VIOLATIONS)
    return found


def test_the_map_has_no_violation(chromium: Browser, haibowan_folder: Path, axe: str) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 720})
    page.goto((haibowan_folder / "map.html").as_uri())
    page.wait_for_selector("body[data-drawn=yes]")
    page.evaluate(axe)
    assert violations(page) == []
    page.locator(".centre.community").first.dispatch_event("click")
    page.get_by_role("button", name="关闭此中心").press("Enter")
    page.locator("#compare").select_option("1")
    page.locator("#find").fill("海")
    assert violations(page) == []
    page.get_by_role("button", name="量测长度").click()
    assert violations(page) == []
    page.close()


def test_the_report_has_no_violation(
    chromium: Browser, haibowan_plan: planner.Plan, tmp_path: Path, axe: str
) -> None:
    report = build_report(haibowan_plan, build_document(haibowan_plan))
    (tmp_path / "report.html").write_text(write_page(report), "utf-8")
    page = chromium.new_page(viewport={"width": 1280, "height": 720})
    page.goto((tmp_path / "report.html").as_uri())
    page.evaluate(axe)
    assert violations(page) == []
    page.close()
