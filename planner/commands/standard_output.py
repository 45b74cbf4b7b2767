"""Standard output for results alone, whatever a library prints in Python or in C.

HiGHS writes a banner to file descriptor 1 and cannot be told not to. So while a command works, descriptor 1 leads
to standard error, and results go to a copy of what it was.
"""

from __future__ import annotations

import ctypes
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from contextvars import ContextVar
from typing import TextIO

OUT, ERR = 1, 2

_results: ContextVar[TextIO | None] = ContextVar("results", default=None)


def results() -> TextIO | None:
    """Return where results go: standard output, wherever it led before `results_only`; None where it is closed."""
    return _results.get() or sys.stdout


@contextmanager
def results_only() -> Iterator[None]:
    """Keep standard output for `results`; everything else that is written to it goes to standard error.

    Examples
    --------
    >>> with results_only():
    ...     print("a banner")
    ...     print("a product", file=results())
    a product
    """
    shown = sys.stdout or io.StringIO()
    shown.flush()
    try:
        kept = os.dup(OUT)
    except OSError:
        # Whoever closed it wants no results.
        with _told_by(shown):
            yield
        return
    own = _leads_to(shown, OUT)
    private = _text(os.dup(kept), shown) if own else shown
    _redirect()
    try:
        with _told_by(private):
            yield
    finally:
        # What C has not written yet must go where it was meant to go before descriptor 1 is given back.
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).fflush(None)
        os.dup2(kept, OUT)
        os.close(kept)
        # Whoever printed has flushed, and been told what is wrong: here nothing is left to be said.
        with suppress(OSError, ValueError):
            private.flush()
        if own:
            with suppress(OSError, ValueError):
                private.close()


@contextmanager
def _told_by(stream: TextIO) -> Iterator[None]:
    token = _results.set(stream)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _results.reset(token)


def lead_to_errors() -> None:
    """Let all that is written to standard output from now on go to standard error, or nowhere."""
    if sys.stdout is not None:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
    _redirect()


def _redirect() -> None:
    try:
        os.dup2(ERR, OUT)
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, OUT)
        os.close(nowhere)


def _leads_to(stream: TextIO, descriptor: int) -> bool:
    try:
        return stream.fileno() == descriptor
    except (OSError, ValueError):
        return False


def _text(descriptor: int, like: TextIO) -> TextIO:
    return io.TextIOWrapper(
        os.fdopen(descriptor, "wb"),
        encoding=like.encoding,
        errors=like.errors,
        line_buffering=like.isatty(),
    )
