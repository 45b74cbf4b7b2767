"""Ctrl-C, the order to end (SIGTERM) and the loss of the terminal (SIGHUP), all handled alike.

Each becomes an `Interruption` in the main thread, so that everything which cleans up after Ctrl-C does so after
the others too. What must not be torn in the middle holds them for its moment.
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
"""A shell says that a signal ended a process by this plus the signal's number."""

HANDLED = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Interruption(KeyboardInterrupt):
    """A signal asked this process to end.

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
    held: int = 0
    waiting: int | None = None
    last: int | None = None
    in_place: bool = False
    farewell: Callable[[], None] | None = None
    tidying: list[Callable[[], object]] = field(default_factory=list)


_state = _State()


@contextmanager
def handled(farewell: Callable[[], None]) -> Iterator[Callable[[], int | None]]:
    """Turn the signals into an `Interruption` until the block ends; give what says which one came last.

    In the middle of an import no error may be raised: libraries print it, or take it for one of their own. There
    the process tidies up, says `farewell` and ends at once.

    A signal that this process was started to ignore stays ignored (`nohup`). Outside the main thread nothing
    changes: only that one can be told.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    _state.last, _state.in_place, _state.farewell = None, False, farewell
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
        sys.unraisablehook, _state.farewell = hook, None
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def held() -> Iterator[None]:
    """Hold the signals until the block has ended, and then heed them; what goes wrong in it goes first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _state.held += 1
    number = None
    try:
        yield
        number = _state.waiting
    finally:
        _state.held -= 1
        if not _state.held:
            _state.waiting = None
    if number is not None and not _state.held:
        raise Interruption(number)


@contextmanager
def tidied(tidy: Callable[[], object]) -> Iterator[None]:
    """Have something tidied up too where a signal ends the process at once in the middle of the block."""
    _state.tidying.append(tidy)
    try:
        yield
    finally:
        _state.tidying.remove(tidy)


def say_in_place() -> None:
    """Note that new products have taken the place of the earlier ones, so that nobody is told otherwise."""
    _state.in_place = True


def results_are_in_place() -> bool:
    """Tell whether new products have taken the place of the earlier ones since the work began."""
    return _state.in_place


def ignore() -> None:
    """Have the signals do nothing any more: all is done, and the process is about to end by itself."""
    for number in HANDLED:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, frame: FrameType | None) -> None:
    _state.last = number
    if _state.held:
        _state.waiting = number
        return
    if _state.farewell is not None and _is_import(frame):
        for tidy in _state.tidying:
            tidy()
        _state.farewell()
        os._exit(SIGNAL_BASE + number)
    raise Interruption(number)


def _is_import(frame: FrameType | None) -> bool:
    """Tell whether what was interrupted is the import of a module."""
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False
