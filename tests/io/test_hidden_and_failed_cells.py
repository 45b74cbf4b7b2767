"""What a workbook hides, and cells without a value: hidden rows and sheets, formulas without result, errors."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest
import sheets
import xlwt
from phrases import phrase

from planner.io.tables.sheet_marks import SheetMarks, read_sheet_marks
from planner.messages.errors import DataError
from planner.schemas.tables import FACILITIES

PEOPLE: list[list[object]] = [["社区", "常住人口"], ["东风社区", 1000], ["西园社区", 2000], ["北园社区", 5]]
CENTRES: list[list[object]] = [
    ["编号", "名称", "层级", "建筑面积", "经度", "纬度"],
    ["C1", "东", "社区", 320, 106.8, 39.6],
    ["C2", "西", "社区", 600, 106.8, 39.7],
]


def xlsx(path: Path, rows: list[list[object]] = PEOPLE) -> openpyxl.Workbook:
    book = openpyxl.load_workbook(sheets.write(path, rows))
    book.active.title = "表"
    return book


def xls(rows: list[list[object]] = PEOPLE) -> tuple[xlwt.Workbook, xlwt.Worksheet]:
    book = xlwt.Workbook()
    sheet = book.add_sheet("表")
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            sheet.write(number, column, cell)
    return book, sheet


def test_hidden_rows_of_xlsx_are_counted_and_told(tmp_path: Path) -> None:
    book = xlsx(tmp_path / "x.xlsx")
    book.active.row_dimensions[3].hidden = True
    book.save(tmp_path / "x.xlsx")
    found = sheets.read(tmp_path / "x.xlsx")
    assert [(one.key, one.rows) for one in found.notices] == [("hidden_rows", ("3",))]
    assert found.frame["people"].sum() == 3005


def test_hidden_rows_of_xls(tmp_path: Path) -> None:
    book, sheet = xls()
    sheet.row(2).hidden = True
    book.save(str(tmp_path / "x.xls"))
    assert [(one.key, one.rows) for one in sheets.read(tmp_path / "x.xls").notices] == [("hidden_rows", ("3",))]


def test_a_hidden_column_that_is_read_is_told(tmp_path: Path) -> None:
    book = xlsx(tmp_path / "x.xlsx")
    book.active.column_dimensions["B"].hidden = True
    book.save(tmp_path / "x.xlsx")
    (told,) = sheets.read(tmp_path / "x.xlsx").notices
    assert "常住人口" in told.in_words("zh")
    old, sheet = xls()
    sheet.col(1).hidden = True
    old.save(str(tmp_path / "x.xls"))
    assert sheets.keys(sheets.read(tmp_path / "x.xls")) == ["hidden_columns"]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_the_sheet_that_is_seen_is_read(tmp_path: Path, state: str) -> None:
    book = xlsx(tmp_path / "x.xlsx")
    other = book.create_sheet("旧数据", 0)
    for row in PEOPLE[:2]:
        other.append(row)
    other.sheet_state = state
    book.active = 1
    book.save(tmp_path / "x.xlsx")
    found = sheets.read(tmp_path / "x.xlsx")
    assert found.frame["people"].sum() == 3005
    (told,) = found.notices
    assert told.key == "hidden_sheets"
    assert "旧数据" in told.in_words("zh")
    assert sheets.keys(sheets.read(tmp_path / "x.xlsx", layer="旧数据")) == ["hidden_sheet_read"]


def test_a_hidden_sheet_of_xls(tmp_path: Path) -> None:
    book, _ = xls()
    other = book.add_sheet("旧数据")
    other.write(0, 0, "社区")
    other.write(1, 0, "东风社区")
    other.visibility = 1
    book.save(str(tmp_path / "x.xls"))
    assert sheets.keys(sheets.read(tmp_path / "x.xls")) == ["hidden_sheets"]


def test_of_several_sheets_that_are_seen_the_hidden_ones_are_called_so(tmp_path: Path) -> None:
    book = xlsx(tmp_path / "x.xlsx")
    for name in ("乙", "旧"):
        sheet = book.create_sheet(name)
        for row in PEOPLE:
            sheet.append(row)
    book["旧"].sheet_state = "hidden"
    book.save(tmp_path / "x.xlsx")
    with pytest.raises(DataError, match="表, 乙; hidden in the workbook: 旧"):
        sheets.read(tmp_path / "x.xlsx")


@pytest.mark.parametrize("ending", ["xlsx", "xls", "csv"])
def test_a_formula_without_result_in_a_column_that_must_be_there(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x.{ending}"
    rows = [PEOPLE[0], ["东风社区", "=500*2"], PEOPLE[2]]
    if ending == "xls":
        book, sheet = xls([PEOPLE[0], ["东风社区"], PEOPLE[2]])
        sheet.write(1, 1, xlwt.Formula("500*2"))
        book.save(str(path))
    else:
        sheets.write(path, rows)
    with pytest.raises(DataError, match=r"'people': formulas without a stored result \(=.*save it to store.*#2"):
        sheets.checked(path)


def test_a_formula_without_result_elsewhere_is_told(tmp_path: Path) -> None:
    rows = [CENTRES[0], [*CENTRES[1][:3], "=300+20", *CENTRES[1][4:]], CENTRES[2]]
    found = sheets.read(sheets.write(tmp_path / "x.xlsx", rows), FACILITIES)
    table = FACILITIES.check(found.frame, source="x", reader_issues=found.issues)
    assert table["floor_area_m2"].fillna(-1).tolist() == [-1, 600]
    (told,) = found.notices
    assert (told.key, told.rows, told.values["found"]) == ("cells_without_result", ("2",), "=300+20")


def test_a_place_that_is_a_formula_without_result(tmp_path: Path) -> None:
    rows = [CENTRES[0], [*CENTRES[1][:4], "=100+6.8", 39.6], CENTRES[2]]
    with pytest.raises(DataError, match=re.escape(phrase("errors.no_result", column="lon"))):
        sheets.checked(sheets.write(tmp_path / "x.xlsx", rows), FACILITIES)


@pytest.mark.parametrize("ending", ["xlsx", "xls", "csv"])
@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!"])
def test_errors_of_the_spreadsheet(tmp_path: Path, ending: str, error: str) -> None:
    path = tmp_path / f"x.{ending}"
    rows = [PEOPLE[0], ["东风社区", error], PEOPLE[2]]
    if ending == "xls":
        book, sheet = xls([PEOPLE[0], ["东风社区"], PEOPLE[2]])
        sheet.row(1).set_cell_error(1, {"#N/A": 0x2A, "#REF!": 0x17, "#DIV/0!": 0x07}[error])
        book.save(str(path))
    else:
        sheets.write(path, rows)
    with pytest.raises(
        DataError, match=re.escape(phrase("errors.error_cells", column="people", found=error)) + ".*#2"
    ):
        sheets.checked(path)


def test_an_error_elsewhere_is_told_with_the_cell(tmp_path: Path) -> None:
    rows = [CENTRES[0], [*CENTRES[1][:3], "#VALUE!", *CENTRES[1][4:]], CENTRES[2]]
    found = sheets.read(sheets.write(tmp_path / "x.xlsx", rows), FACILITIES)
    assert FACILITIES.check(found.frame, source="x", reader_issues=found.issues)["floor_area_m2"].isna().sum() == 1
    assert [(one.key, one.values["found"]) for one in found.notices] == [("cells_with_error", "#VALUE!")]


def test_rows_prepared_with_formulas_that_come_to_nothing_are_blank(tmp_path: Path) -> None:
    """A template of .xls has formulas down to row 100, whose results are empty texts."""
    book, sheet = xls()
    for row in range(4, 9):
        for column in range(2):
            sheet.write(row, column, xlwt.Formula('""'))
    book.save(str(tmp_path / "x.xls"))
    assert len(sheets.checked(tmp_path / "x.xls")) == 3


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 600])
def test_a_damaged_workbook_says_nothing(content: bytes) -> None:
    marks = read_sheet_marks(content, "表")
    assert [getattr(marks, name) for name in SheetMarks.__slots__] == [{}, set(), set(), set(), {}]


def test_notices_name_their_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two sheets with totals: of which table a row is must be said."""
    import toy

    from planner.commands.main import main

    centres = toy.layers()["centres"].to_crs(4326)
    rows: list[list[object]] = [["编号", "名称", "层级", "经度", "纬度"]]
    tiers = ("社区", "站点")
    rows += [
        [one.id, one.name, tier, one.geometry.x, one.geometry.y]
        for one, tier in zip(centres.itertuples(), tiers, strict=True)
    ]
    study = toy.write_study(
        tmp_path,
        study=toy.STUDY.replace('path = "toy.gpkg"\nlayer = "centres"', 'path = "c.csv"\ndatum = "wgs84"'),
    )
    sheets.write(tmp_path / "c.csv", [*rows, ["合计", 2]])
    for language, said in (
        ("en", "the centres: " + phrase("notices.row_total")),
        ("zh", "中心图层：合计行：不计入。"),
    ):
        study.write_text(study.read_text("utf-8").replace('language = "en"', f'language = "{language}"'), "utf-8")
        assert main(["check", str(study)]) == 0
        assert said in capsys.readouterr().out
