"""A second process for work that needs nothing but its arguments: it is done while this one goes on."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")

BEGIN = """
import sys
home, *packages = sys.argv[1:]
sys.path[:] = [*sys.path, *(package for package in packages if package not in sys.path)]
sys.path.insert(0, home)
import planner
sys.path.remove(home)
sys.path.append(home)
from planner.io.second_process import main
main()
"""
"""What the second interpreter does. It begins isolated (-I): neither the working folder nor the environment adds
to where modules come from, so that no code of a folder with data is carried out. The package comes from where this
process has it, and what it imports from the interpreter's own folders and those of installed packages."""

PACKAGES = ("site-packages", "dist-packages")


@contextmanager
def start_in_process(work: Callable[..., Result], *given: object) -> Iterator[Callable[[], Result]]:
    """Begin `work(*given)` in a process of its own; what is returned waits for its result.

    An interpreter of its own, not a copy of this one: threads of the libraries do not survive a copy, and a script
    is not carried out a second time. Where there can be no second process, or it is lost, the work is done here.

    Parameters
    ----------
    work
        A function of a module; it and its result can be pickled, and it writes nothing.
    given
        Its arguments, which can be pickled.

    Examples
    --------
    >>> with start_in_process(sorted, [2, 1]) as wait:
    ...     wait()
    [1, 2]
    """
    task = pickle.dumps((work, given), pickle.HIGHEST_PROTOCOL)
    command = [sys.executable, "-I", "-c", BEGIN, *_homes()]
    try:
        process = subprocess.Popen(  # noqa: S603 - this interpreter and this module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError:
        with run_here(work, *given) as wait:
            yield wait
        return
    with process, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(process.communicate, task)

        def wait() -> Result:
            pickled, _ = answer.result()
            if process.returncode:
                return work(*given)
            result: Result = pickle.loads(pickled)  # noqa: S301 - what our own process has written
            return result

        try:
            yield wait
        finally:
            process.kill()


@contextmanager
def run_here(work: Callable[..., Result], *given: object) -> Iterator[Callable[[], Result]]:
    """Do as `start_in_process` does, in this process: `work(*given)` is done when its result is requested."""
    yield lambda: work(*given)


def _homes() -> list[str]:
    """Return the folder that holds the package, then those of installed packages."""
    home = Path(__file__).resolve().parents[2]
    installed = [path for path in sys.path if Path(path).is_absolute() and Path(path).name in PACKAGES]
    return [str(home), *installed]


def main() -> None:
    """Do what is asked on stdin and write the result to stdout; what goes wrong ends the process with a code."""
    # Whoever interrupts the first process ends this one by it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Results go to a copy of descriptor 1: what a library prints in C must not stand between their bytes.
    answers, sys.stdout = os.fdopen(os.dup(1), "wb"), sys.stderr
    os.dup2(2, 1)
    task: tuple[Callable[..., Any], tuple[Any, ...]] = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the first
    work, given = task
    answers.write(pickle.dumps(work(*given), pickle.HIGHEST_PROTOCOL))
    answers.flush()
