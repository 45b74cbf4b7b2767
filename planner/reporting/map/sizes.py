"""Sizes that page and sheet share: circles of people, and the margin around the first view."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

DOT_METRES, LARGEST_DOT_METRES = 3.0, 60.0
"""The radius of a circle for one person and the largest radius, metres; areas are in proportion to people."""

CORE_TAIL, CORE_MARGIN_M = 0.06, 250.0
"""Which share of people may live beyond each side of the first view, and the margin around the others, metres."""


def dot_metres(people: NDArray[np.float64]) -> float:
    """Return the radius of a circle for one person, metres: smaller where the largest would be too large."""
    return round(min(DOT_METRES, LARGEST_DOT_METRES / math.sqrt(max(float(people.max()), 1.0))), 3)
