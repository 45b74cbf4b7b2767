"""Progress of calls that take long: a line on a terminal or in a notebook, which goes when the call ends."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock, Timer
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from planner.messages.catalogue import SOURCE_LANGUAGE, Texts, user_language
from planner.messages.progress import StatusLine, draw_bar
from planner.network.positions import select_snapped
from planner.network.snapping import SnappedPoints
from planner.network.travel_times import TravelTimes
from planner.network.walker import Walker

AFTER_S = 1.0
"""Calls that end sooner show nothing."""

CHUNK = 256
"""Facilities between two steps of the bar: enough for all processors."""

VARIABLE = "PLANNER_PROGRESS"
"""Environment variable; "off" shows no progress."""


@dataclass(slots=True)
class CallProgress:
    """Progress of one call of the library; silent unless stderr is a terminal or a notebook runs the call.

    Walks and areas are computed in chunks of facilities, which changes no result, so that the line can say how
    far they are.
    """

    call: str
    """Name of the function."""
    line: StatusLine = field(default_factory=StatusLine)
    """Where it shows."""
    after_s: float = AFTER_S
    """Seconds before it shows."""
    _text: str = field(default="", init=False)
    _shows: bool = field(default=False, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)
    _timer: Timer | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        if os.environ.get(VARIABLE) != "off" and self.line.is_seen:
            self._timer = Timer(self.after_s, self._begin)
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            if self._shows:
                self.line.show("")
            self._shows, self._timer = False, None

    def stage(self, name: str, done: int = 0, count: int = 0) -> None:
        """Show what is computed, and how much of it is done where that is known."""
        if self._timer is None:
            return
        share = f" {draw_bar(done, count)} {done:,}/{count:,}" if count else ""
        stage = Texts(user_language() or SOURCE_LANGUAGE)(f"cli.stage_{name}")
        with self._lock:
            self._text = f"{self.call}: {stage}{share}"
            if self._shows:
                self.line.show(self._text)

    def times(
        self, walker: Walker, facilities: SnappedPoints, demand: SnappedPoints, *, within_min: float
    ) -> TravelTimes:
        """Measure walks as `Walker.times` does."""
        parts = [
            (first, walker.times(some, demand, within_min=within_min))
            for first, some in self._chunks("travel_times", facilities)
        ]
        if len(parts) == 1:
            return parts[0][1]
        return TravelTimes(
            np.concatenate([times.facility + first for first, times in parts]),
            np.concatenate([times.demand for _, times in parts]),
            np.concatenate([times.minutes for _, times in parts]),
            len(facilities.xy),
            len(demand.xy),
            within_min,
        )

    def areas(
        self, walker: Walker, facilities: SnappedPoints, *, limits_min: Sequence[float]
    ) -> NDArray[np.object_]:
        """Draw areas as `Walker.service_areas` does."""
        chunks = self._chunks("service_areas", facilities)
        return np.concatenate([walker.service_areas(some, limits_min=limits_min) for _, some in chunks])

    def _chunks(self, stage: str, facilities: SnappedPoints) -> Iterator[tuple[int, SnappedPoints]]:
        """Yield the facilities in chunks with the position of the first; all at once where nobody looks."""
        count = len(facilities.xy)
        self.stage(stage)
        if self._timer is None or count <= CHUNK:
            yield 0, facilities
            return
        for first in range(0, count, CHUNK):
            self.stage(stage, first, count)
            yield first, select_snapped(facilities, np.arange(first, min(first + CHUNK, count)))

    def _begin(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._shows = True
                self.line.show(self._text)
