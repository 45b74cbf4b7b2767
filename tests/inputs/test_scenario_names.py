"""Scenarios that close what the study names; and their own words, keys and systems."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import toy
from phrases import phrase

import planner
from planner.commands.main import main
from planner.results import Plan

MONEY = toy.with_money(150.0, 150.0)
PROJECT = '\n[[programme.projects]]\nid = "{id}"\nkind = "merge"\ncost = 1.0\n{more}\n'
NAMED = {
    "free": toy.STUDY + 'relocatable = ["S1"]\n',
    "closes": MONEY + PROJECT.format(id="m", more='closes = ["S1"]'),
    "settles": MONEY + PROJECT.format(id="m", more='resolves = ["S1"]'),
    "both": MONEY + PROJECT.format(id="m", more='resolves = ["C1"]\ncloses = ["S1"]'),
    "precedence": MONEY
    + PROJECT.format(id="m", more='closes = ["S1"]')
    + PROJECT.format(id="n", more='resolves = ["C1"]')
    + '\n[[programme.precedence]]\nfirst = "m"\nthen = "n"\n',
}


def under(study: Path, **changed: object) -> Path:
    whole = {"format": "planner.scenario/1", "study": "Toy city", "crs": toy.CRS, "closed": ["S1"], "sites": []}
    file = study.parent / "picked.json"
    file.write_text(json.dumps(whole | changed), "utf-8")
    return file


@pytest.mark.parametrize("name", NAMED)
def test_a_centre_that_the_study_names_may_be_closed(name: str, tmp_path: Path) -> None:
    study = toy.write_study(tmp_path, study=NAMED[name])
    plan: Plan = planner.run(study, scenario=under(study))
    (notice,) = [one for one in plan.notices if one.key == "scenario_named_closed"]
    assert all("S1" in row or "m" in row for row in notice.rows)
    assert "S1" not in plan.study.siting.relocatable
    kept = [one.id for one in plan.study.programme.projects]
    assert kept == {"both": ["m"], "precedence": ["n"]}.get(name, [])
    assert plan.study.programme.precedence == ()


def test_without_the_scenario_nothing_is_left_aside(tmp_path: Path) -> None:
    plan = planner.run(toy.write_study(tmp_path, study=NAMED["precedence"]))
    assert len(plan.study.programme.projects) == 2
    assert not [one for one in plan.notices if one.key == "scenario_named_closed"]


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize(
    ("study", "said"),
    [
        (
            toy.STUDY + 'relocatable = ["S9"]\n',
            phrase("errors.unknown_named_centre", setting="siting.relocatable"),
        ),
        (
            NAMED["closes"].replace('"S1"', '"X1"'),
            phrase("errors.unknown_named_centre", setting="programme.projects.closes"),
        ),
        (NAMED["settles"].replace('"S1"', '"C11"'), "Nearest: C1"),
    ],
)
def test_unknown_centres_are_refused_by_check_too(
    command: str, study: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [command, str(toy.write_study(tmp_path, study=study))]
    assert main([*words, "--out", str(tmp_path / "out")] if command == "run" else words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("crs", ["epsg:32648", " EPSG:32648", "urn:ogc:def:crs:EPSG::32648"])
def test_a_system_is_the_same_however_it_is_written(crs: str, tmp_path: Path) -> None:
    study = toy.write_study(tmp_path)
    assert planner.run(study, scenario=under(study, crs=crs)).inputs.facilities["id"].tolist() == ["C1"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"closed": ["S1"], "closed": []}', phrase("errors.scenario_key_twice", keys="closed")),
        ('{"sites": [{"id": "a", "x": 1.0, "x": 2.0, "y": 1.0}]}', phrase("errors.scenario_key_twice", keys="x")),
        (
            '{"format": "planner.scenario/1", "study": "Other", "crs": "EPSG:32648", "closed": [], "sites": []}',
            phrase("errors.scenario_other_study", found="Other"),
        ),
        ("nothing", phrase("errors.scenario_not_json")),
    ],
)
def test_a_scenario_file_is_called_one(
    content: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = toy.write_study(tmp_path)
    file = tmp_path / "sc.json"
    file.write_text(content, "utf-8")
    assert main(["run", str(study), "--scenario", str(file), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert f"The scenario file {file} has errors:" in error
    assert said in error
