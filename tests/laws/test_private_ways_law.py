"""Private ways: table, area, nearest centre and remedies against networkx on the graph of three layers."""

from __future__ import annotations

import cities
import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from seeds import SEEDS, examples

from planner.evaluation.validation.networkx_oracle import NetworkxWalks, WalkEnvironment
from planner.network.gates import PUBLIC, close_gates, layers_after, layers_before, with_private_ways
from planner.network.isochrones.service_areas import service_areas
from planner.network.link_additions import (
    LocalOD,
    compute_link_effect,
    compute_times_with_crossing,
    compute_times_with_open_gate,
)
from planner.network.network import WalkingNetwork, build_network, with_costs
from planner.network.positions import StreetPositions, as_snapped, positions_along_streets, positions_of_nodes
from planner.network.snapping import snap
from planner.network.travel_times import (
    nearest_facility,
    nearest_facility_of_places,
    travel_times,
)
from planner.network.visibility import build_barriers
from planner.network.walk import FloatArray, WalkSettings
from planner.network.walker import Walker

MILLIMETRE = 1e-3
MINUTES = 12.0
Bools = NDArray[np.bool_]


def private_streets(streets: gpd.GeoDataFrame, seed: int) -> Bools:
    """Return which streets are private: some alone, and all that touch a few places, as in compounds."""
    random = np.random.default_rng(seed + 17)
    inside = shapely.union_all(shapely.buffer(shapely.points(cities.points_in(streets, 3, seed + 4)), 70.0))
    alone = random.random(len(streets)) < random.choice([0.0, 0.1, 0.3])
    return np.asarray(shapely.intersects(streets.geometry.array, inside), dtype=bool) | alone


def layered(network: WalkingNetwork, private: Bools) -> WalkingNetwork:
    return with_private_ways(network, private[network.edge_street])


def walked_metres(network: WalkingNetwork, points: FloatArray, access_m: float, first: int = 4) -> FloatArray:
    """Return the walks at 1 m/s from the first points to the others, `inf` beyond the horizon."""
    from_, to = (snap(xy, network, access_m=access_m) for xy in (points[:first], points[first:]))
    return travel_times(network, from_, to, walk=WalkSettings(3.6, access_m), horizon_min=MINUTES).as_matrix() * 60


def assert_equal(
    metres: FloatArray, ground: WalkEnvironment, points: FloatArray, access_m: float, first: int = 4
) -> int:
    """Compare with networkx, where people walk from the first points to the others; return how many walks."""
    walks = NetworkxWalks(ground, points[:first], points[first:], access_m)
    for i in range(first):
        for j, expected in enumerate(walks.from_home(i, 60 * MINUTES)):
            if expected > 60 * MINUTES:
                assert metres[i, j] == np.inf or expected < 60 * MINUTES + MILLIMETRE
            else:
                assert metres[i, j] == pytest.approx(expected, abs=MILLIMETRE)
    return int(np.isfinite(metres).sum())


@settings(max_examples=60)
@given(seed=SEEDS, access_m=st.sampled_from([0.5, 15.0, 40.0, 110.0]))
def test_times_equal_networkx_on_three_layers(seed: int, access_m: float) -> None:
    streets = cities.random_city(seed, blocks=5)
    private = private_streets(streets, seed)
    points = np.vstack([points_on(streets, 7, seed), cities.points_in(streets, 7, seed)])
    network = layered(build_network(streets), private)
    metres = walked_metres(network, points, access_m)
    assert_equal(metres, WalkEnvironment(streets, private=private), points, access_m)


def points_on(streets: gpd.GeoDataFrame, count: int, seed: int) -> FloatArray:
    """Return places on streets, some of them at their ends."""
    random = np.random.default_rng(seed)
    lines = random.choice(streets.geometry.array, count)
    share = random.choice([0.0, 1.0, 0.3, random.random()], count)
    return shapely.get_coordinates(shapely.line_interpolate_point(lines, share, normalized=True))


@settings(max_examples=30)
@given(seed=SEEDS, access_m=st.sampled_from([10.0, 60.0]), direction=st.sampled_from(["to_centre", "from_centre"]))
def test_hills_gates_and_walls_too(seed: int, access_m: float, direction: str) -> None:
    """Streets slower, or faster, in one direction; a gate that nobody passes; walls; both ways of walking."""
    random = np.random.default_rng(seed)
    streets = cities.random_city(seed, blocks=4)
    place = streets.geometry.iloc[seed % len(streets)].interpolate(0.37, normalized=True)
    gates = gpd.GeoDataFrame({"id": ["g"], "name": ""}, geometry=[place], crs=cities.CRS)
    cut = close_gates(streets, gates, within_m=5.0)
    private = private_streets(cut.streets, seed)
    begin = cities.points_in(streets, 12, seed + 1)
    walls = gpd.GeoSeries(
        [
            shapely.LineString([one, one + step])
            for one, step in zip(begin, random.normal(0, 25, (12, 2)), strict=True)
        ],
        crs=cities.CRS,
    )
    plain = build_network(cut.streets, gates=cut.gates, barriers=build_barriers(walls, None))
    level = random.uniform(0.6, 2.0, (len(plain.segment_m), 2))
    network = layered(with_costs(plain, level, direction=direction), private)
    points = cities.points_in(streets, 10, seed)
    metres = walked_metres(network, points, access_m)
    # networkx walks from home to centre; the engine searches from centres: what it finds from the first points to
    # the others are the walks of people from the others to the first ones, or back.
    walked = level[:, ::-1] if direction == "to_centre" else level
    ground = WalkEnvironment(
        cut.streets, level=walked, gates=np.array([gate.xy for gate in cut.gates]), walls=walls, private=private
    )
    assert_equal(metres, ground, points, access_m)


@settings(max_examples=examples(40, brief=20))
@given(seed=SEEDS, access_m=st.sampled_from([20.0, 60.0]), minutes=st.sampled_from([1.0, 4.0]), fast=st.booleans())
def test_a_point_is_in_the_area_exactly_where_its_time_is_within_the_limit(
    seed: int, access_m: float, minutes: float, *, fast: bool
) -> None:
    streets = cities.random_city(seed, blocks=5)
    private = private_streets(streets, seed)
    network = build_network(streets)
    if fast:
        level = np.random.default_rng(seed).uniform(0.7, 1.5, (len(network.segment_m), 2))
        network = with_costs(network, level)
    network, walk = layered(network, private), WalkSettings(3.6, access_m)
    centres = snap(
        np.vstack([points_on(streets, 3, seed), cities.points_in(streets, 3, seed)]), network, access_m=access_m
    )
    points = cities.points_in(streets, 600, seed + 1)
    areas = service_areas(network, centres, walk=walk, limits_min=[minutes], quarter_segments=256)[:, 0]
    demand = snap(points, network, access_m=access_m)
    times = travel_times(network, centres, demand, walk=walk, horizon_min=30.0).as_matrix()
    spots = shapely.points(points)
    for area, row in zip(areas, times, strict=True):
        drawn, walked = shapely.covers(area, spots), row <= minutes
        differing = np.flatnonzero(drawn != walked)
        border_m = shapely.distance(shapely.boundary(area), spots[differing])
        assert (border_m < 0.02).all(), (points[differing], row[differing], border_m)


@settings(max_examples=25)
@given(seed=SEEDS, access_m=st.sampled_from([0.0, 15.0, 80.0]))
def test_the_nearest_centre_is_that_of_the_table(seed: int, access_m: float) -> None:
    streets = cities.random_city(seed, blocks=6)
    network = layered(build_network(streets), private_streets(streets, seed))
    points = np.vstack([cities.points_in(streets, 300, seed), network.as_drawn.node_xy])
    walk = WalkSettings(3.6, access_m)
    centres = snap(points_on(streets, 9, seed), network, access_m=access_m)
    demand = snap(points, network, access_m=access_m)
    expected = travel_times(network, centres, demand, walk=walk, horizon_min=8).nearest()
    found = nearest_facility(network, centres, demand, walk=walk, horizon_min=8)
    np.testing.assert_allclose(found[0], expected[0], rtol=0, atol=1e-9)
    np.testing.assert_array_equal(found[1], expected[1])
    np.testing.assert_array_equal(
        nearest_facility_of_places(network, centres, points, walk=walk, horizon_min=8), found
    )


@settings(max_examples=25)
@given(seed=SEEDS)
def test_nodes_are_walked_as_a_graph_of_three_layers_says(seed: int) -> None:
    """From node to node, with a graph that knows nothing of straight walks: three copies, forward passages."""
    streets = cities.random_city(seed, blocks=5)
    private = private_streets(streets, seed)
    plain = build_network(streets)
    network = layered(plain, private)
    graph = nx.DiGraph()
    for (one, other), metres, street in zip(
        plain.edge_nodes.tolist(), plain.edge_m, plain.edge_street, strict=True
    ):
        for layer in (0, 2) if private[street] else (1,):
            graph.add_edge((layer, one), (layer, other), m=metres)
            graph.add_edge((layer, other), (layer, one), m=metres)
    for node in range(len(plain.node_xy)):
        nx.add_path(graph, [(0, node), (1, node), (2, node)], m=0.0)
    spots = positions_of_nodes(network, range(len(plain.node_xy)))
    found = (
        travel_times(
            network,
            as_snapped(spots, network),
            as_snapped(spots, network),
            walk=WalkSettings(3.6, 0.0),
            horizon_min=60.0,
        ).as_matrix()
        * 60
    )
    expected = np.full(found.shape, np.inf)
    for node in range(len(plain.node_xy)):
        # Whoever stands at a node may begin in any layer that passes it.
        for (_, other), metres in nx.single_source_dijkstra_path_length(graph, (0, node), weight="m").items():
            expected[node, other] = min(expected[node, other], metres)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@settings(max_examples=20)
@given(seed=SEEDS, access_m=st.sampled_from([15.0, 60.0]))
def test_closed_residents_open_in_this_order(seed: int, access_m: float) -> None:
    """Open ways shorten walks, private ones lengthen none that is possible without them."""
    streets = cities.random_city(seed)
    private = private_streets(streets, seed)
    points = cities.points_in(streets, 30, seed)
    opened = walked_metres(build_network(streets), points, access_m)
    residents = walked_metres(layered(build_network(streets), private), points, access_m)
    assert (residents >= opened - 1e-6).all()
    if not private.all():
        closed = walked_metres(build_network(streets[~private]), points, access_m)
        assert (closed >= residents - 1e-6).all()


@settings(max_examples=20)
@given(seed=SEEDS)
def test_the_way_back_is_as_long_and_how_streets_are_drawn_does_not_matter(seed: int) -> None:
    streets = cities.random_city(seed)
    private = private_streets(streets, seed)
    points = cities.points_in(streets, 20, seed)
    network = layered(build_network(streets), private)
    snaps = snap(points, network, access_m=40.0)
    metres = (
        travel_times(network, snaps, snaps, walk=WalkSettings(3.6, 40.0), horizon_min=MINUTES).as_matrix() * 60
    )
    np.testing.assert_allclose(metres, metres.T, atol=MILLIMETRE)
    order = np.random.default_rng(seed).permutation(len(streets))
    redrawn = gpd.GeoDataFrame(geometry=shapely.reverse(streets.geometry.array[order]), crs=cities.CRS)
    again = layered(build_network(redrawn), private[order])
    snaps = snap(points, again, access_m=40.0)
    other = travel_times(again, snaps, snaps, walk=WalkSettings(3.6, 40.0), horizon_min=MINUTES).as_matrix() * 60
    np.testing.assert_allclose(other, metres, atol=MILLIMETRE)


@settings(max_examples=40)
@given(seed=SEEDS, which=SEEDS)
def test_a_gate_opened_beside_private_ways(seed: int, which: int) -> None:
    streets = cities.random_city(seed, blocks=4)
    points = cities.points_in(streets, 24, seed)
    line = streets.geometry.iloc[which % len(streets)]
    # In the middle of a street, and where several meet: private on one side, public on the other.
    place = line.interpolate((which % 3) / 2.7, normalized=True) if which % 3 else shapely.Point(line.coords[0])
    gates = gpd.GeoDataFrame({"id": ["g"], "name": ""}, geometry=[place], crs=cities.CRS)
    cut = close_gates(streets, gates, within_m=5.0)
    private = private_streets(streets, seed)
    shut = layered(build_network(cut.streets, gates=cut.gates), private)
    who = walkers(shut, points)
    found = compute_times_with_open_gate(shut.gates[0].nodes, who)
    assert_same(found, walkers(layered(build_network(streets), private), points).minutes)


@settings(max_examples=40)
@given(seed=SEEDS, one=SEEDS, other=SEEDS)
def test_a_crossing_built_between_private_ways(seed: int, one: int, other: int) -> None:
    streets = cities.random_city(seed, blocks=4, kept=0.65)
    private = private_streets(streets, seed)
    points = cities.points_in(streets, 24, seed)
    spots = positions_along_streets(build_network(streets), 40.0)
    ends = np.round(spots.xy[[one % len(spots.xy), other % len(spots.xy)]], 3)
    if np.hypot(*(ends[1] - ends[0])) < 1.0:
        return
    drawn = streets.copy()
    for end in ends:
        drawn.geometry = [_with_vertex(line, shapely.Point(end)) for line in drawn.geometry]
    # Both networks have a vertex at the ends, so that they agree to the last bit on where people meet the streets.
    network = layered(build_network(drawn), private)
    built = build_network(gpd.GeoDataFrame(geometry=[*drawn.geometry, shapely.LineString(ends)], crs=cities.CRS))
    who, both = walkers(network, points), vertices_at(network, ends)
    arriving, leaving = (as_snapped(both, network, layers(PUBLIC)) for layers in (layers_before, layers_after))
    found = compute_times_with_crossing(ends, compute_link_effect(arriving, who, leaving), who)
    assert_same(found, walkers(layered(built, np.append(private, [False])), points).minutes)


def vertices_at(network: WalkingNetwork, xy: FloatArray) -> StreetPositions:
    """Return vertices of the streets as positions."""
    drawn = network.as_drawn
    segment = snap(xy, drawn, access_m=0.1).nearest_segment
    at_end = np.hypot(*(drawn.segment_xy[segment, 2:] - xy).T) < MILLIMETRE
    is_node = (drawn.node_xy[None] == xy[:, None]).all(axis=2)
    node = np.where(is_node.any(axis=1), is_node.argmax(axis=1), -1)
    return StreetPositions(segment, np.where(at_end, drawn.segment_m[segment], 0.0), node, xy)


WALK, HORIZON_MIN = WalkSettings(3.6, 45.0), 9.0


def walkers(network: WalkingNetwork, points: FloatArray) -> LocalOD:
    starts, ends = snap(points[:4], network, access_m=WALK.access_m), snap(points, network, access_m=WALK.access_m)
    minutes = travel_times(network, starts, ends, walk=WALK, horizon_min=HORIZON_MIN).as_matrix()
    return LocalOD(starts, ends, minutes, Walker(network, WALK), HORIZON_MIN)


def assert_same(found: FloatArray, built: FloatArray) -> None:
    """Compare walks; those within a millimetre or so of the horizon may be told differently."""
    sure = (found <= HORIZON_MIN - 1e-3) | (built <= HORIZON_MIN - 1e-3)
    assert found[sure] == pytest.approx(built[sure], abs=1e-4)


def _with_vertex(line: shapely.LineString, at: shapely.Point) -> shapely.LineString:
    if line.distance(at) > 1e-3:
        return line
    xy = shapely.get_coordinates(line)
    if np.hypot(*(xy - shapely.get_coordinates(at)).T).min() < 2e-3:
        near = np.hypot(*(xy - shapely.get_coordinates(at)).T).argmin()
        xy[near] = at.coords[0]
        return shapely.LineString(xy)
    along = [line.project(shapely.Point(place)) for place in xy]
    return shapely.LineString(np.insert(xy, int(np.searchsorted(along, line.project(at))), at.coords[0], axis=0))


LANES = {
    # A street, a compound's lane between it and a second street, and a lane that only ends in the compound.
    "south": ("LINESTRING (0 0, 100 0, 200 0)", False),
    "through": ("LINESTRING (100 0, 100 50, 100 100)", True),
    "north": ("LINESTRING (0 100, 100 100, 200 100)", False),
    "inner": ("LINESTRING (100 50, 160 50)", True),
}


def lanes_network() -> WalkingNetwork:
    lines = gpd.GeoSeries.from_wkt([wkt for wkt, _ in LANES.values()], crs=cities.CRS).to_frame("geometry")
    return layered(build_network(lines), np.array([private for _, private in LANES.values()]))


def test_nobody_walks_through_a_compound_and_its_people_walk_out_on_either_side() -> None:
    """Hand-computed, on streets, so that only ways count: 1 m/s."""
    places = {"south": (20, 0), "north": (20, 100), "inner": (160, 50), "lane": (100, 30)}
    network = lanes_network()
    snaps = snap(np.array(list(places.values()), dtype=float), network, access_m=0.1)
    metres = travel_times(network, snaps, snaps, walk=WalkSettings(3.6, 0.1), horizon_min=60.0).as_matrix() * 60
    expected = [
        [0, np.inf, 80 + 50 + 60, 80 + 30],
        [np.inf, 0, 80 + 50 + 60, 80 + 70],
        [190, 190, 0, 60 + 20],
        [110, 150, 80, 0],
    ]
    np.testing.assert_allclose(metres, expected, atol=0.3)


def test_two_compounds_on_one_street_are_two() -> None:
    """From the one along the street into the other; behind it nothing is reached through it."""
    wkt = [
        "LINESTRING (0 -40, 0 0)",
        "LINESTRING (0 0, 60 0)",
        "LINESTRING (60 0, 60 -50)",
        "LINESTRING (60 -50, 90 -50)",
    ]
    lines = gpd.GeoSeries.from_wkt(wkt, crs=cities.CRS).to_frame("geometry")
    network = layered(build_network(lines), np.array([True, False, True, False]))
    snaps = snap(np.array([[0.0, -40.0], [60.0, -50.0], [90.0, -50.0], [30.0, 0.0]]), network, access_m=0.1)
    metres = travel_times(network, snaps, snaps, walk=WalkSettings(3.6, 0.1), horizon_min=60.0).as_matrix() * 60
    assert metres[0, :2] == pytest.approx([0, 40 + 60 + 50], abs=0.3)
    assert np.isinf(metres[0, 2])
    assert np.isinf(metres[3, 2])
    # Who lives in the second compound walks out on either side.
    assert metres[1, 2:] == pytest.approx([30, 50 + 30], abs=0.3)


def test_without_private_ways_the_network_is_the_same() -> None:
    network = build_network(cities.random_city(3))
    assert with_private_ways(network, np.zeros(len(network.edge_m), dtype=bool)) is network
