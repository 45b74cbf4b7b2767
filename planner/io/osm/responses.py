"""Reading what a server answers: no more of it than bounds allow, and only what is in its protocol.

A server may drip, never end, send a bomb, or lead to another one. An answer is read here, piece by piece, before
any library takes all of it, and looked through before any is kept.
"""

from __future__ import annotations

import http.client
import json
import math
import time
import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    import requests

MOST_BYTES = 512 * 1024 * 1024
"""Largest unpacked answer. A part of a large city with all its buildings has some hundred megabytes."""

PIECE_BYTES = 64 * 1024

KINDS = ("node", "way", "relation")
LARGEST_ID = 2**62
"""Ids of OpenStreetMap have eleven digits; libraries keep them in 64 bits."""

DEFAULT_PORTS = {"http": 80, "https": 443}
PACKED = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS | 32}


class ResponseSizeError(Exception):
    """A response exceeds the largest accepted size."""


class ResponseTimeError(Exception):
    """A response exceeds the longest accepted time."""


class RedirectError(Exception):
    """An answer leads to another server."""


def read_body(response: requests.Response, *, until: float, most_bytes: int) -> bytes:
    """Read an answer that was requested with `stream=True`, and have it in `response` as if it had not been.

    Parameters
    ----------
    response
        The answer, of which nothing but the head was read.
    until
        When to stop, on the clock of `time.monotonic`, seconds.
    most_bytes
        How much to read, packed or unpacked.

    Raises
    ------
    TooMuchError, TooSlowError
        It has no end within these bounds; the connection is closed.
    requests.RequestException
        The connection is lost, or what came cannot be unpacked.
    """
    try:
        body = b"".join(_pieces(response, until, most_bytes))
    except BaseException:
        response.close()
        raise
    response.raw.close()
    # What requests would have done itself, had it been told to read all at once.
    response._content = body  # noqa: SLF001
    response._content_consumed = True  # noqa: SLF001
    return body


def _pieces(response: requests.Response, until: float, most_bytes: int) -> list[bytes]:
    import requests
    from urllib3.exceptions import HTTPError, ReadTimeoutError

    unpack = _unpacker(response.headers.get("Content-Encoding", ""))
    pieces: list[bytes] = []
    packed = size = 0
    while True:
        if time.monotonic() > until:
            raise ResponseTimeError
        try:
            # Returns what is there: a server that drips must not keep one call waiting.
            piece = response.raw.read1(PIECE_BYTES, decode_content=False)
        except ReadTimeoutError as error:
            raise requests.ReadTimeout(error) from error
        except (HTTPError, http.client.HTTPException, OSError) as error:
            raise requests.ConnectionError(error) from error
        if not piece:
            return pieces
        packed += len(piece)
        try:
            unpacked = unpack(piece, most_bytes - size + 1)
        except zlib.error as error:
            raise requests.exceptions.ContentDecodingError(error) from error
        size += len(unpacked)
        pieces.append(unpacked)
        if max(packed, size) > most_bytes:
            raise ResponseSizeError


def _unpacker(encoding: str) -> Callable[[bytes, int], bytes]:
    """Return what unpacks piece by piece, never more than it is allowed to."""
    import requests

    packing = encoding.strip().lower()
    if packing in ("", "identity"):
        return lambda piece, _: piece
    if packing not in PACKED:
        message = f"Content-Encoding: {encoding[:40]}"
        raise requests.exceptions.ContentDecodingError(message)
    unpacking = zlib.decompressobj(PACKED[packing])

    def unpack(piece: bytes, most: int) -> bytes:
        parts, size = [], 0
        while piece and size < most:
            parts.append(unpacking.decompress(piece, most - size))
            size += len(parts[-1])
            piece = unpacking.unconsumed_tail
        return b"".join(parts)

    return unpack


def check_redirect(response: requests.Response) -> None:
    """Refuse redirects to another server, and from a secure connection to an open one.

    Raises
    ------
    ElsewhereError
        It sends on to another host, port or protocol.
    """
    request, leads = urlsplit(response.url), response.headers.get("Location", "")
    try:
        to = urlsplit(urljoin(response.url, leads))
        ports = [address.port or DEFAULT_PORTS.get(address.scheme) for address in (request, to)]
    except ValueError:
        raise RedirectError(leads) from None
    same = request.hostname == to.hostname and ports[0] == ports[1] and request.scheme == to.scheme
    safer = (
        request.hostname == to.hostname and (request.scheme, to.scheme) == ("http", "https") and ports == [80, 443]
    )
    if not (same or safer):
        raise RedirectError(leads)


def parse_answer(body: bytes) -> Any:  # noqa: ANN401 - what a server says
    """Return an answer's JSON.

    Raises
    ------
    ValueError
        It is none, or nested more deeply than any answer.
    """
    try:
        return json.loads(body)
    except RecursionError:
        message = "nested too deeply"
        raise ValueError(message) from None


def is_valid_answer(answer: object) -> bool:
    """Return True if an answer is in the protocol of Nominatim (a list of places) or of Overpass (elements).

    Examples
    --------
    >>> is_valid_answer({"elements": [{"type": "node", "id": 1, "lat": 39.7, "lon": 106.8}]})
    True
    >>> [is_valid_answer(answer) for answer in ({"elements": [{"type": "node", "id": "x"}]}, {"error": "no"}, [1])]
    [False, False, False]
    """
    if isinstance(answer, list):
        return all(isinstance(place, dict) for place in answer)
    if not isinstance(answer, dict) or not isinstance(answer.get("elements"), list):
        return False
    return all(_is_element(element) for element in answer["elements"])


def _is_element(element: object) -> bool:
    if not isinstance(element, dict) or element.get("type") not in KINDS or not _is_id(element.get("id")):
        return False
    tags = element.get("tags", {})
    if not isinstance(tags, dict) or not all(_is_text(key) and _is_text(value) for key, value in tags.items()):
        return False
    if element["type"] == "node":
        return _is_angle(element.get("lon"), 180.0) and _is_angle(element.get("lat"), 90.0)
    if element["type"] == "way":
        nodes = element.get("nodes", [])
        return isinstance(nodes, list) and all(_is_id(node) for node in nodes)
    members = element.get("members", [])
    return isinstance(members, list) and all(_is_member(member) for member in members)


def _is_member(member: object) -> bool:
    return (
        isinstance(member, Mapping)
        and member.get("type") in KINDS
        and _is_id(member.get("ref"))
        and _is_text(member.get("role", ""))
    )


def _is_id(value: object) -> bool:
    return type(value) is int and 0 < value < LARGEST_ID


def _is_angle(value: object, most: float) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and abs(value) <= most  # type: ignore[arg-type]


def _is_text(value: object) -> bool:
    """Return True if a value is a text that can be written: half a character or NUL, as JSON may hold, cannot."""
    if not isinstance(value, str) or "\0" in value:
        return False
    return value.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in value)


def printable_line(text: str) -> str:
    r"""Return a text that comes from a server without what would steer a terminal or break a line.

    Examples
    --------
    >>> printable_line("Old\x1b[31m Town\n")
    'Old[31m Town'
    """
    return "".join(sign for sign in text if sign.isprintable()).strip()
