"""The streets that a centre reaches, cut exactly at the limit: what the polygons of all contestants are made from.

Computed here once more from scipy's distances and edge by edge, so that it is a second opinion on the planner's.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack
from scipy.sparse.csgraph import dijkstra
from shapely.ops import substring

from benchmarks.graphs import matrix
from planner.network.network import WalkingNetwork
from planner.network.snapping import AccessPoints, SnappedPoints, access_points
from planner.network.walk import FloatArray

Intervals = list[tuple[float, float]]


class Streets:
    """A network ready to be cut."""

    def __init__(self, network: WalkingNetwork, centres: SnappedPoints) -> None:
        self.network = network
        self.centres = centres
        self.lines = network.edge_lines()
        self._doors = access_points(centres, network)
        self._node_m = self._distances()

    def reached(self, centre: int, reach_m: float) -> NDArray[np.object_]:
        """Return the lines that one centre reaches within `reach_m`, one a stretch of an edge."""
        network = self.network
        left = reach_m - self._node_m[centre][network.edge_nodes]
        length = network.edge_m
        whole = left.max(axis=1) >= length
        partly = ~whole & (left > 0).any(axis=1)
        cut = {int(edge): self._from_ends(int(edge), left) for edge in np.flatnonzero(partly)}
        for edge, intervals in self._own(centre, reach_m).items():
            if not whole[edge]:
                cut.setdefault(edge, []).extend(intervals)
        parts = [
            substring(self.lines[edge], low, high) for edge in sorted(cut) for low, high in _joined(cut[edge])
        ]
        return np.concatenate([self.lines[whole], np.array([*parts, None], dtype=object)[:-1]])

    def _from_ends(self, edge: int, left: FloatArray) -> Intervals:
        """Return what is reached from the two nodes of an edge."""
        length = float(self.network.edge_m[edge])
        begin, end = left[edge].tolist()
        return [*([(0.0, begin)] if begin > 0 else []), *([(length - end, length)] if end > 0 else [])]

    def _own(self, centre: int, reach_m: float) -> dict[int, Intervals]:
        """Return what is reached on the edges near the centre: along them from its doors, and straight."""
        found: dict[int, Intervals] = {}
        for row in np.flatnonzero(self._doors.point == centre).tolist():
            edge, along = int(self._doors.edge[row]), float(self._doors.along_m[row])
            left = reach_m - float(self._doors.walk_m[row])
            if left >= 0:
                length = float(self.network.edge_m[edge])
                found.setdefault(edge, []).append((max(along - left, 0.0), min(along + left, length)))
        for row in np.flatnonzero(self.centres.point == centre).tolist():
            segment = int(self.centres.segment[row])
            base = float(self.network.segment_from_m[segment])
            stretch = (base + float(self.centres.from_m[row]), base + float(self.centres.to_m[row]))
            found.setdefault(int(self.network.segment_edge[segment]), []).append(stretch)
        return found

    def _distances(self) -> FloatArray:
        """Return metres from every centre to every node, shape (centres, nodes)."""
        count = len(self.centres.xy)
        size = len(self.network.node_xy)
        ways = _ways_in(self.network, self._doors, count)
        streets = matrix(self.network)
        streets = csr_array((streets.data, streets.indices, streets.indptr), shape=(size, size + count))
        graph = csr_array(vstack([streets, ways]))
        distances = [dijkstra(graph, indices=size + centre)[:size] for centre in range(count)]
        return np.vstack(distances)


def _ways_in(network: WalkingNetwork, at: AccessPoints, count: int) -> csr_array:
    """Return the walks from every centre through its doors to the nodes next to them, the shortest of each."""
    begin, end = network.edge_nodes[at.edge].T
    centre, node = np.tile(at.point, 2), np.concatenate([begin, end])
    rest_m = np.maximum(network.edge_m[at.edge] - at.along_m, 0.0)
    metres = np.concatenate([at.walk_m + at.along_m, at.walk_m + rest_m])
    order = np.lexsort((metres, node, centre))
    centre, node, metres = centre[order], node[order], metres[order]
    first = np.concatenate([[True], (centre[1:] != centre[:-1]) | (node[1:] != node[:-1])])[: len(centre)]
    size = len(network.node_xy) + count
    return csr_array((np.maximum(metres[first], 1e-9), (centre[first], node[first])), shape=(count, size))


def _joined(intervals: Intervals) -> Intervals:
    """Return the intervals with those that touch made one."""
    joined: Intervals = []
    for low, high in sorted(intervals):
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return joined


def as_multiline(lines: NDArray[np.object_]) -> shapely.Geometry:
    """Return lines as one geometry; a stretch without length is a point, and left out."""
    return shapely.multilinestrings([line for line in lines if line.geom_type == "LineString"])
