"""The walkable ways of an extract, and the nodes that say something about them, in one pass over the file.

pyosmium locates the nodes and makes the lines in C++; Python sees tagged ways and nodes only. Ways that lose
nodes at the edge of the extract, or whose nodes stand after them in the file, are mended afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray
from osmium import osm

from planner.inputs.osm_objects import Place, locate
from planner.inputs.osm_walkable import (
    CROSSING_KEYS,
    CROSSING_NODES,
    UNKNOWN_CROSSING,
    crossing_type,
    is_crossing,
    is_passable,
    objection,
    structure,
)

WAY_KEYS = ("highway", "barrier", *CROSSING_KEYS)
"""What carries none of these says nothing about walking and never reaches Python."""

STEPS_A_DEGREE = 10_000_000
LATITUDE_BITS = 31


class WalkedWay(NamedTuple):
    """What is kept of a walkable way beside its line."""

    id: int
    name: str
    kind: str
    crossing: str
    is_crossing: bool
    structure: str
    is_square: bool


@dataclass(frozen=True, slots=True)
class Gate:
    """A barrier at a node: its tags, where it is, and whether people pass."""

    id: int
    tags: Mapping[str, str]
    place: Place
    passable: bool


@dataclass(frozen=True, slots=True)
class NodePlaces:
    """Where the nodes of an extract are, as the pass over it has remembered them."""

    path: Path
    storage: osmium.index.LocationTable

    def of(self, nodes: Iterable[int]) -> dict[int, Place]:
        """Locate nodes; those that the file lacks, or puts off the earth, are missing."""
        wanted, places = set(nodes), dict[int, Place]()
        for node in wanted:
            with suppress(KeyError, OverflowError, TypeError):
                location = self.storage.get(node)
                if location.valid():
                    places[node] = (location.lon, location.lat)
        # The memory knows neither negative ids, of what is not uploaded yet, nor nodes that stand after ways.
        places |= locate(self.path, wanted - places.keys())
        return places


@dataclass(frozen=True, slots=True, eq=False)
class WalkedWays:
    """All walkable ways of an extract, in order of their ids.

    Attributes
    ----------
    ways, lines
        The ways and their lines in degrees; MultiLineStrings where nodes are missing in the middle.
    gates
        Barriers at nodes, in order of their ids.
    crossings
        How a street is crossed, by the place (`place_keys`) of the node that says so.
    left_out
        Ways that are not walked although their class is, with the reason, and their lines.
    places
        Where all nodes of the extract are.
    """

    ways: list[WalkedWay]
    lines: NDArray[np.object_]
    gates: list[Gate]
    crossings: Mapping[int, str]
    left_out: list[tuple[str, shapely.Geometry]]
    places: NodePlaces


@dataclass(slots=True)
class _Lines:
    """Lines by way, as libosmium makes them; the nodes of those that it could not make."""

    whole: dict[int, str] = field(default_factory=dict)
    broken: dict[int, list[tuple[int, Place | None]]] = field(default_factory=dict)
    factory: osmium.geom.WKBFactory = field(default_factory=osmium.geom.WKBFactory)

    def add(self, number: int, way: osm.types.Way) -> None:
        self.whole.pop(number, None)
        self.broken.pop(number, None)
        try:
            self.whole[number] = self.factory.create_linestring(way)
        except (osmium.InvalidLocationError, RuntimeError):
            # A node is missing, or all of them are one place, which the factory refuses.
            self.broken[number] = [
                (node.ref, (node.lon, node.lat) if node.location.valid() else None) for node in way.nodes
            ]

    def finished(self, places: NodePlaces) -> dict[int, shapely.Geometry]:
        """Return the lines of all ways that have one."""
        found = places.of({ref for nodes in self.broken.values() for ref, place in nodes if place is None})
        lines = dict(zip(self.whole, shapely.from_wkb(list(map(bytes.fromhex, self.whole.values()))), strict=True))
        for way, nodes in self.broken.items():
            line = stretches([place or found.get(ref) for ref, place in nodes])
            if line is not None:
                lines[way] = line
        return lines


def read_walked_ways(path: Path) -> WalkedWays:
    """Read the walkable ways, gates and crossing nodes of an extract."""
    ways: dict[int, WalkedWay] = {}
    reasons: dict[int, str] = {}
    gates: dict[int, Gate] = {}
    crossings: dict[int, str] = {}
    lines = _Lines()
    processor = osmium.FileProcessor(path, osm.NODE | osm.WAY).with_locations()
    way_type, node_type = osm.types.Way, osm.types.Node
    for found in processor.with_filter(osmium.filter.KeyFilter(*WAY_KEYS)):
        if isinstance(found, way_type):
            tags = found.tags
            reason = objection(tags)
            if reason == "class":
                continue
            # Extracts that were joined repeat ways along the seam.
            number = found.id
            lines.add(number, found)
            reasons.pop(number, None)
            ways.pop(number, None)
            if reason:
                reasons[number] = reason
            else:
                ways[number] = _walked(number, tags, found)
        elif isinstance(found, node_type) and found.location.valid():
            place = (found.lon, found.lat)
            if "barrier" in found.tags:
                gates[found.id] = Gate(found.id, dict(found.tags), place, is_passable(found.tags))
            if "crossing" in found.tags or found.tags.get("highway") in CROSSING_NODES:
                crossings[_place_key(place)] = crossing_type(found.tags)
    storage = processor.node_location_storage
    assert storage is not None  # noqa: S101 - with_locations() has made it
    places = NodePlaces(path, storage)
    placed = lines.finished(places)
    kept = [ways[number] for number in sorted(ways.keys() & placed.keys())]
    return WalkedWays(
        ways=kept,
        lines=np.array([placed[way.id] for way in kept], dtype=object),
        gates=[gates[number] for number in sorted(gates)],
        crossings=crossings,
        left_out=[(reasons[number], placed[number]) for number in sorted(reasons.keys() & placed.keys())],
        places=places,
    )


def place_keys(xy: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return one number a place, equal where two nodes of OpenStreetMap are at the same place, shape (places,).

    OpenStreetMap stores coordinates in steps of 1e-7 degrees.

    Examples
    --------
    >>> one, same, other = place_keys(np.array([[24.94, 60.17], [24.94, 60.17 + 1e-9], [24.94, -60.17]]))
    >>> bool(one == same), bool(one == other)
    (True, False)
    """
    steps = np.rint(np.asarray(xy) * STEPS_A_DEGREE).astype(np.int64)
    return np.asarray((steps[:, 0] << LATITUDE_BITS) + steps[:, 1], dtype=np.int64)


def _place_key(place: Place) -> int:
    return (round(place[0] * STEPS_A_DEGREE) << LATITUDE_BITS) + round(place[1] * STEPS_A_DEGREE)


def _walked(number: int, tags: osm.TagList, way: osm.types.Way) -> WalkedWay:
    crosses = is_crossing(tags)
    return WalkedWay(
        number,
        tags.get("name") or "",
        tags["highway"],
        crossing_type(tags) if crosses else "",
        crosses,
        structure(tags),
        tags.get("area") == "yes" and way.is_closed(),
    )


def stretches(nodes: Iterable[Place | None]) -> shapely.Geometry | None:
    """Return the line through places, in several parts where one is missing; None where nothing is left.

    Examples
    --------
    >>> stretches([(0, 0), (1, 0), None, (2, 0), (2, 0), (3, 0), None, (9, 0)]).wkt
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


def crossings_of(walked: WalkedWays) -> list[str]:
    """Return how each way crosses a street: as it says itself, else as the first of its nodes that does."""
    types = [way.crossing for way in walked.ways]
    for row, way in enumerate(walked.ways):
        if way.is_crossing and not way.crossing:
            keys = place_keys(shapely.get_coordinates(walked.lines[row])).tolist()
            told = (walked.crossings[key] for key in keys if walked.crossings.get(key))
            types[row] = next(told, UNKNOWN_CROSSING)
    return types
