"""Weighted demand of the siting problem, and people gained per population group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from planner.accessibility.coverage import GroupCoverage
from planner.config.sections.demand import RESIDENTS
from planner.config.study import Study
from planner.inputs.study_inputs import Inputs
from planner.network.snapping import SnappedPoints
from planner.network.walk import is_within
from planner.network.walker import Walker
from planner.siting.candidates.builder import CandidateSet
from planner.siting.candidates.candidate import Candidate, candidate_xy
from planner.siting.problem import CoverageMatrix, SelectionConstraints
from planner.siting.proposals import SitingResult, compute_coverage


@dataclass(frozen=True, slots=True, eq=False)
class WeightedDemand:
    """Demand that new sites can gain."""

    uncovered: gpd.GeoDataFrame
    """Points beyond the standard of their group; the column people is people × weight."""
    limits_min: NDArray[np.float64] | None
    """Standard of each point, minutes, shape (uncovered,); None for residents alone."""
    weights: dict[str, float]
    """Weight of each group, those of weight zero included."""
    resident_ids: tuple[str, ...]
    """Ids of the first points, which are residents."""

    @property
    def weighted(self) -> bool:
        """True unless gains are residents, each counted once."""
        return self.limits_min is not None


def weigh_demand(
    residents: gpd.GeoDataFrame, kinds: Sequence[GroupCoverage], *, standard_min: float, residents_weight: float
) -> WeightedDemand:
    """Put together who can be gained: the uncovered of every kind whose weight is above zero.

    Parameters
    ----------
    residents
        Uncovered residents.
    kinds
        The other kinds' coverage.
    standard_min
        The residents' standard, minutes.
    residents_weight
        How much a resident counts.
    """
    weights = {
        RESIDENTS: residents_weight,
        **{kind.group.settings.id: kind.group.settings.weight for kind in kinds},
    }
    others = [kind for kind in kinds if kind.group.settings.weight > 0]
    if not others and residents_weight == 1:
        return WeightedDemand(residents, None, weights, tuple(residents["id"]))
    parts = [(RESIDENTS, residents, residents_weight, standard_min)] if residents_weight > 0 else []
    parts += [
        (kind.group.settings.id, kind.uncovered, kind.group.settings.weight, kind.standard_min) for kind in others
    ]
    frames = [
        points[["id", "people", "community", "geometry"]].assign(
            id=[f"{name}:{one}" for one in points["id"]], people=points["people"] * weight
        )
        for name, points, weight, _ in parts
    ]
    together = pd.concat(frames, ignore_index=True) if frames else residents.iloc[:0]
    limits = [np.full(len(points), limit) for _, points, _, limit in parts]
    return WeightedDemand(
        gpd.GeoDataFrame(together, crs=residents.crs),
        np.concatenate([np.zeros(0), *limits]),
        weights,
        tuple(residents["id"]) if residents_weight > 0 else (),
    )


def gains_by_group(
    siting: SitingResult,
    residents: gpd.GeoDataFrame,
    kinds: Sequence[GroupCoverage],
    walker: Walker,
    *,
    standard_min: float,
) -> tuple[dict[str, float], ...]:
    """Return the unweighted population newly covered by each proposal, per population group.

    People served today only by a relocatable centre that the proposal moves or closes count as losses.
    """
    groups = [(RESIDENTS, residents, standard_min)]
    groups += [(kind.group.settings.id, kind.uncovered, kind.standard_min) for kind in kinds]
    rows = [(name, walker.snap(points), points["people"].to_numpy(), limit) for name, points, limit in groups]
    today = siting.pool.kept_centres
    gains = []
    for proposal in siting.proposals:
        sites = [siting.pool.candidates[site] for site in proposal.sites]
        open_then = [*sites, *(one for one in today if one.id not in proposal.closed)]
        gained = {}
        for name, snapped, people, limit in rows:
            then, before = (
                float(people[_is_served(some, snapped, walker, limit)].sum()) for some in (open_then, today)
            )
            gained[name] = then - before
        gains.append(gained)
    return tuple(gains)


def _is_served(
    sites: Sequence[Candidate], demand: SnappedPoints, walker: Walker, limit_min: float
) -> NDArray[np.bool_]:
    if not sites:
        return np.zeros(len(demand.xy), dtype=bool)
    minutes, _ = walker.nearest(walker.snap(candidate_xy(sites)), demand, within_min=limit_min)
    return np.isfinite(minutes)


@dataclass(frozen=True, slots=True, eq=False)
class AllDemand:
    """All weighted demand points, those served today included."""

    points: gpd.GeoDataFrame
    """Demand points with their communities."""
    weight: NDArray[np.float64]
    limit_min: NDArray[np.float64]
    """`weight`, `limit_min`: Weighted people and limit, minutes, of each, shape (points,)."""

    @classmethod
    def of(cls, study: Study, inputs: Inputs, kinds: Sequence[GroupCoverage]) -> AllDemand:
        """Return the residents and the other groups of non-zero weight, one below the other."""
        parts = [(inputs.demand, study.demand.residents_weight, study.limits.standard_min)]
        parts += [(kind.demand, kind.group.settings.weight, kind.standard_min) for kind in kinds]
        parts = [(points, weight, limit) for points, weight, limit in parts if weight > 0]
        columns = ["people", "community", "geometry"]
        points = pd.concat([points[columns] for points, *_ in parts], ignore_index=True)
        weight = [points["people"].to_numpy(dtype=np.float64) * weight for points, weight, _ in parts]
        limit = [np.full(len(points), limit) for points, _, limit in parts]
        return cls(gpd.GeoDataFrame(points, crs=inputs.crs), np.concatenate(weight), np.concatenate(limit))

    def coverage(self, study: Study, inputs: Inputs, pool: CandidateSet, walker: Walker) -> CoverageMatrix:
        """Return the coverage by each candidate and, in the last column, by the centres that stay."""
        demand = walker.snap(self.points)
        stays = ~inputs.facilities["id"].isin(study.siting.relocatable)
        centres = walker.snap(inputs.facilities[stays])
        minutes, _ = walker.nearest(centres, demand, within_min=float(self.limit_min.max()))
        staying = csr_array(is_within(minutes, self.limit_min)[:, None])
        matrix = compute_coverage(pool.candidates, demand, self.limit_min, walker)
        return CoverageMatrix(csr_array(hstack([matrix, staying], format="csr"), dtype=bool), self.weight)


def with_staying_centres(constraints: SelectionConstraints, column: int) -> SelectionConstraints:
    """Return the constraints with one further fixed column: all centres that stay."""
    cost = None if constraints.cost is None else np.append(constraints.cost, 0.0)
    return replace(constraints, fixed=(column,), cost=cost)
