"""Functions of facilities: parse table cells, and compare them with those that rules require."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np

from planner.evaluation.intervals import IndicatorColumn, divide, known_or
from planner.evaluation.rules import Function

SEPARATORS = re.compile(r"[,，、;；|/\n]+")


def parse_functions(cell: str, functions: Sequence[Function]) -> frozenset[str] | None:
    """Return the ids of the functions that a cell lists; None where it is empty. Unknown words are ignored."""
    words = {_normalise(word) for word in SEPARATORS.split(cell)} - {""}
    return frozenset(one.id for one in functions if words & _spellings(one)) if words else None


def unknown_functions(cell: str, functions: Sequence[Function]) -> list[str]:
    """Return the words of a cell that name no function of a rule set.

    Examples
    --------
    >>> library = Function(id="library", en="Library", zh="图书室", clause="-", evidence="own")
    >>> unknown_functions("Library、 Libary", [library]), unknown_functions("anything", [])
    (['Libary'], [])
    """
    if not functions:
        return []
    names = frozenset().union(*map(_spellings, functions))
    return [word.strip() for word in SEPARATORS.split(cell) if _normalise(word) not in names | {""}]


def function_completeness(
    tiers: Sequence[str], offered: Sequence[frozenset[str] | None], functions: Sequence[Function]
) -> tuple[IndicatorColumn, IndicatorColumn]:
    """Return how many of the functions required of its tier each facility lacks, and the share that it offers."""
    required = {tier: {one.id for one in functions if tier in one.tiers} for tier in set(tiers)}
    count = np.array([len(required[tier]) for tier in tiers], dtype=np.float64)
    missing = np.array(
        [
            np.nan if has is None or not required[tier] else float(len(required[tier] - has))
            for tier, has in zip(tiers, offered, strict=True)
        ]
    )
    none_required = ("no_functions_required", count == 0)
    share = divide(count - missing, count)
    return known_or(missing, "not_given", none_required), known_or(share, "not_given", none_required)


def _spellings(function: Function) -> frozenset[str]:
    return frozenset(_normalise(name) for name in (function.id, function.en, function.zh, *function.names))


def _normalise(word: str) -> str:
    return unicodedata.normalize("NFKC", word).strip().casefold()
