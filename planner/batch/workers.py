"""Who carries out the tasks: processes of this machine, or a cluster of dask; one interface, that of futures."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

from planner.batch.tasks import DistrictResult, DistrictTask, load_planner, reason_of_failure, run_district
from planner.messages.catalogue import Texts
from planner.messages.errors import CommandError, Issue

ATTEMPTS = 3
"""A district whose worker died is tried again, twice."""

CONNECT_S = 10.0
"""So long a scheduler is waited for."""

LOST = ("CancelledError", "FutureCancelledError", "CommClosedError", "ClosedClientError", "RuntimeError")
"""Faults that say that a scheduler is gone."""

Work = Callable[[DistrictTask], DistrictResult]


class Slot(ABC):
    """One worker: an executor that takes one task at a time."""

    @abstractmethod
    def submit(self, work: Work, task: DistrictTask) -> Future[DistrictResult]:
        """Begin a task."""

    def begin(self) -> None:  # noqa: B027 - workers of a cluster are there
        """Start the worker before its first task, and let it load the planner meanwhile."""

    def renew(self) -> None:  # noqa: B027 - a cluster does it by itself
        """Start a new worker in place of one that died."""

    def close(self) -> None:  # noqa: B027 - a cluster does it by itself
        """End the worker."""


class ProcessSlot(Slot):
    """A process of this machine, and no more than its share of threads and memory."""

    def __init__(self, threads: int, memory_mb: int) -> None:
        self._given = threads, memory_mb
        self._pool: ProcessPoolExecutor | None = None

    def begin(self) -> None:
        """Start the process, and let it load the planner."""
        self._started().submit(load_planner)

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=begin_worker, initargs=self._given)
        return self._pool

    def submit(self, work: Work, task: DistrictTask) -> Future[DistrictResult]:
        """Begin a task, in a new process where there is none yet."""
        try:
            return self._started().submit(work, task)
        except BrokenProcessPool:  # it died while nobody used it
            self.renew()
            return self.submit(work, task)

    def renew(self) -> None:
        """Leave the broken pool: the next task starts a process."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def close(self) -> None:
        """End the process at once: what it is at is whole or not there."""
        if self._pool is not None:
            for process in list((self._pool._processes or {}).values()):  # noqa: SLF001 - no public way before 3.14
                with suppress(OSError):
                    process.kill()
        self.renew()


class ClusterSlot(Slot):
    """A place in the queue of a cluster, which tries again by itself what a dead worker was at."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def submit(self, work: Work, task: DistrictTask) -> Future[DistrictResult]:
        """Queue a task."""
        return self._executor.submit(work, task)


def begin_worker(threads: int, memory_mb: int) -> None:
    """Bound threads and memory of this process, and let it end with the one that started it."""
    for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)
    with suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    bound_memory(memory_mb)
    parent = multiprocessing.parent_process()
    if parent is not None:
        from multiprocessing.connection import wait as wait_for

        def follow() -> None:
            wait_for([parent.sentinel])
            os._exit(1)

        threading.Thread(target=follow, daemon=True).start()


def bound_memory(memory_mb: int) -> None:
    """Let this process hold no more than so much memory of its own, MB; 0: no bound."""
    if not memory_mb or not sys.platform.startswith("linux"):
        return
    import resource

    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (memory_mb << 20, memory_mb << 20))


@contextmanager
def process_slots(workers: int, *, threads: int | None = None, memory_mb: int = 0) -> Iterator[list[Slot]]:
    """Give processes with so many threads each (None: a share of the machine's); they end with the block."""
    share = max(1, (os.cpu_count() or 1) // workers) if threads is None else threads
    slots: list[Slot] = [ProcessSlot(share, memory_mb) for _ in range(workers)]
    try:
        yield slots
    finally:
        for slot in slots:
            slot.close()


@contextmanager
def cluster_slots(scheduler: str) -> Iterator[list[Slot]]:
    """Give places in the queue of a running scheduler of dask: two for each of its threads.

    Raises
    ------
    CommandError
        `distributed` is not installed, nobody answers there, or the scheduler has no worker.
    """
    try:
        distributed: Any = import_module("distributed")
    except ImportError as error:
        raise CommandError("--scheduler", [Issue("no_distributed")]) from error
    try:
        client = distributed.Client(scheduler, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        values = {"address": scheduler, "reason": " ".join(str(error).split())[:200]}
        raise CommandError("--scheduler", [Issue("no_scheduler", values)]) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=CONNECT_S)
        except TimeoutError as error:
            raise CommandError("--scheduler", [Issue("no_workers", {"address": scheduler})]) from error
        executor = client.get_executor(pure=False)
        yield [ClusterSlot(executor) for _ in range(2 * sum(client.nthreads().values()))]


def carry_out(
    tasks: Sequence[DistrictTask], slots: Sequence[Slot], *, work: Work = run_district
) -> Iterator[DistrictResult]:
    """Carry out tasks, no more at a time than there are slots; yield each row as it is done.

    A worker that dies takes only its own district with it, which is tried again, twice, and then told.
    """
    waiting = deque((task, 1) for task in tasks)
    free = deque(slots)
    running: dict[Future[DistrictResult], tuple[DistrictTask, int, Slot]] = {}
    while waiting or running:
        while waiting and free:
            (task, attempt), slot = waiting.popleft(), free.popleft()
            running[_begin(slot, work, task)] = task, attempt, slot
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            task, attempt, slot = running.pop(future)
            free.append(slot)
            try:
                yield future.result()
            except BrokenProcessPool:
                slot.renew()
                if attempt < ATTEMPTS:
                    waiting.append((task, attempt + 1))
                else:
                    yield _died(task)
            except Exception as error:  # noqa: BLE001 - of a cluster: KilledWorker, lost connections
                yield _failed(task, error)


def _died(task: DistrictTask) -> DistrictResult:
    reason = Texts(task.language)("batch.worker_died", count=ATTEMPTS)
    return DistrictResult(task.code, task.name, "failed", reason, task.key)


def _begin(slot: Slot, work: Work, task: DistrictTask) -> Future[DistrictResult]:
    """Begin a task; a cluster that takes none any more fails it."""
    try:
        return slot.submit(work, task)
    except Exception as error:  # noqa: BLE001 - the lost connection of any library
        future: Future[DistrictResult] = Future()
        future.set_exception(error)
        return future


def _failed(task: DistrictTask, error: Exception) -> DistrictResult:
    fault = type(error).__name__
    if fault == "KilledWorker":
        return _died(task)
    is_lost = fault in LOST or isinstance(error, OSError)
    reason = Texts(task.language)("batch.cluster_lost") if is_lost else reason_of_failure(error, task.language)
    return DistrictResult(task.code, task.name, "failed", reason, task.key)
