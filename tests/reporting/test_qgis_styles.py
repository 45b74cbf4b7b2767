"""results.gpkg opens in QGIS looking like the map, its columns in the study's words."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pyogrio
import pytest

import planner
from planner.messages.catalogue import Texts
from planner.reporting.style import FAR, NEAR, UNCOVERED, VERDICT_COLOURS, shades
from planner.reporting.tables.geopackage import write_geopackage


@pytest.fixture(scope="module")
def styles(toy_plan: planner.Plan, tmp_path_factory: pytest.TempPathFactory) -> dict[str, ET.Element]:
    """Return the style of each layer of the toy city's results, in Chinese."""
    path = tmp_path_factory.mktemp("styles") / "results.gpkg"
    study = toy_plan.study.model_copy(update={"language": "zh"})
    write_geopackage(replace(toy_plan, prepared=replace(toy_plan.prepared, study=study)), path)
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT f_table_name, styleQML, useAsDefault FROM layer_styles").fetchall()
    placed = {name for name, geometry in pyogrio.list_layers(path) if geometry is not None}
    assert {name for name, _, _ in rows} == placed
    assert all(default == 1 for _, _, default in rows)
    return {name: ET.fromstring(qml) for name, qml, _ in rows}  # noqa: S314 - our own


def colours(style: ET.Element) -> list[str]:
    options = [option for option in style.iter("Option") if option.get("name") in {"color", "line_color"}]
    found = [option.get("value", "") for option in options]
    return ["#" + "".join(f"{int(part):02x}" for part in value.split(",")[:3]) for value in found]


def test_facilities_have_the_colours_of_their_ratings(styles: dict[str, ET.Element]) -> None:
    renderer = styles["centres"].find("renderer-v2")
    values = [category.get("value") for category in renderer.iter("category")]
    # "" is all other values: those that no rule rates.
    expected = {"" if name == "none" else name: colour for name, colour in VERDICT_COLOURS.items()}
    assert dict(zip(values, colours(renderer), strict=True)) == expected
    labels = [category.get("label") for category in renderer.iter("category")]
    assert labels == [Texts("zh")(f"words.verdict_{name}") for name in VERDICT_COLOURS]


def test_service_areas_go_from_near_to_far_with_the_smaller_on_top(styles: dict[str, ET.Element]) -> None:
    renderer = styles["service_areas"].find("renderer-v2")
    assert [category.get("value") for category in renderer.iter("category")] == ["15", "10", "5"]
    assert colours(renderer)[0] == FAR
    assert colours(renderer)[-1] == NEAR
    assert renderer.find("orderby/orderByClause").get("asc") == "0"


def test_people_have_the_colour_of_their_walk(styles: dict[str, ET.Element]) -> None:
    renderer = styles["demand"].find("renderer-v2")
    rules = [rule.get("filter") for rule in renderer.iter("rule") if rule.get("filter")]
    assert rules == [
        '"nearest_min" <= 5',
        '"nearest_min" <= 10 AND "nearest_min" > 5',
        '"nearest_min" <= 15 AND "nearest_min" > 10',
        '"nearest_min" IS NULL OR "nearest_min" > 15',
    ]
    assert colours(renderer) == [*shades(3), UNCOVERED]


IN_QGIS = """
import json, sys
from qgis.core import QgsApplication, QgsRenderContext, QgsVectorLayer

app = QgsApplication([], False)
app.initQgis()
found = {}
for name in sys.argv[2:]:
    layer = QgsVectorLayer(f"{sys.argv[1]}|layername={name}", name, "ogr")
    _, is_loaded = layer.loadDefaultStyle()
    renderer, context, colours = layer.renderer().clone(), QgsRenderContext(), []
    renderer.startRender(context, layer.fields())
    for feature in layer.getFeatures():
        context.expressionContext().setFeature(feature)
        colours += [symbol.color().name() for symbol in renderer.symbolsForFeature(feature, context)]
    renderer.stopRender(context)
    aliases = {field.name(): field.alias() for field in layer.fields() if field.alias()}
    found[name] = {"loaded": is_loaded, "colours": colours, "aliases": aliases}
print(json.dumps(found))
"""
"""Where QGIS is installed: the colour in which it draws each row, and the names of the columns."""


def test_qgis_draws_the_layers_in_these_colours(toy_plan: planner.Plan, tmp_path: Path) -> None:
    python = shutil.which("python3", path="/usr/bin")
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_RUNTIME_DIR": str(tmp_path),
        "HOME": str(tmp_path),
    }
    command = [python or "", "-c", IN_QGIS, str(tmp_path / "results.gpkg"), "centres", "demand", "reached"]
    if (
        python is None
        or subprocess.run([python, "-c", "import qgis.core"], capture_output=True, check=False).returncode
    ):
        pytest.skip("QGIS is not installed")
    write_geopackage(toy_plan, tmp_path / "results.gpkg")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    found = json.loads(done.stdout)
    assert all(layer["loaded"] for layer in found.values())
    ratings = [VERDICT_COLOURS[rating or "none"] for rating in toy_plan.diagnosis.ratings().values()]
    assert found["centres"]["colours"] == ratings
    steps = [*shades(3), UNCOVERED]
    minutes = toy_plan.coverage.demand["nearest_min"].to_numpy()
    assert found["demand"]["colours"] == [steps[at] for at in np.digitize(minutes, [5, 10, 15], right=True)]
    assert sorted(found["reached"]["colours"]) == sorted(shades(3))
    assert found["demand"]["aliases"]["people"] == Texts("en")("columns.people")


def test_columns_have_chinese_aliases(styles: dict[str, ET.Element]) -> None:
    aliases = {alias.get("field"): alias.get("name") for alias in styles["communities"].iter("alias")}
    assert aliases["people_share"] == "人口覆盖率"
    assert aliases["subdistrict"] == "街道（镇）"


def test_the_file_stays_readable_and_reproducible(toy_plan: planner.Plan, tmp_path: Path) -> None:
    for name in ("a.gpkg", "b.gpkg"):
        write_geopackage(toy_plan, tmp_path / name)
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()
    assert len(pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="centres")) == 2
