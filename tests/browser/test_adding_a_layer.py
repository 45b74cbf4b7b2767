"""A layer is added to the map in the files that docs/extending.md names; it is drawn and follows the choice."""

from __future__ import annotations

from pathlib import Path

import pytest
import toy
from playwright.sync_api import Browser
from scratch_package import ScratchPackage

pytestmark = pytest.mark.browser

MOST_FILES = 5

LAYER = '''def _once(plan: Plan, words: CardTexts) -> Layer:
    """Return the people whom one centre alone covers."""
    name = layer_name(words.texts("maps.layer_once"), swatch(symbols.ONCE, look="dot"))
    return Live("once", {"colour": symbols.ONCE, "metres": _dot_metres(plan)}, level=445, name=name, show=True)


'''
PAINTER = """  once: (model, look) => (context, view, choice) => {
    const reached = choice.reached[model.sets.standard];
    dots(context, view, model, look, (i) => (reached[i] === 1 ? look.colour : null));
  },

"""

OPACITY = """() => {
    const canvas = document.querySelector(".leaflet-once-pane canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.reduce((sum, value, i) => sum + (i % 4 === 3 ? value : 0), 0);
}"""


def test_a_layer_is_a_function_a_painter_a_colour_and_its_name(chromium: Browser, tmp_path: Path) -> None:
    scratch = ScratchPackage.copy(tmp_path / "scratch")
    scratch.insert("reporting/map/layers.py", "def _uncovered(plan", LAYER)
    scratch.insert("reporting/map/layers.py", "_uncovered(plan, words), *", "_once(plan, words), ")
    scratch.insert("reporting/map/symbols.py", "PRIVATE = ", 'ONCE = "#7570b3"\n')
    scratch.insert("reporting/map/js/painters.js", "  uncovered: (model, look)", PAINTER)
    for language, name in (("en", "People of one centre alone"), ("zh", "仅一处中心覆盖的人口")):
        scratch.insert(f"messages/{language}/maps.toml", "layer_uncovered = ", f'layer_once = "{name}"\n')
    assert len(scratch.touched) <= MOST_FILES

    study = toy.write_study(tmp_path / "toy", study=toy.STUDY)
    scratch.run("-m", "planner", "run", str(study), "--out", str(tmp_path / "out"))
    page = chromium.new_page()
    page.goto((tmp_path / "out" / "map.html").as_uri())
    page.wait_for_selector("body[data-drawn=yes]")
    assert page.locator(".legend", has_text="People of one centre alone").count() == 1
    today = page.evaluate(OPACITY)
    assert today > 0
    page.evaluate("planner.session.take(planner.session.model.choose([0, 1], []))")
    assert page.evaluate(OPACITY) == 0
    page.get_by_label("People of one centre alone").uncheck()
    assert page.locator(".leaflet-once-pane canvas").count() == 0
    page.close()
