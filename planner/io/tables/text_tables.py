"""Text tables: which sign parts their cells, what their commas mean, and how much of them is read."""

from __future__ import annotations

import csv
import io
import itertools
import re
import threading
from collections import Counter
from collections.abc import Iterator

from planner.io.tables.cells import CELLS_AT_MOST, COLUMNS_AT_MOST, CellGrid, check_size
from planner.io.text_encodings import TextDecodeError, decode_table
from planner.messages.catalogue import Phrase
from planner.messages.errors import DataError, Issue

DELIMITERS = (",", "\t", ";", "|", "，", "；")
"""Delimiters of cells; of two that fit equally well, the earlier one counts."""

LONGEST_CELL = 64 * 2**20
"""Characters in one cell of a text table; the outline of a large area as WKT has some millions."""

SAMPLE = 2**20
SAMPLED_ROWS = 40
QUOTED = re.compile(r'"[^"]*"?')

UNIT = r"\s*[万亿千]?(?:人|户|口|元|亩|㎡|m2|m²|平方米|平米|平方|公顷)?"
COMMA_NUMBER = re.compile(rf"[+-]?\d+,\d+{UNIT}")
NUMBER = re.compile(rf"[+-]?\d+(?:,\d+)?{UNIT}")
POINT_NUMBER = re.compile(r"[+-]?\d+\.\d+|[+-]?\d{1,3}(?:,\d{3}){2,}(?:\.\d+)?|[+-]?\d{1,3}(?:,\d{3})+\.\d+")
THOUSANDS = re.compile(r"[+-]?\d{1,3},\d{3}")
METRES = re.compile(r"[+-]?\d{5,},\d{5,}")
"""Two coordinates in one cell, no number."""

SHAPE = re.compile(r"\s*(?:[A-Za-z ]+\(|\{|\[)")

_cell_size = threading.Lock()


def parse_text(content: bytes, *, source: str) -> CellGrid:
    r"""Make a grid of a text table.

    Raises
    ------
    DataError
        It is not text, is a web page, ends in the middle of a row, or is damaged or too wide.

    Examples
    --------
    >>> parse_text("名称;面积\n东风;320,5\n".encode(), source="x.csv").rows
    (('名称', '面积'), ('东风', '320.5'))
    """
    try:
        text, encoding = decode_table(content)
    except TextDecodeError as error:
        raise DataError(source, [error.issue]) from error
    if text.lstrip()[:1] == "<":
        raise DataError(source, [Issue("unreadable_file", {"reason": Phrase("errors.why_web_page")})])
    delimiter, text = _delimiter(text)
    rows = _rows(text, delimiter, source)
    if len(rows) > 1 and not text.endswith(("\n", "\r")) and 0 < len(rows[-1]) < len(rows[-2]):
        raise DataError(source, [Issue("cut_off", {"row": len(rows)})])
    return CellGrid(tuple(rows if delimiter == "," else _with_points(rows)), encoding)


def _delimiter(text: str) -> tuple[str, str]:
    """Return what parts the cells, and the text without the line that declares it to Excel."""
    first, _, rest = text.partition("\n")
    texts = first.strip().strip('"')
    if texts.lower().startswith("sep=") and len(texts) == len("sep=x"):
        return texts[-1], rest
    scores = {delimiter: _score(text[:SAMPLE], delimiter) for delimiter in DELIMITERS}
    return max(DELIMITERS, key=lambda delimiter: scores[delimiter]), text


def _score(sample: str, delimiter: str) -> tuple[int, int]:
    """Return how many rows a delimiter parts into equally many cells, and into how many."""
    with _cell_size:
        before = csv.field_size_limit(LONGEST_CELL)
        try:
            reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
            widths = [len(row) for row in itertools.islice(reader, SAMPLED_ROWS) if len(row) > 1]
        except csv.Error:
            return 0, 0
        finally:
            csv.field_size_limit(before)
    if not widths:
        return 0, 0
    width, rows = max(Counter(widths).items(), key=lambda one: (one[1], one[0]))
    return rows, width


def _rows(text: str, delimiter: str, source: str) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    cells = 0
    # The longest cell is a setting of the whole process; it is put back at once.
    with _cell_size:
        before = csv.field_size_limit(LONGEST_CELL)
        reader = csv.reader(_lines(text, delimiter, source), delimiter=delimiter, strict=True)
        try:
            for row in reader:
                rows.append(tuple(row))
                cells += len(row)
                if cells > CELLS_AT_MOST:
                    raise DataError(source, [Issue("too_many_cells", {"cells": f"{CELLS_AT_MOST:,}"})])
        except csv.Error as error:
            reason = Phrase("errors.why_quote") if "expected after" in str(error) else error
            reason = Phrase("errors.why_quote_open") if "unexpected end" in str(error) else reason
            raise DataError(source, [Issue("damaged_rows", {"row": reader.line_num, "reason": reason})]) from error
        finally:
            csv.field_size_limit(before)
    check_size(len(rows), max((len(row) for row in rows), default=0), source=source, is_sheet=True)
    _refuse_swallowed(rows, delimiter, source)
    return rows


def _lines(text: str, delimiter: str, source: str) -> Iterator[str]:
    """Yield the lines of a text; one with too many cells is refused before they are made."""
    is_quoted = False
    for line in io.StringIO(text, newline=""):
        if line.count(delimiter) > COLUMNS_AT_MOST:
            outside = QUOTED.sub("", ('"' if is_quoted else "") + line).count(delimiter)
            if outside > COLUMNS_AT_MOST:
                check_size(1, outside + 1, source=source, is_sheet=True)
        is_quoted ^= line.count('"') % 2 == 1
        yield line


def _refuse_swallowed(rows: list[tuple[str, ...]], delimiter: str, source: str) -> None:
    """Refuse a cell that holds a whole row: its quote was opened by mistake, and closed far below."""
    for number, row in enumerate(rows, start=1):
        for cell in row:
            if "\n" in cell and cell.count(delimiter) >= max(len(row) - 1, 1) and not SHAPE.match(cell):
                values = {"row": number, "reason": Phrase("errors.why_quote_open")}
                raise DataError(source, [Issue("damaged_rows", values)])


def _with_points(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the rows of a table that writes 106,8 for 106.8 with points; of others, the rows as they are."""
    cells = [cell.strip() for row in rows for cell in row if "," in cell or "." in cell]
    commas = [cell for cell in cells if COMMA_NUMBER.fullmatch(cell) and not METRES.fullmatch(cell)]
    if not any(not THOUSANDS.fullmatch(cell) for cell in commas) or any(map(POINT_NUMBER.fullmatch, cells)):
        return rows
    numeric = _numeric_columns(rows)
    return [
        tuple(
            cell.replace(",", ".") if column in numeric and COMMA_NUMBER.fullmatch(cell.strip()) else cell
            for column, cell in enumerate(row)
        )
        for row in rows
    ]


def _numeric_columns(rows: list[tuple[str, ...]]) -> set[int]:
    """Return the columns in which nothing but numbers follows the first number."""
    numeric: set[int] = set()
    for column in range(max(map(len, rows))):
        cells = [row[column].strip() for row in rows if column < len(row) and row[column].strip()]
        results = list(itertools.dropwhile(lambda cell: not NUMBER.fullmatch(cell), cells))
        if results and all(NUMBER.fullmatch(cell) for cell in results) and not any(map(METRES.fullmatch, results)):
            numeric.add(column)
    return numeric
