"""Bounded shortest paths from street positions to every node within reach, sparse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from planner.walking.network import WalkingNetwork
from planner.walking.snapping import Doors, Snaps, doors
from planner.walking.walk import FloatArray, IndexArray

CELLS_AT_ONCE = 8_000_000
"""scipy answers in dense rows (points × nodes): so many cells are held at a time."""

SLACK_M = 1e-3
"""Searched beyond the limit so that what lies exactly at it is found; the limit itself is applied later."""


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """The nodes within reach of each point, with their walking distance.

    Attributes
    ----------
    point, node
        The pairs, ordered by point, then node, shape (rows,).
    metres
        The walk from the point to the node, the straight walk to the street included, shape (rows,).
    """

    point: IndexArray
    node: IndexArray
    metres: FloatArray


def search(network: WalkingNetwork, snaps: Snaps, *, reach_m: float) -> Reach:
    """Walk from every point along the streets, `reach_m` far.

    Parameters
    ----------
    network
        The streets.
    snaps
        Where the points meet them.
    reach_m
        How far, metres, inclusive; the straight walk from the point to the street counts.

    Returns
    -------
    reach
        Every node within reach of every point.

    References
    ----------
    .. [1] Dijkstra, E. W. (1959). A note on two problems in connexion with graphs. Numerische Mathematik 1.
    """
    n_nodes, n_points = len(network.node_xy), len(snaps.xy)
    graph = _with_points(network, doors(snaps, network), n_points)
    at_once = max(1, CELLS_AT_ONCE // max(1, n_nodes + n_points))
    points, nodes, metres = [], [], []
    for first in range(0, n_points if reach_m >= 0 else 0, at_once):
        sources = np.arange(first, min(first + at_once, n_points))
        distance = dijkstra(graph, directed=True, indices=n_nodes + sources, limit=reach_m + SLACK_M)
        distance = distance[:, :n_nodes]
        row, node = np.nonzero(np.isfinite(distance))
        points.append(sources[row])
        nodes.append(node)
        metres.append(distance[row, node])
    if not points:
        nothing = np.zeros(0, dtype=np.int64)
        return Reach(nothing, nothing, np.zeros(0))
    return Reach(np.concatenate(points), np.concatenate(nodes), np.concatenate(metres))


def _with_points(network: WalkingNetwork, at: Doors, n_points: int) -> csr_array:
    """Return the street graph with one more node a point, from which only its doors lead out."""
    n_nodes = len(network.node_xy)
    start, end = network.edge_nodes.T
    from_node = np.concatenate([start, end, n_nodes + at.point, n_nodes + at.point])
    to_node = np.concatenate([end, start, start[at.edge], end[at.edge]])
    rest_m = np.maximum(network.edge_m[at.edge] - at.along_m, 0.0)
    metres = np.concatenate([network.edge_m, network.edge_m, at.walk_m + at.along_m, at.walk_m + rest_m])
    size = n_nodes + n_points
    order = np.lexsort((metres, to_node, from_node))
    from_node, to_node, metres = from_node[order], to_node[order], metres[order]
    # Parallel streets: a sparse matrix holds one entry a pair, so the shortest is kept.
    shortest = np.concatenate([[True], (from_node[1:] != from_node[:-1]) | (to_node[1:] != to_node[:-1])])
    shortest = shortest[: len(from_node)]
    from_node, to_node, metres = from_node[shortest], to_node[shortest], metres[shortest]
    pointer = np.concatenate([[0], np.cumsum(np.bincount(from_node, minlength=size))])
    return csr_array((metres, to_node, pointer), shape=(size, size))
