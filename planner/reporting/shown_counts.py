"""People as the products show them: whole, rounded once, so that parts add up to the total that stands below them.

People at points are fractions. Rounded each by itself, 59 + 80 are 138; rounded in several places, a figure is
5,650 in one table and 5,651 in the next. So the document rounds: totals by themselves, communities so that they
add up to them, and who is not served is always the difference of two shown figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from planner.reporting.rounding import in_parts, whole


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
        people = in_parts([one["people"] for one in here], shown["people"])
        covered = in_parts([one["people_covered"] for one in here], shown["people_covered"], most=people)
        own = [one["own_people_covered"] for one in here]
        at_home = in_parts(own, min(whole(sum(own)), sum(people)), most=people)
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
