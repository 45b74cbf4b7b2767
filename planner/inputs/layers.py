"""Read one layer of the study from its file, as a plain GeoDataFrame with the planner's column names."""

from __future__ import annotations

import hashlib
import re
import stat
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from planner.contracts import Column, Contract, row_names, wrong_crs
from planner.errors import Breach, DataError
from planner.inputs.cells import code, lost_digits, number, plain
from planner.inputs.columns import Mapped, Vocabulary, match_columns, missing_columns, units_of, values_of
from planner.inputs.graphml import read_graphml
from planner.inputs.grids import Grid, table_of
from planner.inputs.osm import read_osm_buildings, read_osm_places, read_osm_streets
from planner.inputs.positions import as_frame, nowhere, place_columns, place_rows
from planner.inputs.vector_files import ENDINGS, VectorRead, fit_shapes, read_vector
from planner.inputs.workbooks import read_text_grid, read_workbook_grid
from planner.remarks import Remark
from planner.settings.layers import Layer

CODES = ("id", "community")
"""Fields that hold ids or codes, which spreadsheets like to take for numbers."""

VECTOR = ENDINGS
TEXT = (".csv", ".tsv", ".txt")
WORKBOOK = (".xlsx", ".xls")
EXTRACT = (".pbf", ".osm", ".osm.gz", ".osm.bz2")
GRAPH = (".graphml",)
IN_PARTS = (".shp", ".tab", ".mif")
"""Files to which others of the same name belong."""

OWN_FOLDER = re.compile(re.escape(gettempdir()) + r"/planner-[^/]*/")
"""Where a file lies while GDAL reads it: no user knows of it."""

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
    frame, wrong_system = _in_declared_crs(found.frame, layer)
    frame = fit_shapes(frame, contract.geometry_types)
    return replace(found, frame=frame, breaches=(*found.breaches, *wrong_system))


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, of the files beside it that belong to it, or of those in a folder."""
    files = sorted(path.parent.glob(f"{path.stem}.*")) if path.suffix.lower() in IN_PARTS else [path]
    if path.is_dir():
        files = sorted(path.iterdir())
    digest = hashlib.sha256()
    for file in files:
        if file.is_file():
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
        raise DataError(str(path), [Breach("no_such_file", {"setting": setting})])


def _from_vector(path: Path, layer: Layer, setting: str, contract: Contract[Any]) -> LayerRead:
    with warnings.catch_warnings(record=True) as said:
        # GDAL warns of what it passes over in a damaged file: the user is told, in the list of remarks.
        warnings.simplefilter("always", RuntimeWarning)
        read = read_vector(path, layer.layer, setting, placed=bool(contract.geometry_types))
    words = dict.fromkeys(OWN_FOLDER.sub("", str(one.message).replace(str(path), path.name)) for one in said)
    told = [Remark("reader_warns", contract.name, values={"reason": one}) for one in words]
    found = _from_frame(gpd.GeoDataFrame(read.frame), read.encoding.name, layer, setting, contract)
    return replace(found, remarks=(*told, *_encoding_remarks(read, contract)))


def _encoding_remarks(read: VectorRead, contract: Contract[Any]) -> Iterator[Remark]:
    """Say where the texts speak against the encoding that the file declares, or look like none."""
    found = read.encoding
    values = {"encoding": found.name, "declared": found.declared, "read_as": found.read_as}
    if found.declared:
        values["instead"] = found.declared_reads
        yield Remark("encoding_contradicted", contract.name, values=values)
    elif found.is_doubtful:
        yield Remark("encoding_doubtful", contract.name, values=values)


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
    vocabulary = Vocabulary.of(contract.name, _fields(contract), layer.columns)
    headings = [str(name) for name in frame.columns if name != frame.geometry.name]
    mapped, breaches = match_columns(headings, vocabulary, setting=setting)
    canonical, unreadable = _canonical(frame, mapped, vocabulary, contract)
    return LayerRead(canonical, (*breaches, *unreadable), encoding, mapped, read=len(frame))


def _from_grid(
    path: Path,
    grid: Grid,
    layer: Layer,
    setting: str,
    contract: Contract[Any],
    home: tuple[float, float] | None,
) -> LayerRead:
    vocabulary = Vocabulary.of(contract.name, _fields(contract), layer.columns)
    sheet = table_of(grid, vocabulary, source=str(path))
    headings = [str(name) for name in sheet.frame.columns]
    columns, wrong_places = place_columns(headings, vocabulary, setting=setting)
    for_places = {ours: theirs for ours, theirs in layer.columns.items() if vocabulary.where(ours)}
    breaches = missing_columns(for_places, headings, vocabulary, setting) + wrong_places
    if breaches:
        raise DataError(str(path), breaches)
    if not columns and contract.geometry_types:
        values = {"present": ", ".join(headings), "setting": setting}
        raise DataError(str(path), [Breach("no_geometry", values)])
    rows = sheet.frame
    places = place_rows(rows, columns, home=home) if contract.geometry_types else nowhere(len(rows))
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
        (*wrong_columns, *unreadable),
        grid.encoding,
        mapped,
        columns,
        len(sheet.frame) + sum(len(remark.rows) for remark in left_out),
        left_out,
        exchanged,
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


def _in_declared_crs(frame: gpd.GeoDataFrame, layer: Layer) -> tuple[gpd.GeoDataFrame, list[Breach]]:
    if layer.crs is None:
        return frame, []
    try:
        declared = pyproj.CRS.from_user_input(layer.crs)
    except pyproj.exceptions.CRSError:
        return frame, [Breach("unknown_crs", {"crs": layer.crs})]
    found: pyproj.CRS | None = frame.crs
    if found is None:
        return _called(frame, declared), []
    if found.equals(declared, ignore_axis_order=True):
        return frame, []
    # A file whose coordinates refute its own label (metres called degrees) is mended by the study's word.
    if _adds_shift(found, declared) or any(wrong_crs(frame)):
        return _called(frame, declared), []
    return frame, [Breach("contradicting_crs", {"declared": layer.crs, "found": found.to_string()})]


def _adds_shift(found: pyproj.CRS, declared: pyproj.CRS) -> bool:
    """Tell whether a declared system is a file's own, with the shift to WGS-84 that the file does not say."""
    if not declared.is_bound or declared.source_crs is None or found.ellipsoid is None:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one, other = found.to_dict(), declared.source_crs.to_dict()
    same_ellipsoid = declared.source_crs.ellipsoid is not None and np.isclose(
        found.ellipsoid.semi_major_metre, declared.source_crs.ellipsoid.semi_major_metre, rtol=0, atol=0.01
    )
    numbers = {"lat_0": 0.0, "lon_0": 0.0, "k": 1.0, "k_0": 1.0, "x_0": 0.0, "y_0": 0.0, "zone": 0.0}
    same = all(
        np.isclose(float(one.get(key, plain)), float(other.get(key, plain))) for key, plain in numbers.items()
    )
    return bool(same_ellipsoid and same and one.get("proj") == other.get("proj"))


def _called(frame: gpd.GeoDataFrame, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Say that a layer's coordinates are in `crs`, whatever it said before."""
    labelled: gpd.GeoDataFrame = frame.copy()
    labelled.set_crs(crs, allow_override=True, inplace=True)
    return labelled
