"""What an extract states of kerbs and inclines: where wheelchairs and prams cannot go on."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import shapely

from planner.io.osm.objects import DEGREES, nodes_with, open_extract, ways_with

KERB_LOW = frozenset({"flush", "lowered", "no", "rolled"})
"""Values of `kerb` that wheels pass; `barrier=kerb` alone is a raised one."""

_INCLINE = re.compile(r"[-+]?\s*(\d+(?:[.,]\d+)?)\s*(%|°|)")


def is_raised_kerb(tags: Mapping[str, str]) -> bool:
    """Tell whether tags state a kerb that wheels do not pass.

    Examples
    --------
    >>> [is_raised_kerb(tags) for tags in ({"kerb": "raised"}, {"barrier": "kerb"}, {"kerb": "lowered"}, {})]
    [True, True, False, False]
    """
    kerb = tags.get("kerb", "").strip().lower()
    return kerb == "raised" or (tags.get("barrier") == "kerb" and kerb not in KERB_LOW)


def parse_incline(text: str) -> float | None:
    """Return an incline in percent, whatever its direction; None where it states none, as "up".

    A bare number between 0 and 1 states none: 0.12 may be a fraction (12 %) as well as 0.12 %.

    Examples
    --------
    >>> [parse_incline(text) for text in ("8%", "-12.5 %", "10", "up", "0.12")]
    [8.0, 12.5, 10.0, None, None]
    >>> round(parse_incline("5°"), 2)
    8.75
    """
    found = _INCLINE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    value = float(found[1].replace(",", "."))
    if not found[2] and 0 < value < 1:
        return None
    return math.tan(math.radians(value)) * 100 if found[2] == "°" else value


def read_osm_kerbs(path: Path) -> tuple[gpd.GeoDataFrame, dict[str, str]]:
    """Return the raised kerbs of an extract, points in degrees, and `incline` by the id of its way.

    Raises
    ------
    DataError
        The file is missing, damaged, or not an extract.
    """
    with open_extract(path) as source:
        kerbs = [
            (node, place)
            for node, tags, place in nodes_with(source.path, ("kerb", "barrier"))
            if is_raised_kerb(tags)
        ]
        inclines = {str(way.id): way.tags["incline"] for way in ways_with(source.path, ("incline",))}
    points = gpd.GeoDataFrame(
        {"id": [f"n{node}" for node, _ in kerbs]},
        geometry=[shapely.Point(place) for _, place in kerbs],
        crs=DEGREES,
    )
    return points, inclines
