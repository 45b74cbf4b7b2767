"""Where to leave the street, as machine code: the best position of a stretch, and the links of points to nodes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from planner.network.compile import kernel
from planner.network.spatial_index import accumulate, shift_pointers
from planner.network.walk import FloatArray, IndexArray


class EdgeArrays(NamedTuple):
    """What kernels need to know of edges and segments; see `WalkingNetwork`."""

    edge_nodes: IndexArray
    edge_cost_m: FloatArray
    segment_edge: IndexArray
    segment_m: FloatArray
    segment_cost_factor: FloatArray
    segment_from_cost_m: FloatArray
    n_nodes: int


class SnapArrays(NamedTuple):
    """What kernels need to know of snapped points: those of point ``p`` are the rows from ``pointer[p]`` on."""

    pointer: IndexArray
    segment: IndexArray
    from_m: FloatArray
    to_m: FloatArray
    foot_m: FloatArray
    aside_m: FloatArray


BestWalks = tuple[float, float, float, float]
"""Along the street: cost metres, and where on the segment; then against it; see `arriving_walks`."""


class NodeLinks(NamedTuple):
    """The shortest walks between points and nodes along one edge each, grouped by the one or the other.

    Attributes
    ----------
    pointer
        Those of group ``g`` are the rows from ``pointer[g]`` to ``pointer[g + 1]``.
    other
        The node, or the point, at the other end, shape (links,).
    metres
        How long, in cost metres, the straight walk included, shape (links,).
    """

    pointer: IndexArray
    other: IndexArray
    metres: FloatArray


class EdgeRows(NamedTuple):
    """EdgeIntervals of snapped points by edge: those of edge ``e`` are the rows from ``pointer[e]`` on.

    Attributes
    ----------
    pointer
        Shape (edges + 1,).
    row, point, segment
        The row of the snapped points, whose it is, and on which segment, shape (rows,).
    best
        The `BestWalks` of each, shape (rows, 4).
    """

    pointer: IndexArray
    row: IndexArray
    point: IndexArray
    segment: IndexArray
    best: FloatArray


@kernel
def nearest_worthwhile(factor: float, foot_m: float, aside_m: float, low: float, high: float) -> float:
    """Return the position ``x`` between two others where ``level · x + |straight walk|`` is least.

    The straight walk leaves the street under the angle whose cosine is `factor`; where the street is not faster
    than open country, as early as possible.
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
    level, from_level_m
        Of the segment, along it and against it; see `WalkingNetwork`.
    place
        Foot and aside of the point; see `SnappedPoints`.
    stretch
        From where to where along the segment.

    Returns
    -------
    walks
        Cost metres from the edge's start along the street to the point, and where on the segment the walk leaves
        the street; the same against the street, from the edge's start too: to be added to the whole edge.
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
        Cost metres along the street, to be added to the whole edge, and where on the segment the walk meets the
        street; the same against the street, to the edge's start.
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

    A walk that leaves the street at a vertex is also found from the segment before that vertex, unless something
    stops the straight walk there by a hair: only then are all vertices to be tried.

    Returns
    -------
    counts
        How many links each point has, shape (points,).
    node, metres
        The nodes and the shortest walks from them, shape (links,).
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
    """Group by their node the links of points that come in `order`."""
    by_node = np.zeros(n_nodes + 1, dtype=np.int64)
    for which in node:
        by_node[which + 1] += 1
    accumulate(by_node)
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
    """Return the stretches of snapped points by edge, those on the edges of the wanted segments only."""
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
    accumulate(pointer)
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

    On different segments each end is best by itself. On the same one, that counts only if the two positions come
    in the order in which they are walked; if not, the best walk in that direction has no length on the street.

    Parameters
    ----------
    segments
        The segment of either stretch.
    leaving, arriving
        As `leaving_walks` and `arriving_walks` give them.
    places
        Foot and aside of either point, where the segment is the same.
    shared
        From where to where the two stretches lie on one another; rising only if they do.
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
    """Return the walk of two points over one position of a stretch shared by both, the best by reflection."""
    foot_one, aside_one, foot_other, aside_other = places
    both = abs(aside_one) + abs(aside_other)
    weight = abs(aside_one) / both if both > 0 else 0.0
    over_m = min(max(foot_one * (1 - weight) + foot_other * weight, shared[0]), shared[1])
    straight_m = np.sqrt((over_m - foot_one) ** 2 + aside_one**2)
    return float(straight_m + np.sqrt((over_m - foot_other) ** 2 + aside_other**2))
