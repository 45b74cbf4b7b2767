"""The siting of a study: who can be gained, candidates, the optimum, and what it is to be judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.accessibility.business_areas import BusinessAreas
from planner.accessibility.groups import GroupCoverage
from planner.config.study import Study
from planner.inputs.study_inputs import Inputs
from planner.network.snapping import SnappedPoints
from planner.network.walker import Walker
from planner.schemas.tables import Facilities
from planner.siting.baselines import Comparison, compare_baselines
from planner.siting.candidates.builder import CandidateBuilder, CandidateSet
from planner.siting.candidates.candidate import Candidate, candidate_xy
from planner.siting.candidates.constraints import SiteConstraints
from planner.siting.candidates.relocations import propose_relocations
from planner.siting.demand_weights import WeightedDemand, gains_by_group, weigh_demand
from planner.siting.named_sites import named_places, of_today
from planner.siting.proposals import SitingResult, choose_among_candidates
from planner.siting.robustness import EquityFrontier, ScenarioAnalysis, analyse_scenarios, equity_frontiers
from planner.siting.unserved_reasons import UnservedContext, UnservedDemand, explain_unserved


@dataclass(frozen=True, slots=True, eq=False)
class SitingInputs:
    """What is known of a study when its sites are chosen: what the stages before have found.

    `today` are the centres before a scenario; None where there is none.
    """

    study: Study
    inputs: Inputs
    walker: Walker
    uncovered: gpd.GeoDataFrame
    kinds: tuple[GroupCoverage, ...]
    circles: BusinessAreas | None
    today: Facilities | None = None


@dataclass(frozen=True, slots=True, eq=False)
class StudySiting:
    """All that a study says of new sites.

    Attributes
    ----------
    siting
        Candidates, the clustering's answer and the optimum.
    asked_xy
        Where the people of the question are, metres, shape (demand, 2).
    weights, gains
        How much one person of each kind counts, and whom each proposal gains, by kind.
    comparison
        Greedy, more and fewer sites, other plans.
    left
        Whom no candidate serves, and what would help; None where nothing was asked.
    otherwise
        The plans in other circumstances; None where the study names none.
    fair
        Fairness as the objective: by communities, for those of 65+; where the study asks for it.
    """

    siting: SitingResult
    asked_xy: NDArray[np.float64]
    weights: Mapping[str, float]
    gains: tuple[Mapping[str, float], ...]
    comparison: Comparison
    left: UnservedDemand | None
    otherwise: ScenarioAnalysis | None
    fair: tuple[EquityFrontier, ...]


def solve_study(known: SitingInputs) -> StudySiting:
    """Choose the sites of a study.

    Raises
    ------
    StudyError
        Something is asked of what the study does not give.
    """
    study, standard = known.study, known.study.limits.standard_min
    residents, kinds = demand_to_gain(known)
    asked = weigh_demand(residents, kinds, standard_min=standard, residents_weight=study.demand.residents_weight)
    gatherer = candidate_builder(known, asked)
    siting = choose_among_candidates(gatherer)
    return StudySiting(
        siting=siting,
        asked_xy=gatherer.snaps.xy,
        weights=asked.weights,
        gains=gains_by_group(siting, residents, kinds, known.walker, standard_min=standard),
        comparison=compare_baselines(siting, study.siting),
        left=unserved_demand(known, gatherer, siting),
        otherwise=analyse_scenarios(study, known.inputs, siting, known.kinds, known.walker),
        fair=equity_frontiers(study, known.inputs, known.walker, siting),
    )


def candidate_builder(known: SitingInputs, asked: WeightedDemand) -> CandidateBuilder:
    """Return what the candidates of a study are made from, for those who are asked about."""
    study, inputs, settings = known.study, known.inputs, known.study.siting
    limits = asked.limits_min
    standard = np.full(len(asked.uncovered), study.limits.standard_min)
    return CandidateBuilder(
        uncovered=asked.uncovered,
        limits_min=standard if limits is None else limits,
        snaps=known.walker.snap(asked.uncovered),
        walker=known.walker,
        settings=settings,
        circles=known.circles,
        parcels=inputs.parcels,
        options=relocation_options(known),
        named=(*named_places(study), *of_today(study, lambda: _pool_of_today(known))),
        taken=frozenset(inputs.facilities["id"]),
        ground=SiteConstraints.of(inputs, known.walker, settings),
    )


def _pool_of_today(known: SitingInputs) -> CandidateSet:
    """Return all candidates as they are before the scenario; none where there is no scenario."""
    if known.today is None:
        return CandidateSet(())
    study, inputs = known.study, replace(known.inputs, facilities=known.today)
    centres, standard = known.walker.snap(known.today), study.limits.standard_min
    kinds = tuple(
        replace(kind, uncovered=_beyond(kind.demand, centres, kind.standard_min, known)) for kind in known.kinds
    )
    then = replace(
        known,
        inputs=inputs,
        uncovered=_beyond(inputs.demand, centres, standard, known),
        kinds=kinds,
        today=None,
    )
    asked = weigh_demand(
        *demand_to_gain(then), standard_min=standard, residents_weight=study.demand.residents_weight
    )
    return candidate_builder(then, asked).gather()


def relocation_options(known: SitingInputs) -> tuple[Candidate, ...]:
    """Return what may be done with the study's free centres."""
    free, facilities = known.study.siting.relocatable, known.inputs.facilities
    if not free:
        return ()
    options = propose_relocations(
        facilities,
        known.inputs.demand,
        tuple(dict.fromkeys(free)),
        known.walker,
        merge_within_m=known.study.siting.merge_within_m,
    )
    return tuple(options)


def demand_to_gain(known: SitingInputs) -> tuple[gpd.GeoDataFrame, tuple[GroupCoverage, ...]]:
    """Return the people who can be gained: today's uncovered, and whom only free centres serve."""
    if not known.study.siting.relocatable:
        return known.uncovered, known.kinds
    stays = ~known.inputs.facilities["id"].isin(known.study.siting.relocatable)
    centres = known.walker.snap(known.inputs.facilities[stays])
    standard = known.study.limits.standard_min
    residents = _beyond(known.inputs.demand, centres, standard, known)
    kinds = tuple(
        replace(kind, uncovered=_beyond(kind.demand, centres, kind.standard_min, known)) for kind in known.kinds
    )
    return residents, kinds


def _beyond(
    points: gpd.GeoDataFrame, centres: SnappedPoints, limit_min: float, known: SitingInputs
) -> gpd.GeoDataFrame:
    minutes, _ = known.walker.nearest_of_places(centres, points, within_min=limit_min)
    return gpd.GeoDataFrame(points[~np.isfinite(minutes) & (points["people"].to_numpy() > 0)])


def unserved_demand(
    known: SitingInputs, gatherer: CandidateBuilder, siting: SitingResult
) -> UnservedDemand | None:
    """Say whom no candidate and no centre serves, and why; None where nothing was asked."""
    if not siting.proposals or gatherer.ground is None:
        return None
    served = np.asarray(siting.covers.sum(axis=1)).ravel() > 0
    stays = ~known.inputs.facilities["id"].isin(known.study.siting.relocatable).to_numpy()
    around = UnservedContext(
        walker=known.walker,
        demand=gatherer.snaps,
        people=siting.people,
        limit_min=gatherer.limits_min,
        sites=sites_and_centres(siting.pool, known, stays),
        water=known.inputs.water,
        barriers=known.inputs.barriers,
        free_streets=gatherer.ground.streets,
    )
    return explain_unserved(served, around, seconds=known.study.siting.seconds)


def sites_and_centres(pool: CandidateSet, known: SitingInputs, stays: NDArray[np.bool_]) -> SnappedPoints:
    """Return where all candidates and the centres that stay meet the streets, candidates first."""
    centres = shapely.get_coordinates(known.inputs.facilities.geometry.array[stays])
    return known.walker.snap(np.vstack([candidate_xy(pool.candidates), centres]))
