"""The walking network: streets as arrays of nodes, edges and straight segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from planner.network.argument_checks import check_streets
from planner.network.spatial_index import Adjacency, Grid, add_passages, build_adjacency, build_grid, morton_order
from planner.network.visibility import Barriers
from planner.network.walk import FloatArray, IndexArray

Direction = Literal["to_centre", "from_centre"]
"""Direction of walking; searches always start at the facility."""

MILLIMETRE_DIGITS = 3
"""Vertices that agree to the millimetre are the same: streets stay joined through a reprojection."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A closed gate on a street."""

    id: str
    name: str
    """`id`, `name`: From its table."""
    xy: tuple[float, float]
    """Position where the streets are cut, rounded to the millimetre."""
    nodes: tuple[int, ...] = ()
    """Nodes of the network that opening the gate would join."""


@dataclass(frozen=True, slots=True, eq=False)
class WalkingNetwork:
    """Streets that people walk in both directions.

    A *cost metre* is the unit of generalised cost: what a walk at the base speed covers on level ground. Columns
    of two are the two directions of a *search*, which starts at the facilities: 0 along the street as it is drawn,
    1 against it.
    """

    crs: pyproj.CRS
    """Projected system of all coordinates, metres."""
    node_xy: FloatArray
    """Junctions and street ends, along a Morton curve, shape (nodes, 2)."""
    edge_nodes: IndexArray
    """Start and end node of each edge, shape (edges, 2)."""
    edge_m: FloatArray
    """Edge lengths, metres, shape (edges,)."""
    edge_street: IndexArray
    """Row of the streets table that each edge is part of, by position, shape (edges,)."""
    segment_edge: IndexArray
    segment_from_m: FloatArray
    segment_m: FloatArray
    """`segment_edge`, `segment_from_m`, `segment_m`: Edge of each straight segment, start along the edge, length,
    metres, shape (segments,)."""
    segment_xy: FloatArray
    """Both ends of each segment (x, y, x, y), shape (segments, 4)."""
    segment_cost_factor: FloatArray
    """Cost metres per metre of each segment, above 0, shape (segments, 2)."""
    segment_from_cost_m: FloatArray
    """Cost metres between the start of the edge and of the segment, shape (segments, 2)."""
    edge_cost_m: FloatArray
    """Cost metres of each edge, shape (edges, 2)."""
    edge_piece: IndexArray
    """Connected component of each edge: 0 is the longest, shape (edges,)."""
    adjacency: Adjacency
    """Outgoing links of every node."""
    grid: Grid
    """Segments in every cell of a grid."""
    barriers: Barriers | None = None
    """Barriers to the straight walk between a point and a street; None if there are none."""
    gates: tuple[Gate, ...] = ()
    """Closed gates: streets end on both sides of them."""
    layers: Layers | None = None
    """Layers of private ways; None if no street is private. Arrays of nodes, edges and segments then hold copies
    behind the drawn ones: see `planner.network.gates`."""

    @property
    def as_drawn(self) -> WalkingNetwork:
        """The network without the copies of private ways: each street once, as on a map."""
        return self if self.layers is None else self.layers.drawn

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


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """Layers of a network with private ways; see `planner.network.gates`."""

    drawn: WalkingNetwork
    """The network without layers."""
    is_private: NDArray[np.bool_]
    """Whether each of its edges is private, shape (drawn edges,)."""
    edge_layer: IndexArray
    """Layer of each edge, shape (edges,)."""
    node_place: IndexArray
    edge_place: IndexArray
    segment_place: IndexArray
    """`node_place`, `edge_place`, `segment_place`: Node, edge and segment of `drawn` that each one copies, shapes
    (nodes,), (edges,), (segments,)."""
    passages: IndexArray
    """Node, and the same place in a later layer, shape (passages, 2)."""


def build_network(
    streets: gpd.GeoDataFrame, *, barriers: Barriers | None = None, gates: Sequence[Gate] = ()
) -> WalkingNetwork:
    """Build a walking network from streets.

    Streets are joined where they share a vertex (to the millimetre), and nowhere else: two lines that cross
    without a common vertex are a bridge, an underpass, or an error of the data that the quality report counts.

    Parameters
    ----------
    streets
        LineStrings and MultiLineStrings in a projected CRS in metres.
    barriers
        Barriers to the straight walk between a point and a street, in the same CRS. They do not cut streets: a
        street across a railway is a crossing or a bridge.
    gates
        Closed gates, with the streets cut there (`close_gates`): streets are not joined at their positions.

    Returns
    -------
    network
        Edges between junctions, in the order of the streets; both directions have a cost factor of 1.

    Raises
    ------
    DataError
        The streets are not a table of lines in metres, or the table is empty.

    Examples
    --------
    >>> lines = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 100 0, 200 0)", "LINESTRING (100 0, 100 50)"], crs=32648)
    >>> network = build_network(lines.to_frame("geometry"))
    >>> network.edge_m.tolist(), len(network.node_xy)
    ([100.0, 100.0, 50.0], 4)
    """
    check_streets(streets)
    xy, line, street = _distinct_vertices(streets)
    _, vertex = np.unique(xy, axis=0, return_inverse=True)
    vertex = _separate_at_gates(vertex.reshape(-1), xy, gates)
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
    edge_cost_m = np.column_stack([edge_m, edge_m])

    node_xy, edge_nodes = _number_nodes(vertex, xy, begins[opens], begins[closes] + 1)
    return WalkingNetwork(
        crs=streets.crs,
        node_xy=node_xy,
        edge_nodes=edge_nodes,
        edge_m=edge_m,
        edge_street=street[line[begins[opens]]].astype(np.int64),
        segment_edge=segment_edge.astype(np.int64),
        segment_from_m=segment_from_m,
        segment_m=segment_m,
        segment_xy=segment_xy,
        segment_cost_factor=np.ones((len(segment_m), 2)),
        segment_from_cost_m=np.column_stack([segment_from_m, segment_from_m]),
        edge_cost_m=edge_cost_m,
        edge_piece=_components(edge_nodes, edge_m, len(node_xy)),
        adjacency=build_adjacency(edge_nodes, edge_cost_m, len(node_xy)),
        grid=build_grid(segment_xy, segment_m),
        barriers=barriers,
        gates=tuple(_add_nodes(gate, node_xy) for gate in gates),
    )


def _distinct_vertices(streets: gpd.GeoDataFrame) -> tuple[FloatArray, IndexArray, IndexArray]:
    """Return the vertices of all lines without repeated ones, the line of each, and the street of each line."""
    parts, street = shapely.get_parts(streets.geometry.array, return_index=True)
    xy, line = shapely.get_coordinates(parts, return_index=True)
    xy = np.round(xy, MILLIMETRE_DIGITS) + 0.0
    repeated = (line[1:] == line[:-1]) & (xy[1:] == xy[:-1]).all(axis=1)
    keep = np.concatenate([[True], ~repeated])[: len(xy)]
    xy, line = xy[keep], line[keep]
    long_enough = np.bincount(line, minlength=len(parts))[line] > 1
    return xy[long_enough], line[long_enough], street


def _number_nodes(
    vertex: IndexArray, xy: FloatArray, first: IndexArray, last: IndexArray
) -> tuple[FloatArray, IndexArray]:
    """Return the nodes along a Morton curve, and the nodes of each edge from its first and last vertex."""
    node_vertices, node_of = np.unique(np.concatenate([vertex[first], vertex[last]]), return_inverse=True)
    first_seen = np.zeros(len(vertex), dtype=np.int64)
    first_seen[vertex[::-1]] = np.arange(len(vertex))[::-1]
    node_xy = xy[first_seen[node_vertices]]
    order = morton_order(node_xy)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    return node_xy[order], np.ascontiguousarray(number[node_of].reshape(2, -1).T)


def with_costs(
    network: WalkingNetwork, factor: FloatArray, *, direction: Direction = "to_centre"
) -> WalkingNetwork:
    """Return the network with other walking costs.

    Parameters
    ----------
    network
        The streets.
    factor
        Cost metres per metre along (0) and against (1) each segment as it is drawn, finite and above 0, shape
        (segments, 2).
    direction
        Direction of walking. Searches start at the facility; where people walk towards it, the two columns are
        exchanged: here, and nowhere else.

    Examples
    --------
    >>> hill = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 100 0)"], crs=32648).to_frame("geometry")
    >>> with_costs(build_network(hill), np.array([[2.0, 0.5]])).edge_cost_m.tolist()
    [[50.0, 200.0]]
    >>> with_costs(build_network(hill), np.array([[2.0, 0.5]]), direction="from_centre").edge_cost_m.tolist()
    [[200.0, 50.0]]
    """
    if not ((factor > 0) & np.isfinite(factor)).all():
        message = "cost factors must be finite and above zero"
        raise ValueError(message)
    searched = np.ascontiguousarray(factor[:, ::-1] if direction == "to_centre" else factor)
    searched_cost_m = searched * network.segment_m[:, None]
    walked = np.vstack([np.zeros((1, 2)), np.cumsum(searched_cost_m, axis=0)])
    first = np.searchsorted(network.segment_edge, np.arange(len(network.edge_m) + 1))
    edge_cost_m = walked[first[1:]] - walked[first[:-1]]
    adjacency, layers = build_adjacency(network.edge_nodes, edge_cost_m, len(network.node_xy)), network.layers
    if layers is not None:
        drawn_factor = factor[: len(layers.drawn.segment_m)]
        adjacency = add_passages(adjacency, layers.passages)
        layers = replace(layers, drawn=with_costs(layers.drawn, drawn_factor, direction=direction))
    return replace(
        network,
        segment_cost_factor=searched,
        segment_from_cost_m=walked[:-1] - walked[first[:-1]][network.segment_edge],
        edge_cost_m=edge_cost_m,
        adjacency=adjacency,
        layers=layers,
    )


def _separate_at_gates(vertex: IndexArray, xy: FloatArray, gates: Sequence[Gate]) -> IndexArray:
    """Return vertex numbers that are distinct for every visit of a place with a closed gate."""
    if not gates:
        return vertex
    places = np.round([gate.xy for gate in gates], MILLIMETRE_DIGITS) + 0.0
    is_apart = np.isin(xy[:, 0] + 1j * xy[:, 1], places[:, 0] + 1j * places[:, 1])
    own = len(vertex) + np.cumsum(is_apart)
    _, numbers = np.unique(np.where(is_apart, own, vertex), return_inverse=True)
    return np.asarray(numbers, dtype=np.int64).reshape(-1)


def _add_nodes(gate: Gate, node_xy: FloatArray) -> Gate:
    nodes = np.flatnonzero((node_xy == np.round(gate.xy, MILLIMETRE_DIGITS)).all(axis=1))
    return replace(gate, nodes=tuple(nodes.tolist()))


def _components(edge_nodes: IndexArray, edge_m: FloatArray, n_nodes: int) -> IndexArray:
    """Return the connected component of each edge, by descending length; of equal lengths by first edge."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(edge_nodes)), edge_nodes.T), shape=(n_nodes, n_nodes))
    _, node_piece = connected_components(links, directed=False)
    edge_piece = node_piece[edge_nodes[:, 0]] if len(edge_nodes) else np.zeros(0, dtype=np.int64)
    pieces, first = np.unique(edge_piece, return_index=True)
    length = np.bincount(edge_piece, weights=edge_m)[pieces] if len(pieces) else np.zeros(0)
    rank = np.empty(len(pieces), dtype=np.int64)
    rank[np.lexsort((first, -length))] = np.arange(len(pieces))
    return rank[np.searchsorted(pieces, edge_piece)]
