"""`planner new`: a folder of messy tables becomes a study that is checked and run without an edit."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import folders
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import toy

from planner.commands.main import main
from planner.commands.new import write_study
from planner.commands.site import PRODUCTS as SITE_PRODUCTS
from planner.config.study_file import open_questions
from planner.io.datum.transform import Datum
from planner.io.recognition.files import PRODUCTS
from planner.messages.errors import CommandError
from planner.reporting.write import STAGES

CHINA = Path(__file__).parents[3] / "shared" / "data" / "china"
Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def no_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


def described(folder: Path) -> dict[str, dict[str, object]]:
    """Return the input tables of the study that is written for a folder; it has at most 40 lines."""
    text = write_study(folder)[0].read_text("utf-8")
    assert len(text.splitlines()) <= 40
    inputs: dict[str, dict[str, object]] = tomllib.loads(text).get("inputs", {})
    return inputs


@pytest.mark.parametrize("name", folders.FOLDERS)
def test_a_folder_becomes_products_without_an_edit(name: str, tmp_path: Path, capsys: Captured) -> None:
    folder = tmp_path / "我的街区"
    folders.FOLDERS[name](folder)
    assert main(["new", str(folder)]) == 0
    printed = capsys.readouterr()
    study = folder / "study.toml"
    assert printed.out.strip() == str(study)
    assert printed.err.splitlines()[-1] == f"下一步：planner check {folder}"
    written = study.read_bytes()
    assert len(written.splitlines()) <= 40
    assert main(["check", str(folder)]) == 0
    checked = " ".join(capsys.readouterr().out.split())
    assert f"人口：{folders.TOTAL:,}" in checked
    assert f"可以运行：planner run {folder} --out maps" in checked
    for question in open_questions(folder):
        assert f"第 {question.line} 行" in checked
    assert main(["check", "--json", str(folder)]) == 0
    balance = json.loads(capsys.readouterr().out)["people_balance"]
    given = {row["name"]: row["given"] for row in balance if row["given"]}
    assert given == {f"{name}社区": float(people) for name, people in folders.PEOPLE.items()}
    assert main(["run", str(folder), "--out", str(tmp_path / "maps"), "--products", "plan,gpkg"]) == 0
    assert study.read_bytes() == written
    plan = json.loads((tmp_path / "maps" / "plan.json").read_text("utf-8"))
    assert plan["study"]["name"] == "我的街区"
    assert plan["data"]["people"] == folders.TOTAL
    truth = folders.centres()
    tiers = {"社区党群服务中心": "community", "商圈党群服务站": "station", "街道党群服务中心": "town"}
    expected = dict(zip(truth["名称"], truth["类别"].map(tiers), strict=True))
    assert {centre["name"]: centre["tier"] for centre in plan["centres"]} == expected
    there = gpd.read_file(tmp_path / "maps" / "results.gpkg", layer="centres").set_index("name")
    moved = there.to_crs(folders.CRS).loc[truth["名称"]].geometry
    assert np.hypot(moved.x.to_numpy() - truth.geometry.x, moved.y.to_numpy() - truth.geometry.y).max() < 1.0


def test_a_folder_around_real_streets(tmp_path: Path, capsys: Captured) -> None:
    extract = CHINA / "beijing_tsinghua.osm"
    if not extract.exists():
        pytest.skip(f"{extract.name} is not there: shared/data is for development only")
    folder = tmp_path / "海淀"
    folders.around_streets(folder, extract)
    assert main(["new", str(folder)]) == 0
    assert tomllib.loads((folder / "study.toml").read_text("utf-8"))["inputs"]["facilities"]["datum"] == "gcj02"
    assert main(["check", str(folder)]) == 0
    assert "27,000" in capsys.readouterr().out
    sheet = tmp_path / "sheet.svg"
    assert main(["map", str(folder), "--out", str(sheet)]) == 0
    assert sheet.stat().st_size


def test_reasons_and_questions_stand_on_their_lines(tmp_path: Path) -> None:
    folder = tmp_path / "first"
    folders.first(folder)
    text = write_study(folder)[0].read_text("utf-8")
    (datum,) = [line for line in text.splitlines() if line.startswith("datum")]
    assert datum.startswith('datum = "gcj02"  # 按与其他图层的吻合程度判定')
    assert "GCJ-02 0.0" in datum
    (question,) = open_questions(folder)
    assert question.text.startswith('#? buildings = { path = "道路.osm" }')
    assert "60" in question.text


def test_a_geopackage_in_english(tmp_path: Path) -> None:
    toy.write_study(tmp_path / "toy")
    (tmp_path / "toy" / "study.toml").unlink()
    inputs = described(tmp_path / "toy")
    assert {name: layer["layer"] for name, layer in inputs.items()} == {
        "communities": "communities",
        "facilities": "centres",
        "streets": "streets",
        "demand": "people",
    }
    assert not open_questions(tmp_path / "toy")
    assert tomllib.loads((tmp_path / "toy" / "study.toml").read_text("utf-8"))["language"] == "en"


def test_words_that_are_not_known_are_asked_about(tmp_path: Path, capsys: Captured) -> None:
    folder = tmp_path / "first"
    folders.first(folder)
    table = pd.read_excel(folder / "党群服务中心.xlsx", skiprows=1, engine="openpyxl")
    table["类别"] = table["类别"].replace({"商圈党群服务站": "红色港湾", "街道党群服务中心": "街道一级阵地"})
    table["名称"] = table["名称"].str.replace("党群服务站", "之家").str.replace("滨河街道党群服务中心", "滨河总部")
    folders.write_workbook(folder / "党群服务中心.xlsx", table)
    words = described(folder)["facilities"]["values"]
    assert words == {"社区党群服务中心": "community", "街道一级阵地": "town"}
    asked = [question.text for question in open_questions(folder)]
    assert any("街道一级阵地" in text and "town" in text for text in asked)
    assert any(text.startswith('#? "红色港湾" = ""') for text in asked)
    assert main(["check", str(folder)]) == 3
    error = capsys.readouterr().err
    assert "列“类别 → tier”：红色港湾 不是已知用词" in error
    assert '#? "红色港湾" = ""' in error
    study = folder / "study.toml"
    study.write_text(study.read_text("utf-8").replace('#? "红色港湾" = ""', '"红色港湾" = "station"'), "utf-8")
    assert main(["check", str(folder)]) == 0


def test_names_suggest_what_an_unknown_word_means(tmp_path: Path) -> None:
    folder = tmp_path / "first"
    folders.first(folder)
    table = pd.read_excel(folder / "党群服务中心.xlsx", skiprows=1, engine="openpyxl")
    table["类别"] = table["类别"].replace({"社区党群服务中心": "三级阵地", "街道党群服务中心": "二级阵地"})
    table.loc[3, ["经度", "纬度"]] = None
    folders.write_workbook(folder / "党群服务中心.xlsx", table)
    facilities = described(folder)["facilities"]
    assert facilities["values"] == {"三级阵地": "community", "二级阵地": "town", "商圈党群服务站": "station"}
    assert facilities["datum"] == "gcj02"  # a centre without coordinates does not hinder it
    assert sum("级阵地" in question.text for question in open_questions(folder)) == 2


def test_a_copy_of_a_file_and_a_list_of_compounds(tmp_path: Path) -> None:
    folder = tmp_path / "first"
    folders.first(folder)
    folders.communities().to_crs(4490).to_file(folder / "边界" / "社区边界 - 副本.shp", encoding="gbk")
    corners = folders.nodes().reshape(-1, 2)[::5]
    table = {"小区名称": [f"{number}号小区" for number in range(len(corners))], "户数": 300}
    compounds = gpd.GeoDataFrame(table, geometry=shapely.points(corners + 9), crs=folders.CRS)
    frame = folders.with_coordinates(compounds, "gcj02", "经度", "纬度")
    folders.write_workbook(folder / "小区一览.xlsx", frame, ["小区一览表（高德坐标）"])
    inputs = described(folder)
    assert inputs["communities"]["path"] == "边界/社区边界.shp"
    assert inputs["people_table"]["path"] == "社区人口.xlsx"
    assert inputs["demand"]["path"] == "小区一览.xlsx"
    assert inputs["demand"]["datum"] == "gcj02"
    assert main(["check", str(folder)]) == 0


@pytest.mark.parametrize("words", ["百度经度 百度纬度", "经度 纬度"])
def test_baidu_coordinates(words: str, tmp_path: Path) -> None:
    folder = tmp_path / "first"
    folders.first(folder)
    table = folders.with_coordinates(folders.centres(), "bd09", *words.split())
    folders.write_workbook(folder / "党群服务中心.xlsx", table)
    assert described(folder)["facilities"]["datum"] == "bd09"


@pytest.mark.parametrize(
    ("datum", "words"),
    [
        ("gcj02", "高德lng 高德lat"),
        ("gcj02", "location_lng location_lat"),
        ("gcj02", "腾讯经度 腾讯纬度"),
        ("bd09", "bd_lon bd_lat"),
        ("wgs84", "wgs_lon wgs_lat"),
        ("wgs84", "WGS84经度 WGS84纬度"),
        ("wgs84", "GPS经度 GPS纬度"),
    ],
)
def test_names_of_coordinates_with_the_word_of_a_datum(datum: Datum, words: str, tmp_path: Path) -> None:
    folders.first(tmp_path / "first")
    table = folders.with_coordinates(folders.centres(), datum, *words.split())
    folders.write_workbook(tmp_path / "first" / "党群服务中心.xlsx", table)
    facilities = described(tmp_path / "first")["facilities"]
    assert facilities["datum"] == datum
    assert [facilities["columns"][part] for part in ("lon", "lat")] == words.split()  # type: ignore[index]


def test_of_coordinates_with_and_without_a_datum_the_plain_ones_count(tmp_path: Path) -> None:
    folders.first(tmp_path / "first")
    table = folders.with_coordinates(folders.centres(), "gcj02", "经度", "纬度")
    table[["wgs_lng", "wgs_lat"]] = folders.with_coordinates(folders.centres(), "wgs84", "x", "y")[["x", "y"]]
    folders.write_workbook(tmp_path / "first" / "党群服务中心.xlsx", table)
    facilities = described(tmp_path / "first")["facilities"]
    assert facilities["datum"] == "gcj02"


def test_columns_of_the_old_and_of_children_are_offered_as_groups(tmp_path: Path, capsys: Captured) -> None:
    folder = tmp_path / "first"
    folders.first(folder)
    rows = {
        name: (f"{name}社区", people, people // 5, people // 8, "20%") for name, people in folders.PEOPLE.items()
    }
    heading = ["社区名称", "常住人口（人）", "60岁及以上（人）", "0-6岁儿童", "60岁以上占比"]
    folders.write_workbook(folder / "社区人口.xlsx", pd.DataFrame(rows.values(), columns=heading))
    assert main(["new", str(folder)]) == 0
    study = folder / "study.toml"
    (question,) = [one.text for one in open_questions(folder) if one.text.startswith("#? demand = ")]
    assert "60岁以上占比" not in question
    assert main(["check", str(folder)]) == 0  # nothing is counted until it is confirmed
    capsys.readouterr()
    study.write_text(study.read_text("utf-8").replace("#? demand", "demand"), "utf-8")
    groups = tomllib.loads(study.read_text("utf-8"))["demand"]["groups"]
    assert [(one["id"], one["column"]) for one in groups] == [
        ("aged_60", "60岁及以上（人）"),
        ("children", "0-6岁儿童"),
    ]
    assert main(["check", str(folder)]) == 0
    told = capsys.readouterr().out.replace(",", "")
    assert str(sum(people // 5 for people in folders.PEOPLE.values())) in told
    assert str(sum(people // 8 for people in folders.PEOPLE.values())) in told


def test_a_word_that_the_places_contradict_is_asked_about(tmp_path: Path) -> None:
    folder = tmp_path / "first"
    folders.first(folder)
    table = folders.with_coordinates(folders.centres(), "gcj02", "百度经度", "百度纬度")
    folders.write_workbook(folder / "党群服务中心.xlsx", table)
    assert described(folder)["facilities"]["datum"] == "gcj02"
    assert [question for question in open_questions(folder) if "bd09" in question.text]


@pytest.mark.parametrize("epsg", [4545, 4524, 4490])
def test_shapefiles_without_a_system(epsg: int, tmp_path: Path) -> None:
    folder = tmp_path / "first"
    folders.first(folder)
    folders.communities().to_crs(epsg).to_file(folder / "边界" / "社区边界.shp", encoding="gbk")
    (folder / "边界" / "社区边界.prj").unlink()
    crs = described(folder)["communities"]["crs"]
    assert crs == (f"EPSG:{epsg}" if epsg != 4490 else "EPSG:4326")
    # Metres may be of an older datum, which the numbers do not tell.
    assert any("西安 80" in question.text for question in open_questions(folder)) == (epsg != 4490)


@pytest.mark.parametrize("names", [("X", "Y"), ("Y", "X"), ("横坐标", "纵坐标")])
def test_tables_in_metres_of_an_unnamed_system(names: tuple[str, str], tmp_path: Path) -> None:
    """East and north, under the names of the user; of surveyors, X is north."""
    folder = tmp_path / "first"
    folders.first(folder)
    points = folders.centres()
    table = pd.DataFrame(points.drop(columns="geometry"))
    table[names[0]], table[names[1]] = points.geometry.x.round(2), points.geometry.y.round(2)
    folders.write_workbook(folder / "党群服务中心.xlsx", table)
    facilities = described(folder)["facilities"]
    assert facilities["crs"] == folders.CRS
    columns = facilities["columns"]
    assert isinstance(columns, dict)
    assert (columns["x"], columns["y"]) == names
    assert any(question.text.startswith("crs") for question in open_questions(folder))
    assert any("两列对调" in question.text for question in open_questions(folder)) == (names == ("Y", "X"))
    assert main(["check", str(folder)]) == 0


def test_two_files_for_one_table_are_asked_about(tmp_path: Path) -> None:
    folder = tmp_path / "first"
    folders.first(folder)
    folders.communities().to_crs(4490).to_file(folder / "社区2020.shp", encoding="gbk")
    described(folder)
    assert [question for question in open_questions(folder) if "也可能是" in question.text]


def test_other_formats(tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    areas = folders.communities().to_crs(4326)
    areas.assign(常住人口=2000).to_file(folder / "社区.geojson")
    points = folders.centres().to_crs(4326).rename(columns={"名称": "Name"})
    points.to_file(folder / "中心.kml", driver="LIBKML", engine="pyogrio")
    corners = folders.nodes()
    lines = [shapely.LineString(row) for row in (*corners, *corners.transpose(1, 0, 2))]
    gpd.GeoDataFrame({"道路等级": ["支路"] * len(lines)}, geometry=lines, crs=folders.CRS).to_file(
        folder / "roads.gpkg"
    )
    boxes = shapely.box(*(corners.reshape(-1, 2) + 20).T, *(corners.reshape(-1, 2) + 34).T)
    gpd.GeoDataFrame({"层数": 6}, index=range(len(boxes)), geometry=boxes, crs=folders.CRS).to_file(
        folder / "房屋.shp", encoding="gbk"
    )
    inputs = described(folder)
    assert {name: layer["path"] for name, layer in inputs.items()} == {
        "communities": "社区.geojson",
        "facilities": "中心.kml",
        "streets": "roads.gpkg",
        "buildings": "房屋.shp",
    }


def test_what_is_missing_is_asked_for(tmp_path: Path, capsys: Captured) -> None:
    assert main(["new", str(tmp_path / "my-district"), "--lang", "en"]) == 0
    assert "There are no data files in" in capsys.readouterr().err
    asked = " ".join(question.text for question in open_questions(tmp_path / "my-district"))
    for word in ("communities", "centres", "streets", "population"):
        assert word in asked
    assert main(["check", str(tmp_path / "my-district")]) == 3
    error = capsys.readouterr().err
    assert "no layer of communities" in error
    assert "communities.gpkg" in error


def test_a_study_file_is_left_as_it_is(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "study.toml").write_text("mine", "utf-8")
    assert main(["new", str(tmp_path), "--lang", "zh"]) == 2
    assert "已存在，未作改动" in capsys.readouterr().err
    assert (tmp_path / "study.toml").read_text("utf-8") == "mine"
    with pytest.raises(CommandError, match="is a file"):
        write_study(tmp_path / "study.toml")


def test_damaged_files_and_products_are_passed_over(tmp_path: Path, capsys: Captured) -> None:
    folder = tmp_path / "first"
    folders.first(folder)
    (folder / "坏.gpkg").write_bytes(b"nothing")
    (folder / "坏.xlsx").write_bytes(b"nothing")
    (folder / "空.csv").write_bytes(b"")
    (folder / "maps").mkdir()
    (folder / "maps" / "plan.json").write_text("{}", "utf-8")
    folders.communities().to_file(folder / "maps" / "results.gpkg")
    assert main(["new", str(folder)]) == 0
    error = capsys.readouterr().err
    assert "坏.xlsx" in error
    assert "results.gpkg" not in error
    assert re.search("(earlier run|先前运行).*[:：] ?maps$", error, re.MULTILINE)
    assert main(["check", str(folder)]) == 0


def test_products_beside_the_data_hide_no_data(tmp_path: Path, capsys: Captured) -> None:
    folder, clean = tmp_path / "first", tmp_path / "clean" / "first"
    for each in (folder, clean):
        folders.first(each)
    folders.communities().to_file(folder / "results.gpkg")
    for name in sorted(PRODUCTS - {"results.gpkg"}):
        (folder / name).write_text("{}", "utf-8")
    for each in (clean, folder):
        capsys.readouterr()
        assert main(["new", str(each), "--lang", "en"]) == 0
    assert (
        f"products of an earlier run, not read as data: {', '.join(sorted(PRODUCTS))}" in capsys.readouterr().err
    )
    assert (folder / "study.toml").read_bytes() == (clean / "study.toml").read_bytes()


def test_a_file_called_as_a_product_is_data_where_no_plan_lies(tmp_path: Path) -> None:
    folders.communities().to_file(tmp_path / "results.gpkg")
    _, found, _ = write_study(tmp_path)
    assert found.tables["communities"].layer.file == Path("results.gpkg")


def test_the_products_of_all_commands_are_recognised() -> None:
    assert {*STAGES, *SITE_PRODUCTS} == PRODUCTS


def test_a_run_into_the_data_folder_says_so(tmp_path: Path, capsys: Captured) -> None:
    study = toy.write_study(tmp_path)
    for out, told in ((tmp_path, True), (tmp_path / "out", False)):
        capsys.readouterr()
        assert main(["run", str(study), "--out", str(out)]) == 0
        assert ("the folder of the study's data" in capsys.readouterr().err) is told


def test_settings_are_printed_by_name(capsys: Captured) -> None:
    assert main(["settings", "walking.access_m", "--lang", "en"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "[walking]"
    assert said[-1] == "#access_m = 50.0"
    assert main(["settings", "siting", "--lang", "zh"]) == 0
    assert "[siting.robust]" in capsys.readouterr().out
    assert main(["settings", "walking.acces", "--lang", "zh"]) == 0
    assert main(["settings", "nonsense", "--lang", "zh"]) == 2
    assert "没有这样的设置" in capsys.readouterr().err
