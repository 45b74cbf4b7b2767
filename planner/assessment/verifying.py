"""`planner run --verify`: walks of random demand points, computed again by networkx on the raw street lines.

Nothing of the engine is used: the lines are cut where they enter or leave the reach of a point, every piece
becomes an edge of a networkx graph, and its Dijkstra walks from the demand point to the centres. networkx is
imported only here. It knows what the law of walking knows: one speed, streets walked both ways, lines joined at
common vertices.
"""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from scipy.optimize import minimize_scalar

from planner.assessment.situation import Situation
from planner.errors import Breach, StudyError
from planner.walking.walk import FloatArray, IndexArray

if TYPE_CHECKING:
    import networkx as nx

POINTS = 100
TOUCH_M = 1e-6
JOINED_DIGITS = 3
"""Vertices that agree to the millimetre are one place, as docs/method.md says."""

CUT_DIGITS = 6
TOLERANCE_MIN = 1e-4
"""Two ways of adding up a walk may differ by this many minutes: 6 mm at 1 m/s."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What came out of computing walks again.

    Attributes
    ----------
    points, pairs
        How many demand points were drawn, and how many walks to a centre within the horizon were compared.
    differing
        How many differ by more than `tolerance_min`, or are found by one of the two only.
    largest_min
        The largest difference, minutes; `inf` where only one found a walk.
    tolerance_min
        What is allowed.
    """

    points: int
    pairs: int
    differing: int
    largest_min: float
    tolerance_min: float = TOLERANCE_MIN


def check_networkx(study: str) -> None:
    """See, before the work begins, whether walks can be computed again.

    Raises
    ------
    StudyError
        networkx is not installed.
    """
    if importlib.util.find_spec("networkx") is None:
        raise StudyError(study, [Breach("no_networkx")])


def verify(situation: Situation, streets: gpd.GeoDataFrame, *, seed: int, points: int = POINTS) -> Verification:
    """Compute the walks of random demand points to every centre within the horizon again, by networkx.

    Parameters
    ----------
    situation
        The tables and the walks to verify.
    streets
        The street lines as they were read.
    seed
        Of the drawing of points, so that a run can be repeated.
    points
        How many demand points to draw; all, where there are no more.

    Returns
    -------
    verification
        What differs.
    """
    random = np.random.default_rng(seed)
    count = min(points, len(situation.demand))
    drawn = np.sort(random.choice(len(situation.demand), size=count, replace=False))
    walk, times = situation.walk, situation.times
    horizon_m = walk.metres(times.horizon_min)
    doors = _Doors(
        streets,
        shapely.get_coordinates(situation.demand.geometry.array[drawn]),
        shapely.get_coordinates(situation.facilities.geometry.array),
        walk.access_m,
    )
    listed = np.isin(times.demand, drawn)
    found = dict(
        zip(zip(times.facility[listed], times.demand[listed], strict=True), times.minutes[listed], strict=True)
    )
    pairs = differing = 0
    largest = 0.0
    for row, demand in enumerate(drawn):
        again = doors.metres_from(row, horizon_m)
        for facility in range(len(situation.facilities)):
            here, there = found.get((facility, demand), math.inf), walk.minutes(again[facility])
            # A walk that ends at the horizon itself may be listed by one and not by the other.
            if min(here, there) >= times.horizon_min - TOLERANCE_MIN:
                continue
            pairs += 1
            difference = float(abs(here - there))
            differing += difference > TOLERANCE_MIN
            largest = max(largest, difference)
    return Verification(count, pairs, differing, largest)


class _Doors:
    """The streets as a networkx graph, cut where they enter or leave the reach of any of the points."""

    def __init__(self, streets: gpd.GeoDataFrame, homes: FloatArray, centres: FloatArray, access_m: float) -> None:
        import networkx as nx

        self.access_m = access_m
        self.points = np.vstack([homes, centres])
        self.n_homes = len(homes)
        self.segments = _segments(streets)
        lines = shapely.linestrings(self.segments)
        point, segment = shapely.STRtree(lines).query(
            shapely.points(self.points), predicate="dwithin", distance=access_m + TOUCH_M
        )
        self.near: list[IndexArray] = [segment[point == row] for row in range(len(self.points))]
        cuts: dict[int, list[float]] = {}
        for row, number in zip(point.tolist(), segment.tolist(), strict=True):
            cuts.setdefault(number, []).extend(_crossings(self.points[row], access_m, self.segments[number]))
        self.graph: nx.Graph[Any] = nx.Graph()
        self.doors: list[dict[tuple[float, float], float]] = [{} for _ in self.points]
        for number, (begin, end) in enumerate(self.segments):
            shares = sorted({0.0, 1.0, *cuts.get(number, ())})
            places = [begin + (end - begin) * share for share in shares]
            for one, other in pairwise(places):
                self._join(one, other)
            cuts[number] = shares
        for row, number in zip(point.tolist(), segment.tolist(), strict=True):
            begin, end = self.segments[number]
            for share in cuts[number]:
                place = begin + (end - begin) * share
                metres = float(np.hypot(*(place - self.points[row])))
                if metres <= access_m + TOUCH_M:
                    self.doors[row][_key(place)] = metres

    def metres_from(self, home: int, horizon_m: float) -> list[float]:
        """Return the walk from one of the homes to every centre, metres; `inf` beyond the horizon."""
        import networkx as nx

        start = ("home", home)
        self.graph.add_node(start)
        for place, metres in self.doors[home].items():
            self.graph.add_edge(start, place, m=metres)
        walked = nx.single_source_dijkstra_path_length(self.graph, start, cutoff=horizon_m + 1.0, weight="m")
        self.graph.remove_node(start)
        return [
            self._to_centre(home, self.n_homes + row, walked) for row in range(len(self.points) - self.n_homes)
        ]

    def _to_centre(self, home: int, centre: int, walked: dict[Any, float]) -> float:
        by_street = [walked[place] + metres for place, metres in self.doors[centre].items() if place in walked]
        shared = np.intersect1d(self.near[home], self.near[centre])
        across = [self._over_one_position(home, centre, self.segments[number]) for number in shared]
        return min([math.inf, *by_street, *across])

    def _over_one_position(self, one: int, other: int, segment: FloatArray) -> float:
        """Return the shortest walk that meets the streets at one position of a segment only."""
        begin, end = segment
        low, high = 0.0, 1.0
        for who in (one, other):
            first, last = _inside(self.points[who], self.access_m, segment)
            low, high = max(low, first), min(high, last)
        if low > high:
            return math.inf

        def metres(share: float) -> float:
            place = begin + (end - begin) * share
            return float(np.hypot(*(place - self.points[one])) + np.hypot(*(place - self.points[other])))

        best = minimize_scalar(metres, bounds=(low, high), method="bounded", options={"xatol": 1e-12})
        return min(metres(low), metres(high), float(best.fun))

    def _join(self, one: FloatArray, other: FloatArray) -> None:
        ends, metres = (_key(one), _key(other)), float(np.hypot(*(other - one)))
        known = self.graph.get_edge_data(*ends)
        if ends[0] != ends[1] and (known is None or metres < known["m"]):
            self.graph.add_edge(*ends, m=metres)


def _key(place: FloatArray) -> tuple[float, float]:
    x, y = np.round(place, CUT_DIGITS) + 0.0
    return float(x), float(y)


def _segments(streets: gpd.GeoDataFrame) -> FloatArray:
    """Return the straight segments of all lines, their vertices rounded as they are joined, shape (n, 2, 2)."""
    found = [
        np.stack([xy[:-1], xy[1:]], axis=1)
        for line in shapely.get_parts(streets.geometry.array)
        for xy in [np.round(shapely.get_coordinates(line), JOINED_DIGITS)]
    ]
    segments = np.concatenate(found)
    return np.asarray(segments[(segments[:, 0] != segments[:, 1]).any(axis=1)], dtype=np.float64)


def _crossings(centre: FloatArray, radius_m: float, segment: FloatArray) -> list[float]:
    """Return the shares of a segment at which it enters or leaves a circle."""
    begin, end = segment
    step, offset = end - begin, begin - centre
    a, b, c = step @ step, 2 * (step @ offset), offset @ offset - radius_m**2
    root = b * b - 4 * a * c
    if root < 0:
        return []
    return [share for sign in (-1, 1) if 0 < (share := float((-b + sign * root**0.5) / (2 * a))) < 1]


def _inside(centre: FloatArray, radius_m: float, segment: FloatArray) -> tuple[float, float]:
    """Return the first and last share of a segment inside a circle; an empty stretch where none is."""
    begin, end = segment
    shares = sorted({0.0, 1.0, *_crossings(centre, radius_m, segment)})
    inside = [one for one in shares if np.hypot(*(begin + (end - begin) * one - centre)) <= radius_m + TOUCH_M]
    return (min(inside), max(inside)) if inside else (1.0, 0.0)
