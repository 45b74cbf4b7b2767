"""Settings of services: what people are to have within a walk, besides the study's own centres."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictBool, field_validator, model_validator
from pydantic_core import PydanticCustomError

from planner.config.sections.base import Minutes, Money, Settings
from planner.config.sections.demand import RESIDENTS
from planner.config.sections.layers import Layer

CENTRES = "centres"
"""The service that is always there: the facilities of the study itself, within `limits.standard_min`."""

Words = dict[str, tuple[str, ...]]


class ServiceSettings(Settings):
    """A service: its facilities, how near they are to be, and for whom."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
    """Its name in plan.json and results.gpkg: small letters, digits and _, as "canteen"."""

    name: str = ""
    """Its name on map and report. Left out: as the profile has it, else its id."""

    layer: Layer | None = None
    """Its facilities: points or polygons; optional id, name, kind, open."""

    tags: Words = Field(default_factory=dict)
    """Its facilities by tags of the extract of `layer`, or of the streets, as { amenity = ["clinic"] }."""

    where: Words = Field(default_factory=dict)
    """Only rows with one of these words in each of these columns, as { kind = ["clinic"] }."""

    profile: str = ""
    """Profile of standards: a shipped one, or your own file (.toml). Left out: `minutes` must be given."""

    standard: str = ""
    """Which of the profile's services it is. Left out: its id."""

    minutes: Minutes | None = None
    """How near it is to be, minutes, inclusive. Left out: as the profile has it."""

    group: str = RESIDENTS
    """Population group that the service is for: "residents", or the id of a table [[demand.groups]]."""

    count: Annotated[int, Field(strict=True, ge=1, le=100)] = 1
    """How many of its facilities people are to reach: the n-th nearest counts."""

    capacity: str | None = None
    """The column of its facilities that states their capacity (places, m²); blank cells are not known."""

    least_capacity: Annotated[float, Field(strict=True, gt=0, le=1e9)] | None = None
    """A facility of less capacity is below standard and does not count. Left out: as the profile has it."""

    per_1000: Annotated[float, Field(strict=True, gt=0, le=1e6)] | None = None
    """Capacity that 1,000 people of its group need; who has less within reach finds it full."""

    weight: Annotated[float, Field(strict=True, ge=0, le=100)] = 1.0
    """How much it counts in the completeness index, and in the order of what is missing."""

    basic: StrictBool = True
    """True: nobody is sufficiently served who lacks it."""

    add_cost: Money | None = None
    """What adding it to existing premises costs, in `costs.unit`."""

    new_cost: Money | None = None
    """What a new facility costs, in `costs.unit`."""

    area_m2: Annotated[float, Field(strict=True, ge=1, le=1e6)] | None = None
    """Floor area that it takes up in a room that it shares, m²; with `add_cost` it may go into rooms."""

    unit_cost: Money | None = None
    """What one more unit of capacity (a place, a m²) costs, in `costs.unit`."""

    source: str = ""
    """Where standard and costs come from, as it is to stand in the report."""

    @field_validator("tags", "where", mode="before")
    @classmethod
    def _in_lists(cls, value: object) -> object:
        """Accept one word in place of a list of one."""
        if not isinstance(value, dict):
            return value
        return {key: (words,) if isinstance(words, str) else words for key, words in value.items()}

    @model_validator(mode="after")
    def _has_standard(self) -> ServiceSettings:
        if self.minutes is None and not self.profile:
            raise PydanticCustomError("service_without_standard", "`minutes` or `profile` is needed")
        return self


class BundleSettings(Settings):
    """Services that share rooms: plots and rooms of `inputs.parcels`, and the study's own premises."""

    budget: Money | None = None
    """What rooms and what goes into them may cost together, in `costs.unit`. Left out: no limit."""

    most_rooms: Annotated[int, Field(strict=True, ge=0, le=1000)] | None = None
    """How many rooms may be taken, own premises not counted. Left out: any number."""

    most_added: Annotated[int, Field(strict=True, ge=0, le=100)] = 1
    """How many services may be added to each of the study's own premises."""

    time_limit_s: Annotated[float, Field(strict=True, gt=0, le=3600)] = 30.0
    """How long to look for the best choice, seconds; then the best found counts, with its bound."""


def check_services(services: tuple[ServiceSettings, ...], groups: tuple[str, ...]) -> None:
    """Refuse services of one id, and those for a group that the study does not count.

    Raises
    ------
    PydanticCustomError
        With the setting.
    """
    ids = [CENTRES, *(one.id for one in services)]
    if len(set(ids)) < len(ids):
        raise PydanticCustomError("service_ids_repeat", "each needs an id of its own, other than `centres`")
    for number, service in enumerate(services):
        if service.group not in (RESIDENTS, *groups):
            values = {
                "where": f"services.{number}",
                "group": service.group,
                "known": ", ".join((RESIDENTS, *groups)),
            }
            raise PydanticCustomError("service_group_unknown", "`{where}.group` must be one of {known}", values)
