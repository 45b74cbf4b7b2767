"""Mixed-integer programmes: a start, a limit in seconds, and a solver whose every answer is recounted.

A solver is a tool that errs: HiGHS 1.16.0, given a first solution, states the optimum and returns the first
solution. So what it returns is put into the rows and the objective again. Where it does not give what was stated,
the programme is solved another way, and the run reports it; a bound that was not kept is no bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, csr_array, vstack

from planner.messages.catalogue import Phrase
from planner.messages.notices import Notice
from planner.network.walk import FloatArray, IndexArray
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.greedy_kernels import SelectionLimits
from planner.siting.solvers.highs import MixedIntegerProgram, SolveOptions, Solver, SolverReport, run_highs

__all__ = [
    "Discrepancy",
    "MipResult",
    "MixedIntegerProgram",
    "collect_discrepancies",
    "discrepancy_notices",
    "selection_rows",
    "solve",
]

RELATIVE_TOLERANCE = 1e-6
"""A recounted cost, row or bound may be so far from what was stated, as a share: solvers calculate with 1e-7."""

BUDGET_TOLERANCE = 1e-9
"""Relative rounding error allowed in a budget."""

WHOLE_TOLERANCE = 1e-5
"""A whole variable may be so far from a whole number: rounding it cannot change which number is meant."""

SECOND_TRY_S = 1.0
"""An answer that does not hold is sought once more for at least so long, even where time is over, seconds."""

OTHER_WAYS = (SolveOptions(from_start=False, seed=1), SolveOptions(from_start=False, seed=2, presolve=False))
"""How a programme is solved where the first answer does not hold."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One programme for which a solver returned other than it stated."""

    reasons: tuple[str, ...]
    """What did not hold, one key for each way that was tried in vain: `words.doubt_<reason>` states it."""
    is_settled: bool
    """Whether another way of solving gave an answer that holds; else no bound is known."""


_noted: ContextVar[list[Discrepancy] | None] = ContextVar("solver_doubts", default=None)


@contextmanager
def collect_discrepancies() -> Iterator[list[Discrepancy]]:
    """Collect the doubts of all that is solved inside.

    Examples
    --------
    >>> with collect_discrepancies() as doubts:
    ...     record_discrepancy(Discrepancy(("objective",), True))
    >>> [doubt.reasons for doubt in doubts]
    [('objective',)]
    """
    outer, inner = _noted.get(), list[Discrepancy]()
    token = _noted.set(inner)
    try:
        yield inner
    finally:
        _noted.reset(token)
        if outer is not None:
            outer.extend(inner)


def record_discrepancy(doubt: Discrepancy) -> None:
    """Keep a doubt for whoever collects them."""
    noted = _noted.get()
    if noted is not None:
        noted.append(doubt)


def discrepancy_notices(doubts: Sequence[Discrepancy], *, version: str) -> tuple[Notice, ...]:
    """Return what a reader must know of a solver that did not return what it stated: nothing, or one notice."""
    if not doubts:
        return ()
    open_still = sum(not doubt.is_settled for doubt in doubts)
    values = {
        "version": version,
        "count": len(doubts),
        "open": open_still,
        "reason": Phrase(f"words.doubt_{doubts[0].reasons[0]}"),
    }
    return (Notice("solver_doubted_open" if open_still else "solver_doubted", "siting", values=values),)


@dataclass(frozen=True, slots=True, eq=False)
class MipResult:
    """What was found, recounted."""

    x: FloatArray | None
    """The best solution that keeps every row, None where none was found."""
    bound: float
    """No solution costs less; `-inf` where nothing is known, `inf` where there is no solution."""

    @property
    def is_infeasible(self) -> bool:
        """Whether it was shown that there is no solution."""
        return self.bound == np.inf


def solve(
    programme: MixedIntegerProgram,
    deadline: Deadline,
    *,
    start: FloatArray | None = None,
    target: float | None = None,
    solver: Solver = run_highs,
) -> MipResult:
    """Solve a programme, and believe only what can be recounted.

    That there is no solution is believed where two methods of solution report it.

    Parameters
    ----------
    programme
        What to minimise.
    deadline
        When to stop.
    start
        A solution to begin with.
    target
        A cost that is good enough to stop at.
    solver
        What solves it.

    Returns
    -------
    solved
        With the bound at which the search stood, whatever its status stated.
    """
    if not len(programme.cost):
        fits = bool((programme.row_lower <= 0).all() and (programme.row_upper >= 0).all())
        return MipResult(np.zeros(0), 0.0) if fits else MipResult(None, np.inf)
    best = start if start is not None and _broken(programme, start) is None else None
    reasons: list[str] = []
    none_there = 0
    for number, way in enumerate((SolveOptions(), *OTHER_WAYS)):
        if number > 1 and deadline.is_over:
            break
        time_limit_s = max(deadline.remaining_s, SECOND_TRY_S) if number else deadline.remaining_s
        stated = solver(
            programme, way, time_limit_s=time_limit_s, start=start if way.from_start else None, target=target
        )
        reason = _doubt(programme, stated, best, target)
        if stated.x is not None and _broken(programme, stated.x) is None:
            best = _cheaper(programme, stated.x, best)
            # An earlier status without a solution was wrong.
            reasons += ["infeasible"] * none_there
            none_there = 0
        if reason is not None:
            reasons.append(reason)
            continue
        none_there += stated.is_infeasible
        if none_there == 1 and stated.is_infeasible:
            continue
        if reasons:
            record_discrepancy(Discrepancy(tuple(reasons), is_settled=True))
        return MipResult(None, np.inf) if none_there > 1 else MipResult(best, stated.bound)
    if reasons:
        record_discrepancy(Discrepancy(tuple(reasons), is_settled=False))
    return MipResult(best, -np.inf)


def _doubt(
    programme: MixedIntegerProgram, stated: SolverReport, incumbent: FloatArray | None, target: float | None
) -> str | None:
    """Return why what a solver states cannot be so; None where it holds."""
    if stated.is_infeasible:
        return None if incumbent is None and stated.x is None else "infeasible"
    if stated.x is None:
        return "nothing" if stated.is_optimal else _beyond(programme, incumbent, stated.bound)
    broken = _broken(programme, stated.x)
    if broken is not None:
        return broken
    cost = float(programme.cost @ stated.x)
    if not _near(cost, stated.objective):
        return "objective"
    stopped_early = target is not None and cost <= target
    if stated.is_optimal and not stopped_early and not _near(cost, stated.bound):
        return "bound"
    return _beyond(programme, _cheaper(programme, stated.x, incumbent), stated.bound)


def _beyond(programme: MixedIntegerProgram, incumbent: FloatArray | None, bound: float) -> str | None:
    """Return that a bound is above what a known solution costs, else None."""
    if np.isnan(bound) or bound == np.inf:
        return "bound"
    if incumbent is None:
        return None
    cost = float(programme.cost @ incumbent)
    return None if bound <= cost or _near(cost, bound) else "bound"


def _broken(programme: MixedIntegerProgram, x: FloatArray) -> str | None:
    """Return which part of a programme a solution breaks; None where it keeps all."""
    if len(x) != len(programme.cost) or not np.isfinite(x).all():
        return "numbers"
    slack = RELATIVE_TOLERANCE * np.maximum(1.0, np.abs(x))
    if (x < programme.lower - slack).any() or (x > programme.upper + slack).any():
        return "rows"
    whole = x[programme.integral]
    if (np.abs(whole - np.round(whole)) > WHOLE_TOLERANCE).any():
        return "whole"
    matrix = csc_array(programme.matrix)
    rows, size = matrix @ x, abs(matrix) @ np.abs(x)
    slack = RELATIVE_TOLERANCE * np.maximum(1.0, size)
    if (rows < programme.row_lower - slack).any() or (rows > programme.row_upper + slack).any():
        return "rows"
    return None


def _cheaper(programme: MixedIntegerProgram, one: FloatArray, other: FloatArray | None) -> FloatArray:
    return one if other is None or float(programme.cost @ one) <= float(programme.cost @ other) else other


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= RELATIVE_TOLERANCE * max(1.0, abs(one), abs(other))


def selection_rows(limits: SelectionLimits, fixed: IndexArray) -> tuple[csr_array, FloatArray]:
    """Return a matrix, shape (limits, columns), and what each of its rows may be at most.

    One row a quota, one for money, one for each group of more than one column. Fixed columns are in none of them.
    """
    columns = len(limits.cost)
    free = np.ones(columns, dtype=bool)
    free[fixed] = False
    place = np.flatnonzero(free)
    shape = (len(limits.most), columns)
    parts = [csr_array((np.ones(len(place)), (limits.kind[place], place)), shape=shape)]
    most = [limits.most.astype(np.float64)]
    if np.isfinite(limits.budget):
        parts.append(csr_array((limits.cost * free)[None, :]))
        most.append(np.array([limits.budget * (1 + BUDGET_TOLERANCE)]))
    size = np.bincount(limits.group[place], minlength=columns)
    shared = place[size[limits.group[place]] > 1]
    if len(shared):
        _, number = np.unique(limits.group[shared], return_inverse=True)
        groups = int(number.max()) + 1
        parts.append(csr_array((np.ones(len(shared)), (number, shared)), shape=(groups, columns)))
        most.append(np.ones(groups))
    return csr_array(vstack(parts, format="csr")), np.concatenate(most)
