"""The list of needs: what is wanting, with its reason, and how far the programme meets it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from planner.evaluation.ratings import COMPLIANT, WEAK
from planner.network.walk import is_within
from planner.programme.lists import Need, Project, numbered
from planner.programme.project_options import Known, Offer, people_of, uncovered_by_community, ways_of

HALF_A_PERSON = 0.5
"""A need is met where fewer than that are left: people at points are fractions."""

Met = list[tuple[int, str, float]]
"""Year, project, and for how many people the need is met by then."""
Found = tuple[str, str, str, float, tuple[str, ...], Met, str]
"""Place, kind, community, people, rules, how it is met, and why it is not."""


def needs_of(known: Known, offers: Sequence[Offer], projects: Sequence[Project]) -> Iterator[Need]:
    """Yield what is wanting: weak premises, communities without any, people beyond the standard by community.

    Parameters
    ----------
    known
        What the stages before have found.
    offers
        The projects that might be begun.
    projects
        Those of the programme, in its order.
    """
    found = [*_weak(known, offers, projects), *_without(known, projects), *_uncovered(known, offers, projects)]
    for ident, need in zip(numbered("N", len(found)), found, strict=True):
        place, kind, community, people, rules, met, left = need
        names = dict(zip(known.inputs.communities["id"], known.inputs.communities["name"], strict=True))
        streets = dict(zip(known.inputs.communities["id"], known.inputs.communities["street"], strict=True))
        centres = dict(zip(known.inputs.facilities["id"], known.inputs.facilities["name"], strict=True))
        done = [year for year, _, so_far in met if so_far >= people - HALF_A_PERSON and left != "station_only"]
        yield Need(
            id=ident,
            kind=kind,
            place=place,
            name=centres[place] if kind == "weak_centre" else names[place],
            community=community,
            street=streets.get(community, ""),
            people=people,
            rules=rules,
            projects=tuple(dict.fromkeys(project for _, project, _ in met)),
            year=done[0] if done else None,
            people_met=max((so_far for *_, so_far in met), default=0.0),
            left="" if done else left,
        )


def _weak(known: Known, offers: Sequence[Offer], projects: Sequence[Project]) -> Iterator[Found]:
    centres, findings = known.diagnosis.centres, known.diagnosis.rule_results
    weak = centres[centres["verdict"] == WEAK]
    people = people_of(known, list(weak["id"]))
    offered = {centre for offer in offers for centre in offer.option.settles}
    priced = {way.centre for way in ways_of(known.remedies)}
    failed = findings[(findings["grade"] == COMPLIANT) & findings["passed"].map(lambda passed: passed is False)]
    for ident, community in zip(weak["id"], weak["community"], strict=True):
        met = [(one.year, one.id, people[ident]) for one in projects if ident in one.settles]
        left = "not_chosen" if ident in offered else "no_cost" if ident in priced else "no_way"
        rules = tuple(failed["rule"][failed["facility"] == ident])
        yield ident, "weak_centre", community, people[ident], rules, met, left


def _without(known: Known, projects: Sequence[Project]) -> Iterator[Found]:
    """Yield communities without premises; a station in one is named, and is not its premises."""
    total = known.demand.groupby("community")["people"].sum()
    for community in known.diagnosis.communities_without_centre:
        built: Met = [(one.year, one.id, 0.0) for one in projects if one.site and one.community == community]
        left = "station_only" if built else "no_project"
        yield community, "no_centre", community, float(total.get(community, 0.0)), (), built, left


def _uncovered(known: Known, offers: Sequence[Offer], projects: Sequence[Project]) -> Iterator[Found]:
    """Yield who is beyond the standard, by community, with whom of them the programme reaches, and by what."""
    standard = known.study.limits.standard_min
    walks, home = known.candidate_times, known.demand["community"].to_numpy(dtype=object)
    number = {ident: place for place, ident in enumerate(known.candidates["id"])}
    near = is_within(walks.minutes, standard)
    beyond = uncovered_points(known)
    people = known.demand["people"].to_numpy(dtype=np.float64)
    reachable = np.zeros(len(people), dtype=bool)
    for place in {number[offer.site] for offer in offers if offer.site}:
        reachable[walks.demand[near & (walks.facility == place)]] = True
    met: dict[str, Met] = {}
    reached = np.zeros(len(people), dtype=bool)
    for project in projects:
        if project.site:
            points = walks.demand[near & (walks.facility == number[project.site])]
            new = points[beyond[points] & ~reached[points] & (people[points] > 0)]
            reached[new] = True
            for community in sorted(set(home[new])):
                here = reached & (home == community)
                met.setdefault(community, []).append((project.year, project.id, float(people[here].sum())))
    for community, count in uncovered_by_community(known).items():
        name = str(community)
        if name in set(known.inputs.communities["id"]):
            some = (reachable & beyond & (home == name) & (people > 0)).any()
            yield (
                name,
                "uncovered",
                name,
                float(count),
                (),
                met.get(name, []),
                "not_chosen" if some else "no_project",
            )


def uncovered_points(known: Known) -> np.ndarray:
    """Return which demand points are beyond the standard of every centre, shape (demand,)."""
    near = is_within(known.times.minutes, known.study.limits.standard_min)
    served = np.bincount(known.times.demand[near], minlength=known.times.n_demand) > 0
    return np.asarray(~served)
