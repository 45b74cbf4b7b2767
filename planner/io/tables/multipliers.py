"""Multipliers in the name of a unit, however they are written: 10³, 10^4, '000, ×1000, hundred thousand."""

from __future__ import annotations

import re

WORDS = {2: "百", 3: "千", 4: "万", 5: "十万", 6: "百万", 7: "千万", 8: "亿"}
"""The word for a power of ten."""

RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
POWER = re.compile(
    rf"(?:[×x*]\s*)?(?<![\d.])10\s?(?:(?:\^|\*\*)\s?[({{]?(?P<digit>\d)[)}}]?|(?P<raised>[{RAISED}]))(?!\d)"
)
TIMES = re.compile(r"(?<![A-Za-z\d])[×x*]\s*(?P<number>10{2,8}|1(?:[, ]?0{3}){1,2})(?!\d)", re.IGNORECASE)
THOUSANDS = re.compile(
    r"(?<!\d[,. '’])(?<!\d)(?:['’‘′`]000(?:['’]?s)?|000(?:['’]?s\b|(?=\s*[A-Za-z\u3400-\u9fff])))(?![\d])"
)
"""Figures of which three zeros were left away: '000, 000s."""

ENGLISH = re.compile(
    r"\b(?:in\s+)?(?P<word>(?:tens of |ten |hundreds of |hundred )(?:thousand|million)s?"
    r"|hundreds?|thousands?|millions?|k(?=\s))\b(?:\s+of\b)?",
    re.IGNORECASE,
)
POWERS = {"k": 3, "hundred": 2, "thousand": 3, "million": 6}
BEFORE = {"ten": 1, "tens": 1, "hundred": 2, "hundreds": 2}


def with_words(text: str) -> str:
    """Return a text in which powers of ten and left-out zeros are the multiplier's word.

    Examples
    --------
    >>> with_words("10³㎡"), with_words("10^4人"), with_words("('000)"), with_words("10 000 persons")
    ('千㎡', '万人', '(千)', '10 000 persons')
    """
    named = POWER.sub(lambda found: _word(found, _exponent(found)), text)
    named = TIMES.sub(lambda found: _word(found, found["number"].count("0")), named)
    return THOUSANDS.sub("千", named)


def with_english_words(text: str) -> str:
    """Return a text in which the multipliers that English writes as words are those of Chinese, too.

    Examples
    --------
    >>> with_english_words("hundred thousand people"), with_english_words("thousands of persons")
    ('十万people', '千persons')
    """
    return re.sub(
        r"(?<=[十百千万亿])\s+(?=[a-z])", "", ENGLISH.sub(_of_english, with_words(text)), flags=re.IGNORECASE
    )


def _exponent(found: re.Match[str]) -> int:
    return int(found["digit"]) if found["digit"] else RAISED.index(found["raised"])


def _word(found: re.Match[str], exponent: int) -> str:
    """Return the word of a power of ten; where there is none, what is written."""
    return WORDS.get(exponent, found[0])


def _of_english(found: re.Match[str]) -> str:
    first, *others = found["word"].lower().split()
    exponent = POWERS[(others or [first])[-1].removesuffix("s")]
    return _word(found, exponent + (BEFORE[first] if others else 0))
