"""Changes of streets and places for one centre: a gate, a crossing, another place, a neighbour's rooms, a branch.

Each walks again: what it proposes for a centre is measured on the changed streets, or from the changed places, as
a run of the whole study would measure it.
"""

from __future__ import annotations

from planner.config.sections.rules import CostSettings
from planner.evaluation.diagnosis import Diagnosis
from planner.evaluation.improvements.context import InterventionContext, NetworkIntervention
from planner.evaluation.improvements.local_access import build_local_access
from planner.evaluation.improvements.site_actions import (
    MoveIntervention,
    ShareIntervention,
    StationIntervention,
    farthest_neighbour_m,
)
from planner.evaluation.improvements.street_actions import CrossingIntervention, GateIntervention


def network_interventions(
    ground: InterventionContext, diagnosis: Diagnosis, position: int, costs: CostSettings
) -> tuple[NetworkIntervention, ...]:
    """Return the changes of streets and places for one centre."""
    around = build_local_access(
        ground.access,
        position,
        ground.network,
        ground.snaps,
        margin_m=max(ground.asked.move_m, farthest_neighbour_m(ground, position)),
    )
    kinds: tuple[type[NetworkIntervention], ...] = (
        GateIntervention,
        ShareIntervention,
        CrossingIntervention,
        StationIntervention,
        MoveIntervention,
    )
    return tuple(kind(ground, around, diagnosis, costs) for kind in kinds)
