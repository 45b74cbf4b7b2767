"""`planner check` names the layers of a GeoPackage that nothing reads, with the lines that would use them."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
import toy
from phrases import phrase

from planner.commands.check import describe_as_json, describe_inputs
from planner.config.study import read_study
from planner.io.unused_layers import find_unused_layers
from planner.messages.catalogue import Texts


def frame(shapes: list[shapely.Geometry | None], **columns: list[object]) -> gpd.GeoDataFrame:
    placed = shapely.transform(np.array(shapes, dtype=object), lambda xy: xy + toy.ORIGIN)
    return gpd.GeoDataFrame({"id": [str(n) for n in range(len(shapes))], **columns}, geometry=placed, crs=toy.CRS)


POND = shapely.box(610, 110, 640, 140)
LINE = shapely.LineString([(0, 50), (100, 50)])
SPOT = shapely.Point(10, 10)


def study(folder: Path, **layers: gpd.GeoDataFrame) -> Path:
    """Write the toy study, only the layers that it reads in its file, and further ones."""
    file = toy.write_study(folder)
    read = tomllib.loads(file.read_text("utf-8"))["inputs"]
    whole = folder / "toy.gpkg"
    kept = {one["layer"]: gpd.read_file(whole, layer=one["layer"]) for one in read.values()}
    whole.unlink()
    for name, table in {**kept, **layers}.items():
        table.to_file(whole, layer=name)
    return file


def listed(file: Path) -> dict[str, tuple[int | None, list[str]]]:
    content = json.loads(describe_as_json(file))
    return {one["layer"]: (one["count"], one["tables"]) for one in content["unused_layers"]}


def test_layers_that_nothing_reads_are_named_with_what_they_may_be(tmp_path: Path) -> None:
    file = study(
        tmp_path,
        rivers=frame([POND]),
        铁路=frame([LINE, LINE]),
        大门=frame([SPOT]),
        POI_2024=frame([SPOT, SPOT, SPOT]),
        旧路网=frame([LINE]),
        mystery=frame([POND]),
    )
    assert listed(file) == {
        "rivers": (1, ["water"]),
        "铁路": (2, ["barriers"]),
        "大门": (1, ["gates"]),
        "POI_2024": (3, ["places"]),
        "旧路网": (1, ["streets"]),
        "mystery": (1, ["water", "buildings", "places", "parcels"]),
    }
    for language in ("en", "zh"):
        said = describe_inputs(file, Texts(language))
        assert '      [inputs.water]\n      path = "toy.gpkg"\n      layer = "rivers"' in said
        assert all(name in said for name in ("铁路", "大门", "POI_2024", "mystery"))
    said = " ".join(describe_inputs(file, Texts("en")).split())
    assert phrase("cli.unused_layer_instead", tables="inputs.streets") in said


def test_the_lines_are_read_and_then_not_offered(tmp_path: Path) -> None:
    file = study(tmp_path, rivers=frame([POND]), 铁路=frame([LINE]))
    lines = [one.lines for one in find_unused_layers(read_study(file))]
    text = file.read_text("utf-8") + "\n" + "\n".join(lines) + "\n"
    file.write_text(text, "utf-8")
    assert listed(file) == {}
    content = json.loads(describe_as_json(file))
    assert {"water", "barriers"} <= {one["layer"] for one in content["layers"]}


def test_empty_layers_and_tables_of_styles_are_not_listed(tmp_path: Path) -> None:
    file = study(tmp_path, rivers=frame([POND]).iloc[:0])
    pyogrio.write_dataframe(pd.DataFrame({"styleQML": ["<qgis/>"]}), tmp_path / "toy.gpkg", layer="layer_styles")
    assert listed(file) == {}
    assert "what your files also hold" not in describe_inputs(file, Texts("en"))


def test_a_table_without_places_may_be_the_people(tmp_path: Path) -> None:
    file = study(tmp_path)
    census = pd.DataFrame({"community": ["W"], "people": [5]})
    pyogrio.write_dataframe(census, tmp_path / "toy.gpkg", layer="census_2020")
    assert listed(file) == {"census_2020": (1, ["people_table"])}


def test_the_one_layer_that_is_meant_without_a_name_is_read(tmp_path: Path) -> None:
    """A file with one layer with places and a table: the study names neither; only the table is unused."""
    file = study(tmp_path)
    alone = tmp_path / "ways.gpkg"
    gpd.read_file(tmp_path / "toy.gpkg", layer="streets").to_file(alone, layer="all")
    pyogrio.write_dataframe(pd.DataFrame({"a": [1]}), alone, layer="notes")
    text = file.read_text("utf-8").replace('path = "toy.gpkg"\nlayer = "streets"', 'path = "ways.gpkg"')
    file.write_text(text, "utf-8")
    found = listed(file)
    assert set(found) == {"notes", "streets"}
    assert (found["notes"], found["streets"][1]) == ((1, ["people_table"]), ["streets"])


def test_what_fetch_writes_for_people_to_look_at_is_not_offered(tmp_path: Path) -> None:
    file = study(
        tmp_path, left_out=frame([LINE]), boundary=frame([POND]), gates=frame([SPOT]), water=frame([POND])
    )
    shutil.move(tmp_path / "toy.gpkg", tmp_path / "osm.gpkg")
    file.write_text(file.read_text("utf-8").replace("toy.gpkg", "osm.gpkg"), "utf-8")
    assert set(listed(file)) == {"water"}


@pytest.mark.parametrize("name", ['a "b"', "back\\slash", "很长的名字 2024"])
def test_names_are_quoted_so_that_they_can_be_read(tmp_path: Path, name: str) -> None:
    file = study(tmp_path, **{name: frame([POND])})
    (one,) = find_unused_layers(read_study(file))
    assert tomllib.loads(one.lines)["inputs"][one.tables[0]]["layer"] == name
