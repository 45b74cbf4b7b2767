"""A cluster of dask of two workers: the bytes of a batch in this process, and a worker that is killed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import toy
from here import in_this_process

from planner.batch.run import run_many
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


def test_a_cluster_of_two_workers_gives_the_same_bytes(cluster: Any, tmp_path: Path) -> None:  # noqa: ANN401
    for code in "AB":
        toy.write_study(tmp_path / code, study=toy.STUDY.replace("Toy city", f"Toy {code}"))
    portfolio = tmp_path / "portfolio.toml"
    lines = 'name = "x"\nlanguage = "en"\n[studies]\nA = "A/study.toml"\nB = "B/study.toml"\n'
    portfolio.write_text(lines, "utf-8")
    products = ["plan", "tables"]
    on_cluster = run_many(portfolio, tmp_path / "cluster", scheduler=cluster.scheduler_address, products=products)
    with in_this_process():
        here = run_many(portfolio, tmp_path / "here", products=products)
    assert on_cluster.failed == here.failed == ()
    files = [path.relative_to(tmp_path / "here") for path in (tmp_path / "here").glob("districts/*/*")]
    assert len(files) == 4
    for file in (*files, Path("manifest.json")):
        assert (tmp_path / "cluster" / file).read_bytes() == (tmp_path / "here" / file).read_bytes()
    # Each of the two ran a district.
    with import_module("distributed").Client(cluster, set_as_default=False) as client:
        has_run = client.run(lambda: "planner.pipeline" in sys.modules)
    assert list(has_run.values()) == [True, True]


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
