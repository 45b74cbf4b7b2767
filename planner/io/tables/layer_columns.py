"""Columns of a layer and the fields they map to: read, unused, or ambiguous."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from planner.io.tables.cell_parsing import ParsedCells
from planner.io.tables.cells import CellGrid, column_letters, normalize_name, parse_number
from planner.io.tables.columns import FieldClaim, MappedColumn, Vocabulary, column_names
from planner.io.tables.heading_names import find_parts, is_called, place_part
from planner.io.tables.sheets import SheetTable
from planner.io.tables.units import units_of
from planner.messages.errors import Issue
from planner.messages.notices import Notice
from planner.messages.printable import is_legible, strip_illegible
from planner.schemas.table_schema import TableSchema, row_names


def _fields(schema: TableSchema[Any]) -> tuple[str, ...]:
    return tuple(column.name for column in schema.columns)


def vocabulary_of(schema: TableSchema[Any], columns: Mapping[str, str]) -> Vocabulary:
    """Return the names of a schema's columns, with the study's own mapping."""
    numbers = [column.name for column in schema.columns if column.kind == "number"]
    return Vocabulary.of(schema.name, _fields(schema), columns, numbers=numbers)


def resolve_column(name: str, paths: Mapping[str, Sequence[str]]) -> str:
    """Return the column that a user calls so: by its path, by its names in one, or by its lowest name."""
    if name in paths:
        return name
    results = [column for column, path in paths.items() if is_called(path, name)]
    results = results or [column for column, path in paths.items() if path and path[-1] == name]
    return results[0] if len(results) == 1 else name


def lowest_names(paths: Mapping[str, Sequence[str]], vocabulary: Vocabulary) -> dict[str, str]:
    """Return the name of each column by which positions are recognised: the lowest of its path, where unique."""
    lowest = {
        name: path[-1] if len(path) > 1 and place_part(path, vocabulary) else name for name, path in paths.items()
    }
    text = list(lowest.values())
    return {
        name: short if text.count(short) == 1 else f"{short} [{column_letters(column)}]"
        for column, (name, short) in enumerate(lowest.items())
    }


WEEKLY_HOURS, OPENING_HOURS = "open_hours_week", "opening_hours"


def by_contents(
    mapped: Sequence[MappedColumn], frame: pd.DataFrame, schema: TableSchema[Any]
) -> tuple[MappedColumn, ...]:
    """Return the columns without those that weakly mean a number and hold none; hours go by what is in the cells.

    A column 开放时间 or `opening_hours` may hold hours a week (40) or opening hours (9:00-17:00).
    """
    fields = {item.field for item in mapped}
    numbers = {column.name for column in schema.columns if column.kind == "number"}
    both = {column.name for column in schema.columns} >= {WEEKLY_HOURS, OPENING_HOURS}
    kept = []
    for item in mapped:
        filled = [str(cell) for cell in frame[item.column].dropna() if str(cell).strip()]
        if item.field in numbers and item.is_weak and filled and not _any_number(filled, item.field):
            if both and item.field == WEEKLY_HOURS and OPENING_HOURS not in fields:
                kept.append(replace(item, field=OPENING_HOURS))
        elif (
            both
            and item.field == OPENING_HOURS
            and WEEKLY_HOURS not in fields
            and filled
            and all(parse_number(cell, units_of(WEEKLY_HOURS)) is not None for cell in filled)
        ):
            kept.append(replace(item, field=WEEKLY_HOURS))
        else:
            kept.append(item)
    return tuple(kept)


def _any_number(cells: Sequence[str], field: str) -> bool:
    return any(parse_number(cell, units_of(field)) is not None for cell in cells)


def parts_only_issues(
    mapped: Sequence[MappedColumn], paths: Mapping[str, Sequence[str]], vocabulary: Vocabulary, setting: str
) -> list[Issue]:
    """Return an issue for each field under whose heading stand parts only, none of them the whole."""
    taken = {item.field for item in mapped} | set(vocabulary.explicit)
    issues = []
    for name in sorted(vocabulary.numbers - taken):
        parts = find_parts(name, paths, vocabulary)
        if parts:
            named = ", ".join(f"`{part}`" for part in parts)
            values = {"column": name, "columns": named, "setting": setting, "example": parts[0]}
            issues.append(Issue("several_under_heading", values))
    return issues


def merged_issues(sheet: SheetTable, read: ParsedCells, counted: Sequence[str]) -> list[Issue]:
    """Return an issue for each number of a field in a merged cell: it would count once for all, or for each."""
    numbers = {item.column: item.field for item in read.mapped} | {name: name for name in counted}
    return [
        Issue("merged_number", {"column": numbers[column], "value": item.value}, [f"#{row}" for row in item.rows])
        for item in sheet.merged_numbers
        for column in [next((column for column in item.columns if column in numbers), None)]
        if column is not None
    ]


def merged_notices(sheet: SheetTable, read: ParsedCells, schema: TableSchema[Any]) -> list[Notice]:
    """Return a notice for each number in a merged cell of a column that nothing reads."""
    used = {item.column for item in read.mapped}
    return [
        Notice(
            "merged_number_left",
            schema.name,
            tuple(str(row) for row in item.rows),
            values={"column": ", ".join(item.columns), "value": item.value},
        )
        for item in sheet.merged_numbers
        if not used & set(item.columns)
    ]


def unused_columns(
    headings: Iterable[str], read: ParsedCells, vocabulary: Vocabulary, used: Collection[str]
) -> tuple[UnusedColumn, ...]:
    """Return the columns that nothing reads; `used` are those read beside the fields."""
    used_columns = (
        {item.column for item in read.mapped} | {*used} | ({read.unit_column} if read.unit_column else set())
    )
    return find_unused_columns(headings, used_columns, vocabulary, {item.field for item in read.mapped})


def unused_column_notices(unread: Sequence[UnusedColumn], schema: TableSchema[Any]) -> tuple[Notice, ...]:
    """Return a notice on the columns that nothing reads and that look like a field."""
    near = [item for item in unread if item.near]
    return (Notice("columns_unread", schema.name, values={"columns": list_columns(near)}),) if near else ()


def canonical_frame(
    frame: gpd.GeoDataFrame,
    read: ParsedCells,
    vocabulary: Vocabulary,
    schema: TableSchema[Any],
    present: Sequence[str],
) -> tuple[gpd.GeoDataFrame, list[Issue]]:
    """Return a layer with the planner's column names and parsed cells."""
    own = set(_fields(schema))
    names = {item.column: item.field for item in read.mapped}
    gone = [name for name in frame.columns if name in own and name not in names and name != frame.geometry.name]
    further = {name: cells for name, cells in read.counted.items() if name not in names}
    _take_ids_from_names(read, vocabulary, schema)
    result = frame.assign(**further).drop(columns=gone).rename(columns=names).assign(**read.fields)
    issues = list(read.issues)
    for column in schema.columns:
        needed = column.required or (
            column.name in schema.either[:1] and not read.fields.keys() & {*schema.either}
        )
        if not needed or column.name in read.fields or column.name in vocabulary.explicit:
            continue
        near = vocabulary.nearest(column.name, present)
        if near is not None:
            values = {"column": column.name, "near": near, "present": ", ".join(present)}
            issues.append(Issue("missing_column_near", values))
    return gpd.GeoDataFrame(result), issues


def _take_ids_from_names(read: ParsedCells, vocabulary: Vocabulary, schema: TableSchema[Any]) -> None:
    """Let names serve as ids where a table has no column of ids and each row a name of its own."""
    lacks_ids = schema.has_ids and "id" not in read.fields and "id" not in vocabulary.explicit
    if not lacks_ids or "name" not in read.fields:
        return
    names = read.fields["name"].map(lambda cell: cell.strip() if isinstance(cell, str) else "")
    if (names != "").all() and names.is_unique:
        column = next(item.column for item in read.mapped if item.field == "name")
        read.fields = {"id": names, **read.fields}
        read.mapped.insert(0, MappedColumn("id", column))


UNKNOWN_HEIGHT = -1
"""Height in Microsoft's building footprints, and layers made from them, that means unknown."""

HEIGHTS = ("height_m", "levels")


def drop_unknown_heights(frame: gpd.GeoDataFrame, table: str) -> tuple[gpd.GeoDataFrame, tuple[Notice, ...]]:
    """Return buildings without the heights and storeys that are −1, and how many there were.

    Examples
    --------
    >>> homes = gpd.GeoDataFrame({"id": ["a", "b"], "height_m": [-1.0, 9.0]}, geometry=[None, None])
    >>> known, notices = drop_unknown_heights(homes, "buildings")
    >>> known["height_m"].tolist(), notices[0].values["count"]
    ([nan, 9.0], '1')
    """
    notices = []
    for name in HEIGHTS:
        if name not in frame.columns:
            continue
        unknown = pd.to_numeric(frame[name], errors="coerce") == UNKNOWN_HEIGHT
        if unknown.any():
            values = {"column": name, "count": f"{int(unknown.sum()):,}"}
            notices.append(Notice("height_unknown", table, values=values))
            frame = gpd.GeoDataFrame(frame.assign(**{name: frame[name].mask(unknown)}))
    return frame, tuple(notices)


def hidden_notices(grid: CellGrid, sheet: SheetTable, read: ParsedCells, table: str) -> tuple[Notice, ...]:
    """Return the notices about hidden rows, columns and sheets of a workbook.

    Parameters
    ----------
    grid
        The sheet as the workbook holds it.
    sheet
        Its rows of data.
    read
        The columns that are read.
    table
        What the sheet is read as.
    """
    notices = []
    rows = tuple(str(row) for row in sheet.frame.index if row - 1 in grid.hidden_rows)
    if rows:
        notices.append(Notice("hidden_rows", table, rows))
    used = {item.column for item in read.mapped}
    columns = [name for name in sheet.hidden_columns if name in used]
    if columns:
        notices.append(Notice("hidden_columns", table, values={"columns": ", ".join(columns)}))
    if grid.hidden_sheets:
        notices.append(Notice("hidden_sheets", table, values={"sheets": ", ".join(grid.hidden_sheets)}))
    if grid.is_hidden:
        notices.append(Notice("hidden_sheet_read", table))
    return tuple(notices)


def remove_control_characters(frame: gpd.GeoDataFrame, table: str) -> tuple[gpd.GeoDataFrame, tuple[Notice, ...]]:
    r"""Return a layer with legible texts and column names, and what was taken out of which rows.

    Examples
    --------
    >>> layer = gpd.GeoDataFrame({"id": ["a", "b"], "name": ["东风", "西\x0b园"]}, geometry=[None, None])
    >>> clean, notices = remove_control_characters(layer, "communities")
    >>> clean["name"].tolist(), notices[0].key, notices[0].rows
    (['东风', '西园'], 'illegible', ('b',))
    """
    shapes = frame.geometry.name
    names = {
        name: strip_illegible(name) for name in frame.columns if isinstance(name, str) and not is_legible(name)
    }
    taken = {*frame.columns} - {*names}
    for position, (name, clean) in enumerate(names.items()):
        names[name] = f"{clean} [{position}]" if clean in taken else clean
        taken.add(names[name])
    spoiled = pd.Series(data=False, index=frame.index)
    cleaned: dict[str, pd.Series] = {}
    for name in frame.columns:
        if name == shapes or frame[name].dtype.kind not in "OUT":
            continue
        wrong = frame[name].map(lambda cell: isinstance(cell, str) and not is_legible(cell)).astype(bool)
        if wrong.any():
            cleaned[name] = frame[name].map(lambda cell: strip_illegible(cell) if isinstance(cell, str) else cell)
            spoiled |= wrong
    if not names and not cleaned:
        return frame, ()
    frame = gpd.GeoDataFrame(frame.assign(**cleaned).rename(columns=names))
    return frame, (Notice("illegible", table, tuple(map(str, row_names(frame)[spoiled]))),)


def remove_grid_control_characters(grid: CellGrid, table: str) -> tuple[CellGrid, tuple[Notice, ...]]:
    """Return a sheet with legible texts, and what was taken out of which rows."""
    spoiled = [position for position, row in enumerate(grid.rows) if not all(map(is_legible, row))]
    if not spoiled:
        return grid, ()
    rows = list(grid.rows)
    for position in spoiled:
        rows[position] = tuple(map(strip_illegible, rows[position]))
    names = tuple(f"#{position + 1}" for position in spoiled)
    return replace(grid, rows=tuple(rows)), (Notice("illegible", table, names),)


DBF_NAME_BYTES = 10
"""A field's name in the table of a shapefile is cut off behind so many bytes."""

LONGEST_CHARACTER = 3
"""Bytes of a Chinese character in UTF-8: a name may end so many bytes before the cut."""


@dataclass(frozen=True, slots=True)
class UnusedColumn:
    """A column that nothing reads, and the field that it may have meant; "" where none is near."""

    column: str
    near: str = ""


def find_unused_columns(
    headings: Iterable[str], read: Collection[str], vocabulary: Vocabulary, fields: Collection[str]
) -> tuple[UnusedColumn, ...]:
    """Return the columns that nothing reads.

    Parameters
    ----------
    vocabulary
        The names of the table's fields.
    fields
        The fields that have a column.

    Examples
    --------
    >>> words = Vocabulary.of("facilities", ("name", "floor_area_m2"), {})
    >>> find_unused_columns(["名称", "阵地建筑面积", "备注"], ["名称"], words, ["name"])
    (UnusedColumn(column='阵地建筑面积', near='floor_area_m2'), UnusedColumn(column='备注', near=''))
    """
    free = [field for field in vocabulary.fields if field not in fields and field not in vocabulary.explicit]
    return tuple(
        UnusedColumn(name, vocabulary.nearest_field(name, free) or "") for name in headings if name not in read
    )


def list_columns(columns: Sequence[UnusedColumn]) -> str:
    """Return columns as a message lists them, each with the field that it may have meant."""
    return ", ".join(f"{item.column} ({item.near}?)" if item.near else item.column for item in columns)


def match_truncated_name(heading: str, vocabulary: Vocabulary, encoding: str) -> FieldClaim | None:
    """Return what field a name means that the 10 bytes of a shapefile's names have cut off; None where not plain.

    Examples
    --------
    >>> words = Vocabulary.of("facilities", ("floor_area_m2", "community", "activity_area_m2"), {})
    >>> [match_truncated_name(name, words, "utf-8").field for name in ("建筑面", "所属社", "activity_a")]
    ['floor_area_m2', 'community', 'activity_area_m2']
    """
    if not DBF_NAME_BYTES - LONGEST_CHARACTER < len(_bytes(heading, encoding)) <= DBF_NAME_BYTES:
        return None
    fields = {field for name, field in _names(vocabulary) if _cut(name, encoding) == heading.lower() != name}
    return FieldClaim(fields.pop()) if len(fields) == 1 else None


def _names(vocabulary: Vocabulary) -> Iterable[tuple[str, str]]:
    """Yield the names of the table as a shapefile may write them, with their field."""
    for field in vocabulary.fields:
        names = column_names().get(vocabulary.table, {}).get(field, ())
        for name in (field, *names):
            yield name.lower(), field
            yield name.lower().replace(" ", "_"), field
            yield normalize_name(name), field


def _bytes(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return text.encode("utf-8")


def _cut(name: str, encoding: str) -> str:
    content = _bytes(name, encoding)[:DBF_NAME_BYTES]
    try:
        return content.decode(encoding or "utf-8", errors="ignore")
    except LookupError:
        return content.decode("utf-8", errors="ignore")
