"""`planner programme`: the lists of needs, resources and projects, as text."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from planner.cache import NO_CACHE, Cache
from planner.commands.caching import cache_of
from planner.commands.streams import StageReport, print_results
from planner.config.study import read_study
from planner.messages.catalogue import Texts, unit_of_amount
from planner.messages.errors import Issue, StudyError
from planner.messages.progress import Progress, silent
from planner.pipeline import run
from planner.reporting import programme_text as words
from planner.reporting.document.build import build_document
from planner.reporting.document.records.plan import Entry
from planner.reporting.document.records.programme import Fund, Need, Programme, Project
from planner.reporting.programme_text import money_text, year_text
from planner.reporting.report.blocks import DASH, Translator, require
from planner.reporting.rounding import gained_by_projects


def run_command(options: Namespace, texts: Texts) -> None:
    """Print the lists of needs, resources and projects."""
    progress = StageReport(texts)
    with progress:
        lists = describe_programme(options.study, texts, progress=progress, cache=cache_of(options, texts))
    progress.done()
    print_results(lists)


def describe_programme(path: Path, texts: Texts, *, progress: Progress = silent, cache: Cache = NO_CACHE) -> str:
    """Return the programme of a study: summary, needs, resources, projects.

    Parameters
    ----------
    path
        The study file.
    texts
        The language.
    progress
        Called with the name of each stage when it starts.
    cache
        Results of earlier runs.

    Raises
    ------
    PlannerError
        As `planner.run`; or the study has no funds.
    """
    study = read_study(path)
    if not study.programme.funds:
        raise StudyError(str(path), [Issue("no_programme")])
    t = Translator(build_document(run(study, progress=progress, cache=cache)), texts)
    return "\n".join(_lines(require(t.content["programme"]), t))


def _lines(programme: Programme, t: Translator) -> Iterator[str]:
    unit = unit_of_amount(programme["unit"], t.texts)
    yield from words.programme_statements(t)
    yield from ("", t.programme("list_needs"))
    yield from (_need(need, t) for need in programme["needs"])
    yield from ("", t.programme("list_resources"))
    for fund in programme["resources"]["funds"]:
        yield f"{fund['name']}{t.texts('maps.between')}{words.fund_rules_text(fund, t)}"
        yield from ("  " + _fund(fund, year, unit, t) for year in fund["years"])
    sites = programme["resources"]["sites"]
    yield t.programme("line_sites", count=len(sites), taken=sum(bool(site["project"]) for site in sites))
    yield from ("", t.programme("list_projects"))
    gained = gained_by_projects(programme)
    yield from (_project(project, unit, gained[project["id"]], t) for project in programme["projects"])


def _need(need: Need, t: Translator) -> str:
    return t.programme(
        "line_need",
        id=need["id"],
        kind=t.programme(f"need_{need['kind']}"),
        place=need["name"],
        subdistrict=need["subdistrict"] or DASH,
        people=t.whole(need["people"]),
        evidence=words.need_evidence(need, t),
        met=words.need_outcome(need, t),
    )


def _fund(fund: Fund, entry: Entry, unit: str, t: Translator) -> str:
    amounts = {name: money_text(entry[name]) for name in ("amount", "brought", "spent", "left")}
    return t.programme("line_fund", fund=fund["name"], year=year_text(t, entry["year"]), unit=unit, **amounts)


def _project(project: Project, unit: str, gained: tuple[int | None, int, int], t: Translator) -> str:
    line = t.programme(
        "line_project",
        number=project["id"],
        task=words.task_text(project, t),
        measure=words.actions_text(project, t),
        unit=words.responsible_unit(project),
        deadline=year_text(t, project["year"], "by_year"),
        cost=money_text(project["cost"]),
        money=unit,
        paid=words.funding_text(project, t) if project["paid"] else DASH,
        covered=words.covered_text(gained[0], t),
        standard=t.whole(gained[1]),
        per_person=words.cost_per_person_text(project, t),
        small=words.small_money_unit(t),
    )
    return f"{line} {t.programme('line_services', people=t.whole(gained[2]))}" if gained[2] else line
