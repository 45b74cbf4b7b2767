"""TOML files that a user wrote, read within limits: mistakes explained, former names of settings accepted."""

from __future__ import annotations

import codecs
import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from planner.messages.catalogue import DEFAULT_LANGUAGE, Phrase
from planner.messages.errors import system_reason

FULL_WIDTH_SIGNS = re.compile("[“”‘’＂＝［］｛｝，．＃：\u3000]")
PLACE = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)$")
SHOWN_CHARACTERS = 80

REASONS = (
    (r"Unescaped '\\' in a string|Invalid hex value", "backslash"),
    (r"Illegal character '\\n'|Unterminated string|Expected \"'", "quote"),
    (r"Cannot declare (?P<name>.+) twice", "twice"),
    (r"Cannot overwrite a value|Duplicate inline table key", "repeated"),
    (r"Expected '=' after a key", "equals"),
    (r"Expected '\]|Unclosed array|Unclosed inline table", "bracket"),
    (r"Invalid initial character for a key part|Invalid statement", "name"),
    (r"Invalid value", "value"),
    (r"Expected newline", "rest"),
)
"""Messages of `tomllib`, and our entry ``toml_…`` for each."""


def explain_mistake(message: str, text: str) -> Phrase:
    r"""Return where a text is no TOML, and what to do.

    Parameters
    ----------
    message
        Of `tomllib`.
    text
        The whole text.

    Examples
    --------
    >>> explain_mistake("Invalid value (at line 1, column 8)", "name = “Toy”").in_words("en")
    'line 1, column 8, `name = “Toy”`: full-width signs (“ ” ＝ ，) stand where " = , are needed'
    """
    lines = text.splitlines() or [""]
    place = PLACE.search(message)
    number = int(place[1]) if place and place[1] else len(lines)
    # A line that is not closed is found at its end, or on the next.
    line = lines[min(number, len(lines)) - 1]
    values = {
        "line": number,
        "column": place[2] if place and place[2] else len(line) + 1,
        "text": line.strip()[:SHOWN_CHARACTERS],
        "reason": _reason(message, line),
    }
    return Phrase("errors.toml_at", values)


def _reason(message: str, line: str) -> Phrase | str:
    if FULL_WIDTH_SIGNS.search(re.sub(r"\"[^\"]*\"|'[^']*'|#.*", "", line)):
        return Phrase("errors.toml_full_width")
    for pattern, key in REASONS:
        match = re.search(pattern, message)
        if match:
            name = ".".join(re.findall(r"'([^']+)'", match.groupdict().get("name") or ""))
            return Phrase(f"errors.toml_{key}", {"name": name})
    return Phrase("errors.toml_backslash") if "\\" in line else PLACE.sub("", message).strip()


BYTES_AT_MOST = 2 * 2**20
"""A study with every setting explained has some 30,000; lists of a whole district's ids some 100,000."""

DEEPEST = 24
"""Tables within tables; the settings have five levels."""

LARGEST = 2**63
"""TOML's whole numbers have 64 bits."""

LONG_KEY = re.compile(r"(?<![\w\-\"'])(?:[\w\-\"']++\s*+\.\s*+){50}")
"""A key of so many parts; the reader of TOML takes the square of their number."""

LANGUAGE = re.compile(r"""^\s*["']?language["']?\s*=\s*["'“‘＂]?(\w+)""", re.MULTILINE)


class NotReadError(Exception):
    """A file that is not read, and why."""

    def __init__(self, reason: Phrase | str) -> None:
        self.reason = reason
        super().__init__(str(reason))


class NotTomlError(NotReadError):
    """A text that is no TOML, or holds what no setting can be, and why."""


def study_path(path: Path) -> Path:
    """Return the study file that is meant: of a folder, the `study.toml` in it."""
    return path / "study.toml" if os.path.isdir(path) else path  # noqa: PTH112 - Path.is_dir raises for some names


def toml_text(path: Path) -> str:
    """Return the text of a file.

    Raises
    ------
    NotReadError
        It is not there, is no file, is too large, or is not UTF-8.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise NotReadError(Phrase("errors.why_no_file"))
        if status.st_size > BYTES_AT_MOST:
            values = {"size": f"{status.st_size / 2**20:,.1f}", "most": f"{BYTES_AT_MOST / 2**20:,.0f}"}
            raise NotReadError(Phrase("errors.why_too_long", values))
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotReadError(Phrase("errors.why_not_utf8")) from error
    except OSError as error:
        raise NotReadError(system_reason(error)) from error
    except ValueError as error:
        raise NotReadError(str(error)) from error


def parse_toml(text: str) -> dict[str, Any]:
    """Return the tables of a text.

    Raises
    ------
    NotTomlError
        It is no TOML, or is nested deeper or holds larger numbers than any setting.

    Examples
    --------
    >>> parse_toml('name = "Toy"')
    {'name': 'Toy'}
    """
    if LONG_KEY.search(text):
        raise NotTomlError(Phrase("errors.why_deep"))
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NotTomlError(explain_mistake(str(error), text)) from error
    except RecursionError as error:
        raise NotTomlError(Phrase("errors.why_deep")) from error
    except ValueError as error:
        # Python reads no number of some thousand digits.
        raise NotTomlError(Phrase("errors.why_big_number")) from error
    _check(content)
    return content


def language_of_file(path: Path) -> str | None:
    """Return the language that a file asks for, as far as it can be read at all; None where it cannot.

    One slip elsewhere in the file, or another encoding, leaves the line with the language readable.
    """
    path = study_path(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return None
        with path.open("rb") as file:
            content = file.read(BYTES_AT_MOST)
    except (OSError, ValueError):
        return None
    is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    line = LANGUAGE.search(content.decode("utf-16" if is_wide else "utf-8", errors="replace"))
    return line[1] if line else DEFAULT_LANGUAGE


def _check(content: dict[str, Any]) -> None:
    left: list[tuple[object, int]] = [(content, 0)]
    while left:
        value, depth = left.pop()
        if depth > DEEPEST:
            raise NotTomlError(Phrase("errors.why_deep"))
        if isinstance(value, dict):
            left += [(inner, depth + 1) for inner in value.values()]
        elif isinstance(value, list):
            left += [(inner, depth + 1) for inner in value]
        elif isinstance(value, int) and not -LARGEST <= value < LARGEST:
            raise NotTomlError(Phrase("errors.why_big_number"))


RENAMED: Mapping[str, str] = {
    "circles": "business_areas",
    "demand.kinds": "groups",
    "inputs.communities.columns.street": "subdistrict",
    "inputs.people_table.columns.street": "subdistrict",
    "programme.projects.settles": "resolves",
    "programme.projects.street": "subdistrict",
    "programme.starts_per_street": "max_starts_per_subdistrict",
    "siting.apart_m": "min_spacing_m",
    "siting.barrier_m": "barrier_clearance_m",
    "siting.fade_min": "zero_coverage_min",
    "siting.free": "relocatable",
    "siting.origins": "sources",
}
"""New name by the dotted path of the former one; a list of tables counts as one table."""


def with_new_names(content: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Return settings by their new names; a former name beside its new one is left, to be refused.

    Examples
    --------
    >>> with_new_names({"programme": {"starts_per_street": 2}})
    {'programme': {'max_starts_per_subdistrict': 2}}
    """
    result: dict[str, Any] = {}
    for name, value in content.items():
        new = RENAMED.get(f"{path}{name}", name)
        result[name if new in content else new] = _renamed_inside(value, f"{path}{name}.")
    return result


def _renamed_inside(value: object, path: str) -> object:
    if isinstance(value, Mapping):
        return with_new_names(value, path)
    if isinstance(value, list | tuple):
        return type(value)(_renamed_inside(one, path) for one in value)
    return value


def former_names(content: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the dotted paths of former names in some settings, each with its new name.

    Examples
    --------
    >>> list(former_names({"programme": {"starts_per_street": 2}}))
    [('programme.starts_per_street', 'max_starts_per_subdistrict')]
    """
    for name, value in content.items():
        if f"{path}{name}" in RENAMED:
            yield f"{path}{name}", RENAMED[f"{path}{name}"]
        tables = value if isinstance(value, list | tuple) else [value]
        for table in tables:
            if isinstance(table, Mapping):
                yield from former_names(table, f"{path}{name}.")
