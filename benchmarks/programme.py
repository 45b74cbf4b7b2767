"""The programme of the Haibowan study: 40 premises, 600 candidates, 2 years, 3 funds; poorer, and over more years.

What is timed is the choice, proof included: from the problem to projects, years and payments. What the stages
before it find is made once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import planner
from benchmarks.processes import ROOT
from benchmarks.rounds import PLANNER, Contestant, Setting, Table, measure
from planner.config.study import read_study
from planner.programme.problem import BudgetProblem
from planner.programme.project_options import ProgrammeInputs, budget_problem, find_options
from planner.programme.solve import ProgrammeSolution, solve_programme
from planner.siting.solvers.location_bnb import compile_solvers

CANDIDATES = 594
"""Beside the six clusters that are asked for as sites: 600 in all."""
SECONDS = 20.0


def tables(setting: Setting) -> list[Table]:
    """Measure the study as it ships, with a quarter of the money, and over four years."""
    compile_solvers()
    problem = haibowan(None if setting.quick else CANDIDATES)
    asked = {
        "programme": ("", problem),
        "programme_poor": (", a quarter of the money", with_money(problem, 0.25)),
        "programme_4_years": (", the money over 4 years", over_four_years(problem)),
    }
    return [_table(key, said, one, setting) for key, (said, one) in asked.items()]


def haibowan(candidates: int | None) -> BudgetProblem:
    """Return the problem of the study's programme with so many clusters as candidates; None: as many as it has."""
    study = read_study(ROOT / "data" / "haibowan" / "study.toml")
    if candidates is not None:
        more = study.siting.model_copy(update={"candidates": candidates})
        study = study.model_copy(update={"siting": more})
    plan = planner.run(study)
    known = ProgrammeInputs(
        plan.study,
        plan.inputs,
        plan.diagnosis,
        plan.improvements.plans,
        plan.times,
        plan.coverage.demand,
        plan.siting.candidates,
        plan.candidate_times,
    )
    return budget_problem(known, find_options(known))


def with_money(problem: BudgetProblem, share: float) -> BudgetProblem:
    """Return the problem with a share of the money."""
    funds = (replace(fund, amounts=tuple(share * amount for amount in fund.amounts)) for fund in problem.funds)
    return replace(problem, funds=tuple(funds))


def over_four_years(problem: BudgetProblem) -> BudgetProblem:
    """Return the problem with each year's money in two halves."""
    funds = (
        replace(fund, amounts=tuple(amount / 2 for amount in fund.amounts for _ in range(2)))
        for fund in problem.funds
    )
    return replace(problem, funds=tuple(funds), years=2 * problem.years)


def _table(key: str, said: str, problem: BudgetProblem, setting: Setting) -> Table:
    options, funds = len(problem.options), len(problem.funds)
    title = f"Programme, Haibowan, {options} projects, {problem.years} years, {funds} funds{said}"
    work = partial(solve_programme, problem, time_limit_s=SECONDS)
    return Table(key, title, measure([Contestant(PLANNER, work, _said)], setting.rounds))


def _said(chosen: ProgrammeSolution) -> Mapping[str, str]:
    return {
        "projects": f"{len(chosen.starts)}",
        "people": f"{chosen.objective:,.0f}",
        "bound": f"{chosen.bound:,.1f}",
        "gap": f"{chosen.gap:.4%}",
        "status": chosen.status,
        "settled": f"{len(chosen.resolved)} of {len(chosen.resolvable)}",
    }
