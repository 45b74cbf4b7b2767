"""Access within 500 m as the indicators of daily living of GHSCI: osmnx and pandana give the same shares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pytest

import planner as pl
from planner.io.osm.extract import read_osm_points

HELSINKI = Path(__file__).parents[2] / "data" / "helsinki"
EXTRACT = HELSINKI / "Helsinki.osm.pbf"
LIMIT_M, FAR_M = 500.0, 5000.0
MINUTES = LIMIT_M / 60
"""500 m at 1 m/s."""

pytestmark = pytest.mark.filterwarnings("ignore::planner.PlannerWarning")
"""Two homes have no street within 50 m."""

NOT_WALKED = {
    "motorway",
    "motorway_link",
    "proposed",
    "construction",
    "raceway",
    "corridor",
    "platform",
    "elevator",
}
TAGS: dict[str, dict[str, list[str]]] = {
    "food": {"shop": ["supermarket"], "amenity": ["marketplace"]},
    "convenience": {"shop": ["convenience"]},
    "transport": {"highway": ["bus_stop"], "railway": ["tram_stop", "station"]},
}


def is_walked(tags: dict[str, str]) -> bool:
    """Return True for ways that the planner walks as well: the same graph for both."""
    closed = tags.get("foot") == "no" or tags.get("access") in ("private", "no") or tags.get("area") == "yes"
    return tags.get("highway", "motorway") not in NOT_WALKED and not closed


def write_streets(path: Path) -> None:
    """Write the walkable ways of the extract for osmnx, cut where the extract lacks their nodes."""
    present: set[int] = set()
    number = 10**12
    with osmium.SimpleWriter(path) as writer:
        for found in osmium.FileProcessor(EXTRACT):
            if found.is_node():
                writer.add_node(found)
                present.add(found.id)
            elif found.is_way() and is_walked(dict(found.tags)):
                run: list[int] = []
                for ref in [*(node.ref for node in found.nodes), 0]:
                    if ref in present:
                        run.append(ref)
                        continue
                    if len(run) > 1:
                        number += 1
                        writer.add_way(found.replace(id=number, nodes=run))
                    run = []


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401 - a graph of networkx
    networkx, osmnx = pytest.importorskip("networkx"), pytest.importorskip("osmnx")
    file = tmp_path_factory.mktemp("streets") / "walk.osm"
    write_streets(file)
    streets = osmnx.graph_from_xml(file, bidirectional=True, simplify=False, retain_all=True)
    streets.remove_nodes_from(list(networkx.isolates(streets)))
    return osmnx.project_graph(streets, to_crs="EPSG:3067")


@pytest.fixture(scope="module")
def people() -> gpd.GeoDataFrame:
    homes = gpd.read_file(HELSINKI / "helsinki.gpkg", layer="buildings")
    return homes.set_geometry(homes.representative_point())


@pytest.fixture(scope="module")
def facilities() -> dict[str, gpd.GeoDataFrame]:
    found = {}
    for name, tags in TAGS.items():
        parts = [read_osm_points(EXTRACT, (key,)) for key in tags]
        rows = [part[part["value"].isin(tags[key])] for key, part in zip(tags, parts, strict=True)]
        found[name] = gpd.GeoDataFrame(pd.concat(rows, ignore_index=True)).to_crs(3067)
    return found


def test_between_nodes_pandana_finds_the_same_shares(
    graph: Any,  # noqa: ANN401
    people: gpd.GeoDataFrame,
    facilities: dict[str, gpd.GeoDataFrame],
) -> None:
    """Homes and facilities moved to their nearest nodes, on one graph: the definitions are then the same."""
    pandana, osmnx = pytest.importorskip("pandana"), pytest.importorskip("osmnx")
    nodes, edges = osmnx.graph_to_gdfs(graph)
    edges = edges.reset_index().assign(length=edges.geometry.length.to_numpy())
    network = pandana.Network(nodes["x"], nodes["y"], edges["u"], edges["v"], edges[["length"]])

    def at_nodes(points: gpd.GeoDataFrame) -> tuple[np.ndarray, gpd.GeoDataFrame]:
        ids = network.get_node_ids(points.geometry.x, points.geometry.y).to_numpy()
        return ids, gpd.GeoDataFrame(
            geometry=gpd.points_from_xy(*nodes.loc[ids, ["x", "y"]].to_numpy().T), crs=3067
        )

    home_ids, homes = at_nodes(people)
    moved = {name: at_nodes(points)[1] for name, points in facilities.items()}
    net = pl.walk_network(graph, keep_all=True, speed_kmh=3.6, access_m=0.1)
    found = pl.services(net, moved, homes.assign(people=people["people"].to_numpy()), MINUTES)
    number = people["people"].to_numpy()
    for name, points in facilities.items():
        network.set_pois(name, FAR_M, 1, points.geometry.x, points.geometry.y)
        metres = network.nearest_pois(FAR_M, name, num_pois=1)[1].loc[home_ids].to_numpy()
        assert found.total["people_share"][name] == pytest.approx(number[metres <= LIMIT_M].sum() / number.sum())
        own_m = found.people[f"{name}_min"].to_numpy() * 60
        near = (metres < FAR_M) & np.isfinite(own_m)
        assert near.mean() > 0.9
        # Where two nodes of the extract stand at one position, the streets are joined here.
        assert (np.abs(own_m[near] - metres[near]) < 0.3).mean() > 0.97


def test_exact_positions_give_other_shares(
    graph: Any,  # noqa: ANN401
    people: gpd.GeoDataFrame,
    facilities: dict[str, gpd.GeoDataFrame],
) -> None:
    """The difference of docs/method/services.md: doors reach every street within 50 m, not one node."""
    found = pl.services(pl.walk_network(graph, keep_all=True, speed_kmh=3.6), facilities, people, MINUTES)
    assert found.total["people_share"].round(3).to_dict() == {
        "food": 0.674,
        "convenience": 0.755,
        "transport": 0.987,
    }
