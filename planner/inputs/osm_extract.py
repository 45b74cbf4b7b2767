"""Answers of Overpass as an extract, so that one reader with one set of rules reads every source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import osmium
from osmium.osm import mutable

from planner.errors import Breach, FetchError

ORDER = ("node", "way", "relation")


def write_extract(answers: Iterable[Mapping[str, Any]], path: Path, *, source: str) -> int:
    """Write the elements of several answers to one `.osm.pbf`, each once, ordered; return how many there are.

    Raises
    ------
    FetchError
        An answer holds what is no element of OpenStreetMap.
    """
    elements: dict[tuple[int, int], Mapping[str, Any]] = {}
    try:
        for answer in answers:
            for element in answer["elements"]:
                key = (ORDER.index(element["type"]), int(element["id"]))
                # An area asked for in parts, or with other tags, gives the same element again.
                elements[key] = element
        with osmium.SimpleWriter(path, overwrite=True) as writer:
            for (order, _), element in sorted(elements.items(), key=lambda item: item[0]):
                (writer.add_node, writer.add_way, writer.add_relation)[order](_mutable(element))
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, OverflowError) as error:
        raise FetchError(source, [Breach("answer_not_osm", {"server": source})]) from error
    return len(elements)


def _mutable(element: Mapping[str, Any]) -> mutable.OSMObject:
    number = int(element["id"])
    tags = {str(key): str(value) for key, value in element.get("tags", {}).items()}
    if element["type"] == "node":
        return mutable.Node(id=number, tags=tags, location=(float(element["lon"]), float(element["lat"])))
    if element["type"] == "way":
        return mutable.Way(id=number, tags=tags, nodes=[int(node) for node in element.get("nodes", [])])
    members = [(str(part["type"])[0], int(part["ref"]), str(part["role"])) for part in element.get("members", [])]
    return mutable.Relation(id=number, tags=tags, members=members)
