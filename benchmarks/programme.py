"""The programme of the Haibowan study: 40 premises, 600 candidates, 2 years, 3 funds; poorer, and over more years.

What is timed is the choice, proof included: from the question to projects, years and payments. What the stages
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
from planner.programme.problem import Question
from planner.programme.project_options import Known, offers_of, question_of
from planner.programme.solve import Chosen, choose
from planner.siting.solvers.precompile import compile_solvers

CANDIDATES, QUICK_CANDIDATES = 594, 60
"""Beside the six clusters that are asked for as sites: 600 in all."""
SECONDS = 20.0


def tables(setting: Setting) -> list[Table]:
    """Measure the study as it ships, with a quarter of the money, and over four years."""
    compile_solvers()
    question = haibowan(QUICK_CANDIDATES if setting.quick else CANDIDATES)
    asked = {
        "programme": ("", question),
        "programme_poor": (", a quarter of the money", with_money(question, 0.25)),
        "programme_4_years": (", the money over 4 years", over_four_years(question)),
    }
    return [_table(key, said, one, setting) for key, (said, one) in asked.items()]


def haibowan(candidates: int) -> Question:
    """Return the question of the study's programme with so many clusters as candidates."""
    study = read_study(ROOT / "data" / "haibowan" / "study.toml")
    more = study.siting.model_copy(update={"candidates": candidates})
    plan = planner.run(study.model_copy(update={"siting": more}))
    known = Known(
        plan.study,
        plan.inputs,
        plan.diagnosis,
        plan.improvements.plans,
        plan.times,
        plan.coverage.demand,
        plan.siting.candidates,
        plan.candidate_times,
    )
    return question_of(known, offers_of(known))


def with_money(question: Question, share: float) -> Question:
    """Return the question with a share of the money."""
    funds = (replace(fund, amounts=tuple(share * amount for amount in fund.amounts)) for fund in question.funds)
    return replace(question, funds=tuple(funds))


def over_four_years(question: Question) -> Question:
    """Return the question with each year's money in two halves."""
    funds = (
        replace(fund, amounts=tuple(amount / 2 for amount in fund.amounts for _ in range(2)))
        for fund in question.funds
    )
    return replace(question, funds=tuple(funds), years=2 * question.years)


def _table(key: str, said: str, question: Question, setting: Setting) -> Table:
    options, funds = len(question.options), len(question.funds)
    title = f"Programme, Haibowan, {options} projects, {question.years} years, {funds} funds{said}"
    work = partial(choose, question, seconds=SECONDS)
    return Table(key, title, measure([Contestant(PLANNER, work, _said)], setting.rounds))


def _said(chosen: Chosen) -> Mapping[str, str]:
    return {
        "projects": f"{len(chosen.starts)}",
        "people": f"{chosen.objective:,.0f}",
        "bound": f"{chosen.bound:,.1f}",
        "gap": f"{chosen.gap:.4%}",
        "status": chosen.status,
        "settled": f"{len(chosen.settled)} of {len(chosen.settleable)}",
    }
