"""`planner fetch` against servers that drip, never end, pack bombs, lead elsewhere or answer what is none."""

from __future__ import annotations

import errno
import gzip
import json
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
import shapely
from osm_servers import envelope, place
from phrases import phrase

from planner.commands.fetch import Fetch, fetch
from planner.commands.main import main
from planner.io.osm.responses import is_valid_answer
from planner.io.osm.servers import ATTEMPTS, NAME_ATTEMPTS, OsmServers, ServerWait, retry_after
from planner.messages.errors import FetchError

BOX = shapely.box(106.80, 39.66, 106.81, 39.67)
NODES = [(1, 106.802, 39.662), (2, 106.804, 39.662), (3, 106.804, 39.664)]
STREETS = [
    *({"type": "node", "id": number, "lon": x, "lat": y} for number, x, y in NODES),
    {"type": "way", "id": 10, "nodes": [1, 2, 3], "tags": {"highway": "residential", "name": "一路"}},
]
GOOD = json.dumps(envelope(STREETS)).encode()
MB = 1_000_000


class Behaving(BaseHTTPRequestHandler):
    """Does what the test wants next: to places of Nominatim, and to elements of Overpass."""

    protocol_version = "HTTP/1.0"
    wanted: Callable[[Behaving], None] | None = None
    places = json.dumps([place(1, "海勃湾区", BOX)]).encode()
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if "/search" in self.path:
            self.say(self.places)
        else:
            self.do_POST()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.asked.append("elements")
        try:
            # Not bound: a function of the test's, not a method.
            wanted = type(self).__dict__.get("wanted")
            wanted(self) if wanted else self.say(GOOD)
        except OSError:
            # Whoever asked has broken off, as the test wants.
            return

    def say(self, body: bytes, code: int = 200, **headers: str) -> None:
        self.send_response(code)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@contextmanager
def server() -> Iterator[tuple[str, type[Behaving]]]:
    handler = type("Handler", (Behaving,), {"asked": []})
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    running.daemon_threads = True
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.server_address[1]}", handler
    finally:
        running.shutdown()
        running.server_close()
        thread.join()


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do without the second that OSMnx leaves before each question to Nominatim: this one is ours."""
    monkeypatch.setattr("osmnx._nominatim.time", SimpleNamespace(sleep=lambda _: None))


@pytest.fixture
def behaving() -> Iterator[tuple[str, type[Behaving]]]:
    with server() as running:
        yield running


def asking(url: str, folder: Path, waits: list[ServerWait] | None = None, **options: object) -> list[Path]:
    servers = OsmServers(
        cache=folder / ".fetched",
        overpass=f"{url}/api",
        nominatim=f"{url}/",
        waiting=(waits if waits is not None else []).append,
        pause=lambda _: None,
        **{"timeout_s": 2.0, "answer_s": 1.0, "most_bytes": 4 * MB, **options},
    )
    return fetch(Fetch(place="海勃湾区", margin_m=20.0), folder, servers)


def gzipped(megabytes: int) -> bytes:
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packing.compress(b" " * MB) for _ in range(megabytes)) + packing.flush()


def endless(handler: Behaving) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"[" * MB)


def endless_redirect(handler: Behaving) -> None:
    handler.send_response(302)
    handler.send_header("Location", "/api/interpreter")
    handler.end_headers()
    while True:
        handler.wfile.write(b"x" * MB)


def drip(handler: Behaving) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(600):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def endless_error(handler: Behaving) -> None:
    handler.send_response(400)
    handler.end_headers()
    while True:
        handler.wfile.write(b"<" * MB)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (endless, phrase("errors.server_endless", megabytes="4")),
        (endless_error, phrase("errors.server_endless")),
        (endless_redirect, phrase("errors.server_endless")),
        (lambda handler: handler.say(gzipped(50), Content_Encoding="gzip"), phrase("errors.server_endless")),
        (lambda handler: handler.say(gzipped(50), Content_Encoding="GZIP "), phrase("errors.server_endless")),
        (
            lambda handler: handler.say(zlib.compress(b" " * 50 * MB), Content_Encoding="deflate"),
            phrase("errors.server_endless"),
        ),
        (drip, phrase("errors.server_slow", seconds="1")),
    ],
    ids=["endless", "endless_error", "endless_redirect", "gzip", "gzip_said_otherwise", "deflate", "drip"],
)
def test_an_answer_without_bounds_is_broken_off(
    behaving: tuple[str, type[Behaving]], tmp_path: Path, wanted: Callable[[Behaving], None], said: str
) -> None:
    url, handler = behaving
    handler.wanted = wanted
    began = time.monotonic()
    with pytest.raises(FetchError) as told:
        asking(url, tmp_path)
    assert said in str(told.value)
    # Neither waited for nor asked again.
    assert time.monotonic() - began < 15
    assert handler.asked.count("elements") == 1
    handler.wanted = None
    assert len(asking(url, tmp_path)) == 4


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost:{port}/api",
        "http://127.0.0.1:9/stolen",
        "http://127.0.0.2:{port}/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "https://127.0.0.1:{port}/",
        "//elsewhere.example/",
        "http://[bad",
        "http://127.0.0.1:x/",
    ],
)
def test_a_server_leads_to_no_other(behaving: tuple[str, type[Behaving]], tmp_path: Path, address: str) -> None:
    url, handler = behaving
    to = address.replace("{port}", url.rpartition(":")[2])
    handler.wanted = lambda asked: asked.say(b"", 302, Location=to)
    with pytest.raises(FetchError, match=phrase("errors.server_elsewhere")):
        asking(url, tmp_path)
    assert handler.asked.count("elements") == 1


def test_a_server_may_lead_to_itself(behaving: tuple[str, type[Behaving]], tmp_path: Path) -> None:
    url, handler = behaving

    def moved(asked: Behaving) -> None:
        asked.say(GOOD) if asked.path == "/moved" else asked.say(b"", 307, Location="/moved")

    handler.wanted = moved
    assert len(asking(url, tmp_path)) == 4


def test_a_server_that_leads_in_circles_is_refused(behaving: tuple[str, type[Behaving]], tmp_path: Path) -> None:
    url, handler = behaving
    handler.wanted = lambda asked: asked.say(b"", 307, Location=asked.path)
    with pytest.raises(FetchError, match="redirects"):
        asking(url, tmp_path)


NO_ANSWERS = {
    "deep": (b"[" * 200_000 + b"]" * 200_000, "not data"),
    "big_number": (b'{"elements":[{"type":"node","id":' + b"9" * 5000 + b',"lat":1,"lon":1}]}', "not data"),
    "not_unicode": (b'\xff\xfe{"elements":[]}', "not data"),
    "list": (b"[1,2,3]", phrase("errors.answer_not_osm")),
    "null": (b"null", phrase("errors.answer_not_osm")),
    "text": (b'{"elements": "abc"}', phrase("errors.answer_not_osm")),
    "other": (b'{"error": "x"}', phrase("errors.answer_not_osm")),
}
NO_ELEMENTS = {
    "no_type": {"id": 1, "lat": 1.0, "lon": 2.0},
    "other_type": {"type": "area", "id": 1},
    "text_id": {"type": "node", "id": "x", "lat": 1.0, "lon": 2.0},
    "large_id": {"type": "node", "id": 2**70, "lat": 1.0, "lon": 2.0},
    "endless_id": {"type": "node", "id": 1e400, "lat": 1.0, "lon": 2.0},
    "true_id": {"type": "node", "id": True, "lat": 1.0, "lon": 2.0},
    "no_place": {"type": "node", "id": 1},
    "endless_place": {"type": "node", "id": 1, "lat": 1e308, "lon": 2.0},
    "no_number": {"type": "node", "id": 1, "lat": float("nan"), "lon": 2.0},
    "text_place": {"type": "node", "id": 1, "lat": "1", "lon": 2.0},
    "text_tags": {"type": "node", "id": 1, "lat": 1.0, "lon": 1.0, "tags": "abc"},
    "half_a_character": {"type": "way", "id": 1, "nodes": [1, 2], "tags": {"highway": "\ud800"}},
    "text_nodes": {"type": "way", "id": 1, "nodes": ["1", "2"]},
    "nodes_of_none": {"type": "way", "id": 1, "nodes": 7},
    "members": {"type": "relation", "id": 1, "members": [{"type": "street", "ref": 1, "role": ""}]},
    "member_ref": {"type": "relation", "id": 1, "members": [{"type": "way", "ref": "1", "role": ""}]},
}
NO_ANSWERS |= {
    name: (json.dumps(envelope([*STREETS, element])).encode(), phrase("errors.answer_not_osm"))
    for name, element in NO_ELEMENTS.items()
}


@pytest.mark.parametrize("name", NO_ANSWERS)
def test_what_is_no_answer_is_refused_and_never_kept(
    behaving: tuple[str, type[Behaving]], tmp_path: Path, name: str
) -> None:
    url, handler = behaving
    body, said = NO_ANSWERS[name]
    handler.wanted = lambda asked: asked.say(body)
    with pytest.raises(FetchError, match=said):
        asking(url, tmp_path)
    # The server is healthy again: it is asked, and its answer taken.
    handler.wanted = None
    assert len(asking(url, tmp_path)) == 4


def test_what_an_earlier_version_kept_is_looked_through(
    behaving: tuple[str, type[Behaving]], tmp_path: Path
) -> None:
    url, _ = behaving
    asking(url, tmp_path)
    for kept in (tmp_path / ".fetched").glob("*/*.json"):
        if "elements" in kept.read_text("utf-8"):
            kept.write_text(json.dumps(envelope([{"type": "node", "id": "x"}])), "utf-8")
    with pytest.raises(FetchError, match="damaged"):
        asking(url, tmp_path)
    assert len(asking(url, tmp_path)) >= 3


def test_a_packed_answer_is_read(behaving: tuple[str, type[Behaving]], tmp_path: Path) -> None:
    url, handler = behaving
    plain = asking(url, tmp_path / "plain")[0].read_bytes()
    for number, (encoding, body) in enumerate(
        [("gzip", gzip.compress(GOOD)), ("x-gzip", gzip.compress(GOOD)), ("deflate", zlib.compress(GOOD))]
    ):
        handler.wanted = lambda asked, body=body, encoding=encoding: asked.say(body, Content_Encoding=encoding)
        assert asking(url, tmp_path / str(number))[0].read_bytes() == plain


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "rot13"])
def test_an_answer_that_cannot_be_unpacked_is_no_traceback(
    behaving: tuple[str, type[Behaving]], tmp_path: Path, encoding: str
) -> None:
    url, handler = behaving
    handler.wanted = lambda asked: asked.say(GOOD, Content_Encoding=encoding)
    with pytest.raises(FetchError, match=phrase("errors.server_gave_up")):
        asking(url, tmp_path)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        *[("²", None), ("-5", None), ("", None), ("soon", None), ("Wed, 99 Foo 99999 07:28:00 GMT", None)],
        *[("12", 12.0), (" 12 ", 12.0), ("9" * 400, 999_999_999.0), ("１２", None), ("1e9", None), ("12.5", None)],
        *[("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("Wed, 21 Oct 0001 07:28:00 GMT", 0.0), ("\x00", None)],
        ("Wed, 21 Oct 2015 07:28:00 +9999", None),
    ],
)
def test_a_wait_is_a_number_or_none(header: str, seconds: float | None) -> None:
    assert retry_after(header) in (seconds, None if seconds == 0.0 else seconds)


@pytest.mark.parametrize("header", ["\u00b2", "-5", "Wed, 99 Foo 99999 07:28:00 GMT", "9" * 400])
def test_an_odd_wait_is_no_traceback(behaving: tuple[str, type[Behaving]], tmp_path: Path, header: str) -> None:
    url, handler = behaving
    handler.wanted = lambda asked: asked.say(b"", 429, Retry_After=header)
    waits: list[ServerWait] = []
    with pytest.raises(FetchError, match=phrase("errors.server_gave_up")):
        asking(url, tmp_path, waits)
    assert len(waits) in (0, ATTEMPTS - 1)
    assert all(wait.seconds <= 600 for wait in waits)


@pytest.mark.parametrize(
    ("number", "tried"), [(socket.EAI_NONAME, 1), (socket.EAI_AGAIN, NAME_ATTEMPTS)], ids=["unknown", "no_network"]
)
@pytest.mark.parametrize("option", ["--nominatim", "--endpoint"])
def test_a_name_that_leads_nowhere_is_not_waited_for(
    behaving: tuple[str, type[Behaving]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    tried: int,
    option: str,
) -> None:
    url, _ = behaving
    resolve, asked, waited = socket.getaddrinfo, [], []

    def unknown(host: str, *given: object, **named: object) -> object:
        if host == "nowhere.example":
            asked.append(host)
            raise socket.gaierror(number, "Name or service not known")
        return resolve(host, *given, **named)

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    servers = OsmServers(
        cache=tmp_path / ".fetched",
        overpass="http://nowhere.example/api" if option == "--endpoint" else f"{url}/api",
        nominatim="http://nowhere.example/" if option == "--nominatim" else f"{url}/",
        pause=waited.append,
    )
    with pytest.raises(FetchError) as told:
        fetch(Fetch(place="海勃湾区", margin_m=20.0), tmp_path, servers)
    assert phrase("errors.server_name_unknown", host="nowhere.example", reason="Name or service not known") in str(
        told.value
    )
    assert option in str(told.value)
    assert sum(waited) <= 5.0 * (tried - 1) + 1.0


@pytest.mark.parametrize("number", [errno.ENETUNREACH, errno.EHOSTUNREACH])
def test_without_a_network_nothing_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    waited: list[float] = []

    def unreachable(*_: object, **__: object) -> object:
        raise OSError(number, "Network is unreachable")

    monkeypatch.setattr("urllib3.util.connection.create_connection", unreachable)
    servers = OsmServers(cache=tmp_path / ".fetched", nominatim="http://127.0.0.1:9/", pause=waited.append)
    with pytest.raises(FetchError, match=r"this machine has no network.*planner new"):
        fetch(Fetch(place="海勃湾区"), tmp_path, servers)
    assert waited == []


def test_a_place_cannot_steer_the_terminal(
    behaving: tuple[str, type[Behaving]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, handler = behaving
    evil = 'Evil"\n[inputs.x]\npath="/etc/passwd" \x1b]0;pwn\x07\x1b[31m \u2028 海勃湾区'
    handler.places = json.dumps([place(1, evil, BOX), place(2, evil, BOX)]).encode()
    words = ["fetch", "海勃湾区", "--endpoint", f"{url}/api", "--nominatim", url]
    assert main([*words, "--out", str(tmp_path / "several")]) == 7
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert "\x07" not in said
    handler.places = json.dumps([place(1, evil, BOX)]).encode()
    assert main([*words, "--margin-m", "20", "--out", str(tmp_path)]) == 0
    assert "\x1b" not in (tmp_path / "study.toml").read_text("utf-8")
    assert '\n[inputs.x]\npath="/etc/passwd"' not in (tmp_path / "study.toml").read_text("utf-8")


def test_half_a_server_is_no_traceback(behaving: tuple[str, type[Behaving]], tmp_path: Path) -> None:
    url, handler = behaving

    def nothing(asked: Behaving) -> None:
        asked.wfile.write(b"\x00\x01garbage\r\n\r\n")

    handler.wanted = nothing
    with pytest.raises(FetchError, match=phrase("errors.server_gave_up")):
        asking(url, tmp_path)


def test_soundness_of_large_answers_is_quick() -> None:
    element = {"type": "node", "id": 1, "lat": 39.7, "lon": 106.8, "tags": {"name": "一路"}}
    began = time.perf_counter()
    assert is_valid_answer({"elements": [element] * 200_000})
    assert time.perf_counter() - began < 5


def test_requests_reads_nothing_before_the_bounds_do() -> None:
    """The way in: requests hands a response to the hook before it reads the body of one that is streamed."""
    with server() as (url, handler):
        handler.wanted = endless
        seen = []
        with requests.post(
            url, stream=True, hooks={"response": lambda got, **_: seen.append(got)}, timeout=2
        ) as got:
            assert seen == [got]
            assert not got._content_consumed
