"""Kinds of demand in the siting question: whose gain counts how much, and what a choice gains for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.accessibility.groups import GroupCoverage
from planner.config.sections.demand import RESIDENTS
from planner.network.snapping import SnappedPoints
from planner.network.walker import Walker
from planner.siting.candidates.candidate import Candidate, candidate_xy
from planner.siting.proposals import SitingResult


@dataclass(frozen=True, slots=True, eq=False)
class WeightedDemand:
    """For whom new sites are chosen.

    Attributes
    ----------
    uncovered
        Points beyond their kind's standard; people are people × weight, and count so everywhere in the answer.
    limits_min
        The standard of each point, minutes, shape (uncovered,); None where residents alone are asked for.
    weights
        By kind, those of weight zero included.
    """

    uncovered: gpd.GeoDataFrame
    limits_min: NDArray[np.float64] | None
    weights: dict[str, float]

    @property
    def weighted(self) -> bool:
        """Whether gains are other than residents, each counted once."""
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
        return WeightedDemand(residents, None, weights)
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
        gpd.GeoDataFrame(together, crs=residents.crs), np.concatenate([np.zeros(0), *limits]), weights
    )


def gains_by_group(
    siting: SitingResult,
    residents: gpd.GeoDataFrame,
    kinds: Sequence[GroupCoverage],
    walker: Walker,
    *,
    standard_min: float,
) -> tuple[dict[str, float], ...]:
    """Count whom each proposal gains, by kind, each person once and unweighted.

    Returns
    -------
    gains
        One mapping a proposal, in their order: people newly within their kind's standard, by kind, less those
        whom a free centre serves today and nobody does then.
    """
    groups = [(RESIDENTS, residents, standard_min)]
    groups += [(kind.group.settings.id, kind.uncovered, kind.standard_min) for kind in kinds]
    asked = [(name, walker.snap(points), points["people"].to_numpy(), limit) for name, points, limit in groups]
    free = siting.pool.kept_centres
    gains = []
    for proposal in siting.proposals:
        sites = [siting.pool.candidates[site] for site in proposal.sites]
        open_then = [*sites, *(one for one in free if one.id not in proposal.closed)]
        gained = {}
        for name, spots, people, limit in asked:
            then, today = (float(people[_reached(some, spots, walker, limit)].sum()) for some in (open_then, free))
            gained[name] = then - today
        gains.append(gained)
    return tuple(gains)


def _reached(
    sites: Sequence[Candidate], spots: SnappedPoints, walker: Walker, limit_min: float
) -> NDArray[np.bool_]:
    if not sites:
        return np.zeros(len(spots.xy), dtype=bool)
    minutes, _ = walker.nearest(walker.snap(candidate_xy(sites)), spots, within_min=limit_min)
    return np.isfinite(minutes)
