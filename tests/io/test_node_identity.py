"""Streets of extracts and graphs join where they share a node, wherever the nodes stand."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import shapely
from test_osm import LINE, node, relation, square, way, write
from test_osm_streets import CRS, graph_of, straight_m

from planner.io.osm.elements import APART_M
from planner.io.osm.extract import read_osm_street_data
from planner.io.osm.graphml import read_graphml
from planner.network.network import WalkingNetwork, build_network


def network_of(file: Path) -> WalkingNetwork:
    return build_network(read_osm_street_data(file).streets.to_crs(CRS))


def pieces(network: WalkingNetwork) -> int:
    return len(np.unique(network.edge_piece))


ABOVE = node(90, 0.02, 0.0)
"""Exactly above node 2."""

TO_THE_NORTH = [node(21, 0.02, -0.01), node(22, 0.02, 0.01)]


@pytest.mark.parametrize(
    "tags",
    [{"bridge": "yes", "layer": "1"}, {}, {"tunnel": "yes", "layer": "-1"}],
    ids=["bridge", "drawn so", "tunnel"],
)
@pytest.mark.parametrize("order", ["street first", "bridge first"])
def test_a_node_above_another_joins_nothing(tmp_path: Path, tags: dict[str, str], order: str) -> None:
    street, bridge = (5, 6) if order == "street first" else (6, 5)
    file = write(
        tmp_path,
        *LINE,
        ABOVE,
        *TO_THE_NORTH,
        way(street, [1, 2, 3], highway="residential"),
        way(bridge, [21, 90, 22], highway="footway", **tags),
    )
    walk = read_osm_street_data(file)
    assert walk.apart == 1
    network = build_network(walk.streets.to_crs(CRS))
    assert (pieces(network), len(network.edge_m)) == (2, 2)
    exact = straight_m((0.01, 0), (0.03, 0)) + straight_m((0.02, -0.01), (0.02, 0.01))
    assert network.edge_m.sum() == pytest.approx(exact, abs=APART_M)


def test_the_ground_stays_where_it_is(tmp_path: Path) -> None:
    """The node of the bridge gives way, although its id is lower."""
    file = write(
        tmp_path,
        *LINE[:1],
        LINE[2],
        node(2, 0.02, 0.0),
        node(902, 0.02, 0.0),
        *TO_THE_NORTH,
        way(5, [1, 902, 3], highway="residential"),
        way(6, [21, 2, 22], highway="footway", bridge="yes"),
    )
    lines = read_osm_street_data(file).streets.set_index("id").geometry
    assert lines["5"].coords[1] == (0.02, 0.0)
    assert lines["6"].coords[1] != (0.02, 0.0)


def test_one_node_still_joins_whatever_stands_there(tmp_path: Path) -> None:
    """Three nodes at one place, one of which two ways share; the end of a bridge is a node like others."""
    file = write(
        tmp_path,
        *LINE,
        ABOVE,
        node(91, 0.02, 0.0),
        *TO_THE_NORTH,
        node(23, 0.03, 0.01),
        way(5, [1, 2, 3], highway="residential"),
        way(6, [21, 90], highway="footway", bridge="yes"),
        way(7, [90, 22], highway="footway"),
        way(8, [91, 23], highway="path"),
    )
    walk = read_osm_street_data(file)
    assert walk.apart == 2
    assert pieces(build_network(walk.streets.to_crs(CRS))) == 3


def test_nodes_that_follow_one_another_on_a_way_are_joined_by_it(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        *LINE,
        ABOVE,
        *TO_THE_NORTH,
        way(5, [1, 2, 90, 3], highway="residential"),
        way(6, [21, 90, 22], highway="footway"),
    )
    assert read_osm_street_data(file).apart == 0
    assert pieces(network_of(file)) == 1


def test_a_closed_gate_on_the_bridge_leaves_the_street_below_open(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        *LINE,
        node(90, 0.02, 0.0, barrier="gate", access="private"),
        *TO_THE_NORTH,
        way(5, [1, 2, 3], highway="residential"),
        way(6, [21, 90, 22], highway="footway", bridge="yes"),
    )
    gated = read_osm_street_data(file).streets.set_index("id")["gated"]
    assert gated.to_dict() == {"5": False, "6": True}
    network = network_of(file)
    assert pieces(network) == 3


def test_a_gate_beside_the_streets_closes_nothing(tmp_path: Path) -> None:
    """A wall's own node stands where the street has one."""
    file = write(
        tmp_path,
        *LINE,
        node(90, 0.02, 0.0, barrier="wall"),
        way(5, [1, 2, 3], highway="residential"),
        way(6, [90, 7], barrier="wall"),
    )
    walk = read_osm_street_data(file)
    assert not walk.streets["gated"].any()
    assert walk.gates.empty


def test_crossings_are_those_of_the_way_s_own_nodes(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        *LINE,
        node(90, 0.02, 0.0, highway="crossing", crossing="zebra"),
        way(5, [1, 2, 3], highway="footway", footway="crossing"),
        way(6, [90, 4], highway="residential"),
    )
    assert read_osm_street_data(file).streets["crossing"].tolist() == ["unknown", ""]


# graphs


GRAPH = """<graphml><key id="x" for="node" attr.name="x"/><key id="y" for="node" attr.name="y"/>
<key id="highway" for="edge" attr.name="highway"/><key id="bridge" for="edge" attr.name="bridge"/>
<key id="geometry" for="edge" attr.name="geometry"/><key id="crs" for="graph" attr.name="crs"/>
<graph edgedefault="undirected"><data key="crs">{crs}</data>{body}</graph></graphml>"""


def graph(folder: Path, nodes: dict[str, tuple[float, float]], *edges: str, crs: str = "epsg:32648") -> Path:
    places = "".join(
        f'<node id="{name}"><data key="x">{x}</data><data key="y">{y}</data></node>'
        for name, (x, y) in nodes.items()
    )
    file = folder / "made.graphml"
    file.write_text(GRAPH.format(crs=crs, body=places + "".join(edges)), "utf-8")
    return file


def edge(one: str, other: str, shape: str = "", **tags: str) -> str:
    data = {**tags, **({"geometry": shape} if shape else {})}
    inside = "".join(f'<data key="{key}">{value}</data>' for key, value in data.items())
    return f'<edge source="{one}" target="{other}">{inside}</edge>'


def test_nodes_of_a_graph_at_one_place_stay_apart(tmp_path: Path) -> None:
    nodes = {"a": (0.0, 0.0), "b": (100.0, 0.0), "c": (200.0, 0.0), "over": (100.0, 0.0), "n": (100.0, 50.0)}
    file = graph(tmp_path, nodes, edge("a", "b"), edge("b", "c"), edge("over", "n", bridge="yes"))
    streets = read_graphml(file)
    assert pieces(build_network(streets)) == 2


def test_corners_of_edges_are_no_nodes(tmp_path: Path) -> None:
    """Simplified graphs: two shapes that have a corner at one place, and one at another edge's end."""
    nodes = {"a": (0.0, 0.0), "b": (200.0, 0.0), "s": (100.0, -50.0), "n": (100.0, 50.0), "t": (150.0, 9.0)}
    file = graph(
        tmp_path,
        nodes,
        edge("a", "b", "LINESTRING (0 0, 100 0, 150 9, 200 0)"),
        edge("s", "n", "LINESTRING (100 -50, 100 0, 100 50)"),
        edge("t", "n"),
    )
    assert pieces(build_network(read_graphml(file))) == 2


def test_edges_meet_at_their_nodes_though_their_shapes_end_beside(tmp_path: Path) -> None:
    """Crossings put together into one: the shapes end where they ended before, and one is drawn backwards."""
    nodes = {"a": (0.0, 0.0), "b": (100.0, 0.0), "c": (100.0, 80.0)}
    file = graph(
        tmp_path,
        nodes,
        edge("a", "b", "LINESTRING (0 0, 97 0)"),
        edge("b", "c", "LINESTRING (100 80, 100 4)"),
    )
    network = build_network(read_graphml(file))
    assert pieces(network) == 1
    assert network.edge_m.sum() == pytest.approx(180.0)


def test_a_graph_in_degrees(tmp_path: Path) -> None:
    nodes = {"a": (106.0, 39.0), "b": (106.01, 39.0), "over": (106.0, 39.0), "n": (106.0, 39.01)}
    file = graph(tmp_path, nodes, edge("a", "b"), edge("over", "n"), crs="epsg:4326")
    assert pieces(build_network(read_graphml(file).to_crs(32648))) == 2


# squares


def two_squares(folder: Path, *, west: str, east: str, shared: bool = True) -> Path:
    """Return two squares of 100 × 100 m side by side, and a street at the far corner of each."""
    places = {1: (0, 0), 2: (1, 0), 3: (1, 0.5), 4: (1, 1), 5: (0, 1), 6: (2, 0), 7: (2, 1), 8: (-2, 0), 9: (4, 1)}
    second = {2: 12, 3: 13, 4: 14}
    nodes = [node(number, x / 1000, y / 1000) for number, (x, y) in places.items()]
    if not shared:
        nodes += [node(new, places[old][0] / 1000, places[old][1] / 1000) for old, new in second.items()]
    ring = [2, 6, 7, 4, 3, 2] if shared else [12, 6, 7, 14, 13, 12]
    objects = [*nodes, way(101, [8, 1], highway="path"), way(102, [7, 9], highway="path")]
    for number, corners, form in ((103, [1, 2, 3, 4, 5, 1], west), (104, ring, east)):
        tags = {"highway": "pedestrian"}
        objects.append(way(number, corners, **({**tags, "area": "yes"} if form == "way" else {})))
        if form == "relation":
            objects.append(relation(number + 100, [(number, "outer")], type="multipolygon", **tags))
    return write(folder, *objects)


@pytest.mark.parametrize("west", ["way", "relation"])
@pytest.mark.parametrize("east", ["way", "relation"])
def test_squares_that_touch_are_crossed_from_one_to_the_other(tmp_path: Path, west: str, east: str) -> None:
    file = two_squares(tmp_path, west=west, east=east)
    walked = nx.shortest_path_length(graph_of(file), (-0.002, 0.0), (0.004, 0.001), weight="m")
    across = straight_m((0, 0), (0.001, 0.0005), (0.002, 0.001))
    ways = straight_m((-0.002, 0), (0, 0)) + straight_m((0.002, 0.001), (0.004, 0.001))
    assert walked == pytest.approx(across + ways, rel=0.01)


def test_relations_that_share_a_way_of_their_outlines(tmp_path: Path) -> None:
    """The wall between them is one way that belongs to both."""
    file = write(
        tmp_path,
        *(node(number, x / 1000, y / 1000) for number, x, y in [(1, 0, 0), (2, 1, 0), (3, 1, 0.5), (4, 1, 1)]),
        *(node(number, x / 1000, y / 1000) for number, x, y in [(5, 0, 1), (6, 2, 0), (7, 2, 1)]),
        node(8, -0.002, 0),
        node(9, 0.004, 0.001),
        way(101, [8, 1], highway="path"),
        way(102, [7, 9], highway="path"),
        way(103, [2, 3, 4]),
        way(104, [4, 5, 1, 2]),
        way(105, [2, 6, 7, 4]),
        relation(201, [(103, "outer"), (104, "outer")], type="multipolygon", highway="pedestrian"),
        relation(202, [(103, "outer"), (105, "outer")], type="multipolygon", highway="pedestrian"),
    )
    walked = nx.shortest_path_length(graph_of(file), (-0.002, 0.0), (0.004, 0.001), weight="m")
    across = straight_m((0, 0), (0.001, 0.0005), (0.002, 0.001))
    ways = straight_m((-0.002, 0), (0, 0)) + straight_m((0.002, 0.001), (0.004, 0.001))
    assert walked == pytest.approx(across + ways, rel=0.01)


def test_squares_that_overlap_are_joined_at_the_nodes_they_share(tmp_path: Path) -> None:
    """A square of 100 m and one of 100 m across its corner: both outlines have the nodes where they cross."""
    corners = [(1, 0, 0), (2, 1, 0), (20, 1, 0.5), (3, 1, 1), (21, 0.5, 1), (4, 0, 1)]
    others = [(5, 0.5, 0.5), (6, 1.5, 0.5), (7, 1.5, 1.5), (8, 0.5, 1.5)]
    file = write(
        tmp_path,
        *(node(number, x / 1000, y / 1000) for number, x, y in [*corners, *others]),
        node(9, -0.001, 0),
        node(10, 0.0025, 0.0015),
        way(101, [9, 1], highway="path"),
        way(102, [7, 10], highway="path"),
        way(103, [1, 2, 20, 3, 21, 4, 1]),
        way(104, [5, 20, 6, 7, 8, 21, 5]),
        relation(203, [(103, "outer")], type="multipolygon", highway="pedestrian"),
        relation(204, [(104, "outer")], type="multipolygon", highway="pedestrian"),
    )
    walked = nx.shortest_path_length(graph_of(file), (-0.001, 0.0), (0.0025, 0.0015), weight="m")
    across = straight_m((0, 0), (0.001, 0.0005), (0.0015, 0.0015))
    ways = straight_m((-0.001, 0), (0, 0)) + straight_m((0.0015, 0.0015), (0.0025, 0.0015))
    assert walked == pytest.approx(across + ways, rel=0.01)


def test_squares_with_nodes_of_their_own_are_not_joined(tmp_path: Path) -> None:
    file = two_squares(tmp_path, west="relation", east="relation", shared=False)
    assert pieces(network_of(file)) == 2


def test_squares_beside_one_another_take_no_line_outside(tmp_path: Path) -> None:
    streets = read_osm_street_data(two_squares(tmp_path, west="way", east="relation")).streets
    ground = shapely.box(0, 0, 0.002, 0.001).buffer(1e-9)
    across = streets.geometry[streets["square"]]
    assert len(across)
    assert across.map(ground.covers).all()


def test_square_corners_are_from_the_file(tmp_path: Path) -> None:
    """Nothing is moved where nothing stands above another node."""
    file = write(tmp_path, *square(1, 0, 0, 0.01), way(1, [1, 2, 3, 4, 1], highway="pedestrian", area="yes"))
    assert read_osm_street_data(file).apart == 0
