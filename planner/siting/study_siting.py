"""Siting stage of a study: candidates, the solution of one location model, and the analyses of the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.messages.catalogue import Phrase
from planner.messages.progress import Progress, silent
from planner.siting.baselines import Baselines, compare_baselines
from planner.siting.candidates.builder import CandidateBuilder, CandidateSet
from planner.siting.candidates.candidate import candidate_xy
from planner.siting.demand_weights import AllDemand, gains_by_group
from planner.siting.equity import EquityFrontier, equity_frontiers
from planner.siting.model_spec import ModelResult, ModelSpec, get_spec
from planner.siting.models import DEFAULT_MODEL
from planner.siting.problem import LocationProblem
from planner.siting.proposals import SitingResult, search_candidates, solve_proposals
from planner.siting.robustness import ScenarioAnalysis, analyse_scenarios
from planner.siting.solvers.deadline import Deadline, TimeBudget
from planner.siting.study_problem import (
    SitingInputs,
    candidate_builder,
    demand_to_gain,
    location_problem,
    weighted_demand,
)
from planner.siting.unserved import UnservedContext, UnservedDemand, explain_unserved

CANDIDATES_SHARE = 0.5
"""Of the time, at most, for building candidates."""

OPTIMUM_SHARE = 0.5
"""Share of the solving time left that maximal covering may take, and the study's own model after it."""


@dataclass(frozen=True, slots=True, eq=False)
class ModelAnswer:
    """Solution of a study's location problem by one model, with the words for it."""

    spec: ModelSpec
    """Description of the model."""
    result: ModelResult
    """Its solution; columns are the candidates, then the centres that stay."""
    before: float
    """Objective of today's centres; NaN if some are relocatable, unless the model `maximises_gain`."""
    objective: Phrase
    """The objective in words."""

    def figures(self) -> Iterator[tuple[str, float, Phrase]]:
        """Yield the further figures: name, value, and the figure in words."""
        for name, value in self.result.figures.items():
            if name.startswith("served_"):
                tier = Phrase(f"words.tier_{name.removeprefix('served_')}")
                yield name, value, Phrase("models.figure_served_tier", {"tier": tier, "value": f"{value:,.0f}"})
            else:
                shown = f"{value:,.{1 if name.endswith('min') else 0}f}"
                yield name, value, Phrase(f"models.figure_{name}", {"value": shown})


@dataclass(frozen=True, slots=True, eq=False)
class StudySiting:
    """Siting results of a study."""

    siting: SitingResult
    """Candidates and proposals."""
    answer: ModelAnswer | None
    """Solution of the study's model; None if nothing was proposed."""
    demand_xy: NDArray[np.float64]
    """Positions of the demand that can be gained, metres, shape (demand, 2)."""
    weights: Mapping[str, float]
    gains: tuple[Mapping[str, float], ...]
    """`weights`, `gains`: Weight of one person of each group; people gained by each proposal, per group."""
    comparison: Baselines
    """Greedy, curve of the number of sites, alternatives."""
    unserved: UnservedDemand | None
    """Demand that no candidate serves; None if nothing was proposed."""
    scenarios: ScenarioAnalysis | None
    """Proposals in the study's scenarios; None if it has none."""
    fair: tuple[EquityFrontier, ...]
    """Equity frontiers that the study requests."""


@dataclass(frozen=True, slots=True, eq=False)
class StudySolution:
    """Solution of a study's location problem by one model."""

    answer: ModelAnswer
    """The solution."""
    pool: CandidateSet
    """Candidates, and those excluded."""
    siting: SitingResult | None
    comparison: Baselines | None
    """`siting`, `comparison`: The study's own proposals and their baselines; None unless the model
    `maximises_gain`."""
    unserved: UnservedDemand | None
    """Demand that no candidate and no centre serves; None if nothing was proposed."""


def solve(inputs: SitingInputs, *, model: str = DEFAULT_MODEL, progress: Progress = silent) -> StudySolution:
    """Solve a study's location problem by one model; all searches share `siting.seconds`.

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
    spec, budget = get_spec(model), TimeBudget(inputs.study.siting.seconds)
    progress("candidates")
    with budget.share(CANDIDATES_SHARE) as seconds:
        builder = candidate_builder(inputs, weighted_demand(inputs), deadline=Deadline(seconds), progress=progress)
        siting = search_candidates(builder, builds_all=True)
    progress("siting")
    if spec.maximises_gain and _has_question(builder):
        with budget.share(OPTIMUM_SHARE) as seconds:
            siting = solve_proposals(builder, siting, seconds)
    answer = _solve_model(inputs, siting, spec, budget)
    compared = spec.maximises_gain and bool(siting.proposals)
    return StudySolution(
        answer=answer,
        pool=siting.pool,
        siting=siting if compared else None,
        comparison=compare_baselines(siting, inputs.study.siting, budget) if compared else None,
        unserved=unserved_demand(inputs, builder, siting, budget) if _has_question(builder) else None,
    )


def solve_study(inputs: SitingInputs, *, progress: Progress = silent) -> StudySiting:
    """Choose the sites of a study by its `siting.model` and analyse the proposals; all share `siting.seconds`.

    Raises
    ------
    SitingError
        The problem is infeasible, or lacks a setting or a column that the model needs.
    StudyError
        A setting requires data that the study lacks.
    """
    study, budget = inputs.study, TimeBudget(inputs.study.siting.seconds)
    spec = get_spec(study.siting.model)
    demand = weighted_demand(inputs)
    progress("candidates")
    with budget.share(CANDIDATES_SHARE) as seconds:
        builder = candidate_builder(inputs, demand, deadline=Deadline(seconds), progress=progress)
        has_question = _has_question(builder) or (not spec.needs_sites and len(builder.uncovered) > 0)
        siting = search_candidates(builder, builds_all=has_question)
    answer = None
    progress("siting")
    if has_question:
        with budget.share(OPTIMUM_SHARE) as seconds:
            siting = solve_proposals(builder, siting, seconds)
        answer = _solve_model(inputs, siting, spec, budget)
        siting = _with_proposal(siting, answer, study.siting.sites)
    residents, groups = demand_to_gain(inputs)
    progress("siting_comparison")
    return StudySiting(
        siting=siting,
        answer=answer,
        demand_xy=builder.snaps.xy,
        weights=demand.weights,
        gains=gains_by_group(siting, residents, groups, inputs.walker, standard_min=inputs.standard_min),
        comparison=compare_baselines(siting, study.siting, budget),
        unserved=unserved_demand(inputs, builder, siting, budget) if siting.proposals else None,
        scenarios=analyse_scenarios(study, inputs.inputs, siting, inputs.groups, inputs.walker, budget),
        fair=equity_frontiers(study, inputs.inputs, inputs.walker, siting, budget),
    )


def _has_question(builder: CandidateBuilder) -> bool:
    """Return whether the study requests sites, or may move centres, and somebody can be gained."""
    return bool(builder.settings.sites or builder.options) and len(builder.uncovered) > 0


def _solve_model(inputs: SitingInputs, siting: SitingResult, spec: ModelSpec, budget: TimeBudget) -> ModelAnswer:
    """Return the model's solution of all weighted demand; that of maximal covering follows from its proposal."""
    study, solution = inputs.study, siting.solution
    values = {
        "sites": study.siting.sites,
        "minutes": f"{study.limits.standard_min:g}",
        "fade": f"{study.siting.zero_coverage_min or max(study.limits.minutes):g}",
        "backup": f"{study.siting.backup_weight:g}",
        "m2": f"{study.siting.m2_per_household or 0:g}",
    }
    objective = Phrase(f"models.objective_{spec.name}", values)
    if spec.name == DEFAULT_MODEL and solution is not None:
        served = AllDemand.of(study, inputs.inputs, inputs.groups).weight.sum() - siting.people.sum()
        certificate = solution.certificate
        moved = replace(certificate, objective=certificate.objective + served, bound=certificate.bound + served)
        before = siting.today + float(served)
        return ModelAnswer(spec, ModelResult(replace(solution, certificate=moved)), before, objective)
    problem = location_problem(inputs, siting.pool, spec)
    with budget.share(OPTIMUM_SHARE) as seconds:
        result = spec.solve(problem, seconds)
    return ModelAnswer(spec, result, _before(problem, result, siting.pool, spec), objective)


def _before(problem: LocationProblem, result: ModelResult, pool: CandidateSet, spec: ModelSpec) -> float:
    if not pool.kept_centres:
        return result.solution.before
    if not spec.maximises_gain:
        return float("nan")
    coverage = problem.coverage
    served = np.asarray(coverage.matrix[:, len(pool.new) :].sum(axis=1)).ravel() > 0
    return float(coverage.weight[served].sum())


def _with_proposal(siting: SitingResult, answer: ModelAnswer, new_sites: int) -> SitingResult:
    """Return the result with the model's sites as the last proposal, unless they are those of maximal covering."""
    if answer.spec.name == DEFAULT_MODEL:
        return siting
    sites = tuple(dict.fromkeys(answer.result.solution.sites))
    number = new_sites if answer.spec.needs_sites else len([site for site in sites if site < len(siting.pool.new)])
    proposal = siting.propose(sites, method=answer.spec.name, new_sites=number)
    return replace(siting, proposals=(*siting.proposals, proposal))


def unserved_demand(
    inputs: SitingInputs, builder: CandidateBuilder, siting: SitingResult, budget: TimeBudget
) -> UnservedDemand | None:
    """Return the demand that no candidate and no centre serves, with reasons; None without site constraints."""
    if builder.ground is None:
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
    return explain_unserved(served, context, budget)
