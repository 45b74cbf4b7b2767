"""OpenStreetMap extracts: the reader against hand-made files, damaged files, and two independent oracles."""

import gzip
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pytest
import shapely

from planner.io.osm.extract import read_osm_buildings, read_osm_points, read_osm_streets
from planner.messages.errors import DataError
from planner.network.network import build_network

HELSINKI = Path(__file__).parents[2] / "data" / "helsinki" / "Helsinki.osm.pbf"
COLUMNS = ["id", "name", "kind", "crossing", "structure", "gated", "square", "access", "geometry"]
READERS = [read_osm_streets, read_osm_buildings, lambda path: read_osm_points(path, ("amenity",))]


def node(number: int, east: float, north: float, **tags: str) -> str:
    return f'<node id="{number}" lon="{east}" lat="{north}">{tagged(tags)}</node>'


def way(number: int, nodes: list[int], **tags: str) -> str:
    inside = "".join(f'<nd ref="{ref}"/>' for ref in nodes)
    return f'<way id="{number}">{inside}{tagged(tags)}</way>'


def relation(number: int, members: list[tuple[int, str]], **tags: str) -> str:
    inside = "".join(f'<member type="way" ref="{ref}" role="{role}"/>' for ref, role in members)
    return f'<relation id="{number}">{inside}{tagged(tags)}</relation>'


def tagged(tags: dict[str, str]) -> str:
    return "".join(f'<tag k="{key.replace("__", ":")}" v="{value}"/>' for key, value in tags.items())


def write(folder: Path, *objects: str, name: str = "made.osm") -> Path:
    path = folder / name
    path.write_text(f'<?xml version="1.0"?><osm version="0.6">{"".join(objects)}</osm>', encoding="utf-8")
    return path


def square(first: int, west: float, south: float, side: float) -> list[str]:
    corners = [(west, south), (west + side, south), (west + side, south + side), (west, south + side)]
    return [node(first + number, *corner) for number, corner in enumerate(corners)]


LINE = [node(number, number / 100, 0.0) for number in range(1, 8)]


# streets


def test_ways_join_where_they_share_a_node(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        *LINE,
        node(20, 0.02, 0.01),
        node(21, 0.03, -0.01),
        node(22, 0.03, 0.01),
        way(5, [1, 2, 3, 4], highway="residential", name="Main Street"),
        way(4, [2, 20], highway="footway"),
        # Lies across Main Street without sharing its node: a bridge.
        way(6, [21, 22], highway="footway", bridge="yes"),
    )
    streets = read_osm_streets(file)
    assert streets.columns.tolist() == COLUMNS
    assert streets["id"].tolist() == ["4", "5", "6"]
    assert streets["name"].tolist() == ["", "Main Street", ""]
    assert streets["kind"].tolist() == ["footway", "residential", "footway"]
    assert streets.crs.to_epsg() == 4326
    assert list(streets.geometry[1].coords) == [(0.01, 0.0), (0.02, 0.0), (0.03, 0.0), (0.04, 0.0)]
    network = build_network(streets.to_crs(32631))
    assert len(network.edge_m) == 4
    assert sorted(set(network.edge_piece)) == [0, 1]


def test_private_ways_are_marked_and_opened_ones_are_not(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        *LINE,
        way(1, [1, 2], highway="service", access="private"),
        way(2, [2, 3], highway="service", access="private", foot="yes"),
        way(3, [3, 4], railway="rail"),
        way(4, [3, 4], highway="service", access="no"),
    )
    assert read_osm_streets(file)[["id", "access"]].values.tolist() == [["1", "private"], ["2", ""]]


def test_a_cut_way_keeps_its_stretches(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        *LINE,
        way(1, [1, 2, 99, 3, 4, 5], highway="path"),
        way(2, [99, 3, 4], highway="path"),
        # One node is no stretch.
        way(3, [1, 99, 2], highway="path"),
        way(4, [98, 99], highway="path"),
        way(5, [1], highway="path"),
    )
    streets = read_osm_streets(file)
    assert streets["id"].tolist() == ["1", "2"]
    assert streets.geometry.geom_type.tolist() == ["MultiLineString", "LineString"]
    assert [len(part.coords) for part in streets.geometry[0].geoms] == [2, 3]
    # The gap stays a gap.
    assert streets.geometry[0].length == pytest.approx(0.03)


def test_repeated_places_leave_no_line_without_length(tmp_path: Path) -> None:
    twin = node(30, 0.01, 0.0)
    file = write(tmp_path, *LINE, twin, way(1, [1, 30], highway="path"), way(2, [1, 30, 2, 2], highway="path"))
    streets = read_osm_streets(file)
    assert streets["id"].tolist() == ["2"]
    assert streets.is_valid.all()
    assert list(streets.geometry[0].coords) == [(0.01, 0.0), (0.02, 0.0)]


def test_nodes_off_the_earth_are_missing(tmp_path: Path) -> None:
    file = write(tmp_path, *LINE, node(30, 0.08, 95.0), way(1, [1, 2, 30], highway="path"))
    assert list(read_osm_streets(file).geometry[0].coords) == [(0.01, 0.0), (0.02, 0.0)]


def test_the_order_of_the_file_does_not_matter(tmp_path: Path) -> None:
    objects = [*LINE, way(1, [1, 2], highway="path"), way(2, [2, 3], highway="path", name="B")]
    usual = read_osm_streets(write(tmp_path, *objects))
    reversed_ = read_osm_streets(write(tmp_path, *objects[::-1], name="reversed.osm"))
    assert len(usual) == 2
    assert usual.equals(reversed_)


def test_what_is_not_uploaded_yet_is_read(tmp_path: Path) -> None:
    file = write(tmp_path, node(-1, 0.0, 0.0), node(2, 0.1, 0.0), way(-3, [-1, 2], highway="path"))
    assert read_osm_streets(file)["id"].tolist() == ["-3"]


def test_all_three_endings_say_the_same(tmp_path: Path) -> None:
    plain = write(tmp_path, *LINE, way(1, [1, 2, 3], highway="path", name="Kävelykatu 步行街"))
    packed = tmp_path / "made.osm.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    binary = tmp_path / "made.osm.pbf"
    with osmium.SimpleWriter(binary) as writer:
        for found in osmium.FileProcessor(plain):
            writer.add(found)
    streets = read_osm_streets(plain)
    assert streets["name"].tolist() == ["Kävelykatu 步行街"]
    assert streets.equals(read_osm_streets(packed))
    assert streets.equals(read_osm_streets(binary))


def test_nothing_walkable_is_an_empty_table(tmp_path: Path) -> None:
    for objects in ([], [*LINE, way(1, [1, 2], highway="motorway")]):
        streets = read_osm_streets(write(tmp_path, *objects))
        assert streets.empty
        assert streets.columns.tolist() == COLUMNS
        assert streets.crs.to_epsg() == 4326
    file = write(tmp_path)
    assert read_osm_buildings(file).columns.tolist() == ["id", "name", "building", "levels", "geometry"]
    assert read_osm_points(file, ("shop",)).columns.tolist() == ["id", "name", "key", "value", "geometry"]


# buildings


def test_buildings_are_ways_and_relations_with_courtyards(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        *square(1, 0, 0, 4),
        *square(11, 1, 1, 2),
        *square(21, 10, 0, 1),
        way(1, [1, 2, 3], building="yes"),
        way(2, [3, 4, 1], note="the other half of the ring"),
        way(3, [11, 12, 13, 14, 11]),
        way(4, [21, 22, 23, 24, 21], building="house", building__levels="2.5", name="Villa"),
        way(5, [21, 22, 23, 24, 21], building="no"),
        way(6, [21, 22, 23, 24], building="wall"),
        relation(9, [(1, "outer"), (2, "outer"), (3, "inner")], type="multipolygon", building="palace"),
        relation(8, [(77, "outer")], type="multipolygon", building="cut away"),
        relation(7, [(4, "outline")], type="building", building="not a polygon"),
    )
    buildings = read_osm_buildings(file)
    assert buildings["id"].tolist() == ["w4", "r9"]
    assert buildings["name"].tolist() == ["Villa", ""]
    assert buildings["building"].tolist() == ["house", "palace"]
    assert buildings["levels"].tolist() == pytest.approx([2.5, np.nan], nan_ok=True)
    assert buildings.is_valid.all()
    assert buildings.geometry.map(lambda shape: shape.area).tolist() == pytest.approx([1.0, 12.0])


def test_an_outline_is_read_once(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        *square(1, 0, 0, 4),
        *square(11, 1, 1, 2),
        way(1, [1, 2, 3, 4, 1], building="yes"),
        way(2, [11, 12, 13, 14, 11], building="pavilion in the courtyard"),
        relation(1, [(1, "outer"), (2, "inner")], type="multipolygon", building="yes"),
    )
    assert read_osm_buildings(file)["id"].tolist() == ["w2", "r1"]


def test_a_wall_between_two_rings_is_no_border(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        *square(1, 0, 0, 2),
        *[node(11, 4, 0), node(12, 4, 2)],
        way(1, [1, 2, 3, 4, 1]),
        way(2, [2, 11, 12, 3, 2]),
        relation(1, [(1, "outer"), (2, "outer")], type="multipolygon", building="yes"),
    )
    shape = read_osm_buildings(file).geometry[0]
    assert shape.equals(shapely.box(0, 0, 4, 2))


def test_an_outline_that_crosses_itself_is_made_valid(tmp_path: Path) -> None:
    file = write(tmp_path, *square(1, 0, 0, 2), way(1, [1, 3, 2, 4, 1], building="yes"))
    shape = read_osm_buildings(file).geometry[0]
    assert shape.is_valid
    assert shape.area == pytest.approx(2.0)


def test_a_building_that_loses_a_corner_is_left_out(tmp_path: Path) -> None:
    corners = square(1, 0, 0, 2)
    file = write(tmp_path, *corners[:3], way(1, [1, 2, 3, 4, 1], building="yes"))
    assert read_osm_buildings(file).empty


@pytest.mark.parametrize(
    ("written", "levels"), [("3", 3.0), ("2;3", np.nan), ("two", np.nan), ("-1", np.nan), ("inf", np.nan)]
)
def test_levels_that_are_no_number_are_unknown(tmp_path: Path, written: str, levels: float) -> None:
    outline = way(1, [1, 2, 3, 4, 1], building="yes", building__levels=written)
    buildings = read_osm_buildings(write(tmp_path, *square(1, 0, 0, 2), outline))
    assert buildings["levels"].tolist() == pytest.approx([levels], nan_ok=True)


# points


def test_points_are_nodes_and_points_inside_areas(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        node(50, 9, 9, amenity="library", name="Branch", shop="books"),
        node(49, 9, 8, shop="bakery"),
        node(48, 9, 7, office="company"),
        *square(1, 0, 0, 4),
        way(50, [1, 2, 3, 4, 1], amenity="townhall", name="Town Hall"),
        way(51, [1, 2, 3], amenity="bench"),
    )
    points = read_osm_points(file, ("amenity", "shop"))
    assert points["id"].tolist() == ["n49", "n50", "w50"]
    assert points["name"].tolist() == ["", "Branch", "Town Hall"]
    assert points["key"].tolist() == ["shop", "amenity", "amenity"]
    assert points["value"].tolist() == ["bakery", "library", "townhall"]
    assert set(points.geom_type) == {"Point"}
    assert shapely.box(0, 0, 4, 4).contains(points.geometry[2])


# damaged files


def damage(kind: str, folder: Path) -> Path:
    whole = HELSINKI.read_bytes()
    ring = way(1, [1, 1, 1, 1], highway="path", building="yes").encode()
    xml = b'<?xml version="1.0"?><osm version="0.6"><node id="1" lat="0" lon="0"/>' + ring + b"</osm>"
    page = b"<!DOCTYPE html><html><body>Too many requests</body></html>"
    contents = {
        "empty.osm": b"",
        "empty.osm.pbf": b"",
        "page.osm": page,
        "page.osm.pbf": page,
        "page.osm.gz": gzip.compress(page),
        "cut.osm": xml[:60],
        "cut.osm.gz": gzip.compress(xml)[:40],
        "cut.osm.pbf": whole[: len(whole) // 2],
        "tail.osm.pbf": whole[:-7],
        "pbf.osm": whole[:2000],
        "words.osm": xml.replace(b'lat="0"', b'lat="north"'),
        "id.osm": xml.replace(b'id="1"', b'id="one"'),
        "unknown.shape": xml,
    }
    path = folder / kind
    if kind == "folder.osm":
        path.mkdir()
    elif kind != "missing.osm.pbf":
        path.write_bytes(contents[kind])
    return path


@pytest.mark.parametrize(
    "kind",
    [
        *("empty.osm", "empty.osm.pbf", "page.osm", "page.osm.pbf", "page.osm.gz", "cut.osm", "cut.osm.gz"),
        *("cut.osm.pbf", "tail.osm.pbf", "pbf.osm", "words.osm", "id.osm", "unknown.shape"),
        *("folder.osm", "missing.osm.pbf"),
    ],
)
@pytest.mark.parametrize("reader", READERS, ids=["streets", "buildings", "points"])
def test_damaged_files_are_refused_in_words(kind: str, reader, tmp_path: Path) -> None:  # noqa: ANN001
    path = damage(kind, tmp_path)
    with pytest.raises(DataError) as caught:
        reader(path)
    assert caught.value.source == str(path)
    (issue,) = caught.value.issues
    assert issue.key == "unreadable_file"
    assert str(issue.values["reason"])
    for language in ("zh", "en"):
        assert str(path) in caught.value.in_words(language)


# the real extract


def test_helsinki_is_one_network() -> None:
    streets = read_osm_streets(HELSINKI).to_crs(3067)
    assert 80_000 < streets[~streets["square"]].length.sum() < 110_000
    network = build_network(streets)
    length_m = network.edge_m.sum()
    assert network.edge_m[network.edge_piece == 0].sum() > 0.97 * length_m


def areas_by_libosmium(key: str) -> dict[str, shapely.Geometry]:
    factory = osmium.geom.WKBFactory()
    processor = osmium.FileProcessor(HELSINKI).with_areas().with_filter(osmium.filter.KeyFilter(key))
    return {
        f"{'w' if area.from_way() else 'r'}{area.orig_id()}": shapely.from_wkb(factory.create_multipolygon(area))
        for area in processor
        if area.is_area()
    }


def test_helsinki_buildings_agree_with_the_areas_of_libosmium() -> None:
    buildings = read_osm_buildings(HELSINKI)
    oracle = areas_by_libosmium("building")
    ours = dict(zip(buildings["id"], buildings.geometry, strict=True))
    assert set(ours) <= set(oracle)
    # Two outlines whose relation is a building as well.
    assert set(oracle) - set(ours) == {"w122595213", "w675858716"}
    for ident, shape in ours.items():
        assert shape.equals(oracle[ident]), ident
    assert buildings.is_valid.all()
    assert set(buildings.geom_type) <= {"Polygon", "MultiPolygon"}
    assert 60 <= buildings["levels"].notna().sum() <= 200


def test_helsinki_points_agree_with_a_simple_pass() -> None:
    points = read_osm_points(HELSINKI, ("amenity",))
    nodes = {
        f"n{found.id}": found.tags["amenity"]
        for found in osmium.FileProcessor(HELSINKI, osmium.osm.NODE)
        if "amenity" in found.tags
    }
    kinds = dict(zip(points["id"], points["value"], strict=True))
    assert {ident: kind for ident, kind in kinds.items() if ident.startswith("n")} == nodes
    areas = areas_by_libosmium("amenity")
    assert {ident for ident in kinds if not ident.startswith("n")} == set(areas)
    oodi = points[points["name"] == "Helsingin keskustakirjasto Oodi"]
    assert oodi["value"].tolist() == ["library"]
    assert areas[oodi["id"].iloc[0]].contains(oodi.geometry.iloc[0])


def test_the_readers_return_ordinary_frames() -> None:
    for reader in READERS:
        frame = reader(HELSINKI)
        assert type(frame) is gpd.GeoDataFrame
        assert frame.index.tolist() == list(range(len(frame)))
