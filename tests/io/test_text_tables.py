"""Text tables in every dialect and encoding, read or refused in words; and their control characters."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
import toy
from answers import refused
from phrases import phrase

from planner.commands.main import main
from planner.config.sections.layers import Layer
from planner.io.layer_read import LayerRead
from planner.io.layers import read_layer
from planner.io.tables.cells import CellGrid
from planner.io.tables.layer_columns import remove_grid_control_characters
from planner.io.tables.text_tables import parse_text
from planner.io.text_encodings import decode_table
from planner.messages.errors import DataError
from planner.messages.printable import is_legible, strip_illegible
from planner.schemas.tables import BUILDINGS, COMMUNITIES, DEMAND, FACILITIES, STREETS

ROWS = [
    ("编号", "名称", "建筑面积", "经度"),
    ("1", "东风社区", "320.5", "106.8"),
    ("2", "西园社区", "600", "106.25"),
]


def refusal(content: bytes) -> str:
    with pytest.raises(DataError) as error:
        parse_text(content, source="x.csv")
    return error.value.in_words("en")


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", "，", "；"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_delimiter_in_every_encoding(delimiter: str, encoding: str) -> None:
    text = "".join(delimiter.join(row) + "\r\n" for row in ROWS)
    assert parse_text(text.encode(encoding), source="x").rows == tuple(ROWS)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_decimal_commas_where_commas_part_no_cells(delimiter: str) -> None:
    """As many decimal commas as delimiters in each row; 320,500 is 320.5, since 106,8 stands beside it."""
    rows = [
        ["名称", "人口", "建筑面积", "经度", "备注"],
        ["东风", "1200", "320,500", "106,8", "3,5"],
        ["西园", "90", "1,5", "106,25", "a"],
    ]
    text = "".join(delimiter.join(row) + "\n" for row in rows)
    assert parse_text(text.encode(), source="x").rows[1:] == (
        ("东风", "1200", "320.500", "106.8", "3,5"),
        ("西园", "90", "1.5", "106.25", "a"),
    )


@pytest.mark.parametrize(
    "row",
    [
        # A point somewhere: commas mark thousands. All commas before three digits: nobody can tell.
        "东风;1,200;320.5",
        "东风;1,200;320,500",
        "东风;1,200,300;320",
        # Two coordinates in metres in one cell.
        "东风;500123,4391234;320",
    ],
)
def test_commas_that_are_no_decimal_commas_stay(row: str) -> None:
    assert parse_text(f"名称;a;b\n{row}\n".encode(), source="x").rows[1] == tuple(row.split(";"))


def test_the_delimiter_is_the_one_that_all_rows_share() -> None:
    table = "id;wkt\n1;POLYGON ((0 0, 1 0, 1 1, 0 0))\n2;POLYGON ((0 0, 2 0, 2 2, 1 1, 0 0))\n"
    assert [len(row) for row in parse_text(table.encode(), source="x").rows] == [2, 2, 2]
    table = 'id,名称,功能\n1,东风,"a;b;c;d"\n2,西园,"a;b"\n'
    assert [len(row) for row in parse_text(table.encode(), source="x").rows] == [3, 3, 3]
    table = "二〇二三年统计表\n编号|名称|面积\n1|东风|1,5\n2|西园|2,5\n"
    assert parse_text(table.encode(), source="x").rows[2] == ("1", "东风", "1.5")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('1,"东"风社区",3\n', "row 2 is damaged (text follows a closing quote"),
        ('1,"东风社区,3\n2,西园社区,4\n', "a quote is opened and not closed"),
        (
            '1,"东风社区,3\n2,西园社区",4\n',
            phrase("errors.damaged_rows", row="2", reason=phrase("errors.why_quote_open")),
        ),
    ],
)
def test_quotes_that_would_swallow_rows_are_refused(content: str, said: str) -> None:
    assert said in refusal(("编号,名称,面积\n" + content).encode())


def test_quotes_inside_a_cell_and_line_breaks_are_read() -> None:
    table = '编号,名称,形状\n1,东"风"社区,"a\nb"\n2,"西""园""","POLYGON ((0 0,\n1 0,\n1 1,\n0 0))"\n'
    assert parse_text(table.encode(), source="x").rows[1:] == (
        ("1", '东"风"社区', "a\nb"),
        ("2", '西"园"', "POLYGON ((0 0,\n1 0,\n1 1,\n0 0))"),
    )


# Encodings: evidence before declaration


def test_a_mark_that_the_text_contradicts_is_not_believed() -> None:
    assert decode_table(b"\xef\xbb\xbf" + "东风社区,党群服务中心".encode("gbk")) == (
        "东风社区,党群服务中心",
        "gb18030",
    )


def test_damaged_utf_8_is_not_read_as_another_encoding() -> None:
    text = "编号,名称\n1,东风社区\n2,西园社区\n3,滨河社区\n".encode()
    torn = text.replace("西园".encode(), "西园".encode()[:-1])
    assert phrase("errors.damaged_text", row="3") in refusal(torn)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Rue de l'été, Hôtel àéïõ", "latin-1"),
        ("日本語テスト表記", "shift-jis"),
    ],
)
def test_other_encodings_are_refused_and_not_read_as_other_names(text: str, encoding: str) -> None:
    answer = refusal(f"id,name\n1,{text}\n".encode(encoding))
    assert phrase("errors.no_chinese_text") in answer or "neither UTF-8 nor GB18030" in answer


@pytest.mark.parametrize("content", [b"\0" * 1000, b"a,b\0c\n" * 50, bytes(range(256)) * 20])
def test_what_is_no_text_is_refused(content: bytes) -> None:
    assert "neither UTF-8 nor GB18030" in refusal(content)


# Width


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_of_200_000_columns_is_refused_in_seconds(delimiter: str) -> None:
    wide = delimiter.join(f"c{number}" for number in range(200_000))
    assert phrase("errors.sheet_too_wide", count="200,000", most="2,000") in refusal(f"{wide}\n{wide}\n".encode())


def test_an_outline_of_many_commas_in_one_cell_is_not_wide() -> None:
    outline = ", ".join(f"{number} 0" for number in range(50_000))
    table = f'id,wkt\n1,"LINESTRING ({outline})"\n2,"LINESTRING (0 0,\n{outline})"\n'
    assert [len(row) for row in parse_text(table.encode(), source="x").rows] == [2, 2, 2]


@pytest.mark.parametrize("rows", [2, 20_000])
def test_a_geojson_of_20_000_columns_is_refused_in_seconds(tmp_path: Path, rows: int) -> None:
    point = {"type": "Point", "coordinates": [106.8, 39.6]}
    features = [
        {"type": "Feature", "geometry": point, "properties": {f"k{number}": 1}} for number in range(20_000)
    ]
    if rows == 2:
        features[1:] = []
        features[0]["properties"] = {f"k{number}": number for number in range(20_000)}
    (tmp_path / "x.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    with pytest.raises(DataError, match=r"The table has 20,00\d columns; the limit is 2,000"):
        read(tmp_path / "x.geojson")


def read(path: Path, schema: object = DEMAND, **more: object) -> LayerRead:
    layer = Layer.model_validate({"path": path, **more})
    return read_layer(path, layer, setting="inputs.x", schema=schema)  # type: ignore[arg-type]


# Control characters

SPOILT = {
    "东风\x0b社区": "东风社区",
    "东风\u2028社区": "东风社区",
    "\x01东风\ufffe社区\x7f": "东风社区",
    "East\x0bside\x0c": "East side",
    "\x1b[31m东风社区\x1b[0m": "东风社区",
    "\x1b]0;title\x07东风社区": "东风社区",
    "东\u202e风社区\u200b": "东风社区",
    "\x9b2J东风社区": "东风社区",
    "东风\U0001fffe社区": "东风社区",
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_control_characters_are_taken_out(spoilt: str) -> None:
    assert strip_illegible(spoilt) == SPOILT[spoilt]
    assert is_legible(SPOILT[spoilt])
    assert not is_legible(spoilt)


@pytest.mark.parametrize(
    "text", ["东风社区", "a\tb\nc\r\n", "Zoë’s “café”", "👨‍👩‍👧 emoji", "\u3000全角 空格", "𠮷野家"]
)
def test_what_people_write_is_left_as_it_is(text: str) -> None:
    assert strip_illegible(text) == text


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "shp", "fgb", "parquet", "csv", "xlsx"])
def test_every_format_is_cleaned_and_the_rows_named(tmp_path: Path, ending: str) -> None:
    layer = gpd.GeoDataFrame(
        {"id": ["a", "b"], "name": ["东风\x0b社区", "西园"], "tier": ["station", "station"]},
        geometry=[shapely.Point(106.8, 39.6), shapely.Point(106.9, 39.6)],
        crs=4326,
    )
    path = tmp_path / f"x.{ending}"
    plain = layer.drop(columns="geometry").assign(lon=layer.geometry.x, lat=layer.geometry.y)
    if ending == "csv":
        plain.to_csv(path, index=False)
    elif ending == "xlsx":
        plain.assign(name=["东风\u2028社区", "西园"]).to_excel(path, index=False)
    elif ending == "parquet":
        layer.to_parquet(path)
    else:
        pyogrio.write_dataframe(layer, path)
    found = read(path, FACILITIES)
    assert found.frame.set_index("id")["name"].to_dict() == {"a": "东风社区", "b": "西园"}
    assert [(notice.key, notice.rows) for notice in found.notices] == [
        ("illegible", ("#2",) if ending in {"csv", "xlsx"} else ("a",))
    ]
    assert "控制字符" in found.notices[0].in_words("zh")


def test_headings_that_differ_by_a_control_character_stay_two(tmp_path: Path) -> None:
    layer = gpd.GeoDataFrame(
        {"id": ["a"], "na\x0bme": ["x"], "na me": ["y"]}, geometry=[shapely.Point(106.8, 39.6)], crs=4326
    )
    layer.to_parquet(tmp_path / "x.parquet")
    assert {"na me", "na me [0]"} < {*read(tmp_path / "x.parquet").frame.columns}


def test_a_grid_keeps_all_else_when_it_is_cleaned() -> None:
    grid = CellGrid((("a\x01", "b"), ("c", "d")), "utf-8", ((0, 0, 1, 0),))
    clean, notices = remove_grid_control_characters(grid, "demand")
    assert clean == CellGrid((("a", "b"), ("c", "d")), "utf-8", ((0, 0, 1, 0),))
    assert notices[0].rows == ("#1",)


def test_no_escape_sequence_reaches_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A cell, a heading, an id and a file name that would turn the terminal's colours."""
    study = toy.STUDY.replace('path = "toy.gpkg"\nlayer = "people"', r'path = "p.csv"')
    file = toy.write_study(tmp_path / "toy", study=study)
    people = file.parent / "p.csv"
    people.write_text("id,peo\x1b[31mple\x1b[0m,lon,lat\n\x1b[32ma,\x1b]0;x\x07many,106.8,39.6\n", "utf-8")
    answer = refused(file, capsys, code=3)
    assert "\x1b" not in answer
    assert phrase("errors.not_a_number", found="many") in answer
    (tmp_path / "\x1b[31m.toml").write_text("oops", "utf-8")
    assert main(["check", str(tmp_path / "\x1b[31m.toml")]) == 2
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert "\\x1b[31m.toml" in said


# Shapes of another kind, with the remedy

POINT, AREA = shapely.Point(106.8, 39.6), shapely.box(106.8, 39.6, 106.9, 39.7)
LINE = shapely.LineString([(106.8, 39.6), (106.9, 39.7)])


@pytest.mark.parametrize(
    ("shape", "schema", "remedy"),
    [
        (AREA, FACILITIES, "Point on surface"),
        (shapely.MultiPoint([(106.8, 39.6), (106.9, 39.6)]), FACILITIES, "Multipart to singleparts"),
        (LINE, FACILITIES, phrase("errors.remedy_point_of_line")),
        (shapely.GeometryCollection([AREA, LINE]), COMMUNITIES, "Keep the areas only"),
        (shapely.GeometryCollection([AREA, LINE]), STREETS, "Keep the lines only"),
        (shapely.GeometryCollection([POINT, LINE]), FACILITIES, phrase("errors.remedy_collection_point")),
        (LINE, COMMUNITIES, "Lines to polygons"),
        (POINT, COMMUNITIES, phrase("errors.remedy_area_of_point")),
        (AREA, STREETS, "centre lines"),
        (POINT, STREETS, phrase("errors.remedy_line_of_point")),
    ],
)
@pytest.mark.parametrize("ending", ["geojson", "csv"])
def test_shapes_of_another_kind_are_refused_with_the_remedy(
    tmp_path: Path, shape: shapely.Geometry, schema: object, remedy: str, ending: str
) -> None:
    path = tmp_path / f"x.{ending}"
    if ending == "csv":
        path.write_text(f'id,name,tier,wkt\na,A,station,"SRID=4326;{shape.wkt}"\n', "utf-8")
    else:
        layer = gpd.GeoDataFrame({"id": ["a"], "name": ["A"], "tier": ["station"]}, geometry=[shape], crs=4326)
        pyogrio.write_dataframe(layer, path)
    found = read(path, schema)
    with pytest.raises(DataError) as error:
        schema.check(found.frame, source=path.name, reader_issues=found.issues)  # type: ignore[attr-defined]
    assert remedy in error.value.in_words("en")
    assert error.value.in_words("zh").count("（") >= 1


@pytest.mark.parametrize(
    ("column", "cells"), [("height", [-1.0, 9.0]), ("levels", [-1, 3]), ("height_m", ["-1", "9"])]
)
def test_minus_one_stands_for_an_unknown_height(tmp_path: Path, column: str, cells: list[object]) -> None:
    layer = gpd.GeoDataFrame({"id": ["a", "b"], column: cells}, geometry=[AREA, AREA], crs=4326)
    pyogrio.write_dataframe(layer, tmp_path / "x.gpkg")
    found = read(tmp_path / "x.gpkg", BUILDINGS, columns={"height_m": "height"} if column == "height" else {})
    name = "levels" if column == "levels" else "height_m"
    numbers = found.frame[name].astype("float64")
    assert np.isnan(numbers[0])
    assert numbers[1] > 0
    assert [(notice.key, notice.values["count"]) for notice in found.notices] == [("height_unknown", "1")]
    BUILDINGS.check(found.frame, source="x", reader_issues=found.issues)
    layer[column] = [-2, 3]
    pyogrio.write_dataframe(layer, tmp_path / "y.gpkg")
    found = read(tmp_path / "y.gpkg", BUILDINGS, columns={"height_m": "height"} if column == "height" else {})
    with pytest.raises(DataError, match=phrase("errors.negative_number")):
        BUILDINGS.check(found.frame, source="x", reader_issues=found.issues)
