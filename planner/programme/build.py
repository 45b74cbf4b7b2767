"""The programme of a study: from the results of the stages before to its three lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from planner.config.study import Study
from planner.evaluation import COMPLIANT, WEAK
from planner.messages.notices import Notice
from planner.network.walk import is_within
from planner.programme.problem import BudgetProblem, ProjectOption, is_covered
from planner.programme.programme import AvailableSite, FundYear, Need, Programme, Project, Year, list_ids
from planner.programme.project_options import (
    ProgrammeInputs,
    budget_problem,
    find_options,
    inapplicable_settings,
    resolving_plans,
)
from planner.programme.solve import ProgrammeSolution, solve_programme

HALF_A_PERSON = 0.5
"""A need is met if fewer people than this are left: people at demand points are fractions."""


@dataclass(frozen=True, slots=True)
class _Meeting:
    """A project that meets a need, and the people for whom the need is met by then."""

    year: int
    project: str
    people: float


@dataclass(frozen=True, slots=True)
class _Case:
    """A need before it is numbered."""

    kind: str
    place: str
    community: str
    people: float
    met: Sequence[_Meeting]
    unmet_reason: str
    rules: tuple[str, ...] = field(default=())


def list_needs(
    given: ProgrammeInputs, options: Sequence[ProjectOption], projects: Sequence[Project]
) -> Iterator[Need]:
    """Yield weak centres, communities without premises, and people beyond the standard by community.

    Parameters
    ----------
    given
        Results of the stages before.
    options
        All project options.
    projects
        The projects of the programme, in its order.
    """
    communities, facilities = given.tables.communities, given.tables.facilities
    names = dict(zip(communities["id"], communities["name"], strict=True))
    subdistricts = dict(zip(communities["id"], communities["subdistrict"], strict=True))
    centres = dict(zip(facilities["id"], facilities["name"], strict=True))
    cases = [
        *_weak_centres(given, options, projects),
        *_without_centre(given, projects),
        *_uncovered(given, options, projects),
    ]
    for ident, case in zip(list_ids("N", len(cases)), cases, strict=True):
        done = [part.year for part in case.met if part.people >= case.people - HALF_A_PERSON]
        is_met = bool(done) and case.unmet_reason != "station_only"
        yield Need(
            id=ident,
            kind=case.kind,
            place=case.place,
            name=centres[case.place] if case.kind == "weak_centre" else names[case.place],
            community=case.community,
            subdistrict=subdistricts.get(case.community, ""),
            people=case.people,
            rules=case.rules,
            projects=tuple(dict.fromkeys(one.project for one in case.met)),
            year=done[0] if is_met else None,
            people_met=max((one.people for one in case.met), default=0.0),
            unmet_reason="" if is_met else case.unmet_reason,
        )


def _weak_centres(
    given: ProgrammeInputs, options: Sequence[ProjectOption], projects: Sequence[Project]
) -> Iterator[_Case]:
    centres, results = given.diagnosis.centres, given.diagnosis.rule_results
    weak = centres[centres["verdict"] == WEAK]
    people = given.people_of_centres(list(weak["id"]))
    resolvable = {centre for option in options for centre in option.resolves}
    improvable = {plan.facility for plan in resolving_plans(given.remedies)}
    failed = results[(results["grade"] == COMPLIANT) & results["passed"].map(lambda passed: passed is False)]
    for ident, community in zip(weak["id"], weak["community"], strict=True):
        met = [
            _Meeting(project.year, project.id, people[ident]) for project in projects if ident in project.resolves
        ]
        reason = "not_chosen" if ident in resolvable else "no_cost" if ident in improvable else "no_way"
        rules = tuple(failed["rule"][failed["facility"] == ident])
        yield _Case("weak_centre", ident, community, people[ident], met, reason, rules)


def _without_centre(given: ProgrammeInputs, projects: Sequence[Project]) -> Iterator[_Case]:
    """Yield communities without premises; a station is listed as a project, but is not the premises."""
    total = given.demand.groupby("community")["people"].sum()
    for community in given.diagnosis.communities_without_centre:
        built = [
            _Meeting(project.year, project.id, 0.0)
            for project in projects
            if project.site and project.community == community
        ]
        reason = "station_only" if built else "no_project"
        yield _Case("no_centre", community, community, float(total.get(community, 0.0)), built, reason)


def _uncovered(
    given: ProgrammeInputs, options: Sequence[ProjectOption], projects: Sequence[Project]
) -> Iterator[_Case]:
    """Yield people beyond the standard by community, with those whom each project of the programme covers."""
    within = _points_within(given)
    beyond = given.uncovered_points()
    home = given.demand["community"].to_numpy(dtype=object)
    people = given.demand["people"].to_numpy(dtype=np.float64)
    reachable = np.zeros(len(people), dtype=bool)
    for site in {option.site for option in options if option.site}:
        reachable[within[site]] = True
    met: dict[str, list[_Meeting]] = {}
    reached = np.zeros(len(people), dtype=bool)
    for project in projects:
        if project.site:
            points = within[project.site]
            new = points[beyond[points] & ~reached[points] & (people[points] > 0)]
            reached[new] = True
            for community in sorted(set(home[new])):
                here = reached & (home == community)
                meeting = _Meeting(project.year, project.id, float(people[here].sum()))
                met.setdefault(community, []).append(meeting)
    ids = set(given.tables.communities["id"])
    for name, count in given.uncovered_by_community().items():
        community = str(name)
        if community in ids:
            some = (reachable & beyond & (home == community) & (people > 0)).any()
            reason = "not_chosen" if some else "no_project"
            yield _Case("uncovered", community, community, float(count), met.get(community, []), reason)


def _points_within(given: ProgrammeInputs) -> Mapping[str, NDArray[np.int64]]:
    """Return the demand points within the standard of each candidate."""
    walks = given.candidate_times
    near = is_within(walks.minutes, given.study.limits.standard_min)
    return {
        ident: walks.demand[near & (walks.facility == number)]
        for number, ident in enumerate(given.candidates["id"])
    }


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
        not_counted=tuple(sorted({option.kind for option in options if not option.counts_coverage})),
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
