"""A lock on a folder, held for as long as its products are exchanged.

The lock is a file that names its owner: the machine, the process and when that process began. It needs nothing
that only one operating system has. Whoever finds the lock of a process that has ended takes it over; whoever finds
that of a living process waits, and is refused after a time with the owner's name.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from planner.messages.errors import Issue, OutputError

LOCK = ".planner-lock"

WAIT_S = 60.0
"""How long to wait for a living owner: an exchange takes less than a second, on a slow share some seconds."""

FOREIGN_S = 600.0
"""After this the lock of another machine counts as left over: its process cannot be looked at from here."""

UNSIGNED_S = 10.0
"""After this a lock without an owner counts as left over: its process ended between making and signing it."""

LOOK_S = 0.05
"""How often to look whether the lock is free."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A process: where it runs, its number, and when it began, as the system states it; "" where it does not."""

    host: str
    machine: str
    pid: int
    started: str

    @property
    def token(self) -> str:
        """The owner as part of a file's name."""
        host = hashlib.sha256(f"{self.host}\n{self.machine}".encode()).hexdigest()[:12]
        return f"{host}-{self.pid}-{self.started or 0}"

    def is_here(self) -> bool:
        """Return whether the process runs on this machine."""
        here = this_process()
        return (self.host, self.machine) == (here.host, here.machine)

    def is_dead(self) -> bool:
        """Return whether the process has ended; False for processes of other machines."""
        return self.is_here() and not is_running(self.pid, self.started)


def this_process() -> Owner:
    """Return who this process is."""
    host, machine = _machine()
    return Owner(host, machine, os.getpid(), _started(os.getpid()) or "")


def is_running(pid: int, started: str) -> bool:
    """Return whether a process of this machine runs, with the given start time.

    Examples
    --------
    >>> is_running(os.getpid(), this_process().started), is_running(os.getpid(), "another time")
    (True, False)
    """
    if Path("/proc/self/stat").exists():
        now = _started(pid)
        return now is not None and (not started or now == started)
    if sys.platform == "win32":
        return _runs_on_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def lock_folder(
    folder: Path, *, wait_s: float | None = None, pause: Callable[[float], None] = time.sleep
) -> Iterator[None]:
    """Hold the lock of a folder.

    Parameters
    ----------
    folder
        The folder; it exists and can be written.
    wait_s
        How long to wait for another process, seconds; `WAIT_S` where None.
    pause
        What waits.

    Raises
    ------
    OutputError
        A living process has held the lock for longer than that.
    OSError
        The folder cannot be written.
    """
    lock, signed = folder / LOCK, _signed()
    until = time.monotonic() + (WAIT_S if wait_s is None else wait_s)
    while not _taken(lock, signed):
        signature = _signature(lock)
        if signature is None:
            continue
        if _is_left_over(lock, signature):
            _clear(lock, signature, signed)
        elif time.monotonic() >= until:
            raise OutputError(str(folder), [Issue("folder_locked", {**_in_words(signature), "file": lock})])
        else:
            pause(LOOK_S)
    try:
        yield
    finally:
        signature = _signature(lock)
        if signature is not None and signature.text == signed:
            _remove(lock)


def clear_traces(folder: Path) -> None:
    """Remove what processes that were killed while they looked at a lock have left beside it."""
    for file in folder.glob(f"{LOCK}-*"):
        signature = _signature(file)
        if signature is not None and _is_left_over(file, signature):
            _remove(file)


def _signed() -> str:
    owner = this_process()
    record = {"host": owner.host, "machine": owner.machine, "pid": owner.pid, "started": owner.started}
    return json.dumps({**record, "since": time.strftime("%Y-%m-%d %H:%M:%S"), "id": uuid.uuid4().hex})


@dataclass(frozen=True, slots=True)
class _Signature:
    """Content of a lock, and when it was written by the clock of its file system."""

    text: str
    at_ns: int

    def owner(self) -> Owner | None:
        """Return whose it is; None where that cannot be read."""
        try:
            record = json.loads(self.text)
            return Owner(str(record["host"]), str(record["machine"]), int(record["pid"]), str(record["started"]))
        except (ValueError, TypeError, KeyError, RecursionError):
            return None


def _taken(lock: Path, signed: str) -> bool:
    """Take the lock unless it exists; return whether it was taken."""
    try:
        handle = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    except FileExistsError:
        return False
    except PermissionError:
        # Windows reports this for a file that is being removed.
        if not lock.exists():
            raise
        return False
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(signed)
    return True


def _signature(lock: Path) -> _Signature | None:
    """Return the content of the lock; None where it is gone."""
    try:
        at_ns = lock.stat().st_mtime_ns
        return _Signature(lock.read_text("utf-8", errors="replace")[:4096], at_ns)
    except FileNotFoundError:
        return None
    except OSError:
        # Windows keeps a file that is being written to its writer.
        return _Signature("", time.time_ns())


def _is_left_over(lock: Path, signature: _Signature) -> bool:
    owner = signature.owner()
    if owner is not None and owner.is_here():
        return owner.is_dead()
    return _age_s(lock, signature) > (UNSIGNED_S if owner is None else FOREIGN_S)


def _age_s(lock: Path, signature: _Signature) -> float:
    """Return how old the lock is by the clock of its file system, which need not be that of this machine."""
    probe = lock.with_name(f"{LOCK}-clock-{uuid.uuid4().hex}")
    probe.write_text(_signed(), "utf-8")
    try:
        return (probe.stat().st_mtime_ns - signature.at_ns) / 1e9
    finally:
        _remove(probe)


def _clear(lock: Path, signature: _Signature, signed: str) -> None:
    """Remove a left-over lock, once: nobody removes the new lock of a process that was quicker.

    Whoever removes it holds a second file, named after its content, and reads the lock again.
    """
    name = hashlib.sha256(f"{signature.text}\n{signature.at_ns}".encode()).hexdigest()[:16]
    guard = lock.with_name(f"{LOCK}-over-{name}")
    if not _taken(guard, signed):
        held = _signature(guard)
        if held is not None and _is_left_over(guard, held):
            _remove(guard)
        else:
            time.sleep(LOOK_S)
        return
    try:
        if _signature(lock) == signature:
            _remove(lock)
    finally:
        _remove(guard)


def _remove(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except PermissionError:
        # Windows: another process is reading it, and lets go in a moment.
        time.sleep(LOOK_S)
        file.unlink(missing_ok=True)


def _in_words(signature: _Signature) -> dict[str, object]:
    owner = signature.owner()
    try:
        since = str(json.loads(signature.text)["since"])
    except (ValueError, TypeError, KeyError, RecursionError):
        since = "?"
    if owner is None:
        return {"host": "?", "pid": "?", "since": since}
    return {"host": owner.host, "pid": owner.pid, "since": since}


@cache
def _machine() -> tuple[str, str]:
    """Return this machine's name, and what else tells its processes from those of another: boot and container."""
    parts = []
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip())
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    except OSError:
        pass
    return platform.node(), " ".join(parts)


def _started(pid: int) -> str | None:
    """Return when a process began, as Linux counts it; None where it does not run, or where nothing states it."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
    except (OSError, ValueError):
        return None
    # A process that has ended stays listed until its parent has heard of it.
    return None if state in "ZX" else fields[18]


def _runs_on_windows(pid: int) -> bool:
    if sys.platform == "win32":
        import ctypes

        query, still_active = 0x1000, 259
        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(query, False, pid)  # noqa: FBT003 - the system's own order
        if not handle:
            return False
        code = ctypes.c_ulong()
        known = kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel.CloseHandle(handle)
        return not known or code.value == still_active
    return True
