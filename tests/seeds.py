"""Seeds of random cities and questions, drawn so that nothing outside the test decides which come up."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

FLIPS = 13


def _number(flips: Sequence[bool]) -> int:
    return sum(2**place for place, head in enumerate(flips) if head)


SEEDS = st.tuples(*[st.booleans()] * FLIPS).map(_number)
"""Whole numbers below 8,192, from coin flips.

Hypothesis draws a whole number, or a place in a list, now and then from the constants of whatever modules happen
to be loaded: a number written anywhere in the planner would become a seed of every law. Coins have no constants.
"""
