"""The planner's second opinions: they agree where the planner is right, and speak up where it is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
import toy
from phrases import phrase

import planner
from planner.accessibility.access_data import AccessData
from planner.commands.main import main
from planner.config.study import read_study
from planner.evaluation.validation.cross_checks import compare_with_overlay, verify
from planner.prepare import PreparedStudy, prepare
from planner.reporting.document.build import build_document

ROOT = Path(__file__).parent.parent.parent


def access(file: Path) -> tuple[AccessData, PreparedStudy]:
    ready = prepare(read_study(file))
    return ready.assemble_access(ready.compute_times(), ready.compute_service_areas()), ready


@pytest.fixture(scope="module")
def helsinki() -> tuple[AccessData, PreparedStudy]:
    return access(ROOT / "data" / "helsinki" / "study.toml")


def test_overlay_agrees_beyond_the_drawn_border(
    toy_plan: planner.Plan, haibowan_plan: planner.Plan, helsinki: tuple[AccessData, PreparedStudy]
) -> None:
    for rows in (toy_plan.overlay, haibowan_plan.overlay, compare_with_overlay(helsinki[0])):
        assert (rows["pairs"] > 0).all()
        assert rows["differing_beyond"].tolist() == [0] * len(rows)
        assert rows["differing_share"].tolist() == [0.0] * len(rows)


def test_overlay_tells_a_wrong_area_and_a_wrong_time(tmp_path: Path) -> None:
    right, _ = access(toy.write_study(tmp_path))
    assert right.areas is not None
    grown = right.areas.copy()
    grown[0, 0] = shapely.buffer(grown[0, 0], 150.0)
    assert compare_with_overlay(replace(right, areas=grown))["differing_beyond"].iloc[0] > 0
    emptied = right.areas.copy()
    emptied[0, 0] = shapely.Polygon()
    row = compare_with_overlay(replace(right, areas=emptied)).iloc[0]
    assert row["differing_beyond"] > 0
    assert row["people_by_overlay"] < row["people_by_time"]
    slower = replace(right, times=replace(right.times, minutes=right.times.minutes * 2.0))
    assert compare_with_overlay(slower)["differing_beyond"].iloc[0] > 0


def test_networkx_finds_the_same_walks(toy_study: Path, helsinki: tuple[AccessData, PreparedStudy]) -> None:
    for one, ready in (access(toy_study), helsinki):
        again = verify(one, ready.walk_environment(), seed=3)
        assert again.points == min(100, len(one.demand))
        assert again.pairs > again.points / 2
        assert again.differing == 0
        assert again.largest_min < 1e-6


def test_networkx_tells_wrong_walks(toy_study: Path) -> None:
    right, ready = access(toy_study)
    times = right.times
    late = replace(right, times=replace(times, minutes=times.minutes + 0.01))
    again = verify(late, ready.walk_environment(), seed=3)
    assert again.differing == again.pairs > 0
    assert again.largest_min == pytest.approx(0.01, abs=1e-6)
    keep = np.arange(len(times.minutes)) != np.argmin(times.minutes)
    lost = replace(times, facility=times.facility[keep], demand=times.demand[keep], minutes=times.minutes[keep])
    again = verify(replace(right, times=lost), ready.walk_environment(), seed=3)
    assert again.differing == 1
    assert np.isinf(again.largest_min)


def test_run_verify_says_so_in_the_products(toy_study: Path, tmp_path: Path, toy_plan: planner.Plan) -> None:
    assert build_document(toy_plan)["checks"]["verification"] is None
    assert main(["run", str(toy_study), "--out", str(tmp_path / "out"), "--verify"]) == 0
    report = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert phrase("report.verification_agrees", differing="0") in report
