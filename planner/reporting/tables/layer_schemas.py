"""Schemas of the layers of results.gpkg: every column with its type, whether or not there is a row.

docs/data.md says what each means. `<limit>` in a name stands for each limit in minutes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.evaluation.indicators import INDICATORS
from planner.messages.printable import replace_illegal

Kind = Literal["text", "number", "whole", "yes_no"]
KINDS: tuple[Kind, ...] = ("text", "number", "whole", "yes_no")

NO_PLACE, ANY = "", "Unknown"
"""Of a table without geometry, and of geometry of several kinds, as GDAL calls it."""

LIMIT = "<limit>"


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of one layer, by type: names with a space between.

    Attributes
    ----------
    geometry
        What its rows are on the map, as GDAL calls it.
    text, number, whole, yes_no
        Names of the columns; `number` is a double, `whole` an integer, `yes_no` a boolean, all empty where a value
        is not known.
    """

    geometry: str
    text: str = ""
    number: str = ""
    whole: str = ""
    yes_no: str = ""

    def columns(self) -> dict[str, Kind]:
        """Return the type of each column."""
        return {name: kind for kind in KINDS for name in getattr(self, kind).split()}

    def kind_of(self, column: str) -> Kind | None:
        """Return the type of a column with its limit filled in; None where it is none of the layer's own."""
        return next((kind for name, kind in self.columns().items() if _pattern(name).fullmatch(column)), None)


LAYERS: dict[str, Schema] = {
    "centres": Schema(
        "Point",
        text=("id name tier community step_free_given newly_built_given functions branch_of place verdict"),
        number=" ".join(one.column for one in INDICATORS.values() if one.kind != "list") + " score street_m",
    ),
    "service_areas": Schema(
        "Polygon",
        text="facility",
        number="limit_min area_m2 disc_share",
    ),
    "reached": Schema(
        "Polygon",
        number="limit_min",
    ),
    "communities": Schema(
        "Polygon",
        text="id name subdistrict kind",
        number=(
            "people_given households limit_min people people_covered people_share people_overlap "
            "overlap_share points_share area_m2 area_covered_m2 area_share own_people_covered"
        ),
        whole="points points_covered",
    ),
    "demand": Schema(
        "Point",
        text="id community nearest_facility",
        number="people households people_65 nearest_min street_m",
        whole="facilities_<limit>min",
    ),
    "people_balance": Schema(
        NO_PLACE,
        text="community name method reason",
        number="given found placed lost",
    ),
    "groups_demand": Schema(
        "Point",
        text="id community nearest_facility kind",
        number="people nearest_min",
    ),
    "groups_coverage": Schema(
        NO_PLACE,
        text="community name kind",
        number=("limit_min people people_covered people_share people_overlap overlap_share points_share"),
        whole="points points_covered",
    ),
    "business_areas": Schema(
        "Polygon",
        text="id name name_from middle station centre",
        number=("workers workers_given workers_covered workers_near_middle station_min centre_min area_m2"),
        whole="places",
        yes_no="station_within",
    ),
    "projects": Schema(
        "Point",
        text="id option kind title centre site community subdistrict closes resolves unit paid",
        number="cost people_covered people_standard cost_per_person",
        whole="year",
    ),
    "needs": Schema(
        NO_PLACE,
        text="id kind place name community subdistrict unmet_reason rules projects",
        number="people people_met",
        whole="year",
    ),
    "funds": Schema(
        NO_PLACE,
        text="fund",
        number="amount brought spent left",
        whole="year",
    ),
    "places": Schema(
        "Point",
        text="id name kind kind_id circle",
        number="workers weight station_min",
        whole="landmark",
        yes_no="workers_given",
    ),
    "candidates": Schema(
        "Point",
        text="id source name tenure centres",
        number="people moved_m cost area_m2 people_in_reach",
        whole="clusters",
    ),
    "candidates_excluded": Schema(
        "Point",
        text="id source name tenure centres reason detail",
        number="people moved_m cost area_m2",
        whole="clusters",
    ),
    "sites": Schema(
        "Point",
        text="id source method status",
        number="cost people_added",
        whole="rank",
    ),
    "sites_curve": Schema(
        NO_PLACE,
        text="status",
        number="people_gained bound added",
        whole="sites",
    ),
    "sites_otherwise": Schema(
        NO_PLACE,
        text="plan world",
        number="people regret",
    ),
    "unserved": Schema(
        "Point",
        text="reason",
        number="people nearest_min",
    ),
    "findings": Schema(
        NO_PLACE,
        text="facility rule grade passed comparison unit unknown",
        number="value at_least required",
    ),
    "unknown": Schema(
        NO_PLACE,
        text="facility measure reason",
        number="at_least",
    ),
    "directions": Schema(
        NO_PLACE,
        text="facility direction blocked",
        number="people detour at_least",
    ),
    "remedies": Schema(
        ANY,
        text="facility change functions about verdict_then",
        number="amount cost",
    ),
    "quotas": Schema(
        NO_PLACE,
        text="quota rule passed",
        number="required",
        whole="centres passing unknown",
    ),
    "blocked_pairs": Schema(
        "LineString",
        text="id from_street to_street between between_name",
        number="air_m walk_m times minutes_saved people people_cut_off",
    ),
    "community_measures": Schema(
        NO_PLACE,
        text="community",
        number=(
            "people people_covered covered_share premises_m2 m2_per_100_households people_65 "
            "people_65_uncovered m2_per_person_2sfca m2_per_person_e2sfca"
        ),
        whole="premises",
    ),
    "flips": Schema(
        NO_PLACE,
        text="facility rule verdict verdict_then",
        number="change required",
    ),
    "verdicts_otherwise": Schema(
        NO_PLACE,
        text="kind name facility verdict verdict_then",
    ),
    "fairness": Schema(
        NO_PLACE,
        text="group",
        number=(
            "people people_reaching people_unreachable uncovered uncovered_share mean_min median_min "
            "gini theil gap severity worst_from_min worst_mean_min worst_people worst_unreachable"
        ),
    ),
    "lorenz": Schema(
        NO_PLACE,
        text="group",
        number="people_share minutes_share",
    ),
    "fairness_by_subdistrict": Schema(
        NO_PLACE,
        text="subdistrict",
        number="people people_unreachable mean_min gini uncovered_share",
    ),
    "overlay": Schema(
        NO_PLACE,
        number="limit_min differing_share people_by_time people_by_overlay tolerance_m",
        whole="pairs differing differing_beyond",
    ),
    "coverage": Schema(
        NO_PLACE,
        text="community name subdistrict",
        number=(
            "limit_min people people_covered people_share people_overlap overlap_share points_share "
            "area_m2 area_covered_m2 area_share own_people_covered"
        ),
        whole="points points_covered",
    ),
    "coverage_by_tier": Schema(
        NO_PLACE,
        text="tier",
        number=(
            "limit_min people people_covered people_share people_overlap overlap_share points_share "
            "area_m2 area_covered_m2 area_share"
        ),
        whole="facilities points points_covered",
    ),
    "coverage_total": Schema(
        NO_PLACE,
        number=(
            "limit_min people people_covered people_share people_overlap overlap_share points_share "
            "area_m2 area_covered_m2 area_share"
        ),
        whole="points points_covered",
    ),
    "street_checks": Schema(
        "Point",
        text="kind street other",
        number="gap_m length_m",
        yes_no="explained",
    ),
    "notices": Schema(
        NO_PLACE,
        text="key table row reason",
    ),
}
"""The layers of results.gpkg."""


SITES_LAYERS: dict[str, Schema] = {
    "sites": Schema(
        "Point",
        text="id source name tenure tier",
        number="area_m2 people_added cost",
        whole="rank",
    ),
    "candidates": replace(LAYERS["candidates"], number="people moved_m cost area_m2"),
    "excluded": LAYERS["candidates_excluded"],
}
"""The layers of sites.gpkg."""


def conform_to_schema(table: gpd.GeoDataFrame | pd.DataFrame, schema: Schema) -> gpd.GeoDataFrame | pd.DataFrame:
    """Return a table with every column that its layer has, each of its type; infinity becomes empty.

    Parameters
    ----------
    table
        What was found, perhaps nothing. Columns besides the layer's own, which the user has asked to keep, stay.
    schema
        What its layer holds.
    """
    stored = table.reset_index(drop=True)
    for name in _missing(stored, schema):
        stored[name] = None
    for name in stored.columns.drop("geometry", errors="ignore"):
        stored[name] = _typed(stored[name], schema.kind_of(str(name)) or _given(stored[name]))
    return stored


def geometry_type(table: gpd.GeoDataFrame | pd.DataFrame, schema: Schema) -> str | None:
    """Return what to call the geometry of a layer of which no row has one; None: as its rows are."""
    if not isinstance(table, gpd.GeoDataFrame) or not shapely.is_missing(table.geometry.to_numpy()).all():
        return None
    return schema.geometry or ANY


def _missing(table: pd.DataFrame, schema: Schema) -> Iterator[str]:
    return (name for name in schema.columns() if LIMIT not in name and name not in table.columns)


def _given(values: pd.Series) -> Kind:
    kinds: dict[str, Kind] = {"f": "number", "i": "whole", "u": "whole", "b": "yes_no"}
    return kinds.get(values.dtype.kind, "text") if isinstance(values.dtype, np.dtype) else "text"


def _typed(values: pd.Series, kind: Kind) -> pd.Series:
    if kind == "text":
        return values.map(lambda value: None if _is_nothing(value) else replace_illegal(str(value))).astype(object)
    if kind == "yes_no":
        return values.astype("bool" if not values.isna().any() else "boolean")
    numbers = pd.to_numeric(values).astype(np.float64) if values.dtype == object else values
    if kind == "number":
        numbers = numbers.astype(np.float64)
        return numbers.where(np.isfinite(numbers))
    return numbers.astype(np.int64 if not numbers.isna().any() else "Int64")


def _is_nothing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(re.escape(name).replace(re.escape(LIMIT), r"[0-9.e+-]+"))
