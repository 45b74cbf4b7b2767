"""Indicator values as intervals: a known number is a point, an unknown one everything."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planner.network.walk import FloatArray

WITH_LIMIT = re.compile(r"([a-z0-9_]+)_(\d+(?:\.\d+)?)min")


class IndicatorRef(NamedTuple):
    """Reference to an indicator, within a walking limit where it has one.

    Examples
    --------
    >>> IndicatorRef.parse("people_within_15min"), str(IndicatorRef("people_within", 7.5))
    (IndicatorRef(name='people_within', limit_min=15.0), 'people_within_7.5min')
    >>> IndicatorRef.parse("floor_area_m2")
    IndicatorRef(name='floor_area_m2', limit_min=None)
    """

    name: str
    limit_min: float | None = None

    @classmethod
    def parse(cls, text: str) -> IndicatorRef:
        """Read the name of a rule file or of a column."""
        match = WITH_LIMIT.fullmatch(text)
        return cls(match[1], float(match[2])) if match else cls(text)

    def __str__(self) -> str:
        """Return the name as rule files and columns write it."""
        return self.name if self.limit_min is None else f"{self.name}_{self.limit_min:g}min"


@dataclass(frozen=True, slots=True)
class Interval:
    """Bounds of a number, both inclusive."""

    low: float
    high: float

    @property
    def value(self) -> float:
        """Return the number where it is known, else NaN."""
        return self.low if self.low == self.high else math.nan


ANYTHING = Interval(-math.inf, math.inf)


def exactly(value: float) -> Interval:
    """Return the interval of a measured number; of NaN, everything."""
    return ANYTHING if math.isnan(value) else Interval(value, value)


@dataclass(frozen=True, slots=True)
class IndicatorValues:
    """Indicators of one facility: numbers (a flag is 1 or 0), and functions, None where not known."""

    numbers: Mapping[IndicatorRef, Interval]
    functions: frozenset[str] | None = None

    def __getitem__(self, name: str) -> Interval:
        """Return an indicator without a limit."""
        return self.numbers[IndicatorRef(name)]


@dataclass(frozen=True, slots=True, eq=False)
class IndicatorColumn:
    """One indicator of every facility.

    Attributes
    ----------
    low, high
        Its bounds; equal where it is known, shape (facilities,).
    reason
        Why it is not known (`measures.unknown_<reason>`), "" where it is, shape (facilities,).
    """

    low: FloatArray
    high: FloatArray
    reason: NDArray[np.object_]

    @property
    def value(self) -> FloatArray:
        """Return the indicator where it is known, else NaN."""
        return np.where(self.low == self.high, self.low, np.nan)

    def at(self, position: int) -> Interval:
        """Return the interval of one facility."""
        return Interval(float(self.low[position]), float(self.high[position]))


def known_or(values: FloatArray, reason: str, *others: tuple[str, NDArray[np.bool_]]) -> IndicatorColumn:
    """Return a column in which NaN is not known, for the first of the other reasons that holds, else `reason`."""
    unknown = np.isnan(values)
    reasons = np.where(unknown, reason, "").astype(object)
    for other, holds in reversed(others):
        reasons[holds & unknown] = other
    return IndicatorColumn(np.where(unknown, -np.inf, values), np.where(unknown, np.inf, values), reasons)


def divide(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Return quotients; NaN where the divisor is not above 0."""
    shares = np.full(np.broadcast(part, whole).shape, np.nan)
    return np.asarray(np.divide(part, whole, out=shares, where=whole > 0), dtype=np.float64)
