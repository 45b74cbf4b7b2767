"""Streets, positions and gates on which interventions are tried, and the base of those that change walks."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import shapely

from planner.accessibility.access_data import AccessData
from planner.config.sections.rules import CostSettings, RemedySettings
from planner.evaluation.diagnosis import Diagnosis
from planner.evaluation.improvements.actions import Action, Intervention, Point
from planner.evaluation.improvements.local_access import LocalAccess, nearest_first
from planner.evaluation.indicators import indicators_depending_on
from planner.evaluation.ratings import FacilityFacts, deciding_indicators
from planner.evaluation.rules import RuleSet
from planner.evaluation.severance import BarrierLayers, StreetPoints
from planner.network.gates import find_gap_gates
from planner.network.network import Gate
from planner.network.positions import link_terminals, positions_along_streets, select_snapped
from planner.network.snapping import SnappedPoints
from planner.network.travel_times import travel_times
from planner.network.walk import FloatArray, is_within
from planner.network.walker import Walker

XY_DIGITS = 2
"""Positions are rounded to the centimetre, as candidates are."""

PAIRS_AT_MOST = 20_000_000
"""Pairs of a position and a demand point that are measured at once, which bounds memory."""


@dataclass(frozen=True, slots=True, eq=False)
class InterventionContext:
    """Streets and positions to try interventions on."""

    access: AccessData
    """The whole study."""
    walker: Walker
    """Network and walk."""
    snaps: tuple[SnappedPoints, SnappedPoints]
    """The snapped facilities and people."""
    points: StreetPoints
    """Positions along the streets."""
    gates: tuple[Gate, ...]
    """Closed gates that cut a street."""
    water: shapely.Geometry | None
    """Where no facility can stand."""
    settings: RemedySettings
    """What is tried."""


def build_context(
    access: AccessData,
    walker: Walker,
    snaps: tuple[SnappedPoints, SnappedPoints],
    layers: BarrierLayers,
    settings: RemedySettings,
) -> InterventionContext:
    """Place positions along the streets, and collect the closed gates."""
    network = walker.network
    spots = positions_along_streets(network, settings.step_m)
    points = StreetPoints(spots, *link_terminals(spots, network))
    gates = *(gate for gate in network.gates if len(gate.nodes) > 1), *find_gap_gates(network, layers.streets)
    water = None if layers.water is None else shapely.union_all(layers.water.geometry.array)
    shapely.prepare([one for one in (water, *access.communities.geometry.array) if one is not None])
    return InterventionContext(access, walker, snaps, points, gates, water, settings)


@dataclass(slots=True, eq=False)
class NetworkIntervention(Intervention):
    """An intervention in streets or positions for one facility; its actions and their effects are memoised."""

    keeps_place: ClassVar[bool] = True
    """Whether the facility keeps its position."""

    context: InterventionContext
    local: LocalAccess
    near: LocalAccess
    """What of `local` bears on the facility as long as it keeps its place."""
    diagnosis: Diagnosis
    costs: CostSettings
    proposed: list[Action] | None = None
    effects: dict[Action, FacilityFacts] = field(default_factory=dict)

    @property
    def affects(self) -> frozenset[str]:
        """Return the names of the indicators that it can change."""
        return indicators_depending_on("walks")

    def actions(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return the actions worth trying on a facility."""
        if self.proposed is None:
            self.proposed = list(self.propose(facts, rule_set))
        return self.proposed

    def apply(self, facts: FacilityFacts, action: Action, rule_set: RuleSet) -> FacilityFacts:
        """Return the facility, as it is today but for this action."""
        if action not in self.effects:
            self.effects[action] = self.measure(facts, action, rule_set)
        return self.effects[action]

    @abstractmethod
    def propose(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return the actions to try."""

    @abstractmethod
    def measure(self, facts: FacilityFacts, action: Action, rule_set: RuleSet) -> FacilityFacts:
        """Return the facility after an action."""

    @property
    def target_people(self) -> FloatArray:
        """Return the population to cover at each demand point: the community's own, else all."""
        access, community = self.local.access, self.local.community
        if not community or not access.is_premises[self.local.position]:
            return access.people
        return np.where(access.demand["community"] == community, access.people, 0.0)

    def best_positions(self, rule_set: RuleSet, within_m: float) -> tuple[FloatArray, FloatArray]:
        """Return the positions in the facility's community that serve most of its people, and the walks from each.

        Of those not farther from the facility than `within_m`, the first `tried` by its people within the longest
        limit that decides; where the facility keeps its position, by those who are not within it today. Of equal
        ones the nearest.
        """
        context, local = self.context, self.local
        spots = self._buildable(within_m)
        od = local.od
        limit_min = max(
            (ref.limit_min for ref in deciding_indicators(rule_set) if ref.limit_min is not None),
            default=context.access.standard_min,
        )
        people = self.target_people
        if self.keeps_place:
            people = np.where(is_within(od.minutes[local.position, : len(people)], limit_min), 0.0, people)
        starts = context.walker.snap(spots)
        gained = _people_reached(context.walker, starts, od.ends, people, min(limit_min, od.horizon_min))
        best = np.lexsort((np.arange(len(spots)), -gained))[: context.settings.tried]
        chosen = select_snapped(starts, best)
        return spots[best], context.walker.time_matrix(chosen, od.ends, within_min=od.horizon_min)

    def _buildable(self, within_m: float) -> FloatArray:
        """Return the positions in the facility's community, not in water, within a distance, the nearest first."""
        context, place = self.context, np.array(self.local.xy)
        communities = context.access.communities
        home = communities.geometry.array[(communities["id"] == self.local.community).to_numpy()]
        spots = context.points.spots.xy[np.hypot(*(context.points.spots.xy - place).T) <= within_m]
        if len(home):
            west, south, east, north = home[0].bounds
            spots = spots[((spots >= [west, south]) & (spots <= [east, north])).all(axis=1)]
        spots = np.round(spots, XY_DIGITS)
        points = shapely.points(spots)
        may_stand = shapely.covers(home[0], points) if len(home) else np.ones(len(spots), dtype=np.bool_)
        if context.water is not None:
            may_stand &= ~shapely.intersects(context.water, points)
        spots = spots[may_stand]
        spots = spots[nearest_first(spots, place)]
        return np.asarray(spots[np.hypot(*(spots - place).T) > context.settings.step_m / 2])


def _people_reached(
    walker: Walker, starts: SnappedPoints, ends: SnappedPoints, people: FloatArray, within_min: float
) -> FloatArray:
    """Return the people within a limit of each start, shape (starts,): a sum that is exact in any order."""
    somebody = np.flatnonzero(people > 0)
    counted = select_snapped(ends, somebody)
    count = len(starts.xy)
    step = max(PAIRS_AT_MOST // max(len(somebody), 1), 1)
    reached = np.zeros(count)
    for first in range(0, count, step):
        some = starts if step >= count else select_snapped(starts, np.arange(first, min(first + step, count)))
        times = travel_times(walker.network, some, counted, walk=walker.walk, horizon_min=within_min)
        weights = people[somebody[times.demand]]
        reached[first : first + step] = np.bincount(times.facility, weights=weights, minlength=len(some.xy))
    return reached


def point_of(xy: FloatArray) -> Point:
    """Return a position as plain numbers."""
    x, y = (float(one) for one in xy)
    return x, y
