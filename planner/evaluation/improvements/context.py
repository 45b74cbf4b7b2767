"""What changes of streets and places are tried on: the ground, and what every such change has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import shapely

from planner.accessibility.access_data import AccessData
from planner.config.sections.rules import CostSettings, RemedySettings
from planner.evaluation.diagnosis import Diagnosis
from planner.evaluation.improvements.actions import Action, Place
from planner.evaluation.improvements.local_access import WALKED, LocalAccess, deciding_indicators, nearest_first
from planner.evaluation.indicators import limit_of
from planner.evaluation.ratings import FacilityFacts
from planner.evaluation.rules import RuleSet
from planner.evaluation.severance import BarrierLayers
from planner.network.gate_gaps import find_gap_gates
from planner.network.gates import Gate
from planner.network.link_additions import travel_time_matrix
from planner.network.network import WalkingNetwork
from planner.network.positions import StreetPositions, link_terminals, positions_along_streets
from planner.network.snapping import SnappedPoints, snap
from planner.network.walk import FloatArray, is_within

PLACE_DIGITS = 2
"""Places are rounded to the centimetre, as candidates are."""


@dataclass(frozen=True, slots=True, eq=False)
class InterventionContext:
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
        Positions along the streets, and the same as points where walks begin and end.
    arriving, leaving
        The same as points from which a walk goes on over a new, public path, and at which it goes on from there.
    gates
        Closed gates that cut a street.
    wet
        Where no centre can stand.
    asked
        What is tried.
    """

    access: AccessData
    network: WalkingNetwork
    snaps: tuple[SnappedPoints, SnappedPoints]
    spots: StreetPositions
    standing: SnappedPoints
    arriving: SnappedPoints
    leaving: SnappedPoints
    gates: tuple[Gate, ...]
    wet: shapely.Geometry | None
    asked: RemedySettings


def build_context(
    access: AccessData,
    network: WalkingNetwork,
    snaps: tuple[SnappedPoints, SnappedPoints],
    layers: BarrierLayers,
    asked: RemedySettings,
) -> InterventionContext:
    """Lay positions along the streets, and gather the gates."""
    spots = positions_along_streets(network, asked.step_m)
    standing, arriving, leaving = link_terminals(spots, network)
    gates = *(gate for gate in network.gates if len(gate.nodes) > 1), *find_gap_gates(network, layers.streets)
    wet = None if layers.water is None else shapely.union_all(layers.water.geometry.array)
    shapely.prepare([one for one in (wet, *access.communities.geometry.array) if one is not None])
    return InterventionContext(access, network, snaps, spots, standing, arriving, leaving, gates, wet, asked)


@dataclass(slots=True, eq=False)
class NetworkIntervention(ABC):
    """A change of streets or places for one centre; what was measured once is kept."""

    keeps_place: ClassVar[bool] = True
    """Whether the centre stays where it is."""

    ground: InterventionContext
    around: LocalAccess
    diagnosis: Diagnosis
    costs: CostSettings
    proposed: list[Action] | None = None
    known: dict[Action, FacilityFacts] = field(default_factory=dict)

    @property
    @abstractmethod
    def least(self) -> tuple[str, float | None]:
        """Return its kind, and what a change of that kind costs at least."""

    @property
    def touches(self) -> frozenset[str]:
        """Return the measures that it can change."""
        return WALKED

    def changes(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return the changes worth trying on a centre."""
        if self.proposed is None:
            self.proposed = list(self.propose(facts, rule_set))
        return self.proposed

    def after(self, facts: FacilityFacts, change: Action, rule_set: RuleSet) -> FacilityFacts:
        """Return the centre, as it is today but for this change."""
        if change not in self.known:
            self.known[change] = self.measure(facts, change, rule_set)
        return self.known[change]

    @abstractmethod
    def propose(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return what to try."""

    @abstractmethod
    def measure(self, facts: FacilityFacts, change: Action, rule_set: RuleSet) -> FacilityFacts:
        """Return the centre as it is then."""

    @property
    def own_people(self) -> FloatArray:
        """Return the people whom coverage is about, at each demand point: the community's own, else all."""
        access, home = self.around.access, self.around.home
        if not home or not access.is_premises[self.around.centre]:
            return access.people
        return np.where(access.demand["community"] == home, access.people, 0.0)

    def sites(self, rule_set: RuleSet, within_m: float) -> tuple[FloatArray, FloatArray]:
        """Return the positions in the centre's community that serve most of its people, and the walks from each.

        Of those not farther from the centre than `within_m`, the first `tried` by its people within the longest
        limit that decides; where the centre keeps its place, by those who are not within it today. Of equal ones
        the nearest.
        """
        ground, around = self.ground, self.around
        place = np.array(around.xy)
        communities = ground.access.communities
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
        minutes = travel_time_matrix(
            ground.network, starts, walkers.ends, walk=walkers.walk, horizon_min=walkers.horizon_min
        )
        limit_min = max(
            (limit for name in deciding_indicators(rule_set) if (limit := limit_of(name)) is not None),
            default=ground.access.standard_min,
        )
        people = self.own_people
        reached = is_within(minutes[:, : len(people)], limit_min)
        gained = reached @ people
        if self.keeps_place:
            gained = (reached & ~is_within(walkers.minutes[around.centre, : len(people)], limit_min)) @ people
        best = np.lexsort((np.arange(len(spots)), -gained))[: ground.asked.tried]
        return spots[best], minutes[best]


def place_of(xy: FloatArray) -> Place:
    """Return a position as plain numbers."""
    x, y = (float(one) for one in xy)
    return x, y
