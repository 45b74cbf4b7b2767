"""The whole story: `run(study)` reads as the method section, one call a stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.assessment.blocked_pairs import Layers
from planner.assessment.coverage import measure_coverage
from planner.assessment.diagnosis import Diagnosis, communities_without_centre, diagnose
from planner.assessment.expressions import names_of
from planner.assessment.fairness import measure_fairness
from planner.assessment.helping import Help, find_help
from planner.assessment.kinds import KindCoverage, measure_kind
from planner.assessment.measures import unread_functions
from planner.assessment.rules import Profile as RuleProfile
from planner.assessment.rules import limits_of, read_rules
from planner.assessment.self_check import compare_with_overlay
from planner.assessment.sensitivity import Alternative, flips_within
from planner.assessment.situation import Situation
from planner.assessment.verifying import check_networkx, verify
from planner.circles.finding import Circles, find_circles
from planner.errors import Breach, StudyError
from planner.inputs.demand.kinds import KindDemand
from planner.inputs.reading import Inputs, households_by_community, read_inputs
from planner.plan import Plan
from planner.programme.making import make_programme
from planner.programme.offering import Known
from planner.progress import Progress, silent
from planner.remarks import Remark
from planner.scenario import Scenario, apply_scenario, read_scenario
from planner.sites import Situated, find_sites
from planner.siting.solving.warming import warm_up as warm_up_siting
from planner.study import Study, read_study
from planner.tables import Facilities
from planner.walkable import CostNote, costs_of, make_walkable
from planner.walking.network import WalkingNetwork
from planner.walking.quality import NetworkQuality, network_quality, on_small_pieces
from planner.walking.service_areas import service_areas
from planner.walking.snapping import Snaps, snap
from planner.walking.suspicions import suspicious_places
from planner.walking.times import TravelTimes, endless_min, nearest_facility, travel_times
from planner.walking.unions import union
from planner.walking.walk import Profile, Walk, walking_profiles
from planner.walking.warming import warm_up


def run(
    study: Study | str | Path,
    *,
    scenario: Scenario | str | Path | None = None,
    progress: Progress = silent,
    verified: bool = False,
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
    verified
        Compute the walks of 100 random demand points again, by networkx.

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
    if verified:
        check_networkx(study.file.name)
    limits, standard = study.limits.minutes, study.limits.standard_min
    if scenario is not None and not isinstance(scenario, Scenario):
        scenario = read_scenario(scenario, study)
    ready = prepare(study, scenario=scenario, progress=progress)
    inputs, walk, network = ready.inputs, ready.walk, ready.network
    if verified and ready.cost_notes:
        raise StudyError(study.file.name, [Breach("verify_level_only")])

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

    progress("kinds")
    kinds = tuple(measured(kind, ready, times, study) for kind in inputs.kinds)

    progress("circles")
    circles = business_circles(ready, study)

    progress("diagnosis")
    situation = situation_of(ready, walk, times, areas=areas)
    diagnosis = diagnose(situation, profile=ready.rules, date=study.date)
    alternatives = (
        *(judged_by(situation, name, profile, date=study.date) for name, profile in ready.other_rules),
        *(judged_at(ready, other, date=study.date) for other in ready.other_walks),
    )
    found_help = help_of(ready, situation, diagnosis)

    progress("fairness")
    minutes, _ = nearest_facility(
        network, ready.facility_snaps, ready.demand_snaps, walk=walk, horizon_min=endless_min(network, walk)
    )
    streets = inputs.communities.set_index("id")["street"]
    fairness = measure_fairness(minutes, inputs.demand, streets, standard_min=standard)

    progress("self_check")
    overlay = compare_with_overlay(situation)
    verification = verify(situation, inputs.streets, seed=study.siting.seed) if verified else None

    progress("siting")
    sites = find_sites(Situated(study, inputs, network, walk, coverage.uncovered, kinds, circles))
    siting = sites.siting
    candidate_snaps = snap(coordinates(siting.candidates), network, access_m=walk.access_m)
    candidate_times = travel_times(
        network, candidate_snaps, ready.demand_snaps, walk=walk, horizon_min=max(limits)
    )

    progress("programme")
    programme = make_programme(
        Known(
            study,
            inputs,
            diagnosis,
            found_help.remedies,
            times,
            coverage.demand,
            siting.candidates,
            candidate_times,
        )
    )
    return Plan(
        study=study,
        scenario=scenario,
        walk=walk,
        walking_profile=ready.walking_profile,
        cost_notes=ready.cost_notes,
        inputs=inputs,
        network=network,
        network_quality=ready.quality,
        network_places=ready.network_places,
        facility_snaps=ready.facility_snaps,
        demand_snaps=ready.demand_snaps,
        times=times,
        service_areas=area_table(areas, inputs.facilities, walk=walk, limits_min=limits),
        reached=reached_table(areas, limits_min=limits, crs=inputs.crs),
        coverage=coverage,
        diagnosis=diagnosis,
        alternatives=alternatives,
        flips=flips_within(diagnosis, study.rules.threshold_share),
        remedies=found_help.remedies,
        blocked_pairs=found_help.blocked_pairs,
        blocked_near=found_help.blocked_near,
        fairness=fairness,
        overlay=overlay,
        verification=verification,
        sites=sites,
        kinds=kinds,
        circles=circles,
        candidate_times=candidate_times,
        candidate_areas=service_areas(network, candidate_snaps, walk=walk, limits_min=limits),
        programme=programme,
        remarks=(*ready.remarks, *(circles.remarks if circles else ())),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """What is known before anything is measured: the walk, the rules, the inputs, where points meet the streets.

    `cost_notes` say what counts besides metres; `horizon_min` is the longest limit that the study or one of its
    rules asks for; `other_rules` and `other_walks` are the profiles by which the same data is judged besides.
    """

    study: Study
    walk: Walk
    walking_profile: Profile | None
    cost_notes: tuple[CostNote, ...]
    rules: RuleProfile
    other_rules: tuple[tuple[str, RuleProfile], ...]
    other_walks: tuple[Profile, ...]
    horizon_min: float
    inputs: Inputs
    network: WalkingNetwork
    quality: NetworkQuality
    network_places: gpd.GeoDataFrame
    facility_snaps: Snaps
    demand_snaps: Snaps
    remarks: tuple[Remark, ...]


def prepare(study: Study, *, scenario: Scenario | None = None, progress: Progress = silent) -> Ready:
    """Read the inputs of a study and build its walking network; `planner check` stops here."""
    walk, walking_profile = walk_of(study)
    costs = costs_of(study, walk)
    rules = read_rules(study.rules.profile, folder=study.file.parent, study=str(study.file))
    other_rules = tuple(
        (name, read_rules(name, folder=study.file.parent, study=str(study.file), setting="rules.compare"))
        for name in study.rules.compare
    )
    other_walks = tuple(walking_profile_of(study, name, setting="rules.walking") for name in study.rules.walking)
    profiles = (rules, *(profile for _, profile in other_rules))
    every = [limit for profile in profiles for limit in limits_of(profile)]
    horizon_min = max(*study.limits.minutes, *every)
    fastest = max([walk, *(at_speed_of(other, walk) for other in other_walks)], key=lambda one: one.speed_kmh)

    progress("read_inputs")
    longest_min = max(horizon_min, *(limit for kind in study.demand.kinds for limit in kind.minutes or ()), 0.0)
    inputs = read_inputs(study, margin_m=fastest.metres(longest_min) / costs.least_level)
    if scenario is not None:
        inputs = apply_scenario(scenario, inputs, study)

    progress("warm_up")
    warm_up()
    warm_up_siting()

    progress("build_network")
    walkable = make_walkable(study, inputs, costs)
    network = walkable.network
    places = suspicious_places(network, inputs.streets)
    quality = network_quality(network, places, inputs.streets)
    facility_snaps = snap(coordinates(inputs.facilities), network, access_m=walk.access_m)
    demand_snaps = snap(coordinates(inputs.demand), network, access_m=walk.access_m)
    return Ready(
        study=study,
        walk=walk,
        walking_profile=walking_profile,
        cost_notes=walkable.notes,
        rules=rules,
        other_rules=other_rules,
        other_walks=other_walks,
        horizon_min=horizon_min,
        inputs=inputs,
        network=network,
        quality=quality,
        network_places=places,
        facility_snaps=facility_snaps,
        demand_snaps=demand_snaps,
        remarks=(
            *inputs.remarks,
            *walkable.remarks,
            *_remarks(inputs, network, facility_snaps, demand_snaps, walk, quality),
            *_function_remarks(inputs.facilities, rules),
        ),
    )


def business_circles(ready: Ready, study: Study) -> Circles | None:
    """Find the business circles of a study; None where it gives no places."""
    inputs = ready.inputs
    if inputs.places is None:
        return None
    return find_circles(
        inputs.places,
        ready.network,
        inputs.facilities,
        ready.facility_snaps,
        inputs.streets,
        walk=ready.walk,
        settings=study.circles,
        standard_min=study.limits.standard_min,
        language=study.language,
    )


def measured(kind: KindDemand, ready: Ready, times: TravelTimes, study: Study) -> KindCoverage:
    """Measure one kind of demand; the walks to the residents' points are known where they reach as far."""
    limits = kind.settings.minutes or study.limits.minutes
    if not kind.at_residents or max(limits) > times.horizon_min:
        snaps = snap(coordinates(kind.points), ready.network, access_m=ready.walk.access_m)
        times = travel_times(ready.network, ready.facility_snaps, snaps, walk=ready.walk, horizon_min=max(limits))
    return measure_kind(
        kind,
        times,
        ready.inputs.facilities,
        ready.inputs.communities,
        limits_min=limits,
        standard_min=kind.settings.standard_min or study.limits.standard_min,
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
    profile = walking_profile_of(study, walking.profile, setting="walking.profile")
    return Walk(profile.speed_kmh, walking.access_m), profile


def walking_profile_of(study: Study, name: str, *, setting: str) -> Profile:
    """Return a walking profile by its name.

    Raises
    ------
    StudyError
        It is not known.
    """
    profiles = walking_profiles()
    if name not in profiles:
        values = {"path": setting, "name": name, "known": ", ".join(sorted(profiles))}
        raise StudyError(str(study.file), [Breach("unknown_profile", values)])
    return profiles[name]


def at_speed_of(profile: Profile, walk: Walk) -> Walk:
    """Return the walk at the speed of another profile, with the same access."""
    return Walk(profile.speed_kmh, walk.access_m)


def situation_of(ready: Ready, walk: Walk, times: TravelTimes, *, areas: NDArray[np.object_] | None) -> Situation:
    """Return what is assessed: the tables of a study and the walks between them."""
    inputs, snaps = ready.inputs, ready.facility_snaps
    return Situation(
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


def judged_by(situation: Situation, name: str, profile: RuleProfile, *, date: str) -> Alternative:
    """Judge the same situation by another rule profile."""
    return Alternative("rules", name, profile.en, profile.zh, diagnose(situation, profile=profile, date=date))


def judged_at(ready: Ready, profile: Profile, *, date: str) -> Alternative:
    """Judge the same centres by the same rules with another walking profile.

    Only walks are searched again; service areas are drawn again where a rule asks for them.
    """
    walk, limits = at_speed_of(profile, ready.walk), ready.study.limits.minutes
    ready = replace(ready, network=_network_at(ready, walk))
    snaps = ready.facility_snaps
    times = travel_times(ready.network, snaps, ready.demand_snaps, walk=walk, horizon_min=ready.horizon_min)
    asked = areas_asked(ready.rules)
    areas = service_areas(ready.network, snaps, walk=walk, limits_min=limits) if asked else None
    diagnosis = diagnose(situation_of(ready, walk, times, areas=areas), profile=ready.rules, date=date)
    return Alternative("walking", profile.name, profile.en, profile.zh, diagnosis)


def _network_at(ready: Ready, walk: Walk) -> WalkingNetwork:
    """Return the same streets for another speed: what is given in km/h and seconds weighs differently then."""
    asked = ready.study.walking.costs
    if not asked.class_kmh and not asked.crossing_s:
        return ready.network
    return make_walkable(ready.study, ready.inputs, costs_of(ready.study, walk)).network


def help_of(ready: Ready, situation: Situation, diagnosis: Diagnosis) -> Help:
    """Find what would help weak centres."""
    inputs, snaps = ready.inputs, (ready.facility_snaps, ready.demand_snaps)
    layers = Layers(inputs.streets, inputs.barriers, inputs.water)
    return find_help(situation, diagnosis, ready.network, snaps, layers, ready.study)


def areas_asked(rules: RuleProfile) -> bool:
    """Tell whether a rule asks for service areas, which are dear to draw."""
    return any(name.startswith("area_ratio") for rule in rules.rules for name in names_of(rule.test))


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
    reached = [union(areas[:, column]) for column in range(len(limits_min))]
    return gpd.GeoDataFrame(pd.DataFrame({"limit_min": list(limits_min)}), geometry=reached, crs=crs)


def _function_remarks(facilities: Facilities, rules: RuleProfile) -> list[Remark]:
    unread = [unread_functions(cell, rules.functions) for cell in facilities["functions"]]
    rows = tuple(ident for ident, words in zip(facilities["id"], unread, strict=True) if words)
    named = ", ".join(dict.fromkeys(word for words in unread for word in words))
    return [Remark("functions_unread", "facilities", rows, values={"words": named})] if rows else []


def _remarks(
    inputs: Inputs,
    network: WalkingNetwork,
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
    hidden = facility_snaps.nearest_m <= walk.access_m
    for key, rows, values in (
        ("facility_far", ~near, {}),
        ("facility_no_street", stranded & ~hidden, access),
        ("facility_behind_barrier", stranded & hidden, access),
    ):
        if rows.any():
            remarks.append(Remark(key, "facilities", tuple(inputs.facilities["id"][rows]), values=values))
    lost = ~demand_snaps.reaches_street
    hidden = demand_snaps.nearest_m <= walk.access_m
    for key, rows in (("demand_no_street", lost & ~hidden), ("demand_behind_barrier", lost & hidden)):
        if rows.any():
            left_out = inputs.demand[rows]
            people = float(left_out["people"].sum())
            remarks.append(Remark(key, "demand", tuple(left_out["id"]), people, access))
    without_centre = communities_without_centre(inputs.facilities, inputs.communities)
    if without_centre:
        remarks.append(Remark("community_without_centre", "communities", without_centre))
    apart = on_small_pieces(demand_snaps, network)
    if apart.any():
        left = inputs.demand[apart]
        remarks.append(Remark("demand_small_piece", "demand", tuple(left["id"]), float(left["people"].sum())))
    return [*remarks, *_street_remarks(quality)]


def _street_remarks(quality: NetworkQuality) -> list[Remark]:
    remarks = []
    if quality.pieces > 1:
        values = {"pieces": f"{quality.pieces}", "share": f"{quality.outside_share:.1%}"}
        remarks.append(Remark("network_pieces", "streets", values=values))
    if quality.crossings:
        values = {"count": f"{quality.crossings}", "unexplained": f"{quality.unexplained_crossings}"}
        remarks.append(Remark("crossings", "streets", values=values))
    if quality.near_misses:
        remarks.append(Remark("near_misses", "streets", values={"count": f"{quality.near_misses}"}))
    if quality.overlaps:
        values = {"count": f"{quality.overlaps}", "metres": f"{quality.overlap_m:,.0f}"}
        remarks.append(Remark("overlaps", "streets", values=values))
    return remarks
