"""Shapefiles and MapInfo tables: parts complete, texts decoded in the encoding that their bytes prove."""

from __future__ import annotations

import re
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyogrio

from planner.io.text_encodings import TextEncoding, choose_encoding, decode_text
from planner.io.vector.archives import link_or_copy
from planner.messages.catalogue import Phrase
from planner.messages.errors import DataError, Issue

BYTEWISE = "ISO-8859-1"
"""Every byte is a character of its own: what is read so loses nothing, and is decoded afterwards."""

DBF_NAME_BYTES = 10
DBF_HEAD = 32
SHP_HEAD = 100
DBF_FIELDS_END = 0x0D

LANGUAGES = {0x4D: "936", 0x7A: "936", 0x4F: "950", 0x78: "950", 0x03: "1252"}
"""Encodings by byte 29 of a .dbf, which counts if there is no .cpg."""
LANGUAGE_BYTE = 29

FIRST_BYTES = 512
SYSTEM_AT_MOST = 100_000
"""Bytes of a .prj that are read; the longest systems have some thousand."""


def read_shapefile(path: Path) -> tuple[pd.DataFrame, TextEncoding]:
    """Read a shapefile.

    Raises
    ------
    DataError
        A part is missing or cut off, two columns have one name, or the bytes are no text in any encoding.
    """
    table = _beside(path, ".dbf")
    if table is None or _beside(path, ".shx") is None:
        missing = path.with_suffix(".dbf" if table is None else ".shx").name
        raise DataError(str(path), [Issue("shapefile_part_missing", {"missing": missing})])
    _check_whole(path, table)
    fields = _fields(table)
    named = [name.strip() for name, _ in fields]
    doubled = sorted({name for name in named if named.count(name) > 1})
    if doubled:
        listed = ", ".join(name.decode("gb18030", "replace") or "–" for name in doubled)
        raise DataError(str(path), [Issue("doubled_columns", {"columns": listed})])
    frame = _read_bytewise(path)
    columns = [name for name in frame.columns if name != "geometry"]
    widths = dict(fields)
    texts = {name: frame[name].astype(object) for name in columns if frame[name].dtype.kind in "OUT"}
    results = [(name.encode(BYTEWISE), DBF_NAME_BYTES) for name in columns]
    for name, column in texts.items():
        width = widths.get(name.encode(BYTEWISE), 0)
        results += [(value.encode(BYTEWISE), width) for value in column.unique() if isinstance(value, str)]
    encoding = choose_encoding(results, _declared(path, table))
    if encoding is None:
        raise DataError(str(path), [Issue("no_text_table")])
    names = {name: decode_text(name.encode(BYTEWISE), encoding.name, DBF_NAME_BYTES) for name in columns}
    decoded = {
        names[name]: column.map(_decoder(encoding.name, widths.get(name.encode(BYTEWISE), 0)))
        for name, column in texts.items()
    }
    return frame.rename(columns=names).assign(**decoded), encoding


def _read_bytewise(path: Path) -> pd.DataFrame:
    """Read all rows, texts as bytes; a .prj whose names are in a Chinese set is read as the same in UTF-8."""
    system = _beside(path, ".prj")
    content = b"" if system is None else system.read_bytes()[:SYSTEM_AT_MOST]
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        with tempfile.TemporaryDirectory(prefix="planner-") as folder:
            copy = Path(folder) / "layer.shp"
            for ending in (".shp", ".shx", ".dbf"):
                link_or_copy(_part(path, ending), copy.with_suffix(ending))
            copy.with_suffix(".prj").write_text(_decoded(content), "utf-8")
            return _bytewise(copy)
    return _bytewise(path)


def _bytewise(path: Path) -> pd.DataFrame:
    frame: pd.DataFrame = pyogrio.read_dataframe(path, encoding=BYTEWISE)
    return frame


def _decoded(content: bytes) -> str:
    try:
        return content.decode("gb18030")
    except UnicodeDecodeError:
        return content.decode(BYTEWISE)


def _beside(path: Path, ending: str) -> Path | None:
    """Return the file beside a shapefile that has its name and this ending, in small letters or capitals."""
    return next(
        (file for file in (path.with_suffix(ending), path.with_suffix(ending.upper())) if file.is_file()), None
    )


def _part(path: Path, ending: str) -> Path:
    return path if ending == path.suffix.lower() else (_beside(path, ending) or path.with_suffix(ending))


def _check_whole(path: Path, table: Path) -> None:
    """Refuse a shapefile of which the end is missing; GDAL would read what is there and report nothing."""
    with path.open("rb") as file:
        head = file.read(SHP_HEAD)
    short = len(head) < SHP_HEAD or path.stat().st_size < 2 * struct.unpack(">I", head[24:28])[0]
    with table.open("rb") as file:
        head = file.read(DBF_HEAD)
    if len(head) < DBF_HEAD:
        short = True
    else:
        rows, beginning, width = struct.unpack("<IHH", head[4:12])
        short = short or table.stat().st_size < beginning + rows * width
    if short:
        raise DataError(str(path), [Issue("unreadable_file", {"reason": Phrase("errors.why_cut_off")})])


def _declared(path: Path, table: Path) -> str:
    """Return what the .cpg states, else what the table's head states."""
    text = _beside(path, ".cpg")
    if text is not None:
        return text.read_bytes()[:FIRST_BYTES].decode("ascii", "replace").strip()
    with table.open("rb") as file:
        head = file.read(DBF_HEAD)
    return LANGUAGES.get(head[LANGUAGE_BYTE], "")


def _decoder(encoding: str, width: int) -> Callable[[object], str | None]:
    def read(value: object) -> str | None:
        return decode_text(value.encode(BYTEWISE), encoding, width) if isinstance(value, str) else None

    return read


def _fields(table: Path) -> list[tuple[bytes, int]]:
    """Return the name of each field and its width in bytes, from the table's head."""
    with table.open("rb") as file:
        head = file.read(DBF_HEAD)
        content = file.read(max(struct.unpack("<H", head[8:10])[0] - DBF_HEAD, 0))
    fields = []
    for start in range(0, len(content) - DBF_HEAD + 1, DBF_HEAD):
        if content[start] == DBF_FIELDS_END:
            break
        fields.append((content[start : start + 11].partition(b"\0")[0], content[start + 16]))
    return fields


BEGINNINGS = {".tab": (b"!table",), ".mif": (b"version",)}
PARTS = {".tab": (".dat", ".map", ".id", ".ind", ".dbf"), ".mif": (".mid",)}
NEEDED = {".tab": (".dat", ".dbf"), ".mif": (".mid",)}
"""One of these must be there."""

CHARSET = re.compile(rb"""(?i)(\bcharset\s+"?)([\w-]+)""")
OF_ITS_OWN = re.compile(rb"(?i)\btype\s+(native|dbf)\b")
OTHER_TABLES = re.compile(rb"(?i)(\bopen\s+table\b|\bcreate\s+view\b|isseamless|\btype\s+linked\b|^\s*file\s)")
"""Statements of tables that consist of other tables."""

OFTEN = {".tab": 2, ".mif": 1}
"""Number of charset statements of a file, before any text of the user's."""

HEAD_AT_MOST = 200_000


def read_mapinfo(path: Path, ending: str) -> tuple[pd.DataFrame, TextEncoding]:
    """Read a MapInfo table.

    Raises
    ------
    DataError
        A part is missing, it is made of other tables, or its bytes are no text in any encoding.
    """
    content = path.read_bytes()
    head = content[:HEAD_AT_MOST]
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(BEGINNINGS[ending]):
        raise _refused(path, Phrase("errors.why_other_content", {"ending": ending}))
    if ending == ".tab" and (not OF_ITS_OWN.search(head) or OTHER_TABLES.search(head)):
        raise _refused(path, Phrase("errors.why_leads_elsewhere"))
    beside = {part: file for part in PARTS[ending] if (file := _beside(path, part)) is not None}
    if not beside.keys() & set(NEEDED[ending]):
        raise DataError(str(path), [Issue("shapefile_part_missing", {"missing": path.stem + NEEDED[ending][0]})])
    match = CHARSET.search(head)
    declared = "" if match is None else match[2].decode("ascii", "replace")
    with TemporaryDirectory(prefix="planner-") as folder:
        copy = Path(folder) / f"layer{ending}"
        # Told that there is no charset, GDAL leaves the bytes of texts as they are.
        changed = CHARSET.sub(rb"\1Neutral", head, count=OFTEN[ending])
        copy.write_bytes(changed + content[HEAD_AT_MOST:])
        for part, file in beside.items():
            link_or_copy(file, copy.with_suffix(part))
        frame = pyogrio.read_dataframe(copy, encoding=BYTEWISE)
    texts = [name for name in frame.columns if name != "geometry" and frame[name].dtype.kind in "OUT"]
    names = [str(name) for name in frame.columns if name != "geometry"]
    values = [value for name in texts for value in frame[name].unique() if isinstance(value, str)]
    bytewise = [(text.encode(BYTEWISE), 0) for text in (*names, *values)]
    encoding = choose_encoding(bytewise, declared)
    if encoding is None:
        raise DataError(str(path), [Issue("no_text_table")])
    read = {name: frame[name].astype(object).map(lambda cell: _text(cell, encoding.name)) for name in texts}
    renamed = {name: decode_text(name.encode(BYTEWISE), encoding.name, errors="replace") for name in names}
    return frame.assign(**read).rename(columns=renamed), encoding


def _text(cell: object, encoding: str) -> str | None:
    # MapInfo cuts texts at their field's width, wherever a character ends.
    return decode_text(cell.encode(BYTEWISE), encoding, len(cell)) if isinstance(cell, str) else None


def _refused(path: Path, reason: object) -> DataError:
    return DataError(str(path), [Issue("unreadable_file", {"reason": reason})])
