from __future__ import annotations

import math

import cities
import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from seeds import SEEDS

from planner.network.isochrones.ring_kernels import is_simple
from planner.network.isochrones.unions import QUARTER_SEGMENTS, buffered_union, capsule_unions
from planner.network.network import build_network

Segments = NDArray[np.float64]
RADIUS_M = 10.0
SIN, COS = math.sin(0.3), math.cos(0.3)

NAMED = {
    "a dead end": [(0, 0, 100, 0)],
    "a point": [(5, 5, 5, 5)],
    "the same point twice": [(5, 5, 5, 5), (5, 5, 5, 5)],
    "a point on a street": [(0, 0, 100, 0), (40, 0, 40, 0), (100, 0, 100, 0)],
    "a point beside a street": [(0, 0, 100, 0), (40, 7, 40, 7)],
    "a bend": [(0, 0, 100, 0), (100, 0, 100, 60)],
    "a hairpin": [(0, 0, 100, 0), (100, 0, 0, 3)],
    "a street in pieces": [(0, 0, 30, 0), (30, 0, 60, 0), (60, 0, 100, 0)],
    "a junction of three": [(0, 0, 50, 0), (50, 0, 100, 0), (50, 0, 50, 60)],
    "an end on another street": [(0, 0, 100, 0), (50, 0, 50, 60)],
    "a crossing without a junction": [(0, 0, 100, 0), (50, -50, 50, 50)],
    "a loop": [(0, 0, 100, 0), (100, 0, 100, 100), (100, 100, 0, 100), (0, 100, 0, 0)],
    "a loop with an island": [
        (0, 0, 200, 0),
        (200, 0, 200, 200),
        (200, 200, 0, 200),
        (0, 200, 0, 0),
        (90, 100, 110, 100),
    ],
    "a loop that is just closed": [(0, 0, 100, 0), (100, 0, 100, 100), (100, 100, 0, 100), (0, 100, 0, 20)],
    "a collinear overlap": [(0, 0, 100, 0), (50, 0, 150, 0)],
    "an overlap at an angle": [(0, 0, 100 * COS, 100 * SIN), (50 * COS, 50 * SIN, 150 * COS, 150 * SIN)],
    "one street within another": [(0, 0, 100, 0), (20, 0, 60, 0)],
    "the same street twice and backwards": [(0, 0, 100, 0), (0, 0, 100, 0), (100, 0, 0, 0)],
    "parallel, two radii apart": [(0, 0, 100, 0), (0, 20, 100, 20)],
    "parallel, a little less": [(0, 0, 100, 0), (0, 19.9999999, 100, 19.9999999)],
    "nearly parallel, about two radii apart": [(0, 0, 100, 0), (0, 20.0001, 100, 19.9999)],
    "discs that touch": [(0, 0, 100, 0), (120, 0, 220, 0)],
    "a disc that touches a side": [(0, 0, 100, 0), (50, 20, 50, 80)],
    "two components": [(0, 0, 10, 0), (100, 0, 110, 0)],
    "shorter than the radius": [(0, 0, 1, 0), (1, 0, 2, 1), (2, 1, 3, 1), (3, 1, 3, 4)],
    "millimetres": [(0, 0, 0.001, 0), (0.001, 0, 0.001, 0.001), (0.001, 0.001, 100, 0)],
    "a star": [(0, 0, 100 * math.cos(a), 100 * math.sin(a)) for a in np.arange(64) * math.pi / 32],
    "half a star": [(0, 0, 100 * math.cos(a), 100 * math.sin(a)) for a in np.arange(9) * math.pi / 16],
    "a lattice, two radii apart": [
        *[(0, 20 * i, 200, 20 * i) for i in range(11)],
        *[(20 * i, 0, 20 * i, 200) for i in range(11)],
    ],
    "a lattice of crossings": [
        *[(0, 45 * i, 450, 45 * i) for i in range(11)],
        *[(45 * i, 0, 45 * i, 450) for i in range(11)],
    ],
    "a long street across the grid": [(0, 0, 9000, 7000), (9000, 7000, 9100, 7000), (4500, 3600, 4500, 3300)],
}


def capsule_union(
    segments: Segments, radius_m: float, *, quarter_segments: int = QUARTER_SEGMENTS
) -> shapely.Geometry:
    """Return all that lies within `radius_m` of any segment."""
    areas, _ = capsule_unions(segments, np.array([len(segments)]), radius_m, quarter_segments=quarter_segments)
    area: shapely.Geometry = areas[0]
    return area


def assert_same_as_geos(segments: Segments, radius_m: float) -> shapely.Geometry:
    """Compare with GEOS; where its quick union loses parts, with the one on a grid."""
    area = capsule_union(segments, radius_m)
    assert shapely.is_valid(area)
    quick = shapely.union_all(
        shapely.buffer(shapely.linestrings(segments.reshape(-1, 2, 2)), radius_m, quad_segs=16)
    )
    if shapely.symmetric_difference(area, quick).area > 1e-3 * area.area:
        expected = buffered_union(segments, radius_m)
        assert shapely.symmetric_difference(area, expected).area <= 1e-3 * expected.area
    return area


def left_to_geos(segments: Segments, radius_m: float) -> bool:
    _, by_geos = capsule_unions(segments, np.array([len(segments)]), radius_m)
    return bool(by_geos[0])


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("east_north", [(0.0, 0.0), (482_913.337, 6_672_251.251)])
def test_the_hard_cases_by_name(name: str, east_north: tuple[float, float]) -> None:
    segments = np.array(NAMED[name], dtype=np.float64) + np.tile(east_north, 2)
    assert_same_as_geos(segments, RADIUS_M)
    assert not left_to_geos(segments, RADIUS_M)


@pytest.mark.parametrize("radii", [0.25, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("seed", range(6))
def test_straight_grids_of_a_planner_are_drawn_here_too(radii: float, seed: int) -> None:
    """Streets along the axes, some radii apart: sides run along streets and end where others begin."""
    random, step_m = np.random.default_rng(seed), 50.0
    count = int(random.integers(6, 14))
    there = np.array([(i, j, i, j + 1) for i in range(count) for j in range(count - 1)], dtype=np.float64)
    grid = np.concatenate([there, there[:, [1, 0, 3, 2]]]) * step_m + np.tile(random.integers(0, 500_000, 2), 2)
    reached = grid[random.random(len(grid)) < (0.4, 0.7, 1.0)[seed % 3]]
    cut = random.random(len(reached)) < 0.2
    share = np.round(random.random(int(cut.sum())), 1) + 0.1
    reached[cut, 2:] = reached[cut, :2] + (reached[cut, 2:] - reached[cut, :2]) * share[:, None]
    radius_m = radii * step_m
    areas, by_geos = capsule_unions(reached, np.array([len(reached)]), radius_m)
    expected = buffered_union(reached, radius_m)
    assert not by_geos[0]
    assert shapely.symmetric_difference(areas[0], expected).area <= 1e-5 * expected.area


@pytest.mark.parametrize(
    ("radius_m", "streets"),
    [
        (
            50.0,
            [(50, 0, 50, 500), (100, 0, 100, 500), (0, 200, 401.405967142, 200), (0, 250, 401.694649, 250)],
        ),
        (50.0, [(50, 0, 50, 500), (100, 0, 100, 500), (0, 200, 500, 200), (0, 250, 500, 250)]),
        (100.0, [(100, 0, 100, 1000), (200, 0, 200, 1000), (0, 400, 1000, 400), (0, 500, 1000, 500)]),
    ],
)
@pytest.mark.parametrize("east_north", [(0.0, 0.0), (500_000.0, 4_400_000.0), (0.0, 4_400_000.0)])
def test_a_street_that_begins_one_radius_beside_another(
    radius_m: float, streets: list[tuple[float, ...]], east_north: tuple[float, float]
) -> None:
    """Its side begins on the other one's: which of the two, or of their circles, comes first is no rounding."""
    segments = np.array(streets, dtype=np.float64) + np.tile(east_north, 2)
    areas, by_geos = capsule_unions(segments, np.array([len(segments)]), radius_m)
    expected = buffered_union(segments, radius_m)
    assert not by_geos[0]
    assert shapely.symmetric_difference(areas[0], expected).area <= 1e-5 * expected.area


def test_nothing_has_an_empty_area() -> None:
    assert capsule_union(np.zeros((0, 4)), RADIUS_M).is_empty


def test_parts_and_holes_are_told_apart() -> None:
    def shape(name: str) -> tuple[int, int]:
        area = capsule_union(np.array(NAMED[name], dtype=np.float64), RADIUS_M)
        parts = shapely.get_parts(area)
        return len(parts), int(shapely.get_num_interior_rings(parts).sum())

    assert shape("two components") == (2, 0)
    assert shape("a loop") == (1, 1)
    assert shape("a loop with an island") == (2, 1)
    assert shape("a lattice of crossings") == (1, 100)


def test_a_capsule_has_its_area_and_lies_inside_the_true_one() -> None:
    """Hand-computed: 2 · 100 · 10 + π · 10²; a chord of 1/128 turn lies 10 · (1 − cos(π/128)) inside."""
    area = capsule_union(np.array([[0.0, 0.0, 100.0, 0.0]]), RADIUS_M)
    assert area.area == pytest.approx(2000 + math.pi * 100, rel=1e-4)
    away = shapely.distance(shapely.LineString([(0, 0), (100, 0)]), shapely.points(area.exterior.coords))
    assert np.abs(away - RADIUS_M).max() < 2e-5
    assert shapely.hausdorff_distance(area, shapely.LineString([(0, 0), (100, 0)])) < RADIUS_M + 2e-5


def test_chords_are_as_fine_as_asked() -> None:
    point = np.array([[0.0, 0.0, 0.0, 0.0]])
    coarse, fine = (capsule_union(point, RADIUS_M, quarter_segments=n).area for n in (4, 64))
    assert coarse == pytest.approx(16 / 2 * math.sin(2 * math.pi / 16) * 100, rel=5e-3)
    assert fine == pytest.approx(math.pi * 100, rel=2e-4)


def test_order_and_direction_do_not_matter() -> None:
    random = np.random.default_rng(5)
    segments = random.uniform(0, 200, (40, 4))
    turned = segments[random.permutation(40)][:, [2, 3, 0, 1]]
    one, other = capsule_union(segments, RADIUS_M), capsule_union(turned, RADIUS_M)
    assert shapely.symmetric_difference(one, other).area < 1e-6 * one.area
    assert shapely.equals_exact(one, capsule_union(segments, RADIUS_M))


def any_segments(kind: str, seed: int, count: int, radius_m: float) -> Segments:
    random = np.random.default_rng(seed)
    if kind == "random":
        return random.uniform(0, 200, (count, 4))
    if kind == "tiny":
        begin = random.uniform(0, 100, (count, 2))
        return np.hstack([begin, begin + random.normal(0, 10 ** random.uniform(-7, 1), (count, 2))])
    if kind == "collinear":
        along = random.integers(0, 20, (count, 2)) * radius_m / 2
        aside = random.integers(0, 3, (count, 1)) * radius_m
        (a, b), direction = (along[:, :1], along[:, 1:]), np.array([0.6, 0.8])
        shift = aside * np.array([-0.8, 0.6])
        return np.hstack([a * direction + shift, b * direction + shift])
    lattice = radius_m * random.integers(0, 12, (count, 4)).astype(np.float64)
    if kind == "lattice":
        return lattice
    angle = random.uniform(0, 7)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return (lattice.reshape(-1, 2) @ turn).reshape(-1, 4) + 5e5


@settings(max_examples=200)
@example(kind="collinear", seed=7571, count=16, radius_m=30.0)  # GEOS without a grid loses a twentieth of it
@given(
    kind=st.sampled_from(["random", "tiny", "collinear", "lattice", "turned lattice"]),
    seed=SEEDS,
    count=st.integers(1, 40),
    radius_m=st.sampled_from([3.0, 10.0, 30.0]),
)
def test_any_segments_give_the_area_of_geos(kind: str, seed: int, count: int, radius_m: float) -> None:
    assert_same_as_geos(any_segments(kind, seed, count, radius_m), radius_m)


def closed(ring: Segments) -> Segments:
    return np.vstack([ring, ring[:1]])


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(3, 120),
    turn=st.sampled_from([0.1, 0.4, 1.5, 3.2]),
    spike=st.sampled_from([0.0, 1e-9, 1e-3]),
)
def test_rings_said_not_to_touch_do_not(seed: int, count: int, turn: float, spike: float) -> None:
    """Scribbles that bend a little or a lot, or run back along themselves, beside a second one like them."""
    random = np.random.default_rng(seed)
    scribbles = []
    for _ in range(2):
        heading = np.cumsum(random.uniform(-turn, turn, count))
        ring = np.cumsum(np.column_stack([np.cos(heading), np.sin(heading)]), axis=0) + random.uniform(-9, 9, 2)
        if spike:
            at = random.integers(1, count)
            ring = np.insert(ring, at, [ring[at - 1] + (5, spike), ring[at - 1] + (0, 2 * spike)], axis=0)
        scribbles.append(closed(ring))
    for rings in ([scribbles[0]], scribbles):
        if is_simple(np.vstack(rings), np.cumsum([len(ring) for ring in rings])):
            assert shapely.is_simple(shapely.multilinestrings([shapely.linearrings(ring) for ring in rings]))


def test_plain_rings_need_no_other_test() -> None:
    angle = np.arange(500) * math.tau / 500
    radius = 100 + 20 * np.sin(9 * angle)
    outline = closed(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]))
    for rings in ([outline], [outline, 0.5 * outline[::-1]]):
        assert is_simple(np.vstack(rings), np.cumsum([len(ring) for ring in rings]))
    crossed = closed(outline[:-1][np.r_[0:100, 101, 100, 102:500]])
    assert not is_simple(crossed, np.array([len(crossed)]))


@pytest.mark.parametrize("radius_m", [50.0])
def test_real_streets_need_no_fallback(radius_m: float) -> None:
    network = build_network(cities.helsinki())
    random = np.random.default_rng(3)
    middle = (network.segment_xy[:, :2] + network.segment_xy[:, 2:]) / 2
    # One large piece of the city, and twenty small ones: GEOS takes far longer over a large one.
    places = middle[random.choice(len(middle), 21)]
    for centre, within_m in zip(places, [800.0, *random.uniform(100, 400, 20)], strict=True):
        segments = network.segment_xy[np.hypot(*(middle - centre).T) < within_m]
        assert not left_to_geos(segments, radius_m)
        assert_same_as_geos(segments, radius_m)
