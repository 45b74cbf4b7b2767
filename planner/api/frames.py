"""Frames at the door of the library: checked with all that is wrong at once, brought into metres and snapped."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from inspect import currentframe

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from planner.messages.errors import DataError, Issue, PlannerWarning, suggest_name
from planner.network.snapping import SnappedPoints
from planner.network.walk import FloatArray
from planner.network.walker import Walker
from planner.schemas.table_schema import DEGREES_AT_MOST, WORLD

LOG = logging.getLogger("planner")

ELSEWHERE_M = 20_000.0
"""Points that are all farther than this from the streets are of another place, or in other coordinates."""

DEGREES = pyproj.CRS.from_epsg(4326)


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """A frame of points, checked and snapped."""

    frame: gpd.GeoDataFrame
    """The frame as given, with its index and CRS."""
    snaps: SnappedPoints
    """Its points in metres, snapped to the streets."""
    people: FloatArray
    """Weight of each point, shape (points,); ones where none was read."""

    @property
    def labels(self) -> pd.Index:
        """Index labels of the points."""
        return self.frame.index

    @property
    def metric(self) -> gpd.GeoDataFrame:
        """The points in metres as the engine's tables have them: id, people, geometry."""
        return gpd.GeoDataFrame(
            {"id": [str(label) for label in self.labels], "people": self.people},
            geometry=gpd.points_from_xy(*self.snaps.xy.T),
        )


def read_points(
    walker: Walker, frame: object, *, name: str, weight: str | None = None, warns: bool = True
) -> Points:
    """Check a frame of points and snap it to the streets.

    Parameters
    ----------
    walker
        Network and walk.
    frame
        GeoDataFrame or GeoSeries of points in any CRS.
    name
        Name of the argument, for errors.
    weight
        Column of people; None: each point weighs 1.
    warns
        Whether points without a street are a warning; False where the result shows them.

    Raises
    ------
    DataError
        Every issue at once, with the remedy and the index labels of the rows.
    """
    table = as_frame(frame, name)
    issues = [*_table_issues(table), *_crs_issues(table), *_point_issues(table)]
    if weight is not None:
        issues += _weight_issues(table, weight)
    if issues:
        raise DataError(name, issues)
    xy = _in_metres(table, walker.network.crs, name)
    _check_location(table, xy, walker, name)
    snaps = walker.snap(xy)
    people = np.ones(len(table)) if weight is None else table[weight].to_numpy(dtype=np.float64)
    _check_access(table, snaps, people if weight is not None else None, name, warns=warns)
    return Points(table, snaps, people)


def check_column(frame: pd.DataFrame, column: object, name: str) -> str:
    """Return the name of a column that a frame has.

    Raises
    ------
    DataError
        It has none of this name; the nearest is named.
    """
    if column not in frame.columns:
        raise DataError(name, [_no_column(frame, column)])
    return str(column)


def read_numbers(points: Points, column: object, name: str, *, may_lack: bool = True) -> FloatArray:
    """Return a column of numbers from zero; NaN where a value is missing, if it may be.

    Raises
    ------
    DataError
        There is no such column, or it has values that are no such numbers, with their rows.
    """
    given = points.frame[check_column(points.frame, column, name)]
    values = pd.to_numeric(given, errors="coerce").to_numpy(dtype=np.float64)
    wrong = np.isinf(values) | (values < 0) | (np.isnan(values) & (given.notna().to_numpy() | (not may_lack)))
    if wrong.any():
        rows = [str(label) for label in points.labels[np.flatnonzero(wrong)]]
        raise DataError(name, [Issue("frame_wrong_numbers", {"column": column}, rows)])
    return np.asarray(values, dtype=np.float64)


def labels_at(labels: pd.Index, positions: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return the labels at positions; None at -1."""
    padded = np.append(labels.to_numpy(dtype=object), [None])
    return np.asarray(padded[positions], dtype=object)


def restore_crs(frame: gpd.GeoDataFrame, crs: object) -> gpd.GeoDataFrame:
    """Return a result in the coordinate system of the input."""
    return frame if frame.crs == crs else gpd.GeoDataFrame(frame.to_crs(crs))


def as_frame(frame: object, name: str, *, needs_crs: bool = False) -> gpd.GeoDataFrame:
    """Return a GeoDataFrame of a frame or a series; refuse what is neither, or has no CRS where one is needed."""
    if isinstance(frame, gpd.GeoSeries):
        frame = gpd.GeoDataFrame(geometry=frame)
    if not isinstance(frame, gpd.GeoDataFrame):
        key = "frame_needed" if needs_crs else "frame_not_geo"
        raise DataError(name, [Issue(key, {"found": type(frame).__name__})])
    if frame.active_geometry_name is None:
        raise DataError(name, [Issue("no_geometry_column")])
    if needs_crs:
        _raise_any(name, _crs_issues(frame))
    return frame


def _raise_any(name: str, issues: Iterable[Issue]) -> None:
    if found := list(issues):
        raise DataError(name, found)


def _table_issues(table: gpd.GeoDataFrame) -> Iterator[Issue]:
    if table.empty:
        yield Issue("frame_empty")
    twice = table.index[table.index.duplicated()].unique()
    if len(twice):
        yield Issue("frame_index_repeats", {}, [str(label) for label in twice])


def _crs_issues(table: gpd.GeoDataFrame) -> Iterator[Issue]:
    """Yield what is wrong with a coordinate system: none, or one that the coordinates refute."""
    crs: pyproj.CRS | None = table.crs
    if crs is None:
        yield Issue("frame_no_crs")
        return
    xy = shapely.get_coordinates(table.geometry.array)
    xy = xy[np.isfinite(xy).all(axis=1)]
    if not len(xy):
        return
    _, _, east, north = WORLD
    if not crs.is_geographic:
        return
    if (np.abs(xy[:, 0]) > east).any() or (np.abs(xy[:, 1]) > east).any():
        yield Issue("frame_metres_as_degrees", {"crs": crs.to_string()})
    elif (np.abs(xy[:, 1]) > north).any() and (np.abs(xy[:, 0]) <= north).all():
        yield Issue("frame_swapped", {})


def _point_issues(table: gpd.GeoDataFrame) -> Iterator[Issue]:
    shapes = np.asarray(table.geometry.array, dtype=object)
    labels = np.array([str(label) for label in table.index], dtype=object)
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if missing.any():
        yield Issue("frame_no_geometry", {}, labels[missing].tolist())
    other = ~missing & (shapely.get_type_id(shapes) != shapely.GeometryType.POINT.value)
    if other.any():
        types_given = ", ".join(sorted({str(shape.geom_type) for shape in shapes[other]}))
        yield Issue("frame_not_points", {"found": types_given}, labels[other].tolist())
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    endless = np.unique(owner[~np.isfinite(xy).all(axis=1)])
    if len(endless):
        yield Issue("infinite_geometry", {}, labels[endless].tolist())


def _weight_issues(table: gpd.GeoDataFrame, column: str) -> Iterator[Issue]:
    if column not in table.columns:
        yield Issue("frame_no_weight", dict(_no_column(table, column).values))
        return
    values = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=np.float64)
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        yield Issue(
            "frame_wrong_people", {"column": column}, [str(label) for label in table.index[np.flatnonzero(wrong)]]
        )


def _no_column(table: pd.DataFrame, column: object) -> Issue:
    geometry = table.geometry.name if isinstance(table, gpd.GeoDataFrame) else None
    names = [name for name in table.columns if name != geometry]
    return Issue("frame_no_column", {"column": column, "hint": suggest_name(column, names)})


def _in_metres(table: gpd.GeoDataFrame, crs: pyproj.CRS, name: str) -> FloatArray:
    geometry = table.geometry if table.crs == crs else table.geometry.to_crs(crs)
    xy = np.asarray(shapely.get_coordinates(geometry.array), dtype=np.float64)
    lost = np.flatnonzero(~np.isfinite(xy).all(axis=1))
    if len(lost):
        rows = [str(label) for label in table.index[lost]]
        values = {"crs": table.crs.to_string(), "target": crs.to_string()}
        raise DataError(name, [Issue("not_projectable", values, rows)])
    return xy


def _check_location(table: gpd.GeoDataFrame, xy: FloatArray, walker: Walker, name: str) -> None:
    """Raise a `DataError` if all points are far from the streets, with what would bring them there."""
    bounds = shapely.total_bounds(shapely.points(walker.network.node_xy))

    def away_m(places: FloatArray) -> float:
        away = np.maximum(np.maximum(bounds[:2] - places, places - bounds[2:]), 0.0)
        return float(np.hypot(*away.T).min())

    nearest_m = away_m(xy)
    if nearest_m <= ELSEWHERE_M:
        return
    own = shapely.get_coordinates(table.geometry.array)[:, ::-1]
    if not table.crs.is_geographic and np.abs(own).max() <= DEGREES_AT_MOST:
        raise DataError(name, [Issue("frame_degrees_as_metres", {"crs": table.crs.to_string()})])
    exchanged = gpd.GeoSeries(shapely.points(own), crs=table.crs).to_crs(walker.network.crs)
    places = shapely.get_coordinates(exchanged.array)
    places = places[np.isfinite(places).all(axis=1)]
    if len(places) and away_m(places) <= ELSEWHERE_M:
        raise DataError(name, [Issue("frame_swapped", {})])
    values = {"km": f"{nearest_m / 1000:,.0f}", "crs": table.crs.to_string()}
    raise DataError(name, [Issue("frame_elsewhere", values)])


def _check_access(
    table: gpd.GeoDataFrame, snaps: SnappedPoints, people: FloatArray | None, name: str, *, warns: bool
) -> None:
    """Raise a `DataError` if no point reaches a street; warn of those that do not."""
    stranded = np.flatnonzero(~snaps.reaches_street)
    if not len(stranded):
        return
    values = {"access_m": f"{snaps.access_m:g}", "nearest_m": f"{snaps.nearest_m.min():,.0f}"}
    if len(stranded) == len(table):
        raise DataError(name, [Issue("frame_no_street", values)])
    if not warns:
        return
    counts = {"count": f"{len(stranded):,}", "total": f"{len(table):,}"}
    rows = [str(label) for label in table.index[stranded]]
    key = "points_no_street" if people is None else "people_no_street"
    if people is not None:
        counts["people"] = f"{people[stranded].sum():,.6g}"
    warn_caller(name, Issue(key, {**values, **counts}, rows))


def warn_caller(name: str, issue: Issue) -> None:
    """Warn of what a result leaves out, at the line that calls the library, and log it."""
    text = f"{name}: {issue.in_words('en')}"
    LOG.warning("%s", text)
    level, frame = 1, currentframe()
    while frame is not None and str(frame.f_globals.get("__name__")).startswith("planner."):
        level, frame = level + 1, frame.f_back
    warnings.warn(text, PlannerWarning, stacklevel=level)
