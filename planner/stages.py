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
from planner.evaluation.expressions import indicator_names
from planner.evaluation.improvements.study_improvements import Improvements, find_improvements
from planner.evaluation.rules import RuleSet
from planner.evaluation.sensitivity import Alternative
from planner.evaluation.severance import BarrierLayers
from planner.evaluation.validation.networkx_oracle import WalkEnvironment
from planner.inputs.study_inputs import households_by_community, is_private_way
from planner.inputs.walk_network import walker_at
from planner.network.isochrones.unions import union
from planner.network.travel_times import TravelTimes
from planner.network.walk import WalkingProfile, WalkSettings
from planner.population.groups import KindDemand
from planner.prepare import Ready, at_speed_of
from planner.schemas.tables import Facilities, Streets


def business_circles(ready: Ready, study: Study) -> BusinessAreas | None:
    """Find the business circles of a study; None where it gives no places."""
    inputs = ready.inputs
    if inputs.places is None:
        return None
    return find_business_areas(
        inputs.places,
        ready.walker,
        inputs.facilities,
        ready.facility_snaps,
        Streets(ready.walked_streets),
        settings=study.circles,
        standard_min=study.limits.standard_min,
        language=study.language,
    )


def measured(kind: KindDemand, ready: Ready, times: TravelTimes, study: Study) -> GroupCoverage:
    """Measure one kind of demand; the walks to the residents' points are known where they reach as far."""
    limits = kind.settings.minutes or study.limits.minutes
    if not kind.at_residents or max(limits) > times.horizon_min:
        walker = ready.walker
        times = walker.times(ready.facility_snaps, walker.snap(kind.points), within_min=max(limits))
    return measure_group_coverage(
        kind,
        times,
        ready.inputs.facilities,
        ready.inputs.communities,
        limits_min=limits,
        standard_min=kind.settings.standard_min or study.limits.standard_min,
    )


def access_data(ready: Ready, times: TravelTimes, *, areas: NDArray[np.object_] | None) -> AccessData:
    """Return what is assessed: the tables of a study and the walks between them."""
    inputs, snaps = ready.inputs, ready.facility_snaps
    return AccessData(
        facilities=inputs.facilities,
        communities=inputs.communities,
        demand=inputs.demand,
        households=households_by_community(inputs.communities, inputs.demand),
        times=times,
        between=ready.walker.times(snaps, snaps, within_min=ready.horizon_min),
        areas=areas,
        limits_min=ready.study.limits.minutes,
        standard_min=ready.study.limits.standard_min,
        walk=ready.walk,
    )


def walk_environment(ready: Ready) -> WalkEnvironment:
    """Return what walks are computed again on: the study's lines and polygons, with the cost of each segment."""
    network, inputs = ready.network, ready.inputs
    # The engine searches from the centres outwards; here people walk from home to centre.
    level = network.as_drawn.segment_cost_factor[:, ::-1]
    stops = network.barriers is not None
    return WalkEnvironment(
        ready.walked_streets,
        level=level if (level != 1).any() else None,
        gates=np.array([gate.xy for gate in network.gates]) if network.gates else None,
        walls=inputs.barriers.geometry if stops and inputs.barriers is not None else None,
        water=inputs.water.geometry if stops and inputs.water is not None else None,
        private=is_private_way(ready.walked_streets) if network.layers is not None else None,
    )


def with_rule_set(access: AccessData, name: str, profile: RuleSet, *, date: str) -> Alternative:
    """Judge the same situation by another rule profile."""
    return Alternative("rules", name, profile.en, profile.zh, diagnose(access, rule_set=profile, date=date))


def with_walking_profile(ready: Ready, profile: WalkingProfile, *, date: str) -> Alternative:
    """Judge the same centres by the same rules with another walking profile.

    Only walks are searched again; service areas are drawn again where a rule asks for them.
    """
    ready = replace(
        ready, walker=walker_at(ready.study, ready.inputs, ready.walker, at_speed_of(profile, ready.walk))
    )
    walker, snaps = ready.walker, ready.facility_snaps
    times = walker.times(snaps, ready.demand_snaps, within_min=ready.horizon_min)
    asked = areas_asked(ready.rules)
    areas = walker.service_areas(snaps, limits_min=ready.study.limits.minutes) if asked else None
    diagnosis = diagnose(access_data(ready, times, areas=areas), rule_set=ready.rules, date=date)
    return Alternative("walking", profile.name, profile.en, profile.zh, diagnosis)


def help_of(ready: Ready, access: AccessData, diagnosis: Diagnosis) -> Improvements:
    """Find what would help weak centres."""
    inputs, snaps = ready.inputs, (ready.facility_snaps, ready.demand_snaps)
    layers = BarrierLayers(ready.walked_streets, inputs.barriers, inputs.water)
    return find_improvements(access, diagnosis, ready.walker, snaps, layers, ready.study)


def areas_asked(rules: RuleSet) -> bool:
    """Tell whether a rule asks for service areas, which are dear to draw."""
    return any(name.startswith("area_ratio") for rule in rules.rules for name in indicator_names(rule.test))


def area_table(
    areas: NDArray[np.object_], facilities: Facilities, *, walk: WalkSettings, limits_min: Sequence[float]
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
