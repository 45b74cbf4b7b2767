"""Units of indicators, and their values as intervals: a known number is a point, an unknown one everything."""

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


def exact_interval(value: float) -> Interval:
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
    """One indicator of every facility."""

    low: FloatArray
    high: FloatArray
    """`low`, `high`: Its bounds; equal where it is known, shape (facilities,)."""
    reason: NDArray[np.object_]
    """Why it is not known (`measures.unknown_<reason>`), "" where it is, shape (facilities,)."""

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


Dimension = tuple[tuple[str, int], ...]
"""A product of powers of base units, as (("household", -1), ("metre", 2)); () is a plain number."""

PLAIN: Dimension = ()
AREA: Dimension = (("metre", 2),)
HOUSEHOLDS: Dimension = (("household", 1),)
AREA_A_HOUSEHOLD: Dimension = (("household", -1), ("metre", 2))

YES_NO = "yes_no"
"""The unit of a flag."""

UNITS: dict[str, Dimension] = {
    "m2": AREA,
    "m2_per_100_households": AREA_A_HOUSEHOLD,
    "m2_per_person": (("metre", 2), ("person", -1)),
    "people_per_m2": (("metre", -2), ("person", 1)),
    "people": (("person", 1),),
    "households": HOUSEHOLDS,
    "minutes": (("minute", 1),),
    "hours_per_week": (("hour", 1), ("week", -1)),
    "share": PLAIN,
    "ratio": PLAIN,
    "count": PLAIN,
    YES_NO: PLAIN,
}
"""The units that a rule file may name. Two may share a dimension: they differ in how they are written."""


class MixedUnitsError(ValueError):
    """Two terms of unlike dimensions are added."""

    def __init__(self, left: Dimension, right: Dimension) -> None:
        self.left, self.right = spell_dimension(left), spell_dimension(right)
        super().__init__(f"{self.left} + {self.right}")


def multiply_dimensions(left: Dimension, right: Dimension, *, power: int = 1) -> Dimension:
    """Return the dimension of a product, or of a quotient where `power` is -1.

    Examples
    --------
    >>> multiply_dimensions(AREA, HOUSEHOLDS, power=-1) == AREA_A_HOUSEHOLD
    True
    >>> multiply_dimensions(AREA, AREA, power=-1) == PLAIN
    True
    """
    powers = dict(left)
    for base, exponent in right:
        powers[base] = powers.get(base, 0) + power * exponent
    return tuple(sorted((base, exponent) for base, exponent in powers.items() if exponent))


def sum_dimension(left: Dimension | None, right: Dimension | None) -> Dimension | None:
    """Return the dimension of a sum; None (a plain number) suits any other.

    Raises
    ------
    MixedUnitsError
        The two differ.
    """
    if left is not None and right is not None and left != right:
        raise MixedUnitsError(left, right)
    return left if left is not None else right


def product_dimension(left: Dimension | None, right: Dimension | None) -> Dimension | None:
    """Return the dimension of a product; None of two plain numbers."""
    return None if left is None and right is None else multiply_dimensions(left or PLAIN, right or PLAIN)


def quotient_dimension(left: Dimension | None, right: Dimension | None) -> Dimension | None:
    """Return the dimension of a quotient; None of two plain numbers."""
    return None if left is None and right is None else multiply_dimensions(left or PLAIN, right or PLAIN, power=-1)


def spell_dimension(dimension: Dimension) -> str:
    """Write a dimension with its base units.

    Examples
    --------
    >>> spell_dimension(AREA_A_HOUSEHOLD), spell_dimension(PLAIN)
    ('metre^2 / household', '1')
    """
    above = [_power(base, exponent) for base, exponent in dimension if exponent > 0]
    below = [_power(base, -exponent) for base, exponent in dimension if exponent < 0]
    return " * ".join(above or ["1"]) + "".join(f" / {part}" for part in below)


def _power(base: str, exponent: int) -> str:
    return base if exponent == 1 else f"{base}^{exponent}"
