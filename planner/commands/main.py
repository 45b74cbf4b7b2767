"""The command line, a thin skin: `planner new`, `fetch`, `check`, `run`, `site`, `programme` and others.

Products' paths go to stdout, everything else to stderr. Exit codes stand in `planner.messages.errors`.
"""

from __future__ import annotations

import argparse
import gc
import io
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from planner.commands.exit import ended, say, tell
from planner.commands.standard_output import results_only
from planner.config.toml_files import asked_language
from planner.messages.catalogue import (
    DEFAULT_LANGUAGE,
    LANGUAGES,
    SOURCE_LANGUAGE,
    Language,
    Texts,
    detect_language,
)
from planner.messages.progress import bar_of

if TYPE_CHECKING:
    from planner.results import Plan

SELDOM = (100_000, 20, 20)
"""How many new objects the search for lost ones waits for; it would look at the same millions over and over."""
MOST_MARGIN_M = 50_000.0
MOST_SITES = 1000
MOST_SECONDS = 3600.0
LEAST_SECONDS = 1e-3
MODELS = (
    *("maximal_covering", "kinds", "set_covering", "p_median", "p_center"),
    *("backup_covering", "gradual_covering", "capacitated_covering", "hierarchical_covering"),
)
"""The siting models by name: a test holds them against those that there are."""


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
    gc.set_threshold(*SELDOM)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a Chinese name shows its code; it must not end the work.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")

    def language() -> Language:
        return getattr(options, "language", None) or _language(
            getattr(options, "study", None), getattr(options, "place", "")
        )

    def work() -> None:
        with results_only():
            options.command(options, Texts(language()))

    _Stages.latest = ""
    return ended(
        work,
        language=language,
        stage=lambda: Texts(language())(f"cli.stage_{_Stages.latest}") if _Stages.latest else "",
        traces=options.traceback,
    )


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - argparse names it nowhere else


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="planner",
        description="Who reaches a service centre on foot, which are weak and why, where the next one goes.",
        epilog=(
            "Exit codes: 0 done, 1 a fault of the planner, 2 study or command, 3 data, 4 streets, 5 siting, "
            "6 output folder, 7 fetching, 8 out of memory; 130 Ctrl-C, 143 SIGTERM, 141 nobody reads the output."
        ),
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_preparing(commands)
    _add_answering(commands)
    _add_drawing(commands)
    parser.set_defaults(traceback=False)
    for command in commands.choices.values():
        # Before the command or after it.
        command.add_argument(
            "--traceback",
            action="store_true",
            default=argparse.SUPPRESS,
            help="where the planner itself fails, print where it happened",
        )
    return parser


def _add_preparing(commands: Commands) -> None:
    new = commands.add_parser("new", help="write a commented study file into a new folder")
    new.add_argument("folder", type=Path, metavar="DIR", help="a folder that does not exist yet, or is empty")
    new.set_defaults(command=_new)
    fetch = commands.add_parser("fetch", help="fetch the streets of a place from OpenStreetMap")
    fetch.add_argument(
        "place", nargs="?", default="", metavar="PLACE", help='as "海勃湾区, 乌海市", or R and an OSM id'
    )
    fetch.add_argument("--boundary", type=Path, metavar="FILE", help="the district's polygons instead of a place")
    fetch.add_argument("--out", type=Path, required=True, metavar="DIR", help="where layers and study file go")
    fetch.add_argument(
        "--margin-m", type=_metres, metavar="M", help="streets beyond the boundary; 950 unless said"
    )
    for extra in ("amenities", "buildings", "water", "barriers"):
        fetch.add_argument(f"--{extra}", action="append_const", dest="extras", const=extra, help=f"{extra} too")
    fetch.add_argument("--endpoint", metavar="URL", help="another Overpass server, as https://…/api")
    fetch.add_argument("--nominatim", metavar="URL", help="another Nominatim server")
    fetch.add_argument("--language", choices=LANGUAGES, help="of messages and place names")
    fetch.set_defaults(command=_fetch)
    warm = commands.add_parser("warm", help="compile the engine now, so that the first run need not")
    warm.set_defaults(command=_warm)
    check = commands.add_parser("check", help="read everything, change nothing, and say what was understood")
    check.add_argument("study", type=Path, metavar="STUDY", help="the study file")
    check.add_argument("--json", action="store_true", help="print it as JSON, for scripts")
    check.set_defaults(command=_check)


def _add_answering(commands: Commands) -> None:
    explain = commands.add_parser(
        "explain", help="say of one centre why it is judged as it is, and what would help"
    )
    explain.add_argument("study", type=Path, metavar="STUDY", help="the study file")
    explain.add_argument("centre", metavar="CENTRE", help="the id or the name of the centre")
    explain.set_defaults(command=_explain)
    programme = commands.add_parser(
        "programme", help="what is done in which year with which money: needs, resources, projects"
    )
    programme.add_argument("study", type=Path, metavar="STUDY", help="the study file; it gives the funds")
    programme.set_defaults(command=_programme)
    run = commands.add_parser("run", help="carry out a study: map, report, tables, plan.json, results.gpkg")
    run.add_argument("study", type=Path, metavar="STUDY", help="the study file")
    run.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the products go")
    run.add_argument(
        "--scenario", type=Path, metavar="FILE", help="a scenario that the map saved, instead of today"
    )
    run.add_argument(
        "--verify", action="store_true", help="compute the walks of 100 demand points again by networkx"
    )
    run.set_defaults(command=_run)
    site = commands.add_parser("site", help="put one siting question to one model, and print the answer")
    site.add_argument("study", type=Path, metavar="STUDY", help="the study file")
    site.add_argument("--model", choices=MODELS, default=MODELS[0], help=f"{MODELS[0]} unless said")
    site.add_argument("--sites", type=_sites, metavar="P", help="how many new sites, instead of the study's")
    site.add_argument("--seconds", type=_seconds, metavar="S", help="how long to search, instead of the study's")
    site.add_argument("--out", type=Path, metavar="DIR", help="write sites.json and sites.gpkg there too")
    site.set_defaults(command=_site)


def _add_drawing(commands: Commands) -> None:
    drawn = commands.add_parser("map", help="carry out a study and draw it as an A3 sheet, without a browser")
    drawn.add_argument("study", type=Path, metavar="STUDY", help="the study file")
    drawn.add_argument("--out", type=Path, required=True, metavar="FILE", help="ends in .png, .svg or .pdf")
    drawn.add_argument("--scenario", type=Path, metavar="FILE", help="a scenario saved by the map, not today")
    drawn.set_defaults(command=_map)
    report = commands.add_parser("report", help="carry out a study and write its report, or that of a part")
    report.add_argument("study", type=Path, metavar="STUDY", help="the study file")
    report.add_argument(
        "--for",
        dest="part",
        default="",
        metavar="NAME",
        help="a street or town: its sheet; a community: its one-page card; the whole district unless said",
    )
    report.add_argument("--out", type=Path, required=True, metavar="FILE", help="ends in .html or .docx")
    report.add_argument("--scenario", type=Path, metavar="FILE", help="a scenario saved by the map, not today")
    report.set_defaults(command=_report)


def _new(options: argparse.Namespace, texts: Texts) -> None:
    from planner.config.template import write_template

    tell(write_template(options.folder))
    say(texts("cli.template_written"))


def _warm(options: argparse.Namespace, texts: Texts) -> None:
    del options
    from planner.network.walker import compile_kernels
    from planner.reporting.map.simplify import warm_up as warm_up_drawing
    from planner.siting.solvers.precompile import compile_solvers as warm_up_siting

    progress = _Stages(texts)
    progress("warm_up")
    compile_kernels()
    warm_up_siting()
    warm_up_drawing()
    progress.done()


def _fetch(options: argparse.Namespace, texts: Texts) -> None:
    from planner.commands.fetch import CACHE, Fetch, fetch
    from planner.io.osm.servers import NOMINATIM, OVERPASS, OsmServers, ServerWait

    stages = _Stages(texts)

    def waiting(wait: ServerWait) -> None:
        values = {"reason": wait.reason.in_words(texts.language), "seconds": f"{wait.seconds:g}"}
        said = texts("cli.fetch_wait", **values, attempt=f"{wait.attempt}/{wait.attempts}")
        say(f"\n{said}")

    servers = OsmServers(
        cache=options.out / CACHE,
        overpass=options.endpoint or OVERPASS,
        nominatim=options.nominatim or NOMINATIM,
        language=texts.language,
        waiting=waiting,
    )
    asked = Fetch(options.place, options.boundary, options.margin_m, tuple(dict.fromkeys(options.extras or ())))
    with stages:
        files = fetch(asked, options.out, servers, progress=stages)
    stages.done()
    say(texts("cli.fetched", attribution="© OpenStreetMap contributors, ODbL 1.0"))
    tell(*files)


def _check(options: argparse.Namespace, texts: Texts) -> None:
    from planner.commands.check import describe, describe_as_json

    tell(describe_as_json(options.study) if options.json else describe(options.study, texts))


def _explain(options: argparse.Namespace, texts: Texts) -> None:
    from planner.commands.explain import explain

    progress = _Stages(texts)
    with progress:
        card = explain(options.study, options.centre, texts, progress=progress)
    tell(card)


def _programme(options: argparse.Namespace, texts: Texts) -> None:
    from planner.commands.programme import lists

    progress = _Stages(texts)
    with progress:
        found = lists(options.study, texts, progress=progress)
    progress.done()
    tell(found)


def _run(options: argparse.Namespace, texts: Texts) -> None:
    from planner.config.study import read_study

    study = read_study(options.study)
    from planner.messages.notices import reason_of
    from planner.network.compile import thread_count
    from planner.pipeline import run
    from planner.reporting.files.input_protection import protect_inputs
    from planner.reporting.write import PRODUCTS, check_writable, write

    protect_inputs(study, options.out, PRODUCTS, scenario=options.scenario)
    check_writable(options.out)
    progress = _Stages(texts)
    with progress:
        plan = run(study, scenario=options.scenario, progress=progress, verified=options.verify)
        products = write(plan, options.out, progress=progress, processes=min(thread_count(), 2))
    progress.done()
    for notice in plan.notices:
        key = "cli.notice_row" if len(notice.rows) == 1 else "cli.notice_rows"
        rows = texts(key, count=len(notice.rows)) if notice.rows else ""
        say(f"  ! {reason_of(notice, texts)}{rows}")
    tell(*products)


def _site(options: argparse.Namespace, texts: Texts) -> None:
    from planner.commands.site import check_folder, site, write_answer
    from planner.commands.site_card import card
    from planner.config.study import read_study

    study = read_study(options.study)
    if options.out is not None:
        check_folder(study, options.out)
    progress = _Stages(texts)
    with progress:
        answered = site(study, options.model, sites=options.sites, seconds=options.seconds, progress=progress)
        files = write_answer(answered, options.out) if options.out is not None else []
    tell(card(answered, texts))
    tell(*files)


def _map(options: argparse.Namespace, texts: Texts) -> None:
    from planner.reporting.map.sheet import check_format, write_static_map

    check_format(options.out)
    _write_one(options, texts, "write_map", lambda plan: write_static_map(plan, options.out))


def _report(options: argparse.Namespace, texts: Texts) -> None:
    from planner.reporting.report.area_report import check_format, write_area_report

    check_format(options.out)
    _write_one(
        options, texts, "write_report", lambda plan: write_area_report(plan, options.out, wanted=options.part)
    )


def _write_one(options: argparse.Namespace, texts: Texts, stage: str, write: Callable[[Plan], Path]) -> None:
    """Carry out a study, write one product of it, and say where it is."""
    from planner.config.study import read_study

    study = read_study(options.study)
    from planner.pipeline import run
    from planner.reporting.files.input_protection import protect_inputs

    protect_inputs(study, options.out.parent, [options.out.name], scenario=options.scenario)
    progress = _Stages(texts)
    with progress:
        plan = run(study, scenario=options.scenario, progress=progress)
        progress(stage)
        path = write(plan)
    progress.done()
    tell(path)


@dataclass(slots=True)
class _Stages:
    """Says on stderr which stage begins, and how long the last one took."""

    texts: Texts
    began: float = field(default_factory=time.perf_counter)
    started: float = 0.0
    latest: ClassVar[str] = ""

    def __call__(self, stage: str, /) -> None:
        self._close()
        self.started = time.perf_counter()
        _Stages.latest = stage
        # Where somebody looks on, a bar says how far the work has come.
        bar = f"{bar_of(stage):<25}" if sys.stderr is not None and sys.stderr.isatty() else ""
        say(f"  {bar}{self.texts(f'cli.stage_{stage}')} …", end="")

    def __enter__(self) -> None:
        """Begin; what ends the work, good or bad, is said on a line of its own."""

    def __exit__(self, *_: object) -> None:
        self._close()

    def done(self) -> None:
        """Say how long all took."""
        seconds = self.texts.number(time.perf_counter() - self.began)
        say(self.texts("cli.done", seconds=seconds))

    def _close(self) -> None:
        if self.started:
            took, self.started = time.perf_counter() - self.started, 0.0
            say(f" {took:.1f} s")


def _metres(written: str) -> float:
    return _number(written, "metres", float, 0.0, MOST_MARGIN_M)


def _sites(written: str) -> int:
    return round(_number(written, "sites", int, 0, MOST_SITES))


def _seconds(written: str) -> float:
    return _number(written, "seconds", float, LEAST_SECONDS, MOST_SECONDS)


def _number(written: str, what: str, read: Callable[[str], float], least: float, most: float) -> float:
    """Read a number of the command line; what is none, or out of its limits, is refused in both languages."""
    try:
        number = read(written)
    except ValueError:
        number = float("nan")
    if not least <= number <= most:
        values = {"given": written, "least": f"{least:g}", "most": f"{most:g}"}
        said = [Texts(language)(f"cli.wrong_{what}", **values) for language in LANGUAGES]
        raise argparse.ArgumentTypeError(" / ".join(said))
    return number


def _language(study: Path | None, place: str) -> Language:
    """Return the language that a study asks for, as far as its file can be read at all, or that a place is in."""
    if study is None:
        return detect_language(place)
    asked = asked_language(study)
    if asked is None:
        return SOURCE_LANGUAGE
    return asked if asked in LANGUAGES else DEFAULT_LANGUAGE


if __name__ == "__main__":
    sys.exit(main())
