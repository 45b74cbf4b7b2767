"""Formats that users bring: archives, geodatabases, KML, GML, MapInfo, GeoJSON lines; each read as it was written."""

# ruff: noqa: E501, S108 - contents and hostile paths stand as they are
from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely
import toy
from answers import done
from phrases import phrase

from planner.io.vector import archives
from planner.io.vector.files import read_vector
from planner.messages.errors import DataError

LAYER = gpd.GeoDataFrame(
    {"id": ["001", "2"], "name": ["东风社区", "西园社区"], "people": [1000, 2000]},
    geometry=gpd.points_from_xy([106.8, 106.81], [39.6, 39.61]),
    crs=4326,
)
OTHER = LAYER.assign(name=["和平社区", "公园社区"])
CENTRES = toy.layers()["centres"]


def read(path: Path, layer: str | None = None, *, placed: bool = True) -> gpd.GeoDataFrame:
    frame = read_vector(path, layer, "inputs.x", placed=placed).frame
    assert isinstance(frame, gpd.GeoDataFrame)
    return frame


def refusal(path: Path, layer: str | None = None) -> str:
    with pytest.raises(DataError) as caught:
        read_vector(path, layer, "inputs.x")
    return str(caught.value)


def names(path: Path, layer: str | None = None) -> list[str]:
    return [str(name).strip() for name in read(path, layer)["name"]]


def zipped(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def written(folder: Path, name: str, layer: gpd.GeoDataFrame = LAYER) -> dict[str, bytes]:
    """Return the files of a layer by their names."""
    folder.mkdir(parents=True, exist_ok=True)
    layer.to_file(folder / name)
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.stem == Path(name).stem}


def geojson(layer: gpd.GeoDataFrame = LAYER) -> bytes:
    return layer.to_json(ensure_ascii=False).encode()


def lines(layer: gpd.GeoDataFrame = LAYER, before: str = "") -> bytes:
    return "".join(before + json.dumps(one, ensure_ascii=False) + "\n" for one in layer.iterfeatures()).encode()


def kml(encoding: str = "utf-8", folders: tuple[gpd.GeoDataFrame, ...] = (LAYER,)) -> bytes:
    marks = [
        "".join(
            f'<Placemark><name>{name}</name><ExtendedData><Data name="编号"><value>{one}</value></Data></ExtendedData>'
            f"<Point><coordinates>{point.x},{point.y},0</coordinates></Point></Placemark>"
            for one, name, point in zip(layer["id"], layer["name"], layer.geometry, strict=True)
        )
        for layer in folders
    ]
    inside = "".join(f"<Folder><name>F{number}</name>{mark}</Folder>" for number, mark in enumerate(marks))
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?><kml xmlns="http://www.opengis.net/kml/2.2">'
        f"<Document><name>all</name>{inside}</Document></kml>"
    )
    return text.encode("gb18030" if encoding.startswith("gb") else encoding)


def gml(encoding: str = "UTF-8") -> bytes:
    members = "".join(
        f'<gml:featureMember><t:place><t:at><gml:Point srsName="EPSG:4326"><gml:coordinates>{p.x},{p.y}'
        f"</gml:coordinates></gml:Point></t:at><t:id>{i}</t:id><t:name>{n}</t:name></t:place></gml:featureMember>"
        for i, n, p in zip(LAYER["id"], LAYER["name"], LAYER.geometry, strict=True)
    )
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?><t:all xmlns:t="http://example.org/t" '
        f'xmlns:gml="http://www.opengis.net/gml">{members}</t:all>'
    )
    return text.encode("gb18030" if encoding.startswith("GB") else encoding)


SINGLE: dict[str, bytes | Callable[[], bytes]] = {
    "c.geojsonl": lines(),
    "c.geojsons": lines(before="\x1e"),
    "c.ndjson": lines(),
    "c.geojson.gz": gzip.compress(geojson()),
    "c.geojsonl.gz": gzip.compress(lines()),
    "c.kml": kml(),
    "gbk.kml": kml("gb2312"),
    "c.kml.gz": gzip.compress(kml()),
    "c.gml": gml(),
    "gbk.gml": gml("GBK"),
}


@pytest.mark.parametrize(("name", "content"), SINGLE.items(), ids=SINGLE)
def test_single_files(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    frame = read(tmp_path / name)
    column = "Name" if "kml" in name else "name"
    assert frame[column].tolist() == LAYER["name"].tolist()
    assert (
        frame.geometry.geom_equals_exact(LAYER.geometry, 1e-9).all()
        or shapely.equals_exact(shapely.force_2d(frame.geometry.array), LAYER.geometry.array, 1e-9).all()
    )
    assert frame.crs.equals(LAYER.crs, ignore_axis_order=True)
    assert sorted(file.name for file in tmp_path.iterdir()) == [name], "nothing is left beside the file"


def test_fields_of_kml_are_columns(tmp_path: Path) -> None:
    (tmp_path / "c.kml").write_bytes(kml())
    assert read(tmp_path / "c.kml")["编号"].tolist() == ["001", "2"]


def test_folders_of_kml_are_layers(tmp_path: Path) -> None:
    (tmp_path / "c.kml").write_bytes(kml(folders=(LAYER, OTHER)))
    assert "F0, F1" in refusal(tmp_path / "c.kml")
    assert read(tmp_path / "c.kml", "F1")["Name"].tolist() == OTHER["name"].tolist()


def test_kmz(tmp_path: Path) -> None:
    zipped(tmp_path / "c.kmz", {"doc.kml": kml(), "files/icon.png": b"\x89PNG"})
    assert read(tmp_path / "c.kmz")["Name"].tolist() == LAYER["name"].tolist()


@pytest.mark.parametrize("ending", ["zip", "shz"])
def test_a_zipped_shapefile(tmp_path: Path, ending: str) -> None:
    parts = written(tmp_path / "parts", "社区.shp")
    assert names(zipped(tmp_path / f"c.{ending}", parts)) == LAYER["name"].tolist()
    inner = {f"数据/2024/{name}": content for name, content in parts.items()}
    assert names(zipped(tmp_path / f"deep.{ending}", inner)) == LAYER["name"].tolist()
    mac = {**parts, "__MACOSX/._社区.shp": b"\0" * 100, ".DS_Store": b"x", "readme.txt": b"x"}
    assert names(zipped(tmp_path / f"mac.{ending}", mac)) == LAYER["name"].tolist()


def test_several_layers_in_an_archive(tmp_path: Path) -> None:
    parts = written(tmp_path / "a", "one.shp") | written(tmp_path / "b", "two.shp", OTHER)
    path = zipped(tmp_path / "c.zip", parts)
    assert phrase("errors.several_layers", layers="one.shp, two.shp", setting="inputs.x") in refusal(path)
    assert names(path, "two") == OTHER["name"].tolist()
    assert names(path, "one.shp") == LAYER["name"].tolist()
    assert phrase("errors.no_such_layer", layer="three", layers="one.shp, two.shp") in refusal(path, "three")


def test_archives_with_names_in_gbk(tmp_path: Path) -> None:
    parts = written(tmp_path / "a", "one.shp")
    hidden = {f"aaaa{name.removeprefix('one')}": content for name, content in parts.items()}
    path = zipped(tmp_path / "c.zip", hidden | {"bbbb.geojson": geojson(OTHER)})
    content = (
        path.read_bytes().replace(b"aaaa", "社区".encode("gb18030")).replace(b"bbbb", "中心".encode("gb18030"))
    )
    path.write_bytes(content)
    assert "社区.shp, 中心.geojson" in refusal(path)
    assert names(path, "社区") == LAYER["name"].tolist()
    assert names(path, "中心") == OTHER["name"].tolist()


def test_other_files_in_archives(tmp_path: Path) -> None:
    LAYER.to_file(tmp_path / "c.gpkg", layer="a")
    OTHER.to_file(tmp_path / "c.gpkg", layer="b")
    path = zipped(tmp_path / "c.zip", {"c.gpkg": (tmp_path / "c.gpkg").read_bytes()})
    assert phrase("errors.several_layers", layers="a, b") in refusal(path)
    assert names(path, "b") == OTHER["name"].tolist()
    mif = written(tmp_path / "m", "m.mif", LAYER.assign(name=["a", "b"]))
    assert names(zipped(tmp_path / "m.zip", mif)) == ["a", "b"]
    assert phrase("errors.why_archive_empty") in refusal(zipped(tmp_path / "none.zip", {"readme.txt": b"x"}))


def test_geodatabases(tmp_path: Path) -> None:
    folder = tmp_path / "c.gdb"
    layer = LAYER.astype({"people": float})
    pyogrio.write_dataframe(layer, folder, layer="communities", driver="OpenFileGDB")
    table = layer.drop(columns="geometry")
    pyogrio.write_dataframe(table, folder, layer="people", driver="OpenFileGDB", append=True)
    assert names(folder) == LAYER["name"].tolist()
    assert read(folder, "people", placed=False)["people"].tolist() == [1000, 2000]
    parts = {f"数据/c.gdb/{file.name}": file.read_bytes() for file in folder.iterdir()}
    assert names(zipped(tmp_path / "c.gdb.zip", parts), "communities") == LAYER["name"].tolist()
    (folder / "link").symlink_to("/etc/hostname")
    assert phrase("errors.why_leads_elsewhere") in refusal(folder)
    (tmp_path / "empty.gdb").mkdir()
    assert phrase("errors.why_other_content", ending=".gdb") in refusal(tmp_path / "empty.gdb")


@pytest.mark.parametrize("name", ["centres.zip", "centres.mif"])
def test_a_study_with_it_gives_the_same_people(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    text = toy.STUDY.replace('path = "toy.gpkg"\nlayer = "centres"', f'path = "{name}"\ndatum = "wgs84"')
    study = toy.write_study(tmp_path / "toy", study=text)
    if name.endswith(".zip"):
        zipped(
            study.parent / name,
            written(tmp_path / "z", "centres.shp", CENTRES.rename(columns={"floor_area_m2": "面积"})),
        )
    else:
        pyogrio.write_dataframe(CENTRES, study.parent / name, driver="MapInfo File")
    plain = toy.write_study(tmp_path / "plain")
    done(study, capsys, "plan")
    done(plain, capsys, "plan")
    one, other = (
        json.loads((path.parent / "out" / "plan.json").read_text("utf-8"))["coverage"] for path in (study, plain)
    )
    assert one == other


# ---------------------------------------------------------------- limits of archives


def bomb(size: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("c.geojson", "w") as file:
        for _ in range(size // 2**20):
            file.write(b" " * 2**20)
    return buffer.getvalue()


def test_bombs_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bomb.zip").write_bytes(bomb(200 * 2**20))
    assert phrase("errors.why_archive_too_large") in refusal(tmp_path / "bomb.zip")
    (tmp_path / "bomb.geojson.gz").write_bytes(gzip.compress(b"{" + b" " * (200 * 2**20), compresslevel=9))
    assert phrase("errors.why_archive_too_large") in refusal(tmp_path / "bomb.geojson.gz")


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MEMBERS_AT_MOST", 3)
    path = zipped(tmp_path / "c.zip", {f"{number}.geojson": b"{}" for number in range(4)})
    assert phrase("errors.why_archive_too_large") in refusal(path)


@pytest.mark.parametrize(
    "name", ["../c.geojson", "/tmp/c.geojson", "a/../../c.geojson", "..\\c.geojson", "C:\\c.geojson"]
)
def test_paths_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    path = zipped(
        tmp_path / "inner" / "c.zip" if (tmp_path / "inner").mkdir() is None else tmp_path, {name: geojson()}
    )
    assert "outside its folder" in refusal(path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["inner"]


def test_links_in_archives_are_refused(tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("c.geojson")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    assert phrase("errors.why_archive_leads_out") in refusal(tmp_path / "c.zip")


def test_locked_and_damaged_archives_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "c.zip", {"c.geojson": geojson()})
    whole = path.read_bytes()
    central = whole.rfind(b"PK\x01\x02")
    locked = bytearray(whole)
    for place in (6, central + 8):
        locked[place : place + 2] = struct.pack("<H", 1)
    path.write_bytes(bytes(locked))
    assert "password" in refusal(path)
    path.write_bytes(whole[: len(whole) // 2])
    assert "archive is damaged" in refusal(path)
    (tmp_path / "c.geojson.gz").write_bytes(gzip.compress(geojson())[:-20])
    assert "archive is damaged" in refusal(tmp_path / "c.geojson.gz")


# ---------------------------------------------------------------- parts that are missing


@pytest.mark.parametrize("missing", [".shx", ".dbf"])
def test_a_missing_part_is_named(tmp_path: Path, missing: str) -> None:
    written(tmp_path, "c.shp")
    (tmp_path / "c.shp").with_suffix(missing).unlink()
    answer = refusal(tmp_path / "c.shp")
    assert f"companion file c{missing}" in answer
    assert "SHAPE_RESTORE" not in answer


@pytest.mark.parametrize(("ending", "missing"), [("mif", "mid"), ("tab", "dat")])
def test_a_missing_part_of_mapinfo_is_named(tmp_path: Path, ending: str, missing: str) -> None:
    pyogrio.write_dataframe(LAYER.assign(name="a"), tmp_path / f"c.{ending}", driver="MapInfo File")
    (tmp_path / f"c.{missing}").unlink()
    assert f"companion file c.{missing}" in refusal(tmp_path / f"c.{ending}")


def test_doubled_columns_are_refused(tmp_path: Path) -> None:
    written(tmp_path, "c.shp")
    table = (tmp_path / "c.dbf").read_bytes().replace(b"people\0", b"name\0\0\0", 1)
    (tmp_path / "c.dbf").write_bytes(table)
    assert phrase("errors.doubled_columns", columns="name") in refusal(tmp_path / "c.shp")
