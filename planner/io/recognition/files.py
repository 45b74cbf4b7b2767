"""Files of a folder with their layers and sheets, and the coordinate system of layers that state none."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj
import shapely

from planner.config.sections.layers import Layer
from planner.io.formats import Content, FileFormat, format_of, is_extract
from planner.io.grid_layers import grid_to_layer
from planner.io.layer_read import LayerRead, LayerRequest, frame_to_layer
from planner.io.layers import read_layer
from planner.io.tables.cells import CellGrid
from planner.io.tables.workbooks import filled_sheets
from planner.io.vector.files import UNREADABLE, read_vector, unwrap_shapes
from planner.io.vector.readers import STYLES, VectorRead
from planner.messages.catalogue import Phrase
from planner.messages.errors import DataError, Issue
from planner.schemas.table_schema import DEGREES_AT_MOST, TableSchema

DEEPEST_FOLDER = 3
FILES_AT_MOST = 500
PRODUCT = "plan.json"
"""A folder below the study's that holds it holds the products of a run."""

PRODUCTS = frozenset(
    (
        *("map.html", "report.html", "report.docx", "tables.xlsx", PRODUCT, "results.gpkg", "sheet.pdf"),
        *("map.pdf", "report.pdf"),
        *("sites.json", "sites.gpkg"),
    )
)
"""Names of the products of runs, which are no data where `PRODUCT` lies beside them."""

OF_FETCH = {"osm.gpkg": ("boundary", "left_out", "gates"), "osm.osm.pbf": ()}
"""Files of `planner fetch`, and the layers in them that are for inspection."""

LISTED = (".gpkg", ".gdb", ".kml")
"""Files that may hold several layers."""


class FolderLayer:
    """One layer of a file, one sheet of a workbook, or a file as a whole; it is read once.

    Attributes
    ----------
    folder
        The folder of the study.
    file
        The path of the file relative to it.
    layer
        The layer in the file; None where it holds only one.
    content
        The kind of the file.
    """

    def __init__(self, folder: Path, file: Path, layer: str | None, content: Content) -> None:
        self.folder, self.file, self.layer, self.content = folder, file, layer, content
        self._vector: VectorRead | None = None
        self._grid: CellGrid | None = None

    @property
    def path(self) -> Path:
        """The path of the file."""
        return self.folder / self.file

    @property
    def title(self) -> str:
        """Name of the file, and of the layer in it."""
        return self.file.as_posix() + (f" [{self.layer}]" if self.layer else "")

    def vector(self) -> VectorRead:
        """Return all rows of a spatial layer."""
        if self._vector is None:
            self._vector = read_vector(self.path, self.layer, "inputs", placed=False)
        return self._vector

    def grid(self) -> CellGrid:
        """Return the cells of a sheet."""
        if self._grid is None:
            reader = _format(self.path).table_reader
            assert reader is not None  # noqa: S101 - a table's format has one
            self._grid = reader(self.path, self.layer, "inputs")
        return self._grid

    def read_as(self, schema: TableSchema[gpd.GeoDataFrame], settings: Layer | None = None) -> LayerRead:
        """Return the layer as a table of the study.

        Raises
        ------
        DataError
            It cannot be read as that table.
        """
        layer = settings or Layer(path=self.file, layer=self.layer)
        request = LayerRequest(layer, f"inputs.{schema.name}", schema, None, ())
        if self.content == "table":
            read = grid_to_layer(self.path, self.grid(), request)
        elif self.content == "layer":
            vector_read = self.vector()
            frame = gpd.GeoDataFrame(vector_read.frame)
            read = frame_to_layer(frame, vector_read.encoding.name, request, cut_names=self.path.suffix == ".shp")
        else:
            read = read_layer(self.path, layer, setting=request.setting, schema=schema)
        frame = unwrap_shapes(read.frame, schema.geometry_types)
        return LayerRead(**{name: getattr(read, name) for name in read.__slots__} | {"frame": frame})


@dataclass(frozen=True, slots=True)
class UnreadFile:
    """A file of which nothing is used, and why; None if its kind is no data of a study.

    `is_product` is True of a product of an earlier run, and of a folder of products.
    """

    file: Path
    error: DataError | None = None
    is_product: bool = False


def scan_folder(folder: Path) -> tuple[list[FolderLayer], list[UnreadFile]]:
    """Return the layers of all data files in a folder, and the files that hold none.

    Products of runs are among the latter; hidden files and parts of other files are passed over.
    """
    layers: list[FolderLayer] = []
    products: list[Path] = []
    files = sorted(_files(folder, 0, products), key=lambda path: path.as_posix())[:FILES_AT_MOST]
    unread = [UnreadFile(path.relative_to(folder), is_product=True) for path in sorted(products)]
    stems = {path.with_suffix("") for path in files if path.suffix.lower() in {".shp", ".tab", ".mif"}}
    fetched = {path.name for path in files} >= {"osm.gpkg", "osm.osm.pbf"}
    for path in files:
        file = path.relative_to(folder)
        file_format = None if path.name.lower().endswith(".provenance.json") else format_of(path)
        if (fetched and path.name == "osm.osm.pbf") or path.name == "study.toml":
            continue
        if file_format is None:
            if path.with_suffix("") not in stems and path.suffix.lower() not in {".json", ".toml", ".qix"}:
                unread.append(UnreadFile(file))
            continue
        try:
            layers += _layers(folder, file, file_format)
        except DataError as error:
            unread.append(UnreadFile(file, error))
        except UNREADABLE as error:
            unread.append(UnreadFile(file, DataError(str(file), [Issue("unreadable_file", {"reason": error})])))
    return layers, unread


def _files(folder: Path, depth: int, products: list[Path]) -> Iterator[Path]:
    """Yield the files of a folder and of those below it; add products, and folders of products, to `products`."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    beside_plan = any(entry.name == PRODUCT for entry in entries)
    if beside_plan and depth:
        products.append(folder)
        return
    for entry in entries:
        if entry.name.startswith((".", "~$")):
            continue
        path = Path(entry.path)
        if entry.is_dir() and path.suffix.lower() != ".gdb":
            if depth < DEEPEST_FOLDER:
                yield from _files(path, depth + 1, products)
        elif beside_plan and entry.name in PRODUCTS:
            products.append(path)
        else:
            yield path


def _layers(folder: Path, file: Path, file_format: FileFormat) -> list[FolderLayer]:
    path = folder / file
    if is_extract(path):
        return [FolderLayer(folder, file, None, "extract")]
    ending = path.suffix.lower()
    names: tuple[str, ...] = ()
    if file_format.content == "table" and ending not in {".csv", ".tsv", ".txt", ".gz"}:
        names = filled_sheets(path)
    elif ending in LISTED:
        passed = OF_FETCH.get(path.name, ())
        listed = [str(name) for name, _ in pyogrio.list_layers(path)]
        names = tuple(name for name in listed if name.lower() not in STYLES and name not in passed)
        if ending == ".kml":
            names = tuple(name for name in names if pyogrio.read_info(path, layer=name)["features"])
    if len(names) > 1 or path.name in OF_FETCH:
        return [FolderLayer(folder, file, name, file_format.content) for name in names]
    return [FolderLayer(folder, file, None, file_format.content)]


def _format(path: Path) -> FileFormat:
    file_format = format_of(path)
    assert file_format is not None  # noqa: S101 - only files of a known format are layers
    return file_format


Bounds = tuple[float, float, float, float]
DEGREES = "EPSG:4326"

ZONES_3 = range(25, 46)
"""Three-degree zones of China: central meridians 75° E to 135° E."""

CGCS2000_3_WITH_ZONE, CGCS2000_3 = 4513, 4534
"""EPSG codes of CGCS2000 / 3-degree Gauss-Kruger in zone 25, with the zone before the easting, and without."""

ZONES_6 = range(13, 24)
CGCS2000_6_WITH_ZONE, CGCS2000_6 = 4491, 4502
"""The same for the six-degree zones, from zone 13."""

ZONE = 1_000_000.0
"""An easting with its zone in front is larger than this by the number of the zone."""

NEAR_DEG = 0.2
"""Layers of one district lie this near to each other, degrees."""


@dataclass(frozen=True, slots=True)
class SystemGuess:
    """A coordinate system, "" where none fits; the reason; and whether it must be confirmed.

    `exchanged` is True where the layer only fits with its axes exchanged: surveyors in China call north X.
    """

    crs: str
    reason: Phrase
    asks: bool = False
    exchanged: bool = False


def lonlat_bounds(frame: gpd.GeoDataFrame) -> Bounds | None:
    """Return west, south, east and north of a layer, degrees; None where its system is not known."""
    if frame.crs is None or frame.empty or frame.geometry.is_empty.all() or frame.geometry.isna().all():
        return None
    west, south, east, north = frame.to_crs(DEGREES).total_bounds
    return float(west), float(south), float(east), float(north)


def guess_system(frame: gpd.GeoDataFrame, neighbours: Sequence[Bounds]) -> SystemGuess:
    """Return the system in which a layer without one lies beside its neighbours.

    Parameters
    ----------
    frame
        The layer, without a system.
    neighbours
        Bounds of layers whose system is known, degrees.
    """
    xy = shapely.get_coordinates(frame.geometry.array)
    xy = xy[np.isfinite(xy).all(axis=1)]
    if not len(xy):
        return SystemGuess("", Phrase("recognition.system_unknown"), asks=True)
    if np.abs(xy).max() <= DEGREES_AT_MOST:
        return SystemGuess(DEGREES, Phrase("recognition.system_degrees"))
    for exchanged in (False, True):
        places = xy[:, ::-1] if exchanged else xy
        for crs in _candidates(float(np.median(places[:, 0]))):
            if _lies_beside(places, crs, neighbours):
                name = pyproj.CRS.from_user_input(crs).name
                # Xian 1980 and Beijing 1954 have the same numbers within some hundred metres.
                reason = Phrase("recognition.system_by_place", {"name": name})
                return SystemGuess(crs, reason, asks=True, exchanged=exchanged)
    return SystemGuess("", Phrase("recognition.system_unknown"), asks=True)


def _candidates(easting: float) -> Iterator[str]:
    zone = int(easting // ZONE)
    if zone in ZONES_3:
        yield f"EPSG:{CGCS2000_3_WITH_ZONE + zone - ZONES_3[0]}"
    if zone in ZONES_6:
        yield f"EPSG:{CGCS2000_6_WITH_ZONE + zone - ZONES_6[0]}"
    if zone == 0:
        yield from (f"EPSG:{CGCS2000_3 + number}" for number in range(len(ZONES_3)))
        yield from (f"EPSG:{CGCS2000_6 + number}" for number in range(len(ZONES_6)))
    yield "EPSG:3857"


def _lies_beside(xy: np.ndarray, crs: str, neighbours: Sequence[Bounds]) -> bool:
    """Return True if the middle of a layer lies within or near the layers whose system is known."""
    middle = np.median(xy, axis=0)
    lon, lat = pyproj.Transformer.from_crs(crs, DEGREES, always_xy=True).transform(*middle)
    return any(
        west - NEAR_DEG <= lon <= east + NEAR_DEG and south - NEAR_DEG <= lat <= north + NEAR_DEG
        for west, south, east, north in neighbours
    )
