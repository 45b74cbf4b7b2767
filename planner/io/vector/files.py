"""Spatial files: through GDAL by the one driver of their ending, GeoParquet through Arrow, archives unpacked."""

from __future__ import annotations

import codecs
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from planner.io.tables.size_limits import check_fields
from planner.io.text_encodings import TextEncoding
from planner.io.vector.archives import GZIP, ZIP, ArchiveMember, unpack_gzip, unpack_zip
from planner.io.vector.gdal_isolation import only_drivers
from planner.io.vector.geopackages import check_views
from planner.io.vector.json_layers import check_no_external_crs, find_unknown_crs, is_topology, read_text
from planner.io.vector.mapinfo import PARTS, read_mapinfo
from planner.io.vector.shapefiles import read_shapefile
from planner.io.vector.xml_layers import OF_THE_MAP, check_xml, rename_kml_fields, to_utf8
from planner.messages.catalogue import Phrase
from planner.messages.errors import Breach, DataError

DRIVER_HINT = "; It might help to specify"
"""Where GDAL's message begins to speak to programmers."""

NOT_ITS_OWN = "not recognized as being in a supported file format"
"""What GDAL says where the driver of the ending does not take a file."""

UNREADABLE = (
    *(DataSourceError, DataLayerError, pyproj.exceptions.ProjError),
    *(OSError, UnicodeDecodeError, ValueError, shapely.errors.ShapelyError),
    # pyogrio fails so where GDAL gives it texts that are no UTF-8.
    *(UnboundLocalError, AttributeError, RuntimeError),
)
"""What a damaged file makes of its reader."""

BEGINNINGS: dict[str, tuple[bytes, ...]] = {
    ".gpkg": (b"SQLite format 3\x00",),
    ".fgb": (b"fgb\x03fgb",),
    ".shp": (b"\x00\x00\x27\x0a",),
    **dict.fromkeys((".geojson", ".json"), (b"{", b"\xef\xbb\xbf{", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)),
    **dict.fromkeys((".geojsonl", ".geojsons", ".ndjson"), (b"{", b"\xef\xbb\xbf{", b"\x1e")),
    ".parquet": (b"PAR1",),
    **dict.fromkeys((".kml", ".gml"), (b"<", b"\xef\xbb\xbf<", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)),
    **dict.fromkeys((".kmz", ".zip", ".shz"), (ZIP,)),
    ".gz": (GZIP,),
}
"""How files of each ending begin."""

DRIVERS: dict[str, tuple[str, ...]] = {
    ".gpkg": ("GPKG",),
    ".fgb": ("FlatGeobuf",),
    ".shp": ("ESRI Shapefile",),
    **dict.fromkeys((".geojson", ".json"), ("GeoJSON", "ESRIJSON", "TopoJSON")),
    **dict.fromkeys((".geojsonl", ".geojsons", ".ndjson"), ("GeoJSONSeq",)),
    ".parquet": (),
    ".kml": ("LIBKML",),
    ".gml": ("GML",),
    ".tab": ("MapInfo File",),
    ".mif": ("MapInfo File",),
    ".gdb": ("OpenFileGDB",),
}
"""The drivers that may open a file of each ending. None of them opens what a file names."""

ZIPS = (".zip", ".shz", ".kmz")
PACKED_ALONE = (".gpkg", ".fgb", ".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson", ".kml", ".gml")
"""What may be packed by itself, as .geojson.gz; the others have several parts, or are packed inside."""

ENDINGS = (*DRIVERS, *ZIPS, *(f"{ending}.gz" for ending in PACKED_ALONE))
"""All that can be read here."""

BESIDE = (
    ".shx",
    ".dbf",
    ".prj",
    ".cpg",
    ".xsd",
    *dict.fromkeys(part for parts in PARTS.values() for part in parts),
)
"""Endings of files that belong to another one."""

STYLES = ("layer_styles", "qgis_projects")
"""Tables in which QGIS keeps what is no data."""

HTML = (b"<", b"\xef\xbb\xbf<")
HTML_AMONG_XML = (b"<!doctype html", b"<html", b"\xef\xbb\xbf<!doctype html", b"\xef\xbb\xbf<html")
FIRST_BYTES = 512
ROWS_AT_MOST = 20_000_000
BYTES_AT_MOST = 4 * 2**30


@dataclass(frozen=True, slots=True, eq=False)
class VectorRead:
    """All rows of one layer in the file's order, the encoding of its texts, and a system that it names in vain."""

    frame: pd.DataFrame
    encoding: TextEncoding = field(default_factory=lambda: TextEncoding("utf-8"))
    unknown_crs: str = ""


def read_vector(path: Path, layer: str | None, setting: str, *, placed: bool = True) -> VectorRead:
    """Read one layer of a spatial file.

    Parameters
    ----------
    path
        The file, an archive of such, or the folder of a file geodatabase.
    layer
        The layer in it; may be left out where there is only one.
    setting
        The dotted path of the layer's settings, for messages.
    placed
        Whether rows must have places; a table without any is given empty ones.

    Returns
    -------
    layer
        A GeoDataFrame of all rows in the file's order, and the encoding of its texts.

    Raises
    ------
    DataError
        The file is damaged or another than its ending says, has no such layer or no geometry.
    """
    found = _read(path, layer, setting, placed=placed)
    frame = found.frame
    names = [str(name) for name in frame.columns]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise DataError(str(path), [Breach("doubled_columns", {"columns": ", ".join(doubled)})])
    if not isinstance(frame, gpd.GeoDataFrame) and not placed:
        return replace(found, frame=gpd.GeoDataFrame(_plain_texts(frame), geometry=[None] * len(frame), crs=4326))
    if not isinstance(frame, gpd.GeoDataFrame):
        present = ", ".join(names)
        raise DataError(str(path), [Breach("no_geometry", {"present": present, "setting": setting})])
    return replace(found, frame=gpd.GeoDataFrame(_plain_texts(frame)))


def _read(path: Path, layer: str | None, setting: str, *, placed: bool) -> VectorRead:
    ending = path.suffix.lower()
    _check_beginning(path, ending)
    if ending in (*ZIPS, ".gz"):
        return _archive(path, ending, layer, setting, placed=placed)
    try:
        with only_drivers(DRIVERS[ending]):
            return READERS.get(ending, _with_layers)(path, layer, setting, placed)
    except DataError:
        raise
    except UNREADABLE as error:
        foreign = NOT_ITS_OWN in str(error)
        reason = Phrase("errors.why_other_content", {"ending": ending}) if foreign else _reason(error)
        raise _unreadable(path, reason) from error


def unwrap_shapes(frame: gpd.GeoDataFrame, wanted: Iterable[str]) -> gpd.GeoDataFrame:
    """Return a layer whose shapes are wrapped no more than they need to be.

    A multipoint of one point becomes that point, a collection of areas or lines only a multipolygon or
    multilinestring, where the table wants such.

    Examples
    --------
    >>> layer = gpd.GeoDataFrame(geometry=[shapely.MultiPoint([(1, 2)])])
    >>> unwrap_shapes(layer, ("Point",)).geom_type.tolist()
    ['Point']
    """
    wanted = tuple(wanted)
    kinds = frame.geometry.geom_type
    other = kinds.isin(["MultiPoint", "GeometryCollection"]) & ~kinds.isin(wanted)
    if not other.any():
        return frame
    shapes = frame.geometry.array.copy()
    for row in np.flatnonzero(other):
        shapes[row] = _unwrapped(shapes[row], wanted)
    return gpd.GeoDataFrame(
        frame.assign(**{frame.geometry.name: gpd.GeoSeries(shapes, frame.index)}), crs=frame.crs
    )


def _unwrapped(shape: shapely.Geometry, wanted: tuple[str, ...]) -> shapely.Geometry:
    parts = shapely.get_parts(shapely.get_parts(shape))
    kinds = {part.geom_type for part in parts}
    if len(parts) == 1 and kinds <= set(wanted):
        return parts[0]
    if kinds == {"Polygon"} and "MultiPolygon" in wanted:
        return shapely.multipolygons(parts)
    if kinds == {"LineString"} and "MultiLineString" in wanted:
        return shapely.multilinestrings(parts)
    return shape


def _check_beginning(path: Path, ending: str) -> None:
    if ending == ".gdb":
        _check_folder(path)
        return
    try:
        with path.open("rb") as file:
            start = file.read(FIRST_BYTES)
    except OSError as error:
        raise DataError(str(path), [Breach("unreadable_file", {"reason": error.strerror})]) from error
    expected = BEGINNINGS.get(ending, (b"",))
    text = start.lstrip() if ending not in {".gpkg", ".fgb", ".shp", ".parquet"} else start
    if start.lstrip().lower().startswith(HTML_AMONG_XML if ending in {".kml", ".gml"} else HTML):
        raise _unreadable(path, Phrase("errors.why_web_page"))
    if not text.startswith(expected):
        raise _unreadable(path, Phrase("errors.why_other_content", {"ending": ending}))


def _check_folder(path: Path) -> None:
    """Refuse a .gdb that is no folder, or in which anything else stands than files of its own."""
    inside = list(path.iterdir()) if path.is_dir() else []
    if not any(file.suffix.lower() == ".gdbtable" for file in inside):
        raise _unreadable(path, Phrase("errors.why_other_content", {"ending": ".gdb"}))
    if any(not stat.S_ISREG(file.lstat().st_mode) for file in inside):
        raise _unreadable(path, Phrase("errors.why_leads_elsewhere"))


def _with_layers(path: Path, layer: str | None, setting: str, placed: bool) -> VectorRead:  # noqa: FBT001 - one signature for all readers
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
            raise DataError(str(path), [Breach("no_such_layer", values)])
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
        raise DataError(str(path), [Breach("several_layers", values)])
    if not meant:
        raise DataError(str(path), [Breach("no_such_layer", {"layer": "", "layers": ""})])
    return meant[0]


def _shapefile(path: Path, _layer: str | None, _setting: str, _placed: bool) -> VectorRead:  # noqa: FBT001 - as above
    return VectorRead(*read_shapefile(path))


def _mapinfo(path: Path, _layer: str | None, _setting: str, _placed: bool) -> VectorRead:  # noqa: FBT001 - as above
    return VectorRead(*read_mapinfo(path, path.suffix.lower()))


def _json(path: Path, layer: str | None, setting: str, placed: bool) -> VectorRead:  # noqa: FBT001 - as above
    text, encoding = read_text(path)
    check_no_external_crs(text, path)
    if is_topology(text):
        return _with_layers(path, layer, setting, placed)
    source = path if encoding == "utf-8" else text.encode("utf-8")
    check_fields(source, path)
    frame = pyogrio.read_dataframe(source)
    system = frame.crs if isinstance(frame, gpd.GeoDataFrame) else None
    return VectorRead(frame, TextEncoding(encoding), find_unknown_crs(text, system))


def _xml(path: Path, layer: str | None, setting: str, placed: bool) -> VectorRead:  # noqa: FBT001 - as above
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


def _geoparquet(path: Path, _layer: str | None, _setting: str, _placed: bool) -> VectorRead:  # noqa: FBT001 - as above
    return VectorRead(_parquet(path))


Reader = Callable[[Path, "str | None", str, bool], VectorRead]
READERS: dict[str, Reader] = {
    ".parquet": _geoparquet,
    ".shp": _shapefile,
    **dict.fromkeys((".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson"), _json),
    **dict.fromkeys((".kml", ".gml"), _xml),
    **dict.fromkeys((".tab", ".mif"), _mapinfo),
}
"""How files of each ending are read; others by the layers that GDAL lists."""


def _archive(path: Path, ending: str, layer: str | None, setting: str, *, placed: bool) -> VectorRead:
    """Read a layer of an archive: of the only file in it, or of the one that is called like the layer."""
    with TemporaryDirectory(prefix="planner-") as folder:
        if ending == ".gz":
            inner = Path(folder) / path.stem
            unpack_gzip(path, inner)
            return _inside(inner, path.stem, path, layer, setting, placed=placed)
        members = unpack_zip(path, Path(folder), wanted=_is_part)
        files = _files(members, Path(folder))
        if not files:
            raise _unreadable(path, Phrase("errors.why_archive_empty"))
        if len(files) == 1:
            ((name, inner),) = files.items()
            named = None if layer in {name, inner.stem} and inner.suffix.lower() in ONE_LAYER else layer
            return _inside(inner, name, path, named, setting, placed=placed)
        names = ", ".join(files)
        if layer is None:
            raise DataError(str(path), [Breach("several_layers", {"layers": names, "setting": setting})])
        meant = [name for name in files if layer in {name, Path(name).stem, str(Path(name).with_suffix(""))}]
        if len(meant) != 1:
            raise DataError(str(path), [Breach("no_such_layer", {"layer": layer, "layers": names})])
        return _inside(files[meant[0]], meant[0], path, None, setting, placed=placed)


ONE_LAYER = (".shp", ".tab", ".mif", ".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson", ".parquet", ".fgb")


def _inside(inner: Path, name: str, archive: Path, layer: str | None, setting: str, *, placed: bool) -> VectorRead:
    try:
        return _read(inner, layer, setting, placed=placed)
    except DataError as error:
        raise DataError(f"{archive} [{name}]", error.breaches) from error


def _files(members: Iterable[ArchiveMember], folder: Path) -> dict[str, Path]:
    """Return the layers' files of an archive by their name in it; a file geodatabase is its folder."""
    files: dict[str, Path] = {}
    for member in members:
        home = next((part for part in member.name.parents if part.suffix.lower() == ".gdb"), None)
        if home is not None:
            files[str(home)] = folder / Path(*home.parts)
        elif member.name.suffix.lower() in DRIVERS:
            files[str(member.name)] = member.path
    return files


def _is_part(name: PurePosixPath) -> bool:
    """Tell whether a file in an archive is a layer, or a part of one."""
    return name.suffix.lower() in (*DRIVERS, *BESIDE) or any(p.suffix.lower() == ".gdb" for p in name.parents)


def _parquet(path: Path) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        described = pq.read_metadata(path)
        size = sum(described.row_group(group).total_byte_size for group in range(described.num_row_groups))
        if described.num_rows > ROWS_AT_MOST or size > BYTES_AT_MOST:
            values = {"unpacked": f"{BYTES_AT_MOST // 2**20:,}", "cells": f"{ROWS_AT_MOST:,}"}
            raise DataError(str(path), [Breach("too_large", values)])
        if b"geo" in (described.metadata or {}):
            # Texts are decoded here: bytes that are none are found out before anything is made of them.
            return _plain_texts(_numbered(gpd.read_parquet(path)))
        return _plain_texts(_numbered(pd.read_parquet(path)))
    except (pa.ArrowException, KeyError, TypeError, NotImplementedError) as error:
        raise DataError(str(path), [Breach("unreadable_file", {"reason": _reason(error)})]) from error


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose rows are numbered: pandas writes its row labels, too, and they may repeat.

    Labels that have a name are a column like others.
    """
    named = [name for name in frame.index.names if name is not None and name not in frame.columns]
    return frame.reset_index(level=named).reset_index(drop=True) if named else frame.reset_index(drop=True)


def _plain_texts(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts are plain objects, None where there is none."""
    shapes = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    texts = {
        name: frame[name].astype(object).where(frame[name].notna(), None)
        for name in frame.columns
        if name != shapes and isinstance(frame[name].dtype, pd.StringDtype)
    }
    return frame.assign(**texts) if texts else frame


def _reason(error: BaseException) -> str:
    first = (str(error).splitlines() or [type(error).__name__])[0]
    return first.partition(DRIVER_HINT)[0].rstrip(".")


def _unreadable(path: Path, reason: object) -> DataError:
    return DataError(str(path), [Breach("unreadable_file", {"reason": reason})])
