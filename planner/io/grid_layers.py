"""Layers of sheets: rows located by their columns, and total rows compared with the rows that they sum."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj

from planner.config.sections.layers import Layer
from planner.io.layer_read import LayerRead, LayerRequest
from planner.io.osm_layers import apply_osm_tags
from planner.io.tables.cell_parsing import ParsedCells, failed_issues, read_cells
from planner.io.tables.cells import CellGrid, to_narrow
from planner.io.tables.columns import MappedColumn, Vocabulary, match_columns, missing_column_issues
from planner.io.tables.heading_names import match_path
from planner.io.tables.layer_columns import (
    by_contents,
    canonical_frame,
    hidden_notices,
    lowest_names,
    merged_issues,
    merged_notices,
    parts_only_issues,
    remove_grid_control_characters,
    resolve_column,
    unused_column_notices,
    unused_columns,
    vocabulary_of,
)
from planner.io.tables.row_positions import (
    PositionRequest,
    RowPositions,
    find_position_columns,
    locate_rows,
    no_positions,
    positions_to_frame,
)
from planner.io.tables.sheets import SheetTable, find_table
from planner.messages.errors import DataError, Issue
from planner.messages.notices import Notice
from planner.schemas.table_schema import TableSchema, row_names


@dataclass(frozen=True, slots=True, eq=False)
class _PlacedRows:
    """Rows of a sheet with their geometry, and what the study maps besides it."""

    frame: gpd.GeoDataFrame
    positions: RowPositions
    headings: list[str]
    free: list[str]
    vocabulary: Vocabulary


def grid_to_layer(path: Path, grid: CellGrid, request: LayerRequest) -> LayerRead:
    """Return the layer that a sheet of cells holds."""
    layer, schema, setting = request.layer, request.schema, request.setting
    grid, cleaned = remove_grid_control_characters(grid, schema.name)
    sheet = find_table(grid, vocabulary_of(schema, layer.columns), source=str(path))
    placed = _locate(path, sheet, request)
    frame, columns = placed.frame, placed.positions.columns
    mapped, wrong_columns = match_columns(
        placed.free,
        placed.vocabulary,
        setting=setting,
        claim_of=lambda name: match_path(sheet.paths[name], placed.vocabulary),
    )
    mapped = by_contents(mapped, frame, schema)
    wrong_columns += parts_only_issues(
        mapped, {name: sheet.paths[name] for name in placed.free}, placed.vocabulary, setting
    )
    by_users_name = {name: resolve_column(name, sheet.paths) for name in request.counted}
    frame = gpd.GeoDataFrame(frame.rename(columns={theirs: ours for ours, theirs in by_users_name.items()}))
    present = [name for name in request.counted if by_users_name[name] in placed.free]
    own_names = {by_users_name[name]: name for name in reversed(present)}
    mapped = tuple(replace(each, column=own_names.get(each.column, each.column)) for each in mapped)
    read = read_cells(
        frame,
        mapped,
        schema,
        unit_lines=sheet.unit_lines,
        counted=present,
        has_formulas=not grid.encoding,
        values=layer.values,
    )
    differing = total_notices(sheet, read, mapped, schema, layer.values)
    wrong_columns += merged_issues(sheet, read, present)
    for part, column in columns.items():
        if column in sheet.frame.columns:
            wrong_columns += failed_issues(sheet.frame[column], part)
    canonical, unreadable = canonical_frame(frame, read, placed.vocabulary, schema, placed.headings)
    dropped = tuple(Notice(reason, schema.name, tuple(map(str, rows))) for reason, rows in sheet.left_out.items())
    used = {*columns.values(), *(by_users_name[name] for name in present)}
    unread = unused_columns(placed.headings, read, placed.vocabulary, {*used, *layer.keep})
    exchanged = (Notice("coordinates_exchanged", schema.name),) if placed.positions.exchanged else ()
    result = LayerRead(
        canonical,
        (*_named_rows(placed.positions.issues, canonical), *wrong_columns, *unreadable),
        grid.encoding,
        tuple(read.mapped),
        columns,
        len(sheet.frame) + sum(len(notice.rows) for notice in dropped),
        dropped,
        (
            *(*cleaned, *exchanged, *placed.positions.notices, *read.notices),
            *differing,
            *merged_notices(sheet, read, schema),
            *hidden_notices(grid, sheet, read, schema.name),
            *unused_column_notices(unread, schema),
        ),
        unread,
    )
    return apply_osm_tags(result, sheet.frame, path, layer, schema)


def _locate(path: Path, sheet: SheetTable, request: LayerRequest) -> _PlacedRows:
    """Find the columns that state where rows lie, and make the geometry of the rows."""
    layer, schema, setting = request.layer, request.schema, request.setting
    headings = [str(name) for name in sheet.frame.columns]
    explicit = {ours: resolve_column(theirs, sheet.paths) for ours, theirs in layer.columns.items()}
    vocabulary = vocabulary_of(schema, explicit)
    # The lowest name states the part of a position: 坐标/经度 is 经度.
    lowest = lowest_names(sheet.paths, vocabulary)
    whole = {name: heading for heading, name in lowest.items()}
    of_positions = {
        ours: lowest.get(theirs, theirs) for ours, theirs in explicit.items() if vocabulary.where(ours)
    }
    ways = tuple(
        replace(way, columns={part: whole[name] for part, name in way.columns.items()})
        for way in find_position_columns(
            [lowest[name] for name in headings], vocabulary_of(schema, of_positions), setting=setting
        )
    )
    issues = missing_column_issues(of_positions, [*whole, *headings], vocabulary, setting)
    if issues:
        raise DataError(str(path), issues)
    if not ways and schema.geometry_types:
        values = {"present": ", ".join(headings), "setting": setting}
        raise DataError(str(path), [Issue("no_geometry", values)])
    needed = PositionRequest(schema.name, schema.geometry_types, setting, declared_crs(layer), request.home)
    rows = sheet.frame
    positions = locate_rows(rows, ways, needed) if schema.geometry_types else no_positions(len(rows))
    frame = positions_to_frame(rows, positions)
    if layer.crs is not None and "geometry" not in positions.columns:
        frame = gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=list(frame.geometry), crs=None)
    taken = set(positions.columns.values())
    free = [name for name in headings if name not in taken and name in frame.columns]
    others = {ours: theirs for ours, theirs in explicit.items() if ours not in of_positions}
    return _PlacedRows(frame, positions, headings, free, vocabulary_of(schema, others))


def _named_rows(issues: Iterable[Issue], frame: gpd.GeoDataFrame) -> Iterator[Issue]:
    """Yield issues of a table's places with the rows called by their ids."""
    names = {f"#{index}": name for index, name in row_names(frame).items()}
    for issue in issues:
        yield replace(issue, rows=[names.get(str(row), row) for row in issue.rows])


def declared_crs(layer: Layer) -> pyproj.CRS | None:
    """Return the coordinate system that the study declares for a layer; None if none, or an unknown one."""
    try:
        return None if layer.crs is None else pyproj.CRS.from_user_input(layer.crs)
    except pyproj.exceptions.CRSError:
        return None


SUMMED = ("people", "households", "people_65")
"""Fields that add up over the rows of a table."""

DIGITS = re.compile(r"[\d,'\u2009]*\d(?:\.(\d+))?")

FLOAT_ERROR = 1e-9
"""Relative error of sums of doubles, far below any rounding of the cells."""


@dataclass(frozen=True, slots=True, eq=False)
class _TotalRow:
    """A row of totals, and the sets of rows that it may sum, the likeliest first."""

    row: int
    summed: tuple[tuple[int, ...], ...]


def total_notices(
    sheet: SheetTable,
    read: ParsedCells,
    mapped: Sequence[MappedColumn],
    schema: TableSchema[Any],
    values: Mapping[str, str] | None = None,
) -> list[Notice]:
    """Return a notice for each total of people or households that is not the sum of its rows.

    Sums are exact; only where cells are rounded (decimals, or a unit such as 万人) may they differ, by half a unit
    of the last decimal for each cell. A row of which it is not clear what it sums is not compared.

    Parameters
    ----------
    sheet
        The table with its rows of totals.
    read
        Its cells as fields.
    mapped
        Which column is which field.
    schema
        What the fields are to hold.
    values
        The study's own words for the values of fields.
    """
    columns = [item for item in mapped if item.field in SUMMED and item.column in sheet.totals.columns]
    if sheet.totals.empty or not columns:
        return []
    stated = read_cells(sheet.totals, columns, schema, unit_lines=sheet.unit_lines, values=values).fields
    notices = []
    for item in columns:
        rows = pd.to_numeric(read.fields[item.field], errors="coerce").fillna(0.0)
        totals = pd.to_numeric(stated[item.field], errors="coerce")
        written = sheet.frame[item.column]
        decimals = max((_decimals(cell) for cell in written), default=0)
        for total in _totalled(sheet):
            value = totals.get(total.row)
            if value is None or pd.isna(value):
                continue
            cell = sheet.totals.loc[total.row, item.column]
            scale = max(
                _scale(cell, float(value)), *(_scale(written[row], rows[row]) for row in written.index[:1])
            )
            own = _step(_decimals(cell), scale)
            sums = [float(rows.loc[list(summed)].sum()) for summed in total.summed]
            allowed = [own + len(summed) * _step(decimals, scale) for summed in total.summed]
            pairs = zip(sums, allowed, strict=True)
            if any(abs(one - value) <= most + FLOAT_ERROR * max(abs(one), 1.0) for one, most in pairs):
                continue
            shown = {"column": item.column, "total": f"{value:,.10g}", "sum": f"{sums[0]:,.10g}"}
            notices.append(Notice("total_differs", schema.name, (str(total.row),), values=shown))
    return notices


def _totalled(sheet: SheetTable) -> list[_TotalRow]:
    """Return the rows of totals of which it is clear what they sum."""
    kept, totals = list(sheet.frame.index), list(sheet.totals.index)
    grand = [row for row in totals if row in sheet.grand_totals]
    parts = [row for row in totals if row not in sheet.grand_totals]
    # Subtotals stand below their rows, or all of them above.
    below = not parts or any(row < parts[0] for row in kept)
    total_rows = []
    for row in totals:
        before = max((other for other in totals if other < row), default=0)
        behind = min((other for other in totals if other > row), default=max([*kept, row]) + 1)
        above_it = tuple(one for one in kept if before < one < row)
        below_it = tuple(one for one in kept if row < one < behind)
        block = above_it if below else below_it
        if row in grand:
            sets = (tuple(kept), block) if len(grand) == 1 or not block else (block, tuple(kept))
            total_rows.append(_TotalRow(row, tuple(one for one in sets if one)))
        elif block:
            total_rows.append(_TotalRow(row, (block,)))
    return [one for one in total_rows if one.summed]


def _decimals(cell: object) -> int:
    match = DIGITS.search(to_narrow(cell)) if isinstance(cell, str) else None
    return len((match[1] or "").rstrip("0")) if match is not None else 0


def _scale(cell: object, value: float) -> float:
    """Return what the number of a cell was multiplied by: 10,000 of 万人."""
    match = DIGITS.search(to_narrow(cell)) if isinstance(cell, str) else None
    number = float(re.sub(r"[,'\u2009]", "", match[0])) if match is not None else 0.0
    return value / number if number and value else 1.0


def _step(decimals: int, scale: float) -> float:
    """Return the rounding error of a number so written; a count of whole people has none."""
    return 0.0 if decimals == 0 and round(scale, 6) == 1 else 0.5 * scale / 10**decimals
