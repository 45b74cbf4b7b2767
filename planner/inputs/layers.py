"""Read one layer of the study from its file, as a plain GeoDataFrame with the planner's column names."""

from __future__ import annotations

import hashlib
import stat
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj

from planner.contracts import Contract, row_names, wrong_crs
from planner.errors import Breach, DataError
from planner.inputs.cell_reading import CellsRead, failed_breaches, read_cells
from planner.inputs.cells import number
from planner.inputs.columns import Claim, Mapped, Vocabulary, match_columns, missing_columns, unlettered
from planner.inputs.graphml import read_graphml
from planner.inputs.grids import Grid, SheetTable, letters, table_of
from planner.inputs.headings import is_called, meaning, parts_of, place_part
from planner.inputs.hidden import hidden_remarks
from planner.inputs.osm import read_osm_buildings, read_osm_places, read_osm_streets
from planner.inputs.legible_tables import legible_frame, legible_grid
from planner.inputs.positions import Wanted, as_frame, nowhere, place_rows, place_ways
from planner.inputs.units import units_of
from planner.inputs.unread import Unread, as_words, cut_claim, unread_columns
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
    if name.endswith(VECTOR):
        found = _from_vector(path, layer, setting, contract, counted)
    elif name.endswith(TEXT):
        found = _from_grid(path, read_text_grid(path), layer, setting, contract, home, counted=counted)
    elif name.endswith(WORKBOOK):
        grid = read_workbook_grid(path, layer.layer, setting)
        found = _from_grid(path, grid, layer, setting, contract, home, counted=counted)
    elif name.endswith(EXTRACT):
        found = _from_frame(_extract(path, contract), "", layer, setting, contract, lists_unread=False)
    elif name.endswith(GRAPH):
        found = _from_frame(read_graphml(path), "", layer, setting, contract, lists_unread=False)
    else:
        known = ", ".join((*VECTOR, *TEXT, *WORKBOOK, *EXTRACT, *GRAPH))
        raise DataError(str(path), [Breach("unknown_format", {"ending": path.suffix, "known": known})])
    frame, wrong_system = _in_declared_crs(found.frame, layer)
    frame = fit_shapes(frame, contract.geometry_types)
    return replace(found, frame=frame, breaches=(*found.breaches, *wrong_system))


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
        raise DataError(str(path), [Breach("no_such_file", {"setting": setting})])


def _from_vector(
    path: Path, layer: Layer, setting: str, contract: Contract[Any], counted: Collection[str]
) -> LayerRead:
    with warnings.catch_warnings(record=True) as said:
        # GDAL warns of what it passes over in a damaged file: the user is told, in the list of remarks.
        warnings.simplefilter("always", RuntimeWarning)
        frame, encoding = read_vector(path, layer.layer, setting, placed=bool(contract.geometry_types))
    words = dict.fromkeys(str(one.message).replace(str(path), path.name) for one in said)
    told = tuple(Remark("reader_warns", contract.name, values={"reason": one}) for one in words)
    is_cut = path.suffix.lower() == ".shp"
    found = _from_frame(frame, encoding, layer, setting, contract, counted=counted, cut_names=is_cut)
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
    layer: Layer,
    setting: str,
    contract: Contract[Any],
    *,
    counted: Collection[str] = (),
    cut_names: bool = False,
    lists_unread: bool = True,
) -> LayerRead:
    frame, cleaned = legible_frame(frame, contract.name)
    vocabulary = _vocabulary(contract, layer.columns)
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
        setting=setting,
        claim_of=lambda name: cut.get(name) or vocabulary.claim(unlettered(name)),
    )
    mapped = tuple(one for one in mapped if not _says_nothing(one, frame[one.column], contract))
    told = [
        Remark("name_cut", contract.name, values={"column": one.column, "field": one.field})
        for one in mapped
        if one.column in cut
    ]
    read = read_cells(frame, mapped, contract, counted=[name for name in counted if name in headings])
    canonical, unreadable = _canonical(frame, read, vocabulary, contract, headings)
    unread = _unread(headings, read, vocabulary, set(counted)) if lists_unread else ()
    return LayerRead(
        canonical,
        (*breaches, *unreadable),
        encoding,
        tuple(read.mapped),
        read=len(frame),
        remarks=(*cleaned, *told, *read.remarks, *_looks_alike(unread, contract)),
        unread=unread,
    )


def _from_grid(
    path: Path,
    grid: Grid,
    layer: Layer,
    setting: str,
    contract: Contract[Any],
    home: tuple[float, float] | None,
    *,
    counted: Collection[str] = (),
) -> LayerRead:
    vocabulary = _vocabulary(contract, layer.columns)
    grid, cleaned = legible_grid(grid, contract.name)
    sheet = table_of(grid, vocabulary, source=str(path))
    headings = [str(name) for name in sheet.frame.columns]
    explicit = {ours: _called(theirs, sheet.paths) for ours, theirs in layer.columns.items()}
    vocabulary = _vocabulary(contract, explicit)
    # Where a place stands is asked of the lowest name: 坐标/经度 is 经度.
    lowest = _lowest_names(sheet.paths, vocabulary)
    whole = {name: heading for heading, name in lowest.items()}
    for_places = {ours: lowest.get(theirs, theirs) for ours, theirs in explicit.items() if vocabulary.where(ours)}
    asked = [lowest[name] for name in headings]
    ways = tuple(
        replace(way, columns={part: whole[name] for part, name in way.columns.items()})
        for way in place_ways(asked, _vocabulary(contract, for_places), setting=setting)
    )
    breaches = missing_columns(for_places, [*whole, *headings], vocabulary, setting)
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
    others = {ours: theirs for ours, theirs in explicit.items() if ours not in for_places}
    free = [name for name in headings if name not in columns.values() and name in frame.columns]
    vocabulary = _vocabulary(contract, others)
    mapped, wrong_columns = match_columns(
        free, vocabulary, setting=setting, claim_of=lambda name: meaning(sheet.paths[name], vocabulary)
    )
    mapped = tuple(one for one in mapped if not _says_nothing(one, frame[one.column], contract))
    wrong_columns += _parts_only(mapped, {name: sheet.paths[name] for name in free}, vocabulary, setting)
    by_users_name = {name: _called(name, sheet.paths) for name in counted}
    frame = gpd.GeoDataFrame(frame.rename(columns={theirs: ours for ours, theirs in by_users_name.items()}))
    present = [name for name in counted if by_users_name[name] in free]
    mapped = tuple(
        replace(one, column=next((name for name in present if by_users_name[name] == one.column), one.column))
        for one in mapped
    )
    read = read_cells(frame, mapped, contract, unit_lines=sheet.unit_lines, counted=present)
    wrong_columns += _merged_breaches(sheet, read, present)
    for part, column in columns.items():
        if column in rows.columns:
            wrong_columns += failed_breaches(rows[column], part)
    canonical, unreadable = _canonical(frame, read, vocabulary, contract, headings)
    left_out = tuple(
        Remark(reason, contract.name, tuple(str(row) for row in rows)) for reason, rows in sheet.left_out.items()
    )
    used = {*columns.values(), *(by_users_name[name] for name in present)}
    unread = _unread(headings, read, vocabulary, used)
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
            *_merged_remarks(sheet, read, contract),
            *hidden_remarks(grid, sheet, read, contract.name),
            *_looks_alike(unread, contract),
        ),
        unread,
    )


def _vocabulary(contract: Contract[Any], columns: Mapping[str, str]) -> Vocabulary:
    numbers = [column.name for column in contract.columns if column.kind == "number"]
    return Vocabulary.of(contract.name, _fields(contract), columns, numbers=numbers)


def _called(name: str, paths: Mapping[str, Sequence[str]]) -> str:
    """Return the column that a user calls so: by its path, by its names in one, or by its lowest name."""
    if name in paths:
        return name
    found = [column for column, path in paths.items() if is_called(path, name)]
    found = found or [column for column, path in paths.items() if path and path[-1] == name]
    return found[0] if len(found) == 1 else name


def _lowest_names(paths: Mapping[str, Sequence[str]], vocabulary: Vocabulary) -> dict[str, str]:
    """Return by what name each column is asked for a place: the lowest of its path, where that is its alone."""
    lowest = {
        name: path[-1] if len(path) > 1 and place_part(path, vocabulary) else name for name, path in paths.items()
    }
    said = list(lowest.values())
    return {
        name: short if said.count(short) == 1 else f"{short} [{letters(column)}]"
        for column, (name, short) in enumerate(lowest.items())
    }


def _says_nothing(one: Mapped, cells: pd.Series, contract: Contract[Any]) -> bool:
    """Tell whether a column that means a number only for want of a better one holds none: 开放时间 = 9:00-17:00."""
    column = next(column for column in contract.columns if column.name == one.field)
    if not one.is_weak or column.kind != "number":
        return False
    filled = [cell for cell in cells.dropna() if str(cell).strip()]
    return bool(filled) and all(number(str(cell), units_of(one.field)) is None for cell in filled)


def _parts_only(
    mapped: Sequence[Mapped], paths: Mapping[str, Sequence[str]], vocabulary: Vocabulary, setting: str
) -> list[Breach]:
    """Return a breach for each field under whose heading stand parts only, none of them the whole."""
    taken = {one.field for one in mapped} | set(vocabulary.explicit)
    breaches = []
    for name in vocabulary.numbers - taken:
        parts = parts_of(name, paths, vocabulary)
        if parts:
            named = ", ".join(f"`{part}`" for part in parts)
            values = {"column": name, "columns": named, "setting": setting, "example": parts[0]}
            breaches.append(Breach("several_under_heading", values))
    return sorted(breaches, key=lambda breach: str(breach.values["column"]))


def _merged_breaches(sheet: SheetTable, read: CellsRead, counted: Sequence[str]) -> list[Breach]:
    """Return a breach for each number of a field in a merged cell: it would count once for all, or for each."""
    numbers = {one.column: one.field for one in read.mapped} | {name: name for name in counted}
    return [
        Breach("merged_number", {"column": numbers[column], "value": one.value}, [f"#{row}" for row in one.rows])
        for one in sheet.merged_numbers
        for column in [next((column for column in one.columns if column in numbers), None)]
        if column is not None
    ]


def _merged_remarks(sheet: SheetTable, read: CellsRead, contract: Contract[Any]) -> list[Remark]:
    used = {one.column for one in read.mapped}
    return [
        Remark(
            "merged_number_left",
            contract.name,
            tuple(str(row) for row in one.rows),
            values={"column": ", ".join(one.columns), "value": one.value},
        )
        for one in sheet.merged_numbers
        if not used & set(one.columns)
    ]


def _unread(
    headings: Iterable[str], read: CellsRead, vocabulary: Vocabulary, used: Collection[str]
) -> tuple[Unread, ...]:
    known = {one.column for one in read.mapped} | {*used} | ({read.unit_column} if read.unit_column else set())
    return unread_columns(headings, known, vocabulary, {one.field for one in read.mapped})


def _looks_alike(unread: Sequence[Unread], contract: Contract[Any]) -> tuple[Remark, ...]:
    near = [one for one in unread if one.near]
    return (Remark("columns_unread", contract.name, values={"columns": as_words(near)}),) if near else ()


def _canonical(
    frame: gpd.GeoDataFrame,
    read: CellsRead,
    vocabulary: Vocabulary,
    contract: Contract[Any],
    present: Sequence[str],
) -> tuple[gpd.GeoDataFrame, list[Breach]]:
    """Give columns the planner's names and their cells as they were read; a column with such a name makes way."""
    own = set(_fields(contract))
    names = {one.column: one.field for one in read.mapped}
    gone = [name for name in frame.columns if name in own and name not in names and name != frame.geometry.name]
    further = {name: cells for name, cells in read.counted.items() if name not in names}
    result = frame.assign(**further).drop(columns=gone).rename(columns=names).assign(**read.fields)
    breaches = list(read.breaches)
    for column in contract.columns:
        near = None if column.name in read.fields else vocabulary.nearest(column.name, present)
        wanted = column.required or (
            column.name in contract.either[:1] and not read.fields.keys() & {*contract.either}
        )
        if wanted and near is not None and column.name not in vocabulary.explicit:
            values = {"column": column.name, "near": near, "present": ", ".join(present)}
            breaches.append(Breach("missing_column_near", values))
    return gpd.GeoDataFrame(result), breaches


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
