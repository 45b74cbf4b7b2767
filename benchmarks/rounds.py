"""Timing in rounds: every contestant once a round, so that a machine that slows down slows all of them alike."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

PLANNER = "planner"
"""The row that all others are compared with."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What one run measures.

    Attributes
    ----------
    folder
        Holds poa_osm.pbf and poa_hexgrid.csv; None stands for synthetic streets.
    quick
        Small sizes: to see that everything works, not to learn how fast it is.
    rounds
        How often each contestant works.
    """

    folder: Path | None
    quick: bool
    rounds: int


@dataclass(frozen=True, slots=True)
class Contestant:
    """One who does the work.

    Attributes
    ----------
    name
        Who.
    work
        Does it, and returns the answer.
    check
        Says how the answer compares with that of others, in words by column.
    scale
        What the seconds are multiplied by: above 1 where only a sample is worked on, below where a table counts
        in smaller units of work.
    note
        What a reader must know to compare fairly.
    """

    name: str
    work: Callable[[], Any]
    check: Callable[[Any], Mapping[str, str]] | None = None
    scale: float = 1.0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """How one contestant fared.

    Attributes
    ----------
    name
        Who.
    seconds
        Of each round; none where it did not take part.
    figures
        What else is known, in words by column.
    note
        What a reader must know to compare fairly, or why it did not take part.
    peak_bytes
        The most memory that its process held; None where it shared a process with others.
    """

    name: str
    seconds: tuple[float, ...] = ()
    figures: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    peak_bytes: int | None = None

    @property
    def median(self) -> float | None:
        """The median of the rounds, seconds."""
        return statistics.median(self.seconds) if self.seconds else None


@dataclass(frozen=True, slots=True)
class Table:
    """One piece of work and how all fared at it."""

    key: str
    title: str
    rows: tuple[Row, ...]
    notices: tuple[str, ...] = ()

    def ratio(self, name: str, *, to: str = PLANNER) -> float | None:
        """Return how many times longer `name` took than `to`: the median over the rounds of their ratio.

        The ratio is taken within each round, where both met the same machine.
        """
        one, other = self.row(name), self.row(to)
        if one is None or other is None or not one.seconds or not other.seconds:
            return None
        rounds = min(len(one.seconds), len(other.seconds))
        return statistics.median(one.seconds[i] / other.seconds[i] for i in range(rounds))

    def row(self, name: str) -> Row | None:
        """Return the row whose name begins with `name`."""
        return next((row for row in self.rows if row.name.startswith(name)), None)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, for a file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Table:
        """Return the table that `as_dict` wrote."""
        rows = tuple(Row(**{**row, "seconds": tuple(row["seconds"])}) for row in values["rows"])
        return cls(values["key"], values["title"], rows, tuple(values["notices"]))


def measure(contestants: Sequence[Contestant], rounds: int) -> tuple[Row, ...]:
    """Let everyone work once to warm up and to be checked, then `rounds` times in turn.

    Examples
    --------
    >>> rows = measure([Contestant("one", lambda: 1, lambda answer: {"answer": str(answer)})], 2)
    >>> rows[0].name, len(rows[0].seconds), rows[0].figures
    ('one', 2, {'answer': '1'})
    """
    figures: list[Mapping[str, str]] = []
    for one in contestants:
        answer = one.work()
        figures.append(one.check(answer) if one.check else {})
        del answer
    seconds: list[list[float]] = [[] for _ in contestants]
    for _ in range(rounds):
        for one, taken in zip(contestants, seconds, strict=True):
            taken.append(_time(one.work) * one.scale)
    return tuple(
        Row(one.name, tuple(taken), known, one.note)
        for one, taken, known in zip(contestants, seconds, figures, strict=True)
    )


def missing(name: str, why: str = "not installed") -> Row:
    """Return the row of a peer that could not take part."""
    return Row(name, note=why)


def _time(work: Callable[[], Any]) -> float:
    gc.collect()
    gc.disable()
    try:
        begin = time.perf_counter()
        answer = work()
        taken = time.perf_counter() - begin
    finally:
        gc.enable()
    # What the answer takes to be freed is not part of the work.
    del answer
    return taken
