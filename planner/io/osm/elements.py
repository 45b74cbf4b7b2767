"""OpenStreetMap elements: newest versions merged and written as an extract; nodes at one position separated.

Answers of servers, JSON files and XML files that the readers cannot take as they are all go this way, so that one
reader with one set of rules reads every source.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from numpy.typing import NDArray
from osmium.osm import mutable

from planner.messages.errors import FetchError, Issue

ORDER = ("node", "way", "relation")
STEPS_A_DEGREE = 10_000_000
LATITUDE_BITS = 31

Element = Mapping[str, Any]
Key = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class MergedElements:
    """Elements of which each is there once."""

    elements: tuple[Element, ...]
    """In order of their kind, then their id."""
    deleted: int
    """How many are not there by the word of their newest version."""
    older: int
    """How many others were older versions, or the same again."""
    unnamed: bool
    """Whether ways gave places without the ids of nodes."""


def merge_elements(elements: Iterable[Element]) -> MergedElements:
    """Keep the newest version of each element, if it is visible, and give ways with places their nodes.

    Of several with the same version, or none, the last counts.

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError
        What is given is no element of OpenStreetMap.

    Examples
    --------
    >>> old = {"type": "node", "id": 1, "version": 1, "lon": 0, "lat": 0}
    >>> found = merge_elements([{**old, "version": 2, "visible": False}, old])
    >>> found.elements, found.deleted, found.older
    ((), 1, 1)
    """
    newest: dict[Key, Element] = {}
    count = 0
    for element in elements:
        count += 1
        key = (ORDER.index(element["type"]), int(element["id"]))
        # An area requested in parts, or with other tags, gives the same element again.
        earlier = newest.get(key)
        if earlier is None or int(element.get("version", 0)) >= int(earlier.get("version", 0)):
            newest[key] = element
    there = {key: element for key, element in newest.items() if element.get("visible", True)}
    deleted = len(newest) - len(there)
    named = _with_nodes(there, gone=newest.keys() - there.keys())
    ordered = tuple(element for _, element in sorted(there.items(), key=lambda item: item[0]))
    return MergedElements(ordered, deleted, count - len(newest), not named)


def write_elements(elements: Iterable[Element], path: Path) -> None:
    """Write elements to one `.osm.pbf`, in the order given.

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError, RuntimeError, OverflowError
        What is given is no element of OpenStreetMap.
    """
    with osmium.SimpleWriter(path, overwrite=True) as writer:
        for element in elements:
            kind = ORDER.index(element["type"])
            (writer.add_node, writer.add_way, writer.add_relation)[kind](_mutable(element))


def _with_nodes(there: dict[Key, Element], *, gone: Collection[Key]) -> bool:
    """Add the nodes of ways that state where they run, and member ways of relations; tell whether all had ids."""
    members = {
        key: {"type": "way", "id": key[1], "geometry": member["geometry"]}
        for (kind, _), element in sorted(there.items(), key=lambda item: item[0])
        if kind == ORDER.index("relation")
        for member in element.get("members", [])
        if member.get("type") == "way" and member.get("geometry") and (key := (1, int(member["ref"]))) not in gone
    }
    ways = [(key, way) for key, way in {**members, **there}.items() if key[0] == 1]
    named = True
    for key, way in ways:
        places, nodes = way.get("geometry"), way.get("nodes")
        if not places:
            continue
        if not nodes or len(nodes) != len(places):
            named = named and not any(places)
            nodes = [_number(place) for place in places]
        there[key] = {**way, "nodes": nodes}
        new = {at: node for at, node in _nodes(nodes, places) if at not in there and at not in gone}
        there.update(new)
    return named


def _nodes(nodes: Iterable[int], places: Iterable[Element | None]) -> Iterator[tuple[Key, Element]]:
    for number, place in zip(nodes, places, strict=True):
        if place is not None:
            yield (
                (0, int(number)),
                {"type": "node", "id": int(number), "lon": place["lon"], "lat": place["lat"]},
            )


def _number(place: Element | None) -> int:
    """Return an id for the node at a place, the same for the same place: below all that OpenStreetMap gives."""
    if place is None:
        return 0
    east = round((float(place["lon"]) + 180) * STEPS_A_DEGREE)
    north = round((float(place["lat"]) + 90) * STEPS_A_DEGREE)
    return -((east << LATITUDE_BITS) + north) - 1


def _mutable(element: Element) -> mutable.OSMObject:
    number = int(element["id"])
    tags = {_text(key): _text(value) for key, value in element.get("tags", {}).items()}
    if element["type"] == "node":
        return mutable.Node(id=number, tags=tags, location=(float(element["lon"]), float(element["lat"])))
    if element["type"] == "way":
        return mutable.Way(id=number, tags=tags, nodes=[int(node) for node in element.get("nodes", [])])
    members = [
        (str(part["type"])[0], int(part["ref"]), _text(part["role"])) for part in element.get("members", [])
    ]
    return mutable.Relation(id=number, tags=tags, members=members)


def _text(value: object) -> str:
    """Return a text of an element; osmium ends texts at NUL, and the process where one holds it."""
    text = str(value)
    if "\0" in text:
        message = f"a text holds the character NUL: {text!r}"
        raise ValueError(message)
    return text


def write_extract(answers: Iterable[Mapping[str, Any]], path: Path, *, source: str) -> int:
    """Write the elements of several answers to one `.osm.pbf`, each once, ordered; return how many there are.

    Raises
    ------
    FetchError
        An answer holds what is no element of OpenStreetMap.
    """
    try:
        settled = merge_elements(element for answer in answers for element in answer["elements"])
        write_elements(settled.elements, path)
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, OverflowError) as error:
        raise FetchError(source, [Issue("answer_not_osm", {"server": source})]) from error
    return len(settled.elements)


APART_M = 0.002
"""Distance by which nodes at one position are separated: more than the 1 mm within which streets join."""

METRES_A_DEGREE = 111_195.0

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Place = tuple[float, float]


def place_keys(xy: Floats) -> NDArray[np.complex128]:
    """Return one number a place, equal for equal places only, shape (places,).

    Examples
    --------
    >>> one, same, other = place_keys(np.array([[24.94, 60.17], [24.94, 60.17], [24.94, -60.17]]))
    >>> bool(one == same), bool(one == other)
    (True, False)
    """
    xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    return np.asarray(xy[:, 0] + 1j * xy[:, 1], dtype=np.complex128)


def separate_nodes(
    nodes: Ints, xy: Floats, line: Ints, *, raised: Bools, in_degrees: bool = True
) -> dict[int, Place]:
    """Return the new positions of nodes that share a place with another node.

    Nodes that follow one another on a line are joined by it, so they stay together. The node on the ground stays
    where it is, before those that only bridges and tunnels have; among equals the one with the lowest id.

    Parameters
    ----------
    nodes, xy, line
        The node of each vertex, its place, and the line it belongs to, in the order along the lines.
    raised
        Whether the line of each vertex is a bridge or a tunnel.
    in_degrees
        Whether places are in degrees; else in metres.

    Examples
    --------
    >>> crossed = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    >>> raised = np.array([False, False, True, True])
    >>> moved = separate_nodes(np.array([1, 2, 3, 4]), crossed, np.array([0, 0, 1, 1]), raised=raised)
    >>> [(node, round((x - 1.0) * METRES_A_DEGREE, 4), y) for node, (x, y) in moved.items()]
    [(3, 0.002, 0.0)]
    """
    if not len(nodes):
        return {}
    keys = place_keys(xy)
    each, first = np.unique(nodes, return_index=True)
    _, at, count = np.unique(keys[first], return_inverse=True, return_counts=True)
    shared = count[at] > 1
    if not shared.any():
        return {}
    joined = _joined(nodes, keys, line)
    on_ground = set(nodes[~raised].tolist())
    places: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for node, place in zip(each[shared].tolist(), at[shared].tolist(), strict=True):
        places[place][_root(joined, node)].append(node)
    where = dict(zip(each[shared].tolist(), xy[first[shared]].tolist(), strict=True))
    moved = {}
    for groups in places.values():
        ranked = sorted(groups.values(), key=lambda group: (not on_ground & set(group), min(group)))
        for rank, group in enumerate(ranked[1:], start=1):
            for node in group:
                x, y = where[node]
                step = APART_M / (METRES_A_DEGREE * float(np.cos(np.radians(y)))) if in_degrees else APART_M
                moved[node] = (x + rank * step, y)
    return moved


def _joined(nodes: Ints, keys: NDArray[np.complex128], line: Ints) -> dict[int, int]:
    """Return which nodes at one place a line joins, as a forest: the parent of each."""
    parents: dict[int, int] = {}
    follow = (line[1:] == line[:-1]) & (keys[1:] == keys[:-1]) & (nodes[1:] != nodes[:-1])
    for item, other in zip(nodes[:-1][follow].tolist(), nodes[1:][follow].tolist(), strict=True):
        low, high = sorted((_root(parents, item), _root(parents, other)))
        if low != high:
            parents[high] = low
    return parents


def _root(parents: dict[int, int], node: int) -> int:
    while node in parents:
        node = parents[node]
    return node
