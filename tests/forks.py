"""Processes of the planner that begin as copies of one that has loaded it.

An interpreter takes two to three seconds to load the planner and its libraries, in each test the same. A copy is a
process all the same, with descriptors, signals, limits and an end of its own. Tests of how an interpreter begins,
and of what its environment changes, begin one.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

IS_POSSIBLE = hasattr(os, "fork")
needs_fork = pytest.mark.skipif(not IS_POSSIBLE, reason="copies of a process, as POSIX has them")

RUN = "import sys\nfrom planner.__main__ import main\nsys.exit(main())"
"""What `python -m planner` does."""

SERVER = """
import sys
sys.path[:0] = sys.argv[2:]
import forks
exec(forks.serve(int(sys.argv[1])))
"""
"""What the process that is copied does: `serve` returns in each copy, with the program that it is to carry out."""

CLOSED = -1
ENOUGH_BYTES = 1 << 20


class Copy:
    """A copy that carries out a program; used as `subprocess.Popen` is."""

    def __init__(self, program: str, words: Sequence[object], streams: Sequence[int], **more: object) -> None:
        asking, self.returncode = _server(), None
        asked = {"program": program, "words": [str(word) for word in words], "cwd": str(Path.cwd()), **more}
        asked["closed"] = [number for number, stream in enumerate(streams) if stream == CLOSED]
        socket.send_fds(asking, [json.dumps(asked).encode()], [one for one in streams if one != CLOSED])
        self.pid = int(asking.recv(ENOUGH_BYTES))

    def send_signal(self, number: int) -> None:
        """Send a signal to the copy."""
        os.kill(self.pid, number)

    def wait(self) -> int:
        """Wait until the copy has ended; return its code, negative for a signal."""
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(int(_server().recv(ENOUGH_BYTES)))
        return self.returncode


def carried_out(
    words: Sequence[object], folder: Path, *, program: str = RUN, closed: Sequence[int] = (), **more: object
) -> subprocess.CompletedProcess[bytes]:
    """Carry out a program in a copy; return what it printed, by way of files in a folder.

    Parameters
    ----------
    words
        The program's arguments.
    folder
        Where the files of what it prints are put.
    program
        The source of the program.
    closed
        Descriptors that are closed when it begins.
    more
        `ignored`, signals that it ignores; `most_bytes`, how large a file may grow; `stdout`, another descriptor.
    """
    given: dict[str, Any] = dict(more)
    files = [folder / name for name in ("copy.stdout", "copy.stderr")]
    written = os.O_RDWR | os.O_CREAT | os.O_TRUNC
    own = [os.open(os.devnull, os.O_RDONLY), *(os.open(file, written) for file in files)]
    streams = [own[0], given.pop("stdout", own[1]), own[2]]
    streams = [CLOSED if number in closed else one for number, one in enumerate(streams)]
    try:
        code = Copy(program, words, streams, **given).wait()
    finally:
        for one in own:
            os.close(one)
    said, told = (file.read_bytes() for file in files)
    for file in files:
        file.unlink()
    return subprocess.CompletedProcess([*words], code, said, told)


@cache
def _server() -> socket.socket:
    """Begin the process that is copied, once in a process of tests."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(theirs.fileno()), *paths],
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    theirs.close()
    atexit.register(_end, process, ours)
    return ours


def _end(process: subprocess.Popen[bytes], asking: socket.socket) -> None:
    asking.close()
    process.wait()


def serve(descriptor: int) -> str:
    """Load the planner, then make a copy for each that is asked; return in a copy with its program."""
    asking = socket.socket(fileno=descriptor)
    _load()
    # What is loaded stays: copies need not go through it in search of what can be forgotten.
    gc.freeze()
    while True:
        message, streams, *_ = socket.recv_fds(asking, ENOUGH_BYTES, 3)
        if not message:
            os._exit(0)
        pid = os.fork()
        if not pid:
            break
        for one in streams:
            os.close(one)
        asking.send(b"%d" % pid)
        asking.send(b"%d" % os.waitpid(pid, 0)[1])
    asking.close()
    return _become(json.loads(message), list(streams))


def _load() -> None:
    """Load what a run does, and the kernels; no solver, whose threads would not be copied."""
    import pkgutil
    from importlib import import_module

    import docx
    import geopandas
    import highspy
    import openpyxl
    import pyogrio
    import resvg_py
    import sklearn.cluster

    import planner
    from planner.network.walker import compile_kernels

    del docx, geopandas, highspy, openpyxl, pyogrio, resvg_py, sklearn
    for module in pkgutil.walk_packages(planner.__path__, "planner."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    compile_kernels()


def _become(asked: dict[str, Any], streams: list[int]) -> str:
    """Take on the arguments, descriptors, signals and limits of a process of its own."""
    for number in range(3):
        if number in asked["closed"]:
            os.close(number)
        else:
            os.dup2(stream := streams.pop(0), number)
            os.close(stream)
    sys.argv = ["planner", *asked["words"]]
    sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__ = _open(set(asked["closed"]))
    os.chdir(asked["cwd"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    for name in asked.get("ignored", ()):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    if "most_bytes" in asked:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["most_bytes"], asked["most_bytes"]))
    return str(asked["program"])


def _open(closed: set[int]) -> list[Any]:
    """Open the three streams as an interpreter does when it begins."""
    ways = [("r", "strict"), ("w", "strict"), ("w", "backslashreplace")]
    streams = [
        None if number in closed else os.fdopen(number, mode, errors=errors, encoding="utf-8", closefd=False)
        for number, (mode, errors) in enumerate(ways)
    ]
    if streams[2]:
        streams[2].reconfigure(line_buffering=True)
    return streams
