"""Deadline of a search."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

CHUNK_S = 0.05
"""Duration of one call of compiled code, seconds; the deadline is checked between calls."""


def clock() -> float:
    """Return the reading of a clock that never goes back, seconds."""
    return time.perf_counter()


@dataclass(frozen=True, slots=True, eq=False)
class Deadline:
    """Time limit, seconds, counted from the creation of the object.

    Examples
    --------
    >>> Deadline(0.0).is_over
    True
    """

    time_limit_s: float
    started_at: float = field(default_factory=lambda: clock())  # noqa: PLW0108 -- looked up anew, so that a test can set it

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return clock() - self.started_at

    @property
    def remaining_s(self) -> float:
        """Seconds until the deadline; not below 0."""
        return max(0.0, self.time_limit_s - self.elapsed_s)

    @property
    def is_over(self) -> bool:
        """True if the time limit is reached."""
        return self.remaining_s <= 0

    def capped_at(self, time_limit_s: float) -> Deadline:
        """Return a deadline that starts now and is not after this one."""
        return Deadline(min(time_limit_s, self.remaining_s))

    def run_in_chunks(self, work: Callable[[int], bool], *, first: int) -> bool:
        """Call ``work(amount)`` until it returns True or time is over; return True if it did.

        The amount doubles while a call takes less than `CHUNK_S`. It must not change the result.
        """
        amount = first
        while not self.is_over:
            begun = clock()
            if work(amount):
                return True
            if clock() - begun < CHUNK_S:
                amount *= 2
            elif amount > 1:
                amount //= 2
        return False


@dataclass(slots=True, eq=False)
class TimeBudget:
    """Solving time that all searches of a stage share, seconds; what one leaves unused, the next ones have.

    Examples
    --------
    >>> budget = TimeBudget(20.0)
    >>> with budget.share(0.5) as seconds:
    ...     seconds
    10.0
    """

    time_limit_s: float
    spent_s: float = 0.0

    @contextmanager
    def share(self, share: float = 1.0) -> Iterator[float]:
        """Give a share of the time left as a time limit, and count the time that the block takes."""
        begun = clock()
        try:
            yield max(0.0, self.time_limit_s - self.spent_s) * share
        finally:
            self.spent_s += clock() - begun
