"""The files of a folder, and the layers and sheets in each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pyogrio

from planner.config.sections.layers import Layer
from planner.io.formats import Content, FileFormat, format_of, is_extract
from planner.io.grid_layers import grid_to_layer
from planner.io.layer_read import LayerRead, LayerRequest, frame_to_layer
from planner.io.layers import read_layer
from planner.io.tables.cells import CellGrid
from planner.io.tables.workbooks import filled_sheets
from planner.io.vector.files import UNREADABLE, read_vector, unwrap_shapes
from planner.io.vector.readers import STYLES, VectorRead
from planner.messages.errors import DataError, Issue
from planner.schemas.table_schema import TableSchema

DEEPEST_FOLDER = 3
FILES_AT_MOST = 500
PRODUCT = "plan.json"
"""A folder below the study's that holds it holds the products of a run."""

PRODUCTS = frozenset(
    (
        *("map.html", "report.html", "report.docx", "tables.xlsx", PRODUCT, "results.gpkg", "sheet.pdf"),
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
            found = self.vector()
            frame = gpd.GeoDataFrame(found.frame)
            read = frame_to_layer(frame, found.encoding.name, request, cut_names=self.path.suffix == ".shp")
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
