"""Unions: what GEOS loses without a word is noticed and joined again."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from planner.network.isochrones import unions
from planner.network.isochrones.unions import grid_union, unite_areas

SQUARES = [shapely.box(x, 0, x + 20, 10) for x in (0.0, 10.0, 40.0)]


def test_areas_that_overlap_and_areas_apart() -> None:
    for join in (unite_areas, grid_union):
        assert join(SQUARES).area == pytest.approx(300 + 200)
        assert shapely.get_num_geometries(join(SQUARES)) == 2


def test_nothing_is_nothing() -> None:
    for join in (unite_areas, grid_union):
        assert join([]).is_empty
        assert join([shapely.Polygon()]).is_empty


def test_a_union_that_lost_a_part_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = shapely.union_all

    def forgetful(shapes: np.ndarray, grid_size: float | None = None) -> shapely.Geometry:
        return whole(shapes if grid_size else shapes[:-1], grid_size=grid_size)

    monkeypatch.setattr(unions.shapely, "union_all", forgetful)
    assert unite_areas(SQUARES).area == pytest.approx(500)


def test_holes_stay_and_slits_go() -> None:
    ring = shapely.box(0, 0, 30, 30) - shapely.box(10, 10, 20, 20)
    assert unite_areas([ring]).area == grid_union([ring]).area == 800
    slit = shapely.box(0, 0, 10, 10), shapely.box(10.00003, 0, 20, 10)
    assert shapely.get_num_geometries(grid_union(slit)) == 1
