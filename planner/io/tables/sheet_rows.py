"""Rows of a sheet that are no data, and why: totals, notes, titles, translations; and the units that they name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from planner.io.tables.cells import normalize_name, parse_number
from planner.io.tables.columns import YEAR, Vocabulary
from planner.io.tables.coordinates import parse_coordinate
from planner.io.tables.heading_names import match_path, place_part
from planner.io.tables.headings import KEY_AND_VALUE, Heading
from planner.io.tables.units import (
    UNIT_HEADINGS,
    UNIT_LINE,
    is_whole_unit,
    mentions_multiplied_unit,
    parse_units,
    split_comments,
    units_in_line,
)
from planner.messages.errors import DataError, Issue

NAMING_CELLS = 3
"""A total calls itself so in one of the first few cells of its row."""

GRAND_TOTALS = frozenset(
    (
        *("合计", "总计", "共计", "总和", "总数", "合计数"),
        *("total", "totals", "grandtotal", "totalpopulation", "sum"),
    )
)
SUBTOTALS = frozenset(("小计", "subtotal"))
SUM_ENDINGS = ("小计", "合计")
"""Names of rows that sum all rows, or those of a part."""

SECTION = re.compile(r"[(（]?[一二三四五六七八九十]{1,3}[)）、.．]\s*\S.*")
"""The title of a part within a table: 二、驿站."""

STEMS = "甲乙丙丁戊己庚辛"
"""Numbers of the columns of names in a statistical table, before 1, 2, 3."""

COLUMN_NUMBERS = frozenset({"栏次", "列次", "栏号"})
"""Names of a row that numbers columns."""


def is_title(row: Sequence[str]) -> bool:
    """Return True if a row between two parts is blank, a title or a line of units."""
    cells = [cell for cell in row if cell]
    return len(cells) <= 1 and not any(parse_number(cell, {}) is not None for cell in cells)


def title_cells(cells: Sequence[str], vocabulary: Vocabulary) -> Iterator[str]:
    """Yield what a row above the heading states besides dates, units, and labels with what they label."""
    labelled = False
    for cell in cells:
        is_label = cell.endswith((":", "：")) or normalize_name(cell) in vocabulary.notes
        aside = is_label or labelled or bool(units_of_title([cell])) or KEY_AND_VALUE.fullmatch(cell) is not None
        if not aside and YEAR.fullmatch(cell) is None and not UNIT_HEADINGS.fullmatch(cell):
            yield cell
        labelled = is_label


def units_of_title(cells: Sequence[str]) -> list[str]:
    """Return the units that a row above or below a table names: 单位：万人, 单位 beside 万人, 统计表（万人）."""
    results = [units for cell in cells if (units := units_in_line(cell))]
    for cell, following in pairwise(cells):
        if UNIT_HEADINGS.fullmatch(cell.rstrip(":：").strip()) and parse_units(following):
            results.append(following)
    alone = [cell for cell in cells if cell not in results and not units_in_line(cell)]
    if not results:
        results += [cell for cell in alone if is_whole_unit(cell)]
    if not results:
        comments = [item for cell in alone for item in split_comments(cell)[1] if YEAR.fullmatch(item) is None]
        results += [item for item in comments if parse_units(item)]
    # A unit that a sentence names otherwise is not applied on a guess: it is refused where it may matter.
    return results or [cell for cell in alone if mentions_multiplied_unit(cell)]


def whole_line(cell: str) -> str | None:
    """Return the units of a cell that reports nothing else."""
    if "单位" not in cell and "nit" not in cell:
        return None
    bare = cell.strip("()（）[]【】 ")
    match = UNIT_LINE.match(bare)
    return units_in_line(bare) if match is not None and match.end() == len(bare) else None


def begins_with_number(value: str) -> bool:
    """Return True if a text begins with a digit, or is a number."""
    return value[:1].isdigit() or parse_number(value, {}) is not None


def reason_of_row(row: Sequence[str], vocabulary: Vocabulary, width: int) -> str:
    """Return why a row below the heading is no data; "" if it is data."""
    cells = [cell for cell in row if cell]
    if not cells:
        return "row_blank"
    names = [normalize_name(split_comments(cell)[0] or cell) for cell in cells[:NAMING_CELLS]]
    if any(name in vocabulary.totals for name in names) or _ends_as_total(row, names, vocabulary):
        return "row_total"
    beginning = cells[0].partition(":")[0].partition("：")[0]
    if len(cells) < width and normalize_name(beginning) in vocabulary.notes and len(cells) <= NAMING_CELLS:
        return "row_note"
    if len(cells) == 1 < width and (whole_line(cells[0]) or units_in_line(cells[0])):
        return "row_note"
    if len(cells) == 1 < width and SECTION.fullmatch(cells[0]):
        return "row_section"
    return ""


def sums_rows(row: Sequence[str]) -> bool:
    """Return True if a row of totals states a sum, of all rows or of a part: no average, nothing cumulative."""
    return any(name in SUBTOTALS or name.endswith(SUM_ENDINGS) for name in _naming(row)) or sums_all(row)


def sums_all(row: Sequence[str]) -> bool:
    """Return True if a row of totals calls itself the total of all rows."""
    return any(name in GRAND_TOTALS for name in _naming(row))


def _naming(row: Sequence[str]) -> list[str]:
    cells = [cell for cell in row if cell][:NAMING_CELLS]
    return [normalize_name(split_comments(cell)[0] or cell) for cell in cells]


def may_be_heading(row: Sequence[str]) -> bool:
    """Return True if a row that calls itself a total states only names: 男, 女, 合计 below a heading."""
    cells = [cell for cell in row if cell]
    names = [cell for cell in cells if normalize_name(cell) and parse_number(cell, {}) is None]
    return len(cells) > 1 and len(names) == len(cells)


def is_translation(words: Sequence[str], heading: Heading, vocabulary: Vocabulary) -> bool:
    """Return True if a row states the names of a heading in the other language: Community below 社区.

    It has a name beside every name, in the other script, and at least one of them is known to mean the same.
    """
    pairs = [
        (path, words[column] if column < len(words) else "") for column, path in enumerate(heading.paths) if path
    ]
    if len(pairs) < 2 or not all(word and parse_number(word, {}) is None for _, word in pairs):  # noqa: PLR2004
        return False
    scripts = {(HAN.search(path[-1]) is None, HAN.search(word) is None) for path, word in pairs}
    if scripts not in ({(True, False)}, {(False, True)}):
        return False
    means = [(_means(path, vocabulary), _means((word,), vocabulary)) for path, word in pairs]
    both = [(item, other) for item, other in means if item is not None and other is not None]
    return bool(both) and all(item == other for item, other in both)


def _means(path: tuple[str, ...], vocabulary: Vocabulary) -> str | None:
    claim = match_path(path, vocabulary)
    return claim.field if claim is not None else place_part(path, vocabulary)


def drop_translations(headings: Sequence[Heading], vocabulary: Vocabulary) -> list[Heading]:
    """Return the headings; of two rows that state the same in two languages, the Chinese one."""
    kept: list[Heading] = []
    for heading in headings:
        before = kept[-1] if kept else None
        follows = before is not None and before.last + 1 == heading.first == heading.last
        words = [path[-1] if path else "" for path in heading.paths]
        if before is None or not follows or not is_translation(words, before, vocabulary):
            kept.append(heading)
        elif any(HAN.search(word) for word in words):
            kept[-1] = heading
    return kept


def _ends_as_total(row: Sequence[str], names: Sequence[str], vocabulary: Vocabulary) -> bool:
    """Return True if a row is the total of a part ("… 小计"); a place with coordinates may be called anything."""
    if any("." in cell and parse_coordinate(cell) is not None for cell in row):
        return False
    return any(name.endswith(("小计", "合计")) for name in names) and bool(vocabulary.totals)


HAN = re.compile("[\u3400-\u9fff]")

LATIN = re.compile("[A-Za-z]")


def refuse_two_languages(rows: Sequence[Sequence[str]], first: int, *, source: str) -> None:
    """Refuse a heading whose groups stand in two languages, where that is why it was not understood.

    Parameters
    ----------
    rows
        The cells of the sheet, "" where blank.
    first
        The first row of what was taken for the heading, from 0; rows of names just above belong to it.

    Raises
    ------
    DataError
        Before the first row with a number stand rows of names in Chinese and rows of names in English, and some
        of them name fewer columns than others do.

    Examples
    --------
    >>> rows = [["社区", "人口", ""], ["", "合计", "男"], ["", "Total", "Male"], ["东风", "9", "4"]]
    >>> refuse_two_languages(rows, 0, source="people.csv")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    planner.messages.errors.DataError: people.csv cannot be used as it is:
      - The heading groups columns, and each language has rows of its own (rows 1, 2, 3): ...
    """
    while first > 0 and len([cell for cell in rows[first - 1] if cell]) > 1:
        first -= 1
    block = []
    for position in range(first, len(rows)):
        cells = [cell for cell in rows[position] if cell]
        if not cells or any(parse_number(cell, {}) is not None for cell in cells):
            break
        block.append((position + 1, cells))
    chinese = [row for row, cells in block if all(HAN.search(cell) and not LATIN.search(cell) for cell in cells)]
    english = [row for row, cells in block if not any(HAN.search(cell) for cell in cells)]
    # A name of a group stands over blanks, or is repeated in each of its columns.
    named = {tuple(bool(cell) for cell in rows[row - 1]) for row, _ in block}
    has_groups = len(named) > 1 or any(len(set(cells)) < len(cells) for _, cells in block)
    if chinese and english and has_groups:
        both = ", ".join(str(row) for row, _ in block)
        raise DataError(source, [Issue("heading_two_languages", {"rows": both}, [f"#{row}" for row in english])])
