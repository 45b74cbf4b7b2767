"""Workbooks that would abort the process, ask for all memory, are protected, or reach far beyond their table."""

from __future__ import annotations

import gzip
import io
import re
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import toy
import xlwt
from openpyxl.styles import PatternFill
from phrases import phrase

from planner.config.sections.layers import Layer
from planner.io.layers import read_layer
from planner.io.tables import workbooks
from planner.io.tables.containers import UnpackedSizeError, UnpackError, gunzip, is_protected
from planner.io.tables.workbooks import CHILD, read_sheet
from planner.messages.errors import DataError
from planner.schemas.tables import DEMAND

TABLE = [["id", "people", "lon", "lat"], ["a", 3, 106.8, 39.6], ["b", 4.5, 106.81, 39.61]]
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def read(path: Path) -> list[tuple[object, ...]]:
    found = read_layer(path, Layer(path=path), setting="inputs.demand", schema=DEMAND)
    table = DEMAND.check(found.frame, source=path.name, reader_issues=found.issues)
    return [(row.id, row.people, row.geometry.x, row.geometry.y) for row in table.itertuples()]


ROWS = [("a", 3.0, 106.8, 39.6), ("b", 4.5, 106.81, 39.61)]


def package(path: Path, sheet: str, *, at: str = "worksheets/sheet1.xml", strings: str = "") -> Path:
    """Write the smallest .xlsx with this sheet."""
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>'
    )
    relations = f'<Relationships xmlns="{RELATIONS.replace("officeDocument", "package")}">'
    parts = {
        "[Content_Types].xml": types,
        "_rels/.rels": f'{relations}<Relationship Id="r1" Type="{RELATIONS}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{relations}<Relationship Id="rId1" Type="{RELATIONS}/worksheet" '
        f'Target="{at}"/><Relationship Id="rId2" Type="{RELATIONS}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        f"xl/{at}": f'<worksheet xmlns="{MAIN}">{sheet}</worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
    return path


FAR = {
    "double_quotes": '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',  # noqa: E501 - one row of a sheet
    "single_quotes": "<row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c r='XFD1048576'><v>1</v></c></row>",  # noqa: E501 - one row of a sheet
    "line_break": '<row r="1"><c\nr="A1"><v>1</v></c></row><row r="1048576"><c\nr="XFD1048576"><v>1</v></c></row>',
    "lower_case": '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="xfd1048576"><v>1</v></c></row>',
    "spaces": '<row r="1"><c r = "A1"><v>1</v></c></row><row r="9"><c   r = "XFD1048576"><v>1</v></c></row>',
    "character_references": '<row r="1"><c r="A1"><v>1</v></c></row><row><c r="&#88;FD1048576"><v>1</v></c></row>',
    "beyond_the_last_column": '<row r="1"><c r="A1"><v>1</v></c></row><row r="9"><c r="ZZZZZ9"><v>1</v></c></row>',
}


@pytest.mark.parametrize("name", FAR)
@pytest.mark.parametrize("at", ["worksheets/sheet1.xml", "other/sheet1.xml"])
def test_cells_far_apart_are_refused_and_nothing_aborts(tmp_path: Path, name: str, at: str) -> None:
    path = package(tmp_path / "x.xlsx", f"<sheetData>{FAR[name]}</sheetData>", at=at)
    with pytest.raises(DataError, match=r"far away from the table|cannot be read|has no|empty"):
        read(path)


def test_an_ods_that_repeats_cells_without_end_is_refused(tmp_path: Path) -> None:
    repeated = (
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated='
        '"16384" office:value-type="float" office:value="1"><text:p>1</text:p></table:table-cell></table:table-row>'  # noqa: E501 - one row of a sheet
    )
    path = ods(tmp_path / "x.ods", repeated)
    with pytest.raises(DataError, match=r"too large|reading does not finish|exceeds the maximum number of cells"):
        read(path)


def test_strings_that_are_repeated_without_end_are_refused_or_read(tmp_path: Path) -> None:
    """One string of a megabyte named by 5,000 cells is 5 GB, packed into some kilobytes."""
    cells = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 5001))
    strings = f"<si><t>{'x' * 2**20}</t></si>"
    path = package(tmp_path / "x.xlsx", f"<sheetData>{cells}</sheetData>", strings=strings)
    assert path.stat().st_size < 100_000
    # Whichever bound is met first: the memory or, on a busy machine, the seconds of the processor.
    with pytest.raises(DataError, match=r"too large|reading does not finish"):
        read(path)


def test_a_chain_of_sectors_that_goes_round_is_refused(tmp_path: Path) -> None:
    """A sector that follows itself: the reader doubles its buffer until there is no memory."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("s")
    for number in range(2000):
        sheet.write(number, 0, f"cell {number}")
    packed = io.BytesIO()
    book.save(packed)
    content = bytearray(packed.getvalue())
    (allocation,) = struct.unpack_from("<I", content, 76)
    place = (allocation + 1) << 9
    struct.pack_into("<I", content, place + 4 * 8, 8)
    (tmp_path / "x.xls").write_bytes(content)
    began = time.monotonic()
    with pytest.raises(DataError, match="cannot be read"):
        read(tmp_path / "x.xls")
    assert time.monotonic() - began < 60


def test_the_process_starts_without_what_the_working_folder_offers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("python_calamine", "marshal", "io", "datetime", "planner", "sitecustomize", "usercustomize"):
        (tmp_path / f"{name}.py").write_text("open('imported', 'w').close()\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "io.py"))
    xlsx(tmp_path / "x.xlsx")
    assert read(tmp_path / "x.xlsx") == ROWS
    assert not (tmp_path / "imported").exists()


def test_the_process_imports_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-X", "importtime", str(CHILD)], input=b"", capture_output=True, check=False
    )
    imported = done.stderr.decode()
    assert not [name for name in ("numpy", "pandas", "planner", "shapely", "zipfile") if f" {name}\n" in imported]


def test_reading_a_small_workbook_costs_little(tmp_path: Path) -> None:
    xlsx(tmp_path / "x.xlsx")
    content = (tmp_path / "x.xlsx").read_bytes()
    spent = []
    for _ in range(3):
        began = time.perf_counter()
        read_sheet(content, None, cells=100)
        spent.append(time.perf_counter() - began)
    assert min(spent) < 0.3


def test_a_reader_that_does_not_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = tmp_path / "endless.py"
    endless.write_text("import time\ntime.sleep(600)\n", "utf-8")
    monkeypatch.setattr(workbooks, "CHILD", endless)
    # As it is, a small one is refused within ten seconds.
    assert workbooks.SECONDS_AT_LEAST < workbooks.WAIT_AT_LEAST_S < 10
    monkeypatch.setattr(workbooks, "WAIT_AT_LEAST_S", 0.5)
    xlsx(tmp_path / "x.xlsx")
    with pytest.raises(DataError, match=phrase("errors.why_never_ends")):
        read(tmp_path / "x.xlsx")


def test_where_no_process_can_be_started_the_workbook_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere"))
    xlsx(tmp_path / "x.xlsx")
    with pytest.raises(DataError, match="reader could not be started"):
        read(tmp_path / "x.xlsx")


# Formatted cells without content


def coloured(path: Path, what: str) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in TABLE:
        sheet.append(row)
    yellow = PatternFill("solid", fgColor="FFFF00")
    if what == "far_cell":
        sheet["XFD2"].fill = sheet["AX1048576"].fill = yellow
    elif what == "whole_row":
        for column in range(1, 16385):
            sheet.cell(2, column).fill = yellow
    elif what == "whole_column":
        sheet.column_dimensions["F"].fill = yellow
        for row in range(1, 20_000):
            sheet.cell(row, 6).fill = yellow
    elif what == "spaces":
        sheet["XFD2"] = "   "
        sheet["F3000"] = "\u3000"
    book.save(path)


@pytest.mark.parametrize("what", ["far_cell", "whole_row", "whole_column", "spaces"])
def test_formatted_cells_without_content_are_no_content(tmp_path: Path, what: str) -> None:
    coloured(tmp_path / "x.xlsx", what)
    assert read(tmp_path / "x.xlsx") == ROWS


def test_a_stray_word_far_to_the_right_is_named_by_its_column(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in TABLE:
        book.active.append(row)
    book.active["XFD1"] = "stray"
    book.save(tmp_path / "x.xlsx")
    with pytest.raises(DataError, match=re.escape(phrase("errors.sheet_too_wide", last="XFD", count="16,384"))):
        read(tmp_path / "x.xlsx")


def test_a_stray_word_far_below_is_a_row_like_others(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in TABLE:
        book.active.append(row)
    book.active["A200000"] = "c"
    book.save(tmp_path / "x.xlsx")
    with pytest.raises(DataError, match=r"Rows without geometry.*\(1 row: c\)"):
        read(tmp_path / "x.xlsx")


def test_an_ods_whose_whole_rows_and_columns_are_coloured_is_read(tmp_path: Path) -> None:
    rows = ""
    for row in TABLE:
        cells = "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
            for cell in row
        )
        rows += (
            f'<table:table-row>{cells}<table:table-cell table:style-name="yellow" '
            'table:number-columns-repeated="16380"/></table:table-row>'
        )
    rows += (
        '<table:table-row table:number-rows-repeated="1048573"><table:table-cell table:style-name="yellow" '
        'table:number-columns-repeated="16384"/></table:table-row>'
    )
    assert read(ods(tmp_path / "x.ods", rows)) == ROWS


def test_a_table_that_begins_far_from_the_corner_keeps_its_rows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for number, row in enumerate(TABLE, start=5):
        for column, cell in enumerate(row, start=3):
            book.active.cell(number, column, cell)
    book.save(tmp_path / "x.xlsx")
    found = read_layer(tmp_path / "x.xlsx", Layer(path=tmp_path), setting="inputs.demand", schema=DEMAND)
    assert list(found.frame.index) == [6, 7]
    assert read(tmp_path / "x.xlsx") == ROWS


# Formats


def xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    for row in TABLE:
        book.active.append(row)
    book.save(path)


def xls(path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("s")
    for number, row in enumerate(TABLE):
        for column, cell in enumerate(row):
            sheet.write(number, column, cell)
    with path.open("wb") as file:
        book.save(file)


def ods(path: Path, rows: str = "", *, manifest: str = "") -> Path:
    names = ["office", "table", "text", "manifest"]
    space = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in names)
    for row in [] if rows else TABLE:
        rows += "<table:table-row>"
        for cell in row:
            kind = (
                f'office:value-type="float" office:value="{cell}"'
                if not isinstance(cell, str)
                else ('office:value-type="string"')
            )
            rows += f"<table:table-cell {kind}><text:p>{cell}</text:p></table:table-cell>"
        rows += "</table:table-row>"
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("mimetype", kind)
        packed.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest {space}><manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'  # noqa: E501 - one row of a sheet
            f"{manifest}</manifest:manifest>",
        )
        packed.writestr(
            "content.xml",
            f"<office:document-content {space}><office:body><office:spreadsheet>"
            f'<table:table table:name="S">{rows}</table:table></office:spreadsheet></office:body>'
            "</office:document-content>",
        )
    return path


def text(path: Path) -> None:
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in TABLE), "utf-8")


def packed_text(path: Path) -> None:
    path.write_bytes(gzip.compress("".join("\t".join(map(str, row)) + "\n" for row in TABLE).encode("gbk")))


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("x.ods", ods),
        ("x.xlsm", xlsx),
        ("x.et", xls),
        ("x.et", xlsx),
        ("x.csv.gz", packed_text),
        ("x.tsv.gz", packed_text),
        ("X.CSV.GZ", packed_text),
        # By content, whatever the ending says.
        ("x.xlsx", ods),
        ("x.xls", ods),
        ("x.ods", xls),
        ("x.xlsb", xlsx),
        ("x.csv", packed_text),
        ("x.csv.gz", text),
    ],
)
def test_formats_are_read_by_their_content(tmp_path: Path, name: str, write: Callable[[Path], object]) -> None:
    write(tmp_path / name)
    assert read(tmp_path / name) == ROWS


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.xlsx", b"id,people\na,1\n", phrase("errors.why_text")),
        ("x.et", b"<html><table>", "web page"),
        ("x.xls", b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "2003"),
        ("x.ods", b"\x00\x01\x02", "it is not a workbook"),
        ("x.csv.gz", gzip.compress(b"id,people\na,1\n" * 50, mtime=0)[:-30], phrase("errors.why_cut_off")),
        ("x.csv.gz", b"\x1f\x8b" + b"x" * 50, "cannot be read"),
    ],
)
def test_what_is_no_workbook_is_called_what_it_is(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as refused:
        read(tmp_path / name)
    assert said in refused.value.in_words("en")


def test_a_word_document_under_another_ending_is_no_workbook(tmp_path: Path) -> None:
    import docx

    docx.Document().save(str(tmp_path / "x.docx"))
    (tmp_path / "x.docx").rename(tmp_path / "x.xlsx")
    with pytest.raises(DataError, match="it is not a workbook"):
        read(tmp_path / "x.xlsx")


def test_gzip_that_grows_without_bound_is_refused(tmp_path: Path) -> None:
    bomb = gzip.compress(b",\n" * 2**19)
    assert gunzip(bomb + bomb, 2**22) == b",\n" * 2**20
    with pytest.raises(UnpackedSizeError):
        gunzip(bomb + bomb, 2**21 - 1)
    with pytest.raises(UnpackError):
        gunzip(bomb[:-9], 2**22)
    # 600 MB of line ends in half a megabyte.
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b"\n" * (600 * 2**20), compresslevel=1))
    with pytest.raises(DataError, match="too large"):
        read(tmp_path / "x.csv.gz")


def test_an_archive_that_is_packed_strangely_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.xlsx", "w", zipfile.ZIP_LZMA) as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(DataError, match=phrase("errors.why_packed_strangely")):
        read(tmp_path / "x.xlsx")


# Passwords


def with_filepass(path: Path) -> None:
    """Write an .xls in which the record after the first says how the others are encrypted."""
    xls(path)
    content = bytearray(path.read_bytes())
    entry = next(
        place
        for place in range(0, len(content), 128)
        if content[place:].startswith("Workbook".encode("utf-16-le"))
    )
    (sector,) = struct.unpack_from("<I", content, entry + 116)
    begin = (sector + 1) << 9
    (length,) = struct.unpack_from("<H", content, begin + 2)
    struct.pack_into("<H", content, begin + 4 + length, 0x2F)
    path.write_bytes(content)


def with_password_ods(path: Path) -> None:
    ods(
        path,
        manifest='<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/>'
        "</manifest:file-entry>",
    )


def encrypted_package(path: Path) -> None:
    name = "EncryptedPackage".encode("utf-16-le")
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1528) + name + bytes(512))


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("x.xlsx", encrypted_package),
        ("x.xlsb", encrypted_package),
        ("x.xls", with_filepass),
        ("x.et", with_filepass),
        ("x.ods", with_password_ods),
    ],
)
def test_a_password_is_named_with_the_remedy(tmp_path: Path, name: str, write: Callable[[Path], object]) -> None:
    write(tmp_path / name)
    with pytest.raises(DataError) as refused:
        read(tmp_path / name)
    assert "protected by a password" in refused.value.in_words("en")
    assert "save a copy" in refused.value.in_words("en")
    assert "设有打开密码" in refused.value.in_words("zh")


@pytest.mark.parametrize("write", [xlsx, xls, ods])
def test_a_workbook_without_a_password_is_not_called_protected(
    tmp_path: Path, write: Callable[[Path], object]
) -> None:
    write(tmp_path / "x")
    assert not is_protected((tmp_path / "x").read_bytes())


def test_the_toy_city_from_an_ods_is_the_same(tmp_path: Path) -> None:
    """A plain ods of the toy's demand gives the same people as its GeoPackage."""
    people = toy.layers()["people"].to_crs(4326)
    rows = "".join(
        f'<table:table-row><table:table-cell office:value-type="string"><text:p>{row.id}</text:p></table:table-cell>'  # noqa: E501 - one row of a sheet
        f'<table:table-cell office:value-type="float" office:value="{row.people}"/>'
        f'<table:table-cell office:value-type="float" office:value="{row.geometry.x!r}"/>'
        f'<table:table-cell office:value-type="float" office:value="{row.geometry.y!r}"/></table:table-row>'
        for row in people.itertuples()
    )
    head = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{name}</text:p></table:table-cell>'
        for name in TABLE[0]
    )
    ods(tmp_path / "x.ods", f"<table:table-row>{head}</table:table-row>{rows}")
    found = read(tmp_path / "x.ods")
    assert [(row[0], row[1]) for row in found] == list(zip(people["id"], people["people"], strict=True))
