"""Shifts of datums to WGS 84, and how well they are known; for some datums none is known at a place.

PROJ then takes degrees as they are ("ballpark"). Beijing 1954 and Xian 1980 are such in most of China: their
parameters are not public. A layer brought from them lies some ten to some hundred metres off, beside the others.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pyproj
from pyproj.aoi import AreaOfInterest
from pyproj.crs import Ellipsoid  # type: ignore[attr-defined]  # its own documented name
from pyproj.transformer import TransformerGroup

from planner.io.datum.transform import WGS84
from planner.messages.catalogue import Phrase
from planner.messages.errors import DataError, Issue, raise_together
from planner.messages.notices import Notice

COARSE_M = 5.0
"""A shift that is known less well than this is told: it is half of what a door may lie from its street."""

MODERN_AXIS_M = 6_378_137.0
"""The semi-major axis of WGS 84, GRS 80 and CGCS 2000: datums on these are the same within a metre or two."""

BALLPARK = "ballpark"
CGCS2000 = ("China 2000", "China Geodetic Coordinate System 2000", "China_2000", "CGCS2000")

DEFAULT_SIZE = (50, 300)
"""By how much datums of the last century differ from WGS-84, metres, where PROJ knows none of their shifts."""


@dataclass(frozen=True, slots=True)
class DatumShift:
    """Shift of a system's datum to WGS 84 at a place.

    Attributes
    ----------
    datum
        Its name.
    is_known
        Whether any shift is known there.
    metres
        How exact the shift is; where none is known, the least and the most that the known shifts of this datum
        would move a place there.
    """

    datum: str
    is_known: bool
    metres: tuple[float, float]


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
        With the size of the error, and how to say the shift.
    """
    errors = [DataError(source, [Issue("shift_unknown", _in_words(shift, crs))]) for source, shift, crs in layers]
    raise_together(errors)


def _in_words(shift: DatumShift, crs: pyproj.CRS) -> dict[str, str]:
    least, most = (round(metres) for metres in shift.metres)
    with warnings.catch_warnings():
        # A PROJ string says less than the system; here it is what a user adds the shift to.
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
