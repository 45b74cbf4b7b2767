"""What a join would change, without building it: as on the network built anew with it, to the millimetre."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from cities import CRS, points_in, random_city
from hypothesis import example, given, settings
from hypothesis import strategies as st
from seeds import SEEDS

from planner.network.gates import close_gates
from planner.network.link_additions import (
    LocalOD,
    compute_link_effect,
    compute_times_with_crossing,
    times_with_open_gate,
)
from planner.network.network import WalkingNetwork, build_network, with_costs
from planner.network.positions import (
    StreetPositions,
    as_snapped,
    concatenate_snapped,
    positions_along_streets,
    positions_of_nodes,
    select_snapped,
)
from planner.network.snapping import snap
from planner.network.travel_times import travel_times
from planner.network.walk import WalkSettings
from planner.network.walker import Walker

WALK = WalkSettings(3.6, 45.0)
HORIZON_MIN = 9.0


def walkers(network: WalkingNetwork, points: np.ndarray) -> LocalOD:
    starts, ends = snap(points[:4], network, access_m=WALK.access_m), snap(points, network, access_m=WALK.access_m)
    minutes = travel_times(network, starts, ends, walk=WALK, horizon_min=HORIZON_MIN).as_matrix()
    return LocalOD(starts, ends, minutes, Walker(network, WALK), HORIZON_MIN)


def within(minutes: np.ndarray) -> np.ndarray:
    return np.where(minutes <= HORIZON_MIN - 1e-3, minutes, np.inf)


def assert_same(found: np.ndarray, built: np.ndarray) -> None:
    """Compare walks; those within a millimetre or so of the horizon may be told differently."""
    sure = (found <= HORIZON_MIN - 1e-3) | (built <= HORIZON_MIN - 1e-3)
    assert found[sure] == pytest.approx(built[sure], abs=1e-4)


@settings(max_examples=40)
@given(seed=SEEDS, which=SEEDS)
def test_a_gate_opened(seed: int, which: int) -> None:
    streets = random_city(seed, blocks=4)
    points = points_in(streets, 30, seed)
    place = streets.geometry.iloc[which % len(streets)].interpolate(0.37, normalized=True)
    gates = gpd.GeoDataFrame({"id": ["g"], "name": ""}, geometry=[place], crs=CRS)
    cut = close_gates(streets, gates, within_m=5.0)
    shut = build_network(cut.streets, gates=cut.gates)
    who = walkers(shut, points)
    found = times_with_open_gate(
        compute_link_effect(as_snapped(positions_of_nodes(shut, shut.gates[0].nodes), shut), who), who
    )
    assert_same(found, walkers(build_network(streets), points).minutes)


@settings(max_examples=60)
@example(seed=3474, one=4096, other=6584, hill=True)  # a street whose drawing lies a millimetre beside its network
@given(seed=SEEDS, one=SEEDS, other=SEEDS, hill=st.booleans())
def test_a_crossing_built(seed: int, one: int, other: int, *, hill: bool) -> None:
    """The other side is drawn with a vertex at both ends; streets may be slower one way than the other."""
    streets = random_city(seed, blocks=4, kept=0.6)
    points = points_in(streets, 30, seed)
    network = build_network(streets)
    spots = positions_along_streets(network, 40.0)
    ends = np.array([one % len(spots.xy), other % len(spots.xy)])
    if np.hypot(*np.diff(spots.xy[ends], axis=0)[0]) < 1.0:
        return
    built = build_network(_with_path(streets, network, spots, ends))
    if hill:
        level = np.array([[1.4, 1.1]])
        network = with_costs(network, np.repeat(level, len(network.segment_m), axis=0))
        is_path = built.edge_street[built.segment_edge] == len(streets)
        built = with_costs(built, np.where(is_path[:, None], 1.0, level))
    who, at = walkers(network, points), as_snapped(spots.rows(ends), network)
    found = compute_times_with_crossing(spots.xy[ends], compute_link_effect(at, who), who)
    assert_same(found, walkers(built, points).minutes)


def _with_path(
    streets: gpd.GeoDataFrame, network: WalkingNetwork, spots: StreetPositions, ends: np.ndarray
) -> gpd.GeoDataFrame:
    """Draw a straight path between two street positions, with a vertex in the street on which each stands.

    A network's places are whole millimetres: the streets are drawn on these, so that rounding the end of the path
    moves the walk by less than a millimetre at each end and touches no street but its own.
    """
    lines = list(shapely.transform(streets.geometry.array, lambda xy: np.round(xy, 3)))
    places = np.round(spots.xy[ends], 3)
    for place, segment in zip(places, spots.segment[ends], strict=True):
        street = network.edge_street[network.segment_edge[segment]]
        lines[street] = _with_vertex(lines[street], place)
    return gpd.GeoDataFrame(geometry=[*lines, shapely.LineString(places)], crs=CRS)


def _with_vertex(line: shapely.LineString, place: np.ndarray) -> shapely.LineString:
    xy = shapely.get_coordinates(line)
    if (xy == place).all(axis=1).any():
        return line
    along = [line.project(shapely.Point(vertex)) for vertex in xy]
    return shapely.LineString(
        np.insert(xy, int(np.searchsorted(along, line.project(shapely.Point(place)))), place, axis=0)
    )


@settings(max_examples=30)
@given(seed=SEEDS)
def test_a_position_stands_on_its_street_alone(seed: int) -> None:
    """Walks between positions are those between points on the streets, where no other street passes the place."""
    network = build_network(random_city(seed, blocks=4))
    spots = positions_along_streets(network, 35.0)
    at = as_snapped(spots, network)
    touching = snap(spots.xy, network, access_m=1e-4)
    from_all = travel_times(network, at, at, walk=WALK, horizon_min=HORIZON_MIN).as_matrix()
    assert_same(
        from_all, travel_times(network, touching, touching, walk=WALK, horizon_min=HORIZON_MIN).as_matrix()
    )
    nodes = positions_of_nodes(network, range(len(network.node_xy)))
    assert (nodes.xy == spots.xy[: len(nodes.xy)]).all()
    gaps = np.bincount(network.segment_edge[spots.segment[len(nodes.xy) :]], minlength=len(network.edge_m)) + 1
    assert (network.edge_m / gaps <= 35.0 + 1e-9).all()


def test_some_and_all_snaps() -> None:
    streets = random_city(3, blocks=4)
    network, points = build_network(streets), points_in(streets, 12, 3)
    whole = snap(points, network, access_m=45.0)
    which = np.array([7, 2, 2, 11])
    some, again = select_snapped(whole, which), snap(points[which], network, access_m=45.0)
    both, together = (
        concatenate_snapped(some, whole),
        snap(np.vstack([points[which], points]), network, access_m=45.0),
    )
    for one, other in ((some, again), (both, together)):
        for name in (
            "xy",
            "point",
            "segment",
            "from_m",
            "to_m",
            "foot_m",
            "aside_m",
            "nearest_m",
            "reaches_street",
        ):
            assert np.array_equal(getattr(one, name), getattr(other, name)), name


def test_a_position_on_a_vertex_inside_a_street_is_reached_from_both_sides() -> None:
    """Hand-computed: the middle of a street of two equal pieces, 100 m each."""
    lines = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 100 0, 200 0)"], crs=CRS).to_frame("geometry")
    network = build_network(lines)
    spots = positions_along_streets(network, 100.0)
    assert spots.xy[-1].tolist() == [100.0, 0.0]
    ends = snap(np.array([[0.0, 0.0], [200.0, 0.0]]), network, access_m=0.1)
    middle = as_snapped(spots.rows(np.array([2])), network)
    metres = travel_times(network, ends, middle, walk=WalkSettings(3.6, 0.1), horizon_min=9.0).as_matrix() * 60
    assert metres.ravel().tolist() == pytest.approx([100.0, 100.0], abs=0.21)
