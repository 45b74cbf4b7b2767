"""What one test process has made serves the others: runs of the embedded studies take longer than most tests."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

import planner
from planner import pipeline
from planner.cache import NO_CACHE, Cache
from planner.messages.progress import Progress, silent
from planner.reporting.files.locking import lock_folder

Made = TypeVar("Made")

LONGEST_S = 1800.0
"""How long to wait for another process that is making something: the longest run takes some minutes."""


def pickled_once(factory: pytest.TempPathFactory, name: str, make: Callable[[], object]) -> Path:
    """Return the pickle of what `make` returns: the first process that asks makes it, the others wait."""
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    file = folder / f"{name}.pickle"
    # A process that is killed while it makes something leaves a lock that the next one takes over.
    lock = folder / f"{name}.lock"
    lock.mkdir(exist_ok=True)
    with lock_folder(lock, wait_s=LONGEST_S):
        if not file.exists():
            draft = file.with_suffix(".new")
            draft.write_bytes(pickle.dumps(make(), protocol=pickle.HIGHEST_PROTOCOL))
            draft.replace(file)
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
        cache: Cache = NO_CACHE,
    ) -> planner.Plan:
        study = study if isinstance(study, planner.Study) else planner.read_study(study)
        plan = known.get(study.file.read_bytes())
        if plan is None or scenario is not None or verified or study != planner.read_study(study.file):
            return run(study, scenario=scenario, progress=progress, verified=verified, cache=cache)
        return plan

    return answer
