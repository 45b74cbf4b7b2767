"""Walkable streets out of an extract, from the file to a table of lines: the planner, pyrosm, OSMnx."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import osmium
import shapely

from benchmarks.graphs import is_installed
from benchmarks.processes import ROOT
from benchmarks.rounds import PLANNER, Contestant, Row, Setting, Table, measure, missing
from planner.io.osm.extract import read_osm_streets

PYROSM, OSMNX = "pyrosm", "OSMnx"
NOTICES = (
    (
        "One process, one thread, the file in the system's cache. The lengths differ because the rules differ:"
        " which ways people walk on, whether squares are crossed, and what is cut at the edge."
    ),
    "OSMnx reads no .osm.pbf: it reads the same as .osm, without ways that are cut; converting is not counted.",
)


def tables(setting: Setting) -> list[Table]:
    """Measure the extract of Porto Alegre, or of Helsinki where that is not given."""
    helsinki = ROOT / "data" / "helsinki" / "Helsinki.osm.pbf"
    file = setting.folder / "poa_osm.pbf" if setting.folder else helsinki
    name = "Porto Alegre" if setting.folder else "Helsinki"
    with tempfile.TemporaryDirectory() as room:
        if setting.quick:
            name, whole, file = f"a part of {name}", file, Path(room, "part.osm.pbf")
            write_part(whole, file)
        rows = _measured(file, Path(room, "same.osm"), setting.rounds)
        size_mb = file.stat().st_size / 1e6
    return [Table("read", f"Walkable streets from an extract, {name} ({size_mb:.1f} MB)", rows, NOTICES)]


def _measured(file: Path, plain: Path, rounds: int) -> tuple[Row, ...]:
    contestants = [Contestant(PLANNER, lambda: read_osm_streets(file), _found)]
    absent = [missing(name) for name in (PYROSM, OSMNX) if not is_installed(name.lower())]
    if is_installed("pyrosm"):
        contestants.append(Contestant(PYROSM, lambda: by_pyrosm(file), _found, note="walking network, edges only"))
    if is_installed("osmnx"):
        write_whole_ways(file, plain)
        note = "graph of all ways, then a table of its edges"
        contestants.append(Contestant(OSMNX, lambda: by_osmnx(plain), _found, note=note))
    return (*measure(contestants, rounds), *absent)


def write_part(file: Path, part: Path) -> None:
    """Write every tenth way of an extract, and its nodes."""
    with osmium.BackReferenceWriter(part, file) as writer:
        for found in osmium.FileProcessor(file, osmium.osm.WAY):
            if found.id % 10 == 0:
                writer.add(found)


def write_whole_ways(file: Path, plain: Path) -> None:
    """Write an extract once more without the ways that it has cut: OSMnx refuses them all for one."""
    with osmium.SimpleWriter(plain) as writer:
        for found in osmium.FileProcessor(file).with_locations():
            if not found.is_way() or all(node.location.valid() for node in found.nodes):
                writer.add(found)


def by_pyrosm(file: Path) -> gpd.GeoDataFrame:
    """Return pyrosm's walking network."""
    from pyrosm import OSM

    return OSM(str(file)).get_network(network_type="walking")


def by_osmnx(file: Path) -> gpd.GeoDataFrame:
    """Return the edges of OSMnx's graph; it filters by tags only what it downloads itself."""
    import osmnx

    graph = osmnx.graph_from_xml(file, bidirectional=True, simplify=False, retain_all=True)
    return osmnx.graph_to_gdfs(graph, nodes=False)


def _found(streets: gpd.GeoDataFrame) -> Mapping[str, str]:
    metric = streets.geometry.to_crs(streets.estimate_utm_crs())
    return {"rows": f"{len(streets):,}", "km": f"{shapely.length(metric.array).sum() / 1000:,.0f}"}
