"""A candidate: where a station might open, where the idea comes from, what it costs; and one that was left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import pyproj

from planner.network.walk import FloatArray

Source = Literal["clusters", "density", "business_areas", "parcels", "streets", "named", "keep", "move", "merge"]
Reason = Literal[
    "in_water", "on_barrier", "outside", "too_near", "no_street", "behind_barrier", "too_small", "no_cost"
]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place where a station might open.

    Attributes
    ----------
    id
        Unique among all candidates.
    source
        Where the idea comes from. ``"keep"``, ``"move"`` and ``"merge"`` are the options of free centres.
    x_m, y_m
        The place in the study's system, metres, to the centimetre.
    cost
        In the study's unit of money; None where not known.
    name
        What users read, where it has a name.
    area_m2
        Floor area; None where not known.
    tenure
        ``"owned"``, ``"rentable"``, ``"shared"`` or empty.
    centres
        Ids of the existing centres that it keeps, moves or merges.
    clusters, people, moved_m
        Of one from clusters or circles: how many clusters were requested, people of its own one, and how far it
        was moved to the street, metres.
    """

    id: str
    source: Source
    x_m: float
    y_m: float
    cost: float | None = None
    name: str = ""
    area_m2: float | None = None
    tenure: str = ""
    centres: tuple[str, ...] = ()
    clusters: int = 0
    people: float = 0.0
    moved_m: float = 0.0

    @property
    def stays(self) -> bool:
        """Whether it is a centre as it is."""
        return self.source == "keep"


@dataclass(frozen=True, slots=True)
class ExcludedCandidate:
    """A candidate that cannot be chosen, and why.

    Attributes
    ----------
    candidate
        Which.
    reason
        A key: `words.excluded_<reason>` states it.
    detail
        Which centre it is too near to, or which figure decided; empty where the reason states all.
    """

    candidate: Candidate
    reason: Reason
    detail: str = ""


def candidate_xy(candidates: Sequence[Candidate]) -> FloatArray:
    """Return where candidates are, shape (candidates, 2), metres.

    Examples
    --------
    >>> candidate_xy([Candidate("a", "streets", 1.0, 2.0)]).tolist()
    [[1.0, 2.0]]
    """
    return np.array([(one.x_m, one.y_m) for one in candidates], dtype=np.float64).reshape(-1, 2)


def candidate_table(candidates: Sequence[Candidate], crs: pyproj.CRS | None) -> gpd.GeoDataFrame:
    """Return candidates as a layer: one row each, what is not known NaN."""
    return gpd.GeoDataFrame(
        {
            "id": [one.id for one in candidates],
            "source": [one.source for one in candidates],
            "name": [one.name for one in candidates],
            "clusters": np.array([one.clusters for one in candidates], dtype=np.int64),
            "people": np.array([one.people for one in candidates], dtype=np.float64),
            "moved_m": np.array([one.moved_m for one in candidates], dtype=np.float64),
            "cost": _known(one.cost for one in candidates),
            "area_m2": _known(one.area_m2 for one in candidates),
            "tenure": [one.tenure for one in candidates],
            "centres": [", ".join(one.centres) for one in candidates],
        },
        geometry=gpd.points_from_xy(*candidate_xy(candidates).T),
        crs=crs,
    )


def excluded_table(excluded: Sequence[ExcludedCandidate], crs: pyproj.CRS | None) -> gpd.GeoDataFrame:
    """Return what was left out as a layer: the candidates' columns, reason, detail."""
    table = candidate_table([one.candidate for one in excluded], crs)
    reasons, details = [one.reason for one in excluded], [one.detail for one in excluded]
    return gpd.GeoDataFrame(table.assign(reason=reasons, detail=details))


def _known(numbers: Iterable[float | None]) -> FloatArray:
    return np.array([np.nan if one is None else one for one in numbers], dtype=np.float64)
