"""Mixed-integer programmes by HiGHS: a start, a limit in seconds, and a bound that is its own witness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, sparray

from planner.siting.solving.clock import Clock
from planner.walking.walk import FloatArray

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


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """What HiGHS found.

    Attributes
    ----------
    x
        The best solution, None where none was found.
    bound
        No solution costs less; `-inf` where nothing is known, `inf` where there is no solution.
    """

    x: FloatArray | None
    bound: float

    @property
    def is_infeasible(self) -> bool:
        """Whether it was shown that there is no solution."""
        return self.bound == np.inf


def solve(
    programme: Programme, clock: Clock, *, start: FloatArray | None = None, target: float | None = None
) -> Solved:
    """Solve a programme, on one thread, so that the same programme takes the same way.

    Parameters
    ----------
    programme
        What to minimise.
    clock
        When to stop.
    start
        A solution to begin with.
    target
        A cost that is good enough to stop at.

    Returns
    -------
    solved
        With the bound at which the search stood, whatever its status said.
    """
    import highspy

    if not len(programme.cost):
        fits = bool((programme.row_lower <= 0).all() and (programme.row_upper >= 0).all())
        return Solved(np.zeros(0), 0.0) if fits else Solved(None, np.inf)
    model = _model(programme)
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]  # its wrapper has no types
    for option, value in {
        "output_flag": False,
        "threads": 1,
        "random_seed": 0,
        "mip_rel_gap": RELATIVE_TOLERANCE,
        "mip_abs_gap": RELATIVE_TOLERANCE,
        "mip_feasibility_tolerance": 1e-7,
        "time_limit": max(clock.left, 0.01),
        **({} if target is None else {"objective_target": target}),
    }.items():
        solver.setOptionValue(option, value)
    solver.passModel(model)
    if start is not None:
        first = highspy.HighsSolution()
        first.col_value = start
        solver.setSolution(first)
    solver.run()
    status, info = solver.getModelStatus(), solver.getInfo()
    if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        return Solved(None, np.inf)
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    x = np.array(solver.getSolution().col_value) if found else None
    if programme.integral.any():
        bound = float(info.mip_dual_bound)
    else:
        finished = status == highspy.HighsModelStatus.kOptimal
        bound = float(info.objective_function_value) if finished else -np.inf
    return Solved(x, bound if np.isfinite(bound) else -np.inf)


def _model(programme: Programme) -> Any:  # noqa: ANN401 -- highspy is imported where it is used
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
