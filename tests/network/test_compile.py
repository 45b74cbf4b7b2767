"""Machine code that is kept for the next process: damaged, it is compiled anew; unwritable, it is no fault."""

from __future__ import annotations

import importlib.util
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numba
import pytest

from planner.network.compile import THREADS, is_compiled, thread_count

CODE = """
import logging
import sys
logging.basicConfig()
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


@pytest.fixture(autouse=True)
def kept_beside_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.delitem(sys.modules, "adding", raising=False)


def added(folder: Path) -> int:
    """Return the sum of two numbers by a kernel, from its kept code, else compiled."""
    spec = importlib.util.spec_from_file_location("adding", folder / "adding.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["adding"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    total: int = module.add(2, 3)
    return total


def process(folder: Path, **environment: str) -> str:
    """Return the messages of a process that adds two numbers by a kernel; it must print 5, and no traceback."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "5\n"
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a module and its kept code, by another process."""
    folder = tmp_path_factory.mktemp("compiled")
    (folder / "adding.py").write_text(ADDING, "utf-8")
    environment = {"NUMBA_CACHE_DIR": ""}
    assert process(folder, **environment) == ""
    assert {file.suffix for file in (folder / "__pycache__").iterdir()} >= {".nbi", ".nbc"}
    return folder


@pytest.fixture
def kept(compiled: Path, tmp_path: Path) -> Path:
    """Return a copy of that folder, with the dates by which numba recognises its code."""
    return Path(shutil.copytree(compiled, tmp_path / "copy"))


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
    kept: Path, ending: str, damage: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    assert added(kept) == 5
    assert not caplog.records
    files = list(kept.rglob(f"*.{ending}"))
    assert files
    for file in files:
        file.write_bytes(damage(file.read_bytes()))
    assert added(kept) == 5
    assert caplog.records
    assert {record.levelno for record in caplog.records} == {logging.WARNING}
    assert all("is damaged" in record.message for record in caplog.records)
    # What was compiled anew is kept whole.
    caplog.clear()
    assert added(kept) == 5
    assert not caplog.records


def test_a_process_says_that_code_is_damaged(kept: Path) -> None:
    for file in kept.rglob("*.nbi"):
        file.write_bytes(file.read_bytes()[:-9])
    assert "is damaged" in process(kept, NUMBA_CACHE_DIR="")
    assert process(kept, NUMBA_CACHE_DIR="") == ""


def test_a_folder_in_place_of_kept_code_is_no_fault(kept: Path) -> None:
    for file in kept.rglob("*.nbi"):
        file.unlink()
        file.mkdir()
    assert added(kept) == 5


@pytest.mark.parametrize("number", ["0", "-1", "abc", "", "1.5", "٣", "1" * 40])
def test_a_number_of_threads_that_is_none_is_ignored(
    number: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A number counts where numba is not yet loaded: here it is hidden."""
    monkeypatch.delitem(sys.modules, "numba")
    monkeypatch.setenv(THREADS, number)
    monkeypatch.setattr("planner.network.compile.import_module", lambda _: numba)
    thread_count()
    assert THREADS not in os.environ
    assert ["is ignored" in record.message for record in caplog.records] == [True]


@pytest.mark.parametrize("number", ["1", " 2 ", "64", "99999"])
def test_a_number_of_threads_is_left_to_numba(
    number: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delitem(sys.modules, "numba")
    monkeypatch.setenv(THREADS, number)
    monkeypatch.setattr("planner.network.compile.import_module", lambda _: numba)
    thread_count()
    assert os.environ[THREADS] == number
    assert not caplog.records


def test_a_process_takes_a_number_of_threads_or_ignores_it(kept: Path) -> None:
    assert process(kept, **{THREADS: " 2 "}) == ""
    assert process(kept, **{THREADS: "99999"}) == ""
    assert "is ignored" in process(kept, **{THREADS: "1.5"})


def test_it_is_known_whether_the_code_of_a_kernel_is_kept_and_up_to_date(tmp_path: Path) -> None:
    file = tmp_path / "adding.py"
    file.write_text(ADDING, "utf-8")
    known = []
    for change in ("", "", "# changed\n"):
        file.write_text(file.read_text("utf-8") + change, "utf-8")
        spec = importlib.util.spec_from_file_location("adding", file)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules["adding"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        before = is_compiled(module.add)
        assert module.add(2, 3) == 5
        known.append((before, is_compiled(module.add)))
    assert known == [(False, True), (True, True), (False, True)]
    assert is_compiled(added), "of what is no kernel nothing needs compiling"


def test_a_kernel_is_compiled_again_when_a_kernel_of_another_file_changes(tmp_path: Path) -> None:
    """Its callee's callee, here: what is kept of the first would answer by the old one."""
    (tmp_path / "inner.py").write_text(
        "from planner.network.compile import kernel\n\n@kernel\ndef share(a):\n    return 2 * a\n", "utf-8"
    )
    calls = "from planner.network.compile import kernel\nfrom inner import share\n\n"
    own = (
        "@kernel\ndef both(a, b):\n    return share(a) - a + b\n\n@kernel\ndef add(a, b):\n    return both(a, b)\n"
    )
    (tmp_path / "adding.py").write_text(calls + own, "utf-8")
    # Bytecode tells a changed source by its second and its length, which here are the same.
    fresh = {"NUMBA_CACHE_DIR": "", "PYTHONDONTWRITEBYTECODE": "1"}
    assert process(tmp_path, **fresh) == ""
    text = (tmp_path / "inner.py").read_text("utf-8")
    (tmp_path / "inner.py").write_text(text.replace("2 * a", "3 * a"), "utf-8")
    with pytest.raises(AssertionError, match="7"):
        process(tmp_path, **fresh)
