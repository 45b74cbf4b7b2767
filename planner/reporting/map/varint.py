"""Numbers packed for the page: whole numbers in as few bytes as they need, written in base 64.

Numbers stand in groups of seven bits, the lowest first, each but the last with its eighth bit set (LEB128); signed
ones are folded first, 0, -1, 1, -2, … to 0, 1, 2, 3, …
"""

from __future__ import annotations

import base64

import numpy as np
import shapely
from numpy.typing import NDArray

DEGREE_DIGITS = 6
"""Decimals of a degree: 0.1 m."""


def encode_varints(values: NDArray[np.int64]) -> str:
    """Pack whole numbers from 0 to 2⁵³.

    Examples
    --------
    >>> base64.b64decode(encode_varints(np.array([1, 127, 300]))).hex()
    '017fac02'
    """
    left = np.asarray(values, dtype=np.uint64)
    length = np.ones(len(left), dtype=np.int64)
    for group in range(1, 8):
        length += left >= np.uint64(1) << np.uint64(7 * group)
    end = np.cumsum(length)
    stream = np.zeros(end[-1] if len(end) else 0, dtype=np.uint8)
    for group in range(8):
        has = length > group
        more = np.where(length[has] > group + 1, 128, 0)
        bits = (left[has] >> np.uint64(7 * group)) & np.uint64(127)
        stream[(end - length)[has] + group] = bits.astype(np.uint8) | more.astype(np.uint8)
    return base64.b64encode(stream.tobytes()).decode("ascii")


def zigzag(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Fold signed whole numbers into those from 0.

    Examples
    --------
    >>> zigzag(np.array([0, -1, 1, -2])).tolist()
    [0, 1, 2, 3]
    """
    return np.where(values < 0, -2 * values - 1, 2 * values)


def encode_steps(values: NDArray[np.int64]) -> str:
    """Pack whole numbers by the step from each to the next, the first from 0."""
    return encode_varints(zigzag(np.diff(values, prepend=0)))


def encode_degrees(degrees: NDArray[np.float64]) -> str:
    """Pack degrees, six decimals of each, by their steps."""
    return encode_steps(np.rint(degrees * 10**DEGREE_DIGITS).astype(np.int64))


def encode_shapes(shapes: NDArray[np.object_]) -> dict[str, str]:
    """Pack polygons in degrees: rings in each shape, places in each ring (its first not repeated), and the places.

    Rings of one shape follow one another, holes like outlines: filled by the even-odd rule they give the shape.
    """
    parts, shape_of_part = shapely.get_parts(shapes, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    n_rings = np.bincount(shape_of_part[part_of_ring], minlength=len(shapes))
    places, ring_of_place = shapely.get_coordinates(rings, return_index=True)
    # Every ring ends where it began; the page closes it.
    last = np.concatenate([ring_of_place[1:] != ring_of_place[:-1], [True]])[: len(places)]
    kept = places[~last]
    return {
        "rings": encode_varints(n_rings),
        "places": encode_varints(np.bincount(ring_of_place[~last], minlength=len(rings))),
        "lon": encode_degrees(kept[:, 0]),
        "lat": encode_degrees(kept[:, 1]),
    }
