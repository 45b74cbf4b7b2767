"""Transformations of datums: GCJ-02 and BD-09 both ways, and the accuracy of shifts from older datums to WGS 84.

Maps published in mainland China do not show WGS-84. Amap and Tencent shift it to GCJ-02 by some hundred metres,
Baidu shifts that again to BD-09. CGCS2000, the national survey's own, differs from WGS-84 by centimetres and is
taken as the same here.

Coordinates are longitude and latitude in degrees, arrays of any shape. For some datums PROJ knows no shift at a
place and takes degrees as they are ("ballpark"): the parameters of Beijing 1954 and Xian 1980 are not public in
most of China, and layers brought from them lie some ten to some hundred metres off.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.aoi import AreaOfInterest
from pyproj.crs import Ellipsoid  # type: ignore[attr-defined]  # its own documented name
from pyproj.transformer import TransformerGroup

from planner.messages.catalogue import Phrase
from planner.messages.errors import DataError, Issue, raise_together
from planner.messages.notices import Notice

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


def convert_datum(lon: Degrees, lat: Degrees, source: Datum, target: Datum) -> LonLat:
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
    >>> lon, lat = convert_datum(np.array([116.481499]), np.array([39.990475]), "wgs84", "gcj02")
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
        return np.column_stack(convert_datum(xy[:, 0], xy[:, 1], datum, "wgs84"))

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


COARSE_M = 5.0
"""A shift that is known less well than this is reported: it is half of what a door may lie from its street."""

MODERN_AXIS_M = 6_378_137.0
"""The semi-major axis of WGS 84, GRS 80 and CGCS 2000: datums on these are the same within a metre or two."""

BALLPARK = "ballpark"
CGCS2000 = ("China 2000", "China Geodetic Coordinate System 2000", "China_2000", "CGCS2000")

DEFAULT_SIZE = (50, 300)
"""By how much datums of the last century differ from WGS-84, metres, where PROJ knows none of their shifts."""


@dataclass(frozen=True, slots=True)
class DatumShift:
    """Shift of a system's datum to WGS 84 at a place."""

    datum: str
    """Its name."""
    is_known: bool
    """Whether any shift is known there."""
    metres: tuple[float, float]
    """How exact the shift is; where none is known, the least and the most that the known shifts of this datum
    would move a place there."""


def find_shift(crs: pyproj.CRS, middle: tuple[float, float]) -> DatumShift:
    """Return the shift of a system to WGS 84 around a place (longitude, latitude), and whether it is known.

    Examples
    --------
    >>> find_shift(pyproj.CRS("EPSG:4545"), (106.8, 39.7)).is_known
    True
    >>> find_shift(pyproj.CRS("EPSG:2381"), (106.8, 39.7))
    DatumShift(datum='Xian 1980', is_known=False, metres=(50.0, 300.0))
    """
    geodetic = crs.geodetic_crs
    ellipsoid = crs.ellipsoid
    name = datum_name(crs)
    if geodetic is None or ellipsoid is None or _is_world_wide(ellipsoid):
        return DatumShift(name, is_known=True, metres=(0.0, 0.0))
    around = AreaOfInterest(middle[0] - 0.1, middle[1] - 0.1, middle[0] + 0.1, middle[1] + 0.1)
    # The datum of a bound system is in the system itself.
    source = crs if crs.is_bound else geodetic
    group = _operations(source, around)
    best = group.transformers[0] if group.transformers else None
    if best is not None and BALLPARK not in best.description.lower():
        accuracy = max(float(best.accuracy), 0.0)
        return DatumShift(name, is_known=True, metres=(accuracy, accuracy))
    moved = [_moved_m(item, middle) for item in _operations(source, None).transformers]
    sizes = [metres for metres in moved if np.isfinite(metres)]
    least, most = (min(sizes), max(sizes)) if sizes else DEFAULT_SIZE
    return DatumShift(name, is_known=False, metres=(float(least), float(most)))


def datum_name(crs: pyproj.CRS) -> str:
    """Return the name of the datum of a system.

    Examples
    --------
    >>> datum_name(pyproj.CRS("EPSG:21418")), datum_name(pyproj.CRS("EPSG:4490")), datum_name(WGS84)
    ('Beijing 1954', 'CGCS2000', 'WGS-84')
    """
    geodetic = crs.geodetic_crs
    name = "" if geodetic is None or geodetic.datum is None else str(geodetic.datum.name)
    if name in CGCS2000:
        return "CGCS2000"
    if name.startswith(("World Geodetic System 1984", "WGS 84", "WGS_1984", "D_WGS_1984")) or not name:
        return "WGS-84"
    return name


def check_shifts(
    frames: Mapping[str, gpd.GeoDataFrame], middle: tuple[float, float], names: Mapping[str, str]
) -> tuple[Notice, ...]:
    """Check which layers are in a system whose shift is not, or not well, known.

    Where all layers share that system, the results do not depend on the shift; only the map lies off.

    Parameters
    ----------
    frames
        The layers with places, each in its own system.
    middle
        Longitude and latitude of the middle of the communities.

    Raises
    ------
    DataError
        Layers in such a system lie beside layers in another one.
    """
    shifts = {name: find_shift(frame.crs, middle) for name, frame in frames.items()}
    unknown = {name: shift for name, shift in shifts.items() if not shift.is_known}
    if unknown and len({shift.datum for shift in shifts.values()}) > 1:
        raise_unknown((names[name], shift, frames[name].crs) for name, shift in unknown.items())
    notices = [
        Notice("shift_unknown", name, values={"layer": _layer(name), **_in_words(shift, frames[name].crs)})
        for name, shift in unknown.items()
    ]
    coarse = {name: shift for name, shift in shifts.items() if shift.is_known and shift.metres[0] > COARSE_M}
    notices += [
        Notice("shift_coarse", name, values={"layer": _layer(name), **_in_words(shift, frames[name].crs)})
        for name, shift in coarse.items()
    ]
    return tuple(notices)


def raise_unknown(layers: Iterable[tuple[str, DatumShift, pyproj.CRS]]) -> None:
    """Refuse layers whose shift is not known: they would lie beside the others.

    Raises
    ------
    DataError
        With the size of the error, and how to state the shift.
    """
    errors = [DataError(source, [Issue("shift_unknown", _in_words(shift, crs))]) for source, shift, crs in layers]
    raise_together(errors)


def _in_words(shift: DatumShift, crs: pyproj.CRS) -> dict[str, str]:
    least, most = (round(metres) for metres in shift.metres)
    with warnings.catch_warnings():
        # A PROJ string states less than the system; here it is what a user adds the shift to.
        warnings.simplefilter("ignore")
        plain = crs.to_proj4().replace(" +no_defs", "").replace(" +type=crs", "")
    return {
        "crs": crs.to_string() if len(crs.to_string()) <= LONGEST_NAME else crs.name,
        "datum": shift.datum,
        "metres": f"{least}" if least == most else f"{least}–{most}",
        "with_shift": f"{plain} +towgs84=dx,dy,dz,rx,ry,rz,s",
    }


LONGEST_NAME = 40


def _layer(name: str) -> Phrase:
    return Phrase(f"words.layer_{name.partition('.')[0]}")


def _is_world_wide(ellipsoid: Ellipsoid) -> bool:
    """Return True if degrees on an ellipsoid are those of WGS-84; on a sphere they are so by convention."""
    return ellipsoid.semi_major_metre == MODERN_AXIS_M or not ellipsoid.inverse_flattening


def _operations(source: pyproj.CRS, around: AreaOfInterest | None) -> TransformerGroup:
    with warnings.catch_warnings():
        # It warns of grids that are not there: what is left is asked how exact it is.
        warnings.simplefilter("ignore", UserWarning)
        return TransformerGroup(
            source,
            WGS84,
            always_xy=True,
            area_of_interest=around,  # type: ignore[arg-type]  # its stubs name another class
            allow_ballpark=around is not None,
        )


def _moved_m(operation: pyproj.Transformer, middle: tuple[float, float]) -> float:
    """Return how far an operation moves a place from where its degrees are taken as they are."""
    lon, lat = operation.transform(*middle)
    if not (np.isfinite(lon) and np.isfinite(lat)):
        return float("nan")
    return float(pyproj.Geod(ellps="WGS84").inv(*middle, lon, lat)[2])
