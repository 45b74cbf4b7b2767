"""Quality of a walking network: indicators, and likely topology errors such as ends that miss a street.

Nothing is repaired: only local knowledge tells an error from a wall. Each issue is listed with its position, so
that it can be found and corrected in the source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.network.costs import OFF_GROUND
from planner.network.gates import GATE_GAP_M
from planner.network.network import WalkingNetwork
from planner.network.snapping import SnappedPoints
from planner.network.walk import FloatArray, IndexArray
from planner.schemas.table_schema import is_marked

LISTED_PIECES = 10


@dataclass(frozen=True, slots=True)
class NetworkQuality:
    """Indicators of a network."""

    nodes: int
    edges: int
    """`nodes`, `edges`: Numbers."""
    length_m: float
    """Length of all streets, metres, without lines across squares."""
    pieces: int
    """Number of connected components."""
    longest_pieces_m: tuple[float, ...]
    """Lengths of the longest of them, metres, at most ten."""
    outside_share: float
    """Share of the length outside the longest component."""
    dead_ends: int
    """Number of nodes where one edge ends."""
    crossings: int
    """Pairs of segments that cross without a common vertex, without lines across squares."""
    unexplained_crossings: int
    """Those without a tag for a bridge or a tunnel."""
    near_misses: int
    """Street ends within 2 m of another street that they do not join."""
    overlaps: int
    overlap_m: float
    """`overlaps`, `overlap_m`: Pairs of segments that lie on one another, and their length, metres."""


def network_quality(
    network: WalkingNetwork, places: gpd.GeoDataFrame | None = None, streets: gpd.GeoDataFrame | None = None
) -> NetworkQuality:
    """Compute the indicators of a network.

    Parameters
    ----------
    network
        The network.
    places
        Result of `find_topology_issues`, if it is computed already.
    streets
        The table from which the network was built.

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
    across = _lines_across_squares(network, streets)
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
    """Return whether points reach streets, but none of the longest component, shape (points,).

    Mostly a gap in the data: no walk leads from them to what the others reach.
    """
    on_longest = np.zeros(len(snaps.reaches_street), dtype=bool)
    longest = network.edge_piece[network.segment_edge[snaps.segment]] == 0
    on_longest[snaps.point[longest]] = True
    return snaps.reaches_street & ~on_longest


def _lines_across_squares(network: WalkingNetwork, streets: gpd.GeoDataFrame | None) -> NDArray[np.bool_]:
    """Return whether streets are lines across a square, shape (streets,)."""
    if streets is None or "square" not in streets.columns:
        return np.zeros(int(network.edge_street.max(initial=-1)) + 1, dtype=bool)
    return is_marked(streets, "square")


NEAR_M = 2.0
"""A street that ends so near another without joining it should mostly join it: drawings are no more exact."""

SAME_LINE_M = 1e-3
"""Segments are collinear if the ends of one are so near the line of the other."""

SHORTEST_OVERLAP_M = 0.01
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Marks:
    """Marks of each segment from the streets table: off the ground, across a square, at a gate."""

    off_ground: Bools
    across: Bools
    gated: Bools


def find_topology_issues(network: WalkingNetwork, streets: gpd.GeoDataFrame | None = None) -> gpd.GeoDataFrame:
    """List likely topology errors.

    - ``near_miss``: a street ends within 2 m of another that it does not join (`gap_m`; 0 where it ends on it but
    neither
      has a vertex there). Bridges, tunnels, squares and closed gates are left out.
    - ``crossing``: two segments cross without a common vertex; `explained` where one of them is tagged as a bridge
    or a
      tunnel. Lines across squares are left out.
    - ``overlap``: two segments lie on one another for `length_m`.

    Parameters
    ----------
    network
        The network.
    streets
        The table from which it was built; its columns `structure`, `square`, `gated` and `id` are used if present.

    Returns
    -------
    issues
        Points in the network's system: `kind`, `street` and `other` (ids, else rows from 0), `gap_m`, `length_m`,
        `explained`.

    Examples
    --------
    >>> from planner.network.network import build_network
    >>> wkt = ["LINESTRING (0 0, 100 0)", "LINESTRING (50 1.5, 50 80)", "LINESTRING (0 0, 100 0)"]
    >>> lines = gpd.GeoSeries.from_wkt(wkt, crs=32648).to_frame("geometry")
    >>> find_topology_issues(build_network(lines)).drop(columns="geometry").values.tolist()
    [['near_miss', '1', '0', 1.5, nan, False], ['overlap', '0', '2', nan, 100.0, False]]
    """
    network = network.as_drawn
    marks = _marks(network, streets)
    names = _names(network, streets)
    lines = network.segment_lines()
    tree = shapely.STRtree(lines)
    one, other = tree.query(lines)
    pairs = one < other
    one, other = one[pairs], other[pairs]
    in_order = np.lexsort((other, one))
    one, other = one[in_order], other[in_order]
    issues = [
        _near_misses(network, marks, tree, lines),
        _crossings(network, marks, lines, one, other),
        _overlaps(network, marks, one, other),
    ]
    kinds = np.repeat(["near_miss", "crossing", "overlap"], [len(each.xy) for each in issues])
    one, other = (np.concatenate([getattr(each, side) for each in issues]) for side in ("first", "second"))
    off_ground = marks.off_ground[one] | marks.off_ground[other]
    return gpd.GeoDataFrame(
        {
            "kind": kinds,
            "street": names[one],
            "other": names[other],
            "gap_m": np.concatenate([each.gap_m for each in issues]),
            "length_m": np.concatenate([each.length_m for each in issues]),
            "explained": off_ground & (kinds == "crossing"),
        },
        geometry=shapely.points(np.concatenate([each.xy for each in issues]).reshape(-1, 2)),
        crs=network.crs,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Issues:
    """Places of one kind: where, the segments concerned, how far apart, how long."""

    xy: FloatArray
    first: IndexArray
    second: IndexArray
    gap_m: FloatArray
    length_m: FloatArray


def _near_misses(
    network: WalkingNetwork, marks: _Marks, tree: shapely.STRtree, lines: NDArray[np.object_]
) -> _Issues:
    degree = np.bincount(network.edge_nodes.ravel(), minlength=len(network.node_xy))
    ends = network.edge_nodes
    edge_at, side = np.nonzero(degree[ends] == 1)
    node, beyond = ends[edge_at, side], ends[edge_at, 1 - side]
    points = shapely.points(network.node_xy[node])
    row, segment = tree.query(points, predicate="dwithin", distance=NEAR_M)
    edge = network.segment_edge[segment]
    first = np.concatenate([[True], network.segment_edge[1:] != network.segment_edge[:-1]])
    own_segment = np.flatnonzero(first)[edge_at]
    # The end of a stub is near whatever its other end joins.
    stub = network.edge_m[edge_at] <= 2 * NEAR_M
    joined = stub[row] & (network.edge_nodes[edge] == beyond[row, None]).any(axis=1)
    apart = (edge != edge_at[row]) & ~joined
    apart &= ~marks.off_ground[segment] & ~marks.across[segment] & ~marks.off_ground[own_segment[row]]
    row, segment = row[apart], segment[apart]
    gap_m = shapely.distance(points[row], lines[segment])
    meant = (gap_m <= GATE_GAP_M) & marks.gated[segment] & marks.gated[own_segment[row]]
    row, segment, gap_m = row[~meant], segment[~meant], gap_m[~meant]
    # One place an end: the nearest; and one where two ends miss each other.
    order = np.lexsort((segment, gap_m, row))
    row, segment, gap_m = row[order], segment[order], gap_m[order]
    nearest = np.concatenate([[True], row[1:] != row[:-1]])[: len(row)]
    row, segment, gap_m = row[nearest], segment[nearest], gap_m[nearest]
    between = shapely.line_interpolate_point(
        shapely.shortest_line(points[row], lines[segment]), 0.5, normalized=True
    )
    xy = shapely.get_coordinates(between)
    _, once = np.unique(np.round(xy, 2), axis=0, return_index=True)
    once = np.sort(once)
    nothing = np.full(len(once), np.nan)
    return _Issues(xy[once], own_segment[row[once]], segment[once], gap_m[once], nothing)


def _crossings(
    network: WalkingNetwork, marks: _Marks, lines: NDArray[np.object_], one: IndexArray, other: IndexArray
) -> _Issues:
    on_streets = ~marks.across[one] & ~marks.across[other]
    one, other = one[on_streets], other[on_streets]
    ends = network.segment_xy.reshape(-1, 2, 2)
    meet = (ends[one][:, :, None] == ends[other][:, None]).all(axis=3).any(axis=(1, 2))
    one, other = one[~meet], other[~meet]
    cross = shapely.crosses(lines[one], lines[other])
    one, other = one[cross], other[cross]
    xy = shapely.get_coordinates(shapely.point_on_surface(shapely.intersection(lines[one], lines[other])))
    nothing = np.full(len(one), np.nan)
    return _Issues(xy, one, other, nothing, nothing)


def _overlaps(network: WalkingNetwork, marks: _Marks, one: IndexArray, other: IndexArray) -> _Issues:
    on_streets = ~marks.across[one] & ~marks.across[other]
    one, other = one[on_streets], other[on_streets]
    begin, end = network.segment_xy[:, :2], network.segment_xy[:, 2:]
    along = (end - begin) / network.segment_m[:, None]
    aside = [_cross(along[one], places[other] - begin[one]) for places in (begin, end)]
    on_line = (np.abs(aside) <= SAME_LINE_M).all(axis=0)
    one, other = one[on_line], other[on_line]
    reach = [((places[other] - begin[one]) * along[one]).sum(axis=1) for places in (begin, end)]
    low, high = np.maximum(np.min(reach, axis=0), 0.0), np.minimum(np.max(reach, axis=0), network.segment_m[one])
    long = high - low >= SHORTEST_OVERLAP_M
    one, other, low, high = one[long], other[long], low[long], high[long]
    xy = begin[one] + along[one] * ((low + high) / 2)[:, None]
    return _Issues(xy, one, other, np.full(len(one), np.nan), high - low)


def _cross(one: FloatArray, other: FloatArray) -> FloatArray:
    return np.asarray(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])


def _marks(network: WalkingNetwork, streets: gpd.GeoDataFrame | None) -> _Marks:
    street = network.edge_street[network.segment_edge]

    def has(column: str, marks: Callable[[gpd.GeoDataFrame, str], Bools]) -> Bools:
        if streets is None or column not in streets.columns:
            return np.zeros(len(street), dtype=bool)
        return marks(streets, column)[street]

    return _Marks(has("structure", _off_ground), has("square", is_marked), has("gated", is_marked))


def _off_ground(streets: gpd.GeoDataFrame, column: str) -> Bools:
    return np.asarray(streets[column].isin(OFF_GROUND), dtype=bool)


def _names(network: WalkingNetwork, streets: gpd.GeoDataFrame | None) -> NDArray[np.object_]:
    """Return the name or row of the street of each segment."""
    street = network.edge_street[network.segment_edge]
    if streets is not None and "id" in streets.columns:
        return np.asarray(streets["id"].astype(str).to_numpy(dtype=object)[street], dtype=object)
    return np.asarray(street.astype(str), dtype=object)


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """A connected component of the streets that people are on."""

    points: IndexArray
    """Positions of the points that reach no street of the largest component, shape (points,)."""
    people: float
    """Their people."""
    length_m: float
    """Length of its streets, metres."""
    gap_m: float
    """Shortest straight distance to the largest component, metres."""
    gap_xy: tuple[float, float]
    """Where that is, on the largest component, metres."""


def components_of_people(
    network: WalkingNetwork, snaps: SnappedPoints, people: FloatArray, *, at_most: int
) -> tuple[tuple[Component, ...], int, float]:
    """Return the components besides the largest that people are on.

    Parameters
    ----------
    network
        Streets; component 0 is the largest.
    snaps
        Points of people.
    people
        Weight of each, shape (points,).
    at_most
        How many to describe, those with the most people first.

    Returns
    -------
    components
        At most so many, by people, falling.
    count
        Number of all components with people besides the largest.
    people
        People on all of them.
    """
    component = np.full(len(snaps.xy), np.iinfo(np.int64).max)
    np.minimum.at(component, snaps.point, network.edge_piece[network.segment_edge[snaps.segment]])
    off = np.flatnonzero(on_small_pieces(snaps, network) & (people > 0))
    numbers, member = np.unique(component[off], return_inverse=True)
    total = np.bincount(member, weights=people[off], minlength=len(numbers))
    if not len(numbers):
        return (), 0, 0.0
    lines = network.edge_lines()
    tree = shapely.STRtree(main := lines[network.edge_piece == 0])
    components = []
    for row in np.lexsort((numbers, -total))[:at_most].tolist():
        streets = shapely.union_all(lines[network.edge_piece == numbers[row]])
        nearest = main[tree.nearest(streets)]
        link = shapely.shortest_line(nearest, streets)
        x, y = shapely.get_coordinates(link)[0].tolist()
        components.append(
            Component(off[member == row], float(total[row]), float(streets.length), float(link.length), (x, y))
        )
    return tuple(components), len(numbers), float(total.sum())
