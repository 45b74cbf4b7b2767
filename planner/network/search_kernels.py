"""Kernels: bounded shortest paths by a bucket queue, and the walks from what they reach to the demand points."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from planner.network.compile import ZERO, kernel
from planner.network.link_kernels import (
    EdgeArrays,
    EdgeRows,
    NodeLinks,
    SnapArrays,
    along_one_edge,
    arriving_walks,
    leaving_walks,
)
from planner.network.spatial_index import Adjacency
from planner.network.walk import FloatArray, IndexArray, SmallArray

BUCKET_M = 16.0
"""Width of a bucket. Any width gives the same distances."""

MOST_BUCKETS = 1 << 16

NODE_BITS = np.uint64(32)
NODE = np.uint64((1 << 32) - 1)
"""One half of an entry of a bucket is the node, the other half the next entry."""

ONE = np.uint32(1)

SPARE_ROOM = 1.25
"""Memory reserved over the estimate from the points done so far: growing copies everything."""


class Seeds(NamedTuple):
    """First nodes of walks, their cost metres, and the labels of their points, shape (seeds,)."""

    node: IndexArray
    metres: FloatArray
    label: IndexArray


class SearchState(NamedTuple):
    """State of one search; empty again after it."""

    metres: FloatArray
    """Shortest walk found to each node; `beyond_m` where there is none, shape (nodes,)."""
    label: IndexArray
    """Point that walks it, shape (nodes,); empty where labels are not needed."""
    reached: SmallArray
    n_reached: IndexArray
    """`reached`, `n_reached`: Nodes with a walk in the order of the search, shape (nodes + 1,); their number,
    shape (1,)."""
    head: SmallArray
    """First entry of each bucket, 0 if it is empty, shape (buckets,)."""
    beyond_m: float
    """Least length out of reach."""
    a_metre: float
    """Buckets per metre."""


@kernel
def new_search_state(n_nodes: int, n_labels: int, reach_m: float) -> SearchState:
    """Return an empty state for walks of up to `reach_m`; with labels for all nodes or for none."""
    width_m = max(BUCKET_M, reach_m / MOST_BUCKETS)
    beyond_m = np.nextafter(reach_m, np.inf)
    return SearchState(
        np.full(n_nodes, beyond_m),
        np.full(n_labels, -1, dtype=np.int64),
        np.empty(n_nodes + 1, dtype=np.uint32),
        np.zeros(1, dtype=np.int64),
        np.zeros(int(reach_m / width_m) + 2, dtype=np.uint32),
        beyond_m,
        1 / width_m,
    )


@kernel
def run_search(field: SearchState, adjacency: Adjacency, seeds: Seeds, label: IndexArray | None) -> None:
    """Extend the walks from the seeds until nothing within reach gets shorter.

    `label` is the state's, or None if all seeds belong to one point: its branches are then not compiled.

    A node's walk is replaced by a shorter one, or by an equal one with a lower label, and the node is put into the
    bucket of its new length; its entry in a farther bucket is skipped later. A node is processed again if its walk
    was improved after it left its bucket, which only an edge shorter than the width of a bucket can do. So the
    distances are exact for every width of the buckets.
    """
    # Plain arrays: taking one out of a tuple inside the loop would count references at every step.
    best, reached, head = field.metres, field.reached, field.head
    pointer, to_node, way_m = adjacency.pointer, adjacency.node, adjacency.metres
    beyond_m, a_metre = field.beyond_m, field.a_metre
    count = _enter_seeds(field, seeds, label)
    entries, used = np.empty(1024 + 2 * count, dtype=np.uint64), np.uint32(1)
    for begun in range(count):
        bucket = np.uint32(best[reached[begun]] * a_metre)
        entries[used] = np.uint64(head[bucket]) << NODE_BITS | np.uint64(reached[begun])
        head[bucket] = used
        used += ONE
    for later in range(len(head)):
        bucket = np.uint32(later)
        while head[bucket]:
            entry = entries[head[bucket]]
            head[bucket] = np.uint32(entry >> NODE_BITS)
            node = np.uint32(entry & NODE)
            so_far_m = best[node]
            if np.uint32(so_far_m * a_metre) != bucket:
                continue
            begin, end = pointer[node], pointer[node + ONE]
            if used + (end - begin) > len(entries):
                entries = np.concatenate((entries, np.empty(len(entries) + end - begin, dtype=np.uint64)))
            for way in range(begin, end):
                onward, metres = to_node[way], so_far_m + way_m[way]
                known_m = best[onward]
                if metres < known_m or (label is not None and metres == known_m and label[node] < label[onward]):
                    reached[count] = onward
                    count += np.uint32(known_m == beyond_m)
                    best[onward] = metres
                    if label is not None:
                        label[onward] = label[node]
                    into = np.uint32(metres * a_metre)
                    entries[used] = np.uint64(head[into]) << NODE_BITS | np.uint64(onward)
                    head[into] = used
                    used += ONE
    field.n_reached[0] = count


@kernel
def _enter_seeds(field: SearchState, seeds: Seeds, label: IndexArray | None) -> np.uint32:
    """Enter the nodes where walks begin; return their number."""
    best, reached, count = field.metres, field.reached, np.uint32(0)
    for seed in range(len(seeds.node)):
        node, metres = seeds.node[seed], seeds.metres[seed]
        if metres < best[node] or (label is not None and metres == best[node] and seeds.label[seed] < label[node]):
            reached[count] = node
            count += np.uint32(best[node] == field.beyond_m)
            best[node] = metres
            if label is not None:
                label[node] = seeds.label[seed]
    return count


@kernel
def seeds_of(streets: EdgeArrays, stands: SnapArrays, first: int, last: int) -> Seeds:
    """Return the walks of points to both ends of every edge within straight reach."""
    edge_nodes, edge_cost_m, segment_edge, _, factor, from_cost_m, _ = streets
    pointer, segment, from_m, to_m, foot_m, aside_m = stands
    size = 2 * (pointer[last] - pointer[first])
    node, metres, label = np.empty(size, dtype=np.int64), np.empty(size), np.empty(size, dtype=np.int64)
    count = 0
    for point in range(first, last):
        for row in range(pointer[point], pointer[point + 1]):
            s = segment[row]
            edge = segment_edge[s]
            ahead_m, _, back_m, _ = leaving_walks(
                (factor[s, 0], factor[s, 1]),
                (from_cost_m[s, 0], from_cost_m[s, 1]),
                (foot_m[row], aside_m[row]),
                (from_m[row], to_m[row]),
            )
            node[count], metres[count], label[count] = edge_nodes[edge, 0], back_m, point
            rest_m = max(edge_cost_m[edge, 0] + ahead_m, 0.0)
            node[count + 1], metres[count + 1], label[count + 1] = edge_nodes[edge, 1], rest_m, point
            count += 2
    return Seeds(node, metres, label)


@kernel
def clear_search(field: SearchState) -> None:
    """Empty the state by touching only what was reached."""
    best, reached, beyond_m = field.metres, field.reached, field.beyond_m
    for row in range(field.n_reached[0]):
        best[reached[row]] = beyond_m
    field.n_reached[0] = 0


@kernel
def search_points(
    adjacency: Adjacency, streets: EdgeArrays, stands: SnapArrays, first: int, last: int, reach_m: float
) -> tuple[IndexArray, IndexArray, FloatArray]:
    """Search from each point by itself: number of nodes reached, nodes, and their distances."""
    field = new_search_state(len(adjacency.pointer) - 1, ZERO, reach_m)
    best, reached = field.metres, field.reached
    counts = np.zeros(last - first, dtype=np.int64)
    nodes, metres, filled = np.empty(1024, dtype=np.int64), np.empty(1024), 0
    for point in range(first, last):
        run_search(field, adjacency, seeds_of(streets, stands, point, point + 1), None)
        count = field.n_reached[0]
        if filled + count > len(nodes):
            room = room_for(filled + count, point + 1 - first, last - first)
            nodes = np.concatenate((nodes[:filled], np.empty(room - filled, dtype=np.int64)))
            metres = np.concatenate((metres[:filled], np.empty(room - filled)))
        for row in range(count):
            node = reached[row]
            nodes[filled + row] = node
            metres[filled + row] = best[node]
        filled += count
        counts[point - first] = count
        clear_search(field)
    return counts, nodes[:filled], metres[:filled]


@kernel
def room_for(rows: int, done: int, total: int) -> int:
    """Return the number of rows to reserve, estimated from the points done; unused memory costs nothing."""
    return 1024 + int(SPARE_ROOM * rows * (total / done))


class ReachedPoints(NamedTuple):
    """Walks from one facility to the demand points, `inf` where there is none, and the points with a walk."""

    metres: FloatArray
    reached: IndexArray
    n_reached: IndexArray


@kernel
def reach_through_nodes(line: ReachedPoints, field: SearchState, links: NodeLinks, reach_m: float) -> None:
    """Extend the walks from every node that was reached to the points linked to it."""
    metres, reached, count = line.metres, line.reached, line.n_reached[0]
    # Plain arrays: taking one out of a tuple inside the loop would count references at every step.
    best, nodes = field.metres, field.reached
    pointer, linked, link_m = links
    for which in range(field.n_reached[0]):
        node = nodes[which]
        so_far_m = best[node]
        for k in range(pointer[node], pointer[node + 1]):
            walk_m = so_far_m + link_m[k]
            point = linked[k]
            if walk_m <= reach_m and walk_m < metres[point]:
                reached[count] = point
                count += metres[point] == np.inf
                metres[point] = walk_m
    line.n_reached[0] = count


@kernel
def reach_along_edges(
    line: ReachedPoints,
    streets: EdgeArrays,
    facilities: SnapArrays,
    facility: int,
    demand: tuple[SnapArrays, EdgeRows],
    reach_m: float,
) -> None:
    """Add the walks along one edge from stretch to stretch, or over one position within reach of both."""
    metres, reached, count = line.metres, line.reached, line.n_reached[0]
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
                reached[count] = point
                count += metres[point] == np.inf
                metres[point] = walk_m
    line.n_reached[0] = count


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
    """Search from each facility: number of demand points reached, points (rising), and their distances."""
    stands, rows, links = demand
    n_demand = len(stands.pointer) - 1
    field = new_search_state(len(adjacency.pointer) - 1, ZERO, reach_m)
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
        count = line.n_reached[0]
        if filled + count > len(points):
            room = room_for(filled + count, facility + 1 - first, last - first) - filled
            points = np.concatenate((points[:filled], np.empty(room, dtype=np.int64)))
            metres = np.concatenate((metres[:filled], np.empty(room)))
        for row in range(count):
            points[filled + row] = line.reached[row]
        points[filled : filled + count].sort()
        for row in range(filled, filled + count):
            metres[row] = line.metres[points[row]]
            line.metres[points[row]] = np.inf
        filled += count
        counts[facility - first] = count
        line.n_reached[0] = 0
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
    """Write the walk of each point to its nearest facility, else `inf`, and the facility, else -1."""
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
            # Most streets of a point end no nearer than its best walk is long: skip the expensive part.
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
    """Search from all points at once: nearest point of each node, of equal ones the lower position."""
    n_nodes = len(adjacency.pointer) - 1
    field = new_search_state(n_nodes, n_nodes, reach_m)
    run_search(field, adjacency, seeds_of(streets, stands, ZERO, len(stands.pointer) - 1), field.label)
    return field
