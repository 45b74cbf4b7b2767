"""No gap of a text reaches a user: every place that says one gives all its values."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from planner.io.layer_read import drop_rows
from planner.messages.catalogue import LANGUAGES, Phrase, Texts, catalogue, gaps_of
from planner.messages.notices import Notice

PLANNER = Path(__file__).parents[2] / "planner"

PREFIXES = {"Issue": "errors.", "Notice": "notices.", "drop_rows": "notices.", "say": "report.", "word": "words."}
"""What a call puts before its key."""


def _calls() -> Iterator[tuple[str, str, set[str], bool]]:
    """Yield of each place that says a text: where, its key as a pattern, the values, whether there may be more."""
    for file in sorted(PLANNER.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and node.args):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            key = pattern(node.args[0])
            if name not in {*PREFIXES, "Phrase", "texts"} or key is None:
                continue
            where = f"{file.relative_to(PLANNER)}:{node.lineno}"
            given = {keyword.arg for keyword in node.keywords}
            key = re.escape(PREFIXES.get(name, "")) + key
            if name in {"texts", "say", "word"}:
                yield where, key, {one for one in given if one}, None in given
                continue
            position = {"Issue": 1, "Phrase": 1, "Notice": 4, "drop_rows": 2}[name]
            values = next((keyword.value for keyword in node.keywords if keyword.arg == "values"), None)
            if values is None and len(node.args) > position:
                values = node.args[position]
            if isinstance(values, ast.Dict):
                named = {one.value for one in values.keys if isinstance(one, ast.Constant)}
                yield where, key, named, None in values.keys
            else:
                yield where, key, set(), values is not None


@cache
def calls() -> list[tuple[str, str, set[str], bool]]:
    """Return all of them, looked for when the first test needs them."""
    return list(_calls())


def pattern(key: ast.expr) -> str | None:
    """Return a pattern of the keys that an expression may be: a text, or one with parts that are put in."""
    if isinstance(key, ast.Constant):
        return re.escape(key.value) if isinstance(key.value, str) else None
    if isinstance(key, ast.JoinedStr):
        return "".join(
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+" for part in key.values
        )
    return None


OTHER_CALLS = 5
"""How many calls have the name of a function that says a text, and are none."""


def test_the_calls_are_found() -> None:
    assert len(calls()) > 500
    assert len({key for _, key, _, _ in calls()}) > 400


def test_every_text_is_said_with_its_values() -> None:
    wrong, unknown = [], []
    for where, key, values, more in calls():
        found = [one for one in catalogue() if re.fullmatch(key, one)]
        # Of a key that is put together when it is said, not every text that fits its pattern is meant.
        lacking = {one: set(gaps_of(one)) - values for one in found}
        if not found:
            unknown.append(where)
        elif not more and all(lacking.values()):
            wrong.append(f"{where}: {lacking}")
        elif len(found) == 1 and not values <= gaps_of(found[0]):
            wrong.append(f"{where}: {found[0]} has no {values - gaps_of(found[0])}")
    assert wrong == []
    # Another function of the same name says no text of the catalogue.
    assert len(unknown) <= OTHER_CALLS, unknown


def test_every_text_can_be_filled_and_not_without_its_values() -> None:
    wrong = []
    for key, entry in catalogue().items():
        assert set(entry) <= set(LANGUAGES), key
        gaps = gaps_of(key)
        for language in entry:
            texts = Texts(language)
            # A number takes every format that a text may ask for.
            said = texts(key, **dict.fromkeys(gaps, 7))
            unfilled = [name for name in gaps if f"{{{name}}}" in said]
            # A number that only chooses a plural is not asked for by a language that has none.
            needed = gaps - {gap for gap in gaps - named_in(entry[language]) if only_plurals(gap, entry.values())}
            fillings = {gap: dict.fromkeys(gaps - {gap}, 7) for gap in needed}
            said_without = [gap for gap in needed if not lacks(lambda: texts(key, **fillings[gap]))]  # noqa: B023
            said_bare = bool(needed) and not lacks(lambda: Phrase(key).in_words(language))  # noqa: B023
            if unfilled or said_without or said_bare:
                wrong.append((key, language, unfilled, said_without, said_bare))
    assert wrong == []


def named_in(text: str) -> set[str]:
    """Return the values that a text names."""
    return set(re.findall(r"\{(\w+)", text))


def only_plurals(gap: str, texts: Iterable[str]) -> bool:
    """Tell whether a value chooses between singular and plural wherever it stands."""
    return not any(re.search(rf"\{{{gap}(?!:\|)\b", text) for text in texts)


def lacks(say: Callable[[], str]) -> bool:
    """Tell whether a text refuses to be said for a value that is not given."""
    try:
        say()
    except KeyError:
        return True
    return False


def test_dropped_rows_name_what_they_speak_of() -> None:
    aside = drop_rows("people_table_unmatched", [3], {"found": "海勃湾区"})
    assert "海勃湾区" in aside.in_words("zh")
    assert "海勃湾区" in aside.in_words("en")
    with pytest.raises(KeyError):
        drop_rows("people_table_unmatched", [3]).in_words("zh")
    with pytest.raises(KeyError):
        Notice("people_table_unmatched", "people_table").entry()
