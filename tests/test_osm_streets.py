"""Crossings, stairs, gates and squares of OpenStreetMap: hand-made extracts, reckoned by hand."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from test_osm import LINE, node, relation, square, way, write

from planner.inputs.osm import read_osm_streets, read_osm_walk
from planner.inputs.osm_squares import DETOUR, inward_corners, spare
from planner.walking.network import WalkingNetwork, build_network
from planner.walking.snapping import snap
from planner.walking.times import travel_times
from planner.walking.walk import Walk

CRS = 32631
STEP_M = 1113.0
"""About 0.01 degrees at the equator; see `LINE`."""


def network_of(file: Path) -> WalkingNetwork:
    return build_network(read_osm_streets(file).to_crs(CRS))


def walked_m(file: Path, start: tuple[float, float], end: tuple[float, float]) -> float:
    """Return the metres along the streets between two vertices given in degrees."""
    network = network_of(file)
    points = shapely.get_coordinates(
        read_osm_streets(file).iloc[:0].set_geometry([]).geometry.array
    )  # an empty array of the right shape
    import geopandas as gpd

    points = np.column_stack(
        [(both := gpd.GeoSeries.from_xy(*zip(start, end, strict=True), crs=4326).to_crs(CRS)).x, both.y]
    )
    walk = Walk(speed_kmh=6.0, access_m=0.5)
    begin, finish = (snap(points[[row]], network, access_m=walk.access_m) for row in (0, 1))
    times = travel_times(network, begin, finish, walk=walk, horizon_min=1000.0)
    minutes = times.minutes if hasattr(times, "minutes") else times
    return float(np.asarray(minutes).ravel()[0]) * walk.metres(1.0)
