"""Table specification: each column described once, for page, Word file, workbook and GeoPackage."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from planner.messages.printable import ILLEGAL, replace_illegal
from planner.reporting.report.blocks import DASH, Cell, Row, Table, Translator
from planner.reporting.tables.workbook import Kind, NumberCell, Sheet, SheetColumn, Value
from planner.schemas.records import Kind as StoredKind
from planner.schemas.records import RecordField, layer_fields, record_fields

LABELS: tuple[Kind, ...] = ("text", "plain")
"""Kinds whose columns stand first in a report's table; columns of numbers follow."""

KIND_OF_UNIT: dict[str, Kind] = {"people": "whole", "m²": "whole", "0–1": "share", "°": "degrees"}
NAMED_BY = {"<limit>": r"[0-9.e+-]+", "<service>": r"[a-z][a-z0-9_]*"}
"""What stands in a column's name for each limit, minutes, or each service, and what takes its place."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """Column of a table."""

    key: str
    """Name by which a product selects the column, and its name in the GeoPackage."""
    heading: str
    """Heading, in the language of the report."""
    value: Callable[[Any], Value]
    """Returns the raw value of a row: what workbook and GeoPackage hold."""
    kind: Kind = "text"
    """Type and unit of the values."""
    cell: Callable[[Any], Cell | str] | None = None
    """Returns a row's text or cell in the report; by default `value` formatted as `kind`."""
    sheet_heading: str = ""
    """Heading in the workbook where it differs."""
    stored: StoredKind | None = None
    """Type of its column in the GeoPackage; None where it has none."""

    @classmethod
    def of(cls, field: RecordField, heading: str = "", *, key: str = "") -> TableColumn:
        """Return the column of a record's field: value, kind and stored type follow from it."""
        kind: Kind = "text"
        if field.type in (int, float):
            kind = KIND_OF_UNIT.get(field.unit, "whole" if field.type is int else "number")
        return cls(key or field.name, heading, itemgetter(field.name), kind, stored=field.kind)


@dataclass(frozen=True, slots=True)
class TableSpec:
    """Columns of a table, from which the report's block, the workbook's sheet and the GeoPackage's layer are made.

    Examples
    --------
    >>> from planner.messages.catalogue import Texts
    >>> columns = (TableColumn("name", "Name", lambda row: row[0]), TableColumn("people", "People", max, "whole"))
    >>> spec, t = TableSpec(columns), Translator({}, Texts("en"))
    >>> spec.block(t, [("A", 1200.4)], "Caption", keys=("name",)).rows
    (('A',),)
    >>> spec.sheet(t, "coverage", [("", 3.0)], keys=("name",)).rows
    [('',)]
    """

    columns: tuple[TableColumn, ...]

    @classmethod
    def of(cls, record: type, more: Iterable[RecordField] = ()) -> TableSpec:
        """Return the table of all fields of a record, as a layer has them, and of some more."""
        return cls(tuple(TableColumn.of(field) for field in (*layer_fields(record).values(), *more)))

    def block(
        self,
        t: Translator,
        rows: Iterable[Any],
        caption: str,
        *,
        keys: tuple[str, ...] = (),
        note: str = "",
        total: Row = (),
    ) -> Table:
        """Return the report's table of some columns, in the order of `keys`; all columns without `keys`."""
        columns = self.select(keys)
        labels = tuple(column for column in columns if column.kind in LABELS)
        numbers = tuple(column for column in columns if column.kind not in LABELS)
        cells: list[Row] = [tuple(_cell(column, row, t) for column in (*labels, *numbers)) for row in rows]
        return Table(
            caption,
            tuple(column.heading for column in labels),
            tuple(column.heading for column in numbers),
            tuple([*cells, total] if total else cells),
            note=note,
            totals=1 if total else 0,
        )

    def sheet(
        self,
        t: Translator,
        name: str,
        rows: Iterable[Any],
        *,
        keys: tuple[str, ...] = (),
        details: tuple[str, ...] = (),
        sums: tuple[str, ...] = (),
        printed: int = 0,
    ) -> Sheet:
        """Return the workbook's sheet of some columns, in the order of `keys`; all columns without `keys`.

        Columns of `details` are folded away, those of `sums` have a total below the rows; see `Sheet`.
        """
        columns = self.select(keys)
        heads = tuple(
            SheetColumn(column.sheet_heading or column.heading, column.kind, column.key in details)
            for column in columns
        )
        cells = [tuple(column.value(row) for column in columns) for row in rows]
        summed = [place for place, column in enumerate(columns) if column.key in sums]
        total: list[Value] = []
        if summed and cells:
            shown = next(place for place, head in enumerate(heads) if not head.is_detail)
            total = [None] * len(columns)
            total[shown] = t("total")
            for place in summed:
                numbers = [value for row in cells if isinstance(value := row[place], int | float)]
                total[place] = float(sum(numbers))
        return Sheet(t(f"sheet_{name}"), heads, cells, tuple(total), printed)

    def layer(self, table: gpd.GeoDataFrame | pd.DataFrame) -> gpd.GeoDataFrame | pd.DataFrame:
        """Return the GeoPackage's layer: every stored column, each of its type, whether or not there are rows.

        Parameters
        ----------
        table
            Its rows. Columns besides the specified ones, which a user has asked to keep, stay.

        Returns
        -------
        layer
            With missing columns added empty, and infinity empty.
        """
        stored = table.reset_index(drop=True)
        for column in self.columns:
            if column.stored and "<" not in column.key and column.key not in stored.columns:
                stored[column.key] = None
        for name in stored.columns.drop("geometry", errors="ignore"):
            stored[name] = _typed(stored[name], self.stored_kind(str(name)) or _given(stored[name]))
        return stored

    def stored_kind(self, name: str) -> StoredKind | None:
        """Return the type of a layer's column with its limit filled in; None where it is not specified."""
        return next((column.stored for column in self.columns if _pattern(column.key).fullmatch(name)), None)

    def select(self, keys: tuple[str, ...]) -> tuple[TableColumn, ...]:
        """Return columns in the order of their keys; all columns without keys."""
        by_key = {column.key: column for column in self.columns}
        return tuple(by_key[key] for key in keys) if keys else self.columns


def field_column(record: type, name: str, heading: str, *, key: str = "") -> TableColumn:
    """Return the column of a field of a record: its value, and the kind that follows from its type and unit.

    Examples
    --------
    >>> from planner.reporting.document.records.coverage import BusinessAreaRow
    >>> field_column(BusinessAreaRow, "workers", "Workers").kind
    'whole'
    """
    return TableColumn.of(record_fields(record)[name], heading, key=key)


def _cell(column: TableColumn, row: Any, t: Translator) -> Cell | str:  # noqa: ANN401 - a row is any entry
    if column.cell is not None:
        return column.cell(row)
    value = column.value(row)
    if isinstance(value, str):
        return value or DASH
    number = value.value if isinstance(value, NumberCell) else value
    if number is None:
        return DASH if column.kind in (*LABELS, "degrees") else t.unknown
    formats = {"whole": t.whole, "share": t.percent, "degrees": t.degrees, "plain": t.exact}
    return formats.get(column.kind, t.number)(number)


def _given(values: pd.Series) -> StoredKind:
    kinds: dict[str, StoredKind] = {"f": "number", "i": "whole", "u": "whole", "b": "yes_no"}
    return kinds.get(values.dtype.kind, "text") if isinstance(values.dtype, np.dtype) else "text"


def _typed(values: pd.Series, kind: StoredKind) -> pd.Series:
    if kind == "text":
        texts = [None if _is_nothing(value) else str(value) for value in values.tolist()]
        if ILLEGAL.search("".join(text for text in texts if text)):
            texts = [text and replace_illegal(text) for text in texts]
        return pd.Series(texts, index=values.index, dtype=object, name=values.name)
    if kind == "yes_no":
        return values.astype("bool" if not values.isna().any() else "boolean")
    numbers = pd.to_numeric(values).astype(np.float64) if values.dtype == object else values
    if kind == "number":
        numbers = numbers.astype(np.float64)
        return numbers.where(np.isfinite(numbers))
    return numbers.astype(np.int64 if not numbers.isna().any() else "Int64")


def _is_nothing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(re.sub("<[a-z]+>", lambda found: NAMED_BY[found[0]], re.escape(name)))
