"""The same district in other files gives the same plan: GBK table, workbook, shifted coordinates, shapefile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pyogrio
import pytest
import shapely

import planner
from planner.io.datum.transform import Datum, convert_datum
from planner.reporting.document.build import build_document

HAIBOWAN = Path(__file__).parent.parent / "data" / "haibowan"
FILE = HAIBOWAN / "haibowan.gpkg"
LAYERS = ("communities", "centres", "streets", "buildings", "water", "barriers")
STREETS = ("新华街道", "海北街道")
"""Two streets of the district, with two fifths of its people: every layer has rows there."""

WITHIN_M = 0.01
FROM_PLACES = ("area_ratio", "detour", "next_centre_min")
"""Measures of lengths and areas, which follow places a centimetre apart where the datum was shifted."""
CENTRE_NAMES = {
    "id": "编号",
    "name": "阵地名称",
    "tier": "层级",
    "community": "所属社区",
    "floor_area_m2": "建筑面积（㎡）",
}
TIERS = {"district": "区级", "town": "街道", "community": "社区", "village": "村", "station": "党群驿站"}

PLAIN = """\
name = "海勃湾区"
{inputs}
[siting]
sites = 4
candidates = 60
"""


def entry(name: str, path: str, layer: str = "", more: str = "") -> str:
    named = f'layer = "{layer}"\n' if layer else ""
    return f'\n[inputs.{name}]\npath = "{path}"\n{named}{more}'


def shifted(layer: gpd.GeoDataFrame, datum: Datum) -> gpd.GeoDataFrame:
    degrees = layer.to_crs(4326)
    shapes = shapely.transform(
        degrees.geometry.array, lambda xy: np.column_stack(convert_datum(xy[:, 0], xy[:, 1], "wgs84", datum))
    )
    return degrees.set_geometry(shapes, crs=4326)


@pytest.fixture(scope="module")
def layers() -> dict[str, gpd.GeoDataFrame]:
    whole = {name: pyogrio.read_dataframe(FILE, layer=name) for name in LAYERS}
    communities = whole["communities"]
    communities = communities[communities["street"].isin(STREETS)]
    area = shapely.union_all(communities.geometry.array)
    near = shapely.buffer(area, 500.0)
    parts = {name: layer[layer.intersects(near)] for name, layer in whole.items()}
    parts |= {
        "communities": communities,
        # The clerk's list states neither functions nor hours.
        "centres": whole["centres"][whole["centres"].intersects(area)].drop(
            columns=["functions", "open_hours_week"]
        ),
        "buildings": whole["buildings"][whole["buildings"]["community"].isin(communities["id"])],
    }
    assert all(len(layer) for layer in parts.values())
    return {name: layer.reset_index(drop=True) for name, layer in parts.items()}


@pytest.fixture(scope="module")
def plain(layers: dict[str, gpd.GeoDataFrame], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the plan of the study as one GeoPackage in UTF-8 and degrees, WGS-84."""
    folder = tmp_path_factory.mktemp("plain")
    for name, layer in layers.items():
        pyogrio.write_dataframe(layer.to_crs(4326), folder / "all.gpkg", layer=name)
    names = {"facilities": "centres", "demand": "buildings"}
    inputs = [
        entry(name, "all.gpkg", names.get(name, name), 'datum = "wgs84"\n')
        for name in ("communities", "facilities", "streets", "demand", "water", "barriers")
    ]
    (folder / "study.toml").write_text(PLAIN.format(inputs="".join(inputs)), "utf-8")
    return build_document(planner.run(folder / "study.toml"))


def as_gbk_csv(centres: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, path: Path) -> None:
    """Write the centres as a clerk would: Chinese names, communities by name, GCJ-02, a title, a total, blanks."""
    gcj = shifted(centres, "gcj02")
    names = communities.set_index("id")["name"]
    named = [f"{names[one]}居委会" if isinstance(one, str) and one else "" for one in centres["community"]]
    rows = [["海勃湾区党群服务中心一览表"], [*CENTRE_NAMES.values(), "经度", "纬度"]]
    for row, community, point in zip(centres.itertuples(), named, gcj.geometry, strict=True):
        area = "" if np.isnan(row.floor_area_m2) else f"{row.floor_area_m2:,.0f}平方米"
        place = [f"{point.x:.9f}", f"{point.y:.9f}"]
        rows.append([row.id, row.name, TIERS[row.tier], community, f'"{area}"', *place])
        if row.Index == 20:
            rows.append([])
    rows.append(["合计", "", "", "", f'"{centres["floor_area_m2"].sum():,.0f}"', "", ""])
    path.write_text("\n".join(",".join(row) for row in rows) + "\n", "gb18030")


def as_workbook(buildings: gpd.GeoDataFrame, path: Path) -> None:
    """Write the buildings as a sheet with a heading of two rows and WKT."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "居民楼"
    sheet.append(["居民楼登记表"])
    sheet.append(["楼栋编号", "居民", None, None, "社区代码", "几何"])
    sheet.append([None, "常住人口", "户数", "65岁以上人口", None, None])
    sheet.merge_cells("A1:F1")
    sheet.merge_cells("B2:D2")
    for row in buildings.to_crs(4326).itertuples():
        counts = [row.people, row.households, row.people_65]
        sheet.append([row.id, *counts, int(row.community), shapely.to_wkt(row.geometry, 10)])
    sheet.append(["合计", int(buildings["people"].sum()), int(buildings["households"].sum())])
    book.save(path)


def test_a_district_in_other_files_gives_the_same_plan(
    layers: dict[str, gpd.GeoDataFrame], plain: dict[str, Any], tmp_path: Path
) -> None:
    as_gbk_csv(layers["centres"], layers["communities"], tmp_path / "阵地.csv")
    as_workbook(layers["buildings"], tmp_path / "人口.xlsx")
    outlines = layers["communities"].rename(
        columns={"name": "社区名称", "street": "街道", "people": "常住人口", "households": "户数"}
    )
    shifted(outlines, "gcj02").to_file(tmp_path / "社区.shp", encoding="GB18030")
    (tmp_path / "社区.cpg").unlink()
    pyogrio.write_dataframe(shifted(layers["streets"], "bd09"), tmp_path / "道路.fgb")
    for name in ("water", "barriers"):
        pyogrio.write_dataframe(layers[name], tmp_path / f"{name}.geojson")
    inputs = [
        entry("communities", "社区.shp"),
        entry("facilities", "阵地.csv"),
        entry("streets", "道路.fgb"),
        entry("demand", "人口.xlsx", more='crs = "EPSG:4326"\n'),
        entry("water", "water.geojson", more='datum = "wgs84"\n'),
        entry("barriers", "barriers.geojson", more='datum = "wgs84"\n'),
    ]
    study = tmp_path / "study.toml"
    study.write_text(PLAIN.format(inputs="".join(inputs)), "utf-8")
    found = build_document(planner.run(study))

    sources = {source["layer"]: source for source in found["data"]["sources"]}
    assert {name: source["datum"] for name, source in sources.items()} == {
        "communities": "gcj02",
        "facilities": "gcj02",
        "streets": "bd09",
        "demand": "wgs84",
        "water": "wgs84",
        "barriers": "wgs84",
    }
    assert [sources[name]["encoding"] for name in ("communities", "facilities")] == ["gb18030", "gb18030"]
    for source in sources.values():
        assert source["rows"] == source["used"] + sum(one["count"] for one in source["dropped"])
    assert {one["key"]: one["count"] for one in sources["facilities"]["dropped"]} == {
        "row_title": 1,
        "row_blank": 1,
        "row_total": 1,
    }
    assert found["data"]["people"] == plain["data"]["people"] == 65_500 + 70_422
    assert_same_findings(found, plain)


def assert_same_findings(found: dict[str, Any], plain: dict[str, Any]) -> None:
    assert found["diagnosis"]["rates"] == plain["diagnosis"]["rates"]
    assert found["diagnosis"]["weak_communities"] == plain["diagnosis"]["weak_communities"]
    for one, other in zip(found["centres"], plain["centres"], strict=True):
        for name in ("id", "name", "tier", "community", "verdict"):
            assert one[name] == other[name]
        known = {name: value for name, value in other["measures"].items() if value is not None}
        for name, value in known.items():
            assert one["measures"][name] == pytest.approx(
                value, rel=1e-5 if name.startswith(FROM_PLACES) else 1e-9
            ), name
        assert [name for name, value in one["measures"].items() if value is None] == [
            name for name in other["measures"] if name not in known
        ]
        assert_same_place(one, other)
    for one, other in zip(found["coverage"]["total"], plain["coverage"]["total"], strict=True):
        assert one["people_covered"] == other["people_covered"]
        assert one["area_covered_m2"] == pytest.approx(other["area_covered_m2"], rel=1e-5)
    for one, other in zip(found["siting"]["proposals"], plain["siting"]["proposals"], strict=True):
        assert (one["method"], one["people_gained"]) == (other["method"], other["people_gained"])
        assert [site["id"] for site in one["sites"]] == [site["id"] for site in other["sites"]]
        for site, twin in zip(one["sites"], other["sites"], strict=True):
            assert site["people_added"] == twin["people_added"]
            assert_same_place(site, twin, within_m=2 * WITHIN_M)


def assert_same_place(one: dict[str, Any], other: dict[str, Any], within_m: float = WITHIN_M) -> None:
    """Degrees in plan.json have seven digits, so that equal places may differ by one centimetre there."""
    east_m = (one["lon"] - other["lon"]) * 111_320 * np.cos(np.radians(one["lat"]))
    north_m = (one["lat"] - other["lat"]) * 111_320
    assert np.hypot(east_m, north_m) <= within_m + 0.012


def test_the_study_itself_is_the_plain_one(
    layers: dict[str, gpd.GeoDataFrame], plain: dict[str, Any], tmp_path: Path
) -> None:
    """The layers in metres, as the study that ships has them."""
    for name, layer in layers.items():
        pyogrio.write_dataframe(layer, tmp_path / FILE.name, layer=name)
    names = {"facilities": "centres", "demand": "buildings"}
    inputs = [
        entry(name, FILE.name, names.get(name, name))
        for name in ("communities", "facilities", "streets", "demand", "water", "barriers")
    ]
    (tmp_path / "study.toml").write_text(PLAIN.format(inputs="".join(inputs)), "utf-8")
    assert_same_findings(build_document(planner.run(tmp_path / "study.toml")), plain)
