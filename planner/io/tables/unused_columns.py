"""Columns that nothing reads, and field names that a shapefile has cut off."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from planner.io.tables.cells import plain
from planner.io.tables.columns import Claim, Vocabulary, column_names

DBF_NAME_BYTES = 10
"""A field's name in the table of a shapefile is cut off behind so many bytes."""

LONGEST_CHARACTER = 3
"""Bytes of a Chinese character in UTF-8: a name may end so many bytes before the cut."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A column that nothing reads, and the field that it may have meant; "" where none is near."""

    column: str
    near: str = ""


def unread_columns(
    headings: Iterable[str], read: Collection[str], vocabulary: Vocabulary, fields: Collection[str]
) -> tuple[Unread, ...]:
    """Return the columns that nothing reads.

    Parameters
    ----------
    headings
        All columns of the file.
    read
        Those that are read.
    vocabulary
        The names of the table's fields.
    fields
        The fields that have a column.

    Examples
    --------
    >>> words = Vocabulary.of("facilities", ("name", "floor_area_m2"), {})
    >>> unread_columns(["名称", "阵地建筑面积", "备注"], ["名称"], words, ["name"])
    (Unread(column='阵地建筑面积', near='floor_area_m2'), Unread(column='备注', near=''))
    """
    free = [field for field in vocabulary.fields if field not in fields and field not in vocabulary.explicit]
    return tuple(Unread(name, vocabulary.nearest_field(name, free) or "") for name in headings if name not in read)


def as_words(columns: Sequence[Unread]) -> str:
    """Return columns as a message lists them, each with the field that it may have meant."""
    return ", ".join(f"{one.column} ({one.near}?)" if one.near else one.column for one in columns)


def cut_claim(heading: str, vocabulary: Vocabulary, encoding: str) -> Claim | None:
    """Return what field a name means that the 10 bytes of a shapefile's names have cut off; None where not plain.

    Examples
    --------
    >>> words = Vocabulary.of("facilities", ("floor_area_m2", "community", "activity_area_m2"), {})
    >>> [cut_claim(name, words, "utf-8").field for name in ("建筑面", "所属社", "activity_a")]
    ['floor_area_m2', 'community', 'activity_area_m2']
    """
    if not DBF_NAME_BYTES - LONGEST_CHARACTER < len(_bytes(heading, encoding)) <= DBF_NAME_BYTES:
        return None
    fields = {field for name, field in _names(vocabulary) if _cut(name, encoding) == heading.lower() != name}
    return Claim(fields.pop()) if len(fields) == 1 else None


def _names(vocabulary: Vocabulary) -> Iterable[tuple[str, str]]:
    """Yield the names of the table as a shapefile may write them, with their field."""
    for field in vocabulary.fields:
        names = column_names().get(vocabulary.table, {}).get(field, ())
        for name in (field, *names):
            yield name.lower(), field
            yield name.lower().replace(" ", "_"), field
            yield plain(name), field


def _bytes(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return text.encode("utf-8")


def _cut(name: str, encoding: str) -> str:
    content = _bytes(name, encoding)[:DBF_NAME_BYTES]
    try:
        return content.decode(encoding or "utf-8", errors="ignore")
    except LookupError:
        return content.decode("utf-8", errors="ignore")
