"""Tags of OpenStreetMap buildings: use, storeys and height."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from planner.io.osm.line_classes import ALL_TAGS, further_tags, plain_word
from planner.io.osm.walkable_tags import Tags
from planner.schemas.tables import OTHER_USE

USE_KEYS = (
    *("amenity", "shop", "office", "power", "parking", "craft", "industrial", "healthcare", "tourism", "leisure"),
    *("man_made", "military", "railway", "aeroway", "public_transport", "emergency", "telecom", "club"),
    *("abandoned", "disused", "ruins"),
)
"""Keys that state what a building is used for, when people do not live in it."""

NOT_USED = frozenset({"", "no", "none", "vacant", "disused", "abandoned", "0", "false", "n", "否", "无", "没有"})
LIVED_IN = frozenset(
    {
        *("amenity=nursing_home", "amenity=retirement_home", "amenity=student_accommodation", "amenity=dormitory"),
        *("social_facility=nursing_home", "social_facility=assisted_living", "social_facility=group_home"),
    }
)
"""Uses under which people live."""

MEASURED = ("building:levels", "height")
LAND_USED = frozenset(
    {"industrial", "commercial", "retail", "military", "education", "garages", "railway", "depot"}
)
NO_BUILDING = ("landuse", "natural", "boundary", "place", "water", "waterway")
"""Keys of areas that are no buildings, where a layer of areas states `building` of others."""

OF_USE = (*USE_KEYS, *NO_BUILDING, *("social_facility", "residential", "fclass", "building"))
"""Columns that state what a building is used for."""

RELATION_TYPES = frozenset({"multipolygon", "boundary"})
OSM_COLUMNS = frozenset({"building", "amenity", "shop", "other_tags", "fclass", "osm_id", "osm_way_id"})
"""Columns by which a layer of areas is known to come from OpenStreetMap."""

STOREYS = re.compile(
    r"(?:地上|共)?\s*(\d+(?:\.\d+)?)\s*(?:层|楼|f|fl|fls|floors?|levels?|storeys?|stories|story)?"
)
METRES = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:m|metres?|meters?|米)?")
FEET = re.compile(r"(\d+(?:\.\d+)?)\s*(?:'|′|ft|feet|foot)\s*(?:(\d+(?:\.\d+)?)\s*(?:\"|″|''|in|inches)?)?")
FOOT_M, INCH_M = 0.3048, 0.0254


def parse_storeys(written: str) -> float:
    """Return a number of storeys, NaN where it is not one number.

    Examples
    --------
    >>> parse_storeys("6"), parse_storeys("6层"), parse_storeys("3;4"), parse_storeys("1-3"), parse_storeys("-1")
    (6.0, 6.0, nan, nan, nan)
    """
    match = STOREYS.fullmatch(written.strip().lower())
    return float(match[1]) if match else math.nan


def parse_height_m(written: str) -> float:
    """Return a height in metres, NaN where it is not one.

    Examples
    --------
    >>> parse_height_m("12"), parse_height_m("12 m"), parse_height_m("40'"), parse_height_m("tall")
    (12.0, 12.0, 12.192, nan)
    """
    text = written.strip().lower()
    match = METRES.fullmatch(text)
    if match:
        return float(match[1].replace(",", "."))
    match = FEET.fullmatch(text)
    return round(float(match[1]) * FOOT_M + float(match[2] or 0) * INCH_M, 4) if match else math.nan


def building_use(tags: Tags) -> str:
    """Return what a building states that it is used for, when nobody lives in it so; else "".

    Examples
    --------
    >>> building_use({"building": "yes", "amenity": "school"}), building_use({"building": "yes", "shop": "vacant"})
    ('amenity=school', '')
    >>> building_use({"building": "yes", "amenity": "nursing_home"})
    ''
    """
    texts = [f"{key}={tags.get(key)}" for key in (*USE_KEYS, "social_facility") if tags.get(key)]
    if LIVED_IN.intersection(texts) or tags.get("building:flats") or tags.get("residential"):
        return ""
    own_words = tags.get("building:use") or ""
    if own_words in {"residential", "apartments", "dwelling"}:
        return ""
    used = next((item for item in texts if item.partition("=")[2] not in NOT_USED and item in _uses(texts)), "")
    if used:
        return used
    if own_words:
        return f"building:use={own_words}"
    landuse = tags.get("landuse") or ""
    return f"landuse={landuse}" if landuse in LAND_USED else ""


def _uses(columns: Sequence[str]) -> list[str]:
    return [item for item in columns if not item.startswith("social_facility=")]


def without_relation_type(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Leave out the column `type` of GDAL's layer of areas: it marks relations and describes no building."""
    columns = {plain_word(name): str(name) for name in rows.columns}
    if not {"type", "building"} <= columns.keys():
        return rows
    words = {plain_word(value) for value in rows[columns["type"]]} - {""}
    return gpd.GeoDataFrame(rows.drop(columns=columns["type"])) if words <= RELATION_TYPES else rows


def read_for_use(rows: pd.DataFrame) -> frozenset[str]:
    """Return the columns of a layer from OpenStreetMap with the use of a building, or with further tags.

    Examples
    --------
    >>> sorted(read_for_use(pd.DataFrame(columns=["building", "shop", "name"])))
    ['building', 'shop']
    """
    columns = {plain_word(name): str(name) for name in reversed(list(rows.columns))}
    if not columns.keys() & OSM_COLUMNS:
        return frozenset()
    read = {*OF_USE, *MEASURED, *ALL_TAGS, OTHER_USE}
    return frozenset(name for word, name in columns.items() if word in read)


def complete_from_tags(frame: gpd.GeoDataFrame, rows: pd.DataFrame) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Add what a layer of buildings from OpenStreetMap states in columns beside those of the table.

    Parameters
    ----------
    frame
        The buildings with the table's columns, as far as the layer has them.
    rows
        The same rows with their own columns.

    Returns
    -------
    completed
        With kind, levels and height_m where further tags state them, and `other_use`.
    unread
        The words of storeys and heights that is no number.
    """
    columns = {plain_word(name): str(name) for name in reversed(list(rows.columns))}
    if not columns.keys() & OSM_COLUMNS:
        return frame, ()
    held = further_tags(rows, columns)
    named = [key for key in OF_USE if key in columns]
    of_rows: list[Mapping[str, str]] = [
        {
            **{key: text if key in MEASURED else plain_word(text) for key, text in tags.items()},
            **{key: word for key in named if (word := plain_word(rows[columns[key]].iloc[row]))},
        }
        for row, tags in enumerate(held)
    ]
    kind = _column(frame, "kind", of_rows, "building", str)
    fclass = [tags.get("fclass", "") for tags in of_rows]
    kind = [own or (other if other != "building" else "") for own, other in zip(kind, fclass, strict=True)]
    unread: list[str] = []
    levels = _column(frame, "levels", of_rows, "building:levels", _number(parse_storeys, unread))
    heights = _column(frame, "height_m", of_rows, "height", _number(parse_height_m, unread))
    says_building = any(tags.get("building") for tags in of_rows)
    uses = [building_use(tags) or (_no_building(tags) if says_building else "") for tags in of_rows]
    if OTHER_USE in columns:
        uses = [plain_word(own) or use for own, use in zip(rows[columns[OTHER_USE]], uses, strict=True)]
    added = {"kind": kind, "levels": levels, "height_m": heights, OTHER_USE: uses}
    completed = frame.assign(
        **{name: pd.Series(values, index=frame.index, dtype=object) for name, values in added.items()}
    )
    return gpd.GeoDataFrame(completed), tuple(dict.fromkeys(unread))


def _no_building(tags: Mapping[str, str]) -> str:
    if tags.get("building"):
        return ""
    return next((f"{key}={tags[key]}" for key in NO_BUILDING if tags.get(key)), "")


def _column(
    frame: gpd.GeoDataFrame,
    name: str,
    tags: Sequence[Mapping[str, str]],
    key: str,
    read: Callable[[str], object],
) -> list[object]:
    """Return a column, with what the tags state where it is empty."""
    own = frame[name].tolist() if name in frame.columns else [None] * len(frame)
    empty = [value is None or value == "" or (isinstance(value, float) and np.isnan(value)) for value in own]
    blank = "" if read is str else math.nan
    return [
        (read(item[key]) if item.get(key) else blank) if nothing else value
        for value, nothing, item in zip(own, empty, tags, strict=True)
    ]


def _number(read: Callable[[str], float], unread: list[str]) -> Callable[[str], float]:
    def number(written: str) -> float:
        value = read(written)
        if np.isnan(value):
            unread.append(written)
        return value

    return number
