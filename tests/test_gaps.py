"""No gap of a text reaches a user: every place that says one gives all its values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from planner.io.row_audit import set_aside
from planner.messages.catalogue import LANGUAGES, Phrase, Texts, catalogue, gaps_of
from planner.messages.notices import Remark

PLANNER = Path(__file__).parent.parent / "planner"

PREFIXES = {"Breach": "errors.", "Remark": "remarks.", "set_aside": "remarks.", "say": "report.", "word": "words."}
"""What a call puts before its key."""


def calls() -> Iterator[tuple[str, str, set[str], bool]]:
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
            position = {"Breach": 1, "Phrase": 1, "Remark": 4, "set_aside": 2}[name]
            values = next((keyword.value for keyword in node.keywords if keyword.arg == "values"), None)
            if values is None and len(node.args) > position:
                values = node.args[position]
            if isinstance(values, ast.Dict):
                named = {one.value for one in values.keys if isinstance(one, ast.Constant)}
                yield where, key, named, None in values.keys
            else:
                yield where, key, set(), values is not None


def pattern(key: ast.expr) -> str | None:
    """Return a pattern of the keys that an expression may be: a text, or one with parts that are put in."""
    if isinstance(key, ast.Constant):
        return re.escape(key.value) if isinstance(key.value, str) else None
    if isinstance(key, ast.JoinedStr):
        return "".join(
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+" for part in key.values
        )
    return None


CALLS = list(calls())


def test_the_calls_are_found() -> None:
    assert len(CALLS) > 500
    assert len({key for _, key, _, _ in CALLS}) > 400


@pytest.mark.parametrize(
    ("where", "key", "values", "more"), CALLS, ids=[f"{where} {key}" for where, key, _, _ in CALLS]
)
def test_a_text_is_said_with_its_values(where: str, key: str, values: set[str], more: bool) -> None:  # noqa: FBT001
    found = [one for one in catalogue() if re.fullmatch(key, one)]
    if not found:
        pytest.skip("not a text of the catalogue: another function of this name")
    # Of a key that is put together when it is said, not every text that fits its pattern is meant.
    lacking = {one: set(gaps_of(one)) - values for one in found}
    assert more or not all(lacking.values()), f"{where}: {lacking}"
    if len(found) == 1:
        assert values <= gaps_of(found[0]), f"{where}: {found[0]} has no {values - gaps_of(found[0])}"


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_a_text_can_be_filled_and_not_without_its_values(key: str) -> None:
    gaps = gaps_of(key)
    for language in catalogue()[key]:
        assert language in LANGUAGES
        # A number takes every format that a text may ask for.
        said = Texts(language)(key, **dict.fromkeys(gaps, 7))  # type: ignore[arg-type]
        assert not any(f"{{{name}}}" in said for name in gaps)
        for gap in gaps:
            with pytest.raises(KeyError):
                Texts(language)(key, **dict.fromkeys(gaps - {gap}, 7))  # type: ignore[arg-type]
            with pytest.raises(KeyError):
                Phrase(key).in_words(language)  # type: ignore[arg-type]


def test_rows_set_aside_name_what_they_speak_of() -> None:
    aside = set_aside("people_table_unmatched", [3], {"found": "海勃湾区"})
    assert "海勃湾区" in aside.in_words("zh")
    assert "海勃湾区" in aside.in_words("en")
    with pytest.raises(KeyError):
        set_aside("people_table_unmatched", [3]).in_words("zh")
    with pytest.raises(KeyError):
        Remark("people_table_unmatched", "people_table").entry()
