"""What one test process has made serves the others: runs of the embedded studies take longer than most tests."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

import planner
from planner import pipeline
from planner.progress import Progress, silent

Made = TypeVar("Made")


def pickled_once(factory: pytest.TempPathFactory, name: str, make: Callable[[], object]) -> Path:
    """Return the pickle of what `make` returns: the first process that asks makes it, the others wait."""
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    file = folder / f"{name}.pickle"
    with _alone(folder / f"{name}.lock"):
        if not file.exists():
            content = pickle.dumps(make(), protocol=pickle.HIGHEST_PROTOCOL)
            file.write_bytes(content)
    return file


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[], Made]) -> Made:
    """Return what `make` returns, made by the first process that asks."""
    made: Made = read(pickled_once(factory, name, make))
    return made


def read(file: Path) -> Made:
    """Return what has been pickled."""
    made: Made = pickle.loads(file.read_bytes())  # noqa: S301 - this session has written it
    return made


def known_run(plans: Sequence[planner.Plan]) -> Callable[..., planner.Plan]:
    """Return what does as `planner.run`, but has the plans of some studies, and of copies of them, at hand.

    A study counts as one of them where its file is the same to the byte and nothing has been changed since.
    """
    known = {plan.study.file.read_bytes(): plan for plan in plans}
    run = pipeline.run

    def answer(
        study: planner.Study | str | Path,
        *,
        scenario: Path | None = None,
        progress: Progress = silent,
        verified: bool = False,
    ) -> planner.Plan:
        study = study if isinstance(study, planner.Study) else planner.read_study(study)
        plan = known.get(study.file.read_bytes())
        if plan is None or scenario is not None or verified or study != planner.read_study(study.file):
            return run(study, scenario=scenario, progress=progress, verified=verified)
        return plan

    return answer


LONGEST_WAIT_S = 900.0
"""A whole run of a study on a busy machine takes minutes; after that nothing is to be expected."""


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold a lock file that names its owner; that of a process which has ended is taken over."""
    until = time.monotonic() + LONGEST_WAIT_S
    while True:
        try:
            with lock.open("x", encoding="ascii") as file:
                file.write(str(os.getpid()))
            break
        except FileExistsError:
            owner = _owner(lock)
            if owner is not None and not psutil.pid_exists(owner):
                lock.unlink(missing_ok=True)
            elif time.monotonic() > until:
                message = f"{lock} is held by process {owner} for more than {LONGEST_WAIT_S:g} s"
                raise TimeoutError(message) from None
            else:
                time.sleep(0.2)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _owner(lock: Path) -> int | None:
    """Return the process that a lock file names; None where it is gone by now, or not yet written."""
    try:
        return int(lock.read_text("ascii"))
    except (FileNotFoundError, ValueError):
        return None
