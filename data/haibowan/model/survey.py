"""From the drawing board to the map: plan metres to UTM 48N, bent, turned and rounded once."""

import math
from collections.abc import Iterable
from typing import TypeAlias

from shapely import LineString, Polygon

Spot: TypeAlias = tuple[float, float]
"""A place: metres east and north, of the plan's origin or of UTM 48N."""

CRS = "EPSG:32648"
ORIGIN: Spot = (655_523.0, 4_393_110.0)
"""The centre of the city, 106.813 E 39.673 N, in UTM 48N."""

TURN = math.radians(-6.0)
"""The street grid of the city is turned a little clockwise."""


def locate(place: Spot) -> Spot:
    """Move one plan point to the map.

    Every layer passes through here and is rounded here, *before* any line or polygon is built: points equal
    on the plan are bit-equal on the map, so streets share their junctions and communities their corners.
    """
    east, north = place
    # Two long waves bend the straight grid by some tens of metres, as a river city's grid is bent.
    bent_east = east + 75.0 * math.sin(north / 1400.0 + 0.6)
    bent_north = north + 55.0 * math.sin(east / 1100.0 + 1.1)
    return (
        round(ORIGIN[0] + bent_east * math.cos(TURN) - bent_north * math.sin(TURN), 2),
        round(ORIGIN[1] + bent_east * math.sin(TURN) + bent_north * math.cos(TURN), 2),
    )


def to_line(path: Iterable[Spot]) -> LineString:
    """Draw a plan path on the map."""
    return LineString([locate(place) for place in path])


def to_polygon(ring: Iterable[Spot]) -> Polygon:
    """Draw a plan ring on the map."""
    return Polygon([locate(place) for place in ring])


def to_rectangle(middle: Spot, width: float, depth: float, angle: float = 0.0) -> Polygon:
    """Draw a building on the map: a true rectangle that follows the bend of the streets around it."""
    here, ahead = locate(middle), locate((middle[0] + math.cos(angle), middle[1] + math.sin(angle)))
    heading = math.atan2(ahead[1] - here[1], ahead[0] - here[0])
    along, across = (math.cos(heading), math.sin(heading)), (-math.sin(heading), math.cos(heading))
    return Polygon(
        [
            (
                round(here[0] + u * width / 2 * along[0] + v * depth / 2 * across[0], 2),
                round(here[1] + u * width / 2 * along[1] + v * depth / 2 * across[1], 2),
            )
            for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1))
        ]
    )


def between(start: Spot, end: Spot, share: float) -> Spot:
    """Go a share of the way from one place to another."""
    return (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1]))
