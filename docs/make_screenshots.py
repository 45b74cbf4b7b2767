"""Make the pictures of the README from the products of `make demo`: python docs/make_screenshots.py."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

import planner
from planner.reporting.document.build import build_document
from planner.reporting.map.page import draw_map

ROOT = Path(__file__).parent.parent
PRODUCTS = ROOT / "maps" / "haibowan"
IMAGES = ROOT / "docs" / "images"


def main() -> None:
    """Open map and report without a network and take their pictures."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        context = chromium.new_context(viewport={"width": 1440, "height": 810})
        context.set_offline(True)
        page = context.new_page()
        for name in ("map", "report"):
            page.goto((PRODUCTS / f"{name}.html").as_uri(), wait_until="load")
            page.wait_for_timeout(1500)
            page.screenshot(path=IMAGES / f"{name}.png")
        page.set_viewport_size({"width": 1100, "height": 1400})
        for name in ("weak", "siting"):
            place = page.locator("article.centre-card" if name == "weak" else "#siting figure").first
            place.scroll_into_view_if_needed()
            place.evaluate("(one) => window.scrollTo(0, one.getBoundingClientRect().top + window.scrollY - 60)")
            page.screenshot(path=IMAGES / f"report_{name}.png")
        page.set_viewport_size({"width": 1440, "height": 810})
        page.goto((PRODUCTS / "map.html").as_uri(), wait_until="load")
        page.evaluate("planner.printing.lay()")
        page.set_viewport_size({"width": 1508, "height": 1043})
        page.wait_for_timeout(1500)
        page.screenshot(path=IMAGES / "sheet.png")
        page.set_viewport_size({"width": 1440, "height": 810})
        page.evaluate("planner.printing.restore()")
        page.locator("#scenario").fill("2")
        page.locator("#compare").select_option("0")
        page.wait_for_timeout(1500)
        page.screenshot(path=IMAGES / "compare.png")
        with tempfile.TemporaryDirectory() as folder:
            study = planner.read_study(ROOT / "data" / "haibowan" / "study.toml")
            plan = planner.run(study.model_copy(update={"language": "en"}))
            file = Path(folder) / "map.html"
            file.write_text(draw_map(plan, build_document(plan)), "utf-8", newline="\n")
            page.goto(file.as_uri(), wait_until="load")
            page.wait_for_timeout(1500)
            page.screenshot(path=IMAGES / "map_en.png")
        chromium.close()


if __name__ == "__main__":
    main()
