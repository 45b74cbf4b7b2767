"""Standard output holds results and nothing else, on the file descriptor, whatever a library prints."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import toy
from forks import RUN, carried_out, needs_fork

PRODUCTS = ("map.html", "report.html", "report.docx", "tables.xlsx", "plan.json", "results.gpkg")

# A library that prints in Python, by the system and by C's own buffer, while a study is read, and once at the end.
NOISY = """
import atexit, ctypes, os, sys
import planner.prepare as preparing
from planner.__main__ import main

C = ctypes.CDLL(None)
read = preparing.read_inputs

def noisy(*given, **more):
    C.puts(b"BANNER of C")
    os.write(1, b"BANNER of the system\\n")
    print("BANNER of Python")
    return read(*given, **more)

preparing.read_inputs = noisy
atexit.register(C.puts, b"BANNER at the end")
sys.exit(main())
"""


def outputs(room: Path, *words: object, program: str = NOISY) -> tuple[list[str], str]:
    done = carried_out(words, room, program=program)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().splitlines(), done.stderr.decode()


def in_an_interpreter(*words: object) -> tuple[list[str], str]:
    done = subprocess.run(
        [sys.executable, "-c", NOISY, *map(str, words)], capture_output=True, check=True, timeout=300
    )
    return done.stdout.decode().splitlines(), done.stderr.decode()


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy.write_study(tmp_path_factory.mktemp("stream"), study=toy.with_money(60.0, 60.0))


def quiet(lines: list[str], errors: str) -> list[str]:
    """Return the results, once it is sure that the library did print, and nowhere but where it may."""
    assert all(f"BANNER of {one}" in errors for one in ("C", "the system", "Python"))
    assert "BANNER at the end" in errors
    assert not [line for line in lines if "BANNER" in line or "HiGHS" in line]
    return lines


def test_run_prints_the_paths_of_its_products(study: Path, tmp_path: Path) -> None:
    lines = quiet(*in_an_interpreter("run", study, "--out", tmp_path / "out"))
    assert lines == [str(tmp_path / "out" / name) for name in PRODUCTS]


@needs_fork
def test_site_prints_its_answer_then_paths(study: Path, tmp_path: Path) -> None:
    lines = quiet(*outputs(tmp_path, "site", study, "--model", "p_center", "--out", tmp_path))
    assert lines[0].startswith("Toy city")
    assert lines[-2:] == [str(tmp_path / "sites.json"), str(tmp_path / "sites.gpkg")]


@needs_fork
@pytest.mark.parametrize(
    ("words", "first"),
    [
        (("programme", "{study}"), "With 180"),
        (("explain", "{study}", "C1"), "West centre"),
        (("report", "{study}", "--out", "{out}/r.html"), "{out}/r.html"),
        (("report", "{study}", "--for", "West", "--out", "{out}/w.docx"), "{out}/w.docx"),
        (("map", "{study}", "--out", "{out}/m.svg"), "{out}/m.svg"),
    ],
)
def test_other_commands_print_their_results(
    study: Path, tmp_path: Path, words: tuple[str, ...], first: str
) -> None:
    lines = quiet(*outputs(tmp_path, *(word.format(study=study, out=tmp_path) for word in words)))
    assert lines[0].startswith(first.format(out=tmp_path))


@needs_fork
def test_check_prints_json(study: Path, tmp_path: Path) -> None:
    lines = quiet(*outputs(tmp_path, "check", study, "--json"))
    assert json.loads("\n".join(lines))["study"] == "Toy city"


@needs_fork
def test_the_solver_prints_nothing_of_its_own(study: Path, tmp_path: Path) -> None:
    lines, _ = outputs(tmp_path, "run", study, "--out", tmp_path / "out", program=RUN)
    assert [Path(line).name for line in lines] == list(PRODUCTS)


@needs_fork
@pytest.mark.parametrize("closed", [(1,), (2,), (1, 2)])
def test_a_closed_stream_ends_nothing(study: Path, tmp_path: Path, closed: tuple[int, ...]) -> None:
    done = carried_out(["check", study, "--json"], tmp_path, closed=closed)
    assert done.returncode == 0
    if closed == (2,):
        assert json.loads(done.stdout)["study"] == "Toy city"
