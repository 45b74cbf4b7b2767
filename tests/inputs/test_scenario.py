"""Scenario files: carried out as they say, or refused with every reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import toy
from phrases import phrase

import planner
from planner.commands.main import main
from planner.config.study import read_study
from planner.inputs.scenario import read_scenario
from planner.messages.errors import StudyError
from planner.reporting.document.build import build_document

EAST, NORTH = toy.ORIGIN


def scenario(**changed: object) -> dict[str, object]:
    site = {"id": "N1", "x": EAST + 400.0, "y": NORTH + 200.0}
    whole = {
        "format": "planner.scenario/1",
        "study": "Toy city",
        "crs": toy.CRS,
        "closed": ["S1"],
        "sites": [site],
    }
    return whole | changed


def written(folder: Path, content: object) -> Path:
    file = folder / "picked.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return file


def test_a_scenario_is_carried_out(toy_study: Path, tmp_path: Path) -> None:
    """The station at (800, 400) closes; one opens on the corner (400, 200), 300 m from each corner beside it."""
    plan = planner.run(toy_study, scenario=written(tmp_path, scenario()))
    facilities = plan.inputs.facilities
    assert facilities["id"].tolist() == ["C1", "N1"]
    assert facilities["tier"].tolist() == ["community", "station"]
    # On the border of both: the lower id.
    assert facilities["community"].tolist() == ["W", "E"]
    assert facilities["name"].tolist() == ["West centre", "New station N1"]
    times = plan.times
    reached = set(times.demand[times.minutes <= 5 + 1e-6])
    by_hand = {
        place
        for place, point in enumerate(plan.inputs.demand.geometry)
        if min(_walk(point, 200, 200), _walk(point, 400, 200)) <= 300
    }
    assert reached == by_hand
    content = build_document(plan)
    assert content["scenario"]["closed"] == ["S1"]
    assert content["scenario"]["sites"] == [{"id": "N1", "x": EAST + 400.0, "y": NORTH + 200.0}]
    assert content["provenance"]["command"].endswith("--scenario picked.json")
    assert content["notices"][0]["en"].startswith(phrase("notices.scenario", file="picked.json"))
    assert content["notices"][0]["rows"] == ["S1", "N1"]


def _walk(point: object, x: float, y: float) -> float:
    """Return metres along the toy city's streets, every 200 m, between a point on them and a corner."""
    across, up = point.x - EAST, point.y - NORTH
    # On a street that runs up or across, another street is reached at the next corner, 100 m off at most.
    if up % 200:
        return min(abs(across - x) + abs(up - corner) + abs(corner - y) for corner in (up - 100, up + 100))
    if across % 200:
        return min(abs(across - corner) + abs(corner - x) + abs(up - y) for corner in (across - 100, across + 100))
    return abs(across - x) + abs(up - y)


def test_nothing_changed_is_today(toy_study: Path, tmp_path: Path, toy_plan: planner.Plan) -> None:
    plan = planner.run(toy_study, scenario=written(tmp_path, scenario(closed=[], sites=[])))
    assert plan.coverage.total.equals(toy_plan.coverage.total)
    assert plan.inputs.facilities.equals(toy_plan.inputs.facilities)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("no json", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "{}"),
        (scenario(format="planner.scenario/2"), "`format`"),
        (scenario(closed="S1"), "`closed`"),
        (scenario(closed=[7]), "`closed.0`: must be text in quotes"),
        (scenario(sites=[{"id": "N1", "x": "1", "y": 2.0}]), "`sites.0.x`: must be a number"),
        (scenario(sites=[{"id": "N1", "x": 1.0}]), "`sites.0.y`: is missing"),
        (scenario(other=1), "`other`: is not a valid entry here"),
        (
            json.dumps(scenario(sites=[{"id": "N1", "x": float("nan"), "y": 1.0}])),
            "`sites.0.x`: must be a finite number",
        ),
        (scenario(study="Another"), phrase("errors.scenario_other_study", found="Another", study="Toy city")),
        (scenario(closed=["S1", "S1"]), phrase("errors.scenario_twice", setting="closed")),
        (scenario(sites=scenario()["sites"] * 2), phrase("errors.scenario_twice", setting="sites")),  # type: ignore[operator]
        (scenario(crs="EPSG:4326"), "EPSG:4326"),
        (scenario(closed=["C9"]), phrase("errors.scenario_unknown_centre") + ".*C9"),
        (scenario(sites=[{"id": "C1", "x": EAST, "y": NORTH}]), phrase("errors.scenario_site_is_centre") + ".*C1"),
        (scenario(sites=[{"id": "N1", "x": EAST + 9000.0, "y": NORTH}]), "more than 900 m outside.*N1"),
        (scenario(closed=["C1", "S1"], sites=[]), "closes every centre"),
    ],
)
def test_what_is_wrong_is_said(toy_study: Path, tmp_path: Path, content: object, expected: str) -> None:
    with pytest.raises(StudyError, match=expected):
        planner.run(toy_study, scenario=written(tmp_path, content))


def test_several_reasons_are_said_at_once(toy_study: Path, tmp_path: Path) -> None:
    file = written(tmp_path, scenario(closed=["C9"], crs="EPSG:4326", sites=[{"id": "C1", "x": EAST, "y": NORTH}]))
    with pytest.raises(StudyError) as caught:
        planner.run(toy_study, scenario=file)
    assert [issue.key for issue in caught.value.issues] == [
        "scenario_crs",
        "scenario_unknown_centre",
        "scenario_site_is_centre",
    ]


def test_a_missing_file_is_an_error_of_the_command_line(toy_study: Path, tmp_path: Path) -> None:
    words = ["run", str(toy_study), "--out", str(tmp_path / "out"), "--scenario", str(tmp_path / "none.json")]
    assert main(words) == StudyError.exit_code


def test_its_hash_is_that_of_the_file(toy_study: Path, tmp_path: Path) -> None:
    import hashlib

    file = written(tmp_path, scenario())
    assert read_scenario(file, read_study(toy_study)).sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("changed", "left"),
    [({"closed": ["C1"], "sites": []}, ["S1"]), ({"closed": ["C1", "S1"]}, ["N1"]), ({}, ["C1", "N1"])],
)
def test_whatever_is_closed_all_products_are_made(
    changed: dict[str, object], left: list[str], tmp_path: Path
) -> None:
    """Communities without a centre, no premises at all, a station of which nothing is known."""
    study = toy.write_study(
        tmp_path / "toy",
        study=toy.STUDY + '\n[rules]\ncompare = ["national", "gb50180"]\nwalking = ["elderly_measured"]\n',
    )
    plan = planner.run(study, scenario=written(tmp_path, scenario(**changed)), verified=True)
    assert plan.inputs.facilities["id"].tolist() == left
    assert list(plan.inputs.facilities.index) == list(range(len(left)))
    assert plan.verification is not None
    assert plan.verification.differing == 0
    assert (plan.diagnosis.rates["assessed"], len(plan.diagnosis.communities_without_centre)) == (
        (1, 1) if "C1" in left else (0, 2)
    )
    assert plan.fairness.groups["people"].iloc[0] == plan.inputs.demand["people"].sum()
    products = planner.write(plan, tmp_path / "out")
    assert all(product.stat().st_size for product in products)
