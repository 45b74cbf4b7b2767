"""Fewer vertices for drawn lines and outlines, each off by at most a stated tolerance."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

DRAWN_DIGITS = 6
"""Decimals of a degree on the map: 0.1 m."""

LINES, POLYGONS = (1, 2, 5), (3, 6)
"""How shapely numbers the types of lines and of polygons."""

LEAST_RING = 4
"""A ring has three corners, and its first again."""

MOST_VERTICES = 200_000
"""Vertices that are looked at together, but for those of one longer line."""


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


def kept_vertices(xy: NDArray[np.float64], offsets: NDArray[np.int64], tolerance_m: float) -> NDArray[np.bool_]:
    """Return which vertices are kept, shape (vertices,).

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
    first, last, columns = offsets[:-1], offsets[1:] - 1, np.ascontiguousarray(xy.T)
    # Groups of whole lines bound the memory.
    group = offsets[1:] // MOST_VERTICES
    for one in np.unique(group):
        rows = np.flatnonzero((group == one) & (last >= first))
        _keep(kept, columns, first[rows], last[rows], tolerance_m)
    return kept


def _keep(
    kept: NDArray[np.bool_],
    xy: NDArray[np.float64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    tolerance_m: float,
) -> None:
    """Mark the vertices that are kept of some lines: of all stretches at once, the farthest from its chord."""
    kept[first] = kept[last] = True
    closed = (last > first) & (xy[:, first] == xy[:, last]).all(axis=0)
    found = np.full(len(first), 2)
    begin, end, line, whole = first, last, np.arange(len(first)), closed
    while True:
        long = end - begin > 1
        begin, end, line, whole = begin[long], end[long], line[long], whole[long]
        if not len(begin):
            break
        inner = end - begin - 1
        starts = np.cumsum(inner) - inner
        stretch = np.repeat(np.arange(len(begin)), inner)
        vertex = np.arange(len(stretch)) + np.repeat(begin + 1 - starts, inner)
        away = _squared_distance(xy[0].take(vertex), xy[1].take(vertex), xy[:, begin], xy[:, end], inner)
        most = np.maximum.reduceat(away, starts)
        reached = np.flatnonzero(away == np.repeat(most, inner))[::-1]
        farthest = np.empty(len(begin), dtype=np.int64)
        # The first of equal ones is written last.
        farthest[stretch[reached]] = vertex[reached]
        # A ring begins and ends in one place: its farthest vertex is kept however near it lies.
        split = whole | (most > tolerance_m * tolerance_m)
        begin, farthest, end, line = begin[split], farthest[split], end[split], line[split]
        kept[farthest] = True
        np.add.at(found, line, 1)
        begin, end = np.concatenate([begin, farthest]), np.concatenate([farthest, end])
        line = np.concatenate([line, line])
        whole = np.zeros(len(line), dtype=np.bool_)
    for row in np.flatnonzero(closed & (found < LEAST_RING)).tolist():
        kept[first[row] : last[row] + 1] = True


def _squared_distance(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    begin: NDArray[np.float64],
    end: NDArray[np.float64],
    inner: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the squared distance of places from the chords of their stretches, of `inner` places each, m²."""
    along_x, along_y = end - begin
    length = along_x * along_x + along_y * along_y
    x -= np.repeat(begin[0], inner)
    y -= np.repeat(begin[1], inner)
    chord_x, chord_y = np.repeat(along_x, inner), np.repeat(along_y, inner)
    part = x * chord_x
    part += y * chord_y
    # Both ends in one place: the distance from it.
    part /= np.repeat(np.where(length > 0.0, length, np.inf), inner)
    np.clip(part, 0.0, 1.0, out=part)
    chord_x *= part
    chord_y *= part
    x -= chord_x
    y -= chord_y
    x *= x
    y *= y
    x += y
    return x
