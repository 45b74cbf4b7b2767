"""results.gpkg opens in QGIS looking like the map, its columns in the study's words."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pyogrio
import pytest

import planner
from planner.reporting.style import FAR, NEAR, VERDICT_COLOURS
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
    assert dict(zip(values, colours(renderer), strict=True)) == {
        name: colour for name, colour in VERDICT_COLOURS.items() if name != "none"
    }


def test_service_areas_go_from_near_to_far_with_the_smaller_on_top(styles: dict[str, ET.Element]) -> None:
    renderer = styles["service_areas"].find("renderer-v2")
    assert [category.get("value") for category in renderer.iter("category")] == ["15", "10", "5"]
    assert colours(renderer)[0] == FAR
    assert colours(renderer)[-1] == NEAR
    assert renderer.find("orderby/orderByClause").get("asc") == "0"


def test_columns_have_chinese_aliases(styles: dict[str, ET.Element]) -> None:
    aliases = {alias.get("field"): alias.get("name") for alias in styles["communities"].iter("alias")}
    assert aliases["people_share"] == "人口覆盖率"
    assert aliases["subdistrict"] == "街道（镇）"


def test_the_file_stays_readable_and_reproducible(toy_plan: planner.Plan, tmp_path: Path) -> None:
    for name in ("a.gpkg", "b.gpkg"):
        write_geopackage(toy_plan, tmp_path / name)
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()
    assert len(pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="centres")) == 2
