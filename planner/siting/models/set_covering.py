"""Set covering: the fewest sites, or the cheapest, that serve everyone who can be served."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planner.network.walk import FloatArray, IndexArray
from planner.siting.argument_checks import check_positions, raise_issues
from planner.siting.models.maximal_covering import rank_by_gain
from planner.siting.problem import CoverageMatrix, cost_issues, coverage_pairs
from planner.siting.solution import Solution, status_of
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.precompile import start_deadline
from planner.siting.solvers.set_cover import cheapest_cover
from planner.siting.solvers.value_tables import best_open_column, build_value_table


def set_covering(
    covering: CoverageMatrix,
    *,
    cost: FloatArray | None = None,
    fixed: Sequence[int] | IndexArray = (),
    seconds: float,
    seed: int = 0,
) -> Solution:
    r"""Choose the fewest sites that serve everyone whom any column can serve (LSCP).

    .. math:: \min \sum_j c_j y_j \quad \sum_{j \in N_i} y_j \ge 1,\ y_j \in \{0, 1\}

    Parameters
    ----------
    covering
        Who is served by what. Rows of weight 0 need not be served.
    cost
        What each column costs, shape (columns,); 1 each unless given.
    fixed
        Columns that are open in any case, at no cost.
    seconds
        How long to search.
    seed
        Noted in the answer; nothing is random here.

    Returns
    -------
    answer
        The objective is the number of new sites, or their cost. `unservable` lists those for whom there is no
        column; the answer is about all others.

    Raises
    ------
    SitingError
        A fixed column is none, or a cost is negative or none at all.

    References
    ----------
    .. [1] Toregas, C., Swain, R., ReVelle, C., Bergman, L. (1971). The location of emergency service facilities.
           Operations Research 19.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> covers = csr_array(np.array([[1, 0, 1], [0, 1, 1], [0, 1, 0], [0, 0, 0]], dtype=bool))
    >>> fewest = set_covering(CoverageMatrix(covers, np.ones(4)), seconds=5)
    >>> fewest.sites, fewest.objective, fewest.status, fewest.unservable
    ((1, 2), 2.0, 'proven', array([3]))
    """
    columns = covering.covers.shape[1]
    raise_issues(check_positions("fixed", fixed, columns), () if cost is None else cost_issues(cost, columns))
    return cover_with(covering, cost, np.unique(np.asarray(fixed, dtype=np.int64)), start_deadline(seconds), seed)


def cover_with(
    covering: CoverageMatrix, cost: FloatArray | None, fixed: IndexArray, clock: Deadline, seed: int
) -> Solution:
    """Answer the question of `set_covering`."""
    rows, columns = covering.covers.shape
    price = np.ones(columns) if cost is None else np.asarray(cost, dtype=np.float64)
    row, column = coverage_pairs(covering.covers)
    values = build_value_table(row, column, np.ones(len(row)), (rows, columns))
    _, by_fixed = best_open_column(values, fixed)
    asked = (covering.weight > 0) & (by_fixed < 0)
    needed = asked[row]
    found = cheapest_cover(row[needed], column[needed], (rows, columns), price, clock)
    reachable = np.zeros(rows, dtype=bool)
    reachable[row] = True
    weighed = build_value_table(row, column, covering.weight[row], (rows, columns))
    order, _ = rank_by_gain(weighed, found.chosen, best_open_column(weighed, fixed)[0])
    _, by = best_open_column(values, np.concatenate([fixed, found.chosen]))
    return Solution(
        model="set_covering",
        sense="least",
        sites=tuple(int(site) for site in order),
        added=(),
        objective=found.cost,
        before=0.0,
        bound=found.bound,
        status=status_of(found.cost, found.bound),
        seconds=clock.seconds,
        seed=seed,
        served_by=by,
        unservable=np.flatnonzero((covering.weight > 0) & ~reachable),
    )
