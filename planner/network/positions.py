"""Positions on streets, and walks that begin and end exactly there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from planner.network.gates import PUBLIC, layers_after, layers_before
from planner.network.network import WalkingNetwork
from planner.network.snapping import SnappedPoints
from planner.network.spatial_index import csr_pointers
from planner.network.walk import FloatArray, IndexArray


@dataclass(frozen=True, slots=True, eq=False)
class StreetPositions:
    """Positions on streets."""

    segment: IndexArray
    at_m: FloatArray
    """`segment`, `at_m`: Segment, and distance along it, metres, shape (positions,)."""
    node: IndexArray
    """Node, -1 inside an edge, shape (positions,)."""
    xy: FloatArray
    """Coordinates, shape (positions, 2)."""

    def rows(self, which: IndexArray) -> StreetPositions:
        """Return a selection of the positions."""
        return StreetPositions(self.segment[which], self.at_m[which], self.node[which], self.xy[which])


def positions_along_streets(network: WalkingNetwork, step_m: float) -> StreetPositions:
    """Return every node, and positions along the edges no farther apart than `step_m`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from planner.network.network import build_network
    >>> road = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 100 0)"], crs=32648).to_frame("geometry")
    >>> positions_along_streets(build_network(road), 40.0).xy.round(3).tolist()
    [[0.0, 0.0], [100.0, 0.0], [33.333, 0.0], [66.667, 0.0]]
    """
    network = network.as_drawn
    first, last = _end_segments(network)
    node_edge = np.zeros(len(network.node_xy), dtype=np.int64)
    side = np.zeros(len(network.node_xy), dtype=np.int64)
    for end in (1, 0):
        node_edge[network.edge_nodes[:, end]] = np.arange(len(network.edge_m))
        side[network.edge_nodes[:, end]] = end
    of_node = np.where(side == 0, first[node_edge], last[node_edge])
    at_node = np.where(side == 0, 0.0, network.segment_m[of_node])

    inside = np.maximum(np.ceil(network.edge_m / step_m).astype(np.int64) - 1, 0)
    edge = np.repeat(np.arange(len(network.edge_m)), inside)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(inside) - inside, inside) + 1
    along_m = network.edge_m[edge] * number / (inside[edge] + 1)
    # Segments come edge by edge, so that the length walked over all of them finds the one at `along_m`.
    begins_m = np.concatenate([[0.0], np.cumsum(network.edge_m)])[:-1]
    segment_begins_m = begins_m[network.segment_edge] + network.segment_from_m
    segment = np.searchsorted(segment_begins_m, begins_m[edge] + along_m, side="right") - 1
    segment = np.clip(segment, first[edge], last[edge])
    at_m = np.clip(along_m - network.segment_from_m[segment], 0.0, network.segment_m[segment])
    ends = network.segment_xy[segment]
    share = (at_m / network.segment_m[segment])[:, None]
    return StreetPositions(
        np.concatenate([of_node, segment]),
        np.concatenate([at_node, at_m]),
        np.concatenate([np.arange(len(network.node_xy)), np.full(len(segment), -1)]),
        np.concatenate([network.node_xy, ends[:, :2] * (1 - share) + ends[:, 2:] * share]),
    )


def positions_of_nodes(network: WalkingNetwork, nodes: Sequence[int]) -> StreetPositions:
    """Return nodes as positions."""
    which = np.array(nodes, dtype=np.int64)
    nowhere = np.zeros(len(which), dtype=np.int64)
    return StreetPositions(nowhere, np.zeros(len(which)), which, network.as_drawn.node_xy[which])


def as_snapped(
    spots: StreetPositions, network: WalkingNetwork, layers: Collection[int] | None = None
) -> SnappedPoints:
    """Return positions as snapped points: walks begin and end on the street itself.

    Parameters
    ----------
    spots
        Positions on the streets as they are drawn.
    network
        The streets.
    layers
        Layers of private ways on which a walk may begin or end; None for all.
    """
    first, last = _end_segments(network)
    drawn, of = network.as_drawn, network.layers
    node = network.edge_nodes.ravel() if of is None else of.node_place[network.edge_nodes.ravel()]
    open_to = np.ones(len(network.edge_m), dtype=np.bool_)
    if of is not None and layers is not None:
        open_to = np.isin(of.edge_layer, list(layers))
    by_node = np.argsort(node, kind="stable")
    by_node = by_node[open_to[by_node // 2]]
    pointer = csr_pointers(node[by_node], len(drawn.node_xy))
    edge, end = np.divmod(by_node, 2)
    end_segment = np.where(end == 0, first[edge], last[edge])
    end_m = np.where(end == 0, 0.0, network.segment_m[end_segment])
    # The segments that are one as they are drawn.
    place = np.arange(len(network.segment_m)) if of is None else of.segment_place
    copy = np.argsort(place, kind="stable")
    copy = copy[open_to[network.segment_edge[copy]]]
    copies = csr_pointers(place[copy], len(drawn.segment_m))

    at_node = np.flatnonzero(spots.node >= 0)
    on_node, row = _expand_rows(pointer, spots.node[at_node])
    inside, drawn_segment, inside_m = _positions_inside_edges(spots, drawn)
    on_segment, which = _expand_rows(copies, drawn_segment)
    point = np.concatenate([at_node[on_node], inside[on_segment]])
    segment = np.concatenate([end_segment[row], copy[which]])
    at_m = np.concatenate([end_m[row], inside_m[on_segment]])
    order = np.lexsort((at_m, segment, point))
    segment, at_m = segment[order], at_m[order]
    count = np.bincount(point, minlength=len(spots.xy))
    # On a layer that does not lead there nobody stands: the first segment of all is then as good as any.
    begins = np.minimum(np.cumsum(count) - count, max(len(segment) - 1, 0))
    nearest = segment[begins] if len(segment) else np.zeros(len(spots.xy), dtype=np.int64)
    return SnappedPoints(
        xy=spots.xy,
        access_m=0.0,
        point=point[order],
        segment=segment,
        from_m=at_m,
        to_m=at_m,
        foot_m=at_m,
        aside_m=np.zeros(len(at_m)),
        nearest_m=np.zeros(len(spots.xy)),
        nearest_segment=nearest,
        nearest_xy=spots.xy,
        reaches_street=count > 0,
    )


def _positions_inside_edges(
    spots: StreetPositions, network: WalkingNetwork
) -> tuple[IndexArray, IndexArray, FloatArray]:
    """Return the positions inside edges with their segments: two where the position is the vertex between them."""
    first, last = _end_segments(network)
    point = np.flatnonzero(spots.node < 0)
    segment, at_m = spots.segment[point], spots.at_m[point]
    edge = network.segment_edge[segment]
    before = np.flatnonzero((at_m <= 0) & (segment > first[edge]))
    behind = np.flatnonzero((at_m >= network.segment_m[segment]) & (segment < last[edge]))
    return (
        np.concatenate([point, point[before], point[behind]]),
        np.concatenate([segment, segment[before] - 1, segment[behind] + 1]),
        np.concatenate([at_m, network.segment_m[segment[before] - 1], np.zeros(len(behind))]),
    )


def _expand_rows(pointer: IndexArray, keys: IndexArray) -> tuple[IndexArray, IndexArray]:
    """Return the rows of several keys one after the other: position of the key, and row."""
    count = np.diff(pointer)[keys]
    which = np.repeat(np.arange(len(keys)), count)
    rank = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    return which, pointer[keys][which] + rank


def link_terminals(
    spots: StreetPositions, network: WalkingNetwork
) -> tuple[SnappedPoints, SnappedPoints, SnappedPoints]:
    """Return positions as snapped points: in general, for walks to a new public path, and for walks from it.

    The three differ only where ways are private: no walk to or from a public path leads through the private ways
    of others.
    """
    if network.layers is None:
        at = as_snapped(spots, network)
        return at, at, at
    return (
        as_snapped(spots, network),
        as_snapped(spots, network, layers_before(PUBLIC)),
        as_snapped(spots, network, layers_after(PUBLIC)),
    )


def select_snapped(snaps: SnappedPoints, which: IndexArray) -> SnappedPoints:
    """Return a selection of snapped points, in the order of `which`."""
    pointer = csr_pointers(snaps.point, len(snaps.xy))
    count = np.diff(pointer)[which]
    point = np.repeat(np.arange(len(which)), count)
    row = np.repeat(pointer[:-1][which] - (np.cumsum(count) - count), count) + np.arange(len(point))
    return SnappedPoints(
        xy=snaps.xy[which],
        access_m=snaps.access_m,
        point=point,
        segment=snaps.segment[row],
        from_m=snaps.from_m[row],
        to_m=snaps.to_m[row],
        foot_m=snaps.foot_m[row],
        aside_m=snaps.aside_m[row],
        nearest_m=snaps.nearest_m[which],
        nearest_segment=snaps.nearest_segment[which],
        nearest_xy=snaps.nearest_xy[which],
        reaches_street=snaps.reaches_street[which],
    )


def concatenate_snapped(one: SnappedPoints, other: SnappedPoints) -> SnappedPoints:
    """Return two sets of snapped points as one, `other` behind `one`."""
    return SnappedPoints(
        xy=np.concatenate([one.xy, other.xy]),
        access_m=one.access_m,
        point=np.concatenate([one.point, other.point + len(one.xy)]),
        segment=np.concatenate([one.segment, other.segment]),
        from_m=np.concatenate([one.from_m, other.from_m]),
        to_m=np.concatenate([one.to_m, other.to_m]),
        foot_m=np.concatenate([one.foot_m, other.foot_m]),
        aside_m=np.concatenate([one.aside_m, other.aside_m]),
        nearest_m=np.concatenate([one.nearest_m, other.nearest_m]),
        nearest_segment=np.concatenate([one.nearest_segment, other.nearest_segment]),
        nearest_xy=np.concatenate([one.nearest_xy, other.nearest_xy]),
        reaches_street=np.concatenate([one.reaches_street, other.reaches_street]),
    )


def _end_segments(network: WalkingNetwork) -> tuple[IndexArray, IndexArray]:
    """Return the first and the last segment of every edge."""
    numbers = np.arange(len(network.edge_m))
    first = np.searchsorted(network.segment_edge, numbers)
    return first, np.searchsorted(network.segment_edge, numbers, side="right") - 1
