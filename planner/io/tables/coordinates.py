"""Coordinates in cells: one, or a pair in one cell, however they were typed."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

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
    """Two coordinates in the order of their cell; `latitude_first` is None where the cell does not say."""

    first: float
    second: float
    latitude_first: bool | None = None


def is_no_place(text: str) -> bool:
    """Return True if a cell is blank or says that there is nothing."""
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
    """Return True if a part is a latitude (True) or a longitude (False), None where it does not say."""
    label = LABEL.search(part)
    if label is not None:
        return label["lat"] is not None
    if NORTH_SOUTH.search(part):
        return True
    return False if EAST_WEST.search(part) else None
