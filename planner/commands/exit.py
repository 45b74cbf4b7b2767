"""How a command ends: done, refused, interrupted, short of memory, without a reader, or by a fault of the planner.

Whatever happens is said in a sentence and an exit code. A traceback is for whoever asks for it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Callable

from planner.commands.standard_output import results
from planner.messages.catalogue import SOURCE_LANGUAGE, Language, Texts
from planner.messages.errors import PlannerError
from planner.signals import SIGNAL_BASE, handled, results_are_in_place

INTERRUPTED, TERMINATED = 130, 143
UNEXPECTED = 1
UNWRITTEN = 6
EXHAUSTED = 8
READER_GONE = SIGNAL_BASE + 13
"""As a shell says that SIGPIPE ended a process: `planner check … | head`."""

TRACEBACK = "PLANNER_TRACEBACK"
"""The environment variable that, set to anything but 0, has tracebacks printed."""


def ended(
    work: Callable[[], None],
    *,
    language: Callable[[], Language],
    stage: Callable[[], str] = lambda: "",
    traces: bool = False,
) -> int:
    """Do the work and return the exit code of its end; what went wrong is said on stderr.

    Parameters
    ----------
    work
        What the command does.
    language
        Gives the language to say it in.
    stage
        Gives the stage that the work has come to, in words; "" where it has no stages.
    traces
        Whether a traceback follows where a fault of the planner ends the work.
    """
    traces = traces or os.environ.get(TRACEBACK, "0") not in ("", "0")

    def farewell() -> None:
        with contextlib.suppress(OSError):
            os.write(2, f"{_interrupted(Texts(_spoken(language)))}\n".encode(errors="backslashreplace"))

    with handled(farewell) as signalled:
        try:
            work()
        except BaseException as error:
            if isinstance(error, (SystemExit, GeneratorExit)):
                raise
            return _told(error, language, stage, signalled(), traces=traces)
    return 0


def _told(
    error: BaseException,
    language: Callable[[], Language],
    stage: Callable[[], str],
    signalled: int | None,
    *,
    traces: bool,
) -> int:
    """Say how the work ended; return the exit code."""
    if isinstance(error, BrokenPipeError):
        forget_streams()
        return READER_GONE
    spoken = _spoken(language)
    texts = Texts(spoken)
    if isinstance(error, PlannerError):
        said, code = error.in_words(spoken), error.exit_code
    elif isinstance(error, KeyboardInterrupt) or signalled is not None:
        # A signal in the middle of an import may come out as another error.
        said = _interrupted(texts)
        code = INTERRUPTED if signalled is None else SIGNAL_BASE + signalled
    else:
        key, code = _key_of(error)
        where = stage()
        values = {
            "stage": texts("cli.at_stage", stage=where) if where else "",
            "fault": type(error).__name__,
            "reason": " ".join(str(error).split())[:200],
            "results": texts("cli.results_in_place" if results_are_in_place() else "cli.results_untouched"),
        }
        said = texts(f"cli.{key}", **values)
        if traces:
            said = "".join(traceback.format_exception(error)) + said
    try:
        say(said)
    except OSError:
        forget_streams()
    return code


def _spoken(language: Callable[[], Language]) -> Language:
    try:
        return language()
    except Exception:  # noqa: BLE001 - the language of a message must not be what hides it
        return SOURCE_LANGUAGE


def _interrupted(texts: Texts) -> str:
    return texts("cli.interrupted_in_place" if results_are_in_place() else "cli.interrupted")


def _key_of(error: BaseException) -> tuple[str, int]:
    if isinstance(error, MemoryError):
        return "no_memory", EXHAUSTED
    if isinstance(error, RecursionError):
        return "too_deep", EXHAUSTED
    return "unexpected", UNEXPECTED


def say(words: str, *, end: str = "\n") -> None:
    """Say something on stderr, where there is one."""
    if sys.stderr is not None:
        print(words, end=end, file=sys.stderr, flush=True)  # noqa: T201 - a command line prints


def tell(*lines: object) -> None:
    """Print what was asked for on stdout, a line each, while what is wrong with it can still be said.

    Raises
    ------
    PlannerError
        It could not be written.
    """
    try:
        out = results()
        for line in lines:
            print(line, file=out)
        if out is not None:
            out.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        forget_streams()
        raise _UnwrittenError(error) from error


class _UnwrittenError(PlannerError, OSError):
    """What stdout was to show could not be written: a full disk behind it."""

    exit_code = UNWRITTEN

    def __init__(self, error: OSError) -> None:
        self.reason = error.strerror or str(error)
        super().__init__("stdout", ())

    def in_words(self, language: Language) -> str:
        """Say it in a line."""
        return Texts(language)("cli.stdout_unwritten", reason=self.reason)


def forget_streams() -> None:
    """Let what is still to be written to a stream without a reader go nowhere, so that the exit is quiet."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)
            with contextlib.suppress(OSError, ValueError):
                stream.flush()


def open_streams() -> None:
    """Have stdin, stdout and stderr lead somewhere: a file opened in their place would receive their text."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is given out, and those below are in use.
            os.open(os.devnull, os.O_RDWR)
