"""The schemas of a study's tables: communities, facilities, demand and the others."""

from __future__ import annotations

import math
from typing import Any, NewType

import geopandas as gpd

from planner.schemas.table_schema import AREAS, LINES, POINTS, Column, TableSchema

Communities = NewType("Communities", gpd.GeoDataFrame)
Facilities = NewType("Facilities", gpd.GeoDataFrame)
Demand = NewType("Demand", gpd.GeoDataFrame)
Streets = NewType("Streets", gpd.GeoDataFrame)
PeopleTable = NewType("PeopleTable", gpd.GeoDataFrame)
Buildings = NewType("Buildings", gpd.GeoDataFrame)
Places = NewType("Places", gpd.GeoDataFrame)
Water = NewType("Water", gpd.GeoDataFrame)
Barriers = NewType("Barriers", gpd.GeoDataFrame)
Gates = NewType("Gates", gpd.GeoDataFrame)
Parcels = NewType("Parcels", gpd.GeoDataFrame)
OrganisationTable = NewType("OrganisationTable", gpd.GeoDataFrame)
ServiceFacilities = NewType("ServiceFacilities", gpd.GeoDataFrame)

TIERS = ("district", "town", "community", "village", "station")
PREMISES = ("community", "village")
"""Tiers whose facilities are the premises of one community."""

COMMUNITY_KINDS = ("community", "village")
OPEN_WORDS = ("true", "True", "yes", "1", "是", "开放")
SHUT_WORDS = ("false", "False", "no", "0", "否", "关闭")
"""What `open` may state of a gate: as spreadsheets and GIS write it."""

YES = ("yes", "是", "true", "True", "1")
NO = ("no", "否", "false", "False", "0")
"""How a table may state that something is so, or is not; an empty cell is not known."""

PRIVATE_WORDS = ("private", "私有", "内部", "小区内部", "不对外")
"""What `access` may state of a street that residents of a compound alone walk on; capitals do not matter."""

TENURES = ("owned", "rentable", "shared")


def _text(name: str, meaning: str, *, choices: tuple[str, ...] = (), default: str = "") -> Column:
    """Return a column that a table may lack."""
    return Column(name, "text", required=False, choices=choices, default=default, meaning=meaning)


def _number(name: str, meaning: str) -> Column:
    """Return a column of numbers that a table may lack, or leave blank: not known is not 0."""
    return Column(name, "number", required=False, default=math.nan, meaning=meaning)


ID = Column("id", "text", meaning="unique, text")

OPENING = (
    _text("opening_hours", "when it is open, as OpenStreetMap writes it, or as 周一至周五 9:00-18:00"),
    _text("open_from", "or the clock time at which it opens every day"),
    _text("open_to", "and at which it closes"),
)
"""Columns of opening hours, read where the study asks for `service_times`."""

COMMUNITIES: TableSchema[Communities] = TableSchema(
    name="communities",
    columns=(
        ID,
        Column("name", "text", meaning="the name that users read"),
        _text("subdistrict", "the subdistrict (街道), town or ward above it"),
        _text("kind", "urban or rural", choices=COMMUNITY_KINDS, default="community"),
        _number("people", "residents"),
        _number("households", "households"),
    ),
    geometry_types=AREAS,
    as_type=Communities,
)

FACILITIES: TableSchema[Facilities] = TableSchema(
    name="facilities",
    columns=(
        ID,
        Column("name", "text", meaning="the name that users read"),
        Column("tier", "text", choices=TIERS, meaning="its place in the 1+7+40+N network"),
        _text("community", "id, code or name of the community that it serves"),
        _number("floor_area_m2", "floor area, m²"),
        _number("activity_area_m2", "floor area for residents' activities, m²"),
        _text("functions", "what it offers, separated by commas or 、"),
        _number("open_hours_week", "hours open in a week"),
        *OPENING,
        _text("step_free", "whether it is entered without a step", choices=(*YES, *NO)),
        _text("newly_built", "whether it counts as newly built for rules on new centres", choices=(*YES, *NO)),
        _text("branch_of", "id of the centre of which it is a branch: counted and judged with it"),
    ),
    geometry_types=POINTS,
    as_type=Facilities,
)

DEMAND: TableSchema[Demand] = TableSchema(
    name="demand",
    columns=(
        ID,
        _number("people", "residents; where blank, from the households"),
        _number("households", "households; this or people"),
        _number("people_65", "of the residents, those of 65 or more"),
        _text("community", "community that it names: evidence for the datum; where it lies decides"),
    ),
    geometry_types=(*POINTS, *AREAS),
    as_type=Demand,
    either=("people", "households"),
)

PEOPLE_TABLE: TableSchema[PeopleTable] = TableSchema(
    name="people_table",
    columns=(
        Column("community", "text", meaning="id, code or name of the community"),
        _number("people", "residents"),
        _number("households", "households; this or people"),
    ),
    geometry_types=(),
    as_type=PeopleTable,
    has_ids=False,
    either=("people", "households"),
)

OTHER_USE = "other_use"
"""Further column of buildings: the use that a building's tags state, as ``shop=mall``; "" if none."""

BUILDINGS: TableSchema[Buildings] = TableSchema(
    name="buildings",
    columns=(
        _text("id", "text; else its number in the file"),
        _text("kind", "what it is used for, as in building_kinds.toml"),
        _number("levels", "storeys above ground"),
        _number("height_m", "height, m, where levels are not known"),
    ),
    geometry_types=AREAS,
    as_type=Buildings,
    has_ids=False,
)

PLACES: TableSchema[Places] = TableSchema(
    name="places",
    columns=(
        ID,
        _text("name", "the name that users read"),
        _text("kind", "what it is, as in place_kinds.toml"),
        _number("jobs", "people who work there; else by kind"),
        _number("weight", "how important it is; names its circle"),
    ),
    geometry_types=(*POINTS, *AREAS),
    as_type=Places,
)

STREETS: TableSchema[Streets] = TableSchema(
    name="streets",
    columns=(
        _text("name", "the street's name"),
        _text("kind", "its class; `steps` are stairs"),
        _text("crossing", "its type, where it crosses a road"),
        _text("structure", "`bridge`, `tunnel`: not on the ground"),
        _text("access", "`private`: of a compound, see `walking.private_ways`"),
    ),
    geometry_types=LINES,
    as_type=Streets,
    has_ids=False,
)

WATER: TableSchema[Water] = TableSchema(
    name="water",
    columns=(_text("name", "its name"),),
    geometry_types=AREAS,
    as_type=Water,
    has_ids=False,
)

BARRIERS: TableSchema[Barriers] = TableSchema(
    name="barriers",
    columns=(
        _text("name", "its name"),
        _text("kind", "railway, wall"),
    ),
    geometry_types=LINES,
    as_type=Barriers,
    has_ids=False,
)

GATES: TableSchema[Gates] = TableSchema(
    name="gates",
    columns=(
        ID,
        _text("name", "its name"),
        _text("open", "whether people pass", choices=(*OPEN_WORDS, *SHUT_WORDS), default="false"),
    ),
    geometry_types=POINTS,
    as_type=Gates,
)

PARCELS: TableSchema[Parcels] = TableSchema(
    name="parcels",
    columns=(
        ID,
        _text("name", "the name that users read"),
        _text("tenure", "how it can be had: owned, to rent, or shared with someone", choices=TENURES),
        _number("area_m2", "floor area that it offers, m²"),
        _number("cost", "what a station there costs, in the study's unit of money"),
    ),
    geometry_types=(*POINTS, *AREAS),
    as_type=Parcels,
)

ORGANISATIONS: TableSchema[OrganisationTable] = TableSchema(
    name="organisations",
    columns=(
        ID,
        _text("name", "the name that users read"),
        _text("kind", "what it is, as enterprise or social organisation: results are summed by it"),
        _number("members", "party members, or whom else it counts"),
    ),
    geometry_types=POINTS,
    as_type=OrganisationTable,
)

SERVICES: TableSchema[ServiceFacilities] = TableSchema(
    name="services",
    columns=(
        _text("id", "text; else its number in the file"),
        _text("name", "the name that users read"),
        _text("kind", "what it is, as `where` may select it"),
        _text("open", "whether it is open at all; blank: it is", choices=(*OPEN_WORDS, *SHUT_WORDS)),
        *OPENING,
    ),
    geometry_types=(*POINTS, *AREAS),
    as_type=ServiceFacilities,
    has_ids=False,
    may_be_empty=True,
)

TABLES: tuple[TableSchema[Any], ...] = (
    *(COMMUNITIES, PEOPLE_TABLE, FACILITIES, STREETS, DEMAND),
    *(WATER, BARRIERS, GATES, BUILDINGS, PLACES, PARCELS, ORGANISATIONS),
)
"""Tables of `[inputs]` in the order in which they are read: communities state where the others should lie."""

SCHEMAS = (*TABLES, SERVICES)
