"""The programme of a study: from the results of the stages before to its three lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from planner.config.study import Study
from planner.evaluation.rating_names import WEAK
from planner.messages.notices import Notice
from planner.programme.needs import list_needs
from planner.programme.problem import BudgetProblem, ProjectOption, is_covered
from planner.programme.programme import AvailableSite, FundYear, Programme, Project, Year, list_ids
from planner.programme.project_options import ProgrammeInputs, budget_problem, find_options, inapplicable_settings
from planner.programme.solve import ProgrammeSolution, solve_programme

CENT = 1e-6
"""Smallest amount of money: of 万元, a hundredth of a yuan."""


def build_programme(given: ProgrammeInputs) -> Programme | None:
    """Select projects, years and payments; None without funds.

    Parameters
    ----------
    given
        Results of the stages before.

    Returns
    -------
    programme
        The three lists, with bound and status of the selection.

    Raises
    ------
    StudyError
        The settings of the programme refer to unknown projects, candidates or centres.
    """
    settings = given.settings
    if not settings.funds:
        return None
    options = find_options(given)
    problem = budget_problem(given, options)
    solution = solve_programme(problem, time_limit_s=settings.seconds)
    projects = tuple(_projects(given.study, options, solution))
    inapplicable = inapplicable_settings(given, options)
    weak = given.diagnosis.centres["verdict"] == WEAK
    return Programme(
        labels=tuple(range(first := settings.first_year or 1, first + settings.years)),
        needs=tuple(list_needs(given, options, projects)),
        sites=tuple(_sites(problem, projects)),
        funds=tuple(_fund_years(problem, projects)),
        projects=projects,
        years=tuple(_years(solution, projects)),
        weak=int(weak.sum()),
        resolvable=len(solution.resolvable),
        resolved=len(solution.resolved),
        people=solution.objective,
        bound=solution.bound,
        gap=solution.gap,
        status=solution.status,
        order_status=solution.order_status,
        funding_gap=solution.funding_gap,
        not_counted=tuple(sorted({one.kind for one in options if not one.counts_coverage})),
        notices=(Notice("scenario_waits_for_nothing", "facilities", inapplicable),) if inapplicable else (),
    )


def _projects(study: Study, options: Sequence[ProjectOption], solution: ProgrammeSolution) -> Iterator[Project]:
    responsible = study.programme.responsible
    ids = list_ids("P", len(solution.starts))
    rows = zip(ids, solution.starts, solution.payments, solution.added, strict=True)
    for ident, (number, year), paid, added in rows:
        option = options[number]
        unit = option.unit or responsible.get(option.kind, "")  # type: ignore[call-overload]  # kinds are its keys
        if not unit and option.kind == "branch":
            unit = responsible.get("new", "")
        yield Project(
            id=ident,
            option=option.id,
            kind=option.kind,
            title=option.name,
            centre=option.centre,
            site=option.site,
            closes=option.closes,
            resolves=option.resolves,
            community=option.community,
            subdistrict=option.subdistrict,
            # "{street}" is the former name of the placeholder.
            unit=unit.replace("{subdistrict}", option.subdistrict).replace("{street}", option.subdistrict),
            actions=option.actions,
            year=year,
            cost=option.cost,
            paid=tuple(paid.tolist()),
            people_covered=float(added[0]) if option.counts_coverage else None,
            people_standard=float(added[1]),
            people_services=float(added[2]),
            room=option.room,
            service=option.service,
        )


def _years(solution: ProgrammeSolution, projects: Sequence[Project]) -> Iterator[Year]:
    for year, (covered, standard, services) in enumerate(solution.by_year.tolist()):
        done = [project for project in projects if project.year <= year]
        yield Year(
            year=year,
            sites=tuple(project.site for project in done if project.site),
            closed=tuple(dict.fromkeys(centre for project in done for centre in project.closes)),
            resolved=tuple(dict.fromkeys(centre for project in done for centre in project.resolves)),
            people_covered=covered,
            people_standard=standard,
            spent=float(sum(project.cost for project in done if project.year == year)),
            people_services=services,
        )


def _fund_years(problem: BudgetProblem, projects: Sequence[Project]) -> Iterator[FundYear]:
    for number, fund in enumerate(problem.funds):
        left = 0.0
        for year, amount in enumerate(fund.amounts):
            brought = left if fund.carries_over else 0.0
            spent = float(sum(project.paid[number] for project in projects if project.year == year))
            left = brought + amount - spent
            left = 0.0 if abs(left) < CENT else left
            yield FundYear(fund.id, year, amount, brought, spent, left)


def _sites(problem: BudgetProblem, projects: Sequence[Project]) -> Iterator[AvailableSite]:
    beyond = ~is_covered(problem, np.zeros(0, dtype=np.int64))
    people = np.asarray(problem.coverage.T.astype(np.float64) @ (problem.weight * beyond))
    project_of = {project.option: project.id for project in projects}
    for option, reached in zip(problem.options, people.tolist(), strict=True):
        if option.site:
            project = project_of.get(option.id, "")
            place = (option.community, option.subdistrict)
            yield AvailableSite(option.site, option.kind, *place, option.cost, reached, project)
