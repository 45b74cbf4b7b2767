"""Who cannot be served, why, and what would help: as data, to be put into words by the caller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.network.walk import FloatArray, IndexArray
from planner.siting.argument_checks import check_not_negative, check_positions, check_shape, raise_issues
from planner.siting.models.p_center import p_center
from planner.siting.models.set_covering import set_covering
from planner.siting.problem import CoverageMatrix, SelectionConstraints, TravelCosts
from planner.siting.solution import Solution


@dataclass(frozen=True, slots=True, eq=False)
class Unserved:
    """Who no column serves within a limit, and what would change that.

    Attributes
    ----------
    rows
        Demand rows with weight that no column serves, ascending.
    reason
        The reason of each, as the caller gave it, shape (rows,).
    people_by_reason
        What they weigh together, by reason, in the order in which reasons appear.
    smallest_limit_min
        The shortest limit within which some column would serve each, minutes; `inf` where there is no walk at all,
        shape (rows,).
    limit_for_all_min
        The shortest limit within which all who have any walk would be served by some column, minutes; nan where
        nobody has one.
    """

    rows: IndexArray
    reason: NDArray[np.object_]
    people_by_reason: dict[str, float]
    smallest_limit_min: FloatArray
    limit_for_all_min: float


def explain_unserved(reach: TravelCosts, *, limit_min: float, reason: Sequence[str]) -> Unserved:
    """Say who no column serves within a limit, why, and within which limit some column would.

    Parameters
    ----------
    reach
        How long the walks are; those beyond the limit should be listed too, else they are taken not to exist.
    limit_min
        Minutes, inclusive.
    reason
        Why each demand row is not served, in case it is not, shape (demand,): no street within access, other bank,
        closed compound. The caller knows the streets; this module does not.

    Returns
    -------
    unserved
        Empty where everyone is served by some column.

    Examples
    --------
    >>> reach = TravelCosts.of_table(np.array([[4.0], [12.0], [np.inf]]), np.array([1.0, 2.0, 3.0]))
    >>> who = explain_unserved(reach, limit_min=5, reason=["", "far", "no street"])
    >>> who.people_by_reason, who.smallest_limit_min, who.limit_for_all_min
    ({'far': 2.0, 'no street': 3.0}, array([12., inf]), 12.0)
    """
    raise_issues(check_not_negative("limit_min", limit_min), check_shape("reason", reason, len(reach.weight)))
    shortest = np.full(len(reach.weight), np.inf)
    np.minimum.at(shortest, reach.demand, reach.minutes)
    served = np.diff(reach.within(limit_min).covers.indptr) > 0
    rows = np.flatnonzero(~served & (reach.weight > 0))
    why = np.array(list(reason), dtype=object)[rows]
    people = {str(one): float(reach.weight[rows[why == one]].sum()) for one in dict.fromkeys(why)}
    walks = shortest[(reach.weight > 0) & np.isfinite(shortest)]
    return Unserved(rows, why, people, shortest[rows], float(walks.max()) if len(walks) else float("nan"))


def smallest_limit(reach: TravelCosts, choice: SelectionConstraints, *, seconds: float) -> Solution:
    """Return the shortest limit within which a choice of so many sites serves everyone: the p-center.

    Those whom no column reaches at all are `unservable` in the answer.
    """
    return p_center(reach, choice, seconds=seconds)


def fewest_extra(pool: CoverageMatrix, rows: IndexArray, *, seconds: float) -> Solution:
    """Return the fewest further candidates, from a larger pool, that would serve rows that no candidate serves.

    Parameters
    ----------
    pool
        Who would be served by which position of the pool, such as every street position.
    rows
        The demand rows to be served.
    seconds
        How long to search.

    Returns
    -------
    answer
        Of set covering for these rows alone; `unservable` are those whom not even the pool serves.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> pool = CoverageMatrix(csr_array(np.array([[1, 0], [1, 1], [0, 0]], dtype=bool)), np.ones(3))
    >>> few = fewest_extra(pool, np.array([0, 1, 2]), seconds=5)
    >>> few.sites, few.unservable
    ((0,), array([2]))
    """
    raise_issues(check_positions("rows", rows, len(pool.weight)))
    asked = np.zeros(len(pool.weight))
    asked[rows] = pool.weight[rows]
    return set_covering(CoverageMatrix(pool.covers, asked), seconds=seconds)
