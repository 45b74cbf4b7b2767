"""The report as a browser shows it: without a network, without trouble, within the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from plans import with_settings

import planner
from planner.config.sections.map import ReportSettings
from planner.messages.catalogue import LANGUAGES, Language
from planner.reporting.document.build import build_document
from planner.reporting.report.build import write_report

if TYPE_CHECKING:
    from conftest import OfflinePage

pytestmark = pytest.mark.browser

CONTRAST = Path(__file__).with_name("contrast.js").read_text("utf-8")

BODY = ("situation", "problems", "plan", "money", "safeguards", "next")
ANNEXES = ("basis", "inventory", "coverage", "weak", "siting", "reading", "data")
MISSING_SIGNS = ("□", "\ufffd")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_opens_whole(
    offline_page: OfflinePage, haibowan_plan: planner.Plan, tmp_path: Path, language: Language
) -> None:
    plan = with_settings(haibowan_plan, language=language)
    file = tmp_path / "report.html"
    file.write_text(write_report(plan, build_document(plan)), "utf-8", newline="\n")
    page = offline_page.open(file)

    assert page.locator("section#memo").is_visible()
    for name in (*BODY, *ANNEXES):
        assert page.locator(f"section#{name} > h2").is_visible(), name
    assert page.locator("article.centre-card").count() == (plan.diagnosis.centres["verdict"] == "weak").sum()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert page.evaluate("[...document.querySelectorAll('.table')].every(e => e.scrollWidth <= e.clientWidth)")
    assert page.evaluate("[...document.querySelectorAll('svg path')].every(e => e.getAttribute('d') !== null)")
    text = page.inner_text("body")
    assert not any(sign in text for sign in MISSING_SIGNS)
    assert page.evaluate(CONTRAST) == []
    assert offline_page.troubles == []


TYPE_AREA_MM = {"plain": 182, "gbt9704": 156}
PX_A_MM = 96 / 25.4


@pytest.mark.parametrize("style", TYPE_AREA_MM)
def test_nothing_is_wider_than_the_paper_and_page_one_holds_the_money(
    offline_page: OfflinePage, haibowan_plan: planner.Plan, tmp_path: Path, style: str
) -> None:
    """A browser prints every page smaller where one table is wider: 16 pt would be 13 pt."""
    plan = with_settings(haibowan_plan, report=ReportSettings.model_validate({"style": style}))
    (tmp_path / "report.html").write_text(write_report(plan, build_document(plan)), "utf-8")
    width = int(TYPE_AREA_MM[style] * PX_A_MM)
    offline_page.page.set_viewport_size({"width": width, "height": 900})
    offline_page.page.emulate_media(media="print")
    page = offline_page.open(tmp_path / "report.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= width + 1
    for part in ("#memo figure", "#memo .ask >> nth=-1", "#memo .table"):
        box = page.locator(part).last.bounding_box()
        assert box is not None
        # 22 lines are 225 mm; the plain page is as high as A4 without its margins.
        assert box["y"] + box["height"] <= (225 if style == "gbt9704" else 257) * PX_A_MM, part
