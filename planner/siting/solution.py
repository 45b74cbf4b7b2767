"""Result of a siting model: the sites, the objective, and the certificate of how near it is to the optimum."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from planner.network.walk import FloatArray, IndexArray
from planner.siting.solvers.deadline import Deadline

Status = Literal["optimal", "time_limit", "heuristic", "infeasible"]
Sense = Literal["most", "least"]

TOLERANCE = 1e-9
"""Largest relative difference between bound and objective that is rounding error: the objective is optimal."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Objective value of a choice, with the bound that no choice can beat.

    Examples
    --------
    >>> Certificate.of(100.0, 100.0).status, Certificate.of(90.0, 100.0).status, Certificate.of(90.0, 100.0).gap
    ('optimal', 'time_limit', 0.1)
    """

    objective: float
    """Value of the choice; nan if there is none."""
    bound: float
    """No choice is better than this; infinite if no bound was computed."""
    status: Status
    """``"optimal"``: the bound proves the objective optimal. ``"time_limit"``: the search reached its time limit.
    ``"heuristic"``: no bound was computed. ``"infeasible"``: no choice meets the constraints, proven."""

    @classmethod
    def of(cls, objective: float, bound: float) -> Certificate:
        """Return the certificate whose status follows from the bound alone, whatever a solver reports."""
        return cls(objective, bound, status_of(objective, bound) if np.isfinite(objective) else "time_limit")

    @classmethod
    def infeasible(cls) -> Certificate:
        """Return the certificate of a problem without any feasible choice."""
        return cls(float("nan"), float("nan"), "infeasible")

    @property
    def gap(self) -> float:
        """Difference of bound and objective as a share of the larger; 0 if optimal, nan without a choice."""
        return relative_gap(self.objective, self.bound)


class Certified:
    """Objective, bound, status and gap of what has a certificate."""

    __slots__ = ()
    certificate: Certificate

    @property
    def objective(self) -> float:
        """Objective of the certificate."""
        return self.certificate.objective

    @property
    def bound(self) -> float:
        """Bound on the objective; infinite if none was computed."""
        return self.certificate.bound

    @property
    def status(self) -> Status:
        """Status of the certificate."""
        return self.certificate.status

    @property
    def gap(self) -> float:
        """Relative gap of the certificate."""
        return self.certificate.gap


@dataclass(frozen=True, slots=True, eq=False)
class Solution(Certified):
    """A choice of sites."""

    model: str
    """Name of the model, such as ``"maximal_covering"``."""
    sense: Sense
    """``"most"`` if the objective is maximised, ``"least"`` if it is minimised."""
    sites: tuple[int, ...]
    """Chosen columns without fixed ones; in descending order of what each adds to those before it if the model has
    such an order, else ascending."""
    added: tuple[float, ...]
    """Increase of the objective by each site, shape (sites,); empty if the model has no such order."""
    certificate: Certificate
    """Objective (fixed columns included), bound and status."""
    before: float
    """Objective of the fixed columns alone; nan if that has no meaning."""
    elapsed_s: float
    seed: int
    """`elapsed_s`, `seed`: Computing time, seconds; seed of the random numbers."""
    served_by: IndexArray
    """Column that serves each demand row, -1 if none, shape (demand,)."""
    unservable: IndexArray
    """Demand rows with weight that no column serves, ascending. They are in no objective of the sense "least"."""
    greedy: float | None = None
    """Objective of the greedy choice; None if the model has none."""

    @classmethod
    def of(  # noqa: PLR0913 -- one attribute each
        cls,
        model: str,
        sense: Sense,
        sites: Iterable[int],
        certificate: Certificate,
        *,
        before: float,
        deadline: Deadline,
        seed: int,
        served_by: IndexArray,
        weight: FloatArray,
        reachable: NDArray[np.bool_],
        added: Iterable[float] = (),
        greedy: float | None = None,
    ) -> Solution:
        """Assemble a solution from the arrays of a model; `reachable` are the rows that some column serves."""
        return cls(
            model,
            sense,
            tuple(int(site) for site in sites),
            tuple(float(gain) for gain in added),
            certificate,
            before,
            deadline.elapsed_s,
            seed,
            served_by,
            np.flatnonzero((weight > 0) & ~reachable),
            greedy,
        )

    @property
    def gained(self) -> float:
        """Increase of the objective over the fixed columns."""
        return self.objective - self.before

    @property
    def columns(self) -> IndexArray:
        """Chosen columns as an array, shape (sites,)."""
        return np.array(self.sites, dtype=np.int64)


def relative_gap(objective: float, bound: float) -> float:
    """Return the difference of a bound and an objective as a share of the larger of the two."""
    if objective == bound:
        return 0.0
    larger = max(abs(objective), abs(bound))
    if not np.isfinite(larger):
        return float("nan") if np.isnan(larger) else 1.0
    return abs(bound - objective) / larger


def status_of(objective: float, bound: float) -> Status:
    """Return the status that a bound proves, whatever a solver reports.

    Examples
    --------
    >>> status_of(100.0, 100.0), status_of(99.0, 100.0)
    ('optimal', 'time_limit')
    """
    return "optimal" if abs(bound - objective) <= TOLERANCE * max(1.0, abs(objective)) else "time_limit"
