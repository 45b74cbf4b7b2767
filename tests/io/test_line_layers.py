"""Line layers with classes and tags of OpenStreetMap, or Chinese classes: the rules of an extract."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from planner.config.sections.layers import Layer
from planner.inputs.study_inputs import is_private_way
from planner.io.layer_read import FileNotes, LayerRead, clip_excluded_lines, summarize_excluded_lines
from planner.io.layers import read_layer
from planner.io.osm.line_classes import classify_lines
from planner.messages.errors import DataError
from planner.schemas.tables import BUILDINGS, STREETS

CRS = "EPSG:32648"


def lines(**columns: list[object]) -> gpd.GeoDataFrame:
    """Return one street of 100 m a row."""
    count = len(next(iter(columns.values())))
    shapes = [
        shapely.LineString([(500_000, 4_390_000 + 10 * row), (500_100, 4_390_000 + 10 * row)])
        for row in range(count)
    ]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def read(file: Path, **settings: object) -> LayerRead:
    return read_layer(file, Layer(path=file, **settings), setting="inputs.streets", schema=STREETS)


def save(layer: gpd.GeoDataFrame, folder: Path, ending: str) -> Path:
    file = folder / f"streets.{ending}"
    if ending == "csv":
        layer.to_crs(4326).assign(wkt=layer.to_crs(4326).geometry.to_wkt()).drop(columns="geometry").to_csv(
            file, index=False
        )
    elif ending == "parquet":
        layer.to_parquet(file)
    else:
        layer.to_file(file)
    return file


CASES: dict[str, tuple[dict[str, list[object]], list[str]]] = {
    "Geofabrik": (
        {"fclass": ["residential", "motorway", "motorway_link", "trunk", "track_grade4", "unknown", "steps"]},
        ["", "class", "class", "", "", "", ""],
    ),
    "Geofabrik, railways": ({"fclass": ["rail", "residential", "river"]}, ["class", "", "class"]),
    "GDAL": (
        {
            "highway": ["residential", None, None, "footway", None],
            "waterway": [None, "river", None, None, None],
            "other_tags": [
                None,
                '"name:zh"=>"河"',
                '"railway"=>"rail","gauge"=>"1435"',
                '"foot"=>"no","note"=>"a ""b"" \\" c"',
                None,
            ],
        },
        ["", "class", "class", "foot", "class"],
    ),
    "QuickOSM": (
        {
            "highway": ["service", "service", "service", "primary", "construction", "footway"],
            "access": ["private", "private", None, "no", None, "military"],
            "foot": ["yes", None, "use_sidepath", "destination", None, None],
        },
        ["", "", "foot", "", "class", "access"],
    ),
    "motor roads and tunnels": (
        {
            "highway": ["trunk", "service", "service"],
            "motorroad": ["yes", None, None],
            "tunnel": [None, "yes", "building_passage"],
        },
        ["motorroad", "tunnel", ""],
    ),
    "lists of OSMnx": ({"highway": ["['motorway', 'trunk']", "['path', 'motorway']"]}, ["class", ""]),
    "tags in JSON": ({"tags": ['{"highway": "motorway"}', '{"highway": "path"}']}, ["class", ""]),
    "level of roads": (
        {
            "道路等级": [
                "高速公路",
                "快速路",
                "主干路",
                "次干路",
                "支路",
                "快速路辅路",
                "国道",
                "人行道",
                "在建道路",
            ]
        },
        ["class", "class", "", "", "", "", "", "", "class"],
    ),
    "kind of roads": (
        {"类别": ["城市快速路", "铁路", "河流", "巷", "京藏高速公路", "居住区道路"]},
        ["class"] * 3 + ["", "class", ""],
    ),
    "kind": ({"kind": ["railway", "residential", "street", "Expressway"]}, ["class", "", "", "class"]),
    "in capitals": ({"HIGHWAY": ["Motorway ", "Residential"]}, ["class", ""]),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("ending", ["gpkg", "geojson", "csv", "parquet"])
def test_lines_are_sorted_as_an_extract_is(tmp_path: Path, case: str, ending: str) -> None:
    columns, reasons = CASES[case]
    layer = lines(number=list(range(len(reasons))), **columns)
    found = read(save(layer, tmp_path, ending))
    walked = [row for row, reason in enumerate(reasons) if not reason]
    assert list(map(int, found.frame["number"])) == walked
    assert found.notes.left_out is not None
    assert found.notes.left_out["reason"].tolist() == [reason for reason in reasons if reason]
    assert sum(len(notice.rows) for notice in found.left_out) == len(reasons) - len(walked)
    assert found.read == len(reasons)


PRIVATE: dict[str, tuple[dict[str, list[object]], list[str]]] = {
    "access": (
        {"highway": ["service", "service", "path"], "access": ["private", "private", None]},
        ["private"] * 2 + [""],
    ),
    "foot opens": (
        {"highway": ["service", "service"], "access": ["private"] * 2, "foot": ["yes", None]},
        ["", "private"],
    ),
    "foot closes": ({"fclass": ["service", "path"], "foot": ["private", None]}, ["private", ""]),
    "further tags": (
        {"highway": ["service", "path"], "other_tags": ['"access"=>"private"', None]},
        ["private", ""],
    ),
    "the planner's own": (
        {
            "kind": ["service", "path"],
            "structure": ["", ""],
            "gated": [False, False],
            "square": [False, False],
            "access": ["private", ""],
        },
        ["private", ""],
    ),
}


@pytest.mark.parametrize("case", PRIVATE)
def test_private_lines_are_kept_and_marked(tmp_path: Path, case: str) -> None:
    """As those of an extract: `walking.private_ways` says what becomes of them."""
    columns, access = PRIVATE[case]
    found = read(save(lines(**columns), tmp_path, "gpkg"))
    assert [word or "" for word in found.frame["access"]] == access


def test_shapefiles_cut_names_and_words(tmp_path: Path) -> None:
    layer = lines(fclass=["motorway", "path"], other_tags=[None, '"foot"=>"no"'])
    with pytest.raises(DataError, match="all 2 lines"):
        read(save(layer, tmp_path, "shp"))


@pytest.mark.parametrize("ending", ["gpkg", "csv"])
def test_a_setting_keeps_all_lines(tmp_path: Path, ending: str) -> None:
    file = save(lines(fclass=["motorway", "river", "path"]), tmp_path, ending)
    found = read(file, keep_all_lines=True)
    assert len(found.frame) == 3
    assert found.notes == FileNotes() or found.notes.left_out is None


def test_the_setting_is_for_line_layers_of_streets(tmp_path: Path) -> None:
    extract = tmp_path / "x.osm"
    extract.write_text('<osm version="0.6"></osm>', "utf-8")
    with pytest.raises(DataError) as caught:
        read(extract, keep_all_lines=True)
    assert [issue.key for issue in caught.value.issues] == ["keep_all_of_extract"]
    with pytest.raises(DataError) as caught:
        read_layer(extract, Layer(path=extract, keep_all_lines=True), setting="inputs.buildings", schema=BUILDINGS)
    assert [issue.key for issue in caught.value.issues] == ["keep_all_not_streets"]


FOREIGN: dict[str, tuple[dict[str, list[object]], list[str]]] = {
    "surfaces": ({"type": ["asphalt", "gravel", "concrete"]}, []),
    "letters": ({"access": ["A", "B", "B"]}, ["access"]),
    "numbers": ({"access": [0, 1, 1], "type": [1, 2, 3]}, ["access"]),
    "one word in many": ({"type": ["asphalt", "motorway", "gravel", "brick"]}, ["type"]),
    "Chinese": ({"类型": ["沥青", "水泥", "土"], "access": ["开放", "封闭", "封闭"]}, ["access"]),
    "open": ({"access": ["open", "closed", "no"]}, ["access"]),
    "codes": ({"fclass": ["5111", "5112", "5113"]}, ["fclass"]),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_a_foreign_column_drops_no_line(tmp_path: Path, case: str) -> None:
    """What only happens to be called so is not read, and that is told with its words."""
    columns, told = FOREIGN[case]
    found = read(save(lines(**columns), tmp_path, "gpkg"))
    assert len(found.frame) == len(next(iter(columns.values())))
    notices = [notice for notice in found.notices if notice.key == "line_words_unread"]
    assert [notice.values["column"] for notice in notices] == told  # noqa: PD011 - of a notice


def test_unknown_classes_among_known_ones_are_walked_and_told(tmp_path: Path) -> None:
    found = read(save(lines(道路等级=["主干路", "支路", "九等路", "高速公路"]), tmp_path, "gpkg"))
    assert len(found.frame) == 3
    (notice,) = [one for one in found.notices if one.key == "line_classes_unknown"]
    assert notice.values["words"] == "九等路"  # noqa: PD011 - of a notice


def test_the_study_names_the_class(tmp_path: Path) -> None:
    layer = lines(DLDJ=["城北高速公路段", "支路"], type=["x", "y"])
    assert len(read(save(layer, tmp_path, "gpkg")).frame) == 2
    found = read(save(layer, tmp_path, "gpkg"), columns={"kind": "DLDJ"})
    assert found.frame["kind"].tolist() == ["支路"]


def test_streets_that_the_planner_fetched_are_not_sorted_again() -> None:
    """A corridor that `foot` opened has been kept; its layer has no column `foot`."""
    layer = pd.DataFrame({"kind": ["corridor"], "structure": [""], "gated": [False], "square": [False]})
    assert classify_lines(layer).reason.tolist() == [""]


def test_what_is_left_out_is_counted_by_reason_within_the_margin(tmp_path: Path) -> None:
    layer = lines(highway=["path", "motorway", "motorway", "service"], access=[None, None, None, "no"])
    notes = read(save(layer, tmp_path, "gpkg")).notes
    area = shapely.box(500_050, 4_389_000, 500_200, 4_391_000)
    found = summarize_excluded_lines(clip_excluded_lines(notes, crs=layer.crs, area=area))
    assert [(one.reason, one.words, one.count, round(one.length_m, 6)) for one in found] == [
        ("class", ("motorway",), 2, 100.0),
        ("access", ("no",), 1, 50.0),
    ]


PRIVATE_LINES: dict[str, tuple[dict[str, list[object]], list[str]]] = {
    "QuickOSM": (
        {
            "highway": ["service", "service", "footway", "path"],
            "access": ["private", "private", None, "yes"],
            "foot": ["yes", None, "private", None],
        },
        ["", "private", "private", ""],
    ),
    "GDAL": ({"highway": ["service", "service"], "other_tags": ['"access"=>"private"', None]}, ["private", ""]),
    "Geofabrik with a column of access": (
        {"fclass": ["service", "path"], "access": ["Private", None]},
        ["private", ""],
    ),
    "own words": ({"access": ["内部", "", "小区内部"]}, ["private", "", "private"]),
    "own heading": ({"道路等级": ["支路", "支路"], "通行权限": ["内部", "公共"]}, ["private", ""]),
}


@pytest.mark.parametrize("case", PRIVATE_LINES)
@pytest.mark.parametrize("ending", ["gpkg", "geojson", "csv"])
def test_private_lines_are_walked_and_marked(tmp_path: Path, case: str, ending: str) -> None:
    columns, expected = PRIVATE_LINES[case]
    found = read(save(lines(number=list(range(len(expected))), **columns), tmp_path, ending))
    assert list(map(int, found.frame["number"])) == list(range(len(expected)))
    assert ["private" if one else "" for one in is_private_way(found.frame)] == expected
    assert not [notice for notice in found.notices if notice.key == "line_words_unread"]


@pytest.mark.parametrize(
    ("column", "words", "reasons", "private"),
    [
        ("行人", ["禁止", "可", ""], ["foot", "", ""], [False, False, False]),
        ("通行", ["禁止通行", "仅居民", "允许"], ["access", "", ""], [False, True, False]),
        ("是否开放", ["否", "是", "是"], ["access", "", ""], [False, False, False]),
        ("access", ["禁行", "内部", "公共"], ["access", "", ""], [False, True, False]),
    ],
)
def test_who_may_walk_in_chinese(column: str, words: list[str], reasons: list[str], private: list[bool]) -> None:
    found = classify_lines(pd.DataFrame({"道路等级": ["支路"] * 3, column: words}))
    assert found.reason.tolist() == reasons
    assert found.private.tolist() == private
    assert column in found.read


def test_words_that_say_nothing_of_walking_are_told() -> None:
    found = classify_lines(pd.DataFrame({"通行": ["单行", "双行", "可"]}))
    assert found.reason.tolist() == ["", "", ""]
    assert found.unread == {"通行": ("单行", "双行")}
