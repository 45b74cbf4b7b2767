"""A sheet of cells becomes a table: where the heading is, which rows are data, and why the others are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from planner.errors import Breach, DataError
from planner.inputs.cells import number, plain
from planner.inputs.columns import Vocabulary
from planner.inputs.coordinates import coordinate

SEARCHED_ROWS = 30
"""A heading farther down than this is none."""

NAMING_CELLS = 3
"""A total calls itself so in one of the first few cells of its row."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of a sheet as text, row by row; "" is blank.

    Attributes
    ----------
    rows
        The cells; rows may differ in length.
    encoding
        Of a text file; "" for a workbook.
    merged
        Merged areas as (first row, first column, last row, last column), counted from 0.
    """

    rows: tuple[tuple[str, ...], ...]
    encoding: str = ""
    merged: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class SheetTable:
    """The data of a sheet.

    Attributes
    ----------
    frame
        One column a heading, texts, None where blank; the index is the row's number as a spreadsheet shows it.
    left_out
        Numbers of the rows above, between and below the data that are none, by the reason.
    """

    frame: pd.DataFrame
    left_out: dict[str, tuple[int, ...]]


def table_of(grid: Grid, vocabulary: Vocabulary, *, source: str) -> SheetTable:
    """Find the heading and the data of a sheet.

    The heading is the row, or the two rows, in which most names are known; the first row where none is.

    Raises
    ------
    DataError
        There is no cell at all, or rows have cells beyond the heading.

    Examples
    --------
    >>> from planner.inputs.columns import Vocabulary
    >>> words = Vocabulary.of("facilities", ("id", "name", "floor_area_m2"), {})
    >>> grid = Grid((("2023 list", ""), ("名称", "建筑面积"), ("West", "320"), ("", ""), ("合计", "320")))
    >>> sheet = table_of(grid, words, source="list.csv")
    >>> sheet.frame.to_dict("index"), sheet.left_out
    ({3: {'名称': 'West', '建筑面积': '320'}}, {'row_title': (1,), 'row_blank': (4,), 'row_total': (5,)})
    """
    rows = _trimmed(_filled_down(grid))
    if not rows:
        raise DataError(source, [Breach("empty_sheet")])
    first, last, headings = _heading(rows, vocabulary)
    _refuse_wider(rows[last + 1 :], len(headings), last + 2, source=source)
    left_out: dict[str, list[int]] = {}
    kept: dict[int, tuple[str | None, ...]] = {}
    for position, row in enumerate(rows):
        if first <= position <= last:
            continue
        reason = "row_title" if position < first else _why_not(row, vocabulary)
        if position < first and not any(row):
            reason = "row_blank"
        if reason:
            left_out.setdefault(reason, []).append(position + 1)
            continue
        padded = (*row[: len(headings)], *("",) * (len(headings) - len(row)))
        kept[position + 1] = tuple(cell or None for cell in padded)
    frame = pd.DataFrame.from_dict(kept, orient="index", columns=range(len(headings)), dtype=object)
    names = _distinct(headings)
    used = [column for column in range(len(headings)) if headings[column] or frame[column].notna().any()]
    frame = frame[used].set_axis([names[column] for column in used], axis=1)
    return SheetTable(frame, {reason: tuple(numbers) for reason, numbers in left_out.items()})


def _filled_down(grid: Grid) -> list[list[str]]:
    """Return the rows with what a merged area says in each of its rows, in its first column."""
    rows = [[_inner(cell) for cell in row] for row in grid.rows]
    for top, left, bottom, _ in grid.merged:
        if top < len(rows) and left < len(rows[top]) and rows[top][left]:
            for row in rows[top + 1 : bottom + 1]:
                if left < len(row) and not row[left]:
                    row[left] = rows[top][left]
    return rows


def _inner(cell: str) -> str:
    return cell.strip().strip("\ufeff\u200b")


def _trimmed(rows: list[list[str]]) -> list[list[str]]:
    """Return the rows up to the last that holds anything."""
    full = [position for position, row in enumerate(rows) if any(row)]
    return rows[: full[-1] + 1] if full else []


def _heading(rows: list[list[str]], vocabulary: Vocabulary) -> tuple[int, int, list[str]]:
    """Return the first and the last row of the heading, and the name of each column."""
    filled = next(position for position, row in enumerate(rows) if any(row))
    best = (vocabulary.known(rows[filled]), filled, filled, list(rows[filled]))
    # One row first: a title over a whole sheet looks like the upper row of a heading of two.
    for depth in (1, 2):
        for position in range(filled, min(len(rows), SEARCHED_ROWS)):
            block = rows[position : position + depth]
            if len(block) < depth or not any(block[0]):
                continue
            names = list(block[0]) if depth == 1 else _joined(block[0], block[1], vocabulary)
            score = vocabulary.known(names) if names else 0
            if score > best[0]:
                best = (score, position, position + depth - 1, names)
    width = max((column + 1 for column, name in enumerate(best[3]) if name), default=0)
    return best[1], best[2], best[3][:width]


def _joined(top: list[str], below: list[str], vocabulary: Vocabulary) -> list[str]:
    """Return the names of a heading of two rows, or [] where the second row is none."""
    if any(number(cell, {}) is not None or coordinate(cell) is not None for cell in below if cell):
        return []
    width = max(len(top), len(below))
    top, below = [*top, *[""] * (width - len(top))], [*below, *[""] * (width - len(below))]
    names, group = [], ""
    for column in range(width):
        follows = column + 1 < width and not top[column + 1]
        group = top[column] or (group if below[column] else "")
        if not below[column] or below[column] == top[column]:
            names.append(top[column])
        elif top[column] and not follows:
            # Under a name of its own stands a second one: this is no heading of two rows.
            return []
        else:
            whole = f"{group}{below[column]}"
            names.append(below[column] if vocabulary.known([below[column]]) else whole)
    return names


def _why_not(row: Sequence[str], vocabulary: Vocabulary) -> str:
    """Say why a row below the heading is no data, "" where it is."""
    cells = [cell for cell in row if cell]
    if not cells:
        return "row_blank"
    names = [plain(cell) for cell in cells[:NAMING_CELLS]]
    if any(name in vocabulary.totals for name in names) or _ends_as_total(row, names, vocabulary):
        return "row_total"
    beginning = cells[0].partition(":")[0].partition("：")[0]
    if len(cells) < len(row) and plain(beginning) in vocabulary.notes and len(cells) <= NAMING_CELLS:
        return "row_note"
    return ""


def _ends_as_total(row: Sequence[str], names: Sequence[str], vocabulary: Vocabulary) -> bool:
    """Tell whether a row is the total of a part ("… 小计"); a place with coordinates may be called anything."""
    if any("." in cell and coordinate(cell) is not None for cell in row):
        return False
    return any(name.endswith(("小计", "合计")) for name in names) and bool(vocabulary.totals)


def _refuse_wider(rows: list[list[str]], width: int, first_number: int, *, source: str) -> None:
    wider = [f"#{first_number + position}" for position, row in enumerate(rows) if any(row[width:])]
    if wider:
        raise DataError(source, [Breach("wider_than_heading", {}, wider)])


def _distinct(headings: Sequence[str]) -> list[str]:
    """Return the headings, each once: repeated and missing ones with the letters of their column."""
    names = []
    for column, heading in enumerate(headings):
        alone = heading and list(headings).count(heading) == 1
        names.append(heading if alone else f"{heading} [{letters(column)}]".strip())
    return names


def letters(column: int) -> str:
    """Return how a spreadsheet calls a column, counted from 0.

    Examples
    --------
    >>> letters(0), letters(25), letters(27)
    ('A', 'Z', 'AB')
    """
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
