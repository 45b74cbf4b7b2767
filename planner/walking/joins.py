"""What a network would be like with two places joined: a gate opened, a crossing built; nothing is built anew.

Every shortest walk on the changed network uses the new join at most once. So it is the shorter of today's walk and
of one that comes to one end of the join, passes it, and goes on from the other. That is exact, and needs only the
walks to and from the ends, which serve every pair of points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from planner.walking.network import WalkingNetwork, build_network
from planner.walking.snapping import Snaps, snap
from planner.walking.standing import Spots, node_spots, stand
from planner.walking.times import travel_times
from planner.walking.walk import FloatArray, Walk


@dataclass(frozen=True, slots=True, eq=False)
class Walkers:
    """Who walks where, in minutes.

    Attributes
    ----------
    starts, ends
        Where walks begin (facilities) and end, met with the network's streets.
    minutes
        Today's walks, `inf` beyond the horizon, shape (starts, ends).
    walk, horizon_min
        How they walk, and how far is searched, minutes.
    """

    starts: Snaps
    ends: Snaps
    minutes: FloatArray
    walk: Walk
    horizon_min: float


def dense(network: WalkingNetwork, starts: Snaps, ends: Snaps, *, walk: Walk, horizon_min: float) -> FloatArray:
    """Return the minutes between all starts and ends, `inf` beyond the horizon, shape (starts, ends)."""
    times = travel_times(network, starts, ends, walk=walk, horizon_min=horizon_min)
    minutes = np.full((len(starts.xy), len(ends.xy)), np.inf)
    minutes[times.facility, times.demand] = times.minutes
    return minutes


def with_gate(network: WalkingNetwork, nodes: Sequence[int], walkers: Walkers) -> FloatArray:
    """Return the walks once the nodes of a closed gate are one place, shape (starts, ends)."""
    to, onward = _through(network, node_spots(network, nodes), walkers)
    through: FloatArray = to.min(axis=1)[:, None] + onward.min(axis=0)[None, :]
    return np.minimum(walkers.minutes, through)


def with_crossing(network: WalkingNetwork, ends: Spots, walkers: Walkers) -> FloatArray:
    """Return the walks once a straight, level path joins two positions, shape (starts, ends).

    The path is a street like others: who lives within `access_m` of it walks straight to it, unless a barrier
    stands between.
    """
    to, onward = _through(network, ends, walkers)
    path = build_network(
        gpd.GeoDataFrame(geometry=[shapely.LineString(ends.xy)], crs=network.crs), barriers=network.barriers
    )
    order = (
        [0, 1]
        if np.hypot(*(path.node_xy[0] - ends.xy[0])) <= np.hypot(*(path.node_xy[1] - ends.xy[0]))
        else [1, 0]
    )
    terminals = stand(node_spots(path, order), path)
    starts, stops = (snap(one.xy, path, access_m=walkers.walk.access_m) for one in (walkers.starts, walkers.ends))
    walk, horizon_min = walkers.walk, walkers.horizon_min
    to = np.minimum(to, dense(path, starts, terminals, walk=walk, horizon_min=horizon_min))
    onward = np.minimum(onward, dense(path, terminals, stops, walk=walk, horizon_min=horizon_min))
    over_min = walkers.walk.minutes(float(path.edge_m.sum()))
    minutes = np.minimum(walkers.minutes, dense(path, starts, stops, walk=walk, horizon_min=horizon_min))
    for one, other in ((0, 1), (1, 0)):
        arriving = np.minimum(to[:, one], to[:, other] + over_min)
        minutes = np.minimum(minutes, arriving[:, None] + onward[one][None, :])
    return minutes


def _through(network: WalkingNetwork, spots: Spots, walkers: Walkers) -> tuple[FloatArray, FloatArray]:
    """Return the walks from the starts to the positions, and from these to the ends."""
    at = stand(spots, network)
    to = dense(network, walkers.starts, at, walk=walkers.walk, horizon_min=walkers.horizon_min)
    return to, dense(network, at, walkers.ends, walk=walkers.walk, horizon_min=walkers.horizon_min)
