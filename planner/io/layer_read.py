"""A layer as its file states it, and what its columns mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd

from planner.config.sections.layers import Layer
from planner.io.layer_notes import FileNotes
from planner.io.tables.cell_parsing import read_cells
from planner.io.tables.columns import FieldClaim, MappedColumn, match_columns, unlettered
from planner.io.tables.layer_columns import (
    UnusedColumn,
    canonical_frame,
    holds_no_number,
    match_truncated_name,
    remove_control_characters,
    unused_column_notices,
    unused_columns,
    vocabulary_of,
)
from planner.messages.errors import Issue
from planner.messages.notices import Notice
from planner.schemas.table_schema import TableSchema


@dataclass(frozen=True, slots=True)
class LayerRequest:
    """What is request of a layer: see `read_layer`."""

    layer: Layer
    setting: str
    schema: TableSchema[Any]
    home: tuple[float, float] | None
    counted: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class LayerRead:
    """One layer as its file has it, with the planner's column names.

    Attributes
    ----------
    frame
        The rows in the file's order; the index counts from 0, in sheets it is the row's number as they show it.
    issues
        What is wrong with it, as far as it is known already.
    encoding
        Of the file's texts; "" where it says so itself.
    mapped
        Which column became which field.
    place
        The columns that the geometry was made from, by part of a place.
    read
        How many rows the file holds beneath its heading, and above.
    left_out
        Rows that are no data, with the reason.
    notices
        What was understood otherwise than it is written.
    unread
        Columns that nothing reads.
    notes
        Lines that are not walked, and what the file lacks.
    """

    frame: gpd.GeoDataFrame
    issues: tuple[Issue, ...] = ()
    encoding: str = ""
    mapped: tuple[MappedColumn, ...] = ()
    place: Mapping[str, str] = field(default_factory=dict)
    read: int = 0
    left_out: tuple[Notice, ...] = ()
    notices: tuple[Notice, ...] = ()
    unread: tuple[UnusedColumn, ...] = ()
    notes: FileNotes = field(default_factory=FileNotes)


def frame_to_layer(
    frame: gpd.GeoDataFrame,
    encoding: str,
    request: LayerRequest,
    *,
    cut_names: bool = False,
    lists_unread: bool = True,
) -> LayerRead:
    """Return the layer of a frame whose columns are those of its file.

    Parameters
    ----------
    frame
        All rows.
    encoding
        Of the file's texts.
    request
        What is to be read.
    cut_names
        True if the format cuts column names off (shapefile).
    lists_unread
        True if columns without a meaning are listed.
    """
    schema = request.schema
    frame, cleaned = remove_control_characters(frame, schema.name)
    vocabulary = vocabulary_of(schema, request.layer.columns)
    headings = [str(name) for name in frame.columns if name != frame.geometry.name]
    cut: dict[str, FieldClaim] = {}
    if cut_names:
        results = {
            name: match_truncated_name(name, vocabulary, encoding)
            for name in headings
            if vocabulary.claim(name) is None
        }
        cut = {name: claim for name, claim in results.items() if claim is not None}
    mapped, issues = match_columns(
        headings,
        vocabulary,
        setting=request.setting,
        claim_of=lambda name: cut.get(name) or vocabulary.claim(unlettered(name)),
    )
    mapped = tuple(item for item in mapped if not holds_no_number(item, frame[item.column], schema))
    notices = [
        Notice("name_cut", schema.name, values={"column": item.column, "field": item.field})
        for item in mapped
        if item.column in cut
    ]
    read = read_cells(frame, mapped, schema, counted=[name for name in request.counted if name in headings])
    canonical, unreadable = canonical_frame(frame, read, vocabulary, schema, headings)
    unread = (
        unused_columns(headings, read, vocabulary, {*request.counted, *request.layer.keep}) if lists_unread else ()
    )
    return LayerRead(
        canonical,
        (*issues, *unreadable),
        encoding,
        tuple(read.mapped),
        read=len(frame),
        notices=(*cleaned, *notices, *read.notices, *unused_column_notices(unread, schema)),
        unread=unread,
    )
