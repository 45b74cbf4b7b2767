"""Arguments of the command line, and the function that runs each command."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from planner.messages.catalogue import LANGUAGES, Texts
from planner.siting.models import DEFAULT_MODEL, model_names

MAX_MARGIN_M = 50_000.0
MAX_SITES = 1000
MAX_SECONDS = 3600.0
MIN_SECONDS = 1e-3

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - argparse names it nowhere else


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; `command` of its result names a function as ``module:function``."""
    parser = argparse.ArgumentParser(
        prog="planner",
        description="Walking access to service centres: coverage, weak centres and their causes, and new sites.",
        epilog=(
            "Exit codes: 0 done, 1 internal error, 2 study or command, 3 data, 4 streets, 5 siting, "
            "6 output folder, 7 download, 8 out of memory; 130 Ctrl-C, 143 SIGTERM, 141 closed output pipe."
        ),
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_setup(commands)
    _add_fetch(commands)
    _add_queries(commands)
    _add_runs(commands)
    parser.set_defaults(traceback=False)
    for command in commands.choices.values():
        # Accepted before the command and after it.
        command.add_argument(
            "--traceback",
            action="store_true",
            default=argparse.SUPPRESS,
            help="print where an internal error occurred",
        )
    return parser


def _add_setup(commands: Commands) -> None:
    new = commands.add_parser("new", help="write a commented study file into a new folder")
    new.add_argument("folder", type=Path, metavar="DIR", help="a folder that does not exist or is empty")
    new.set_defaults(command="setup:new")
    compiling = commands.add_parser("compile", help="compile the engine now instead of in the first run")
    compiling.set_defaults(command="setup:compile_engine")


def _add_fetch(commands: Commands) -> None:
    fetch = commands.add_parser("fetch", help="download the streets of a place from OpenStreetMap")
    fetch.add_argument(
        "place", nargs="?", default="", metavar="PLACE", help='as "海勃湾区, 乌海市", or R and an OSM id'
    )
    fetch.add_argument("--boundary", type=Path, metavar="FILE", help="the district's polygons instead of a place")
    fetch.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for layers and study file")
    fetch.add_argument("--margin-m", type=_metres, metavar="M", help="margin around the boundary, default 950")
    for extra in ("amenities", "buildings", "water", "barriers"):
        fetch.add_argument(f"--{extra}", action="append_const", dest="extras", const=extra, help=f"{extra} too")
    fetch.add_argument("--endpoint", metavar="URL", help="another Overpass server, as https://…/api")
    fetch.add_argument("--nominatim", metavar="URL", help="another Nominatim server")
    fetch.add_argument("--language", choices=LANGUAGES, help="of messages and place names")
    fetch.set_defaults(command="fetch:run_command")


def _add_queries(commands: Commands) -> None:
    check = commands.add_parser("check", help="read all inputs, change nothing, and list how they are understood")
    _add_study(check)
    check.add_argument("--json", action="store_true", help="print JSON, for scripts")
    check.set_defaults(command="check:run_command")
    explain = commands.add_parser("explain", help="explain the rating of one centre, and what would improve it")
    _add_study(explain)
    explain.add_argument("centre", metavar="CENTRE", help="id or name of the centre")
    explain.set_defaults(command="explain:run_command")
    programme = commands.add_parser(
        "programme", help="projects by year with their funds: needs, resources, projects"
    )
    _add_study(programme)
    programme.set_defaults(command="programme:run_command")
    site = commands.add_parser("site", help="solve the study's siting problem with one model")
    _add_study(site)
    site.add_argument("--model", choices=model_names(), default=DEFAULT_MODEL, help=f"default {DEFAULT_MODEL}")
    site.add_argument("--sites", type=_sites, metavar="P", help="number of new sites, instead of the study's")
    site.add_argument("--seconds", type=_seconds, metavar="S", help="time limit, instead of the study's")
    site.add_argument("--out", type=Path, metavar="DIR", help="write sites.json and sites.gpkg there too")
    site.set_defaults(command="site:run_command")


def _add_runs(commands: Commands) -> None:
    run = commands.add_parser("run", help="run a study: map, report, tables, plan.json, results.gpkg")
    _add_study(run)
    run.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the products")
    _add_scenario(run)
    run.add_argument(
        "--verify", action="store_true", help="recompute the walks of 100 demand points with networkx"
    )
    run.set_defaults(command="run:run_study")
    sheet = commands.add_parser("map", help="run a study and draw it as an A3 sheet, without a browser")
    _add_study(sheet)
    sheet.add_argument("--out", type=Path, required=True, metavar="FILE", help="ends in .png, .svg or .pdf")
    _add_scenario(sheet)
    sheet.set_defaults(command="run:draw_sheet")
    report = commands.add_parser("report", help="run a study and write its report, or that of a part")
    _add_study(report)
    report.add_argument(
        "--for",
        dest="part",
        default="",
        metavar="NAME",
        help="a subdistrict or town: its sheet; a community: its one-page card; default: the whole district",
    )
    report.add_argument("--out", type=Path, required=True, metavar="FILE", help="ends in .html or .docx")
    _add_scenario(report)
    report.set_defaults(command="run:write_one_report")


def _add_study(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", type=Path, metavar="STUDY", help="the study file")


def _add_scenario(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--scenario", type=Path, metavar="FILE", help="a scenario saved by the map; default: today"
    )


def _metres(written: str) -> float:
    return _number(written, "metres", float, 0.0, MAX_MARGIN_M)


def _sites(written: str) -> int:
    return round(_number(written, "sites", int, 0, MAX_SITES))


def _seconds(written: str) -> float:
    return _number(written, "seconds", float, MIN_SECONDS, MAX_SECONDS)


def _number(written: str, what: str, read: Callable[[str], float], least: float, most: float) -> float:
    """Parse a number within limits; refuse others in every language."""
    try:
        number = read(written)
    except ValueError:
        number = float("nan")
    if not least <= number <= most:
        values = {"given": written, "least": f"{least:g}", "most": f"{most:g}"}
        messages = [Texts(language)(f"cli.wrong_{what}", **values) for language in LANGUAGES]
        raise argparse.ArgumentTypeError(" / ".join(messages))
    return number
