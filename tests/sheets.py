"""Small sheets in several formats, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import xlwt

from planner.config.sections.layers import Layer
from planner.io.layer_read import LayerRead
from planner.io.layers import read_layer
from planner.schemas.table_schema import TableSchema
from planner.schemas.tables import PEOPLE_TABLE

Rows = Sequence[Sequence[object]]
Area = tuple[int, int, int, int]
"""First row, first column, last row, last column, from 0."""

ENDINGS = ("csv", "xlsx", "xls")


def write(path: Path, rows: Rows, merged: Sequence[Area] = ()) -> Path:
    """Write a sheet; a CSV knows no merged cells."""
    if path.suffix == ".csv":
        lines = (",".join("" if cell is None else str(cell) for cell in row) for row in rows)
        path.write_text("\n".join(lines) + "\n", "utf-8")
    elif path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append([None if cell == "" else cell for cell in row])
        for top, left, bottom, right in merged:
            book.active.merge_cells(
                start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1
            )
        book.save(path)
    else:
        old = xlwt.Workbook()
        sheet = old.add_sheet("表")
        covered = {
            (row, column)
            for top, left, bottom, right in merged
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        }
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell not in {"", None} and (number, column) not in covered:
                    sheet.write(number, column, cell)
        for top, left, bottom, right in merged:
            sheet.write_merge(top, bottom, left, right, rows[top][left])
        old.save(str(path))
    return path


def read(
    path: Path, schema: TableSchema[Any] = PEOPLE_TABLE, *, counted: Sequence[str] = (), **settings: object
) -> LayerRead:
    layer = Layer.model_validate({"path": path, **settings})
    return read_layer(path, layer, setting=f"inputs.{schema.name}", schema=schema, counted=counted)


def checked(path: Path, schema: TableSchema[Any] = PEOPLE_TABLE, **settings: object) -> gpd.GeoDataFrame:
    """Read a layer and check it; what is wrong is raised."""
    found = read(path, schema, **settings)
    table: gpd.GeoDataFrame = schema.check(found.frame, source=path.name, reader_issues=found.issues)
    return table


def keys(found: LayerRead) -> list[str]:
    return [notice.key for notice in (*found.left_out, *found.notices)]
