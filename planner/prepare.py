"""Inputs, walking network and snapped points of a study: all that is needed before results are computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from planner.accessibility.access_data import AccessData
from planner.accessibility.business_areas import BusinessAreas, find_business_areas
from planner.accessibility.coverage import GroupCoverage, measure_group_coverage
from planner.cache import NO_CACHE, Cache
from planner.config.facility_references import (
    check_belts,
    check_named_centres,
    check_named_places,
    without_closed,
)
from planner.config.own_tables import read_own_scenes
from planner.config.study import Study
from planner.evaluation.diagnosis import Diagnosis, communities_without_centre, diagnose
from planner.evaluation.improvements.search import Improvements, find_improvements
from planner.evaluation.indicator_data import unknown_functions
from planner.evaluation.ratings import uses_service_areas
from planner.evaluation.rule_files import read_rules
from planner.evaluation.rules import RuleSet
from planner.evaluation.severance import BarrierLayers, detour_indices
from planner.evaluation.validation.networkx_oracle import WalkEnvironment
from planner.inputs.private_ways import assess_compounds, compound_notes, compound_notices, ordered_cost_notes
from planner.inputs.scenario import Scenario, apply_scenario
from planner.inputs.services import follow_scenario, service_notices
from planner.inputs.study_inputs import (
    Inputs,
    households_by_community,
    is_private_way,
    read_inputs,
    without_equipment,
)
from planner.inputs.walk_network import (
    CostNote,
    StudyNetwork,
    at_speed,
    build_walk_network,
    choose_walk,
    facility_notices,
    find_profile,
    longest_walk_m,
    network_notices,
    setting_notices,
    walker_at,
    walking_costs_of,
)
from planner.messages.notices import Notice
from planner.messages.progress import Progress, silent
from planner.network.costs import WalkingCosts
from planner.network.network import WalkingNetwork
from planner.network.quality import NetworkQuality, find_topology_issues, network_quality, on_small_pieces
from planner.network.snapping import SnappedPoints
from planner.network.travel_times import TravelTimes
from planner.network.walk import FloatArray, WalkingProfile, WalkSettings
from planner.network.walker import Walker
from planner.population.groups import GroupDemand
from planner.schemas.tables import Facilities, Streets
from planner.siting.compile import start_compiling_once
from planner.siting.study_problem import SitingInputs, check_model, model_notices


@dataclass(frozen=True, slots=True, eq=False)
class PreparedStudy:
    """Inputs, walking network and snapped points of a study."""

    study: Study
    """The settings, without references to facilities that a scenario has closed."""
    walker: Walker
    walking_profile: WalkingProfile | None
    """`walker`, `walking_profile`: Network, speed and access distance; the named profile, or None if the study
    sets its own speed."""
    cost_notes: tuple[CostNote, ...]
    """The cost factors applied besides length; empty if there are none."""
    rules: RuleSet
    other_rules: tuple[tuple[str, RuleSet], ...]
    other_profiles: tuple[WalkingProfile, ...]
    """`rules`, `other_rules`, `other_profiles`: The rule set; further rule sets by name and further walking
    profiles for sensitivity analysis."""
    horizon_min: float
    """The longest time limit of the study or of one of its rules, minutes."""
    inputs: Inputs
    facilities_before: Facilities | None
    """`inputs`, `facilities_before`: The validated tables; the facilities before the scenario, None without a
    scenario."""
    walked_streets: gpd.GeoDataFrame
    """The lines that the network is made of, without those closed to pedestrians."""
    network_quality: NetworkQuality
    network_places: gpd.GeoDataFrame
    """`network_quality`, `network_places`: The quality indicators of the network, and its likely topology
    errors."""
    facility_snaps: SnappedPoints
    demand_snaps: SnappedPoints
    """`facility_snaps`, `demand_snaps`: Facilities and demand points snapped to the network."""
    notices: tuple[Notice, ...]
    """Notices on the inputs and on the network."""
    cache: Cache = NO_CACHE
    """Results of earlier runs."""

    @property
    def network(self) -> WalkingNetwork:
        """Walking network."""
        return self.walker.network

    @property
    def walk(self) -> WalkSettings:
        """Speed and access distance."""
        return self.walker.walk

    def compute_times(self) -> TravelTimes:
        """Compute the walking times between facilities and demand points within the horizon, minutes."""
        return self._times("times", self.demand_snaps)

    def compute_service_areas(self) -> NDArray[np.object_]:
        """Compute the service areas of all facilities, shape (facilities, limits)."""
        return self.draw_areas(self.facility_snaps)

    def draw_areas(self, snaps: SnappedPoints, limits_min: Sequence[float] | None = None) -> NDArray[np.object_]:
        """Compute the service areas of snapped points, shape (points, limits); by default, the study's limits."""
        limits = self.study.limits.minutes if limits_min is None else tuple(limits_min)
        given = (self.network, self.walk, snaps, limits)
        return self.cache.get("areas", given, lambda: self.walker.service_areas(snaps, limits_min=limits))

    def _times(self, name: str, ends: SnappedPoints, horizon_min: float | None = None) -> TravelTimes:
        within_min = self.horizon_min if horizon_min is None else horizon_min
        return self.walks_between(self.facility_snaps, ends, within_min, name=name)

    def walks_between(
        self, starts: SnappedPoints, ends: SnappedPoints, within_min: float, *, name: str = "times"
    ) -> TravelTimes:
        """Compute the walking times between snapped points, minutes."""
        given = (self.network, self.walk, starts, ends, within_min)
        return self.cache.get(name, given, lambda: self.walker.times(starts, ends, within_min=within_min))

    def walks_from(self, places: gpd.GeoDataFrame | FloatArray, *, within_min: float) -> TravelTimes:
        """Compute the walking times between places, a table or coordinates, and the demand points, minutes."""
        return self.walks_between(self.snapped(places), self.demand_snaps, within_min)

    def snapped(self, points: gpd.GeoDataFrame | FloatArray) -> SnappedPoints:
        """Return points tied to the streets, as an earlier run did where it has."""
        return _snapped(self.walker, points, self.cache)

    def assemble_access(self, times: TravelTimes, areas: NDArray[np.object_] | None) -> AccessData:
        """Combine tables, walking times and service areas for evaluation; neighbouring people walk too."""
        inputs, limits = self.inputs, self.study.limits
        demand, snaps = self.all_demand()
        if demand is not inputs.demand:
            times = self._times("times", snaps)
        return AccessData(
            facilities=inputs.facilities,
            communities=inputs.communities,
            demand=demand,
            households=households_by_community(inputs.communities, inputs.demand),
            times=times,
            between=self._times("between", self.facility_snaps),
            areas=areas,
            limits_min=limits.minutes,
            standard_min=limits.standard_min,
            walk=self.walk,
            neighbours=inputs.neighbours.facilities,
            neighbour_kinds=inputs.neighbours.kinds,
        )

    def all_demand(self) -> tuple[gpd.GeoDataFrame, SnappedPoints]:
        """Return all who walk to the centres: the study's demand points, then those of neighbouring districts."""
        points = self.inputs.neighbours.joined_to(self.inputs.demand)
        return points, self.demand_snaps if points is self.inputs.demand else self.walker.snap(points)

    def measure_access(self) -> AccessData:
        """Compute all that the rules use: service areas only if a rule does, because they are expensive."""
        areas = self.compute_service_areas() if uses_service_areas(self.rules) else None
        return self.assemble_access(self.compute_times(), areas)

    def rate(self, access: AccessData, rule_set: RuleSet) -> Diagnosis:
        """Rate every facility by a rule set as `diagnose` does; detours depend on no rule and no floor area."""
        given = (access.demand, access.facilities.geometry, access.times, access.walk, access.standard_min)
        detours = self.cache.get("detours", given, lambda: tuple(detour_indices(access)))
        return diagnose(access, rule_set=rule_set, date=self.study.date, detours=detours)

    def measure_group(self, group: GroupDemand, times: TravelTimes) -> GroupCoverage:
        """Compute the coverage of a population group, from `times` if the group lives at the demand points."""
        limits = group.settings.minutes or self.study.limits.minutes
        if not group.at_residents or max(limits) > times.horizon_min:
            snaps = self.snapped(group.points)
            times = self._times("times", snaps, max(limits))
        return measure_group_coverage(
            group,
            times,
            self.inputs.facilities,
            self.inputs.communities,
            limits_min=limits,
            standard_min=group.settings.standard_min or self.study.limits.standard_min,
        )

    def find_business_areas(self) -> BusinessAreas | None:
        """Find the business areas; None without a layer of places."""
        if self.inputs.places is None:
            return None
        study, walker = self.study, self.walker
        given = (
            self.inputs.places,
            walker,
            without_equipment(self.inputs.facilities),
            self.facility_snaps,
            Streets(self.walked_streets),
        )
        settings = (study.business_areas, study.limits.standard_min, study.language)
        return self.cache.get(
            "business_areas",
            (given, settings),
            lambda: find_business_areas(
                *given, settings=settings[0], standard_min=settings[1], language=settings[2]
            ),
        )

    def find_improvements(
        self, access: AccessData, diagnosis: Diagnosis, *, progress: Progress = silent
    ) -> Improvements:
        """Find severed pairs of places, and the cheapest improvement that makes each weak facility compliant."""
        layers = BarrierLayers(self.walked_streets, self.inputs.barriers, self.inputs.water)
        snaps = (self.facility_snaps, self.all_demand()[1])
        return find_improvements(
            access, diagnosis, self.walker, snaps, layers, self.study, progress=progress, cache=self.cache
        )

    def siting_inputs(
        self,
        uncovered: gpd.GeoDataFrame,
        groups: tuple[GroupCoverage, ...],
        business_areas: BusinessAreas | None,
        *,
        horizon_min: float = 0.0,
    ) -> SitingInputs:
        """Combine the tables with the results that siting builds on; `horizon_min` as in `SitingInputs`."""
        return SitingInputs(
            study=self.study,
            # Only a model of capacities requests floor areas.
            inputs=self.inputs.only_places(with_floors=bool(self.study.siting.m2_per_household)),
            walker=self.walker,
            uncovered=uncovered,
            groups=groups,
            business_areas=business_areas,
            today=None if self.facilities_before is None else without_equipment(self.facilities_before),
            horizon_min=horizon_min,
        )

    def with_profile(self, profile: WalkingProfile) -> PreparedStudy:
        """Return the study with another walking profile; the network is rebuilt if its costs depend on speed."""
        walker = walker_at(self.study, self.inputs, self.walker, at_speed(profile, self.walk))
        return replace(self, walker=walker, walking_profile=profile)

    def walk_environment(self) -> WalkEnvironment:
        """Return lines, polygons and segment costs from which the walks are recomputed for validation."""
        network, inputs = self.network, self.inputs
        # The network is searched from the facilities outwards; the validation walks from home to facility.
        level = network.as_drawn.segment_cost_factor[:, ::-1]
        stops = network.barriers is not None
        return WalkEnvironment(
            self.walked_streets,
            level=level if (level != 1).any() else None,
            gates=np.array([gate.xy for gate in network.gates]) if network.gates else None,
            walls=inputs.barriers.geometry if stops and inputs.barriers is not None else None,
            water=inputs.water.geometry if stops and inputs.water is not None else None,
            private=is_private_way(self.walked_streets) if network.layers is not None else None,
        )


def prepare(
    study: Study,
    *,
    scenario: Scenario | None = None,
    progress: Progress = silent,
    cache: Cache = NO_CACHE,
    for_results: bool = True,
) -> PreparedStudy:
    """Read the inputs of a study, build its walking network and snap its points; `planner check` stops here.

    A network that was built from the same streets before is taken from the cache. Unless `for_results`, only the
    kernels used up to here are compiled.

    Raises
    ------
    PlannerError
        The study or its data are not valid: every reason at once.
    """
    check_model(study)
    read_own_scenes(study)  # refused before the work, not at the map
    if not for_results:
        return _prepare(study, scenario, progress, lambda: None, cache)
    barriers, siting = study.walking.stop_at_barriers, study.siting.sites > 0
    with start_compiling_once(cache, barriers=barriers, siting=siting) as compile_rest:
        return _prepare(study, scenario, progress, compile_rest, cache)


def _prepare(
    study: Study,
    scenario: Scenario | None,
    progress: Progress,
    compile_rest: Callable[[], None],
    cache: Cache,
) -> PreparedStudy:
    walk, walking_profile = choose_walk(study)
    costs = walking_costs_of(study, walk)
    read = partial(read_rules, folder=study.file.parent, study=str(study.file))
    rules = read(study.rules.profile)
    other_rules = tuple((name, read(name, setting="rules.compare")) for name in study.rules.compare)
    other_profiles = tuple(find_profile(study, name, setting="rules.walking") for name in study.rules.walking)
    rule_limits = [limit for one in (rules, *(other for _, other in other_rules)) for limit in one.limits_min]
    horizon_min = max(*study.limits.minutes, *rule_limits)

    progress("read_inputs")
    margin_m = longest_walk_m(study, walk, costs, other_profiles, horizon_min)
    inputs = read_inputs(study, margin_m=margin_m, cache=cache)
    _check_names(study, inputs)
    facilities_before = None
    if scenario is not None:
        facilities_before = inputs.facilities
        inputs = apply_scenario(scenario, inputs, study)
        services = follow_scenario(inputs.services, facilities_before, inputs.facilities)
        inputs = replace(inputs, services=services)
        closed = set(facilities_before["id"]) - set(inputs.facilities["id"])
        study, scenario_notices = without_closed(study, closed)
        inputs = replace(inputs, notices=(*inputs.notices, *scenario_notices))

    progress("compile")
    compile_rest()

    progress("build_network")
    walkable, places, quality = cache.get(
        "network",
        (
            *(inputs.streets, inputs.gates, inputs.barriers, inputs.water, inputs.elevation),
            *(costs, study.walking, study.file.name),
        ),
        lambda: _build_and_examine(study, inputs, costs),
    )
    network = walkable.network
    walker = Walker(network, walk)
    facility_snaps, demand_snaps = (
        _snapped(walker, points, cache) for points in (inputs.facilities, inputs.demand)
    )
    compounds = assess_compounds(study, inputs, walkable.streets, network, demand_snaps)
    people = inputs.demand["people"].to_numpy(dtype=np.float64)
    return PreparedStudy(
        study=study,
        walker=walker,
        walking_profile=walking_profile,
        cost_notes=tuple(ordered_cost_notes([*walkable.notes, *compound_notes(compounds, study, people)])),
        rules=rules,
        other_rules=other_rules,
        other_profiles=other_profiles,
        horizon_min=horizon_min,
        inputs=inputs,
        facilities_before=facilities_before,
        walked_streets=walkable.streets,
        network_quality=quality,
        network_places=places,
        facility_snaps=facility_snaps,
        demand_snaps=demand_snaps,
        notices=(
            *setting_notices(study),
            *model_notices(study),
            *inputs.notices,
            *service_notices(study, inputs.services, inputs.groups),
            *walkable.notices,
            *compound_notices(compounds, study, inputs.demand),
            *facility_notices(inputs, facility_snaps),
            *_demand_notices(inputs, demand_snaps, network),
            *network_notices(quality),
            *_function_notices(inputs.facilities, rules),
        ),
        cache=cache,
    )


def _check_names(study: Study, inputs: Inputs) -> None:
    """Refuse a study that names centres, places or streets that there are not."""
    check_named_centres(study, list(inputs.facilities["id"]))
    check_named_places(study, inputs.communities)
    # A belt may run on beyond a district; of the whole its names were compared.
    if not study.district.communities:
        check_belts(study, set(inputs.streets["name"]))


def _snapped(walker: Walker, points: gpd.GeoDataFrame | FloatArray, cache: Cache) -> SnappedPoints:
    given = (walker.network, walker.walk, points.geometry if isinstance(points, gpd.GeoDataFrame) else points)
    return cache.get("snaps", given, lambda: walker.snap(points))


def _build_and_examine(
    study: Study, inputs: Inputs, costs: WalkingCosts
) -> tuple[StudyNetwork, gpd.GeoDataFrame, NetworkQuality]:
    walkable = build_walk_network(study, inputs, costs)
    places = find_topology_issues(walkable.network, walkable.streets)
    return walkable, places, network_quality(walkable.network, places, walkable.streets)


def _demand_notices(inputs: Inputs, snaps: SnappedPoints, network: WalkingNetwork) -> Iterator[Notice]:
    access = {"access_m": f"{snaps.access_m:g}"}
    stranded, hidden = ~snaps.reaches_street, snaps.nearest_m <= snaps.access_m
    for key, rows in (("demand_no_street", stranded & ~hidden), ("demand_behind_barrier", stranded & hidden)):
        if rows.any():
            points = inputs.demand[rows]
            yield Notice(key, "demand", tuple(points["id"]), float(points["people"].sum()), access)
    without_centre = communities_without_centre(inputs.facilities, inputs.communities)
    if without_centre:
        yield Notice("community_without_centre", "communities", without_centre)
    isolated = on_small_pieces(snaps, network)
    if isolated.any():
        points = inputs.demand[isolated]
        yield Notice("demand_small_piece", "demand", tuple(points["id"]), float(points["people"].sum()))


def _function_notices(facilities: Facilities, rules: RuleSet) -> Iterator[Notice]:
    unread = [unknown_functions(cell, rules.functions) for cell in facilities["functions"]]
    rows = tuple(ident for ident, words in zip(facilities["id"], unread, strict=True) if words)
    if rows:
        named = ", ".join(dict.fromkeys(word for words in unread for word in words))
        yield Notice("functions_unread", "facilities", rows, values={"words": named})
