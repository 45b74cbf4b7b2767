"""The whole story: `run(study)` reads as the method section, one call a stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.assessment.coverage import measure_coverage
from planner.assessment.diagnosis import communities_without_centre, diagnose
from planner.assessment.rules import Profile as RuleProfile
from planner.assessment.rules import limits_of, read_rules
from planner.errors import Breach, StudyError
from planner.inputs.reading import Inputs, households_by_community, read_inputs
from planner.plan import Plan
from planner.progress import Progress, silent
from planner.remarks import Remark
from planner.scenario import Scenario, apply_scenario, read_scenario
from planner.siting.choosing import choose_sites
from planner.study import Study, read_study
from planner.tables import Facilities
from planner.walking.network import WalkingNetwork, build_network
from planner.walking.quality import NetworkQuality, network_quality
from planner.walking.service_areas import service_areas
from planner.walking.snapping import Snaps, snap
from planner.walking.times import travel_times
from planner.walking.walk import Profile, Walk, walking_profiles
from planner.walking.warming import warm_up


def run(
    study: Study | str | Path, *, scenario: Scenario | str | Path | None = None, progress: Progress = silent
) -> Plan:
    """Carry out a study.

    Parameters
    ----------
    study
        The study, or the path of its file.
    scenario
        Which centres are closed and which sites stand, or the path of such a file, as the map saves it; today's
        centres where None.
    progress
        Called with the name of each stage as it begins.

    Returns
    -------
    plan
        Everything found; `planner.write` makes map, report and tables of it.

    Raises
    ------
    PlannerError
        The study or its data cannot be used as they are: every reason at once.
    """
    study = study if isinstance(study, Study) else read_study(study)
    limits, standard = study.limits.minutes, study.limits.standard_min
    if scenario is not None and not isinstance(scenario, Scenario):
        scenario = read_scenario(scenario, study)
    ready = prepare(study, scenario=scenario, progress=progress)
    inputs, walk, network = ready.inputs, ready.walk, ready.network

    progress("travel_times")
    times = travel_times(
        network, ready.facility_snaps, ready.demand_snaps, walk=walk, horizon_min=ready.horizon_min
    )

    progress("service_areas")
    areas = service_areas(network, ready.facility_snaps, walk=walk, limits_min=limits)

    progress("coverage")
    coverage = measure_coverage(
        times,
        inputs.demand,
        inputs.facilities,
        inputs.communities,
        areas,
        limits_min=limits,
        standard_min=standard,
    )

    progress("diagnosis")
    diagnosis = diagnose(
        inputs.facilities,
        inputs.communities,
        inputs.demand,
        times,
        households_by_community(inputs.communities, inputs.demand),
        profile=ready.rules,
        limits_min=sorted({*limits, *limits_of(ready.rules)}),
    )

    progress("siting")
    siting = choose_sites(
        coverage.uncovered,
        network,
        walk=walk,
        standard_min=standard,
        sites=study.siting.sites,
        n_candidates=study.siting.candidates,
        seconds=study.siting.seconds,
        seed=study.siting.seed,
        study=study.file.name,
    )
    candidate_snaps = snap(coordinates(siting.candidates), network, access_m=walk.access_m)
    return Plan(
        study=study,
        scenario=scenario,
        walk=walk,
        walking_profile=ready.walking_profile,
        inputs=inputs,
        network=network,
        network_quality=ready.quality,
        facility_snaps=ready.facility_snaps,
        demand_snaps=ready.demand_snaps,
        times=times,
        service_areas=area_table(areas, inputs.facilities, walk=walk, limits_min=limits),
        reached=reached_table(areas, limits_min=limits, crs=inputs.crs),
        coverage=coverage,
        diagnosis=diagnosis,
        siting=siting,
        candidate_times=travel_times(
            network, candidate_snaps, ready.demand_snaps, walk=walk, horizon_min=max(limits)
        ),
        candidate_areas=service_areas(network, candidate_snaps, walk=walk, limits_min=limits),
        remarks=ready.remarks,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """What is known before anything is measured: the walk, the rules, the inputs, where points meet the streets.

    `horizon_min` is the longest limit that the study or one of its rules asks for.
    """

    walk: Walk
    walking_profile: Profile | None
    rules: RuleProfile
    horizon_min: float
    inputs: Inputs
    network: WalkingNetwork
    quality: NetworkQuality
    facility_snaps: Snaps
    demand_snaps: Snaps
    remarks: tuple[Remark, ...]


def prepare(study: Study, *, scenario: Scenario | None = None, progress: Progress = silent) -> Ready:
    """Read the inputs of a study and build its walking network; `planner check` stops here."""
    walk, walking_profile = walk_of(study)
    rules = read_rules(study.rules.profile, folder=study.file.parent, study=str(study.file))
    horizon_min = max(*study.limits.minutes, *limits_of(rules))

    progress("read_inputs")
    inputs = read_inputs(study, margin_m=walk.metres(horizon_min))
    if scenario is not None:
        inputs = apply_scenario(scenario, inputs, study)

    progress("warm_up")
    warm_up()

    progress("build_network")
    network = build_network(inputs.streets)
    quality = network_quality(network)
    facility_snaps = snap(coordinates(inputs.facilities), network, access_m=walk.access_m)
    demand_snaps = snap(coordinates(inputs.demand), network, access_m=walk.access_m)
    return Ready(
        walk=walk,
        walking_profile=walking_profile,
        rules=rules,
        horizon_min=horizon_min,
        inputs=inputs,
        network=network,
        quality=quality,
        facility_snaps=facility_snaps,
        demand_snaps=demand_snaps,
        remarks=(*inputs.remarks, *_remarks(inputs, facility_snaps, demand_snaps, walk, quality)),
    )


def walk_of(study: Study) -> tuple[Walk, Profile | None]:
    """Return how people walk in a study, and the named profile unless the study gives its own speed.

    Raises
    ------
    StudyError
        The profile is not known.
    """
    walking = study.walking
    if walking.speed_kmh is not None:
        return Walk(walking.speed_kmh, walking.access_m), None
    profiles = walking_profiles()
    if walking.profile not in profiles:
        values = {"path": "walking.profile", "name": walking.profile, "known": ", ".join(sorted(profiles))}
        raise StudyError(str(study.file), [Breach("unknown_profile", values)])
    profile = profiles[walking.profile]
    return Walk(profile.speed_kmh, walking.access_m), profile


def coordinates(points: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return the coordinates of a point layer, shape (points, 2)."""
    return np.asarray(shapely.get_coordinates(points.geometry.array), dtype=np.float64)


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
    union = [shapely.union_all(areas[:, column]) for column in range(len(limits_min))]
    return gpd.GeoDataFrame(pd.DataFrame({"limit_min": list(limits_min)}), geometry=union, crs=crs)


def _remarks(
    inputs: Inputs,
    facility_snaps: Snaps,
    demand_snaps: Snaps,
    walk: Walk,
    quality: NetworkQuality,
) -> list[Remark]:
    remarks = []
    access = {"access_m": f"{walk.access_m:g}"}
    outline = shapely.union_all(inputs.communities.geometry.array)
    near = shapely.distance(inputs.facilities.geometry.array, outline) <= inputs.margin_m
    stranded = near & ~facility_snaps.reaches_street
    for key, rows, values in (("facility_far", ~near, {}), ("facility_no_street", stranded, access)):
        if rows.any():
            remarks.append(Remark(key, "facilities", tuple(inputs.facilities["id"][rows]), values=values))
    lost = ~demand_snaps.reaches_street
    if lost.any():
        left_out = inputs.demand[lost]
        people = float(left_out["people"].sum())
        remarks.append(Remark("demand_no_street", "demand", tuple(left_out["id"]), people, access))
    without_centre = communities_without_centre(inputs.facilities, inputs.communities)
    if without_centre:
        remarks.append(Remark("community_without_centre", "communities", without_centre))
    if quality.pieces > 1:
        values = {"pieces": f"{quality.pieces}", "share": f"{quality.outside_share:.1%}"}
        remarks.append(Remark("network_pieces", "streets", values=values))
    if quality.crossings:
        remarks.append(Remark("crossings", "streets", values={"count": f"{quality.crossings}"}))
    return remarks
