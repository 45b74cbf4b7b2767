"""Spatial files, by the reader and the GDAL drivers of their format alone; archives are unpacked."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from planner.io.formats import BY_SUFFIX, LAYERS, PARTS_OF_LAYERS, ZIPPED_LAYERS
from planner.io.vector.archives import ArchiveMember, only_drivers, unpack_gzip, unpack_zip
from planner.io.vector.readers import VectorRead, first_line, texts_as_objects
from planner.messages.catalogue import Phrase
from planner.messages.errors import DataError, Issue, system_reason

NOT_ITS_OWN = "not recognized as being in a supported file format"
"""GDAL's message if the driver of the ending does not take a file."""

UNREADABLE = (
    *(DataSourceError, DataLayerError, pyproj.exceptions.ProjError),
    *(OSError, UnicodeDecodeError, ValueError, shapely.errors.ShapelyError),
    # pyogrio fails so where GDAL gives it texts that are no UTF-8.
    *(UnboundLocalError, AttributeError, RuntimeError),
)
"""Exceptions of readers on damaged files."""

HTML = (b"<", b"\xef\xbb\xbf<")

HTML_AMONG_XML = (b"<!doctype html", b"<html", b"\xef\xbb\xbf<!doctype html", b"\xef\xbb\xbf<html")

FIRST_BYTES = 512


def read_vector(path: Path, layer: str | None, setting: str, *, placed: bool = True) -> VectorRead:
    """Read one layer of a spatial file.

    Parameters
    ----------
    path
        The file, an archive of such, or the folder of a file geodatabase.
    layer
        The layer in it; may be left out where there is only one.
    placed
        Whether rows must have places; a table without any is given empty ones.

    Returns
    -------
    layer
        A GeoDataFrame of all rows in the file's order, and the encoding of its texts.

    Raises
    ------
    DataError
        The file is damaged or another than its ending states, has no such layer or no geometry.
    """
    result = _read(path, layer, setting, placed=placed)
    frame = result.frame
    names = [str(name) for name in frame.columns]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise DataError(str(path), [Issue("doubled_columns", {"columns": ", ".join(doubled)})])
    if not isinstance(frame, gpd.GeoDataFrame) and not placed:
        return replace(
            result, frame=gpd.GeoDataFrame(texts_as_objects(frame), geometry=[None] * len(frame), crs=4326)
        )
    if not isinstance(frame, gpd.GeoDataFrame):
        present = ", ".join(names)
        raise DataError(str(path), [Issue("no_geometry", {"present": present, "setting": setting})])
    return replace(result, frame=gpd.GeoDataFrame(texts_as_objects(frame)))


def _read(path: Path, layer: str | None, setting: str, *, placed: bool) -> VectorRead:
    ending = path.suffix.lower()
    _check_beginning(path, ending)
    if ending in (*ZIPPED_LAYERS, ".gz"):
        return _archive(path, ending, layer, setting, placed=placed)
    layer_format = LAYERS[ending]
    try:
        with only_drivers(layer_format.drivers):
            return layer_format.layer_reader(path, layer, setting, placed)
    except DataError:
        raise
    except UNREADABLE as error:
        foreign = NOT_ITS_OWN in str(error)
        reason = Phrase("errors.why_other_content", {"ending": ending}) if foreign else first_line(error)
        raise _unreadable(path, reason) from error


def unwrap_shapes(frame: gpd.GeoDataFrame, types: Iterable[str]) -> gpd.GeoDataFrame:
    """Return a layer whose shapes are wrapped no more than they need to be.

    A multipoint of one point becomes that point, a collection of areas or lines only a multipolygon or
    multilinestring, where the table wants such.

    Examples
    --------
    >>> layer = gpd.GeoDataFrame(geometry=[shapely.MultiPoint([(1, 2)])])
    >>> unwrap_shapes(layer, ("Point",)).geom_type.tolist()
    ['Point']
    """
    types = tuple(types)
    kinds = frame.geometry.geom_type
    other = kinds.isin(["MultiPoint", "GeometryCollection"]) & ~kinds.isin(types)
    if not other.any():
        return frame
    shapes = frame.geometry.array.copy()
    for row in np.flatnonzero(other):
        shapes[row] = _unwrapped(shapes[row], types)
    return gpd.GeoDataFrame(
        frame.assign(**{frame.geometry.name: gpd.GeoSeries(shapes, frame.index)}), crs=frame.crs
    )


def _unwrapped(shape: shapely.Geometry, types: tuple[str, ...]) -> shapely.Geometry:
    parts = shapely.get_parts(shapely.get_parts(shape))
    kinds = {part.geom_type for part in parts}
    if len(parts) == 1 and kinds <= set(types):
        return parts[0]
    if kinds == {"Polygon"} and "MultiPolygon" in types:
        return shapely.multipolygons(parts)
    if kinds == {"LineString"} and "MultiLineString" in types:
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
        raise DataError(str(path), [Issue("unreadable_file", {"reason": system_reason(error)})]) from error
    described = BY_SUFFIX.get(ending)
    expected = described.beginnings if described is not None and described.beginnings else (b"",)
    text = start if described is not None and described.is_binary else start.lstrip()
    if start.lstrip().lower().startswith(HTML_AMONG_XML if b"<" in expected else HTML):
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


def _archive(path: Path, ending: str, layer: str | None, setting: str, *, placed: bool) -> VectorRead:
    """Read a layer of an archive: of the only file in it, or of the one that is called like the layer."""
    with TemporaryDirectory(prefix="planner-") as folder:
        if ending == ".gz":
            inner = Path(folder) / path.stem
            unpack_gzip(path, inner)
            return _inside(inner, path.stem, path, layer, setting, placed=placed)
        members = unpack_zip(path, Path(folder), is_needed=_is_part)
        files = _files(members, Path(folder))
        if not files:
            raise _unreadable(path, Phrase("errors.why_archive_empty"))
        if len(files) == 1:
            ((name, inner),) = files.items()
            named = None if layer in {name, inner.stem} and LAYERS[inner.suffix.lower()].has_one_layer else layer
            return _inside(inner, name, path, named, setting, placed=placed)
        names = ", ".join(files)
        if layer is None:
            raise DataError(str(path), [Issue("several_layers", {"layers": names, "setting": setting})])
        meant = [name for name in files if layer in {name, Path(name).stem, str(Path(name).with_suffix(""))}]
        if len(meant) != 1:
            raise DataError(str(path), [Issue("no_such_layer", {"layer": layer, "layers": names})])
        return _inside(files[meant[0]], meant[0], path, None, setting, placed=placed)


def _inside(inner: Path, name: str, archive: Path, layer: str | None, setting: str, *, placed: bool) -> VectorRead:
    try:
        return _read(inner, layer, setting, placed=placed)
    except DataError as error:
        raise DataError(f"{archive} [{name}]", error.issues) from error


def _files(members: Iterable[ArchiveMember], folder: Path) -> dict[str, Path]:
    """Return the layers' files of an archive by their name in it; a file geodatabase is its folder."""
    files: dict[str, Path] = {}
    for member in members:
        home = next((part for part in member.name.parents if part.suffix.lower() == ".gdb"), None)
        if home is not None:
            files[str(home)] = folder / Path(*home.parts)
        elif member.name.suffix.lower() in LAYERS:
            files[str(member.name)] = member.path
    return files


def _is_part(name: PurePosixPath) -> bool:
    """Return True if a file in an archive is a layer, or a part of one."""
    return name.suffix.lower() in (*LAYERS, *PARTS_OF_LAYERS) or any(
        p.suffix.lower() == ".gdb" for p in name.parents
    )


def _unreadable(path: Path, reason: object) -> DataError:
    return DataError(str(path), [Issue("unreadable_file", {"reason": reason})])
