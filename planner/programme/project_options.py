"""What a study offers to its programme: upgrades from remedies, sites from candidates, projects of its own."""

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
from scipy.sparse import csr_array

from planner.accessibility.coverage import count_column
from planner.config.sections.programme import OwnProject, ProgrammeSettings
from planner.config.study import Study
from planner.evaluation.diagnosis import Diagnosis
from planner.evaluation.improvements.actions import Action, ImprovementPlan
from planner.evaluation.ratings import COMPLIANT, EXCELLENT, WEAK
from planner.inputs.study_inputs import Inputs
from planner.messages.errors import Breach, StudyError
from planner.network.travel_times import TravelTimes
from planner.network.walk import is_within
from planner.population.disaggregated import community_at
from planner.programme.problem import Fund, Option, Precedence, Question
from planner.siting.candidates.candidate import Candidate
from planner.siting.candidates.place_ids import nearest_candidate
from planner.siting.problem import coverage_from_pairs

KIND_OF_CHANGE: Mapping[str, str] = {
    "open_gate": "access",
    "build_crossing": "access",
    "move": "move",
    "share": "share",
    "open_station": "new",
}
"""What a fund knows a change by, where it is no upgrade of the centre itself."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to bring a weak centre to standard.

    Attributes
    ----------
    centre
        Its id.
    kind
        What funds know it by.
    changes
        What is done.
    cost
        None where not all of it is known.
    """

    centre: str
    kind: str
    changes: tuple[Action, ...]
    cost: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """A project that may be begun, with what is to be told of it.

    Attributes
    ----------
    option
        What the choice knows of it.
    name
        The study's own words for it; empty where it has none.
    centre, site
        The centre that it is about, and the candidate at which one stands once it is done; empty where none.
    community
        In which it lies; empty where in none.
    changes
        What is done to the centre.
    unit
        Who is responsible, in the study's words; empty where it says nothing.
    """

    option: Option
    name: str = ""
    centre: str = ""
    site: str = ""
    community: str = ""
    changes: tuple[Action, ...] = ()
    unit: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What the stages before have found: tables, verdicts, remedies, walks from centres and from candidates.

    In a scenario, what the settings say of a project or a place that is not there in it is left aside.
    """

    study: Study
    inputs: Inputs
    diagnosis: Diagnosis
    remedies: tuple[ImprovementPlan, ...]
    times: TravelTimes
    demand: gpd.GeoDataFrame
    candidates: gpd.GeoDataFrame
    candidate_times: TravelTimes
    in_scenario: bool = False

    @property
    def settings(self) -> ProgrammeSettings:
        """The study's settings of the programme."""
        return self.study.programme


def ways_of(remedies: Iterable[ImprovementPlan]) -> tuple[Way, ...]:
    """Return the ways to bring weak centres to standard that the diagnosis found.

    A change that leads only to what is not known does not count as one.
    """
    return tuple(
        Way(remedy.facility, _kind_of(remedy.actions), remedy.actions, remedy.cost)
        for remedy in remedies
        if remedy.actions and remedy.rating in (COMPLIANT, EXCELLENT)
    )


def offers_of(known: Known) -> tuple[Offer, ...]:
    """Return every project that may be begun: all with a cost.

    Raises
    ------
    StudyError
        The programme's settings name what there is not: all at once.
    """
    inputs, settings = known.inputs, known.settings
    communities = inputs.communities.set_index("id")
    streets: dict[str, str] = communities["street"].to_dict()
    home: dict[str, str] = dict(zip(inputs.facilities["id"], inputs.facilities["community"], strict=True))
    site_at = dict(zip(known.candidates["id"], community_at(known.candidates, inputs.communities), strict=True))
    found = [*_upgrades(known, home, streets), *_sites(known, site_at, streets)]
    taken = {offer.option.id for offer in found}
    there = [one for one in settings.projects if not _left_aside(one, known)]
    own = list(_own(there, home, site_at, streets))
    _check(known, taken, [offer.option for offer in own], set(home), set(site_at))
    return (*found, *own)


def left_aside(known: Known, offers: Sequence[Offer]) -> tuple[str, ...]:
    """Return what the settings name that is not there in a scenario: own projects, and conditions of order."""
    options = {offer.option.id for offer in offers}
    projects = [one.id for one in known.settings.projects if _left_aside(one, known)]
    waiting = [one for one in known.settings.precedence if not {one.first, one.then} <= options]
    return (*projects, *(f"{one.first} → {one.then}" for one in waiting))


def _left_aside(project: OwnProject, known: Known) -> bool:
    place = project.stands_at
    return known.in_scenario and place is not None and place not in set(known.candidates["id"])


def question_of(known: Known, offers: Sequence[Offer]) -> Question:
    """Return the question of the study's programme: residents, each counted once."""
    standard = known.study.limits.standard_min
    closable = tuple(dict.fromkeys(centre for offer in offers for centre in offer.option.closes))
    number = {centre: place for place, centre in enumerate(closable)}
    ids = known.inputs.facilities["id"].to_numpy(dtype=object)
    near = is_within(known.times.minutes, standard)
    closes = np.array([number.get(centre, -1) for centre in ids], dtype=np.int64)
    by = closes[known.times.facility[near]]
    point = known.times.demand[near]
    shape = (known.times.n_demand, len(closable))
    held = coverage_from_pairs(point[by >= 0], by[by >= 0], shape)
    stays = np.bincount(point[by < 0], minlength=known.times.n_demand) > 0
    rows = np.flatnonzero(~stays)
    reached = is_within(known.candidate_times.minutes, standard)
    walks = known.candidate_times
    of_candidates = coverage_from_pairs(
        walks.demand[reached], walks.facility[reached], (walks.n_demand, walks.n_facilities)
    )
    covers = _columns(csr_array(of_candidates[rows]), known.candidates["id"], [offer.site for offer in offers])
    settings = known.settings
    weak = known.diagnosis.centres[known.diagnosis.centres["verdict"] == WEAK]
    ids_of_options = {offer.option.id for offer in offers}
    return Question(
        options=tuple(offer.option for offer in offers),
        covers=covers,
        held=csr_array(held[rows]),
        closable=closable,
        weight=known.demand["people"].to_numpy(dtype=np.float64)[rows],
        people=people_of(known, list(weak["id"])),
        funds=funds_of(settings),
        years=settings.years,
        starts_per_street=settings.starts_per_street,
        precedence=tuple(
            Precedence(one.first, one.then, one.same_year)
            for one in settings.precedence
            if {one.first, one.then} <= ids_of_options
        ),
    )


def people_of(known: Known, centres: Sequence[str]) -> dict[str, float]:
    """Return how many people have each centre as their own: those of its community; 0 where it has none."""
    home = dict(zip(known.inputs.facilities["id"], known.inputs.facilities["community"], strict=True))
    total = known.demand.groupby("community")["people"].sum()
    return {centre: float(total.get(home[centre], 0.0)) for centre in centres}


def uncovered_by_community(known: Known) -> pd.Series:
    """Return people beyond the standard by community, those without any left out."""
    beyond = known.demand[known.demand[count_column(known.study.limits.standard_min)] == 0]
    people = beyond.groupby("community")["people"].sum()
    return pd.Series(people[people > 0])


def funds_of(settings: ProgrammeSettings) -> tuple[Fund, ...]:
    """Return the study's funds as the choice knows them."""
    return tuple(
        Fund(
            one.id,
            one.amounts,
            carries_over=one.carry_over,
            pays_for=one.pays_for,
            most_share=one.most_share,
            matches=one.matches,
            match_share=one.match_share if one.matches else 0.0,
        )
        for one in settings.funds
    )


def _kind_of(changes: Sequence[Action]) -> str:
    kinds = [KIND_OF_CHANGE.get(change.kind, "upgrade") for change in changes]
    return next((kind for kind in kinds if kind != "upgrade"), "upgrade")


def _upgrades(known: Known, home: Mapping[str, str], streets: Mapping[str, str]) -> Iterator[Offer]:
    for way in ways_of(known.remedies):
        if way.cost is not None:
            community = home[way.centre]
            option = Option(
                f"upgrade:{way.centre}",
                way.kind,
                way.cost,
                streets.get(community, ""),
                settles=(way.centre,),
                shares=tuple(change.about for change in way.changes if change.kind == "share"),
            )
            yield Offer(option, centre=way.centre, community=community, changes=way.changes)


def _sites(known: Known, site_at: Mapping[str, str], streets: Mapping[str, str]) -> Iterator[Offer]:
    settings, table = known.settings, known.candidates
    new_cost = known.study.siting.new_cost if settings.new_cost is None else settings.new_cost
    assumed = {"move": settings.move_cost, "merge": settings.merge_cost}
    blank = pd.Series([""] * len(table), index=table.index)
    origins, centres = (table.get(name, blank) for name in ("origin", "centres"))
    costs = table.get("cost", pd.Series(np.nan, index=table.index))
    for ident, origin, of_centres, given in zip(table["id"], origins, centres, costs, strict=True):
        if origin == "named":
            continue  # It is there for a project of the study's own, with that one's cost.
        kind = origin if origin in assumed else "new"
        cost = assumed.get(kind, new_cost) if math.isnan(given) else float(given)
        if cost is not None:
            closes = tuple(of_centres.split(", ")) if of_centres and kind != "new" else ()
            community = site_at[ident]
            option = Option(ident, kind, cost, streets.get(community, ""), closes=closes)
            yield Offer(option, centre=closes[0] if closes else "", site=ident, community=community)


def _own(
    projects: Sequence[OwnProject], home: Mapping[str, str], site_at: Mapping[str, str], streets: Mapping[str, str]
) -> Iterator[Offer]:
    for one in projects:
        centre = next(iter((*one.settles, *one.closes)), "")
        community = site_at.get(one.stands_at, "") if one.stands_at else home.get(centre, "")
        street = one.street or streets.get(community, "")
        option = Option(one.id, one.kind, one.cost, street, settles=one.settles, closes=one.closes)
        yield Offer(option, one.name, centre, one.stands_at or "", community, unit=one.unit)


def _check(known: Known, taken: set[str], own: Sequence[Option], centres: set[str], sites: set[str]) -> None:
    settings = known.settings
    options = taken | {option.id for option in own}
    places = [] if known.in_scenario else [one.stands_at for one in settings.projects if one.stands_at]
    waiting = () if known.in_scenario else settings.precedence
    named = (
        ("programme.projects.site", places, sites),
        ("programme.projects.settles", [centre for one in own for centre in one.settles], centres),
        ("programme.projects.closes", [centre for one in own for centre in one.closes], centres),
        ("programme.precedence.first", [one.first for one in waiting], options),
        ("programme.precedence.then", [one.then for one in waiting], options),
    )
    breaches = list(_missing(known, named))
    twice = [option.id for option in own if option.id in taken]
    if twice:
        breaches.append(Breach("programme_id_taken", {"names": ", ".join(twice)}))
    try:
        TopologicalSorter(
            {
                one.then: {other.first for other in settings.precedence if other.then == one.then}
                for one in settings.precedence
            }
        ).prepare()
    except CycleError as error:
        breaches.append(Breach("programme_circle", {"names": " → ".join(error.args[1])}))
    if breaches:
        raise StudyError(str(known.study.file), breaches)


def _missing(known: Known, named: Sequence[tuple[str, Sequence[str], set[str]]]) -> Iterator[Breach]:
    """Yield what is named and is not there: of a candidate that was, with the one nearest to its place."""
    table = known.candidates
    there = [
        Candidate(str(ident), "streets", float(x), float(y))
        for ident, (x, y) in zip(table["id"], shapely.get_coordinates(table.geometry.array), strict=True)
    ]
    for setting, names, options in named:
        missing = [name for name in dict.fromkeys(names) if name not in options]
        own_places = [name for name in missing if name.startswith("N:")]
        yield from (Breach("programme_place_left_out", {"name": name[2:]}) for name in own_places)
        lost = {name: found for name in missing if (found := nearest_candidate(name, there)) is not None}
        for name, (nearest, metres) in lost.items():
            values = {"setting": setting, "name": name, "near": nearest.id, "metres": f"{metres:,.0f}"}
            yield Breach("programme_candidate_gone", values)
        rest = [name for name in missing if name not in {*lost, *own_places}]
        if rest:
            near = [one for name in rest for one in difflib.get_close_matches(name, sorted(options), 2, 0.0)]
            shown = {"setting": setting, "names": ", ".join(rest), "near": ", ".join(dict.fromkeys(near)) or "–"}
            yield Breach("programme_unknown", shown)


def _columns(covers: csr_array, ids: pd.Series, wanted: Sequence[str]) -> csr_array:
    """Return the columns of the wanted candidates; an empty one where none is wanted."""
    place = {ident: number for number, ident in enumerate(ids)}
    empty = covers.shape[1]
    widened = csr_array((covers.data, covers.indices, covers.indptr), shape=(covers.shape[0], empty + 1))
    columns = np.array([place.get(ident, empty) for ident in wanted], dtype=np.int64)
    return csr_array(widened[:, columns])
