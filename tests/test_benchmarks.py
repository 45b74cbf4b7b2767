"""The benchmarks compare like with like: on small streets, everyone who is here finds the same. No times."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT))

from benchmarks import nearest_facility, polygons, searching  # noqa: E402 - not a package of ours
from benchmarks.bars import BARS, verdicts  # noqa: E402
from benchmarks.bucket_queue import BucketQueue, has_compiler, metres_of  # noqa: E402
from benchmarks.document import Run, document  # noqa: E402
from benchmarks.graphs import matrix  # noqa: E402
from benchmarks.one_task import TASKS  # noqa: E402
from benchmarks.processes import run_python  # noqa: E402
from benchmarks.rounds import PLANNER, Contestant, Row, Setting, Table, measure, missing  # noqa: E402
from benchmarks.streets import REACH_M, grid, points_near, random_nodes, snapped_at_nodes  # noqa: E402
from planner.network.network import WalkingNetwork  # noqa: E402

QUICK = Setting(folder=None, quick=True, rounds=1)
MILLIMETRE = 1.0
needs_wait4 = pytest.mark.skipif(not hasattr(os, "wait4"), reason="memory is measured where POSIX is")
needs_compiler = pytest.mark.skipif(not has_compiler(), reason="no g++ here")


@pytest.fixture(scope="module")
def streets() -> WalkingNetwork:
    return grid(25)


def test_scipy_finds_what_the_planner_finds(streets: WalkingNetwork) -> None:
    sources = random_nodes(streets, 30, seed=1)
    ours = searching.planner_pairs(streets, snapped_at_nodes(streets, sources))
    theirs = searching.scipy_pairs(matrix(streets), sources, 7)
    assert searching.largest_difference_mm(ours, theirs) < MILLIMETRE


@needs_compiler
def test_the_reference_finds_what_the_planner_finds(streets: WalkingNetwork) -> None:
    sources = random_nodes(streets, 30, seed=1)
    ours = searching.planner_pairs(streets, snapped_at_nodes(streets, sources))
    queue = BucketQueue(streets)
    queue.room = 8
    assert searching.largest_difference_mm(ours, queue.search(sources, REACH_M).pairs()) < MILLIMETRE


@needs_compiler
def test_the_reference_finds_scipys_nearest_facility(streets: WalkingNetwork) -> None:
    facilities = random_nodes(streets, 5, seed=2)
    metres, _ = nearest_facility.scipy_nearest(matrix(streets), facilities)
    theirs = metres_of(BucketQueue(streets).nearest(facilities))
    assert nearest_facility.largest_difference_mm(metres, theirs) < MILLIMETRE


def test_the_planner_finds_scipys_nearest_facility(streets: WalkingNetwork) -> None:
    facilities = random_nodes(streets, 5, seed=2)
    metres, _ = nearest_facility.scipy_nearest(matrix(streets), facilities)
    every = snapped_at_nodes(streets, np.arange(len(streets.node_xy)))
    ours, _ = nearest_facility.planner_nearest(streets, snapped_at_nodes(streets, facilities), every)
    assert nearest_facility.largest_difference_mm(metres, ours) < MILLIMETRE


def test_the_planner_never_walks_farther_than_by_the_nearest_street(streets: WalkingNetwork) -> None:
    assigning = importlib.import_module("benchmarks.assigning")
    points = points_near(streets, 300, within_m=assigning.NEAR_M, seed=5)
    facilities = points_near(streets, 6, within_m=assigning.NEAR_M, seed=6)
    ours, _ = assigning.by_planner(streets, facilities, points)
    tree = shapely.STRtree(streets.segment_lines())
    theirs, _ = assigning.by_tree(streets, tree, matrix(streets), facilities, points)
    near = theirs <= REACH_M - 1
    assert near.sum() > 50
    assert (ours[near] <= theirs[near] + 1e-6).all()


def test_the_planners_polygons_are_geos_own(streets: WalkingNetwork) -> None:
    centres = polygons.stand_back(streets, random_nodes(streets, 4, seed=3))
    oracle = polygons.oracle_areas(streets, centres)
    areas = polygons.planner_areas(streets, centres).ravel()
    assert polygons.differences(oracle, areas).max() < 0.001


def test_a_pair_that_one_side_lacks_is_not_overlooked() -> None:
    one = (np.array([0, 0]), np.array([1, 2]), np.array([5.0, 7.0]))
    other = (np.array([0]), np.array([1]), np.array([5.0]))
    assert searching.largest_difference_mm(one, other) == np.inf
    assert searching.largest_difference_mm(other, one) == np.inf
    assert searching.largest_difference_mm(one, one) == 0


def test_rounds_take_turns() -> None:
    turns: list[str] = []
    contestants = [Contestant(name, lambda name=name: turns.append(name)) for name in "ABC"]
    rows = measure(contestants, 2)
    assert "".join(turns) == "ABC" * 3
    assert [len(row.seconds) for row in rows] == [2, 2, 2]


def test_a_ratio_is_taken_within_each_round() -> None:
    table = Table("t", "T", (Row(PLANNER, (1.0, 10.0, 1.0)), Row("peer", (3.0, 30.0, 4.0)), missing("absent")))
    assert table.ratio("peer") == 3.0
    assert table.ratio("absent") is None


def test_the_document_says_what_was_met_and_who_was_missing() -> None:
    rows = (Row(PLANNER, (1.0,)), Row("scipy", (20.0,)), missing("pandana"))
    table = Table.from_dict(json.loads(json.dumps(Table("search", "Search", rows, ("Mind this.",)).as_dict())))
    run = Run([table], {"cores": "2"}, "python -m benchmarks", "2030-01-01", 5, quick=False, image=None)
    text = document(run)
    assert "| Search | ≥ 15.0 × as fast as scipy | 20.0 × as fast as scipy | yes |" in text
    assert "| Search | ≥ 30.0 × as fast as pandana | not measured | – |" in text
    assert "| pandana |  |  |  | not installed |" in text
    assert "- Mind this." in text
    assert "2030-01-01, 5 rounds." in text


def test_a_bar_that_was_missed_is_said() -> None:
    table = Table("search", "Search", (Row(PLANNER, (1.0,)), Row("C++ bucket queue", (0.25,))))
    said = {one.bar: (one.measured, one.met) for one in verdicts({"search": table})}
    assert said["≤ 1.30 × the time of the C++ reference"] == ("4.00 × the time of the C++ reference", False)


@pytest.mark.parametrize("task", sorted(set(TASKS) - {"run", "large", "city"}))
def test_every_task_does_its_work(task: str, known_runs: None) -> None:
    del known_runs
    tables = importlib.import_module(f"benchmarks.{TASKS[task][0]}").tables(QUICK)
    assert tables
    assert all(table.row(PLANNER).seconds for table in tables)  # type: ignore[union-attr]


@pytest.mark.parametrize(("gap", "met"), [("0.0990%", True), ("0.4400%", False)])
def test_a_stopped_search_is_held_to_its_gap(gap: str, met: bool) -> None:  # noqa: FBT001 -- a case of the table
    table = Table("maximal_covering_city_10", "", (Row(PLANNER, (9.0,), {"gap": gap}),))
    assert [one.met for one in verdicts({"maximal_covering_city_10": table})] == [met]


def test_every_bar_speaks_of_a_table() -> None:
    assert {bar.table for bar in BARS} == {
        *("search", "search_250k", "search_1000k", "polygons", "polygons_two_threads", "assign"),
        *("nearest", "nearest_250k", "nearest_1000k", "whole_run", "large", "read"),
        *("diagnosis", "p_median", "maximal_covering", "maximal_covering_large", "set_covering", "programme"),
        *(f"maximal_covering_city_{minutes}" for minutes in (5, 10, 15)),
        *(
            f"p_median_{place}_{nodes}"
            for place in ("uniform", "junctions")
            for nodes in (1000, 2000, 5000, 10000)
        ),
    }


@needs_wait4
def test_a_process_tells_its_memory() -> None:
    finished = run_python(["-c", "held = bytearray(200_000_000); print(len(held))"])
    assert finished.output.strip() == "200000000"
    assert finished.peak_bytes > 200_000_000


@needs_wait4
def test_a_large_study_reaches_people() -> None:
    stages = json.loads(run_python(["-m", "benchmarks.large_study", "20", "400", "4"]).output)
    assert len(stages) == 4


def test_one_command_writes_the_document(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    command = importlib.import_module("benchmarks.__main__")
    code = command.main(["--quick", "--only", "nearest", "--rounds", "1", "--out", str(tmp_path / "b.md")])
    assert code == 0
    assert (tmp_path / "images" / "b.png").is_file()
    assert "Small sizes" in (tmp_path / "b.md").read_text("utf-8")
