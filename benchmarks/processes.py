"""Work in a process of its own: how long it takes and how much memory it holds at most."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
THREAD_SETTINGS = (
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that has ended well."""

    seconds: float
    peak_bytes: int
    output: str


def run_python(words: Sequence[str]) -> Finished:
    """Run this Python with `words` in the repository's folder and wait for its end.

    Raises
    ------
    RuntimeError
        It failed; the message is the end of what it said.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output, tempfile.TemporaryFile("w+") as said:
        begin = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 -- this Python, on the planner's own modules
            [sys.executable, *words], stdout=output, stderr=said, cwd=ROOT, env=environment()
        )
        # wait4 tells the memory of this child alone; getrusage would tell the largest of all children so far.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(said.read()[-2000:])
        output.seek(0)
        unit = 1 if sys.platform == "darwin" else 1024
        return Finished(seconds, usage.ru_maxrss * unit, output.read())


def environment(threads: int | None = None) -> dict[str, str]:
    """Return the environment of a child, with libraries held to `threads` where a number is given."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    limits = dict.fromkeys(THREAD_SETTINGS, str(threads)) if threads else {}
    return {**os.environ, **limits, "PYTHONPATH": path}


def hold_to_cores(threads: int) -> None:
    """Let this process use only so many cores, whatever its libraries ask for, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[-threads:])
