"""The planner's network in the forms that its peers understand: the same nodes, edges and lengths for everyone."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from planner.network.network import WalkingNetwork
from planner.network.walk import FloatArray, IndexArray


def is_installed(name: str) -> bool:
    """Tell whether a peer is there."""
    return find_spec(name) is not None


def matrix(network: WalkingNetwork) -> csr_array:
    """Return scipy's form; of parallel edges the shortest, since a sparse matrix holds one entry a pair."""
    begin, end, metres = _arcs(network)
    size = len(network.node_xy)
    pointer = np.concatenate([[0], np.cumsum(np.bincount(begin, minlength=size))])
    return csr_array((metres, end, pointer), shape=(size, size))


def pandana_network(network: WalkingNetwork) -> Any:  # noqa: ANN401 -- pandana may not be installed
    """Return pandana's form."""
    import pandana
    import pandas as pd

    begin, end, metres = _arcs(network)
    once = begin < end
    x, y = network.node_xy.T
    lengths = pd.DataFrame({"metres": metres[once]})
    return pandana.Network(pd.Series(x), pd.Series(y), pd.Series(begin[once]), pd.Series(end[once]), lengths)


def simple_graph(network: WalkingNetwork) -> Any:  # noqa: ANN401 -- networkx has no types
    """Return networkx's plain form."""
    import networkx as nx

    begin, end, metres = _arcs(network)
    graph = nx.Graph()
    graph.add_nodes_from(range(len(network.node_xy)))
    graph.add_weighted_edges_from(zip(begin.tolist(), end.tolist(), metres.tolist(), strict=True), weight="length")
    return graph


def osmnx_graph(network: WalkingNetwork) -> Any:  # noqa: ANN401 -- networkx has no types
    """Return the form of OSMnx: parallel edges in both directions, each with its length and its line."""
    import networkx as nx

    graph = nx.MultiDiGraph(crs=network.crs)
    for node, (x, y) in enumerate(network.node_xy.tolist()):
        graph.add_node(node, x=x, y=y)
    edges = zip(network.edge_nodes.tolist(), network.edge_m.tolist(), network.edge_lines(), strict=True)
    for (begin, end), metres, line in edges:
        graph.add_edge(begin, end, length=metres, geometry=line)
        graph.add_edge(end, begin, length=metres, geometry=line.reverse())
    return graph


def _arcs(network: WalkingNetwork) -> tuple[IndexArray, IndexArray, FloatArray]:
    """Return begin, end and metres in both directions, in order, the shortest of each pair, without loops."""
    one, other = network.edge_nodes.T
    begin, end = np.concatenate([one, other]), np.concatenate([other, one])
    metres = np.tile(network.edge_m, 2)
    order = np.lexsort((metres, end, begin))
    begin, end, metres = begin[order], end[order], metres[order]
    first = np.concatenate([[True], (begin[1:] != begin[:-1]) | (end[1:] != end[:-1])])[: len(begin)]
    keep = first & (begin != end)
    return begin[keep], end[keep], metres[keep]
