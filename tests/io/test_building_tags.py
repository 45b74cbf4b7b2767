"""What buildings of OpenStreetMap say on themselves: uses, storeys, heights; the same from files."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from test_osm import square, way, write

from planner.config.sections.layers import Layer
from planner.io.layers import read_layer
from planner.io.osm.building_tags import parse_height_m, parse_storeys
from planner.population.buildings import ResidentialBuildings, read_building_kinds, select_residential
from planner.schemas.tables import BUILDINGS

KINDS = read_building_kinds(None, study="s")


def homes_in(file: Path) -> tuple[ResidentialBuildings, list[str]]:
    """Return the homes of a layer, and what was said while it was read."""
    layer = read_layer(file, Layer(path=file), setting="inputs.buildings", schema=BUILDINGS)
    table = BUILDINGS.check(layer.frame, source=str(file), reader_issues=layer.issues)
    homes = select_residential(BUILDINGS.as_type(table.to_crs(32648)), KINDS)
    return homes, [notice.key for notice in (*layer.notices, *homes.notices)]


def extract(folder: Path, *tags: dict[str, str]) -> Path:
    objects = []
    for row, one in enumerate(tags):
        objects += square(10 * row + 1, 106.8 + row / 100, 39.0, 0.001)
        corners = [10 * row + corner for corner in (1, 2, 3, 4, 1)]
        objects.append(way(row + 1, corners, **{key.replace(":", "__"): value for key, value in one.items()}))
    return write(folder, *objects)


OTHER_USES = [
    {"shop": "mall"},
    {"amenity": "school"},
    {"amenity": "parking"},
    {"power": "substation"},
    {"parking": "multi-storey"},
    {"office": "government"},
    {"leisure": "sports_centre"},
    {"tourism": "hotel"},
    {"healthcare": "clinic"},
    {"man_made": "works"},
    {"public_transport": "station"},
    {"landuse": "industrial"},
    {"building:use": "commercial"},
]
DWELLINGS = [
    {},
    {"name": "8号楼"},
    {"shop": "vacant"},
    {"amenity": "nursing_home"},
    {"amenity": "social_facility", "social_facility": "assisted_living"},
    {"building:use": "residential", "shop": "convenience"},
    {"building:flats": "12", "shop": "convenience"},
    {"landuse": "residential"},
]


@pytest.mark.parametrize("tags", OTHER_USES, ids=lambda tags: "=".join(next(iter(tags.items()))))
@pytest.mark.parametrize("building", ["yes", "Yes"])
def test_a_building_that_says_another_use_houses_nobody(
    tmp_path: Path, tags: dict[str, str], building: str
) -> None:
    homes, told = homes_in(extract(tmp_path, {"building": building, **tags}, {"building": "yes"}))
    assert homes.points["id"].tolist() == ["w2"]
    assert "building_used_otherwise" in told


@pytest.mark.parametrize("tags", DWELLINGS, ids=str)
def test_dwellings_stay(tmp_path: Path, tags: dict[str, str]) -> None:
    homes, told = homes_in(extract(tmp_path, {"building": "yes", **tags}))
    assert homes.points["id"].tolist() == ["w1"]
    assert "building_used_otherwise" not in told


def test_what_is_called_apartments_is_lived_in_whatever_shop_is_below(tmp_path: Path) -> None:
    homes, _ = homes_in(extract(tmp_path, {"building": "apartments", "shop": "supermarket"}))
    assert len(homes.points) == 1


@pytest.mark.parametrize(
    ("written", "metres"),
    [
        ("12", 12.0),
        ("12.5", 12.5),
        ("12 m", 12.0),
        ("12m", 12.0),
        ("12,5 m", 12.5),
        ("12米", 12.0),
        ("40'", 12.192),
        ("40 ft", 12.192),
        ("6'6\"", 1.9812),
    ],
)
def test_heights(written: str, metres: float) -> None:
    assert parse_height_m(written) == pytest.approx(metres)


@pytest.mark.parametrize("written", ["", "high", "~12", "12-15", "3;4", "-3", "12 km", "nan", "inf", "1e3"])
def test_what_is_no_height(written: str) -> None:
    assert parse_height_m(written) != parse_height_m(written)


@pytest.mark.parametrize(
    ("written", "count"),
    [("6", 6.0), ("5.5", 5.5), ("6层", 6.0), ("地上6层", 6.0), ("6 floors", 6.0), ("6F", 6.0)],
)
def test_storeys(written: str, count: float) -> None:
    assert parse_storeys(written) == count


@pytest.mark.parametrize("written", ["", "3;4", "1-3", "1,2", "B1-5", "-1", "six", "6+1", "nan", "inf"])
def test_what_is_no_number_of_storeys(written: str) -> None:
    assert parse_storeys(written) != parse_storeys(written)


def test_people_go_by_height_where_storeys_are_missing(tmp_path: Path) -> None:
    """90 m and 9 m at 3 m a storey: thirty storeys and three."""
    homes, told = homes_in(
        extract(tmp_path, {"building": "yes", "height": "90"}, {"building": "yes", "height": "9 m"})
    )
    one, other = homes.points["floor_area_m2"]
    assert one / other == pytest.approx(10, rel=1e-3)
    assert "levels_assumed" not in told


def test_storeys_go_before_height_and_the_roof_counts_for_nothing(tmp_path: Path) -> None:
    tags = {"building": "yes", "building:levels": "4", "roof:levels": "2", "height": "30"}
    homes, _ = homes_in(extract(tmp_path, tags, {"building": "yes", "building:levels": "1"}))
    one, other = homes.points["floor_area_m2"]
    assert one / other == pytest.approx(4, rel=1e-3)


@pytest.mark.parametrize(
    ("typo", "storeys_then"),
    [
        ({"building:levels": "600000"}, 3),
        ({"building:levels": "201"}, 3),
        ({"building:levels": "600000", "height": "18"}, 6),
        ({"height": "9000"}, 3),
        ({"building:levels": "200"}, 200),
        ({"building:levels": "3;4", "height": "12"}, 4),
    ],
)
def test_storeys_are_bounded(tmp_path: Path, typo: dict[str, str], storeys_then: int) -> None:
    file = extract(tmp_path, {"building": "yes", **typo}, {"building": "yes", "building:levels": "1"})
    homes, told = homes_in(file)
    one, other = homes.points["floor_area_m2"]
    assert one / other == pytest.approx(storeys_then, rel=1e-3)
    assert ("building_too_high" in told) is (storeys_then != 200 and ";" not in str(typo))
    assert ("storeys_unread" in told) is (";" in str(typo))


def layer_of(folder: Path, **columns: list[object]) -> Path:
    count = len(next(iter(columns.values())))
    shapes = [shapely.box(106.8 + row / 100, 39.0, 106.801 + row / 100, 39.001) for row in range(count)]
    file = folder / "buildings.gpkg"
    gpd.GeoDataFrame(columns, geometry=shapes, crs=4326).to_file(file)
    return file


FILES: dict[str, tuple[dict[str, list[object]], list[int]]] = {
    "Geofabrik": (
        {
            "osm_id": ["1", "2", "3", "4"],
            "code": [1500] * 4,
            "fclass": ["building"] * 4,
            "type": ["apartments", "school", None, "garage"],
        },
        [0, 2],
    ),
    "Geofabrik, class only": ({"osm_id": ["1", "2", "3"], "fclass": ["building", "school", "mall"]}, [0]),
    "QuickOSM": (
        {
            "osm_id": ["1", "2", "3", "4"],
            "building": ["yes", "yes", "house", "yes"],
            "amenity": [None, "school", "school", None],
            "shop": [None, None, None, "mall"],
        },
        [0, 2],
    ),
    "GDAL": (
        {
            "osm_id": ["1", "2", "3"],
            "building": ["yes", "yes", None],
            "landuse": [None, None, "forest"],
            "type": ["multipolygon", None, "multipolygon"],
            "other_tags": ['"height"=>"12"', '"parking"=>"multi-storey"', None],
        },
        [0],
    ),
    "survey": ({"类型": ["住宅", "学校", "住宅"], "shop": [3, 4, 5]}, [0, 2]),
}


@pytest.mark.parametrize("case", FILES)
def test_layers_from_files(tmp_path: Path, case: str) -> None:
    columns, lived_in = FILES[case]
    homes, _ = homes_in(layer_of(tmp_path, number=list(range(len(next(iter(columns.values()))))), **columns))
    count = len(next(iter(columns.values())))
    assert sorted(set(range(count)) - set(homes.unused)) == lived_in


def test_storeys_and_heights_in_further_tags(tmp_path: Path) -> None:
    file = layer_of(
        tmp_path,
        building=["yes", "yes", "yes"],
        other_tags=['"building:levels"=>"10"', '"height"=>"15 m"', '"building:levels"=>"1"'],
    )
    homes, _ = homes_in(file)
    ten, five, one = homes.points["floor_area_m2"]
    assert (ten / one, five / one) == (pytest.approx(10, rel=1e-3), pytest.approx(5, rel=1e-3))
