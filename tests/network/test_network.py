from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from planner.network.network import build_network
from planner.network.quality import network_quality
from planner.network.snapping import access_points, snap
from planner.network.walk import WalkSettings, is_within, walking_profiles

CRS = "EPSG:32648"


def lines(*wkt: str) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=gpd.GeoSeries.from_wkt(list(wkt)), crs=CRS)


def test_streets_join_at_shared_vertices_only() -> None:
    """A side street that ends at an inner vertex joins; one that crosses without a vertex does not."""
    streets = lines("LINESTRING (0 0, 100 0, 200 0)", "LINESTRING (100 0, 100 80)", "LINESTRING (150 -50, 150 50)")
    network = build_network(streets)
    assert sorted(network.edge_m) == [80, 100, 100, 100]
    quality = network_quality(network)
    assert (quality.nodes, quality.edges, quality.pieces, quality.dead_ends, quality.crossings) == (6, 4, 2, 5, 1)
    assert network.edge_street.tolist() == [0, 0, 1, 2]
    assert network.edge_piece.tolist() == [0, 0, 0, 1]
    assert quality.outside_share == pytest.approx(100 / 380)


def test_vertices_a_tenth_of_a_millimetre_apart_are_one_place() -> None:
    network = build_network(lines("LINESTRING (0 0, 100 0)", "LINESTRING (100.0001 0, 200 0)"))
    assert len(network.node_xy) == 3


def test_multilines_loops_repeated_vertices_and_points_of_no_length() -> None:
    streets = lines(
        "MULTILINESTRING ((0 0, 0 0, 50 0), (50 0, 100 0))",
        "LINESTRING (100 0, 150 50, 200 0, 100 0)",
        "LINESTRING (7 7, 7 7)",
    )
    network = build_network(streets)
    assert network.edge_street.tolist() == [0, 0, 1]
    assert network.edge_m[2] == pytest.approx(2 * np.hypot(50, 50) + 100)
    assert network.edge_nodes[2, 0] == network.edge_nodes[2, 1]
    assert [line.length for line in network.edge_lines()] == pytest.approx(network.edge_m.tolist())


def test_edges_and_segments_agree() -> None:
    network = build_network(lines("LINESTRING (0 0, 30 40, 30 100)", "LINESTRING (30 100, 90 180)"))
    assert network.segment_from_m.tolist() == [0, 50, 0]
    assert network.segment_m.tolist() == [50, 60, 100]
    assert network.segment_edge.tolist() == [0, 0, 1]
    summed = np.bincount(network.segment_edge, weights=network.segment_m)
    np.testing.assert_allclose(summed, network.edge_m)


def test_snapping_by_hand() -> None:
    """30 m beside a street: 40 m of it either way lie within 50 m; both ends are access_points 50 m away."""
    network = build_network(lines("LINESTRING (0 0, 100 0)", "LINESTRING (0 90, 100 90)"))
    snaps = snap(np.array([[60.0, 30.0], [50.0, 500.0]]), network, access_m=50.0)
    assert snaps.point.tolist() == [0]
    assert (snaps.from_m.tolist(), snaps.to_m.tolist()) == ([20.0], [100.0])
    assert snaps.reaches_street.tolist() == [True, False]
    assert snaps.nearest_m.tolist() == [30.0, 410.0]
    np.testing.assert_allclose(snaps.nearest_xy, [[60, 0], [50, 90]])
    assert access_points(snaps, network).walk_m.tolist() == [50.0, 50.0]
    assert access_points(snaps, network).along_m.tolist() == [20.0, 100.0]


def test_a_street_exactly_at_the_access_distance_counts() -> None:
    network = build_network(lines("LINESTRING (0 0, 100 0)"))
    snaps = snap(np.array([[50.0, 50.0], [50.0, 50.001]]), network, access_m=50.0)
    assert snaps.reaches_street.tolist() == [True, False]


def test_equally_near_streets_are_told_by_their_order() -> None:
    network = build_network(lines("LINESTRING (0 20, 100 20)", "LINESTRING (0 0, 100 0)"))
    assert snap(np.array([[50.0, 10.0]]), network, access_m=50.0).nearest_segment.tolist() == [0]


def test_limits_are_inclusive_and_infinity_is_out_of_reach() -> None:
    minutes = np.array([4.0, 5.0, 5.0 + 1e-9, 5.0 + 1e-5, np.inf])
    assert is_within(minutes, 5.0).tolist() == [True, True, True, False, False]


@pytest.mark.parametrize(("name", "reach_m"), [("gb50180", 300), ("default_walker", 400), ("adult_measured", 430)])
def test_five_minutes_of_each_profile(name: str, reach_m: float) -> None:
    assert WalkSettings(walking_profiles()[name].speed_kmh, 50.0).metres(5.0) == pytest.approx(reach_m)


def test_profiles_say_their_source_in_both_languages() -> None:
    for profile in walking_profiles().values():
        assert all((profile.source, profile.en, profile.zh))
        assert profile.evidence in ("measured", "excerpt", "quoted")


def test_segment_lines_are_the_streets() -> None:
    streets = lines("LINESTRING (0 0, 30 40, 30 100)", "LINESTRING (30 100, 90 180)")
    network = build_network(streets)
    assert shapely.union_all(network.segment_lines()).equals(streets.union_all())
