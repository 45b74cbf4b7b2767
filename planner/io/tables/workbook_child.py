"""Read one sheet of a workbook in a process of its own: started by `workbook_process`, by this file's path.

The reader of workbooks trusts what it reads: a damaged file of a few kilobytes can make it allocate all
memory there is, which ends the process. Here that costs nothing. This file imports only the standard library, the
reader, and `sheet_marks` beside it, so that the process starts in some hundredths of a second.

Both ends speak marshal over stdin and stdout. Asked: a mapping with `bytes`, `sheet`, `memory`, `seconds`, `cells`
and `library` (the folder of the reader). Told: a mapping with `failed` ("", "password", "large" or "damaged"),
`reason`, `names` (the sheets), `filled` (the sheets that hold anything, those that are seen before hidden ones),
`hidden` (those that are hidden), and of the one sheet `rows`, `merged`, `hidden_rows` and `hidden_columns`.
"""

from __future__ import annotations

import datetime as dt
import io
import marshal
import math
import sys
from importlib.machinery import SourceFileLoader
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Merged = tuple[int, int, int, int]


class TooLargeError(Exception):
    """The sheet holds more than may be read."""


def main() -> None:
    """Answer the one question on stdin."""
    request = marshal.load(sys.stdin.buffer)  # noqa: S302 - from the process that started this one
    _limit(request["memory"], request["seconds"])
    sys.path.append(request["library"])
    try:
        texts = _read(request)
    except TooLargeError:
        texts = {"failed": "large"}
    except MemoryError:
        texts = {"failed": "large"}
    except Exception as error:  # noqa: BLE001 - told to the process that asked
        texts = _failed(error)
    except BaseException as error:
        # What fails deep inside the reader's Rust comes as a panic, which is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        texts = _failed(error)
    sys.stdout.buffer.write(marshal.dumps(texts))
    sys.stdout.buffer.flush()


def _limit(memory: int, seconds: int) -> None:
    """Bound what this process may take; Windows and macOS know no such limits, there only the wait is bounded."""
    try:
        import resource
    except ImportError:
        return
    for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        try:
            _, hard = resource.getrlimit(kind)
            resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
        except (OSError, ValueError):
            continue


def _read(request: dict[str, Any]) -> dict[str, Any]:
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(request["bytes"]))
        metas = [meta for meta in book.sheets_metadata if meta.typ == calamine.SheetTypeEnum.WorkSheet]
        names = [meta.name for meta in metas]
        needed = names if request["sheet"] is None else [request["sheet"]] if request["sheet"] in names else []
        sheets = {name: book.get_sheet_by_name(name) for name in needed}
    except calamine.PasswordError:
        return {"failed": "password"}
    hidden = [meta.name for meta in metas if meta.visible != calamine.SheetVisibleEnum.Visible]
    with_cells = [name for name, sheet in sheets.items() if sheet.total_height]
    seen = [name for name in with_cells if name not in hidden]
    filled = seen or with_cells or needed
    texts: dict[str, Any] = {"failed": "", "names": names, "filled": filled, "rows": (), "merged": ()}
    texts |= {
        "hidden": [name for name in with_cells if name in hidden],
        "hidden_rows": (),
        "hidden_columns": (),
        "shown": (),
    }
    if len(filled) == 1:
        texts["rows"], texts["merged"] = _sheet(sheets[filled[0]], request["cells"])
        _mark(texts, _marks_module().read_sheet_marks(request["bytes"], filled[0]))
    return texts


def _marks_module() -> Any:  # noqa: ANN401 - a module loaded by its path
    """Load the file beside this one: the process knows no packages of the planner."""
    path = __file__.removesuffix("workbook_child.py") + "sheet_marks.py"
    module = ModuleType("sheet_marks")
    SourceFileLoader("sheet_marks", path).exec_module(module)
    return module


def _mark(reply: dict[str, Any], marks: Any) -> None:  # noqa: ANN401 - of a module loaded by its path
    """Add what the workbook states besides values: formulas without result and errors, in cells that are blank."""
    rows = reply["rows"]
    for (number, column), text in marks.cells.items():
        # A row of nothing but formulas that may come to empty texts is a row prepared for more data.
        is_blank = number < len(rows) and not any(cell.strip() for cell in rows[number])
        if number < len(rows) and not (is_blank and (number, column) in marks.doubtful):
            row = [*rows[number], *("",) * (column + 1 - len(rows[number]))]
            row[column] = row[column] or text
            rows[number] = tuple(row)
    reply["shown"] = [(*cell, text) for cell, text in marks.shown.items()]
    reply["hidden_rows"] = sorted(row for row in marks.hidden_rows if row < len(rows))
    reply["hidden_columns"] = sorted(marks.hidden_columns)


def _sheet(sheet: Any, most: int) -> tuple[list[tuple[str, ...]], tuple[Merged, ...]]:  # noqa: ANN401 - a class of Rust
    """Return the cells of a sheet as text, each row as far as it is filled, and the merged areas."""
    if sheet.start is None or sheet.end is None:
        return [], ()
    (top, left), (bottom, right) = sheet.start, sheet.end
    if (bottom + 1) * (right + 1) > most:
        raise TooLargeError
    # Row by row: a list of all cells would be as large again as the sheet. The rows above the first cell are
    # among them, the columns before it are not.
    rows = [_row(row, left if len(row) == right - left + 1 else 0) for row in sheet.iter_rows()]
    if len(rows) == bottom - top + 1:
        rows = [()] * top + rows
    while rows and not rows[-1]:
        rows.pop()
    merged = []
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        last = min(bottom, len(rows) - 1)
        most -= max(last - top, 0) + 1
        if most < 0:
            raise TooLargeError
        for number in range(top, last + 1):
            rows[number] += ("",) * (left + 1 - len(rows[number]))
        merged.append((top, left, bottom, right))
    return rows, tuple(merged)


def _row(values: list[object], before: int) -> tuple[str, ...]:
    """Return the cells of a row up to the last that is filled, with as many blank ones before them."""
    # Most rows of a sheet with a stray cell are blank from end to end, and thousands of columns wide.
    if values.count("") == len(values):
        return ()
    while values[-1] == "":
        values.pop()
    cells = [""] * before + [_cell(value) for value in values]
    while cells and not cells[-1].strip():
        cells.pop()
    return tuple(cells)


def _cell(value: object) -> str:
    """Return a cell as text; a whole number without its .0, a moment as ISO 8601 has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        if not math.isfinite(value):
            return str(value)
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)  # noqa: PLR2004
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value)


def _failed(error: BaseException) -> dict[str, str]:
    return {"failed": "damaged", "reason": (str(error).splitlines() or [type(error).__name__])[0]}


if __name__ == "__main__":
    main()
