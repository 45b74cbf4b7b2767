"""Baselines of the optimum: greedy, the curve of the number of sites, and near-optimal alternatives."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from planner.config.sections.siting import SitingSettings as Settings
from planner.siting.alternatives import Alternative, find_alternatives
from planner.siting.candidates.candidate import candidate_xy
from planner.siting.models.maximal_covering import solve_covering
from planner.siting.problem import CoverageMatrix, SelectionConstraints, coverage_pairs
from planner.siting.proposals import Proposal, SitingResult
from planner.siting.solution import Certificate, Certified, Solution
from planner.siting.solvers.deadline import TimeBudget
from planner.siting.solvers.location_bnb import start_deadline
from planner.siting.solvers.value_tables import build_value_table

CURVE_SHARE, ALTERNATIVES_SHARE = 0.5, 0.5
"""Share of the time left that each may take."""


@dataclass(frozen=True, slots=True)
class CurvePoint(Certified):
    """Optimum for one number of sites.

    Attributes
    ----------
    sites
        Maximum number of new sites.
    certificate
        People gained against today.
    added
        Increase over the optimum of one site fewer; the two may have different sites.
    """

    sites: int
    certificate: Certificate
    added: float

    @property
    def people_gained(self) -> float:
        """People gained against today."""
        return self.certificate.objective


@dataclass(frozen=True, slots=True, eq=False)
class Baselines:
    """Baselines of the optimum.

    Attributes
    ----------
    greedy
        People gained by the greedy choice; None without proposals.
    curve
        Optimum for each number of sites, up to twice the requested number.
    others
        Near-optimal alternatives.
    other_plans
        The same as proposals.
    """

    greedy: float | None
    curve: tuple[CurvePoint, ...]
    others: tuple[Alternative, ...]
    other_plans: tuple[Proposal, ...]


def compare_baselines(siting: SitingResult, settings: Settings, budget: TimeBudget | None = None) -> Baselines:
    """Compute the baselines of the optimum; curve and alternatives share the budget."""
    constraints, solution = siting.constraints, siting.solution
    if constraints is None or solution is None:
        return Baselines(None, (), (), ())
    budget = budget or TimeBudget(settings.seconds)
    coverage, free, today = (
        CoverageMatrix(siting.matrix, siting.people),
        len(siting.pool.kept_centres),
        siting.today,
    )
    most = min(2 * settings.sites, len(siting.pool.new))
    with budget.share(CURVE_SHARE) as seconds:
        limit = replace(constraints, sites=free + most)
        solutions = coverage_curve(coverage, limit, time_limit_s=seconds, seed=settings.seed)[free:]
    curve, before = [], 0.0
    for sites, one in enumerate(solutions, start=1):
        gained = one.objective - today
        curve.append(CurvePoint(sites, Certificate(gained, one.bound - today, one.status), gained - before))
        before = gained
    with budget.share(ALTERNATIVES_SHARE) as seconds:
        others = find_alternatives(
            coverage,
            constraints,
            solution,
            xy=candidate_xy(siting.pool.candidates),
            near_m=settings.alternatives_near_m,
            within=settings.alternatives_within,
            differing=settings.alternatives_differ,
            each_drops_another=True,
            count=settings.alternatives,
            time_limit_s=seconds,
            seed=settings.seed,
        )
    plans = tuple(
        siting.propose(other.solution.sites, method="alternative", new_sites=settings.sites) for other in others
    )
    greedy = None if solution.greedy is None else solution.greedy - today
    return Baselines(greedy, tuple(curve), others, plans)


def coverage_curve(
    coverage: CoverageMatrix, constraints: SelectionConstraints, *, time_limit_s: float, seed: int = 0
) -> tuple[Solution, ...]:
    """Solve maximal covering for 1, 2, … sites up to the maximum of the constraints.

    Each search starts from the previous solution. The bound of a stopped search is lowered to the bound of the
    next number of sites, since fewer sites serve no more.

    Parameters
    ----------
    coverage, constraints, time_limit_s, seed
        See `planner.siting.models`. The time limit is for all numbers together.

    Returns
    -------
    solutions
        One for each number of sites; objectives never decrease.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> matrix = csr_array(np.array([[1, 0, 1], [1, 0, 0], [0, 1, 1]], dtype=bool))
    >>> question = CoverageMatrix(matrix, np.array([5.0, 2.0, 4.0]))
    >>> [one.objective for one in coverage_curve(question, SelectionConstraints(sites=3), time_limit_s=9)]
    [9.0, 11.0, 11.0]
    """
    constraints.limits(coverage.matrix.shape[1])
    deadline = start_deadline(time_limit_s)
    row, column = coverage_pairs(coverage.matrix)
    values = build_value_table(row, column, coverage.weight[row], coverage.matrix.shape)
    most = constraints.sites or 0
    solutions: list[Solution] = []
    for sites in range(1, most + 1):
        share = deadline.capped_at(deadline.remaining_s / (most + 1 - sites))
        starts = [np.array(solution.sites, dtype=np.int64) for solution in solutions[-1:]]
        limited = replace(constraints, sites=sites)
        solutions.append(
            solve_covering("maximal_covering", values, coverage.weight, limited, share, seed=seed, starts=starts)
        )
    for place in range(len(solutions) - 2, -1, -1):
        one = solutions[place]
        bound = max(one.objective, min(one.bound, solutions[place + 1].bound))
        solutions[place] = replace(one, certificate=Certificate.of(one.objective, bound))
    return tuple(solutions)
