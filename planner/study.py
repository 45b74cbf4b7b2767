"""The study file: TOML → frozen, typo-proof settings.

Each setting is documented where it is declared; its Chinese text stands in ``texts/study.toml`` under the same
dotted path. The commented default that ``planner new`` writes is made from both (`study_template`).
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from planner.errors import Breach, StudyError
from planner.texts import Language, Phrase, Texts, catalogue

RESIDENTS = "residents"
"""The kind of demand that is always there."""

DatumSetting = Literal["auto", "wgs84", "cgcs2000", "gcj02", "bd09"]
Minutes = Annotated[float, Field(strict=True, gt=0, le=240)]


class Settings(BaseModel):
    """A frozen table of the study file that refuses what it does not know."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
    )


class Layer(Settings):
    """One input layer."""

    path: Path
    """The file, relative to the study: .gpkg, .shp, .geojson, .xlsx, .csv …; streets also .pbf, .osm, .graphml."""

    layer: str | None = None
    """The layer inside the file, or the sheet of a workbook, where it holds several."""

    crs: str | None = None
    """The coordinate system, where the file does not say (CSV, old shapefiles), as "EPSG:4326"."""

    datum: DatumSetting = "auto"
    """Whose coordinates: "wgs84", "cgcs2000", "gcj02" (Amap), "bd09" (Baidu); "auto" finds out. China only."""

    columns: dict[str, str] = Field(default_factory=dict)
    """Your column names, as { people = "人口", name = "社区名称" }."""

    source: str = ""
    """Where the layer comes from and of which date, as it is to stand in the report."""

    modelled: StrictBool = False
    """True where the layer is modelled, not surveyed: map and report then say so."""


class Raster(Settings):
    """A raster layer."""

    path: Path
    """The file, relative to the study file: .tif, or what else GDAL reads."""

    crs: str | None = None
    """The coordinate system, where the file does not say, as "EPSG:4326"."""

    source: str = ""
    """Where the raster comes from and of which date, as it is to stand in the report."""

    modelled: StrictBool = False
    """True where it is modelled, not surveyed: map and report then say so."""


class Inputs(Settings):
    """The layers."""

    communities: Layer
    """Communities and villages: polygons with id, name; optional street, kind, people, households."""

    facilities: Layer
    """Service centres: points with id, name, tier; optional community, floor_area_m2."""

    streets: Layer
    """Walkable streets: lines, joined where they share a vertex, or an OpenStreetMap extract."""

    demand: Layer | None = None
    """People: buildings or grid cells with id, people. Without it, community totals are spread along streets."""

    people_table: Layer | None = None
    """People by community, a table without places: community (id, code or name), people and/or households."""

    buildings: Layer | None = None
    """Buildings: polygons; optional kind, levels, height_m; or an extract. Totals are spread over the homes."""

    population: Raster | None = None
    """A population raster (GeoTIFF): people a cell, or a density (`demand.raster_unit`)."""

    places: Layer | None = None
    """Shops, offices, enterprises: points with id; optional name, kind, jobs, weight. For business circles."""

    water: Layer | None = None
    """Rivers and lakes: polygons, drawn on the map; a centre inside one is an error; see `stop_at_barriers`."""

    barriers: Layer | None = None
    """Railways and walls: lines, drawn on the map; see `stop_at_barriers`."""

    gates: Layer | None = None
    """Gates: points with id; optional name, open. A street ends on both sides of a gate that is not open."""

    parcels: Layer | None = None
    """Where a station might be had: plots, buildings, rooms with id; optional name, tenure, area_m2, cost."""

    elevation: Raster | None = None
    """Heights of the ground in metres, for `walking.costs.slope`; of several bands the first counts."""


class DemandKind(Settings):
    """A kind of demand besides the residents: who they are, and how they are counted."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
    """Its name in plan.json and results.gpkg: small letters, digits and _, as "workers"."""

    name: str = ""
    """Its name on map and report. Left out: its id."""

    column: str | None = None
    """Counted by this column of the demand layer, or of the communities where that layer has none."""

    share: Annotated[float, Field(strict=True, gt=0, le=1)] | None = None
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

    spacing_m: Annotated[float, Field(strict=True, gt=0, le=500)] = 25.0
    """Where people are spread along streets: the distance between the points, metres."""

    cell_m: Annotated[float, Field(strict=True, gt=0, le=5000)] = 125.0
    """A polygon or cell with people wider than this (root of its area, m) is spread over buildings or streets."""

    household_size: Annotated[float, Field(strict=True, gt=0, le=20)] | None = None
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

    kinds: tuple[DemandKind, ...] = ()
    """Who is counted besides the residents, one table [[demand.kinds]] each: those of 65+, workers, visitors."""

    @field_validator("kinds")
    @classmethod
    def _told_apart(cls, kinds: tuple[DemandKind, ...]) -> tuple[DemandKind, ...]:
        ids = [kind.id for kind in kinds]
        if len(set(ids)) < len(ids) or RESIDENTS in ids:
            raise PydanticCustomError("ids_repeat", "each needs an id of its own, other than `residents`")
        return kinds


class Circles(Settings):
    """Business circles: where shops, offices and enterprises lie close together on foot."""

    method: Literal["dbscan", "hdbscan"] = "dbscan"
    """With "dbscan" one distance for all; with "hdbscan" denser and looser ones, `within_m` is the farthest."""

    within_m: Annotated[float, Field(strict=True, gt=0, le=2000)] = 150.0
    """How far apart on foot neighbours in a circle are, metres, inclusive."""

    least_places: Annotated[int, Field(strict=True, ge=2, le=1000)] = 10
    """How many places, itself included, lie within that of a place inside a circle; the least of a circle."""

    source: str = ""
    """Where these two figures come from, as it is to stand in the report. Left out: the developers' own."""

    place_kinds: Path | None = None
    """Your own table of place kinds (.toml) instead of the one that ships: which make circles, jobs by kind."""

    names: dict[str, str] = Field(default_factory=dict)
    """Your names for circles, by the id of any place in each, as { P0012 = "人民路商圈" }."""


PositiveSpeeds = dict[str, Annotated[float, Field(strict=True, gt=0, le=15)]]
Waits = dict[str, Annotated[float, Field(strict=True, ge=0, le=600)]]


class WalkingCosts(Settings):
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

    gates_within_m: Annotated[float, Field(strict=True, gt=0, le=50)] = 5.0
    """A gate of `inputs.gates` farther than this from every street is on none, metres."""


class Walking(Settings):
    """How people walk."""

    profile: str = "gb50180"
    """The named walking profile that gives the speed; it is printed on every map and report."""

    speed_kmh: Annotated[float, Field(strict=True, gt=0, le=15)] | None = None
    """Your own speed instead of the profile's, km/h."""

    access_m: Annotated[float, Field(strict=True, gt=0, le=1000)] = 50.0
    """How far people walk straight between door and street, metres. Who lives farther off is listed."""

    stop_at_barriers: StrictBool = False
    """True: no straight walk between door and street crosses `inputs.barriers` or `inputs.water`."""

    direction: Literal["to_centre", "from_centre"] = "to_centre"
    """Which way people are reckoned to walk; it matters where slope counts."""

    costs: WalkingCosts = WalkingCosts()


class Limits(Settings):
    """The service circles."""

    minutes: tuple[Minutes, ...] = (5.0, 10.0, 15.0)
    """The walking times to measure, minutes, inclusive."""

    standard_min: Annotated[Minutes, Field(validate_default=True)] = 5.0
    """The one that counts as served: gaps and new sites are found for it. One of `minutes`."""

    @field_validator("minutes")
    @classmethod
    def _rising(cls, minutes: tuple[float, ...]) -> tuple[float, ...]:
        if not minutes or list(minutes) != sorted(set(minutes)):
            raise PydanticCustomError("not_rising", "must rise and not repeat")
        return minutes

    @field_validator("standard_min")
    @classmethod
    def _is_measured(cls, standard_min: float, others: ValidationInfo) -> float:
        # Where the minutes themselves are refused, there is nothing to compare with.
        if standard_min not in others.data.get("minutes", [standard_min]):
            raise PydanticCustomError("not_measured", "it must be one of `limits.minutes`")
        return standard_min


class Rules(Settings):
    """Which rules a centre is judged by."""

    profile: str = "haibowan"
    """The name of a rule profile that ships with the planner, or the path of your own rule file (.toml)."""

    compare: tuple[str, ...] = ()
    """Further rule profiles, by name or path: the same data is judged by each, for comparison."""

    walking: tuple[str, ...] = ()
    """Further walking profiles: the centres are judged again at each speed, to show which verdicts hang on it."""

    threshold_share: Annotated[float, Field(strict=True, gt=0, lt=1)] = 0.1
    """Which verdicts flip if a threshold is lowered or raised by this share is told: 0.1 is ±10 %."""


class Costs(Settings):
    """What changes to a centre cost, to find the cheapest that makes a weak one compliant. Unknown: leave out."""

    unit: str = "万元"
    """The unit of money."""

    source: str = ""
    """Where the costs come from, as it is to stand in the report."""

    floor_area_per_m2: Annotated[float, Field(strict=True, ge=0)] | None = None
    """One more square metre of floor, used for residents' activities."""

    hour_a_week: Annotated[float, Field(strict=True, ge=0)] | None = None
    """Opening one more hour a week."""

    function: Annotated[float, Field(strict=True, ge=0)] | None = None
    """Adding one function that is missing."""

    step_free: Annotated[float, Field(strict=True, ge=0)] | None = None
    """Making the entrance step-free."""

    gate_open: Annotated[float, Field(strict=True, ge=0)] | None = None
    """Opening one closed gate."""

    crossing: Annotated[float, Field(strict=True, ge=0)] | None = None
    """Building one crossing, whatever its length."""

    crossing_per_m: Annotated[float, Field(strict=True, ge=0)] | None = None
    """One metre of a crossing, besides what one costs whatever its length."""

    move: Annotated[float, Field(strict=True, ge=0)] | None = None
    """Moving a centre with its floor area to another place in its community."""

    share: Annotated[float, Field(strict=True, ge=0)] | None = None
    """Sharing a neighbouring centre, whatever the floor area."""

    station: Annotated[float, Field(strict=True, ge=0)] | None = None
    """Opening a branch of a centre, of `remedies.station_m2`."""


class Remedies(Settings):
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

    share_m2: Annotated[float, Field(strict=True, gt=0, le=10000)] = 50.0
    """The least floor area that a neighbour gives up where it is shared, m²."""

    station_m2: Annotated[float, Field(strict=True, gt=0, le=10000)] = 100.0
    """The floor area of a branch, m²."""

    source: str = ""
    """Where these figures come from, as it is to stand in the report. Left out: the developers' own."""


Origin = Literal["clusters", "density", "circles", "parcels", "streets"]
Money = Annotated[float, Field(strict=True, ge=0)]


class Density(Settings):
    """Candidates in the middle of where uncovered people live close together on foot."""

    method: Literal["dbscan", "hdbscan"] = "dbscan"
    """With "dbscan" one distance for all; with "hdbscan" denser and looser groups, `within_m` is the farthest."""

    within_m: Annotated[float, Field(strict=True, gt=0, le=2000)] = 100.0
    """How far apart on foot neighbours in a group are, metres, inclusive."""

    least_points: Annotated[int, Field(strict=True, ge=2, le=1000)] = 5
    """How many demand points, itself included, lie within that of a point inside a group."""


class SitingTier(Settings):
    """A tier of new sites, for the hierarchical question; a higher one also offers what the lower ones do."""

    tier: Literal["district", "town", "community", "village", "station"]
    """Which tier: "district", "town", "community", "village" or "station"."""

    sites: Annotated[int, Field(strict=True, ge=0, le=1000)]
    """How many new sites of this tier to place."""

    minutes: Minutes
    """How far people may walk to what this tier offers, minutes, inclusive."""


class Variant(Settings):
    """Another number of people: growth, or a district that empties."""

    name: str
    """What it is called, as "growth in the east"."""

    people: dict[str, Annotated[float, Field(strict=True, ge=0, le=100)]]
    """What the people of a community are multiplied by, by its id, as { C07 = 1.5 }; "*" stands for all others."""


class Robust(Settings):
    """Under which other circumstances the sites are judged: off unless one is named."""

    walking: tuple[str, ...] = ()
    """Further walking profiles, by name."""

    gates: tuple[Literal["open", "closed"], ...] = ()
    """All gates of `inputs.gates` "open", or all "closed"."""

    people: tuple[Variant, ...] = ()
    """Other numbers of people, one table [[siting.robust.people]] each."""

    rule: Literal["worst people", "worst regret", "expected"] = "worst regret"
    """How one choice is made for all: most people in the worst case, least regret, or most on average."""


class Fair(Settings):
    """Fairness as the objective, beside the most people: off unless asked for."""

    communities: StrictBool = False
    """True: the worst-served community first, and the plans between that and the most people."""

    old: StrictBool = False
    """True: residents of 65+ first (column people_65 of the demand), and the plans between."""

    plans: Annotated[int, Field(strict=True, ge=2, le=20)] = 5
    """How many plans from the one to the other to look for."""


class Siting(Settings):
    """Where new stations go."""

    sites: Annotated[int, Field(strict=True, ge=0, le=1000)] = 5
    """How many new stations to place."""

    candidates: Annotated[int, Field(strict=True, ge=1, le=5000)] = 200
    """How many clusters of uncovered people propose a candidate position."""

    seconds: Annotated[float, Field(strict=True, gt=0, le=3600)] = 20.0
    """How long the solver may search, seconds. A search that is stopped says so and shows its bound."""

    seed: Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)] = 0
    """The seed of the clustering; the same seed gives the same answer."""

    origins: tuple[Origin, ...] = ("clusters", "circles", "parcels")
    """Where candidates come from: "clusters", "density", "circles", "parcels", "streets" (all positions)."""

    street_positions: Annotated[int, Field(strict=True, ge=1, le=20000)] = 1000
    """At most so many street positions, the best of every neighbourhood; fewer where fewer suffice."""

    apart_m: Annotated[float, Field(strict=True, ge=0, le=5000)] = 0.0
    """A candidate that is nearer than this on foot to a centre that stays is left out, metres."""

    barrier_m: Annotated[float, Field(strict=True, ge=0, le=500)] = 1.0
    """A candidate within this of a line of `inputs.barriers` stands on it and is left out, metres."""

    least_area_m2: Annotated[float, Field(strict=True, ge=0)] | None = None
    """A parcel that is known to be smaller than this is left out, m²."""

    new_cost: Money | None = None
    """What a new station costs where its parcel does not say, in `costs.unit`."""

    budget: Money | None = None
    """What all new sites may cost together, in `costs.unit`; candidates of unknown cost are then left out."""

    free: tuple[str, ...] = ()
    """Ids of existing centres that may be moved, merged or closed; all others stay."""

    merge_within_m: Annotated[float, Field(strict=True, gt=0, le=5000)] = 800.0
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

    fade_min: Minutes | None = None
    """Gradual cover: who walks longer than this does not count. Left out: the longest of `limits.minutes`."""

    m2_per_household: Annotated[float, Field(strict=True, gt=0, le=100)] | None = None
    """Capacitated cover: floor area that a household takes up, m²; 0.3 is 30 m² for 100 households."""

    new_area_m2: Annotated[float, Field(strict=True, gt=0)] | None = None
    """Capacitated cover: floor area of a new station where its parcel does not say, m²."""

    tiers: tuple[SitingTier, ...] = ()
    """Hierarchical cover: the tiers of new sites, one table [[siting.tiers]] each, highest first."""

    density: Density = Density()
    robust: Robust = Robust()
    fair: Fair = Fair()


ProjectKind = Literal["upgrade", "new", "move", "merge", "share", "access"]


class Fund(Settings):
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
    """Only for "upgrade", "new", "move", "merge", "share", "access" (gates, crossings). Left out: for all."""

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


class Precedence(Settings):
    """One project only after another: a station after the gate is open."""

    first: str
    """The project that comes first: the id of a candidate, "upgrade:" and a centre's id, or one of your own."""

    then: str
    """The project that waits for it."""

    same_year: StrictBool = False
    """True: both may begin in the same year; false: the second in a later one."""


class OwnProject(Settings):
    """A project of your own: a move, a merger, a shared room, a gate, a station that is wanted."""

    id: str
    """Its id, other than those of candidates."""

    name: str = ""
    """What is to be done, as it is to stand in the task table."""

    kind: ProjectKind
    """"upgrade", "new", "move", "merge", "share" or "access" (gates, crossings)."""

    cost: Money
    """What it costs, in `costs.unit`."""

    site: str | None = None
    """The id of the candidate at which a centre stands once it is done."""

    settles: tuple[str, ...] = ()
    """Ids of weak centres that meet the standard once it is done: you say so, it is not judged."""

    closes: tuple[str, ...] = ()
    """Ids of centres that serve nobody from then on."""

    street: str = ""
    """Its 街道 or town. Left out: that of its site, or of the first centre that it names."""

    unit: str = ""
    """Who is responsible. Left out: as `responsible` says."""


class ProgrammeSettings(Settings):
    """What is built or upgraded in which year: off unless there is a fund."""

    years: Annotated[int, Field(strict=True, ge=1, le=10)] = 2
    """How many years."""

    first_year: Annotated[int, Field(strict=True, ge=1900, le=2200)] | None = None
    """The first year, as 2024. Left out: year 1, year 2."""

    starts_per_street: Annotated[int, Field(strict=True, ge=0, le=1000)] | None = None
    """How many projects may begin in one 街道 or town in one year. Left out: as many as money allows."""

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
    """Who is responsible by kind of project, as { new = "{street}党工委" }. Left out: its 街道 or town."""

    seconds: Annotated[float, Field(strict=True, gt=0, le=3600)] = 20.0
    """How long the solver may search, seconds. A search that is stopped says so and shows its bound."""

    funds: tuple[Fund, ...] = ()
    """Where the money comes from, one table [[programme.funds]] each, in the order in which it is drawn on."""

    precedence: tuple[Precedence, ...] = ()
    """What must come before what, one table [[programme.precedence]] each."""

    projects: tuple[OwnProject, ...] = ()
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


TILE_KEY = re.compile("[A-Za-z0-9]*")
TILE_URL = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?/[A-Za-z0-9._~/?&=%{}@+,-]*")
TILE_SOURCES = ("none", "osm", "tianditu", "amap")


class MapSettings(Settings):
    """What lies under the map."""

    tiles: str = "none"
    """Background tiles: "none", "osm", "tianditu", "amap", or a URL with {z}, {x} and {y}. They need a network."""

    datum: Literal["wgs84", "gcj02"] = "wgs84"
    """The datum of tiles given by a URL. Those of "amap" are known to be in GCJ-02."""

    key: Annotated[str, Field(validate_default=True)] = ""
    """Your key for "tianditu". It stands in the map, where whoever has the file can read it."""

    @field_validator("tiles")
    @classmethod
    def _can_be_asked(cls, tiles: str) -> str:
        is_template = TILE_URL.fullmatch(tiles) and all(gap in tiles for gap in ("{z}", "{x}", "{y}"))
        if tiles not in TILE_SOURCES and not is_template:
            raise PydanticCustomError("not_tiles", "neither a known name nor a URL with z, x and y in braces")
        return tiles

    @field_validator("key")
    @classmethod
    def _is_given(cls, key: str, others: ValidationInfo) -> str:
        if not key and others.data.get("tiles") == "tianditu":
            raise PydanticCustomError("needs_key", "tianditu gives tiles to those with a key only")
        if not TILE_KEY.fullmatch(key):
            raise PydanticCustomError("not_a_key", "only letters and digits are allowed")
        return key


class Study(Settings):
    """One study: what is given, how people walk, what is asked."""

    name: str
    """The study's name, as it stands on map and report."""

    language: Language = "zh"
    """The language of map, report and messages: "zh" or "en"."""

    date: str = ""
    """The date of the data or of the study, as it is to stand on map and report."""

    crs: str | None = None
    """The projected system to measure in. Left out: the communities' own if metric, else their UTM zone."""

    inputs: Inputs

    demand: DemandSettings = DemandSettings()
    walking: Walking = Walking()
    limits: Limits = Limits()
    rules: Rules = Rules()
    costs: Costs = Costs()
    remedies: Remedies = Remedies()
    siting: Siting = Siting()
    circles: Circles = Circles()
    programme: ProgrammeSettings = ProgrammeSettings()
    map: MapSettings = MapSettings()

    file: Annotated[Path, Field(exclude=True)] = Path("study.toml")
    """The file that the study was read from; every path in it is relative to its folder."""

    @model_validator(mode="after")
    def _kinds_have_their_limits(self) -> Self:
        for place, kind in enumerate(self.demand.kinds):
            minutes = kind.minutes or self.limits.minutes
            standard = kind.standard_min or self.limits.standard_min
            where = f"demand.kinds.{place}"
            if list(minutes) != sorted(set(minutes)):
                raise PydanticCustomError(
                    "kind_not_rising", "`{where}.minutes` must rise and not repeat", {"where": where}
                )
            if standard not in minutes:
                raise PydanticCustomError(
                    "kind_not_measured", "`{where}.standard_min` must be one of its minutes", {"where": where}
                )
            if kind.places and self.inputs.places is None:
                raise PydanticCustomError(
                    "kind_without_places", "`{where}.places` needs the layer `inputs.places`", {"where": where}
                )
        return self

    def resolve(self, path: Path) -> Path:
        """Return `path` as the study means it: relative to the study file."""
        return path if path.is_absolute() else self.file.parent / path


def read_study(path: str | Path) -> Study:
    """Read a study file.

    Parameters
    ----------
    path
        The TOML file.

    Returns
    -------
    study
        The settings, with paths relative to the file.

    Raises
    ------
    StudyError
        The file is missing, is not TOML, or holds unknown, missing or wrong settings: all at once, each with
        its dotted path.
    """
    path = Path(path)
    try:
        content = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise StudyError(str(path), [Breach("unreadable_study", {"reason": reason})]) from error
    except tomllib.TOMLDecodeError as error:
        raise StudyError(str(path), [Breach("not_toml", {"reason": error})]) from error
    return make_study(content, file=path)


def make_study(content: Mapping[str, Any], *, file: str | Path = "study.toml") -> Study:
    """Make a study from a mapping, as `read_study` does from a file.

    Raises
    ------
    StudyError
        As `read_study`.

    Examples
    --------
    >>> make_study({"name": "Toy", "walking": {"acces_m": 5}})
    Traceback (most recent call last):
    planner.errors.StudyError: study.toml is not a valid study:
      - `inputs` is missing. The layers.
      - `walking.acces_m` is not a setting. Did you mean `access_m`?
    """
    known = {key: value for key, value in content.items() if key != "file"}
    hint = Phrase("errors.known_settings", {"names": ", ".join(_names(Study))})
    unknown = [Breach("unknown_setting", {"path": "file", "hint": hint})] if "file" in content else []
    try:
        study = Study.model_validate({**known, "file": Path(file)})
    except ValidationError as error:
        unknown += [_breach(detail) for detail in error.errors()]
    if unknown:
        raise StudyError(str(file), unknown)
    return study


def settings_at(path: tuple[str | int, ...]) -> type[Settings] | None:
    """Return the settings class whose table stands at a dotted path, or None."""
    model: type[Settings] = Study
    for name in path:
        if isinstance(name, int):  # a table of a list of tables
            continue
        info = model.model_fields.get(str(name))
        inner = nested_settings(info.annotation) if info else None
        if inner is None:
            return None
        model = inner
    return model


def nested_settings(annotation: object) -> type[Settings] | None:
    """Return the settings class inside an annotation such as ``Layer | None``, or None."""
    for option in (annotation, *get_args(annotation)):
        if isinstance(option, type) and issubclass(option, Settings):
            return option
    return None


def is_list_of_tables(annotation: object) -> bool:
    """Tell whether a setting is a list of tables, such as ``tuple[DemandKind, ...]``."""
    return get_origin(annotation) is tuple and nested_settings(annotation) is not None


def wrong_because(detail: ErrorDetails) -> Phrase | str:
    """Say why pydantic refuses a value: in the user's language where the catalogue has the reason."""
    key = f"errors.reason_{detail['type']}"
    return Phrase(key, detail.get("ctx", {})) if key in catalogue() else detail["msg"]


def _breach(detail: ErrorDetails) -> Breach:
    path = ".".join(str(part) for part in detail["loc"]) or str(detail.get("ctx", {}).get("where", ""))
    if detail["type"] == "extra_forbidden":
        model = settings_at(detail["loc"][:-1])
        return Breach("unknown_setting", {"path": path, "hint": _hint(str(detail["loc"][-1]), _names(model))})
    meaning = _meaning(detail["loc"])
    if detail["type"] == "missing":
        return Breach("missing_setting", {"path": path, "meaning": meaning})
    value = "…" if isinstance(detail["input"], Mapping) else repr(detail["input"])
    reason = wrong_because(detail)
    return Breach("wrong_setting", {"path": path, "value": value, "reason": reason, "meaning": meaning})


def _names(model: type[Settings] | None) -> list[str]:
    return [name for name in (model.model_fields if model else {}) if name != "file"]


def _hint(name: str, known: list[str]) -> Phrase:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return Phrase("errors.did_you_mean", {"name": near[0]})
    return Phrase("errors.known_settings", {"names": ", ".join(known)})


@dataclass(frozen=True, slots=True)
class Meaning(Phrase):
    """What a setting means: its docstring in English, the catalogue in Chinese."""

    def in_words(self, language: Language) -> str:
        """Say it in `language`."""
        return setting_meaning(self.key, language)


def setting_meaning(setting: str, language: Language) -> str:
    """Return what a setting, named as ``Walking.access_m``, means.

    Examples
    --------
    >>> setting_meaning("Siting.sites", "en")
    'How many new stations to place.'
    """
    if language == "zh":
        return Texts("zh")(f"study.{setting}")
    classes = {model.__name__: model for model in settings_classes()}
    model, _, name = setting.partition(".")
    field = classes[model].model_fields[name]
    inner = nested_settings(field.annotation)
    return field.description or (inner.__doc__ if inner else "") or ""


def settings_classes(model: type[Settings] = Study) -> Iterator[type[Settings]]:
    """Yield every settings class of the study file, outermost first."""
    yield model
    for field in model.model_fields.values():
        inner = nested_settings(field.annotation)
        if inner:
            yield from settings_classes(inner)


def _meaning(path: tuple[str | int, ...]) -> Phrase | str:
    while path:
        parent = settings_at(path[:-1])
        if parent and path[-1] in parent.model_fields:
            return Meaning(f"{parent.__name__}.{path[-1]}")
        path = path[:-1]
    return ""
