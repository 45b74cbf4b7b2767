"""Windows of the map sheet: where most people live at a round scale, and insets for parts that lie far off."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.reporting.map.sheet_drawing import A3_MM
from planner.reporting.style import CORE_MARGIN_M, CORE_TAIL
from planner.results import Plan

MAP_BOX = (0.012, 0.015, 0.752, 0.9)
MAP_MM = (MAP_BOX[2] * A3_MM[0], MAP_BOX[3] * A3_MM[1])
ROUND_SCALES = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
"""What a scale or a scale bar may begin with."""

BORDER, MOST_SMALLER = 1.03, 1.5
"""Margin around the whole study, and how many times smaller the map may be drawn to show all of it."""

MOST_INSETS, INSET_MM, LEAST_INSET_MM = 3, (100.0, 75.0), (45.0, 38.0)
EDGE_MM, STEP_MM, CLEAR_MM, STRIP_MM = 4.0, 3.0, 4.0, 6.0
"""Distance of an inset from the border of the map; steps in which a place is sought; distance from people;
strip in which its scale stands."""

NORTH_MM, BAR_MM = (0.0, 230.0, 28.0, 270.0), (0.0, 0.0, 72.0, 16.0)
"""Boxes of north arrow and scale bar: left, bottom, right, top."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Window:
    """A window of the sheet."""

    middle: tuple[float, float]
    """Its middle, metres."""
    scale: float
    """Metres for a millimetre."""
    place_mm: Box
    """Left, bottom, right, top within the map's box, millimetres."""

    @property
    def bounds(self) -> Box:
        """West, south, east and north, metres."""
        left, bottom, right, top = self.place_mm
        half = ((right - left) * self.scale / 2, (top - bottom) * self.scale / 2)
        return (
            self.middle[0] - half[0],
            self.middle[1] - half[1],
            self.middle[0] + half[0],
            self.middle[1] + half[1],
        )

    def millimetres(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where points are on the sheet, from the lower left of the map's box."""
        west, south, *_ = self.bounds
        return (points - (west, south)) / self.scale + self.place_mm[:2]


def choose_windows(plan: Plan, marks: Sequence[tuple[float, float]]) -> list[Window]:
    """Return the main window, then the insets.

    The whole study is in the main window if that is drawn at most `MOST_SMALLER` times smaller than where most
    people live, if no place is free of people for an inset, or if something would be in no window.

    Parameters
    ----------
    plan
        The plan.
    marks
        Positions of proposals, which no inset covers.
    """
    demand = plan.inputs.demand
    points = shapely.get_coordinates(demand.geometry.array)
    core = _core(points, demand["people"].to_numpy())
    communities = shapely.bounds(plan.inputs.communities.geometry.array)
    signs = shapely.get_coordinates(plan.inputs.facilities.geometry.array)
    signs = np.vstack([signs, np.array(marks, dtype=np.float64).reshape(-1, 2)])
    total = np.vstack([points, signs, communities[:, :2], communities[:, 2:]])
    whole = _fitted((*total.min(axis=0), *total.max(axis=0)), BORDER)
    # The main window holds each community of the core wholly, so that the border cuts no neighbourhood.
    home = demand["community"].factorize()[0]
    is_inner = _within(points, core)
    inner = is_inner | np.isin(home, home[is_inner & (home >= 0)])
    main = _fitted(_around(points[inner], CORE_MARGIN_M), 1.0)
    if whole.scale <= main.scale * MOST_SMALLER:
        return [whole]
    is_outer = ~_within(points, main.bounds)
    outer = is_outer | np.isin(home, home[is_outer & (home >= 0)])
    drawn = main.millimetres(np.vstack([points, signs]))
    taken, insets = [NORTH_MM, BAR_MM], []
    for group in _groups(points, home, outer, main):
        inset = _placed(points[group], main, drawn, taken)
        if inset is None:
            return [whole]
        taken.append(inset.place_mm)
        insets.append(inset)
    is_seen = np.any([_within(signs, window.bounds) for window in (main, *insets)], axis=0)
    return [main, *insets] if is_seen.all() else [whole]


def round_numbers(least: float) -> Iterator[float]:
    """Yield rising numbers that a scale or scale bar may have, from about `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    while True:
        yield from (power * scale for scale in ROUND_SCALES)
        power *= 10


def _round_up(least: float) -> float:
    return next(number for number in round_numbers(least) if number >= least)


def _fitted(box: Box, border: float) -> Window:
    west, south, east, north = box
    scale = _round_up(max((east - west) / MAP_MM[0], (north - south) / MAP_MM[1]) * border)
    return Window(((west + east) / 2, (south + north) / 2), scale, (0.0, 0.0, *MAP_MM))


def _core(points: NDArray[np.float64], people: NDArray[np.float64]) -> Box:
    """Return the box of all but the outermost people on each side."""
    edges = []
    for along in points.T:
        order = np.argsort(along, kind="stable")
        share = np.cumsum(people[order]) / people.sum()
        ends = np.minimum(np.searchsorted(share, (CORE_TAIL, 1 - CORE_TAIL)), len(along) - 1)
        edges.append(along[order][ends])
    return float(edges[0][0]), float(edges[1][0]), float(edges[0][1]), float(edges[1][1])


def _around(points: NDArray[np.float64], margin: float) -> Box:
    (west, south), (east, north) = points.min(axis=0) - margin, points.max(axis=0) + margin
    return float(west), float(south), float(east), float(north)


def _within(points: NDArray[np.float64], box: Box) -> NDArray[np.bool_]:
    is_within: NDArray[np.bool_] = np.all((points >= box[:2]) & (points <= box[2:]), axis=1)
    return is_within


def _groups(
    points: NDArray[np.float64], home: NDArray[np.int64], outer: NDArray[np.bool_], main: Window
) -> list[NDArray[np.bool_]]:
    """Return the points of each outlying part, communities that lie near each other; of many parts, all in one."""
    if not outer.any():
        return []
    near = INSET_MM[1] * main.scale / 2
    boxes = [shapely.box(*_around(points[outer & (home == one)], near)) for one in np.unique(home[outer])]
    parts = shapely.get_parts(shapely.union_all(boxes))
    if len(parts) > MOST_INSETS:
        return [outer]
    places = shapely.points(points[outer])
    groups = []
    for part in parts:
        group = outer.copy()
        group[outer] = shapely.covers(part, places)
        groups.append(group)
    return groups


def _placed(
    points: NDArray[np.float64], main: Window, drawn: NDArray[np.float64], taken: Sequence[Box]
) -> Window | None:
    """Return an inset of points at the free place by the border that is nearest to them; None if none is free."""
    west, south, east, north = _around(points, CORE_MARGIN_M)
    scale = max(main.scale, _round_up(max((east - west) / INSET_MM[0], (north - south) / INSET_MM[1])))
    wide = max((east - west) / scale, LEAST_INSET_MM[0])
    high = max((north - south) / scale, LEAST_INSET_MM[1]) + STRIP_MM
    middle = ((west + east) / 2, (south + north - STRIP_MM * scale) / 2)
    toward = main.millimetres(np.array([middle]))[0]
    free = []
    for left in (EDGE_MM, MAP_MM[0] - EDGE_MM - wide):
        for bottom in np.arange(EDGE_MM, MAP_MM[1] - EDGE_MM - high, STEP_MM):
            place = (left, float(bottom), left + wide, float(bottom) + high)
            near = (place[0] - CLEAR_MM, place[1] - CLEAR_MM, place[2] + CLEAR_MM, place[3] + CLEAR_MM)
            if not _within(drawn, near).any() and not any(_overlap(near, other) for other in taken):
                away = math.hypot(left + wide / 2 - toward[0], float(bottom) + high / 2 - toward[1])
                free.append((round(away, 3), place))
    return Window(middle, scale, min(free)[1]) if free else None


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
