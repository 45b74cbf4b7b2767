"""Where the people of a building start to walk: at its middle, and of a large one at the outline.

The middle of a mall or a factory block may lie farther from every street than anybody walks straight, although its
doors open on one. Such a building's people start at the place of its outline that is nearest to a street. Cells of
a grid are no buildings: their people live all over them, and stand at the middle.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

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
    """Tell whether areas are the cells of a grid: at least half share a side with another one of their size.

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
