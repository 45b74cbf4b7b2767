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
from planner.network.network import WalkingNetwork
from planner.network.snapping import SnappedPoints, snap
from planner.network.travel_times import nearest_facility_of_places
from planner.network.walk import WalkSettings
from planner.schemas.tables import Facilities
from planner.siting.baselines import Comparison, compare
from planner.siting.candidates.builder import Gatherer, Pool
from planner.siting.candidates.candidate import Candidate, places_of
from planner.siting.candidates.constraints import Ground
from planner.siting.candidates.relocations import propose_options
from planner.siting.demand_weights import Asked, ask_for, gains_by_kind
from planner.siting.named_sites import named_places, of_today
from planner.siting.proposals import Siting, choose_among
from planner.siting.robustness import FairPlans, Otherwise, fair_plans, judge_otherwise
from planner.siting.unserved_reasons import Left, Surroundings, who_is_left


@dataclass(frozen=True, slots=True, eq=False)
class Situated:
    """What is known of a study when its sites are chosen: what the stages before have found.

    `today` are the centres before a scenario; None where there is none.
    """

    study: Study
    inputs: Inputs
    network: WalkingNetwork
    walk: WalkSettings
    uncovered: gpd.GeoDataFrame
    kinds: tuple[GroupCoverage, ...]
    circles: BusinessAreas | None
    today: Facilities | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SiteFindings:
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

    siting: Siting
    asked_xy: NDArray[np.float64]
    weights: Mapping[str, float]
    gains: tuple[Mapping[str, float], ...]
    comparison: Comparison
    left: Left | None
    otherwise: Otherwise | None
    fair: tuple[FairPlans, ...]


def find_sites(known: Situated) -> SiteFindings:
    """Choose the sites of a study.

    Raises
    ------
    StudyError
        Something is asked of what the study does not give.
    """
    study, standard = known.study, known.study.limits.standard_min
    residents, kinds = points_to_gain(known)
    asked = ask_for(residents, kinds, standard_min=standard, residents_weight=study.demand.residents_weight)
    gatherer = gather_for(known, asked)
    siting = choose_among(gatherer)
    return SiteFindings(
        siting=siting,
        asked_xy=gatherer.snaps.xy,
        weights=asked.weights,
        gains=gains_by_kind(siting, residents, kinds, known.network, walk=known.walk, standard_min=standard),
        comparison=compare(siting, study.siting),
        left=left_without(known, gatherer, siting),
        otherwise=judge_otherwise(study, known.inputs, siting, known.kinds, known.walk),
        fair=fair_plans(study, known.inputs, known.network, siting, known.walk),
    )


def gather_for(known: Situated, asked: Asked) -> Gatherer:
    """Return what the candidates of a study are made from, for those who are asked about."""
    study, inputs, settings = known.study, known.inputs, known.study.siting
    limits = asked.limits_min
    standard = np.full(len(asked.uncovered), study.limits.standard_min)
    return Gatherer(
        uncovered=asked.uncovered,
        limits_min=standard if limits is None else limits,
        snaps=_snapped(asked.uncovered, known),
        network=known.network,
        walk=known.walk,
        settings=settings,
        circles=known.circles,
        parcels=inputs.parcels,
        options=free_options(known),
        named=(*named_places(study), *of_today(study, lambda: _pool_of_today(known))),
        taken=frozenset(inputs.facilities["id"]),
        ground=Ground.of(inputs, known.network, known.walk, settings),
    )


def _pool_of_today(known: Situated) -> Pool:
    """Return all candidates as they are before the scenario; none where there is no scenario."""
    if known.today is None:
        return Pool(())
    study, inputs = known.study, replace(known.inputs, facilities=known.today)
    centres, standard = _snapped(known.today, known), study.limits.standard_min
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
    asked = ask_for(*points_to_gain(then), standard_min=standard, residents_weight=study.demand.residents_weight)
    return gather_for(then, asked).gather()


def free_options(known: Situated) -> tuple[Candidate, ...]:
    """Return what may be done with the study's free centres."""
    free, facilities = known.study.siting.free, known.inputs.facilities
    if not free:
        return ()
    options = propose_options(
        facilities,
        known.inputs.demand,
        tuple(dict.fromkeys(free)),
        known.network,
        walk=known.walk,
        merge_within_m=known.study.siting.merge_within_m,
    )
    return tuple(options)


def points_to_gain(known: Situated) -> tuple[gpd.GeoDataFrame, tuple[GroupCoverage, ...]]:
    """Return the people who can be gained: today's uncovered, and whom only free centres serve."""
    if not known.study.siting.free:
        return known.uncovered, known.kinds
    stays = ~known.inputs.facilities["id"].isin(known.study.siting.free)
    centres = _snapped(known.inputs.facilities[stays], known)
    standard = known.study.limits.standard_min
    residents = _beyond(known.inputs.demand, centres, standard, known)
    kinds = tuple(
        replace(kind, uncovered=_beyond(kind.demand, centres, kind.standard_min, known)) for kind in known.kinds
    )
    return residents, kinds


def _beyond(
    points: gpd.GeoDataFrame, centres: SnappedPoints, limit_min: float, known: Situated
) -> gpd.GeoDataFrame:
    xy = shapely.get_coordinates(points.geometry.array)
    minutes, _ = nearest_facility_of_places(known.network, centres, xy, walk=known.walk, horizon_min=limit_min)
    return gpd.GeoDataFrame(points[~np.isfinite(minutes) & (points["people"].to_numpy() > 0)])


def left_without(known: Situated, gatherer: Gatherer, siting: Siting) -> Left | None:
    """Say whom no candidate and no centre serves, and why; None where nothing was asked."""
    if not siting.proposals or gatherer.ground is None:
        return None
    served = np.asarray(siting.covers.sum(axis=1)).ravel() > 0
    stays = ~known.inputs.facilities["id"].isin(known.study.siting.free).to_numpy()
    around = Surroundings(
        network=known.network,
        walk=known.walk,
        demand=gatherer.snaps,
        people=siting.people,
        limit_min=gatherer.limits_min,
        sites=sites_and_centres(siting.pool, known, stays),
        water=known.inputs.water,
        barriers=known.inputs.barriers,
        free_streets=gatherer.ground.streets,
    )
    return who_is_left(served, around, seconds=known.study.siting.seconds)


def sites_and_centres(pool: Pool, known: Situated, stays: NDArray[np.bool_]) -> SnappedPoints:
    """Return where all candidates and the centres that stay meet the streets, candidates first."""
    centres = shapely.get_coordinates(known.inputs.facilities.geometry.array[stays])
    return snap(np.vstack([places_of(pool.candidates), centres]), known.network, access_m=known.walk.access_m)


def _snapped(points: gpd.GeoDataFrame, known: Situated) -> SnappedPoints:
    return snap(shapely.get_coordinates(points.geometry.array), known.network, access_m=known.walk.access_m)
