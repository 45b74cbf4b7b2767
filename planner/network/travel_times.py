"""Travel times between facilities and demand points, exact at positions on edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.messages.errors import DataError, Issue
from planner.network.argument_checks import check_points, check_search
from planner.network.assignment_kernels import (
    PlaceSearch,
    compute_segment_access,
    find_nearest_of_places,
    sort_cells_by_access,
)
from planner.network.compile import map_chunks
from planner.network.link_kernels import (
    NodeLinks,
    link_points,
    links_by_node,
    rows_by_edge,
)
from planner.network.network import WalkingNetwork
from planner.network.search import SLACK_M, edge_arrays_of, snap_arrays_of
from planner.network.search_kernels import find_nearest_facility, search_all, search_facilities
from planner.network.snapping import TOUCH_M, SnappedPoints, snap
from planner.network.spatial_index import block_order
from planner.network.walk import LIMIT_TOLERANCE_MIN, FloatArray, IndexArray, WalkSettings, is_within

FACILITIES_AT_LEAST = 16
DEMAND_AT_LEAST = 4096
"""Least numbers for another thread."""


@dataclass(frozen=True, slots=True, eq=False)
class TravelTimes:
    """Walking minutes between facilities and demand points (sparse); a pair that is not listed is out of reach."""

    facility: IndexArray
    demand: IndexArray
    """`facility`, `demand`: The pairs by position, ordered by facility, then demand, shape (pairs,)."""
    minutes: FloatArray
    """Walking time of each pair, shape (pairs,)."""
    n_facilities: int
    n_demand: int
    """`n_facilities`, `n_demand`: Numbers, those out of reach included."""
    horizon_min: float
    """Longest walk searched, minutes, inclusive."""

    def nearest(self) -> tuple[FloatArray, IndexArray]:
        """Return each demand point's minutes to its nearest facility, and the facility.

        Returns
        -------
        minutes
            `inf` if no facility is within the horizon, shape (demand,).
        facility
            Position, the first of several as near; -1 if there is none, shape (demand,).
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
        """Count the facilities that each demand point reaches within the limit, shape (demand,).

        Raises
        ------
        DataError
            The limit is beyond the horizon: longer walks were not searched.
        """
        self.check_horizon("TravelTimes.count_within", limit_min)
        inside = is_within(self.minutes, limit_min)
        return np.bincount(self.demand[inside], minlength=self.n_demand)

    def check_horizon(self, where: str, limit_min: float) -> None:
        """Check that a limit is within the horizon: longer walks would count as none.

        Raises
        ------
        DataError
            The limit is beyond the horizon.
        """
        if limit_min > self.horizon_min + LIMIT_TOLERANCE_MIN:
            values = {"horizon": f"{self.horizon_min:g}", "longest": f"{limit_min:g}"}
            raise DataError(where, [Issue("horizon_too_short", values)])

    def as_matrix(self) -> FloatArray:
        """Return the minutes of all pairs, `inf` where out of reach, shape (facilities, demand)."""
        minutes = np.full((self.n_facilities, self.n_demand), np.inf)
        minutes[self.facility, self.demand] = self.minutes
        return minutes

    def of_facilities(self, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> TravelTimes:
        """Return the pairs of a selection of facilities; positions are unchanged."""
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
    links: NodeLinks | None = None,
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
        Points snapped to them.
    walk
        Speed and access.
    horizon_min
        Longest walk, minutes, inclusive.
    links
        Those of the demand points (`link_demand`), where they are at hand.

    Raises
    ------
    DataError
        The points were snapped to another network or with another `access_m`, or the horizon is not a number.
    """
    check_search("travel_times", network, (facilities, demand), walk, horizon_min)
    reach_m = walk.metres(horizon_min) + SLACK_M
    streets, starts, stands = edge_arrays_of(network), snap_arrays_of(facilities), snap_arrays_of(demand)
    beside = rows_by_edge(streets, stands, facilities.segment, arriving=True)
    ends = (stands, beside, link_demand(network, demand) if links is None else links)
    parts = map_chunks(
        lambda first, last: search_facilities(network.adjacency, streets, starts, ends, first, last, reach_m),
        len(facilities.xy) if horizon_min >= 0 else 0,
        at_least=FACILITIES_AT_LEAST,
    )
    # One column after the other, each part given up as it is copied: a large study has most of these pairs.
    counts = np.concatenate([np.zeros(0, dtype=np.int64), *(part[0] for part in parts)])
    points, metres = [part[1] for part in parts], [part[2] for part in parts]
    del parts
    keeps = []
    for row in range(len(points)):
        metres[row] = walk.all_minutes(metres[row])
        keeps.append(is_within(metres[row], horizon_min))
        points[row], metres[row] = points[row][keeps[row]], metres[row][keeps[row]]
    demand_of_pairs = np.concatenate([np.zeros(0, dtype=np.int64), *points])
    points.clear()
    minutes = np.concatenate([np.zeros(0), *metres])
    metres.clear()
    keep = np.concatenate([np.zeros(0, dtype=np.bool_), *keeps])
    return TravelTimes(
        facility=np.repeat(np.arange(len(counts)), counts)[keep],
        demand=demand_of_pairs,
        minutes=minutes,
        n_facilities=len(facilities.xy),
        n_demand=len(demand.xy),
        horizon_min=horizon_min,
    )


def nearest_facility(
    network: WalkingNetwork,
    facilities: SnappedPoints,
    demand: SnappedPoints,
    *,
    walk: WalkSettings,
    horizon_min: float,
) -> tuple[FloatArray, IndexArray]:
    """Measure the walk from every demand point to its nearest facility, by one search from all facilities.

    The result equals that of `TravelTimes.nearest`; no pairs are listed, so that time and memory do not grow with
    the number of facilities around a demand point.

    Parameters
    ----------
    network
        The streets.
    facilities, demand
        Points snapped to them.
    walk
        Speed and access.
    horizon_min
        Longest walk, minutes, inclusive.

    Returns
    -------
    minutes
        `inf` if no facility is within the horizon, shape (demand,).
    facility
        Position, the first of several as near; -1 if there is none, shape (demand,).

    Raises
    ------
    DataError
        The points were snapped to another network or with another `access_m`, or the horizon is not a number.

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
    return _apply_horizon(horizon_min, walk.all_minutes(metres), facility)


def nearest_facility_of_places(
    network: WalkingNetwork, facilities: SnappedPoints, xy: FloatArray, *, walk: WalkSettings, horizon_min: float
) -> tuple[FloatArray, IndexArray]:
    """Measure the walk from points anywhere to their nearest facility, without listing all streets around them.

    The result equals that of `nearest_facility` for the same points, snapped with the `access_m` of `walk`; so are
    its parameters, errors and results. With barriers it is computed so; without, only the streets by which the
    shortest walk may come are visited.

    Parameters
    ----------
    network, facilities, walk, horizon_min
        As for `nearest_facility`.
    xy
        Coordinates in the network's CRS, metres, shape (points, 2).
    """
    check_search("nearest_facility_of_places", network, (facilities,), walk, horizon_min)
    xy = check_points("nearest_facility_of_places(xy)", xy, network)
    if network.barriers is not None:
        demand = snap(xy, network, access_m=walk.access_m)
        return nearest_facility(network, facilities, demand, walk=walk, horizon_min=horizon_min)
    streets, stands = edge_arrays_of(network), snap_arrays_of(facilities)
    field = search_all(network.adjacency, streets, stands, max(walk.metres(horizon_min), 0.0) + SLACK_M)
    starts = (stands, rows_by_edge(streets, stands, stands.segment, arriving=False))
    from_facilities = compute_segment_access(field, streets, starts[1])
    ground = PlaceSearch(
        sort_cells_by_access(network.grid, from_facilities.least_m),
        network.segment_xy,
        network.segment_m,
        network.segment_cost_factor,
        from_facilities,
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
    return _apply_horizon(horizon_min, walk.all_minutes(metres), facility)


def _apply_horizon(horizon_min: float, minutes: FloatArray, facility: IndexArray) -> tuple[FloatArray, IndexArray]:
    """Return walks and facilities, with `inf` and -1 beyond the horizon."""
    inside = is_within(minutes, horizon_min) & (facility >= 0)
    return np.where(inside, minutes, np.inf), np.where(inside, facility, -1)


def link_demand(network: WalkingNetwork, demand: SnappedPoints) -> NodeLinks:
    """Return how demand points hang on the nodes of the network: what every search that ends at them needs."""
    streets, stands, all_vertices = edge_arrays_of(network), snap_arrays_of(demand), network.barriers is not None
    order = block_order(demand.xy, network.grid)
    parts = map_chunks(
        lambda first, last: link_points(streets, stands, order, first, last, all_vertices=all_vertices),
        len(order),
        at_least=DEMAND_AT_LEAST,
    ) or [link_points(streets, stands, order, 0, 0, all_vertices=all_vertices)]
    counts, node, metres = (np.concatenate(part) for part in zip(*parts, strict=True))
    return links_by_node(order, counts, node, metres, streets.n_nodes)
