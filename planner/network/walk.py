"""Walking speed and access distance."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from planner.network.argument_checks import check_walk

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int64]
SmallArray = NDArray[np.uint32]

LIMIT_TOLERANCE_MIN = 1e-6
"""Tolerance of inclusive limits for the rounding of sums: 0.1 mm on foot."""

METRES_A_MINUTE = 1000 / 60


@dataclass(frozen=True, slots=True)
class WalkingProfile:
    """A named walking speed with its source."""

    name: str
    speed_kmh: float
    en: str
    zh: str
    source: str
    evidence: str


@dataclass(frozen=True, slots=True)
class WalkSettings:
    """Speed on level ground, and longest straight walk between a point and a street.

    Examples
    --------
    >>> walk = WalkSettings(speed_kmh=3.6, access_m=50.0)
    >>> walk.metres(5.0), round(walk.minutes(300.0), 9)
    (300.0, 5.0)
    """

    speed_kmh: float
    access_m: float

    def __post_init__(self) -> None:
        """Check both numbers."""
        check_walk(self.speed_kmh, self.access_m)

    def metres(self, minutes: float) -> float:
        """Return the distance walked in `minutes`, cost metres."""
        return minutes * self.speed_kmh * METRES_A_MINUTE

    def minutes(self, metres: float) -> float:
        """Return the time of a walk of `metres`."""
        return metres / (self.speed_kmh * METRES_A_MINUTE)

    def all_minutes(self, metres: FloatArray) -> FloatArray:
        """Return the time of each walk; `inf` stays `inf`."""
        return metres / (self.speed_kmh * METRES_A_MINUTE)


def is_within(minutes: FloatArray, limit_min: float | FloatArray) -> NDArray[np.bool_]:
    """Return whether walks are within the limit, inclusive.

    Examples
    --------
    >>> is_within(np.array([4.9, 5.0, 5.0001, np.inf]), 5.0).tolist()
    [True, True, False, False]
    """
    return minutes <= limit_min + LIMIT_TOLERANCE_MIN


@cache
def walking_profiles() -> dict[str, WalkingProfile]:
    """Return the walking profiles that ship with the planner, by name.

    Examples
    --------
    >>> walking_profiles()["gb50180"].speed_kmh
    3.6
    """
    text = resources.files("planner.network").joinpath("profiles.toml").read_text("utf-8")
    return {name: WalkingProfile(name=name, **entry) for name, entry in tomllib.loads(text).items()}
