"""What the engine's functions refuse at their doors: what they cannot mean, before a kernel or a figure is wrong.

Each function that may be called from a notebook asks here once. What is wrong is raised as one `DataError` that
names the function, with the remedy.
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

from planner.messages.errors import Breach, DataError
from planner.schemas.table_schema import AREAS, LINES, WORLD

if TYPE_CHECKING:
    from planner.network.network import WalkingNetwork
    from planner.network.snapping import SnappedPoints
    from planner.network.walk import FloatArray, WalkSettings

FAR_M = 500_000.0
"""A district is some ten kilometres wide: places all farther from its streets are in other coordinates."""

DEGREE_RANGE_M = 1000.0
"""Numbers that could be degrees, all farther than this from streets whose coordinates could not, are degrees."""

ACCESS_TOLERANCE_M = 1e-9
"""Two values of `access_m` that differ by less were meant to be one."""

ON_STREET_M = 1e-3
"""Up to here places are meant to stand on the streets themselves, with no walk to them."""

FASTEST_KMH = 100.0
"""Beyond this a speed is one in another unit; nobody walks, rides or is driven through a district faster."""

SLOWEST_KMH = 1e-3
"""Below this, a metre an hour, times leave the range in which their sums are exact."""


def refuse(where: str, breaches: Sequence[Breach]) -> None:
    """Raise what is wrong, if anything is."""
    if breaches:
        raise DataError(where, breaches)


def check_streets(streets: object) -> None:
    """Refuse what is no table of streets in metres.

    Raises
    ------
    DataError
        Another type, no coordinate system or one without metres, rows that are no lines, coordinates that are not
        finite, or no row at all.
    """
    where = "build_network(streets)"
    if not isinstance(streets, gpd.GeoDataFrame | gpd.GeoSeries):
        remedy = "streets_graph" if hasattr(streets, "edges") else "streets_type"
        refuse(where, [Breach(remedy, {"found": type(streets).__name__})])
        return
    if isinstance(streets, gpd.GeoDataFrame) and streets.active_geometry_name is None:
        refuse(where, [Breach("no_geometry_column")])
    refuse(where, [*_wrong_system(streets.crs), *_wrong_shapes(streets.geometry, LINES)])
    if len(streets) == 0:
        refuse(where, [Breach("empty_table")])


def check_barriers(lines: gpd.GeoSeries | None, water: gpd.GeoSeries | None) -> None:
    """Refuse barriers that are not lines, water that is not polygons, and coordinates that are not finite metres.

    Raises
    ------
    DataError
        One of these.
    """
    breaches: list[Breach] = []
    for series, types in ((lines, (*LINES, *AREAS)), (water, AREAS)):
        if series is None:
            continue
        given: object = series
        if not isinstance(given, gpd.GeoSeries):
            breaches.append(Breach("barriers_type", {"found": type(given).__name__}))
            continue
        breaches += [] if series.crs is None else _wrong_system(series.crs)
        breaches += _wrong_shapes(series, types)
    refuse("build_barriers", breaches)


def check_points(where: str, xy: object, network: WalkingNetwork) -> FloatArray:
    """Return places as an array of finite numbers in the network's coordinates, shape (points, 2).

    Raises
    ------
    DataError
        They are a table, have another shape, are not finite, or are in degrees or another place of the world.
    """
    _check_network(where, network)
    if isinstance(xy, gpd.GeoDataFrame | gpd.GeoSeries | shapely.Geometry):
        raise DataError(where, [Breach("points_are_table", {"found": type(xy).__name__})])
    try:
        places = np.ascontiguousarray(xy, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(where, [Breach("points_not_numbers", {"found": type(xy).__name__})]) from error
    if places.ndim != 2 or places.shape[1] != 2:  # noqa: PLR2004 - x and y
        if places.size == 0:
            return places.reshape(0, 2)
        raise DataError(where, [Breach("points_shape", {"found": places.shape})])
    finite = np.isfinite(places).all(axis=1)
    if not finite.all():
        raise DataError(where, [Breach("infinite_geometry", {}, [f"#{row}" for row in np.flatnonzero(~finite)])])
    _refuse_elsewhere(where, places, network)
    return places


def check_access(where: str, access_m: object) -> None:
    """Refuse a distance between door and street that is no number of metres.

    Raises
    ------
    DataError
        It is negative, or not a finite number.
    """
    refuse(where, list(_wrong_number("access_m", access_m, at_least=0.0)))


def check_walk(speed_kmh: object, access_m: object) -> None:
    """Refuse a walker that does not walk.

    Raises
    ------
    DataError
        The speed is not above zero, or one of both is no finite number, or in another unit.
    """
    refuse(
        "Walk",
        [
            *_wrong_number("speed_kmh", speed_kmh, at_least=SLOWEST_KMH, at_most=FASTEST_KMH),
            *_wrong_number("access_m", access_m, at_least=0.0),
        ],
    )


def check_search(
    where: str,
    network: WalkingNetwork,
    snaps: Sequence[SnappedPoints],
    walk: WalkSettings,
    horizon_min: object = 0.0,
) -> None:
    """Refuse a search whose parts do not belong together.

    Raises
    ------
    DataError
        Places were snapped to another network, or with another `access_m` than the walk's; or the horizon is no
        number.
    """
    _check_network(where, network)
    breaches: list[Breach] = []
    for snap in snaps:
        if not hasattr(snap, "nearest_segment"):
            raise DataError(where, [Breach("not_snapped", {"found": type(snap).__name__})])
        # Who stands on the street itself (`standing.stand`) has no access to agree on.
        if snap.access_m > ON_STREET_M and abs(snap.access_m - walk.access_m) > ACCESS_TOLERANCE_M:
            values = {"snapped": f"{snap.access_m:g}", "walk": f"{walk.access_m:g}"}
            breaches.append(Breach("access_differs", values))
        if max(_largest(snap.segment), _largest(snap.nearest_segment)) >= len(network.segment_m):
            breaches.append(Breach("other_network"))
    if not _is_number(horizon_min) or np.isnan(float(horizon_min)):  # type: ignore[arg-type]
        breaches.append(Breach("not_a_value", {"name": "horizon_min", "found": horizon_min}))
    refuse(where, breaches)


def check_limits(where: str, limits_min: object) -> None:
    """Refuse limits that are not a rising list of minutes.

    Raises
    ------
    DataError
        They are one number, empty, not finite, below zero, or do not rise.
    """
    if isinstance(limits_min, str | bytes) or not hasattr(limits_min, "__len__"):
        raise DataError(where, [Breach("limits_scalar", {"found": repr(limits_min)})])
    limits: Any = limits_min
    listed = ", ".join(str(limit) for limit in limits)
    if len(limits) == 0 or not all(_is_number(limit) and np.isfinite(limit) and limit >= 0 for limit in limits):
        raise DataError(where, [Breach("limits_not_minutes", {"found": listed})])
    if any(later <= earlier for earlier, later in pairwise(limits)):
        raise DataError(where, [Breach("limits_not_rising", {"found": listed})])


def check_counts(where: str, counts: Sequence[tuple[str, object, int]]) -> None:
    """Refuse counts of people, and what else counts them, that do not fit: (name, values, how many there must be).

    Raises
    ------
    DataError
        Another length, or values that are missing, not finite or below zero.
    """
    breaches: list[Breach] = []
    for name, values, expected in counts:
        try:
            array = np.asarray(values, dtype=np.float64)
        except (TypeError, ValueError):
            breaches.append(Breach("not_a_value", {"name": name, "found": type(values).__name__}))
            continue
        if array.shape != (expected,):
            breaches.append(Breach("length_differs", {"name": name, "found": array.size, "expected": expected}))
        wrong = ~(np.isfinite(array) & (array >= 0))
        if wrong.any():
            breaches.append(Breach("counts_wrong", {"name": name}, [f"#{row}" for row in np.flatnonzero(wrong)]))
    refuse(where, breaches)


def wrong_lengths(parts: Sequence[tuple[str, int, int]]) -> Iterator[Breach]:
    """Yield which parts have another length than they must: (name, found, expected)."""
    for name, found, expected in parts:
        if found != expected:
            yield Breach("length_differs", {"name": name, "found": found, "expected": expected})


def _check_network(where: str, network: object) -> None:
    if not hasattr(network, "segment_xy"):
        raise DataError(where, [Breach("not_a_network", {"found": type(network).__name__})])
    if len(network.segment_xy) == 0:
        raise DataError(where, [Breach("network_without_streets")])


def _wrong_system(crs: pyproj.CRS | None) -> list[Breach]:
    if crs is None:
        return [Breach("frame_without_crs")]
    if crs.is_geographic or not crs.is_projected:
        return [Breach("frame_in_degrees", {"crs": crs.to_string()})]
    if any(axis.unit_conversion_factor != 1.0 for axis in crs.axis_info[:2]):
        return [Breach("frame_not_in_metres", {"crs": crs.to_string(), "unit": crs.axis_info[0].unit_name})]
    return []


def _wrong_shapes(shapes: gpd.GeoSeries, types: tuple[str, ...]) -> list[Breach]:
    rows = np.array([f"#{row}" for row in shapes.index], dtype=object)
    array = np.asarray(shapes.array, dtype=object)
    missing = shapely.is_missing(array) | shapely.is_empty(array)
    names = np.array([name.upper() for name in types])
    kinds = shapely.get_type_id(array)
    wanted = [shapely.GeometryType[name].value for name in names]
    other = ~missing & ~np.isin(kinds, wanted)
    breaches = [Breach("missing_geometry", {}, rows[missing].tolist())] if missing.any() else []
    if other.any():
        found = ", ".join(sorted({str(shape.geom_type) for shape in array[other]}))
        breaches.append(
            Breach(
                "geometry_type", {"expected": ", ".join(types), "found": found, "remedy": ""}, rows[other].tolist()
            )
        )
    xy, owner = shapely.get_coordinates(array, return_index=True)
    finite = np.isfinite(xy).all(axis=1)
    if not finite.all():
        breaches.append(Breach("infinite_geometry", {}, rows[np.unique(owner[~finite])].tolist()))
    return breaches


def _refuse_elsewhere(where: str, xy: FloatArray, network: WalkingNetwork) -> None:
    """Refuse places none of which can be anywhere near the streets."""
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
        raise DataError(where, [Breach("points_in_degrees", {"crs": network.crs.to_string()})])
    if nearest_m > FAR_M:
        values = {"crs": network.crs.to_string(), "km": f"{nearest_m / 1000:,.0f}"}
        raise DataError(where, [Breach("points_elsewhere", values)])


def _wrong_number(
    name: str, value: object, *, at_least: float, at_most: float = np.finfo(np.float64).max
) -> Iterator[Breach]:
    if not _is_number(value) or not np.isfinite(float(value)):  # type: ignore[arg-type]
        yield Breach("not_a_value", {"name": name, "found": value})
    elif not at_least <= float(value) <= at_most:  # type: ignore[arg-type]
        key = "value_out_of_range" if at_most < np.finfo(np.float64).max else "value_too_small"
        yield Breach(key, {"name": name, "found": f"{value:g}", "least": f"{at_least:g}", "most": f"{at_most:g}"})


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real | np.number) and not isinstance(value, bool | np.bool_)


def _largest(rows: np.ndarray) -> int:
    return int(rows.max()) if len(rows) else -1
