"""Ctrl-C, SIGTERM and SIGHUP (loss of the terminal), handled alike.

Each raises an `Interruption` in the main thread, so that cleaning up works the same for all. Critical sections
defer them.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

SIGNAL_BASE = 128
"""Exit code of a process ended by a signal: this plus the signal's number."""

HANDLED = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Interruption(KeyboardInterrupt):
    """Request of a signal to end this process.

    Attributes
    ----------
    code
        The exit code: 130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP.
    """

    def __init__(self, number: int) -> None:
        self.code = SIGNAL_BASE + number
        super().__init__(number)


@dataclass(slots=True)
class _State:
    deferrals: int = 0
    deferred: int | None = None
    last: int | None = None
    in_place: bool = False
    on_abort: Callable[[], None] | None = None
    cleanups: list[Callable[[], object]] = field(default_factory=list)


_state = _State()


@contextmanager
def handle_signals(on_abort: Callable[[], None]) -> Iterator[Callable[[], int | None]]:
    """Turn the signals into an `Interruption` until the block ends; yield a function that returns the last one.

    During an import no error may be raised: libraries print it, or take it for one of their own. There the process
    cleans up, calls `on_abort` and exits at once.

    Signals that this process was started to ignore stay ignored (`nohup`). Outside the main thread nothing
    changes: signals reach only that one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    _state.last, _state.in_place, _state.on_abort = None, False, on_abort
    hook = sys.unraisablehook

    def raise_again(lost: UnraisableHookArgs, /) -> None:
        # Raised where Python can only print it, as in a destructor: the signal must not be lost there.
        if isinstance(lost.exc_value, Interruption):
            signal.raise_signal(lost.exc_value.code - SIGNAL_BASE)
        else:
            hook(lost)

    before: dict[int, Any] = {}
    for number in HANDLED:
        if signal.getsignal(number) not in (signal.SIG_IGN, None):
            before[number] = signal.signal(number, _interrupt)
    sys.unraisablehook = raise_again
    try:
        yield lambda: _state.last
    finally:
        sys.unraisablehook, _state.on_abort = hook, None
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def defer_signals() -> Iterator[None]:
    """Defer signals until the block has ended; an error in the block takes precedence."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _state.deferrals += 1
    number = None
    try:
        yield
        number = _state.deferred
    finally:
        _state.deferrals -= 1
        if not _state.deferrals:
            _state.deferred = None
    if number is not None and not _state.deferrals:
        raise Interruption(number)


@contextmanager
def cleanup_on_abort(cleanup: Callable[[], object]) -> Iterator[None]:
    """Call `cleanup` also if a signal ends the process at once inside the block."""
    _state.cleanups.append(cleanup)
    try:
        yield
    finally:
        _state.cleanups.remove(cleanup)


def mark_results_in_place() -> None:
    """Record that new products have replaced the earlier ones."""
    _state.in_place = True


def results_are_in_place() -> bool:
    """Return True if new products have replaced the earlier ones in this command."""
    return _state.in_place


def ignore_signals() -> None:
    """Ignore the signals from now on: the process is about to exit."""
    for number in HANDLED:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, frame: FrameType | None) -> None:
    _state.last = number
    if _state.deferrals:
        _state.deferred = number
        return
    if _state.on_abort is not None and _is_import(frame):
        for cleanup in _state.cleanups:
            cleanup()
        _state.on_abort()
        os._exit(SIGNAL_BASE + number)
    raise Interruption(number)


def _is_import(frame: FrameType | None) -> bool:
    """Return True if the interrupted code is the import of a module."""
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False
