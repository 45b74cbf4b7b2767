"""Layers and OpenStreetMap tables of input files that the study does not read, with the lines that would."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import osmium
import pyogrio
from osmium import osm

from planner.config.sections.layers import Layer
from planner.config.study import Study
from planner.io.formats import is_extract
from planner.io.osm.extract import BARRIERS, PLACE_KEYS, WATER
from planner.io.osm.objects import open_extract
from planner.io.osm.walkable_tags import is_passable
from planner.io.recognition.tables import named_in
from planner.io.tables.columns import column_names
from planner.io.vector.readers import STYLES, check_views, choose_layer
from planner.messages.errors import DataError
from planner.schemas.table_schema import AREAS, LINES, POINTS, TableSchema
from planner.schemas.tables import TABLES

ENDINGS = (".gpkg", ".gdb")
"""Files in which a layer stands beside others as a table of its own."""

OF_PLANNER = ("left_out", "boundary", "gates")
"""Layers of osm.gpkg that `planner fetch` writes for inspection; its streets end at closed gates already."""

FETCHED = "osm.gpkg"


@dataclass(frozen=True, slots=True)
class UnusedLayer:
    """A layer of a file of the study that nothing reads."""

    file: str
    layer: str
    """`file`, `layer`: The file as the study names it, and the layer in it."""
    count: int | None
    """Its rows; None where the file does not state it."""
    tables: tuple[str, ...]
    """The tables of a study that may read it, likeliest first."""
    used: bool
    """Whether the study has a table of the first kind already."""
    lines: str
    """The lines of the study file that would use it as the first of them."""


def find_unused_layers(study: Study) -> tuple[UnusedLayer, ...]:
    """Return the layers beside those that a study reads, by file; empty ones and tables of styles left out."""
    schemas = {schema.name: schema for schema in TABLES}
    given = {name: layer for name in schemas if (layer := getattr(study.inputs, name)) is not None}
    of_kinds = [kind.layer for kind in study.demand.groups if kind.layer is not None]
    named = [(layer, bool(schemas[name].geometry_types)) for name, layer in given.items()]
    of_services = [service.layer for service in study.services if service.layer is not None]
    named += [(layer, True) for layer in (*of_kinds, *of_services)]
    files = {study.resolve(layer.path): str(layer.path) for layer, _ in named}
    results: list[UnusedLayer] = []
    for path, file in files.items():
        if path.suffix.lower() not in ENDINGS:
            continue
        read = {_read(path, layer, placed=placed) for layer, placed in named if study.resolve(layer.path) == path}
        results += _beside(path, file, read, given.keys())
    return tuple(results)


def _read(path: Path, layer: Layer, *, placed: bool) -> str:
    return layer.layer if layer.layer is not None else choose_layer(path, None, "", placed=placed)


def _beside(path: Path, file: str, read: set[str], given: Container[str]) -> list[UnusedLayer]:
    results = []
    for name, shape in pyogrio.list_layers(path):
        is_own = path.name == FETCHED and name in OF_PLANNER
        if name in read or name.lower() in STYLES or is_own:
            continue
        count, tables = _count(path, str(name)), _tables_for(str(name), shape, given)
        if count != 0 and tables:
            lines = _lines(file, str(name), tables[0])
            results.append(UnusedLayer(file, str(name), count, tables, tables[0] in given, lines))
    return results


def _count(path: Path, layer: str) -> int | None:
    """Count the rows of a layer; None where that takes too long, or the file does not state it."""
    if path.suffix.lower() == ".gpkg":
        try:
            check_views(path, layer)
        except DataError:
            return None
    count = int(pyogrio.read_info(path, layer=layer)["features"])
    return None if count < 0 else count


def _tables_for(name: str, shape: str | None, given: Container[str]) -> tuple[str, ...]:
    """Return the tables that may read a layer: by its name, else those that nothing gives yet."""
    fitting = [schema.name for schema in TABLES if _fits(schema, shape)]
    named = named_in(name, column_names()["layer_names"])
    called = [table for table in fitting if table in named]
    if called:
        return tuple(sorted(called, key=lambda table: table in given))
    free = [table for table in fitting if table not in given]
    return tuple(free or fitting)


def _fits(schema: TableSchema[Any], shape: str | None) -> bool:
    if shape is None:
        return not schema.geometry_types
    plain = shape.removeprefix("3D ").removeprefix("Measured ").removeprefix("Multi").removeprefix("2.5D ")
    kinds = {"Point": POINTS, "LineString": LINES, "Polygon": AREAS}
    # A layer of unknown or mixed shapes may be anything that has places.
    fits = plain not in kinds or not {*kinds[plain]}.isdisjoint(schema.geometry_types)
    return bool(schema.geometry_types) and fits


def _lines(file: str, layer: str, table: str) -> str:
    path, inner = (text.replace("\\", "\\\\").replace('"', '\\"') for text in (file, layer))
    return f'[inputs.{table}]\npath = "{path}"\nlayer = "{inner}"'


def tables_in_words(tables: Sequence[str]) -> str:
    """Return tables as a study names them.

    Examples
    --------
    >>> tables_in_words(("water", "parcels"))
    'inputs.water, inputs.parcels'
    """
    return ", ".join(f"inputs.{table}" for table in tables)


OFFERED = ("buildings", "places", "water", "barriers")
"""Tables of a study that an extract can give besides the streets."""


@dataclass(frozen=True, slots=True)
class UnusedOsmTable:
    """A table that a file of the study could give: how many rows, and the lines for the study file."""

    file: str
    table: str
    count: int
    lines: str


def find_unused_osm_tables(study: Study) -> tuple[UnusedOsmTable, ...]:
    """Return what the study's extracts hold beside what it asks of them, by file and table.

    Gates are counted as well, closed ones apart (`closed_gates`): streets stop at them, so that no line is needed.
    """
    named = {name: layer for name in (*OFFERED, "streets") if (layer := getattr(study.inputs, name)) is not None}
    files = {str(layer.path): study.resolve(layer.path) for layer in named.values()}
    results = []
    for file, path in files.items():
        if not is_extract(path):
            continue
        try:
            counts = count_osm_tables(path)
        except DataError:
            continue
        results += [
            UnusedOsmTable(file, table, counts[table], f'[inputs.{table}]\npath = "{_quoted(file)}"')
            for table in OFFERED
            if counts[table] and table not in named
        ]
        results += [
            UnusedOsmTable(file, table, counts[table], "") for table in ("gates", "closed_gates") if counts[table]
        ]
    return tuple(results)


def count_osm_tables(path: Path) -> dict[str, int]:
    """Count the buildings, places, areas of water, barriers and gates of an extract by their tags.

    Raises
    ------
    DataError
        It is missing, damaged, or not an extract.
    """
    counts = dict.fromkeys((*OFFERED, "gates", "closed_gates"), 0)
    keys = {"building", "barrier", *PLACE_KEYS, *(key for key, _ in (*WATER, *BARRIERS))}
    with open_extract(path) as source:
        processor = osmium.FileProcessor(source.path, osm.NODE | osm.WAY | osm.RELATION)
        for item in processor.with_filter(osmium.filter.KeyFilter(*keys)):
            if isinstance(item, (osm.types.Node, osm.types.Way, osm.types.Relation)):
                _count_object(item, counts)
    return counts


def _count_object(item: osm.types.Node | osm.types.Way | osm.types.Relation, counts: dict[str, int]) -> None:
    tags = item.tags
    is_node, is_way = isinstance(item, osm.types.Node), isinstance(item, osm.types.Way)
    is_area = isinstance(item, osm.types.Relation) and tags.get("type") == "multipolygon"
    is_area = is_area or (isinstance(item, osm.types.Way) and item.is_closed())
    counts["buildings"] += is_area and tags.get("building", "no") != "no"
    counts["places"] += (is_area or is_node) and any(key in tags for key in PLACE_KEYS)
    counts["water"] += is_area and any(tags.get(key) == value for key, value in WATER)
    counts["barriers"] += is_way and any(tags.get(key) == value for key, value in BARRIERS)
    if is_node and "barrier" in tags:
        counts["gates"] += 1
        counts["closed_gates"] += not is_passable(tags)


def _quoted(file: str) -> str:
    return file.replace("\\", "\\\\").replace('"', '\\"')
