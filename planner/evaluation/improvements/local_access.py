"""Local subset of the study around one facility, for recomputing its indicators after an intervention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely

from planner.accessibility.access_data import AccessData
from planner.evaluation.improvements.actions import Point
from planner.evaluation.indicator_data import IndicatorData
from planner.evaluation.indicators import INDICATORS, derive_indicators, indicators_depending_on
from planner.evaluation.intervals import ANYTHING, IndicatorRef, IndicatorValues, Interval
from planner.evaluation.ratings import FacilityFacts, deciding_indicators
from planner.evaluation.rules import RuleSet
from planner.network.link_additions import LocalOD
from planner.network.positions import concatenate_snapped, select_snapped
from planner.network.snapping import SnappedPoints
from planner.network.travel_times import TravelTimes
from planner.network.walk import FloatArray, IndexArray, is_within
from planner.network.walker import Walker
from planner.schemas.tables import Facilities


@dataclass(frozen=True, slots=True, eq=False)
class LocalAccess:
    """A facility, the people within its reach or assigned to it, and the facilities within their reach.

    Attributes
    ----------
    access
        Of the whole study, with these people and facilities only.
    position
        The facility, among these.
    od
        The walks from these facilities to these people and, behind them, to one another.
    """

    access: AccessData
    position: int
    od: LocalOD

    @property
    def xy(self) -> tuple[float, float]:
        """Return the facility's position."""
        x, y = self.od.starts.xy[self.position].tolist()
        return x, y

    @property
    def community(self) -> str:
        """Return the community that it serves."""
        return str(self.access.facilities["community"].iloc[self.position])


def build_local_access(
    access: AccessData,
    position: int,
    walker: Walker,
    snaps: tuple[SnappedPoints, SnappedPoints],
    *,
    margin_m: float,
) -> LocalAccess:
    """Select what bears on the indicators of one facility.

    Parameters
    ----------
    access
        The whole study.
    position
        The facility.
    walker, snaps
        Network and walk, and the snapped facilities and people.
    margin_m
        How far from the facility or its community it may be moved, or have a branch, metres.
    """
    facilities, people = (one.xy for one in snaps)
    times = access.times
    community = access.facilities["community"].iloc[position]
    is_own = access.demand["community"] == community
    own = is_own.to_numpy() if community else np.zeros(len(people), dtype=np.bool_)
    least_cost_factor = min(float(walker.network.segment_cost_factor.min(initial=1.0)), 1.0)
    reach_m = walker.walk.metres(times.horizon_min) / least_cost_factor
    served = np.vstack([facilities[position][None, :], people[own]])
    chosen = np.flatnonzero(_near(people, served, reach_m + margin_m) | own)
    origins = people[chosen] if len(chosen) else served
    which = np.flatnonzero(_near(facilities, origins, reach_m))
    if position not in which:
        which = np.sort(np.append(which, position))
    starts = select_snapped(snaps[0], which)
    ends = concatenate_snapped(select_snapped(snaps[1], chosen), starts)
    minutes = walker.time_matrix(starts, ends, within_min=times.horizon_min)
    local = replace(
        access,
        facilities=Facilities(access.facilities.iloc[which].reset_index(drop=True)),
        demand=access.demand.iloc[chosen].reset_index(drop=True),
        areas=None,
    )
    od = LocalOD(starts, ends, minutes, walker, times.horizon_min)
    return LocalAccess(local, int(np.searchsorted(which, position)), od)


def recompute_indicators(
    local: LocalAccess,
    facts: FacilityFacts,
    rule_set: RuleSet,
    minutes: FloatArray,
    *,
    branch: FloatArray | None = None,
    place: Point | None = None,
) -> FacilityFacts:
    """Return a facility with the indicators that decide its rating recomputed for other walks.

    Service areas are not drawn again.

    Parameters
    ----------
    local
        The facility's local access.
    facts
        The facility as it is today.
    rule_set
        The rules.
    minutes
        Walks as in `LocalOD.minutes`; those beyond the horizon do not count.
    branch
        The walks from a branch of the facility, where it gets one.
    place
        Its position then, where it moves.
    """
    horizon_min, n_people = local.od.horizon_min, len(local.access.demand)
    direct = replace(local.access, times=_times(minutes[:, :n_people], horizon_min))
    if place is not None:
        direct = replace(direct, facilities=_moved(direct.facilities, local.position, place))
    access = replace(direct, between=_times(minutes[:, n_people:], horizon_min))
    if branch is not None:
        served = minutes[:, :n_people].copy()
        served[local.position] = np.minimum(served[local.position], branch[:n_people])
        access = replace(access, times=_times(served, horizon_min))
    data = IndicatorData(access, rule_set, direct, [local.position])
    numbers = dict(facts.values.numbers)
    for ref in _with_inputs(deciding_indicators(rule_set)):
        one = INDICATORS[ref.name]
        if ref not in numbers or "walks" not in one.depends or "areas" in one.depends:
            continue
        if one.compute is not None:
            numbers[ref] = one.compute(data).at(local.position)
        elif one.compute_within is not None and ref.limit_min is not None:
            numbers[ref] = one.compute_within(data, ref.limit_min).at(local.position)
    return replace(facts, values=IndicatorValues(derive_indicators(numbers), facts.values.functions))


def _with_inputs(refs: set[IndicatorRef]) -> set[IndicatorRef]:
    """Return indicators with those that they are derived from."""
    return refs | {IndicatorRef(name) for ref in refs for name in INDICATORS[ref.name].inputs}


def without_service_area(facts: FacilityFacts, *, at_least_today: bool) -> FacilityFacts:
    """Return a facility whose service area was not drawn again."""
    drawn = indicators_depending_on("areas")
    numbers = {
        ref: (Interval(one.low, np.inf) if at_least_today else ANYTHING) if ref.name in drawn else one
        for ref, one in facts.values.numbers.items()
    }
    return replace(facts, values=IndicatorValues(numbers, facts.values.functions))


def _moved(facilities: Facilities, position: int, place: Point) -> Facilities:
    shapes = np.array(facilities.geometry.array, dtype=object)
    shapes[position] = shapely.Point(place)
    return Facilities(gpd.GeoDataFrame(facilities.set_geometry(shapes, crs=facilities.crs)))


def nearest_first(xy: FloatArray, place: Sequence[float] | FloatArray) -> IndexArray:
    """Return positions by their distance from a place; of several as near the first."""
    return np.asarray(np.argsort(np.round(np.hypot(*(xy - np.array(place)).T), 6), kind="stable"), dtype=np.int64)


def _times(minutes: FloatArray, horizon_min: float) -> TravelTimes:
    facility, demand = np.nonzero(is_within(minutes, horizon_min))
    n_facilities, n_demand = minutes.shape
    return TravelTimes(facility, demand, minutes[facility, demand], n_facilities, n_demand, horizon_min)


def _near(xy: FloatArray, places: FloatArray, within_m: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which points lie within the rectangle around places, widened."""
    low, high = places.min(axis=0) - within_m, places.max(axis=0) + within_m
    return np.asarray(((xy >= low) & (xy <= high)).all(axis=1), dtype=np.bool_)
