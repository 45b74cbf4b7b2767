"""How districts are cut: by a column or by polygons, joined, with settings of their own; what is wrong is told."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from wholes import write_whole

from planner.batch.districts import CutResult, districts_of
from planner.batch.portfolio import read_portfolio
from planner.batch.tasks import DistrictResult, DistrictTask
from planner.batch.workers import carry_out, process_slots
from planner.config.study import read_study
from planner.messages.catalogue import Texts
from planner.messages.errors import PlannerError, PortfolioError


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a random city."""
    return write_whole(tmp_path_factory.mktemp("whole"), 1).parent


def cut(folder: Path, out: Path, lines: str) -> CutResult:
    """Cut the city as a portfolio of these lines says."""
    file = folder / f"{out.name}.toml"
    file.write_text(f'name = "x"\nlanguage = "en"\nstudy = "study.toml"\n{lines}', "utf-8")
    return districts_of(read_portfolio(file), out, "")


def members(result: CutResult) -> dict[str, set[str]]:
    """Return the communities of each district."""
    return {one.code: set(read_study(one.study).district.communities) for one in result.districts}


def test_a_column_and_polygons_cut_alike(whole: Path, tmp_path: Path) -> None:
    by_column = members(cut(whole, tmp_path / "column", '[cut]\ncolumn = "district"\n'))
    layer = gpd.read_file(whole / "whole.gpkg", layer="communities")
    assert by_column == {code: set(part["id"]) for code, part in layer.groupby("district")}
    outlines = layer.dissolve("district").reset_index()[["district", "geometry"]].assign(name="N")
    # Borders that do not meet to the metre: a community is in the district that holds most of it.
    outlines["geometry"] = outlines.translate(7.0, -5.0)
    outlines.rename(columns={"district": "id"}).to_file(whole / "districts.gpkg")
    by_polygons = cut(whole, tmp_path / "polygons", '[cut.layer]\npath = "districts.gpkg"\n')
    assert members(by_polygons) == by_column
    assert {one.name for one in by_polygons.districts} == {"N"}


def test_streets_of_two_files_are_those_of_one(whole: Path, tmp_path: Path) -> None:
    streets = gpd.read_file(whole / "whole.gpkg", layer="streets")
    middle = streets.geometry.centroid.x.median()
    west, east = streets.bounds["minx"] < middle, streets.bounds["maxx"] > middle
    assert (west & east).any()
    for name, chosen in (("west", west), ("east", east)):
        streets[chosen].to_file(whole / f"{name}.gpkg")
    study = (whole / "study.toml").read_text("utf-8")
    halves = study.replace('{ path = "whole.gpkg", layer = "streets" }', '{ path = "west.gpkg" }')
    (whole / "halves.toml").write_text(halves, "utf-8")
    one = cut(whole, tmp_path / "one", '[cut]\ncolumn = "district"\n')
    file = whole / "two.toml"
    lines = 'study = "halves.toml"\n[cut]\ncolumn = "district"\nextracts = ["east.gpkg"]\n'
    file.write_text(f'name = "x"\nlanguage = "en"\n{lines}', "utf-8")
    two = districts_of(read_portfolio(file), tmp_path / "two", "")
    for district, other in zip(one.districts, two.districts, strict=True):
        found, expected = (
            gpd.read_parquet(each.study.parent / "streets.parquet").geometry.to_wkb() for each in (other, district)
        )
        assert sorted(found) == sorted(expected)


def test_joined_districts_are_one_study(whole: Path, tmp_path: Path) -> None:
    apart = members(cut(whole, tmp_path / "apart", '[cut]\ncolumn = "district"\n'))
    joined = members(cut(whole, tmp_path / "joined", 'joined = [["D0", "D1"]]\n[cut]\ncolumn = "district"\n'))
    assert joined.pop("D0+D1") == apart.pop("D0") | apart.pop("D1")
    assert joined == apart


def test_a_district_has_its_own_settings(whole: Path, tmp_path: Path) -> None:
    lines = '[cut]\ncolumn = "district"\n[overrides.D1.limits]\nminutes = [2, 4]\n'
    studies = {one.code: read_study(one.study) for one in cut(whole, tmp_path / "own", lines).districts}
    assert studies["D1"].limits.minutes == (2.0, 4.0)
    assert studies["D1"].limits.standard_min == studies["D0"].limits.standard_min == 2.0
    assert studies["D0"].limits.minutes == (2.0, 3.0)


def test_what_has_not_changed_is_not_cut_again(whole: Path, tmp_path: Path) -> None:
    lines = '[cut]\ncolumn = "district"\n'
    first = cut(whole, tmp_path / "again", lines)
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "again").rglob("*.parquet")}
    assert cut(whole, tmp_path / "again", lines) == first
    assert written
    assert {path: path.stat().st_mtime_ns for path in written} == written


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        ('[cut]\ncolumn = "county"\n', "county"),
        ('[cut]\ncolumn = "district"\n[overrides.X.siting]\nsites = 1\n', "X"),
        ('joined = [["D0", "Y"]]\n[cut]\ncolumn = "district"\n', "Y"),
        ('[cut.layer]\npath = "nothing.gpkg"\n', "nothing.gpkg"),
        ('[cut]\ncolumn = "district"\nname = "nam_e"\n', "nam_e"),
        # Two names of one code are two districts with one code.
        ('[cut]\ncolumn = "district"\nname = "id"\n', "D0.*c"),
        # Without effect on the joined district, silently.
        ('joined = [["D0", "D1"]]\n[cut]\ncolumn = "district"\n[overrides.D0.siting]\nsites = 1\n', r"D0\+D1"),
        ('[cut]\ncolumn = "district"\n[overrides.D0.limits]\nminutes = "x"\n', "overrides.D0"),
    ],
)
def test_a_cut_that_cannot_be_is_told(lines: str, word: str, whole: Path, tmp_path: Path) -> None:
    with pytest.raises(PlannerError, match=word):
        cut(whole, tmp_path / "wrong", lines)


def changed(whole: Path, folder: Path, **columns: object) -> Path:
    """Return a copy of the city, columns of its communities changed."""
    shutil.copytree(whole, folder)
    layer = gpd.read_file(folder / "whole.gpkg", layer="communities").assign(**columns)
    layer.to_file(folder / "whole.gpkg", layer="communities")
    return folder


def test_codes_are_texts_whatever_a_table_made_of_them(whole: Path, tmp_path: Path) -> None:
    """A column of numbers with a blank is one of floats; a blank name is the code."""
    layer = gpd.read_file(whole / "whole.gpkg", layer="communities")
    numbers = layer["district"].str[1:].astype(float) + 150300
    numbers[3] = np.nan
    titles = [name if name == "海勃湾" else None for name in np.where(numbers == 150301, "海勃湾", "")]
    folder = changed(whole, tmp_path / "city", district=numbers, title=titles)
    found = cut(folder, tmp_path / "out", '[cut]\ncolumn = "district"\nname = "title"\n')
    assert {one.code: one.name for one in found.districts} == {
        "150300": "150300",
        "150301": "海勃湾",
        **{f"15030{n}": f"15030{n}" for n in (2, 3, 4)},
    }
    assert found.in_no_district == (layer["id"][3],)


@pytest.mark.parametrize("code", ["../D0", "a/b", "海勃湾 区"])
def test_a_code_that_is_no_folder_is_told_and_leads_nowhere(code: str, whole: Path, tmp_path: Path) -> None:
    folder = changed(whole, tmp_path / "city", district=code)
    with pytest.raises(PortfolioError, match=re.escape(code)):
        cut(folder, tmp_path / "out", '[cut]\ncolumn = "district"\n')
    assert {path.name for path in (tmp_path / "out/cut").iterdir()} == {"cut.json"}


def test_polygons_that_overlap_or_hold_nobody_are_told(whole: Path, tmp_path: Path) -> None:
    """In degrees, one over all others, one far away: both are told, and every community counts once."""
    folder = changed(whole, tmp_path / "city")
    layer = gpd.read_file(folder / "whole.gpkg", layer="communities")
    outlines = (
        layer.dissolve("district").reset_index()[["district", "geometry"]].rename(columns={"district": "id"})
    )
    outlines.loc[len(outlines)] = {"id": "Z9", "geometry": layer.union_all().envelope}
    outlines.loc[len(outlines)] = {"id": "Z8", "geometry": shapely.box(0, 0, 9, 9)}
    outlines.assign(name="N").to_crs(4326).to_file(folder / "districts.gpkg")
    found = cut(folder, tmp_path / "out", '[cut.layer]\npath = "districts.gpkg"\n')
    assert set(found.empty) >= {"Z8"}
    assert set(found.in_several) == set(layer["id"])
    there = [read_study(one.study).district.communities for one in found.districts if one.code not in found.empty]
    assert sorted(one for part in there for one in part) == sorted(layer["id"])


def test_a_cut_that_is_torn_is_cut_again_and_one_of_others_kept(whole: Path, tmp_path: Path) -> None:
    lines = '[cut]\ncolumn = "district"\n'
    first, torn = cut(whole, tmp_path / "torn", lines), tmp_path / "torn/cut/D1/streets.parquet"
    content, mine = torn.read_bytes(), tmp_path / "torn/cut/mine"
    mine.mkdir()
    torn.write_bytes(content[:50])
    assert cut(whole, tmp_path / "torn", lines) == first
    assert torn.read_bytes() == content
    cut(whole, tmp_path / "torn", 'joined = [["D0", "D1"]]\n' + lines)
    assert mine.is_dir()
    assert not torn.exists()


def test_a_rule_file_of_an_override_is_part_of_the_cut(whole: Path, tmp_path: Path) -> None:
    """Its limits decide how far the margin reaches: what is not in the cut cannot be walked to."""
    folder = changed(whole, tmp_path / "city")
    rules = (folder / "rules.toml").read_text("utf-8")
    (folder / "own.toml").write_text(rules, "utf-8")
    lines = '[cut]\ncolumn = "district"\n[overrides.D1.rules]\nprofile = "own.toml"\n'
    (one,) = (one for one in cut(folder, tmp_path / "out", lines).districts if one.code == "D1")
    before = len(gpd.read_parquet(one.study.parent / "streets.parquet"))
    (folder / "own.toml").write_text(rules.replace("people_within_3min", "people_within_6min"), "utf-8")
    cut(folder, tmp_path / "out", lines)
    assert len(gpd.read_parquet(one.study.parent / "streets.parquet")) > before


def take_memory(task: DistrictTask) -> DistrictResult:
    """Take 2 GB."""
    return DistrictResult(task.code, task.name, "done", figures={"bytes": np.ones(2**31, dtype=np.int8).nbytes})


def test_a_worker_takes_no_more_memory_than_its_share(tmp_path: Path) -> None:
    with process_slots(1, memory_mb=700) as slots:
        (row,) = carry_out([DistrictTask("A", "A", "", str(tmp_path), "k")], slots, work=take_memory)
    assert (row.status, row.reason) == ("failed", Texts("en")("batch.no_memory"))


def test_a_table_in_gbk_and_districts_of_chinese_codes_are_cut_as_a_layer_is(whole: Path, tmp_path: Path) -> None:
    names = {"D0": "海勃湾区", "D1": "乌达区", "D2": "海南区", "D3": "鄂托克旗", "D4": "阿拉善左旗"}
    folder = tmp_path / "乌海市"
    shutil.copytree(whole, folder)
    communities = gpd.read_file(folder / "whole.gpkg", layer="communities")
    communities["所属区县"] = communities["district"].map(names)
    communities.drop(columns="district").to_file(folder / "社区.gpkg")
    centres = gpd.read_file(folder / "whole.gpkg", layer="facilities")
    places = centres.to_crs("EPSG:4326").geometry
    table = centres.drop(columns="geometry").assign(
        经度=places.x, 纬度=places.y, name="党群服务中心" + centres["id"]
    )
    (folder / "中心.csv").write_bytes(table.to_csv(index=False, float_format="%.12f").encode("gbk"))
    study = (folder / "study.toml").read_text("utf-8")
    study = study.replace('{ path = "whole.gpkg", layer = "communities" }', '{ path = "社区.gpkg" }')
    study = study.replace(
        '{ path = "whole.gpkg", layer = "facilities" }',
        '{ path = "中心.csv", datum = "wgs84" }',
    )
    (folder / "study.toml").write_text(study, "utf-8")
    layer = cut(whole, tmp_path / "layer", '[cut]\ncolumn = "district"\n')
    result = cut(folder, tmp_path / "结果", '[cut]\ncolumn = "所属区县"\n')
    assert {names[code]: ids for code, ids in members(layer).items()} == members(result)
    of_name = {one.code: one.study.parent for one in result.districts}
    for district in layer.districts:
        expected, found = (
            gpd.read_parquet(room / "facilities.parquet").set_index("id").sort_index()
            for room in (district.study.parent, of_name[names[district.code]])
        )
        assert list(found.index) == list(expected.index)
        assert list(found["name"]) == [f"党群服务中心{one}" for one in found.index]
        assert found.geometry.to_crs(expected.crs).distance(expected.geometry).max() < 0.001
