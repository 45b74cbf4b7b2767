"""Compile the search ahead of its first use, so that no limit in seconds is spent on it."""

from __future__ import annotations

from functools import cache

import numpy as np

from planner.siting.argument_checks import check_not_negative, raise_issues
from planner.siting.solvers.bnb_kernels import explore
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.greedy_kernels import SelectionLimits, interchange, nothing_open, order_by_gain
from planner.siting.solvers.lagrangian_kernels import begin_at
from planner.siting.solvers.location_bnb import build_tree, solve_weighted_assignment
from planner.siting.solvers.value_tables import build_value_table

LONG = 3600.0


@cache
def compile_solvers() -> None:
    """Carry out every kind of work once on a question that is settled at sight.

    The first time on a machine this compiles the kernels, which takes most of a minute; they are kept, and from
    then on it loads them in about a second.

    Examples
    --------
    >>> compile_solvers()
    """
    # Three rows that each two of three columns serve: no choice reaches the bound, so that a tree is needed.
    row, column = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 1, 2, 0, 2])
    values = build_value_table(row, column, np.array([1.0, 1.0, 1.5, 1.5, 1.25, 1.25]), (3, 3))
    room = SelectionLimits(np.ones(3), np.arange(3), np.zeros(3, dtype=np.int64), np.array([1]), np.inf)
    none = np.zeros(0, dtype=np.int64)
    solve_weighted_assignment(values, room, fixed=none, clock=Deadline(LONG), seed=0)
    order_by_gain(values, np.zeros(3))
    served = nothing_open(values)
    interchange(values, room, served, np.zeros(3, dtype=np.int8), 0.0, 0, 3)
    price = begin_at(np.ones(3), 0.0, 3, 1.0).price
    explore(values, room, build_tree(np.zeros(3, dtype=np.int8), price, 0.0, 0.0, 9.0), 0.0, 3)


def start_deadline(seconds: float) -> Deadline:
    """Return a clock that begins when everything is compiled.

    Raises
    ------
    SitingError
        The seconds are negative or none at all.
    """
    raise_issues(() if seconds == np.inf else check_not_negative("seconds", seconds))
    compile_solvers()
    return Deadline(seconds)
