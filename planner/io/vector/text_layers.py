"""GeoJSON, KML and GML: checked as text before GDAL reads them, so that nothing in them leads elsewhere."""

from __future__ import annotations

import codecs
import json
import re
from pathlib import Path
from xml.parsers import expat
from xml.sax.saxutils import unescape

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
"""Value of `crs` that names a system."""

ESCAPED_LETTER = re.compile(r"\\u00[4-7]")
"""A plain letter that somebody has escaped: what the text states cannot be seen without reading it whole."""

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
        It does, or is too strangely written to determine.
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

    GDAL takes degrees of WGS-84 where it does not know the name, and reports nothing.

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


DEPTH_AT_MOST = 200
"""Elements within one another; KML and GML of this world have some twenty."""

ROOTS = {".kml": ("kml",), ".gml": ()}
"""The names of the outermost element; a GML application schema may call it as it likes."""

DECLARED = re.compile(rb"""^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["']""")
READ_BY_EXPAT = ("utf-8", "utf8", "utf-16", "iso-8859-1", "us-ascii", "ascii")
HEAD = 1000
FIELD = re.compile(r"""(<(?:\w+:)?(?:Data|SimpleData|SimpleField)\b[^<>]*?\bname\s*=\s*)("[^"<]*"|'[^'<]*')""")
OF_THE_MAP = (
    "timestamp",
    "begin",
    "end",
    "altitudeMode",
    "tessellate",
    "extrude",
    "visibility",
    "drawOrder",
    "icon",
)
"""Columns in which GDAL gives how a KML file is to be drawn."""


def to_utf8(path: Path) -> tuple[bytes, str]:
    """Return the bytes of an XML file such that any reader takes them, and the encoding that they were in.

    Chinese programs write XML in GB2312 or GBK and declare it; few readers know these.

    Raises
    ------
    DataError
        The bytes are not in the encoding that the file declares.
    """
    content = path.read_bytes()
    match = DECLARED.match(content[:HEAD])
    declared = match[1].decode("ascii").lower() if match else "utf-8"
    if declared in READ_BY_EXPAT and not _is_other(content, declared):
        return content, declared
    encoding = "gb18030" if declared.startswith(("gb", "utf-8", "utf8")) else declared
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise DataError(str(path), [Issue("no_text_table")]) from error
    head = re.sub(r"""encoding\s*=\s*["'][\w.:-]+["']""", 'encoding="UTF-8"', text[:HEAD], count=1)
    return (head + text[HEAD:]).encode("utf-8"), encoding


def check_xml(content: bytes, path: Path, ending: str) -> None:
    """Refuse XML that declares a document type or entities, is nested without end, or is of another kind.

    Raises
    ------
    DataError
        With the reason.
    """
    depth = 0
    parser = expat.ParserCreate(namespace_separator=" ")
    roots = ROOTS[ending]

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        own = name.rpartition(" ")[2]
        if depth == 0 and (own == "html" or (roots and own not in roots)):
            raise _refused(path, Phrase("errors.why_other_content", {"ending": ending}))
        depth += 1
        if depth > DEPTH_AT_MOST:
            raise _refused(path, Phrase("errors.why_nested"))
        # A place's system may be given as an address, which GDAL would ask.
        for key, value in attributes.items():
            if key == "srsName" and value.lower().startswith(ADDRESSES) and not value.startswith(OF_THE_STANDARD):
                raise _refused(path, Phrase("errors.why_leads_elsewhere"))

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def declared(*_: object) -> None:
        raise _refused(path, Phrase("errors.why_doctype"))

    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = declared
    parser.EntityDeclHandler = declared
    try:
        parser.Parse(content, True)  # noqa: FBT003 - expat takes it by position only
    except (expat.ExpatError, LookupError, ValueError) as error:
        # Beside what is no XML: an encoding that is declared and that nobody knows.
        if isinstance(error, DataError):
            raise
        raise _refused(path, error) from error


def rename_kml_fields(content: bytes) -> tuple[bytes, dict[str, str]]:
    """Rename the fields of a KML file so that GDAL keeps the names; it makes an underscore of any other sign.

    Returns
    -------
    content
        With the new names.
    names
        What each new name stands for.

    Examples
    --------
    >>> rename_kml_fields('<Data name="人口"><value>1</value></Data>'.encode())
    (b'<Data name="field_1"><value>1</value></Data>', {'field_1': '人口'})
    """
    new: dict[str, str] = {}

    def renamed(match: re.Match[str]) -> str:
        name = unescape(match[2][1:-1], {"&quot;": '"', "&apos;": "'"})
        return f'{match[1]}"{new.setdefault(name, f"field_{len(new) + 1}")}"'

    text = FIELD.sub(renamed, content.decode("utf-8"))
    return text.encode("utf-8"), {field: name for name, field in new.items()}


ADDRESSES = ("http:", "https:", "ftp:", "file:", "/vsi")
OF_THE_STANDARD = ("http://www.opengis.net/", "https://www.opengis.net/")


def _refused(path: Path, reason: object) -> DataError:
    return DataError(str(path), [Issue("unreadable_file", {"reason": reason})])


def _is_other(content: bytes, declared: str) -> bool:
    """Return True if a file states UTF-8, or nothing, and is not."""
    if declared not in {"utf-8", "utf8"} or content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False
