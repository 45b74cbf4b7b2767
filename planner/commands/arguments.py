"""Arguments of the command line, and the function that runs each command."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from planner.commands.parser import CommandParser
from planner.messages.catalogue import LANGUAGES, SOURCE_LANGUAGE, Language, Texts
from planner.siting.models import DEFAULT_MODEL, model_names

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
    settings = parser.add_command("settings", "settings:run_command")
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
