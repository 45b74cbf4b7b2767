"""The walkable ways of an extract, and the nodes that state something about them, in one pass over the file.

pyosmium locates the nodes and makes the lines in C++; Python sees tagged ways and nodes only. Ways that lose
nodes at the edge of the extract, or whose nodes stand after them in the file, are mended afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain, groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray
from osmium import osm

from planner.io.osm.elements import place_keys, separate_nodes
from planner.io.osm.objects import (
    LonLat,
    NodeGap,
    OsmWay,
    copy_way,
    locate_nodes,
    multipolygons_with,
    read_objects,
)
from planner.io.osm.walkable_tags import (
    CROSSING_KEYS,
    CROSSING_NODES,
    OBSTACLES_PRIVATE,
    UNKNOWN_CROSSING,
    crossing_type,
    is_crossing,
    is_passable,
    is_private,
    is_walkable,
    opens_to_residents,
    structure,
    walking_obstacle,
)

WAY_KEYS = ("highway", "barrier", *CROSSING_KEYS)
"""Keys of objects that concern walking; others never reach Python."""


class WalkableWay(NamedTuple):
    """Attributes of a walkable way, without its line."""

    id: int
    name: str
    kind: str
    crossing: str
    is_crossing: bool
    structure: str
    is_square: bool
    is_private: bool


@dataclass(frozen=True, slots=True)
class OsmGate:
    """A barrier at a node: its tags, where it is, whether people pass, and, if not, whether residents do."""

    id: int
    tags: Mapping[str, str]
    place: LonLat
    passable: bool
    opens_to_residents: bool = False


@dataclass(frozen=True, slots=True)
class NodeLocations:
    """Positions of the nodes of an extract, as stored by the pass over it.

    `moved` are nodes that stand apart from where the file puts them (`planner.io.osm.elements`).
    """

    path: Path
    storage: osmium.index.LocationTable
    moved: Mapping[int, LonLat] = field(default_factory=dict)

    def of(self, nodes: Iterable[int]) -> dict[int, LonLat]:
        """Locate nodes; those that the file lacks, or puts off the earth, are missing."""
        needed, places = set(nodes), dict[int, LonLat]()
        for node in needed:
            with suppress(KeyError, OverflowError, TypeError):
                location = self.storage.get(node)
                if location.valid():
                    places[node] = (location.lon, location.lat)
        # The memory knows neither negative ids, of what is not uploaded yet, nor nodes that stand after ways.
        places |= locate_nodes(self.path, needed - places.keys())
        return places | {node: place for node, place in self.moved.items() if node in needed}


@dataclass(frozen=True, slots=True, eq=False)
class ExcludedWay:
    """A way that is not walkable: id, reason (`walking_obstacle`), class, value of the deciding tag, line."""

    id: int
    reason: str
    kind: str
    word: str
    line: shapely.Geometry


@dataclass(frozen=True, slots=True, eq=False)
class WalkableWays:
    """All walkable ways of an extract, in order of their ids."""

    ways: list[WalkableWay]
    lines: NDArray[np.object_]
    """`ways`, `lines`: The ways and their lines in degrees; MultiLineStrings where nodes are missing in the
    middle. Lines share a place exactly where the ways share a node."""
    gates: list[OsmGate]
    """Barriers at nodes of these ways, in order of their ids."""
    crossings: Mapping[complex, str]
    """How a street is crossed, by the place (`place_keys`) of the node that states it."""
    left_out: list[ExcludedWay]
    """Ways with `highway` that are not walked."""
    rings: Mapping[int, OsmWay]
    """The member ways of multipolygons that are walked on, by id."""
    gaps: list[NodeGap]
    """Nodes of walkable ways that the file lacks."""
    places: NodeLocations
    """Where all nodes of the extract are."""


@dataclass(slots=True)
class _WayCollector:
    """Collector of ways and nodes in one pass over the file."""

    walked: dict[int, WalkableWay] = field(default_factory=dict)
    refused: dict[int, tuple[str, str, str]] = field(default_factory=dict)
    barriers: dict[int, OsmGate] = field(default_factory=dict)
    crossings: dict[int, tuple[LonLat, str]] = field(default_factory=dict)
    nodes: dict[int, list[int]] = field(default_factory=dict)
    whole: dict[int, str] = field(default_factory=dict)
    broken: dict[int, list[LonLat | None]] = field(default_factory=dict)
    factory: osmium.geom.WKBFactory = field(default_factory=osmium.geom.WKBFactory)

    def add_way(self, way: osm.types.Way) -> None:
        number, tags = way.id, way.tags
        if "highway" not in tags:
            return
        reason = walking_obstacle(tags)
        private = reason in OBSTACLES_PRIVATE and is_private(tags)
        if reason and not private:
            kind = tags["highway"]
            self.refused[number] = (reason, kind, tags.get("highway" if reason == "class" else reason) or "")
        else:
            self.walked[number] = _walked(number, tags, way, private=private)
        self.nodes[number] = [node.ref for node in way.nodes]
        try:
            self.whole[number] = self.factory.create_linestring(way, osmium.geom.use_nodes.ALL)
        except (osmium.InvalidLocationError, RuntimeError):
            # A node is missing, or there is only one.
            self.broken[number] = [(node.lon, node.lat) if node.location.valid() else None for node in way.nodes]

    def add_node(self, node: osm.types.Node) -> None:
        place, tags = (node.lon, node.lat), node.tags
        if "barrier" in tags:
            self.barriers[node.id] = OsmGate(
                node.id, dict(tags), place, is_passable(tags), opens_to_residents(tags)
            )
        if "crossing" in tags or tags.get("highway") in CROSSING_NODES:
            self.crossings[node.id] = (place, crossing_type(tags))


def read_walkable_ways(path: Path) -> WalkableWays:
    """Read the walkable ways, gates and crossing nodes of a plain extract (`plain_extract`)."""
    result = _WayCollector()
    processor = osmium.FileProcessor(path, osm.NODE | osm.WAY).with_locations()
    way_type, node_type = osm.types.Way, osm.types.Node
    for item in processor.with_filter(osmium.filter.KeyFilter(*WAY_KEYS)):
        if isinstance(item, way_type):
            result.add_way(item)
        elif isinstance(item, node_type) and item.location.valid():
            result.add_node(item)
    storage = processor.node_location_storage
    assert storage is not None  # noqa: S101 - with_locations() has made it
    return _placed(result, _square_rings(path), NodeLocations(path, storage))


def _square_rings(path: Path) -> dict[int, OsmWay]:
    squares = [square for square in multipolygons_with(path, ["highway"]) if is_walkable(square.tags)]
    needed = frozenset[int]().union(*(square.ways for square in squares))
    members = read_objects(path, osm.WAY, needed)
    return {way.id: copy_way(way) for way in members if isinstance(way, osm.types.Way)}


def _placed(collector: _WayCollector, rings: Mapping[int, OsmWay], places: NodeLocations) -> WalkableWays:
    """Draw the ways, with nodes that are not one distinguished."""
    drawn = _vertices(collector, places)
    of_rings = {node for ring in rings.values() for node in ring.nodes}
    ring_places = places.of(of_rings)
    ring = [node for node in of_rings if node in ring_places]
    structures = {number: bool(way.structure) for number, way in collector.walked.items()}
    raised = np.array([structures.get(number, False) for number in drawn.ways], dtype=bool)
    moved = separate_nodes(
        np.concatenate([drawn.nodes, np.array(ring, dtype=np.int64)]),
        np.concatenate([drawn.xy, np.array([ring_places[node] for node in ring]).reshape(-1, 2)]),
        # Nodes of rings follow nothing here: what a ring joins, it joins as the outline of a square.
        np.concatenate([drawn.row, len(drawn.ways) + np.arange(len(ring))]),
        raised=np.concatenate([raised[drawn.row], np.zeros(len(ring), dtype=bool)]),
    )
    for node in np.flatnonzero(np.isin(drawn.nodes, list(moved))).tolist() if moved else ():
        drawn.xy[node] = moved[int(drawn.nodes[node])]
    lines = drawn.lines()
    kept = [collector.walked[number] for number in sorted(collector.walked.keys() & lines.keys())]
    row_is_walked = np.array([number in collector.walked for number in drawn.ways], dtype=bool)
    walked_on = set(drawn.nodes[row_is_walked[drawn.row]].tolist())
    return WalkableWays(
        ways=kept,
        lines=np.array([lines[way.id] for way in kept], dtype=object),
        gates=[
            replace(gate, place=moved.get(node, gate.place))
            for node, gate in sorted(collector.barriers.items())
            if node in walked_on
        ],
        crossings={
            complex(*moved.get(node, place)): kind
            for node, (place, kind) in sorted(collector.crossings.items())
            if node in walked_on
        },
        left_out=[
            ExcludedWay(number, *collector.refused[number], lines[number])
            for number in sorted(collector.refused.keys() & lines.keys())
        ],
        rings=rings,
        gaps=[gap for gap in drawn.gaps if int(gap.id[1:]) in collector.walked],
        places=replace(places, moved=moved),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Vertices:
    """The vertices of all ways: node, place, row of its way, and the part of it that it belongs to."""

    ways: list[int]
    nodes: NDArray[np.int64]
    xy: NDArray[np.float64]
    row: NDArray[np.int64]
    part: NDArray[np.int64]
    gaps: list[NodeGap]

    def lines(self) -> dict[int, shapely.Geometry]:
        """Return the lines of the ways that have one; vertices at the place of the one before are left out."""
        keep = np.ones(len(self.xy), dtype=bool)
        keep[1:] = (self.part[1:] != self.part[:-1]) | (self.xy[1:] != self.xy[:-1]).any(axis=1)
        xy, part, row = self.xy[keep], self.part[keep], self.row[keep]
        long = np.bincount(part)[part] > 1 if len(part) else keep[keep]
        xy, part, row = xy[long], part[long], row[long]
        _, first, number = np.unique(part, return_index=True, return_inverse=True)
        if not len(first):
            return {}
        lines = shapely.linestrings(xy, indices=number)
        of_way = row[first]
        counts = np.bincount(of_way, minlength=len(self.ways))
        whole: NDArray[np.object_] = np.empty(len(self.ways), dtype=object)
        single = counts[of_way] == 1
        whole[of_way[single]] = lines[single]
        for way in np.flatnonzero(counts > 1).tolist():
            whole[way] = shapely.multilinestrings(lines[of_way == way])
        return {way: line for way, line in zip(self.ways, whole.tolist(), strict=True) if line is not None}


def _vertices(collector: _WayCollector, places: NodeLocations) -> _Vertices:
    missing = {
        node
        for number, way in collector.broken.items()
        for node, place in zip(collector.nodes[number], way, strict=True)
        if place is None
    }
    later = places.of(missing)
    whole = shapely.from_wkb(list(map(bytes.fromhex, collector.whole.values())))
    xy = [shapely.get_coordinates(whole)]
    nodes = [np.fromiter(chain.from_iterable(collector.nodes[way] for way in collector.whole), dtype=np.int64)]
    row = [np.repeat(np.arange(len(whole)), [len(collector.nodes[way]) for way in collector.whole])]
    part = [row[0]]
    gaps: list[NodeGap] = []
    parts = len(whole)
    for at, (number, way) in enumerate(collector.broken.items(), start=len(whole)):
        locations = [place or later.get(node) for node, place in zip(collector.nodes[number], way, strict=True)]
        gaps += _gaps(number, locations)
        pairs = zip(collector.nodes[number], locations, strict=True)
        for is_known, run in groupby(pairs, key=lambda one: one[1] is not None):
            if not is_known:
                continue
            here = list(run)
            nodes.append(np.array([node for node, _ in here], dtype=np.int64))
            xy.append(np.array([place for _, place in here], dtype=np.float64))
            row.append(np.full(len(here), at))
            part.append(np.full(len(here), parts))
            parts += 1
    return _Vertices(
        [*collector.whole, *collector.broken],
        np.concatenate(nodes),
        np.concatenate(xy),
        np.concatenate(row).astype(np.int64),
        np.concatenate(part).astype(np.int64),
        gaps,
    )


def _gaps(way: int, places: Sequence[LonLat | None]) -> Iterator[NodeGap]:
    """Yield the runs of missing nodes: between the nodes on both sides, or at the one where the way is cut off."""
    runs = [(present, list(run)) for present, run in groupby(places, key=lambda place: place is not None)]
    for at, (present, run) in enumerate(runs):
        if present:
            continue
        sides = [runs[at - 1][1][-1]] if at else []
        sides += [runs[at + 1][1][0]] if at + 1 < len(runs) else []
        place = shapely.MultiPoint(sides).convex_hull if sides else None
        yield NodeGap(f"w{way}", len(run), place)


def _walked(number: int, tags: osm.TagList, way: osm.types.Way, *, private: bool) -> WalkableWay:
    crosses = is_crossing(tags)
    return WalkableWay(
        number,
        tags.get("name") or "",
        tags["highway"],
        crossing_type(tags) if crosses else "",
        crosses,
        structure(tags),
        tags.get("area") == "yes" and way.is_closed(),
        private,
    )


def join_places(nodes: Iterable[LonLat | None]) -> shapely.Geometry | None:
    """Return the line through places, in several parts where one is missing; None where nothing is left.

    Examples
    --------
    >>> join_places([(0, 0), (1, 0), None, (2, 0), (2, 0), (3, 0), None, (9, 0)]).wkt
    'MULTILINESTRING ((0 0, 1 0), (2 0, 3 0))'
    """
    parts = []
    for present, run in groupby(nodes, key=lambda place: place is not None):
        if present:
            # Nodes on the same spot would make a line without length.
            part = [place for place, _ in groupby(run)]
            parts += [part] if len(part) > 1 else []
    if not parts:
        return None
    return shapely.LineString(parts[0]) if len(parts) == 1 else shapely.MultiLineString(parts)


def crossings_of(walked: WalkableWays) -> list[str]:
    """Return how each way crosses a street: as it states itself, else as the first of its nodes that does."""
    types = [way.crossing for way in walked.ways]
    for row, way in enumerate(walked.ways):
        if way.is_crossing and not way.crossing:
            keys = place_keys(shapely.get_coordinates(walked.lines[row])).tolist()
            texts = (walked.crossings[key] for key in keys if walked.crossings.get(key))
            types[row] = next(texts, UNKNOWN_CROSSING)
    return types
