"""Headings in Chinese and English: in one cell, or in a row each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from phrases import phrase

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


PARTS = [["东风社区", 1000, 480, 520], ["西园社区", 2000, 990, 1010]]
ZH = [["社区", "常住人口", "", ""], ["", "合计", "男", "女"]]
EN = [["Community", "Population", "", ""], ["", "Total", "Male", "Female"]]
GROUPS: dict[str, tuple[Rows, list[str]]] = {
    "row by row": ([ZH[0], EN[0], ZH[1], EN[1]], ["#2", "#4"]),
    "language by language": ([*ZH, *EN], ["#3", "#4"]),
    "english first": ([*EN, *ZH], ["#1", "#2"]),
    "groups in a cell, parts in rows": (
        [["社区 Community", "常住人口 Population", "", ""], ZH[1], EN[1]],
        ["#3"],
    ),
    "names repeated": (
        [["社区", *["常住人口"] * 3], ["社区", "合计", "男", "女"], ["Community", "Total", "Male", "Female"]],
        ["#3"],
    ),
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("heading", GROUPS.values(), ids=list(GROUPS))
def test_groups_in_two_languages_are_refused_by_their_cause_and_read_without_one(
    tmp_path: Path, ending: str, heading: tuple[Rows, list[str]]
) -> None:
    rows, named = heading
    with pytest.raises(DataError) as refused:
        checked(write(tmp_path / f"p.{ending}", [*rows, *PARTS]))
    (issue,) = refused.value.issues
    assert (issue.key, list(issue.rows)) == ("heading_two_languages", named)
    for language in ("en", "zh"):
        assert ", ".join(str(row) for row in range(1, len(rows) + 1)) in refused.value.in_words(language)
    # What the message says to do helps.
    left = [row for number, row in enumerate(rows, start=1) if f"#{number}" not in named]
    table = checked(write(tmp_path / f"q.{ending}", [*left, *PARTS]))
    assert list(table["people"]) == [1000, 2000]


def test_merged_groups_in_two_languages_below_a_title(tmp_path: Path) -> None:
    title = ["各社区常住人口统计表", "", "", ""]
    rows = [title, ZH[0], EN[0], ZH[1], EN[1], *PARTS]
    file = write(tmp_path / "p.xlsx", rows, merged=[(0, 0, 0, 3), (1, 1, 1, 3), (2, 1, 2, 3)])
    with pytest.raises(DataError) as refused:
        checked(file)
    assert [(one.key, list(one.rows)) for one in refused.value.issues] == [("heading_two_languages", ["#3", "#5"])]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("total", ["合计 Total", "Total/合计", "总计(Total)"])
def test_groups_with_both_languages_in_each_cell_are_read(tmp_path: Path, ending: str, total: str) -> None:
    rows = [
        ["社区 Community", "常住人口 Population", "", ""],
        ["", total, "男 Male", "女 Female"],
        *PARTS,
    ]
    assert list(checked(write(tmp_path / f"p.{ending}", rows))["people"]) == [1000, 2000]


def test_groups_of_two_columns(tmp_path: Path) -> None:
    """As many names in the row of groups as in the row of parts."""
    rows = [["社区", "人口", ""], ["", "合计", "男"], ["", "Total", "Male"], ["东风", 9, 4]]
    with pytest.raises(DataError, match=re.escape(phrase("errors.heading_two_languages", rows="1, 2, 3"))):
        checked(write(tmp_path / "p.csv", rows))


def test_an_unclear_heading_in_one_language_is_not_blamed_on_two(tmp_path: Path) -> None:
    """Data in Latin letters below a Chinese heading is no second language of it."""
    rows = [["社区", "常住人口"], ["合计", "n/a"], ["Xiyuan", 2000]]
    with pytest.raises(DataError) as refused:
        checked(write(tmp_path / "p.csv", rows))
    assert "heading_two_languages" not in {one.key for one in refused.value.issues}
