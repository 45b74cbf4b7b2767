"""Opening hours of facilities: as OpenStreetMap or a table states them, and whether a place is open at a time.

Days are ordinary ones: rules for public and school holidays (PH, SH) do not apply. What cannot be parsed, depends
on the sun, or differs over the year is neither open nor closed: it is not known.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.config.service_times import DAYS, ServiceTime

OPEN, SHUT, UNKNOWN = 1, 0, -1

ORDINARY_YEAR = 2025
"""Year whose weeks are looked at where the study states none; hours that name a year are not known then."""

WEEKS = 52

_DAY = "[一二三四五六日天]"
_CHINESE = (
    ("每(?=周|星期|礼拜)", ""),
    (rf"(?:周|星期|礼拜)({_DAY})\s*[-~至到]\s*(?:周|星期|礼拜)?({_DAY})", r"周\1-周\2"),
    ("(?:星期|礼拜)", "周"),
    ("工作日", "Mo-Fr"),
    ("周末|双休日", "Sa,Su"),
    ("每天|每日|全年|全周", "Mo-Su"),
    ("(?:法定)?节?假日", "PH"),
    ("24小时|全天候?", "00:00-24:00"),
    ("(?:休息|闭馆|不开放|关闭|闭门)", "off"),
    (r"(\d{1,2})[点时]半", r"\1:30"),
    (r"(\d{1,2})[点时](\d{2})分?", r"\1:\2"),
    (r"(\d{1,2})[点时]", r"\1:00"),
    ("[至到~—–]", "-"),
    ("[、和及]", ","),
    ("(?<=PH)(?=off)", " "),
    # Days "open" without a clock time, before those that are off, are no days off themselves.
    ("上午|早上|(?<=[0-9])(?:开放|营业)|(?:开放|营业)(?![,;])|[:](?=[^0-9])", " "),
)
_AFTERNOON = re.compile(r"(下午|晚上?|傍晚)\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_MORE_SPANS = re.compile(r"(?<=:\d\d)\s*;\s*(?=\d{1,2}:\d\d)")
"""Where a table goes on with the afternoon of the same days; as a rule of its own it would undo the morning."""
_NEXT_RULE = re.compile(r"(?<=\d)\s*,\s*(?=[A-Z][a-z])|(?<=:\d\d)\s+(?=[A-Z][a-z])")
"""Where a table goes on with the next days after a comma or a blank."""
_SUN = re.compile("sunrise|sunset|dawn|dusk", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b(?!:)")
_OPEN_END = re.compile(r":\d\d\+")
_CLOCK = re.compile(r"(?:\d{4}-\d\d-\d\d |1 day, )?(\d{1,2})(?::(\d{2})(?::\d{2})?|[点时](半)?)?")
_SHARE = re.compile(r"[01]?\.\d+|[01](?:\.0+)?")
"""Share of a day, as a spreadsheet keeps a time: 1 is 24:00, more is past midnight."""
_DAY_NAME = f"(?:{'|'.join(DAYS)}|PH|SH)"
_DAYS_ONLY = re.compile(rf"{_DAY_NAME}(?:\s*[-,]\s*{_DAY_NAME})*", re.IGNORECASE)
_OFF = re.compile(r"([^:]*?)\s*\b(?:off|closed)", re.IGNORECASE)
_SPAN = re.compile(r"(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)")
_HOUR, _NOON = 60, 12


def to_osm_syntax(text: str) -> str:
    """Return hours in the syntax of OpenStreetMap's `opening_hours`; what is not understood stays as it is.

    Examples
    --------
    >>> [to_osm_syntax(text) for text in ("周一至周五 9：00－18：00", "每天8点-12点、下午2:00-5:30")]
    ['Mo-Fr 9:00-18:00', 'Mo-Su 8:00-12:00,14:00-17:30']
    """
    text = unicodedata.normalize("NFKC", text).strip()
    text = _MORE_SPANS.sub(",", re.sub(r"(?<=:\d\d)\s*~\s*(?=\d)", "-", text))
    if text.isascii():
        # After a comma OpenStreetMap adds hours to those before, after a semicolon they take their place.
        return _NEXT_RULE.sub(lambda found: ", " if "," in found[0] else "; ", text)
    text = re.sub(f"周{_DAY}(?:[、,]{_DAY})+(?!日)", lambda found: re.sub("[、,]", ",周", found[0]), text)
    for pattern, osm in _CHINESE:
        text = re.sub(pattern, osm, text)
    for day, sign in enumerate("一二三四五六日"):
        text = text.replace(f"周{sign}", DAYS[day])
    text = text.replace("周天", "Su")
    text = _AFTERNOON.sub(lambda found: _later(found.groups()), text)
    text = re.sub(r"\s*([,;-])\s*", r"\1", re.sub(r"([A-Za-z])(?=\d)", r"\1 ", text))
    text = re.sub("(?<=[a-z]) *:(?=[0-9])|(?<=[a-z])(?=off)", " ", text)
    text = _NEXT_RULE.sub("; ", re.sub(r"(?<=:\d\d)\s+(?=\d)", ",", text))
    return re.sub(r"\s+", " ", text).strip()


def _later(parts: Sequence[str]) -> str:
    """Return a span of the afternoon or the night, whose hours count from noon where they are below 12."""
    when, first, minute, last, then = parts
    start, end = (hour + _NOON if hour < _NOON else hour for hour in (int(first), int(last)))
    if start == _NOON and when != "下午":
        return f"{when}{first}:{minute}-{last}:{then}"
    if int(last) == _NOON < start:
        end = 2 * _NOON
    elif (end, int(then)) < (start, int(minute)):
        end = int(last)
    return f"{start}:{minute}-{end:02}:{then}"


def hours_of(table: pd.DataFrame) -> pd.Series:
    """Return the hours of each row in OpenStreetMap's syntax, "" where it states none.

    `opening_hours` counts before `open_from` and `open_to`, which hold every day.

    Examples
    --------
    >>> table = pd.DataFrame({"open_from": ["9:00", "0.375", "?", ""], "open_to": ["18:00:00", "17点半", "", ""]})
    >>> hours_of(table).tolist()
    ['09:00-18:00', '09:00-17:30', '?-', '']
    """
    blank = pd.Series("", index=table.index, dtype=object)
    stated, opens, closes = (
        table[name].fillna("").astype(str).str.strip() if name in table.columns else blank
        for name in ("opening_hours", "open_from", "open_to")
    )
    given = [text for text in (*opens, *closes) if text]
    # Whole numbers are hours, unless the columns hold shares of a day: then 1 is midnight.
    is_share = any("." in text and _SHARE.fullmatch(text) for text in given) or {*given} <= {"0", "1"}
    spans = [
        _span(_clock(start, is_share=is_share), _clock(end, is_share=is_share)) if start or end else ""
        for start, end in zip(opens, closes, strict=True)
    ]
    hours = [to_osm_syntax(text) if text else span for text, span in zip(stated, spans, strict=True)]
    return pd.Series(hours, index=table.index, dtype=object)


def _clock(text: str, *, is_share: bool) -> str:
    """Return a clock time as "09:00", also of a spreadsheet's share of a day; other text as it is."""
    if is_share and _SHARE.fullmatch(text):
        minute = round(float(text) * 24 * _HOUR)
        return f"{minute // 60:02}:{minute % 60:02}"
    found = _CLOCK.fullmatch(unicodedata.normalize("NFKC", text))
    return f"{int(found[1]):02}:{'30' if found[3] else found[2] or '00'}" if found else text


def _span(start: str, end: str) -> str:
    """Return a span of columns; an hour of twelve, as 9:00 to 5:00, as it was written, which is not read."""
    return f"{start}-{end.removeprefix('0') if '03:00' <= end < '07:00' <= start < '12:00' else end}"


def _rules(text: str) -> list[str]:
    """Return the rules of hours without comments."""
    return [rule.strip() for rule in re.split(r";|\|\|", re.sub('"[^"]*"', "", text))]


def _is_of_twelve(text: str) -> bool:
    """Tell whether hours seem to count from noon again, as 8:30-12:00,2:30-5:30 or 9:00-5:00, or span nothing."""
    for rule in _rules(text):
        before = -1
        for hour, minute, last, then in _SPAN.findall(rule):
            start, end = int(hour) * _HOUR + int(minute), int(last) * _HOUR + int(then)
            morning = 5 * _HOUR <= start < _NOON * _HOUR
            if start == end or (morning and len(last) == 1 and 3 * _HOUR <= end < min(start, 7 * _HOUR)):
                return True
            if _HOUR <= start < 7 * _HOUR and start < before < _NOON * _HOUR:
                return True
            before = start
    return False


def _is_partial(text: str) -> bool:
    """Tell whether hours state only when a place is closed, or days without a clock time."""
    found = [_OFF.fullmatch(rule) for rule in _rules(text)]
    says_closed_only = all(found) and any(one is not None and one[1] for one in found)
    return says_closed_only or any(_DAYS_ONLY.fullmatch(rule) for rule in _rules(text))


@lru_cache(maxsize=4096)
def _parse(text: str) -> Any:  # noqa: ANN401 -- a class of the parser, which is imported only here
    """Return the parsed hours; None where they cannot be parsed, depend on the sun or may count from noon.

    Days without a clock time, and those besides days on which a place is closed, are not known.
    """
    from opening_hours import OpeningHours, ParserError  # type: ignore[attr-defined]

    if not text or _SUN.search(text) or _is_of_twelve(text):
        return None
    if _is_partial(text):
        if '"' in text or "||" in text:
            return None
        rules = (f"{rule} unknown" if _DAYS_ONLY.fullmatch(rule) else rule for rule in _rules(text))
        text = "; ".join(("unknown", *rules) if "off" in text.lower() or "closed" in text.lower() else rules)
    try:
        return OpeningHours(text, auto_country=False, auto_timezone=False)
    except ParserError:
        return None


def is_readable(text: str) -> bool:
    """Tell whether hours can be parsed, and state when a place is open.

    Examples
    --------
    >>> is_readable("Mo-Fr 09:00-18:00"), is_readable("ask inside"), is_readable("sunrise-sunset")
    (True, False, False)
    """
    return _parse(text) is not None and not _is_partial(text)


@lru_cache(maxsize=65536)
def _state(text: str, time: ServiceTime, year: int | None) -> int:
    hours = _parse(text)
    if hours is None or (year is None and _YEAR.search(text)):
        return UNKNOWN
    start = datetime(year or ORDINARY_YEAR, 1, 1)  # noqa: DTZ001 -- clock time of the place
    days = []
    for day in time.days:
        first = start + timedelta(days=(day - start.weekday()) % 7, minutes=time.minute)
        states = {_of_day(hours, text, first + timedelta(weeks=week)) for week in range(WEEKS)}
        days.append(states.pop() if len(states) == 1 else UNKNOWN)
    return SHUT if SHUT in days else UNKNOWN if UNKNOWN in days else OPEN


def _of_day(hours: Any, text: str, moment: datetime) -> int:  # noqa: ANN401 -- as `_parse`
    state, note = hours.state(moment)
    if str(state) == "closed":
        return SHUT
    # A comment, as "by appointment", is a condition; of an open end nobody knows when it is.
    return OPEN if str(state) == "open" and not note and not _OPEN_END.search(text) else UNKNOWN


def open_states(
    hours: Sequence[str], times: Sequence[ServiceTime], *, year: int | None = None
) -> NDArray[np.int8]:
    """Return whether places are open at times of the week.

    Open is what is open on all days of the time in every week of the year; closed what is closed in every week on
    one of these days.

    Parameters
    ----------
    hours
        In OpenStreetMap's syntax; "" where not given.
    times
        Times of the week.
    year
        Year whose weeks are looked at; None: an ordinary one, and hours that name a year are not known.

    Returns
    -------
    states
        1 open, 0 closed, -1 not known, shape (places, times).

    Examples
    --------
    >>> from planner.config.service_times import parse_service_time
    >>> times = [parse_service_time(text) for text in ("weekday 17:00", "Sunday 10:00")]
    >>> open_states(["Mo-Fr 09:00-18:00", "24/7", "Apr-Oct 08:00-20:00", "ask", ""], times).tolist()
    [[1, 0], [1, 1], [-1, -1], [-1, -1], [-1, -1]]
    """
    states = [[_state(text, time, year) for time in times] for text in hours]
    return np.array(states, dtype=np.int8).reshape(len(hours), len(times))


def year_of(date: str) -> int | None:
    """Return the year that a date of a study names; None where it names none.

    Examples
    --------
    >>> year_of("2026年11月"), year_of("")
    (2026, None)
    """
    found = re.search(r"(?:19|20)\d\d", date)
    return int(found[0]) if found else None
