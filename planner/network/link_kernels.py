"""Kernels: the best position to leave a street, and the links between snapped points and nodes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from planner.network.compile import kernel
from planner.network.spatial_index import accumulate_counts, shift_pointers
from planner.network.walk import FloatArray, IndexArray


class EdgeArrays(NamedTuple):
    """Edges and segments for kernels; see `WalkingNetwork`."""

    edge_nodes: IndexArray
    edge_cost_m: FloatArray
    segment_edge: IndexArray
    segment_m: FloatArray
    segment_cost_factor: FloatArray
    segment_from_cost_m: FloatArray
    n_nodes: int


class SnapArrays(NamedTuple):
    """Snapped points for kernels: the rows of point ``p`` begin at ``pointer[p]``; see `SnappedPoints`."""

    pointer: IndexArray
    segment: IndexArray
    from_m: FloatArray
    to_m: FloatArray
    foot_m: FloatArray
    aside_m: FloatArray


BestWalks = tuple[float, float, float, float]
"""Along the street: cost metres and position on the segment; then against it; see `arriving_walks`."""


class NodeLinks(NamedTuple):
    """Shortest walks between points and nodes along one edge each, grouped by one of the two."""

    pointer: IndexArray
    """The links of group ``g`` are the rows from ``pointer[g]`` to ``pointer[g + 1]``."""
    other: IndexArray
    """Node or point at the other end, shape (links,)."""
    metres: FloatArray
    """Cost metres, the straight walk included, shape (links,)."""


class EdgeRows(NamedTuple):
    """Stretches of snapped points by edge: those of edge ``e`` begin at ``pointer[e]``."""

    pointer: IndexArray
    """Shape (edges + 1,)."""
    row: IndexArray
    point: IndexArray
    segment: IndexArray
    """`row`, `point`, `segment`: Row of the snapped points, its point and its segment, shape (rows,)."""
    best: FloatArray
    """The `BestWalks` of each, shape (rows, 4)."""


@kernel
def nearest_worthwhile(factor: float, foot_m: float, aside_m: float, low: float, high: float) -> float:
    """Return the position ``x`` between `low` and `high` where ``factor · x + |straight walk|`` is least.

    The straight walk leaves the street at the angle whose cosine is `factor`; where the street is not faster than
    open ground, as early as possible.
    """
    if factor >= 1:
        return low
    early_m = abs(aside_m) * factor / np.sqrt(1 - factor * factor)
    return float(min(max(foot_m - early_m, low), high))


@kernel
def arriving_walks(
    factor: tuple[float, float],
    from_cost_m: tuple[float, float],
    place: tuple[float, float],
    stretch: tuple[float, float],
) -> BestWalks:
    """Return the best walks along an edge to a point, by a stretch of one segment.

    Parameters
    ----------
    factor, from_cost_m
        Of the segment, along and against it; see `WalkingNetwork`.
    place
        Foot and aside of the point; see `SnappedPoints`.
    stretch
        Start and end along the segment.

    Returns
    -------
    walks
        Cost metres from the start of the edge along the street to the point, and the position on the segment where
        the walk leaves the street; the same against the street, also from the start: to be added to the whole
        edge.
    """
    foot, aside = place
    low, high = stretch
    ahead_at = nearest_worthwhile(factor[0], foot, aside, low, high)
    ahead_m = from_cost_m[0] + factor[0] * ahead_at + np.sqrt((ahead_at - foot) ** 2 + aside**2)
    back_at = -nearest_worthwhile(factor[1], -foot, aside, -high, -low)
    back_m = np.sqrt((back_at - foot) ** 2 + aside**2) - (from_cost_m[1] + factor[1] * back_at)
    return ahead_m, ahead_at, back_m, back_at


@kernel
def leaving_walks(
    factor: tuple[float, float],
    from_cost_m: tuple[float, float],
    place: tuple[float, float],
    stretch: tuple[float, float],
) -> BestWalks:
    """Return the best walks from a point along an edge: the arriving ones, seen from the other end.

    Returns
    -------
    walks
        Cost metres along the street, to be added to the whole edge, and the position on the segment where the walk
        meets the street; the same against the street, to the start of the edge.
    """
    back_m, back_at, ahead_m, ahead_at = arriving_walks(
        (factor[1], factor[0]), (from_cost_m[1], from_cost_m[0]), place, stretch
    )
    return ahead_m, ahead_at, back_m, back_at


@kernel
def link_points(
    streets: EdgeArrays, stands: SnapArrays, order: IndexArray, first: int, last: int, *, all_vertices: bool
) -> tuple[IndexArray, IndexArray, FloatArray]:
    """Link the points from `first` to `last` in `order` to the nodes from which walks arrive at them.

    A walk that leaves the street at a vertex is also found from the segment before that vertex, unless a barrier
    stops the straight walk just there: only then all vertices are tried.

    Returns
    -------
    counts
        Number of links of each point, shape (points,).
    node, metres
        Nodes and the shortest walks from them, shape (links,).
    """
    counts = np.zeros(last - first, dtype=np.int64)
    node, metres, used = np.empty(8 * (last - first) + 64, dtype=np.int64), np.empty(8 * (last - first) + 64), 0
    slot = np.full(streets.n_nodes, -1, dtype=np.int64)
    edge_nodes, edge_cost_m, segment_edge, segment_m, factor, from_cost_m, _ = streets
    pointer, segment, from_m, to_m, foot_m, aside_m = stands
    for i in range(first, last):
        point, begin = order[i], used
        for row in range(pointer[point], pointer[point + 1]):
            s = segment[row]
            edge = segment_edge[s]
            ahead_m, ahead_at, back_m, back_at = arriving_walks(
                (factor[s, 0], factor[s, 1]),
                (from_cost_m[s, 0], from_cost_m[s, 1]),
                (foot_m[row], aside_m[row]),
                (from_m[row], to_m[row]),
            )
            if used + 2 > len(node):
                node = np.concatenate((node, np.empty(len(node), dtype=np.int64)))
                metres = np.concatenate((metres, np.empty(len(metres))))
            for side in range(2):
                if not all_vertices and (back_at >= segment_m[s] if side else ahead_at <= 0):
                    continue
                walk_m = max(edge_cost_m[edge, 1] + back_m, 0.0) if side else ahead_m
                from_node = edge_nodes[edge, side]
                place = slot[from_node]
                if place >= begin:
                    metres[place] = min(metres[place], walk_m)
                else:
                    slot[from_node] = used
                    node[used], metres[used] = from_node, walk_m
                    used += 1
        counts[i - first] = used - begin
    return counts, node[:used], metres[:used]


@kernel
def links_by_node(
    order: IndexArray, counts: IndexArray, node: IndexArray, metres: FloatArray, n_nodes: int
) -> NodeLinks:
    """Group links of points, given in `order`, by their node."""
    by_node = np.zeros(n_nodes + 1, dtype=np.int64)
    for which in node:
        by_node[which + 1] += 1
    accumulate_counts(by_node)
    point, walk_m = np.empty(len(node), dtype=np.int64), np.empty(len(node))
    k = 0
    for i in range(len(counts)):
        for _ in range(counts[i]):
            place = by_node[node[k]]
            point[place], walk_m[place] = order[i], metres[k]
            by_node[node[k]] += 1
            k += 1
    shift_pointers(by_node)
    return NodeLinks(by_node, point, walk_m)


@kernel
def rows_by_edge(streets: EdgeArrays, stands: SnapArrays, wanted: IndexArray, *, arriving: bool) -> EdgeRows:
    """Return the stretches of snapped points by edge, only those on the edges of the segments in question."""
    segment_edge, factor, from_cost_m = (
        streets.segment_edge,
        streets.segment_cost_factor,
        streets.segment_from_cost_m,
    )
    n_edges = len(streets.edge_cost_m)
    is_wanted = np.zeros(n_edges, dtype=np.bool_)
    for s in wanted:
        is_wanted[segment_edge[s]] = True
    pointer = np.zeros(n_edges + 1, dtype=np.int64)
    for s in stands.segment:
        if is_wanted[segment_edge[s]]:
            pointer[segment_edge[s] + 1] += 1
    accumulate_counts(pointer)
    count = pointer[-1]
    rows, point, segment = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    best = np.empty((count, 4))
    begins, on_segment, from_m, to_m, foot_m, aside_m = stands
    for p in range(len(begins) - 1):
        for row in range(begins[p], begins[p + 1]):
            s = on_segment[row]
            edge = segment_edge[s]
            if is_wanted[edge]:
                place = pointer[edge]
                rows[place], point[place], segment[place] = row, p, s
                factors, begin_m = (factor[s, 0], factor[s, 1]), (from_cost_m[s, 0], from_cost_m[s, 1])
                stand, stretch = (foot_m[row], aside_m[row]), (from_m[row], to_m[row])
                walks = leaving_walks(factors, begin_m, stand, stretch)
                if arriving:
                    walks = arriving_walks(factors, begin_m, stand, stretch)
                best[place, 0], best[place, 1], best[place, 2], best[place, 3] = walks
                pointer[edge] += 1
    shift_pointers(pointer)
    return EdgeRows(pointer, rows, point, segment, best)


@kernel
def along_one_edge(
    segments: tuple[int, int],
    leaving: BestWalks,
    arriving: BestWalks,
    places: tuple[float, float, float, float],
    shared: tuple[float, float],
) -> float:
    """Return the shortest walk between two points by a stretch of each, both on one edge.

    On different segments each end is best by itself. On the same segment that holds only if the two positions come
    in the order of the walk; if not, the best walk in that direction has no length on the street.

    Parameters
    ----------
    segments
        Segment of each stretch.
    leaving, arriving
        From `leaving_walks` and `arriving_walks`.
    places
        Foot and aside of each point, where the segment is the same.
    shared
        Overlap of the two stretches; rising only if there is one.
    """
    if segments[0] < segments[1]:
        return leaving[0] + arriving[0]
    if segments[0] > segments[1]:
        return leaving[2] + arriving[2]
    ahead = leaving[0] + arriving[0] if leaving[1] <= arriving[1] else np.inf
    back = leaving[2] + arriving[2] if leaving[3] >= arriving[3] else np.inf
    walk_m = min(ahead, back)
    if max(ahead, back) == np.inf and shared[0] <= shared[1]:
        walk_m = min(walk_m, over_one_position(places, shared))
    return max(walk_m, 0.0)


@kernel
def over_one_position(places: tuple[float, float, float, float], shared: tuple[float, float]) -> float:
    """Return the walk of two points over one position of a shared stretch, the best by reflection."""
    foot_one, aside_one, foot_other, aside_other = places
    both = abs(aside_one) + abs(aside_other)
    weight = abs(aside_one) / both if both > 0 else 0.0
    over_m = min(max(foot_one * (1 - weight) + foot_other * weight, shared[0]), shared[1])
    straight_m = np.sqrt((over_m - foot_one) ** 2 + aside_one**2)
    return float(straight_m + np.sqrt((over_m - foot_other) ** 2 + aside_other**2))
