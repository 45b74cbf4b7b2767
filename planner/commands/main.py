"""Entry of the command line: parse the arguments, run one command and return its exit code.

Results and paths of products go to standard output, everything else to standard error.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import planner
from planner.commands.arguments import build_parser, language_given
from planner.commands.exit import Context, next_command, run_to_exit_code
from planner.commands.streams import StageReport, print_results, results_only, set_verbosity
from planner.config.toml_files import language_of_file
from planner.messages.catalogue import (
    DEFAULT_LANGUAGE,
    LANGUAGES,
    SOURCE_LANGUAGE,
    Language,
    Texts,
    detect_language,
    user_language,
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
    words = list(sys.argv[1:] if arguments is None else arguments)
    gc.set_threshold(*GC_THRESHOLDS)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a Chinese name shows its escape sequence instead of ending the command.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    parser = build_parser(Texts(language_of_line(words)))
    options = parser.parse_args(words)
    if options.version:
        print_results(version_text())
        return 0
    if not options.command:
        parser.error(parser.texts("help.wrong_missing", names="COMMAND"))

    def work() -> None:
        with results_only(), set_verbosity(quiet=options.quiet, verbose=options.verbose):
            module, _, function = options.command.partition(":")
            # Imported when needed, so that `planner --help` starts at once.
            command = getattr(import_module(f"planner.commands.{module}"), function)
            command(options, Texts(language_of(options)))

    def stage() -> str:
        return Texts(language_of(options))(f"cli.stage_{StageReport.latest}") if StageReport.latest else ""

    StageReport.latest = ""
    context = Context(
        lambda: language_of(options),
        stage,
        lambda error: next_command(options, error),
        traceback=options.traceback or options.verbose,
    )
    return run_to_exit_code(work, context)


def language_of(options: Namespace) -> Language:
    """Return the language of messages: that of `--lang`, study, environment, or a place's name."""
    given: Language | None = getattr(options, "language", None)
    if given is not None:
        return given
    study = getattr(options, "study", None) or getattr(options, "portfolio", None)
    language = None if study is None else language_of_file(study)
    if language is not None:
        return language if language in LANGUAGES else DEFAULT_LANGUAGE
    return user_language() or detect_language(f"{getattr(options, 'place', '')}{getattr(options, 'folder', '')}")


def language_of_line(words: Sequence[str]) -> Language:
    """Return the language of help and of errors in a command line, which is not parsed yet."""
    given = language_given(words)
    if given is not None:
        return given
    studies = (language_of_file(Path(word)) for word in words if word.endswith(".toml") or os.path.isdir(word))  # noqa: PTH112 - Path.is_dir raises for some names
    language = next((study for study in studies if study in LANGUAGES), None)
    return language or user_language() or SOURCE_LANGUAGE


def version_text() -> str:
    """Return the versions of the planner and of Python, and where it is installed.

    Examples
    --------
    >>> version_text().split()[0]
    'service-coverage-planner'
    """
    python = ".".join(map(str, sys.version_info[:3]))
    place = Path(__file__).parents[1]
    return f"service-coverage-planner {planner.__version__} (Python {python}, {place})"


if __name__ == "__main__":
    sys.exit(main())
