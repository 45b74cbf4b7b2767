"""Tables in archives, and what is told of files as a whole."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
import sheets
from phrases import phrase

from planner.messages.catalogue import Texts
from planner.messages.errors import DataError
from planner.messages.notices import Notice, reason_of
from planner.schemas.tables import BUILDINGS

ROWS = [["单位：万人", ""], ["社区", "常住人口"], ["东风社区", 0.1], ["西园社区", 0.2]]


def packed(folder: Path, *names: str) -> Path:
    with zipfile.ZipFile(folder / "p.zip", "w") as archive:
        for name in names:
            written = sheets.write(folder / f"written{Path(name).suffix}", ROWS)
            archive.write(written, name)
        archive.writestr("__MACOSX/._人口.csv", "x")
    return folder / "p.zip"


@pytest.mark.parametrize("name", ["人口.csv", "2023/人口.xlsx", "P.XLS"])
def test_the_only_table_is_read(tmp_path: Path, name: str) -> None:
    assert list(sheets.checked(packed(tmp_path, name))["people"]) == [1000, 2000]


def test_of_several_tables_one_is_named(tmp_path: Path) -> None:
    path = packed(tmp_path, "人口.csv", "旧.csv")
    with pytest.raises(DataError, match=r"人口\.csv, 旧\.csv"):
        sheets.read(path)
    assert list(sheets.checked(path, layer="人口")["people"]) == [1000, 2000]


def test_what_is_wrong_names_the_file_in_the_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        archive.writestr("空.csv", "")
    with pytest.raises(DataError, match=r"p\.zip \[空\.csv\]"):
        sheets.read(tmp_path / "p.zip")


def test_no_table_at_all(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        archive.writestr("readme.md", "x")
    with pytest.raises(DataError, match=phrase("errors.why_archive_empty")):
        sheets.read(tmp_path / "p.zip")


@pytest.mark.parametrize("key", ["encoding_contradicted", "encoding_doubtful", "hidden_sheets", "osm_not_there"])
def test_a_notice_on_a_file_says_on_which(key: str) -> None:
    values = {"declared": "1252", "encoding": "gb18030", "read_as": "东", "instead": "x", "sheets": "a"}
    notice = Notice(key, "facilities", values={**values, "deleted": "1", "older": "0"})
    assert reason_of(notice, Texts("zh")).startswith("中心图层：")
    assert reason_of(notice, Texts("en")).startswith("the centres: ")


@pytest.mark.parametrize("osm", ["building", "shop", "fclass"])
def test_what_says_the_use_of_a_building_is_not_listed_as_unread(tmp_path: Path, osm: str) -> None:
    columns = {
        osm: ["yes", "yes"],
        "amenity": ["school", ""],
        "other_tags": ["", '"height"=>"9"'],
        "备注": ["a", "b"],
    }
    boxes = [shapely.box(0, 0, 1e-4, 1e-4), shapely.box(1e-3, 0, 1.1e-3, 1e-4)]
    gpd.GeoDataFrame(columns, geometry=boxes, crs=4326).to_file(tmp_path / "b.gpkg")
    assert [one.column for one in sheets.read(tmp_path / "b.gpkg", BUILDINGS).unread] == ["备注"]


def test_a_shop_that_says_no_is_none(tmp_path: Path) -> None:
    columns = {"shop": ["否", "0", "mall"], "floors": [6, 6, 6]}
    boxes = [shapely.box(at, 0, at + 1e-4, 1e-4) for at in (0, 1e-3, 2e-3)]
    gpd.GeoDataFrame(columns, geometry=boxes, crs=4326).to_file(tmp_path / "b.gpkg")
    assert list(sheets.read(tmp_path / "b.gpkg", BUILDINGS).frame["other_use"]) == ["", "", "shop=mall"]
