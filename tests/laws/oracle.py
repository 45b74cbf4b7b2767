"""The walk between two points by networkx on the subdivided streets: the same law, none of the planner's code.

Where a walk leaves a street is found by numerical search, what a barrier hides by GEOS.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

Point = NDArray[np.float64]
Segment = tuple[Point, Point]
Part = tuple[float, float]

TOUCH_M = 1e-3


class Oracle:
    """Every street cut where a straight walk of any of the points may begin or end.

    `level` holds the level metres a metre along and against each segment, in the order of the streets, for
    somebody who walks from the first of two points to the second.
    """

    def __init__(
        self,
        streets: gpd.GeoDataFrame,
        points: NDArray[np.float64],
        access_m: float,
        *,
        level: NDArray[np.float64] | None = None,
        walls: gpd.GeoSeries | None = None,
        water: shapely.Geometry | None = None,
    ) -> None:
        self.points = points
        self.access_m = access_m
        self.segments = list(_segments(streets))
        self.level = np.ones((len(self.segments), 2)) if level is None else level
        self.walls = _pieces(walls)
        self.water = water
        self.graph = nx.DiGraph()
        self.walks: dict[tuple[int, float | None], dict[tuple[float, float], float]] = {}
        self.doors: list[list[tuple[tuple[float, float], float]]] = [[] for _ in points]
        ends = np.array([np.concatenate(segment) for segment in self.segments])
        self.parts = [self._parts_near(point, ends) for point in points]
        cuts: dict[int, set[float]] = {}
        for point, near in zip(points, self.parts, strict=True):
            for number, parts in near.items():
                for part in parts:
                    cuts.setdefault(number, set()).update(self._worthwhile(point, number, part))
        for number in range(len(self.segments)):
            along_m = sorted({0.0, self._length(number), *cuts.get(number, ())})
            for one, other in pairwise(along_m):
                self._street(number, one, other)
            for who, near in enumerate(self.parts):
                for part in near.get(number, ()):
                    self._doors(who, number, [at for at in along_m if part[0] <= at <= part[1]])

    def metres(self, one: int, other: int, *, at_most: float | None = None) -> float:
        """Return the walk from one of the points to another, level metres.

        It is `inf` where there is none, and may be where it is longer than `at_most`.
        """
        shared = [
            self._on_one_segment(one, other, number, mine, theirs)
            for number in self.parts[one].keys() & self.parts[other].keys()
            for mine in self.parts[one][number]
            for theirs in self.parts[other][number]
        ]
        walks = self._walks_from(one, at_most)
        doors = [walks.get(place, np.inf) + metres for place, metres in self.doors[other]]
        return min([*doors, *shared], default=np.inf)

    def _walks_from(self, one: int, at_most: float | None) -> dict[tuple[float, float], float]:
        """Return the walks from a point along the streets; none leads through a house: only it has doors."""
        if (one, at_most) not in self.walks:
            for place, metres in self.doors[one]:
                self.graph.add_edge(("point", one), place, m=metres)
            self.graph.add_node(("point", one))
            self.walks[one, at_most] = nx.single_source_dijkstra_path_length(
                self.graph, ("point", one), cutoff=at_most, weight="m"
            )
            self.graph.remove_node(("point", one))
        return self.walks[one, at_most]

    def place(self, number: int, along_m: float) -> Point:
        """Return the place of a position on a segment."""
        begin, end = self.segments[number]
        return begin + (end - begin) * (along_m / self._length(number))

    def is_free(self, point: Point, place: Point, number: int) -> bool:
        """Tell whether nothing stops the straight walk between a point and a position on a segment."""
        way = shapely.LineString([point, place])
        own = self._beside(number)
        for wall in self.walls:
            if wall.distance(shapely.Point(point)) > TOUCH_M and way.intersects(wall.difference(own)):
                return False
        if self.water is None:
            return True
        return not way.intersects(self.water.buffer(-TOUCH_M))

    def _beside(self, number: int) -> shapely.Geometry:
        return shapely.LineString(self.segments[number]).buffer(TOUCH_M, cap_style="square")

    def _length(self, number: int) -> float:
        begin, end = self.segments[number]
        return float(np.hypot(*(end - begin)))

    def _parts_near(self, point: Point, ends: NDArray[np.float64]) -> dict[int, list[Part]]:
        distance = shapely.distance(shapely.linestrings(ends.reshape(-1, 2, 2)), shapely.Point(point))
        near = np.flatnonzero(distance <= self.access_m + 1e-6).tolist()
        parts = {number: self._visible(point, number) for number in near}
        return {number: seen for number, seen in parts.items() if seen}

    def _visible(self, point: Point, number: int) -> list[Part]:
        """Return the parts of a segment that lie within reach and behind nothing.

        Sight changes only where a line through the end of a wall, or a wall itself, meets the segment: between two
        such places the one in the middle speaks for all.
        """
        whole = _stretch_inside(point, self.access_m, self.segments[number])
        low, high = (share * self._length(number) for share in whole)
        if low > high:
            return []
        drawn = [wall for wall in self.walls if wall.distance(shapely.Point(point)) <= self.access_m + 1]
        if self.water is not None:
            drawn.append(self.water)
        if not drawn:
            return [(low, high)]
        if self.water is not None and self.water.buffer(-TOUCH_M).contains(shapely.Point(point)):
            street = shapely.LineString(self.segments[number])
            at = float(street.project(shapely.Point(point)))
            return [(at, at)] if street.distance(shapely.Point(point)) <= TOUCH_M else []
        events = {low, high}
        own = self._beside(number)
        for shape in drawn:
            for part in shapely.get_parts(shapely.difference([shape, shapely.boundary(shape)], own)):
                events.update(self._events(point, number, shapely.get_coordinates(part)))
        within = sorted(at for at in events if low <= at <= high)
        found: list[Part] = []
        for begin, end in pairwise(within):
            if end - begin > 1e-9 and self.is_free(point, self.place(number, (begin + end) / 2), number):
                joined = bool(found) and found[-1][1] >= begin
                found[-1:] = [(found[-1][0], end)] if joined else [*found[-1:], (begin, end)]
        return found

    def _events(self, point: Point, number: int, corners: NDArray[np.float64]) -> list[float]:
        begin, end = self.segments[number]
        length = self._length(number)
        along = (end - begin) / length
        normal = np.array([-along[1], along[0]])
        aside = float((point - begin) @ normal)
        found = []
        for corner in corners:
            height = float((corner - begin) @ normal)
            if height != aside:
                share = aside / (aside - height)
                found.append(float((point + (corner - point) * share - begin) @ along))
        for one, other in pairwise(corners):
            heights = (one - begin) @ normal, (other - begin) @ normal
            if heights[0] * heights[1] <= 0 and heights[0] != heights[1]:
                at = float((one + (other - one) * heights[0] / (heights[0] - heights[1]) - begin) @ along)
                found.append(at)
        return found

    def _worthwhile(self, point: Point, number: int, part: Part) -> set[float]:
        """Return the ends of a part, the foot, and where leaving the street is best in either direction."""

        def straight(along_m: float) -> float:
            return float(np.hypot(*(self.place(number, along_m) - point)))

        slopes = {sign * level for level in self.level[number] for sign in (-1, 1)}
        slopes = {0.0, *(slope for slope in slopes if abs(slope) < 1)} if (self.level != 1).any() else set()
        return {
            *part,
            *(_least(lambda at, slope=slope: slope * at + straight(at), part) for slope in slopes),
        }

    def _street(self, number: int, one: float, other: float) -> None:
        ends = [tuple(np.round(self.place(number, at), 5)) for at in (one, other)]
        for (begin, end), level in zip((ends, ends[::-1]), self.level[number], strict=True):
            metres = (other - one) * level
            if begin != end and metres < self.graph.get_edge_data(begin, end, {"m": np.inf})["m"]:
                self.graph.add_edge(begin, end, m=metres)

    def _doors(self, who: int, number: int, along_m: list[float]) -> None:
        for at in along_m:
            place = self.place(number, at)
            self.doors[who].append((tuple(np.round(place, 5)), float(np.hypot(*(place - self.points[who])))))

    def _on_one_segment(self, one: int, other: int, number: int, mine: Part, theirs: Part) -> float:
        """Return the best walk that uses one segment only, by nested search in both directions."""
        begin, end = self.segments[number]
        along = (end - begin) / self._length(number)
        feet = [float((self.points[who] - begin) @ along) for who in (one, other)]
        asides = [
            float(np.hypot(*(self.points[who] - begin - foot * along)))
            for who, foot in zip((one, other), feet, strict=True)
        ]
        ahead = _least_pair(self.level[number, 0], feet, asides, mine, theirs)
        turned = [(-part[1], -part[0]) for part in (mine, theirs)]
        back = _least_pair(self.level[number, 1], [-foot for foot in feet], asides, *turned)
        return min(ahead, back)


def _least_pair(level: float, feet: list[float], asides: list[float], mine: Part, theirs: Part) -> float:
    """Return the least of straight + level · (y − x) + straight over x ≤ y, by grids around the best so far."""
    low, high = mine[0], min(mine[1], theirs[1])
    if low > high:
        return np.inf
    ranges = [(low, high), (0.0, 1.0)]
    best = np.inf
    for _ in range(14):
        x, share = np.meshgrid(*(np.linspace(*limits, 31) for limits in ranges), indexing="ij")
        first = np.maximum(x, theirs[0])
        y = first + share * (theirs[1] - first)
        walk = np.hypot(x - feet[0], asides[0]) + level * (y - x) + np.hypot(y - feet[1], asides[1])
        i, j = np.unravel_index(np.argmin(walk), walk.shape)
        best = min(best, float(walk[i, j]))
        steps = [(limits[1] - limits[0]) / 12 for limits in ranges]
        ranges = [
            (max(x[i, j] - steps[0], low), min(x[i, j] + steps[0], high)),
            (max(share[i, j] - steps[1], 0.0), min(share[i, j] + steps[1], 1.0)),
        ]
    return best


def _least(function: Callable[[float], float], part: Part) -> float:
    if part[0] == part[1]:
        return part[0]
    found = minimize_scalar(function, bounds=part, method="bounded", options={"xatol": 1e-9})
    return min((*part, float(found.x)), key=function)


def _pieces(walls: gpd.GeoSeries | None) -> list[shapely.LineString]:
    if walls is None:
        return []
    lines = shapely.get_parts(walls.array)
    return [shapely.LineString(ends) for line in lines for ends in pairwise(shapely.get_coordinates(line))]


def _segments(streets: gpd.GeoDataFrame) -> list[Segment]:
    found = []
    for line in shapely.get_parts(streets.geometry.array):
        xy = np.round(shapely.get_coordinates(line), 3)
        found += [(one, other) for one, other in pairwise(xy) if (one != other).any()]
    return found


def _circle_cuts(centre: Point, radius: float, segment: Segment) -> list[float]:
    """Return the shares of a segment at which it crosses a circle."""
    begin, end = segment
    step, offset = end - begin, begin - centre
    a, b, c = step @ step, 2 * (step @ offset), offset @ offset - radius**2
    root = b * b - 4 * a * c
    if root < 0:
        return []
    return [share for sign in (-1, 1) if 0 < (share := (-b + sign * root**0.5) / (2 * a)) < 1]


def _stretch_inside(centre: Point, radius: float, segment: Segment) -> tuple[float, float]:
    shares = sorted({0.0, 1.0, *_circle_cuts(centre, radius, segment)})
    begin, end = segment
    inside = [s for s in shares if np.hypot(*(begin + (end - begin) * s - centre)) <= radius + 1e-6]
    return (min(inside), max(inside)) if inside else (2.0, -1.0)
