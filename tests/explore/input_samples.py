"""One sound file of every format that is read: from the toy city, and cut small from central Helsinki."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import geopandas as gpd
import networkx as nx
import numpy as np
import openpyxl
import osmium
import pandas as pd
import pyogrio
import rasterio
import shapely
import toy
import xlwt

HELSINKI = Path(__file__).parents[2] / "data" / "helsinki"

Files = dict[str, bytes]
"""The files of one input by their names; the first is the one that a study names."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A sound input.

    Attributes
    ----------
    name
        The layer, as the toy study calls it, and the ending: ``"people.csv"``.
    reads
        What reads it: the layer, or ``"raster"``, ``"elevation"``, ``"study"``, ``"rules"``, ``"scenario"``.
    files
        Its files.
    frame
        What was written, so that rows and columns can be changed before; None where there is no table.
    ending
        The format.
    """

    name: str
    reads: str
    files: Files
    frame: gpd.GeoDataFrame | None
    ending: str


DRIVERS = {
    "gpkg": "GPKG",
    "geojson": "GeoJSON",
    "geojsonl": "GeoJSONSeq",
    "fgb": "FlatGeobuf",
    "shp": "ESRI Shapefile",
    "kml": "LIBKML",
    "gml": "GML",
    "tab": "MapInfo File",
    "mif": "MapInfo File",
    "gdb": "OpenFileGDB",
}
WORKBOOKS = ("xlsx", "xlsm", "xls", "et", "ods", "xlsb")
TABLES_OF_CELLS = ("csv", "tsv", "txt", "csv.gz", *WORKBOOKS)
"""Formats that do not say which coordinate system they are in."""

IN_WORKBOOKS = ("toy-people", "toy-communities", "helsinki-buildings")
IN_DEGREES = ("geojson", "geojsonl", "kml", "kmz")


def samples(folder: Path) -> Iterator[Sample]:  # noqa: C901 - one list of what is damaged
    """Yield every sample; the folder is where they are written to."""
    layers = {f"toy-{name}": frame for name, frame in toy.layers().items()}
    for name in ("communities", "buildings"):
        cut = pyogrio.read_dataframe(HELSINKI / "helsinki.gpkg", layer=name).head(8)
        layers[f"helsinki-{name}"] = cut
    for place, (name, frame) in enumerate(layers.items()):
        reads = name.partition("-")[2]
        for number, ending in enumerate(WRITERS):
            # Helsinki is the second source of a few formats only.
            is_meant = name.startswith("toy") or (number + place) % 3 == 0
            # A workbook is read by a process of its own, which takes its time.
            if is_meant and (ending not in WORKBOOKS or name in IN_WORKBOOKS):
                home = folder / f"{name}-{ending}"
                yield Sample(f"{name}.{ending}", reads, written(frame, ending, home), frame, ending)
    for ending, files in {**_extracts(folder), "graphml": {"x.graphml": _graph()}}.items():
        for reads in ("streets",) if ending == "graphml" else ("streets", "buildings"):
            yield Sample(f"toy-{reads}.{ending}", reads, files, None, ending)
    extract = {"x.osm.pbf": _helsinki(folder)}
    for reads in ("streets", "buildings", "places", "barriers"):
        yield Sample(f"helsinki-{reads}.osm.pbf", reads, extract, None, "osm.pbf")
    for ending in ("tif", "asc"):
        for reads in ("raster", "elevation"):
            yield Sample(f"toy-{reads}.{ending}", reads, _raster(ending, folder), None, ending)
    for name, text in {"toy": toy.STUDY, "everything": toy.EVERYTHING}.items():
        yield Sample(f"{name}-study.toml", "study", {"x.toml": text.encode()}, None, "toml")
    standards = Path(toy.__file__).parents[1] / "planner" / "evaluation" / "standards"
    for file in sorted(standards.glob("*.toml")):
        yield Sample(f"{file.stem}-rules.toml", "rules", {"x.toml": file.read_bytes()}, None, "toml")
    yield Sample("toy-scenario.json", "scenario", {"x.json": json.dumps(SCENARIO).encode()}, None, "json")


SCENARIO = {
    "format": "planner.scenario/1",
    "study": "Toy city",
    "crs": toy.CRS,
    "closed": ["S1"],
    "sites": [{"id": "N1", "x": 500_400.0, "y": 4_390_200.0}, {"id": "N2", "x": 500_600.0, "y": 4_390_000.0}],
}


def written(frame: gpd.GeoDataFrame, ending: str, home: Path) -> Files:
    """Write a layer in a format; return its files, the one to name first."""
    home.mkdir(parents=True, exist_ok=True)
    files = WRITERS[ending](frame, ending, home)
    return dict(sorted(files.items(), key=lambda item: not item[0].endswith(f"x.{ending}")))


def _by_gdal(frame: gpd.GeoDataFrame, ending: str, home: Path) -> Files:
    suffix, is_zipped = ending.removesuffix(".zip").removesuffix(".gz"), ending.endswith((".zip", "kmz"))
    suffix = "kml" if suffix == "kmz" else suffix
    if suffix in IN_DEGREES and frame.crs is not None:
        frame = frame.to_crs(4326)
    options = {"encoding": "UTF-8"} if suffix == "shp" else {}
    pyogrio.write_dataframe(frame, home / f"x.{suffix}", driver=DRIVERS[suffix], layer="x", **options)
    files = {str(file.relative_to(home)): file.read_bytes() for file in sorted(home.rglob("*")) if file.is_file()}
    if is_zipped:
        return {f"x.{ending}": _zipped(files)}
    if ending.endswith(".gz"):
        return {f"x.{ending}": gzip.compress(files[f"x.{suffix}"], mtime=0)}
    return files


def _zipped(files: Files) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def _parquet(frame: gpd.GeoDataFrame, ending: str, home: Path) -> Files:
    path = home / f"x.{ending}"
    frame.to_parquet(path)
    return {path.name: path.read_bytes()}


def _rows(frame: gpd.GeoDataFrame) -> list[list[object]]:
    """Return heading and rows; places as WKT."""
    columns = [name for name in frame.columns if name != "geometry"]
    cells = [[None if pd.isna(cell) else cell for cell in frame[name].to_list()] for name in columns]
    shapes = ["" if shape is None else shape.wkt for shape in frame.geometry]
    return [[*columns, "wkt"], *(list(row) for row in zip(*cells, shapes, strict=True))]


def _text(frame: gpd.GeoDataFrame, ending: str, home: Path) -> Files:
    del home
    table = pd.DataFrame(_rows(frame)[1:], columns=_rows(frame)[0])
    mark = {"tsv": "\t", "txt": ";"}.get(ending, ",")
    text = table.to_csv(index=False, sep=mark)
    # Names of Helsinki are none in the Chinese encoding.
    encoding = {"txt": "gb18030" if "\xe4" not in text else "utf-8", "tsv": "utf-16"}.get(ending, "utf-8")
    content = text.encode(encoding, "replace")
    return {f"x.{ending}": gzip.compress(content, mtime=0) if ending.endswith(".gz") else content}


def _cell(cell: object) -> str | float | bool | None:
    return cell if cell is None or isinstance(cell, str | float | bool) else float(str(cell))


def _xlsx(frame: gpd.GeoDataFrame, ending: str, home: Path) -> Files:
    del home
    book, target = openpyxl.Workbook(), io.BytesIO()
    for row in _rows(frame):
        book.active.append([_cell(cell) for cell in row])
    book.save(target)
    return {f"x.{ending}": target.getvalue()}


def _xls(frame: gpd.GeoDataFrame, ending: str, home: Path) -> Files:
    del home
    book, target = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet("s")
    for number, row in enumerate(_rows(frame)):
        for column, cell in enumerate(row):
            sheet.write(number, column, _cell(cell))
    book.save(target)
    return {f"x.{ending}": target.getvalue()}


def _ods(frame: gpd.GeoDataFrame, ending: str, home: Path) -> Files:
    del home
    names = "".join(
        f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text")
    )
    rows = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(str(cell))}</text:p></table:table-cell>'
            if isinstance(cell, str)
            else "<table:table-cell/>"
            if cell is None
            else f'<table:table-cell office:value-type="float" office:value="{cell}"/>'
            for cell in row
        )
        + "</table:table-row>"
        for row in _rows(frame)
    )
    content = (
        f"<office:document-content{names}><office:body><office:spreadsheet>"
        f'<table:table table:name="S">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    parts = {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": manifest,
        "content.xml": content,
    }
    return {f"x.{ending}": _zipped({name: text.encode() for name, text in parts.items()})}


def _xlsb(frame: gpd.GeoDataFrame, ending: str, home: Path) -> Files:
    """Write what Excel's binary workbooks need at least; no library writes them."""
    del home

    def wide(text: str) -> bytes:
        return struct.pack("<I", len(text.encode("utf-16-le")) // 2) + text.encode("utf-16-le")

    def record(kind: int, body: bytes = b"") -> bytes:
        head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
        size, length = b"", len(body)
        while True:
            size += bytes([length & 0x7F | (0x80 if length > 0x7F else 0)])
            length >>= 7
            if not length:
                return head + size + body

    rows = _rows(frame)
    sheet = record(129) + record(148, struct.pack("<4I", 0, len(rows) - 1, 0, len(rows[0]) - 1)) + record(145)
    for number, row in enumerate(rows):
        sheet += record(0, struct.pack("<IIHBBBI", number, 0, 300, 0, 0, 0, 0))
        for column, cell in enumerate(row):
            place = struct.pack("<II", column, 0)
            if isinstance(cell, str):
                sheet += record(6, place + wide(cell))
            elif cell is not None:
                sheet += record(5, place + struct.pack("<d", float(str(cell))))
    sheet += record(146) + record(130)
    bundle = record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("S"))
    book = record(131) + record(143) + bundle + record(144) + record(132)
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    def related(kind: str, target: str) -> str:
        return (
            f'<Relationships xmlns="{relations}"><Relationship Id="rId1" Type="{kinds}/{kind}" Target="{target}"/>'
            "</Relationships>"
        )

    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        "</Types>"
    )
    parts = {
        "[Content_Types].xml": types.encode(),
        "_rels/.rels": related("officeDocument", "xl/workbook.bin").encode(),
        "xl/workbook.bin": book,
        "xl/_rels/workbook.bin.rels": related("worksheet", "worksheets/sheet1.bin").encode(),
        "xl/worksheets/sheet1.bin": sheet,
    }
    return {f"x.{ending}": _zipped(parts)}


WRITERS: dict[str, Callable[[gpd.GeoDataFrame, str, Path], Files]] = {
    **dict.fromkeys(("csv", "tsv", "txt", "csv.gz"), _text),
    **dict.fromkeys(("xlsx", "xlsm"), _xlsx),
    **dict.fromkeys(("xls", "et"), _xls),
    "ods": _ods,
    "xlsb": _xlsb,
    "parquet": _parquet,
    **dict.fromkeys(("gpkg", "geojson", "geojsonl", "fgb", "shp", "kml", "kmz", "gml", "tab", "mif"), _by_gdal),
    **dict.fromkeys(("shp.zip", "gdb.zip", "geojson.gz"), _by_gdal),
}


def _graph() -> bytes:
    """Return the toy city's streets as osmnx writes them."""
    graph = nx.MultiDiGraph(crs="EPSG:32648")
    for number, line in enumerate(toy.layers()["streets"].geometry):
        ends = [tuple(map(float, place)) for place in line.coords]
        for x, y in ends:
            graph.add_node(f"{x:.0f},{y:.0f}", x=x, y=y)
        one, other = (f"{x:.0f},{y:.0f}" for x, y in ends)
        graph.add_edge(one, other, osmid=str(number), highway="residential", geometry=line.wkt)
    target = io.BytesIO()
    nx.write_graphml(graph, target)
    return target.getvalue()


def _extracts(folder: Path) -> dict[str, Files]:
    """Return the toy city's streets and a few buildings as an extract of every kind, and as Overpass says them."""
    nodes: dict[tuple[float, float], int] = {}
    elements: list[dict[str, object]] = []

    def way(coords: list[tuple[float, float]], tags: dict[str, str]) -> None:
        refs = [nodes.setdefault(place, len(nodes) + 1) for place in coords]
        elements.append({"type": "way", "id": len(elements) + 1, "nodes": refs, "tags": tags})

    streets = toy.layers()["streets"].to_crs(4326)
    for line in streets.geometry:
        way([(round(x, 7), round(y, 7)) for x, y in line.coords], {"highway": "residential", "name": "Street"})
    homes = shapely.box(*(np.array([[20, 20, 60, 60]]) + np.tile(toy.ORIGIN, 2)).T)
    for shape in gpd.GeoSeries(homes, crs=toy.CRS).to_crs(4326):
        way(
            [(round(x, 7), round(y, 7)) for x, y in shape.exterior.coords],
            {"building": "apartments", "building:levels": "6"},
        )
    points = [
        {"type": "node", "id": number, "lat": y, "lon": x, "tags": {"barrier": "gate"} if number == 3 else {}}
        for (x, y), number in nodes.items()
    ]
    answer = {
        "version": 0.6,
        "osm3s": {"timestamp_osm_base": "2026-01-01T00:00:00Z"},
        "elements": points + elements,
    }
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6" generator="test">']
    for element in answer["elements"]:
        tags = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in element["tags"].items())
        refs = "".join(f'<nd ref="{ref}"/>' for ref in element.get("nodes", ()))
        place = f' lat="{element["lat"]}" lon="{element["lon"]}"' if "lat" in element else ""
        lines.append(
            f'<{element["type"]} id="{element["id"]}" version="1"{place}>{refs}{tags}</{element["type"]}>'
        )
    xml = "\n".join([*lines, "</osm>"]).encode()
    (folder / "toy.osm").write_bytes(xml)
    packed = folder / "toy.osm.pbf"
    with osmium.SimpleWriter(str(packed), overwrite=True) as writer:
        for thing in osmium.FileProcessor(str(folder / "toy.osm")):
            writer.add(thing)
    return {
        "osm": {"x.osm": xml},
        "osm.xml": {"x.osm.xml": xml},
        "osm.gz": {"x.osm.gz": gzip.compress(xml, mtime=0)},
        "osm.pbf": {"x.osm.pbf": packed.read_bytes()},
        "json": {"x.json": json.dumps(answer).encode()},
    }


def _helsinki(folder: Path) -> bytes:
    """Return 250 m of central Helsinki: the nodes in it, ways of them, relations of these."""
    source, target = str(HELSINKI / "Helsinki.osm.pbf"), folder / "helsinki.osm.pbf"
    middle = (
        pyogrio.read_dataframe(HELSINKI / "helsinki.gpkg", layer="communities").to_crs(4326).union_all().centroid
    )
    held: dict[str, set[int]] = {"n": set(), "w": set(), "r": set()}
    with osmium.SimpleWriter(str(target), overwrite=True) as writer:
        for thing in osmium.FileProcessor(source):
            match thing.type_str():
                case "n":
                    is_held = abs(thing.lon - middle.x) < 0.0025 and abs(thing.lat - middle.y) < 0.00125
                case "w":
                    is_held = any(node.ref in held["n"] for node in thing.nodes)
                case _:
                    is_held = any(member.ref in held[member.type] for member in thing.members)
            if is_held:
                held[thing.type_str()].add(thing.id)
                writer.add(thing)
    return target.read_bytes()


def _raster(ending: str, folder: Path) -> Files:
    path = folder / f"x.{ending}"
    values = np.arange(12 * 20, dtype="float32").reshape(12, 20)
    if ending == "asc":
        head = "ncols 20\nnrows 12\nxllcorner 499950\nyllcorner 4389950\ncellsize 50\nNODATA_value -9999\n"
        rows = "\n".join(" ".join(f"{cell:g}" for cell in row) for row in values)
        return {
            path.name: (head + rows + "\n").encode(),
            "x.prj": rasterio.crs.CRS.from_epsg(32648).to_wkt().encode(),
        }
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=12,
        width=20,
        count=1,
        dtype="float32",
        crs=toy.CRS,
        compress="deflate",
        nodata=-1,
        transform=rasterio.Affine(50, 0, 499_950, 0, -50, 4_390_550),
    ) as raster:
        raster.write(values[None])
    return {path.name: path.read_bytes()}
