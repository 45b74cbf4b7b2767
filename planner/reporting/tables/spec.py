"""Table specification: each column described once, for the page, the Word file and the workbook."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from planner.reporting.report.blocks import DASH, Cell, Row, Table, Translator
from planner.reporting.tables.workbook import Kind, Number, Sheet, SheetColumn, Value

LABELS: tuple[Kind, ...] = ("text", "plain")
"""Kinds whose columns stand first in a report's table; columns of numbers follow."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """Column of a table.

    Attributes
    ----------
    key
        Name by which a product selects the column.
    heading
        Heading, in the language of the report.
    value
        Returns the raw value of a row: what the workbook holds.
    kind
        Type and unit of the values.
    cell
        Returns a row's text or cell in the report; by default `value` formatted as `kind`.
    sheet_heading
        Heading in the workbook where it differs.
    """

    key: str
    heading: str
    value: Callable[[Any], Value]
    kind: Kind = "text"
    cell: Callable[[Any], Cell | str] | None = None
    sheet_heading: str = ""


@dataclass(frozen=True, slots=True)
class TableSpec:
    """Columns of a table, from which the report's block and the workbook's sheet are made.

    Examples
    --------
    >>> from planner.messages.catalogue import Texts
    >>> columns = (TableColumn("name", "Name", lambda row: row[0]), TableColumn("people", "People", max, "whole"))
    >>> spec = TableSpec(Translator({}, Texts("en")), columns)
    >>> spec.block([("A", 1200.4)], "Caption", keys=("name",)).rows
    (('A',),)
    >>> spec.sheet("coverage", [("", 3.0)], keys=("name",)).rows
    [('',)]
    """

    t: Translator
    columns: tuple[TableColumn, ...]

    def block(
        self,
        rows: Iterable[Any],
        caption: str,
        *,
        keys: tuple[str, ...] = (),
        note: str = "",
        total: Row = (),
    ) -> Table:
        """Return the report's table of some columns, in the order of `keys`; all columns without `keys`."""
        columns = self._select(keys)
        labels = tuple(column for column in columns if column.kind in LABELS)
        numbers = tuple(column for column in columns if column.kind not in LABELS)
        cells: list[Row] = [tuple(self._cell(column, row) for column in (*labels, *numbers)) for row in rows]
        return Table(
            caption,
            tuple(column.heading for column in labels),
            tuple(column.heading for column in numbers),
            tuple([*cells, total] if total else cells),
            note=note,
            totals=1 if total else 0,
        )

    def sheet(self, name: str, rows: Iterable[Any], *, keys: tuple[str, ...] = ()) -> Sheet:
        """Return the workbook's sheet of some columns, in the order of `keys`; all columns without `keys`."""
        columns = self._select(keys)
        heads = tuple(SheetColumn(column.sheet_heading or column.heading, column.kind) for column in columns)
        return Sheet(
            self.t(f"sheet_{name}"), heads, [tuple(column.value(row) for column in columns) for row in rows]
        )

    def _select(self, keys: tuple[str, ...]) -> tuple[TableColumn, ...]:
        by_key = {column.key: column for column in self.columns}
        return tuple(by_key[key] for key in keys) if keys else self.columns

    def _cell(self, column: TableColumn, row: Any) -> Cell | str:  # noqa: ANN401 - a row is any entry of the document
        if column.cell is not None:
            return column.cell(row)
        value = column.value(row)
        if isinstance(value, str):
            return value or DASH
        number = value.value if isinstance(value, Number) else value
        if number is None:
            return DASH if column.kind in (*LABELS, "degrees") else self.t.unknown
        formats = {
            "whole": self.t.whole,
            "share": self.t.percent,
            "degrees": self.t.degrees,
            "plain": self.t.exact,
        }
        return formats.get(column.kind, self.t.number)(number)
