"""Residential compounds: length of private ways, closed gates, and the people behind both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.config.sections.walking import PrivateWays
from planner.config.study import Study
from planner.inputs.study_inputs import Inputs
from planner.inputs.walk_network import CostNote
from planner.messages.catalogue import Phrase
from planner.messages.notices import Notice
from planner.network.gates import find_gap_nodes
from planner.network.network import WalkingNetwork
from planner.network.snapping import TOUCH_M, SnappedPoints
from planner.network.walk import IndexArray

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class CompoundAccess:
    """Effects of private ways and closed gates on people."""

    private_ways: PrivateWays
    """How private ways are walked."""
    private_m: float
    """Their length, metres."""
    on_private: Bools
    """Demand points with private ways within `access_m` and no public street, shape (demand,)."""
    shut_in: Bools
    """Demand points whose streets lead on only through private ways of others, shape (demand,)."""
    gates: int
    """Number of closed gates."""
    behind_gates: Bools
    """Demand points whose every street is cut off by a closed gate, shape (demand,)."""


def assess_compounds(
    study: Study, inputs: Inputs, streets: gpd.GeoDataFrame, network: WalkingNetwork, demand: SnappedPoints
) -> CompoundAccess:
    """Find the demand points affected by private ways and closed gates.

    Parameters
    ----------
    study
        How private ways are walked.
    inputs
        Private ways, closed and open.
    streets, network
        The streets that are walked, and their network.
    demand
        Demand points snapped to it.
    """
    drawn, how = network.as_drawn, study.walking.private_ways
    nobody = np.zeros(len(demand.xy), dtype=np.bool_)
    gates = [gate.nodes for gate in network.gates] + find_gap_nodes(network, streets)
    at_gate = np.unique(np.concatenate([np.array(nodes, dtype=np.int64) for nodes in gates] or [np.zeros(0, int)]))
    gated = np.unique(drawn.edge_piece[np.isin(drawn.edge_nodes, at_gate).any(axis=1)])
    row_piece = network.edge_piece[network.segment_edge[demand.segment]]
    behind = demand.reaches_street & _all_rows_hold(demand, np.isin(row_piece, gated[gated > 0]))
    if how == "closed":
        ways = inputs.closed_ways
        lines = np.zeros(0, dtype=object) if ways is None else np.asarray(ways.geometry.array, dtype=object)
        point, _ = shapely.STRtree(lines).query(
            shapely.points(demand.xy), predicate="dwithin", distance=demand.access_m + TOUCH_M
        )
        near = nobody.copy()
        near[point] = True
        private_m = float(shapely.length(lines).sum())
        return CompoundAccess(how, private_m, near & ~demand.reaches_street, nobody, len(gates), behind)
    private_street = inputs.private_streets
    private_m = float(inputs.streets.geometry.length.to_numpy()[private_street].sum())
    if network.layers is None:
        return CompoundAccess(how, private_m, nobody, nobody, len(gates), behind)
    is_private = network.layers.is_private
    edge = drawn.segment_edge[network.layers.segment_place[demand.segment]]
    only_private = demand.reaches_street & _all_rows_hold(demand, is_private[edge])
    leads_out = _edges_leading_out(drawn, is_private)
    # Islands of streets are reported elsewhere: here the streets hang together, but nobody may walk on.
    shut_in = (
        demand.reaches_street & _all_rows_hold(demand, ~leads_out[edge]) & ~_all_rows_hold(demand, row_piece > 0)
    )
    return CompoundAccess(how, private_m, only_private, shut_in, len(gates), behind)


def _all_rows_hold(snaps: SnappedPoints, holds: Bools) -> Bools:
    """Return whether a condition holds in all rows of a point, shape (points,)."""
    every = np.ones(len(snaps.xy), dtype=np.bool_)
    every[snaps.point[~holds]] = False
    return every


def _edges_leading_out(network: WalkingNetwork, is_private: Bools) -> Bools:
    """Return the edges of the longest public component or private ways that touch it, shape (edges,)."""
    of_public, of_private = (_node_pieces(network, which) for which in (~is_private, is_private))
    public_m = np.bincount(
        of_public[network.edge_nodes[~is_private, 0]], weights=network.edge_m[~is_private], minlength=1
    )
    is_main = of_public == int(np.argmax(public_m)) if (~is_private).any() else np.zeros(len(of_public), bool)
    # A node that no public street meets is a piece of its own, so that it can be no part of the longest.
    touching = np.unique(of_private[network.edge_nodes[is_private]][is_main[network.edge_nodes[is_private]]])
    ends = network.edge_nodes[:, 0]
    return np.where(is_private, np.isin(of_private[ends], touching), is_main[ends])


def _node_pieces(network: WalkingNetwork, which: Bools) -> IndexArray:
    nodes, count = network.edge_nodes[which], len(network.node_xy)
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(nodes)), nodes.T), shape=(count, count))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


def compound_notes(access: CompoundAccess, study: Study, people: NDArray[np.float64]) -> Iterator[CostNote]:
    """Yield the descriptions of private ways and closed gates for the description of the walk."""
    own = study.file.name
    if access.private_m > 0:
        values = {
            "metres": _format_whole(access.private_m),
            "people": _format_whole(float(people[access.on_private].sum())),
            "access_m": f"{study.walking.access_m:g}",
        }
        yield CostNote("private_ways", Phrase(f"words.cost_private_{access.private_ways}", values), own, "own")
    if access.gates:
        values = {"count": str(access.gates), "people": _format_whole(float(people[access.behind_gates].sum()))}
        yield CostNote("gates", Phrase("words.cost_gates", values), own, "own")


def ordered_cost_notes(notes: list[CostNote]) -> list[CostNote]:
    """Return the notes in order of presentation: streets first, barriers last."""
    return sorted(notes, key=lambda note: note.name == "barriers")


def compound_notices(access: CompoundAccess, study: Study, demand: gpd.GeoDataFrame) -> Iterator[Notice]:
    """Yield notices on the demand points affected by private ways and closed gates."""
    metres = {"metres": _format_whole(access.private_m), "access_m": f"{study.walking.access_m:g}"}
    if access.private_m > 0:
        notice = _notice(f"private_ways_{access.private_ways}", "streets", demand, access.on_private, metres)
        # Only where people lose their way out are they to be looked for.
        yield notice if access.private_ways == "closed" else replace(notice, rows=())
    if access.shut_in.any():
        yield _notice("private_ways_around", "demand", demand, access.shut_in, {})
    if access.behind_gates.any():
        yield _notice("gates_closed", "demand", demand, access.behind_gates, {"count": str(access.gates)})


def _notice(key: str, table: str, demand: gpd.GeoDataFrame, which: Bools, values: dict[str, str]) -> Notice:
    people = float(demand["people"].to_numpy()[which].sum())
    return Notice(key, table, tuple(demand["id"][which]), people, {**values, "people": _format_whole(people)})


def _format_whole(number: float) -> str:
    return f"{number:,.0f}"
