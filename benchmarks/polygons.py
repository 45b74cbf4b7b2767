"""Finished service areas: polygons of 5, 10 and 15 minutes, 25 m around the reached streets."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from benchmarks.graphs import is_installed, osmnx_graph
from benchmarks.pieces import Streets, as_multiline
from benchmarks.rounds import PLANNER, Contestant, Row, Setting, Table, measure, missing
from benchmarks.streets import LIMITS_MIN, WALK, describe, random_nodes, streets_of
from benchmarks.valhalla_peer import VALHALLA, interpreter, valhalla
from planner.network.isochrones.service_areas import service_areas
from planner.network.network import WalkingNetwork
from planner.network.snapping import SnappedPoints, snap
from planner.network.walk import IndexArray

GEOS, ONE_BUFFER = "GEOS buffer + union", "GEOS, one MultiLineString"
OSMNX = "OSMnx recipe: whole edges"
QUARTER_SEGMENTS = 32
STAND_BACK_M = 10.0

Areas = NDArray[np.object_]


def tables(setting: Setting) -> list[Table]:
    """Measure the polygons of centres on the setting's streets."""
    name, network = streets_of(setting)
    n_centres, n_sample = (4, 2) if setting.quick else (30, 3)
    nodes = random_nodes(network, n_centres, seed=3)
    n_sample = min(n_sample, len(nodes))
    centres = stand_back(network, nodes)
    lines = reached_lines(network, centres)
    oracle = union_of_buffers(lines)
    contestants = polygon_makers(network, centres, lines, oracle, n_sample)
    rows: list[Row] = []
    if is_installed("networkx"):
        contestants.append(_recipe(network, nodes[:n_sample], oracle))
    else:
        rows.append(missing(OSMNX, "needs networkx, which is not installed"))
    title = f"One service area: {len(nodes)} centres × 5, 10, 15 minutes, {name} ({describe(network)}), one thread"
    measured = _beside_valhalla(setting, centres, contestants)
    return [Table("polygons", title, (*measured, *rows), _notices(n_sample))]


def two_threads(setting: Setting) -> list[Table]:
    """Measure the same areas with two threads, beside Valhalla's one."""
    name, network = streets_of(setting)
    centres = stand_back(network, random_nodes(network, 4 if setting.quick else 30, seed=3))
    count = len(centres.xy)
    ours = Contestant(PLANNER, lambda: planner_areas(network, centres), None, 1 / (count * len(LIMITS_MIN)))
    title = f"One service area: {count} centres × 5, 10, 15 minutes, {name} ({describe(network)}), two threads"
    notice = "Time of all areas by their number. Valhalla draws one after the other, with one thread."
    return [Table("polygons_two_threads", title, _beside_valhalla(setting, centres, [ours]), (notice,))]


def _beside_valhalla(setting: Setting, centres: SnappedPoints, contestants: list[Contestant]) -> tuple[Row, ...]:
    """Measure the contestants, and Valhalla right after the planner where it is installed."""
    python = interpreter()
    if setting.folder is None or python is None:
        why = "needs an extract" if python else "no interpreter with pyvalhalla and its valhalla_build_tiles"
        return (*measure(contestants, setting.rounds), missing(VALHALLA, why))
    with ExitStack() as stack:
        peer = stack.enter_context(valhalla(python, setting.folder / "poa_osm.pbf", centres.xy))
        return measure([contestants[0], peer, *contestants[1:]], setting.rounds)


def stand_back(network: WalkingNetwork, nodes: IndexArray) -> SnappedPoints:
    """Return centres up to 10 m off the given nodes."""
    aside = STAND_BACK_M / 2**0.5
    away = np.random.default_rng(4).uniform(-aside, aside, (len(nodes), 2))
    return snap(network.node_xy[nodes] + away, network, access_m=WALK.access_m)


def polygon_makers(
    network: WalkingNetwork, centres: SnappedPoints, lines: list[Areas], oracle: Areas, n_sample: int
) -> list[Contestant]:
    """Return the planner, which searches too, and GEOS, which is given the reached streets."""
    sample = n_sample * len(LIMITS_MIN)
    joined = np.array([as_multiline(each) for each in lines[:sample]], dtype=object)
    scale = 1 / len(lines)

    def check(areas: Areas) -> Mapping[str, str]:
        return compared(oracle[: areas.size], areas.ravel())

    return [
        Contestant(PLANNER, lambda: planner_areas(network, centres), check, scale, "search included"),
        Contestant(GEOS, lambda: union_of_buffers(lines), check, scale, "given the reached streets"),
        Contestant(
            ONE_BUFFER,
            lambda: shapely.buffer(joined, WALK.access_m, quad_segs=QUARTER_SEGMENTS),
            check,
            1 / sample,
            "given the reached streets",
        ),
    ]


def planner_areas(network: WalkingNetwork, centres: SnappedPoints) -> Areas:
    """Return the planner's polygons, shape (centres, limits)."""
    return service_areas(network, centres, walk=WALK, limits_min=LIMITS_MIN)


def reached_lines(network: WalkingNetwork, centres: SnappedPoints) -> list[Areas]:
    """Return the streets that each polygon is drawn around, by centre, then limit."""
    streets = Streets(network, centres)
    return [
        streets.reached(centre, WALK.metres(limit) - WALK.access_m)
        for centre in range(len(centres.xy))
        for limit in LIMITS_MIN
    ]


def union_of_buffers(lines: list[Areas]) -> Areas:
    """Return what GEOS makes of the reached streets: each piece buffered, then their union."""
    areas = np.empty(len(lines), dtype=object)
    for i, each in enumerate(lines):
        areas[i] = shapely.union_all(shapely.buffer(each, WALK.access_m, quad_segs=QUARTER_SEGMENTS))
    return areas


def oracle_areas(network: WalkingNetwork, centres: SnappedPoints) -> Areas:
    """Return GEOS' polygons, shape (centres × limits,)."""
    return union_of_buffers(reached_lines(network, centres))


def differences(oracle: Areas, areas: Areas) -> NDArray[np.float64]:
    """Return each polygon's symmetric difference to GEOS', as a share of the latter's area."""
    return np.asarray(shapely.area(shapely.symmetric_difference(oracle, areas)) / shapely.area(oracle))


def compared(oracle: Areas, areas: Areas) -> Mapping[str, str]:
    """Say how far polygons are from GEOS'."""
    share = differences(oracle, areas)
    bias = (shapely.area(areas).sum() - shapely.area(oracle).sum()) / shapely.area(oracle).sum()
    return {
        "symmetric difference, mean": f"{share.mean():.3%}",
        "worst": f"{share.max():.3%}",
        "area": f"{bias:+.3%}",
    }


def _recipe(network: WalkingNetwork, nodes: IndexArray, oracle: Areas) -> Contestant:
    """Return the isochrones of OSMnx' gallery (`make_iso_polys`), 25 m around nodes and edges."""
    import geopandas as gpd
    import networkx as nx

    graph: Any = osmnx_graph(network)

    def one(centre: int, limit_min: float) -> shapely.Geometry:
        part = nx.ego_graph(graph, centre, radius=WALK.metres(limit_min), distance="length")
        points = [shapely.Point(data["x"], data["y"]) for _, data in part.nodes(data=True)]
        lines = [graph.get_edge_data(begin, end)[0]["geometry"] for begin, end in part.edges()]
        around = [gpd.GeoSeries(shapes).buffer(WALK.access_m) for shapes in (points, lines)]
        return gpd.GeoSeries([*around[0], *around[1]]).union_all()

    def work() -> Areas:
        return np.array([one(centre, limit) for centre in nodes.tolist() for limit in LIMITS_MIN], dtype=object)

    share = len(nodes) * len(LIMITS_MIN)
    return Contestant(
        OSMNX, work, lambda areas: compared(oracle[:share], areas), 1 / share, "search included, nearest node"
    )


def _notices(n_sample: int) -> tuple[str, ...]:
    return (
        "Mean time of one polygon. Centres stand up to 10 m off a node.",
        (
            f"Differences are to GEOS' buffer + union with {QUARTER_SEGMENTS} segments a quarter circle, on"
            " streets that are cut at the limit by a computation of its own (`benchmarks/pieces.py`), which is not"
            " charged to GEOS."
        ),
        f"The slow ones, one MultiLineString and the OSMnx recipe, do the first {n_sample} of the centres.",
        (
            "The OSMnx recipe keeps whole edges up to the last node within the"
            " limit, starts at the nearest node, and walks the whole limit along streets:"
            " another definition, which is why it differs."
        ),
    )
