"""Times of the week at which services are measured: "weekday 19:00", "Sunday 10:00", 工作日 19:00."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
"""Days of the week as `opening_hours` of OpenStreetMap writes them."""

WEEKDAYS, WEEKEND, DAILY = tuple(range(5)), (5, 6), tuple(range(7))
LAST_HOUR, LAST_MINUTE = 23, 59

_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WORDS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("weekday", "weekdays", "workday", "workdays", "working day", "工作日", "平日"), WEEKDAYS),
    **dict.fromkeys(("weekend", "weekends", "周末", "双休日"), WEEKEND),
    **dict.fromkeys(("daily", "every day", "everyday", "每天", "每日"), DAILY),
    **{word: (day,) for day, name in enumerate(_NAMES) for word in (name, f"{name}s", name[:3], name[:2])},
    **{f"{head}{sign}": (day,) for head in ("周", "星期", "礼拜") for day, sign in enumerate("一二三四五六日")},
    **{f"{head}天": (6,) for head in ("周", "星期", "礼拜")},
}
_BETWEEN = re.compile(r"\s*(?:[-–—~至到]|\bto\b)\s*")
_TIME = re.compile(r"(?P<days>.*?)\s*(?P<hour>\d{1,2})(?::(?P<minute>\d{2})|[点时](?P<half>半)?)")


@dataclass(frozen=True, slots=True)
class ServiceTime:
    """A time of the week: a clock time on one or several days."""

    days: tuple[int, ...]
    """Days of the week, ascending; 0 is Monday."""
    minute: int
    """Minutes after midnight."""

    @property
    def clock(self) -> str:
        """Return the clock time, as "09:30"."""
        return f"{self.minute // 60:02}:{self.minute % 60:02}"

    @property
    def id(self) -> str:
        """Name in results: days as OpenStreetMap writes them, and the clock time, as "Mo-Fr 19:00"."""
        first, last = self.days[0], self.days[-1]
        is_row = len(self.days) > 1 and self.days == tuple(range(first, last + 1))
        days = f"{DAYS[first]}-{DAYS[last]}" if is_row else ",".join(DAYS[day] for day in self.days)
        return f"{days} {self.clock}"


def parse_days(text: str) -> tuple[int, ...] | None:
    """Return the days of the week that a text names, ascending: "" all; None where it names something else.

    Examples
    --------
    >>> [parse_days(text) for text in ("weekday", "Sa", "周一至周三", "Mon to Wed, Sunday", "holiday")]
    [(0, 1, 2, 3, 4), (5,), (0, 1, 2), (0, 1, 2, 6), None]
    """
    if not text.strip():
        return DAILY
    days: set[int] = set()
    for part in re.split("[,、和]", text):
        ends = [_WORDS.get(word) for word in _BETWEEN.split(part.strip().lower())]
        if any(end is None for end in ends) or len(ends) > 2:  # noqa: PLR2004 -- from … to
            return None
        first, *last = (end for end in ends if end is not None)
        days |= {*first} if not last else {*range(first[0], last[0][-1] + 1)}
    return tuple(sorted(days)) or None


def parse_service_time(text: str) -> ServiceTime | None:
    """Return the time of the week that a text states; None where it states none.

    Examples
    --------
    >>> [parse_service_time(text).id for text in ("weekday 19:00", "Sunday 9:30", "工作日19点半", "08:00")]
    ['Mo-Fr 19:00', 'Su 09:30', 'Mo-Fr 19:30', 'Mo-Su 08:00']
    >>> parse_service_time("in the evening")
    """
    found = _TIME.fullmatch(unicodedata.normalize("NFKC", text).strip())
    days = parse_days(found["days"]) if found else None
    if found is None or days is None:
        return None
    hour, minute = int(found["hour"]), 30 if found["half"] else int(found["minute"] or 0)
    return ServiceTime(days, hour * 60 + minute) if hour <= LAST_HOUR and minute <= LAST_MINUTE else None
