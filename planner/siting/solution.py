"""What a siting model answers: the sites, what they are worth, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from planner.network.walk import IndexArray

Status = Literal["proven", "stopped", "heuristic", "infeasible"]
Sense = Literal["most", "least"]

TOLERANCE = 1e-9
"""A bound this near to the objective, as a share of it, proves it: what is left is the arithmetic's."""


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """A choice of sites with what it is worth, and what no choice can exceed.

    Attributes
    ----------
    model
        Which question was answered, such as ``"maximal_covering"``.
    sense
        Whether the objective is to be ``"most"`` or ``"least"``.
    sites
        The chosen columns, without those that are open in any case; in descending order of what each adds to those
        before it where the model has such an order, else ascending.
    added
        What each site adds to those before it, shape (sites,); empty where the model has no such order.
    objective
        What the model counts, fixed columns included; nan where there is no answer.
    before
        The same for the fixed columns alone; nan where that has no meaning.
    bound
        No choice is better than this.
    status
        ``"proven"``: the bound proves that no choice is better. ``"stopped"``: the search was ended by its limit.
        ``"heuristic"``: no bound was looked for. ``"infeasible"``: it is proven that there is no answer.
    seconds, seed
        How long it took, and of the random numbers.
    served_by
        The column that serves each demand row, -1: none, shape (demand,).
    unservable
        Demand rows with weight that no column serves, ascending. They are in no objective of the type "least".
    greedy
        What the greedy choice alone is worth; None where the model has none.
    """

    model: str
    sense: Sense
    sites: tuple[int, ...]
    added: tuple[float, ...]
    objective: float
    before: float
    bound: float
    status: Status
    seconds: float
    seed: int
    served_by: IndexArray
    unservable: IndexArray
    greedy: float | None = None

    @property
    def gained(self) -> float:
        """What the sites add to the fixed columns."""
        return self.objective - self.before

    @property
    def gap(self) -> float:
        """How far the bound is from the objective, as a share of the larger; 0 where proven, nan without answer.

        Examples
        --------
        >>> none = np.zeros(0, dtype=np.int64)
        >>> Solution("m", "most", (0,), (), 90.0, 0.0, 100.0, "stopped", 1.0, 0, none, none).gap
        0.1
        """
        return relative_gap(self.objective, self.bound)


def relative_gap(objective: float, bound: float) -> float:
    """Return how far a bound is from an objective, as a share of the larger of the two."""
    if objective == bound:
        return 0.0
    larger = max(abs(objective), abs(bound))
    if not np.isfinite(larger):
        return float("nan") if np.isnan(larger) else 1.0
    return abs(bound - objective) / larger


def status_of(objective: float, bound: float) -> Status:
    """Return what a bound says about an objective, whatever a solver said.

    Examples
    --------
    >>> status_of(100.0, 100.0), status_of(99.0, 100.0)
    ('proven', 'stopped')
    """
    return "proven" if abs(bound - objective) <= TOLERANCE * max(1.0, abs(objective)) else "stopped"
