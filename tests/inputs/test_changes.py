"""Changes of a scenario carried out on the tables are the changes of layers that a planner draws in a GIS."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from changing import CENTRE, ORIGIN, Layers, applied, city, write_city

from planner.config.study import read_study
from planner.evaluation.improvements.actions import Action
from planner.inputs.changes import Change
from planner.inputs.scenario import read_scenario
from planner.messages.errors import ScenarioError
from planner.prepare import PreparedStudy, prepare
from planner.results.outcome import with_changes

PEOPLE = {(float(x), float(y)): 10.0 + x / 7 for x in range(0, 1001, 100) for y in (0, 300)}
STREETS = [[(0, 0), (400, 0), (1000, 0)], [(0, 300), (1000, 300)], [(1000, 0), (1000, 300)]]
LAYERS = city(STREETS, PEOPLE, gates=[(500, 0)])
AT = (float(ORIGIN[0]) + 350.0, float(ORIGIN[1]))
ACROSS = (float(ORIGIN[0]) + 350.0, float(ORIGIN[1]) + 300.0)


def prepared(folder: Path, layers: Layers) -> PreparedStudy:
    return prepare(read_study(write_city(folder, layers)))


@pytest.mark.parametrize(
    "change",
    [
        Change(kind="add_area", centre="C1", amount=150.0),
        Change(kind="open_gate", centre="C1", id="G1"),
        Change(kind="build_crossing", centre="C1", place=AT, other=ACROSS),
        Change(kind="open_station", centre="C1", id="new", amount=50.0, place=AT),
    ],
    ids=lambda change: change.kind,
)
def test_changes_are_those_drawn_in_the_layers(change: Change, tmp_path: Path) -> None:
    action = Action(change.kind, change.amount, 1.0, place=change.place, other=change.other, about=change.id)
    drawn = prepared(tmp_path / "drawn", applied(LAYERS, [action]))
    made = with_changes(prepared(tmp_path / "made", LAYERS), [change])
    before = prepared(tmp_path / "before", LAYERS)
    assert made.inputs.facilities["floor_area_m2"].tolist() == drawn.inputs.facilities["floor_area_m2"].tolist()
    assert made.inputs.facilities["branch_of"].tolist() == drawn.inputs.facilities["branch_of"].tolist()
    times, expected, today = (one.compute_times() for one in (made, drawn, before))
    assert times.facility.tolist() == expected.facility.tolist()
    assert times.demand.tolist() == expected.demand.tolist()
    np.testing.assert_allclose(times.minutes, expected.minutes, atol=1e-9)
    if change.kind != "add_area":
        assert len(times.minutes) > len(today.minutes) or (times.minutes < today.minutes).any()


def test_further_changes_of_a_centre(tmp_path: Path) -> None:
    layers = city(STREETS, PEOPLE, centres=[{**CENTRE, "at": (0, 0), "functions": "a", "open_hours_week": 30.0}])
    changes = [
        Change(kind="extend_hours", centre="C1", amount=5.0),
        Change(kind="add_functions", centre="C1", functions=("b", "c")),
        Change(kind="step_free", centre="C1"),
    ]
    made = with_changes(prepared(tmp_path, layers), changes)
    row = made.inputs.facilities.iloc[0]
    assert (row["open_hours_week"], row["functions"], row["step_free"]) == (35.0, "a、b、c", "yes")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"kind": "add_area", "centre": "C9", "amount": 1.0}, "scenario_change_centre"),
        ({"kind": "open_gate", "centre": "C1", "id": "G9"}, "scenario_change_gate"),
        ({"kind": "open_station", "centre": "C1", "id": "C1", "place": AT}, "scenario_change_id"),
        ({"kind": "open_station", "centre": "C1", "id": "B"}, "scenario_change_place"),
        ({"kind": "build_crossing", "centre": "C1", "place": AT, "other": [0.0, 0.0]}, "scenario_change_place"),
        ({"kind": "paint", "centre": "C1"}, "wrong_scenario"),
        ({"kind": "add_area", "centre": "C1", "amount": -1.0}, "wrong_scenario"),
    ],
)
def test_wrong_changes_are_refused_in_words(change: dict[str, object], key: str, tmp_path: Path) -> None:
    file_of_study = write_city(tmp_path, LAYERS)
    file = {"format": "planner.scenario/1", "study": "City", "crs": "EPSG:32648", "closed": [], "sites": []}
    (tmp_path / "picked.json").write_text(json.dumps({**file, "changes": [change]}), "utf-8")
    study = read_study(file_of_study)
    with pytest.raises(ScenarioError) as caught:
        prepare(study, scenario=read_scenario(tmp_path / "picked.json", study))
    assert [issue.key for issue in caught.value.issues] == [key]
