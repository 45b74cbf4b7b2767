"""OpenStreetMap XML, looked at before it is read: what it is, and whether the readers can take it as it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from planner.io.osm.elements import ORDER, Element
from planner.io.osm.raw_files import ObjectVersions, read_unpacked
from planner.messages.errors import DataError, Issue

INVISIBLE = frozenset({"false", "no", "0"})
CHANGES = frozenset({"osmChange", "osmAugmentedDiff", "action"})
"""Elements of files that hold changes, not things: an augmented diff of Overpass puts both sides into actions."""

Attributes = Mapping[str, str]

BROKEN_OFF = re.compile(r"error|timed out|out of memory", re.IGNORECASE)
"""What a remark of Overpass says where the server gave up."""

LONGEST_REMARK = 500


def scan_xml_versions(path: Path) -> ObjectVersions:
    """Return what an XML file says of its objects; a damaged one is left for the reader to refuse.

    Raises
    ------
    DataError
        It holds changes, or grows beyond measure when unpacked.
    """
    looking = _VersionScan(path)
    _parse(path, looking.start, looking.end, looking.text)
    return looking.ledger


def check_complete(remark: str, path: Path) -> None:
    """Refuse an answer of Overpass that says of itself that it broke off: what it lacks cannot be seen in it.

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

    def start(self, name: str, said: Attributes) -> None:
        if name in CHANGES and self.depth <= 1:
            raise DataError(str(self.path), [Issue("osm_change")])
        if self.depth == 0 and name != "osm":
            message = f"it begins with <{name}>, not with <osm>"
            raise ValueError(message)
        if self.depth == 1 and name in ORDER:
            self.ledger.add(ORDER.index(name), int(said["id"]), _version(said), alive=_is_there(said))
        elif name == "nd":
            self.ledger.located |= "lat" in said
        elif name == "remark" and self.depth == 1:
            self.remark = ""
        self.depth += 1

    def text(self, said: str) -> None:
        if self.remark is not None and len(self.remark) < LONGEST_REMARK:
            self.remark += said

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

    def start(self, name: str, said: Attributes) -> None:
        if name in ORDER and self.current is None:
            self.current = {"type": name, "id": int(said["id"]), "version": _version(said), "tags": {}}
            self.current["visible"] = _is_there(said)
            self.current |= {key: float(said[key]) for key in ("lat", "lon") if key in said}
            self.current |= {"nodes": []} if name == "way" else {"members": []} if name == "relation" else {}
        elif self.current is None:
            return
        elif name == "tag":
            self.current["tags"][said["k"]] = said["v"]
        elif name == "member":
            self.member = {"type": said["type"], "ref": int(said["ref"]), "role": said.get("role", "")}
            self.current["members"].append(self.member)
        elif name == "nd":
            self._node(said)

    def _node(self, said: Attributes) -> None:
        place = {"lat": float(said["lat"]), "lon": float(said["lon"])} if "lat" in said else None
        if self.member is not None:
            self.member.setdefault("geometry", []).append(place)
        elif self.current is not None and self.current["type"] == "way":
            if "ref" in said:
                self.current["nodes"].append(int(said["ref"]))
            self.current.setdefault("geometry", []).append(place)

    def end(self, name: str) -> None:
        if name == "member":
            self.member = None
        elif self.current is not None and name == self.current["type"]:
            if not any(self.current.get("geometry", ())):
                self.current.pop("geometry", None)
            self.elements.append(self.current)
            self.current = None


def _version(said: Attributes) -> int:
    return int(said.get("version") or 0)


def _is_there(said: Attributes) -> bool:
    # JOSM keeps what is to be deleted at the next upload, with this mark.
    return said.get("action") != "delete" and said.get("visible", "true").lower() not in INVISIBLE
