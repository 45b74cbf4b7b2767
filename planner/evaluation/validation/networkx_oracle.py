"""Walks by networkx on the subdivided streets: an oracle for the engine that shares none of its code.

Lines are cut where a straight walk of any point may begin or end, and Dijkstra runs on the pieces. GEOS finds what
a barrier hides; numerical search finds where it is best to leave a street of another speed. networkx is imported
only here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.network.walk import FloatArray

if TYPE_CHECKING:
    import networkx as nx

TOUCH_M = 1e-3
"""Geometries so near touch: a point and its wall, a street and the wall that it opens."""

INSIDE_M = 1e-6
CUT_M = 1e-9
"""Shorter parts of a segment are dropped."""

JOINED_DIGITS = 3
"""Vertices that agree to the millimetre are one node."""

CUT_DIGITS = 5
THIRDS = 90
"""Steps that narrow the best position for one walk to two thirds."""

GRID, ROUNDS, NARROWER = 31, 14, 12.0
"""Search for the best two positions on one segment: grid points each way, rounds, narrowing a round."""

BEFORE, STREETS, AFTER = 0.0, 1.0, 2.0
"""Walks pass private ways before the first public street, and after the last; nodes of the graph begin with it."""

Key = tuple[float, ...]
"""Node of the graph."""

Part = tuple[float, float]
"""Interval along a segment, metres."""


@dataclass(frozen=True, slots=True, eq=False)
class WalkEnvironment:
    """Streets as lines, and obstacles."""

    streets: gpd.GeoDataFrame
    """Walkable lines, cut at closed gates."""
    level: FloatArray | None = None
    """Cost metres per metre along and against each straight segment, in the order of the lines, for a walker from
    home to centre, shape (segments, 2); None where every street is level, open environment."""
    gates: FloatArray | None = None
    """Places where no street is joined to another, shape (gates, 2)."""
    walls: gpd.GeoSeries | None = None
    """Lines that stop straight walks."""
    water: gpd.GeoSeries | None = None
    """Polygons that do."""
    private: NDArray[np.bool_] | None = None
    """Rows of `streets` for residents and visitors only, shape (streets,); None: none."""


class _Segment(NamedTuple):
    begin: FloatArray
    end: FloatArray
    line: int
    is_private: bool

    @property
    def length_m(self) -> float:
        return float(np.hypot(*(self.end - self.begin)))

    def place(self, along_m: float) -> FloatArray:
        """Return the place of a position."""
        return self.begin + (self.end - self.begin) * (along_m / self.length_m)

    def foot_and_aside(self, point: FloatArray) -> tuple[float, float]:
        """Return where the perpendicular from a point meets the segment's line, and how long it is."""
        along = (self.end - self.begin) / self.length_m
        foot = float((point - self.begin) @ along)
        return foot, float(np.hypot(*(point - self.begin - foot * along)))


class _Door(NamedTuple):
    """Where a straight walk meets a street, private or not."""

    place: Key
    is_private: bool

    @property
    def first(self) -> Key:
        """Return the node with which a walk begins."""
        return (BEFORE if self.is_private else STREETS, *self.place)

    @property
    def last(self) -> Key:
        """Return the node with which a walk ends."""
        return (AFTER if self.is_private else STREETS, *self.place)


class NetworkxWalks:
    """The streets as a graph, cut where a straight walk of any of the points may begin or end.

    Parameters
    ----------
    environment
        Streets and obstacles.
    homes, centres
        Origins and destinations, shape (n, 2) each.
    access_m
        The longest straight walk between a point and a street, metres.
    """

    def __init__(
        self, environment: WalkEnvironment, homes: FloatArray, centres: FloatArray, access_m: float
    ) -> None:
        import networkx as nx

        self._access_m = access_m
        self._points = np.vstack([homes, centres])
        self._n_homes = len(homes)
        self._segments = list(_segments(environment))
        self._level = np.ones((len(self._segments), 2)) if environment.level is None else environment.level
        if len(self._level) != len(self._segments):
            message = f"{len(self._level)} levels for {len(self._segments)} segments"
            raise ValueError(message)
        gates = np.zeros((0, 2)) if environment.gates is None else np.round(environment.gates, JOINED_DIGITS)
        self._gates = {(float(x), float(y)) for x, y in gates}
        self._obstacles = _Obstacles(environment.walls, environment.water)
        self._graph: nx.DiGraph[Any] = nx.DiGraph()
        self._doors: list[dict[_Door, float]] = [{} for _ in self._points]
        self._parts = self._parts_in_reach()
        self._lay()

    def from_home(self, home: int, horizon_m: float = math.inf) -> list[float]:
        """Return the walk from one of the homes to every centre, cost metres; `inf` beyond the horizon."""
        import networkx as nx

        start = ("home", home)
        self._graph.add_node(start)
        self._graph.add_weighted_edges_from(
            ((start, door.first, metres) for door, metres in self._doors[home].items()), weight="m"
        )
        walked = nx.single_source_dijkstra_path_length(self._graph, start, cutoff=horizon_m + 1.0, weight="m")
        self._graph.remove_node(start)
        return [self._to(home, centre, walked) for centre in range(self._n_homes, len(self._points))]

    def _to(self, home: int, centre: int, walked: dict[Any, float]) -> float:
        by_street = [
            walked[door.last] + metres for door, metres in self._doors[centre].items() if door.last in walked
        ]
        on_one = [
            self._on_one_segment(home, centre, number, mine, theirs)
            for number in self._parts[home].keys() & self._parts[centre].keys()
            for mine in self._parts[home][number]
            for theirs in self._parts[centre][number]
        ]
        return min([math.inf, *by_street, *on_one])

    def _parts_in_reach(self) -> list[dict[int, list[Part]]]:
        """Return the parts of segments to which each point has a free straight walk."""
        lines = shapely.linestrings([(segment.begin, segment.end) for segment in self._segments])
        point, number = shapely.STRtree(lines).query(
            shapely.points(self._points), predicate="dwithin", distance=self._access_m + INSIDE_M
        )
        parts: list[dict[int, list[Part]]] = [{} for _ in self._points]
        for who, each in zip(point.tolist(), number.tolist(), strict=True):
            segment = self._segments[each]
            within = _within(self._points[who], self._access_m, segment)
            seen = self._obstacles.leave(self._points[who], segment, within) if within else []
            if seen:
                parts[who][each] = seen
        return parts

    def _lay(self) -> None:
        """Cut the segments, and join the pieces to a graph and the points to the cuts."""
        cuts: list[set[float]] = [{0.0, segment.length_m} for segment in self._segments]
        for near in self._parts:
            for number, parts in near.items():
                cuts[number].update(at for part in parts for at in part)
        for number, at in self._best_to_leave():
            cuts[number].add(at)
        sorted_m = [np.array(sorted(along_m)) for along_m in cuts]
        keys = [[self._key(number, at) for at in along_m] for number, along_m in enumerate(sorted_m)]
        for number, along_m in enumerate(sorted_m):
            self._join_pieces(number, keys[number], np.diff(along_m).tolist())
        for who, near in enumerate(self._parts):
            doors = self._doors[who]
            for number, parts in near.items():
                foot, aside = self._segments[number].foot_and_aside(self._points[who])
                for low, high in parts:
                    first, last = np.searchsorted(sorted_m[number], [low, np.nextafter(high, np.inf)])
                    straight_m = np.hypot(sorted_m[number][first:last] - foot, aside).tolist()
                    for key, metres in zip(keys[number][first:last], straight_m, strict=True):
                        door = _Door(key, self._segments[number].is_private)
                        doors[door] = min(metres, doors.get(door, math.inf))

    def _join_pieces(self, number: int, keys: Sequence[Key], metres: Sequence[float]) -> None:
        """Join the pieces of a segment in each layer, and the layers at every place of a private one."""
        is_private, levels = self._segments[number].is_private, self._level[number].tolist()
        for layer in (BEFORE, AFTER) if is_private else (STREETS,):
            for ends, piece_m in zip(pairwise((layer, *key) for key in keys), metres, strict=True):
                self._join(ends, piece_m, levels)
        for key in keys if is_private else ():
            for ends in pairwise((layer, *key) for layer in (BEFORE, STREETS, AFTER)):
                self._graph.add_edge(*ends, m=0.0)

    def _best_to_leave(self) -> Iterator[tuple[int, float]]:
        """Yield where leaving a street of another speed is best, in either direction, and the foot."""
        rows = [
            (number, *segment.foot_and_aside(self._points[who]), *part, slope)
            for who, near in enumerate(self._parts)
            for number, parts in near.items()
            if (self._level[number] != 1).any()
            for segment in (self._segments[number],)
            for slope in {0.0, *(sign * one for one in self._level[number] for sign in (-1, 1) if one < 1)}
            for part in parts
        ]
        if rows:
            number, foot, aside, low, high, slope = np.array(rows).T
            yield from zip(
                number.astype(int).tolist(), _least(slope, foot, aside, low, high).tolist(), strict=True
            )

    def _join(self, ends: tuple[Key, Key], metres: float, levels: list[float]) -> None:
        if ends[0] == ends[1]:
            return
        for (begin, end), level in zip((ends, ends[::-1]), levels, strict=True):
            earlier = self._graph.get_edge_data(begin, end)
            if earlier is None or metres * level < earlier["m"]:
                self._graph.add_edge(begin, end, m=metres * level)

    def _key(self, number: int, along_m: float) -> Key:
        """Return what a place is called; at a closed gate every line has a place of its own."""
        segment = self._segments[number]
        x, y = (float(value) for value in np.round(segment.place(along_m), CUT_DIGITS) + 0.0)
        is_gate = (round(x, JOINED_DIGITS), round(y, JOINED_DIGITS)) in self._gates
        return (x, y, segment.line) if is_gate else (x, y)

    def _on_one_segment(self, home: int, centre: int, number: int, mine: Part, theirs: Part) -> float:
        """Return the best walk that uses one segment only, by nested search in both directions."""
        segment = self._segments[number]
        feet, asides = zip(*(segment.foot_and_aside(self._points[who]) for who in (home, centre)), strict=True)
        ahead = _least_pair(float(self._level[number, 0]), feet, asides, mine, theirs)
        turned = [(-part[1], -part[0]) for part in (mine, theirs)]
        back = _least_pair(float(self._level[number, 1]), (-feet[0], -feet[1]), asides, *turned)
        return min(ahead, back)


class _Obstacles:
    """Obstacles to straight walks, as pieces from vertex to vertex."""

    def __init__(self, walls: gpd.GeoSeries | None, water: gpd.GeoSeries | None) -> None:
        lines = [] if walls is None else list(shapely.get_parts(walls.array))
        self._ponds = shapely.get_parts([] if water is None else water.array)
        lines += list(shapely.get_parts(shapely.boundary(self._ponds)))
        self._pieces = np.array(
            [shapely.LineString(ends) for line in lines for ends in pairwise(shapely.get_coordinates(line))],
            dtype=object,
        )
        self._tree = shapely.STRtree(self._pieces)
        self._inner = shapely.STRtree(shapely.buffer(self._ponds, -TOUCH_M))

    def leave(self, point: FloatArray, segment: _Segment, within: Part) -> list[Part]:
        """Return the visible parts of an interval.

        Visibility changes only where a line through the end of a wall, or a wall itself, meets the segment:
        between two such places the midpoint decides for all.
        """
        if not len(self._pieces):
            return [within]
        spot = shapely.Point(point)
        if len(self._inner.query(spot, predicate="within")):
            # A point in the water is on the bridge or nowhere.
            foot, _ = segment.foot_and_aside(point)
            at = min(max(foot, within[0]), within[1])
            return [(at, at)] if np.hypot(*(segment.place(at) - point)) <= TOUCH_M else []
        radius_m = max(float(np.hypot(*(segment.place(at) - point))) for at in within)
        near = self._pieces[self._tree.query(spot, predicate="dwithin", distance=radius_m + 1.0)]
        if not len(near):
            return [within]
        beside = shapely.LineString([segment.begin, segment.end]).buffer(TOUCH_M, cap_style="square")
        closed = shapely.get_parts(shapely.difference(near[shapely.distance(near, spot) > TOUCH_M], beside))
        corners = [shapely.get_coordinates(piece) for piece in closed]
        events = {*within, *(at for two in corners for at in _events(point, segment, two))}
        spans = [
            span
            for span in pairwise(sorted(at for at in events if within[0] <= at <= within[1]))
            if span[1] - span[0] > CUT_M
        ]
        if not spans:
            spans = [within]
        ways = shapely.linestrings([(point, segment.place((begin + end) / 2)) for begin, end in spans])
        stop = shapely.multilinestrings(closed)
        shapely.prepare(stop)
        parts: list[Part] = []
        for (begin, end), is_stopped in zip(spans, shapely.intersects(stop, ways).tolist(), strict=True):
            if not is_stopped:
                goes_on = bool(parts) and begin - parts[-1][1] <= CUT_M
                parts[-1:] = [(parts[-1][0], end)] if goes_on else [*parts[-1:], (begin, end)]
        return parts


def _events(point: FloatArray, segment: _Segment, corners: FloatArray) -> Iterator[float]:
    """Yield where the lines from a point through corners, and the line between these, meet a segment's line."""
    along = (segment.end - segment.begin) / segment.length_m
    normal = np.array([-along[1], along[0]])
    aside = float((point - segment.begin) @ normal)
    heights = [float((corner - segment.begin) @ normal) for corner in corners]
    for corner, height in zip(corners, heights, strict=True):
        if height != aside:
            seen_at = point + (corner - point) * (aside / (aside - height))
            yield float((seen_at - segment.begin) @ along)
    for (one, low), (other, high) in pairwise(zip(corners, heights, strict=True)):
        if low * high <= 0 and low != high:
            yield float((one + (other - one) * (low / (low - high)) - segment.begin) @ along)


def _least_pair(
    level: float, feet: tuple[float, float], asides: tuple[float, float], mine: Part, theirs: Part
) -> float:
    """Return the least of straight + level · (y − x) + straight over x ≤ y, by grids around the best so far."""
    low, high = mine[0], min(mine[1], theirs[1])
    if low > high:
        return math.inf
    ranges, best = [(low, high), (0.0, 1.0)], math.inf
    for _ in range(ROUNDS):
        x, share = np.meshgrid(*(np.linspace(*limits, GRID) for limits in ranges), indexing="ij")
        first = np.maximum(x, theirs[0])
        y = first + share * (theirs[1] - first)
        walk = np.hypot(x - feet[0], asides[0]) + level * (y - x) + np.hypot(y - feet[1], asides[1])
        i, j = np.unravel_index(np.argmin(walk), walk.shape)
        best = min(best, float(walk[i, j]))
        steps = [(limits[1] - limits[0]) / NARROWER for limits in ranges]
        ranges = [
            (max(x[i, j] - steps[0], low), min(x[i, j] + steps[0], high)),
            (max(share[i, j] - steps[1], 0.0), min(share[i, j] + steps[1], 1.0)),
        ]
    return best


def _least(
    slope: FloatArray, foot: FloatArray, aside: FloatArray, low: FloatArray, high: FloatArray
) -> FloatArray:
    """Return where `slope` cost metres per metre and the straight walk are least together, by thirds."""

    def walk_m(at: FloatArray) -> FloatArray:
        return np.asarray(slope * at + np.hypot(at - foot, aside))

    for _ in range(THIRDS):
        one, other = low + (high - low) / 3, high - (high - low) / 3
        is_left = walk_m(one) <= walk_m(other)
        low, high = np.where(is_left, low, one), np.where(is_left, other, high)
    return np.asarray((low + high) / 2)


def _segments(environment: WalkEnvironment) -> Iterator[_Segment]:
    """Yield the straight segments of all lines, their vertices rounded as they are joined."""
    parts, street = shapely.get_parts(environment.streets.geometry.array, return_index=True)
    private = (
        np.zeros(len(environment.streets), dtype=bool) if environment.private is None else environment.private
    )
    for number, (line, row) in enumerate(zip(parts, street.tolist(), strict=True)):
        xy = np.round(shapely.get_coordinates(line), JOINED_DIGITS) + 0.0
        for begin, end in pairwise(xy):
            if (begin != end).any():
                yield _Segment(begin, end, number, bool(private[row]))


def _within(centre: FloatArray, radius_m: float, segment: _Segment) -> Part | None:
    """Return the part of a segment inside a circle."""
    step, offset = segment.end - segment.begin, segment.begin - centre
    a, b, c = step @ step, 2 * (step @ offset), offset @ offset - radius_m**2
    root = float(b * b - 4 * a * c)
    crossings = [float((-b + sign * root**0.5) / (2 * a)) for sign in (-1, 1)] if root >= 0 else []
    shares = [0.0, 1.0, *(share for share in crossings if 0 < share < 1)]
    inside = [share for share in shares if np.hypot(*(offset + step * share)) <= radius_m + INSIDE_M]
    return (min(inside) * segment.length_m, max(inside) * segment.length_m) if inside else None
