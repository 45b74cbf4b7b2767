"""TOML files that a user wrote, read within limits: the study, its rules, its tables of kinds.

What is wrong is said as a reason that stands in a sentence of the caller's, with what to do about it.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

from planner.config.toml_mistakes import explain_mistake
from planner.messages.catalogue import DEFAULT_LANGUAGE, Phrase
from planner.messages.errors import system_reason

BYTES_AT_MOST = 2 * 2**20
"""A study with every setting explained has some 30,000; lists of a whole district's ids some 100,000."""

DEEPEST = 24
"""Tables within tables; the settings have five levels."""

LARGEST = 2**63
"""TOML's whole numbers have 64 bits."""

FULL_WIDTH = re.compile("[“”‘’＂＇＝［］｛｝，．＃\u3000]")
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


def asked_language(path: Path) -> str | None:
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
