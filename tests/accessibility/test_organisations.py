"""Organisations and their stations: brute force and a flow of networkx as oracles; a city by hand."""

from __future__ import annotations

import itertools
from pathlib import Path

import geopandas as gpd
import life_circle
import networkx as nx
import numpy as np
import openpyxl
import pytest
import shapely
import toy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from phrases import phrase

import planner
from planner.accessibility.organisations import PER_MINUTE, Assignment, assign
from planner.messages.errors import DataError
from planner.reporting.document.build import build_document
from planner.results import Plan

WALKS = st.sampled_from([1.0, 2.0, 2.5, 4.0, 9.75, np.inf])


def best_by_trying(walks: np.ndarray, most: int | None) -> tuple[int, float]:
    """Return the most that can be served, and the least walk with so many, by trying all assignments."""
    count, stations = walks.shape
    best = (0, 0.0)
    for choice in itertools.product(range(-1, stations), repeat=count):
        taken = [one for one in choice if one >= 0]
        if most is not None and any(taken.count(one) > most for one in set(taken)):
            continue
        walk = sum(walks[row, one] for row, one in enumerate(choice) if one >= 0)
        if np.isfinite(walk) and (-len(taken), walk) < (-best[0], best[1]):
            best = (len(taken), float(walk))
    return best


def assert_sound(found: Assignment, walks: np.ndarray, most: int | None) -> None:
    """Check that nobody walks too far, no station is too full, and the sums are those of the assignment."""
    served = np.flatnonzero(found.station >= 0)
    own = walks[served, found.station[served]]
    assert np.isfinite(own).all()
    assert found.served == len(served)
    assert found.walk_min == pytest.approx(own.sum())
    assert most is None or np.bincount(found.station[served], minlength=1).max() <= most


@given(
    arrays(float, st.tuples(st.integers(0, 5), st.integers(0, 3)), elements=WALKS), st.sampled_from([1, 2, None])
)
def test_no_assignment_is_better_by_brute_force(walks: np.ndarray, most: int | None) -> None:
    found = assign(walks, most)
    assert_sound(found, walks, most)
    assert (found.served, found.walk_min) == best_by_trying(walks, most)
    assert (found.served_bound, found.walk_bound_min, found.status) == (found.served, found.walk_min, "optimal")


@pytest.mark.parametrize("seed", range(4))
def test_a_flow_of_networkx_serves_as_many_with_as_little_walking(seed: int) -> None:
    rng = np.random.default_rng(seed)
    walks = np.where(rng.random((60, 7)) < 0.4, np.round(rng.uniform(0.1, 15, (60, 7)), 3), np.inf)
    most = 6
    flow = nx.DiGraph()
    for row, column in zip(*np.nonzero(np.isfinite(walks)), strict=True):
        flow.add_edge(("o", row), ("s", column), capacity=1, weight=round(walks[row, column] * 1000))
    flow.add_edges_from([("source", ("o", row), {"capacity": 1}) for row in range(60) if ("o", row) in flow])
    flow.add_edges_from([(("s", one), "sink", {"capacity": most}) for one in range(7) if ("s", one) in flow])
    carried = nx.max_flow_min_cost(flow, "source", "sink")
    found = assign(walks, most)
    assert_sound(found, walks, most)
    assert found.served == sum(carried["source"].values())
    assert found.walk_min == pytest.approx(nx.cost_of_flow(flow, carried) / 1000)
    assert found.status == "optimal"


@given(arrays(float, (6, 3), elements=WALKS), st.permutations(range(6)))
def test_more_room_never_serves_fewer_and_the_order_of_rows_changes_no_sum(
    walks: np.ndarray, order: list[int]
) -> None:
    one, two = assign(walks, 1), assign(walks, 2)
    assert one.served <= two.served
    turned = assign(walks[order], 2)
    assert (turned.served, turned.walk_min) == (two.served, two.walk_min)


def test_walks_are_compared_in_whole_millionths_of_a_minute() -> None:
    walks = np.array([[1.0, 1.0 + 1 / PER_MINUTE], [1.0, 1.0]])
    assert assign(walks, 1).station.tolist() == [0, 1]


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return planner.run(life_circle.write_study(tmp_path_factory.mktemp("organisations"), life_circle.SEED))


def test_a_city_by_hand(plan: Plan) -> None:
    """O1, O2 and O3 are near C1, which serves two: the nearest two."""
    found = plan.organisations
    assert found is not None
    table = found.table.set_index("id")
    assert table["station"].to_dict() == {"O1": "C1", "O2": "C1", "O3": "", "O4": "S1", "O5": ""}
    assert table["reason"].to_dict() == {"O1": "", "O2": "", "O3": "full", "O4": "", "O5": "nothing_near"}
    assert table["nearest"].tolist() == ["C1", "C1", "C1", "S1", "S1"]
    assert table["nearest_min"]["O5"] == pytest.approx(400 / 60, abs=0.4)
    assert (found.assignment.served, found.assignment.served_bound, found.assignment.status) == (3, 3, "optimal")
    assert found.stations.set_index("station")["organisations"].to_dict() == {"C1": 2, "S1": 1}
    assert found.stations["spare"].tolist() == [0.0, 1.0]
    kinds = found.kinds.set_index("kind")
    assert kinds.loc["society", ["served", "full", "nothing_near"]].tolist() == [0, 1, 1]
    assert kinds.loc["enterprise", ["members", "members_served"]].tolist() == [10.0, 10.0]


def test_the_products_list_who_belongs_where(plan: Plan, tmp_path: Path) -> None:
    planner.write(plan, tmp_path, products=["report", "tables", "gpkg"])
    content = build_document(plan)["organisations"]
    assert [(one["id"], one["station_name"]) for one in content["assigned"]][:2] == [
        ("O1", "West centre"),
        ("O2", "West centre"),
    ]
    assert (content["served"], content["most"], content["tiers"]) == (3, 2, ["station", "community"])
    page = (tmp_path / "report.html").read_text("utf-8")
    assert phrase("report.section_organisations") in page
    assert phrase("organisations.reason_full") in page
    sheet = openpyxl.load_workbook(tmp_path / "tables.xlsx")[phrase("report.sheet_organisations")]
    assert sheet.max_row == 1 + 5
    layer = gpd.read_file(tmp_path / "results.gpkg", layer="organisations")
    assert layer["station"].fillna("").tolist() == plan.organisations.table["station"].tolist()


def test_a_study_without_them_has_nothing_of_them(toy_plan: Plan) -> None:
    document = build_document(toy_plan)
    assert toy_plan.organisations is None
    assert not {"organisations", "belts"} & set(document)
    assert not {"organisations", "belts"} & set(document["study"])


def test_without_a_station_everything_is_left(tmp_path: Path) -> None:
    study = life_circle.SEED.replace('tiers = ["station", "community"]', 'tiers = ["town"]')
    found = planner.run(life_circle.write_study(tmp_path, study)).organisations
    assert set(found.table["reason"]) == {"nothing_near"}
    assert (found.assignment.served_bound, found.assignment.status) == (0, "optimal")
    assert found.stations.empty
    assert [(one.key, one.rows) for one in found.notices] == [("organisation_no_station", ("town",))]


def test_members_that_are_not_known_are_not_none_and_nobody_served_are_none(tmp_path: Path) -> None:
    layers = life_circle.layers()
    layers["organisations"] = life_circle.organisations().assign(members=[None, None, 5.0, 7.0, 2.0])
    plan = planner.run(toy.write_study(tmp_path, changed=layers, study=life_circle.SEED))
    members = plan.organisations.stations.set_index("station")["members"]
    assert np.isnan(members["C1"])
    assert members["S1"] == 7.0
    served = plan.organisations.kinds.set_index("kind")["members_served"]
    assert served.to_dict() == {"enterprise": 7.0, "society": 0.0}
    rows = build_document(plan)["organisations"]["stations"]
    assert [row["members"] for row in rows] == [None, 7.0]
    planner.write(plan, tmp_path / "out", products=["report", "tables", "map"])


def test_members_that_are_no_number_are_told_with_their_row(tmp_path: Path) -> None:
    layers = life_circle.layers()
    layers["organisations"] = life_circle.organisations().assign(members=["3", "many", "", "7", "2"])
    study = toy.write_study(tmp_path, changed=layers, study=life_circle.SEED)
    with pytest.raises(DataError, match=r"O2|many"):
        planner.run(study)


def test_one_off_every_street_is_told(tmp_path: Path) -> None:
    layers = life_circle.layers()
    apart = life_circle.organisations()
    apart.loc[4, "geometry"] = shapely.Point(*(toy.ORIGIN + np.array([700.0, 100.0])))
    layers["organisations"] = apart
    plan = planner.run(toy.write_study(tmp_path, changed=layers, study=life_circle.SEED))
    (notice,) = [one for one in plan.notices if one.key == "organisation_no_street"]
    assert notice.rows == ("O5",)
    assert plan.organisations.table.set_index("id")["reason"]["O5"] == "nothing_near"
