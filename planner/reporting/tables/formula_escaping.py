"""Cells of spreadsheets that we write: a text that a spreadsheet would carry out stays a text."""

from __future__ import annotations

from planner.reporting.valid_text import replace_illegal

FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def escape_formula(text: str) -> str:
    r"""Return a text as it may stand in a CSV or XLSX cell.

    A spreadsheet takes what begins with = + - @ for a formula, also one that a stranger wrote into a name. An
    apostrophe before it makes it a text. Numbers are to be written as numbers, not through this.

    Examples
    --------
    >>> as_cell("和平社区"), as_cell('=HYPERLINK("http://x")'), as_cell(" @SUM(A1)")
    ('和平社区', '\'=HYPERLINK("http://x")', "' @SUM(A1)")
    """
    text = replace_illegal(text)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_BEGINS) else text
