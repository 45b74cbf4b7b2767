"""How far one more site goes: the best coverage for every number of sites, each with its bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.siting.models.maximal_covering import solve_covering
from planner.siting.problem import CoverageMatrix, SelectionConstraints, coverage_pairs
from planner.siting.solution import Solution, status_of
from planner.siting.solvers.precompile import start_deadline
from planner.siting.solvers.value_tables import build_value_table


def coverage_curve(
    covering: CoverageMatrix, choice: SelectionConstraints, *, seconds: float, seed: int = 0
) -> tuple[Solution, ...]:
    """Answer maximal covering for 1, 2, … up to the number of sites of the choice.

    Each number begins with the choice found for the one before. Where a search is stopped, its bound may still be
    lowered by the next one's, since fewer sites serve no more.

    Parameters
    ----------
    covering
        Who is served by what.
    choice
        How many sites at most; a budget and fixed columns hold for every number.
    seconds
        For all of them together.
    seed
        Of the random numbers.

    Returns
    -------
    answers
        One a number of sites; objectives never fall.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> covers = csr_array(np.array([[1, 0, 1], [1, 0, 0], [0, 1, 1]], dtype=bool))
    >>> question = CoverageMatrix(covers, np.array([5.0, 2.0, 4.0]))
    >>> [one.objective for one in coverage_curve(question, SelectionConstraints(sites=3), seconds=9)]
    [9.0, 11.0, 11.0]
    """
    choice.room(covering.covers.shape[1])
    clock = start_deadline(seconds)
    row, column = coverage_pairs(covering.covers)
    values = build_value_table(row, column, covering.weight[row], covering.covers.shape)
    most = choice.sites or 0
    answers: list[Solution] = []
    for sites in range(1, most + 1):
        share = clock.at_most(clock.left / (most + 1 - sites))
        starts = [np.array(one.sites, dtype=np.int64) for one in answers[-1:]]
        wanted = replace(choice, sites=sites)
        answers.append(
            solve_covering("maximal_covering", values, covering.weight, wanted, share, seed=seed, starts=starts)
        )
    for place in range(len(answers) - 2, -1, -1):
        one = answers[place]
        bound = max(one.objective, min(one.bound, answers[place + 1].bound))
        answers[place] = replace(one, bound=bound, status=status_of(one.objective, bound))
    return tuple(answers)


def fewest_for(answers: tuple[Solution, ...], people: float) -> tuple[int | None, int]:
    """Return how many sites of a curve serve so many people, and how many are needed at least.

    Both are equal where that is proven. The first is None where none of the curve serves so many; the second is
    then one more than the curve has, or less where a bound leaves hope.

    Examples
    --------
    >>> fewest_for((), 1.0)
    (None, 1)
    """
    enough = [sites for sites, one in enumerate(answers, start=1) if one.objective >= people]
    hope = [sites for sites, one in enumerate(answers, start=1) if one.bound >= people]
    return (enough[0] if enough else None), (hope[0] if hope else len(answers) + 1)
