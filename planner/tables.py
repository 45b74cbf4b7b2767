"""The contracts: what the tables of a study must hold: communities, facilities, demand and the others.

A table is an ordinary GeoDataFrame behind a distinct type that only the check can give:
``FACILITIES.check(frame, source="centres.gpkg")`` returns a `Facilities`, or raises one `DataError` that lists
every breach. The input is never changed; the checked copy keeps its index and its further columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, NewType, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from planner.errors import SHOWN_ROWS, Breach, DataError

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

Table = TypeVar("Table", bound=gpd.GeoDataFrame)

POINTS = ("Point",)
LINES = ("LineString", "MultiLineString", "LinearRing")
AREAS = ("Polygon", "MultiPolygon")

TIERS = ("district", "town", "community", "village", "station")
COMMUNITY_KINDS = ("community", "village")
OPEN_WORDS = ("true", "True", "yes", "1", "是", "开放")
SHUT_WORDS = ("false", "False", "no", "0", "否", "关闭")
"""What `open` may say of a gate: as spreadsheets and GIS write it."""

YES = ("yes", "是", "true", "True", "1")
NO = ("no", "否", "false", "False", "0")
"""How a table may say that something is so, or is not; an empty cell is not known."""

TENURES = ("owned", "rentable", "shared")

LARGEST = 1e10
"""No count of people or square metres of one row is larger; sums stay exact far beyond."""

WORLD = (-180.0, -90.0, 180.0, 90.0)
DEGREES_AT_MOST = 360.0
"""A projected layer whose every coordinate is below this is in degrees, whatever it says."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a contract; `default` fills a column that the table lacks."""

    name: str
    kind: Literal["text", "number"]
    required: bool = True
    choices: tuple[str, ...] = ()
    default: str | float | None = None
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Contract(Generic[Table]):
    """What one table must hold, and the only way to its type.

    Of the columns in `either`, each row needs one at least. A table without `geometry_types` has no places.
    """

    name: str
    columns: tuple[Column, ...]
    geometry_types: tuple[str, ...]
    as_type: Callable[[gpd.GeoDataFrame], Table]
    has_ids: bool = True
    either: tuple[str, ...] = ()

    def check(self, frame: gpd.GeoDataFrame, *, source: str, known: Sequence[Breach] = ()) -> Table:
        """Return `frame` checked and with canonical column types.

        Parameters
        ----------
        frame
            Any GeoDataFrame with a CRS; never changed.
        source
            What to call it in a message: the file, or ``"notebook"``.
        known
            What the reader found wrong with it, so that all is said at once.

        Returns
        -------
        table
            A copy with the contract's columns as text and float64, the input's index and further columns kept.

        Raises
        ------
        DataError
            Every breach at once: missing columns and values, duplicate ids, negative or unreadable numbers,
            geometry that is missing, invalid or of another type, a missing or contradicted CRS. Rows are named
            by their id, or by # and their index where that tells more.

        Examples
        --------
        >>> point = gpd.GeoDataFrame(
        ...     {"id": ["a", "a"], "people": [3, -1]}, geometry=gpd.points_from_xy([0, 1], [0, 1]), crs=32648
        ... )
        >>> DEMAND.check(point, source="notebook")
        Traceback (most recent call last):
        planner.errors.DataError: notebook cannot be used as it is:
          - Column 'people': numbers below zero. Correct them. (1 row: a)
          - Column 'id': the same id stands in several rows (a). Give each row its own. (2 rows: #0, #1)
          - The layer says that it is in metres (EPSG:32648), but its coordinates are degrees. State the ...
        """
        if frame.empty:
            raise DataError(source, [Breach("empty_table")])
        spoken_of = {breach.values.get("column") for breach in known}  # noqa: PD011 - a breach is no frame
        columns = [column for column in self.columns if column.name not in spoken_of]
        breaches = [*known, *self._wrong_columns(frame, columns)]
        if self.geometry_types:
            breaches += [*self._wrong_geometry(frame), *wrong_crs(frame)]
        if breaches:
            raise DataError(source, breaches)
        return self.as_type(self._canonical(frame))

    def _wrong_columns(self, frame: gpd.GeoDataFrame, columns: Sequence[Column]) -> Iterator[Breach]:
        names = row_names(frame)
        for column in columns:
            if column.name in frame.columns:
                yield from _wrong_values(frame[column.name], column, names)
            elif column.required:
                present = ", ".join(str(name) for name in frame.columns if name != frame.geometry.name) or "–"
                yield Breach("missing_column", {"column": column.name, "present": present})
        yield from self._neither(frame, {column.name for column in columns})
        if self.has_ids and "id" in frame.columns:
            ids = frame["id"].map(_as_text)
            ids = ids[ids != ""]
            twice = ids[ids.duplicated(keep=False)]
            if len(twice):
                yield Breach(
                    "duplicate_ids", {"column": "id", "ids": _listed(twice)}, [f"#{row}" for row in twice.index]
                )

    def _neither(self, frame: gpd.GeoDataFrame, unspoken: set[str]) -> Iterator[Breach]:
        """Yield what is wrong where a row has none of the columns of which it needs one."""
        if not self.either or not unspoken.issuperset(self.either):
            return
        given = [name for name in self.either if name in frame.columns]
        first = {"column": self.either[0]}
        if not given:
            present = ", ".join(str(name) for name in frame.columns if name != frame.geometry.name) or "–"
            yield Breach("missing_column", {**first, "present": present})
            return
        blank = np.all([(frame[name].map(_as_text) == "").to_numpy() for name in given], axis=0)
        if blank.any():
            yield Breach("missing_values", first, list(row_names(frame)[blank]))

    def _wrong_geometry(self, frame: gpd.GeoDataFrame) -> Iterator[Breach]:
        shapes, names = frame.geometry, row_names(frame)
        missing = shapes.isna() | shapes.is_empty
        if missing.any():
            yield Breach("missing_geometry", {}, list(names[missing]))
        present, names = shapes[~missing], names[~missing]
        places, owner = shapely.get_coordinates(present.array, return_index=True)
        finite = np.ones(len(present), dtype=np.bool_)
        finite[owner[~np.isfinite(places).all(axis=1)]] = False
        if not finite.all():
            yield Breach("infinite_geometry", {}, list(names[~finite]))
        other = ~present.geom_type.isin(self.geometry_types)
        if other.any():
            found = ", ".join(sorted(set(present.geom_type[other])))
            expected = ", ".join(self.geometry_types)
            yield Breach("geometry_type", {"expected": expected, "found": found}, list(names[other]))
        # A line without length is harmless, and the network leaves it out; only outlines can be broken.
        outlines = finite & present.geom_type.isin(AREAS)
        broken = ~present[outlines].is_valid
        if broken.any():
            yield Breach("invalid_geometry", {}, list(names[outlines][broken]))

    def _canonical(self, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        table = frame.copy()
        for column in self.columns:
            if column.name not in table.columns:
                table[column.name] = column.default
            if column.kind == "number":
                table[column.name] = pd.to_numeric(table[column.name]).astype("float64")
            else:
                table[column.name] = table[column.name].map(_as_text).astype(object)
        table = table.set_geometry(shapely.force_2d(table.geometry.array))
        return gpd.GeoDataFrame(table.rename_geometry("geometry") if table.geometry.name != "geometry" else table)


def _as_text(value: object) -> str:
    if type(value) is str:
        return value.strip()
    # A whole number that a spreadsheet stored as a float is an id, not a measurement.
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def row_names(frame: gpd.GeoDataFrame) -> pd.Series:
    """Return what to call each row in a message: its id, or # and its index where it has none."""
    index = pd.Series([f"#{row}" for row in frame.index], index=frame.index, dtype=object)
    if "id" not in frame.columns:
        return index
    ids = frame["id"].map(_as_text).astype(object)
    named: pd.Series = ids.where(ids != "", index)
    return named


def _listed(values: pd.Series) -> str:
    """Return the different values of a column, the first few of many."""
    different = sorted(set(values))
    return ", ".join(different[:SHOWN_ROWS]) + (", …" if len(different) > SHOWN_ROWS else "")


def _wrong_values(values: pd.Series, column: Column, names: pd.Series) -> Iterator[Breach]:
    named = {"column": column.name}
    texts = values.map(_as_text)
    blank = texts == ""
    if column.required and blank.any():
        yield Breach("missing_values", named, list(names[blank]))
    if column.kind == "number":
        numbers = pd.to_numeric(values, errors="coerce")
        unreadable = ~blank & ~np.isfinite(numbers.astype("float64"))
        if unreadable.any():
            found = _listed(texts[unreadable])
            yield Breach("not_a_number", {**named, "found": found}, list(names[unreadable]))
        negative = numbers < 0
        if negative.any():
            yield Breach("negative_number", named, list(names[negative]))
        endless = np.isfinite(numbers.astype("float64")) & (numbers > LARGEST)
        if endless.any():
            yield Breach("number_too_large", {**named, "most": f"{LARGEST:,.0f}"}, list(names[endless]))
    if column.choices:
        other = ~blank & ~texts.isin(column.choices)
        if other.any():
            allowed = ", ".join(column.choices)
            found = _listed(texts[other])
            yield Breach("not_a_choice", {**named, "found": found, "allowed": allowed}, list(names[other]))


def wrong_crs(frame: gpd.GeoDataFrame) -> Iterator[Breach]:
    """Yield what is wrong with a layer's coordinate system: none, or one that its coordinates refute."""
    crs: pyproj.CRS | None = frame.crs
    if crs is None:
        yield Breach("no_crs")
        return
    coordinates = shapely.get_coordinates(frame.geometry.array)
    coordinates = coordinates[np.isfinite(coordinates).all(axis=1)]
    if len(coordinates) == 0:
        return
    x, y = coordinates[:, 0], coordinates[:, 1]
    name = crs.to_string()
    names = row_names(frame)
    if not crs.is_geographic:
        if np.abs(coordinates).max() <= DEGREES_AT_MOST:
            yield Breach("degrees_as_metres", {"crs": name})
        return
    west, south, east, north = WORLD
    exchanged = (np.abs(y) > north) & (np.abs(x) <= north) & (np.abs(y) <= east)
    if exchanged.all():
        yield Breach("swapped_coordinates", {"crs": name})
    elif exchanged.any() and (exchanged | (np.abs(y) <= north)).all() and (np.abs(x) <= east).all():
        bounds = frame.geometry.bounds
        some = (bounds["maxy"] > north) | (bounds["miny"] < south)
        yield Breach("swapped_coordinates", {"crs": name}, list(names[some]))
    elif x.min() < west or x.max() > east or y.min() < south or y.max() > north:
        yield Breach("metres_as_degrees", {"crs": name})


ID = Column("id", "text", meaning="unique, text")

COMMUNITIES: Contract[Communities] = Contract(
    name="communities",
    columns=(
        ID,
        Column("name", "text", meaning="the name that users read"),
        Column("street", "text", required=False, default="", meaning="the street, town or ward above it"),
        Column(
            "kind",
            "text",
            required=False,
            choices=COMMUNITY_KINDS,
            default="community",
            meaning="urban or rural",
        ),
        Column("people", "number", required=False, default=np.nan, meaning="residents"),
        Column("households", "number", required=False, default=np.nan, meaning="households"),
    ),
    geometry_types=AREAS,
    as_type=Communities,
)

FACILITIES: Contract[Facilities] = Contract(
    name="facilities",
    columns=(
        ID,
        Column("name", "text", meaning="the name that users read"),
        Column("tier", "text", choices=TIERS, meaning="its place in the 1+7+40+N network"),
        Column(
            "community",
            "text",
            required=False,
            default="",
            meaning="id, code or name of the community that it serves",
        ),
        Column("floor_area_m2", "number", required=False, default=np.nan, meaning="floor area, m²"),
        Column(
            "activity_area_m2",
            "number",
            required=False,
            default=np.nan,
            meaning="floor area for residents' activities, m²",
        ),
        Column(
            "functions", "text", required=False, default="", meaning="what it offers, separated by commas or 、"
        ),
        Column("open_hours_week", "number", required=False, default=np.nan, meaning="hours open in a week"),
        Column(
            "step_free",
            "text",
            required=False,
            choices=(*YES, *NO),
            default="",
            meaning="whether it is entered without a step",
        ),
        Column(
            "newly_built",
            "text",
            required=False,
            choices=(*YES, *NO),
            default="",
            meaning="whether it counts as newly built for rules on new centres",
        ),
        Column(
            "branch_of",
            "text",
            required=False,
            default="",
            meaning="id of the centre of which it is a branch: counted and judged with it",
        ),
    ),
    geometry_types=POINTS,
    as_type=Facilities,
)

DEMAND: Contract[Demand] = Contract(
    name="demand",
    columns=(
        ID,
        Column(
            "people",
            "number",
            required=False,
            default=np.nan,
            meaning="residents; where blank, from the households",
        ),
        Column("households", "number", required=False, default=np.nan, meaning="households; this or people"),
        Column(
            "people_65", "number", required=False, default=np.nan, meaning="of the residents, those of 65 or more"
        ),
        Column(
            "community",
            "text",
            required=False,
            default="",
            meaning="community that it names: evidence for the datum; where it lies decides",
        ),
    ),
    geometry_types=(*POINTS, *AREAS),
    as_type=Demand,
    either=("people", "households"),
)

PEOPLE_TABLE: Contract[PeopleTable] = Contract(
    name="people_table",
    columns=(
        Column("community", "text", meaning="id, code or name of the community"),
        Column("people", "number", required=False, default=np.nan, meaning="residents"),
        Column("households", "number", required=False, default=np.nan, meaning="households; this or people"),
    ),
    geometry_types=(),
    as_type=PeopleTable,
    has_ids=False,
    either=("people", "households"),
)

BUILDINGS: Contract[Buildings] = Contract(
    name="buildings",
    columns=(
        Column("id", "text", required=False, default="", meaning="text; else its number in the file"),
        Column(
            "kind", "text", required=False, default="", meaning="what it is used for, as in building_kinds.toml"
        ),
        Column("levels", "number", required=False, default=np.nan, meaning="storeys above ground"),
        Column(
            "height_m", "number", required=False, default=np.nan, meaning="height, m, where levels are not known"
        ),
    ),
    geometry_types=AREAS,
    as_type=Buildings,
    has_ids=False,
)

PLACES: Contract[Places] = Contract(
    name="places",
    columns=(
        ID,
        Column("name", "text", required=False, default="", meaning="the name that users read"),
        Column("kind", "text", required=False, default="", meaning="what it is, as in place_kinds.toml"),
        Column("jobs", "number", required=False, default=np.nan, meaning="people who work there; else by kind"),
        Column(
            "weight", "number", required=False, default=np.nan, meaning="how important it is; names its circle"
        ),
    ),
    geometry_types=(*POINTS, *AREAS),
    as_type=Places,
)

STREETS: Contract[Streets] = Contract(
    name="streets",
    columns=(
        Column("name", "text", required=False, default="", meaning="the street's name"),
        Column("kind", "text", required=False, default="", meaning="its class; `steps` are stairs"),
        Column("crossing", "text", required=False, default="", meaning="its type, where it crosses a road"),
        Column("structure", "text", required=False, default="", meaning="`bridge`, `tunnel`: not on the ground"),
    ),
    geometry_types=LINES,
    as_type=Streets,
    has_ids=False,
)

WATER: Contract[Water] = Contract(
    name="water",
    columns=(Column("name", "text", required=False, default="", meaning="its name"),),
    geometry_types=AREAS,
    as_type=Water,
    has_ids=False,
)

BARRIERS: Contract[Barriers] = Contract(
    name="barriers",
    columns=(
        Column("name", "text", required=False, default="", meaning="its name"),
        Column("kind", "text", required=False, default="", meaning="railway, wall"),
    ),
    geometry_types=LINES,
    as_type=Barriers,
    has_ids=False,
)

GATES: Contract[Gates] = Contract(
    name="gates",
    columns=(
        ID,
        Column("name", "text", required=False, default="", meaning="its name"),
        Column(
            "open",
            "text",
            required=False,
            choices=(*OPEN_WORDS, *SHUT_WORDS),
            default="false",
            meaning="whether people pass",
        ),
    ),
    geometry_types=POINTS,
    as_type=Gates,
)

PARCELS: Contract[Parcels] = Contract(
    name="parcels",
    columns=(
        ID,
        Column("name", "text", required=False, default="", meaning="the name that users read"),
        Column(
            "tenure",
            "text",
            required=False,
            choices=TENURES,
            default="",
            meaning="how it can be had: owned, to rent, or shared with someone",
        ),
        Column("area_m2", "number", required=False, default=np.nan, meaning="floor area that it offers, m²"),
        Column(
            "cost",
            "number",
            required=False,
            default=np.nan,
            meaning="what a station there costs, in the study's unit of money",
        ),
    ),
    geometry_types=(*POINTS, *AREAS),
    as_type=Parcels,
)

CONTRACTS = (
    *(COMMUNITIES, PEOPLE_TABLE, FACILITIES, DEMAND, STREETS),
    *(BUILDINGS, PLACES, WATER, BARRIERS, GATES, PARCELS),
)
