"""OpenStreetMap extracts (.osm.pbf, .osm, .osm.gz): walkable streets, buildings, points of interest.

Read with pyosmium in passes, relations before ways before nodes, so that the file may list them in any order
and only the nodes that are needed are held. Everything comes out in degrees (EPSG:4326), ordered by id.

An extract is often cut at a box. A street that loses nodes there keeps its remaining stretches; an area that
loses any is left out, because its outline is unknown.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

import geopandas as gpd
import osmium
import shapely
from osmium import osm

from planner.errors import Breach, DataError
from planner.inputs.osm_walkable import crossing_type, is_walkable, structure

DEGREES = "EPSG:4326"
RING_NODES = 4
"""A closed way names its first node again at the end: a triangle has four."""

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Way:
    """A way: its tags and the ids of its nodes, in order."""

    id: int
    tags: Mapping[str, str]
    nodes: tuple[int, ...]

    @property
    def is_area(self) -> bool:
        """Whether the way closes and does not deny that it means the ground inside."""
        closed = len(self.nodes) >= RING_NODES and self.nodes[0] == self.nodes[-1]
        return closed and self.tags.get("area") != "no"


@dataclass(frozen=True, slots=True)
class Multipolygon:
    """A multipolygon relation: its tags, its member ways, and those of them that are outlines, not holes."""

    id: int
    tags: Mapping[str, str]
    ways: frozenset[int]
    outer: frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class Area:
    """A polygon with its tags; its id tells ways (w1) from relations (r1)."""

    id: str
    tags: Mapping[str, str]
    shape: shapely.Geometry


def read_osm_streets(path: Path) -> gpd.GeoDataFrame:
    """Read the walkable ways of an extract.

    Vertices are the nodes of OpenStreetMap, so that two streets share a vertex exactly where they share a
    node; bridges and underpasses share none. What counts as walkable is written in
    `planner.inputs.osm_walkable`.

    Parameters
    ----------
    path
        The extract.

    Returns
    -------
    streets
        One row a way, in degrees: `id` (of the way, text), `name` ("" if none), `kind` (`highway`), `crossing`
        (its type where the way crosses a road), `structure` ("bridge", "tunnel" or "").
        A LineString, or a MultiLineString where the extract lacks nodes in the middle of a way. No rows if
        nothing is walkable.

    Raises
    ------
    DataError
        The file is missing, damaged, or not an extract.

    Examples
    --------
    >>> import tempfile
    >>> lane = '''<osm version="0.6">
    ...   <node id="1" lon="24.94" lat="60.17"/><node id="2" lon="24.95" lat="60.17"/>
    ...   <way id="7"><nd ref="1"/><nd ref="2"/><tag k="highway" v="footway"/></way>
    ... </osm>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "lane.osm")
    ...     written = file.write_text(lane, encoding="utf-8")
    ...     streets = read_osm_streets(file)
    >>> streets[["id", "kind"]].values.tolist(), streets.geometry[0].wkt
    ([['7', 'footway']], 'LINESTRING (24.94 60.17, 24.95 60.17)')
    """
    with _told_apart(path):
        ways = [way for way in _ways_with(path, ["highway"]) if is_walkable(way.tags)]
        places = _places(path, ways)
        crossings = {number: tags for number, tags, _ in _nodes_with(path, ["crossing", "crossing:signals"])}
    lines = {way.id: _line(way, places) for way in ways}
    kept = [way for way in ways if lines[way.id] is not None]
    return gpd.GeoDataFrame(
        {
            "id": [str(way.id) for way in kept],
            "name": [way.tags.get("name", "") for way in kept],
            "kind": [way.tags["highway"] for way in kept],
            "crossing": [
                crossing_type([way.tags, *(crossings[node] for node in way.nodes if node in crossings)])
                for way in kept
            ],
            "structure": [structure(way.tags) for way in kept],
        },
        geometry=[lines[way.id] for way in kept],
        crs=DEGREES,
    )


def read_osm_buildings(path: Path) -> gpd.GeoDataFrame:
    """Read the buildings of an extract.

    Closed ways and multipolygon relations tagged `building`. An outline whose relation is tagged too is read
    once, as the relation with its courtyards.

    Parameters
    ----------
    path
        The extract.

    Returns
    -------
    buildings
        Valid polygons in degrees: `id` (w… a way, r… a relation), `name` ("" if none), `building` (the tag's
        value), `levels` (storeys above ground, NaN where unknown).

    Raises
    ------
    DataError
        The file is missing, damaged, or not an extract.

    Examples
    --------
    >>> import tempfile
    >>> hut = '''<osm version="0.6">
    ...   <node id="1" lon="0" lat="0"/><node id="2" lon="1" lat="0"/><node id="3" lon="1" lat="1"/>
    ...   <way id="7"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/>
    ...     <tag k="building" v="hut"/><tag k="building:levels" v="2"/></way>
    ... </osm>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "hut.osm")
    ...     written = file.write_text(hut, encoding="utf-8")
    ...     buildings = read_osm_buildings(file)
    >>> buildings[["id", "building", "levels"]].values.tolist(), buildings.geometry[0].area
    ([['w7', 'hut', 2.0]], 0.5)
    """
    with _told_apart(path):
        areas = [area for area in _areas_with(path, ["building"]) if area.tags["building"] != "no"]
    return gpd.GeoDataFrame(
        {
            "id": [area.id for area in areas],
            "name": [area.tags.get("name", "") for area in areas],
            "building": [area.tags["building"] for area in areas],
            "levels": [_levels(area.tags) for area in areas],
        },
        geometry=[area.shape for area in areas],
        crs=DEGREES,
    )


def read_osm_points(path: Path, keys: tuple[str, ...]) -> gpd.GeoDataFrame:
    """Read what carries one of `keys`, such as ("amenity", "shop"), as points.

    Parameters
    ----------
    path
        The extract.
    keys
        The keys looked for; what carries several counts under the first of them.

    Returns
    -------
    points
        In degrees: `id` (n… a node, w… a way, r… a relation), `name` ("" if none), `key` and `value`. Nodes
        where they are, then areas by a point inside them.

    Raises
    ------
    DataError
        The file is missing, damaged, or not an extract.

    Examples
    --------
    >>> import tempfile
    >>> library = '''<osm version="0.6"><node id="1" lon="24.95" lat="60.17">
    ...   <tag k="amenity" v="library"/><tag k="name" v="Oodi"/></node></osm>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "library.osm")
    ...     written = file.write_text(library, encoding="utf-8")
    ...     points = read_osm_points(file, ("amenity",))
    >>> points.drop(columns="geometry").values.tolist(), points.geometry[0].wkt
    ([['n1', 'Oodi', 'amenity', 'library']], 'POINT (24.95 60.17)')
    """
    with _told_apart(path):
        nodes = list(_nodes_with(path, keys))
        areas = list(_areas_with(path, keys))
    found = [(f"n{number}", tags, shapely.Point(place)) for number, tags, place in nodes]
    found += [(area.id, area.tags, area.shape.representative_point()) for area in areas]
    first = [next(key for key in keys if key in tags) for _, tags, _ in found]
    return gpd.GeoDataFrame(
        {
            "id": [ident for ident, _, _ in found],
            "name": [tags.get("name", "") for _, tags, _ in found],
            "key": first,
            "value": [tags[key] for key, (_, tags, _) in zip(first, found, strict=True)],
        },
        geometry=[point for _, _, point in found],
        crs=DEGREES,
    )


@contextmanager
def _told_apart(path: Path) -> Iterator[None]:
    """Turn whatever the reader says about a damaged file into a `DataError`."""
    try:
        yield
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as error:
        raise DataError(str(path), [Breach("unreadable_file", {"reason": error})]) from error


def _objects(path: Path, kind: osm.osm_entity_bits, ids: Collection[int]) -> Iterator[osm.types.OSMEntity]:
    """Yield the objects of one kind with these ids, in the order of the file."""
    if not ids:
        return
    processor = osmium.FileProcessor(path, kind)
    # The fast filter knows no negative ids, which editors give to what is not uploaded yet.
    if min(ids) >= 0:
        processor = processor.with_filter(osmium.filter.IdFilter(ids))
    yield from (found for found in processor if found.id in ids)


def _ways_with(path: Path, keys: Iterable[str]) -> list[Way]:
    processor = osmium.FileProcessor(path, osm.WAY).with_filter(osmium.filter.KeyFilter(*keys))
    return _by_id(_way(found) for found in processor if isinstance(found, osm.types.Way))


def _way(found: osm.types.Way) -> Way:
    return Way(found.id, dict(found.tags), tuple(node.ref for node in found.nodes))


def _by_id(ways: Iterable[Way]) -> list[Way]:
    # Extracts that were joined repeat ways along the seam.
    return [way for _, way in sorted({way.id: way for way in ways}.items())]


def _nodes_with(path: Path, keys: Iterable[str]) -> list[tuple[int, Mapping[str, str], Place]]:
    processor = osmium.FileProcessor(path, osm.NODE).with_filter(osmium.filter.KeyFilter(*keys))
    nodes = {
        found.id: (found.id, dict(found.tags), (found.lon, found.lat))
        for found in processor
        if isinstance(found, osm.types.Node) and found.location.valid()
    }
    return [node for _, node in sorted(nodes.items())]


def _multipolygons_with(path: Path, keys: Iterable[str]) -> list[Multipolygon]:
    processor = osmium.FileProcessor(path, osm.RELATION).with_filter(osmium.filter.KeyFilter(*keys))
    relations: dict[int, Multipolygon] = {}
    for found in processor:
        if isinstance(found, osm.types.Relation) and found.tags.get("type") == "multipolygon":
            roles = {member.ref: member.role for member in found.members if member.type == "w"}
            outer = frozenset(way for way, role in roles.items() if role != "inner")
            relations[found.id] = Multipolygon(found.id, dict(found.tags), frozenset(roles), outer)
    return [relation for _, relation in sorted(relations.items())]


def _places(path: Path, ways: Iterable[Way]) -> dict[int, Place]:
    """Locate the nodes of `ways`; those that the file lacks, or puts off the earth, are missing."""
    needed = {node for way in ways for node in way.nodes}
    return {
        found.id: (found.lon, found.lat)
        for found in _objects(path, osm.NODE, needed)
        if isinstance(found, osm.types.Node) and found.location.valid()
    }


def _line(way: Way, places: Mapping[int, Place]) -> shapely.Geometry | None:
    stretches = []
    for present, nodes in groupby(way.nodes, key=places.__contains__):
        if present:
            # Nodes on the same spot would make a line without length.
            path = [place for place, _ in groupby(places[node] for node in nodes)]
            stretches += [path] if len(path) > 1 else []
    if not stretches:
        return None
    return shapely.LineString(stretches[0]) if len(stretches) == 1 else shapely.MultiLineString(stretches)


def _areas_with(path: Path, keys: Iterable[str]) -> Iterator[Area]:
    """Yield closed ways, then multipolygons, that carry one of `keys` and whose outline is complete."""
    relations = _multipolygons_with(path, keys)
    told = frozenset[int]().union(*(relation.outer for relation in relations))
    closed = [way for way in _ways_with(path, keys) if way.is_area and way.id not in told]
    wanted = frozenset[int]().union(*(relation.ways for relation in relations))
    members = {
        found.id: _way(found) for found in _objects(path, osm.WAY, wanted) if isinstance(found, osm.types.Way)
    }
    places = _places(path, [*closed, *members.values()])
    for way in closed:
        yield from _area(f"w{way.id}", way.tags, [way], places)
    for relation in relations:
        if relation.ways <= members.keys():
            rings = [members[way] for way in sorted(relation.ways)]
            yield from _area(f"r{relation.id}", relation.tags, rings, places)


def _area(
    ident: str, tags: Mapping[str, str], rings: Iterable[Way], places: Mapping[int, Place]
) -> Iterator[Area]:
    if any(node not in places for way in rings for node in way.nodes):
        return
    # A wall between two rings of one area is no border: what is drawn twice cancels out.
    drawn = Counter(frozenset(wall) for way in rings for wall in pairwise(way.nodes) if wall[0] != wall[1])
    border = [[places[node] for node in sorted(wall)] for wall, times in drawn.items() if times % 2]
    # Rings inside rings are holes, and rings inside holes are islands, as OpenStreetMap means them. Outlines
    # that cross themselves are first cut where they cross, so that the area is valid.
    shape = shapely.build_area(shapely.node(shapely.MultiLineString(border)))
    if not shape.is_empty:
        yield Area(ident, tags, shapely.normalize(shape))


def _levels(tags: Mapping[str, str]) -> float:
    try:
        levels = float(tags.get("building:levels", ""))
    except ValueError:
        return math.nan
    return levels if math.isfinite(levels) and levels >= 0 else math.nan
