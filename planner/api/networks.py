"""Walking networks from files, frames and graphs, and back to graphs."""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from planner.api.arguments import check_choice, check_number
from planner.api.frames import as_frame, read_points
from planner.api.street_sources import read_crs, read_streets, to_metres
from planner.config.sections.walking import WalkingSettings
from planner.inputs.study_inputs import is_private_way
from planner.messages.errors import DataError, Issue
from planner.network.gates import with_private_ways
from planner.network.network import WalkingNetwork, build_network
from planner.network.quality import find_topology_issues, network_quality
from planner.network.visibility import build_barriers
from planner.network.walk import WalkSettings, walking_profiles
from planner.network.walker import Walker
from planner.prepare import PreparedStudy
from planner.reporting.notebook_maps import draw_layers, html_table
from planner.results import Plan

if TYPE_CHECKING:
    import networkx as nx

    Source: TypeAlias = str | os.PathLike[str] | gpd.GeoDataFrame | gpd.GeoSeries | nx.Graph | Plan | PreparedStudy

DEFAULTS = WalkingSettings()
PRIVATE_WAYS = ("residents", "open", "closed")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WalkNetwork:
    """Streets that people walk, with their speed: the first argument of the functions of the library."""

    walker: Walker
    """Engine: network in metres, speed, access distance, cached searches."""
    walked: gpd.GeoDataFrame
    """Streets as the engine reads them, metres: name, kind, structure, access; one row a street."""
    streets: gpd.GeoDataFrame
    """One row a street, in the CRS of the source, with all its columns and its index."""
    nodes: gpd.GeoDataFrame | None = None
    """Nodes of the graph that the streets come from, in the CRS of the source; None for other sources."""

    @property
    def crs(self) -> pyproj.CRS:
        """Projected system in metres in which walks are measured."""
        return self.walker.network.crs

    @property
    def speed_kmh(self) -> float:
        """Walking speed, km/h."""
        return self.walker.walk.speed_kmh

    @property
    def access_m(self) -> float:
        """Longest straight walk between a point and a street, metres."""
        return self.walker.walk.access_m

    def __repr__(self) -> str:
        figures = self._figures()
        return (
            f"WalkNetwork({figures['streets']} streets, {figures['junctions']} junctions, {figures['km']} km, "
            f"{self.speed_kmh:g} km/h, access {self.access_m:g} m, {self.crs.to_string()})"
        )

    def _repr_html_(self) -> str:
        return html_table(repr(self).partition("(")[0], self._figures())

    def _figures(self) -> dict[str, str]:
        drawn = self.walker.network.as_drawn
        outside = float(drawn.edge_m[drawn.edge_piece > 0].sum() / drawn.edge_m.sum())
        return {
            "streets": f"{len(self.streets):,}",
            "junctions": f"{len(drawn.node_xy):,}",
            "km": f"{drawn.edge_m.sum() / 1000:,.1f}",
            "speed": f"{self.speed_kmh:g} km/h",
            "access": f"{self.access_m:g} m",
            "not connected": f"{outside:.1%}",
        }

    def to_frame(self) -> gpd.GeoDataFrame:
        """Return the streets as a GeoDataFrame."""
        return self.streets

    def quality(self) -> pd.Series:
        """Return what is wrong with the streets as a network: pieces, crossings without a vertex, near misses."""
        places = find_topology_issues(self.walker.network, self.walked)
        figures = asdict(network_quality(self.walker.network, places, self.walked))
        return pd.Series(
            {name: value for name, value in figures.items() if name != "longest_pieces_m"}, dtype=object
        )

    def explore(self, **options: Any) -> Any:  # noqa: ANN401 - a folium map, imported when it is drawn
        """Draw the streets on an interactive map; options are those of `GeoDataFrame.explore`."""
        return draw_layers([(self.streets, {"color": "#555555", "name": "streets"})], options)

    def plot(self, **options: Any) -> Any:  # noqa: ANN401 - matplotlib axes
        """Draw the streets; options are those of `GeoDataFrame.plot`."""
        return self.streets.plot(**{"color": "#777777", "linewidth": 0.6} | options)

    def to_file(self, path: str | os.PathLike[str], **options: Any) -> None:  # noqa: ANN401 - options of GDAL
        """Write the streets; options are those of `GeoDataFrame.to_file`."""
        self.streets.to_file(Path(path), **options)

    def to_osmnx(self) -> nx.MultiDiGraph:
        """Return the network as a graph in the form of OSMnx: both directions, lengths in metres, all attributes.

        Nodes keep the ids of the graph that the network was made from; others are numbered from 1. Streets that
        nobody walks, and nodes at which nothing ends, are not in it.

        Examples
        --------
        >>> road = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 600 0)"], crs=32648).to_frame("geometry")
        >>> graph = walk_network(road.assign(name="Main")).to_osmnx()
        >>> [(u, v, data["name"], data["length"]) for u, v, data in graph.edges(data=True)]
        [(1, 2, 'Main', 600.0), (2, 1, 'Main', 600.0)]
        """
        networkx = import_module("networkx")
        drawn = self.walker.network.as_drawn
        crs = self.streets.crs
        node_points = gpd.GeoSeries(shapely.points(drawn.node_xy), crs=drawn.crs).to_crs(crs)
        labels, attributes = self._node_labels(drawn)
        graph = networkx.MultiDiGraph(crs=crs, simplified=True)
        for row, (label, point) in enumerate(zip(labels, node_points, strict=True)):
            graph.add_node(label, **{"x": point.x, "y": point.y, **attributes.get(row, {})})
        lines = gpd.GeoSeries(drawn.edge_lines(), crs=drawn.crs).to_crs(crs)
        columns = [
            name for name in self.streets.columns if name not in {self.streets.geometry.name, "reversed", "length"}
        ]
        rows = self.streets[columns].to_dict("records")
        for line, (start, end), length, street in zip(
            lines, drawn.edge_nodes.tolist(), drawn.edge_m.tolist(), drawn.edge_street.tolist(), strict=True
        ):
            given = {key: value for key, value in rows[street].items() if _is_given(value)}
            for u, v, shape, turned in ((start, end, line, False), (end, start, line.reverse(), True)):
                graph.add_edge(labels[u], labels[v], **given, length=length, reversed=turned, geometry=shape)
        return graph

    def _node_labels(self, drawn: WalkingNetwork) -> tuple[list[Hashable], dict[int, Mapping[str, Any]]]:
        """Return the id of each node, and the attributes of those that the source's graph has."""
        labels: list[Hashable] = list(range(1, len(drawn.node_xy) + 1))
        if self.nodes is None:
            return labels, {}
        source = self.nodes.geometry.to_crs(drawn.crs)
        tree = shapely.STRtree(source.array)
        row, nearest = tree.query_nearest(shapely.points(drawn.node_xy), max_distance=0.01, all_matches=False)
        columns = self.nodes.drop(columns=self.nodes.geometry.name)
        records, ids = columns.to_dict("records"), list(self.nodes.index)
        taken = set(ids)
        new = (number for number in range(1, len(taken) + len(labels) + 1) if number not in taken)
        labels = [next(new) for _ in labels]
        attributes: dict[int, Mapping[str, Any]] = {}
        for node, match in zip(row.tolist(), nearest.tolist(), strict=True):
            labels[node] = ids[match]
            attributes[node] = {key: value for key, value in records[match].items() if _is_given(value)}
        return labels, attributes


def _is_given(value: Any) -> bool:  # noqa: ANN401 - a cell of any frame
    return isinstance(value, list | dict | tuple) or not (value is None or pd.isna(value))


def walk_network(  # noqa: PLR0913 - one source, the rest by name
    source: Source,
    *,
    speed_kmh: float | None = None,
    profile: str = DEFAULTS.profile,
    access_m: float = DEFAULTS.access_m,
    private_ways: str = DEFAULTS.private_ways,
    barriers: gpd.GeoDataFrame | None = None,
    water: gpd.GeoDataFrame | None = None,
    crs: object = None,
    layer: str | None = None,
    keep_all: bool = False,
) -> WalkNetwork:
    """Build a walking network from a file, a GeoDataFrame, or a graph of OSMnx or networkx.

    Streets are joined where they share a vertex. Where they have OpenStreetMap's tags, those that nobody walks on
    (motorways, closed ways) are left out by the same rules as in a study, and logged.

    Parameters
    ----------
    source
        Path of an extract (.osm, .pbf), GraphML or a layer of lines; a GeoDataFrame of lines in any CRS; a graph
        whose nodes have `x` and `y`; or the plan of a study, for its network with all its costs.
    speed_kmh
        Walking speed, km/h; None: that of `profile`.
    profile
        Named walking profile: "gb50180" is 3.6 km/h; see `planner.network.walk.walking_profiles`.
    access_m
        Longest straight walk between a point and a street, metres, inclusive.
    private_ways
        Ways with `access=private`: "residents" walk out and in and nobody through, "open", or "closed".
    barriers, water
        Lines and polygons that no straight walk between a point and a street crosses.
    crs
        Coordinate system of a file or graph that does not say it.
    layer
        Layer of a file that holds several.
    keep_all
        True keeps all lines, whatever their tags say.

    Returns
    -------
    network
        First argument of all other functions.

    Raises
    ------
    PlannerError
        The source cannot be used as it is, with the remedy.

    Examples
    --------
    >>> road = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 600 0)"], crs=32648).to_frame("geometry")
    >>> walk_network(road, speed_kmh=4.8)
    WalkNetwork(1 streets, 2 junctions, 0.6 km, 4.8 km/h, access 50 m, EPSG:32648)
    """
    if isinstance(source, Plan | PreparedStudy):
        prepared = source.prepared if isinstance(source, Plan) else source
        return WalkNetwork(prepared.walker, prepared.walked_streets, prepared.walked_streets)
    check_choice("profile", profile, list(walking_profiles()))
    check_choice("private_ways", private_ways, PRIVATE_WAYS)
    speed = walking_profiles()[profile].speed_kmh if speed_kmh is None else speed_kmh
    walk = WalkSettings(speed, check_number("access_m", access_m))
    crs = None if crs is None else read_crs(crs)
    checked, given, nodes = read_streets(source, crs=crs, layer=layer, keep_all=keep_all)
    metric = to_metres(checked, crs)
    is_private = is_private_way(metric)
    if private_ways == "closed":
        metric, given, is_private = metric[~is_private], given[~is_private], is_private[~is_private]
    shapes = [
        None if one is None else as_frame(one, name, needs_crs=True).to_crs(metric.crs).geometry
        for name, one in (("barriers", barriers), ("water", water))
    ]
    walls = None if barriers is None and water is None else build_barriers(shapes[0], shapes[1])
    network = build_network(gpd.GeoDataFrame(metric), barriers=walls)
    if private_ways == "residents" and is_private.any():
        network = with_private_ways(network, is_private[network.edge_street])
    return WalkNetwork(Walker(network, walk), metric, given, nodes)


def snap(net: WalkNetwork, points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Report how points meet the streets: the nearest street position that a straight walk reaches.

    Parameters
    ----------
    net
        Network.
    points
        Points in any CRS.

    Returns
    -------
    snapped
        One row a point, with its index: street_m (distance, metres), reaches_street, street (index label of the
        street), component (0 is the largest connected part of the network), geometry (the street position), in
        the CRS of the points.

    Examples
    --------
    >>> road = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 600 0)"], crs=32648).to_frame("geometry")
    >>> homes = gpd.GeoDataFrame(geometry=gpd.points_from_xy([30, 90], [0, 400]), index=["a", "b"], crs=32648)
    >>> snap(walk_network(road), homes)[["street_m", "reaches_street"]]
       street_m  reaches_street
    a       0.0            True
    b     400.0           False
    """
    snaps = read_points(walker_of(net), points, name="points", warns=False).snaps
    network = net.walker.network
    edge = network.segment_edge[snaps.nearest_segment]
    return gpd.GeoDataFrame(
        {
            "street_m": snaps.nearest_m,
            "reaches_street": snaps.reaches_street,
            "street": net.streets.index.to_numpy()[network.edge_street[edge]],
            "component": network.edge_piece[edge],
        },
        geometry=gpd.GeoSeries(shapely.points(snaps.nearest_xy), crs=network.crs).to_crs(points.crs).to_numpy(),
        index=points.index,
        crs=points.crs,
    )


def walker_of(net: object) -> Walker:
    """Return the engine of a network.

    Raises
    ------
    DataError
        It is no network.
    """
    if not isinstance(net, WalkNetwork):
        raise DataError("net", [Issue("not_a_walk_network", {"found": type(net).__name__})])
    return net.walker
