"""The report as a browser shows it: without a network, without trouble, within the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from plans import with_settings

import planner
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
