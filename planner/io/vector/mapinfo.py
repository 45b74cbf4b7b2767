"""MapInfo: tables (.tab) that hold their rows themselves, and the text form (.mif), decoded by evidence."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyogrio

from planner.io.text_encodings import TextEncoding, choose_encoding, decode
from planner.io.vector.gdal_isolation import link_or_copy
from planner.io.vector.shapefiles import BYTEWISE
from planner.messages.catalogue import Phrase
from planner.messages.errors import DataError, Issue

BEGINNINGS = {".tab": (b"!table",), ".mif": (b"version",)}
PARTS = {".tab": (".dat", ".map", ".id", ".ind", ".dbf"), ".mif": (".mid",)}
NEEDED = {".tab": (".dat", ".dbf"), ".mif": (".mid",)}
"""One of these must be there."""

CHARSET = re.compile(rb"""(?i)(\bcharset\s+"?)([\w-]+)""")
OF_ITS_OWN = re.compile(rb"(?i)\btype\s+(native|dbf)\b")
OTHER_TABLES = re.compile(rb"(?i)(\bopen\s+table\b|\bcreate\s+view\b|isseamless|\btype\s+linked\b|^\s*file\s)")
"""What makes a table of other tables."""

OFTEN = {".tab": 2, ".mif": 1}
"""How often a file names its charset, before any text of the user's."""

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
    renamed = {name: decode(name.encode(BYTEWISE), encoding.name, errors="replace") for name in names}
    return frame.assign(**read).rename(columns=renamed), encoding


def _text(cell: object, encoding: str) -> str | None:
    # MapInfo cuts texts at their field's width, wherever a character ends.
    return decode(cell.encode(BYTEWISE), encoding, len(cell)) if isinstance(cell, str) else None


def _beside(path: Path, ending: str) -> Path | None:
    return next(
        (file for file in (path.with_suffix(ending), path.with_suffix(ending.upper())) if file.is_file()), None
    )


def _refused(path: Path, reason: object) -> DataError:
    return DataError(str(path), [Issue("unreadable_file", {"reason": reason})])
