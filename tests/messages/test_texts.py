from __future__ import annotations

import re
from pathlib import Path

import pytest

from planner.messages.catalogue import LANGUAGES, Phrase, Texts, catalogue

PLANNER = Path(__file__).parents[2] / "planner"


def test_languages_agree_on_their_files_and_keys() -> None:
    keys = {language: {key for key, entry in catalogue().items() if language in entry} for language in LANGUAGES}
    settings = {key for key in catalogue() if key.startswith("study.")}  # in English: the docstrings
    assert LANGUAGES[:2] == ("zh", "en")
    assert all(keys[language] | settings == set(catalogue()) for language in LANGUAGES)


def test_every_text_stands_in_both_languages_with_the_same_gaps() -> None:
    entries = {key: entry for key, entry in catalogue().items() if not key.startswith("study.")}
    assert len(entries) > 1000
    gaps = {key: [set(re.findall(r"{(\w+)}", text)) for text in entry.values()] for key, entry in entries.items()}
    assert [key for key, entry in entries.items() if sorted(entry) != sorted(LANGUAGES)] == []
    assert [key for key, (one, other) in gaps.items() if one != other] == []
    assert [key for key, entry in entries.items() if not all(text.strip() for text in entry.values())] == []


def test_chinese_is_chinese() -> None:
    """A Chinese text without a single Chinese character is an English one that was forgotten."""
    plain = {key: re.sub(r"{.*?}", "", entry["zh"]) for key, entry in catalogue().items()}
    forgotten = [
        key
        for key, text in plain.items()
        if not re.search(r"[\u4e00-\u9fff]", text) and re.search(r"[a-z]{4,}", text)
    ]
    assert forgotten == []


def test_every_error_and_notice_key_in_the_code_is_in_the_catalogue_and_used() -> None:
    code = "\n".join(file.read_text("utf-8") for file in PLANNER.rglob("*.py"))
    issues = set(re.findall(r'Issue\(\s*"(\w+)"', code))
    headings = set(re.findall(r'heading = "(\w+)"', code))
    written = {key.removeprefix("errors.") for key in catalogue() if key.startswith("errors.")}
    assert issues | headings <= written
    spelled_at_run_time = ("reason_", "remedy_", "why_", "toml_", "os_")
    unused = {key for key in written if f'"{key}"' not in code and f"errors.{key}" not in code}
    unused = {key for key in unused if not key.startswith(spelled_at_run_time)}
    assert unused == set()


def test_a_missing_text_is_an_error() -> None:
    with pytest.raises(KeyError):
        Texts("zh")("words.no_such_word")


def test_a_phrase_is_said_later_with_phrases_inside() -> None:
    inner = Phrase("errors.did_you_mean", {"name": "sites"})
    outer = Phrase("errors.unknown_setting", {"path": "siting.site", "hint": inner})
    assert outer.in_words("en") == "`siting.site` is not a setting. Did you mean `sites`?"
    assert outer.in_words("zh") == "`siting.site` 不是可用的设置。是否应为 `sites`？"


def test_numbers() -> None:
    texts = Texts("zh")
    assert texts.whole(341000.4) == "341,000"
    assert texts.number(0.05, 2) == "0.05"
    assert texts.percent(0.26631) == "26.6%"
