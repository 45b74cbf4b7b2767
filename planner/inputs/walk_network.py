"""The walking network of a study: how people walk, streets, closed gates, costs, barriers, and notices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import geopandas as gpd
import shapely

from planner.config.service_profiles import service_standards
from planner.config.study import Study
from planner.inputs.study_inputs import Inputs, is_private_way
from planner.messages.catalogue import Phrase
from planner.messages.errors import Issue, StudyError
from planner.messages.notices import Notice
from planner.network.costs import (
    WalkingCosts,
    compute_cost_factors,
    cost_figures,
    find_unused_names,
    select_walkable,
)
from planner.network.gates import SplitStreets, close_gates, with_private_ways
from planner.network.network import WalkingNetwork, build_network, with_costs
from planner.network.quality import NetworkQuality
from planner.network.snapping import SnappedPoints
from planner.network.visibility import Barriers, build_barriers
from planner.network.walk import WalkingProfile, WalkSettings, walking_profiles
from planner.network.walker import Walker
from planner.schemas.table_schema import row_names
from planner.schemas.tables import OPEN_WORDS


@dataclass(frozen=True, slots=True)
class CostNote:
    """One cost besides length: its wording, source and evidence."""

    name: str
    words: Phrase
    source: str
    evidence: str


@dataclass(frozen=True, slots=True, eq=False)
class StudyNetwork:
    """Walking network of a study, the streets from which it is built, its costs, and notices."""

    network: WalkingNetwork
    streets: gpd.GeoDataFrame
    notes: tuple[CostNote, ...]
    notices: tuple[Notice, ...]


def walking_costs_of(study: Study, walk: WalkSettings) -> WalkingCosts:
    """Return the cost settings of a study.

    Raises
    ------
    StudyError
        Slope without heights, or barriers without a layer of them.
    """
    asked, inputs = study.walking.costs, study.inputs
    issues = []
    if asked.slope and inputs.elevation is None:
        issues.append(Issue("slope_without_elevation"))
    if study.walking.stop_at_barriers and inputs.barriers is None and inputs.water is None:
        issues.append(Issue("nothing_to_stop_at"))
    if issues:
        raise StudyError(str(study.file), issues)
    return WalkingCosts(
        speed_kmh=walk.speed_kmh,
        slope=asked.slope,
        step_m=asked.slope_step_m,
        stairs=asked.stairs,
        class_kmh=asked.class_kmh,
        crossing_s=asked.crossing_s,
    )


def build_walk_network(study: Study, inputs: Inputs, costs: WalkingCosts) -> StudyNetwork:
    """Build the walking network of a study.

    Closed stairs are left out, streets end at closed gates, the rest is joined at shared vertices, and every
    segment gets its cost; private ways are open to those who live, or go, there. Barriers stop straight walks
    only, never a street.
    """
    streets = select_walkable(inputs.streets, costs)
    cut = _closed_gates(study, inputs, streets)
    barriers = _barriers(inputs) if study.walking.stop_at_barriers else None
    network = build_network(cut.streets, barriers=barriers, gates=cut.gates)
    heights = None if inputs.elevation is None else inputs.elevation.heights
    factor, without_height = compute_cost_factors(network, streets, costs, heights)
    if (factor != 1.0).any():
        network = with_costs(network, factor, direction=study.walking.direction)
    if study.walking.private_ways == "residents":
        network = with_private_ways(network, is_private_way(cut.streets)[network.edge_street])
    notices = []
    if without_height.any():
        notices.append(Notice("street_no_height", "streets", tuple(row_names(streets)[without_height])))
    if cut.stray:
        values = {"within_m": f"{study.walking.costs.gates_within_m:g}"}
        notices.append(Notice("gate_no_street", "gates", cut.stray, values=values))
    for key, column, asked in (
        ("no_street_of_kind", "kind", costs.class_kmh),
        ("no_street_of_crossing", "crossing", costs.crossing_s),
    ):
        unknown = find_unused_names(streets, column, asked)
        if unknown:
            notices.append(Notice(key, "streets", values={"names": ", ".join(unknown)}))
    return StudyNetwork(network, cut.streets, tuple(_notes(study, costs, network)), tuple(notices))


def build_walker(study: Study, inputs: Inputs, walk: WalkSettings) -> Walker:
    """Build the network of a study at a given speed."""
    return Walker(build_walk_network(study, inputs, walking_costs_of(study, walk)).network, walk)


def walker_at(study: Study, inputs: Inputs, walker: Walker, walk: WalkSettings) -> Walker:
    """Return a walker at another speed; only costs in km/h and seconds need another network."""
    costs = study.walking.costs
    if costs.class_kmh or costs.crossing_s:
        return build_walker(study, inputs, walk)
    return Walker(walker.network, walk)


def _closed_gates(study: Study, inputs: Inputs, streets: gpd.GeoDataFrame) -> SplitStreets:
    if inputs.gates is None:
        return SplitStreets(streets, (), ())
    closed = inputs.gates[~inputs.gates["open"].isin(OPEN_WORDS)]
    return close_gates(streets, closed, within_m=study.walking.costs.gates_within_m)


def _barriers(inputs: Inputs) -> Barriers:
    lines = None if inputs.barriers is None else inputs.barriers.geometry
    water = None if inputs.water is None else inputs.water.geometry
    return build_barriers(lines, water)


def _notes(study: Study, costs: WalkingCosts, network: WalkingNetwork) -> Iterator[CostNote]:
    """Yield the costs of a study, in the order of their application."""
    walking, figures, own = study.walking, cost_figures(), study.file.name
    if costs.slope:
        values = {
            "step_m": f"{costs.step_m:g}",
            "smoothing_m": f"{walking.costs.slope_smoothing_m:g}",
            "direction": Phrase(f"words.direction_{walking.direction}"),
        }
        slope = figures["slope"]
        yield CostNote("slope", Phrase("words.cost_slope", values), slope["source"], slope["evidence"])
    if costs.class_kmh:
        values = {"speeds": ", ".join(f"{kind} {speed:g}" for kind, speed in costs.class_kmh.items())}
        yield CostNote("class", Phrase("words.cost_class", values), own, "own")
    if costs.stairs == "slow":
        stairs = figures["stairs"]
        values = {"level": f"{stairs['cost_factor']:g}"}
        yield CostNote("stairs", Phrase("words.cost_stairs_slow", values), stairs["source"], stairs["evidence"])
    if costs.stairs == "closed":
        yield CostNote("stairs", Phrase("words.cost_stairs_closed"), own, "own")
    if costs.crossing_s:
        values = {"waits": ", ".join(f"{kind} {wait:g}" for kind, wait in costs.crossing_s.items())}
        yield CostNote("crossing", Phrase("words.cost_crossing", values), own, "own")
    if network.barriers is not None:
        yield CostNote("barriers", Phrase("words.cost_barriers"), own, "own")


def setting_notices(study: Study) -> Iterator[Notice]:
    """Yield the settings that are given by a former name."""
    for old, new in study.former_names:
        yield Notice("setting_renamed", "study", values={"old": old, "new": new})


def facility_notices(inputs: Inputs, snaps: SnappedPoints) -> Iterator[Notice]:
    """Yield the facilities that nobody comes to, with the reason."""
    access = {"access_m": f"{snaps.access_m:g}"}
    outline = shapely.union_all(inputs.communities.geometry.array)
    near = shapely.distance(inputs.facilities.geometry.array, outline) <= inputs.margin_m
    stranded = near & ~snaps.reaches_street
    hidden = snaps.nearest_m <= snaps.access_m
    for key, rows, values in (
        ("facility_far", ~near, {}),
        ("facility_no_street", stranded & ~hidden, access),
        ("facility_behind_barrier", stranded & hidden, access),
    ):
        if rows.any():
            yield Notice(key, "facilities", tuple(inputs.facilities["id"][rows]), values=values)


def network_notices(quality: NetworkQuality) -> Iterator[Notice]:
    """Yield what looks like an error of the streets' source."""
    if quality.pieces > 1:
        values = {"pieces": f"{quality.pieces}", "share": f"{quality.outside_share:.1%}"}
        yield Notice("network_pieces", "streets", values=values)
    if quality.crossings:
        values = {"count": f"{quality.crossings}", "unexplained": f"{quality.unexplained_crossings}"}
        yield Notice("crossings", "streets", values=values)
    if quality.near_misses:
        yield Notice("near_misses", "streets", values={"count": f"{quality.near_misses}"})
    if quality.overlaps:
        values = {"count": f"{quality.overlaps}", "metres": f"{quality.overlap_m:,.0f}"}
        yield Notice("overlaps", "streets", values=values)


def choose_walk(study: Study) -> tuple[WalkSettings, WalkingProfile | None]:
    """Return the walk settings of a study, and its walking profile unless the study sets its own speed.

    Raises
    ------
    StudyError
        There is no such profile.
    """
    walking = study.walking
    if walking.speed_kmh is not None:
        return WalkSettings(walking.speed_kmh, walking.access_m), None
    profile = find_profile(study, walking.profile, setting="walking.profile")
    return WalkSettings(profile.speed_kmh, walking.access_m), profile


def find_profile(study: Study, name: str, *, setting: str) -> WalkingProfile:
    """Return a walking profile by name.

    Raises
    ------
    StudyError
        There is no such profile.
    """
    profiles = walking_profiles()
    if name not in profiles:
        values = {"path": setting, "name": name, "known": ", ".join(sorted(profiles))}
        raise StudyError(str(study.file), [Issue("unknown_profile", values)])
    return profiles[name]


def at_speed(profile: WalkingProfile, walk: WalkSettings) -> WalkSettings:
    """Return a walk at the speed of a profile."""
    return WalkSettings(profile.speed_kmh, walk.access_m)


def longest_walk_m(
    study: Study, walk: WalkSettings, costs: WalkingCosts, profiles: Sequence[WalkingProfile], horizon_min: float
) -> float:
    """Return how far a walk within the longest limit of a study can lead, metres.

    Parameters
    ----------
    study, walk, costs, profiles
        The study, its walk and its costs, and the further walking profiles that it compares.
    horizon_min
        The longest limit of the study and its rules, minutes; those of groups and services are looked up.
    """
    fastest = max((walk, *(at_speed(other, walk) for other in profiles)), key=lambda walk: walk.speed_kmh)
    limits = (limit for kind in study.demand.groups for limit in kind.minutes or ())
    longest_min = max(horizon_min, *limits, *(standard.minutes for standard in service_standards(study)), 0.0)
    return fastest.metres(longest_min) / costs.least_cost_factor
