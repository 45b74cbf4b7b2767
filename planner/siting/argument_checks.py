"""The door of every siting question: numbers that cannot be meant are refused in words, all at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from planner.messages.errors import Issue, SitingError

NAMED = "siting"
"""What an error calls a question that was put by itself."""

Issues = Iterator[Issue]


def siting_error(key: str, **values: object) -> SitingError:
    """Return the error that a question cannot be answered as it is put."""
    return SitingError(NAMED, [Issue(key, values)])  # the callers' keys are checked by a test of their own


def raise_issues(*found: Iterable[Issue]) -> None:
    """Let a question pass, or refuse it for every reason.

    Raises
    ------
    SitingError
        There is an issue.
    """
    issues = [issue for some in found for issue in some]
    if issues:
        raise SitingError(NAMED, issues)


def check_shape(part: str, value: object, *expected: int) -> Issues:
    """Yield that an array has another shape than it must have."""
    given = np.asarray(value).shape
    if given != expected:
        written = [" × ".join(map(str, size)) or "1" for size in (given, expected)]
        yield Issue("siting_shape", {"part": part, "found": written[0], "expected": written[1]})


def check_not_negative(part: str, value: object) -> Issues:
    """Yield that numbers are negative, infinite or none at all."""
    try:
        numbers = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        numbers = np.array([np.nan])
    if numbers.size and not (np.isfinite(numbers).all() and numbers.min() >= 0):
        yield Issue("siting_negative", {"part": part})


def check_whole(part: str, value: object) -> Issues:
    """Yield that numbers are not whole, or negative: half a site cannot be built."""
    numbers = np.asarray(value)
    if numbers.dtype.kind not in "iu" and numbers.size:
        yield Issue("siting_whole", {"part": part, "found": value})
    else:
        yield from check_not_negative(part, numbers)


def check_positions(part: str, value: Sequence[int] | np.ndarray, count: int) -> Issues:
    """Yield that numbers of rows or columns are none: not whole, below 0, or beyond the last."""
    numbers = np.asarray(value)
    if not numbers.size:
        return
    if numbers.dtype.kind not in "iu":
        yield Issue("siting_whole", {"part": part, "found": value})
    elif numbers.min() < 0 or numbers.max() >= count:
        wrong = sorted({int(one) for one in numbers.ravel() if not 0 <= one < count})
        shown = ", ".join(map(str, wrong[:5]))
        yield Issue("siting_place", {"part": part, "found": shown, "last": count - 1, "count": count})


def check_between(part: str, value: float, low: float, high: float) -> Issues:
    """Yield that a number lies outside its limits, both of which it may have."""
    if not low <= value <= high:
        yield Issue("siting_between", {"part": part, "found": value, "low": f"{low:g}", "high": f"{high:g}"})


def check_names(part: str, names: Iterable[str], choices: Iterable[str]) -> Issues:
    """Yield that something is named that is not there."""
    options = list(choices)
    missing = [name for name in dict.fromkeys(names) if name not in options]
    if missing:
        values = {"part": part, "names": ", ".join(missing), "known": ", ".join(options) or "–"}
        yield Issue("siting_not_there", values)
