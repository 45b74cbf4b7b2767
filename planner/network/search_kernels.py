"""Bounded shortest paths as machine code: a bucket queue over the ways out of every node."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from planner.network.compile import kernel
from planner.network.link_kernels import EdgeArrays, SnapArrays, leaving_walks
from planner.network.spatial_index import Adjacency
from planner.network.walk import FloatArray, IndexArray, SmallArray

BUCKET_M = 16.0
"""Nodes whose walks differ by less than this wait in one bucket. Any width gives the same distances."""

MOST_BUCKETS = 1 << 16

NODE_BITS = np.uint64(32)
NODE = np.uint64((1 << 32) - 1)
"""Half of an entry of a bucket is the node, the other half the entry after it."""

ONE = np.uint32(1)

SPARE_ROOM = 1.25
"""How much more room is made than the points done so far let expect: growing copies all that there is."""


class Seeds(NamedTuple):
    """Walks to begin with: to which nodes, how long, and whose, shape (seeds,)."""

    node: IndexArray
    metres: FloatArray
    label: IndexArray


class SearchState(NamedTuple):
    """The state of one search; empty again after it.

    Attributes
    ----------
    metres
        The shortest walk found to each node; where none was, `beyond_m`, shape (nodes,).
    label
        Who walks it, shape (nodes,); of no length where nobody is to be told apart.
    found, n_found
        The nodes with a walk in the order in which they were found, shape (nodes + 1,); how many, shape (1,).
    head
        The first entry of each bucket, 0 if it is empty, shape (buckets,).
    beyond_m
        The least length that is out of reach.
    a_metre
        Buckets a metre.
    """

    metres: FloatArray
    label: IndexArray
    found: SmallArray
    n_found: IndexArray
    head: SmallArray
    beyond_m: float
    a_metre: float


@kernel
def new_search_state(n_nodes: int, n_labels: int, reach_m: float) -> SearchState:
    """Return an empty field for walks of up to `reach_m`; with labels for all nodes or for none."""
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
    """Walk on from the seeds until nothing within reach gets shorter.

    `label` is the field's, or None where all seeds are one walker's: what it asks is then not compiled at all.

    A node's walk is replaced by a shorter one, or by one as short with a lower label, and the node put into the
    bucket of its new length; an entry of it in a farther bucket stays there and is passed over. A node is walked
    on from again if its walk was improved after it left its bucket, which only a street shorter than a bucket is
    wide can do. So the distances are exact for every width of the buckets.
    """
    # Plain arrays: taking one out of a tuple inside the loop would count references at every step.
    best, found, head = field.metres, field.found, field.head
    pointer, to_node, way_m = adjacency.pointer, adjacency.node, adjacency.metres
    beyond_m, a_metre = field.beyond_m, field.a_metre
    count = _sow(field, seeds, label)
    entries, used = np.empty(1024 + 2 * count, dtype=np.uint64), np.uint32(1)
    for begun in range(count):
        bucket = np.uint32(best[found[begun]] * a_metre)
        entries[used] = np.uint64(head[bucket]) << NODE_BITS | np.uint64(found[begun])
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
                    found[count] = onward
                    count += np.uint32(known_m == beyond_m)
                    best[onward] = metres
                    if label is not None:
                        label[onward] = label[node]
                    into = np.uint32(metres * a_metre)
                    entries[used] = np.uint64(head[into]) << NODE_BITS | np.uint64(onward)
                    head[into] = used
                    used += ONE
    field.n_found[0] = count


@kernel
def _sow(field: SearchState, seeds: Seeds, label: IndexArray | None) -> np.uint32:
    """Note the nodes where walks begin; return how many there are."""
    best, found, count = field.metres, field.found, np.uint32(0)
    for seed in range(len(seeds.node)):
        node, metres = seeds.node[seed], seeds.metres[seed]
        if metres < best[node] or (label is not None and metres == best[node] and seeds.label[seed] < label[node]):
            found[count] = node
            count += np.uint32(best[node] == field.beyond_m)
            best[node] = metres
            if label is not None:
                label[node] = seeds.label[seed]
    return count


@kernel
def seeds_of(streets: EdgeArrays, stands: SnapArrays, first: int, last: int) -> Seeds:
    """Return the walks of points to both ends of every edge that they reach straight."""
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
    """Empty the field: only what was found is touched."""
    best, found, beyond_m = field.metres, field.found, field.beyond_m
    for row in range(field.n_found[0]):
        best[found[row]] = beyond_m
    field.n_found[0] = 0


@kernel
def search_points(
    adjacency: Adjacency, streets: EdgeArrays, stands: SnapArrays, first: int, last: int, reach_m: float
) -> tuple[IndexArray, IndexArray, FloatArray]:
    """Search from each of the points alone: how many nodes each reaches, which, and how far they are."""
    field = new_search_state(len(adjacency.pointer) - 1, 0, reach_m)
    best, found = field.metres, field.found
    counts = np.zeros(last - first, dtype=np.int64)
    nodes, metres, filled = np.empty(1024, dtype=np.int64), np.empty(1024), 0
    for point in range(first, last):
        run_search(field, adjacency, seeds_of(streets, stands, point, point + 1), None)
        count = field.n_found[0]
        if filled + count > len(nodes):
            room = room_for(filled + count, point + 1 - first, last - first)
            nodes = np.concatenate((nodes[:filled], np.empty(room - filled, dtype=np.int64)))
            metres = np.concatenate((metres[:filled], np.empty(room - filled)))
        for row in range(count):
            node = found[row]
            nodes[filled + row] = node
            metres[filled + row] = best[node]
        filled += count
        counts[point - first] = count
        clear_search(field)
    return counts, nodes[:filled], metres[:filled]


@kernel
def room_for(rows: int, done: int, total: int) -> int:
    """Return for how many rows to make room, by those of the points that are done; unused room costs nothing."""
    return 1024 + int(SPARE_ROOM * rows * (total / done))
