"""Maximal covering of several population groups, each with its own weight and limit."""

from __future__ import annotations

from planner.siting.model_spec import ModelResult, ModelSpec
from planner.siting.models import maximal_covering
from planner.siting.problem import LocationProblem


def _solve(problem: LocationProblem, time_limit_s: float) -> ModelResult:
    if len(set(problem.kind.tolist())) == 1:
        raise problem.refuse("siting_one_kind")
    return maximal_covering.solve_problem(problem, time_limit_s)


SPEC = ModelSpec(
    "kinds",
    _solve,
    "max Σₖ wₖ Σᵢ aᵢₖ xᵢₖ; xᵢₖ ≤ Σ yⱼ over j within the limit of group k; Σⱼ yⱼ ≤ p",
    "Church, ReVelle 1974",
    counts_first_site_only=True,
    maximises_gain=True,
)
