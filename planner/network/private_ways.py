"""Private ways: residents walk out of and into their own compound, and no walk leads through another one.

A walk may begin on private ways and leave them for public streets, and it may end on private ways; a walk that
came from private ways to public streets, or began on public streets, uses private ways only at its end. These are
all walks in a graph of three layers:

- `LEAVING`: private ways, before any public street;
- `PUBLIC`: public streets;
- `ENTERING`: private ways, after the last public street.

Passages lead from a place to the same place in a later layer, never in an earlier one. A walk on private ways
alone stays in one layer. Since the three layers look the same from the other end, results depend neither on the
direction of walking nor on that of the search.

The layers are copies of nodes, edges and segments, so that all searches work on them unchanged: a point that meets
a private way meets both of its copies. A network without private ways has no layers.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planner.network.network import Layers, WalkingNetwork
from planner.network.spatial_index import add_passages, build_adjacency, build_grid

LEAVING, PUBLIC, ENTERING = 0, 1, 2
"""The layers in walking order."""

LAYERS = (LEAVING, PUBLIC, ENTERING)


def layers_before(layer: int) -> tuple[int, ...]:
    """Return the layers from which a walk comes to a place in a layer."""
    return LAYERS[: layer + 1]


def layers_after(layer: int) -> tuple[int, ...]:
    """Return the layers in which a walk goes on from a place in a layer."""
    return LAYERS[layer:]


def with_private_ways(network: WalkingNetwork, is_private: NDArray[np.bool_]) -> WalkingNetwork:
    """Return the network on which private ways are open only to those who live, or go, there.

    Parameters
    ----------
    network
        The streets with their costs, private ways among them.
    is_private
        Whether each edge is private, shape (edges,).

    Returns
    -------
    layered
        The same network if no edge is private. Else private edges as drawn, and the nodes that only they join, are
        in the layer `LEAVING`; behind all that is drawn follow the edges of `ENTERING`, the nodes of `ENTERING`,
        and those of `LEAVING` where private ways join public streets.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from planner.network.network import build_network
    >>> wkt = ["LINESTRING (0 0, 50 0)", "LINESTRING (50 0, 90 0)", "LINESTRING (90 0, 150 0)"]
    >>> lines = gpd.GeoSeries.from_wkt(wkt, crs=32648).to_frame("geometry")
    >>> layered = with_private_ways(build_network(lines), np.array([False, True, False]))
    >>> layered.edge_m.tolist(), layered.layers.edge_layer.tolist()
    ([50.0, 40.0, 60.0, 40.0], [1, 0, 1, 2])
    """
    if not is_private.any():
        return network
    n_nodes, private = len(network.node_xy), np.flatnonzero(is_private)
    on_private, on_public = (np.zeros(n_nodes, dtype=np.bool_) for _ in range(2))
    on_private[network.edge_nodes[is_private].ravel()] = True
    on_public[network.edge_nodes[~is_private].ravel()] = True
    entering, joining = np.flatnonzero(on_private), np.flatnonzero(on_private & on_public)
    of_entering, of_leaving = np.arange(n_nodes), np.arange(n_nodes)
    of_entering[entering] = n_nodes + np.arange(len(entering))
    of_leaving[joining] = n_nodes + len(entering) + np.arange(len(joining))

    edge_nodes = network.edge_nodes.copy()
    edge_nodes[private] = of_leaving[edge_nodes[private]]
    edge_nodes = np.vstack([edge_nodes, of_entering[network.edge_nodes[private]]])
    copied = np.flatnonzero(is_private[network.segment_edge])
    number = np.cumsum(is_private) - 1 + len(network.edge_m)
    edges, segments = (
        np.concatenate([np.arange(n), more])
        for n, more in ((len(network.edge_m), private), (len(network.segment_m), copied))
    )
    node_place = np.concatenate([np.arange(n_nodes), entering, joining])
    edge_cost_m, segment_xy = network.edge_cost_m[edges], network.segment_xy[segments]
    # Where only private ways meet, no passage is needed between leaving and entering.
    leave, enter = (of_leaving[joining], joining), (joining, of_entering[joining])
    passages = np.vstack([np.column_stack(leave), np.column_stack(enter)])
    layer = np.where(is_private, LEAVING, PUBLIC)
    return replace(
        network,
        node_xy=network.node_xy[node_place],
        edge_nodes=edge_nodes,
        edge_m=network.edge_m[edges],
        edge_street=network.edge_street[edges],
        segment_edge=np.concatenate([network.segment_edge, number[network.segment_edge[copied]]]),
        segment_from_m=network.segment_from_m[segments],
        segment_m=network.segment_m[segments],
        segment_xy=segment_xy,
        segment_cost_factor=network.segment_cost_factor[segments],
        segment_from_cost_m=network.segment_from_cost_m[segments],
        edge_cost_m=edge_cost_m,
        edge_piece=network.edge_piece[edges],
        adjacency=add_passages(build_adjacency(edge_nodes, edge_cost_m, len(node_place)), passages),
        grid=build_grid(segment_xy, network.segment_m[segments]),
        layers=Layers(
            network,
            is_private,
            np.concatenate([layer, np.full(len(private), ENTERING)]),
            node_place,
            edges,
            segments,
            passages,
        ),
    )
