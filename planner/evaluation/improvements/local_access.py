"""One centre and all that bears on its measures, so that it can be measured again after a change, and quickly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely

from planner.accessibility.access_data import Situation
from planner.evaluation.circuity import detours
from planner.evaluation.expressions import ANYTHING, Facts, Span, names_of
from planner.evaluation.facility_indicators import Column, of_catchments, of_directions, of_own_community, of_reach
from planner.evaluation.improvements.actions import Place
from planner.evaluation.improvements.facility_actions import enlarged, spans_of
from planner.evaluation.indicators import find_measure, limit_of
from planner.evaluation.rating_names import COMPLIANT, EXCELLENT
from planner.evaluation.ratings import Subject
from planner.evaluation.rules import Profile
from planner.network.link_additions import Walkers, dense
from planner.network.network import WalkingNetwork
from planner.network.positions import all_snaps, some_snaps
from planner.network.snapping import Snaps
from planner.network.travel_times import TravelTimes
from planner.network.walk import FloatArray, IndexArray, is_within
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
class Surroundings:
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

    situation: Situation
    centre: int
    walkers: Walkers

    @property
    def xy(self) -> tuple[float, float]:
        """Return where the centre stands."""
        x, y = self.walkers.starts.xy[self.centre].tolist()
        return x, y

    @property
    def home(self) -> str:
        """Return the community that it serves."""
        return str(self.situation.facilities["community"].iloc[self.centre])


def look_around(
    situation: Situation,
    position: int,
    network: WalkingNetwork,
    snaps: tuple[Snaps, Snaps],
    *,
    margin_m: float,
) -> Surroundings:
    """Return what bears on the measures of one centre.

    Parameters
    ----------
    situation
        The whole study.
    position
        The centre.
    network, snaps
        The streets, and where facilities and people meet them.
    margin_m
        How far from the centre or its community it may come to stand, or to have a branch, metres.
    """
    facilities, people = (one.xy for one in snaps)
    times, walk = situation.times, situation.walk
    home = situation.facilities["community"].iloc[position]
    own = (situation.demand["community"] == home).to_numpy() if home else np.zeros(len(people), dtype=np.bool_)
    least_level = min(float(network.segment_level.min(initial=1.0)), 1.0)
    reach_m = walk.metres(times.horizon_min) / least_level
    here = np.vstack([facilities[position][None, :], people[own]])
    chosen = np.flatnonzero(_near(people, here, reach_m + margin_m) | own)
    there = people[chosen] if len(chosen) else here
    which = np.flatnonzero(_near(facilities, there, reach_m))
    if position not in which:
        which = np.sort(np.append(which, position))
    starts = some_snaps(snaps[0], which)
    ends = all_snaps(some_snaps(snaps[1], chosen), starts)
    walkers = Walkers(
        starts,
        ends,
        dense(network, starts, ends, walk=walk, horizon_min=times.horizon_min),
        walk,
        times.horizon_min,
    )
    local = replace(
        situation,
        facilities=Facilities(situation.facilities.iloc[which].reset_index(drop=True)),
        demand=situation.demand.iloc[chosen].reset_index(drop=True),
        areas=None,
    )
    return Surroundings(local, int(np.searchsorted(which, position)), walkers)


def measured_again(
    around: Surroundings,
    subject: Subject,
    profile: Profile,
    minutes: FloatArray,
    *,
    branch: FloatArray | None = None,
    place: Place | None = None,
) -> Subject:
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
        Walks as `Walkers.minutes` has them; what is beyond the horizon does not count.
    branch
        The walks from a branch of the centre, where it gets one.
    place
        Where the centre stands then, where it moves.
    """
    horizon_min, n_people = around.walkers.horizon_min, len(around.situation.demand)
    alone = replace(around.situation, times=_times(minutes[:, :n_people], horizon_min))
    if place is not None:
        alone = replace(alone, facilities=_moved(alone.facilities, around.centre, place))
    situation = replace(alone, between=_times(minutes[:, n_people:], horizon_min))
    if branch is not None:
        served = minutes[:, :n_people].copy()
        served[around.centre] = np.minimum(served[around.centre], branch[:n_people])
        situation = replace(situation, times=_times(served, horizon_min))
    names = asked_names(profile)
    stems = {measure.name for name in names if (measure := find_measure(name))}
    limits = sorted({limit for name in names if (limit := limit_of(name)) is not None})
    columns: dict[str, Column] = {}
    if stems & OWN:
        columns |= of_own_community(situation, limits)
    if stems & REACH:
        columns |= of_reach(situation, limits)
    if stems & DIRECTIONS:
        columns |= of_directions(situation, tuple(detours(alone, [around.centre])), profile)
    if stems & CATCHMENTS:
        columns |= of_catchments(situation, profile)[0]
    spans = {
        name: span for name, span in spans_of(columns, around.centre).items() if name in subject.facts.numbers
    }
    numbers = {**subject.facts.numbers, **{name: one for name, one in spans.items() if AREA_RATIO not in name}}
    return enlarged(replace(subject, facts=Facts(numbers, subject.facts.functions)), 0.0)


def without_area_ratio(subject: Subject, *, at_least_today: bool) -> Subject:
    """Return a centre whose service area was not drawn again."""
    numbers = {
        name: (Span(span.low, np.inf) if at_least_today else ANYTHING) if name.startswith(AREA_RATIO) else span
        for name, span in subject.facts.numbers.items()
    }
    return replace(subject, facts=Facts(numbers, subject.facts.functions))


def _moved(facilities: Facilities, position: int, place: Place) -> Facilities:
    shapes = np.array(facilities.geometry.array, dtype=object)
    shapes[position] = shapely.Point(place)
    return Facilities(gpd.GeoDataFrame(facilities.set_geometry(shapes, crs=facilities.crs)))


def asked_names(profile: Profile) -> set[str]:
    """Return the measures that decide verdicts by a profile."""
    return {name for rule in profile.rules if rule.grade in (COMPLIANT, EXCELLENT) for name in names_of(rule.test)}


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
