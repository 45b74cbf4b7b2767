"""Which of a layer's words mean which tier."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from planner.config.study_file import StudyLine
from planner.io.recognition.words import named_in, recognition_words
from planner.io.tables.cells import normalize_name
from planner.io.tables.columns import values_of
from planner.messages.catalogue import Phrase
from planner.schemas.tables import TIERS

WORDS_AT_MOST = 60


def tier_words(cells: pd.Series, names: pd.Series | None = None, *, endings: bool) -> tuple[StudyLine, ...]:
    """Return a line for each word of a column: the tier that it means, or the question which.

    Parameters
    ----------
    cells
        The words of each centre; names of centres, where no column states the tier.
    names
        Names of the same centres, which suggest the tier of a word that is not known.
    endings
        True for names: what they end in is taken for the word.

    Examples
    --------
    >>> words = pd.Series(["社区党群服务中心", "红色港湾", "社区党群服务中心"])
    >>> [(line.key, line.value, line.asks) for line in tier_words(words, endings=False)]
    [('社区党群服务中心', 'community', False), ('红色港湾', '', True)]
    """
    texts = [cell.strip() for cell in cells if isinstance(cell, str) and cell.strip()]
    words = dict.fromkeys(texts)
    if endings:
        words = dict.fromkeys(_ending(text) for text in texts)
    lines = []
    for word in [*words][:WORDS_AT_MOST]:
        if word not in TIERS:
            called = () if names is None else names[cells.astype(str).str.strip() == word]
            lines.append(_line(word, [name for name in called if isinstance(name, str)]))
    return tuple(lines)


def _line(word: str, names: Sequence[str]) -> StudyLine:
    plain = word.removeprefix("*")
    known = values_of("tier").get(normalize_name(plain) or plain)
    choices = " | ".join(TIERS)
    if known is not None:
        return StudyLine(word, known, "")
    of_names = {values_of("tier").get(_ending(name).removeprefix("*")) for name in names}
    if len(of_names) == 1 and (tier := of_names.pop()):
        return StudyLine(word, tier, Phrase("recognition.tier_by_names", {"name": names[0]}), asks=True)
    suggested = named_in(plain, recognition_words()["tier_parts"])
    if suggested:
        return StudyLine(word, suggested[0], Phrase("recognition.tier_guessed", {"choices": choices}), asks=True)
    reason = Phrase("recognition.tier_unknown", {"choices": choices})
    return StudyLine(word, "", reason, asks=True, is_comment=True)


def _ending(name: str) -> str:
    """Return `*` and the longest known word that a name ends in; the name itself where it ends in none."""
    known: Iterable[str] = values_of("tier")
    endings = [word for word in known if len(word) > 1 and normalize_name(name).endswith(word)]
    return f"*{max(endings, key=len)}" if endings else name
