"""A layer as its file states it: frame, columns, other contents, and the audit of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from planner.config.sections.layers import Layer
from planner.io.osm.objects import TaggedObjects
from planner.io.osm.squares import MOST_PLACES
from planner.io.tables.cell_parsing import read_cells
from planner.io.tables.columns import FieldClaim, MappedColumn, match_columns, strip_letters
from planner.io.tables.layer_columns import (
    UnusedColumn,
    by_contents,
    canonical_frame,
    match_truncated_name,
    remove_control_characters,
    unused_column_notices,
    unused_columns,
    vocabulary_of,
)
from planner.messages.catalogue import Language, Phrase
from planner.messages.errors import Issue
from planner.messages.notices import Notice
from planner.schemas.table_schema import TableSchema

SHOWN_WORDS = 6
REASONS = ("class", "access", "foot", "motorroad", "tunnel")
"""Why a line is not walked, in the order in which the reasons are listed."""


@dataclass(frozen=True, slots=True, eq=False)
class FileNotes:
    """Contents of a file besides its rows."""

    left_out: gpd.GeoDataFrame | None = None
    """Lines that are not walked: `reason` (of `REASONS`), `word` (what the file states that decides), geometry."""
    gaps: gpd.GeoDataFrame | None = None
    """What the file lacks: `id`, `nodes` (how many), geometry (where; None if unknown)."""
    uncrossed: gpd.GeoDataFrame | None = None
    """Squares that are walked round, not across: `id`, `reason`, `places` (how many entrances and inward corners),
    geometry (a point of each)."""


@dataclass(frozen=True, slots=True)
class ExcludedLines:
    """Lines near the communities that are not walked for one reason."""

    reason: str
    """``class``, ``access``, ``foot``, ``motorroad`` or ``tunnel``."""
    words: tuple[str, ...]
    """What the file states of them, most of it first."""
    count: int
    length_m: float
    """`count`, `length_m`: How many lines, and how long they are within the margin, metres."""

    def notice(self) -> Notice:
        """Return it as a notice."""
        shown = ", ".join(self.words[:SHOWN_WORDS]) + (" …" if len(self.words) > SHOWN_WORDS else "")
        values = {"words": shown, "count": f"{self.count:,}", "metres": f"{self.length_m:,.0f}"}
        return Notice(f"left_out_{self.reason}", "streets", values=values)


def clip_excluded_lines(notes: FileNotes, *, crs: pyproj.CRS, area: shapely.Geometry) -> gpd.GeoDataFrame:
    """Return the lines that are not walked, in `crs` and cut to `area`: `reason`, `word`, geometry."""
    lines = notes.left_out
    if lines is None or lines.empty or lines.crs is None:
        return gpd.GeoDataFrame({"reason": [], "word": []}, geometry=[], crs=crs)
    moved = lines.to_crs(crs)
    shapely.prepare(area)
    near = moved[shapely.intersects(area, moved.geometry.array)]
    cut = near.set_geometry(gpd.GeoSeries(shapely.intersection(near.geometry.array, area), near.index, crs=crs))
    return gpd.GeoDataFrame(cut[cut.length > 0])


def summarize_excluded_lines(lines: gpd.GeoDataFrame) -> tuple[ExcludedLines, ...]:
    """Return how many lines are not walked for each reason, and how long they are.

    Examples
    --------
    >>> lines = gpd.GeoDataFrame({"reason": ["class", "class"], "word": ["motorway", "river"]},
    ...     geometry=[shapely.LineString([(0, 0), (5, 0)]), shapely.LineString([(0, 0), (9, 0)])])
    >>> summarize_excluded_lines(lines)
    (ExcludedLines(reason='class', words=('river', 'motorway'), count=2, length_m=14.0),)
    """
    results = []
    for reason in REASONS:
        of_reason = lines[lines["reason"] == reason]
        if of_reason.empty:
            continue
        length = of_reason.length
        words = length.groupby(of_reason["word"].to_numpy()).sum()
        ranked = sorted(words.items(), key=lambda item: (-item[1], str(item[0])))
        results.append(
            ExcludedLines(reason, tuple(str(word) for word, _ in ranked), len(of_reason), float(length.sum()))
        )
    return tuple(results)


def gap_notices(table: str, notes: FileNotes, *, crs: pyproj.CRS, communities: shapely.Geometry) -> list[Notice]:
    """Return the notices on nodes that a file lacks: how many inside the communities, and where."""
    gaps = notes.gaps
    if gaps is None or gaps.empty:
        return []
    places = gaps.geometry.array
    is_located = ~(shapely.is_missing(places) | shapely.is_empty(places))
    moved = gaps[is_located].to_crs(crs)
    shapely.prepare(communities)
    inside = np.zeros(len(gaps), dtype=bool)
    inside[np.flatnonzero(is_located)] = shapely.intersects(communities, moved.geometry.array)
    notices = []
    for key, rows in ((f"{table}_torn_inside", inside), (f"{table}_torn_outside", ~inside)):
        some: pd.DataFrame = gaps[rows]
        if some.empty:
            continue
        ids: Sequence[str] = list(dict.fromkeys(some["id"]))
        placed = gaps[rows & is_located]
        at = placed.geometry.iloc[0].centroid if len(placed) else None
        values = {
            "objects": f"{len(ids):,}",
            "nodes": f"{int(some['nodes'].sum()):,}",
            "place": "–" if at is None else f"{at.x:.5f}, {at.y:.5f}",
        }
        notices.append(Notice(key, table, tuple(ids), values=values))
    return notices


def uncrossed_notices(notes: FileNotes, *, crs: pyproj.CRS, area: shapely.Geometry) -> list[Notice]:
    """Return the notices on squares within `area` that are walked round, not across: which, and where."""
    squares = notes.uncrossed
    if squares is None or squares.empty:
        return []
    near = squares[shapely.intersects(area, squares.to_crs(crs).geometry.array)]
    notices = []
    for reason, some in near.groupby("reason", sort=True):
        named = [
            f"{ident}{f': {places:,}' if places else ''} ({place.x:.5f}, {place.y:.5f})"
            for ident, places, place in zip(some["id"], some["places"], some.geometry, strict=True)
        ]
        result = "; ".join(named[:SHOWN_WORDS]) + (" …" if len(named) > SHOWN_WORDS else "")
        ids = tuple(dict.fromkeys(some["id"]))
        values = {"count": f"{len(ids):,}", "found": result, "most": MOST_PLACES}
        notices.append(Notice(f"squares_{reason}", "streets", ids, values=values))
    return notices


@dataclass(frozen=True, slots=True)
class LayerRequest:
    """Parameters of `read_layer`."""

    layer: Layer
    setting: str
    schema: TableSchema[Any]
    home: tuple[float, float] | None
    counted: tuple[str, ...]
    tags: Mapping[str, Sequence[str]] = field(default_factory=dict)
    objects: TaggedObjects | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LayerRead:
    """One layer as its file has it, with the planner's column names."""

    frame: gpd.GeoDataFrame
    """The rows in the file's order; the index counts from 0, in sheets it is the row's number as they show it."""
    issues: tuple[Issue, ...] = ()
    """What is wrong with it, as far as it is known already."""
    encoding: str = ""
    """Of the file's texts; "" where it states so itself."""
    mapped: tuple[MappedColumn, ...] = ()
    """Which column became which field."""
    place: Mapping[str, str] = field(default_factory=dict)
    """The columns that the geometry was made from, by part of a place."""
    read: int = 0
    """How many rows the file holds beneath its heading, and above."""
    left_out: tuple[Notice, ...] = ()
    """Rows that are no data, with the reason."""
    notices: tuple[Notice, ...] = ()
    """What was understood otherwise than it is written."""
    unread: tuple[UnusedColumn, ...] = ()
    """Columns that nothing reads."""
    notes: FileNotes = field(default_factory=FileNotes)
    """Lines that are not walked, and what the file lacks."""


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
        claim_of=lambda name: cut.get(name) or vocabulary.claim(strip_letters(name)),
    )
    mapped = by_contents(mapped, frame, schema)
    notices = [
        Notice("name_cut", schema.name, values={"column": item.column, "field": item.field})
        for item in mapped
        if item.column in cut
    ]
    read = read_cells(
        frame,
        mapped,
        schema,
        counted=[name for name in request.counted if name in headings],
        values=request.layer.values,
    )
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


@dataclass(frozen=True, slots=True)
class DroppedRows:
    """Rows of one input that are not in the results, and why."""

    key: str
    """The reason, a key of the catalogue (`notices.<key>`)."""
    count: int
    """How many rows."""
    rows: tuple[str, ...]
    """Their numbers, as ranges: in sheets as the spreadsheet shows them, else counted from 0."""
    values: Mapping[str, object] = field(default_factory=dict)
    """What the reason speaks of."""

    def in_words(self, language: Language) -> str:
        """Return the reason in `language`."""
        return Phrase(f"notices.{self.key}", self.values).in_words(language)


def drop_rows(key: str, rows: Iterable[int], values: Mapping[str, object] | None = None) -> DroppedRows:
    """Return rows with the reason, their numbers as ranges.

    Examples
    --------
    >>> drop_rows("row_blank", [7, 3, 4, 5])
    DroppedRows(key='row_blank', count=4, rows=('3-5', '7'), values={})
    """
    numbers = sorted(rows)
    breaks = [at for at, (item, following) in enumerate(pairwise(numbers), start=1) if following != item + 1]
    starts, ends = [0, *breaks], [*breaks, len(numbers)]
    ranges = [(numbers[start], numbers[end - 1]) for start, end in zip(starts, ends, strict=True) if end > start]
    shown = tuple(f"{item}-{other}" if other > item else str(item) for item, other in ranges)
    return DroppedRows(key, len(numbers), shown, values or {})


def check_balance(layer: str, read: int, used: int, aside: Sequence[DroppedRows]) -> None:
    """Stop where a row was lost on the way; that is a defect of the planner, not of the data."""
    left_out = sum(item.count for item in aside)
    if read != used + left_out:
        message = f"{layer}: {read} rows were read, but {used} are used and {left_out} set aside"
        raise AssertionError(message)
