"""GCJ-02 and BD-09: the shifted coordinates of Chinese maps, there and back.

Maps published in mainland China do not show WGS-84. Amap and Tencent shift it to GCJ-02 by some hundred metres,
Baidu shifts that again to BD-09. CGCS2000, the national survey's own, differs from WGS-84 by centimetres and is
taken as the same here.

Everything here is longitude and latitude in degrees, arrays of any shape.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Literal

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

Datum = Literal["wgs84", "gcj02", "bd09"]
DATUMS: tuple[Datum, ...] = ("wgs84", "gcj02", "bd09")

Degrees = NDArray[np.float64]
LonLat = tuple[Degrees, Degrees]

SEMI_MAJOR_M = 6_378_245.0
ECCENTRICITY_2 = 0.006_693_421_622_965_943_23
"""Krasovsky 1940, on which the shift of GCJ-02 is defined."""

ORIGIN = (105.0, 35.0)
BD_STEP = np.pi * 3000.0 / 180.0
BD_OFFSET = (0.0065, 0.006)

CONVERGED_DEG = 1e-11
ROUNDS_AT_MOST = 30
"""Each round of the inverse takes off two decimals at least; what is left then is a thousandth of a millimetre."""

WGS84 = pyproj.CRS.from_epsg(4326)


def convert(lon: Degrees, lat: Degrees, source: Datum, target: Datum) -> LonLat:
    """Bring coordinates from one datum into another.

    Parameters
    ----------
    lon, lat
        Degrees, of equal shape; what is not finite stays as it is.
    source, target
        The datums.

    Returns
    -------
    lon, lat
        Degrees. The inverse of a shift is found by fixed-point iteration, exact to well below a millimetre. Places
        outside mainland China stay as they are.

    References
    ----------
    .. [1] Amap Web service API, coordinate conversion: its published example is a test.

    Examples
    --------
    >>> lon, lat = convert(np.array([116.481499]), np.array([39.990475]), "wgs84", "gcj02")
    >>> [round(float(lon[0]), 6), round(float(lat[0]), 6)]
    [116.487586, 39.991754]
    """
    lon, lat = np.array(lon, dtype=np.float64), np.array(lat, dtype=np.float64)
    finite = np.isfinite(lon) & np.isfinite(lat)
    for step in _ROUTES.get((source, target), ()):
        lon[finite], lat[finite] = step(lon[finite], lat[finite])
    return lon, lat


def in_mainland(lon: Degrees, lat: Degrees) -> NDArray[np.bool_]:
    """Return which places lie in mainland China, where maps are shifted.

    The outline is Natural Earth's, with the sea along the coast added; it is good to some two kilometres along
    land borders. Hong Kong, Macao and Taiwan are outside.

    Examples
    --------
    >>> in_mainland(np.array([106.8, 24.9, 114.17]), np.array([39.7, 60.2, 22.3])).tolist()
    [True, False, False]
    """
    outline = _mainland()
    west, south, east, north = outline.bounds
    inside: NDArray[np.bool_] = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    if inside.any():
        inside[inside] = shapely.contains_xy(outline, lon[inside], lat[inside])
    return inside


def to_wgs84(frame: gpd.GeoDataFrame, datum: Datum) -> gpd.GeoDataFrame:
    """Return a layer in degrees, WGS-84, whose coordinates are in `datum`, whatever its CRS calls them."""
    degrees = frame.to_crs(WGS84)

    def shifted(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(convert(xy[:, 0], xy[:, 1], datum, "wgs84"))

    shapes = shapely.transform(degrees.geometry.array, shifted)
    return gpd.GeoDataFrame(degrees.assign(**{degrees.geometry.name: gpd.GeoSeries(shapes, degrees.index, WGS84)}))


@cache
def _mainland() -> shapely.Geometry:
    text = resources.files("planner.io.datum").joinpath("mainland_china.geojson").read_text("utf-8")
    outline = shapely.from_geojson(text)
    shapely.prepare(outline)
    return outline


def _gcj_from_wgs(lon: Degrees, lat: Degrees) -> LonLat:
    inside = in_mainland(lon, lat)
    east, north = _gcj_shift(lon, lat)
    return np.where(inside, lon + east, lon), np.where(inside, lat + north, lat)


def _wgs_from_gcj(lon: Degrees, lat: Degrees) -> LonLat:
    wgs_lon, wgs_lat = _inverse(lon, lat, _gcj_shifted)
    # Whether a place is shifted is asked of the true place, as on the way there.
    inside = in_mainland(wgs_lon, wgs_lat)
    return np.where(inside, wgs_lon, lon), np.where(inside, wgs_lat, lat)


def _bd_from_gcj(lon: Degrees, lat: Degrees) -> LonLat:
    inside = in_mainland(lon, lat)
    bd_lon, bd_lat = _bd_shifted(lon, lat)
    return np.where(inside, bd_lon, lon), np.where(inside, bd_lat, lat)


def _gcj_from_bd(lon: Degrees, lat: Degrees) -> LonLat:
    gcj_lon, gcj_lat = _inverse(lon, lat, _bd_shifted)
    inside = in_mainland(gcj_lon, gcj_lat)
    return np.where(inside, gcj_lon, lon), np.where(inside, gcj_lat, lat)


def _inverse(lon: Degrees, lat: Degrees, forward: Callable[[Degrees, Degrees], LonLat]) -> LonLat:
    """Find what `forward` brings to (lon, lat): take off by how far the last guess misses, until it is nothing."""
    guess_lon, guess_lat = lon, lat
    for _ in range(ROUNDS_AT_MOST):
        there_lon, there_lat = forward(guess_lon, guess_lat)
        over_lon, over_lat = there_lon - lon, there_lat - lat
        guess_lon, guess_lat = guess_lon - over_lon, guess_lat - over_lat
        over = np.abs(np.concatenate([over_lon.ravel(), over_lat.ravel()]))
        if not (over > CONVERGED_DEG).any():
            break
    return guess_lon, guess_lat


def _gcj_shifted(lon: Degrees, lat: Degrees) -> LonLat:
    east, north = _gcj_shift(lon, lat)
    return lon + east, lat + north


def _gcj_shift(lon: Degrees, lat: Degrees) -> LonLat:
    """Return by how much GCJ-02 lies east and north of WGS-84, degrees."""
    x, y = lon - ORIGIN[0], lat - ORIGIN[1]
    root = np.sqrt(np.abs(x))
    common = (20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)) * 2.0 / 3.0
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    north_m += (20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi / 3.0 * y)) * 2.0 / 3.0
    north_m += (160.0 * np.sin(np.pi / 12.0 * y) + 320.0 * np.sin(np.pi / 30.0 * y)) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    east_m += (20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi / 3.0 * x)) * 2.0 / 3.0
    east_m += (150.0 * np.sin(np.pi / 12.0 * x) + 300.0 * np.sin(np.pi / 30.0 * x)) * 2.0 / 3.0
    latitude = np.radians(lat)
    flattening = 1.0 - ECCENTRICITY_2 * np.sin(latitude) ** 2
    meridian_m = SEMI_MAJOR_M * (1.0 - ECCENTRICITY_2) / flattening**1.5
    parallel_m = SEMI_MAJOR_M / np.sqrt(flattening) * np.cos(latitude)
    return np.degrees(east_m / parallel_m), np.degrees(north_m / meridian_m)


def _bd_shifted(lon: Degrees, lat: Degrees) -> LonLat:
    far = np.hypot(lon, lat) + 2e-5 * np.sin(lat * BD_STEP)
    turn = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * BD_STEP)
    return far * np.cos(turn) + BD_OFFSET[0], far * np.sin(turn) + BD_OFFSET[1]


_ROUTES: dict[tuple[Datum, Datum], tuple[Callable[[Degrees, Degrees], LonLat], ...]] = {
    ("wgs84", "gcj02"): (_gcj_from_wgs,),
    ("wgs84", "bd09"): (_gcj_from_wgs, _bd_from_gcj),
    ("gcj02", "wgs84"): (_wgs_from_gcj,),
    ("gcj02", "bd09"): (_bd_from_gcj,),
    ("bd09", "gcj02"): (_gcj_from_bd,),
    ("bd09", "wgs84"): (_gcj_from_bd, _wgs_from_gcj),
}
