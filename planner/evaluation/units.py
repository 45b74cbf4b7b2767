"""Units and dimensions of indicators, so that a rule cannot compare square metres with a share."""

from __future__ import annotations

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
        self.left, self.right = spell(left), spell(right)
        super().__init__(f"{self.left} + {self.right}")


def multiply(left: Dimension, right: Dimension, *, power: int = 1) -> Dimension:
    """Return the dimension of a product, or of a quotient where `power` is -1.

    Examples
    --------
    >>> multiply(AREA, HOUSEHOLDS, power=-1) == AREA_A_HOUSEHOLD
    True
    >>> multiply(AREA, AREA, power=-1) == PLAIN
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
    return None if left is None and right is None else multiply(left or PLAIN, right or PLAIN)


def quotient_dimension(left: Dimension | None, right: Dimension | None) -> Dimension | None:
    """Return the dimension of a quotient; None of two plain numbers."""
    return None if left is None and right is None else multiply(left or PLAIN, right or PLAIN, power=-1)


def spell(dimension: Dimension) -> str:
    """Write a dimension with its base units.

    Examples
    --------
    >>> spell(AREA_A_HOUSEHOLD), spell(PLAIN)
    ('metre^2 / household', '1')
    """
    above = [_power(base, exponent) for base, exponent in dimension if exponent > 0]
    below = [_power(base, -exponent) for base, exponent in dimension if exponent < 0]
    return " * ".join(above or ["1"]) + "".join(f" / {part}" for part in below)


def _power(base: str, exponent: int) -> str:
    return base if exponent == 1 else f"{base}^{exponent}"
