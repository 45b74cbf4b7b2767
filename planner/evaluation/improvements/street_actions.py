"""Actions on streets: opening a gate, building a crossing. All walks are recomputed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from planner.evaluation.improvements.actions import Action
from planner.evaluation.improvements.context import NetworkIntervention, point_of
from planner.evaluation.improvements.local_access import nearest_first, recompute_indicators, without_service_area
from planner.evaluation.ratings import FacilityFacts
from planner.evaluation.rules import RuleSet
from planner.evaluation.severance import people_around, rank_pairs
from planner.network.link_additions import (
    compute_gate_effects,
    compute_link_effect,
    compute_times_with_crossing,
    times_with_open_gate,
)
from planner.network.positions import select_snapped


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
        self.rows = {one: range(*pair) for one, pair in zip(actions, itertools.pairwise(ends), strict=True)}
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
