"""Units that stand in the format of a workbook's numbers, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
import sheets
from phrases import phrase

from planner.io.tables.sheet_marks import literal_of
from planner.schemas.table_schema import TableSchema
from planner.schemas.tables import FACILITIES, PARCELS, PEOPLE_TABLE


def book(path: Path, heading: list[object], row: list[object], column: int, code: str) -> Path:
    made = openpyxl.Workbook()
    made.active.append(heading)
    made.active.append(row)
    made.active.cell(2, column + 1).number_format = code
    made.save(path)
    return path


@pytest.mark.parametrize(
    ("code", "value", "people"),
    [
        ('0.00"万人"', 0.12, 1200),
        ('#,##0.0 "万"', 0.12, 1200),
        ("0.00万人", 0.12, 1200),
        ('[Red]0.0"千人";-0', 1.2, 1200),
        ('0.0_ "百人"', 12, 1200),
        ('0"人"', 1200, 1200),
        ('0!.0,"万"', 1200, 1200),
        ('#,##0,"千"', 1200, 1200),
        ('0\\.0,"万人"', 1200, 1200),
        ("#,##0", 1200, 1200),
        ('0"户/万人"', 1200, 1200),
    ],
)
def test_people(tmp_path: Path, code: str, value: float, people: float) -> None:
    """A cell in which 0.12万人 is seen holds 1,200 people; one in which 1200 is seen as 1.2千 does, too."""
    path = book(tmp_path / "a.xlsx", ["社区", "人口"], ["东风社区", value], 1, code)
    assert sheets.checked(path, PEOPLE_TABLE)["people"].item() == pytest.approx(people)


@pytest.mark.parametrize(
    ("schema", "heading", "field", "code", "value", "expected"),
    [
        (FACILITIES, "建筑面积", "floor_area_m2", '0.0"亩"', 1.5, 1000),
        (FACILITIES, "建筑面积", "floor_area_m2", '0"㎡"', 320, 320),
        (FACILITIES, "建筑面积（公顷）", "floor_area_m2", '0"m2"', 1.5, 15000),
        (PARCELS, "投资", "cost", '#,##0"元"', 50_000, 5),
        (PARCELS, "投资", "cost", '0.0"亿元"', 0.5, 5000),
    ],
)
def test_areas_and_money(
    tmp_path: Path,
    schema: TableSchema[object],
    heading: str,
    field: str,
    code: str,
    value: float,
    expected: float,
) -> None:
    names = ["编号", "名称", "层级", "可用面积", heading, "经度", "纬度"]
    row: list[object] = ["C", "东", "社区", 5, value, 106.8, 39.6]
    if schema is FACILITIES:
        names[3] = "备注"
    found = sheets.checked(book(tmp_path / "a.xlsx", names, row, 4, code), schema)
    assert found[field].item() == pytest.approx(expected)


def test_a_unit_of_another_thing_is_refused_as_in_a_cell(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ["社区", "人口"], ["东风社区", 3], 1, '0"公顷"')
    assert sheets.keys(sheets.read(path)) == []
    with pytest.raises(Exception, match=phrase("errors.not_a_number", column="people", found="3公顷")):
        sheets.checked(path, PEOPLE_TABLE)


@pytest.mark.parametrize("code", ["General", "0.00%", "0.00E+00", "yyyy年m月", '"约"0', "@", ""])
def test_other_formats_write_nothing_behind_a_number(code: str) -> None:
    assert literal_of(code) == ""
