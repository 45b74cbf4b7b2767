"""Unions of areas that can be trusted: GEOS joins without rounding, and is asked again on a grid where it errs.

GEOS' union of valid shapes whose arcs nearly coincide can lose whole parts, without a word. A union is therefore
held against its parts at some thousand positions; where they disagree, it is made again with all vertices on a
fine grid, which is always right and several times slower.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

GRID_M = 1e-4
"""Vertices of unions on a grid; what is thinner is dropped."""

POSITIONS_A_SIDE = 40
"""A union is held against its parts at the square of this many positions over its extent."""


def union(shapes: Sequence[shapely.Geometry] | NDArray[np.object_]) -> shapely.Geometry:
    """Join areas; the same areas give the same union.

    Examples
    --------
    >>> union([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)]).area
    3.0
    """
    parts = np.asarray(shapes, dtype=object)
    parts = parts[~shapely.is_empty(parts)]
    if not len(parts):
        return shapely.Polygon()
    joined = shapely.union_all(parts)
    return joined if _agrees(joined, parts) else grid_union(parts)


def grid_union(shapes: Sequence[shapely.Geometry] | NDArray[np.object_]) -> shapely.Geometry:
    """Join areas on a fine grid, and drop what is thinner than it."""
    joined = shapely.union_all(shapes, grid_size=GRID_M)
    parts = shapely.get_parts(joined)
    parts = parts[shapely.get_dimensions(parts) == 2]  # noqa: PLR2004 -- of an area
    kept = [_without_slits(part) for part in parts if part.area > GRID_M * part.length]
    return kept[0] if len(kept) == 1 else shapely.multipolygons(kept) if kept else shapely.Polygon()


def _agrees(joined: shapely.Geometry, parts: NDArray[np.object_]) -> bool:
    """Tell whether a union holds what its parts hold, at positions spread over them."""
    west, south, east, north = shapely.total_bounds(parts)
    share = (np.arange(POSITIONS_A_SIDE) + 0.5) / POSITIONS_A_SIDE
    along, up = west + share * (east - west), south + share * (north - south)
    x, y = np.meshgrid(along, up)
    left, low, right, high = shapely.bounds(parts).T
    begin = np.column_stack([np.searchsorted(up, low), np.searchsorted(along, left)])
    end = np.column_stack([np.searchsorted(up, high, "right"), np.searchsorted(along, right, "right")])
    in_parts = np.zeros(x.shape, dtype=np.bool_)
    # Most parts are small discs between the positions.
    for row in np.flatnonzero((begin < end).all(axis=1)).tolist():
        near = np.s_[begin[row, 0] : end[row, 0], begin[row, 1] : end[row, 1]]
        open_to = ~in_parts[near]
        if open_to.any():
            shapely.prepare(parts[row])
            in_parts[near][open_to] = shapely.contains_xy(parts[row], x[near][open_to], y[near][open_to])
    shapely.prepare(joined)
    return bool((shapely.contains_xy(joined, x, y) == in_parts).all())


def _without_slits(part: shapely.Polygon) -> shapely.Polygon:
    holes = [ring for ring in part.interiors if shapely.Polygon(ring).area > GRID_M * ring.length]
    return part if len(holes) == len(part.interiors) else shapely.Polygon(part.exterior, holes)
