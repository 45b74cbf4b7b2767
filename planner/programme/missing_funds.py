"""What money is missing so that all weak premises meet the standard by the last year: the least, by fund."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.network.walk import FloatArray
from planner.programme.formulation import Layout, Rows, formulate
from planner.programme.problem import Question
from planner.siting.solution import Status, status_of
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.mip import solve

SLACK = 1e-7
"""How much dearer than the least, as a share, the extra money may be when it is shared out: the arithmetic's."""


@dataclass(frozen=True, slots=True, eq=False)
class Missing:
    """The least extra money with which all weak premises that a project settles would be settled in time.

    Attributes
    ----------
    total
        All of it; nan where no money helps: too few may begin in a year, or what must come first comes too late.
    bound
        With less it cannot be done.
    status
        As in `planner.siting.solution.Solution`; ``"infeasible"`` where no money helps.
    extra
        By fund and year, shape (funds, years). Among ways with the same total the funds named first are asked.
    """

    total: float
    bound: float
    status: Status
    extra: FloatArray


def missing_money(question: Question, clock: Deadline) -> Missing:
    """Find the least extra money that settles all weak premises which some project settles.

    Parameters
    ----------
    question
        The projects that settle them, and those that must come before.
    clock
        When to stop.
    """
    layout = Layout(question, has_extra=True)
    every = len(question.settled_by)
    cost = np.zeros(layout.variables)
    cost[layout.extra_from :] = 1.0
    none = np.zeros((len(question.funds), question.years))
    found = solve(formulate(layout, cost, settled=every), clock)
    if found.x is None:
        status: Status = "infeasible" if found.is_infeasible else "stopped"
        return Missing(np.nan, np.inf if found.is_infeasible else max(0.0, found.bound), status, none)
    total = float(found.x[layout.extra_from :].sum())
    bound = min(total, max(0.0, found.bound))
    x = found.x
    if len(question.funds) > 1:
        ranked = cost.copy()
        ranked[layout.extra_from :] = np.tile(np.arange(len(question.funds)), question.years)
        keep = Rows()
        columns = range(layout.extra_from, layout.variables)
        keep.at_most([(column, 1.0) for column in columns], total * (1 + SLACK) + SLACK)
        again = solve(formulate(layout, ranked, settled=every, further=keep), clock, start=found.x)
        x = found.x if again.x is None else again.x
    extra = x[layout.extra_from :].reshape(question.years, len(question.funds)).T
    return Missing(total, bound, status_of(total, bound), np.maximum(extra, 0.0))
