"""Travel times between points: facilities and demand, exact at positions on edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.walking.network import WalkingNetwork
from planner.walking.search import SLACK_M, Reach, search
from planner.walking.snapping import Doors, Snaps, doors, outer_doors
from planner.walking.walk import FloatArray, IndexArray, Walk, is_within


@dataclass(frozen=True, slots=True, eq=False)
class TravelTimes:
    """Walking minutes between facilities and demand points; a pair that is not listed is out of reach.

    Attributes
    ----------
    facility, demand
        The pairs by position, ordered by facility, then demand, shape (pairs,).
    minutes
        Walking time of each pair, shape (pairs,).
    n_facilities, n_demand
        How many there are, those out of reach included.
    horizon_min
        How far was searched, minutes, inclusive.
    """

    facility: IndexArray
    demand: IndexArray
    minutes: FloatArray
    n_facilities: int
    n_demand: int
    horizon_min: float

    def nearest(self) -> tuple[FloatArray, IndexArray]:
        """Return each demand point's minutes to its nearest facility, and which one.

        Returns
        -------
        minutes
            `inf` where no facility is within the horizon, shape (demand,).
        facility
            Its position, the first of several as near; -1 where there is none, shape (demand,).
        """
        minutes = np.full(self.n_demand, np.inf)
        facility = np.full(self.n_demand, -1, dtype=np.int64)
        order = np.lexsort((self.facility, self.minutes, self.demand))
        demand = self.demand[order]
        first = order[np.concatenate([[True], demand[1:] != demand[:-1]])[: len(demand)]]
        minutes[self.demand[first]] = self.minutes[first]
        facility[self.demand[first]] = self.facility[first]
        return minutes, facility

    def count_within(self, limit_min: float) -> IndexArray:
        """Return how many facilities each demand point reaches within the limit, shape (demand,)."""
        inside = is_within(self.minutes, limit_min)
        return np.bincount(self.demand[inside], minlength=self.n_demand)

    def of_facilities(self, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> TravelTimes:
        """Return the pairs of the chosen facilities only; positions stay as they were."""
        keep = chosen[self.facility]
        return TravelTimes(
            self.facility[keep],
            self.demand[keep],
            self.minutes[keep],
            self.n_facilities,
            self.n_demand,
            self.horizon_min,
        )


def travel_times(
    network: WalkingNetwork, facilities: Snaps, demand: Snaps, *, walk: Walk, horizon_min: float
) -> TravelTimes:
    """Measure the walk between every facility and every demand point within the horizon.

    A walk leaves the facility straight to a street position within `access_m`, follows the streets, and leaves
    them straight to the demand point, again within `access_m`; the shortest such walk counts. It either enters
    the demand point's reach at a position exactly `access_m` away (found from the nodes, or on the same edge), or
    facility and demand point share a stretch of street within reach of both.

    Parameters
    ----------
    network
        The streets.
    facilities, demand
        Where both meet them.
    walk
        Speed and access.
    horizon_min
        How far to search, minutes, inclusive.

    Returns
    -------
    times
        Every pair within the horizon.
    """
    reach_m = walk.metres(horizon_min)
    from_doors = doors(facilities, network)
    to_doors = outer_doors(demand, network)
    reach = search(network, facilities, reach_m=reach_m)
    facility, point, metres = (
        np.concatenate(parts)
        for parts in zip(
            _through_nodes(network, reach, to_doors),
            _along_one_edge(from_doors, to_doors),
            _across_a_shared_stretch(facilities, demand),
            strict=True,
        )
    )
    near = metres <= reach_m + SLACK_M
    facility, point, metres = facility[near], point[near], metres[near]
    order = np.lexsort((metres, point, facility))
    facility, point, metres = facility[order], point[order], metres[order]
    shortest = np.concatenate([[True], (facility[1:] != facility[:-1]) | (point[1:] != point[:-1])])
    shortest = shortest[: len(facility)]
    minutes = walk.all_minutes(metres)
    keep = shortest & is_within(minutes, horizon_min)
    return TravelTimes(
        facility=facility[keep],
        demand=point[keep],
        minutes=minutes[keep],
        n_facilities=len(facilities.xy),
        n_demand=len(demand.xy),
        horizon_min=horizon_min,
    )


Pairs = tuple[IndexArray, IndexArray, FloatArray]


def _through_nodes(network: WalkingNetwork, reach: Reach, to_doors: Doors) -> Pairs:
    """Return walks that reach a door of the demand point from one of the two nodes of its edge."""
    start, end = network.edge_nodes[to_doors.edge].T
    node = np.concatenate([start, end])
    rest_m = np.maximum(network.edge_m[to_doors.edge] - to_doors.along_m, 0.0)
    onward_m = np.concatenate([to_doors.along_m, rest_m]) + np.tile(to_doors.walk_m, 2)
    point = np.tile(to_doors.point, 2)
    left, right = _matches(reach.node, node)
    return reach.point[left], point[right], reach.metres[left] + onward_m[right]


def _along_one_edge(from_doors: Doors, to_doors: Doors) -> Pairs:
    """Return walks that begin and end on the same edge without passing a node."""
    left, right = _matches(from_doors.edge, to_doors.edge)
    along_m = np.abs(from_doors.along_m[left] - to_doors.along_m[right])
    return (
        from_doors.point[left],
        to_doors.point[right],
        from_doors.walk_m[left] + along_m + to_doors.walk_m[right],
    )


def _across_a_shared_stretch(facilities: Snaps, demand: Snaps) -> Pairs:
    """Return walks over one position of a stretch within reach of both, the best one by reflection."""
    left, right = _matches(facilities.segment, demand.segment)
    low = np.maximum(facilities.from_m[left], demand.from_m[right])
    high = np.minimum(facilities.to_m[left], demand.to_m[right])
    shared = low <= high
    left, right, low, high = left[shared], right[shared], low[shared], high[shared]
    aside_left, aside_right = np.abs(facilities.aside_m[left]), np.abs(demand.aside_m[right])
    both = aside_left + aside_right
    weight = np.divide(aside_left, both, out=np.zeros_like(both), where=both > 0)
    foot_left, foot_right = facilities.foot_m[left], demand.foot_m[right]
    over_m = np.clip(foot_left * (1 - weight) + foot_right * weight, low, high)
    metres = np.hypot(over_m - foot_left, aside_left) + np.hypot(over_m - foot_right, aside_right)
    return facilities.point[left], demand.point[right], metres


def _matches(left_key: IndexArray, right_key: IndexArray) -> tuple[IndexArray, IndexArray]:
    """Return the positions of every pair of equal keys (an inner join).

    Examples
    --------
    >>> left, right = _matches(np.array([7, 8]), np.array([8, 7, 8]))
    >>> left.tolist(), right.tolist()
    ([0, 1, 1], [1, 0, 2])
    """
    order = np.argsort(right_key, kind="stable")
    keys = right_key[order]
    first = np.searchsorted(keys, left_key, side="left")
    count = np.searchsorted(keys, left_key, side="right") - first
    left = np.repeat(np.arange(len(left_key)), count)
    before = np.repeat(np.cumsum(count) - count, count)
    right = order[np.repeat(first, count) + np.arange(len(left)) - before]
    return left, right
