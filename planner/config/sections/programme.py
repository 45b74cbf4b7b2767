"""Settings of the programme: years, funds with their rules, projects of one's own."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from planner.config.sections.base import Money, Settings

ProjectKind = Literal["upgrade", "new", "branch", "move", "merge", "share", "access", "room", "service"]


class FundSettings(Settings):
    """A source of money for the programme."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
    """Its name in plan.json and results.gpkg: small letters, digits and _, as "district"."""

    name: str = ""
    """Its name in the report. Left out: its id."""

    amounts: tuple[Money, ...]
    """What it gives each year, one number a year, in `costs.unit`."""

    carry_over: StrictBool = True
    """True: what is not spent in a year stays for the next; false: it is lost."""

    pays_for: tuple[ProjectKind, ...] = ()
    """Only "upgrade", "new" (and branches), "branch", "move", "merge", "share", "access", "room", "service"."""

    most_share: Annotated[float, Field(strict=True, gt=0, le=1)] = 1.0
    """It pays at most this share of a project, 0–1."""

    matches: str | None = None
    """The id of the fund that it matches: see `match_share`."""

    match_share: Annotated[float, Field(strict=True, ge=0, le=100)] = 1.0
    """For every unit of the fund that it matches, in each project that both may pay for, it puts in so much."""

    source: str = ""
    """Where the figures come from, as it is to stand in the report."""

    @property
    def title(self) -> str:
        """What users read."""
        return self.name or self.id


class PrecedenceSettings(Settings):
    """One project only after another: a station after the gate is open."""

    first: str
    """The project that comes first: the id of a candidate, "upgrade:" and a centre's id, or one of your own."""

    then: str
    """The project that waits for it."""

    same_year: StrictBool = False
    """True: both may begin in the same year; false: the second in a later one."""


class ProjectSettings(Settings):
    """A project of your own: a move, a merger, a shared room, a gate, a station that is wanted."""

    id: str
    """Its id, other than those of candidates."""

    name: str = ""
    """What is to be done, as it is to stand in the task table."""

    kind: ProjectKind
    """"upgrade", "new", "branch", "move", "merge", "share" or "access" (gates, crossings)."""

    cost: Money
    """What it costs, in `costs.unit`."""

    site: str | None = None
    """The id of the candidate at which a centre stands once it is done."""

    x: Annotated[float, Field(strict=True)] | None = None
    """Instead of `site`: where a centre stands once it is done, east in the study's system, metres."""

    y: Annotated[float, Field(strict=True)] | None = None
    """With `x`: north in the study's system, metres."""

    resolves: tuple[str, ...] = ()
    """Ids of weak centres that meet the standard after it, as you state: it is not evaluated."""

    closes: tuple[str, ...] = ()
    """Ids of centres that serve nobody from then on."""

    subdistrict: str = ""
    """Its subdistrict (街道) or town. Left out: that of its site, or of the first centre that it names."""

    unit: str = ""
    """Who is responsible. Left out: as `responsible` says."""

    @property
    def stands_at(self) -> str | None:
        """The candidate at which a centre stands then: the one that it names, or the one that is made for it."""
        return self.site if self.x is None else f"N:{self.id}"

    @model_validator(mode="after")
    def _has_single_place(self) -> Self:
        if (self.x is None) != (self.y is None) or (self.site is not None and self.x is not None):
            raise PydanticCustomError(
                "project_place",
                "the project `{project}` needs `site`, or `x` and `y`, not both",
                {"project": self.id},
            )
        return self


class ProgrammeSettings(Settings):
    """What is built or upgraded in which year: off unless there is a fund."""

    years: Annotated[int, Field(strict=True, ge=1, le=10)] = 2
    """How many years."""

    first_year: Annotated[int, Field(strict=True, ge=1900, le=2200)] | None = None
    """The first year, as 2024. Left out: year 1, year 2."""

    max_starts_per_subdistrict: Annotated[int, Field(strict=True, ge=0, le=1000)] | None = None
    """Largest number of projects that may start in a subdistrict (街道) or town per year. Left out: no limit."""

    new_cost: Money | None = None
    """What a new station costs where its candidate does not say. Left out: `siting.new_cost`, else none."""

    move_cost: Money | None = None
    """The same for moving a free centre."""

    merge_cost: Money | None = None
    """The same for merging free centres."""

    cost_source: str = ""
    """Where these costs come from, as it is to stand in the report."""

    costs_modelled: StrictBool = False
    """True where costs are assumed, not quoted: the report then says so."""

    responsible: dict[ProjectKind, str] = Field(default_factory=dict)
    """Who is responsible by kind, as { new = "{subdistrict}党工委" } (branches too). Left out: its subdistrict."""

    seconds: Annotated[float, Field(strict=True, gt=0, le=3600)] = 20.0
    """How long the solver may search, seconds. A search that is stopped says so and shows its bound."""

    funds: tuple[FundSettings, ...] = ()
    """Where the money comes from, one table [[programme.funds]] each, in the order in which it is drawn on."""

    precedence: tuple[PrecedenceSettings, ...] = ()
    """What must come before what, one table [[programme.precedence]] each."""

    projects: tuple[ProjectSettings, ...] = ()
    """Projects of your own, one table [[programme.projects]] each."""

    @model_validator(mode="after")
    def _funds_fit(self) -> Self:
        ids = [fund.id for fund in self.funds]
        projects = [project.id for project in self.projects]
        if len(set(ids)) < len(ids) or len(set(projects)) < len(projects):
            raise PydanticCustomError("programme_ids_repeat", "each fund and each project needs an id of its own")
        for fund in self.funds:
            if len(fund.amounts) != self.years:
                raise PydanticCustomError(
                    "fund_years",
                    "the fund `{fund}` gives {amounts} amounts for {years} years",
                    {"fund": fund.id, "amounts": len(fund.amounts), "years": self.years},
                )
            if fund.matches is not None and fund.matches not in set(ids) - {fund.id}:
                raise PydanticCustomError(
                    "fund_unknown",
                    "the fund `{fund}` matches `{matches}`, which is no other fund",
                    {"fund": fund.id, "matches": fund.matches},
                )
        return self
