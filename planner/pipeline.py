"""The pipeline of a study: `run(study)` reads as the method section, one call a stage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from planner.accessibility.access_data import AccessData
from planner.accessibility.coverage import Coverage, measure_coverage, merge_service_areas, tabulate_service_areas
from planner.accessibility.equity import Equity, measure_equity
from planner.config.study import Study, read_study
from planner.evaluation.diagnosis import diagnose
from planner.evaluation.sensitivity import AlternativeDiagnosis, rating_flips
from planner.evaluation.validation.overlay import compare_with_overlay
from planner.evaluation.validation.walk_verification import verify
from planner.inputs.scenario import Scenario, read_scenario
from planner.messages.progress import Progress, silent
from planner.network.isochrones.service_areas import service_areas
from planner.network.snapping import snap
from planner.network.travel_times import TravelTimes, nearest_facility, travel_times, upper_bound_min
from planner.prepare import PreparedStudy, coordinates, prepare
from planner.programme.build import build_programme
from planner.programme.project_options import ProgrammeInputs
from planner.results import Plan
from planner.siting.solvers.discrepancies import collect_discrepancies, discrepancy_notices
from planner.siting.solvers.highs import highs_version
from planner.siting.study_siting import solve_study


def run(
    study: Study | str | Path,
    *,
    scenario: Scenario | str | Path | None = None,
    progress: Progress = silent,
    verified: bool = False,
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
    prepared = prepare(study, scenario=scenario, progress=progress)
    return _analyse(prepared, scenario=scenario, progress=progress, verified=verified)


def _analyse(prepared: PreparedStudy, *, scenario: Scenario | None, progress: Progress, verified: bool) -> Plan:
    study, inputs, walk, network = prepared.study, prepared.inputs, prepared.walk, prepared.network
    limits = study.limits.minutes

    progress("travel_times")
    times = prepared.compute_times()

    progress("service_areas")
    areas = prepared.compute_service_areas()

    progress("coverage")
    coverage = _measure_coverage(prepared, times, areas)

    progress("kinds")
    kinds = tuple(prepared.measure_group(kind, times) for kind in inputs.kinds)

    progress("circles")
    circles = prepared.find_business_areas()

    progress("diagnosis")
    access = prepared.assemble_access(times, areas)
    diagnosis = diagnose(access, rule_set=prepared.rules, date=study.date)
    improvements = prepared.find_improvements(access, diagnosis)
    alternatives = (*_with_other_rules(prepared, access), *_with_other_walking(prepared))

    progress("fairness")
    fairness = _measure_equity(prepared)

    progress("self_check")
    overlay = compare_with_overlay(access)
    verification = verify(access, prepared.walk_environment(), seed=study.siting.seed) if verified else None

    with collect_discrepancies() as doubts:
        progress("siting")
        sites = solve_study(prepared.siting_inputs(coverage.uncovered, kinds, circles))
        candidates = sites.siting.candidates
        snaps = snap(coordinates(candidates), network, access_m=walk.access_m)
        candidate_times = travel_times(network, snaps, prepared.demand_snaps, walk=walk, horizon_min=max(limits))

        progress("programme")
        programme = build_programme(
            ProgrammeInputs(
                study=study,
                tables=inputs,
                diagnosis=diagnosis,
                remedies=improvements.plans,
                times=times,
                demand=coverage.demand,
                candidates=candidates,
                candidate_times=candidate_times,
                in_scenario=scenario is not None,
            )
        )
    circle_remarks = circles.remarks if circles else ()
    programme_remarks = programme.remarks if programme else ()
    solver_remarks = discrepancy_notices(doubts, version=highs_version())
    return Plan(
        prepared=prepared,
        scenario=scenario,
        times=times,
        service_areas=tabulate_service_areas(areas, inputs.facilities, walk=walk, limits_min=limits),
        reached=merge_service_areas(areas, limits_min=limits, crs=inputs.crs),
        coverage=coverage,
        diagnosis=diagnosis,
        alternatives=alternatives,
        flips=rating_flips(diagnosis, study.rules.threshold_share),
        improvements=improvements,
        fairness=fairness,
        overlay=overlay,
        verification=verification,
        sites=sites,
        kinds=kinds,
        circles=circles,
        candidate_times=candidate_times,
        candidate_areas=service_areas(network, snaps, walk=walk, limits_min=limits),
        programme=programme,
        remarks=(
            *prepared.remarks,
            *circle_remarks,
            *sites.siting.remarks,
            *programme_remarks,
            *solver_remarks,
        ),
    )


def _measure_coverage(prepared: PreparedStudy, times: TravelTimes, areas: NDArray[np.object_]) -> Coverage:
    inputs, limits = prepared.inputs, prepared.study.limits
    return measure_coverage(
        times,
        inputs.demand,
        inputs.facilities,
        inputs.communities,
        areas,
        limits_min=limits.minutes,
        standard_min=limits.standard_min,
    )


def _with_other_rules(prepared: PreparedStudy, access: AccessData) -> Iterator[AlternativeDiagnosis]:
    """Evaluate the same data with the other rule sets of a study."""
    for name, rules in prepared.other_rules:
        diagnosis = diagnose(access, rule_set=rules, date=prepared.study.date)
        yield AlternativeDiagnosis("rules", name, rules.en, rules.zh, diagnosis)


def _with_other_walking(prepared: PreparedStudy) -> Iterator[AlternativeDiagnosis]:
    """Evaluate the same facilities by the same rules with the other walking profiles of a study."""
    for profile in prepared.other_profiles:
        access = prepared.with_profile(profile).measure_access()
        diagnosis = diagnose(access, rule_set=prepared.rules, date=prepared.study.date)
        yield AlternativeDiagnosis("walking", profile.name, profile.en, profile.zh, diagnosis)


def _measure_equity(prepared: PreparedStudy) -> Equity:
    """Compute how the walk to the nearest facility is distributed, however long it is."""
    walk, network = prepared.walk, prepared.network
    horizon_min = upper_bound_min(network, walk)
    minutes, _ = nearest_facility(
        network, prepared.facility_snaps, prepared.demand_snaps, walk=walk, horizon_min=horizon_min
    )
    streets = prepared.inputs.communities.set_index("id")["street"]
    standard_min = prepared.study.limits.standard_min
    return measure_equity(minutes, prepared.inputs.demand, streets, standard_min=standard_min)
