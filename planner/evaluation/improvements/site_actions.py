"""Changes of places: moving a centre, opening a branch, sharing a neighbour's rooms."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from planner.accessibility.branches import is_branch
from planner.evaluation.facility_indicators import PER_FLOOR_AREA
from planner.evaluation.improvements.actions import Action
from planner.evaluation.improvements.context import InterventionContext, NetworkIntervention, place_of
from planner.evaluation.improvements.facility_actions import enlarged, turning_points
from planner.evaluation.improvements.local_access import (
    WALKED,
    LocalAccess,
    nearest_first,
    recompute_indicators,
    without_area_ratio,
)
from planner.evaluation.rating_names import COMPLIANT, EXCELLENT, UNDETERMINED, WEAK
from planner.evaluation.ratings import FacilityFacts, evaluate_rules, rating_of
from planner.evaluation.rules import RuleSet

FLOOR = frozenset({"floor_area_m2", "activity_area_m2", *PER_FLOOR_AREA})

RANK = {WEAK: 0, UNDETERMINED: 1, COMPLIANT: 2, EXCELLENT: 3, "": 3}


class MoveIntervention(NetworkIntervention):
    """Moving the centre to another street position in its community."""

    __slots__ = ("rows",)

    keeps_place = False

    @property
    def least(self) -> tuple[str, float | None]:
        """Return its kind, and what a change of that kind costs at least."""
        return "move", self.costs.move

    def propose(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return the positions from which most of its people are reached."""
        del facts
        spots, minutes = self.sites(rule_set, self.ground.asked.move_m)
        moves = [
            Action("move", math.dist(spot, self.around.xy), self.costs.move, place=place_of(spot))
            for spot in spots
        ]
        self.rows = dict(zip(moves, minutes, strict=True))
        return moves

    def measure(self, facts: FacilityFacts, change: Action, rule_set: RuleSet) -> FacilityFacts:
        """Walk from the new place."""
        around = self.around
        minutes = around.od.minutes.copy()
        minutes[around.centre] = self.rows[change]
        moved = recompute_indicators(around, facts, rule_set, minutes, place=change.place)
        return without_area_ratio(moved, at_least_today=False)


class StationIntervention(NetworkIntervention):
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

    def propose(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return the positions at which most of its people would be gained."""
        del facts
        spots, minutes = self.sites(rule_set, math.inf)
        floor_m2 = self.ground.asked.station_m2
        stations = [Action("open_station", floor_m2, self.costs.station, place=place_of(spot)) for spot in spots]
        self.rows = dict(zip(stations, minutes, strict=True))
        return stations

    def measure(self, facts: FacilityFacts, change: Action, rule_set: RuleSet) -> FacilityFacts:
        """Walk to the centre or its branch."""
        around = self.around
        then = recompute_indicators(around, facts, rule_set, around.od.minutes, branch=self.rows[change])
        return enlarged(then, change.amount)


class ShareIntervention(NetworkIntervention):
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

    def propose(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return what neighbours can spare: the least floor, and what would turn a comparison."""
        self.walked: dict[str, FacilityFacts] = {}
        shares = []
        for position in neighbours_of(self.ground, _position(self.ground, self.around)):
            neighbour = self.diagnosis.facts[position]
            walked = self._walked(facts, neighbour.id, rule_set)
            least = math.ceil(self.ground.asked.share_m2)
            most = int(_known(neighbour, "floor_area_m2"))

            def more(one: FacilityFacts, amount: float, least: int = least) -> FacilityFacts:
                return enlarged(one, least + amount)

            amounts = [
                least,
                *(least + more_m2 for more_m2 in turning_points(walked, rule_set, more, most=most - least)),
            ]
            place = place_of(self.ground.snaps[0].xy[position])
            name = str(self.ground.access.facilities["name"].iloc[position])
            shares += [
                Action("share", amount, self.costs.share, place=place, about=neighbour.id, name=name)
                for amount in amounts
                if _can_spare(neighbour, amount, rule_set)
            ]
        return shares

    def _walked(self, facts: FacilityFacts, neighbour: str, rule_set: RuleSet) -> FacilityFacts:
        if neighbour not in self.walked:
            around = self.around
            row = list(around.access.facilities["id"]).index(neighbour)
            minutes = around.od.minutes
            self.walked[neighbour] = recompute_indicators(around, facts, rule_set, minutes, branch=minutes[row])
        return self.walked[neighbour]

    def measure(self, facts: FacilityFacts, change: Action, rule_set: RuleSet) -> FacilityFacts:
        """Walk to the centre or its neighbour, whose floor is lent."""
        return enlarged(self._walked(facts, change.about, rule_set), change.amount)


def neighbours_of(ground: InterventionContext, position: int) -> list[int]:
    """Return the nearest other premises in the air, within the longest walk, whose floor area is known."""
    access = ground.access
    xy = ground.snaps[0].xy
    reach_m = access.walk.metres(access.times.horizon_min)
    floor_m2 = access.facilities["floor_area_m2"].to_numpy(dtype=np.float64)
    may_lend = access.is_premises & ~is_branch(access.facilities) & ~np.isnan(floor_m2)
    near = [
        other
        for other in nearest_first(xy, xy[position]).tolist()
        if other != position and may_lend[other] and math.dist(xy[other], xy[position]) <= reach_m
    ]
    return near[: ground.asked.neighbours]


def farthest_neighbour_m(ground: InterventionContext, position: int) -> float:
    """Return how far the farthest of them is."""
    xy = ground.snaps[0].xy
    return max((math.dist(xy[other], xy[position]) for other in neighbours_of(ground, position)), default=0.0)


def _can_spare(neighbour: FacilityFacts, floor_m2: float, rule_set: RuleSet) -> bool:
    """Tell whether a centre can give up floor and be judged no worse, with the people who use it today."""
    if (
        floor_m2 > _known(neighbour, "floor_area_m2")
        or floor_m2 > neighbour.values.numbers["activity_area_m2"].high
    ):
        return False
    before = rating_of(evaluate_rules(neighbour, rule_set), rule_set)
    then = rating_of(evaluate_rules(enlarged(neighbour, -floor_m2), rule_set), rule_set)
    return before != WEAK and RANK[then] >= RANK[before]


def _position(ground: InterventionContext, around: LocalAccess) -> int:
    ids = list(ground.access.facilities["id"])
    return ids.index(around.access.facilities["id"].iloc[around.centre])


def _known(facts: FacilityFacts, name: str) -> float:
    value = facts.values.numbers[name].value
    return 0.0 if math.isnan(value) else value
