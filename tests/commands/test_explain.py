from __future__ import annotations

from pathlib import Path

import pytest
import toy
from phrases import phrase

from planner.commands.main import main


def card(capsys: pytest.CaptureFixture[str], study: Path, centre: str) -> str:
    capsys.readouterr()
    assert main(["explain", str(study), centre]) == 0
    return capsys.readouterr().out


def test_a_weak_centre_is_explained_in_both_languages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    centres = toy.layers()["centres"].assign(floor_area_m2=[20.0, None])
    study = toy.write_study(tmp_path, changed={"centres": centres})
    told = card(capsys, study, "C1")
    assert told == card(capsys, study, "West centre")
    assert told.splitlines()[:2] == [
        "West centre (C1) · Community centre · West",
        "Verdict: Weak, by “National guidance on community premises”",
    ]
    for expected in (
        "“Floor area” is 20 m²; required: at least 300 m²",
        phrase("measures.change_add_area", amount="280"),
        "m² per 100 households as the stretch goal; excerpt)",
        phrase("report.reason_unknown"),
    ):
        assert expected in told
    study.write_text(study.read_text("utf-8").replace('language = "en"', 'language = "zh"'), "utf-8")
    told = card(capsys, study, "C1")
    for expected in ("评定：薄弱", "“建筑面积”为 20 m²，要求不少于 300 m²", "增加 280 m²", "因缺少数据未知"):
        assert expected in told


def test_a_centre_without_rules_says_so(toy_study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "No rule of this profile applies" in card(capsys, toy_study, "S1")


def test_an_unknown_centre_is_refused_with_the_nearest_names(
    toy_study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", str(toy_study), "West center"]) == 2
    assert "Nearest: West centre" in capsys.readouterr().err


def test_a_name_that_several_have_needs_an_id(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    centres = toy.layers()["centres"].assign(name="Centre")
    study = toy.write_study(tmp_path, changed={"centres": centres})
    assert main(["explain", str(study), "Centre"]) == 2
    assert phrase("errors.several_centres", ids="C1, S1") in capsys.readouterr().err


def test_words_that_name_no_function_are_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    centres = toy.layers()["centres"].assign(functions=["图书室、Libary", "舞蹈室"])
    assert main(["check", str(toy.write_study(tmp_path, changed={"centres": centres}))]) == 0
    said = capsys.readouterr().out
    assert "Libary, 舞蹈室. (C1, S1)" in said
