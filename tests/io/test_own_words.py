"""The study's own words for values, names as ids, and messages that quote the user's columns."""

from __future__ import annotations

from pathlib import Path

import pytest
from sheets import write

from planner.config.sections.layers import Layer
from planner.config.study import make_study
from planner.io.layers import read_layer
from planner.io.study_layers import StudyLayers
from planner.messages.errors import DataError
from planner.schemas.tables import FACILITIES

ROWS = [
    ["名称", "类别", "经度", "纬度"],
    ["东风社区党群服务中心", "一类", 106.80, 39.66],
    ["西园商圈党群服务站", "商圈 党群服务站", 106.81, 39.66],
    ["滨河街道党群服务中心", "街道党群服务中心", 106.82, 39.66],
]


def tiers(path: Path, values: dict[str, str], columns: dict[str, str] | None = None) -> list[str]:
    layer = Layer(path=path, values=values, columns=columns or {})
    read = read_layer(path, layer, setting="inputs.facilities", schema=FACILITIES)
    return list(read.frame["tier"])


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_own_words_come_before_the_common_ones(ending: str, tmp_path: Path) -> None:
    path = write(tmp_path / f"centres.{ending}", ROWS)
    assert tiers(path, {}) == ["一类", "station", "town"]
    assert tiers(path, {"一类": "community"}) == ["community", "station", "town"]
    assert tiers(path, {"一类": "village", "商圈党群服务站": "district"}) == ["village", "district", "town"]


def test_the_longest_ending_counts(tmp_path: Path) -> None:
    path = write(tmp_path / "centres.csv", [[row[0], *row[2:]] for row in ROWS])
    values = {
        "*中心": "district",
        "*社区党群服务中心": "community",
        "*站": "station",
        "滨河街道党群服务中心": "town",
    }
    assert tiers(path, values, {"name": "名称", "tier": "名称"}) == ["community", "station", "town"]


def test_a_unique_name_serves_as_id(tmp_path: Path) -> None:
    path = write(tmp_path / "centres.csv", ROWS)
    read = read_layer(path, Layer(path=path), setting="inputs.facilities", schema=FACILITIES)
    assert list(read.frame["id"]) == [row[0] for row in ROWS[1:]]
    assert [item.column for item in read.mapped if item.field == "id"] == ["名称"]
    twice = write(tmp_path / "twice.csv", [*ROWS, ROWS[1]])
    assert "id" not in read_layer(twice, Layer(path=twice), setting="i", schema=FACILITIES).frame
    coded = write(
        tmp_path / "coded.csv", [["编号", *ROWS[0]], *([f"C{i}", *row] for i, row in enumerate(ROWS[1:]))]
    )
    read = read_layer(coded, Layer(path=coded), setting="i", schema=FACILITIES)
    assert list(read.frame["id"]) == ["C0", "C1", "C2"]


def wrong(path: Path, **settings: object) -> str:
    layers = {name: {"path": "x.gpkg"} for name in ("communities", "streets")}
    content = {"name": "-", "inputs": {**layers, "facilities": {"path": path.name, **settings}}}
    errors: list[DataError] = []
    StudyLayers(make_study(content, file=path.parent / "study.toml"), errors).read_all()
    return next(error.in_words("zh") for error in errors if error.source == path.name)


def test_messages_quote_the_users_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "centres.csv", ROWS)
    said = wrong(path)
    assert "列“类别 → tier”：一类 不是已知用词" in said
    assert 'values = { "一类" = "…" }' in said
    assert "`inputs.facilities.values`：“comunity”不是可选值" in wrong(path, values={"一类": "comunity"})
    blank = write(tmp_path / "blank.csv", [*ROWS[:2], ["空", "社区", "", ""]])
    assert "列“经度, 纬度”有空单元格" in wrong(blank, values={"一类": "community"})
    lacking = write(tmp_path / "lacking.csv", [[row[0], *row[2:]] for row in ROWS])
    assert "缺少列“tier”" in wrong(lacking)
    assert "名称" in wrong(lacking).partition("现有列")[2]
