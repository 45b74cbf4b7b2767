"""Each step by which the rows of a heading are found, by hand: groups, titles, bounds, names and years."""

from __future__ import annotations

import pytest

from planner.io.tables import heading_names, headings
from planner.io.tables.cells import Area
from planner.io.tables.columns import Vocabulary
from planner.io.tables.headings import Heading

WORDS = Vocabulary.of("demand", ("community", "people", "households", "name"), {})
ONE, WIDE = (0, 0), (1, 3)


@pytest.mark.parametrize(
    ("top", "spans", "below", "expected"),
    [
        (["社区", "常住人口", "", ""], [ONE, WIDE, WIDE, WIDE], ["名称", "男", "女", "合计"], True),
        (["社区", "常住人口", "", ""], [ONE, WIDE, WIDE, WIDE], ["名称", "男", "", "合计"], False),
        (["社区", "常住人口", "", ""], [ONE, WIDE, WIDE, WIDE], ["名称", "男", "女", ""], False),
        (["社区", "常住人口", "", ""], [ONE, WIDE, WIDE, WIDE], ["", "男", "女", "合计"], False),
        # One name is a title, as many names below as above are data, and names over single columns no groups.
        (["常住人口", "", ""], [(0, 2)] * 3, ["男", "女", "合计"], False),
        (["社区", "人口", "人口"], [ONE, (1, 2), (1, 2)], ["名称", "男", "女"], False),
        (["社区", "户数", ""], [ONE, (1, 1), None], ["名称", "空户", "x"], False),
        # A column without a name above belongs to no group.
        (["社区", "", "人口", ""], [ONE, None, (2, 3), (2, 3)], ["名称", "x", "男", "女"], True),
    ],
)
def test_a_row_that_names_groups(
    top: list[str],
    spans: list[tuple[int, int] | None],
    below: list[str],
    expected: bool,  # noqa: FBT001 - a case of the table
) -> None:
    assert headings._names_groups([top, below], 0, 0, spans) is expected
    # Only the first row of a heading does.
    assert headings._names_groups([["x"], top, below], 0, 1, spans) is False


def test_one_full_group_is_enough() -> None:
    rows = [["社区", "人口", "", "户数", ""], ["名称", "男", "", "合计", "空"]]
    spans = [(0, 0), (1, 2), (1, 2), (3, 4), (3, 4)]
    assert headings._names_groups(rows, 0, 0, spans)
    rows[1] = ["名称", "男", "", "合计", ""]
    assert not headings._names_groups(rows, 0, 0, spans)


LATER: list[Area] = [(4, 0, 4, 9)]
"""A merged cell farther down."""


@pytest.mark.parametrize(
    ("top", "below", "merged", "expected"),
    [
        (["统计", "", "", ""], ["社区", "甲", "乙", "户数"], [], True),
        (["统计", "人口", "", ""], ["社区", "甲", "乙", "户数"], [], False),
        (["", "人口", "", ""], ["社区", "男", "x", "户数"], [], False),
        (["", "人口", "", ""], ["社区", "x", "合计", "户数"], [], False),
        (["", "人口", "", ""], ["社区", "x", "y", "2020年"], [], False),
        (["", "人口", "", ""], ["合计", "x", "y", ""], [], True),
        (["统计", "", "", ""], ["社区", "甲", "乙", "户数"], [(1, 0, 1, 3)], True),
        (["统计", "", "", ""], ["社区", "甲", "乙", "户数"], [(1, 0, 1, 2)], False),
        (["统计", "", "", ""], ["社区", "甲", "乙", "户数"], [*LATER, (1, 0, 1, 2)], False),
        (["统计表", "", "", ""], ["社区", "甲", "乙", "户数"], [(1, 0, 1, 2)], True),
        (["", "情况", "", ""], ["社区", "甲", "乙", "户数"], [(1, 1, 1, 3)], False),
        (["", "情况表", "", ""], ["社区", "甲", "乙", "户数"], [(1, 1, 1, 3)], True),
        (["", "情况", "", ""], ["", "甲", "乙", "户数"], [(1, 1, 1, 3)], True),
        # Merged down only: no cell over several columns.
        (["统计", "", "", ""], ["社区", "甲", "乙", "户数"], [(0, 0, 2, 0)], True),
    ],
)
def test_a_title_is_no_group(
    top: list[str],
    below: list[str],
    merged: list[Area],
    expected: bool,  # noqa: FBT001
) -> None:
    """The row above is one of a title too; the names of the top row reach to the end."""
    start = next((column for column, cell in enumerate(top) if cell), 0)
    spans = [None] * start + [(start, 3)] * (4 - start)
    assert headings._is_title([["x"], top, below], 1, below, spans, merged) is expected


def test_where_a_row_above_begins_another_group() -> None:
    above = [["a", "", "b", ""], ["c", "", "", ""]]
    assert [headings._bounded(above, 0, 1, 0, column, []) for column in (1, 2, 3)] == [False, True, True]
    assert not headings._bounded(above, 1, 1, 0, 3, [])
    assert headings._bounded([["a", "b"], ["c", ""]], 0, 1, 0, 1, [])
    merged = [(0, 0, 0, 1)]
    alone = [["a", "", "", ""], ["c", "", "", ""]]
    assert [headings._bounded(alone, 0, 1, 0, column, merged) for column in (1, 2)] == [False, True]
    assert not headings._bounded(alone, 0, 1, 2, 3, merged)


def test_cells_merged_across() -> None:
    merged = [(0, 0, 0, 2), (1, 1, 3, 1), (0, 3, 0, 3)]
    cells = ((0, 0), (0, 2), (1, 0), (1, 1), (0, 3), (4, 1))
    assert [headings._reaches(row, column, merged) for row, column in cells] == [True, True, *([False] * 4)]
    assert headings._area(2, 1, merged) == (1, 1, 3, 1)
    assert [headings._area(*cell, merged) for cell in ((4, 1), (2, 0), (2, 2), (0, 4))] == [None] * 4
    assert headings._moved(merged, 1) == [(-1, 0, -1, 2), (0, 1, 2, 1), (-1, 3, -1, 3)]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("其中：男", True), ("男:18岁", True), ("单位：万人", True), ("填报日期：2023", False), ("x：男", False)],
)
def test_a_part_with_a_colon(cell: str, expected: bool) -> None:  # noqa: FBT001
    assert headings._is_part(cell) is expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (["社区", "常住人口"], True),
        (["", "社区", "", "甲"], True),
        (["甲", "乙", "社区"], True),
        (["甲", "乙", "丙", "社区"], False),
        (["经度", "甲"], True),
        (["社区"], False),
        (["1", "社区"], False),
        (["甲", "乙"], False),
    ],
)
def test_a_row_far_down_that_may_repeat_names(row: list[str], expected: bool) -> None:  # noqa: FBT001
    assert headings._may_name(row, WORDS) is expected


@pytest.mark.parametrize(
    ("score", "names", "expected"), [(2, 4, True), (2, 5, False), (1, 1, False), (3, 6, True), (3, 7, False)]
)
def test_a_further_heading_knows_two_and_half_of_its_names(
    score: int,
    names: int,
    expected: bool,  # noqa: FBT001
) -> None:
    assert headings._is_another(score, Heading(0, 0, (("x",),) * names + ((),) * 9)) is expected


@pytest.mark.parametrize(
    ("row", "plainly", "with_years"),
    [
        (["社区", "", "户数"], True, True),
        (["", ""], False, False),
        (["社区", "12"], False, False),
        (["", "2020", "2021"], False, True),
        (["x", "2022", "2021", "2020"], False, True),
        (["", "2020"], False, False),
        (["2020", "2022", "2021"], False, False),
        (["2020", "2020"], False, False),
        (["2020", "2021", "13"], False, False),
        (["2120", "2121"], False, False),
        (["填报日期：2023年12月"], False, False),
        (["其中：男", "女"], True, True),
        (["社区", "106.8137°E"], False, False),
    ],
)
def test_rows_of_names(row: list[str], plainly: bool, with_years: bool) -> None:  # noqa: FBT001
    assert headings._are_names(row) is plainly
    assert headings._are_names(row, years=True) is with_years


def test_a_name_stands_below_within_the_depth_of_a_heading() -> None:
    rows = [["a", "b"], ["", "c"], ["d", ""]]
    assert [headings._has_below(rows, 0, column) for column in (0, 1, 2)] == [True, True, False]
    assert not headings._has_below([["a"], ["1"], ["d"]], 0, 0), "a row of numbers ends the heading"
    for depth, expected in ((4, True), (5, False)):
        deep = [["a", "b"], *([["", "x"]] * (depth - 1)), ["d", "x"]]
        assert headings._has_below(deep, 0, 0) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("常住人口总计", "常住人口"),
        ("小计户数", "户数"),
        ("户数总数", "户数"),
        ("常住人口合计（万人）（2020年）", "常住人口(万人)(2020年)"),
        ("合计", ""),
        ("户数", ""),
    ],
)
def test_names_without_the_word_of_a_total(name: str, expected: str) -> None:
    assert heading_names._without_total(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(("人口情况", True), ("合计", True), ("2020年", True), ("常住人口", True), ("经度", True)),
        *(("60岁以上", False), ("流动人口情况", False), ("其他", False), ("（合计）", True)),
    ],
)
def test_names_that_leave_what_stands_below_whole(name: str, expected: bool) -> None:  # noqa: FBT001
    assert heading_names._is_neutral(name, WORDS) is expected


def test_runs_of_rows_that_make_one_heading() -> None:
    pair = [["社区", "常住人口", ""], ["", "男", "合计"]]
    data = [["东风", "1", "2"], ["西园", "3", "4"]]
    assert headings._chains([*pair, *data, *pair, *data], [], 99) == [(0, 1), (4, 5)]
    assert headings._chains([*pair, *data, *pair, *data], [], 0) == [(0, 1), (4, 5)]
    assert headings._chains([*data, *pair], [], 99) == [(2, 3)]
    assert headings._chains([["2020年", "常住人口", ""], *pair[1:]], [], 0) == []
    assert headings._chains(data, [], 99) == []
    assert headings._chains(pair[:1], [], 99) == []
    assert headings._chains([], [], 99) == []
