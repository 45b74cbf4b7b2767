"""Study files that are too large, too deep, no file, in another encoding, or typed with full-width signs."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest
import toy
from answers import refused
from phrases import phrase

from planner.commands.main import main
from planner.config.study import make_study, read_study
from planner.messages.errors import StudyError

ZH = toy.STUDY.replace('language = "en"', 'language = "zh"')

TOO_MUCH = {
    "deep_array": "x = " + "[" * 5000 + "]" * 5000,
    "deep_inline_tables": "x = " + "{a=" * 3000 + "1" + "}" * 3000,
    "deep_below_the_recursion_limit": "x = " + "[" * 200 + "]" * 200,
    "deep_dotted_keys": ".".join(["a"] * 20_000) + " = 1",
    "big_integer": "sites_big = " + "9" * 5000,
    "big_hexadecimal": "sites_big = 0x" + "f" * 5000,
    "beyond_64_bits": "sites_big = 9223372036854775808",
    "unknown_keys": "\n".join(f"key{number} = 1" for number in range(100_000)),
    "many_names_of_columns": "[inputs.water]\npath = 'x'\n[inputs.water.columns]\n"
    + "\n".join(f'c{number} = "x"' for number in range(50_000)),
    "more_than_two_megabytes": "# " + "x" * 3 * 2**20,
}


@pytest.mark.parametrize("name", TOO_MUCH)
@pytest.mark.parametrize("where", ["study", "rules", "kinds"])
def test_too_much_is_refused_in_seconds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, where: str
) -> None:
    study = toy.write_study(tmp_path / "toy")
    if where == "study":
        study.write_text(TOO_MUCH[name] + "\n" + toy.STUDY, "utf-8")
    else:
        line = 'rules.profile = "own.toml"\n' if where == "rules" else 'circles.place_kinds = "own.toml"\n'
        study.write_text(line + toy.STUDY, "utf-8")
        (study.parent / "own.toml").write_text(TOO_MUCH[name], "utf-8")
    began = time.process_time()
    answer = refused(study, capsys, code=2)
    assert time.process_time() - began < 8
    assert len(answer) < 20_000


def test_the_first_wrong_settings_are_told_and_the_others_counted() -> None:
    with pytest.raises(StudyError, match=re.escape(phrase("errors.more_issues", count="952"))):
        make_study({f"key{number}": 1 for number in range(1000)})


def test_a_folder_means_the_study_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = toy.write_study(tmp_path / "toy")
    assert read_study(study.parent) == read_study(study)
    study.write_text(ZH + "oops", "utf-8")
    assert "不是合法的 TOML" in refused(study.parent, capsys, code=2)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_pipes_and_devices_are_not_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    for path in (tmp_path / "pipe.toml", Path("/dev/zero")):
        assert main(["check", str(path)]) == 2
        assert phrase("errors.why_no_file") in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("name = “海勃湾”", phrase("errors.toml_full_width", "zh")),
        ('name ＝ "海勃湾"', phrase("errors.toml_full_width", "zh")),
        ("minutes = [5，10]", phrase("errors.toml_full_width", "zh")),
        (r'path = "C:\数据\centres.csv"', phrase("errors.toml_backslash", "zh")),
        (r'path = "C:\Users\me"', phrase("errors.toml_backslash", "zh")),
    ],
)
def test_slips_of_the_keyboard_are_named_with_the_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, said: str
) -> None:
    study = toy.write_study(tmp_path / "toy", study=ZH + "\n[map]\n" + line + "\n")
    assert said in refused(study, capsys, code=2)


def test_backslashes_that_toml_obeys_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = toy.write_study(tmp_path / "toy", study=ZH.replace('path = "toy.gpkg"', r'path = "toy\new.gpkg"', 1))
    assert "`inputs.communities.path` 含有制表符或换行，系反斜杠转义所致" in refused(study, capsys, code=2)


@pytest.mark.skipif(os.sep == "\\", reason="backslashes part folders here")
def test_backslashes_between_single_quotes_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = toy.write_study(tmp_path / "toy", study=ZH.replace('path = "toy.gpkg"', r"path = 'sub\toy.gpkg'", 1))
    assert "此系统不以反斜杠分隔文件夹，路径请用 /" in refused(study, capsys, code=3)


@pytest.mark.parametrize("encoding", ["gbk", "utf-16"])
def test_a_study_in_another_encoding_is_refused_in_its_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], encoding: str
) -> None:
    study = toy.write_study(tmp_path / "toy")
    study.write_bytes(ZH.replace("Toy city", "海勃湾").encode(encoding))
    assert "编码不是 UTF-8（多为 GBK，即“ANSI”）；请在编辑器中“另存为”，编码选 UTF-8" in refused(
        study, capsys, code=2
    )


@pytest.mark.parametrize(
    ("table", "setting"),
    [
        ('name = "海\\u000b湾"', "name"),
        (
            'name = "x"\n[[programme.funds]]\nid = "f"\nname = "\\u001b[31m上级"\nyearly = [1]',
            "programme.funds.0.name",
        ),
        ('name = "x"\nrules.profile = "\\ufffe"', "rules.profile"),
    ],
)
def test_control_characters_in_the_studys_own_names_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], table: str, setting: str
) -> None:
    study = toy.write_study(tmp_path / "toy", study='language = "en"\n' + table)
    answer = refused(study, capsys, code=2)
    assert f"`{setting}` contains invisible control characters" in answer
    assert "\x1b" not in answer
