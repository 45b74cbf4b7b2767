from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from planner.commands import demo
from planner.commands.demo import FILES, demo_files, write_demo
from planner.config.study import read_study
from planner.messages.errors import CommandError

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_demonstration_is_written_in_the_users_language(language: str, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    write_demo(folder, language)
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    study = read_study(folder)
    assert study.language == language
    named = [layer.path for name in type(study.inputs).model_fields if (layer := getattr(study.inputs, name))]
    assert {study.resolve(path).name for path in named} <= {*FILES}
    write_demo(folder, language)  # once more is no other study


def test_another_study_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text("mine", "utf-8")
    with pytest.raises(CommandError, match="left as it is"):
        write_demo(tmp_path, "en")
    assert [path.name for path in tmp_path.iterdir()] == ["study.toml"]


def test_its_files_are_those_that_ship(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Path(str(demo_files())) == ROOT / "data" / "haibowan"
    text = (ROOT / "setup.py").read_text("utf-8")
    assert all(f'"{name}"' in text for name in FILES)
    assert sum((ROOT / "data" / "haibowan" / name).stat().st_size for name in FILES) < 5e6
    shutil.copytree(ROOT / "data" / "haibowan", tmp_path / "planner" / "demo")
    monkeypatch.setattr(demo.resources, "files", lambda _: tmp_path / "planner")
    assert demo_files() == tmp_path / "planner" / "demo"
