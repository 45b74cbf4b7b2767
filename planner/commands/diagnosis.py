"""A study as far as its diagnosis: which centres are weak, why, and what would help."""

from __future__ import annotations

from planner.config.study import Study
from planner.evaluation.diagnosis import Diagnosis, diagnose
from planner.evaluation.improvements.search import Improvements
from planner.inputs.study_inputs import Inputs
from planner.messages.progress import Progress, silent
from planner.network.isochrones.service_areas import service_areas
from planner.network.travel_times import travel_times
from planner.prepare import Ready, prepare
from planner.stages import access_data, areas_asked, help_of


def diagnose_study(study: Study, *, progress: Progress = silent) -> tuple[Inputs, Diagnosis, Improvements]:
    """Carry out a study as far as the verdicts and what would change them, and no further.

    The verdicts are those of `run`: what is left out bears on none.
    """
    ready = prepare(study, progress=progress)
    progress("diagnosis")
    diagnosis, found_help = diagnose_ready(ready)
    return ready.inputs, diagnosis, found_help


def diagnose_ready(ready: Ready) -> tuple[Diagnosis, Improvements]:
    """Judge the centres of a study whose streets are built; service areas are drawn where a rule asks for them."""
    snaps, walk, study = ready.facility_snaps, ready.walk, ready.study
    times = travel_times(ready.network, snaps, ready.demand_snaps, walk=walk, horizon_min=ready.horizon_min)
    asked = areas_asked(ready.rules)
    areas = service_areas(ready.network, snaps, walk=walk, limits_min=study.limits.minutes) if asked else None
    access = access_data(ready, walk, times, areas=areas)
    diagnosis = diagnose(access, rule_set=ready.rules, date=study.date)
    return diagnosis, help_of(ready, access, diagnosis)
