"""The command line: `planner new`, `planner check`, `planner run`, `planner warm`; a thin skin over the pipeline.

Products' paths go to stdout, everything else to stderr. Exit codes stand in `planner.errors`.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from planner.errors import PlannerError
from planner.texts import Language, Texts

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments
        Words after `planner`; those of the process where None.

    Returns
    -------
    code
        0 where all went well, else the error's exit code.
    """
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a Chinese name shows its code; it must not end the work.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    language = _language(getattr(options, "study", None))
    try:
        options.command(options, Texts(language))
    except PlannerError as error:
        print(error.in_words(language), file=sys.stderr)  # noqa: T201 - a command line prints
        return error.exit_code
    except KeyboardInterrupt:
        print(Texts(language)("cli.interrupted"), file=sys.stderr)  # noqa: T201
        return INTERRUPTED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="planner",
        description="Who reaches a service centre on foot, which are weak and why, where the next one goes.",
        epilog="Exit codes: 0 done, 2 study or command line, 3 data, 4 streets, 5 siting, 6 output folder.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    new = commands.add_parser("new", help="write a commented study file into a new folder")
    new.add_argument("folder", type=Path, metavar="DIR", help="a folder that does not exist yet, or is empty")
    new.set_defaults(command=_new)
    warm = commands.add_parser("warm", help="compile the engine now, so that the first run need not")
    warm.set_defaults(command=_warm)
    check = commands.add_parser("check", help="read everything, change nothing, and say what was understood")
    check.add_argument("study", type=Path, metavar="STUDY", help="the study file")
    check.set_defaults(command=_check)
    run = commands.add_parser("run", help="carry out a study: map, report, plan.json, results.gpkg")
    run.add_argument("study", type=Path, metavar="STUDY", help="the study file")
    run.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the products go")
    run.add_argument(
        "--scenario", type=Path, metavar="FILE", help="a scenario that the map saved, instead of today"
    )
    run.set_defaults(command=_run)
    drawn = commands.add_parser("map", help="carry out a study and draw it as an A3 sheet, without a browser")
    drawn.add_argument("study", type=Path, metavar="STUDY", help="the study file")
    drawn.add_argument("--out", type=Path, required=True, metavar="FILE", help="ends in .png, .svg or .pdf")
    drawn.add_argument("--scenario", type=Path, metavar="FILE", help="a scenario saved by the map, not today")
    drawn.set_defaults(command=_map)
    return parser


def _new(options: argparse.Namespace, texts: Texts) -> None:
    from planner.study_template import write_template

    print(write_template(options.folder))  # noqa: T201
    print(texts("cli.template_written"), file=sys.stderr)  # noqa: T201


def _warm(options: argparse.Namespace, texts: Texts) -> None:
    del options
    from planner.walking.warming import warm_up

    progress = _Stages(texts)
    progress("warm_up")
    warm_up()
    progress.done()


def _check(options: argparse.Namespace, texts: Texts) -> None:
    from planner.checking import describe

    print(describe(options.study, texts))  # noqa: T201


def _run(options: argparse.Namespace, texts: Texts) -> None:
    from planner.study import read_study

    study = read_study(options.study)
    from planner.outputs.writing import check_writable, write
    from planner.pipeline import run

    check_writable(options.out)
    progress = _Stages(texts)
    with progress:
        plan = run(study, scenario=options.scenario, progress=progress)
        products = write(plan, options.out, progress=progress)
    progress.done()
    for remark in plan.remarks:
        key = "cli.remark_row" if len(remark.rows) == 1 else "cli.remark_rows"
        rows = texts(key, count=len(remark.rows)) if remark.rows else ""
        print(f"  ! {remark.in_words(texts.language)}{rows}", file=sys.stderr)  # noqa: T201
    print(*products, sep="\n")  # noqa: T201


def _map(options: argparse.Namespace, texts: Texts) -> None:
    from planner.outputs.static_maps import check_format, write_static_map
    from planner.pipeline import run

    check_format(options.out)
    progress = _Stages(texts)
    with progress:
        plan = run(options.study, scenario=options.scenario, progress=progress)
        progress("write_map")
        path = write_static_map(plan, options.out)
    progress.done()
    print(path)  # noqa: T201


@dataclass(slots=True)
class _Stages:
    """Says on stderr which stage begins, and how long the last one took."""

    texts: Texts
    began: float = field(default_factory=time.perf_counter)
    started: float = 0.0

    def __call__(self, stage: str, /) -> None:
        self._close()
        self.started = time.perf_counter()
        print(f"  {self.texts(f'cli.stage_{stage}')} …", end="", flush=True, file=sys.stderr)  # noqa: T201

    def __enter__(self) -> None:
        """Begin; what ends the work, good or bad, is said on a line of its own."""

    def __exit__(self, *_: object) -> None:
        self._close()

    def done(self) -> None:
        """Say how long all took."""
        seconds = self.texts.number(time.perf_counter() - self.began)
        print(self.texts("cli.done", seconds=seconds), file=sys.stderr)  # noqa: T201

    def _close(self) -> None:
        if self.started:
            print(f" {time.perf_counter() - self.started:.1f} s", file=sys.stderr)  # noqa: T201
            self.started = 0.0


def _language(study: Path | None) -> Language:
    """Return the language that a study asks for, as far as its file can be read at all."""
    if study is None:
        return "en"
    try:
        text = study.read_text("utf-8-sig")
    except (OSError, ValueError):
        return "en"
    try:
        asked = tomllib.loads(text).get("language")
    except tomllib.TOMLDecodeError:
        # One slip elsewhere in the file leaves the line with the language readable.
        line = re.search(r"""^language\s*=\s*["'](\w+)["']""", text, re.MULTILINE)
        asked = line[1] if line else "en"
    return "en" if asked == "en" else "zh"


if __name__ == "__main__":
    sys.exit(main())
