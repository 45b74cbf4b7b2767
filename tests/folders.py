"""Folders as districts keep them: boundaries, a population workbook, a list of centres, an extract."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache, wraps
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import shapely

from planner.io.datum.transform import Datum, convert_datum
from planner.io.osm.extract import read_osm_streets

CRS = "EPSG:4545"  # CGCS2000, three-degree zone of 108° E, near which the city lies
ORIGIN = np.array([397_000.0, 4_392_000.0])
STEP_M, ACROSS, UP = 150.0, 17, 13
NAMES = ["东风", "西园", "清泉", "和平", "新华", "友谊", "光明", "胜利", "建设", "向阳", "长青", "幸福"]
PEOPLE = dict(zip(NAMES, range(2_100, 4_500, 200), strict=True))
TOTAL = sum(PEOPLE.values())
STREETS = ("滨河街道", "林荫街道")


def nodes() -> np.ndarray:
    """Return the corners of the streets, shape (up, across, 2), metres in `CRS`: an uneven grid."""
    random = np.random.default_rng(7)
    east, north = np.meshgrid(np.arange(ACROSS) * STEP_M, np.arange(UP) * STEP_M)
    return ORIGIN + np.stack([east, north], axis=-1) + random.uniform(-35, 35, (UP, ACROSS, 2))


def write_extract(path: Path, *, buildings: int = 0) -> None:
    """Write the streets as an OpenStreetMap extract."""
    corners = nodes()
    points = gpd.GeoSeries(shapely.points(corners.reshape(-1, 2)), crs=CRS).to_crs(4326)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6">']
    for number, point in enumerate(points, start=1):
        lines.append(f'<node id="{number}" version="1" lat="{point.y:.7f}" lon="{point.x:.7f}"/>')
    count = len(points)
    corner = corners.reshape(-1, 2)[:buildings] + 40.0
    for number, place in enumerate(corner):
        box = gpd.GeoSeries([shapely.box(*place, *(place + 15.0))], crs=CRS).to_crs(4326).iloc[0]
        for step, (lon, lat) in enumerate(list(box.exterior.coords)[:4]):
            lines.append(f'<node id="{9000 + 4 * number + step}" version="1" lat="{lat:.7f}" lon="{lon:.7f}"/>')
    ids = np.arange(1, count + 1).reshape(UP, ACROSS)
    ways = [*ids.tolist(), *ids.T.tolist()]
    for number, way in enumerate(ways, start=1):
        refs = "".join(f'<nd ref="{node}"/>' for node in way)
        lines.append(f'<way id="{number}" version="1">{refs}<tag k="highway" v="residential"/></way>')
    for number in range(buildings):
        refs = "".join(f'<nd ref="{9000 + 4 * number + step}"/>' for step in (0, 1, 2, 3, 0))
        lines.append(f'<way id="{500 + number}" version="1">{refs}<tag k="building" v="apartments"/></way>')
    path.write_text("\n".join([*lines, "</osm>"]), "utf-8")


def communities() -> gpd.GeoDataFrame:
    """Return twelve communities between the streets, with crooked borders, in `CRS`."""
    random = np.random.default_rng(3)
    east = np.linspace(-70, (ACROSS - 1) * STEP_M + 70, 5)
    north = np.linspace(-70, (UP - 1) * STEP_M + 70, 4)
    grid = ORIGIN + np.stack(np.meshgrid(east, north), axis=-1) + random.uniform(-60, 60, (4, 5, 2))
    areas = [
        shapely.Polygon(
            [grid[row, column], grid[row, column + 1], grid[row + 1, column + 1], grid[row + 1, column]]
        )
        for row in range(3)
        for column in range(4)
    ]
    return gpd.GeoDataFrame(
        {"社区名称": [f"{name}社区" for name in NAMES], "所属街道": [STREETS[row // 6] for row in range(12)]},
        geometry=areas,
        crs=CRS,
    )


def centres() -> gpd.GeoDataFrame:
    """Return fourteen centres beside streets: of nine communities, a town, and stations, in `CRS`."""
    corners, areas = nodes(), communities()
    rows = []
    for number, (name, area) in enumerate(zip(NAMES, areas.geometry, strict=True)):
        flat = corners.reshape(-1, 2)
        near = flat[np.argsort(np.hypot(*(flat - np.array(area.centroid.coords[0])).T))[:3]]
        if number < 9:
            rows.append(
                (f"{name}社区党群服务中心", "社区党群服务中心", f"{name}社区", near[0] + 6.0, 320 + 10 * number)
            )
        if number in {0, 4, 7, 11}:
            rows.append((f"{name}商圈党群服务站", "商圈党群服务站", f"{name}社区", near[1] + 7.0, 60))
    rows.append(("滨河街道党群服务中心", "街道党群服务中心", "西园社区", nodes()[2, 6] + 8.0, 900))
    names, kinds, homes, places, areas_m2 = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {"名称": names, "类别": kinds, "所属社区": homes, "建筑面积（㎡）": areas_m2},
        geometry=shapely.points(np.array(places)),
        crs=CRS,
    )


def with_coordinates(frame: gpd.GeoDataFrame, datum: Datum, lon: str, lat: str) -> pd.DataFrame:
    """Return a table whose columns say where its rows lie, in a datum."""
    points = frame.to_crs(4326).geometry
    shifted = convert_datum(points.x.to_numpy(), points.y.to_numpy(), "wgs84", datum)
    return pd.DataFrame(frame.drop(columns="geometry")).assign(
        **{lon: np.round(shifted[0], 6), lat: np.round(shifted[1], 6)}
    )


def write_population(path: Path, *, codes: bool = False, in_ten_thousands: bool = False) -> None:
    """Write the population workbook: a title, merged subdistricts, subtotals, a total, and who filled it in."""
    book = openpyxl.Workbook()
    sheet = book.active
    unit = "（万人）" if in_ten_thousands else "（人）"
    heading = ["街道", *(["社区代码"] if codes else []), "社区名称", "户数", f"常住人口{unit}"]
    sheet.append(["2023年各社区常住人口统计表"])
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(heading))
    sheet.append(heading)
    scale = 10_000 if in_ten_thousands else 1
    for half, street in enumerate(STREETS):
        names = NAMES[6 * half : 6 * half + 6]
        first = sheet.max_row + 1
        for number, name in enumerate(names):
            code = [f"1503020{half + 1}{number + 1:03d}0"] if codes else []
            sheet.append([street, *code, f"{name}社区", PEOPLE[name] // 3, PEOPLE[name] / scale])
        sheet.merge_cells(start_row=first, start_column=1, end_row=sheet.max_row, end_column=1)
        people = sum(PEOPLE[name] for name in names)
        sheet.append(["小计", *([None] if codes else []), None, people // 3, people / scale])
    sheet.append(["合计", *([None] if codes else []), None, TOTAL // 3, TOTAL / scale])
    sheet.append(["填表人：张三", None, None, "审核：李四"])
    book.save(path)


def write_workbook(path: Path, frame: pd.DataFrame, title: Sequence[str] = ()) -> None:
    """Write a table as a workbook."""
    book = openpyxl.Workbook()
    for line in title:
        book.active.append([line])
    book.active.append(list(frame.columns))
    for row in frame.itertuples(index=False):
        book.active.append([value.item() if isinstance(value, np.generic) else value for value in row])
    book.save(path)


def copied(make: Callable[[Path], None]) -> Callable[[Path], None]:
    """Let a folder be made once in a process of tests, and copied from then on."""

    @cache
    def made() -> dict[str, bytes]:
        with tempfile.TemporaryDirectory() as room:
            make(home := Path(room, "made"))
            return {str(file.relative_to(home)): file.read_bytes() for file in home.rglob("*") if file.is_file()}

    @wraps(make)
    def put(folder: Path) -> None:
        for name, body in made().items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(body)

    return put


@copied
def first(folder: Path) -> None:
    """Boundaries in degrees of CGCS2000 with names only, centres of Amap, an extract with buildings."""
    (folder / "边界").mkdir(parents=True)
    communities().to_crs(4490).to_file(folder / "边界" / "社区边界.shp", encoding="gbk")
    (folder / "边界" / "社区边界.cpg").unlink()
    write_population(folder / "社区人口.xlsx")
    write_workbook(
        folder / "党群服务中心.xlsx", with_coordinates(centres(), "gcj02", "经度", "纬度"), ["党群服务中心一览表"]
    )
    write_extract(folder / "道路.osm", buildings=60)
    (folder / "说明.docx").write_bytes(b"PK")


@copied
def second(folder: Path) -> None:
    """Boundaries in metres with codes, population in 万人, centres as GBK text with one column of places."""
    folder.mkdir(parents=True)
    codes = [f"1503020{half + 1}{number + 1:03d}0" for half in range(2) for number in range(6)]
    areas = communities().rename(columns={"社区名称": "NAME"}).drop(columns="所属街道")
    areas.insert(0, "社区代码", codes)
    areas.to_file(folder / "village_boundary.shp", encoding="gbk")
    (folder / "village_boundary.cpg").write_text("GBK", "ascii")
    write_population(folder / "七普数据.xlsx", codes=True, in_ten_thousands=True)
    table = with_coordinates(centres(), "gcj02", "lon", "lat")
    table["高德坐标"] = table["lon"].map("{:.6f}".format) + "," + table["lat"].map("{:.6f}".format)
    table = table.drop(columns=["lon", "lat", "所属社区"]).rename(columns={"名称": "阵地名称", "类别": "阵地类型"})
    table.insert(0, "序号", range(1, len(table) + 1))
    (folder / "阵地清单.csv").write_bytes(table.to_csv(index=False).encode("gb18030"))
    write_extract(folder / "map.osm")


@copied
def third(folder: Path) -> None:
    """A zipped shapefile without system, no column of tiers, population and centres as sheets of one book."""
    folder.mkdir(parents=True)
    areas = communities().to_crs(4490)
    areas.to_file(folder / "社区.shp", encoding="gbk")
    for ending in (".prj", ".cpg"):
        (folder / f"社区{ending}").unlink()
    with zipfile.ZipFile(folder / "社区边界.zip", "w") as archive:
        for part in sorted(folder.glob("社区.*")):
            if part.suffix != ".zip":
                archive.write(part, part.name)
                part.unlink()
    write_population(folder / "人口.xlsx")
    book = openpyxl.load_workbook(folder / "人口.xlsx")
    sheet = book.create_sheet("服务中心")
    table = with_coordinates(centres(), "gcj02", "高德经度", "高德纬度").drop(columns=["类别", "建筑面积（㎡）"])
    sheet.append(list(table.columns))
    for row in table.itertuples(index=False):
        sheet.append(list(row))
    book.save(folder / "人口.xlsx")
    write_extract(folder / "OSM道路.osm")


def around_streets(folder: Path, extract: Path) -> None:
    """Boundaries and centres around the streets of a real extract, as `first`."""
    streets = read_osm_streets(extract).to_crs(CRS)
    west, south, east, north = streets.total_bounds
    middle, size = np.array([west + east, south + north]) / 2, min(east - west, north - south) * 0.35
    edges = np.linspace(-size, size, 4)
    areas = [
        shapely.box(*(middle + np.array([x, y])), *(middle + np.array([x, y]) + edges[1] - edges[0]))
        for y in edges[:3]
        for x in edges[:3]
    ]
    corners = shapely.get_coordinates(streets.geometry.array)
    rows = []
    for name, area in zip(NAMES, areas, strict=False):
        near = corners[np.argsort(np.hypot(*(corners - np.array(area.centroid.coords[0])).T))[0]]
        if shapely.intersects_xy(area, *near):
            rows.append((f"{name}社区党群服务中心", "社区党群服务中心", f"{name}社区", near + 4.0))
    folder.mkdir(parents=True)
    names = [f"{name}社区" for name in NAMES[:9]]
    gpd.GeoDataFrame({"社区名称": names}, geometry=areas, crs=CRS).to_crs(4490).to_file(
        folder / "社区.shp", encoding="gbk"
    )
    called, kinds, homes, places = zip(*rows, strict=True)
    table = gpd.GeoDataFrame(
        {"名称": called, "类别": kinds, "所属社区": homes}, geometry=shapely.points(np.array(places)), crs=CRS
    )
    write_workbook(folder / "中心.xlsx", with_coordinates(table, "gcj02", "经度", "纬度"))
    write_workbook(folder / "人口.xlsx", pd.DataFrame({"社区名称": names, "人口": [3000] * 9}), ["人口统计表"])
    shutil.copy(extract, folder / extract.name)


FOLDERS: Mapping[str, Callable[[Path], None]] = {"first": first, "second": second, "third": third}
