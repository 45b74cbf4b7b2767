"""Headings in Chinese and English: in one cell, or in a row each."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.messages.errors import DataError
from planner.schemas.tables import FACILITIES, PEOPLE_TABLE
from tests.sheets import ENDINGS, Rows, checked, keys, read, write

DATA = [["东风社区", 1000, "a"], ["西园社区", 2000, "b"]]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    "heading",
    [
        [["社区", "常住人口", "联系电话"], ["Community", "Resident population", "Telephone"]],
        [["社区", "常住人口", "联系电话"], ["Community", "Number of inhabitants in all", "Telephone"]],
        [["Community", "Population", "Telephone"], ["社区", "常住人口", "联系电话"]],
        [["社区 Community", "常住人口 Population", "联系电话 Telephone"]],
        [["Community/社区", "Population/常住人口", "Tel/电话"]],
        [["社区(Community)", "常住人口（Population）", "电话"]],
    ],
)
def test_both_languages_are_one_heading(tmp_path: Path, ending: str, heading: Rows) -> None:
    table = checked(write(tmp_path / f"p.{ending}", [*heading, *DATA]))
    assert list(table["community"]) == ["东风社区", "西园社区"]
    assert list(table["people"]) == [1000, 2000]


def test_units_and_lines_within_a_cell(tmp_path: Path) -> None:
    rows = [["社区\nCommunity", "常住人口（万人）\nPopulation (10,000 persons)"], ["东风社区", 0.1]]
    assert list(checked(write(tmp_path / "p.xlsx", rows))["people"]) == [1000]


def test_the_row_is_told(tmp_path: Path) -> None:
    rows = [["社区", "常住人口"], ["Community", "Population"], ["东风社区", 1000]]
    assert "row_translation" in keys(read(write(tmp_path / "p.csv", rows)))


def test_places_in_two_languages(tmp_path: Path) -> None:
    rows = [
        ["编号 ID", "名称 Name", "层级 Tier", "经度 Longitude", "纬度 Latitude"],
        ["C1", "东", "社区", 106.8, 39.65],
    ]
    table = checked(write(tmp_path / "c.csv", rows), FACILITIES)
    assert (table.geometry.x.iloc[0], table.geometry.y.iloc[0]) == (106.8, 39.65)


@pytest.mark.parametrize(
    "row",
    [["Dongfeng", "n/a"], ["Community", "Households"]],
    ids=["a name that is none of the heading's", "another meaning"],
)
def test_a_row_that_says_something_else_is_no_translation(tmp_path: Path, row: list[object]) -> None:
    rows = [["社区", "常住人口"], row, ["Xiyuan", 2000]]
    with pytest.raises(DataError):
        checked(write(tmp_path / "p.csv", rows), PEOPLE_TABLE)


def test_a_name_of_which_the_other_language_says_less_is_not_guessed(tmp_path: Path) -> None:
    rows = [["社区", "常住人口 Male"], ["东风社区", 480]]
    with pytest.raises(DataError, match="常住人口 Male"):
        checked(write(tmp_path / "p.csv", rows))
