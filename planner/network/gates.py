"""Closed gates: streets are cut there, whether a table of gates or an extract of OpenStreetMap closes them."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from planner.network.network import Gate, WalkingNetwork
from planner.network.walk import FloatArray, IndexArray
from planner.schemas.flags import is_marked

SAME_PLACE_M = 1e-3
"""A street that passes so near a gate passes through it: vertices are distinct to the millimetre."""

PLACE_DIGITS = 3


@dataclass(frozen=True, slots=True, eq=False)
class SplitStreets:
    """Streets that are cut at closed gates.

    Attributes
    ----------
    streets
        The rows of the input; those that pass a gate are split there.
    gates
        The gates on a street, in the order of their table.
    stray
        Ids of the other gates.
    """

    streets: gpd.GeoDataFrame
    gates: tuple[Gate, ...]
    stray: tuple[str, ...]


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
