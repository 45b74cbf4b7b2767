"""Graphs of OSMnx and networkx in memory, read as their GraphML files are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyproj
import shapely

from planner.io.osm.graphml import GraphRead, StreetGraph, graph_to_streets
from planner.messages.errors import DataError, Issue


def read_networkx(
    graph: Any,  # noqa: ANN401 - a graph of networkx, which is imported only where one is made
    *,
    crs: object = None,
    keep_all: bool = False,
) -> GraphRead:
    r"""Read the streets of a graph whose nodes have `x` and `y`, or `pos`, or are themselves coordinates.

    Parameters
    ----------
    graph
        Any graph of networkx; `graph.graph["crs"]` says its coordinate system.
    crs
        Coordinate system, where the graph does not say it.
    keep_all
        Whether all edges are streets, whatever their tags say.

    Raises
    ------
    DataError
        The graph has no edges, no coordinates, or no coordinate system.

    Examples
    --------
    >>> import networkx
    >>> graph = networkx.Graph(crs="EPSG:32648")
    >>> graph.add_edge((0, 0), (100, 0), highway="footway")
    >>> read_networkx(graph).streets[["kind", "geometry"]].to_csv(index=False)
    'kind,geometry\nfootway,"LINESTRING (0 0, 100 0)"\n'
    """
    system = graph.graph.get("crs") or crs
    if system is None:
        raise DataError("streets", [Issue("graph_no_crs")])
    if graph.number_of_edges() == 0:
        raise DataError("streets", [Issue("frame_empty")])
    places = {str(at): node_place(node, data) for at, (node, data) in enumerate(graph.nodes(data=True))}
    number = {node: str(at) for at, node in enumerate(graph.nodes)}
    edges: list[tuple[str, str, Mapping[str, str]]] = [
        (number[start], number[end], {str(key): _as_text(value) for key, value in data.items()})
        for start, end, data in graph.edges(data=True)
    ]
    named = pyproj.CRS.from_user_input(system).to_string()
    return graph_to_streets(StreetGraph(named, places, edges), keep_all=keep_all)


def node_place(node: object, data: Mapping[str, Any]) -> tuple[float, float]:
    """Return the coordinates of a node.

    Raises
    ------
    DataError
        It has none.
    """
    place: Any = (data["x"], data["y"]) if "x" in data and "y" in data else data.get("pos", node)
    try:
        x, y = place
        return float(x), float(y)
    except (TypeError, ValueError) as error:
        raise DataError("streets", [Issue("graph_no_places", {}, [str(node)])]) from error


def _as_text(value: object) -> str:
    return str(value.wkt) if isinstance(value, shapely.Geometry) else str(value)
