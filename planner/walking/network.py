"""The walking network: streets as arrays of nodes, edges and straight segments."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from planner.walking.layout import Grid, Ways, lay_grid, morton_order, ways_out
from planner.walking.walk import FloatArray, IndexArray

MILLIMETRE_DIGITS = 3
"""Vertices that agree to the millimetre are one place: what reprojection moves less than that stays joined."""


@dataclass(frozen=True, slots=True, eq=False)
class WalkingNetwork:
    """Streets that people walk in both directions.

    Attributes
    ----------
    crs
        The projected system of all coordinates, metres.
    node_xy
        Junctions and street ends, along a Morton curve, shape (nodes, 2).
    edge_nodes
        The nodes where each edge begins and ends, shape (edges, 2).
    edge_m
        Edge lengths along the street, metres, shape (edges,).
    edge_street
        The row of the streets table that each edge is part of, by position, shape (edges,).
    segment_edge, segment_from_m, segment_m
        The edge of each straight segment, how far along the edge it begins, its length, shape (segments,).
    segment_xy
        Where each segment begins and ends, shape (segments, 4).
    edge_piece
        The connected piece of each edge: 0 is the longest, shape (edges,).
    ways
        The ways out of every node.
    grid
        The segments in every cell of a grid.
    """

    crs: pyproj.CRS
    node_xy: FloatArray
    edge_nodes: IndexArray
    edge_m: FloatArray
    edge_street: IndexArray
    segment_edge: IndexArray
    segment_from_m: FloatArray
    segment_m: FloatArray
    segment_xy: FloatArray
    edge_piece: IndexArray
    ways: Ways
    grid: Grid

    def segment_lines(self) -> NDArray[np.object_]:
        """Return every segment as a LineString, shape (segments,)."""
        return np.asarray(shapely.linestrings(self.segment_xy.reshape(-1, 2, 2)), dtype=object)

    def edge_lines(self) -> NDArray[np.object_]:
        """Return every edge as a LineString, shape (edges,)."""
        segments = np.bincount(self.segment_edge, minlength=len(self.edge_m))
        first = np.concatenate([[True], self.segment_edge[1:] != self.segment_edge[:-1]])
        starts = self.segment_xy[first, :2]
        position = np.arange(len(self.segment_edge)) + self.segment_edge + 1
        coordinates = np.empty((len(self.segment_edge) + len(self.edge_m), 2))
        coordinates[position] = self.segment_xy[:, 2:]
        coordinates[np.cumsum(segments + 1) - segments - 1] = starts
        edge = np.repeat(np.arange(len(self.edge_m)), segments + 1)
        return np.asarray(shapely.linestrings(coordinates, indices=edge), dtype=object)


def build_network(streets: gpd.GeoDataFrame) -> WalkingNetwork:
    """Join streets into a walking network.

    Streets are joined where they share a vertex (to the millimetre), and nowhere else: two lines that cross
    without a common vertex are a bridge, an underpass, or an error of the data that the quality report counts.

    Parameters
    ----------
    streets
        LineStrings and MultiLineStrings in a projected CRS in metres.

    Returns
    -------
    network
        Edges between junctions, in the order of the streets; both directions are walkable.

    Examples
    --------
    >>> lines = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 100 0, 200 0)", "LINESTRING (100 0, 100 50)"], crs=32648)
    >>> network = build_network(lines.to_frame("geometry"))
    >>> network.edge_m.tolist(), len(network.node_xy)
    ([100.0, 100.0, 50.0], 4)
    """
    parts, street_of_part = shapely.get_parts(streets.geometry.array, return_index=True)
    xy, line = shapely.get_coordinates(parts, return_index=True)
    xy = np.round(xy, MILLIMETRE_DIGITS) + 0.0
    repeated = (line[1:] == line[:-1]) & (xy[1:] == xy[:-1]).all(axis=1)
    keep = np.concatenate([[True], ~repeated])[: len(xy)]
    xy, line = xy[keep], line[keep]
    long_enough = np.bincount(line, minlength=len(parts))[line] > 1
    xy, line = xy[long_enough], line[long_enough]

    _, vertex = np.unique(xy, axis=0, return_inverse=True)
    vertex = vertex.reshape(-1)
    changes = line[1:] != line[:-1]
    is_first = np.concatenate([[True], changes])[: len(line)]
    is_last = np.concatenate([changes, [True]])[-len(line) :] if len(line) else is_first
    is_node = (np.bincount(vertex)[vertex] > 1) | is_first | is_last
    vertex_is_node = np.zeros(len(vertex), dtype=bool)
    vertex_is_node[vertex[is_node]] = True
    is_node = vertex_is_node[vertex]

    begins = np.flatnonzero(~is_last)
    segment_xy = np.hstack([xy[begins], xy[begins + 1]])
    segment_m = np.hypot(*(segment_xy[:, 2:] - segment_xy[:, :2]).T)
    segment_edge = np.cumsum(is_node[begins]) - 1
    opens = is_node[begins]
    closes = is_node[begins + 1]
    walked = np.concatenate([[0.0], np.cumsum(segment_m)])[:-1]
    segment_from_m = walked - walked[opens][segment_edge] if len(walked) else walked
    edge_m: FloatArray = np.bincount(segment_edge, weights=segment_m, minlength=int(opens.sum())).astype(
        np.float64
    )

    node_vertices, node_of = np.unique(
        np.concatenate([vertex[begins[opens]], vertex[begins[closes] + 1]]), return_inverse=True
    )
    first_seen = np.zeros(len(vertex), dtype=np.int64)
    first_seen[vertex[::-1]] = np.arange(len(vertex))[::-1]
    node_xy = xy[first_seen[node_vertices]]
    order = morton_order(node_xy)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    edge_nodes = np.ascontiguousarray(number[node_of].reshape(2, -1).T)
    return WalkingNetwork(
        crs=streets.crs,
        node_xy=node_xy[order],
        edge_nodes=edge_nodes,
        edge_m=edge_m,
        edge_street=street_of_part[line[begins[opens]]].astype(np.int64),
        segment_edge=segment_edge.astype(np.int64),
        segment_from_m=segment_from_m,
        segment_m=segment_m,
        segment_xy=segment_xy,
        edge_piece=_pieces(edge_nodes, edge_m, len(node_xy)),
        ways=ways_out(edge_nodes, edge_m, len(node_xy)),
        grid=lay_grid(segment_xy, segment_m),
    )


def _pieces(edge_nodes: IndexArray, edge_m: FloatArray, n_nodes: int) -> IndexArray:
    """Give numbers to the connected pieces from the longest (0) down; equal lengths by their first edge."""
    links = coo_array((np.ones(len(edge_nodes)), edge_nodes.T), shape=(n_nodes, n_nodes))
    _, node_piece = connected_components(links, directed=False)
    edge_piece = node_piece[edge_nodes[:, 0]] if len(edge_nodes) else np.zeros(0, dtype=np.int64)
    pieces, first = np.unique(edge_piece, return_index=True)
    length = np.bincount(edge_piece, weights=edge_m)[pieces] if len(pieces) else np.zeros(0)
    rank = np.empty(len(pieces), dtype=np.int64)
    rank[np.lexsort((first, -length))] = np.arange(len(pieces))
    return rank[np.searchsorted(pieces, edge_piece)]
