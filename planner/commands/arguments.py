"""Arguments of the command line, and the function that runs each command."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn, cast

from planner.messages.catalogue import LANGUAGES, SOURCE_LANGUAGE, Language, Texts
from planner.siting.models import DEFAULT_MODEL, model_names

FORMS = (
    (r"the following arguments are required: (?P<names>.+)", "missing"),
    (r"unrecognized arguments: (?P<words>.+)", "unknown"),
    (r"argument (?P<name>.+?): invalid choice: '?(?P<given>.*?)'? \(choose from (?P<known>.+)\)", "choice"),
    (r"argument (?P<name>.+?): expected (?:one|at least one|\d+) arguments?", "no_value"),
    (r"ambiguous option: (?P<name>.+?) could match (?P<known>.+)", "ambiguous"),
    (r"argument (?P<name>.+?): (?P<reason>.+)", "value"),
)
"""Sentences of argparse, which it has in English only, and our entry for each."""


class CommandParser(argparse.ArgumentParser):
    """An `argparse.ArgumentParser` that prints in the user's language."""

    def __init__(self, texts: Texts, **settings: Any) -> None:  # noqa: ANN401 - passed on to argparse
        self.texts = texts
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**settings, add_help=False)
        self._commands: argparse._SubParsersAction[CommandParser] | None = None
        self._positionals.title, self._optionals.title = texts("help.arguments"), texts("help.options")
        self.add_argument("-h", "--help", action="help", help=texts("help.help"))

    def format_usage(self) -> str:
        """Return the line that shows how the command is written."""
        formatter = self._get_formatter()
        formatter.add_usage(
            self.usage, self._actions, self._mutually_exclusive_groups, prefix=self.texts("help.usage")
        )
        return formatter.format_help()

    def format_help(self) -> str:
        """Return the whole help."""
        plain = super().format_help()
        # argparse takes the word before the usage from a catalogue of the process.
        return re.sub(r"\A\w+: ", self.texts("help.usage"), plain)

    def error(self, message: str) -> NoReturn:
        """Print what is wrong with the command line and what to type, and leave with 2."""
        reason = message
        for form, key in FORMS:
            match = re.fullmatch(form, message, re.DOTALL)
            if match:
                reason = self.texts(f"help.wrong_{key}", **match.groupdict())
                break
        self.print_usage(sys.stderr)
        lines = [self.texts("help.wrong", reason=reason), self.texts("help.see_help", command=self.prog)]
        self.exit(2, "\n".join(lines) + "\n")

    def add_command(self, name: str, function: str) -> CommandParser:
        """Add a command with its help and examples; `function` runs it, as ``module:function``."""
        texts = self.texts
        if self._commands is None:
            made = cast("type[CommandParser]", partial(CommandParser, texts))
            self._commands = self.add_subparsers(
                parser_class=made, title=texts("help.commands"), metavar="COMMAND"
            )
        examples = "\n".join(f"  {line}" for line in texts(f"help.example_{name}").strip().splitlines())
        meaning = texts(f"help.{name}")
        command = self._commands.add_parser(
            name, help=meaning, description=meaning, epilog=f"{texts('help.examples')}:\n{examples}"
        )
        command.set_defaults(command=function, name=name)
        return command

    @property
    def commands(self) -> Mapping[str, CommandParser]:
        """The commands by name, in the order in which they were added."""
        return {} if self._commands is None else self._commands.choices

    def add(self, *names: str, key: str = "", values: Mapping[str, object] | None = None, **settings: Any) -> None:  # noqa: ANN401
        """Add an argument; its help stands in the catalogue under its own name, or under `key`."""
        key = key or names[-1].lstrip("-").replace("-", "_")
        self.add_argument(*names, help=self.texts(f"help.{key}", **(values or {})), **settings)


MAX_MARGIN_M = 50_000.0
MAX_SITES = 1000
MAX_WORKERS = 1024
MAX_MEMORY_MB = 1 << 24
MAX_SECONDS = 3600.0
MIN_SECONDS = 1e-3
MAX_LON, MAX_LAT = 180.0, 90.0

PRODUCTS = ("map", "report", "tables", "plan", "gpkg", "sheet", "pdf")
"""What `planner run --products` takes: the names of `planner.reporting.write.FILES`, which is imported later."""

SHELLS = ("bash", "zsh", "fish", "powershell")
LANGUAGE_OPTIONS = ("--lang", "--language")


def build_parser(texts: Texts | None = None) -> CommandParser:
    """Return the parser; `command` of its result names a function as ``module:function``.

    Parameters
    ----------
    texts
        The language of help and errors; English by default.
    """
    texts = texts or Texts(SOURCE_LANGUAGE)
    parser = CommandParser(
        texts, prog="planner", description=texts("help.description"), epilog=texts("help.steps").strip()
    )
    for add in (_add_setup, _add_runs, _add_queries, _add_reference):
        add(parser)
    parser.add("--version", action="store_true", default=argparse.SUPPRESS)
    parser.set_defaults(command="", version=False, traceback=False, quiet=False, verbose=False)
    for command in (parser, *parser.commands.values()):
        # Accepted before the command and after it.
        command.add("--lang", key="language", dest="language", choices=LANGUAGES, default=argparse.SUPPRESS)
        command.add("-q", "--quiet", action="store_true", default=argparse.SUPPRESS)
        command.add("-v", "--verbose", action="store_true", default=argparse.SUPPRESS)
        command.add("--traceback", action="store_true", default=argparse.SUPPRESS)
    return parser


def language_given(arguments: Sequence[str]) -> Language | None:
    """Return the language that a command line names, before the line is parsed.

    Examples
    --------
    >>> language_given(["check", "--lang", "zh"]), language_given(["--lang=en", "run"]), language_given(["new"])
    ('zh', 'en', None)
    """
    for word, after in pairwise([*arguments, ""]):
        option, _, value = word.partition("=")
        if option in LANGUAGE_OPTIONS and (value or after) in LANGUAGES:
            return value or after
    return None


def _add_setup(parser: CommandParser) -> None:
    new = parser.add_command("new", "new:run_command")
    new.add("folder", type=Path, metavar="DIR")
    fetch = parser.add_command("fetch", "fetch:run_command")
    fetch.add("place", nargs="?", default="", metavar="PLACE")
    fetch.add("--boundary", type=Path, metavar="FILE")
    fetch.add("--out", key="fetch_out", type=Path, required=True, metavar="DIR")
    fetch.add(
        "--margin-m", key="margin", type=_number(parser.texts, "metres", float, 0.0, MAX_MARGIN_M), metavar="M"
    )
    for extra in ("amenities", "buildings", "water", "barriers"):
        fetch.add(f"--{extra}", action="append_const", dest="extras", const=extra)
    fetch.add("--endpoint", metavar="URL")
    fetch.add("--nominatim", metavar="URL")
    fetch.add("--language", key="fetch_language", choices=LANGUAGES, default=argparse.SUPPRESS)


def _add_runs(parser: CommandParser) -> None:
    check = _add_on_study(parser, "check", "check:run_command")
    check.add("--json", action="store_true")
    run = _add_on_study(parser, "run", "run:run_study")
    run.add("--out", key="run_out", type=Path, required=True, metavar="DIR")
    _add_scenario(run)
    run.add("--products", type=_products(parser.texts), metavar="NAMES")
    run.add("--verify", action="store_true")
    batch = parser.add_command("batch", "batch:run_command")
    batch.add("portfolio", type=Path, metavar="PORTFOLIO")
    batch.add("--out", key="batch_out", type=Path, required=True, metavar="DIR")
    whole = _number(parser.texts, "sites", int, 1, MAX_WORKERS)
    batch.add("--workers", type=whole, default=1, metavar="N")
    batch.add("--threads", type=whole, metavar="N")
    batch.add("--scheduler", default="", metavar="ADDRESS")
    batch.add("--products", key="batch_products", type=_products(parser.texts), metavar="NAMES")
    batch.add("--memory-mb", type=_number(parser.texts, "sites", int, 0, MAX_MEMORY_MB), metavar="MB")


def _add_queries(parser: CommandParser) -> None:
    explain = _add_on_study(parser, "explain", "explain:run_command")
    explain.add("centre", nargs="?", default="", metavar="CENTRE")
    explain.add("--at", key="explain_at", type=_place(parser.texts), metavar="LON,LAT")
    site = _add_on_study(parser, "site", "site:run_command")
    site.add("--model", values={"default": DEFAULT_MODEL}, choices=model_names(), default=DEFAULT_MODEL)
    site.add("--sites", type=_number(parser.texts, "sites", int, 0, MAX_SITES), metavar="P")
    site.add("--seconds", type=_number(parser.texts, "seconds", float, MIN_SECONDS, MAX_SECONDS), metavar="S")
    site.add("--out", key="site_out", type=Path, metavar="DIR")
    _add_on_study(parser, "programme", "programme:run_command")
    sheet = _add_on_study(parser, "map", "run:draw_sheet")
    sheet.add("--out", key="map_out", type=Path, required=True, metavar="FILE")
    _add_scenario(sheet)
    report = _add_on_study(parser, "report", "run:write_one_report")
    report.add("--for", key="part", dest="part", default="", metavar="NAME")
    report.add("--out", key="report_out", type=Path, required=True, metavar="FILE")
    _add_scenario(report)


def _add_reference(parser: CommandParser) -> None:
    settings = parser.add_command("settings", "setup:print_settings")
    settings.add("setting", nargs="?", default="", metavar="NAME")
    demo = parser.add_command("demo", "demo:run_command")
    demo.add("--out", key="demo_out", type=Path, default=Path("planner-demo"), metavar="DIR")
    parser.add_command("compile", "setup:compile_engine")
    completion = parser.add_command("completion", "completion:run_command")
    completion.add("shell", choices=SHELLS, metavar="SHELL")


def _add_on_study(parser: CommandParser, name: str, function: str) -> CommandParser:
    command = parser.add_command(name, function)
    command.add("study", type=Path, metavar="STUDY")
    if name != "check":
        command.add("--no-cache", action="store_true")
    return command


def _add_scenario(command: CommandParser) -> None:
    command.add("--scenario", type=Path, metavar="FILE")


def _products(texts: Texts) -> Callable[[str], tuple[str, ...]]:
    """Return what reads the names of products, with commas between."""

    def parse(written: str) -> tuple[str, ...]:
        names = tuple(name.strip() for name in written.split(",") if name.strip())
        if not names or not set(names) <= set(PRODUCTS):
            known = ", ".join(PRODUCTS)
            raise argparse.ArgumentTypeError(texts("cli.wrong_products", given=written, known=known))
        return names

    return parse


def _place(texts: Texts) -> Callable[[str], tuple[float, float]]:
    """Return what reads a longitude and a latitude, with a comma between."""

    def parse(written: str) -> tuple[float, float]:
        lon, _, lat = written.replace("，", ",").partition(",")
        try:
            place = float(lon), float(lat)
        except ValueError:
            place = (float("nan"), float("nan"))
        if not (abs(place[0]) <= MAX_LON and abs(place[1]) <= MAX_LAT):
            raise argparse.ArgumentTypeError(texts("cli.wrong_place", given=written))
        return place

    return parse


def _number(
    texts: Texts, what: str, read: Callable[[str], float], least: float, most: float
) -> Callable[[str], float]:
    """Return what reads a number within limits."""

    def parse(written: str) -> float:
        try:
            number = read(written)
        except ValueError:
            number = float("nan")
        if not least <= number <= most:
            values = {"given": written, "least": f"{least:g}", "most": f"{most:g}"}
            raise argparse.ArgumentTypeError(texts(f"cli.wrong_{what}", **values))
        return number

    return parse
