"""Settings of the walk: speed, access, what else counts, and the limits measured."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from planner.config.sections.base import LEAST_KMH, LEAST_M, Minutes, Settings

PrivateWays = Literal["residents", "closed", "open"]
PositiveSpeeds = dict[str, Annotated[float, Field(strict=True, ge=LEAST_KMH, le=15)]]
Waits = dict[str, Annotated[float, Field(strict=True, ge=0, le=600)]]


class WalkingCostSettings(Settings):
    """What makes streets slower or faster than level, open ground: each off unless set, printed where it is on."""

    slope: StrictBool = False
    """True: slower uphill, faster gently downhill, by Tobler's function and `inputs.elevation`."""

    slope_step_m: Annotated[float, Field(strict=True, ge=5, le=500)] = 30.0
    """The slope is taken on stretches of at most this length, metres."""

    slope_smoothing_m: Annotated[float, Field(strict=True, ge=0, le=500)] = 30.0
    """The heights are averaged that widely, metres, because the noise of the cells would be taken for hills."""

    stairs: Literal["level", "slow", "closed"] = "level"
    """Streets of kind "steps": "level" as any street, "slow", or "closed" for people who cannot climb them."""

    class_kmh: PositiveSpeeds = Field(default_factory=dict)
    """The speed on streets of a kind, km/h, as { path = 3.0, footway = 4.0 }."""

    crossing_s: Waits = Field(default_factory=dict)
    """The wait at crossings, s, by the streets' column `crossing`, as { traffic_signals = 20, marked = 3 }."""

    gates_within_m: Annotated[float, Field(strict=True, ge=LEAST_M, le=50)] = 5.0
    """A gate of `inputs.gates` farther than this from every street is on none, metres."""


class WalkingSettings(Settings):
    """How people walk."""

    profile: str = "gb50180"
    """The named walking profile that gives the speed; it is printed on every map and report."""

    speed_kmh: Annotated[float, Field(strict=True, ge=LEAST_KMH, le=15)] | None = None
    """Your own speed instead of the profile's, km/h."""

    access_m: Annotated[float, Field(strict=True, ge=LEAST_M, le=1000)] = 50.0
    """How far people walk straight between door and street, metres. Who lives farther off is listed."""

    stop_at_barriers: StrictBool = False
    """True: no straight walk between door and street crosses `inputs.barriers` or `inputs.water`."""

    direction: Literal["to_centre", "from_centre"] = "to_centre"
    """Direction of walking; it matters where slope counts."""

    private_ways: PrivateWays = "residents"
    """Private ways of compounds: "residents" walk out and in, nobody through; "closed" to all, "open" to all."""

    costs: WalkingCostSettings = WalkingCostSettings()


class LimitSettings(Settings):
    """The service circles."""

    minutes: tuple[Minutes, ...] = (5.0, 10.0, 15.0)
    """The walking times to measure, minutes, inclusive."""

    standard_min: Annotated[Minutes, Field(validate_default=True)] = 5.0
    """The one that counts as served: gaps and new sites are found for it. One of `minutes`."""

    @field_validator("minutes")
    @classmethod
    def _rising(cls, minutes: tuple[float, ...]) -> tuple[float, ...]:
        # Columns are named by a limit's first six digits.
        if (
            not minutes
            or list(minutes) != sorted(set(minutes))
            or len({f"{minute:g}" for minute in minutes}) < len(minutes)
        ):
            raise PydanticCustomError("not_rising", "must rise and not repeat")
        return minutes

    @field_validator("standard_min")
    @classmethod
    def _is_measured(cls, standard_min: float, others: ValidationInfo) -> float:
        # Where the minutes themselves are refused, there is nothing to compare with.
        if standard_min not in others.data.get("minutes", [standard_min]):
            raise PydanticCustomError("not_measured", "it must be one of `limits.minutes`")
        return standard_min
