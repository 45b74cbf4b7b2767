"""Travel times as machine code: from what a facility reaches to the demand points behind it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from planner.network.compile import kernel
from planner.network.link_kernels import (
    EdgeArrays,
    EdgeRows,
    NodeLinks,
    SnapArrays,
    along_one_edge,
    arriving_walks,
    leaving_walks,
)
from planner.network.search_kernels import (
    SearchState,
    clear_search,
    new_search_state,
    room_for,
    run_search,
    seeds_of,
)
from planner.network.spatial_index import Adjacency
from planner.network.walk import FloatArray, IndexArray


class ReachedPoints(NamedTuple):
    """The walks from one facility to the demand points, `inf` where none was found, and which were."""

    metres: FloatArray
    found: IndexArray
    n_found: IndexArray


@kernel
def reach_through_nodes(line: ReachedPoints, field: SearchState, links: NodeLinks, reach_m: float) -> None:
    """Walk on from every node that was found to the points that are linked to it."""
    metres, found, count = line.metres, line.found, line.n_found[0]
    # Plain arrays: taking one out of a tuple inside the loop would count references at every step.
    best, nodes = field.metres, field.found
    pointer, linked, link_m = links
    for which in range(field.n_found[0]):
        node = nodes[which]
        so_far_m = best[node]
        for k in range(pointer[node], pointer[node + 1]):
            walk_m = so_far_m + link_m[k]
            point = linked[k]
            if walk_m <= reach_m and walk_m < metres[point]:
                found[count] = point
                count += metres[point] == np.inf
                metres[point] = walk_m
    line.n_found[0] = count


@kernel
def reach_along_edges(
    line: ReachedPoints,
    streets: EdgeArrays,
    facilities: SnapArrays,
    facility: int,
    demand: tuple[SnapArrays, EdgeRows],
    reach_m: float,
) -> None:
    """Walk along one edge from stretch to stretch, or over one position within reach of both."""
    metres, found, count = line.metres, line.found, line.n_found[0]
    _, _, segment_edge, _, factor, from_cost_m, _ = streets
    begins, segment, from_m, to_m, foot_m, aside_m = facilities
    _, _, other_from_m, other_to_m, other_foot_m, other_aside_m = demand[0]
    pointer, rows, points, other_segment, best = demand[1]
    for i in range(begins[facility], begins[facility + 1]):
        s = segment[i]
        leaving = leaving_walks(
            (factor[s, 0], factor[s, 1]),
            (from_cost_m[s, 0], from_cost_m[s, 1]),
            (foot_m[i], aside_m[i]),
            (from_m[i], to_m[i]),
        )
        for k in range(pointer[segment_edge[s]], pointer[segment_edge[s] + 1]):
            j = rows[k]
            walk_m = along_one_edge(
                (s, other_segment[k]),
                leaving,
                (best[k, 0], best[k, 1], best[k, 2], best[k, 3]),
                (foot_m[i], aside_m[i], other_foot_m[j], other_aside_m[j]),
                (max(from_m[i], other_from_m[j]), min(to_m[i], other_to_m[j])),
            )
            point = points[k]
            if walk_m <= reach_m and walk_m < metres[point]:
                found[count] = point
                count += metres[point] == np.inf
                metres[point] = walk_m
    line.n_found[0] = count


@kernel
def search_facilities(
    adjacency: Adjacency,
    streets: EdgeArrays,
    facilities: SnapArrays,
    demand: tuple[SnapArrays, EdgeRows, NodeLinks],
    first: int,
    last: int,
    reach_m: float,
) -> tuple[IndexArray, IndexArray, FloatArray]:
    """Walk from each facility: how many demand points it reaches, which, rising, and how far they are."""
    stands, rows, links = demand
    n_demand = len(stands.pointer) - 1
    field = new_search_state(len(adjacency.pointer) - 1, 0, reach_m)
    line = ReachedPoints(
        np.full(n_demand, np.inf), np.empty(n_demand + 1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    )
    counts = np.zeros(last - first, dtype=np.int64)
    points, metres, filled = np.empty(1024, dtype=np.int64), np.empty(1024), 0
    for facility in range(first, last):
        run_search(field, adjacency, seeds_of(streets, facilities, facility, facility + 1), None)
        reach_through_nodes(line, field, links, reach_m)
        reach_along_edges(line, streets, facilities, facility, (stands, rows), reach_m)
        clear_search(field)
        count = line.n_found[0]
        if filled + count > len(points):
            room = room_for(filled + count, facility + 1 - first, last - first) - filled
            points = np.concatenate((points[:filled], np.empty(room, dtype=np.int64)))
            metres = np.concatenate((metres[:filled], np.empty(room)))
        for row in range(count):
            points[filled + row] = line.found[row]
        points[filled : filled + count].sort()
        for row in range(filled, filled + count):
            metres[row] = line.metres[points[row]]
            line.metres[points[row]] = np.inf
        filled += count
        counts[facility - first] = count
        line.n_found[0] = 0
    return counts, points[:filled], metres[:filled]


@kernel
def find_nearest_facility(
    field: SearchState,
    streets: EdgeArrays,
    facilities: tuple[SnapArrays, EdgeRows],
    demand: SnapArrays,
    points: IndexArray,
    metres: FloatArray,
    facility: IndexArray,
) -> None:
    """Write the walk of each of the points to its nearest facility, else `inf`, and which that is, else -1."""
    to_node_m, label, beyond_m = field.metres, field.label, field.beyond_m
    edge_nodes, edge_cost_m, segment_edge, _, factor, from_cost_m, _ = streets
    begins, segment, from_m, to_m, foot_m, aside_m = demand
    _, _, other_from_m, other_to_m, other_foot_m, other_aside_m = facilities[0]
    pointer, rows, owner, other_segment, leaving = facilities[1]
    for point in points:
        best, who = np.inf, -1
        for row in range(begins[point], begins[point + 1]):
            s = segment[row]
            edge = segment_edge[s]
            # Most streets of a point end no nearer than its best walk is long: what follows costs the time.
            one, other = edge_nodes[edge, 0], edge_nodes[edge, 1]
            if (
                (to_node_m[one] >= best)
                & (to_node_m[other] >= best)
                & (label[one] >= who)
                & (label[other] >= who)
                & (pointer[edge] == pointer[edge + 1])
            ):
                continue
            arriving = arriving_walks(
                (factor[s, 0], factor[s, 1]),
                (from_cost_m[s, 0], from_cost_m[s, 1]),
                (foot_m[row], aside_m[row]),
                (from_m[row], to_m[row]),
            )
            for side in range(2):
                node = edge_nodes[edge, side]
                if to_node_m[node] < beyond_m:
                    onward_m = max(edge_cost_m[edge, 1] + arriving[2], 0.0) if side else arriving[0]
                    walk_m = to_node_m[node] + onward_m
                    if walk_m < best or (walk_m == best and label[node] < who):
                        best, who = walk_m, label[node]
            for k in range(pointer[edge], pointer[edge + 1]):
                i = rows[k]
                walk_m = along_one_edge(
                    (other_segment[k], s),
                    (leaving[k, 0], leaving[k, 1], leaving[k, 2], leaving[k, 3]),
                    arriving,
                    (other_foot_m[i], other_aside_m[i], foot_m[row], aside_m[row]),
                    (max(other_from_m[i], from_m[row]), min(other_to_m[i], to_m[row])),
                )
                if walk_m < best or (walk_m == best and owner[k] < who):
                    best, who = walk_m, owner[k]
        metres[point], facility[point] = best, who


@kernel
def search_all(adjacency: Adjacency, streets: EdgeArrays, stands: SnapArrays, reach_m: float) -> SearchState:
    """Search from all points at once: each node's nearest, the lower position of those as near."""
    n_nodes = len(adjacency.pointer) - 1
    field = new_search_state(n_nodes, n_nodes, reach_m)
    run_search(field, adjacency, seeds_of(streets, stands, 0, len(stands.pointer) - 1), field.label)
    return field
