"""Which layers come from OpenStreetMap, and so must be named in everything that is made of them (ODbL 1.0, 4.3).

Whoever cuts streets out of an extract in a GIS hands on a layer that no longer says where it is from. Its columns
do: the ids and classes of OpenStreetMap stand in no other source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

ATTRIBUTION = "© OpenStreetMap contributors, ODbL 1.0"
LICENCE = "https://opendatacommons.org/licenses/odbl/1-0/"

FILES = re.compile(r".*(\.pbf|\.osm(\.xml)?(\.gz|\.bz2)?)|(.*[^a-z])?osm([^a-z].*)?", re.IGNORECASE)
"""Extracts, and files that are called so: osm.gpkg of `planner fetch`, gis_osm_roads_free_1.shp of Geofabrik."""

ONE_COLUMN = frozenset(
    {
        *("osm_id", "osmid", "osm_way_id", "osm_type", "osm_date", "osm_timestamp", "osm_version", "osm_uid"),
        *("full_id", "fclass", "@id", "osm_key", "osm_value", "osm_user", "osm_changeset", "other_tags"),
    }
)
"""Each is enough: columns of OSMnx, osm2pgsql, GDAL, Geofabrik, QuickOSM, overpass turbo, `planner fetch`."""

WORDS = re.compile(r"open\s*street\s*map|(?<![a-z])osm(?![a-z])|odbl|geofabrik|开放街道?(地图|图)", re.IGNORECASE)
TELLING = frozenset({"source", "highway", "attribution", "licence", "license"})
"""Columns whose cells may say so: of a source, or by a class that stands in no other source."""

CLASSES = frozenset({"living_street", "unclassified", "tertiary", "trunk_link", "primary_link", "footway"})
"""Values of `highway` that only OpenStreetMap has."""

GRAPH = re.compile(rb"osmnx|osmid|openstreetmap", re.IGNORECASE)
HEAD_BYTES = 65_536


def is_from_osm(path: Path, source: str, columns: Iterable[str], texts: Iterable[str] = ()) -> bool:
    """Tell whether a layer comes from OpenStreetMap.

    Parameters
    ----------
    path
        Its file.
    source
        What the study says of its source.
    columns
        The columns of the file.
    texts
        What stands in the columns `TELLING`.

    Examples
    --------
    >>> is_from_osm(Path("a.shp"), "", ["osm_id", "fclass"]), is_from_osm(Path("a.shp"), "", ["id", "kind"])
    (True, False)
    >>> is_from_osm(Path("city.osm.pbf"), "", []), is_from_osm(Path("cosmos.csv"), "", [])
    (True, False)
    """
    if FILES.fullmatch(path.name) or WORDS.search(source):
        return True
    if {name.strip().lower() for name in columns} & ONE_COLUMN:
        return True
    if any(WORDS.search(text) or text.strip().lower() in CLASSES for text in texts):
        return True
    return path.suffix.lower() == ".graphml" and GRAPH.search(_head(path)) is not None


def with_attribution(source: str) -> str:
    """Return the source of a layer of OpenStreetMap: what the study says of it, and whose data it is.

    Examples
    --------
    >>> with_attribution(""), with_attribution("Streets, 2026")
    ('© OpenStreetMap contributors, ODbL 1.0', 'Streets, 2026; © OpenStreetMap contributors, ODbL 1.0')
    """
    if "©" in source and WORDS.search(source):
        return source
    return f"{source}; {ATTRIBUTION}" if source else ATTRIBUTION


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""
