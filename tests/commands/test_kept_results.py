"""Commands after a run use its results while nothing has changed: the same bytes, and every change is noticed."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import toy

from planner import pipeline
from planner.commands import caching
from planner.commands.main import main
from planner.config.facility_references import file_contents
from planner.config.study import read_study

REUSED = "results of an earlier run"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("PLANNER_CACHE", str(folder))
    return folder


def rewrite(study: Path, layer: str, column: str, value: object) -> None:
    """Change one cell of the toy city's file."""
    file = study.parent / "toy.gpkg"
    table = gpd.read_file(file, layer=layer)
    table.loc[0, column] = value
    table.to_file(file, layer=layer, driver="GPKG")


def test_products_are_equal_with_and_without_kept_results(
    toy_study: Path, tmp_path: Path, kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(toy_study), "--out", str(tmp_path / "out"), "--products", "plan"]) == 0
    assert REUSED not in capsys.readouterr().err
    assert list(kept.glob("plan-*.kept"))
    for words in (["report", "--for", "West"], ["report"], ["map"]):
        made = {}
        for name, more in (("kept", []), ("anew", ["--no-cache"])):
            out = tmp_path / f"{name}{'.pdf' if words == ['map'] else '.html'}"
            assert main([words[0], str(toy_study), *words[1:], "--out", str(out), *more]) == 0
            assert (REUSED in capsys.readouterr().err) == (name == "kept")
            made[name] = out.read_bytes()
        assert made["kept"] == made["anew"], words


@pytest.mark.usefixtures("kept")
def test_a_site_answer_is_kept_by_its_options(toy_study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def answer(*options: str) -> tuple[str, bool]:
        assert main(["site", str(toy_study), *options]) == 0
        printed = capsys.readouterr()
        return printed.out, REUSED in printed.err

    first, reused = answer("--sites", "1")
    assert not reused
    assert answer("--sites", "1") == (first, True)
    assert answer("--sites", "2")[1] is False


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("change", ["table", "beside", "setting", "scenario", "verify"])
def test_a_change_is_noticed(
    toy_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    command = ["run", str(toy_study), "--out", str(tmp_path / "out"), "--products", "plan"]
    assert main(command) == 0
    before = (tmp_path / "out" / "plan.json").read_bytes()
    match change:
        case "table":
            rewrite(toy_study, "centres", "floor_area_m2", 55.0)
        case "beside":
            (toy_study.parent / "toy.gpkg-journal.txt").write_text("new", "utf-8")
        case "setting":
            text = toy_study.read_text("utf-8")
            toy_study.write_text(text.replace("candidates = 8", "candidates = 7"), "utf-8")
        case "scenario":
            scenario = tmp_path / "picked.json"
            scenario.write_text('{"format": "planner.scenario/1", "closed": ["C1"], "sites": []}', "utf-8")
            command += ["--scenario", str(scenario)]
        case "verify":
            command += ["--verify"]
    capsys.readouterr()
    code = main(command)
    assert REUSED not in capsys.readouterr().err
    if change != "scenario":
        assert code == 0
        assert ((tmp_path / "out" / "plan.json").read_bytes() == before) == (change == "beside")


def test_nothing_is_kept_of_files_that_change_while_they_are_read(
    toy_study: Path,
    tmp_path: Path,
    kept: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = pipeline.run

    def meanwhile(*given: object, **named: object) -> object:
        rewrite(toy_study, "centres", "floor_area_m2", 66.0)
        return run(*given, **named)

    monkeypatch.setattr(pipeline, "run", meanwhile)
    command = ["run", str(toy_study), "--out", str(tmp_path / "out"), "--products", "plan"]
    assert main(command) == 0
    assert not list(kept.glob("plan-*.kept"))


def test_all_files_of_a_study_count(tmp_path: Path) -> None:
    text = toy.STUDY.replace('path = "toy.gpkg"\nlayer = "streets"', 'path = "roads/streets.shp"')
    study = toy.write_study(tmp_path, study=text + '\n[rules]\nprofile = "own_rules.toml"\n')
    (tmp_path / "roads").mkdir()
    for name in ("streets.shp", "STREETS.DBF", "streets.cpg", "other.shp"):
        (tmp_path / "roads" / name).write_text(name, "utf-8")
    (tmp_path / "own_rules.toml").write_text("", "utf-8")
    named = [Path(path).name for path, _ in file_contents(read_study(study))]
    assert named == ["own_rules.toml", "STREETS.DBF", "streets.cpg", "streets.shp", "study.toml", "toy.gpkg"]


def test_the_same_files_count_when_a_study_is_named_by_a_relative_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = toy.write_study(tmp_path / "city")
    full = {Path(path).name: digest for path, digest in file_contents(read_study(study))}
    assert {"study.toml", "toy.gpkg"} <= set(full)
    monkeypatch.chdir(tmp_path)
    # A file of this name in a folder below is no part of the study.
    (tmp_path / "city" / "city").mkdir()
    (tmp_path / "city" / "city" / "study.toml").write_text("another", "utf-8")
    relative = file_contents(read_study(Path("city", "study.toml")))
    assert {Path(path).name: digest for path, digest in relative} == full


def test_a_plan_too_large_to_keep_is_computed_again(
    toy_study: Path,
    tmp_path: Path,
    kept: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(caching, "MOST_WALKS", 3)
    for _ in range(2):
        assert main(["run", str(toy_study), "--out", str(tmp_path / "out"), "--products", "plan"]) == 0
    assert REUSED not in capsys.readouterr().err
    assert not list(kept.glob("plan-*.kept"))
