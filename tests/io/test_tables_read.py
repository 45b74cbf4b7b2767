"""Tables as they come: every format and encoding, headings in odd places, places in every form, other names."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
import toy
import xlwt
from hypothesis import given
from hypothesis import strategies as st
from phrases import phrase

from planner.config.sections.layers import Layer
from planner.inputs.community_matching import match_communities
from planner.io.layer_read import LayerRead
from planner.io.layers import read_layer
from planner.io.tables.cells import parse_code, parse_number
from planner.io.tables.coordinates import parse_coordinate, parse_coordinate_pair
from planner.io.tables.units import units_of
from planner.messages.errors import DataError
from planner.schemas.tables import DEMAND, FACILITIES, Communities

CENTRES = toy.layers()["centres"].to_crs(4326)
SHEET = [
    ["编号", "名称", "层级", "所属社区", "建筑面积（㎡）", "经度", "纬度"],
    *(
        [
            row.id,
            row.name,
            {"community": "社区", "station": "党群驿站"}[row.tier],
            row.community,
            area,
            point.x,
            point.y,
        ]
        for row, area, point in zip(CENTRES.itertuples(), (320, ""), CENTRES.geometry, strict=True)
    ),
]


def read(path: Path, **settings: object) -> LayerRead:
    layer = Layer.model_validate({"path": path, **settings})
    return read_layer(path, layer, setting="inputs.facilities", schema=FACILITIES)


def checked(path: Path, **settings: object) -> gpd.GeoDataFrame:
    found = read(path, **settings)
    return FACILITIES.check(found.frame, source=path.name, reader_issues=found.issues)


def text(path: Path, encoding: str, divider: str, mark: bytes = b"") -> None:
    lines = "\r\n".join(divider.join(map(str, row)) for row in SHEET) + "\r\n"
    path.write_bytes(mark + lines.encode(encoding))


def workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    for row in SHEET:
        book.active.append([None if cell == "" else cell for cell in row])
    book.save(path)


def old_workbook(path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("表")
    for number_, row in enumerate(SHEET):
        for column, cell in enumerate(row):
            sheet.write(number_, column, cell)
    book.save(str(path))


FORMATS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "utf8": ("x.csv", lambda path: text(path, "utf-8", ",")),
    "utf8_bom": ("x.csv", lambda path: text(path, "utf-8-sig", ",")),
    "gb18030": ("x.csv", lambda path: text(path, "gb18030", ",")),
    "semicolon": ("x.csv", lambda path: text(path, "gb18030", ";")),
    "tsv": ("x.tsv", lambda path: text(path, "utf-8", "\t")),
    "unicode_text": ("x.txt", lambda path: text(path, "utf-16-le", "\t", codecs.BOM_UTF16_LE)),
    "xlsx": ("x.xlsx", workbook),
    "xls": ("x.xls", old_workbook),
    "xlsx_called_xls": ("x.xls", workbook),
}


@pytest.mark.parametrize(("name", "write"), FORMATS.values(), ids=FORMATS)
def test_one_sheet_in_every_format(tmp_path: Path, name: str, write: Callable[[Path], object]) -> None:
    write(tmp_path / name)
    found = checked(tmp_path / name)
    assert found["id"].tolist() == ["C1", "S1"]
    assert found["tier"].tolist() == ["community", "station"]
    assert found["floor_area_m2"].fillna(-1).tolist() == [320, -1]
    assert found.index.tolist() == [2, 3]
    assert shapely.distance(found.geometry.array, CENTRES.geometry.array).max() < 1e-9
    assert read(tmp_path / name).read == 2


def parquet(path: Path) -> None:
    CENTRES.to_parquet(path)


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "shp", "fgb", "parquet"])
def test_every_spatial_format(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x.{ending}"
    named = CENTRES.assign(name=["和平社区", "公园社区"])
    if ending == "parquet":
        named.to_parquet(path)
    else:
        pyogrio.write_dataframe(named.rename(columns={"floor_area_m2": "area"}), path)
    found = checked(path, **({} if ending == "parquet" else {"columns": {"floor_area_m2": "area"}}))
    found = found.sort_values("id")
    assert found["name"].tolist() == ["和平社区", "公园社区"]
    assert found["floor_area_m2"].iloc[0] == 320


@pytest.mark.parametrize("cpg", [None, "GBK", "UTF-8", "ISO-8859-1", "CP936"])
def test_a_gbk_shapefile_whatever_its_cpg_says(tmp_path: Path, cpg: str | None) -> None:
    named = CENTRES.rename(columns={"name": "阵地名称"}).assign(阵地名称=["和平社区", "公园社区"])
    named.drop(columns="floor_area_m2").to_file(tmp_path / "x.shp", encoding="GB18030")
    (tmp_path / "x.cpg").unlink()
    if cpg:
        (tmp_path / "x.cpg").write_text(cpg)
    found = read(tmp_path / "x.shp")
    assert found.frame["name"].tolist() == ["和平社区", "公园社区"]
    assert found.encoding == "gb18030"


def csv(path: Path, rows: str) -> Path:
    path.write_text(rows, "utf-8")
    return path


def test_what_is_no_data_is_listed_and_not_counted(tmp_path: Path) -> None:
    """A title, a blank row, a subtotal, a total and notes; the row numbers are those of the spreadsheet."""
    path = csv(
        tmp_path / "x.csv",
        "海勃湾区一览表,,,,\n名称,层级,编号,经度,纬度\n和平,社区,1,106.8,39.6\n凤凰岭街道小计,,,,\n,,,,\n"
        "公园,社区,2,106.8,39.6\n合 计,,2,,\n填表人：张三,,,,\n\n",
    )
    found = read(path)
    assert found.frame.index.tolist() == [3, 6]
    assert {one.key: one.rows for one in found.left_out} == {
        "row_title": ("1",),
        "row_total": ("4", "7"),
        "row_blank": ("5",),
        "row_note": ("8",),
    }
    assert found.read == 8 - 1


@pytest.mark.parametrize(
    ("heading", "row"),
    [
        ("坐标", '"106.81,39.67"'),
        ("坐标", "106.81，39.67"),
        ("经纬度", "106.81 39.67"),
        ("lat;lng", '"39.67,106.81"'),
        ("location", '"39.67,106.81"'),
        ("WKT", "POINT (106.81 39.67)"),
        ("WKT", "SRID=4326;POINT Z (106.81 39.67 1090)"),
        ("坐标", "106°48′36″E 39°40′12″N"),
    ],
)
def test_places_in_one_column(tmp_path: Path, heading: str, row: str) -> None:
    heading = heading.replace(";", ",")
    path = csv(tmp_path / "x.csv", f'编号\t名称\t层级\t"{heading}"\n1\ta\t社区\t{row}\n')
    layer = Layer(path=path, crs="EPSG:4326")
    found = read_layer(path, layer, setting="s", schema=FACILITIES, home=(106.8, 39.7))
    point = FACILITIES.check(found.frame, source="x", reader_issues=found.issues).geometry.iloc[0]
    assert (point.x, point.y) == pytest.approx((106.81, 39.67))
    assert not point.has_z
    assert [one.key for one in found.notices] == (["coordinates_exchanged"] if row.startswith('"39') else [])


def test_two_columns_that_claim_a_field_are_both_named(tmp_path: Path) -> None:
    path = csv(tmp_path / "x.csv", "编号,名称,层级,建筑面积,使用面积,经度,纬度\n1,a,社区,300,280,106.8,39.6\n")
    with pytest.raises(DataError, match=r"floor_area_m2.*`建筑面积`, `使用面积`.*inputs\.facilities\.columns"):
        checked(path)
    assert checked(path, columns={"floor_area_m2": "使用面积"})["floor_area_m2"].tolist() == [280]


def test_the_same_heading_twice_is_never_decided_by_a_guess(tmp_path: Path) -> None:
    path = csv(tmp_path / "x.csv", "编号,名称,层级,名称,经度,纬度\n1,a,社区,b,106.8,39.6\n")
    with pytest.raises(DataError, match=r"`名称 \[B\]`, `名称 \[D\]`"):
        checked(path)


def test_codes_that_a_spreadsheet_has_rounded_are_refused(tmp_path: Path) -> None:
    path = csv(tmp_path / "x.csv", "编号,名称,层级,所属社区,经度,纬度\n1,a,社区,1.50302E+11,106.8,39.6\n")
    with pytest.raises(DataError, match=phrase("errors.lost_digits")):
        checked(path)


def test_a_heading_with_another_unit_is_converted_and_an_unknown_one_is_not_guessed(tmp_path: Path) -> None:
    path = csv(tmp_path / "x.csv", "编号,人口（万人）,户数(公顷),x,y\n1,1.2,5,500000,4390000\n")
    layer = Layer(path=path, crs=toy.CRS)
    found = read_layer(path, layer, setting="s", schema=DEMAND)
    frame = DEMAND.check(found.frame, source="x", reader_issues=found.issues)
    assert frame["people"].tolist() == [12_000]
    assert frame["households"].isna().all()
    assert [(one.field, one.factor) for one in found.mapped] == [("id", 1.0), ("people", 10_000.0)]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("１２３", 123),
        ("1,234,567.5", 1_234_567.5),
        ("1 234", 1234),
        ("-5", -5),
        ("320 ㎡", 320),
        ("0.3万平方米", 3000),
        ("1e3", 1000),
        ("", None),
        ("1,23", None),
        ("1,2345", None),
        ("12,34,567", None),
        ("300-400", None),
        ("约300", None),
        ("300左右", None),
        ("50%", None),
        ("0x10", None),
        ("1_000", None),
        ("nan", None),
    ],
)
def test_numbers(cell: str, expected: float | None) -> None:
    assert parse_number(cell, units_of("floor_area_m2")) == expected


@given(st.text(max_size=30))
def test_cells_never_fail(cell: str) -> None:
    parse_number(cell, units_of("people"))
    parse_coordinate(cell)
    parse_coordinate_pair(cell)
    parse_code(cell)


@given(st.floats(allow_nan=False, allow_infinity=False, width=64))
def test_a_written_number_is_read_to_the_bit(value: float) -> None:
    assert parse_number(repr(value), {}) == value


TOWNS = Communities(
    pd.DataFrame(
        {
            "id": ["150302001002", "150302001003", "150302100201", "150302002001"],
            "name": ["和平社区", "公园社区居委会", "和平村村委会", "公园社区"],
            "subdistrict": ["凤凰岭街道", "凤凰岭街道", "千里山镇", "海北街道"],
        }
    )
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("150302001002", "150302001002"),
        ("150302001002.0", "150302001002"),
        ("和平社区", "150302001002"),
        ("和 平 社 区", "150302001002"),
        ("凤凰岭街道和平社区居民委员会", "150302001002"),
        ("凤凰岭街道公园社区", "150302001003"),
        ("海北街道公园社区居委会", "150302002001"),
        ("千里山镇和平村", "150302100201"),
        ("公园社区", "150302002001"),
        ("", ""),
    ],
)
def test_communities_are_found_by_code_or_name(given: str, expected: str) -> None:
    assert match_communities(pd.Series([given]), ["r"], TOWNS).ids.tolist() == [expected]


def test_a_name_that_two_have_is_refused_with_both() -> None:
    joined = match_communities(pd.Series(["和平", "公园", "150302001", "安宁社区"]), list("abcd"), TOWNS)
    assert [(one.row, one.nearest.count("150302")) for one in joined.ambiguous] == [("a", 2), ("b", 2)]
    # A town's code is no community's, and nothing is joined by it.
    assert [one.row for one in joined.unmatched] == ["c", "d"]
