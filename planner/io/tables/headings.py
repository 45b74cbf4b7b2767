"""Headings of one or several rows: which rows of a sheet are heading, and what path of names each column has.

A column under 常住人口 whose own name is 男 has the path (常住人口, 男). A path means a field where its last name
does and the names above do not narrow it, or where its last name only states "total" of what stands above.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from planner.io.tables.cells import Area, normalize_name, parse_number
from planner.io.tables.columns import YEAR, Vocabulary
from planner.io.tables.coordinates import parse_coordinate
from planner.io.tables.heading_names import count_known_names, heading_words, is_total, is_unit_cell
from planner.io.tables.units import (
    is_unit_heading,
    is_whole_unit,
    parse_units,
    units_in_line,
)

DEEPEST = 5
"""Rows of a heading; a chain of more rows that look like parts of one is none."""

YEAR_NUMBER = re.compile(r"(?:19|20)\d\d")

KEY_AND_VALUE = re.compile(r"[^:：]+[:：].+", re.DOTALL)
"""填报日期：2023年12月 above a table is no name of a group of columns."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The rows of a heading, from 0, and the path of each column; () where a column has no name."""

    first: int
    last: int
    paths: tuple[tuple[str, ...], ...]


def find_headings(
    rows: Sequence[Sequence[str]], merged: Sequence[Area], vocabulary: Vocabulary, *, searched: int
) -> list[Heading]:
    """Return the headings of a sheet from the top: of the table, and of its further parts below.

    Parameters
    ----------
    rows
        The cells, "" where blank; at least one is filled.
    merged
        The merged areas.
    vocabulary
        The names that are known.
    searched
        In so many rows a heading is looked for by its layout; farther down only one that repeats known names.
    """
    chains = _chains(rows, merged, searched)
    starts = {position for first, last in chains for position in range(first, last + 1)}
    alone = [
        (position, position)
        for position, row in enumerate(rows)
        if position not in starts and any(row) and (position < searched or _may_name(row, vocabulary))
    ]
    scored = []
    for first, last in sorted([*chains, *alone]):
        if first == last and _has_numbers(rows[first]):
            continue
        paths = _paths(rows[first : last + 1], first, merged)
        scored.append((count_known_names(paths, vocabulary), Heading(first, last, paths)))
    best = max((score for score, _ in scored), default=0)
    if best == 0:
        first = next(position for position, row in enumerate(rows) if any(row))
        chain = next(((one, other) for one, other in chains if one <= first <= other), (first, first))
        return [Heading(*chain, _paths(rows[chain[0] : chain[1] + 1], chain[0], merged))]
    main = next(one for score, one in scored if score == best)
    others = [one for score, one in scored if one is not main and _is_another(score, one)]
    return sorted([main, *others], key=lambda one: one.first)


def _chains(rows: Sequence[Sequence[str]], merged: Sequence[Area], searched: int) -> list[tuple[int, int]]:
    """Return runs of rows that together make one heading each, as first and last row."""
    chains: list[tuple[int, int]] = []
    position = 0
    # Parts of a sheet repeat their heading farther down: the layout is tried there too.
    while position < len(rows) - 1:
        if position >= searched and _begins_with_digit(rows[position]):
            position += 1
            continue
        last = position
        while last + 1 < len(rows) and last - position < DEEPEST and _continues(rows, position, last, merged):
            last += 1
        if last > position:
            chains.append((position, last))
        position = last + 1
    return chains


def _continues(rows: Sequence[Sequence[str]], first: int, upper: int, merged: Sequence[Area]) -> bool:
    """Return True if the row below `upper` goes on with the heading that begins at `first`."""
    top, below = rows[upper], rows[upper + 1]
    if not any(below) or not _are_names(rows[first]) or not _are_names(top) or not _are_names(below, years=True):
        return False
    if first == upper and _is_line_of_units(top, below):
        return False
    width = max(len(top), len(below))
    spans = _spans(rows, first, upper, width, merged)
    groups = units = under_blank = 0
    for column in range(width):
        cell = _at(below, column)
        if not cell:
            continue
        owner = spans[column]
        if owner is None:
            under_blank += 1
            continue
        start, end = owner
        name = _at(top, start)
        if cell == name or is_unit_cell(cell):
            units += cell != name
            continue
        if end == start and not _reaches(upper, start, merged):
            # Below a name of its own stands another text: that is data, or a heading in a second language.
            return _names_groups(rows, first, upper, spans)
        groups += end > start
    if units == _filled(below):
        return True
    return groups + under_blank > 0 and not _is_title(rows, upper, below, spans, merged)


def _names_groups(
    rows: Sequence[Sequence[str]], first: int, upper: int, spans: Sequence[tuple[int, int] | None]
) -> bool:
    """Return True if an upper row with names over single columns names groups: the next row names every column."""
    top, below = rows[upper], rows[upper + 1]
    wide = {span for span in spans if span is not None and span[1] > span[0]}
    full = any(all(_at(below, column) for column in range(start, end + 1)) for start, end in wide)
    every = all(_at(below, span[0]) for span in spans if span is not None)
    return first == upper and full and every and _filled(top) < _filled(below) and _filled(top) > 1


def _is_line_of_units(top: Sequence[str], below: Sequence[str]) -> bool:
    """Return True if a row is a title with its unit at the other end: 表3 … 单位：万人 above complete names."""
    filled = [column for column, cell in enumerate(top) if cell]
    aside = [column for column in filled if units_in_line(top[column]) or is_whole_unit(top[column])]
    for column, following in pairwise(filled):
        if is_unit_heading(top[column].rstrip(":： ")) and parse_units(top[following]):
            aside += [column, following]
    return bool(aside) and all(_at(below, column) for column in filled if column not in aside)


def _is_title(
    rows: Sequence[Sequence[str]],
    upper: int,
    below: Sequence[str],
    spans: Sequence[tuple[int, int] | None],
    merged: Sequence[Area],
) -> bool:
    """Return True if a row is the title of a table, and no heading over some of its columns."""
    top = rows[upper]
    if _filled(top) > 1:
        return False
    start = next(column for column, cell in enumerate(top) if cell)
    area = next(
        (item for item in merged if item[0] <= upper <= item[2] and item[1] == start and item[3] > start), None
    )
    parts = [_at(below, column) for column, span in enumerate(spans) if span is not None and span[0] == start]
    if any(
        is_total(part) or normalize_name(part) in heading_words("parts") or YEAR.fullmatch(part)
        for part in parts
        if part
    ):
        return False
    filled = [column for column, cell in enumerate(below) if cell]
    return area is None or (area[1] <= filled[0] and area[3] >= filled[-1]) or bool(top[start].endswith("表"))


def _spans(
    rows: Sequence[Sequence[str]], first: int, upper: int, width: int, merged: Sequence[Area]
) -> list[tuple[int, int] | None]:
    """Return for each column the columns over which the name in row `upper` stands; None under a blank."""
    top = rows[upper]
    owners: list[tuple[int, int] | None] = [None] * width
    column = 0
    while column < width:
        name = _at(top, column)
        area = _area(upper, column, merged)
        if area is not None:
            end = min(area[3], width - 1)
            if name or _at(rows[area[0]], area[1]):
                owners[column : end + 1] = [(column, end)] * (end + 1 - column)
            column = end + 1
            continue
        if not name:
            column += 1
            continue
        end = column
        while end + 1 < width and _area(upper, end + 1, merged) is None:
            following = _at(top, end + 1)
            # A name repeated in every column is how a merged cell is written out; a blank goes on with the name.
            if following not in ("", name) or (not following and not _has_below(rows, upper, end + 1)):
                break
            if following == "" and _bounded(rows, first, upper, column, end + 1, merged):
                break
            end += 1
        if not _has_below(rows, upper, column) and end > column and name != _at(top, column + 1):
            # Nothing below the name itself: it is a column of its own, and what follows stands under no name.
            end = column
        owners[column : end + 1] = [(column, end)] * (end + 1 - column)
        column = end + 1
    return owners


def _has_below(rows: Sequence[Sequence[str]], upper: int, column: int) -> bool:
    """Return True if a name stands below a cell of a heading, in its next row or farther down."""
    for row in rows[upper + 1 : upper + DEEPEST]:
        if not _are_names(row, years=True):
            return False
        if _at(row, column):
            return True
    return False


def _bounded(
    rows: Sequence[Sequence[str]], first: int, upper: int, start: int, column: int, merged: Sequence[Area]
) -> bool:
    """Return True if a row of the heading farther up begins another group between two columns."""
    for row in range(first, upper):
        if any(_at(rows[row], between) for between in range(start + 1, column + 1)):
            return True
        area = _area(row, start, merged)
        if area is not None and column > area[3]:
            return True
    return False


def _paths(block: Sequence[Sequence[str]], first: int, merged: Sequence[Area]) -> tuple[tuple[str, ...], ...]:
    """Return the path of each column of a heading's rows."""
    width = max(len(row) for row in block)
    names: list[list[str]] = [[] for _ in range(width)]
    for depth, row in enumerate(block):
        is_last = depth == len(block) - 1
        spans = [] if is_last else _spans(block, 0, depth, width, _moved(merged, first))
        for column in range(width):
            if is_last:
                name = _at(row, column)
            else:
                span = spans[column]
                name = _at(row, span[0]) if span is not None else ""
            if not name:
                area = _area(first + depth, column, merged)
                if area is not None and area[0] < first + len(block):
                    name = _at(block[max(area[0] - first, 0)], area[1])
            if name and (not names[column] or names[column][-1] != name):
                names[column].append(name)
    used = max((column + 1 for column, name in enumerate(names) if name), default=0)
    return tuple(tuple(_one_line(part) for part in name) for name in names[:used])


def _moved(merged: Sequence[Area], rows: int) -> list[Area]:
    return [(item[0] - rows, item[1], item[2] - rows, item[3]) for item in merged]


def _one_line(text: str) -> str:
    """Return a name without the line breaks that a narrow column gave it."""
    return re.sub(r"\s*[\r\n]+\s*", "", text)


def _area(row: int, column: int, merged: Sequence[Area]) -> Area | None:
    return next((item for item in merged if item[0] <= row <= item[2] and item[1] <= column <= item[3]), None)


def _reaches(row: int, column: int, merged: Sequence[Area]) -> bool:
    """Return True if a merged cell of this row ends here, so that the row below is another."""
    area = _area(row, column, merged)
    return area is not None and area[3] > area[1]


def _are_names(row: Sequence[str], *, years: bool = False) -> bool:
    """Return True if the cells of a row may be names: no number and no coordinate, but for years side by side."""
    cells = [cell for cell in row if cell]
    results = [cell for cell in cells if parse_number(cell, {}) is not None or parse_coordinate(cell) is not None]
    if any(KEY_AND_VALUE.fullmatch(cell) and not _is_part(cell) for cell in cells):
        return False
    if not results:
        return bool(cells)
    numbered = [cell for cell in results if YEAR_NUMBER.fullmatch(normalize_name(cell))]
    return (
        years
        and len(numbered) == len(results) > 1
        and numbered in (sorted(set(numbered)), sorted(set(numbered))[::-1])
    )


def _is_part(cell: str) -> bool:
    """Return True if a cell with a colon is a part of what stands above it: 其中：男."""
    return normalize_name(re.split("[:：]", cell)[0]) in heading_words("parts") or is_unit_cell(cell)


def _has_numbers(row: Sequence[str]) -> bool:
    return any(parse_number(cell, {}) is not None for cell in row if cell)


def _begins_with_digit(row: Sequence[str]) -> bool:
    return any(cell[:1].isdigit() for cell in row)


def _may_name(row: Sequence[str], vocabulary: Vocabulary) -> bool:
    """Return True if, at a glance, a row far down may repeat the heading."""
    cells = [cell for cell in row if cell]
    if len(cells) < 2 or _begins_with_digit(cells):  # noqa: PLR2004 - one name is no heading
        return False
    return any(vocabulary.claim(cell) or vocabulary.where(cell) for cell in cells[:3])


def _is_another(score: int, heading: Heading) -> bool:
    """Return True if a row besides the main heading is the heading of a further table or part."""
    named = sum(bool(path) for path in heading.paths)
    return score >= 2 and 2 * score >= named  # noqa: PLR2004 - half of its names


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell) for cell in row)


def _at(row: Sequence[str], column: int) -> str:
    return row[column] if column < len(row) else ""
