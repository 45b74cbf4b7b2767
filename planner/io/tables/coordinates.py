"""Positions in cells: coordinates as typed, and shapes as WKT, EWKT, hexadecimal WKB, EWKB and GeoJSON."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.io.tables.cells import parse_number, to_narrow

SIGNS = {
    "e": 1,
    "n": 1,
    "w": -1,
    "s": -1,
    "东经": 1,
    "北纬": 1,
    "西经": -1,
    "南纬": -1,
    "东": 1,
    "北": 1,
    "西": -1,
    "南": -1,
}
HALF = re.compile(
    r"(?P<before>[ensw]|东经|西经|北纬|南纬)?:?"
    r"(?P<degrees>[+-]?\d+(?:\.\d+)?)[°º˚度]?"
    r"(?:(?P<minutes>\d+(?:\.\d+)?)['′’分](?:(?P<seconds>\d+(?:\.\d+)?)(?:\"|″|”|''|′′|秒))?)?"
    r"(?P<after>[ensw]|东|西|北|南)?",
    re.IGNORECASE,
)
"""One coordinate, decimal or in degrees, minutes and seconds, after NFKC and without spaces."""

THREE_PARTS = re.compile(
    r"(?<![\d.])([+-]?\d{1,3})(?P<mark>\s*[-:\u2013\u2014]\s*|\s+)(\d{1,2})(?P=mark)(\d{1,2}(?:\.\d+)?)(?=\s*(?:[ensw东西北南]|$))",
    re.IGNORECASE,
)
"""Degrees, minutes and seconds as 106-48-45.1, 106:48:45.1 or 106 48 45.1."""

DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
COMMA_IN_PART = re.compile(r"(?<=\d),(?=\d+\s*[\"″”'′’°秒分度])")
LONGEST = 100
"""Characters of one coordinate; a longer text is a shape or a notice, and not worth looking through."""

PART_OF_DEGREE = 60.0
DEGREES_AT_MOST = 180.0

OUTER = str.maketrans("", "", "()[]{}\"'")
MARKED_DEGREES = re.compile(r"[°º˚度′″’”分秒]")
LABEL = re.compile(r"(?P<lon>longitude|经度|lng|long|lon)|(?P<lat>latitude|纬度|lat)", re.IGNORECASE)
"""Labels of coordinates; X and Y are none, since surveyors in China call the northing X."""

LABELLED = re.compile(r"(?:longitude|latitude|经度|纬度|lng|long|lon|lat|\bx|\by)[\s:=]*", re.IGNORECASE)
EAST_WEST = re.compile(r"东|西|^[ew]|[ew]$", re.IGNORECASE)
NORTH_SOUTH = re.compile(r"南|北|^[ns]|[ns]$", re.IGNORECASE)
SECOND_HALF = re.compile(
    r"(?<=[\d秒分度″′°\"'])\s*(?=东经|西经|北纬|南纬|经度|纬度|longitude|latitude|lng|lon|lat)", re.IGNORECASE
)
DIVIDERS = (",", ";", "/", "|", "&", "、", ", ", None)

NO_PLACE = frozenset(
    {"", "nan", "null", "none", "na", "n/a", "-", "--", "—", "——", "/", "无", "暂无", "\\n", "nil"}
)
"""Texts of cells that state no position."""


@dataclass(frozen=True, slots=True)
class CoordinatePair:
    """Two coordinates in the order of their cell; `latitude_first` is None where the cell does not state it."""

    first: float
    second: float
    latitude_first: bool | None = None


def is_no_place(text: str) -> bool:
    """Return True if a cell is blank or states that there is nothing."""
    return to_narrow(text).lower() in NO_PLACE


def parse_coordinate(text: str, *, decimal_comma: bool = False) -> float | None:
    r"""Return one coordinate: a number, or degrees, minutes and seconds.

    Parameters
    ----------
    decimal_comma
        Whether a single comma parts whole from decimals, and never thousands.

    Examples
    --------
    >>> [parse_coordinate(text) for text in ("106.813", "东经１０６°４８′36″", "39°40'30\"N", "east")]
    [106.813, 106.81, 39.675, None]
    >>> [parse_coordinate(text, decimal_comma=True) for text in ("106-48-36", "39:40:30 N", "106,813")]
    [106.81, 39.675, 106.813]
    """
    if len(text) > LONGEST:
        return None
    narrow = to_narrow(text).replace("\u2212", "-")
    if decimal_comma and DECIMAL_COMMA.fullmatch(narrow):
        narrow = narrow.replace(",", ".")
    value = parse_number(narrow, {})
    if value is not None:
        return value
    if narrow.lower().lstrip("+-") in {"inf", "infinity"}:
        return math.inf
    narrow = THREE_PARTS.sub(r"\1°\3′\4″", COMMA_IN_PART.sub(".", narrow))
    if re.search(r"\d\s+\d", narrow):
        # 106 48 without seconds, or any list of numbers: without its spaces it would be another number.
        return None
    return _degrees("".join(narrow.split()))


def _degrees(narrow: str) -> float | None:
    """Return degrees, minutes and seconds as degrees."""
    match = HALF.fullmatch(narrow)
    if match is None:
        return None
    degrees, minutes, seconds = (float(match[part] or 0) for part in ("degrees", "minutes", "seconds"))
    if minutes >= PART_OF_DEGREE or seconds >= PART_OF_DEGREE:
        return None
    size = abs(degrees) + minutes / 60 + seconds / 3600
    sign = SIGNS.get((match["before"] or match["after"] or "e").lower(), 1)
    return -size * sign if match["degrees"].startswith("-") else size * sign


def parse_coordinate_column(cells: list[str | None], *, degrees: bool) -> list[float | None]:
    """Return the coordinates of one column, in which a comma means the same in each cell.

    Examples
    --------
    >>> parse_coordinate_column(["106,8", "106,813"], degrees=True)
    [106.8, 106.813]
    >>> parse_coordinate_column(["500,123", "500,200"], degrees=False)
    [500123.0, 500200.0]
    """
    narrow = [to_narrow(cell) for cell in cells if cell]
    commas = [cell for cell in narrow if DECIMAL_COMMA.fullmatch(cell)]
    thousands = [cell for cell in commas if re.fullmatch(r"[+-]?\d{1,3},\d{3}", cell)]
    is_decimal = bool(commas) and (degrees or len(thousands) < len(commas))
    return [None if cell is None else parse_coordinate(cell, decimal_comma=is_decimal) for cell in cells]


def parse_coordinate_pair(text: str) -> CoordinatePair | None:
    """Return the two coordinates of one cell.

    Examples
    --------
    >>> [parse_coordinate_pair(text) for text in ("106.81，39.67", "106.81", "1,2,3")]
    [CoordinatePair(first=106.81, second=39.67, latitude_first=None), None, None]
    >>> parse_coordinate_pair("纬度:39.67,经度:106.81")
    CoordinatePair(first=39.67, second=106.81, latitude_first=True)
    >>> parse_coordinate_pair("106,81;39,67")
    CoordinatePair(first=106.81, second=39.67, latitude_first=None)
    """
    if len(text) > 2 * LONGEST:
        return None
    narrow = to_narrow(text)
    inner = narrow if MARKED_DEGREES.search(narrow) else narrow.translate(OUTER).strip()
    inner = inner.strip("()[]{} ")
    inner = SECOND_HALF.sub(";", re.sub(r"\s*[:=]\s*", ":", inner)) if _labels(inner) else inner
    for divider in DIVIDERS:
        parts = [part.strip(" ,;") for part in inner.split(divider) if part.strip(" ,;")]
        if len(parts) != 2:  # noqa: PLR2004 - a pair
            continue
        first, second = (_half(part, has_commas=divider != ",") for part in parts)
        if first is None or second is None:
            continue
        axes = [_axis_of(part) for part in parts]
        if axes[0] is not None and axes[0] == axes[1]:
            return None
        is_latitude = axes[0] if axes[0] is not None else None if axes[1] is None else not axes[1]
        return CoordinatePair(first, second, is_latitude)
    return None


def _labels(text: str) -> bool:
    return LABELLED.search(text) is not None or re.search("[东西]经|[南北]纬", text) is not None


def _half(part: str, *, has_commas: bool) -> float | None:
    bare = LABELLED.sub("", part).strip(" :=")
    if has_commas and DECIMAL_COMMA.fullmatch(bare):
        value = parse_coordinate(bare, decimal_comma=True)
        if value is not None and abs(value) <= DEGREES_AT_MOST:
            return value
    return parse_coordinate(bare)


def _axis_of(part: str) -> bool | None:
    """Return True if a part is a latitude (True) or a longitude (False), None where it does not state it."""
    label = LABEL.search(part)
    if label is not None:
        return label["lat"] is not None
    if NORTH_SOUTH.search(part):
        return True
    return False if EAST_WEST.search(part) else None


# Readers of shapes follow nesting without a bound; some ten thousand levels end the process. It is measured first.
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
