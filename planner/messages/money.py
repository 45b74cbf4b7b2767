"""The unit of money in words: a study counts in 万元, and an English text states 10,000 CNY."""

from __future__ import annotations

from planner.messages.catalogue import Texts

KNOWN_UNITS = {"元": "yuan", "千元": "yuan_1e3", "万元": "yuan_1e4", "百万元": "yuan_1e6", "亿元": "yuan_1e8"}
"""The Chinese units that `costs.unit` may name, with their texts; any other is printed as given."""


def money_unit(unit: str, texts: Texts) -> str:
    """Return a unit of money by itself, as in a heading.

    Examples
    --------
    >>> money_unit("万元", Texts("en")), money_unit("万元", Texts("zh")), money_unit("EUR", Texts("en"))
    ('10,000 CNY', '万元', 'EUR')
    """
    key = KNOWN_UNITS.get(unit.strip())
    return texts(f"words.money_{key}") if key else unit


def unit_of_amount(unit: str, texts: Texts) -> str:
    """Return a unit of money as it stands behind a number: two numbers side by side would read as one.

    Examples
    --------
    >>> unit_of_amount("万元", Texts("en")), unit_of_amount("元", Texts("en")), unit_of_amount("万元", Texts("zh"))
    ('× 10,000 CNY', 'CNY', '万元')
    """
    unit_name = money_unit(unit, texts)
    return f"× {unit_name}" if unit_name[:1].isdigit() else unit_name
