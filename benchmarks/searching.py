"""Bounded search: every node within 15 minutes of each source, with its distance."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.sparse.csgraph import dijkstra

from benchmarks.bucket_queue import BucketQueue, has_compiler
from benchmarks.graphs import is_installed, matrix, osmnx_graph, pandana_network, simple_graph
from benchmarks.rounds import PLANNER, Contestant, Row, Setting, Table, measure, missing
from benchmarks.streets import (
    LIMITS_MIN,
    REACH_M,
    WALK,
    describe,
    random_nodes,
    snapped_at_nodes,
    streets_of,
)
from planner.network.network import WalkingNetwork
from planner.network.search import search
from planner.network.walk import FloatArray, IndexArray

SCIPY, CPP, PANDANA = "scipy dijkstra(limit)", "C++ bucket queue", "pandana nodes_in_range"
NETWORKX, OSMNX = "networkx cutoff", "OSMnx recipe: ego_graph"
ROWS_AT_ONCE = (1, 10, 50, 250)
"""scipy answers in dense rows, sources × nodes: how many at a time suits a machine best is tried first."""
CELLS_AT_MOST = 32_000_000
"""A quarter of a gigabyte of its rows."""
EDGE_M = 1e-3
"""What lies within a millimetre of the limit may or may not be found."""
PANDANA_EDGE_M = 0.1
"""pandana cuts lengths to whole millimetres: its paths err by several, and so does what it finds at the limit."""

Pairs = tuple[IndexArray, IndexArray, FloatArray]


def tables(setting: Setting) -> list[Table]:
    """Measure the search on the setting's streets."""
    name, network = streets_of(setting)
    n_sources, n_sample = (20, 4) if setting.quick else (500, 10)
    sources = random_nodes(network, n_sources, seed=1)
    n_sample = min(n_sample, len(sources))
    title = f"Search: {len(sources)} sources, {REACH_M:,.0f} m, {name} ({describe(network)}), one thread"
    contestants, rows = engines(network, sources)
    python, absent = _in_python(network, sources, n_sample)
    notice = f"The OSMnx recipe does {n_sample} of the {len(sources)} sources; its time is scaled to all of them."
    measured = measure([*contestants, *python], setting.rounds)
    return [Table("search", title, (*measured, *rows, *absent), (*_notices(), notice))]


def scale_table(
    network: WalkingNetwork, setting: Setting, *, key: str, n_sources: int, scipy_sample: int
) -> Table:
    """Measure the search on a large network, scipy on a sample of the sources where it takes long."""
    sources = random_nodes(network, n_sources, seed=1)
    title = f"Search: {len(sources)} sources, {REACH_M:,.0f} m, synthetic, {describe(network)}, one thread"
    contestants, rows = engines(network, sources, scipy_sample=scipy_sample)
    return Table(
        key,
        title,
        (*measure(contestants, setting.rounds), *rows),
        (f"scipy does {scipy_sample} of the {len(sources)} sources; its time is scaled to all of them.",)
        if scipy_sample < len(sources)
        else (),
    )


def engines(
    network: WalkingNetwork, sources: IndexArray, *, scipy_sample: int | None = None
) -> tuple[list[Contestant], list[Row]]:
    """Return the planner, the C++ reference and scipy, and a row for each that is missing."""
    graph = matrix(network)
    snaps = snapped_at_nodes(network, sources)
    reference = planner_pairs(network, snaps)
    sample = sources[: scipy_sample or len(sources)]
    at_once = _best_rows(graph, sample)
    contestants = [Contestant(PLANNER, lambda: search(network, snaps, reach_m=REACH_M))]
    rows = []
    if has_compiler():
        queue = BucketQueue(network)
        queue.search(sources, REACH_M)  # learns how much room the answer takes
        contestants.append(
            Contestant(
                CPP, lambda: queue.search(sources, REACH_M), lambda found: agreement(reference, found.pairs())
            )
        )
    else:
        rows.append(missing(CPP, "no g++ here"))
    contestants.append(
        Contestant(
            SCIPY,
            lambda: scipy_rows(graph, sample, at_once),
            lambda _: agreement(reference, scipy_pairs(graph, sample, at_once), n_sources=len(sample)),
            scale=len(sources) / len(sample),
            note=f"{at_once} rows at a time; dense rows, not made into pairs",
        )
    )
    return contestants, rows


def planner_pairs(network: WalkingNetwork, snaps: Any) -> Pairs:  # noqa: ANN401 -- what `search` takes
    """Return source, node and metres as the planner finds them."""
    reach = search(network, snaps, reach_m=REACH_M)
    return reach.point, reach.node, reach.metres


def scipy_rows(graph: Any, sources: IndexArray, at_once: int) -> float:  # noqa: ANN401 -- a sparse array
    """Search with scipy; the rows are dropped as they come, so that memory does not slow it down."""
    last = 0.0
    for first in range(0, len(sources), at_once):
        last = dijkstra(graph, indices=sources[first : first + at_once], limit=REACH_M)[-1, 0]
    return float(last)


def scipy_pairs(graph: Any, sources: IndexArray, at_once: int) -> Pairs:  # noqa: ANN401 -- a sparse array
    """Return source, node and metres as scipy finds them."""
    parts = []
    for first in range(0, len(sources), at_once):
        metres = dijkstra(graph, indices=sources[first : first + at_once], limit=REACH_M)
        row, node = np.nonzero(np.isfinite(metres))
        parts.append((row + first, node, metres[row, node]))
    source, node, metres = (np.concatenate(part) for part in zip(*parts, strict=True))
    return source, node, metres


def agreement(
    reference: Pairs, pairs: Pairs, *, n_sources: int | None = None, edge_m: float = EDGE_M
) -> Mapping[str, str]:
    """Say how far an answer is from the planner's: the largest difference of all pairs, in millimetres."""
    worst = largest_difference_mm(reference, pairs, n_sources=n_sources, edge_m=edge_m)
    return {"largest difference": f"{worst:.3f} mm" if np.isfinite(worst) else "lacks pairs"}


def largest_difference_mm(
    reference: Pairs, pairs: Pairs, *, n_sources: int | None = None, edge_m: float = EDGE_M
) -> float:
    """Compare two answers pair by pair; a pair that one of them lacks is infinitely far off."""
    worst = 0.0
    one, other = _ordered(reference, n_sources), _ordered(pairs, n_sources)
    inside = [metres <= REACH_M - edge_m for _, metres in (one, other)]
    for (keys, metres), (other_keys, other_metres), within in ((one, other, inside[0]), (other, one, inside[1])):
        at = np.minimum(np.searchsorted(other_keys, keys[within]), max(len(other_keys) - 1, 0))
        if not len(other_keys) or (other_keys[at] != keys[within]).any():
            return float("inf")
        worst = max(worst, float(np.abs(other_metres[at] - metres[within]).max(initial=0.0)) * 1000)
    return worst


def _ordered(pairs: Pairs, n_sources: int | None) -> tuple[IndexArray, FloatArray]:
    """Return one sorted key a pair and its metres, of the first sources only where a number is given."""
    source, node, metres = pairs
    if n_sources is not None:
        source, node, metres = (part[pairs[0] < n_sources] for part in (source, node, metres))
    key = (source.astype(np.int64) << 32) + node
    order = np.argsort(key)
    return key[order], metres[order]


def _best_rows(graph: Any, sources: IndexArray) -> int:  # noqa: ANN401 -- a sparse array
    def seconds(at_once: int) -> float:
        begin = time.perf_counter()
        scipy_rows(graph, sources, at_once)
        return time.perf_counter() - begin

    fits = [at_once for at_once in ROWS_AT_ONCE if at_once * graph.shape[0] <= CELLS_AT_MOST]
    return min(fits, key=seconds)


def _in_python(network: WalkingNetwork, sources: IndexArray, n_sample: int) -> tuple[list[Contestant], list[Row]]:
    """Return pandana, networkx and the OSMnx recipe, and a row for each that is missing."""
    reference = planner_pairs(network, snapped_at_nodes(network, sources))
    contestants, rows = [], []
    if is_installed("pandana"):
        streets = pandana_network(network)

        def pandana_check(frame: Any) -> Mapping[str, str]:  # noqa: ANN401 -- a pandas frame
            order = np.argsort(sources)
            source = order[np.searchsorted(sources[order], frame["source"].to_numpy())]
            pairs = (source, frame["destination"].to_numpy(), frame["metres"].to_numpy())
            return agreement(reference, pairs, edge_m=PANDANA_EDGE_M)

        contestants.append(Contestant(PANDANA, lambda: streets.nodes_in_range(sources, REACH_M), pandana_check))
    else:
        rows.append(missing(PANDANA))
    if is_installed("networkx"):
        contestants += _networkx(network, sources, n_sample, reference)
    else:
        rows += [missing(NETWORKX), missing(OSMNX, "needs networkx, which is not installed")]
    return contestants, rows


def _networkx(network: WalkingNetwork, sources: IndexArray, n_sample: int, reference: Pairs) -> list[Contestant]:
    import networkx as nx

    plain, full = simple_graph(network), osmnx_graph(network)

    def each() -> list[dict[int, float]]:
        walk = nx.single_source_dijkstra_path_length
        return [walk(plain, source, cutoff=REACH_M, weight="length") for source in sources.tolist()]

    def check(answers: list[dict[int, float]]) -> Mapping[str, str]:
        source = np.repeat(np.arange(len(answers)), [len(answer) for answer in answers])
        node = np.concatenate([np.fromiter(answer, dtype=np.int64) for answer in answers])
        metres = np.concatenate([np.fromiter(answer.values(), dtype=np.float64) for answer in answers])
        return agreement(reference, (source, node, metres))

    def ego_graphs() -> int:
        return sum(
            len(nx.ego_graph(full, source, radius=WALK.metres(limit), distance="length"))
            for source in sources[:n_sample].tolist()
            for limit in sorted(LIMITS_MIN, reverse=True)
        )

    return [
        Contestant(NETWORKX, each, check),
        Contestant(
            OSMNX,
            ego_graphs,
            scale=len(sources) / n_sample,
            note="one graph a limit, as in its gallery; the planner's one search serves all limits",
        ),
    ]


def _notices() -> tuple[str, ...]:
    return (
        (
            "Sources stand at nodes, because most peers know only nodes. Snapping, and building each peer's graph,"
            " is not counted."
        ),
        "Differences are to the planner's metres, over all pairs of source and node.",
    )
