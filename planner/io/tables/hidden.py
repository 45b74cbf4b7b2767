"""What a workbook hides: its rows and columns are read, and told; a visible sheet goes before a hidden one."""

from __future__ import annotations

from planner.io.tables.cell_parsing import CellsRead
from planner.io.tables.sheets import Grid, SheetTable
from planner.messages.notices import Notice


def hidden_notices(grid: Grid, sheet: SheetTable, read: CellsRead, table: str) -> tuple[Notice, ...]:
    """Return what is told of the hidden rows, columns and sheets of a workbook.

    Parameters
    ----------
    grid
        The sheet as the workbook holds it.
    sheet
        Its rows of data.
    read
        The columns that are read.
    table
        What the sheet is read as.
    """
    notices = []
    rows = tuple(str(row) for row in sheet.frame.index if row - 1 in grid.hidden_rows)
    if rows:
        notices.append(Notice("hidden_rows", table, rows))
    used = {one.column for one in read.mapped}
    columns = [name for name in sheet.hidden_columns if name in used]
    if columns:
        notices.append(Notice("hidden_columns", table, values={"columns": ", ".join(columns)}))
    if grid.hidden_sheets:
        notices.append(Notice("hidden_sheets", table, values={"sheets": ", ".join(grid.hidden_sheets)}))
    if grid.is_hidden:
        notices.append(Notice("hidden_sheet_read", table))
    return tuple(notices)
