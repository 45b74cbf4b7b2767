"""What the contestants work on: Porto Alegre, and synthetic streets of any size."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from benchmarks.rounds import Setting
from planner.io.osm.extract import read_osm_streets
from planner.network.network import WalkingNetwork, build_network
from planner.network.snapping import SnappedPoints, snap
from planner.network.walk import FloatArray, IndexArray, WalkSettings

CRS = "EPSG:32722"
WALK = WalkSettings(speed_kmh=4.5, access_m=25.0)
LIMITS_MIN = (5.0, 10.0, 15.0)
REACH_M = WALK.metres(max(LIMITS_MIN))
"""1,125 m."""

SPACING_M, JITTER_M, REMOVED = 100.0, 25.0, 0.15
QUICK_SIDE = 30


def streets_of(setting: Setting) -> tuple[str, WalkingNetwork]:
    """Return the network that a setting asks for, and its name."""
    if setting.folder is None:
        return "synthetic streets", grid(QUICK_SIDE)
    return "Porto Alegre", porto_alegre(setting.folder)


def porto_alegre(folder: Path) -> WalkingNetwork:
    """Return the walkable streets of Porto Alegre."""
    return build_network(read_osm_streets(folder / "poa_osm.pbf").to_crs(CRS))


def grid(side: int, *, seed: int = 1) -> WalkingNetwork:
    """Return `side` × `side` junctions, each moved a little at random, 15 % of the streets between them removed.

    Examples
    --------
    >>> network = grid(20)
    >>> len(network.node_xy) <= 400, len(network.edge_m) == round(0.85 * 2 * 20 * 19)
    (True, True)
    """
    random = np.random.default_rng(seed)
    column, row = np.meshgrid(np.arange(side), np.arange(side))
    xy = np.column_stack([column.ravel(), row.ravel()]) * SPACING_M
    xy = xy + random.uniform(-JITTER_M, JITTER_M, xy.shape) + (500_000.0, 6_700_000.0)
    node = np.arange(side * side).reshape(side, side)
    ends = np.concatenate(
        [
            np.column_stack([node[:, :-1].ravel(), node[:, 1:].ravel()]),
            np.column_stack([node[:-1].ravel(), node[1:].ravel()]),
        ]
    )
    kept = np.sort(random.permutation(len(ends))[: round((1 - REMOVED) * len(ends))])
    return build_network(gpd.GeoDataFrame(geometry=shapely.linestrings(xy[ends[kept]]), crs=CRS))


def describe(network: WalkingNetwork) -> str:
    """Return the network's size in words."""
    return f"{len(network.node_xy):,} nodes, {len(network.edge_m):,} edges"


def random_nodes(network: WalkingNetwork, count: int, *, seed: int) -> IndexArray:
    """Return different nodes of the longest connected piece, all of them where it has fewer than `count`."""
    nodes = np.unique(network.edge_nodes[network.edge_piece == 0])
    return np.random.default_rng(seed).permutation(nodes)[:count]


def snapped_at_nodes(network: WalkingNetwork, nodes: IndexArray) -> SnappedPoints:
    """Return points that stand exactly at nodes, as peers see them that know nothing else."""
    return snap(network.node_xy[nodes], network, access_m=0.0)


def points_near(network: WalkingNetwork, count: int, *, within_m: float, seed: int) -> FloatArray:
    """Return points at random positions along random segments, up to `within_m` off in both directions."""
    random = np.random.default_rng(seed)
    share = network.segment_m / network.segment_m.sum()
    segment = random.choice(len(share), count, p=share)
    along = random.uniform(size=(count, 1))
    on_street = network.segment_xy[segment, :2] * (1 - along) + network.segment_xy[segment, 2:] * along
    aside = within_m / 2**0.5
    return np.asarray(on_street + random.uniform(-aside, aside, (count, 2)))
