"""Changes of streets and places: a gate, a crossing, another place, a neighbour's rooms, a branch.

Each walks again: what it proposes for a centre is measured on the changed streets, or from the changed places, as
a run of the whole study would measure it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely

from planner.assessment.blocked_pairs import Layers, people_around, promising_pairs
from planner.assessment.branches import is_branch
from planner.assessment.centre_levers import enlarged, turning_points
from planner.assessment.changes import Change, Place
from planner.assessment.diagnosis import Diagnosis
from planner.assessment.measure_names import limit_of
from planner.assessment.measures import PER_FLOOR_AREA
from planner.assessment.rules import Profile
from planner.assessment.situation import Situation
from planner.assessment.surroundings import (
    WALKED,
    Surroundings,
    asked_names,
    look_around,
    measured_again,
    nearest_first,
    without_area_ratio,
)
from planner.assessment.verdicts import COMPLIANT, EXCELLENT, UNDETERMINED, WEAK, Subject, judge, verdict_of
from planner.study import Costs, Remedies
from planner.walking.gate_gaps import gates_in_gaps
from planner.walking.gates import Gate
from planner.walking.joins import dense, walks_through, with_crossing, with_gate
from planner.walking.network import WalkingNetwork
from planner.walking.snapping import Snaps, snap
from planner.walking.standing import Spots, node_spots, some_snaps, stand, street_spots
from planner.walking.walk import FloatArray, is_within

FLOOR = frozenset({"floor_area_m2", "activity_area_m2", *PER_FLOOR_AREA})
AREA_DIGITS = PLACE_DIGITS = 2
"""Places are rounded to the centimetre, as candidates are."""

RANK = {WEAK: 0, UNDETERMINED: 1, COMPLIANT: 2, EXCELLENT: 3, "": 3}


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Streets and places to try changes on.

    Attributes
    ----------
    situation
        The whole study.
    network
        The streets.
    snaps
        Where facilities and people meet them.
    spots, standing
        Positions along the streets, and the same as points from which walks begin.
    gates
        Closed gates that cut a street.
    wet
        Where no centre can stand.
    asked
        What is tried.
    """

    situation: Situation
    network: WalkingNetwork
    snaps: tuple[Snaps, Snaps]
    spots: Spots
    standing: Snaps
    gates: tuple[Gate, ...]
    wet: shapely.Geometry | None
    asked: Remedies


def lay_ground(
    situation: Situation,
    network: WalkingNetwork,
    snaps: tuple[Snaps, Snaps],
    layers: Layers,
    asked: Remedies,
) -> Ground:
    """Lay positions along the streets, and gather the gates."""
    spots = street_spots(network, asked.step_m)
    gates = *(gate for gate in network.gates if len(gate.nodes) > 1), *gates_in_gaps(network, layers.streets)
    wet = None if layers.water is None else shapely.union_all(layers.water.geometry.array)
    shapely.prepare([one for one in (wet, *situation.communities.geometry.array) if one is not None])
    return Ground(situation, network, snaps, spots, stand(spots, network), gates, wet, asked)


def place_levers(ground: Ground, diagnosis: Diagnosis, position: int, costs: Costs) -> tuple[PlaceLever, ...]:
    """Return the changes of streets and places for one centre."""
    around = look_around(
        ground.situation,
        position,
        ground.network,
        ground.snaps,
        margin_m=max(ground.asked.move_m, _farthest_neighbour_m(ground, position)),
    )
    kinds: tuple[type[PlaceLever], ...] = (GateLever, ShareLever, CrossingLever, StationLever, MoveLever)
    return tuple(kind(ground, around, diagnosis, costs) for kind in kinds)


@dataclass(slots=True, eq=False)
class PlaceLever:
    """A change of streets or places for one centre; what was measured once is kept."""

    ground: Ground
    around: Surroundings
    diagnosis: Diagnosis
    costs: Costs
    proposed: list[Change] | None = None
    known: dict[Change, Subject] = field(default_factory=dict)

    @property
    def least(self) -> tuple[str, float | None]:
        """Return its kind, and what a change of that kind costs at least."""
        raise NotImplementedError

    @property
    def touches(self) -> frozenset[str]:
        """Return the measures that it can change."""
        return WALKED

    def changes(self, subject: Subject, profile: Profile) -> Sequence[Change]:
        """Return the changes worth trying on a centre."""
        if self.proposed is None:
            self.proposed = list(self.propose(subject, profile))
        return self.proposed

    def after(self, subject: Subject, change: Change, profile: Profile) -> Subject:
        """Return the centre, as it is today but for this change."""
        if change not in self.known:
            self.known[change] = self.measure(subject, change, profile)
        return self.known[change]

    def propose(self, subject: Subject, profile: Profile) -> Sequence[Change]:
        """Return what to try."""
        raise NotImplementedError

    def measure(self, subject: Subject, change: Change, profile: Profile) -> Subject:
        """Return the centre as it is then."""
        raise NotImplementedError

    @property
    def own_people(self) -> FloatArray:
        """Return the people whom coverage is about, at each demand point: the community's own, else all."""
        situation, home = self.around.situation, self.around.home
        if not home or not situation.is_premises[self.around.centre]:
            return situation.people
        return np.where(situation.demand["community"] == home, situation.people, 0.0)

    def sites(self, profile: Profile, within_m: float) -> tuple[FloatArray, FloatArray]:
        """Return the positions in the centre's community that serve most of its people, and the walks from each.

        Of those not farther from the centre than `within_m`, the first `tried` by its people within the longest
        limit that decides, who are not within it today; of equal ones the nearest.
        """
        ground, around = self.ground, self.around
        place = np.array(around.xy)
        communities = ground.situation.communities
        home = communities.geometry.array[(communities["id"] == around.home).to_numpy()]
        spots = ground.spots.xy[np.hypot(*(ground.spots.xy - place).T) <= within_m]
        if len(home):
            west, south, east, north = home[0].bounds
            spots = spots[((spots >= [west, south]) & (spots <= [east, north])).all(axis=1)]
        spots = np.round(spots, PLACE_DIGITS)
        points = shapely.points(spots)
        may_stand = shapely.covers(home[0], points) if len(home) else np.ones(len(spots), dtype=np.bool_)
        if ground.wet is not None:
            may_stand &= ~shapely.intersects(ground.wet, points)
        spots = spots[may_stand]
        spots = spots[nearest_first(spots, place)]
        spots = spots[np.hypot(*(spots - place).T) > ground.asked.step_m / 2]
        walkers = around.walkers
        starts = snap(spots, ground.network, access_m=walkers.walk.access_m)
        minutes = dense(ground.network, starts, walkers.ends, walk=walkers.walk, horizon_min=walkers.horizon_min)
        limit_min = max(
            (limit for name in asked_names(profile) if (limit := limit_of(name)) is not None),
            default=ground.situation.standard_min,
        )
        people = self.own_people
        reached = is_within(minutes[:, : len(people)], limit_min)
        gained = reached @ people
        if self.keeps_place:
            gained = (reached & ~is_within(walkers.minutes[around.centre, : len(people)], limit_min)) @ people
        best = np.lexsort((np.arange(len(spots)), -gained))[: ground.asked.tried]
        return spots[best], minutes[best]

    @property
    def keeps_place(self) -> bool:
        """Return whether the centre stays where it is."""
        return True


class GateLever(PlaceLever):
    """Opening a closed gate."""

    __slots__ = ()

    @property
    def least(self) -> tuple[str, float | None]:
        """Return its kind, and what a change of that kind costs at least."""
        return "open_gate", self.costs.gate_open

    def propose(self, subject: Subject, profile: Profile) -> Sequence[Change]:
        """Return the gates nearest to the centre, within its longest walk."""
        del subject, profile
        gates, around = self.ground.gates, self.around
        if not gates:
            return []
        xy = np.array([gate.xy for gate in gates])
        reach_m = around.walkers.walk.metres(around.walkers.horizon_min)
        near = [
            gates[row]
            for row in nearest_first(xy, around.xy).tolist()
            if math.dist(gates[row].xy, around.xy) <= reach_m
        ]
        return [
            Change("open_gate", 1, self.costs.gate_open, place=gate.xy, about=gate.id, name=gate.name)
            for gate in near[: self.ground.asked.tried]
        ]

    def measure(self, subject: Subject, change: Change, profile: Profile) -> Subject:
        """Walk through the gate."""
        nodes = next(
            gate.nodes for gate in self.ground.gates if gate.id == change.about and gate.xy == change.place
        )
        network, walkers = self.ground.network, self.around.walkers
        minutes = with_gate(walks_through(network, stand(node_spots(network, nodes), network), walkers), walkers)
        return without_area_ratio(measured_again(self.around, subject, profile, minutes), at_least_today=True)


class CrossingLever(PlaceLever):
    """Building a crossing between two street positions close in the air and far on foot."""

    __slots__ = ("ends", "through")

    @property
    def least(self) -> tuple[str, float | None]:
        """Return its kind, and what a change of that kind costs at least."""
        return "build_crossing", self._cost(0.0)

    def propose(self, subject: Subject, profile: Profile) -> Sequence[Change]:
        """Return the pairs that bring the community's people nearer to the centre."""
        del subject, profile
        ground, around, asked = self.ground, self.around, self.ground.asked
        people_xy, people = around.walkers.ends.xy[: len(self.own_people)], self.own_people
        here = np.vstack([people_xy[people > 0], [around.xy]])
        low, high = here.min(axis=0) - asked.near_m, here.max(axis=0) + asked.near_m
        which = np.flatnonzero(((ground.spots.xy >= low) & (ground.spots.xy <= high)).all(axis=1))
        spots, walkers = ground.spots.rows(which), around.walkers
        start = some_snaps(walkers.starts, np.array([around.centre]))
        minutes = dense(
            ground.network, start, some_snaps(ground.standing, which), walk=walkers.walk, horizon_min=asked.far_min
        )[0]
        weight = people_around(spots.xy, people_xy, people, asked.near_m)
        found = promising_pairs(spots.xy, minutes, weight, walk=walkers.walk, asked=asked, most=asked.tried)
        both = np.concatenate([found.near, found.far])
        self.through = walks_through(ground.network, some_snaps(ground.standing, which[both]), walkers)
        self.ends: dict[Change, tuple[int, int]] = {}
        for number, (near, far, air_m) in enumerate(zip(found.near, found.far, found.air_m, strict=True)):
            ends = [_place(spots.xy[one]) for one in (near, far)]
            change = Change("build_crossing", float(air_m), self._cost(float(air_m)), place=ends[0], other=ends[1])
            self.ends[change] = number, number + len(found.near)
        return list(self.ends)

    def _cost(self, length_m: float) -> float | None:
        known = [self.costs.crossing, self.costs.crossing_per_m]
        if known == [None, None]:
            return None
        return (self.costs.crossing or 0.0) + (self.costs.crossing_per_m or 0.0) * length_m

    def measure(self, subject: Subject, change: Change, profile: Profile) -> Subject:
        """Walk over the crossing."""
        network, walkers = self.ground.network, self.around.walkers
        ends_xy = np.array([change.place, change.other])
        minutes = with_crossing(network, ends_xy, self.through.rows(self.ends[change]), walkers)
        return without_area_ratio(measured_again(self.around, subject, profile, minutes), at_least_today=True)


class MoveLever(PlaceLever):
    """Moving the centre to another street position in its community."""

    __slots__ = ("rows",)

    @property
    def least(self) -> tuple[str, float | None]:
        """Return its kind, and what a change of that kind costs at least."""
        return "move", self.costs.move

    @property
    def keeps_place(self) -> bool:
        """Return whether the centre stays where it is."""
        return False

    def propose(self, subject: Subject, profile: Profile) -> Sequence[Change]:
        """Return the positions from which most of its people are reached."""
        del subject
        spots, minutes = self.sites(profile, self.ground.asked.move_m)
        moves = [
            Change("move", math.dist(spot, self.around.xy), self.costs.move, place=_place(spot)) for spot in spots
        ]
        self.rows = dict(zip(moves, minutes, strict=True))
        return moves

    def measure(self, subject: Subject, change: Change, profile: Profile) -> Subject:
        """Walk from the new place."""
        around = self.around
        minutes = around.walkers.minutes.copy()
        minutes[around.centre] = self.rows[change]
        moved = measured_again(around, subject, profile, minutes, place=change.place)
        return without_area_ratio(moved, at_least_today=False)


class StationLever(PlaceLever):
    """Opening a branch at a street position in the centre's community."""

    __slots__ = ("rows",)

    @property
    def least(self) -> tuple[str, float | None]:
        """Return its kind, and what a change of that kind costs at least."""
        return "open_station", self.costs.station

    @property
    def touches(self) -> frozenset[str]:
        """Return the measures that it can change."""
        return WALKED | FLOOR

    def propose(self, subject: Subject, profile: Profile) -> Sequence[Change]:
        """Return the positions at which most of its people would be gained."""
        del subject
        spots, minutes = self.sites(profile, math.inf)
        floor_m2 = self.ground.asked.station_m2
        stations = [Change("open_station", floor_m2, self.costs.station, place=_place(spot)) for spot in spots]
        self.rows = dict(zip(stations, minutes, strict=True))
        return stations

    def measure(self, subject: Subject, change: Change, profile: Profile) -> Subject:
        """Walk to the centre or its branch."""
        around = self.around
        then = measured_again(around, subject, profile, around.walkers.minutes, branch=self.rows[change])
        return enlarged(then, change.amount)


class ShareLever(PlaceLever):
    """Sharing a neighbouring centre: some of its floor becomes a branch of this one."""

    __slots__ = ("walked",)

    @property
    def least(self) -> tuple[str, float | None]:
        """Return its kind, and what a change of that kind costs at least."""
        return "share", self.costs.share

    @property
    def touches(self) -> frozenset[str]:
        """Return the measures that it can change."""
        return WALKED | FLOOR

    def propose(self, subject: Subject, profile: Profile) -> Sequence[Change]:
        """Return what neighbours can spare: the least floor, and what would turn a comparison."""
        self.walked: dict[str, Subject] = {}
        shares = []
        for position in _neighbours(self.ground, _position(self.ground, self.around)):
            neighbour = self.diagnosis.subjects[position]
            walked = self._walked(subject, neighbour.id, profile)
            least = math.ceil(self.ground.asked.share_m2)
            most = int(_known(neighbour, "floor_area_m2"))

            def more(one: Subject, amount: float, least: int = least) -> Subject:
                return enlarged(one, least + amount)

            amounts = [
                least,
                *(least + more_m2 for more_m2 in turning_points(walked, profile, more, most=most - least)),
            ]
            place = _place(self.ground.snaps[0].xy[position])
            name = str(self.ground.situation.facilities["name"].iloc[position])
            shares += [
                Change("share", amount, self.costs.share, place=place, about=neighbour.id, name=name)
                for amount in amounts
                if _can_spare(neighbour, amount, profile)
            ]
        return shares

    def _walked(self, subject: Subject, neighbour: str, profile: Profile) -> Subject:
        if neighbour not in self.walked:
            around = self.around
            row = list(around.situation.facilities["id"]).index(neighbour)
            minutes = around.walkers.minutes
            self.walked[neighbour] = measured_again(around, subject, profile, minutes, branch=minutes[row])
        return self.walked[neighbour]

    def measure(self, subject: Subject, change: Change, profile: Profile) -> Subject:
        """Walk to the centre or its neighbour, whose floor is lent."""
        return enlarged(self._walked(subject, change.about, profile), change.amount)


def _neighbours(ground: Ground, position: int) -> list[int]:
    """Return the nearest other premises in the air, within the longest walk, whose floor area is known."""
    situation = ground.situation
    xy = ground.snaps[0].xy
    reach_m = situation.walk.metres(situation.times.horizon_min)
    floor_m2 = situation.facilities["floor_area_m2"].to_numpy(dtype=np.float64)
    may_lend = situation.is_premises & ~is_branch(situation.facilities) & ~np.isnan(floor_m2)
    near = [
        other
        for other in nearest_first(xy, xy[position]).tolist()
        if other != position and may_lend[other] and math.dist(xy[other], xy[position]) <= reach_m
    ]
    return near[: ground.asked.neighbours]


def _farthest_neighbour_m(ground: Ground, position: int) -> float:
    xy = ground.snaps[0].xy
    return max((math.dist(xy[other], xy[position]) for other in _neighbours(ground, position)), default=0.0)


def _can_spare(neighbour: Subject, floor_m2: float, profile: Profile) -> bool:
    """Tell whether a centre can give up floor and be judged no worse, with the people who use it today."""
    if (
        floor_m2 > _known(neighbour, "floor_area_m2")
        or floor_m2 > neighbour.facts.numbers["activity_area_m2"].high
    ):
        return False
    before = verdict_of(judge(neighbour, profile), profile)
    then = verdict_of(judge(enlarged(neighbour, -floor_m2), profile), profile)
    return before != WEAK and RANK[then] >= RANK[before]


def _position(ground: Ground, around: Surroundings) -> int:
    ids = list(ground.situation.facilities["id"])
    return ids.index(around.situation.facilities["id"].iloc[around.centre])


def _known(subject: Subject, name: str) -> float:
    value = subject.facts.numbers[name].value
    return 0.0 if math.isnan(value) else value


def _place(xy: FloatArray) -> Place:
    x, y = (float(one) for one in xy)
    return x, y
