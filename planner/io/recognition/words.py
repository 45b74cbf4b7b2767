"""The words of words.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

Words = Mapping[str, Sequence[str]]


@cache
def recognition_words() -> Mapping[str, Words]:
    """Return words.toml: of each section, the words by table, tier or datum.

    Examples
    --------
    >>> "高德" in recognition_words()["datum_words"]["gcj02"]
    True
    """
    return tomllib.loads(resources.files("planner.io.recognition").joinpath("words.toml").read_text("utf-8"))


def named_in(text: str, words: Words) -> list[str]:
    """Return the keys of which a text holds a word.

    Examples
    --------
    >>> named_in("高德经度", {"gcj02": ["gcj", "高德"], "bd09": ["百度"]})
    ['gcj02']
    """
    return [key for key, parts in words.items() if any(part in text.lower() for part in parts)]
