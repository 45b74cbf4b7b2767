"""Programmes of a plan with other funds."""

from __future__ import annotations

from dataclasses import replace

from planner.api.arguments import check_number
from planner.messages.errors import DataError, Issue
from planner.pipeline import carry_out
from planner.programme.programme import Programme
from planner.programme.project_options import ProgrammeInputs
from planner.results import Plan


def fund_programme(plan: Plan, share: float = 1.0) -> Programme:
    """Select the projects of a plan again with more or less money.

    Parameters
    ----------
    plan
        Plan of a study with `[programme]` and its funds.
    share
        Every amount of every fund is multiplied by this: 0.5 is half the money.

    Returns
    -------
    programme
        Projects by year with their funding; `resolved`, `people`, `bound` and `status`; `funding_gap`, the money
        missing to resolve all that is resolvable.

    Raises
    ------
    PlannerError
        The study of the plan has no funds.
    """
    factor = check_number("share", share)
    settings = plan.study.programme
    if not settings.funds:
        raise DataError("fund_programme", [Issue("no_programme")])
    funds = tuple(
        fund.model_copy(update={"amounts": tuple(factor * amount for amount in fund.amounts)})
        for fund in settings.funds
    )
    study = plan.study.model_copy(update={"programme": settings.model_copy(update={"funds": funds})})
    given = ProgrammeInputs(
        study=study,
        tables=plan.inputs,
        diagnosis=plan.diagnosis,
        remedies=plan.improvements.plans,
        times=plan.times,
        demand=plan.coverage.demand,
        candidates=plan.siting.candidates,
        candidate_times=plan.candidate_times,
        in_scenario=plan.scenario is not None,
    )
    programme, _ = carry_out(replace(plan.prepared, study=study), given)
    assert programme is not None  # noqa: S101 - it has funds
    return programme
