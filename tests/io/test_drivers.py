"""Only the driver of the ending opens a file: nothing that it names is opened, no address is asked."""

# ruff: noqa: E501, S608, UP031 - hostile contents stand as they are; JSON's braces are no place for formats
from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
import toy
from answers import refused
from phrases import phrase

from planner.io.formats import LAYERS
from planner.io.raster import open_raster, read_scaled
from planner.io.vector import readers
from planner.io.vector.archives import only_drivers
from planner.io.vector.files import read_vector
from planner.messages.errors import DataError

POINTS = '"features":[{"type":"Feature","properties":{"id":"1"},"geometry":{"type":"Point","coordinates":[1,2]}}]'
HIDDEN = "the secret of another file"


class Asked(BaseHTTPRequestHandler):
    """Notes every request."""

    paths: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.paths.append(self.path)
        self.send_response(200)
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815 - the library's own name

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def listening() -> Iterator[str]:
    """Return the address of a server of this machine."""
    server = HTTPServer(("127.0.0.1", 0), Asked)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def server(listening: str) -> Iterator[str]:
    """Return the address of a server that must not be asked."""
    Asked.paths.clear()
    yield listening
    assert Asked.paths == []


def vrt(source: str, layer: str = "other") -> str:
    return (
        f'<OGRVRTDataSource><OGRVRTLayer name="{layer}"><SrcDataSource relativeToVRT="0">{source}</SrcDataSource>'
        f"</OGRVRTLayer></OGRVRTDataSource>"
    )


def gdalg(source: str) -> str:
    command = f"gdal vector pipeline ! read {source} ! write --of stream out"
    return json.dumps({"type": "gdal_streamed_alg", "command_line": command})


def hostile(kind: str, other: Path, server: str) -> str:
    """Return a content that would make GDAL open another file, or ask a server."""
    return {
        "vrt": vrt(str(other)),
        "vrt of an address": vrt(f"/vsicurl/{server}/a.geojson"),
        "gdalg": gdalg(str(other)),
        "gdalg of an address": gdalg(f"/vsicurl/{server}/a.geojson"),
        "gdalg after spaces": "\n \t" + gdalg(str(other)),
        "wfs": f"<OGRWFSDataSource><URL>{server}/wfs</URL></OGRWFSDataSource>",
        "wms": f"<GDAL_WMS><Service name='TMS'><ServerUrl>{server}/x</ServerUrl></Service></GDAL_WMS>",
        "oapif": f"<OGROAPIFDataSource><URL>{server}</URL></OGROAPIFDataSource>",
        "stac": json.dumps({"type": "FeatureCollection", "stac_version": "1", "links": [{"href": f"{server}/s"}]}),
        "system by address": '{"type":"FeatureCollection","crs":{"type":"url","properties":{"url":"%s/a"}},%s}'
        % (server, POINTS),
        "system by link": '{"type":"FeatureCollection","crs" : {"type":"link","properties":{"href":"%s/b"}},%s}'
        % (server, POINTS),
        "system with an escaped letter": '{"type":"FeatureCollection","c\\u0072s":{"type":"url","properties":'
        '{"url":"%s/c"}},%s}' % (server, POINTS),
        "system in capitals": '{"type":"FeatureCollection","CRS":{"type":"URL","properties":{"url":"%s/d"}},%s}'
        % (server, POINTS),
        "system in single quotes": "{'type':'FeatureCollection','crs':{'type':'url','properties':{'url':'%s/e'}},%s}"
        % (server, POINTS),
        "system after a notice": '{"type":"FeatureCollection","crs"/**/:{"type":"url","properties":{"url":"%s/f"}},%s}'
        % (server, POINTS),
        "topology": '{"type":"Topology","crs":{"type":"url","properties":{"url":"%s/g"}},"objects":{"a":'
        '{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]}]}},"arcs":[]}' % server,
        "seamless table": "!table\n!version 300\n!charset Neutral\n\nDefinition Table\n  Type NATIVE\n  Fields 1\n"
        f'    Table Char (254) ;\nbegin_metadata\n"\\IsSeamless" = "TRUE"\nend_metadata\n{other}\n',
        "view of tables": f'!table\n!version 100\nopen table "{other}" hide\ncreate view x as select * from y\n',
        "document type": f'<?xml version="1.0"?><!DOCTYPE kml SYSTEM "{server}/x.dtd"><kml/>',
        "entity": f'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY e SYSTEM "file://{other}">]><kml>&e;</kml>',
        "system of gml": '<a xmlns:gml="http://www.opengis.net/gml"><gml:featureMember><b><gml:Point '
        f'srsName="{server}/srs"><gml:coordinates>1,2</gml:coordinates></gml:Point></b></gml:featureMember></a>',
    }[kind]


KINDS = (
    *("vrt", "vrt of an address", "gdalg", "gdalg of an address", "gdalg after spaces", "wfs", "wms", "oapif"),
    *("system by address", "system by link", "system with an escaped letter"),
    *("system in capitals", "system in single quotes", "system after a notice", "topology", "seamless table"),
    *("view of tables", "document type", "entity", "system of gml"),
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ending", [one for one in LAYERS if one != ".gdb"])
def test_contents_that_lead_elsewhere_are_refused(tmp_path: Path, kind: str, ending: str, server: str) -> None:
    other = tmp_path / "other.geojson"
    other.write_text('{"type":"FeatureCollection",%s}' % POINTS.replace('"1"', f'"{HIDDEN}"'), "utf-8")
    path = tmp_path / f"x{ending}"
    path.write_text(hostile(kind, other, server), "utf-8")
    for beside in (".shx", ".dbf", ".dat", ".map", ".id", ".mid"):
        path.with_suffix(beside).write_text(vrt(str(other)), "utf-8")
    with pytest.raises(DataError):
        read_vector(path, None, "inputs.x", placed=False)


def test_what_a_plain_file_names_is_not_asked(tmp_path: Path, server: str) -> None:
    kml = (
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><NetworkLink><Link><href>'
        f"{server}/n.kml</href></Link></NetworkLink><Placemark><name>a</name><styleUrl>{server}/s#x</styleUrl>"
        "<Point><coordinates>1,2</coordinates></Point></Placemark></Document></kml>"
    )
    (tmp_path / "x.kml").write_text(kml)
    assert read_vector(tmp_path / "x.kml", None, "s").frame["Name"].tolist() == ["a"]
    gml = (
        '<t:all xmlns:t="http://e.org/t" xmlns:gml="http://www.opengis.net/gml" xmlns:xlink="http://www.w3.org/1999/'
        f'xlink" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://e.org/t {server}/t.xsd">'
        '<gml:featureMember><t:p><t:at><gml:Point srsName="EPSG:4326"><gml:coordinates>1,2</gml:coordinates>'
        f'</gml:Point></t:at><t:id>7</t:id><t:see xlink:href="{server}/see#1"/></t:p></gml:featureMember></t:all>'
    )
    (tmp_path / "x.gml").write_text(gml)
    assert len(read_vector(tmp_path / "x.gml", None, "s").frame) == 1


@pytest.mark.parametrize(
    "path",
    ["{server}/a.geojson", "/vsicurl/{server}/a.geojson", "/vsizip/a.zip/b.shp", "PG:dbname=x", "WFS:{server}/a"],
)
def test_paths_that_are_no_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str, server: str
) -> None:
    named = path.format(server=server)
    for ending in ("", ".gpkg"):
        text = toy.STUDY.replace('path = "toy.gpkg"\nlayer = "centres"', f'path = "{named}{ending}"')
        refused(toy.write_study(tmp_path / f"toy{ending}", study=text), capsys, code=3)


def test_other_drivers_come_back() -> None:
    before = set(pyogrio.list_drivers())
    with pytest.raises(DataError), only_drivers(["GeoJSON"]):  # noqa: PT012 - what holds inside is the point
        assert set(pyogrio.list_drivers()) == {"GeoJSON", "GPKG", "MEM"}
        raise DataError("x", [])
    assert set(pyogrio.list_drivers()) == before


def test_systems_that_are_named_are_read(tmp_path: Path) -> None:
    for number, system in enumerate(
        (
            '"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4490"}},',
            '"crs": null,',
            '"crs":{"properties":{"name":"EPSG:4490"},"type":"name"},',
            '"note":"crs","crs":{"type":"EPSG","properties":{"code":4490}},',
            "",
        )
    ):
        path = tmp_path / f"{number}.geojson"
        path.write_text('{"type":"FeatureCollection",%s%s}' % (system, POINTS), "utf-8")
        frame = read_vector(path, None, "s").frame
        assert len(frame) == 1
        if "4490" in system:
            assert frame.crs.to_epsg() == 4490


# ---------------------------------------------------------------- rasters

RASTER_VRT = (
    "<VRTDataset rasterXSize='4' rasterYSize='4'><SRS>EPSG:32648</SRS><GeoTransform>500000,100,0,4390400,0,-100"
    "</GeoTransform><VRTRasterBand dataType='Byte' band='1' subClass='VRTRawRasterBand'><SourceFilename "
    "relativetoVRT='0'>{}</SourceFilename><ImageOffset>0</ImageOffset><PixelOffset>1</PixelOffset>"
    "<LineOffset>4</LineOffset></VRTRasterBand></VRTDataset>"
)


def read_raster(path: Path) -> tuple[np.ndarray, np.ndarray]:
    with open_raster(path, stated_crs="EPSG:32648", setting="s", source="r") as (raster, _):
        return read_scaled(raster, 1, ((0, 4), (0, 4)), nodata=None, source="r")


def tif(path: Path, value: int = 7) -> Path:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=4,
        width=4,
        count=1,
        dtype="uint8",
        crs="EPSG:32648",
        transform=rasterio.Affine(100, 0, 500_000, 0, -100, 4_390_400),
    ) as file:
        file.write(np.full((1, 4, 4), value, dtype="uint8"))
    return path


@pytest.mark.parametrize("ending", [".tif", ".tiff", ".asc", ".hgt"])
def test_rasters_that_lead_elsewhere_are_refused(tmp_path: Path, ending: str, server: str) -> None:
    other = tmp_path / "secret"
    other.write_bytes(HIDDEN.encode() * 4)
    for content in (
        RASTER_VRT.format(other),
        RASTER_VRT.format(f"/vsicurl/{server}/x"),
        f"<GDAL_WMS><Service name='TMS'><ServerUrl>{server}/x</ServerUrl></Service></GDAL_WMS>",
        f"<WCS_GDAL><ServiceURL>{server}/w?</ServiceURL></WCS_GDAL>",
        gdalg(str(other)),
    ):
        path = tmp_path / f"x{ending}"
        path.write_text(content)
        with pytest.raises(DataError, match="not recognized as"):
            read_raster(path)


@pytest.mark.parametrize("ending", [".vrt", ".xml", ".wms", ".img", ".nc", ""])
def test_endings_of_other_rasters_are_refused(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"x{ending}").write_text(RASTER_VRT)
    with pytest.raises(DataError, match=r"Supported: \.tif"):
        read_raster(tmp_path / f"x{ending}")


def test_what_stands_beside_a_raster_leads_nowhere(tmp_path: Path) -> None:
    path = tif(tmp_path / "x.tif")
    (tmp_path / "secret").write_bytes(b"\0" * 16)
    path.with_name("x.tif.ovr").write_text(RASTER_VRT.format(tmp_path / "secret"))
    values, empty = read_raster(path)
    assert (values == 7).all()
    assert not empty.any()
    path.with_name("x.tif.msk").write_text(RASTER_VRT.format(tmp_path / "secret"))
    with pytest.raises(DataError, match=re.escape(phrase("errors.why_mask", mask="x.tif.msk"))):
        read_raster(path)
    path.with_name("x.tif.msk").unlink()
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False), rasterio.open(path, "r+") as file:
        file.write_mask(np.eye(4, dtype="uint8") * 255)
    assert path.with_name("x.tif.msk").exists()
    assert read_raster(path)[1].tolist() == (np.eye(4) == 0).tolist()


# ---------------------------------------------------------------- GeoPackages


def geopackage(path: Path) -> Path:
    layer = gpd.GeoDataFrame({"id": ["a", "b"]}, geometry=gpd.points_from_xy([1, 2], [3, 4]), crs=4326)
    layer.to_file(path, layer="base")
    return path


def with_view(path: Path, view: str, name: str = "v") -> Path:
    with sqlite3.connect(path) as base:
        base.execute(f'CREATE VIEW "{name}" AS {view}')
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?, 'features', ?, 4326)",
            (name, name),
        )
        base.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'POINT', 4326, 0, 0)", (name,))
    base.close()
    return path


ENDLESS = {
    "recursion": "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
    "SELECT c.x AS fid, base.geom AS geom, 'n' AS id FROM c, base",
    "in a column": "SELECT fid, geom, (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
    "SELECT max(x) FROM c) AS id FROM base",
    "large value": "SELECT fid, geom, zeroblob(2000000000) AS id FROM base",
    "product": "SELECT a.fid AS fid, a.geom AS geom, hex(randomblob(1000)) AS id FROM base a"
    + "".join(f", (SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT {n}) t{n}" for n in range(4, 30)),
    "what only GDAL computes": "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT ST_MinX(geom) + x FROM c, base) "
    "SELECT c.x AS fid, base.geom AS geom, 'n' AS id FROM c, base",
}


@pytest.mark.parametrize("view", ENDLESS.values(), ids=ENDLESS)
def test_views_that_never_end_are_refused(tmp_path: Path, view: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "SECONDS_AT_MOST", 0.3)
    path = with_view(geopackage(tmp_path / "x.gpkg"), view)
    begun = time.monotonic()
    with pytest.raises(DataError, match=phrase("errors.endless_view")):
        read_vector(path, "v", "s")
    assert time.monotonic() - begun < 4


def test_an_endless_list_of_layers_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "SECONDS_AT_MOST", 0.3)
    path = geopackage(tmp_path / "x.gpkg")
    with sqlite3.connect(path) as base:
        base.execute("ALTER TABLE gpkg_contents RENAME TO old")
        base.execute(
            "CREATE VIEW gpkg_contents AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
            "SELECT old.* FROM c, old"
        )
    base.close()
    with pytest.raises(DataError):
        read_vector(path, None, "s")


def test_a_layer_beside_a_view_of_many_rows_is_read(tmp_path: Path) -> None:
    view = "SELECT a.fid, a.geom, a.id FROM base a" + "".join(
        f", (SELECT 1 UNION SELECT {n}) t{n}" for n in range(2, 40)
    )
    path = with_view(geopackage(tmp_path / "x.gpkg"), view)
    assert len(read_vector(path, "base", "s").frame) == 2


def test_a_view_of_what_is_gone_does_no_harm(tmp_path: Path) -> None:
    path = with_view(geopackage(tmp_path / "x.gpkg"), "SELECT * FROM base")
    with sqlite3.connect(path) as base:
        base.execute("DROP VIEW v")
        base.execute("DELETE FROM gpkg_contents WHERE table_name = 'v'")
        base.execute("DELETE FROM gpkg_geometry_columns WHERE table_name = 'v'")
        base.execute("CREATE VIEW old AS SELECT * FROM nowhere")
    base.close()
    assert len(read_vector(path, "base", "s").frame) == 2


def test_a_view_that_ends_is_read(tmp_path: Path) -> None:
    path = with_view(geopackage(tmp_path / "x.gpkg"), "SELECT fid, geom, id || '!' AS id FROM base")
    assert read_vector(path, "v", "s").frame["id"].tolist() == ["a!", "b!"]


def test_tables_of_styles_and_without_places_are_no_layers(tmp_path: Path) -> None:
    path = geopackage(tmp_path / "x.gpkg")
    table = gpd.pd.DataFrame({"community": ["a"], "people": [3]})
    pyogrio.write_dataframe(table.assign(styleName="s"), path, layer="layer_styles", driver="GPKG", append=True)
    assert len(read_vector(path, None, "s").frame) == 2
    pyogrio.write_dataframe(table, path, layer="people", driver="GPKG", append=True)
    assert len(read_vector(path, None, "s").frame) == 2
    with pytest.raises(DataError, match=re.escape(phrase("errors.several_layers", layers="base, people"))):
        read_vector(path, None, "s", placed=False)
    alone = tmp_path / "t.gpkg"
    pyogrio.write_dataframe(table, alone, layer="people", driver="GPKG")
    pyogrio.write_dataframe(table, alone, layer="layer_styles", driver="GPKG", append=True)
    assert read_vector(alone, None, "s", placed=False).frame["people"].tolist() == [3]
    with pytest.raises(DataError, match="no geometry"):
        read_vector(alone, None, "s")
