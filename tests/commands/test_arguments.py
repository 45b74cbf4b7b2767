from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from phrases import phrase

import planner
from planner.commands.arguments import SHELLS, build_parser
from planner.commands.completion import completion_script
from planner.commands.main import language_of_line, main
from planner.messages.catalogue import LANGUAGES, Texts, language_of_locale

COMMANDS = tuple(build_parser().commands)


@pytest.fixture(autouse=True)
def no_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_is_in_the_users_language_with_an_example(
    command: str, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main([command, "--lang", language, "--help"])
    assert left.value.code == 0
    text = capsys.readouterr().out
    other = next(name for name in LANGUAGES if name != language)
    assert text.startswith(Texts(language)("help.usage"))
    assert Texts(language)(f"help.{command}") in text
    assert Texts(other)("help.help") not in text
    examples = text.partition(Texts(language)("help.examples"))[2]
    lines = re.findall(rf"planner {command}\b[^\n(（>]*", examples)
    assert lines
    if language == "en":
        for line in lines:
            build_parser().parse_args(shlex.split(line)[1:])


def test_the_environment_names_the_language(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], toy_study: Path
) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert language_of_line(["--help"]) == "zh"
    assert language_of_line(["run", str(toy_study.parent)]) == "en"  # the study's own
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    assert language_of_line(["--help"]) == "en"
    assert language_of_line(["--lang", "zh"]) == "zh"
    assert language_of_locale("de_DE.UTF-8") is None
    del capsys


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "s.toml"], "缺少 --out"),
        (["run", "s.toml", "--out", "o", "--fly"], "无法识别 --fly"),
        (["site", "s.toml", "--sites", "many"], "须为 0 至 1000 的整数，而不是 `many`"),
        (["site", "s.toml", "--model", "best"], "`best` 不在可选范围之内"),
        (["run", "s.toml", "--out"], "--out 后须有值"),
        (["fly"], "`fly` 不在可选范围之内"),
    ],
)
def test_wrong_command_lines_are_told_in_the_users_language(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--lang", "zh", *words])
    assert left.value.code == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.splitlines()[-1].startswith("请输入：planner")
    assert not re.search(r"argument|choose|required|expected", error.partition("：命令无法执行")[2])


def test_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith(f"service-coverage-planner {planner.__version__} ")


def test_quiet_prints_results_and_errors_only(
    toy_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-q", "map", str(toy_study), "--out", str(tmp_path / "sheet.svg")]) == 0
    printed = capsys.readouterr()
    assert printed.out.split() == [str(tmp_path / "sheet.svg")]
    assert printed.err == ""
    assert main(["map", "-q", str(toy_study), "--out", str(tmp_path / "sheet.doc")]) == 2
    assert "sheet.doc" in capsys.readouterr().err


def test_an_error_names_what_failed_and_the_command_to_type(
    toy_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["map", str(toy_study), "--out", str(tmp_path / "sheet.doc")]) == 2
    error = capsys.readouterr().err
    assert phrase("errors.command_heading", source="sheet.doc") in error
    assert error.splitlines()[-1] == phrase("cli.then_type", command="planner map --help")
    toy_study.write_text(toy_study.read_text("utf-8").replace("toy.gpkg", "absent.gpkg"), "utf-8")
    assert main(["run", str(toy_study.parent), "--out", str(tmp_path / "out")]) == 3
    assert capsys.readouterr().err.splitlines()[-1] == phrase(
        "cli.then_type", command=f"planner check {toy_study.parent}"
    )


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_completion_names_every_command_and_option(shell: str, language: str) -> None:
    script = completion_script(shell, Texts(language))
    assert [name for name in COMMANDS if name not in script] == []
    assert [word for word in ("scenario", "p_median", "json", "traceback") if word not in script] == []
    program = {"powershell": "pwsh"}.get(shell, shell)
    if shell == "powershell" or not shutil.which(program):
        return
    done = subprocess.run([program, "-n", "/dev/stdin"], input=script, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["planner", "ch"], {"check"}),
        (["planner", "site", "s.toml", "--model", "p_m"], {"p_median"}),
        (["planner", "run", "s.toml", "--sc"], {"--scenario"}),
        (["planner", "completion", "po"], {"powershell"}),
    ],
)
def test_bash_completes(typed: list[str], offered: set[str]) -> None:
    words = " ".join(f"'{word}'" for word in typed)
    script = completion_script("bash", Texts("en"))
    script += f'\nCOMP_WORDS=({words}); COMP_CWORD={len(typed) - 1}; _planner; printf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(
        [shutil.which("bash") or "/bin/bash", "-c", script], text=True, capture_output=True, check=True
    )
    assert set(done.stdout.split()) == offered


def test_the_powershell_script_is_well_formed(capsys: pytest.CaptureFixture[str]) -> None:
    """PowerShell itself is not at hand: quotes and brackets close, keys are unique, all commands are there."""
    assert main(["completion", "powershell"]) == 0
    script = capsys.readouterr().out
    bare = re.sub(r"'(?:[^']|'')*'|\"(?:[^\"`]|`.)*\"", "''", script)
    assert "'" not in bare.replace("''", "")
    assert '"' not in bare
    open_brackets: list[str] = []
    for sign in bare:
        if sign in "({[":
            open_brackets.append(sign)
        elif sign in ")}]":
            assert open_brackets.pop() + sign in {"()", "{}", "[]"}
    assert open_brackets == []
    for table in re.findall(r"@\{\n(.*?)\n  \}", script, flags=re.DOTALL):
        keys = [line.split(" = ")[0].strip() for line in table.splitlines()]
        assert len(keys) == len(set(keys))
        assert all(
            re.fullmatch(r"\s+'[a-z][a-z -]*' = @\((?:'[^']+'(?:, )?)*\)", line) for line in table.splitlines()
        )
    words = dict(re.findall(r"^    '([a-z]+)' = @\((.*)\)$", script, flags=re.MULTILINE))
    assert {"new", "check", "run", "site", "completion"} <= words.keys()
    assert "'--out'" in words["run"]
