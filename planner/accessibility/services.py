"""Many services at once: who reaches each, how many each person lacks, and why.

What is not known stays so: a service of which no facility is given counts neither as reached nor as missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.accessibility.equity import gini, groups_of
from planner.accessibility.nth_nearest import nth_nearest, straight_nth
from planner.accessibility.two_step_fca import two_step_access
from planner.config.sections.demand import RESIDENTS
from planner.io.service_places import BELOW_STANDARD, CLOSED, ServicePlaces
from planner.messages.notices import Notice
from planner.network.snapping import SnappedPoints
from planner.network.walk import FloatArray, IndexArray, is_within
from planner.network.walker import Walker
from planner.population.groups import GroupDemand

FULL, TOO_FEW, BLOCKED, NOTHING_NEAR = "full", "too_few", "blocked", "nothing_near"
REASONS = (CLOSED, BELOW_STANDARD, FULL, TOO_FEW, BLOCKED, NOTHING_NEAR)
"""Why people lack a service, in the order in which a reason is looked for."""

FARTHEST_NTH = 3.0
"""The n-th nearest is searched within so many times the standard; the nearest however far it is."""

PER_1000 = 1000.0

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class ServiceAccess:
    """Access to one service."""

    service: ServicePlaces
    """Its facilities, and what is asked of it."""
    points: gpd.GeoDataFrame
    """Where the people that it is for live: id, people, community, geometry."""
    nearest_min: FloatArray
    nearest: IndexArray
    """`nearest_min`, `nearest`: Minutes from each resident's point to the nearest facility that counts (`inf`
    where none is reached, NaN where none is known), and its position (-1), shape (demand,)."""
    nth_min: FloatArray
    """Minutes to the n-th nearest; beyond three times the standard `inf`, shape (demand,)."""
    group_min: FloatArray
    nearest_of_group: FloatArray
    group_nearest: IndexArray
    within: IndexArray
    """`group_min`, `nearest_of_group`, `group_nearest`, `within`: Minutes from the group's points to the n-th
    nearest and to the nearest, the position of the nearest, and how many facilities that count lie within the
    standard, shape (points,)."""
    reason: NDArray[np.object_]
    """Why people at a point lack it: one of `REASONS`; "" where they do not, or where it is not known, shape
    (points,)."""
    access: FloatArray | None
    """Capacity per person within the standard (2SFCA); NaN where not known; None where no capacity is asked for,
    shape (points,)."""
    catchment: FloatArray | None = None
    """People within the standard of each facility, those of neighbouring districts with them; None as `access`,
    shape (places,)."""

    @property
    def id(self) -> str:
        """Name in results."""
        return self.service.standard.id

    @property
    def people(self) -> FloatArray:
        """People of the service's group at each point, shape (points,)."""
        return np.asarray(self.points["people"], dtype=np.float64)

    @property
    def reached(self) -> Bools:
        """True where residents have it within the standard, shape (demand,)."""
        return np.asarray(is_within(self.nth_min, self.service.standard.minutes), dtype=np.bool_)

    @property
    def served(self) -> Bools:
        """True where the group has it within the standard, shape (points,)."""
        return np.asarray(is_within(self.group_min, self.service.standard.minutes), dtype=np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class Services:
    """Access to all services of a study."""

    access: tuple[ServiceAccess, ...]
    """One a service, the study's own facilities first."""
    total: pd.DataFrame
    by_community: pd.DataFrame
    """`total`, `by_community`: One row a service (and community): service, people, people_served, people_share,
    people_full (within reach of what is full), people_unknown (no facility is known), mean_min (of those who
    reach one), capacity_per_1000 (2SFCA). NaN where not known."""
    demand: gpd.GeoDataFrame
    """The residents' points: missing (basic services beyond the standard), completeness (weighted share of the
    services within it, 0–1), sufficient (no basic service missing). Services not known are left out of all."""
    completeness_total: Mapping[str, float]
    completeness_by_community: pd.DataFrame
    """`completeness_total`, `completeness_by_community`: People, people_sufficient, sufficient_share,
    missing_mean, completeness; in total and by community."""
    fairness: pd.DataFrame
    """The same by group of people, with the Gini index of completeness."""
    notices: tuple[Notice, ...]
    """Facilities that reach no street."""


def completeness_index(reached: Sequence[Bools], weights: Sequence[float]) -> FloatArray:
    r"""Return the weighted share of the services within reach of each point, 0–1; NaN where none weighs anything.

    .. math:: C_i = \sum_s w_s [t_{is} \le T_s] / \sum_s w_s

    Examples
    --------
    >>> completeness_index([np.array([True, False]), np.array([True, True])], [3.0, 1.0]).tolist()
    [1.0, 0.25]
    """
    total = float(sum(weights))
    if not total > 0:
        return np.full(len(reached[0]) if reached else 0, np.nan)
    parts = (weight * one for one, weight in zip(reached, weights, strict=True))
    share: FloatArray = np.sum([*parts], axis=0) / total
    return share


def measure_services(
    services: Sequence[ServicePlaces],
    walker: Walker,
    demand: gpd.GeoDataFrame,
    groups: Sequence[GroupDemand],
    communities: Sequence[str],
    *,
    blocked_detour: float,
    neighbours: gpd.GeoDataFrame | None = None,
) -> Services:
    """Measure who reaches each service, and how complete what everybody reaches is.

    One search a service finds the nearest facility of every point; pairs are listed only where a second facility,
    or capacity, is asked for.

    Parameters
    ----------
    services
        Facilities and standards.
    walker
        Network and walk.
    demand
        The residents' points: id, people, community, geometry, perhaps columns people_<group>.
    groups
        Further groups that services may be for.
    communities
        Ids of the communities, in the order of the results.
    blocked_detour
        Detour above which a direction counts as blocked: a facility straight that near, and beyond the standard.
    neighbours
        Demand points of neighbouring districts, with the columns of `demand`: they share capacity, and count in no
        sum.

    Returns
    -------
    services
        The results; docs/method/services.md has the definitions.
    """
    points_of = {RESIDENTS: demand, **{group.settings.id: group.points for group in groups}}
    at_residents = {RESIDENTS, *(group.settings.id for group in groups if group.at_residents)}
    sharing = _sharing(neighbours, groups)
    access, notices = [], []
    for service in services:
        name = service.standard.group
        snaps = walker.snap(service.places) if service.is_known else None
        group = _Group(demand if name in at_residents else points_of[name], points_of[name], sharing.get(name))
        one = _measure(service, snaps, walker, demand, group, blocked_detour)
        access.append(one)
        if snaps is not None and not snaps.reaches_street.all():
            rows = tuple(service.places["id"][~snaps.reaches_street])
            values = {"service": service.standard.id, "access_m": f"{walker.access_m:g}"}
            notices.append(Notice("service_no_street", "services", rows, values=values))
    completed = _complete(demand, access)
    everyone = completed["people"].to_numpy(dtype=np.float64)
    tables = {id(one.points): one.points for one in access}
    parts = {key: part_of(points, communities) for key, points in tables.items()}
    return Services(
        access=tuple(access),
        total=pd.DataFrame([_total(one) for one in access]),
        by_community=pd.concat(
            [_by_community(one, parts[id(one.points)], communities) for one in access], ignore_index=True
        ),
        demand=completed,
        completeness_total=_completeness_of_all(completed, everyone),
        completeness_by_community=pd.DataFrame(
            {
                "community": list(communities),
                **_completeness(completed, everyone, part_of(completed, communities), len(communities)),
            }
        ),
        fairness=pd.DataFrame(_fairness(completed, groups)),
        notices=tuple(notices),
    )


class _Group(NamedTuple):
    """People that a service is meant for: `searched` are its `points`, or the residents' where it lives there."""

    searched: gpd.GeoDataFrame
    points: gpd.GeoDataFrame
    sharing: gpd.GeoDataFrame | None


def _sharing(neighbours: gpd.GeoDataFrame | None, groups: Sequence[GroupDemand]) -> dict[str, gpd.GeoDataFrame]:
    """Return the people of neighbouring districts by group, where their residents are counted by it."""
    if neighbours is None or not len(neighbours):
        return {}
    found = {RESIDENTS: neighbours["people"]}
    for one in (group.settings for group in groups if group.at_residents):
        if one.share is not None:
            found[one.id] = neighbours["people"] * one.share
        elif one.column in neighbours.columns:
            found[one.id] = pd.to_numeric(neighbours[one.column])
    return {
        name: gpd.GeoDataFrame({"people": people.fillna(0.0), "geometry": neighbours.geometry}, crs=neighbours.crs)
        for name, people in found.items()
    }


def _measure(
    service: ServicePlaces,
    snaps: SnappedPoints | None,
    walker: Walker,
    demand: gpd.GeoDataFrame,
    group: _Group,
    blocked_detour: float,
) -> ServiceAccess:
    searched, points, sharing = group
    standard, count = service.standard, service.standard.count
    if snaps is None:
        unknown, nobody = np.full(len(demand), np.nan), np.full(len(points), np.nan)
        lacks = np.full(len(points), "", dtype=object)
        none, zero = np.full(len(demand), -1), np.full(len(points), -1)
        return ServiceAccess(
            *(service, points, unknown, none, unknown, nobody, nobody, zero),
            *(np.zeros(len(points), np.int64), lacks, None),
        )
    counts = service.counts
    minutes, nearest, nth = _search(walker, service.places, counts, demand, standard.minutes, count)
    if searched is demand:
        first, group_nearest, group_min = minutes, nearest, nth
    else:
        first, group_nearest, group_min = _search(
            walker, service.places, counts, searched, standard.minutes, count
        )
    access, catchment, within = None, None, is_within(group_min, standard.minutes).astype(np.int64)
    supply = service.places["capacity"].to_numpy(dtype=np.float64)
    if count > 1 or np.isfinite(supply[counts]).any():
        both = [searched[["geometry"]], *([] if sharing is None else [sharing[["geometry"]]])]
        ends = walker.snap(gpd.GeoDataFrame(pd.concat(both, ignore_index=True), crs=searched.crs))
        times = walker.times(snaps, ends, within_min=standard.minutes).of_facilities(counts)
        within = times.count_within(standard.minutes)[: len(points)]
        if np.isfinite(supply[counts]).any():
            people = np.concatenate([one["people"] for one in (points, sharing) if one is not None])
            found = two_step_access(
                times, people.astype(np.float64), supply, zones_min=[standard.minutes], weights=[1.0]
            )
            access, catchment = found.access[: len(points)], found.people
    reason = np.full(len(points), "", dtype=object)
    served = is_within(group_min, standard.minutes)
    reason[~served] = NOTHING_NEAR
    beyond = np.flatnonzero(~served)
    near = straight_nth(service.places[counts], gpd.GeoDataFrame(points.iloc[beyond]), count) * blocked_detour
    reason[beyond[near <= walker.walk.metres(standard.minutes)]] = BLOCKED
    reason[~served & (within > 0)] = TOO_FEW
    if standard.per_1000 is not None and access is not None:
        reason[served & (access * PER_1000 < standard.per_1000 * (1 - 1e-9))] = FULL
    for status in (BELOW_STANDARD, CLOSED):
        more = counts | (service.places["status"] == status).to_numpy()
        if more.sum() > counts.sum():
            _, _, then = _search(walker, service.places, more, searched, standard.minutes, count)
            reason[~served & is_within(then, standard.minutes)] = status
    return ServiceAccess(
        *(service, points, minutes, nearest, nth, group_min, first, group_nearest, within, reason, access),
        catchment,
    )


def _search(
    walker: Walker,
    places: gpd.GeoDataFrame,
    chosen: Bools,
    points: gpd.GeoDataFrame,
    standard_min: float,
    count: int,
) -> tuple[FloatArray, IndexArray, FloatArray]:
    """Return minutes to the nearest chosen place, its position among all, and minutes to the n-th nearest."""
    if not chosen.any():
        nothing = np.full(len(points), np.inf)
        return nothing, np.full(len(points), -1), nothing
    rows = np.flatnonzero(chosen)
    starts, ends = walker.snap(gpd.GeoDataFrame(places.iloc[rows])), walker.snap(points)
    minutes, nearest = walker.nearest(starts, ends, within_min=walker.upper_bound_min)
    nearest = np.where(nearest >= 0, rows[nearest], -1)
    if count == 1:
        return minutes, nearest, minutes
    return minutes, nearest, nth_nearest(walker.times(starts, ends, within_min=standard_min * FARTHEST_NTH), count)


def _shares(access: ServiceAccess, part: NDArray[np.int64], count: int) -> dict[str, FloatArray]:
    """Return the figures of one service over each part of its points; points of part -1 are in none."""
    inside = part >= 0

    def total(values: FloatArray, chosen: Bools) -> FloatArray:
        rows = inside & chosen
        return np.bincount(part[rows], weights=values[rows], minlength=count).astype(np.float64)

    people, everywhere = access.people, np.ones(len(part), dtype=np.bool_)
    whole = total(people, everywhere)
    if not access.service.is_known:
        names = ("people_served", "people_share", "people_full", "mean_min", "capacity_per_1000")
        return {"people": whole, **{name: np.full(count, np.nan) for name in names}, "people_unknown": whole}
    served, reaching = total(people, access.served), np.isfinite(access.group_min)
    walked = total(people * np.where(reaching, access.group_min, 0.0), reaching)
    capacity = np.full(count, np.nan)
    if access.access is not None:
        known = np.isfinite(access.access)
        amount = total(people * np.where(known, access.access, 0.0), known)
        capacity = PER_1000 * _divided(amount, total(people, known))
    return {
        "people": whole,
        "people_served": served,
        "people_share": _divided(served, whole),
        "people_full": total(people, access.reason == FULL),
        "mean_min": _divided(walked, total(people, reaching)),
        "capacity_per_1000": capacity,
        "people_unknown": np.zeros(count),
    }


def _divided(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Return shares; NaN of nothing."""
    shares = np.full(len(whole), np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares


def part_of(points: gpd.GeoDataFrame, communities: Sequence[str]) -> NDArray[np.int64]:
    """Return the position of each point's community; -1 where it is none of them."""
    return pd.Index(list[object](communities)).get_indexer(points["community"]).astype(np.int64)


def _total(access: ServiceAccess) -> dict[str, object]:
    shares = _shares(access, np.zeros(len(access.points), dtype=np.int64), 1)
    return {"service": access.id, **{name: float(values[0]) for name, values in shares.items()}}


def _by_community(access: ServiceAccess, part: NDArray[np.int64], communities: Sequence[str]) -> pd.DataFrame:
    shares = _shares(access, part, len(communities))
    return pd.DataFrame({"community": list(communities), "service": access.id, **shares})


def _complete(demand: gpd.GeoDataFrame, access: Sequence[ServiceAccess]) -> gpd.GeoDataFrame:
    complete = [one for one in access if one.service.is_known]
    basic = [one.reached for one in complete if one.service.standard.basic]
    missing = np.sum([~reached for reached in basic], axis=0) if basic else np.zeros(len(demand), np.int64)
    return gpd.GeoDataFrame(
        demand.assign(
            missing=missing,
            completeness=completeness_index(
                [one.reached for one in complete], [one.service.standard.weight for one in complete]
            )
            if complete
            else np.nan,
            sufficient=missing == 0,
        )
    )


def _completeness(
    rows: gpd.GeoDataFrame, people: FloatArray, part: NDArray[np.int64], count: int
) -> dict[str, FloatArray]:
    """Return how complete the services within reach are, over each part of the points."""
    inside = part >= 0

    def total(values: FloatArray) -> FloatArray:
        summed = np.bincount(part[inside], weights=(people * values)[inside], minlength=count)
        return summed.astype(np.float64)

    whole = total(np.ones(len(part)))
    sufficient = total(rows["sufficient"].to_numpy(dtype=np.float64))
    return {
        "people": whole,
        "people_sufficient": sufficient,
        "sufficient_share": _divided(sufficient, whole),
        "missing_mean": _divided(total(rows["missing"].to_numpy(dtype=np.float64)), whole),
        "completeness": _divided(total(rows["completeness"].to_numpy(dtype=np.float64)), whole),
    }


def _completeness_of_all(rows: gpd.GeoDataFrame, people: FloatArray) -> dict[str, float]:
    figures = _completeness(rows, people, np.zeros(len(rows), dtype=np.int64), 1)
    return {name: float(values[0]) for name, values in figures.items()}


def _fairness(rows: gpd.GeoDataFrame, groups: Sequence[GroupDemand]) -> list[dict[str, object]]:
    counted = {group.settings.column for group in groups if group.at_residents}
    named = {
        **{name: people for name, people in groups_of(rows) if name not in counted},
        **{group.settings.id: group.points["people"].to_numpy() for group in groups if group.at_residents},
    }
    completeness = rows["completeness"].to_numpy(dtype=np.float64)
    return [
        {"group": name, **_completeness_of_all(rows, people), "completeness_gini": gini(completeness, people)}
        for name, people in named.items()
    ]
