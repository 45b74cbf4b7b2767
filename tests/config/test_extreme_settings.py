"""Numbers of a study near zero, without end, or none: refused in words by `check` and `run`, before any work."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import annotated_types
import pytest
import toy
from pydantic import BaseModel

from planner.commands.main import main
from planner.config.sections.walking import WalkingSettings
from planner.config.study import make_study, read_study
from planner.messages.errors import StudyError

EXTREMES = ("1e-300", "1e-4", "0.0", "-0.0", "-1.0", "1e300", "inf", "-inf", "nan")


@pytest.mark.parametrize("number", EXTREMES)
@pytest.mark.parametrize(
    "setting",
    ["walking.speed_kmh", "walking.access_m", "limits.standard_min", "demand.spacing_m", "siting.merge_within_m"],
)
def test_a_number_that_cannot_be_meant_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], setting: str, number: str
) -> None:
    table, name = setting.split(".")
    text = toy.STUDY + f"\n[{table}]\n{name} = {number}\n"
    if table in tomllib.loads(toy.STUDY):
        text = re.sub(rf"^{name} = .*\n", "", toy.STUDY, flags=re.MULTILINE)
        text = text.replace(f"[{table}]", f"[{table}]\n{name} = {number}")
    study = toy.write_study(tmp_path / "toy", study=text)
    for words in (["check", str(study)], ["run", str(study), "--out", str(tmp_path / "out")]):
        assert main(words) == 2
        said = capsys.readouterr().err
        assert name in said
        assert "Traceback" not in said
    assert not (tmp_path / "out" / "map.html").exists()


@pytest.mark.parametrize("minutes", ["[1e-300]", "[0.0001, 5]", "[5, inf]", "[5, nan]", "[5, 1e300]", "[-5, 5]"])
def test_limits_that_cannot_be_meant_are_refused(tmp_path: Path, minutes: str) -> None:
    study = toy.write_study(tmp_path / "toy", study=toy.STUDY + f"\n[limits]\nminutes = {minutes}\n")
    with pytest.raises(StudyError, match="minutes"):
        read_study(study)


def bounded(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, list[object]]]:
    """Yield every setting that is a number, and its bounds, through all tables."""
    for name, field in model.model_fields.items():
        where = f"{path}{name}"
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from bounded(inner, f"{where}.")
        elif inner in (float, int):
            yield where, list(field.metadata)


def test_every_number_has_both_bounds_and_no_open_zero() -> None:
    found = dict(bounded(type(make_study_of_toy())))
    assert "walking.access_m" in found
    for name, bounds in found.items():
        kinds = [type(bound) for bound in bounds]
        assert annotated_types.Ge in kinds or annotated_types.Gt in kinds, name
        assert annotated_types.Le in kinds or annotated_types.Lt in kinds, name
        # A length that may be as near to zero as doubles go is a fault waiting: it divides something.
        if name.endswith(("_m", "_kmh", "_min")):
            assert annotated_types.Gt not in kinds, name


def make_study_of_toy() -> object:
    return make_study(tomllib.loads(toy.STUDY))


@pytest.mark.parametrize("speed", [0.1, 0.8, 15.0])
def test_speeds_of_slow_walkers_are_taken(speed: float) -> None:
    assert WalkingSettings(speed_kmh=speed).speed_kmh == speed
