"""The registry of indicators: what rules may name, its unit, what it depends on, and how it is computed.

docs/extending.md shows how to add one; docs/method/ defines each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely

from planner.accessibility.coverage import is_branch
from planner.evaluation.indicator_data import IndicatorData
from planner.evaluation.intervals import (
    YES_NO,
    IndicatorColumn,
    IndicatorRef,
    Interval,
    divide,
    known_or,
)
from planner.network.walk import FloatArray, is_within
from planner.schemas.tables import YES

Kind = Literal["number", "share", "flag", "list"]
Dependency = Literal["given", "floor", "functions", "residents", "walks", "branches", "open_set", "areas"]
"""The facilities table; of it, floor area or functions; the people of a community; walks; the facility's own
branches; which other facilities are open; service areas (expensive to draw)."""

RuleTable = Literal["blocked", "catchment", "functions"]
RULE_TABLES: Mapping[RuleTable, str] = {
    "blocked": "[blocked]",
    "catchment": "[catchment]",
    "functions": "[[functions]]",
}
"""Tables of a rule file that some indicators need, as an error message writes them."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator of a facility."""

    name: str
    """As rules write it, without a limit; its title is `measures.<name>` in the catalogue."""
    unit: str
    """A name in `UNITS`."""
    meaning: str
    """Definition, for docs/data.md."""
    depends: frozenset[Dependency]
    """What it depends on; of one derived from others, what they do."""
    compute: Callable[[IndicatorData], IndicatorColumn] | None = None
    compute_within: Callable[[IndicatorData, float], IndicatorColumn] | None = None
    derive: Callable[..., IndicatorColumn] | None = None
    """`compute`, `compute_within`, `derive`: How it is computed: from the study; the same within a limit, minutes;
    or from the values of `inputs`, in their order. Exactly one, except of the list of functions, which has
    none."""
    inputs: tuple[str, ...] = ()
    """The indicators it is derived from."""
    rule_table: RuleTable | None = None
    """Table of a rule file without which it is not known."""
    js: str | None = None
    """How the map's what-if page computes it for any open set: a value of the page's script (`valuesOf` in
    map/js/ratings.js), or a quotient of such a value and an indicator. None where `depends` has "open_set": the
    page cannot follow it."""

    @property
    def by_limit(self) -> bool:
        """Return True if rules name it within a limit, as ``people_within_15min``."""
        return self.compute_within is not None

    @property
    def kind(self) -> Kind:
        """Return whether it is a number, a share of 0 to 1, a flag, or a list of words."""
        if self.compute is None and self.compute_within is None and self.derive is None:
            return "list"
        return "share" if self.unit == "share" else "flag" if self.unit == YES_NO else "number"

    @property
    def column(self) -> str:
        """Return its name in tables, ``<limit>`` for any limit."""
        return f"{self.name}_<limit>min" if self.by_limit else self.name


def _flag(data: IndicatorData, name: str) -> IndicatorColumn:
    values = data.access.facilities[name]
    yes = values.isin(YES).to_numpy().astype(np.float64)
    return known_or(np.where(values == "", np.nan, yes), "not_given")


def _households(data: IndicatorData) -> IndicatorColumn:
    communities = data.access.facilities["community"].to_numpy(dtype=object)
    households = data.access.households.reindex(communities).to_numpy(dtype=np.float64)
    return known_or(np.where(data.is_premises, households, np.nan), "not_given", *data.not_of_residents)


def _people_65_uncovered(data: IndicatorData) -> IndicatorColumn:
    beyond = data.sum_over_residents(data.access.people_65 * ~data.is_covered)
    return known_or(beyond, "not_given", *data.not_of_residents)


def _overlap_share(data: IndicatorData) -> IndicatorColumn:
    standard_min = data.access.standard_min
    inside = is_within(data.served.minutes, standard_min)
    twice = data.served.count_within(standard_min) > 1
    overlap = data.people_of_pairs(inside & twice[data.served.demand])
    return known_or(divide(overlap, data.people_of_pairs(inside)), "nobody_within")


def _next_centre_min(data: IndicatorData) -> IndicatorColumn:
    """Compute the walk to the nearest other facility; beyond the horizon only that bound is known."""
    between = data.access.between
    if between is None:
        return known_or(np.full(data.count, np.nan), "not_measured")
    branch = is_branch(data.access.facilities)
    other = (between.facility != between.demand) & ~branch[between.facility] & ~branch[between.demand]
    minutes = np.full(data.count, np.inf)
    np.minimum.at(minutes, between.facility[other], between.minutes[other])
    beyond = np.isinf(minutes)
    low = np.where(beyond, between.horizon_min, minutes)
    return IndicatorColumn(low, minutes, np.where(beyond, "beyond_horizon", "").astype(object))


def _area_ratio(data: IndicatorData, limit_min: float) -> IndicatorColumn:
    access = data.access
    if access.areas is None or limit_min not in access.limits_min:
        return known_or(np.full(data.count, np.nan), "limit_not_drawn")
    areas = access.areas[:, list(access.limits_min).index(limit_min)]
    ratio: FloatArray = shapely.area(areas) / (np.pi * access.walk.metres(limit_min) ** 2)
    return known_or(ratio, "limit_not_drawn")


def _detour(data: IndicatorData) -> IndicatorColumn:
    low, high = np.full(data.count, -np.inf), np.full(data.count, np.inf)
    for detour in data.detours:
        if not detour.direction:
            low[detour.facility], high[detour.facility] = detour.ratio.low, detour.ratio.high
    return _bounded_by_horizon(low, high)


def _detour_worst(data: IndicatorData) -> IndicatorColumn:
    low, high = np.full(data.count, -np.inf), np.full(data.count, np.inf)
    for detour in data.detours:
        at = detour.facility
        if not detour.direction:
            low[at] = high[at] = 1.0
        else:
            low[at], high[at] = max(low[at], detour.ratio.low), max(high[at], detour.ratio.high)
    return _bounded_by_horizon(low, high)


def _blocked_directions(data: IndicatorData) -> IndicatorColumn:
    blocked = data.rule_set.blocked
    if blocked is None:
        return known_or(np.full(data.count, np.nan), "no_threshold")
    low, high = np.full(data.count, -np.inf), np.full(data.count, np.inf)
    for detour in data.detours:
        at = detour.facility
        if not detour.direction:
            low[at] = high[at] = 0.0
        else:
            is_blocked = detour.is_blocked(blocked.detour)
            low[at], high[at] = low[at] + (is_blocked is True), high[at] + (is_blocked is not False)
    return _bounded_by_horizon(low, high)


def _bounded_by_horizon(low: FloatArray, high: FloatArray) -> IndicatorColumn:
    reason = np.where(low == high, "", np.where(np.isinf(low), "nobody_in_disc", "beyond_horizon"))
    return IndicatorColumn(low, high, reason.astype(object))


def _catchment_people(data: IndicatorData, which: int) -> IndicatorColumn:
    if data.catchments is None:
        return known_or(np.full(data.count, np.nan), "no_catchment")
    return known_or(data.catchments[which].people, "")


def _floor_per_person(floor_m2: FloatArray, people: FloatArray) -> IndicatorColumn:
    unknown = ("no_catchment", np.isnan(people)), ("nobody_in_catchment", people == 0)
    return known_or(divide(floor_m2, people), "not_given", *unknown)


_GIVEN: frozenset[Dependency] = frozenset({"given"})
_FLOOR: frozenset[Dependency] = frozenset({"given", "floor", "branches"})
_FUNCTIONS: frozenset[Dependency] = frozenset({"given", "functions"})
_RESIDENTS: frozenset[Dependency] = frozenset({"residents"})
_WALKS: frozenset[Dependency] = frozenset({"walks"})
_SERVED: frozenset[Dependency] = frozenset({"walks", "branches"})
_CHOICE: frozenset[Dependency] = frozenset({"walks", "open_set"})

INDICATORS: Mapping[str, Indicator] = {
    one.name: one
    for one in (
        Indicator(
            "floor_area_m2",
            "m2",
            "floor area, m²",
            _FLOOR,
            compute=lambda data: known_or(data.total_with_branches("floor_area_m2"), "not_given"),
        ),
        Indicator(
            "activity_area_m2",
            "m2",
            "floor area for residents' activities, m²",
            _FLOOR,
            compute=lambda data: known_or(data.total_with_branches("activity_area_m2"), "not_given"),
        ),
        Indicator(
            "open_hours_week",
            "hours_per_week",
            "hours open in a week",
            _GIVEN,
            compute=lambda data: known_or(data.given("open_hours_week"), "not_given"),
        ),
        Indicator(
            "step_free",
            YES_NO,
            "whether it is entered without a step",
            _GIVEN,
            compute=lambda data: _flag(data, "step_free"),
        ),
        Indicator(
            "newly_built",
            YES_NO,
            "whether it counts as newly built",
            _GIVEN,
            compute=lambda data: _flag(data, "newly_built"),
        ),
        Indicator("functions", "count", "functions that it offers", _FUNCTIONS),
        Indicator(
            "functions_missing",
            "count",
            "how many of the functions required of its tier it lacks",
            _FUNCTIONS,
            compute=lambda data: data.completeness[0],
            rule_table="functions",
        ),
        Indicator(
            "functions_share",
            "share",
            "share of the functions required of its tier that it offers, 0–1",
            _FUNCTIONS,
            compute=lambda data: data.completeness[1],
            rule_table="functions",
        ),
        Indicator(
            "people",
            "people",
            "people of the community, premises of tier community or village only",
            _RESIDENTS,
            compute=lambda data: known_or(data.residents, "no_people", *data.not_of_residents),
        ),
        Indicator(
            "households",
            "households",
            "of the community: its own number, else the sum at its demand points; same premises only",
            _RESIDENTS,
            compute=_households,
        ),
        Indicator(
            "people_65_uncovered",
            "people",
            "residents of 65 and more of the community beyond the standard; premises only",
            _RESIDENTS | _CHOICE,
            compute=_people_65_uncovered,
            js="old",
        ),
        Indicator(
            "covered_share",
            "share",
            "share of the community's people within the standard of any centre, 0–1; premises only",
            _RESIDENTS | _CHOICE,
            compute=lambda data: data.share_of_residents(data.is_covered),
            js="covered",
        ),
        Indicator(
            "own_covered_share",
            "share",
            "share of the community's people within the limit of its own premises, 0–1",
            _RESIDENTS | _CHOICE,
            compute_within=lambda data, limit: data.share_of_residents(is_within(data.own_minutes, limit)),
            js="own",
        ),
        Indicator(
            "people_nearest",
            "people",
            "people whose nearest centre of its kind it is, within the horizon; see method/indicators.md",
            _CHOICE,
            compute=lambda data: known_or(data.people_nearest, ""),
            js="nearest",
        ),
        Indicator(
            "overlap_share",
            "share",
            "of the people within the standard of it, the share with another centre within it too, 0–1",
            _CHOICE,
            compute=_overlap_share,
            js="overlap",
        ),
        Indicator(
            "next_centre_min",
            "minutes",
            "minutes on foot to the nearest other centre; not known beyond the horizon",
            _CHOICE,
            compute=_next_centre_min,
        ),
        Indicator(
            "people_within",
            "people",
            "people within the limit of it",
            _SERVED,
            compute_within=lambda data, limit: known_or(
                data.people_of_pairs(is_within(data.served.minutes, limit)), ""
            ),
        ),
        Indicator(
            "area_ratio",
            "share",
            "service area ÷ straight-line disc of the same limit",
            frozenset({"walks", "areas"}),
            compute_within=_area_ratio,
        ),
        Indicator(
            "detour",
            "ratio",
            "walk ÷ straight line of the middle resident within the straight-line circle of the standard",
            _WALKS,
            compute=_detour,
        ),
        Indicator(
            "detour_worst",
            "ratio",
            "the same in the direction where it is largest",
            _WALKS,
            compute=_detour_worst,
        ),
        Indicator(
            "blocked_directions",
            "count",
            "of eight directions, those whose detour is above the profile's limit",
            _WALKS,
            compute=_blocked_directions,
            rule_table="blocked",
        ),
        Indicator(
            "catchment_people",
            "people",
            "people within the profile's catchment",
            _SERVED,
            compute=lambda data: _catchment_people(data, 0),
            rule_table="catchment",
        ),
        Indicator(
            "catchment_people_weighted",
            "people",
            "the same, weighted by zone",
            _SERVED,
            compute=lambda data: _catchment_people(data, 1),
            rule_table="catchment",
        ),
        Indicator(
            "activity_share",
            "share",
            "activity_area_m2 ÷ floor_area_m2, 0–1",
            _FLOOR,
            derive=lambda part, whole: known_or(divide(part, whole), "not_given"),
            inputs=("activity_area_m2", "floor_area_m2"),
        ),
        Indicator(
            "people_per_m2",
            "people_per_m2",
            "people_nearest ÷ floor_area_m2",
            _FLOOR | _CHOICE,
            derive=lambda part, whole: known_or(divide(part, whole), "not_given"),
            inputs=("people_nearest", "floor_area_m2"),
            js="nearest / floor_area_m2",
        ),
        Indicator(
            "m2_per_person_2sfca",
            "m2_per_person",
            "floor_area_m2 ÷ catchment_people",
            _FLOOR | _SERVED,
            derive=_floor_per_person,
            inputs=("floor_area_m2", "catchment_people"),
            rule_table="catchment",
        ),
        Indicator(
            "m2_per_person_e2sfca",
            "m2_per_person",
            "floor_area_m2 ÷ catchment_people_weighted",
            _FLOOR | _SERVED,
            derive=_floor_per_person,
            inputs=("floor_area_m2", "catchment_people_weighted"),
            rule_table="catchment",
        ),
    )
}
"""Every indicator by name, in the order in which tables list them; those derived from others come last."""


def find_indicator(ref: IndicatorRef) -> Indicator | None:
    """Return the indicator that a rule names, or None.

    Examples
    --------
    >>> find_indicator(IndicatorRef("own_covered_share", 12.0)).kind
    'share'
    >>> find_indicator(IndicatorRef("own_covered_share")) is find_indicator(IndicatorRef("height_m")) is None
    True
    """
    indicator = INDICATORS.get(ref.name)
    return indicator if indicator is not None and indicator.by_limit == (ref.limit_min is not None) else None


def indicators_depending_on(dependency: Dependency) -> frozenset[str]:
    """Return the names of the indicators that depend on something, directly or by derivation.

    Examples
    --------
    >>> sorted(indicators_depending_on("areas"))
    ['area_ratio']
    """
    return frozenset(indicator.name for indicator in INDICATORS.values() if dependency in indicator.depends)


def derive_indicators(numbers: Mapping[IndicatorRef, Interval]) -> dict[IndicatorRef, Interval]:
    """Return a facility's indicators with those derived from others computed again."""
    derived = dict(numbers)
    for indicator in INDICATORS.values():
        if indicator.derive is not None:
            inputs = (np.array([derived[IndicatorRef(name)].value]) for name in indicator.inputs)
            derived[IndicatorRef(indicator.name)] = indicator.derive(*inputs).at(0)
    return derived
