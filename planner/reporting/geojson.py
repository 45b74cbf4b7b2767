"""Geometries as GeoJSON text, without a Python object for every number."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

LINE, POLYGON, LINES, POLYGONS = 1, 3, 5, 6
"""The types of GEOS that are written here; others are left to its own writer."""


def geojson_texts(shapes: NDArray[np.object_]) -> list[str]:
    """Write geometries as the JSON that Python makes of them, keys in the order of the alphabet.

    Examples
    --------
    >>> geojson_texts(np.array([shapely.LineString([(0, 0.5), (2, 1)])]))
    ['{"coordinates": [[0.0, 0.5], [2.0, 1.0]], "type": "LineString"}']
    """
    texts: list[str] = [""] * len(shapes)
    types = shapely.get_type_id(shapes)
    for single, several in ((LINE, LINES), (POLYGON, POLYGONS)):
        rows = np.flatnonzero(np.isin(types, (single, several)))
        if len(rows):
            parts, row_of_part = shapely.get_parts(shapes[rows], return_index=True)
            of_parts = _lists(parts) if single == LINE else _polygons(parts)
            of_rows = _grouped(of_parts, row_of_part, len(rows))
            for row, type_id, own in zip(rows.tolist(), types[rows].tolist(), of_rows, strict=True):
                coordinates = _listed(own) if type_id == several else "".join(own) or "[]"
                texts[row] = f'{{"coordinates": {coordinates}, "type": "{shapes[row].geom_type}"}}'
    for row in np.flatnonzero(~np.isin(types, (LINE, POLYGON, LINES, POLYGONS))).tolist():
        texts[row] = json.dumps(json.loads(shapely.to_geojson(shapes[row])), sort_keys=True)
    return texts


def _polygons(parts: NDArray[np.object_]) -> list[str]:
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    return [_listed(own) for own in _grouped(_lists(rings), part_of_ring, len(parts))]


def _lists(lines: NDArray[np.object_]) -> list[str]:
    xy, line = shapely.get_coordinates(lines, return_index=True)
    borders = np.searchsorted(line, np.arange(len(lines) + 1)).tolist()
    places = xy.tolist()
    # Python writes a list of floats as JSON does.
    return [str(places[first:last]) for first, last in pairwise(borders)]


def _grouped(texts: list[str], group: NDArray[np.int64], count: int) -> list[list[str]]:
    borders = np.searchsorted(group, np.arange(count + 1)).tolist()
    return [texts[first:last] for first, last in pairwise(borders)]


def _listed(texts: list[str]) -> str:
    return f"[{', '.join(texts)}]"
