"""A Nominatim and an Overpass server on the loopback: real protocol, real data, and every way to fail.

The Overpass side reads the questions that OSMnx writes by a strict grammar and evaluates tags, polygons and
recursion on real OpenStreetMap data; what it does not understand it refuses, as the real one does.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import osmium
import shapely

DATE = "2026-11-01T00:00:00Z"
COMPONENT = r"\((node|way|relation)\['([^']+)'(?:='([^']*)')?\]\(poly:'([-\d. ]+)'\);\(\._;>;\);\);"
QUERY = rf"\[out:json\]\[timeout:[\d.]+\];\((?:{COMPONENT})+\);out;"
REMARK = 'runtime error: Query timed out in "query" at line 1 after 181 seconds.'


def envelope(elements: list[dict]) -> dict:
    """Return an answer as Overpass wraps it."""
    return {
        "version": 0.6,
        "generator": "Overpass API 0.7.62.1 084b4234",
        "osm3s": {"timestamp_osm_base": DATE, "copyright": "The data included in this document is from ODbL."},
        "elements": elements,
    }


WHOLE = json.dumps(envelope([])).encode()
FAILURES: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "429": (429, b"rate_limited", {"Retry-After": "7"}),
    "429 long": (429, b"rate_limited", {"Retry-After": "3600"}),
    "504": (504, b"<html><body>The server is probably too busy to handle your request.</body></html>", {}),
    "remark": (200, json.dumps(envelope([]) | {"remark": REMARK}).encode(), {}),
    "html": (200, b"<html><body><strong>Error</strong>: Please check /api/status</body></html>", {}),
    "cut": (200, WHOLE[: len(WHOLE) // 2], {}),
    "short": (200, WHOLE[:40], {"Content-Length": str(len(WHOLE))}),
    "nonsense": (200, json.dumps(envelope([{"type": "node", "id": "x"}])).encode(), {}),
    "400": (400, b"<html><body>parse error: Unknown type</body></html>", {}),
}
"""What else a server may say: code, body, headers. It may be silent too, or drop the line."""


@dataclass(eq=False)
class World:
    """All elements of an extract."""

    nodes: dict[int, dict] = field(default_factory=dict)
    ways: dict[int, dict] = field(default_factory=dict)
    relations: dict[int, dict] = field(default_factory=dict)
    tagged: dict[tuple[str, str], tuple[list[dict], np.ndarray]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> World:
        world = cls()
        for found in osmium.FileProcessor(path):
            element = {"id": found.id} | ({"tags": dict(found.tags)} if len(found.tags) else {})
            if found.is_node():
                world.nodes[found.id] = {"type": "node", "lat": found.lat, "lon": found.lon, **element}
            elif found.is_way():
                nodes = [node.ref for node in found.nodes]
                world.ways[found.id] = {"type": "way", "nodes": nodes, **element}
            elif found.is_relation():
                kinds = {"n": "node", "w": "way", "r": "relation"}
                members = [
                    {"type": kinds[part.type], "ref": part.ref, "role": part.role} for part in found.members
                ]
                world.relations[found.id] = {"type": "relation", "members": members, **element}
        return world

    def answer(self, query: str) -> list[dict]:
        """Evaluate a question; raise ValueError where it is none."""
        if not re.fullmatch(QUERY, query):
            raise ValueError(query[:80])
        found: dict[tuple[str, int], dict] = {}
        for kind, key, value, poly in re.findall(COMPONENT, query):
            numbers = list(map(float, poly.split()))
            area = shapely.Polygon(list(zip(numbers[1::2], numbers[::2], strict=True)))
            shapely.prepare(area)
            elements, shapes = self._tagged(kind, key)
            for row in np.flatnonzero(shapely.intersects(area, shapes)).tolist():
                if value in ("", elements[row]["tags"][key]):
                    found |= {(part["type"], part["id"]): part for part in self._with_parts(elements[row])}
        return list(found.values())

    def _tagged(self, kind: str, key: str) -> tuple[list[dict], np.ndarray]:
        """Return the elements with a key and where they are; remembered, as the questions are always the same."""
        if (kind, key) not in self.tagged:
            every = {"node": self.nodes, "way": self.ways, "relation": self.relations}[kind].values()
            elements = [element for element in every if key in element.get("tags", {})]
            shapes = np.array([self._shape(element) for element in elements], dtype=object)
            self.tagged[kind, key] = elements, shapes
        return self.tagged[kind, key]

    def _with_parts(self, element: dict) -> Iterator[dict]:
        yield element
        if element["type"] == "way":
            yield from (self.nodes[node] for node in element["nodes"] if node in self.nodes)
        if element["type"] == "relation":
            for part in self._members(element):
                yield from self._with_parts(part)

    def _members(self, relation: dict) -> Iterator[dict]:
        # `>` follows relations to ways and nodes, not to further relations.
        for part in relation["members"]:
            holder = {"node": self.nodes, "way": self.ways}.get(part["type"], {})
            if part["ref"] in holder:
                yield holder[part["ref"]]

    def _shape(self, element: dict) -> shapely.Geometry:
        if element["type"] == "relation":
            return shapely.GeometryCollection([self._shape(part) for part in self._members(element)])
        if element["type"] == "node":
            return shapely.Point(element["lon"], element["lat"])
        places = [(self.nodes[n]["lon"], self.nodes[n]["lat"]) for n in element["nodes"] if n in self.nodes]
        return shapely.LineString(places) if len(places) > 1 else shapely.MultiPoint(places)


@dataclass(eq=False)
class Servers:
    """Both servers: what they know, how they are to fail next, and what they were asked."""

    world: World
    places: list[dict] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    url: str = ""
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def overpass(self) -> str:
        return f"{self.url}/api"

    @property
    def nominatim(self) -> str:
        return f"{self.url}/"


def place(number: int, name: str, geometry: shapely.Geometry, *, kind: str = "administrative") -> dict:
    """Return a result as Nominatim gives it."""
    west, south, east, north = geometry.bounds
    return {
        "place_id": number,
        "licence": "Data © OpenStreetMap contributors, ODbL 1.0. http://osm.org/copyright",
        "osm_type": "relation" if geometry.area else "node",
        "osm_id": number,
        "boundingbox": [str(south), str(north), str(west), str(east)],
        "lat": str(geometry.centroid.y),
        "lon": str(geometry.centroid.x),
        "display_name": name,
        "class": "boundary" if kind == "administrative" else "place",
        "type": kind,
        "importance": 0.5,
        "geojson": json.loads(shapely.to_geojson(geometry)),
    }


@contextmanager
def serving(world: World, places: list[dict]) -> Iterator[Servers]:  # noqa: C901 - a server in one place
    """Serve until the block ends."""
    servers = Servers(world, places)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            asked = {key: values[0] for key, values in parse_qs(address.query).items()}
            servers.asked.append(f"place {asked.get('q') or asked.get('osm_ids')}")
            if self._fails():
                return
            if asked.get("format") != "json" or asked.get("polygon_geojson") != "1":
                self._say(400, b"{}")
            elif address.path == "/search":
                found = [each for each in servers.places if asked["q"] in each["display_name"]]
                self._say(200, json.dumps(found[: int(asked["limit"])]).encode())
            elif address.path == "/lookup":
                found = [each for each in servers.places if f"R{each['osm_id']}" in asked["osm_ids"].split(",")]
                self._say(200, json.dumps(found).encode())
            else:
                self._say(404, b"not found")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            query = parse_qs(body)["data"][0]
            servers.asked.append(" ".join(sorted(set(re.findall(r"\['([^']+)'", query)))))
            if self._fails():
                return
            if self.path != "/api/interpreter":
                self._say(404, b"not found")
                return
            try:
                elements = servers.world.answer(query)
            except ValueError as error:
                page = f"<html><body><p><strong>Error</strong>: line 1: parse error: {error}</p></body></html>"
                self._say(400, page.encode())
                return
            self._say(200, json.dumps(envelope(elements)).encode())

        def _fails(self) -> bool:
            failure = servers.failures.pop(0) if servers.failures else ""
            if failure == "silent":
                servers.ended.wait(5)
            elif failure == "drop":
                self.connection.close()
            elif failure:
                self._say(*FAILURES[failure])
            return bool(failure)

        def _say(self, code: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(code)
            for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def handle(self) -> None:
            # The client may be gone: it has lost its patience, as the test wants.
            try:
                super().handle()
            except (OSError, ValueError):
                return

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    servers.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield servers
    finally:
        servers.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
