"""Demand: people at points, each in one community; totals are conserved.

`placing` chooses the way; `points`, `rasters` with `cells`, `buildings` and `streets` are the ways; `totals` knows
households, scaling and the balance; `kinds` counts others than residents.
"""

from planner.inputs.demand.placed import PlacedDemand, community_at
from planner.inputs.demand.points import place_demand
from planner.inputs.demand.streets import spread_along_streets

__all__ = ["PlacedDemand", "community_at", "place_demand", "spread_along_streets"]
