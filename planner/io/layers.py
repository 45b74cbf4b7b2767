"""Read one layer of the study from its file, as a plain GeoDataFrame with the planner's column names."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from planner.config.sections.layers import Layer
from planner.io.layer_notes import SHOWN_WORDS, FileNotes
from planner.io.osm.building_tags import complete_from_tags, read_for_use, without_relation_type
from planner.io.osm.extract import (
    OsmStreets,
    read_osm_barriers,
    read_osm_building_areas,
    read_osm_places,
    read_osm_street_data,
    read_osm_water,
)
from planner.io.osm.graphml import read_graph
from planner.io.osm.line_classes import LineClasses, classify_lines
from planner.io.osm.plain_extracts import CHANGE, HISTORY, JSON, XML, is_overpass_json
from planner.io.osm.walkable_tags import PRIVATE
from planner.io.tables.cell_parsing import failed_breaches, read_cells
from planner.io.tables.columns import FieldClaim, MappedColumn, match_columns, missing_column_breaches, unlettered
from planner.io.tables.headings import match_path
from planner.io.tables.layer_columns import (
    UnusedColumn,
    canonical_frame,
    drop_unknown_heights,
    hidden_remarks,
    holds_no_number,
    lowest_names,
    match_truncated_name,
    merged_breaches,
    merged_remarks,
    parts_only_breaches,
    remove_control_characters,
    remove_grid_control_characters,
    resolve_column,
    unused_column_remarks,
    unused_columns,
    vocabulary_of,
)
from planner.io.tables.row_positions import (
    PositionRequest,
    find_position_columns,
    locate_rows,
    no_positions,
    positions_to_frame,
)
from planner.io.tables.sheets import CellGrid, find_table
from planner.io.tables.size_limits import check_size
from planner.io.tables.workbooks import read_text_grid, read_workbook_grid
from planner.io.tables.zipped_tables import packed_table
from planner.io.vector.archives import unpack_zip
from planner.io.vector.files import ENDINGS, VectorRead, read_vector, unwrap_shapes
from planner.messages.errors import Breach, DataError
from planner.messages.notices import Remark
from planner.schemas.table_schema import Contract, row_names, wrong_crs

VECTOR = ENDINGS
TEXT = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
WORKBOOK = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".et")
EXTRACT = (".pbf", *XML, *HISTORY, *CHANGE)
EXTRACT_READ = (".pbf", *XML)
GRAPH = (".graphml",)
IN_PARTS = (".shp", ".tab", ".mif")
"""Files to which others of the same name belong."""

OWN_FOLDER = re.compile(re.escape(gettempdir()) + r"/planner-[^/]*/")
"""Where a file lies while GDAL reads it: no user knows of it."""


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
    notes
        Lines that are not walked, and what the file lacks.
    """

    frame: gpd.GeoDataFrame
    breaches: tuple[Breach, ...] = ()
    encoding: str = ""
    mapped: tuple[MappedColumn, ...] = ()
    place: Mapping[str, str] = field(default_factory=dict)
    read: int = 0
    left_out: tuple[Remark, ...] = ()
    remarks: tuple[Remark, ...] = ()
    unread: tuple[UnusedColumn, ...] = ()
    notes: FileNotes = field(default_factory=FileNotes)


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
    if layer.keep_all_lines and contract.name != "streets":
        raise DataError(str(path), [Breach("keep_all_not_streets", {"setting": setting})])
    name = path.name.lower()
    asked = LayerRequest(layer, setting, contract, home, tuple(counted))
    packed = packed_table(path, layer.layer, (*TEXT, *WORKBOOK), setting) if name.endswith(".zip") else None
    if packed is not None:
        found = _from_packed(path, packed, asked)
    elif is_extract(path):
        found = _from_extract(path, asked)
    elif name.endswith(VECTOR):
        found = _from_vector(path, asked)
    elif name.endswith(TEXT):
        found = _from_grid(path, read_text_grid(path), asked)
    elif name.endswith(WORKBOOK):
        found = _from_grid(path, read_workbook_grid(path, layer.layer, setting), asked)
    elif name.endswith(GRAPH):
        graph = read_graph(path, keep_all=layer.keep_all_lines)
        found = _from_frame(graph.streets, "", asked, lists_unread=False)
        found = replace(found, notes=FileNotes(left_out=graph.left_out))
    else:
        known = ", ".join((*VECTOR, *TEXT, *WORKBOOK, *EXTRACT_READ, *GRAPH))
        raise DataError(str(path), [Breach("unknown_format", {"ending": path.suffix, "known": known})])
    is_buildings = contract.name == "buildings"
    frame, unknown = drop_unknown_heights(found.frame, contract.name) if is_buildings else (found.frame, ())
    frame, wrong_system = _in_declared_crs(frame, layer)
    frame = unwrap_shapes(frame, contract.geometry_types)
    notes = found.notes
    system: pyproj.CRS | None = frame.crs
    if notes.left_out is not None and system is not None:
        left_out, _ = remove_control_characters(_labelled(notes.left_out, system), contract.name)
        notes = replace(notes, left_out=left_out)
    remarks = (*found.remarks, *unknown)
    breaches = (*found.breaches, *wrong_system)
    return replace(found, frame=frame, breaches=breaches, notes=notes, remarks=remarks)


def _from_packed(path: Path, member: str, asked: LayerRequest) -> LayerRead:
    """Read a table that lies in an archive."""
    with TemporaryDirectory(prefix="planner-") as folder:
        (found,) = unpack_zip(path, Path(folder), wanted=lambda name: str(name) == member)
        # The file in the archive is the only one; which of its sheets is meant may still be said.
        sheet = (
            None if asked.layer.layer in {None, member, found.name.name, found.name.stem} else asked.layer.layer
        )
        try:
            is_text = found.path.name.lower().endswith(TEXT)
            grid = read_text_grid(found.path) if is_text else read_workbook_grid(found.path, sheet, asked.setting)
            return _from_grid(path, grid, asked)
        except DataError as error:
            raise DataError(f"{path} [{member}]", error.breaches) from error


def is_extract(path: Path) -> bool:
    """Tell whether a file is an extract of OpenStreetMap: by its name; a JSON file by what it holds."""
    name = path.name.lower()
    return name.endswith(EXTRACT) or (name.endswith(JSON) and path.is_file() and is_overpass_json(path))


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
        key = "no_such_file_backslash" if not mode and "\\" in str(path) and os.sep == "/" else "no_such_file"
        raise DataError(str(path), [Breach(key, {"setting": setting})])


@dataclass(frozen=True, slots=True)
class LayerRequest:
    """What is asked of a layer: see `read_layer`."""

    layer: Layer
    setting: str
    contract: Contract[Any]
    home: tuple[float, float] | None
    counted: tuple[str, ...]


def _from_vector(path: Path, asked: LayerRequest) -> LayerRead:
    contract = asked.contract
    with warnings.catch_warnings(record=True) as said:
        # GDAL warns of what it passes over in a damaged file: the user is told, in the list of remarks.
        warnings.simplefilter("always", RuntimeWarning)
        read = read_vector(path, asked.layer.layer, asked.setting, placed=bool(contract.geometry_types))
    check_size(len(read.frame), len(read.frame.columns), source=str(path))
    words = dict.fromkeys(OWN_FOLDER.sub("", str(one.message).replace(str(path), path.name)) for one in said)
    told = [Remark("reader_warns", contract.name, values={"reason": one}) for one in words]
    frame = gpd.GeoDataFrame(read.frame)
    if read.unknown_crs and asked.layer.crs:
        # GDAL's degrees of WGS-84 are a guess, which what the study says does not contradict.
        frame = gpd.GeoDataFrame(frame.set_crs(None, allow_override=True))
    if contract.name == "buildings":
        frame = without_relation_type(frame)
    found = _from_frame(frame, read.encoding.name, asked, cut_names=path.suffix.lower() in {".shp", ".zip"})
    found = replace(found, remarks=(*told, *_encoding_remarks(read, contract), *found.remarks))
    if read.unknown_crs and not asked.layer.crs:
        unknown = Breach("unknown_system", {"name": read.unknown_crs, "setting": f"{asked.setting}.crs"})
        found = replace(found, breaches=(*found.breaches, unknown))
    return _by_own_words(found, frame.drop(columns=frame.geometry.name), path, asked.layer, contract)


def _encoding_remarks(read: VectorRead, contract: Contract[Any]) -> Iterator[Remark]:
    """Say where the texts speak against the encoding that the file declares, or look like none."""
    found = read.encoding
    values = {"encoding": found.name, "declared": found.declared, "read_as": found.read_as}
    if found.declared:
        values["instead"] = found.declared_reads
        yield Remark("encoding_contradicted", contract.name, values=values)
    elif found.is_doubtful:
        yield Remark("encoding_doubtful", contract.name, values=values)


def _from_extract(path: Path, asked: LayerRequest) -> LayerRead:
    """Read of an OpenStreetMap extract what the table wants: buildings, places, water, barriers, else streets."""
    contract = asked.contract
    if asked.layer.keep_all_lines:
        raise DataError(str(path), [Breach("keep_all_of_extract")])
    if contract.name == "buildings":
        buildings, gaps, unread = read_osm_building_areas(path)
        frame = gpd.GeoDataFrame(buildings.rename(columns={"building": "kind"}))
        found = _from_frame(frame, "", asked, lists_unread=False)
        remarks = (*found.remarks, *_unread_storeys(unread))
        return replace(found, notes=FileNotes(gaps=gaps), remarks=remarks)
    readers = {"places": read_osm_places, "water": read_osm_water, "barriers": read_osm_barriers}
    if contract.name in readers:
        return _from_frame(readers[contract.name](path), "", asked, lists_unread=False)
    walk = read_osm_street_data(path)
    left_out = pd.concat([walk.left_out, walk.other_classes], ignore_index=True)
    found = _from_frame(walk.streets, "", asked, lists_unread=False)
    notes = FileNotes(left_out=gpd.GeoDataFrame(left_out), gaps=walk.gaps, uncrossed=walk.uncrossed)
    return replace(found, notes=notes, remarks=(*found.remarks, *_told_of_extract(walk, contract.name)))


def _told_of_extract(walk: OsmStreets, table: str) -> Iterator[Remark]:
    """Yield what was done to an extract before it was read, and what its nodes say otherwise than its places."""
    source = walk.source
    if source.deleted or source.older:
        values = {"deleted": f"{source.deleted:,}", "older": f"{source.older:,}"}
        yield Remark("osm_not_there", table, values=values)
    if source.unnamed:
        yield Remark("osm_unnamed_nodes", table)
    if walk.apart:
        yield Remark("osm_nodes_apart", table, values={"count": f"{walk.apart:,}"})


def _by_own_words(
    found: LayerRead, rows: pd.DataFrame, path: Path, layer: Layer, contract: Contract[Any]
) -> LayerRead:
    """Take into account what a layer says of its rows in columns that are no fields of the table."""
    if contract.name == "buildings":
        frame, unread = complete_from_tags(found.frame, rows)
        read = read_for_use(rows)
        left = tuple(one for one in found.unread if one.column not in read)
        return replace(found, frame=frame, unread=left, remarks=(*found.remarks, *_unread_storeys(unread)))
    return _without_unwalked(found, rows, path, layer, contract)


def _unread_storeys(words: tuple[str, ...]) -> tuple[Remark, ...]:
    return (Remark("storeys_unread", "buildings", values={"words": _shown(words)}),) if words else ()


def _without_unwalked(
    found: LayerRead, rows: pd.DataFrame, path: Path, layer: Layer, contract: Contract[Any]
) -> LayerRead:
    """Leave out the lines of a layer of streets that, by its own words, people do not walk on."""
    if contract.name != "streets" or layer.keep_all_lines or not len(rows):
        return found
    lines = classify_lines(rows, class_column=layer.columns.get("kind"))
    found = replace(found, unread=tuple(one for one in found.unread if one.column not in lines.read))
    told = [
        Remark("line_words_unread", contract.name, values={"column": column, "words": _shown(words)})
        for column, words in lines.unread.items()
    ]
    if lines.unknown:
        told.append(Remark("line_classes_unknown", contract.name, values={"words": _shown(lines.unknown)}))
    if {"access", "foot"} & set(map(str.lower, lines.read)):
        found = replace(found, frame=_with_access(found.frame, lines))
    out = (lines.reason != "").to_numpy()
    if not out.any():
        return replace(found, remarks=(*found.remarks, *told))
    if out.all():
        words = _shown(tuple(dict.fromkeys(lines.word)))
        raise DataError(str(path), [Breach("all_lines_left_out", {"count": f"{len(rows):,}", "reasons": words})])
    left_out = gpd.GeoDataFrame(
        {"reason": lines.reason[out], "word": lines.word[out]}, geometry=found.frame.geometry[out]
    )
    aside = Remark("street_not_walked", contract.name, tuple(str(row) for row in found.frame.index[out]))
    return replace(
        found,
        frame=gpd.GeoDataFrame(found.frame[~out]),
        left_out=(*found.left_out, aside),
        remarks=(*found.remarks, *told),
        notes=FileNotes(left_out=left_out),
    )


def _with_access(frame: gpd.GeoDataFrame, lines: LineClasses) -> gpd.GeoDataFrame:
    """Mark private ways, and only these: `foot` may have opened what `access` calls private."""
    access = frame["access"] if "access" in frame else pd.Series("", index=frame.index, dtype=object)
    opened = access.map(lambda word: isinstance(word, str) and word.strip().lower() == PRIVATE).to_numpy(bool)
    access = access.mask(opened, "").mask(lines.private.to_numpy(), PRIVATE)
    return gpd.GeoDataFrame(frame.assign(access=access))


def _shown(words: Sequence[str]) -> str:
    return ", ".join(words[:SHOWN_WORDS]) + (" …" if len(words) > SHOWN_WORDS else "")


def _from_frame(
    frame: gpd.GeoDataFrame,
    encoding: str,
    asked: LayerRequest,
    *,
    cut_names: bool = False,
    lists_unread: bool = True,
) -> LayerRead:
    contract = asked.contract
    frame, cleaned = remove_control_characters(frame, contract.name)
    vocabulary = vocabulary_of(contract, asked.layer.columns)
    headings = [str(name) for name in frame.columns if name != frame.geometry.name]
    cut: dict[str, FieldClaim] = {}
    if cut_names:
        found = {
            name: match_truncated_name(name, vocabulary, encoding)
            for name in headings
            if vocabulary.claim(name) is None
        }
        cut = {name: claim for name, claim in found.items() if claim is not None}
    mapped, breaches = match_columns(
        headings,
        vocabulary,
        setting=asked.setting,
        claim_of=lambda name: cut.get(name) or vocabulary.claim(unlettered(name)),
    )
    mapped = tuple(one for one in mapped if not holds_no_number(one, frame[one.column], contract))
    told = [
        Remark("name_cut", contract.name, values={"column": one.column, "field": one.field})
        for one in mapped
        if one.column in cut
    ]
    read = read_cells(frame, mapped, contract, counted=[name for name in asked.counted if name in headings])
    canonical, unreadable = canonical_frame(frame, read, vocabulary, contract, headings)
    unread = (
        unused_columns(headings, read, vocabulary, {*asked.counted, *asked.layer.keep}) if lists_unread else ()
    )
    return LayerRead(
        canonical,
        (*breaches, *unreadable),
        encoding,
        tuple(read.mapped),
        read=len(frame),
        remarks=(*cleaned, *told, *read.remarks, *unused_column_remarks(unread, contract)),
        unread=unread,
    )


def _from_grid(
    path: Path,
    grid: CellGrid,
    asked: LayerRequest,
) -> LayerRead:
    layer, contract, setting = asked.layer, asked.contract, asked.setting
    vocabulary = vocabulary_of(contract, layer.columns)
    grid, cleaned = remove_grid_control_characters(grid, contract.name)
    sheet = find_table(grid, vocabulary, source=str(path))
    headings = [str(name) for name in sheet.frame.columns]
    explicit = {ours: resolve_column(theirs, sheet.paths) for ours, theirs in layer.columns.items()}
    vocabulary = vocabulary_of(contract, explicit)
    # Where a place stands is asked of the lowest name: 坐标/经度 is 经度.
    lowest = lowest_names(sheet.paths, vocabulary)
    whole = {name: heading for heading, name in lowest.items()}
    for_places = {ours: lowest.get(theirs, theirs) for ours, theirs in explicit.items() if vocabulary.where(ours)}
    short = [lowest[name] for name in headings]
    ways = tuple(
        replace(way, columns={part: whole[name] for part, name in way.columns.items()})
        for way in find_position_columns(short, vocabulary_of(contract, for_places), setting=setting)
    )
    breaches = missing_column_breaches(for_places, [*whole, *headings], vocabulary, setting)
    if breaches:
        raise DataError(str(path), breaches)
    if not ways and contract.geometry_types:
        values = {"present": ", ".join(headings), "setting": setting}
        raise DataError(str(path), [Breach("no_geometry", values)])
    wanted = PositionRequest(contract.name, contract.geometry_types, setting, _declared(layer), asked.home)
    rows = sheet.frame
    places = locate_rows(rows, ways, wanted) if contract.geometry_types else no_positions(len(rows))
    columns = places.columns
    frame = positions_to_frame(sheet.frame, places)
    if layer.crs is not None and "geometry" not in columns:
        frame = gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=list(frame.geometry), crs=None)
    others = {ours: theirs for ours, theirs in explicit.items() if ours not in for_places}
    free = [name for name in headings if name not in columns.values() and name in frame.columns]
    vocabulary = vocabulary_of(contract, others)
    mapped, wrong_columns = match_columns(
        free, vocabulary, setting=setting, claim_of=lambda name: match_path(sheet.paths[name], vocabulary)
    )
    mapped = tuple(one for one in mapped if not holds_no_number(one, frame[one.column], contract))
    wrong_columns += parts_only_breaches(mapped, {name: sheet.paths[name] for name in free}, vocabulary, setting)
    by_users_name = {name: resolve_column(name, sheet.paths) for name in asked.counted}
    frame = gpd.GeoDataFrame(frame.rename(columns={theirs: ours for ours, theirs in by_users_name.items()}))
    present = [name for name in asked.counted if by_users_name[name] in free]
    mapped = tuple(
        replace(one, column=next((name for name in present if by_users_name[name] == one.column), one.column))
        for one in mapped
    )
    read = read_cells(
        frame, mapped, contract, unit_lines=sheet.unit_lines, counted=present, has_formulas=not grid.encoding
    )
    wrong_columns += merged_breaches(sheet, read, present)
    for part, column in columns.items():
        if column in rows.columns:
            wrong_columns += failed_breaches(rows[column], part)
    canonical, unreadable = canonical_frame(frame, read, vocabulary, contract, headings)
    left_out = tuple(
        Remark(reason, contract.name, tuple(str(row) for row in rows)) for reason, rows in sheet.left_out.items()
    )
    used = {*columns.values(), *(by_users_name[name] for name in present)}
    unread = unused_columns(headings, read, vocabulary, {*used, *asked.layer.keep})
    exchanged = (Remark("coordinates_exchanged", contract.name),) if places.exchanged else ()
    found = LayerRead(
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
            *unused_column_remarks(unread, contract),
        ),
        unread,
    )
    return _by_own_words(found, rows, path, layer, contract)


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
    if _adds_shift(found, declared) or any(wrong_crs(frame)):
        return _labelled(frame, declared), []
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


def _labelled(frame: gpd.GeoDataFrame, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Say that a layer's coordinates are in `crs`, whatever it said before."""
    labelled: gpd.GeoDataFrame = frame.copy()
    labelled.set_crs(crs, allow_override=True, inplace=True)
    return labelled
