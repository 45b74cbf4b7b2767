"""Bounded shortest paths from street positions to every node within reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.network.compile import map_chunks, thread_count
from planner.network.link_kernels import EdgeArrays, SnapArrays
from planner.network.network import WalkingNetwork
from planner.network.search_kernels import search_points
from planner.network.snapping import SnappedPoints
from planner.network.spatial_index import csr_pointers
from planner.network.walk import FloatArray, IndexArray

SLACK_M = 1e-3
"""Distance searched beyond the limit, so that nodes exactly at it are found; the limit itself is applied later."""

POINTS_AT_LEAST = 16
"""Least number of points for another thread."""


@dataclass(frozen=True, slots=True, eq=False)
class ReachedNodes:
    """Nodes within reach of each point, with their walking distance."""

    point: IndexArray
    node: IndexArray
    """`point`, `node`: The pairs, ordered by point; the nodes of a point in the order of the search, shape
    (rows,)."""
    metres: FloatArray
    """Cost metres from the point to the node, the straight walk to the street included, shape (rows,)."""


def search(network: WalkingNetwork, snaps: SnappedPoints, *, reach_m: float) -> ReachedNodes:
    """Search from every point along the streets, `reach_m` far.

    Parameters
    ----------
    network
        The streets.
    snaps
        Points snapped to them.
    reach_m
        Cost metres, inclusive; the straight walk from the point to the street counts.

    References
    ----------
    .. [1] Dijkstra, E. W. (1959). A note on two problems in connexion with graphs. Numerische Mathematik 1.
    .. [2] Dial, R. B. (1969). Algorithm 360: shortest-path forest with topological ordering. Communications of
       the ACM 12.
    """
    if reach_m < 0 or not len(snaps.point):
        nothing = np.zeros(0, dtype=np.int64)
        return ReachedNodes(nothing, nothing, np.zeros(0))
    streets, stands = edge_arrays_of(network), snap_arrays_of(snaps)
    parts = map_chunks(
        lambda first, last: search_points(network.adjacency, streets, stands, first, last, reach_m + SLACK_M),
        len(snaps.xy),
        # Alone a thread does all at once: its rows are then not copied.
        at_least=POINTS_AT_LEAST if thread_count() > 1 else len(snaps.xy),
    )
    counts, node, metres = (
        part[0] if len(part) == 1 else np.concatenate(part) for part in zip(*parts, strict=True)
    )
    return ReachedNodes(np.repeat(np.arange(len(counts)), counts), node, metres)


def edge_arrays_of(network: WalkingNetwork) -> EdgeArrays:
    """Return the edges and segments of a network for kernels."""
    return EdgeArrays(
        network.edge_nodes,
        network.edge_cost_m,
        network.segment_edge,
        network.segment_m,
        network.segment_cost_factor,
        network.segment_from_cost_m,
        len(network.node_xy),
    )


def snap_arrays_of(snaps: SnappedPoints) -> SnapArrays:
    """Return snapped points for kernels."""
    return SnapArrays(
        csr_pointers(snaps.point, len(snaps.xy)),
        snaps.segment,
        snaps.from_m,
        snaps.to_m,
        snaps.foot_m,
        snaps.aside_m,
    )
