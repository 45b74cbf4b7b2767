"""Local subset of the study around one facility, for recomputing its indicators after an intervention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely

from planner.accessibility.access_data import AccessData
from planner.accessibility.coverage import main_facility
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

FEW_POINTS = 2000
"""Of no more demand points, leaving out those that do not bear on a facility takes longer than keeping them."""


@dataclass(frozen=True, slots=True, eq=False)
class LocalAccess:
    """A facility, the people within its reach or assigned to it, and the facilities within their reach."""

    access: AccessData
    """Of the whole study, with these people and facilities only."""
    position: int
    """The facility, among these."""
    od: LocalOD
    """The walks from these facilities to these people and, behind them, to one another."""

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
    times = access.times
    which, chosen = around_facility(access, position, walker, snaps, margin_m=margin_m)
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


def around_facility(
    access: AccessData,
    position: int,
    walker: Walker,
    snaps: tuple[SnappedPoints, SnappedPoints],
    *,
    margin_m: float,
) -> tuple[IndexArray, IndexArray]:
    """Return the facilities and the demand points that bear on one facility, for `build_local_access`."""
    facilities, people = (snap.xy for snap in snaps)
    main = main_facility(access.facilities)
    community = access.facilities["community"].iloc[position]
    is_own = access.demand["community"] == community
    own = is_own.to_numpy() if community else np.zeros(len(people), dtype=np.bool_)
    least_cost_factor = min(float(walker.network.segment_cost_factor.min(initial=1.0)), 1.0)
    reach_m = walker.walk.metres(access.times.horizon_min) / least_cost_factor
    served = np.vstack([facilities[position][None, :], people[own]])
    chosen = np.flatnonzero(_near(people, served, reach_m + margin_m) | own)
    origins = people[chosen] if len(chosen) else served
    which = _with_mains(np.append(np.flatnonzero(_near(facilities, origins, reach_m)), position), main)
    return which, chosen


def in_place(local: LocalAccess) -> LocalAccess:
    """Return what still bears on a facility that keeps its place and gets no branch.

    These are its own people, those within reach of it or of a branch that it has, and the facilities within their
    reach: nobody else can come to walk to it, whatever link is built.
    """
    access, od, position = local.access, local.od, local.position
    n_people = len(access.demand)
    main = main_facility(access.facilities)
    least_cost_factor = min(float(od.walker.network.segment_cost_factor.min(initial=1.0)), 1.0)
    reach_m = od.walker.walk.metres(max(od.horizon_min, access.standard_min)) / least_cost_factor
    own = (access.demand["community"] == local.community).to_numpy() & (local.community != "")
    stands = od.starts.xy[main == position]
    chosen = np.flatnonzero(_near(od.ends.xy[:n_people], stands, reach_m) | own)
    near = np.flatnonzero(_near(od.starts.xy, np.vstack([od.ends.xy[chosen], stands]), reach_m))
    which = _with_mains(np.append(near, np.flatnonzero(main == position)), main)
    kept = np.concatenate([chosen, n_people + which])
    smaller = LocalOD(
        select_snapped(od.starts, which),
        select_snapped(od.ends, kept),
        od.minutes[np.ix_(which, kept)],
        od.walker,
        od.horizon_min,
    )
    tables = replace(
        access,
        facilities=Facilities(access.facilities.iloc[which].reset_index(drop=True)),
        demand=access.demand.iloc[chosen].reset_index(drop=True),
    )
    return LocalAccess(tables, int(np.searchsorted(which, position)), smaller)


def _with_mains(which: IndexArray, main: IndexArray) -> IndexArray:
    """Return facilities with those that they are branches of, in order."""
    return np.unique(np.concatenate([which, main[which]])).astype(np.int64)


def recompute_indicators(
    local: LocalAccess,
    facts: FacilityFacts,
    rule_set: RuleSet,
    minutes: FloatArray,
    *,
    own_row: FloatArray | None = None,
    branch: FloatArray | None = None,
    place: Point | None = None,
) -> FacilityFacts:
    """Return a facility with the indicators that decide its rating recomputed for other walks.

    Service areas are not drawn again. Demand points that neither belong to its community nor reach it do not bear
    on its indicators, and are left out.

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
    own_row
        The facility's own walks where they differ from those in `minutes`.
    branch
        The walks from a branch of the facility, where it gets one.
    place
        Its position then, where it moves.
    """
    position, horizon_min, n_people = local.position, local.od.horizon_min, len(local.access.demand)
    own_row = minutes[position] if own_row is None else own_row
    demand, chosen = local.access.demand, np.arange(n_people)
    if n_people > FEW_POINTS:
        chosen = _bearing_on(local, minutes, own_row, branch, place)
        demand = demand.iloc[chosen].reset_index(drop=True)
    walks, between = minutes[:, chosen], minutes[:, n_people:].copy()
    walks[position], between[position] = own_row[chosen], own_row[n_people:]
    direct = replace(local.access, demand=demand, times=_times(walks, horizon_min))
    if place is not None:
        direct = replace(direct, facilities=_moved(direct.facilities, position, place))
    access = replace(direct, between=_times(between, horizon_min))
    if branch is not None:
        walks[position] = np.minimum(walks[position], branch[chosen])
        access = replace(access, times=_times(walks, horizon_min))
    data = IndicatorData(access, rule_set, direct, [position])
    numbers = dict(facts.values.numbers)
    for ref in _with_inputs(deciding_indicators(rule_set)):
        one = INDICATORS[ref.name]
        if ref not in numbers or "walks" not in one.depends or "areas" in one.depends:
            continue
        if one.compute is not None:
            numbers[ref] = one.compute(data).at(position)
        elif one.compute_within is not None and ref.limit_min is not None:
            numbers[ref] = one.compute_within(data, ref.limit_min).at(position)
    return replace(facts, values=IndicatorValues(derive_indicators(numbers), facts.values.functions))


def _bearing_on(
    local: LocalAccess,
    minutes: FloatArray,
    own_row: FloatArray,
    branch: FloatArray | None,
    place: Point | None,
) -> IndexArray:
    """Return the demand points that bear on a facility: its own, those that reach it, those around it."""
    access, n_people = local.access, len(local.access.demand)
    together = main_facility(access.facilities) == local.position
    bears = np.isfinite(minutes[together, :n_people]).any(axis=0) | np.isfinite(own_row[:n_people])
    if branch is not None:
        bears |= np.isfinite(branch[:n_people])
    if local.community:
        bears |= (access.demand["community"] == local.community).to_numpy()
    stands = np.array([local.xy if place is None else place])
    bears |= _near(local.od.ends.xy[:n_people], stands, access.walk.metres(access.standard_min) + 1.0)
    return np.flatnonzero(bears)


def _with_inputs(refs: set[IndicatorRef]) -> set[IndicatorRef]:
    """Return indicators with those that they are derived from."""
    return refs | {IndicatorRef(name) for ref in refs for name in INDICATORS[ref.name].inputs}


def without_service_area(facts: FacilityFacts, *, at_least_today: bool) -> FacilityFacts:
    """Return a facility whose service area was not drawn again."""
    drawn = indicators_depending_on("areas")
    numbers = {
        ref: (Interval(number.low, np.inf) if at_least_today else ANYTHING) if ref.name in drawn else number
        for ref, number in facts.values.numbers.items()
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
