"""Standard output for results alone, standard error for everything else.

HiGHS writes a banner to file descriptor 1 that no option suppresses. While a command runs, descriptor 1 therefore
leads to standard error, and results go to a copy of the original one.
"""

from __future__ import annotations

import ctypes
import io
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import ClassVar, TextIO

from planner.messages.catalogue import Language, Phrase, Texts
from planner.messages.errors import PlannerError, system_reason
from planner.messages.progress import bar_of

OUT, ERR = 1, 2
UNWRITTEN = 6

_results: ContextVar[TextIO | None] = ContextVar("results", default=None)
_quiet: ContextVar[bool] = ContextVar("quiet", default=False)
_verbose: ContextVar[bool] = ContextVar("verbose", default=False)


class UnwrittenError(PlannerError, OSError):
    """Standard output could not be written, for example because the disk behind it is full."""

    exit_code = UNWRITTEN

    def __init__(self, error: OSError) -> None:
        self.reason = system_reason(error)
        super().__init__("stdout", ())

    def in_words(self, language: Language) -> str:
        """Return the message in a language."""
        return Phrase("cli.stdout_unwritten", {"reason": self.reason}).in_words(language)


def print_status(text: str, *, end: str = "\n") -> None:
    """Print a line to standard error, if there is one."""
    if sys.stderr is not None:
        print(text, end=end, file=sys.stderr, flush=True)  # noqa: T201 - a command line prints


def print_progress(text: str, *, end: str = "\n") -> None:
    """Print a line to standard error that a quiet command leaves out: progress, notices, what to do next."""
    if not _quiet.get():
        print_status(text, end=end)


def is_verbose() -> bool:
    """Return True if the command is to print what it otherwise only counts."""
    return _verbose.get()


@contextmanager
def set_verbosity(*, quiet: bool = False, verbose: bool = False) -> Iterator[None]:
    """Set how much a command prints to standard error; a verbose one logs what is done."""
    logger = logging.getLogger("planner")
    handler, level = logging.StreamHandler(), logger.level
    handler.setFormatter(logging.Formatter("    %(name)s: %(message)s"))
    tokens = _quiet.set(quiet), _verbose.set(verbose)
    if verbose:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        _quiet.reset(tokens[0])
        _verbose.reset(tokens[1])
        logger.removeHandler(handler)
        logger.setLevel(level)


def print_results(*lines: object) -> None:
    """Print results to standard output, one per line.

    Raises
    ------
    PlannerError
        They could not be written.
    """
    try:
        out = result_stream()
        for line in lines:
            print(line, file=out)
        if out is not None:
            out.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        discard_pending_output()
        raise UnwrittenError(error) from error


@dataclass(slots=True)
class StageReport:
    """Prints each stage to standard error when it starts, and its run time when it ends."""

    texts: Texts
    """The language."""
    began: float = field(default_factory=time.perf_counter)
    started: float = 0.0
    latest: ClassVar[str] = ""
    """Key of the stage started last in this process."""

    def __call__(self, stage: str, /) -> None:
        """Print that a stage starts."""
        self._close()
        self.started = time.perf_counter()
        StageReport.latest = stage
        print_progress(self._line(), end="")

    def step(self, done: int, count: int) -> None:
        """Show how much of the stage is done, where somebody looks on."""
        if sys.stderr is not None and sys.stderr.isatty():
            print_progress(f"\r\x1b[K{self._line()} {done}/{count}", end="")

    def _line(self) -> str:
        stage = StageReport.latest
        bar = f"{bar_of(stage):<25}" if sys.stderr is not None and sys.stderr.isatty() else ""
        return f"  {bar}{self.texts(f'cli.stage_{stage}')} …"

    def __enter__(self) -> None:
        """Enter a block after which the last stage has ended, also by an error."""

    def __exit__(self, *_: object) -> None:
        self._close()

    def done(self) -> None:
        """Print the total run time."""
        seconds = self.texts.number(time.perf_counter() - self.began)
        print_progress(self.texts("cli.done", seconds=seconds))

    def _close(self) -> None:
        if self.started:
            took, self.started = time.perf_counter() - self.started, 0.0
            print_progress(f" {took:.1f} s")


def result_stream() -> TextIO | None:
    """Return the stream for results: the original standard output; None if it is closed."""
    return _results.get() or sys.stdout


@contextmanager
def results_only() -> Iterator[None]:
    """Reserve standard output for `result_stream`; other output to it goes to standard error.

    Examples
    --------
    >>> with results_only():
    ...     print("a banner")
    ...     print("a product", file=result_stream())
    a product
    """
    original = sys.stdout or io.StringIO()
    original.flush()
    try:
        kept = os.dup(OUT)
    except OSError:
        # The caller closed descriptor 1.
        with _results_to(original):
            yield
        return
    is_descriptor = _has_descriptor(original, OUT)
    private = _text_stream(os.dup(kept), original) if is_descriptor else original
    _redirect()
    try:
        with _results_to(private):
            yield
    finally:
        # Pending output of C must be written before descriptor 1 is restored.
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).fflush(None)
        os.dup2(kept, OUT)
        os.close(kept)
        # `print_results` has flushed and reported errors; nothing is lost here.
        with suppress(OSError, ValueError):
            private.flush()
        if is_descriptor:
            with suppress(OSError, ValueError):
                private.close()


def send_output_to_errors() -> None:
    """Redirect standard output to standard error, or to nowhere, from now on."""
    if sys.stdout is not None:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
    _redirect()


def discard_pending_output() -> None:
    """Discard the pending output of a stream without a reader, so that the interpreter exits silently."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)
            with suppress(OSError, ValueError):
                stream.flush()


def open_missing_streams() -> None:
    """Open descriptors 0 to 2 where closed: a file opened in their place would receive their text."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is assigned, and those below are in use.
            os.open(os.devnull, os.O_RDWR)


@contextmanager
def _results_to(stream: TextIO) -> Iterator[None]:
    token = _results.set(stream)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _results.reset(token)


def _redirect() -> None:
    try:
        os.dup2(ERR, OUT)
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, OUT)
        os.close(nowhere)


def _has_descriptor(stream: TextIO, descriptor: int) -> bool:
    try:
        return stream.fileno() == descriptor
    except (OSError, ValueError):
        return False


def _text_stream(descriptor: int, like: TextIO) -> TextIO:
    return io.TextIOWrapper(
        os.fdopen(descriptor, "wb"),
        encoding=like.encoding,
        errors=like.errors,
        line_buffering=like.isatty(),
    )
