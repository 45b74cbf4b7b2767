"""Measures of each centre: what rules speak of, and why a measure is not known where it is not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.accessibility.access_data import PREMISES, AccessData, serves_other_community
from planner.accessibility.branches import is_branch, together
from planner.accessibility.two_step_fca import two_step_access
from planner.evaluation.circuity import Detour, detours
from planner.evaluation.expressions import IndicatorValues, Interval
from planner.evaluation.indicators import at_limit
from planner.evaluation.rules import Function, RuleSet
from planner.network.travel_times import TravelTimes
from planner.network.walk import FloatArray, is_within
from planner.schemas.tables import YES, Facilities

BETWEEN_WORDS = re.compile(r"[,，、;；|/\n]+")
"""What stands between the functions in one cell of a table."""


PER_FLOOR_AREA = ("activity_share", "people_per_m2", "m2_per_person_2sfca", "m2_per_person_e2sfca")
"""Measures that follow from the floor area and others."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One measure of every centre.

    Attributes
    ----------
    low, high
        Between what it lies; equal where it is known, shape (facilities,).
    reason
        Why it is not known (`words.unknown_<reason>`), "" where it is, shape (facilities,).
    """

    low: FloatArray
    high: FloatArray
    reason: NDArray[np.object_]

    @property
    def value(self) -> FloatArray:
        """Return the measure where it is known, else NaN."""
        return np.where(self.low == self.high, self.low, np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The measures of every centre, in the order of the facilities.

    Attributes
    ----------
    columns
        Each measure by name.
    functions
        What each centre offers, by the ids of the profile; None where not known.
    directions
        The detours of every centre.
    access, access_weighted
        m² for each person at each demand point (2SFCA, E2SFCA); None without catchments.
    """

    columns: Mapping[str, Column]
    functions: tuple[frozenset[str] | None, ...]
    directions: tuple[Detour, ...]
    access: FloatArray | None
    access_weighted: FloatArray | None

    def values(self, position: int) -> IndicatorValues:
        """Return what is known of one centre."""
        numbers = {
            name: Interval(float(column.low[position]), float(column.high[position]))
            for name, column in self.columns.items()
        }
        return IndicatorValues(numbers, self.functions[position])

    def table(self, index: pd.Index) -> pd.DataFrame:
        """Return the measures as a table, one row a centre; NaN is not known."""
        return pd.DataFrame({name: column.value for name, column in self.columns.items()}, index=index)

    def unknown(self, ids: Sequence[str]) -> pd.DataFrame:
        """Return what is not known and why, one row each: facility, measure, reason, at_least."""
        rows = [
            (ids[position], name, column.reason[position], max(column.low[position], 0.0))
            for name, column in self.columns.items()
            for position in np.flatnonzero(column.reason != "").tolist()
        ]
        table = pd.DataFrame(rows, columns=["facility", "measure", "reason", "at_least"])
        order = {facility: position for position, facility in enumerate(ids)}
        return table.sort_values("facility", key=lambda of: of.map(order), kind="stable", ignore_index=True)


def compute_indicators(access: AccessData, rule_set: RuleSet, *, limits_min: Sequence[float]) -> Measured:
    """Measure what rules may speak of, for every centre.

    docs/method/ defines each measure. people, households and what is counted over one's own community are for
    premises only; catchments and blocked directions are measured where the profile says how.

    Parameters
    ----------
    situation
        The tables and the walks.
    profile
        For the functions it knows, its catchments, and from when a direction is blocked.
    limits_min
        The limits, minutes, within which to measure.
    """
    facilities = access.facilities
    functions = [_functions(cell, rule_set.functions) for cell in facilities["functions"]]
    columns = _areas(facilities)
    columns["open_hours_week"] = known_or(facilities["open_hours_week"].to_numpy(dtype=np.float64), "not_given")
    columns |= {name: _flag(facilities[name]) for name in ("step_free", "newly_built")}
    columns |= completeness(list(facilities["tier"]), functions, rule_set.functions)
    columns |= of_own_community(access, limits_min)
    columns |= of_reach(access, limits_min)
    directions = tuple(detours(access))
    columns |= of_directions(access, directions, rule_set)
    catchments, per_person = of_catchments(access, rule_set)
    columns |= catchments
    columns |= per_floor_area({name: column.value for name, column in columns.items()})
    return Measured(columns, tuple(functions), directions, *per_person)


def measure_with_branches(
    access: AccessData, rule_set: RuleSet, *, limits_min: Sequence[float]
) -> dict[str, Column]:
    """Measure only what depends on a centre and its branches, and on no other centre.

    The other measures either stay without a branch or depend on the other centres as well.
    """
    facilities, times = access.facilities, access.served_times()
    columns = _areas(facilities)
    for limit in limits_min:
        columns |= _people_within(times, access.people, limit)
    columns |= of_catchments(access, rule_set)[0]
    # How many people are nearest to a centre depends on the others.
    values = {name: column.value for name, column in columns.items()}
    ratios = per_floor_area({**values, "people_nearest": np.full(len(facilities), np.nan)})
    return columns | {name: column for name, column in ratios.items() if name != "people_per_m2"}


def _areas(facilities: Facilities) -> dict[str, Column]:
    return {
        name: known_or(together(facilities[name].to_numpy(dtype=np.float64), facilities), "not_given")
        for name in ("floor_area_m2", "activity_area_m2")
    }


def known_or(values: FloatArray, reason: str, *others: tuple[str, NDArray[np.bool_]]) -> Column:
    """Return a column in which NaN is not known, for the first of the other reasons that holds, else `reason`."""
    reasons = np.where(np.isnan(values), reason, "").astype(object)
    for other, holds in reversed(others):
        reasons[holds & np.isnan(values)] = other
    unknown = np.isnan(values)
    return Column(np.where(unknown, -np.inf, values), np.where(unknown, np.inf, values), reasons)


def per_floor_area(values: Mapping[str, FloatArray]) -> dict[str, Column]:
    """Return the measures that follow from the floor area and others, each an array or all of one length."""
    floor_m2, activity_m2 = values["floor_area_m2"], values["activity_area_m2"]
    nobody = "nobody_in_catchment"
    return {
        "activity_share": known_or(_divided(activity_m2, floor_m2), "not_given"),
        "people_per_m2": known_or(_divided(values["people_nearest"], floor_m2), "not_given"),
        "m2_per_person_2sfca": _shared_out(floor_m2, values["catchment_people"], nobody),
        "m2_per_person_e2sfca": _shared_out(floor_m2, values["catchment_people_weighted"], nobody),
    }


def _shared_out(floor_m2: FloatArray, people: FloatArray, nobody: str) -> Column:
    return known_or(
        _divided(floor_m2, people), "not_given", ("no_catchment", np.isnan(people)), (nobody, people == 0)
    )


def _functions(cell: str, known: Sequence[Function]) -> frozenset[str] | None:
    """Return the functions that a cell lists, by id; None where it is empty. Unknown words are passed over."""
    words = {_plain(word) for word in BETWEEN_WORDS.split(cell)} - {""}
    if not words:
        return None
    return frozenset(
        one.id for one in known if words & {_plain(name) for name in (one.id, one.en, one.zh, *one.names)}
    )


def unread_functions(cell: str, known: Sequence[Function]) -> list[str]:
    """Return the words of a cell that name no function of a profile, be it another function or a slip.

    Examples
    --------
    >>> library = Function(id="library", en="Library", zh="图书室", clause="-", evidence="own")
    >>> unread_functions("Library、 Libary", [library]), unread_functions("anything", [])
    (['Libary'], [])
    """
    names = {_plain(name) for one in known for name in (one.id, one.en, one.zh, *one.names)}
    words = [word.strip() for word in BETWEEN_WORDS.split(cell) if word.strip()]
    return [word for word in words if known and _plain(word) not in names]


def _plain(word: str) -> str:
    return unicodedata.normalize("NFKC", word).strip().casefold()


def _flag(values: pd.Series) -> Column:
    yes = values.isin(YES).to_numpy().astype(np.float64)
    return known_or(np.where(values == "", np.nan, yes), "not_given")


def completeness(
    tiers: Sequence[str], functions: Sequence[frozenset[str] | None], known: Sequence[Function]
) -> dict[str, Column]:
    """Return how much of the list required for its tier each centre offers."""
    required = {tier: {one.id for one in known if tier in one.tiers} for tier in set(tiers)}
    asked = np.array([len(required[tier]) for tier in tiers], dtype=np.float64)
    missing = np.array(
        [
            np.nan if offered is None else float(len(required[tier] - offered))
            for tier, offered in zip(tiers, functions, strict=True)
        ]
    )
    missing[asked == 0] = np.nan
    none = ("no_functions_required", asked == 0)
    return {
        "functions_missing": known_or(missing, "not_given", none),
        "functions_share": known_or(_divided(asked - missing, asked), "not_given", none),
    }


def of_own_community(access: AccessData, limits_min: Sequence[float]) -> dict[str, Column]:
    """Compute the indicators of the residents of the community that each facility serves as premises."""
    facilities, people = access.facilities, access.people
    serves = facilities["community"].to_numpy(dtype=object)
    is_premises = access.is_premises
    other = ("not_premises", ~is_premises)
    homeless = ("no_community", (serves == "") & is_premises)
    home, ids = pd.factorize(access.demand["community"].to_numpy(dtype=object))
    # Behind the communities with demand points stands the one that has none.
    own_row = pd.Index(ids, dtype=object).get_indexer(serves)

    def of_own(values: FloatArray) -> FloatArray:
        summed = np.append(np.bincount(home, weights=values, minlength=len(ids)), np.nan)
        return np.where(is_premises, summed[own_row], np.nan)

    residents = of_own(people)
    homes = access.households.reindex(serves).to_numpy(dtype=np.float64)
    empty = ("no_people", ~(residents > 0))
    nearest, _ = access.times.nearest()
    own = access.own_minutes()
    near = is_within(nearest, access.standard_min)
    columns = {
        "people": known_or(residents, "no_people", other, homeless),
        "households": known_or(np.where(is_premises, homes, np.nan), "not_given", other, homeless),
        "people_65_uncovered": known_or(of_own(access.people_65 * ~near), "not_given", other, homeless),
        "covered_share": known_or(
            _divided(of_own(people * near), residents),
            "no_people",
            other,
            homeless,
            empty,
        ),
    }
    for limit in limits_min:
        covered = of_own(people * is_within(own, limit))
        share = _divided(covered, residents)
        columns[at_limit("own_covered_share", limit)] = known_or(share, "no_people", other, homeless, empty)
    return columns


def of_reach(access: AccessData, limits_min: Sequence[float]) -> dict[str, Column]:
    """Measure whom and what a centre reaches."""
    times, people = access.served_times(), access.people
    count = len(access.facilities)

    def of_pairs(chosen: NDArray[np.bool_]) -> FloatArray:
        rows, heads = times.facility[chosen], people[times.demand[chosen]]
        return np.bincount(rows, weights=heads, minlength=count).astype(np.float64)

    inside = is_within(times.minutes, access.standard_min)
    twice = times.count_within(access.standard_min) > 1
    within = of_pairs(inside)
    columns = {
        "people_nearest": known_or(_people_nearest(access), ""),
        "overlap_share": known_or(_divided(of_pairs(inside & twice[times.demand]), within), "nobody_within"),
        "next_centre_min": _next_centre(access),
    }
    for limit in limits_min:
        columns |= _people_within(times, people, limit)
        columns[at_limit("area_ratio", limit)] = known_or(_area_ratio(access, limit), "limit_not_drawn")
    return columns


def _people_within(times: TravelTimes, people: FloatArray, limit: float) -> dict[str, Column]:
    inside = is_within(times.minutes, limit)
    weights = people[times.demand[inside]]
    within = np.bincount(times.facility[inside], weights=weights, minlength=times.n_facilities)
    return {at_limit("people_within", limit): known_or(within.astype(np.float64), "")}


def _area_ratio(access: AccessData, limit_min: float) -> FloatArray:
    if access.areas is None or limit_min not in access.limits_min:
        return np.full(len(access.facilities), np.nan)
    areas = access.areas[:, list(access.limits_min).index(limit_min)]
    ratio: FloatArray = shapely.area(areas) / (np.pi * access.walk.metres(limit_min) ** 2)
    return ratio


def _next_centre(access: AccessData) -> Column:
    """Measure the walk to the nearest other centre; beyond the horizon it is known to be longer than that."""
    count = len(access.facilities)
    if access.between is None:
        return known_or(np.full(count, np.nan), "not_measured")
    between = access.between
    branch = is_branch(access.facilities)
    other = (between.facility != between.demand) & ~branch[between.facility] & ~branch[between.demand]
    minutes = np.full(count, np.inf)
    np.minimum.at(minutes, between.facility[other], between.minutes[other])
    beyond = np.isinf(minutes)
    low = np.where(beyond, between.horizon_min, minutes)
    return Column(low, minutes, np.where(beyond, "beyond_horizon", "").astype(object))


def _people_nearest(access: AccessData) -> FloatArray:
    """Count the people whose nearest centre of its kind (premises together, else by tier) each is.

    Of several as near people take their own community's: two may share a house.
    """
    facilities, people, times = access.facilities, access.people, access.served_times()
    kind = facilities["tier"].where(~facilities["tier"].isin(PREMISES), "premises")
    number = pd.factorize(kind)[0][times.facility]
    others = serves_other_community(times, access.demand, facilities)
    order = np.lexsort((times.facility, others, times.minutes, times.demand, number))
    of_each = np.column_stack([number[order], times.demand[order]])
    first = order[np.concatenate([[True], (of_each[1:] != of_each[:-1]).any(axis=1)])[: len(order)]]
    weights = people[times.demand[first]]
    return np.bincount(times.facility[first], weights=weights, minlength=len(facilities)).astype(np.float64)


def of_directions(access: AccessData, directions: Sequence[Detour], rule_set: RuleSet) -> dict[str, Column]:
    """Measure how far people are led round on the way to a centre, over all and by direction."""
    count = len(access.facilities)
    overall = _spans(count)
    worst, blocked = _spans(count), _spans(count)
    for one in directions:
        at = one.facility
        if not one.direction:
            overall[:, at] = one.ratio.low, one.ratio.high
            blocked[:, at] = 0.0
            worst[:, at] = 1.0
    for one in directions:
        if one.direction:
            worst[:, one.facility] = np.maximum(worst[:, one.facility], (one.ratio.low, one.ratio.high))
            if rule_set.blocked is not None:
                is_blocked = one.blocked(rule_set.blocked.detour)
                blocked[:, one.facility] += (is_blocked is True, is_blocked is not False)
    columns = {"detour": _column_of(overall), "detour_worst": _column_of(worst)}
    if rule_set.blocked is None:
        return columns | {"blocked_directions": known_or(np.full(count, np.nan), "no_threshold")}
    return columns | {"blocked_directions": _column_of(blocked)}


def _spans(count: int) -> FloatArray:
    """Return what is known of nothing yet, shape (2, facilities)."""
    return np.repeat([[-np.inf], [np.inf]], count, axis=1)


def _column_of(spans: FloatArray) -> Column:
    low, high = spans
    reason = np.where(low == high, "", np.where(np.isinf(low), "nobody_in_disc", "beyond_horizon")).astype(object)
    return Column(low, high, reason)


def of_catchments(
    access: AccessData, rule_set: RuleSet
) -> tuple[dict[str, Column], tuple[FloatArray | None, FloatArray | None]]:
    """Measure the people in each catchment, and what they find there; the m² each follows from the floor area."""
    names = ("catchment_people", "catchment_people_weighted")
    if rule_set.catchment is None:
        unknown = np.full(len(access.facilities), np.nan)
        return {name: known_or(unknown, "no_catchment") for name in names}, (None, None)
    zones, weights = rule_set.catchment.zones_min, rule_set.catchment.weights
    floor_m2 = together(access.facilities["floor_area_m2"].to_numpy(dtype=np.float64), access.facilities)
    times = access.served_times()
    plain, weighted = (
        two_step_access(times, access.people, floor_m2, zones_min=ends, weights=of_each)
        for ends, of_each in ((zones[-1:], (1.0,)), (zones, weights))
    )
    columns = {name: known_or(one.people, "") for name, one in zip(names, (plain, weighted), strict=True)}
    return columns, (plain.access, weighted.access)


def _divided(part: FloatArray, whole: FloatArray) -> FloatArray:
    shares = np.full(np.broadcast(part, whole).shape, np.nan)
    return np.asarray(np.divide(part, whole, out=shares, where=whole > 0), dtype=np.float64)
