"""The whole story: `run(study)` reads as the method section, one call a stage."""

from __future__ import annotations

from pathlib import Path

from planner.accessibility.coverage import measure_coverage
from planner.accessibility.equity import measure_equity
from planner.config.study import Study, read_study
from planner.evaluation.diagnosis import diagnose
from planner.evaluation.sensitivity import rating_flips
from planner.evaluation.validation.overlay import compare_with_overlay
from planner.evaluation.validation.walk_verification import check_networkx, verify
from planner.inputs.scenario import Scenario, read_scenario
from planner.messages.progress import Progress, silent
from planner.network.isochrones.service_areas import service_areas
from planner.network.snapping import snap
from planner.network.travel_times import endless_min, nearest_facility, travel_times
from planner.prepare import coordinates, prepare
from planner.programme.build import make_programme
from planner.programme.project_options import Known
from planner.results import Plan
from planner.siting.solvers.discrepancies import noting_doubts, remarks_of
from planner.siting.solvers.highs import highs_version
from planner.siting.study_siting import Situated, find_sites
from planner.stages import (
    access_data,
    area_table,
    business_circles,
    help_of,
    measured,
    reached_table,
    walk_environment,
    with_rule_set,
    with_walking_profile,
)


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
    study, inputs, walk, network = ready.study, ready.inputs, ready.walk, ready.network

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
    access = access_data(ready, walk, times, areas=areas)
    diagnosis = diagnose(access, rule_set=ready.rules, date=study.date)
    alternatives = (
        *(with_rule_set(access, name, profile, date=study.date) for name, profile in ready.other_rules),
        *(with_walking_profile(ready, other, date=study.date) for other in ready.other_walks),
    )
    found_help = help_of(ready, access, diagnosis)

    progress("fairness")
    minutes, _ = nearest_facility(
        network, ready.facility_snaps, ready.demand_snaps, walk=walk, horizon_min=endless_min(network, walk)
    )
    streets = inputs.communities.set_index("id")["street"]
    fairness = measure_equity(minutes, inputs.demand, streets, standard_min=standard)

    progress("self_check")
    overlay = compare_with_overlay(access)
    verification = verify(access, walk_environment(ready), seed=study.siting.seed) if verified else None

    with noting_doubts() as doubts:
        progress("siting")
        sites = find_sites(Situated(study, inputs, network, walk, coverage.uncovered, kinds, circles, ready.today))
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
                found_help.plans,
                times,
                coverage.demand,
                siting.candidates,
                candidate_times,
                in_scenario=scenario is not None,
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
        flips=rating_flips(diagnosis, study.rules.threshold_share),
        remedies=found_help.plans,
        blocked_pairs=found_help.severance_pairs,
        blocked_near=found_help.pairs_near,
        fairness=fairness,
        overlay=overlay,
        verification=verification,
        sites=sites,
        kinds=kinds,
        circles=circles,
        candidate_times=candidate_times,
        candidate_areas=service_areas(network, candidate_snaps, walk=walk, limits_min=limits),
        programme=programme,
        remarks=(
            *ready.remarks,
            *(circles.remarks if circles else ()),
            *siting.remarks,
            *(programme.remarks if programme else ()),
            *remarks_of(doubts, version=highs_version()),
        ),
    )
