"""Where the rows of a table lie, in every way that people and databases write it; other cells are quoted."""

from __future__ import annotations

import random
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely
import toy
from answers import refused
from phrases import phrase

from planner.config.sections.layers import Layer
from planner.io.layer_read import LayerRead
from planner.io.layers import read_layer
from planner.io.osm.graphml import read_graphml
from planner.io.tables.coordinates import (
    DEEPEST,
    parse_coordinate,
    parse_coordinate_column,
    parse_coordinate_pair,
    read_shapes,
)
from planner.messages.catalogue import Texts
from planner.messages.errors import DataError
from planner.schemas.tables import BUILDINGS, DEMAND, FACILITIES

EAST, NORTH = 106.8125, 39.675
PLACE = shapely.Point(EAST, NORTH)
HOUSE = shapely.box(EAST - 1e-4, NORTH - 1e-4, EAST + 1e-4, NORTH + 1e-4)


def read(path: Path, schema: object = FACILITIES, **more: object) -> LayerRead:
    layer = Layer.model_validate({"path": path, **more})
    return read_layer(path, layer, setting="inputs.x", schema=schema, home=(106.8, 39.7))  # type: ignore[arg-type]


def table(path: Path, heading: str, *cells: str) -> Path:
    """Write a table of centres, parted by tabs, whose place is in these columns."""
    lines = [
        f"编号\t名称\t层级\t{heading}",
        *(f"C{row}\t站{row}\t社区\t{cell}" for row, cell in enumerate(cells, 1)),
    ]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def checked(path: Path, schema: object = FACILITIES, **more: object) -> gpd.GeoDataFrame:
    found = read(path, schema, **more)
    return schema.check(found.frame, source=path.name, reader_issues=found.issues)  # type: ignore[attr-defined]


SHAPES = {
    "ewkb": shapely.to_wkb(shapely.set_srid(PLACE, 4326), hex=True, include_srid=True),
    "ewkb_big_endian": shapely.to_wkb(shapely.set_srid(PLACE, 4326), hex=True, include_srid=True, byte_order=0),
    "bytea": "\\x" + shapely.to_wkb(shapely.set_srid(PLACE, 4326), hex=True, include_srid=True).lower(),
    "sql": "0x" + shapely.to_wkb(shapely.set_srid(PLACE, 4326), hex=True, include_srid=True),
    "ewkb_with_height": shapely.to_wkb(
        shapely.set_srid(shapely.Point(EAST, NORTH, 1090), 4326), hex=True, include_srid=True
    ),
    "ewkt": f"SRID=4326;POINT({EAST} {NORTH})",
    "geojson": f'{{"type": "Point", "coordinates": [{EAST}, {NORTH}]}}',
    "geojson_feature": '{"type":"Feature","properties":{},"geometry":{"type":"Point",'
    f'"coordinates":[{EAST},{NORTH}]}}}}',
}


@pytest.mark.parametrize("cell", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("heading", ["geom", "the_geom", "几何", "坐标"])
def test_shapes_as_text_are_read_and_say_their_system(tmp_path: Path, cell: str, heading: str) -> None:
    found = checked(table(tmp_path / "x.tsv", heading, cell))
    assert found.crs.to_epsg() == 4326
    assert found.geometry[2].equals_exact(PLACE, 1e-12)


PAIRS = {
    "106.8125,39.675": False,
    "106,8125;39,675": False,
    "106,8125 39,675": False,
    "106,8125, 39,675": False,
    "106-48-45,39-40-30": False,
    "106 48 45.0, 39 40 30": False,
    "经度:106.8125,纬度:39.675": False,
    "纬度：39.675，经度：106.8125": False,
    "经度106.8125 纬度39.675": False,
    "lat=39.675&lng=106.8125": False,
    '{"lng": 106.8125, "lat": 39.675}': False,
    "39.675N,106.8125E": False,
    "东经106度48分45秒北纬39度40分30秒": False,
    "E106°48′45″ N39°40′30″": False,
    "106.8125、39.675": False,
    "39.675,106.8125": True,
}


@pytest.mark.parametrize("cell", PAIRS)
def test_both_coordinates_in_one_cell(tmp_path: Path, cell: str) -> None:
    found = read(table(tmp_path / "x.tsv", "坐标", cell, cell))
    assert [(round(shape.x, 9), round(shape.y, 9)) for shape in found.frame.geometry] == [(EAST, NORTH)] * 2
    assert ("coordinates_exchanged" in [notice.key for notice in found.notices]) == PAIRS[cell]


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        ("106,8125", "39,675"),
        ("106-48-45", "39-40-30.0"),
        ("106 48 45", "39 40 30"),
        ("106:48:45E", "39:40:30N"),
        ("106°48'45,0\"", "39°40'30,0\""),
        ("１０６．８１２５", "３９．６７５"),
    ],
)
def test_coordinates_in_two_columns(tmp_path: Path, lon: str, lat: str) -> None:
    found = checked(table(tmp_path / "x.tsv", "经度\t纬度", f"{lon}\t{lat}"))
    assert (found.geometry.x[2], found.geometry.y[2]) == pytest.approx((EAST, NORTH), abs=1e-9)


def test_a_comma_means_the_same_in_every_cell_of_a_column() -> None:
    assert parse_coordinate_column(["106,8", "106,813", "106,8125"], degrees=True) == [106.8, 106.813, 106.8125]
    assert parse_coordinate_column(["500,123", "4,391,234"], degrees=False) == [500123, 4391234]
    assert parse_coordinate_column(["4391234,5", "500,123"], degrees=False) == [4391234.5, 500.123]


@pytest.mark.parametrize(
    "cell", ["106 48", "1 06.8", "2021-10-12", "106-75-10", "106--48-45", "about 106", "106.8.1"]
)
def test_what_is_no_coordinate_is_none(cell: str) -> None:
    assert parse_coordinate(cell) is None


@pytest.mark.parametrize("cell", ["39.6N,39.7N", "1,2,3", "经度:106.8", "106.8", "106,8", "x"])
def test_what_is_no_pair_of_longitude_and_latitude(cell: str) -> None:
    found = parse_coordinate_pair(cell)
    assert found is None or cell == "106,8"


UNREAD = {
    "address": ("坐标", "海勃湾区新华街1号"),
    "polyline": ("坐标", "106.8,39.6;106.9,39.7;106.9,39.8"),
    "torn_wkb": ("geom", SHAPES["ewkb"][:-4]),
    "torn_wkt": ("wkt", "POINT (106.8 39.6"),
    "other_json": ("geom", '{"x": 106.8}'),
    "word_in_longitude": ("经度\t纬度", "east\t39.6"),
}


@pytest.mark.parametrize("name", UNREAD)
def test_a_cell_that_is_no_place_is_quoted(tmp_path: Path, name: str) -> None:
    heading, cell = UNREAD[name]
    with pytest.raises(DataError) as error:
        checked(table(tmp_path / "x.tsv", heading, cell))
    answer = error.value.in_words("en")
    assert f"`{cell.split(chr(9))[0][:40]}" in answer
    assert "(1 row: C1)" in answer
    assert phrase("errors.no_crs") not in answer
    assert phrase("errors.missing_geometry") not in answer
    assert "无法识别为位置" in error.value.in_words("zh")


@pytest.mark.parametrize("cell", ["", "无", "—", "null", "\\N", "nan"])
def test_a_cell_that_says_nothing_is_a_row_to_be_located(tmp_path: Path, cell: str) -> None:
    with pytest.raises(DataError, match=re.escape(f"{Texts('en')('errors.missing_geometry')} (1 row: C2)")):
        checked(table(tmp_path / "x.tsv", "坐标", "106.8,39.6", cell))


# Several ways


def two_ways(path: Path, shape: shapely.Geometry, lon: float, lat: float) -> Path:
    path.write_text(f'id,name,tier,latitude,longitude,geometry\nC1,W,station,{lat},{lon},"{shape.wkt}"\n', "utf-8")
    return path


def test_areas_are_taken_where_areas_are_wanted_and_points_where_points_are(tmp_path: Path) -> None:
    path = two_ways(tmp_path / "x.csv", HOUSE, EAST, NORTH)
    buildings = checked(path, BUILDINGS)
    assert buildings.crs.to_epsg() == 4326
    assert buildings.geometry[2].equals(HOUSE)
    assert checked(path).geometry[2].equals(PLACE)


def test_a_column_called_shape_that_names_types_is_no_way(tmp_path: Path) -> None:
    """What ArcGIS writes: the type of the shape in the place of the shape."""
    path = tmp_path / "x.csv"
    path.write_text(f"id,name,tier,geometry,lon,lat\nC1,W,station,Point ZM,{EAST},{NORTH}\n", "utf-8")
    assert checked(path).geometry[2].equals(PLACE)


def test_the_way_that_the_declared_system_means_is_taken(tmp_path: Path) -> None:
    metric = gpd.GeoSeries([PLACE], crs=4326).to_crs(32648)[0]
    path = tmp_path / "x.csv"
    path.write_text(f"id,name,tier,lon,lat,x,y\nC1,W,station,{EAST},{NORTH},{metric.x},{metric.y}\n", "utf-8")
    assert checked(path).geometry[2].equals(PLACE)
    assert checked(path, crs="EPSG:32648").geometry[2].equals(metric)


def test_two_ways_that_contradict_one_another_are_refused_for_points_and_told_for_areas(tmp_path: Path) -> None:
    # One thousandth of a degree of latitude is 111 m; one ten-thousandth, by which roundings differ, is 11 m.
    near = two_ways(tmp_path / "near.csv", PLACE, EAST, NORTH + 0.0001)
    assert checked(near).geometry[2].equals(shapely.Point(EAST, NORTH + 0.0001))
    far = two_ways(tmp_path / "far.csv", PLACE, EAST, NORTH + 0.001)
    with pytest.raises(
        DataError, match=r"`longitude`, `latitude` and `geometry` give different positions, up to 111 m"
    ):
        checked(far)
    chosen = {"lon": "longitude", "lat": "latitude"}
    assert checked(far, columns=chosen).geometry[2].equals(shapely.Point(EAST, NORTH + 0.001))
    house = read(two_ways(tmp_path / "house.csv", HOUSE, EAST, NORTH + 0.01), BUILDINGS)
    assert [notice.key for notice in house.notices] == ["ways_differ"]
    assert house.issues == ()


def test_a_shifted_maps_coordinates_beside_surveyed_ones_are_refused(tmp_path: Path) -> None:
    """经度, 纬度 and a column 坐标 of a web map some 500 m away: no one of the two is taken in silence."""
    path = table(tmp_path / "x.tsv", "经度\t纬度\t坐标", f"{EAST}\t{NORTH}\t{EAST + 0.006},{NORTH + 0.001}")
    with pytest.raises(DataError, match="give different positions"):
        checked(path)


# Depth

DEEP = 40_000


def nested_wkb(depth: int) -> str:
    inner = shapely.to_wkb(shapely.Point(1, 1))
    return (b"\x01\x07\x00\x00\x00\x01\x00\x00\x00" * depth + inner).hex()


@pytest.mark.parametrize(
    "deep",
    [
        "GEOMETRYCOLLECTION(" * DEEP + "POINT(1 1)" + ")" * DEEP,
        "SRID=4326;" + "GEOMETRYCOLLECTION(" * DEEP,
        nested_wkb(DEEP),
        "\\x" + nested_wkb(DEEP),
        '{"type":"GeometryCollection","geometries":[' * DEEP + "]}" * DEEP,
        '{"type":"Point","coordinates":' + "[" * DEEP + "]" * DEEP + "}",
        # A multipoint of multipoints: what cannot be nested is followed all the same.
        (b"\x01\x04\x00\x00\x00\x01\x00\x00\x00" * DEEP).hex(),
    ],
    ids=["wkt", "ewkt", "wkb", "bytea", "geojson", "coordinates", "multipoints"],
)
def test_shapes_nested_without_end_are_no_shapes(tmp_path: Path, deep: str) -> None:
    assert read_shapes([deep]).shapes.tolist() == [None]
    with pytest.raises(DataError, match="not a position"):
        checked(table(tmp_path / "x.tsv", "geom", deep))


def test_shapes_nested_as_deep_as_shapes_are_still_read() -> None:
    wanted: shapely.Geometry = shapely.MultiPolygon([shapely.box(0, 0, 9, 9) - shapely.box(1, 1, 2, 2)])
    for _ in range(3):
        wanted = shapely.GeometryCollection([wanted])
    for text in (wanted.wkt, shapely.to_wkb(wanted, hex=True), shapely.to_geojson(wanted)):
        assert read_shapes([text]).shapes[0].equals(wanted)
    assert read_shapes([nested_wkb(DEEPEST - 1)]).shapes[0] is not None
    assert read_shapes([nested_wkb(DEEPEST)]).shapes[0] is None


@pytest.mark.parametrize("seed", range(30))
def test_wkb_of_every_kind_is_read_as_the_library_reads_it(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - the same shapes each time
    kinds: list[shapely.Geometry] = [
        shapely.Point(1, 2),
        shapely.Point(1, 2, 3),
        shapely.LineString([(0, 0, 1), (1, 1, 2)]),
        HOUSE,
        HOUSE.buffer(1) - HOUSE,
        shapely.MultiPoint([(0, 0), (1, 2)]),
        shapely.MultiLineString([[(0, 0), (1, 2)], [(3, 3), (4, 4), (5, 6)]]),
        shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3)]),
        shapely.Point(),
    ]
    shape = shapely.GeometryCollection(dice.sample(kinds, 3)) if seed % 2 else dice.choice(kinds)
    flavor = dice.choice(["extended", "iso"])
    packed = shapely.to_wkb(shape, hex=True, byte_order=dice.randrange(2), flavor=flavor)
    found = read_shapes([packed]).shapes[0]
    assert shapely.to_wkb(found) == shapely.to_wkb(shapely.from_wkb(packed))
    torn = bytearray.fromhex(packed)
    torn[dice.randrange(len(torn))] ^= 1 << dice.randrange(8)
    read_shapes([bytes(torn).hex(), packed[: dice.randrange(len(packed))]])


@pytest.mark.parametrize("shape", ["GEOMETRYCOLLECTION(" * DEEP + "POINT(1 1)" + ")" * DEEP, "LINESTRING (1"])
def test_a_graph_whose_shapes_cannot_be_read_is_refused(tmp_path: Path, shape: str) -> None:
    (tmp_path / "x.graphml").write_text(
        '<graphml><key id="a" for="node" attr.name="x"/><key id="b" for="node" attr.name="y"/>'
        '<key id="g" for="edge" attr.name="geometry"/><graph edgedefault="directed">'
        '<node id="1"><data key="a">24.94</data><data key="b">60.17</data></node>'
        '<node id="2"><data key="a">24.95</data><data key="b">60.17</data></node>'
        f'<edge source="1" target="2"><data key="g">{shape}</data></edge></graph></graphml>',
        "utf-8",
    )
    with pytest.raises(DataError, match="cannot be read"):
        read_graphml(tmp_path / "x.graphml")


# X and Y exchanged


def test_northing_and_easting_exchanged_are_named_as_the_cause(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """X is the northing in Chinese surveying: the columns are right there, and wrong for every other program."""
    study = toy.STUDY.replace('path = "toy.gpkg"\nlayer = "centres"', f'path = "c.csv"\ncrs = "{toy.CRS}"')
    file = toy.write_study(tmp_path / "toy", study=study)
    centres = toy.layers()["centres"]
    rows = [
        f"{row.id},{row.name},{row.tier},{row.geometry.y},{row.geometry.x}"
        for row in centres.itertuples(index=False)
    ]
    (file.parent / "c.csv").write_text("\n".join(["id,name,tier,X,Y", *rows]) + "\n", "utf-8")
    answer = refused(file, capsys, code=3)
    assert phrase("errors.far_away_xy") in answer
    file.write_text(
        study.replace(f'crs = "{toy.CRS}"', f'crs = "{toy.CRS}"\ncolumns = {{ x = "Y", y = "X" }}'), "utf-8"
    )
    assert np.allclose(
        shapely.get_coordinates(
            checked(file.parent / "c.csv", crs=toy.CRS, columns={"x": "Y", "y": "X"}).geometry
        ),
        shapely.get_coordinates(centres.geometry),
    )


def test_swapped_axes_of_a_spatial_file_do_not_speak_of_columns(tmp_path: Path) -> None:
    layer = gpd.GeoDataFrame({"id": ["a"], "people": [1]}, geometry=[shapely.Point(39.6, 106.8)], crs=4326)
    layer.to_file(tmp_path / "x.geojson", driver="GeoJSON")
    with pytest.raises(DataError) as error:
        checked(tmp_path / "x.geojson", DEMAND)
    assert "swapped" in error.value.in_words("en")
    assert "Exchange the two columns" not in error.value.in_words("en")
    assert "QGIS" in error.value.in_words("en")


def test_decimal_commas_in_a_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["编号", "名称", "层级", "经度", "纬度"], ["C1", "东风", "社区", "106,8125", "39,675"]):
        book.active.append(row)
    book.save(tmp_path / "x.xlsx")
    assert checked(tmp_path / "x.xlsx").geometry[2].equals(PLACE)
