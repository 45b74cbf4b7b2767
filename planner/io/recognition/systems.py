"""The coordinate system of a layer that does not state one, by its coordinates and its neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from planner.messages.catalogue import Phrase
from planner.schemas.table_schema import DEGREES_AT_MOST

Bounds = tuple[float, float, float, float]
DEGREES = "EPSG:4326"

ZONES_3 = range(25, 46)
"""Three-degree zones of China: central meridians 75° E to 135° E."""

CGCS2000_3_WITH_ZONE, CGCS2000_3 = 4513, 4534
"""EPSG codes of CGCS2000 / 3-degree Gauss-Kruger in zone 25, with the zone before the easting, and without."""

ZONES_6 = range(13, 24)
CGCS2000_6_WITH_ZONE, CGCS2000_6 = 4491, 4502
"""The same for the six-degree zones, from zone 13."""

ZONE = 1_000_000.0
"""An easting with its zone in front is larger than this by the number of the zone."""

NEAR_DEG = 0.2
"""Layers of one district lie this near to each other, degrees."""


@dataclass(frozen=True, slots=True)
class SystemGuess:
    """A coordinate system, "" where none fits; the reason; and whether it must be confirmed.

    `exchanged` is True where the layer only fits with its axes exchanged: surveyors in China call north X.
    """

    crs: str
    reason: Phrase
    asks: bool = False
    exchanged: bool = False


def lonlat_bounds(frame: gpd.GeoDataFrame) -> Bounds | None:
    """Return west, south, east and north of a layer, degrees; None where its system is not known."""
    if frame.crs is None or frame.empty or frame.geometry.is_empty.all() or frame.geometry.isna().all():
        return None
    west, south, east, north = frame.to_crs(DEGREES).total_bounds
    return float(west), float(south), float(east), float(north)


def guess_system(frame: gpd.GeoDataFrame, neighbours: Sequence[Bounds]) -> SystemGuess:
    """Return the system in which a layer without one lies beside its neighbours.

    Parameters
    ----------
    frame
        The layer, without a system.
    neighbours
        Bounds of layers whose system is known, degrees.
    """
    xy = shapely.get_coordinates(frame.geometry.array)
    xy = xy[np.isfinite(xy).all(axis=1)]
    if not len(xy):
        return SystemGuess("", Phrase("recognition.system_unknown"), asks=True)
    if np.abs(xy).max() <= DEGREES_AT_MOST:
        return SystemGuess(DEGREES, Phrase("recognition.system_degrees"))
    for exchanged in (False, True):
        places = xy[:, ::-1] if exchanged else xy
        for crs in _candidates(float(np.median(places[:, 0]))):
            if _lies_beside(places, crs, neighbours):
                name = pyproj.CRS.from_user_input(crs).name
                # Xian 1980 and Beijing 1954 have the same numbers within some hundred metres.
                reason = Phrase("recognition.system_by_place", {"name": name})
                return SystemGuess(crs, reason, asks=True, exchanged=exchanged)
    return SystemGuess("", Phrase("recognition.system_unknown"), asks=True)


def _candidates(easting: float) -> Iterator[str]:
    zone = int(easting // ZONE)
    if zone in ZONES_3:
        yield f"EPSG:{CGCS2000_3_WITH_ZONE + zone - ZONES_3[0]}"
    if zone in ZONES_6:
        yield f"EPSG:{CGCS2000_6_WITH_ZONE + zone - ZONES_6[0]}"
    if zone == 0:
        yield from (f"EPSG:{CGCS2000_3 + number}" for number in range(len(ZONES_3)))
        yield from (f"EPSG:{CGCS2000_6 + number}" for number in range(len(ZONES_6)))
    yield "EPSG:3857"


def _lies_beside(xy: np.ndarray, crs: str, neighbours: Sequence[Bounds]) -> bool:
    """Return True if the middle of a layer lies within or near the layers whose system is known."""
    middle = np.median(xy, axis=0)
    lon, lat = pyproj.Transformer.from_crs(crs, DEGREES, always_xy=True).transform(*middle)
    return any(
        west - NEAR_DEG <= lon <= east + NEAR_DEG and south - NEAR_DEG <= lat <= north + NEAR_DEG
        for west, south, east, north in neighbours
    )
