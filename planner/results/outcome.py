"""What the projects of a programme change in who reaches whom: branches, and passages that shorten walks.

The choice of projects does not count them, because a passage changes the walks to every centre at once. Here they
are carried out on the tables and measured as a run measures them, so that the map, the report and a run of a
scenario agree on the people covered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.accessibility.coverage import main_facility
from planner.inputs.changes import Change, apply_changes
from planner.inputs.walk_network import build_walk_network, walking_costs_of
from planner.network.travel_times import TravelTimes
from planner.network.walk import FloatArray, is_within
from planner.network.walker import Walker
from planner.prepare import PreparedStudy
from planner.programme.programme import Programme, Project
from planner.schemas.tables import Facilities

MOST_PASSAGES = 2
"""Passages of which every choice is measured, four networks; with more of them none is."""

OWN_KINDS = ("extend_hours", "add_functions", "step_free", "add_area")


NO_WALKS = TravelTimes(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), 0, 0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Walks:
    """Walks with some of the passages built."""

    prepared: PreparedStudy
    """The study with these passages, its facilities as they are."""
    facilities: TravelTimes
    candidates: TravelTimes
    branches: TravelTimes
    """`facilities`, `candidates`, `branches`: Minutes to the residents' demand points."""


@dataclass(frozen=True, slots=True, eq=False)
class ProjectEffects:
    """Projects of a programme as changes of the tables, and the walks after them."""

    changes: dict[str, tuple[Change, ...]]
    """The changes of each project by its id; of one that is not carried out on the tables, none."""
    branches: tuple[Change, ...]
    """The branches in the order of their projects."""
    passages: tuple[str, ...]
    """The ids of the projects with a passage, in their order."""
    walks: tuple[Walks, ...]
    """For each choice of passages: a number whose bits are the passages built, the first the lowest."""
    upgraded: Facilities
    """The facilities after all upgrades of projects, with every branch behind them."""

    @property
    def with_branches(self) -> Facilities:
        """The facilities as they are today, with every branch behind them."""
        today = self.walks[0].prepared.inputs.facilities
        branches = self.upgraded.iloc[len(today) :]
        return Facilities(pd.concat([today, branches], ignore_index=True))


def with_changes(prepared: PreparedStudy, changes: Sequence[Change]) -> PreparedStudy:
    """Return a study with changes to centres, gates and streets; its network is built again for passages."""
    study, cache = prepared.study, prepared.cache
    inputs = apply_changes(changes, prepared.inputs, study.language)
    changed = replace(prepared, inputs=inputs)
    if any(change.is_passage for change in changes):
        costs = walking_costs_of(study, prepared.walk)
        layers = (inputs.streets, inputs.gates, inputs.barriers, inputs.water, inputs.elevation)
        walkable = cache.get(
            "changed_network", (*layers, costs, study.walking), lambda: build_walk_network(study, inputs, costs)
        )
        walker = Walker(walkable.network, prepared.walk)
        changed = replace(changed, walker=walker, walked_streets=walkable.streets)
        changed = replace(changed, demand_snaps=changed.snapped(inputs.demand))
    return replace(changed, facility_snaps=changed.snapped(inputs.facilities))


def measure_outcome(
    prepared: PreparedStudy,
    programme: Programme | None,
    times: TravelTimes,
    candidates: gpd.GeoDataFrame,
    candidate_times: TravelTimes,
) -> ProjectEffects:
    """Carry out the projects of a programme on the tables, and measure the walks.

    Parameters
    ----------
    prepared
        The study.
    programme
        Its programme; None where it has none.
    times, candidates, candidate_times
        Walking minutes from its facilities to its demand points; its candidates, and theirs.
    """
    projects = programme.projects if programme else ()
    changes = {project.id: tuple(_changes(project, prepared)) for project in projects}
    crossed = [one for one in changes if any(change.is_passage for change in changes[one])]
    if len(crossed) > MOST_PASSAGES:
        changes |= dict.fromkeys(crossed, ())
        crossed = []
    every = [change for of_project in changes.values() for change in of_project]
    branches = tuple(change for change in every if change.kind == "open_station")
    lasting = [change for change in every if not change.is_passage]
    upgraded = with_changes(prepared, lasting).inputs.facilities if lasting else prepared.inputs.facilities
    spots = np.array([change.place for change in branches], dtype=np.float64).reshape(-1, 2)

    def walks(choice: int) -> Walks:
        built = [
            change
            for number, project in enumerate(crossed)
            if choice >> number & 1
            for change in changes[project]
            if change.is_passage
        ]
        then = with_changes(prepared, built) if built else prepared
        own = then.walks_from(spots, within_min=times.horizon_min) if branches else NO_WALKS
        if not built:
            return Walks(then, times, candidate_times, own)
        of_candidates = then.walks_from(candidates, within_min=candidate_times.horizon_min)
        return Walks(then, then.compute_times(), of_candidates, own)

    return ProjectEffects(changes, branches, tuple(crossed), tuple(map(walks, range(2 ** len(crossed)))), upgraded)


def _changes(project: Project, prepared: PreparedStudy) -> tuple[Change, ...]:
    """Return the actions of a project as changes of the tables; none where one cannot be carried out there.

    Shared rooms, a move to a place that is no candidate and a gate that only the streets show cannot.
    """
    inputs = prepared.inputs
    gates = set() if inputs.gates is None else set(inputs.gates["id"])
    made = []
    for action in project.actions:
        common = {"kind": action.kind, "centre": project.centre}
        if action.kind in OWN_KINDS:
            made.append(Change(**common, amount=action.amount, functions=action.functions))
        elif action.kind == "open_station" and action.place is not None:
            ident = f"{project.centre}+"
            while ident in set(inputs.facilities["id"]):
                ident += "+"
            made.append(Change(**common, id=ident, amount=action.amount, place=action.place))
        elif action.kind == "open_gate" and action.about in gates:
            made.append(Change(**common, id=action.about))
        elif action.kind == "build_crossing" and action.place is not None and action.other is not None:
            made.append(Change(**common, place=action.place, other=action.other))
        else:
            return ()
    return tuple(made)


def count_people(
    programme: Programme,
    outcome: ProjectEffects,
    candidates: gpd.GeoDataFrame,
    people: FloatArray,
    standard_min: float,
) -> Programme:
    """Return the programme with the people covered by each project and year as they are once it is carried out.

    Nothing changes where no project opens a branch or a passage. A project counts besides those before it; a year
    counts all projects until its end.

    Parameters
    ----------
    programme, outcome
        The programme, and its projects carried out.
    candidates
        Where its sites are among.
    people
        Residents at each demand point.
    standard_min
        The service standard, minutes.
    """
    if not outcome.branches and not outcome.passages:
        return programme
    today = outcome.walks[0].prepared.inputs.facilities
    counter = _Counter(outcome, list(today["id"]), list(candidates["id"]), standard_min)
    before, base = counter.reached(), float(people[counter.reached()].sum())
    covered, projects = base, []
    by_year = dict.fromkeys(range(len(programme.years)), 0.0)
    for project in programme.projects:
        counter.carry_out(project)
        now = counter.reached()
        gained = float(people[now & ~before].sum()) - float(people[before & ~now].sum())
        is_counted = bool(project.people_covered is not None or outcome.changes[project.id])
        projects.append(replace(project, people_covered=gained if is_counted else None))
        covered, before = covered + gained, now
        by_year |= dict.fromkeys(range(project.year, len(programme.years)), covered - base)
    years = [replace(year, people_covered=by_year[year.year]) for year in programme.years]
    return replace(programme, projects=tuple(projects), years=tuple(years))


class _Counter:
    """Who is within the standard of an open centre, as projects are carried out one after the other."""

    def __init__(
        self, outcome: ProjectEffects, centres: list[str], candidates: list[str], standard_min: float
    ) -> None:
        self.outcome, self.standard_min = outcome, standard_min
        self.centre = {ident: number for number, ident in enumerate(centres)}
        self.candidate = {ident: number for number, ident in enumerate(candidates)}
        main = main_facility(outcome.with_branches)
        self.main, self.own = main[: len(centres)], main[len(centres) :]
        self.is_open = np.ones(len(centres), dtype=np.bool_)
        self.sites = np.zeros(len(candidates), dtype=np.bool_)
        self.branches = np.zeros(len(outcome.branches), dtype=np.bool_)
        self.choice = 0

    def carry_out(self, project: Project) -> None:
        """Open and close what a project opens and closes."""
        for centre in project.closes:
            self.is_open &= self.main != self.centre[centre]
        if project.site:
            self.sites[self.candidate[project.site]] = True
        for change in self.outcome.changes[project.id]:
            if change.kind == "open_station":
                self.branches[self.outcome.branches.index(change)] = True
        if project.id in self.outcome.passages:
            self.choice |= 1 << self.outcome.passages.index(project.id)

    def reached(self) -> NDArray[np.bool_]:
        """Return the demand points within the standard, shape (demand,)."""
        walks = self.outcome.walks[self.choice]
        reached = np.zeros(walks.facilities.n_demand, dtype=np.bool_)
        branches = self.branches & self.is_open[self.own]
        for times, is_open in (
            (walks.facilities, self.is_open),
            (walks.candidates, self.sites),
            (walks.branches, branches),
        ):
            near = is_within(times.minutes, self.standard_min) & is_open[times.facility]
            reached[times.demand[near]] = True
        return reached
