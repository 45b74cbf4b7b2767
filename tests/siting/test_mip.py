"""What a solver returns is recounted: a fake one lies in every way, and the real one did in 1.16.0."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pytest
from phrases import phrase
from scipy.sparse import csc_array, csr_array

from planner.network.walk import FloatArray
from planner.siting.models.backup_covering import backup_covering
from planner.siting.models.capacitated_covering import capacitated_covering
from planner.siting.problem import CoverageMatrix, SelectionConstraints
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.highs import MixedIntegerProgram, SolveOptions, SolverReport, run_highs
from planner.siting.solvers.mip import Discrepancy, MipResult, collect_discrepancies, discrepancy_notices, solve

CASE = Path(__file__).parents[1] / "cases" / "solver_start"

# Two of three things of worth 3, 2 and 2 fit; the best is 5. The first solution is worth 4.
KNAPSACK = MixedIntegerProgram(
    cost=np.array([-3.0, -2.0, -2.0]),
    matrix=csr_array(np.array([[1.0, 1.0, 1.0]])),
    row_lower=np.array([-np.inf]),
    row_upper=np.array([2.0]),
    lower=np.zeros(3),
    upper=np.ones(3),
    integral=np.ones(3, dtype=bool),
)
START = np.array([0.0, 1.0, 1.0])
BEST = np.array([1.0, 1.0, 0.0])
LP = replace(KNAPSACK, integral=np.zeros(3, dtype=bool))
NO_SOLUTION = replace(KNAPSACK, row_lower=np.array([4.0]), row_upper=np.array([np.inf]))

TRUE = SolverReport(BEST, -5.0, -5.0, is_optimal=True)
LIES: dict[str, tuple[str, Callable[[SolverReport], SolverReport]]] = {
    "returns the first solution": ("objective", lambda true: replace(true, x=START)),
    "states another objective": ("objective", lambda true: replace(true, objective=-6.0, bound=-6.0)),
    "states no objective": ("objective", lambda true: replace(true, objective=np.nan)),
    "states a bound above its solution": ("bound", lambda true: replace(true, bound=-4.5, is_optimal=False)),
    "states an optimum far from its bound": ("bound", lambda true: replace(true, bound=-9.0)),
    "states no number as its bound": ("bound", lambda true: replace(true, bound=np.nan, is_optimal=False)),
    "has a bound that the first solution beats": ("bound", lambda _: SolverReport(None, np.nan, -3.0)),
    "breaks a row": ("rows", lambda _: SolverReport(np.ones(3), -7.0, -7.0, is_optimal=True)),
    "leaves the bounds of a variable": (
        "rows",
        lambda _: SolverReport(np.array([2.0, 0.0, 0.0]), -6.0, -6.0, is_optimal=True),
    ),
    "returns a part of a whole": (
        "whole",
        lambda _: SolverReport(np.array([1.0, 0.5, 0.5]), -5.0, -5.0, is_optimal=True),
    ),
    "returns no numbers": ("numbers", lambda true: replace(true, x=np.full(3, np.nan))),
    "returns too few": ("numbers", lambda true: replace(true, x=np.ones(2))),
    "returns nothing for an optimum": ("nothing", lambda true: replace(true, x=None, objective=np.nan)),
    "denies that there is a solution": (
        "infeasible",
        lambda _: SolverReport(None, np.nan, -np.inf, is_infeasible=True),
    ),
}


@dataclass
class Liar:
    """A solver that lies for so many calls, and then tells the truth."""

    lie: SolverReport
    times: int
    truth: SolverReport = TRUE
    ways: list[SolveOptions] = field(default_factory=list)
    starts: list[FloatArray | None] = field(default_factory=list)

    def __call__(self, programme: MixedIntegerProgram, way: SolveOptions, **given: Any) -> SolverReport:  # noqa: ANN401
        del programme
        self.ways.append(way)
        self.starts.append(given["start"])
        return self.lie if len(self.ways) <= self.times else self.truth


def solved(liar: Liar, *, start: FloatArray | None = START) -> tuple[MipResult, list[Discrepancy]]:
    with collect_discrepancies() as doubts:
        found = solve(KNAPSACK, Deadline(9.0), start=start, solver=liar)
    return found, doubts


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_found_out_and_the_programme_solved_another_way(name: str) -> None:
    reason, lie = LIES[name]
    liar = Liar(lie(TRUE), times=1)
    found, doubts = solved(liar)
    assert found.x is not None
    assert (found.x.tolist(), found.bound) == (BEST.tolist(), -5.0)
    assert doubts == [Discrepancy((reason,), is_settled=True)]
    # The second way begins from nothing: the first solution may be what led the solver astray.
    assert [start is None for start in liar.starts] == [False, True]


@pytest.mark.parametrize("name", LIES)
def test_a_solver_that_always_lies_proves_nothing(name: str) -> None:
    reason, lie = LIES[name]
    liar = Liar(lie(TRUE), times=9)
    found, doubts = solved(liar)
    assert found.bound == -np.inf
    assert not found.is_infeasible
    # What it returned and what was known before still count, as far as they keep the rows.
    assert found.x is not None
    assert float(KNAPSACK.cost @ found.x) in (-4.0, -5.0)
    assert doubts == [Discrepancy((reason,) * 3, is_settled=False)]
    assert len(set(liar.ways)) == 3


def test_the_truth_is_believed_at_once() -> None:
    liar = Liar(TRUE, times=0)
    found, doubts = solved(liar)
    assert (found.bound, doubts, len(liar.ways)) == (-5.0, [], 1)


def test_a_solver_that_was_stopped_has_not_lied() -> None:
    stopped = SolverReport(START, -4.0, -6.0)
    found, doubts = solved(Liar(stopped, times=9))
    assert (found.bound, doubts) == (-6.0, [])
    found, doubts = solved(Liar(SolverReport(None, np.nan, -np.inf), times=9))
    assert found.x is not None
    assert (found.x.tolist(), found.bound, doubts) == (START.tolist(), -np.inf, [])


def test_that_there_is_no_solution_takes_two_ways_to_believe() -> None:
    none = SolverReport(None, np.nan, -np.inf, is_infeasible=True)
    liar = Liar(none, times=9)
    found, doubts = solved(liar, start=None)
    assert found.is_infeasible
    assert (len(liar.ways), doubts) == (2, [])
    found, doubts = solved(Liar(none, times=1), start=None)
    assert (found.bound, doubts) == (-5.0, [Discrepancy(("infeasible",), is_settled=True)])


@pytest.mark.parametrize("programme", [KNAPSACK, LP])
def test_highs_holds_on_a_small_programme(programme: MixedIntegerProgram) -> None:
    with collect_discrepancies() as doubts:
        found = solve(programme, Deadline(9.0))
    assert found.x is not None
    assert float(programme.cost @ found.x) == pytest.approx(-5.0)
    assert found.bound == pytest.approx(-5.0)
    assert not doubts


def test_highs_says_twice_that_there_is_no_solution() -> None:
    assert solve(NO_SOLUTION, Deadline(9.0)).is_infeasible


def test_the_case_of_highs_1_16_is_solved_to_its_optimum() -> None:
    programme = _read(CASE / "model.mps")
    start = np.array(json.loads((CASE / "start.json").read_text("utf-8"))["start"])
    assert float(programme.cost @ start) == pytest.approx(-44.8)
    with collect_discrepancies() as doubts:
        found = solve(programme, Deadline(20.0), start=start)
    assert found.x is not None
    # Brute force over the eight columns says 52.8, whatever the solver's version.
    assert float(programme.cost @ found.x) == pytest.approx(-52.8)
    assert found.bound == pytest.approx(-52.8)
    first = run_highs(programme, SolveOptions(), time_limit_s=20.0, start=start, target=None)
    assert first.x is not None
    lied = abs(float(programme.cost @ first.x) - first.objective) > 1e-6
    assert len(doubts) == lied


def test_models_reach_their_optimum_whatever_the_start() -> None:
    """Nine small towns: every backup and capacitated answer is as good as the best of all choices."""
    for seed in range(9):
        random = np.random.default_rng(seed)
        covers = random.random((9, 6)) < 0.4
        weight = random.integers(1, 9, 9).astype(float)
        question = CoverageMatrix(csr_array(covers), weight)
        twos = [(a, b) for a in range(6) for b in range(a)]
        most = 0.0
        for pair in twos:
            times = covers[:, list(pair)].sum(axis=1)
            most = max(most, float(weight @ (0.7 * (times > 0) + 0.3 * (times > 1))))
        found = backup_covering(question, SelectionConstraints(sites=2), backup=0.3, time_limit_s=9)
        assert found.objective == pytest.approx(most)
        assert found.status == "optimal"
        roomy = capacitated_covering(
            question,
            SelectionConstraints(sites=2),
            households=np.ones(9),
            capacity=np.full(6, 99.0),
            time_limit_s=9,
        )
        once = max(float(weight @ covers[:, list(pair)].any(axis=1)) for pair in twos)
        assert roomy.solution.objective == pytest.approx(once)


def test_a_reader_is_told() -> None:
    assert discrepancy_notices([], version="1.16.0") == ()
    settled = Discrepancy(("objective",), is_settled=True)
    (notice,) = discrepancy_notices([settled, settled], version="1.16.0")
    assert notice.in_words("en").startswith(
        "In 2 programmes the solver (HiGHS 1.16.0) returned a solution that contradicts its own status"
    )
    assert "目标值与声明不同" in notice.in_words("zh")
    (notice,) = discrepancy_notices([settled, Discrepancy(("rows",), is_settled=False)], version="9")
    assert phrase("notices.solver_doubted_open", open="1") in notice.in_words("en")


def _read(path: Path) -> MixedIntegerProgram:
    solver: Any = highspy.Highs()
    solver.setOptionValue("output_flag", False)  # noqa: FBT003 -- the solver's own
    solver.readModel(str(path))
    model = solver.getLp()
    matrix = model.a_matrix_
    return MixedIntegerProgram(
        np.array(model.col_cost_),
        csc_array((matrix.value_, matrix.index_, matrix.start_), shape=(model.num_row_, model.num_col_)),
        np.array(model.row_lower_),
        np.array(model.row_upper_),
        np.array(model.col_lower_),
        np.array(model.col_upper_),
        np.array([kind == highspy.HighsVarType.kInteger for kind in model.integrality_], dtype=bool),
    )
