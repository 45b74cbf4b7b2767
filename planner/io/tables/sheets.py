"""A sheet of cells becomes a table: where the heading is, which rows are data, and why the others are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pandas as pd

from planner.io.tables.cells import Area, CellGrid, column_letters, normalize_name, parse_number
from planner.io.tables.columns import Vocabulary
from planner.io.tables.heading_names import is_called, match_path, path_name, place_part
from planner.io.tables.headings import Heading, find_headings
from planner.io.tables.sheet_rows import (
    COLUMN_NUMBERS,
    STEMS,
    begins_with_number,
    drop_translations,
    is_title,
    is_translation,
    may_be_heading,
    reason_of_row,
    refuse_two_languages,
    sums_all,
    sums_rows,
    title_cells,
    units_of_title,
    whole_line,
)
from planner.messages.errors import DataError, Issue

SEARCHED_ROWS = 30
"""A heading farther down than this is none, unless it repeats one."""

TABLE_ROW_CELLS = 3
"""A row above the heading with so many cells, a number among them, belongs to a table that was not understood."""


@dataclass(frozen=True, slots=True)
class MergedNumber:
    """One number in a merged cell beside several rows, or under several headings: its row is undetermined."""

    columns: tuple[str, ...]
    rows: tuple[int, ...]
    value: str


@dataclass(frozen=True, slots=True, eq=False)
class SheetTable:
    """The data of a sheet."""

    frame: pd.DataFrame
    """One column a heading, texts, None where blank; the index is the row's number as a spreadsheet shows it."""
    left_out: dict[str, tuple[int, ...]]
    """Numbers of the rows above, between and below the data that are none, by the reason."""
    paths: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The names of each column's heading, from the top; of a heading of one row there is one."""
    unit_lines: dict[int, str] = field(default_factory=dict)
    """The units that a line above or below the data names, by the row for which they stand."""
    merged_numbers: tuple[MergedNumber, ...] = ()
    """Numbers in merged cells that were left where they stand."""
    hidden_columns: tuple[str, ...] = ()
    """Columns of the table that the workbook hides."""
    totals: pd.DataFrame = field(default_factory=pd.DataFrame)
    """The rows that state sums, as `frame`; averages are not among them."""
    grand_totals: frozenset[int] = frozenset()
    """Those of them that call themselves the total of all, not of a part."""


@dataclass(slots=True, eq=False)
class _TablePart:
    """One heading of a sheet and the rows below it: a table, or a part of one."""

    heading: Heading
    titles: range
    data: range
    names: list[str]
    keys: list[object]
    kept: dict[int, dict[str, str | None]] = field(default_factory=dict)
    totals: dict[int, dict[str, str | None]] = field(default_factory=dict)
    units: list[str] = field(default_factory=list)

    @property
    def named(self) -> set[object]:
        return {key for key, path in zip(self.keys, self.heading.paths, strict=True) if path}


def find_table(grid: CellGrid, vocabulary: Vocabulary, *, source: str) -> SheetTable:
    """Find the heading and the data of a sheet.

    The heading is the row, or the few rows, in which most names are known; the first row where none is. Where it
    stands several times, with the same columns or with some added, the parts are read as one table.

    Raises
    ------
    DataError
        There is no cell at all, rows have cells beyond the heading, several tables of different columns stand in
        the sheet, or a row may be heading or data.

    Examples
    --------
    >>> from planner.io.tables.columns import Vocabulary
    >>> words = Vocabulary.of("facilities", ("id", "name", "floor_area_m2"), {})
    >>> grid = CellGrid((("2023 list", ""), ("名称", "建筑面积"), ("West", "320"), ("", ""), ("合计", "320")))
    >>> sheet = find_table(grid, words, source="list.csv")
    >>> sheet.frame.to_dict("index"), sheet.left_out
    ({3: {'名称': 'West', '建筑面积': '320'}}, {'row_title': (1,), 'row_blank': (4,), 'row_total': (5,)})
    """
    rows = _trimmed([[_inner(cell) for cell in row] for row in grid.rows])
    if not rows:
        raise DataError(source, [Issue("empty_sheet")])
    headings = find_headings(rows, grid.merged, vocabulary, searched=SEARCHED_ROWS)
    headings = drop_translations(headings, vocabulary)
    parts = _parts(rows, headings, grid.merged, vocabulary)
    _refuse_other_tables(parts, rows, source=source)
    left_out: dict[str, list[int]] = {}
    merged: list[MergedNumber] = []
    for part in parts:
        _read_titles(part, rows, vocabulary, left_out, source=source)
        merged += _read_part(part, rows, grid.merged, vocabulary, left_out, source=source)
    whole = max(parts, key=lambda part: len(part.named))
    names = [name for name in whole.names if name]
    for part in parts:
        names += [name for row in part.kept.values() for name in row if name not in names]
    frame = _framed([part.kept for part in parts], names)
    totals = _framed([part.totals for part in parts], names)
    paths = {
        name: path for part in (*parts, whole) for name, path in zip(part.names, part.heading.paths, strict=True)
    }
    used = [name for name in names if paths.get(name) or frame[name].notna().any()]
    hidden = [whole.names[column] for column in sorted(grid.hidden_columns) if column < len(whole.names)]
    return SheetTable(
        frame[used],
        {reason: tuple(sorted(numbers)) for reason, numbers in left_out.items()},
        {name: paths.get(name) or () for name in used},
        _unit_lines(parts),
        tuple(merged),
        tuple(name for name in hidden if name in used),
        totals[used],
        frozenset(row for row in totals.index if sums_all(rows[row - 1])),
    )


def _framed(parts: Sequence[dict[int, dict[str, str | None]]], names: Sequence[str]) -> pd.DataFrame:
    rows = {number: row for part in parts for number, row in sorted(part.items())}
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(names), dtype=object)
    return frame.astype(object).where(frame.notna(), None)


def _inner(cell: str) -> str:
    return cell.strip().strip("\ufeff\u200b")


def _trimmed(rows: list[list[str]]) -> list[list[str]]:
    """Return the rows up to the last that holds anything."""
    full = [position for position, row in enumerate(rows) if any(row)]
    return rows[: full[-1] + 1] if full else []


def _parts(
    rows: Sequence[Sequence[str]], headings: Sequence[Heading], merged: Sequence[Area], vocabulary: Vocabulary
) -> list[_TablePart]:
    """Return each heading with its rows; titles just above a further heading belong to it."""
    # A row beside a cell that is merged with the row above it goes on with the data above.
    joined = {row for top, _, bottom, _ in merged for row in range(top + 1, bottom + 1)}
    begin = [0]
    for before, heading in pairwise(headings):
        first = heading.first
        while first - 1 > before.last and first - 1 not in joined and is_title(rows[first - 1]):
            first -= 1
        begin.append(first)
    begin.append(len(rows))
    parts = []
    for heading, start, end in zip(headings, begin, begin[1:], strict=False):
        keys = _keys(heading.paths, vocabulary)
        names = _distinct([path_name(path) for path in heading.paths])
        parts.append(_TablePart(heading, range(start, heading.first), range(heading.last + 1, end), names, keys))
    whole = max(parts, key=lambda part: len(part.named))
    called = dict(zip(whole.keys, whole.names, strict=True))
    for part in parts:
        part.names = [called.get(key, name) for key, name in zip(part.keys, part.names, strict=True)]
    return parts


def _keys(paths: Sequence[tuple[str, ...]], vocabulary: Vocabulary) -> list[object]:
    """Return what makes columns of two parts the same: what they mean, else how they are called."""
    meanings = []
    for path in paths:
        claim = match_path(path, vocabulary) if path else None
        means = (claim.field, claim.factor) if claim is not None else place_part(path, vocabulary)
        meanings.append(means or normalize_name(path_name(path)))
    # Of columns that mean the same, each is known by its own name, and by its number among those of that name.
    keys: list[object] = []
    for path, means in zip(paths, meanings, strict=True):
        name = ("name", path_name(path))
        count = sum(isinstance(key, tuple) and key[:2] == name for key in keys)
        keys.append(means if path and meanings.count(means) == 1 else (*name, count))
    return keys


def _refuse_other_tables(parts: Sequence[_TablePart], rows: Sequence[Sequence[str]], *, source: str) -> None:
    whole = max(parts, key=lambda part: len(part.named))
    if any(not part.named <= whole.named for part in parts):
        refuse_two_languages(rows, parts[0].heading.first, source=source)
        raise DataError(source, [Issue("several_tables", {}, [f"#{part.heading.first + 1}" for part in parts])])


def _read_titles(
    part: _TablePart,
    rows: Sequence[Sequence[str]],
    vocabulary: Vocabulary,
    left_out: dict[str, list[int]],
    *,
    source: str,
) -> None:
    """Note the rows above a heading, and the units that they name; refuse a table that was not understood."""
    tabular = []
    for position in part.titles:
        row = rows[position]
        cells = [cell for cell in row if cell]
        part.units += units_of_title(cells)
        text = list(title_cells(cells, vocabulary))
        has_number = any(parse_number(cell, {}) is not None for cell in text)
        if has_number and len(text) > 1:
            tabular.append(position + 1)
            if len(tabular) > 1 or len(text) >= TABLE_ROW_CELLS:
                results = [f"#{item}" for item in tabular]
                values = {"heading": part.heading.first + 1}
                raise DataError(source, [Issue("table_above_heading", values, results)])
        reason = "row_blank" if not cells else "row_above" if len(text) > 1 else "row_title"
        left_out.setdefault(reason, []).append(position + 1)
    block = rows[part.heading.first : part.heading.last + 1]
    part.units += [units for row in block for cell in row if (units := whole_line(cell))]


def _unit_lines(parts: Sequence[_TablePart]) -> dict[int, str]:
    """Return the units by row; a part without a line of its own has that of the part before it."""
    lines: dict[int, str] = {}
    text: list[str] = []
    for part in parts:
        text = part.units or text
        if text:
            lines |= dict.fromkeys([*part.kept, *part.totals], "、".join(dict.fromkeys(text)))
    return lines


def _read_part(
    part: _TablePart,
    rows: Sequence[list[str]],
    merged: Sequence[Area],
    vocabulary: Vocabulary,
    left_out: dict[str, list[int]],
    *,
    source: str,
) -> list[MergedNumber]:
    """Sort the rows below a heading into data and others; return the numbers in merged cells."""
    width = len(part.names)
    wider = [f"#{position + 1}" for position in part.data if any(rows[position][width:])]
    if wider:
        raise DataError(source, [Issue("wider_than_heading", {}, wider)])
    inside = [area for area in merged if area[0] in part.data]
    filled = _filled_down(part, rows, inside, vocabulary)
    for position in part.data:
        row = rows[position]
        reason = reason_of_row(filled.get(position, row), vocabulary, width) if any(row) else "row_blank"
        if not reason and not part.kept and _numbers_columns(row, part):
            reason = "row_numbering"
        if not reason and not part.kept and is_translation(row, part.heading, vocabulary):
            reason = "row_translation"
        if reason == "row_total" and not part.kept and may_be_heading(row):
            refuse_two_languages(rows, part.heading.first, source=source)
            raise DataError(source, [Issue("heading_unclear", {}, [f"#{position + 1}"])])
        cells = row if reason else filled.get(position, row)
        padded = (*cells[:width], *("",) * (width - len(cells)))
        named = {name: cell or None for name, cell in zip(part.names, padded, strict=True)}
        if not reason:
            part.kept[position + 1] = named
            continue
        left_out.setdefault(reason, []).append(position + 1)
        if reason in {"row_note", "row_section"}:
            part.units += units_of_title([cell for cell in row if cell])
        if reason == "row_total" and sums_rows(row):
            part.totals[position + 1] = named
    _refuse_unnamed_numbers(part, vocabulary, source=source)
    return list(_merged_numbers(part, rows, inside, vocabulary))


def _field_of(part: _TablePart, column: int, vocabulary: Vocabulary) -> str | None:
    """Return the field, or the part of a place, that a column holds."""
    if column >= len(part.names) or not part.heading.paths[column]:
        return None
    path = part.heading.paths[column]
    explicit = next((ours for ours, theirs in vocabulary.explicit.items() if is_called(path, theirs)), None)
    claim = match_path(path, vocabulary)
    return explicit or (claim.field if claim else place_part(path, vocabulary))


def _filled_down(
    part: _TablePart, rows: Sequence[list[str]], merged: Sequence[Area], vocabulary: Vocabulary
) -> dict[int, list[str]]:
    """Return the rows to which a merged cell gives the name that stands in its first row."""
    filled: dict[int, list[str]] = {}
    for top, left, bottom, _ in merged:
        value = rows[top][left] if left < len(rows[top]) else ""
        own = _field_of(part, left, vocabulary)
        if not value or own in vocabulary.numbers or (own is None and begins_with_number(value)):
            continue
        for position in range(top + 1, min(bottom + 1, part.data.stop)):
            row = filled.setdefault(position, list(rows[position]))
            row += [""] * (left + 1 - len(row))
            row[left] = row[left] or value
    return filled


def _merged_numbers(
    part: _TablePart, rows: Sequence[Sequence[str]], merged: Sequence[Area], vocabulary: Vocabulary
) -> Iterator[MergedNumber]:
    """Yield the numbers that stand beside several rows of data, or under several headings."""
    for top, left, bottom, right in merged:
        value = rows[top][left] if left < len(rows[top]) else ""
        columns = [column for column in range(left, min(right + 1, len(part.names))) if part.heading.paths[column]]
        named = list(dict.fromkeys(part.names[column] for column in columns))
        fields = {_field_of(part, column, vocabulary) for column in columns}
        beside = tuple(position + 1 for position in range(top, bottom + 1) if position + 1 in part.kept)
        of_number = bool(fields & vocabulary.numbers) or fields == {None}
        if not (value and beside and of_number and begins_with_number(value)):
            continue
        # A heading that is merged in the same way is one column drawn over two.
        same = any(part.heading.paths[column] != part.heading.paths[left] for column in columns)
        if len(beside) > 1 or (len(named) > 1 and same):
            yield MergedNumber(tuple(named), beside, value)


def _refuse_unnamed_numbers(part: _TablePart, vocabulary: Vocabulary, *, source: str) -> None:
    """Refuse numbers in columns without a name right of a column of numbers: its name may be that of them all."""
    for column, path in enumerate(part.heading.paths):
        if not path or _field_of(part, column, vocabulary) not in vocabulary.numbers:
            continue
        beside = column + 1
        results = []
        while beside < len(part.names) and not part.heading.paths[beside]:
            cells = [row.get(part.names[beside]) for row in part.kept.values()]
            if any(cell and parse_number(cell, {}) is not None for cell in cells):
                results.append(part.names[beside])
            beside += 1
        if results:
            values = {"column": part.names[column], "columns": ", ".join(results)}
            raise DataError(source, [Issue("unnamed_numbers", values)])


def _numbers_columns(row: Sequence[str], part: _TablePart) -> bool:
    """Return True if a row only numbers the columns of a statistical table: 甲, 1, 2, 3."""
    cells = [cell for cell in row if cell]
    stems = [cell for cell in cells if (cell in STEMS and len(cell) == 1) or cell in COLUMN_NUMBERS]
    counted = [cell for cell in cells if cell not in stems]
    if counted != [str(item) for item in range(1, len(counted) + 1)] or cells != [*stems, *counted]:
        return False
    return bool(counted) and (
        bool(stems) or (len(counted) > 1 and len(cells) == len([item for item in part.names if item]))
    )


def _distinct(headings: Sequence[str]) -> list[str]:
    """Return the headings, each once: repeated and missing ones with the letters of their column."""
    names = []
    for column, heading in enumerate(headings):
        alone = heading and list(headings).count(heading) == 1
        names.append(heading if alone else f"{heading} [{column_letters(column)}]".strip())
    return names
