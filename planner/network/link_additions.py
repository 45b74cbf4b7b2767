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

from planner.network.network import WalkingNetwork, build_network
from planner.network.positions import as_snapped, positions_of_nodes
from planner.network.private_ways import LAYERS, PUBLIC, layers_after, layers_before
from planner.network.snapping import TOUCH_M, SnappedPoints, snap
from planner.network.travel_times import travel_times
from planner.network.walk import FloatArray, WalkSettings


@dataclass(frozen=True, slots=True, eq=False)
class LocalOD:
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

    starts: SnappedPoints
    ends: SnappedPoints
    minutes: FloatArray
    walk: WalkSettings
    horizon_min: float


def travel_time_matrix(
    network: WalkingNetwork, starts: SnappedPoints, ends: SnappedPoints, *, walk: WalkSettings, horizon_min: float
) -> FloatArray:
    """Return the minutes between all starts and ends, `inf` beyond the horizon, shape (starts, ends)."""
    times = travel_times(network, starts, ends, walk=walk, horizon_min=horizon_min)
    minutes = np.full((len(starts.xy), len(ends.xy)), np.inf)
    minutes[times.facility, times.demand] = times.minutes
    return minutes


@dataclass(frozen=True, slots=True, eq=False)
class LinkEffect:
    """Walks to and from street positions, minutes: shape (starts, positions) and (positions, ends)."""

    to: FloatArray
    onward: FloatArray

    def rows(self, which: Sequence[int]) -> LinkEffect:
        """Return the walks to and from some of the positions."""
        rows = list(which)
        return LinkEffect(self.to[:, rows], self.onward[rows])


def compute_link_effect(
    network: WalkingNetwork, at: SnappedPoints, walkers: LocalOD, onward: SnappedPoints | None = None
) -> LinkEffect:
    """Return the walks from the starts to positions on streets, and from these to the ends.

    Where private ways make a difference between coming and going on, `onward` are the same positions for those who
    go on.
    """
    how = walkers.walk, walkers.horizon_min
    to = travel_time_matrix(network, walkers.starts, at, walk=how[0], horizon_min=how[1])
    return LinkEffect(
        to,
        travel_time_matrix(
            network, at if onward is None else onward, walkers.ends, walk=how[0], horizon_min=how[1]
        ),
    )


def times_with_open_gate(through: LinkEffect, walkers: LocalOD) -> FloatArray:
    """Return the walks once the nodes of a closed gate are one place, shape (starts, ends)."""
    minutes: FloatArray = through.to.min(axis=1)[:, None] + through.onward.min(axis=0)[None, :]
    return np.minimum(walkers.minutes, minutes)


def compute_times_with_open_gate(network: WalkingNetwork, nodes: Sequence[int], walkers: LocalOD) -> FloatArray:
    """Return the walks once the nodes of a closed gate are one place, whatever streets end there.

    On a layer of private ways who has come so far walks on in the same layer, or in a later one.
    """
    at, minutes = positions_of_nodes(network, nodes), walkers.minutes
    for layer in LAYERS if network.layers else (PUBLIC,):
        through = compute_link_effect(
            network,
            as_snapped(at, network, layers_before(layer)),
            walkers,
            as_snapped(at, network, layers_after(layer)),
        )
        minutes = np.minimum(minutes, times_with_open_gate(through, walkers))
    return minutes


def compute_times_with_crossing(
    network: WalkingNetwork, ends_xy: FloatArray, through: LinkEffect, walkers: LocalOD
) -> FloatArray:
    """Return the walks once a straight, level path joins two positions, shape (starts, ends).

    The path is a street like others: who lives within `access_m` of it walks straight to it, unless a barrier
    stands between.

    Parameters
    ----------
    network
        For its barriers.
    ends_xy
        The two positions, shape (2, 2).
    through
        The walks to and from them; where ways are private, those to them in the layers up to `PUBLIC`, and those
        from them in the layers from there on, since the path is a public street.
    walkers
        Who walks.
    """
    to, onward, minutes = through.to, through.onward, walkers.minutes
    reach_m = walkers.walk.access_m + TOUCH_M
    starts = np.flatnonzero(_apart_m(walkers.starts.xy, ends_xy) <= reach_m)
    stops = np.flatnonzero(_apart_m(walkers.ends.xy, ends_xy) <= reach_m)
    if len(starts) + len(stops):
        to, onward, minutes = to.copy(), onward.copy(), minutes.copy()
        path = _path(network, ends_xy)
        terminals = as_snapped(positions_of_nodes(path, _in_order(path, ends_xy)), path)
        walk, horizon_min = walkers.walk, walkers.horizon_min
        doors = [
            snap(one.xy[which], path, access_m=walk.access_m)
            for one, which in ((walkers.starts, starts), (walkers.ends, stops))
        ]
        from_door = travel_time_matrix(path, doors[0], terminals, walk=walk, horizon_min=horizon_min)
        to[starts] = np.minimum(to[starts], from_door)
        to_door = travel_time_matrix(path, terminals, doors[1], walk=walk, horizon_min=horizon_min)
        onward[:, stops] = np.minimum(onward[:, stops], to_door)
        beside = travel_time_matrix(path, *doors, walk=walk, horizon_min=horizon_min)
        minutes[np.ix_(starts, stops)] = np.minimum(minutes[np.ix_(starts, stops)], beside)
    over_min = walkers.walk.minutes(float(np.hypot(*(ends_xy[1] - ends_xy[0]))))
    for one, other in ((0, 1), (1, 0)):
        arriving = np.minimum(to[:, one], to[:, other] + over_min)
        minutes = np.minimum(minutes, arriving[:, None] + onward[one][None, :])
    return minutes


def _path(network: WalkingNetwork, ends_xy: FloatArray) -> WalkingNetwork:
    line = gpd.GeoDataFrame(geometry=[shapely.LineString(ends_xy)], crs=network.crs)
    return build_network(line, barriers=network.barriers)


def _in_order(path: WalkingNetwork, ends_xy: FloatArray) -> tuple[int, int]:
    """Return the nodes of a path in the order of its ends."""
    apart_m = np.hypot(*(path.node_xy - ends_xy[0]).T)
    return (0, 1) if apart_m[0] <= apart_m[1] else (1, 0)


def _apart_m(xy: FloatArray, ends_xy: FloatArray) -> FloatArray:
    """Return how far points are from a straight line between two places, metres."""
    step = ends_xy[1] - ends_xy[0]
    share = np.clip(((xy - ends_xy[0]) @ step) / (step @ step), 0.0, 1.0)
    apart_m: FloatArray = np.hypot(*(xy - ends_xy[0] - share[:, None] * step).T)
    return apart_m
