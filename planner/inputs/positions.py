"""Where the rows of a table lie: two columns, one column, or WKT."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from planner.errors import Breach
from planner.inputs.cells import coordinate, pair
from planner.inputs.columns import Vocabulary, unlettered

EWKT = re.compile(r"\s*SRID\s*=\s*(\d+)\s*;\s*(.*)", re.IGNORECASE | re.DOTALL)
WAYS = (("lon", "lat"), ("x", "y"), ("lonlat",), ("latlon",), ("geometry",))
"""In which columns a row's place may stand; the first way that a table offers is taken."""

DEGREES_EAST, DEGREES_NORTH = 180.0, 90.0
NEAR_DEG = 0.5
"""Coordinates in one column, of which the communities lie nearer than this to most, are in that order."""


@dataclass(frozen=True, slots=True, eq=False)
class Positions:
    """The geometry of a table's rows.

    Attributes
    ----------
    shapes
        One a row; None where the cells hold no place.
    columns
        The columns that it was made from: part of a place → column.
    crs
        What the table itself says: the SRID of its WKT, or degrees where its columns are called longitude and
        latitude.
    exchanged
        Whether latitude stood before longitude in one column.
    """

    shapes: NDArray[np.object_]
    columns: dict[str, str]
    crs: pyproj.CRS | None
    exchanged: bool = False


def place_columns(
    headings: Sequence[str], vocabulary: Vocabulary, *, setting: str
) -> tuple[dict[str, str], list[Breach]]:
    """Say which columns hold the place of a row; {} where none does.

    Examples
    --------
    >>> words = Vocabulary.of("facilities", ("name",), {})
    >>> place_columns(["名称", "经度", "纬度"], words, setting="inputs.facilities")
    ({'lon': '经度', 'lat': '纬度'}, [])
    """
    mapped = {
        vocabulary.where(ours): theirs for ours, theirs in vocabulary.explicit.items() if vocabulary.where(ours)
    }
    found: dict[str, list[str]] = {}
    for heading in headings:
        part = vocabulary.where(unlettered(heading))
        if part is not None and not mapped:
            found.setdefault(part, []).append(heading)
    found.update({part: [theirs] for part, theirs in mapped.items() if part and theirs in headings})
    for way in WAYS:
        if not all(part in found for part in way):
            continue
        twice = [(part, found[part]) for part in way if len(found[part]) > 1]
        breaches = [
            Breach(
                "several_columns",
                {
                    "column": part,
                    "columns": ", ".join(f"`{one}`" for one in columns),
                    "setting": setting,
                    "example": columns[0],
                },
            )
            for part, columns in twice
        ]
        return {part: found[part][0] for part in way}, breaches
    return {}, []


def place_rows(rows: pd.DataFrame, columns: dict[str, str], *, home: tuple[float, float] | None) -> Positions:
    """Make the geometry of a table's rows.

    Parameters
    ----------
    rows
        The table, texts.
    columns
        The columns that hold the place, as `place_columns` names them.
    home
        Longitude and latitude of the middle of the communities, where they are known already: coordinates in one
        column are taken in the order in which they lie there.
    """
    if "geometry" in columns:
        return _from_wkt(rows[columns["geometry"]], columns)
    if len(columns) == 1:
        (part, column), *_ = columns.items()
        pairs = [pair(cell) if isinstance(cell, str) else None for cell in rows[column]]
        xy = np.array([found or (np.nan, np.nan) for found in pairs], dtype=np.float64).reshape(-1, 2)
        exchanged = _is_exchanged(xy, home, latitude_first=part == "latlon")
        return Positions(_points(xy[:, ::-1] if exchanged else xy), columns, _degrees(xy), exchanged)
    x, y = columns.values()
    numbers = [
        [coordinate(cell) if isinstance(cell, str) else None for cell in cells]
        for cells in zip(rows[x], rows[y], strict=True)
    ]
    xy = np.array(numbers, dtype=np.float64).reshape(-1, 2)
    return Positions(_points(xy), columns, _degrees(xy) if "lon" in columns else None)


def _is_exchanged(xy: NDArray[np.float64], home: tuple[float, float] | None, *, latitude_first: bool) -> bool:
    finite = xy[np.isfinite(xy).all(axis=1)]
    if home is None or len(finite) == 0:
        return latitude_first
    away = [np.abs(finite[:, order] - home).max(axis=1) for order in ([0, 1], [1, 0])]
    near = [(distance <= NEAR_DEG).mean() for distance in away]
    if near[0] == near[1]:
        return latitude_first
    return bool(near[1] > near[0])


def _points(xy: NDArray[np.float64]) -> NDArray[np.object_]:
    shapes: NDArray[np.object_] = np.full(len(xy), None, dtype=object)
    given = ~np.isnan(xy).any(axis=1)
    shapes[given] = shapely.points(xy[given])
    return shapes


def _degrees(xy: NDArray[np.float64]) -> pyproj.CRS | None:
    """Return degrees where the numbers may be such, whichever of the two is the latitude."""
    finite = np.abs(xy[np.isfinite(xy).all(axis=1)])
    if len(finite) and (finite.max(axis=1) <= DEGREES_EAST).all() and (finite.min(axis=1) <= DEGREES_NORTH).all():
        return pyproj.CRS.from_epsg(4326)
    return None


def _from_wkt(cells: pd.Series, columns: dict[str, str]) -> Positions:
    texts, codes = [], set()
    for cell in cells:
        found = EWKT.fullmatch(cell) if isinstance(cell, str) else None
        if found:
            codes.add(int(found[1]))
        texts.append(found[2] if found else cell if isinstance(cell, str) else None)
    shapes = shapely.from_wkt(np.array(texts, dtype=object), on_invalid="ignore")
    crs = None
    if len(codes) == 1:
        try:
            crs = pyproj.CRS.from_epsg(codes.pop())
        except pyproj.exceptions.CRSError:
            crs = None
    return Positions(np.asarray(shapes, dtype=object), columns, crs)


def nowhere(count: int) -> Positions:
    """Return the positions of rows of a table without places: none."""
    return Positions(np.full(count, None, dtype=object), {}, pyproj.CRS.from_epsg(4326))


def as_frame(rows: pd.DataFrame, places: Positions) -> gpd.GeoDataFrame:
    """Return a table with its geometry in the place of the columns that it was made from.

    Columns of numbers stay beside it, so that they can be passed on.
    """
    kept = rows.drop(columns=[places.columns["geometry"]]) if "geometry" in places.columns else rows
    kept = kept.rename(columns={"geometry": "geometry_text"})
    geometry = gpd.GeoSeries(places.shapes, index=rows.index)
    return gpd.GeoDataFrame(kept, geometry=geometry, crs=places.crs)
