"""Squares: ground that people cross anywhere, made walkable by straight lines between the streets that meet it.

A shortest walk across open ground from one entrance to another is a chain of straight stretches that turns only
at inward corners of the outline, so the lines between entrances and such corners that lie inside the square hold
every shortest walk, exactly. Of these lines so many are kept that no walk grows by more than 1 %. People who come
to the outline elsewhere, from a door, walk along it or along the nearest line.

References
----------
.. [1] Lozano-Pérez, T., Wesley, M. A. (1979). An algorithm for planning collision-free paths among polyhedral
   obstacles. Communications of the ACM 22.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.io.osm.elements import place_keys
from planner.io.osm.objects import NodeGap, area_of, find_gap, multipolygons_with
from planner.io.osm.walkable_tags import is_walkable
from planner.io.osm.ways import WalkableWays

MOST_PLACES = 250
"""A square with more entrances and inward corners keeps its outline only: the pairs would be too many."""

LEAST_CORNERS = 4
"""Least number of vertices of an area, the first repeated as the last."""

DETOUR = 0.01
"""Largest relative detour of a walk across, so that a square takes fewer lines."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Square:
    """Ground to walk on."""

    id: str
    kind: str
    name: str
    """`id`, `kind`, `name`: As of a street; relations are called r1."""
    shape: shapely.Geometry
    """Its outline, degrees."""
    ways: frozenset[int]
    """The ways that its outline is made of."""
    is_private: bool = False
    """Whether it is part of a compound."""


@dataclass(frozen=True, slots=True, eq=False)
class UncrossedSquare:
    """A square that people walk round, not across: it keeps its outline only."""

    id: str
    """Of the square."""
    reason: str
    """``"many"``: more entrances and inward corners than `MOST_PLACES`; ``"tangled"``: its outline crosses
    itself."""
    places: int
    """How many entrances and inward corners it has; 0 where it is tangled."""
    place: shapely.Point
    """A point of it, degrees."""


def find_squares(path: Path, walked: WalkableWays) -> tuple[list[Square], list[NodeGap]]:
    """Return the squares of an extract, closed ways with ``area=yes`` first, then multipolygons.

    Multipolygons of which a way or a node is missing are no squares: they come as gaps.
    """
    squares = []
    for way, line in zip(walked.ways, walked.lines, strict=True):
        if not way.is_square or line.geom_type != "LineString":
            continue
        # An outline that crosses itself closes, too: it is reported, not crossed.
        if line.is_closed and shapely.get_num_coordinates(line) >= LEAST_CORNERS:
            shape, own = shapely.Polygon(line), frozenset({way.id})
            squares.append(Square(str(way.id), way.kind, way.name, shape, own, way.is_private))
    gaps: list[NodeGap] = []
    return [*squares, *_multipolygons(path, walked, gaps)], gaps


def _multipolygons(path: Path, walked: WalkableWays, gaps: list[NodeGap]) -> Iterator[Square]:
    places = walked.places.of({node for way in walked.rings.values() for node in way.nodes})
    for relation in multipolygons_with(path, ["highway"]):
        if not is_walkable(relation.tags):
            continue
        ident, tags = f"r{relation.id}", relation.tags
        rings = [walked.rings[way] for way in sorted(relation.ways & walked.rings.keys())]
        lacking = find_gap(ident, relation, rings, places)
        if lacking is not None:
            gaps.append(lacking)
            continue
        for area in area_of(ident, tags, rings, places):
            yield Square(area.id, tags["highway"], tags.get("name", ""), area.shape, relation.ways)


def draw_crossing_lines(
    squares: Sequence[Square], walked: WalkableWays
) -> tuple[list[list[shapely.Geometry]], list[UncrossedSquare]]:
    """Return, for each square, the straight lines that the shortest walks across it use, without its outline.

    A square has an entrance at every vertex of its outline where a way other than its own has one, or another
    square has, whether these are drawn as ways or as relations. Squares that cannot be crossed come beside.
    """
    if not squares:
        return [], []
    xy, row = shapely.get_coordinates(walked.lines, return_index=True)
    keys, way = place_keys(xy), np.array([way.id for way in walked.ways])[row]
    corners, owner = shapely.get_coordinates([square.shape for square in squares], return_index=True)
    outlines = place_keys(corners)
    on_any = np.isin(keys, outlines)
    keys, way = keys[on_any], way[on_any]
    results: list[list[shapely.Geometry]] = []
    uncrossed: list[UncrossedSquare] = []
    for number, square in enumerate(squares):
        entrances = np.concatenate([keys[~np.isin(way, list(square.ways))], outlines[owner != number]])
        results.append([])
        for polygon in shapely.get_parts(square.shape):
            places = _places(polygon, entrances)
            if polygon.is_valid and len(places) <= MOST_PLACES:
                results[-1] += _visible(polygon, places)
            elif len(places):
                reason, count = ("many", len(places)) if polygon.is_valid else ("tangled", 0)
                uncrossed.append(UncrossedSquare(square.id, reason, count, shapely.Point(places[0])))
    return results, uncrossed


def _places(polygon: shapely.Polygon, entrance_keys: NDArray[np.complex128]) -> Floats:
    """Return the entrances of a square and, where its outline is sound, its inward corners."""
    outline = shapely.get_coordinates(polygon)
    entrances = np.unique(outline[np.isin(place_keys(outline), entrance_keys)], axis=0)
    if len(entrances) < 2:  # noqa: PLR2004 - a walk has two ends
        return np.empty((0, 2))
    if not polygon.is_valid:
        return entrances
    corners = np.concatenate([entrances, find_inward_corners(polygon)])
    _, first = np.unique(corners, axis=0, return_index=True)
    return corners[np.sort(first)]


def _visible(polygon: shapely.Polygon, places: Floats) -> list[shapely.Geometry]:
    """Return the lines inside `polygon` for the walks between `places`, without the outline."""
    if not len(places):
        return []
    item, other = np.triu_indices(len(places), k=1)
    lines = shapely.linestrings(np.stack([places[item], places[other]], axis=1))
    shapely.prepare(polygon)
    inside = shapely.covers(polygon, lines)
    item, other, lines = item[inside], other[inside], lines[inside]
    outline = shapely.boundary(polygon)
    drawn = shapely.covers(outline, lines)
    flat = places * (np.cos(np.radians(places[:, 1].mean())), 1.0)
    kept = sparsify_lines(item, other, np.hypot(*(flat[item] - flat[other]).T), drawn, len(places))
    return list(lines[kept & ~drawn])


def sparsify_lines(one: Ints, other: Ints, length: Floats, drawn: Bools, places: int) -> Bools:
    """Return which lines are needed so that no walk grows by more than `DETOUR` when the others are left out.

    From the shortest up, a line is kept unless those already kept lead there almost as directly; lines that are
    `drawn` anyway, as parts of the outline, are.

    Examples
    --------
    >>> one, other = np.array([0, 1, 0]), np.array([1, 2, 2])
    >>> sparsify_lines(one, other, np.array([1.0, 1.0, 1.99]), np.zeros(3, dtype=bool), 3).tolist()
    [True, True, False]

    References
    ----------
    .. [1] Althöfer, I. et al. (1993). On sparse spanners of weighted graphs. Discrete & Computational Geometry 9.
    """
    kept = np.zeros(len(length), dtype=bool)
    apart = np.full((places, places), np.inf)
    np.fill_diagonal(apart, 0.0)
    for line in np.lexsort((length, ~drawn)).tolist():
        i, j, metres = one[line], other[line], length[line]
        if apart[i, j] > metres * (1 + DETOUR):
            kept[line] = True
            through = np.minimum(apart[:, [i]] + apart[j], apart[:, [j]] + apart[i]) + metres
            np.minimum(apart, through, out=apart)
    return kept


def find_inward_corners(polygon: shapely.Polygon) -> Floats:
    """Return the corners of a polygon that reach into it, shape (corners, 2).

    Examples
    --------
    >>> find_inward_corners(shapely.from_wkt("POLYGON ((0 0, 2 0, 2 2, 1 2, 1 1, 0 1, 0 0))")).tolist()
    [[1.0, 1.0]]
    """
    # Counter-clockwise outlines and clockwise holes have the polygon on their left: a turn right reaches in.
    turned = shapely.orient_polygons(polygon)
    results = []
    for ring in [turned.exterior, *turned.interiors]:
        here = shapely.get_coordinates(ring)[:-1]
        came, goes = here - np.roll(here, 1, axis=0), np.roll(here, -1, axis=0) - here
        results.append(here[came[:, 0] * goes[:, 1] - came[:, 1] * goes[:, 0] < 0])
    return np.concatenate(results)
