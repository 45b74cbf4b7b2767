"""How much time is left."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

CHUNK_SECONDS = 0.05
"""Machine code is called for about so long at a time, and the clock looked at in between."""


@dataclass(frozen=True, slots=True, eq=False)
class Deadline:
    """A limit in seconds, counted from when the clock is made.

    Examples
    --------
    >>> Deadline(0.0).is_over
    True
    """

    limit: float
    begun: float = field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        """Seconds since it was made."""
        return time.perf_counter() - self.begun

    @property
    def left(self) -> float:
        """Seconds until the limit; not below 0."""
        return max(0.0, self.limit - self.seconds)

    @property
    def is_over(self) -> bool:
        """Whether the limit is reached."""
        return self.left <= 0

    def at_most(self, seconds: float) -> Deadline:
        """Return a clock that begins now and ends with this one, or earlier."""
        return Deadline(min(seconds, self.left))

    def in_chunks(self, work: Callable[[int], bool], *, first: int) -> bool:
        """Call ``work(amount)`` until it returns True or time is over; return whether it did.

        The amount grows while a call takes less than `CHUNK_SECONDS`. It must not change what is found.
        """
        amount = first
        while not self.is_over:
            begun = time.perf_counter()
            if work(amount):
                return True
            if time.perf_counter() - begun < CHUNK_SECONDS:
                amount *= 2
            elif amount > 1:
                amount //= 2
        return False
