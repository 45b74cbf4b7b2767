"""Registry of input file formats: reader, driver, endings and documentation of each follow from its entry here."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from planner.io.osm.plain_extracts import CHANGE, HISTORY, JSON, XML, is_overpass_json
from planner.io.tables.cells import CellGrid
from planner.io.tables.workbooks import read_text_grid, read_workbook_grid
from planner.io.vector.archives import GZIP, ZIP, list_zip
from planner.io.vector.attribute_tables import PARTS as MAPINFO_PARTS
from planner.io.vector.readers import (
    VectorRead,
    read_gdal,
    read_geoparquet,
    read_json,
    read_mapinfo_layer,
    read_shapefile_layer,
    read_xml,
)
from planner.messages.errors import DataError, Issue

LayerReader = Callable[[Path, "str | None", str, bool], VectorRead]
"""Reader of a spatial file: path, layer in it, dotted path of the settings, whether rows must have places."""

TableReader = Callable[[Path, "str | None", str], CellGrid]
"""Reader of a table without geometry: path, sheet in it, dotted path of the settings."""

Content = Literal["layer", "archive", "table", "extract", "graph", "raster"]

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A file format of inputs."""

    name: str
    """Name for the documentation."""
    content: Content
    """"layer" (spatial file), "archive" (of layers or tables), "table" (sheet of cells), "extract"
    (OpenStreetMap), "graph" (streets) or "raster"."""
    endings: tuple[str, ...]
    """Lower-case file endings."""
    layer_reader: LayerReader = read_gdal
    table_reader: TableReader | None = None
    """`layer_reader`, `table_reader`: Reader of a layer or of a table; other contents are read by their own
    module."""
    drivers: tuple[str, ...] = ()
    """GDAL drivers that may open the file. None of them opens what a file names."""
    beginnings: tuple[bytes, ...] = ()
    """First bytes, one of which the file must have; () if they are not checked."""
    is_binary: bool = False
    """False if white space may precede the first bytes."""
    parts: tuple[str, ...] = ()
    """Endings of further files of the same name that belong to it; "+" adds the ending to the whole name."""
    has_one_layer: bool = False
    """True if a file holds one layer only, so that its name in an archive identifies the layer."""
    may_be_gzipped: bool = False
    """True if the file may be packed by itself, as .geojson.gz."""


_JSON_BEGINS = (b"{", b"\xef\xbb\xbf{")
_XML_BEGINS = (b"<", b"\xef\xbb\xbf<", *UTF_16)

FORMATS: tuple[FileFormat, ...] = (
    FileFormat(
        "GeoPackage",
        "layer",
        (".gpkg",),
        drivers=("GPKG",),
        beginnings=(b"SQLite format 3\x00",),
        is_binary=True,
        may_be_gzipped=True,
    ),
    FileFormat(
        "FlatGeobuf",
        "layer",
        (".fgb",),
        drivers=("FlatGeobuf",),
        beginnings=(b"fgb\x03fgb",),
        is_binary=True,
        has_one_layer=True,
        may_be_gzipped=True,
    ),
    FileFormat(
        "shapefile",
        "layer",
        (".shp",),
        read_shapefile_layer,
        drivers=("ESRI Shapefile",),
        beginnings=(b"\x00\x00\x27\x0a",),
        is_binary=True,
        parts=(".shx", ".dbf", ".prj", ".cpg"),
        has_one_layer=True,
    ),
    FileFormat(
        "GeoJSON",
        "layer",
        (".geojson", ".json"),
        read_json,
        drivers=("GeoJSON", "ESRIJSON", "TopoJSON"),
        beginnings=(*_JSON_BEGINS, *UTF_16),
        has_one_layer=True,
        may_be_gzipped=True,
    ),
    FileFormat(
        "GeoJSON, one feature a line",
        "layer",
        (".geojsonl", ".geojsons", ".ndjson"),
        read_json,
        drivers=("GeoJSONSeq",),
        beginnings=(*_JSON_BEGINS, b"\x1e"),
        has_one_layer=True,
        may_be_gzipped=True,
    ),
    FileFormat(
        "GeoParquet",
        "layer",
        (".parquet",),
        read_geoparquet,
        beginnings=(b"PAR1",),
        is_binary=True,
        has_one_layer=True,
    ),
    FileFormat(
        "KML", "layer", (".kml",), read_xml, drivers=("LIBKML",), beginnings=_XML_BEGINS, may_be_gzipped=True
    ),
    FileFormat(
        "GML",
        "layer",
        (".gml",),
        read_xml,
        drivers=("GML",),
        beginnings=_XML_BEGINS,
        parts=(".xsd",),
        may_be_gzipped=True,
    ),
    *(
        FileFormat(
            f"MapInfo {ending.removeprefix('.').upper()}",
            "layer",
            (ending,),
            read_mapinfo_layer,
            drivers=("MapInfo File",),
            parts=MAPINFO_PARTS[ending],
            has_one_layer=True,
        )
        for ending in (".tab", ".mif")
    ),
    FileFormat("file geodatabase (folder)", "layer", (".gdb",), drivers=("OpenFileGDB",)),
    FileFormat("zip archive of these, or of one table", "archive", (".zip",), beginnings=(ZIP,)),
    FileFormat("zipped shapefile", "archive", (".shz",), beginnings=(ZIP,)),
    FileFormat("KMZ", "archive", (".kmz",), beginnings=(ZIP,)),
    FileFormat("gzip of one file", "archive", (".gz",), beginnings=(GZIP,)),
    FileFormat(
        "text table",
        "table",
        (".csv", ".tsv", ".txt"),
        table_reader=read_text_grid,
        may_be_gzipped=True,
    ),
    FileFormat(
        "workbook",
        "table",
        (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".et"),
        table_reader=read_workbook_grid,
    ),
    FileFormat("OpenStreetMap extract", "extract", (".pbf", *XML)),
    FileFormat("street graph of OSMnx or networkx", "graph", (".graphml",)),
    FileFormat(
        "GeoTIFF",
        "raster",
        (".tif",),
        drivers=("GTiff",),
        parts=("+.aux.xml", ".tfw", "+w", ".wld", ".tab"),
    ),
    FileFormat(
        "GeoTIFF",
        "raster",
        (".tiff",),
        drivers=("GTiff",),
        parts=("+.aux.xml", ".tfw", ".tiffw", "+w", ".wld", ".tab"),
    ),
    FileFormat("ASCII grid", "raster", (".asc",), drivers=("AAIGrid",), parts=("+.aux.xml", ".prj")),
    FileFormat("SRTM tile", "raster", (".hgt",), drivers=("SRTMHGT",), parts=("+.aux.xml",)),
)
"""All formats. A new one is an entry here, a reader if none of these fits, and a sample for the tests."""


def endings_of(*contents: Content) -> tuple[str, ...]:
    """Return the endings of formats by their content, those packed by gzip last.

    Examples
    --------
    >>> endings_of("table")[-4:]
    ('.et', '.csv.gz', '.tsv.gz', '.txt.gz')
    """
    formats = [each for each in FORMATS if each.content in contents]
    packed = [f"{ending}.gz" for each in formats if each.may_be_gzipped for ending in each.endings]
    return (*(ending for each in formats for ending in each.endings if ending != ".gz"), *packed)


def _by_ending(content: Content) -> dict[str, FileFormat]:
    return {ending: each for each in FORMATS if each.content == content for ending in each.endings}


LAYERS, RASTERS = _by_ending("layer"), _by_ending("raster")
ZIPPED_LAYERS = tuple(ending for ending in _by_ending("archive") if ending != ".gz")
PARTS_OF_LAYERS = tuple(dict.fromkeys(part for each in LAYERS.values() for part in each.parts))
VECTOR = endings_of("layer", "archive")
TABLES = endings_of("table")
GRAPHS = endings_of("graph")
EXTRACTS = (*endings_of("extract"), *HISTORY, *CHANGE)
"""Histories and changes are recognised, and refused with the reason."""

IN_PARTS = tuple(ending for ending, each in LAYERS.items() if each.parts and each.has_one_layer)
"""Files that are identified together with the others of the same name."""


BY_SUFFIX = {ending: each for each in reversed(FORMATS) for ending in each.endings}
_BY_ENDING = {
    ending + packing: each
    for each in reversed(FORMATS)
    for packing in ("", ".gz")[: 1 + each.may_be_gzipped]
    for ending in each.endings
    if ending != ".gz"
}


def format_of(path: Path) -> FileFormat | None:
    """Return the format of a file by the longest ending that is known; None if there is none."""
    name = path.name.lower()
    endings = [ending for ending in _BY_ENDING if name.endswith(ending)]
    return _BY_ENDING[max(endings, key=len)] if endings else None


def readable_endings() -> str:
    """Return the endings of all inputs except rasters, as an error message lists them."""
    return ", ".join((*VECTOR, *TABLES, *endings_of("extract"), *GRAPHS))


def is_extract(path: Path) -> bool:
    """Return True if a file is an OpenStreetMap extract: by its ending; a JSON file by its content."""
    name = path.name.lower()
    return name.endswith(EXTRACTS) or (name.endswith(JSON) and path.is_file() and is_overpass_json(path))


def find_zipped_table(path: Path, layer: str | None, setting: str) -> str | None:
    """Return the table in a zip archive without any spatial layer; None if it holds no table.

    Raises
    ------
    DataError
        There are several tables, and `layer` names none of them.
    """
    names = list_zip(path)
    if any(part.suffix.lower() in LAYERS for name in names for part in (name, *name.parents)):
        return None
    tables = [name for name in names if name.name.lower().endswith(TABLES)]
    meant = [name for name in tables if layer in {str(name), name.name, name.stem}] or tables
    if len(meant) > 1:
        values = {"layers": ", ".join(map(str, tables)), "setting": setting}
        raise DataError(str(path), [Issue("several_layers", values)])
    return str(meant[0]) if meant else None
