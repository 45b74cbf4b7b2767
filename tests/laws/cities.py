"""Street networks to try the laws on: small random ones, and those of the embedded studies."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.io.osm.extract import read_osm_streets

DATA = Path(__file__).parents[2] / "data"
CRS = "EPSG:32648"


def random_city(seed: int, *, blocks: int = 6, kept: float = 0.75) -> gpd.GeoDataFrame:
    """Return a bent lattice with streets missing, so that it has dead ends, islands and detours."""
    random = np.random.default_rng(seed)
    corners = 90 * np.indices((blocks, blocks)).transpose(1, 2, 0) + random.uniform(975, 1025, (blocks, blocks, 2))
    lines = []
    for i, j in np.ndindex(blocks, blocks):
        for di, dj in ((1, 0), (0, 1)):
            if i + di < blocks and j + dj < blocks and random.random() < kept:
                begin, end = corners[i, j], corners[i + di, j + dj]
                lines.append(shapely.LineString([begin, (begin + end) / 2 + random.uniform(-12, 12, 2), end]))
    return gpd.GeoDataFrame(geometry=lines, crs=CRS)


@cache
def helsinki() -> gpd.GeoDataFrame:
    """Return the real streets of the Helsinki study, metres."""
    return read_osm_streets(DATA / "helsinki" / "Helsinki.osm.pbf").to_crs(3067)


@cache
def haibowan() -> gpd.GeoDataFrame:
    """Return the modelled streets of the middle of Haibowan, metres."""
    streets = gpd.read_file(DATA / "haibowan" / "haibowan.gpkg", layer="streets")
    x, y = shapely.get_coordinates(streets.geometry.array).mean(axis=0)
    return streets[streets.intersects(shapely.box(x - 1500, y - 1500, x + 1500, y + 1500))]


def points_in(streets: gpd.GeoDataFrame, count: int, seed: int) -> NDArray[np.float64]:
    """Return random points over the extent of the streets, shape (count, 2)."""
    west, south, east, north = streets.total_bounds
    random = np.random.default_rng(seed)
    return np.column_stack([random.uniform(west, east, count), random.uniform(south, north, count)])
