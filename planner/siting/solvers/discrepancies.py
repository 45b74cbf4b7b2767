"""Where a solver's answer did not hold: noted, so that a run can tell its reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from planner.messages.catalogue import Phrase
from planner.messages.notices import Notice


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One programme for which a solver returned other than it stated.

    Attributes
    ----------
    reasons
        What did not hold, one key for each way that was tried in vain: `words.doubt_<reason>` says it.
    is_settled
        Whether another way of solving gave an answer that holds; else no bound is known.
    """

    reasons: tuple[str, ...]
    is_settled: bool


_noted: ContextVar[list[Discrepancy] | None] = ContextVar("solver_doubts", default=None)


@contextmanager
def collect_discrepancies() -> Iterator[list[Discrepancy]]:
    """Collect the doubts of all that is solved inside.

    Examples
    --------
    >>> with collect_discrepancies() as doubts:
    ...     record_discrepancy(Discrepancy(("objective",), True))
    >>> [doubt.reasons for doubt in doubts]
    [('objective',)]
    """
    outer, inner = _noted.get(), list[Discrepancy]()
    token = _noted.set(inner)
    try:
        yield inner
    finally:
        _noted.reset(token)
        if outer is not None:
            outer.extend(inner)


def record_discrepancy(doubt: Discrepancy) -> None:
    """Keep a doubt for whoever collects them."""
    noted = _noted.get()
    if noted is not None:
        noted.append(doubt)


def discrepancy_notices(doubts: Sequence[Discrepancy], *, version: str) -> tuple[Notice, ...]:
    """Return what a reader must know of a solver that did not return what it stated: nothing, or one notice."""
    if not doubts:
        return ()
    open_still = sum(not doubt.is_settled for doubt in doubts)
    values = {
        "version": version,
        "count": len(doubts),
        "open": open_still,
        "reason": Phrase(f"words.doubt_{doubts[0].reasons[0]}"),
    }
    return (Notice("solver_doubted_open" if open_still else "solver_doubted", "siting", values=values),)
