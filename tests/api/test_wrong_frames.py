"""What cannot be meant is refused in words, with the remedy, and names what it speaks of."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
import toy

import planner as pl


@pytest.fixture(scope="module")
def city() -> dict[str, gpd.GeoDataFrame]:
    """Return the layers of the toy city."""
    return toy.layers()


@pytest.fixture(scope="module")
def net(city: dict) -> pl.WalkNetwork:
    """Return the network of the toy city."""
    return pl.walk_network(city["streets"])


def turned(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    degrees = frame.to_crs(4326)
    return degrees.set_geometry(gpd.points_from_xy(degrees.geometry.y, degrees.geometry.x, crs=4326))


def without(frame: gpd.GeoDataFrame, row: int) -> gpd.GeoDataFrame:
    shapes = frame.geometry.to_numpy().copy()
    shapes[row] = None
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


WRONG_POINTS = {
    "no_crs": (lambda f: f.set_crs(None, allow_override=True), "frame.set_crs"),
    "degrees as metres": (
        lambda f: f.to_crs(4326).set_crs(toy.CRS, allow_override=True),
        "its coordinates are degrees",
    ),
    "metres as degrees": (lambda f: f.set_crs(4326, allow_override=True), "far beyond ±180"),
    "swapped": (turned, "exchanged"),
    "swapped metres": (
        lambda f: f.set_geometry(gpd.points_from_xy(f.geometry.y, f.geometry.x, crs=f.crs)),
        "exchanged",
    ),
    "polygons": (lambda f: f.set_geometry(f.buffer(5)), "representative_point"),
    "missing": (lambda f: without(f, 1), "Rows without geometry"),
    "nan": (
        lambda f: f.set_geometry(gpd.points_from_xy([np.nan, *f.geometry.x[1:]], f.geometry.y, crs=f.crs)),
        "not finite",
    ),
    "empty": (lambda f: f.head(0), "no rows"),
    "index": (lambda f: f.set_index(pd.Index(["a"] * len(f))), "repeats labels"),
    "elsewhere": (lambda f: f.set_geometry(f.translate(300_000, 0)), "299 km"),
    "no street": (lambda f: f.set_geometry(f.translate(5000, 5000)), "access_m"),
    "frame": (lambda f: pd.DataFrame({"lon": f.geometry.x}), "GeoDataFrame"),
    "array": (lambda f: shapely.get_coordinates(f.geometry.array), "GeoDataFrame"),
}


@pytest.mark.parametrize("case", WRONG_POINTS)
def test_wrong_points_are_refused(case: str, net: pl.WalkNetwork, city: dict) -> None:
    spoil, words = WRONG_POINTS[case]
    with pytest.raises(pl.PlannerError, match="facilities") as error:
        pl.isochrones(net, spoil(city["centres"]))
    assert words in str(error.value)
    with pytest.raises(pl.PlannerError, match="people") as error:
        pl.coverage(net, city["centres"], spoil(city["people"]))
    assert words in str(error.value)


def test_everything_wrong_is_said_at_once(net: pl.WalkNetwork, city: dict) -> None:
    people = without(city["people"], 3).set_crs(None, allow_override=True).assign(people=-1)
    with pytest.raises(pl.PlannerError) as error:
        pl.coverage(net, city["centres"], people)
    for words in ("frame.set_crs", "Rows without geometry", "below zero"):
        assert words in str(error.value)


@pytest.mark.parametrize("value", [-1, np.nan, np.inf, "many", None])
def test_people_that_are_none_are_refused(value: object, net: pl.WalkNetwork, city: dict) -> None:
    people = city["people"].astype({"people": object})
    people.loc[2, "people"] = value
    with pytest.raises(pl.PlannerError, match=r"people.fillna\(0\).*row.*2"):
        pl.coverage(net, city["centres"], people)


@pytest.mark.parametrize("minutes", [0, -5, [5, 0], [], np.nan, np.inf, "ten", True, None])
def test_minutes_that_are_none_are_refused(minutes: object, net: pl.WalkNetwork, city: dict) -> None:
    for function in (pl.isochrones, pl.service_areas):
        with pytest.raises(pl.PlannerError, match="above zero"):
            function(net, city["centres"], minutes)
    with pytest.raises(pl.PlannerError):
        pl.travel_times(net, city["centres"], city["people"], cutoff=minutes)


def test_near_misses_of_names_are_corrected(net: pl.WalkNetwork, city: dict) -> None:
    with pytest.raises(pl.PlannerError, match="Did you mean `maximal_covering`"):
        pl.locate(net, city["people"], model="maximum_covering", sites=1)
    with pytest.raises(pl.PlannerError, match="Did you mean `people`"):
        pl.coverage(net, city["centres"], city["people"], weight="peopel")
    with pytest.raises(pl.PlannerError, match="Did you mean `network_buffer`"):
        pl.isochrones(net, city["centres"], definition="networkbuffer")
    with pytest.raises(pl.PlannerError, match="Did you mean `gb50180`"):
        pl.walk_network(city["streets"], profile="gb50810")
    with pytest.raises(pl.PlannerError, match="Did you mean `backup_weight`"):
        pl.locate(net, city["people"], sites=1, backup_wieght=0.5)
    with pytest.raises(pl.PlannerError, match="Did you mean `within_m`"):
        pl.business_areas(net, city["people"], withn_m=90)
    with pytest.raises(pl.PlannerError, match=r"backup_weight.* = 3"):
        pl.locate(net, city["people"], model="backup_covering", sites=1, backup_weight=3.0)
    with pytest.raises(pl.PlannerError, match="weight="):
        pl.coverage(net, city["centres"], city["people"].rename(columns={"people": "population"}))
    with pytest.raises(pl.PlannerError, match="Did you mean `floor_area_m2`"):
        pl.two_step_fca(net, city["centres"], city["people"], supply="floor_area")
    with pytest.raises(pl.PlannerError, match="Did you mean `community`"):
        pl.coverage(net, city["centres"], city["people"].assign(community="W"), by="comunity")


@pytest.mark.parametrize("sites", [None, 0, -1, 1.5, "five", True])
def test_a_number_of_sites_is_whole(sites: object, net: pl.WalkNetwork, city: dict) -> None:
    with pytest.raises(pl.PlannerError, match="whole number from 1"):
        pl.locate(net, city["people"], sites=sites)


def test_wrong_streets_are_refused(city: dict) -> None:
    streets = city["streets"]
    for source, words in (
        (streets.set_crs(None, allow_override=True), "frame.set_crs"),
        (streets.set_geometry(streets.buffer(3)), "lines are needed"),
        (streets.head(0), "no rows"),
        (without(streets, 0), "Rows without geometry"),
        (streets.to_crs(4326).set_crs(toy.CRS, allow_override=True), "degrees"),
        (pd.DataFrame(streets.drop(columns="geometry")), "graph of OSMnx"),
        (3, "graph of OSMnx"),
        ("nowhere.gpkg", "nowhere.gpkg"),
        (nx.path_graph(3), "which coordinates"),
        (nx.path_graph(3, nx.Graph()), "which coordinates"),
    ):
        with pytest.raises(pl.PlannerError) as error:
            pl.walk_network(source)
        assert words in str(error.value)
    graph = nx.path_graph(3)
    graph.graph["crs"] = "EPSG:4326"
    with pytest.raises(pl.PlannerError, match="`x` and `y`"):
        pl.walk_network(graph)
    with pytest.raises(pl.PlannerError, match="true metres"):
        pl.walk_network(streets, crs=3857)
    with pytest.raises(pl.PlannerError, match="speed_kmh"):
        pl.walk_network(streets, speed_kmh=-1)


def test_what_is_no_network_is_refused(city: dict) -> None:
    with pytest.raises(pl.PlannerError, match="walk_network"):
        pl.isochrones(city["streets"], city["centres"])


def test_errors_are_value_errors_too(net: pl.WalkNetwork, city: dict) -> None:
    with pytest.raises(ValueError, match="no rows"):
        pl.isochrones(net, city["centres"].head(0))
