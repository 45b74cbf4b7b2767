"""Water and barriers of OpenStreetMap, as the study's layers of these names want them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd

from planner.io.osm.objects import DEGREES, areas_with, opened, ways_of
from planner.io.osm.walkable_tags import is_built
from planner.io.osm.ways import stretches

WATER = (("natural", "water"), ("waterway", "riverbank"), ("landuse", "reservoir"))
"""Tags of water that fills an outline; coastlines have none."""

BARRIERS = (
    *(("railway", value) for value in ("rail", "light_rail")),
    *(("barrier", value) for value in ("wall", "fence", "city_wall", "retaining_wall")),
)
"""Tags of lines that nobody crosses but where a street does."""


def read_osm_water(path: Path) -> gpd.GeoDataFrame:
    """Read rivers, lakes and reservoirs that are drawn as areas: `id`, `name`; polygons in degrees.

    Raises
    ------
    DataError
        The file is missing, damaged, or not an extract.
    """
    with opened(path) as source:
        areas = [area for area in areas_with(source.path, _keys(WATER)) if _told(area.tags, WATER)]
    return gpd.GeoDataFrame(
        {"id": [area.id for area in areas], "name": [area.tags.get("name", "") for area in areas]},
        geometry=[area.shape for area in areas],
        crs=DEGREES,
    )


def read_osm_barriers(path: Path) -> gpd.GeoDataFrame:
    """Read railways, walls and fences on the ground: `id`, `name`, `kind`; lines in degrees.

    Raises
    ------
    DataError
        The file is missing, damaged, or not an extract.
    """
    with opened(path) as source:
        ways, places = ways_of(source.path, _keys(BARRIERS))
    found = []
    for way in ways:
        line = stretches([places.get(node) for node in way.nodes])
        kind = _told(way.tags, BARRIERS)
        # Above and below ground they stop nobody.
        if kind and line is not None and not is_built(way.tags, "tunnel") and not is_built(way.tags, "bridge"):
            found.append((way, kind, line))
    return gpd.GeoDataFrame(
        {
            "id": [f"w{way.id}" for way, _, _ in found],
            "name": [way.tags.get("name", "") for way, _, _ in found],
            "kind": ["railway" if kind in ("rail", "light_rail") else kind for _, kind, _ in found],
        },
        geometry=[line for _, _, line in found],
        crs=DEGREES,
    )


def _keys(told: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for key, _ in told))


def _told(tags: Mapping[str, str], told: tuple[tuple[str, str], ...]) -> str:
    return next((value for key, value in told if tags.get(key) == value), "")
