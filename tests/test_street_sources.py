"""The same city as an extract, as lines, as graphs: the same network, the same plan; damaged ones refused."""

from __future__ import annotations

import bz2
import json
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import osmium
import osmnx
import pytest
import shapely
import toy
from answers import done, refused
from phrases import phrase
from test_osm import LINE, node, way, write

from planner.io.osm.extract import read_osm_streets
from planner.io.osm.graphml import read_graphml
from planner.messages.errors import DataError
from planner.network.network import WalkingNetwork, build_network

HELSINKI = Path(__file__).parents[1] / "data" / "helsinki" / "Helsinki.osm.pbf"
BOX = shapely.box(24.944, 60.168, 24.949, 60.171)
KEEP = ("kind", "crossing", "structure", "gated", "square", "access")


def as_graph(streets: gpd.GeoDataFrame) -> nx.MultiDiGraph:
    """Return streets as OSMnx makes a graph of them: both directions, shapes only where an edge bends."""
    network = build_network(streets)
    graph = nx.MultiDiGraph(crs=streets.crs.to_string(), simplified=True)
    for number, (x, y) in enumerate(network.node_xy.tolist()):
        graph.add_node(number, x=x, y=y)
    rows = streets.iloc[network.edge_street]
    for (one, other), line, street in zip(
        network.edge_nodes.tolist(), network.edge_lines(), rows.itertuples(), strict=True
    ):
        shape = {"geometry": line} if shapely.get_num_coordinates(line) > 2 else {}
        told = {"name": street.name, "access": getattr(street, "access", "")}
        tags = {"osmid": street.id, "highway": street.kind, **{key: word for key, word in told.items() if word}}
        graph.add_edge(one, other, **tags, length=line.length, reversed=False, **shape)
        turned = {"geometry": shapely.reverse(line)} if shape else {}
        graph.add_edge(other, one, **tags, length=line.length, reversed=True, **turned)
    return graph


@pytest.fixture(scope="module")
def streets() -> gpd.GeoDataFrame:
    whole = read_osm_streets(HELSINKI)
    inside = whole[shapely.within(whole.geometry.array, BOX)]
    return gpd.GeoDataFrame(inside.reset_index(drop=True)).to_crs(3067)


def assert_same_streets(one: WalkingNetwork, other: WalkingNetwork) -> None:
    """Assert equal nodes and equal lengths of all edges, whatever order they come in."""
    assert one.node_xy.tolist() == other.node_xy.tolist()
    ends = [
        sorted(
            (*sorted(nodes), round(metres, 6))
            for nodes, metres in zip(each.edge_nodes.tolist(), each.edge_m.tolist(), strict=True)
        )
        for each in (one, other)
    ]
    assert ends[0] == ends[1]


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "shp", "fgb", "graphml"])
def test_every_source_gives_the_same_network(streets: gpd.GeoDataFrame, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"streets.{ending}"
    # A city without repeated edges: two streets along the same vertices are one in a graph.
    streets = streets[~streets["square"]]
    if ending == "graphml":
        osmnx.save_graphml(as_graph(streets), file)
        read = read_graphml(file)
    else:
        options = {"COORDINATE_PRECISION": "9"} if ending == "geojson" else {}
        moved = streets.to_crs(4326) if ending == "geojson" else streets
        moved.to_file(file, **options)
        read = gpd.read_file(file).to_crs(3067)
    assert_same_streets(build_network(gpd.GeoDataFrame(read)), build_network(gpd.GeoDataFrame(streets)))


@pytest.mark.parametrize("simplify", [False, True])
def test_a_graph_that_osmnx_itself_has_made(streets: gpd.GeoDataFrame, tmp_path: Path, simplify: bool) -> None:  # noqa: FBT001
    """The walkable ways as an extract, through OSMnx to GraphML and back: as long as read directly."""
    wanted = {int(name) for name in streets["id"][~streets["gated"]] if name.isdigit()}
    file = tmp_path / "part.osm"
    with osmium.BackReferenceWriter(file, ref_src=HELSINKI) as writer:
        for found in osmium.FileProcessor(HELSINKI, osmium.osm.WAY):
            if found.id in wanted:
                writer.add(found)
    graph = osmnx.graph_from_xml(file, bidirectional=True, retain_all=True, simplify=simplify)
    osmnx.save_graphml(graph, tmp_path / "part.graphml")
    read = read_graphml(tmp_path / "part.graphml")
    whole = read_osm_streets(file)
    assert not whole["gated"].any()
    whole = gpd.GeoDataFrame(whole[~whole["square"]])
    ours, theirs = (build_network(gpd.GeoDataFrame(each.to_crs(3067))) for each in (whole, read))
    assert theirs.edge_m.sum() == pytest.approx(ours.edge_m.sum(), abs=0.5)
    # Simplifying joins streets of several classes, in an order that is a set's; then one of them stands for all.
    assert set(read["kind"]) <= set(whole["kind"])
    assert simplify or set(read["kind"]) == set(whole["kind"])


def test_a_projected_graph_keeps_its_system(tmp_path: Path) -> None:
    layer = toy.layers()["streets"].assign(id=lambda frame: frame.index.astype(str), kind="residential")
    osmnx.save_graphml(as_graph(layer), tmp_path / "toy.graphml")
    read = read_graphml(tmp_path / "toy.graphml")
    assert read.crs == toy.CRS
    assert len(read) == len(layer)
    assert_same_streets(build_network(read), build_network(layer))


def numbers(study: Path) -> dict[str, object]:
    plan = json.loads((study.parent / "out" / "plan.json").read_text("utf-8"))
    return {part: plan[part] for part in ("coverage", "centres", "diagnosis", "siting", "notices")}


@pytest.mark.parametrize("ending", ["graphml", "osm", "osm.bz2", "osm.pbf", "geojson"])
def test_every_source_gives_the_same_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: str) -> None:
    """The toy city with the seven digits of OpenStreetMap, from each source: every number of the plan is equal."""
    extract = tmp_path / "toy.osm"
    extract.write_text(as_osm(toy.layers()["streets"]), "utf-8")
    layer = gpd.GeoDataFrame(read_osm_streets(extract).to_crs(toy.CRS))
    plain = toy.write_study(tmp_path / "plain", changed={"streets": layer})
    named = f'[inputs.streets]\npath = "streets.{ending}"\n'
    study = toy.STUDY.replace('[inputs.streets]\npath = "toy.gpkg"\nlayer = "streets"\n', named)
    other = toy.write_study(tmp_path / "other", study=study)
    write_streets(layer, extract, other.parent / f"streets.{ending}")
    done(plain, capsys, "plan")
    done(other, capsys, "plan")
    assert numbers(other) == numbers(plain)


def write_streets(layer: gpd.GeoDataFrame, extract: Path, file: Path) -> None:
    if file.suffix == ".graphml":
        osmnx.save_graphml(as_graph(layer), file)
    elif file.suffix == ".geojson":
        layer.to_crs(4326).to_file(file, COORDINATE_PRECISION=12)
    elif file.suffix == ".pbf":
        with osmium.SimpleWriter(file) as writer:
            for found in osmium.FileProcessor(extract):
                writer.add(found)
    else:
        content = extract.read_bytes()
        file.write_bytes(bz2.compress(content) if file.suffix == ".bz2" else content)


def as_osm(layer: gpd.GeoDataFrame) -> str:
    degrees = layer.to_crs(4326)
    places: dict[tuple[float, float], int] = {}
    objects = []
    for row, line in enumerate(degrees.geometry):
        ends = [places.setdefault((round(x, 7), round(y, 7)), len(places) + 1) for x, y in line.coords]
        objects.append(way(row + 1, ends, highway="residential"))
    nodes = [node(number, *place) for place, number in places.items()]
    return f'<?xml version="1.0"?><osm version="0.6">{"".join(nodes + objects)}</osm>'


# graphs in detail


def graphml(tmp_path: Path, body: str, *, crs: str = '<data key="d">epsg:4326</data>', head: str = "") -> Path:
    names = {"x": "node", "y": "node", "highway": "edge", "geometry": "edge", "name": "edge", "osmid": "edge"}
    keys = "".join(f'<key id="{name}" for="{kind}" attr.name="{name}"/>' for name, kind in names.items())
    more = '<key id="d" for="graph" attr.name="crs"/><key id="foot" for="edge" attr.name="foot"/>'
    file = tmp_path / "made.graphml"
    text = f'{head}<graphml xmlns="http://graphml.graphdrawing.org/xmlns">{keys}{more}<graph>{crs}{body}</graph></graphml>'
    file.write_text(text, "utf-8")
    return file


def place(name: str, x: object, y: object) -> str:
    return f'<node id="{name}"><data key="x">{x}</data><data key="y">{y}</data></node>'


def edge(one: str, other: str, **tags: str) -> str:
    data = "".join(f'<data key="{key}">{value}</data>' for key, value in tags.items())
    return f'<edge source="{one}" target="{other}">{data}</edge>'


A, B, C = place("a", 0, 0), place("b", 0.01, 0), place("c", 0.02, 0)


def test_both_directions_are_one_street_and_different_shapes_are_two(tmp_path: Path) -> None:
    bend = "LINESTRING (0 0, 0.005 0.001, 0.01 0)"
    back = "LINESTRING (0.01 0, 0.005 0.001, 0 0)"
    body = A + B + edge("a", "b") + edge("b", "a") + edge("a", "b", geometry=bend) + edge("b", "a", geometry=back)
    read = read_graphml(graphml(tmp_path, body))
    assert read.geometry.to_wkt().tolist() == ["LINESTRING (0 0, 0.01 0)", bend]


def test_tags_of_a_graph(tmp_path: Path) -> None:
    body = A + B + C + edge("a", "b", highway="['steps', 'footway']", name="['阶梯', 'x']", osmid="[4, 5]")
    body += edge("b", "c", highway="motorway") + edge("a", "c", highway="residential", foot="no")
    read = read_graphml(graphml(tmp_path, body))
    assert read[["id", "name", "kind", "structure"]].to_numpy().tolist() == [["4", "阶梯", "steps", ""]]


@pytest.mark.parametrize("crs", ["", '<data key="d">nowhere</data>'])
def test_a_graph_that_does_not_say_its_system_is_asked_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], crs: str
) -> None:
    study = toy.STUDY.replace('path = "toy.gpkg"\nlayer = "streets"\n', 'path = "made.graphml"\n')
    file = toy.write_study(tmp_path / "toy", study=study)
    graphml(file.parent, A + B + edge("a", "b"), crs=crs)
    assert phrase("errors.no_crs") in refused(file, capsys, code=3)


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1 or str()};" * 10}">' for n in range(1, 10))
    + "]>"
)

BROKEN_GRAPHS = {
    "empty": b"",
    "page": b"<!DOCTYPE html><html><body>Too many requests</body></html>",
    "laughs": (LAUGHS + "<graphml><graph>&lol9;</graph></graphml>").encode(),
    "cut": b'<graphml><graph><node id="a">',
    "noise": np.random.default_rng(1).bytes(3000),
    "utf16": "<graphml><graph/></graphml>".encode("utf-16"),
}


@pytest.mark.parametrize("kind", BROKEN_GRAPHS)
def test_broken_graphs_are_refused_in_words(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "x.graphml"
    file.write_bytes(BROKEN_GRAPHS[kind])
    with pytest.raises(DataError) as caught:
        read_graphml(file)
    (issue,) = caught.value.issues
    assert issue.key == "unreadable_file"
    assert str(issue.values["reason"])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (A + edge("a", "b"), "node 'b' is missing"),
        (place("a", "east", 0), "could not convert"),
        (A + B + edge("a", "b", geometry="LINESTRING (0"), "edge a – b: its geometry is none"),
        ('<node id="a"><data key="x">1</data></node>', "'y' is missing"),
    ],
)
def test_graphs_that_contradict_themselves(tmp_path: Path, body: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_graphml(graphml(tmp_path, body))


# extracts that are damaged or hostile, through the whole planner


MISSING = way(9, [1, 2, 3], highway="path")
OSM_FILES: dict[str, tuple[int, list[str], str]] = {
    "laughs": (3, ["cannot be read"], LAUGHS + '<osm version="0.6"><note>&lol9;</note></osm>'),
    "no nodes": (3, [phrase("errors.osm_without_nodes")], f'<osm version="0.6">{MISSING}</osm>'),
    "nothing": (3, [phrase("errors.empty_table")], '<osm version="0.6"></osm>'),
    "another continent": (
        3,
        ["km away from the communities"],
        '<osm version="0.6">' + "".join(LINE) + MISSING + "</osm>",
    ),
    "off the earth": (
        3,
        ["x.osm cannot be used as it is"],
        '<osm version="0.6">' + node(1, 999.0, 10.0) + node(2, 10.0, -95.0) + MISSING + "</osm>",
    ),
    "infinite": (3, ["cannot be read"], '<osm version="0.6"><node id="1" lon="inf" lat="nan"/></osm>'),
    "huge id": (3, ["cannot be read"], f'<osm version="0.6"><node id="{10**30}" lon="1" lat="1"/></osm>'),
    "page": (3, ["cannot be read"], "<!DOCTYPE html><html><body>Too many requests</body></html>"),
}


@pytest.mark.parametrize("kind", OSM_FILES)
def test_damaged_and_hostile_extracts(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    code, said, text = OSM_FILES[kind]
    study = toy.STUDY.replace('path = "toy.gpkg"\nlayer = "streets"\n', 'path = "x.osm"\n')
    file = toy.write_study(tmp_path / "toy", study=study)
    (file.parent / "x.osm").write_text(text, "utf-8")
    answer = refused(file, capsys, code=code)
    assert [part for part in said if part not in answer] == []


def test_truncated_anywhere_an_extract_is_read_or_refused(tmp_path: Path) -> None:
    """No traceback, whichever byte a download broke off at, packed or plain, and whatever bit has turned."""
    text = as_osm(toy.layers()["streets"]).encode()
    whole = tmp_path / "whole.osm"
    whole.write_bytes(text)
    binary = tmp_path / "whole.osm.pbf"
    with osmium.SimpleWriter(binary) as writer:
        for found in osmium.FileProcessor(whole):
            writer.add(found)
    random = np.random.default_rng(7)
    for source, ending in ((text, "osm"), (binary.read_bytes(), "osm.pbf"), (bz2.compress(text), "osm.bz2")):
        for cut in random.integers(0, len(source), 25).tolist():
            turned = bytearray(source)
            turned[cut] ^= 1 << int(random.integers(0, 8))
            for number, content in enumerate((source[:cut], bytes(turned))):
                file = tmp_path / f"cut{number}.{ending}"
                file.write_bytes(content)
                try:
                    streets = read_osm_streets(file)
                except DataError:
                    continue
                assert streets.geometry.is_valid.all()


def test_two_extracts_joined_name_a_street_once(tmp_path: Path) -> None:
    lane = way(1, [1, 2, 3], highway="path")
    file = write(tmp_path, *LINE, lane, lane)
    assert read_osm_streets(file)["id"].tolist() == ["1"]
