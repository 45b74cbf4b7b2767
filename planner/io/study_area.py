"""Study area: metric coordinate system, centre, and layers that lie elsewhere."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from planner.messages.errors import DataError, Issue, StudyError
from planner.schemas.table_schema import row_names
from planner.schemas.tables import Communities

DEGREES = pyproj.CRS.from_epsg(4326)
UTM_LATITUDES = (-80.0, 84.0)

SCALE_ERROR_AT_MOST = 0.003
"""A system measures in true metres if its scale in the study area is off by no more; UTM is off by ≤ 0.1 %."""


FARTHEST_MERIDIAN = 90.0
"""A system whose area of use is a quarter of the globe away, in degrees of longitude, is not meant."""


def choose_metric_crs(
    communities: Communities, stated: str | None, *, study: str, source: str = "communities"
) -> pyproj.CRS:
    """Choose the projected system to measure in.

    The study's own choice if it measures in true metres there; else the communities' system if that does; else
    the UTM zone of the communities.

    Raises
    ------
    StudyError
        The study requests a system that is unknown or does not measure in true metres (EPSG:3857, degrees).
    DataError
        The communities, called `source`, do not lie where they can be measured.

    Examples
    --------
    >>> box = gpd.GeoDataFrame(geometry=[shapely.box(106.7, 39.6, 106.9, 39.8)], crs=4326)
    >>> choose_metric_crs(Communities(box), None, study="study.toml").to_epsg()
    32648
    """
    lonlat = reproject_layer(communities, DEGREES, source=source)
    if stated is not None:
        try:
            crs = pyproj.CRS.from_user_input(stated)
        except pyproj.exceptions.CRSError as error:
            raise StudyError(study, [Issue("unknown_crs", {"crs": stated})]) from error
        if not measures_true_metres(crs, lonlat):
            raise StudyError(study, [Issue("not_metric", {"crs": stated})])
        return crs
    if measures_true_metres(communities.crs, lonlat):
        return communities.crs
    _, south, _, north = lonlat.total_bounds
    if south < UTM_LATITUDES[0] or north > UTM_LATITUDES[1]:
        latitude = f"{(south + north) / 2:.1f}"
        raise DataError(source, [Issue("beyond_utm", {"latitude": latitude})])
    return lonlat.estimate_utm_crs()


def find_centre(communities: Communities) -> tuple[float, float] | None:
    """Return longitude and latitude of the middle of the communities, None where they lie nowhere."""
    try:
        west, south, east, north = communities.to_crs(DEGREES).total_bounds
    except pyproj.exceptions.ProjError:
        return None
    middle = ((west + east) / 2, (south + north) / 2)
    return middle if np.isfinite(middle).all() else None


def reproject_layer(frame: gpd.GeoDataFrame, crs: pyproj.CRS, *, source: str) -> gpd.GeoDataFrame:
    """Bring a checked layer into another system.

    Raises
    ------
    DataError
        Its system leads to no place on earth, or some rows lie where `crs` has no finite coordinates.
    """
    values = {"crs": frame.crs.to_string(), "target": crs.to_string()}
    try:
        moved = frame.to_crs(crs)
    except pyproj.exceptions.ProjError as error:
        raise DataError(source, [Issue("not_projectable", values)]) from error
    lost = ~np.isfinite(moved.bounds.to_numpy()).all(axis=1)
    if lost.any():
        key = "not_projectable_xy" if _is_exchanged(frame) else "not_projectable"
        raise DataError(source, [Issue(key, values, list(row_names(frame)[lost]))])
    return moved


def _is_exchanged(frame: gpd.GeoDataFrame) -> bool:
    """Return True if a layer in metres lies in its system's area of use as soon as x and y are exchanged."""
    area = frame.crs.area_of_use
    if area is None or not frame.crs.is_projected:
        return False
    exchanged = gpd.GeoSeries(
        shapely.transform(frame.geometry.array, lambda xy: xy[:, ::-1]), crs=frame.crs
    ).to_crs(DEGREES)
    west, south, east, north = exchanged.total_bounds
    return bool(west >= area.west and east <= area.east and south >= area.south and north <= area.north)


def measures_true_metres(crs: pyproj.CRS, lonlat: gpd.GeoDataFrame) -> bool:
    """Return True if lengths in `crs` are true metres where the layer `lonlat` (EPSG:4326) lies."""
    if not crs.is_projected or any(axis.unit_name != "metre" for axis in crs.axis_info[:2]):
        return False
    west, south, east, north = lonlat.total_bounds
    # A transverse Mercator measures as well around the globe's other side, where it is of no use.
    if _turn(crs, (west + east) / 2) > FARTHEST_MERIDIAN:
        return False
    factors = pyproj.Proj(crs).get_factors((west + east) / 2, (south + north) / 2)
    scales = (factors.meridional_scale, factors.parallel_scale)
    return all(abs(scale - 1) <= SCALE_ERROR_AT_MOST for scale in scales)


def _turn(crs: pyproj.CRS, longitude: float) -> float:
    """Return how many degrees of longitude lie between a place and the middle of a system's area of use."""
    area = crs.area_of_use
    if area is None:
        return 0.0
    width = (area.east - area.west) % 360
    return abs((longitude - (area.west + width / 2) + 180) % 360 - 180)


def check_nearby(
    frame: gpd.GeoDataFrame, communities: Communities, *, within_m: float, source: str, declared: str
) -> None:
    """Raise where a whole layer lies farther than `within_m` from the communities (both in metres).

    `declared` is the system that the layer itself is in.

    Raises
    ------
    DataError
        With the distance, and whether exchanging longitude and latitude, or x and y, would mend it.
    """
    home = shapely.box(*communities.total_bounds)
    away_m = shapely.box(*frame.total_bounds).distance(home)
    if away_m <= within_m:
        return
    key = "far_away"
    if _fits_exchanged(frame, DEGREES, communities, within=0.0):
        key = "far_away_swapped"
    elif _fits_exchanged(frame, pyproj.CRS.from_user_input(declared), communities, within=within_m):
        key = "far_away_xy"
    raise DataError(source, [Issue(key, {"distance_km": f"{away_m / 1000:,.0f}", "crs": declared})])


def _fits_exchanged(frame: gpd.GeoDataFrame, crs: pyproj.CRS, communities: Communities, *, within: float) -> bool:
    """Return True if a layer in `crs`, its two coordinates exchanged, lies where the communities are."""
    try:
        exchanged = shapely.transform(frame.to_crs(crs).geometry.array, lambda xy: xy[:, ::-1])
        home = communities.to_crs(crs).total_bounds
    except pyproj.exceptions.ProjError:
        return False
    bounds = shapely.total_bounds(exchanged)
    if not np.isfinite([*bounds, *home]).all():
        return False
    return bool(shapely.box(*bounds).distance(shapely.box(*home)) <= within)
