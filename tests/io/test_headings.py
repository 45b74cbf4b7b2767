"""Headings of several rows: a total under a heading is that column, a part is not, a doubt is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sheets
from phrases import phrase

from planner.messages.errors import DataError
from planner.schemas.tables import DEMAND, FACILITIES, PARCELS

EAST, WEST = "东风社区", "西园社区"

PEOPLE: dict[str, list[list[object]]] = {
    "total_last_before_notes": [
        ["社区", "常住人口", "", "", "备注"],
        ["", "男", "女", "合计", ""],
        [EAST, 480, 520, 1000, "x"],
        [WEST, 900, 1100, 2000, ""],
    ],
    "total_first_group_at_the_end": [
        ["社区", "常住人口", "", ""],
        ["", "合计", "男", "女"],
        [EAST, 1000, 480, 520],
        [WEST, 2000, 900, 1100],
    ],
    "registered_and_migrant": [
        ["社区", "常住人口", "", "", "户数"],
        ["", "户籍", "流动", "合计", ""],
        [EAST, 700, 300, 1000, 400],
        [WEST, 900, 1100, 2000, 800],
    ],
    "of_them_men": [
        ["社区", "常住人口", "", "户数"],
        ["", "其中：男", "总数", ""],
        [EAST, 480, 1000, 400],
        [WEST, 900, 2000, 800],
    ],
    "subtotal": [
        ["社区名称", "居民人口", "", "", "面积"],
        ["", "男", "女", "小计", ""],
        [EAST, 480, 520, 1000, 0.3],
        [WEST, 900, 1100, 2000, 0.4],
    ],
    "title_above_and_two_groups": [
        ["各社区人口与户数统计表", "", "", "", "", ""],
        ["社区", "常住人口", "", "", "户数", ""],
        ["", "男", "女", "合计", "合计", "空户"],
        [EAST, 480, 520, 1000, 400, 3],
        [WEST, 900, 1100, 2000, 800, 5],
        ["合计", 1380, 1620, 3000, 1200, 8],
    ],
    "three_rows": [
        ["社区", "常住人口", "", "", "", ""],
        ["", "合计", "户籍", "", "流动", ""],
        ["", "", "男", "女", "男", "女"],
        [EAST, 1000, 300, 400, 180, 120],
        [WEST, 2000, 400, 500, 500, 600],
    ],
    "names_repeated_by_an_export": [
        ["社区", "常住人口", "常住人口", "常住人口"],
        ["社区", "男", "女", "合计"],
        [EAST, 480, 520, 1000],
        [WEST, 900, 1100, 2000],
    ],
    "group_of_another_name": [
        ["社区", "人口情况", "", "老年人口", ""],
        ["", "常住人口", "户籍人口", "人数", "占比"],
        [EAST, 1000, 700, 200, 0.2],
        [WEST, 2000, 900, 300, 0.15],
    ],
    "total_over_people_and_households": [
        ["社区", "合计", "", "城镇", ""],
        ["", "人口", "户数", "人口", "户数"],
        [EAST, 1000, 400, 600, 240],
        [WEST, 2000, 800, 500, 200],
    ],
    "a_row_that_numbers_the_columns": [
        ["社区", "常住人口", "", "户数"],
        ["", "合计", "男", ""],
        ["甲", 1, 2, 3],
        [EAST, 1000, 480, 400],
        [WEST, 2000, 900, 800],
    ],
    "english": [
        ["community", "population", "", "", "notes"],
        ["", "male", "female", "total", ""],
        [EAST, 480, 520, 1000, "x"],
        [WEST, 900, 1100, 2000, ""],
    ],
}


@pytest.mark.parametrize("ending", sheets.ENDINGS)
@pytest.mark.parametrize("rows", PEOPLE.values(), ids=PEOPLE)
def test_all_people_are_counted_and_not_a_part_of_them(
    tmp_path: Path, rows: list[list[object]], ending: str
) -> None:
    found = sheets.checked(sheets.write(tmp_path / f"x.{ending}", rows))
    assert found["people"].tolist() == [1000, 2000]
    assert found["community"].tolist() == [EAST, WEST]


@pytest.mark.parametrize("ending", ["xlsx", "xls"])
def test_merged_headings(tmp_path: Path, ending: str) -> None:
    """As a spreadsheet has them: names of one column merged down, names of several merged across."""
    rows: list[list[object]] = [
        ["海勃湾区各社区人口", "", "", "", ""],
        ["社区", "常住人口", "", "", "户数"],
        ["", "男", "女", "合计", ""],
        [EAST, 480, 520, 1000, 400],
        [WEST, 900, 1100, 2000, 800],
    ]
    merged = [(0, 0, 0, 4), (1, 0, 2, 0), (1, 1, 1, 3), (1, 4, 2, 4)]
    found = sheets.read(sheets.write(tmp_path / f"x.{ending}", rows, merged))
    assert [(one.field, one.column) for one in found.mapped] == [
        ("community", "社区"),
        ("people", "常住人口/合计"),
        ("households", "户数"),
    ]
    assert sheets.keys(found) == ["row_title"]


@pytest.mark.parametrize("ending", sheets.ENDINGS)
@pytest.mark.parametrize(
    ("below", "listed"),
    [
        (["", 2020, 2021, 2022], ["常住人口/2020", "常住人口/2021", "常住人口/2022"]),
        (["", "2020年", "2021年", "2022年"], ["常住人口/2020年", "常住人口/2021年", "常住人口/2022年"]),
        (["", "男", "女", "儿童"], ["常住人口/男", "常住人口/女", "常住人口/儿童"]),
        (["", "户籍人口", "流动人口", "其他"], ["常住人口/户籍人口", "常住人口/流动人口", "常住人口/其他"]),
    ],
)
def test_several_that_could_be_meant_are_refused_with_their_list(
    tmp_path: Path, ending: str, below: list[object], listed: list[str]
) -> None:
    rows: list[list[object]] = [["社区", "常住人口", "", ""], below, [EAST, 1600, 1700, 1800], [WEST, 1, 2, 3]]
    path = sheets.write(tmp_path / f"x.{ending}", rows)
    with pytest.raises(DataError) as refusal:
        sheets.checked(path)
    assert all(f"`{name}`" in str(refusal.value) for name in listed)
    # The study may say which, by the path or by its lowest name.
    for name in (listed[-1], listed[-1].rpartition("/")[2], listed[-1].replace("/", "")):
        assert sheets.checked(path, columns={"people": name})["people"].tolist() == [1800, 3]


@pytest.mark.parametrize("ending", sheets.ENDINGS)
def test_floor_area_is_the_total_and_not_what_lies_below_ground(tmp_path: Path, ending: str) -> None:
    rows: list[list[object]] = [
        ["编号", "名称", "层级", "建筑面积（㎡）", "", "坐标", ""],
        ["", "", "", "地下", "合计", "经度", "纬度"],
        ["C1", "东风中心", "社区", 100, 500, 106.8, 39.6],
    ]
    found = sheets.checked(sheets.write(tmp_path / f"x.{ending}", rows), FACILITIES)
    assert found["floor_area_m2"].tolist() == [500]
    assert (found.geometry.x.iloc[0], found.geometry.y.iloc[0]) == (106.8, 39.6)


def test_only_parts_of_an_optional_column_are_refused_until_the_study_says_none(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["编号", "名称", "层级", "建筑面积", "", "经度", "纬度"],
        ["", "", "", "地上", "地下", "", ""],
        ["C1", "东风中心", "社区", 400, 100, 106.8, 39.6],
    ]
    path = sheets.write(tmp_path / "x.csv", rows)
    with pytest.raises(DataError, match=r"`建筑面积/地上`, `建筑面积/地下`"):
        sheets.checked(path, FACILITIES)
    assert (
        sheets.checked(path, FACILITIES, columns={"floor_area_m2": "建筑面积/地上"})["floor_area_m2"].item() == 400
    )
    assert sheets.checked(path, FACILITIES, columns={"floor_area_m2": ""})["floor_area_m2"].isna().all()


def test_a_group_says_the_unit_of_its_total(tmp_path: Path) -> None:
    rows: list[list[object]] = [["社区", "常住人口（万人）", ""], ["", "男", "合计"], [EAST, 0.06, 0.1]]
    assert sheets.checked(sheets.write(tmp_path / "x.csv", rows))["people"].tolist() == [1000]


def test_people_of_an_age_are_not_all_people(tmp_path: Path) -> None:
    rows: list[list[object]] = [["社区", "60岁以上老人", ""], ["", "人数", "占比"], [EAST, 200, 0.2]]
    with pytest.raises(DataError, match=phrase("errors.missing_column_near", near="60岁以上老人/人数")):
        sheets.checked(sheets.write(tmp_path / "x.csv", rows))


def test_people_of_65_may_be_written_over_two_rows(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["编号", "常住人口", "", "位置", ""],
        ["", "合计", "65岁以上", "经度", "纬度"],
        ["b", 10, 2, 106.8, 39.6],
    ]
    found = sheets.checked(sheets.write(tmp_path / "x.xlsx", rows), DEMAND)
    assert (found["people"].item(), found["people_65"].item()) == (10, 2)


@pytest.mark.parametrize("ending", sheets.ENDINGS)
def test_a_row_that_may_be_heading_or_total_is_refused(tmp_path: Path, ending: str) -> None:
    """Below a name of its own stands another: this is no heading of two rows that can be read."""
    rows: list[list[object]] = [
        ["社区", "常住人口", "", "", "备注"],
        ["", "男", "女", "合计", "说明"],
        [EAST, 480, 520, 1000, "x"],
    ]
    with pytest.raises(DataError, match=phrase("errors.heading_unclear") + ".*#2"):
        sheets.checked(sheets.write(tmp_path / f"x.{ending}", rows))


def test_numbers_in_columns_without_a_name_are_refused(tmp_path: Path) -> None:
    rows: list[list[object]] = [["社区", "常住人口", "", "备注"], [EAST, 480, 1000, "x"], [WEST, 900, 2000, ""]]
    with pytest.raises(
        DataError, match=re.escape(phrase("errors.unnamed_numbers", columns="[C]", column="常住人口"))
    ):
        sheets.checked(sheets.write(tmp_path / "x.csv", rows))


def test_totals_below_are_still_totals(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["社区", "常住人口", ""],
        ["", "合计", "男"],
        [EAST, 1000, 480],
        ["凤凰岭街道小计", 1000, 480],
        ["总计", 1000, 480],
    ]
    found = sheets.read(sheets.write(tmp_path / "x.xlsx", rows))
    assert len(found.frame) == 1
    assert {one.key: one.rows for one in found.left_out} == {"row_total": ("4", "5")}


def test_cost_and_area_of_parcels_under_headings(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["地块编号", "面积（亩）", "", "投资估算", "", "经度", "纬度"],
        ["", "其中：地下", "总计", "其中：装修", "合计", "", ""],
        ["P", 1, 3, 20, 120, 106.8, 39.6],
    ]
    found = sheets.checked(sheets.write(tmp_path / "x.xlsx", rows), PARCELS)
    assert found["area_m2"].item() == pytest.approx(2000)
    assert found["cost"].item() == 120


@pytest.mark.parametrize("group", ["居民", "房屋", "人口情况"])
def test_a_group_that_names_the_thing_leaves_its_columns_whole(tmp_path: Path, group: str) -> None:
    rows = [["社区", group, ""], ["", "常住人口", "户数"], ["东风社区", 1000, 400]]
    assert list(sheets.checked(sheets.write(tmp_path / "p.xlsx", rows, [(0, 1, 0, 2)]))["people"]) == [1000]


@pytest.mark.parametrize("group", ["搬迁居民", "低保居民", "外来人口"])
def test_a_group_that_narrows_does_not(tmp_path: Path, group: str) -> None:
    rows = [["社区", group, ""], ["", "人口", "户数"], ["东风社区", 1000, 400]]
    with pytest.raises(DataError):
        sheets.checked(sheets.write(tmp_path / "p.xlsx", rows, [(0, 1, 0, 2)]))
