"""Units in the forms that tables write them in: powers of ten, left-out zeros, words, and cells of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
import sheets
from phrases import phrase

from planner.io.tables.cells import parse_code, parse_number
from planner.io.tables.coordinates import parse_coordinate
from planner.io.tables.units import factor_of_unit, parse_units
from planner.messages.errors import DataError
from planner.schemas.tables import FACILITIES

EAST, WEST = "东风社区", "西园社区"


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("10^4人", 1e4),
        ("10⁴人", 1e4),
        ("10**3 persons", 1e3),
        ("×10^3人", 1e3),
        ("'000 persons", 1e3),
        ("'000s", 1e3),
        ("'000", 1e3),
        ("10,000 persons", 1e4),
        ("100 000 persons", 1e5),
        ("10k persons", 1e4),
        ("hundred thousand people", 1e5),
        ("tens of thousands of persons", 1e4),
        ("persons (thousands)", 1e3),
        ("人（万）", 1e4),
        ("萬人", 1e4),
    ],
)
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_multipliers_hold_however_they_are_written(tmp_path: Path, ending: str, unit: str, factor: float) -> None:
    quoted = f'"{unit}"' if ending == "csv" else unit
    line = f'"Unit: {unit}"' if ending == "csv" else f"Unit: {unit}"
    below = [["社区", "人口"], ["", quoted], [EAST, 0.5]]
    column = [["社区", "人口", "单位"], [EAST, 0.5, quoted]]
    above = [[line, ""], ["社区", "人口"], [EAST, 0.5]]
    for number_of, rows in enumerate((below, column, above)):
        found = sheets.checked(sheets.write(tmp_path / f"{number_of}.{ending}", rows))
        assert found["people"].item() == pytest.approx(0.5 * factor), rows


@pytest.mark.parametrize(
    "line",
    [
        "单位万人",
        "单位  万人",
        "单位（万人）",
        "单位=万人",
        "（万人）",
        "万人",
        "人口单位（10⁴人）",
        "(人口：10^4人)",
    ],
)
@pytest.mark.parametrize("beside", [["人口统计表"], ["", "2020年"], []])
def test_a_unit_in_a_cell_above_is_read_wherever_it_stands(tmp_path: Path, beside: list[str], line: str) -> None:
    rows = [[*beside, line], ["社区", "人口", "备注"], [EAST, 0.1, ""], [WEST, 0.57, ""]]
    path = sheets.write(tmp_path / "x.xlsx", rows)
    if line.startswith("(人口"):
        # Not plain enough to be applied, and too plain to be passed over.
        with pytest.raises(DataError, match=r"Column 'people'.*unit"):
            sheets.checked(path)
    else:
        assert sheets.checked(path)["people"].tolist() == [1000.0, 5700.0]


@pytest.mark.parametrize(
    "line", ["本表人口数据为万人", "数字均用万计", "unit: about 10k persons", "单位：0.1万人"]
)
def test_a_unit_that_is_only_hinted_at_is_refused_and_a_heading_settles_it(tmp_path: Path, line: str) -> None:
    rows = [[line, ""], ["社区", "人口"], [EAST, 1000]]
    with pytest.raises(DataError, match=r"Column 'people'.*unit"):
        sheets.checked(sheets.write(tmp_path / "a.xlsx", rows))
    rows[1] = ["社区", "人口（人）"]
    assert sheets.checked(sheets.write(tmp_path / "b.xlsx", rows))["people"].item() == 1000


@pytest.mark.parametrize("line", ["全区常住人口共40万人", "万人社区名单", "每万人拥有社工数", "单位名称：民政局"])
def test_figures_and_names_above_a_table_are_no_units(tmp_path: Path, line: str) -> None:
    rows = [[line, ""], ["社区", "人口"], [EAST, 1000]]
    assert sheets.checked(sheets.write(tmp_path / "a.xlsx", rows))["people"].item() == 1000


@pytest.mark.parametrize("text", ["10-20人", "0.1万人", "200人", "10^9人", "about 10k persons", "1.000 persons"])
def test_ranges_and_sizes_are_no_units(text: str) -> None:
    assert parse_units(text) == ()
    assert factor_of_unit("people", text) is None


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("建筑面积（10³㎡）", 500.0),
        ("建筑面积(10^3m2)", 500.0),
        ("建筑面积（hm²）", 5000.0),
        ("建筑面积（万m²）", 5000.0),
    ],
)
def test_powers_of_ten_in_headings(tmp_path: Path, heading: str, expected: float) -> None:
    rows = [["编号", "名称", "层级", heading, "经度", "纬度"], ["C", "a", "社区", 0.5, 106.8, 39.6]]
    found = sheets.checked(sheets.write(tmp_path / "x.csv", rows), FACILITIES)
    assert found["floor_area_m2"].item() == pytest.approx(expected)


@pytest.mark.parametrize("mark", "①²¹₂⒈½㊿")
def test_a_footnotes_mark_is_no_digit(tmp_path: Path, mark: str) -> None:
    assert parse_number(f"1200{mark}", {}) is None
    assert parse_coordinate(f"106.8{mark}") is None
    assert parse_code(f"1503{mark}") == f"1503{mark}"
    with pytest.raises(DataError, match=phrase("errors.not_a_number")):
        sheets.checked(sheets.write(tmp_path / "x.csv", [["社区", "人口"], [EAST, f"1200{mark}"]]))


@pytest.mark.parametrize("unit", ["%", "人/平方公里", "公顷"])
def test_a_column_in_the_unit_of_another_thing_is_not_taken(tmp_path: Path, unit: str) -> None:
    rows = [["社区", "人口"], ["", unit], [EAST, 0.5]]
    with pytest.raises(DataError, match="people"):
        sheets.checked(sheets.write(tmp_path / "x.xlsx", rows))
