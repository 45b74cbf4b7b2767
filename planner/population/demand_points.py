"""Demand points: the result of every disaggregation method, their communities, and their people in exact units."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.messages.notices import Notice
from planner.schemas.tables import Communities

COUNTS = ("people", "households")
"""Counts of a demand point, besides the columns of population groups."""

SOME_OF_PEOPLE = "people_"
"""A numeric column of the demand layer whose name begins so counts some of its people, as ``people_65``."""

QUANTUM = 2.0**-20
"""Unit in which people are counted, just under a millionth of a person: sums of multiples up to 8 · 10⁹ are exact
in doubles, whatever the order and the machine."""


@dataclass(frozen=True, slots=True, eq=False)
class DisaggregatedDemand:
    """Demand points with the community of each, how they were made, and what was left out.

    Attributes
    ----------
    points
        One row a demand point inside a community: id, people, households, people_65, community, geometry (Point).
    method
        ``"points"`` (buildings or grid cells as given), ``"raster"``, ``"buildings"`` (community totals spread by
        floor area) or ``"along_streets"`` (community totals spread).
    notices
        Demand points outside every community, communities without people, buildings or streets.
    outside
        People who lie outside every community.
    placed_by
        By community id, how its people were placed where that is not `method`.
    unused
        Index of the rows of the layer of which nothing lies inside a community.
    """

    points: gpd.GeoDataFrame
    method: str
    notices: tuple[Notice, ...]
    outside: float = 0.0
    placed_by: pd.Series | None = None
    unused: tuple[int, ...] = ()


def counted_columns(demand: pd.DataFrame) -> list[str]:
    """Return the columns that count some of the people, which are shared out as the people are."""
    return [
        str(name)
        for name in demand.columns
        if str(name).startswith(SOME_OF_PEOPLE) and pd.api.types.is_numeric_dtype(demand[name])
    ]


def community_at(points: gpd.GeoDataFrame, communities: Communities) -> pd.Series:
    """Return the id of the community that holds each point, the lowest on a border, "" outside all."""
    ids = communities["id"].to_numpy(dtype=object)
    order = np.argsort(ids, kind="stable")
    tree = shapely.STRtree(points.geometry.array)
    community = np.full(len(points), "", dtype=object)
    for position in order[::-1]:
        community[tree.query(communities.geometry.array[position], predicate="covers")] = ids[position]
    return pd.Series(community, index=points.index)


def round_to_quantum(points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Round the people of each demand point, and each counted part of them, to multiples of `QUANTUM`.

    The remainder is carried to the next point of the same community: the sum of a community stays within half a
    quantum, and a whole number if it was one. Whole numbers and points without people stay as they are.
    """
    return points.assign(**{name: _rounded(points, name) for name in ("people", *counted_columns(points))})


def quantum_of(people: NDArray[np.float64]) -> float:
    """Return 1 if all people are whole numbers, else `QUANTUM`."""
    return 1.0 if np.array_equal(people, np.round(people)) else QUANTUM


def _rounded(points: gpd.GeoDataFrame, name: str) -> NDArray[np.float64]:
    exact = np.array(points[name], dtype=np.float64)
    for rows in points.groupby("community").indices.values():
        given_rows = rows[~np.isnan(exact[rows])]
        parts = exact[given_rows]
        if not np.array_equal(parts, np.round(parts)):
            exact[given_rows] = np.diff(np.round(np.cumsum(parts) / QUANTUM), prepend=0.0) * QUANTUM
    return exact
