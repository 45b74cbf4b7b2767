"""Arguments of the wrong kind are refused in words that fit a call of the library, never by a traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import networkx as nx
import pytest

import planner as pl
from planner.reporting.write import files_of

CRS = 32648
STREETS = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 900 0)"], crs=CRS).to_frame("geometry")
HOMES = gpd.GeoDataFrame({"people": [1.0, 2.0]}, geometry=gpd.points_from_xy([600, 700], [0, 0]), crs=CRS)
NO_CRS = gpd.GeoDataFrame(geometry=gpd.GeoSeries.from_wkt(["LINESTRING (0 9, 900 9)"]))


def motorway() -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph(crs=f"EPSG:{CRS}")
    graph.add_node(1, x=0, y=0)
    graph.add_node(2, x=1000, y=0)
    graph.add_edge(1, 2, highway="motorway")
    return graph


@pytest.fixture(scope="module")
def net() -> pl.WalkNetwork:
    """Return the network of one street."""
    return pl.walk_network(STREETS)


NETWORKS: dict[str, tuple[Callable[[], object], str]] = {
    "crs": (lambda: pl.walk_network(STREETS, crs="foo"), "`crs` = 'foo'"),
    "crs of a file": (lambda: pl.walk_network(Path(__file__), crs="foo"), "`crs` = 'foo'"),
    "barriers without CRS": (lambda: pl.walk_network(STREETS, barriers=NO_CRS), "barriers(.|\n)*frame.set_crs"),
    "water without CRS": (lambda: pl.walk_network(STREETS, water=NO_CRS), "water(.|\n)*frame.set_crs"),
    "barriers of another type": (lambda: pl.walk_network(STREETS, barriers=3), "It is a int"),  # type: ignore[arg-type]
    "graph of a motorway": (
        lambda: pl.walk_network(motorway()),
        r"1 lines are excluded \(motorway\).*keep_all=True",
    ),
    "frame of a motorway": (
        lambda: pl.walk_network(STREETS.assign(highway="motorway")),
        r"1 lines are excluded \(motorway\).*keep_all=True",
    ),
    "folder": (lambda: pl.walk_network(Path(__file__).parent), "It is a folder"),
    "missing file": (lambda: pl.walk_network("nowhere.gpkg"), f"a relative path starts at {Path.cwd()}"),
}


@pytest.mark.parametrize("case", NETWORKS)
def test_sources_of_networks(case: str) -> None:
    call, words = NETWORKS[case]
    with pytest.raises(pl.PlannerError, match=words) as error:
        call()
    assert "study file" not in str(error.value)


def test_all_lines_are_kept_on_request() -> None:
    assert len(pl.walk_network(motorway(), keep_all=True).streets) == 1


def test_business_areas_take_a_series(net: pl.WalkNetwork) -> None:
    series, frame = pl.business_areas(net, HOMES.geometry), pl.business_areas(net, HOMES[["geometry"]])
    assert series.equals(frame)
    with pytest.raises(pl.PlannerError, match="It is a NoneType"):
        pl.business_areas(net, None)


def test_one_name_stands_for_a_list(net: pl.WalkNetwork) -> None:
    assert files_of("plan") == files_of(["plan"])
    assert pl.candidates(net, HOMES, sources="streets").equals(pl.candidates(net, HOMES, sources=["streets"]))


def test_a_network_is_no_layer_of_a_study(net: pl.WalkNetwork) -> None:
    with pytest.raises(pl.PlannerError, match=r"streets=net\.streets"):
        pl.Study(streets=net)


def test_no_message_prints_a_frame(net: pl.WalkNetwork) -> None:
    calls: tuple[Callable[[], object], ...] = (
        lambda: pl.locate(net, HOMES, sites=1, candidats=HOMES),
        lambda: pl.locate(net, HOMES, "backup_covering", sites=1, backup_weight=HOMES),
        lambda: pl.locate(net, HOMES, HOMES, sites=1),
        lambda: pl.locate(net, HOMES, sites=HOMES),
        lambda: pl.isochrones(net, HOMES, HOMES),
    )
    for call in calls:
        with pytest.raises(pl.PlannerError) as error:
            call()
        assert "GeoDataFrame" in str(error.value)
        assert "POINT" not in str(error.value)
