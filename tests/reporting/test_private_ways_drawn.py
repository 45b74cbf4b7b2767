"""Private ways of compounds are drawn apart from streets, on the map page and the sheet, with a legend entry."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import matplotlib.colors
import numpy as np
import pytest
import shapely
import toy
from matplotlib.collections import LineCollection
from test_private_ways import HOW, streets, study

import planner
from planner.messages.catalogue import LANGUAGES, Texts
from planner.reporting.document.build import build_document
from planner.reporting.map import symbols
from planner.reporting.map.elements import CardTexts
from planner.reporting.map.layers import map_layers
from planner.reporting.map.page import draw_map
from planner.reporting.map.sheet import draw_static_map
from planner.results import Plan

LEGEND = {
    "residents": ("private way of a compound (no way through)", "小区内部道路（外人不可穿行）"),
    "closed": ("private way of a compound (closed)", "小区内部道路（不可通行）"),
    "open": ("private way of a compound (open)", "小区内部道路（可通行）"),
}


def drawn_m(plan: Plan, name: str) -> float:
    """Return the length of what a layer of the page draws, metres."""
    words = CardTexts(Texts("en"))
    (layer,) = [one for _, one in map_layers(plan, build_document(plan), words) if one.layer_name.endswith(name)]
    shapes = [shapely.from_geojson(text) for text in layer.geometries]
    return float(gpd.GeoSeries(shapes, crs=4326).to_crs(plan.inputs.crs).length.sum())


def strokes(plan: Plan, colour: str) -> float:
    """Return the length of the lines of one colour on the sheet, metres."""
    (axes, *_) = draw_static_map(plan, build_document(plan)).axes
    return sum(
        float(np.hypot(*np.diff(line, axis=0).T).sum())
        for one in axes.collections
        if isinstance(one, LineCollection) and matplotlib.colors.to_hex(one.get_color()[0]) == colour
        for line in one.get_segments()
    )


@pytest.mark.parametrize("how", HOW)
def test_the_lane_is_drawn_apart(tmp_path: Path, how: str) -> None:
    """The lane is 48 m long (20 + 28.3 m); closed, too, it is drawn, though nobody walks there."""
    plan = planner.run(study(tmp_path, how))
    lane = 20 + np.hypot(20, 20)
    public = plan.inputs.streets[~plan.inputs.private_streets].length.sum()
    assert drawn_m(plan, "Private ways") == pytest.approx(lane, abs=0.2)
    assert drawn_m(plan, "</span>Streets") == pytest.approx(public, abs=1.0)
    assert strokes(plan, symbols.PRIVATE) == pytest.approx(lane)
    html = draw_map(plan, build_document(plan))
    assert LEGEND[how][0] in html
    assert '"dashArray": "2 4"' in html


@pytest.mark.parametrize("how", HOW)
def test_the_legend_says_how_they_are_walked_in_chinese(tmp_path: Path, how: str) -> None:
    plan = planner.run(study(tmp_path, how, language="zh"))
    assert LEGEND[how][1] in draw_map(plan, build_document(plan))
    written = [text.get_text() for axes in draw_static_map(plan, build_document(plan)).axes for text in axes.texts]
    assert "小区内部道路" in written


def test_a_study_without_private_ways_has_no_entry(toy_plan: Plan) -> None:
    html = draw_map(toy_plan, build_document(toy_plan))
    for how in HOW:
        assert not any(words in html for words in LEGEND[how])
    for language in LANGUAGES:
        assert Texts(language)("maps.layer_private") not in html
    assert strokes(toy_plan, symbols.PRIVATE) == 0.0


def test_a_study_of_private_ways_alone_is_drawn(tmp_path: Path) -> None:
    plan = planner.run(study(tmp_path, frame=streets().assign(access="private")))
    total = plan.inputs.streets.length.sum()
    assert drawn_m(plan, "Private ways") == pytest.approx(total, abs=1.0)
    assert strokes(plan, symbols.PRIVATE) == pytest.approx(total)
    planner.write(plan, tmp_path / "out")
    assert toy.CRS in str(plan.inputs.crs)


@pytest.mark.parametrize("language", LANGUAGES)
def test_key_figures_of_the_sheet_stay_on_it(tmp_path: Path, language: str) -> None:
    """A rate that cannot be told, or with its counts, is longer than 26.1 %."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    plan = planner.run(study(tmp_path, language=language))
    figure = draw_static_map(plan, build_document(plan))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    side = next(axes for axes in figure.axes if any("79.1%" in text.get_text() for text in axes.texts))
    left = side.get_window_extent().x0
    for text in side.texts:
        assert text.get_window_extent(canvas.get_renderer()).x0 >= left - 1, text.get_text()
