"""No product takes the place of a file that the study reads."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import toy
from phrases import phrase

import planner
from planner.commands.main import main
from planner.commands.site import solve_study, write_answer
from planner.config.study import read_study
from planner.messages.errors import OutputError
from planner.reporting.map.sheet import write_static_map
from planner.reporting.report.area_report import write_area_report


def called(folder: Path, name: str, study: str = toy.STUDY) -> Path:
    """Write the toy study, its layers in a file of another name."""
    file = toy.write_study(folder, study=study)
    (folder / "toy.gpkg").rename(folder / name)
    file.write_text(file.read_text("utf-8").replace("toy.gpkg", name), "utf-8")
    return file


@pytest.mark.parametrize("out", [".", "linked", "../here/."])
def test_a_run_refuses_before_the_work(tmp_path: Path, out: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = called(tmp_path / "here", "results.gpkg")
    (tmp_path / "here" / "linked").symlink_to(tmp_path / "here")
    before = (tmp_path / "here" / "results.gpkg").read_bytes()
    assert main(["run", str(file), "--out", str(tmp_path / "here" / out)]) == 6
    said = capsys.readouterr()
    assert phrase("errors.product_is_input", name="results.gpkg") in said.err
    assert "walking network" not in said.err
    assert said.out == ""
    assert (tmp_path / "here" / "results.gpkg").read_bytes() == before


def test_an_input_elsewhere_that_is_linked_is_kept(tmp_path: Path) -> None:
    file = toy.write_study(tmp_path / "here")
    (tmp_path / "out").mkdir()
    os.link(tmp_path / "here" / "toy.gpkg", tmp_path / "out" / "results.gpkg")
    with pytest.raises(OutputError, match=r"results\.gpkg"):
        planner.write(planner.run(file), tmp_path / "out")


def test_an_answer_keeps_layers_and_a_table_of_people(tmp_path: Path) -> None:
    file = called(tmp_path, "sites.gpkg")
    assert main(["site", str(file), "--out", str(tmp_path)]) == 6
    answered = solve_study(read_study(file), "p_median")
    with pytest.raises(OutputError, match=r"sites\.gpkg"):
        write_answer(answered, tmp_path)
    assert write_answer(answered, tmp_path / "out")


def test_tables_and_rules_are_inputs_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = toy.STUDY + '[inputs.people_table]\npath = "tables.xlsx"\n[rules]\nprofile = "plan.json"\n'
    file = toy.write_study(tmp_path, study=study)
    (tmp_path / "tables.xlsx").write_bytes(b"a year's work")
    (tmp_path / "plan.json").write_text("rules", "utf-8")
    assert main(["run", str(file), "--out", str(tmp_path)]) == 6
    said = capsys.readouterr().err
    assert "`tables.xlsx`" in said
    assert "`plan.json`" in said
    assert (tmp_path / "tables.xlsx").read_bytes() == b"a year's work"


def test_a_scenario_is_kept(tmp_path: Path) -> None:
    file = toy.write_study(tmp_path)
    scenario = tmp_path / "plan.json"
    scenario.write_text("{}", "utf-8")
    assert main(["run", str(file), "--scenario", str(scenario), "--out", str(tmp_path)]) == 6
    assert scenario.read_text("utf-8") == "{}"


def test_single_products_keep_the_study_file(tmp_path: Path) -> None:
    plan = planner.run(toy.write_study(tmp_path))
    for name, write in (("study.svg", write_static_map), ("study.html", write_area_report)):
        (tmp_path / name).hardlink_to(tmp_path / "study.toml")
        with pytest.raises(OutputError, match=name):
            write(plan, tmp_path / name)
    assert main(["map", str(tmp_path / "study.toml"), "--out", str(tmp_path / "study.svg")]) == 6
    assert main(["report", str(tmp_path / "study.toml"), "--out", str(tmp_path / "study.html")]) == 6


def test_products_of_an_earlier_run_are_no_inputs(tmp_path: Path) -> None:
    plan = planner.run(toy.write_study(tmp_path))
    assert planner.write(plan, tmp_path)
    assert planner.write(plan, tmp_path)
