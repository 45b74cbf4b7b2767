"""Workbooks and text tables of every format, damaged anywhere: read or refused, without traceback, abort or hang.

The same damage each time. A longer series of the same kind was run when this was written: `python
tests/io/test_damaged_tables.py 5000` runs one.
"""

from __future__ import annotations

import gzip
import random
import sys
import tempfile
import time
import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely
import xlwt

from planner.config.sections.layers import Layer
from planner.io.layers import read_layer
from planner.messages.errors import DataError
from planner.schemas.tables import BUILDINGS, DEMAND, FACILITIES

HEADING = ["编号", "名称", "层级", "经度", "纬度", "坐标", "geom", "people", "建筑面积（㎡）"]
WKB = shapely.to_wkb(shapely.set_srid(shapely.Point(106.8, 39.6), 4326), hex=True, include_srid=True)
ROWS = [
    HEADING,
    *([f"C{row}", f"站点{row}", "社区", 106.8, 39.6, "106.8,39.6", WKB, row, "1.2万㎡"] for row in range(12)),
    ["合计", "", "", "", "", "", "", 66, ""],
]
SLOW_S = 10.0
NASTY = [
    *(
        b"\0",
        b"\xff",
        b'"',
        b"'",
        b",",
        b";",
        b"\n",
        b"\r",
        b"|",
        b"\x1b[31m",
        b"\x0b",
        b"{",
        b"[",
        b"(" * 50,
        b"-",
    ),
    *(b"9" * 400, b"1e999", b"nan", b"&#0;", b"<!DOCTYPE x>", b"]]>", b"\xef\xbb\xbf", b"\xff\xfe", b"sep=;"),
    *(
        "，".encode(),
        "。".encode("gbk"),
        b"POLYGON ((",
        b"SRID=99999999999999999999;POINT (1 2)",
        b"0107000000FFFFFFFF",
    ),
    *(b"A1048576", b"XFD1", b'r="ZZZ9"', b"7FFFFFFF", b"4294967295", b"1048576", b"16384"),
    *(b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
]


def samples() -> dict[str, bytes]:
    """Return a whole table in each format, by ending."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x")
        book = openpyxl.Workbook()
        for row in ROWS:
            book.active.append(row)
        book.active.merge_cells("B2:B4")
        book.save(path)
        xlsx = path.read_bytes()
        old = xlwt.Workbook()
        sheet = old.add_sheet("s")
        for number, row in enumerate(ROWS):
            for column, cell in enumerate(row):
                sheet.write(number, column, cell)
        with path.open("wb") as file:
            old.save(file)
        xls = path.read_bytes()
        cells = "".join(
            "<table:table-row>"
            + "".join(
                '<table:table-cell table:number-columns-repeated="1" office:value-type="string">'
                f"<text:p>{cell}</text:p></table:table-cell>"
                for cell in row
            )
            + "</table:table-row>"
            for row in ROWS
        )
        space = " ".join(
            f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
            for name in ("office", "table", "text")
        )
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            packed.writestr(
                "META-INF/manifest.xml",
                '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
            )
            packed.writestr(
                "content.xml",
                f"<office:document-content {space}><office:body><office:spreadsheet><table:table "
                f'table:name="S">{cells}</table:table></office:spreadsheet></office:body></office:document-content>',
            )
        ods = path.read_bytes()
    text = (
        "\n".join(",".join(f'"{cell}"' if "," in str(cell) else str(cell) for cell in row) for row in ROWS) + "\n"
    )
    decimal = "\n".join(";".join(str(cell).replace(".", ",") for cell in row) for row in ROWS) + "\n"
    return {
        "xlsx": xlsx,
        "xlsm": xlsx,
        "xls": xls,
        "et": xls,
        "ods": ods,
        "csv": text.encode(),
        "txt": decimal.encode("gbk"),
        "tsv": text.replace(",", "\t").encode("utf-16"),
        "csv.gz": gzip.compress(text.encode(), mtime=0),
    }


def damaged(content: bytes, dice: random.Random) -> bytes:
    """Return a file with bytes changed, cut, doubled, moved or put in; in packages, mostly within a part."""
    if content.startswith(b"PK") and dice.random() < 0.8:
        return repacked(content, dice)
    if content.startswith(b"\x1f\x8b") and dice.random() < 0.7:
        return gzip.compress(spoilt(gzip.decompress(content), dice), mtime=0)
    return spoilt(content, dice)


def repacked(content: bytes, dice: random.Random) -> bytes:
    import io

    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(target, "w") as changed:
        names = packed.namelist()
        chosen = dice.choice([name for name in names if "sheet" in name or "Strings" in name or "content" in name])
        for name in names:
            if dice.random() < 0.02:
                continue
            part = packed.read(name)
            changed.writestr(name, spoilt(part, dice) if name == chosen else part)
    return target.getvalue()


def spoilt(content: bytes, dice: random.Random) -> bytes:
    for _ in range(dice.choice([1, 1, 1, 2, 5, 20])):
        place, other = dice.randrange(len(content) + 1), dice.randrange(len(content) + 1)
        match dice.randrange(6):
            case 0:
                content = content[:place] + bytes([dice.randrange(256)]) + content[place + 1 :]
            case 1:
                content = content[:place] + dice.choice(NASTY) + content[place:]
            case 2:
                content = content[: min(place, other)] + content[min(max(place, other), min(place, other) + 40) :]
            case 3:
                content = content[:place] + content[other : other + 60] + content[place:]
            case 4:
                nasty = dice.choice(NASTY)
                content = content[:place] + nasty + content[place + len(nasty) :]
            case _:
                content = content[:place] if dice.random() < 0.3 else content
        content = content or b"x"
    return content


def read_or_refused(path: Path, dice: random.Random) -> bool:
    """Read a damaged table; tell whether it was read."""
    schema = dice.choice([DEMAND, FACILITIES, BUILDINGS])
    try:
        found = read_layer(path, Layer(path=path), setting="inputs.x", schema=schema, home=(106.8, 39.6))
        table: gpd.GeoDataFrame = schema.check(found.frame, source=path.name, reader_issues=found.issues)
    except DataError as error:
        for language in ("zh", "en"):
            said = error.in_words(language)  # type: ignore[arg-type]
            assert "Traceback" not in said
            assert "\x1b" not in said
        return False
    assert all(is_clean for is_clean in table["id"].map(lambda cell: "\x1b" not in cell))
    return True


def run(seed: int, folder: Path, whole: dict[str, bytes]) -> tuple[str, bool, float]:
    dice = random.Random(seed)  # noqa: S311 - the same damage each time
    ending = dice.choice([*whole])
    path = folder / f"x.{ending}"
    path.write_bytes(damaged(whole[ending], dice))
    began = time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        was_read = read_or_refused(path, dice)
    return ending, was_read, time.monotonic() - began


@pytest.fixture(scope="module")
def whole() -> dict[str, bytes]:
    return samples()


def test_whole_tables_of_every_format_are_read(tmp_path: Path, whole: dict[str, bytes]) -> None:
    for ending, content in whole.items():
        path = tmp_path / f"y.{ending}"
        path.write_bytes(content)
        found = read_layer(path, Layer(path=path), setting="inputs.x", schema=FACILITIES, home=(106.8, 39.6))
        assert len(found.frame) == 12, ending
        assert (
            FACILITIES.check(found.frame, source=ending, reader_issues=found.issues)["floor_area_m2"].sum()
            == 12 * 12_000
        )


@pytest.mark.parametrize("part", range(6))
def test_damaged_tables_are_read_or_refused(tmp_path: Path, whole: dict[str, bytes], part: int) -> None:
    results = [run(seed, tmp_path, whole) for seed in range(part * 40, part * 40 + 40)]
    assert any(was_read for _, was_read, _ in results)
    assert not all(was_read for _, was_read, _ in results)


if __name__ == "__main__":
    formats = samples()
    with tempfile.TemporaryDirectory() as place:
        first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
        for number in range(first, first + int(sys.argv[1])):
            try:
                name, was_read, seconds = run(number, Path(place), formats)
            except BaseException as error:  # noqa: BLE001 - what must not be is what is looked for
                print(number, type(error).__name__, str(error)[:300], flush=True)  # noqa: T201
                continue
            if seconds > SLOW_S / 2:
                print(number, name, f"{seconds:.1f} s", flush=True)  # noqa: T201
