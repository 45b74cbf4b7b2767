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
from typing import TextIO

OUT, ERR = 1, 2


@contextmanager
def results_only() -> Iterator[TextIO]:
    """Return where results go; everything else that is written to standard output goes to standard error.

    Examples
    --------
    >>> with results_only() as results:
    ...     print("a banner")
    ...     print("a product", file=results)
    a product
    """
    shown = sys.stdout or io.StringIO()
    shown.flush()
    try:
        kept = os.dup(OUT)
    except OSError:
        # Whoever closed it wants no results.
        with redirect_stdout(sys.stderr):
            yield shown
        return
    own = _leads_to(shown, OUT)
    results = _text(os.dup(kept), shown) if own else shown
    lead_to_errors()
    try:
        with redirect_stdout(sys.stderr):
            yield results
    finally:
        # What C has not written yet must go where it was meant to go before descriptor 1 is given back.
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).fflush(None)
        os.dup2(kept, OUT)
        os.close(kept)
        results.flush()
        if own:
            results.close()


def lead_to_errors() -> None:
    """Let all that is written to standard output from now on go to standard error, or nowhere."""
    if sys.stdout is not None:
        sys.stdout.flush()
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
