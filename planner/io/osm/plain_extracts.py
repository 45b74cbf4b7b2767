"""Plain extracts: each object once, in its newest version, with the positions of its nodes.

Editors mark what they delete and keep it in the file; joined extracts repeat objects, at times in two versions;
some exports put the places on the ways and leave the nodes away. The readers know nothing of this: a file that is
plain is read where it stands, any other is first rewritten to a plain one that lasts as long as it is read.
Histories and changes are no picture of one moment: they are refused.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import osmium
from osmium import osm
from osmium.osm import mutable

from planner.io.osm.elements import Element, merge_elements, write_elements
from planner.io.osm.raw_files import (
    ObjectVersions,
    check_blobs,
    check_complete,
    read_elements,
    scan_pbf_versions,
    scan_xml_versions,
)
from planner.messages.errors import DataError, Issue

XML = (".osm", ".osm.gz", ".osm.bz2", ".xml", ".xml.gz", ".xml.bz2")
JSON = (".json", ".geojson")
HISTORY = (".osh", ".osh.gz", ".osh.bz2", ".osh.pbf", ".osh.xml")
CHANGE = (".osc", ".osc.gz", ".osc.bz2", ".osc.pbf", ".osc.xml")
HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class PlainExtract:
    """An extract that is plain, and what was done to the file so that it is."""

    path: Path
    """Where it stands while it is read."""
    deleted: int = 0
    """How many objects the file holds that are not there: deleted, or not visible in their newest version."""
    older: int = 0
    """How many are older versions, or the same again."""
    unnamed: bool = False
    """Whether ways give places without the ids of their nodes, so that they join where places coincide."""


def is_overpass_json(path: Path) -> bool:
    """Return True if a JSON file is an answer of Overpass, not GeoJSON."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return b"FeatureCollection" not in head and (b'"elements"' in head or b'"osm3s"' in head)


@contextmanager
def open_plain_extract(path: Path) -> Iterator[PlainExtract]:
    """Yield an extract in which every object is there once: its newest version, if that one is visible.

    Raises
    ------
    DataError
        The file holds a history or changes, or ways without places, or grows beyond measure when it is unpacked.
    ValueError, RuntimeError, OSError
        It is damaged.
    """
    name = path.name.lower()
    if name.endswith(HISTORY):
        raise DataError(str(path), [Issue("osm_history")])
    if name.endswith(CHANGE):
        raise DataError(str(path), [Issue("osm_change")])
    if name.endswith(JSON):
        with tempfile.TemporaryDirectory(prefix="planner-osm-") as room:
            yield _settled(path, _json_elements(path), Path(room))
        return
    state = path.stat()
    ledger = _looked_through(path, state.st_mtime_ns, state.st_size)
    if ledger is None:
        yield PlainExtract(path)
        return
    with tempfile.TemporaryDirectory(prefix="planner-osm-") as room:
        if name.endswith(XML):
            yield _settled(path, read_elements(path), Path(room))
        else:
            yield _rewritten(path, ledger, Path(room) / "plain.osm.pbf")


@lru_cache(maxsize=4)
def _looked_through(path: Path, _changed: int, _size: int) -> ObjectVersions | None:
    """Return what a file states of its objects, None where it is plain; the layers of a study share the look."""
    if path.name.lower().endswith(XML):
        ledger = scan_xml_versions(path)
    else:
        check_blobs(path)
        if osmium.io.Reader(path, osm.NOTHING).header().has_multiple_object_versions:
            raise DataError(str(path), [Issue("osm_history")])
        ledger = scan_pbf_versions(path)
    if ledger.count(1) and not ledger.count(0) and not ledger.located:
        raise DataError(str(path), [Issue("osm_without_nodes", {"ways": f"{ledger.count(1):,}"})])
    return None if ledger.is_plain() else ledger


def _json_elements(path: Path) -> Iterable[Element]:
    try:
        answer = json.loads(path.read_bytes())
        elements = answer["elements"]
        check_complete(str(answer.get("remark") or ""), path)
    except (KeyError, TypeError, RecursionError) as error:
        message = "no answer of Overpass"
        raise ValueError(message) from error
    if not isinstance(elements, list):
        message = "no answer of Overpass"
        raise ValueError(message)  # noqa: TRY004 - a damaged file, not a wrong call
    return elements


def _settled(path: Path, elements: Iterable[Element], room: Path) -> PlainExtract:
    """Write the elements of a file that are there as an extract."""
    target = room / "plain.osm.pbf"
    try:
        settled = merge_elements(elements)
        ways = [element for element in settled.elements if element["type"] == "way"]
        if ways and not any(element["type"] == "node" for element in settled.elements):
            raise DataError(str(path), [Issue("osm_without_nodes", {"ways": f"{len(ways):,}"})])
        write_elements(settled.elements, target)
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        message = f"an element lacks {error}"
        raise ValueError(message) from error
    return PlainExtract(target, settled.deleted, settled.older, settled.unnamed)


def _rewritten(path: Path, ledger: ObjectVersions, target: Path) -> PlainExtract:
    """Write the objects of a file that are there as an extract; nodes that it lacks come from its ways."""
    newest, there = ledger.newest(), ledger.there()
    keep = iter(there.tolist())
    node_ids = set(ledger.ids[: ledger.count(0)])
    with osmium.SimpleWriter(target, overwrite=True) as writer:
        for result in osmium.FileProcessor(path, osm.NODE):
            if next(keep):
                writer.add_node(result)
        of_ways = there[ledger.count(0) :].tolist()
        for result, kept in zip(osmium.FileProcessor(path, osm.WAY), of_ways, strict=False):
            for node in result.nodes if kept and isinstance(result, osm.types.Way) else ():
                if node.ref not in node_ids and node.location.valid():
                    node_ids.add(node.ref)
                    place = (node.location.lon, node.location.lat)
                    writer.add_node(mutable.Node(id=node.ref, location=place))
        for result in osmium.FileProcessor(path, osm.WAY):
            if next(keep):
                writer.add_way(result)
        for result in osmium.FileProcessor(path, osm.RELATION):
            if next(keep):
                writer.add_relation(result)
    return PlainExtract(target, int((newest & ~there).sum()), int((~newest).sum()))
