"""Checks of the arguments of public functions, before a kernel computes a wrong figure.

Each public function calls one check, which raises one `DataError` that names the function, with the remedy.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from planner.messages.errors import DataError, Issue
from planner.schemas.table_schema import AREAS, LINES, WORLD

if TYPE_CHECKING:
    from planner.network.network import WalkingNetwork
    from planner.network.snapping import SnappedPoints
    from planner.network.walk import FloatArray, WalkSettings

FAR_M = 500_000.0
"""Points that are all farther than this from the streets are in other coordinates."""

DEGREE_RANGE_M = 1000.0
"""Coordinates in the range of degrees, all farther than this from streets outside that range, are degrees."""

ACCESS_TOLERANCE_M = 1e-9
"""Two values of `access_m` that differ by less are equal."""

ON_STREET_M = 1e-3
"""Points snapped with no more than this lie on the streets themselves."""

FASTEST_KMH = 100.0
"""A higher speed is in another unit."""

SLOWEST_KMH = 1e-3
"""One metre an hour: times of slower walks leave the range in which their sums are exact."""


def raise_issues(where: str, issues: Sequence[Issue]) -> None:
    """Raise a `DataError` if there is any issue."""
    if issues:
        raise DataError(where, issues)


def check_streets(streets: object) -> None:
    """Check that streets are a table of lines in metres.

    Raises
    ------
    DataError
        Another type, no coordinate system or one without metres, rows that are not lines, infinite coordinates, or
        no row.
    """
    where = "build_network(streets)"
    if not isinstance(streets, gpd.GeoDataFrame | gpd.GeoSeries):
        remedy = "streets_graph" if hasattr(streets, "edges") else "streets_type"
        raise_issues(where, [Issue(remedy, {"found": type(streets).__name__})])
        return
    if isinstance(streets, gpd.GeoDataFrame) and streets.active_geometry_name is None:
        raise_issues(where, [Issue("no_geometry_column")])
    raise_issues(where, [*_crs_issues(streets.crs), *_geometry_issues(streets.geometry, LINES)])
    if len(streets) == 0:
        raise_issues(where, [Issue("empty_table")])


def check_barriers(lines: gpd.GeoSeries | None, water: gpd.GeoSeries | None) -> None:
    """Check that barriers are lines, water is polygons, and both have finite coordinates in metres.

    Raises
    ------
    DataError
        One of these is not so.
    """
    issues: list[Issue] = []
    for series, types in ((lines, (*LINES, *AREAS)), (water, AREAS)):
        if series is None:
            continue
        given: object = series
        if not isinstance(given, gpd.GeoSeries):
            issues.append(Issue("barriers_type", {"found": type(given).__name__}))
            continue
        issues += [] if series.crs is None else _crs_issues(series.crs)
        issues += _geometry_issues(series, types)
    raise_issues("build_barriers", issues)


def check_points(where: str, xy: object, network: WalkingNetwork) -> FloatArray:
    """Return points as an array of finite numbers in the network's coordinates, shape (points, 2).

    Raises
    ------
    DataError
        The points are a table, have another shape, are not finite, or are in degrees or far from the network.
    """
    _check_network(where, network)
    if isinstance(xy, gpd.GeoDataFrame | gpd.GeoSeries | shapely.Geometry):
        raise DataError(where, [Issue("points_are_table", {"found": type(xy).__name__})])
    try:
        places = np.ascontiguousarray(xy, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(where, [Issue("points_not_numbers", {"found": type(xy).__name__})]) from error
    if places.ndim != 2 or places.shape[1] != 2:  # noqa: PLR2004 - x and y
        if places.size == 0:
            return places.reshape(0, 2)
        raise DataError(where, [Issue("points_shape", {"found": places.shape})])
    finite = np.isfinite(places).all(axis=1)
    if not finite.all():
        raise DataError(where, [Issue("infinite_geometry", {}, [f"#{row}" for row in np.flatnonzero(~finite)])])
    _check_location(where, places, network)
    return places


def check_access(where: str, access_m: object) -> None:
    """Check that `access_m` is a finite number, at least 0.

    Raises
    ------
    DataError
        It is not.
    """
    raise_issues(where, list(_number_issues("access_m", access_m, at_least=0.0)))


def check_walk(speed_kmh: object, access_m: object) -> None:
    """Check the speed and `access_m` of a walk.

    Raises
    ------
    DataError
        The speed is not above 0, or one of both is not a finite number, or in another unit.
    """
    raise_issues(
        "Walk",
        [
            *_number_issues("speed_kmh", speed_kmh, at_least=SLOWEST_KMH, at_most=FASTEST_KMH),
            *_number_issues("access_m", access_m, at_least=0.0),
        ],
    )


def check_search(
    where: str,
    network: WalkingNetwork,
    snaps: Sequence[SnappedPoints],
    walk: WalkSettings,
    horizon_min: object = 0.0,
) -> None:
    """Check that network, snapped points, walk and horizon belong together.

    Raises
    ------
    DataError
        Points were snapped to another network or with another `access_m`, or the horizon is not a number.
    """
    _check_network(where, network)
    issues: list[Issue] = []
    for snap in snaps:
        if not hasattr(snap, "nearest_segment"):
            raise DataError(where, [Issue("not_snapped", {"found": type(snap).__name__})])
        # Points on the street itself (`positions.as_snapped`) have no `access_m` to compare.
        if snap.access_m > ON_STREET_M and abs(snap.access_m - walk.access_m) > ACCESS_TOLERANCE_M:
            values = {"snapped": f"{snap.access_m:g}", "walk": f"{walk.access_m:g}"}
            issues.append(Issue("access_differs", values))
        if max(_largest(snap.segment), _largest(snap.nearest_segment)) >= len(network.segment_m):
            issues.append(Issue("other_network"))
    if not _is_number(horizon_min) or np.isnan(float(horizon_min)):  # type: ignore[arg-type]
        issues.append(Issue("not_a_value", {"name": "horizon_min", "found": horizon_min}))
    raise_issues(where, issues)


def check_limits(where: str, limits_min: object) -> None:
    """Check that limits are a rising sequence of minutes.

    Raises
    ------
    DataError
        A single number, an empty sequence, values that are not finite, negative or not rising.
    """
    if isinstance(limits_min, str | bytes) or not hasattr(limits_min, "__len__"):
        raise DataError(where, [Issue("limits_scalar", {"found": repr(limits_min)})])
    limits: Any = limits_min
    listed = ", ".join(str(limit) for limit in limits)
    if len(limits) == 0 or not all(_is_number(limit) and np.isfinite(limit) and limit >= 0 for limit in limits):
        raise DataError(where, [Issue("limits_not_minutes", {"found": listed})])
    if any(later <= earlier for earlier, later in pairwise(limits)):
        raise DataError(where, [Issue("limits_not_rising", {"found": listed})])


def check_counts(where: str, counts: Sequence[tuple[str, object, int]]) -> None:
    """Check counts of people and the like, given as (name, values, expected length).

    Raises
    ------
    DataError
        Another length, or values that are missing, not finite or negative.
    """
    issues: list[Issue] = []
    for name, values, expected in counts:
        try:
            array = np.asarray(values, dtype=np.float64)
        except (TypeError, ValueError):
            issues.append(Issue("not_a_value", {"name": name, "found": type(values).__name__}))
            continue
        if array.shape != (expected,):
            issues.append(Issue("length_differs", {"name": name, "found": array.size, "expected": expected}))
        wrong = ~(np.isfinite(array) & (array >= 0))
        if wrong.any():
            issues.append(Issue("counts_wrong", {"name": name}, [f"#{row}" for row in np.flatnonzero(wrong)]))
    raise_issues(where, issues)


def length_issues(parts: Sequence[tuple[str, int, int]]) -> Iterator[Issue]:
    """Yield an issue for each part whose length is not the expected one: (name, length, expected)."""
    for name, length, expected in parts:
        if length != expected:
            yield Issue("length_differs", {"name": name, "found": length, "expected": expected})


def _check_network(where: str, network: object) -> None:
    if not hasattr(network, "segment_xy"):
        raise DataError(where, [Issue("not_a_network", {"found": type(network).__name__})])
    if len(network.segment_xy) == 0:
        raise DataError(where, [Issue("network_without_streets")])


def _crs_issues(crs: pyproj.CRS | None) -> list[Issue]:
    if crs is None:
        return [Issue("frame_without_crs")]
    if crs.is_geographic or not crs.is_projected:
        return [Issue("frame_in_degrees", {"crs": crs.to_string()})]
    if any(axis.unit_conversion_factor != 1.0 for axis in crs.axis_info[:2]):
        return [Issue("frame_not_in_metres", {"crs": crs.to_string(), "unit": crs.axis_info[0].unit_name})]
    return []


def _geometry_issues(shapes: gpd.GeoSeries, types: tuple[str, ...]) -> list[Issue]:
    rows = np.array([f"#{row}" for row in shapes.index], dtype=object)
    array = np.asarray(shapes.array, dtype=object)
    missing = shapely.is_missing(array) | shapely.is_empty(array)
    names = np.array([name.upper() for name in types])
    kinds = shapely.get_type_id(array)
    allowed = [shapely.GeometryType[name].value for name in names]
    other = ~missing & ~np.isin(kinds, allowed)
    issues = [Issue("missing_geometry", {}, rows[missing].tolist())] if missing.any() else []
    if other.any():
        other_types = ", ".join(sorted({str(shape.geom_type) for shape in array[other]}))
        issues.append(
            Issue(
                "geometry_type",
                {"expected": ", ".join(types), "found": other_types, "remedy": ""},
                rows[other].tolist(),
            )
        )
    xy, owner = shapely.get_coordinates(array, return_index=True)
    finite = np.isfinite(xy).all(axis=1)
    if not finite.all():
        issues.append(Issue("infinite_geometry", {}, rows[np.unique(owner[~finite])].tolist()))
    return issues


def _check_location(where: str, xy: FloatArray, network: WalkingNetwork) -> None:
    """Raise a `DataError` if no point can be near the streets."""
    if not len(xy):
        return
    ends = network.segment_xy.reshape(-1, 2)
    low, high = ends.min(axis=0), ends.max(axis=0)
    away = np.maximum(np.maximum(low - xy, xy - high), 0.0)
    nearest_m = float(np.hypot(away[:, 0], away[:, 1]).min())
    west, south, east, north = WORLD
    # Exchanged or not.
    could_be_degrees = bool((np.abs(xy) <= east).all())
    streets_are_not = low[0] < west or low[1] < south or high[0] > east or high[1] > north
    if could_be_degrees and streets_are_not and nearest_m > DEGREE_RANGE_M:
        raise DataError(where, [Issue("points_in_degrees", {"crs": network.crs.to_string()})])
    if nearest_m > FAR_M:
        values = {"crs": network.crs.to_string(), "km": f"{nearest_m / 1000:,.0f}"}
        raise DataError(where, [Issue("points_elsewhere", values)])


def _number_issues(
    name: str, value: object, *, at_least: float, at_most: float = np.finfo(np.float64).max
) -> Iterator[Issue]:
    if not _is_number(value) or not np.isfinite(float(value)):  # type: ignore[arg-type]
        yield Issue("not_a_value", {"name": name, "found": value})
    elif not at_least <= float(value) <= at_most:  # type: ignore[arg-type]
        key = "value_out_of_range" if at_most < np.finfo(np.float64).max else "value_too_small"
        yield Issue(key, {"name": name, "found": f"{value:g}", "least": f"{at_least:g}", "most": f"{at_most:g}"})


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real | np.number) and not isinstance(value, bool | np.bool_)


def _largest(rows: np.ndarray) -> int:
    return int(rows.max()) if len(rows) else -1
