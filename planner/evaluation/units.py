"""What measures are measured in, so that a rule cannot compare square metres with a share."""

from __future__ import annotations

Dimension = tuple[tuple[str, int], ...]
"""A product of powers of base units, as (("household", -1), ("metre", 2)); () is a plain number."""

PLAIN: Dimension = ()
AREA: Dimension = (("metre", 2),)
PEOPLE: Dimension = (("person", 1),)
HOUSEHOLDS: Dimension = (("household", 1),)
MINUTES: Dimension = (("minute", 1),)
HOURS_A_WEEK: Dimension = (("hour", 1), ("week", -1))
AREA_A_PERSON: Dimension = (("metre", 2), ("person", -1))
PEOPLE_AN_AREA: Dimension = (("metre", -2), ("person", 1))
AREA_A_HOUSEHOLD: Dimension = (("household", -1), ("metre", 2))

YES_NO = "yes_no"
"""The unit of what is so or not so."""

UNITS: dict[str, Dimension] = {
    "m2": AREA,
    "m2_per_100_households": AREA_A_HOUSEHOLD,
    "m2_per_person": AREA_A_PERSON,
    "people_per_m2": PEOPLE_AN_AREA,
    "people": PEOPLE,
    "households": HOUSEHOLDS,
    "minutes": MINUTES,
    "hours_per_week": HOURS_A_WEEK,
    "share": PLAIN,
    "ratio": PLAIN,
    "count": PLAIN,
    YES_NO: PLAIN,
}
"""The units that a rule file may name. Two may have one dimension: they differ in how they are written."""


def product(one: Dimension, other: Dimension, *, power: int = 1) -> Dimension:
    """Return the dimension of a product, or of a quotient where `power` is -1.

    Examples
    --------
    >>> product(AREA, HOUSEHOLDS, power=-1) == AREA_A_HOUSEHOLD
    True
    >>> product(AREA, AREA, power=-1) == PLAIN
    True
    """
    powers = dict(one)
    for base, exponent in other:
        powers[base] = powers.get(base, 0) + power * exponent
    return tuple(sorted((base, exponent) for base, exponent in powers.items() if exponent))


def spelled(dimension: Dimension) -> str:
    """Write a dimension with its base units.

    Examples
    --------
    >>> spelled(AREA_A_HOUSEHOLD), spelled(PLAIN)
    ('metre^2 / household', '1')
    """
    above = [_power(base, exponent) for base, exponent in dimension if exponent > 0]
    below = [_power(base, -exponent) for base, exponent in dimension if exponent < 0]
    return " * ".join(above or ["1"]) + "".join(f" / {part}" for part in below)


def _power(base: str, exponent: int) -> str:
    return base if exponent == 1 else f"{base}^{exponent}"
