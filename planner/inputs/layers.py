"""Read one layer of the study from its file, as a plain GeoDataFrame with the planner's column names."""

from __future__ import annotations

import hashlib
import os
import stat
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj

from planner.contracts import Column, Contract, row_names, wrong_crs
from planner.errors import Breach, DataError
from planner.inputs.cells import code, lost_digits, number, plain
from planner.inputs.columns import Mapped, Vocabulary, match_columns, missing_columns, units_of, values_of
from planner.inputs.graphml import read_graphml
from planner.inputs.grids import Grid, table_of
from planner.inputs.legible_tables import legible_frame, legible_grid
from planner.inputs.osm import read_osm_buildings, read_osm_places, read_osm_streets
from planner.inputs.positions import Wanted, as_frame, nowhere, place_rows, place_ways
from planner.inputs.table_size import check_size
from planner.inputs.unknown_numbers import forget_unknown_heights
from planner.inputs.vector_files import fit_shapes, read_vector
from planner.inputs.workbooks import read_text_grid, read_workbook_grid
from planner.remarks import Remark
from planner.settings.layers import Layer

CODES = ("id", "community")
"""Fields that hold ids or codes, which spreadsheets like to take for numbers."""

VECTOR = (".gpkg", ".geojson", ".json", ".shp", ".fgb", ".parquet")
TEXT = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
WORKBOOK = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".et")
EXTRACT = (".pbf", ".osm", ".osm.gz", ".osm.bz2")
GRAPH = (".graphml",)

"""The keys of OpenStreetMap under which places stand where people work."""


@dataclass(frozen=True, slots=True, eq=False)
class LayerRead:
    """One layer as its file has it, with the planner's column names.

    Attributes
    ----------
    frame
        The rows in the file's order; the index counts from 0, in sheets it is the row's number as they show it.
    breaches
        What is wrong with it, as far as it is known already.
    encoding
        Of the file's texts; "" where it says so itself.
    mapped
        Which column became which field.
    place
        The columns that the geometry was made from, by part of a place.
    read
        How many rows the file holds beneath its heading, and above.
    left_out
        Rows that are no data, with the reason.
    remarks
        What was understood otherwise than it is written.
    """

    frame: gpd.GeoDataFrame
    breaches: tuple[Breach, ...] = ()
    encoding: str = ""
    mapped: tuple[Mapped, ...] = ()
    place: Mapping[str, str] = field(default_factory=dict)
    read: int = 0
    left_out: tuple[Remark, ...] = ()
    remarks: tuple[Remark, ...] = ()


def read_layer(
    path: Path,
    layer: Layer,
    *,
    setting: str,
    contract: Contract[Any],
    home: tuple[float, float] | None = None,
) -> LayerRead:
    """Read one layer.

    Parameters
    ----------
    path
        The file.
    layer
        Its settings: the layer inside the file, its coordinate system, its column names.
    setting
        The dotted path of these settings, for messages.
    contract
        What the table is to hold.
    home
        Longitude and latitude of the middle of the communities, where they are known already.

    Returns
    -------
    layer
        All rows, columns renamed, numbers and codes read, and what was left out or is wrong.

    Raises
    ------
    DataError
        The file is missing, unreadable, without geometry or of an unknown format, or has no such layer.
    """
    _check_is_file(path, setting)
    name = path.name.lower()
    if name.endswith(VECTOR):
        found = _from_vector(path, layer, setting, contract)
    elif name.endswith(TEXT):
        found = _from_grid(path, read_text_grid(path), layer, setting, contract, home)
    elif name.endswith(WORKBOOK):
        found = _from_grid(path, read_workbook_grid(path, layer.layer, setting), layer, setting, contract, home)
    elif name.endswith(EXTRACT):
        found = _from_frame(_extract(path, contract), "", layer, setting, contract)
    elif name.endswith(GRAPH):
        found = _from_frame(read_graphml(path), "", layer, setting, contract)
    else:
        known = ", ".join((*VECTOR, *TEXT, *WORKBOOK, *EXTRACT, *GRAPH))
        raise DataError(str(path), [Breach("unknown_format", {"ending": path.suffix, "known": known})])
    is_buildings = contract.name == "buildings"
    frame, unknown = forget_unknown_heights(found.frame, contract.name) if is_buildings else (found.frame, ())
    frame, wrong_system = _in_declared_crs(frame, layer)
    frame = fit_shapes(frame, contract.geometry_types)
    remarks = (*found.remarks, *unknown)
    return replace(found, frame=frame, breaches=(*found.breaches, *wrong_system), remarks=remarks)


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file and, for a shapefile, of the files beside it that belong to it."""
    files = sorted(path.parent.glob(f"{path.stem}.*")) if path.suffix.lower() == ".shp" else [path]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _check_is_file(path: Path, setting: str) -> None:
    """Refuse what is not there, and what is neither file nor folder: reading a pipe would never end."""
    try:
        mode = path.stat().st_mode if path.exists() else 0
    except OSError as error:
        raise DataError(str(path), [Breach("unreadable_file", {"reason": error.strerror})]) from error
    except ValueError as error:
        raise DataError(str(path), [Breach("unreadable_file", {"reason": error})]) from error
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        key = "no_such_file_backslash" if not mode and "\\" in str(path) and os.sep == "/" else "no_such_file"
        raise DataError(str(path), [Breach(key, {"setting": setting})])


def _from_vector(path: Path, layer: Layer, setting: str, contract: Contract[Any]) -> LayerRead:
    with warnings.catch_warnings(record=True) as said:
        # GDAL warns of what it passes over in a damaged file: the user is told, in the list of remarks.
        warnings.simplefilter("always", RuntimeWarning)
        frame, encoding = read_vector(path, layer.layer, setting, placed=bool(contract.geometry_types))
    check_size(len(frame), len(frame.columns), source=str(path))
    words = dict.fromkeys(str(one.message).replace(str(path), path.name) for one in said)
    told = tuple(Remark("reader_warns", contract.name, values={"reason": one}) for one in words)
    found = _from_frame(frame, encoding, layer, setting, contract)
    return replace(found, remarks=(*told, *found.remarks))


def _extract(path: Path, contract: Contract[Any]) -> gpd.GeoDataFrame:
    """Read of an OpenStreetMap extract what the table wants: buildings, places, else streets."""
    if contract.name == "buildings":
        return gpd.GeoDataFrame(read_osm_buildings(path).rename(columns={"building": "kind"}))
    if contract.name == "places":
        return read_osm_places(path)
    return read_osm_streets(path)


def _from_frame(
    frame: gpd.GeoDataFrame, encoding: str, layer: Layer, setting: str, contract: Contract[Any]
) -> LayerRead:
    frame, cleaned = legible_frame(frame, contract.name)
    vocabulary = Vocabulary.of(contract.name, _fields(contract), layer.columns)
    headings = [str(name) for name in frame.columns if name != frame.geometry.name]
    mapped, breaches = match_columns(headings, vocabulary, setting=setting)
    canonical, unreadable = _canonical(frame, mapped, vocabulary, contract)
    return LayerRead(canonical, (*breaches, *unreadable), encoding, mapped, read=len(frame), remarks=cleaned)


def _from_grid(
    path: Path,
    grid: Grid,
    layer: Layer,
    setting: str,
    contract: Contract[Any],
    home: tuple[float, float] | None,
) -> LayerRead:
    vocabulary = Vocabulary.of(contract.name, _fields(contract), layer.columns)
    grid, cleaned = legible_grid(grid, contract.name)
    sheet = table_of(grid, vocabulary, source=str(path))
    headings = [str(name) for name in sheet.frame.columns]
    ways = place_ways(headings, vocabulary, setting=setting)
    for_places = {ours: theirs for ours, theirs in layer.columns.items() if vocabulary.where(ours)}
    breaches = missing_columns(for_places, headings, vocabulary, setting)
    if breaches:
        raise DataError(str(path), breaches)
    if not ways and contract.geometry_types:
        values = {"present": ", ".join(headings), "setting": setting}
        raise DataError(str(path), [Breach("no_geometry", values)])
    wanted = Wanted(contract.name, contract.geometry_types, setting, _declared(layer), home)
    rows = sheet.frame
    places = place_rows(rows, ways, wanted) if contract.geometry_types else nowhere(len(rows))
    columns = places.columns
    frame = as_frame(sheet.frame, places)
    if layer.crs is not None and "geometry" not in columns:
        frame = gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=list(frame.geometry), crs=None)
    others = {ours: theirs for ours, theirs in layer.columns.items() if ours not in for_places}
    free = [name for name in headings if name not in columns.values() and name in frame.columns]
    vocabulary = Vocabulary.of(contract.name, _fields(contract), others)
    mapped, wrong_columns = match_columns(free, vocabulary, setting=setting)
    canonical, unreadable = _canonical(frame, mapped, vocabulary, contract)
    left_out = tuple(
        Remark(reason, contract.name, tuple(str(row) for row in rows)) for reason, rows in sheet.left_out.items()
    )
    exchanged = (Remark("coordinates_exchanged", contract.name),) if places.exchanged else ()
    return LayerRead(
        canonical,
        (*_named_rows(places.breaches, canonical), *wrong_columns, *unreadable),
        grid.encoding,
        mapped,
        columns,
        len(sheet.frame) + sum(len(remark.rows) for remark in left_out),
        left_out,
        (*cleaned, *exchanged, *places.remarks),
    )


def _canonical(
    frame: gpd.GeoDataFrame, mapped: tuple[Mapped, ...], vocabulary: Vocabulary, contract: Contract[Any]
) -> tuple[gpd.GeoDataFrame, list[Breach]]:
    """Give columns the planner's names and read their cells; a column that has such a name makes way."""
    columns = {column.name: column for column in contract.columns}
    taken = {one.field: _read_cells(frame[one.column], one, columns[one.field]) for one in mapped}
    own = set(_fields(contract))
    names = {one.column: one.field for one in mapped}
    gone = [name for name in frame.columns if name in own and name not in names and name != frame.geometry.name]
    result = gpd.GeoDataFrame(frame.drop(columns=gone).rename(columns=names).assign(**taken))
    present = [str(name) for name in frame.columns if name != frame.geometry.name]
    breaches = []
    for column in contract.columns:
        near = None if column.name in taken else vocabulary.nearest(column.name, present)
        wanted = column.required or (column.name in contract.either[:1] and not taken.keys() & {*contract.either})
        if wanted and near is not None and column.name not in vocabulary.explicit:
            values = {"column": column.name, "near": near, "present": ", ".join(present)}
            breaches.append(Breach("missing_column_near", values))
    rows = row_names(result)
    for name in CODES:
        if name in taken:
            lost = taken[name].map(lambda value: isinstance(value, str) and lost_digits(value)).astype(bool)
            if lost.any():
                breaches.append(Breach("lost_digits", {"column": name}, [f"#{row}" for row in rows[lost].index]))
    return result, breaches


def _read_cells(cells: pd.Series, one: Mapped, column: Column) -> pd.Series:
    if column.kind == "number":
        units = units_of(one.field)
        if not (cells.dtype == object or isinstance(cells.dtype, pd.StringDtype)):
            return cells if one.factor == 1 else cells * one.factor
        return cells.map(lambda cell: _number(cell, units, one.factor)).astype(object)
    if one.field in CODES:
        return cells.map(lambda cell: code(cell) if isinstance(cell, str) else cell)
    words = values_of(one.field) if column.choices else {}
    if words:
        return cells.map(lambda cell: words.get(plain(cell), cell) if isinstance(cell, str) else cell)
    return cells


def _number(cell: object, units: Mapping[str, float], factor: float) -> object:
    """Return the number of a cell; what is none stays as it is written, to be complained of."""
    if not isinstance(cell, str):
        return cell
    if not cell.strip():
        return None
    found = number(cell, units)
    return cell if found is None else found * factor


def _fields(contract: Contract[Any]) -> tuple[str, ...]:
    return tuple(column.name for column in contract.columns)


def _named_rows(breaches: Iterable[Breach], frame: gpd.GeoDataFrame) -> Iterator[Breach]:
    """Yield breaches of a table's places with the rows called by their ids."""
    names = {f"#{index}": name for index, name in row_names(frame).items()}
    for breach in breaches:
        yield replace(breach, rows=[names.get(str(row), row) for row in breach.rows])


def _declared(layer: Layer) -> pyproj.CRS | None:
    try:
        return None if layer.crs is None else pyproj.CRS.from_user_input(layer.crs)
    except pyproj.exceptions.CRSError:
        return None


def _in_declared_crs(frame: gpd.GeoDataFrame, layer: Layer) -> tuple[gpd.GeoDataFrame, list[Breach]]:
    if layer.crs is None:
        return frame, []
    declared = _declared(layer)
    if declared is None:
        return frame, [Breach("unknown_crs", {"crs": layer.crs})]
    found: pyproj.CRS | None = frame.crs
    if found is None:
        return _called(frame, declared), []
    if found.equals(declared, ignore_axis_order=True):
        return frame, []
    # A file whose coordinates refute its own label (metres called degrees) is mended by the study's word.
    if any(wrong_crs(frame)):
        return _called(frame, declared), []
    return frame, [Breach("contradicting_crs", {"declared": layer.crs, "found": found.to_string()})]


def _called(frame: gpd.GeoDataFrame, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Say that a layer's coordinates are in `crs`, whatever it said before."""
    labelled: gpd.GeoDataFrame = frame.copy()
    labelled.set_crs(crs, allow_override=True, inplace=True)
    return labelled
