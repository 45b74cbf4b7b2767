"""The list of needs, with their reason and how far the programme meets them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from planner.evaluation.rating_names import COMPLIANT, WEAK
from planner.network.walk import is_within
from planner.programme.problem import ProjectOption
from planner.programme.programme import Need, Project, list_ids
from planner.programme.project_options import ProgrammeInputs, resolving_plans

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
        done = [one.year for one in case.met if one.people >= case.people - HALF_A_PERSON]
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
        met = [_Meeting(one.year, one.id, people[ident]) for one in projects if ident in one.resolves]
        reason = "not_chosen" if ident in resolvable else "no_cost" if ident in improvable else "no_way"
        rules = tuple(failed["rule"][failed["facility"] == ident])
        yield _Case("weak_centre", ident, community, people[ident], met, reason, rules)


def _without_centre(given: ProgrammeInputs, projects: Sequence[Project]) -> Iterator[_Case]:
    """Yield communities without premises; a station is listed as a project, but is not the premises."""
    total = given.demand.groupby("community")["people"].sum()
    for community in given.diagnosis.communities_without_centre:
        built = [_Meeting(one.year, one.id, 0.0) for one in projects if one.site and one.community == community]
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
