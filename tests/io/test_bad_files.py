"""Files that cannot be read, or only with the study's help: damaged, missing, mislabelled, in other encodings."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import toy
from answers import done, refused
from phrases import phrase

Make = Callable[[Path], object]

TOY = toy.layers()
CENTRES = TOY["centres"]
HEADING = b"id,name,tier,lon,lat\n"
ROW = b"C1,West,community,105.0023,39.6616\n"
HEADINGS = {"id": "编号", "name": "名称", "tier": "类别", "community": "所属社区", "floor_area_m2": "面积"}
DEGREES = 'crs = "EPSG:4326"\n'


def from_file(name: str, more: str = "") -> str:
    """Return the toy study with its centres in another file."""
    return toy.STUDY.replace('path = "toy.gpkg"\nlayer = "centres"\n', f'path = "{name}"\n{more}')


def holding(written: bytes) -> Make:
    return lambda path: path.write_bytes(written)


def noise(path: Path) -> None:
    path.write_bytes(np.random.default_rng(1).bytes(5000))


def torn(path: Path) -> None:
    """Write a whole GeoPackage and lose its second half."""
    CENTRES.to_file(path, driver="GPKG")
    written = path.read_bytes()
    path.write_bytes(written[: len(written) // 2])


def lonely_shapefile(path: Path) -> None:
    CENTRES[["id", "geometry"]].to_file(path)
    path.with_suffix(".shx").unlink()


def unlabelled_shapefile(path: Path) -> None:
    CENTRES[["id", "name", "tier", "geometry"]].to_file(path)
    path.with_suffix(".prj").unlink()


CUT = "cannot be read: "
SAVE = "Open it in the original program and save it again."

DAMAGED: dict[str, tuple[str, Make, list[str]]] = {
    "noise_gpkg": ("x.gpkg", noise, [CUT, "not recognized", SAVE]),
    "torn_gpkg": ("x.gpkg", torn, [CUT, "malformed", SAVE]),
    "empty_gpkg": ("x.gpkg", holding(b""), [CUT, SAVE]),
    "folder_gpkg": ("x.gpkg", Path.mkdir, [CUT, SAVE]),
    "html_geojson": ("x.geojson", holding(b"<html><body>404 Not Found</body></html>"), [CUT, SAVE]),
    "other_json": ("x.json", holding(b'{"error": 404}'), [CUT, SAVE]),
    "empty_geojson": (
        "x.geojson",
        holding(b'{"type": "FeatureCollection", "features": []}'),
        [phrase("errors.empty_table")],
    ),
    "lonely_shp": (
        "x.shp",
        lonely_shapefile,
        [phrase("errors.shapefile_part_missing", missing="x.shx"), "Copy all files of this name"],
    ),
    "unlabelled_shp": ("x.shp", unlabelled_shapefile, [phrase("errors.no_crs"), "`crs`"]),
    "noise_pbf": ("x.osm.pbf", noise, [CUT, SAVE]),
    "folder_osm": ("x.osm", Path.mkdir, [CUT, "Is a directory"]),
    "noise_csv": ("x.csv", noise, [phrase("errors.no_text_table")]),
    "empty_csv": ("x.csv", holding(b""), [phrase("errors.empty_sheet")]),
    "folder_csv": ("x.csv", Path.mkdir, [CUT, "Is a directory"]),
    "csv_heading_only": ("x.csv", holding(HEADING), [phrase("errors.empty_table")]),
    "csv_without_crs": (
        "x.csv",
        holding(HEADING + ROW),
        [phrase("errors.datum_undecided"), "`inputs.facilities.datum`", '"gcj02" (Amap, Tencent)'],
    ),
    "csv_without_places": (
        "x.csv",
        holding(b"id,name,tier\nC1,West,community\n"),
        [phrase("errors.no_geometry", present="id, name, tier"), "lon and lat", "`inputs.facilities.columns`"],
    ),
    "csv_of_metres_without_crs": (
        "x.csv",
        holding(b"id,name,tier,x,y\nC1,West,community,500200,4390200\n"),
        [phrase("errors.no_crs"), 'example "EPSG:4326"'],
    ),
    "csv_by_semicolon": ("x.csv", holding(HEADING.replace(b",", b";")), [phrase("errors.empty_table")]),
    "csv_wider_than_heading": (
        "x.csv",
        holding(HEADING + b"C1,West, the old one,community,105.0023,39.6616\n"),
        ["Rows have more cells than the heading has columns.", "quotes"],
    ),
    "csv_one_row_wider": (
        "x.csv",
        holding(HEADING + ROW + b"a,b,c,d,e,f,g\n"),
        ["Rows have more cells than the heading has columns.", "(1 row: #3)"],
    ),
    "ending": ("x.dxf", holding(b"0"), [phrase("errors.unknown_format", ending=".dxf"), "Supported: .gpkg"]),
    "missing": (
        "nowhere.gpkg",
        lambda _: None,
        [phrase("errors.no_such_file", setting="inputs.facilities"), "relative to the study file"],
    ),
    "endless_name": (f"{'n' * 300}.gpkg", lambda _: None, [CUT, "too long"]),
    "several_layers": (
        "toy.gpkg",
        lambda _: None,
        [
            phrase(
                "errors.several_layers",
                layers="communities, centres, streets, people",
                setting="inputs.facilities",
            )
        ],
    ),
}


@pytest.mark.parametrize(("name", "make", "said"), DAMAGED.values(), ids=DAMAGED)
def test_files_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, make: Make, said: list[str]
) -> None:
    study = toy.write_study(tmp_path / "toy", study=from_file(name))
    make(study.parent / name)
    answer = refused(study, capsys, code=3)
    assert f"{name} cannot be used as it is:" in answer
    assert [part for part in said if part not in answer] == []
    assert "driver" not in answer


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            'layer = "centers"\n',
            [phrase("errors.no_such_layer", layer="centers", layers=", ".join(TOY))],
        ),
        (
            'layer = "centres"\ncolumns = { name = "Nam", tier = "level" }\n',
            [
                phrase("errors.mapped_column_missing", column="name", theirs="Nam") + " id, name, tier",
                "`level`",
            ],
        ),
        ('layer = "centres"\ncolumns = { floor_area = "floor_area_m2" }\n', ["Did you mean `floor_area_m2`?"]),
        (
            'layer = "centres"\ncolumns = { geometry = "name" }\n',
            [phrase("errors.mapped_column_unknown", name="geometry"), "Available"],
        ),
        (
            'layer = "centres"\ncolumns = { name = "geometry" }\n',
            [phrase("errors.mapped_column_missing", column="name", theirs="geometry")],
        ),
        (
            'layer = "centres"\ncrs = "EPSG:4326"\ncolumns = { name = "Nam", floor_area_m2 = "tier" }\n',
            [
                "`Nam`",
                phrase("errors.contradicting_crs", declared="EPSG:4326"),
                "Column 'tier' is missing",
                phrase("errors.not_a_number", found="community, station"),
            ],
        ),
    ],
)
def test_layers_and_columns_that_are_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: str, said: list[str]
) -> None:
    answer = refused(toy.write_study(tmp_path / "toy", study=from_file("toy.gpkg", more)), capsys, code=3)
    assert [part for part in said if part not in answer] == []


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            b"C1,W,community,east,39.66\nC2,W,station,,39.66\n",
            [
                phrase("errors.unreadable_place", columns="`lon`, `lat`", cells="`east`, `39.66`"),
                "(1 row: C1)",
                phrase("errors.missing_place", columns="lon, lat") + " (1 row: C2)",
            ],
        ),
        (b"C1,W,community,inf,39.66\n", ["Coordinates that are not finite numbers. Correct them. (1 row: C1)"]),
    ],
)
def test_csv_places_that_are_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: bytes, said: list[str]
) -> None:
    study = toy.write_study(tmp_path / "toy", study=from_file("x.csv", DEGREES))
    (study.parent / "x.csv").write_bytes(HEADING + rows)
    answer = refused(study, capsys, code=3)
    assert [part for part in said if part not in answer] == []


def test_csv_shapes_that_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = toy.write_study(tmp_path / "toy", study=from_file("x.csv", DEGREES))
    (study.parent / "x.csv").write_bytes(
        b"id,name,tier,wkt\nC1,W,community,POINT (105\nC2,W,town,POINT (105 39.66)\n"
    )
    answer = refused(study, capsys, code=3)
    assert phrase("errors.unreadable_place", columns="`wkt`", cells="`POINT (105`") in answer
    assert "(1 row: C1)" in answer


def test_several_files_at_once_in_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damaged = from_file("x.gpkg").replace('path = "toy.gpkg"\nlayer = "streets"', 'path = "nowhere.gpkg"')
    study = toy.write_study(tmp_path / "toy", study=damaged.replace('"en"', '"zh"'))
    noise(study.parent / "x.gpkg")
    answer = refused(study, capsys, code=3)
    assert "文件不存在（`inputs.streets`）" in answer
    assert "无法读取该文件：" in answer


def numbers(study: Path) -> dict[str, object]:
    """Return what a plan has measured, without where it was read from."""
    plan = json.loads((study.parent / "out" / "plan.json").read_text("utf-8"))
    return {part: plan[part] for part in ("coverage", "centres", "diagnosis", "siting", "notices")}


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
def test_a_chinese_spreadsheet_gives_the_same_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], encoding: str
) -> None:
    """Chinese headings for columns and places, metres, and a column of another meaning that has our name."""
    plain = toy.write_study(tmp_path / "plain")
    headings = {**HEADINGS, "x": "东", "y": "北"}
    columns = ", ".join(f'{ours} = "{theirs}"' for ours, theirs in headings.items())
    study = from_file("阵地.csv", f'crs = "{toy.CRS}"\ncolumns = {{ {columns} }}\n')
    sheet = toy.write_study(tmp_path / "sheet", study=study)
    spreadsheet(CENTRES).to_csv(sheet.parent / "阵地.csv", index=False, encoding=encoding)
    done(plain, capsys, "plan")
    done(sheet, capsys, "plan")
    assert numbers(sheet) == numbers(plain)


def spreadsheet(centres: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    named = centres.rename(columns=HEADINGS)
    return named.assign(东=centres.geometry.x, 北=centres.geometry.y, name="党群服务中心").drop(columns="geometry")
