"""The columns of a layer and what they mean: which are read, which nothing reads, which cannot be told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from planner.io.tables.cell_parsing import CellsRead
from planner.io.tables.cells import number
from planner.io.tables.columns import Mapped, Vocabulary
from planner.io.tables.headings import is_called, parts_of, place_part
from planner.io.tables.sheets import SheetTable, letters
from planner.io.tables.units import units_of
from planner.io.tables.unused_columns import Unread, as_words, unread_columns
from planner.messages.errors import Issue
from planner.messages.notices import Notice
from planner.schemas.table_schema import TableSchema


def _fields(schema: TableSchema[Any]) -> tuple[str, ...]:
    return tuple(column.name for column in schema.columns)


def vocabulary_of(schema: TableSchema[Any], columns: Mapping[str, str]) -> Vocabulary:
    """Return the names of a schema's columns, with the study's own mapping."""
    numbers = [column.name for column in schema.columns if column.kind == "number"]
    return Vocabulary.of(schema.name, _fields(schema), columns, numbers=numbers)


def column_called(name: str, paths: Mapping[str, Sequence[str]]) -> str:
    """Return the column that a user calls so: by its path, by its names in one, or by its lowest name."""
    if name in paths:
        return name
    found = [column for column, path in paths.items() if is_called(path, name)]
    found = found or [column for column, path in paths.items() if path and path[-1] == name]
    return found[0] if len(found) == 1 else name


def lowest_names(paths: Mapping[str, Sequence[str]], vocabulary: Vocabulary) -> dict[str, str]:
    """Return by what name each column is asked for a place: the lowest of its path, where that is its alone."""
    lowest = {
        name: path[-1] if len(path) > 1 and place_part(path, vocabulary) else name for name, path in paths.items()
    }
    said = list(lowest.values())
    return {
        name: short if said.count(short) == 1 else f"{short} [{letters(column)}]"
        for column, (name, short) in enumerate(lowest.items())
    }


def says_nothing(one: Mapped, cells: pd.Series, schema: TableSchema[Any]) -> bool:
    """Tell whether a column that weakly means a number holds none: 开放时间 = 9:00-17:00."""
    column = next(column for column in schema.columns if column.name == one.field)
    if not one.is_weak or column.kind != "number":
        return False
    filled = [cell for cell in cells.dropna() if str(cell).strip()]
    return bool(filled) and all(number(str(cell), units_of(one.field)) is None for cell in filled)


def parts_only(
    mapped: Sequence[Mapped], paths: Mapping[str, Sequence[str]], vocabulary: Vocabulary, setting: str
) -> list[Issue]:
    """Return an issue for each field under whose heading stand parts only, none of them the whole."""
    taken = {one.field for one in mapped} | set(vocabulary.explicit)
    issues = []
    for name in sorted(vocabulary.numbers - taken):
        parts = parts_of(name, paths, vocabulary)
        if parts:
            named = ", ".join(f"`{part}`" for part in parts)
            values = {"column": name, "columns": named, "setting": setting, "example": parts[0]}
            issues.append(Issue("several_under_heading", values))
    return issues


def merged_issues(sheet: SheetTable, read: CellsRead, counted: Sequence[str]) -> list[Issue]:
    """Return an issue for each number of a field in a merged cell: it would count once for all, or for each."""
    numbers = {one.column: one.field for one in read.mapped} | {name: name for name in counted}
    return [
        Issue("merged_number", {"column": numbers[column], "value": one.value}, [f"#{row}" for row in one.rows])
        for one in sheet.merged_numbers
        for column in [next((column for column in one.columns if column in numbers), None)]
        if column is not None
    ]


def merged_notices(sheet: SheetTable, read: CellsRead, schema: TableSchema[Any]) -> list[Notice]:
    """Return a notice for each number in a merged cell of a column that nothing reads."""
    used = {one.column for one in read.mapped}
    return [
        Notice(
            "merged_number_left",
            schema.name,
            tuple(str(row) for row in one.rows),
            values={"column": ", ".join(one.columns), "value": one.value},
        )
        for one in sheet.merged_numbers
        if not used & set(one.columns)
    ]


def unread_of(
    headings: Iterable[str], read: CellsRead, vocabulary: Vocabulary, used: Collection[str]
) -> tuple[Unread, ...]:
    """Return the columns that nothing reads; `used` are those read beside the fields."""
    known = {one.column for one in read.mapped} | {*used} | ({read.unit_column} if read.unit_column else set())
    return unread_columns(headings, known, vocabulary, {one.field for one in read.mapped})


def look_alike(unread: Sequence[Unread], schema: TableSchema[Any]) -> tuple[Notice, ...]:
    """Return a notice on the columns that nothing reads and that look like a field."""
    near = [one for one in unread if one.near]
    return (Notice("columns_unread", schema.name, values={"columns": as_words(near)}),) if near else ()


def canonical_frame(
    frame: gpd.GeoDataFrame,
    read: CellsRead,
    vocabulary: Vocabulary,
    schema: TableSchema[Any],
    present: Sequence[str],
) -> tuple[gpd.GeoDataFrame, list[Issue]]:
    """Give columns the planner's names and their cells as they were read; a column with such a name makes way."""
    own = set(_fields(schema))
    names = {one.column: one.field for one in read.mapped}
    gone = [name for name in frame.columns if name in own and name not in names and name != frame.geometry.name]
    further = {name: cells for name, cells in read.counted.items() if name not in names}
    result = frame.assign(**further).drop(columns=gone).rename(columns=names).assign(**read.fields)
    issues = list(read.issues)
    for column in schema.columns:
        near = None if column.name in read.fields else vocabulary.nearest(column.name, present)
        wanted = column.required or (
            column.name in schema.either[:1] and not read.fields.keys() & {*schema.either}
        )
        if wanted and near is not None and column.name not in vocabulary.explicit:
            values = {"column": column.name, "near": near, "present": ", ".join(present)}
            issues.append(Issue("missing_column_near", values))
    return gpd.GeoDataFrame(result), issues
