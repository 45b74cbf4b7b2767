"""GeoJSON, GeoJSON lines, TopoJSON and Esri JSON: as text first, so that nothing in it leads elsewhere."""

from __future__ import annotations

import codecs
import json
import re
from pathlib import Path

import pyproj

from planner.messages.catalogue import Phrase
from planner.messages.errors import DataError, Issue

SYSTEM_KEY = re.compile(r"""["']crs["']""", re.IGNORECASE)
PLAIN_SYSTEM = re.compile(
    r"""
    "crs"\s*[,}\]]           # a text, no key
    | "crs"\s*:\s*(?: null | \{\s*
        "type"\s*:\s*"(?:name|EPSG)"\s*,\s*
        "properties"\s*:\s*\{\s*"(?:name|code)"\s*:\s*(?: "(?!http)[^"\\]*" | \d+ )\s*\}\s*
    \})
    """,
    re.VERBOSE,
)
"""A coordinate system that is named; GeoJSON may also give the address where it stands, which GDAL asks."""

NAMED_SYSTEM = re.compile(
    r"""\{\s*"type"\s*:\s*"name"\s*,\s*"properties"\s*:\s*\{\s*"name"\s*:\s*"(?P<name>[^"\\]{1,200})"\s*\}\s*\}"""
)
"""What `crs` holds where it names a system."""

ESCAPED_LETTER = re.compile(r"\\u00[4-7]")
"""A plain letter that somebody has escaped: what the text says cannot be seen without reading it whole."""

NAMED = ("name", "epsg", "ogc")
BEGINNING = 2000


def read_text(path: Path) -> tuple[str, str]:
    """Return the text of a file, and its encoding: UTF-8, UTF-16 with its mark, or GB 18030.

    Raises
    ------
    DataError
        Its bytes are none of these.
    """
    content = path.read_bytes()
    wide = content[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
    for encoding in ("utf-8", "utf-16" if wide else "gb18030"):
        try:
            return content.decode(encoding).removeprefix("\ufeff"), encoding
        except UnicodeDecodeError:
            continue
    raise DataError(str(path), [Issue("no_text_table")])


def check_no_external_crs(text: str, path: Path) -> None:
    """Refuse JSON that gives its coordinate system as an address: GDAL would ask there.

    Raises
    ------
    DataError
        It does, or is too strangely written to tell.
    """
    strange = ESCAPED_LETTER.search(text) is not None
    if not strange and all(PLAIN_SYSTEM.match(text, result.start()) for result in SYSTEM_KEY.finditer(text)):
        return
    try:
        parts = [json.loads(text)]
    except (ValueError, RecursionError):
        try:
            parts = [json.loads(line) for line in text.replace("\x1e", "\n").splitlines() if line.strip()]
        except (ValueError, RecursionError) as error:
            reason = Phrase("errors.why_json")
            raise DataError(str(path), [Issue("unreadable_file", {"reason": reason})]) from error
    while parts:
        part = parts.pop()
        if isinstance(part, list):
            parts += part
        elif isinstance(part, dict):
            parts += part.values()
            if any(key.lower() == "crs" and _is_address(value) for key, value in part.items()):
                reason = Phrase("errors.why_leads_elsewhere")
                raise DataError(str(path), [Issue("unreadable_file", {"reason": reason})])


def _is_address(system: object) -> bool:
    return isinstance(system, dict) and str(system.get("type", "name")).lower() not in NAMED


def find_unknown_crs(text: str, read_as: pyproj.CRS | None) -> str:
    """Return the coordinate system that a text names and that was not understood; "" where none is.

    GDAL takes degrees of WGS-84 where it does not know the name, and says nothing.

    Examples
    --------
    >>> text = '{"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "Xian 80"}}}'
    >>> [find_unknown_crs(one, pyproj.CRS(4326)) for one in (text, text.replace("Xian 80", "EPSG:4326"))]
    ['Xian 80', '']
    """
    for result in NAMED_SYSTEM.finditer(text):
        name = result["name"]
        try:
            system = pyproj.CRS.from_user_input(name)
        except pyproj.exceptions.CRSError:
            return name
        same = read_as is not None and (
            system.equals(read_as, ignore_axis_order=True) or system.to_epsg() == read_as.to_epsg()
        )
        if not same and not name.upper().endswith("CRS84"):
            return name
    return ""


def is_topology(text: str) -> bool:
    """Return True if a text is TopoJSON, which may hold several layers."""
    return '"Topology"' in text[:BEGINNING]
