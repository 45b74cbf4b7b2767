"""What else a source of the study holds: tables that it could give and that nobody has asked it for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import osmium
from osmium import osm

from planner.config.study import Study
from planner.io.layers import is_extract
from planner.io.osm.extract import PLACE_KEYS
from planner.io.osm.ground import BARRIERS, WATER
from planner.io.osm.objects import opened
from planner.io.osm.walkable_tags import is_passable
from planner.messages.errors import DataError

OFFERED = ("buildings", "places", "water", "barriers")
"""Tables of a study that an extract can give besides the streets."""


@dataclass(frozen=True, slots=True)
class AlsoHeld:
    """A table that a file of the study could give: how many rows, and the lines for the study file."""

    file: str
    table: str
    count: int
    lines: str


def also_held(study: Study) -> tuple[AlsoHeld, ...]:
    """Return what the study's extracts hold beside what it asks of them, by file and table.

    Gates are counted as well, closed ones apart (`closed_gates`): streets stop at them, so that no line is needed.
    """
    named = {name: layer for name in (*OFFERED, "streets") if (layer := getattr(study.inputs, name)) is not None}
    files = {str(layer.path): study.resolve(layer.path) for layer in named.values()}
    found = []
    for file, path in files.items():
        if not is_extract(path):
            continue
        try:
            counts = contents_of(path)
        except DataError:
            continue
        found += [
            AlsoHeld(file, table, counts[table], f'[inputs.{table}]\npath = "{_quoted(file)}"')
            for table in OFFERED
            if counts[table] and table not in named
        ]
        found += [AlsoHeld(file, table, counts[table], "") for table in ("gates", "closed_gates") if counts[table]]
    return tuple(found)


def contents_of(path: Path) -> dict[str, int]:
    """Count the buildings, places, areas of water, barriers and gates of an extract by their tags.

    Raises
    ------
    DataError
        It is missing, damaged, or not an extract.
    """
    counts = dict.fromkeys((*OFFERED, "gates", "closed_gates"), 0)
    keys = {"building", "barrier", *PLACE_KEYS, *(key for key, _ in (*WATER, *BARRIERS))}
    with opened(path) as source:
        processor = osmium.FileProcessor(source.path, osm.NODE | osm.WAY | osm.RELATION)
        for one in processor.with_filter(osmium.filter.KeyFilter(*keys)):
            if isinstance(one, (osm.types.Node, osm.types.Way, osm.types.Relation)):
                _count_object(one, counts)
    return counts


def _count_object(one: osm.types.Node | osm.types.Way | osm.types.Relation, counts: dict[str, int]) -> None:
    tags = one.tags
    is_node, is_way = isinstance(one, osm.types.Node), isinstance(one, osm.types.Way)
    is_area = isinstance(one, osm.types.Relation) and tags.get("type") == "multipolygon"
    is_area = is_area or (isinstance(one, osm.types.Way) and one.is_closed())
    counts["buildings"] += is_area and tags.get("building", "no") != "no"
    counts["places"] += (is_area or is_node) and any(key in tags for key in PLACE_KEYS)
    counts["water"] += is_area and any(tags.get(key) == value for key, value in WATER)
    counts["barriers"] += is_way and any(tags.get(key) == value for key, value in BARRIERS)
    if is_node and "barrier" in tags:
        counts["gates"] += 1
        counts["closed_gates"] += not is_passable(tags)


def _quoted(file: str) -> str:
    return file.replace("\\", "\\\\").replace('"', '\\"')
