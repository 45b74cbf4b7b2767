"""Exit of a command: every outcome becomes one message and an exit code."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import traceback
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass

from planner.commands.streams import discard_pending_output, print_status
from planner.config.toml_files import study_path
from planner.messages.catalogue import Language, Texts
from planner.messages.errors import (
    CommandError,
    FetchError,
    OutputError,
    PlannerError,
    ScenarioError,
)
from planner.signals import SIGNAL_BASE, handle_signals, results_are_in_place

INTERRUPTED, TERMINATED = 130, 143
UNEXPECTED = 1
EXHAUSTED = 8
READER_GONE = SIGNAL_BASE + 13
"""As a shell reports SIGPIPE: `planner check … | head`."""

TRACEBACK = "PLANNER_TRACEBACK"
"""Environment variable that prints tracebacks, if set to anything but 0."""


@dataclass(frozen=True, slots=True)
class Context:
    """Language and stage of a command, asked for only when it fails."""

    language: Callable[[], Language]
    """Returns the language of messages."""
    stage: Callable[[], str] = lambda: ""
    """Returns the current stage in words; "" if there is none."""
    next_command: Callable[[PlannerError], str] = lambda _: ""
    """Returns the command to type once an error has been mended; "" if there is none."""
    traceback: bool = False
    """Whether a traceback follows after an unexpected error."""

    def texts(self) -> Texts:
        """Return the texts; English ones if the language cannot be determined."""
        try:
            return Texts(self.language())
        except Exception:  # noqa: BLE001 - an error of the language must not hide the message
            return Texts("en")


def run_to_exit_code(work: Callable[[], None], context: Context) -> int:
    """Run a command; print its error, if any, and return the exit code."""

    def print_interrupted() -> None:
        with contextlib.suppress(OSError):
            os.write(2, f"{_interrupted(context.texts())}\n".encode(errors="backslashreplace"))

    with handle_signals(print_interrupted) as last_signal:
        try:
            work()
        except BaseException as error:
            if isinstance(error, (SystemExit, GeneratorExit)):
                raise
            return _report(error, context, last_signal())
    return 0


def _report(error: BaseException, context: Context, signal_number: int | None) -> int:
    """Print an error and return its exit code."""
    if isinstance(error, BrokenPipeError):
        discard_pending_output()
        return READER_GONE
    texts = context.texts()
    if isinstance(error, PlannerError):
        message, code = error.in_words(texts.language), error.exit_code
        command = context.next_command(error)
        message += f"\n{texts('cli.then_type', command=command)}" if command else ""
    elif isinstance(error, KeyboardInterrupt) or signal_number is not None:
        # A signal during an import may surface as another error.
        message = _interrupted(texts)
        code = INTERRUPTED if signal_number is None else SIGNAL_BASE + signal_number
    else:
        key, code = _key_of(error)
        message = _unexpected(error, key, context, texts)
    try:
        print_status(message)
    except OSError:
        discard_pending_output()
    return code


def _unexpected(error: BaseException, key: str, context: Context, texts: Texts) -> str:
    stage = context.stage()
    message = texts(
        f"cli.{key}",
        stage=texts("cli.at_stage", stage=stage) if stage else "",
        fault=type(error).__name__,
        reason=" ".join(str(error).split())[:200],
        results=texts("cli.results_in_place" if results_are_in_place() else "cli.results_untouched"),
    )
    if context.traceback or os.environ.get(TRACEBACK, "0") not in ("", "0"):
        return "".join(traceback.format_exception(error)) + message
    return message


def _interrupted(texts: Texts) -> str:
    return texts("cli.interrupted_in_place" if results_are_in_place() else "cli.interrupted")


def _key_of(error: BaseException) -> tuple[str, int]:
    if isinstance(error, MemoryError):
        return "no_memory", EXHAUSTED
    if isinstance(error, RecursionError):
        return "too_deep", EXHAUSTED
    return "unexpected", UNEXPECTED


PLAIN = re.compile(r"[\w@%+=:,./-]+")
"""Words that no shell takes for anything else."""


def command_line(*words: object) -> str:
    """Return a command of the planner with its words quoted as the shell of this system needs them.

    Examples
    --------
    >>> command_line("check", "my district")
    "planner check 'my district'"
    >>> command_line("check", "海淀")
    'planner check 海淀'
    """
    parts = ["planner", *map(str, words)]
    if os.name == "nt":
        return subprocess.list2cmdline(parts)
    # A Chinese name needs no quotes, though shlex would set some.
    return " ".join(part if PLAIN.fullmatch(part) else shlex.quote(part) for part in parts)


def next_command(options: Namespace, error: PlannerError) -> str:
    """Return the command to type when an error has been mended; "" where there is no one command.

    Examples
    --------
    >>> from pathlib import Path
    >>> next_command(Namespace(command="run:run_study", name="run", study=Path("s.toml")), CommandError("x", []))
    'planner run --help'
    """
    if isinstance(error, CommandError):
        return command_line(options.name, "--help")
    study = getattr(options, "study", None)
    if isinstance(error, (OutputError, ScenarioError, FetchError)) or study is None:
        return ""
    if not os.path.exists(study_path(study)):  # noqa: PTH110 - Path.exists raises for some names
        return command_line("new", study if study.suffix != ".toml" else study.parent)
    return command_line("check", study)
