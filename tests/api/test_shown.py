"""Results show themselves: short text, small HTML, maps, files; nothing is logged unless asked."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import geopandas as gpd
import matplotlib as mpl
import pytest
import toy

import planner as pl
from planner.messages.catalogue import Texts
from planner.reporting.notebook import plan_layers
from planner.reporting.style import FAR, NEAR, VERDICT_COLOURS, shades
from planner.reporting.tables.geopackage import write_geopackage


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple:
    """Return a network, a coverage and sites of the toy city."""
    mpl.use("Agg")
    file = toy.write_study(tmp_path_factory.mktemp("shown")).parent / "toy.gpkg"
    centres, people = (gpd.read_file(file, layer=name) for name in ("centres", "people"))
    net = pl.walk_network(file, layer="streets", access_m=10.0)
    return net, pl.coverage(net, centres, people), pl.locate(net, people, sites=1, existing=centres)


def test_text_and_html_are_short(results: tuple) -> None:
    for result in results:
        assert len(repr(result)) < 300
        assert 50 < len(result._repr_html_()) < 100_000


def test_frames_plots_and_files(results: tuple, tmp_path: Path) -> None:
    for number, result in enumerate(results):
        frame = result.to_frame()
        assert isinstance(frame, gpd.GeoDataFrame)
        assert result.plot(figsize=(3, 3)).has_data()
        path = tmp_path / f"{number}.parquet"
        if not isinstance(result, pl.WalkNetwork):
            result.to_file(path)
            again = gpd.read_parquet(path)
            assert again.crs == frame.crs
            assert again.index.equals(frame.index)
        result.to_file(tmp_path / f"{number}.gpkg")
        assert len(gpd.read_file(tmp_path / f"{number}.gpkg")) == len(frame)


def test_maps(results: tuple) -> None:
    pytest.importorskip("mapclassify")
    for result in results:
        assert "leaflet" in result.explore(tiles=None).get_root().render()


def test_areas_have_a_colour_a_limit_the_shortest_on_top(results: tuple) -> None:
    pytest.importorskip("mapclassify")
    net, cover, _ = results
    for areas in (pl.isochrones(net, cover.facilities), pl.service_areas(net, cover.facilities, rings=True)):
        assert isinstance(areas, gpd.GeoDataFrame)
        axes = areas.plot(figsize=(3, 3))
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["5 min", "10 min", "15 min"]
        (drawn,) = axes.collections
        colours = [mpl.colors.to_hex(colour) for colour in drawn.get_facecolors()]
        last = len(areas) // 3
        assert colours == [FAR] * last + [shades(3)[1]] * last + [NEAR] * last
        page = areas.explore(tiles=None).get_root().render()
        assert NEAR in page
        assert "typeof L === 'undefined'" in page
        assert areas.plot(color="red").collections
        assert "leaflet" in areas.explore("area_m2", tiles=None).get_root().render()


def test_a_plan_shows_and_writes_its_layers(toy_plan: pl.Plan, haibowan_plan: pl.Plan, tmp_path: Path) -> None:
    pytest.importorskip("mapclassify")
    for plan in (toy_plan, haibowan_plan):
        frame = plan.to_frame()
        assert frame["rating"].to_dict() == plan.diagnosis.ratings()
        layers = {style["name"]: layer for layer, style in plan_layers(plan)}
        texts = Texts(plan.study.language)
        assert len(layers[texts("maps.layer_sites")]) == len(plan.siting.best.sites)
        assert len(layers[texts("maps.layer_uncovered")]) == len(plan.coverage.uncovered)
        rated = [layers[texts(f"words.verdict_{rating}")] for rating in VERDICT_COLOURS]
        assert sum(map(len, rated)) == len(plan.inputs.facilities)
        assert plan.plot(figsize=(3, 3)).has_data()
        page = plan.explore(tiles=None).get_root().render()
        assert all(json.dumps(name)[1:-1] in page or name in page for name, layer in layers.items() if len(layer))
    write_geopackage(toy_plan, tmp_path / "expected.gpkg")
    toy_plan.to_file(tmp_path / "plan.gpkg")
    assert (tmp_path / "plan.gpkg").read_bytes() == (tmp_path / "expected.gpkg").read_bytes()
    toy_plan.to_file(tmp_path / "plan.parquet")
    assert gpd.read_parquet(tmp_path / "plan.parquet")["rating"].to_dict() == toy_plan.diagnosis.ratings()


def test_a_plan_is_short_too(toy_plan: pl.Plan, haibowan_plan: pl.Plan) -> None:
    for plan in (toy_plan, haibowan_plan):
        assert len(repr(plan)) < 500
        assert len(plan._repr_html_()) <= 100_000


def test_logging_is_silent_unless_asked(
    results: tuple, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    net, cover, _ = results
    far = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy([toy.ORIGIN[0], toy.ORIGIN[0] + 300], [toy.ORIGIN[1], toy.ORIGIN[1] + 99]),
        index=["on", "off"],
        crs=toy.CRS,
    )
    words = "1 of 2 points have no street within 10 m"
    with caplog.at_level(logging.WARNING, logger="planner"), pytest.warns(pl.PlannerWarning, match=words):
        found = pl.nearest(net, cover.facilities, far)
    assert words in caplog.text
    assert found["minutes"].tolist()[1] == float("inf")
    assert found["facility"].tolist()[1] is None
    assert capsys.readouterr() == ("", "")
