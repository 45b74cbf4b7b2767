"""A short study file: only what is this district's, each guess with its reason, each doubt as a question.

A question is what follows ``#?`` on a line: behind a value that may be otherwise, or before a setting that waits
for an answer. `planner check` lists them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from planner.config.toml_files import NotReadError, study_path, toml_text
from planner.messages.catalogue import Language, Phrase, Texts

MARK = "#?"
LINES_AT_MOST = 40
INLINE_WORDS = 3
"""So many words of values stand on one line, if none has a reason."""

ORDER = ("path", "layer", "source", "crs", "datum", "columns", "values")


@dataclass(frozen=True, slots=True)
class StudyLine:
    """A setting of a study file."""

    key: str
    value: object
    """`key`, `value`: Its name, and what it is set to: a text, a table of texts, or lines of their own."""
    reason: Phrase | str = ""
    """Why; "" where the value speaks for itself."""
    asks: bool = False
    """True if the user must confirm it."""
    is_comment: bool = False
    """True if it is not set until the user answers."""

    def in_words(self, language: Language) -> str:
        """Return the line of the file."""
        setting = f"{_key(self.key)} = {toml_value(self.value)}"
        reason = self.reason.in_words(language) if isinstance(self.reason, Phrase) else self.reason
        # A name may hold any sign; a comment ends with its line.
        reason = " ".join(reason.split())
        if self.is_comment:
            return f"{MARK} {setting}  # {reason}"
        mark = MARK if self.asks else "#"
        return f"{setting}  {mark} {reason}" if reason else setting


def short_study(
    name: str, language: Language, tables: Mapping[str, Sequence[StudyLine]], settings: Sequence[StudyLine] = ()
) -> str:
    """Return a study file.

    Parameters
    ----------
    name
        The study's name.
    language
        The language of the file's comments, and of the study.
    tables
        Lines of each input table; under "" those of `[inputs]` itself.
    settings
        Further lines, which stand above the inputs.

    Examples
    --------
    >>> lines = {"streets": (StudyLine("path", "roads.osm"),)}
    >>> print(short_study("Toy", "en", lines).partition("name")[2])
     = "Toy"
    language = "en"
    <BLANKLINE>
    [inputs.streets]
    path = "roads.osm"
    <BLANKLINE>
    """
    whole = [*_lines(name, language, tables, settings, compact=False)]
    if len(whole) > LINES_AT_MOST:
        whole = [*_lines(name, language, tables, settings, compact=True)]
    return "\n".join(whole) + "\n"


def _lines(
    name: str,
    language: Language,
    tables: Mapping[str, Sequence[StudyLine]],
    settings: Sequence[StudyLine],
    *,
    compact: bool,
) -> Iterator[str]:
    texts = Texts(language)
    yield f"# {texts('recognition.header')}"
    yield f"# {texts('recognition.header_questions')}"
    yield f"name = {toml_value(name)}"
    yield f"language = {toml_value(language)}"
    yield from (line.in_words(language) for line in settings)
    for table, lines in sorted(tables.items(), key=lambda item: item[0] != ""):
        if not lines:
            continue
        yield from () if compact else ("",)
        yield f"[inputs.{table}]" if table else "[inputs]"
        yield from _table(table, sorted(lines, key=_place), language, compact=compact)


def _table(table: str, lines: Sequence[StudyLine], language: Language, *, compact: bool) -> Iterator[str]:
    for line in lines:
        if not isinstance(line.value, tuple):
            yield line.in_words(language)
            continue
        words: tuple[StudyLine, ...] = line.value
        if compact or (len(words) <= INLINE_WORDS and not any(word.reason for word in words)):
            questions = [word for word in words if word.asks]
            value = {word.key: word.value for word in words if not word.is_comment}
            reason = questions[0].reason if questions else line.reason
            yield StudyLine(line.key, value, reason, asks=bool(questions)).in_words(language)
        else:
            yield f"[inputs.{table}.{line.key}]"
            yield from (word.in_words(language) for word in words)


def _place(line: StudyLine) -> int:
    return ORDER.index(line.key) if line.key in ORDER else len(ORDER)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else toml_value(key)


def toml_value(value: object) -> str:
    """Return a value as TOML writes it on one line: a text, a number, a list, or an inline table."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(str(key))} = {toml_value(inner)}' for key, inner in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    # JSON's texts are TOML's, but for a sign that no file name has.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


@dataclass(frozen=True, slots=True)
class Question:
    """A question in a study file: the number of its line, counted from 1, and the line."""

    line: int
    text: str


def open_questions(path: Path) -> tuple[Question, ...]:
    """Return the questions of a study file; () where it cannot be read.

    Parameters
    ----------
    path
        The file, or its folder.
    """
    try:
        text = toml_text(study_path(path))
    except NotReadError:
        return ()
    return tuple(
        Question(number, " ".join(line.split()))
        for number, line in enumerate(text.split("\n"), start=1)
        if MARK in re.sub(r'"(?:[^"\\]|\\.)*"', "", line) and not re.match(r"\s*#(?!\?)", line)
    )
