"""Gates that an extract of OpenStreetMap has closed: streets stop a little short of them on either side."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import scipy.spatial
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from planner.network.gates import Gate
from planner.network.network import WalkingNetwork
from planner.network.walk import IndexArray

GATE_GAP_M = 0.11
"""Streets stop 5 cm short of a closed gate on either side; that gap is meant."""


def find_gap_gates(network: WalkingNetwork, streets: gpd.GeoDataFrame) -> tuple[Gate, ...]:
    """Return the gates in whose gaps streets end that the table marks as `gated`, from west to east.

    Opening one joins the ends on both sides; the few centimetres between them count for nothing.

    Parameters
    ----------
    network
        The streets.
    streets
        The table that they were built from; without a column `gated` it knows of no gates.

    Examples
    --------
    >>> from planner.network.network import build_network
    >>> wkt = ["LINESTRING (0 0, 49.95 0)", "LINESTRING (50.05 0, 100 0)"]
    >>> lines = gpd.GeoSeries.from_wkt(wkt, crs=32648).to_frame("geometry").assign(gated=True)
    >>> [(gate.id, gate.xy, len(gate.nodes)) for gate in find_gap_gates(build_network(lines), lines)]
    [('gap-1', (50.0, 0.0), 2)]
    """
    network = network.as_drawn
    groups = [group for group in _groups(network, streets) if len(group) > 1]
    places = [np.round(network.node_xy[group].mean(axis=0), 3) for group in groups]
    order = sorted(range(len(groups)), key=lambda number: tuple(places[number]))
    return tuple(
        Gate(
            f"gap-{rank}",
            "",
            (float(places[number][0]), float(places[number][1])),
            tuple(groups[number].tolist()),
        )
        for rank, number in enumerate(order, start=1)
    )


def find_gap_nodes(network: WalkingNetwork, streets: gpd.GeoDataFrame) -> list[tuple[int, ...]]:
    """Return the nodes at each closed gate of an extract, where streets end beside one another or beside one."""
    drawn = network.as_drawn
    groups = _groups(drawn, streets)
    alone = np.array([group[0] for group in groups if len(group) == 1], dtype=np.int64)
    segments = shapely.STRtree(drawn.segment_lines()) if len(alone) else None
    beside = set[int]()
    if segments is not None:
        which, segment = segments.query(
            shapely.points(drawn.node_xy[alone]), predicate="dwithin", distance=GATE_GAP_M
        )
        other = (drawn.edge_nodes[drawn.segment_edge[segment]] != alone[which, None]).all(axis=1)
        beside = set(alone[which[other]].tolist())
    return [tuple(group.tolist()) for group in groups if len(group) > 1 or int(group[0]) in beside]


def _groups(network: WalkingNetwork, streets: gpd.GeoDataFrame) -> list[IndexArray]:
    """Return the ends of streets that stop at a gate, those within a gap of one another together."""
    if "gated" not in streets.columns or not len(network.edge_m):
        return []
    gated = is_marked(streets, "gated")[network.edge_street]
    degree = np.bincount(network.edge_nodes.ravel(), minlength=len(network.node_xy))
    ends = np.unique(network.edge_nodes[gated].ravel())
    ends = ends[degree[ends] == 1]
    if not len(ends):
        return []
    pairs = scipy.spatial.cKDTree(network.node_xy[ends]).query_pairs(GATE_GAP_M, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), pairs.reshape(-1, 2).T), shape=(len(ends), len(ends)))
    count, label = connected_components(links, directed=False)
    return [ends[label == number] for number in range(count)]


def is_marked(streets: gpd.GeoDataFrame, column: str) -> NDArray[np.bool_]:
    """Return a column of yes and no as such, whether a file has kept it as truth, number or text."""
    words = streets[column].astype(str).str.lower()
    return np.asarray(words.isin(["true", "1", "1.0", "yes"]), dtype=bool)
