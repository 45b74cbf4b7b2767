"""Work in a second process: the same result, and none is lost with it."""

from __future__ import annotations

import os
import signal
import sys
import zipfile
from pathlib import Path

import pytest
from docx.image.image import Image

import planner
from planner.io.second_process import start_in_process
from planner.reporting import write as writing
from planner.reporting.report.pictures import render_png

LOST_BUT_HERE = f"""
__import__("os").kill(__import__("os").getpid(), {int(signal.SIGTERM)})
if __import__("os").getpid() != %d else "done here"
"""
"""Ends the process that does it, unless it is the one that asked."""


def test_a_result_comes_from_another_process() -> None:
    with start_in_process(os.getpid) as wait:
        assert wait() != os.getpid()


def test_what_the_work_says_is_no_part_of_its_result() -> None:
    with start_in_process(eval, "print('said') or 7") as wait:
        assert wait() == 7


def test_work_of_a_lost_process_is_done_here() -> None:
    with start_in_process(eval, (LOST_BUT_HERE % os.getpid()).replace("\n", " ").strip()) as wait:
        assert wait() == "done here"


def test_an_error_of_the_work_is_the_same_as_here() -> None:
    with start_in_process(int, "no number") as wait, pytest.raises(ValueError, match="no number"):
        wait()


def test_without_an_interpreter_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with start_in_process(os.getpid) as wait:
        assert wait() == os.getpid()


def test_what_goes_wrong_meanwhile_ends_the_work() -> None:
    with pytest.raises(KeyError), start_in_process(eval, "__import__('time').sleep(600)"):
        raise KeyError


def test_two_processes_write_what_one_writes(
    toy_plan: planner.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []
    monkeypatch.setattr(
        "planner.reporting.report.pictures.start_in_process",
        lambda *given: begun.append(given) or start_in_process(*given),
    )
    # Pictures as users have them, of 144 dots an inch: other tests draw coarser ones.
    monkeypatch.setattr("planner.reporting.report.pictures.render_png", render_png)
    for processes in (1, 2):
        assert len(writing.write(toy_plan, tmp_path / str(processes), processes=processes)) == len(
            writing.PRODUCTS
        )
    assert len(begun) == 1
    for name in writing.PRODUCTS:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes(), name
    with zipfile.ZipFile(tmp_path / "1" / "report.docx") as parts:
        drawn = [parts.read(name) for name in parts.namelist() if name.startswith("word/media/")]
    assert drawn
    assert max(Image.from_blob(png).px_width for png in drawn) == 680 * 1.5
