"""Machine code that is kept for the next process: damaged, it is compiled anew; unwritable, it is no fault."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CODE = """
import sys
sys.path.insert(0, sys.argv[1])
from adding import add
print(add(2, 3))
"""
ADDING = """
from planner.network.compile import kernel

@kernel
def twice(a):
    return 2 * a

@kernel
def add(a, b):
    return twice(a) - a + b
"""


def added(folder: Path, **environment: str) -> str:
    """Return what a process says that adds two numbers by a kernel; it must be 5, and no traceback."""
    folder.mkdir(exist_ok=True)
    (folder / "adding.py").write_text(ADDING, "utf-8") if not (folder / "adding.py").exists() else None
    kept = {"NUMBA_CACHE_DIR": str(folder / "kept"), **environment}
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **kept},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "5\n"
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda body: body[: len(body) // 2],
        lambda _: b"",
        lambda body: b"\x00" * len(body),
        lambda _: b"text",
    ],
    ids=["half", "empty", "zeros", "text"],
)
def test_damaged_code_is_compiled_anew_and_told(
    tmp_path: Path, ending: str, damage: Callable[[bytes], bytes]
) -> None:
    assert added(tmp_path / "code") == ""
    files = list((tmp_path / "code").rglob(f"*.{ending}"))
    assert files
    for file in files:
        file.write_bytes(damage(file.read_bytes()))
    assert "is damaged" in added(tmp_path / "code")
    # What was compiled anew is kept whole.
    assert added(tmp_path / "code") == ""


def test_a_folder_in_place_of_kept_code_is_no_fault(tmp_path: Path) -> None:
    added(tmp_path / "code")
    for file in (tmp_path / "code").rglob("*.nbi"):
        file.unlink()
        file.mkdir()
    added(tmp_path / "code")


@pytest.mark.parametrize("number", ["0", "-1", "abc", "", "1.5", "٣", "1" * 40])
def test_a_number_of_threads_that_is_none_is_ignored(tmp_path: Path, number: str) -> None:
    assert "is ignored" in added(tmp_path / "code", NUMBA_NUM_THREADS=number)


@pytest.mark.parametrize("number", ["1", " 2 ", "64", "99999"])
def test_a_number_of_threads_is_taken(tmp_path: Path, number: str) -> None:
    assert added(tmp_path / "code", NUMBA_NUM_THREADS=number) == ""
