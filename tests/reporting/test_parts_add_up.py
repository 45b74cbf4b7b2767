"""Parts add up to the total that stands below them, and a figure is the same in every product."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import openpyxl
import pytest
import shapely
import toy
from changing import frame
from hypothesis import given
from markupsafe import Markup

import planner
from planner.messages.catalogue import Texts
from planner.reporting.document.build import build_document
from planner.reporting.report.area_report import build_area_report
from planner.reporting.report.blocks import Cell, Table
from planner.reporting.report.build import build_report
from planner.reporting.rounding import round_count, round_parts
from planner.results import Plan

PARTS = st.lists(st.floats(0, 500, allow_nan=False), min_size=1, max_size=20)


@given(PARTS)
def test_parts_add_up_and_none_is_off_by_one(parts: list[float]) -> None:
    shown = round_parts(parts, round_count(sum(parts)))
    assert sum(shown) == round_count(sum(parts))
    assert all(abs(one - part) < 1 + 1e-6 for one, part in zip(shown, parts, strict=True))


@given(st.lists(st.tuples(st.floats(0, 99), st.floats(0, 1)), min_size=1, max_size=12))
def test_who_is_served_is_never_more_than_who_lives_there(rows: list[tuple[float, float]]) -> None:
    people = [one for one, _ in rows]
    covered = [one * share for one, share in rows]
    lives = round_parts(people, round_count(sum(people)))
    served = round_parts(covered, min(round_count(sum(covered)), sum(lives)), most=lives)
    assert sum(served) == min(round_count(sum(covered)), sum(lives))
    assert all(0 <= one <= other for one, other in zip(served, lives, strict=True))


def test_a_cap_moves_what_is_over_to_the_next_and_never_breaks() -> None:
    assert round_parts([2.6, 2.5, 2.4], 8, most=[2, 9, 9]) == [2, 3, 3]
    assert round_parts([0.9, 0.9], 2, most=[0, 1]) == [0, 1]  # more than may stand anywhere: what fits
    assert round_parts([1.2, 1.1], most=[5, 5]) == round_parts([1.2, 1.1]) == [1, 1]
    assert round_parts([], 3, most=[]) == []


@pytest.fixture(scope="module")
def fractions(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Return a town of six communities in two streets whose people are fractions."""
    folder = tmp_path_factory.mktemp("fractions")
    boxes = [shapely.box(200 * n, 0, 200 * n + 200, 400) for n in range(6)]
    rng = np.random.default_rng(7)
    spots = [(x + 1, y) for x in range(0, 1200, 50) for y in (0, 200, 400) if 0 < y < 400 or x % 100]
    layers = {
        "communities": frame(
            {
                "id": list("ABCDEF"),
                "name": [f"Community {one}" for one in "ABCDEF"],
                "subdistrict": ["North"] * 3 + ["South"] * 3,
                "kind": ["community"] * 6,
                "households": [10.0] * 6,
            },
            boxes,
        ),
        "centres": toy.layers()["centres"].assign(community=["B", None]),
        "streets": frame(
            {"name": [f"S{n}" for n in range(10)]},
            [
                *(shapely.LineString([(0, y), (1200, y)]) for y in (0, 200, 400)),
                *(shapely.LineString([(x, 0), (x, 400)]) for x in range(0, 1300, 200)),
            ],
        ),
        "people": frame(
            {"id": [f"P{n}" for n in range(len(spots))], "people": (rng.random(len(spots)) * 9).round(3)},
            [shapely.Point(spot) for spot in spots],
        ),
    }
    return planner.run(toy.write_study(folder, changed=layers))


def cell(value: Cell | str) -> str:
    return value if isinstance(value, str) else value.text


def number(text: str) -> Decimal | None:
    plain = text.replace(",", "")
    return Decimal(plain) if re.fullmatch(r"-?\d+(\.\d+)?", plain) else None


def check_totals(blocks: list[object]) -> int:
    """Add up every column of counts above every total row; return how many columns there were."""
    checked = 0
    for block in blocks:
        if not isinstance(block, Table) or not block.totals:
            continue
        rows, total = block.rows[: -block.totals], block.rows[-1]
        for place in range(len(block.words), len(total)):
            stands = number(cell(total[place]))
            parts = [number(cell(row[place])) for row in rows]
            if stands is None or "%" in cell(total[place]):
                continue
            assert sum(part for part in parts if part is not None) == stands, (block.caption, place)
            checked += 1
    return checked


def blocks_of(plan: Plan, wanted: str = "") -> list[object]:
    content = build_document(plan)
    report = build_area_report(plan, content, wanted) if wanted else build_report(plan, content)
    memo = [report.memo] if report.memo else []
    return [block for section in (*memo, *report.sections) for block in section.blocks]


def test_every_total_of_the_report_is_the_sum_of_its_column(
    fractions: Plan, toy_plan: Plan, haibowan_plan: Plan, helsinki_plan: Plan
) -> None:
    for plan in (fractions, toy_plan, haibowan_plan, helsinki_plan):
        assert check_totals(blocks_of(plan)) >= 6
    assert check_totals(blocks_of(fractions, "North")) >= 3


def test_a_figure_is_the_same_in_every_product(fractions: Plan, tmp_path: Path) -> None:
    planner.write(fractions, tmp_path)
    content = json.loads((tmp_path / "plan.json").read_text("utf-8"))
    rows = {row["community"]: row for row in content["coverage"]["by_community"] if row["limit_min"] == 5.0}
    total = next(row for row in content["coverage"]["total"] if row["limit_min"] == 5.0)
    shown = total["shown"]
    assert sum(row["shown"]["people"] for row in rows.values()) == shown["people"]
    assert sum(row["shown"]["people_covered"] for row in rows.values()) == shown["people_covered"]
    uncovered = shown["people"] - shown["people_covered"]
    page = (tmp_path / "map.html").read_text("utf-8")
    assert f"<b>{uncovered}</b>" in re.search(r'<div class="figure" data-figure="people_uncovered".*', page)[0]  # type: ignore[index]
    assert f"{shown['people_covered']} of {shown['people']} people" in page
    report = (tmp_path / "report.html").read_text("utf-8")
    assert f"<b>{uncovered}</b>" in report
    book = openpyxl.load_workbook(tmp_path / "tables.xlsx")
    by_name = {sheet.title: list(sheet.iter_rows(min_row=2, values_only=True)) for sheet in book}
    # Below the communities stands their total.
    assert by_name["Communities"].pop()[3] == shown["people"]
    for line in by_name["Communities"]:
        row = rows[str(line[0])]
        assert line[3] == row["shown"]["people"]
        assert line[7] == row["shown"]["people"] - row["shown"]["people_covered"]
        card = f"{row['name']}</b><br>{Markup('People')} {row['shown']['people']} "
        assert card in page or f"{row['shown']['people']}" in page
    assert by_name["Coverage"][0][2:4] == (shown["people_covered"], uncovered)
    street = sum(row["shown"]["people"] for row in rows.values() if row["subdistrict"] == "North")
    tables = {block.caption: block for block in blocks_of(fractions) if isinstance(block, Table)}
    fair = tables[Texts("en")("report.fairness_streets_table")]
    assert {cell(row[0]): cell(row[1]) for row in fair.rows}["North"] == f"{street:,}"
