"""Rows of totals are compared with the rows that they sum, where it is clear which those are."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.config.sections.layers import Layer
from planner.io.grid_layers import grid_to_layer
from planner.io.layer_read import LayerRequest
from planner.io.tables.cells import CellGrid
from planner.schemas.tables import PEOPLE_TABLE

HEADING = ("社区名称", "常住人口")


def differing(*rows: tuple[str, ...], heading: tuple[str, ...] = HEADING) -> list[tuple[str, str, str]]:
    """Return the row, total and sum of each notice on a table of people."""
    request = LayerRequest(Layer(path=Path("p.xlsx")), "inputs.people_table", PEOPLE_TABLE, None, ())
    read = grid_to_layer(Path("p.xlsx"), CellGrid((heading, *rows)), request)
    found = [one for one in read.notices if one.key == "total_differs"]
    return [(one.rows[0], str(one.values["total"]), str(one.values["sum"])) for one in found]


A, B, C, D = ("甲村社区", "100"), ("乙村社区", "200"), ("丙村社区", "300"), ("丁村社区", "400")


def test_a_total_of_whole_people_is_exact() -> None:
    assert differing(A, B, C, ("合计", "600")) == []
    assert differing(A, B, C, ("合计", "601")) == [("5", "601", "600")]
    assert differing(("总计", "601"), A, B, C) == [("2", "601", "600")]


def test_subtotals_below_and_above_their_rows() -> None:
    right = (A, B, ("小计", "300"), C, D, ("小计", "700"), ("合计", "1000"))
    assert differing(*right) == []
    assert differing(*right[:5], ("小计", "701"), ("合计", "1000")) == [("7", "701", "700")]
    above = (("合计", "1000"), ("东街道小计", "300"), A, B, ("西街道小计", "700"), C, D)
    assert differing(*above) == []
    assert differing(*above[:4], ("西街道小计", "70"), C, D) == [("6", "70", "700")]


def test_totals_of_blocks_and_a_total_of_all() -> None:
    assert differing(A, B, ("合计", "300"), C, D, ("合计", "700"), ("总计", "1000")) == []
    assert differing(A, B, ("合计", "300"), C, D, ("合计", "800"), ("总计", "1000")) == [("7", "800", "700")]


def test_a_subtotal_of_subtotals_and_an_average_are_not_compared() -> None:
    assert differing(A, B, ("小计", "300"), ("街道小计", "1"), C, ("小计", "300"), ("平均", "7")) == []


@pytest.mark.parametrize(("total", "differs"), [("0.06", 0), ("0.07", 0), ("0.09", 1)])
def test_rounded_figures_may_differ_by_their_rounding(total: str, differs: int) -> None:
    rows = (("甲村社区", "0.01"), ("乙村社区", "0.02"), ("丙村社区", "0.03"), ("合计", total))
    # Three rows and the total, each within half of 0.01 of 10,000 people: 200 people.
    assert len(differing(*rows, heading=("社区名称", "常住人口（万人）"))) == differs


def test_a_total_without_a_number_is_not_compared() -> None:
    assert differing(A, B, ("合计", "")) == []
    assert differing(A, B, ("合计", "见附表")) == []
