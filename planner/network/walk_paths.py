"""The streets that a walk follows: the line from a place to each of several others, as long as the engine says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.network.network import WalkingNetwork
from planner.network.snapping import SnappedPoints
from planner.network.walk import FloatArray, IndexArray, WalkSettings

STRAIGHT_M = 1e-6
SAME_M = 0.01
"""A line is that of the walk if its cost differs by no more from the walk that the engine has found, metres."""


@dataclass(frozen=True, slots=True, eq=False)
class _Access:
    """Where the straight walks of points meet the streets: point, edge, metres along it, costs to its two ends.

    `along` is the cost of walking from the start of the edge to here, `back` that of walking back to the start.
    """

    point: IndexArray
    edge: IndexArray
    at_m: FloatArray
    straight_m: FloatArray
    along: FloatArray
    back: FloatArray

    @classmethod
    def of(cls, snaps: SnappedPoints, network: WalkingNetwork) -> _Access:
        rows = np.concatenate([np.arange(len(snaps.point))] * 2)
        on_m, segment = np.concatenate([snaps.from_m, snaps.to_m]), snaps.segment[rows]
        cost = network.segment_from_cost_m[segment] + on_m[:, None] * network.segment_cost_factor[segment]
        return cls(
            point=snaps.point[rows],
            edge=network.segment_edge[segment],
            at_m=network.segment_from_m[segment] + on_m,
            straight_m=np.hypot(on_m - snaps.foot_m[rows], snaps.aside_m[rows]),
            along=cost[:, 0],
            back=cost[:, 1],
        )


def walk_lines(
    network: WalkingNetwork, starts: SnappedPoints, end: SnappedPoints, minutes: FloatArray, walk: WalkSettings
) -> NDArray[np.object_]:
    """Return the line of the shortest walk from each of several points to one.

    Parameters
    ----------
    network
        The streets.
    starts, end
        Points snapped to them, and one.
    minutes
        The walk from each start to the end, as `travel_times` has it; `inf` where there is none, shape (starts,).
    walk
        Speed and access.

    Returns
    -------
    lines
        LineStrings from start to end; None where there is no walk, or the engine's is of another form (it leaves a
        street and joins another one in the middle, or passes a layer of private ways), shape (starts,).

    Examples
    --------
    >>> import geopandas as gpd
    >>> from planner.network.network import build_network
    >>> from planner.network.walker import Walker
    >>> road = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 300 0, 300 300)"], crs=32648).to_frame("geometry")
    >>> walker = Walker(build_network(road), WalkSettings(speed_kmh=3.6, access_m=10.0))
    >>> school, home = walker.snap(np.array([[0.0, 5.0]])), walker.snap(np.array([[300.0, 300.0]]))
    >>> minutes = walker.time_matrix(school, home, within_min=15.0)[:, 0]
    >>> [line.wkt for line in walk_lines(walker.network, school, home, minutes, walker.walk)]
    ['LINESTRING (0 5, 8.660254037844387 0, 300 0, 300 300)']
    """
    lines: NDArray[np.object_] = np.full(len(starts.xy), None, dtype=object)
    first, last = _Access.of(starts, network), _Access.of(end, network)
    if not len(first.point) or not len(last.point):
        return lines
    metres, previous, by = _search_back(network, last)
    nodes, edge_cost = network.edge_nodes[first.edge], network.edge_cost_m[first.edge]
    through = np.column_stack(
        [metres[nodes[:, 0]] + first.back, metres[nodes[:, 1]] + edge_cost[:, 0] - first.along]
    )
    through += first.straight_m[:, None]
    for start in np.flatnonzero(np.isfinite(minutes)):
        rows = np.flatnonzero(first.point == start)
        if not len(rows):
            continue
        wanted = walk.metres(minutes[start])
        row, side = np.unravel_index(int(through[rows].argmin()), (len(rows), 2))
        best, parts = float(through[rows][row, side]), None
        beside = _beside(first, last, rows)
        if beside is not None and beside[0] <= best:
            best, parts = beside[0], [_stretch(network, *beside[1:])]
        touching = _touching(network, starts, end, int(start))
        if touching is not None and touching[0] < best:
            best, parts = touching[0], [touching[1]]
        if abs(best - wanted) > SAME_M:
            continue
        if parts is None:
            entry, node = int(rows[row]), int(nodes[rows[row], side])
            edge = int(first.edge[entry])
            parts = [_stretch(network, edge, first.at_m[entry], network.edge_m[edge] * side)]
            parts += _follow(network, node, previous, by, last)
        xy = np.vstack([starts.xy[start], *parts, end.xy[0]])
        lines[start] = shapely.LineString(xy).simplify(STRAIGHT_M)
    return lines


def _search_back(network: WalkingNetwork, last: _Access) -> tuple[FloatArray, IndexArray, IndexArray]:
    """Return the cost from each node to the end, the next node (count + access row at the end), and its edge."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    count, rows = len(network.node_xy), np.arange(len(last.edge))
    ends, cost, each = network.edge_nodes, network.edge_cost_m, np.arange(len(network.edge_m))
    of = ends[last.edge]
    # Turned round: from the end to each access point, on to the ends of its edge, and along the streets.
    finish = count + len(rows)
    begins = [np.full(len(rows), finish), count + rows, count + rows, ends[:, 1], ends[:, 0]]
    goes = [count + rows, of[:, 0], of[:, 1], ends[:, 0], ends[:, 1]]
    weights = [
        *(last.straight_m, last.along, network.edge_cost_m[last.edge, 1] - last.back),
        *(cost[:, 0], cost[:, 1]),
    ]
    edges = [np.full(len(rows), -1), last.edge, last.edge, each, each]
    if network.layers is not None:
        passages = network.layers.passages
        begins, goes = [*begins, passages[:, 1]], [*goes, passages[:, 0]]
        weights, edges = [*weights, np.zeros(len(passages))], [*edges, np.full(len(passages), -1)]
    begin, go, weight, edge = (np.concatenate(part) for part in (begins, goes, weights, edges))
    order = np.lexsort((edge, weight, go, begin))
    kept = order[np.concatenate([[True], np.diff(begin[order] * (finish + 1) + go[order]) != 0])]
    begin, go, weight, edge = begin[kept], go[kept], np.maximum(weight[kept], 1e-12), edge[kept]
    graph = coo_array((weight, (begin, go)), shape=(finish + 1, finish + 1)).tocsr()
    metres, previous = (found[0] for found in dijkstra(graph, indices=[finish], return_predecessors=True))
    key = begin * (finish + 1) + go
    by = np.full(finish + 1, -1, dtype=np.int64)
    reached = np.flatnonzero(previous >= 0)
    by[reached] = edge[np.searchsorted(key, previous[reached].astype(np.int64) * (finish + 1) + reached)]
    return np.asarray(metres, dtype=np.float64), np.asarray(previous, dtype=np.int64), by


def _beside(first: _Access, last: _Access, rows: IndexArray) -> tuple[float, int, float, float] | None:
    """Return the best walk that stays on one edge: cost, edge, metres along it at both ends."""
    best: tuple[float, int, float, float] | None = None
    for row in rows:
        for other in np.flatnonzero(last.edge == first.edge[row]):
            ahead = last.at_m[other] >= first.at_m[row]
            between = last.along[other] - first.along[row] if ahead else first.back[row] - last.back[other]
            cost = float(first.straight_m[row] + between + last.straight_m[other])
            if best is None or cost < best[0]:
                best = cost, int(first.edge[row]), float(first.at_m[row]), float(last.at_m[other])
    return best


def _touching(
    network: WalkingNetwork, starts: SnappedPoints, end: SnappedPoints, start: int
) -> tuple[float, FloatArray] | None:
    """Return the best walk straight to a street and straight off it at the same position: metres, position."""
    best: tuple[float, FloatArray] | None = None
    for row in np.flatnonzero(starts.point == start):
        for other in np.flatnonzero(end.segment == starts.segment[row]):
            low, high = max(starts.from_m[row], end.from_m[other]), min(starts.to_m[row], end.to_m[other])
            if low > high:
                continue
            near, far = abs(starts.aside_m[row]), abs(end.aside_m[other])
            share = near / (near + far) if near + far > 0 else 0.0
            # As light is mirrored by the street.
            at = np.clip(starts.foot_m[row] + (end.foot_m[other] - starts.foot_m[row]) * share, low, high)
            metres = float(np.hypot(at - starts.foot_m[row], near) + np.hypot(at - end.foot_m[other], far))
            if best is None or metres < best[0]:
                x, y, x_end, y_end = network.segment_xy[starts.segment[row]]
                along = at / network.segment_m[starts.segment[row]]
                best = metres, np.array([[x + (x_end - x) * along, y + (y_end - y) * along]])
    return best


def _follow(
    network: WalkingNetwork, node: int, previous: IndexArray, by: IndexArray, last: _Access
) -> list[FloatArray]:
    """Return the stretches from a node to the access point of the end."""
    parts, count = [], len(network.node_xy)
    while node < count:
        then, edge = int(previous[node]), int(by[node])
        if edge >= 0:
            from_m = 0.0 if network.edge_nodes[edge, 0] == node else float(network.edge_m[edge])
            if then >= count:
                to_m = float(last.at_m[then - count])
                if network.edge_nodes[edge, 0] == network.edge_nodes[edge, 1]:  # a loop: the shorter way round
                    ahead = last.along[then - count] <= network.edge_cost_m[edge, 1] - last.back[then - count]
                    from_m = 0.0 if ahead else float(network.edge_m[edge])
            else:
                to_m = float(network.edge_m[edge]) - from_m
            parts.append(_stretch(network, edge, from_m, to_m))
        node = then
    return parts


def _stretch(network: WalkingNetwork, edge: int, from_m: float, to_m: float) -> FloatArray:
    """Return the vertices of an edge between two distances along it, in that order."""
    first, behind = np.searchsorted(network.segment_edge, [edge, edge + 1])
    at = np.append(network.segment_from_m[first:behind], network.edge_m[edge])
    xy = np.vstack([network.segment_xy[first:behind, :2], network.segment_xy[behind - 1, 2:]])
    low, high = min(from_m, to_m), max(from_m, to_m)
    inside = (at > low) & (at < high)
    along = np.concatenate([[low], at[inside], [high]])
    places = np.column_stack([np.interp(along, at, xy[:, axis]) for axis in range(2)])
    return places[::-1] if from_m > to_m else places
