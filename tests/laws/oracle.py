"""The walk between two points by networkx on the subdivided streets: the same law, none of the planner's code."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

Point = NDArray[np.float64]
Segment = tuple[Point, Point]


class Oracle:
    """Every street cut where it enters or leaves the reach of any of the points."""

    def __init__(self, streets: gpd.GeoDataFrame, points: NDArray[np.float64], access_m: float) -> None:
        self.points = points
        self.access_m = access_m
        self.segments = list(_segments(streets))
        self.graph = nx.Graph()
        self.doors: list[list[tuple[tuple[float, float], float]]] = [[] for _ in points]
        ends = np.array([np.concatenate(segment) for segment in self.segments])
        self.near = [self._segments_near(point, ends) for point in points]
        cuts: dict[int, set[float]] = {}
        for point, near in zip(points, self.near, strict=True):
            for number in near:
                cuts.setdefault(number, set()).update(_circle_cuts(point, access_m, self.segments[number]))
        for number, (begin, end) in enumerate(self.segments):
            shares = sorted({0.0, 1.0, *cuts.get(number, ())})
            places = [begin + (end - begin) * share for share in shares]
            for one, other in pairwise(places):
                self._street(one, other)
            if number in cuts:
                for who, near in enumerate(self.near):
                    if number in near:
                        self._doors(who, places)

    def metres(self, one: int, other: int) -> float:
        """Return the walk between two of the points, metres; `inf` where there is none."""
        shared = [
            self._over_one_position(one, other, self.segments[number])
            for number in self.near[one] & self.near[other]
        ]
        # Only these two have doors, so that no walk leads through a third one's house.
        for who in (one, other):
            self.graph.add_node(("point", who))
            self.graph.add_weighted_edges_from([(("point", who), *door) for door in self.doors[who]], weight="m")
        try:
            walked = nx.dijkstra_path_length(self.graph, ("point", one), ("point", other), weight="m")
        except nx.NetworkXNoPath:
            walked = np.inf
        self.graph.remove_nodes_from([("point", one), ("point", other)])
        return min([walked, *shared])

    def _segments_near(self, point: Point, ends: NDArray[np.float64]) -> set[int]:
        distance = shapely.distance(shapely.linestrings(ends.reshape(-1, 2, 2)), shapely.Point(point))
        return set(np.flatnonzero(distance <= self.access_m + 1e-6).tolist())

    def _street(self, one: Point, other: Point) -> None:
        ends = tuple(tuple(np.round(place, 5)) for place in (one, other))
        metres = float(np.hypot(*(other - one)))
        if ends[0] != ends[1] and metres < self.graph.get_edge_data(*ends, {"m": np.inf})["m"]:
            self.graph.add_edge(*ends, m=metres)

    def _doors(self, who: int, places: list[Point]) -> None:
        for place in places:
            metres = float(np.hypot(*(place - self.points[who])))
            if metres <= self.access_m + 1e-6:
                self.doors[who].append((tuple(np.round(place, 5)), metres))

    def _over_one_position(self, one: int, other: int, segment: Segment) -> float:
        begin, end = segment

        def walk(share: float) -> float:
            place = begin + (end - begin) * share
            legs = [float(np.hypot(*(place - self.points[who]))) for who in (one, other)]
            return sum(legs)

        low, high = 0.0, 1.0
        for who in (one, other):
            inside = _stretch_inside(self.points[who], self.access_m, segment)
            low, high = max(low, inside[0]), min(high, inside[1])
        if low > high:
            return np.inf
        best = minimize_scalar(walk, bounds=(low, high), method="bounded", options={"xatol": 1e-12})
        return min(walk(low), walk(high), float(best.fun))


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
