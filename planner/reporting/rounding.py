"""Rounding of counts: parts add up, and a figure is the same in all products.

People at points are fractions, and rounding each by itself makes 59 + 80 into 138. So one rule holds for all
products: parts of a total that have no order get the largest remainders; steps that lead to totals on the way
(sites by rank, projects by year) are the differences of the rounded running totals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import ceil, floor, isfinite
from typing import Any, Literal

from planner.messages.catalogue import Texts
from planner.siting.solution import status_of

MOST_DIGITS = 6
"""Decimals of plan.json, which decide where the sum of floats lies close to a half."""


def round_count(value: float) -> int:
    """Round a count, a half to the even number.

    Examples
    --------
    >>> round_count(2.4), round_count(2.5), round_count(137.9999999999)
    (2, 2, 138)
    """
    return round(round(value, MOST_DIGITS))


def round_parts(
    parts: Sequence[float], total: float | None = None, *, most: Sequence[int] | None = None
) -> list[int]:
    """Round parts so that they add up to the rounded total.

    The largest remainders are rounded up, the first of equal ones.

    Parameters
    ----------
    parts
        What adds up.
    total
        What they add up to, where that is known better than as their sum.
    most
        What each part may be at most: who is served is never more than who lives there.

    Examples
    --------
    >>> round_parts([58.5, 79.8]), round_parts([0.4, 0.4, 0.4])
    ([58, 80], [1, 0, 0])
    >>> round_parts([0.6, 9.5], 10, most=[0, 10])
    [0, 10]
    """
    exact = [round(part, MOST_DIGITS) for part in parts]
    shown = [floor(part) if most is None else min(floor(part), most[place]) for place, part in enumerate(exact)]
    order = sorted(range(len(exact)), key=lambda place: (floor(exact[place]) - exact[place], place))
    left = round_count(sum(parts) if total is None else total) - sum(shown)
    while left > 0:
        free = [place for place in order if most is None or shown[place] < most[place]]
        if not free:
            break
        for place in free[:left]:
            shown[place] += 1
        left -= min(left, len(free))
    return shown


def round_steps(steps: Sequence[float]) -> list[int]:
    """Round steps so that every running total is the rounded running total.

    Examples
    --------
    >>> round_steps([10.4, 10.4, 10.4])
    [10, 11, 10]
    """
    together = [round_count(total) for total in accumulate(steps)]
    return [now - before for now, before in zip(together, [0, *together], strict=False)]


def round_money(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    """Round a table of money to hundredths so that rows and columns add up to what is shown.

    Returns
    -------
    shown
        The rows with their total appended, then the row of totals.

    Examples
    --------
    >>> round_money([[1.004, 2.0], [1.004, 3.5]])
    [[1.01, 2.0, 3.01], [1.0, 3.5, 4.5], [2.01, 5.5, 7.51]]
    """
    hundredths = [[amount * 100 for amount in row] for row in rows]
    sums = round_parts([sum(column) for column in zip(*hundredths, strict=True)])
    columns = [
        round_parts(column, total) for column, total in zip(zip(*hundredths, strict=True), sums, strict=True)
    ]
    shown = [list(row) for row in zip(*columns, strict=True)] + [sums]
    return [[amount / 100 for amount in (*row, sum(row))] for row in shown]


def digits_to_distinguish(value: float, other: float, digits: int) -> int:
    """Return with how many digits two numbers that differ are not written alike.

    Examples
    --------
    >>> digits_to_distinguish(29.97, 30.0, 1), digits_to_distinguish(30.0, 30.0, 1)
    (2, 1)
    """
    if value == other:
        return digits
    while digits < MOST_DIGITS and f"{value:.{digits}f}" == f"{other:.{digits}f}":
        digits += 1
    return digits


def round_bound(answer: float, bound: float, digits: int = 0) -> float:
    """Round a bound so that it stays one: as the answer that it proves, else away from the answer.

    Examples
    --------
    >>> round_bound(100.2, 100.2), round_bound(100.2, 160.4), round_bound(8.3, 7.6)
    (100.0, 161.0, 7.0)
    >>> round_bound(0.5, 0.6121, 3)
    0.613
    """
    if status_of(answer, bound) == "optimal":
        return round(answer, digits)
    if not isfinite(bound):
        return bound
    # A hair beside a whole number is what the sums of floats leave.
    scaled = round(bound * 10.0**digits, MOST_DIGITS)
    return float(ceil(scaled) if bound > answer else floor(scaled)) / 10.0**digits


def added_by_sites(proposal: Mapping[str, Any]) -> dict[int, int]:
    """Return what each site of a proposal adds, as every product shows it, by its rank."""
    sites = proposal["sites"]
    added = round_steps([site["people_added"] for site in sites])
    return {site["rank"]: people for site, people in zip(sites, added, strict=True)}


def gained_by_projects(programme: Mapping[str, Any]) -> dict[str, tuple[int | None, int, int]]:
    """Return people covered, brought to standard and with services, by project id, so that the years add up.

    People covered are None where this is not counted.
    """
    projects = programme["projects"]
    covered = round_steps([one["people_covered"] or 0.0 for one in projects])
    settled = round_steps([one["people_standard"] for one in projects])
    served = round_steps([one.get("people_services", 0.0) for one in projects])
    return {
        project["id"]: (None if project["people_covered"] is None else here, there, more)
        for project, here, there, more in zip(projects, covered, settled, served, strict=True)
    }


def add_shown_counts(
    total: Sequence[Mapping[str, Any]], by_community: Sequence[Mapping[str, Any]]
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
        shown = {"people": round_count(row["people"]), "people_covered": round_count(row["people_covered"])}
        people = round_parts([one["people"] for one in here], shown["people"])
        covered = round_parts([one["people_covered"] for one in here], shown["people_covered"], most=people)
        own = [one["own_people_covered"] for one in here]
        at_home = round_parts(own, min(round_count(sum(own)), sum(people)), most=people)
        totals.append({**row, "shown": shown})
        rows += [
            {**one, "shown": {"people": lives, "people_covered": served, "own_people_covered": by_own}}
            for one, lives, served, by_own in zip(here, people, covered, at_home, strict=True)
        ]
    place = {(row["community"], row["limit_min"]): row for row in rows}
    return totals, [place[one["community"], one["limit_min"]] for one in by_community]


def sum_shown_counts(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return the shown counts of several communities as one."""
    return {name: sum(row["shown"][name] for row in rows) for name in ("people", "people_covered")}


Rates = Mapping[str, Any]
Rate = Literal["compliant", "excellent"]
RATES: tuple[Rate, ...] = ("compliant", "excellent")
"""达标率 counts what is compliant or excellent, 优秀率 what is excellent."""


def rate_counts(rates: Rates, name: Rate) -> tuple[int, int]:
    """Return the number of premises that a rate counts, and of all premises with a rating.

    Examples
    --------
    >>> rates = {"assessed": 4, "excellent": 1, "compliant": 1, "weak": 1, "undetermined": 1}
    >>> rate_counts(rates, "compliant"), rate_counts(rates, "excellent")
    ((2, 3), (1, 3))
    """
    count = rates["excellent"] + (rates["compliant"] if name == "compliant" else 0)
    return count, rates["assessed"] - rates["undetermined"]


def missing_rate_text(rates: Rates, texts: Texts) -> str | None:
    """Return why there is no rate: no rule applies, or no rating is determined; None if there is one."""
    if not rates["assessed"]:
        return texts("words.not_judged")
    return None if rates["assessed"] > rates["undetermined"] else texts("words.none_determined")


def rate_text(rates: Rates, name: Rate, texts: Texts) -> str:
    """Write a rate with what it is of.

    Examples
    --------
    >>> rates = {"assessed": 40, "excellent": 8, "compliant": 20, "weak": 12, "undetermined": 0}
    >>> rate_text(rates, "compliant", Texts("zh"))
    '70.0%（28/40）'
    >>> rate_text({**rates, "assessed": 0}, "compliant", Texts("en"))
    'not assessed'
    """
    count, of = rate_counts(rates, name)
    return missing_rate_text(rates, texts) or texts(
        "words.rate", share=texts.percent(count / of), count=count, of=of
    )


def weak_count_text(weak: int, rates: Rates, texts: Texts) -> str:
    """Write how many communities are weak; where nothing is judged, none is called without fault."""
    return texts.whole(weak) if rates["assessed"] else texts("words.not_judged")
