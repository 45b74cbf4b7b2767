"""Maximal covering (MCLP): the p sites that serve the most people, with a proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array, csr_array, eye_array, hstack, vstack

from planner.errors import Breach, SitingError

Status = Literal["proven", "stopped", "heuristic"]

STOPPED_BY_LIMIT = 1
"""What scipy's milp calls a search that a time or iteration limit ended."""

PROOF_TOLERANCE = 1e-3
"""A bound this close to the answer, in people, proves it: what is left is the solver's arithmetic."""


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A choice of sites with what it gains, and what no choice of as many can exceed.

    Attributes
    ----------
    method
        ``"clustering"`` or ``"maximal_covering"``.
    sites
        The chosen candidates by position, in descending order of what each adds to those before it.
    people_added
        What each site adds, shape (sites,).
    people_gained
        People newly served by all of them.
    bound
        The most that any choice of as many candidates can gain; None where there is no bound.
    status
        ``"proven"`` (no choice gains more), ``"stopped"`` (the search was ended; see the bound), or
        ``"heuristic"`` (no bound of its own).
    """

    method: str
    sites: tuple[int, ...]
    people_added: tuple[float, ...]
    people_gained: float
    bound: float | None
    status: Status

    @property
    def gap(self) -> float | None:
        """How far the bound is above the answer, as a share of the bound; None without a bound."""
        if self.bound is None:
            return None
        return (self.bound - self.people_gained) / self.bound if self.bound > 0 else 0.0


def maximal_covering(
    covers: csr_array, people: NDArray[np.float64], *, sites: int, seconds: float, study: str
) -> Proposal:
    r"""Choose the sites that serve the most people.

    .. math:: \max \sum_i a_i x_i \quad x_i \le \sum_{j \in N_i} y_j,\ \sum_j y_j \le p,\ y_j \in \{0, 1\}

    Demand points with the same candidates in reach are one row of the model, with their people together. HiGHS
    searches by branch and bound; its bound is reported with its answer.

    Parameters
    ----------
    covers
        Which candidate serves which demand point, shape (demand, candidates), boolean.
    people
        People at each demand point, shape (demand,).
    sites
        How many to choose.
    seconds
        How long to search.
    study
        What to call the study in an error.

    Returns
    -------
    proposal
        With its bound and true status.

    Raises
    ------
    SitingError
        The search was ended before any plan was found.

    References
    ----------
    .. [1] Church, R., ReVelle, C. (1974). The maximal covering location problem. Papers in Regional Science 32.

    Examples
    --------
    >>> covers = csr_array(np.array([[1, 0, 1], [1, 0, 0], [0, 1, 1]], dtype=bool))
    >>> best = maximal_covering(covers, np.array([5.0, 2.0, 4.0]), sites=1, seconds=5, study="toy")
    >>> best.sites, best.people_gained, best.bound, best.status
    ((2,), 9.0, 9.0, 'proven')
    """
    rows, weight = merge_rows(covers, people)
    n_rows, n_candidates = rows.shape
    cost = np.concatenate([np.zeros(n_candidates), -weight])
    served_only_if_open = hstack([-rows, eye_array(n_rows)])
    at_most_p = csr_array(np.concatenate([np.ones(n_candidates), np.zeros(n_rows)])[None, :])
    upper = np.concatenate([np.zeros(n_rows), [float(sites)]])
    result = milp(
        cost,
        constraints=LinearConstraint(csc_array(vstack([served_only_if_open, at_most_p])), -np.inf, upper),
        bounds=Bounds(0, 1),
        integrality=np.concatenate([np.ones(n_candidates), np.zeros(n_rows)]),
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    if result.x is None:
        raise SitingError(study, [Breach("solver_failed", {"reason": result.message})])
    chosen = np.flatnonzero(result.x[:n_candidates] > 0.5)  # noqa: PLR2004 - a binary variable, rounded
    gained = people_served(covers, people, chosen)
    stopped = result.status == STOPPED_BY_LIMIT
    # The solver's floats may fall a hair below the plan it found; a bound never does.
    bound = max(-float(result.mip_dual_bound), gained)
    proven = not stopped and bound - gained < PROOF_TOLERANCE
    ordered, added = rank_sites(covers, people, chosen)
    return Proposal(
        method="maximal_covering",
        sites=ordered,
        people_added=added,
        people_gained=gained,
        bound=gained if proven else bound,
        status="proven" if proven else "stopped",
    )


def merge_rows(covers: csr_array, people: NDArray[np.float64]) -> tuple[csr_array, NDArray[np.float64]]:
    """Return one row (of ones) for all demand points with the same candidates in reach, and their people.

    Points without any candidate are left out: they cannot be served.
    """
    covers = csr_array(covers, copy=True)
    covers.sort_indices()
    groups: dict[bytes, int] = {}
    weights: list[float] = []
    columns: list[NDArray[np.int32]] = []
    for row in range(covers.shape[0]):
        reached = covers.indices[covers.indptr[row] : covers.indptr[row + 1]]
        if not len(reached) or not people[row] > 0:
            continue
        group = groups.setdefault(reached.tobytes(), len(groups))
        if group == len(weights):
            weights.append(0.0)
            columns.append(reached)
        weights[group] += float(people[row])
    pointer = np.concatenate([[0], np.cumsum([len(reached) for reached in columns])]).astype(np.int64)
    column = np.concatenate(columns) if columns else np.zeros(0, dtype=np.int32)
    merged = csr_array((np.ones(len(column)), column, pointer), shape=(len(columns), covers.shape[1]))
    return merged, np.array(weights)


def people_served(covers: csr_array, people: NDArray[np.float64], sites: NDArray[np.int64]) -> float:
    """Return how many people at least one of the sites serves."""
    served = covers[:, sites].sum(axis=1) > 0 if len(sites) else np.zeros(len(people), dtype=bool)
    return float(people[np.asarray(served).ravel()].sum())


def rank_sites(
    covers: csr_array, people: NDArray[np.float64], sites: NDArray[np.int64]
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Order sites by what each adds to those before it; equal ones by position."""
    left = people.astype(np.float64).copy()
    columns = covers.tocsc()
    remaining = sorted(int(site) for site in sites)
    ordered, added = [], []
    while remaining:
        gains = [float(left[columns[:, [site]].nonzero()[0]].sum()) for site in remaining]
        best = int(np.argmax(gains))
        ordered.append(remaining.pop(best))
        added.append(gains[best])
        left[columns[:, [ordered[-1]]].nonzero()[0]] = 0.0
    return tuple(ordered), tuple(added)
