from __future__ import annotations

import cities
import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from seeds import SEEDS, examples

from planner.network.isochrones.small_discs import small_discs
from planner.network.isochrones.unions import grid_union
from planner.network.network import build_network
from planner.network.snapping import snap

ACCESS_M = 60.0
CHORDS = 32
Shapes = NDArray[np.object_]


def positions(xy: NDArray[np.float64], point: tuple[float, float], limit_m: float) -> NDArray[np.float64]:
    """Return positions on a segment every 50 cm, the nearest one, and those on the circles where radii change."""
    step, from_ = xy[1] - xy[0], xy[0] - point
    a, b = step @ step, 2 * step @ from_
    roots = [
        (-b + sign * np.sqrt(b * b - 4 * a * c)) / (2 * a)
        for radius in (ACCESS_M, limit_m - ACCESS_M, limit_m)
        if radius > 0 and b * b >= 4 * a * (c := from_ @ from_ - radius**2)
        for sign in (-1, 1)
    ]
    share = np.concatenate([np.linspace(0, 1, int(np.sqrt(a) / 0.5) + 2), np.clip([-b / (2 * a), *roots], 0, 1)])
    return np.asarray(xy[0] + np.sort(share)[:, None] * step)


def sweeps(xy: NDArray[np.float64], point: tuple[float, float], limit_m: float) -> tuple[Shapes, Shapes]:
    """Return what the discs along a segment sweep, from each position to the next, and the full discs among it.

    Between two positions the radius is at least the one in proportion: the hull of two discs never says too much.
    """
    spots = positions(xy, point, limit_m)
    away_m = np.hypot(*(spots - point).T)
    is_reached = away_m <= min(ACCESS_M, limit_m) + 1e-9
    radius_m = np.minimum(ACCESS_M, limit_m - away_m)[is_reached]
    centres = shapely.points(spots[is_reached])
    discs = np.where(radius_m > 0, shapely.buffer(centres, np.maximum(radius_m, 0.0), quad_segs=CHORDS), centres)
    hulls = shapely.convex_hull(shapely.geometrycollections(np.stack([discs[:-1], discs[1:]], axis=1)))
    is_full = radius_m >= ACCESS_M - 1e-9
    return hulls, hulls[is_full[:-1] & is_full[1:]]


def shapes_and_discs(
    lines: list[NDArray[np.float64]], point: tuple[float, float], limit_m: float
) -> tuple[shapely.Geometry, shapely.Geometry]:
    """Return what the code draws, and what all discs along the streets sweep, both with the full discs."""
    streets = gpd.GeoDataFrame(geometry=[shapely.LineString(line) for line in lines], crs=cities.CRS)
    network = build_network(streets)
    snaps = snap(np.array([point]), network, access_m=ACCESS_M)
    _, shapes = small_discs(snaps, network.segment_xy, limit_m=limit_m, quarter_segments=CHORDS)
    assert shapely.is_valid(shapes).all()
    swept = [sweeps(xy, point, limit_m) for xy in network.segment_xy.reshape(-1, 2, 2)]
    discs, full = (np.concatenate(part) for part in zip(*swept, strict=True))
    return grid_union([*shapes, *full]), grid_union(discs)


@settings(max_examples=examples(30, brief=12))
@example(seed=2592, count=1, limit_m=25.0, is_lattice=False)  # small discs, and a street that is soon out of reach
@example(seed=6547, count=9, limit_m=60.0, is_lattice=True)  # stands on the street with just enough left
@given(
    seed=SEEDS,
    count=st.integers(1, 12),
    limit_m=st.sampled_from([25.0, 60.0, 75.0, 100.0, 119.0]),
    is_lattice=st.booleans(),
)
def test_only_the_discs_in_sight_count(seed: int, count: int, limit_m: float, *, is_lattice: bool) -> None:
    random = np.random.default_rng(seed)
    ends = random.integers(-4, 5, (count, 2, 2)) * 15.0 if is_lattice else random.uniform(-70, 70, (count, 2, 2))
    ends = ends[(ends[:, 0] != ends[:, 1]).any(axis=1)]
    if len(ends):
        drawn, discs = shapes_and_discs(list(ends), (0.0, 0.0), limit_m)
        # Chords of both lie inside the same arcs by this at most.
        arc_m = limit_m * (1 - np.cos(np.pi / 4 / CHORDS))
        assert shapely.symmetric_difference(drawn, discs).area <= 1e-3 * discs.area + arc_m * discs.length


@pytest.mark.parametrize(
    ("line", "expected_m2"),
    [
        # On the street: 40 m each way, the disc around the place itself is the largest.
        ([(-100.0, 0.0), (100.0, 0.0)], np.pi * 40**2),
        # In line with a street that begins 10 m away: the disc of 30 m around its end.
        ([(10.0, 0.0), (100.0, 0.0)], np.pi * 30**2),
        # A street that touches the circle of reach adds nothing.
        ([(-100.0, 40.0), (100.0, 40.0)], 0.0),
    ],
)
def test_streets_seen_edge_on(line: list[tuple[float, float]], expected_m2: float) -> None:
    drawn, _ = shapes_and_discs([np.array(line)], (0.0, 0.0), 40.0)
    assert drawn.area == pytest.approx(expected_m2, rel=1e-3, abs=1e-6)
