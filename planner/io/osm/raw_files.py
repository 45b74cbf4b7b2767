"""Raw OpenStreetMap files: unpacked within limits, object versions counted, XML elements parsed."""

from __future__ import annotations

import bz2
import gzip
import re
import zlib
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from xml.parsers import expat

import numpy as np
import osmium
from numpy.typing import NDArray
from osmium import osm

from planner.io.osm.elements import ORDER, Element
from planner.messages.errors import DataError, Issue

TIMES_AT_MOST = 200
"""Real extracts unpack to 10 to 40 times their size; a file made to fill the memory to 1,000 times and more."""

ALWAYS_BYTES = 64 * 2**20
"""So much is unpacked before the growth is judged: small files may grow by any factor."""

CHUNK_BYTES = 2**20
LENGTH_BYTES = 4
HEADER_AT_MOST = 64 * 1024
"""A blob's header is at most this long, by the format."""

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def read_unpacked(path: Path) -> Iterator[bytes]:
    """Yield the content of a plain, .gz or .bz2 file in chunks.

    Raises
    ------
    DataError
        It grows beyond measure.
    OSError, EOFError
        It cannot be read, or ends too early.
    """
    with path.open("rb") as raw:
        name = path.name.lower()
        file: BinaryIO | gzip.GzipFile | bz2.BZ2File = raw
        if name.endswith(".gz"):
            file = gzip.GzipFile(fileobj=raw)
        elif name.endswith(".bz2"):
            file = bz2.BZ2File(raw)
        total = 0
        while chunk := _next_chunk(file):
            total += len(chunk)
            if file is not raw:
                _check_growth(path, raw.tell(), total)
            yield chunk


def _next_chunk(file: BinaryIO | gzip.GzipFile | bz2.BZ2File) -> bytes:
    """Return the next bytes; report damaged compressed data as any other damaged file."""
    try:
        return file.read(CHUNK_BYTES)
    except zlib.error as error:
        raise OSError(str(error)) from error


def check_blobs(path: Path) -> None:
    """Refuse an extract in PBF whose blobs state that they unpack to far more than the file holds.

    What is no PBF is left for the reader to refuse.
    """
    with path.open("rb") as file:
        packed = total = 0
        while len(head := file.read(LENGTH_BYTES)) == LENGTH_BYTES:
            length = int.from_bytes(head, "big")
            if length > HEADER_AT_MOST:
                return
            size = _varint_field(file.read(length), 3)
            blob = file.read(size)
            if not size or len(blob) < size:
                return
            packed, total = packed + size, total + _varint_field(blob, 2)
            _check_growth(path, packed, total)


def _check_growth(path: Path, packed: int, total: int) -> None:
    if total > ALWAYS_BYTES and total > TIMES_AT_MOST * packed:
        values = {"packed": f"{max(packed / 2**20, 0.1):.1f}", "unpacked": f"{total / 2**20:,.0f}"}
        raise DataError(str(path), [Issue("grows_unpacking", {**values, "times": TIMES_AT_MOST})])


def _varint_field(message: bytes, number: int) -> int:
    """Return a whole number of a protobuf message by the number of its field; 0 where it has none."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        field, kind = key >> 3, key & 7
        if kind == VARINT:
            value, at = _varint(message, at)
            if field == number:
                return value
        elif kind == BYTES:
            length, at = _varint(message, at)
            at += length
        elif kind in {FIXED32, FIXED64}:
            at += 4 if kind == FIXED32 else 8
        else:
            return 0
    return 0


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message):
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:  # noqa: PLR2004 - the highest bit says that more follows
            break
    return value, at


@dataclass(slots=True)
class ObjectVersions:
    """The objects of a file in its order."""

    kinds: array[int] = field(default_factory=lambda: array("b"))
    ids: array[int] = field(default_factory=lambda: array("q"))
    versions: array[int] = field(default_factory=lambda: array("q"))
    alive: array[int] = field(default_factory=lambda: array("b"))
    """`kinds`, `ids`, `versions`, `alive`: Node (0), way (1) or relation (2); the id; the version, 0 where none is
    given; whether it is there."""
    located: bool = False
    """Whether ways state themselves where they run."""

    def add(self, kind: int, number: int, version: int, *, alive: bool) -> None:
        """Note one object."""
        self.kinds.append(kind)
        self.ids.append(number)
        self.versions.append(version)
        self.alive.append(alive)

    def newest(self) -> NDArray[np.bool_]:
        """Return which objects are the newest version, of equal ones the last, shape (objects,).

        Examples
        --------
        >>> ledger = ObjectVersions()
        >>> for version in (1, 3, 2):
        ...     ledger.add(1, 7, version, alive=True)
        >>> ledger.newest().tolist()
        [False, True, False]
        """
        kinds, ids = np.asarray(self.kinds), np.asarray(self.ids)
        order = np.lexsort((np.asarray(self.versions), ids, kinds))
        follows = (kinds[order][1:] == kinds[order][:-1]) & (ids[order][1:] == ids[order][:-1])
        newest = np.ones(len(ids), dtype=bool)
        newest[order[:-1][follows]] = False
        return newest

    def there(self) -> NDArray[np.bool_]:
        """Return which objects are the newest version and visible, shape (objects,)."""
        return np.asarray(self.newest() & np.asarray(self.alive, dtype=bool), dtype=bool)

    def count(self, kind: int) -> int:
        """Return how many objects of a kind the file holds."""
        return self.kinds.count(kind)

    def is_plain(self) -> bool:
        """Return True if the readers can take the file as it stands."""
        return not self.located and bool(self.there().all())


def scan_pbf_versions(path: Path) -> ObjectVersions:
    """Return what an extract states of its objects."""
    ledger = ObjectVersions()
    for number, kind in enumerate((osm.NODE, osm.WAY, osm.RELATION)):
        for result in osmium.FileProcessor(path, kind):
            if isinstance(result, osm.types.OSMObject):
                ledger.add(number, result.id, result.version, alive=result.visible)
            if not ledger.located and isinstance(result, osm.types.Way):
                ledger.located = any(node.location.valid() for node in result.nodes)
    return ledger


INVISIBLE = frozenset({"false", "no", "0"})
CHANGES = frozenset({"osmChange", "osmAugmentedDiff", "action"})
"""Elements of files that hold changes, not things: an augmented diff of Overpass puts both sides into actions."""

Attributes = Mapping[str, str]

BROKEN_OFF = re.compile(r"error|timed out|out of memory", re.IGNORECASE)
"""Words of an Overpass remark about a query that was broken off."""

LONGEST_REMARK = 500


def scan_xml_versions(path: Path) -> ObjectVersions:
    """Return what an XML file states of its objects; a damaged one is left for the reader to refuse.

    Raises
    ------
    DataError
        It holds changes, or grows beyond measure when unpacked.
    """
    looking = _VersionScan(path)
    _parse(path, looking.start, looking.end, looking.text)
    return looking.ledger


def check_complete(remark: str, path: Path) -> None:
    """Refuse an answer of Overpass that states of itself that it broke off: what it lacks cannot be seen in it.

    Raises
    ------
    DataError
        The server's remark speaks of an error.
    """
    if BROKEN_OFF.search(remark):
        raise DataError(str(path), [Issue("osm_incomplete", {"said": " ".join(remark.split())[:LONGEST_REMARK]})])


def read_elements(path: Path) -> list[Element]:
    """Return the elements of an XML file as Overpass writes them in JSON."""
    reading = _ElementReader()
    _parse(path, reading.start, reading.end)
    return reading.elements


def _parse(
    path: Path,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None],
    text: Callable[[str], None] | None = None,
) -> None:
    parser = expat.ParserCreate()
    if text is not None:
        parser.CharacterDataHandler = text
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        for chunk in read_unpacked(path):
            parser.Parse(chunk, False)  # noqa: FBT003 - pyexpat takes no keyword
        parser.Parse(b"", True)  # noqa: FBT003
    except (expat.ExpatError, EOFError, OverflowError) as error:
        raise ValueError(str(error)) from error
    except KeyError as error:
        message = f"an element lacks {error}"
        raise ValueError(message) from error
    except LookupError as error:
        # It declares an encoding that nobody knows.
        raise ValueError(str(error)) from error


def _no_doctype(*_: object) -> None:
    # A document type could define entities that grow without end; no program of OpenStreetMap writes one.
    message = "it has a document type"
    raise ValueError(message)


@dataclass(slots=True)
class _VersionScan:
    """The first pass: numbers only."""

    path: Path
    ledger: ObjectVersions = field(default_factory=ObjectVersions)
    depth: int = 0
    remark: str | None = None

    def start(self, name: str, attributes: Attributes) -> None:
        if name in CHANGES and self.depth <= 1:
            raise DataError(str(self.path), [Issue("osm_change")])
        if self.depth == 0 and name != "osm":
            message = f"it begins with <{name}>, not with <osm>"
            raise ValueError(message)
        if self.depth == 1 and name in ORDER:
            self.ledger.add(
                ORDER.index(name), int(attributes["id"]), _version(attributes), alive=_is_there(attributes)
            )
        elif name == "nd":
            self.ledger.located |= "lat" in attributes
        elif name == "remark" and self.depth == 1:
            self.remark = ""
        self.depth += 1

    def text(self, characters: str) -> None:
        if self.remark is not None and len(self.remark) < LONGEST_REMARK:
            self.remark += characters

    def end(self, _: str) -> None:
        self.depth -= 1
        if self.remark is not None:
            check_complete(self.remark, self.path)
            self.remark = None


@dataclass(slots=True)
class _ElementReader:
    """The second pass, over files that are not plain: whole elements."""

    elements: list[Element] = field(default_factory=list)
    current: dict[str, Any] | None = None
    member: dict[str, Any] | None = None

    def start(self, name: str, attributes: Attributes) -> None:
        if name in ORDER and self.current is None:
            self.current = {"type": name, "id": int(attributes["id"]), "version": _version(attributes), "tags": {}}
            self.current["visible"] = _is_there(attributes)
            self.current |= {key: float(attributes[key]) for key in ("lat", "lon") if key in attributes}
            self.current |= {"nodes": []} if name == "way" else {"members": []} if name == "relation" else {}
        elif self.current is None:
            return
        elif name == "tag":
            self.current["tags"][attributes["k"]] = attributes["v"]
        elif name == "member":
            self.member = {
                "type": attributes["type"],
                "ref": int(attributes["ref"]),
                "role": attributes.get("role", ""),
            }
            self.current["members"].append(self.member)
        elif name == "nd":
            self._node(attributes)

    def _node(self, attributes: Attributes) -> None:
        place = {"lat": float(attributes["lat"]), "lon": float(attributes["lon"])} if "lat" in attributes else None
        if self.member is not None:
            self.member.setdefault("geometry", []).append(place)
        elif self.current is not None and self.current["type"] == "way":
            if "ref" in attributes:
                self.current["nodes"].append(int(attributes["ref"]))
            self.current.setdefault("geometry", []).append(place)

    def end(self, name: str) -> None:
        if name == "member":
            self.member = None
        elif self.current is not None and name == self.current["type"]:
            if not any(self.current.get("geometry", ())):
                self.current.pop("geometry", None)
            self.elements.append(self.current)
            self.current = None


def _version(attributes: Attributes) -> int:
    return int(attributes.get("version") or 0)


def _is_there(attributes: Attributes) -> bool:
    # JOSM keeps what is to be deleted at the next upload, with this mark.
    return attributes.get("action") != "delete" and attributes.get("visible", "true").lower() not in INVISIBLE
