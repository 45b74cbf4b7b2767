"""A cluster of dask of two workers: one that is killed is made good; the bytes of a batch: `test_recipes.py`."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from planner.batch.tasks import DistrictResult, DistrictTask
from planner.batch.workers import carry_out, cluster_slots

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Return a cluster of two processes on this machine."""
    distributed: Any = import_module("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as started:
        yield started


def die_once(task: DistrictTask) -> DistrictResult:
    """Kill the worker of district A the first time."""
    mark = Path(task.out) / f"{task.code}.seen"
    if task.code == "A" and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return DistrictResult(task.code, task.name, "done")


def test_a_killed_worker_is_made_good(cluster: Any, tmp_path: Path) -> None:  # noqa: ANN401
    tasks = [DistrictTask(code, code, "", str(tmp_path), code) for code in "ABCD"]
    with cluster_slots(cluster.scheduler_address) as slots:
        found = list(carry_out(tasks, slots, work=die_once))
    assert sorted(row.code for row in found) == list("ABCD")
    assert {row.status for row in found} == {"done"}
