"""Actions on sites and streets: moves, branches and shared rooms; gates opened and crossings built."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from planner.accessibility.coverage import is_branch
from planner.evaluation import COMPLIANT, EXCELLENT, UNDETERMINED, WEAK
from planner.evaluation.improvements.actions import Action, turning_points, with_floor_area
from planner.evaluation.improvements.context import InterventionContext, NetworkIntervention, point_of
from planner.evaluation.improvements.local_access import (
    LocalAccess,
    nearest_first,
    recompute_indicators,
    without_service_area,
)
from planner.evaluation.indicators import indicators_depending_on
from planner.evaluation.ratings import FacilityFacts, evaluate_rules, rating_of
from planner.evaluation.rules import RuleSet
from planner.evaluation.severance import people_around, rank_pairs
from planner.network.link_additions import (
    compute_gate_effects,
    compute_link_effect,
    compute_times_with_crossing,
    times_with_open_gate,
)
from planner.network.positions import select_snapped

RANK = {WEAK: 0, UNDETERMINED: 1, COMPLIANT: 2, EXCELLENT: 3, "": 3}


class MoveIntervention(NetworkIntervention):
    """Moving the facility to another street position in its community."""

    __slots__ = ("rows",)

    keeps_place = False

    @property
    def cheapest(self) -> tuple[str, float | None]:
        """Return its kind, and its cost."""
        return "move", self.costs.move

    def propose(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return the positions from which most of its people are reached."""
        del facts
        spots, minutes = self.best_positions(rule_set, self.context.settings.move_m)
        moves = [
            Action("move", math.dist(spot, self.local.xy), self.costs.move, place=point_of(spot)) for spot in spots
        ]
        self.rows = dict(zip(moves, minutes, strict=True))
        return moves

    def measure(self, facts: FacilityFacts, action: Action, rule_set: RuleSet) -> FacilityFacts:
        """Recompute with the walks from the new position."""
        local = self.local
        row = self.rows[action]
        moved = recompute_indicators(local, facts, rule_set, local.od.minutes, own_row=row, place=action.place)
        return without_service_area(moved, at_least_today=False)


class StationIntervention(NetworkIntervention):
    """Opening a branch at a street position in the facility's community."""

    __slots__ = ("rows",)

    @property
    def cheapest(self) -> tuple[str, float | None]:
        """Return its kind, and its cost."""
        return "open_station", self.costs.station

    @property
    def affects(self) -> frozenset[str]:
        """Return the names of the indicators that it can change."""
        return indicators_depending_on("walks") | indicators_depending_on("floor")

    def propose(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return the positions at which most of its people would be gained."""
        del facts
        spots, minutes = self.best_positions(rule_set, math.inf)
        floor_m2, cost = self.context.settings.station_m2, self.costs.station
        stations = [Action("open_station", floor_m2, cost, place=point_of(spot)) for spot in spots]
        self.rows = dict(zip(stations, minutes, strict=True))
        return stations

    def measure(self, facts: FacilityFacts, action: Action, rule_set: RuleSet) -> FacilityFacts:
        """Recompute with the walks to the facility or its branch."""
        local = self.local
        then = recompute_indicators(local, facts, rule_set, local.od.minutes, branch=self.rows[action])
        return with_floor_area(then, action.amount)


class ShareIntervention(NetworkIntervention):
    """Sharing a neighbouring facility: some of its floor becomes a branch of this one."""

    __slots__ = ("walked",)

    @property
    def cheapest(self) -> tuple[str, float | None]:
        """Return its kind, and its cost."""
        return "share", self.costs.share

    @property
    def affects(self) -> frozenset[str]:
        """Return the names of the indicators that it can change."""
        return indicators_depending_on("walks") | indicators_depending_on("floor")

    def propose(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return what neighbours can spare: the least floor, and what would turn a comparison."""
        self.walked: dict[str, FacilityFacts] = {}
        shares = []
        for position in neighbours_of(self.context, _position(self.context, self.local)):
            neighbour = self.diagnosis.facts[position]
            walked = self._with_walks_to(facts, neighbour.id, rule_set)
            least = math.ceil(self.context.settings.share_m2)
            most = int(_number_or_zero(neighbour, "floor_area_m2"))

            def more(facts: FacilityFacts, amount: float, least: int = least) -> FacilityFacts:
                return with_floor_area(facts, least + amount)

            further = turning_points(walked, rule_set, more, most=most - least)
            place = point_of(self.context.snaps[0].xy[position])
            name = str(self.context.access.facilities["name"].iloc[position])
            shares += [
                Action("share", amount, self.costs.share, place=place, about=neighbour.id, name=name)
                for amount in (least, *(least + more_m2 for more_m2 in further))
                if _can_spare(neighbour, amount, rule_set)
            ]
        return shares

    def _with_walks_to(self, facts: FacilityFacts, neighbour: str, rule_set: RuleSet) -> FacilityFacts:
        if neighbour not in self.walked:
            local = self.local
            row = list(local.access.facilities["id"]).index(neighbour)
            minutes = local.od.minutes
            self.walked[neighbour] = recompute_indicators(local, facts, rule_set, minutes, branch=minutes[row])
        return self.walked[neighbour]

    def measure(self, facts: FacilityFacts, action: Action, rule_set: RuleSet) -> FacilityFacts:
        """Recompute with the walks to the facility or its neighbour, and the floor that is lent."""
        return with_floor_area(self._with_walks_to(facts, action.about, rule_set), action.amount)


def neighbours_of(context: InterventionContext, position: int) -> list[int]:
    """Return the nearest other premises, within the longest walk in a straight line, whose floor area is known."""
    access = context.access
    xy = context.snaps[0].xy
    reach_m = access.walk.metres(access.times.horizon_min)
    floor_m2 = access.facilities["floor_area_m2"].to_numpy(dtype=np.float64)
    may_lend = access.is_premises & ~is_branch(access.facilities) & ~np.isnan(floor_m2)
    near = [
        other
        for other in nearest_first(xy, xy[position]).tolist()
        if other != position and may_lend[other] and math.dist(xy[other], xy[position]) <= reach_m
    ]
    return near[: context.settings.neighbours]


def farthest_neighbour_m(context: InterventionContext, position: int) -> float:
    """Return the straight-line distance to the farthest of them, metres."""
    xy = context.snaps[0].xy
    return max((math.dist(xy[other], xy[position]) for other in neighbours_of(context, position)), default=0.0)


def _can_spare(neighbour: FacilityFacts, floor_m2: float, rule_set: RuleSet) -> bool:
    """Return True if a facility can give up floor without a worse rating, with the people who use it today."""
    if (
        floor_m2 > _number_or_zero(neighbour, "floor_area_m2")
        or floor_m2 > neighbour.values["activity_area_m2"].high
    ):
        return False
    before = rating_of(evaluate_rules(neighbour, rule_set), rule_set)
    then = rating_of(evaluate_rules(with_floor_area(neighbour, -floor_m2), rule_set), rule_set)
    return before != WEAK and RANK[then] >= RANK[before]


def _position(context: InterventionContext, local: LocalAccess) -> int:
    ids = list(context.access.facilities["id"])
    return ids.index(local.access.facilities["id"].iloc[local.position])


def _number_or_zero(facts: FacilityFacts, name: str) -> float:
    value = facts.values[name].value
    return 0.0 if math.isnan(value) else value


class GateIntervention(NetworkIntervention):
    """Opening a closed gate."""

    __slots__ = ("rows", "through")

    @property
    def cheapest(self) -> tuple[str, float | None]:
        """Return its kind, and its cost."""
        return "open_gate", self.costs.gate_open

    def propose(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return the gates nearest to the facility, within its longest walk."""
        del facts, rule_set
        gates, local = self.context.gates, self.local
        if not gates:
            return []
        xy = np.array([gate.xy for gate in gates])
        reach_m = local.od.walker.walk.metres(local.od.horizon_min)
        near = [
            gates[row]
            for row in nearest_first(xy, local.xy).tolist()
            if math.dist(gates[row].xy, local.xy) <= reach_m
        ]
        actions = [
            Action("open_gate", 1, self.costs.gate_open, place=gate.xy, about=gate.id, name=gate.name)
            for gate in near[: self.context.settings.tried]
        ]
        ends = np.cumsum([0, *(len(gate.nodes) for gate in near[: len(actions)])]).tolist()
        self.rows = {action: range(*pair) for action, pair in zip(actions, itertools.pairwise(ends), strict=True)}
        nodes = [node for gate in near[: len(actions)] for node in gate.nodes]
        self.through = compute_gate_effects(nodes, self.near.od) if nodes else ()
        return actions

    def measure(self, facts: FacilityFacts, action: Action, rule_set: RuleSet) -> FacilityFacts:
        """Recompute with the gate open."""
        minutes = self.near.od.minutes
        for layer in self.through:
            minutes = times_with_open_gate(layer.rows(self.rows[action]), self.near.od, minutes)
        then = recompute_indicators(self.near, facts, rule_set, minutes)
        return without_service_area(then, at_least_today=True)


class CrossingIntervention(NetworkIntervention):
    """Building a crossing between two street positions close in a straight line and far on foot."""

    __slots__ = ("ends", "through")

    @property
    def cheapest(self) -> tuple[str, float | None]:
        """Return its kind, and its cost without its length."""
        return "build_crossing", self._cost(0.0)

    def propose(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return the pairs that bring the community's people nearer to the facility."""
        del facts, rule_set
        context, local, settings = self.context, self.local, self.context.settings
        people = self.target_people
        people_xy = local.od.ends.xy[: len(people)]
        served = np.vstack([people_xy[people > 0], [local.xy]])
        low, high = served.min(axis=0) - settings.near_m, served.max(axis=0) + settings.near_m
        points = context.points
        which = np.flatnonzero(((points.spots.xy >= low) & (points.spots.xy <= high)).all(axis=1))
        spots, od = points.spots.rows(which), local.od
        start = select_snapped(od.starts, np.array([local.position]))
        standing = select_snapped(points.standing, which)
        minutes = context.walker.time_matrix(start, standing, within_min=settings.far_min)[0]
        weight = people_around(spots.xy, people_xy, people, settings.near_m)
        pairs = rank_pairs(
            spots.xy, minutes, weight, walk=context.walker.walk, settings=settings, most=settings.tried
        )
        both = np.concatenate([pairs.near, pairs.far])
        arriving, leaving = (
            select_snapped(points.arriving, which[both]),
            select_snapped(points.leaving, which[both]),
        )
        self.through = compute_link_effect(arriving, self.near.od, leaving)
        self.ends: dict[Action, tuple[int, int]] = {}
        for number, (near, far, air_m) in enumerate(zip(pairs.near, pairs.far, pairs.air_m, strict=True)):
            place, other = point_of(spots.xy[near]), point_of(spots.xy[far])
            action = Action("build_crossing", float(air_m), self._cost(float(air_m)), place=place, other=other)
            self.ends[action] = number, number + len(pairs.near)
        return list(self.ends)

    def _cost(self, length_m: float) -> float | None:
        fixed, per_m = self.costs.crossing, self.costs.crossing_per_m
        return None if fixed is None and per_m is None else (fixed or 0.0) + (per_m or 0.0) * length_m

    def measure(self, facts: FacilityFacts, action: Action, rule_set: RuleSet) -> FacilityFacts:
        """Recompute with the crossing."""
        ends_xy = np.array([action.place, action.other])
        through = self.through.rows(self.ends[action])
        minutes = compute_times_with_crossing(ends_xy, through, self.near.od)
        then = recompute_indicators(self.near, facts, rule_set, minutes)
        return without_service_area(then, at_least_today=True)
