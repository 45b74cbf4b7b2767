"""GeoPackages that another program has open, or has left journals beside: replaced whole, or refused."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyogrio
import pytest
import toy
from answers import content

import planner
from planner.commands.main import main
from planner.messages.errors import OutputError
from planner.reporting.write import check_writable, write

OTHER = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
{steps}
print("ready", flush=True)
{end}
"""
WAL = """
database.execute("pragma journal_mode = wal")
database.execute("create table other_program (a)")
database.execute("insert into other_program values (1)")
"""
READ = """
database.execute("pragma journal_mode = wal")
database.execute("select count(*) from gpkg_contents").fetchall()
"""
BEGUN = """
database.execute("pragma cache_size = 1")
database.execute("begin exclusive")
database.execute("create table other_program (a)")
database.executemany("insert into other_program values (?)", [("x" * 3000,) for _ in range(200)])
"""
SOME = ("plan", "gpkg")
CRASH, STAY = "os._exit(1)", "sys.stdin.read()"


@contextmanager
def other_program(path: Path, steps: str, end: str) -> Iterator[None]:
    """Have another process work on a database, and crash there or keep it open."""
    script = OTHER.format(steps=steps, end=end)
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    if end == CRASH:
        process.wait()
    try:
        yield
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def is_whole(path: Path) -> bool:
    with sqlite3.connect(path) as database:
        found: str = database.execute("pragma integrity_check").fetchone()[0]
        tables = {row[0] for row in database.execute("select name from sqlite_master")}
    return (
        found == "ok" and "other_program" not in tables and len(pyogrio.read_dataframe(path, layer="centres")) > 0
    )


@pytest.fixture
def written(toy_plan: planner.Plan, tmp_path: Path) -> Path:
    out = tmp_path / "out"
    write(toy_plan, out, products=SOME)
    return out


@pytest.mark.parametrize("steps", [WAL, READ, BEGUN])
def test_what_a_crashed_program_left_is_taken_away(toy_plan: planner.Plan, written: Path, steps: str) -> None:
    fresh = (written / "results.gpkg").read_bytes()
    with other_program(written / "results.gpkg", steps, CRASH):
        assert any(path.name.startswith("results.gpkg-") for path in written.iterdir())
        write(toy_plan, written, products=SOME)
    assert sorted(path.name for path in written.iterdir()) == ["plan.json", "results.gpkg"]
    assert (written / "results.gpkg").read_bytes() == fresh
    assert is_whole(written / "results.gpkg")


@pytest.mark.parametrize("steps", [WAL, READ, BEGUN])
def test_a_database_that_is_open_elsewhere_is_not_replaced(
    toy_plan: planner.Plan, written: Path, steps: str
) -> None:
    with other_program(written / "results.gpkg", steps, STAY):
        before = {name: kept for name, kept in content(written).items() if "-shm" not in name}
        with pytest.raises(OutputError, match=r"Close the program that uses results\.gpkg"):
            write(toy_plan, written, products=SOME)
        assert {name: kept for name, kept in content(written).items() if "-shm" not in name} == before
    write(toy_plan, written, products=SOME)
    assert is_whole(written / "results.gpkg")


def test_a_database_opened_while_the_run_works_is_found_at_the_exchange(
    toy_plan: planner.Plan, written: Path
) -> None:
    before = (written / "plan.json").read_bytes()

    def open_it(stage: str) -> None:
        if stage == "write_plan":
            holder.__enter__()

    holder = other_program(written / "results.gpkg", WAL, STAY)
    with pytest.raises(OutputError, match="results"):
        write(toy_plan, written, progress=open_it)
    holder.__exit__(None, None, None)
    assert (written / "plan.json").read_bytes() == before
    assert sorted(one.name for one in written.iterdir() if "results.gpkg-" not in one.name) == [
        "plan.json",
        "results.gpkg",
    ]


def test_the_command_line_says_so_before_the_work(
    toy_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(toy_study), "--out", str(tmp_path / "out")]) == 0
    capsys.readouterr()
    with other_program(tmp_path / "out" / "results.gpkg", WAL, STAY):
        assert main(["run", str(toy_study), "--out", str(tmp_path / "out")]) == 6
    said = capsys.readouterr()
    assert "Close the program that uses results.gpkg" in said.err
    assert "reading inputs" not in said.err
    assert said.out == ""


def test_journals_of_a_database_that_was_deleted_are_taken_away(toy_plan: planner.Plan, written: Path) -> None:
    with other_program(written / "results.gpkg", WAL, CRASH):
        (written / "results.gpkg").unlink()
        write(toy_plan, written, products=SOME)
    assert is_whole(written / "results.gpkg")


def test_journals_beside_what_is_no_database_are_taken_away(toy_plan: planner.Plan, written: Path) -> None:
    with other_program(written / "results.gpkg", WAL, CRASH):
        (written / "results.gpkg").write_bytes(b"damaged")
        write(toy_plan, written, products=SOME)
    assert is_whole(written / "results.gpkg")


def test_the_answer_of_planner_site_and_a_fetched_file_are_guarded_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = toy.write_study(tmp_path / "toy")
    ask = ["site", str(study), "--model", "p_median", "--sites", "1", "--out", str(tmp_path / "out")]
    assert main(ask) == 0
    with other_program(tmp_path / "out" / "sites.gpkg", WAL, STAY):
        assert main(ask) == 6
    assert "Close the program that uses sites.gpkg" in capsys.readouterr().err
    with other_program(tmp_path / "out" / "sites.gpkg", READ, CRASH):
        assert main(ask) == 0
    assert "other_program" not in set(pyogrio.list_layers(tmp_path / "out" / "sites.gpkg")[:, 0])
    (tmp_path / "out" / "sites.gpkg").rename(tmp_path / "out" / "osm.gpkg")
    with (
        other_program(tmp_path / "out" / "osm.gpkg", WAL, STAY),
        pytest.raises(OutputError, match=r"Close the program that uses osm\.gpkg"),
    ):
        check_writable(tmp_path / "out", ["osm.gpkg", "osm.osm.pbf"])
