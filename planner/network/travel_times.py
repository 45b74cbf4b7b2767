"""Travel times between points: facilities and demand, exact at positions on edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.messages.errors import Breach, DataError
from planner.network.argument_checks import check_points, check_search
from planner.network.assignment_kernels import (
    PlaceSearch,
    compute_segment_access,
    find_nearest_of_places,
    sort_cells_by_access,
)
from planner.network.compile import map_chunks
from planner.network.link_kernels import (
    EdgeArrays,
    NodeLinks,
    SnapArrays,
    link_points,
    links_by_node,
    rows_by_edge,
)
from planner.network.network import WalkingNetwork
from planner.network.search import SLACK_M, edge_arrays_of, snap_arrays_of
from planner.network.snapping import TOUCH_M, SnappedPoints, snap
from planner.network.spatial_index import block_order
from planner.network.travel_time_kernels import find_nearest_facility, search_all, search_facilities
from planner.network.walk import LIMIT_TOLERANCE_MIN, FloatArray, IndexArray, WalkSettings, is_within

FACILITIES_AT_LEAST = 16
DEMAND_AT_LEAST = 4096
"""Fewer are not worth a thread."""


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
        """Return how many facilities each demand point reaches within the limit, shape (demand,).

        Raises
        ------
        DataError
            The limit lies beyond the horizon: who walks longer than that was not searched for.
        """
        self.check_horizon("TravelTimes.count_within", limit_min)
        inside = is_within(self.minutes, limit_min)
        return np.bincount(self.demand[inside], minlength=self.n_demand)

    def check_horizon(self, where: str, limit_min: float) -> None:
        """Refuse to count within a limit that was not searched as far as: longer walks would look like none.

        Raises
        ------
        DataError
            The limit lies beyond the horizon.
        """
        if limit_min > self.horizon_min + LIMIT_TOLERANCE_MIN:
            values = {"horizon": f"{self.horizon_min:g}", "longest": f"{limit_min:g}"}
            raise DataError(where, [Breach("horizon_too_short", values)])

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
    network: WalkingNetwork,
    facilities: SnappedPoints,
    demand: SnappedPoints,
    *,
    walk: WalkSettings,
    horizon_min: float,
) -> TravelTimes:
    """Measure the walk between every facility and every demand point within the horizon.

    A walk leaves the facility straight to a street position within `access_m`, follows the streets, and leaves
    them straight to the demand point, again within `access_m`; the shortest such walk counts. It either comes to
    the demand point's edge through a node, or begins on that edge.

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

    Raises
    ------
    DataError
        The points were snapped to another network or with another `access_m`, or the horizon is no number.
    """
    check_search("travel_times", network, (facilities, demand), walk, horizon_min)
    reach_m = walk.metres(horizon_min) + SLACK_M
    streets, starts, stands = edge_arrays_of(network), snap_arrays_of(facilities), snap_arrays_of(demand)
    beside = rows_by_edge(streets, stands, facilities.segment, arriving=True)
    order = block_order(demand.xy, network.grid)
    ends = (stands, beside, _links(streets, stands, order, all_vertices=network.barriers is not None))
    parts = map_chunks(
        lambda first, last: search_facilities(network.adjacency, streets, starts, ends, first, last, reach_m),
        len(facilities.xy) if horizon_min >= 0 else 0,
        at_least=FACILITIES_AT_LEAST,
    )
    nothing = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))
    counts, point, metres = (np.concatenate(part) for part in zip(*(parts or [nothing]), strict=True))
    minutes = walk.all_minutes(metres)
    keep = is_within(minutes, horizon_min)
    return TravelTimes(
        facility=np.repeat(np.arange(len(counts)), counts)[keep],
        demand=point[keep],
        minutes=minutes[keep],
        n_facilities=len(facilities.xy),
        n_demand=len(demand.xy),
        horizon_min=horizon_min,
    )


def upper_bound_min(network: WalkingNetwork, walk: WalkSettings) -> float:
    """Return more minutes than any walk between two places on the network takes."""
    return walk.minutes(float(network.edge_cost_m.max(axis=1).sum()) + 2 * walk.access_m)


def nearest_facility(
    network: WalkingNetwork,
    facilities: SnappedPoints,
    demand: SnappedPoints,
    *,
    walk: WalkSettings,
    horizon_min: float,
) -> tuple[FloatArray, IndexArray]:
    """Measure the walk from every demand point to its nearest facility, by one search from all facilities.

    The answer is that of `TravelTimes.nearest`; no pairs are listed, so that time and memory do not grow with the
    number of facilities around a demand point.

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
    minutes
        `inf` where no facility is within the horizon, shape (demand,).
    facility
        Its position, the first of several as near; -1 where there is none, shape (demand,).

    Raises
    ------
    DataError
        The points were snapped to another network or with another `access_m`, or the horizon is no number.

    References
    ----------
    .. [1] Erwig, M. (2000). The graph Voronoi diagram with applications. Networks 36.
    """
    check_search("nearest_facility", network, (facilities, demand), walk, horizon_min)
    streets, stands, ends = edge_arrays_of(network), snap_arrays_of(facilities), snap_arrays_of(demand)
    field = search_all(network.adjacency, streets, stands, max(walk.metres(horizon_min), 0.0) + SLACK_M)
    starts = (stands, rows_by_edge(streets, stands, stands.segment, arriving=False))
    order = block_order(demand.xy, network.grid)
    metres, facility = np.empty(len(demand.xy)), np.empty(len(demand.xy), dtype=np.int64)
    map_chunks(
        lambda first, last: find_nearest_facility(
            field, streets, starts, ends, order[first:last], metres, facility
        ),
        len(demand.xy),
        at_least=DEMAND_AT_LEAST,
    )
    return _within(horizon_min, walk.all_minutes(metres), facility)


def nearest_facility_of_places(
    network: WalkingNetwork, facilities: SnappedPoints, xy: FloatArray, *, walk: WalkSettings, horizon_min: float
) -> tuple[FloatArray, IndexArray]:
    """Measure the walk from places anywhere to their nearest facility, without listing all streets around them.

    The answer is that of `nearest_facility` for the same places, snapped with the `access_m` of `walk`. Beside
    barriers it is found so; in the open, only the streets by which the shortest walk may come are looked at.

    Parameters
    ----------
    network
        The streets.
    facilities
        Where they meet them.
    xy
        The places in the network's CRS, metres, shape (places, 2).
    walk
        Speed and access.
    horizon_min
        How far to search, minutes, inclusive.

    Returns
    -------
    minutes
        `inf` where no facility is within the horizon, shape (places,).
    facility
        Its position, the first of several as near; -1 where there is none, shape (places,).

    Raises
    ------
    DataError
        The points were snapped to another network or with another `access_m`, or the horizon is no number.
    """
    check_search("nearest_facility_of_places", network, (facilities,), walk, horizon_min)
    xy = check_points("nearest_facility_of_places(xy)", xy, network)
    if network.barriers is not None:
        demand = snap(xy, network, access_m=walk.access_m)
        return nearest_facility(network, facilities, demand, walk=walk, horizon_min=horizon_min)
    streets, stands = edge_arrays_of(network), snap_arrays_of(facilities)
    field = search_all(network.adjacency, streets, stands, max(walk.metres(horizon_min), 0.0) + SLACK_M)
    starts = (stands, rows_by_edge(streets, stands, stands.segment, arriving=False))
    known = compute_segment_access(field, streets, starts[1])
    ground = PlaceSearch(
        sort_cells_by_access(network.grid, known.least_m),
        network.segment_xy,
        network.segment_m,
        network.segment_cost_factor,
        known,
        float(walk.access_m),
        walk.access_m + TOUCH_M,
    )
    order = block_order(xy, network.grid)
    metres, facility = np.empty(len(xy)), np.empty(len(xy), dtype=np.int64)
    map_chunks(
        lambda first, last: find_nearest_of_places(
            ground, field, streets, starts, xy, order[first:last], (metres, facility)
        ),
        len(xy),
        at_least=DEMAND_AT_LEAST,
    )
    return _within(horizon_min, walk.all_minutes(metres), facility)


def nearest_facility_of_nodes(
    network: WalkingNetwork, facilities: SnappedPoints, *, walk: WalkSettings, horizon_min: float
) -> tuple[FloatArray, IndexArray]:
    """Measure the walk from every node of the network to its nearest facility.

    A node lies on the streets, so that its walks are those of the one search from all facilities, and no straight
    walk is to be weighed: what `nearest_facility` does for points anywhere. All is as there, for nodes in place of
    demand points.
    """
    check_search("nearest_facility_of_nodes", network, (facilities,), walk, horizon_min)
    reach_m = max(walk.metres(horizon_min), 0.0) + SLACK_M
    field = search_all(network.adjacency, edge_arrays_of(network), snap_arrays_of(facilities), reach_m)
    return _within(horizon_min, walk.all_minutes(field.metres), field.label)


def _within(horizon_min: float, minutes: FloatArray, facility: IndexArray) -> tuple[FloatArray, IndexArray]:
    """Return walks to facilities as they are; `inf` and -1 for those beyond the horizon and to none."""
    inside = is_within(minutes, horizon_min) & (facility >= 0)
    return np.where(inside, minutes, np.inf), np.where(inside, facility, -1)


def _links(streets: EdgeArrays, stands: SnapArrays, order: IndexArray, *, all_vertices: bool) -> NodeLinks:
    """Return the links of demand points, by node."""
    parts = map_chunks(
        lambda first, last: link_points(streets, stands, order, first, last, all_vertices=all_vertices),
        len(order),
        at_least=DEMAND_AT_LEAST,
    ) or [link_points(streets, stands, order, 0, 0, all_vertices=all_vertices)]
    counts, node, metres = (np.concatenate(part) for part in zip(*parts, strict=True))
    return links_by_node(order, counts, node, metres, streets.n_nodes)
