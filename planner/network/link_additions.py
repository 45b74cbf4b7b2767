"""Travel times after two street positions are joined: a gate opened, a crossing built.

Every shortest walk on the changed network uses the new link at most once. So it is the shorter of today's walk and
one that comes to one end of the link, passes it and goes on from the other. That is exact, and needs only the
walks to and from the ends, which serve every pair of points; no network is rebuilt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from planner.network.gates import LAYERS, PUBLIC, layers_after, layers_before
from planner.network.network import WalkingNetwork, build_network
from planner.network.positions import as_snapped, positions_of_nodes
from planner.network.snapping import TOUCH_M, SnappedPoints
from planner.network.walk import FloatArray
from planner.network.walker import Walker


@dataclass(frozen=True, slots=True, eq=False)
class LocalOD:
    """Origin–destination matrix of the walks that a new link may shorten."""

    starts: SnappedPoints
    ends: SnappedPoints
    """`starts`, `ends`: Facilities, and points to which they are measured, snapped to the walker's network."""
    minutes: FloatArray
    """Today's walks, `inf` beyond the horizon, shape (starts, ends)."""
    walker: Walker
    """Network and walk."""
    horizon_min: float
    """Longest walk, minutes."""


@dataclass(frozen=True, slots=True, eq=False)
class LinkEffect:
    """Walks to and from street positions, minutes: shape (starts, positions) and (positions, ends)."""

    to: FloatArray
    onward: FloatArray

    def rows(self, which: Sequence[int]) -> LinkEffect:
        """Return the walks to and from some of the positions."""
        rows = list(which)
        return LinkEffect(self.to[:, rows], self.onward[rows])


def compute_link_effect(at: SnappedPoints, od: LocalOD, onward: SnappedPoints | None = None) -> LinkEffect:
    """Measure the walks from the starts to positions on streets, and from these to the ends.

    Where private ways make a difference between arriving and leaving, `onward` are the same positions for leaving.
    """
    onward = at if onward is None else onward
    return LinkEffect(
        od.walker.time_matrix(od.starts, at, within_min=od.horizon_min),
        od.walker.time_matrix(onward, od.ends, within_min=od.horizon_min),
    )


def times_with_open_gate(effect: LinkEffect, od: LocalOD, today: FloatArray | None = None) -> FloatArray:
    """Return the walks once the nodes of a closed gate are joined, from those of `today`."""
    minutes: FloatArray = effect.to.min(axis=1)[:, None] + effect.onward.min(axis=0)[None, :]
    return np.minimum(od.minutes if today is None else today, minutes)


def compute_gate_effects(nodes: Sequence[int], od: LocalOD) -> tuple[LinkEffect, ...]:
    """Measure the walks to and from nodes of closed gates, whatever streets end there, once for each layer.

    On a layer of private ways, a walk that has come so far goes on in the same layer or in a later one.
    """
    network = od.walker.network
    at = positions_of_nodes(network, nodes)
    return tuple(
        compute_link_effect(
            as_snapped(at, network, layers_before(layer)), od, as_snapped(at, network, layers_after(layer))
        )
        for layer in (LAYERS if network.layers else (PUBLIC,))
    )


def compute_times_with_open_gate(nodes: Sequence[int], od: LocalOD) -> FloatArray:
    """Return the walks once the nodes of a closed gate are joined, shape (starts, ends)."""
    minutes = od.minutes
    for effect in compute_gate_effects(nodes, od):
        minutes = times_with_open_gate(effect, od, minutes)
    return minutes


def compute_times_with_crossing(ends_xy: FloatArray, effect: LinkEffect, od: LocalOD) -> FloatArray:
    """Return the walks once a straight, level path joins two positions, shape (starts, ends).

    The path is a street like others: points within `access_m` of it reach it straight, unless a barrier stands
    between.

    Parameters
    ----------
    ends_xy
        The two positions, shape (2, 2).
    effect
        The walks to and from them; where ways are private, those to them in the layers up to `PUBLIC`, and those
        from them in the layers from there on, since the path is a public street.
    od
        The walks to shorten.
    """
    walk, to, onward, minutes = od.walker.walk, effect.to, effect.onward, od.minutes
    reach_m = walk.access_m + TOUCH_M
    starts = np.flatnonzero(_distances_to_line_m(od.starts.xy, ends_xy) <= reach_m)
    stops = np.flatnonzero(_distances_to_line_m(od.ends.xy, ends_xy) <= reach_m)
    if len(starts) + len(stops):
        to, onward, minutes = to.copy(), onward.copy(), minutes.copy()
        path = Walker(_build_path(od.walker.network, ends_xy), walk)
        terminals = as_snapped(positions_of_nodes(path.network, _end_nodes(path.network, ends_xy)), path.network)
        from_start, from_stop = path.snap(od.starts.xy[starts]), path.snap(od.ends.xy[stops])
        to_path = path.time_matrix(from_start, terminals, within_min=od.horizon_min)
        to[starts] = np.minimum(to[starts], to_path)
        from_path = path.time_matrix(terminals, from_stop, within_min=od.horizon_min)
        onward[:, stops] = np.minimum(onward[:, stops], from_path)
        along_path = path.time_matrix(from_start, from_stop, within_min=od.horizon_min)
        minutes[np.ix_(starts, stops)] = np.minimum(minutes[np.ix_(starts, stops)], along_path)
    over_min = walk.minutes(float(np.hypot(*(ends_xy[1] - ends_xy[0]))))
    for one, other in ((0, 1), (1, 0)):
        arriving = np.minimum(to[:, one], to[:, other] + over_min)
        minutes = np.minimum(minutes, arriving[:, None] + onward[one][None, :])
    return minutes


def _build_path(network: WalkingNetwork, ends_xy: FloatArray) -> WalkingNetwork:
    line = gpd.GeoDataFrame(geometry=[shapely.LineString(ends_xy)], crs=network.crs)
    return build_network(line, barriers=network.barriers)


def _end_nodes(path: WalkingNetwork, ends_xy: FloatArray) -> tuple[int, int]:
    """Return the nodes of a path in the order of its ends."""
    apart_m = np.hypot(*(path.node_xy - ends_xy[0]).T)
    return (0, 1) if apart_m[0] <= apart_m[1] else (1, 0)


def _distances_to_line_m(xy: FloatArray, ends_xy: FloatArray) -> FloatArray:
    step = ends_xy[1] - ends_xy[0]
    share = np.clip(((xy - ends_xy[0]) @ step) / (step @ step), 0.0, 1.0)
    apart_m: FloatArray = np.hypot(*(xy - ends_xy[0] - share[:, None] * step).T)
    return apart_m
