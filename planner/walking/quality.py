"""What is to be known of a walking network before its answers are believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from planner.walking.network import WalkingNetwork


@dataclass(frozen=True, slots=True)
class NetworkQuality:
    """The network in figures.

    Attributes
    ----------
    nodes, edges
        How many.
    length_m
        All streets, metres.
    pieces
        Connected pieces.
    outside_share
        The share of the length outside the longest piece.
    dead_ends
        Nodes where one edge ends.
    crossings
        Pairs of segments that cross without a common vertex.
    """

    nodes: int
    edges: int
    length_m: float
    pieces: int
    outside_share: float
    dead_ends: int
    crossings: int


def network_quality(network: WalkingNetwork) -> NetworkQuality:
    """Measure a network.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from planner.walking.network import build_network
    >>> bridge = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 100 0)", "LINESTRING (50 -50, 50 50)"], crs=32648)
    >>> quality = network_quality(build_network(bridge.to_frame("geometry")))
    >>> quality.pieces, quality.dead_ends, quality.crossings, quality.outside_share
    (2, 4, 1, 0.5)
    """
    length = float(network.edge_m.sum())
    longest = float(network.edge_m[network.edge_piece == 0].sum())
    degree = np.bincount(network.edge_nodes.ravel(), minlength=len(network.node_xy))
    return NetworkQuality(
        nodes=len(network.node_xy),
        edges=len(network.edge_m),
        length_m=length,
        pieces=int(network.edge_piece.max()) + 1,
        outside_share=(length - longest) / length,
        dead_ends=int((degree == 1).sum()),
        crossings=_crossings(network),
    )


def _crossings(network: WalkingNetwork) -> int:
    lines = network.segment_lines()
    one, other = shapely.STRtree(lines).query(lines, predicate="crosses")
    return int((one < other).sum())
