"""What-if streets: the network on which the map's page draws the walk from a position to the centres near it.

The minutes that the page shows are the run's own, pair by pair. The path is searched in the page and drawn only
where it takes as long: a study with barriers hides straight walks that the page does not know of.
"""

from __future__ import annotations

import numpy as np
import pyproj

from planner.network.walk import FloatArray
from planner.reporting.document.records.plan import Entry
from planner.reporting.map.packing import degree_steps, pack_steps
from planner.results import Plan

MOST_EDGES = 60_000
"""Largest network of the page: of a larger one it would be most of the file, and no path is drawn."""

CENTIMETRES = 100


def street_sets(plan: Plan) -> Entry | None:
    """Return the walking network packed for the page, None where it is larger than `MOST_EDGES`.

    Nodes and inner vertices are in millionths of a degree, costs in centimetres at the base speed along (`cost`)
    and against (`back`, less `cost`) each edge, in the direction of a search that starts at the facilities.
    """
    network = plan.walker.network
    if len(network.edge_m) > MOST_EDGES:
        return None
    to_degrees = pyproj.Transformer.from_crs(network.crs, 4326, always_xy=True)
    nodes = _steps(to_degrees, network.node_xy)
    inner = network.segment_edge[1:] == network.segment_edge[:-1]
    places = _steps(to_degrees, network.segment_xy[1:, :2][inner])
    cost = np.rint(network.edge_cost_m * CENTIMETRES).astype(np.int64)
    passages = network.layers.passages if network.layers else np.zeros((0, 2), dtype=np.int64)
    return {
        "access": plan.walker.access_m,
        "speed": plan.walker.walk.metres(1.0),
        **nodes,
        "from": pack_steps(network.edge_nodes[:, 0]),
        "to": (network.edge_nodes[:, 1] - network.edge_nodes[:, 0]).tolist(),
        "cost": cost[:, 0].tolist(),
        "back": (cost[:, 1] - cost[:, 0]).tolist(),
        "places": (np.bincount(network.segment_edge, minlength=len(cost)) - 1).tolist(),
        "inner": places,
        "passages": passages.T.tolist(),
    }


def _steps(to_degrees: pyproj.Transformer, xy: FloatArray) -> dict[str, list[int]]:
    lon, lat = to_degrees.transform(xy[:, 0], xy[:, 1])
    return {"lon": degree_steps(np.asarray(lon)), "lat": degree_steps(np.asarray(lat))}
