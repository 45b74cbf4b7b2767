"""Networks from graphs and back, with all attributes."""

from __future__ import annotations

import logging
from pathlib import Path

import geopandas as gpd
import networkx as nx
import osmnx as ox
import pytest
import shapely
import toy

import planner as pl


@pytest.fixture(scope="module")
def graph() -> nx.MultiDiGraph:
    """Return a graph in the form of OSMnx: a bent street, a straight one, a motorway."""
    graph = nx.MultiDiGraph(crs="EPSG:4326", simplified=True)
    for node, x, y in ((11, 106.80, 39.70), (12, 106.802, 39.70), (13, 106.802, 39.702), (14, 106.80, 39.71)):
        graph.add_node(node, x=x, y=y, street_count=2)
    bend = shapely.LineString([(106.80, 39.70), (106.801, 39.7003), (106.802, 39.70)])
    for u, v, shape in ((11, 12, bend), (12, 11, bend.reverse())):
        graph.add_edge(u, v, osmid=[1, 5], highway="footway", name="Bend", length=180.0, geometry=shape)
    graph.add_edge(12, 13, osmid=2, highway="residential", name="Lane", lanes="2", length=222.0)
    graph.add_edge(13, 12, osmid=2, highway="residential", name="Lane", lanes="2", length=222.0)
    graph.add_edge(13, 14, osmid=3, highway="motorway", length=900.0)
    return graph


def test_a_graph_of_osmnx_keeps_its_attributes_both_ways(
    graph: nx.MultiDiGraph, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="planner"):
        net = pl.walk_network(graph)
    assert "1 lines that nobody walks on" in caplog.text
    assert net.streets["name"].tolist() == ["Bend", "Lane"]
    assert net.streets["osmid"].tolist() == [[1, 5], 2]
    back = net.to_osmnx()
    assert set(back.nodes) == {11, 12, 13}
    assert back.nodes[11]["street_count"] == 2
    assert back.nodes[11]["x"] == pytest.approx(106.80, abs=1e-7)
    assert sorted((u, v) for u, v in back.edges()) == [(11, 12), (12, 11), (12, 13), (13, 12)]
    data = back.edges[11, 12, 0]
    assert data["osmid"] == [1, 5]
    assert data["highway"] == "footway"
    assert "lanes" not in data
    geod = gpd.GeoSeries([data["geometry"]], crs=4326).to_crs(net.crs).length.iloc[0]
    assert data["length"] == pytest.approx(geod, abs=0.01)
    nodes, edges = ox.convert.graph_to_gdfs(back)
    assert len(nodes) == 3
    assert len(edges) == 4
    again = pl.walk_network(back)
    assert again.walker.network.edge_m.sum() == pytest.approx(net.walker.network.edge_m.sum(), abs=0.01)


def test_the_same_graph_in_any_form_gives_the_same_times(graph: nx.MultiDiGraph, tmp_path: Path) -> None:
    ox.io.save_graphml(graph, tmp_path / "g.graphml")
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([106.80, 106.802], [39.70, 39.7019]), crs=4326)
    _, edges = ox.convert.graph_to_gdfs(graph)
    forms = (graph, tmp_path / "g.graphml", str(tmp_path / "g.graphml"), edges, ox.projection.project_graph(graph))
    minutes = [pl.travel_times(pl.walk_network(form), points, points)["minutes"].to_numpy() for form in forms]
    for other in minutes[1:]:
        assert other == pytest.approx(minutes[0], abs=1e-5)
    assert len(minutes[0]) == 4


def test_plain_graphs_have_coordinates_in_three_ways() -> None:
    corners = [(500_000.0, 4_390_000.0), (500_300.0, 4_390_000.0), (500_300.0, 4_390_200.0)]
    by_node, by_pos, by_xy = nx.Graph(crs=toy.CRS), nx.Graph(crs=toy.CRS), nx.Graph(crs=toy.CRS)
    for start, end in ((0, 1), (1, 2)):
        by_node.add_edge(corners[start], corners[end])
        by_pos.add_edge(start, end)
        by_xy.add_edge(start, end)
    for node, (x, y) in enumerate(corners):
        by_pos.nodes[node]["pos"] = (x, y)
        by_xy.nodes[node].update(x=x, y=y)
    for graph in (by_node, by_pos, by_xy):
        assert pl.walk_network(graph).walker.network.edge_m.tolist() == [300.0, 200.0]
    assert set(pl.walk_network(by_node).to_osmnx().nodes) == set(corners)


def test_streets_without_tags_keep_their_columns_and_index() -> None:
    streets = toy.layers()["streets"].assign(width=4.0).rename_axis("street")
    net = pl.walk_network(streets)
    assert net.to_frame().equals(streets)
    assert net.to_osmnx().number_of_edges() == 2 * len(streets)
    assert net.quality()["pieces"] == 1


def test_points_are_reported_where_they_meet_the_streets() -> None:
    net = pl.walk_network(toy.layers()["streets"])
    points = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(
            [toy.ORIGIN[0] + 100, toy.ORIGIN[0] + 100], [toy.ORIGIN[1] + 20, toy.ORIGIN[1] + 80]
        ),
        index=["near", "far"],
        crs=toy.CRS,
    )
    report = pl.snap(net, points.to_crs(4326))
    assert report["street_m"].round(3).tolist() == [20.0, 80.0]
    assert report["reaches_street"].tolist() == [True, False]
    assert report.crs.to_epsg() == 4326


@pytest.mark.filterwarnings("ignore::planner.PlannerWarning")
def test_barriers_stop_the_straight_walk() -> None:
    x, y = toy.ORIGIN
    wall = gpd.GeoDataFrame(geometry=[shapely.LineString([(x - 10, y + 10), (x + 810, y + 10)])], crs=toy.CRS)
    home = gpd.GeoDataFrame(geometry=gpd.points_from_xy([x + 100, x + 100], [y + 20, y]), crs=toy.CRS)
    free, hemmed = (pl.walk_network(toy.layers()["streets"], barriers=b) for b in (None, wall.to_crs(4326)))
    assert pl.snap(free, home)["reaches_street"].tolist() == [True, True]
    assert pl.snap(hemmed, home)["reaches_street"].tolist() == [False, True]


def test_private_ways_are_walked_by_residents_only() -> None:
    streets = toy.layers()["streets"].assign(access="")
    streets.loc[0, "access"] = "private"
    kinds = {way: pl.walk_network(streets, private_ways=way) for way in ("residents", "open", "closed")}
    assert kinds["residents"].walker.network.layers is not None
    assert kinds["open"].walker.network.layers is None
    assert len(kinds["closed"].streets) == len(streets) - 1
