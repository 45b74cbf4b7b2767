"""One call of HiGHS: a programme in, what the solver states out. Whether to believe it is decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, sparray

from planner.walking.walk import FloatArray

if TYPE_CHECKING:
    import highspy

RELATIVE_TOLERANCE = 1e-9
"""HiGHS goes on until its bound is this near; whether that proves anything is for the model to say."""


@dataclass(frozen=True, slots=True, eq=False)
class Programme:
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
class Way:
    """One way to solve a programme: from a first solution or without one, with which seed, simplified or not."""

    from_start: bool = True
    seed: int = 0
    presolve: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Stated:
    """What a solver states.

    Attributes
    ----------
    x
        The solution that it returns; None where it returns none.
    objective
        What it says that this solution costs; nan where it says nothing.
    bound
        What it says that no solution costs less than; `-inf` where it says nothing.
    is_infeasible
        Whether it says that there is no solution.
    is_optimal
        Whether it says that none costs less than the one it returns.
    """

    x: FloatArray | None
    objective: float
    bound: float
    is_infeasible: bool = False
    is_optimal: bool = False


class Solver(Protocol):
    """What solves a programme in one of several ways."""

    def __call__(
        self, programme: Programme, way: Way, *, seconds: float, start: FloatArray | None, target: float | None
    ) -> Stated:
        """Return what the solver states after so many seconds at most."""


def ask_highs(
    programme: Programme, way: Way, *, seconds: float, start: FloatArray | None, target: float | None
) -> Stated:
    """Solve a programme by HiGHS on one thread, so that the same programme takes the same way."""
    import highspy

    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]  # its wrapper has no types
    for option, value in {
        "output_flag": False,
        "threads": 1,
        "random_seed": way.seed,
        "presolve": "choose" if way.presolve else "off",
        "mip_rel_gap": RELATIVE_TOLERANCE,
        "mip_abs_gap": RELATIVE_TOLERANCE,
        "mip_feasibility_tolerance": 1e-7,
        "time_limit": max(seconds, 0.01),
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
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    objective = float(info.objective_function_value)
    # A linear programme has no bound of its own: its optimum is one.
    of_itself = objective if is_optimal else -np.inf
    bound = float(info.mip_dual_bound) if programme.integral.any() else of_itself
    return Stated(
        x=np.array(solver.getSolution().col_value, dtype=np.float64) if found else None,
        objective=objective if found else np.nan,
        bound=bound if np.isfinite(bound) else -np.inf,
        is_infeasible=status in none,
        is_optimal=is_optimal,
    )


def highs_version() -> str:
    """Return the version of HiGHS that is installed."""
    from importlib.metadata import version

    return version("highspy")


def _model(programme: Programme) -> highspy.HighsLp:
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
