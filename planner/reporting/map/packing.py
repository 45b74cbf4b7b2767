"""Data packed for the page: whole numbers by their steps, in compressed JSON (js/packing.js reads it).

Neighbours are close, so that steps are small and repeat, which is what gzip shortens.
"""

from __future__ import annotations

import base64
import gzip
import json

import numpy as np
import shapely
from numpy.typing import NDArray

DEGREE_DIGITS = 6
"""Decimals of a degree: 0.1 m."""


def pack(content: object) -> str:
    """Return content as JSON, compressed with gzip, in base 64: the same for the same content.

    Examples
    --------
    >>> json.loads(gzip.decompress(base64.b64decode(pack({"a": [1, 2]}))))
    {'a': [1, 2]}
    """
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # Half a character, left by damaged bytes, is no UTF-8: its escape is what JSON writes for it.
    packed = text.encode("utf-8", "backslashreplace")
    return base64.b64encode(gzip.compress(packed, compresslevel=9, mtime=0)).decode("ascii")


def steps(values: NDArray[np.int64]) -> list[int]:
    """Return the step from each number to the next, the first from 0.

    Examples
    --------
    >>> steps(np.array([5, 7, 4]))
    [5, 2, -3]
    """
    taken: list[int] = np.diff(values, prepend=0).tolist()
    return taken


def degree_steps(degrees: NDArray[np.float64]) -> list[int]:
    """Return degrees, in millionths, by their steps."""
    return steps(np.rint(degrees * 10**DEGREE_DIGITS).astype(np.int64))


def polygon_steps(shapes: NDArray[np.object_]) -> dict[str, list[int]]:
    """Return polygons in degrees: rings in each shape, places in each ring, and the places.

    The first place of a ring is not repeated. Rings of one shape follow one another, holes like outlines: filled
    by the even-odd rule they give the shape.
    """
    parts, shape_of_part = shapely.get_parts(shapes, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    n_rings = np.bincount(shape_of_part[part_of_ring], minlength=len(shapes))
    places, ring_of_place = shapely.get_coordinates(rings, return_index=True)
    # Every ring ends where it began; the page closes it.
    last = np.concatenate([ring_of_place[1:] != ring_of_place[:-1], [True]])[: len(places)]
    kept = places[~last]
    return {
        "rings": n_rings.tolist(),
        "places": np.bincount(ring_of_place[~last], minlength=len(rings)).tolist(),
        "lon": degree_steps(kept[:, 0]),
        "lat": degree_steps(kept[:, 1]),
    }
