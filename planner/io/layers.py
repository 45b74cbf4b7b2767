"""Read one layer of the study from its file, as a plain GeoDataFrame with the planner's column names."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from planner.config.sections.layers import Layer
from planner.io.formats import IN_PARTS, find_zipped_table, format_of, is_extract, readable_endings
from planner.io.grid_layers import declared_crs, grid_to_layer
from planner.io.layer_read import FileNotes, LayerRead, LayerRequest, frame_to_layer
from planner.io.osm.building_tags import without_relation_type
from planner.io.osm.graphml import GraphRead, read_graph, read_networkx
from planner.io.osm.objects import TaggedObjects
from planner.io.osm_layers import apply_osm_tags, extract_to_layer
from planner.io.tables.cells import check_size
from planner.io.tables.layer_columns import (
    drop_unknown_heights,
    remove_control_characters,
    vocabulary_of,
)
from planner.io.vector.archives import unpack_zip
from planner.io.vector.files import read_vector, unwrap_shapes
from planner.io.vector.readers import VectorRead
from planner.messages.errors import DataError, Issue, system_reason
from planner.messages.notices import Notice
from planner.schemas.table_schema import TableSchema, wrong_crs

OWN_FOLDER = re.compile(re.escape(gettempdir()) + r"/planner-[^/]*/")
"""Temporary folder of a file while GDAL reads it; users do not know it."""


def read_layer(  # noqa: PLR0913 - what a study says of a layer, each by name
    path: Path,
    layer: Layer,
    *,
    setting: str,
    schema: TableSchema[Any],
    home: tuple[float, float] | None = None,
    counted: Collection[str] = (),
    frame: object = None,
    tags: Mapping[str, Sequence[str]] = MappingProxyType({}),
    objects: TaggedObjects | None = None,
) -> LayerRead:
    """Read one layer.

    Parameters
    ----------
    layer
        Its settings: the layer inside the file, its coordinate system, its column names.
    schema
        What the table is to hold.
    home
        Longitude and latitude of the middle of the communities, where they are known already.
    counted
        Further columns by which the study counts people, where the layer has them.
    frame
        The layer in memory, a table or a graph of streets, read as a file of it would be; `path` is only its name.
    tags
        Values by key of the objects of an extract that are wanted; {} where the table itself says it.
    objects
        These objects of the extract and others, where they were read already.

    Returns
    -------
    layer
        All rows, columns renamed, numbers and codes read, and what was left out or is wrong.

    Raises
    ------
    DataError
        The file is missing, unreadable, without geometry or of an unknown format, or has no such layer.
    """
    if layer.keep_all_lines and schema.name != "streets":
        raise DataError(str(path), [Issue("keep_all_not_streets", {"setting": setting})])
    if tags and not (frame is None and is_extract(path)):
        raise DataError(str(path), [Issue("tags_need_extract", {"setting": setting})])
    request = LayerRequest(layer, setting, schema, home, tuple(counted), tags, objects)
    if frame is None:
        _check_is_file(path, setting)
    read = _read_by_format(path, request) if frame is None else _from_frame(frame, path, request)
    frame, notices = read.frame, read.notices
    if schema.name == "buildings":
        frame, unknown = drop_unknown_heights(frame, schema.name)
        notices = (*notices, *unknown)
    frame, wrong_system = _in_declared_crs(frame, layer)
    frame = unwrap_shapes(frame, schema.geometry_types)
    notes = read.notes
    system: pyproj.CRS | None = frame.crs
    if notes.left_out is not None and system is not None:
        left_out, _ = remove_control_characters(_labelled(notes.left_out, system), schema.name)
        notes = replace(notes, left_out=left_out)
    return replace(read, frame=frame, issues=(*read.issues, *wrong_system), notes=notes, notices=notices)


def _read_by_format(path: Path, request: LayerRequest) -> LayerRead:
    layer, setting = request.layer, request.setting
    zipped = find_zipped_table(path, layer.layer, setting) if path.name.lower().endswith(".zip") else None
    if zipped is not None:
        return _from_zipped_table(path, zipped, request)
    if is_extract(path):
        return extract_to_layer(path, request)
    file_format = format_of(path)
    if file_format is None:
        values = {"ending": path.suffix, "known": readable_endings()}
        raise DataError(str(path), [Issue("unknown_format", values)])
    if file_format.table_reader is not None:
        return grid_to_layer(path, file_format.table_reader(path, layer.layer, setting), request)
    if file_format.content == "graph":
        return _from_graph(read_graph(path, keep_all=layer.keep_all_lines), request)
    return _from_vector(path, request)


def _from_frame(frame: object, path: Path, request: LayerRequest) -> LayerRead:
    schema = request.schema
    if not isinstance(frame, pd.DataFrame):
        return _from_graph(
            read_networkx(frame, crs=request.layer.crs, keep_all=request.layer.keep_all_lines), request
        )
    table = (
        gpd.GeoDataFrame(frame) if "geometry" in frame else gpd.GeoDataFrame(frame, geometry=[None] * len(frame))
    )
    vocabulary = vocabulary_of(schema, request.layer.columns)
    claims = [vocabulary.claim(str(name)) for name in table.columns if name != table.geometry.name]
    if schema.has_ids and not any(claim is not None and claim.field == "id" for claim in claims):
        table = gpd.GeoDataFrame(table.assign(id=[str(label) for label in table.index]))
    plain = gpd.GeoDataFrame(table.reset_index(drop=True))
    columns = plain.drop(columns=plain.geometry.name)
    return apply_osm_tags(frame_to_layer(plain, "", request), columns, path, request.layer, schema)


def _from_graph(graph: GraphRead, request: LayerRequest) -> LayerRead:
    read = frame_to_layer(graph.streets, "", request, lists_unread=False)
    return replace(read, notes=FileNotes(left_out=graph.left_out))


def frame_hash(frame: object) -> str:
    """Return the SHA-256 of a layer in memory: its columns as text, and its shapes.

    Examples
    --------
    >>> frame_hash(pd.DataFrame({"people": [1, 2]}))[:8]
    '89e54c79'
    """
    table = frame if isinstance(frame, pd.DataFrame) else read_networkx(frame, keep_all=True).streets
    digest = hashlib.sha256()
    for name in table.columns:
        values = table[name]
        is_shape = isinstance(values, gpd.GeoSeries)
        digest.update(f"{name}\n".encode())
        digest.update(b"".join(shapely.to_wkb(values.array)) if is_shape else "\n".join(map(str, values)).encode())
    return digest.hexdigest()


def _from_zipped_table(path: Path, member: str, request: LayerRequest) -> LayerRead:
    question = request.layer.layer
    with TemporaryDirectory(prefix="planner-") as folder:
        (table,) = unpack_zip(path, Path(folder), is_needed=lambda name: str(name) == member)
        # The archive holds one table; `layer` may still name one of its sheets.
        sheet = None if question in {None, member, table.name.name, table.name.stem} else question
        file_format = format_of(table.path)
        assert file_format is not None and file_format.table_reader is not None  # noqa: S101, PT018 - a table's ending
        try:
            return grid_to_layer(path, file_format.table_reader(table.path, sheet, request.setting), request)
        except DataError as error:
            raise DataError(f"{path} [{member}]", error.issues) from error


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
        raise DataError(str(path), [Issue("unreadable_file", {"reason": system_reason(error)})]) from error
    except ValueError as error:
        raise DataError(str(path), [Issue("unreadable_file", {"reason": error})]) from error
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        key = "no_such_file_backslash" if not mode and "\\" in str(path) and os.sep == "/" else "no_such_file"
        raise DataError(str(path), [Issue(key, {"setting": setting})])


def _from_vector(path: Path, request: LayerRequest) -> LayerRead:
    schema = request.schema
    with warnings.catch_warnings(record=True) as text:
        # GDAL warns of what it passes over in a damaged file: the user sees it in the list of notices.
        warnings.simplefilter("always", RuntimeWarning)
        read = read_vector(path, request.layer.layer, request.setting, placed=bool(schema.geometry_types))
    check_size(len(read.frame), len(read.frame.columns), source=str(path))
    words = dict.fromkeys(OWN_FOLDER.sub("", str(item.message).replace(str(path), path.name)) for item in text)
    notices = [Notice("reader_warns", schema.name, values={"reason": item}) for item in words]
    frame = gpd.GeoDataFrame(read.frame)
    if read.unknown_crs and request.layer.crs:
        # GDAL's degrees of WGS-84 are a guess, which what the study states does not contradict.
        frame = gpd.GeoDataFrame(frame.set_crs(None, allow_override=True))
    if schema.name == "buildings":
        frame = without_relation_type(frame)
    result = frame_to_layer(frame, read.encoding.name, request, cut_names=path.suffix.lower() in {".shp", ".zip"})
    result = replace(result, notices=(*notices, *_encoding_notices(read, schema), *result.notices))
    if read.unknown_crs and not request.layer.crs:
        unknown = Issue("unknown_system", {"name": read.unknown_crs, "setting": f"{request.setting}.crs"})
        result = replace(result, issues=(*result.issues, unknown))
    return apply_osm_tags(result, frame.drop(columns=frame.geometry.name), path, request.layer, schema)


def _encoding_notices(read: VectorRead, schema: TableSchema[Any]) -> Iterator[Notice]:
    """Yield a notice if the texts contradict the declared encoding, or are plausible in none."""
    result = read.encoding
    values = {"encoding": result.name, "declared": result.declared, "read_as": result.read_as}
    if result.declared:
        values["instead"] = result.declared_reads
        yield Notice("encoding_contradicted", schema.name, values=values)
    elif result.is_doubtful:
        yield Notice("encoding_doubtful", schema.name, values=values)


def _in_declared_crs(frame: gpd.GeoDataFrame, layer: Layer) -> tuple[gpd.GeoDataFrame, list[Issue]]:
    if layer.crs is None:
        return frame, []
    declared = declared_crs(layer)
    if declared is None:
        return frame, [Issue("unknown_crs", {"crs": layer.crs})]
    result: pyproj.CRS | None = frame.crs
    if result is None:
        return _labelled(frame, declared), []
    if result.equals(declared, ignore_axis_order=True):
        return frame, []
    # A file whose coordinates refute its own label (metres called degrees) is mended by the study's word.
    if _adds_shift(result, declared) or any(wrong_crs(frame)):
        return _labelled(frame, declared), []
    return frame, [Issue("contradicting_crs", {"declared": layer.crs, "found": result.to_string()})]


def _adds_shift(own: pyproj.CRS, declared: pyproj.CRS) -> bool:
    """Return True if a declared system is a file's own, with the shift to WGS-84 that the file does not state."""
    if not declared.is_bound or declared.source_crs is None or own.ellipsoid is None:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        item, other = own.to_dict(), declared.source_crs.to_dict()
    same_ellipsoid = declared.source_crs.ellipsoid is not None and np.isclose(
        own.ellipsoid.semi_major_metre, declared.source_crs.ellipsoid.semi_major_metre, rtol=0, atol=0.01
    )
    numbers = {"lat_0": 0.0, "lon_0": 0.0, "k": 1.0, "k_0": 1.0, "x_0": 0.0, "y_0": 0.0, "zone": 0.0}
    same = all(
        np.isclose(float(item.get(key, plain)), float(other.get(key, plain))) for key, plain in numbers.items()
    )
    return bool(same_ellipsoid and same and item.get("proj") == other.get("proj"))


def _labelled(frame: gpd.GeoDataFrame, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Return a layer labelled with `crs`, without conversion."""
    labelled: gpd.GeoDataFrame = frame.copy()
    labelled.set_crs(crs, allow_override=True, inplace=True)
    return labelled
