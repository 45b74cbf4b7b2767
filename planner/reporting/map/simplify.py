"""Fewer vertices for drawn lines and outlines, each off by at most a stated tolerance."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from planner.network.compile import kernel

DRAWN_DIGITS = 6
"""Decimals of a degree on the map: 0.1 m."""

LINES, POLYGONS = (1, 2, 5), (3, 6)
"""How shapely numbers the types of lines and of polygons."""

LEAST_RING = 4
"""A ring has three corners, and its first again."""


def simplify_borders(shapes: NDArray[np.object_], tolerance_m: float) -> NDArray[np.object_]:
    """Return lines and polygons with fewer vertices, all of them their own; what is neither stays as it is.

    Every vertex left out lies within the tolerance of the edge in its place, and so does every point between, by
    convexity: neither line is farther than the tolerance from the other. A ring keeps the vertex where it begins,
    and its three corners at least; rings may touch or cross by as much as the tolerance, as drawings may.

    Parameters
    ----------
    shapes
        Geometries, in metres.
    tolerance_m
        How far a drawn line may lie from the given one.

    References
    ----------
    .. [1] Douglas, D. H. & Peucker, T. K. (1973). Algorithms for the reduction of the number of points required to
       represent a digitized line or its caricature. Cartographica 10(2).

    Examples
    --------
    >>> line = shapely.from_wkt("LINESTRING (0 0, 1 0.4, 2 0, 3 3, 4 0)")
    >>> simplify_borders(np.array([line]), 0.5)[0].wkt
    'LINESTRING (0 0, 2 0, 3 3, 4 0)'
    """
    made = np.asarray(shapes, dtype=object).copy()
    types = shapely.get_type_id(made)
    for family in (LINES, POLYGONS):
        rows = np.flatnonzero(np.isin(types, family) & ~shapely.is_empty(made))
        if len(rows):
            kind, xy, offsets = shapely.to_ragged_array(made[rows], include_z=False)
            kept = kept_vertices(xy, np.asarray(offsets[0], dtype=np.int64), tolerance_m)
            counted = np.concatenate([[0], np.cumsum(kept)])
            made[rows] = shapely.from_ragged_array(kind, xy[kept], (counted[offsets[0]], *offsets[1:]))
    return made


def to_degrees(shapes: gpd.GeoSeries, tolerance_m: float) -> NDArray[np.object_]:
    """Return shapes thinned in metres, then in degrees of WGS 84, rounded as the map draws them."""
    thin = simplify_borders(shapes.to_numpy(), tolerance_m)
    to_degrees = Transformer.from_crs(shapes.crs, 4326, always_xy=True)

    def reprojected(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.round(np.column_stack(to_degrees.transform(xy[:, 0], xy[:, 1])), DRAWN_DIGITS)

    return np.asarray(shapely.transform(thin, reprojected), dtype=object)


@kernel
def kept_vertices(xy: NDArray[np.float64], offsets: NDArray[np.int64], tolerance_m: float) -> NDArray[np.bool_]:
    """Return which vertices are kept.

    Parameters
    ----------
    xy
        The vertices of all lines, one line after the other, shape (vertices, 2), metres.
    offsets
        Where each line begins, and where the last ends.
    tolerance_m
        The tolerance, metres.
    """
    kept = np.zeros(len(xy), dtype=np.bool_)
    waiting = np.empty((len(xy) + 2, 2), dtype=np.int64)
    for line in range(len(offsets) - 1):
        first, last = offsets[line], offsets[line + 1] - 1
        if last < first:
            continue
        kept[first] = kept[last] = True
        closed = last > first and xy[first, 0] == xy[last, 0] and xy[first, 1] == xy[last, 1]
        waiting[0, 0], waiting[0, 1] = first, last
        count, found = 1, 2
        while count > 0:
            count -= 1
            begin, end = waiting[count, 0], waiting[count, 1]
            along_x, along_y = xy[end, 0] - xy[begin, 0], xy[end, 1] - xy[begin, 1]
            length = along_x * along_x + along_y * along_y
            largest, farthest = -1.0, -1
            for inner in range(begin + 1, end):
                to_x, to_y = xy[inner, 0] - xy[begin, 0], xy[inner, 1] - xy[begin, 1]
                part = (to_x * along_x + to_y * along_y) / length if length > 0.0 else 0.0
                part = min(max(part, 0.0), 1.0)
                off_x, off_y = to_x - part * along_x, to_y - part * along_y
                away = off_x * off_x + off_y * off_y
                if away > largest:
                    largest, farthest = away, inner
            # A ring begins and ends in one place: its farthest vertex is kept however near it lies.
            whole = closed and begin == first and end == last
            if farthest >= 0 and (whole or largest > tolerance_m * tolerance_m):
                kept[farthest] = True
                found += 1
                waiting[count, 0], waiting[count, 1] = begin, farthest
                waiting[count + 1, 0], waiting[count + 1, 1] = farthest, end
                count += 2
        if closed and found < LEAST_RING:
            kept[first : last + 1] = True
    return kept


def warm_up() -> None:
    """Compile the kernel ahead of its first use.

    Examples
    --------
    >>> warm_up()
    """
    simplify_borders(np.array([shapely.LineString([(0, 0), (1, 0), (2, 0)])]), 1.0)
