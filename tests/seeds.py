"""Seeds of random cities and questions, and how the cases of property tests are drawn.

`make test` draws the same cases on every machine and in every order of tests: what is red is red for everyone.
`make explore` (tests/explore/new_cases.py) draws new ones and prints those that break a law as examples to add.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import hypothesis
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers

EXPLORING = "PLANNER_EXPLORE"
"""The environment variable by which `make explore` asks for new cases."""

FLIPS = 13


def choose_cases() -> None:
    """Set how Hypothesis draws: the same cases everywhere, or new ones while exploring; none has a deadline."""
    common = {"deadline": None, "database": None, "print_blob": False}
    hypothesis.settings.register_profile("new", **common)
    hypothesis.settings.register_profile("same", derandomize=True, **common)
    hypothesis.settings.register_profile("quick", derandomize=True, max_examples=5, **common)
    if os.environ.get(EXPLORING):
        hypothesis.settings.load_profile("new")
        return
    hypothesis.settings.load_profile("same")
    # Hypothesis takes some of its numbers and texts from the constants of the modules that are loaded by then, so
    # that the order of tests, or a number written anywhere in the planner, would decide what a law is tried on.
    # Only private names switch that off: where a new version has moved them, this fails and draws no others.
    without_constants = providers._local_constants
    assert callable(providers._get_local_constants)
    providers._get_local_constants = lambda: without_constants


def examples(count: int, *, brief: int) -> int:
    """Return how many cases a law is tried on: all of them by `make explore`, fewer by `make test`.

    For the dearest laws, each of which also has cases with an answer by hand or by name.
    """
    return count if os.environ.get(EXPLORING) else brief


def _number(flips: Sequence[bool]) -> int:
    return sum(2**place for place, head in enumerate(flips) if head)


SEEDS = st.tuples(*[st.booleans()] * FLIPS).map(_number)
"""Whole numbers below 8,192, from coin flips: all equally likely, where `st.integers` prefers small ones."""
