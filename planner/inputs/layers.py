"""Read one layer of the study from its file, as a plain GeoDataFrame with the planner's column names."""

from __future__ import annotations

import hashlib
import os
import stat
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyproj

from planner.contracts import Contract, row_names, wrong_crs
from planner.errors import Breach, DataError
from planner.inputs.cell_reading import failed_breaches, read_cells
from planner.inputs.columns import Claim, Mapped, match_columns, missing_columns, unlettered
from planner.inputs.graphml import read_graphml
from planner.inputs.grids import Grid, table_of
from planner.inputs.headings import meaning
from planner.inputs.hidden import hidden_remarks
from planner.inputs.layer_columns import (
    canonical_frame,
    column_called,
    look_alike,
    lowest_names,
    merged_breaches,
    merged_remarks,
    parts_only,
    says_nothing,
    unread_of,
    vocabulary_of,
)
from planner.inputs.legible_tables import legible_frame, legible_grid
from planner.inputs.osm import read_osm_buildings, read_osm_places, read_osm_streets
from planner.inputs.positions import Wanted, as_frame, nowhere, place_rows, place_ways
from planner.inputs.table_size import check_size
from planner.inputs.unknown_numbers import forget_unknown_heights
from planner.inputs.unread import Unread, cut_claim
from planner.inputs.vector_files import fit_shapes, read_vector
from planner.inputs.workbooks import read_text_grid, read_workbook_grid
from planner.remarks import Remark
from planner.settings.layers import Layer

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
    unread
        Columns that nothing reads.
    """

    frame: gpd.GeoDataFrame
    breaches: tuple[Breach, ...] = ()
    encoding: str = ""
    mapped: tuple[Mapped, ...] = ()
    place: Mapping[str, str] = field(default_factory=dict)
    read: int = 0
    left_out: tuple[Remark, ...] = ()
    remarks: tuple[Remark, ...] = ()
    unread: tuple[Unread, ...] = ()


def read_layer(
    path: Path,
    layer: Layer,
    *,
    setting: str,
    contract: Contract[Any],
    home: tuple[float, float] | None = None,
    counted: Collection[str] = (),
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
    counted
        Further columns by which the study counts people, where the layer has them.

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
    asked = _Asked(layer, setting, contract, home, tuple(counted))
    if name.endswith(VECTOR):
        found = _from_vector(path, asked)
    elif name.endswith(TEXT):
        found = _from_grid(path, read_text_grid(path), asked)
    elif name.endswith(WORKBOOK):
        found = _from_grid(path, read_workbook_grid(path, layer.layer, setting), asked)
    elif name.endswith(EXTRACT):
        found = _from_frame(_extract(path, contract), "", asked, lists_unread=False)
    elif name.endswith(GRAPH):
        found = _from_frame(read_graphml(path), "", asked, lists_unread=False)
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


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of a layer: see `read_layer`."""

    layer: Layer
    setting: str
    contract: Contract[Any]
    home: tuple[float, float] | None
    counted: tuple[str, ...]


def _from_vector(path: Path, asked: _Asked) -> LayerRead:
    contract = asked.contract
    with warnings.catch_warnings(record=True) as said:
        # GDAL warns of what it passes over in a damaged file: the user is told, in the list of remarks.
        warnings.simplefilter("always", RuntimeWarning)
        frame, encoding = read_vector(path, asked.layer.layer, asked.setting, placed=bool(contract.geometry_types))
    check_size(len(frame), len(frame.columns), source=str(path))
    words = dict.fromkeys(str(one.message).replace(str(path), path.name) for one in said)
    told = tuple(Remark("reader_warns", contract.name, values={"reason": one}) for one in words)
    is_cut = path.suffix.lower() == ".shp"
    found = _from_frame(frame, encoding, asked, cut_names=is_cut)
    return replace(found, remarks=(*told, *found.remarks))


def _extract(path: Path, contract: Contract[Any]) -> gpd.GeoDataFrame:
    """Read of an OpenStreetMap extract what the table wants: buildings, places, else streets."""
    if contract.name == "buildings":
        return gpd.GeoDataFrame(read_osm_buildings(path).rename(columns={"building": "kind"}))
    if contract.name == "places":
        return read_osm_places(path)
    return read_osm_streets(path)


def _from_frame(
    frame: gpd.GeoDataFrame,
    encoding: str,
    asked: _Asked,
    *,
    cut_names: bool = False,
    lists_unread: bool = True,
) -> LayerRead:
    contract = asked.contract
    frame, cleaned = legible_frame(frame, contract.name)
    vocabulary = vocabulary_of(contract, asked.layer.columns)
    headings = [str(name) for name in frame.columns if name != frame.geometry.name]
    cut: dict[str, Claim] = {}
    if cut_names:
        found = {
            name: cut_claim(name, vocabulary, encoding) for name in headings if vocabulary.claim(name) is None
        }
        cut = {name: claim for name, claim in found.items() if claim is not None}
    mapped, breaches = match_columns(
        headings,
        vocabulary,
        setting=asked.setting,
        claim_of=lambda name: cut.get(name) or vocabulary.claim(unlettered(name)),
    )
    mapped = tuple(one for one in mapped if not says_nothing(one, frame[one.column], contract))
    told = [
        Remark("name_cut", contract.name, values={"column": one.column, "field": one.field})
        for one in mapped
        if one.column in cut
    ]
    read = read_cells(frame, mapped, contract, counted=[name for name in asked.counted if name in headings])
    canonical, unreadable = canonical_frame(frame, read, vocabulary, contract, headings)
    unread = unread_of(headings, read, vocabulary, set(asked.counted)) if lists_unread else ()
    return LayerRead(
        canonical,
        (*breaches, *unreadable),
        encoding,
        tuple(read.mapped),
        read=len(frame),
        remarks=(*cleaned, *told, *read.remarks, *look_alike(unread, contract)),
        unread=unread,
    )


def _from_grid(
    path: Path,
    grid: Grid,
    asked: _Asked,
) -> LayerRead:
    layer, contract, setting = asked.layer, asked.contract, asked.setting
    vocabulary = vocabulary_of(contract, layer.columns)
    grid, cleaned = legible_grid(grid, contract.name)
    sheet = table_of(grid, vocabulary, source=str(path))
    headings = [str(name) for name in sheet.frame.columns]
    explicit = {ours: column_called(theirs, sheet.paths) for ours, theirs in layer.columns.items()}
    vocabulary = vocabulary_of(contract, explicit)
    # Where a place stands is asked of the lowest name: 坐标/经度 is 经度.
    lowest = lowest_names(sheet.paths, vocabulary)
    whole = {name: heading for heading, name in lowest.items()}
    for_places = {ours: lowest.get(theirs, theirs) for ours, theirs in explicit.items() if vocabulary.where(ours)}
    short = [lowest[name] for name in headings]
    ways = tuple(
        replace(way, columns={part: whole[name] for part, name in way.columns.items()})
        for way in place_ways(short, vocabulary_of(contract, for_places), setting=setting)
    )
    breaches = missing_columns(for_places, [*whole, *headings], vocabulary, setting)
    if breaches:
        raise DataError(str(path), breaches)
    if not ways and contract.geometry_types:
        values = {"present": ", ".join(headings), "setting": setting}
        raise DataError(str(path), [Breach("no_geometry", values)])
    wanted = Wanted(contract.name, contract.geometry_types, setting, _declared(layer), asked.home)
    rows = sheet.frame
    places = place_rows(rows, ways, wanted) if contract.geometry_types else nowhere(len(rows))
    columns = places.columns
    frame = as_frame(sheet.frame, places)
    if layer.crs is not None and "geometry" not in columns:
        frame = gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=list(frame.geometry), crs=None)
    others = {ours: theirs for ours, theirs in explicit.items() if ours not in for_places}
    free = [name for name in headings if name not in columns.values() and name in frame.columns]
    vocabulary = vocabulary_of(contract, others)
    mapped, wrong_columns = match_columns(
        free, vocabulary, setting=setting, claim_of=lambda name: meaning(sheet.paths[name], vocabulary)
    )
    mapped = tuple(one for one in mapped if not says_nothing(one, frame[one.column], contract))
    wrong_columns += parts_only(mapped, {name: sheet.paths[name] for name in free}, vocabulary, setting)
    by_users_name = {name: column_called(name, sheet.paths) for name in asked.counted}
    frame = gpd.GeoDataFrame(frame.rename(columns={theirs: ours for ours, theirs in by_users_name.items()}))
    present = [name for name in asked.counted if by_users_name[name] in free]
    mapped = tuple(
        replace(one, column=next((name for name in present if by_users_name[name] == one.column), one.column))
        for one in mapped
    )
    read = read_cells(frame, mapped, contract, unit_lines=sheet.unit_lines, counted=present)
    wrong_columns += merged_breaches(sheet, read, present)
    for part, column in columns.items():
        if column in rows.columns:
            wrong_columns += failed_breaches(rows[column], part)
    canonical, unreadable = canonical_frame(frame, read, vocabulary, contract, headings)
    left_out = tuple(
        Remark(reason, contract.name, tuple(str(row) for row in rows)) for reason, rows in sheet.left_out.items()
    )
    used = {*columns.values(), *(by_users_name[name] for name in present)}
    unread = unread_of(headings, read, vocabulary, used)
    exchanged = (Remark("coordinates_exchanged", contract.name),) if places.exchanged else ()
    return LayerRead(
        canonical,
        (*_named_rows(places.breaches, canonical), *wrong_columns, *unreadable),
        grid.encoding,
        tuple(read.mapped),
        columns,
        len(sheet.frame) + sum(len(remark.rows) for remark in left_out),
        left_out,
        (
            *cleaned,
            *exchanged,
            *places.remarks,
            *read.remarks,
            *merged_remarks(sheet, read, contract),
            *hidden_remarks(grid, sheet, read, contract.name),
            *look_alike(unread, contract),
        ),
        unread,
    )


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
        return _labelled(frame, declared), []
    if found.equals(declared, ignore_axis_order=True):
        return frame, []
    # A file whose coordinates refute its own label (metres called degrees) is mended by the study's word.
    if any(wrong_crs(frame)):
        return _labelled(frame, declared), []
    return frame, [Breach("contradicting_crs", {"declared": layer.crs, "found": found.to_string()})]


def _labelled(frame: gpd.GeoDataFrame, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Say that a layer's coordinates are in `crs`, whatever it said before."""
    labelled: gpd.GeoDataFrame = frame.copy()
    labelled.set_crs(crs, allow_override=True, inplace=True)
    return labelled
