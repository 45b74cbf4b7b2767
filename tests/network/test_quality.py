"""Where streets look wrong: by hand, and against a brute force over all pairs of segments."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.io.osm.extract import read_osm_streets
from planner.network.network import build_network
from planner.network.quality import find_topology_issues, network_quality, on_small_pieces
from planner.network.snapping import snap

CRS = "EPSG:32648"
HELSINKI = Path(__file__).parents[2] / "data" / "helsinki" / "Helsinki.osm.pbf"


def streets(*wkt: str, **columns: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries.from_wkt(list(wkt)), crs=CRS)


def found(frame: gpd.GeoDataFrame) -> list[tuple[str, str, str]]:
    places = find_topology_issues(build_network(frame), frame)
    return list(zip(places["kind"], places["street"], places["other"], strict=True))


MAIN = "LINESTRING (0 0, 100 0)"


@pytest.mark.parametrize(
    ("side", "gap_m"),
    [
        ("LINESTRING (50 1.5, 50 80)", 1.5),
        ("LINESTRING (50 2, 50 80)", 2.0),
        ("LINESTRING (50 0, 50 80)", 0.0),
        ("LINESTRING (50 2.01, 50 80)", None),
        ("LINESTRING (101 1, 150 80)", 2**0.5),
        ("LINESTRING (100 0, 150 80)", None),
    ],
)
def test_street_ends_that_miss_a_street(side: str, gap_m: float | None) -> None:
    frame = streets(MAIN, side)
    places = find_topology_issues(build_network(frame), frame)
    assert places["kind"].tolist() == ([] if gap_m is None else ["near_miss"])
    if gap_m is not None:
        assert places["gap_m"].tolist() == pytest.approx([gap_m])
        assert places.distance(shapely.from_wkt(MAIN)).tolist() == pytest.approx([gap_m / 2])


@pytest.mark.parametrize("structure", ["bridge", "tunnel"])
def test_what_is_off_the_ground_misses_nothing(structure: str) -> None:
    for marks in ([structure, ""], ["", structure]):
        assert found(streets(MAIN, "LINESTRING (50 1, 50 80)", structure=marks)) == []


def test_what_crosses_a_square_misses_nothing() -> None:
    for marks in ([True, False], [True, True]):
        assert found(streets(MAIN, "LINESTRING (50 1, 50 80)", square=marks)) == []


def test_the_gap_of_a_closed_gate_is_meant() -> None:
    parts = "MULTILINESTRING ((0 0, 49.95 0), (50.05 0, 100 0))"
    assert found(streets(parts, gated=[True])) == []
    assert [kind for kind, _, _ in found(streets(parts, gated=[False]))] == ["near_miss"]


def test_a_short_stub_does_not_miss_what_it_stands_on() -> None:
    assert found(streets("LINESTRING (0 0, 50 0, 100 0)", "LINESTRING (50 0, 50 1.5)")) == []


def test_bridges_explain_their_crossings() -> None:
    frame = streets(MAIN, "LINESTRING (50 -50, 50 50)", "LINESTRING (70 -50, 70 50)", structure=["", "bridge", ""])
    network = build_network(frame)
    quality = network_quality(network, streets=frame)
    assert (quality.crossings, quality.unexplained_crossings) == (2, 1)
    places = find_topology_issues(network, frame)
    assert places.geometry.to_wkt().tolist() == ["POINT (50 0)", "POINT (70 0)"]


def test_streets_drawn_twice() -> None:
    frame = streets(MAIN, "LINESTRING (90 0, 150 0)", "LINESTRING (100 0, 0 0)", id=["a", "b", "c"])
    places = find_topology_issues(build_network(frame), frame)
    twice = places[places["kind"] == "overlap"]
    assert list(zip(twice["street"], twice["other"], twice["length_m"], strict=True)) == [
        ("a", "b", 10.0),
        ("a", "c", 100.0),
        ("b", "c", 10.0),
    ]
    quality = network_quality(build_network(frame), streets=frame)
    assert (quality.overlaps, quality.overlap_m) == (3, 120.0)


def test_lines_across_a_square_are_no_length() -> None:
    frame = streets(MAIN, "LINESTRING (0 0, 0 50, 100 0)", square=[False, True])
    quality = network_quality(build_network(frame), streets=frame)
    assert quality.length_m == 100.0
    assert quality.longest_pieces_m == (100.0,)


def test_who_reaches_only_a_small_piece() -> None:
    network = build_network(streets(MAIN, "LINESTRING (0 500, 50 500)"))
    snaps = snap(np.array([[10.0, 5.0], [10.0, 505.0], [10.0, 250.0]]), network, access_m=20.0)
    assert on_small_pieces(snaps, network).tolist() == [False, True, False]


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(*[st.integers(0, 12)] * 4).filter(lambda ends: ends[:2] != ends[2:]), min_size=2, max_size=9
    )
)
def test_crossings_and_overlaps_are_those_of_a_brute_force(segments: list[tuple[int, int, int, int]]) -> None:
    lines = [shapely.LineString([ends[:2], ends[2:]]) for ends in segments]
    frame = gpd.GeoDataFrame(geometry=lines, crs=CRS)
    network = build_network(frame)
    drawn = network.segment_lines()
    places = find_topology_issues(network)
    ends = [set(map(tuple, shapely.get_coordinates(line))) for line in drawn]
    pairs = list(combinations(range(len(drawn)), 2))
    crossing = [(i, j) for i, j in pairs if drawn[i].crosses(drawn[j]) and not ends[i] & ends[j]]
    overlap_m = [drawn[i].intersection(drawn[j]).length for i, j in pairs]
    assert (places["kind"] == "crossing").sum() == len(crossing)
    assert sorted(places["length_m"].dropna()) == pytest.approx(sorted(m for m in overlap_m if m > 0))


def test_near_misses_of_helsinki_are_those_of_a_brute_force() -> None:
    frame = gpd.GeoDataFrame(read_osm_streets(HELSINKI).to_crs(3067))
    plain = gpd.GeoDataFrame(frame[~frame["square"]].reset_index(drop=True))
    network = build_network(plain)
    places = find_topology_issues(network, plain)
    near = places[places["kind"] == "near_miss"]
    assert 5 <= len(near) <= 40
    degree = np.bincount(network.edge_nodes.ravel(), minlength=len(network.node_xy))
    ends = shapely.points(network.node_xy[degree == 1])
    for place, gap_m in zip(near.geometry, near["gap_m"], strict=True):
        assert np.isclose(shapely.distance(ends, place), gap_m / 2, atol=1e-6).any()
        assert gap_m <= 2.0
