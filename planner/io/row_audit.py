"""Audit of input rows: each is used, or dropped with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from planner.messages.catalogue import Language, Phrase


@dataclass(frozen=True, slots=True)
class DroppedRows:
    """Rows of one input that are not in the results, and why.

    Attributes
    ----------
    key
        The reason, a key of the catalogue (`notices.<key>`).
    count
        How many rows.
    rows
        Their numbers, as ranges: in sheets as the spreadsheet shows them, else counted from 0.
    values
        What the reason speaks of.
    """

    key: str
    count: int
    rows: tuple[str, ...]
    values: Mapping[str, object] = field(default_factory=dict)

    def in_words(self, language: Language) -> str:
        """Return the reason in `language`."""
        return Phrase(f"notices.{self.key}", self.values).in_words(language)


def drop_rows(key: str, rows: Iterable[int], values: Mapping[str, object] | None = None) -> DroppedRows:
    """Return rows with the reason, their numbers as ranges.

    Examples
    --------
    >>> drop_rows("row_blank", [7, 3, 4, 5])
    DroppedRows(key='row_blank', count=4, rows=('3-5', '7'), values={})
    """
    numbers = sorted(rows)
    breaks = [at for at, (item, following) in enumerate(pairwise(numbers), start=1) if following != item + 1]
    starts, ends = [0, *breaks], [*breaks, len(numbers)]
    ranges = [(numbers[start], numbers[end - 1]) for start, end in zip(starts, ends, strict=True) if end > start]
    shown = tuple(f"{item}-{other}" if other > item else str(item) for item, other in ranges)
    return DroppedRows(key, len(numbers), shown, values or {})


def check_balance(layer: str, read: int, used: int, aside: Sequence[DroppedRows]) -> None:
    """Stop where a row was lost on the way; that is a defect of the planner, not of the data."""
    left_out = sum(item.count for item in aside)
    if read != used + left_out:
        message = f"{layer}: {read} rows were read, but {used} are used and {left_out} set aside"
        raise AssertionError(message)
