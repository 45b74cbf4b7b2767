"""Drawn lines: the stated tolerance holds, beside GEOS; every vertex is one of the given ones."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import planner
from planner.reporting.map import simplify
from planner.reporting.map.simplify import kept_vertices, simplify_borders

coordinate = st.floats(-100, 100, allow_nan=False).map(lambda value: round(value, 3))
places = st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=60)


def farthest(given_line: shapely.Geometry, drawn: shapely.Geometry) -> float:
    """Return how far any vertex lies from the other line; between vertices it is no more, by convexity."""
    return float(shapely.distance(shapely.points(shapely.get_coordinates(given_line)), drawn).max())


@settings(max_examples=150)
@given(places, st.floats(0.01, 30))
def test_no_vertex_is_farther_than_the_tolerance(line: list[tuple[float, float]], tolerance_m: float) -> None:
    for closed in (False, True):
        given_line = shapely.LineString([*line, line[0]] if closed else line)
        drawn = simplify_borders(np.array([given_line]), tolerance_m)[0]
        assert farthest(given_line, drawn) <= tolerance_m + 1e-9
        xy, kept = (shapely.get_coordinates(one).tolist() for one in (given_line, drawn))
        assert kept[0] == xy[0]
        assert kept[-1] == xy[-1]
        rest = iter(xy)
        assert all(vertex in rest for vertex in kept)


@settings(max_examples=60)
@given(st.integers(3, 80), st.floats(0.5, 50), st.floats(0.01, 60))
def test_a_ring_keeps_three_corners(corners: int, radius: float, tolerance_m: float) -> None:
    ring = shapely.Point(3, 4).buffer(radius, quad_segs=max(1, corners // 4))
    drawn = simplify_borders(np.array([ring]), tolerance_m)[0]
    assert len(shapely.get_coordinates(drawn)) >= 4
    assert farthest(ring, drawn.exterior) <= tolerance_m + 1e-9


def test_holes_parts_kinds_and_empty_shapes_stay_what_they_are() -> None:
    square, hole = shapely.box(0, 0, 100, 100), shapely.box(20, 20, 30, 30)
    shapes = np.array(
        [
            square.difference(hole),
            shapely.MultiPolygon([square, shapely.box(200, 0, 210, 10)]),
            shapely.LineString([(0, 0), (1, 0), (2, 0)]),
            shapely.MultiLineString([[(0, 0), (5, 5)], [(1, 1), (2, 2.1), (3, 3)]]),
            shapely.Point(1, 1),
            shapely.Polygon(),
            None,
        ]
    )
    drawn = simplify_borders(shapes, 0.2)
    assert [shapely.get_type_id(one) for one in drawn] == [6, 6, 5, 5, 0, 3, -1]
    assert shapely.area(drawn[0]) == shapely.area(shapes[0])
    assert shapely.area(drawn[1]) == shapely.area(shapes[1])
    assert shapely.get_num_coordinates(drawn[2]) == 2
    assert drawn[4] is shapes[4]
    assert drawn[5].is_empty
    assert drawn[6] is None


def test_service_areas_have_no_more_vertices_than_geos_leaves(toy_plan: planner.Plan) -> None:
    areas = toy_plan.service_areas.geometry.to_numpy()
    drawn = simplify_borders(areas, 0.5)
    assert shapely.get_num_coordinates(drawn).sum() < shapely.get_num_coordinates(areas).sum() / 2
    # GEOS may leave out the vertex where a ring begins; ours keeps it.
    geos = shapely.simplify(areas, 0.5)
    assert shapely.get_num_coordinates(drawn).sum() <= 1.1 * shapely.get_num_coordinates(geos).sum()
    for area, shown in zip(areas, drawn, strict=True):
        assert shapely.hausdorff_distance(area.boundary, shown.boundary) <= 0.5 + 1e-9
        assert shapely.area(area) == pytest.approx(shapely.area(shown), rel=0.02)


def by_recursion(xy: np.ndarray, tolerance_m: float) -> set[int]:
    """Return the vertices that Douglas and Peucker keep, one stretch after the other."""

    def between(begin: int, end: int, *, whole: bool) -> set[int]:
        if end - begin < 2:
            return set()
        along = xy[end] - xy[begin]
        length = along[0] * along[0] + along[1] * along[1]
        away = []
        for x, y in xy[begin + 1 : end] - xy[begin]:
            part = min(max((x * along[0] + y * along[1]) / length if length > 0 else 0.0, 0.0), 1.0)
            off = x - part * along[0], y - part * along[1]
            away.append(off[0] * off[0] + off[1] * off[1])
        if not whole and max(away) <= tolerance_m * tolerance_m:
            return set()
        middle = begin + 1 + away.index(max(away))
        return {middle} | between(begin, middle, whole=False) | between(middle, end, whole=False)

    closed = len(xy) > 1 and (xy[0] == xy[-1]).all()
    kept = {0, len(xy) - 1} | between(0, len(xy) - 1, whole=closed)
    return set(range(len(xy))) if closed and len(kept) < 4 else kept


@settings(max_examples=80)
@given(st.lists(places, min_size=1, max_size=5), st.sampled_from([0, 1]), st.sampled_from([0.0, 0.3, 5.0, 40.0]))
def test_all_lines_at_once_keep_what_each_keeps_alone(
    lines: list[list[tuple[float, float]]], closed: int, tolerance_m: float
) -> None:
    each = [np.array([*line, *line[:closed]]) for line in lines]
    offsets = np.concatenate([[0], np.cumsum([len(line) for line in each])])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simplify, "MOST_VERTICES", 50)
        kept = kept_vertices(np.concatenate(each), offsets, tolerance_m)
    for line, begin, end in zip(each, offsets[:-1], offsets[1:], strict=True):
        assert set(np.flatnonzero(kept[begin:end])) == by_recursion(line, tolerance_m)
