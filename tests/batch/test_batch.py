"""Many districts in one go: what single runs give, whatever is killed, whatever fails."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import toy
from here import in_this_process

import planner
from planner.batch import workers
from planner.batch.portfolio import Portfolio, make_portfolio, read_portfolio
from planner.batch.rollup import MANIFEST
from planner.batch.run import BatchProgress, own_folder, run_many
from planner.batch.tasks import (
    DistrictResult,
    DistrictTask,
    district_folder,
    read_receipt,
    receipt_path,
    run_district,
)
from planner.batch.workers import ATTEMPTS, carry_out, process_slots
from planner.commands.main import main
from planner.messages.catalogue import Texts
from planner.messages.errors import OutputError, StudyError
from planner.network.compile import thread_count

PRODUCTS = ("plan", "tables", "gpkg")


def write_portfolio(folder: Path, codes: str = "AB") -> Path:
    """Write a portfolio of toy cities, the second with another name and limit of candidates."""
    for code in codes:
        study = toy.STUDY.replace("Toy city", f"Toy {code}") + toy.HAIBOWAN_RULES
        toy.write_study(folder / code, study=study)
    lines = "\n".join(f'{code} = "{code}/study.toml"' for code in codes)
    file = folder / "portfolio.toml"
    file.write_text(f'name = "Two toys"\nlanguage = "en"\n\n[studies]\n{lines}\n', "utf-8")
    return file


def contents(folder: Path) -> dict[str, bytes]:
    """Return the products of all districts by their path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted((folder / "districts").rglob("*"))
        if path.is_file()
    }


def rows(out: Path) -> dict[str, dict[str, object]]:
    """Return the rows of the manifest by code."""
    return {row["code"]: row for row in json.loads((out / MANIFEST).read_text("utf-8"))["districts"]}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a portfolio of two, and the folder of its batch by two workers."""
    folder = tmp_path_factory.mktemp("province")
    portfolio = write_portfolio(folder)
    batch = run_many(portfolio, folder / "out", workers=2, products=PRODUCTS)
    assert batch.failed == ()
    return portfolio, folder / "out"


def test_a_batch_gives_what_single_runs_give(made: tuple[Path, Path], tmp_path: Path) -> None:
    portfolio, out = made
    for code in "AB":
        planner.write(planner.run(portfolio.parent / code), tmp_path / "districts" / code, products=PRODUCTS)
    single = contents(tmp_path)
    assert len(single) == 6
    # Of one worker: `test_a_batch_that_is_killed_is_continued`; of a cluster: `test_cluster.py`.
    assert contents(out) == single


def test_what_is_equal_is_kept_and_what_changed_is_done_again(tmp_path: Path) -> None:
    with in_this_process():
        _keeps_what_is_equal(tmp_path)


def _keeps_what_is_equal(tmp_path: Path) -> None:
    portfolio, out = write_portfolio(tmp_path), tmp_path / "out"
    run_many(portfolio, out, products=["plan"])
    before = {path: path.stat().st_mtime_ns for path in out.glob("districts/*/plan.json")}
    assert run_many(portfolio, out, products=["plan"]).kept == ("A", "B")
    assert {path: path.stat().st_mtime_ns for path in before} == before
    centres = toy.layers()["centres"].assign(name=["Renamed", "East station"])
    toy.write_study(
        tmp_path / "B", changed={"centres": centres}, study=(tmp_path / "B/study.toml").read_text("utf-8")
    )
    again = run_many(portfolio, out, products=["plan"])
    assert again.kept == ("A",)
    assert "Renamed" in (district_folder(out, "B") / "plan.json").read_text("utf-8")
    (district_folder(out, "A") / "plan.json").unlink()
    assert run_many(portfolio, out, products=["plan"]).kept == ("B",)
    assert set(contents(out)) == {"districts/A/plan.json", "districts/B/plan.json"}


def test_districts_that_fail_are_rows_with_their_reasons(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without centres, people or streets, with a wrong study file, or with a file where the folder goes."""
    portfolio, out = write_portfolio(tmp_path, "ABCDEF"), tmp_path / "out"
    layers = toy.layers()
    for code, changed in {
        "A": {"centres": layers["centres"].iloc[:0]},
        "B": {"people": layers["people"].assign(people=0)},
        "C": {"streets": layers["streets"].iloc[:0]},
    }.items():
        toy.write_study(
            tmp_path / code, changed=changed, study=(tmp_path / code / "study.toml").read_text("utf-8")
        )
    (tmp_path / "D/study.toml").write_text('name = "D"\n', "utf-8")
    # A disk that is full, or a lost drive.
    (out / "districts").mkdir(parents=True)
    (out / "districts/E").write_text("", "utf-8")
    words = ["batch", str(portfolio), "--out", str(out), "--products", "plan", "--workers", "2", "--threads", "3"]
    with in_this_process() as requested:
        assert main(words) == 9
    assert requested == [(2, 3, None)]
    told, printed = rows(out), capfd.readouterr().err
    assert {code for code, row in told.items() if row["status"] == "failed"} == set("ABCDE")
    for code in "ABCDE":
        assert str(told[code]["reason"]).splitlines()[0] in printed
        assert not (district_folder(out, code) / "plan.json").exists()
    assert "inputs" in str(told["D"]["reason"])
    assert (district_folder(out, "F") / "plan.json").is_file()


def test_a_disk_that_takes_no_more_fails_districts_and_loses_nothing(tmp_path: Path) -> None:
    """No file may grow beyond 20 kB, as on a full disk; with room again the same start does the rest."""
    portfolio, out = write_portfolio(tmp_path), tmp_path / "out"
    resource, seen = pytest.importorskip("resource"), list[BatchProgress]()
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    with in_this_process():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, unlimited[1]))
        try:
            with pytest.raises(OutputError):
                run_many(portfolio, out, products=["plan"], report=seen.append)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        assert [one.row.status for one in seen] == ["failed"] * 2
        too_large = Texts("en")("errors.not_writable", reason=os.strerror(errno.EFBIG))
        assert all(too_large in one.row.reason for one in seen)
        assert contents(out) == {}
        assert not [path for path in out.rglob("*.part") if path.is_file()]
        again = run_many(portfolio, out, products=["plan"])
    assert again.failed == ()
    assert len(contents(out)) == 2


def test_a_row_is_short(made: tuple[Path, Path]) -> None:
    _, out = made
    row = read_receipt(out, "A")
    assert row is not None
    assert receipt_path(out, "A").stat().st_size < 10_000
    assert row.figures["people"] == toy.layers()["people"]["people"].sum()
    assert row.figures["rules"] == "haibowan"


def die(task: DistrictTask) -> DistrictResult:
    """Kill the worker of district A; run any other."""
    if task.code == "A":
        os.kill(os.getpid(), signal.SIGKILL)
    return DistrictResult(task.code, task.name, "done", figures={"threads": thread_count()})


def die_once(task: DistrictTask) -> DistrictResult:
    """Kill the worker of district A the first time."""
    mark = Path(task.out) / f"{task.code}.seen"
    if task.code == "A" and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return DistrictResult(task.code, task.name, "done", figures={"threads": thread_count()})


def tasks(out: Path) -> list[DistrictTask]:
    """Return tasks that no study is run for."""
    return [DistrictTask(code, code, "", str(out), code) for code in "ABC"]


@pytest.mark.parametrize(("work", "lost"), [(die, {"A"}), (die_once, set())])
def test_a_worker_that_dies_takes_only_its_district(work: object, lost: set[str], tmp_path: Path) -> None:
    with process_slots(2, threads=3) as slots:
        found = {row.code: row for row in carry_out(tasks(tmp_path), slots, work=work)}  # type: ignore[arg-type]
    assert {code for code, row in found.items() if row.status == "failed"} == lost
    assert set(found) == set("ABC")
    assert {row.figures["threads"] for row in found.values() if row.status == "done"} == {3}
    if lost:
        assert str(ATTEMPTS) in found["A"].reason


def test_a_worker_of_another_version_is_told(tmp_path: Path) -> None:
    study = toy.write_study(tmp_path / "toy")
    row = run_district(DistrictTask("A", "A", str(study), str(tmp_path / "out"), "k", version="0" * 40))
    assert row.status == "failed"
    assert "version" in row.reason
    assert not (tmp_path / "out" / "districts").exists()


def test_a_batch_that_is_killed_is_continued(tmp_path: Path, made: tuple[Path, Path]) -> None:
    """Kill −9 of the batch while it writes its second district; the next start has the bytes of a whole run."""
    portfolio, whole = made
    out = tmp_path / "out"
    words = ["batch", str(portfolio), "--out", str(out), "--workers", "1", "--products", ",".join(PRODUCTS)]
    command = [sys.executable, "-m", "planner", *words]
    for code in "B":
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            # Products are made in a hidden folder beside their places, and brought there at the end.
            while not [*district_folder(out, code).glob(".planner-*")] and process.poll() is None:
                time.sleep(0.005)
            process.kill()
        for folder in out.glob("districts/*"):
            there = {path.name for path in folder.iterdir() if path.is_file()}
            assert there in (set(), {"plan.json", "tables.xlsx", "results.gpkg"})
    assert subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == 0
    assert contents(out) == contents(whole)
    assert (out / MANIFEST).read_bytes() == (whole / MANIFEST).read_bytes()


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ({"name": "x"}, "studies"),
        ({"name": "x", "studies": {"a/b": "s.toml"}}, "a/b"),
        ({"name": "x", "study": "s.toml"}, "cut"),
        ({"name": "x", "study": "s.toml", "cut": {}}, "column"),
        ({"name": "x", "study": "s.toml", "cut": {"column": "c"}, "joined": [["A", "B"], ["B"]]}, "B"),
        ({"name": "x", "studies": {"A": "s.toml"}, "typo": 1}, "typo"),
        (
            {"name": "x", "study": "s.toml", "cut": {"column": "c"}, "overrides": {"A": {"inputs": {}}}},
            "A.inputs",
        ),
    ],
)
def test_a_portfolio_that_is_wrong_is_told(content: dict[str, object], word: str) -> None:
    with pytest.raises(StudyError) as refused:
        make_portfolio(content)
    assert word in str(refused.value)


def test_two_districts_with_one_code_are_told(tmp_path: Path) -> None:
    file = tmp_path / "portfolio.toml"
    file.write_text('name = "x"\n[studies]\nA = "a.toml"\nA = "b.toml"\n', "utf-8")
    with pytest.raises(StudyError, match=r"portfolio\.toml"):
        read_portfolio(file)


def test_a_scheduler_that_is_not_there_is_told(
    made: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portfolio, _ = made
    monkeypatch.setattr(workers, "CONNECT_S", 0.5)
    with pytest.raises(StudyError, match="scheduler"):
        run_many(portfolio, tmp_path / "out", scheduler="tcp://127.0.0.1:1", products=["plan"])


def test_one_batch_at_a_time(made: tuple[Path, Path]) -> None:
    portfolio, out = made
    with own_folder(out), pytest.raises(OutputError, match="process"):
        run_many(portfolio, out, products=PRODUCTS)
    assert run_many(portfolio, out, products=PRODUCTS).kept == ("A", "B")


@pytest.mark.parametrize("name", [MANIFEST, "communities.parquet", "cut"])
def test_files_of_others_are_not_overwritten(made: tuple[Path, Path], tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir() if name == "cut" else (tmp_path / name).write_text("mine", "utf-8")
    with pytest.raises(OutputError, match=name):
        run_many(made[0], tmp_path, products=["plan"])
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("option", ["workers", "threads"])
def test_no_worker_and_no_thread_are_refused(made: tuple[Path, Path], tmp_path: Path, option: str) -> None:
    with pytest.raises(StudyError, match=f"--{option}.* 0"):
        run_many(made[0], tmp_path / "out", **{option: 0})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lines", "word"),
    [("B = 'A'\n", "A, B"), ("B = 'B/study.toml'\n[funds]\nsites = 1\nleast = { X9 = 1 }\n", "X9")],
)
def test_a_portfolio_that_counts_twice_or_for_nothing_is_told(
    made: tuple[Path, Path], tmp_path: Path, lines: str, word: str
) -> None:
    home = made[0].parent
    text = f'name = "x"\nlanguage = "en"\n[studies]\nA = "A/study.toml"\n{lines}'
    (home / "wrong.toml").write_text(text, "utf-8")
    with pytest.raises(StudyError, match=word):
        run_many(home / "wrong.toml", tmp_path / "out", products=["plan"])


def test_portfolios_are_settings(made: tuple[Path, Path]) -> None:
    assert isinstance(read_portfolio(made[0].parent), Portfolio)
