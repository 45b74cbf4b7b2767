"""What a solver's arithmetic adds to a bound, and what it prints: neither reaches the answer."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from planner.network.walk import FloatArray
from planner.siting.problem import CoverageMatrix, SelectionConstraints
from planner.siting.robustness import solve_robust, solve_scenarios
from planner.siting.solvers import balanced
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.highs import FEASIBILITY, MixedIntegerProgram
from planner.siting.solvers.mip import MipResult, solve

DRY = CoverageMatrix(csr_array(np.array([[1, 0], [1, 1]], dtype=bool)), np.array([5.0, 4.0]))
WET = CoverageMatrix(csr_array(np.array([[0, 0], [0, 1]], dtype=bool)), np.array([5.0, 4.0]))
WORLDS = {"dry": DRY, "wet": WET}


ROOT = 2**0.5
"""Times this, people are multiples of nothing."""


@pytest.mark.parametrize(
    ("times", "beyond", "status", "left"),
    [
        (ROOT, 0.0, "optimal", 0.0),
        (ROOT, FEASIBILITY, "optimal", 0.0),
        (ROOT, 1e-3, "time_limit", 1e-3),
        # Whole people: nothing lies between 4 and 5.
        (1.0, 1e-3, "optimal", 0.0),
        (1.0, 0.9, "optimal", 0.0),
        (1.0, 1.7, "time_limit", 1.0),
        (0.25, 0.009, "optimal", 0.0),
        (0.25, 0.012, "time_limit", 0.01),
    ],
)
@pytest.mark.parametrize(("rule", "value"), [("worst regret", 4.0), ("worst people", 4.0)])
def test_a_bound_within_the_solvers_arithmetic_proves(
    monkeypatch: pytest.MonkeyPatch, rule: str, value: float, times: float, beyond: float, status: str, left: float
) -> None:
    """One site of two: [1] serves 4 and 4, [0] serves 9 and 0; the regrets are 5 and 0, 0 and 4."""

    def generous(programme: MixedIntegerProgram, clock: Deadline, *, start: FloatArray | None = None) -> MipResult:
        solved = solve(programme, clock, start=start)
        return replace(solved, bound=solved.bound - beyond)

    monkeypatch.setattr(balanced, "solve", generous)
    monkeypatch.setattr(balanced, "_least_of_the_best", lambda *_: np.inf)
    worlds = {name: CoverageMatrix(one.matrix, one.weight * times) for name, one in WORLDS.items()}
    best = solve_scenarios(worlds, SelectionConstraints(sites=1), time_limit_s=9)
    found = solve_robust(worlds, SelectionConstraints(sites=1), best, rule=rule, time_limit_s=9)
    assert found.value == value * times
    assert found.status == status
    assert found.bound == pytest.approx(value * times + (left if rule == "worst people" else -left))


def test_a_banner_of_the_solver_is_not_on_standard_output() -> None:
    """As 1.16.0 does it: the first solver prints through C, and what stands in buffers is not lost."""
    script = """
import ctypes, highspy
import numpy as np
from scipy.sparse import csr_array
from planner.siting.problem import SelectionConstraints, CoverageMatrix
from planner.siting.robustness import solve_scenarios, solve_robust
from planner.siting.solvers import highs
c, real, greeted = ctypes.CDLL(None), highspy.Highs, []
def make():
    if not greeted:
        greeted.append(c.puts(b"a banner"))
    return real()
highspy.Highs = make
c.puts(b"before")
world = CoverageMatrix(csr_array(np.array([[1, 0], [1, 1]], dtype=bool)), np.array([5.0, 4.0]))
best = solve_scenarios({"one": world}, SelectionConstraints(sites=1), time_limit_s=9)
solve_robust({"one": world}, SelectionConstraints(sites=1), best, rule="worst regret", time_limit_s=9)
assert greeted
c.puts(b"after")
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    lines = [line for line in done.stdout.splitlines() if line]
    assert lines == ["before", "after"]
    assert "a banner" in done.stderr
