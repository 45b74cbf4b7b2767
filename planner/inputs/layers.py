"""Read one layer of the study from its file, as a plain GeoDataFrame with the planner's column names."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from planner.errors import Breach, DataError
from planner.inputs.graphml import read_graphml
from planner.inputs.osm import read_osm_buildings, read_osm_points, read_osm_streets
from planner.study import Layer
from planner.tables import wrong_crs
from planner.texts import Phrase

X_NAMES = ("lon", "lng", "longitude", "x", "经度")
Y_NAMES = ("lat", "latitude", "y", "纬度")
WKT_NAMES = ("geometry", "wkt", "geom")
PLACE_NAMES = (*X_NAMES, *Y_NAMES, *WKT_NAMES)
PLACE_KEYS = ("shop", "office", "craft", "amenity", "tourism", "leisure", "healthcare")
"""The keys of OpenStreetMap under which places stand where people work."""

ENCODINGS = ("utf-8-sig", "gb18030")
"""A spreadsheet saved on a Chinese Windows is GB18030; UTF-8 is tried first because it refuses what it is not."""

DRIVER_HINT = "; It might help to specify"
"""Where GDAL's message begins to speak to programmers."""

UNREADABLE = (
    *(DataSourceError, DataLayerError, pyproj.exceptions.ProjError),
    *(OSError, UnicodeDecodeError, shapely.errors.ShapelyError),
)
"""What a damaged file makes of its reader."""

Reader = Callable[[Path, Layer, str], gpd.GeoDataFrame]


def read_layer(
    path: Path, layer: Layer, *, setting: str, columns: Collection[str]
) -> tuple[gpd.GeoDataFrame, list[Breach]]:
    """Read one layer.

    Parameters
    ----------
    path
        The file.
    layer
        Its settings: the layer inside the file, its coordinate system, its column names.
    setting
        The dotted path of these settings, for messages.
    columns
        The columns that the table may have, for those that `layer.columns` maps.

    Returns
    -------
    frame
        All rows in the file's order, columns renamed as `layer.columns` says.
    breaches
        Where study and file contradict each other: columns that the file or the table does not have, an unknown
        coordinate system, or another than the file's own.

    Raises
    ------
    DataError
        The file is missing, unreadable, without geometry or of an unknown format, or has no such layer.
    """
    try:
        missing = not path.exists()
    except OSError as error:
        raise DataError(str(path), [Breach("unreadable_file", {"reason": error.strerror})]) from error
    if missing:
        raise DataError(str(path), [Breach("no_such_file", {"setting": setting})])
    reader = _reader(path)
    frame = reader(path, layer, setting)
    # Of the names that say where a row lies, the CSV reader has made the geometry.
    done = PLACE_NAMES if reader is _read_csv else ()
    mapped = {ours: theirs for ours, theirs in layer.columns.items() if ours not in done}
    renamed, wrong_columns = _renamed(frame, mapped, setting, columns)
    declared, wrong_system = _in_declared_crs(renamed, layer)
    return declared, [*wrong_columns, *wrong_system]


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file and, for a shapefile, of the files beside it that belong to it."""
    files = sorted(path.parent.glob(f"{path.stem}.*")) if path.suffix.lower() == ".shp" else [path]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _reader(path: Path) -> Reader:
    name = path.name.lower()
    for endings, reader in READERS:
        if name.endswith(endings):
            return reader
    known = ", ".join(ending for endings, _ in READERS for ending in endings)
    raise DataError(str(path), [Breach("unknown_format", {"ending": path.suffix, "known": known})])


def _read_spatial(path: Path, layer: Layer, setting: str) -> gpd.GeoDataFrame:
    try:
        layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        if layer.layer is None and len(layers) > 1:
            values = {"layers": ", ".join(layers), "setting": setting}
            raise DataError(str(path), [Breach("several_layers", values)])
        if not layers or (layer.layer is not None and layer.layer not in layers):
            values = {"layer": layer.layer or "", "layers": ", ".join(layers)}
            raise DataError(str(path), [Breach("no_such_layer", values)])
        frame = gpd.read_file(path, layer=layer.layer or layers[0])
    except UNREADABLE as error:
        reason = str(error).splitlines()[0].partition(DRIVER_HINT)[0].rstrip(".")
        raise DataError(str(path), [Breach("unreadable_file", {"reason": reason})]) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise _no_geometry(path, frame, setting)
    return frame


def _read_csv(path: Path, layer: Layer, setting: str) -> gpd.GeoDataFrame:
    rows = _read_text_table(path)
    mapped = {ours: theirs for ours, theirs in layer.columns.items() if ours in PLACE_NAMES}
    missing = _missing(mapped, [str(name) for name in rows.columns], setting)
    if missing:
        raise DataError(str(path), missing)
    by_name = mapped or {str(name).strip().lower(): str(name) for name in rows.columns}
    x, y, wkt = (
        next((by_name[name] for name in names if name in by_name), None) for names in (X_NAMES, Y_NAMES, WKT_NAMES)
    )
    if x is not None and y is not None:
        numbers = rows[[x, y]].apply(pd.to_numeric, errors="coerce")
        points = gpd.points_from_xy(numbers[x], numbers[y])
        geometry = gpd.GeoSeries(points, index=rows.index).where(numbers.notna().all(axis=1), None)
        return gpd.GeoDataFrame(rows, geometry=geometry)
    if wkt is not None:
        shapes = shapely.from_wkt(rows[wkt].astype(object).where(rows[wkt].notna(), None), on_invalid="ignore")
        return gpd.GeoDataFrame(rows.drop(columns=wkt), geometry=gpd.GeoSeries(shapes, index=rows.index))
    raise _no_geometry(path, rows, setting)


def _read_text_table(path: Path) -> pd.DataFrame:
    for encoding in ENCODINGS:
        try:
            rows = pd.read_csv(path, encoding=encoding, dtype=str, skipinitialspace=True)
        except UnicodeDecodeError:
            continue
        except (OSError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error).strip()
            raise DataError(str(path), [Breach("unreadable_file", {"reason": reason})]) from error
        # Where rows have more cells than the heading, pandas would take the first for an index and shift the rest.
        if not isinstance(rows.index, pd.RangeIndex):
            raise DataError(str(path), [Breach("wider_than_heading")])
        return rows
    raise DataError(str(path), [Breach("no_text_table")])


def _read_osm(path: Path, layer: Layer, setting: str) -> gpd.GeoDataFrame:
    del layer
    if setting == "inputs.buildings":
        return gpd.GeoDataFrame(read_osm_buildings(path).rename(columns={"building": "kind"}))
    if setting == "inputs.places":
        places = read_osm_points(path, PLACE_KEYS)
        return gpd.GeoDataFrame(places.assign(kind=places["key"] + "=" + places["value"]))
    return read_osm_streets(path)


def _read_graphml(path: Path, layer: Layer, setting: str) -> gpd.GeoDataFrame:
    del layer, setting
    return read_graphml(path)


def _no_geometry(path: Path, rows: pd.DataFrame, setting: str) -> DataError:
    present = ", ".join(str(name) for name in rows.columns)
    return DataError(str(path), [Breach("no_geometry", {"present": present, "setting": setting})])


def _renamed(
    frame: gpd.GeoDataFrame, mapped: Mapping[str, str], setting: str, columns: Collection[str]
) -> tuple[gpd.GeoDataFrame, list[Breach]]:
    """Give mapped columns the planner's names; a column of the file that has such a name makes way."""
    present = [str(name) for name in frame.columns if name != frame.geometry.name]
    unknown = [
        Breach("mapped_column_unknown", {"setting": setting, "name": ours, "hint": _hint(ours, columns)})
        for ours in mapped
        if ours not in columns
    ]
    known = {ours: theirs for ours, theirs in mapped.items() if ours in columns}
    taken = {ours: frame[theirs] for ours, theirs in known.items() if theirs in present}
    gone = {*taken, *(known[ours] for ours in taken)}
    kept = frame.drop(columns=[name for name in present if name in gone])
    return gpd.GeoDataFrame(kept.assign(**taken)), [*unknown, *_missing(known, present, setting)]


def _missing(mapped: Mapping[str, str], present: Sequence[str], setting: str) -> list[Breach]:
    named = {"setting": setting, "present": ", ".join(present)}
    return [
        Breach("mapped_column_missing", {**named, "column": ours, "theirs": theirs})
        for ours, theirs in mapped.items()
        if theirs not in present
    ]


def _hint(name: str, columns: Collection[str]) -> Phrase:
    near = difflib.get_close_matches(name, sorted(columns), n=1)
    if near:
        return Phrase("errors.did_you_mean", {"name": near[0]})
    return Phrase("errors.known_settings", {"names": ", ".join(columns)})


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
    if any(wrong_crs(frame)):
        return _called(frame, declared), []
    return frame, [Breach("contradicting_crs", {"declared": layer.crs, "found": found.to_string()})]


def _called(frame: gpd.GeoDataFrame, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Say that a layer's coordinates are in `crs`, whatever it said before."""
    labelled: gpd.GeoDataFrame = frame.copy()
    labelled.set_crs(crs, allow_override=True, inplace=True)
    return labelled


READERS: tuple[tuple[tuple[str, ...], Reader], ...] = (
    ((".gpkg", ".geojson", ".json", ".shp", ".fgb"), _read_spatial),
    ((".csv",), _read_csv),
    ((".pbf", ".osm", ".osm.gz", ".osm.bz2"), _read_osm),
    ((".graphml",), _read_graphml),
)
