"""Rates of premises with the count and the number that they are of, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from planner.messages.catalogue import Texts

Rates = Mapping[str, Any]
Rate = Literal["compliant", "excellent"]
RATES: tuple[Rate, ...] = ("compliant", "excellent")
"""达标率 counts what is compliant or excellent, 优秀率 what is excellent."""


def rate_counts(rates: Rates, name: Rate) -> tuple[int, int]:
    """Return the number of premises that a rate counts, and of all premises with a rating.

    Examples
    --------
    >>> rates = {"assessed": 4, "excellent": 1, "compliant": 1, "weak": 1, "undetermined": 1}
    >>> rate_counts(rates, "compliant"), rate_counts(rates, "excellent")
    ((2, 3), (1, 3))
    """
    count = rates["excellent"] + (rates["compliant"] if name == "compliant" else 0)
    return count, rates["assessed"] - rates["undetermined"]


def missing_rate_text(rates: Rates, texts: Texts) -> str | None:
    """Return why there is no rate: no rule applies, or no rating is determined; None if there is one."""
    if not rates["assessed"]:
        return texts("words.not_judged")
    return None if rates["assessed"] > rates["undetermined"] else texts("words.none_determined")


def rate_text(rates: Rates, name: Rate, texts: Texts) -> str:
    """Write a rate with what it is of.

    Examples
    --------
    >>> rates = {"assessed": 40, "excellent": 8, "compliant": 20, "weak": 12, "undetermined": 0}
    >>> rate_text(rates, "compliant", Texts("zh"))
    '70.0%（28/40）'
    >>> rate_text({**rates, "assessed": 0}, "compliant", Texts("en"))
    'not assessed'
    """
    count, of = rate_counts(rates, name)
    return missing_rate_text(rates, texts) or texts(
        "words.rate", share=texts.percent(count / of), count=count, of=of
    )


def weak_count_text(weak: int, rates: Rates, texts: Texts) -> str:
    """Write how many communities are weak; where nothing is judged, none is called without fault."""
    return texts.whole(weak) if rates["assessed"] else texts("words.not_judged")
