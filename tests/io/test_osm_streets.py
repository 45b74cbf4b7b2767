"""Crossings, stairs, gates and squares of OpenStreetMap: hand-made extracts, computed by hand."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from test_osm import LINE, node, relation, square, way, write

from planner.io.osm.extract import read_osm_street_data, read_osm_streets
from planner.io.osm.squares import DETOUR, find_inward_corners, sparsify_lines
from planner.network.network import build_network

CRS = 32631


def graph_of(file: Path) -> nx.Graph:
    """Return the streets as a graph whose nodes are places in degrees, to seven digits."""
    network = build_network(read_osm_streets(file).to_crs(CRS))
    places = gpd.GeoSeries.from_xy(*network.node_xy.T, crs=CRS).to_crs(4326)
    names = [(round(place.x, 7), round(place.y, 7)) for place in places]
    graph = nx.Graph()
    for (one, other), metres in zip(network.edge_nodes.tolist(), network.edge_m.tolist(), strict=True):
        if metres < graph.get_edge_data(names[one], names[other], {"m": np.inf})["m"]:
            graph.add_edge(names[one], names[other], m=metres)
    return graph


def straight_m(*places: tuple[float, float]) -> float:
    return float(gpd.GeoSeries([shapely.LineString(places)], crs=4326).to_crs(CRS).length.iloc[0])


# what the engine asks of a street


def test_each_street_says_what_it_is(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        *LINE,
        way(1, [1, 2], highway="steps"),
        way(2, [2, 3], highway="footway", bridge="yes"),
        way(3, [3, 4], highway="service", tunnel="building_passage"),
        way(4, [4, 5], highway="footway", bridge="no", tunnel="no"),
    )
    streets = read_osm_streets(file)
    assert streets["kind"].tolist() == ["steps", "footway", "service", "footway"]
    assert streets["structure"].tolist() == ["", "bridge", "", ""]
    assert not streets["gated"].any()
    assert not streets["square"].any()


@pytest.mark.parametrize(
    ("tags", "at_node", "crossing"),
    [
        ({"highway": "footway", "footway": "crossing", "crossing": "zebra"}, {}, "zebra"),
        ({"highway": "path", "path": "crossing"}, {"highway": "crossing", "crossing": "marked"}, "marked"),
        ({"highway": "cycleway", "cycleway": "crossing"}, {"highway": "traffic_signals"}, "traffic_signals"),
        ({"highway": "footway", "footway": "crossing", "crossing__signals": "yes"}, {}, "traffic_signals"),
        ({"highway": "footway", "footway": "crossing", "crossing__markings": "no"}, {}, "unmarked"),
        ({"highway": "footway", "footway": "crossing", "crossing": "yes"}, {"highway": "crossing"}, "unknown"),
        ({"highway": "footway", "footway": "crossing", "crossing": "zebra"}, {"crossing": "island"}, "zebra"),
        ({"highway": "residential"}, {"highway": "crossing", "crossing": "zebra"}, ""),
        ({"highway": "footway", "footway": "sidewalk", "crossing": "zebra"}, {}, ""),
    ],
)
def test_crossings_are_told_by_the_way_then_by_its_nodes(
    tmp_path: Path, tags: dict[str, str], at_node: dict[str, str], crossing: str
) -> None:
    file = write(
        tmp_path, node(1, 0.0, 0.0), node(2, 0.01, 0.0, **at_node), node(3, 0.02, 0.0), way(1, [1, 2, 3], **tags)
    )
    assert read_osm_streets(file)["crossing"].tolist() == [crossing]


# gates


def gated(tmp_path: Path, *ways: str, **tags: str) -> Path:
    """Return an extract with a row of nodes, the fourth of them a barrier, and one more north and south of it."""
    places = [LINE[0], LINE[1], LINE[2], node(4, 0.04, 0.0, **tags), *LINE[4:]]
    return write(tmp_path, *places, node(20, 0.04, 0.01), node(21, 0.04, -0.01), *ways)


@pytest.mark.parametrize(
    ("tags", "passable"),
    [
        ({"barrier": "gate"}, True),
        ({"barrier": "bollard"}, True),
        ({"barrier": "lift_gate", "access": "destination"}, True),
        ({"barrier": "gate", "access": "private"}, False),
        ({"barrier": "gate", "access": "private", "foot": "yes"}, True),
        ({"barrier": "gate", "foot": "no"}, False),
        ({"barrier": "gate", "locked": "yes"}, False),
        ({"barrier": "gate", "opening_hours": "06:00-22:00"}, True),
        ({"barrier": "gate", "opening_hours": "closed"}, False),
        ({"barrier": "wall"}, False),
        ({"barrier": "fence", "foot": "permissive"}, True),
    ],
)
def test_who_passes_a_gate(tmp_path: Path, tags: dict[str, str], passable: bool) -> None:  # noqa: FBT001
    file = gated(tmp_path, way(1, [1, 2, 3, 4, 5], highway="service", name="阵地路"), **tags)
    walk = read_osm_street_data(file)
    gate = walk.gates.iloc[0]
    assert (gate["id"], gate["kind"], gate["passable"]) == ("n4", tags["barrier"], passable)
    assert json.loads(gate["tags"]) == tags
    assert gate["hours"] == tags.get("opening_hours", "")
    assert gate.geometry == shapely.Point(0.04, 0.0)
    assert walk.streets["gated"].tolist() == [not passable]
    graph = graph_of(file)
    assert nx.has_path(graph, (0.01, 0.0), (0.05, 0.0)) is passable
    if not passable:
        parts = walk.streets.to_crs(CRS).geometry[0].geoms
        ends = [shapely.Point(parts[0].coords[-1]), shapely.Point(parts[1].coords[0])]
        place = gpd.GeoSeries([shapely.Point(0.04, 0.0)], crs=4326).to_crs(CRS).iloc[0]
        assert [place.distance(end) for end in ends] == pytest.approx([0.05, 0.05], rel=0.02)
        assert sum(part.length for part in parts) == pytest.approx(
            straight_m((0.01, 0.0), (0.05, 0.0)) - 0.1, abs=0.01
        )


def test_a_gate_between_two_ways_parts_them(tmp_path: Path) -> None:
    file = gated(
        tmp_path,
        way(1, [1, 2, 3, 4], highway="service"),
        way(2, [4, 5], highway="service"),
        barrier="gate",
        access="private",
    )
    assert not nx.has_path(graph_of(file), (0.01, 0.0), (0.05, 0.0))


def test_a_gate_at_a_junction_closes_the_side_street_only(tmp_path: Path) -> None:
    file = gated(
        tmp_path,
        way(1, [1, 2, 3, 4, 5], highway="residential"),
        way(2, [4, 20], highway="service"),
        barrier="gate",
        access="private",
    )
    graph = graph_of(file)
    assert nx.has_path(graph, (0.01, 0.0), (0.05, 0.0))
    assert not nx.has_path(graph, (0.01, 0.0), (0.04, 0.01))
    assert read_osm_streets(file)["gated"].tolist() == [False, True]


def test_a_gate_at_a_dead_end_or_off_the_streets_changes_nothing(tmp_path: Path) -> None:
    file = gated(tmp_path, way(1, [1, 2, 3, 4], highway="service"), barrier="gate", access="private")
    assert straight_m((0.01, 0.0), (0.04, 0.0)) == read_osm_streets(file).to_crs(CRS).length.sum()
    off = gated(tmp_path, way(1, [1, 2, 3], highway="service"), barrier="gate", access="private")
    assert read_osm_street_data(off).gates.empty


def test_what_is_closed_to_the_public_is_counted(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        *LINE,
        way(1, [1, 2], highway="service", access="no"),
        way(2, [2, 3], highway="footway", foot="no"),
        way(3, [3, 4], highway="motorway"),
        way(4, [4, 5], highway="path"),
    )
    left_out = read_osm_street_data(file).left_out
    assert left_out["reason"].tolist() == ["access", "foot"]
    assert shapely.length(left_out.geometry.array).tolist() == pytest.approx([0.01, 0.01])


# squares


STREETS_TO_THE_CORNERS = [
    *[node(31, -0.001, -0.001), node(32, 0.003, -0.001), node(33, 0.003, 0.003), node(34, -0.001, 0.003)],
    *[way(10 + corner, [30 + corner, corner], highway="residential") for corner in (1, 2, 3, 4)],
]


def test_a_square_is_crossed_straight(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        *square(1, 0.0, 0.0, 0.002),
        *STREETS_TO_THE_CORNERS,
        way(1, [1, 2, 3, 4, 1], highway="pedestrian", area="yes", name="人民广场"),
    )
    streets = read_osm_streets(file)
    across = streets[streets["square"]]
    assert across[["id", "name", "kind"]].to_numpy().tolist() == [["1 across", "人民广场", "pedestrian"]]
    assert {line.wkt for line in across.geometry.iloc[0].geoms} == {
        "LINESTRING (0 0, 0.002 0.002)",
        "LINESTRING (0 0.002, 0.002 0)",
    }
    metres = nx.dijkstra_path_length(graph_of(file), (0.0, 0.0), (0.002, 0.002), "m")
    assert metres == pytest.approx(straight_m((0.0, 0.0), (0.002, 0.002)), abs=0.01)


def test_a_square_without_area_is_a_loop(tmp_path: Path) -> None:
    loop = way(1, [1, 2, 3, 4, 1], highway="pedestrian")
    file = write(tmp_path, *square(1, 0.0, 0.0, 0.002), *STREETS_TO_THE_CORNERS, loop)
    assert not read_osm_streets(file)["square"].any()


def test_a_walk_across_goes_round_what_stands_on_the_square(tmp_path: Path) -> None:
    """A building of 0.001° in the middle: the way from corner to corner touches one of its corners."""
    file = write(
        tmp_path,
        *square(1, 0.0, 0.0, 0.002),
        *square(11, 0.0005, 0.0005, 0.001),
        *STREETS_TO_THE_CORNERS,
        way(1, [1, 2, 3, 4, 1]),
        way(2, [11, 12, 13, 14, 11]),
        relation(5, [(1, "outer"), (2, "inner")], type="multipolygon", highway="pedestrian", name="Square"),
    )
    streets = read_osm_streets(file)
    assert streets["id"].tolist()[-2:] == ["r5", "r5 across"]
    lines = shapely.get_parts(streets.geometry.iloc[-1])
    inner = shapely.box(0.0005, 0.0005, 0.0015, 0.0015)
    assert not shapely.crosses(lines, inner).any()
    metres = nx.dijkstra_path_length(graph_of(file), (0.0, 0.0), (0.002, 0.002), "m")
    shortest = straight_m((0.0, 0.0), (0.0015, 0.0005), (0.002, 0.002))
    assert shortest <= metres + 0.01
    assert metres <= shortest * (1 + DETOUR)


def test_a_square_that_loses_a_corner_keeps_its_outline_only(tmp_path: Path) -> None:
    ring = way(1, [1, 2, 3, 4, 1], highway="pedestrian", area="yes")
    file = write(tmp_path, *square(1, 0.0, 0.0, 0.002)[:3], ring)
    streets = read_osm_streets(file)
    assert streets["id"].tolist() == ["1"]
    assert shapely.get_num_coordinates(streets.geometry[0]) == 3


def test_a_square_that_crosses_itself_keeps_its_outline_only(tmp_path: Path) -> None:
    bow = way(1, [1, 3, 2, 4, 1], highway="pedestrian", area="yes")
    file = write(tmp_path, *square(1, 0.0, 0.0, 0.002), *STREETS_TO_THE_CORNERS, bow)
    assert not read_osm_streets(file)["square"].any()


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=3, max_size=12, unique=True))
def test_no_walk_across_is_longer_than_promised(places: list[tuple[int, int]]) -> None:
    """Whatever lines are spared, the others lead everywhere within the detour; networkx computes it."""
    xy = np.array(places, dtype=float)
    one, other = np.triu_indices(len(xy), k=1)
    length = np.hypot(*(xy[one] - xy[other]).T)
    drawn = (one + other) % 5 == 0
    kept = sparsify_lines(one, other, length, drawn, len(xy))
    graph = nx.Graph()
    graph.add_nodes_from(range(len(xy)))
    for i, j, metres in zip(one[kept | drawn], other[kept | drawn], length[kept | drawn], strict=True):
        graph.add_edge(int(i), int(j), m=float(metres))
    for i, j in combinations(range(len(xy)), 2):
        walked = nx.dijkstra_path_length(graph, i, j, "m")
        assert walked <= np.hypot(*(xy[i] - xy[j])) * (1 + DETOUR) + 1e-9


def test_inward_corners_of_outline_and_hole() -> None:
    shape = shapely.box(0, 0, 9, 9).difference(shapely.box(3, 3, 5, 5)).difference(shapely.box(7, 7, 9, 9))
    assert sorted(map(tuple, find_inward_corners(shape))) == [(3, 3), (3, 5), (5, 3), (5, 5), (7, 7)]


def test_helsinki_gates_and_squares_stand_on_its_streets() -> None:
    helsinki = Path(__file__).parents[2] / "data" / "helsinki" / "Helsinki.osm.pbf"
    walk = read_osm_street_data(helsinki)
    streets = walk.streets.to_crs(3067)
    gates = walk.gates.to_crs(3067)
    assert len(gates) == 67
    assert shapely.distance(gates.geometry.array, streets.union_all()).max() <= 0.06
    outlines = dict(zip(streets["id"], streets.geometry, strict=True))
    senate = outlines["r2919121"]
    ground = shapely.build_area(senate)
    across = outlines["r2919121 across"]
    assert 6_000 < ground.area < 7_500
    assert across.within(ground.buffer(0.05))
