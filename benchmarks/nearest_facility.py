"""Nearest facility: for every node of a network, which facility is nearest, and how far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.sparse.csgraph import dijkstra

from benchmarks.bucket_queue import BucketQueue, has_compiler, metres_of
from benchmarks.graphs import is_installed, matrix, pandana_network, simple_graph
from benchmarks.rounds import PLANNER, Contestant, Row, Setting, Table, measure, missing
from benchmarks.streets import WALK, describe, random_nodes, snapped_at_nodes, streets_of
from planner.network.network import WalkingNetwork
from planner.network.search import edge_arrays_of, snap_arrays_of
from planner.network.search_kernels import search_all
from planner.network.snapping import SnappedPoints
from planner.network.travel_times import nearest_facility
from planner.network.walk import FloatArray, IndexArray

AS_POINTS = "planner, nodes as points"
OF_POINTS = "every street of every point is weighed, as for demand points off the nodes"
FAR_MIN = 24 * 60.0
"""The planner always has a horizon; a day on foot is beyond every network here."""
SCIPY, CPP, PANDANA, NETWORKX = (
    "scipy min_only",
    "C++ bucket queue",
    "pandana nearest_pois",
    "networkx multi-source",
)


def tables(setting: Setting) -> list[Table]:
    """Measure the nearest facility of all nodes on the setting's streets."""
    name, network = streets_of(setting)
    return [table(network, setting, name=name, n_facilities=10 if setting.quick else 500, all_peers=True)]


def table(
    network: WalkingNetwork,
    setting: Setting,
    *,
    name: str,
    n_facilities: int,
    all_peers: bool,
    key: str = "nearest",
) -> Table:
    """Measure the nearest facility of all nodes of one network."""
    facilities = random_nodes(network, n_facilities, seed=2)
    contestants, rows = engines(network, facilities)
    if all_peers:
        python, absent = _in_python(network, facilities)
        contestants, rows = contestants + python, rows + absent
    title = f"Nearest of {len(facilities)} facilities for all nodes, {name} ({describe(network)}), one thread"
    return Table(key, title, (*measure(contestants, setting.rounds), *rows), _notices())


def engines(network: WalkingNetwork, facilities: IndexArray) -> tuple[list[Contestant], list[Row]]:
    """Return the planner, the C++ reference and scipy, and a row for each that is missing."""
    graph = matrix(network)
    facility_snaps = snapped_at_nodes(network, facilities)
    node_snaps = snapped_at_nodes(network, np.arange(len(network.node_xy)))
    walk = replace(WALK, access_m=facility_snaps.access_m)
    reference, _ = scipy_nearest(graph, facilities)

    def check(answer: tuple[FloatArray, IndexArray]) -> Mapping[str, str]:
        return agreement(reference, answer[0])

    def of_nodes() -> tuple[FloatArray, IndexArray]:
        state = search_all(
            network.adjacency, edge_arrays_of(network), snap_arrays_of(facility_snaps), walk.metres(FAR_MIN)
        )
        inside = (state.metres < state.beyond_m) & (state.label >= 0)
        return np.where(inside, state.metres, np.inf), np.where(inside, state.label, -1)

    contestants = [
        Contestant(PLANNER, of_nodes, check),
        Contestant(AS_POINTS, lambda: planner_nearest(network, facility_snaps, node_snaps), check, note=OF_POINTS),
    ]
    rows = []
    if has_compiler():
        queue = BucketQueue(network)
        contestants.append(
            Contestant(
                CPP, lambda: queue.nearest(facilities), lambda found: agreement(reference, metres_of(found))
            )
        )
    else:
        rows.append(missing(CPP, "no g++ here"))
    contestants.append(Contestant(SCIPY, lambda: scipy_nearest(graph, facilities), check))
    return contestants, rows


def planner_nearest(
    network: WalkingNetwork, facilities: SnappedPoints, points: SnappedPoints, *, horizon_min: float = FAR_MIN
) -> tuple[FloatArray, IndexArray]:
    """Return each point's metres to its nearest facility (`inf`: none so near), and which (-1: none)."""
    walk = replace(WALK, access_m=facilities.access_m)
    minutes, facility = nearest_facility(network, facilities, points, walk=walk, horizon_min=horizon_min)
    return minutes * walk.metres(1.0), facility


def scipy_nearest(graph: Any, facilities: IndexArray) -> tuple[FloatArray, IndexArray]:  # noqa: ANN401 -- sparse
    """Return metres to the nearest facility and its node, by scipy."""
    metres, _, source = dijkstra(graph, indices=facilities, min_only=True, return_predecessors=True)
    return metres, source


def agreement(reference: FloatArray, metres: FloatArray) -> Mapping[str, str]:
    """Say how far an answer is from scipy's, in millimetres."""
    worst = largest_difference_mm(reference, metres)
    return {"largest difference": f"{worst:.3f} mm" if np.isfinite(worst) else "lacks nodes"}


def largest_difference_mm(reference: FloatArray, metres: FloatArray) -> float:
    """Compare two answers node by node; `inf` where only one of them reaches a node."""
    reached = np.isfinite(reference)
    if (reached != np.isfinite(metres)).any():
        return float("inf")
    return float(np.abs(reference[reached] - metres[reached]).max(initial=0.0)) * 1000


def _in_python(network: WalkingNetwork, facilities: IndexArray) -> tuple[list[Contestant], list[Row]]:
    """Return pandana and networkx, and a row for each that is missing."""
    reference, _ = scipy_nearest(matrix(network), facilities)
    farthest_m = float(np.ceil(reference[np.isfinite(reference)].max())) + 1.0
    contestants, rows = [], []
    if is_installed("pandana"):
        streets = pandana_network(network)
        x, y = network.node_xy[facilities].T

        def pandana_nearest() -> Any:  # noqa: ANN401 -- a pandas frame
            streets.set_pois("facility", farthest_m, 1, x, y)
            return streets.nearest_pois(farthest_m, "facility", num_pois=1, include_poi_ids=True)

        def pandana_check(frame: Any) -> Mapping[str, str]:  # noqa: ANN401 -- a pandas frame
            metres = frame[1].to_numpy()
            return agreement(reference, np.where(metres >= farthest_m, np.inf, metres))

        note = f"search distance {farthest_m:,.0f} m, just sufficient"
        contestants.append(Contestant(PANDANA, pandana_nearest, pandana_check, note=note))
    else:
        rows.append(missing(PANDANA))
    if is_installed("networkx"):
        import networkx as nx

        graph = simple_graph(network)

        def networkx_check(answer: dict[int, float]) -> Mapping[str, str]:
            metres = np.full(len(network.node_xy), np.inf)
            metres[np.fromiter(answer, dtype=np.int64)] = np.fromiter(answer.values(), dtype=np.float64)
            return agreement(reference, metres)

        contestants.append(
            Contestant(
                NETWORKX,
                lambda: nx.multi_source_dijkstra_path_length(graph, set(facilities.tolist()), weight="length"),
                networkx_check,
                note="distances only",
            )
        )
    else:
        rows.append(missing(NETWORKX))
    return contestants, rows


def _notices() -> tuple[str, ...]:
    return ("Facilities stand at nodes. Differences are to scipy's metres, over all nodes.",)
