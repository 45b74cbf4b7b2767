"""Every sentence that a user reads, in Chinese and English, from one catalogue.

The catalogue is the TOML files in this folder: `[<key>]` with one entry a language. A key is named by its
file and its table, as in ``errors.missing_column``.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Literal, get_args

from planner.messages.printable import shown

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return every text by key and language.

    Examples
    --------
    >>> sorted(catalogue()["words.people"])
    ['en', 'zh']
    """
    folder = resources.files("planner.messages")
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    return {
        f"{file.name.removesuffix('.toml')}.{key}": entry
        for file in files
        for key, entry in tomllib.loads(file.read_text("utf-8")).items()
    }


def has_text(key: str) -> bool:
    """Tell whether the catalogue has a text of this key."""
    return key in catalogue()


def gaps_of(key: str) -> frozenset[str]:
    """Return the names of the values that a text needs.

    Examples
    --------
    >>> sorted(gaps_of("errors.did_you_mean")), sorted(gaps_of("words.people"))
    (['name'], [])
    """
    parsed = (part for text in catalogue()[key].values() for part in string.Formatter().parse(text))
    return frozenset(name for _, name, _, _ in parsed if name is not None)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text that is chosen now and said later, when the language is known; values may be phrases themselves.

    Examples
    --------
    >>> Phrase("words.people").in_words("zh")
    '人口'
    """

    key: str
    values: Mapping[str, object] = field(default_factory=dict)

    def in_words(self, language: Language) -> str:
        """Say it in `language`."""
        values = {
            name: value.in_words(language) if isinstance(value, Phrase) else value
            for name, value in self.values.items()
        }
        return Texts(language)(self.key, **values)


@dataclass(frozen=True, slots=True)
class Texts:
    """The catalogue in one language, with that language's numbers.

    Examples
    --------
    >>> Texts("en")("words.people"), Texts("zh").percent(0.4567)
    ('people', '45.7%')
    """

    language: Language

    def __call__(self, key: str, /, **values: object) -> str:
        """Return the text of `key` with `values` filled in; a missing key, or a missing value, is a KeyError.

        No text reaches a user with a gap in it: there is no way to say one without its values.
        """
        text = catalogue()[key][self.language]
        # What is quoted may be any file's or cell's: it must not steer the terminal that it is shown in.
        quoted = {name: shown(value) if isinstance(value, str) else value for name, value in values.items()}
        return text.format(**quoted)

    def template(self, key: str) -> str:
        """Return the text of `key` with its gaps, for a page whose script fills them."""
        return catalogue()[key][self.language]

    def whole(self, number: float) -> str:
        """Write a count: rounded to a whole number, thousands marked."""
        return f"{number:,.0f}"

    def number(self, number: float, digits: int = 1) -> str:
        """Write a measured number with `digits` decimals, thousands marked."""
        return f"{number:,.{digits}f}"

    def percent(self, share: float) -> str:
        """Write a share (0–1) in per cent with one decimal."""
        return f"{share:.1%}"
