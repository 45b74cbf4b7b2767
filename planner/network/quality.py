"""What is to be known of a walking network before its answers are believed."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from planner.network.gate_gaps import is_marked
from planner.network.network import WalkingNetwork
from planner.network.snapping import SnappedPoints
from planner.network.topology_checks import find_topology_issues

LISTED_PIECES = 10


@dataclass(frozen=True, slots=True)
class NetworkQuality:
    """The network in figures.

    Attributes
    ----------
    nodes, edges
        How many.
    length_m
        All streets, metres; lines across squares are no streets.
    pieces
        Connected pieces.
    longest_pieces_m
        The lengths of the longest of them, metres, at most ten.
    outside_share
        The share of the length outside the longest piece.
    dead_ends
        Nodes where one edge ends.
    crossings
        Pairs of segments that cross without a common vertex, lines across squares left out.
    unexplained_crossings
        Those of them that no tag says to be a bridge or a tunnel.
    near_misses
        Street ends within 2 m of another street that they do not join.
    overlaps, overlap_m
        Pairs of segments that lie on one another, and how long, metres.
    """

    nodes: int
    edges: int
    length_m: float
    pieces: int
    longest_pieces_m: tuple[float, ...]
    outside_share: float
    dead_ends: int
    crossings: int
    unexplained_crossings: int
    near_misses: int
    overlaps: int
    overlap_m: float


def network_quality(
    network: WalkingNetwork, places: gpd.GeoDataFrame | None = None, streets: gpd.GeoDataFrame | None = None
) -> NetworkQuality:
    """Measure a network.

    Parameters
    ----------
    network
        The network.
    places
        Its `find_topology_issues`, where they are known already.
    streets
        The table that it was built from.

    Examples
    --------
    >>> from planner.network.network import build_network
    >>> bridge = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 100 0)", "LINESTRING (50 -50, 50 50)"], crs=32648)
    >>> quality = network_quality(build_network(bridge.to_frame("geometry")))
    >>> quality.pieces, quality.dead_ends, quality.crossings, quality.outside_share
    (2, 4, 1, 0.5)
    """
    network = network.as_drawn
    if places is None:
        places = find_topology_issues(network, streets)
    across = _across(network, streets)
    street_m = np.where(across[network.edge_street], 0.0, network.edge_m)
    piece_m = np.bincount(network.edge_piece, weights=street_m)
    length = float(street_m.sum())
    degree = np.bincount(network.edge_nodes.ravel(), minlength=len(network.node_xy))
    kinds = places["kind"]
    return NetworkQuality(
        nodes=len(network.node_xy),
        edges=len(network.edge_m),
        length_m=length,
        pieces=len(piece_m),
        longest_pieces_m=tuple(piece_m[:LISTED_PIECES].tolist()),
        outside_share=float(piece_m[1:].sum()) / length,
        dead_ends=int((degree == 1).sum()),
        crossings=int((kinds == "crossing").sum()),
        unexplained_crossings=int(((kinds == "crossing") & ~places["explained"]).sum()),
        near_misses=int((kinds == "near_miss").sum()),
        overlaps=int((kinds == "overlap").sum()),
        overlap_m=float(places["length_m"].sum()),
    )


def on_small_pieces(snaps: SnappedPoints, network: WalkingNetwork) -> NDArray[np.bool_]:
    """Tell which points reach streets, but none of the longest piece, shape (points,).

    Nobody walks from them to what the others reach; a gap in the data mostly does this.
    """
    on_longest = np.zeros(len(snaps.reaches_street), dtype=bool)
    longest = network.edge_piece[network.segment_edge[snaps.segment]] == 0
    on_longest[snaps.point[longest]] = True
    return snaps.reaches_street & ~on_longest


def _across(network: WalkingNetwork, streets: gpd.GeoDataFrame | None) -> NDArray[np.bool_]:
    """Tell which streets are lines across a square, shape (streets,)."""
    if streets is None or "square" not in streets.columns:
        return np.zeros(int(network.edge_street.max(initial=-1)) + 1, dtype=bool)
    return is_marked(streets, "square")
