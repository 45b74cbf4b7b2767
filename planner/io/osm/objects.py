"""The objects of an OpenStreetMap extract: ways, multipolygons and areas, read with pyosmium in passes.

Relations before ways before nodes, so that the file may list them in any order and only the nodes that are
needed are held. Everything comes out in degrees (EPSG:4326), ordered by id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import osmium
import shapely
from osmium import osm

from planner.io.osm.plain_extracts import PlainExtract, open_plain_extract
from planner.messages.errors import DataError, Issue

DEGREES = "EPSG:4326"
RING_NODES = 4
"""A closed way names its first node again at the end: a triangle has four."""

LonLat = tuple[float, float]


@dataclass(frozen=True, slots=True)
class OsmWay:
    """A way: its tags and the ids of its nodes, in order."""

    id: int
    tags: Mapping[str, str]
    nodes: tuple[int, ...]

    @property
    def is_area(self) -> bool:
        """Return True if the way is closed and not tagged ``area=no``."""
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
class OsmArea:
    """A polygon with its tags; its id distinguishes ways (w1) from relations (r1)."""

    id: str
    tags: Mapping[str, str]
    shape: shapely.Geometry


@dataclass(frozen=True, slots=True, eq=False)
class NodeGap:
    """Nodes that the file lacks: how many, of which object (w… or r…), and where; None where unknown."""

    id: str
    nodes: int
    place: shapely.Geometry | None


@contextmanager
def open_extract(path: Path) -> Iterator[PlainExtract]:
    """Open an extract (`open_plain_extract`); errors of damaged files become a `DataError`."""
    try:
        with open_plain_extract(path) as source:
            yield source
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(str(path), [Issue("unreadable_file", {"reason": error})]) from error


def read_objects(path: Path, kind: osm.osm_entity_bits, ids: Collection[int]) -> Iterator[osm.types.OSMEntity]:
    """Yield the objects of one kind with these ids, in the order of the file."""
    if not ids:
        return
    processor = osmium.FileProcessor(path, kind)
    # The fast filter knows no negative ids, which editors give to what is not uploaded yet.
    if min(ids) >= 0:
        processor = processor.with_filter(osmium.filter.IdFilter(ids))
    yield from (result for result in processor if result.id in ids)


def ways_with(path: Path, keys: Iterable[str]) -> list[OsmWay]:
    """Return the ways that carry one of `keys`."""
    processor = osmium.FileProcessor(path, osm.WAY).with_filter(osmium.filter.KeyFilter(*keys))
    return _by_id(copy_way(result) for result in processor if isinstance(result, osm.types.Way))


def copy_way(way: osm.types.Way) -> OsmWay:
    """Return a way that outlives the file."""
    return OsmWay(way.id, dict(way.tags), tuple(node.ref for node in way.nodes))


def _by_id(ways: Iterable[OsmWay]) -> list[OsmWay]:
    # Extracts that were joined repeat ways along the seam.
    return [way for _, way in sorted({way.id: way for way in ways}.items())]


def locate_ways(path: Path, keys: Iterable[str]) -> tuple[list[OsmWay], dict[int, LonLat]]:
    """Return the ways that carry one of `keys`, and where their nodes are."""
    ways = ways_with(path, keys)
    return ways, locate_nodes(path, {node for way in ways for node in way.nodes})


def nodes_with(path: Path, keys: Iterable[str]) -> list[tuple[int, Mapping[str, str], LonLat]]:
    """Return the nodes that carry one of `keys`: id, tags, place."""
    processor = osmium.FileProcessor(path, osm.NODE).with_filter(osmium.filter.KeyFilter(*keys))
    nodes = {
        result.id: (result.id, dict(result.tags), (result.lon, result.lat))
        for result in processor
        if isinstance(result, osm.types.Node) and result.location.valid()
    }
    return [node for _, node in sorted(nodes.items())]


def multipolygons_with(path: Path, keys: Iterable[str]) -> list[Multipolygon]:
    """Return the multipolygon relations that carry one of `keys`."""
    processor = osmium.FileProcessor(path, osm.RELATION).with_filter(osmium.filter.KeyFilter(*keys))
    relations: dict[int, Multipolygon] = {}
    for result in processor:
        if isinstance(result, osm.types.Relation) and result.tags.get("type") == "multipolygon":
            roles = {member.ref: member.role for member in result.members if member.type == "w"}
            outer = frozenset(way for way, role in roles.items() if role != "inner")
            relations[result.id] = Multipolygon(result.id, dict(result.tags), frozenset(roles), outer)
    return [relation for _, relation in sorted(relations.items())]


def locate_nodes(path: Path, nodes: Collection[int]) -> dict[int, LonLat]:
    """Locate nodes; those that the file lacks, or puts off the earth, are missing."""
    return {
        result.id: (result.lon, result.lat)
        for result in read_objects(path, osm.NODE, nodes)
        if isinstance(result, osm.types.Node) and result.location.valid()
    }


def areas_with(
    path: Path, keys: Iterable[str], *, gaps: list[NodeGap] | None = None, outlines: bool = False
) -> Iterator[OsmArea]:
    """Yield closed ways, then multipolygons, that carry one of `keys` and whose outline is complete.

    What the others lack is added to `gaps`. Ways that outline one of these multipolygons are left out unless
    `outlines`.
    """
    relations = multipolygons_with(path, keys)
    texts = frozenset[int]() if outlines else frozenset[int]().union(*(one.outer for one in relations))
    closed = [way for way in ways_with(path, keys) if way.is_area and way.id not in texts]
    needed = frozenset[int]().union(*(relation.ways for relation in relations))
    members = {
        result.id: copy_way(result)
        for result in read_objects(path, osm.WAY, needed)
        if isinstance(result, osm.types.Way)
    }
    places = locate_nodes(path, {node for way in (*closed, *members.values()) for node in way.nodes})
    lacking = [] if gaps is None else gaps
    for way in closed:
        gap = _lacking(f"w{way.id}", [way], places)
        if gap is not None:
            lacking.append(gap)
        else:
            yield from area_of(f"w{way.id}", way.tags, [way], places)
    for relation in relations:
        rings = [members[way] for way in sorted(relation.ways & members.keys())]
        gap = find_gap(f"r{relation.id}", relation, rings, places)
        if gap is not None:
            lacking.append(gap)
        else:
            yield from area_of(f"r{relation.id}", relation.tags, rings, places)


def find_gap(
    ident: str, relation: Multipolygon, rings: Collection[OsmWay], places: Mapping[int, LonLat]
) -> NodeGap | None:
    """Return what a multipolygon lacks, None if nothing: a member way counts as one node."""
    return _lacking(ident, rings, places, ways=len(relation.ways) - len(rings))


def _lacking(
    ident: str, rings: Collection[OsmWay], places: Mapping[int, LonLat], *, ways: int = 0
) -> NodeGap | None:
    nodes = {node for way in rings for node in way.nodes}
    # A set less the keys of a mapping goes through all the keys.
    lacking = sum(node not in places for node in nodes) + ways
    if not lacking:
        return None
    located = [places[node] for node in sorted(nodes & places.keys())]
    return NodeGap(ident, lacking, shapely.Point(located[0]) if located else None)


def points_with(path: Path, keys: Collection[str]) -> list[tuple[str, Mapping[str, str], shapely.Point]]:
    """Return id, tags and position of what carries one of `keys`: nodes, then areas by a point inside them."""
    nodes = [(f"n{number}", tags, shapely.Point(place)) for number, tags, place in nodes_with(path, keys)]
    areas = [(area.id, area.tags, area.shape.representative_point()) for area in areas_with(path, keys)]
    return [*nodes, *areas]


def area_of(
    ident: str, tags: Mapping[str, str], rings: Collection[OsmWay], places: Mapping[int, LonLat]
) -> Iterator[OsmArea]:
    """Yield the area that ways enclose; nothing where a node is missing or nothing is enclosed."""
    if any(node not in places for way in rings for node in way.nodes):
        return
    # A wall between two rings of one area is no border: what is drawn twice cancels out.
    drawn = Counter(frozenset(wall) for way in rings for wall in pairwise(way.nodes) if wall[0] != wall[1])
    border = [[places[node] for node in sorted(wall)] for wall, times in drawn.items() if times % 2]
    # Rings inside rings are holes, and rings inside holes are islands, as OpenStreetMap means them. Outlines
    # that cross themselves are first cut where they cross, so that the area is valid.
    shape = shapely.build_area(shapely.node(shapely.MultiLineString(border)))
    if not shape.is_empty:
        yield OsmArea(ident, tags, shapely.normalize(shape))


STATED_TAGS = ("name", "capacity", "opening_hours", "wheelchair")
ANY = "*"


class TaggedObjects:
    """What carries one of some keys in an extract, read once for all services that select from it.

    Parameters
    ----------
    path
        The extract; opened at the first selection.
    keys
        Keys of all tags that are selected.
    """

    def __init__(self, path: Path, keys: Collection[str]) -> None:
        self._path, self._keys = path, tuple(dict.fromkeys(keys))

    @cached_property
    def _read(self) -> tuple[list[tuple[str, Mapping[str, str], shapely.Point]], list[Multipolygon]]:
        with open_extract(self._path) as source:
            nodes = [
                (f"n{number}", own, shapely.Point(at)) for number, own, at in nodes_with(source.path, self._keys)
            ]
            areas = [
                (area.id, area.tags, area.shape.representative_point())
                for area in areas_with(source.path, self._keys, outlines=True)
            ]
            return [*nodes, *areas], multipolygons_with(source.path, self._keys)

    def select(self, tags: Mapping[str, Sequence[str]]) -> gpd.GeoDataFrame:
        """Return what carries one of some tags, as points.

        Parameters
        ----------
        tags
            Values by key, one of which an object must have; "*" stands for any.

        Returns
        -------
        points
            In degrees: `id` (n… a node, w… a way, r… a relation), `kind` (the first tag that fits, as
            ``amenity=clinic``), and `name`, `capacity`, `opening_hours`, `wheelchair` as the object states them
            ("" if not). Areas stand at a point inside them.

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
        ...     objects = TaggedObjects(file, ["amenity"])
        ...     tables = [objects.select({"amenity": [word]}) for word in ("library", "*", "school")]
        >>> [table["kind"].tolist() for table in tables]
        [['amenity=library'], ['amenity=library'], []]
        """
        objects, relations = self._read
        # A way that outlines a multipolygon with one of the keys is that multipolygon.
        outlining = [relation.outer for relation in relations if not relation.tags.keys().isdisjoint(tags)]
        outlines = {f"w{way}" for ways in outlining for way in ways}
        rows = [
            (ident, own, kind, place)
            for ident, own, place in objects
            if ident not in outlines and (kind := _first_tag(own, tags))
        ]
        return gpd.GeoDataFrame(
            {
                "id": [ident for ident, _, _, _ in rows],
                "kind": [kind for _, _, kind, _ in rows],
                **{name: [own.get(name, "") for _, own, _, _ in rows] for name in STATED_TAGS},
            },
            geometry=[place for _, _, _, place in rows],
            crs=DEGREES,
        )


def _first_tag(own: Mapping[str, str], tags: Mapping[str, Sequence[str]]) -> str:
    fits = (key for key, values in tags.items() if key in own and (ANY in values or own[key] in values))
    return next((f"{key}={own[key]}" for key in fits), "")
