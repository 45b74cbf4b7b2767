"""The cells of a layer as the planner's fields: numbers in the unit stated for them, codes, known words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from planner.io.tables.cells import (
    has_lost_digits,
    multiply_decimal,
    normalize_name,
    parse_code,
    parse_measurement,
)
from planner.io.tables.columns import MappedColumn, stated_unit, strip_letters, values_of
from planner.io.tables.units import UnknownUnitError, factor_for, is_unit_heading, parse_units, units_of
from planner.messages.errors import SHOWN_ROWS, Issue
from planner.messages.notices import Notice
from planner.schemas.table_schema import Column, TableSchema, row_names

CODES = ("id", "community")
"""Fields that hold ids or codes, which spreadsheets like to take for numbers."""

ERROR_CELLS = frozenset(
    (
        *("#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#BUSY!"),
        *("#FIELD!", "#GETTING_DATA", "#UNKNOWN!", "#BLOCKED!", "#CONNECT!"),
    )
)
"""Texts that a spreadsheet shows, and writes into a CSV, if a formula fails."""

PEOPLE = "people"
"""The field whose units hold for the further columns that a study counts people by."""


@dataclass(slots=True, eq=False)
class ParsedCells:
    """The fields of a layer, and what was found while their cells were read."""

    fields: dict[str, pd.Series] = field(default_factory=dict)
    """The cells by field."""
    counted: dict[str, pd.Series] = field(default_factory=dict)
    """The cells of further columns by which the study counts people."""
    mapped: list[MappedColumn] = field(default_factory=list)
    """Which column is which field, and what its numbers were multiplied by."""
    unit_column: str | None = None
    """The column that names the unit of each row."""
    issues: list[Issue] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    """`issues`, `notices`: What cannot be read, and what was read otherwise than it is written."""


def read_cells(
    frame: pd.DataFrame,
    mapped: Sequence[MappedColumn],
    schema: TableSchema[Any],
    *,
    unit_lines: Mapping[int, str] | None = None,
    counted: Sequence[str] = (),
    has_formulas: bool = False,
    values: Mapping[str, str] | None = None,
) -> ParsedCells:
    """Read the cells of the columns that are known.

    Parameters
    ----------
    frame
        The layer as its file has it.
    mapped
        Which column is which field.
    schema
        What the fields are to hold.
    unit_lines
        The units that a line above or below the table names, by row.
    counted
        Further columns of `frame` by which the study counts people.
    has_formulas
        Whether the file is a workbook: elsewhere a name that begins with "=" is a name.
    values
        The study's own words for the values of fields.

    Examples
    --------
    >>> from planner.schemas.tables import PEOPLE_TABLE
    >>> table = pd.DataFrame({"社区": ["a", "b"], "人口": ["0.1", "2000人"]})
    >>> lines = {0: "万人", 1: "万人"}
    >>> found = read_cells(table, [MappedColumn("people", "人口")], PEOPLE_TABLE, unit_lines=lines)
    >>> found.fields["people"].tolist()
    [1000.0, 2000.0]
    """
    columns = {column.name: column for column in schema.columns}
    used = {item.column for item in mapped}
    read = ParsedCells(unit_column=_unit_column(frame, used))
    units = _units_by_row(frame, read.unit_column, unit_lines or {})
    for item in mapped:
        column = columns[item.field]
        cells = frame[item.column]
        may_begin_so = column.kind != "number" and not has_formulas
        if not (may_begin_so and _formulas(cells).any()):
            cells = _without_failed(cells, column, schema, read)
        if column.kind != "number":
            read.fields[item.field] = _texts(cells, column, values or {})
            read.mapped.append(item)
            continue
        numbers, factor = _numbers(cells, item, units, schema, read)
        read.fields[item.field] = numbers
        read.mapped.append(item if factor is None else replace(item, factor=factor))
    for name in counted:
        stated = stated_unit(PEOPLE, [name])
        item = MappedColumn(PEOPLE, name, *(stated or (1.0, "")))
        read.counted[name] = _numbers(frame[name], item, units, schema, read)[0]
    names = row_names(_with_ids(frame, read))
    for name in CODES:
        if name in read.fields:
            lost = (
                read.fields[name].map(lambda value: isinstance(value, str) and has_lost_digits(value)).astype(bool)
            )
            if lost.any():
                read.issues.append(
                    Issue("lost_digits", {"column": name}, [f"#{row}" for row in names[lost].index])
                )
    return read


def failed_cells(cells: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return which cells are formulas without a result, and which are errors of a spreadsheet.

    Examples
    --------
    >>> [found.tolist() for found in failed_cells(pd.Series(["=A1+B1", "#N/A", "5", None]))]
    [[True, False, False, False], [False, True, False, False]]
    """
    texts = cells.map(lambda cell: cell.strip() if isinstance(cell, str) else "")
    return _formulas(cells), texts.map(lambda text: text.upper() in ERROR_CELLS)


def _formulas(cells: pd.Series) -> pd.Series:
    return cells.map(lambda cell: isinstance(cell, str) and cell.strip().startswith("="))


def failed_issues(cells: pd.Series, name: str) -> list[Issue]:
    """Return what is wrong with cells of a column that must be there: formulas without a result, errors."""
    issues = []
    for key, failed in zip(("no_result", "error_cells"), failed_cells(cells), strict=True):
        if failed.any():
            issues.append(Issue(key, {"column": name, "found": _shown(cells[failed])}, _numbered(cells[failed])))
    return issues


def _without_failed(cells: pd.Series, column: Column, schema: TableSchema[Any], read: ParsedCells) -> pd.Series:
    """Return the cells, blank where a formula has no result; that is wrong where the column must be there."""
    if not (cells.dtype == object or isinstance(cells.dtype, pd.StringDtype)):
        return cells
    issues = failed_issues(cells, column.name)
    if not issues:
        return cells
    if column.required or column.name in schema.either:
        read.issues += issues
    else:
        # Blank is "not known"; what stood there is reported.
        read.notices += [
            Notice(
                "cells_without_result" if issue.key == "no_result" else "cells_with_error",
                schema.name,
                tuple(str(row).removeprefix("#") for row in issue.rows),
                values={"column": str(cells.name), "found": issue.values["found"]},  # noqa: PD011 - an issue is no frame
            )
            for issue in issues
        ]
    without, wrong = failed_cells(cells)
    return cells.astype(object).where(~(without | wrong), None)


def _numbers(
    cells: pd.Series, column: MappedColumn, units: pd.Series, schema: TableSchema[Any], read: ParsedCells
) -> tuple[pd.Series, float | None]:
    """Return the numbers of a column in the planner's unit, and the factor where it is one for all rows."""
    factors = _factors(cells, column, units, schema, read)
    if not (cells.dtype == object or isinstance(cells.dtype, pd.StringDtype)):
        if (factors == 1).all():
            return cells, None
        scaled = [
            None if pd.isna(cell) else multiply_decimal(cell, by) for cell, by in zip(cells, factors, strict=True)
        ]
        return pd.Series(scaled, index=cells.index, dtype="float64"), _only(factors)
    known_units = units_of(column.field)
    results = [_number(cell, known_units, by) for cell, by in zip(cells, factors, strict=True)]
    return pd.Series(results, index=cells.index, dtype=object), _only(factors)


def _only(factors: pd.Series) -> float | None:
    different = set(factors)
    return float(different.pop()) if len(different) == 1 else None


def _number(cell: object, units: Mapping[str, float], factor: float) -> object:
    """Return the number of a cell; what is none stays as it is written, to be complained of."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return cell if pd.isna(cell) or factor == 1 else multiply_decimal(cell, factor)
    if not isinstance(cell, str):
        return cell
    if not cell.strip():
        return None
    result = parse_measurement(cell, units)
    if result is None:
        return cell
    # A cell that names its unit is in that unit, whatever the heading states of the others.
    value, names_its_unit = result
    return value if names_its_unit or factor == 1 else multiply_decimal(value, factor)


def _factors(
    cells: pd.Series, column: MappedColumn, units: pd.Series, schema: TableSchema[Any], read: ParsedCells
) -> pd.Series:
    """Return by what the number of each row is multiplied: by its heading's unit, else by its row's."""
    factors = pd.Series(column.factor, index=cells.index, dtype="float64")
    given = cells.notna() & (cells.astype(str).str.strip() != "")
    texts = units[given & units.notna()]
    for text, is_own in dict.fromkeys(texts):
        rows = texts.index[[pair == (text, is_own) for pair in texts]]
        values = {"column": column.field, "theirs": str(cells.name), "unit": text or "–"}
        try:
            factor = factor_for(column.field, text)
        except UnknownUnitError:
            if not column.unit:
                read.issues.append(Issue("unit_unclear", values, _numbered(cells.loc[rows])))
            continue
        fits = factor != 1 or any(
            word in units_of(column.field) for word in (normalize_name(u.text) for u in parse_units(text))
        )
        if column.unit:
            if is_own and fits and factor != column.factor:
                differs = {"column": column.field, "unit": column.unit, "found": text}
                read.issues.append(Issue("units_differ", differs, _numbered(cells.loc[rows])))
            continue
        factors.loc[rows] = factor
        if factor != 1:
            notices = {"column": str(cells.name), "unit": text, "factor": f"{factor:,.10g}"}
            read.notices.append(Notice("unit_applied", schema.name, values=notices))
    return factors


def _unit_column(frame: pd.DataFrame, used: set[str]) -> str | None:
    """Return the column that names the unit of each row; 单位 may also name an organisation, and is none then."""
    for name in map(str, frame.columns):
        if name in used or not is_unit_heading(strip_letters(name).rpartition("/")[2]):
            continue
        text = [cell for cell in frame[name].dropna() if str(cell).strip()]
        if text and any(parse_units(str(cell)) for cell in text):
            return name
    return None


def _units_by_row(frame: pd.DataFrame, column: str | None, lines: Mapping[int, str]) -> pd.Series:
    """Return what each row's unit is called, and whether a column states it; None where nothing does."""
    texts: list[tuple[str, bool] | None] = []
    cells = frame[column] if column is not None else [None] * len(frame)
    own = [str(cell).strip() for cell in cells if isinstance(cell, str) and cell.strip()]
    plain_only = all(unit.scale == 1 for text in own for unit in parse_units(text)) and all(map(parse_units, own))
    for row, cell in zip(frame.index, cells, strict=True):
        text = cell.strip() if isinstance(cell, str) else ""
        if text:
            texts.append((text, True))
        elif row in lines:
            texts.append((lines[row], False))
        else:
            # A row without a unit among rows in 万人 may be in either.
            texts.append(None if column is None or plain_only else ("", True))
    return pd.Series(texts, index=frame.index, dtype=object)


def _texts(cells: pd.Series, column: Column, values: Mapping[str, str]) -> pd.Series:
    if column.name in CODES:
        return cells.map(lambda cell: parse_code(cell) if isinstance(cell, str) else cell)
    if not column.choices:
        return cells
    words = values_of(column.name)
    own = {word: value for word, value in values.items() if value in column.choices}
    return cells.map(lambda cell: known_value(cell, words, own) if isinstance(cell, str) else cell)


def known_value(cell: str, words: Mapping[str, str], own: Mapping[str, str]) -> str:
    """Return the planner's value for a cell: by the study's own words, the longest ending, the common words.

    Examples
    --------
    >>> own = {"一类": "district", "*党群服务中心": "town", "*社区党群服务中心": "community"}
    >>> [known_value(cell, {"社区": "village"}, own) for cell in ("一类", "东风社区党群服务中心", "社区", "其他")]
    ['district', 'community', 'village', '其他']
    """
    plain = normalize_name(cell) or cell.strip()
    exact = {normalize_name(word) or word: value for word, value in own.items() if not word.startswith("*")}
    if plain in exact:
        return exact[plain]
    endings = [word for word in own if word.startswith("*") and cell.strip().endswith(word[1:])]
    return own[max(endings, key=len)] if endings else words.get(plain, cell)


def _with_ids(frame: pd.DataFrame, read: ParsedCells) -> Any:  # noqa: ANN401 - a table with or without places
    ids = {"id": read.fields["id"]} if "id" in read.fields else {}
    return frame.assign(**ids)


def _shown(cells: pd.Series) -> str:
    texts = list(dict.fromkeys(str(cell) for cell in cells))
    return ", ".join(texts[:SHOWN_ROWS]) + (", …" if len(texts) > SHOWN_ROWS else "")


def _numbered(cells: pd.Series) -> list[str]:
    return [f"#{row}" for row in cells.index]
