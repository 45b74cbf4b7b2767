"""What is known before anything is measured: walk, rules, inputs, network, and where points meet it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.config.facility_references import check_named_centres, check_named_places, without_closed
from planner.config.study import Study
from planner.evaluation.diagnosis import communities_without_centre
from planner.evaluation.functions import unknown_functions
from planner.evaluation.rule_files import read_rules
from planner.evaluation.rules import RuleSet
from planner.inputs.private_ways import compound_notes, compound_remarks, find_compounds, in_order
from planner.inputs.scenario import Scenario, apply_scenario
from planner.inputs.study_inputs import Inputs, read_inputs
from planner.inputs.walk_network import CostNote, costs_of, make_walkable
from planner.messages.errors import Breach, StudyError
from planner.messages.notices import Remark
from planner.messages.progress import Progress, silent
from planner.network.network import WalkingNetwork
from planner.network.precompile import warm_up
from planner.network.quality import NetworkQuality, network_quality, on_small_pieces
from planner.network.snapping import Snaps, snap
from planner.network.topology_checks import suspicious_places
from planner.network.walk import Profile, Walk, walking_profiles
from planner.schemas.tables import Facilities
from planner.siting.solvers.precompile import warm_up as warm_up_siting


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """What is known before anything is measured: the walk, the rules, the inputs, where points meet the streets.

    `cost_notes` say what counts besides metres; `horizon_min` is the longest limit that the study or one of its
    rules asks for; `other_rules` and `other_walks` are the profiles by which the same data is judged besides;
    `study` is without what a scenario has closed, `today` the centres before it, None where there is none;
    `walked_streets` are the lines that the network is made of, without what nobody may walk.
    """

    study: Study
    walk: Walk
    walking_profile: Profile | None
    cost_notes: tuple[CostNote, ...]
    rules: RuleSet
    other_rules: tuple[tuple[str, RuleSet], ...]
    other_walks: tuple[Profile, ...]
    horizon_min: float
    inputs: Inputs
    today: Facilities | None
    network: WalkingNetwork
    walked_streets: gpd.GeoDataFrame
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
    every = [limit for profile in profiles for limit in profile.limits_min]
    horizon_min = max(*study.limits.minutes, *every)
    fastest = max([walk, *(at_speed_of(other, walk) for other in other_walks)], key=lambda one: one.speed_kmh)

    progress("read_inputs")
    longest_min = max(horizon_min, *(limit for kind in study.demand.kinds for limit in kind.minutes or ()), 0.0)
    inputs = read_inputs(study, margin_m=fastest.metres(longest_min) / costs.least_level)
    check_named_centres(study, list(inputs.facilities["id"]))
    check_named_places(study, inputs.communities)
    today = inputs.facilities
    if scenario is not None:
        inputs = apply_scenario(scenario, inputs, study)
        gone = set(today["id"]) - set(inputs.facilities["id"])
        study, left_aside = without_closed(study, gone)
        inputs = replace(inputs, remarks=(*inputs.remarks, *left_aside))

    progress("warm_up")
    warm_up()
    warm_up_siting()

    progress("build_network")
    walkable = make_walkable(study, inputs, costs)
    network = walkable.network
    places = suspicious_places(network, walkable.streets)
    quality = network_quality(network, places, walkable.streets)
    facility_snaps = snap(coordinates(inputs.facilities), network, access_m=walk.access_m)
    demand_snaps = snap(coordinates(inputs.demand), network, access_m=walk.access_m)
    compounds = find_compounds(study, inputs, walkable.streets, network, demand_snaps)
    people = inputs.demand["people"].to_numpy(dtype=np.float64)
    return Ready(
        study=study,
        walk=walk,
        walking_profile=walking_profile,
        cost_notes=tuple(in_order([*walkable.notes, *compound_notes(compounds, study, people)])),
        rules=rules,
        other_rules=other_rules,
        other_walks=other_walks,
        horizon_min=horizon_min,
        inputs=inputs,
        today=None if scenario is None else today,
        network=network,
        walked_streets=walkable.streets,
        quality=quality,
        network_places=places,
        facility_snaps=facility_snaps,
        demand_snaps=demand_snaps,
        remarks=(
            *inputs.remarks,
            *walkable.remarks,
            *compound_remarks(compounds, study, inputs.demand),
            *_remarks(inputs, network, facility_snaps, demand_snaps, walk, quality),
            *_function_remarks(inputs.facilities, rules),
        ),
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


def _function_remarks(facilities: Facilities, rules: RuleSet) -> list[Remark]:
    unread = [unknown_functions(cell, rules.functions) for cell in facilities["functions"]]
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


def coordinates(points: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return the coordinates of a point layer, shape (points, 2)."""
    return np.asarray(shapely.get_coordinates(points.geometry.array), dtype=np.float64)
