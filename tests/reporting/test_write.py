"""Output folders that cannot be written, questions without an answer, and the command line's own errors."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
import toy
from answers import EARLIER, content, done, earlier
from forks import carried_out, needs_fork
from phrases import phrase

import planner
from planner.commands.main import main
from planner.config.study import read_study
from planner.messages.errors import OutputError
from planner.reporting import write as writing


def run(study: Path, out: Path) -> int:
    return main(["run", str(study), "--out", str(out)])


@pytest.fixture
def blank_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a word in place of each product: what matters is what becomes of files."""
    for maker in ("write_result_workbook", "write_geopackage"):
        monkeypatch.setattr(
            writing, maker, lambda *given: next(one for one in given if isinstance(one, Path)).write_text("new")
        )
    for maker, made in {"draw_map": "new", "write_page": "new", "docx_bytes": b"new"}.items():
        monkeypatch.setattr(writing, maker, lambda *_, made=made: made)
    monkeypatch.setattr(writing, "start_pictures", lambda *_, **__: nullcontext(dict))


def test_a_folder_below_a_file_cannot_be_made(
    toy_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine", "utf-8")
    assert run(toy_study, tmp_path / "file" / "out") == 6
    said = capsys.readouterr()
    assert phrase("errors.not_writable", reason="Not a directory") in said.err
    assert "reading inputs" not in said.err
    assert said.out == ""
    assert (tmp_path / "file").read_text("utf-8") == "mine"


@pytest.mark.parametrize("name", writing.PRODUCTS)
def test_a_folder_in_a_products_place_is_left_alone(
    toy_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    out = earlier(tmp_path / "out")
    (out / name).unlink()
    (out / name).mkdir()
    (out / name / "mine.txt").write_text("mine", "utf-8")
    before = content(out)
    assert run(toy_study, out) == 6
    assert f"`{name}` is an existing folder" in capsys.readouterr().err
    assert content(out) == before


@pytest.mark.parametrize(
    ("maker", "error"),
    [
        ("draw_map", OSError(28, "No space left on device")),
        ("write_page", PermissionError(13, "Permission denied")),
        ("docx_bytes", OSError(28, "No space left on device")),
        ("write_result_workbook", OSError(28, "No space left on device")),
        ("write_geopackage", writing.DataSourceError("disk I/O error")),
    ],
)
@pytest.mark.usefixtures("blank_products")
def test_a_maker_that_fails_leaves_earlier_results(
    toy_plan: planner.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, maker: str, error: Exception
) -> None:
    def fail(*_: object) -> str:
        raise error

    out = earlier(tmp_path / "out")
    monkeypatch.setattr(writing, maker, fail)
    with pytest.raises(OutputError, match=str(error.args[-1])):
        writing.write(toy_plan, out)
    assert content(out) == EARLIER
    assert sorted(path.name for path in out.iterdir()) == sorted(EARLIER)


@pytest.mark.parametrize("last", range(len(writing.PRODUCTS)))
@pytest.mark.usefixtures("blank_products")
def test_an_exchange_that_fails_halfway_is_undone(
    toy_plan: planner.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: int
) -> None:
    out, name = earlier(tmp_path / "out"), writing.PRODUCTS[last]
    replace = Path.replace

    def held(self: Path, target: Path) -> Path:
        if self.name == name and self.parent.name.startswith(".planner-"):
            raise PermissionError(13, "Permission denied")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(OutputError, match="Permission denied"):
        writing.write(toy_plan, out)
    assert content(out) == EARLIER
    assert sorted(path.name for path in out.iterdir()) == sorted(EARLIER)


def test_earlier_results_make_way_and_other_files_stay(
    toy_study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = earlier(toy_study.parent / "out")
    done(toy_study, capsys)
    after = content(out)
    assert sorted(after) == sorted(EARLIER)
    assert [name for name in EARLIER if after[name] == EARLIER[name]] == ["notes.txt"]


def test_an_interruption_leaves_earlier_results(
    toy_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> str:
        raise KeyboardInterrupt

    out = earlier(tmp_path / "out")
    monkeypatch.setattr(writing, "write_page", interrupt)
    assert run(toy_study, out) == 130
    assert "Interrupted; earlier results are untouched." in capsys.readouterr().err
    assert content(out) == EARLIER


@pytest.mark.parametrize(("sites", "products"), [(99, ()), (16, ("plan",))])
def test_more_sites_than_places(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], sites: int, products: tuple[str, ...]
) -> None:
    study = toy.write_study(tmp_path / "toy", study=toy.STUDY.replace("sites = 1", f"sites = {sites}"))
    answer = done(study, capsys, *products)
    assert f"`siting.sites` = {sites}, but uncovered people near streets live at 10 positions only" in answer


def test_people_whom_no_street_reaches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    north = toy.layers()["streets"]
    north = north.set_geometry(north.geometry.translate(0, 700))
    answer = done(toy.write_study(tmp_path / "toy", changed={"streets": north}), capsys)
    assert phrase("notices.siting_no_street", people="530", access_m="10") in answer


@pytest.mark.parametrize(
    "study",
    [
        toy.STUDY.replace("sites = 1", "sites = 0"),
        toy.STUDY + "\n[limits]\nminutes = [5, 10, 15]\nstandard_min = 15\n",
    ],
    ids=["no_sites", "everybody_covered"],
)
def test_nothing_to_site_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str], study: str) -> None:
    done(toy.write_study(tmp_path / "toy", study=study), capsys)


def test_new_writes_a_valid_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", str(tmp_path / "deep" / "fresh")]) == 0
    said = capsys.readouterr()
    file = Path(said.out.strip())
    assert file == tmp_path / "deep" / "fresh" / "study.toml"
    assert "planner check" in said.err
    assert read_study(file).inputs.communities.path == Path("communities.gpkg")
    assert main(["check", str(file)]) == 3
    # The new study states the language of the terminal.
    absent = phrase("errors.no_such_file", read_study(file).language)
    assert capsys.readouterr().err.count(absent) == 3


def test_new_leaves_what_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "study.toml").write_text("mine", "utf-8")
    assert main(["new", str(folder)]) == 2
    assert phrase("errors.study_exists", path=folder / "study.toml") in capsys.readouterr().err
    assert content(folder) == {"study.toml": b"mine"}
    assert main(["new", str(folder / "study.toml")]) == 2
    assert main(["new", str(folder / "study.toml" / "below")]) == 6
    assert main(["new", str(tmp_path / ("n" * 300))]) == 6
    assert "too long" in capsys.readouterr().err
    assert content(folder) == {"study.toml": b"mine"}


@pytest.mark.parametrize(
    "words",
    [[], ["plan"], ["run", "study.toml"], ["check"], ["new"], ["run", "study.toml", "--out"], ["check", "a", "b"]],
)
def test_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    assert "usage: planner" in capsys.readouterr().err


def as_a_process(*words: object, encoding: str = "utf-8") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "planner", *map(str, words)],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )


@needs_fork
def test_the_process_leaves_with_the_exit_code(tmp_path: Path) -> None:
    """One that begins by itself, where libraries might complain as they are loaded, and two copies."""
    mixed = toy.layers()["people"].assign(people=-1)
    study = toy.write_study(tmp_path / "toy", changed={"people": mixed})
    for code, words in {
        2: ("check", tmp_path / "nowhere.toml"),
        3: ("run", study, "--out", tmp_path / "out"),
        6: ("run", study, "--out", study / "out"),
    }.items():
        left = as_a_process(*words) if code == 3 else carried_out(words, tmp_path)
        assert left.returncode == code
        assert left.stdout == b""
        assert b"Traceback" not in left.stderr
        assert b"Warning" not in left.stderr


def test_a_terminal_without_chinese_is_no_obstacle(tmp_path: Path) -> None:
    chinese = toy.STUDY.replace("Toy city", "玩具城").replace('"en"', '"zh"')
    left = as_a_process("check", toy.write_study(tmp_path / "toy", study=chinese), encoding="ascii")
    assert left.returncode == 0
    assert "玩具城".encode("ascii", "backslashreplace") in left.stdout
    # What is done, with its seconds, and no complaint.
    assert all(line.endswith(b" s") for line in left.stderr.splitlines())
