"""How a command ends: by a signal at any stage, without a reader, out of memory, by a fault of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import toy
from answers import EARLIER, content, earlier
from forks import RUN, Copy, carried_out, needs_fork
from phrases import phrase

import planner
from planner import pipeline
from planner.commands import exit as endings
from planner.commands import main as cli
from planner.commands.main import main
from planner.messages.catalogue import Texts
from planner.reporting import write as writing
from planner.signals import Interruption, defer_signals, handle_signals

pytestmark = needs_fork


def hear_signals() -> None:
    """Undo what a shell does to a job in the background: its children ignore an interruption."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Begun:
    """A run that has begun in a copy of a loaded planner, and what it prints."""

    def __init__(self, study: Path, out: Path, *more: str, ignored: Sequence[str] = ()) -> None:
        (self.stdout, out_end), (self.stderr, error_end) = os.pipe(), os.pipe()
        stdin = os.open(os.devnull, os.O_RDONLY)
        self.copy = Copy(
            RUN, ["run", study, "--out", out, *more], (stdin, out_end, error_end), ignored=list(ignored)
        )
        for end in (stdin, out_end, error_end):
            os.close(end)

    def read_until(self, word: bytes) -> bytes:
        """Read what is told until a word has been said."""
        said = b""
        while word not in said:
            said += (read := os.read(self.stderr, 4096))
            assert read, said
        return said

    def ended(self) -> tuple[int, bytes]:
        """Return the code of the run, and the rest of what it told."""
        rest = b""
        while read := os.read(self.stderr, 4096):
            rest += read
        os.close(self.stderr)
        os.close(self.stdout)
        return self.copy.wait(), rest


@pytest.mark.parametrize(("number", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
@pytest.mark.parametrize("stage", ["reading inputs", "map"])
def test_a_signal_ends_a_run_and_leaves_nothing(
    toy_study: Path, tmp_path: Path, number: str, code: int, stage: str
) -> None:
    out = earlier(tmp_path / "out")
    process = Begun(toy_study, out)
    said = process.read_until(stage.encode())
    process.copy.send_signal(getattr(signal, number))
    ended, rest = process.ended()
    assert ended == code
    assert b"Interrupted; earlier results are untouched." in rest
    assert b"Traceback" not in said + rest
    assert content(out) == EARLIER
    assert sorted(path.name for path in out.iterdir()) == sorted(EARLIER)


@pytest.mark.parametrize("after_s", [0.0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3, 0.4])
def test_a_signal_while_python_begins_says_nothing_of_pythons(
    toy_study: Path, tmp_path: Path, after_s: float
) -> None:
    # The moment from which the planner can answer is its first own statement.
    first = "import sys\nimport planner.__main__ as own\nown._exit_on_signals()\n"
    code = f"{first}print('on', flush=True)\nsys.exit(own.main())"
    words = ["run", str(toy_study), "--out", str(tmp_path / "out")]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=hear_signals,  # noqa: PLW1509 - no threads here
    )
    assert process.stdout.readline() == b"on\n"
    time.sleep(after_s)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in said
    assert b"Exception ignored" not in said


def test_nohup_keeps_a_run_going(toy_study: Path, tmp_path: Path) -> None:
    process = Begun(toy_study, tmp_path / "out", "--products", "plan", ignored=["SIGHUP"])
    process.read_until(b"reading inputs")
    process.copy.send_signal(signal.SIGHUP)
    assert process.ended()[0] == 0


def test_a_signal_during_the_exchange_waits_for_its_end() -> None:
    with handle_signals(lambda: None) as last:
        with pytest.raises(Interruption) as told, defer_signals():  # noqa: PT012 - the signal comes inside
            signal.raise_signal(signal.SIGTERM)
            assert last() == signal.SIGTERM
        assert told.value.code == 143


def test_after_the_exchange_nobody_is_told_that_earlier_results_are_there(
    toy_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = earlier(tmp_path / "out")
    exchange = writing.replace_files

    def then_interrupted(*given: object) -> None:
        exchange(*given)
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(writing, "replace_files", then_interrupted)
    assert main(["run", str(toy_study), "--out", str(out)]) == 143
    said = capsys.readouterr().err
    assert phrase("cli.interrupted_in_place") in said
    assert "untouched" not in said
    assert not set(EARLIER.values()) & {content(out)[name] for name in writing.PRODUCTS}


def no_reader(room: Path, *words: object) -> subprocess.CompletedProcess[bytes]:
    """Run a command whose output nobody reads."""
    reading, writes = os.pipe()
    os.close(reading)
    try:
        return carried_out(words, room, stdout=writes)
    finally:
        os.close(writes)


@pytest.mark.parametrize("words", [("check",), ("check", "--json"), ("site",), ("explain", "c1")])
def test_output_that_nobody_reads_is_no_fault(toy_study: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    done = no_reader(tmp_path, words[0], toy_study, *words[1:])
    assert done.returncode == endings.READER_GONE or (words[0] == "explain" and done.returncode == 2)
    assert b"Traceback" not in done.stderr
    assert b"BrokenPipe" not in done.stderr


def test_help_that_nobody_reads_is_no_fault(tmp_path: Path) -> None:
    done = no_reader(tmp_path, "--help")
    assert b"BrokenPipe" not in done.stderr


def test_progress_that_nobody_reads_ends_the_run_and_blames_no_folder(toy_study: Path, tmp_path: Path) -> None:
    out = earlier(tmp_path / "out")
    process = Begun(toy_study, out)
    process.read_until(b"\n")
    os.close(process.stderr)
    assert os.read(process.stdout, 4096) == b""
    os.close(process.stdout)
    assert process.copy.wait() == endings.READER_GONE
    assert content(out) == EARLIER


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_a_closed_stream_is_no_fault(toy_study: Path, tmp_path: Path, closed: int) -> None:
    done = carried_out(["check", toy_study], tmp_path, closed=[closed])
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


def test_closed_streams_are_no_fault_of_a_run(toy_study: Path, tmp_path: Path) -> None:
    command = f'"{sys.executable}" -m planner run "{toy_study}" --out "{tmp_path / "out"}" --products map,gpkg'
    done = subprocess.run(["/bin/sh", "-c", f"{command} <&- >&- 2>&-"], capture_output=True, check=False)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    # What would have been printed has not run into a product.
    assert (tmp_path / "out" / "map.html").read_bytes().startswith(b"<!DOCTYPE html>")
    assert (tmp_path / "out" / "results.gpkg").read_bytes().startswith(b"SQLite format 3\0")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk_behind_stdout_is_told(toy_study: Path, tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = carried_out(["check", toy_study], tmp_path, stdout=full.fileno())
    assert done.returncode == 6
    assert phrase("cli.stdout_unwritten", reason="No space left on device") in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def failing(error: BaseException) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.fixture
def known_plan(toy_plan: planner.Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the plan at hand."""
    monkeypatch.setattr(pipeline, "run", lambda *_, **__: toy_plan)


@pytest.mark.usefixtures("known_plan")
@pytest.mark.parametrize(
    ("error", "code", "key"),
    [
        (MemoryError(), 8, "cli.no_memory"),
        (RecursionError("deep"), 8, "cli.too_deep"),
        (ZeroDivisionError("by zero"), 1, "cli.unexpected"),
        (AssertionError(), 1, "cli.unexpected"),
    ],
)
def test_what_nobody_expected_is_said_in_a_sentence(
    toy_study: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    key: str,
) -> None:
    out = earlier(tmp_path / "out")
    monkeypatch.setattr(writing, "draw_map", failing(error))
    monkeypatch.delenv(endings.TRACEBACK, raising=False)
    texts = Texts("en")
    stage = texts("cli.at_stage", stage=texts("cli.stage_write_map"))
    fault = {"fault": type(error).__name__} if key == "cli.unexpected" else {}
    for words, traced in {(): False, ("--traceback",): True}.items():
        assert main(["run", str(toy_study), "--out", str(out), *words]) == code
        told = capsys.readouterr().err
        assert phrase(key, stage=stage, **fault) in told
        assert ("Traceback" in told) == traced
        assert "Earlier results are untouched." in told
        assert content(out) == EARLIER
    monkeypatch.setenv(endings.TRACEBACK, "1")
    assert main(["run", str(toy_study), "--out", str(out)]) == code
    assert "Traceback" in capsys.readouterr().err


def test_a_stage_is_named_in_the_language_of_the_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    study = toy.write_study(tmp_path / "toy", study=toy.STUDY.replace('"en"', '"zh"'))
    monkeypatch.setattr(writing, "draw_map", failing(ValueError("x")))
    assert main(["run", str(study), "--out", str(tmp_path / "out")]) == 1
    assert "程序自身出错，工作中止（阶段：" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, f"a = {'9' * 10_000}", "\0", "language = 1"])
def test_a_study_that_cannot_be_read_has_a_language(tmp_path: Path, text: str) -> None:
    (tmp_path / "study.toml").write_text(text, "utf-8")
    assert cli.language_of(Namespace(study=tmp_path / "study.toml")) in ("en", "zh")


def test_a_device_is_not_read_for_its_language() -> None:
    assert cli.language_of(Namespace(study=Path("/dev/zero"))) == "en"
