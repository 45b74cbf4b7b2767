"""A number in a merged cell: whose it is cannot be told, so that no sum grows by reading."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sheets
from phrases import phrase

from planner.messages.errors import DataError
from planner.schemas.tables import DEMAND, FACILITIES

BOOKS = ("xlsx", "xls")


@pytest.mark.parametrize("ending", BOOKS)
def test_people_of_two_communities(tmp_path: Path, ending: str) -> None:
    rows: list[list[object]] = [["社区", "常住人口"], ["东风社区", 3000], ["西园社区", ""], ["北园社区", 5]]
    path = sheets.write(tmp_path / f"x.{ending}", rows, [(1, 1, 2, 1)])
    with pytest.raises(DataError, match=r"'people': one number \(3000\).*\(2 rows: #2, #3\)"):
        sheets.checked(path)


@pytest.mark.parametrize("ending", BOOKS)
@pytest.mark.parametrize("value", [500, "500人", "0.05万人"])
def test_demand_whatever_the_cell_says_of_its_unit(tmp_path: Path, ending: str, value: object) -> None:
    rows: list[list[object]] = [
        ["id", "people", "lon", "lat"],
        ["a", value, 106.8, 39.6],
        ["b", "", 106.8, 39.7],
    ]
    with pytest.raises(DataError, match="merged cell"):
        sheets.checked(sheets.write(tmp_path / f"x.{ending}", rows, [(1, 1, 2, 1)]), DEMAND)


@pytest.mark.parametrize("ending", BOOKS)
def test_an_optional_number_too(tmp_path: Path, ending: str) -> None:
    rows: list[list[object]] = [
        ["编号", "名称", "层级", "建筑面积", "经度", "纬度"],
        ["C1", "东", "社区", 900, 106.8, 39.6],
        ["C2", "西", "社区", "", 106.8, 39.7],
    ]
    with pytest.raises(DataError, match=r"floor_area_m2.*\(900\)"):
        sheets.checked(sheets.write(tmp_path / f"x.{ending}", rows, [(1, 3, 2, 3)]), FACILITIES)


@pytest.mark.parametrize("ending", BOOKS)
def test_a_number_under_two_headings(tmp_path: Path, ending: str) -> None:
    rows: list[list[object]] = [["社区", "常住人口", "流动人口"], ["东风社区", 3000, ""], ["西园社区", 10, 20]]
    with pytest.raises(DataError, match=re.escape(phrase("errors.merged_number", column="people", value="3000"))):
        sheets.checked(sheets.write(tmp_path / f"x.{ending}", rows, [(1, 1, 1, 2)]))


@pytest.mark.parametrize("ending", BOOKS)
def test_names_codes_and_places_are_filled_down(tmp_path: Path, ending: str) -> None:
    rows: list[list[object]] = [
        ["所属社区代码", "名称", "层级", "编号", "建筑面积", "经度", "纬度"],
        ["150302001001", "东", "社区", "C1", 900, 106.8, 39.6],
        ["", "站", "站点", "S1", 100, "", ""],
    ]
    merged = [(1, 0, 2, 0), (1, 5, 2, 5), (1, 6, 2, 6)]
    found = sheets.checked(sheets.write(tmp_path / f"x.{ending}", rows, merged), FACILITIES)
    assert found["community"].tolist() == ["150302001001"] * 2
    assert found.geometry.x.tolist() == [106.8, 106.8]
    assert found["floor_area_m2"].sum() == 1000


@pytest.mark.parametrize("ending", BOOKS)
def test_a_number_that_nothing_reads_is_left_and_told(tmp_path: Path, ending: str) -> None:
    rows: list[list[object]] = [["社区", "常住人口", "党员数"], ["东风社区", 30, 9], ["西园社区", 20, ""]]
    path = sheets.write(tmp_path / f"x.{ending}", rows, [(1, 2, 2, 2)])
    found = sheets.read(path)
    assert found.frame["党员数"].tolist() == ["9", None]
    assert sheets.keys(found) == ["merged_number_left"]
    # A study that counts people by it needs each row's own.
    counted = sheets.read(path, counted=["党员数"])
    with pytest.raises(DataError, match="'党员数': one number"):
        sheets.PEOPLE_TABLE.check(counted.frame, source="x", reader_issues=counted.issues)


@pytest.mark.parametrize("ending", BOOKS)
def test_a_column_drawn_over_two_is_one(tmp_path: Path, ending: str) -> None:
    rows: list[list[object]] = [["社区", "常住人口", ""], ["东风社区", 30, ""], ["西园社区", 20, ""]]
    merged = [(0, 1, 0, 2), (1, 1, 1, 2), (2, 1, 2, 2)]
    found = sheets.checked(sheets.write(tmp_path / f"x.{ending}", rows, merged))
    assert found["people"].tolist() == [30, 20]


def test_a_number_beside_a_row_and_a_blank_one_is_the_rows(tmp_path: Path) -> None:
    rows: list[list[object]] = [["社区", "常住人口"], ["东风社区", 30], ["", ""], ["西园社区", 20]]
    found = sheets.checked(sheets.write(tmp_path / "x.xlsx", rows, [(1, 1, 2, 1)]))
    assert found["people"].tolist() == [30, 20]


def test_a_number_that_ends_above_the_title_of_the_next_part(tmp_path: Path) -> None:
    rows = [
        ["一、东部", ""],
        ["社区", "常住人口"],
        ["东风社区", 1000],
        ["北社区", ""],
        ["二、西部", ""],
        ["社区", "常住人口"],
        ["西园社区", 2000],
    ]
    with pytest.raises(DataError, match="merged cell"):
        sheets.checked(sheets.write(tmp_path / "p.xlsx", rows, [(2, 1, 3, 1)]))
