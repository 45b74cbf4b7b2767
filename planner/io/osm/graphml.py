"""Street graphs of OSMnx (any version) and networkx, in GraphML files and in memory.

Only what makes streets is read: the places of the nodes, the ends and shapes of the edges, and the tags that state
what they are. Both directions of a street are one line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from xml.parsers import expat

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from planner.io.osm.elements import separate_nodes
from planner.io.osm.walkable_tags import PRIVATE, is_private, structure, walking_obstacle
from planner.io.tables.coordinates import read_wkt
from planner.messages.errors import DataError, Issue

HEAD_BYTES = 65_536
NOTHING = frozenset({"", "None", "nan", "False"})
"""Texts of a GraphML of OSMnx that mean no value."""

Floats = NDArray[np.float64]


@dataclass(slots=True)
class StreetGraph:
    """Contents of a graph: nodes with their places, edges with their tags as text, in the order of the file."""

    crs: str = ""
    places: dict[str, tuple[float, float]] = field(default_factory=dict)
    edges: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class GraphRead:
    """The streets of a graph, and the edges that are not walked: `reason` (`walking_obstacle`) and `word`.

    `edges` is the row of the graph's edges that each street was made from.
    """

    streets: gpd.GeoDataFrame
    left_out: gpd.GeoDataFrame
    edges: tuple[int, ...] = ()


def read_graphml(path: Path) -> gpd.GeoDataFrame:
    """Read the streets of a graph.

    Edges without a shape of their own are straight. An edge and its opposite along the same vertices are one
    street, as are repeated edges. Where edges state `highway`, those that nobody walks on are left out by the same
    rules as ways of an extract (`planner.io.osm.walkable_tags`), as far as the graph has kept the tags.

    Parameters
    ----------
    path
        The file; its nodes have `x` and `y`.

    Returns
    -------
    streets
        Lines in the graph's own system (`crs` of the graph; none if it does not state it): `id` (`osmid`), `name`,
        `kind` (`highway`; of several the first), `structure` ("bridge", "tunnel" or ""), `access` ("private" for
        ways of compounds, else "").

    Raises
    ------
    DataError
        The file is damaged, is no GraphML, or has edges between places that it does not give.

    Examples
    --------
    >>> import tempfile
    >>> graph = '''<graphml><key id="a" for="node" attr.name="x"/><key id="b" for="node" attr.name="y"/>
    ... <key id="c" for="edge" attr.name="highway"/><key id="d" for="graph" attr.name="crs"/>
    ... <graph edgedefault="directed"><data key="d">epsg:4326</data>
    ...   <node id="1"><data key="a">24.94</data><data key="b">60.17</data></node>
    ...   <node id="2"><data key="a">24.95</data><data key="b">60.17</data></node>
    ...   <edge source="1" target="2"><data key="c">steps</data></edge>
    ...   <edge source="2" target="1"><data key="c">steps</data></edge></graph></graphml>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "made.graphml")
    ...     written = file.write_text(graph, encoding="utf-8")
    ...     streets = read_graphml(file)
    >>> streets[["kind", "structure"]].values.tolist(), streets.geometry[0].wkt
    ([['steps', '']], 'LINESTRING (24.94 60.17, 24.95 60.17)')
    """
    return read_graph(path).streets


def read_graph(path: Path, *, keep_all: bool = False) -> GraphRead:
    """Read the streets of a graph, and what the rules leave out of it.

    Parameters
    ----------
    keep_all
        Whether all edges are streets, whatever their tags state.

    Raises
    ------
    DataError
        As `read_graphml`.
    """
    try:
        return graph_to_streets(_parse(path), keep_all=keep_all)
    except (ET.ParseError, ValueError, LookupError, OSError, shapely.errors.ShapelyError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        if isinstance(error, KeyError):
            reason = f"node {error} is missing"
        raise DataError(str(path), [Issue("unreadable_file", {"reason": reason})]) from error


def graph_to_streets(graph: StreetGraph, *, keep_all: bool = False) -> GraphRead:
    """Return the streets of a graph that was read; see `read_graph`."""
    crs = _system(graph.crs)
    lines = _lines(graph)
    different = list(_different(lines))
    lines = _joined_at_nodes(graph, lines, different, in_degrees=crs is None or crs.is_geographic)
    tags = [_plain(edge) for _, _, edge in graph.edges]
    reasons = {row: "" if keep_all or "highway" not in tags[row] else _against(tags[row]) for row in different}
    kept = [row for row in different if not reasons[row]]
    out = [row for row in different if reasons[row]]
    texts = [tags[row] for row in kept]
    streets = gpd.GeoDataFrame(
        {
            "id": [each.get("osmid", "") for each in texts],
            "name": [each.get("name", "") for each in texts],
            "kind": [each.get("highway", "") for each in texts],
            "structure": [structure(each) for each in texts],
            "access": [PRIVATE if "highway" in each and is_private(each) else "" for each in texts],
        },
        geometry=lines[kept],
        crs=crs,
    )
    words = {row: tags[row].get("highway" if reasons[row] == "class" else reasons[row], "") for row in out}
    left_out = gpd.GeoDataFrame(
        {"reason": [reasons[row] for row in out], "word": [words[row] for row in out]},
        geometry=lines[out],
        crs=crs,
    )
    return GraphRead(streets, left_out, tuple(kept))


def _against(tags: Mapping[str, str]) -> str:
    """Return why nobody walks on an edge; private ones are kept, and marked."""
    return "" if is_private(tags) else walking_obstacle(tags)


def _joined_at_nodes(
    graph: StreetGraph, lines: NDArray[np.object_], different: Sequence[int], *, in_degrees: bool
) -> NDArray[np.object_]:
    """Return lines that meet where their edges share a node, and nowhere else."""
    if not different:
        return lines
    number = {name: at for at, name in enumerate(graph.places)}
    inner = len(number)
    nodes, xy, line, raised = [], [], [], []
    for row in different:
        source, target, tags = graph.edges[row]
        ends = [source, target]
        places = [graph.places[end] for end in ends]
        drawn = shapely.get_coordinates(lines[row])
        there = np.hypot(*(drawn[[0, -1]] - places).T).sum()
        back = np.hypot(*(drawn[[-1, 0]] - places).T).sum()
        if back < there:
            ends, places = ends[::-1], places[::-1]
        # A shape may end beside its node: crossings that were put together into one keep their edges' shapes.
        first, last = (int((drawn[at] == places[at]).all()) for at in (0, -1))
        between = drawn[first : len(drawn) - last]
        nodes.append([number[ends[0]], *range(inner, inner + len(between)), number[ends[1]]])
        inner += len(between)
        xy.append(np.vstack([places[:1], between, places[1:]]))
        line.append(np.full(len(between) + 2, row))
        raised.append(np.full(len(between) + 2, bool(structure(_plain(tags)))))
    every, at, of = np.concatenate(nodes), np.vstack(xy), np.concatenate(line)
    moved = separate_nodes(every, at, of, raised=np.concatenate(raised), in_degrees=in_degrees)
    for vertex in np.flatnonzero(np.isin(every, list(moved))).tolist():
        at[vertex] = moved[int(every[vertex])]
    joined = lines.copy()
    joined[different] = shapely.linestrings(at, indices=np.searchsorted(np.array(different), of))
    return joined


class _BegunError(Exception):
    """The root element begins, and no document type stands before it."""


def _refuse_others(path: Path) -> None:
    """Refuse what is no GraphML, and a document type: it could define entities that grow without end."""

    def refuse(*_: object) -> None:
        message = "no GraphML"
        raise ValueError(message)

    def begin(name: str, _: object) -> None:
        if name.rpartition(":")[2] != "graphml":
            refuse()
        raise _BegunError

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = begin
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if b"<graphml" not in head:
        refuse()
    try:
        parser.Parse(head, False)  # noqa: FBT003 - expat takes it by position
    except _BegunError:
        return
    except expat.ExpatError as error:
        raise ValueError(str(error)) from None
    refuse()


def _parse(path: Path) -> StreetGraph:
    _refuse_others(path)
    graph, names = StreetGraph(), dict[str, str]()
    for _, element in ET.iterparse(path, events=("end",)):  # noqa: S314 - entities are refused above
        match element.tag.rpartition("}")[2]:
            case "key":
                names[element.get("id", "")] = element.get("attr.name", "")
            case "node":
                values = _values(element, names)
                graph.places[element.get("id", "")] = (float(values["x"]), float(values["y"]))
                element.clear()
            case "edge":
                ends = element.get("source", ""), element.get("target", "")
                graph.edges.append((*ends, _values(element, names)))
                element.clear()
            case "graph":
                graph.crs = _values(element, names).get("crs", "")
    return graph


def _values(element: ET.Element, names: Mapping[str, str]) -> dict[str, str]:
    return {
        names.get(child.get("key", ""), ""): (child.text or "").strip()
        for child in element
        if child.tag.rpartition("}")[2] == "data"
    }


def _lines(graph: StreetGraph) -> NDArray[np.object_]:
    """Return a line an edge: its own shape, or the straight one between its ends."""
    ends = np.array(
        [[graph.places[source], graph.places[target]] for source, target, _ in graph.edges], dtype=np.float64
    ).reshape(-1, 2, 2)
    lines: NDArray[np.object_] = np.asarray(shapely.linestrings(ends), dtype=object)
    shaped = [row for row, (_, _, tags) in enumerate(graph.edges) if tags.get("geometry", "") not in NOTHING]
    for row in shaped:
        shape = read_wkt(graph.edges[row][2]["geometry"])
        if shape is None:
            message = f"edge {graph.edges[row][0]} – {graph.edges[row][1]}: its geometry is none"
            raise ValueError(message)
        lines[row] = shape
    return lines


def _different(lines: NDArray[np.object_]) -> Iterator[int]:
    """Yield the rows of lines that no earlier one repeats, in this direction or the other."""
    seen = set()
    for row, (line, turned) in enumerate(zip(lines, shapely.reverse(lines), strict=True)):
        key = min(shapely.to_wkb(line), shapely.to_wkb(turned))
        if key not in seen:
            seen.add(key)
            yield row


def _plain(tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags as OpenStreetMap has them: of several, which OSMnx writes as a list, the first."""
    return {key: _first(value) for key, value in tags.items() if value not in NOTHING}


def _first(value: str) -> str:
    if not value.startswith("["):
        return value
    try:
        several = ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return value
    return str(several[0]) if isinstance(several, list) and several else value


def _system(named: str) -> pyproj.CRS | None:
    try:
        return pyproj.CRS.from_user_input(named) if named else None
    except pyproj.exceptions.CRSError:
        return None


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
        Any graph of networkx; `graph.graph["crs"]` states its coordinate system.
    crs
        Coordinate system, where the graph does not state it.
    keep_all
        Whether all edges are streets, whatever their tags state.

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
