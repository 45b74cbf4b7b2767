"""Points of few people are drawn in their square, listed together; figures stay those of the true places."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pytest
import shapely
import toy
from page_script import computed

import planner
from planner.reporting.document.build import build_document
from planner.reporting.small_counts import SQUARE_M, displayed_positions, is_small_count, spread_over_squares
from planner.results import Plan


def households(folder: Path, more: str = "", **demand: object) -> Plan:
    """Every second point is a household of 3, far in the east uncovered; the others have 20 people."""
    people = toy.layers()["people"]
    counts = [3.0 if row % 2 else 20.0 for row in range(len(people))]
    extra = "".join(f"{name} = {str(value).lower()}\n" for name, value in demand.items())
    study = toy.STUDY.replace('layer = "people"\n', f'layer = "people"\n{extra}') + more
    return planner.run(toy.write_study(folder, changed={"people": people.assign(people=counts)}, study=study))


def test_a_household_is_not_drawn_at_its_door(tmp_path: Path) -> None:
    plan = households(tmp_path)
    demand = plan.inputs.demand
    small = is_small_count(demand, plan)
    assert small.sum() == (demand["people"] == 3).sum() > 10
    drawn = displayed_positions(demand, plan)
    moved = drawn.distance(demand.geometry)
    assert (moved[~small] == 0).all()
    assert (moved[small] > 0.5).mean() > 0.9
    squares = [np.floor(shapely.get_coordinates(one.geometry.array) / SQUARE_M) for one in (drawn, demand)]
    assert (squares[0] == squares[1]).all()


def test_where_a_household_is_drawn_tells_nothing_of_its_place_in_the_square() -> None:
    rng = np.random.default_rng(3)
    one, other = rng.random((40, 2)) * 100, rng.random((40, 2)) * 100
    assert (spread_over_squares(one) == spread_over_squares(other)).all()
    assert len(np.unique(spread_over_squares(one), axis=0)) == 40
    assert spread_over_squares(np.zeros((0, 2))).shape == (0, 2)


def test_figures_of_the_page_are_those_of_the_true_places(tmp_path: Path) -> None:
    plan = households(tmp_path)
    covered = computed(plan, "return model.figures(model.choose()).covered")
    assert covered == plan.coverage.total["people_covered"].tolist()
    shown = computed(plan, "return model.figures(model.choose([0], [])).peopleCovered")
    closed = plan.times.of_facilities(np.array([False, True]))
    reached = closed.count_within(5.0) > 0
    assert shown == plan.inputs.demand["people"].to_numpy()[reached].sum()


def test_tables_list_households_together(tmp_path: Path) -> None:
    plan = households(tmp_path / "toy")
    planner.write(plan, tmp_path / "out")
    sheet = openpyxl.load_workbook(tmp_path / "out" / "tables.xlsx")["Uncovered points"]
    rows = list(sheet.iter_rows(values_only=True))
    alone = [row for row in rows[1:] if row[3] is not None]
    together = [row for row in rows[1:] if row[3] is None]
    assert {row[2] for row in alone} == {20.0}
    assert all("points of fewer than 5 people" in str(row[0]) for row in together)
    assert sum(row[2] for row in rows[1:]) == plan.coverage.uncovered["people"].sum()


@pytest.mark.parametrize(("more", "demand"), [("[demand]\nleast_shown = 0\n", {}), ("", {"modelled": True})])
def test_all_are_shown_where_the_study_allows_or_nobody_lives_there(
    tmp_path: Path, more: str, demand: dict[str, object]
) -> None:
    plan = households(tmp_path, more, **demand)
    assert not is_small_count(plan.inputs.demand, plan).any()
    assert (displayed_positions(plan.inputs.demand, plan).distance(plan.inputs.demand.geometry) == 0).all()
    keys = {notice["key"] for notice in build_document(plan)["notices"]}
    assert ("small_counts_shown" in keys) == (not demand)
    assert "small_counts" not in keys


def test_the_number_is_the_studys(tmp_path: Path) -> None:
    plan = households(tmp_path, "[demand]\nleast_shown = 21\n")
    assert is_small_count(plan.inputs.demand, plan).all()
    notice = next(one for one in build_document(plan)["notices"] if one["key"] == "small_counts")
    assert f"fewer than 21 people: {len(plan.inputs.demand)}." in notice["en"]
