"""Queries to Nominatim and Overpass through OSMnx: visible waits, cached answers, settings restored.

OSMnx writes the questions, divides large areas, and keeps each answer in a folder. What it does in silence is
taken out of its hands by a hook that sees every response first: it would wait out a busy server unseen, and take
an answer for whole that the server broke off with a remark.
"""

from __future__ import annotations

import email.utils
import errno
import hashlib
import json
import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import shapely

from planner.io.osm.responses import (
    MOST_BYTES,
    RedirectError,
    ResponseSizeError,
    ResponseTimeError,
    check_redirect,
    is_valid_answer,
    parse_answer,
    printable_line,
    read_body,
)
from planner.messages.catalogue import Phrase
from planner.messages.errors import FetchError, Issue

if TYPE_CHECKING:
    import requests

OVERPASS = "https://overpass-api.de/api"
NOMINATIM = "https://nominatim.openstreetmap.org/"
USER_AGENT = "service-coverage-planner (through OSMnx)"

ATTEMPTS = 5
FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 600.0
"""A server that demands a longer wait is queried another day: what has arrived is kept."""
TIMEOUT_S = 180.0
ANSWER_S = 600.0
"""Longest time from the first byte of an answer to its last; the largest take a minute."""
NAME_ATTEMPTS = 2
"""A host whose name is not known now is requested once more: the line may just have been cut."""
LONGEST_RETRY_DIGITS = 9
MOST_RESULTS = 50
BUSY = frozenset({408, 429, 500, 502, 503, 504})
"""HTTP status codes of servers that may answer later."""
SHOWN_CHARACTERS = 200
MOST_ANSWER_BYTES = 20_000
"""Bytes of an invalid answer that are searched for a sentence to show."""

Tags = dict[str, bool | str | list[str]]


@dataclass(frozen=True, slots=True)
class ServerWait:
    """A pause before the next attempt: why, how long, and which attempt of how many comes next."""

    reason: Phrase
    seconds: float
    attempt: int
    attempts: int = ATTEMPTS


@dataclass(frozen=True, slots=True, eq=False)
class CachedAnswers:
    """Answers to one question, and when (UTC) the last of them came."""

    answers: list[Any]
    dated: str


@dataclass(frozen=True, slots=True, eq=False)
class OsmServers:
    """Servers of OpenStreetMap data, and how to query them."""

    cache: Path
    """The folder for answers; what is in it is not requested again."""
    overpass: str = OVERPASS
    nominatim: str = NOMINATIM
    """`overpass`, `nominatim`: Their addresses."""
    language: str = "en"
    """In which language Nominatim names places."""
    waiting: Callable[[ServerWait], None] = field(default=lambda _: None)
    """Told of every pause before it begins."""
    pause: Callable[[float], None] = time.sleep
    timeout_s: float = TIMEOUT_S
    answer_s: float = ANSWER_S
    """`pause`, `timeout_s`, `answer_s`: What waits, how long a server may be silent, and how long a whole answer
    may take, seconds."""
    most_bytes: int = MOST_BYTES
    """How large an answer may be, unpacked."""

    def find_place(self, place: str) -> CachedAnswers:
        """Return what Nominatim knows under a name, or under an OSM id such as R2181; most important first.

        Raises
        ------
        FetchError
            The server does not answer, or not in its protocol.
        """

        def query() -> None:
            import requests
            from osmnx import geocoder

            try:
                by_id = is_osm_id(place)
                geocoder.geocode_to_gdf(place, which_result=None if by_id else MOST_RESULTS, by_osmid=by_id)
            except requests.RequestException:
                raise
            except (ValueError, TypeError, LookupError):
                # Too few results for OSMnx: what there is has been kept, and is looked at below.
                return

        kept = self._kept(("place", self.nominatim, place, self.language), self.nominatim, query)
        results = [result for answer in kept.answers if isinstance(answer, list) for result in answer]
        if not kept.answers or not all(isinstance(result, dict) for result in results):
            raise FetchError(place, [Issue("answer_not_osm", {"server": self.nominatim})])
        return CachedAnswers(sorted(results, key=_importance, reverse=True), kept.dated)

    def find_elements(self, area: shapely.Geometry, tags: Tags) -> CachedAnswers:
        """Return the answers of Overpass about what carries `tags` inside `area` (degrees), with all their nodes.

        Raises
        ------
        FetchError
            The server does not answer, or not in its protocol.
        """

        def query() -> None:
            from osmnx import features

            try:
                features.features_from_polygon(area, tags)
            except InterruptedError:
                # OSMnx's way to state that the answers are there, and that it has not made features of them.
                return

        question = ("elements", self.overpass, shapely.to_wkt(area, rounding_precision=7), tags)
        kept = self._kept(question, self.overpass, query)
        if not kept.answers or not all(isinstance(answer, dict) for answer in kept.answers):
            raise FetchError(self.overpass, [Issue("answer_not_osm", {"server": self.overpass})])
        return kept

    def _kept(self, question: tuple[object, ...], server: str, query: Callable[[], None]) -> CachedAnswers:
        """Return the answers to a question: those kept, completed by asking for those that are missing."""
        folder = self.cache / _name_of(question)
        folder.mkdir(parents=True, exist_ok=True)
        done = folder / "done"
        if not done.exists():
            _drop_torn(folder)
            with self._through_osmnx(folder):
                self._patiently(query, server)
            if any(folder.glob("*.json")):
                done.write_text(datetime.now(tz=UTC).isoformat(timespec="seconds"), "utf-8")
        try:
            answers = [_kept_answer(file) for file in sorted(folder.glob("*.json"))]
            return CachedAnswers(answers, done.read_text("utf-8") if answers else "")
        except ValueError:
            # Damaged since: requested again the next time.
            done.unlink()
            raise FetchError(server, [Issue("answer_torn", {"folder": folder})]) from None

    def _patiently(self, query: Callable[[], None], server: str) -> None:
        import requests
        from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema

        never = (
            _ServerRefusalError,
            InvalidURL,
            InvalidSchema,
            MissingSchema,
            requests.TooManyRedirects,
            UnicodeError,
        )
        for attempt in range(1, ATTEMPTS + 1):
            seconds = FIRST_WAIT_S * 2.0 ** (attempt - 1)
            try:
                query()
            except _ServerBusyError as busy:
                reason = busy.reason
                seconds = seconds if busy.retry_after is None else busy.retry_after
            except _InvalidAnswerError as unfit:
                raise FetchError(server, [unfit.issue]) from None
            except never as error:
                refusal = {"reason": printable_line(str(error)), "option": self._option(server)}
                raise FetchError(server, [Issue("server_refuses", refusal)]) from None
            except requests.Timeout:
                reason = Phrase("errors.server_silent", {"seconds": f"{self.timeout_s:g}"})
            except requests.RequestException as error:
                self._refuse_unknown_name(error, server, attempt)
                _refuse_without_network(error, server)
                reason = Phrase("errors.server_unreachable", {"reason": _root(error)})
            else:
                return
            if attempt == ATTEMPTS or seconds > LONGEST_WAIT_S:
                values = {"reason": reason, "attempts": attempt, "seconds": f"{seconds:g}"}
                raise FetchError(server, [Issue("server_gave_up", {**values, "option": self._option(server)})])
            self.waiting(ServerWait(reason, seconds, attempt + 1))
            self.pause(seconds)

    def _refuse_unknown_name(self, error: BaseException, server: str, attempt: int) -> None:
        """Raise if the server's name cannot be resolved: waiting helps only if the line was just cut."""
        unknown = _unknown_name(error)
        if unknown is None or (unknown.errno == socket.EAI_AGAIN and attempt < NAME_ATTEMPTS):
            return
        values = {"host": urlsplit(server).hostname or server, "reason": unknown.strerror or unknown}
        raise FetchError(server, [Issue("server_name_unknown", {**values, "option": self._option(server)})])

    def _option(self, server: str) -> str:
        """Return the option of the command line that names another server of this kind."""
        return "--nominatim" if server == self.nominatim else "--endpoint"

    def _look_at(self, response: requests.Response, *_: object, **__: object) -> None:
        """Read a response within bounds, and raise where it is no whole and sound answer, before OSMnx has it."""
        try:
            body = read_body(response, until=time.monotonic() + self.answer_s, most_bytes=self.most_bytes)
        except ResponseSizeError:
            values = {"megabytes": f"{self.most_bytes / 1e6:,.0f}"}
            raise _InvalidAnswerError(Issue("server_endless", values)) from None
        except ResponseTimeError:
            raise _InvalidAnswerError(Issue("server_slow", {"seconds": f"{self.answer_s:g}"})) from None
        if response.is_redirect:
            try:
                check_redirect(response)
            except RedirectError as error:
                raise _InvalidAnswerError(Issue("server_elsewhere", {"address": _plain(str(error))})) from None
            return
        if response.status_code in BUSY:
            text = f"{response.status_code} {_plain(response.reason or '')}"
            raise _ServerBusyError(
                Phrase("errors.server_busy", {"said": text}), retry_after(response.headers.get("Retry-After"))
            )
        start = body[:MOST_ANSWER_BYTES].decode("utf-8", errors="replace")
        if not response.ok:
            raise _ServerRefusalError(f"{response.status_code} {_plain(response.reason or '')}: {_plain(start)}")
        try:
            answer = parse_answer(body)
        except ValueError:
            raise _ServerBusyError(Phrase("errors.server_no_json", {"said": _plain(start)})) from None
        if isinstance(answer, dict) and "remark" in answer:
            raise _ServerBusyError(Phrase("errors.server_remark", {"said": _plain(str(answer["remark"]))}))
        if not is_valid_answer(answer):
            # Nothing of it is kept: the next run asks again, this server or another.
            server = response.url.partition("?")[0]
            raise _InvalidAnswerError(Issue("answer_not_osm", {"server": _plain(server)}))

    @contextmanager
    def _through_osmnx(self, folder: Path) -> Iterator[None]:
        """Set OSMnx up for one question, and put back all that it and we have changed."""
        from osmnx import settings

        needed: Mapping[str, object] = {
            "overpass_url": self.overpass,
            "nominatim_url": self.nominatim,
            "cache_folder": folder,
            "use_cache": True,
            "cache_only_mode": True,
            # OSMnx pauses unseen; a server without a free slot answers 429, and we wait as long as it requires.
            "overpass_rate_limit": False,
            # Names are looked up by the system, never by a server that nobody has named.
            "doh_url_template": None,
            "requests_timeout": self.timeout_s,
            "requests_kwargs": {"hooks": {"response": self._look_at}, "stream": True},
            "http_user_agent": USER_AGENT,
            "http_referer": "",
            "http_accept_language": self.language,
        }
        before = {name: getattr(settings, name) for name in needed}
        resolver = socket.getaddrinfo
        try:
            for name, value in needed.items():
                setattr(settings, name, value)
            yield
        finally:
            for name, value in before.items():
                setattr(settings, name, value)
            socket.getaddrinfo = resolver


class _ServerBusyError(Exception):
    """The server may answer later."""

    def __init__(self, reason: Phrase, retry_after: float | None = None) -> None:
        self.reason = reason
        self.retry_after = retry_after
        super().__init__(str(reason))


class _InvalidAnswerError(Exception):
    """Invalid answer of a server, which a further request would not change."""

    def __init__(self, issue: Issue) -> None:
        self.issue = issue
        super().__init__(issue.key)


class _ServerRefusalError(Exception):
    """The server will never answer this."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def retry_after(header: str | None) -> float | None:
    """Return the seconds that a server asks to wait, from a number or a date; None where it does not.

    Examples
    --------
    >>> retry_after("12"), retry_after("soon"), retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), retry_after("²")
    (12.0, None, 0.0, None)
    """
    if header is None:
        return None
    if re.fullmatch(r"\d+", header.strip(), re.ASCII):
        # More digits than any wait has: longer than anybody waits.
        return float(header.strip()[:LONGEST_RETRY_DIGITS])
    try:
        seconds = email.utils.parsedate_to_datetime(header).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError, OSError, LookupError):
        return None
    return max(0.0, seconds)


def is_osm_id(place: str) -> bool:
    """Return True if a place is named by its OSM id: N, W or R and a number.

    Examples
    --------
    >>> is_osm_id("R2181"), is_osm_id("海勃湾区")
    (True, False)
    """
    return place[:1] in "NWR" and place[1:].isascii() and place[1:].isdigit()


def _importance(result: Mapping[str, Any]) -> float:
    try:
        return float(result.get("importance", 0.0))
    except (TypeError, ValueError):
        return 0.0


def _name_of(question: tuple[object, ...]) -> str:
    return hashlib.sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()[:20]


def _drop_torn(folder: Path) -> None:
    """Remove answers that an interruption left half written, and what is no answer at all."""
    for file in folder.glob("*.json"):
        try:
            _kept_answer(file)
        except ValueError:
            file.unlink()


def _kept_answer(file: Path) -> Any:  # noqa: ANN401 - what a server said
    """Return an answer that was kept."""
    answer = parse_answer(file.read_bytes())
    if not is_valid_answer(answer):
        raise ValueError(file)
    return answer


def _plain(text: str) -> str:
    """Return the first words of a text without its markup."""
    return printable_line(" ".join(re.sub(r"<[^<>]*>", " ", text).split()))[:SHOWN_CHARACTERS]


NO_NETWORK = (errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH)


def _refuse_without_network(error: BaseException, server: str) -> None:
    """Raise if this machine has no way to the server: no waiting helps."""
    cause: BaseException | None = error
    while cause is not None and getattr(cause, "errno", None) not in NO_NETWORK:
        cause = cause.__cause__ or cause.__context__
    if cause is not None:
        values = {"host": urlsplit(server).hostname or server, "reason": _root(error)}
        raise FetchError(server, [Issue("server_no_network", values)])


def _root(error: BaseException) -> str:
    """Return the innermost reason of a failed connection."""
    cause = error
    while cause.__context__ is not None:
        cause = cause.__context__
    return printable_line(str(getattr(cause, "strerror", None) or cause))[:SHOWN_CHARACTERS]


def _unknown_name(error: BaseException) -> socket.gaierror | None:
    """Return why the server's name leads to no address, if that is what failed."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, socket.gaierror):
        cause = cause.__cause__ or cause.__context__
    return cause
