"""One call of HiGHS: a programme in, what the solver states out. Whether to believe it is decided elsewhere."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, sparray

from planner.network.walk import FloatArray

if TYPE_CHECKING:
    import highspy

OUT, ERR = 1, 2

FEASIBILITY = 1e-7
"""By how much a row may be broken in the solver's arithmetic: its bounds are bounds of rows so much wider."""

RELATIVE_TOLERANCE = 1e-9
"""HiGHS goes on until its bound is this near; whether that proves anything is for the model to state."""


@dataclass(frozen=True, slots=True, eq=False)
class MixedIntegerProgram:
    """Minimise ``cost @ x`` with ``row_lower <= matrix @ x <= row_upper`` and ``lower <= x <= upper``.

    Attributes
    ----------
    cost, lower, upper
        Of each variable, shape (variables,).
    matrix
        Shape (rows, variables).
    row_lower, row_upper
        Shape (rows,).
    integral
        Which variables are whole numbers, shape (variables,).
    """

    cost: FloatArray
    matrix: sparray
    row_lower: FloatArray
    row_upper: FloatArray
    lower: FloatArray
    upper: FloatArray
    integral: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SolveOptions:
    """One way to solve a programme: from a first solution or without one, with which seed, simplified or not."""

    from_start: bool = True
    seed: int = 0
    presolve: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class SolverReport:
    """What a solver states."""

    x: FloatArray | None
    """The solution that it returns; None where it returns none."""
    objective: float
    """What it states that this solution costs; nan where it reports nothing."""
    bound: float
    """What it states that no solution costs less than; `-inf` where it reports nothing."""
    is_infeasible: bool = False
    """Whether it states that there is no solution."""
    is_optimal: bool = False
    """Whether it states that none costs less than the one it returns."""


class Solver(Protocol):
    """What solves a programme in one of several ways."""

    def __call__(
        self,
        programme: MixedIntegerProgram,
        way: SolveOptions,
        *,
        time_limit_s: float,
        start: FloatArray | None,
        target: float | None,
    ) -> SolverReport:
        """Return what the solver states after so many seconds at most."""


def run_highs(
    programme: MixedIntegerProgram,
    way: SolveOptions,
    *,
    time_limit_s: float,
    start: FloatArray | None,
    target: float | None,
) -> SolverReport:
    """Solve a programme by HiGHS on one thread, so that the same programme takes the same way."""
    import highspy

    with _banner_to_errors():
        solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]  # its wrapper has no types
    for option, value in {
        "output_flag": False,
        "threads": 1,
        "random_seed": way.seed,
        "presolve": "choose" if way.presolve else "off",
        "mip_rel_gap": RELATIVE_TOLERANCE,
        "mip_abs_gap": RELATIVE_TOLERANCE,
        "mip_feasibility_tolerance": FEASIBILITY,
        "time_limit": max(time_limit_s, 0.01),
        **({} if target is None else {"objective_target": target}),
    }.items():
        solver.setOptionValue(option, value)
    solver.passModel(_model(programme))
    if start is not None and way.from_start:
        first = highspy.HighsSolution()
        first.col_value = start
        solver.setSolution(first)
    solver.run()
    status, info = solver.getModelStatus(), solver.getInfo()
    none = (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible)
    is_optimal = status == highspy.HighsModelStatus.kOptimal
    is_feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    objective = float(info.objective_function_value)
    # A linear programme has no bound of its own: its optimum is one.
    of_itself = objective if is_optimal else -np.inf
    bound = float(info.mip_dual_bound) if programme.integral.any() else of_itself
    return SolverReport(
        x=np.array(solver.getSolution().col_value, dtype=np.float64) if is_feasible else None,
        objective=objective if is_feasible else np.nan,
        bound=bound if np.isfinite(bound) else -np.inf,
        is_infeasible=status in none,
        is_optimal=is_optimal,
    )


_first = Lock()
_greeted = False


@contextmanager
def _banner_to_errors() -> Iterator[None]:
    """Let what HiGHS prints when it is first made go to standard error.

    From 1.16.0 on it writes a banner to file descriptor 1 of the process, and has no option against it. Commands
    keep that descriptor free themselves; a script or a notebook that uses the library does not. Once a process:
    what another thread prints in that moment is shown on standard error, and not lost.
    """
    global _greeted  # noqa: PLW0603 -- the banner is the process's, not a solver's
    with _first:
        if _greeted:
            yield
            return
        _greeted = True
        _flush()
        try:
            kept = os.dup(OUT)
        except OSError:
            # Nobody listens on standard output.
            yield
            return
        try:
            with suppress(OSError):
                os.dup2(ERR, OUT)
            yield
        finally:
            _flush()
            os.dup2(kept, OUT)
            os.close(kept)


def _flush() -> None:
    """Write what C has not written yet."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).fflush(None)


def highs_version() -> str:
    """Return the version of HiGHS that is installed."""
    from importlib.metadata import version

    return version("highspy")


def _model(programme: MixedIntegerProgram) -> highspy.HighsLp:
    import highspy

    matrix = csc_array(programme.matrix)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(programme.cost), len(programme.row_lower)
    model.col_cost_, model.col_lower_, model.col_upper_ = programme.cost, programme.lower, programme.upper
    model.row_lower_, model.row_upper_ = programme.row_lower, programme.row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
    model.a_matrix_.value_ = matrix.data.astype(np.float64)
    if programme.integral.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        model.integrality_ = [kinds[int(whole)] for whole in programme.integral]
    return model
