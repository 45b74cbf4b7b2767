"""Settings of new sites: candidates, models, other circumstances, fairness."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool, field_validator

from planner.config.sections.base import LEAST_M, Minutes, Money, Settings

CandidateSource = Literal["clusters", "density", "business_areas", "parcels", "streets"]


class DensitySettings(Settings):
    """Candidates in the middle of where uncovered people live close together on foot."""

    method: Literal["dbscan", "hdbscan"] = "dbscan"
    """With "dbscan" one distance for all; with "hdbscan" denser and looser groups, `within_m` is the farthest."""

    within_m: Annotated[float, Field(strict=True, ge=LEAST_M, le=2000)] = 100.0
    """How far apart on foot neighbours in a group are, metres, inclusive."""

    least_points: Annotated[int, Field(strict=True, ge=2, le=1000)] = 5
    """How many demand points, itself included, lie within that of a point inside a group."""


class TierSettings(Settings):
    """A tier of new sites, for the hierarchical question; a higher one also offers what the lower ones do."""

    tier: Literal["district", "town", "community", "village", "station"]
    """Which tier: "district", "town", "community", "village" or "station"."""

    sites: Annotated[int, Field(strict=True, ge=0, le=1000)]
    """How many new sites of this tier to place."""

    minutes: Minutes
    """How far people may walk to what this tier offers, minutes, inclusive."""


class PopulationVariantSettings(Settings):
    """Another number of people: growth, or a district that empties."""

    name: str
    """What it is called, as "growth in the east"."""

    people: dict[str, Annotated[float, Field(strict=True, ge=0, le=100)]]
    """What the people of a community are multiplied by, by its id, as { C07 = 1.5 }; "*" stands for all others."""


class RobustSettings(Settings):
    """Under which other circumstances the sites are judged: off unless one is named."""

    walking: tuple[str, ...] = ()
    """Further walking profiles, by name."""

    gates: tuple[Literal["open", "closed"], ...] = ()
    """All gates of `inputs.gates` "open", or all "closed"."""

    people: tuple[PopulationVariantSettings, ...] = ()
    """Other numbers of people, one table [[siting.robust.people]] each."""

    rule: Literal["worst people", "worst regret", "expected"] = "worst regret"
    """How one choice is made for all: most people in the worst case, least regret, or most on average."""


class FairSettings(Settings):
    """Fairness as the objective, beside the most people: off unless asked for."""

    communities: StrictBool = False
    """True: the worst-served community first, and the plans between that and the most people."""

    old: StrictBool = False
    """True: residents of 65+ first (column people_65 of the demand), and the plans between."""

    plans: Annotated[int, Field(strict=True, ge=2, le=20)] = 5
    """How many plans from the one to the other to look for."""


class SitingSettings(Settings):
    """Where new stations go."""

    model: str = "maximal_covering"
    """The location model that chooses the proposed sites, as of `planner site --model`."""

    sites: Annotated[int, Field(strict=True, ge=0, le=1000)] = 5
    """How many new stations to place."""

    candidates: Annotated[int, Field(strict=True, ge=1, le=5000)] = 200
    """How many clusters of uncovered people propose a candidate position."""

    seconds: Annotated[float, Field(strict=True, gt=0, le=3600)] = 20.0
    """How long all searches for sites may take together, seconds. One that is stopped shows its bound."""

    seed: Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)] = 0
    """The seed of the clustering; the same seed gives the same answer."""

    sources: tuple[CandidateSource, ...] = ("clusters", "business_areas", "parcels")
    """Sources of candidates: "clusters", "density", "business_areas", "parcels", "streets" (all positions)."""

    street_positions: Annotated[int, Field(strict=True, ge=1, le=20000)] = 1000
    """At most so many street positions, the best of every neighbourhood; fewer where fewer suffice."""

    min_spacing_m: Annotated[float, Field(strict=True, ge=0, le=5000)] = 0.0
    """A candidate that is nearer than this on foot to a centre that stays is left out, metres."""

    barrier_clearance_m: Annotated[float, Field(strict=True, ge=0, le=500)] = 1.0
    """A candidate within this of a line of `inputs.barriers` stands on it and is left out, metres."""

    least_area_m2: Annotated[float, Field(strict=True, ge=0, le=1e9)] | None = None
    """A parcel that is known to be smaller than this is left out, m²."""

    new_cost: Money | None = None
    """What a new station costs where its parcel does not say, in `costs.unit`."""

    budget: Money | None = None
    """What all new sites may cost together, in `costs.unit`; candidates of unknown cost are then left out."""

    relocatable: tuple[str, ...] = ()
    """Ids of existing centres that may be moved, merged or closed; all others stay."""

    merge_within_m: Annotated[float, Field(strict=True, ge=LEAST_M, le=5000)] = 800.0
    """Two free centres no farther apart than this on foot may be merged in the middle of their people, metres."""

    alternatives: Annotated[int, Field(strict=True, ge=0, le=20)] = 5
    """How many other plans that come close to look for."""

    alternatives_within: Annotated[float, Field(strict=True, gt=0, le=1)] = 0.1
    """How much less than the best plan another may gain, as a share of its gain."""

    alternatives_near_m: Annotated[float, Field(strict=True, ge=0, le=5000)] = 150.0
    """Sites within this of one another are the same place when plans are compared, metres straight."""

    alternatives_differ: Annotated[int, Field(strict=True, ge=1, le=1000)] = 1
    """By how many sites plans must differ at least from the best one and from one another."""

    backup_weight: Annotated[float, Field(strict=True, ge=0, le=1)] = 0.5
    """Backup cover: how much being served twice counts, against being served."""

    zero_coverage_min: Minutes | None = None
    """Gradual cover: who walks longer than this does not count. Left out: the longest of `limits.minutes`."""

    m2_per_household: Annotated[float, Field(strict=True, ge=0.01, le=100)] | None = None
    """Capacitated cover: floor area that a household takes up, m²; 0.3 is 30 m² for 100 households."""

    new_area_m2: Annotated[float, Field(strict=True, ge=1, le=1e6)] | None = None
    """Capacitated cover: floor area of a new station where its parcel does not say, m²."""

    tiers: tuple[TierSettings, ...] = ()
    """Hierarchical cover: the tiers of new sites, one table [[siting.tiers]] each, highest first."""

    density: DensitySettings = DensitySettings()
    robust: RobustSettings = RobustSettings()
    fair: FairSettings = FairSettings()

    @field_validator("sources", mode="before")
    @classmethod
    def _with_former_source(cls, value: object) -> object:
        """Accept "circles", the former name of "business_areas", for one release."""
        if not isinstance(value, list | tuple):
            return value
        return type(value)("business_areas" if one == "circles" else one for one in value)
