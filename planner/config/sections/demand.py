"""Settings of people: how they become demand points, further kinds, and business areas."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, field_validator, model_validator
from pydantic_core import PydanticCustomError

from planner.config.sections.base import LEAST_M, Minutes, Settings, Tier
from planner.config.sections.layers import Layer

RESIDENTS = "residents"
"""The kind of demand that is always there."""


class GroupSettings(Settings):
    """A kind of demand besides the residents: who they are, and how they are counted."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
    """Its name in plan.json and results.gpkg: small letters, digits and _, as "workers"."""

    name: str = ""
    """Its name on map and report. Left out: its id."""

    column: str | None = None
    """Counted by this column of the demand layer, or of the communities where that layer has none."""

    share: Annotated[float, Field(strict=True, ge=0.0001, le=1)] | None = None
    """Counted as this share of the residents, 0–1, where no column is known."""

    places: StrictBool = False
    """True: counted as the people who work at the places (`inputs.places`)."""

    layer: Layer | None = None
    """Counted by the column people of a layer of their own (points or polygons), such as visitors of parks."""

    weight: Annotated[float, Field(strict=True, ge=0, le=100)] = 0.0
    """How much one of them counts when new sites are chosen; a resident counts `demand.residents_weight`."""

    minutes: tuple[Minutes, ...] | None = None
    """Their own walking times to measure, minutes. Left out: `limits.minutes`."""

    standard_min: Minutes | None = None
    """Their own standard, one of their minutes. Left out: `limits.standard_min`."""

    source: str = ""
    """Where the figures come from, as it is to stand in the report."""

    @model_validator(mode="after")
    def _counted_once(self) -> Self:
        ways = (self.column is not None, self.share is not None, self.places, self.layer is not None)
        if sum(ways) != 1:
            raise PydanticCustomError(
                "not_one_way", "exactly one of `column`, `share`, `places`, `layer` is needed"
            )
        return self

    @property
    def title(self) -> str:
        """What users read."""
        return self.name or self.id


class DemandSettings(Settings):
    """How people become demand points, and who is counted besides the residents."""

    method: Literal["auto", "points", "raster", "buildings", "along_streets"] = "auto"
    """"points", "raster", "buildings" (by floor area) or "along_streets"; "auto": by the layers given."""

    spacing_m: Annotated[float, Field(strict=True, ge=1, le=500)] = 25.0
    """Where people are spread along streets: the distance between the points, metres."""

    cell_m: Annotated[float, Field(strict=True, ge=1, le=5000)] = 125.0
    """A polygon or cell with people wider than this (root of its area, m) is spread over buildings or streets."""

    household_size: Annotated[float, Field(strict=True, ge=0.1, le=20)] | None = None
    """People a household, where a layer knows only households and the community gives no total."""

    household_size_source: str = ""
    """Where the household size comes from, as it is to stand in the report."""

    calibrate: StrictBool = False
    """True: points and raster are scaled to the people that the communities table gives for each community."""

    raster_unit: Literal["people", "people_per_km2"] = "people"
    """What the raster's cells hold: people, or people a square kilometre."""

    raster_band: Annotated[int, Field(strict=True, ge=1, le=1000)] | None = None
    """Which band of the raster, where it has several."""

    raster_nodata: float | None = None
    """The value that means no data, where the raster does not say."""

    building_kinds: Path | None = None
    """Your own table of building kinds (.toml) instead of the one that ships: who lives in which, storeys."""

    residents_weight: Annotated[float, Field(strict=True, ge=0, le=100)] = 1.0
    """How much a resident counts when new sites are chosen."""

    least_shown: Annotated[int, Field(strict=True, ge=0, le=1000)] = 5
    """Surveyed points of fewer people are drawn somewhere in their 100 m square, and listed together; 0: none."""

    groups: tuple[GroupSettings, ...] = ()
    """Who is counted besides the residents, one table [[demand.groups]] each: those of 65+, workers, visitors."""

    @field_validator("groups")
    @classmethod
    def _ids_differ(cls, groups: tuple[GroupSettings, ...]) -> tuple[GroupSettings, ...]:
        ids = [group.id for group in groups]
        if len(set(ids)) < len(ids) or RESIDENTS in ids:
            raise PydanticCustomError("ids_repeat", "each needs an id of its own, other than `residents`")
        return groups


class BusinessAreaSettings(Settings):
    """Business areas: where shops, offices and enterprises lie close together on foot."""

    method: Literal["dbscan", "hdbscan"] = "dbscan"
    """With "dbscan" one distance for all; with "hdbscan" denser and looser ones, `within_m` is the farthest."""

    within_m: Annotated[float, Field(strict=True, ge=LEAST_M, le=2000)] = 150.0
    """How far apart on foot neighbours in a circle are, metres, inclusive."""

    least_places: Annotated[int, Field(strict=True, ge=2, le=1000)] = 10
    """How many places, itself included, lie within that of a place inside a circle; the least of a circle."""

    source: str = ""
    """Where these two figures come from, as it is to stand in the report. Left out: the developers' own."""

    place_kinds: Path | None = None
    """Your own table of place kinds (.toml) instead of the one that ships: which make circles, jobs by kind."""

    names: dict[str, str] = Field(default_factory=dict)
    """Your names for circles, by the id of any place in each, as { P0012 = "人民路商圈" }."""


class BeltSettings(Settings):
    """A belt along streets: what stands within a walk of them."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
    """Its name in plan.json and results.gpkg: small letters, digits and _, as "renmin_road"."""

    name: str = ""
    """Its name on map and report. Left out: its id."""

    streets: tuple[str, ...] = Field(min_length=1)
    """Names of its streets, as the streets layer has them."""

    within_m: Annotated[float, Field(strict=True, ge=LEAST_M, le=5000)] | None = None
    """How far from the streets it reaches on foot, metres, inclusive; this or `minutes`."""

    minutes: Minutes | None = None
    """The same in minutes, inclusive."""

    source: str = ""
    """Where streets and distance come from, as it is to stand in the report. Left out: the study's own."""

    @model_validator(mode="after")
    def _reaches_so_far(self) -> Self:
        if (self.within_m is None) == (self.minutes is None):
            raise PydanticCustomError("belt_without_limit", "exactly one of `within_m`, `minutes` is needed")
        return self


class AssignmentSettings(Settings):
    """Organisations (`inputs.organisations`): each within a walk of one station that has room for it."""

    minutes: Minutes | None = None
    """How far its station may be, minutes, inclusive. Left out: `limits.standard_min`."""

    most: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] | None = None
    """How many organisations a station serves at most. Left out: any number."""

    tiers: tuple[Tier, ...] = Field(default=("station",), min_length=1)
    """Tiers of facilities that serve organisations, as ["station", "town"]."""

    source: str = ""
    """Where these figures come from, as it is to stand in the report. Left out: the study's own."""
