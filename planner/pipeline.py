"""The pipeline of a study: `run(study)` reads as the method section, one call a stage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.accessibility.access_data import AccessData
from planner.accessibility.belts import Belts, find_belts
from planner.accessibility.business_areas import BusinessAreas
from planner.accessibility.coverage import Coverage, measure_coverage, merge_service_areas, tabulate_service_areas
from planner.accessibility.equity import Equity, measure_equity
from planner.accessibility.organisations import Organisations, assign_organisations
from planner.accessibility.service_hours import ServiceHours, measure_hours
from planner.accessibility.services import Services, measure_services
from planner.accessibility.step_free import compare_step_free
from planner.cache import NO_CACHE, Cache
from planner.config.study import Study, read_study
from planner.evaluation.ledger import Ledger, build_ledger
from planner.evaluation.rules import RuleSet
from planner.evaluation.sensitivity import AlternativeDiagnosis, rating_flips
from planner.evaluation.validation.cross_checks import compare_with_overlay, verify
from planner.inputs.scenario import Scenario, read_scenario
from planner.inputs.step_free import without_steps
from planner.inputs.study_inputs import without_equipment
from planner.inputs.walk_network import build_walk_network, walking_costs_of
from planner.io.opening_hours import year_of
from planner.messages.notices import Notice
from planner.messages.progress import Progress, silent
from planner.network.travel_times import TravelTimes
from planner.network.walker import Walker
from planner.prepare import PreparedStudy, prepare
from planner.programme.build import build_programme
from planner.programme.programme import Programme
from planner.programme.project_options import ProgrammeInputs
from planner.results import Plan
from planner.results.outcome import ProjectEffects, count_people, measure_outcome
from planner.schemas.tables import OrganisationTable, Streets
from planner.siting.candidates.constraints import SiteConstraints
from planner.siting.proposals import SitingResult
from planner.siting.solvers.highs import highs_version
from planner.siting.solvers.mip import Discrepancy, collect_discrepancies, discrepancy_notices
from planner.siting.study_bundles import StudyBundles, choose_bundles
from planner.siting.study_problem import SitingInputs
from planner.siting.study_siting import StudySiting, solve_study

STOPPED = b"time_limit"
"""Status of a result of which a part was stopped by its time limit: another run may come farther."""

BLOCKED_DETOUR = 1.5
"""Detour above which a direction is blocked, where the rules do not say."""


def run(
    study: Study | str | Path,
    *,
    scenario: Scenario | str | Path | None = None,
    progress: Progress = silent,
    verified: bool = False,
    cache: Cache = NO_CACHE,
) -> Plan:
    """Run a study.

    Parameters
    ----------
    study
        The study, or the path of its file.
    scenario
        Facilities closed and sites opened, or the path of a scenario file saved by the map; None for the
        facilities as they are.
    progress
        Called with the name of each stage when it starts.
    verified
        Recompute the walks of 100 random demand points with networkx.
    cache
        Results of earlier runs, as `planner.cache.default_cache` returns them: what depends on nothing that has
        changed is taken from there, equal to the byte. By default everything is computed.

    Returns
    -------
    plan
        All results; `planner.write` turns them into map, report and tables.

    Raises
    ------
    PlannerError
        The study or its data are not valid: every reason at once.
    """
    study = study if isinstance(study, Study) else read_study(study)
    if scenario is not None and not isinstance(scenario, Scenario):
        scenario = read_scenario(scenario, study)
    prepared = prepare(study, scenario=scenario, progress=progress, cache=cache)
    plan = _analyse(prepared, scenario=scenario, progress=progress, verified=verified)
    cache.prune()
    return plan


def _analyse(prepared: PreparedStudy, *, scenario: Scenario | None, progress: Progress, verified: bool) -> Plan:
    study, inputs, walker, cache = prepared.study, prepared.inputs, prepared.walker, prepared.cache
    limits = study.limits.minutes
    progress("travel_times")
    times = prepared.compute_times()
    progress("service_areas")
    areas = prepared.compute_service_areas()
    reached = _merge_areas(prepared, areas)
    progress("coverage")
    coverage = _measure_coverage(prepared, times, areas)
    progress("groups")
    groups = tuple(prepared.measure_group(kind, times) for kind in inputs.groups)
    services, ledger = _measure_services(prepared, progress)
    progress("business_areas")
    business_areas = prepared.find_business_areas()
    belts, organisations = _find_belts(prepared), _assign_organisations(prepared)
    progress("diagnosis")
    access = prepared.assemble_access(times, areas)
    diagnosis = prepared.rate(access, prepared.rules)
    improvements = prepared.find_improvements(access, diagnosis, progress=progress)
    alternatives = (*_with_other_rules(prepared, access), *_with_other_walking(prepared))
    progress("equity")
    fairness = _measure_equity(prepared)

    progress("validation")
    own = replace(access, demand=inputs.demand, times=times)
    overlay = _compare_with_overlay(prepared, own)
    verification = verify(own, prepared.walk_environment(), seed=study.siting.seed) if verified else None
    given = prepared.siting_inputs(coverage.uncovered, groups, business_areas, horizon_min=max(limits))
    sites, doubts = cache.get(
        "siting", (given, highs_version()), lambda: _choose_sites(given, progress), unless=STOPPED
    )
    candidates, candidate_times = sites.siting.candidates, sites.siting.times
    bundles = _choose_bundles(prepared, services, progress)
    programme_inputs = ProgrammeInputs(
        study=study,
        tables=inputs,
        diagnosis=diagnosis,
        remedies=improvements.plans,
        times=times,
        demand=coverage.demand,
        candidates=candidates,
        candidate_times=candidate_times,
        bundles=bundles,
        in_scenario=scenario is not None,
    )
    progress("programme")
    with collect_discrepancies() as further:
        programme, outcome = carry_out(prepared, programme_inputs)
    told = _notices_of(services, bundles, business_areas, organisations, sites.siting, programme)
    return Plan(
        prepared=prepared,
        scenario=scenario,
        times=times,
        service_areas=tabulate_service_areas(areas, inputs.facilities, walk=walker.walk, limits_min=limits),
        reached=reached,
        coverage=coverage,
        diagnosis=diagnosis,
        alternatives=alternatives,
        flips=rating_flips(diagnosis, study.rules.threshold_share),
        improvements=improvements,
        fairness=fairness,
        overlay=overlay,
        verification=verification,
        sites=sites,
        groups=groups,
        business_areas=business_areas,
        belts=belts,
        organisations=organisations,
        candidate_times=candidate_times,
        candidate_areas=prepared.draw_areas(prepared.snapped(candidates)),
        programme=programme,
        outcome=outcome,
        notices=(*prepared.notices, *told, *discrepancy_notices([*doubts, *further], version=highs_version())),
        services=services,
        ledger=ledger,
        bundles=bundles,
        **_measure_services_otherwise(prepared, services),
    )


def carry_out(prepared: PreparedStudy, given: ProgrammeInputs) -> tuple[Programme | None, ProjectEffects]:
    """Return the programme with the people whom its projects cover once carried out, and the walks then."""
    programme = build_programme(given)
    outcome = measure_outcome(prepared, programme, given.times, given.candidates, given.candidate_times)
    if programme is None:
        return None, outcome
    people = given.tables.demand["people"].to_numpy(dtype=np.float64)
    standard_min = given.study.limits.standard_min
    return count_people(programme, outcome, given.candidates, people, standard_min), outcome


def _merge_areas(prepared: PreparedStudy, areas: NDArray[np.object_]) -> gpd.GeoDataFrame:
    limits, crs = prepared.study.limits.minutes, prepared.inputs.crs
    return prepared.cache.get(
        "reached", (areas, limits, crs), lambda: merge_service_areas(areas, limits_min=limits, crs=crs)
    )


def _compare_with_overlay(prepared: PreparedStudy, access: AccessData) -> pd.DataFrame:
    placed = replace(access, facilities=without_equipment(access.facilities))
    return prepared.cache.get("overlay", placed, lambda: compare_with_overlay(placed))


def _choose_sites(given: SitingInputs, progress: Progress) -> tuple[StudySiting, tuple[Discrepancy, ...]]:
    with collect_discrepancies() as doubts:
        sites = solve_study(given, progress=progress)
    return sites, tuple(doubts)


def _notices_of(
    *results: Services | StudyBundles | BusinessAreas | Organisations | SitingResult | Programme | None,
) -> Iterator[Notice]:
    for result in results:
        if result is not None:
            yield from result.notices


def _measure_coverage(prepared: PreparedStudy, times: TravelTimes, areas: NDArray[np.object_]) -> Coverage:
    inputs, limits = prepared.inputs.only_places(), prepared.study.limits
    given = (times, inputs.demand, inputs.facilities, inputs.communities, areas)
    return prepared.cache.get(
        "coverage",
        (given, limits, inputs.neighbours.facilities),
        lambda: measure_coverage(
            *given,
            limits_min=limits.minutes,
            standard_min=limits.standard_min,
            neighbours=inputs.neighbours.facilities,
        ),
    )


def _measure_services(prepared: PreparedStudy, progress: Progress) -> tuple[Services, Ledger] | tuple[None, None]:
    """Measure access to the services of a study and list what is missing; None where it has no [[services]]."""
    inputs, rules, walker = prepared.inputs, prepared.rules, prepared.walker
    if not inputs.services:
        return None, None
    progress("services")
    detour = _blocked_detour(rules)
    given = (inputs.services, walker, inputs.demand, inputs.groups, tuple(inputs.communities["id"]))
    neighbours = inputs.neighbours.points
    own = (inputs.facilities, inputs.communities, prepared.study.new_centre_cost)

    def measure() -> tuple[Services, Ledger]:
        services = measure_services(*given, blocked_detour=detour, neighbours=neighbours)
        return services, build_ledger(services, walker, *own)

    return prepared.cache.get("services", (given, detour, neighbours, own), measure)


def _measure_hours(prepared: PreparedStudy, services: Services | None) -> ServiceHours | None:
    """Measure services at the times of the week that the study names; None where it names none."""
    study, inputs = prepared.study, prepared.inputs
    if services is None or not study.service_times:
        return None
    given = (tuple(inputs.communities["id"]), study.times_of_services, year_of(study.date))
    return prepared.cache.get(
        "service_hours",
        (services, prepared.walker, given),
        lambda: measure_hours(services, prepared.walker, *given),
    )


def _find_belts(prepared: PreparedStudy) -> Belts | None:
    """Find what stands along the streets of each belt; None where the study names none."""
    study, inputs = prepared.study, prepared.inputs
    if not study.belts:
        return None
    at_work = None if inputs.places is None else inputs.places.points[inputs.places.points["circle"]]
    more = (at_work, inputs.organisations)
    given = (
        *(study.belts, prepared.walker, Streets(prepared.walked_streets)),
        (without_equipment(inputs.facilities), prepared.facility_snaps),
        (inputs.demand, prepared.demand_snaps),
    )
    return prepared.cache.get(
        "belts", (given, more), lambda: find_belts(*given, places=more[0], organisations=more[1])
    )


def _assign_organisations(prepared: PreparedStudy) -> Organisations | None:
    """Assign the organisations to stations; None without a layer of organisations."""
    settings = prepared.study.assignment
    if prepared.inputs.organisations is None:
        return None
    given = OrganisationTable(prepared.inputs.organisations)
    limit_min = settings.minutes or prepared.study.limits.standard_min
    inputs = (given, prepared.inputs.communities, prepared.walker)
    facilities = (without_equipment(prepared.inputs.facilities), prepared.facility_snaps)
    return prepared.cache.get(
        "organisations",
        (inputs, facilities, settings.tiers, limit_min, settings.most),
        lambda: assign_organisations(
            *inputs, facilities, tiers=settings.tiers, limit_min=limit_min, most=settings.most
        ),
    )


def _blocked_detour(rules: RuleSet) -> float:
    return rules.blocked.detour if rules.blocked is not None else BLOCKED_DETOUR


def _measure_services_otherwise(prepared: PreparedStudy, services: Services | None) -> dict[str, Any]:
    """Measure services at times of the week and without steps; {} where the study names neither."""
    study, inputs = prepared.study, prepared.inputs
    hours = {"service_hours": _measure_hours(prepared, services)}
    if services is None or not study.step_free:
        return hours
    costs, communities = (
        replace(walking_costs_of(study, prepared.walk), stairs="closed"),
        tuple(inputs.communities["id"]),
    )
    wheeled, basis = without_steps(study, inputs)

    def measure() -> pd.DataFrame:
        walker = Walker(build_walk_network(study, wheeled, costs).network, prepared.walk)
        given = (inputs.services, walker, inputs.demand, inputs.groups, communities)
        without = measure_services(*given, blocked_detour=_blocked_detour(prepared.rules))
        return compare_step_free(services, without, communities)

    ground = (
        wheeled.streets,
        wheeled.gates,
        wheeled.barriers,
        wheeled.water,
        wheeled.elevation,
        costs,
        study.walking,
    )
    table = prepared.cache.get("step_free", (services, ground, inputs.groups), measure)
    return {**hours, "step_free": table, "step_free_basis": basis}


def _choose_bundles(prepared: PreparedStudy, services: Services | None, progress: Progress) -> StudyBundles | None:
    """Choose rooms that services share; None where the study asks for none."""
    inputs, settings = prepared.inputs, prepared.study.bundles
    if services is None or settings is None:
        return None
    progress("bundles")
    # Spacing, least area and budget of [siting] are those of stations.
    limits = prepared.study.siting.model_copy(update={"min_spacing_m": 0.0, "least_area_m2": None, "budget": None})
    ground = SiteConstraints.of(inputs, prepared.walker, limits)
    given = (services, prepared.walker, inputs.facilities, inputs.parcels, settings, ground)
    solver = highs_version()
    return prepared.cache.get("bundles", (given, solver), lambda: choose_bundles(*given), unless=STOPPED)


def _with_other_rules(prepared: PreparedStudy, access: AccessData) -> Iterator[AlternativeDiagnosis]:
    """Evaluate the same data with the other rule sets of a study."""
    for name, rules in prepared.other_rules:
        diagnosis = prepared.rate(access, rules)
        yield AlternativeDiagnosis("rules", name, rules.en, rules.zh, diagnosis)


def _with_other_walking(prepared: PreparedStudy) -> Iterator[AlternativeDiagnosis]:
    """Evaluate the same facilities by the same rules with the other walking profiles of a study."""
    for profile in prepared.other_profiles:
        access = prepared.with_profile(profile).measure_access()
        diagnosis = prepared.rate(access, prepared.rules)
        yield AlternativeDiagnosis("walking", profile.name, profile.en, profile.zh, diagnosis)


def _measure_equity(prepared: PreparedStudy) -> Equity:
    """Compute how the walk to the nearest facility is distributed, however long it is."""
    walker, snaps = prepared.walker, (prepared.facility_snaps, prepared.demand_snaps)
    minutes, _ = prepared.cache.get(
        "nearest", (walker, snaps), lambda: walker.nearest(*snaps, within_min=walker.upper_bound_min)
    )
    subdistricts = prepared.inputs.communities.set_index("id")["subdistrict"]
    standard_min = prepared.study.limits.standard_min
    return measure_equity(minutes, prepared.inputs.demand, subdistricts, standard_min=standard_min)
