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
    x, y = np.meshgrid(west + share * (east - west), south + share * (north - south))
    x, y = x.ravel(), y.ravel()
    in_parts = np.zeros(len(x), dtype=np.bool_)
    for part in parts:
        left, low, right, high = part.bounds
        near = np.flatnonzero(~in_parts & (x >= left) & (x <= right) & (y >= low) & (y <= high))
        if len(near):
            shapely.prepare(part)
            in_parts[near] = shapely.contains_xy(part, x[near], y[near])
    shapely.prepare(joined)
    return bool((shapely.contains_xy(joined, x, y) == in_parts).all())


def _without_slits(part: shapely.Polygon) -> shapely.Polygon:
    holes = [ring for ring in part.interiors if shapely.Polygon(ring).area > GRID_M * ring.length]
    return part if len(holes) == len(part.interiors) else shapely.Polygon(part.exterior, holes)
