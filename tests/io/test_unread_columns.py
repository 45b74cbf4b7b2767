"""Columns that nothing reads are listed for every layer, with the field that they may have meant."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import sheets
import toy
from phrases import phrase

import planner
from planner.commands.main import main
from planner.io.tables.columns import Vocabulary, column_names
from planner.io.tables.layer_columns import UnusedColumn
from planner.reporting.document.build import build_document
from planner.schemas.tables import DEMAND, FACILITIES, SCHEMAS

CENTRES = toy.layers()["centres"].to_crs(4326)
FURTHER = CENTRES.drop(columns="floor_area_m2").assign(阵地建筑面积=[320.0, 90.0], 负责人=["甲", "乙"])


def as_csv(frame: gpd.GeoDataFrame, path: Path) -> None:
    frame.drop(columns="geometry").assign(lon=frame.geometry.x, lat=frame.geometry.y).to_csv(path, index=False)


WRITERS: dict[str, Callable[[gpd.GeoDataFrame, Path], object]] = {
    "gpkg": lambda frame, path: frame.to_file(path),
    "geojson": lambda frame, path: frame.to_file(path),
    "fgb": lambda frame, path: frame.to_file(path),
    "shp": lambda frame, path: frame.to_file(path, encoding="utf-8"),
    "parquet": lambda frame, path: frame.to_parquet(path),
    "csv": as_csv,
    "xlsx": lambda frame, path: (
        frame.drop(columns="geometry")
        .assign(lon=frame.geometry.x, lat=frame.geometry.y)
        .to_excel(path, index=False)
    ),
}


@pytest.mark.filterwarnings("ignore")  # names are cut off while the shapefile is written
@pytest.mark.parametrize("ending", WRITERS)
def test_every_format(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x.{ending}"
    WRITERS[ending](FURTHER, path)
    found = sheets.read(path, FACILITIES)
    # 阵地建 is all that a shapefile in UTF-8 keeps of the name.
    expected = "阵地建" if ending == "shp" else "阵地建筑面积"
    near = {one.column: one.near for one in found.unread}
    assert set(near) == {expected, "负责人"}
    assert near["负责人"] == ""
    if ending != "shp":
        assert near[expected] == "floor_area_m2"
        (told,) = (one for one in found.notices if one.key == "columns_unread")
        assert "阵地建筑面积 (floor_area_m2?)" in told.in_words("en")


@pytest.mark.parametrize(
    ("heading", "near"),
    [
        ("阵地建筑面积", "floor_area_m2"),
        ("建筑面积（平方米，含地下）", "floor_area_m2"),
        ("建筑面积（含租赁）", "floor_area_m2"),
        ("每天开放时长", "open_hours_week"),
        ("居民活动面积合计数", "activity_area_m2"),
        ("floor_area_sqm_total", "floor_area_m2"),
        ("备注", ""),
        ("联系电话", ""),
        ("书记", ""),
    ],
)
def test_the_nearest_field_of_a_centre(tmp_path: Path, heading: str, near: str) -> None:
    rows = [["编号", "名称", "层级", f'"{heading}"', "经度", "纬度"], [1, "a", "社区", 5, 106.8, 39.6]]
    found = sheets.read(sheets.write(tmp_path / "x.csv", rows), FACILITIES)
    assert found.unread == (UnusedColumn(heading, near),)


def test_people_of_60_may_have_been_meant_as_those_of_65_only_where_none_are_given(tmp_path: Path) -> None:
    rows = [["id", "people", "60岁以上（人）", "lon", "lat"], ["a", 10, 3, 106.8, 39.6]]
    assert sheets.read(sheets.write(tmp_path / "x.csv", rows), DEMAND).unread == (
        UnusedColumn("60岁以上（人）", "people_65"),
    )
    rows = [["id", "people", "60岁以上", "65岁以上", "lon", "lat"], ["a", 10, 3, 2, 106.8, 39.6]]
    assert sheets.read(sheets.write(tmp_path / "x.csv", rows), DEMAND).unread == (UnusedColumn("60岁以上", ""),)


def test_what_a_study_counts_people_by_is_read(tmp_path: Path) -> None:
    rows = [["社区", "常住人口", "60岁以上（人）"], ["东风社区", 10, 3]]
    path = sheets.write(tmp_path / "x.csv", rows)
    assert [one.column for one in sheets.read(path).unread] == ["60岁以上（人）"]
    assert sheets.read(path, counted=["60岁以上（人）"]).unread == ()


def test_check_plan_and_report_list_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    centres = toy.layers()["centres"].rename(columns={"floor_area_m2": "阵地建筑面积"})
    study = toy.write_study(tmp_path, changed={"centres": centres})
    assert main(["check", str(study)]) == 0
    said = capsys.readouterr().out
    assert phrase("cli.check_unread", columns="阵地建筑面积 (floor_area_m2?)") in said
    assert main(["check", str(study), "--json"]) == 0
    (layer,) = (one for one in json.loads(capsys.readouterr().out)["layers"] if one["layer"] == "facilities")
    assert layer["unread"] == [{"column": "阵地建筑面积", "near": "floor_area_m2"}]
    assert main(["run", str(study), "--out", str(tmp_path / "out")]) == 0
    assert phrase("report.unread_near", column="阵地建筑面积", near="floor_area_m2") in (
        tmp_path / "out" / "report.html"
    ).read_text("utf-8")
    content = build_document(planner.run(study))
    (source,) = (one for one in content["data"]["sources"] if one["layer"] == "facilities")
    assert source["unread"] == layer["unread"]


@pytest.mark.parametrize("schema", SCHEMAS, ids=[schema.name for schema in SCHEMAS])
def test_every_field_has_a_chinese_and_an_english_name(schema: planner.schemas.table_schema.TableSchema) -> None:  # type: ignore[type-arg]
    words = column_names()[schema.name]
    for column in schema.columns:
        names = [*words.get(column.name, ()), *words.get("weak", {}).get(column.name, ())]
        assert any(name.isascii() for name in names), column.name
        if column.name != "id":
            assert any("\u4e00" <= sign <= "\u9fff" for name in names for sign in name), column.name
        for name in words.get(column.name, ()):
            claim = Vocabulary.of(schema.name, [one.name for one in schema.columns], {}).claim(name)
            assert claim is not None
            assert claim.field == column.name, name


@pytest.mark.parametrize(
    ("heading", "cell", "field", "expected"),
    [
        ("每周开放时长（小时）", 40, "open_hours_week", 40),
        ("每周开放时间", "40小时", "open_hours_week", 40),
        ("开放时间", 56, "open_hours_week", 56),
        ("无障碍", "是", "step_free", "是"),
        ("无障碍设施", "有", "step_free", "yes"),
        ("是否新建", "√", "newly_built", "yes"),
        ("新建", "否", "newly_built", "否"),
        ("Weekly hours", 30, "open_hours_week", 30),
    ],
)
def test_optional_fields_of_centres(
    tmp_path: Path, heading: str, cell: object, field: str, expected: object
) -> None:
    rows = [["编号", "名称", "层级", heading, "经度", "纬度"], [1, "a", "社区", cell, 106.8, 39.6]]
    assert sheets.checked(sheets.write(tmp_path / "x.csv", rows), FACILITIES)[field].item() == expected


def test_hours_of_a_day_are_no_hours_of_a_week(tmp_path: Path) -> None:
    rows = [["编号", "名称", "层级", "开放时间", "经度", "纬度"], [1, "a", "社区", "9:00-17:00", 106.8, 39.6]]
    found = sheets.read(sheets.write(tmp_path / "x.csv", rows), FACILITIES)
    table = FACILITIES.check(found.frame, source="x", reader_issues=found.issues)
    assert table["open_hours_week"].isna().all()
    assert table["opening_hours"].tolist() == ["9:00-17:00"]
    assert found.unread == ()


NAMED = CENTRES.rename(columns={"community": "所属社区", "floor_area_m2": "建筑面积"})


@pytest.mark.filterwarnings("ignore")  # the same
@pytest.mark.parametrize(
    ("encoding", "names", "cut"),
    [
        (
            "utf-8",
            {"所属社区": "所属社区", "建筑面积": "建筑面积"},
            {"所属社": "community", "建筑面": "floor_area_m2"},
        ),
        (
            "gbk",
            {"所属社区": "所属社区名称", "建筑面积": "居民活动面积"},
            {"所属社区名": "community", "居民活动面": "activity_area_m2"},
        ),
        ("utf-8", {"所属社区": "community", "建筑面积": "activity_area_m2"}, {"activity_a": "activity_area_m2"}),
        (
            "utf-8",
            {"所属社区": "newly_built", "建筑面积": "open_hours_week"},
            {"newly_buil": "newly_built", "open_hours": "open_hours_week"},
        ),
    ],
)
def test_names_that_a_shapefile_has_cut_off(
    tmp_path: Path, encoding: str, names: dict[str, str], cut: dict[str, str]
) -> None:
    layer = NAMED.rename(columns=names)
    if "newly_built" in layer:
        layer["newly_built"] = ["yes", "no"]
    layer.to_file(tmp_path / "x.shp", encoding=encoding)
    found = sheets.read(tmp_path / "x.shp", FACILITIES)
    fields = {one.column: one.field for one in found.mapped}
    assert {name: fields.get(name) for name in cut} == cut
    told = [one.values["column"] for one in found.notices if one.key == "name_cut"]
    assert sorted(told) == sorted(cut)
    FACILITIES.check(found.frame, source="x", reader_issues=found.issues)


def test_a_name_that_is_no_beginning_of_one_field_alone_is_not_guessed(tmp_path: Path) -> None:
    """建筑面积一 and 建筑面积二 become 建筑面 and 建筑面_1: only the first is a beginning."""
    CENTRES.drop(columns="floor_area_m2").assign(每周开=[1, 2]).to_file(tmp_path / "x.gpkg")
    assert sheets.read(tmp_path / "x.gpkg", FACILITIES).frame.get("open_hours_week") is None
