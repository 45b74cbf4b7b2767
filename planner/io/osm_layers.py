"""Layers of OpenStreetMap extracts, and lines and buildings whose columns state its tags."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from planner.config.sections.layers import Layer
from planner.io.layer_read import SHOWN_WORDS, FileNotes, LayerRead, LayerRequest, frame_to_layer
from planner.io.osm.building_tags import complete_from_tags, read_for_use
from planner.io.osm.extract import (
    OsmStreets,
    read_osm_barriers,
    read_osm_building_areas,
    read_osm_places,
    read_osm_street_data,
    read_osm_water,
)
from planner.io.osm.line_classes import LineClasses, classify_lines
from planner.io.osm.objects import TaggedObjects
from planner.io.osm.walkable_tags import PRIVATE
from planner.messages.errors import DataError, Issue
from planner.messages.notices import Notice
from planner.schemas.table_schema import TableSchema


def extract_to_layer(path: Path, request: LayerRequest) -> LayerRead:
    """Read of an OpenStreetMap extract what the table wants: buildings, places, water, barriers, else streets."""
    schema = request.schema
    if schema.name == "services":
        if not request.tags:
            raise DataError(str(path), [Issue("extract_needs_tags", {"setting": request.setting})])
        objects = request.objects or TaggedObjects(path, tuple(request.tags))
        return frame_to_layer(objects.select(request.tags), "", request, lists_unread=False)
    if request.layer.keep_all_lines:
        raise DataError(str(path), [Issue("keep_all_of_extract")])
    if schema.name == "buildings":
        buildings, gaps, unread = read_osm_building_areas(path)
        frame = gpd.GeoDataFrame(buildings.rename(columns={"building": "kind"}))
        result = frame_to_layer(frame, "", request, lists_unread=False)
        notices = (*result.notices, *_unread_storeys(unread))
        return replace(result, notes=FileNotes(gaps=gaps), notices=notices)
    readers = {"places": read_osm_places, "water": read_osm_water, "barriers": read_osm_barriers}
    if schema.name in readers:
        return frame_to_layer(readers[schema.name](path), "", request, lists_unread=False)
    walk = read_osm_street_data(path)
    left_out = pd.concat([walk.left_out, walk.other_classes], ignore_index=True)
    result = frame_to_layer(walk.streets, "", request, lists_unread=False)
    notes = FileNotes(left_out=gpd.GeoDataFrame(left_out), gaps=walk.gaps, uncrossed=walk.uncrossed)
    return replace(result, notes=notes, notices=(*result.notices, *_extract_notices(walk, schema.name)))


def _extract_notices(walk: OsmStreets, table: str) -> Iterator[Notice]:
    """Yield what was done to an extract before it was read, and what its nodes state otherwise than its places."""
    source = walk.source
    if source.deleted or source.older:
        values = {"deleted": f"{source.deleted:,}", "older": f"{source.older:,}"}
        yield Notice("osm_not_there", table, values=values)
    if source.unnamed:
        yield Notice("osm_unnamed_nodes", table)
    if walk.apart:
        yield Notice("osm_nodes_apart", table, values={"count": f"{walk.apart:,}"})


def apply_osm_tags(
    layer_read: LayerRead, rows: pd.DataFrame, path: Path, layer: Layer, schema: TableSchema[Any]
) -> LayerRead:
    """Take into account what a layer states of its rows in columns that are no fields of the table."""
    if schema.name == "buildings":
        frame, unread = complete_from_tags(layer_read.frame, rows)
        read = read_for_use(rows)
        left = tuple(item for item in layer_read.unread if item.column not in read)
        return replace(
            layer_read, frame=frame, unread=left, notices=(*layer_read.notices, *_unread_storeys(unread))
        )
    return _without_unwalked(layer_read, rows, path, layer, schema)


def _unread_storeys(words: tuple[str, ...]) -> tuple[Notice, ...]:
    return (Notice("storeys_unread", "buildings", values={"words": list_words(words)}),) if words else ()


def _without_unwalked(
    layer_read: LayerRead, rows: pd.DataFrame, path: Path, layer: Layer, schema: TableSchema[Any]
) -> LayerRead:
    """Leave out the lines of a layer of streets that, by its own words, people do not walk on."""
    if schema.name != "streets" or layer.keep_all_lines or not len(rows):
        return layer_read
    lines = classify_lines(rows, class_column=layer.columns.get("kind"))
    layer_read = replace(
        layer_read, unread=tuple(item for item in layer_read.unread if item.column not in lines.read)
    )
    notices = [
        Notice("line_words_unread", schema.name, values={"column": column, "words": list_words(words)})
        for column, words in lines.unread.items()
    ]
    if lines.unknown:
        notices.append(Notice("line_classes_unknown", schema.name, values={"words": list_words(lines.unknown)}))
    if {"access", "foot"} & set(map(str.lower, lines.read)):
        layer_read = replace(layer_read, frame=_with_access(layer_read.frame, lines))
    out = (lines.reason != "").to_numpy()
    if not out.any():
        return replace(layer_read, notices=(*layer_read.notices, *notices))
    if out.all():
        words = list_words(tuple(dict.fromkeys(lines.word)))
        raise DataError(str(path), [Issue("all_lines_left_out", {"count": f"{len(rows):,}", "reasons": words})])
    left_out = gpd.GeoDataFrame(
        {"reason": lines.reason[out], "word": lines.word[out]}, geometry=layer_read.frame.geometry[out]
    )
    aside = Notice("street_not_walked", schema.name, tuple(str(row) for row in layer_read.frame.index[out]))
    return replace(
        layer_read,
        frame=gpd.GeoDataFrame(layer_read.frame[~out]),
        left_out=(*layer_read.left_out, aside),
        notices=(*layer_read.notices, *notices),
        notes=FileNotes(left_out=left_out),
    )


def _with_access(frame: gpd.GeoDataFrame, lines: LineClasses) -> gpd.GeoDataFrame:
    """Mark private ways, and only these: `foot` may have opened what `access` calls private."""
    access = frame["access"] if "access" in frame else pd.Series("", index=frame.index, dtype=object)
    opened = access.map(lambda word: isinstance(word, str) and word.strip().lower() == PRIVATE).to_numpy(bool)
    access = access.mask(opened, "").mask(lines.private.to_numpy(), PRIVATE)
    return gpd.GeoDataFrame(frame.assign(access=access))


def list_words(words: Sequence[str]) -> str:
    """Return the first few words as a message lists them."""
    return ", ".join(words[:SHOWN_WORDS]) + (" …" if len(words) > SHOWN_WORDS else "")
