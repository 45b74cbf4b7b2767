"""Entry of the command line: parse the arguments, run one command and return its exit code.

Results and paths of products go to standard output, everything else to standard error.
"""

from __future__ import annotations

import gc
import io
import sys
from argparse import Namespace
from collections.abc import Sequence
from importlib import import_module

from planner.commands.arguments import build_parser
from planner.commands.exit import Context, run_to_exit_code
from planner.commands.streams import StageReport, results_only
from planner.config.toml_files import asked_language
from planner.messages.catalogue import (
    DEFAULT_LANGUAGE,
    LANGUAGES,
    SOURCE_LANGUAGE,
    Language,
    Texts,
    detect_language,
)

GC_THRESHOLDS = (100_000, 20, 20)
"""Rare garbage collection: it would traverse the same millions of objects over and over."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments
        Words after `planner`; None for those of the process.

    Returns
    -------
    code
        0 if the command succeeds, else the exit code of the error.
    """
    options = build_parser().parse_args(arguments)
    gc.set_threshold(*GC_THRESHOLDS)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a Chinese name shows its escape sequence instead of ending the command.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")

    def work() -> None:
        with results_only():
            module, _, function = options.command.partition(":")
            # Imported when needed, so that `planner --help` starts at once.
            command = getattr(import_module(f"planner.commands.{module}"), function)
            command(options, Texts(language_of(options)))

    def stage() -> str:
        return Texts(language_of(options))(f"cli.stage_{StageReport.latest}") if StageReport.latest else ""

    StageReport.latest = ""
    return run_to_exit_code(work, Context(lambda: language_of(options), stage, traceback=options.traceback))


def language_of(options: Namespace) -> Language:
    """Return the language given on the command line, in the study file, or of a place name."""
    given: Language | None = getattr(options, "language", None)
    if given is not None:
        return given
    study = getattr(options, "study", None)
    if study is None:
        return detect_language(getattr(options, "place", ""))
    language = asked_language(study)
    if language is None:
        return SOURCE_LANGUAGE
    return language if language in LANGUAGES else DEFAULT_LANGUAGE


if __name__ == "__main__":
    sys.exit(main())
