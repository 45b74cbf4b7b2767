"""Several tables in one sheet: one table in parts is read whole, others are refused; no row is lost in silence."""

from __future__ import annotations

from pathlib import Path

import pytest
import sheets
from phrases import phrase

from planner.messages.errors import DataError
from planner.schemas.tables import DEMAND, FACILITIES

HEAD = ["编号", "名称", "层级", "经度", "纬度"]
LONGER = ["编号", "名称", "层级", "所属社区", "建筑面积", "经度", "纬度"]


@pytest.mark.parametrize("ending", sheets.ENDINGS)
@pytest.mark.parametrize("longer_first", [False, True])
def test_the_other_part_may_have_further_columns(tmp_path: Path, ending: str, longer_first: bool) -> None:  # noqa: FBT001
    short = [HEAD, ["C1", "东", "社区", 106.8, 39.6]]
    long = [LONGER, ["C2", "西", "社区", "西园社区", 600, 106.9, 39.7]]
    parts = [long, short] if longer_first else [short, long]
    rows = [["一、城市社区中心"], *parts[0], [], ["二、驿站"], *parts[1], ["合计", 2]]
    found = sheets.read(sheets.write(tmp_path / f"x.{ending}", rows), FACILITIES)
    table = FACILITIES.check(found.frame, source="x", reader_issues=found.issues).sort_values("id")
    assert table["id"].tolist() == ["C1", "C2"]
    assert table["floor_area_m2"].fillna(-1).tolist() == [-1, 600]
    assert table.geometry.x.tolist() == [106.8, 106.9]
    assert {one.key: one.rows for one in found.left_out}["row_title"] == ("1", "5")


@pytest.mark.parametrize("ending", sheets.ENDINGS)
def test_a_heading_repeated_on_every_page(tmp_path: Path, ending: str) -> None:
    rows: list[list[object]] = []
    for page in range(4):
        rows += [["id", "people", "lon", "lat"], *[[f"p{page}-{row}", 10, 106.8, 39.6] for row in range(20)]]
    found = sheets.checked(sheets.write(tmp_path / f"x.{ending}", rows), DEMAND)
    assert (len(found), found["people"].sum()) == (80, 800)


def test_parts_with_headings_of_two_rows(tmp_path: Path) -> None:
    head: list[list[object]] = [["社区", "常住人口", ""], ["", "男", "合计"]]
    rows = [["一、东片"], *head, ["东风社区", 480, 1000], ["二、西片"], *head, ["西园社区", 900, 2000]]
    assert sheets.checked(sheets.write(tmp_path / "x.csv", rows))["people"].tolist() == [1000, 2000]


def test_titles_of_parts_under_one_heading(tmp_path: Path) -> None:
    rows = [
        HEAD,
        ["一、中心"],
        ["C1", "东", "社区", 106.8, 39.6],
        ["（二）驿站"],
        ["S1", "站", "站点", 106.9, 39.6],
    ]
    found = sheets.read(sheets.write(tmp_path / "x.xlsx", rows), FACILITIES)
    assert found.frame["id"].tolist() == ["C1", "S1"]
    assert {one.key: one.rows for one in found.left_out} == {"row_section": ("2", "4")}


@pytest.mark.parametrize("ending", sheets.ENDINGS)
def test_a_table_of_other_columns_is_refused_with_its_rows(tmp_path: Path, ending: str) -> None:
    rows = [
        ["社区", "常住人口"],
        ["东风社区", 1000],
        ["各层级面积"],
        ["社区", "户数", "面积"],
        ["东风社区", 400, 3],
    ]
    with pytest.raises(DataError, match=phrase("errors.several_tables") + r".*\(2 rows: #1, #4\)"):
        sheets.checked(sheets.write(tmp_path / f"x.{ending}", rows))


def test_the_same_columns_in_other_words_are_one_table(tmp_path: Path) -> None:
    rows = [["社区", "常住人口"], ["东风社区", 1000], ["社区名称", "总人口"], ["西园社区", 2000]]
    found = sheets.checked(sheets.write(tmp_path / "x.csv", rows))
    assert found["people"].tolist() == [1000, 2000]


def test_the_same_columns_in_another_unit_are_not(tmp_path: Path) -> None:
    rows = [["社区", "常住人口"], ["东风社区", 1000], ["社区", "常住人口（万人）"], ["西园社区", 0.2]]
    with pytest.raises(DataError, match=phrase("errors.several_tables")):
        sheets.checked(sheets.write(tmp_path / "x.csv", rows))


def test_rows_with_numbers_above_the_heading_are_refused(tmp_path: Path) -> None:
    """A table whose heading is not known stands above; none of its rows may be lost."""
    rows = [
        ["站名", "平米", "E", "N"],
        ["东", 300, 106.8, 39.6],
        ["西", 200, 106.8, 39.6],
        HEAD,
        ["C", "a", "社区", 106.8, 39.6],
    ]
    with pytest.raises(DataError, match=r"Rows with numbers precede the heading \(row 4\).*#2"):
        sheets.checked(sheets.write(tmp_path / "x.csv", rows), FACILITIES)


def test_what_stands_above_the_heading_besides_a_title_is_told(tmp_path: Path) -> None:
    rows = [
        ["海勃湾区阵地一览表"],
        ["填报单位：组织部", "", "2023年12月"],
        ["总面积", 12.5],
        HEAD,
        ["C1", "东", "社区", 106.8, 39.6],
    ]
    found = sheets.read(sheets.write(tmp_path / "x.csv", rows), FACILITIES)
    assert {one.key: one.rows for one in found.left_out} == {"row_title": ("1", "2"), "row_above": ("3",)}
