"""Headings of one or several rows: which rows of a sheet are heading, and what path of names each column has.

A column under 常住人口 whose own name is 男 has the path (常住人口, 男). A path means a field where its last name
does and the names above do not narrow it, or where its last name only says "total" of what stands above.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from planner.io.tables.cells import normalize_name, parse_number
from planner.io.tables.columns import YEAR, FieldClaim, Vocabulary, column_names, split_languages
from planner.io.tables.coordinates import parse_coordinate
from planner.io.tables.units import (
    dimension_of,
    factor_of_unit,
    is_unit_heading,
    is_whole_unit,
    parse_units,
    split_comments,
    units_in_line,
    units_of,
)

SEPARATOR = "/"
"""Between the names of a path, as a user reads and maps them: 常住人口/合计."""

DEEPEST = 5
"""Rows of a heading; a chain of more rows that look like parts of one is none."""

YEAR_NUMBER = re.compile(r"(?:19|20)\d\d")
KEY_AND_VALUE = re.compile(r"[^:：]+[:：].+", re.DOTALL)
"""填报日期：2023年12月 above a table is no name of a group of columns."""

Area = tuple[int, int, int, int]
"""A merged area: first row, first column, last row, last column, from 0."""


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


def path_name(path: Sequence[str]) -> str:
    """Return a path as a user reads it."""
    return SEPARATOR.join(path)


def match_path(path: Sequence[str], vocabulary: Vocabulary) -> FieldClaim | None:
    """Return what field the column of a path means; None where none, or where it may be a part of it.

    Examples
    --------
    >>> words = Vocabulary.of("communities", ("people", "households"), {})
    >>> paths = (("常住人口（万人）", "合计"), ("常住人口", "男"), ("60岁以上", "人数"))
    >>> [match_path(path, words) for path in paths]
    [FieldClaim(field='people', factor=10000.0, is_weak=False, unit='万人'), None, None]
    """
    names, unit = _without_years_and_units(path)
    while len(names) > 1 and _is_total(names[-1]):
        names.pop()
    if not names:
        return None
    if len(names) == 1:
        claim = _claim(names[0], vocabulary)
        if claim is None and (shorter := _without_total(names[0])):
            claim = _claim(shorter, vocabulary)
    else:
        claim = _claim("".join(names), vocabulary) or _claim(names[-1], vocabulary)
        if claim is not None and claim.field in vocabulary.numbers and not _is_joined(names, claim, vocabulary):
            claim = claim if all(_is_neutral(name, vocabulary) for name in names[:-1]) else None
    if claim is not None and unit and not claim.unit and _is_of_another(claim.field, unit):
        return None
    return _with_unit(claim, [*names[:-1], unit] if len(names) > 1 else [unit])


def place_part(path: Sequence[str], vocabulary: Vocabulary) -> str | None:
    """Return what part of a place the column of a path holds."""
    return (vocabulary.where(path[-1]) or vocabulary.where("".join(path))) if path else None


def count_known_names(paths: Sequence[Sequence[str]], vocabulary: Vocabulary) -> int:
    """Return how many fields and parts of a place a heading names."""
    fields = set()
    for path in paths:
        if not path:
            continue
        claim, part = match_path(path, vocabulary), place_part(path, vocabulary)
        fields |= {claim.field} if claim else set()
        fields |= {part} if part else set()
        fields |= {ours for ours, theirs in vocabulary.explicit.items() if is_called(path, theirs)}
        # A group of which only parts are there is told later; here it says that this is the heading.
        fields |= {above.field for above in (_claim(name, vocabulary) for name in path[:-1]) if above}
    return len(fields)


def is_called(path: Sequence[str], name: str) -> bool:
    """Tell whether a user may call a column so: by its path, or by its names without a mark between."""
    return name in {path_name(path), "".join(path)}


def find_parts(field: str, paths: Mapping[str, Sequence[str]], vocabulary: Vocabulary) -> list[str]:
    """Return the columns that stand under a heading which means `field` and are no total of it.

    Examples
    --------
    >>> words = Vocabulary.of("communities", ("people",), {}, numbers=("people",))
    >>> find_parts("people", {"常住人口/男": ("常住人口", "男"), "户数": ("户数",)}, words)
    ['常住人口/男']
    """
    found = []
    for name, path in paths.items():
        groups = [match_path(path[:depth], vocabulary) for depth in range(1, len(path))]
        own = match_path(path, vocabulary)
        if own is None and any(group is not None and group.field == field for group in groups):
            found.append(name)
    return found


def is_unit_cell(text: str) -> bool:
    """Tell whether a cell of a heading holds nothing but a unit."""
    name, comments = split_comments(text)
    words = [name, *comments] if name else list(comments)
    return bool(words) and all(units_in_line(word) or is_whole_unit(word) for word in words)


def _claim(name: str, vocabulary: Vocabulary) -> FieldClaim | None:
    return vocabulary.claim(name)


def _is_joined(names: Sequence[str], claim: FieldClaim, vocabulary: Vocabulary) -> bool:
    joined = _claim("".join(names), vocabulary)
    return joined is not None and joined.field == claim.field


def _without_years_and_units(path: Sequence[str]) -> tuple[list[str], str]:
    """Return the names that say what is counted, and the unit that a row of its own says."""
    names, unit = [], ""
    for position, name in enumerate(path):
        narrow, comments = split_comments(name)
        only = narrow or (comments[0] if len(comments) == 1 else "")
        if len(path) > 1 and YEAR.fullmatch(only.strip()):
            continue
        if position and is_unit_cell(name):
            unit = units_in_line(name) or (name if narrow and comments else only)
            continue
        names.append(name)
    return names or list(path[-1:]), unit


def _with_unit(claim: FieldClaim | None, above: Sequence[str]) -> FieldClaim | None:
    """Return a claim in the unit that a name above it, or a row of units below it, says."""
    if claim is None or claim.unit:
        return claim
    units = units_of(claim.field)
    for name in reversed(above):
        _, comments = split_comments(name)
        for text in (name, *comments):
            stated = units_in_line(text) or text
            factor = units.get(normalize_name(stated)) if stated else None
            if factor is None and is_whole_unit(stated):
                factor = factor_of_unit(claim.field, stated)
            if factor is not None:
                return replace(claim, factor=factor, unit=units_in_line(text) or text)
    return claim


def _is_of_another(field: str, unit: str) -> bool:
    """Tell whether a row of units below a name says that it is no count of the field: 人口 in %."""
    units = parse_units(unit)
    dimension = dimension_of(field)
    return dimension is not None and bool(units) and not any(one.dimension in {"", dimension} for one in units)


def _is_total(name: str) -> bool:
    bare, _ = split_comments(name)
    said = [normalize_name(bare or name)], [normalize_name(part) for part in split_languages(bare)]
    return any(words and _words("heading_totals").issuperset(words) for words in said)


def _without_total(name: str) -> str:
    """Return 常住人口 of 常住人口合计; "" of a name that says no total."""
    bare, comments = split_comments(name)
    for word in ("合计", "总计", "小计", "总数"):
        for shorter in (bare.removesuffix(word), bare.removeprefix(word)):
            if shorter and shorter != bare:
                return shorter + "".join(f"({comment})" for comment in comments)
    return ""


def _is_neutral(name: str, vocabulary: Vocabulary) -> bool:
    """Tell whether a heading leaves what stands below it whole: 人口情况 does, 60岁以上 does not."""
    bare, _ = split_comments(name)
    word = normalize_name(bare or name)
    if not word or _is_total(name) or YEAR.fullmatch(bare) or word in _words("neutral_names"):
        return True
    if any(part in word for part in _words("narrowing")):
        return False
    if _claim(name, vocabulary) is not None or vocabulary.where(name) is not None:
        return True
    return any(word.endswith(ending) for ending in _words("neutral"))


def _words(key: str) -> frozenset[str]:
    return frozenset(normalize_name(word) for word in column_names()["rows"][key])


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
    """Tell whether the row below `upper` goes on with the heading that begins at `first`."""
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
    """Tell whether an upper row with names over single columns names groups: the next row names every column."""
    top, below = rows[upper], rows[upper + 1]
    wide = {span for span in spans if span is not None and span[1] > span[0]}
    full = any(all(_at(below, column) for column in range(start, end + 1)) for start, end in wide)
    every = all(_at(below, span[0]) for span in spans if span is not None)
    return first == upper and full and every and _filled(top) < _filled(below) and _filled(top) > 1


def _is_line_of_units(top: Sequence[str], below: Sequence[str]) -> bool:
    """Tell whether a row is a title with its unit at the other end: 表3 … 单位：万人 above complete names."""
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
    """Tell whether a row is the title of a table, and no heading over some of its columns."""
    top = rows[upper]
    if _filled(top) > 1:
        return False
    start = next(column for column, cell in enumerate(top) if cell)
    area = next((one for one in merged if one[0] <= upper <= one[2] and one[1] == start and one[3] > start), None)
    parts = [_at(below, column) for column, span in enumerate(spans) if span is not None and span[0] == start]
    if any(
        _is_total(part) or normalize_name(part) in _words("parts") or YEAR.fullmatch(part)
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
    """Tell whether a name stands below a cell of a heading, in its next row or farther down."""
    for row in rows[upper + 1 : upper + DEEPEST]:
        if not _are_names(row, years=True):
            return False
        if _at(row, column):
            return True
    return False


def _bounded(
    rows: Sequence[Sequence[str]], first: int, upper: int, start: int, column: int, merged: Sequence[Area]
) -> bool:
    """Tell whether a row of the heading farther up begins another group between two columns."""
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
    return [(one[0] - rows, one[1], one[2] - rows, one[3]) for one in merged]


def _one_line(text: str) -> str:
    """Return a name without the line breaks that a narrow column gave it."""
    return re.sub(r"\s*[\r\n]+\s*", "", text)


def _area(row: int, column: int, merged: Sequence[Area]) -> Area | None:
    return next((one for one in merged if one[0] <= row <= one[2] and one[1] <= column <= one[3]), None)


def _reaches(row: int, column: int, merged: Sequence[Area]) -> bool:
    """Tell whether a merged cell of this row ends here, so that the row below is another."""
    area = _area(row, column, merged)
    return area is not None and area[3] > area[1]


def _are_names(row: Sequence[str], *, years: bool = False) -> bool:
    """Tell whether the cells of a row may be names: no number and no coordinate, but for years side by side."""
    cells = [cell for cell in row if cell]
    found = [cell for cell in cells if parse_number(cell, {}) is not None or parse_coordinate(cell) is not None]
    if any(KEY_AND_VALUE.fullmatch(cell) and not _is_part(cell) for cell in cells):
        return False
    if not found:
        return bool(cells)
    numbered = [cell for cell in found if YEAR_NUMBER.fullmatch(normalize_name(cell))]
    return (
        years
        and len(numbered) == len(found) > 1
        and numbered in (sorted(set(numbered)), sorted(set(numbered))[::-1])
    )


def _is_part(cell: str) -> bool:
    """Tell whether a cell with a colon is a part of what stands above it: 其中：男."""
    return normalize_name(re.split("[:：]", cell)[0]) in _words("parts") or is_unit_cell(cell)


def _has_numbers(row: Sequence[str]) -> bool:
    return any(parse_number(cell, {}) is not None for cell in row if cell)


def _begins_with_digit(row: Sequence[str]) -> bool:
    return any(cell[:1].isdigit() for cell in row)


def _may_name(row: Sequence[str], vocabulary: Vocabulary) -> bool:
    """Tell quickly whether a row far down may repeat the heading."""
    cells = [cell for cell in row if cell]
    if len(cells) < 2 or _begins_with_digit(cells):  # noqa: PLR2004 - one name is no heading
        return False
    return any(vocabulary.claim(cell) or vocabulary.where(cell) for cell in cells[:3])


def _is_another(score: int, heading: Heading) -> bool:
    """Tell whether a row besides the main heading is the heading of a further table or part."""
    named = sum(bool(path) for path in heading.paths)
    return score >= 2 and 2 * score >= named  # noqa: PLR2004 - half of its names


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell) for cell in row)


def _at(row: Sequence[str], column: int) -> str:
    return row[column] if column < len(row) else ""
