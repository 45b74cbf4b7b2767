"""Make the pictures of the report's page one, plain and official: python docs/make_page_one.py."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

import planner
from planner.config.sections.map import ReportSettings
from planner.reporting.document.build import build_document
from planner.reporting.report.build import write_report

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
WIDTH_PX = {"plain": 720, "gbt9704": 590}
"""Widths of the type area in CSS pixels: 182 and 156 mm."""


def main() -> None:
    """Lay the page out as it is printed, and take its picture."""
    study = planner.read_study(ROOT / "data" / "haibowan" / "study.toml")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = chromium.new_page(device_scale_factor=1.25)
        page.emulate_media(media="print")
        for style, width in WIDTH_PX.items():
            settings = ReportSettings.model_validate({"style": style})
            plan = planner.run(study.model_copy(update={"report": settings}))
            file = Path(folder) / "report.html"
            file.write_text(write_report(plan, build_document(plan)), "utf-8", newline="\n")
            page.set_viewport_size({"width": width, "height": 1000})
            page.goto(file.as_uri(), wait_until="load")
            page.locator("#memo").screenshot(path=IMAGES / f"page_one_{style}.png")
        chromium.close()


if __name__ == "__main__":
    main()
