"""Project options of a study: upgrades from improvement plans, sites from candidates, and projects of its own."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from planner.accessibility.coverage import count_column
from planner.config.sections.programme import ProgrammeSettings, ProjectSettings
from planner.config.study import Study
from planner.evaluation import COMPLIANT, EXCELLENT, WEAK
from planner.evaluation.diagnosis import Diagnosis
from planner.evaluation.improvements.actions import Action, ImprovementPlan
from planner.inputs.study_inputs import Inputs
from planner.messages.errors import Issue, StudyError
from planner.network.travel_times import TravelTimes
from planner.network.walk import FloatArray, is_within
from planner.population.demand_points import community_at
from planner.programme.problem import BudgetProblem, Fund, Precedence, ProjectOption, SharedLimit
from planner.schemas.tables import Communities
from planner.siting.candidates.candidate import Candidate, nearest_candidate
from planner.siting.candidates.parcels import parcel_candidate
from planner.siting.problem import coverage_from_pairs
from planner.siting.study_bundles import ROOM, StudyBundles

KIND_OF_ACTION: Mapping[str, str] = {
    "open_gate": "access",
    "build_crossing": "access",
    "move": "move",
    "share": "share",
    "open_station": "branch",
}
"""Kind by which funds select an action that is not an upgrade of the centre itself."""


@dataclass(frozen=True, slots=True, eq=False)
class ProgrammeInputs:
    """Results of the stages before the programme."""

    study: Study
    tables: Inputs
    """`study`, `tables`: Settings and validated input tables."""
    diagnosis: Diagnosis
    remedies: tuple[ImprovementPlan, ...]
    """`diagnosis`, `remedies`: Ratings, and the improvement plans of weak centres."""
    times: TravelTimes
    """Walking minutes between centres and demand points."""
    demand: gpd.GeoDataFrame
    """Demand points with the number of centres within each limit."""
    candidates: gpd.GeoDataFrame
    candidate_times: TravelTimes
    """`candidates`, `candidate_times`: Candidates, and walking minutes between them and demand points."""
    bundles: StudyBundles | None = None
    """Rooms, and the services that may go into them or into centres; None without `[bundles]`."""
    in_scenario: bool = False
    """True for a scenario: settings that refer to missing projects or places are then ignored."""

    @property
    def settings(self) -> ProgrammeSettings:
        """Settings of the programme."""
        return self.study.programme

    def community_of_centre(self) -> dict[str, str]:
        """Return the community of each centre, by id."""
        return dict(zip(self.tables.facilities["id"], self.tables.facilities["community"], strict=True))

    def people_of_centres(self, centres: Sequence[str]) -> dict[str, float]:
        """Return the people of each centre's community; 0 if it has none."""
        community_of = self.community_of_centre()
        total = self.demand.groupby("community")["people"].sum()
        return {centre: float(total.get(community_of[centre], 0.0)) for centre in centres}

    def uncovered_by_community(self) -> pd.Series:
        """Return the people beyond the standard by community, where there are any."""
        beyond = self.demand[self.demand[count_column(self.study.limits.standard_min)] == 0]
        people = beyond.groupby("community")["people"].sum()
        return pd.Series(people[people > 0])

    def uncovered_points(self) -> NDArray[np.bool_]:
        """Return True for each demand point beyond the standard of every centre, shape (demand,)."""
        near = is_within(self.times.minutes, self.study.limits.standard_min)
        return np.asarray(np.bincount(self.times.demand[near], minlength=self.times.n_demand) == 0)


def resolving_plans(remedies: Iterable[ImprovementPlan]) -> tuple[ImprovementPlan, ...]:
    """Return the improvement plans that make a centre compliant for certain."""
    return tuple(plan for plan in remedies if plan.actions and plan.rating in (COMPLIANT, EXCELLENT))


def kind_of_actions(actions: Sequence[Action]) -> str:
    """Return the kind by which funds select a project of some actions."""
    kinds = [KIND_OF_ACTION.get(action.kind, "upgrade") for action in actions]
    return next((kind for kind in kinds if kind != "upgrade"), "upgrade")


def find_options(given: ProgrammeInputs) -> tuple[ProjectOption, ...]:
    """Return every project with a known cost.

    Raises
    ------
    StudyError
        The settings of the programme refer to unknown projects, candidates or centres: all at once.
    """
    communities = given.tables.communities
    subdistrict_of: dict[str, str] = communities.set_index("id")["subdistrict"].to_dict()
    community_of = given.community_of_centre()
    community_at_site = dict(zip(given.candidates["id"], community_at(given.candidates, communities), strict=True))
    options = [
        *_upgrades(given.remedies, community_of, subdistrict_of),
        *_sites(given, community_at_site, subdistrict_of),
        *_services(given.bundles, communities, subdistrict_of),
    ]
    applicable = [project for project in given.settings.projects if not _is_inapplicable(project, given)]
    own = list(_own_projects(applicable, community_of, community_at_site, subdistrict_of))
    _check(given, {option.id for option in options}, own, set(community_of), set(community_at_site))
    return (*options, *own)


def inapplicable_settings(given: ProgrammeInputs, options: Sequence[ProjectOption]) -> tuple[str, ...]:
    """Return the study's projects and order constraints that refer to places missing in a scenario."""
    ids = {option.id for option in options}
    projects = [project.id for project in given.settings.projects if _is_inapplicable(project, given)]
    waiting = [pair for pair in given.settings.precedence if not {pair.first, pair.then} <= ids]
    return (*projects, *(f"{one.first} → {one.then}" for one in waiting))


def _is_inapplicable(project: ProjectSettings, given: ProgrammeInputs) -> bool:
    place = project.stands_at
    return given.in_scenario and place is not None and place not in set(given.candidates["id"])


def budget_problem(given: ProgrammeInputs, options: Sequence[ProjectOption]) -> BudgetProblem:
    """Return the budget problem of a study: residents, each counted once."""
    standard, settings, times = given.study.limits.standard_min, given.settings, given.times
    closable = tuple(dict.fromkeys(centre for option in options for centre in option.closes))
    number_of = {centre: number for number, centre in enumerate(closable)}
    ids = given.tables.facilities["id"].to_numpy(dtype=object)
    near = is_within(times.minutes, standard)
    closes = np.array([number_of.get(centre, -1) for centre in ids], dtype=np.int64)
    by = closes[times.facility[near]]
    point = times.demand[near]
    today = coverage_from_pairs(point[by >= 0], by[by >= 0], (times.n_demand, len(closable)))
    stays_covered = np.bincount(point[by < 0], minlength=times.n_demand) > 0
    rows = np.flatnonzero(~stays_covered)
    walks = given.candidate_times
    reached = is_within(walks.minutes, standard)
    by_candidate = coverage_from_pairs(
        walks.demand[reached], walks.facility[reached], (walks.n_demand, walks.n_facilities)
    )
    sites = [option.site for option in options]
    weak = given.diagnosis.centres[given.diagnosis.centres["verdict"] == WEAK]
    option_ids = {option.id for option in options}
    in_reach, lacking = _service_rows(given.bundles, options)
    weight = given.demand["people"].to_numpy(dtype=np.float64)[rows]
    by_station = _columns(csr_array(by_candidate[rows]), given.candidates["id"], sites)
    return BudgetProblem(
        options=tuple(options),
        coverage=csr_array(vstack([by_station, in_reach], format="csr")),
        coverage_today=csr_array(vstack([today[rows], csr_array((len(lacking), len(closable)))], dtype=bool)),
        closable=closable,
        weight=np.concatenate([weight, lacking]),
        people=given.people_of_centres(list(weak["id"])),
        funds=_funds(settings),
        years=settings.years,
        max_starts_per_subdistrict=settings.max_starts_per_subdistrict,
        precedence=(
            *(
                Precedence(pair.first, pair.then, pair.same_year)
                for pair in settings.precedence
                if {pair.first, pair.then} <= option_ids
            ),
            *(
                Precedence(f"{ROOM}:{option.room}", option.id, same_year=True)
                for option in options
                if option.service and not option.centre
            ),
        ),
        shared=tuple(_shared_limits(given.bundles, options)),
        of_service=np.arange(len(weight) + len(lacking)) >= len(weight),
    )


def _funds(settings: ProgrammeSettings) -> tuple[Fund, ...]:
    return tuple(
        Fund(
            fund.id,
            fund.amounts,
            carries_over=fund.carry_over,
            pays_for=fund.pays_for,
            most_share=fund.most_share,
            matches=fund.matches,
            match_share=fund.match_share if fund.matches else 0.0,
        )
        for fund in settings.funds
    )


def _upgrades(
    remedies: Iterable[ImprovementPlan], community_of: Mapping[str, str], subdistrict_of: Mapping[str, str]
) -> Iterator[ProjectOption]:
    for plan in resolving_plans(remedies):
        if plan.cost is not None:
            community = community_of[plan.facility]
            yield ProjectOption(
                f"upgrade:{plan.facility}",
                kind_of_actions(plan.actions),
                plan.cost,
                subdistrict_of.get(community, ""),
                resolves=(plan.facility,),
                shares=tuple(action.about for action in plan.actions if action.kind == "share"),
                centre=plan.facility,
                community=community,
                actions=plan.actions,
            )


def _sites(
    given: ProgrammeInputs, community_at_site: Mapping[str, str], subdistrict_of: Mapping[str, str]
) -> Iterator[ProjectOption]:
    settings, table = given.settings, given.candidates
    new_cost = given.study.new_centre_cost if settings.new_cost is None else settings.new_cost
    assumed = {"move": settings.move_cost, "merge": settings.merge_cost}
    blank = pd.Series([""] * len(table), index=table.index)
    sources, centres = (table.get(name, blank) for name in ("source", "centres"))
    costs = table.get("cost", pd.Series(np.nan, index=table.index))
    for ident, source, of_centres, own_cost in zip(table["id"], sources, centres, costs, strict=True):
        if source == "named":
            continue  # It belongs to a project of the study, with that project's cost.
        kind = source if source in assumed else "new"
        cost = assumed.get(kind, new_cost) if math.isnan(own_cost) else float(own_cost)
        if cost is not None:
            closes = tuple(of_centres.split(", ")) if of_centres and kind != "new" else ()
            community = community_at_site[ident]
            yield ProjectOption(
                ident,
                kind,
                cost,
                subdistrict_of.get(community, ""),
                closes=closes,
                centre=closes[0] if closes else "",
                site=ident,
                community=community,
            )


def _services(
    bundles: StudyBundles | None, communities: Communities, subdistrict_of: Mapping[str, str]
) -> Iterator[ProjectOption]:
    """Yield the rooms that may be taken, and each service in each room or centre where it may be and helps."""
    if bundles is None:
        return
    rooms, problem = bundles.rooms, bundles.problem
    helps = [
        np.bincount(room, problem.weight[s][row] > 0, len(rooms)) > 0
        for s, (room, row) in enumerate(problem.reach)
    ]
    homes = community_at(rooms, communities)
    for number, (ident, kind, community) in enumerate(zip(rooms["id"], rooms["kind"], homes, strict=True)):
        place = {"subdistrict": subdistrict_of.get(community, ""), "community": community, "room": ident}
        useful = [s for s in range(len(bundles.services)) if problem.allowed[number, s] and helps[s][number]]
        if kind == ROOM and useful:
            yield ProjectOption(f"{ROOM}:{ident}", "room", float(problem.opening_cost[number]), **place)
        for s in useful:
            yield ProjectOption(
                _service_id(bundles, number, s),
                "service",
                float(problem.fitting_cost[number, s]),
                centre="" if kind == ROOM else ident,
                service=bundles.services[s],
                **place,
            )


def _service_id(bundles: StudyBundles, room: int, service: int) -> str:
    """Return the id of the option that adds a service to a room, as canteen@room:A, or to a centre, canteen@C7."""
    ident, kind = bundles.rooms["id"].iloc[room], bundles.rooms["kind"].iloc[room]
    return f"{bundles.services[service]}@{f'{ROOM}:{ident}' if kind == ROOM else ident}"


def _service_rows(bundles: StudyBundles | None, options: Sequence[ProjectOption]) -> tuple[csr_array, FloatArray]:
    """Return the coverage of people who lack a service, one row a demand point and service, and their weight."""
    position = {option.id: number for number, option in enumerate(options)}
    parts, weights = [csr_array((0, len(options)), dtype=bool)], [np.zeros(0)]
    if bundles is None:
        return parts[0], weights[0]
    for service in range(len(bundles.services)):
        room, row = bundles.problem.reach[service]
        ids = [_service_id(bundles, number, service) for number in range(len(bundles.rooms))]
        column, weight = (
            np.array([position.get(ident, -1) for ident in ids])[room],
            bundles.problem.weight[service],
        )
        counts = (column >= 0) & (weight[row] > 0)
        lacking, kept = np.unique(row[counts], return_inverse=True)
        parts.append(coverage_from_pairs(kept, column[counts], (len(lacking), len(options))))
        weights.append(weight[lacking])
    return csr_array(vstack(parts, format="csr")), np.concatenate(weights)


def _shared_limits(bundles: StudyBundles | None, options: Sequence[ProjectOption]) -> Iterator[SharedLimit]:
    """Yield floor areas of rooms, services added to a centre (none where it is closed), and rooms to be taken."""
    if bundles is None:
        return
    problem, most_added = bundles.problem, bundles.problem.most_services
    most_added = np.full(len(bundles.rooms), np.inf) if most_added is None else most_added
    in_rooms = {one.id: one for one in options if one.service}
    area_of = dict(zip(bundles.services, problem.needed_m2.tolist(), strict=True))
    for ident, kind, area, most in zip(
        bundles.rooms["id"], bundles.rooms["kind"], problem.area_m2, most_added, strict=True
    ):
        here = {
            key: one for key, one in in_rooms.items() if one.room == ident and bool(one.centre) != (kind == ROOM)
        }
        if kind == ROOM and np.isfinite(area):
            yield SharedLimit({key: area_of[one.service] for key, one in here.items()}, float(area))
        elif here:
            closing = {one.id: float(most) for one in options if ident in one.closes}
            yield SharedLimit({**dict.fromkeys(here, 1.0), **closing}, float(most))
    # A plot holds a station or services.
    stations = {option.site for option in options}
    for option in options:
        if option.kind == "room" and (site := parcel_candidate(option.room)) in stations:
            own = [one.id for one in options if one.site == site]
            yield SharedLimit(dict.fromkeys([option.id, *own], 1.0), 1.0)
    if problem.most_rooms is not None:
        rooms = [one.id for one in options if one.room and not one.service]
        yield SharedLimit(dict.fromkeys(rooms, 1.0), float(problem.most_rooms))


def _own_projects(
    projects: Sequence[ProjectSettings],
    community_of: Mapping[str, str],
    community_at_site: Mapping[str, str],
    subdistrict_of: Mapping[str, str],
) -> Iterator[ProjectOption]:
    for project in projects:
        centre = next(iter((*project.resolves, *project.closes)), "")
        site = project.stands_at or ""
        community = community_at_site.get(site, "") if site else community_of.get(centre, "")
        yield ProjectOption(
            project.id,
            project.kind,
            project.cost,
            project.subdistrict or subdistrict_of.get(community, ""),
            resolves=project.resolves,
            closes=project.closes,
            name=project.name,
            centre=centre,
            site=site,
            community=community,
            unit=project.unit,
        )


def _check(
    given: ProgrammeInputs, taken: set[str], own: Sequence[ProjectOption], centres: set[str], sites: set[str]
) -> None:
    settings = given.settings
    ids = taken | {option.id for option in own}
    places = [] if given.in_scenario else [project.stands_at for project in settings.projects if project.stands_at]
    waiting = () if given.in_scenario else settings.precedence
    references = (
        ("programme.projects.site", places, sites),
        ("programme.projects.resolves", [centre for one in own for centre in one.resolves], centres),
        ("programme.projects.closes", [centre for one in own for centre in one.closes], centres),
        ("programme.precedence.first", [pair.first for pair in waiting], ids),
        ("programme.precedence.then", [one.then for one in waiting], ids),
    )
    issues = list(_unknown_references(given, references))
    repeated = [option.id for option in own if option.id in taken]
    if repeated:
        issues.append(Issue("programme_id_taken", {"names": ", ".join(repeated)}))
    try:
        TopologicalSorter(
            {
                one.then: {other.first for other in settings.precedence if other.then == one.then}
                for one in settings.precedence
            }
        ).prepare()
    except CycleError as error:
        issues.append(Issue("programme_circle", {"names": " → ".join(error.args[1])}))
    if issues:
        raise StudyError(str(given.study.file), issues)


def _unknown_references(
    given: ProgrammeInputs, references: Sequence[tuple[str, Sequence[str], set[str]]]
) -> Iterator[Issue]:
    """Yield references to unknown names; for a former candidate, with the candidate nearest to its place."""
    table = given.candidates
    candidates = [
        Candidate(str(ident), "streets", float(x), float(y))
        for ident, (x, y) in zip(table["id"], shapely.get_coordinates(table.geometry.array), strict=True)
    ]
    for setting, names, existing in references:
        missing = [name for name in dict.fromkeys(names) if name not in existing]
        own_places = [name for name in missing if name.startswith("N:")]
        yield from (Issue("programme_place_left_out", {"name": name[2:]}) for name in own_places)
        former = {name: near for name in missing if (near := nearest_candidate(name, candidates)) is not None}
        for name, (nearest, metres) in former.items():
            values = {"setting": setting, "name": name, "near": nearest.id, "metres": f"{metres:,.0f}"}
            yield Issue("programme_candidate_gone", values)
        rest = [name for name in missing if name not in {*former, *own_places}]
        if rest:
            similar = [
                match for name in rest for match in difflib.get_close_matches(name, sorted(existing), 2, 0.0)
            ]
            shown = {
                "setting": setting,
                "names": ", ".join(rest),
                "near": ", ".join(dict.fromkeys(similar)) or "–",
            }
            yield Issue("programme_unknown", shown)


def _columns(coverage: csr_array, ids: pd.Series, names: Sequence[str]) -> csr_array:
    """Return the columns of the wanted candidates; an empty one for ""."""
    number_of = {ident: number for number, ident in enumerate(ids)}
    empty = coverage.shape[1]
    widened = csr_array((coverage.data, coverage.indices, coverage.indptr), shape=(coverage.shape[0], empty + 1))
    columns = np.array([number_of.get(ident, empty) for ident in names], dtype=np.int64)
    return csr_array(widened[:, columns])
