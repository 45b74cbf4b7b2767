"""Changes of streets and places for one centre: a gate, a crossing, another place, a neighbour's rooms, a branch.

Each walks again: what it proposes for a centre is measured on the changed streets, or from the changed places, as
a run of the whole study would measure it.
"""

from __future__ import annotations

from planner.assessment.diagnosis import Diagnosis
from planner.assessment.site_levers import MoveLever, ShareLever, StationLever, farthest_neighbour_m
from planner.assessment.street_levers import CrossingLever, GateLever
from planner.assessment.surroundings import look_around
from planner.assessment.trying import Ground, PlaceLever
from planner.settings.rules import Costs


def place_levers(ground: Ground, diagnosis: Diagnosis, position: int, costs: Costs) -> tuple[PlaceLever, ...]:
    """Return the changes of streets and places for one centre."""
    around = look_around(
        ground.situation,
        position,
        ground.network,
        ground.snaps,
        margin_m=max(ground.asked.move_m, farthest_neighbour_m(ground, position)),
    )
    kinds: tuple[type[PlaceLever], ...] = (GateLever, ShareLever, CrossingLever, StationLever, MoveLever)
    return tuple(kind(ground, around, diagnosis, costs) for kind in kinds)
