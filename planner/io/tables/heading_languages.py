"""Headings with groups of columns in two languages, a row each: refused in words that name the cause."""

from __future__ import annotations

import re
from collections.abc import Sequence

from planner.io.tables.cells import parse_number
from planner.messages.errors import DataError, Issue

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
    source
        What to call the sheet in the message.

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
      - The heading has names over groups of columns, and both languages have rows of their own (rows 1, 2, 3): ...
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
