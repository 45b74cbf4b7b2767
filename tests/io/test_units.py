"""Units wherever a table states them: applied, or refused, never passed over."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely
import sheets

from planner.io.tables.units import UnknownUnitError, factor_for, parse_units, units_in_line
from planner.messages.errors import DataError
from planner.schemas.tables import BUILDINGS, COMMUNITIES, DEMAND, FACILITIES, PARCELS, PLACES

EAST, WEST = "东风社区", "西园社区"
DATA: list[list[object]] = [[EAST, 0.1], [WEST, 0.57]]
EXPECTED = [1000.0, 5700.0]


@pytest.mark.parametrize("ending", sheets.ENDINGS)
@pytest.mark.parametrize(
    "rows",
    [
        [["各社区常住人口", ""], ["", "单位：万人"], ["社区", "常住人口"], *DATA],
        [["单位:万人", ""], ["社区", "常住人口"], *DATA],
        [["各社区常住人口（单位：万人）", ""], ["社区", "常住人口"], *DATA],
        [["各社区常住人口统计表（万人）", ""], ["社区", "常住人口"], *DATA],
        [["计量单位：万人、%", ""], ["社区", "常住人口"], *DATA],
        [["单位", "万人"], ["社区", "常住人口"], *DATA],
        [["Unit: 10 000 persons", ""], ["社区", "常住人口"], *[[name, count] for name, count in DATA]],
        [["社区", "常住人口"], *DATA, ["注：本表人口单位为万人", ""]],
        [["社区", "常住人口"], *DATA, ["单位：万人", ""]],
        [["社区", "常住人口"], ["", "万人"], *DATA],
        [["社区", "常住人口"], ["", "（万人）"], *DATA],
        [["社区", "常住人口（单位：万人）"], *DATA],
        [["社区", "常住人口（2020年）（万人）"], *DATA],
        [["社区", "常住人口/万人"], *DATA],
        [["社区", "常住人口", "单位：万人"], *DATA],
        [["社区", "常住人口", "单位"], *[[*row, "万人"] for row in DATA]],
        [["社区", "单位", "常住人口"], [EAST, "万人", 0.1], [WEST, "人", 5700]],
        [["社区", "常住人口"], [EAST, "0.1万人"], [WEST, "0.57万"]],
        [["社区", "常住人口（万人）"], [EAST, "0.1万人"], [WEST, "5700人"]],
    ],
    ids=range(19),
)
def test_people(tmp_path: Path, ending: str, rows: list[list[object]]) -> None:
    found = sheets.checked(sheets.write(tmp_path / f"x.{ending}", rows))
    assert found["people"].tolist() == EXPECTED


@pytest.mark.parametrize(
    ("heading", "cell", "expected"),
    [
        ("建筑面积", "0.05", 500.0),
        ("建筑面积（㎡）", "0.05", 0.05),
        ("建筑面积", "500㎡", 500.0),
        ("建筑面积（亩）", "3", 2000.0),
    ],
)
def test_the_nearest_statement_of_a_unit_counts(tmp_path: Path, heading: str, cell: str, expected: float) -> None:
    rows = [
        ["单位：万平方米", *[""] * 5],
        ["编号", "名称", "层级", heading, "经度", "纬度"],
        [1, "a", "社区", cell, 106.8, 39.6],
    ]
    found = sheets.checked(sheets.write(tmp_path / "x.csv", rows), FACILITIES)
    assert found["floor_area_m2"].item() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        *(("平方米", 1), ("㎡", 1), ("m2", 1), ("万平方米", 1e4), ("万㎡", 1e4), ("亩", 2000 / 3), ("公顷", 1e4)),
        *(
            ("ha", 1e4),
            ("平方公里", 1e6),
            ("km²", 1e6),
            ("平方千米", 1e6),
            ("千平方米", 1e3),
            ("sq ft", 0.09290304),
        ),
    ],
)
def test_areas(tmp_path: Path, unit: str, factor: float) -> None:
    for heading, line in ((f"面积（{unit}）", ""), ("面积", f"单位：{unit}"), (f"面积{unit}", "")):
        rows = [[line, "", "", ""], ["地块编号", heading, "经度", "纬度"], ["P", 2, 106.8, 39.6]]
        found = sheets.checked(sheets.write(tmp_path / "x.csv", rows), PARCELS)
        assert found["area_m2"].item() == pytest.approx(2 * factor), (heading, line)


@pytest.mark.parametrize(
    ("unit", "factor"), [("万元", 1), ("元", 1e-4), ("亿元", 1e4), ("千元", 0.1), ("百万元", 100)]
)
def test_costs(tmp_path: Path, unit: str, factor: float) -> None:
    for heading, line in ((f"投资（{unit}）", ""), ("投资", f"金额单位：{unit}")):
        rows = [[line, "", "", ""], ["地块编号", heading, "经度", "纬度"], ["P", 3, 106.8, 39.6]]
        found = sheets.checked(sheets.write(tmp_path / "x.csv", rows), PARCELS)
        assert found["cost"].item() == pytest.approx(3 * factor)


def test_jobs_heights_storeys_hours(tmp_path: Path) -> None:
    rows = [["编号", "从业人数（千人）", "经度", "纬度"], ["a", 1.2, 106.8, 39.6]]
    assert sheets.checked(sheets.write(tmp_path / "a.csv", rows), PLACES)["jobs"].item() == 1200
    wkt = '"POLYGON ((106.8 39.6,106.9 39.6,106.9 39.7,106.8 39.6))"'
    rows = [["层数（层）", "高度（cm）", "wkt"], ["6层", 1800, wkt]]
    found = sheets.checked(sheets.write(tmp_path / "b.csv", rows), BUILDINGS, crs="EPSG:4326")
    assert (found["levels"].item(), found["height_m"].item()) == (6, 18)
    rows = [
        ["编号", "名称", "层级", "每周开放时长（小时）", "经度", "纬度"],
        [1, "a", "社区", "40小时", 106.8, 39.6],
    ]
    assert sheets.checked(sheets.write(tmp_path / "c.csv", rows), FACILITIES)["open_hours_week"].item() == 40


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("单位：人、户", (1000, 400)),
        ("单位：人、%", (1000, 400)),
        ("单位：人", (1000, 400)),
        ("单位：万人、百户", (1e7, 4e4)),
    ],
)
def test_a_unit_of_one_field_says_nothing_of_another_where_it_multiplies_nothing(
    tmp_path: Path, line: str, expected: tuple[float, float]
) -> None:
    rows = [[line, "", ""], ["社区", "常住人口", "户数"], [EAST, 1000, 400]]
    found = sheets.checked(sheets.write(tmp_path / "x.csv", rows))
    assert (found["people"].item(), found["households"].item()) == expected


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ([["单位：万人", "", ""], ["社区", "常住人口", "户数"], [EAST, 0.1, 400]], "households"),
        ([["单位：万人、人", "", ""], ["社区", "常住人口", "户数"], [EAST, 0.1, 400]], "people"),
        ([["单位：万只", ""], ["社区", "常住人口"], [EAST, 0.1]], "people"),
        ([["社区", "常住人口", "单位"], [EAST, 0.1, "万人"], [WEST, 0.2, ""]], "people"),
        ([["社区", "常住人口", "单位"], [EAST, 0.1, "万人"], [WEST, 0.2, "若干"]], "people"),
        ([["社区", "常住人口（万人）", "单位"], [EAST, 0.1, "人"]], "people"),
        ([["单位：万人", ""], ["社区", "常住人口"], [EAST, 0.1], ["注：单位为人", ""]], "people"),
    ],
)
def test_a_unit_that_cannot_be_applied_is_refused(tmp_path: Path, rows: list[list[object]], named: str) -> None:
    with pytest.raises(DataError, match=rf"Column '{named}'.*unit"):
        sheets.checked(sheets.write(tmp_path / "x.csv", rows))


def test_an_organisation_is_no_unit(tmp_path: Path) -> None:
    """单位 also means the office that fills in the table."""
    rows = [
        ["填报单位：凤凰岭街道", "", ""],
        ["单位：海勃湾区民政局", "", ""],
        ["社区", "常住人口", "单位"],
        [EAST, 1000, "凤凰岭街道"],
        [WEST, 2000, "凤凰岭街道"],
    ]
    found = sheets.read(sheets.write(tmp_path / "x.csv", rows))
    assert found.frame["people"].tolist() == [1000, 2000]
    assert [one.column for one in found.unread] == ["单位"]


def test_what_was_multiplied_is_told(tmp_path: Path) -> None:
    found = sheets.read(sheets.write(tmp_path / "x.csv", [["单位：万人", ""], ["社区", "常住人口"], *DATA]))
    (told,) = (one for one in found.notices if one.key == "unit_applied")
    assert "单位“万人”" in told.in_words("zh")
    assert [one.factor for one in found.mapped] == [1, 10_000]


def test_each_part_of_a_sheet_has_its_own_unit(tmp_path: Path) -> None:
    rows = [
        *(["一、城市（单位：万人）", ""], ["社区", "常住人口"], [EAST, 0.1]),
        *(["二、农村（单位：人）", ""], ["社区", "常住人口"], [WEST, 5700]),
    ]
    assert sheets.checked(sheets.write(tmp_path / "x.csv", rows))["people"].tolist() == EXPECTED


def test_a_column_of_units_in_a_spatial_layer(tmp_path: Path) -> None:
    outlines = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    layer = gpd.GeoDataFrame(
        {"id": ["a", "b"], "name": [EAST, WEST], "常住人口": [0.1, 0.57], "单位": ["万人", "万人"]},
        geometry=outlines,
        crs=4326,
    )
    layer.to_file(tmp_path / "x.gpkg")
    found = sheets.read(tmp_path / "x.gpkg", COMMUNITIES)
    assert found.frame["people"].tolist() == EXPECTED
    assert found.unread == ()


def test_people_counted_by_a_further_column_are_in_its_unit(tmp_path: Path) -> None:
    """What a study counts by `column` is read as a field is: in the unit of its heading, or of the line above."""
    for heading, line in (("60岁以上（万人）", ""), ("60岁以上", "单位：万人")):
        rows = [[line, "", ""], ["社区", "常住人口（人）", heading], [EAST, 1000, 0.02]]
        found = sheets.read(sheets.write(tmp_path / "x.csv", rows), counted=[heading])
        assert found.frame[heading].tolist() == [200]
        assert found.frame["people"].tolist() == [1000]


def test_a_mapped_column_is_in_the_unit_of_its_heading(tmp_path: Path) -> None:
    rows = [["地块编号", "可用空间（亩，不含地下）", "经度", "纬度"], ["P", 3, 106.8, 39.6]]
    path = sheets.write(tmp_path / "x.csv", rows)
    found = sheets.checked(path, PARCELS, columns={"area_m2": "可用空间（亩，不含地下）"})
    assert found["area_m2"].item() == pytest.approx(2000)


def test_demand_in_thousands(tmp_path: Path) -> None:
    rows = [["Unit: thousand persons", "", "", ""], ["id", "people", "lon", "lat"], ["a", 0.5, 106.8, 39.6]]
    assert sheets.checked(sheets.write(tmp_path / "x.csv", rows), DEMAND)["people"].item() == 500


@pytest.mark.parametrize("text", ["民政局", "凤凰岭街道办事处", "", "—", "约1000"])
def test_texts_that_are_no_units(text: str) -> None:
    assert parse_units(text) == ()
    assert units_in_line(f"单位：{text}") is None
    with pytest.raises(UnknownUnitError):
        factor_for("people", text)


@pytest.mark.parametrize(
    "line",
    [
        "说明：人口以万人计",
        "注：人口以万人为单位",
        "数据按万人统计",
        "人口数以万为计量单位",
        "Population (in tens of thousands)",
        "Figures in ten thousands",
    ],
)
def test_a_sentence_names_the_unit(tmp_path: Path, line: str) -> None:
    for name, rows in (
        ("above", [[line, ""], ["社区", "常住人口"], ["东风社区", 0.1], ["西园社区", 0.2]]),
        ("below", [["社区", "常住人口"], ["东风社区", 0.1], ["西园社区", 0.2], [line, ""]]),
    ):
        assert list(sheets.checked(sheets.write(tmp_path / f"{name}.xlsx", rows))["people"]) == [1000, 2000]


@pytest.mark.parametrize("line", ["以社区为单位统计", "本表以户籍地统计", "按计划建设", "in thousand oaks"])
def test_sentences_that_name_no_unit(line: str) -> None:
    assert units_in_line(line) is None


@pytest.mark.parametrize("ending", ["csv", "xlsx", "xls"])
@pytest.mark.parametrize(
    "top",
    [
        ["表3", "", "单位：万人"],
        ["表3 各社区人口", "", "（单位：万人）"],
        ["表3", "单位：", "万人"],
        ["", "单位", "万人"],
    ],
)
def test_a_title_with_its_unit_at_the_other_end(tmp_path: Path, ending: str, top: list[object]) -> None:
    rows = [top, ["社区", "街道", "常住人口"], ["东风社区", "x", 0.1], ["西园社区", "x", 0.2]]
    assert list(sheets.checked(sheets.write(tmp_path / f"p.{ending}", rows))["people"]) == [1000, 2000]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "xls"])
def test_a_title_with_its_unit_above_a_heading_of_two_rows(tmp_path: Path, ending: str) -> None:
    rows = [
        ["表3", "", "", "单位：万人"],
        ["社区", "常住人口", "", ""],
        ["", "合计", "男", "女"],
        ["东风社区", 0.1, 0.05, 0.05],
    ]
    assert list(sheets.checked(sheets.write(tmp_path / f"p.{ending}", rows, [(1, 1, 1, 3)]))["people"]) == [1000]
