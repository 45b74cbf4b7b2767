"""Geometries as text: what Python's own writer makes of GEOS' is the oracle."""

from __future__ import annotations

import json

import numpy as np
import shapely

from planner.reporting.map.elements import geojson_texts

SHAPES = (
    "POLYGON ((106.8 39.5, 107 39.5, 106.8 39.7, 106.8 39.5))",
    "POLYGON ((0 0, 9 0, 9 9, 0 9, 0 0), (1 1, 2 1, 2 2, 1 1), (4.000001 4, 5 4, 5 5, 4.000001 4))",
    "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((2 2, 4 2, 4 4, 2 2), (3 2.5, 3.5 2.5, 3.5 3, 3 2.5)))",
    "MULTIPOLYGON EMPTY",
    "POINT (1 2)",
    "LINESTRING (-0.000001 1, 2 3.5)",
    "MULTILINESTRING ((0 0, 1 1), (2 2, 3 3, 4 4))",
    "MULTILINESTRING ((0 0, 1 1))",
    "GEOMETRYCOLLECTION (POINT (1 1), LINESTRING (0 0, 1 1))",
)


def test_texts_are_those_of_pythons_json() -> None:
    shapes = np.array([shapely.from_wkt(text) for text in SHAPES])
    expected = [json.dumps(json.loads(text), sort_keys=True) for text in shapely.to_geojson(shapes)]
    assert geojson_texts(shapes) == expected


def test_nothing_is_written_of_nothing() -> None:
    assert geojson_texts(np.empty(0, dtype=object)) == []


def test_an_empty_polygon_is_empty_when_it_is_read_again() -> None:
    shapes = np.array([shapely.Polygon(), shapely.LineString(), shapely.box(0, 0, 1, 1)])
    read = shapely.from_geojson(geojson_texts(shapes))
    assert shapely.is_empty(read).tolist() == [True, True, False]
