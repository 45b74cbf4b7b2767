"""Positions of the rows of a table: two columns, one column, or shapes written as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from planner.io.tables.columns import Vocabulary, strip_letters
from planner.io.tables.coordinates import is_no_place, parse_coordinate_column, parse_coordinate_pair, read_shapes
from planner.messages.errors import Issue
from planner.messages.notices import Notice

POSITION_COLUMNS = (("lon", "lat"), ("x", "y"), ("lonlat",), ("latlon",), ("geometry",))
"""Columns that may state a position; of those that fit a table equally well, the first counts."""

DEGREES_EAST, DEGREES_NORTH = 180.0, 90.0
NEAR_DEG = 0.5
"""Coordinates in one column, of which the communities lie nearer than this to most, are in that order."""

POSITIONS_DIFFER_M = 50.0
"""Positions of one row that lie farther apart contradict one another: rounding to four decimals moves a place
by 8 m, the shifted maps of China by 100 m and more."""

DEGREE_M = 111_195.0
"""Metres in a degree along a great circle, exact enough to distinguish metres from tens of metres."""

SHOWN_CELLS = 3
SHOWN_CHARACTERS = 60

FITTING = {"Point": "MultiPoint", "LineString": "MultiLineString", "Polygon": "MultiPolygon"}


@dataclass(frozen=True, slots=True)
class PositionColumns:
    """One way in which a table states where its rows lie."""

    columns: dict[str, str]
    """Part of a place → column."""
    issues: tuple[Issue, ...] = ()
    """What is wrong with it: parts that several columns claim."""


@dataclass(frozen=True, slots=True, eq=False)
class RowPositions:
    """The geometry of a table's rows."""

    shapes: NDArray[np.object_]
    """One a row; None where the cells hold no place."""
    columns: dict[str, str]
    """The columns that it was made from: part of a place → column."""
    crs: pyproj.CRS | None
    """What the table itself states: the SRID of its shapes, or degrees where its columns are called longitude and
    latitude, or where shapes lie on such places."""
    exchanged: bool = False
    """Whether latitude stood before longitude in one column."""
    unread: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, dtype=np.intp))
    """Rows, counted from 0, whose cells state something that is no place."""
    issues: tuple[Issue, ...] = ()
    """Cells that are no place, and ways that contradict one another."""
    notices: tuple[Notice, ...] = ()
    """The same where it does not matter for the answer."""


@dataclass(frozen=True, slots=True)
class PositionRequest:
    """Requirements of a table on its positions."""

    table: str
    """The table, as "facilities"."""
    shapes: tuple[str, ...]
    """The types of geometry that it takes."""
    setting: str
    """The dotted path of the layer's settings, for messages."""
    declared: pyproj.CRS | None = None
    """The system that the study declares for it."""
    home: tuple[float, float] | None = None
    """Longitude and latitude of the middle of the communities, where they are known already: coordinates in one
    column are taken in the order in which they lie there."""


def find_position_columns(
    headings: Sequence[str], vocabulary: Vocabulary, *, setting: str
) -> tuple[PositionColumns, ...]:
    """Return the columns that may state the positions of rows; () if there are none.

    Examples
    --------
    >>> words = Vocabulary.of("facilities", ("name",), {})
    >>> ways = find_position_columns(["名称", "经度", "纬度", "wkt"], words, setting="inputs.facilities")
    >>> [way.columns for way in ways]
    [{'lon': '经度', 'lat': '纬度'}, {'geometry': 'wkt'}]
    """
    mapped = {
        vocabulary.where(ours): theirs for ours, theirs in vocabulary.explicit.items() if vocabulary.where(ours)
    }
    results: dict[str, list[str]] = {}
    for is_marked in (False, True):
        # Names with the word of a datum count where there are none without: many tables have both.
        for heading in headings if not (results or mapped) else ():
            part = vocabulary.where(strip_letters(heading), is_marked=is_marked)
            if part is not None:
                results.setdefault(part, []).append(heading)
    results.update({part: [theirs] for part, theirs in mapped.items() if part and theirs in headings})
    return tuple(
        PositionColumns(
            {part: results[part][0] for part in parts},
            tuple(
                Issue(
                    "several_columns",
                    {
                        "column": part,
                        "columns": ", ".join(f"`{item}`" for item in results[part]),
                        "setting": setting,
                        "example": results[part][0],
                    },
                )
                for part in parts
                if len(results[part]) > 1
            ),
        )
        for parts in POSITION_COLUMNS
        if all(part in results for part in parts)
    )


def locate_rows(rows: pd.DataFrame, ways: Sequence[PositionColumns], request: PositionRequest) -> RowPositions:
    """Make the geometry of a table's rows, of several ways to state it by the one that fits the table.

    A way fits as far as its rows have shapes that the table takes. Positions given in two ways are compared:
    points farther apart than `POSITIONS_DIFFER_M` are refused, areas beside their points are reported.

    Parameters
    ----------
    rows
        The table, texts.
    ways
        In which columns the place may stand, at least one.
    request
        What the table needs.
    """
    tried = [_positions(rows, way, request) for way in ways]
    is_projected = request.declared is not None and request.declared.is_projected
    takes = {*request.shapes, *(FITTING.get(shape, shape) for shape in request.shapes), "GeometryCollection"}

    def fits(number: int) -> tuple[bool, int, int]:
        kinds = [shape.geom_type for shape in tried[number].shapes if shape is not None]
        meant = "x" in tried[number].columns if is_projected else "x" not in tried[number].columns
        return any(kind in takes for kind in kinds) and meant, sum(kind in takes for kind in kinds), -number

    best = max(range(len(ways)), key=fits)
    chosen = replace(tried[best], issues=(*ways[best].issues, *_unread_cells(rows, tried[best], request)))
    for number, other in enumerate(tried):
        if number != best and not ways[number].issues and not ways[best].issues:
            chosen = _compared(rows, chosen, other, request)
    return chosen


def _positions(rows: pd.DataFrame, way: PositionColumns, request: PositionRequest) -> RowPositions:
    columns = way.columns
    if len(columns) == 1:
        return _one_column(rows[next(iter(columns.values()))], columns, request.home)
    x, y = columns.values()
    numbers = [
        parse_coordinate_column(
            [cell if isinstance(cell, str) else None for cell in rows[column]], degrees="lon" in columns
        )
        for column in (x, y)
    ]
    xy = np.array(numbers, dtype=np.float64).reshape(2, -1).T
    shapes = _points(xy)
    unread = _unread(rows[x], ~np.isnan(xy[:, 0])) | _unread(rows[y], ~np.isnan(xy[:, 1]))
    return RowPositions(shapes, columns, _degrees(xy) if "lon" in columns else None, unread=np.flatnonzero(unread))


def _one_column(cells: pd.Series, columns: dict[str, str], home: tuple[float, float] | None) -> RowPositions:
    """Return the places of one column: pairs of coordinates, or shapes as text."""
    pairs = [parse_coordinate_pair(cell) if isinstance(cell, str) else None for cell in cells]
    xy = np.array([(item.first, item.second) if item else (np.nan, np.nan) for item in pairs], dtype=np.float64)
    xy = xy.reshape(-1, 2)
    text = np.array([item is not None and item.latitude_first is not None for item in pairs], dtype=np.bool_)
    turned = np.array([item is not None and item.latitude_first is True for item in pairs], dtype=np.bool_)
    exchanged = _is_exchanged(xy[~text], home, latitude_first="latlon" in columns)
    xy[turned | (~text & exchanged)] = xy[turned | (~text & exchanged)][:, ::-1]
    shapes = _points(xy)
    others = np.array([item is None for item in pairs], dtype=np.bool_)
    result = read_shapes([cell if other else None for cell, other in zip(cells, others, strict=True)])
    shapes[others] = result.shapes[others]
    is_said = result.codes or any(shape is not None for shape in shapes[others])
    crs = _system(result.codes) if is_said else _degrees(xy)
    unread = np.flatnonzero(_unread(cells, np.array([shape is not None for shape in shapes], dtype=np.bool_)))
    return RowPositions(shapes, columns, crs, bool(exchanged and (~text & ~others).any()), unread)


def _unread(cells: pd.Series, read: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return in which rows a cell states something that was not read."""
    text = [isinstance(cell, str) and not is_no_place(cell) for cell in cells]
    return np.array(text, dtype=np.bool_) & ~read


def _unread_cells(rows: pd.DataFrame, places: RowPositions, request: PositionRequest) -> Iterator[Issue]:
    if not len(places.unread):
        return
    cells: dict[str, None] = {}
    for row in rows.iloc[places.unread][list(places.columns.values())].itertuples(index=False):
        cells[", ".join(f"`{shorten_cell(cell)}`" for cell in row if isinstance(cell, str))] = None
    shown = "; ".join([*cells][:SHOWN_CELLS]) + ("; …" if len(cells) > SHOWN_CELLS else "")
    named = ", ".join(f"`{column}`" for column in places.columns.values())
    values = {"columns": named, "cells": shown, "setting": request.setting}
    yield Issue("unreadable_place", values, [f"#{row}" for row in rows.index[places.unread]])


def shorten_cell(cell: str) -> str:
    """Return a cell as a message quotes it: on one line, the beginning of a long one.

    Examples
    --------
    >>> shorten_cell("POINT (1 2)"), len(shorten_cell("0101" * 1000))
    ('POINT (1 2)', 61)
    """
    line = " ".join(cell.split())
    return line if len(line) <= SHOWN_CHARACTERS else line[:SHOWN_CHARACTERS] + "…"


def _compared(
    rows: pd.DataFrame, chosen: RowPositions, other: RowPositions, request: PositionRequest
) -> RowPositions:
    """Compare two ways to state the same places, both in degrees."""
    systems = [request.declared, chosen.crs, other.crs]
    results = [a is not None and b is not None for a, b in zip(chosen.shapes, other.shapes, strict=True)]
    both = np.flatnonzero(results)
    if any(crs is not None and crs.is_projected for crs in systems) or not len(both):
        return chosen
    if not all(places.crs is not None or _may_be_degrees(places.shapes[both]) for places in (chosen, other)):
        return chosen
    away = _metres_apart(chosen.shapes[both], other.shapes[both])
    apart = away > POSITIONS_DIFFER_M
    if chosen.crs is None and request.declared is None and other.crs is not None and not apart.all():
        chosen = replace(chosen, crs=other.crs)
    if not apart.any():
        return chosen
    values = {
        "one": ", ".join(f"`{column}`" for column in chosen.columns.values()),
        "other": ", ".join(f"`{column}`" for column in other.columns.values()),
        "metres": f"{away.max():,.0f}",
        "setting": request.setting,
        "example": ", ".join(f'{part} = "{column}"' for part, column in chosen.columns.items()),
    }
    names = [f"#{row}" for row in rows.index[both[apart]]]
    if "Point" in request.shapes:
        return replace(chosen, issues=(*chosen.issues, Issue("ways_differ", values, names)))
    return replace(
        chosen, notices=(*chosen.notices, Notice("ways_differ", request.table, tuple(names), 0.0, values))
    )


def _may_be_degrees(shapes: NDArray[np.object_]) -> bool:
    west, south, east, north = shapely.total_bounds(shapes)
    return bool(
        west >= -DEGREES_EAST and east <= DEGREES_EAST and south >= -DEGREES_NORTH and north <= DEGREES_NORTH
    )


def _metres_apart(one: NDArray[np.object_], other: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return how far shapes in degrees lie from one another, each measured at its own latitude."""
    latitudes = np.nan_to_num(shapely.bounds(one)[:, 1])
    width = np.maximum(np.cos(np.radians(np.clip(latitudes, -DEGREES_NORTH, DEGREES_NORTH))), 1e-6)

    def in_metres(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
        owner = shapely.get_coordinates(shapes, return_index=True)[1]
        shapes = shapely.force_2d(shapes)
        scale = np.column_stack([width[owner], np.ones(len(owner))]) * DEGREE_M
        moved: NDArray[np.object_] = shapely.set_coordinates(
            shapes.copy(), shapely.get_coordinates(shapes) * scale
        )
        return moved

    distances: NDArray[np.float64] = np.nan_to_num(shapely.distance(in_metres(one), in_metres(other)))
    return distances


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
    if not len(finite) or ((finite.max(axis=1) <= DEGREES_EAST) & (finite.min(axis=1) <= DEGREES_NORTH)).all():
        return pyproj.CRS.from_epsg(4326)
    return None


def _system(codes: frozenset[int]) -> pyproj.CRS | None:
    """Return the one system that texts name; None where they name none, several, or one that there is not."""
    if len(codes) != 1:
        return None
    try:
        return pyproj.CRS.from_epsg(next(iter(codes)))
    except pyproj.exceptions.CRSError:
        return None


def no_positions(count: int) -> RowPositions:
    """Return the positions of rows of a table without places: none."""
    return RowPositions(np.full(count, None, dtype=object), {}, pyproj.CRS.from_epsg(4326))


def positions_to_frame(rows: pd.DataFrame, places: RowPositions) -> gpd.GeoDataFrame:
    """Return a table with its geometry in the place of the columns that it was made from.

    Columns of numbers stay beside it, so that they can be passed on.
    """
    kept = rows.drop(columns=[places.columns["geometry"]]) if "geometry" in places.columns else rows
    kept = kept.rename(columns={"geometry": "geometry_text"})
    geometry = gpd.GeoSeries(places.shapes, index=rows.index)
    return gpd.GeoDataFrame(kept, geometry=geometry, crs=places.crs)
