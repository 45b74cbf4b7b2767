"""Settings of the rules, of prices, and of what is tried for weak centres."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictBool

from planner.config.sections.base import MOST_MONEY, Minutes, Settings


class RuleSettings(Settings):
    """Which rules a centre is judged by."""

    profile: str = "national"
    """The name of a rule profile that ships with the planner, or the path of your own rule file (.toml)."""

    compare: tuple[str, ...] = ()
    """Further rule profiles, by name or path: the same data is judged by each, for comparison."""

    walking: tuple[str, ...] = ()
    """Further walking profiles: the centres are judged again at each speed, to show which verdicts hang on it."""

    threshold_share: Annotated[float, Field(strict=True, ge=0.001, lt=1)] = 0.1
    """Share by which thresholds are lowered and raised to list the verdicts that flip: 0.1 is ±10 %."""


class CostSettings(Settings):
    """What changes to a centre cost, to find the cheapest that makes a weak one compliant. Unknown: leave out."""

    unit: str = "万元"
    """The unit of money."""

    source: str = ""
    """Where the costs come from, as it is to stand in the report."""

    floor_area_per_m2: Annotated[float, Field(strict=True, ge=0, le=MOST_MONEY)] | None = None
    """One more square metre of floor, used for residents' activities."""

    hour_a_week: Annotated[float, Field(strict=True, ge=0, le=MOST_MONEY)] | None = None
    """Opening one more hour a week."""

    function: Annotated[float, Field(strict=True, ge=0, le=MOST_MONEY)] | None = None
    """Adding one function that is missing."""

    step_free: Annotated[float, Field(strict=True, ge=0, le=MOST_MONEY)] | None = None
    """Making the entrance step-free."""

    gate_open: Annotated[float, Field(strict=True, ge=0, le=MOST_MONEY)] | None = None
    """Opening one closed gate."""

    crossing: Annotated[float, Field(strict=True, ge=0, le=MOST_MONEY)] | None = None
    """Building one crossing, whatever its length."""

    crossing_per_m: Annotated[float, Field(strict=True, ge=0, le=MOST_MONEY)] | None = None
    """One metre of a crossing, besides what one costs whatever its length."""

    move: Annotated[float, Field(strict=True, ge=0, le=MOST_MONEY)] | None = None
    """Moving a centre with its floor area to another place in its community."""

    share: Annotated[float, Field(strict=True, ge=0, le=MOST_MONEY)] | None = None
    """Sharing a neighbouring centre, whatever the floor area."""

    station: Annotated[float, Field(strict=True, ge=0, le=MOST_MONEY)] | None = None
    """Opening a branch of a centre, of `remedies.station_m2`."""


class RemedySettings(Settings):
    """Which changes of streets and places are tried to make a weak centre compliant."""

    streets: StrictBool = True
    """False: only the centres themselves are changed (floor area, hours, functions, entrance)."""

    tried: Annotated[int, Field(strict=True, ge=1, le=1000)] = 20
    """How many of each kind of change are tried for a centre: the nearest gates, the most promising crossings."""

    step_m: Annotated[float, Field(strict=True, ge=10, le=500)] = 50.0
    """How far apart the street positions are that are tried for crossings, branches and moved centres, metres."""

    near_m: Annotated[float, Field(strict=True, ge=10, le=500)] = 100.0
    """Two street positions this close in the air may be joined by a crossing, metres, inclusive."""

    far_times: Annotated[float, Field(strict=True, ge=1, le=100)] = 4.0
    """They count as blocked from one another where the walk is at least this many times as long."""

    far_min: Minutes = 30.0
    """Longer walks, or none at all, count as this long where the minutes that a crossing saves are added up."""

    listed: Annotated[int, Field(strict=True, ge=0, le=1000)] = 20
    """How many pairs of street positions that are blocked from one another are listed."""

    move_m: Annotated[float, Field(strict=True, ge=0, le=5000)] = 300.0
    """How far a centre may be moved within its community, metres as the crow flies."""

    neighbours: Annotated[int, Field(strict=True, ge=0, le=20)] = 3
    """How many of the nearest neighbouring premises are tried for sharing."""

    share_m2: Annotated[float, Field(strict=True, ge=1, le=10000)] = 50.0
    """The least floor area that a neighbour gives up where it is shared, m²."""

    station_m2: Annotated[float, Field(strict=True, ge=1, le=10000)] = 100.0
    """The floor area of a branch, m²."""

    source: str = ""
    """Where these figures come from, as it is to stand in the report. Left out: the developers' own."""
