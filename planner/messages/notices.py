"""Notices: what could not be done for one row, or what a reader must know, with the reason.

A notice is neither a crash nor a silence: it stands in the results and in the report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from planner.messages.catalogue import Language, Phrase, Texts, has_text, translate


@dataclass(frozen=True, slots=True)
class Notice:
    """One reason, the table and the rows that it concerns, and how many people it touches."""

    key: str
    table: str
    rows: tuple[str, ...] = ()
    people: float = 0.0
    values: Mapping[str, object] = field(default_factory=dict)

    def in_words(self, language: Language) -> str:
        """Return the reason in `language`, without the rows."""
        return Phrase(f"notices.{self.key}", self.values).in_words(language)

    def entry(self) -> dict[str, Any]:
        """Return it as plain values, the reason in every language."""
        return {
            "key": self.key,
            "table": self.table,
            "rows": list(self.rows),
            "people": self.people,
            **translate(self),
        }


def layer_name(table: str, texts: Texts) -> str:
    """Return what a table is called, a layer of a further kind of people by its id.

    Examples
    --------
    >>> layer_name("streets", Texts("zh")), layer_name("kinds.workers", Texts("en"))
    ('道路图层', 'a population group [workers]')
    """
    kind, _, of = table.partition(".")
    key = f"words.layer_{kind}"
    return (texts(key) if has_text(key) else kind) + (f" [{of}]" if of else "")


def input_name(layer: str, texts: Texts) -> str:
    """Return what products call an input layer, that of a group or a service with its id.

    Examples
    --------
    >>> input_name("streets", Texts("en")), input_name("services.canteen", Texts("en"))
    ('streets', 'facilities of a service [canteen]')
    """
    kind, _, of = layer.partition(".")
    return texts(f"words.input_{kind}") + (f" [{of}]" if of else "")


def input_kinds(layers: Iterable[str], texts: Texts) -> list[str]:
    """Return what sentences call input layers: each kind of layer once, without an id.

    Examples
    --------
    >>> input_kinds(["streets", "services.canteen", "services.market"], Texts("en"))
    ['streets', 'facilities of a service']
    """
    return list(dict.fromkeys(texts(f"words.input_{layer.partition('.')[0]}") for layer in layers))


OF_A_FILE = frozenset(
    {
        "encoding_contradicted",
        "encoding_doubtful",
        "hidden_sheets",
        "reader_warns",
        "osm_not_there",
        "osm_unnamed_nodes",
    }
)
"""Notices on a file as a whole: which one is reported only by its table."""


def reason_of(notice: Notice, texts: Texts) -> str:
    """Return the reason of a notice; where it names rows or cells, with the table in which they stand."""
    reason = notice.in_words(texts.language)
    names_table = notice.rows or {"column", "columns"} & notice.values.keys() or notice.key in OF_A_FILE
    if not names_table:
        return reason
    return texts("words.of_table", table=layer_name(notice.table, texts), reason=reason)
