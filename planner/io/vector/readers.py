"""Readers of spatial files, one for each family of formats; computed views of GeoPackages are bounded first."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import pandas as pd
import pyogrio

from planner.io.tables.cells import check_size
from planner.io.text_encodings import TextEncoding
from planner.io.vector.attribute_tables import read_mapinfo, read_shapefile
from planner.io.vector.text_layers import (
    OF_THE_MAP,
    check_no_external_crs,
    check_xml,
    find_unknown_crs,
    is_topology,
    read_text,
    rename_kml_fields,
    to_utf8,
)
from planner.messages.errors import DataError, Issue

SECONDS_AT_MOST = 5.0
"""A view may take so long. One of a district answers in a fraction of a second; one that never ends is refused."""

STEPS_BETWEEN_LOOKS = 20_000
"""Steps of SQLite's machine between two looks at the clock: about a millisecond."""

VIEW_ROWS_AT_MOST = 5_000_000
VALUE_BYTES_AT_MOST = 2**28
"""No value of a row is larger; a view could produce any."""

OF_THE_FORMAT = ("gpkg_", "sqlite_", "rtree_")
"""Prefixes of the tables that GDAL reads before any layer."""


def check_views(path: Path, layer: str | None = None) -> None:
    """Run what a GeoPackage computes, with a limit of time and size: GDAL would wait for it without end.

    Parameters
    ----------
    layer
        The layer that is to be read: if it is a view, or has columns computed from others, it is run once to its
        end. None before GDAL opens the file: it then looks at a row of every view, and reads whole the tables
        that state what is in the file.

    Raises
    ------
    DataError
        It takes too long, gives too much, or SQLite alone cannot run it.
    """
    try:
        with closing(_opened(path)) as base:
            computed = [bytes(name).decode("utf-8", "replace") for (name,) in base.execute(COMPUTED)]
            stop = time.monotonic() + SECONDS_AT_MOST
            base.set_progress_handler(lambda: time.monotonic() > stop, STEPS_BETWEEN_LOOKS)
            for name in computed:
                if layer is None:
                    own = name.lower().startswith(OF_THE_FORMAT)
                    _run(base, name, path, rows=VIEW_ROWS_AT_MOST if own else 1)
                elif name.lower() == layer.lower():
                    _run(base, name, path, rows=VIEW_ROWS_AT_MOST)
    except sqlite3.Error:
        # GDAL describes the damage in its own words.
        return


COMPUTED = """
SELECT name FROM sqlite_master WHERE type = 'view'
UNION
SELECT m.name FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c
WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%' AND c.hidden IN (2, 3)
"""
"""The names of views, and of tables with generated columns."""


def _opened(path: Path) -> sqlite3.Connection:
    address = f"{path.resolve().as_uri()}?mode=ro"
    base = sqlite3.connect(address, uri=True, timeout=SECONDS_AT_MOST)
    try:
        base.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        # A journal that cannot be opened, in a folder that cannot be written: GDAL reads without it, too.
        base.close()
        base = sqlite3.connect(f"{address}&immutable=1", uri=True)
    base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE_BYTES_AT_MOST)
    base.text_factory = bytes
    return base


def _run(base: sqlite3.Connection, name: str, path: Path, *, rows: int) -> None:
    """Read so many rows of a view; a table of the format, or the layer itself, may not have more."""
    quoted = name.replace('"', '""')
    try:
        result = base.execute(f'SELECT * FROM "{quoted}" LIMIT {rows + 1 if rows > 1 else 1}')  # noqa: S608 - quoted
        if sum(1 for _ in result) <= rows:
            return
    except (sqlite3.Error, MemoryError) as error:
        # A view of what is no longer there is as empty for GDAL.
        if str(error).startswith(("no such table", "no such column")):
            return
    values = {"view": name, "seconds": f"{SECONDS_AT_MOST:g}"}
    raise DataError(str(path), [Issue("endless_view", values)])


DRIVER_HINT = "; It might help to specify"
"""Beginning of the part of GDAL's message for programmers."""

STYLES = ("layer_styles", "qgis_projects")
"""Tables in which QGIS keeps what is no data."""

ROWS_AT_MOST = 20_000_000

BYTES_AT_MOST = 4 * 2**30


@dataclass(frozen=True, slots=True, eq=False)
class VectorRead:
    """All rows of one layer in the file's order, the encoding of its texts, and a system that it names in vain."""

    frame: pd.DataFrame
    encoding: TextEncoding = field(default_factory=lambda: TextEncoding("utf-8"))
    unknown_crs: str = ""


def read_gdal(path: Path, layer: str | None, setting: str, placed: bool) -> VectorRead:  # noqa: FBT001 - one signature for all readers
    """Read the layer that is meant, by GDAL's driver."""
    if path.suffix.lower() == ".gpkg":
        check_views(path)
    chosen = choose_layer(path, layer, setting, placed=placed)
    if path.suffix.lower() == ".gpkg":
        check_views(path, chosen)
    return VectorRead(pyogrio.read_dataframe(path, layer=chosen))


def choose_layer(path: Path, layer: str | None, setting: str, *, placed: bool) -> str:
    """Return the layer to read: the one that is named, or the only one that can be meant.

    Where places are needed, tables without them cannot be; tables of styles never.
    """
    listed = [(str(name), kind is not None) for name, kind in pyogrio.list_layers(path)]
    if layer is not None:
        if layer not in [name for name, _ in listed]:
            values = {"layer": layer, "layers": ", ".join(name for name, _ in listed)}
            raise DataError(str(path), [Issue("no_such_layer", values)])
        return layer
    data = [(name, has_places) for name, has_places in listed if name.lower() not in STYLES]
    meant = [name for name, has_places in data if has_places or not placed]
    if len(meant) > 1 and path.suffix.lower() in {".kml", ".kmz"}:
        # Folders of folders are layers, too, and mostly empty.
        meant = [
            name for name in meant if pyogrio.read_info(path, layer=name, force_feature_count=True)["features"]
        ]
    meant = meant or [name for name, _ in data]
    if len(meant) > 1:
        values = {"layers": ", ".join(meant), "setting": setting}
        raise DataError(str(path), [Issue("several_layers", values)])
    if not meant:
        raise DataError(str(path), [Issue("no_such_layer", {"layer": "", "layers": ""})])
    return meant[0]


def read_shapefile_layer(path: Path, _layer: str | None, _setting: str, _placed: bool) -> VectorRead:  # noqa: FBT001 - one signature for all readers
    """Read a shapefile."""
    return VectorRead(*read_shapefile(path))


def read_mapinfo_layer(path: Path, _layer: str | None, _setting: str, _placed: bool) -> VectorRead:  # noqa: FBT001 - one signature for all readers
    """Read a MapInfo table."""
    return VectorRead(*read_mapinfo(path, path.suffix.lower()))


def read_json(path: Path, layer: str | None, setting: str, placed: bool) -> VectorRead:  # noqa: FBT001 - one signature for all readers
    """Read GeoJSON (also line by line), Esri JSON or TopoJSON."""
    text, encoding = read_text(path)
    check_no_external_crs(text, path)
    if is_topology(text):
        return read_gdal(path, layer, setting, placed)
    source = path if encoding == "utf-8" else text.encode("utf-8")
    check_fields(source, path)
    frame = pyogrio.read_dataframe(source)
    system = frame.crs if isinstance(frame, gpd.GeoDataFrame) else None
    return VectorRead(frame, TextEncoding(encoding), find_unknown_crs(text, system))


def read_xml(path: Path, layer: str | None, setting: str, placed: bool) -> VectorRead:  # noqa: FBT001 - one signature for all readers
    """Read KML or GML from a copy that GDAL may write beside."""
    ending = path.suffix.lower()
    content, encoding = to_utf8(path)
    check_xml(content, path, ending)
    fields: dict[str, str] = {}
    if ending == ".kml":
        content, fields = rename_kml_fields(content)
    with TemporaryDirectory(prefix="planner-") as folder:
        # GDAL's reader of GML writes beside the file, and reads what stands there.
        copy = Path(folder) / f"layer{ending}"
        copy.write_bytes(content)
        schema = path.with_suffix(".xsd")
        if ending == ".gml" and schema.is_file():
            check_xml(schema.read_bytes(), path, ".gml")
            copy.with_suffix(".xsd").write_bytes(schema.read_bytes())
        chosen = choose_layer(copy, layer, setting, placed=placed)
        options = {"download_schema": "NO"} if ending == ".gml" else {}
        frame = pyogrio.read_dataframe(copy, layer=chosen, **options)
    if ending == ".kml":
        drawn = [
            name for name in (*OF_THE_MAP, "id") if name in frame and (name != "id" or frame[name].isna().all())
        ]
        frame = frame.drop(columns=drawn).rename(columns=fields)
    return VectorRead(frame, TextEncoding(encoding))


def read_geoparquet(path: Path, _layer: str | None, _setting: str, _placed: bool) -> VectorRead:  # noqa: FBT001 - one signature for all readers
    """Read GeoParquet, or Parquet without places."""
    return VectorRead(_parquet(path))


def _parquet(path: Path) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        described = pq.read_metadata(path)
        size = sum(described.row_group(group).total_byte_size for group in range(described.num_row_groups))
        if described.num_rows > ROWS_AT_MOST or size > BYTES_AT_MOST:
            values = {"unpacked": f"{BYTES_AT_MOST // 2**20:,}", "cells": f"{ROWS_AT_MOST:,}"}
            raise DataError(str(path), [Issue("too_large", values)])
        if b"geo" in (described.metadata or {}):
            # Texts are decoded here: bytes that are none are found out before anything is made of them.
            return texts_as_objects(_numbered(gpd.read_parquet(path)))
        return texts_as_objects(_numbered(pd.read_parquet(path)))
    except (pa.ArrowException, KeyError, TypeError, NotImplementedError) as error:
        raise DataError(str(path), [Issue("unreadable_file", {"reason": first_line(error)})]) from error


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose rows are numbered: pandas writes its row labels, too, and they may repeat."""
    named = [name for name in frame.index.names if name is not None and name not in frame.columns]
    return frame.reset_index(level=named).reset_index(drop=True) if named else frame.reset_index(drop=True)


def texts_as_objects(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts are plain objects, None where there is none."""
    shapes = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    texts = {
        name: frame[name].astype(object).where(frame[name].notna(), None)
        for name in frame.columns
        if name != shapes and isinstance(frame[name].dtype, pd.StringDtype)
    }
    return frame.assign(**texts) if texts else frame


def first_line(error: BaseException) -> str:
    """Return the first line of an error, without GDAL's hint to programmers."""
    first = (str(error).splitlines() or [type(error).__name__])[0]
    return first.partition(DRIVER_HINT)[0].rstrip(".")


def check_fields(content: Path | bytes, path: Path) -> None:
    """Refuse a spatial file of one layer that has too many columns, before its rows are read.

    Its content is at `path`, or given where it had to be decoded. A file of two megabytes in which each of 20,000
    rows has a column of its own makes a table of 400 million cells.

    Raises
    ------
    DataError
        As `check_size`.
    """
    about = pyogrio.read_info(content)
    check_size(max(about["features"], 0), len(about["fields"]), source=str(path))


SIDE_FILES = ("-wal", "-journal", "-shm")
DATED = "gpkg_contents"
"""The table whose rows say when each table was last changed."""


def table_contents(path: Path, layer: str | None) -> str | None:
    """Return a hash of a table and of the list of tables; None where only the whole file shows a change.

    Parameters
    ----------
    path
        A file of any kind.
    layer
        The table; None where the file holds one only.

    Examples
    --------
    >>> table_contents(Path("streets.shp"), "streets") is None
    True
    """
    beside = (path.with_name(path.name + ending) for ending in SIDE_FILES)
    if path.suffix.lower() != ".gpkg" or layer is None or any(file.exists() for file in beside):
        return None
    hasher = hashlib.blake2b(digest_size=20)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
            base.text_factory = bytes
            base.execute("BEGIN")
            tables = base.execute("SELECT name, type, sql FROM sqlite_master ORDER BY name, type, sql").fetchall()
            if (layer.encode(), b"table") not in {(name, kind) for name, kind, _ in tables}:
                # A view shows other tables.
                return None
            hasher.update(repr((layer, tables)).encode())
            contents_tables = [
                name.decode() for name, kind, _ in tables if kind == b"table" and name.startswith(b"gpkg_")
            ]
            for table in (*contents_tables, layer):
                quoted = table.replace('"', '""')
                columns = [row[1].decode() for row in base.execute(f'PRAGMA table_info("{quoted}")')]
                kept = [name for name in columns if table != DATED or name != "last_change"]
                listed = ", ".join('"{}"'.format(name.replace('"', '""')) for name in kept)
                rows = map(repr, base.execute(f'SELECT {listed} FROM "{quoted}"'))  # noqa: S608 - the file's own names
                # What is stated of the tables stands in the order in which they were written.
                for row in rows if table == layer else sorted(rows):
                    hasher.update(row.encode())
    except (sqlite3.Error, UnicodeDecodeError, OSError):
        return None
    return hasher.hexdigest()
