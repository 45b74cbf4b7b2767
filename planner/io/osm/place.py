"""Boundary of the place to download, and the attribution of layers from OpenStreetMap."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from shapely.geometry import shape as shape_of

from planner.io.osm.objects import DEGREES
from planner.io.osm.responses import printable_line
from planner.messages.errors import FetchError, Issue

SHOWN_PLACES = 8
LARGEST_KM2 = 10_000.0
"""More is not asked of a public server: a district has some hundreds, a large prefecture some ten thousand."""
CORNER_M = 10.0
"""The margin's outline is drawn with corners this coarse, outwards, so that the question stays short."""


@dataclass(frozen=True, slots=True, eq=False)
class PlaceBoundary:
    """Boundary of a place to download."""

    name: str
    """In words."""
    osm_id: str
    """Of the boundary, as R2181; "" where it comes from a file."""
    boundary: shapely.Geometry
    """Polygons in degrees."""


def choose_place(name: str, results: Sequence[Mapping[str, Any]]) -> PlaceBoundary:
    """Return the one place that a name means.

    Administrative boundaries go before other outlines of the same name. Among several, none is guessed.

    Raises
    ------
    FetchError
        Nothing has this name, nothing of it has an outline, or several have: they are listed with their ids.
    """
    if not results:
        raise FetchError(name, [Issue("place_not_found", {"place": name})])
    outlined = {_osm_id(result): result for result in results if _outline(result) is not None}
    if not outlined:
        raise FetchError(name, [Issue("place_without_outline", {"found": _listed(results)})])
    official = {key: result for key, result in outlined.items() if result.get("type") == "administrative"}
    meant = official or outlined
    if len(meant) > 1:
        raise FetchError(name, [Issue("several_places", {"found": _listed(list(meant.values()))})])
    ((osm_id, result),) = meant.items()
    boundary = _outline(result)
    assert boundary is not None  # noqa: S101 - only outlined results are left
    return PlaceBoundary(printable_line(str(result.get("display_name", name))), osm_id, boundary)


def read_boundary(frame: gpd.GeoDataFrame, *, source: str) -> shapely.Geometry:
    """Return the union of a layer's polygons, in degrees.

    Raises
    ------
    FetchError
        It has no polygons, or does not state its coordinate system.
    """
    if frame.crs is None:
        raise FetchError(source, [Issue("no_crs")])
    shapes = frame.geometry[frame.geometry.notna()].to_crs(DEGREES)
    outlines = shapes[shapes.geom_type.isin(["Polygon", "MultiPolygon"])]
    if outlines.empty or outlines.is_empty.all():
        raise FetchError(source, [Issue("boundary_no_area")])
    return shapely.union_all(shapely.make_valid(outlines.array))


def add_margin(boundary: shapely.Geometry, margin_m: float, *, source: str) -> shapely.Geometry:
    """Return the boundary and all within `margin_m` of it, degrees; a little more, never less.

    Raises
    ------
    FetchError
        The area is larger than a public server should serve.

    Examples
    --------
    >>> grown = add_margin(shapely.box(106.8, 39.6, 106.9, 39.7), 1000.0, source="here")
    >>> [round(side, 3) for side in grown.bounds]
    [106.788, 39.591, 106.912, 39.709]
    """
    layer = gpd.GeoSeries([boundary], crs=DEGREES)
    metric = layer.to_crs(layer.estimate_utm_crs())
    grown = metric.buffer(margin_m + CORNER_M).simplify(CORNER_M)
    km2 = float(grown.area.iloc[0]) / 1e6
    if km2 > LARGEST_KM2:
        values = {"km2": f"{km2:,.0f}", "most": f"{LARGEST_KM2:,.0f}"}
        raise FetchError(source, [Issue("area_too_large", values)])
    return grown.to_crs(DEGREES).iloc[0]


def _outline(result: Mapping[str, Any]) -> shapely.Geometry | None:
    try:
        outline = shape_of(result["geojson"])
    except (KeyError, TypeError, ValueError, AttributeError, shapely.errors.ShapelyError):
        return None
    return outline if shapely.area(outline) > 0 else None


def _osm_id(result: Mapping[str, Any]) -> str:
    return printable_line(f"{str(result.get('osm_type', '?'))[:1].upper()}{result.get('osm_id', '?')}")


def _listed(results: Sequence[Mapping[str, Any]]) -> str:
    shown = [
        f"{_osm_id(result)} {printable_line(str(result.get('display_name', '?')))}"
        for result in results[:SHOWN_PLACES]
    ]
    return "; ".join(shown) + (" …" if len(results) > SHOWN_PLACES else "")


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
"""Columns whose cells may state it: of a source, or by a class that stands in no other source."""

CLASSES = frozenset({"living_street", "unclassified", "tertiary", "trunk_link", "primary_link", "footway"})
"""Values of `highway` that only OpenStreetMap has."""

GRAPH = re.compile(rb"osmnx|osmid|openstreetmap", re.IGNORECASE)
HEAD_BYTES = 65_536


def is_from_osm(path: Path, source: str, columns: Iterable[str], texts: Iterable[str] = ()) -> bool:
    """Return True if a layer comes from OpenStreetMap.

    Parameters
    ----------
    source
        What the study states of its source.
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


def add_attribution(source: str) -> str:
    """Return the source of a layer of OpenStreetMap: what the study states of it, and whose data it is.

    Examples
    --------
    >>> add_attribution(""), add_attribution("Streets, 2026")
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
