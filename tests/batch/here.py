"""Workers that are this very process: what is not about processes is tested without starting any."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import pytest

from planner.batch import districts, run
from planner.batch.tasks import DistrictResult, DistrictTask
from planner.batch.workers import Slot, Work
from planner.io.second_process import run_here


class Here(Slot):
    """Carries out each task at once."""

    def submit(self, work: Work, task: DistrictTask) -> Future[DistrictResult]:
        """Do the task and return it as done."""
        done: Future[DistrictResult] = Future()
        done.set_result(work(task))
        return done


@contextmanager
def in_this_process() -> Iterator[list[tuple[object, ...]]]:
    """Let `run_many` run its districts in this process; give the workers, threads and memory that it asks for."""
    requested: list[tuple[object, ...]] = []

    @contextmanager
    def slots(*given: object) -> Iterator[list[Slot]]:
        requested.append(given)
        yield [Here()]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "_processes", slots)
        patch.setattr(districts, "start_in_process", run_here)
        yield requested
