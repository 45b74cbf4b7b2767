"""Changes of streets: opening a gate, building a crossing. All walks are measured again."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from planner.evaluation.improvements.actions import Action
from planner.evaluation.improvements.context import NetworkIntervention, place_of
from planner.evaluation.improvements.local_access import nearest_first, recompute_indicators, without_area_ratio
from planner.evaluation.ratings import FacilityFacts
from planner.evaluation.rules import RuleSet
from planner.evaluation.severance import people_around, rank_pairs
from planner.network.link_additions import (
    compute_link_effect,
    compute_times_with_crossing,
    compute_times_with_open_gate,
)
from planner.network.positions import select_snapped


class GateIntervention(NetworkIntervention):
    """Opening a closed gate."""

    __slots__ = ()

    @property
    def least(self) -> tuple[str, float | None]:
        """Return its kind, and what a change of that kind costs at least."""
        return "open_gate", self.costs.gate_open

    def propose(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return the gates nearest to the centre, within its longest walk."""
        del facts, rule_set
        gates, around = self.ground.gates, self.around
        if not gates:
            return []
        xy = np.array([gate.xy for gate in gates])
        reach_m = around.od.walker.walk.metres(around.od.horizon_min)
        near = [
            gates[row]
            for row in nearest_first(xy, around.xy).tolist()
            if math.dist(gates[row].xy, around.xy) <= reach_m
        ]
        return [
            Action("open_gate", 1, self.costs.gate_open, place=gate.xy, about=gate.id, name=gate.name)
            for gate in near[: self.ground.asked.tried]
        ]

    def measure(self, facts: FacilityFacts, change: Action, rule_set: RuleSet) -> FacilityFacts:
        """Walk through the gate."""
        nodes = next(
            gate.nodes for gate in self.ground.gates if gate.id == change.about and gate.xy == change.place
        )
        minutes = compute_times_with_open_gate(nodes, self.around.od)
        return without_area_ratio(recompute_indicators(self.around, facts, rule_set, minutes), at_least_today=True)


class CrossingIntervention(NetworkIntervention):
    """Building a crossing between two street positions close in the air and far on foot."""

    __slots__ = ("ends", "through")

    @property
    def least(self) -> tuple[str, float | None]:
        """Return its kind, and what a change of that kind costs at least."""
        return "build_crossing", self._cost(0.0)

    def propose(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return the pairs that bring the community's people nearer to the centre."""
        del facts, rule_set
        ground, around, asked = self.ground, self.around, self.ground.asked
        people_xy, people = around.od.ends.xy[: len(self.own_people)], self.own_people
        here = np.vstack([people_xy[people > 0], [around.xy]])
        low, high = here.min(axis=0) - asked.near_m, here.max(axis=0) + asked.near_m
        which = np.flatnonzero(((ground.spots.xy >= low) & (ground.spots.xy <= high)).all(axis=1))
        spots, od = ground.spots.rows(which), around.od
        start = select_snapped(od.starts, np.array([around.centre]))
        minutes = ground.walker.time_matrix(
            start, select_snapped(ground.standing, which), within_min=asked.far_min
        )[0]
        weight = people_around(spots.xy, people_xy, people, asked.near_m)
        found = rank_pairs(spots.xy, minutes, weight, walk=ground.walker.walk, asked=asked, most=asked.tried)
        both = np.concatenate([found.near, found.far])
        ends = select_snapped(ground.arriving, which[both]), select_snapped(ground.leaving, which[both])
        self.through = compute_link_effect(ends[0], od, ends[1])
        self.ends: dict[Action, tuple[int, int]] = {}
        for number, (near, far, air_m) in enumerate(zip(found.near, found.far, found.air_m, strict=True)):
            one, other = place_of(spots.xy[near]), place_of(spots.xy[far])
            change = Action("build_crossing", float(air_m), self._cost(float(air_m)), place=one, other=other)
            self.ends[change] = number, number + len(found.near)
        return list(self.ends)

    def _cost(self, length_m: float) -> float | None:
        known = [self.costs.crossing, self.costs.crossing_per_m]
        if known == [None, None]:
            return None
        return (self.costs.crossing or 0.0) + (self.costs.crossing_per_m or 0.0) * length_m

    def measure(self, facts: FacilityFacts, change: Action, rule_set: RuleSet) -> FacilityFacts:
        """Walk over the crossing."""
        ends_xy = np.array([change.place, change.other])
        minutes = compute_times_with_crossing(ends_xy, self.through.rows(self.ends[change]), self.around.od)
        return without_area_ratio(recompute_indicators(self.around, facts, rule_set, minutes), at_least_today=True)
