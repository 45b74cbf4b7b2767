"""Which places of a network are closed gates: those whose streets stop beside one another, or beside one."""

from __future__ import annotations

import geopandas as gpd
import pytest

from planner.network.gates import find_gap_gates, find_gap_nodes
from planner.network.network import build_network

GATED = {
    "both sides": (["LINESTRING (0 0, 49.95 0)", "LINESTRING (50.05 0, 100 0)"], [True, True], 1, 1),
    "a side street beside a street that runs through": (
        ["LINESTRING (0 0, 100 0)", "LINESTRING (50 0.05, 50 80)"],
        [False, True],
        1,
        0,
    ),
    "three at one gate": (
        ["LINESTRING (0 0, 49.95 0)", "LINESTRING (50.05 0, 100 0)", "LINESTRING (50 0.05, 50 80)"],
        [True, True, True],
        1,
        1,
    ),
    "its other end is a dead end and no gate": (["LINESTRING (50 0.05, 50 80)"], [True], 0, 0),
    "no gate said": (["LINESTRING (0 0, 49.95 0)", "LINESTRING (50.05 0, 100 0)"], [False, False], 0, 0),
    "a street beside it farther than a gap": (
        ["LINESTRING (0 0, 100 0)", "LINESTRING (50 0.5, 50 80)"],
        [False, True],
        0,
        0,
    ),
}


@pytest.mark.parametrize("name", GATED)
def test_closed_gates_of_an_extract(name: str) -> None:
    lines, gated, closed, to_open = GATED[name]
    streets = gpd.GeoDataFrame({"gated": gated}, geometry=gpd.GeoSeries.from_wkt(lines), crs=32648)
    network = build_network(streets)
    assert len(find_gap_nodes(network, streets)) == closed
    assert len(find_gap_gates(network, streets)) == to_open
