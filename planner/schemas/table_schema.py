"""What a schema is: the columns and shapes that a table must have, and the check that states all that is wrong.

A table is an ordinary GeoDataFrame behind a distinct type that only the check can give:
``FACILITIES.check(frame, source="centres.gpkg")`` returns a `Facilities`, or raises one `DataError` that lists
every issue. The input is never changed; the checked copy keeps its index and its further columns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from planner.messages.catalogue import Phrase
from planner.messages.errors import SHOWN_ROWS, DataError, Issue

Table = TypeVar("Table", bound=gpd.GeoDataFrame)

POINTS = ("Point",)
LINES = ("LineString", "MultiLineString", "LinearRing")
AREAS = ("Polygon", "MultiPolygon")

LARGEST = 1e10
"""No count of people or square metres of one row is larger; sums stay exact far beyond."""

WORLD = (-180.0, -90.0, 180.0, 90.0)
DEGREES_AT_MOST = 360.0
"""A projected layer whose every coordinate is below this is in degrees, whatever it states."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a schema; `default` fills a column that the table lacks."""

    name: str
    kind: Literal["text", "number"]
    required: bool = True
    choices: tuple[str, ...] = ()
    default: str | float | None = None
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class TableSchema(Generic[Table]):
    """What one table must hold, and the only way to its type.

    Of the columns in `either`, each row needs one at least. A table without `geometry_types` has no places.
    """

    name: str
    columns: tuple[Column, ...]
    geometry_types: tuple[str, ...]
    as_type: Callable[[gpd.GeoDataFrame], Table]
    has_ids: bool = True
    either: tuple[str, ...] = ()
    may_be_empty: bool = False

    def check(self, frame: gpd.GeoDataFrame, *, source: str, reader_issues: Sequence[Issue] = ()) -> Table:
        """Return `frame` checked and with canonical column types.

        Parameters
        ----------
        frame
            Any GeoDataFrame with a CRS; never changed.
        source
            What to call it in a message: the file, or ``"notebook"``.
        reader_issues
            What the reader found wrong with it, so that all is stated at once.

        Returns
        -------
        table
            A copy with the schema's columns as text and float64, the input's index and further columns kept.

        Raises
        ------
        DataError
            Every issue at once: missing columns and values, duplicate ids, negative or unreadable numbers,
            geometry that is missing, invalid or of another type, a missing or contradicted CRS. Rows are named
            by their id, or by # and their index where that tells more.

        Examples
        --------
        >>> from planner.schemas.tables import DEMAND
        >>> point = gpd.GeoDataFrame(
        ...     {"id": ["a", "a"], "people": [3, -1]}, geometry=gpd.points_from_xy([0, 1], [0, 1]), crs=32648
        ... )
        >>> DEMAND.check(point, source="notebook")
        Traceback (most recent call last):
        planner.messages.errors.DataError: notebook cannot be used as it is:
          - Column 'people': negative numbers. Correct them. (1 row: a)
          - Column 'id': the same id occurs in several rows (a). Give each row a unique id. (2 rows: #0, #1)
          - The layer is declared as metres (EPSG:32648), but its coordinates are degrees. Specify the ...
        """
        if frame.empty and not self.may_be_empty:
            raise DataError(source, [Issue("empty_table")])
        spoken_of = {issue.values.get("column") for issue in reader_issues}  # noqa: PD011 - an issue is no frame
        columns = [column for column in self.columns if column.name not in spoken_of]
        issues = [*reader_issues, *self._wrong_columns(frame, columns)]
        if self.geometry_types:
            explained = {row for issue in reader_issues if issue.key == "unreadable_place" for row in issue.rows}
            issues += [*self._wrong_geometry(frame, explained), *wrong_crs(frame)]
        if issues:
            raise DataError(source, issues)
        return self.as_type(self._canonical(frame))

    def _wrong_columns(self, frame: gpd.GeoDataFrame, columns: Sequence[Column]) -> Iterator[Issue]:
        names = row_names(frame)
        for column in columns:
            if column.name in frame.columns:
                yield from _wrong_values(frame[column.name], column, names)
            elif column.required:
                present = ", ".join(str(name) for name in frame.columns if name != frame.geometry.name) or "–"
                yield Issue("missing_column", {"column": column.name, "present": present})
        yield from self._neither(frame, {column.name for column in columns})
        if self.has_ids and "id" in frame.columns:
            ids = frame["id"].map(as_text)
            ids = ids[ids != ""]
            twice = ids[ids.duplicated(keep=False)]
            if len(twice) and self.geometry_types == AREAS and _are_parts(frame, twice):
                yield Issue("one_in_parts", {"ids": _listed(twice)}, [f"#{row}" for row in twice.index])
            elif len(twice):
                yield Issue(
                    "duplicate_ids", {"column": "id", "ids": _listed(twice)}, [f"#{row}" for row in twice.index]
                )

    def _neither(self, frame: gpd.GeoDataFrame, unspoken: set[str]) -> Iterator[Issue]:
        """Yield what is wrong where a row has none of the columns of which it needs one."""
        if not self.either or not unspoken.issuperset(self.either):
            return
        given = [name for name in self.either if name in frame.columns]
        first = {"column": self.either[0]}
        if not given:
            present = ", ".join(str(name) for name in frame.columns if name != frame.geometry.name) or "–"
            yield Issue("missing_column", {**first, "present": present})
            return
        blank = np.all([(frame[name].map(as_text) == "").to_numpy() for name in given], axis=0)
        if blank.any():
            yield Issue("missing_values", first, list(row_names(frame)[blank]))

    def _wrong_geometry(self, frame: gpd.GeoDataFrame, explained: Collection[object]) -> Iterator[Issue]:
        """Yield what is wrong with the shapes; of rows `explained` it is known why they have none."""
        shapes, names = frame.geometry, row_names(frame)
        missing = shapes.isna() | shapes.is_empty
        untold = missing & ~names.isin([*explained])
        if untold.any():
            yield Issue("missing_geometry", {}, list(names[untold]))
        present, names = shapes[~missing], names[~missing]
        places, owner = shapely.get_coordinates(present.array, return_index=True)
        finite = np.ones(len(present), dtype=np.bool_)
        finite[owner[~np.isfinite(places).all(axis=1)]] = False
        if not finite.all():
            yield Issue("infinite_geometry", {}, list(names[~finite]))
        other = ~present.geom_type.isin(self.geometry_types)
        if other.any():
            types_given = ", ".join(sorted(set(present.geom_type[other])))
            expected = ", ".join(self.geometry_types)
            remedy = self._remedy({*present.geom_type[other]})
            values = {"expected": expected, "found": types_given, "remedy": remedy}
            yield Issue("geometry_type", values, list(names[other]))
        # A line without length is harmless, and the network leaves it out; only outlines can be broken.
        outlines = finite & present.geom_type.isin(AREAS)
        broken = ~present[outlines].is_valid
        if broken.any():
            yield Issue("invalid_geometry", {}, list(names[outlines][broken]))

    def _remedy(self, types: set[str]) -> Phrase:
        """Return how shapes of other types are made what the table takes."""
        wanted = (
            "point" if "Point" in self.geometry_types else "area" if "Polygon" in self.geometry_types else "line"
        )
        if "GeometryCollection" in types:
            return Phrase(f"errors.remedy_collection_{wanted}")
        if wanted == "point":
            kind = "multipoint" if types == {"MultiPoint"} else "area" if types <= {*AREAS} else "line"
            return Phrase(f"errors.remedy_point_of_{kind}")
        if wanted == "area":
            is_line = types <= {*LINES}
            return Phrase("errors.remedy_area_of_line" if is_line else "errors.remedy_area_of_point")
        return Phrase("errors.remedy_line_of_area" if types <= {*AREAS} else "errors.remedy_line_of_point")

    def _canonical(self, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        table = frame.copy()
        for column in self.columns:
            if column.name not in table.columns:
                table[column.name] = column.default
            if column.kind == "number":
                table[column.name] = pd.to_numeric(table[column.name]).astype("float64")
            else:
                table[column.name] = table[column.name].map(as_text).astype(object)
        table = table.set_geometry(shapely.force_2d(table.geometry.array))
        return gpd.GeoDataFrame(table.rename_geometry("geometry") if table.geometry.name != "geometry" else table)


def _are_parts(frame: gpd.GeoDataFrame, ids: pd.Series) -> bool:
    """Return True if rows of one id have one name, too: then they are parts of one thing."""
    if "name" not in frame.columns:
        return False
    names = frame["name"].map(as_text)[ids.index]
    return all(len(set(same)) == 1 for _, same in names.groupby(ids))


def as_text(value: object) -> str:
    """Return a cell as an id or name is compared: blank is "", and 150302.0 is "150302".

    Examples
    --------
    >>> as_text(150302.0), as_text(" A "), as_text(None)
    ('150302', 'A', '')
    """
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
    ids = frame["id"].map(as_text).astype(object)
    named: pd.Series = ids.where(ids != "", index)
    return named


def _listed(values: pd.Series) -> str:
    """Return the different values of a column, the first few of many."""
    different = sorted(set(values))
    return ", ".join(different[:SHOWN_ROWS]) + (", …" if len(different) > SHOWN_ROWS else "")


def _wrong_values(values: pd.Series, column: Column, names: pd.Series) -> Iterator[Issue]:
    named = {"column": column.name}
    texts = values.map(as_text)
    blank = texts == ""
    if column.required and blank.any():
        yield Issue("missing_values", named, list(names[blank]))
    if column.kind == "number":
        numbers = pd.to_numeric(values, errors="coerce")
        unreadable = ~blank & ~np.isfinite(numbers.astype("float64"))
        if unreadable.any():
            listed = _listed(texts[unreadable])
            yield Issue("not_a_number", {**named, "found": listed}, list(names[unreadable]))
        negative = numbers < 0
        if negative.any():
            yield Issue("negative_number", named, list(names[negative]))
        endless = np.isfinite(numbers.astype("float64")) & (numbers > LARGEST)
        if endless.any():
            yield Issue("number_too_large", {**named, "most": f"{LARGEST:,.0f}"}, list(names[endless]))
    if column.choices:
        other = ~blank & ~texts.isin(column.choices)
        if other.any():
            allowed = ", ".join(column.choices)
            listed = _listed(texts[other])
            yield Issue("not_a_choice", {**named, "found": listed, "allowed": allowed}, list(names[other]))


def wrong_crs(frame: gpd.GeoDataFrame) -> Iterator[Issue]:
    """Yield what is wrong with a layer's coordinate system: none, or one that its coordinates refute."""
    crs: pyproj.CRS | None = frame.crs
    if crs is None:
        yield Issue("no_crs")
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
            yield Issue("degrees_as_metres", {"crs": name})
        return
    west, south, east, north = WORLD
    exchanged = (np.abs(y) > north) & (np.abs(x) <= north) & (np.abs(y) <= east)
    if exchanged.all():
        yield Issue("swapped_coordinates", {})
    elif exchanged.any() and (exchanged | (np.abs(y) <= north)).all() and (np.abs(x) <= east).all():
        bounds = frame.geometry.bounds
        some = (bounds["maxy"] > north) | (bounds["miny"] < south)
        yield Issue("swapped_coordinates", {}, list(names[some]))
    elif x.min() < west or x.max() > east or y.min() < south or y.max() > north:
        yield Issue("metres_as_degrees", {"crs": name})


def is_marked(streets: gpd.GeoDataFrame, column: str) -> NDArray[np.bool_]:
    """Return a yes/no column as booleans, whether its file stores booleans, numbers or text."""
    words = streets[column].astype(str).str.lower()
    return np.asarray(words.isin(["true", "1", "1.0", "yes"]), dtype=bool)
