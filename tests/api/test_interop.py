"""The same frames in the tools that users come from: equal answers where definitions agree."""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import osmnx as ox
import pandas as pd
import pytest
import toy

import planner as pl

ROOT = Path(__file__).parents[2]
HAIBOWAN = ROOT / "data" / "haibowan" / "haibowan.gpkg"


@pytest.fixture(scope="module")
def net() -> pl.WalkNetwork:
    """Return the streets of Haibowan; points stand on their junctions, as node-based tools have them."""
    return pl.walk_network(HAIBOWAN, layer="streets", access_m=0.01)


@pytest.fixture(scope="module")
def junctions(net: pl.WalkNetwork) -> gpd.GeoDataFrame:
    """Return junctions with people."""
    xy = net.walker.network.node_xy
    people = np.random.default_rng(5).integers(0, 200, len(xy))
    return gpd.GeoDataFrame({"people": people}, geometry=gpd.points_from_xy(*xy.T), crs=net.crs)


def test_times_equal_those_of_pandana(net: pl.WalkNetwork, junctions: gpd.GeoDataFrame) -> None:
    pandana = pytest.importorskip("pandana")
    drawn = net.walker.network
    network = pandana.Network(
        *map(pd.Series, drawn.node_xy.T), *map(pd.Series, drawn.edge_nodes.T), pd.DataFrame({"m": drawn.edge_m})
    )
    network.set_pois("centre", 3000, 1, *map(pd.Series, drawn.node_xy[::90].T))
    theirs = network.nearest_pois(3000, "centre", num_pois=1)[1].to_numpy() / 60
    ours = pl.nearest(net, junctions.iloc[::90], junctions)["minutes"].to_numpy()
    within = theirs < 50
    assert within.sum() > 1000
    assert ours[within] == pytest.approx(theirs[within], abs=1e-3)


def test_the_optimum_equals_that_of_spopt(net: pl.WalkNetwork, junctions: gpd.GeoDataFrame) -> None:
    locate = pytest.importorskip("spopt.locate")
    pulp = pytest.importorskip("pulp")
    people, options = junctions.iloc[::12], junctions.iloc[5::40]
    times = pl.travel_times(net, options, people, cutoff=15)
    costs = np.full((len(people), len(options)), 99.0)
    costs[people.index.get_indexer(times["demand"]), options.index.get_indexer(times["facility"])] = times[
        "minutes"
    ]
    weights = people["people"].to_numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = locate.MCLP.from_cost_matrix(costs, weights, service_radius=10, p_facilities=4)
        theirs = model.solve(pulp.PULP_CBC_CMD(msg=False)).problem.objective.value()
    ours = pl.locate(net, people, sites=4, candidates=options, minutes=10)
    assert ours.status == "optimal"
    assert ours.objective == pytest.approx(theirs)


def test_floating_catchments_equal_those_of_access(net: pl.WalkNetwork, junctions: gpd.GeoDataFrame) -> None:
    people = junctions.iloc[::9].rename_axis("demand")
    centres = junctions.iloc[3::150].assign(rooms=lambda f: 1.0 + np.arange(len(f)))
    times = pl.travel_times(net, centres, people, cutoff=15)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        access = pytest.importorskip("access")
        known = access.Access(
            demand_df=people.reset_index(),
            demand_index="demand",
            demand_value="people",
            supply_df=centres.reset_index(names="facility"),
            supply_index="facility",
            supply_value="rooms",
            cost_df=times,
            cost_origin="demand",
            cost_dest="facility",
            cost_name="minutes",
        ).two_stage_fca(name="t", max_cost=15)["t_rooms"]
    ours, _ = pl.two_step_fca(net, centres, people, 15, supply="rooms")
    expected = known.reindex(people.index).fillna(0.0)
    assert ours["access"].to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-9)


def test_the_node_recipe_is_that_of_osmnx() -> None:
    net = pl.walk_network(toy.layers()["streets"])
    graph, (x, y) = net.to_osmnx(), toy.ORIGIN + np.array([210, 190])
    centre = gpd.GeoDataFrame(geometry=gpd.points_from_xy([x], [y]), crs=toy.CRS)
    node = ox.distance.nearest_nodes(graph, x, y)
    reached = nx.ego_graph(graph, node, radius=300, distance="length")
    lines = gpd.GeoSeries([data["geometry"] for _, _, data in reached.edges(data=True)], crs=toy.CRS)
    recipe = lines.buffer(25, quad_segs=8).union_all()
    ours = pl.isochrones(net, centre, minutes=5, definition="node", buffer_m=25).geometry.iloc[0]
    assert ours.symmetric_difference(recipe).area < 1e-6 * recipe.area
    points = gpd.GeoSeries(
        gpd.points_from_xy(*zip(*[(d["x"], d["y"]) for _, d in reached.nodes(data=True)], strict=True))
    )
    hull = pl.isochrones(net, centre, minutes=5, definition="hull").geometry.iloc[0]
    assert hull.symmetric_difference(points.union_all().convex_hull).area < 1e-6


def test_geoparquet(tmp_path: Path) -> None:
    layers = toy.layers()
    areas = pl.isochrones(pl.walk_network(layers["streets"]), layers["centres"].set_index("id").to_crs(4326))
    areas.to_parquet(tmp_path / "areas.parquet")
    again = gpd.read_parquet(tmp_path / "areas.parquet")
    assert again.equals(areas)
    assert again.crs.to_epsg() == 4326
