"""The rows of headings and the path of each column, by hand; what a path means, and in which unit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import sheets

from planner.io.tables.columns import FieldClaim, Vocabulary
from planner.io.tables.heading_names import (
    count_known_names,
    find_parts,
    is_called,
    is_unit_cell,
    match_path,
    path_name,
    place_part,
)
from planner.io.tables.headings import Area, Heading, find_headings
from planner.schemas.tables import FACILITIES

FIELDS = ("community", "people", "households", "name")
WORDS = Vocabulary.of("demand", FIELDS, {})
AREAS = Vocabulary.of("facilities", ("id", "name", "floor_area_m2", "land_area_m2"), {})

Rows = Sequence[Sequence[str]]


def headings(rows: Rows, *merged: Area, searched: int = 20, words: Vocabulary = WORDS) -> list[Heading]:
    return find_headings(rows, merged, words, searched=searched)


def one(rows: Rows, *merged: Area, words: Vocabulary = WORDS) -> tuple[int, int, list[str]]:
    """Return first and last row of the only heading, and its paths as a user reads them."""
    (found,) = headings(rows, *merged, words=words)
    return found.first, found.last, [path_name(path) for path in found.paths]


DATA = [["东风社区", "1000", "480", "520", "400"], ["西园社区", "2000", "900", "1100", "800"]]


@pytest.mark.parametrize(
    ("rows", "merged", "expected"),
    [
        # One row; cells of a name without a text after the last.
        ([["社区", "常住人口", "户数", ""]], [], (0, 0, ["社区", "常住人口", "户数"])),
        ([["", "", ""], ["社区", "", "户数"]], [], (1, 1, ["社区", "", "户数"])),
        # A group over blanks, and a group at the end.
        (
            [["社区", "常住人口", "", "", "户数"], ["", "男", "女", "合计", ""]],
            [],
            (0, 1, ["社区", "常住人口/男", "常住人口/女", "常住人口/合计", "户数"]),
        ),
        (
            [["社区", "户数", "常住人口", "", ""], ["", "", "合计", "男", "女"]],
            [],
            (0, 1, ["社区", "户数", "常住人口/合计", "常住人口/男", "常住人口/女"]),
        ),
        # Written out in every column, or merged: a title over all is none of its names.
        (
            [["社区", "常住人口", "常住人口", "户数"], ["社区", "男", "合计", "户数"]],
            [],
            (0, 1, ["社区", "常住人口/男", "常住人口/合计", "户数"]),
        ),
        (
            [["人口统计表", "", "", ""], ["社区", "常住人口", "", "户数"], ["", "男", "合计", ""]],
            [(0, 0, 0, 3), (1, 0, 2, 0), (1, 1, 1, 2), (1, 3, 2, 3)],
            (1, 2, ["社区", "常住人口/男", "常住人口/合计", "户数"]),
        ),
        (
            [["人口统计表", "", "", ""], ["社区", "常住人口", "", "户数"], ["", "男", "合计", ""]],
            [],
            (1, 2, ["社区", "常住人口/男", "常住人口/合计", "户数"]),
        ),
        # Three rows; a name above that begins another group ends the one before.
        (
            [
                ["社区", "常住人口", "", "", "", "", "户数"],
                ["", "合计", "户籍", "", "流动", "", ""],
                ["", "", "男", "女", "男", "女", ""],
            ],
            [],
            (
                0,
                2,
                [
                    *("社区", "常住人口/合计", "常住人口/户籍/男", "常住人口/户籍/女"),
                    *("常住人口/流动/男", "常住人口/流动/女", "户数"),
                ],
            ),
        ),
        # A row of units below, years side by side, a line break within a name.
        (
            [["社区", "常住人口", "面积"], ["", "（万人）", "公顷"]],
            [],
            (0, 1, ["社区", "常住人口/（万人）", "面积/公顷"]),
        ),
        (
            [["社区", "常住人口", "", "户数"], ["", "2020", "2021", ""]],
            [],
            (0, 1, ["社区", "常住人口/2020", "常住人口/2021", "户数"]),
        ),
        ([["社区", "常住\n人口", "户 \r\n 数"]], [], (0, 0, ["社区", "常住人口", "户数"])),
        # Lines above that say something else.
        (
            [["填报单位：民政局", "", ""], ["填报日期：2023年12月", "", ""], ["社区", "常住人口", "户数"]],
            [],
            (2, 2, ["社区", "常住人口", "户数"]),
        ),
        # A column of the upper row alone has the same name below.
        (
            [["社区", "其中", "", "户数"], ["社区", "常住人口", "户籍人口", "户数"]],
            [],
            (0, 1, ["社区", "其中/常住人口", "其中/户籍人口", "户数"]),
        ),
    ],
)
def test_rows_and_paths(rows: list[list[str]], merged: list[Area], expected: tuple[int, int, list[str]]) -> None:
    assert one([*rows, *DATA], *merged) == expected
    # Blank rows above move all by as many.
    lower = [(first + 2, left, last + 2, right) for first, left, last, right in merged]
    first, last, paths = expected
    assert one([["", ""], [], *rows, *DATA], *lower) == (first + 2, last + 2, paths)


def test_a_group_merged_over_columns_ends_where_the_merged_cell_ends() -> None:
    rows = [["社区", "常住人口", "", "面积", ""], ["", "男", "合计", "", "户数"], *DATA]
    assert one(rows, (0, 1, 0, 2))[2] == ["社区", "常住人口/男", "常住人口/合计", "面积", "户数"]


def test_parts_of_a_sheet_repeat_the_heading() -> None:
    """The main heading is the first of those that name the most; another names half of its names at least."""
    rows = [["社区", "常住人口", "户数"], *DATA, ["", "", ""], ["社区", "常住人口", "户数"], *DATA]
    assert [(found.first, found.last) for found in headings(rows)] == [(0, 0), (4, 4)]
    assert [(found.first, found.last) for found in headings(rows, searched=2)] == [(0, 0), (4, 4)]
    other = [["社区", "负责人", "电话"], *rows[4:]]
    assert [(found.first, found.last) for found in headings(other)] == [(1, 1)]
    pair = [["社区", "常住人口", "户数"], *DATA, ["社区", "户数"], ["东风社区", "400"]]
    assert [(found.first, found.last) for found in headings(pair)] == [(0, 0), (3, 3)]
    two_rows = [
        *(["社区", "常住人口", "", "户数"], ["", "男", "合计", ""]),
        *DATA,
        *(["社区", "常住人口", "", "户数"], ["", "男", "合计", ""]),
        *DATA,
    ]
    assert [(found.first, found.last) for found in headings(two_rows)] == [(0, 1), (4, 5)]
    assert [(found.first, found.last) for found in headings(two_rows, searched=3)] == [(0, 1), (4, 5)]


def test_where_nothing_is_known_the_first_row_is_the_heading() -> None:
    assert one([["", ""], ["甲乙", "丙丁"], ["子", "丑"]]) == (1, 1, ["甲乙", "丙丁"])
    rows = [["甲乙", "丙丁", ""], ["", "子", "丑"], ["寅", "1", "2"]]
    assert one(rows) == (0, 1, ["甲乙", "丙丁/子", "丙丁/丑"])


def test_a_row_with_numbers_is_no_heading() -> None:
    assert one([["社区", "12", "户数"], ["社区", "常住人口", "户数"], *DATA])[0] == 1


# what a path means


def claim(field: str, factor: float = 1.0, unit: str = "") -> FieldClaim:
    return FieldClaim(field=field, factor=factor, is_weak=False, unit=unit)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("常住人口", claim("people")),
        ("常住人口/合计", claim("people")),
        ("常住人口/总数/合计", claim("people")),
        ("合计/常住人口", claim("people")),
        ("常住人口合计", claim("people")),
        ("合计常住人口", claim("people")),
        ("常住人口/男", None),
        ("男/常住人口", None),
        ("60岁以上/人数", None),
        ("60岁以上/常住人口", None),
        ("人口情况/常住人口", claim("people")),
        ("基本情况/户数", claim("households")),
        ("其他/户数", None),
        ("2020/常住人口", claim("people")),
        ("常住人口/2020年", claim("people")),
        ("2023年（年末）/常住人口", claim("people")),
        ("常住人口（万人）", claim("people", 1e4, "万人")),
        ("常住人口（万人）/合计", claim("people", 1e4, "万人")),
        ("人口情况（万人）/常住人口", claim("people", 1e4, "万人")),
        ("常住人口/万人", claim("people", 1e4, "万人")),
        ("常住人口/（万人）", claim("people", 1e4, "万人")),
        ("常住人口/单位：万人", claim("people", 1e4, "万人")),
        ("常住人口/合计/（万人）", claim("people", 1e4, "万人")),
        ("合计", None),
        ("负责人", None),
        ("基本情况/社区", claim("community")),
    ],
)
def test_what_a_path_means(path: str, expected: FieldClaim | None) -> None:
    assert match_path(tuple(path.split("/")), WORDS) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("建筑面积/合计", claim("floor_area_m2")),
        ("建筑面积（万平方米）/合计", claim("floor_area_m2", 1e4, "万平方米")),
        ("建筑面积/地下", None),
        ("建筑/面积", claim("floor_area_m2")),
        ("建筑/面积/（公顷）", claim("floor_area_m2", 1e4, "公顷")),
    ],
)
def test_what_a_path_of_floor_area_means(path: str, expected: FieldClaim | None) -> None:
    assert match_path(tuple(path.split("/")), AREAS) == expected


def test_names_of_a_path() -> None:
    path = ("常住人口", "合计")
    assert path_name(path) == "常住人口/合计"
    assert [is_called(path, name) for name in ("常住人口/合计", "常住人口合计", "合计", "常住人口")] == [
        *(True, True, False, False),
    ]


def test_how_many_fields_a_heading_names() -> None:
    def count(*paths: str, words: Vocabulary = WORDS) -> int:
        return count_known_names([tuple(path.split("/")) if path else () for path in paths], words)

    assert count("社区", "常住人口", "", "户数") == 3
    assert count("社区", "社区名称", "负责人") == 1
    # A group of which only parts are there still names its field.
    assert count("常住人口/男", "常住人口/女") == 1
    assert count("经度", "纬度") == 2
    own = Vocabulary.of("demand", FIELDS, {"people": "今年/实有"})
    assert [count("今年/实有", words=words) for words in (own, WORDS)] == [1, 0]


def test_parts_below_a_group() -> None:
    paths = {
        name: tuple(name.split("/"))
        for name in ("社区", "常住人口/男", "常住人口/合计", "情况/常住人口/女", "户数/空户", "常住人口")
    }
    assert find_parts("people", paths, WORDS) == ["常住人口/男", "情况/常住人口/女"]
    assert find_parts("households", paths, WORDS) == ["户数/空户"]
    assert find_parts("name", paths, WORDS) == []


def test_parts_of_a_place() -> None:
    assert place_part((), WORDS) is None
    assert place_part(("社区",), WORDS) is None
    lon = place_part(("经度",), WORDS)
    assert lon is not None
    assert place_part(("坐标", "经度"), WORDS) == lon
    assert place_part(("经", "度"), WORDS) == lon


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("（万人）", True),
        ("万人", True),
        ("单位：万人", True),
        ("平方米", True),
        ("㎡", True),
        ("m²", True),
        ("（m2）", True),
        ("万㎡", True),
        ("km²", True),
        ("公顷（万平方米）", True),
        ("公顷（男）", False),
        ("人口", False),
        ("合计", False),
        ("万人口", False),
        ("", False),
    ],
)
def test_cells_that_hold_nothing_but_a_unit(cell: str, expected: bool) -> None:  # noqa: FBT001 - a case of the table
    assert is_unit_cell(cell) is expected


@pytest.mark.parametrize("ending", sheets.ENDINGS)
@pytest.mark.parametrize(
    ("unit", "square_metres"), [("㎡", 300.0), ("（m²）", 300.0), ("万㎡", 3e6), ("平方米", 300.0), ("km2", 3e8)]
)
def test_a_row_of_units_spelled_as_signs_belongs_to_the_heading(
    tmp_path: Path, unit: str, square_metres: float, ending: str
) -> None:
    rows = [
        ["编号", "名称", "级别", "经度", "纬度", "建筑面积"],
        ["", "", "", "", "", unit],
        ["F1", "甲", "社区", 106.8, 39.6, 300],
        ["F2", "乙", "社区", 106.9, 39.7, 300],
    ]
    found = sheets.checked(sheets.write(tmp_path / f"x.{ending}", rows), FACILITIES)
    assert found["id"].tolist() == ["F1", "F2"]
    assert found["floor_area_m2"].tolist() == [square_metres] * 2
