"""People as the products show them: whole, rounded once, so that parts add up to the total that stands below them.

People at points are fractions. Rounded each by itself, 59 + 80 are 138; rounded in several places, a figure is
5,650 in one table and 5,651 in the next. So the document rounds: totals by themselves, communities so that they
add up to them, and who is not served is always the difference of two shown figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from typing import Any

DIGITS = 6
"""Sums of floats lie a hair beside a half: the digits of plan.json decide."""


def whole(value: float) -> int:
    """Round a count, a half to the even number.

    Examples
    --------
    >>> whole(2.4), whole(2.5), whole(137.9999999999)
    (2, 2, 138)
    """
    return round(round(value, DIGITS))


def shared_out(parts: Sequence[float], total: int, *, most: Sequence[int] | None = None) -> list[int]:
    """Round parts so that they add up to a rounded total: the largest remainders are rounded up.

    Parameters
    ----------
    parts
        What adds up to the total before rounding.
    total
        The rounded total.
    most
        What each part may be at most: who is served is never more than who lives there.

    Examples
    --------
    >>> shared_out([58.5, 79.3], 138), shared_out([0.4, 0.4, 0.4], 1)
    ([59, 79], [1, 0, 0])
    >>> shared_out([0.6, 9.5], 10, most=[0, 10])
    [0, 10]
    """
    exact = [round(part, DIGITS) for part in parts]
    shown = [floor(part) if most is None else min(floor(part), most[place]) for place, part in enumerate(exact)]
    order = sorted(range(len(exact)), key=lambda place: (floor(exact[place]) - exact[place], place))
    left = total - sum(shown)
    while left > 0:
        free = [place for place in order if most is None or shown[place] < most[place]]
        if not free:
            break
        for place in free[:left]:
            shown[place] += 1
        left -= min(left, len(free))
    return shown


def with_shown(
    total: Sequence[dict[str, Any]], by_community: Sequence[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return coverage, total and by community, each row with its counts as they are shown.

    Parameters
    ----------
    total
        One row a limit.
    by_community
        One row a community and limit.
    """
    totals, rows = [], []
    for row in total:
        here = [one for one in by_community if one["limit_min"] == row["limit_min"]]
        shown = {"people": whole(row["people"]), "people_covered": whole(row["people_covered"])}
        people = shared_out([one["people"] for one in here], shown["people"])
        covered = shared_out([one["people_covered"] for one in here], shown["people_covered"], most=people)
        own = [one["own_people_covered"] for one in here]
        at_home = shared_out(own, min(whole(sum(own)), sum(people)), most=people)
        totals.append({**row, "shown": shown})
        rows += [
            {**one, "shown": {"people": lives, "people_covered": served, "own_people_covered": by_own}}
            for one, lives, served, by_own in zip(here, people, covered, at_home, strict=True)
        ]
    place = {(row["community"], row["limit_min"]): row for row in rows}
    return totals, [place[one["community"], one["limit_min"]] for one in by_community]


def shown_together(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Return the shown counts of several communities as one."""
    return {name: sum(row["shown"][name] for row in rows) for name in ("people", "people_covered")}
