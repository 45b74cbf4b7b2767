"""One centre and all that bears on its measures, so that it can be measured again after a change, and quickly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely

from planner.accessibility.access_data import AccessData
from planner.evaluation.circuity import detours
from planner.evaluation.expressions import ANYTHING, IndicatorValues, Interval, indicator_names
from planner.evaluation.facility_indicators import Column, of_catchments, of_directions, of_own_community, of_reach
from planner.evaluation.improvements.actions import Place
from planner.evaluation.improvements.facility_actions import enlarged, intervals_of
from planner.evaluation.indicators import find_measure, limit_of
from planner.evaluation.rating_names import COMPLIANT, EXCELLENT
from planner.evaluation.ratings import FacilityFacts
from planner.evaluation.rules import RuleSet
from planner.network.link_additions import LocalOD
from planner.network.positions import concatenate_snapped, select_snapped
from planner.network.snapping import SnappedPoints
from planner.network.travel_times import TravelTimes
from planner.network.walk import FloatArray, IndexArray, is_within
from planner.network.walker import Walker
from planner.schemas.tables import Facilities

OWN = frozenset({"covered_share", "people_65_uncovered", "own_covered_share"})
REACH = frozenset({"people_nearest", "people_per_m2", "overlap_share", "next_centre_min", "people_within"})
DIRECTIONS = frozenset({"detour", "detour_worst", "blocked_directions"})
CATCHMENTS = frozenset(
    {"catchment_people", "catchment_people_weighted", "m2_per_person_2sfca", "m2_per_person_e2sfca"}
)
AREA_RATIO = "area_ratio"
WALKED = OWN | REACH | DIRECTIONS | CATCHMENTS | {AREA_RATIO}
"""The measures that depend on walks."""


@dataclass(frozen=True, slots=True, eq=False)
class LocalAccess:
    """A centre, the people whom it may reach or who are its own, and the facilities that these people may reach.

    Attributes
    ----------
    situation
        As the whole study has it, with these people and facilities only.
    centre
        The centre, by position among these facilities.
    walkers
        The walks from these facilities to these people and, behind them, to one another.
    """

    access: AccessData
    centre: int
    od: LocalOD

    @property
    def xy(self) -> tuple[float, float]:
        """Return where the centre stands."""
        x, y = self.od.starts.xy[self.centre].tolist()
        return x, y

    @property
    def home(self) -> str:
        """Return the community that it serves."""
        return str(self.access.facilities["community"].iloc[self.centre])


def build_local_access(
    access: AccessData,
    position: int,
    walker: Walker,
    snaps: tuple[SnappedPoints, SnappedPoints],
    *,
    margin_m: float,
) -> LocalAccess:
    """Return what bears on the measures of one centre.

    Parameters
    ----------
    situation
        The whole study.
    position
        The centre.
    walker, snaps
        Network and walk, and where facilities and people meet the streets.
    margin_m
        How far from the centre or its community it may come to stand, or to have a branch, metres.
    """
    facilities, people = (one.xy for one in snaps)
    times = access.times
    home = access.facilities["community"].iloc[position]
    own = (access.demand["community"] == home).to_numpy() if home else np.zeros(len(people), dtype=np.bool_)
    least_cost_factor = min(float(walker.network.segment_cost_factor.min(initial=1.0)), 1.0)
    reach_m = walker.walk.metres(times.horizon_min) / least_cost_factor
    here = np.vstack([facilities[position][None, :], people[own]])
    chosen = np.flatnonzero(_near(people, here, reach_m + margin_m) | own)
    there = people[chosen] if len(chosen) else here
    which = np.flatnonzero(_near(facilities, there, reach_m))
    if position not in which:
        which = np.sort(np.append(which, position))
    starts = select_snapped(snaps[0], which)
    ends = concatenate_snapped(select_snapped(snaps[1], chosen), starts)
    od = LocalOD(
        starts,
        ends,
        walker.time_matrix(starts, ends, within_min=times.horizon_min),
        walker,
        times.horizon_min,
    )
    local = replace(
        access,
        facilities=Facilities(access.facilities.iloc[which].reset_index(drop=True)),
        demand=access.demand.iloc[chosen].reset_index(drop=True),
        areas=None,
    )
    return LocalAccess(local, int(np.searchsorted(which, position)), od)


def recompute_indicators(
    around: LocalAccess,
    facts: FacilityFacts,
    rule_set: RuleSet,
    minutes: FloatArray,
    *,
    branch: FloatArray | None = None,
    place: Place | None = None,
) -> FacilityFacts:
    """Return the centre as it is once walks are others.

    Only measures are taken again that decide the verdict. A service area is not drawn again.

    Parameters
    ----------
    around
        The centre's surroundings.
    subject
        The centre as it is today.
    profile
        The rules.
    minutes
        Walks as `LocalOD.minutes` has them; what is beyond the horizon does not count.
    branch
        The walks from a branch of the centre, where it gets one.
    place
        Where the centre stands then, where it moves.
    """
    horizon_min, n_people = around.od.horizon_min, len(around.access.demand)
    alone = replace(around.access, times=_times(minutes[:, :n_people], horizon_min))
    if place is not None:
        alone = replace(alone, facilities=_moved(alone.facilities, around.centre, place))
    access = replace(alone, between=_times(minutes[:, n_people:], horizon_min))
    if branch is not None:
        served = minutes[:, :n_people].copy()
        served[around.centre] = np.minimum(served[around.centre], branch[:n_people])
        access = replace(access, times=_times(served, horizon_min))
    names = deciding_indicators(rule_set)
    stems = {measure.name for name in names if (measure := find_measure(name))}
    limits = sorted({limit for name in names if (limit := limit_of(name)) is not None})
    columns: dict[str, Column] = {}
    if stems & OWN:
        columns |= of_own_community(access, limits)
    if stems & REACH:
        columns |= of_reach(access, limits)
    if stems & DIRECTIONS:
        columns |= of_directions(access, tuple(detours(alone, [around.centre])), rule_set)
    if stems & CATCHMENTS:
        columns |= of_catchments(access, rule_set)[0]
    spans = {
        name: span for name, span in intervals_of(columns, around.centre).items() if name in facts.values.numbers
    }
    numbers = {**facts.values.numbers, **{name: one for name, one in spans.items() if AREA_RATIO not in name}}
    return enlarged(replace(facts, values=IndicatorValues(numbers, facts.values.functions)), 0.0)


def without_area_ratio(facts: FacilityFacts, *, at_least_today: bool) -> FacilityFacts:
    """Return a centre whose service area was not drawn again."""
    numbers = {
        name: (Interval(span.low, np.inf) if at_least_today else ANYTHING) if name.startswith(AREA_RATIO) else span
        for name, span in facts.values.numbers.items()
    }
    return replace(facts, values=IndicatorValues(numbers, facts.values.functions))


def _moved(facilities: Facilities, position: int, place: Place) -> Facilities:
    shapes = np.array(facilities.geometry.array, dtype=object)
    shapes[position] = shapely.Point(place)
    return Facilities(gpd.GeoDataFrame(facilities.set_geometry(shapes, crs=facilities.crs)))


def deciding_indicators(rule_set: RuleSet) -> set[str]:
    """Return the measures that decide verdicts by a profile."""
    return {
        name
        for rule in rule_set.rules
        if rule.grade in (COMPLIANT, EXCELLENT)
        for name in indicator_names(rule.test)
    }


def nearest_first(xy: FloatArray, place: Sequence[float] | FloatArray) -> IndexArray:
    """Return positions by their distance from a place; of several as near the first."""
    return np.asarray(np.argsort(np.round(np.hypot(*(xy - np.array(place)).T), 6), kind="stable"), dtype=np.int64)


def _times(minutes: FloatArray, horizon_min: float) -> TravelTimes:
    facility, demand = np.nonzero(is_within(minutes, horizon_min))
    n_facilities, n_demand = minutes.shape
    return TravelTimes(facility, demand, minutes[facility, demand], n_facilities, n_demand, horizon_min)


def _near(xy: FloatArray, places: FloatArray, within_m: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell which points lie within the rectangle around places, widened."""
    low, high = places.min(axis=0) - within_m, places.max(axis=0) + within_m
    return np.asarray(((xy >= low) & (xy <= high)).all(axis=1), dtype=np.bool_)
