"""A workbook of typed tables: numbers stay numbers, texts stay texts, the head stays in sight."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from planner.messages.printable import replace_illegal

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def escape_formula(text: str) -> str:
    r"""Return a text as it may stand in a CSV or XLSX cell.

    A spreadsheet takes what begins with = + - @ for a formula, also one that a stranger wrote into a name. An
    apostrophe before it makes it a text. Numbers are to be written as numbers, not through this.

    Examples
    --------
    >>> escape_formula("和平社区"), escape_formula('=HYPERLINK("http://x")'), escape_formula(" @SUM(A1)")
    ('和平社区', '\'=HYPERLINK("http://x")', "' @SUM(A1)")
    """
    text = replace_illegal(text)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_BEGINS) else text


Kind = Literal["text", "whole", "number", "share", "degrees", "plain", "small"]
"""`plain` is a setting with as many digits as it has, `small` what is mostly far below 1."""
FORMATS: dict[Kind, str] = {
    "text": "@",
    "whole": "#,##0",
    "number": "#,##0.00",
    "share": "0.0%",
    "degrees": "0.000000",
    "plain": "General",
    "small": "#,##0.0000",
}
MADE = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"""Creation date of every workbook, so that equal tables give equal bytes; a workbook knows no time zone."""

LONGEST_TEXT = 32_767
"""Signs that a cell holds at most."""

NARROWEST, WIDEST = 8, 34
"""Widths of columns, signs; longer texts go on in further lines, so that a sheet stays legible on A4."""

LINE_PT, MOST_LINES, WIDER = 15.0, 27, 1.1
"""Height of a line, points; no row is higher than 409 points; how much wider letters are than signs of a width."""

DEGREES_WIDE = 13
MARGINS_IN = {"left": 0.4, "right": 0.4, "top": 0.5, "bottom": 0.6}


@dataclass(frozen=True, slots=True)
class NumberCell:
    """A number among texts: a cell whose column is of another kind."""

    value: float
    kind: Kind = "whole"


Value = str | float | NumberCell | None
Rows = list[tuple[Value, ...]]


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column: its head, what its cells are, and whether it is a detail, which is folded away and not printed."""

    head: str
    kind: Kind = "text"
    is_detail: bool = False


def sheet_heads(
    word: Callable[..., str], *named: str | tuple[str, Kind], **values: object
) -> tuple[SheetColumn, ...]:
    """Return columns by the keys of their heads, stated by `word`; a pair states what its cells are besides text.

    Examples
    --------
    >>> [column.kind for column in sheet_heads(str.upper, "column", ("people", "whole"))]
    ['text', 'whole']
    """
    pairs: list[tuple[str, Kind]] = [(one, "text") if isinstance(one, str) else one for one in named]
    return tuple(SheetColumn(word(f"column_{name}", **values), kind) for name, kind in pairs)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Sheet of a workbook: rows of one value a column; None is an empty cell.

    `total` stands below the rows; of a sheet with `printed` rows no more than these are printed.
    """

    name: str
    columns: tuple[SheetColumn, ...]
    rows: Sequence[tuple[Value, ...]]
    total: tuple[Value, ...] = ()
    printed: int = 0


def write_workbook(sheets: Sequence[Sheet], path: Path, *, title: str) -> None:
    """Write tables as sheets of one XLSX file; the same tables give the same bytes.

    Parameters
    ----------
    sheets
        The tables, in their order.
    path
        Where to.
    title
        The title among the file's properties.

    Raises
    ------
    OSError
        The disk is full, or takes no file.
    """
    # A full disk is found out here: the library wraps it in an error of its own, and complains again at the end.
    content = io.BytesIO()
    _write(sheets, content, title=title)
    path.write_bytes(content.getvalue())


def _write(sheets: Sequence[Sheet], target: io.BytesIO, *, title: str) -> None:
    from xlsxwriter import Workbook

    plain = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with Workbook(target, plain) as book:
        book.set_properties({"title": title[:255], "created": MADE})
        head = book.add_format({"bold": True, "bottom": 2, "text_wrap": True, "valign": "bottom"})
        looks = {kind: book.add_format(_look(kind, code)) for kind, code in FORMATS.items()}
        totals = {kind: book.add_format(_look(kind, code, is_total=True)) for kind, code in FORMATS.items()}
        for sheet in sheets:
            written = book.add_worksheet(sheet.name)
            _lay_out_pages(written, sheet)
            widths = [
                _width(column, [row[place] for row in sheet.rows]) for place, column in enumerate(sheet.columns)
            ]
            for place, (column, width) in enumerate(zip(sheet.columns, widths, strict=True)):
                folded = {"level": 1, "hidden": True} if column.is_detail else {}
                written.set_column(place, place, width, looks[column.kind], folded)
                written.write_string(0, place, escape_formula(column.head), head)
            names = tuple(column.head for column in sheet.columns)
            written.set_row(0, LINE_PT * _lines(sheet.columns, names, widths))
            for number, row in enumerate(sheet.rows, start=1):
                lines = _lines(sheet.columns, row, widths)
                if lines > 1:
                    written.set_row(number, LINE_PT * lines)
                _write_row(written, number, sheet.columns, row, looks)
            if sheet.total:
                _write_row(written, len(sheet.rows) + 1, sheet.columns, sheet.total, totals)
            if sheet.rows:
                written.autofilter(0, 0, len(sheet.rows), len(sheet.columns) - 1)


def _look(kind: Kind, code: str, *, is_total: bool = False) -> dict[str, object]:
    """Return the properties of a cell's format."""
    look: dict[str, object] = {"num_format": code, "valign": "top", "text_wrap": kind == "text"}
    return {**look, "bold": True, "top": 1} if is_total else look


def _lay_out_pages(written: Worksheet, sheet: Sheet) -> None:
    """Set a sheet on A4 pages, landscape, as wide as its columns that are not folded away."""
    written.freeze_panes(1, 0)
    written.repeat_rows(0)
    written.set_landscape()
    written.set_paper(9)
    written.set_margins(**MARGINS_IN)
    written.fit_to_pages(1, 0)
    written.set_footer("&L&A&R&P / &N")
    if sheet.printed and len(sheet.rows) > sheet.printed:
        written.print_area(0, 0, sheet.printed, len(sheet.columns) - 1)


def _write_row(
    written: Worksheet,
    number: int,
    columns: Sequence[SheetColumn],
    row: Sequence[Value],
    looks: Mapping[Kind, Format],
) -> None:
    for place, (value, column) in enumerate(zip(row, columns, strict=True)):
        if value is None:
            continue
        if isinstance(value, NumberCell):
            written.write_number(number, place, value.value, looks[value.kind])
        elif isinstance(value, str):
            written.write_string(number, place, escape_formula(value)[:LONGEST_TEXT], looks[column.kind])
        else:
            written.write_number(number, place, value, looks[column.kind])


def _lines(columns: Sequence[SheetColumn], row: Sequence[Value], widths: Sequence[int]) -> int:
    """Return how many lines a row's texts take, which not every program finds out by itself."""
    seen = [
        sum(max(1, ceil(_signs(line) * WIDER / width)) for line in value.split("\n"))
        for column, value, width in zip(columns, row, widths, strict=True)
        if isinstance(value, str) and not column.is_detail
    ]
    return min(max(seen, default=1), MOST_LINES)


def _width(column: SheetColumn, values: Sequence[Value]) -> int:
    """Return how many signs wide a column is."""
    texts = [value if isinstance(value, str) else "" if value is None else _digits(value) for value in values]
    longest = max([_signs(column.head) // 2 + 2, *(_signs(text) for text in texts)])
    least = DEGREES_WIDE if column.kind == "degrees" else NARROWEST
    return min(max(longest + 2, least), WIDEST)


def _digits(value: float | NumberCell) -> str:
    return f"{value.value if isinstance(value, NumberCell) else value:,.0f}.00"


def _signs(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
