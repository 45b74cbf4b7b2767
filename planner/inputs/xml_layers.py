"""KML and GML: read through once before GDAL does: nothing in them leads elsewhere or is nested without end."""

from __future__ import annotations

import re
from pathlib import Path
from xml.parsers import expat

from planner.errors import Breach, DataError
from planner.texts import Phrase

DEPTH_AT_MOST = 200
"""Elements within one another; KML and GML of this world have some twenty."""

ROOTS = {".kml": ("kml",), ".gml": ()}
"""The names of the outermost element; a GML application schema may call it as it likes."""

DECLARED = re.compile(rb"""^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["']""")
READ_BY_EXPAT = ("utf-8", "utf8", "utf-16", "iso-8859-1", "us-ascii", "ascii")
HEAD = 1000


def in_utf8(path: Path) -> tuple[bytes, str]:
    """Return the bytes of an XML file such that any reader takes them, and the encoding that they were in.

    Chinese programs write XML in GB2312 or GBK and say so; few readers know these.

    Raises
    ------
    DataError
        The bytes are not in the encoding that the file declares.
    """
    content = path.read_bytes()
    found = DECLARED.match(content[:HEAD])
    declared = found[1].decode("ascii").lower() if found else "utf-8"
    if declared in READ_BY_EXPAT and not _is_other(content, declared):
        return content, declared
    encoding = "gb18030" if declared.startswith(("gb", "utf-8", "utf8")) else declared
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise DataError(str(path), [Breach("no_text_table")]) from error
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
    wanted = ROOTS[ending]

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        own = name.rpartition(" ")[2]
        if depth == 0 and (own == "html" or (wanted and own not in wanted)):
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
    except expat.ExpatError as error:
        raise _refused(path, error) from error


ADDRESSES = ("http:", "https:", "ftp:", "file:", "/vsi")
OF_THE_STANDARD = ("http://www.opengis.net/", "https://www.opengis.net/")


def _refused(path: Path, reason: object) -> DataError:
    return DataError(str(path), [Breach("unreadable_file", {"reason": reason})])


def _is_other(content: bytes, declared: str) -> bool:
    """Tell whether a file says UTF-8, or nothing, and is not."""
    if declared not in {"utf-8", "utf8"} or content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False
