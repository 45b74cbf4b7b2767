"""The ledger of what is missing (问题台账): by community and service, with its reason and its cheapest mend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.accessibility.coverage import is_branch
from planner.accessibility.services import FULL, PER_1000, REASONS, ServiceAccess, Services, part_of
from planner.config.service_profiles import ServiceStandard
from planner.io.service_places import BELOW_STANDARD, CLOSED
from planner.network.travel_times import TravelTimes
from planner.network.walk import FloatArray, is_within
from planner.network.walker import Walker
from planner.schemas.tables import Communities, Facilities

MendKind = Literal["reopen", "extend", "enlarge", "add", "new", "survey"]
MEND_KINDS: tuple[MendKind, ...] = ("reopen", "extend", "enlarge", "add", "new", "survey")
UNKNOWN = "unknown"
"""Reason where no facility of a service is given."""

HOMES_TRIED = 10
"""A new facility is tried at so many homes of a community: those of most people who lack the service."""

STARTS_AT_ONCE = 512
"""New facilities searched from at once: their walks are not kept."""

PEOPLE_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Mend:
    """What would give a service to people of one community who lack it."""

    kind: MendKind
    """``reopen`` (a closed facility), ``extend`` (more capacity where it is), ``enlarge`` (to the least of the
    standard), ``add`` (to existing premises), ``new``, or ``survey`` (find out what is there)."""
    at: str = ""
    """Id of the facility or premises; "" if it is a new one."""
    people: float = np.nan
    """People of the community who would no longer lack it; NaN where not known."""
    amount: float = np.nan
    """Capacity to be added; NaN where none is."""
    cost: float = np.nan
    """In the study's unit of money; NaN where not known."""


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """What is missing."""

    rows: pd.DataFrame = field(repr=False)
    """One row a community and service of which people lack it, by priority: priority (1 is first; missing where it
    is not known whether people have it), community, service, people, people_missing, missing_share,
    people_<reason> for each of `REASONS`, reason (of most of them), nearest_min (their mean walk to the nearest
    today, of those who reach one), nearest (its id, of most of them), mend, mend_at, mend_people, mend_amount,
    mend_cost, mends_unpriced (kinds of mend that would help too and have no price)."""


def build_ledger(
    services: Services,
    walker: Walker,
    facilities: Facilities,
    communities: Communities,
    new_centre_cost: float | None = None,
) -> Ledger:
    """List what is missing where, why, and what would mend it for the least money.

    Of the mends with a price the one of the least cost for a person counts; without prices the one for most
    people. The order is by people who lack the service times its weight.

    Parameters
    ----------
    services
        Access to each service.
    walker
        Network and walk.
    facilities
        The study's own: premises to which a service may be added.
    communities
        In the order of the results.
    new_centre_cost
        What a new facility of the study's own costs, as in its programme; None where that is not known.
    """
    hosts = Facilities(gpd.GeoDataFrame(facilities[~is_branch(facilities)]))
    longest = max(one.service.standard.minutes for one in services.access)
    of_points = {id(one.points): one.points for one in services.access}
    parts = {key: part_of(points, list(communities["id"])) for key, points in of_points.items()}
    homes = [parts[id(one.points)] for one in services.access]
    tried = _try_new_sites(services.access, homes, walker, len(communities))
    rows: list[dict[str, object]] = []
    scores: list[float] = []
    for one, home, new in zip(services.access, homes, tried, strict=True):
        search, people = _Search.of(one, walker, hosts, home, new, longest), one.people
        costs = _costs(one.service.standard, new_centre_cost)
        for code, community in enumerate(communities["id"]):
            row = _row(one, search, people, code, costs)
            if row is not None:
                rows.append({"community": community, "service": one.id, **row})
                scores.append(float(row["people_missing"]) * one.service.standard.weight)  # type: ignore[arg-type]
    # Equal needs stand in the order of services, then communities; what is not known comes last.
    order = sorted(
        range(len(rows)), key=lambda number: (np.isnan(scores[number]), -round(scores[number], 6), number)
    )
    named: tuple[str, ...] = ("community", "service", "people", "people_missing", "missing_share")
    named += tuple(f"people_{reason}" for reason in REASONS)
    named += ("reason", "nearest_min", "nearest", "mend", "mend_at", "mend_people", "mend_amount", "mend_cost")
    table = pd.DataFrame([rows[number] for number in order], columns=[*named, "mends_unpriced"])
    ranks = [rank if not np.isnan(scores[number]) else pd.NA for rank, number in enumerate(order, start=1)]
    table.insert(0, "priority", pd.Series(ranks, dtype="Int64"))
    return Ledger(table)


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """Inputs of the mends of one service: people who would be helped, by start and community.

    `closed`, `small` and `hosted` count whom facilities or premises would serve, shape (starts, communities);
    `tried` the same of a new facility, the best of the homes tried; `relieved` whom more capacity relieves.
    `rows` are the points of each community, `reason` the position in `REASONS` of why each lacks it, else -1.
    """

    access: ServiceAccess
    home: NDArray[np.int64]
    closed: FloatArray
    small: FloatArray
    hosted: FloatArray
    host_ids: Sequence[str]
    tried: FloatArray
    relieved: FloatArray
    rows: Sequence[NDArray[np.int64]]
    reason: NDArray[np.int64]
    place_ids: Sequence[str]
    places: TravelTimes | None = None

    @classmethod
    def of(
        cls,
        access: ServiceAccess,
        walker: Walker,
        hosts: Facilities,
        home: NDArray[np.int64],
        tried: FloatArray,
        longest: float,
    ) -> _Search:
        service, standard, count = access.service, access.service.standard, len(tried)
        order = np.argsort(home, kind="stable")
        rows = np.split(order, np.searchsorted(home[order], np.arange(count + 1)))[1:-1]
        reason = np.full(len(home), -1, dtype=np.int64)
        for number, name in enumerate(REASONS):
            reason[access.reason == name] = number
        place_ids = [str(ident) for ident in service.places["id"]]
        lacking, full = lacking_people(access), np.where(reason == REASONS.index(FULL), access.people, 0.0)
        nobody = np.zeros((0, count))
        if not service.is_known or not (lacking.any() or full.any()):
            return cls(access, home, nobody, nobody, nobody, [], tried, nobody, rows, reason, place_ids)
        ends = walker.snap(access.points)

        def gains(starts: gpd.GeoDataFrame, people: FloatArray, within_min: float) -> FloatArray:
            times = walker.times(walker.snap(starts), ends, within_min=within_min)
            near = is_within(times.minutes, standard.minutes) & (home[times.demand] >= 0)
            cell = times.facility[near] * count + home[times.demand[near]]
            summed = np.bincount(cell, weights=people[times.demand[near]], minlength=len(starts) * count)
            return summed.astype(np.float64).reshape(len(starts), count)

        reached, status = gains(service.places, lacking, standard.minutes), service.places["status"].to_numpy()
        taken = set(service.places["id"][status == ""]) if service.is_own else set()
        ids = [str(ident) for ident in hosts["id"]]
        free = np.array([ident not in taken for ident in ids], dtype=np.bool_)
        return cls(
            access,
            home,
            np.where((status == CLOSED)[:, None], reached, 0.0),
            np.where((status == BELOW_STANDARD)[:, None], reached, 0.0),
            np.where(free[:, None], gains(hosts, lacking, longest), 0.0),
            ids,
            tried,
            np.where(service.counts[:, None], gains(service.places, full, standard.minutes), 0.0),
            rows,
            reason,
            place_ids,
            walker.times(walker.snap(service.places), ends, within_min=standard.minutes),
        )


def lacking_people(access: ServiceAccess) -> FloatArray:
    """Return the people of each point who reach as many facilities as are required once one more is built."""
    helped = (access.reason != "") & (access.reason != FULL) & (access.within + 1 >= access.service.standard.count)
    return np.where(helped, access.people, 0.0)


def _try_new_sites(
    access: Sequence[ServiceAccess], homes: Sequence[NDArray[np.int64]], walker: Walker, count: int
) -> list[FloatArray]:
    """Return the people of each community whom the best of the homes tried would serve, one array a service.

    Services of the same people often lack at the same homes: each of these is searched from once for all.
    """
    tried, of_points = [np.zeros(count) for _ in access], dict[int, list[int]]()
    for number, one in enumerate(access):
        if one.service.is_known:
            of_points.setdefault(id(one.points), []).append(number)
    for numbers in of_points.values():
        first, home = access[numbers[0]], homes[numbers[0]]
        lacking = {number: lacking_people(access[number]) for number in numbers}
        chosen = {number: _homes_of_most(people, home) for number, people in lacking.items()}
        starts = np.unique(np.concatenate(list(chosen.values())))
        if not len(starts):
            continue
        snapped, ends = walker.snap(gpd.GeoDataFrame(first.points.iloc[starts])), walker.snap(first.points)
        longest = max(access[number].service.standard.minutes for number in numbers if len(chosen[number]))
        for begin in range(0, len(starts), STARTS_AT_ONCE):
            part = starts[begin : begin + STARTS_AT_ONCE]
            rows = np.arange(begin, begin + len(part))
            times = walker.pairs(snapped.of_points(rows), ends, within_min=longest)
            own = home[times.demand] == home[part][times.facility]
            start, end, minutes = times.facility[own], times.demand[own], times.minutes[own]
            for number in numbers:
                near = is_within(minutes, access[number].service.standard.minutes)
                gained = np.bincount(start[near], weights=lacking[number][end[near]], minlength=len(part))
                here = np.isin(part, chosen[number])
                np.maximum.at(tried[number], home[part[here]], gained[here])
    return tried


def _homes_of_most(people: FloatArray, home: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the positions of the homes at which a new facility is tried, those of each community together."""
    order = np.lexsort((np.arange(len(people)), -people, home))
    order = order[(people[order] > 0) & (home[order] >= 0)]
    rank = pd.Series(home[order]).groupby(home[order]).cumcount().to_numpy()
    return np.asarray(order[rank < HOMES_TRIED], dtype=np.int64)


def _row(
    access: ServiceAccess, search: _Search, people: FloatArray, code: int, costs: tuple[float, float, float]
) -> dict[str, object] | None:
    """Return one row of the ledger; None where nobody of the community lacks the service."""
    inside = search.rows[code]
    own, why = people[inside], search.reason[inside]
    whole = float(own.sum())
    if not access.service.is_known:
        blank = {f"people_{reason}": np.nan for reason in REASONS}
        unknown = {"people_missing": np.nan, "missing_share": np.nan, **blank, "reason": UNKNOWN}
        return {"people": whole, **unknown, "nearest_min": np.nan, "nearest": "", **_mend(Mend("survey"), ())}
    of_reason = {reason: float(own[why == number].sum()) for number, reason in enumerate(REASONS)}
    missing = sum(of_reason.values())
    if not missing > PEOPLE_LEAST:
        return None
    reaching = inside[(why >= 0) & (own > 0) & (access.group_nearest[inside] >= 0)]
    going = np.bincount(access.group_nearest[reaching], weights=people[reaching], minlength=1)
    options = [mend for mend in _mends(search, code, costs) if mend.people > PEOPLE_LEAST]
    best = choose_mend(options)
    unpriced = tuple(mend.kind for mend in options if np.isnan(mend.cost) and mend is not best)
    walks = access.nearest_of_group[reaching]
    return {
        "people": whole,
        "people_missing": missing,
        "missing_share": missing / whole,
        **{f"people_{reason}": count for reason, count in of_reason.items()},
        "reason": max(REASONS, key=lambda reason: of_reason[reason]),
        "nearest_min": float(np.average(walks, weights=people[reaching])) if len(reaching) else np.inf,
        "nearest": search.place_ids[int(going.argmax())] if len(reaching) else "",
        **_mend(best, unpriced),
    }


def _mend(mend: Mend | None, unpriced: Sequence[str]) -> dict[str, object]:
    found = mend or Mend("survey")
    return {
        "mend": found.kind if mend is not None else "",
        "mend_at": found.at,
        "mend_people": found.people,
        "mend_amount": found.amount,
        "mend_cost": found.cost,
        "mends_unpriced": tuple(dict.fromkeys(unpriced)),
    }


def choose_mend(options: Sequence[Mend]) -> Mend | None:
    """Return the mend of least cost for a person; of none with a price, that for most people; None of none.

    Examples
    --------
    >>> choose_mend([Mend("add", "C7", 50.0, cost=10.0), Mend("new", "", 80.0, cost=40.0)])
    Mend(kind='add', at='C7', people=50.0, amount=nan, cost=10.0)
    """
    priced = [mend for mend in options if not np.isnan(mend.cost)]
    if priced:
        return min(priced, key=lambda mend: (mend.cost / mend.people, -mend.people, MEND_KINDS.index(mend.kind)))
    return min(options, key=lambda mend: (-round(mend.people, 6), MEND_KINDS.index(mend.kind)), default=None)


def _mends(search: _Search, code: int, costs: tuple[float, float, float]) -> Iterator[Mend]:
    """Yield the best mend of each kind for one community."""
    standard = search.access.service.standard
    unit, add, new = costs
    place, people = _best(search.closed, code)
    if people:
        yield Mend("reopen", search.place_ids[place], people)
    place, people = _best(search.relieved, code)
    if people:
        amount = _capacity_short(search, place, code)
        yield Mend("extend", search.place_ids[place], people, amount, amount * unit)
    place, people = _best(search.small, code)
    if people:
        amount = float((standard.least_capacity or np.nan) - search.access.service.places["capacity"].iloc[place])
        yield Mend("enlarge", search.place_ids[place], people, amount, amount * unit)
    place, people = _best(search.hosted, code)
    if people:
        yield Mend("add", search.host_ids[place], people, cost=add)
    if search.tried[code]:
        yield Mend("new", "", float(search.tried[code]), cost=new)


def _costs(standard: ServiceStandard, new_centre_cost: float | None) -> tuple[float, float, float]:
    """Return what one more unit of capacity, adding and a new facility cost; NaN where not known."""
    own = standard.settings
    given = (None, None, new_centre_cost) if own is None else (own.unit_cost, own.add_cost, own.new_cost)
    unit, add, new = (np.nan if one is None else float(one) for one in given)
    return unit, add, new


def _best(gains: FloatArray, code: int) -> tuple[int, float]:
    """Return the first start that serves most people of a community, and these people; 0 where there is none."""
    if not len(gains):
        return 0, 0.0
    place = int(gains[:, code].argmax())
    return place, float(gains[place, code])


def _capacity_short(search: _Search, place: int, code: int) -> float:
    """Return the capacity that a facility lacks so that nobody of a community within its reach finds it full."""
    access, standard, times = search.access, search.access.service.standard, search.places
    if times is None or access.access is None or access.catchment is None or standard.per_1000 is None:
        return np.nan
    near = (times.facility == place) & (access.reason[times.demand] == FULL) & (search.home[times.demand] == code)
    lacking = times.demand[near & (access.people[times.demand] > 0)]
    short = float((standard.per_1000 / PER_1000 - access.access[lacking]).max())
    # Its ratio is capacity over everybody within its reach, whichever community or district they are of.
    return short * float(access.catchment[place])
