"""Cells of tables: grids of texts and their size, and the numbers, codes and names that single cells hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from planner.messages.errors import DataError, Issue

THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:[, '\u2009]\d{3})+(?:\.\d+)?")
"""1,234,567.8: a mark in every place or in none; 1,23 is not a number."""

PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
WHOLE_FLOAT = re.compile(r"(\d+)\.0+")
SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{1,3}")


def to_narrow(text: str) -> str:
    """Return a text with full-width letters and digits made narrow, without spaces around it.

    A footnote's mark is no digit: 1200① is not 12001, and 1200² is not 12002.

    Examples
    --------
    >>> to_narrow(" １２００㎡ "), to_narrow("1200①"), to_narrow("10³")
    ('1200m2', '1200①', '10³')
    """
    if text.isascii():
        return text.strip()
    folded = (sign if unicodedata.category(sign) == "No" else unicodedata.normalize("NFKC", sign) for sign in text)
    return unicodedata.normalize("NFC", "".join(folded)).strip()


def normalize_name(text: str) -> str:
    """Return a name as it compares: full-width letters made narrow, lower case, without spaces and punctuation.

    Examples
    --------
    >>> normalize_name("Ｆloor_Area "), normalize_name("经度, 纬度")
    ('floorarea', '经度,纬度')
    """
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(sign for sign in folded if sign.isalnum() or sign in "²,")


def parse_number(text: str, units: Mapping[str, float]) -> float | None:
    """Return the number that a cell holds, or None where that is not plain.

    Parameters
    ----------
    text
        The cell. Full-width digits count, and thousands marks where they stand in every place.
    units
        What may stand behind the number, by its `normalize_name` form, and what it multiplies the number by.

    Examples
    --------
    >>> area = {"m2": 1.0, "万m2": 10000.0}
    >>> [parse_number(cell, area) for cell in ("１，２３４.5", "320㎡", "1.2万平方米", "1,23", "about 300", "3~4")]
    [1234.5, 320.0, None, None, None, None]
    >>> parse_number("1.2万㎡", area)
    12000.0
    """
    result = parse_measurement(text, units)
    return None if result is None else result[0]


def parse_measurement(text: str, units: Mapping[str, float]) -> tuple[float, bool] | None:
    """Return the number that a cell holds, and whether the cell names its unit itself; None where it is no number.

    Examples
    --------
    >>> parse_measurement("0.1万人", {"万人": 10000.0}), parse_measurement("1,000", {})
    ((1000.0, True), (1000.0, False))
    """
    texts = to_narrow(text).replace("\u2212", "-")
    result = THOUSANDS.match(texts) or PLAIN.match(texts)
    if result is None:
        return None
    rest = texts[result.end() :]
    # 1,234 read as 1 with ",234" behind it is no number with a unit.
    factor = (
        1.0 if not rest else units.get(normalize_name(rest)) if not rest.lstrip().startswith((",", ".")) else None
    )
    if factor is None or (result.re is THOUSANDS and rest[:1].isdigit()):
        return None
    digits = re.sub(r"[, '\u2009]", "", result[0])
    return multiply_decimal(digits, factor), bool(rest)


def multiply_decimal(number: object, factor: float) -> float:
    """Return a number times a factor, in decimal: 0.57 times 10,000 is 5,700."""
    return float(Decimal(str(number)) * Decimal(str(factor)))


def parse_code(text: str) -> str:
    """Return an id or code as text: without spaces around it, and without the .0 of a spreadsheet's number.

    Examples
    --------
    >>> parse_code(" 150302001002.0 "), parse_code("１５０３０２"), parse_code("A 1.0")
    ('150302001002', '150302', 'A 1.0')
    """
    texts = to_narrow(text)
    whole = WHOLE_FLOAT.fullmatch(texts)
    return whole[1] if whole else texts


def has_lost_digits(text: str) -> bool:
    """Return True if a spreadsheet has rounded a code to a few digits, as in 1.50302E+11."""
    return SCIENTIFIC.fullmatch(to_narrow(text)) is not None


Area = tuple[int, int, int, int]
"""A merged area: first row, first column, last row, last column, from 0."""


@dataclass(frozen=True, slots=True)
class CellGrid:
    """The cells of a sheet as text, row by row; "" is blank."""

    rows: tuple[tuple[str, ...], ...]
    """The cells; rows may differ in length."""
    encoding: str = ""
    """Of a text file; "" for a workbook."""
    merged: tuple[Area, ...] = ()
    """Merged areas as (first row, first column, last row, last column), counted from 0."""
    hidden_rows: frozenset[int] = frozenset()
    """Rows that the workbook hides, counted from 0."""
    hidden_columns: frozenset[int] = frozenset()
    """Columns that it hides, counted from 0."""
    hidden_sheets: tuple[str, ...] = ()
    """Names of sheets with cells that it hides and that were not read."""
    is_hidden: bool = False
    """Whether this sheet itself is hidden."""


def column_letters(column: int) -> str:
    """Return how a spreadsheet calls a column, counted from 0.

    Examples
    --------
    >>> column_letters(0), column_letters(25), column_letters(27)
    ('A', 'Z', 'AB')
    """
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


CELLS_AT_MOST = 50_000_000

COLUMNS_AT_MOST = 2_000
"""Columns of a table; the widest tables of a census have some hundred."""


def check_size(rows: int, columns: int, *, source: str, is_sheet: bool = False) -> None:
    """Refuse a table that is wider than any, or that would be too large with every row as wide.

    Parameters
    ----------
    rows, columns
        How many there are.
    is_sheet
        Whether its columns are called by letters.

    Raises
    ------
    DataError
        With the number of columns, and the last one of a sheet.

    Examples
    --------
    >>> check_size(2, 16384, source="x.xlsx", is_sheet=True)
    Traceback (most recent call last):
    planner.messages.errors.DataError: x.xlsx cannot be used as it is:
      - Cells extend to column XFD (16,384 columns); the limit is 2,000. Delete the content beside ...
    """
    if columns > COLUMNS_AT_MOST:
        values = {"last": column_letters(columns - 1), "count": f"{columns:,}", "most": f"{COLUMNS_AT_MOST:,}"}
        raise DataError(source, [Issue("sheet_too_wide" if is_sheet else "table_too_wide", values)])
    if columns * rows > CELLS_AT_MOST:
        raise DataError(source, [Issue("too_many_cells", {"cells": f"{CELLS_AT_MOST:,}"})])
