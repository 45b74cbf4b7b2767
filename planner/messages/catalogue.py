"""User-visible texts, one folder a language: ``<language>/<file>.toml`` with one entry a key.

A gap ``{name:|one|many}`` is the first word where the value is 1, else the second.

A key is named by its file and its entry, as in ``errors.missing_column``. A folder with a ``language.toml`` is a
language; the English meanings of settings are the docstrings in `planner.config`.
"""

from __future__ import annotations

import locale
import os
import re
import string
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Protocol

from planner.messages.printable import quote_printable

Language = str
"""A language's code: the name of its folder."""

DEFAULT_LANGUAGE: Language = "zh"
"""The language of a study that names none."""

SOURCE_LANGUAGE: Language = "en"
"""The language of docstrings, of exceptions in Python, and of messages for a study that is not readable."""


@dataclass(frozen=True, slots=True)
class Locale:
    """A language's ``language.toml``."""

    name: str
    """The language's name in itself."""
    html: str
    """The code that HTML and Word files declare."""
    letters: str = ""
    """Regular expression of letters by which a place name is recognised as of this language; empty for none."""
    sentence_joint: str = " "
    """Text between two sentences of a paragraph."""


def _folders() -> Iterator[Traversable]:
    folder = resources.files("planner.messages")
    return (f for f in folder.iterdir() if f.is_dir() and f.joinpath("language.toml").is_file())


LANGUAGES: tuple[Language, ...] = tuple(
    sorted((folder.name for folder in _folders()), key=lambda name: (name != DEFAULT_LANGUAGE, name))
)
"""Every language of the catalogue, the default first."""


@cache
def locale_of(language: Language) -> Locale:
    """Return a language's locale.

    Examples
    --------
    >>> locale_of("zh").html
    'zh-CN'
    """
    return Locale(**_read(resources.files("planner.messages").joinpath(language, "language.toml")))


def detect_language(text: str) -> Language:
    """Return the language whose letters a text holds, else English.

    Examples
    --------
    >>> detect_language("海勃湾区"), detect_language("Helsinki")
    ('zh', 'en')
    """
    matches = (name for name in LANGUAGES if (letters := locale_of(name).letters) and re.search(letters, text))
    return next(matches, SOURCE_LANGUAGE)


@cache
def catalogue() -> dict[str, dict[Language, str]]:
    """Return every text by key and language.

    Examples
    --------
    >>> sorted(catalogue()["words.people"])
    ['en', 'zh']
    """
    texts: dict[str, dict[Language, str]] = {}
    for folder in sorted(_folders(), key=lambda f: LANGUAGES.index(f.name)):
        for file in sorted(folder.iterdir(), key=lambda f: f.name):
            if file.name != "language.toml":
                stem = file.name.removesuffix(".toml")
                for key, text in _read(file).items():
                    texts.setdefault(f"{stem}.{key}", {})[folder.name] = text
    return texts


def _read(file: Traversable) -> dict[str, str]:
    return tomllib.loads(file.read_text("utf-8"))


def has_text(key: str) -> bool:
    """Return whether the catalogue has a text of this key."""
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


class Words(Protocol):
    """Anything that is put into words once the language is known."""

    def in_words(self, language: Language, /) -> str:
        """Return the words in a language."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text whose language is chosen later; its values may be phrases themselves.

    Examples
    --------
    >>> Phrase("words.people").in_words("zh")
    '人口'
    """

    key: str
    values: Mapping[str, object] = field(default_factory=dict)

    def in_words(self, language: Language) -> str:
        """Return the text in `language`."""
        values = {
            name: value.in_words(language) if isinstance(value, Phrase) else value
            for name, value in self.values.items()
        }
        return Texts(language)(self.key, **values)


def translate(words: Words) -> dict[Language, str]:
    """Return words in every language, for results that keep all of them.

    Examples
    --------
    >>> translate(Phrase("words.people"))
    {'en': 'people', 'zh': '人口'}
    """
    return {language: words.in_words(language) for language in sorted(LANGUAGES)}


def localized(entry: Mapping[str, Any], language: Language) -> str:
    """Return the words of an entry that has them by language, in English if it lacks `language`.

    Examples
    --------
    >>> localized({"en": "people", "zh": "人口"}, "zh"), localized({"en": "people"}, "zh")
    ('人口', 'people')
    """
    return str(entry.get(language) or entry[SOURCE_LANGUAGE])


class PluralFormatter(string.Formatter):
    """Formatter of texts with gaps that depend on a number.

    Examples
    --------
    >>> [PluralFormatter().format("{n} {n:|site|sites}", n=n) for n in ("1", 0)]
    ['1 site', '0 sites']
    """

    def format_field(self, value: object, format_spec: str) -> str:
        """Write a value, or the word for its number."""
        if not format_spec.startswith("|"):
            return str(super().format_field(value, format_spec))
        one, many = format_spec[1:].split("|")
        return one if str(value) == "1" else many


PLURAL = PluralFormatter()


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

        No text reaches a user with a gap in it.
        """
        text = catalogue()[key][self.language]
        # What is quoted may be any file's or cell's: it must not steer the terminal that it is shown in.
        quoted = {
            name: quote_printable(value) if isinstance(value, str) else value for name, value in values.items()
        }
        return PLURAL.format(text, **quoted) if ":|" in text else text.format(**quoted)

    def template(self, key: str) -> str:
        """Return the text of `key` with its gaps, for a page whose script fills them."""
        return catalogue()[key][self.language]

    def paragraph(self, sentences: Iterable[str]) -> str:
        """Join sentences as the language does.

        Examples
        --------
        >>> Texts("zh").paragraph(["一。", "二。"]), Texts("en").paragraph(["One.", "Two."])
        ('一。二。', 'One. Two.')
        """
        return locale_of(self.language).sentence_joint.join(sentences)

    def whole(self, number: float) -> str:
        """Write a count: rounded to a whole number, thousands marked."""
        return f"{number:,.0f}"

    def number(self, number: float, digits: int = 1) -> str:
        """Write a measured number with `digits` decimals, thousands marked."""
        return f"{number:,.{digits}f}"

    def percent(self, share: float) -> str:
        """Write a share (0–1) in per cent with one decimal."""
        return f"{share:.1%}"


KNOWN_UNITS = {"元": "yuan", "千元": "yuan_1e3", "万元": "yuan_1e4", "百万元": "yuan_1e6", "亿元": "yuan_1e8"}
"""The Chinese units that `costs.unit` may name, with their texts; any other is printed as given."""


def money_unit(unit: str, texts: Texts) -> str:
    """Return a unit of money by itself, as in a heading.

    Examples
    --------
    >>> money_unit("万元", Texts("en")), money_unit("万元", Texts("zh")), money_unit("EUR", Texts("en"))
    ('10,000 CNY', '万元', 'EUR')
    """
    key = KNOWN_UNITS.get(unit.strip())
    return texts(f"words.money_{key}") if key else unit


def unit_of_amount(unit: str, texts: Texts) -> str:
    """Return a unit of money as it stands behind a number: two numbers side by side would read as one.

    Examples
    --------
    >>> unit_of_amount("万元", Texts("en")), unit_of_amount("元", Texts("en")), unit_of_amount("万元", Texts("zh"))
    ('× 10,000 CNY', 'CNY', '万元')
    """
    unit_name = money_unit(unit, texts)
    return f"× {unit_name}" if unit_name[:1].isdigit() else unit_name


VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Environment variables that name a locale; the first that is set counts, as for other programs."""

WINDOWS_NAMES: Mapping[str, Language] = {"chinese": "zh", "english": "en"}
"""How Windows names the languages of a locale."""


def language_of_locale(name: str) -> Language | None:
    """Return the language of a locale's name; None for one that has no texts, and for C and POSIX.

    Examples
    --------
    >>> language_of_locale("zh_CN.UTF-8"), language_of_locale("Chinese (Simplified)_China.936")
    ('zh', 'zh')
    >>> language_of_locale("C.UTF-8")
    """
    code = name.replace("-", "_").partition("_")[0].partition(".")[0].lower()
    code = WINDOWS_NAMES.get(code.partition(" ")[0], code)
    return code if code in LANGUAGES else None


def user_language(environment: Mapping[str, str] | None = None) -> Language | None:
    """Return the language that the environment requests; None where it names none that has texts.

    Parameters
    ----------
    environment
        Variables; None for those of the process.

    Examples
    --------
    >>> user_language({"LANG": "zh_CN.UTF-8"}), user_language({"LC_ALL": "en_GB", "LANG": "zh_CN"})
    ('zh', 'en')
    """
    variables = os.environ if environment is None else environment
    named = next((variables[name] for name in VARIABLES if variables.get(name)), "")
    if not named and os.name == "nt" and environment is None:
        named = locale.getlocale()[0] or ""
    return language_of_locale(named)
