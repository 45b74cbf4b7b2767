"""Siting stage of a study: candidates, the solution of one location model, and the analyses of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.messages.progress import Progress, silent
from planner.siting.baselines import Comparison, compare_baselines
from planner.siting.candidates.builder import CandidateBuilder, CandidateSet
from planner.siting.candidates.candidate import candidate_xy
from planner.siting.demand_weights import gains_by_group
from planner.siting.equity import EquityFrontier, equity_frontiers
from planner.siting.model_spec import ModelResult, ModelSpec, get_spec
from planner.siting.models import DEFAULT_MODEL
from planner.siting.problem import LocationProblem
from planner.siting.proposals import SitingResult, propose_sites
from planner.siting.robustness import ScenarioAnalysis, analyse_scenarios
from planner.siting.study_problem import (
    SitingInputs,
    candidate_builder,
    demand_to_gain,
    location_problem,
    weighted_demand,
)
from planner.siting.unserved import UnservedContext, UnservedDemand, explain_unserved


@dataclass(frozen=True, slots=True, eq=False)
class StudySiting:
    """Siting results of a study.

    Attributes
    ----------
    siting
        Candidates, the clustering's proposal and the optimum.
    asked_xy
        Positions of the demand that can be gained, metres, shape (demand, 2).
    weights, gains
        Weight of one person of each group; people gained by each proposal, per group.
    comparison
        Greedy, curve of the number of sites, alternatives.
    left
        Demand that no candidate serves; None if nothing was proposed.
    otherwise
        Proposals in the study's scenarios; None if it has none.
    fair
        Equity frontiers that the study requests.
    """

    siting: SitingResult
    asked_xy: NDArray[np.float64]
    weights: Mapping[str, float]
    gains: tuple[Mapping[str, float], ...]
    comparison: Comparison
    left: UnservedDemand | None
    otherwise: ScenarioAnalysis | None
    fair: tuple[EquityFrontier, ...]


@dataclass(frozen=True, slots=True, eq=False)
class StudySolution:
    """Solution of a study's location problem by one model.

    Attributes
    ----------
    spec
        Description of the model.
    pool
        Candidates, and those excluded.
    problem, result
        The problem and its solution; columns of the pool first.
    siting, comparison
        The study's own proposals and their baselines; None unless the model `maximises_gain`.
    left
        Demand that no candidate and no centre serves; None if nothing was proposed.
    """

    spec: ModelSpec
    pool: CandidateSet
    problem: LocationProblem
    result: ModelResult
    siting: SitingResult | None
    comparison: Comparison | None
    left: UnservedDemand | None

    @property
    def before(self) -> float:
        """Objective of today's centres; NaN if some are relocatable, unless the model `maximises_gain`."""
        if not self.pool.kept_centres:
            return self.result.solution.before
        if not self.spec.maximises_gain:
            return float("nan")
        coverage = self.problem.coverage
        served = np.asarray(coverage.matrix[:, len(self.pool.new) :].sum(axis=1)).ravel() > 0
        return float(coverage.weight[served].sum())


def solve(inputs: SitingInputs, *, model: str = DEFAULT_MODEL, progress: Progress = silent) -> StudySolution:
    """Solve a study's location problem by one model.

    Parameters
    ----------
    inputs
        Results of the earlier stages.
    model
        Name of the model, one of `planner.siting.models.model_names`.
    progress
        Called with the name of each stage as it begins.

    Raises
    ------
    SitingError
        The problem is infeasible, or lacks a setting or a column that the model needs.
    """
    spec, settings = get_spec(model), inputs.study.siting
    demand = weighted_demand(inputs)
    progress("candidates")
    builder = candidate_builder(inputs, demand)
    siting = propose_sites(builder)
    pool = siting.pool if siting.proposals else builder.build()
    progress("siting")
    problem = location_problem(inputs, pool, spec)
    result = spec.solve(problem, settings.seconds)
    left = unserved_demand(inputs, builder, siting)
    compared = spec.maximises_gain and bool(siting.proposals)
    return StudySolution(
        spec=spec,
        pool=pool,
        problem=problem,
        result=result,
        siting=siting if compared else None,
        comparison=compare_baselines(siting, settings) if compared else None,
        left=left,
    )


def solve_study(inputs: SitingInputs) -> StudySiting:
    """Choose the sites of a study and analyse the proposals.

    Raises
    ------
    StudyError
        A setting requires data that the study lacks.
    """
    study = inputs.study
    demand = weighted_demand(inputs)
    builder = candidate_builder(inputs, demand)
    siting = propose_sites(builder)
    residents, groups = demand_to_gain(inputs)
    return StudySiting(
        siting=siting,
        asked_xy=builder.snaps.xy,
        weights=demand.weights,
        gains=gains_by_group(siting, residents, groups, inputs.walker, standard_min=inputs.standard_min),
        comparison=compare_baselines(siting, study.siting),
        left=unserved_demand(inputs, builder, siting),
        otherwise=analyse_scenarios(study, inputs.inputs, siting, inputs.groups, inputs.walker),
        fair=equity_frontiers(study, inputs.inputs, inputs.walker, siting),
    )


def unserved_demand(
    inputs: SitingInputs, builder: CandidateBuilder, siting: SitingResult
) -> UnservedDemand | None:
    """Return the demand that no candidate and no centre serves, with reasons; None if nothing was proposed."""
    if not siting.proposals or builder.ground is None:
        return None
    served = np.asarray(siting.matrix.sum(axis=1)).ravel() > 0
    centres = inputs.inputs.facilities.geometry.array[inputs.stays]
    context = UnservedContext(
        walker=inputs.walker,
        demand=builder.snaps,
        people=siting.people,
        limit_min=builder.limits_min,
        sites=inputs.walker.snap(
            np.vstack([candidate_xy(siting.pool.candidates), shapely.get_coordinates(centres)])
        ),
        water=inputs.inputs.water,
        barriers=inputs.inputs.barriers,
        free_streets=builder.ground.streets,
    )
    return explain_unserved(served, context, time_limit_s=inputs.study.siting.seconds)
