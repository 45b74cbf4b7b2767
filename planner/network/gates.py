"""Closed gates and private ways: streets are cut at gates, and no walk leads through another compound."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.network.network import Gate, Layers, WalkingNetwork
from planner.network.spatial_index import add_passages, build_adjacency, build_grid
from planner.network.walk import FloatArray, IndexArray
from planner.schemas.table_schema import is_marked

SAME_PLACE_M = 1e-3
"""A street that passes so near a gate passes through it: vertices are distinct to the millimetre."""

PLACE_DIGITS = 3


@dataclass(frozen=True, slots=True, eq=False)
class SplitStreets:
    """Streets that are cut at closed gates."""

    streets: gpd.GeoDataFrame
    """The rows of the input; those that pass a gate are split there."""
    gates: tuple[Gate, ...]
    """The gates on a street, in the order of their table."""
    stray: tuple[str, ...]
    """Ids of the other gates."""


def close_gates(streets: gpd.GeoDataFrame, closed: gpd.GeoDataFrame, *, within_m: float) -> SplitStreets:
    """Cut the street nearest to each gate, and all streets that pass the same position.

    Other streets are unchanged, however near the gate: a gate on a lane must not close the road that the lane
    leads to.

    Parameters
    ----------
    streets
        LineStrings and MultiLineStrings in metres.
    closed
        The closed gates: points with `id` and `name`, in the same CRS.
    within_m
        Greatest distance between a gate and its street, metres.

    Returns
    -------
    split
        For ``build_network(split.streets, gates=split.gates)``.

    Examples
    --------
    >>> lane = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 100 0)"], crs=32648).to_frame("geometry")
    >>> gates = gpd.GeoDataFrame({"id": ["a", "b"], "name": ""}, geometry=gpd.points_from_xy([40, 50], [2, 90]))
    >>> split = close_gates(lane, gates, within_m=5.0)
    >>> split.streets.geometry[0].wkt, split.stray
    ('MULTILINESTRING ((0 0, 40 0), (40 0, 100 0))', ('b',))
    """
    shapes = np.array(streets.geometry.array, dtype=object)
    tree = shapely.STRtree(shapes)
    gates = np.asarray(closed.geometry.array, dtype=object)
    gate_rows, row = tree.query_nearest(gates, max_distance=within_m)
    order = np.lexsort((row, gate_rows))
    passed, first = np.unique(gate_rows[order], return_index=True)
    places: dict[int, tuple[float, float]] = {}
    for gate, nearest in zip(passed.tolist(), row[order][first].tolist(), strict=True):
        line = shapes[nearest]
        place = shapely.get_coordinates(shapely.shortest_line(line, gates[gate]))[0]
        corners = np.round(shapely.get_coordinates(line), PLACE_DIGITS)
        apart_m = np.hypot(*(corners - place).T)
        nearest_corner = int(np.argmin(apart_m))
        # A vertex beside the place is the place: streets join there.
        at = corners[nearest_corner] if apart_m[nearest_corner] <= SAME_PLACE_M else np.round(place, PLACE_DIGITS)
        places[gate] = (float(at[0]), float(at[1]))
        for passing in tree.query(shapely.Point(at), predicate="dwithin", distance=SAME_PLACE_M).tolist():
            shapes[passing] = _split_street(shapes[passing], at)
    names = list(zip(closed["id"], closed["name"], strict=True))
    return SplitStreets(
        gpd.GeoDataFrame(streets.set_geometry(shapes, crs=streets.crs)),
        tuple(Gate(*names[gate], place) for gate, place in places.items()),
        tuple(str(ident) for gate, (ident, _) in enumerate(names) if gate not in places),
    )


def _split_street(shape: shapely.Geometry, at: FloatArray) -> shapely.Geometry:
    """Split a street at a position; the vertices there lie exactly on it."""
    pieces: list[FloatArray] = []
    for part in shapely.get_parts(shape):
        xy = shapely.get_coordinates(part)
        segments = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1))
        near = shapely.distance(segments, shapely.Point(at)) <= SAME_PLACE_M
        is_at = np.hypot(*(xy - at).T) <= SAME_PLACE_M
        piece = [at if is_at[0] else xy[0]]
        for i in range(len(segments)):
            if near[i] and not is_at[i] and not is_at[i + 1]:
                pieces.append(np.array([*piece, at]))
                piece = [at]
            piece.append(at if is_at[i + 1] else xy[i + 1])
            if is_at[i + 1] and i + 1 < len(segments):
                pieces.append(np.array(piece))
                piece = [at]
        pieces.append(np.array(piece))
    kept = [shapely.LineString(piece) for piece in pieces if len(piece) > 1]
    return kept[0] if len(kept) == 1 else shapely.MultiLineString(kept)


GATE_GAP_M = 0.11
"""Streets stop 5 cm short of a closed gate on either side; that gap is meant."""


def find_gap_gates(network: WalkingNetwork, streets: gpd.GeoDataFrame) -> tuple[Gate, ...]:
    """Find the closed gates of an extract, from west to east: gaps between streets marked `gated`.

    Opening a gate joins the ends on both sides; the gap itself has no length.

    Parameters
    ----------
    network
        The streets.
    streets
        The table that they were built from; without a column `gated` there are no gates.

    Examples
    --------
    >>> from planner.network.network import build_network
    >>> wkt = ["LINESTRING (0 0, 49.95 0)", "LINESTRING (50.05 0, 100 0)"]
    >>> lines = gpd.GeoSeries.from_wkt(wkt, crs=32648).to_frame("geometry").assign(gated=True)
    >>> [(gate.id, gate.xy, len(gate.nodes)) for gate in find_gap_gates(build_network(lines), lines)]
    [('gap-1', (50.0, 0.0), 2)]
    """
    network = network.as_drawn
    groups = [group for group in _group_gap_ends(network, streets) if len(group) > 1]
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
    """Return the nodes at each closed gate of an extract, where streets end near one another or near a street."""
    drawn = network.as_drawn
    groups = _group_gap_ends(drawn, streets)
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


def _group_gap_ends(network: WalkingNetwork, streets: gpd.GeoDataFrame) -> list[IndexArray]:
    """Return the ends of streets that stop at a gate, grouped by gap."""
    if "gated" not in streets.columns or not len(network.edge_m):
        return []
    gated = is_marked(streets, "gated")[network.edge_street]
    degree = np.bincount(network.edge_nodes.ravel(), minlength=len(network.node_xy))
    ends = np.unique(network.edge_nodes[gated].ravel())
    ends = ends[degree[ends] == 1]
    if not len(ends):
        return []
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    pairs = cKDTree(network.node_xy[ends]).query_pairs(GATE_GAP_M, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), pairs.reshape(-1, 2).T), shape=(len(ends), len(ends)))
    count, label = connected_components(links, directed=False)
    return [ends[label == number] for number in range(count)]


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
