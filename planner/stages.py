"""Stages of a run: population groups, business areas, access data to assess, service areas as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.accessibility.access_data import AccessData
from planner.accessibility.business_areas import BusinessAreas, find_business_areas
from planner.accessibility.groups import GroupCoverage, measure_group_coverage
from planner.config.study import Study
from planner.evaluation.diagnosis import Diagnosis, diagnose
from planner.evaluation.expressions import indicators_in
from planner.evaluation.improvements.search import Improvements, find_improvements
from planner.evaluation.indicators import indicators_depending_on
from planner.evaluation.rules import RuleSet
from planner.evaluation.sensitivity import AlternativeDiagnosis
from planner.evaluation.severance import BarrierLayers
from planner.evaluation.validation.networkx_oracle import WalkEnvironment
from planner.inputs.study_inputs import households_by_community, is_private_way
from planner.inputs.walk_network import costs_of, make_walkable
from planner.network.isochrones.service_areas import service_areas
from planner.network.isochrones.unions import union
from planner.network.network import WalkingNetwork
from planner.network.snapping import snap
from planner.network.travel_times import TravelTimes, travel_times
from planner.network.walk import Profile, Walk
from planner.population.groups import KindDemand
from planner.prepare import Ready, at_speed_of, coordinates
from planner.schemas.tables import Facilities, Streets


def business_circles(ready: Ready, study: Study) -> BusinessAreas | None:
    """Find the business circles of a study; None where it gives no places."""
    inputs = ready.inputs
    if inputs.places is None:
        return None
    return find_business_areas(
        inputs.places,
        ready.network,
        inputs.facilities,
        ready.facility_snaps,
        Streets(ready.walked_streets),
        walk=ready.walk,
        settings=study.circles,
        standard_min=study.limits.standard_min,
        language=study.language,
    )


def measured(kind: KindDemand, ready: Ready, times: TravelTimes, study: Study) -> GroupCoverage:
    """Measure one kind of demand; the walks to the residents' points are known where they reach as far."""
    limits = kind.settings.minutes or study.limits.minutes
    if not kind.at_residents or max(limits) > times.horizon_min:
        snaps = snap(coordinates(kind.points), ready.network, access_m=ready.walk.access_m)
        times = travel_times(ready.network, ready.facility_snaps, snaps, walk=ready.walk, horizon_min=max(limits))
    return measure_group_coverage(
        kind,
        times,
        ready.inputs.facilities,
        ready.inputs.communities,
        limits_min=limits,
        standard_min=kind.settings.standard_min or study.limits.standard_min,
    )


def access_data(ready: Ready, walk: Walk, times: TravelTimes, *, areas: NDArray[np.object_] | None) -> AccessData:
    """Return what is assessed: the tables of a study and the walks between them."""
    inputs, snaps = ready.inputs, ready.facility_snaps
    return AccessData(
        facilities=inputs.facilities,
        communities=inputs.communities,
        demand=inputs.demand,
        households=households_by_community(inputs.communities, inputs.demand),
        times=times,
        between=travel_times(ready.network, snaps, snaps, walk=walk, horizon_min=ready.horizon_min),
        areas=areas,
        limits_min=ready.study.limits.minutes,
        standard_min=ready.study.limits.standard_min,
        walk=walk,
    )


def walk_environment(ready: Ready) -> WalkEnvironment:
    """Return what walks are computed again on: the study's lines and polygons, with the cost of each segment."""
    network, inputs = ready.network, ready.inputs
    # The engine searches from the centres outwards; here people walk from home to centre.
    level = network.as_drawn.segment_level[:, ::-1]
    stops = network.barriers is not None
    return WalkEnvironment(
        ready.walked_streets,
        level=level if (level != 1).any() else None,
        gates=np.array([gate.xy for gate in network.gates]) if network.gates else None,
        walls=inputs.barriers.geometry if stops and inputs.barriers is not None else None,
        water=inputs.water.geometry if stops and inputs.water is not None else None,
        private=is_private_way(ready.walked_streets) if network.layers is not None else None,
    )


def with_rule_set(access: AccessData, name: str, profile: RuleSet, *, date: str) -> AlternativeDiagnosis:
    """Rate the same facilities by another rule set."""
    diagnosis = diagnose(access, rule_set=profile, date=date)
    return AlternativeDiagnosis("rules", name, profile.en, profile.zh, diagnosis)


def with_walking_profile(ready: Ready, profile: Profile, *, date: str) -> AlternativeDiagnosis:
    """Judge the same centres by the same rules with another walking profile.

    Only walks are searched again; service areas are drawn again where a rule asks for them.
    """
    walk, limits = at_speed_of(profile, ready.walk), ready.study.limits.minutes
    ready = replace(ready, network=_network_at(ready, walk))
    snaps = ready.facility_snaps
    times = travel_times(ready.network, snaps, ready.demand_snaps, walk=walk, horizon_min=ready.horizon_min)
    asked = areas_asked(ready.rules)
    areas = service_areas(ready.network, snaps, walk=walk, limits_min=limits) if asked else None
    diagnosis = diagnose(access_data(ready, walk, times, areas=areas), rule_set=ready.rules, date=date)
    return AlternativeDiagnosis("walking", profile.name, profile.en, profile.zh, diagnosis)


def _network_at(ready: Ready, walk: Walk) -> WalkingNetwork:
    """Return the same streets for another speed: what is given in km/h and seconds weighs differently then."""
    asked = ready.study.walking.costs
    if not asked.class_kmh and not asked.crossing_s:
        return ready.network
    return make_walkable(ready.study, ready.inputs, costs_of(ready.study, walk)).network


def help_of(ready: Ready, access: AccessData, diagnosis: Diagnosis) -> Improvements:
    """Find what would help weak centres."""
    inputs, snaps = ready.inputs, (ready.facility_snaps, ready.demand_snaps)
    layers = BarrierLayers(ready.walked_streets, inputs.barriers, inputs.water)
    return find_improvements(access, diagnosis, ready.network, snaps, layers, ready.study)


def areas_asked(rules: RuleSet) -> bool:
    """Return True if any rule uses service areas (expensive to draw)."""
    drawn = indicators_depending_on("areas")
    return any(ref.name in drawn for rule in rules.rules for ref in indicators_in(rule.condition))


def area_table(
    areas: NDArray[np.object_], facilities: Facilities, *, walk: Walk, limits_min: Sequence[float]
) -> gpd.GeoDataFrame:
    """Return service areas as a layer: facility, limit_min, area_m2, disc_share, geometry."""
    limit = np.tile(np.array(limits_min), len(facilities))
    geometry = areas.ravel()
    area_m2 = shapely.area(geometry)
    disc_m2 = np.pi * np.array([walk.metres(minutes) for minutes in limit]) ** 2
    return gpd.GeoDataFrame(
        {
            "facility": np.repeat(facilities["id"].to_numpy(dtype=object), len(limits_min)),
            "limit_min": limit,
            "area_m2": area_m2,
            "disc_share": area_m2 / disc_m2,
        },
        geometry=geometry,
        crs=facilities.crs,
    )


def reached_table(areas: NDArray[np.object_], *, limits_min: Sequence[float], crs: object) -> gpd.GeoDataFrame:
    """Return what any facility reaches within each limit: limit_min, geometry."""
    reached = [union(areas[:, column]) for column in range(len(limits_min))]
    return gpd.GeoDataFrame(pd.DataFrame({"limit_min": list(limits_min)}), geometry=reached, crs=crs)
