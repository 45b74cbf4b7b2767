"""Demand points: their communities, their people in exact counts, and where those of a building start to walk."""

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
    """Demand points with the community of each, how they were made, and what was left out."""

    points: gpd.GeoDataFrame
    """One row a demand point inside a community: id, people, households, people_65, community, geometry
    (Point)."""
    method: str
    """``"points"`` (buildings or grid cells as given), ``"raster"``, ``"buildings"`` (community totals spread by
    floor area) or ``"along_streets"`` (community totals spread)."""
    notices: tuple[Notice, ...]
    """Demand points outside every community, communities without people, buildings or streets."""
    outside: float = 0.0
    """People who lie outside every community."""
    placed_by: pd.Series | None = None
    """By community id, how its people were placed where that is not `method`."""
    unused: tuple[int, ...] = ()
    """Index of the rows of the layer of which nothing lies inside a community."""


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


Shapes = NDArray[np.object_]

SAME_SIZE = 0.01
"""Cells of one grid differ in area by no more than this share, in any projection of a district."""

HALF = 0.5
ALIKE_M = 1e-6
"""Places of an outline are equally near to a street if their distances differ by no more, metres."""


class Entrances:
    """Finds where people start, in one building layer after the other."""

    def __init__(self, streets: gpd.GeoDataFrame, *, access_m: float) -> None:
        self._lines = np.asarray(streets.geometry.array, dtype=object)
        self._tree = shapely.STRtree(self._lines)
        self._access_m = access_m

    def of(self, shapes: Shapes) -> tuple[Shapes, NDArray[np.bool_]]:
        """Return a point for each shape, and whether it is at the outline.

        It is the middle (a point inside) unless that is farther than `access_m` from every street and the outline
        is not. At the outline it is the place that is nearest to the nearest street; of streets equally near the
        first counts, of places equally near the one nearest to the middle.

        Examples
        --------
        >>> road = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 300 0)"], crs=32648).to_frame("geometry")
        >>> houses = np.array([shapely.box(0, 10, 20, 30), shapely.box(100, 10, 300, 210)], dtype=object)
        >>> points, at_outline = Entrances(road, access_m=50.0).of(houses)
        >>> [point.wkt for point in points], at_outline.tolist()
        (['POINT (10 20)', 'POINT (200 10)'], [False, True])
        """
        points: Shapes = np.asarray(shapely.point_on_surface(shapes), dtype=object)
        at_outline = np.zeros(len(points), dtype=bool)
        if not len(self._lines) or not len(points):
            return points, at_outline
        near, _ = self._tree.query(points, predicate="dwithin", distance=self._access_m)
        far = np.ones(len(points), dtype=bool)
        far[near] = False
        far &= shapely.get_dimensions(shapes) == 2  # noqa: PLR2004 - areas
        rows = np.flatnonzero(far)
        outlines = shapely.boundary(shapes[rows])
        outline, line = self._tree.query_nearest(outlines, max_distance=self._access_m)
        order = np.lexsort((line, outline))
        reached, first = np.unique(outline[order], return_index=True)
        moved = rows[reached]
        points[moved] = _nearest(outlines[reached], self._lines[line[order][first]], points[moved])
        at_outline[rows[reached]] = True
        return points, at_outline


def _nearest(outlines: Shapes, streets: Shapes, middles: Shapes) -> Shapes:
    """Return the place of each outline that is nearest to a street, of several the one nearest to the middle."""
    along = shapely.shortest_line(outlines, streets)
    first = shapely.get_point(along, 0)
    # A wall along a street is as near to it all along.
    belts = shapely.buffer(streets, shapely.length(along) + ALIKE_M)
    fronts = shapely.intersection(outlines, belts)
    places = shapely.get_point(shapely.shortest_line(fronts, middles), 0)
    return np.asarray(np.where(shapely.is_missing(places), first, places), dtype=object)


def is_grid(shapes: Shapes) -> bool:
    """Return True if areas are the cells of a grid: at least half share a side with another one of their size.

    Examples
    --------
    >>> is_grid(np.array([shapely.box(0, 0, 9, 9), shapely.box(9, 0, 18, 9)], dtype=object))
    True
    >>> is_grid(np.array([shapely.box(0, 0, 9, 9), shapely.box(20, 0, 29, 9)], dtype=object))
    False
    """
    if not len(shapes):
        return False
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    area = shapely.area(shapes)
    alike = np.abs(area[one] - area[other]) <= SAME_SIZE * np.maximum(area[one], area[other])
    one, other = one[alike], other[alike]
    shared = shapely.length(shapely.intersection(shapes[one], shapes[other])) > 0
    return len(np.union1d(one[shared], other[shared])) >= HALF * len(shapes)
