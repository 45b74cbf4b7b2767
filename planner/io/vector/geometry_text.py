"""Shapes written as text: WKT and EWKT, hexadecimal WKB and EWKB (PostGIS), GeoJSON.

The library that reads them follows their nesting without a bound, and a text nested some ten thousand levels ends
the process: so how deep a text is nested is found out before it is read.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

DEEPEST = 16
"""Levels of brackets in a shape; a collection of multipolygons has five, with three of GeoJSON's objects eight."""

EWKT = re.compile(r"\s*SRID\s*=\s*(\d+)\s*;\s*(.*)", re.IGNORECASE | re.DOTALL)
HEX_WKB = re.compile(r"\s*(?:\\x|0x)?((?:0[01])(?:[0-9A-F]{2}){8,})\s*", re.IGNORECASE)
BRACKETS = re.compile(r"[(\[{]|[)\]}]")
OPENING = "([{"

POINT, LINE, POLYGON, COLLECTIONS = 1, 2, 3, (4, 5, 6, 7)
WKB_Z, WKB_M, WKB_SRID = 0x80000000, 0x40000000, 0x20000000
DEGREES = 4326


@dataclass(frozen=True, slots=True, eq=False)
class ParsedShapes:
    """Shapes of texts, None where a text is none; and the systems that the texts themselves name."""

    shapes: NDArray[np.object_]
    codes: frozenset[int]


def read_shapes(texts: Iterable[object]) -> ParsedShapes:
    """Read shapes, each in whichever way it is written.

    Examples
    --------
    >>> found = read_shapes(["POINT (1 2)", "0101000000000000000000F03F0000000000000040", "(1 2)", None])
    >>> [shape and shape.wkt for shape in found.shapes]
    ['POINT (1 2)', 'POINT (1 2)', None, None]
    """
    codes: set[int] = set()
    # A damaged number may be too large for any; the library would warn of it on the terminal.
    with np.errstate(all="ignore"):
        shapes = [_shape(text, codes) if isinstance(text, str) else None for text in texts]
    results: NDArray[np.object_] = np.full(len(shapes), None, dtype=object)
    results[:] = shapes
    return ParsedShapes(results, frozenset(codes))


def read_wkt(text: str) -> shapely.Geometry | None:
    """Return the shape of one WKT; None where it is none, or nested deeper than any shape."""
    with np.errstate(all="ignore"):
        return None if is_nested_too_deep(text) else shapely.from_wkt(text, on_invalid="ignore")


def is_nested_too_deep(text: str, deepest: int = DEEPEST) -> bool:
    """Return True if brackets are nested deeper than `deepest`.

    Examples
    --------
    >>> is_nested_too_deep("POLYGON ((0 0, 1 0, 1 1, 0 0))"), is_nested_too_deep("(" * 20 + ")" * 20)
    (False, True)
    """
    if sum(map(text.count, OPENING)) <= deepest:
        return False
    depth = 0
    for bracket in BRACKETS.finditer(text):
        depth += 1 if bracket[0] in OPENING else -1
        if depth > deepest:
            return True
    return False


def _shape(text: str, codes: set[int]) -> shapely.Geometry | None:
    packed = HEX_WKB.fullmatch(text)
    if packed:
        content = bytes.fromhex(packed[1])
        return _from_wkb(content, codes) if _is_whole(content) else None
    if text.lstrip().startswith("{"):
        shape = None if is_nested_too_deep(text) else shapely.from_geojson(text, on_invalid="ignore")
        codes |= {DEGREES} if shape is not None else set()
        return shape
    named = EWKT.fullmatch(text)
    shape = read_wkt(named[2] if named else text)
    if named and shape is not None:
        codes.add(int(named[1]))
    return shape


def _from_wkb(content: bytes, codes: set[int]) -> shapely.Geometry | None:
    shape = shapely.from_wkb(content, on_invalid="ignore")
    code = 0 if shape is None else int(shapely.get_srid(shape))
    if code:
        codes.add(code)
        shape = shapely.set_srid(shape, 0)
    return shape


def _is_whole(content: bytes) -> bool:
    """Return True if each part of a WKB is there, and none is nested deeper than any shape."""
    left, place = [1], 0
    try:
        while left:
            if left[-1] == 0:
                left.pop()
                continue
            left[-1] -= 1
            order = "<" if content[place] else ">"
            (kind,) = struct.unpack_from(f"{order}I", content, place + 1)
            place += 9 if kind & WKB_SRID else 5
            thousands, kind_alone = divmod(kind & 0xFFFF, 1000)
            width = 8 * (2 + bool(kind & WKB_Z) + bool(kind & WKB_M) + (0, 1, 1, 2)[min(thousands, 3)])
            if kind_alone in COLLECTIONS:
                (parts,) = struct.unpack_from(f"{order}I", content, place)
                place += 4
                left.append(parts)
                if len(left) > DEEPEST:
                    return False
            else:
                place = _behind(content, place, order, kind_alone, width)
    except (struct.error, IndexError):
        return False
    return place == len(content)


def _behind(content: bytes, place: int, order: str, kind: int, width: int) -> int:
    """Return where a point, line or polygon ends; an error of `struct` where that is beyond the end."""
    if kind == POINT:
        return place + width
    if kind not in {LINE, POLYGON}:
        raise struct.error
    count = int(struct.unpack_from(f"{order}I", content, place)[0])
    place += 4
    if kind == LINE:
        return place + count * width
    for _ in range(count):
        (points,) = struct.unpack_from(f"{order}I", content, place)
        place += 4 + int(points) * width
    return place
