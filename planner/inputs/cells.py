"""What single cells of a table say: numbers, codes, names and coordinates, however they were typed."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal

THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:[, '\u2009]\d{3})+(?:\.\d+)?")
"""1,234,567.8: a mark in every place or in none; 1,23 is not a number."""

PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
WHOLE_FLOAT = re.compile(r"(\d+)\.0+")
SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{1,3}")

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
    r"(?P<degrees>[+-]?\d+(?:\.\d+)?)[°度]?"
    r"(?:(?P<minutes>\d+(?:\.\d+)?)['′’分](?:(?P<seconds>\d+(?:\.\d+)?)(?:\"|″|”|''|′′|秒))?)?"
    r"(?P<after>[ensw]|东|西|北|南)?",
    re.IGNORECASE,
)
"""One coordinate, decimal or in degrees, minutes and seconds, after NFKC and without spaces."""

PART_OF_DEGREE = 60.0
OUTER = str.maketrans("", "", "()[]{}")


def plain(text: str) -> str:
    """Return a name as it compares: full-width letters made narrow, lower case, without spaces and punctuation.

    Examples
    --------
    >>> plain("Ｆloor_Area "), plain("经度, 纬度")
    ('floorarea', '经度,纬度')
    """
    narrow = unicodedata.normalize("NFKC", text).lower()
    return "".join(sign for sign in narrow if sign.isalnum() or sign in "²,")


def number(text: str, units: Mapping[str, float]) -> float | None:
    """Return the number that a cell holds, or None where that is not plain.

    Parameters
    ----------
    text
        The cell. Full-width digits count, and thousands marks where they stand in every place.
    units
        What may stand behind the number, by its `plain` form, and what it multiplies the number by.

    Examples
    --------
    >>> area = {"m2": 1.0, "万m2": 10000.0}
    >>> [number(cell, area) for cell in ("１，２３４.5", "320㎡", "1.2万平方米", "1,23", "about 300", "3~4")]
    [1234.5, 320.0, None, None, None, None]
    >>> number("1.2万㎡", area)
    12000.0
    """
    found = measured(text, units)
    return None if found is None else found[0]


def measured(text: str, units: Mapping[str, float]) -> tuple[float, bool] | None:
    """Return the number that a cell holds, and whether the cell names its unit itself; None where it is no number.

    Examples
    --------
    >>> measured("0.1万人", {"万人": 10000.0}), measured("1,000", {})
    ((1000.0, True), (1000.0, False))
    """
    narrow = unicodedata.normalize("NFKC", text).replace("\u2212", "-").strip()
    found = THOUSANDS.match(narrow) or PLAIN.match(narrow)
    if found is None:
        return None
    rest = narrow[found.end() :]
    # 1,234 read as 1 with ",234" behind it is no number with a unit.
    factor = 1.0 if not rest else units.get(plain(rest)) if not rest.lstrip().startswith((",", ".")) else None
    if factor is None or (found.re is THOUSANDS and rest[:1].isdigit()):
        return None
    digits = re.sub(r"[, '\u2009]", "", found[0])
    return times(digits, factor), bool(rest)


def times(number: object, factor: float) -> float:
    """Return a number times a factor, in decimal: 0.57 times 10,000 is 5,700."""
    return float(Decimal(str(number)) * Decimal(str(factor)))


def code(text: str) -> str:
    """Return an id or code as text: without spaces around it, and without the .0 of a spreadsheet's number.

    Examples
    --------
    >>> code(" 150302001002.0 "), code("１５０３０２"), code("A 1.0")
    ('150302001002', '150302', 'A 1.0')
    """
    narrow = unicodedata.normalize("NFKC", text).strip()
    whole = WHOLE_FLOAT.fullmatch(narrow)
    return whole[1] if whole else narrow


def lost_digits(text: str) -> bool:
    """Tell whether a spreadsheet has rounded a code to a few digits, as in 1.50302E+11."""
    return SCIENTIFIC.fullmatch(unicodedata.normalize("NFKC", text).strip()) is not None


def coordinate(text: str) -> float | None:
    r"""Return one coordinate: a number, or degrees, minutes and seconds.

    Examples
    --------
    >>> coordinate("106.813"), coordinate("东经１０６°４８′36″"), coordinate("39°40'30\"N"), coordinate("east")
    (106.813, 106.81, 39.675, None)
    """
    value = number(text, {})
    if value is not None:
        return value
    if text.strip().lower().lstrip("+-") in {"inf", "infinity"}:
        return math.inf
    found = HALF.fullmatch("".join(unicodedata.normalize("NFKC", text).split()))
    if found is None:
        return None
    degrees, minutes, seconds = (float(found[part] or 0) for part in ("degrees", "minutes", "seconds"))
    if minutes >= PART_OF_DEGREE or seconds >= PART_OF_DEGREE:
        return None
    size = abs(degrees) + minutes / 60 + seconds / 3600
    sign = SIGNS.get((found["before"] or found["after"] or "e").lower(), 1)
    return -size * sign if found["degrees"].startswith("-") else size * sign


def pair(text: str) -> tuple[float, float] | None:
    """Return the two coordinates of one cell, in their order.

    Examples
    --------
    >>> pair("106.81，39.67"), pair("[106.81 39.67]"), pair("106.81"), pair("1,2,3")
    ((106.81, 39.67), (106.81, 39.67), None, None)
    """
    inner = unicodedata.normalize("NFKC", text).translate(OUTER).strip()
    for divider in (",", ";", "/", None):
        parts = [part.strip() for part in inner.split(divider) if part.strip()]
        if len(parts) == 2:  # noqa: PLR2004 - a pair
            first, second = (coordinate(part) for part in parts)
            return None if first is None or second is None else (first, second)
    return None
