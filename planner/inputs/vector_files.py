"""Spatial files: GeoPackage, GeoJSON, shapefile, FlatGeobuf through GDAL, GeoParquet through Arrow."""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable, Iterable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from planner.errors import Breach, DataError
from planner.inputs.table_size import check_fields
from planner.texts import Phrase

DRIVER_HINT = "; It might help to specify"
"""Where GDAL's message begins to speak to programmers."""

UNREADABLE = (
    *(DataSourceError, DataLayerError, pyproj.exceptions.ProjError),
    *(OSError, UnicodeDecodeError, ValueError, shapely.errors.ShapelyError),
)
"""What a damaged file makes of its reader."""

BEGINNINGS: dict[str, tuple[bytes, ...]] = {
    ".gpkg": (b"SQLite format 3\x00",),
    ".fgb": (b"fgb",),
    ".shp": (b"\x00\x00\x27\x0a",),
    ".geojson": (b"{", b"\xef\xbb\xbf{", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    ".json": (b"{", b"\xef\xbb\xbf{", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    ".parquet": (b"PAR1",),
}
"""How files of each ending begin. GDAL goes by content: a file of another kind could make it open further ones."""

HTML = (b"<", b"\xef\xbb\xbf<")
FIRST_BYTES = 512
BYTEWISE = "ISO-8859-1"
"""Every byte is a character of its own: what is read so loses nothing, and is decoded afterwards."""

DBF_NAME_BYTES = 10
DBF_HEAD = 32
SHP_HEAD = 100
DBF_FIELDS_END = 0x0D
ROWS_AT_MOST = 20_000_000
BYTES_AT_MOST = 4 * 2**30


def read_vector(
    path: Path, layer: str | None, setting: str, *, placed: bool = True
) -> tuple[gpd.GeoDataFrame, str]:
    """Read one layer of a spatial file.

    Parameters
    ----------
    path
        The file.
    layer
        The layer in it; may be left out where there is only one.
    setting
        The dotted path of the layer's settings, for messages.
    placed
        Whether rows must have places; a table without any is given empty ones.

    Returns
    -------
    frame
        All rows in the file's order.
    encoding
        Of its texts.

    Raises
    ------
    DataError
        The file is damaged or another than its ending says, has no such layer or no geometry.
    """
    ending = path.suffix.lower()
    _check_beginning(path, ending)
    try:
        if ending == ".parquet":
            frame, encoding = _parquet(path), "utf-8"
        elif ending == ".shp":
            frame, encoding = _shapefile(path)
        elif ending in {".geojson", ".json"}:
            frame, encoding = _geojson(path)
        else:
            frame, encoding = pyogrio.read_dataframe(path, layer=_layer(path, layer, setting)), "utf-8"
    except DataError:
        raise
    except UNREADABLE as error:
        raise DataError(str(path), [Breach("unreadable_file", {"reason": _reason(error)})]) from error
    if not isinstance(frame, gpd.GeoDataFrame) and not placed:
        return gpd.GeoDataFrame(_plain_texts(frame), geometry=[None] * len(frame), crs=4326), encoding
    if not isinstance(frame, gpd.GeoDataFrame):
        present = ", ".join(str(name) for name in frame.columns)
        raise DataError(str(path), [Breach("no_geometry", {"present": present, "setting": setting})])
    return gpd.GeoDataFrame(_plain_texts(frame)), encoding


def fit_shapes(frame: gpd.GeoDataFrame, wanted: Iterable[str]) -> gpd.GeoDataFrame:
    """Return a layer whose shapes are wrapped no more than they need to be.

    A multipoint of one point becomes that point, a collection of areas or lines only a multipolygon or
    multilinestring, where the table wants such.

    Examples
    --------
    >>> layer = gpd.GeoDataFrame(geometry=[shapely.MultiPoint([(1, 2)])])
    >>> fit_shapes(layer, ("Point",)).geom_type.tolist()
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
    if path.is_dir():
        return
    try:
        with path.open("rb") as file:
            start = file.read(FIRST_BYTES)
    except OSError as error:
        raise DataError(str(path), [Breach("unreadable_file", {"reason": error.strerror})]) from error
    expected = BEGINNINGS[ending]
    text = start.lstrip() if b"{" in expected else start
    if start.lstrip().startswith(HTML):
        raise DataError(str(path), [Breach("unreadable_file", {"reason": Phrase("errors.why_web_page")})])
    if not text.startswith(expected):
        reason = Phrase("errors.why_other_content", {"ending": ending})
        raise DataError(str(path), [Breach("unreadable_file", {"reason": reason})])


def _layer(path: Path, layer: str | None, setting: str) -> str:
    layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    if layer is None and len(layers) > 1:
        raise DataError(str(path), [Breach("several_layers", {"layers": ", ".join(layers), "setting": setting})])
    if not layers or (layer is not None and layer not in layers):
        values = {"layer": layer or "", "layers": ", ".join(layers)}
        raise DataError(str(path), [Breach("no_such_layer", values)])
    return layer or layers[0]


def _geojson(path: Path) -> tuple[pd.DataFrame, str]:
    content = path.read_bytes()
    for encoding in (
        "utf-8",
        "utf-16" if content[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} else "gb18030",
    ):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        content = text.removeprefix("\ufeff").encode("utf-8")
        source = path if encoding == "utf-8" else content
        check_fields(source, path)
        return pyogrio.read_dataframe(source), encoding
    raise DataError(str(path), [Breach("no_text_table")])


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
            return _plain_texts(gpd.read_parquet(path))
        return _plain_texts(pd.read_parquet(path))
    except (pa.ArrowException, KeyError, TypeError, NotImplementedError) as error:
        raise DataError(str(path), [Breach("unreadable_file", {"reason": _reason(error)})]) from error


def _shapefile(path: Path) -> tuple[pd.DataFrame, str]:
    """Read a shapefile whose texts are in the encoding that its .cpg names, or in the one that they can be in."""
    _check_whole(path)
    frame = pyogrio.read_dataframe(path, encoding=BYTEWISE)
    texts = [name for name in frame.columns if name != "geometry" and frame[name].dtype.kind in "OUT"]
    columns = {name: frame[name].astype(object) for name in texts}
    widths = _dbf_widths(path)
    for encoding in _encodings(path):
        try:
            names = {name: _cut(name.encode(BYTEWISE), encoding, DBF_NAME_BYTES) for name in frame.columns}
            decoded = {
                names[name]: column.map(_decoder(encoding, widths.get(name.encode(BYTEWISE), 0)))
                for name, column in columns.items()
            }
        except (UnicodeDecodeError, LookupError):
            continue
        return frame.rename(columns=names).assign(**decoded), encoding
    raise DataError(str(path), [Breach("no_text_table")])


def _check_whole(path: Path) -> None:
    """Refuse a shapefile of which the end is missing; GDAL would read what is there and say nothing."""
    table = _dbf(path)
    with path.open("rb") as file:
        head = file.read(SHP_HEAD)
    short = len(head) < SHP_HEAD or path.stat().st_size < 2 * struct.unpack(">I", head[24:28])[0]
    if table is not None:
        with table.open("rb") as file:
            head = file.read(DBF_HEAD)
        if len(head) < DBF_HEAD:
            short = True
        else:
            rows, beginning, width = struct.unpack("<IHH", head[4:12])
            short = short or table.stat().st_size < beginning + rows * width
    if short:
        raise DataError(str(path), [Breach("unreadable_file", {"reason": Phrase("errors.why_cut_off")})])


def _dbf(path: Path) -> Path | None:
    return next((file for file in (path.with_suffix(".dbf"), path.with_suffix(".DBF")) if file.exists()), None)


def _encodings(path: Path) -> list[str]:
    declared = path.with_suffix(".cpg")
    try:
        said = declared.read_text("ascii", errors="replace").strip().lower() if declared.exists() else ""
    except OSError:
        said = ""
    known = {"936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030", "oem": ""}
    first = known.get(said.replace("ansi ", "").replace("cp", "", 1) if said.startswith("ansi") else said, said)
    # Latin-1 takes any bytes at all, so that it proves nothing; what is Chinese is mostly called so by mistake.
    taken = [] if first in {"", "iso-8859-1", "iso88591", "8859-1", "88591", "latin1", "latin-1"} else [first]
    return [*taken, "utf-8", "gb18030", *([BYTEWISE] if first and not taken else [])]


def _decoder(encoding: str, width: int) -> Callable[[object], str | None]:
    def decode(value: object) -> str | None:
        return _cut(value.encode(BYTEWISE), encoding, width) if isinstance(value, str) else None

    return decode


def _cut(content: bytes, encoding: str, width: int) -> str:
    """Decode a text; a character of which the field's width has cut off the end is dropped."""
    if width and len(content) >= width - 3:
        return codecs.getincrementaldecoder(encoding)("strict").decode(content, final=False)
    return content.decode(encoding)


def _dbf_widths(path: Path) -> dict[bytes, int]:
    """Return the width of each text field in bytes, from the table's head."""
    table = _dbf(path)
    if table is None:
        return {}
    with table.open("rb") as file:
        head = file.read(DBF_HEAD)
        if len(head) < DBF_HEAD:
            return {}
        fields = file.read(max(struct.unpack("<H", head[8:10])[0] - DBF_HEAD, 0))
    widths = {}
    for start in range(0, len(fields) - DBF_HEAD + 1, DBF_HEAD):
        if fields[start] == DBF_FIELDS_END:
            break
        widths[fields[start : start + 11].partition(b"\0")[0]] = fields[start + 16]
    return widths


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
